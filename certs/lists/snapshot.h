/* A snapshot: the verified trusted lists as one file, mapped and read where it lies. Nothing is decoded when it is
 * loaded but that every record stays within the file.
 *
 * Records are numbered from 0 within their kind. A get function fills a view, whose slices point into the map, and is
 * false past the end. A snapshot is never written to: any number of threads may read it. */
#ifndef ENS_CERTS_LISTS_SNAPSHOT_H
#define ENS_CERTS_LISTS_SNAPSHOT_H

#include "certs/lists/uris.h"
#include "ensign/lists.h"

#define ENS_SNAPSHOT_FILE "snapshot.ens" /* its name in a cache */
#define ENS_SNAPSHOT_MAX ((size_t)256 << 20)
#define ENS_SNAPSHOT_NAME_MAX ENS_LISTS_NAME
#define ENS_CRITERIA_DEPTH_MAX 16u /* nested CriteriaLists */

typedef struct ens_snapshot ens_snapshot; /* in public an ens_lists */

/* ens__snapshot_load maps the file at path.
 * Errors  ENS_EIO; ENS_ESYNTAX it is no snapshot, one of another version, or damaged; ENS_ELIMIT; ENS_ENOMEM */
ENS_CHECK ens_code ens__snapshot_load(const char *path, ens_snapshot **out, ens_err *err);
/* ens__snapshot_open is the same over bytes that outlive *out, aligned to 8. */
ENS_CHECK ens_code ens__snapshot_open(ens_slice bytes, ens_snapshot **out, ens_err *err);
/* ens__snapshot_ref takes one more reference, which ens__snapshot_free gives back. */
ens_snapshot *ens__snapshot_ref(ens_snapshot *s);
void ens__snapshot_free(ens_snapshot *s);

/* What a run of records is: first, first + 1 … of their kind. */
typedef struct {
    uint32_t first, num;
} ens_span;

typedef struct {
    const char
        *name; /* "332-9f86d081884c7d65": the LOTL's sequence number, and of a SHA-256 over the hashes of the lists */
    uint32_t lotl_sequence;
    ens_time made; /* the time that the update judged for */
    uint32_t num_lists, num_providers, num_services, num_certificates;
} ens_snapshot_facts;

ens_snapshot_facts ens__snapshot_facts(const ens_snapshot *s);

/* A list that can't be used has no providers. */
typedef struct {
    ens_list_kind kind;
    bool usable;  /* well-formed, sealed by a signer that was pinned */
    bool pinned;  /* the signer is one of those that the LOTL (or the Official Journal) names */
    bool pointed; /* by a pointer of the LOTL: the EU's; false for pivots */
    ens_list_signature signature;
    ens_slice country;          /* "FR", "EL", "EU" */
    ens_slice url, file;        /* where it comes from, and the name of its copy in the cache */
    ens_slice reason;           /* why it is not usable, or why the newest could not be had; empty: nothing to say */
    uint32_t version, sequence; /* TSLVersionIdentifier, TSLSequenceNumber */
    ens_time issued, next_update, fetched; /* fetched: when this copy came. Each may be ENS_TIME_NONE */
    ens_slice operator_name;               /* English where there is English */
    ens_slice signer;                      /* DER of its certificate, or empty */
    ens_slice sha256;                      /* of the copy: 32 bytes, or empty */
    ens_span providers, services;
} ens_list;

bool ens__snapshot_list(const ens_snapshot *s, uint32_t i, ens_list *out);
/* ens__list_state tells what a list is at a time. */
ens_list_state ens__list_state(const ens_list *list, ens_time at);

typedef struct {
    uint32_t list;
    ens_slice name, trade_name; /* English where there is English */
    ens_slice identifier;       /* the trade name that is a semantics identifier ("VATIT-07945211006"), or empty */
    ens_span services;
} ens_provider;

bool ens__snapshot_provider(const ens_snapshot *s, uint32_t i, ens_provider *out);

/* A service and its history: entries.first is the present state, those that follow go back in time, latest first. */
typedef struct {
    uint32_t list, provider;
    ens_span entries;
    ens_span certificates; /* of its present identity: numbers for ens__snapshot_service_certificate */
} ens_service;

bool ens__snapshot_service(const ens_snapshot *s, uint32_t i, ens_service *out);

/* One state of a service: it holds from start until (not including) end; the present one has end INT64_MAX. */
typedef struct {
    uint32_t service;
    ens_service_type type;
    ens_service_status status;
    ens_slice type_uri, status_uri;
    ens_time start, end;
    ens_slice name;
    unsigned uses;                       /* ENS_FOR_…; all URIs, the known ones included, are in use_uris */
    ens_span use_uris;                   /* of texts */
    ens_span identities, qualifications; /* of ens_identity, ens_qualification */
    ens_span supply_points;              /* of texts */
    ens_time expired_certs_revocation;   /* ExpiredCertsRevocationInfo, or ENS_TIME_NONE */
    ens_slice taken_over_by;             /* name of the provider that took it over, or empty */
    bool unknown_critical;               /* a critical extension that isn't understood here */
} ens_service_entry;

bool ens__snapshot_entry(const ens_snapshot *s, uint32_t i, ens_service_entry *out);
bool ens__snapshot_text(const ens_snapshot *s, uint32_t i, ens_slice *out);

typedef enum {
    ENS_IDENTITY_OTHER = 0,
    ENS_IDENTITY_CERTIFICATE,
    ENS_IDENTITY_SUBJECT,
    ENS_IDENTITY_SKI
} ens_identity_kind;

typedef struct {
    ens_identity_kind kind;
    ens_slice value;      /* SUBJECT: as the list writes it (RFC 4514); SKI: bytes; CERTIFICATE: DER */
    uint32_t certificate; /* of CERTIFICATE, where it is a present identity; else UINT32_MAX */
} ens_identity;

bool ens__snapshot_identity(const ens_snapshot *s, uint32_t i, ens_identity *out);

/* Qualifiers hold for a certificate that fulfils the criterion, always a LIST. */
typedef struct {
    unsigned qualifiers; /* ENS_QUALIFIER_… */
    ens_span uris;       /* of texts: all of them */
    uint32_t criterion;
} ens_qualification;

bool ens__snapshot_qualification(const ens_snapshot *s, uint32_t i, ens_qualification *out);

typedef enum {
    ENS_CRITERION_UNKNOWN = 0,  /* something that isn't understood: no certificate can be said to fulfil it */
    ENS_CRITERION_LIST,         /* CriteriaList */
    ENS_CRITERION_KEY_USAGE,    /* every bit of mask has the value that bits gives it */
    ENS_CRITERION_POLICY_SET,   /* all of oids are among the certificate's policies */
    ENS_CRITERION_SUBJECT,      /* CertSubjectDNAttribute: all of oids are attributes of the subject */
    ENS_CRITERION_EXT_KEY_USAGE /* all of oids are extended key usages */
} ens_criterion_kind;

typedef enum { ENS_ASSERT_ALL = 0, ENS_ASSERT_AT_LEAST_ONE, ENS_ASSERT_NONE } ens_assert;

/* A tree stands flat: the children of criterion i are i + 1, then (from each) + size, up to i + size. */
typedef struct {
    ens_criterion_kind kind;
    ens_assert assert;   /* of LIST */
    uint32_t size;       /* itself and all below */
    unsigned mask, bits; /* of KEY_USAGE: ENS_KU_… */
    ens_span oids;       /* of ens_listed_oid */
} ens_criterion;

bool ens__snapshot_criterion(const ens_snapshot *s, uint32_t i, ens_criterion *out);

/* der: contents of the OBJECT IDENTIFIER, empty when the text is none (such an OID matches nothing). */
typedef struct {
    ens_slice der, text;
} ens_listed_oid;

bool ens__snapshot_oid(const ens_snapshot *s, uint32_t i, ens_listed_oid *out);

/* A certificate that is the present identity of a service, once, however often it is listed. */
typedef struct {
    ens_slice der, subject, spki; /* Name and SubjectPublicKeyInfo, headers included */
    ens_slice ski;                /* its subjectKeyIdentifier, or empty */
    ens_time not_before, not_after;
    ens_span services; /* numbers for ens__snapshot_certificate_service */
} ens_listed_certificate;

bool ens__snapshot_certificate(const ens_snapshot *s, uint32_t i, ens_listed_certificate *out);
/* The i-th of a span of services, and of certificates: their own numbers. UINT32_MAX past the end. */
uint32_t ens__snapshot_certificate_service(const ens_snapshot *s, uint32_t i);
uint32_t ens__snapshot_service_certificate(const ens_snapshot *s, uint32_t i);

/* Looking up, by binary search. Each writes at most max numbers in ascending order and returns how many there are,
 * which may be more than max. */

/* ens__snapshot_services_by_key finds the services whose present identity has this subject and this key, whatever the
 * certificate: TS 119 615 matches a CA so. */
size_t ens__snapshot_services_by_key(const ens_snapshot *s, ens_slice subject, ens_slice spki, uint32_t *services,
                                     size_t max);
/* ens__snapshot_certificates_by_subject finds listed certificates: who may have issued one that names this issuer.
 * Subjects are compared as ens__name_same does. */
size_t ens__snapshot_certificates_by_subject(const ens_snapshot *s, ens_slice subject, uint32_t *certificates,
                                             size_t max);

/* Anchors are the certificates of services that issue qualified or other certificates and whose state at the time in
 * question is granted, recognised or set by national law, in lists that were not closed by then.
 * ens__snapshot_find_anchor gives the i-th whose subject has this ens__name_hash; false when there are no more.
 * ens__snapshot_anchors_hold gives the times between which it would find the same for this name; ENS_TIME_NONE: open.
 */
uint32_t ens__snapshot_num_anchors(const ens_snapshot *s); /* at some time or other */
bool ens__snapshot_find_anchor(const ens_snapshot *s, uint64_t name_hash, size_t i, ens_time at, ens_slice *der);
void ens__snapshot_anchors_hold(const ens_snapshot *s, uint64_t name_hash, ens_time at, ens_time *from,
                                ens_time *until);

#endif
