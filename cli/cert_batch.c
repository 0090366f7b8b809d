#include "cli/cert_batch.h"

#include "certs/keys/chain.h"
#include "cli/cmd_cert_check.h"
#include "engine/base/report.h"
#include "engine/base/workers.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CHECK_ARENA_MAX ((size_t)8 << 20)
#define PROGRESS_EVERY 0.1 /* seconds */

typedef enum { UNREADABLE = 0, ACCEPTED, REFUSED, UNDECIDED } fate;

/* What the threads share. */
typedef struct {
    const ens_cert_batch *batch;
    const ens_values *files;
    ens_cert_output *output;
    fate *fate;  /* one a file */
    bool failed; /* a report could not be written */
    bool progress;
    double started, told;
} run;

/* One thread's: what is kept from certificate to certificate. */
typedef struct {
    run *r;
    ens_arena arena;
    ens_report *report;
    ens_chain chain;
    ens__preflight preflight;
} worker;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static fate fate_of(ens_verdict verdict)
{
    return verdict == ENS_ACCEPTED ? ACCEPTED : verdict == ENS_REFUSED ? REFUSED : UNDECIDED;
}

static void check_one(void *of, size_t i, ens_buf *result)
{
    worker *w = of;
    const ens_cert_batch *b = w->r->batch;
    const char *file = w->r->files->item[i];
    ens_err err = {0};
    ens_arena_reset(&w->arena);
    ens__report_reset(w->report);
    if (ens__certificate_load(file, b->pass_file, &w->arena, &w->chain, &err) != ENS_OK) {
        ens__say_error(b->name, file, &err);
        ens__cert_output_fault(w->r->output, i, file, &err, result);
        return;
    }
    ens__preflight_judge(&w->chain, b->options, &w->preflight, w->report);
    ens__checked checked = {.file = file,
                            .cert = &w->chain.cert[0],
                            .preflight = &w->preflight,
                            .report = w->report,
                            .at = b->options->at,
                            .now = b->now,
                            .eori = b->eori};
    if (ens__cert_output_render(w->r->output, i, &checked, result, &err))
        w->r->fate[i] = fate_of(ens_report_verdict(w->report));
    else
        ens__say_error(b->name, file, &err);
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens_report_free(w->report);
    ens_arena_free(&w->arena);
    free(w);
}

static void *make_worker(void *r)
{
    worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->r = r;
    ens_arena_init(&w->arena, CHECK_ARENA_MAX);
    if ((w->report = ens_report_new()))
        return w;
    drop_worker(w);
    return NULL;
}

/* tell_progress rewrites one line on a terminal, now and then. */
static void tell_progress(run *r, size_t done)
{
    double now = seconds();
    if (!r->progress || now - r->told < PROGRESS_EVERY)
        return;
    r->told = now;
    fprintf(stderr, "\r%zu of %zu certificates, %.0f a second\033[K", done, r->files->num,
            (double)done / (now - r->started));
    fflush(stderr);
}

static void take_result(void *of, size_t i, ens_slice result)
{
    run *r = of;
    ens__cert_output_take(r->output, i, result);
    tell_progress(r, i + 1);
}

static void tell_summary(const run *r)
{
    size_t num[4] = {0};
    double took = seconds() - r->started;
    for (size_t i = 0; i < r->files->num; i++)
        num[r->fate[i]]++;
    fprintf(stderr,
            "%s%zu certificates: %zu accepted, %zu refused, %zu undecided, %zu unreadable; %.2f s, %.0f a second\n",
            r->progress ? "\r\033[K" : "", r->files->num, num[ACCEPTED], num[REFUSED], num[UNDECIDED], num[UNREADABLE],
            took, (double)r->files->num / (took > 0 ? took : 1));
}

static int status_of(const run *r)
{
    static const int statuses[] = {ENS_EXIT_UNKNOWN, ENS_EXIT_GOOD, ENS_EXIT_REFUSED, ENS_EXIT_UNKNOWN};
    int status = ENS_EXIT_GOOD;
    for (size_t i = 0; i < r->files->num; i++)
        status = ens__worst(status, statuses[r->fate[i]]);
    return status;
}

int ens__cert_batch_run(const ens_cert_batch *batch, const ens_values *files, ens_cert_output *output)
{
    ens_err err = {0};
    run r = {.batch = batch, .files = files, .output = output, .started = seconds()};
    ens_pool_job job = {make_worker, drop_worker, check_one, take_result, &r};
    r.progress = files->num > 1 && isatty(STDERR_FILENO) && (output->to || !isatty(STDOUT_FILENO));
    r.fate = calloc(files->num, sizeof *r.fate);
    ens_code code = r.fate ? ens__pool_run(&job, batch->threads, files->num, &err)
                           : ens_fail(&err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        code = ens__cert_output_end(output, &err);
    if (code == ENS_OK && files->num > 1)
        tell_summary(&r);
    int status = code == ENS_OK ? status_of(&r) : ENS_EXIT_UNKNOWN;
    if (code != ENS_OK)
        ens__say_error(batch->name, NULL, &err);
    free(r.fate);
    return status;
}
