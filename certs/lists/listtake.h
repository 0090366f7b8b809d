/* One list of an update: from what has come, or else from its last good copy. */
#ifndef ENS_CERTS_LISTS_LISTTAKE_H
#define ENS_CERTS_LISTS_LISTTAKE_H

#include "certs/lists/listcache.h"
#include "certs/lists/lotl.h"
#include "engine/base/file.h"

#define ENS_REASON_MAX 400

/* Where a list may be had. */
typedef struct {
    ens_slice url, label; /* label: begins the name of its copy */
    ens_slice territory;  /* empty: a list of lists */
    ens_list_kind kind;
    const char *from; /* the file to read it from, or NULL: nothing has come */
    bool came;        /* from is a download, to be moved or removed */
    bool is_copy;     /* from is the copy that is kept already */
    bool alone;       /* the kept copy doesn't stand in for it */
    const char *etag, *modified;
    char reason[ENS_REASON_MAX]; /* why nothing has come, or (of a copy) nothing newer */
} ens_list_source;

/* What every list is read with. */
typedef struct {
    ens_cache *cache;
    ens_trustlist_reader *reader;
    ens_snapshot_writer *writer;
    ens_arena *arena; /* facts live here */
    ens_time now;
} ens_list_taker;

/* ens__list_take reads and judges the source, and the kept copy where that isn't usable, and writes the list to the
 * snapshot. *facts tells what became of it; *list is what was read last, good until the arena is reset (its signature
 * isn't). A download that is good becomes the kept copy. Errors  ENS_ENOMEM, ENS_EIO; a list that can't be used is no
 * error */
ENS_CHECK ens_code ens__list_take(const ens_list_taker *t, ens_list_source *source, const ens_slice *anchors,
                                  size_t num_anchors, ens_list *facts, ens_trustlist *list, ens_err *err);

/* ens__list_leave removes a download that wasn't taken. */
void ens__list_leave(const ens_list_source *source);

#endif
