/* Certificates found by their subject: anchors, and those that may complete a path. The pool owns copies of what it
 * keeps. */
#ifndef ENS_CERTS_PATH_CERTSTORE_H
#define ENS_CERTS_PATH_CERTSTORE_H

#include "ensign/cert.h"

#define ENS_CERTSTORE_MAX 100000u /* certificates of one pool */

typedef struct ens__stored ens__stored;

/* The zero value is an empty pool. It is filled by one thread and then read by any number. */
typedef struct {
    ens__stored **all; /* in the order in which they came */
    size_t num, cap;
    uint32_t *slots; /* open addressing by name hash: places in all, from 1 */
    size_t num_slots;
} ens__certstore;

void ens__certstore_clear(ens__certstore *pool);
/* ens__certstore_add parses and keeps one DER certificate; one that is there already is not kept twice. *out, which may
 * be NULL, borrows the view for as long as the pool lives.
 * Errors  those of ens_cert_parse, ENS_ELIMIT over
 * ENS_CERTSTORE_MAX, ENS_ENOMEM */
ENS_CHECK ens_code ens__certstore_add(ens__certstore *pool, ens_slice der, const ens_cert **out, ens_err *err);

/* ens__certstore_find borrows the next certificate whose subject has this ens__name_hash, or NULL; *at starts at 0. */
const ens_cert *ens__certstore_find(const ens__certstore *pool, uint64_t name_hash, size_t *at);
/* ens__certstore_get borrows certificate i in the order in which they came. */
const ens_cert *ens__certstore_get(const ens__certstore *pool, size_t i);
/* Whether a certificate that was borrowed from a pool was of use to anybody; whoever asks guards it. */
void ens__certstore_note_used(const ens_cert *kept);
bool ens__certstore_is_used(const ens_cert *kept);
/* ens__certstore_has tells whether this very certificate is there. */
bool ens__certstore_has(const ens__certstore *pool, const ens_cert *cert);

#endif
