#include "ensign/batch.h"

#include "engine/base/report.h"
#include "engine/base/workers.h"

#include <stdlib.h>

/* What the threads share. */
typedef struct {
    const ens_batch *batch;
    const ens_verify_options *options;
} run;

/* One thread's. */
typedef struct {
    const run *r;
    ens_verifier *verifier;
    ens_report report;
} worker;

static void drop_worker(void *of)
{
    worker *w = of;
    ens_verifier_free(w->verifier);
    ens__report_clear(&w->report);
    free(w);
}

static void *make_worker(void *of)
{
    worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->r = of;
    ens__report_init(&w->report);
    if (ens_verifier_new(&w->verifier, NULL) == ENS_OK)
        return w;
    drop_worker(w);
    return NULL;
}

static void judge_batch(void *of, size_t i, ens_buf *result)
{
    worker *w = of;
    const ens_batch *b = w->r->batch;
    ens_slice bytes = {0};
    ens_message message;
    (void)result;
    if (!b->open(b->user, i, &bytes))
        return;
    ens__report_reset(&w->report);
    ens_verify(w->verifier, bytes, w->r->options, &message, &w->report);
    b->judged(b->user, i, &message, &w->report);
}

static bool go_on(void *of, size_t i, ens_slice result)
{
    (void)of, (void)i, (void)result;
    return true;
}

ens_code ens_verify_batch(const ens_batch *batch, const ens_verify_options *options, ens_err *err)
{
    run r = {batch, options};
    ens_pool_job job = {make_worker, drop_worker, judge_batch, go_on, &r, NULL};
    if (batch->threads > ENS_BATCH_THREADS)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many threads", 0);
    return ens__pool_run(&job, batch->threads ? batch->threads : 1, batch->num, err);
}
