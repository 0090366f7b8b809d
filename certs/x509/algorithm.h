/* The algorithms of keys and signatures, as OpenSSL is to be asked for them.
 *
 * Public keys are read out of a SubjectPublicKeyInfo. RSA keys in DER are taken apart here: OpenSSL 3 tries all its
 * decoders for each key, which costs more than several signatures. */
#ifndef ENS_CERTS_X509_ALGORITHM_H
#define ENS_CERTS_X509_ALGORITHM_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>

#define ENS_PUBKEY_RSA_MAX 1024u /* bytes of a modulus or exponent that is read here; larger ones are OpenSSL's */

/* ens__pubkey_read decodes the whole of spki as OpenSSL would; the caller frees the key. NULL: it can't be read, and
 * OpenSSL's errors are cleared. */
EVP_PKEY *ens__pubkey_read(ens_slice spki);

/* ens__pubkey_rsa finds both numbers of an RSA key, without leading zeros; false for other keys, and where anything is
 * out of the ordinary. */
bool ens__pubkey_rsa(ens_slice spki, ens_slice *modulus, ens_slice *exponent);

/* What an AlgorithmIdentifier of a signature asks of OpenSSL.
 * Source  RFC 3279, 2.2; RFC 4055, 3 and 5; RFC 5758; RFC 8410 */
typedef struct {
    const char *key;         /* the key's type as OpenSSL names it: "RSA", "EC", "DSA", "ED25519", "ED448" */
    const EVP_MD *md, *mgf1; /* process-wide; NULL: the algorithm hashes by itself, or has no mask */
    bool pss;
    int salt_len;
} ens__sigalg;

/* ens__sigalg_read takes the whole AlgorithmIdentifier; false for what is not supported or is not DER. */
bool ens__sigalg_read(ens_slice algorithm, ens__sigalg *out);

/* ens__sigalg_md borrows SHA-1 or a hash of the SHA-2 family, by the contents of its OBJECT IDENTIFIER; NULL for
 * others. */
const EVP_MD *ens__sigalg_md(ens_slice oid);

#endif
