/* Instruction counts by callgrind: what shows a regression where clocks are too noisy to. Counted are the instructions
 * of this program's own code; those of the libraries depend on what the processor offers, and are told beside. */
#ifndef ENS_BENCH_INSTRUCTIONS_H
#define ENS_BENCH_INSTRUCTIONS_H

#include "bench/run.h"

#define ENS_INSTRUCTIONS_MAX 64u   /* operations that are counted */
#define ENS_INSTRUCTIONS_GROWTH 5u /* per cent that are too much */
#define ENS_INSTRUCTIONS_KIND 96u

typedef struct {
    char name[ENS_OPERATION_NAME];
    double own, all; /* of one operation */
} ens_instruction_count;

typedef struct {
    char kind[ENS_INSTRUCTIONS_KIND]; /* "x86_64, gcc 12.2.0, avx2": counts of another kind can't be compared */
    ens_instruction_count item[ENS_INSTRUCTIONS_MAX];
    unsigned num;
} ens_instruction_counts;

/* ens__instructions_perform does every counted operation that the run wants a few times, for callgrind to look at, in
 * their order.
 * Errors  those of making a sample; ENS_EPOLICY an operation failed */
ENS_CHECK ens_code ens__instructions_perform(const ens_run *run, ens_err *err);

/* ens__instructions_count runs this program under callgrind to do so, and reads what it wrote.
 * Errors  ENS_EIO valgrind isn't there or failed, or what it wrote can't be read */
ENS_CHECK ens_code ens__instructions_count(ens_instruction_counts *out, ens_err *err);

/* ens__instructions_profile adds up one callgrind file: instructions of the object whose path is own, and of all.
 * Errors  ENS_ESYNTAX */
ENS_CHECK ens_code ens__instructions_profile(ens_slice profile, const char *own, double *of_own, double *of_all,
                                             ens_err *err);

/* The committed file: "# kind", then name, own and all behind tabs, for each kind of machine that was counted on.
 * ens__instructions_load reads the rows of a kind; the first kind's where it is NULL. Without any for it out->kind is
 * another. ens__instructions_save writes the rows of counts->kind and keeps those of the others.
 * Errors  ENS_EIO, ENS_ESYNTAX, ENS_ELIMIT */
ENS_CHECK ens_code ens__instructions_load(const char *path, const char *kind, ens_instruction_counts *out,
                                          ens_err *err);
ENS_CHECK ens_code ens__instructions_save(const char *path, const ens_instruction_counts *counts, ens_err *err);

/* What became of one operation since the counts were committed. */
typedef enum {
    ENS_GROWTH_NONE = 0, /* within the limit either way */
    ENS_GROWTH_MORE,     /* over the limit: a failure */
    ENS_GROWTH_LESS,     /* better by more than the limit: worth committing */
    ENS_GROWTH_NEW,      /* nothing committed: a failure, so that no operation goes without */
    ENS_GROWTH_GONE      /* committed, and not counted any more: a failure */
} ens_growth;

/* ens__instructions_compare judges one count against the committed one (NULL: there is none). */
ens_growth ens__instructions_compare(const ens_instruction_count *committed, const ens_instruction_count *counted);
bool ens__instructions_is_failure(ens_growth growth);
/* ens__instructions_find is the count of that name, or NULL. */
const ens_instruction_count *ens__instructions_find(const ens_instruction_counts *counts, const char *name);

#endif
