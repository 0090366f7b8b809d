/* How much memory the process has in use, and had at most. */
#ifndef ENS_BENCH_MEMORY_H
#define ENS_BENCH_MEMORY_H

#include <stddef.h>
#include <sys/types.h>

/* ens__memory_begin forgets the peak so far and returns the bytes that are resident; ens__memory_peak the most since. 0
 * where the system doesn't tell. */
size_t ens__memory_begin(void);
size_t ens__memory_peak(void);
/* The same of another process. */
size_t ens__memory_begin_of(pid_t pid);
size_t ens__memory_peak_of(pid_t pid);
size_t ens__memory_now_of(pid_t pid);

#endif
