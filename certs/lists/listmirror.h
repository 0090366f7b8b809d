/* What stands for the internet: a folder, or one place on a server, with pointers.tsv (columns url, territory, mime,
 * file) and the files that it names. */
#ifndef ENS_CERTS_LISTS_LISTMIRROR_H
#define ENS_CERTS_LISTS_LISTMIRROR_H

#include "engine/base/arena.h"

#define ENS_MIRROR_POINTERS "pointers.tsv"
#define ENS_MIRROR_MAX ((size_t)1 << 20) /* bytes of pointers.tsv */

typedef struct {
    const char *place; /* folder or URL */
    ens_slice table;   /* pointers.tsv, borrowed */
} ens_mirror;

bool ens__mirror_is_url(const char *place);
/* ens__mirror_find writes the path or URL of the copy of url into the arena; NULL when the mirror has none. A URL that
 * isn't in the table is looked for by the last part of its path. *sure: the table says so. */
const char *ens__mirror_find(const ens_mirror *m, ens_slice url, ens_arena *arena, bool *sure);

#endif
