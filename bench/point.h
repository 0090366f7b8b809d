/* The access point as a whole: the command's stand-in in a process of its own, messages of 12 KB from another. */
#ifndef ENS_BENCH_POINT_H
#define ENS_BENCH_POINT_H

#include "bench/run.h"

#define ENS_POINT_REASON 160u

/* ens__point_run appends
 *   sti/point/push-16      16 connections over mutual TLS that stay. Times an operation are the processor time of the
 *                          server's process; the floor verifies one message and signs one receipt; p50 and p99 are
 *                          what a sender waited
 *   sti/point/push-1       one connection: what a sender waits when nobody else is there
 *   sti/point/paced        at four fifths of the rate of the first; what is waited counts from when a message was due.
 *                          Its floor is the p99 of an fdatasync beside, ours_us the median of the second
 *   sti/point/idle-10000   connections that say nothing, while 500 messages a second are served
 *   sti/point/large        a message of 100 MB, 20 compressed, while others are served: the memory that it takes
 *   phase4/point/push-16   phase4's receiver over plain HTTP; ours_us is ours over plain HTTP, both by the clock on the
 *                          wall
 * phase4: the peer's run.sh, or NULL. Where it isn't run, *reason says why.
 * Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__point_run(const ens_run *run, const char *phase4, ens_results *results,
                                  char reason[ENS_POINT_REASON], ens_err *err);

#endif
