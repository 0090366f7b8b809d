#include "bench/measure.h"

#include "engine/heap.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 64u
#define TURN_NS 2000000u /* of work before it is the floor's turn */
#define WARM_UP 3u       /* operations that are not measured */

/* Threads wait for each other, or for word that one of them couldn't be started. */
typedef struct {
    atomic_uint ready;
    atomic_int signal; /* 0 wait, 1 go, -1 give up */
} starting_line;

typedef struct {
    const ens_bench *bench;
    uint64_t duration_ns;
    starting_line *line;
    uint32_t *sample_ns;
    size_t num, num_floor;
    uint64_t work_ns, floor_ns;
    size_t allocations;
    bool failed, no_memory;
} worker;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t turn_of_work(worker *w, void *state)
{
    uint64_t start = now_ns(), at = start;
    do {
        uint64_t before = at;
        if (!w->bench->work(state))
            w->failed = true;
        at = now_ns();
        uint64_t took = at - before;
        if (w->num < ENS_BENCH_SAMPLES_MAX)
            w->sample_ns[w->num] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
        w->num++;
    } while (!w->failed && at - start < TURN_NS);
    w->work_ns += at - start;
    return at;
}

static uint64_t turn_of_floor(worker *w, void *state)
{
    uint64_t start = now_ns(), at;
    do {
        if (!w->bench->floor(state))
            w->failed = true;
        w->num_floor++;
        at = now_ns();
    } while (!w->failed && at - start < TURN_NS);
    w->floor_ns += at - start;
    return at;
}

static bool wait_for_start(starting_line *line)
{
    atomic_fetch_add(&line->ready, 1);
    while (atomic_load(&line->signal) == 0)
        sched_yield();
    return atomic_load(&line->signal) > 0;
}

static void run_turns(worker *w, void *state)
{
    for (unsigned i = 0; i < WARM_UP && !w->failed; i++)
        w->failed = !w->bench->work(state) || (w->bench->floor && !w->bench->floor(state));
    if (!wait_for_start(w->line))
        return;
    size_t before = ens__heap_taken();
    uint64_t end = now_ns() + w->duration_ns, at = 0;
    while (!w->failed && at < end) {
        at = turn_of_work(w, state);
        if (w->bench->floor && !w->failed)
            at = turn_of_floor(w, state);
    }
    w->allocations = ens__heap_taken() - before;
}

static void *run(void *arg)
{
    worker *w = arg;
    void *state = w->bench->make(w->bench->input);
    w->no_memory = !state || !w->sample_ns;
    if (w->no_memory)
        wait_for_start(w->line);
    else
        run_turns(w, state);
    if (state)
        w->bench->drop(state);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile(const uint32_t *sorted, size_t num, double part)
{
    return num ? sorted[(size_t)((double)(num - 1) * part)] / 1000.0 : 0;
}

static void sum_up(const ens_bench *b, worker *w, unsigned threads, ens_measurement *out)
{
    uint64_t work = 0, floor = 0;
    size_t num = 0, num_floor = 0, allocations = 0;
    double rate = 0;
    for (unsigned i = 0; i < threads; i++) {
        work += w[i].work_ns, floor += w[i].floor_ns;
        num += w[i].num, num_floor += w[i].num_floor;
        allocations += w[i].allocations;
        rate += w[i].work_ns ? (double)w[i].num * 1e9 / (double)w[i].work_ns : 0;
    }
    size_t kept = w[0].num < ENS_BENCH_SAMPLES_MAX ? w[0].num : ENS_BENCH_SAMPLES_MAX;
    qsort(w[0].sample_ns, kept, sizeof *w[0].sample_ns, by_size);
    double mean = num ? (double)work / (double)num / 1000 : 0, floor_us = num_floor ? (double)floor / (double)num_floor / 1000 : 0;
    *out = (ens_measurement){.name = b->name,
                             .threads = threads,
                             .operations = num,
                             .ops_per_s = rate,
                             .mean_us = mean,
                             .p50_us = percentile(w[0].sample_ns, kept, 0.50),
                             .p99_us = percentile(w[0].sample_ns, kept, 0.99),
                             .floor_us = floor_us,
                             .ratio = mean > 0 ? floor_us / mean : 0,
                             .allocs_per_op = num ? (double)allocations / (double)num : 0,
                             .mb_per_s = rate * (double)b->bytes / 1e6};
}

static unsigned start_all(const ens_bench *b, worker *w, pthread_t *thread, unsigned threads, double seconds, starting_line *line)
{
    unsigned started = 0;
    for (; started < threads; started++) {
        w[started] = (worker){
            .bench = b, .duration_ns = (uint64_t)(seconds * 1e9), .line = line, .sample_ns = malloc(ENS_BENCH_SAMPLES_MAX * sizeof(uint32_t))};
        if (pthread_create(&thread[started], NULL, run, &w[started]) != 0)
            break;
    }
    while (started == threads && atomic_load(&line->ready) < threads)
        sched_yield();
    atomic_store(&line->signal, started == threads ? 1 : -1);
    return started;
}

ens_code ens__bench_measure(const ens_bench *b, unsigned threads, double seconds, ens_measurement *out, ens_err *err)
{
    if (threads == 0 || threads > THREADS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the number of threads is out of range", 0);
    worker w[THREADS_MAX] = {0};
    pthread_t thread[THREADS_MAX];
    starting_line line = {0};
    unsigned started = start_all(b, w, thread, threads, seconds, &line);
    bool failed = false, no_memory = started < threads;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(thread[i], NULL);
        failed = failed || w[i].failed;
        no_memory = no_memory || w[i].no_memory;
    }
    if (!failed && !no_memory)
        sum_up(b, w, threads, out);
    for (unsigned i = 0; i < threads; i++)
        free(w[i].sample_ns);
    if (no_memory)
        return ens_fail_about(err, ENS_ENOMEM, NULL, "can't prepare the bench", b->name);
    return failed ? ens_fail_about(err, ENS_EPOLICY, NULL, "what is measured failed", b->name) : ENS_OK;
}
