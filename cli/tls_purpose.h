/* What a TLS client certificate must not be: the seals that the command line names, and what a registry has. */
#ifndef ENS_CLI_TLS_PURPOSE_H
#define ENS_CLI_TLS_PURPOSE_H

#include "certs/preflight/tls_client.h"
#include "cli/command.h"
#include "sti/registry/uumds.h"

typedef struct {
    ens_certificates **seals;
    size_t num_seals;
    ens__uumds *registry; /* NULL: none */
    ens__tls_purpose asked;
} ens_tls_purpose;

/* ens__tls_purpose_open reads seals and registry (NULL: none); asked is good until close, which follows in either case.
 * Errors  those of reading the files; err names the file */
ENS_CHECK ens_code ens__tls_purpose_open(const ens_values *seals, const char *pass_file, const char *registry,
                                         ens_tls_purpose *out, ens_err *err);
void ens__tls_purpose_close(ens_tls_purpose *p);

#endif
