/* Who a command is towards TLS servers: its options, and the files behind them. */
#ifndef ENS_CLI_TLS_IDENTITY_H
#define ENS_CLI_TLS_IDENTITY_H

#include "cli/command.h"
#include "engine/base/bytes.h"

#include <openssl/types.h>

typedef struct {
    const char *cert, *key, *root, *pass_file;
} ens_tls_options;

/* Rows of an option table. */
#define ENS_TLS_OPTIONS(o)                                                                                             \
    {"tls-cert", 0, "PEM", "TLS: the client's certificate with its issuers", NULL, &(o).cert, NULL},                   \
        {"tls-key", 0,                                                                                                 \
         "KEY",     "TLS: its private key, PEM, PKCS#12 or pkcs11:; in the file of --tls-cert where none is given",    \
         NULL,      &(o).key,                                                                                          \
         NULL},                                                                                                        \
        {"tls-root", 0,                                                                                                \
         "PEM",      "TLS: the authorities that the server is under; the system's where none is given",                \
         NULL,       &(o).root,                                                                                        \
         NULL},                                                                                                        \
    {                                                                                                                  \
        "tls-pass-file", 0, "FILE", "TLS: pass phrase of the key (else ENSIGN_PASS, or a prompt)", NULL,               \
            &(o).pass_file, NULL                                                                                       \
    }

/* As a TLS client takes it: PEM, leaf first. held: a key that stays in its device, and key is empty. */
typedef struct {
    ens_buf cert, key;
    EVP_PKEY *held;
    const char *root;
} ens_tls_files;

/* ens__tls_files_open reads them; clear *out in either case, which wipes the key.
 * Errors  ENS_EPOLICY no key belongs to the certificate; those of reading the files */
ENS_CHECK ens_code ens__tls_files_open(const ens_tls_options *o, ens_tls_files *out, ens_err *err);
void ens__tls_files_clear(ens_tls_files *files);

#endif
