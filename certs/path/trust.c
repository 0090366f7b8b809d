#include "certs/path/trust.h"

#include "certs/keys/chain.h"
#include "certs/path/build.h"
#include "engine/base/file.h"
#include "engine/base/report.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#define PATH_LEN 4096

/* renew_trust gives the trust a number that no other has or had, once what is in it has changed. */
static void renew_trust(ens_trust *t)
{
    static atomic_uint_fast64_t last;
    atomic_store(&t->given, atomic_fetch_add(&last, 1) + 1);
}

ens__trust_mark ens__trust_state(const ens_trust *t)
{
    if (!t)
        return (ens__trust_mark){0};
    return (ens__trust_mark){atomic_load(&t->given), ens__evidence_changes(t->evidence) + ens__online_num(t->online)};
}

void ens__trust_use(const ens_trust *t)
{
    if (t && !atomic_load_explicit(&t->in_use, memory_order_relaxed))
        atomic_store(&((ens_trust *)(uintptr_t)t)->in_use, true);
}

/* may_give refuses to change what other threads may be reading. */
static ens_code may_give(const ens_trust *t, ens_err *err)
{
    if (!atomic_load(&t->in_use))
        return ENS_OK;
    return ens_fail(err, ENS_EPOLICY, NULL, "the trust is in use and takes no more: make one that follows it", 0);
}

void ens_trust_set_revocation(ens_trust *t, ens_revocation_mode mode)
{
    atomic_store(&t->revocation_hard, mode == ENS_REVOCATION_HARD);
    renew_trust(t);
}

ens_code ens_trust_set_online(ens_trust *t, ens_reach reach, const char *cache, ens_err *err)
{
    ens_code code = may_give(t, err);
    if (code != ENS_OK)
        return code;
    if (t->online)
        return ens_fail(err, ENS_EPOLICY, NULL, "how far requests go was told before", 0);
    renew_trust(t);
    return ens__online_new(cache, reach, &t->online, err);
}

void ens__trust_note_unread(ens_trust *t, ens__unread_kind kind, const char *path, const ens_err *why)
{
    char text[ENS_UNREAD_TEXT];
    if (may_give(t, NULL) != ENS_OK)
        return;
    renew_trust(t);
    if (t->num_unread == ENS_UNREAD_MAX) /* the last one stands for all that follow */
        t->num_unread--;
    ens__unread *u = &t->unread[t->num_unread++];
    u->kind = kind;
    snprintf(u->text, sizeof u->text, "%.120s: %.200s", path, ens_err_format(why, text, sizeof text));
}

void ens_trust_note_unread(ens_trust *t, ens_given kind, const char *name, const ens_err *why)
{
    static const ens__unread_kind kinds[] = {[ENS_GIVEN_UNTRUSTED] = ENS_UNREAD_UNTRUSTED,
                                             [ENS_GIVEN_CRL] = ENS_UNREAD_CRL,
                                             [ENS_GIVEN_OCSP] = ENS_UNREAD_OCSP};
    bool silent = kind == ENS_GIVEN_OCSP && why->n && why->frame[0].code == ENS_EPOLICY;
    ens__trust_note_unread(t, silent ? ENS_UNREAD_SILENT : kinds[kind], name, why);
}

const ens_lists *ens_trust_lists(const ens_trust *t)
{
    return ens__trust_snapshot(t);
}

void ens__trust_tell_unread(const ens_trust *t, bool of_paths, bool unknown, ens__revocation_told *told, const char *id,
                            ens_report *report)
{
    static const struct {
        bool of_paths, weighs;
        const char *what, *hint;
    } kinds[] = {
        [ENS_UNREAD_CRL] = {false, true, "a revocation list can't be read", "give it as DER or PEM, whole"},
        [ENS_UNREAD_OCSP] = {false, true, "an OCSP response can't be read", "give it as DER, whole"},
        [ENS_UNREAD_SILENT] = {false, false, "an OCSP response tells nothing",
                               "ask the responder again, or give a list"},
        [ENS_UNREAD_UNTRUSTED] = {true, false, "certificates that may complete a path can't be read",
                                  "give them as PEM or DER"},
    };
    for (size_t i = 0; i < t->num_unread; i++) {
        const ens__unread *u = &t->unread[i];
        const char *what = kinds[u->kind].what, *shown = ens__show(report, ens_str(u->text));
        if (kinds[u->kind].of_paths != of_paths)
            continue;
        bool skips = unknown && kinds[u->kind].weighs;
        if (told)
            *(skips ? &told->skipped : &told->warned) = true;
        if (skips)
            ens__skip(report, id, "RFC 5280 6.3", true, "%s, and nothing else tells: %s", what, shown)->hint =
                kinds[u->kind].hint;
        else
            ens__warn(report, id, "RFC 5280 6", kinds[u->kind].hint, "%s: %s", what, shown);
    }
}

/* new_with takes the evidence, which may be NULL when there was no memory for it. */
static ens_trust *new_with(ens__evidence *evidence)
{
    ens_trust *t = evidence ? calloc(1, sizeof *t) : NULL;
    if (!t) {
        ens__evidence_free(evidence);
        return NULL;
    }
    renew_trust(t);
    t->evidence = evidence;
    t->keys = ens__keys_new();
    t->fetched = malloc(sizeof *t->fetched);
    if (t->fetched)
        ens__fetched_init(t->fetched);
    if (t->keys && t->fetched)
        return t;
    ens_trust_free(t);
    return NULL;
}

ens_trust *ens_trust_new(void)
{
    return new_with(ens__evidence_new());
}

ens_trust *ens_trust_new_after(const ens_trust *old)
{
    ens_trust *t = new_with(ens__evidence_ref(old->evidence));
    if (!t)
        return NULL;
    t->online = ens__online_ref(old->online);
    ens__online_follow(t->online, old->fetched, t->fetched);
    atomic_store(&t->revocation_hard, atomic_load(&old->revocation_hard));
    for (size_t i = 0; i < old->num_unread; i++)
        if (old->unread[i].kind != ENS_UNREAD_UNTRUSTED)
            t->unread[t->num_unread++] = old->unread[i];
    return t;
}

ens_trust *ens_trust_ref(ens_trust *t)
{
    atomic_fetch_add(&t->references, 1);
    return t;
}

void ens_trust_free(ens_trust *t)
{
    if (!t || atomic_fetch_sub(&t->references, 1) != 0)
        return;
    ens__keys_free(t->keys);
    ens__issuers_free(t->issuers);
    ens__certstore_clear(&t->anchors);
    ens__certstore_clear(&t->untrusted);
    for (size_t i = 0; i < t->num_sources; i++)
        if (t->source[i].free)
            t->source[i].free(t->source[i].of);
    ens__evidence_free(t->evidence);
    ens__online_free(t->online);
    if (t->fetched)
        ens__fetched_clear(t->fetched);
    free(t->fetched);
    free(t);
}

size_t ens_trust_num_anchors(const ens_trust *t)
{
    size_t num = t ? t->anchors.num : 0;
    for (size_t i = 0; t && i < t->num_sources; i++)
        num += t->source[i].num;
    return num;
}

const ens_snapshot *ens__trust_snapshot(const ens_trust *t)
{
    return t ? t->snapshot : NULL;
}

/* Each kind of file gives its objects to one of these. */
static ens_code keep_anchor(void *ctx, ens_slice der, ens_err *err)
{
    ens_trust *t = ctx;
    ens_code code = may_give(t, err);
    if (code == ENS_OK)
        code = ens__certstore_add(&t->anchors, der, NULL, err);
    renew_trust(t);
    return code;
}

ens_code ens__trust_add_anchor(ens_trust *t, ens_slice der, ens_err *err)
{
    return keep_anchor(t, der, err);
}

ens_code ens__trust_add_source(ens_trust *t, const ens__anchor_source *source, ens_err *err)
{
    if (t->num_sources == ENS_TRUST_SOURCES_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many sources of anchors", 0);
    ens_code code = may_give(t, err);
    if (code != ENS_OK)
        return code;
    t->source[t->num_sources++] = *source;
    renew_trust(t);
    return ENS_OK;
}

/* Untrusted certificates while they are read: one that can't be read is told, and spoils no other. */
typedef struct {
    ens_trust *trust;
    size_t num, unread;
    ens_err why; /* of the first that can't be read */
} untrusted_reading;

static ens_code keep_untrusted(void *ctx, ens_slice der, ens_err *err)
{
    untrusted_reading *r = ctx;
    ens_err why = {0};
    ens_code code = may_give(r->trust, &why);
    if (code == ENS_OK)
        code = ens__certstore_add(&r->trust->untrusted, der, NULL, &why);
    renew_trust(r->trust);
    if (code == ENS_ESYNTAX && !r->unread++)
        r->why = why;
    if (code != ENS_OK && code != ENS_ESYNTAX && err)
        *err = why;
    r->num += code == ENS_OK;
    return code == ENS_ESYNTAX ? ENS_OK : code;
}

static ens_code keep_crl(void *ctx, ens_slice der, ens_err *err)
{
    return ens__evidence_add_crl(((ens_trust *)ctx)->evidence, der, err);
}

static ens_code keep_ocsp(void *ctx, ens_slice der, ens_err *err)
{
    return ens__evidence_add_ocsp(((ens_trust *)ctx)->evidence, der, err);
}

/* The snapshot as a source of anchors. */
static bool find_listed(void *of, uint64_t subject_hash, size_t i, ens_time at, ens_slice *der)
{
    return ens__snapshot_find_anchor(of, subject_hash, i, at, der);
}

static void listed_hold(void *of, uint64_t subject_hash, ens_time at, ens_time *from, ens_time *until)
{
    ens__snapshot_anchors_hold(of, subject_hash, at, from, until);
}

static void free_listed(void *of)
{
    ens__snapshot_free(of);
}

ens_code ens__trust_take_lists(ens_trust *t, ens_snapshot *snapshot, ens_err *err)
{
    if (t->snapshot)
        return ens_fail(err, ENS_EPOLICY, NULL, "there are trusted lists already: one cache at a time", 0);
    ens__anchor_source source = {.of = snapshot,
                                 .find = find_listed,
                                 .holds = listed_hold,
                                 .num = ens__snapshot_num_anchors(snapshot),
                                 .free = free_listed};
    ens__issuers *issuers = ens__issuers_new(snapshot);
    if (!issuers)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the trusted lists", 0);
    ens_code code = ens__trust_add_source(t, &source, err);
    if (code != ENS_OK) {
        ens__issuers_free(issuers);
        return code;
    }
    t->snapshot = snapshot;
    t->issuers = issuers;
    return ENS_OK;
}

ens_code ens_trust_add_lists(ens_trust *t, ens_lists *lists, ens_err *err)
{
    ens_code code = ens__trust_take_lists(t, ens__snapshot_ref(lists), err);
    if (code != ENS_OK)
        ens__snapshot_free(lists);
    return code;
}

/* add_snapshot takes the trusted lists of a cache; *found is false when there are none at path. */
static ens_code add_snapshot(ens_trust *t, const char *path, bool *found, ens_err *err)
{
    char file[PATH_LEN];
    struct stat s;
    ens_snapshot *snapshot = NULL;
    *found = snprintf(file, sizeof file, "%s/" ENS_SNAPSHOT_FILE, path) < (int)sizeof file && stat(file, &s) == 0;
    if (!*found)
        return ENS_OK;
    ens_code code = ens__snapshot_load(file, &snapshot, err);
    if (code == ENS_OK && (code = ens__trust_take_lists(t, snapshot, err)) != ENS_OK)
        ens__snapshot_free(snapshot);
    return code;
}

static bool is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static ens_code certificates_of(const char *path, ens_cert_visit keep, void *ctx, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(path, 0, &file, err);
    if (code != ENS_OK)
        return code;
    code = ens__certfile_each(file.bytes, NULL, keep, ctx, err);
    ens__file_close(&file);
    return code;
}

static bool has_ending(const char *name)
{
    static const char *const endings[] = {".pem", ".der", ".crt", ".cer", ".cert", ".p7b", ".p7c"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* certificates_in reads every file with an ending of certificates; what is none there is an error, so that nothing is
 * lost in silence, but for PEM files that hold other things (keys). */
static ens_code certificates_in(const char *folder, ens_cert_visit keep, void *ctx, ens_err *err)
{
    DIR *dir = opendir(folder);
    size_t found = 0;
    ens_code code = ENS_OK;
    if (!dir)
        return ens_fail_about(err, ENS_EIO, NULL, "the folder can't be read", folder);
    for (struct dirent *e; code == ENS_OK && (e = readdir(dir));) {
        char path[PATH_LEN];
        if (!has_ending(e->d_name) || snprintf(path, sizeof path, "%s/%s", folder, e->d_name) >= (int)sizeof path)
            continue;
        code = certificates_of(path, keep, ctx, err);
        found++;
    }
    closedir(dir);
    if (code == ENS_OK && !found)
        return ens_fail_about(err, ENS_ESYNTAX, NULL, "there is no certificate in this folder (.pem, .der, .crt, .cer)",
                              folder);
    return code;
}

ens_code ens_trust_add(ens_trust *t, const char *path, ens_err *err)
{
    bool cache = false;
    if (!is_folder(path))
        return certificates_of(path, keep_anchor, t, err);
    ens_code code = add_snapshot(t, path, &cache, err);
    return code != ENS_OK || cache ? code : certificates_in(path, keep_anchor, t, err);
}

/* end_reading: what can't be read is told where something else could be, and is an error where nothing could. */
static ens_code end_reading(const untrusted_reading *r, const char *name, ens_code code, ens_err *err)
{
    if (code != ENS_OK || !r->unread)
        return code;
    if (r->num) {
        ens__trust_note_unread(r->trust, ENS_UNREAD_UNTRUSTED, name, &r->why);
        return ENS_OK;
    }
    if (err)
        *err = r->why;
    return ENS_ESYNTAX;
}

ens_code ens_trust_add_untrusted(ens_trust *t, const char *path, ens_err *err)
{
    untrusted_reading r = {.trust = t};
    ens_code code = is_folder(path) ? certificates_in(path, keep_untrusted, &r, err)
                                    : certificates_of(path, keep_untrusted, &r, err);
    return end_reading(&r, path, code, err);
}

ens_code ens_trust_add_bytes(ens_trust *t, ens_slice bytes, ens_err *err)
{
    return ens__certfile_each(bytes, NULL, keep_anchor, t, err);
}

ens_code ens_trust_add_untrusted_bytes(ens_trust *t, ens_slice bytes, ens_err *err)
{
    untrusted_reading r = {.trust = t};
    ens_code code = ens__certfile_each(bytes, NULL, keep_untrusted, &r, err);
    return end_reading(&r, "what was given as bytes", code, err);
}

/* add_objects reads PEM blocks with the label, or the bytes as DER or base64. */
static ens_code add_objects(ens_trust *t, ens_slice bytes, const char *label, ens_cert_visit keep, ens_err *err)
{
    size_t num = 0;
    ens_code code = ens__objects_each(bytes, label, keep, t, &num, err);
    if (code == ENS_OK && num == 0)
        code = ens_fail_about(err, ENS_ESYNTAX, "RFC 7468", "there is no such block in this PEM file", label);
    return code;
}

#define CRL_LABEL "X509 CRL"
#define OCSP_LABEL "OCSP RESPONSE"

ens_code ens_trust_add_crl_bytes(ens_trust *t, ens_slice bytes, ens_err *err)
{
    return add_objects(t, bytes, CRL_LABEL, keep_crl, err);
}

ens_code ens_trust_add_ocsp_bytes(ens_trust *t, ens_slice bytes, ens_err *err)
{
    return add_objects(t, bytes, OCSP_LABEL, keep_ocsp, err);
}

static ens_code add_file(ens_trust *t, const char *path, const char *label, ens_cert_visit keep, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(path, 0, &file, err);
    if (code != ENS_OK)
        return code;
    code = add_objects(t, file.bytes, label, keep, err);
    ens__file_close(&file);
    return code;
}

ens_code ens_trust_add_crl(ens_trust *t, const char *path, ens_err *err)
{
    return add_file(t, path, CRL_LABEL, keep_crl, err);
}

ens_code ens_trust_add_ocsp(ens_trust *t, const char *path, ens_err *err)
{
    return add_file(t, path, OCSP_LABEL, keep_ocsp, err);
}
