/* Whole runs of the command, as a user has them: a process that is started, reads files, judges them, and ends. */
#ifndef ENS_BENCH_BATCH_H
#define ENS_BENCH_BATCH_H

#include "bench/rounds.h"

#define ENS_BATCH_FILES 1000u
#define ENS_BATCH_REASON 160u

/* ens__batch_messages appends "cli/verify/1000-files" by one and by two threads: different messages of 12 KB from one
 * signer. The floor is a process that does nothing, and then, by as many threads, each file read and the floor of its
 * verification.
 * Errors  those of making messages and of ens__rounds_take */
ENS_CHECK ens_code ens__batch_messages(const ens_run *run, ens_results *results, ens_err *err);

/* ens__batch_large appends "cli/seal/100m", a document of 100 MB sealed, for its memory.
 * Errors  those of ens__sample_make, of files, and of ens__rounds_take */
ENS_CHECK ens_code ens__batch_large(const ens_run *run, ens_results *results, ens_err *err);

/* ens__batch_lists appends, from the folder of real data,
 *   cli/cert-check/328-seals     by one and by two threads, over the snapshot of the lists of 2023
 *   cli/trust-update/2023-lists  those lists verified from nothing; the floor is hashing their bytes and as many RSA
 * verifications certs/snapshot/2023-lists    their snapshot opened, in this process Where the folder isn't, *reason
 * says so, else it is empty. */
ENS_CHECK ens_code ens__batch_lists(const ens_run *run, const char *data, ens_results *results,
                                    char reason[ENS_BATCH_REASON], ens_err *err);

#endif
