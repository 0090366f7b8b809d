#include "bench/stats.h"

#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void ens__stats_sort(double *figures, size_t num)
{
    if (num)
        qsort(figures, num, sizeof *figures, by_size);
}

double ens__stats_quantile(const double *sorted, size_t num, double part)
{
    if (!num)
        return 0;
    double at = (double)(num - 1) * part;
    size_t below = (size_t)at;
    if (below + 1 >= num)
        return sorted[num - 1];
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (at - (double)below);
}
