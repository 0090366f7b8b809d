/* An OCSP response as a view into its DER bytes, and the request that asks for one.
 * Source  RFC 6960, 4.1 and 4.2 */
#ifndef ENS_CERTS_X509_OCSP_H
#define ENS_CERTS_X509_OCSP_H

#include "certs/x509/crl.h"
#include "engine/base/bytes.h"
#include "ensign/cert.h"

#define ENS_OCSP_MAX ((size_t)1 << 20) /* bytes of one response */
#define ENS_OCSP_ANSWERS_MAX 1000u     /* certificates of one response */
#define ENS_OCSP_EXTENSIONS_MAX 32u    /* of the response, and of one answer */
#define ENS_OCSP_REQUEST_MAX 512u      /* bytes of a request that is made */

/* ens__ocsp is a basic response. It borrows everything from der. */
typedef struct {
    ens_slice der, data; /* whole OCSPResponse; ResponseData, header included, is what is signed */
    ens_slice by_name;   /* the responder's Name, header included, or empty */
    ens_slice by_key;    /* or the SHA-1 of its key */
    ens_time produced;
    ens_slice answers; /* contents of the responses */
    size_t num_answers;
    ens_slice signature_algorithm, signature;
    ens_slice certificates; /* contents of certs: whole certificates, one after the other */
    bool unknown_critical;  /* a critical extension, its own or an answer's, isn't understood: it proves nobody good */
    bool odd;               /* a time isn't as RFC 6960 writes it */
} ens__ocsp;

/* ens__ocsp_read reads a successful response strictly, every answer of it.
 * Errors  ENS_ESYNTAX with the byte offset, ENS_EPOLICY a response that isn't successful (its status is in err->text)
 * or isn't basic, ENS_ELIMIT */
ENS_CHECK ens_code ens__ocsp_read(ens_slice der, ens__ocsp *out, ens_err *err);

typedef enum { ENS_OCSP_UNKNOWN = 0, ENS_OCSP_GOOD, ENS_OCSP_REVOKED } ens__ocsp_status;

/* What is said of one certificate. */
typedef struct {
    ens_slice hash_algorithm;              /* contents of its OBJECT IDENTIFIER */
    ens_slice name_hash, key_hash, serial; /* of the issuer; contents of the INTEGER without padding */
    ens__ocsp_status status;
    ens_time revoked; /* of REVOKED */
    ens__reason reason;
    ens_time this_update, next_update; /* next_update ENS_TIME_NONE: newer information is always to be had */
    bool unknown_critical, odd;
} ens__ocsp_answer;

/* ens__ocsp_next reads the answer at r, a reader over answers that were read before; false at the end. */
bool ens__ocsp_next(ens_reader *r, ens__ocsp_answer *out);
/* ens__ocsp_next_about finds the next answer about a certificate of this issuer; *answers begins at ocsp->answers. */
bool ens__ocsp_next_about(ens_reader *answers, const ens_cert *cert, const ens_cert *issuer, ens__ocsp_answer *out);
/* ens__ocsp_names tells whether the response names this certificate's subject or key as its responder. */
bool ens__ocsp_names(const ens__ocsp *ocsp, const ens_cert *responder);

/* ens__ocsp_request writes an unsigned request about one certificate, without a nonce, so that responders may answer
 * from store (RFC 5019); SHA-1 names the issuer, as every responder understands. */
ENS_CHECK ens_code ens__ocsp_request(const ens_cert *cert, const ens_cert *issuer, ens_buf *out, ens_err *err);

#endif
