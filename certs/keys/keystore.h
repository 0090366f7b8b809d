/* Private keys in files as people have them: PEM, also with the ciphers of old; PKCS#8 in DER, encrypted or not;
 * PKCS#12, with one key or several, without a MAC, or with PBMAC1; and, by the text of a pkcs11: URI, keys that stay in
 * a device. A pass phrase never comes from the command line. */
#ifndef ENS_CERTS_KEYS_KEYSTORE_H
#define ENS_CERTS_KEYS_KEYSTORE_H

#include "ensign/cert.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define ENS_KEYRING_MAX 16u /* keys of one file */

/* The keys of a file, of the default library context. The zero value is empty. */
typedef struct {
    EVP_PKEY *key[ENS_KEYRING_MAX];
    size_t num;
} ens__keyring;

/* ens__keyring_load reads all private keys of a file, at least one; free them with ens__keyring_clear.
 * Errors  ENS_ESYNTAX no key in it, ENS_EPASS wrong or missing pass phrase, ENS_ECRYPTO a cipher that this OpenSSL
 * lacks, ENS_ELIMIT; those of ens__pkcs11_open */
ENS_CHECK ens_code ens__keyring_load(ens_slice file, const char *pass, ens__keyring *out, ens_err *err);
void ens__keyring_clear(ens__keyring *ring);
/* ens__keyring_find borrows the key that belongs to the certificate, or NULL. */
EVP_PKEY *ens__keyring_find(const ens__keyring *ring, const ens_cert *cert);

/* ens__key_load reads the first private key of a file; the caller frees *key with EVP_PKEY_free. Errors as above. */
ENS_CHECK ens_code ens__key_load(ens_slice file, const char *pass, EVP_PKEY **key, ens_err *err);
/* ens__key_load_for prefers the key that belongs to a certificate of another file, in the order of that. */
ENS_CHECK ens_code ens__key_load_for(ens_slice file, const char *pass, ens_slice certificates, const char *cert_pass,
                                     EVP_PKEY **key, ens_err *err);

/* What a PKCS#12 file held. The certificates that belong to its keys stand first. */
typedef struct {
    ens__keyring keys;
    STACK_OF(X509) * certs; /* may be empty or NULL */
} ens_pkcs12;

/* ens__pkcs12_read opens DER bytes; pass may be NULL. RC2 and single DES are read where OpenSSL's legacy provider is
 * installed.
 * Errors  ENS_ESYNTAX no PKCS#12, ENS_EPASS wrong or missing pass phrase, ENS_ECRYPTO an encryption that this OpenSSL
 *         lacks
 * Source  RFC 7292, RFC 9579 (PBMAC1) */
ENS_CHECK ens_code ens__pkcs12_read(ens_slice der, const char *pass, ens_pkcs12 *out, ens_err *err);
void ens__pkcs12_clear(ens_pkcs12 *p);

#endif
