/* Measuring one operation against its floor: what the bare cryptography, hash and inflate calls of it cost, in the same run,
 * turn by turn, so that a noisy machine is noisy for both. */
#ifndef ENS_BENCH_MEASURE_H
#define ENS_BENCH_MEASURE_H

#include "engine/bytes.h"

#define ENS_BENCH_SAMPLES_MAX ((size_t)1 << 20) /* operations of one thread whose times are kept */

/* One operation on one worker's state. work and floor return false when they failed: a bench of something that fails is no
 * figure. make builds a worker's state once; NULL is out of memory. floor NULL: there is none. */
typedef struct {
    const char *name; /* "as4/verify/rsa2048-ens12k" */
    void *(*make)(const void *input);
    void (*drop)(void *state);
    bool (*work)(void *state);
    bool (*floor)(void *state);
    const void *input;
    size_t bytes; /* of the message or document, for the rate; 0 when it has none */
} ens_bench;

typedef struct {
    const char *name;
    unsigned threads;
    size_t operations;
    double ops_per_s, mean_us, p50_us, p99_us, floor_us, ratio, allocs_per_op, mb_per_s;
} ens_measurement;

/* ens__bench_measure runs work and floor in turns for the given seconds on every thread.
 * Errors  ENS_ENOMEM, ENS_EPOLICY when work or floor failed (the error names the bench) */
ENS_CHECK ens_code ens__bench_measure(const ens_bench *b, unsigned threads, double seconds, ens_measurement *out, ens_err *err);

#endif
