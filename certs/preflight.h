/* The pre-flight of a seal certificate: would the registration, and then the STI, accept it?
 * Source  ICD 4.6.2; eidas-certificates 4; uumds-registration */
#ifndef ENS_CERTS_PREFLIGHT_H
#define ENS_CERTS_PREFLIGHT_H

#include "ensign/eori.h"
#include "ensign/trust.h"

#include <openssl/evp.h>

typedef struct {
    const ens_trust *trust;    /* anchors of any kind, the national ones included */
    const ens_trust *national; /* the national alternate list alone, or NULL */
    const char *member_state;  /* of that list */
    const EVP_PKEY *key;       /* the private key that should belong to it, or NULL */
    ens_slice eori;            /* empty: binding isn't asked */
    ens_time at;
} ens__preflight_options;

typedef enum {
    ENS_ACCEPTANCE_NONE = 0,
    ENS_ACCEPTANCE_QUALIFIED_SEAL,
    ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD,
    ENS_ACCEPTANCE_QUALIFIED_SIGNATURE,
    ENS_ACCEPTANCE_LISTED,
    ENS_ACCEPTANCE_NATIONAL
} ens_acceptance;
const char *ens__acceptance_name(ens_acceptance acceptance); /* "qualified-seal" … "none" */

typedef struct {
    ens_acceptance acceptance;
    ens_binding binding;
    ens_time valid_until;           /* earliest of all ends, ENS_TIME_NONE when unknown */
    const char *valid_until_reason; /* a constant */
} ens__preflight;

/* ens__preflight_judge adds profile.*, chain.*, revocation.*, crypto.*, key.*, binding.*, qualification.* and lists.* */
void ens__preflight_judge(const ens_chain *chain, const ens__preflight_options *options, ens__preflight *out, ens_report *report);

#endif
