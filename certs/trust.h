/* The inside of ens_trust: what path and revocation read. See ensign/trust.h. */
#ifndef ENS_CERTS_TRUST_H
#define ENS_CERTS_TRUST_H

#include "certs/snapshot.h"
#include "ensign/trust.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#define ENS_TRUST_CERTS_MAX 100000 /* certificates of either kind */
#define ENS_TRUST_CRLS_MAX 1024
#define ENS_TRUST_OCSP_MAX 1024
#define ENS_CRL_MAX ((size_t)64 << 20)
#define ENS_OCSP_MAX ((size_t)1 << 20)

struct ens_trust {
    uint64_t state;    /* a number of this process for what is in it; changes with every addition */
    X509_STORE *store; /* the anchors */
    int num_anchors;
    STACK_OF(X509) * untrusted;
    STACK_OF(X509_CRL) * crls;
    OCSP_BASICRESP **ocsp;
    size_t num_ocsp;
    ens_snapshot *snapshot; /* the trusted lists, or NULL */
};

/* ens__trust_add_anchor trusts one DER certificate. */
ENS_CHECK ens_code ens__trust_add_anchor(ens_trust *trust, ens_slice der, ens_err *err);

/* ens__trust_snapshot borrows the trusted lists that were added, or NULL: then nothing can be said about any list. trust may be NULL. */
const ens_snapshot *ens__trust_snapshot(const ens_trust *trust);

#endif
