/* The inside of ens_trust: what path and revocation read. See ensign/trust.h. */
#ifndef ENS_CERTS_PATH_TRUST_H
#define ENS_CERTS_PATH_TRUST_H

#include "certs/keys/keys.h"
#include "certs/lists/issuers.h"
#include "certs/lists/snapshot.h"
#include "certs/path/certstore.h"
#include "certs/path/evidence.h"
#include "certs/path/online.h"
#include "ensign/trust.h"

#include <stdatomic.h>

#define ENS_TRUST_SOURCES_MAX 4

/* ens__anchor_source gives anchors from elsewhere, such as a snapshot of trusted lists: whole certificates, trusted as
 * they stand. Nothing of it is decoded before a path asks for a name. All functions are called by any number of
 * threads. */
typedef struct {
    void *of; /* given to each function */
    /* find borrows the DER of the i-th certificate whose subject's ens__name_hash is this and that is an anchor at the
     * time, or returns false when there are no more. The bytes live as long as the source. A certificate that doesn't
     * parse is passed over. */
    bool (*find)(void *of, uint64_t subject_hash, size_t i, ens_time at, ens_slice *der);
    /* holds tells between which times it finds the same; NULL: always. ENS_TIME_NONE: open. */
    void (*holds)(void *of, uint64_t subject_hash, ens_time at, ens_time *from, ens_time *until);
    size_t num;             /* certificates in it */
    void (*free)(void *of); /* NULL: the caller keeps it longer than the trust */
} ens__anchor_source;

#define ENS_UNREAD_MAX 16u /* files that couldn't be read and are told */
#define ENS_UNREAD_TEXT 324

/* What a file was given as that can't be read: the run goes on, and each verdict says so. */
typedef enum {
    ENS_UNREAD_CRL,
    ENS_UNREAD_OCSP,
    ENS_UNREAD_SILENT, /* a response that was read, and answers nothing */
    ENS_UNREAD_UNTRUSTED
} ens__unread_kind;

typedef struct {
    ens__unread_kind kind;
    char text[ENS_UNREAD_TEXT]; /* path and reason */
} ens__unread;

struct ens__revocation_told; /* see build.h */

struct ens_trust {
    atomic_uint references; /* beside the first */
    /* What is given once. After the first judgement nothing is added to it: other threads read it without a lock. */
    atomic_uint_fast64_t given; /* a number of this process for it, which no other trust has or had */
    atomic_bool in_use;
    ens__certstore anchors, untrusted;
    ens__anchor_source source[ENS_TRUST_SOURCES_MAX];
    size_t num_sources;
    atomic_bool revocation_hard;  /* refuse what no revocation information tells of */
    const ens_snapshot *snapshot; /* the trusted lists, or NULL; one of the sources owns it */
    ens__unread unread[ENS_UNREAD_MAX];
    size_t num_unread;
    /* What changes while it is read. Locks are its own; the trusts that follow have the same evidence and online. */
    ens__keys *keys;         /* of issuers */
    ens__issuers *issuers;   /* of the lists' certificates, where there are lists */
    ens__evidence *evidence; /* CRLs and OCSP responses */
    ens__online *online;     /* NULL: nothing is fetched */
    ens__fetched *fetched;   /* issuers that came; online guards them */
};

/* What a verdict was made from: it holds no longer when the mark is another one. */
typedef struct {
    uint64_t given; /* 0: of no trust */
    uint64_t heard; /* how often its evidence, and what was fetched, changed */
} ens__trust_mark;

/* ens__trust_state changes whenever a verdict may change by what is in the trust. It is read before the judgement. */
ens__trust_mark ens__trust_state(const ens_trust *trust);
static inline bool ens__trust_is_same(const ens__trust_mark *a, const ens__trust_mark *b)
{
    return a->given == b->given && a->heard == b->heard;
}
/* ens__trust_use notes that the trust is judged by: from now on nothing is added to what is given once. */
void ens__trust_use(const ens_trust *trust);
/* ens__trust_add_anchor trusts one DER certificate. */
ENS_CHECK ens_code ens__trust_add_anchor(ens_trust *trust, ens_slice der, ens_err *err);
/* ens__trust_add_source takes the source on success.   Errors  ENS_ELIMIT over ENS_TRUST_SOURCES_MAX */
ENS_CHECK ens_code ens__trust_add_source(ens_trust *trust, const ens__anchor_source *source, ens_err *err);

/* ens__trust_take_lists makes the certificates of trusted lists anchors; the trust takes the snapshot on success.
 * Errors  ENS_EPOLICY it has lists already, or is in use; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__trust_take_lists(ens_trust *trust, ens_snapshot *snapshot, ens_err *err);

/* ens__trust_note_unread remembers a file that couldn't be read. ens__trust_tell_unread adds a finding for each, of
 * those for paths or of those for revocation: a warning, or a skip that leaves the verdict open where nothing else
 * tells of revocation (unknown). told, which may be NULL, notes which. A trust that is in use takes no more notes. */
void ens__trust_note_unread(ens_trust *trust, ens__unread_kind kind, const char *path, const ens_err *why);
void ens__trust_tell_unread(const ens_trust *trust, bool of_paths, bool unknown, struct ens__revocation_told *told,
                            const char *id, ens_report *report);

/* ens__trust_snapshot borrows the trusted lists that were added, or NULL: then nothing can be said about any list.
 * trust may be NULL. */
const ens_snapshot *ens__trust_snapshot(const ens_trust *trust);

#endif
