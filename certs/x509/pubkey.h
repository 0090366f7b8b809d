/* Public keys out of a SubjectPublicKeyInfo. RSA keys in DER are taken apart here: OpenSSL 3 tries all its decoders for
 * each key, which costs more than several signatures. */
#ifndef ENS_CERTS_X509_PUBKEY_H
#define ENS_CERTS_X509_PUBKEY_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>

#define ENS_PUBKEY_RSA_MAX 1024u /* bytes of a modulus or exponent that is read here; larger ones are OpenSSL's */

/* ens__pubkey_read decodes the whole of spki as OpenSSL would; the caller frees the key. NULL: it can't be read, and
 * OpenSSL's errors are cleared. */
EVP_PKEY *ens__pubkey_read(ens_slice spki);

#endif
