/* Inside of the reader of trusted lists. It knows where in a list it stands: only what is told here is looked at, and
 * only where it belongs: whatever else a list holds is passed over with all that is in it. */
#ifndef ENS_CERTS_LISTS_TRUSTLIST_READ_H
#define ENS_CERTS_LISTS_TRUSTLIST_READ_H

#include "certs/lists/trustlist.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/scan/scan.h"

typedef enum {
    ENS_LNS_TSL = 0,
    ENS_LNS_ADDITIONAL,
    ENS_LNS_QUALIFICATIONS,
    ENS_LNS_XADES,
    ENS_LNS_DSIG,
    ENS_LNS_NUM
} ens_list_ns;

/* Places with children, then places whose text is wanted. */
typedef enum {
    ENS_AT_DOCUMENT = 0,
    ENS_AT_LIST,
    ENS_AT_SCHEME,
    ENS_AT_OPERATOR,
    ENS_AT_SCHEME_URIS,
    ENS_AT_NEXT_UPDATE,
    ENS_AT_POINTERS,
    ENS_AT_POINTER,
    ENS_AT_POINTER_IDENTITIES,
    ENS_AT_POINTER_IDENTITY,
    ENS_AT_POINTER_ID,
    ENS_AT_POINTER_ADDITIONAL,
    ENS_AT_POINTER_OTHER,
    ENS_AT_PROVIDERS,
    ENS_AT_PROVIDER,
    ENS_AT_PROVIDER_INFORMATION,
    ENS_AT_PROVIDER_NAMES,
    ENS_AT_PROVIDER_TRADE_NAMES,
    ENS_AT_SERVICES,
    ENS_AT_SERVICE,
    ENS_AT_HISTORY,
    ENS_AT_PRESENT, /* ServiceInformation */
    ENS_AT_PAST,    /* ServiceHistoryInstance: the same children as PRESENT */
    ENS_AT_SERVICE_NAMES,
    ENS_AT_IDENTITY,
    ENS_AT_ID,
    ENS_AT_SUPPLY_POINTS,
    ENS_AT_EXTENSIONS,
    ENS_AT_EXTENSION,
    ENS_AT_ADDITIONAL,
    ENS_AT_TAKEN_OVER,
    ENS_AT_TAKEN_OVER_NAMES,
    ENS_AT_QUALIFICATIONS,
    ENS_AT_QUALIFICATION,
    ENS_AT_QUALIFIERS,
    ENS_AT_QUALIFIER,
    ENS_AT_CRITERIA,
    ENS_AT_KEY_USAGE,
    ENS_AT_POLICY_SET,
    ENS_AT_OTHER_CRITERIA,
    ENS_AT_SUBJECT_ATTRIBUTES,
    ENS_AT_EXT_KEY_USAGE,
    ENS_AT_OID_HOLDER, /* PolicyIdentifier, AttributeOID, KeyPurposeId */
    ENS_AT_DESCRIPTION,
    ENS_AT_SIGNATURE,
    ENS_AT_OBJECT,
    ENS_AT_QUALIFYING,
    ENS_AT_SIGNED_PROPERTIES,
    ENS_AT_SIGNED_SIGNATURE_PROPERTIES,
    ENS_AT_SIGNING_CERTIFICATE,
    ENS_AT_SIGNING_CERTIFICATE_V2,
    ENS_AT_CERT,
    ENS_AT_CERT_DIGEST,
    ENS_AT_DIGEST_METHOD,
    ENS_AT_FIRST_TEXT,
    ENS_AT_VERSION = ENS_AT_FIRST_TEXT,
    ENS_AT_SEQUENCE,
    ENS_AT_TYPE,
    ENS_AT_TERRITORY,
    ENS_AT_ISSUED,
    ENS_AT_NEXT_TIME,
    ENS_AT_OPERATOR_NAME,
    ENS_AT_SCHEME_URI,
    ENS_AT_POINTER_URL,
    ENS_AT_POINTER_CERTIFICATE,
    ENS_AT_POINTER_TYPE,
    ENS_AT_POINTER_TERRITORY,
    ENS_AT_POINTER_MIME,
    ENS_AT_PROVIDER_NAME,
    ENS_AT_PROVIDER_TRADE_NAME,
    ENS_AT_SERVICE_TYPE,
    ENS_AT_SERVICE_NAME,
    ENS_AT_STATUS,
    ENS_AT_STARTING_TIME,
    ENS_AT_CERTIFICATE,
    ENS_AT_SUBJECT_NAME,
    ENS_AT_KEY_ID,
    ENS_AT_SUPPLY_POINT,
    ENS_AT_USE_URI,
    ENS_AT_EXPIRED_CERTS,
    ENS_AT_TAKEN_OVER_NAME,
    ENS_AT_KEY_USAGE_BIT,
    ENS_AT_OID,
    ENS_AT_SIGNING_TIME,
    ENS_AT_DIGEST_VALUE,
    ENS_AT_NUM
} ens_list_place;

/* The namespace names, in the order of ens_list_ns. */
extern const char *const ens__list_namespaces[ENS_LNS_NUM];

/* ens__list_place_below tells what a child element of a place is; ENS_AT_DOCUMENT: nothing that is looked at. */
ens_list_place ens__list_place_below(ens_list_place parent, ens_list_ns ns, ens_slice local);

/* What the files of the list reader share: where it stands, and what it has gathered there. */
#define ENS_LIST_DEPTH_MAX (ENS_XML_DEPTH_MAX + 1)
#define ENS_QUALIFIERS_MAX 32u                 /* of one QualificationElement */
#define ENS_ENTRY_MEMORY_MAX ((size_t)4 << 20) /* of one provider's names, or one state of a service */

struct ens_trustlist_reader {
    ens_scan *scan;
    ens_signature_reader *signature;
    ens_scan_uri ns[ENS_LNS_NUM];

    /* of the document that is read */
    ens_trustlist *out;
    ens_snapshot_writer *writer;
    ens_arena *arena; /* what out points to */
    bool pointers;
    ens_list_place place[ENS_LIST_DEPTH_MAX + 1];
    unsigned depth, skipped; /* places above; elements below that are passed over */
    ens_code failed;
    const char *why; /* a literal */
    ens_buf text;    /* of the element whose text is wanted */
    bool english;    /* … says so */
    bool has_version, has_sequence, has_issued, has_next_update;

    /* of the provider or the state of a service; strings live in the scratch */
    ens_arena scratch;
    ens_slice name, trade_name, identifier;
    bool name_english, trade_name_english, named; /* named: the writer has this provider */
    ens_entry_draft entry;
    bool entry_present, has_present, entry_name_english, has_start;
    bool extension_critical, extension_known;

    /* of the qualifications */
    ens_slice qualifier[ENS_QUALIFIERS_MAX];
    size_t num_qualifiers;
    uint32_t criteria[ENS_CRITERIA_DEPTH_MAX]; /* CriteriaLists that are open */
    unsigned num_criteria;
    uint32_t criterion; /* the outermost of this QualificationElement, or UINT32_MAX */
    bool criteria_twice;
    uint32_t oids; /* the criterion that takes OIDs */
    unsigned usage_mask, usage_bits, usage_bit;
    bool usage_unknown, oid_seen;
};

/* ens__trustlist_fail ends the reading; the first reason stays. */
void ens__trustlist_fail(ens_trustlist_reader *r, ens_code code, const char *why);
/* ens__trustlist_keep copies s into an arena. */
ens_slice ens__trustlist_keep(ens_trustlist_reader *r, ens_arena *arena, ens_slice s);
/* ens__trustlist_attribute is the value of an attribute without namespace, in the scratch; p NULL when absent. */
ens_slice ens__trustlist_attribute(ens_trustlist_reader *r, const ens_scan_event *e, const char *local);

/* Qualifications: what begins and ends at these places, and what is not known there. */
void ens__trustlist_criteria_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_criteria_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);
void ens__trustlist_criteria_unknown(ens_trustlist_reader *r);

/* Providers and services. */
void ens__trustlist_service_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_service_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);

/* Scheme information, pointers, and what XAdES says. */
void ens__trustlist_head_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e);
void ens__trustlist_head_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text);

/* ens__trustlist_base64 decodes the text of an element where it lies; false when it isn't base64. */
bool ens__trustlist_base64(ens_trustlist_reader *r, ens_slice *out);

#endif
