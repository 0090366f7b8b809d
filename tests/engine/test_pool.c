#include "engine/base/workers.h"
#include "tests/suite.h"

#include <stdatomic.h>
#include <stdlib.h>

#define INPUTS 2000u

typedef struct {
    atomic_uint made, dropped, done;
    unsigned makes_fail;            /* from this one on no worker can be made */
    size_t next, ends_at, stops_at; /* 0: never */
    volatile sig_atomic_t stop;
    bool in_order, whole;
} batch;

static void *make(void *ctx)
{
    batch *b = ctx;
    return atomic_fetch_add(&b->made, 1) >= b->makes_fail ? NULL : b;
}

static void drop(void *worker)
{
    batch *b = worker;
    atomic_fetch_add(&b->dropped, 1);
}

/* Some inputs take longer than those behind them. */
static void work(void *worker, size_t i, ens_buf *result)
{
    batch *b = worker;
    volatile size_t spin = i % 7 == 0 ? 20000 : 10;
    while (spin)
        spin--;
    ens_buf_printf(result, "%zu", i);
    atomic_fetch_add(&b->done, 1);
}

static bool take(void *ctx, size_t i, ens_slice result)
{
    batch *b = ctx;
    char text[32];
    snprintf(text, sizeof text, "%zu", i);
    b->in_order = b->in_order && i == b->next++;
    b->whole = b->whole && ens_is(result, text);
    if (i + 1 == b->stops_at)
        b->stop = 1;
    return i + 1 != b->ends_at;
}

static batch run_batch(unsigned threads, size_t num, unsigned makes_fail, ens_code *code)
{
    batch b = {.makes_fail = makes_fail, .in_order = true, .whole = true};
    ens_pool_job job = {make, drop, work, take, &b, NULL};
    *code = ens__pool_run(&job, threads, num, NULL);
    return b;
}

static void hands_results_on_in_the_order_of_the_inputs(void)
{
    for (unsigned threads = 1; threads <= 8; threads += 1 + threads / 2) {
        ens_code code;
        batch b = run_batch(threads, INPUTS, ENS_POOL_THREADS, &code);
        CHECK_ROW(code == ENS_OK && b.next == INPUTS && b.done == INPUTS, "%u threads: %zu of %u", threads, b.next,
                  INPUTS);
        CHECK_ROW(b.in_order && b.whole, "%u threads: out of order", threads);
        CHECK_ROW(b.made == b.dropped && b.made <= threads, "%u threads: %u workers, %u dropped", threads, b.made,
                  b.dropped);
    }
}

static void needs_no_input(void)
{
    ens_code code;
    batch b = run_batch(3, 0, ENS_POOL_THREADS, &code);
    CU_ASSERT(code == ENS_OK && b.next == 0 && b.made == b.dropped);
}

static void works_on_with_the_workers_that_it_could_make(void)
{
    ens_code code;
    batch b = run_batch(4, INPUTS, 1, &code);
    CU_ASSERT(code == ENS_OK && b.next == INPUTS && b.in_order && b.dropped == 1);
    b = run_batch(4, INPUTS, 0, &code);
    CU_ASSERT(code == ENS_ENOMEM && b.next == 0 && b.dropped == 0);
}

static void keeps_its_limit_on_threads(void)
{
    ens_code code;
    run_batch(0, 1, 1, &code);
    CU_ASSERT_EQUAL(code, ENS_ELIMIT);
    run_batch(ENS_POOL_THREADS + 1, 1, 1, &code);
    CU_ASSERT_EQUAL(code, ENS_ELIMIT);
}

static void ends_early(void)
{
    for (unsigned threads = 1; threads <= 4; threads++)
        for (int stop = 0; stop < 2; stop++) {
            batch b = {.makes_fail = ENS_POOL_THREADS, .in_order = true, .whole = true};
            *(stop ? &b.stops_at : &b.ends_at) = 100;
            ens_pool_job job = {make, drop, work, take, &b, &b.stop};
            CU_ASSERT_EQUAL(ens__pool_run(&job, threads, INPUTS, NULL), ENS_OK);
            CHECK_ROW(b.in_order && b.whole && (stop ? b.next == b.done : b.next == 100),
                      "%u threads: %zu taken, %u done", threads, b.next, b.done);
            CHECK_ROW(b.done >= 100 && (threads > 1 || b.done == 100), "%u threads: %u done", threads, b.done);
        }
}

static const ens_case cases[] = {
    {"hands results on in the order of the inputs", hands_results_on_in_the_order_of_the_inputs},
    {"needs no input", needs_no_input},
    {"works on with the workers that it could make", works_on_with_the_workers_that_it_could_make},
    {"keeps its limit on threads", keeps_its_limit_on_threads},
    {"ends behind the inputs in hand when it is told to, and when nobody takes any more", ends_early},
    {NULL, NULL},
};
ENS_SUITE("engine/pool", cases)
