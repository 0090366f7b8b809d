/* PKCS#12 files, those of old exporters (RC2, single DES) included where OpenSSL's legacy provider is installed. */
#ifndef ENS_CERTS_KEYS_PKCS12_H
#define ENS_CERTS_KEYS_PKCS12_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* What a PKCS#12 file held; any of the three may be NULL. key is of the default library context. */
typedef struct {
    EVP_PKEY *key;
    X509 *cert; /* the one that belongs to key */
    STACK_OF(X509) * others;
} ens_pkcs12;

/* ens__pkcs12_read opens DER bytes; pass may be NULL.
 * Errors  ENS_ESYNTAX no PKCS#12, ENS_EPOLICY wrong or missing pass phrase, ENS_ECRYPTO an encryption that this OpenSSL
 *         lacks
 * Source  RFC 7292 */
ENS_CHECK ens_code ens__pkcs12_read(ens_slice der, const char *pass, ens_pkcs12 *out, ens_err *err);
void ens__pkcs12_clear(ens_pkcs12 *p);

/* ens__legacy_context borrows a library context that also has the legacy provider; NULL where that is not installed. */
OSSL_LIB_CTX *ens__legacy_context(void);
/* ens__key_to_default takes a key of that context and returns it as one of the default context, by way of its DER. NULL
 * for NULL and on failure; the key given is freed either way. */
EVP_PKEY *ens__key_to_default(EVP_PKEY *key);

#endif
