#include "bench/turns.h"

#include "bench/counters.h"
#include "bench/stats.h"
#include "engine/base/arena.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define SLICE_NS 1000000u    /* of one side before it is the next one's turn */
#define WARM_UP_NS 20000000u /* of one side before anything counts … */
#define WARM_UP 3u           /* … and operations at least, unless they take longer than ten times that */
#define TICK_NS 4000u        /* work between two looks at the clock */
#define LEAD_NS 200000u      /* of a slice that isn't measured, where an operation is shorter */
#define BATCH_MAX 4096u
#define ROUNDS_MAX 8192u
#define SAMPLES_MAX ((size_t)1 << 16) /* looks at the clock that are kept for the quantiles */
#define CALM_MIN 12u                  /* undisturbed slices that are enough */

/* One side as one thread saw it. */
typedef struct {
    void *state;
    unsigned batch;      /* operations between two looks at the clock */
    unsigned lead;       /* … and before a slice begins: what the others left in the caches isn't its fault */
    double *slice_ns;    /* [ROUNDS_MAX], of one operation, while the thread had a processor */
    bool *disturbed;     /* [ROUNDS_MAX] */
    uint32_t *sample_ns; /* [SAMPLES_MAX], of one operation */
    size_t num_samples, operations, allocations;
    ens_counts counts;
} seen;

/* Threads wait for each other, or for word that one of them couldn't be started. */
typedef struct {
    atomic_uint ready;
    atomic_int signal; /* 0 wait, 1 go, -1 give up */
} starting_line;

typedef struct {
    const ens_side *side;
    unsigned num;
    uint64_t duration_ns;
    starting_line *line;
    seen seen[ENS_TURNS_SIDES];
    unsigned rounds;
    ens_counters counters;
    bool failed, no_memory;
} worker;

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* preemptions counts how often the system took the processor from this thread. */
static long preemptions(void)
{
    struct rusage u;
    return getrusage(RUSAGE_THREAD, &u) == 0 ? u.ru_nivcsw : 0;
}

static bool run_batch(const ens_side *side, const seen *s)
{
    bool good = true;
    for (unsigned i = 0; good && i < s->batch; i++)
        good = side->work(s->state);
    return good;
}

static void keep_sample(seen *s, uint64_t took)
{
    uint64_t one = took / s->batch;
    if (s->num_samples < SAMPLES_MAX)
        s->sample_ns[s->num_samples++] = one < UINT32_MAX ? (uint32_t)one : UINT32_MAX;
}

/* take_turn runs one slice of side i in this round. */
static void take_turn(worker *w, unsigned i, unsigned round)
{
    seen *s = &w->seen[i];
    for (unsigned k = 0; k < s->lead && !w->failed; k++)
        w->failed = !w->side[i].work(s->state);
    size_t samples = s->num_samples, taken = ens__heap_taken(), operations = 0;
    ens_counts before, after;
    long lost = preemptions();
    ens__counters_read(&w->counters, &before);
    uint64_t had = read_clock(CLOCK_THREAD_CPUTIME_ID), start = now_ns(), at = start;
    do {
        uint64_t since = at;
        w->failed |= !run_batch(&w->side[i], s);
        at = now_ns();
        keep_sample(s, at - since);
        operations += s->batch;
    } while (!w->failed && at - start < SLICE_NS);
    had = read_clock(CLOCK_THREAD_CPUTIME_ID) - had;
    ens__counters_read(&w->counters, &after);
    s->disturbed[round] = preemptions() != lost;
    s->slice_ns[round] = (double)had / (double)operations;
    if (s->disturbed[round]) {
        s->num_samples = samples;
        if (samples < CALM_MIN)
            keep_sample(s, had * s->batch / operations);
    }
    s->operations += operations;
    s->allocations += ens__heap_taken() - taken;
    s->counts.instructions += after.instructions - before.instructions;
    s->counts.cycles += after.cycles - before.cycles;
}

/* warm_up runs one side until caches and pages are there, and finds out how often to look at the clock. */
static bool warm_up(const ens_side *side, seen *s)
{
    uint64_t start = now_ns(), at, num = 0;
    s->batch = 1;
    do {
        if (!side->work(s->state))
            return false;
        num++;
        at = now_ns();
    } while ((at - start < WARM_UP_NS) || (num < WARM_UP && at - start < 10 * (uint64_t)WARM_UP_NS));
    uint64_t one = (at - start) / num;
    s->batch = one >= TICK_NS ? 1 : (unsigned)(TICK_NS / (one + 1)) + 1;
    s->batch = s->batch < BATCH_MAX ? s->batch : BATCH_MAX;
    s->lead = one < LEAD_NS ? (unsigned)(LEAD_NS / (one + 1)) : 0;
    return true;
}

static bool wait_for_start(starting_line *line)
{
    atomic_fetch_add(&line->ready, 1);
    while (atomic_load(&line->signal) == 0)
        sched_yield();
    return atomic_load(&line->signal) > 0;
}

static bool get_ready(worker *w)
{
    for (unsigned i = 0; i < w->num; i++) {
        seen *s = &w->seen[i];
        s->state = w->side[i].make(w->side[i].input);
        s->slice_ns = malloc(ROUNDS_MAX * sizeof *s->slice_ns);
        s->disturbed = malloc(ROUNDS_MAX * sizeof *s->disturbed);
        s->sample_ns = malloc(SAMPLES_MAX * sizeof *s->sample_ns);
        if (!s->state || !s->slice_ns || !s->disturbed || !s->sample_ns)
            return false;
    }
    for (unsigned i = 0; i < w->num && !w->failed; i++)
        w->failed = !warm_up(&w->side[i], &w->seen[i]);
    return true;
}

static void *run(void *arg)
{
    worker *w = arg;
    w->no_memory = !get_ready(w);
    ens__counters_open(&w->counters);
    if (wait_for_start(w->line) && !w->no_memory) {
        uint64_t end = now_ns() + w->duration_ns;
        do {
            for (unsigned i = 0; i < w->num && !w->failed; i++)
                take_turn(w, i, w->rounds);
            w->rounds++;
        } while (!w->failed && w->rounds < ROUNDS_MAX && now_ns() < end);
    }
    ens__counters_close(&w->counters);
    for (unsigned i = 0; i < w->num; i++)
        if (w->seen[i].state)
            w->side[i].drop(w->seen[i].state);
    return NULL;
}

/* take_figures copies the figures of one side's slices, or of their ratios to side 0's; calm alone, or all. */
static size_t take_figures(const worker *w, unsigned threads, unsigned i, bool ratio, bool calm, double *out)
{
    size_t num = 0;
    for (unsigned t = 0; t < threads; t++)
        for (unsigned r = 0; r < w[t].rounds; r++) {
            const seen *s = &w[t].seen[i], *first = &w[t].seen[0];
            if (!calm || !(s->disturbed[r] || (ratio && first->disturbed[r])))
                out[num++] = ratio ? s->slice_ns[r] / first->slice_ns[r] : s->slice_ns[r] / 1000;
        }
    return num;
}

/* gather sorts the figures of calm slices, or where they are too few of all of them. */
static size_t gather(const worker *w, unsigned threads, unsigned i, bool ratio, double *out)
{
    size_t num = take_figures(w, threads, i, ratio, true, out);
    if (num < CALM_MIN)
        num = take_figures(w, threads, i, ratio, false, out);
    ens__stats_sort(out, num);
    return num;
}

static void sum_quantiles(const seen *s, double *figures, ens_times *out)
{
    for (size_t k = 0; k < s->num_samples; k++)
        figures[k] = s->sample_ns[k] / 1000.0;
    ens__stats_sort(figures, s->num_samples);
    for (unsigned q = 0; q < ENS_TURNS_QUANTILES; q++)
        out->quantile_us[q] = ens__stats_quantile(figures, s->num_samples, q / (ENS_TURNS_QUANTILES - 1.0));
}

/* sum_side uses figures, which has room for every slice and sample of all threads. */
static void sum_side(const worker *w, unsigned threads, unsigned i, double *figures, ens_times *out)
{
    size_t allocations = 0, slices = 0;
    ens_counts counts = {0};
    *out = (ens_times){0};
    for (unsigned t = 0; t < threads; t++) {
        const seen *s = &w[t].seen[i];
        size_t num = gather(&w[t], 1, i, false, figures);
        double median = ens__stats_quantile(figures, num, 0.5);
        out->ops_per_s += median > 0 ? 1e6 / median : 0;
        out->operations += s->operations;
        allocations += s->allocations;
        slices += w[t].rounds;
        counts.instructions += s->counts.instructions;
        counts.cycles += s->counts.cycles;
    }
    double operations = (double)out->operations;
    out->allocs_per_op = (double)allocations / operations;
    out->instructions = (double)counts.instructions / operations;
    out->cycles = (double)counts.cycles / operations;
    size_t num = gather(w, threads, i, true, figures);
    out->against = ens__stats_quantile(figures, num, 0.5);
    out->against_low = ens__stats_quantile(figures, num, 0.25);
    out->against_high = ens__stats_quantile(figures, num, 0.75);
    out->slices = gather(w, threads, i, false, figures);
    out->disturbed = slices - out->slices;
    out->mean_us = ens__stats_quantile(figures, out->slices, 0.5);
    out->min_us = out->slices ? figures[0] : 0;
    sum_quantiles(&w[0].seen[i], figures, out);
}

static unsigned start_all(worker *w, pthread_t *thread, unsigned threads, starting_line *line)
{
    unsigned started = 0;
    while (started < threads && pthread_create(&thread[started], NULL, run, &w[started]) == 0)
        started++;
    while (started == threads && atomic_load(&line->ready) < threads)
        sched_yield();
    atomic_store(&line->signal, started == threads ? 1 : -1);
    return started;
}

static void drop_all(worker *w, unsigned threads)
{
    for (unsigned t = 0; t < threads; t++)
        for (unsigned i = 0; i < w[t].num; i++) {
            free(w[t].seen[i].slice_ns);
            free(w[t].seen[i].disturbed);
            free(w[t].seen[i].sample_ns);
        }
    free(w);
}

static ens_code sum_all(const char *name, const worker *w, unsigned threads, unsigned num, ens_times *out, ens_err *err)
{
    bool failed = false, no_memory = false;
    size_t room = SAMPLES_MAX;
    for (unsigned t = 0; t < threads; t++) {
        failed |= w[t].failed;
        no_memory |= w[t].no_memory;
        room += w[t].rounds;
    }
    double *figures = malloc(room * sizeof *figures);
    if (no_memory || !figures) {
        free(figures);
        return ens_fail_about(err, ENS_ENOMEM, NULL, "can't prepare the bench", name);
    }
    for (unsigned i = 0; i < num && !failed; i++)
        sum_side(w, threads, i, figures, &out[i]);
    free(figures);
    return failed ? ens_fail_about(err, ENS_EPOLICY, NULL, "what is measured failed", name) : ENS_OK;
}

ens_code ens__turns_measure(const char *name, const ens_side *side, unsigned num, unsigned threads, double seconds,
                            ens_times *out, ens_err *err)
{
    if (threads == 0 || threads > ENS_TURNS_THREADS || num == 0 || num > ENS_TURNS_SIDES)
        return ens_fail(err, ENS_ELIMIT, NULL, "the number of threads is out of range", 0);
    worker *w = calloc(threads, sizeof *w);
    pthread_t thread[ENS_TURNS_THREADS];
    starting_line line = {0};
    if (!w)
        return ens_fail_about(err, ENS_ENOMEM, NULL, "can't prepare the bench", name);
    for (unsigned t = 0; t < threads; t++) {
        w[t].side = side, w[t].num = num, w[t].line = &line;
        w[t].duration_ns = (uint64_t)(seconds * 1e9);
    }
    unsigned started = start_all(w, thread, threads, &line);
    for (unsigned t = 0; t < started; t++)
        pthread_join(thread[t], NULL);
    ens_code code = started == threads
                        ? sum_all(name, w, threads, num, out, err)
                        : ens_fail_about(err, ENS_ENOMEM, NULL, "can't start the threads of the bench", name);
    drop_all(w, threads);
    return code;
}
