/* Files as slices: large ones mapped, small ones, stdin and pipes read. */
#ifndef ENS_ENGINE_BASE_FILE_H
#define ENS_ENGINE_BASE_FILE_H

#include "engine/base/bytes.h"

#define ENS_FILE_MAX ((size_t)512 << 20) /* bytes of any file that is read */

typedef struct {
    ens_slice bytes;
    bool mapped;
    bool secret;    /* wiped when it is closed */
    unsigned guard; /* of a mapped file, from 1 on */
} ens_file;

/* ens__file_guard is for programs, once: from then on a mapped file that is cut short while it is read reads as zeros
 * where it ended, instead of ending the process by SIGBUS, and ens__file_check_whole tells so. */
void ens__file_guard(void);
/* ens__file_check_whole fails once something was read of the file that it no longer has: forget what was read of it.
 * Errors  ENS_EIO; the error names the path */
ENS_CHECK ens_code ens__file_check_whole(const ens_file *f, const char *path, ens_err *err);

/* ens__file_open makes the contents of path ("-": standard input) readable until ens__file_close.
 * Errors  ENS_EIO, ENS_ELIMIT over limit bytes (0: ENS_FILE_MAX); the error names the path */
ENS_CHECK ens_code ens__file_open(const char *path, size_t limit, ens_file *out, ens_err *err);
/* ens__file_open_secret is the same for keys and pass phrases: never mapped, read into one buffer that is wiped. From
 * then on the process leaves no core dump. */
ENS_CHECK ens_code ens__file_open_secret(const char *path, size_t limit, ens_file *out, ens_err *err);
/* ens__file_open_steady is the same for what is judged first and used then: up to 16 MB are read and not mapped, so
 * that nobody changes them meanwhile. */
ENS_CHECK ens_code ens__file_open_steady(const char *path, size_t limit, ens_file *out, ens_err *err);
void ens__file_close(ens_file *f);
/* ens__file_let_go has a mapped file no longer hold octets of its bytes in memory: they are read again when they are
 * asked for. It does nothing to what was read. */
void ens__file_let_go(const ens_file *f, ens_slice octets);

/* ens__no_core_dump keeps the memory of this process, which holds a key from now on, out of core dumps, and other
 * processes of the user out of it. */
void ens__no_core_dump(void);

/* ens__file_make_private makes an empty file that its owner alone can read, unless there is one: for those who open it
 * later, and would make it for everybody. */
void ens__file_make_private(const char *path);

/* ens__file_same tells that both names lead to one file that is there. */
bool ens__file_same(const char *path, const char *other);

/* ens__file_put_name appends a file's name made of any text: A-Z a-z 0-9 . _ @ - stay, every other octet and a leading
 * dot become %XX. Different texts have different names. */
void ens__file_put_name(ens_buf *out, ens_slice text);

/* A file in the making: written beside its place, and put there whole or not at all. */
typedef struct {
    const char *path; /* borrowed; "-" is standard output */
    char beside[4096];
    int fd;
    bool in_place; /* a device, a pipe, standard output: written as it comes */
    bool unsynced; /* set it before keep: one of many files, which ens__folder_sync syncs together */
} ens_draft;

/* ens__draft_open begins one. mode is that of open(2); 0600 for keys. ens__draft_put adds to it. ens__draft_keep syncs
 * it and renames it to its place; ens__draft_drop takes it away, and does nothing after keep, or to the zero value.
 * Errors  ENS_EIO, ENS_ELIMIT; after one of put or keep the draft is dropped */
ENS_CHECK ens_code ens__draft_open(const char *path, unsigned mode, ens_draft *out, ens_err *err);
ENS_CHECK ens_code ens__draft_put(ens_draft *draft, ens_slice bytes, ens_err *err);
ENS_CHECK ens_code ens__draft_keep(ens_draft *draft, ens_err *err);
void ens__draft_drop(ens_draft *draft);

/* ens__file_write puts bytes at path ("-": standard output), whole or not at all, as a draft does. */
ENS_CHECK ens_code ens__file_write(const char *path, ens_slice bytes, unsigned mode, ens_err *err);

/* ens__file_write_one_of_many leaves the syncing to ens__folder_sync, called when all are written: a disk that has to
 * be waited for once a file costs more than what is written.   Errors  ENS_EIO, ENS_ELIMIT */
ENS_CHECK ens_code ens__file_write_one_of_many(const char *path, ens_slice bytes, unsigned mode, ens_err *err);
ENS_CHECK ens_code ens__folder_sync(const char *folder, ens_err *err);
/* ens__folder_sync_itself makes the names in a folder durable. */
ENS_CHECK ens_code ens__folder_sync_itself(const char *folder, ens_err *err);

/* ens__file_is_folder tells whether there is a folder of that name. */
bool ens__file_is_folder(const char *path);
/* ens__file_join writes "folder/name"; false when it does not fit. */
bool ens__file_join(const char *folder, const char *name, char *out, size_t size);

/* ens__write_all writes a slice to a descriptor, however many calls that takes; false when one fails. */
bool ens__write_all(int fd, ens_slice bytes);

#endif
