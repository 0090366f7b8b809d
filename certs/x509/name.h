/* Distinguished names (RFC 5280, 4.1.2.4): single attributes, the whole as text, comparison; and GeneralNames. */
#ifndef ENS_CERTS_X509_NAME_H
#define ENS_CERTS_X509_NAME_H

#include "certs/x509/der.h"
#include "engine/base/bytes.h"

#define ENS_NAME_TEXT_MAX 1024 /* of a name or one attribute as text; longer ones are cut */
#define ENS_NAME_ATTRIBUTES_MAX 64u

/* One AttributeTypeAndValue: contents of the type, tag and contents of the value. */
typedef struct {
    ens_slice type;
    uint8_t tag;
    ens_slice value;
} ens_attribute;

/* ens__name_read lists the attributes of a Name (header included) as they stand; false when it isn't DER. */
bool ens__name_read(ens_slice name, ens_attribute out[ENS_NAME_ATTRIBUTES_MAX], size_t *num);
/* ens__name_take appends the first attribute of that type as UTF-8; false when the name has none. */
bool ens__name_take(ens_slice name, ens_slice type, ens_buf *out);
/* ens__name_count counts the attributes of that type. */
size_t ens__name_count(ens_slice name, ens_slice type);
/* The attributes of a name, for who asks it again and again: those up to the first that isn't DER. */
typedef struct {
    ens_attribute item[ENS_NAME_ATTRIBUTES_MAX];
    size_t num;
} ens__attributes;

void ens__attributes_read(ens_slice name, ens__attributes *out);
bool ens__attributes_take(const ens__attributes *of, ens_slice type, ens_buf *out);
size_t ens__attributes_count(const ens__attributes *of, ens_slice type);

/* ens__name_text writes the name as RFC 4514 does, most specific attribute first; always terminated. Returns out. */
const char *ens__name_text(ens_slice name, char *out, size_t size);
/* ens__is_string tells whether a value is a string of a kind that names are written in. */
bool ens__is_string(uint8_t tag);
/* ens__string_take appends a directory string as UTF-8. */
void ens__string_take(uint8_t tag, ens_slice body, ens_buf *out);

/* Names compared as RFC 5280, 7.1 has it: strings of any directory type are equal when they differ in the type, in the
 * case of ASCII letters or in white space alone; everything else is compared as bytes. An authority that renews its
 * certificate with UTF8String where PrintableString stood keeps its name. */
/* ens__name_same tells whether two Names (headers included) are one. Names that aren't DER are equal as bytes alone. */
bool ens__name_same(ens_slice a, ens_slice b);
/* ens__name_within tells whether name begins with all the relative names of base: the subtree of a name constraint. */
bool ens__name_within(ens_slice name, ens_slice base);
/* ens__name_hash is the same number for names that ens__name_same finds equal. It depends on nothing but the name, so
 * it may be kept in files. */
uint64_t ens__name_hash(ens_slice name);
bool ens__name_is_empty(ens_slice name);

/* GeneralNames compared: whose entry this is, and whether a list is one of a certificate's distribution points.
 * Source  RFC 5280, 4.2.1.6 and 4.2.1.13 */
/* ens__general_names_have_directory tells whether a Name is among GeneralName elements: the contents of GeneralNames.
 */
bool ens__general_names_have_directory(ens_slice names, ens_slice name);

#define ENS_CRL_POINT_FULL_NAME 0xA0u
#define ENS_CRL_POINT_RELATIVE_NAME 0xA1u

/* ens__crl_point_name is a DistributionPointName: the contents of a choice, and what a relative name is relative to. */
typedef struct {
    uint8_t tag;      /* ENS_POINT_…; 0: there is none */
    ens_slice body;   /* contents: GeneralName elements, or attributes of one relative name */
    ens_slice issuer; /* Name */
} ens__crl_point_name;

/* ens__crl_point_names_meet tells whether two distribution points have a name in common. */
bool ens__crl_point_names_meet(const ens__crl_point_name *a, const ens__crl_point_name *b);

/* ens__general_name_of writes a Name as a GeneralName element. */
void ens__general_name_of(ens_slice name, ens_buf *out);

#endif
