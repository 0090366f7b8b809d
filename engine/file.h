/* Files as slices: mapped where they can be, read where they can't (stdin, pipes). */
#ifndef ENS_ENGINE_FILE_H
#define ENS_ENGINE_FILE_H

#include "engine/bytes.h"

#define ENS_FILE_MAX ((size_t)512 << 20) /* bytes of any file that is read */

typedef struct {
    ens_slice bytes;
    bool mapped;
} ens_file;

/* ens__file_open makes the contents of path ("-": standard input) readable until ens__file_close.
 * Errors  ENS_EIO, ENS_ELIMIT over limit bytes (0: ENS_FILE_MAX); the error names the path */
ENS_CHECK ens_code ens__file_open(const char *path, size_t limit, ens_file *out, ens_err *err);
void ens__file_close(ens_file *f);

/* ens__file_write puts bytes at path ("-": standard output), whole or not at all: a file is written beside it, synced and
 * renamed. mode is that of open(2); 0600 for keys. */
ENS_CHECK ens_code ens__file_write(const char *path, ens_slice bytes, unsigned mode, ens_err *err);

#endif
