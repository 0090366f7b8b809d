#include "sti/store/sql.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/ensign-journal-XXXXXX";

static void set_up(void)
{
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* make_store has a message, its receipt, a refused one, and a handshake that failed. */
static void make_store(void)
{
    char path[64];
    ens__store *s = NULL;
    snprintf(path, sizeof path, "%s/s.db", folder);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(path, &(ens__store_options){.create = true}, &s, NULL), ENS_OK);
    const ens__entry entries[] = {
        {.at_ms = 1790812800000,
         .verdict = ENS_ACCEPTED,
         .action = ENS_LIT("IE3F26"),
         .message_id = ENS_LIT("m1@trader"),
         .party = ENS_LIT("FR73282932000074"),
         .lrn = ENS_LIT("L-1"),
         .mrn = ENS_LIT("26FRSIM00000000AT0"),
         .raw = ENS_LIT("Content-Type: application/soap+xml\r\n\r\nthe message\n")},
        {.direction = ENS_OUT,
         .kind = ENS_ENTRY_RECEIPT,
         .verdict = ENS_ACCEPTED,
         .ref_to = ENS_LIT("m1@trader"),
         .raw = ENS_LIT("receipt")},
        {.verdict = ENS_REFUSED,
         .message_id = ENS_LIT("m2@trader"),
         .unread = true,
         .ebms = ENS_LIT("EBMS:0101"),
         .raw = ENS_LIT("forged")},
        {.kind = ENS_ENTRY_TLS,
         .verdict = ENS_REFUSED,
         .peer = ENS_LIT("127.0.0.1:4711"),
         .detail = ENS_LIT("no client certificate")},
    };
    ens__change c = {.kind = ENS_CHANGE_JOURNAL, .journal = {entries, 4}}, *change = &c;
    CU_ASSERT_EQUAL(ens__store_commit(s, &change, 1, NULL), ENS_OK);
    ens__store_close(s);
}

static unsigned lines(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void migrates_and_checks(void)
{
    set_up();
    const run_result *r = run_ensign("store migrate --store %s/s.db", folder);
    CU_ASSERT(r->status == 0 && strstr(r->out, "made, schema "));
    r = run_ensign("store migrate --store %s/s.db --json", folder);
    char same[64];
    snprintf(same, sizeof same, "\"from\":%d,\"to\":%d", ENS_STORE_SCHEMA, ENS_STORE_SCHEMA);
    CU_ASSERT(r->status == 0 && strstr(r->out, same));
    r = run_ensign("store check --store %s/s.db --json", folder);
    json_t *o = json_loads(r->out, 0, NULL);
    const char *durable = json_string_value(json_object_get(o, "durable"));
    CU_ASSERT(durable && r->status == (strcmp(durable, "disk") != 0));
    CU_ASSERT(json_array_size(json_object_get(o, "checks")) >= 4);
    json_decref(o);
    r = run_ensign("store check --store %s/none.db", folder);
    CU_ASSERT(r->status == 2 && strstr(r->err, "store migrate"));
    CU_ASSERT_EQUAL(run_ensign("store check")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("store check --store postgres:host=db")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("store forget --store %s/s.db", folder)->status, 2);
    tear_down();
}

static void lists_rows_as_the_contract_has_them(void)
{
    static const char *const members[] = {"seq",     "at",   "direction", "kind",   "action", "message_id", "party",
                                          "verdict", "ebms", "bytes",     "sha256", "ref_to", "lrn",        "mrn"};
    set_up();
    make_store();
    const run_result *r = run_ensign("journal list --store %s/s.db --json", folder);
    CU_ASSERT(r->status == 0 && lines(r->out) == 4);
    json_t *o = json_loads(r->out, JSON_DISABLE_EOF_CHECK, NULL);
    for (unsigned i = 0; i < sizeof members / sizeof *members; i++)
        CHECK_ROW(json_object_get(o, members[i]), "no %s", members[i]);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(o, "at")), "2026-10-01T00:00:00Z");
    CU_ASSERT(json_is_null(json_object_get(o, "ebms")) && json_is_null(json_object_get(o, "ref_to")));
    json_decref(o);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --since 2", folder)->out), 2);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --message-id m1@trader", folder)->out), 2);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --kind tls-failure", folder)->out), 1);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --direction out --limit 9", folder)->out), 1);
    r = run_ensign("journal list --store %s/s.db", folder);
    CU_ASSERT(r->status == 0 && lines(r->out) == 5 && strstr(r->out, "no client certificate"));
    CU_ASSERT_EQUAL(run_ensign("journal list --store %s/s.db --since minus", folder)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("journal list --store %s/s.db --kind odd", folder)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("journal list --store %s/none.db", folder)->status, 2);
    tear_down();
}

static void shows_and_exports_the_bytes(void)
{
    char path[128], text[64] = "";
    set_up();
    make_store();
    const run_result *r = run_ensign("journal show 3 --store %s/s.db", folder);
    CU_ASSERT(r->status == 0 && strstr(r->out, "EBMS:0101") && strstr(r->out, "m2@trader"));
    r = run_ensign("journal show 2 --raw --store %s/s.db", folder);
    CU_ASSERT(r->status == 0 && strcmp(r->out, "receipt") == 0);
    CU_ASSERT_EQUAL(run_ensign("journal show 4 --raw --store %s/s.db", folder)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("journal show 9 --store %s/s.db", folder)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("journal show --store %s/s.db", folder)->status, 2);
    r = run_ensign("journal export --store %s/s.db -o %s/out", folder, folder);
    CU_ASSERT(r->status == 0 && strstr(r->err, "4 rows"));
    snprintf(path, sizeof path, "%s/out/000000000003-in-user-message.mime", folder);
    FILE *f = fopen(path, "r");
    CU_ASSERT(f && fgets(text, sizeof text, f) && strcmp(text, "forged") == 0);
    if (f)
        fclose(f);
    r = run_ensign("journal export 1 --store %s/s.db -o %s/one --json", folder, folder);
    CU_ASSERT(r->status == 0 && lines(r->out) == 1 && strstr(r->out, "000000000001-in-user-message.mime"));
    CU_ASSERT_EQUAL(run_ensign("journal export --store %s/s.db", folder)->status, 2);
    tear_down();
}

static void finds_rows_by_lrn_and_mrn(void)
{
    set_up();
    make_store();
    const run_result *r = run_ensign("journal list --store %s/s.db --json --lrn L-1", folder);
    CU_ASSERT(r->status == 0 && lines(r->out) == 1 && strstr(r->out, "\"lrn\":\"L-1\",\"mrn\":\"26FRSIM"));
    CHECK_ROW(strstr(r->err, "rows from 3 on") && strstr(r->err, "ensign store migrate"), "%s", r->err);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --mrn 26FRSIM00000000AT0", folder)->out), 1);
    CU_ASSERT_EQUAL(lines(run_ensign("journal list --store %s/s.db --json --lrn L-2", folder)->out), 0);
    r = run_ensign("store migrate --store %s/s.db", folder);
    CHECK_ROW(r->status == 0 && strstr(r->out, "LRN and MRN of 1 rows of the journal read"), "%s", r->out);
    CU_ASSERT_STRING_EQUAL(run_ensign("journal list --store %s/s.db --lrn L-2", folder)->err, "");
    tear_down();
}

static const ens_case cases[] = {
    {"finds rows by LRN and MRN", finds_rows_by_lrn_and_mrn},
    {"migrates and checks", migrates_and_checks},
    {"lists rows as the contract has them", lists_rows_as_the_contract_has_them},
    {"shows and exports the bytes", shows_and_exports_the_bytes},
    {NULL, NULL},
};
ENS_SUITE("cli/store", cases)
