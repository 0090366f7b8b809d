/* What ends first, and what of too many is kept. */
#include "certs/path/timeline.h"
#include "tests/suite.h"

#include <string.h>

static ens__interval ending(const char *name, ens_time until)
{
    return (ens__interval){
        .what = "certificate", .name = name, .reason = "the certificate ends", .from = 0, .until = until};
}

static void first(void)
{
    ens__timeline t = {0};
    CU_ASSERT_PTR_NULL(ens__timeline_first(&t, false, ENS_TIME_NONE));
    ens__timeline_add(&t, ending("open", ENS_TIME_NONE));
    CU_ASSERT_PTR_NULL(ens__timeline_first(&t, false, ENS_TIME_NONE));
    ens__timeline_add(&t, ending("late", 300));
    ens__timeline_add(&t, ending("early", 200));
    ens__timeline_add(&t, (ens__interval){.what = "trusted list", .name = "FR", .from = 0, .until = 100, .news = true});
    CU_ASSERT_STRING_EQUAL(ens__timeline_first(&t, false, ENS_TIME_NONE)->name, "early");
    CU_ASSERT_STRING_EQUAL(ens__timeline_first(&t, true, ENS_TIME_NONE)->name, "FR");
}

static void once(void)
{
    ens__timeline t = {0};
    ens__timeline_add(&t, ending("one", 100));
    ens__timeline_add(&t, ending("one", 100));
    CU_ASSERT_EQUAL(t.num, 1);
    ens__timeline_add(&t, ending("one", 101));
    CU_ASSERT_EQUAL(t.num, 2);
}

static void too_many(void)
{
    ens__timeline t = {0};
    static char names[2 * ENS_TIMELINE_MAX][4];
    for (unsigned i = 0; i < 2 * ENS_TIMELINE_MAX; i++) {
        names[i][0] = (char)('a' + i / 26);
        names[i][1] = (char)('a' + i % 26);
        ens__timeline_add(&t, ending(names[i], (ens_time)(1000 - i)));
    }
    CU_ASSERT_EQUAL(t.num, ENS_TIMELINE_MAX);
    const ens__interval *early = ens__timeline_first(&t, false, ENS_TIME_NONE);
    CU_ASSERT_TRUE(early && early->until == 1000 - (ens_time)(2 * ENS_TIMELINE_MAX - 1));
}

static const ens_case cases[] = {
    {"finds the first end, and the first news", first},
    {"keeps the same interval once", once},
    {"loses what ends last when there are too many", too_many},
    {NULL, NULL},
};
ENS_SUITE("certs/timeline", cases)
