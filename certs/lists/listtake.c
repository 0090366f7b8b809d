#include "certs/lists/listtake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

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

static ens_slice copy(const ens_list_taker *t, ens_slice s)
{
    const char *p = s.len ? ens_arena_text(t->arena, s) : NULL;
    return ens_bytes(p, p ? s.len : 0);
}

/* judge reads one file into the snapshot. a->usable tells whether it may stay there. */
static ens_code judge(const ens_list_taker *t, const ens_list_source *s, const char *path, const ens_slice *anchors,
                      size_t num, attempt *a, ens_err *err)
{
    ens_err local = {0};
    char text[ENS_REASON_MAX];
    *a = (attempt){0};
    ens_code code = ens__file_open(path, ENS_TRUSTLIST_MAX, &a->file, &local);
    if (code == ENS_OK)
        code = ens__sha256(a->file.bytes, a->sha256, &local);
    if (code == ENS_OK)
        code = ens__trustlist_read(t->reader, a->file.bytes, s->kind != ENS_LIST_NATIONAL,
                                   s->kind == ENS_LIST_NATIONAL ? t->writer : NULL, t->arena, &a->list, &local);
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
    a->judged.signer = copy(t, a->judged.signer); /* the reader's next list would overwrite it */
    const char *misfit = ens__lotl_misfit(&a->list, s->territory);
    a->usable = a->judged.signature == ENS_LIST_SIGNATURE_VALID && a->judged.pinned && !misfit;
    because(a, a->judged.reason[0] ? a->judged.reason : misfit ? misfit : "");
    return ENS_OK;
}

/* note copies what is known of an attempt into the facts. */
static void note(const ens_list_taker *t, const attempt *a, ens_list *facts)
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
    facts->sha256 = a->file.bytes.p ? copy(t, ens_bytes(a->sha256, sizeof a->sha256)) : (ens_slice){0};
}

/* install makes what has come the kept copy. It is not synced: whoever reads it verifies it. */
static ens_code install(const ens_list_taker *t, ens_list_source *s, ens_cache_record *r, const attempt *a,
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
    return judge(t, s, kept, anchors, num, a, err);
}

static ens_code take_newest(const ens_list_taker *t, ens_list_source *s, ens_cache_record *r, const ens_slice *anchors,
                            size_t num, attempt *a, ens_err *err)
{
    *a = (attempt){0};
    if (!s->from) {
        because(a, s->reason);
        return ENS_OK;
    }
    ens_code code = judge(t, s, s->from, anchors, num, a, err);
    if (code == ENS_OK && a->usable && older(s, r, a)) {
        a->usable = false;
        snprintf(a->reason, sizeof a->reason, "what has come is number %u, older than the copy that is kept (%u)",
                 a->list.sequence, r->sequence);
    }
    return code == ENS_OK && a->usable ? install(t, s, r, a, err) : code;
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
    note(t, used, facts);
    *list = used->list;
    if (used->usable) {
        facts->fetched = r->fetched;
        facts->file = copy(t, ens_str(r->file)); /* the cache is closed before they are read */
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
