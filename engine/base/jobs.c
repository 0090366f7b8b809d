#include "engine/base/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define RULE "jobs"

struct ens_jobs {
    ens_jobs_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    void **waiting; /* a ring */
    size_t first, num;
    bool closing;
    unsigned ready, failed; /* threads whose state is made, or isn't */
    pthread_t thread[ENS_JOBS_THREADS_MAX];
    unsigned num_threads;
};

/* next waits for a job; false: there won't be another. */
static bool next(ens_jobs *j, void **job)
{
    pthread_mutex_lock(&j->lock);
    while (j->num == 0 && !j->closing)
        pthread_cond_wait(&j->changed, &j->lock);
    bool found = j->num > 0;
    if (found) {
        *job = j->waiting[j->first];
        j->first = (j->first + 1) % j->plan.queue;
        j->num--;
    }
    pthread_mutex_unlock(&j->lock);
    return found;
}

static void tell_ready(ens_jobs *j, bool good)
{
    pthread_mutex_lock(&j->lock);
    j->ready += good;
    j->failed += !good;
    pthread_cond_broadcast(&j->changed);
    pthread_mutex_unlock(&j->lock);
}

static void *run_jobs(void *arg)
{
    ens_jobs *j = arg;
    void *worker = j->plan.make ? j->plan.make(j->plan.ctx) : NULL, *job;
    bool good = worker || !j->plan.make;
    tell_ready(j, good);
    while (good && next(j, &job))
        j->plan.work(j->plan.ctx, worker, job);
    if (worker && j->plan.drop)
        j->plan.drop(worker);
    return NULL;
}

static void start_threads(ens_jobs *j)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the program's own thread */
    while (j->num_threads < j->plan.threads && pthread_create(&j->thread[j->num_threads], NULL, run_jobs, j) == 0)
        j->num_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool all_ready(ens_jobs *j)
{
    pthread_mutex_lock(&j->lock);
    while (j->ready + j->failed < j->num_threads)
        pthread_cond_wait(&j->changed, &j->lock);
    bool good = j->failed == 0 && j->num_threads == j->plan.threads;
    pthread_mutex_unlock(&j->lock);
    return good;
}

ens_code ens__jobs_start(const ens_jobs_plan *plan, ens_jobs **out, ens_err *err)
{
    if (plan->threads == 0 || plan->threads > ENS_JOBS_THREADS_MAX || plan->queue == 0)
        return ens_fail(err, ENS_ELIMIT, RULE, "the number of threads or the queue is out of range", 0);
    ens_jobs *j = calloc(1, sizeof *j);
    void **waiting = calloc(plan->queue, sizeof *waiting);
    if (!j || !waiting) {
        free(j);
        free(waiting);
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for jobs", 0);
    }
    j->plan = *plan;
    j->waiting = waiting;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->changed, NULL);
    start_threads(j);
    if (all_ready(j)) {
        *out = j;
        return ENS_OK;
    }
    ens__jobs_stop(j);
    return ens_fail(err, ENS_ENOMEM, RULE, "no thread, or no memory for its work", 0);
}

bool ens__jobs_post(ens_jobs *j, void *job)
{
    pthread_mutex_lock(&j->lock);
    bool room = j->num < j->plan.queue && !j->closing;
    if (room) {
        j->waiting[(j->first + j->num) % j->plan.queue] = job;
        j->num++;
        pthread_cond_signal(&j->changed);
    }
    pthread_mutex_unlock(&j->lock);
    return room;
}

size_t ens__jobs_waiting(ens_jobs *j)
{
    pthread_mutex_lock(&j->lock);
    size_t num = j->num;
    pthread_mutex_unlock(&j->lock);
    return num;
}

uint64_t ens__jobs_cpu_ns(const ens_jobs *j)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < j->num_threads; i++) {
        clockid_t clock;
        struct timespec t;
        if (pthread_getcpuclockid(j->thread[i], &clock) == 0 && clock_gettime(clock, &t) == 0)
            sum += (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    }
    return sum;
}

void ens__jobs_stop(ens_jobs *j)
{
    if (!j)
        return;
    pthread_mutex_lock(&j->lock);
    j->closing = true;
    pthread_cond_broadcast(&j->changed);
    pthread_mutex_unlock(&j->lock);
    for (unsigned i = 0; i < j->num_threads; i++)
        pthread_join(j->thread[i], NULL);
    pthread_cond_destroy(&j->changed);
    pthread_mutex_destroy(&j->lock);
    free(j->waiting);
    free(j);
}
