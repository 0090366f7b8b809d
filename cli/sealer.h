/* Sealers from the files that the command line names: read once, for as many threads as there are. */
#ifndef ENS_CLI_SEALER_H
#define ENS_CLI_SEALER_H

#include "engine/base/file.h"
#include "ensign/seal.h"

typedef struct {
    const char *key, *cert, *pass_file;
    const char *domain; /* NULL: this machine's name */
    bool force;
} ens_sealer_files;

/* The files' contents, and the pass phrase that opened them. */
typedef struct {
    ens_file key, cert;
    char *pass;
    char domain[256];
    ens_sealer_options options;
} ens_sealer_source;

/* ens__sealer_open reads the files, asks for a pass phrase where one is needed, and makes the first sealer. Close *out
 * in either case. */
ENS_CHECK ens_code ens__sealer_open(const ens_sealer_files *files, ens_time at, ens_sealer_source *out,
                                    ens_sealer **first, ens_err *err);
/* ens__sealer_close wipes the pass phrase. */
void ens__sealer_close(ens_sealer_source *source);

/* ens__sealer_load is for a single sealer. */
ENS_CHECK ens_code ens__sealer_load(const ens_sealer_files *files, ens_time at, ens_sealer **out, ens_err *err);

#endif
