/* Order statistics of figures. */
#ifndef ENS_BENCH_STATS_H
#define ENS_BENCH_STATS_H

#include <stddef.h>

/* ens__stats_sort puts figures in ascending order; ens__stats_quantile reads one of sorted figures (part 0 … 1,
 * interpolated). */
void ens__stats_sort(double *figures, size_t num);
double ens__stats_quantile(const double *sorted, size_t num, double part);

#endif
