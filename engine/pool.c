#include "engine/pool.h"

#include <pthread.h>
#include <stdlib.h>

/* What the threads share, under the lock. */
typedef struct {
    const ens_pool_job *job;
    pthread_mutex_t lock;
    size_t num, next, taken; /* inputs, the next to be done, and how many results were handed on */
    ens_buf *result;         /* one an input */
    bool *done;
    bool failed;
} pool;

static size_t next_input(pool *p)
{
    pthread_mutex_lock(&p->lock);
    size_t i = p->next < p->num ? p->next++ : SIZE_MAX;
    pthread_mutex_unlock(&p->lock);
    return i;
}

/* hand_on passes results on as far as they are there without a gap. */
static void hand_on(pool *p, size_t i)
{
    pthread_mutex_lock(&p->lock);
    p->done[i] = true;
    for (; p->taken < p->num && p->done[p->taken]; p->taken++) {
        p->job->take(p->job->ctx, p->taken, ens_buf_slice(&p->result[p->taken]));
        ens_buf_free(&p->result[p->taken]);
    }
    pthread_mutex_unlock(&p->lock);
}

static void *run(void *arg)
{
    pool *p = arg;
    void *worker = p->job->make(p->job->ctx);
    if (!worker) {
        pthread_mutex_lock(&p->lock);
        p->failed = true;
        pthread_mutex_unlock(&p->lock);
        return NULL;
    }
    for (size_t i; (i = next_input(p)) != SIZE_MAX;) {
        ens_buf_init(&p->result[i], NULL, 0, ENS_POOL_RESULT);
        p->job->work(worker, i, &p->result[i]);
        hand_on(p, i);
    }
    p->job->drop(worker);
    return NULL;
}

ens_code ens__pool_run(const ens_pool_job *job, unsigned threads, size_t num, ens_err *err)
{
    if (threads == 0 || threads > ENS_POOL_THREADS)
        return ens_fail(err, ENS_ELIMIT, NULL, "the number of threads is out of range", 0);
    pool p = {.job = job, .num = num, .result = calloc(num + 1, sizeof *p.result), .done = calloc(num + 1, sizeof *p.done)};
    pthread_t thread[ENS_POOL_THREADS];
    unsigned started = 0;
    if (p.result && p.done && pthread_mutex_init(&p.lock, NULL) == 0) {
        while (started + 1 < threads && pthread_create(&thread[started], NULL, run, &p) == 0)
            started++;
        run(&p);
        for (unsigned i = 0; i < started; i++)
            pthread_join(thread[i], NULL);
        pthread_mutex_destroy(&p.lock);
    }
    bool whole = p.taken == num && p.result;
    free(p.result);
    free(p.done);
    return whole ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a batch", 0);
}
