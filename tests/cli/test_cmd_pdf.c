/* ensign pdf as a user runs it: issued, signed with keys of every form, judged; exit codes and JSON. */
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"
#define EORI "FR73282932000074"

/* make_files issues one file and signs it; false after a failed check. */
static bool make_files(void)
{
    static bool made;
    if (made)
        return true;
    if (!fixture_folder())
        return false;
    const run_result *r = run_ensign("pdf issue --eori " EORI " --registration R-7 --company 'Demo SAS' " AT " -o %s",
                                     fixture_path("issued.pdf"));
    CHECK_ROW(r->status == 0 && !r->out[0] && !r->err[0], "issue: %d, %s", r->status, r->err);
    r = run_ensign("pdf sign %s --key %s --cert %s " AT " -o %s", fixture_path("issued.pdf"),
                   fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"), fixture_path("signed.pdf"));
    CHECK_ROW(r->status == 0 && strstr(r->err, "Adobe Acrobat"), "sign: %d, %s", r->status, r->err);
    return made = r->status == 0;
}

static const char *judge(const char *options, int wanted)
{
    const run_result *r = run_ensign("pdf check %s %s " AT, fixture_path("signed.pdf"), options);
    CHECK_ROW(r->status == wanted, "%s: exit status %d, %.300s%.300s", options, r->status, r->out, r->err);
    return r->out;
}

static void judges(void)
{
    char options[1024];
    if (!make_files())
        return;
    char cert[256], issued[256]; /* fixture_path forgets */
    snprintf(cert, sizeof cert, "%s", fixture_path("pki/trader.pem"));
    snprintf(issued, sizeof issued, "%s", fixture_path("issued.pdf"));
    snprintf(options, sizeof options, "--issued %s --cert %s --profile strict", issued, cert);
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 0), "accepted"));
    snprintf(options, sizeof options, "--issued %s", issued);
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 2), "--cert"));
    snprintf(options, sizeof options, "--cert %s", fixture_path("pki/other-company.pem"));
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 1), "another certificate"));
    snprintf(options, sizeof options, "--cert %s --environment production", cert);
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 1), "production"));
    snprintf(options, sizeof options, "--cert %s --registration R-8", cert);
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 1), "R-8"));
    snprintf(options, sizeof options, "--issued %s --cert %s", fixture_path("signed.pdf"), cert);
    CU_ASSERT_PTR_NOT_NULL(strstr(judge(options, 2), "undecided"));
}

/* With trust the certificate is judged, too, and refuses where it has to. */
static void preflights(void)
{
    char options[1024];
    if (!make_files())
        return;
    snprintf(options, sizeof options, "--cert %s --trust %s --crl %s --national %s --member-state FR --json",
             fixture_path("pki/trader.pem"), fixture_path("pki/root.pem"), fixture_path("pki/issuing.crl"),
             fixture_path("pki/root.pem"));
    json_t *o = json_loads(judge(options, 0), 0, NULL), *preflight = json_object_get(o, "preflight");
    CHECK_ROW(strcmp(json_string_value(json_object_get(preflight, "verdict")), "accepted") == 0 &&
                  strcmp(json_string_value(json_object_get(preflight, "acceptance")), "national") == 0,
              "the certificate's own verdict");
    json_decref(o);
    const run_result *r =
        run_ensign("pdf sign %s --key %s --cert %s " AT " -o %s", fixture_path("issued.pdf"),
                   fixture_path("pki/trader.key"), fixture_path("pki/revoked.pem"), fixture_path("revoked.pdf"));
    CU_ASSERT_EQUAL(r->status, 0);
    r = run_ensign("pdf check %s --cert %s --trust %s --crl %s " AT, fixture_path("revoked.pdf"),
                   fixture_path("pki/revoked.pem"), fixture_path("pki/root.pem"), fixture_path("pki/issuing.crl"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "revoked"), "%d, %.400s", r->status, r->out);
}

static void tells_json(void)
{
    static const char *const members[] = {"file",   "verdict", "signatures",   "field",     "format", "signed_at",
                                          "signer", "origin",  "registration", "preflight", "checks"};
    char options[1024];
    if (!make_files())
        return;
    snprintf(options, sizeof options, "--issued %s --cert %s --json", fixture_path("issued.pdf"),
             fixture_path("pki/trader.pem"));
    json_t *o = json_loads(judge(options, 0), 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(o);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        CHECK_ROW(json_object_get(o, members[i]) != NULL, "there is no member %s", members[i]);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(o, "origin")), "added");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_object_get(o, "registration"), "id")), "R-7");
    json_decref(o);
    const run_result *r = run_ensign("pdf check /nonexistent.pdf --cert %s --json", fixture_path("pki/trader.pem"));
    o = json_loads(r->out, 0, NULL);
    CHECK_ROW(r->status == 2 && o && json_object_get(o, "error") &&
                  strcmp(json_string_value(json_object_get(o, "verdict")), "undecided") == 0,
              "a file that isn't there: %d, %s", r->status, r->out);
    json_decref(o);
}

/* Keys and certificates in one PKCS#12 file, behind a pass phrase. */
static void signs_with_pkcs12(void)
{
    char line[4096];
    if (!make_files())
        return;
    snprintf(line, sizeof line,
             "openssl pkcs12 -export -inkey '%s' -in '%s' -passout pass:secret -out '%s' && echo secret >'%s'",
             fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"), fixture_path("seal.p12"),
             fixture_path("phrase"));
    if (system(line) != 0) {
        ens_skip("openssl isn't on this machine");
        return;
    }
    const run_result *r =
        run_ensign("pdf sign %s --key %s --cert %s --pass-file %s " AT " -o %s", fixture_path("issued.pdf"),
                   fixture_path("seal.p12"), fixture_path("seal.p12"), fixture_path("phrase"), fixture_path("p12.pdf"));
    CHECK_ROW(r->status == 0, "sign: %d, %s", r->status, r->err);
    r = run_ensign("pdf check %s --issued %s --cert %s --profile strict " AT, fixture_path("p12.pdf"),
                   fixture_path("issued.pdf"), fixture_path("pki/trader.pem"));
    CHECK_ROW(r->status == 0, "check: %d, %s", r->status, r->out);
}

/* What isn't done, and what is said of it: "@" stands for the fixtures' folder. */
static const struct {
    const char *words;
    int status;
    const char *says;
} refusals[] = {
    {"pdf issue -o @/x.pdf", 2, "--eori"},
    {"pdf issue --eori " EORI, 2, "-o OUT"},
    {"pdf issue --eori " EORI " --environment test -o @/x.pdf", 2, "conformance or production"},
    {"pdf issue --eori " EORI " --nonce 12 -o @/x.pdf", 2, "nonce"},
    {"pdf sign @/issued.pdf --key @/pki/trader.key --cert @/pki/trader.pem", 2, "-o OUT"},
    {"pdf sign @/issued.pdf -o @/x.pdf", 2, "--key KEY --cert CHAIN"},
    {"pdf sign @/issued.pdf --key @/pki/trader.key --cert @/pki/trader.pem -o @/issued.pdf", 2, "written over"},
    {"pdf sign @/signed.pdf --key @/pki/trader.key --cert @/pki/trader.pem -o @/x.pdf", 1, "signed already"},
    {"pdf sign @/issued.pdf --key @/pki/trader-3072.key --cert @/pki/trader.pem -o @/x.pdf", 1, "doesn't belong"},
    {"pdf sign @/issued.pdf --key @/pki/trader.key --cert @/pki/expired.pem -o @/x.pdf", 1, "has ended"},
    {"pdf sign @/f26.mime --key @/pki/trader.key --cert @/pki/trader.pem -o @/x.pdf", 2, "no PDF"},
    {"pdf check @/signed.pdf --cert @/pki/trader.pem --profile lenient", 2, "default or strict"},
    {"pdf check @/signed.pdf --cert @/pki/trader.pem --environment test", 2, "conformance or production"},
    {"pdf check --cert @/pki/trader.pem", 2, "no PDF given"},
    {"pdf check @/issued.pdf --cert @/pki/trader.pem", 1, "isn't signed"},
    {"pdf check @/f26.mime --cert @/pki/trader.pem", 1, "no PDF"},
};

static void refuses(void)
{
    if (!make_files())
        return;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char line[2048];
        size_t len = 0;
        for (const char *c = refusals[i].words; *c; c++)
            len += *c == '@' ? (size_t)snprintf(line + len, sizeof line - len, "%s", fixture_folder())
                             : (size_t)snprintf(line + len, sizeof line - len, "%c", *c);
        const run_result *r = run_ensign("%s " AT, line);
        CHECK_ROW(r->status == refusals[i].status &&
                      (strstr(r->err, refusals[i].says) || strstr(r->out, refusals[i].says)),
                  "%s: %d, %.300s%.300s", refusals[i].words, r->status, r->out, r->err);
    }
    CHECK_ROW(access(fixture_path("x.pdf"), F_OK) != 0, "a refused command left a file");
}

static const ens_case cases[] = {
    {"a signed file is judged against the issued one, the certificate and the registration", judges},
    {"with trust the certificate is pre-flighted", preflights},
    {"the JSON has its members, also for a file that isn't there", tells_json},
    {"a PKCS#12 file signs", signs_with_pkcs12},
    {"what isn't done is told, and leaves no file", refuses},
    {NULL, NULL},
};
ENS_SUITE("cli/pdf", cases)
