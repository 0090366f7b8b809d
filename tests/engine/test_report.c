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
    CU_ASSERT_STRING_EQUAL(ens_detail(ens_report_get(r, 3)), "no reference to the Body");
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

/* A text is made when it is read, of values that nobody else holds any more, and is what printf would have made. */
static void texts_are_made_when_they_are_read(void)
{
    char gone[64], expected[8][2 * ENS_DETAIL_TEXT], text[ENS_DETAIL_TEXT], endless[2 * ENS_DETAIL_TEXT];
    ens_report first, second;
    memset(endless, 'e', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    for (unsigned round = 0; round < 2; round++) {
        ens__report_init(&first);
        ens__report_init(&second);
#define SAY(n, ...)                                                                                                    \
    snprintf(expected[n], sizeof expected[n], __VA_ARGS__);                                                            \
    ens__warn(&first, "a.b", "rule", "hint", __VA_ARGS__)
        snprintf(gone, sizeof gone, "a text of the caller's");
        SAY(0, "nothing to fill in");
        SAY(1, "%s, %u of %zu", gone, 7u, (size_t)1 << 40);
        SAY(2, "%.*s|%.3s|%s", 6, gone, "abcdef", "");
        SAY(3, "100 %% of %d, %lld, %llu, %ld, %lu", -5, -1LL, ~0ULL, -3L, 4UL);
        SAY(4, "%c%.*s %02X %5u %.0u%s", 'x', 2, "yzw", 10u, 42u, 0u, "!");
        SAY(5, "%s", endless);
        SAY(6, "%-8s|%8s|", "left", "right"); /* a conversion that isn't put off */
        SAY(7, "%s%s%s%s%s%s%s%s%s%s%s%s%s", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d");
        memset(gone, '?', sizeof gone);
        const ens_report *r = &first;
        if (round) {
            ens__report_append(&second, &first);
            ens__report_clear(&first);
            r = &second;
        }
        for (size_t i = 0; i < 8; i++)
            CHECK_ROW(strncmp(ens_finding_detail(ens_report_get(r, i), text), expected[i], ENS_DETAIL_TEXT - 1) == 0,
                      "%zu: \"%.80s\"", i, text);
        CU_ASSERT_PTR_NULL(ens_finding_detail(ens__pass(&second, "a.c", "rule"), text));
        CU_ASSERT_FALSE(first.incomplete || second.incomplete);
        ens__report_clear(&first);
        ens__report_clear(&second);
    }
}

static const ens_case cases[] = {
    {"makes a text when it is read, as printf would have made it", texts_are_made_when_they_are_read},
    {"verdict follows the findings", verdict_follows_the_findings},
    {"a full report still refuses", a_full_report_still_refuses},
    {"shows hostile bytes as replacements", shows_hostile_bytes_as_replacements},
    {NULL, NULL},
};
ENS_SUITE("engine/report", cases)
