/* Kinds of certificates that a path ends at, or does not: critical extensions that can't be read, names that are none,
 * anchors whose dates are over, keys and signatures that are too weak, purposes. */
#include "certs/keys/chain.h"
#include "certs/path/path.h"
#include "certs/preflight/preflight.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)

#define JUNK "critical,DER:0403FFFFFF" /* an OCTET STRING, where none is wanted */

typedef struct {
    authority root, ca, leaf;
    ens_trust *trust;
    ens_chain chain;
    ens_report *report;
} setting;

static void open_setting(setting *s, const char *const *of_ca, const char *const *of_leaf)
{
    *s = (setting){.trust = ens_trust_new(), .report = ens_report_new()};
    CU_ASSERT_FATAL(s->trust && s->report);
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->root) &&
        authority_make(&s->root,
                       &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .extensions = of_ca},
                       &s->ca) &&
        authority_make(&s->ca,
                       &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .extensions = of_leaf},
                       &s->leaf) &&
        ens__trust_add_anchor(s->trust, authority_der(&s->root), NULL) == ENS_OK);
    authority_chain((const authority *[]){&s->leaf, &s->ca}, 2, &s->chain);
}

static void close_setting(setting *s)
{
    authority_free(&s->root);
    authority_free(&s->ca);
    authority_free(&s->leaf);
    ens_trust_free(s->trust);
    ens_report_free(s->report);
}

static const ens_finding *find(const ens_report *report, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (strcmp(f->id, id) == 0 && f->outcome == outcome)
            return f;
    }
    return NULL;
}

static bool is_accepted(setting *s)
{
    ens__report_reset(s->report);
    ens_chain_check(s->trust, &s->chain, AUTHORITY_AT, s->report);
    return ens_report_verdict(s->report) == ENS_ACCEPTED;
}

/* Each extension that is processed, as critical: with contents that are none, and with contents that are some. */
static void unreadable(void)
{
    static const struct {
        const char *name, *value;
        bool good;
    } rows[] = {
        {"2.5.29.17", JUNK, false},
        {"2.5.29.17", "critical,DER:3003820100", true}, /* read, whatever it means */
        {"subjectAltName", "critical,email:a@example.org", true},
        {"2.5.29.17", "critical,DER:300387010A", false},     /* an address of one octet */
        {"2.5.29.17", "critical,DER:30058203C3A961", false}, /* no IA5String */
        {"2.5.29.32", JUNK, false},
        {"2.5.29.32", "critical,DER:3000", false},
        {"2.5.29.32", "critical,DER:3006300406022A03", true},
        {"2.5.29.37", JUNK, false},
        {"extendedKeyUsage", "critical,emailProtection", true},
        {"2.5.29.35", JUNK, false},
        {"2.5.29.31", JUNK, false},
        {"2.5.29.31", "critical,DER:300430023000", false},
        {"2.5.29.54", JUNK, false},
        {"2.5.29.36", JUNK, false},
        {"2.5.29.33", JUNK, false},
        {"1.3.6.1.5.5.7.1.1", JUNK, false},
        {"1.3.6.1.5.5.7.1.3", JUNK, false},
        {"1.3.6.1.5.5.7.1.3", "critical,DER:300A3008060604008E460101", true},
        {"1.3.6.1.5.5.7.1.3", "DER:0403FFFFFF", true}, /* not critical: a warning's matter */
        {"2.5.29.17", "DER:0403FFFFFF", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        bool is_issuer_id = strcmp(rows[i].name, "2.5.29.35") == 0;
        const char *const extensions[] = {rows[i].name, rows[i].value, NULL};
        open_setting(&s, NULL, is_issuer_id ? NULL : extensions);
        if (is_issuer_id) { /* the only one that the maker writes by itself */
            authority_free(&s.leaf);
            CU_ASSERT_FATAL(authority_make(
                &s.ca, &(authority_row){.name = "Seal", .extensions = extensions, .bare = true}, &s.leaf));
            authority_chain((const authority *[]){&s.leaf, &s.ca}, 2, &s.chain);
        }
        CHECK_ROW(is_accepted(&s) == rows[i].good, "%s %s", rows[i].name, rows[i].value);
        CHECK_ROW(rows[i].good || find(s.report, "chain.path", ENS_FAIL), "%s %s: not told", rows[i].name,
                  rows[i].value);
        close_setting(&s);
    }
}

/* Names that no host has satisfy no constraint: neither what is permitted nor what isn't excluded. */
static void names_that_are_none(void)
{
    static const struct {
        const char *constraint, *name;
        bool good;
    } rows[] = {
        {"permitted;DNS:example.org", "DNS:a.example.org", true},
        {"permitted;DNS:example.org", "DNS:*.example.org", true},
        {"permitted;DNS:example.org", "DNS:.example.org", false},
        {"permitted;DNS:example.org", "DNS:a..example.org", false},
        {"permitted;DNS:example.org", "DNS:a b.example.org", false},
        {"permitted;DNS:example.org", "DNS:example.org.", false},
        {"excluded;DNS:example.com", "DNS:.example.org", false},
        {"excluded;DNS:example.com", "DNS:a.example.org", true},
        {"excluded;DNS:example.com", "DNS:a..example.com", false},
        {"permitted;email:example.org", "email:@example.org", false},
        {"permitted;email:.example.org", "email:a@.example.org", false},
        {"permitted;email:.example.org", "email:a@b..example.org", false},
        {"permitted;email:example.org", "email:a@example.com@example.org", false},
        {"permitted;email:example.org", "email:\"a@example.com\"@example.org", true},
        {"permitted;email:example.org", "email:a.b+c@example.org", true},
        {"permitted;URI:.example.org", "URI:http://a..example.org/", false},
        {"permitted;URI:.example.org", "URI:http://u%20:p@a.example.org/", true},
        {"permitted;URI:.example.org", "URI:http://example.com\\@a.example.org/", false},
        {"excluded;DNS:exa mple.com", "DNS:a.example.org", false}, /* a constraint that is none fails as well */
        {"excluded;DNS:a..example.com", "DNS:a.example.org", false},
        {"excluded;email:a@b..example.com", "email:a@example.org", false},
        {"excluded;URI:*.example.com", "URI:http://example.org/", true}, /* it reads, and names nobody */
        {"excluded;URI:.b..com", "URI:http://example.org/", false},
        {"excluded;IP:10.0.0.0/255.0.255.0", "IP:11.1.2.3", false},
        {"excluded;IP:10.0.0.0/255.255.0.0", "IP:11.1.2.3", true},
        {"permitted;DNS:example.org", "email:@", true}, /* of a form that nobody constrains */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        const char *const of_ca[] = {"nameConstraints", rows[i].constraint, NULL};
        const char *const of_leaf[] = {"subjectAltName", rows[i].name, NULL};
        open_setting(&s, of_ca, of_leaf);
        CHECK_ROW(is_accepted(&s) == rows[i].good, "%s %s", rows[i].constraint, rows[i].name);
        close_setting(&s);
    }
}

/* An anchor is a position: its dates are over, its signature is by SHA-1, and the path holds. */
static void anchors(void)
{
    setting s;
    authority old, stray;
    open_setting(&s, NULL, NULL);
    CU_ASSERT_FATAL(
        authority_make(NULL,
                       &(authority_row){.name = "Root",
                                        .ca = true,
                                        .usage = AUTHORITY_CA_USAGE,
                                        .key = s.root.key,
                                        .md = EVP_sha1(),
                                        .not_after = AUTHORITY_AT - AUTHORITY_DAY},
                       &old) &&
        authority_make(
            &s.root,
            &(authority_row){.name = "Stray", .ca = true, .md = EVP_sha1(), .not_after = AUTHORITY_AT - AUTHORITY_DAY},
            &stray));
    ens_trust *only_old = ens_trust_new();
    CU_ASSERT_FATAL(only_old && ens__trust_add_anchor(only_old, authority_der(&old), NULL) == ENS_OK);
    ens_chain_check(only_old, &s.chain, AUTHORITY_AT, s.report);
    CU_ASSERT_EQUAL(ens_report_verdict(s.report), ENS_ACCEPTED);
    ens__report_reset(s.report);
    ens__path path;
    ens__chain_question q = {.trust = only_old, .ids = &ens__certificate_chain_ids, .at = AUTHORITY_AT};
    ens__chain_find(&q, &s.chain, &path);
    ens_time end = ens__chain_tell(&q, &s.chain, &path, s.report);
    CU_ASSERT(end > AUTHORITY_AT);
    /* Neither is a certificate judged that the path doesn't need. */
    authority_chain((const authority *[]){&s.leaf, &s.ca, &old, &stray}, 4, &s.chain);
    CU_ASSERT_TRUE(is_accepted(&s));
    ens_trust_free(only_old);
    authority_free(&old);
    authority_free(&stray);
    close_setting(&s);
}

/* Equal names of subject and issuer make no anchor: what a self-issued CA is signed with counts. */
static void self_issued(void)
{
    setting s;
    authority renewed, seal;
    open_setting(&s, NULL, NULL);
    CU_ASSERT_FATAL(
        authority_make(&s.root,
                       &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE, .md = EVP_sha1()},
                       &renewed) &&
        authority_make(&renewed, &(authority_row){.name = "Seal", .usage = "critical,digitalSignature"}, &seal));
    authority_chain((const authority *[]){&seal, &renewed}, 2, &s.chain);
    CU_ASSERT_FALSE(is_accepted(&s));
    const ens_finding *f = find(s.report, "chain.algorithm", ENS_FAIL);
    CU_ASSERT(f && f->certificate == 1);
    authority_free(&renewed);
    authority_free(&seal);
    close_setting(&s);
}

/* Of two certificates of one CA, the one that is signed well enough is taken, whichever stands first. */
static void stronger_path(void)
{
    for (size_t first = 0; first < 2; first++) {
        setting s;
        authority weak;
        open_setting(&s, NULL, NULL);
        CU_ASSERT_FATAL(authority_make(
            &s.root,
            &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .key = s.ca.key, .md = EVP_sha1()},
            &weak));
        const authority *given[2][3] = {{&s.leaf, &s.ca, &weak}, {&s.leaf, &weak, &s.ca}};
        authority_chain(given[first], 3, &s.chain);
        CU_ASSERT_TRUE(is_accepted(&s));
        authority_free(&weak);
        close_setting(&s);
    }
}

static void purposes(void)
{
    static const struct {
        const char *value, *says; /* says NULL: nothing */
    } rows[] = {
        {"critical,timeStamping", "time-stamping"},
        {"timeStamping", "time-stamping"},
        {"critical,serverAuth", "web servers"},
        {"OCSPSigning", "OCSP"},
        {"critical,1.3.6.1.5.5.7.3.17", "IPsec"},
        {"0.4.0.2231.3.0", "trusted lists"},
        {"critical,1.3.6.1.4.1.311.20.2.2", "logging in"},
        {"1.3.6.1.4.1.311.20.2.2", NULL},
        {"critical,clientAuth", "clients of TLS"},
        {"serverAuth,timeStamping", "web servers, time-stamping"},
        {"clientAuth", NULL},
        {"critical,timeStamping,emailProtection", NULL},
        {"critical,anyExtendedKeyUsage", NULL},
        {"emailProtection,1.3.6.1.5.5.7.3.36", NULL},
        {"critical,1.2.3.4.5", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setting s;
        const char *const extensions[] = {rows[i].value ? "extendedKeyUsage" : NULL, rows[i].value, NULL};
        open_setting(&s, NULL, extensions);
        CHECK_ROW(is_accepted(&s), "%s: refused", rows[i].value);
        const ens_finding *f = find(s.report, "chain.purpose", ENS_WARN);
        CHECK_ROW(!f == !rows[i].says && (!f || strstr(ens_detail(f), rows[i].says)), "%s: %s", rows[i].value,
                  ens_detail(f));
        CHECK_ROW(!f || f == ens_report_get(s.report, 0), "%s: doesn't lead", rows[i].value);
        close_setting(&s);
    }
}

/* preflight judges a file of certificates as cert check does: what is beside the path may complete another one. */
static ens_verdict preflight(const authority *const *file, size_t num, const ens_trust *trust,
                             const ens_trust *national, ens__preflight *out)
{
    ens_report *report = ens_report_new();
    ens_arena arena;
    ens_buf pem;
    ens_chain chain;
    ens_chain_facts facts;
    ens_certs more;
    ens__certstore others = {0};
    ens_arena_init(&arena, ARENA_MAX);
    ens_buf_init(&pem, NULL, 0, ARENA_MAX);
    for (size_t i = 0; i < num; i++) {
        ens_buf_text(&pem, "-----BEGIN CERTIFICATE-----\n");
        ens__base64_encode(&pem, authority_der(file[i]));
        ens_buf_text(&pem, "\n-----END CERTIFICATE-----\n");
    }
    CU_ASSERT_EQUAL_FATAL(ens__chain_load_all(ens_buf_slice(&pem), NULL, &arena, &chain, &facts, &more, NULL), ENS_OK);
    CU_ASSERT_TRUE_FATAL(ens_eq(chain.cert[0].der, authority_der(file[0])));
    for (size_t i = 0; i < more.num; i++)
        CU_ASSERT_EQUAL(ens__certstore_add(&others, more.cert[i].der, NULL, NULL), ENS_OK);
    ens__preflight_options o = {
        .trust = trust, .national = national, .member_state = "FR", .others = &others, .at = AUTHORITY_AT};
    ens__preflight_judge(&chain, &o, out, report);
    ens_verdict verdict = ens_report_verdict(report);
    ens__certstore_clear(&others);
    ens_buf_free(&pem);
    ens_arena_free(&arena);
    ens_report_free(report);
    return verdict;
}

/* A file is no path: a cross-certificate of another root stands before the one that leads to the anchor, and a bundle
 * of roots behind it. */
static void files(void)
{
    setting s;
    ens__preflight found;
    authority other, crossed, ended, roots[ENS_CHAIN_MAX + 2];
    const authority *bundle[ENS_CHAIN_MAX + 4];
    open_setting(&s, NULL, NULL);
    bundle[0] = &s.leaf;
    bundle[1] = &s.ca;
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Other", .ca = true, .usage = AUTHORITY_CA_USAGE}, &other) &&
        authority_make(&other, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE, .key = s.ca.key},
                       &crossed) &&
        authority_make(&other,
                       &(authority_row){.name = "CA",
                                        .ca = true,
                                        .usage = AUTHORITY_CA_USAGE,
                                        .key = s.ca.key,
                                        .not_after = AUTHORITY_AT - AUTHORITY_DAY},
                       &ended));
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        CU_ASSERT_FATAL(authority_make(NULL, &(authority_row){.name = "Bundled", .ca = true}, &roots[i]));
        bundle[2 + i] = &roots[i];
    }
    CU_ASSERT_EQUAL(preflight((const authority *[]){&s.leaf, &crossed, &other, &s.ca}, 4, s.trust, s.trust, &found),
                    ENS_ACCEPTED);
    CU_ASSERT_EQUAL(found.accepted.acceptance, ENS_ACCEPTANCE_NATIONAL);
    CU_ASSERT_EQUAL(preflight((const authority *[]){&s.leaf, &ended, &s.ca}, 3, s.trust, s.trust, &found),
                    ENS_ACCEPTED);
    CU_ASSERT_EQUAL(preflight(bundle, 2 + sizeof roots / sizeof *roots, s.trust, s.trust, &found), ENS_ACCEPTED);
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        authority_free(&roots[i]);
    authority_free(&other);
    authority_free(&crossed);
    authority_free(&ended);
    close_setting(&s);
}

/* The national list is reached over certificates that were given apart. */
static void national_over_untrusted(void)
{
    setting s;
    ens__preflight found;
    open_setting(&s, NULL, NULL);
    ens_trust *national = ens_trust_new();
    CU_ASSERT_FATAL(national && ens__trust_add_anchor(national, authority_der(&s.root), NULL) == ENS_OK);
    CU_ASSERT_EQUAL(ens__certstore_add(&s.trust->untrusted, authority_der(&s.ca), NULL, NULL), ENS_OK);
    CU_ASSERT_EQUAL(preflight((const authority *[]){&s.leaf}, 1, s.trust, national, &found), ENS_ACCEPTED);
    CU_ASSERT_EQUAL(found.accepted.acceptance, ENS_ACCEPTANCE_NATIONAL);
    ens_trust_free(national);
    close_setting(&s);
}

/* What is refused is accepted by nobody, and what is accepted doesn't end before it is asked about. */
static void ends_and_acceptance(void)
{
    setting s;
    ens__preflight found;
    authority ended_root, weak;
    open_setting(&s, NULL, NULL);
    CU_ASSERT_FATAL(
        authority_make(NULL,
                       &(authority_row){.name = "Root",
                                        .ca = true,
                                        .usage = AUTHORITY_CA_USAGE,
                                        .key = s.root.key,
                                        .not_after = AUTHORITY_AT - AUTHORITY_DAY},
                       &ended_root) &&
        authority_make(&s.ca, &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .md = EVP_sha1()},
                       &weak));
    ens_trust *old = ens_trust_new();
    CU_ASSERT_FATAL(old && ens__trust_add_anchor(old, authority_der(&ended_root), NULL) == ENS_OK);
    CU_ASSERT_EQUAL(preflight((const authority *[]){&s.leaf, &s.ca}, 2, old, old, &found), ENS_ACCEPTED);
    CU_ASSERT(found.valid_until >= AUTHORITY_AT);
    CU_ASSERT_EQUAL(preflight((const authority *[]){&weak, &s.ca}, 2, s.trust, s.trust, &found), ENS_REFUSED);
    CU_ASSERT_EQUAL(found.accepted.acceptance, ENS_ACCEPTANCE_NONE);
    ens_trust_free(old);
    authority_free(&ended_root);
    authority_free(&weak);
    close_setting(&s);
}

static const ens_case cases[] = {
    {"a file is no path: every way that its certificates make is tried", files},
    {"the national list is reached over certificates given apart", national_over_untrusted},
    {"what is refused is accepted by nobody, and nothing accepted has ended", ends_and_acceptance},
    {"a critical extension that can't be read ends a path", unreadable},
    {"a name that is none fails its constraint", names_that_are_none},
    {"neither an anchor's dates nor a superfluous certificate judge the path", anchors},
    {"a self-issued certificate is no anchor", self_issued},
    {"a path of stronger signatures is taken before a weaker one", stronger_path},
    {"a key for another purpose leads the report as a warning", purposes},
    {NULL, NULL},
};
ENS_SUITE("certs/path kinds", cases)
