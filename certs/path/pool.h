/* Certificates found by their subject: anchors, and those that may complete a path. The pool owns copies of what it
 * keeps. */
#ifndef ENS_CERTS_PATH_POOL_H
#define ENS_CERTS_PATH_POOL_H

#include "ensign/cert.h"

#define ENS_POOL_MAX 100000u /* certificates of one pool */

typedef struct ens__pooled ens__pooled;

/* The zero value is an empty pool. It is filled by one thread and then read by any number. */
typedef struct {
    ens__pooled **all; /* in the order in which they came */
    size_t num, cap;
    uint32_t *slots; /* open addressing by name hash: places in all, from 1 */
    size_t num_slots;
} ens__pool;

void ens__pool_clear(ens__pool *pool);
/* ens__pool_add parses and keeps one DER certificate; one that is there already is not kept twice. *out, which may be
 * NULL, borrows the view for as long as the pool lives. Errors  those of ens_cert_parse, ENS_ELIMIT over ENS_POOL_MAX,
 * ENS_ENOMEM */
ENS_CHECK ens_code ens__pool_add(ens__pool *pool, ens_slice der, const ens_cert **out, ens_err *err);

/* ens__pool_find borrows the next certificate whose subject has this ens__name_hash, or NULL; *at starts at 0. */
const ens_cert *ens__pool_find(const ens__pool *pool, uint64_t name_hash, size_t *at);
/* ens__pool_get borrows certificate i in the order in which they came. */
const ens_cert *ens__pool_get(const ens__pool *pool, size_t i);
/* ens__pool_has tells whether this very certificate is there. */
bool ens__pool_has(const ens__pool *pool, const ens_cert *cert);

#endif
