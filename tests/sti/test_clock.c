/* The one clock: ahead, standing still, of the environment and of spaces. */
#include "sti/clock/clock.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR_MS ((int64_t)3600000)
#define SLACK_MS 5000 /* that a test may take */

static void reads_durations(void)
{
    static const struct {
        const char *text;
        int64_t ms; /* -1: it is none */
    } rows[] = {{"200d", 200 * 24 * HOUR_MS},
                {"36h", 36 * HOUR_MS},
                {"15m", 900000},
                {"5s", 5000},
                {"0s", 0},
                {"1d12h", 36 * HOUR_MS},
                {"P1DT12H", 36 * HOUR_MS},
                {"PT5M", 300000},
                {"P2W", 14 * 24 * HOUR_MS},
                {"p1d", 24 * HOUR_MS},
                {"", -1},
                {"P", -1},
                {"5", -1},
                {"h", -1},
                {"5x", -1},
                {"P5H", -1},
                {"-5s", -1},
                {"P1DT", -1},
                {"PT1D", -1},
                {"5 s", -1},
                {"99999999999999999999d", -1},
                {"40000d", -1},
                {"PP1D", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = -2;
        bool good = ens__duration_read(ens_str(rows[i].text), &ms);
        CHECK_ROW(good == (rows[i].ms >= 0) && (!good || ms == rows[i].ms), "%s: %d, %lld", rows[i].text, good,
                  (long long)ms);
    }
}

static void finds_the_eori_of_a_party(void)
{
    static const struct {
        const char *party, *eori;
    } rows[] = {{"FR1", "FR1"}, {"FR1@BE", "FR1"}, {"sys@FR1", "FR1"}, {"sys@FR1@BE", "FR1"}, {"", ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_TRUE(ens_is(ens__party_eori(ens_str(rows[i].party)), rows[i].eori));
}

static void a_clock_is_advanced_and_stands_still(void)
{
    ens__clock_row row = {.space = ""};
    CU_ASSERT_EQUAL(ens__clock_time(&row, 1000), 1000);
    ens__clock_advance(&row, 500);
    CU_ASSERT_EQUAL(ens__clock_time(&row, 1000), 1500);
    ens__clock_freeze(&row, 1000, 1500);
    CU_ASSERT_EQUAL(ens__clock_time(&row, 9000), 1500);
    ens__clock_advance(&row, 500);
    CU_ASSERT_EQUAL(ens__clock_time(&row, 9000), 2000);
    ens__clock_run(&row, 9000);
    CU_ASSERT_EQUAL(ens__clock_time(&row, 9100), 2100);
}

static bool near(int64_t a, int64_t b)
{
    return a - b < SLACK_MS && b - a < SLACK_MS;
}

static void a_space_has_a_clock_of_its_own(void)
{
    char folder[] = "/tmp/ensign-clock-XXXXXX", path[64], space[ENS_FILING_SPACE + 1];
    ens__store *store = NULL;
    bool changed = false;
    ens_clocks *c = ens__clocks_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s.db", folder);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(path, &(ens__store_options){.create = true}, &store, NULL), ENS_OK);
    int64_t machine = ens__clock_machine_ms();
    CU_ASSERT(near(ens__clocks_now_ms(c), machine));
    ens__clocks_begin(c, machine + HOUR_MS);
    CU_ASSERT_EQUAL(ens__clocks_read(c, store, &changed, NULL), ENS_OK); /* and keeps it */
    CU_ASSERT(near(ens__clocks_now_ms(c), machine + HOUR_MS));
    CU_ASSERT_FALSE(ens__clocks_space(c, 0, space));
    const ens__clock_row own = {.space = "FR1", .ahead_ms = HOUR_MS};
    CU_ASSERT_EQUAL(ens__store_put_clock(store, &own, NULL), ENS_OK);
    CU_ASSERT(ens__clocks_read(c, store, &changed, NULL) == ENS_OK && changed);
    CU_ASSERT(ens__clocks_read(c, store, &changed, NULL) == ENS_OK && !changed);
    CU_ASSERT(near(ens__clocks_space_now_ms(c, "FR1"), machine + 2 * HOUR_MS));
    CU_ASSERT(near(ens__clocks_now_ms(c), machine + HOUR_MS));
    CU_ASSERT(ens__clocks_space(c, 0, space) && strcmp(space, "FR1") == 0 && !ens__clocks_space(c, 1, space));
    ens__clocks_space_of(c, ENS_LIT("sys@FR1"), space);
    CU_ASSERT_STRING_EQUAL(space, "FR1");
    ens__clocks_space_of(c, ENS_LIT("FR12"), space);
    CU_ASSERT_STRING_EQUAL(space, "");
    ens_clocks *other = ens__clocks_new(); /* another node, or the next start */
    CU_ASSERT_EQUAL(ens__clocks_read(other, store, &changed, NULL), ENS_OK);
    CU_ASSERT(near(ens__clocks_space_now_ms(other, "FR1"), machine + 2 * HOUR_MS));
    ens__clocks_free(other);
    ens__clocks_free(c);
    ens__store_close(store);
    unlink(path);
    rmdir(folder);
}

static const ens_case cases[] = {
    {"reads durations", reads_durations},
    {"finds the EORI of a party", finds_the_eori_of_a_party},
    {"a clock is advanced, and stands still", a_clock_is_advanced_and_stands_still},
    {"a space has a clock of its own", a_space_has_a_clock_of_its_own},
    {NULL, NULL},
};
ENS_SUITE("sti/clock", cases)
