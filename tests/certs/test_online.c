/* Fetching what a path and its revocation lack, from a server on the loopback. */
#include "certs/path/online.h"
#include "certs/path/path.h"
#include "engine/base/report.h"
#include "engine/net/fetch.h"
#include "tests/certs/authority.h"
#include "tests/certs/local_server.h"
#include "tests/suite.h"

#include <openssl/ocsp.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LEAF_SERIAL 77
#define DER_MAX ((size_t)1 << 20)
#define PAGES 16

static const long only_leaf[] = {LEAF_SERIAL, 0};

/* A root that is trusted, a CA that has to be fetched, and a leaf that says from where. */
typedef struct {
    local_server server;
    local_page pages[PAGES];
    size_t num_pages;
    authority root, ca, leaf;
    ens_buf crl, ocsp;
    ens_chain chain;
    ens_trust *trust;
    char elsewhere[128];
} setting;

static local_page *add_page(setting *s, const char *path, ens_slice body)
{
    s->pages[s->num_pages] = (local_page){.path = path, .body = body.p, .len = body.len};
    return &s->pages[s->num_pages++];
}

/* start makes certificates that name these paths of the server; NULL: none. */
static void start(setting *s, const char *issuer, const char *crl, const char *ocsp)
{
    char points[128], access[256] = "";
    size_t len = 0;
    *s = (setting){.trust = ens_trust_new()};
    s->server.pages = s->pages;
    CU_ASSERT_FATAL(s->trust && local_server_start(&s->server));
    snprintf(points, sizeof points, "URI:ldap://127.0.0.1/x,URI:%s%s", s->server.base, crl ? crl : "");
    if (issuer)
        len += (size_t)snprintf(access, sizeof access, "caIssuers;URI:%s%s", s->server.base, issuer);
    if (ocsp)
        snprintf(access + len, sizeof access - len, "%sOCSP;URI:%s%s", len ? "," : "", s->server.base, ocsp);
    const char *const names[] = {crl ? "crlDistributionPoints" : "authorityInfoAccess", crl ? points : access,
                                 crl && access[0] ? "authorityInfoAccess" : NULL, access, NULL};
    const char *const *extensions = crl || access[0] ? names : NULL;
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->root));
    CU_ASSERT_FATAL(
        authority_make(&s->root, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->ca));
    CU_ASSERT_FATAL(authority_make(
        &s->ca, &(authority_row){.name = "Seal", .serial = LEAF_SERIAL, .extensions = extensions}, &s->leaf));
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(s->trust, authority_der(&s->root), NULL), ENS_OK);
    authority_chain((const authority *[]){&s->leaf, &s->ca}, issuer ? 1 : 2, &s->chain);
    ens_buf_init(&s->crl, NULL, 0, DER_MAX);
    ens_buf_init(&s->ocsp, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(
        authority_crl(&s->ca, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1}, &s->crl));
    CU_ASSERT_FATAL(
        authority_ocsp(&s->ca, &s->ca, &s->leaf, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD}, &s->ocsp));
}

static void stop(setting *s)
{
    local_server_stop(&s->server);
    authority_free(&s->root);
    authority_free(&s->ca);
    authority_free(&s->leaf);
    ens_buf_free(&s->crl);
    ens_buf_free(&s->ocsp);
    ens_trust_free(s->trust);
}

/* follow takes a new trust that follows the one so far, and may ask. */
static void follow(setting *s)
{
    ens_trust *next = ens_trust_new_after(s->trust);
    CU_ASSERT_FATAL(next && ens__trust_add_anchor(next, authority_der(&s->root), NULL) == ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_set_online(next, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    ens_trust_free(s->trust);
    s->trust = next;
}

static ens__revocation leaf_of(const setting *s)
{
    ens__path path;
    ens__path_build(s->trust, &s->chain, AUTHORITY_AT, NULL, &path);
    if (!path.anchored)
        return (ens__revocation){.why = "no path"};
    return ens__revocation_of(&(ens__revocation_question){s->trust, &s->chain, &path, AUTHORITY_AT, 0, NULL, NULL}, 0);
}

static ens__revocation leaf_at(const setting *s, ens_time at)
{
    ens__path path;
    ens__path_build(s->trust, &s->chain, at, NULL, &path);
    CU_ASSERT_FATAL(path.anchored);
    return ens__revocation_of(&(ens__revocation_question){s->trust, &s->chain, &path, at, 0, NULL, NULL}, 0);
}

static bool has_path(const setting *s)
{
    ens__path path;
    ens__path_build(s->trust, &s->chain, AUTHORITY_AT, NULL, &path);
    return path.anchored && path.faults.num == 0;
}

static void issuers(void)
{
    setting s;
    start(&s, "/ca.crt", NULL, NULL);
    add_page(&s, "/ca.crt", authority_der(&s.ca));
    CU_ASSERT(!has_path(&s) && s.server.num_requests == 0);
    follow(&s);
    ens__trust_mark before = ens__trust_state(s.trust), after;
    CU_ASSERT(has_path(&s) && s.server.num_requests == 1);
    after = ens__trust_state(s.trust);
    CU_ASSERT(!ens__trust_is_same(&after, &before));
    CU_ASSERT(has_path(&s) && s.server.num_requests == 1);
    stop(&s);
}

/* renew makes the trust that follows the one so far, and shares what it asked. */
static void renew(setting *s)
{
    ens_trust *next = ens_trust_new_after(s->trust);
    CU_ASSERT_FATAL(next && ens__trust_add_anchor(next, authority_der(&s->root), NULL) == ENS_OK);
    ens_trust_free(s->trust);
    s->trust = next;
}

/* Issuers that came are bounded; what was used goes over to the trust that follows, and what wasn't is let go there and
 * asked for again when it is needed. */
static void issuers_are_let_go(void)
{
    setting s;
    start(&s, "/ca.crt", NULL, NULL);
    add_page(&s, "/ca.crt", authority_der(&s.ca));
    follow(&s);
    s.trust->fetched->max = 0;
    CU_ASSERT(!has_path(&s) && s.server.num_requests == 1 && s.trust->fetched->certs.num == 0);
    renew(&s);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 2 && s.trust->fetched->certs.num == 1);
    renew(&s); /* it was used */
    CU_ASSERT(s.trust->fetched->certs.num == 1);
    renew(&s); /* nobody used it meanwhile */
    CU_ASSERT(s.trust->fetched->certs.num == 0 && s.trust->fetched->bytes == 0);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 3);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 3);
    stop(&s);
}

static void bundles(void)
{
    setting s;
    unsigned char *der = NULL;
    start(&s, "/ca.p7c", NULL, NULL);
    PKCS7 *bundle = PKCS7_new();
    CU_ASSERT_FATAL(bundle && PKCS7_set_type(bundle, NID_pkcs7_signed) && PKCS7_content_new(bundle, NID_pkcs7_data) &&
                    PKCS7_add_certificate(bundle, s.root.cert) && PKCS7_add_certificate(bundle, s.ca.cert));
    int len = i2d_PKCS7(bundle, &der);
    CU_ASSERT_FATAL(len > 0);
    add_page(&s, "/ca.p7c", ens_bytes(der, (size_t)len));
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 1);
    PKCS7_free(bundle);
    stop(&s);
    OPENSSL_free(der);
}

static void lists(void)
{
    setting s;
    start(&s, NULL, "/ca.crl", NULL);
    add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_UNKNOWN && s.server.num_requests == 0);
    follow(&s);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    stop(&s);
}

static void responses(void)
{
    setting s;
    start(&s, NULL, "/none.crl", "/ocsp");
    add_page(&s, "/ocsp", ens_buf_slice(&s.ocsp));
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    ens__revocation r = leaf_of(&s);
    CU_ASSERT(r.state == ENS_REVOCATION_GOOD && r.by_ocsp &&
              s.server.num_requests == 1); /* the list isn't needed any more */
    CU_ASSERT(strncmp(s.server.request, "POST /ocsp ", 11) == 0 &&
              strstr(s.server.request, "application/ocsp-request"));
    stop(&s);
}

/* answer_until lets the responder find the leaf good until a time. */
static void answer_until(setting *s, ens_time from, ens_time until, ens_buf *answer)
{
    ens_buf_init(answer, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_ocsp(
        &s->ca, &s->ca, &s->leaf,
        &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD, .this_update = from, .next_update = until}, answer));
    s->pages[0].body = answer->p, s->pages[0].len = answer->len;
}

/* An answer that ends within the day is asked for again once it has ended, as often as that is; one that had ended when
 * it came isn't: the same would come. */
static void asked_again(void)
{
    enum { HOUR = 3600, TIMES = 2 * ENS_ONLINE_REQUESTS_MAX };
    setting s;
    ens_buf answers[TIMES];
    start(&s, NULL, NULL, "/ocsp");
    add_page(&s, "/ocsp", (ens_slice){0});
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    ens_time at = AUTHORITY_AT;
    for (unsigned i = 1; i <= TIMES; i++, at += 2 * HOUR) {
        answer_until(&s, at - 60, at + HOUR, &answers[i - 1]);
        CU_ASSERT_EQUAL(leaf_at(&s, at).state, ENS_REVOCATION_GOOD);
        CU_ASSERT_EQUAL(leaf_at(&s, at + HOUR - 1).state, ENS_REVOCATION_GOOD);
        CHECK_ROW(s.server.num_requests == i, "%u requests after %u ends", s.server.num_requests, i);
    }
    CU_ASSERT_EQUAL(leaf_at(&s, at).state, ENS_REVOCATION_UNKNOWN); /* the last answer, which has ended, comes again */
    CU_ASSERT_EQUAL(leaf_at(&s, at + HOUR).state, ENS_REVOCATION_UNKNOWN);
    CU_ASSERT_EQUAL(s.server.num_requests, TIMES + 1);
    stop(&s);
    for (unsigned i = 0; i < TIMES; i++)
        ens_buf_free(&answers[i]);
}

static const ens_finding *about_leaf(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->certificate == 0 &&
            strcmp(ens_report_get(report, i)->id, "chain.revocation") == 0)
            return ens_report_get(report, i);
    return NULL;
}

/* Whatever went wrong, the text is one: what a request met inside of a network is nobody's to learn. */
static void failures(void)
{
    static const char *const paths[] = {"/missing.crl", "/cut.crl", "/other.crl", "/text.crl"};
    char first[512] = "";
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        setting s;
        ens_buf other;
        ens_report *report = ens_report_new();
        start(&s, NULL, paths[i], NULL);
        ens_buf_init(&other, NULL, 0, DER_MAX);
        CU_ASSERT_FATAL(report && authority_crl(&s.root, &(authority_crl_row){.number = 1}, &other));
        add_page(&s, "/cut.crl", ens_buf_slice(&s.crl))->cut = 9;
        add_page(&s, "/other.crl", ens_buf_slice(&other));
        add_page(&s, "/text.crl", ENS_LIT("nothing of the kind"));
        CU_ASSERT_EQUAL_FATAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
        ens_chain_check(s.trust, &s.chain, AUTHORITY_AT, report);
        const ens_finding *f = about_leaf(report);
        CU_ASSERT_FATAL(f && f->outcome == ENS_SKIP);
        const char *where = strstr(ens_detail(f), paths[i]);
        CHECK_ROW(where && strstr(where, "nothing came"), "%s", ens_detail(f));
        if (where && !i)
            snprintf(first, sizeof first, "%s", where + strlen(paths[i]));
        CHECK_ROW(where && strcmp(where + strlen(paths[i]), first) == 0, "%s: %s", paths[i], ens_detail(f));
        CU_ASSERT_EQUAL(ens__evidence_num_crls(s.trust->evidence), 0);
        ens_report_free(report);
        stop(&s);
        ens_buf_free(&other);
    }
}

/* Redirections, permanent ones too, are followed to http and https, and what is posted is posted again. */
static void redirects(void)
{
    static const struct {
        const char *status, *scheme;
        bool ocsp, found;
    } rows[] = {{"301 Moved Permanently", NULL, false, true},  {"302 Found", NULL, false, true},
                {"308 Permanent Redirect", NULL, false, true}, {"302 Found", "ftp://127.0.0.1", false, false},
                {"301 Moved Permanently", NULL, true, true},   {"307 Temporary Redirect", NULL, true, true},
                {"308 Permanent Redirect", NULL, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        start(&s, NULL, rows[i].ocsp ? NULL : "/moved", rows[i].ocsp ? "/moved" : NULL);
        snprintf(s.elsewhere, sizeof s.elsewhere, "%s/there", rows[i].scheme ? rows[i].scheme : s.server.base);
        *add_page(&s, "/moved", (ens_slice){0}) =
            (local_page){.path = "/moved", .location = s.elsewhere, .moved = rows[i].status};
        add_page(&s, "/there", ens_buf_slice(rows[i].ocsp ? &s.ocsp : &s.crl));
        CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
        ens__revocation_state wanted = !rows[i].found ? ENS_REVOCATION_UNKNOWN
                                       : rows[i].ocsp ? ENS_REVOCATION_GOOD
                                                      : ENS_REVOCATION_REVOKED;
        CHECK_ROW(leaf_of(&s).state == wanted, "%s to %s", rows[i].status, s.elsewhere);
        CU_ASSERT_EQUAL(s.server.num_requests, rows[i].found ? 2u : 1u);
        CHECK_ROW(!rows[i].ocsp || strncmp(s.server.request, "POST /there ", 12) == 0, "%s", rows[i].status);
        stop(&s);
    }
}

static void circles(void)
{
    setting s;
    start(&s, NULL, "/a", NULL);
    snprintf(s.elsewhere, sizeof s.elsewhere, "%s/a", s.server.base);
    *add_page(&s, "/a", (ens_slice){0}) = (local_page){.path = "/a", .location = s.elsewhere};
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s).state, ENS_REVOCATION_UNKNOWN);
    CU_ASSERT_EQUAL(s.server.num_requests, 1 + ENS_ONLINE_REDIRECTS);
    stop(&s);
}

/* A list as people publish it: in PEM, at an address with a blank. */
static void published(void)
{
    setting s;
    ens_buf pem;
    start(&s, NULL, "/my ca.crl", NULL);
    ens_buf_init(&pem, NULL, 0, DER_MAX);
    ens_buf_text(&pem, "The list of our CA\r\n  -----BEGIN X509 CRL-----\r\n");
    ens__base64_encode(&pem, ens_buf_slice(&s.crl));
    ens_buf_text(&pem, "\r\n  -----END X509 CRL-----\r\n");
    add_page(&s, "/my%20ca.crl", ens_buf_slice(&pem));
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    stop(&s);
    ens_buf_free(&pem);
}

/* Addresses of this machine, however they are written, are asked only when that is asked for. */
static void private_addresses(void)
{
    static const char *const hosts[] = {"127.0.0.1",
                                        "127.1",
                                        "2130706433",
                                        "0x7f.0.0.1",
                                        "localhost",
                                        "a.LocalHost.",
                                        "10.0.0.1",
                                        "172.31.255.1",
                                        "192.168.3.4",
                                        "169.254.169.254",
                                        "100.64.0.1",
                                        "0.0.0.0",
                                        "[::1]",
                                        "[::ffff:127.0.0.1]",
                                        "[fe80::1]",
                                        "[fd00::1]",
                                        "[64:ff9b::7f00:1]",
                                        "a@127.0.0.1",
                                        "127.0.0.1\\@b",
                                        "224.0.0.1",
                                        "127.0.0%2E1",
                                        "[64:ff9b:1::1]"};
    static const char *const fine[] = {"ca.example",    "8.8.8.8",      "172.32.0.1",
                                       "[2001:db8::1]", "notlocalhost", "1e100.net"};
    char url[128];
    setting s;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        snprintf(url, sizeof url, "http://%s:80/ca.crl", hosts[i]);
        CHECK_ROW(!ens__fetch_public(ens_str(url)), "%s", url);
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        snprintf(url, sizeof url, "https://%s/ca.crl", fine[i]);
        CHECK_ROW(ens__fetch_public(ens_str(url)), "%s", url);
    }
    start(&s, "/ca.crt", "/ca.crl", "/ocsp");
    add_page(&s, "/ca.crt", authority_der(&s.ca));
    add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PUBLIC, NULL, NULL), ENS_OK);
    CU_ASSERT(!has_path(&s) && leaf_of(&s).state == ENS_REVOCATION_UNKNOWN);
    CU_ASSERT_EQUAL(s.server.num_requests, 0);
    stop(&s);
}

/* A name may lead to this machine: what it leads to is looked at. */
static void names_that_lead_home(void)
{
    local_server server = {.status = "200 OK", .body = "x", .body_len = 1};
    char url[64], host[128];
    ens_buf answer;
    long status = 0;
    CU_ASSERT_FATAL(local_server_start(&server) && gethostname(host, sizeof host) == 0);
    ens_buf_init(&answer, NULL, 0, 64);
    snprintf(url, sizeof url, "http://%.40s:%s/", host, strrchr(server.base, ':') + 1);
    ens_fetch_request r = {.url = url, .plain = true, .public_only = true, .connect_s = 2, .total_s = 2};
    CU_ASSERT_NOT_EQUAL(ens__fetch(&r, &answer, &status, NULL), ENS_OK);
    CU_ASSERT_EQUAL(server.num_requests, 0);
    ens_buf_free(&answer);
    local_server_stop(&server);
}

/* Nothing is fetched for a certificate that names a trusted CA and isn't signed by it, however many there are, and what
 * is found for another afterwards isn't crowded out. */
static void forged(void)
{
    enum { FORGED = 40 };
    setting s;
    authority thief;
    char points[96], access[128];
    start(&s, NULL, "/ca.crl", NULL);
    add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
    snprintf(points, sizeof points, "URI:%s/ca.crl", s.server.base);
    snprintf(access, sizeof access, "OCSP;URI:%s/ocsp", s.server.base);
    const char *const extensions[] = {"crlDistributionPoints", points, "authorityInfoAccess", access, NULL};
    CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "CA", .ca = true}, &thief));
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    for (unsigned i = 0; i < FORGED; i++) {
        authority one;
        ens_chain chain;
        ens_report *report = ens_report_new();
        CU_ASSERT_FATAL(report &&
                        authority_make(&thief, &(authority_row){.name = "Seal", .extensions = extensions}, &one));
        authority_chain((const authority *[]){&one, &s.ca}, 2, &chain);
        ens_chain_check(s.trust, &chain, AUTHORITY_AT, report);
        CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_REFUSED);
        ens_report_free(report);
        authority_free(&one);
    }
    CU_ASSERT(s.server.num_requests == 0 && ens__evidence_num_crls(s.trust->evidence) == 0);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    authority_free(&thief);
    stop(&s);
}

/* The first address of several gives nothing. Of one certificate no more than so many are tried. */
static void several(void)
{
    setting s;
    authority leaf;
    char points[1024] = "";
    size_t len = 0;
    start(&s, NULL, "/ca.crl", NULL);
    add_page(&s, "/2.crl", ens_buf_slice(&s.crl));
    for (unsigned i = 1; i <= 12; i++)
        len +=
            (size_t)snprintf(points + len, sizeof points - len, "%sURI:%s/%u.crl", i > 1 ? "," : "", s.server.base, i);
    const char *const extensions[] = {"crlDistributionPoints", points, "freshestCRL", points, NULL};
    CU_ASSERT_FATAL(authority_make(
        &s.ca, &(authority_row){.name = "Seal", .serial = LEAF_SERIAL, .extensions = extensions}, &leaf));
    authority_chain((const authority *[]){&leaf, &s.ca}, 2, &s.chain);
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_PRIVATE, NULL, NULL), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s).state, ENS_REVOCATION_REVOKED);
    CU_ASSERT_EQUAL(s.server.num_requests, ENS_ONLINE_URLS_MAX);
    authority_free(&leaf);
    stop(&s);
}

/* An issuer that is fetched is kept when it signed what led to it. */
static void strangers(void)
{
    setting s;
    authority twin;
    const ens_cert *found[4];
    ens__online *online = NULL;
    ens__fetched fetched;
    ens__fetched_init(&fetched);
    start(&s, "/ca.crt", NULL, NULL);
    CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "CA", .ca = true}, &twin));
    add_page(&s, "/ca.crt", authority_der(&twin));
    CU_ASSERT_EQUAL_FATAL(ens__online_new(NULL, ENS_REACH_PRIVATE, &online, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__online_issuers(online, &fetched, &s.chain.cert[0], found, 4), 0);
    CU_ASSERT_EQUAL(s.server.num_requests, 1);
    ens__online_free(online);
    ens__fetched_clear(&fetched);
    stop(&s);
    authority_free(&twin);
}

/* run_again judges the leaf in a run of its own, with the folder of the runs before. */
static ens__revocation run_reaching(const setting *s, const char *folder, ens_reach reach)
{
    ens_trust *again = ens_trust_new();
    CU_ASSERT_FATAL(again && ens__trust_add_anchor(again, authority_der(&s->root), NULL) == ENS_OK &&
                    ens_trust_set_online(again, reach, folder, NULL) == ENS_OK);
    setting with = *s;
    with.trust = again;
    ens__revocation r = leaf_of(&with);
    ens_trust_free(again);
    return r;
}

static ens__revocation run_again(const setting *s, const char *folder)
{
    return run_reaching(s, folder, ENS_REACH_PRIVATE);
}

static void make_old(const char *folder)
{
    char command[160];
    snprintf(command, sizeof command, "touch -d '2 days ago' %s/*", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void remove_folder(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* The next run takes from the folder what an earlier one fetched, for a day; what revokes for good needs no second
 * word. */
static void cached(void)
{
    char folder[] = "/tmp/ensign-revocation-XXXXXX";
    ens__online *again = NULL;
    setting s;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    start(&s, NULL, "/none.crl", "/ocsp");
    add_page(&s, "/ocsp", ens_buf_slice(&s.ocsp));
    CU_ASSERT(run_again(&s, folder).state == ENS_REVOCATION_GOOD && s.server.num_requests == 1);
    CU_ASSERT(run_again(&s, folder).state == ENS_REVOCATION_GOOD && s.server.num_requests == 1);
    make_old(folder);
    CU_ASSERT(run_again(&s, folder).state == ENS_REVOCATION_GOOD && s.server.num_requests == 2);
    CU_ASSERT(run_reaching(&s, folder, ENS_REACH_KEPT).state == ENS_REVOCATION_GOOD && s.server.num_requests == 2);
    s.pages[0].path = "/gone";
    make_old(folder);
    CU_ASSERT_EQUAL(run_again(&s, folder).state, ENS_REVOCATION_GOOD); /* asked in vain: it holds to its own end */
    stop(&s);
    remove_folder(folder);
    CU_ASSERT_EQUAL(ens__online_new("/nowhere/at/all", ENS_REACH_PUBLIC, &again, NULL), ENS_EIO);
}

/* A server that never answers costs no more time than it was given, and a folder that keeps nothing asks for nothing.
 */
static void slow(void)
{
    local_server server = {.status = NULL};
    ens_buf answer;
    long status = 0;
    ens_err err = {0};
    CU_ASSERT_FATAL(local_server_start(&server));
    ens_buf_init(&answer, NULL, 0, 64);
    time_t from = time(NULL);
    ens_fetch_request r = {.url = server.url, .total_s = 1, .redirects = 3};
    CU_ASSERT_EQUAL(ens__fetch(&r, &answer, &status, &err), ENS_EIO);
    CU_ASSERT(time(NULL) - from <= 5);
    ens_buf_free(&answer);
    local_server_stop(&server);
    setting s;
    char folder[] = "/tmp/ensign-revocation-XXXXXX";
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    start(&s, NULL, "/ca.crl", NULL);
    add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
    CU_ASSERT(run_reaching(&s, folder, ENS_REACH_KEPT).state == ENS_REVOCATION_UNKNOWN && s.server.num_requests == 0);
    stop(&s);
    remove_folder(folder);
}

/* What isn't signed by whom it has to be is never kept, and what is kept counts for nothing where it isn't. */
static void poisoned(void)
{
    char folder[] = "/tmp/ensign-revocation-XXXXXX", command[256];
    setting s;
    authority thief;
    ens_buf bad;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    start(&s, NULL, "/ca.crl", NULL);
    ens_buf_init(&bad, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "CA", .ca = true}, &thief) &&
                    authority_crl(&thief, &(authority_crl_row){.number = 9}, &bad));
    local_page *page = add_page(&s, "/ca.crl", ens_buf_slice(&bad));
    CU_ASSERT_EQUAL(run_again(&s, folder).state, ENS_REVOCATION_UNKNOWN);
    page->body = s.crl.p, page->len = s.crl.len;
    CU_ASSERT_EQUAL(run_again(&s, folder).state, ENS_REVOCATION_REVOKED);
    /* whoever gets at the folder itself */
    snprintf(command, sizeof command, "for f in %s/*; do printf 'nothing' >$f; done", folder);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL(run_again(&s, folder).state, ENS_REVOCATION_REVOKED);
    stop(&s);
    ens_buf_free(&bad);
    authority_free(&thief);
    remove_folder(folder);
}

/* An older list that is sent again takes nothing away: neither a suspension from this run, nor from the next. */
static void sent_again(void)
{
    char folder[] = "/tmp/ensign-revocation-XXXXXX";
    setting s;
    ens_buf held, before;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    start(&s, NULL, "/ca.crl", NULL);
    ens_buf_init(&held, NULL, 0, DER_MAX);
    ens_buf_init(&before, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(
        authority_crl(&s.ca, &(authority_crl_row){.number = 5, .revoked = only_leaf, .reason = 6}, &held) &&
        authority_crl(&s.ca,
                      &(authority_crl_row){.number = 4, .this_update = AUTHORITY_AT - 5 * (ens_time)AUTHORITY_DAY},
                      &before));
    local_page *page = add_page(&s, "/ca.crl", ens_buf_slice(&held));
    CU_ASSERT(run_again(&s, folder).reason == ENS_REASON_HOLD);
    page->body = before.p, page->len = before.len;
    make_old(folder);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT(run_again(&s, folder).reason == ENS_REASON_HOLD);
    stop(&s);
    ens_buf_free(&held);
    ens_buf_free(&before);
    remove_folder(folder);
}

static const ens_case cases[] = {
    {"keeps a bounded number of issuers, and lets go of those that nobody used", issuers_are_let_go},
    {"an issuer is fetched from where the certificate says, once, and only when asked for", issuers},
    {"issuers may come as a PKCS#7 bundle", bundles},
    {"an issuer that didn't sign the certificate isn't kept", strangers},
    {"a list is fetched; LDAP is passed over", lists},
    {"an OCSP response is asked for before any list", responses},
    {"an answer is asked for again once it has ended", asked_again},
    {"what can't be fetched is told with its URL, and with one text whatever happened", failures},
    {"redirections are followed, 301 and 308 too, and posts stay posts", redirects},
    {"redirections in a circle end", circles},
    {"a list may be PEM, and its address may have a blank", published},
    {"the first of several addresses may fail, and no more than so many are tried", several},
    {"addresses of this machine and of private networks aren't asked, however they are written", private_addresses},
    {"a name that leads to this machine isn't asked", names_that_lead_home},
    {"nothing is fetched for a path whose signatures don't hold, and nobody is crowded out", forged},
    {"a folder keeps what was fetched, for a day", cached},
    {"a server that never answers is given up, and a folder alone asks nobody", slow},
    {"a folder keeps nothing that isn't signed, and believes nothing that isn't", poisoned},
    {"an older list that is sent again takes nothing away", sent_again},
    {NULL, NULL},
};
ENS_SUITE("certs/online", cases)
