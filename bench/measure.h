/* One operation on one input, measured against its floor. */
#ifndef ENS_BENCH_MEASURE_H
#define ENS_BENCH_MEASURE_H

#include "bench/operations.h"
#include "bench/turns.h"

/* What one measurement found; microseconds and bytes are of one operation. Without a floor floor_us and ratio are 0. */
typedef struct {
    char name[ENS_OPERATION_NAME];
    unsigned threads;
    size_t operations;
    size_t slices, disturbed; /* that count, and that don't: the system took the processor away */
    double ops_per_s, mean_us, p50_us, p99_us;
    double min_us, floor_min_us, ratio_min;        /* in the shortest slices */
    double floor_us, ratio, ratio_low, ratio_high; /* floor : operation; the quartiles of the rounds */
    double part_us[ENS_FLOOR_PARTS];               /* of the floor, each by itself, in the shortest slice; 0: none */
    double limit_us;                               /* the parts by the best calls that are known; 0: not measured */
    double ours_us; /* of a peer: our own verification in the same turns, in its shortest slice; else 0 */
    double allocs_per_op, instructions, cycles; /* of our own code; 0: not counted */
    double own_instructions;                    /* of our own code, by callgrind, as committed; 0: not counted */
    double bytes;                               /* read or written by one operation */
    double peak_bytes;     /* of memory: what the operation and its contexts took beyond the input */
    double commits_per_op; /* durable ones of a store; 0: not counted */
    double load;           /* the machine's average meanwhile, of who waited for whom; 0: not told */
    double quantile_us[ENS_TURNS_QUANTILES];
} ens_measurement;

/* ens__measurement_least is the time that what disturbed a run added least to. */
static inline double ens__measurement_least(const ens_measurement *m)
{
    return m->min_us > 0 ? m->min_us : m->mean_us;
}

/* ens__measure runs the operation and its floor in turns for the given seconds on every thread, and on the first one
 * the parts of the floor for as long again.   Errors  those of ens__turns_measure */
ENS_CHECK ens_code ens__measure(const ens_operation *operation, const ens_sample *sample, unsigned threads,
                                double seconds, ens_measurement *out, ens_err *err);

/* ens__measure_side and ens__measure_floor_side are the two, for who measures them beside others; the plan is filled
 * and must stay. ens__measure_side_of is a floor by itself. */
ens_side ens__measure_side_of(const ens_floor_plan *plan);
ens_side ens__measure_side(const ens_operation *operation, const ens_sample *sample);
ens_side ens__measure_floor_side(const ens_operation *operation, const ens_sample *sample, ens_floor_plan *plan);
/* ens__measure_of makes a record of what was seen; floor may be NULL. */
void ens__measure_of(const char *name, unsigned threads, double bytes, const ens_times *work, const ens_times *floor,
                     ens_measurement *out);

#endif
