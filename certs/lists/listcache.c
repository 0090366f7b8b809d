#include "certs/lists/listcache.h"

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

static ens_cache_record *add(ens_cache *c)
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
    ens_cache_record *r = add(c);
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
    ens_cache_record *r = text ? add(c) : NULL;
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
