/* Authorities that are made for a test: certificates with any extensions, revocation lists, OCSP responses. P-256
 * for CAs, RSA for end entities. */
#ifndef ENS_TESTS_CERTS_AUTHORITY_H
#define ENS_TESTS_CERTS_AUTHORITY_H

#include "certs/path/revocation.h"

#include <openssl/x509.h>

#define AUTHORITY_AT 1790856000 /* 2026-10-01T12:00:00Z: all that is made is valid a month before and after */
#define AUTHORITY_DAY 86400
#define AUTHORITY_CA_USAGE "critical,keyCertSign,cRLSign"

typedef struct {
    EVP_PKEY *key;
    X509 *cert;
    uint8_t *der;
    size_t der_len;
} authority;

/* What a certificate is made of. Zero fields are left out. */
typedef struct {
    const char *name; /* its common name */
    bool ca;
    const char *usage;              /* keyUsage as OpenSSL writes it */
    const char *const *extensions;  /* pairs: name and value as OpenSSL writes them, ended by NULL */
    long serial;                    /* 0: one that no other has */
    ens_time not_before, not_after; /* 0: a month around AUTHORITY_AT */
    EVP_PKEY *key;                  /* NULL: a new one of P-256, or of an end entity one of RSA 2048, one of four */
    const EVP_MD *md, *mask;        /* of its signature; NULL: SHA-256; mask: RSASSA-PSS with that hash in MGF1 */
    bool bare;                      /* no key identifiers */
} authority_row;

/* authority_make issues a certificate; issuer NULL: by itself. */
bool authority_make(const authority *issuer, const authority_row *row, authority *out);
void authority_free(authority *a);
ens_slice authority_der(const authority *a);

typedef struct {
    long number, base;                 /* 0: none; base makes it a delta */
    const long *revoked;               /* serial numbers, ended by 0 */
    int reason;                        /* of all of them, -1: none */
    ens_time this_update, next_update; /* 0: a day before AUTHORITY_AT, a day after; next_update -1: none */
    ens_time revoked_at;               /* 0: ten days before AUTHORITY_AT */
    ens_time invalid_at;               /* invalidityDate of all of them; 0: none */
    int before;                        /* the reason of an entry that each of them has before this one; 0: none */
    bool fractions;                    /* thisUpdate has a fraction of a second */
    const char *const *extensions;
    const EVP_MD *md; /* of its signature; NULL: SHA-256 */
} authority_crl_row;

/* authority_crl appends a list as DER. */
bool authority_crl(const authority *ca, const authority_crl_row *row, ens_buf *out);

typedef struct {
    int status; /* V_OCSP_CERTSTATUS_… */
    int reason;
    ens_time this_update, next_update, revoked_at; /* 0: as above; next_update -1: none */
    bool with_signer;                              /* the responder's certificate comes along */
    bool by_key;                                   /* the responder is named by its key */
    bool sha256;                                   /* the issuer is named by SHA-256 */
    bool fractions;                                /* thisUpdate has a fraction of a second */
    int before;       /* the reason of an answer, revoked, that stands before this one; 0: none */
    const EVP_MD *md; /* of its signature; NULL: SHA-256 */
} authority_ocsp_row;

/* authority_ocsp appends a response about subject, which ca issued, by responder, as DER. */
bool authority_ocsp(const authority *responder, const authority *ca, const authority *subject,
                    const authority_ocsp_row *row, ens_buf *out);

/* authority_chain makes a chain of views, leaf first. */
void authority_chain(const authority *const *certificates, size_t num, ens_chain *out);

#endif
