/* Where the time of one verification goes: what it is made of, each measured alone, in turns with the whole. */
#ifndef ENS_BENCH_STAGES_H
#define ENS_BENCH_STAGES_H

#include "bench/run.h"

#define ENS_STAGES_MAX 12u

/* One stage; a floor part is in the floor, too. */
typedef struct {
    const char *name;      /* "rsa": of the measurement "stage/rsa/rsa2048-ens12k" */
    const char *label;     /* for people */
    const char *operation; /* that does it; NULL: the part of the floor that has this name */
    const char *variant;   /* of the operation */
} ens_stage;

const ens_stage *ens__stage_at(unsigned i); /* NULL past the end; the first is the whole verification */

/* ens__stages_run appends "stage/…" of every stage that this program has.   Errors  those of ens__turns_measure */
ENS_CHECK ens_code ens__stages_run(const ens_run *run, const ens_input *input, ens_results *results, ens_err *err);

#endif
