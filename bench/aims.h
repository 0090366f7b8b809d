/* What the figures are to reach. */
#ifndef ENS_BENCH_AIMS_H
#define ENS_BENCH_AIMS_H

#include "bench/results.h"

typedef enum {
    ENS_AIM_RATIO = 0, /* to the floor, at least */
    ENS_AIM_FASTER,    /* times as fast as the peer, at least */
    ENS_AIM_SCALING,   /* two threads to one, at least */
    ENS_AIM_RATE,      /* operations a second, at least */
    ENS_AIM_BYTES,     /* bytes a second, at least */
    ENS_AIM_TIME,      /* microseconds, at most */
    ENS_AIM_OVER,      /* microseconds beyond the floor, at most */
    ENS_AIM_MEMORY,    /* bytes, at most */
    ENS_AIM_ALLOCS     /* an operation, at most */
} ens_aim_kind;

typedef struct {
    const char *what, *name; /* for people; of the measurement, one thread */
    ens_aim_kind kind;
    double wanted;
} ens_aim;

const ens_aim *ens__aim_at(unsigned i); /* NULL past the end */

/* ens__aim_judge tells by *reached; false when it wasn't measured. */
bool ens__aim_judge(const ens_aim *aim, const ens_results *results, double *measured, bool *reached);
/* ens__aim_text writes a figure of the aim's kind: "0.81", "5.2 x", "1.1 GB/s". */
const char *ens__aim_text(const ens_aim *aim, double figure, char out[48]);
/* ens__aim_wanted writes what is wanted: "at least 0.80". */
const char *ens__aim_wanted(const ens_aim *aim, char out[64]);

#endif
