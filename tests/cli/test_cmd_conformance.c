/* conformance as a user runs it: on our own access point no row fails, and those that take, refuse or ignore everything
 * pass nothing that they should not. */
#include "tests/as4/access_point.h"
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT "2026-10-01T12:00:00Z"

/* outcome_of is the row's; "" where it is missing. */
static const char *outcome_of(const char *out, const char *id)
{
    static char text[8];
    char begin[64];
    snprintf(begin, sizeof begin, "{\"id\":\"%s\",\"level\":\"", id);
    const char *at = strstr(out, begin), *outcome = at ? strstr(at, "\"outcome\":\"") : NULL;
    snprintf(text, sizeof text, "%.4s", outcome ? outcome + sizeof "\"outcome\":\"" - 1 : "");
    return text;
}

/* count_rows counts rows of an outcome. */
static unsigned count_rows(const char *out, const char *outcome)
{
    unsigned num = 0;
    for (const char *at = out; (at = strstr(at, "{\"id\":\"")); at++) {
        const char *end = strchr(at, '\n'), *level = strstr(at, "\"outcome\":\"");
        num += level && end && level < end && strncmp(level + sizeof "\"outcome\":\"" - 1, outcome, 4) == 0;
    }
    return num;
}

static const run_result *try_fixture(const ap_answer *answers, unsigned num)
{
    static access_point ap;
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, answers, num));
    const run_result *r = run_ensign(
        "conformance %s --key %s --cert %s --from FR73282932000074 --trust %s --at " AT " --json", ap.url,
        fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"), fixture_path("pki/customs-root.pem"));
    access_point_close(&ap);
    return r;
}

/* What was filed before is nothing that is filed again. */
static void run_conformance_again(const stand_in *s)
{
    usleep(1100000); /* LRNs are made of the second */
    const run_result *r = run_ensign(
        "conformance https://%s%s --from %s --key %s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem "
        "--tls-cert %s/tls-client.pem --tls-key %s/tls-client.key --tls-root %s/tls-root.pem --json",
        s->tls, s->path, s->eori, s->pki, s->pki, s->pki, s->pki, s->pki, s->pki);
    CHECK_ROW(r->status == 0 && count_rows(r->out, "fail") == 0, "%d %s", r->status, strstr(r->out, "\"fail\""));
}

static void nothing_fails_on_our_own(void)
{
    static char demo[] = "/tmp/ensign-conforms-XXXXXX";
    char command[96];
    stand_in s;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
    const run_result *r = run_ensign(
        "conformance https://%s%s --from %s --key %s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem "
        "--tls-cert %s/tls-client.pem --tls-key %s/tls-client.key --tls-root %s/tls-root.pem --json --junit %s/out.xml",
        s.tls, s.path, s.eori, s.pki, s.pki, s.pki, s.pki, s.pki, s.pki, demo);
    CHECK_ROW(r->status == 0 && count_rows(r->out, "fail") == 0, "%d %s", r->status, r->err);
    for (const char *at = r->out; (at = strstr(at, "\"fail\"")); at++)
        CHECK_ROW(false, "%.200s", at);
    static const char *const passed[] = {"AS4_CP_TA01", "AS4_CP_TA04", "AS4_CP_TA07", "AS4_CP_TA12", "AS4_CP_TA17",
                                         "AS4_CP_TA30", "AS4_CP_TA35", "AS4_CP_TA42", "AS4_DR_TA02", "AS4_DR_TA04",
                                         "ICS-01",      "ICS-03",      "ICS-04",      "ICS-05",      "ICS-11",
                                         "ICS-13",      "ICS-19",      "ICS-20",      "ENS-MIME",    "ENS-TOKEN",
                                         "AS4_CP_TA02", "ICS-14",      "ICS-15",      "ICS-22",      "ENS-DOCUMENT"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        CHECK_ROW(strcmp(outcome_of(r->out, passed[i]), "pass") == 0, "%s: %s", passed[i],
                  outcome_of(r->out, passed[i]));
    CU_ASSERT_STRING_EQUAL(outcome_of(r->out, "ICS-16"), "skip"); /* one access point alone */
    CHECK_ROW(strstr(r->out, "not sent") == NULL, "a message can't be made: %.200s", strstr(r->out, "not sent"));
    run_conformance_again(&s);
    snprintf(command, sizeof command, "grep -q 'classname=\"ICS-03\" name=\"the Body is not signed\"' %s/out.xml",
             demo);
    CU_ASSERT_EQUAL(system(command), 0);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(command, sizeof command, "rm -rf %s %s.log", demo, demo);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void who_acknowledges_everything_fails(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    static const char *const families[] = {"algorithm", "binding", "chain", "coverage", "digest",
                                           "header",    "payload", "rules", "token",    "wrapping"};
    const run_result *r = try_fixture(answers, 1);
    char text[96];
    CHECK_ROW(r->status == 1 && strcmp(outcome_of(r->out, "AS4_CP_TA01"), "pass") == 0, "%d %.300s %s", r->status,
              r->out, r->err);
    CHECK_ROW(count_rows(r->out, "fail") > 20, "%u rows fail", count_rows(r->out, "fail"));
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        snprintf(text, sizeof text, "\"family\":\"%s\",\"outcome\":\"fail\",\"acknowledged\":true", families[i]);
        CHECK_ROW(strstr(r->out, text) != NULL, "%s isn't reported as acknowledged", families[i]);
        snprintf(text, sizeof text, "\"family\":\"%s\",\"outcome\":\"pass\"", families[i]);
        CHECK_ROW(strstr(r->out, text) == NULL, "%s passes", families[i]);
    }
}

static void receipts_of_nobody_pass_nothing(void)
{
    static const ap_answer answers[] = {AP_RECEIPT_FOREIGN};
    const run_result *r = try_fixture(answers, 1);
    CHECK_ROW(r->status == 1 && count_rows(r->out, "pass") == 0, "%d, %u rows pass", r->status,
              count_rows(r->out, "pass"));
}

static void who_refuses_or_ignores_everything_passes_nothing(void)
{
    static const ap_answer rows[] = {AP_ERROR_A001, AP_ERROR_UNSEALED, AP_ERROR_ELSEWHERE, AP_EMPTY,
                                     AP_PAGE,       AP_FAULT_SENDER,   AP_NOTHING};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = try_fixture(&rows[i], 1);
        CHECK_ROW(r->status != 0 && count_rows(r->out, "pass") == 0, "answer %d: exit %d, %u rows pass", (int)rows[i],
                  r->status, count_rows(r->out, "pass"));
    }
}

static void nobody_there_is_undecided(void)
{
    const run_result *r = run_ensign("conformance http://127.0.0.1:9/as4 --key %s --cert %s --from FR73282932000074 "
                                     "--trust %s --at " AT " --json",
                                     fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                                     fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == 2 && count_rows(r->out, "pass") == 0 && count_rows(r->out, "fail") == 0, "%d %.300s",
              r->status, r->out);
    r = run_ensign("conformance http://127.0.0.1:9/as4");
    CU_ASSERT_EQUAL(r->status, 2);
    r = run_ensign("conformance http://127.0.0.1:9/as4 --key %s --cert %s --from FR73282932000074",
                   fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "--trust"), "%d %s", r->status, r->err);
}

static const ens_case cases[] = {
    {"on our own access point no row fails", nothing_fails_on_our_own},
    {"an access point that acknowledges everything fails by every kind of fault", who_acknowledges_everything_fails},
    {"receipts of nobody who is trusted pass nothing", receipts_of_nobody_pass_nothing},
    {"who refuses or ignores everything passes nothing", who_refuses_or_ignores_everything_passes_nothing},
    {"without anybody there, or without anchors, nothing is told", nobody_there_is_undecided},
    {NULL, NULL},
};

ENS_SUITE("cli/conformance", cases)
