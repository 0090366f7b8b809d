/* A batch over several threads: each has a worker's state of its own, and results come out in the order of the inputs.
 */
#ifndef ENS_ENGINE_BASE_WORKERS_H
#define ENS_ENGINE_BASE_WORKERS_H

#include "engine/base/bytes.h"

#include <signal.h>

#define ENS_POOL_THREADS 64u
#define ENS_POOL_RESULT ((size_t)64 << 20) /* bytes of one result */

typedef struct {
    void *(*make)(void *ctx); /* a worker's state; NULL: out of memory */
    void (*drop)(void *worker);
    void (*work)(void *worker, size_t i, ens_buf *result);
    bool (*take)(void *ctx, size_t i, ens_slice result); /* in order, never by two threads at once; false ends it all */
    void *ctx;
    const volatile sig_atomic_t *stop; /* when it is set no further input is begun, and the begun ones end; or NULL */
} ens_pool_job;

/* ens__pool_run does the inputs 0 … num-1 by that many threads; with one it stays in the caller's. Ended early it is
 * ENS_OK as well: what was taken is known to whoever took it.
 * Errors  ENS_ENOMEM, ENS_ELIMIT too many threads */
ENS_CHECK ens_code ens__pool_run(const ens_pool_job *job, unsigned threads, size_t num, ens_err *err);

#endif
