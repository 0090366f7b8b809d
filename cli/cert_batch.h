/* Many certificates judged by several threads: reports in the order of the inputs, progress and a summary on stderr. */
#ifndef ENS_CLI_CERT_BATCH_H
#define ENS_CLI_CERT_BATCH_H

#include "cli/cert_output.h"

typedef struct {
    const char *name;                      /* of the command, for messages */
    const ens__preflight_options *options; /* shared by all threads */
    const char *pass_file, *eori;
    bool now; /* the time is the clock's */
    unsigned threads;
} ens_cert_batch;

/* ens__cert_batch_run judges the files and hands their reports to the output, which is open. Returns the exit status.
 */
int ens__cert_batch_run(const ens_cert_batch *batch, const ens_values *files, ens_cert_output *output);

#endif
