/* Whose CA ICS2 takes: by lists made up for each rule, and the 328 real seals by the real lists of 2023 as the EU's own
 * library qualifies them. */
#include "certs/keys/chain.h"
#include "certs/path/trust.h"
#include "certs/preflight/signer_lists.h"
#include "certs/qualify/acceptance.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "fixtures/lists.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>

#define AT 1790856000 /* 2026-10-01, in the days of the fixtures' certificates */
#define DAY 86400

/* The French list: one service, whose identity is a certificate of the fixtures. A list of another country is missing,
 * or not. */
typedef struct {
    const char *ca;
    fx_service service;
} listed;

typedef struct {
    const listed *service; /* NULL: none */
    ens_list_signature signature;
    bool usable;
    ens_time next_update;
    const char *unusable; /* another country, whose list is missing; or NULL */
    uint32_t version;     /* of the list; 0: 6 */
} lists;

/* Everything that lives as long as a row. */
typedef struct {
    ens_arena arena;
    ens_buf file; /* of the snapshot */
    ens_chain chain;
    ens__path path;
    ens_trust *trust, *national;
    ens__timeline timeline;
    ens_report report;
    ens__accepted accepted;
} judging;

static void load(const char *name, ens_arena *arena, ens_chain *chain)
{
    char path[64];
    ens_file file = {0};
    ens_chain_facts facts;
    snprintf(path, sizeof path, "pki/%s.pem", name);
    CU_ASSERT_FATAL(ens__file_open(fixture_path(path), 0, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__chain_load(file.bytes, NULL, arena, chain, &facts, NULL) == ENS_OK);
    ens__file_close(&file);
}

static void load_lists(judging *j, const lists *l)
{
    ens_chain ca;
    fx_service service = {0};
    ens_snapshot *snapshot = NULL;
    if (l->service) {
        load(l->service->ca, &j->arena, &ca);
        service = l->service->service;
        service.ca = ca.cert[0].der;
    }
    const fx_list all[] = {
        {ENS_LIST_LOTL, "EU", true, ENS_LIST_SIGNATURE_VALID, AT + DAY, NULL, 0, 0},
        {ENS_LIST_NATIONAL, "BE", true, ENS_LIST_SIGNATURE_VALID, AT + DAY, NULL, 0, 0},
        {ENS_LIST_NATIONAL, "FR", l->usable, l->signature, l->next_update, &service, l->service ? 1 : 0, l->version},
        {ENS_LIST_NATIONAL, l->unusable, false, ENS_LIST_SIGNATURE_NONE, ENS_TIME_NONE, NULL, 0, 0},
    };
    ens_buf_init(&j->file, NULL, 0, ENS_SNAPSHOT_MAX);
    CU_ASSERT_FATAL(fx_lists_write(all, l->unusable ? 4 : 3, AT - 60, &j->file));
    CU_ASSERT_FATAL(ens__snapshot_open(ens_buf_slice(&j->file), &snapshot, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__trust_take_lists(j->trust, snapshot, NULL) == ENS_OK);
}

/* judge runs one certificate against lists (NULL: none are loaded) and a national list (NULL: none). */
static void judge(judging *j, const char *certificate, const lists *l, const char *national, ens_time at)
{
    char path[64];
    *j = (judging){0};
    ens_arena_init(&j->arena, (size_t)1 << 20);
    ens__report_init(&j->report);
    load(certificate, &j->arena, &j->chain);
    j->trust = ens_trust_new();
    CU_ASSERT_FATAL(j->trust != NULL);
    if (l)
        load_lists(j, l);
    if (national) {
        snprintf(path, sizeof path, "pki/%s.pem", national);
        j->national = ens_trust_new();
        CU_ASSERT_FATAL(j->national && ens_trust_add(j->national, fixture_path(path), NULL) == ENS_OK);
    }
    ens__acceptance_options o = {
        .trust = j->trust, .national = j->national, .member_state = national ? "FR" : NULL, .at = at};
    ens__acceptance found;
    ens__path_build(j->trust, &j->chain, at, NULL, &j->path);
    ens__acceptance_find(&j->chain, &j->path, &o, &found);
    ens__acceptance_tell(&found, &j->path, &j->timeline, &j->accepted, &j->report);
}

/* follow_with takes a new trust: the lists of the one so far, and an anchor from a file. */
static void follow_with(judging *j, const char *anchor)
{
    ens_trust *next = ens_trust_new_after(j->trust);
    ens_lists *same = (ens_lists *)(uintptr_t)ens__trust_snapshot(j->trust);
    CU_ASSERT_FATAL(next && ens_trust_add_lists(next, same, NULL) == ENS_OK &&
                    ens_trust_add(next, fixture_path(anchor), NULL) == ENS_OK);
    ens_trust_free(j->trust);
    j->trust = next;
}

static void clear(judging *j)
{
    ens_trust_free(j->national);
    ens_trust_free(j->trust);
    ens_buf_free(&j->file);
    ens__report_clear(&j->report);
    ens_arena_free(&j->arena);
}

/* outcome of a check, or -1 when it was not made. */
static int outcome(const judging *j, const char *id)
{
    for (size_t i = 0; i < ens_report_num(&j->report); i++)
        if (strcmp(ens_report_get(&j->report, i)->id, id) == 0)
            return (int)ens_report_get(&j->report, i)->outcome;
    return -1;
}

#define SINCE (AT - 400 * DAY)
#define SEALS                                                                                                          \
    "ForeSeals",                                                                                                       \
    {                                                                                                                  \
        "QCStatement", "QCForESeal"                                                                                    \
    }
static const listed seals = {"issuing", {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, NULL, false}};
static const listed seals_qscd = {
    "issuing",
    {{0}, "CA/QC", "granted", "ForeSeals", {"QCStatement", "QCForESeal", "QCWithQSCD"}, SINCE, NULL, 0, NULL, false}};
static const listed signatures = {
    "issuing", {{0}, "CA/QC", "granted", "ForeSignatures", {"QCStatement", "QCForESig"}, SINCE, NULL, 0, NULL, false}};
static const listed web_sites = {
    "issuing",
    {{0}, "CA/QC", "granted", "ForWebSiteAuthentication", {"QCStatement", "QCForWSA"}, SINCE, NULL, 0, NULL, false}};
static const listed withdrawn = {"issuing", {{0}, "CA/QC", "withdrawn", SEALS, SINCE, NULL, 0, NULL, false}};
static const listed since_today = {"issuing", {{0}, "CA/QC", "granted", SEALS, AT - DAY, NULL, 0, NULL, false}};
static const listed not_yet = {"issuing", {{0}, "CA/QC", "granted", SEALS, AT + DAY, NULL, 0, NULL, false}};
static const listed withdrawn_now = {"issuing", {{0}, "CA/QC", "withdrawn", SEALS, AT, "granted", SINCE, NULL, false}};
static const listed granted_now = {"issuing", {{0}, "CA/QC", "granted", SEALS, AT, "withdrawn", SINCE, NULL, false}};
static const listed withdrawn_later = {"issuing",
                                       {{0}, "CA/QC", "withdrawn", SEALS, AT + 1, "granted", SINCE, NULL, false}};
static const listed plain = {"issuing",
                             {{0}, "CA/PKC", "recognisedatnationallevel", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};
static const listed plain_granted = {"issuing", {{0}, "CA/PKC", "granted", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};
static const listed plain_over = {
    "issuing", {{0}, "CA/PKC", "deprecatedatnationallevel", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};
static const listed plain_root = {
    "root", {{0}, "CA/PKC", "recognisedatnationallevel", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};
static const listed itself = {"trader",
                              {{0}, "CA/PKC", "recognisedatnationallevel", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};
static const listed time_stamps = {"issuing", {{0}, "TSA/QTST", "granted", NULL, {NULL}, SINCE, NULL, 0, NULL, false}};

#define FRESH(service)                                                                                                 \
    {                                                                                                                  \
        service, ENS_LIST_SIGNATURE_VALID, true, AT + DAY, NULL, 0                                                     \
    }

static const struct {
    const char *what, *certificate;
    bool loaded;
    lists lists;
    const char *national;
    ens_acceptance acceptance;
    ens_verdict verdict;
    const char *id; /* a check that must be there */
    int outcome;
} rows[] = {
    {"a qualified seal", "trader", true, FRESH(&seals), NULL, ENS_ACCEPTANCE_QUALIFIED_SEAL, ENS_ACCEPTED,
     "qualification.acceptance", ENS_PASS},
    {"with a QSCD", "trader", true, FRESH(&seals_qscd), NULL, ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD, ENS_ACCEPTED,
     "lists.state", ENS_PASS},
    {"a signature", "trader", true, FRESH(&signatures), NULL, ENS_ACCEPTANCE_QUALIFIED_SIGNATURE, ENS_ACCEPTED,
     "qualification.acceptance", ENS_WARN},
    {"a web site", "trader", true, FRESH(&web_sites), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.acceptance", ENS_FAIL},
    {"a service that was withdrawn", "trader", true, FRESH(&withdrawn), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.validation-status", ENS_WARN},
    {"one listed since the certificate was issued", "trader", true, FRESH(&since_today), NULL,
     ENS_ACCEPTANCE_QUALIFIED_SEAL, ENS_ACCEPTED, "qualification.issuance-service", ENS_WARN},
    {"one listed from tomorrow", "trader", true, FRESH(&not_yet), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.validation-service", ENS_WARN},
    {"one withdrawn this very second", "trader", true, FRESH(&withdrawn_now), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.validation-status", ENS_WARN},
    {"one granted this very second", "trader", true, FRESH(&granted_now), NULL, ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_ACCEPTED, "qualification.issuance-status", ENS_WARN},
    {"one withdrawn in a second", "trader", true, FRESH(&withdrawn_later), NULL, ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_ACCEPTED, "qualification.acceptance", ENS_PASS},
    {"not qualified, of a listed CA", "trader", true, FRESH(&plain), NULL, ENS_ACCEPTANCE_LISTED, ENS_ACCEPTED,
     "qualification.acceptance", ENS_PASS},
    {"of one that is granted", "trader", true, FRESH(&plain_granted), NULL, ENS_ACCEPTANCE_LISTED, ENS_ACCEPTED,
     "qualification.acceptance", ENS_PASS},
    {"of one that no longer is recognised", "trader", true, FRESH(&plain_over), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.acceptance", ENS_FAIL},
    {"of a CA whose root is listed", "trader", true, FRESH(&plain_root), NULL, ENS_ACCEPTANCE_LISTED, ENS_ACCEPTED,
     "qualification.acceptance", ENS_PASS},
    {"that it is listed itself is not enough", "trader", true, FRESH(&itself), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.acceptance", ENS_FAIL},
    {"a CA listed for time stamps", "trader", true, FRESH(&time_stamps), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.validation-ca-qc", ENS_WARN},
    {"a namesake of the CA with another key", "foreign", true, FRESH(&plain_root), NULL, ENS_ACCEPTANCE_NONE,
     ENS_REFUSED, "lists.found", ENS_WARN},

    {"a CA on none of the lists", "trader", true, FRESH(NULL), NULL, ENS_ACCEPTANCE_NONE, ENS_REFUSED, "lists.found",
     ENS_WARN},
    {"on the national one", "trader", true, FRESH(NULL), "issuing", ENS_ACCEPTANCE_NATIONAL, ENS_ACCEPTED,
     "qualification.national", ENS_PASS},
    {"nor on that", "trader", true, FRESH(NULL), "customs-root", ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.national", ENS_FAIL},
    {"qualified goes before national", "trader", true, FRESH(&seals), "issuing", ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_ACCEPTED, "qualification.acceptance", ENS_PASS},

    {"the list is stale",
     "trader",
     true,
     {&seals, ENS_LIST_SIGNATURE_VALID, true, AT - DAY, NULL, 0},
     NULL,
     ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_UNDECIDED,
     "lists.stale",
     ENS_SKIP},
    {"stale, and the CA is on the national one",
     "trader",
     true,
     {&seals, ENS_LIST_SIGNATURE_VALID, true, AT - DAY, NULL, 0},
     "issuing",
     ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_ACCEPTED,
     "lists.stale",
     ENS_SKIP},
    {"the list is of the old version",
     "trader",
     true,
     {&seals, ENS_LIST_SIGNATURE_VALID, true, AT + DAY, NULL, 5},
     NULL,
     ENS_ACCEPTANCE_QUALIFIED_SEAL,
     ENS_ACCEPTED,
     "lists.version",
     ENS_WARN},
    {"the list is closed",
     "trader",
     true,
     {&seals, ENS_LIST_SIGNATURE_VALID, true, ENS_TIME_NONE, NULL, 0},
     NULL,
     ENS_ACCEPTANCE_NONE,
     ENS_REFUSED,
     "lists.closed",
     ENS_WARN},
    {"it is, and the CA was on it for others",
     "trader",
     true,
     {&plain, ENS_LIST_SIGNATURE_VALID, true, ENS_TIME_NONE, NULL, 0},
     NULL,
     ENS_ACCEPTANCE_NONE,
     ENS_REFUSED,
     "qualification.acceptance",
     ENS_FAIL},
    {"the list of its country is missing",
     "trader",
     true,
     {NULL, ENS_LIST_SIGNATURE_NONE, false, ENS_TIME_NONE, NULL, 0},
     NULL,
     ENS_ACCEPTANCE_NONE,
     ENS_UNDECIDED,
     "lists.missing",
     ENS_SKIP},
    {"it is broken",
     "trader",
     true,
     {NULL, ENS_LIST_SIGNATURE_INVALID, false, AT + DAY, NULL, 0},
     NULL,
     ENS_ACCEPTANCE_NONE,
     ENS_UNDECIDED,
     "lists.broken",
     ENS_SKIP},
    {"missing, and the CA is on the national one",
     "trader",
     true,
     {NULL, ENS_LIST_SIGNATURE_NONE, false, ENS_TIME_NONE, NULL, 0},
     "issuing",
     ENS_ACCEPTANCE_NATIONAL,
     ENS_ACCEPTED,
     "lists.missing",
     ENS_SKIP},
    {"missing, and it isn't on that",
     "trader",
     true,
     {NULL, ENS_LIST_SIGNATURE_NONE, false, ENS_TIME_NONE, NULL, 0},
     "customs-root",
     ENS_ACCEPTANCE_NONE,
     ENS_UNDECIDED,
     "qualification.national",
     ENS_WARN},
    {"the list of another country is missing",
     "trader",
     true,
     {NULL, ENS_LIST_SIGNATURE_VALID, true, AT + DAY, "DE", 0},
     NULL,
     ENS_ACCEPTANCE_NONE,
     ENS_REFUSED,
     "lists.found",
     ENS_WARN},
    {"no lists at all", "trader", false, FRESH(NULL), NULL, ENS_ACCEPTANCE_NONE, ENS_UNDECIDED, "lists.loaded",
     ENS_SKIP},
    {"the national list alone", "trader", false, FRESH(NULL), "issuing", ENS_ACCEPTANCE_NATIONAL, ENS_ACCEPTED,
     "lists.loaded", ENS_SKIP},
    {"that alone, in vain", "trader", false, FRESH(NULL), "customs-root", ENS_ACCEPTANCE_NONE, ENS_REFUSED,
     "qualification.national", ENS_FAIL},
};

static void verdicts(void)
{
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        judging j;
        judge(&j, rows[i].certificate, rows[i].loaded ? &rows[i].lists : NULL, rows[i].national, AT);
        ens_verdict verdict = ens_report_verdict(&j.report);
        CHECK_ROW(j.accepted.acceptance == rows[i].acceptance, "%s: %s, not %s", rows[i].what,
                  ens_acceptance_name(j.accepted.acceptance), ens_acceptance_name(rows[i].acceptance));
        CHECK_ROW(verdict == rows[i].verdict, "%s: %s, not %s", rows[i].what, ens_verdict_name(verdict),
                  ens_verdict_name(rows[i].verdict));
        CHECK_ROW(outcome(&j, rows[i].id) == rows[i].outcome, "%s: %s is %d, not %d", rows[i].what, rows[i].id,
                  outcome(&j, rows[i].id), rows[i].outcome);
        CHECK_ROW(j.accepted.qualified == rows[i].loaded, "%s: the lists were %sasked", rows[i].what,
                  j.accepted.qualified ? "" : "not ");
        clear(&j);
    }
}

/* Every failure says what to do, and every check names its rule. */
static void explains(void)
{
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        judging j;
        judge(&j, rows[i].certificate, rows[i].loaded ? &rows[i].lists : NULL, rows[i].national, AT);
        for (size_t k = 0; k < ens_report_num(&j.report); k++) {
            const ens_finding *f = ens_report_get(&j.report, k);
            CHECK_ROW(f->rule && (f->outcome != ENS_FAIL || (f->hint && f->seen)), "%s: %s explains nothing",
                      rows[i].what, f->id);
        }
        clear(&j);
    }
}

static const char *const proof[] = {"service", "ca-qc",     "use",  "consistent", "conflict",
                                    "status",  "qualified", "type", "qscd",       "result"};

static void proves(void)
{
    judging j;
    if (!fixture_folder())
        return;
    judge(&j, "trader", &(lists)FRESH(&seals_qscd), NULL, AT);
    for (size_t i = 0; i < sizeof proof / sizeof *proof; i++) {
        char then[64], now[64];
        snprintf(then, sizeof then, "qualification.issuance-%s", proof[i]);
        snprintf(now, sizeof now, "qualification.validation-%s", proof[i]);
        CHECK_ROW(outcome(&j, then) == ENS_PASS && outcome(&j, now) == ENS_PASS, "%s: %d and %d", proof[i],
                  outcome(&j, then), outcome(&j, now));
    }
    CU_ASSERT_EQUAL(j.accepted.at_issuance, ENS_QCERT_FOR_ESEAL_QSCD);
    clear(&j);
}

static void old_lists(void)
{
    judging j;
    if (!fixture_folder())
        return;
    lists l = FRESH(&seals);
    judge(&j, "trader", &l, NULL, AT + 3600);
    CU_ASSERT_EQUAL(outcome(&j, "lists.age"), ENS_PASS);
    clear(&j);
    judge(&j, "trader", &l, NULL, AT + 7 * 3600);
    CU_ASSERT_EQUAL(outcome(&j, "lists.age"), ENS_WARN);
    CU_ASSERT_EQUAL(ens_report_verdict(&j.report), ENS_ACCEPTED);
    clear(&j);
}

/* What fails by itself is not taken for its CA's sake. */
static void failed_path(void)
{
    judging j;
    if (!fixture_folder())
        return;
    judge(&j, "trader", &(lists)FRESH(&seals), NULL, AT);
    ens__acceptance_options o = {.trust = j.trust, .at = AT};
    ens__acceptance found;
    j.path.failed = true;
    ens__acceptance_find(&j.chain, &j.path, &o, &found);
    ens__acceptance_tell(&found, &j.path, &j.timeline, &j.accepted, &j.report);
    CU_ASSERT_EQUAL(j.accepted.acceptance, ENS_ACCEPTANCE_NONE);
    CU_ASSERT_EQUAL(j.accepted.at_validation, ENS_QCERT_FOR_ESEAL);
    clear(&j);
}

static void timeline(void)
{
    judging j;
    if (!fixture_folder())
        return;
    judge(&j, "trader", &(lists)FRESH(&seals), NULL, AT);
    const ens__interval *news = ens__timeline_first(&j.timeline, true, ENS_TIME_NONE);
    CU_ASSERT_FATAL(news != NULL);
    CU_ASSERT_EQUAL(news->until, AT + DAY);
    CU_ASSERT_STRING_EQUAL(news->what, "trusted list");
    CU_ASSERT_PTR_NULL(ens__timeline_first(&j.timeline, false, ENS_TIME_NONE));
    bool service = false;
    for (size_t i = 0; i < j.timeline.num; i++)
        service |= strcmp(j.timeline.interval[i].what, "CA service") == 0 &&
                   j.timeline.interval[i].from == seals.service.start;
    CU_ASSERT(service);
    clear(&j);
}

/* Anchors and states are those of the time asked about, and the path says how long that holds. */
static void states_of_the_time(void)
{
    static const listed going = {"issuing",
                                 {{0}, "CA/QC", "withdrawn", SEALS, AT + DAY, "granted", SINCE, NULL, false}};
    const struct {
        const listed *service;
        ens_time at, until;
        ens_acceptance acceptance;
        bool anchored;
    } steps[] = {
        {&withdrawn_now, AT - 1, AT, ENS_ACCEPTANCE_QUALIFIED_SEAL, true},
        {&withdrawn_now, AT, 0, ENS_ACCEPTANCE_NONE, false},
        {&going, AT, AT + DAY, ENS_ACCEPTANCE_QUALIFIED_SEAL, true},
        {&going, AT + DAY - 1, AT + DAY, ENS_ACCEPTANCE_QUALIFIED_SEAL, true},
        {&going, AT + DAY, 0, ENS_ACCEPTANCE_NONE, false},
        {&not_yet, AT, AT + DAY, ENS_ACCEPTANCE_NONE, false},
    };
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        judging j;
        judge(&j, "trader", &(lists)FRESH(steps[i].service), NULL, steps[i].at);
        CHECK_ROW(j.accepted.acceptance == steps[i].acceptance && j.path.anchored == steps[i].anchored, "row %zu: %s",
                  i, ens_acceptance_name(j.accepted.acceptance));
        CHECK_ROW(!steps[i].until || j.path.horizon.until == steps[i].until, "row %zu holds until another time", i);
        clear(&j);
    }
}

/* What a list says and nobody here understands may be what decides. */
static void undecidable(void)
{
    static const listed critical = {"issuing", {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, NULL, true}},
                        not_qualified = {"issuing",
                                         {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, "NotQualified", false}},
                        for_signatures = {"issuing",
                                          {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, "QCForESig", false}},
                        unheard_of = {"issuing",
                                      {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, "QCForNobody", false}},
                        device = {"issuing", {{0}, "CA/QC", "granted", SEALS, SINCE, NULL, 0, "QCWithQSCD", false}};
    const struct {
        const listed *service;
        ens_verdict verdict;
    } kinds[] = {{&critical, ENS_UNDECIDED},
                 {&not_qualified, ENS_UNDECIDED},
                 {&for_signatures, ENS_UNDECIDED},
                 {&unheard_of, ENS_UNDECIDED},
                 {&device, ENS_ACCEPTED}};
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        judging j;
        judge(&j, "trader", &(lists)FRESH(kinds[i].service), NULL, AT);
        CHECK_ROW(ens_report_verdict(&j.report) == kinds[i].verdict &&
                      (j.accepted.acceptance != ENS_ACCEPTANCE_NONE) == (kinds[i].verdict == ENS_ACCEPTED),
                  "kind %zu: %s, %s", i, ens_verdict_name(ens_report_verdict(&j.report)),
                  ens_acceptance_name(j.accepted.acceptance));
        clear(&j);
    }
}

/* A message's signer before the lists: what rests on stale lists is left open, what the pre-flight would refuse is
 * told, and a kept answer is given only as long as it holds. */
static void signers(void)
{
    static const struct {
        const char *what;
        const listed *service;
        bool by_file; /* the anchor is given as a file, beside the lists */
        ens_time at;
        ens_verdict verdict;
        int stale, accepted; /* outcomes, or -1 */
    } kinds[] = {
        {"fresh", &seals, false, AT, ENS_ACCEPTED, -1, ENS_PASS},
        {"due that second", &seals, false, AT + DAY, ENS_ACCEPTED, -1, ENS_PASS},
        {"stale", &seals, false, AT + DAY + 1, ENS_UNDECIDED, ENS_SKIP, ENS_PASS},
        {"stale, and the anchor is a file's", &seals, true, AT + DAY + 1, ENS_ACCEPTED, -1, ENS_PASS},
        {"of a CA for web sites", &web_sites, false, AT, ENS_ACCEPTED, -1, ENS_WARN},
        {"of a CA that is on no list", NULL, true, AT, ENS_ACCEPTED, -1, ENS_WARN},
    };
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        judging j;
        ens__signers *kept = ens__signers_new();
        judge(&j, "trader", &(lists)FRESH(kinds[i].service), NULL, AT);
        if (kinds[i].by_file)
            follow_with(&j, "pki/issuing.pem");
        ens__signer *signer = kept ? ens__signers_take(kept, ENS_LIT("token"), 0) : NULL;
        CU_ASSERT_FATAL(signer != NULL);
        signer->chain = j.chain;
        for (ens_time at = AT; at <= kinds[i].at; at += kinds[i].at > AT ? kinds[i].at - AT : 1) {
            ens__report_reset(&j.report);
            const ens__signer_lists *l = ens__signer_lists_find(signer, j.trust, at);
            CU_ASSERT_FATAL(l != NULL);
            ens__report_append(&j.report, &l->lists);
            ens__report_append(&j.report, &l->acceptance);
        }
        CHECK_ROW(ens_report_verdict(&j.report) == kinds[i].verdict, "%s: %s", kinds[i].what,
                  ens_verdict_name(ens_report_verdict(&j.report)));
        CHECK_ROW(outcome(&j, "lists.stale") == kinds[i].stale && outcome(&j, "acceptance.signer") == kinds[i].accepted,
                  "%s: stale %d, accepted %d", kinds[i].what, outcome(&j, "lists.stale"),
                  outcome(&j, "acceptance.signer"));
        ens__signers_free(kept);
        clear(&j);
    }
}

/* path_outcome judges the signer's path, excused where a list that may know the CA is lacking, and returns the outcome
 * of chain.path. */
static int path_outcome(judging *j, ens__signers *kept)
{
    ens__signer *signer = ens__signers_take(kept, ENS_LIT("token"), 0);
    CU_ASSERT_FATAL(signer != NULL);
    signer->chain = j->chain;
    ens__report_reset(&j->report);
    const ens__signer_lists *l = ens__signer_lists_find(signer, j->trust, AT);
    ens__report_append(&j->report, &ens__signer_path(signer, 0, j->trust, AT, l && l->lacking)->report);
    return outcome(j, "chain.path");
}

/* A path that ends at no anchor refuses a message, unless the list that may know the anchor can't be asked. */
static void lacking_lists_leave_a_path_open(void)
{
    static const lists french = {.usable = true, .signature = ENS_LIST_SIGNATURE_VALID, .next_update = AT + DAY},
                       lacking = {.usable = true,
                                  .signature = ENS_LIST_SIGNATURE_VALID,
                                  .next_update = AT + DAY,
                                  .unusable = "FR"};
    const struct {
        const lists *lists;
        int outcome;
    } kinds[] = {{&french, ENS_FAIL}, {&lacking, ENS_SKIP}};
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        judging j;
        ens__signers *kept = ens__signers_new();
        judge(&j, "trader", kinds[i].lists, NULL, AT);
        follow_with(&j, "pki/customs-root.pem");
        CU_ASSERT_PTR_NOT_NULL_FATAL(kept);
        CHECK_ROW(path_outcome(&j, kept) == kinds[i].outcome, "kind %zu: %d", i, outcome(&j, "chain.path"));
        ens__signers_free(kept);
        clear(&j);
    }
}

static const ens_case cases[] = {
    {"leaves a path open that a list which can't be asked may anchor", lacking_lists_leave_a_path_open},
    {"goes by the states of the time asked about", states_of_the_time},
    {"leaves open what a list says and nobody understands", undecidable},
    {"tells of a message's signer what the lists say, and how long that holds", signers},
    {"takes what ICD 4.6.2 takes, and tells lists that can't be asked from a CA that isn't listed", verdicts},
    {"names a rule for every check and a remedy for every failure", explains},
    {"leaves a finding for every step, at issuance and at validation time", proves},
    {"warns of lists that were not brought up to date within six hours", old_lists},
    {"takes nothing whose path failed", failed_path},
    {"puts the status of the CA's service and the next issue of its list into the timeline", timeline},
    {NULL, NULL},
};
ENS_SUITE("certs/acceptance", cases)
