#include "engine/base/jobs.h"

#include "tests/suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define MANY 1000u

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint made, dropped, done;
static uintptr_t order[MANY];

static void *make(void *ctx)
{
    atomic_fetch_add(&made, 1);
    return ctx;
}

static void drop(void *worker)
{
    (void)worker;
    atomic_fetch_add(&dropped, 1);
}

static void work(void *ctx, void *worker, void *job)
{
    CU_ASSERT_PTR_EQUAL(worker, ctx);
    pthread_mutex_lock(&gate);
    order[atomic_fetch_add(&done, 1) % MANY] = (uintptr_t)job;
    pthread_mutex_unlock(&gate);
}

static void *no_memory(void *ctx)
{
    (void)ctx;
    return NULL;
}

static ens_jobs *start(unsigned threads, size_t queue)
{
    static int state;
    ens_jobs *j = NULL;
    const ens_jobs_plan plan = {threads, queue, make, drop, work, &state};
    atomic_store(&made, 0);
    atomic_store(&dropped, 0);
    atomic_store(&done, 0);
    CU_ASSERT_EQUAL_FATAL(ens__jobs_start(&plan, &j, NULL), ENS_OK);
    return j;
}

static void in_order(void)
{
    ens_jobs *j = start(1, MANY);
    for (uintptr_t i = 1; i <= MANY; i++)
        CU_ASSERT(ens__jobs_post(j, (void *)i)); // NOLINT(performance-no-int-to-ptr)
    ens__jobs_stop(j);                           /* does what waits */
    bool good = atomic_load(&done) == MANY;
    for (uintptr_t i = 1; i <= MANY; i++)
        good = good && order[i - 1] == i;
    CU_ASSERT(good && atomic_load(&made) == 1 && atomic_load(&dropped) == 1);
}

static void bounded(void)
{
    unsigned taken = 0;
    pthread_mutex_lock(&gate); /* the workers wait at it, each with one job */
    ens_jobs *j = start(2, 4);
    for (unsigned i = 0; i < 100; i++)
        taken += ens__jobs_post(j, &taken);
    CU_ASSERT(taken >= 4 && taken <= 6 && ens__jobs_waiting(j) <= 4 && !ens__jobs_post(j, &taken));
    pthread_mutex_unlock(&gate);
    ens__jobs_stop(j);
    CU_ASSERT(atomic_load(&done) == taken && atomic_load(&dropped) == 2);
}

static void bad_plans(void)
{
    ens_jobs *j = NULL;
    ens_err err = {0};
    const ens_jobs_plan none = {.threads = 0, .queue = 1, .work = work}, no_queue = {.threads = 1, .work = work};
    const ens_jobs_plan failing = {.threads = 2, .queue = 1, .make = no_memory, .work = work};
    CU_ASSERT_EQUAL(ens__jobs_start(&none, &j, &err), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__jobs_start(&no_queue, &j, &err), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__jobs_start(&failing, &j, &err), ENS_ENOMEM);
    CU_ASSERT_PTR_NULL(j);
    ens__jobs_stop(NULL);
}

static const ens_case cases[] = {
    {"does every job in its order, those that wait when it stops too", in_order},
    {"says that the queue is full, and never waits", bounded},
    {"refuses what it can't start", bad_plans},
    {NULL, NULL},
};
ENS_SUITE("engine/base/jobs", cases)
