/* A trusted list read in one pass over its bytes: its head, its pointers, what its signature says, and (into the writer
 * of a snapshot) its services. Nothing of it is true before ens__list_judge has said so.
 * Source  TS 119 612 v2.1.1
 * (version 5), v2.3.1 (version 6: one more attribute, which isn't needed) */
#ifndef ENS_CERTS_LISTS_TRUSTLIST_H
#define ENS_CERTS_LISTS_TRUSTLIST_H

#include "certs/lists/snapshot_write.h"
#include "engine/base/arena.h"
#include "engine/base/digest.h"
#include "engine/xml/signature/signature.h"

#define ENS_TRUSTLIST_MAX ((size_t)32 << 20)        /* bytes of one list */
#define ENS_TRUSTLIST_TEXT_MAX ((size_t)256 << 10)  /* bytes of the text of one element */
#define ENS_TRUSTLIST_SERVICES_MAX 100000u          /* of one list, providers too */
#define ENS_TRUSTLIST_MEMORY_MAX ((size_t)16 << 20) /* of head and pointers of one list */
#define ENS_SCHEME_URIS_MAX 128u
#define ENS_LIST_POINTERS_MAX 256u
#define ENS_POINTER_CERTIFICATES_MAX 64u
#define ENS_SIGNING_CERTIFICATES_MAX 8u

#define ENS_TRUSTLIST_MIME "application/vnd.etsi.tsl+xml"
#define ENS_TYPE_LIST_OF_LISTS "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUlistofthelists"
#define ENS_TYPE_NATIONAL "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/EUgeneric"

/* OtherTSLPointer: where a list is, and who may sign it. */
typedef struct {
    ens_slice url, territory, mime, type;
    ens_slice certificate[ENS_POINTER_CERTIFICATES_MAX]; /* DER */
    size_t num_certificates;
} ens_list_pointer;

/* What a signature says of its signer's certificate: V1 or V2, the first of each. */
typedef struct {
    ens_slice method; /* URI of the digest method */
    ens_slice digest;
    unsigned version; /* 1 or 2 */
} ens_signing_certificate;

/* Slices live in the arena that the list was read with. */
typedef struct {
    uint32_t version, sequence;
    ens_slice type, territory, operator_name; /* the name in English where there is English */
    ens_time issued, next_update;             /* next_update ENS_TIME_NONE: the list is closed */
    ens_slice scheme_uri[ENS_SCHEME_URIS_MAX];
    size_t num_scheme_uris;
    ens_list_pointer *pointer;
    size_t num_pointers;
    uint32_t num_providers, num_services;
    ens_time signing_time; /* ENS_TIME_NONE when it isn't said */
    ens_signing_certificate signing_certificate[ENS_SIGNING_CERTIFICATES_MAX];
    size_t num_signing_certificates;
    const uint8_t *signed_properties; /* start tag of the one that these two stand in; NULL: none */
    unsigned num_signed_properties;
    const ens_signature *signature; /* until the reader's next list */
} ens_trustlist;

typedef struct ens_trustlist_reader ens_trustlist_reader; /* one per worker */

ens_trustlist_reader *ens__trustlist_reader_new(void); /* NULL when out of memory */
void ens__trustlist_reader_free(ens_trustlist_reader *r);

/* ens__trustlist_read reads bytes, which stay until the list was judged. writer NULL: services are passed over; else
 * the caller begins the list before and drops what was written when this fails. pointers: those to other lists are
 * wanted.
 * Errors  ENS_ESYNTAX no XML, no trusted list, or a value that has to be there is missing or isn't what it
 * should be; ENS_EPOLICY a version that isn't 5 or 6; ENS_ELIMIT; ENS_ENOMEM; ENS_ECRYPTO */
ENS_CHECK ens_code ens__trustlist_read(ens_trustlist_reader *r, ens_slice bytes, bool pointers,
                                       ens_snapshot_writer *writer, ens_arena *arena, ens_trustlist *out, ens_err *err);

/* What is found of the signature of a list. */
typedef struct {
    ens_list_signature signature;
    bool pinned;      /* the signer is one of those that were given */
    ens_slice signer; /* DER; borrows from the reader */
    char reason[160]; /* why it is not valid or not pinned; empty when it is */
} ens_list_judgement;

/* ens__trustlist_judge judges the seal of a list that was just read: exactly one signature, a child of the root,
 * enveloped, over the root and its own SignedProperties, by the certificate that these name, at a time when that was
 * valid; and that the certificate is one of the anchors, each given as
 * a certificate or as the SHA-256 of one. No path is built and no revocation is asked for: the anchors
 * are given whole.
 * Errors  ENS_ENOMEM; all else is in the judgement
 * Source  TS 119 612, 5.7; EN 319 132-1 (XAdES-B); TS
 * 119 615, 4.1 */
ENS_CHECK ens_code ens__trustlist_judge(const ens_trustlist *list, const ens_slice *anchors, size_t num_anchors,
                                        ens_list_judgement *out, ens_err *err);

/* The list of lists: who may sign it now, and where the others are.
 *
 * The Official Journal publishes who may sign it. When that changes without a new publication, a pivot is made: a copy
 * of the list, signed by those who might before, whose pointer to itself names those who may from then on.
 * SchemeInformationURI lists the pivots since a publication in front of its address, newest first.
 * Source  TS 119
 * 615, 4.1 */
#define ENS_LOTL_URL ENS_LISTS_LOTL
#define ENS_LOTL_TERRITORY "EU"
#define ENS_PIVOTS_MAX 32u

/* ens__lotl_pivots lists the pivots since the publication that the anchors are taken to be from (0: the latest), oldest
 * first. *more tells whether there is an earlier publication to try. */
size_t ens__lotl_pivots(const ens_trustlist *lotl, unsigned publication, ens_slice out[ENS_PIVOTS_MAX], bool *more);

/* ens__lotl_self is the pointer of a list of lists to itself, or NULL. */
const ens_list_pointer *ens__lotl_self(const ens_trustlist *lotl);

/* ens__lotl_is_national: the pointer leads to the list of a Member State (or of the EEA) that a program can read. */
bool ens__lotl_is_national(const ens_list_pointer *pointer);

/* ens__lotl_misfit tells why a list that is well sealed isn't the one that was wanted, or NULL. territory empty: a list
 * of lists. */
const char *ens__lotl_misfit(const ens_trustlist *list, ens_slice territory);

#endif
