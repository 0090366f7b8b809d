/* A certificate revocation list as a view into its DER bytes. Its entries stay where they lie: one is found by an index
 * of offsets, which is built once for a list that is asked often. Source  RFC 5280, 5 */
#ifndef ENS_CERTS_X509_CRL_H
#define ENS_CERTS_X509_CRL_H

#include "certs/x509/reasons.h"
#include "engine/base/bytes.h"
#include "ensign/time.h"

#define ENS_CRL_MAX ((size_t)64 << 20) /* bytes of one list */
#define ENS_CRL_ENTRIES_MAX 2000000u
#define ENS_CRL_EXTENSIONS_MAX 32u /* of the list, and of one entry */

/* ens__crl borrows everything from der. Slices of what is absent are empty. */
typedef struct {
    ens_slice der, tbs;                /* whole; tbs, header included, is what is signed */
    ens_slice issuer;                  /* Name, header included */
    ens_time this_update, next_update; /* next_update ENS_TIME_NONE: not said */
    ens_slice entries;                 /* contents of revokedCertificates */
    size_t num_entries;
    ens_slice signature_algorithm, signature; /* AlgorithmIdentifier, header included; contents of the BIT STRING */
    ens_slice number, base_number; /* contents of cRLNumber and deltaCRLIndicator: a list with a base is a delta */
    ens_slice authority_key_id, freshest_crl; /* extension values */
    ens_slice scope;                          /* value of issuingDistributionPoint */
    ens_slice point; /* contents of its DistributionPointName's choice: [0] or [1] is point_tag */
    uint8_t point_tag;
    bool only_users, only_authorities, only_attributes, indirect;
    unsigned reasons;      /* that it covers: ENS_REASONS_ALL, or onlySomeReasons */
    bool unknown_critical; /* a critical extension, its own or an entry's, isn't understood: it tells nothing */
} ens__crl;

/* ens__crl_read reads one DER list strictly, every entry of it.
 * Errors  ENS_ESYNTAX with the byte offset, ENS_ELIMIT */
ENS_CHECK ens_code ens__crl_read(ens_slice der, ens__crl *out, ens_err *err);

/* One entry. */
typedef struct {
    ens_slice serial; /* contents of the INTEGER */
    ens_time date;
    ens__reason reason;
    ens_slice issuer; /* GeneralName elements of certificateIssuer; empty: none stands at this entry */
    bool unknown_critical;
} ens__revoked;

/* ens__crl_next reads the entry at r, a reader over entries that were read before; false at the end. */
bool ens__crl_next(ens_reader *r, ens__revoked *out);

typedef struct ens__crl_index ens__crl_index;

/* ens__crl_index_new counts where each entry lies; NULL when out of memory. The index borrows from nothing. */
ens__crl_index *ens__crl_index_new(const ens__crl *crl);
void ens__crl_index_free(ens__crl_index *index);
/* ens__crl_find finds the entry of a certificate, given by the contents of its serial number and its issuer. index
 * NULL: every entry is looked at. */
bool ens__crl_find(const ens__crl *crl, const ens__crl_index *index, ens_slice serial, ens_slice issuer,
                   ens__revoked *out);

#endif
