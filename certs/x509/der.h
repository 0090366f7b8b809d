/* A strict reader of DER (X.690): definite minimal lengths, low tag numbers, nothing left over that is not asked for.
 * It copies nothing; every element is a slice of the input. */
#ifndef ENS_CERTS_X509_DER_H
#define ENS_CERTS_X509_DER_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#define ENS_DER_BOOLEAN 0x01u
#define ENS_DER_INTEGER 0x02u
#define ENS_DER_BIT_STRING 0x03u
#define ENS_DER_OCTET_STRING 0x04u
#define ENS_DER_NULL 0x05u
#define ENS_DER_OID 0x06u
#define ENS_DER_ENUMERATED 0x0Au
#define ENS_DER_UTF8_STRING 0x0Cu
#define ENS_DER_NUMERIC_STRING 0x12u
#define ENS_DER_PRINTABLE_STRING 0x13u
#define ENS_DER_T61_STRING 0x14u
#define ENS_DER_IA5_STRING 0x16u
#define ENS_DER_UTC_TIME 0x17u
#define ENS_DER_GENERALIZED_TIME 0x18u
#define ENS_DER_UNIVERSAL_STRING 0x1Cu
#define ENS_DER_BMP_STRING 0x1Eu
#define ENS_DER_SEQUENCE 0x30u
#define ENS_DER_SET 0x31u
#define ENS_DER_CONTEXT(n) (0xA0u + (n))           /* constructed, EXPLICIT or of constructed types */
#define ENS_DER_CONTEXT_PRIMITIVE(n) (0x80u + (n)) /* IMPLICIT of primitive types */

/* One element: all is header and contents. */
typedef struct {
    uint8_t tag;
    ens_slice all, body;
} ens_der;

/* All take functions advance only on success. ens__der_any takes the next element whatever its tag; ens__der_take wants
 * a tag. */
bool ens__der_long(ens_reader *r, ens_der *out); /* whose length may have several octets: for ens__der_any */

/* Inline, for nearly every element's length is one octet. */
static inline bool ens__der_any(ens_reader *r, ens_der *out)
{
    const uint8_t *p = r->at;
    size_t left = ens_left(r);
    if (left < 2 || (p[0] & 0x1Fu) == 0x1Fu || p[1] >= 0x80 || left - 2 < p[1])
        return ens__der_long(r, out);
    *out = (ens_der){p[0], {p, 2u + p[1]}, {p + 2, p[1]}};
    r->at = p + 2 + p[1];
    return true;
}

static inline bool ens__der_next_is(const ens_reader *r, uint8_t tag)
{
    return ens_left(r) && *r->at == tag;
}

static inline bool ens__der_take(ens_reader *r, uint8_t tag, ens_der *out)
{
    return ens__der_next_is(r, tag) && ens__der_any(r, out);
}

/* ens__der_optional takes the element when its tag is next; *out is zeroed when it is not. False only when what is next
 * can't be read. */
bool ens__der_optional(ens_reader *r, uint8_t tag, ens_der *out);

/* Contents of primitive types. Each is false when the contents are not DER for the type. */
bool ens__der_integer_valid(ens_slice body);                                /* non-empty, minimal */
bool ens__der_u32(ens_slice body, uint32_t *out);                           /* not negative */
bool ens__der_boolean(ens_slice body, bool *out);                           /* 00 or FF */
bool ens__der_bits(ens_slice body, ens_slice *bytes, unsigned *num_unused); /* unused bits are zero */
bool ens__der_oid_valid(ens_slice body);
/* ens__der_take_oid takes a valid OBJECT IDENTIFIER: its contents. */
bool ens__der_take_oid(ens_reader *r, ens_slice *out);
/* ens__der_time reads UTCTime and GeneralizedTime as RFC 5280, 4.1.2.5 writes them: to the second, Z. */
bool ens__der_time(const ens_der *element, ens_time *out);
/* ens__der_time_loose also reads what some authorities write: fractions of a second (which are cut off), no seconds, an
 * offset instead of Z. *odd becomes true for those, and is left alone otherwise. */
bool ens__der_time_loose(const ens_der *element, ens_time *out, bool *odd);
/* ens__der_integer_trim drops the octets that pad the contents of an INTEGER. */
ens_slice ens__der_integer_trim(ens_slice body);

/* Writing: the identifier and length octets of an element whose contents have len bytes, and how many octets those are.
 */
void ens__der_put_header(ens_buf *out, uint8_t tag, size_t len);
size_t ens__der_header_len(size_t len);

/* Object identifiers that certificates of the EU hold: their DER contents, and names for people. */
#define ENS_OID_TEXT_MAX 160 /* "1.2.3…" and NUL; longer ones are cut with "…" */

/* Contents of the OBJECT IDENTIFIER. */
#define ENS_OID_COMMON_NAME ENS_LIT("\x55\x04\x03")
#define ENS_OID_SURNAME ENS_LIT("\x55\x04\x04")
#define ENS_OID_SERIAL_NUMBER ENS_LIT("\x55\x04\x05")
#define ENS_OID_COUNTRY ENS_LIT("\x55\x04\x06")
#define ENS_OID_LOCALITY ENS_LIT("\x55\x04\x07")
#define ENS_OID_ORGANIZATION ENS_LIT("\x55\x04\x0A")
#define ENS_OID_GIVEN_NAME ENS_LIT("\x55\x04\x2A")
#define ENS_OID_PSEUDONYM ENS_LIT("\x55\x04\x41")
#define ENS_OID_ORGANIZATION_IDENTIFIER ENS_LIT("\x55\x04\x61")
#define ENS_OID_EMAIL ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01")

/* ens__oid_text writes the dotted form of OID contents and returns out; "?" for what is no OID. */
const char *ens__oid_text(ens_slice oid, char *out, size_t size);
/* ens__oid_from_text makes OID contents of the dotted form; false when it is none. */
bool ens__oid_from_text(ens_slice text, ens_buf *out);
/* ens__oid_name is what people call it ("digitalSignature" is none: that is a bit), or NULL. */
const char *ens__oid_name(ens_slice oid);

#endif
