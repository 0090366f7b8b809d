#include "bench/instructions.h"

#include "engine/base/file.h"

#include <stdio.h>
#include <stdlib.h>

#define COMMITTED_MAX ((size_t)1 << 20)

/* take_number reads a decimal number and the spaces behind it. */
static bool take_number(ens_reader *r, double *out)
{
    const uint8_t *from = r->at;
    for (*out = 0; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
        *out = *out * 10 + (*r->at - '0');
    bool any = r->at > from;
    while (r->at < r->end && *r->at == ' ')
        r->at++;
    return any;
}

/* is_cost tells whether a line is "position cost"; positions may be relative ("+3", "-1") or the same ("*"). */
static bool is_cost(ens_slice line, double *cost)
{
    ens_reader r = ens_read(line);
    double position;
    if (!line.len)
        return false;
    if (line.p[0] == '*')
        r.at++;
    else if (line.p[0] == '+' || line.p[0] == '-')
        r.at++;
    if (line.p[0] != '*' && !take_number(&r, &position))
        return false;
    while (r.at < r.end && *r.at == ' ')
        r.at++;
    return take_number(&r, cost) && r.at == r.end;
}

ens_code ens__instructions_profile(ens_slice profile, const char *own, double *of_own, double *of_all, ens_err *err)
{
    ens_reader r = ens_read(profile);
    ens_slice line;
    bool is_own = false, of_call = false, any = false;
    *of_own = *of_all = 0;
    while (ens_take_line(&r, &line)) {
        double cost;
        if (ens_starts(line, ENS_LIT("ob="))) {
            is_own = ens_is(ens_from(line, 3), own);
        } else if (ens_starts(line, ENS_LIT("calls="))) {
            of_call = true; /* the next line is what the callee took, which is counted there */
        } else if (ens_starts(line, ENS_LIT("events: "))) {
            if (!ens_starts(line, ENS_LIT("events: Ir")))
                return ens_fail(err, ENS_ESYNTAX, "callgrind format", "the first event is not Ir", ens_at(&r));
            any = true;
        } else if (is_cost(line, &cost)) {
            *of_all += of_call ? 0 : cost;
            *of_own += of_call || !is_own ? 0 : cost;
            of_call = false;
        }
    }
    return any ? ENS_OK : ens_fail(err, ENS_ESYNTAX, "callgrind format", "no events are named: this is no profile", 0);
}

/* take_field takes what stands before the next tab, or the end. */
static ens_slice take_field(ens_slice *rest)
{
    size_t tab = ens__find(*rest, ENS_LIT("\t"), 0);
    ens_slice field = ens_sub(*rest, 0, tab == SIZE_MAX ? rest->len : tab);
    *rest = ens_from(*rest, field.len + (tab != SIZE_MAX));
    return field;
}

static bool read_row(ens_slice line, ens_instruction_count *out)
{
    ens_slice name = take_field(&line);
    ens_reader own = ens_read(take_field(&line)), all = ens_read(take_field(&line));
    if (!name.len || name.len >= sizeof out->name || !take_number(&own, &out->own) || !take_number(&all, &out->all))
        return false;
    snprintf(out->name, sizeof out->name, "%.*s", (int)name.len, (const char *)name.p);
    return own.at == own.end && all.at == all.end && !line.len;
}

/* kind_of is the kind that a line begins; empty: it begins none. */
static ens_slice kind_of(ens_slice line)
{
    return ens_starts(line, ENS_LIT("# kind: ")) ? ens_from(line, 8) : (ens_slice){0};
}

static ens_code read_rows(ens_slice text, const char *kind, ens_instruction_counts *out, ens_err *err)
{
    ens_reader r = ens_read(text);
    ens_slice line, of;
    bool wanted = !kind;
    while (ens_take_line(&r, &line)) {
        if ((of = kind_of(line)).len) {
            wanted = kind ? ens_is(of, kind) : !out->kind[0];
            if (wanted || !out->kind[0])
                snprintf(out->kind, sizeof out->kind, "%.*s", (int)of.len, (const char *)of.p);
        }
        if (!line.len || line.p[0] == '#' || !wanted)
            continue;
        if (out->num == ENS_INSTRUCTIONS_MAX)
            return ens_fail(err, ENS_ELIMIT, NULL, "there are too many counts", ens_at(&r));
        if (!read_row(line, &out->item[out->num]))
            return ens_fail(err, ENS_ESYNTAX, NULL, "isn't a name and two counts", ens_at(&r) - line.len);
        out->num++;
    }
    return ENS_OK;
}

ens_code ens__instructions_load(const char *path, const char *kind, ens_instruction_counts *out, ens_err *err)
{
    ens_file file;
    *out = (ens_instruction_counts){0};
    ens_code code = ens__file_open(path, COMMITTED_MAX, &file, err);
    if (code != ENS_OK)
        return code;
    code = read_rows(file.bytes, kind, out, err);
    ens__file_close(&file);
    return code;
}

/* keep_others copies the sections of other kinds. */
static void keep_others(const char *path, const char *kind, ens_buf *out)
{
    ens_file file;
    ens_slice line, of;
    bool other = false;
    if (ens__file_open(path, COMMITTED_MAX, &file, NULL) != ENS_OK)
        return; /* there is none yet */
    ens_reader r = ens_read(file.bytes);
    while (ens_take_line(&r, &line)) {
        if ((of = kind_of(line)).len)
            other = !ens_is(of, kind);
        if (other)
            ens_buf_printf(out, "%.*s\n", (int)line.len, (const char *)line.p);
    }
    ens__file_close(&file);
}

ens_code ens__instructions_save(const char *path, const ens_instruction_counts *counts, ens_err *err)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, COMMITTED_MAX);
    ens_buf_text(&out, "# Instructions of one operation by callgrind: of our own code, and with the libraries' (which "
                       "depend on the processor).\n"
                       "# Compared by ./dev bench --check; to refresh: ./dev bench --check --update\n");
    keep_others(path, counts->kind, &out);
    ens_buf_printf(&out, "# kind: %s\n", counts->kind);
    for (unsigned i = 0; i < counts->num; i++)
        ens_buf_printf(&out, "%s\t%.0f\t%.0f\n", counts->item[i].name, counts->item[i].own, counts->item[i].all);
    ens_code code = ens_buf_done(&out, err);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&out), 0666, err);
    ens_buf_free(&out);
    return code;
}

ens_growth ens__instructions_compare(const ens_instruction_count *committed, const ens_instruction_count *counted)
{
    if (!committed)
        return ENS_GROWTH_NEW;
    if (!counted)
        return ENS_GROWTH_GONE;
    double limit = committed->own * ENS_INSTRUCTIONS_GROWTH / 100;
    if (counted->own > committed->own + limit)
        return ENS_GROWTH_MORE;
    return counted->own < committed->own - limit ? ENS_GROWTH_LESS : ENS_GROWTH_NONE;
}

bool ens__instructions_is_failure(ens_growth growth)
{
    return growth == ENS_GROWTH_MORE || growth == ENS_GROWTH_NEW || growth == ENS_GROWTH_GONE;
}

const ens_instruction_count *ens__instructions_find(const ens_instruction_counts *counts, const char *name)
{
    for (unsigned i = 0; i < counts->num; i++)
        if (strcmp(counts->item[i].name, name) == 0)
            return &counts->item[i];
    return NULL;
}
