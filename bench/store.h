/* The store by itself: messages taken in by a committer, so many on their way at once, until each is durable. */
#ifndef ENS_BENCH_STORE_H
#define ENS_BENCH_STORE_H

#include "bench/run.h"

/* ens__store_run appends "sti/store/take-1", "-16" and "-64", in a folder of its own under TMPDIR. Times an operation
 * are the processor time of the whole process for a message of 12 KB with its receipt and a task; p50 and p99 are how
 * long each waited. The floor hashes and writes the same bytes to a file that is synced as often.
 * Errors  those of the
 * store */
ENS_CHECK ens_code ens__store_run(const ens_run *run, ens_results *results, ens_err *err);

#endif
