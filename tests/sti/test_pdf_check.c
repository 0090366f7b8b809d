#include "ensign/pdf.h"

#include "engine/base/report.h"
#include "fixtures/pdf.h"
#include "sti/pdf/cms.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_MAX ((size_t)4 << 20)

static fx_pki pki;
static ens_buf issued;

static bool made(void)
{
    static bool tried, good;
    if (!tried) {
        tried = true;
        ens_buf_init(&issued, NULL, 0, FILE_MAX);
        good = fx_pki_make(&pki) && fx_pdf_issue(FX_PDF_SAME, &issued);
    }
    CU_ASSERT_TRUE(good);
    return good;
}

static ens_certificates *certificates_of(const char *name)
{
    ens_buf pem;
    ens_certificates *out = NULL;
    ens_buf_init(&pem, NULL, 0, FILE_MAX);
    CU_ASSERT_TRUE(fx_pki_chain(&pki, name, &pem));
    CU_ASSERT_EQUAL(ens_certificates_new(ens_buf_slice(&pem), NULL, &out, NULL), ENS_OK);
    ens_buf_free(&pem);
    return out;
}

static bool is_spent(void *user, ens_slice id, ens_slice nonce)
{
    (void)user;
    return ens_is(id, FX_PDF_ID) && ens_is(nonce, FX_PDF_NONCE);
}

static ens_report *judge(const fx_pdf_row *row, ens_slice file, ens_pdf_result *result)
{
    ens_report *report = ens_report_new();
    ens_certificates *certificates = certificates_of(row->cert ? row->cert : "trader");
    ens_pdf_check_options o = {.issued = row->alone ? (ens_slice){0} : ens_buf_slice(&issued),
                               .certificates = certificates,
                               .profile = row->strict ? ENS_PDF_STRICT : ENS_PDF_DEFAULT,
                               .id = ens_str(row->id),
                               .environment = ens_str(row->environment),
                               .spent = row->spent ? is_spent : NULL,
                               .at = row->at ? row->at : FX_PDF_JUDGED_AT};
    ens_pdf_check(file, &o, result, report);
    ens_certificates_free(certificates);
    return report;
}

static const ens_finding *find(const ens_report *report, const char *id, ens_outcome outcome, const char *says)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        char text[ENS_DETAIL_TEXT];
        if (f->outcome == outcome && strcmp(f->id, id) == 0 && (!says || strstr(ens__finding_text(f, text, ""), says)))
            return f;
    }
    return NULL;
}

static void tell(const fx_pdf_row *row, const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        char text[ENS_DETAIL_TEXT];
        if (f->outcome != ENS_PASS)
            fprintf(stderr, "    %s: %s %s: %s\n", row->name, ens_outcome_name(f->outcome), f->id,
                    ens__finding_text(f, text, ""));
    }
}

static void check_row(const fx_pdf_row *row)
{
    ens_buf file;
    ens_pdf_result result;
    ens_buf_init(&file, NULL, 0, FILE_MAX);
    bool there = fx_pdf_make(&pki, row, &file);
    CHECK_ROW(there, "%s can't be made", row->name);
    ens_report *report = judge(row, ens_buf_slice(&file), &result);
    const ens_finding *f = row->check ? find(report, row->check, ENS_FAIL, row->says) : NULL;
    bool right = row->check
                     ? f && f->hint && f->rule && result.verdict == ENS_REFUSED
                     : result.verdict == ENS_ACCEPTED && (!row->warns || find(report, row->warns, ENS_WARN, NULL));
    CHECK_ROW(right, "%s (%s): %s, wanted %s %s", row->name, row->what, ens_verdict_name(result.verdict),
              row->check ? row->check : "accepted", row->says ? row->says : "");
    CHECK_ROW(result.verdict == ens_report_verdict(report), "%s: two verdicts", row->name);
    if (!right)
        tell(row, report);
    ens_report_free(report);
    ens_buf_free(&file);
}

static void attacks(void)
{
    size_t num = 0, refused = 0;
    if (!made())
        return;
    for (const fx_pdf_row *row; (row = fx_pdf_row_at(num)); num++) {
        check_row(row);
        refused += row->check != NULL;
    }
    CHECK_ROW(refused >= 60, "only %zu attacks", refused);
}

/* Two defects may share their check, and never the sentence, but for the same defect that is judged in another way. */
static void sentences(void)
{
    size_t num = 0;
    while (fx_pdf_row_at(num))
        num++;
    for (size_t i = 0; i < num; i++)
        for (size_t k = i + 1; k < num; k++) {
            const fx_pdf_row *a = fx_pdf_row_at(i), *b = fx_pdf_row_at(k);
            bool same = a->check && b->check && strcmp(a->check, b->check) == 0 && strcmp(a->says, b->says) == 0;
            CHECK_ROW(!same || strncmp(a->name, "shadow", 6) == 0 || strcmp(b->name, "range-elsewhere") == 0,
                      "%s and %s are refused with one sentence", a->name, b->name);
        }
}

static void needs_certificate(void)
{
    ens_pdf_result result;
    ens_buf file;
    if (!made())
        return;
    ens_buf_init(&file, NULL, 0, FILE_MAX);
    CU_ASSERT_TRUE_FATAL(fx_pdf_make(&pki, fx_pdf_row_at(0), &file));
    ens_report *report = ens_report_new();
    ens_pdf_check_options o = {.issued = ens_buf_slice(&issued), .at = FX_PDF_JUDGED_AT};
    ens_pdf_check(ens_buf_slice(&file), &o, &result, report);
    CU_ASSERT_EQUAL(result.verdict, ENS_UNDECIDED);
    CU_ASSERT_PTR_NOT_NULL(find(report, "pdf.signer", ENS_SKIP, "--cert"));
    ens_report_free(report);
    ens_buf_free(&file);
}

static const ens_case cases[] = {
    {"every attack is refused by its check, with a remedy, and what is good is accepted", attacks},
    {"every attack has its own sentence", sentences},
    {"without the certificate nothing is accepted", needs_certificate},
    {NULL, NULL},
};
ENS_SUITE("sti/pdf/check", cases)
