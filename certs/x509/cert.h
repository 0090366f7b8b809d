/* Certificates whose encoding has a fault that changes nothing that they say: for showing them, never for judging them.
 * Source  X.690, 11; RFC 5280, 4.1 */
#ifndef ENS_CERTS_X509_CERT_H
#define ENS_CERTS_X509_CERT_H

#include "engine/base/bytes.h"
#include "ensign/cert.h"

#define ENS_CERT_ODD_BOOLEAN 0x1u
#define ENS_CERT_ODD_BITS 0x2u
#define ENS_CERT_ODD_TIME 0x4u
#define ENS_CERT_ODD_INTEGER 0x8u
#define ENS_CERT_ODD_LAST ENS_CERT_ODD_INTEGER

/* ens__cert_parse_loose is ens_cert_parse that overlooks such faults and notes them in *odd, ENS_CERT_ODD_… */
ENS_CHECK ens_code ens__cert_parse_loose(ens_slice der, ens_cert *out, unsigned *odd, ens_err *err);
/* ens__cert_odd_words names one of them; NULL: it is none. */
const char *ens__cert_odd_words(unsigned fault);

/* Parts that certificate requests have, too. ens__cert_read_key takes a SubjectPublicKeyInfo into *out,
 * ens__cert_read_extensions reads a list of extensions (the contents of the SEQUENCE); der is what offsets count from.
 * Errors  ENS_ESYNTAX, ENS_ELIMIT; *out is then half filled */
ENS_CHECK ens_code ens__cert_read_key(ens_slice der, ens_reader *from, ens_cert *out, ens_err *err);
ENS_CHECK ens_code ens__cert_read_extensions(ens_slice der, ens_slice list, ens_cert *out, ens_err *err);

#endif
