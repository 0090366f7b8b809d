/* An archive of files in one form alone: POSIX ustar, every field at its one value, members in the order of their
 * names. What is read is what the writer would have written, octet for octet: there is no second directory, no link, no
 * compression, no overlap, nothing between members or behind the end, and no name twice. Any tar takes it apart.
 * Source  IEEE Std 1003.1, pax, "ustar Interchange Format" */
#ifndef ENS_STI_EVIDENCE_ARCHIVE_H
#define ENS_STI_EVIDENCE_ARCHIVE_H

#include "engine/base/arena.h"

#define ENS_ARCHIVE_MAX ((size_t)512 << 20) /* bytes of one archive */
#define ENS_ARCHIVE_MEMBERS_MAX 20000u
#define ENS_ARCHIVE_NAME_MAX 99u /* bytes of a member's name */

typedef struct {
    const char *name;
    ens_slice bytes;
} ens_member;

/* Members in the order of their names. */
typedef struct {
    ens_member *member;
    size_t num;
} ens_archive;

/* ens__archive_name_fits: relative, of A-Z a-z 0-9 . _ - @ and '/', no part of it empty or begun by a dot. */
bool ens__archive_name_fits(ens_slice name);

/* ens__archive_sort puts the members in their order; ens__archive_write does so first, and appends the archive.
 * Errors  ENS_EPOLICY a name that does not fit or stands twice; ENS_ELIMIT too many, too long; ENS_ENOMEM */
ENS_CHECK ens_code ens__archive_sort(ens_archive *archive, ens_err *err);
ENS_CHECK ens_code ens__archive_write(ens_archive *archive, ens_buf *out, ens_err *err);

/* ens__archive_read finds the members; names live in the arena, bytes stay where they are.
 * Errors  ENS_ESYNTAX no archive, or none of this form: err says where and why; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__archive_read(ens_slice file, ens_arena *arena, ens_archive *out, ens_err *err);

/* ens__archive_looks tells whether a file begins as one. */
bool ens__archive_looks(ens_slice file);

/* ens__archive_find is the member of that name; NULL: there is none. */
const ens_member *ens__archive_find(const ens_archive *archive, const char *name);

#endif
