/* Certificate requests: what is read, what is said of them, and that no request is ever accepted. */
#include "certs/preflight/order.h"
#include "certs/x509/request.h"
#include "engine/base/report.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AT 1790856000 /* 2026-10-01T12:00:00Z */
#define EORI "FR73282932000074"
#define ORGID "VATFR-44732829320"

/* A request to be made. Texts may be NULL: left out. */
typedef struct {
    const char *name;
    int bits;          /* of an RSA key; 0: P-256 */
    const char *orgid; /* else the subject has a common name alone */
    const char *usage, *constraints, *purpose;
    bool sha1;
    size_t flip; /* alter this octet, counted from the end; 0: none */
    const char *eori;
    ens_verdict verdict;
    const char *id; /* a finding that has this outcome */
    ens_outcome outcome;
} row;

static const row rows[] = {
    {"as it should be", 2048, ORGID, "critical,digitalSignature,nonRepudiation", NULL, NULL, false, 0, EORI,
     ENS_UNDECIDED, "request.signature", ENS_PASS},
    {"no extensions", 3072, ORGID, NULL, NULL, NULL, false, 0, EORI, ENS_UNDECIDED, "request.key-usage", ENS_PASS},
    {"no EORI asked", 2048, ORGID, NULL, NULL, NULL, false, 0, NULL, ENS_UNDECIDED, "request.certificate", ENS_SKIP},
    {"nothing but a name", 2048, NULL, NULL, NULL, NULL, false, 0, NULL, ENS_UNDECIDED, "request.subject", ENS_WARN},
    {"nonRepudiation alone", 2048, ORGID, "nonRepudiation", NULL, NULL, false, 0, NULL, ENS_UNDECIDED,
     "request.key-usage", ENS_WARN},
    {"a web server's", 2048, ORGID, "digitalSignature", NULL, "serverAuth", false, 0, NULL, ENS_UNDECIDED,
     "request.purpose", ENS_WARN},
    {"signed with SHA-1", 2048, ORGID, NULL, NULL, NULL, true, 0, NULL, ENS_UNDECIDED, "request.algorithm", ENS_WARN},
    {"keyEncipherment alone", 2048, ORGID, "keyEncipherment", NULL, NULL, false, 0, NULL, ENS_REFUSED,
     "request.key-usage", ENS_FAIL},
    {"an authority's", 2048, ORGID, NULL, "critical,CA:TRUE", NULL, false, 0, NULL, ENS_REFUSED, "request.key-usage",
     ENS_FAIL},
    {"certificate signing", 2048, ORGID, "digitalSignature,keyCertSign", NULL, NULL, false, 0, NULL, ENS_REFUSED,
     "request.key-usage", ENS_FAIL},
    {"a small key", 1024, ORGID, NULL, NULL, NULL, false, 0, NULL, ENS_REFUSED, "crypto.key", ENS_FAIL},
    {"an elliptic key", 0, ORGID, NULL, NULL, NULL, false, 0, NULL, ENS_REFUSED, "crypto.key", ENS_FAIL},
    {"another company's", 2048, ORGID, NULL, NULL, NULL, false, 0, "FR40483304800022", ENS_REFUSED, "binding.eori",
     ENS_FAIL},
    {"an altered signature", 2048, ORGID, NULL, NULL, NULL, false, 9, EORI, ENS_REFUSED, "request.signature", ENS_FAIL},
    {"an altered key", 2048, ORGID, NULL, NULL, NULL, false, 330, EORI, ENS_REFUSED, "request.signature", ENS_FAIL},
};

static void add_extension(STACK_OF(X509_EXTENSION) * all, int nid, const char *value)
{
    if (value)
        sk_X509_EXTENSION_push(all, X509V3_EXT_conf_nid(NULL, NULL, nid, value));
}

/* make writes the request's DER; returns its length, 0 where OpenSSL makes none. */
static size_t make(const row *of, uint8_t out[4096])
{
    EVP_PKEY *key = of->bits ? EVP_RSA_gen((unsigned)of->bits) : EVP_EC_gen("P-256");
    X509_REQ *r = X509_REQ_new();
    STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
    X509_NAME *name = X509_REQ_get_subject_name(r);
    const struct {
        const char *type, *text;
    } entries[] = {{"C", "FR"}, {"O", "Demo"}, {"organizationIdentifier", of->orgid}, {"CN", "Demo seal"}};
    for (size_t i = of->orgid ? 0 : 3; i < sizeof entries / sizeof *entries; i++)
        X509_NAME_add_entry_by_txt(name, entries[i].type, MBSTRING_UTF8, (const unsigned char *)entries[i].text, -1, -1,
                                   0);
    add_extension(all, NID_key_usage, of->usage);
    add_extension(all, NID_basic_constraints, of->constraints);
    add_extension(all, NID_ext_key_usage, of->purpose);
    if (sk_X509_EXTENSION_num(all))
        X509_REQ_add_extensions(r, all);
    X509_REQ_set_pubkey(r, key);
    unsigned char *p = out;
    int len = X509_REQ_sign(r, key, of->sha1 ? EVP_sha1() : EVP_sha256()) > 0 ? i2d_X509_REQ(r, &p) : 0;
    if (len > 0 && of->flip)
        out[(size_t)len - of->flip] ^= 0x10;
    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    X509_REQ_free(r);
    EVP_PKEY_free(key);
    return len > 0 ? (size_t)len : 0;
}

static bool has(const ens_report *report, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (strcmp(ens_report_get(report, i)->id, id) == 0 && ens_report_get(report, i)->outcome == outcome)
            return true;
    return false;
}

static void judges_requests(void)
{
    ens_report *report = ens_report_new();
    for (const row *of = rows; of < rows + sizeof rows / sizeof *rows; of++) {
        uint8_t der[4096];
        ens__request request;
        ens_err err = {0};
        const ens__request_options options = {.eori = ens_str(of->eori), .at = AT};
        ens_report_reset(report);
        ens_code code = ens__request_parse(ens_bytes(der, make(of, der)), &request, &err);
        CHECK_ROW(code == ENS_OK, "%s: %s", of->name, err.n ? err.frame[0].what : "");
        if (code != ENS_OK)
            continue;
        ens__request_judge(&request, &options, report);
        CHECK_ROW(ens_report_verdict(report) == of->verdict, "%s: %s", of->name,
                  ens_verdict_name(ens_report_verdict(report)));
        CHECK_ROW(has(report, of->id, of->outcome), "%s: %s isn't %s", of->name, of->id, ens_outcome_name(of->outcome));
    }
    ens_report_free(report);
}

static void offers_identifiers(void)
{
    static const struct {
        const char *eori, *first;
        size_t num;
    } orders[] = {
        {EORI, ORGID, 2},
        {"FR732829320", ORGID, 2},
        {"BE0403170701", "VATBE-0403170701", 2},
        {"FI0112038-9", "VATFI-01120389", 2},
        {"PL520000000000000", "VATPL-5200000000", 1},
        {"SE5560360793", "VATSE-556036079301", 2},
        {"SK0I12345678", "NTRSK-12345678", 1},
        {"XI123456789000", "VATXI-123456789", 1},
        {"DE1234567", "", 0},
        {"NL123456789", "", 0},
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        ens__order o;
        ens_err err = {0};
        CHECK_ROW(ens__order_make(orders[i].eori, "Demo", NULL, NULL, &o, &err) == ENS_OK, "%s", orders[i].eori);
        CHECK_ROW(o.num_orgids == orders[i].num && (!o.num_orgids || strcmp(o.orgid[0], orders[i].first) == 0),
                  "%s: %zu, %s", orders[i].eori, o.num_orgids, o.num_orgids ? o.orgid[0] : "");
    }
    ens__order o;
    CU_ASSERT_EQUAL(ens__order_make("no EORI", "Demo", NULL, NULL, &o, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens__order_make(EORI, "Demo", "VATFR-83404833048", NULL, &o, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__order_make(EORI, "Demo", ORGID, "xx", &o, NULL), ENS_ESYNTAX);
}

/* What the command makes of an order: a request that its own check finds nothing in, and that it never accepts. */
static void orders_by_command(void)
{
    char key[512], csr[512];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(key, sizeof key, "%s", fixture_path("pki/trader.key"));
    snprintf(csr, sizeof csr, "%s", fixture_path("order.csr"));
    const run_result *r = run_ensign("cert order --eori " EORI " --company 'Transports Démo' --key '%s' --csr '%s' "
                                     "--json",
                                     key, csr);
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"organization_identifiers\":[\"" ORGID "\""), "%d %s%s", r->status,
              r->out, r->err);
    r = run_ensign("cert check '%s' --eori " EORI " --key '%s' --json", csr, key);
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"verdict\":\"undecided\",\"acceptance\":\"none\"") &&
                  strstr(r->out, "\"eori_binding\":\"bound\"") && !strstr(r->out, "\"outcome\":\"fail\""),
              "%d %s%s", r->status, r->out, r->err);
    r = run_ensign("cert check '%s' -q < /dev/null", csr);
    CHECK_ROW(r->status == 2 && strstr(r->out, "undecided, a certificate request"), "%d %s", r->status, r->out);
    r = run_ensign("cert check - -q < '%s'", csr);
    CHECK_ROW(r->status == 2 && strstr(r->out, "undecided, a certificate request"), "%d %s", r->status, r->out);
    r = run_ensign("cert check '%s' --key '%s' -q", csr, fixture_path("pki/trader-3072.key"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "refused"), "%d %s", r->status, r->out);
    r = run_ensign("cert check '%s' '%s' --trust '%s' --format html -o '%s' --at 2026-10-01T12:00:00Z", csr,
                   fixture_path("pki/trader.pem"), fixture_path("pki/root.pem"), fixture_path("order.html"));
    CHECK_ROW(r->status == 2, "%d %s", r->status, r->err);
    r = run_ensign("cert order --eori " EORI " --company Demo --key '%s' --csr '%s'", fixture_path("pki/ec256.key"),
                   fixture_path("none.csr"));
    CHECK_ROW(r->status == 1 && strstr(r->err, "this key is not one of these") &&
                  access(fixture_path("none.csr"), F_OK) != 0,
              "%d %s", r->status, r->err);
    r = run_ensign("cert order --eori " EORI " --key '%s' --company Demo --csr '%s'", key, key);
    CHECK_ROW(r->status == 2 && strstr(r->err, "written over"), "%d %s", r->status, r->err);
    r = run_ensign("party add " EORI " --cert '%s' --registry '%s'", csr, fixture_path("order.db"));
    CHECK_ROW(r->status != 0, "a registry takes a request: %d %s", r->status, r->out);
}

static const ens_case cases[] = {
    {"tells what speaks against a request, and never accepts one", judges_requests},
    {"offers the identifiers from which an EORI follows", offers_identifiers},
    {"orders a certificate, and checks its own request", orders_by_command},
    {NULL, NULL},
};
ENS_SUITE("certs/request", cases)
