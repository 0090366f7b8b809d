/* Distinguished names (RFC 5280, 4.1.2.4): single attributes, and the whole as text. */
#ifndef ENS_CERTS_X509_NAME_H
#define ENS_CERTS_X509_NAME_H

#include "certs/x509/oid.h"

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
/* ens__name_text writes the name as RFC 4514 does, most specific attribute first; always terminated. Returns out. */
const char *ens__name_text(ens_slice name, char *out, size_t size);
/* ens__string_take appends a directory string as UTF-8. */
void ens__string_take(uint8_t tag, ens_slice body, ens_buf *out);

#endif
