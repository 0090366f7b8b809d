/* The other certificate that ICS2 wants: the one by which an access point shows who it is to TLS, in both directions.
 * Its CA is announced to DG TAXUD; it isn't registered, and it is never the seal.
 * Source  ICS2-HTI ICD 4.6, 4.6.1, Table 10; RFC 5280, 4.2.1.12; RFC 9325, 4.5 */
#ifndef ENS_CERTS_PREFLIGHT_TLS_CLIENT_H
#define ENS_CERTS_PREFLIGHT_TLS_CLIENT_H

#include "ensign/cert.h"
#include "ensign/preflight.h"

/* What it must not be. */
typedef struct {
    const ens_certificates *const *seals; /* those in use, or to come */
    size_t num_seals;
    /* is_registered tells whether a certificate is registered as a seal, by its SHA-256 in hexadecimal; NULL: nobody
     * knows. *known is false where it couldn't be told. Any thread. */
    bool (*is_registered)(void *ctx, const char *sha256, bool *known);
    void *ctx;
} ens__tls_purpose;

/* ens__tls_client_judge adds tls.*: what the key is for, whether TLS takes it, and whether it is a seal. */
void ens__tls_client_judge(const ens_cert *leaf, const ens__tls_purpose *t, ens_report *report);
/* ens__tls_client_is tells, by its extended key usage, a certificate that is made for clients of TLS, and for
 * no seal. */
bool ens__tls_client_is(const ens_cert *leaf);

/* ens__preflight_tls is ens_preflight of what a client of TLS shows; eori and national list are not asked. */
void ens__preflight_tls(const ens_certificates *certificates, const ens_preflight_options *options,
                        const ens__tls_purpose *tls, ens_preflight_result *out, ens_report *report);

#endif
