#include "engine/base/report.h"
#include "tests/suite.h"

static void verdict_follows_the_findings(void)
{
    ens_report *r = ens_report_new();
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_UNDECIDED);
    ens__pass(r, "mime.package", "RFC 2387");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_ACCEPTED);
    ens__skip(r, "payload.schema", "ICS2-HTI 5.1", false, "no schemas given");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_ACCEPTED);
    ens__skip(r, "chain.trust", "ICS2-HTI 10.5", true, "no anchors given");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_UNDECIDED);
    ens__failf(r, "coverage.body", "ICS2-HTI 4.6.2", "sign the Body", "%s", "no reference to the Body");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_REFUSED);
    CU_ASSERT_TRUE(ens_report_tells(r, "coverage", ENS_FAIL));
    CU_ASSERT_FALSE(ens_report_tells(r, "cover", ENS_FAIL));
    CU_ASSERT_STRING_EQUAL(ens_report_get(r, 3)->detail, "no reference to the Body");
    ens_report_free(r);
}

static void a_full_report_still_refuses(void)
{
    ens_report *r = ens_report_new();
    for (int i = 0; i < ENS_REPORT_MAX + 10; i++)
        ens__pass(r, "a.b", "rule");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_UNDECIDED);
    ens__failf(r, "a.c", "rule", NULL, "late");
    CU_ASSERT_EQUAL(ens_report_verdict(r), ENS_REFUSED);
    ens_report_free(r);
}

static void shows_hostile_bytes_as_replacements(void)
{
    ens_report *r = ens_report_new();
    CU_ASSERT_STRING_EQUAL(ens__show(r, ENS_LIT("a\nb\xff"
                                                "c")),
                           "a b\xEF\xBF\xBD"
                           "c");
    CU_ASSERT_STRING_EQUAL(ens__show(r, ENS_LIT("Z\xc3\xbcrich")), "Z\xc3\xbcrich");
    ens_report_free(r);
}

static const ens_case cases[] = {
    {"verdict follows the findings", verdict_follows_the_findings},
    {"a full report still refuses", a_full_report_still_refuses},
    {"shows hostile bytes as replacements", shows_hostile_bytes_as_replacements},
    {NULL, NULL},
};
ENS_SUITE("engine/report", cases)
