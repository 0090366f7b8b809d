/* Operations measured in turns: a slice of one, a slice of the next, round after round, so that a noisy machine is
 * noisy for all. The figures are those of the median slice, in time of the thread's own: what others do with the
 * processor meanwhile isn't counted, and what they leave in its caches is in few slices of many, so the shortest slice
 * is told too. A slice from which the system took the processor away is left out where enough others are there. */
#ifndef ENS_BENCH_TURNS_H
#define ENS_BENCH_TURNS_H

#include "engine/base/bytes.h"

#define ENS_TURNS_SIDES 16u /* operations that take turns */
#define ENS_TURNS_THREADS 64u
#define ENS_TURNS_QUANTILES 101u /* 0 %, 1 % … 100 % */

/* One operation on one worker's state. work returns false when it failed: a bench of something that fails is no figure.
 * make builds a worker's state once; NULL is out of memory. */
typedef struct {
    void *(*make)(const void *input);
    void (*drop)(void *state);
    bool (*work)(void *state);
    const void *input;
} ens_side;

/* What was seen of one side. Microseconds are of one operation. */
typedef struct {
    size_t operations, slices, disturbed; /* disturbed: slices left out */
    double ops_per_s;                     /* of all threads together */
    double mean_us, min_us;               /* in the median slice, and in the shortest one */
    double against, against_low,
        against_high; /* time of this side : time of side 0, round by round: median and quartiles */
    double quantile_us[ENS_TURNS_QUANTILES]; /* of operation for operation */
    double allocs_per_op;                    /* of our own code */
    double instructions, cycles;             /* of one operation; 0: the machine doesn't count them */
} ens_times;

/* ens__turns_measure gives out[i] for side[i]; every thread has states of its own. At least one round is made.
 * Errors  ENS_ENOMEM, ENS_ELIMIT, ENS_EPOLICY when an operation failed (err->text is the name) */
ENS_CHECK ens_code ens__turns_measure(const char *name, const ens_side *side, unsigned num, unsigned threads,
                                      double seconds, ens_times *out, ens_err *err);

#endif
