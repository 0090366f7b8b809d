#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EORI "FR73282932000074"

static char folder[32];

static bool make_certificate(const char *name, const char *orgid, long days)
{
    char path[64];
    static EVP_PKEY *rsa;
    EVP_PKEY *key = rsa = rsa ? rsa : EVP_RSA_gen(2048);
    X509 *x = X509_new();
    snprintf(path, sizeof path, "%s/%s.pem", folder, name);
    FILE *pem = fopen(path, "w");
    X509_NAME *subject = X509_get_subject_name(x);
    bool good = key && pem && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) &&
                X509_gmtime_adj(X509_getm_notBefore(x), -86400) &&
                X509_gmtime_adj(X509_getm_notAfter(x), days * 86400) &&
                X509_NAME_add_entry_by_txt(subject, "organizationIdentifier", MBSTRING_ASC,
                                           (const unsigned char *)orgid, -1, -1, 0) &&
                X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) &&
                X509_set_issuer_name(x, subject) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()) &&
                PEM_write_X509(pem, x);
    if (pem)
        fclose(pem);
    X509_free(x);
    return good;
}

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/ensign-party-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_TRUE_FATAL(make_certificate("one", "VATFR-44732829320", 400) &&
                         make_certificate("two", "NTRFR-732829320", 800) &&
                         make_certificate("foreign", "NTRFR-542071188", 400));
}

static void tear_down(void)
{
    static const char *const names[] = {"one.pem", "two.pem", "foreign.pem", "r.db", "r.db-wal", "r.db-shm"};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    CU_ASSERT_EQUAL(rmdir(folder), 0);
}

/* party runs one sub-command in the folder and returns its JSON object, NULL when it printed none. */
__attribute__((__format__(__printf__, 2, 3))) static json_t *party(int wanted, const char *format, ...)
{
    char arguments[512];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    int here = open(".", O_RDONLY | O_DIRECTORY);
    CU_ASSERT_TRUE_FATAL(here >= 0 && chdir(folder) == 0);
    const run_result *r = run_ensign("party %s --registry r.db --json", arguments);
    CU_ASSERT_EQUAL_FATAL(fchdir(here), 0);
    close(here);
    CHECK_ROW(r->status == wanted, "party %s: status %d, %s", arguments, r->status, r->err);
    CHECK_ROW(wanted == 0 || (r->err[0] && !r->out[0]), "party %s: a refusal is told on stderr alone", arguments);
    return json_loads(r->out, JSON_REJECT_DUPLICATES, NULL);
}

static void refused(int wanted, const char *arguments)
{
    CHECK_ROW(party(wanted, "%s", arguments) == NULL, "party %s", arguments);
}

static bool text_is(json_t *o, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && strcmp(text, value) == 0;
}

/* state_of finds the state of the certificate with this common name. */
static const char *state_of(json_t *o, const char *name)
{
    json_t *certificate;
    size_t i;
    json_array_foreach(json_object_get(o, "certificates"), i, certificate)
    {
        const char *subject = json_string_value(json_object_get(certificate, "subject"));
        if (subject && strstr(subject, name))
            return json_string_value(json_object_get(certificate, "state"));
    }
    return "absent";
}

static void enrols_and_certifies_with_a_roll_over(void)
{
    set_up();
    json_t *o = party(0, "add " EORI " --name 'Transports Demo' --agreement V2.0 --cert one.pem");
    CU_ASSERT_TRUE(text_is(o, "eori", EORI) && text_is(o, "name", "Transports Demo") &&
                   text_is(o, "agreement", "V2.0") && text_is(o, "state", "active") &&
                   json_is_null(json_object_get(o, "forced")));
    json_decref(o);
    o = party(0, "add sys1@" EORI "@BE --force A003");
    CU_ASSERT_TRUE(text_is(o, "name", "Transports Demo") && text_is(o, "forced", "A003") &&
                   json_array_size(json_object_get(o, "party_ids")) == 2);
    json_decref(o);
    o = party(0, "add " EORI " --force none");
    CU_ASSERT_TRUE(json_is_null(json_object_get(o, "forced")) && text_is(o, "agreement", "V2.0"));
    json_decref(o);
    o = party(0, "certify " EORI " --cert two.pem");
    CHECK_ROW(strcmp(state_of(o, "CN=one"), "active") == 0 && strcmp(state_of(o, "CN=two"), "active") == 0,
              "both are active");
    json_decref(o);
    o = party(0, "certify " EORI " --cert two.pem --ms BE");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "certificates")), 3);
    json_decref(o);
    o = party(0, "list");
    CU_ASSERT_TRUE(text_is(o, "eori", EORI));
    json_decref(o);
    o = party(0, "show " EORI " --at 2040-01-01T00:00:00Z");
    CU_ASSERT_STRING_EQUAL(state_of(o, "CN=one"), "expired");
    json_decref(o);
    tear_down();
}

static void suspends_resumes_and_revokes(void)
{
    set_up();
    json_decref(party(0, "add " EORI " --cert one.pem --cert two.pem"));
    json_t *o = party(0, "suspend " EORI " --cert one.pem");
    CHECK_ROW(strcmp(state_of(o, "CN=one"), "suspended") == 0 && strcmp(state_of(o, "CN=two"), "active") == 0 &&
                  text_is(o, "state", "active"),
              "one certificate alone");
    json_decref(o);
    o = party(0, "resume " EORI " --cert one.pem");
    CU_ASSERT_STRING_EQUAL(state_of(o, "CN=one"), "active");
    const char *sha256 =
        json_string_value(json_object_get(json_array_get(json_object_get(o, "certificates"), 0), "sha256"));
    json_t *revoked = party(0, "revoke " EORI " --sha256 %.12s", sha256 ? sha256 : "");
    CU_ASSERT_TRUE(text_is(json_array_get(json_object_get(revoked, "certificates"), 0), "state", "revoked"));
    json_decref(party(1, "resume " EORI " --sha256 %.12s", sha256 ? sha256 : ""));
    json_decref(revoked);
    json_decref(o);
    o = party(0, "suspend " EORI);
    CU_ASSERT_TRUE(text_is(o, "state", "suspended"));
    json_decref(o);
    o = party(0, "revoke " EORI);
    CU_ASSERT_TRUE(text_is(o, "state", "revoked"));
    json_decref(o);
    refused(1, "resume " EORI);
    o = party(0, "add " EORI);
    CU_ASSERT_TRUE(text_is(o, "state", "active"));
    json_decref(o);
    tear_down();
}

static void says_what_is_wrong_and_changes_nothing(void)
{
    set_up();
    refused(2, "list");                 /* there is no registry yet */
    refused(1, "add FR12345678200011"); /* no such SIRET: and no file is made */
    refused(2, "add fr12345678200010");
    refused(2, "list");
    json_decref(party(0, "add " EORI));
    refused(2, "show FR12345678200010");
    refused(2, "certify FR12345678200010 --cert one.pem");
    refused(2, "certify " EORI);
    refused(2, "certify " EORI " --cert missing.pem");
    refused(2, "certify " EORI " --cert r.db");
    refused(1, "revoke " EORI " --cert one.pem");
    refused(2, "revoke " EORI " --sha256 12");
    refused(2, "revoke " EORI " --sha256 1234567890 --cert one.pem");
    refused(2, "add " EORI " --agreement V3.0");
    refused(2, "add " EORI " --force A004");
    refused(2, "add " EORI " --system no-hyphens");
    refused(2, "add " EORI " --system ABCDEFGHIJKLM");
    refused(2, "add " EORI " --ms be");
    refused(2, "add sys1@" EORI " --system sys2");
    refused(2, "add " EORI " " EORI);
    refused(2, "show " EORI " --at yesterday");
    refused(2, "forget " EORI);
    json_t *o = party(0, "show " EORI);
    CU_ASSERT_TRUE(json_array_size(json_object_get(o, "certificates")) == 0 &&
                   json_array_size(json_object_get(o, "party_ids")) == 1);
    json_decref(o);
    tear_down();
}

static void tells_who_registers_another_companys_seal(void)
{
    set_up();
    json_decref(party(0, "add " EORI));
    const run_result *r = run_ensign("party certify " EORI " --cert %s/foreign.pem --registry %s/r.db", folder, folder);
    CHECK_ROW(r->status == 0 && strstr(r->err, "another legal person") && strstr(r->out, "CN=foreign"), "%d %s",
              r->status, r->err);
    tear_down();
}

static void is_its_owners_alone(void)
{
    struct stat st;
    char path[64];
    set_up();
    mode_t before = umask(022);
    json_decref(party(0, "add " EORI));
    umask(before);
    snprintf(path, sizeof path, "%s/r.db", folder);
    CHECK_ROW(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "%o", (unsigned)st.st_mode);
    tear_down();
}

static bool is_unchecked(json_t *o, bool wanted)
{
    json_t *certificates = json_object_get(o, "certificates"), *first = json_array_get(certificates, 0);
    return json_array_size(certificates) == 1 && json_is_boolean(json_object_get(first, "unchecked")) &&
           json_is_true(json_object_get(first, "unchecked")) == wanted;
}

/* What cert check refuses is not registered, and nor is the party, unless the user insists. */
static void flies_before_it_registers(void)
{
#define AT "--at 2026-10-01T12:00:00Z"
    char wanted[4][600];
    if (!fixture_folder())
        return;
    set_up();
    const char *expired = fixture_path("pki/expired.pem"), *root = fixture_path("pki/root.pem");
    refused(1, (snprintf(wanted[0], sizeof wanted[0], "add " EORI " --cert %s " AT, expired), wanted[0]));
    refused(2, "show " EORI);
    json_t *o = party(0, "add " EORI " --cert %s --unchecked " AT, expired);
    CU_ASSERT_TRUE(is_unchecked(o, true));
    json_decref(o);
    json_decref(party(0, "add FR12345678200010"));
    refused(1, (snprintf(wanted[1], sizeof wanted[1], "certify FR12345678200010 --cert %s --national %s --crl %s " AT,
                         fixture_path("pki/revoked.pem"), root, fixture_path("pki/issuing.crl")),
                wanted[1]));
    refused(1, (snprintf(wanted[2], sizeof wanted[2], "certify FR12345678200010 --cert %s " AT,
                         fixture_path("pki/ec256.pem")),
                wanted[2]));
    refused(2, (snprintf(wanted[3], sizeof wanted[3], "certify FR12345678200010 --cert %s --trust /nowhere " AT,
                         fixture_path("pki/trader.pem")),
                wanted[3]));
    o = party(0, "certify FR12345678200010 --cert %s --national %s --crl %s " AT, fixture_path("pki/trader.pem"), root,
              fixture_path("pki/issuing.crl"));
    CU_ASSERT_TRUE(is_unchecked(o, false));
    json_decref(o);
    const run_result *r = run_ensign("party add FR55210055400013 --cert %s --registry %s/r.db " AT,
                                     fixture_path("pki/trader.pem"), folder);
    CHECK_ROW(r->status == 0 && strstr(r->err, "warning") && strstr(r->err, "could not judge"), "%d %s", r->status,
              r->err);
    tear_down();
}

/* Each party's own rows are looked up, not searched for among all: that takes a second, or else many minutes. */
static void lists_a_hundred_thousand_parties(void)
{
    static const char rows[] =
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
        " INSERT INTO party (eori, name, state, agreement, forced) SELECT printf('DE%09d', i), 'N', 0, '', '' FROM n;"
        "INSERT INTO party_id (party_id, eori) SELECT eori, eori FROM party WHERE name = 'N';";
    char path[64];
    sqlite3 *db = NULL;
    set_up();
    json_decref(party(0, "add " EORI));
    snprintf(path, sizeof path, "%s/r.db", folder);
    CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_ROW(sqlite3_exec(db, rows, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    const run_result *r = run_ensign("party list --registry %s", path);
    CHECK_ROW(r->status == 0 && !r->err[0], "%d %s", r->status, r->err);
    tear_down();
}

static const ens_case cases[] = {
    {"a registry is readable by its owner alone", is_its_owners_alone},
    {"pre-flights a certificate before it registers it", flies_before_it_registers},
    {"enrols, and certifies with a roll-over", enrols_and_certifies_with_a_roll_over},
    {"suspends, resumes and revokes", suspends_resumes_and_revokes},
    {"says what is wrong, and changes nothing", says_what_is_wrong_and_changes_nothing},
    {"tells who registers another company's seal", tells_who_registers_another_companys_seal},
    {"lists a hundred thousand parties", lists_a_hundred_thousand_parties},
    {NULL, NULL},
};
ENS_SUITE("cli/party", cases)
