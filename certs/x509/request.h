/* Certificate requests (CSR): what an authority is asked to sign. A request is no certificate: nobody vouches for it.
 * Source  RFC 2986 (PKCS#10); RFC 2985, 5.4.2 (extensionRequest) */
#ifndef ENS_CERTS_X509_REQUEST_H
#define ENS_CERTS_X509_REQUEST_H

#include "ensign/cert.h"

#define ENS_REQUEST_ATTRIBUTES_MAX 32u

/* asked is the certificate that is asked for, as far as a request says: subject, key, the extensions that are wished
 * for. tbs, signature_algorithm and signature are the request's own. What an authority adds is empty: issuer, serial
 * number, dates. */
typedef struct {
    ens_cert asked;
} ens__request;

/* ens__request_parse reads one DER request strictly.
 * Owns    nothing; *out points into der
 * Errors  ENS_ESYNTAX with the byte offset; ENS_ELIMIT over ENS_CERT_MAX, or too many attributes or extensions */
ENS_CHECK ens_code ens__request_parse(ens_slice der, ens__request *out, ens_err *err);

#endif
