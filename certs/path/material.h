/* What a verdict about a chain rests on: the certificates of its path, and the revocation lists and OCSP responses at
 * hand that tell of them. Whoever keeps it can judge the chain again when nobody answers any more. */
#ifndef ENS_CERTS_PATH_MATERIAL_H
#define ENS_CERTS_PATH_MATERIAL_H

#include "ensign/trust.h"

/* ISSUER: a certificate of the path that the chain does not hold. */
typedef enum {
    ENS_MATERIAL_CERTIFICATE = 0,
    ENS_MATERIAL_ISSUER,
    ENS_MATERIAL_CRL,
    ENS_MATERIAL_OCSP,
    ENS_MATERIAL_ANCHOR
} ens_material;

/* ens__material_each hands out DER, the same more than once where it serves more than one certificate; a code other
 * than ENS_OK ends it and is returned. The slices live during the call. trust may be NULL: the chain alone. */
ENS_CHECK ens_code ens__material_each(const ens_trust *trust, const ens_chain *chain, ens_time at,
                                      ens_code (*visit)(void *user, ens_material kind, ens_slice der, ens_err *err),
                                      void *user, ens_err *err);

#define ENS_MATERIAL_TRUST_MAX 8u /* anchors, and certificates that complete paths, that are handed out of a trust */

/* ens__material_trust hands out what a trust was given, the first of each kind, and before them the anchor that the
 * chain's path ends at: ANCHOR, and ISSUER for what may only complete a path. trust may be NULL. */
ENS_CHECK ens_code ens__material_trust(const ens_trust *trust, const ens_chain *chain, ens_time at,
                                       ens_code (*visit)(void *user, ens_material kind, ens_slice der, ens_err *err),
                                       void *user, ens_err *err);

#endif
