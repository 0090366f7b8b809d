/* Revocation by lists and responses: the fixtures' CRLs, and authorities made here. PKITS (certs/pkits) has the
 * distribution points, the reasons and the indirect lists. */
#include "certs/keys/chain.h"
#include "certs/path/path.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/ocsp.h>
#include <stdio.h>

#define DAY ((ens_time)AUTHORITY_DAY)
#define DER_MAX ((size_t)1 << 20)
#define LEAF_SERIAL 77
#define GOOD ENS_REVOCATION_GOOD
#define REVOKED ENS_REVOCATION_REVOKED
#define UNKNOWN ENS_REVOCATION_UNKNOWN

static const char *const responder_extensions[] = {"extendedKeyUsage", "OCSPSigning", "noCheck", "NULL", NULL};
static const char *const delegate_extensions[] = {"extendedKeyUsage", "OCSPSigning", NULL};
static const char *const client_extensions[] = {"extendedKeyUsage", "clientAuth", "noCheck", "NULL", NULL};
static const long only_leaf[] = {LEAF_SERIAL, 0};

/* A root, a CA, and a leaf; another CA of the same name; what may answer. */
typedef struct {
    authority root, ca, leaf, twin, responder, delegate, client, stranger;
    ens_chain chain;
    ens_trust *trust;
} setting;

static void open_setting(setting *s)
{
    *s = (setting){.trust = ens_trust_new()};
    CU_ASSERT_FATAL(
        s->trust &&
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->root));
    CU_ASSERT_FATAL(
        authority_make(&s->root, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->ca));
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->twin));
    CU_ASSERT_FATAL(authority_make(
        &s->ca, &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .serial = LEAF_SERIAL},
        &s->leaf));
    CU_ASSERT_FATAL(authority_make(&s->ca, &(authority_row){.name = "Responder", .extensions = responder_extensions},
                                   &s->responder));
    CU_ASSERT_FATAL(authority_make(
        &s->ca, &(authority_row){.name = "Delegate", .extensions = delegate_extensions, .serial = 88}, &s->delegate));
    CU_ASSERT_FATAL(
        authority_make(&s->ca, &(authority_row){.name = "Client", .extensions = client_extensions}, &s->client));
    CU_ASSERT_FATAL(authority_make(&s->twin, &(authority_row){.name = "Responder", .extensions = responder_extensions},
                                   &s->stranger));
    authority_chain((const authority *[]){&s->leaf, &s->ca}, 2, &s->chain);
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(s->trust, authority_der(&s->root), NULL), ENS_OK);
}

static void close_setting(setting *s)
{
    authority *const all[] = {&s->root,      &s->ca,       &s->leaf,   &s->twin,
                              &s->responder, &s->delegate, &s->client, &s->stranger};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        authority_free(all[i]);
    ens_trust_free(s->trust);
}

static void give_crl(setting *s, const authority *by, const authority_crl_row *row)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_crl(by, row, &der));
    CU_ASSERT_EQUAL(ens__evidence_add_crl(s->trust->evidence, ens_buf_slice(&der), NULL), ENS_OK);
    ens_buf_free(&der);
}

static void give_ocsp(setting *s, const authority *by, const authority *about, const authority_ocsp_row *row)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_ocsp(by, &s->ca, about, row, &der));
    CU_ASSERT_EQUAL(ens__evidence_add_ocsp(s->trust->evidence, ens_buf_slice(&der), NULL), ENS_OK);
    ens_buf_free(&der);
}

static ens__revocation leaf_at(const setting *s, ens_time at)
{
    ens__path path;
    ens__path_build(s->trust, &s->chain, at, NULL, &path);
    CU_ASSERT_FATAL(path.anchored && path.num == 3);
    return ens__revocation_of(&(ens__revocation_question){s->trust, &s->chain, &path, at, 0, NULL, NULL}, 0);
}

/* One list or two, and what follows for the leaf. */
static const struct {
    const char *name;
    authority_crl_row first, second; /* a second one without number isn't given */
    bool by_twin;
    ens_time at; /* from AUTHORITY_AT */
    ens__revocation_state state;
} lists[] = {
    {"not listed", {.number = 1}, {0}, false, 0, GOOD},
    {"listed", {.number = 1, .revoked = only_leaf, .reason = 1}, {0}, false, 0, REVOKED},
    {"listed, by another CA of the same name", {.number = 1, .revoked = only_leaf}, {0}, true, 0, UNKNOWN},
    {"ended", {.number = 1}, {0}, false, 2 * DAY, UNKNOWN},
    {"a later list", {.number = 1}, {0}, false, -5 * DAY, GOOD},
    {"revoked after the time", {.number = 1, .revoked = only_leaf, .reason = -1}, {0}, false, -20 * DAY, GOOD},
    {"revoked before the time, by a later list",
     {.number = 1, .revoked = only_leaf, .reason = -1},
     {0},
     false,
     -5 * DAY,
     REVOKED},
    {"revoked by the delta",
     {.number = 5},
     {.number = 6, .base = 5, .revoked = only_leaf, .reason = 4},
     false,
     0,
     REVOKED},
    {"released by the delta",
     {.number = 5, .revoked = only_leaf, .reason = 6},
     {.number = 6, .base = 4, .revoked = only_leaf, .reason = 8},
     false,
     0,
     GOOD},
    {"a delta for a later base", {.number = 5}, {.number = 9, .base = 8}, false, 0, GOOD},
    {"a delta for a later base that revokes",
     {.number = 5},
     {.number = 9, .base = 8, .revoked = only_leaf, .reason = 1},
     false,
     0,
     REVOKED},
    {"a delta that revokes for good what the base has on hold, and another lifts",
     {.number = 5, .base = 4, .revoked = only_leaf, .reason = 1},
     {.number = 6, .base = 4, .revoked = only_leaf, .reason = 8},
     false,
     0,
     REVOKED},
    {"a base that ended, with its delta",
     {.number = 5, .next_update = AUTHORITY_AT - 1},
     {.number = 6, .base = 5},
     false,
     0,
     GOOD},
    {"a base that ended, without", {.number = 5, .next_update = AUTHORITY_AT - 1}, {0}, false, 0, UNKNOWN},
    {"a delta alone", {.number = 6, .base = 5}, {0}, false, 0, UNKNOWN},
    {"a delta alone that revokes", {.number = 6, .base = 5, .revoked = only_leaf}, {0}, false, 0, REVOKED},
    {"a newer list revokes, which comes second",
     {.number = 5, .this_update = AUTHORITY_AT - 3 * DAY},
     {.number = 6, .revoked = only_leaf, .reason = 4},
     false,
     0,
     REVOKED},
    {"an older list revoked for good",
     {.number = 6},
     {.number = 5, .this_update = AUTHORITY_AT - 3 * DAY, .revoked = only_leaf, .reason = 4},
     false,
     0,
     REVOKED},
    {"a list that has ended revoked",
     {.number = 5, .next_update = AUTHORITY_AT - 1, .revoked = only_leaf, .reason = 1},
     {0},
     false,
     0,
     REVOKED},
    {"a list that has ended suspended, and nothing newer is known",
     {.number = 5, .next_update = AUTHORITY_AT - 1, .revoked = only_leaf, .reason = 6},
     {0},
     false,
     0,
     REVOKED},
    {"on hold, by the newer list",
     {.number = 6, .revoked = only_leaf, .reason = 6},
     {.number = 5, .this_update = AUTHORITY_AT - 3 * DAY},
     false,
     0,
     REVOKED},
    {"no longer on hold, by the newer list",
     {.number = 5, .this_update = AUTHORITY_AT - 3 * DAY, .revoked = only_leaf, .reason = 6},
     {.number = 6},
     false,
     0,
     GOOD},
    {"no longer on hold, by a higher number of the same moment",
     {.number = 256},
     {.number = 255, .revoked = only_leaf, .reason = 6},
     false,
     0,
     GOOD},
    {"on hold, by a higher number of the same moment",
     {.number = 255},
     {.number = 256, .revoked = only_leaf, .reason = 6},
     false,
     0,
     REVOKED},
    {"on hold at that time, and lifted later",
     {.number = 5, .this_update = AUTHORITY_AT - 6 * DAY, .revoked = only_leaf, .reason = 6},
     {.number = 6},
     false,
     -3 * DAY,
     REVOKED},
    {"without an end, young", {.number = 5, .this_update = AUTHORITY_AT - 60, .next_update = -1}, {0}, false, 0, GOOD},
    {"without an end, old",
     {.number = 5, .this_update = AUTHORITY_AT - 400 * DAY, .next_update = -1},
     {0},
     false,
     0,
     UNKNOWN},
    {"without an end, old, and revoked",
     {.number = 5, .this_update = AUTHORITY_AT - 4 * DAY, .next_update = -1, .revoked = only_leaf, .reason = 1},
     {0},
     false,
     0,
     REVOKED},
    {"removed and revoked by one list",
     {.number = 5, .revoked = only_leaf, .before = 8, .reason = 1},
     {0},
     false,
     0,
     REVOKED},
    {"revoked and on hold by one list",
     {.number = 5, .revoked = only_leaf, .before = 1, .reason = 6},
     {0},
     false,
     0,
     REVOKED},
    {"removed by a list that is no delta", {.number = 5, .revoked = only_leaf, .reason = 8}, {0}, false, 0, UNKNOWN},
    {"fractions of seconds",
     {.number = 5, .fractions = true, .revoked = only_leaf, .reason = 1},
     {0},
     false,
     0,
     REVOKED},
    {"without a number", {.number = 0, .revoked = only_leaf, .reason = 1}, {0}, false, 0, REVOKED},
};

static void by_lists(void)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        setting s;
        open_setting(&s);
        give_crl(&s, lists[i].by_twin ? &s.twin : &s.ca, &lists[i].first);
        if (lists[i].second.number)
            give_crl(&s, &s.ca, &lists[i].second);
        ens__revocation r = leaf_at(&s, AUTHORITY_AT + lists[i].at);
        CHECK_ROW(r.state == lists[i].state, "%s: %d, %s", lists[i].name, (int)r.state, r.why ? r.why : "");
        CHECK_ROW(r.state != REVOKED || r.date == AUTHORITY_AT - 10 * DAY, "%s: since %lld", lists[i].name,
                  (long long)r.date);
        CHECK_ROW(leaf_at(&s, AUTHORITY_AT + lists[i].at).state == r.state, "%s: the second time", lists[i].name);
        close_setting(&s);
    }
}

typedef enum { BY_CA, BY_RESPONDER, BY_DELEGATE, BY_CLIENT, BY_STRANGER, BY_LEAF } responder;

/* One response, and what follows for the leaf. */
static const struct {
    const char *name;
    responder by;
    authority_ocsp_row row;
    ens_time at;
    ens__revocation_state state;
} responses[] = {
    {"by the CA", BY_CA, {.status = V_OCSP_CERTSTATUS_GOOD}, 0, GOOD},
    {"by the CA, named by its key, SHA-256",
     BY_CA,
     {.status = V_OCSP_CERTSTATUS_GOOD, .by_key = true, .sha256 = true},
     0,
     GOOD},
    {"revoked", BY_CA, {.status = V_OCSP_CERTSTATUS_REVOKED, .reason = 1}, 0, REVOKED},
    {"revoked after the time", BY_CA, {.status = V_OCSP_CERTSTATUS_REVOKED, .reason = 1}, -20 * DAY, GOOD},
    {"not known", BY_CA, {.status = V_OCSP_CERTSTATUS_UNKNOWN}, 0, UNKNOWN},
    {"ended", BY_CA, {.status = V_OCSP_CERTSTATUS_GOOD}, 2 * DAY, UNKNOWN},
    {"revoked, and ended", BY_CA, {.status = V_OCSP_CERTSTATUS_REVOKED}, 2 * DAY, REVOKED},
    {"without an end, young",
     BY_CA,
     {.status = V_OCSP_CERTSTATUS_GOOD, .this_update = AUTHORITY_AT - 60, .next_update = -1},
     0,
     GOOD},
    {"without an end, old",
     BY_CA,
     {.status = V_OCSP_CERTSTATUS_GOOD, .this_update = AUTHORITY_AT - 3 * DAY, .next_update = -1},
     0,
     UNKNOWN},
    {"by a responder", BY_RESPONDER, {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true}, 0, GOOD},
    {"by a responder, named by its key",
     BY_RESPONDER,
     {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true, .by_key = true},
     0,
     GOOD},
    {"by a responder that finds it revoked",
     BY_RESPONDER,
     {.status = V_OCSP_CERTSTATUS_REVOKED, .with_signer = true},
     0,
     REVOKED},
    {"by a responder whose certificate isn't there", BY_RESPONDER, {.status = V_OCSP_CERTSTATUS_GOOD}, 0, UNKNOWN},
    {"by a responder that may be revoked itself",
     BY_DELEGATE,
     {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true},
     0,
     GOOD},
    {"by a certificate for something else",
     BY_CLIENT,
     {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true},
     0,
     UNKNOWN},
    {"by a responder of another CA of the same name",
     BY_STRANGER,
     {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true},
     0,
     UNKNOWN},
    {"by the certificate itself", BY_LEAF, {.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true}, 0, UNKNOWN},
};

static void by_responses(void)
{
    for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
        setting s;
        open_setting(&s);
        const authority *const by[] = {&s.ca, &s.responder, &s.delegate, &s.client, &s.stranger, &s.leaf};
        give_ocsp(&s, by[responses[i].by], &s.leaf, &responses[i].row);
        ens__revocation r = leaf_at(&s, AUTHORITY_AT + responses[i].at);
        CHECK_ROW(r.state == responses[i].state, "%s: %d, %s", responses[i].name, (int)r.state, r.why ? r.why : "");
        CHECK_ROW(leaf_at(&s, AUTHORITY_AT + responses[i].at).state == r.state, "%s: the second time",
                  responses[i].name);
        close_setting(&s);
    }
}

/* What somebody else could have signed, or what was said before there was a certificate, proves nothing good. */
static void no_proof(void)
{
    EVP_PKEY *small = EVP_RSA_gen(1024);
    const char *const junk_extensions[] = {"extendedKeyUsage", "OCSPSigning",         "noCheck", "NULL",
                                           "subjectAltName",   "critical,DER:040100", NULL};
    const authority_row weak[] = {
        {.name = "Responder", .extensions = responder_extensions, .key = small},
        {.name = "Responder", .extensions = responder_extensions, .md = EVP_sha1()},
        {.name = "Responder", .extensions = junk_extensions},
        {.name = "Responder", .extensions = responder_extensions},
    };
    CU_ASSERT_FATAL(small != NULL);
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++) {
        setting s;
        authority by;
        open_setting(&s);
        CU_ASSERT_FATAL(authority_make(&s.ca, &weak[i], &by));
        give_ocsp(&s, &by, &s.leaf, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true});
        CHECK_ROW(leaf_at(&s, AUTHORITY_AT).state == (i == 3 ? GOOD : UNKNOWN), "responder %zu", i);
        authority_free(&by);
        close_setting(&s);
    }
    const struct {
        const char *what;
        authority_crl_row list;
        authority_ocsp_row response; /* status -1: the list alone */
        ens__revocation_state state;
        const char *why;
    } rows[] = {
        {"a list by SHA-1", {.number = 1, .md = EVP_sha1()}, {.status = -1}, UNKNOWN, "SHA-1"},
        {"which revokes",
         {.number = 1, .md = EVP_sha1(), .revoked = only_leaf, .reason = 1},
         {.status = -1},
         REVOKED,
         NULL},
        {"a response by SHA-1", {0}, {.status = V_OCSP_CERTSTATUS_GOOD, .md = EVP_sha1()}, UNKNOWN, "SHA-1"},
        {"which revokes", {0}, {.status = V_OCSP_CERTSTATUS_REVOKED, .md = EVP_sha1()}, REVOKED, NULL},
        {"a list from before the certificate",
         {.number = 1, .this_update = AUTHORITY_AT - 60 * DAY},
         {.status = -1},
         UNKNOWN,
         "older than the certificate"},
        {"a response from before the certificate",
         {0},
         {.status = V_OCSP_CERTSTATUS_GOOD, .this_update = AUTHORITY_AT - 60 * DAY},
         UNKNOWN,
         "older than the certificate"},
        {"a hold, and a compromise beside it, in one response; a list lifts the hold",
         {.number = 1, .this_update = AUTHORITY_AT - 60},
         {.status = V_OCSP_CERTSTATUS_REVOKED, .before = 6, .reason = 1},
         REVOKED,
         NULL},
        {"a hold and good in one response", {0}, {.status = V_OCSP_CERTSTATUS_GOOD, .before = 6}, REVOKED, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        open_setting(&s);
        if (rows[i].list.number)
            give_crl(&s, &s.ca, &rows[i].list);
        if (rows[i].response.status >= 0)
            give_ocsp(&s, &s.ca, &s.leaf, &rows[i].response);
        ens__revocation r = leaf_at(&s, AUTHORITY_AT);
        CHECK_ROW(r.state == rows[i].state, "%s: %d", rows[i].what, (int)r.state);
        CHECK_ROW(!rows[i].why || (r.why && strstr(r.why, rows[i].why)), "%s: %s", rows[i].what, r.why ? r.why : "");
        close_setting(&s);
    }
    EVP_PKEY_free(small);
}

static void about_another(void)
{
    setting s;
    open_setting(&s);
    give_ocsp(&s, &s.ca, &s.delegate, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_REVOKED});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, UNKNOWN);
    give_ocsp(&s, &s.ca, &s.leaf, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, GOOD);
    give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, REVOKED); /* whoever says so */
    close_setting(&s);
}

/* A responder without id-pkix-ocsp-nocheck is itself looked up in the CA's list. */
static void responder_revoked(void)
{
    static const long responder_only[] = {88, 0};
    setting s;
    open_setting(&s);
    give_ocsp(&s, &s.delegate, &s.leaf, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD, .with_signer = true});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, GOOD);
    ens_trust_set_revocation(s.trust, ENS_REVOCATION_HARD);
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, UNKNOWN);
    give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = responder_only, .reason = 1});
    ens__path path;
    ens__path_build(s.trust, &s.chain, AUTHORITY_AT, NULL, &path);
    CU_ASSERT_EQUAL(
        ens__revocation_by_ocsp(&(ens__revocation_question){s.trust, &s.chain, &path, AUTHORITY_AT, 0, NULL, NULL}, 0)
            .state,
        UNKNOWN);
    close_setting(&s);
}

/* find_finding returns the finding about certificate 0. */
static const ens_finding *about_leaf(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->certificate == 0 &&
            strcmp(ens_report_get(report, i)->id, "chain.revocation") == 0)
            return ens_report_get(report, i);
    return NULL;
}

static void modes(void)
{
    setting s;
    ens_report *soft = ens_report_new(), *hard = ens_report_new(), *revoked = ens_report_new();
    CU_ASSERT_FATAL(soft && hard && revoked);
    open_setting(&s);
    ens_chain_check(s.trust, &s.chain, AUTHORITY_AT, soft);
    ens_trust_set_revocation(s.trust, ENS_REVOCATION_HARD);
    ens_chain_check(s.trust, &s.chain, AUTHORITY_AT, hard);
    give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1});
    ens_chain_check(s.trust, &s.chain, AUTHORITY_AT, revoked);
    const ens_finding *found[] = {about_leaf(soft), about_leaf(hard), about_leaf(revoked)};
    CU_ASSERT_FATAL(found[0] && found[1] && found[2]);
    CU_ASSERT(found[0]->outcome == ENS_SKIP && !found[0]->needed && strstr(ens_detail(found[0]), "soft-fail"));
    CU_ASSERT(found[1]->outcome == ENS_FAIL && found[1]->hint && strstr(ens_detail(found[1]), "hard-fail"));
    CU_ASSERT(found[2]->outcome == ENS_FAIL && strstr(ens_detail(found[2]), "2026-09-21T12:00:00Z (keyCompromise)"));
    CU_ASSERT(ens_report_verdict(soft) == ENS_ACCEPTED && ens_report_verdict(hard) == ENS_REFUSED);
    close_setting(&s);
    ens_report_free(soft);
    ens_report_free(hard);
    ens_report_free(revoked);
}

static unsigned number_of(const ens_cert *cert)
{
    unsigned number = 0;
    for (size_t i = 0; i < cert->serial.len; i++)
        number = number << 8 | cert->serial.p[i];
    return number;
}

static void short_term(void)
{
    static const char *const assured[] = {"0.4.0.194121.2.1", "DER:0500", NULL},
                             *const none[] = {"2.5.29.56", "DER:0500", NULL},
                             *const junk[] = {"0.4.0.194121.2.1", "DER:0101FF", "2.5.29.56", "DER:0400", NULL};
    for (unsigned i = 0; i < 5; i++) { /* the last one's promises can't be read */
        setting s;
        authority one;
        open_setting(&s);
        ens_trust_set_revocation(s.trust, ENS_REVOCATION_HARD);
        CU_ASSERT_FATAL(authority_make(&s.ca,
                                       &(authority_row){.name = "Short",
                                                        .ca = i / 2 == 1,
                                                        .extensions = i == 4  ? junk
                                                                      : i % 2 ? assured
                                                                              : none},
                                       &one));
        ens__path path = {.num = 2};
        CU_ASSERT_EQUAL_FATAL(ens_cert_parse(authority_der(&one), &path.cert[0], NULL), ENS_OK);
        path.cert[1] = s.chain.cert[1];
        ens__revocation r =
            ens__revocation_of(&(ens__revocation_question){s.trust, &s.chain, &path, AUTHORITY_AT, 0, NULL, NULL}, 0);
        CHECK_ROW(r.state == (i < 2 ? GOOD : UNKNOWN), "row %u", i); /* what the extension promises, no CA can */
        const long only_one[] = {(long)number_of(&path.cert[0]), 0};
        give_crl(&s, &s.ca, &(authority_crl_row){.number = 100 + (long)i, .revoked = only_one, .reason = 1});
        r = ens__revocation_of(&(ens__revocation_question){s.trust, &s.chain, &path, AUTHORITY_AT, 0, NULL, NULL}, 0);
        CHECK_ROW(r.state == REVOKED, "row %u: a list names it", i);
        authority_free(&one);
        close_setting(&s);
    }
}

/* text_of writes all findings down, to compare reports. */
static void text_of(const ens_report *report, ens_buf *out)
{
    out->len = 0;
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        ens_buf_printf(out, "%s %d %d %s\n", f->id, (int)f->outcome, f->certificate, ens_detail(f));
    }
}

/* A report that was made for one time is made again for all others: within the horizon, it is the same. */
static void horizons(void)
{
    setting s;
    ens__path path;
    ens__horizon horizon;
    ens_buf kept, now;
    unsigned judged = 0, reached = 0;
    ens_report *report = ens_report_new();
    open_setting(&s);
    ens_buf_init(&kept, NULL, 0, DER_MAX);
    ens_buf_init(&now, NULL, 0, DER_MAX);
    give_crl(
        &s, &s.ca,
        &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1, .revoked_at = AUTHORITY_AT - 3 * DAY});
    give_crl(&s, &s.root, &(authority_crl_row){.number = 4, .next_update = AUTHORITY_AT + 9 * DAY});
    give_ocsp(&s, &s.delegate, &s.leaf,
              &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD,
                                    .with_signer = true,
                                    .this_update = AUTHORITY_AT - 8 * DAY,
                                    .next_update = AUTHORITY_AT - 5 * DAY});
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    for (ens_time at = AUTHORITY_AT - 40 * DAY; at < AUTHORITY_AT + 40 * DAY; at += 1801) {
        bool holds = judged && ens__horizon_holds(&horizon, at);
        ens__report_reset(report);
        ens__chain_question q = {.trust = s.trust, .ids = &ens__message_chain_ids, .at = at};
        ens__chain_find(&q, &s.chain, &path);
        ens__chain_tell(&q, &s.chain, &path, report);
        text_of(report, &now);
        CHECK_ROW(!holds || ens_eq(ens_buf_slice(&kept), ens_buf_slice(&now)), "%lld seconds from the middle",
                  (long long)(at - AUTHORITY_AT));
        CU_ASSERT(ens__horizon_holds(&path.horizon, at));
        reached += holds;
        if (holds)
            continue;
        judged++;
        horizon = path.horizon;
        kept.len = 0;
        ens_buf_put(&kept, ens_buf_slice(&now));
    }
    CU_ASSERT(judged >= 6 && judged < 30 && reached > 100 * judged);
    ens_buf_free(&kept);
    ens_buf_free(&now);
    ens_report_free(report);
    close_setting(&s);
}

/* outcome of the leaf's revocation, by the fixtures. */
static ens_outcome judge(const char *cert, const char *crl, ens_time at)
{
    char path[512];
    ens_file file = {0};
    ens_arena arena;
    ens_chain chain;
    ens_chain_facts facts;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    ens_arena_init(&arena, (size_t)1 << 20);
    snprintf(path, sizeof path, "pki/%s.pem", cert);
    CU_ASSERT_FATAL(trust && report && ens__file_open(fixture_path(path), 0, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__chain_load(file.bytes, NULL, &arena, &chain, &facts, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL) == ENS_OK);
    CU_ASSERT_FATAL(!crl || ens_trust_add_crl(trust, fixture_path(crl), NULL) == ENS_OK);
    ens_chain_check(trust, &chain, at, report);
    const ens_finding *f = about_leaf(report);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    ens_outcome outcome = f->outcome;
    ens_report_free(report);
    ens_trust_free(trust);
    ens_arena_free(&arena);
    ens__file_close(&file);
    return outcome;
}

static void by_files(void)
{
    if (!fixture_folder())
        return;
    CU_ASSERT_EQUAL(judge("trader", "pki/issuing.crl", AUTHORITY_AT), ENS_PASS);
    CU_ASSERT_EQUAL(judge("revoked", "pki/issuing.crl", AUTHORITY_AT), ENS_FAIL);
    CU_ASSERT_EQUAL(judge("revoked", NULL, AUTHORITY_AT), ENS_SKIP);
    CU_ASSERT_EQUAL(judge("trader", "pki/issuing.crl", AUTHORITY_AT + 800 * DAY), ENS_SKIP);
}

static void no_lists(void)
{
    ens_trust *trust = ens_trust_new();
    if (!fixture_folder() || !trust)
        return;
    CU_ASSERT_NOT_EQUAL(ens_trust_add_crl(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    CU_ASSERT_NOT_EQUAL(ens_trust_add_ocsp(trust, fixture_path("pki/issuing.crl"), NULL), ENS_OK);
    CU_ASSERT_NOT_EQUAL(ens_trust_add(trust, fixture_path("f26.mime"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_add(trust, "/nowhere/anchors.pem", NULL), ENS_EIO);
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 0);
    ens_trust_free(trust);
}

/* judged_at judges the chain and gives the report. */
static ens_report *judged_at(const setting *s, ens_time at)
{
    ens_report *report = ens_report_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    ens_chain_check(s->trust, &s->chain, at, report);
    return report;
}

/* finding_with finds what was said of the leaf's revocation with this outcome and these words. */
static const ens_finding *finding_with(const ens_report *report, ens_outcome outcome, const char *words)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == outcome && strcmp(f->id, "chain.revocation") == 0 && f->seen && strstr(ens_detail(f), words))
            return f;
    }
    return NULL;
}

/* What has to be said beside the verdict, or how. */
static const struct {
    const char *name;
    authority_crl_row list;
    ens_time at; /* from AUTHORITY_AT */
    ens_outcome outcome;
    const char *words, *hint, *unhinted;
} told[] = {
    {"a suspension has its own advice",
     {.number = 1, .revoked = only_leaf, .reason = 6},
     0,
     ENS_FAIL,
     "suspended since",
     "lift",
     "for good"},
    {"a revocation is for good",
     {.number = 1, .revoked = only_leaf, .reason = 4},
     0,
     ENS_FAIL,
     "revoked since",
     "for good",
     NULL},
    {"a list without a number", {.number = 0}, 0, ENS_WARN, "no CRL number", NULL, NULL},
    {"a list without an end",
     {.number = 1, .next_update = -1, .this_update = AUTHORITY_AT - 60},
     0,
     ENS_WARN,
     "nextUpdate",
     NULL,
     NULL},
    {"a list with fractions", {.number = 1, .fractions = true}, 0, ENS_WARN, "fractions", NULL, NULL},
    {"invalid since a day before the time asked for",
     {.number = 1,
      .revoked = only_leaf,
      .reason = 4,
      .revoked_at = AUTHORITY_AT - 2 * DAY,
      .invalid_at = AUTHORITY_AT - 9 * DAY},
     -5 * DAY,
     ENS_WARN,
     "invalid since 2026-09-22",
     NULL,
     NULL},
    {"compromised, at an unknown time",
     {.number = 1, .revoked = only_leaf, .reason = 1, .revoked_at = AUTHORITY_AT - 2 * DAY},
     -5 * DAY,
     ENS_WARN,
     "may have been before",
     NULL,
     NULL},
};

static void remarks(void)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        setting s;
        open_setting(&s);
        give_crl(&s, &s.ca, &told[i].list);
        ens_report *report = judged_at(&s, AUTHORITY_AT + told[i].at);
        const ens_finding *f = finding_with(report, told[i].outcome, told[i].words);
        CHECK_ROW(f != NULL, "%s", told[i].name);
        CHECK_ROW(!f || !told[i].hint || (f->hint && strstr(f->hint, told[i].hint)), "%s: %s", told[i].name,
                  f && f->hint ? f->hint : "");
        CHECK_ROW(!f || !told[i].unhinted || !strstr(f->hint, told[i].unhinted), "%s", told[i].name);
        CHECK_ROW((ens_report_verdict(report) == ENS_REFUSED) == (told[i].outcome == ENS_FAIL), "%s", told[i].name);
        ens_report_free(report);
        close_setting(&s);
    }
}

/* Revoked later, for nothing that reaches back. */
static void later(void)
{
    setting s;
    open_setting(&s);
    give_crl(
        &s, &s.ca,
        &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 4, .revoked_at = AUTHORITY_AT - 2 * DAY});
    ens_report *report = judged_at(&s, AUTHORITY_AT - 5 * DAY);
    CU_ASSERT(ens_report_verdict(report) == ENS_ACCEPTED && !finding_with(report, ENS_WARN, ""));
    ens_report_free(report);
    close_setting(&s);
}

/* Lists and responses are heard together: the newer one lifts a suspension, and what a responder doesn't know is told.
 */
static void both_kinds(void)
{
    setting s;
    open_setting(&s);
    give_crl(&s, &s.ca,
             &(authority_crl_row){
                 .number = 5, .this_update = AUTHORITY_AT - 3 * DAY, .revoked = only_leaf, .reason = ENS_REASON_HOLD});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).reason, ENS_REASON_HOLD);
    give_ocsp(&s, &s.ca, &s.leaf,
              &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD, .this_update = AUTHORITY_AT - 4 * DAY});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).reason, ENS_REASON_HOLD);
    give_ocsp(&s, &s.ca, &s.leaf, &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_GOOD, .fractions = true});
    CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, GOOD);
    give_ocsp(&s, &s.ca, &s.leaf,
              &(authority_ocsp_row){.status = V_OCSP_CERTSTATUS_UNKNOWN, .this_update = AUTHORITY_AT - 60});
    ens__revocation r = leaf_at(&s, AUTHORITY_AT); /* the good word is older, and the list of another time */
    CU_ASSERT(r.state == UNKNOWN || r.reason == ENS_REASON_HOLD || (r.state == GOOD && r.responder));
    give_crl(&s, &s.ca, &(authority_crl_row){.number = 6});
    ens_report *report = judged_at(&s, AUTHORITY_AT);
    CU_ASSERT(ens_report_verdict(report) == ENS_ACCEPTED && finding_with(report, ENS_WARN, "doesn't know it"));
    ens_report_free(report);
    close_setting(&s);
}

/* The CA has a second key, whose certificate the same root issued, or that is trusted by itself. */
static void second_key(void)
{
    for (unsigned i = 0; i < 3; i++) {
        setting s;
        authority renewed;
        open_setting(&s);
        CU_ASSERT_FATAL(authority_make(i == 2 ? NULL : &s.root,
                                       &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE},
                                       &renewed));
        give_crl(&s, &renewed, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1});
        CU_ASSERT_EQUAL(leaf_at(&s, AUTHORITY_AT).state, UNKNOWN);
        ens__certstore *store = i == 2 ? &s.trust->anchors : &s.trust->untrusted;
        ens_code code = i == 0 ? ens_cert_parse(authority_der(&renewed), &s.chain.cert[s.chain.num++], NULL)
                               : ens__certstore_add(store, authority_der(&renewed), NULL, NULL);
        CU_ASSERT_EQUAL_FATAL(code, ENS_OK);
        CHECK_ROW(leaf_at(&s, AUTHORITY_AT).state == REVOKED, "row %u", i);
        authority_free(&renewed);
        close_setting(&s);
    }
}

/* The same address, written in another way; and another one. */
static const struct {
    const char *of_list;
    ens__revocation_state state;
} points[] = {
    {"URI:http://crl.example/my%20ca/1.crl", REVOKED},      {"URI:HTTP://CRL.example/my%20ca/1.crl", REVOKED},
    {"URI:http://crl.example:80/my ca/1.crl", REVOKED},     {"URI:http://crl.example/my%20ca/%31.crl", REVOKED},
    {"URI:http://crl.example/My%20ca/1.crl", UNKNOWN},      {"URI:http://crl.example/my%20ca%2F1.crl", UNKNOWN},
    {"URI:http://crl.example:8080/my%20ca/1.crl", UNKNOWN}, {"URI:https://crl.example/my%20ca/1.crl", UNKNOWN},
};

/* point_value writes issuingDistributionPoint with one address, as OpenSSL takes bytes. */
static void point_value(const char *url, char *out, size_t size)
{
    size_t len = strlen(url);
    int n = snprintf(out, size, "critical,DER:30%02zXA0%02zXA0%02zX86%02zX", len + 6, len + 4, len + 2, len);
    for (size_t i = 0; i < len && n > 0 && (size_t)n + 3 < size; i++)
        n += snprintf(out + n, size - (size_t)n, "%02X", (unsigned char)url[i]);
}

static void addresses(void)
{
    static const char *const of_leaf[] = {"crlDistributionPoints", "URI:http://crl.example/my%20ca/1.crl", NULL};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        setting s;
        authority leaf;
        char value[256];
        open_setting(&s);
        CU_ASSERT_FATAL(authority_make(
            &s.ca, &(authority_row){.name = "Seal", .serial = LEAF_SERIAL, .extensions = of_leaf}, &leaf));
        CU_ASSERT_EQUAL_FATAL(ens_cert_parse(authority_der(&leaf), &s.chain.cert[0], NULL), ENS_OK);
        point_value(points[i].of_list + sizeof "URI:" - 1, value, sizeof value);
        const char *const idp[] = {"2.5.29.28", value, NULL};
        give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1, .extensions = idp});
        ens__revocation r = leaf_at(&s, AUTHORITY_AT);
        CHECK_ROW(r.state == points[i].state, "%s", points[i].of_list);
        CHECK_ROW(r.state == REVOKED || (r.remarks & ENS_REVOCATION_ELSEWHERE), "%s", points[i].of_list);
        authority_free(&leaf);
        close_setting(&s);
    }
}

/* Files that can't be read are told. They leave the verdict open only where nothing else tells of revocation. */
static void unread(void)
{
    static const struct {
        ens__unread_kind kind;
        bool list;
        ens_verdict verdict;
    } rows[] = {{ENS_UNREAD_CRL, false, ENS_UNDECIDED},      {ENS_UNREAD_CRL, true, ENS_ACCEPTED},
                {ENS_UNREAD_OCSP, false, ENS_UNDECIDED},     {ENS_UNREAD_SILENT, false, ENS_ACCEPTED},
                {ENS_UNREAD_UNTRUSTED, false, ENS_ACCEPTED}, {ENS_UNREAD_SILENT, true, ENS_ACCEPTED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        ens_err err = {0};
        open_setting(&s);
        ens_fail(&err, ENS_ESYNTAX, "RFC 5280", "this is no revocation list", 7);
        if (rows[i].list) {
            give_crl(&s, &s.ca, &(authority_crl_row){.number = 1});
            give_crl(&s, &s.root, &(authority_crl_row){.number = 1});
        }
        ens__trust_note_unread(s.trust, rows[i].kind, "some/file.crl", &err);
        ens_report *report = judged_at(&s, AUTHORITY_AT);
        CHECK_ROW(ens_report_verdict(report) == rows[i].verdict, "row %zu", i);
        bool is_told = false;
        for (size_t k = 0; k < ens_report_num(report); k++) {
            const char *detail = ens_detail(ens_report_get(report, k));
            is_told |= strstr(detail, "some/file.crl") && strstr(detail, "no revocation list");
        }
        CHECK_ROW(is_told, "row %zu", i);
        ens_report_free(report);
        close_setting(&s);
    }
}

static const ens_case cases[] = {
    {"lists tell, their deltas, and those of a later time", by_lists},
    {"responses tell, by the issuer or a responder of his, while they are of the time", by_responses},
    {"nothing good follows from what is weakly signed or older than the certificate, and all of a response is heard",
     no_proof},
    {"a response about another certificate tells nothing, and one that finds it revoked wins", about_another},
    {"a responder that may be revoked is looked up itself", responder_revoked},
    {"soft-fail passes over what isn't known, hard-fail refuses it, and both say so", modes},
    {"short-term certificates need no revocation information, unless they are a CA's or a list names them", short_term},
    {"a verdict holds as far as its horizon says", horizons},
    {"a CRL from a file tells, while it is of the time", by_files},
    {"what is no list is refused", no_lists},
    {"what is wrong with a list, and what was so before it said so, is told", remarks},
    {"what was revoked later for nothing that reaches back is good", later},
    {"lists and responses are heard together, and the newer one counts", both_kinds},
    {"a list may be signed by a second key of the CA", second_key},
    {"addresses of lists are compared as URIs", addresses},
    {"a file that can't be read is told, and weighs only where nothing else tells", unread},
    {NULL, NULL},
};
ENS_SUITE("certs/revocation", cases)
