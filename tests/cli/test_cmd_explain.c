/* What codes mean, as the command says it, and the errors of a signal beside. */
#include "fixtures/pki.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <string.h>

static void explains_codes(void)
{
    static const struct {
        const char *arguments;
        int status;
        const char *out, *err; /* a part of what is said; NULL: nothing */
    } rows[] = {
        {"EBMS:0004 A001", 0, "UUM&DS refused the sender", NULL},
        {"0004", 0, "unknown error occurred", NULL},
        {"EBMS:0103", 0, "Domibus", NULL},
        {"EBMS:0103 A001", 0, "PolicyNoncompliance", "no sub-code A001"},
        {"IE3N99", 0, "found faults in its document", NULL},
        {"", 0, "EBMS:0303", NULL},
        {"--json EBMS:0004 A001", 0, "\"subcode\":\"A001\"", NULL},
        {"EBMS:1234", 2, NULL, "neither a code of ICS2"},
        {"a b c", 2, NULL, "usage"},
        {"--what", 2, NULL, "--what"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("explain %s", rows[i].arguments);
        CHECK_ROW(r->status == rows[i].status, "explain %s: status %d", rows[i].arguments, r->status);
        CHECK_ROW(rows[i].out ? strstr(r->out, rows[i].out) != NULL : !r->out[0], "explain %s: stdout %.100s",
                  rows[i].arguments, r->out);
        CHECK_ROW(rows[i].err ? strstr(r->err, rows[i].err) != NULL : !r->err[0], "explain %s: stderr %.100s",
                  rows[i].arguments, r->err);
    }
}

static void tells_the_errors_of_a_signal(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("verify %s --trust %s --at " FX_AT_TEXT, fixture_path("error.xml"),
                                     fixture_path("pki/customs-root.pem"));
    CU_ASSERT_EQUAL(r->status, 0);
    CHECK_ROW(strstr(r->out, "EBMS:0004, sub-code A001 Other, failure") && strstr(r->out, "A001: not associated") &&
                  strstr(r->out, "UUM&DS refused"),
              "%.2000s", r->out);
    r = run_ensign("verify %s --trust %s --json --at " FX_AT_TEXT, fixture_path("error.xml"),
                   fixture_path("pki/customs-root.pem"));
    json_t *o = json_loads(r->out, 0, NULL);
    json_t *e = json_array_get(json_object_get(o, "errors"), 0);
    static const char *const keys[] = {"code",   "severity", "subcode", "description",
                                       "detail", "ref_to",   "meaning", "hint"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        CHECK_ROW(json_is_string(json_object_get(e, keys[i])), "%s: %.2000s", keys[i], r->out);
    json_decref(o);
    r = run_ensign("verify %s --trust %s --at " FX_AT_TEXT, fixture_path("payload-bit.mime"),
                   fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 1 && strstr(r->out, "unknown error occurred"), "%.2000s", r->out);
}

static const ens_case cases[] = {
    {"explains codes, and says which it doesn't know", explains_codes},
    {"tells the errors of a signal, in text and JSON, and what a Domibus says to a fault",
     tells_the_errors_of_a_signal},
    {NULL, NULL},
};
ENS_SUITE("cli/explain", cases)
