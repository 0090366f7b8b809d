/* The cache of trusted lists: what is kept of an update, where lists come from, and how one is taken. It is a folder:
 *
 *     snapshot.ens   what verdicts read
 *     anchors.pem    who may sign the list of lists, as given last
 *     sources.tsv    of every list: URL, file, sequence number, when it came, ETag, Last-Modified
 *     lists/         the last good copy of each
 *     lock           held by the one update that may be at work */
#ifndef ENS_CERTS_LISTS_CACHE_H
#define ENS_CERTS_LISTS_CACHE_H

#include "certs/lists/trustlist.h"
#include "engine/base/arena.h"
#include "engine/base/file.h"
#include "ensign/time.h"

#define ENS_CACHE_PATH_MAX 4096
#define ENS_CACHE_RECORDS_MAX 1024u
#define ENS_CACHE_SOURCES_MAX ((size_t)4 << 20) /* bytes of sources.tsv */
#define ENS_CACHE_HEADER_MAX 512u               /* bytes of an ETag or a Last-Modified that are kept */

/* One list that was pointed to. Strings live in the cache's arena and end with NUL. */
typedef struct {
    const char *url, *file; /* file: its name in lists/ */
    uint32_t sequence;
    ens_time fetched; /* ENS_TIME_NONE: there is no copy */
    const char *etag, *last_modified;
} ens_cache_record;

typedef struct {
    const char *folder;
    int lock;
    ens_arena arena;
    ens_cache_record *record;
    size_t num;
} ens_cache;

/* ens__cache_open makes the folder where it is missing, waits for nobody, and reads sources.tsv; a line that isn't one
 * is passed over.
 * Errors  ENS_EIO, also when another update holds the lock; ENS_ELIMIT; ENS_ENOMEM */
ENS_CHECK ens_code ens__cache_open(const char *folder, ens_cache *out, ens_err *err);
void ens__cache_close(ens_cache *c);
/* ens__cache_save writes sources.tsv, whole or not at all. */
ENS_CHECK ens_code ens__cache_save(const ens_cache *c, ens_err *err);

/* ens__cache_record finds the record of a URL, or adds one; label begins the name of its file ("FR"). NULL: too many.
 */
ens_cache_record *ens__cache_record(ens_cache *c, ens_slice url, ens_slice label);
/* ens__cache_path writes the path of a file of the cache: its last good copy, or with suffix ".new" what has just come.
 * False when it is too long. */
bool ens__cache_path(const ens_cache *c, const ens_cache_record *r, const char *suffix, char out[ENS_CACHE_PATH_MAX]);
/* ens__cache_keep_header keeps the value of a header in the arena, or "" where it can't be kept. */
const char *ens__cache_keep_header(ens_cache *c, ens_slice value);

/* What stands for the internet: a folder, or one place on a server, with pointers.tsv (columns url, territory, mime,
 * file) and the files that it names. */
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

/* One list of an update: from what has come, or else from its last good copy. */
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
 * isn't). A download that is good becomes the kept copy.
 * Errors  ENS_ENOMEM, ENS_EIO; a list that can't be used is no
 * error */
ENS_CHECK ens_code ens__list_take(const ens_list_taker *t, ens_list_source *source, const ens_slice *anchors,
                                  size_t num_anchors, ens_list *facts, ens_trustlist *list, ens_err *err);

/* ens__list_leave removes a download that wasn't taken. */
void ens__list_leave(const ens_list_source *source);

#endif
