/* Threads that do jobs in the order in which they are posted, each with a worker's state of its own. The queue is
 * bounded: who posts learns that it is full, and never waits. */
#ifndef ENS_ENGINE_BASE_JOBS_H
#define ENS_ENGINE_BASE_JOBS_H

#include "engine/base/bytes.h"

#define ENS_JOBS_THREADS_MAX 64u

typedef struct {
    unsigned threads;
    size_t queue;             /* jobs that may wait */
    void *(*make)(void *ctx); /* a worker's state, made in its thread; NULL: none is needed */
    void (*drop)(void *worker);
    void (*work)(void *ctx, void *worker, void *job);
    void *ctx;
} ens_jobs_plan;

typedef struct ens_jobs ens_jobs;

/* Errors  ENS_ELIMIT, ENS_ENOMEM no memory or no thread, also for a worker's state */
ENS_CHECK ens_code ens__jobs_start(const ens_jobs_plan *plan, ens_jobs **out, ens_err *err);
/* ens__jobs_post hands a job over; false: the queue is full, or is being closed. Any thread. */
bool ens__jobs_post(ens_jobs *j, void *job);
size_t ens__jobs_waiting(ens_jobs *j);
uint64_t ens__jobs_cpu_ns(const ens_jobs *j); /* of all its threads */
/* ens__jobs_stop takes no more, does what waits, and frees all. */
void ens__jobs_stop(ens_jobs *j);

#endif
