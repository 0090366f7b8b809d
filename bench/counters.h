/* The processor's own counters, where the system lets a process read them. */
#ifndef ENS_BENCH_COUNTERS_H
#define ENS_BENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* Of the calling thread, user mode alone. One per thread; the zero value counts nothing. */
typedef struct {
    int instructions, cycles; /* file descriptors */
    bool open;
} ens_counters;

typedef struct {
    uint64_t instructions, cycles;
} ens_counts;

void ens__counters_open(ens_counters *c);
void ens__counters_close(ens_counters *c);
/* ens__counters_read leaves zeros where there are no counters. */
void ens__counters_read(const ens_counters *c, ens_counts *out);
/* ens__counters_reason says why there are none; NULL where there are. */
const char *ens__counters_reason(void);

#endif
