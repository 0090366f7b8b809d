#include "certs/lists/update.h"

#include "certs/lists/journal.h"

#include "certs/keys/chain.h"
#include "certs/lists/cache.h"
#include "engine/net/download.h"
#include "engine/net/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RULE "TS 119 615 4.1"
#define ANCHORS "anchors.pem"

typedef struct {
    const ens_update_options *o;
    ens_update_result *out;
    ens_cache cache;
    ens_list_taker taker;
    ens_mirror mirror;
    ens_file mirror_file;
    ens_buf mirror_text;
    ens_file anchors_file;
    ens_slice anchor[ENS_UPDATE_ANCHORS_MAX]; /* who may sign the list of lists: certificates, or the SHA-256 of them */
    size_t num_anchors;
    ens_list_source *source; /* of the lists that are taken next */
    size_t num_sources;
    ens_list_source pivot[ENS_UPDATE_PIVOTS_FETCHED_MAX]; /* that were asked for over the network */
    size_t num_pivots;
} update;

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static ens_code keep_anchor(void *ctx, ens_slice der, ens_err *err)
{
    update *u = ctx;
    const char *copy = ens_arena_text(&u->out->arena, der);
    if (!copy || u->num_anchors == ENS_UPDATE_ANCHORS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are more anchors than there may be", 0);
    u->anchor[u->num_anchors++] = ens_bytes(copy, der.len);
    return ENS_OK;
}

static ens_code load_anchors(update *u, ens_err *err)
{
    char kept[ENS_CACHE_PATH_MAX];
    int n = snprintf(kept, sizeof kept, "%s/" ANCHORS, u->o->cache);
    const char *path = u->o->anchors ? u->o->anchors : kept;
    if (n < 0 || (size_t)n >= sizeof kept)
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", u->o->cache);
    if (!u->o->anchors && !is_file(kept)) {
        ens__journal_pins(u->o->at, u->anchor, &u->num_anchors);
        return ENS_OK;
    }
    ens_code code = ens__file_open(path, ENS_UPDATE_PEM_MAX, &u->anchors_file, err);
    if (code == ENS_OK)
        code = ens__certfile_each(u->anchors_file.bytes, NULL, keep_anchor, u, err);
    return code == ENS_OK ? code : ens_within(err, code, "can't read the anchors of the list of lists");
}

static ens_code save_anchors(const update *u, ens_err *err)
{
    char kept[ENS_CACHE_PATH_MAX];
    int n = snprintf(kept, sizeof kept, "%s/" ANCHORS, u->o->cache);
    if (!u->o->anchors || n < 0 || (size_t)n >= sizeof kept)
        return ENS_OK;
    return ens__file_write(kept, u->anchors_file.bytes, 0644, err);
}

static ens_code fetch_mirror_table(update *u, ens_err *err)
{
    char url[ENS_CACHE_PATH_MAX];
    long status = 0;
    if (u->o->offline)
        return ens_fail_about(err, ENS_EPOLICY, NULL, "a mirror on a server can't be used with --offline",
                              u->o->mirror);
    int n = snprintf(url, sizeof url, "%s/" ENS_MIRROR_POINTERS, u->o->mirror);
    if (n < 0 || (size_t)n >= sizeof url)
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the URL is too long", u->o->mirror);
    ens_fetch_request request = {.url = url,
                                 .ca_file = u->o->ca_file,
                                 .connect_s = u->o->connect_s,
                                 .total_s = u->o->total_s,
                                 .limit = ENS_MIRROR_MAX,
                                 .plain = true};
    ens_code code = ens__fetch(&request, &u->mirror_text, &status, err);
    if (code == ENS_OK && status != 200)
        code = ens_fail_about(err, ENS_EIO, "HTTP", "the mirror has no " ENS_MIRROR_POINTERS, url);
    u->mirror.table = ens_buf_slice(&u->mirror_text);
    return code;
}

static ens_code load_mirror(update *u, ens_err *err)
{
    char path[ENS_CACHE_PATH_MAX];
    if (!u->o->mirror)
        return ENS_OK;
    u->mirror.place = u->o->mirror;
    if (ens__mirror_is_url(u->o->mirror))
        return fetch_mirror_table(u, err);
    int n = snprintf(path, sizeof path, "%s/" ENS_MIRROR_POINTERS, u->o->mirror);
    if (n < 0 || (size_t)n >= sizeof path)
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", u->o->mirror);
    ens_code code = ens__file_open(path, ENS_MIRROR_MAX, &u->mirror_file, err);
    u->mirror.table = u->mirror_file.bytes;
    return code;
}

static void not_there(ens_list_source *s, const char *why)
{
    snprintf(s->reason, sizeof s->reason, "%s", why);
}

/* take_copy uses the kept copy as if it had just come: nothing newer can be had, and that's as was wanted. */
static void take_copy(update *u, ens_list_source *s, const char *otherwise)
{
    char path[ENS_CACHE_PATH_MAX];
    const ens_cache_record *r = ens__cache_record(&u->cache, s->url, s->label);
    if (r && r->fetched != ENS_TIME_NONE && ens__cache_path(&u->cache, r, "", path) && is_file(path)) {
        s->from = ens_arena_text(&u->out->arena, ens_str(path));
        s->is_copy = s->from != NULL;
    }
    if (!s->from && otherwise != s->reason)
        not_there(s, otherwise);
}

/* find_list tells from where a source is to be read: *url is set when it has to be fetched. */
static void find_list(update *u, ens_list_source *s, const char **url)
{
    bool sure = false;
    *url = NULL;
    if (s->from || s->reason[0])
        return;
    if (u->o->mirror) {
        const char *place = ens__mirror_find(&u->mirror, s->url, &u->out->arena, &sure);
        if (place && ens__mirror_is_url(place))
            *url = place;
        else if (place && is_file(place))
            s->from = place;
        else
            not_there(s, "the mirror has no copy of it");
    } else if (u->o->offline) {
        take_copy(u, s, "there is no copy of it, and nothing is fetched (--offline)");
    } else {
        *url = ens_arena_text(&u->out->arena, s->url);
        if (!*url || !ens__mirror_is_url(*url)) {
            *url = NULL;
            not_there(s, "only http:// and https:// are fetched");
        }
    }
}

/* ask_update makes the request for one source; its file is the new one of the cache. */
static bool ask_update(update *u, ens_list_source *s, const char *url, ens_download *request)
{
    char path[ENS_CACHE_PATH_MAX], kept[ENS_CACHE_PATH_MAX];
    const ens_cache_record *r = ens__cache_record(&u->cache, s->url, s->label);
    const char *file =
        r && ens__cache_path(&u->cache, r, ".new", path) ? ens_arena_text(&u->out->arena, ens_str(path)) : NULL;
    if (!file || !ens__cache_path(&u->cache, r, "", kept)) {
        not_there(s, "there is no room for it in the cache");
        return false;
    }
    bool has = r->fetched != ENS_TIME_NONE && is_file(kept);
    *request = (ens_download){.url = url,
                              .path = file,
                              .had_etag = has ? r->etag : "",
                              .had_modified = has ? r->last_modified : "",
                              .stay = s->kind == ENS_LIST_PIVOT,
                              .limit = ENS_TRUSTLIST_MAX};
    return true;
}

static void answer(update *u, ens_list_source *s, const ens_download *request)
{
    switch (request->state) {
    case ENS_DOWNLOAD_NEW:
        s->from = request->path;
        s->came = true;
        s->etag = ens_arena_text(&u->out->arena, ens_str(request->etag));
        s->modified = ens_arena_text(&u->out->arena, ens_str(request->modified));
        break;
    case ENS_DOWNLOAD_SAME:
        take_copy(u, s, "the server says that it hasn't changed, and there is no copy of it");
        break;
    default:
        snprintf(s->reason, sizeof s->reason, "%s: %s", request->url, request->reason);
        break;
    }
}

/* get makes every source readable that can be: all that has to be fetched at once. */
static ens_code get(update *u, ens_err *err)
{
    ens_download *request = calloc(u->num_sources + 1, sizeof *request);
    ens_list_source **asked = calloc(u->num_sources + 1, sizeof *asked);
    const ens_download_options options = {u->o->ca_file, u->o->connect_s, u->o->total_s, u->o->progress, u->o->user};
    ens_code code = ENS_OK;
    size_t num = 0;
    if (!request || !asked)
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the lists", 0);
    for (size_t i = 0; code == ENS_OK && i < u->num_sources; i++) {
        const char *url;
        find_list(u, &u->source[i], &url);
        if (url && ask_update(u, &u->source[i], url, &request[num]))
            asked[num++] = &u->source[i];
    }
    if (code == ENS_OK && num)
        code = ens__download(request, num, &options, err);
    for (size_t i = 0; code == ENS_OK && i < num; i++)
        answer(u, asked[i], &request[i]);
    free(request);
    free(asked);
    return code;
}

static ens_list_source *add_source(update *u, ens_slice url, ens_slice label, ens_slice territory, ens_list_kind kind)
{
    ens_list_source *s = &u->source[u->num_sources++];
    *s =
        (ens_list_source){.url = url, .label = label, .territory = territory, .kind = kind, .etag = "", .modified = ""};
    return s;
}

/* take_list reads a source into the snapshot and into the result. */
static ens_code take_list(update *u, ens_list_source *s, const ens_slice *anchors, size_t num, ens_trustlist *list,
                          ens_err *err)
{
    ens_code code = ENS_OK;
    if (u->out->num == ENS_LISTS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are more lists than there may be", 0);
    code = ens__list_take(&u->taker, s, anchors, num, &u->out->list[u->out->num], list, err);
    u->out->num++;
    return code;
}

/* The pivots since one publication of anchors, each verified under those whom the one before named. */
typedef struct {
    ens_slice anchor[ENS_POINTER_CERTIFICATES_MAX];
    size_t num;
} signers;

/* authority_of is what stands between the scheme and the path of a URL: host and port. */
static ens_slice authority_of(ens_slice url)
{
    size_t start = ens__find(url, ENS_LIT("://"), 0), end;
    if (start == SIZE_MAX)
        return (ens_slice){0};
    url = ens_from(url, start + 3);
    for (end = 0; end < url.len && url.p[end] != '/' && url.p[end] != '?' && url.p[end] != '#';)
        end++;
    return ens_sub(url, 0, end);
}

static const char *lotl_url(const update *u)
{
    return u->o->lotl && ens__mirror_is_url(u->o->lotl) ? u->o->lotl : ENS_LOTL_URL;
}

/* recall gives a pivot what came of it when another publication asked for it; false: nobody did. */
static bool recall(update *u, ens_list_source *s)
{
    for (size_t i = 0; i < u->num_pivots; i++) {
        if (!ens_eq(u->pivot[i].url, s->url))
            continue;
        *s = u->pivot[i];
        if (s->from && !is_file(s->from)) { /* it was good, and is the kept copy by now */
            s->from = NULL;
            s->came = false;
            take_copy(u, s, "it could not be kept");
        }
        return true;
    }
    return false;
}

/* bound_pivot: what a list of lists says before it is verified must not send anybody anywhere. */
static void bound_pivot(update *u, ens_list_source *s, size_t asked)
{
    if (recall(u, s))
        return;
    if (!u->o->mirror && !ens__eq_nocase(authority_of(s->url), authority_of(ens_str(lotl_url(u)))))
        not_there(s, "a list of lists that isn't verified yet leads to another host: it isn't asked");
    else if (u->num_pivots + asked >= ENS_UPDATE_PIVOTS_FETCHED_MAX)
        not_there(s, "a list of lists that isn't verified yet names more pivots than are asked for");
}

static bool is_networked(const update *u)
{
    return u->o->mirror ? ens__mirror_is_url(u->o->mirror) : !u->o->offline;
}

/* get_pivots makes those readable that can be. */
static ens_code get_pivots(update *u, const ens_slice *pivots, size_t num, ens_err *err)
{
    bool asked[ENS_PIVOTS_MAX] = {false};
    size_t num_asked = 0;
    u->num_sources = 0;
    for (size_t i = 0; i < num; i++) {
        ens_list_source *s = add_source(u, pivots[i], ENS_LIT("pivot"), (ens_slice){0}, ENS_LIST_PIVOT);
        if (is_networked(u))
            bound_pivot(u, s, num_asked);
        asked[i] = is_networked(u) && !s->from && !s->reason[0];
        num_asked += asked[i];
    }
    ens_code code = get(u, err);
    for (size_t i = 0; code == ENS_OK && i < num; i++)
        if (asked[i])
            u->pivot[u->num_pivots++] = u->source[i];
    return code;
}

static void leave_pivots(update *u)
{
    for (size_t i = 0; i < u->num_pivots; i++)
        ens__list_leave(&u->pivot[i]);
    u->num_pivots = 0;
}

static ens_code follow_pivots(update *u, const ens_slice *pivots, size_t num, signers *now, ens_err *err)
{
    ens_code code = get_pivots(u, pivots, num, err);
    for (size_t i = 0; code == ENS_OK && i < num; i++) {
        ens_trustlist pivot;
        code = take_list(u, &u->source[i], now->anchor, now->num, &pivot, err);
        if (!is_networked(u))
            ens__list_leave(&u->source[i]);
        const ens_list_pointer *self =
            code == ENS_OK && u->out->list[u->out->num - 1].usable ? ens__lotl_self(&pivot) : NULL;
        if (!self || !self->num_certificates)
            continue;
        memcpy(now->anchor, self->certificate, self->num_certificates * sizeof *now->anchor);
        now->num = self->num_certificates;
    }
    return code;
}

/* find_lotl_place says where the list of lists is: a file that was named counts as a copy of the usual URL. */
static void find_lotl_place(update *u, ens_list_source *s)
{
    const char *lotl = u->o->lotl;
    if (!lotl || ens__mirror_is_url(lotl))
        return;
    if (is_file(lotl))
        s->from = lotl;
    else
        not_there(s, "the file of the list of lists can't be read");
}

/* read_unverified reads what the list of lists says of its pivots: who may sign it is only known afterwards. */
static ens_code read_unverified(update *u, const char *path, ens_trustlist *list, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(path, ENS_TRUSTLIST_MAX, &file, err);
    if (code == ENS_OK)
        code = ens__trustlist_read(u->taker.reader, file.bytes, true, NULL, &u->out->arena, list, err);
    ens__file_close(&file);
    return code;
}

/* restart forgets what an attempt with another publication has left. */
static void restart(update *u)
{
    ens__writer_reset(u->taker.writer);
    u->out->num = 0;
}

/* try_lotl finds the publication whose anchors lead, over the pivots since, to the signer of one copy of the list of
 * lists. The latest is tried first, so that old pivots have no say where new anchors are given. */
static ens_code try_lotl(update *u, ens_list_source *place, ens_trustlist *lotl, bool *usable, ens_err *err)
{
    ens_trustlist head = {0};
    bool more = true;
    *usable = false;
    if (place->from && read_unverified(u, place->from, &head, NULL) != ENS_OK)
        head.num_scheme_uris = 0; /* taking it tells why */
    for (unsigned publication = 0; more && !*usable; publication++) {
        signers now = {.num = u->num_anchors};
        ens_slice pivots[ENS_PIVOTS_MAX];
        size_t num = ens__lotl_pivots(&head, publication, pivots, &more);
        memcpy(now.anchor, u->anchor, now.num * sizeof *now.anchor);
        restart(u);
        ens_code code = num ? follow_pivots(u, pivots, num, &now, err) : ENS_OK;
        if (code == ENS_OK)
            code = take_list(u, place, now.anchor, now.num, lotl, err);
        if (code != ENS_OK)
            return code;
        *usable = u->out->list[u->out->num - 1].usable;
    }
    return ENS_OK;
}

/* take_lotl tries what has come, then the kept copy with the pivots that that one names. */
static ens_code take_lotl(update *u, ens_trustlist *lotl, ens_err *err)
{
    bool usable = false;
    add_source(u, ens_str(lotl_url(u)), ENS_LIT(ENS_LOTL_TERRITORY), (ens_slice){0}, ENS_LIST_LOTL);
    find_lotl_place(u, &u->source[0]);
    ens_code code = u->source[0].reason[0] ? ENS_OK : get(u, err);
    ens_list_source place = u->source[0];
    place.alone = true;
    if (code == ENS_OK)
        code = try_lotl(u, &place, lotl, &usable, err);
    leave_pivots(u);
    ens__list_leave(&place);
    if (code != ENS_OK || usable)
        return code;
    ens_list_source kept = {
        .url = place.url, .label = place.label, .kind = ENS_LIST_LOTL, .alone = true, .etag = "", .modified = ""};
    const ens_slice why = u->out->list[u->out->num - 1].reason;
    snprintf(kept.reason, sizeof kept.reason, "%.*s", (int)why.len, (const char *)why.p);
    if (!place.is_copy)
        take_copy(u, &kept, kept.reason);
    if (kept.from)
        code = try_lotl(u, &kept, lotl, &usable, err);
    leave_pivots(u);
    if (code != ENS_OK || usable)
        return code;
    return ens_fail_about(err, ENS_EPOLICY, RULE,
                          "the list of lists can't be trusted, so that the cache stays as it was", kept.reason);
}

static bool known(const update *u, ens_slice url)
{
    for (size_t i = 0; i < u->num_sources; i++)
        if (ens_eq(u->source[i].url, url))
            return true;
    return false;
}

static ens_code take_national(update *u, const ens_trustlist *lotl, ens_err *err)
{
    const ens_list_pointer *of[ENS_LISTS_MAX] = {0};
    u->num_sources = 0;
    for (size_t i = 0; i < lotl->num_pointers && u->num_sources < ENS_LISTS_MAX; i++) {
        const ens_list_pointer *p = &lotl->pointer[i];
        if (!ens__lotl_is_national(p) || known(u, p->url))
            continue;
        of[u->num_sources] = p;
        add_source(u, p->url, p->territory, p->territory, ENS_LIST_NATIONAL);
    }
    ens_code code = get(u, err);
    for (size_t i = 0; code == ENS_OK && i < u->num_sources; i++) {
        ens_trustlist list = {0};
        code = take_list(u, &u->source[i], of[i]->certificate, of[i]->num_certificates, &list, err);
        ens__list_leave(&u->source[i]);
        if (code != ENS_OK || !u->out->list[u->out->num - 1].usable)
            continue;
        u->out->num_usable++;
        u->out->num_services += list.num_services;
    }
    return code;
}

static ens_code write_snapshot(update *u, ens_err *err)
{
    char path[ENS_CACHE_PATH_MAX];
    ens_slice file;
    int n = snprintf(path, sizeof path, "%s/" ENS_SNAPSHOT_FILE, u->o->cache);
    if (n < 0 || (size_t)n >= sizeof path)
        return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", u->o->cache);
    ens_code code = ens__writer_finish(u->taker.writer, u->out->lotl_sequence, u->o->at, &file, err);
    if (code == ENS_OK)
        code = ens__file_write(path, file, 0644, err);
    if (code == ENS_OK)
        snprintf(u->out->snapshot, sizeof u->out->snapshot, "%s", ens__writer_name(u->taker.writer));
    return code;
}

static ens_code run_update(update *u, ens_err *err)
{
    ens_trustlist lotl = {0};
    ens_code code = load_anchors(u, err);
    if (code == ENS_OK)
        code = load_mirror(u, err);
    if (code == ENS_OK)
        code = take_lotl(u, &lotl, err);
    if (code != ENS_OK)
        return code;
    u->out->lotl_sequence = lotl.sequence;
    code = take_national(u, &lotl, err);
    if (code == ENS_OK)
        code = write_snapshot(u, err);
    if (code == ENS_OK)
        code = ens__cache_save(&u->cache, err);
    return code == ENS_OK ? save_anchors(u, err) : code;
}

ens_code ens__lists_update(const ens_update_options *o, ens_update_result *out, ens_err *err)
{
    update u = {.o = o, .out = out};
    *out = (ens_update_result){0};
    ens_arena_init(&out->arena, ENS_UPDATE_MEMORY_MAX);
    ens_code code = ens__cache_open(o->cache, &u.cache, err);
    if (code != ENS_OK)
        return code;
    ens_buf_init(&u.mirror_text, NULL, 0, ENS_MIRROR_MAX);
    u.source = calloc(ENS_LISTS_MAX, sizeof *u.source);
    u.taker = (ens_list_taker){&u.cache, ens__trustlist_reader_new(), ens__writer_new(), &out->arena, ens_time_now()};
    code = u.source && u.taker.reader && u.taker.writer
               ? run_update(&u, err)
               : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the lists", 0);
    ens__trustlist_reader_free(u.taker.reader);
    ens__writer_free(u.taker.writer);
    free(u.source);
    ens_buf_free(&u.mirror_text);
    ens__file_close(&u.mirror_file);
    ens__file_close(&u.anchors_file);
    ens__cache_close(&u.cache);
    return code;
}

void ens__update_clear(ens_update_result *out)
{
    ens_arena_free(&out->arena);
    *out = (ens_update_result){0};
}
