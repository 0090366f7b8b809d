/* What a certificate says of itself, as far as trusted lists ask: read once, asked for every criterion and every step.
 */
#ifndef ENS_CERTS_QUALIFY_CLAIMS_H
#define ENS_CERTS_QUALIFY_CLAIMS_H

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"

/* When eIDAS began to apply: 2016-07-01T00:00 in Brussels. What is older is judged by the rules before it. */
#define ENS_EIDAS_START ((ens_time)1467324000)

/* What a certificate is for, as a set. */
#define ENS_TYPE_ESIG (1u << 0)
#define ENS_TYPE_ESEAL (1u << 1)
#define ENS_TYPE_WSA (1u << 2)

/* Everything borrows from the certificate's bytes, and cert must outlive it. */
typedef struct {
    const ens_cert *cert;
    ens_qc qc; /* what could be read of the extension */
    ens_extension_list policies, ext_key_usage;
    ens_attribute attribute[ENS_NAME_ATTRIBUTES_MAX];
    size_t num_attributes;
    bool before_eidas;    /* issued before ENS_EIDAS_START */
    bool qualified, qscd; /* by its own words, as TS 119 615 reads them for the day of its issue */
    unsigned type;        /* one ENS_TYPE_… by its own words, or 0: none, or several */
} ens_claims;

void ens__claims_read(const ens_cert *cert, ens_claims *out);

/* Each tells whether the certificate has it; oid: contents of the OBJECT IDENTIFIER. */
bool ens__claims_policy(const ens_claims *claims, ens_slice oid);
bool ens__claims_ext_key_usage(const ens_claims *claims, ens_slice oid);
bool ens__claims_attribute(const ens_claims *claims, ens_slice oid);    /* of the subject, and not empty */
bool ens__claims_qc_statement(const ens_claims *claims, ens_slice oid); /* or a type of QcType */

#endif
