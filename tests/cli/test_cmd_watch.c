/* ensign watch and cert check --purpose tls-client as a user runs them. */
#include "engine/base/file.h"
#include "tests/certs/maker.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "2026-10-01T12:00:00Z"
#define LATER "2026-10-02T12:00:00Z"

/* -- TLS client certificates -- */

/* made writes a self-signed certificate with these extensions, and gives its path. */
static const char *made(const char *name, const char *const *extensions)
{
    static const char *const subject[] = {"C", "FR", "O", "Demo", "CN", "client.example", NULL};
    const char *path = fixture_path(name);
    ens_buf pem;
    ens_buf_init(&pem, NULL, 0, ENS_FILE_MAX);
    bool good = maker_certificate(&(maker_row){.subject = subject, .extensions = extensions}, true, &pem) &&
                ens__file_write(path, ens_buf_slice(&pem), 0600, NULL) == ENS_OK;
    ens_buf_free(&pem);
    CU_ASSERT_TRUE(good);
    return path;
}

typedef struct {
    const char *extensions[7];
    const char *check, *outcome, *words;
} purpose_row;

static const purpose_row purposes[] = {
    {{"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "clientAuth", NULL}, "tls.purpose", "pass", ""},
    {{"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "serverAuth", NULL},
     "tls.purpose",
     "fail",
     "for web servers"},
    {{"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "serverAuth,clientAuth", NULL},
     "tls.purpose",
     "warn",
     "stopped issuing in 2026"},
    {{"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "emailProtection", NULL},
     "tls.purpose",
     "fail",
     "isn't for clients"},
    {{"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "anyExtendedKeyUsage", NULL},
     "tls.purpose",
     "warn",
     "for anything"},
    {{"keyUsage", "critical,digitalSignature", NULL}, "tls.purpose", "warn", "no extended key usage"},
    {{"keyUsage", "critical,keyEncipherment", "extendedKeyUsage", "clientAuth", NULL},
     "tls.usage",
     "fail",
     "may not sign"},
    {{"keyUsage", "critical,digitalSignature", "basicConstraints", "critical,CA:TRUE", NULL},
     "tls.usage",
     "fail",
     "CA"},
};

/* has_check finds a check with its outcome, and words in its detail. */
static bool has_check(const char *text, const char *id, const char *outcome, const char *words)
{
    json_t *o = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    const json_t *checks = json_object_get(o, "checks");
    bool found = false;
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *c = json_array_get(checks, i);
        const char *detail = json_string_value(json_object_get(c, "detail"));
        found = found || (strcmp(json_string_value(json_object_get(c, "id")), id) == 0 &&
                          strcmp(json_string_value(json_object_get(c, "outcome")), outcome) == 0 &&
                          strstr(detail ? detail : "", words));
    }
    json_decref(o);
    return found;
}

static void judges_what_the_key_is_for(void)
{
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        const char *path = made("tls-made.pem", purposes[i].extensions);
        const run_result *r =
            run_ensign("cert check %s --purpose tls-client --trust %s --at " AT " --json", path, path);
        CHECK_ROW(has_check(r->out, purposes[i].check, purposes[i].outcome, purposes[i].words), "row %zu: %s%s", i,
                  r->out, r->err);
        CHECK_ROW((r->status == 1) == (strcmp(purposes[i].outcome, "fail") == 0), "row %zu: exit %d", i, r->status);
        CHECK_ROW(strstr(r->out, "\"purpose\":\"tls-client\""), "row %zu: %s", i, r->out);
    }
}

/* Neither the seal's certificate nor its key, nor what is registered or made for seals. */
static void is_never_the_seal(void)
{
    static const struct {
        const char *file, *options, *outcome, *words;
    } rows[] = {
        {"pki/tls-client.pem", "", "skip", "isn't known"},
        {"pki/tls-client.pem", "--seal", "pass", ""},
        {"pki/trader.pem", "--seal", "fail", "the certificate of the seal"},
        {"pki/other-company.pem", "--seal", "fail", "the key is that of the seal"},
        {"pki/qualified.pem", "", "fail", "QcType eseal"},
    };
    char seal[600], options[620];
    if (!fixture_folder())
        return;
    snprintf(seal, sizeof seal, "%s", fixture_path("pki/trader.pem"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(options, sizeof options, "%s%s", *rows[i].options ? "--seal " : "", *rows[i].options ? seal : "");
        const run_result *r = run_ensign("cert check %s --purpose tls-client --trust %s --at " AT " --json %s",
                                         fixture_path(rows[i].file), fixture_path("pki/root.pem"), options);
        CHECK_ROW(has_check(r->out, "tls.seal", rows[i].outcome, rows[i].words), "%s %s: %s%s", rows[i].file, options,
                  r->out, r->err);
    }
    char db[600];
    snprintf(db, sizeof db, "%s", fixture_path("tls-registry.db"));
    CU_ASSERT_EQUAL(run_ensign("party add FR73282932000074 --registry %s --cert %s --unchecked --at " AT, db,
                               fixture_path("pki/tls-client.pem"))
                        ->status,
                    0);
    const run_result *r = run_ensign("cert check %s --purpose tls-client --trust %s --at " AT " --json --registry %s",
                                     fixture_path("pki/tls-client.pem"), fixture_path("pki/root.pem"), db);
    CHECK_ROW(has_check(r->out, "tls.seal", "fail", "registered as a seal"), "%s%s", r->out, r->err);
    r = run_ensign("cert check %s --purpose tls-client --trust %s --at " AT, fixture_path("pki/tls-client.pem"),
                   fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "DG TAXUD") && !strstr(r->out, "EORI"), "%d %s", r->status, r->out);
    CU_ASSERT_EQUAL(run_ensign("cert check %s --purpose web", seal)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("cert check %s --seal %s", seal, seal)->status, 2);
}

/* -- Watching -- */

static char folder[128], state[144], options[2048];

static void copy(const char *name)
{
    char line[1024];
    snprintf(line, sizeof line, "cp %s %s/", fixture_path(name), folder);
    CU_ASSERT_EQUAL(system(line), 0);
}

/* set_up makes a folder with a seal and a TLS certificate, and no state. */
static void set_up(const char *name)
{
    char line[600];
    snprintf(folder, sizeof folder, "%.80s-%.40s", fixture_folder(), name);
    snprintf(state, sizeof state, "%s.state", folder);
    snprintf(line, sizeof line, "rm -rf %s %s && mkdir %s", folder, state, folder);
    CU_ASSERT_EQUAL(system(line), 0);
    copy("pki/trader.pem");
    copy("pki/tls-client.pem");
    copy("pki/root.pem"); /* a CA is nobody's to watch */
    snprintf(options, sizeof options, "--trust %s --national %s --member-state FR --crl %s --state %s",
             fixture_path("pki/root.pem"), fixture_path("pki/root.pem"), fixture_path("pki/issuing.crl"), state);
}

static void clean_up(void)
{
    char line[1024];
    snprintf(line, sizeof line, "rm -rf %s %s %s.ics %s.prom %s.sh %s.told", folder, state, folder, folder, folder,
             folder);
    CU_ASSERT_EQUAL(system(line), 0);
}

static unsigned count(const char *text, const char *what)
{
    unsigned num = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        num++;
    return num;
}

static void tells_what_changed_and_why(void)
{
    if (!fixture_folder())
        return;
    set_up("watched");
    const run_result *r = run_ensign("watch %s %s --at " AT " --json", folder, options);
    CHECK_ROW(r->status == 0 && count(r->out, "\n") == 2 && count(r->out, "\"change\":\"new\"") == 2, "%d %s%s",
              r->status, r->out, r->err);
    CHECK_ROW(count(r->out, "\"purpose\":\"tls-client\"") == 1 && count(r->out, "\"verdict\":\"accepted\"") == 2, "%s",
              r->out);
    r = run_ensign("watch %s %s --at " LATER " --json", folder, options);
    CHECK_ROW(r->status == 0 && count(r->out, "\"change\":null") == 2, "%d %s", r->status, r->out);
    copy("pki/revoked.pem");
    r = run_ensign("watch %s %s --at " LATER, folder, options);
    CHECK_ROW(r->status == 1 && strstr(r->out, "revoked.pem: refused") && strstr(r->out, "revocation.status"), "%d %s",
              r->status, r->out);
    char line[600];
    snprintf(line, sizeof line, "rm %s/revoked.pem", folder);
    CU_ASSERT_EQUAL(system(line), 0);
    r = run_ensign("watch %s %s --at 2037-01-01T00:00:00Z", folder, options); /* everything has ended by then */
    CHECK_ROW(r->status == 1 && strstr(r->out, "gone") && strstr(r->out, "changed: verdict") &&
                  strstr(r->out, "it was accepted") && strstr(r->out, "chain.dates"),
              "%d %s", r->status, r->out);
    r = run_ensign("watch %s %s --at " LATER, folder, options);
    CHECK_ROW(r->status == 0 && strstr(r->out, "it was refused: chain"), "%d %s", r->status, r->out);
    clean_up();
}

static void says_what_ends(void)
{
    if (!fixture_folder())
        return;
    set_up("ending");
    const run_result *r = run_ensign("watch %s %s --at " AT " --ending 10d", folder, options);
    CHECK_ROW(r->status == 0 && !strstr(r->out, ", ending"), "%d %s", r->status, r->out);
    r = run_ensign("watch %s %s --at " AT " --ending 36500d", folder, options);
    CHECK_ROW(r->status == 1 && count(r->out, ", ending") == 2 && strstr(r->out, "order by "), "%d %s", r->status,
              r->out);
    CU_ASSERT_EQUAL(run_ensign("watch %s %s --ending soon", folder, options)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("watch")->status, 2);
    clean_up();
}

/* read_all reads a file into static storage. */
static const char *read_all(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "r");
    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
    if (f)
        fclose(f);
    return text;
}

static void writes_a_calendar_and_metrics(void)
{
    char ics[300], metrics[300];
    if (!fixture_folder())
        return;
    set_up("written");
    snprintf(ics, sizeof ics, "%s.ics", folder);
    snprintf(metrics, sizeof metrics, "%s.prom", folder);
    const run_result *r = run_ensign("watch %s %s --at " AT " --ics %s --metrics %s", folder, options, ics, metrics);
    CHECK_ROW(r->status == 0, "%d %s", r->status, r->err);
    const char *text = read_all(ics);
    CHECK_ROW(count(text, "BEGIN:VEVENT\r\n") == 6 && count(text, "END:VEVENT\r\n") == 6 &&
                  count(text, "SUMMARY:Order by") == 2 && count(text, "SUMMARY:Register by") == 1 &&
                  count(text, "SUMMARY:Announce by") == 1 && count(text, "SUMMARY:Ends") == 2 &&
                  strncmp(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:", 37) == 0,
              "%s", text);
    for (const char *at = text; *at; at = strstr(at, "\r\n") + 2) {
        CHECK_ROW(strcspn(at, "\r") <= 75, "a line of %zu octets", strcspn(at, "\r"));
        CU_ASSERT_PTR_NOT_NULL_FATAL(strstr(at, "\r\n"));
    }
    text = read_all(metrics);
    CHECK_ROW(count(text, "ensign_certificate_ends_timestamp_seconds{") == 2 &&
                  count(text, "ensign_certificate_accepted{") == 2 && strstr(text, "purpose=\"tls-client\"} 1\n") &&
                  strstr(text, "\nensign_watch_timestamp_seconds 1790856000\n"),
              "%s", text);
    clean_up();
}

static void runs_a_program_on_change(void)
{
    char program[300], told[300];
    if (!fixture_folder())
        return;
    set_up("run");
    snprintf(program, sizeof program, "%s.sh", folder);
    snprintf(told, sizeof told, "%s.told", folder);
    FILE *f = fopen(program, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, "#!/bin/sh\n[ $# = 0 ] || exit 9\ncat >>%s\necho changed=$ENSIGN_CHANGED >>%s\n", told, told);
    CU_ASSERT(fclose(f) == 0 && chmod(program, 0700) == 0);
    CU_ASSERT_EQUAL(run_ensign("watch %s %s --at " AT " --run /bin/false", folder, options)->status, 2);
    CU_ASSERT_NOT_EQUAL(access(state, F_OK), 0); /* it is told again */
    CU_ASSERT_EQUAL(run_ensign("watch %s %s --at " AT " --run %s", folder, options, program)->status, 0);
    const char *text = read_all(told);
    CHECK_ROW(count(text, "\"change\":\"new\"") == 2 && strstr(text, "changed=2\n"), "%s", text);
    CU_ASSERT_EQUAL(run_ensign("watch %s %s --at " LATER " --run %s", folder, options, program)->status, 0);
    CU_ASSERT_EQUAL(count(read_all(told), "changed="), 1); /* nothing changed: nobody is called */
    CU_ASSERT_EQUAL(run_ensign("watch %s %s --at " AT " --run /no/such/program", folder, options)->status, 0);
    clean_up();
}

static void watches_a_registry(void)
{
    char db[300];
    if (!fixture_folder())
        return;
    set_up("registered");
    snprintf(db, sizeof db, "%s/registry.sqlite", folder);
    CU_ASSERT_EQUAL(run_ensign("party add FR73282932000074 --registry %s --cert %s --cert %s --unchecked --at " AT, db,
                               fixture_path("pki/trader.pem"), fixture_path("pki/qualified.pem"))
                        ->status,
                    0);
    const run_result *r = run_ensign("watch %s %s --registry %s --at " AT, folder, options, db);
    CHECK_ROW(r->status == 2 && strstr(r->out, "registered: FR73282932000074@FR active (unchecked)") &&
                  strstr(r->out, "in no folder that was given"),
              "%d %s%s", r->status, r->out, r->err);
    CU_ASSERT_EQUAL(
        run_ensign("party suspend FR73282932000074 --registry %s --cert %s", db, fixture_path("pki/trader.pem"))
            ->status,
        0);
    r = run_ensign("watch %s %s --registry %s --at " LATER, folder, options, db);
    CHECK_ROW(strstr(r->out, "changed: registration") &&
                  strstr(r->out, "it was registered: FR73282932000074@FR active"),
              "%d %s%s", r->status, r->out, r->err);
    clean_up();
}

static const ens_case cases[] = {
    {"cert check judges what the key of a TLS client is for", judges_what_the_key_is_for},
    {"what a TLS client shows is never the seal", is_never_the_seal},
    {"watch tells what changed, and why", tells_what_changed_and_why},
    {"watch says what ends, and exits 1", says_what_ends},
    {"watch writes a calendar and metrics", writes_a_calendar_and_metrics},
    {"watch runs a program when something changed, without a shell", runs_a_program_on_change},
    {"watch tells how what is registered stands", watches_a_registry},
    {NULL, NULL},
};
ENS_SUITE("cli/watch", cases)
