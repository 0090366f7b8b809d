/* Makes self-signed certificates with any subject and any extensions, well-formed by X.509 and wrong by a profile. */
#ifndef ENS_TESTS_CERTS_MAKER_H
#define ENS_TESTS_CERTS_MAKER_H

#include "engine/base/bytes.h"

/* Pairs of texts, ended by NULL: attributes by OpenSSL's name or their OID; extensions by name with OpenSSL's notation,
 * or by OID with "DER:" and hexadecimal digits. */
typedef struct {
    const char *const *subject, *const *issuer, *const *extensions; /* issuer NULL: the subject */
    const char *from, *to;                                          /* RFC 3339; NULL: 2026 and 2028 */
} maker_row;

/* maker_certificate appends one certificate as DER, or as PEM; false when OpenSSL can't make it. */
bool maker_certificate(const maker_row *row, bool pem, ens_buf *out);
/* maker_statements writes "DER:" and QcStatements of these statements, each in hexadecimal digits; returns out. */
const char *maker_statements(const char *const *statements, char *out, size_t size);

#endif
