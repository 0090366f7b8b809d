/* zlint's vectors: each certificate that it faults gets our finding for the same rule. */
#include "certs/certfile.h"
#include "certs/profile.h"
#include "engine/file.h"
#include "engine/report.h"
#include "tests/suite.h"

#include <stdio.h>

static const struct {
    const char *file, *id;
} rows[] = {
    {"qcs1_dup1_eff1.pem", "profile.qc-duplicate"},
    {"QcStmtEtsiWrongCriticalityCert06.pem", "profile.qc-critical"},
    {"QcStmtEtsiQcTypeAsQcStmtCert10.pem", "profile.qc-type-statement"},
    {"QcStmtEtsiMissingMandatoryCert14.pem", "profile.qc-compliance"},
    {"QcStmtInvalidLimitValue.pem", "profile.qc-value"},
    {"pdsOneHttp.pem", "profile.qc-pds-url"},
    {"QcStmtEtsiLangCodeUpperCaseCert23.pem", "profile.qc-pds-language"},
    {"QcStmtEtsiNumberInLangCodeCert21.pem", "profile.qc-pds-language"},
    {"QcStmtEtsiMissingEnglishPdsCert04.pem", "profile.qc-pds-language"},
    {"QcStmtEtsiTwoEnglPdsCert12.pem", "profile.qc-pds-language"},
    {"QcStmtEtsiWrongLangCodeCert05.pem", "profile.qc-pds-language"},
    {"QcStmtEtsiWrongEncodingLangCodeCert07.pem", "profile.qc-value"},
    {"QcStmtEtsiWrongEncodingUrlCert08.pem", "profile.qc-value"},
    {"QcStmtEtsiTwoLangCodesCert17.pem", "profile.qc-value"},
    {"qctWithEsealAndWeb.pem", "profile.qc-type"},
    {"qctWithWrongType.pem", "profile.qc-type"},
    {"qctWithWrongType_2024.pem", "profile.qc-type"},
    {"qcSmimeWeb.pem", "profile.qc-type-usage"},
    {"missingIdEtsiQcsQctWeb.pem", "profile.qc-type-usage"},
};

/* What zlint passes by the rule that the row before it breaks. */
static const struct {
    const char *file, *not_id;
} passes[] = {
    {"qcs1_dup0_eff1.pem", "profile.qc-duplicate"},
    {"QcStmtEtsiValidCert03.pem", "profile.qc-critical"},
    {"QcStmtEtsiValidCert24.pem", "profile.qc-type-statement"},
    {"QcStmtEtsiValidCert11.pem", "profile.qc-compliance"},
    {"QcStmtValidLimitValue.pem", "profile.qc-value"},
    {"pdsAllHttps.pem", "profile.qc-pds-url"},
    {"QcStmtEtsiValidAddLangCert13.pem", "profile.qc-pds-language"},
    {"qctWithEseal.pem", "profile.qc-type"},
    {"qcSmimeLegal.pem", "profile.qc-type-usage"},
    {"QcStmtEtsiValidCert11.pem", "profile.qc-type-usage"},
};

static ens_code judge(void *report, ens_slice der, ens_err *err)
{
    ens_cert cert;
    ens_code code = ens_cert_parse(der, &cert, err);
    if (code == ENS_OK)
        ens__profile_judge(&cert, report);
    return code;
}

static bool warns(const char *name, const char *id)
{
    char path[256];
    ens_file file = {0};
    ens_report report;
    ens__report_init(&report);
    snprintf(path, sizeof path, "data/lint/zlint/%s", name);
    const char *full = ens_shared(path);
    CHECK_ROW(full && ens__file_open(full, 0, &file, NULL) == ENS_OK && ens__certfile_each(file.bytes, NULL, judge, &report, NULL) == ENS_OK,
              "%s can't be read", name);
    bool found = ens__report_has(&report, id, ENS_WARN) || ens__report_has(&report, id, ENS_FAIL);
    ens__file_close(&file);
    ens__report_clear(&report);
    return found;
}

static void faults(void)
{
    if (!ens_shared("data/lint/zlint/vectors.csv"))
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(warns(rows[i].file, rows[i].id), "%s: no %s", rows[i].file, rows[i].id);
}

static void no_faults(void)
{
    if (!ens_shared("data/lint/zlint/vectors.csv"))
        return;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
        CHECK_ROW(!warns(passes[i].file, passes[i].not_id), "%s: %s", passes[i].file, passes[i].not_id);
}

static const ens_case cases[] = {
    {"finds what zlint finds, by the same rule", faults},
    {"doesn't find what zlint passes", no_faults},
    {NULL, NULL},
};
ENS_SUITE("certs/profile", cases)
