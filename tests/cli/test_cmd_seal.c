/* Batches of seal as a user runs them: a message for each payload, lines in the order of the payloads. */
#include "engine/base/file.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"
#define PAYLOADS 12
#define SEAL "--from FR73282932000074 --action IE3F26 " AT

/* deliver writes the document of a fixture to payloads/NN.xml; one of them, where wanted, is no document. */
static bool deliver(void)
{
    ens_file file = {0};
    char name[64];
    if (!fixture_folder() || run_ensign("verify %s --trust %s " AT " -q --payloads %s", fixture_path("f26.mime"),
                                        fixture_path("pki/root.pem"), fixture_path("batch-in"))
                                     ->status != 0)
        return false;
    if (ens__file_open(fixture_path("batch-in/00000001-0000-4000-8000-000020261001@ap.trader.example/ens"), 0, &file,
                       NULL) != ENS_OK)
        return false;
    bool good = true;
    for (unsigned i = 0; i < PAYLOADS; i++) {
        snprintf(name, sizeof name, "batch-in/%02u.xml", i);
        good = good && ens__file_write(fixture_path(name), file.bytes, 0600, NULL) == ENS_OK;
    }
    good = good && ens__file_write(fixture_path("batch-in/wrong.xml"), ENS_LIT("<IE3F26/>"), 0600, NULL) == ENS_OK;
    ens__file_close(&file);
    mkdir(fixture_path("batch-out"), 0777);
    return good;
}

/* check_line tells whether the nth line is that of the nth payload, and its message verifies. */
static void check_line(const char *line, unsigned nth, bool first)
{
    char name[64], id[256] = "";
    snprintf(name, sizeof name, "batch-out/%02u.mime", nth);
    json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    const char *message = json_string_value(json_object_get(o, "message"));
    CHECK_ROW(message && strcmp(message, fixture_path(name)) == 0, "line %u: %.120s", nth, line);
    snprintf(id, sizeof id, "\"message_id\":\"%s\"", json_string_value(json_object_get(o, "message_id")));
    json_decref(o);
    if (!first)
        return;
    const run_result *r =
        run_ensign("verify %s --trust %s " AT " --json", fixture_path(name), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, id), "%d %.300s", r->status, r->out);
}

static void a_message_for_each_payload(void)
{
    static char lines[RUN_OUTPUT_MAX];
    if (!deliver()) {
        CU_FAIL("the payloads can't be written");
        return;
    }
    for (unsigned threads = 1; threads <= 3; threads += 2) {
        const run_result *r = run_ensign("seal %s/??.xml --key %s --cert %s " SEAL " --json --threads %u -o %s",
                                         fixture_path("batch-in"), fixture_path("pki/trader.key"),
                                         fixture_path("pki/trader.pem"), threads, fixture_path("batch-out"));
        CHECK_ROW(r->status == 0, "%d %s", r->status, r->err);
        snprintf(lines, sizeof lines, "%s", r->out);
        char *line = lines;
        for (unsigned i = 0; i < PAYLOADS; i++) {
            char *end = strchr(line, '\n');
            if (!end) {
                CU_FAIL("there are too few lines");
                return;
            }
            *end = '\0';
            check_line(line, i, i == 0 || i + 1 == PAYLOADS);
            line = end + 1;
        }
        CU_ASSERT_EQUAL(*line, '\0');
    }
}

static void one_that_is_refused(void)
{
    if (!deliver())
        return;
    unlink(fixture_path("batch-out/wrong.mime"));
    unlink(fixture_path("batch-out/01.mime"));
    const run_result *r =
        run_ensign("seal %s %s --key %s --cert %s " SEAL " --threads 2 -o %s", fixture_path("batch-in/wrong.xml"),
                   fixture_path("batch-in/01.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                   fixture_path("batch-out"));
    CHECK_ROW(r->status == 1 && strstr(r->err, "wrong.xml isn't sealed") && strstr(r->err, "payload."), "%d %s",
              r->status, r->err);
    CU_ASSERT_EQUAL(access(fixture_path("batch-out/01.mime"), R_OK), 0);
    CU_ASSERT_NOT_EQUAL(access(fixture_path("batch-out/wrong.mime"), F_OK), 0);
}

static void what_makes_no_sense(void)
{
    static const char *const rows[][3] = {
        {"", "batch-in/00.xml", "want a folder"},
        {"--message-id x@y", "batch-out", "for a single payload"},
        {"--attach x.pdf", "batch-out", "for a single payload"},
        {"--threads 0", "batch-out", "--threads is"},
        {"--json", "-", "can't both go to stdout"},
    };
    if (!deliver())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *out = rows[i][1][0] == '-' ? "-" : fixture_path(rows[i][1]);
        const run_result *r =
            run_ensign("seal %s %s --key %s --cert %s " SEAL " %s -o %s", fixture_path("batch-in/00.xml"),
                       fixture_path("batch-in/01.xml"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"),
                       rows[i][0], out);
        CHECK_ROW(r->status == 2 && strstr(r->err, rows[i][2]), "%s: %d %s", rows[i][0], r->status, r->err);
    }
    const run_result *r = run_ensign("seal %s %s --key %s --cert %s " SEAL " -o %s", fixture_path("batch-in/00.xml"),
                                     fixture_path("batch-in/00.xml"), fixture_path("pki/trader.key"),
                                     fixture_path("pki/trader.pem"), fixture_path("batch-out"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "two payloads would become"), "%d %s", r->status, r->err);
}

static const ens_case cases[] = {
    {"seal writes a message for each payload, by one thread and by three", a_message_for_each_payload},
    {"one payload that is refused leaves the others sealed, and the status says so", one_that_is_refused},
    {"options that make no sense for a batch are refused before anything is sealed", what_makes_no_sense},
    {NULL, NULL},
};
ENS_SUITE("cli/seal", cases)
