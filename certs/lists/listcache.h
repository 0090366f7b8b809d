/* The folder in which trusted lists are kept:
 *
 *     snapshot.ens   what verdicts read
 *     anchors.pem    who may sign the list of lists, as given last
 *     sources.tsv    of every list: URL, file, sequence number, when it came, ETag, Last-Modified
 *     lists/         the last good copy of each
 *     lock           held by the one update that may be at work */
#ifndef ENS_CERTS_LISTS_LISTCACHE_H
#define ENS_CERTS_LISTS_LISTCACHE_H

#include "engine/base/arena.h"
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
 * is passed over. Errors  ENS_EIO, also when another update holds the lock; ENS_ELIMIT; ENS_ENOMEM */
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

#endif
