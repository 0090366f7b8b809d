#include "engine/base/waker.h"
#include "tests/suite.h"

#include <stdatomic.h>
#include <unistd.h>

#define PATIENCE_MS 5000u

typedef struct {
    atomic_uint calls, left, alarms; /* left: how often there is more */
} tally;

static bool work(void *ctx)
{
    tally *t = ctx;
    atomic_fetch_add(&t->calls, 1);
    unsigned left = atomic_load(&t->left);
    if (left)
        atomic_fetch_sub(&t->left, 1);
    return left > 0;
}

static void alarm_tally(void *ctx)
{
    atomic_fetch_add(&((tally *)ctx)->alarms, 1);
}

static bool reaches(tally *t, unsigned calls)
{
    for (unsigned waited = 0; atomic_load(&t->calls) < calls && waited < PATIENCE_MS; waited++)
        usleep(1000);
    return atomic_load(&t->calls) >= calls;
}

static ens_waker *start(tally *t, uint32_t every_ms)
{
    ens_waker *w = NULL;
    const ens_waker_plan plan = {.work = work, .alarm = alarm_tally, .ctx = t, .every_ms = every_ms};
    CU_ASSERT_EQUAL_FATAL(ens__waker_start(&plan, &w, NULL), ENS_OK);
    return w;
}

static void works_until_nothing_is_left(void)
{
    tally t = {.left = 3};
    ens_waker *w = start(&t, 0);
    CU_ASSERT_TRUE(reaches(&t, 4));
    usleep(20000);
    CU_ASSERT_EQUAL(atomic_load(&t.calls), 4);
    ens__waker_wake(w);
    CU_ASSERT_TRUE(reaches(&t, 5));
    ens__waker_stop(w);
    CU_ASSERT_EQUAL(atomic_load(&t.alarms), 2);
}

static void looks_unasked(void)
{
    tally t = {0};
    ens_waker *w = start(&t, 5);
    CU_ASSERT_TRUE(reaches(&t, 5));
    ens__waker_stop(w);
}

/* Whoever stops it waits for the work in hand and for none that comes behind. */
static void stops_within_its_work(void)
{
    tally t = {.left = 1000000000};
    ens_waker *w = start(&t, 1000);
    CU_ASSERT_TRUE(reaches(&t, 10));
    ens__waker_stop(w);
    unsigned calls = atomic_load(&t.calls);
    usleep(5000);
    CU_ASSERT_EQUAL(atomic_load(&t.calls), calls);
    ens__waker_wake(NULL);
    ens__waker_stop(NULL);
}

static const ens_case cases[] = {
    {"works until nothing is left, and again when it is woken", works_until_nothing_is_left},
    {"looks unasked", looks_unasked},
    {"stops behind the work in hand", stops_within_its_work},
    {NULL, NULL},
};
ENS_SUITE("engine/base/waker", cases)
