/* filing, officer and clock, as a user steers a stand-in with them. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 30000u

static char base[40];
static stand_in s;

static void send(const char *action, const char *options)
{
    const run_result *r = run_ensign("ens new %s --from %s %s -o %s/doc.xml", action, s.eori, options, base);
    CHECK_ROW(r->status == 0, "%s", r->err);
    r = run_ensign(
        "send https://%s%s %s/doc.xml --from %s --action %s --key %s/trader.key --cert %s/trader.pem --trust "
        "%s/customs-root.pem --tls-cert %s/tls-client.pem --tls-key %s/tls-client.key --tls-root "
        "%s/tls-root.pem",
        s.tls, s.path, base, s.eori, action, s.pki, s.pki, s.pki, s.pki, s.pki, s.pki);
    CHECK_ROW(r->status == 0, "%s %s", r->out, r->err);
}

/* shows waits until a filing is shown with these words. */
static bool shows(const char *name, const char *words)
{
    const run_result *r = NULL;
    for (unsigned waited = 0; waited < PATIENCE_MS; waited += 200) {
        r = run_ensign("filing show %s --store %s --json", name, s.store);
        if (r->status == 0 && strstr(r->out, words))
            return true;
        usleep(200000);
    }
    CHECK_ROW(false, "%s is not shown with %s: %s%s", name, words, r->out, r->err);
    return false;
}

static void set_up(void)
{
    snprintf(base, sizeof base, "/tmp/ensign-filing-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(base));
    char demo[64];
    snprintf(demo, sizeof demo, "%s/demo", base);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
}

static void tear_down(void)
{
    char command[64];
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(command, sizeof command, "rm -rf %s", base);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void steers_a_filing_to_its_end(void)
{
    set_up();
    send("IE3F27", "--lrn MINE");
    CU_ASSERT_TRUE(shows("MINE", "\"state\":\"complete\""));
    const run_result *r = run_ensign("filing list --store %s", s.store);
    CU_ASSERT(r->status == 0 && strstr(r->out, "MINE"));
    r = run_ensign("filing list --store %s --state invalidated --json", s.store);
    CU_ASSERT(r->status == 0 && !r->out[0]);
    r = run_ensign("filing show MINE --document --store %s", s.store);
    CU_ASSERT(r->status == 0 && strstr(r->out, "<LRN>MINE</LRN>"));
    r = run_ensign("filing show MINE --store %s --json", s.store);
    json_t *o = json_loads(r->out, 0, NULL);
    char mrn[20] = "";
    snprintf(mrn, sizeof mrn, "%s", o ? json_string_value(json_object_get(o, "mrn")) : "");
    json_decref(o);
    r = run_ensign("officer ask-screening %s --store %s", mrn, s.store);
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT_TRUE(shows(mrn, "\"type\":\"RFS\",\"open\":true"));
    r = run_ensign("clock advance 200d --store %s --json", s.store);
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"frozen\":false"), "%s", r->out);
    CU_ASSERT_TRUE(shows(mrn, "\"state\":\"invalidated\""));
    tear_down();
}

static void a_party_lives_in_a_time_of_its_own(void)
{
    set_up();
    const run_result *r = run_ensign("clock freeze 2031-01-01T00:00:00Z --space %s --store %s", s.eori, s.store);
    CHECK_ROW(r->status == 0 && strstr(r->out, "2031-01-01T00:00:00Z  frozen"), "%s%s", r->out, r->err);
    sleep(2); /* it looks at its clocks once a second */
    send("IE3F27", "--lrn THEN");
    CU_ASSERT_TRUE(shows("THEN", "\"registered\":\"2031-01-01T00:00:00Z\""));
    r = run_ensign("filing list --store %s --space %s", s.store, s.eori);
    CU_ASSERT(r->status == 0 && strstr(r->out, "THEN"));
    r = run_ensign("clock advance PT4H --space %s --store %s", s.eori, s.store);
    CHECK_ROW(r->status == 0 && strstr(r->out, "2031-01-01T04:00:00Z"), "%s", r->out);
    CU_ASSERT_TRUE(shows("THEN", "\"IE3N03\""));
    r = run_ensign("clock run --space %s --store %s", s.eori, s.store);
    CU_ASSERT(r->status == 0 && !strstr(r->out, "frozen"));
    r = run_ensign("clock show --store %s", s.store);
    CU_ASSERT(r->status == 0 && strstr(r->out, "all  20"));
    tear_down();
}

static void says_what_it_can_not_do(void)
{
    static const struct {
        const char *arguments;
        int status;
        const char *words;
    } rows[] = {
        {"filing show --store %s", 2, "say which filing"},
        {"filing show NONE --store %s", 2, "no filing has that MRN or LRN"},
        {"filing list --store %s --state lost", 2, "there is no such state"},
        {"filing list x --store %s", 2, "what is x?"},
        {"filing prefer FR1 --want IE3X99 --store %s", 2, "there is no such action"},
        {"filing prefer --store %s", 2, "say who"},
        {"filing prefer FR1 --want IE3R01 --want IE3N03 --store %s", 0, "told at FR1: IE3R01 IE3N03"},
        {"officer dance 26FRSIM00000000AT0 --store %s", 2, "there is no such order"},
        {"officer end-analysis 26FRSIM00000000AT0 --store %s", 2, "there is no such order"},
        {"officer complete 26FRSIM00000000AT0 --store %s", 1, "no filing has that MRN"},
        {"officer complete --store %s", 2, "give an order and an MRN"},
        {"clock advance --store %s", 2, "say by how much"},
        {"clock advance soon --store %s", 2, "say by how much"},
        {"clock freeze soon --store %s", 2, "give one time"},
        {"clock show x --store %s", 2, "what is x?"},
    };
    char store[64];
    snprintf(base, sizeof base, "/tmp/ensign-filing-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(base));
    snprintf(store, sizeof store, "%s/s.db", base);
    CU_ASSERT_EQUAL(run_ensign("store migrate --store %s", store)->status, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char arguments[200];
        const char *at = strstr(rows[i].arguments, "%s");
        snprintf(arguments, sizeof arguments, "%.*s%s%s", (int)(at - rows[i].arguments), rows[i].arguments, store,
                 at + 2);
        const run_result *r = run_ensign("%s", arguments);
        CHECK_ROW(r->status == rows[i].status && (strstr(r->err, rows[i].words) || strstr(r->out, rows[i].words)),
                  "%s: %d, %s%s", rows[i].arguments, r->status, r->out, r->err);
    }
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", base);
    CU_ASSERT_EQUAL(system(command), 0);
}

static const ens_case cases[] = {
    {"steers a filing to its end", steers_a_filing_to_its_end},
    {"a party lives in a time of its own", a_party_lives_in_a_time_of_its_own},
    {"says what it can not do", says_what_it_can_not_do},
    {NULL, NULL},
};
ENS_SUITE("cli/filing", cases)
