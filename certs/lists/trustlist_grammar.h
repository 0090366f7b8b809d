/* Where a reader of a trusted list stands. Only what is told here is looked at, and only where it belongs: whatever
 * else a list holds is passed over with all that is in it. */
#ifndef ENS_CERTS_LISTS_TRUSTLIST_GRAMMAR_H
#define ENS_CERTS_LISTS_TRUSTLIST_GRAMMAR_H

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

#endif
