/* The file of a snapshot: a header, and a section for each kind of record. Numbers are those of the machine that wrote
 * it; a machine that reads them otherwise refuses the file, which can be made again.
 *
 * Changing a record means raising ENS_SNAPSHOT_VERSION. */
#ifndef ENS_CERTS_LISTS_SNAPSHOT_FORMAT_H
#define ENS_CERTS_LISTS_SNAPSHOT_FORMAT_H

#include "certs/lists/snapshot.h"

#define ENS_SNAPSHOT_MAGIC "ENSLISTS"
#define ENS_SNAPSHOT_VERSION 4u
#define ENS_SNAPSHOT_BYTE_ORDER 0x01020304u
#define ENS_SNAPSHOT_ALIGN 8u /* of a section */

#define ENS_SNAPSHOT_NONE UINT32_MAX /* no record */

/* Bytes of the section BYTES. */
typedef struct {
    uint32_t at, len;
} ens_rec_bytes;

typedef struct {
    int64_t issued, next_update, fetched;
    ens_rec_bytes country, url, file, reason, operator_name, signer, sha256;
    uint32_t version, sequence;
    ens_span providers, services;
    uint8_t kind, signature, usable, pinned, pointed, unused[3];
} ens_rec_list;

typedef struct {
    ens_rec_bytes name, trade_name, identifier;
    uint32_t list;
    ens_span services;
    uint32_t unused;
} ens_rec_provider;

typedef struct {
    uint32_t list, provider;
    ens_span entries, certificates;
} ens_rec_service;

typedef struct {
    int64_t start, end, expired_certs_revocation;
    ens_rec_bytes type_uri, status_uri, name, taken_over_by;
    uint32_t service, uses;
    ens_span use_uris, identities, qualifications, supply_points;
    uint8_t type, status, unknown_critical, unused[5];
} ens_rec_entry;

typedef struct {
    ens_rec_bytes value;
    uint32_t kind, certificate;
} ens_rec_identity;

typedef struct {
    uint32_t qualifiers, criterion;
    ens_span uris;
} ens_rec_qualification;

typedef struct {
    uint32_t kind, assert, size, mask, bits;
    ens_span oids;
} ens_rec_criterion;

typedef struct {
    ens_rec_bytes der, text;
} ens_rec_oid;

typedef struct {
    int64_t not_before, not_after;
    ens_rec_bytes der, subject, spki, ski;
    ens_span services;
    uint32_t anchor; /* some service issues, or issued once, certificates that ICS2 accepts: see
                        ens__snapshot_entry_accepts */
    uint32_t unused;
} ens_rec_certificate;

/* A key is a subject with a public key; its services are a run of KEY_SERVICES. Rows are sorted by hash. */
typedef struct {
    uint64_t hash;
    uint32_t certificate; /* one that has the key */
    ens_span services;
    uint32_t unused;
} ens_rec_key;

typedef struct {
    uint64_t hash;
    uint32_t certificate, unused;
} ens_rec_index;

typedef enum {
    ENS_SECTION_LISTS = 0,
    ENS_SECTION_PROVIDERS,
    ENS_SECTION_SERVICES,
    ENS_SECTION_ENTRIES,
    ENS_SECTION_TEXTS, /* ens_rec_bytes */
    ENS_SECTION_IDENTITIES,
    ENS_SECTION_QUALIFICATIONS,
    ENS_SECTION_CRITERIA,
    ENS_SECTION_OIDS,
    ENS_SECTION_CERTIFICATES,
    ENS_SECTION_CERTIFICATE_SERVICES, /* uint32_t */
    ENS_SECTION_SERVICE_CERTIFICATES, /* uint32_t */
    ENS_SECTION_KEY_SERVICES,         /* uint32_t */
    ENS_SECTION_BY_KEY,
    ENS_SECTION_BY_SUBJECT, /* ens_rec_index by ens__name_hash and certificate */
    ENS_SECTION_BYTES,
    ENS_SECTIONS
} ens_section;

typedef struct {
    uint64_t at; /* from the start of the file */
    uint64_t num;
} ens_rec_section;

typedef struct {
    char magic[8];
    uint32_t byte_order, version;
    uint64_t size;     /* of the file */
    uint64_t checksum; /* of all that follows: see snapshot_sum.h */
    char name[ENS_SNAPSHOT_NAME_MAX];
    int64_t made;
    uint32_t lotl_sequence, num_sections;
    ens_rec_section section[ENS_SECTIONS];
} ens_rec_header;

/* Where the hashed part begins. */
#define ENS_SNAPSHOT_SUMMED offsetof(ens_rec_header, name)

/* ens__snapshot_record_size is the size of one record of a section. */
size_t ens__snapshot_record_size(ens_section which);

/* ens__snapshot_hash puts names, keys and key identifiers into the order of the indexes. It needs not withstand an
 * attacker: who may write the lists is known. */
uint64_t ens__snapshot_hash(uint64_t seed, ens_slice s);

/* ens__snapshot_entry_accepts tells whether ICS2 takes the certificates of a service in this state at a time; those
 * states that ended with eIDAS count before it alone. ENS_TIME_NONE: at some time. */
bool ens__snapshot_entry_accepts(const ens_rec_entry *entry, ens_time at);

/* ens__snapshot_check makes sure that every number and every slice in the sections of a file stays inside. */
ENS_CHECK ens_code ens__snapshot_check(const uint8_t *file, const ens_rec_header *header, ens_err *err);

/* The indexes of a snapshot, made when all lists are in it. */
/* ens__snapshot_index fills the sections that are made of the others: which services a certificate has, and the two
 * indexes. */
ENS_CHECK ens_code ens__snapshot_index(ens_buf section[ENS_SECTIONS], ens_err *err);

#endif
