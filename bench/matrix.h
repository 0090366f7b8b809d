/* Which operations are measured on which inputs by how many threads. */
#ifndef ENS_BENCH_MATRIX_H
#define ENS_BENCH_MATRIX_H

#include "bench/operations.h"

typedef struct {
    ens_input input;
    unsigned threads;
    bool brief; /* part of the short run */
} ens_matrix_row;

/* ens__matrix_row is one row; NULL past the end. Rows of one input stand together. */
const ens_matrix_row *ens__matrix_row(unsigned i);

/* ens__matrix_has tells whether the operation is measured there: along axes that make no difference to it, once. */
bool ens__matrix_has(const ens_matrix_row *row, const ens_operation *operation);

#endif
