/* XML signatures by xmlsec1: the reference verifier. The only file that calls xmlsec.
 *
 * Which elements and parts are signed is not decided here: the caller has bound every reference to a node or to a part
 * (by node identity) before. */
#ifndef ENS_ENGINE_XML_REFERENCE_XMLSEC_H
#define ENS_ENGINE_XML_REFERENCE_XMLSEC_H

#include "engine/base/bytes.h"

#include <libxml/tree.h>
#include <openssl/evp.h>

/* What a URI of the signature means: an element of the document, by the attribute that holds its id, or the octets of a
 * part outside of it. */
typedef struct {
    ens_slice uri;       /* as it stands in ds:Reference/@URI */
    const xmlNode *node; /* for "#id", else NULL */
    xmlAttr *id;         /* the node's attribute with that id */
    ens_slice octets;    /* for other URIs: what is digested */
} ens_xmlsec_target;

typedef struct ens_xmlsec ens_xmlsec; /* one per worker; one verification at a time */

ens_xmlsec *ens__xmlsec_new(void);
void ens__xmlsec_free(ens_xmlsec *d);

/* ens__xmlsec_verify tells by *valid whether every digest and the signature value hold under key. Allowed: exclusive
 * C14N and the SwA content transform, SHA-256, RSA-SHA256; every other algorithm is an error. Each URI resolves to its
 * target or to nothing at all. Errors  ENS_ECRYPTO when xmlsec could not judge (reason in err->text), ENS_ENOMEM Source
 * XML Signature 1.1, 3.2; WSS SwA Profile 1.1, 5.4 */
ENS_CHECK ens_code ens__xmlsec_verify(ens_xmlsec *d, xmlNodePtr signature, EVP_PKEY *key,
                                      const ens_xmlsec_target *targets, size_t num, bool *valid, ens_err *err);

#endif
