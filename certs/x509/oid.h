/* Object identifiers that certificates of the EU hold: their DER contents, and names for people. */
#ifndef ENS_CERTS_X509_OID_H
#define ENS_CERTS_X509_OID_H

#include "engine/base/bytes.h"

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
