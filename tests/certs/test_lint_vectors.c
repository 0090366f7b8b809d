/* zlint's 94 vectors: for each row our rule of the same matter finds, doesn't find, or doesn't apply. Where the two
 * differ the reason stands beside the row. */
#include "certs/keys/chain.h"
#include "certs/profile/profile.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "tests/certs/maker.h"
#include "tests/suite.h"

#include <stdio.h>

#define ROWS 94
#define OPINIONS 56                       /* of zlint on the seals, by rules of ETSI */
#define NATURAL "EN 319 412-2 4.3.2, NAT" /* the clause of natural persons; legal persons have their own */

/* What a lint is called here. Several: the first that applies. clause: only findings by that clause count. */
static const struct {
    const char *lint, *ids[2], *clause;
} lints[] = {
    {"e_duplicate_etsi_qcstatement", {"profile.qc-duplicate"}, NULL},
    {"e_etsi_natural_person_key_usage_correct_values", {"profile.key-usage-setting"}, NATURAL},
    {"e_etsi_natural_person_key_usage_mandatory", {"profile.key-usage"}, NATURAL},
    {"w_etsi_natural_person_key_usage_preferred_values", {"profile.key-usage-preferred"}, NATURAL},
    {"e_qcstatem_etsi_present_qcs_critical", {"profile.qc-critical"}, NULL},
    {"e_qcstatem_etsi_type_as_statem", {"profile.qc-type-statement"}, NULL},
    {"e_qcstatem_mandatory_etsi_statems", {"profile.qc-compliance"}, NULL},
    {"e_qcstatem_qccompliance_valid", {"profile.qc-compliance-value"}, NULL},
    {"e_qcstatem_qclimitvalue_valid", {"profile.qc-limit"}, NULL},
    {"e_qcstatem_pds_must_have_https_only", {"profile.qc-pds-url"}, NULL},
    {"w_qcstatem_qcpds_lang_case", {"profile.qc-pds-case"}, NULL},
    {"e_qcstatem_qcpds_valid", {"profile.qc-pds"}, NULL},
    /* zlint's newer lint repeats what the older says of unknown types; here that is one rule and their number another
     */
    {"e_qcstatem_qctype_oneonly", {"profile.qc-type-single", "profile.qc-type"}, NULL},
    {"e_qcstatem_qctype_smime", {"profile.qc-type-mail"}, NULL},
    {"e_qcstatem_qctype_valid", {"profile.qc-type"}, NULL},
    {"e_qcstatem_qctype_web", {"profile.qc-type-web"}, NULL},
};

/* Certificates that the vectors name and the folder doesn't have: made by what zlint's tests say of them. */
static const struct {
    const char *name, *subject[3], *extensions[5];
} made[] = {
    {"qcNaturalWithKU.pem",
     {"GN", "givenName"},
     {"certificatePolicies", "0.4.0.194112.1.0", "keyUsage", "critical,keyEncipherment"}},
    {"qcLegalWithKU.pem",
     {"GN", "givenName"},
     {"certificatePolicies", "0.4.0.194112.1.1", "keyUsage", "critical,keyEncipherment"}},
    {"qcNaturalWithoutKU.pem", {"GN", "givenName"}, {"certificatePolicies", "0.4.0.194112.1.0"}},
    {"qcNaturalOrLegalWithKU.pem",
     {"CN", "commonName"},
     {"certificatePolicies", "0.4.0.194112.1.4", "keyUsage", "critical,keyEncipherment"}},
    {"qcNaturalWithAllowedKU.pem",
     {"GN", "givenName"},
     {"certificatePolicies", "0.4.0.194112.1.5", "keyUsage", "critical,digitalSignature"}},
    {"qcNaturallWithDisallowedKU.pem",
     {"GN", "givenName"},
     {"certificatePolicies", "0.4.0.194112.1.6", "keyUsage", "critical,dataEncipherment"}},
    {"qcNaturallWithNotRecommendedKU.pem",
     {"GN", "givenName"},
     {"certificatePolicies", "0.4.0.194112.1.6", "keyUsage", "critical,digitalSignature,nonRepudiation"}},
};

typedef enum { NOT_APPLIED, HOLDS, FAULTS } result;

static ens_code judge(void *report, ens_slice der, ens_err *err)
{
    ens_cert cert;
    ens_code code = ens_cert_parse(der, &cert, err);
    if (code == ENS_OK)
        ens__profile_judge(&cert, report);
    return code;
}

static bool judge_file(const char *name, ens_report *report)
{
    char path[256];
    ens_file file = {0};
    snprintf(path, sizeof path, "data/lint/zlint/%s", name);
    const char *full = ens_shared(path);
    bool good = full && ens__file_open(full, 0, &file, NULL) == ENS_OK &&
                ens__certfile_each(file.bytes, NULL, judge, report, NULL) == ENS_OK;
    ens__file_close(&file);
    return good;
}

static bool judge_made(size_t i, ens_report *report)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, ENS_CERT_MAX);
    bool good = maker_certificate(
                    &(maker_row){.subject = made[i].subject, .extensions = made[i].extensions, .from = "2025-02-18"},
                    false, &der) &&
                judge(report, ens_buf_slice(&der), NULL) == ENS_OK;
    ens_buf_free(&der);
    return good;
}

static bool judge_named(const char *name, ens_report *report)
{
    const char *slash = strrchr(name, '/');
    for (size_t i = 0; slash && i < sizeof made / sizeof *made; i++)
        if (strcmp(made[i].name, slash + 1) == 0)
            return judge_made(i, report);
    return judge_file(name, report);
}

/* What our rules for a lint say: a fault of any of them, else that one of them holds. */
static result ask(size_t lint, const ens_report *report)
{
    result r = NOT_APPLIED;
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        for (size_t k = 0; k < 2 && lints[lint].ids[k]; k++)
            if (strcmp(f->id, lints[lint].ids[k]) == 0 &&
                (!lints[lint].clause || strncmp(f->rule, lints[lint].clause, strlen(NATURAL)) == 0))
                r = f->outcome == ENS_WARN || f->outcome == ENS_FAIL ? FAULTS : r == FAULTS ? r : HOLDS;
    }
    return r;
}

/* NE: zlint's rule is younger than the certificate. Ours says the same by a pass that tells from when it holds, or had
 * the same to say before. */
static bool agrees(ens_slice status, result r)
{
    if (ens_is(status, "Error") || ens_is(status, "Warn"))
        return r == FAULTS;
    return r == (ens_is(status, "NA") ? NOT_APPLIED : HOLDS);
}

static size_t lint_of(ens_slice name)
{
    for (size_t i = 0; i < sizeof lints / sizeof *lints; i++)
        if (ens_is(name, lints[i].lint))
            return i;
    return SIZE_MAX;
}

static ens_slice take_field(ens_slice *line)
{
    size_t comma = ens__find(*line, ENS_LIT(","), 0);
    ens_slice field = ens_sub(*line, 0, comma);
    *line = ens_from(*line, comma == SIZE_MAX ? line->len : comma + 1);
    return field;
}

static void check_row(ens_slice line)
{
    char name[128];
    ens_report report;
    ens_slice lint = take_field(&line), pem = take_field(&line), status = take_field(&line);
    size_t which = lint_of(lint);
    snprintf(name, sizeof name, "%.*s", (int)pem.len, (const char *)pem.p);
    ens__report_init(&report);
    bool judged = judge_named(name, &report);
    CHECK_ROW(judged && which != SIZE_MAX, "%s, %.*s: not judged", name, (int)lint.len, (const char *)lint.p);
    if (judged && which != SIZE_MAX)
        CHECK_ROW(agrees(status, ask(which, &report)), "%s: %s is %d here, and %.*s there", name, lints[which].lint,
                  (int)ask(which, &report), (int)status.len, (const char *)status.p);
    ens__report_clear(&report);
}

static void all_rows(void)
{
    ens_file file = {0};
    ens_slice line;
    size_t num = 0;
    const char *path = ens_shared("data/lint/zlint/vectors.csv");
    if (!path)
        return;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    ens_reader r = ens_read(file.bytes);
    ens_take_line(&r, &line); /* the header */
    for (; ens_take_line(&r, &line) && line.len; num++)
        check_row(line);
    CU_ASSERT_EQUAL(num, ROWS);
    ens__file_close(&file);
}

/* What zlint finds on the real seals, as it is called here. Where its rule isn't ours, the reason. */
static const struct {
    const char *lint, *ids[2];
} opinions[] = {
    /* a list of addresses in the wrong string type is no list here, and no case of letters */
    {"w_qcstatem_qcpds_lang_case", {"profile.qc-pds-case", "profile.qc-pds"}},
    {"e_qcstatem_qcpds_valid", {"profile.qc-pds"}},
    {"e_qcstatem_qctype_web", {"profile.qc-type-web"}},
    /* seals under a policy for natural persons: zlint goes by the policy, and here the seal is told that the policy
       doesn't fit */
    {"w_etsi_natural_person_key_usage_preferred_values", {"profile.policy-fits"}},
    {"e_etsi_natural_person_key_usage_mandatory", {"profile.policy-fits"}},
};

static ens_slice take_cell(ens_slice *line)
{
    size_t tab = ens__find(*line, ENS_LIT("\t"), 0);
    ens_slice cell = ens_sub(*line, 0, tab);
    *line = ens_from(*line, tab == SIZE_MAX ? line->len : tab + 1);
    return cell;
}

static bool faults_any(const ens_report *report, const char *const ids[2])
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        for (size_t k = 0; k < 2 && ids[k]; k++)
            if (strcmp(ens_report_get(report, i)->id, ids[k]) == 0 && ens_report_get(report, i)->outcome == ENS_WARN)
                return true;
    return false;
}

static bool judge_seal(ens_slice sha256, ens_report *report)
{
    char path[256];
    ens_file file = {0};
    snprintf(path, sizeof path, "data/certificates/seals/%.16s.pem", (const char *)sha256.p);
    const char *full = ens_shared(path);
    bool good = full && ens__file_open(full, 0, &file, NULL) == ENS_OK &&
                ens__certfile_each(file.bytes, NULL, judge, report, NULL) == ENS_OK;
    ens__file_close(&file);
    return good;
}

/* check_opinion: rows that tell that zlint could not read a certificate (parse) are no opinion. */
static bool check_opinion(ens_slice line)
{
    ens_report report;
    ens_slice sha256 = take_cell(&line), lint = take_cell(&line);
    size_t i = 0;
    while (i < sizeof opinions / sizeof *opinions && !ens_is(lint, opinions[i].lint))
        i++;
    if (i == sizeof opinions / sizeof *opinions || sha256.len != 64)
        return false;
    ens__report_init(&report);
    CHECK_ROW(judge_seal(sha256, &report) && faults_any(&report, opinions[i].ids), "%.16s: %s isn't found",
              (const char *)sha256.p, opinions[i].lint);
    ens__report_clear(&report);
    return true;
}

static void seals(void)
{
    ens_file file = {0};
    ens_slice line;
    size_t num = 0;
    const char *path = ens_shared("data/lint/zlint-on-seals.tsv");
    if (!path)
        return;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(path, 0, &file, NULL), ENS_OK);
    for (ens_reader r = ens_read(file.bytes); ens_take_line(&r, &line);)
        num += check_opinion(line);
    CU_ASSERT_EQUAL(num, OPINIONS);
    ens__file_close(&file);
}

static const ens_case cases[] = {
    {"agrees with zlint on all 94 vectors", all_rows},
    {"finds what zlint finds on the real seals", seals},
    {NULL, NULL},
};
ENS_SUITE("certs/lint_vectors", cases)
