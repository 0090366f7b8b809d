/* What comes before a seal certificate: what to order, the request for it, and what can be said of a request.
 * Source  ICS2-HTI ICD 4.6.2 and 5.1.1; ETSI EN 319 412-3; RFC 2986 */
#ifndef ENS_CERTS_PREFLIGHT_ORDER_H
#define ENS_CERTS_PREFLIGHT_ORDER_H

#include "certs/x509/request.h"
#include "engine/base/bytes.h"
#include "ensign/eori.h"
#include "ensign/keys.h"

#define ENS_ORDER_ORGIDS_MAX 4u
#define ENS_ORDER_ORGID_LEN 40u

/* What a certificate for this EORI should say. Texts are borrowed, and may be NULL where they weren't given. */
typedef struct {
    const char *eori, *company, *name; /* name: the common name */
    char country[3];                   /* of the subject: GR, not EL */
    /* Identifiers from which the EORI follows by a published rule; none where no such rule is known. The first is the
     * one that was chosen, where one was. */
    char orgid[ENS_ORDER_ORGIDS_MAX][ENS_ORDER_ORGID_LEN];
    size_t num_orgids;
} ens__order;

/* ens__order_make finds the identifiers and the country. orgid and country, which may be NULL, go before what follows
 * from the EORI.
 * Errors  ENS_ESYNTAX no EORI, no identifier, no country; ENS_EPOLICY the identifier is that of another EORI's
 * holder */
ENS_CHECK ens_code ens__order_make(const char *eori, const char *company, const char *orgid, const char *country,
                                   ens__order *out, ens_err *err);

/* ens__order_request writes a request (DER) for that certificate, signed by the first key: the key stays where it is.
 * Errors  ENS_EPOLICY nothing to name the company by, or a key that ICS2 doesn't take; ENS_ECRYPTO, ENS_ENOMEM */
ENS_CHECK ens_code ens__order_request(const ens__order *order, const ens_keyring *keys, ens_buf *out, ens_err *err);

typedef struct {
    ens_slice eori;          /* empty: the binding isn't asked */
    const ens_keyring *keys; /* one of them should be the request's; NULL: isn't asked */
    ens_time at;
} ens__request_options;

/* ens__request_judge adds request.*, crypto.key, key.match, eori.* and binding.eori. Nothing is ever accepted: a
 * request without a fault leaves the verdict undecided, for what its authority makes of it decides. */
ens_binding ens__request_judge(const ens__request *request, const ens__request_options *options, ens_report *report);

#endif
