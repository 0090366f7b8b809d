/* Chains of certificates: in tokens, in files, and put in order. */
#ifndef ENS_CERTS_KEYS_CHAIN_H
#define ENS_CERTS_KEYS_CHAIN_H

#include "certs/keys/certfile.h"
#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "ensign/cert.h"

/* PKIPath: DER SEQUENCE OF Certificate, root first, signer last (X.509; ICS2-HTI ICD 4.6.2). */
/* ens__pkipath_read reads a token's certificates in the order in which they stand (out->cert[0] is the first in the
 * token). Nothing is checked but the DER; see ens__chain_order.
 * Errors  ENS_ESYNTAX with the offset, ENS_ELIMIT over ENS_CHAIN_MAX certificates */
ENS_CHECK ens_code ens__pkipath_read(ens_slice der, ens_chain *out, ens_err *err);

/* ens__pkipath_write appends the PKIPath of a chain that stands leaf first. */
void ens__pkipath_write(ens_buf *out, const ens_chain *chain);

/* Certificates given in any order, put leaf first. */
/* What was seen while ordering. */
typedef struct {
    bool was_leaf_first, was_root_first; /* as given; both for a single certificate */
    bool self_signed_end;                /* the last certificate is its own issuer */
    size_t num_unrelated;                /* certificates that are no part of the path */
    bool ambiguous;                      /* no single certificate that is nobody's issuer */
    size_t place;                        /* of the signer in a file, from 0 */
    size_t num_unread;                   /* certificates of the file that can't be read: never the first one */
} ens_chain_facts;

/* ens__chain_order rebuilds the path by issuer and subject name and by the key that verifies the signature: the signer
 * is the one certificate that is nobody's issuer, wherever it stands. On success chain is leaf first and holds the path
 * alone.
 * Errors  ENS_EPOLICY when ambiguous or empty */
ENS_CHECK ens_code ens__chain_order(ens_chain *chain, ens_chain_facts *facts, ens_err *err);

#define ENS_CHAIN_FILE_MAX 512u /* certificates of one file */

/* Certificates in an arena. */
typedef struct {
    ens_cert *cert;
    size_t num;
} ens_certs;

/* ens__chain_linked counts the certificates that make a path in their order; what stands behind them is beside it. */
size_t ens__chain_linked(const ens_chain *chain);

/* ens__chain_load_all reads a file, which is no path: beside the signer and the path that its certificates make in
 * their order it may hold others, a cross-certificate or a bundle of roots, which may complete another path. Everything
 * lives in the arena.
 * Errors  those of ens__certfile_each; ENS_EPOLICY no certificate is clearly the signer's */
ENS_CHECK ens_code ens__chain_load_all(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain,
                                       ens_chain_facts *facts, ens_certs *others, ens_err *err);

/* ens__chain_load reads certificates from PEM (any number), DER, PKIPath DER or (with pass, may be NULL) PKCS#12 bytes
 * and orders them. DER bytes are copied into the arena, which must outlive chain. */
ENS_CHECK ens_code ens__chain_load(ens_slice file, const char *pass, ens_arena *arena, ens_chain *chain,
                                   ens_chain_facts *facts, ens_err *err);

#endif
