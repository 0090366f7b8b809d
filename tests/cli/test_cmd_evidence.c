/* Evidence of a filing, as a user takes it from an access point's store and from a sender's outbox. */
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

static void set_up(void)
{
    char demo[64];
    snprintf(base, sizeof base, "/tmp/ensign-evidence-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(base));
    snprintf(demo, sizeof demo, "%s/demo", base);
    CU_ASSERT_TRUE_FATAL(stand_in_open(&s, demo, ""));
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", base);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* as_trader is a command of the demo's trader. */
static const run_result *as_trader(const char *arguments)
{
    return run_ensign("%s --key %s/trader.key --cert %s/trader.pem --trust %s/customs-root.pem --tls-cert "
                      "%s/tls-client.pem --tls-key %s/tls-client.key --tls-root %s/tls-root.pem",
                      arguments, s.pki, s.pki, s.pki, s.pki, s.pki, s.pki);
}

/* files sends a filing, its copy in an outbox, and pulls what customs say until they gave it an MRN. */
static void files(void)
{
    char arguments[512];
    const run_result *r = run_ensign("ens new IE3F27 --from %s --lrn MINE -o %s/doc.xml", s.eori, base);
    CHECK_ROW(r->status == 0, "%s", r->err);
    snprintf(arguments, sizeof arguments,
             "send https://%s%s %s/doc.xml --from %s --action IE3F27 --outbox %s/outbox.db", s.tls, s.path, base,
             s.eori, base);
    r = as_trader(arguments);
    CHECK_ROW(r->status == 0, "%s%s", r->out, r->err);
    snprintf(arguments, sizeof arguments,
             "pull https://%s%s --mpc urn:fdc:ec.europa.eu:2019:eu_ics2_c2t/EORI/%s --json", s.tls, s.path, s.eori);
    for (unsigned waited = 0; waited < PATIENCE_MS; waited += 200) {
        r = as_trader(arguments);
        if (r->status != 0 || strstr(r->out, "\"action\":\"IE3R01\""))
            break;
        usleep(200000);
    }
    CHECK_ROW(r->status == 0 && strstr(r->out, "IE3R01"), "%s%s", r->out, r->err);
}

static const run_result *export_of(const char *name, const char *store, const char *file)
{
    return run_ensign("evidence export %s --store %s --trust %s/root.pem --customs %s/customs-root.pem -o %s/%s", name,
                      store, s.pki, s.pki, base, file);
}

static const run_result *check_of(const char *file, const char *options)
{
    return run_ensign("evidence check %s/%s --trust %s/root.pem --customs %s/customs-root.pem %s", base, file, s.pki,
                      s.pki, options);
}

static unsigned occurrences(const char *text, const char *find)
{
    unsigned n = 0;
    for (; (text = strstr(text, find)); text++)
        n++;
    return n;
}

static void proves_a_filing_of_the_access_point(void)
{
    char mrn[20] = "";
    const run_result *r = run_ensign("filing show MINE --store %s --json", s.store);
    json_t *o = json_loads(r->out, 0, NULL);
    snprintf(mrn, sizeof mrn, "%s", o ? json_string_value(json_object_get(o, "mrn")) : "");
    json_decref(o);
    r = export_of("MINE", s.store, "lrn.tar");
    CHECK_ROW(r->status == 0, "%s", r->err);
    r = check_of("lrn.tar", "");
    CHECK_ROW(r->status == 0 && strstr(r->out, "IE3R01, receipt proven"), "%s%s", r->out, r->err);
    r = export_of(mrn, s.store, "mrn.tar");
    CHECK_ROW(r->status == 0, "%s", r->err);
    r = check_of("mrn.tar", "--json");
    CHECK_ROW(r->status == 0 && strstr(r->out, mrn), "%s%s", r->out, r->err);
    CHECK_ROW(occurrences(r->out, "\"receipt\":\"proven\"") >= 2, "%s", r->out);
    CU_ASSERT_EQUAL(occurrences(r->out, "\"kind\":\"pull-request\""), 0);
    CU_ASSERT_EQUAL(export_of("OTHERS", s.store, "other.tar")->status, 2);
}

/* Any tar takes it apart, and any sha256sum says that it is whole. */
static void is_read_by_tools_of_others(void)
{
    char command[256];
    snprintf(command, sizeof command,
             "cd %s && mkdir x && tar xf lrn.tar -C x && cd x && sha256sum -c --quiet SHA256SUMS", base);
    if (system("command -v tar sha256sum >/dev/null") != 0)
        ens_skip("no tar or no sha256sum here");
    else
        CU_ASSERT_EQUAL(system(command), 0);
}

static void proves_what_a_sender_kept(void)
{
    char outbox[64];
    snprintf(outbox, sizeof outbox, "%s/outbox.db", base);
    const run_result *r = export_of("MINE", outbox, "sent.tar");
    CHECK_ROW(r->status == 0, "%s", r->err);
    r = check_of("sent.tar", "--json");
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"receipt\":\"proven\""), "%s%s", r->out, r->err);
}

static void says_what_it_can_not_do(void)
{
    const run_result *r = run_ensign("evidence check %s/lrn.tar --json", base);
    CHECK_ROW(r->status == 2 && strstr(r->out, "evidence.anchors"), "%s", r->out);
    r = run_ensign("evidence check %s/none.tar --json --trust %s/root.pem", base, s.pki);
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"verdict\":\"undecided\",\"error\""), "%s", r->out);
    r = run_ensign("evidence check %s/doc.xml --trust %s/root.pem", base, s.pki);
    CHECK_ROW(r->status == 1 && strstr(r->out, "no header of a member"), "%s", r->out);
    CU_ASSERT_EQUAL(run_ensign("evidence check")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("evidence export MINE --store %s", s.store)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("evidence export --store %s -o x", s.store)->status, 2);
    CU_ASSERT_EQUAL(run_ensign("evidence")->status, 2);
}

static void goes_with_a_filing_from_store_to_proof(void)
{
    set_up();
    files();
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    proves_a_filing_of_the_access_point();
    is_read_by_tools_of_others();
    proves_what_a_sender_kept();
    says_what_it_can_not_do();
    tear_down();
}

static const ens_case cases[] = {
    {"goes with a filing from store to proof", goes_with_a_filing_from_store_to_proof},
    {NULL, NULL},
};
ENS_SUITE("cli/evidence", cases)
