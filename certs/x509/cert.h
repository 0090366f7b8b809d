/* Parts of a certificate that others have, too. See ensign/cert.h.
 * Source  X.690, 11; RFC 5280, 4.1 */
#ifndef ENS_CERTS_X509_CERT_H
#define ENS_CERTS_X509_CERT_H

#include "engine/base/bytes.h"
#include "ensign/cert.h"

/* Parts that certificate requests have, too. ens__cert_read_key takes a SubjectPublicKeyInfo into *out,
 * ens__cert_read_extensions reads a list of extensions (the contents of the SEQUENCE); der is what offsets count from.
 * Errors  ENS_ESYNTAX, ENS_ELIMIT; *out is then half filled */
ENS_CHECK ens_code ens__cert_read_key(ens_slice der, ens_reader *from, ens_cert *out, ens_err *err);
ENS_CHECK ens_code ens__cert_read_extensions(ens_slice der, ens_slice list, ens_cert *out, ens_err *err);

#endif
