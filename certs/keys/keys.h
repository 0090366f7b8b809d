/* Keys: public ones that check signatures, and private ones out of files.
 *
 * Public keys are each decoded once and kept with contexts that are ready to verify, for decoding a
 * key and setting up a context cost more than the signature. Bounded; the oldest of a small group goes first. Any
 * number of threads may share one: a thread takes a context for one signature and puts it back. */
#ifndef ENS_CERTS_KEYS_KEYS_H
#define ENS_CERTS_KEYS_KEYS_H

#include "certs/keys/keystore.h"
#include "engine/base/bytes.h"
#include "ensign/cert.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define ENS_KEYS_GROUPS 256u   /* a power of two */
#define ENS_KEYS_WAYS 4u       /* keys of a group */
#define ENS_KEYS_BITS_MAX 8192 /* of an RSA or DSA key: larger ones cost more than anything they could prove */
#define ENS_KEYS_IDLE 8u       /* contexts that wait with a key */
#define ENS_KEYS_PROOFS 4u     /* good signatures that are remembered with a key … */
#define ENS_KEYS_PROOF_MAX ((size_t)8 << 10) /* … of so many bytes with what they are over */

typedef struct ens__keys ens__keys;

ens__keys *ens__keys_new(void); /* NULL when out of memory */
void ens__keys_free(ens__keys *keys);

typedef enum {
    ENS_SIGNATURE_BAD = 0, /* it doesn't verify */
    ENS_SIGNATURE_GOOD,
    ENS_SIGNATURE_UNSUPPORTED, /* the algorithm or the key isn't understood, or they don't go together */
    ENS_SIGNATURE_NO_MEMORY    /* nothing can be said */
} ens__signature;

/* ens__keys_verify checks a signature over message by the key of a SubjectPublicKeyInfo; algorithm is the whole
 * AlgorithmIdentifier. */
ens__signature ens__keys_verify(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message,
                                ens_slice signature);

/* ens__keys_verify_once is the same for what is asked again and again, the signature of an issuing CA's certificate,
 * say: of each key it remembers the signatures that were good last, whole with what they are over. */
ens__signature ens__keys_verify_once(ens__keys *keys, ens_slice spki, ens_slice algorithm, ens_slice message,
                                     ens_slice signature);

/* A DSA key may take its parameters from its issuer's (RFC 5280, 6.1.4 f). ens__dsa_lacks_parameters tells;
 * ens__dsa_inherit writes the key with the parameters of from, which has its own, and is false when it isn't DSA. */
bool ens__dsa_lacks_parameters(ens_slice spki);
bool ens__dsa_inherit(ens_slice spki, ens_slice from, ens_buf *out);

/* ens__key_of decodes a certificate's public key; the caller frees it. */
ENS_CHECK ens_code ens__key_of(const ens_cert *cert, EVP_PKEY **key, ens_err *err);
/* ens__key_verifies tells whether the key of issuer verifies the signature of cert. */
bool ens__key_verifies(const ens_cert *issuer, const ens_cert *cert);
/* ens__key_matches tells whether private key and certificate belong together. */
bool ens__key_matches(const EVP_PKEY *key, const ens_cert *cert);

#endif
