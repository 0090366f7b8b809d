/* Ensign: the EU's trusted lists: brought up to date, what state each is in, and who is on them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_LISTS_H
#define ENSIGN_LISTS_H

#include "ensign/time.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ens_lists is a snapshot: the verified lists as an update left them. It is never written to: any number of threads may
 * read it. */
typedef struct ens_snapshot ens_lists;

/* ens_lists_open maps the snapshot of a cache, which is a folder, or a snapshot's file.
 * Errors  ENS_EIO; ENS_ESYNTAX it is no snapshot, one of another version, or damaged; ENS_ELIMIT, ENS_ENOMEM.
 * since 0.1 */
ENS_API ENS_CHECK ens_code ens_lists_open(const char *path, ens_lists **out, ens_err *err);
/* ens_lists_new is the same for the bytes of such a file, which are copied.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_lists_new(ens_slice bytes, ens_lists **out, ens_err *err);
ENS_API void ens_lists_free(ens_lists *lists); /* a trust that has them keeps them.  since 0.1 */

/* What a snapshot is of. name lives as long as the lists. */
typedef struct {
    const char *name; /* "332-9f86d081884c7d65": the number of the list of lists, and of a SHA-256 over all of them */
    uint32_t lotl_sequence;
    ens_time made; /* the time that the update judged for */
    size_t num_lists, num_providers, num_services;
    size_t num_anchors; /* CAs in good standing */
} ens_lists_facts;
ENS_API ens_lists_facts ens_lists_tell(const ens_lists *lists); /* since 0.1 */

typedef enum { ENS_LIST_NATIONAL = 0, ENS_LIST_LOTL, ENS_LIST_PIVOT } ens_list_kind;

typedef enum {
    ENS_LIST_MISSING = 0, /* pointed to, and there is no copy of it */
    ENS_LIST_BROKEN,      /* there is a copy, and it can't be used: signature, form */
    ENS_LIST_STALE,       /* usable, NextUpdate has passed */
    ENS_LIST_CLOSED,      /* usable, and the last of its kind: without NextUpdate */
    ENS_LIST_FRESH
} ens_list_state;
ENS_API const char *ens_list_state_name(ens_list_state state); /* "missing" …; constant.  since 0.1 */

typedef enum { ENS_LIST_SIGNATURE_NONE = 0, ENS_LIST_SIGNATURE_INVALID, ENS_LIST_SIGNATURE_VALID } ens_list_signature;

/* One list. Absent slices are empty, absent times ENS_TIME_NONE. */
typedef struct {
    ens_list_kind kind;
    ens_list_state state; /* at the time asked for */
    ens_list_signature signature;
    bool usable;         /* well-formed, sealed by a signer that was pinned */
    bool pinned;         /* the signer is one of those that the list of lists (or the Official Journal) names */
    ens_slice country;   /* "FR", "EL", "EU" */
    ens_slice url, file; /* where it comes from, and the name of its copy in the cache */
    ens_slice reason;    /* why it is not usable, or why the newest could not be had */
    ens_slice operator_name;
    ens_slice signer; /* DER of its certificate */
    uint32_t version, sequence;
    ens_time issued, next_update, fetched;
    ens_slice sha256; /* of the copy; empty: there is none */
    bool pointed;     /* the list of lists, or a pivot, points to it */
} ens_list_facts;

/* ens_lists_get tells of list i at a time; false past the end. The slices live as long as the lists.  since 0.1 */
ENS_API bool ens_lists_get(const ens_lists *lists, size_t i, ens_time at, ens_list_facts *out);

/* ens_list_is_of tells whether a list is of this country; GR and GB stand for EL and UK.  since 0.1 */
ENS_API bool ens_list_is_of(const ens_list_facts *list, const char *country);

/* Which services are looked for; NULL and empty: any. */
typedef struct {
    const char *country; /* "FR"; GR and GB stand for EL and UK */
    const char *type;    /* "eseal", "esig", "web", "timestamp" …; with -nq the kind that isn't qualified */
    const char *name;    /* part of the name of a provider or a service, or of its identifier */
    bool all;            /* withdrawn and ceased services, too */
    ens_time at;
} ens_lists_query;

/* A service in the state that it is in at the time asked for. The slices live as long as the lists. */
typedef struct {
    ens_slice country, provider, trade_name, identifier; /* identifier: "VATIT-07945211006", or empty */
    ens_slice name;
    ens_slice type, status; /* URIs of TS 119 612 */
    ens_time since;
    bool in_good_standing;
    size_t num_certificates;
    uint32_t number;                /* of the service in these lists */
    uint32_t list, provider_number; /* what ens_lists_get takes; another provider has another number */
} ens_listed_service;

/* ens_lists_kind_name names the types that a query takes: "eseal" …; NULL past the end.  since 0.1 */
ENS_API const char *ens_lists_kind_name(size_t i);

/* ens_lists_find hands every service to visit, in the order of the lists; a code other than ENS_OK ends the search and
 * is returned. Lists that can't be used are passed over: see ens_lists_get.
 * Errors  ENS_EPOLICY no such type, or no
 * list of that country; those of visit.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_lists_find(const ens_lists *lists, const ens_lists_query *query,
                                          ens_code (*visit)(void *user, const ens_listed_service *service), void *user,
                                          ens_err *err);
/* ens_lists_certificate borrows the DER of certificate i of a service; empty past the end.  since 0.1 */
ENS_API ens_slice ens_lists_certificate(const ens_lists *lists, uint32_t service, size_t i);

#define ENS_LISTS_LOTL "https://ec.europa.eu/tools/lotl/eu-lotl.xml" /* the EU's */

/* ens_lists_update_options is read only; the zero value with a cache gets the EU's lists from the internet. */
typedef struct {
    const char *cache;   /* the folder that is brought up to date; made where it isn't there */
    const char *lotl;    /* URL or path of the list of lists; NULL: ENS_LISTS_LOTL */
    const char *anchors; /* PEM file: who may sign it; NULL: those of the update before */
    const char *mirror;  /* folder or URL that stands for the internet, or NULL */
    const char *ca_file; /* anchors of TLS in place of the system's, or NULL */
    bool offline;        /* no socket is opened */
    ens_time at;         /* lists whose NextUpdate lies before are stale */
    void (*progress)(void *user, size_t done, size_t num, uint64_t bytes); /* of downloads; NULL: nobody looks */
    void (*list)(void *user,
                 const ens_list_facts *list); /* told at the end, list by list; lives during the call; or NULL */
    void *user;
} ens_lists_update_options;

#define ENS_LISTS_NAME 64 /* bytes of a snapshot's name, NUL included */

typedef struct {
    size_t num_lists, num_usable, num_services; /* usable and services: of national lists */
    uint32_t lotl_sequence;
    char snapshot[ENS_LISTS_NAME]; /* its name; empty when it was not replaced */
} ens_lists_updated;

/* ens_lists_update gets the list of lists and all that it points to, verifies each, and only then replaces the
 * snapshot: whatever fails, what was there stays. A list that can't be had or trusted is taken from its last good copy.
 * *out tells as far as it came, also when it fails.
 * Errors  ENS_EPOLICY no anchors, or a list of lists that can't be
 * trusted; ENS_EIO, ENS_ESYNTAX, ENS_ELIMIT, ENS_ENOMEM
 * Source  TS 119 615, 4.1.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_lists_update(const ens_lists_update_options *options, ens_lists_updated *out,
                                            ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
