/* PKIPath: DER SEQUENCE OF Certificate, root first, signer last (X.509; ics2-hti 10.3). */
#ifndef ENS_CERTS_X509_PKIPATH_H
#define ENS_CERTS_X509_PKIPATH_H

#include "engine/base/bytes.h"
#include "ensign/cert.h"

/* ens__pkipath_read reads a token's certificates in the order in which they stand (out->cert[0] is the first in the
 * token). Nothing is checked but the DER; see ens__chain_order.
 * Errors  ENS_ESYNTAX with the offset, ENS_ELIMIT over ENS_CHAIN_MAX certificates */
ENS_CHECK ens_code ens__pkipath_read(ens_slice der, ens_chain *out, ens_err *err);

/* ens__pkipath_write appends the PKIPath of a chain that stands leaf first. */
void ens__pkipath_write(ens_buf *out, const ens_chain *chain);

#endif
