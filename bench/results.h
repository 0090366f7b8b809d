/* What a run found, in the order in which it was measured. */
#ifndef ENS_BENCH_RESULTS_H
#define ENS_BENCH_RESULTS_H

#include "bench/machine.h"
#include "bench/measure.h"

#define ENS_RESULTS_MAX 1024u

typedef struct {
    ens_machine machine;
    ens_measurement *item;
    size_t num;
} ens_results;

/* ens__results_add makes room for one more and returns it, zeroed; NULL when there is none. */
ens_measurement *ens__results_add(ens_results *r);
/* ens__results_find is the last of that name; NULL where it wasn't measured. */
const ens_measurement *ens__results_find(const ens_results *r, const char *name, unsigned threads);
void ens__results_free(ens_results *r);

#endif
