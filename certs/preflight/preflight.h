/* The pre-flight of a seal certificate: would the registration, and then the STI, accept it?
 * Source  ICS2-HTI ICD 4.6.2 and 5.1.1; Regulation (EU) No 910/2014 */
#ifndef ENS_CERTS_PREFLIGHT_PREFLIGHT_H
#define ENS_CERTS_PREFLIGHT_PREFLIGHT_H

#include "certs/preflight/tls_client.h"
#include "certs/qualify/acceptance.h"
#include "ensign/preflight.h"

#include <openssl/evp.h>

typedef struct {
    const ens_trust *trust;       /* anchors of any kind, the national ones included */
    const ens_trust *national;    /* the national alternate list alone, or NULL */
    const char *member_state;     /* of that list */
    const ens__certstore *others; /* what else came with the certificate and may complete its path, or NULL */
    const EVP_PKEY *key;          /* the private key that should belong to it, or NULL */
    ens_slice eori;               /* empty: binding isn't asked */
    size_t place;                 /* of the certificate in its file, from 0 */
    size_t num_unread;            /* certificates beside it that can\'t be read */
    const ens__tls_purpose *tls;  /* judge it as what a client of TLS shows; NULL: as a seal */
    ens_time at;
} ens__preflight_options;

typedef struct ens__preflight {
    ens__accepted accepted;    /* on whose list the CA is, and what the certificate is by the trusted lists */
    const ens_snapshot *lists; /* that were asked, or NULL */
    ens_binding binding;
    bool for_tls;    /* it was judged as what a client of TLS shows */
    ens_chain path;  /* leaf first: the best path that was found up to an anchor, or the certificates that were given */
    bool anchored;   /* the path's last certificate is an anchor; chain.* says whether the path is valid */
    bool path_fails; /* the anchored path isn't valid, whatever the time */
    bool revocation_unknown;        /* of a certificate of it nobody could tell */
    ens__timeline timeline;         /* every end, for people to see */
    ens_time valid_until;           /* earliest of all ends, ENS_TIME_NONE when unknown */
    const char *valid_until_reason; /* lives as long as the report */
    ens_time news_at;        /* when a list or revocation answer is to be renewed first, ENS_TIME_NONE when none is */
    const char *news_reason; /* the same */
} ens__preflight;

/* ens__preflight_judge adds profile.*, chain.*, revocation.*, crypto.*, key.*, binding.*, qualification.* and lists.*
 */
void ens__preflight_judge(const ens_chain *chain, const ens__preflight_options *options, ens__preflight *out,
                          ens_report *report);

#endif
