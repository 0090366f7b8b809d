/* A run: every operation that is wanted, on every input that makes a difference to it. */
#ifndef ENS_BENCH_RUN_H
#define ENS_BENCH_RUN_H

#include "bench/matrix.h"
#include "bench/results.h"

typedef struct {
    const char *const *names; /* parts of names that are wanted; none: all */
    size_t num_names;
    double seconds;   /* of each measurement */
    unsigned threads; /* in place of the matrix' own; 0: as the matrix has them */
    size_t size;      /* of the document, in place of the matrix' own, with every key; 0: as the matrix has them */
    bool full;        /* the whole matrix; else the short one, unless nothing but the whole one has what is wanted */
    void (*tell)(void *user, const ens_measurement *m, const ens_results *r); /* each as it comes; may be NULL */
    void *user;
} ens_run;

/* ens__run_all appends what it measures to *results.
 * Errors  ENS_EPOLICY no operation has such a name, those of making a sample and measuring */
ENS_CHECK ens_code ens__run_all(const ens_run *run, ens_results *results, ens_err *err);

/* ens__run_wants tells whether a name is among those wanted. */
bool ens__run_wants(const ens_run *run, const char *name);

#endif
