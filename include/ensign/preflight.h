/* Ensign: the pre-flight of a seal certificate: would the registration, and then the STI, accept it, and until when?
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_PREFLIGHT_H
#define ENSIGN_PREFLIGHT_H

#include "ensign/eori.h"
#include "ensign/keys.h"
#include "ensign/trust.h"

#ifdef __cplusplus
extern "C" {
#endif

/* By whose list ICS2 takes the CA of a sealing certificate.   Source  ICD 4.6.2 */
typedef enum {
    ENS_ACCEPTANCE_NONE = 0, /* by none, or something refuses the certificate */
    ENS_ACCEPTANCE_QUALIFIED_SEAL,
    ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD,
    ENS_ACCEPTANCE_QUALIFIED_SIGNATURE,
    ENS_ACCEPTANCE_LISTED,
    ENS_ACCEPTANCE_NATIONAL
} ens_acceptance;
ENS_API const char *ens_acceptance_name(ens_acceptance acceptance); /* "qualified-seal" … "none".  since 0.1 */

/* What a certificate is by the trusted lists at one time.   Source  TS 119 615, 4.5 */
typedef enum {
    ENS_QUALIFIED_NA = 0, /* no service was found, or several that contradict each other */
    ENS_CERT_FOR_ESIG,
    ENS_CERT_FOR_ESEAL,
    ENS_CERT_FOR_WSA,
    ENS_CERT_FOR_UNKNOWN,
    ENS_QCERT_FOR_ESIG,
    ENS_QCERT_FOR_ESEAL,
    ENS_QCERT_FOR_WSA,
    ENS_QCERT_FOR_UNKNOWN,
    ENS_QCERT_FOR_ESIG_QSCD,
    ENS_QCERT_FOR_ESEAL_QSCD,
    ENS_QCERT_FOR_UNKNOWN_QSCD
} ens_qualified;
ENS_API const char *ens_qualified_name(ens_qualified result); /* "QCERT_FOR_ESEAL_QSCD" …, "NA".  since 0.1 */

/* One stretch of time that a verdict rests on. Texts are constants, or live as long as the report. */
typedef struct {
    const char *what;   /* "certificate", "issuer", "algorithm", "CA service", "trusted list", "revocation" */
    const char *name;   /* which one of them: a common name, "RSA below 3000 bits", "IT CA/QC granted" */
    const char *reason; /* what happens at its end, as a clause: "the certificate ends" */
    ens_time from;      /* first moment; ENS_TIME_NONE: open */
    ens_time until;     /* last moment, or the first one that is no longer good; ENS_TIME_NONE: open */
    bool news;          /* at its end there is news, and nothing ends: a list's or a CRL's NextUpdate */
} ens_interval;

/* ens_preflight_options is read only; the zero value with a time judges without trust. What is known of revocation, and
 * whether not knowing refuses, is the trust's: see ens_trust_set_revocation. */
typedef struct {
    const ens_trust *trust;    /* anchors of any kind, the national ones included; NULL: nothing is accepted */
    const ens_trust *national; /* the national customs' alternate list alone, or NULL */
    const char *member_state;  /* of that list, "FR"; without one the list isn't asked, and the verdict stays open */
    const ens_keyring *keys;   /* the private key should be among them; NULL: isn't asked */
    ens_slice eori;            /* empty: the binding isn't asked */
    ens_time at;
} ens_preflight_options;

struct ens__preflight; /* the library's own */

/* ens_preflight_result borrows from certificates, trust and report. */
typedef struct {
    ens_verdict verdict; /* the report's */
    ens_acceptance acceptance;
    bool has_qualification; /* the lists were asked, and the next two are set */
    ens_qualified at_issuance, at_validation;
    ens_binding binding;
    const ens_lists *lists; /* that were asked, or NULL; the trust's */
    const ens_cert *cert;   /* the one that is judged */
    const ens_chain *path;  /* leaf first: the best path that was found up to an anchor, or what was given */
    bool anchored;          /* the path's last certificate is an anchor; chain.* says whether the path is valid */
    ens_time valid_until;   /* the earliest end of all, or ENS_TIME_NONE */
    const char *valid_until_reason;
    ens_time renew_at; /* when a list or a revocation answer is to be renewed first, or ENS_TIME_NONE */
    const char *renew_reason;
    const ens_interval *timeline; /* every end, for people to see */
    size_t num_timeline;
    ens_time at;
    const struct ens__preflight *inside;
} ens_preflight_result;

/* ens_preflight judges a certificate: its form, path, dates, key usage, revocation, algorithms, key and EORI, and what
 * the trusted lists say of its CA. Every check is made that can be made; they are added to report, which should be
 * empty: profile.*, chain.*, revocation.*, crypto.*, key.*, binding.*, qualification.*, lists.*. *out is filled in
 * any case; out of memory the report is incomplete, and the verdict undecided.
 * Source  ICD 4.6.2, 5.1.1; Regulation (EU) No 910/2014.   since 0.1 */
ENS_API void ens_preflight(const ens_certificates *certificates, const ens_preflight_options *options,
                           ens_preflight_result *out, ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
