#include "engine/base/workers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define KEPT ((size_t)1 << 20) /* bytes of a result whose memory serves for another */

/* What the threads share. */
typedef struct {
    const ens_pool_job *job;
    size_t num;
    atomic_size_t next; /* input to be done */
    atomic_bool ended;  /* nobody takes any more */
    pthread_mutex_t lock;
    ens_buf *result; /* one an input; under the lock, as what follows */
    bool *done;
    size_t taken; /* how many results were handed on */
    bool handing; /* one of the threads hands on; it sees what the others have done meanwhile */
    ens_buf spare[ENS_POOL_THREADS];
    unsigned num_spare;
} pool;

/* give_back keeps the memory of a result that was handed on. */
static void give_back(pool *p, ens_buf *result)
{
    if (result->cap <= KEPT && p->num_spare < ENS_POOL_THREADS)
        p->spare[p->num_spare++] = *result;
    else
        ens_buf_free(result);
    *result = (ens_buf){0};
}

/* hand_on passes results on as far as they are there without a gap. The lock isn't held meanwhile: others go on. */
static void hand_on(pool *p)
{
    if (p->handing)
        return;
    p->handing = true;
    for (; p->taken < p->num && p->done[p->taken]; p->taken++) {
        size_t at = p->taken;
        ens_slice result = ens_buf_slice(&p->result[at]);
        pthread_mutex_unlock(&p->lock);
        if (!p->ended && !p->job->take(p->job->ctx, at, result))
            p->ended = true;
        pthread_mutex_lock(&p->lock);
        give_back(p, &p->result[at]);
    }
    p->handing = false;
}

/* exchange takes a result over, and gives memory for the next one. */
static void exchange(pool *p, size_t i, ens_buf *own)
{
    pthread_mutex_lock(&p->lock);
    p->result[i] = *own;
    p->done[i] = true;
    hand_on(p);
    *own = p->num_spare ? p->spare[--p->num_spare] : (ens_buf){0};
    pthread_mutex_unlock(&p->lock);
    *own = (ens_buf){.p = own->p, .cap = own->cap, .on_heap = own->on_heap, .limit = ENS_POOL_RESULT};
}

static bool goes_on(const pool *p)
{
    return !p->ended && !(p->job->stop && *p->job->stop);
}

/* run_worker writes each result into a buffer of its own: those of neighbours share lines of the cache. */
static void *run_worker(void *arg)
{
    pool *p = arg;
    void *worker = p->job->make(p->job->ctx);
    ens_buf own;
    if (!worker)
        return NULL;
    ens_buf_init(&own, NULL, 0, ENS_POOL_RESULT);
    for (size_t i; goes_on(p) && (i = atomic_fetch_add(&p->next, 1)) < p->num;) {
        p->job->work(worker, i, &own);
        exchange(p, i, &own);
    }
    ens_buf_free(&own);
    p->job->drop(worker);
    return NULL;
}

ens_code ens__pool_run(const ens_pool_job *job, unsigned threads, size_t num, ens_err *err)
{
    if (threads == 0 || threads > ENS_POOL_THREADS)
        return ens_fail(err, ENS_ELIMIT, NULL, "the number of threads is out of range", 0);
    pool p = {
        .job = job, .num = num, .result = calloc(num + 1, sizeof *p.result), .done = calloc(num + 1, sizeof *p.done)};
    pthread_t thread[ENS_POOL_THREADS];
    unsigned started = 0;
    if (p.result && p.done && pthread_mutex_init(&p.lock, NULL) == 0) {
        while (started + 1 < threads && pthread_create(&thread[started], NULL, run_worker, &p) == 0)
            started++;
        run_worker(&p);
        for (unsigned i = 0; i < started; i++)
            pthread_join(thread[i], NULL);
        pthread_mutex_destroy(&p.lock);
        while (p.num_spare)
            ens_buf_free(&p.spare[--p.num_spare]);
    }
    bool whole = p.result && p.done && (p.taken == num || !goes_on(&p));
    free(p.result);
    free(p.done);
    return whole ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a batch", 0);
}
