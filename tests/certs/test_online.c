/* Fetching what a path and its revocation lack, from a server on the loopback. */
#include "certs/path/online.h"
#include "certs/path/path.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/certs/local_server.h"
#include "tests/suite.h"

#include <openssl/ocsp.h>
#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LEAF_SERIAL 77
#define DER_MAX ((size_t)1 << 20)
#define PAGES 8

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

static void add_page(setting *s, const char *path, ens_slice body)
{
    s->pages[s->num_pages++] = (local_page){.path = path, .body = body.p, .len = body.len};
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

static ens__revocation leaf_of(const setting *s)
{
    ens__path path;
    ens__path_build(s->trust, &s->chain, AUTHORITY_AT, NULL, &path);
    if (!path.anchored)
        return (ens__revocation){.why = "no path"};
    return ens__revocation_of(&(ens__revocation_question){s->trust, &s->chain, &path, AUTHORITY_AT, 0, NULL}, 0);
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
    CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
    uint64_t before = ens__trust_state(s.trust);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 1);
    CU_ASSERT_NOT_EQUAL(ens__trust_state(s.trust), before);
    CU_ASSERT(has_path(&s) && s.server.num_requests == 1);
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
    CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
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
    CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    CU_ASSERT(leaf_of(&s).state == ENS_REVOCATION_REVOKED && s.server.num_requests == 1);
    stop(&s);
}

static void responses(void)
{
    setting s;
    start(&s, NULL, "/none.crl", "/ocsp");
    add_page(&s, "/ocsp", ens_buf_slice(&s.ocsp));
    CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
    ens__revocation r = leaf_of(&s);
    CU_ASSERT(r.state == ENS_REVOCATION_GOOD && r.by_ocsp &&
              s.server.num_requests == 1); /* the list isn't needed any more */
    CU_ASSERT(strncmp(s.server.request, "POST /ocsp ", 11) == 0 &&
              strstr(s.server.request, "application/ocsp-request"));
    stop(&s);
}

static const ens_finding *about_leaf(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->certificate == 0 &&
            strcmp(ens_report_get(report, i)->id, "chain.revocation") == 0)
            return ens_report_get(report, i);
    return NULL;
}

static void failures(void)
{
    setting s;
    ens_report *report = ens_report_new();
    start(&s, NULL, "/missing.crl", NULL);
    CU_ASSERT_EQUAL_FATAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    ens_chain_check(s.trust, &s.chain, AUTHORITY_AT, report);
    const ens_finding *f = about_leaf(report);
    CU_ASSERT_FATAL(f && f->outcome == ENS_SKIP);
    CHECK_ROW(strstr(f->detail, "/missing.crl") && strstr(f->detail, "200 OK"), "%s", f->detail);
    ens_report_free(report);
    stop(&s);
}

/* To http a redirect is followed, to another scheme it is not. */
static void redirects(void)
{
    for (unsigned i = 0; i < 2; i++) {
        setting s;
        start(&s, NULL, "/moved.crl", NULL);
        snprintf(s.elsewhere, sizeof s.elsewhere, "%s/ca.crl", i ? "ftp://127.0.0.1" : s.server.base);
        s.pages[s.num_pages++] = (local_page){.path = "/moved.crl", .location = s.elsewhere};
        add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
        CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, NULL, NULL), ENS_OK);
        CHECK_ROW(leaf_of(&s).state == (i ? ENS_REVOCATION_UNKNOWN : ENS_REVOCATION_REVOKED), "to %s", s.elsewhere);
        CU_ASSERT_EQUAL(s.server.num_requests, i ? 1u : 2u);
        stop(&s);
    }
}

/* The next run takes from the folder what an earlier one fetched. */
static void cached(void)
{
    char folder[] = "/tmp/ensign-revocation-XXXXXX", command[128];
    ens__online *again = NULL;
    setting s;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    start(&s, NULL, "/ca.crl", NULL);
    add_page(&s, "/ca.crl", ens_buf_slice(&s.crl));
    CU_ASSERT_EQUAL(ens__trust_go_online(s.trust, folder, NULL), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s).state, ENS_REVOCATION_REVOKED);
    ens__evidence *fresh = ens__evidence_new();
    CU_ASSERT_EQUAL_FATAL(ens__online_new(folder, &again, NULL), ENS_OK);
    CU_ASSERT_TRUE(ens__online_crls(again, fresh, &s.chain.cert[0], AUTHORITY_AT));
    CU_ASSERT(ens__evidence_num_crls(fresh) == 1 && s.server.num_requests == 1);
    ens__online_free(again);
    CU_ASSERT_EQUAL_FATAL(ens__online_new(folder, &again, NULL), ENS_OK); /* what ended is fetched anew */
    CU_ASSERT_FALSE(ens__online_crls(again, fresh, &s.chain.cert[0], AUTHORITY_AT + 9 * (ens_time)AUTHORITY_DAY));
    CU_ASSERT_EQUAL(s.server.num_requests, 2);
    ens__online_free(again);
    ens__evidence_free(fresh);
    stop(&s);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL(ens__online_new("/nowhere/at/all", &again, NULL), ENS_EIO);
}

static const ens_case cases[] = {
    {"an issuer is fetched from where the certificate says, once, and only when asked for", issuers},
    {"issuers may come as a PKCS#7 bundle", bundles},
    {"a list is fetched; LDAP is passed over", lists},
    {"an OCSP response is asked for before any list", responses},
    {"what can't be fetched is told with its URL", failures},
    {"redirects stay within HTTP", redirects},
    {"a folder keeps what was fetched, until it ends", cached},
    {NULL, NULL},
};
ENS_SUITE("certs/online", cases)
