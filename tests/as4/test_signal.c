#include "as4/envelope/signal.h"
#include "as4/ics2/ics2.h"
#include "tests/suite.h"

static void counts_the_actions(void)
{
    unsigned filings = 0, amendments = 0, others = 0, replies = 0, attachments = 0;
    for (unsigned i = 0; i < ENS_NUM_ACTIONS; i++) {
        const ens_action *a = ens__action_get(i);
        char kind = a->name[3];
        attachments += a->attachments;
        replies += a->direction == ENS_C2T;
        filings += a->direction == ENS_T2C && kind == 'F';
        amendments += a->direction == ENS_T2C && kind == 'A';
        others += a->direction == ENS_T2C && kind != 'F' && kind != 'A';
        CHECK_ROW(ens__action_find(ens_str(a->name)) == a, "%s is there twice", a->name);
    }
    CU_ASSERT_TRUE(filings == 31 && amendments == 30 && others == 5 && replies == 18 && attachments == 14);
    CU_ASSERT_PTR_NULL(ens__action_get(ENS_NUM_ACTIONS));
    CU_ASSERT_PTR_NULL(ens__action_find(ens_str("IE3A25")));
}

static void finds_subcodes_in_text(void)
{
    static const struct {
        const char *text, *subcode;
    } rows[] = {{"A001: not associated", "A001"},
                {"A0001:", "A001"},
                {"error (A0002)", "A002"},
                {"A003", "A003"},
                {"BA001", NULL},
                {"A004", NULL},
                {"A0011", NULL},
                {"", NULL},
                {"A", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got = ens__subcode_of(ens_str(rows[i].text));
        CHECK_ROW(got == rows[i].subcode || (got && rows[i].subcode && strcmp(got, rows[i].subcode) == 0), "%s: %s",
                  rows[i].text, got ? got : "none");
    }
}

static void knows_the_codes(void)
{
    const ens_error_code *e = ens__error_code(ens_str("EBMS:0103"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    CU_ASSERT_STRING_EQUAL(e->short_description, "PolicyNoncompliance");
    CU_ASSERT_STRING_EQUAL(e->origin, "security");
    CU_ASSERT_PTR_NULL(ens__error_code(ens_str("EBMS:4001")));
}

static const ens_case cases[] = {
    {"counts the actions as ICD Annex 1 has them", counts_the_actions},
    {"finds sub-codes in text", finds_subcodes_in_text},
    {"knows the codes of ICD Annex 4", knows_the_codes},
    {NULL, NULL},
};
ENS_SUITE("as4/signal", cases)
