#include "certs/path/online.h"

#include "certs/keys/certfile.h"
#include "certs/keys/keys.h"
#include "certs/x509/crl.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/arena.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "engine/net/fetch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define RULE "RFC 5280 4.2.1.13, 4.2.2.1; RFC 6960 A.1"
#define URL_MAX 2048
#define PATH_LEN 4096
#define WHY_MAX 160
#define FAILURES 64 /* that are remembered */
#define NAME_LEN 32 /* of a SHA-256 */
#define CLOCK_SKEW 300
#define ARENA_MAX ((size_t)4 << 20)

typedef struct {
    uint8_t sha256[NAME_LEN]; /* of the certificate */
    char why[WHY_MAX];
} failure;

/* A request that was made: SHA-256 of URL, body and who asks, and what became of it. */
typedef struct {
    uint8_t name[NAME_LEN];
    time_t at;      /* 0: never */
    ens_time of;    /* the time that was judged; ENS_TIME_NONE: it doesn't matter */
    ens_time until; /* the end of what was taken; ENS_TIME_NONE: none, or the time doesn't matter */
    bool good;      /* something was taken */
    bool under_way; /* by owner */
    pthread_t owner;
} asked;

/* What a certificate has caused since a moment. */
typedef struct {
    uint64_t certificate;
    time_t since;
    unsigned requests;
    double seconds;
} account;

struct ens__online {
    atomic_uint references; /* beside the first */
    pthread_mutex_t lock;   /* of everything here; it isn't held while something is fetched */
    pthread_cond_t done;    /* a request ended */
    char cache[PATH_LEN];   /* empty: none */
    ens_reach reach;
    asked asked[ENS_ONLINE_ASKED_SETS][ENS_ONLINE_ASKED_WAYS];
    account ledger[ENS_ONLINE_LEDGER];
    failure failures[FAILURES];
    unsigned next_failure, num_under_way;
    atomic_uint_fast64_t num_fetched;
};

ens_code ens__online_new(const char *cache, ens_reach reach, ens__online **out, ens_err *err)
{
    ens__online *o = calloc(1, sizeof *o);
    if (!o || pthread_mutex_init(&o->lock, NULL) != 0 || pthread_cond_init(&o->done, NULL) != 0) {
        free(o);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for fetching", 0);
    }
    o->reach = reach;
    if (cache && (snprintf(o->cache, sizeof o->cache, "%s", cache) >= (int)sizeof o->cache ||
                  (mkdir(cache, 0700) != 0 && errno != EEXIST))) {
        ens__online_free(o);
        return ens_fail_about(err, ENS_EIO, NULL, "the folder for revocation information can't be made", cache);
    }
    *out = o;
    return ENS_OK;
}

ens__online *ens__online_ref(ens__online *o)
{
    if (o)
        atomic_fetch_add(&o->references, 1);
    return o;
}

void ens__online_free(ens__online *o)
{
    if (!o || atomic_fetch_sub(&o->references, 1) != 0)
        return;
    pthread_cond_destroy(&o->done);
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
    ens_time at;    /* that is judged */
    uint64_t asker; /* what comes is for this trust alone; 0: for all */
    uint8_t name[NAME_LEN];
} request;

/* put_escaped writes what may not stand in a URL as %XX; blanks around it are dropped. */
static bool put_escaped(ens_slice url, char *out, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;
    url = ens__trim(url);
    for (size_t i = 0; i < url.len; i++) {
        uint8_t c = url.p[i];
        if (n + 4 > size || !c)
            return false;
        if (c > 0x20 && c < 0x7F && !strchr("\"<>\\^`{|}", c)) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    out[n] = '\0';
    return true;
}

/* name_request takes http and https alone: lists are published by LDAP too, which nobody here speaks. */
static bool name_request(request *r, ens_slice url)
{
    ens_digest d = {0};
    uint8_t out[ENS_DIGEST_MAX];
    if (!put_escaped(url, r->url, sizeof r->url) || !(ens__starts_nocase(ens_str(r->url), ENS_LIT("http://")) ||
                                                      ens__starts_nocase(ens_str(r->url), ENS_LIT("https://"))))
        return false;
    bool good = ens__digest_init(&d, ENS_SHA256, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&d);
        ens__digest_add(&d, ens_str(r->url));
        ens__digest_add(&d, ens_bytes("", 1));
        ens__digest_add(&d, r->body);
        ens__digest_add(&d, ens_bytes(&r->asker, r->asker ? sizeof r->asker : 0));
        good = ens__digest_end(&d, out, NULL) == ENS_OK;
    }
    if (good)
        memcpy(r->name, out, sizeof r->name);
    ens__digest_clear(&d);
    return good;
}

static uint64_t number_of(const uint8_t name[NAME_LEN])
{
    uint64_t n;
    memcpy(&n, name, sizeof n);
    return n;
}

static time_t moment(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1; /* 0 is never */
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* find_asked gives the place of a request, or one for it: that of the oldest. NULL: all are under way. */
static asked *find_asked(ens__online *o, const request *r)
{
    asked *set = o->asked[number_of(r->name) & (ENS_ONLINE_ASKED_SETS - 1)], *oldest = NULL;
    for (unsigned i = 0; i < ENS_ONLINE_ASKED_WAYS; i++) {
        if (set[i].at && memcmp(set[i].name, r->name, NAME_LEN) == 0)
            return &set[i];
        if (!set[i].under_way && (!oldest || set[i].at < oldest->at))
            oldest = &set[i];
    }
    if (oldest) {
        *oldest = (asked){0};
        memcpy(oldest->name, r->name, NAME_LEN);
    }
    return oldest;
}

/* is_asking tells whether this thread fetches something already: what takes it asks for nothing more. */
static bool is_asking(ens__online *o)
{
    unsigned left = o->num_under_way;
    for (unsigned i = 0; left && i < ENS_ONLINE_ASKED_SETS * ENS_ONLINE_ASKED_WAYS; i++) {
        const asked *a = &o->asked[i / ENS_ONLINE_ASKED_WAYS][i % ENS_ONLINE_ASKED_WAYS];
        if (!a->under_way)
            continue;
        if (pthread_equal(a->owner, pthread_self()))
            return true;
        left--;
    }
    return false;
}

typedef enum { NOT_NOW = 0, OURS, ANOTHERS } turn;

/* wait_of is how long nothing is asked for again. What had ended when it came is as good as nothing. */
static time_t wait_of(const asked *a)
{
    bool stale = a->until != ENS_TIME_NONE && a->until < a->of;
    return a->good && !stale ? ENS_ONLINE_AGE_MAX : ENS_ONLINE_RETRY;
}

/* has_ended: the time that is judged has gone past the end of what came. An answer that had ended when it came doesn't
 * count: asking again at once would bring the same. */
static bool has_ended(const asked *a, ens_time at)
{
    return a->good && a->until != ENS_TIME_NONE && a->of <= a->until && a->until < at;
}

/* begin_asking: whose turn it is to ask. What another thread asks for at this moment is waited for. */
static turn begin_asking(ens__online *o, const request *r, asked **out)
{
    asked *a = find_asked(o, r);
    bool waited = false;
    while (a && a->under_way) {
        waited = true;
        pthread_cond_wait(&o->done, &o->lock);
        a = find_asked(o, r);
    }
    if (waited && a && a->at)
        return a->good ? ANOTHERS : NOT_NOW;
    if (!a || (a->at && moment() - a->at < wait_of(a) && !has_ended(a, r->at)))
        return NOT_NOW;
    a->at = moment();
    a->of = r->at;
    a->until = ENS_TIME_NONE;
    a->under_way = true;
    a->owner = pthread_self();
    o->num_under_way++;
    *out = a;
    return OURS;
}

static void end_asking(ens__online *o, asked *a, bool good, ens_time until)
{
    a->under_way = false;
    a->good = good;
    a->until = until;
    o->num_under_way--;
    pthread_cond_broadcast(&o->done);
}

/* account_of finds what a certificate has caused in this hour. */
static account *account_of(ens__online *o, const uint8_t certificate[NAME_LEN])
{
    uint64_t n = number_of(certificate);
    account *a = &o->ledger[n & (ENS_ONLINE_LEDGER - 1)];
    if (a->certificate != n || moment() - a->since >= ENS_ONLINE_ACCOUNT)
        *a = (account){.certificate = n, .since = moment()};
    return a;
}

static void note_failure(ens__online *o, const uint8_t certificate[NAME_LEN], const request *r)
{
    failure *f = &o->failures[o->next_failure];
    memcpy(f->sha256, certificate, NAME_LEN);
    snprintf(f->why, sizeof f->why, "from %.90s nothing came that could be used", r->url);
    o->next_failure = (o->next_failure + 1) % FAILURES;
}

const char *ens__online_why(ens__online *o, const ens_cert *cert, char *out, size_t size)
{
    uint8_t name[NAME_LEN];
    out[0] = '\0';
    if (!o || ens__sha256(cert->der, name, NULL) != ENS_OK)
        return out;
    pthread_mutex_lock(&o->lock);
    for (unsigned i = 0; i < FAILURES; i++)
        if (o->failures[i].why[0] && memcmp(o->failures[i].sha256, name, NAME_LEN) == 0)
            snprintf(out, size, "%s", o->failures[i].why);
    pthread_mutex_unlock(&o->lock);
    return out;
}

/* exchange appends what the URL answers within so many seconds. */
static ens_code exchange(const ens__online *o, const request *r, long total_s, ens_buf *answer, ens_err *err)
{
    long status = 0;
    ens_fetch_request f = {.url = r->url,
                           .body = r->body,
                           .headers = {r->body.p ? "Content-Type: application/ocsp-request" : NULL},
                           .connect_s = ENS_ONLINE_CONNECT_S,
                           .total_s = total_s,
                           .limit = r->limit,
                           .plain = true,
                           .public_only = o->reach != ENS_REACH_PRIVATE,
                           .redirects = ENS_ONLINE_REDIRECTS};
    ens_code code = ens__fetch(&f, answer, &status, err);
    if (code == ENS_OK && status != 200)
        code = ens_fail(err, ENS_EIO, RULE, "the answer isn't 200 OK", 0);
    return code;
}

/* Who reads an answer: ENS_OK when it is what was asked for; *until becomes its end, where it has one. */
typedef ens_code (*reader)(void *ctx, ens_slice bytes, ens_time *until, ens_err *err);

/* ask_online gets one thing and hands it to read; true when something good came, here or in another thread. */
static bool ask_online(ens__online *o, const ens_cert *cert, const request *r, reader read, void *ctx)
{
    uint8_t certificate[NAME_LEN];
    ens_err err = {0};
    ens_buf answer;
    asked *mine = NULL;
    ens_time until = ENS_TIME_NONE;
    if (o->reach == ENS_REACH_KEPT || ens__sha256(cert->der, certificate, NULL) != ENS_OK)
        return false;
    pthread_mutex_lock(&o->lock);
    account *a = account_of(o, certificate);
    double left = ENS_ONLINE_SECONDS_MAX - a->seconds;
    turn whose =
        is_asking(o) || a->requests >= ENS_ONLINE_REQUESTS_MAX || left < 1 ? NOT_NOW : begin_asking(o, r, &mine);
    if (whose == OURS)
        account_of(o, certificate)->requests++;
    pthread_mutex_unlock(&o->lock);
    if (whose != OURS)
        return whose == ANOTHERS;
    ens_buf_init(&answer, NULL, 0, r->limit);
    double from = seconds();
    ens_code code = exchange(o, r, left < ENS_ONLINE_TOTAL_S ? (long)left : ENS_ONLINE_TOTAL_S, &answer, &err);
    double took = seconds() - from;
    if (code == ENS_OK)
        code = read(ctx, ens_buf_slice(&answer), &until, &err);
    ens_buf_free(&answer);
    if (code == ENS_OK)
        atomic_fetch_add(&o->num_fetched, 1);
    pthread_mutex_lock(&o->lock);
    a = account_of(o, certificate);
    a->seconds += took;
    if (code != ENS_OK)
        note_failure(o, certificate, r);
    else if (a->requests && until != ENS_TIME_NONE && until - r->at >= ENS_ONLINE_RETRY)
        a->requests--; /* what ends soon may be renewed as often as it ends */
    end_asking(o, mine, code == ENS_OK, until);
    pthread_mutex_unlock(&o->lock);
    return code == ENS_OK;
}

/* --- issuers --- */

/* What one answer held. */
typedef struct {
    ens__online *o;
    ens__fetched *fetched;
    const ens_cert *cert;
    ens_arena arena;
    ens_cert found[ENS_ONLINE_ISSUERS_MAX];
    bool kept[ENS_ONLINE_ISSUERS_MAX];
    size_t num;
} bundle;

static ens_code gather(void *ctx, ens_slice der, ens_err *err)
{
    bundle *b = ctx;
    (void)err;
    char *copy = b->num < ENS_ONLINE_ISSUERS_MAX ? ens_arena_text(&b->arena, der) : NULL;
    if (copy && ens_cert_parse(ens_bytes(copy, der.len), &b->found[b->num], NULL) == ENS_OK)
        b->num++;
    return ENS_OK;
}

static bool issued(const ens_cert *issuer, const ens_cert *cert)
{
    return ens__name_same(issuer->subject, cert->issuer) && ens__key_verifies(issuer, cert);
}

/* leads_to tells whether a certificate of the bundle signed the one that is asked for, or one that is kept. */
static bool leads_to(const bundle *b, size_t i)
{
    bool leads = issued(&b->found[i], b->cert);
    for (size_t k = 0; k < b->num && !leads; k++)
        leads = b->kept[k] && issued(&b->found[i], &b->found[k]);
    return leads;
}

static ens_code keep_issuer(ens__fetched *f, ens_slice der, ens_err *err)
{
    size_t before = f->certs.num;
    if (before >= f->max || der.len > ENS_ONLINE_KEPT_BYTES_MAX - f->bytes)
        return ens_fail(err, ENS_ELIMIT, RULE, "no more issuers are kept for this trust", 0);
    ens_code code = ens__certstore_add(&f->certs, der, NULL, err);
    f->bytes += f->certs.num > before ? der.len : 0;
    return code;
}

static ens_code read_issuers(void *ctx, ens_slice bytes, ens_time *until, ens_err *err)
{
    bundle *b = ctx;
    (void)until;
    ens_code code = ens__certfile_each(bytes, NULL, gather, b, err);
    bool more = code == ENS_OK, any = false;
    for (unsigned round = 0; more && round < ENS_ONLINE_ISSUERS_MAX; round++) {
        more = false;
        for (size_t i = 0; i < b->num; i++) {
            if (b->kept[i] || !leads_to(b, i))
                continue;
            pthread_mutex_lock(&b->o->lock);
            b->kept[i] = keep_issuer(b->fetched, b->found[i].der, err) == ENS_OK;
            pthread_mutex_unlock(&b->o->lock);
            more |= b->kept[i];
        }
        any |= more;
    }
    return any ? ENS_OK : ens_fail(err, ENS_EPOLICY, RULE, "no certificate of the answer issued it", 0);
}

static size_t known_issuers(ens__online *o, ens__fetched *f, const ens_cert *cert, const ens_cert **out, size_t max)
{
    const ens_cert *c;
    size_t num = 0;
    uint64_t hash = ens__name_hash(cert->issuer);
    pthread_mutex_lock(&o->lock);
    for (size_t at = 0; num < max && (c = ens__certstore_find(&f->certs, hash, &at));)
        if (ens__name_same(c->subject, cert->issuer)) {
            ens__certstore_note_used(c);
            out[num++] = c;
        }
    pthread_mutex_unlock(&o->lock);
    return num;
}

void ens__fetched_init(ens__fetched *f)
{
    static atomic_uint_fast64_t last;
    *f = (ens__fetched){.max = ENS_ONLINE_KEPT_MAX, .number = atomic_fetch_add(&last, 1) + 1};
}

void ens__fetched_clear(ens__fetched *f)
{
    ens__certstore_clear(&f->certs);
}

void ens__online_follow(ens__online *o, const ens__fetched *from, ens__fetched *to)
{
    const ens_cert *c;
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    for (size_t i = 0; (c = ens__certstore_get(&from->certs, i)) && to->certs.num < to->max / 2; i++)
        if (ens__certstore_is_used(c) && keep_issuer(to, c->der, NULL) != ENS_OK)
            break;
    pthread_mutex_unlock(&o->lock);
}

size_t ens__online_issuers(ens__online *o, ens__fetched *f, const ens_cert *cert, const ens_cert **out, size_t max)
{
    ens_extension_list access;
    request r = {.limit = ENS_ONLINE_ISSUER_BYTES_MAX, .at = ENS_TIME_NONE, .asker = f->number};
    unsigned num = 0;
    bool came = false;
    if (!ens__authority_info_read(cert, &access))
        access.num = 0;
    for (size_t i = 0; i < access.num && num < ENS_ONLINE_URLS_MAX && !came; i++)
        if (strcmp(access.item[i].kind, "caIssuers") == 0 && name_request(&r, access.item[i].value)) {
            bundle b = {.o = o, .fetched = f, .cert = cert};
            ens_arena_init(&b.arena, ARENA_MAX);
            came = ask_online(o, cert, &r, read_issuers, &b);
            ens_arena_free(&b.arena);
            num++;
        }
    return known_issuers(o, f, cert, out, max);
}

/* --- lists and responses --- */

/* What the folder keeps of a request. */
static bool cache_path(const ens__online *o, const request *r, char out[PATH_LEN])
{
    char hex[2 * NAME_LEN + 1];
    ens__hex(ens_bytes(r->name, sizeof r->name), hex);
    return o->cache[0] && r->kind && snprintf(out, PATH_LEN, "%s/%s.%s", o->cache, hex, r->kind) < PATH_LEN;
}

/* said_at tells when a list or response was made; ENS_TIME_NONE: it is none. */
static ens_time said_at(const request *r, ens_slice der)
{
    ens__crl crl;
    ens__ocsp ocsp;
    if (strcmp(r->kind, "crl") == 0)
        return ens__crl_read(der, &crl, NULL) == ENS_OK ? crl.this_update : ENS_TIME_NONE;
    return ens__ocsp_read(der, &ocsp, NULL) == ENS_OK ? ocsp.produced : ENS_TIME_NONE;
}

/* keep_online puts what was taken into the folder. An older answer, which anybody may send again, replaces no newer
 * one. */
static void keep_online(const ens__online *o, const request *r, ens_slice der)
{
    char path[PATH_LEN];
    ens_file before = {0};
    ens_err err = {0};
    bool older = false;
    if (!cache_path(o, r, path))
        return;
    if (ens__file_open(path, r->limit, &before, NULL) == ENS_OK) {
        older = said_at(r, before.bytes) > said_at(r, der);
        ens__file_close(&before);
    }
    if (!older && ens__file_write(path, der, 0600, &err) != ENS_OK)
        return; /* the next run asks again */
}

/* What hands an answer on. */
typedef struct {
    ens__online *o;
    const ens__online_want *want;
    const request *r;
    bool taken;
    ens_time until; /* the first end of what was taken, or ENS_TIME_NONE */
} handing;

static void note_end(handing *h, ens_time said, ens_time next_update)
{
    ens_time end = next_update != ENS_TIME_NONE ? next_update : said + ENS_EVIDENCE_AGE_MAX;
    if (h->until == ENS_TIME_NONE || end < h->until)
        h->until = end;
}

/* note_ends reads until when what was taken holds. */
static void note_ends(handing *h, ens_slice der)
{
    ens__crl crl;
    ens__ocsp ocsp;
    ens__ocsp_answer answer;
    ens_reader answers;
    if (!h->want->ocsp) {
        if (ens__crl_read(der, &crl, NULL) == ENS_OK)
            note_end(h, crl.this_update, crl.next_update);
    } else if (ens__ocsp_read(der, &ocsp, NULL) == ENS_OK) {
        answers = ens_read(ocsp.answers);
        if (ens__ocsp_next_about(&answers, h->want->cert, h->want->issuer, &answer))
            note_end(h, answer.this_update, answer.next_update);
    }
}

static ens_code hand_on(void *ctx, ens_slice der, ens_err *err)
{
    handing *h = ctx;
    ens_code code = h->want->take(h->want->of, der, err);
    if (code != ENS_OK)
        return code;
    h->taken = true;
    note_ends(h, der);
    keep_online(h->o, h->r, der);
    return ENS_OK;
}

/* read_answer takes DER, PEM and bare base64. */
static ens_code read_answer(void *ctx, ens_slice bytes, ens_time *until, ens_err *err)
{
    handing *h = ctx;
    size_t num = 0;
    ens_code code = ens__objects_each(bytes, h->want->ocsp ? "OCSP RESPONSE" : "X509 CRL", hand_on, h, &num, err);
    *until = h->until;
    return h->taken ? ENS_OK : code != ENS_OK ? code : ens_fail(err, ENS_ESYNTAX, RULE, "nothing is in the answer", 0);
}

static ens_code hand_kept(void *ctx, ens_slice der, ens_err *err)
{
    handing *h = ctx;
    ens_code code = h->want->take(h->want->of, der, err);
    h->taken |= code == ENS_OK;
    return code;
}

/* take_kept hands over what the folder has for a request. */
static bool take_kept(ens__online *o, const ens__online_want *want, const request *r, bool *old)
{
    char path[PATH_LEN];
    struct stat st;
    ens_file file = {0};
    handing h = {.o = o, .want = want, .r = r};
    if (!cache_path(o, r, path) || stat(path, &st) != 0 || ens__file_open(path, r->limit, &file, NULL) != ENS_OK)
        return false;
    time_t now = time(NULL);
    if (hand_kept(&h, file.bytes, NULL) == ENS_OK)
        *old |= now - st.st_mtime > ENS_ONLINE_AGE_MAX || st.st_mtime > now + CLOCK_SKEW;
    ens__file_close(&file);
    return h.taken;
}

/* get_one takes one thing from the folder (old not NULL) or asks for it. */
static bool get_one(ens__online *o, const ens__online_want *want, const request *r, bool *old)
{
    handing h = {.o = o, .want = want, .r = r, .until = ENS_TIME_NONE};
    return old ? take_kept(o, want, r, old) : ask_online(o, want->cert, r, read_answer, &h);
}

static bool get_points(ens__online *o, const ens__online_want *want, ens_slice extension, bool *old)
{
    request r = {.kind = "crl", .limit = ENS_CRL_MAX, .at = want->at};
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
            if (name_request(&r, uri)) {
                came |= get_one(o, want, &r, old);
                num++;
            }
    return came;
}

static bool get_responses(ens__online *o, const ens__online_want *want, bool *old)
{
    uint8_t storage[ENS_OCSP_REQUEST_MAX];
    ens_buf body;
    ens_extension_list access;
    request r = {.kind = "ocsp", .limit = ENS_OCSP_MAX, .at = want->at};
    unsigned num = 0;
    bool came = false;
    ens_buf_init(&body, storage, sizeof storage, sizeof storage);
    if (!ens__authority_info_read(want->cert, &access) ||
        ens__ocsp_request(want->cert, want->issuer, &body, NULL) != ENS_OK)
        return false;
    r.body = ens_buf_slice(&body);
    for (size_t i = 0; i < access.num && num < ENS_ONLINE_URLS_MAX && !came; i++)
        if (strcmp(access.item[i].kind, "OCSP") == 0 && name_request(&r, access.item[i].value)) {
            came = get_one(o, want, &r, old);
            num++;
        }
    return came;
}

static bool get(ens__online *o, const ens__online_want *want, bool *old)
{
    if (want->ocsp)
        return get_responses(o, want, old);
    bool came = get_points(o, want, want->cert->crl_points, old);
    came |= get_points(o, want, want->cert->freshest_crl, old);
    return came;
}

bool ens__online_kept(ens__online *o, const ens__online_want *want, bool *old)
{
    return o->cache[0] && get(o, want, old);
}

bool ens__online_fetch(ens__online *o, const ens__online_want *want)
{
    return get(o, want, NULL);
}
