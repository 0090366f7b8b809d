/* The public headers as a program of a stranger uses them: nothing here includes any other. What they say is what the
 * command says. */
#include "ensign/batch.h"
#include "ensign/explain.h"
#include "ensign/json.h"
#include "ensign/preflight.h"
#include "ensign/verify.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define AT 1790856000 /* 2026-10-01T12:00:00Z */
#define AT_TEXT "2026-10-01T12:00:00Z"
#define TEXT_MAX 65536

typedef struct {
    char text[TEXT_MAX];
    size_t len;
    unsigned pieces;
} sink;

static ens_code keep(void *user, ens_slice piece)
{
    sink *s = user;
    if (piece.len >= sizeof s->text - s->len)
        return ENS_ELIMIT;
    memcpy(s->text + s->len, piece.p, piece.len);
    s->text[s->len += piece.len] = '\0';
    s->pieces++;
    return ENS_OK;
}

static ens_code refuse(void *user, ens_slice piece)
{
    (void)user, (void)piece;
    return ENS_EIO;
}

/* slurp reads a fixture; the caller frees it. */
static ens_slice slurp(const char *name)
{
    FILE *f = fopen(fixture_path(name), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL_FATAL(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    uint8_t *p = malloc((size_t)size);
    CU_ASSERT_FATAL(size > 0 && p && fseek(f, 0, SEEK_SET) == 0 && fread(p, 1, (size_t)size, f) == (size_t)size);
    fclose(f);
    return (ens_slice){p, (size_t)size};
}

static void drop(ens_slice s)
{
    free((void *)(uintptr_t)s.p);
}

static ens_trust *trust_of(const char *name)
{
    ens_slice anchors = slurp(name);
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(trust);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add_bytes(trust, anchors, NULL), ENS_OK);
    drop(anchors);
    return trust;
}

static ens_certificates *certificates_of(const char *name)
{
    ens_slice file = slurp(name);
    ens_certificates *c = NULL;
    CU_ASSERT_EQUAL_FATAL(ens_certificates_new(file, NULL, &c, NULL), ENS_OK);
    drop(file);
    return c;
}

static ens_keyring *keys_of(const char *name)
{
    ens_slice file = slurp(name);
    ens_keyring *k = NULL;
    CU_ASSERT_EQUAL_FATAL(ens_keyring_new(file, NULL, &k, NULL), ENS_OK);
    drop(file);
    return k;
}

static const ens_finding *failed(const ens_report *report, const char *id)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL && strcmp(f->id, id) == 0)
            return f;
    }
    return NULL;
}

/* Pre-flights that end in all the ways: by the national list, without trust, refused by what each input tells. */
static const struct {
    const char *cert, *trust, *national, *key, *eori, *crl;
    ens_verdict verdict;
    ens_acceptance acceptance;
    ens_binding binding;
    const char *failed;
} flights[] = {
    {"trader", "root", "root", "trader", "FR73282932000074", NULL, ENS_ACCEPTED, ENS_ACCEPTANCE_NATIONAL,
     ENS_BINDING_BOUND, NULL},
    {"trader", NULL, NULL, NULL, NULL, NULL, ENS_UNDECIDED, ENS_ACCEPTANCE_NONE, ENS_BINDING_NOT_ASKED, NULL},
    {"expired", "root", "root", NULL, NULL, NULL, ENS_REFUSED, ENS_ACCEPTANCE_NONE, ENS_BINDING_NOT_ASKED,
     "chain.dates"},
    {"other-company", "root", "root", NULL, "FR73282932000074", NULL, ENS_REFUSED, ENS_ACCEPTANCE_NONE,
     ENS_BINDING_MISMATCH, "binding.eori"},
    {"trader", "root", "root", "ec256", NULL, NULL, ENS_REFUSED, ENS_ACCEPTANCE_NONE, ENS_BINDING_NOT_ASKED,
     "key.match"},
    {"revoked", "root", "root", NULL, NULL, "issuing", ENS_REFUSED, ENS_ACCEPTANCE_NONE, ENS_BINDING_NOT_ASKED,
     "revocation.status"},
};

/* path_of is "pki/NAME" with its ending or, with an option, " --OPTION PATH". */
static const char *path_of(const char *option, const char *name, const char *ending, char *out, size_t size)
{
    char file[64];
    snprintf(file, sizeof file, "pki/%s%s", name ? name : "", ending);
    if (!name)
        out[0] = '\0';
    else if (option)
        snprintf(out, size, " --%s %s", option, fixture_path(file));
    else
        snprintf(out, size, "%s", file);
    return out;
}

/* same_as_command runs the same pre-flight by the command. */
static void same_as_command(size_t i, const char *json)
{
    char trust[300], national[300], key[300], crl[300], eori[64] = "";
    if (flights[i].eori)
        snprintf(eori, sizeof eori, " --eori %s", flights[i].eori);
    path_of("trust", flights[i].trust, ".pem", trust, sizeof trust);
    path_of("national", flights[i].national, ".pem", national, sizeof national);
    path_of("key", flights[i].key, ".key", key, sizeof key);
    path_of("crl", flights[i].crl, ".crl", crl, sizeof crl);
    char cert[64];
    path_of(NULL, flights[i].cert, ".pem", cert, sizeof cert);
    const run_result *r = run_ensign("cert check %s --json --at " AT_TEXT "%s%s%s%s%s%s", fixture_path(cert), trust,
                                     national, national[0] ? " --member-state FR" : "", key, crl, eori);
    CHECK_ROW(strcmp(r->out, json) == 0, "row %zu: the command says\n%s\nthe library\n%s", i, r->out, json);
}

static void fly(size_t i)
{
    static sink json;
    char name[64];
    ens_preflight_result result;
    ens_report *report = ens_report_new();
    ens_certificates *cert = certificates_of(path_of(NULL, flights[i].cert, ".pem", name, sizeof name));
    ens_trust *trust = flights[i].trust ? trust_of(path_of(NULL, flights[i].trust, ".pem", name, sizeof name)) : NULL;
    ens_trust *national =
        flights[i].national ? trust_of(path_of(NULL, flights[i].national, ".pem", name, sizeof name)) : NULL;
    ens_keyring *keys = flights[i].key ? keys_of(path_of(NULL, flights[i].key, ".key", name, sizeof name)) : NULL;
    if (flights[i].crl) {
        ens_slice crl = slurp(path_of(NULL, flights[i].crl, ".crl", name, sizeof name));
        CU_ASSERT_EQUAL(ens_trust_add_crl_bytes(trust, crl, NULL), ENS_OK);
        drop(crl);
    }
    ens_preflight_options options = {.trust = trust,
                                     .national = national,
                                     .member_state = "FR",
                                     .keys = keys,
                                     .eori = ens_str(flights[i].eori),
                                     .at = AT};
    ens_preflight(cert, &options, &result, report);
    CHECK_ROW(result.verdict == flights[i].verdict && result.acceptance == flights[i].acceptance &&
                  result.binding == flights[i].binding,
              "row %zu: %s, %s, %s", i, ens_verdict_name(result.verdict), ens_acceptance_name(result.acceptance),
              ens_binding_name(result.binding));
    CHECK_ROW(!flights[i].failed || failed(report, flights[i].failed), "row %zu: %s didn't fail", i, flights[i].failed);
    CHECK_ROW(result.cert == &ens_certificates_chain(cert)->cert[0] && result.num_timeline > 0 && result.path->num > 0,
              "row %zu: no certificate, path or timeline", i);
    CHECK_ROW(result.anchored == (trust != NULL), "row %zu: anchored %d", i, result.anchored);
    json.len = json.pieces = 0;
    path_of(NULL, flights[i].cert, ".pem", name, sizeof name);
    CU_ASSERT_EQUAL(ens_json_preflight(fixture_path(name), &result, report, keep, &json, NULL), ENS_OK);
    same_as_command(i, json.text);
    ens_keyring_free(keys);
    ens_trust_free(national);
    ens_trust_free(trust);
    ens_certificates_free(cert);
    ens_report_free(report);
}

static void preflights(void)
{
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof flights / sizeof *flights; i++)
        fly(i);
}

/* A certificate beside the signer's that can't be read is told, as the command tells it. */
static void unread(void)
{
    static const char broken[] = "-----BEGIN CERTIFICATE-----\nMAQwAgUA\n-----END CERTIFICATE-----\n";
    static sink json;
    ens_certificates *cert = NULL;
    ens_preflight_result result;
    if (!fixture_folder())
        return;
    ens_slice file = slurp("pki/trader.pem");
    FILE *both = fopen(fixture_path("unread.pem"), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(both);
    CU_ASSERT_FATAL(fwrite(file.p, 1, file.len, both) == file.len && fputs(broken, both) >= 0 && fclose(both) == 0);
    drop(file);
    file = slurp("unread.pem");
    ens_report *report = ens_report_new();
    ens_trust *trust = trust_of("pki/root.pem");
    CU_ASSERT_EQUAL_FATAL(ens_certificates_new(file, NULL, &cert, NULL), ENS_OK);
    drop(file);
    ens_preflight(cert, &(ens_preflight_options){.trust = trust, .at = AT}, &result, report);
    CU_ASSERT_EQUAL(ens_json_preflight(fixture_path("unread.pem"), &result, report, keep, &json, NULL), ENS_OK);
    const run_result *r = run_ensign("cert check %s --json --at " AT_TEXT " --trust %s", fixture_path("unread.pem"),
                                     fixture_path("pki/root.pem"));
    CHECK_ROW(strcmp(r->out, json.text) == 0, "the command says\n%s\nthe library\n%s", r->out, json.text);
    ens_trust_free(trust);
    ens_certificates_free(cert);
    ens_report_free(report);
}

static void ends(void)
{
    ens_preflight_result result;
    ens_time first = INT64_MAX;
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new();
    ens_certificates *cert = certificates_of("pki/trader.pem");
    ens_trust *trust = trust_of("pki/root.pem");
    ens_preflight(cert, &(ens_preflight_options){.trust = trust, .at = AT}, &result, report);
    for (size_t i = 0; i < result.num_timeline; i++) {
        const ens_interval *t = &result.timeline[i];
        if (!t->news && t->until != ENS_TIME_NONE && t->until < first)
            first = t->until;
    }
    CU_ASSERT_EQUAL(result.valid_until, first);
    CU_ASSERT_PTR_NOT_NULL(result.valid_until_reason);
    CU_ASSERT_FALSE(result.has_qualification);
    ens_trust_free(trust);
    ens_certificates_free(cert);
    ens_report_free(report);
}

static void files(void)
{
    ens_err err = {0};
    ens_certificates *none = NULL;
    ens_keyring *no_keys = NULL;
    if (!fixture_folder())
        return;
    ens_certificates *chain = certificates_of("pki/trader.pem"), *root = certificates_of("pki/root.pem");
    ens_keyring *keys = keys_of("pki/trader.key");
    const ens_cert *leaf = ens_certificates_get(chain, 0);
    CU_ASSERT(ens_certificates_num(chain) >= 1 && ens_certificates_chain(chain)->num >= 1);
    CU_ASSERT_PTR_NULL(ens_certificates_get(chain, ens_certificates_num(chain)));
    CU_ASSERT(ens_keyring_num(keys) == 1 && ens_keyring_fits(keys, leaf));
    CU_ASSERT_FALSE(ens_keyring_fits(keys, ens_certificates_get(root, 0)));
    CU_ASSERT_EQUAL(ens_certificates_new(ens_str("no certificate"), NULL, &none, &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_keyring_new(ens_str("no key"), NULL, &no_keys, &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_keyring_new(ens_str("pkcs11:token=a?pin-value=1234"), NULL, &no_keys, &err), ENS_EPOLICY);
    CU_ASSERT(!none && !no_keys);
    ens_certificates_free(chain);
    ens_certificates_free(root);
    ens_keyring_free(keys);
    ens_certificates_free(NULL);
    ens_keyring_free(NULL);
}

/* Of the bytes of a file nothing is needed once it was added: slurp's memory is gone by then. */
static void trust_bytes(void)
{
    ens_err err = {0};
    if (!fixture_folder())
        return;
    ens_trust *trust = trust_of("pki/root.pem");
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 1);
    CU_ASSERT_EQUAL(ens_trust_add_bytes(trust, ens_str("x"), &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_trust_add_crl_bytes(trust, ens_str("x"), &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_trust_add_ocsp_bytes(trust, ens_str("x"), &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_trust_add_untrusted_bytes(trust, ens_str("x"), &err), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_trust_set_online(trust, ENS_REACH_KEPT, NULL, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_set_online(trust, ENS_REACH_PUBLIC, NULL, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 1);
    CU_ASSERT_PTR_EQUAL(ens_trust_ref(trust), trust);
    ens_trust_free(trust);
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 1);
    ens_trust_free(trust);
}

/* Nothing tells of revocation: soft leaves it open, hard refuses. */
static void revocation_modes(void)
{
    if (!fixture_folder())
        return;
    for (int hard = 0; hard <= 1; hard++) {
        ens_preflight_result result;
        ens_report *report = ens_report_new();
        ens_certificates *cert = certificates_of("pki/trader.pem");
        ens_trust *trust = trust_of("pki/root.pem"), *national = trust_of("pki/root.pem");
        ens_trust_set_revocation(trust, hard ? ENS_REVOCATION_HARD : ENS_REVOCATION_SOFT);
        ens_preflight_options options = {.trust = trust, .national = national, .member_state = "FR", .at = AT};
        ens_preflight(cert, &options, &result, report);
        CHECK_ROW(result.verdict == (hard ? ENS_REFUSED : ENS_ACCEPTED), "mode %d: %s", hard,
                  ens_verdict_name(result.verdict));
        ens_trust_free(national);
        ens_trust_free(trust);
        ens_certificates_free(cert);
        ens_report_free(report);
    }
}

/* A national list is one Member State's, or nobody's. */
static void whose_list(void)
{
    static const char *const states[] = {"FR", "fr", "XX", "", NULL};
    if (!fixture_folder())
        return;
    ens_trust *root = trust_of("pki/root.pem");
    ens_certificates *cert = certificates_of("pki/trader.pem");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        ens_preflight_result result;
        ens_report *report = ens_report_new();
        ens_preflight_options options = {.trust = root, .national = root, .member_state = states[i], .at = AT};
        ens_preflight(cert, &options, &result, report);
        CHECK_ROW((result.acceptance == ENS_ACCEPTANCE_NATIONAL) == (i < 2) &&
                      (result.verdict == ENS_ACCEPTED) == (i < 2),
                  "state %zu: %s, %s", i, ens_verdict_name(result.verdict), ens_acceptance_name(result.acceptance));
        ens_report_free(report);
    }
    ens_certificates_free(cert);
    ens_trust_free(root);
}

/* A report that was refused takes the next good message after a reset, and not before. */
static void reports(void)
{
    ens_verifier *verifier = NULL;
    ens_message message;
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new();
    ens_trust *trust = trust_of("pki/root.pem");
    ens_slice good = slurp("f26.mime"), bad = slurp("altered-action.mime");
    ens_verify_options options = {.trust = trust, .at = AT};
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    ens_verify(verifier, bad, &options, &message, report);
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_REFUSED);
    ens_verify(verifier, good, &options, &message, report);
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_REFUSED);
    ens_report_reset(report);
    CU_ASSERT(ens_report_num(report) == 0 && ens_report_verdict(report) == ENS_UNDECIDED);
    ens_verify(verifier, good, &options, &message, report);
    CU_ASSERT_EQUAL(ens_report_verdict(report), ENS_ACCEPTED);
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    ens_report_free(report);
    drop(good);
    drop(bad);
}

static void verdicts(void)
{
    static const char *const names[] = {"f26.mime", "altered-action.mime"};
    static sink json;
    ens_verifier *verifier = NULL;
    ens_message message;
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new();
    ens_trust *trust = trust_of("pki/root.pem");
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    for (size_t i = 0; i < 2; i++) {
        ens_slice bytes = slurp(names[i]);
        ens_report_reset(report);
        ens_verify(verifier, bytes, &(ens_verify_options){.trust = trust, .at = AT}, &message, report);
        json.len = 0;
        CU_ASSERT_EQUAL(
            ens_json_verdict(fixture_path(names[i]), &message, report, ens_trust_lists(trust), keep, &json, NULL),
            ENS_OK);
        const run_result *r = run_ensign("verify --json --at " AT_TEXT " --trust %s %s", fixture_path("pki/root.pem"),
                                         fixture_path(names[i]));
        CHECK_ROW(strcmp(r->out, json.text) == 0, "the command says\n%s\nthe library\n%s", r->out, json.text);
        drop(bytes);
    }
    json.len = 0;
    CU_ASSERT_EQUAL(ens_json_report(report, keep, &json, NULL), ENS_OK);
    CU_ASSERT(strncmp(json.text, "{\"verdict\":\"refused\",\"checks\":[{", 32) == 0);
    CU_ASSERT_EQUAL(ens_json_report(report, refuse, NULL, NULL), ENS_EIO);
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    ens_report_free(report);
}

static void certificate_json(void)
{
    static sink json;
    if (!fixture_folder())
        return;
    ens_certificates *cert = certificates_of("pki/trader.pem");
    CU_ASSERT_EQUAL(ens_json_certificate(ens_certificates_get(cert, 0), keep, &json, NULL), ENS_OK);
    const run_result *r = run_ensign("cert show --json %s", fixture_path("pki/trader.pem"));
    CU_ASSERT(json.len > 2 && strncmp(json.text, r->out, json.len - 2) == 0); /* the command adds the file */
    ens_certificates_free(cert);
}

/* The lists as the library brings them up to date and tells them. */
typedef struct {
    size_t lists, progressed;
    bool missing;
} updating;

static void note_progress(void *user, size_t done, size_t num, uint64_t bytes)
{
    updating *u = user;
    (void)bytes;
    u->progressed += done <= num;
}

static void note_list(void *user, const ens_list_facts *list)
{
    updating *u = user;
    u->lists++;
    u->missing |= list->state == ENS_LIST_MISSING && list->country.len == 2 && memcmp(list->country.p, "IT", 2) == 0;
}

/* lists_of fills a cache once, and opens its snapshot. */
static ens_lists *lists_of(char *cache, size_t size)
{
    char lotl[400], anchors[400], mirror[300];
    ens_lists *lists = NULL;
    ens_lists_updated updated;
    updating u = {0};
    snprintf(mirror, sizeof mirror, "%s", fixture_path("lists"));
    snprintf(lotl, sizeof lotl, "%s/lotl.xml", mirror);
    snprintf(anchors, sizeof anchors, "%s/anchors.pem", mirror);
    snprintf(cache, size, "%s", fixture_path("public-cache"));
    ens_lists_update_options o = {.cache = cache,
                                  .lotl = lotl,
                                  .anchors = anchors,
                                  .mirror = mirror,
                                  .offline = true,
                                  .at = AT,
                                  .progress = note_progress,
                                  .list = note_list,
                                  .user = &u};
    CU_ASSERT_EQUAL_FATAL(ens_lists_update(&o, &updated, NULL), ENS_OK);
    CU_ASSERT(updated.num_lists == 5 && u.lists == 5 && u.missing);
    CU_ASSERT(updated.lotl_sequence == 21 && updated.num_usable == 2 && updated.num_services == 2);
    CU_ASSERT_EQUAL_FATAL(ens_lists_open(cache, &lists, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(ens_lists_tell(lists).name, updated.snapshot);
    return lists;
}

static void list_states(void)
{
    static const struct {
        const char *country;
        ens_list_kind kind;
        ens_list_state state, later; /* ten years on */
    } rows[] = {{"EU", ENS_LIST_PIVOT, ENS_LIST_FRESH, ENS_LIST_STALE},
                {"EU", ENS_LIST_LOTL, ENS_LIST_FRESH, ENS_LIST_STALE},
                {"FR", ENS_LIST_NATIONAL, ENS_LIST_FRESH, ENS_LIST_STALE},
                {"BE", ENS_LIST_NATIONAL, ENS_LIST_FRESH, ENS_LIST_STALE},
                {"IT", ENS_LIST_NATIONAL, ENS_LIST_MISSING, ENS_LIST_MISSING}};
    char cache[300];
    ens_list_facts l;
    if (!fixture_folder())
        return;
    ens_lists *lists = lists_of(cache, sizeof cache);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good = ens_lists_get(lists, i, AT, &l);
        CHECK_ROW(good && l.kind == rows[i].kind && l.state == rows[i].state && l.country.len == 2 &&
                      memcmp(l.country.p, rows[i].country, 2) == 0,
                  "row %zu is %s", i, ens_list_state_name(l.state));
        CHECK_ROW(ens_lists_get(lists, i, AT + (ens_time)3650 * 86400, &l) && l.state == rows[i].later,
                  "row %zu is %s later", i, ens_list_state_name(l.state));
    }
    CU_ASSERT_FALSE(ens_lists_get(lists, sizeof rows / sizeof *rows, AT, &l));
    CU_ASSERT_EQUAL(ens_lists_tell(lists).num_lists, 5);
    ens_lists_free(lists);
    ens_lists_free(NULL);
}

/* A verdict that was reached with lists names them. */
static void verdicts_name_lists(void)
{
    static sink json;
    char cache[300];
    ens_verifier *verifier = NULL;
    ens_message message;
    if (!fixture_folder())
        return;
    ens_lists *lists = lists_of(cache, sizeof cache);
    ens_trust *trust = trust_of("pki/root.pem");
    ens_report *report = ens_report_new();
    ens_slice bytes = slurp("f26.mime");
    CU_ASSERT_FATAL(report && ens_trust_add_lists(trust, lists, NULL) == ENS_OK &&
                    ens_verifier_new(&verifier, NULL) == ENS_OK);
    CU_ASSERT(ens_trust_lists(trust) == lists && !ens_trust_lists(NULL));
    ens_verify(verifier, bytes, &(ens_verify_options){.trust = trust, .at = AT}, &message, report);
    json.len = 0;
    CU_ASSERT_EQUAL(
        ens_json_verdict(fixture_path("f26.mime"), &message, report, ens_trust_lists(trust), keep, &json, NULL),
        ENS_OK);
    const run_result *r = run_ensign("verify --json --at " AT_TEXT " --trust %s --trust %s %s",
                                     fixture_path("pki/root.pem"), cache, fixture_path("f26.mime"));
    CHECK_ROW(strcmp(r->out, json.text) == 0 && strstr(json.text, "\"lists\":{\"lotl_sequence\":"),
              "the command says\n%s\nthe library\n%s", r->out, json.text);
    drop(bytes);
    ens_verifier_free(verifier);
    ens_report_free(report);
    ens_trust_free(trust);
    ens_lists_free(lists);
}

typedef struct {
    size_t num, certificates, standing;
    const ens_lists *lists;
} found;

static ens_code count(void *user, const ens_listed_service *service)
{
    found *f = user;
    ens_cert cert;
    f->num++;
    f->standing += service->in_good_standing;
    for (size_t i = 0; i < service->num_certificates; i++)
        f->certificates += ens_cert_parse(ens_lists_certificate(f->lists, service->number, i), &cert, NULL) == ENS_OK;
    CU_ASSERT_EQUAL(ens_lists_certificate(f->lists, service->number, service->num_certificates).len, 0);
    CU_ASSERT(service->provider.len && service->name.len && service->type.len && service->status.len);
    return ENS_OK;
}

static ens_code stop(void *user, const ens_listed_service *service)
{
    (void)user, (void)service;
    return ENS_ELIMIT;
}

static size_t lines_of(const char *text)
{
    size_t num = 0;
    for (; *text; text++)
        num += *text == '\n';
    return num;
}

static void services(void)
{
    static const ens_lists_query queries[] = {{.at = AT},
                                              {.country = "FR", .at = AT},
                                              {.country = "fr", .type = "eseal", .at = AT},
                                              {.type = "esig", .at = AT},
                                              {.all = true, .at = AT},
                                              {.name = "nobody", .at = AT},
                                              {.type = "web-nq", .all = true, .at = AT}};
    char cache[300];
    if (!fixture_folder())
        return;
    ens_lists *lists = lists_of(cache, sizeof cache);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        const ens_lists_query *q = &queries[i];
        found f = {.lists = lists};
        CU_ASSERT_EQUAL(ens_lists_find(lists, q, count, &f, NULL), ENS_OK);
        const run_result *r =
            run_ensign("trust find --cache %s --json --at " AT_TEXT "%s%s%s%s%s %s", cache,
                       q->country ? " --country " : "", q->country ? q->country : "", q->type ? " --type " : "",
                       q->type ? q->type : "", q->all ? " --all" : "", q->name ? q->name : "");
        CHECK_ROW(f.num == lines_of(r->out), "query %zu: %zu, and the command %zu", i, f.num, lines_of(r->out));
        CHECK_ROW(f.certificates >= f.num && (q->all || f.standing == f.num), "query %zu: %zu certificates", i,
                  f.certificates);
    }
    ens_err err = {0};
    CU_ASSERT_EQUAL(ens_lists_find(lists, &(ens_lists_query){.type = "seal", .at = AT}, count, NULL, &err),
                    ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens_lists_find(lists, &(ens_lists_query){.country = "XX", .at = AT}, count, NULL, &err),
                    ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens_lists_find(lists, &(ens_lists_query){.at = AT}, stop, NULL, &err), ENS_ELIMIT);
    ens_lists_free(lists);
}

/* A trust keeps lists that were freed, of a file or of bytes at any address, and two may share them. */
static void lists_in_trust(void)
{
    char cache[300];
    if (!fixture_folder())
        return;
    ens_lists *opened = lists_of(cache, sizeof cache), *copied = NULL;
    ens_slice file = slurp("public-cache/snapshot.ens");
    uint8_t *odd = malloc(file.len + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(odd);
    memcpy(odd + 1, file.p, file.len);
    CU_ASSERT_EQUAL_FATAL(ens_lists_new((ens_slice){odd + 1, file.len}, &copied, NULL), ENS_OK);
    odd[file.len] ^= 1;
    ens_lists *damaged = NULL;
    CU_ASSERT_EQUAL(ens_lists_new((ens_slice){odd + 1, file.len}, &damaged, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens_lists_new((ens_slice){0}, &damaged, NULL), ENS_ESYNTAX);
    CU_ASSERT_PTR_NULL(damaged);
    free(odd);
    drop(file);
    for (int i = 0; i < 2; i++) {
        ens_lists *lists = i ? copied : opened;
        ens_trust *one = ens_trust_new(), *other = ens_trust_new();
        CU_ASSERT_EQUAL(ens_trust_add_lists(one, lists, NULL), ENS_OK);
        CU_ASSERT_EQUAL(ens_trust_add_lists(one, lists, NULL), ENS_EPOLICY);
        CU_ASSERT_EQUAL(ens_trust_add_lists(other, lists, NULL), ENS_OK);
        ens_lists_free(lists);
        ens_trust_free(one);
        ens_preflight_result result;
        ens_report *report = ens_report_new();
        ens_certificates *cert = certificates_of("pki/qualified.pem");
        ens_preflight(cert, &(ens_preflight_options){.trust = other, .at = AT}, &result, report);
        CU_ASSERT(result.has_qualification && result.lists != NULL && result.verdict == ENS_ACCEPTED);
        CHECK_ROW(result.acceptance == ENS_ACCEPTANCE_QUALIFIED_SEAL, "acceptance %s, at validation %s",
                  ens_acceptance_name(result.acceptance), ens_qualified_name(result.at_validation));
        ens_trust_free(other);
        ens_certificates_free(cert);
        ens_report_free(report);
    }
}

/* A registry of the caller's own. */
typedef struct {
    ens_registry_answer answer;
    unsigned asked;
    bool right; /* every question was about the trader and his certificate */
} desk;

static void answer_as_told(void *of, const ens_registry_question *q, ens_registry_answer *answer)
{
    static const char eori[] = "FR73282932000074";
    desk *d = of;
    d->asked++;
    d->right = q->party.eori.len == strlen(eori) && memcmp(q->party.eori.p, eori, strlen(eori)) == 0 && q->at == AT &&
               q->sha256 && q->party_text.len >= strlen(eori) && q->channel == (q->agreement.len == 0);
    *answer = d->answer;
}

#define YES                                                                                                            \
    {                                                                                                                  \
        ENS_REGISTRY_YES, NULL, ""                                                                                     \
    }
#define NO                                                                                                             \
    {                                                                                                                  \
        ENS_REGISTRY_NO, NULL, ""                                                                                      \
    }
#define WHY                                                                                                            \
    {                                                                                                                  \
        ENS_REGISTRY_NO, "mend it", "odd \033[2J"                                                                      \
    }
#define UNTOLD                                                                                                         \
    {                                                                                                                  \
        ENS_REGISTRY_UNTOLD, NULL, ""                                                                                  \
    }

/* Whatever a registry leaves open is never taken for a yes. */
static const struct {
    const char *file;
    ens_registry_answer answer;
    ens_verdict verdict;
    const char *code, *subcode, *failed;
} registries[] = {
    {"f26.mime", {YES, YES, YES, YES, NULL}, ENS_ACCEPTED, NULL, NULL, NULL},
    {"f26.mime", {YES, YES, UNTOLD, UNTOLD, NULL}, ENS_ACCEPTED, NULL, NULL, NULL},
    {"f26.mime", {YES, YES, NO, UNTOLD, NULL}, ENS_ACCEPTED, NULL, NULL, NULL},
    {"f26.mime", {UNTOLD, UNTOLD, UNTOLD, UNTOLD, NULL}, ENS_UNDECIDED, NULL, NULL, NULL},
    {"f26.mime", {YES, UNTOLD, YES, YES, NULL}, ENS_UNDECIDED, NULL, NULL, NULL},
    {"f26.mime", {UNTOLD, YES, YES, YES, NULL}, ENS_UNDECIDED, NULL, NULL, NULL},
    {"f26.mime", {NO, UNTOLD, UNTOLD, UNTOLD, NULL}, ENS_REFUSED, "EBMS:0004", "A001", "registry.party"},
    {"f26.mime", {NO, YES, YES, YES, NULL}, ENS_REFUSED, "EBMS:0004", "A001", "registry.party"},
    {"f26.mime", {YES, WHY, YES, YES, NULL}, ENS_REFUSED, "EBMS:0004", "A001", "registry.certificate"},
    {"f26.mime", {YES, YES, YES, NO, NULL}, ENS_REFUSED, "EBMS:0003", NULL, "registry.agreement"},
    {"f26.mime", {NO, UNTOLD, UNTOLD, UNTOLD, "A002"}, ENS_REFUSED, "EBMS:0004", "A002", "registry.account"},
    {"f26.mime", {NO, UNTOLD, UNTOLD, UNTOLD, "A003"}, ENS_REFUSED, "EBMS:0004", "A003", "registry.service"},
    {"f26.mime", {YES, UNTOLD, UNTOLD, UNTOLD, "A003"}, ENS_UNDECIDED, NULL, NULL, NULL},
    {"f26.mime", {{(ens_registry_says)7, NULL, ""}, YES, YES, YES, NULL}, ENS_UNDECIDED, NULL, NULL, NULL},
    {"pull.xml", {YES, YES, YES, UNTOLD, NULL}, ENS_ACCEPTED, NULL, NULL, NULL},
    {"pull.xml", {YES, YES, NO, UNTOLD, NULL}, ENS_REFUSED, "EBMS:0001", NULL, "registry.party-id"},
    {"pull.xml", {YES, YES, UNTOLD, UNTOLD, NULL}, ENS_UNDECIDED, NULL, NULL, NULL},
};

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void registry_decides(void)
{
    ens_verifier *verifier = NULL;
    ens_message message;
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new();
    ens_trust *trust = trust_of("pki/root.pem");
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    for (size_t i = 0; i < sizeof registries / sizeof *registries; i++) {
        desk d = {.answer = registries[i].answer};
        ens_registry registry = {&d, answer_as_told};
        ens_slice bytes = slurp(registries[i].file);
        ens_report_reset(report);
        ens_verify(verifier, bytes, &(ens_verify_options){.trust = trust, .registry = &registry, .at = AT}, &message,
                   report);
        ens_answer a = ens_answer_of(report);
        CHECK_ROW(a.verdict == registries[i].verdict && d.asked == 1 && d.right, "row %zu: %s, asked %u", i,
                  ens_verdict_name(a.verdict), d.asked);
        CHECK_ROW(a.verdict != ENS_REFUSED ||
                      (same_text(a.code, registries[i].code) && same_text(a.subcode, registries[i].subcode)),
                  "row %zu: %s %s", i, a.code ? a.code : "-", a.subcode ? a.subcode : "-");
        const ens_finding *f = registries[i].failed ? failed(report, registries[i].failed) : NULL;
        CHECK_ROW(!registries[i].failed || (f && f->rule && f->seen && f->hint && !strchr(ens_detail(f), '\033')),
                  "row %zu: %s didn't fail", i, registries[i].failed);
        drop(bytes);
    }
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    ens_report_free(report);
}

/* The registry of the command answers the library as it answers the command. */
static void registry_of_command(void)
{
    static sink json;
    ens_registry *registry = NULL;
    ens_verifier *verifier = NULL;
    ens_message message;
    char db[300];
    if (!fixture_folder())
        return;
    snprintf(db, sizeof db, "%s", fixture_path("public.db"));
    CU_ASSERT_EQUAL(ens_registry_open(db, &registry, NULL), ENS_EIO);
    CU_ASSERT_EQUAL(run_ensign("party add FR73282932000074 --registry %s", db)->status, 0);
    CU_ASSERT_EQUAL_FATAL(ens_registry_open(db, &registry, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    ens_report *report = ens_report_new();
    ens_trust *trust = trust_of("pki/root.pem");
    ens_slice bytes = slurp("f26.mime");
    for (int certified = 0; certified < 2; certified++) {
        if (certified)
            CU_ASSERT_EQUAL(run_ensign("party certify FR73282932000074 --unchecked --cert %s --registry %s",
                                       fixture_path("pki/trader.pem"), db)
                                ->status,
                            0);
        ens_report_reset(report);
        ens_verify(verifier, bytes, &(ens_verify_options){.trust = trust, .registry = registry, .at = AT}, &message,
                   report);
        CU_ASSERT_EQUAL(ens_report_verdict(report), certified ? ENS_ACCEPTED : ENS_REFUSED);
        json.len = 0;
        CU_ASSERT_EQUAL(
            ens_json_verdict(fixture_path("f26.mime"), &message, report, ens_trust_lists(trust), keep, &json, NULL),
            ENS_OK);
        const run_result *r = run_ensign("verify --json --at " AT_TEXT " --trust %s --registry %s %s",
                                         fixture_path("pki/root.pem"), db, fixture_path("f26.mime"));
        CHECK_ROW(strcmp(r->out, json.text) == 0, "the command says\n%s\nthe library\n%s", r->out, json.text);
    }
    drop(bytes);
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    ens_report_free(report);
    ens_registry_free(registry);
    ens_registry_free(NULL);
}

/* A document that the library begins is one that it takes, and what it says of it is what the command says. */
static void documents(void)
{
    static sink text, json;
    static const char *const changes[][2] = {{NULL, NULL}, {"<LRN>", "<LRM>"}, {"IE3F26", "IE3F99"}};
    ens_verifier *verifier = NULL;
    ens_document_result result;
    if (!fixture_folder())
        return;
    ens_report *report = ens_report_new();
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        text.len = json.len = 0;
        CU_ASSERT_EQUAL(
            ens_document_begin(&(ens_document_beginning){.action = "IE3F26", .from = "FR73282932000074", .at = AT},
                               keep, &text, NULL),
            ENS_OK);
        char *at = changes[i][0] ? strstr(text.text, changes[i][0]) : NULL;
        CU_ASSERT_FATAL(!changes[i][0] || at);
        if (at)
            memcpy(at, changes[i][1], strlen(changes[i][1]));
        FILE *f = fopen(fixture_path("public-document.xml"), "wb");
        CU_ASSERT_FATAL(f && fwrite(text.text, 1, text.len, f) == text.len && fclose(f) == 0);
        ens_report_reset(report);
        ens_document_check(verifier, (ens_slice){(const uint8_t *)text.text, text.len}, &(ens_verify_options){.at = AT},
                           &result, report);
        CHECK_ROW(ens_report_verdict(report) == (i ? ENS_REFUSED : ENS_ACCEPTED), "change %zu: %s", i,
                  ens_verdict_name(ens_report_verdict(report)));
        CHECK_ROW(i || (result.whole && result.action.len == 6 && result.lrn.len && result.tables), "change %zu", i);
        CU_ASSERT_EQUAL(
            ens_json_document(fixture_path("public-document.xml"), &result, report, NULL, keep, &json, NULL), ENS_OK);
        const run_result *r = run_ensign("ens check --json --at " AT_TEXT " %s", fixture_path("public-document.xml"));
        CHECK_ROW(strcmp(r->out, json.text) == 0, "the command says\n%s\nthe library\n%s", r->out, json.text);
    }
    CU_ASSERT_EQUAL(
        ens_document_begin(&(ens_document_beginning){.action = "IE3F26", .from = NULL, .at = AT}, refuse, NULL, NULL),
        ENS_EIO);
    CU_ASSERT_EQUAL(
        ens_document_begin(&(ens_document_beginning){.action = "IE0000", .from = NULL, .at = AT}, keep, &text, NULL),
        ENS_EPOLICY);
    ens_verifier_free(verifier);
    ens_report_free(report);
}

static void explanations(void)
{
    const ens_explanation *x = ens_explain(ens_str("0004"), ens_str("A001"));
    CU_ASSERT(x && strcmp(x->code, "EBMS:0004") == 0 && strcmp(x->subcode, "A001") == 0 && x->meaning && x->hint);
    CU_ASSERT(!ens_explain(ens_str("EBMS:9999"), (ens_slice){0}) && ens_explain_get(0) && !ens_explain_get(100000));
}

#define BATCH 64

/* Every third message is altered, and every seventh can't be had. */
typedef struct {
    ens_slice good, bad;
    unsigned judged[BATCH]; /* times */
    ens_verdict verdict[BATCH];
} pile;

static bool open_one(void *user, size_t i, ens_slice *bytes)
{
    const pile *p = user;
    *bytes = i % 3 == 0 ? p->bad : p->good;
    return i % 7 != 0;
}

static void judged_one(void *user, size_t i, const ens_message *message, const ens_report *report)
{
    pile *p = user;
    p->judged[i] += message->message_id.len > 0;
    p->verdict[i] = ens_report_verdict(report);
}

static void batches(void)
{
    static const unsigned threads[] = {0, 1, 4, ENS_BATCH_THREADS};
    if (!fixture_folder())
        return;
    ens_trust *trust = trust_of("pki/root.pem");
    ens_verify_options options = {.trust = trust, .at = AT};
    for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
        pile p = {.good = slurp("f26.mime"), .bad = slurp("altered-action.mime")};
        ens_batch batch = {BATCH, threads[k], open_one, judged_one, &p};
        CU_ASSERT_EQUAL(ens_verify_batch(&batch, &options, NULL), ENS_OK);
        for (size_t i = 0; i < BATCH; i++)
            CHECK_ROW(p.judged[i] == (i % 7 != 0) && p.verdict[i] == (i % 7 == 0   ? ENS_UNDECIDED
                                                                      : i % 3 == 0 ? ENS_REFUSED
                                                                                   : ENS_ACCEPTED),
                      "%u threads, message %zu: %s, %u times", threads[k], i, ens_verdict_name(p.verdict[i]),
                      p.judged[i]);
        drop(p.good);
        drop(p.bad);
    }
    ens_batch none = {0, 1, open_one, judged_one, NULL}, many = {1, ENS_BATCH_THREADS + 1, open_one, judged_one, NULL};
    CU_ASSERT_EQUAL(ens_verify_batch(&none, &options, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_verify_batch(&many, &options, NULL), ENS_ELIMIT);
    ens_trust_free(trust);
}

/* What a server does: trust is renewed beside the threads that verify by it. */
#define VERIFIERS 8
#define SWAPS 12

typedef struct {
    pthread_mutex_t lock;
    ens_trust *trust;
    ens_slice message;
    atomic_bool over;
    atomic_uint accepted, other;
} server;

static void *serve(void *of)
{
    server *s = of;
    ens_verifier *verifier = NULL;
    ens_message message;
    ens_report *report = ens_report_new();
    if (!report || ens_verifier_new(&verifier, NULL) != ENS_OK)
        return NULL;
    do {
        pthread_mutex_lock(&s->lock);
        ens_trust *trust = ens_trust_ref(s->trust);
        pthread_mutex_unlock(&s->lock);
        ens_report_reset(report);
        ens_verify(verifier, s->message, &(ens_verify_options){.trust = trust, .at = AT}, &message, report);
        atomic_fetch_add(ens_report_verdict(report) == ENS_ACCEPTED ? &s->accepted : &s->other, 1);
        ens_trust_free(trust);
    } while (!atomic_load(&s->over));
    ens_verifier_free(verifier);
    ens_report_free(report);
    return NULL;
}

static void trust_is_swapped(void)
{
    server s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[VERIFIERS];
    unsigned started = 0;
    if (!fixture_folder())
        return;
    s.trust = trust_of("pki/root.pem");
    s.message = slurp("f26.mime");
    while (started < VERIFIERS && pthread_create(&thread[started], NULL, serve, &s) == 0)
        started++;
    for (int i = 0; i < SWAPS; i++) {
        ens_trust *renewed = trust_of("pki/root.pem");
        pthread_mutex_lock(&s.lock);
        ens_trust *old = s.trust;
        s.trust = renewed;
        pthread_mutex_unlock(&s.lock);
        ens_trust_free(old);
    }
    atomic_store(&s.over, true);
    for (unsigned i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    CHECK_ROW(started == VERIFIERS && s.accepted >= VERIFIERS && s.other == 0, "%u accepted, %u not", s.accepted,
              s.other);
    ens_trust_free(s.trust);
    drop(s.message);
}

static const ens_case cases[] = {
    {"a pre-flight says what the command says", preflights},
    {"what can't be read beside the certificate is told", unread},
    {"a pre-flight is valid until its timeline's first end", ends},
    {"certificates and keys are read from bytes", files},
    {"trust is filled from bytes, and goes with its last reference", trust_bytes},
    {"a national list is a Member State's", whose_list},
    {"what is not known of revocation refuses where that is asked for", revocation_modes},
    {"a report is reset for the next message", reports},
    {"the JSON of a verdict and a report is the command's", verdicts},
    {"the JSON of a certificate is the command's", certificate_json},
    {"lists are brought up to date, and each has a state at a time", list_states},
    {"services are found as the command finds them", services},
    {"trusts share lists, and keep them", lists_in_trust},
    {"a registry of the caller's decides, and what it leaves open is no yes", registry_decides},
    {"the command's registry answers the library", registry_of_command},
    {"documents are begun and judged by themselves as the command does", documents},
    {"codes are explained", explanations},
    {"batches judge each message once, by any number of threads", batches},
    {"trust is swapped under verifying threads", trust_is_swapped},
    {"names the lists that a verdict was reached with", verdicts_name_lists},
    {NULL, NULL},
};
ENS_SUITE("public", cases)
