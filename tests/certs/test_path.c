/* Our paths against OpenSSL's: all seals over the CAs of the lists, PKITS without revocation, and chains with a byte
 * changed; what OpenSSL doesn't do by itself; many threads over one trust. */
#include "certs/keys/chain.h"
#include "certs/path/path.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/certs/oracle.h"
#include "tests/certs/pkits.h"
#include "tests/suite.h"

#include <dirent.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>

#define TAG "X509Certificate>"
#define LISTS_AT 1698494400 /* 2023-10-28T12:00:00Z */
#define SEALS 328
#define SEALS_THAT_DIFFER 2
#define BYTES_BETWEEN_CHANGES 3
#define THREADS 4
#define ROUNDS 200
#define POLICY_1234 "DER:3007300506032A0304" /* certificatePolicies of one: 1.2.3.4 */

/* Both sides with the same anchors. */
typedef struct {
    ens_trust *trust;
    oracle theirs;
    ens_time at;
    unsigned judged, valid, anchors, differ;
} pair;

static void open_pair(pair *p, ens_time at)
{
    *p = (pair){.trust = ens_trust_new(), .at = at};
    CU_ASSERT_FATAL(p->trust && oracle_open(&p->theirs));
}

static void close_pair(pair *p)
{
    ens_trust_free(p->trust);
    oracle_close(&p->theirs);
}

static void add_listed(pair *p, ens_slice base64)
{
    uint8_t der[ENS_CERT_MAX];
    ens_cert cert;
    if (base64.len / 4 * 3 + 3 > sizeof der)
        return;
    size_t len = ens__base64_decode(base64, der);
    if (len == SIZE_MAX || ens_cert_parse(ens_bytes(der, len), &cert, NULL) != ENS_OK || !cert.ca)
        return;
    if (oracle_add_anchor(&p->theirs, cert.der) && ens__trust_add_anchor(p->trust, cert.der, NULL) == ENS_OK)
        p->anchors++;
}

/* add_list takes every certificate of a CA that stands in a list. */
static void add_list(pair *p, const char *path)
{
    ens_file file = {0};
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    for (size_t at = 0; (at = ens__find(file.bytes, ENS_LIT(TAG), at)) != SIZE_MAX;) {
        at += sizeof TAG - 1;
        size_t end = ens__find(file.bytes, ENS_LIT("<"), at);
        if (end != SIZE_MAX)
            add_listed(p, ens_sub(file.bytes, at, end));
    }
    ens__file_close(&file);
}

/* each_file visits the files of a shared folder with an ending; false, with a skip, where it is absent. */
static bool each_file(const char *folder, const char *ending, void (*visit)(pair *p, const char *path), pair *p)
{
    char path[2048], base[1024];
    const char *shared = ens_shared(folder);
    if (!shared)
        return false;
    snprintf(base, sizeof base, "%s", shared);
    DIR *dir = opendir(base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strstr(e->d_name, ending))
            continue;
        snprintf(path, sizeof path, "%s/%s", base, e->d_name);
        visit(p, path);
    }
    closedir(dir);
    return true;
}

static bool ours_accepts(const ens_trust *trust, const ens_chain *chain, ens_time at, const ens__policy_inputs *inputs,
                         ens__path *path)
{
    ens__path_build(trust, chain, at, inputs, path);
    return path->anchored && path->faults.num == 0;
}

/* differs_knowingly: OpenSSL counts an anchor's own dates, and takes no issuer whose key identifier is another than the
 * one named, though its key verifies; RFC 5280 does neither (6.1.1 d; 4.2.1.1 helps to find a key). */
static bool differs_knowingly(const ens__path *path, ens_time at, int error)
{
    const ens_cert *anchor = &path->cert[path->num - 1];
    bool dated = error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CERT_HAS_EXPIRED;
    return dated ? at < anchor->not_before || at > anchor->not_after
                 : error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
}

static ens_code judge_seal(void *ctx, ens_slice der, ens_err *err)
{
    pair *p = ctx;
    ens_chain chain = {.num = 1};
    ens__path path;
    int error;
    ens_code code = ens_cert_parse(der, &chain.cert[0], err);
    if (code != ENS_OK)
        return code;
    ens_time times[] = {p->at, chain.cert[0].not_before, chain.cert[0].not_after + 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        bool ours = ours_accepts(p->trust, &chain, times[i], NULL, &path),
             theirs = oracle_accepts(&p->theirs, der, times[i], NULL, &error);
        bool knowingly = ours && !theirs && differs_knowingly(&path, times[i], error);
        CHECK_ROW(ours == theirs || knowingly, "seal %u, time %zu: %s, OpenSSL %s", p->judged, i,
                  ours              ? "valid"
                  : path.faults.num ? path.faults.fault[0].what
                                    : "no path",
                  X509_verify_cert_error_string(error));
        p->valid += ours;
        p->differ += knowingly;
    }
    p->judged++;
    return ENS_OK;
}

static void judge_file(pair *p, const char *path)
{
    ens_file file = {0};
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__certfile_each(file.bytes, NULL, judge_seal, p, NULL), ENS_OK);
    ens__file_close(&file);
}

static void seals(void)
{
    pair p;
    open_pair(&p, LISTS_AT);
    if (each_file("data/trustlists/2023", ".xml", add_list, &p) &&
        each_file("data/certificates/seals", ".pem", judge_file, &p)) {
        CU_ASSERT(p.judged == SEALS && p.anchors > 1000);
        CU_ASSERT(p.valid > SEALS / 2 && p.differ == SEALS_THAT_DIFFER);
    }
    close_pair(&p);
}

/* Three certificates and the constraints that OpenSSL knows, too. */
static void make_chain(authority a[3])
{
    static const char *const leaf[] = {"2.5.29.32", POLICY_1234, "subjectAltName",
                                       "email:a@example.org,DNS:www.example.org", NULL};
    static const char *const plain[] = {
        "nameConstraints",
        "permitted;email:example.org,permitted;DNS:example.org,excluded;DNS:no.example.org",
        "2.5.29.32",
        POLICY_1234,
        "policyConstraints",
        "requireExplicitPolicy:0",
        NULL};
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &a[2]));
    CU_ASSERT_FATAL(authority_make(
        &a[2], &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .extensions = plain}, &a[1]));
    CU_ASSERT_FATAL(authority_make(
        &a[1], &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .extensions = leaf}, &a[0]));
}

/* compare_changed judges leaf and CA with byte at of certificate i changed. */
static bool compare_changed(const authority a[3], size_t i, size_t at, uint8_t by)
{
    uint8_t *copy = malloc(a[i].der_len);
    ens_chain chain = {.num = 2};
    ens__path path;
    pair p;
    int error;
    bool same = false;
    open_pair(&p, AUTHORITY_AT);
    memcpy(copy, a[i].der, a[i].der_len);
    copy[at] ^= by;
    ens_slice der[] = {authority_der(&a[0]), authority_der(&a[1])};
    der[i] = ens_bytes(copy, a[i].der_len);
    oracle_add_anchor(&p.theirs, authority_der(&a[2]));
    oracle_add_untrusted(&p.theirs, der[1]);
    bool theirs = oracle_accepts(&p.theirs, der[0], AUTHORITY_AT, NULL, &error), ours = false;
    if (ens_cert_parse(der[0], &chain.cert[0], NULL) == ENS_OK &&
        ens_cert_parse(der[1], &chain.cert[1], NULL) == ENS_OK &&
        ens__trust_add_anchor(p.trust, authority_der(&a[2]), NULL) == ENS_OK)
        ours = ours_accepts(p.trust, &chain, AUTHORITY_AT, NULL, &path);
    same = ours == theirs && !ours; /* whatever was changed, a signature doesn't hold */
    CHECK_ROW(same, "certificate %zu, byte %zu: %s, OpenSSL %s", i, at, ours ? "valid" : "refused",
              X509_verify_cert_error_string(error));
    close_pair(&p);
    free(copy);
    return same;
}

static void changed(void)
{
    authority a[3];
    ens_chain chain;
    ens__path path;
    pair p;
    int error;
    make_chain(a);
    open_pair(&p, AUTHORITY_AT);
    authority_chain((const authority *[]){&a[0], &a[1]}, 2, &chain);
    CU_ASSERT_FATAL(oracle_add_anchor(&p.theirs, authority_der(&a[2])) &&
                    oracle_add_untrusted(&p.theirs, authority_der(&a[1])));
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(p.trust, authority_der(&a[2]), NULL), ENS_OK);
    CU_ASSERT_FATAL(ours_accepts(p.trust, &chain, AUTHORITY_AT, NULL, &path) &&
                    oracle_accepts(&p.theirs, authority_der(&a[0]), AUTHORITY_AT, NULL, &error));
    close_pair(&p);
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 0; at < a[i].der_len; at += BYTES_BETWEEN_CHANGES)
            compare_changed(a, i, at, (uint8_t)(1u << at % 8));
    for (size_t i = 0; i < 3; i++)
        authority_free(&a[i]);
}

typedef struct {
    const char *name, *of_ca, *value_of_ca, *of_leaf, *value_of_leaf;
    bool valid;
} constraint;

static const ens__policy_inputs usual;
static const constraint constraints[] = {
    {"a host within", "nameConstraints", "permitted;DNS:example.org", "subjectAltName", "DNS:www.example.org", true},
    {"a host beside", "nameConstraints", "permitted;DNS:example.org", "subjectAltName", "DNS:www.notexample.org",
     false},
    {"a host excluded", "nameConstraints", "excluded;DNS:example.org", "subjectAltName", "DNS:www.example.org", false},
    {"another form of name", "nameConstraints", "permitted;DNS:example.org", "subjectAltName", "email:a@example.com",
     true},
    {"a mailbox", "nameConstraints", "permitted;email:a@example.org", "subjectAltName", "email:a@EXAMPLE.org", true},
    {"a mailbox of another", "nameConstraints", "permitted;email:a@example.org", "subjectAltName",
     "email:b@example.org", false},
    {"a mail host", "nameConstraints", "permitted;email:example.org", "subjectAltName", "email:a@example.org", true},
    {"a mail host below", "nameConstraints", "permitted;email:example.org", "subjectAltName",
     "email:a@mail.example.org", false},
    {"a mail domain", "nameConstraints", "permitted;email:.example.org", "subjectAltName", "email:a@mail.example.org",
     true},
    {"a URI", "nameConstraints", "permitted;URI:.example.org", "subjectAltName", "URI:http://a.example.org:80/b?c@d",
     true},
    {"a URI elsewhere", "nameConstraints", "permitted;URI:.example.org", "subjectAltName",
     "URI:http://a.example.com/a.example.org", false},
    {"an address within", "nameConstraints", "permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName", "IP:10.1.2.3", true},
    {"an address outside", "nameConstraints", "permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName", "IP:11.1.2.3",
     false},
    {"an address of the other family", "nameConstraints", "permitted;IP:10.0.0.0/255.0.0.0", "subjectAltName",
     "IP:2001:db8::1", false},
    {"a critical extension that nobody knows", "basicConstraints", "CA:TRUE", "1.2.3.4.5", "critical,DER:0500", false},
    {"an uncritical one", "basicConstraints", "CA:TRUE", "1.2.3.4.5", "DER:0500", true},
};

static void compare_constraint(const constraint *c)
{
    authority a[3];
    ens_chain chain;
    ens__path path;
    pair p;
    int error;
    bool own = strcmp(c->of_ca, "basicConstraints") == 0;
    const char *const ca[] = {c->of_ca, c->value_of_ca, NULL}, *const leaf[] = {c->of_leaf, c->value_of_leaf, NULL};
    open_pair(&p, AUTHORITY_AT);
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &a[2]));
    CU_ASSERT_FATAL(authority_make(
        &a[2], &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .extensions = own ? NULL : ca},
        &a[1]));
    CU_ASSERT_FATAL(authority_make(&a[1], &(authority_row){.name = "Seal", .extensions = leaf}, &a[0]));
    authority_chain((const authority *[]){&a[0], &a[1]}, 2, &chain);
    CU_ASSERT_FATAL(oracle_add_anchor(&p.theirs, authority_der(&a[2])) &&
                    oracle_add_untrusted(&p.theirs, authority_der(&a[1])));
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(p.trust, authority_der(&a[2]), NULL), ENS_OK);
    bool ours = ours_accepts(p.trust, &chain, AUTHORITY_AT, NULL, &path);
    bool theirs = oracle_accepts(&p.theirs, authority_der(&a[0]), AUTHORITY_AT, &usual, &error);
    CHECK_ROW(ours == c->valid && theirs == c->valid, "%s: %s, OpenSSL %s", c->name,
              ours              ? "valid"
              : path.faults.num ? path.faults.fault[0].what
                                : "no path",
              X509_verify_cert_error_string(error));
    close_pair(&p);
    for (size_t i = 0; i < 3; i++)
        authority_free(&a[i]);
}

static void constrained(void)
{
    for (size_t i = 0; i < sizeof constraints / sizeof *constraints; i++)
        compare_constraint(&constraints[i]);
}

/* compare_pkits: PKITS has its own answers; here OpenSSL has to give the same ones, revocation aside. */
static void compare_pkits(void *ctx, const pkits_path *one)
{
    unsigned *num = ctx;
    oracle theirs;
    int error;
    CU_ASSERT_FATAL(oracle_open(&theirs) && oracle_add_anchor(&theirs, one->anchor));
    for (size_t i = 1; i < one->chain->num; i++)
        oracle_add_untrusted(&theirs, one->chain->cert[i].der);
    bool accepts = oracle_accepts(&theirs, one->chain->cert[0].der, one->at, one->inputs, &error);
    bool inherited = strcmp(one->name, "valid_dsa_parameter_inheritance_test5") == 0; /* OpenSSL 3 can't */
    CHECK_ROW(accepts == one->holds || (inherited && one->holds), "%s: %s, OpenSSL %s", one->name,
              one->holds ? "valid" : "invalid", X509_verify_cert_error_string(error));
    ++*num;
    oracle_close(&theirs);
}

static void pkits(void)
{
    char folder[1024];
    unsigned num = 0;
    const char *shared = ens_shared("data/paths/pkits");
    if (!shared)
        return;
    snprintf(folder, sizeof folder, "%s", shared);
    pkits_paths(folder, compare_pkits, &num);
    CU_ASSERT(num > 200);
}

/* Several paths: an old certificate of the CA that ended, and the one that followed it, with the same key. */
static void several(void)
{
    authority root, ended, renewed, leaf;
    ens_chain chain;
    ens__path path;
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_FATAL(
        trust &&
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &root));
    CU_ASSERT_FATAL(
        authority_make(&root, &(authority_row){.name = "CA", .ca = true, .not_after = AUTHORITY_AT - 1}, &ended));
    CU_ASSERT_FATAL(authority_make(&root, &(authority_row){.name = "CA", .ca = true, .key = ended.key}, &renewed));
    CU_ASSERT_FATAL(authority_make(&ended, &(authority_row){.name = "Seal"}, &leaf));
    authority_chain((const authority *[]){&leaf, &ended}, 2, &chain);
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(trust, authority_der(&root), NULL), ENS_OK);
    CU_ASSERT_FALSE(ours_accepts(trust, &chain, AUTHORITY_AT, NULL, &path));
    CU_ASSERT(path.anchored && path.faults.num == 1 && path.faults.only_of_time);
    CU_ASSERT_EQUAL(ens__certstore_add(&trust->untrusted, authority_der(&renewed), NULL, NULL), ENS_OK);
    CU_ASSERT_TRUE(ours_accepts(trust, &chain, AUTHORITY_AT, NULL, &path));
    CU_ASSERT(path.num == 3 && ens_eq(path.cert[1].der, authority_der(&renewed)));
    ens_trust *next = ens_trust_new_after(trust);
    CU_ASSERT_FATAL(next && ens__trust_add_anchor(next, authority_der(&ended), NULL) == ENS_OK);
    CU_ASSERT_TRUE(ours_accepts(next, &chain, AUTHORITY_AT, NULL, &path)); /* an anchor's dates don't count */
    ens_trust_free(next);
    authority *const all[] = {&root, &ended, &renewed, &leaf};
    for (size_t i = 0; i < 4; i++)
        authority_free(all[i]);
    ens_trust_free(trust);
}

/* A circle of two CAs that certify each other, and many of one name: the search ends. */
static void circles(void)
{
    authority a[2], crossed[2], leaf, twins[ENS_BUILD_ISSUERS_MAX + 8];
    ens_chain chain;
    ens__path path;
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_FATAL(trust && authority_make(NULL, &(authority_row){.name = "A", .ca = true}, &a[0]));
    CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "B", .ca = true}, &a[1]));
    CU_ASSERT_FATAL(authority_make(&a[1], &(authority_row){.name = "A", .ca = true, .key = a[0].key}, &crossed[0]));
    CU_ASSERT_FATAL(authority_make(&a[0], &(authority_row){.name = "B", .ca = true, .key = a[1].key}, &crossed[1]));
    CU_ASSERT_FATAL(authority_make(&crossed[0], &(authority_row){.name = "Seal"}, &leaf));
    authority_chain((const authority *[]){&leaf, &crossed[0], &crossed[1]}, 3, &chain);
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "A", .ca = true}, &twins[i]));
        CU_ASSERT_EQUAL(ens__certstore_add(&trust->untrusted, authority_der(&twins[i]), NULL, NULL), ENS_OK);
    }
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(trust, authority_der(&twins[0]), NULL), ENS_OK);
    CU_ASSERT_FALSE(ours_accepts(trust, &chain, AUTHORITY_AT, NULL, &path));
    CU_ASSERT(!path.anchored && path.num >= 1);
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++)
        authority_free(&twins[i]);
    for (size_t i = 0; i < 2; i++) {
        authority_free(&a[i]);
        authority_free(&crossed[i]);
    }
    authority_free(&leaf);
    ens_trust_free(trust);
}

/* What the threads share. */
typedef struct {
    const ens_trust *trust;
    const ens_chain *chain;
    unsigned accepted;
} shared;

static void *judge_often(void *ctx)
{
    shared *s = ctx;
    ens_report *report = ens_report_new();
    for (unsigned i = 0; report && i < ROUNDS; i++) {
        ens__report_reset(report);
        ens_chain_check(s->trust, s->chain, AUTHORITY_AT, report);
        s->accepted += ens_report_verdict(report) == ENS_ACCEPTED;
    }
    ens_report_free(report);
    return NULL;
}

static void threads(void)
{
    authority a[3];
    ens_chain chain;
    ens_buf crl;
    shared s[THREADS];
    pthread_t thread[THREADS];
    ens_trust *trust = ens_trust_new();
    make_chain(a);
    ens_buf_init(&crl, NULL, 0, (size_t)1 << 20);
    authority_chain((const authority *[]){&a[0], &a[1]}, 2, &chain);
    CU_ASSERT_FATAL(trust && ens__trust_add_anchor(trust, authority_der(&a[2]), NULL) == ENS_OK);
    CU_ASSERT_FATAL(authority_crl(&a[1], &(authority_crl_row){.number = 1}, &crl) &&
                    ens__evidence_add_crl(trust->evidence, ens_buf_slice(&crl), NULL) == ENS_OK);
    for (size_t i = 0; i < THREADS; i++) {
        s[i] = (shared){trust, &chain, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, judge_often, &s[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(s[i].accepted, ROUNDS);
    }
    for (size_t i = 0; i < 3; i++)
        authority_free(&a[i]);
    ens_buf_free(&crl);
    ens_trust_free(trust);
}

/* Constraints that aren't critical may be passed over by whoever doesn't understand them, and are told. */
static void uncritical_constraints(void)
{
    static const char *const values[][2] = {{"policyConstraints", "requireExplicitPolicy:3"},
                                            {"nameConstraints", "permitted;DNS:example.com"},
                                            {"inhibitAnyPolicy", "2"}};
    for (size_t i = 0; i < 6; i++) {
        char value[64];
        authority ca;
        ens_cert cert;
        ens_report report;
        snprintf(value, sizeof value, "%s%s", i % 2 ? "critical," : "", values[i / 2][1]);
        const char *const extensions[] = {values[i / 2][0], value, NULL};
        CU_ASSERT_FATAL(authority_make(
            NULL, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .extensions = extensions},
            &ca));
        CU_ASSERT_EQUAL_FATAL(ens_cert_parse(authority_der(&ca), &cert, NULL), ENS_OK);
        ens__report_init(&report);
        ens__path_form(&cert, 1, true, "chain.form", &report);
        bool told = false;
        for (size_t k = 0; k < ens_report_num(&report); k++)
            told |= strstr(ens_detail(ens_report_get(&report, k)), values[i / 2][0]) != NULL;
        CHECK_ROW(told == (i % 2 == 0), "%s, %s", values[i / 2][0], value);
        ens__report_clear(&report);
        authority_free(&ca);
    }
}

static const ens_case cases[] = {
    {"all seals, over the CAs of the lists, as OpenSSL finds them", seals},
    {"PKITS, as OpenSSL finds it", pkits},
    {"a chain with any byte changed is refused, as OpenSSL does", changed},
    {"constraints and critical extensions, as OpenSSL finds them", constrained},
    {"another path is taken where the first doesn't hold", several},
    {"circles and namesakes end the search", circles},
    {"many threads share one trust", threads},
    {"constraints that aren't critical are told", uncritical_constraints},
    {NULL, NULL},
};
ENS_SUITE("certs/path", cases)
