/* Any file, as a user gives it to the doctor. */
#include "engine/base/bytes.h"
#include "show/checks.h"
#include "show/doctor_html.h"
#include "sti/doctor/doctor.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define AT "2026-10-01T12:00:00Z"

static char folder[] = "/tmp/ensign-doctor-XXXXXX";

static void set_up(void)
{
    snprintf(folder + sizeof folder - 7, 7, "XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* make runs a shell command in the folder; $F is that of the fixtures, $E the command. */
static void make(const char *command)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "cd %s && F=%s E=%s && export F E && (%s) >/dev/null 2>&1", folder, fixture_folder(),
             ENSIGN_COMMAND, command);
    CHECK_ROW(system(whole) == 0, "%s", command);
}

static const struct {
    const char *make; /* writes "file"; NULL: the fixture */
    const char *fixture, *kind, *who, *because;
    int status;
} rows[] = {
    {NULL, "f26.mime", "message", "nobody", NULL, 0},
    {NULL, "body-unsigned.mime", "message", "provider", "coverage.body", 1},
    {NULL, "gzip-crc.mime", "message", "provider", NULL, 1},
    {NULL, "other-company.mime", "message", "you", "binding.eori", 1},
    {NULL, "expired.mime", "message", "you", "chain.dates", 1},
    {NULL, "document-no-lrn.mime", "message", "you", NULL, 1},
    {NULL, "receipt-f26.xml", "receipt", NULL, NULL, -1},
    {NULL, "error.xml", "error-signal", NULL, NULL, 1},
    {NULL, "pull.xml", "pull-request", "nobody", NULL, 0},
    {NULL, "pki/trader.pem", "chain", NULL, NULL, -1},
    {NULL, "pki/root.pem", "certificate", NULL, NULL, -1},
    {NULL, "pki/trader.key", "private-key", "you", NULL, 2},
    {NULL, "pki/issuing.crl", "crl", "you", NULL, 2},
    {NULL, "lists/lotl.xml", "trusted-list", "you", NULL, 2},
    {"openssl rsa -in $F/pki/trader.key -outform DER -out file", NULL, "private-key", "you", NULL, 2},
    {"openssl pkcs12 -export -inkey $F/pki/trader.key -in $F/pki/trader.pem -passout pass:x -out file", NULL,
     "keystore", "you", NULL, 2},
    {"openssl req -new -key $F/pki/trader.key -subj '/C=FR/O=Acme/CN=Acme seal' -out file", NULL, "request", NULL, NULL,
     -1},
    {"openssl x509 -in $F/pki/root.pem -outform DER -out file", NULL, "certificate", NULL, NULL, -1},
    {"$E ens new IE3F26 --from FR73282932000074 -o file", NULL, "document", "nobody", NULL, 0},
    {"$E ens new IE3F26 --from FR73282932000074 -o f && sed 's#<postCode>[^<]*</postCode>##' f >file", NULL, "document",
     "you", NULL, 1},
    {"$E ens new IE3R01 -o file", NULL, "reply", "nobody", NULL, 0},
    {"$E ens new IE3N99 -o file", NULL, "refusal", "you", NULL, 1},
    {"echo '<a/>' >file", NULL, "xml", "you", NULL, 1},
    {"$E pdf issue --eori FR73282932000074 -o file", NULL, "registration-pdf", "you", NULL, 1},
    {"printf 'FR73282932000074\\n' >file", NULL, "eori", NULL, NULL, 0},
    {"echo 'Dear all, please see below.' >file", NULL, "unknown", "nobody", NULL, 2},
    {": >file", NULL, "unknown", "nobody", NULL, 2},
};

static void says_what_any_file_is(void)
{
    char want[80];
    set_up();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];
        if (rows[i].make)
            make(rows[i].make);
        snprintf(path, sizeof path, "%s/file", folder);
        const char *file = rows[i].make ? path : fixture_path(rows[i].fixture);
        const run_result *r = run_ensign("doctor %s --trust %s --at " AT " --json", file, fixture_path("pki/root.pem"));
        const char *name = rows[i].make ? rows[i].make : rows[i].fixture;
        snprintf(want, sizeof want, "\"kind\":\"%s\"", rows[i].kind);
        CHECK_ROW(strstr(r->out, want), "%s: %s%.300s", name, r->err, r->out);
        snprintf(want, sizeof want, "\"who\":\"%s\"", rows[i].who ? rows[i].who : "");
        CHECK_ROW(!rows[i].who || strstr(r->out, want), "%s: %.700s", name, r->out);
        snprintf(want, sizeof want, "\"because\":\"%s\"", rows[i].because ? rows[i].because : "");
        CHECK_ROW(!rows[i].because || strstr(r->out, want), "%s: %.700s", name, r->out);
        CHECK_ROW(rows[i].status < 0 || r->status == rows[i].status, "%s: exit status %d: %.300s", name, r->status,
                  r->out);
    }
    tear_down();
}

/* What a ticket says it says without the values of the file; a key is not even hashed. */
static void drafts_a_ticket_that_quotes_nobody(void)
{
    set_up();
    const run_result *r =
        run_ensign("doctor %s --trust %s --at " AT, fixture_path("body-unsigned.mime"), fixture_path("pki/root.pem"));
    const char *ticket = strstr(r->out, "To: your provider");
    CHECK_ROW(ticket && strstr(ticket, "Check: coverage.body") && strstr(ticket, "Clause: ICD 4.6.2"), "%s", r->out);
    CHECK_ROW(ticket && strstr(ticket, "What is asked for"), "%s", r->out);
    r = run_ensign("doctor %s --json", fixture_path("body-unsigned.mime"));
    ticket = strstr(r->out, "\"ticket\":\"");
    CU_ASSERT_PTR_NOT_NULL(ticket);
    r = run_ensign("doctor %s", fixture_path("pki/trader.key"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "it was not read") && !strstr(r->out, "SHA-256"), "%s", r->out);
    CU_ASSERT_EQUAL(run_ensign("doctor")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("doctor %s/none", folder)->status, 2);
    r = run_ensign("doctor %s %s --trust %s --at " AT " --json", fixture_path("f26.mime"),
                   fixture_path("body-unsigned.mime"), fixture_path("pki/root.pem"));
    CU_ASSERT_EQUAL(r->status, 1);
    tear_down();
}

/* On a page, what a file says of itself is text. */
static void writes_markup_that_escapes(void)
{
    ens_buf out;
    ens_html h = {.out = &out};
    const ens_finding because = {.id = "coverage.body", .outcome = ENS_FAIL, .rule = "R", .hint = "sign it"};
    const ens_diagnosis x = {.kind = ENS_PATIENT_MESSAGE,
                             .judged = true,
                             .verdict = ENS_REFUSED,
                             .because = &because,
                             .who = ENS_WHO_PROVIDER,
                             .message_id = ENS_LIT("a\nTo: <script>x</script>")};
    ens_buf_init(&out, NULL, 0, (size_t)1 << 20);
    ens__doctor_whole_html(&h, &(ens__doctor_view){.file = "<b>", .diagnosis = &x});
    ens_buf_add(&out, "", 1);
    CU_ASSERT_EQUAL(out.failed, ENS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr((char *)out.p, "message id a To: &lt;script&gt;x"));
    CU_ASSERT(!strstr((char *)out.p, "<script>") && !strstr((char *)out.p, "<b>"));
    ens_buf_free(&out);
}

/* Every check has somebody who acts, by its own row or that of its family, and every row has a check. */
static void knows_who_acts_on_every_check(void)
{
    const ens__check *check;
    for (size_t i = 0; (check = ens__check_get(i)); i++) {
        size_t family = strcspn(check->id, ".");
        bool found = false;
        for (size_t k = 0; ens__who_row(k); k++)
            found = found || strcmp(ens__who_row(k), check->id) == 0 ||
                    (strlen(ens__who_row(k)) == family && strncmp(ens__who_row(k), check->id, family) == 0);
        CHECK_ROW(found, "nobody acts on %s: sti/doctor/who.inc", check->id);
    }
    for (size_t k = 0; ens__who_row(k); k++) {
        size_t len = strlen(ens__who_row(k));
        bool found = false;
        for (size_t i = 0; (check = ens__check_get(i)) && !found; i++)
            found = strncmp(check->id, ens__who_row(k), len) == 0 && (check->id[len] == '.' || !check->id[len]);
        CHECK_ROW(found, "there is no check of %s", ens__who_row(k));
    }
    CU_ASSERT_EQUAL(ens__who_of("payload.root", false), ENS_WHO_YOU);
    CU_ASSERT_EQUAL(ens__who_of("payload.gzip", false), ENS_WHO_PROVIDER);
    CU_ASSERT_EQUAL(ens__who_of("digest.body", true), ENS_WHO_CUSTOMS);
    CU_ASSERT_EQUAL(ens__who_of("nothing.known", false), ENS_WHO_NOBODY);
    CU_ASSERT_EQUAL(ens__who_of_code(ENS_LIT("EBMS:0004"), ENS_LIT("A001")), ENS_WHO_YOU);
    CU_ASSERT_EQUAL(ens__who_of_code(ENS_LIT("EBMS:0004"), ENS_LIT("A003")), ENS_WHO_CUSTOMS);
    CU_ASSERT_EQUAL(ens__who_of_code(ENS_LIT("EBMS:0103"), (ens_slice){0}), ENS_WHO_PROVIDER);
}

static const ens_case cases[] = {
    {"says what any file is", says_what_any_file_is},
    {"drafts a ticket that quotes nobody", drafts_a_ticket_that_quotes_nobody},
    {"writes markup that escapes", writes_markup_that_escapes},
    {"knows who acts on every check", knows_who_acts_on_every_check},
    {NULL, NULL},
};
ENS_SUITE("cli/doctor", cases)
