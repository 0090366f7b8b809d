/* ensign-bench --check: instruction counts beside those that were committed. */
#ifndef ENS_BENCH_CHECK_H
#define ENS_BENCH_CHECK_H

#include "bench/run.h"

/* Both return an exit status. ens__bench_check: refused where an operation of the committed file takes over 5 % more,
 * where one is missing on either side; good, and says so, where the committed counts are of another kind of machine. */
int ens__bench_count(const ens_run *run);
int ens__bench_check(const char *path, bool update);

#endif
