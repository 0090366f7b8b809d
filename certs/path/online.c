#include "certs/path/online.h"

#include "certs/x509/crl.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/net/fetch.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RULE "RFC 5280 4.2.1.13, 4.2.2.1; RFC 6960 A.1"
#define URL_MAX 2048
#define PATH_LEN 4096
#define WHY_MAX 160
#define FAILURES 64 /* that are remembered */

typedef struct {
    uint8_t sha256[32]; /* of the certificate */
    char why[WHY_MAX];
} failure;

struct ens__online {
    pthread_mutex_t lock; /* of everything here: one exchange at a time, so that nothing is asked for twice */
    char cache[PATH_LEN]; /* empty: none */
    ens__certstore issuers;
    uint8_t (*asked)[32]; /* SHA-256 of URL and request */
    size_t num_asked, cap_asked;
    failure failures[FAILURES];
    unsigned next_failure;
    atomic_uint_fast64_t num_fetched;
};

ens_code ens__online_new(const char *cache, ens__online **out, ens_err *err)
{
    ens__online *o = calloc(1, sizeof *o);
    if (!o || pthread_mutex_init(&o->lock, NULL) != 0) {
        free(o);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for fetching", 0);
    }
    if (cache && (snprintf(o->cache, sizeof o->cache, "%s", cache) >= (int)sizeof o->cache ||
                  (mkdir(cache, 0700) != 0 && errno != EEXIST))) {
        ens__online_free(o);
        return ens_fail_about(err, ENS_EIO, NULL, "the folder for revocation information can't be made", cache);
    }
    *out = o;
    return ENS_OK;
}

void ens__online_free(ens__online *o)
{
    if (!o)
        return;
    ens__certstore_clear(&o->issuers);
    free(o->asked);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

uint64_t ens__online_num(const ens__online *o)
{
    return o ? atomic_load(&o->num_fetched) : 0;
}

/* One thing to be asked for: a URL, and what is posted there. */
typedef struct {
    char url[URL_MAX];
    ens_slice body;
    const char *kind; /* ending of its name in the cache; NULL: not kept there */
    size_t limit;
    uint8_t name[32];
} request;

static bool name_request(request *r)
{
    ens_digest d = {0};
    uint8_t out[ENS_DIGEST_MAX];
    bool good = ens__digest_init(&d, ENS_SHA256, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&d);
        ens__digest_add(&d, ens_str(r->url));
        ens__digest_add(&d, ens_bytes("", 1));
        ens__digest_add(&d, r->body);
        good = ens__digest_end(&d, out, NULL) == ENS_OK;
    }
    if (good)
        memcpy(r->name, out, sizeof r->name);
    ens__digest_clear(&d);
    return good;
}

/* note_asked is false when it was asked for before, or too much was. */
static bool note_asked(ens__online *o, const request *r)
{
    for (size_t i = 0; i < o->num_asked; i++)
        if (memcmp(o->asked[i], r->name, 32) == 0)
            return false;
    if (o->num_asked == ENS_ONLINE_ASKED_MAX)
        return false;
    if (o->num_asked == o->cap_asked) {
        size_t cap = o->cap_asked ? 2 * o->cap_asked : 64;
        uint8_t(*grown)[32] = realloc(o->asked, cap * sizeof *grown);
        if (!grown)
            return false;
        o->asked = grown;
        o->cap_asked = cap;
    }
    memcpy(o->asked[o->num_asked++], r->name, 32);
    return true;
}

static void note_failure(ens__online *o, const ens_cert *cert, const request *r, const ens_err *err)
{
    failure *f = &o->failures[o->next_failure];
    char text[WHY_MAX];
    if (ens__sha256(cert->der, f->sha256, NULL) != ENS_OK)
        return;
    snprintf(f->why, sizeof f->why, "%.60s: %.90s", r->url, ens_err_format(err, text, sizeof text));
    o->next_failure = (o->next_failure + 1) % FAILURES;
}

const char *ens__online_why(ens__online *o, const ens_cert *cert, char *out, size_t size)
{
    uint8_t name[32];
    out[0] = '\0';
    if (!o || ens__sha256(cert->der, name, NULL) != ENS_OK)
        return out;
    pthread_mutex_lock(&o->lock);
    for (unsigned i = 0; i < FAILURES; i++)
        if (o->failures[i].why[0] && memcmp(o->failures[i].sha256, name, 32) == 0)
            snprintf(out, size, "%s", o->failures[i].why);
    pthread_mutex_unlock(&o->lock);
    return out;
}

static bool cache_path(const ens__online *o, const request *r, char out[PATH_LEN])
{
    char hex[65];
    ens__hex(ens_bytes(r->name, sizeof r->name), hex);
    return o->cache[0] && r->kind && snprintf(out, PATH_LEN, "%s/%s.%s", o->cache, hex, r->kind) < PATH_LEN;
}

/* exchange appends what the URL answers. */
static ens_code exchange(const request *r, ens_buf *answer, ens_err *err)
{
    long status = 0;
    ens_fetch_request f = {.url = r->url,
                           .body = r->body,
                           .headers = {r->body.p ? "Content-Type: application/ocsp-request" : NULL},
                           .connect_s = ENS_ONLINE_CONNECT_S,
                           .total_s = ENS_ONLINE_TOTAL_S,
                           .limit = r->limit,
                           .plain = true,
                           .redirects = r->body.p ? 0 : ENS_ONLINE_REDIRECTS};
    ens_code code = ens__fetch(&f, answer, &status, err);
    if (code == ENS_OK && status != 200)
        code = ens_fail(err, ENS_EIO, RULE, "the answer isn't 200 OK", 0);
    return code;
}

/* Who reads an answer: ENS_OK when it is what was asked for. */
typedef ens_code (*reader)(void *ctx, ens_slice bytes, ens_err *err);

/* from_cache gives the bytes that an earlier run kept. */
static bool from_cache(const ens__online *o, const request *r, reader read, void *ctx)
{
    char path[PATH_LEN];
    ens_file file = {0};
    if (!cache_path(o, r, path) || ens__file_open(path, r->limit, &file, NULL) != ENS_OK)
        return false;
    bool good = read(ctx, file.bytes, NULL) == ENS_OK;
    ens__file_close(&file);
    return good;
}

/* ask gets one thing, from the cache or by the network, and hands it to read; true when it is new and good. */
static bool ask(ens__online *o, const ens_cert *cert, request *r, reader read, void *ctx)
{
    char path[PATH_LEN];
    ens_err err = {0};
    ens_buf answer;
    if (!name_request(r) || !note_asked(o, r))
        return false;
    bool good = from_cache(o, r, read, ctx);
    if (!good) {
        ens_buf_init(&answer, NULL, 0, r->limit);
        ens_code code = exchange(r, &answer, &err);
        if (code == ENS_OK)
            code = read(ctx, ens_buf_slice(&answer), &err);
        if (code != ENS_OK)
            note_failure(o, cert, r, &err);
        else if (cache_path(o, r, path) && ens__file_write(path, ens_buf_slice(&answer), 0600, &err) != ENS_OK)
            note_failure(o, cert, r, &err);
        good = code == ENS_OK;
        ens_buf_free(&answer);
    }
    if (good)
        atomic_fetch_add(&o->num_fetched, 1);
    return good;
}

/* set_url takes http and https alone: lists are published by LDAP too, which nobody here speaks. */
static bool set_url(request *r, ens_slice url)
{
    if (!(ens__starts_nocase(url, ENS_LIT("http://")) || ens__starts_nocase(url, ENS_LIT("https://"))) ||
        url.len >= sizeof r->url || memchr(url.p, 0, url.len))
        return false;
    memcpy(r->url, url.p, url.len);
    r->url[url.len] = '\0';
    return true;
}

static ens_code read_issuer(void *ctx, ens_slice bytes, ens_err *err)
{
    ens__online *o = ctx;
    ens_code code = ens__certstore_add(&o->issuers, bytes, NULL, err);
    if (code == ENS_OK)
        return code;
    const unsigned char *p = bytes.p; /* a bundle: "certs-only" PKCS#7 */
    PKCS7 *bundle = d2i_PKCS7(NULL, &p, (long)bytes.len);
    STACK_OF(X509) *all = bundle && PKCS7_type_is_signed(bundle) && bundle->d.sign ? bundle->d.sign->cert : NULL;
    for (int i = 0; all && i < sk_X509_num(all) && i < (int)ENS_ONLINE_ISSUERS_MAX; i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(all, i), &der);
        if (len > 0 && ens__certstore_add(&o->issuers, ens_bytes(der, (size_t)len), NULL, NULL) == ENS_OK)
            code = ENS_OK;
        OPENSSL_free(der);
    }
    PKCS7_free(bundle);
    ERR_clear_error();
    return code;
}

static size_t known_issuers(const ens__online *o, const ens_cert *cert, const ens_cert **out, size_t max)
{
    const ens_cert *c;
    size_t num = 0;
    uint64_t hash = ens__name_hash(cert->issuer);
    for (size_t at = 0; num < max && (c = ens__certstore_find(&o->issuers, hash, &at));)
        if (ens__name_same(c->subject, cert->issuer))
            out[num++] = c;
    return num;
}

size_t ens__online_issuers(ens__online *o, const ens_cert *cert, const ens_cert **out, size_t max)
{
    ens_extension_list access;
    request r = {.limit = ENS_ONLINE_ISSUER_BYTES_MAX};
    unsigned num = 0;
    pthread_mutex_lock(&o->lock);
    if (ens__authority_info_read(cert, &access))
        for (size_t i = 0; i < access.num && num < ENS_ONLINE_URLS_MAX; i++)
            if (strcmp(access.item[i].kind, "caIssuers") == 0 && set_url(&r, access.item[i].value)) {
                ask(o, cert, &r, read_issuer, o);
                num++;
            }
    size_t found = known_issuers(o, cert, out, max);
    pthread_mutex_unlock(&o->lock);
    return found;
}

/* What the readers of lists and responses need. */
typedef struct {
    ens__evidence *evidence;
    ens_time at;
} taking;

static ens_code read_crl(void *ctx, ens_slice bytes, ens_err *err)
{
    const taking *t = ctx;
    ens__crl crl;
    ens_code code = ens__crl_read(bytes, &crl, err);
    if (code == ENS_OK && crl.next_update != ENS_TIME_NONE && crl.next_update < t->at)
        code = ens_fail(err, ENS_EPOLICY, "RFC 5280 5.1.2.5", "the list has ended", 0);
    return code == ENS_OK ? ens__evidence_add_crl(t->evidence, bytes, err) : code;
}

static ens_code read_ocsp(void *ctx, ens_slice bytes, ens_err *err)
{
    const taking *t = ctx;
    ens__ocsp ocsp;
    ens__ocsp_answer answer;
    ens_code code = ens__ocsp_read(bytes, &ocsp, err);
    ens_reader r = ens_read(code == ENS_OK ? ocsp.answers : (ens_slice){0});
    if (code == ENS_OK && ens__ocsp_next(&r, &answer) && answer.next_update != ENS_TIME_NONE &&
        answer.next_update < t->at)
        code = ens_fail(err, ENS_EPOLICY, "RFC 6960 4.2.2.1", "the response has ended", 0);
    return code == ENS_OK ? ens__evidence_add_ocsp(t->evidence, bytes, err) : code;
}

static bool fetch_points(ens__online *o, const ens_cert *cert, ens_slice extension, taking *t)
{
    request r = {.kind = "crl", .limit = ENS_CRL_MAX};
    ens_reader points;
    ens__crl_point p;
    ens_slice uri;
    unsigned num = 0;
    bool came = false;
    if (!ens__crl_points_open(extension, &points))
        return false;
    while (ens__crl_points_next(&points, &p))
        for (ens_reader names = ens_read(p.name);
             num < ENS_ONLINE_URLS_MAX && ens__crl_point_next_uri(&p, &names, &uri);)
            if (set_url(&r, uri)) {
                came |= ask(o, cert, &r, read_crl, t);
                num++;
            }
    return came;
}

bool ens__online_crls(ens__online *o, ens__evidence *evidence, const ens_cert *cert, ens_time at)
{
    taking t = {evidence, at};
    pthread_mutex_lock(&o->lock);
    bool came = fetch_points(o, cert, cert->crl_points, &t);
    came |= fetch_points(o, cert, cert->freshest_crl, &t);
    pthread_mutex_unlock(&o->lock);
    return came;
}

bool ens__online_ocsp(ens__online *o, ens__evidence *evidence, const ens_cert *cert, const ens_cert *issuer,
                      ens_time at)
{
    taking t = {evidence, at};
    uint8_t storage[ENS_OCSP_REQUEST_MAX];
    ens_buf body;
    ens_extension_list access;
    request r = {.kind = "ocsp", .limit = ENS_OCSP_MAX};
    unsigned num = 0;
    bool came = false;
    ens_buf_init(&body, storage, sizeof storage, sizeof storage);
    if (!ens__authority_info_read(cert, &access) || ens__ocsp_request(cert, issuer, &body, NULL) != ENS_OK)
        return false;
    r.body = ens_buf_slice(&body);
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; i < access.num && num < ENS_ONLINE_URLS_MAX && !came; i++)
        if (strcmp(access.item[i].kind, "OCSP") == 0 && set_url(&r, access.item[i].value)) {
            came = ask(o, cert, &r, read_ocsp, &t);
            num++;
        }
    pthread_mutex_unlock(&o->lock);
    return came;
}
