#include "certs/lists/cache.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCES "sources.tsv"
#define COLUMNS 6u
#define LABEL_MAX 8u /* bytes of a file's name that tell the country */
#define ARENA_MAX ((size_t)16 << 20)

static ens_code fail_path(ens_err *err, const char *what, const char *path)
{
    char about[ENS_ERR_TEXT];
    int n = snprintf(about, sizeof about, "%s: %s", path, strerror(errno));
    if (n < 0)
        return ens_fail(err, ENS_EIO, NULL, what, 0);
    return ens_fail_about(err, ENS_EIO, NULL, what, about);
}

static bool join(const char *folder, const char *name, char out[ENS_CACHE_PATH_MAX])
{
    int n = snprintf(out, ENS_CACHE_PATH_MAX, "%s/%s", folder, name);
    return n > 0 && n < ENS_CACHE_PATH_MAX;
}

static ens_code make_folders(const char *folder, ens_err *err)
{
    char lists[ENS_CACHE_PATH_MAX];
    if (!join(folder, "lists", lists))
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", folder);
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return fail_path(err, "can't make the folder of the cache", folder);
    if (mkdir(lists, 0755) != 0 && errno != EEXIST)
        return fail_path(err, "can't make a folder in the cache", lists);
    return ENS_OK;
}

static ens_code take_lock(ens_cache *c, ens_err *err)
{
    char path[ENS_CACHE_PATH_MAX];
    if (!join(c->folder, "lock", path))
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", c->folder);
    c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (c->lock < 0)
        return fail_path(err, "can't lock the cache", path);
    if (flock(c->lock, LOCK_EX | LOCK_NB) != 0)
        return ens_fail_about(err, ENS_EIO, NULL, "another update of this cache is at work", c->folder);
    return ENS_OK;
}

static ens_cache_record *add_cache_record(ens_cache *c)
{
    if (c->num == ENS_CACHE_RECORDS_MAX)
        return NULL;
    c->record[c->num] =
        (ens_cache_record){.url = "", .file = "", .fetched = ENS_TIME_NONE, .etag = "", .last_modified = ""};
    return &c->record[c->num++];
}

/* plain: a name of our own making, so that no line of the file leads out of the folder. */
static bool plain(ens_slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!((name.p[i] >= '0' && name.p[i] <= '9') || (name.p[i] >= 'a' && name.p[i] <= 'z') ||
              (name.p[i] >= 'A' && name.p[i] <= 'Z') || name.p[i] == '-' || (name.p[i] == '.' && i > 0)))
            return false;
    return name.len > 0;
}

static void take_line(ens_cache *c, ens_slice line)
{
    ens_slice column[COLUMNS];
    size_t n = 0;
    while (n < COLUMNS) {
        const uint8_t *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
        size_t len = tab ? (size_t)(tab - line.p) : line.len;
        column[n++] = ens_sub(line, 0, len);
        if (!tab)
            break;
        line = ens_from(line, len + 1);
    }
    if (n != COLUMNS || !plain(column[1]))
        return;
    const char *text[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        if (!(text[i] = ens_arena_text(&c->arena, column[i])))
            return;
    ens_cache_record *r = add_cache_record(c);
    if (!r)
        return;
    *r = (ens_cache_record){
        .url = text[0], .file = text[1], .fetched = ENS_TIME_NONE, .etag = text[4], .last_modified = text[5]};
    r->sequence = (uint32_t)strtoul(text[2], NULL, 10);
    if (ens_time_parse(column[3], &r->fetched, NULL) != ENS_OK)
        r->fetched = ENS_TIME_NONE;
}

static ens_code read_sources(ens_cache *c, ens_err *err)
{
    char path[ENS_CACHE_PATH_MAX];
    struct stat st;
    ens_file file = {0};
    if (!join(c->folder, SOURCES, path) || stat(path, &st) != 0)
        return ENS_OK;
    ens_code code = ens__file_open(path, ENS_CACHE_SOURCES_MAX, &file, err);
    if (code != ENS_OK)
        return code;
    ens_reader r = ens_read(file.bytes);
    ens_slice line;
    while (ens_take_line(&r, &line))
        take_line(c, line);
    ens__file_close(&file);
    return ENS_OK;
}

ens_code ens__cache_open(const char *folder, ens_cache *out, ens_err *err)
{
    *out = (ens_cache){.folder = folder, .lock = -1};
    ens_arena_init(&out->arena, ARENA_MAX);
    out->record = calloc(ENS_CACHE_RECORDS_MAX, sizeof *out->record);
    ens_code code =
        out->record ? make_folders(folder, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the cache", 0);
    if (code == ENS_OK)
        code = take_lock(out, err);
    if (code == ENS_OK)
        code = read_sources(out, err);
    if (code != ENS_OK)
        ens__cache_close(out);
    return code;
}

void ens__cache_close(ens_cache *c)
{
    if (c->lock >= 0)
        close(c->lock);
    free(c->record);
    ens_arena_free(&c->arena);
    *c = (ens_cache){.lock = -1};
}

ens_code ens__cache_save(const ens_cache *c, ens_err *err)
{
    char path[ENS_CACHE_PATH_MAX], fetched[ENS_TIME_TEXT];
    ens_buf text;
    if (!join(c->folder, SOURCES, path))
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", c->folder);
    ens_buf_init(&text, NULL, 0, ENS_CACHE_SOURCES_MAX);
    for (size_t i = 0; i < c->num; i++) {
        const ens_cache_record *r = &c->record[i];
        if (r->fetched != ENS_TIME_NONE)
            ens_buf_printf(&text, "%s\t%s\t%u\t%s\t%s\t%s\n", r->url, r->file, r->sequence,
                           ens_time_format(r->fetched, fetched), r->etag, r->last_modified);
    }
    ens_code code = ens_buf_done(&text, err);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&text), 0644, err);
    ens_buf_free(&text);
    return code;
}

/* file_name is "FR-0a1b2c3d.xml": a label, and a hash of the URL. */
static const char *file_name(ens_cache *c, ens_slice url, ens_slice label)
{
    uint8_t sha256[32];
    char hex[2 * sizeof sha256 + 1];
    label = ens_sub(label, 0, LABEL_MAX);
    if (ens__sha256(url, sha256, NULL) != ENS_OK)
        return NULL;
    ens__hex(ens_bytes(sha256, 4), hex);
    return ens_arena_printf(&c->arena, "%.*s-%s.xml", plain(label) ? (int)label.len : 1,
                            plain(label) ? (const char *)label.p : "x", hex);
}

static bool storable(ens_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7F)
            return false;
    return true;
}

ens_cache_record *ens__cache_record(ens_cache *c, ens_slice url, ens_slice label)
{
    for (size_t i = 0; i < c->num; i++)
        if (ens_is(url, c->record[i].url))
            return &c->record[i];
    const char *file = url.len && storable(url) ? file_name(c, url, label) : NULL;
    const char *text = file ? ens_arena_text(&c->arena, url) : NULL;
    ens_cache_record *r = text ? add_cache_record(c) : NULL;
    if (r) {
        r->url = text;
        r->file = file;
    }
    return r;
}

bool ens__cache_path(const ens_cache *c, const ens_cache_record *r, const char *suffix, char out[ENS_CACHE_PATH_MAX])
{
    int n = snprintf(out, ENS_CACHE_PATH_MAX, "%s/lists/%s%s", c->folder, r->file, suffix);
    return n > 0 && n < ENS_CACHE_PATH_MAX;
}

const char *ens__cache_keep_header(ens_cache *c, ens_slice value)
{
    value = ens__trim(value);
    const char *kept = value.len <= ENS_CACHE_HEADER_MAX && storable(value) ? ens_arena_text(&c->arena, value) : NULL;
    return kept ? kept : "";
}

#define MIRROR_COLUMNS 4u

bool ens__mirror_is_url(const char *place)
{
    return ens__starts_nocase(ens_str(place), ENS_LIT("http://")) ||
           ens__starts_nocase(ens_str(place), ENS_LIT("https://"));
}

/* split_row cuts a line at its tabs; false when it hasn't as many columns. */
static bool split_row(ens_slice line, ens_slice column[MIRROR_COLUMNS])
{
    for (size_t n = 0; n < MIRROR_COLUMNS; n++) {
        const uint8_t *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
        size_t len = tab ? (size_t)(tab - line.p) : line.len;
        column[n] = ens_sub(line, 0, len);
        if (!tab && n + 1 < MIRROR_COLUMNS)
            return false;
        line = ens_from(line, len + 1);
    }
    return true;
}

/* A name stays in the mirror: no path, and none that begins with a dot. */
static bool is_name(ens_slice s)
{
    return s.len && s.p[0] != '.' && !memchr(s.p, '/', s.len) && !memchr(s.p, '\0', s.len);
}

static ens_slice last_part(ens_slice url)
{
    size_t start = url.len;
    while (start && url.p[start - 1] != '/')
        start--;
    return ens_from(url, start);
}

const char *ens__mirror_find(const ens_mirror *m, ens_slice url, ens_arena *arena, bool *sure)
{
    ens_reader r = ens_read(m->table);
    ens_slice line, column[MIRROR_COLUMNS], file = {0};
    *sure = false;
    while (ens_take_line(&r, &line))
        if (split_row(line, column) && ens_eq(column[0], url)) {
            file = ens__trim(column[MIRROR_COLUMNS - 1]);
            *sure = true;
            break;
        }
    if (!*sure)
        file = last_part(url);
    if (!is_name(file))
        return NULL;
    return ens_arena_printf(arena, "%s/%.*s", m->place, (int)file.len, (const char *)file.p);
}

/* One attempt: a file, read and judged. */
typedef struct {
    ens_file file;
    ens_trustlist list;
    ens_list_judgement judged;
    bool usable;
    uint8_t sha256[32];
    char reason[ENS_REASON_MAX];
} attempt;

static void because(attempt *a, const char *why)
{
    snprintf(a->reason, sizeof a->reason, "%s", why);
}

static ens_slice copy_bytes(const ens_list_taker *t, ens_slice s)
{
    const char *p = s.len ? ens_arena_text(t->arena, s) : NULL;
    return ens_bytes(p, p ? s.len : 0);
}

/* hash_attempt: a list that has a signature was hashed while it was read. */
static ens_code hash_attempt(attempt *a, ens_err *err)
{
    const ens_signature *s = a->list.signature;
    if (!s || !s->text_hashed)
        return ens__sha256(a->file.bytes, a->sha256, err);
    memcpy(a->sha256, s->text_sha256, sizeof a->sha256);
    return ENS_OK;
}

/* read_attempt reads and hashes one file; what can't be read is hashed all the same. */
static ens_code read_attempt(const ens_list_taker *t, const ens_list_source *s, const char *path, attempt *a,
                             ens_err *err)
{
    ens_code code = ens__file_open(path, ENS_TRUSTLIST_MAX, &a->file, err);
    if (code != ENS_OK)
        return code;
    code = ens__trustlist_read(t->reader, a->file.bytes, s->kind != ENS_LIST_NATIONAL,
                               s->kind == ENS_LIST_NATIONAL ? t->writer : NULL, t->arena, &a->list, err);
    ens_code hashed = hash_attempt(a, code == ENS_OK ? err : NULL);
    return code == ENS_OK ? hashed : code;
}

/* judge_attempt reads one file into the snapshot. a->usable tells whether it may stay there. */
static ens_code judge_attempt(const ens_list_taker *t, const ens_list_source *s, const char *path,
                              const ens_slice *anchors, size_t num, attempt *a, ens_err *err)
{
    ens_err local = {0};
    char text[ENS_REASON_MAX];
    *a = (attempt){0};
    ens_code code = read_attempt(t, s, path, a, &local);
    if (code == ENS_ENOMEM) {
        if (err)
            *err = local;
        return code;
    }
    if (code != ENS_OK) {
        because(a, ens_err_format(&local, text, sizeof text));
        return ENS_OK;
    }
    code = ens__trustlist_judge(&a->list, anchors, num, &a->judged, err);
    if (code != ENS_OK)
        return code;
    a->judged.signer = copy_bytes(t, a->judged.signer); /* the reader's next list would overwrite it */
    const char *misfit = ens__lotl_misfit(&a->list, s->territory);
    a->usable = a->judged.signature == ENS_LIST_SIGNATURE_VALID && a->judged.pinned && !misfit;
    because(a, a->judged.reason[0] ? a->judged.reason : misfit ? misfit : "");
    return ENS_OK;
}

/* note_attempt copies what is known of an attempt into the facts. */
static void note_attempt(const ens_list_taker *t, const attempt *a, ens_list *facts)
{
    const ens_trustlist *l = &a->list;
    facts->usable = a->usable;
    facts->signature = a->judged.signature;
    facts->pinned = a->judged.pinned;
    facts->version = l->version;
    facts->sequence = l->sequence;
    facts->issued = l->issued;
    facts->next_update = l->next_update;
    facts->operator_name = l->operator_name;
    facts->signer = a->judged.signer;
    facts->sha256 = a->file.bytes.p ? copy_bytes(t, ens_bytes(a->sha256, sizeof a->sha256)) : (ens_slice){0};
}

/* install_copy makes what has come the kept copy. It is not synced: whoever reads it verifies it. */
static ens_code install_copy(const ens_list_taker *t, ens_list_source *s, ens_cache_record *r, const attempt *a,
                             ens_err *err)
{
    char kept[ENS_CACHE_PATH_MAX], beside[ENS_CACHE_PATH_MAX];
    if (!ens__cache_path(t->cache, r, "", kept) || !ens__cache_path(t->cache, r, ".new", beside))
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", t->cache->folder);
    bool good = true;
    if (!s->is_copy && !s->came) {
        int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ens_slice left = a->file.bytes;
        for (good = fd >= 0; good && left.len;) {
            ssize_t n = write(fd, left.p, left.len);
            good = n > 0 || (n < 0 && errno == EINTR);
            left = ens_from(left, n > 0 ? (size_t)n : 0);
        }
        good = fd >= 0 && close(fd) == 0 && good;
    }
    if (good && !s->is_copy)
        good = rename(beside, kept) == 0;
    if (!good)
        return ens_fail_about(err, ENS_EIO, NULL, "a list can't be written into the cache", kept);
    r->sequence = a->list.sequence;
    r->fetched = s->is_copy && r->fetched != ENS_TIME_NONE ? r->fetched : t->now;
    if (!s->is_copy) {
        r->etag = ens__cache_keep_header(t->cache, ens_str(s->etag));
        r->last_modified = ens__cache_keep_header(t->cache, ens_str(s->modified));
    }
    return ENS_OK;
}

static bool older(const ens_list_source *s, const ens_cache_record *r, const attempt *a)
{
    return !s->is_copy && r->fetched != ENS_TIME_NONE && a->list.sequence < r->sequence;
}

/* explain joins why the newest isn't there with what stands in for it. */
static void explain(const ens_list_taker *t, const ens_cache_record *r, bool kept, const char *why, ens_list *facts)
{
    char fetched[ENS_TIME_TEXT];
    const char *text;
    if (kept)
        text = ens_arena_printf(t->arena, "%s; the copy of %s is used, %lld days old", why,
                                ens_time_format(r->fetched, fetched), (long long)((t->now - r->fetched) / 86400));
    else
        text = ens_arena_text(t->arena, ens_str(why));
    facts->reason = ens_str(text);
}

/* fall_back tries the kept copy. */
static ens_code fall_back(const ens_list_taker *t, const ens_list_source *s, const ens_cache_record *r,
                          const ens_slice *anchors, size_t num, attempt *a, ens_err *err)
{
    char kept[ENS_CACHE_PATH_MAX];
    *a = (attempt){0};
    if (r->fetched == ENS_TIME_NONE || s->is_copy || s->alone || !ens__cache_path(t->cache, r, "", kept))
        return ENS_OK;
    ens__writer_list_drop(t->writer);
    return judge_attempt(t, s, kept, anchors, num, a, err);
}

static ens_code take_newest(const ens_list_taker *t, ens_list_source *s, ens_cache_record *r, const ens_slice *anchors,
                            size_t num, attempt *a, ens_err *err)
{
    *a = (attempt){0};
    if (!s->from) {
        because(a, s->reason);
        return ENS_OK;
    }
    ens_code code = judge_attempt(t, s, s->from, anchors, num, a, err);
    if (code == ENS_OK && a->usable && older(s, r, a)) {
        a->usable = false;
        snprintf(a->reason, sizeof a->reason, "what has come is number %u, older than the copy that is kept (%u)",
                 a->list.sequence, r->sequence);
    }
    return code == ENS_OK && a->usable ? install_copy(t, s, r, a, err) : code;
}

ens_code ens__list_take(const ens_list_taker *t, ens_list_source *s, const ens_slice *anchors, size_t num,
                        ens_list *facts, ens_trustlist *list, ens_err *err)
{
    attempt newest, kept = {0};
    ens_cache_record *r = ens__cache_record(t->cache, s->url, s->label);
    *facts = (ens_list){.kind = s->kind,
                        .pointed = s->kind != ENS_LIST_PIVOT,
                        .country = s->territory.len ? s->territory : ENS_LIT(ENS_LOTL_TERRITORY),
                        .url = s->url,
                        .issued = ENS_TIME_NONE,
                        .next_update = ENS_TIME_NONE,
                        .fetched = ENS_TIME_NONE};
    if (!r)
        return ens_fail(err, ENS_ELIMIT, NULL, "the cache has more lists than it may", 0);
    ens__writer_list_begin(t->writer);
    ens_code code = take_newest(t, s, r, anchors, num, &newest, err);
    if (code == ENS_OK && !newest.usable)
        code = fall_back(t, s, r, anchors, num, &kept, err);
    const attempt *used = kept.usable ? &kept : &newest;
    if (code == ENS_OK && !used->usable)
        ens__writer_list_drop(t->writer);
    note_attempt(t, used, facts);
    *list = used->list;
    if (used->usable) {
        facts->fetched = r->fetched;
        facts->file = copy_bytes(t, ens_str(r->file)); /* the cache is closed before they are read */
    }
    if (newest.reason[0])
        explain(t, r, kept.usable, newest.reason, facts);
    else if (s->is_copy && s->reason[0])
        explain(t, r, true, s->reason, facts);
    if (code == ENS_OK)
        code = ens__writer_list_end(t->writer, facts, err);
    ens__file_close(&newest.file);
    ens__file_close(&kept.file);
    return code;
}

void ens__list_leave(const ens_list_source *s)
{
    if (s->came && s->from)
        unlink(s->from); /* one that was taken is no longer there */
}
