/* Verdicts on chains, kept: a batch is sealed by few certificates, and a path takes longer to judge than a message. An entry
 * holds for the same certificates, the same state of the trust and the same time. One per worker. */
#ifndef ENS_CERTS_CHAIN_CACHE_H
#define ENS_CERTS_CHAIN_CACHE_H

#include "ensign/trust.h"

#include <openssl/evp.h>

#define ENS_CHAIN_CACHE 32u /* chains that are kept; the oldest goes first */

typedef struct ens__chain_cache ens__chain_cache;

ens__chain_cache *ens__chain_cache_new(void);
void ens__chain_cache_free(ens__chain_cache *cache);

/* ens__chain_cache_check is ens_chain_check. */
void ens__chain_cache_check(ens__chain_cache *cache, const ens_trust *trust, const ens_chain *chain, ens_time at, ens_report *report);
/* ens__chain_cache_key borrows the leaf's public key until the next call; NULL where OpenSSL can't read it. */
EVP_PKEY *ens__chain_cache_key(ens__chain_cache *cache, const ens_cert *leaf);

#endif
