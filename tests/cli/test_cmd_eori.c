#include "tests/certs/local_server.h"
#include "tests/cli/run.h"
#include "tests/suite.h"

#include <jansson.h>
#include <string.h>

static void tells_the_verdict_in_its_exit_status(void)
{
    static const struct {
        const char *arguments;
        int status;
        const char *out, *err; /* a part of what is said; NULL: nothing */
    } rows[] = {
        {"check FR12345678200010", 0, "FR12345678200010: accepted, France", NULL},
        {"check -v FR12345678200010", 0, "eori.check-digit", NULL},
        {"check FR12345678200011", 1, "eori.check-digit", NULL},
        {"check FR12345678200010 FR12345678200011", 1, "FR12345678200011: refused", NULL},
        {"check 'FR 12345678200010'", 1, "eori.shape", NULL},
        {"check ''", 1, "eori.shape", NULL},
        {"check GB123456789000", 0, "eori.country", NULL},
        {"check", 2, NULL, "no EORI given"},
        {"check --what FR1", 2, NULL, "--what"},
        {"find FR1", 2, NULL, "find"},
        {"", 2, NULL, "usage"},
        {"check --help", 0, "--online", NULL},
        {"check --online http://127.0.0.1:1/ BE0314595348", 2, "undecided", "no answer"},
        {"check --online=http://127.0.0.1:1/ BE0314595348", 2, "undecided", "no answer"},
        {"check --online http://example/ BE0314595348", 2, "undecided", "https://"},
        {"check --online http://127.0.0.1:1/ 'no EORI'", 1, "refused", NULL}, /* never sent */
        {"check FR732829320 --at 2025-12-31T23:59:59Z", 0, "in force from 2026-01-01 on", NULL},
        {"check FR73282932000074 --at 2026-01-01T00:00:00Z", 0, "the form that ends", NULL},
        {"check VATFR-44732829320", 1, "no EORI", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("eori %s", rows[i].arguments);
        CHECK_ROW(r->status == rows[i].status, "eori %s: status %d", rows[i].arguments, r->status);
        CHECK_ROW(rows[i].out ? strstr(r->out, rows[i].out) != NULL : !r->out[0], "eori %s: stdout %.100s",
                  rows[i].arguments, r->out);
        CHECK_ROW(rows[i].err ? strstr(r->err, rows[i].err) != NULL : !r->err[0], "eori %s: stderr %.100s",
                  rows[i].arguments, r->err);
    }
}

static json_t *line_of(const char **text)
{
    const char *end = strchr(*text, '\n');
    json_t *o = end ? json_loadb(*text, (size_t)(end - *text), JSON_REJECT_DUPLICATES, NULL) : NULL;
    *text = end ? end + 1 : *text + strlen(*text);
    return o;
}

static bool text_is(const json_t *o, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && strcmp(text, value) == 0;
}

static void prints_one_json_object_per_number(void)
{
    const char *at = run_ensign("eori check --json FR12345678200010 FR12345678200011 US1")->out;
    static const char *const verdicts[] = {"accepted", "refused", "refused"};
    for (size_t i = 0; i < 3; i++) {
        json_t *o = line_of(&at), *check;
        size_t k;
        CHECK_ROW(o && text_is(o, "verdict", verdicts[i]) && json_is_null(json_object_get(o, "registered")), "line %zu",
                  i + 1);
        json_array_foreach(json_object_get(o, "checks"), k, check)
        {
            bool failed = text_is(check, "outcome", "fail");
            CHECK_ROW(json_is_string(json_object_get(check, "id")) && json_is_string(json_object_get(check, "rule")) &&
                          (!failed || json_is_string(json_object_get(check, "hint"))),
                      "check %zu of line %zu", k, i + 1);
        }
        json_decref(o);
    }
    CU_ASSERT_EQUAL(*at, '\0');
}

#define RESULT(eori, status) "<result><eori>" eori "</eori><status>" status "</status></result>"
static const char answer[] =
    "<S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>"
    "<n:validateEORIResponse xmlns:n=\"http://eori.ws.eos.dds.s/\"><return>"
    "<result><eori>FR12345678200010</eori><status>0</status><name>FRET EXEMPLE</name></result>" RESULT(
        "BE0314595348", "1") "</return></n:validateEORIResponse></S:Body></S:Envelope>";

static void asks_the_service_that_it_is_told_of(void)
{
    local_server server = {.status = "200 OK", .body = answer, .body_len = sizeof answer - 1};
    CU_ASSERT_TRUE_FATAL(local_server_start(&server));
    const run_result *r = run_ensign("eori check FR12345678200010 --online %s", server.url);
    CHECK_ROW(r->status == 0 && strstr(r->out, "FRET EXEMPLE"), "%d %s", r->status, r->out);
    r = run_ensign("eori check --online %s BE0314595348", server.url);
    CHECK_ROW(r->status == 1 && strstr(r->out, "eori.registered"), "%d %s", r->status, r->out);
    r = run_ensign("eori check --json --online %s FR12345678200010 DE1234567", server.url);
    const char *at = r->out;
    json_t *first = line_of(&at), *second = line_of(&at);
    CHECK_ROW(r->status == 2 && json_is_true(json_object_get(first, "registered")) &&
                  text_is(first, "name", "FRET EXEMPLE"),
              "%s", r->out);
    CHECK_ROW(json_is_null(json_object_get(second, "registered")) && text_is(second, "verdict", "undecided"), "%s",
              r->out);
    json_decref(first);
    json_decref(second);
    local_server_stop(&server);
    CU_ASSERT_EQUAL(server.num_requests, 3);
}

static const ens_case cases[] = {
    {"tells the verdict in its exit status", tells_the_verdict_in_its_exit_status},
    {"prints one JSON object per number", prints_one_json_object_per_number},
    {"asks the service that it is told of", asks_the_service_that_it_is_told_of},
    {NULL, NULL},
};
ENS_SUITE("cli/eori", cases)
