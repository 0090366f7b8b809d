/* An RSA key ready to check many signatures: the numbers in OpenSSL's form for its modular multiplication, which is
 * asked for s ^ 65537 step by step, and the whole block that PKCS #1 v1.5 makes of a SHA-256 digest, which is compared.
 * That is a sixth less than EVP_PKEY_verify. It can only say yes: the rest is for EVP_PKEY_verify to judge. */
#ifndef ENS_CERTS_KEYS_RSA_H
#define ENS_CERTS_KEYS_RSA_H

#include "engine/base/sha256.h"

#define ENS_RSA_BYTES_MIN 128u /* of a modulus that is taken */
#define ENS_RSA_BYTES_MAX 1024u

typedef struct ens__rsa ens__rsa; /* for one thread at a time */

/* ens__rsa_new takes the SubjectPublicKeyInfo of an RSA key of the sizes above with the exponent 65537. NULL: any other
 * key, or no memory. */
ens__rsa *ens__rsa_new(ens_slice spki);
void ens__rsa_free(ens__rsa *rsa);

/* ens__rsa_proves: the signature is that of the digest by RSASSA-PKCS1-v1_5 with SHA-256. False proves nothing. */
bool ens__rsa_proves(ens__rsa *rsa, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN]);

/* ens__rsa_block writes the encoded message of so many bytes: 00 01 FF … FF 00, DigestInfo (RFC 8017, 9.2). */
void ens__rsa_block(const uint8_t digest[ENS_SHA256_LEN], size_t bytes, uint8_t *out);

#endif
