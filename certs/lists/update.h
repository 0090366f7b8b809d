/* Bringing a cache of trusted lists up to date: get, verify, and only then replace. Whatever fails, what was there
 * stays.
 *
 * A list that can't be had, or that can't be trusted, is taken from its last good copy, which is verified as if it had
 * just come; a list older than that copy is not taken. When the list of lists can't be trusted in either form the
 * snapshot stays as it is. Until it is verified, no more than a few pivots are asked for, each once, and all of them
 * where it came from itself. */
#ifndef ENS_CERTS_LISTS_UPDATE_H
#define ENS_CERTS_LISTS_UPDATE_H

#include "certs/lists/trustlist.h"

#define ENS_UPDATE_MEMORY_MAX ((size_t)64 << 20)
#define ENS_UPDATE_ANCHORS_MAX ENS_POINTER_CERTIFICATES_MAX
#define ENS_UPDATE_PIVOTS_FETCHED_MAX 10u /* requests that a list of lists causes before it is verified */
#define ENS_UPDATE_PEM_MAX ((size_t)1 << 20)

typedef struct {
    const char *lotl;    /* URL or path of the list of lists; NULL: ENS_LOTL_URL */
    const char *anchors; /* PEM: who may sign it, as the Official Journal has it; NULL: those of the update before,
                            else those whose digests are compiled in (journal.h) */
    const char *mirror;  /* folder or URL that stands for the internet, or NULL */
    const char *cache;
    bool offline; /* no socket is opened: what neither is on this machine nor in the mirror is missing */
    ens_time at;  /* lists whose NextUpdate lies before are stale */
    const char *ca_file;
    long connect_s, total_s; /* 0: those of a download */
    void (*progress)(void *user, size_t done, size_t num, uint64_t bytes);
    void *user;
} ens_update_options;

/* What became of each list: the pivots oldest first, the list of lists, the national ones in the order of their
 * pointers. Slices live until ens__update_clear. */
typedef struct {
    ens_arena arena;
    ens_list list[ENS_LISTS_MAX];
    size_t num;
    uint32_t lotl_sequence, num_usable, num_services; /* usable and services: of national lists */
    char snapshot[ENS_SNAPSHOT_NAME_MAX];             /* its name; empty when it was not replaced */
} ens_update_result;

/* ens__lists_update does it. *out is filled as far as it came, also when it fails; clear it in any case.
 * Errors  ENS_EPOLICY no anchors, or a list of lists that can't be trusted; ENS_EIO, ENS_ESYNTAX, ENS_ELIMIT,
 * ENS_ENOMEM */
ENS_CHECK ens_code ens__lists_update(const ens_update_options *options, ens_update_result *out, ens_err *err);
void ens__update_clear(ens_update_result *out);

#endif
