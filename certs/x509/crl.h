/* Certificate revocation lists: the reasons, the distribution points that lead to a list, the list itself and how an
 * entry of it is found.
 * Source  RFC 5280, 4.2.1.13, 5 and 5.3.1 */
#ifndef ENS_CERTS_X509_CRL_H
#define ENS_CERTS_X509_CRL_H

#include "certs/x509/name.h"
#include "engine/base/bytes.h"
#include "ensign/base.h"
#include "ensign/time.h"

#include <stdbool.h>
#include <stddef.h>

/* Why a certificate was revoked. */
typedef enum {
    ENS_REASON_UNSPECIFIED = 0,
    ENS_REASON_KEY_COMPROMISE,
    ENS_REASON_CA_COMPROMISE,
    ENS_REASON_AFFILIATION_CHANGED,
    ENS_REASON_SUPERSEDED,
    ENS_REASON_CESSATION,
    ENS_REASON_HOLD,
    ENS_REASON_REMOVED = 8, /* of a delta: no longer on hold, or ended */
    ENS_REASON_PRIVILEGE_WITHDRAWN,
    ENS_REASON_AA_COMPROMISE
} ens__reason;

#define ENS_REASONS_ALL 0x1FEu /* ReasonFlags: bit n is flag n; 0 is unused */

/* ens__reason_name is "keyCompromise" …; a number that is none gives "unspecified". */
const char *ens__reason_name(ens__reason reason);
/* ens__reasons_read reads ReasonFlags, the contents of its BIT STRING. */
bool ens__reasons_read(ens_slice bits, unsigned *out);
/* ens__reason_valid tells whether a CRLReason has this number. */
bool ens__reason_valid(unsigned number);

/* The distribution points of a certificate: which lists tell of it, for which reasons, by whom.   Source  RFC
 * 5280, 4.2.1.13 */
typedef struct {
    uint8_t name_tag; /* as ens__crl_point_name has it */
    ens_slice name;
    unsigned reasons; /* ENS_REASONS_ALL where none are given */
    ens_slice issuer; /* GeneralName elements of cRLIssuer, or empty */
} ens__crl_point;

/* ens__crl_points_open gives a reader over the points of an extension; false when it is absent or can't be read. */
bool ens__crl_points_open(ens_slice extension, ens_reader *out);
/* ens__crl_points_next reads the next one; false at the end, and when it can't be read. */
bool ens__crl_points_next(ens_reader *points, ens__crl_point *out);
/* ens__crl_point_next_uri takes the next URI of a point's name; names starts as a reader over point->name. */
bool ens__crl_point_next_uri(const ens__crl_point *point, ens_reader *names, ens_slice *out);

/* A certificate revocation list as a view into its DER bytes. Its entries stay where they lie: one is found by an index
 * of offsets, which is built once for a list that is asked often.
 * Source  RFC 5280, 5 */
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
    unsigned reasons; /* that it covers: ENS_REASONS_ALL, or onlySomeReasons */
    bool number_critical;
    /* What keeps a list from proving that a certificate isn't in it; whom it names is revoked all the same. */
    bool unknown_critical; /* an extension, its own or an entry's, is critical or decisive, and isn't understood */
    bool lost;             /* of an entry the serial number or the issuer can't be told */
    bool odd;              /* an entry isn't as RFC 5280 writes it, or a time has fractions of a second */
} ens__crl;

/* ens__crl_read reads one DER list. Its frame is read strictly; an entry that isn't as it should be spoils no other.
 * Errors  ENS_ESYNTAX with the byte offset, ENS_ELIMIT */
ENS_CHECK ens_code ens__crl_read(ens_slice der, ens__crl *out, ens_err *err);

/* One entry. */
typedef struct {
    ens_slice serial;    /* contents of the INTEGER without padding; empty: can't be told */
    ens_time date;       /* ENS_TIME_NONE: can't be read */
    ens_time invalidity; /* invalidityDate, or ENS_TIME_NONE */
    ens__reason reason;
    ens_slice issuer;                 /* GeneralName elements of certificateIssuer; empty: none stands at this entry */
    bool unknown_critical, lost, odd; /* as the list's */
} ens__revoked;

/* ens__crl_next reads the entry at r, a reader over entries that were read before; false at the end. */
bool ens__crl_next(ens_reader *r, ens__revoked *out);

typedef struct ens__crl_index ens__crl_index;

/* ens__crl_index_new counts where each entry lies; NULL when out of memory. The index borrows from nothing. */
ens__crl_index *ens__crl_index_new(const ens__crl *crl);
void ens__crl_index_free(ens__crl_index *index);
/* ens__crl_find finds the entry of a certificate, given by the contents of its serial number and its issuer: the
 * gravest where several stand there (final, on hold, removed), and of these the first. index NULL: every entry is
 * looked at. */
bool ens__crl_find(const ens__crl *crl, const ens__crl_index *index, ens_slice serial, ens_slice issuer,
                   ens__revoked *out);
/* ens__crl_compare_numbers compares the numbers of two lists: contents of INTEGERs that aren't negative, without
 * padding. */
int ens__crl_compare_numbers(ens_slice a, ens_slice b);

#endif
