/* NIST's Public Key Interoperability Test Suite over the shared data: every case judged with its inputs. */
#ifndef ENS_TESTS_CERTS_PKITS_H
#define ENS_TESTS_CERTS_PKITS_H

#include "certs/path/build.h"

/* One case: what it should be, what it was found to be, and why. */
typedef struct {
    const char *id, *name;
    bool should_hold, holds;
    char why[160]; /* the first fault found; empty when it holds */
} pkits_case;

/* pkits_run judges all cases of the folder and hands each to visit, in their order. Returns how many there were; 0 when
 * the folder can't be read. */
size_t pkits_run(const char *folder, void (*visit)(void *ctx, const pkits_case *one), void *ctx);

/* One case's path alone, for who compares it: chain, inputs and verdict before revocation is looked at. */
typedef struct {
    const char *name;
    const ens_chain *chain;
    ens_slice anchor;
    const ens__policy_inputs *inputs;
    ens_time at;
    bool holds;
} pkits_path;

/* pkits_paths hands the path of each case to visit, of all those whose certificates can be read. */
void pkits_paths(const char *folder, void (*visit)(void *ctx, const pkits_path *one), void *ctx);

#endif
