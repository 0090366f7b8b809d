/* The whole pre-flight of a certificate against trusted lists: what path and lists say together, and until when it
 * holds. */
#include "certs/preflight/preflight.h"

#include "certs/keys/chain.h"
#include "certs/path/trust.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "fixtures/lists.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>

#define AT 1790856000 /* 2026-10-01, in the days of the fixtures' certificates */
#define DAY 86400
#define RSA_2048_ENDS 1861920000 /* 2029-01-01T00:00:00Z */

typedef struct {
    ens_arena arena;
    ens_buf file;
    ens_chain chain, ca;
    ens_trust *trust;
    ens_report report;
    ens__preflight preflight;
} flight;

static void load(flight *f, const char *name, ens_chain *chain)
{
    char path[64];
    ens_file file = {0};
    ens_chain_facts facts;
    snprintf(path, sizeof path, "pki/%s.pem", name);
    CU_ASSERT_FATAL(ens__file_open(fixture_path(path), 0, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__chain_load(file.bytes, NULL, &f->arena, chain, &facts, NULL) == ENS_OK);
    ens__file_close(&file);
}

/* fly judges a certificate alone (its issuers are to be found) by a French list, which knows one CA or can't be asked.
 */
static void fly(flight *f, const char *name, const char *ca, bool usable, ens_time at)
{
    fx_service service = {{0},  "CA/QC", "granted", "ForeSeals", {"QCStatement", "QCForESeal"}, AT - 400 * DAY,
                          NULL, 0,       NULL,      false};
    ens_snapshot *snapshot = NULL;
    *f = (flight){0};
    ens_arena_init(&f->arena, (size_t)1 << 20);
    ens__report_init(&f->report);
    ens_buf_init(&f->file, NULL, 0, ENS_SNAPSHOT_MAX);
    load(f, name, &f->chain);
    load(f, ca, &f->ca);
    f->chain.num = 1;
    service.ca = f->ca.cert[0].der;
    const fx_list all[] = {
        {ENS_LIST_LOTL, "EU", true, ENS_LIST_SIGNATURE_VALID, AT + 20 * DAY, NULL, 0, 0},
        {ENS_LIST_NATIONAL, "FR", usable, ENS_LIST_SIGNATURE_NONE, AT + 10 * DAY, &service, usable ? 1 : 0, 0},
        {ENS_LIST_NATIONAL, "BE", true, ENS_LIST_SIGNATURE_VALID, AT + 5 * DAY, NULL, 0, 0},
    };
    f->trust = ens_trust_new();
    CU_ASSERT_FATAL(f->trust && fx_lists_write(all, sizeof all / sizeof *all, AT - 60, &f->file));
    CU_ASSERT_FATAL(ens__snapshot_open(ens_buf_slice(&f->file), &snapshot, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__trust_take_lists(f->trust, snapshot, NULL) == ENS_OK);
    ens__preflight_options o = {.trust = f->trust, .at = at};
    ens__preflight_judge(&f->chain, &o, &f->preflight, &f->report);
}

static void land(flight *f)
{
    ens_trust_free(f->trust);
    ens_buf_free(&f->file);
    ens__report_clear(&f->report);
    ens_arena_free(&f->arena);
}

static const ens_finding *finding(const flight *f, const char *id)
{
    for (size_t i = 0; i < ens_report_num(&f->report); i++)
        if (strcmp(ens_report_get(&f->report, i)->id, id) == 0)
            return ens_report_get(&f->report, i);
    return NULL;
}

static bool is(const flight *f, const char *id, ens_outcome outcome)
{
    const ens_finding *found = finding(f, id);
    return found && found->outcome == outcome;
}

static void listed_ca(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "trader", "issuing", true, AT);
    CU_ASSERT_EQUAL(f.preflight.accepted.acceptance, ENS_ACCEPTANCE_QUALIFIED_SEAL);
    CU_ASSERT(is(&f, "chain.path", ENS_PASS) && is(&f, "qualification.acceptance", ENS_PASS));
    CU_ASSERT(f.preflight.anchored);
    CU_ASSERT_EQUAL(f.preflight.path.num, 2);
    CU_ASSERT(ens_eq(f.preflight.path.cert[1].der, f.ca.cert[0].der));
    CU_ASSERT(f.preflight.lists == ens__trust_snapshot(f.trust));
    land(&f);
}

static void ends(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "trader", "issuing", true, AT);
    CU_ASSERT_EQUAL(f.preflight.valid_until, RSA_2048_ENDS);
    CU_ASSERT_EQUAL(f.preflight.news_at, AT + 10 * DAY);
    CU_ASSERT_STRING_EQUAL(f.preflight.news_reason, "the next issue of the CA's trusted list is due");
    land(&f);
}

static void expired(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "expired", "issuing", true, AT);
    CU_ASSERT_EQUAL(ens_report_verdict(&f.report), ENS_REFUSED);
    CU_ASSERT_EQUAL(f.preflight.accepted.acceptance, ENS_ACCEPTANCE_NONE);
    CU_ASSERT_EQUAL(f.preflight.accepted.at_validation, ENS_QCERT_FOR_ESEAL);
    CU_ASSERT(is(&f, "qualification.acceptance", ENS_WARN));
    land(&f);
}

static void other_key(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "foreign", "root", true, AT);
    CU_ASSERT_EQUAL(ens_report_verdict(&f.report), ENS_REFUSED);
    CU_ASSERT_EQUAL(f.preflight.accepted.at_validation, ENS_QUALIFIED_NA);
    CU_ASSERT(is(&f, "chain.path", ENS_FAIL) && is(&f, "lists.found", ENS_WARN));
    land(&f);
}

static void missing_list(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "trader", "issuing", false, AT);
    CU_ASSERT_EQUAL(f.preflight.accepted.acceptance, ENS_ACCEPTANCE_NONE);
    const ens_finding *path = finding(&f, "chain.path"), *list = finding(&f, "lists.missing");
    CU_ASSERT(path && path->outcome == ENS_SKIP && path->needed);
    CU_ASSERT(list && list->outcome == ENS_SKIP && list->needed);
    CU_ASSERT_EQUAL(ens_report_verdict(&f.report), ENS_UNDECIDED);
    land(&f);
}

/* A faulty path stays a failure, whatever list is missing. */
static void missing_list_and_expired(void)
{
    flight f;
    if (!fixture_folder())
        return;
    fly(&f, "expired", "issuing", false, AT);
    CU_ASSERT_EQUAL(ens_report_verdict(&f.report), ENS_REFUSED);
    CU_ASSERT(is(&f, "chain.dates", ENS_FAIL));
    land(&f);
}

static const ens_case cases[] = {
    {"finds the issuer on the lists and takes the seal", listed_ca},
    {"holds until the first end, and tells when the list is due", ends},
    {"qualifies an expired seal and does not take it", expired},
    {"doesn't take a namesake of a listed CA", other_key},
    {"is undecided where the list of the CA's country is missing", missing_list},
    {"refuses what is expired even then", missing_list_and_expired},
    {NULL, NULL},
};
ENS_SUITE("certs/preflight", cases)
