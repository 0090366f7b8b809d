/* Revocation lists and OCSP responses that are at hand: given as files, or fetched and found genuine. Filled and read
 * by any number of threads, and shared by trusts that follow one another. Lists are found by their issuer and responses
 * by the serial numbers that they tell of, so that what others gave costs a certificate nothing.
 *
 * It is bounded. When it is full, the oldest of what is no longer needed is let go: a list whose issuer said the same
 * scope anew, in a whole list by the same key that is understood; a response of which a newer one by the same key says
 * as much; and what has ended and revokes nobody. What is the newest word on a revocation stays, and where nothing can
 * go, nothing more is taken. */
#ifndef ENS_CERTS_PATH_EVIDENCE_H
#define ENS_CERTS_PATH_EVIDENCE_H

#include "certs/x509/crl.h"
#include "certs/x509/ocsp.h"

#define ENS_EVIDENCE_MAX 4096u /* of either kind */
#define ENS_EVIDENCE_BYTES_MAX ((size_t)1 << 30)
#define ENS_EVIDENCE_BUCKETS 4096u /* a power of two */
#define ENS_EVIDENCE_AGE_MAX 86400 /* seconds after which what names no end has ended */
#define ENS_EVIDENCE_GO 8u         /* one in so many goes at once, so that room is seldom made */
#define ENS_CRL_INDEXED_FROM 64u   /* entries from which an index pays */

typedef struct ens__evidence ens__evidence;
typedef struct ens__held ens__held; /* one list or response */

ens__evidence *ens__evidence_new(void); /* NULL when out of memory */
/* ens__evidence_ref takes one more reference; ens__evidence_free gives one back, and the last one frees. */
ens__evidence *ens__evidence_ref(ens__evidence *evidence);
void ens__evidence_free(ens__evidence *evidence);
/* ens__evidence_limit sets narrower bounds than those above: objects of either kind, and bytes of both. */
void ens__evidence_limit(ens__evidence *evidence, size_t num, size_t bytes);

/* Who walks, and keeps what was found, enters before and leaves afterwards: what is let go meanwhile stays whole until
 * then. It is no lock: nobody waits for a reader. */
typedef struct ens__evidence_reading {
    struct ens__evidence_reading *before, *after;
    uint64_t since;
} ens__evidence_reading;

void ens__evidence_enter(ens__evidence *evidence, ens__evidence_reading *reading);
void ens__evidence_leave(ens__evidence *evidence, ens__evidence_reading *reading);

/* Each copies and reads one DER object; the same bytes are kept once.
 * Errors  those of ens__crl_read and ens__ocsp_read; ENS_ELIMIT over the limits above; ENS_ENOMEM */
ENS_CHECK ens_code ens__evidence_add_crl(ens__evidence *evidence, ens_slice der, ens_err *err);
ENS_CHECK ens_code ens__evidence_add_ocsp(ens__evidence *evidence, ens_slice der, ens_err *err);

/* ens__evidence_changes grows whenever something was added or let go. */
uint64_t ens__evidence_changes(const ens__evidence *evidence);
size_t ens__evidence_num_crls(const ens__evidence *evidence);
size_t ens__evidence_num_ocsps(const ens__evidence *evidence);

/* A walk over the lists of an issuer, by its ens__name_hash, or the responses about a serial number: others may be
 * among them. */
typedef struct {
    const void *at;
    uint64_t key;
} ens__evidence_walk;

ens__evidence_walk ens__evidence_crls(const ens__evidence *evidence, uint64_t issuer_hash);
ens__evidence_walk ens__evidence_ocsps(const ens__evidence *evidence, ens_slice serial);
ens__held *ens__evidence_next(ens__evidence_walk *walk); /* NULL at the end */

const ens__crl *ens__held_crl(const ens__held *held);
const ens__ocsp *ens__held_ocsp(const ens__held *held);
/* ens__held_find is ens__crl_find, by an index that the first call for a large list makes. */
bool ens__held_find(ens__held *held, ens_slice serial, ens_slice issuer, ens__revoked *out);

/* A signature that verified once needn't be verified again: which key, a SubjectPublicKeyInfo, did. */
bool ens__held_is_signed(ens__held *held, ens_slice spki);
void ens__held_note_signed(ens__held *held, ens_slice spki);

#endif
