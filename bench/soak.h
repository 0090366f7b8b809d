/* The access point for a long time: so many messages a second, one in a hundred with a fault that its LRN asks for. */
#ifndef ENS_BENCH_SOAK_H
#define ENS_BENCH_SOAK_H

#include "bench/run.h"

#define ENS_SOAK_RATE 500.0

/* ens__soak_run tells each minute, on stdout, how many were acknowledged and answered otherwise, what a sender waited,
 * and the server's memory and descriptors; the last line says how both grew since the tenth part of the time.
 * Errors  ENS_EIO more than a few went unanswered, or something grew; those of starting */
ENS_CHECK ens_code ens__soak_run(double seconds, double rate, ens_err *err);

#endif
