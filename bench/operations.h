/* What is measured, as one table: each operation on a sample, with its floor. */
#ifndef ENS_BENCH_OPERATIONS_H
#define ENS_BENCH_OPERATIONS_H

#include "bench/measure.h"
#include "bench/sample.h"

/* ens__bench_operation fills *out with the i-th operation on the sample; name is storage for its name. False past the end, or
 * where the operation isn't measured with keys of that size. */
bool ens__bench_operation(unsigned i, const ens_sample *sample, char name[64], ens_bench *out);
#define ENS_BENCH_OPERATIONS 7u

#endif
