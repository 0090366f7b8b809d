/* Certificates given in any order, put leaf first. */
#ifndef ENS_CERTS_KEYS_CHAIN_H
#define ENS_CERTS_KEYS_CHAIN_H

#include "engine/base/arena.h"
#include "ensign/cert.h"

/* What was seen while ordering. */
typedef struct {
    bool was_leaf_first, was_root_first; /* as given; both for a single certificate */
    bool self_signed_end;                /* the last certificate is its own issuer */
    size_t num_unrelated;                /* certificates that are no part of the path */
    bool ambiguous;                      /* no single certificate that is nobody's issuer */
} ens_chain_facts;

/* ens__chain_order rebuilds the path by issuer and subject name and by the key that verifies the signature: the signer
 * is the one certificate that is nobody's issuer, wherever it stands. On success chain is leaf first and holds the path
 * alone. Errors  ENS_EPOLICY when ambiguous or empty */
ENS_CHECK ens_code ens__chain_order(ens_chain *chain, ens_chain_facts *facts, ens_err *err);

/* ens__chain_load reads certificates from PEM (any number), DER, PKIPath DER or (with pass, may be NULL) PKCS#12 bytes
 * and orders them. DER bytes are copied into the arena, which must outlive chain. */
ENS_CHECK ens_code ens__chain_load(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain,
                                   ens_chain_facts *facts, ens_err *err);

#endif
