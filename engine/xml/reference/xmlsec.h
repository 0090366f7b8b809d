/* xmlsec1: the reference verifier's word on a digest and on a signature value. The only file that calls xmlsec.
 *
 * xmlsec is handed octets and never a document: it sees no ds:Reference, no URI, no ds:KeyInfo and no ds:Object, so
 * that nothing is resolved and no XPointer, XPath or manifest is ever evaluated. Which octets these are was decided
 * before, once, by the place of the reference in ds:SignedInfo. */
#ifndef ENS_ENGINE_XML_REFERENCE_XMLSEC_H
#define ENS_ENGINE_XML_REFERENCE_XMLSEC_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>

typedef struct ens_xmlsec ens_xmlsec; /* one per worker; one computation at a time */

ens_xmlsec *ens__xmlsec_new(void);
void ens__xmlsec_free(ens_xmlsec *x);

/* ens__xmlsec_digest tells by *holds whether the SHA-256 of octets is expected.
 * Errors  ENS_ECRYPTO xmlsec can't judge (its reason in err->text), ENS_ENOMEM
 * Source  XML Signature 1.1, 3.2.1 */
ENS_CHECK ens_code ens__xmlsec_digest(ens_xmlsec *x, ens_slice octets, ens_slice expected, bool *holds, ens_err *err);

/* ens__xmlsec_signature tells by *holds whether value is the RSA-SHA256 signature of signed_info, the canonical octets
 * of ds:SignedInfo, under key.   Errors  as of ens__xmlsec_digest.   Source  XML Signature 1.1, 3.2.2 */
ENS_CHECK ens_code ens__xmlsec_signature(ens_xmlsec *x, ens_slice signed_info, EVP_PKEY *key, ens_slice value,
                                         bool *holds, ens_err *err);

/* ens__xmlsec_load loads and starts xmlsec, once for the process; whoever judges by it calls this by itself.
 * Errors  ENS_ECRYPTO it can't be loaded or started */
ENS_CHECK ens_code ens__xmlsec_load(ens_err *err);

#endif
