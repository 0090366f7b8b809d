/* The lists that extensions hold: policies, extended key usages, where to ask about revocation and issuers, other
 * names.
 * Source  RFC 5280, 4.2 */
#ifndef ENS_CERTS_X509_EXTENSIONS_H
#define ENS_CERTS_X509_EXTENSIONS_H

#include "ensign/cert.h"

#define ENS_EXTENSION_ITEMS_MAX 32u

/* One item: what is empty doesn't apply. */
typedef struct {
    const char
        *kind; /* "OCSP", "caIssuers", "CRL"; "email", "DNS", "URI", "directory", "IP", "RID", "other"; NULL for OIDs */
    ens_slice value; /* text as it stands; a Name; address bytes; OID contents (of "other": its type) */
} ens_extension_item;

typedef struct {
    ens_extension_item item[ENS_EXTENSION_ITEMS_MAX];
    size_t num;
} ens_extension_list;

/* Each is false when the extension isn't DER of its kind, or holds more items than are kept; what was read stays. */
bool ens__policies_read(const ens_cert *cert, ens_extension_list *out);
bool ens__ext_key_usage_read(const ens_cert *cert, ens_extension_list *out);
bool ens__authority_info_read(const ens_cert *cert, ens_extension_list *out);
bool ens__crl_points_read(const ens_cert *cert, ens_extension_list *out);
bool ens__alt_names_read(const ens_cert *cert, ens_extension_list *out);

/* ens__extension_is_there looks for one that the view doesn't keep, by the contents of its OBJECT IDENTIFIER. */
bool ens__extension_is_there(const ens_cert *cert, ens_slice oid);

/* ens__extension_text writes an item's value as people read it, always terminated; returns out. */
const char *ens__extension_text(const ens_extension_item *item, char *out, size_t size);

/* ens__extension_find tells whether the certificate has that extension (contents of its OID) and, where critical isn't
 * NULL, whether it is critical. */
bool ens__extension_find(const ens_cert *cert, ens_slice oid, bool *critical);

/* ens__list_has tells whether an item is of that kind. */
bool ens__list_has(const ens_extension_list *list, const char *kind);

/* keyUsage in words, and the settings that EN 319 412-2 allows (table 1: A to F). */
#define ENS_KEY_USAGES 9u
/* ens__key_usage_name names bit i of RFC 5280, 4.2.1.3. */
const char *ens__key_usage_name(unsigned bit);
/* ens__key_usage_setting is 'A' … 'F', or 0 for a combination that the table doesn't have.
 * Source  EN 319 412-2, 4.3.2 */
char ens__key_usage_setting(unsigned key_usage);
/* ens__key_usage_setting_words says what a setting is for ("setting C: signs"); "" for 0. */
const char *ens__key_usage_setting_words(char setting);
/* ens__key_name writes "rsa2048", "ec256", "ed25519" … into out, which has 24 bytes. */
const char *ens__key_name(const ens_cert *cert, char out[24]);

#endif
