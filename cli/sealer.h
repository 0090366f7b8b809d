/* A sealer from the files that the command line names. */
#ifndef ENS_CLI_SEALER_H
#define ENS_CLI_SEALER_H

#include "ensign/seal.h"

typedef struct {
    const char *key, *cert, *pass_file;
    const char *domain; /* NULL: this machine's name */
    bool force;
} ens_sealer_files;

ENS_CHECK ens_code ens__sealer_load(const ens_sealer_files *files, ens_time at, ens_sealer **out, ens_err *err);

#endif
