/* A trader who pulls what customs answer, and acknowledges it, by several threads. */
#ifndef ENS_BENCH_PULL_H
#define ENS_BENCH_PULL_H

#include "bench/stand_in.h"

#define ENS_PULL_THREADS 8u

/* ens__pull_run pulls until so many messages are acknowledged, or nothing has come for a time; *num counts them.
 * Errors  those of sealing and of the client */
ENS_CHECK ens_code ens__pull_run(const ens_stand_in *s, size_t most, size_t *num, ens_err *err);

#endif
