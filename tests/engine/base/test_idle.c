#include "engine/base/idle.h"
#include "tests/suite.h"

#include <stdlib.h>

#define KEPT 3u
#define THREADS 4u
#define ROUNDS 2000u

typedef struct {
    ens_idle_link link;
    unsigned users;
} thing;

static unsigned num_destroyed;

static void destroy(void *of)
{
    num_destroyed++;
    free(of);
}

static void keeps_so_many(void)
{
    ens_idle idle;
    thing *made[KEPT + 1];
    ens__idle_init(&idle, KEPT);
    CU_ASSERT_PTR_NULL(ens__idle_take(&idle));
    for (unsigned i = 0; i <= KEPT; i++) {
        made[i] = calloc(1, sizeof *made[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(made[i]);
        CU_ASSERT_EQUAL(ens__idle_keep(&idle, &made[i]->link), i < KEPT);
    }
    CU_ASSERT_PTR_EQUAL(ens__idle_take(&idle), made[KEPT - 1]);
    CU_ASSERT_TRUE(ens__idle_keep(&idle, &made[KEPT]->link));
    CU_ASSERT_PTR_EQUAL(ens__idle_take(&idle), made[KEPT]);
    free(made[KEPT - 1]);
    free(made[KEPT]);
    num_destroyed = 0;
    ens__idle_clear(&idle, destroy);
    CU_ASSERT_EQUAL(num_destroyed, KEPT - 1);
}

/* Each thing has one user at a time, whoever takes it. */
static void *use(void *of)
{
    ens_idle *idle = of;
    bool alone = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        thing *t = ens__idle_take(idle);
        if (!t && !(t = calloc(1, sizeof *t)))
            return NULL;
        alone = alone && ++t->users == 1;
        t->users--;
        if (!ens__idle_keep(idle, &t->link))
            free(t);
    }
    return alone ? idle : NULL;
}

static void hands_each_to_one(void)
{
    ens_idle idle;
    pthread_t thread[THREADS];
    ens__idle_init(&idle, KEPT);
    for (unsigned i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, use, &idle), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(thread[i], &good);
        CU_ASSERT_PTR_EQUAL(good, &idle);
    }
    ens__idle_clear(&idle, destroy);
}

static const ens_case cases[] = {
    {"keeps so many, the last used first", keeps_so_many},
    {"hands each thing to one at a time", hands_each_to_one},
    {NULL, NULL},
};
ENS_SUITE("engine/idle", cases)
