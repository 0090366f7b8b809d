/* See watch.h. */
#include "sti/watch/watch.h"

#include "engine/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define RULE "Ensign watch"
#define HEAD "ensign watch 1"
#define FIELDS 11u

const char *ens__watch_change_name(ens_watch_change change)
{
    static const char *const names[] = {NULL, "new", "gone", "verdict", "registration", "acceptance", "end"};
    return (unsigned)change < sizeof names / sizeof *names ? names[change] : NULL;
}

ens_time ens__watched_end(const ens__watched *w)
{
    return w->valid_until != ENS_TIME_NONE && w->valid_until < w->not_after ? w->valid_until : w->not_after;
}

bool ens__watched_ends_within(const ens__watched *w, ens_time at, ens_time seconds)
{
    ens_time end = ens__watched_end(w);
    return w->change != ENS_WATCH_GONE && end >= at && end - at <= seconds;
}

/* -- The file ----------------------------------------------------------------------------------------------------- */

static bool is_hex(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
    return s.len == 64;
}

static size_t split_line(ens_slice line, ens_slice out[FIELDS])
{
    size_t num = 0, from = 0;
    for (size_t i = 0; i <= line.len && num < FIELDS; i++)
        if (i == line.len || line.p[i] == '\t') {
            out[num++] = ens_sub(line, from, i);
            from = i + 1;
        }
    return from > line.len ? num : FIELDS + 1;
}

static bool read_verdict(ens_slice text, ens_verdict *out)
{
    for (*out = ENS_UNDECIDED; *out <= ENS_REFUSED; ++*out)
        if (ens_is(text, ens_verdict_name(*out)))
            return true;
    return false;
}

static bool read_acceptance(ens_slice text, ens_acceptance *out)
{
    for (*out = ENS_ACCEPTANCE_NONE; *out <= ENS_ACCEPTANCE_NATIONAL; ++*out)
        if (ens_is(text, ens_acceptance_name(*out)))
            return true;
    return false;
}

/* read_moment takes "-" for none. */
static bool read_moment(ens_slice text, ens_time *out)
{
    *out = ENS_TIME_NONE;
    return ens_is(text, "-") || ens_time_parse(text, out, NULL) == ENS_OK;
}

static ens_code read_watched(ens_slice line, ens_arena *arena, ens__watched *w, ens_err *err)
{
    ens_slice f[FIELDS];
    *w = (ens__watched){.was = ""};
    if (split_line(line, f) != FIELDS || !is_hex(f[0]) || !(ens_is(f[1], "seal") || ens_is(f[1], "tls-client")) ||
        !read_verdict(f[2], &w->verdict) || !read_acceptance(f[3], &w->acceptance) ||
        !read_moment(f[4], &w->not_after) || !read_moment(f[5], &w->valid_until) || w->not_after == ENS_TIME_NONE)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the state of the watch can't be read: take it away to begin anew", 0);
    w->tls = ens_is(f[1], "tls-client");
    const char **const texts[] = {&w->registered, &w->subject, &w->file, &w->reason, &w->why};
    w->sha256 = ens_arena_text(arena, f[0]);
    bool good = w->sha256 != NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good = (*texts[i] = ens_arena_text(arena, f[6 + i])) != NULL && good;
    return good ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
}

ens_code ens__watch_parse(ens_slice bytes, ens_arena *arena, ens__watched **out, size_t *num, ens_err *err)
{
    ens_reader r = ens_read(bytes);
    ens_slice line = {0};
    ens__watched *all = NULL;
    size_t room = 0, have = 0;
    ens_code code = ENS_OK;
    if (!ens_take_line(&r, &line) || !ens_is(line, HEAD))
        return ens_fail(err, ENS_ESYNTAX, RULE, "this is no state of a watch, or one of another version", 0);
    while (code == ENS_OK && ens_take_line(&r, &line)) {
        all = ens_arena_grow(arena, all, have, &room, sizeof *all);
        code = all ? read_watched(line, arena, &all[have++], err) : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    if (code == ENS_OK) {
        *out = all;
        *num = have;
    }
    return code;
}

ens_code ens__watch_read(const char *path, ens_arena *arena, ens__watched **out, size_t *num, ens_err *err)
{
    ens_file f = {0};
    *out = NULL;
    *num = 0;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return ENS_OK;
    ens_code code = ens__file_open(path, ENS_WATCH_STATE_MAX, &f, err);
    if (code == ENS_OK)
        code = ens__watch_parse(f.bytes, arena, out, num, err);
    ens__file_close(&f);
    return code;
}

/* put_field keeps tabs and line ends out of a text. */
static void put_field(ens_buf *b, const char *text)
{
    ens_buf_text(b, "\t");
    for (const char *at = text; *at; at++)
        ens_buf_add(b, *at == '\t' || *at == '\n' || *at == '\r' ? " " : at, 1);
}

static void put_moment(ens_buf *b, ens_time t)
{
    char text[ENS_TIME_TEXT];
    put_field(b, t == ENS_TIME_NONE ? "-" : ens_time_format(t, text));
}

static void put_watched(ens_buf *b, const ens__watched *w)
{
    ens_buf_text(b, w->sha256);
    put_field(b, w->tls ? "tls-client" : "seal");
    put_field(b, ens_verdict_name(w->verdict));
    put_field(b, ens_acceptance_name(w->acceptance));
    put_moment(b, w->not_after);
    put_moment(b, w->valid_until);
    put_field(b, w->registered);
    put_field(b, w->subject);
    put_field(b, w->file);
    put_field(b, w->reason);
    put_field(b, w->why);
    ens_buf_text(b, "\n");
}

void ens__watch_put(const ens__watched *all, size_t num, ens_buf *out)
{
    ens_buf_text(out, HEAD "\n");
    for (size_t i = 0; i < num; i++)
        if (all[i].change != ENS_WATCH_GONE)
            put_watched(out, &all[i]);
}

ens_code ens__watch_write(const char *path, const ens__watched *all, size_t num, ens_err *err)
{
    ens_buf b;
    ens_buf_init(&b, NULL, 0, ENS_WATCH_STATE_MAX);
    ens__watch_put(all, num, &b);
    ens_code code = ens_buf_done(&b, err);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&b), 0666, err);
    ens_buf_free(&b);
    return code;
}

/* -- What changed -------------------------------------------------------------------------------------------------- */

static const ens__watched *find_watched(const ens__watched *all, size_t num, const ens__watched *w)
{
    for (size_t i = 0; i < num; i++)
        if (strcmp(all[i].sha256, w->sha256) == 0 && all[i].tls == w->tls)
            return &all[i];
    return NULL;
}

static const char *say_watched(ens_arena *arena, const char *format, ...) ENS_PRINTF(2, 3);
static const char *say_watched(ens_arena *arena, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept = ens_arena_text(arena, ens_str(text));
    return kept ? kept : "";
}

/* note_change tells the first of what is otherwise: a verdict goes before all else. */
static void note_change(const ens__watched *was, ens_arena *arena, ens__watched *w)
{
    char before[ENS_TIME_TEXT];
    if (was->verdict != w->verdict) {
        w->change = ENS_WATCH_VERDICT;
        w->was = say_watched(arena, "it was %s%s%s", ens_verdict_name(was->verdict), *was->why ? ": " : "", was->why);
    } else if (strcmp(was->registered, w->registered) != 0) {
        w->change = ENS_WATCH_REGISTRATION;
        w->was = say_watched(arena, "it was registered: %s", *was->registered ? was->registered : "nowhere");
    } else if (was->acceptance != w->acceptance) {
        w->change = ENS_WATCH_ACCEPTANCE;
        w->was = say_watched(arena, "it was taken as: %s", ens_acceptance_name(was->acceptance));
    } else if (ens__watched_end(was) != ens__watched_end(w)) {
        w->change = ENS_WATCH_END;
        w->was = say_watched(arena, "it was to end on %.10s%s%s", ens_time_format(ens__watched_end(was), before),
                             *was->reason ? ": " : "", was->reason);
    }
}

size_t ens__watch_compare(const ens__watched *before, size_t num_before, const ens__watched *now, size_t num_now,
                          ens_arena *arena, ens__watched *out)
{
    size_t num = 0;
    for (size_t i = 0; i < num_now; i++) {
        const ens__watched *was = find_watched(before, num_before, &now[i]);
        out[num] = now[i];
        out[num].change = was ? ENS_WATCH_SAME : ENS_WATCH_NEW;
        if (was)
            note_change(was, arena, &out[num]);
        num++;
    }
    for (size_t i = 0; i < num_before; i++)
        if (!find_watched(now, num_now, &before[i])) {
            out[num] = before[i];
            out[num].change = ENS_WATCH_GONE;
            out[num++].was = say_watched(arena, "it was %s", ens_verdict_name(before[i].verdict));
        }
    return num;
}
