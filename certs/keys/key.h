/* Private keys from PEM and PKCS#12. A pass phrase never comes from the command line. */
#ifndef ENS_CERTS_KEYS_KEY_H
#define ENS_CERTS_KEYS_KEY_H

#include "engine/base/bytes.h"
#include "ensign/cert.h"

#include <openssl/evp.h>

/* ens__key_load reads a private key from PEM or PKCS#12 bytes; the caller frees *key with EVP_PKEY_free.
 * Errors  ENS_ESYNTAX no key in it, ENS_EPOLICY wrong or missing pass phrase */
ENS_CHECK ens_code ens__key_load(ens_slice file, const char *pass, EVP_PKEY **key, ens_err *err);
/* ens__key_of decodes a certificate's public key; the caller frees it. */
ENS_CHECK ens_code ens__key_of(const ens_cert *cert, EVP_PKEY **key, ens_err *err);
/* ens__key_verifies tells whether the key of issuer verifies the signature of cert. */
bool ens__key_verifies(const ens_cert *issuer, const ens_cert *cert);
/* ens__key_matches tells whether private key and certificate belong together. */
bool ens__key_matches(const EVP_PKEY *key, const ens_cert *cert);

#endif
