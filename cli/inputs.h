/* The files of a command line: as given, and for a folder the certificates in it, in the order of their names. */
#ifndef ENS_CLI_INPUTS_H
#define ENS_CLI_INPUTS_H

#include "cli/command.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "ensign/keys.h"

#define ENS_INPUTS_MAX 1000000u /* files of one command */

/* ens__inputs_of lists them; paths made here live in the arena. A folder's certificates are its files that end in .pem,
 * .crt, .cer, .der, .p7b, .p7c, .p12 or .pfx, but for PEM files without a certificate (keys); folders in it are left
 * alone. Errors ENS_EIO, ENS_ELIMIT, ENS_ENOMEM; ENS_ESYNTAX a folder without a certificate */
ENS_CHECK ens_code ens__inputs_of(const ens_values *given, ens_arena *arena, ens_values *out, ens_err *err);

/* ens__inputs_messages does so for messages: of a folder, every file that isn't hidden. ens__inputs_listed adds the
 * paths that stand in a file ("-": standard input), one a line. */
ENS_CHECK ens_code ens__inputs_messages(const ens_values *given, ens_arena *arena, ens_values *out, ens_err *err);
ENS_CHECK ens_code ens__inputs_listed(const char *list, ens_arena *arena, ens_values *out, ens_err *err);

/* ens__key_file_open reads the file of a private key; a pkcs11: URI stands for itself, as ens__key_load takes it. */
ENS_CHECK ens_code ens__key_file_open(const char *key, ens_file *out, ens_err *err);

/* ens__keyring_open loads the private keys of a file, and asks for a pass phrase or PIN where it wants one and none was
 * given.   Errors  those of ens_keyring_new, and of reading it */
ENS_CHECK ens_code ens__keyring_open(const char *path, const char *pass_file, ens_keyring **out, ens_err *err);
/* ens__certificates_open does so with certificates.   Errors  those of ens_certificates_new, and of reading it */
ENS_CHECK ens_code ens__certificates_open(const char *path, const char *pass_file, ens_certificates **out,
                                          ens_err *err);
/* ens__certificates_open_whole does so where every certificate of the file is wanted: ENS_ESYNTAX where one can't be
 * read. */
ENS_CHECK ens_code ens__certificates_open_whole(const char *path, const char *pass_file, ens_certificates **out,
                                                ens_err *err);
/* ens__certificates_or_request_open does so, and takes a file that holds a certificate request instead: its DER is
 * appended to request, and *out is NULL then. */
ENS_CHECK ens_code ens__certificates_or_request_open(const char *path, const char *pass_file, ens_certificates **out,
                                                     ens_buf *request, ens_err *err);

#endif
