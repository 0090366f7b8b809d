/* Registrations of the rehearsal: their steps, what is refused, and what the STI is told. ENSIGN_SOAK: 10,000 PDFs of
 * one environment for the other. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "ensign/document.h"
#include "sti/registration/landing.h"
#include "tests/fixture.h"
#include "tests/sti/rehearsed.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW REHEARSED_NOW
#define EORI REHEARSED_EORI
#define USER "transports1"
#define PDFS 20u
#define PDFS_SOAK 10000u
#define ISSUED_BYTE 700 /* an offset in what was issued */

static rehearsed t;

/* ready makes an account with rights in both environments. */
static void ready(void)
{
    rehearsed_open(&t);
    for (ens__environment e = ENS_CONFORMANCE; e <= ENS_PRODUCTION; e++) {
        ens__rights q;
        ens_err err = {0};
        CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, e, USER));
        CU_ASSERT_TRUE_FATAL(rehearsed_rights(&t, e, USER, EORI, &q));
        CU_ASSERT_EQUAL_FATAL(ens__rights_decide(t.of[e], ens_str(q.id), true, (ens_slice){0}, NOW, &q, &err), ENS_OK);
    }
}

static void link_environments(void)
{
    static const char *const names[] = {"production", "conformance"};
    for (int e = 0; e < 2; e++) {
        char path[160];
        ens_err err = {0};
        snprintf(path, sizeof path, "%s/%s.db", t.folder, names[e]);
        CU_ASSERT_EQUAL(ens__rehearsal_set(t.of[e], "other", path, &err), ENS_OK);
    }
}

/* registers walks all steps with a certificate of the fixtures; false: it was refused at the upload. */
static bool registers(ens__environment e, const char *signer, ens__dossier *d)
{
    ens_buf file;
    ens_err err = {0};
    ens_buf_init(&file, NULL, 0, (size_t)4 << 20);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, e, USER, EORI, d));
    CU_ASSERT_TRUE_FATAL(rehearsed_signed(&t, e, d, signer, &file));
    bool taken = rehearsed_upload(&t, e, d, ens_buf_slice(&file));
    if (taken)
        CU_ASSERT_EQUAL(ens__dossier_activate(t.of[e], d, NOW, &err), ENS_OK);
    ens_buf_free(&file);
    return taken;
}

/* answer_of asks the registry as the check of a message does. */
static ens_registry_answer answer_of(ens__environment e, const char *signer, ens_time at)
{
    char name[64];
    uint8_t sha256[32] = {0};
    ens_file file = {0};
    ens_certificates *certificates = NULL;
    ens_err err = {0};
    ens_registry_answer a = {.fault = NULL};
    ens_registry registry = ens__uumds_registry(ens__rehearsal_registry(t.of[e]));
    snprintf(name, sizeof name, "pki/%s.pem", signer);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path(name), 0, &file, &err), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_certificates_new(file.bytes, NULL, &certificates, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__sha256(ens_certificates_get(certificates, 0)->der, sha256, &err), ENS_OK);
    const ens_registry_question q = {
        .party = {.eori = ENS_LIT(EORI)}, .party_text = ENS_LIT(EORI), .sha256 = sha256, .at = at};
    registry.ask(registry.of, &q, &a);
    ens_certificates_free(certificates);
    ens__file_close(&file);
    return a;
}

static bool takes(ens__environment e, const char *signer, ens_time at)
{
    ens_registry_answer a = answer_of(e, signer, at);
    return a.party.says == ENS_REGISTRY_YES && a.certificate.says == ENS_REGISTRY_YES;
}

static ens__dossier_status status_at(ens__environment e, const ens__dossier *d, ens_time at)
{
    ens__dossier_status status = ENS_DOSSIER_DRAFT;
    ens_err err = {0};
    CU_ASSERT_EQUAL(ens__dossier_status_of(t.of[e], d, at, &status, &err), ENS_OK);
    return status;
}

static void what_is_active_is_taken(void)
{
    ens__dossier d, again;
    ens_err err = {0};
    ready();
    CU_ASSERT_FALSE(takes(ENS_CONFORMANCE, "trader", NOW));
    CU_ASSERT_TRUE_FATAL(registers(ENS_CONFORMANCE, "trader", &d));
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &d, NOW), ENS_DOSSIER_ACTIVE);
    CU_ASSERT_TRUE(d.unchecked); /* no lists were given, and the registry says so */
    CU_ASSERT_TRUE(takes(ENS_CONFORMANCE, "trader", NOW));
    CU_ASSERT_FALSE(takes(ENS_PRODUCTION, "trader", NOW));
    CU_ASSERT_EQUAL(ens__dossier_activate(t.of[0], &d, NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__dossier_find(t.of[0], ens_str(d.id), USER, &again, &err), ENS_OK);
    CU_ASSERT_TRUE(again.step == ENS_STEP_REGISTERED && strcmp(again.sha256, d.sha256) == 0 && again.unchecked);
    rehearsed_close(&t);
}

static void states_follow_the_registry(void)
{
    ens__dossier first, second;
    ens_err err = {0};
    ready();
    CU_ASSERT_TRUE_FATAL(registers(ENS_CONFORMANCE, "trader", &first));
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &first, ENS_PARTY_SUSPENDED, &err), ENS_OK);
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &first, NOW), ENS_DOSSIER_SUSPENDED);
    CU_ASSERT_FALSE(takes(ENS_CONFORMANCE, "trader", NOW));
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &first, ENS_PARTY_ACTIVE, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(registers(ENS_CONFORMANCE, "trader-3072", &second));
    CU_ASSERT_TRUE(takes(ENS_CONFORMANCE, "trader", NOW) && takes(ENS_CONFORMANCE, "trader-3072", NOW));
    CU_ASSERT_EQUAL(ens__dossier_supersede(t.of[0], &first, &first, NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__dossier_supersede(t.of[0], &first, &second, NOW, &err), ENS_OK);
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &first, NOW), ENS_DOSSIER_SUPERSEDED);
    CU_ASSERT_FALSE(takes(ENS_CONFORMANCE, "trader", NOW));
    ens_time late = NOW + (ens_time)3600 * 24 * 365 * 20;
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &second, late), ENS_DOSSIER_EXPIRED);
    ens_registry_answer a = answer_of(ENS_CONFORMANCE, "trader-3072", late);
    CU_ASSERT_TRUE(a.certificate.says == ENS_REGISTRY_NO &&
                   strstr(a.certificate.detail, "ended with the certificate, on 20"));
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &second, ENS_PARTY_REVOKED, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &second, ENS_PARTY_ACTIVE, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &second, NOW), ENS_DOSSIER_REVOKED);
    CU_ASSERT_FALSE(registers(ENS_CONFORMANCE, "trader-3072", &first)); /* revoked is final */
    CU_ASSERT_TRUE(rehearsed_tells(&t, "registration.again", ENS_FAIL));
    rehearsed_close(&t);
}

static ens_code drop(void *user, ens_slice piece)
{
    (void)user, (void)piece;
    return ENS_OK;
}

static void uploads_that_are_refused(void)
{
    ens__dossier d, other;
    ens_buf file;
    ens_err err = {0};
    bool taken = true;
    const ens__dossier_means means = {.trust = NULL};
    ready();
    ens_buf_init(&file, NULL, 0, (size_t)4 << 20);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &d));
    CU_ASSERT_EQUAL(ens__dossier_upload(t.of[0], &d, ENS_LIT("x"), &means, NOW, t.report, &taken, &err), ENS_EPOLICY);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &other));
    CU_ASSERT_TRUE_FATAL(rehearsed_signed(&t, ENS_CONFORMANCE, &other, "trader", &file));
    CU_ASSERT_EQUAL(ens__dossier_issue(t.of[0], &d, NOW, drop, NULL, &err), ENS_OK);
    CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_CONFORMANCE, &d, ens_buf_slice(&file))); /* another registration's */
    CU_ASSERT_TRUE(rehearsed_tells(&t, "pdf.issued", ENS_FAIL));
    CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_CONFORMANCE, &d, ENS_LIT("no PDF")));
    file.p[ISSUED_BYTE] ^= 1;
    CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_CONFORMANCE, &other, ens_buf_slice(&file)));
    file.p[ISSUED_BYTE] ^= 1;
    CU_ASSERT_TRUE(rehearsed_upload(&t, ENS_CONFORMANCE, &other, ens_buf_slice(&file)));
    CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_CONFORMANCE, &other, ens_buf_slice(&file))); /* taken already */
    CU_ASSERT_TRUE(rehearsed_tells(&t, "pdf.registration", ENS_FAIL));
    file.len = 0;
    CU_ASSERT_TRUE_FATAL(rehearsed_signed(&t, ENS_CONFORMANCE, &d, "expired", &file));
    CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_CONFORMANCE, &d, ens_buf_slice(&file)));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "registration.dates", ENS_FAIL));
    ens_buf_free(&file);
    rehearsed_close(&t);
}

static void a_pdf_of_one_environment_is_refused_by_the_other(void)
{
    unsigned pdfs = getenv("ENSIGN_SOAK") ? PDFS_SOAK : PDFS;
    ready();
    for (unsigned i = 0; i < pdfs; i++) {
        ens__dossier here, there;
        ens_buf file, own;
        ens_buf_init(&file, NULL, 0, (size_t)4 << 20);
        ens_buf_init(&own, NULL, 0, (size_t)4 << 20);
        CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &here) &&
                             rehearsed_open_dossier(&t, ENS_PRODUCTION, USER, EORI, &there));
        CU_ASSERT_TRUE_FATAL(rehearsed_signed(&t, ENS_CONFORMANCE, &here, "trader", &file) &&
                             rehearsed_signed(&t, ENS_PRODUCTION, &there, "trader", &own));
        CU_ASSERT_FALSE(rehearsed_upload(&t, ENS_PRODUCTION, &there, ens_buf_slice(&file)));
        bool told = false;
        for (size_t n = 0; n < ens_report_num(t.report); n++)
            told = told || strstr(ens_detail(ens_report_get(t.report, n)), "conformance");
        CHECK_ROW(told, "the environment isn't named");
        ens_buf_free(&file);
        ens_buf_free(&own);
    }
    rehearsed_close(&t);
}

static void the_other_environment_is_known(void)
{
    ens__dossier d;
    ens_err err = {0};
    ready();
    link_environments();
    CU_ASSERT_TRUE_FATAL(registers(ENS_PRODUCTION, "trader", &d));
    CU_ASSERT_TRUE_FATAL(registers(ENS_CONFORMANCE, "trader-3072", &d));
    ens_registry_answer a = answer_of(ENS_CONFORMANCE, "trader", NOW);
    CU_ASSERT_TRUE(a.certificate.says == ENS_REGISTRY_NO && strstr(a.certificate.detail, "in production"));
    CU_ASSERT_EQUAL(ens__rehearsal_set(t.of[0], "strict", "1", &err), ENS_OK);
    CU_ASSERT_FALSE(registers(ENS_CONFORMANCE, "trader", &d));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "registration.environment", ENS_FAIL));
    CU_ASSERT_EQUAL(ens__rehearsal_set(t.of[0], "strict", "", &err), ENS_OK);
    CU_ASSERT_TRUE(registers(ENS_CONFORMANCE, "trader", &d));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "registration.environment", ENS_WARN));
    CU_ASSERT_TRUE(takes(ENS_CONFORMANCE, "trader", NOW) && takes(ENS_PRODUCTION, "trader", NOW));
    rehearsed_close(&t);
}

static void rights_come_first(void)
{
    ens__dossier d;
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, USER));
    CU_ASSERT_FALSE(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &d));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "registration.rights", ENS_FAIL));
    rehearsed_close(&t);
}

static void landing_fields_open_one_after_another(void)
{
    static const struct {
        const char *fields[ENS_LANDING_FIELDS], *refused; /* NULL: none */
    } rows[] = {
#define GOOD3 "Customs", "France", "Employee"
#define GOOD6 GOOD3, "the following (natural/legal) person", "Economic operator", "EORI number"
        {{GOOD6, "FR73282932000074", "Directly", "yes"}, NULL},
        {{GOOD6, "FR732829320", "Directly", "yes"}, NULL},
        {{GOOD6, " FR732829320 ", "directly", "yes"}, NULL},
        {{GOOD6, "732829320", "Directly", "yes"}, "landing.id"},
        {{GOOD6, "73282932000074", "Directly", "yes"}, "landing.id"},
        {{GOOD6, "FR73282932000075", "Directly", "yes"}, "eori.check-digit"},
        {{GOOD6, "FRUS123456", "Directly", "yes"}, "landing.id"},
        {{GOOD6, "DE1234567", "Directly", "yes"}, "landing.id"},
        {{GOOD6, "", "Directly", "yes"}, "landing.id"},
        {{GOOD6, "FR732829320", "Indirectly", "yes"}, "landing.how"},
        {{GOOD6, "FR732829320", "Directly", ""}, "landing.consent"},
        {{"Customs", "", "Employee", "the following (natural/legal) person", "Economic operator", "EORI number",
          "FR732829320", "Directly", "yes"},
         "landing.behalf"},
        {{"Customs", "Belgium", "Employee", "the following (natural/legal) person", "Economic operator", "EORI number",
          "FR732829320", "Directly", "yes"},
         "landing.country"},
        {{GOOD3, "the following (natural/legal) person", "Economic operator", "TIN", "FR732829320", "Directly", "yes"},
         "landing.id-type"},
        {{"Excise", "France", "Employee", "the following (natural/legal) person", "Economic operator", "EORI number",
          "FR732829320", "Directly", "yes"},
         "landing.domain"},
    };
    t = (rehearsed){.report = ens_report_new()};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_slice values[ENS_LANDING_FIELDS];
        for (size_t f = 0; f < ENS_LANDING_FIELDS; f++)
            values[f] = ens_str(rows[i].fields[f]);
        ens_report_reset(t.report);
        bool good = ens__landing_judge(values, NOW, t.report);
        CHECK_ROW(rows[i].refused ? !good && rehearsed_tells(&t, rows[i].refused, ENS_FAIL) : good, "landing %zu: %s",
                  i, rows[i].refused ? rows[i].refused : "should be good");
    }
    ens_report_free(t.report);
}

static ens_code put(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

static void answers_of_tasks_become_documents(void)
{
    ens__dossier d;
    ens__todo todo, found;
    ens_buf out;
    ens_err err = {0};
    ens__todo_form form = {.provider = ENS_LIT(EORI),
                           .client = ENS_LIT(EORI),
                           .title = ENS_LIT("Referral"),
                           .mrn = ENS_LIT("26FRSIM12345678AT0"),
                           .reference = ENS_LIT("RFI-1"),
                           .deadline = NOW + 60};
    ready();
    ens_report_reset(t.report);
    CU_ASSERT_EQUAL(ens__todo_post(t.of[0], &form, NOW, t.report, &todo, &err), ENS_OK);
    CU_ASSERT_TRUE(rehearsed_tells(&t, "task.provider", ENS_FAIL)); /* nothing is registered yet */
    CU_ASSERT_TRUE_FATAL(registers(ENS_CONFORMANCE, "trader", &d));
    ens_report_reset(t.report);
    CU_ASSERT_EQUAL(ens__todo_post(t.of[0], &form, NOW, t.report, &todo, &err), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_report_verdict(t.report), ENS_ACCEPTED);
    ens_buf_init(&out, NULL, 0, (size_t)64 << 10);
    CU_ASSERT_EQUAL(ens__todo_document(&todo, &out, &err), ENS_EPOLICY);
    CU_ASSERT_NOT_EQUAL(ens__todo_find(t.of[0], ens_str(todo.id), "FR404833048", &found, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__todo_find(t.of[0], ens_str(todo.id), EORI, &found, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__todo_answer(t.of[0], &found, ENS_LIT(" "), NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__todo_answer(t.of[0], &found, ENS_LIT("parts & <bolts>"), NOW, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__todo_answer(t.of[0], &found, ENS_LIT("again"), NOW, &err), ENS_EPOLICY);
    out.len = 0;
    CU_ASSERT_EQUAL(ens__todo_document(&found, &out, &err), ENS_OK);
    ens_slice text = ens_buf_slice(&out);
    CU_ASSERT_TRUE(ens__find(text, ENS_LIT("<text>parts &amp; &lt;bolts"), 0) != SIZE_MAX);
    CU_ASSERT_TRUE(ens__find(text, ENS_LIT("<identificationNumber>" EORI), 0) != SIZE_MAX);
    ens_buf_free(&out);
    form.deadline = NOW - 1;
    ens_report_reset(t.report);
    CU_ASSERT_EQUAL(ens__todo_post(t.of[0], &form, NOW, t.report, &todo, &err), ENS_OK);
    CU_ASSERT_TRUE(rehearsed_tells(&t, "task.deadline", ENS_FAIL));
    rehearsed_close(&t);
}

static void the_pdf_has_the_same_bytes_each_time(void)
{
    ens__dossier d;
    ens_buf a, b;
    ens_err err = {0};
    ready();
    ens_buf_init(&a, NULL, 0, (size_t)1 << 20);
    ens_buf_init(&b, NULL, 0, (size_t)1 << 20);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &d));
    CU_ASSERT_EQUAL(ens__dossier_issue(t.of[0], &d, NOW, put, &a, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_issue(t.of[0], &d, NOW + 90, put, &b, &err), ENS_OK);
    CU_ASSERT_TRUE(ens_eq(ens_buf_slice(&a), ens_buf_slice(&b)));
    CU_ASSERT_TRUE(ens__find(ens_buf_slice(&a), ENS_LIT("REHEARSAL"), 0) != SIZE_MAX);
    ens_buf_free(&a);
    ens_buf_free(&b);
    rehearsed_close(&t);
}

/* Two registrations of one certificate wait at the same time: it becomes active by one of them, and what was revoked
 * comes back by neither, nor by the registry's own door. */
static void one_certificate_is_registered_once(void)
{
    ens__dossier two[2];
    ens_err err = {0};
    ens__registration *held = NULL;
    size_t num = 0;
    ready();
    for (int i = 0; i < 2; i++) {
        ens_buf file;
        ens_buf_init(&file, NULL, 0, (size_t)4 << 20);
        CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, USER, EORI, &two[i]));
        CU_ASSERT_TRUE_FATAL(rehearsed_signed(&t, ENS_CONFORMANCE, &two[i], "trader", &file));
        CU_ASSERT_TRUE(rehearsed_upload(&t, ENS_CONFORMANCE, &two[i], ens_buf_slice(&file)));
        ens_buf_free(&file);
    }
    CU_ASSERT_EQUAL(ens__dossier_activate(t.of[0], &two[0], NOW, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_activate(t.of[0], &two[1], NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &two[0], ENS_PARTY_SUSPENDED, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_activate(t.of[0], &two[1], NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__dossier_change(t.of[0], &two[0], ENS_PARTY_REVOKED, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_activate(t.of[0], &two[1], NOW, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(status_at(ENS_CONFORMANCE, &two[1], NOW), ENS_DOSSIER_PENDING);
    CU_ASSERT_FALSE(takes(ENS_CONFORMANCE, "trader", NOW));
    CU_ASSERT_EQUAL_FATAL(
        ens__uumds_holders(ens__rehearsal_registry(t.of[0]), two[0].sha256, &t.arena, &held, &num, &err), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(num, 1);
    held[0].state = ENS_PARTY_ACTIVE;
    CU_ASSERT_EQUAL(ens__uumds_certify(ens__rehearsal_registry(t.of[0]), &held[0], &err), ENS_EPOLICY);
    CU_ASSERT_FALSE(takes(ENS_CONFORMANCE, "trader", NOW));
    rehearsed_close(&t);
}

static const ens_case cases[] = {
    {"what is active is what the STI takes", what_is_active_is_taken},
    {"states follow the registry, and a renewed certificate is taken beside the old one", states_follow_the_registry},
    {"one certificate is registered once, and what was revoked stays so", one_certificate_is_registered_once},
    {"refuses uploads that aren't this registration's, whole and signed once", uploads_that_are_refused},
    {"a PDF of one environment is refused by the other, and why is said",
     a_pdf_of_one_environment_is_refused_by_the_other},
    {"a certificate in the other environment is known", the_other_environment_is_known},
    {"rights come before a registration", rights_come_first},
    {"fields of the landing page open one after another", landing_fields_open_one_after_another},
    {"the answer of a task becomes an IE3R02 of the operator", answers_of_tasks_become_documents},
    {"the registration PDF has the same bytes each time, and says what it is", the_pdf_has_the_same_bytes_each_time},
    {NULL, NULL},
};
ENS_SUITE("sti/dossier", cases)
