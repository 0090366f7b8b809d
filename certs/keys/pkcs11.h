/* Private keys that live in a device: named by a pkcs11: URI, used where they are, never read.
 * Source  RFC 7512; PKCS #11 v2.40 */
#ifndef ENS_CERTS_KEYS_PKCS11_H
#define ENS_CERTS_KEYS_PKCS11_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>
#include <stdbool.h>

#define ENS_PKCS11_URI_MAX 1024u  /* bytes of a URI */
#define ENS_PKCS11_VALUE_MAX 256u /* bytes of one attribute, decoded */

/* What a URI names. Texts end with NUL and are empty where the URI does not say. */
typedef struct {
    char token[ENS_PKCS11_VALUE_MAX], serial[ENS_PKCS11_VALUE_MAX], object[ENS_PKCS11_VALUE_MAX];
    char module_path[ENS_PKCS11_VALUE_MAX], pin_source[ENS_PKCS11_VALUE_MAX];
    uint8_t id[ENS_PKCS11_VALUE_MAX];
    size_t id_len;
    bool has_slot;
    unsigned long slot; /* slot-id */
} ens_pkcs11_uri;

/* ens__pkcs11_uri_parse reads a URI.
 * Errors  ENS_ESYNTAX with the byte offset; ENS_EPOLICY a pin-value (an argument is seen by every user of the machine),
 * or a type that is no private key; ENS_ELIMIT */
ENS_CHECK ens_code ens__pkcs11_uri_parse(ens_slice text, ens_pkcs11_uri *out, ens_err *err);

/* ens__pkcs11_open logs in to the token and borrows the key: the caller frees *key with EVP_PKEY_free. A key that this
 * process has open is not opened again. OpenSSL's provider "pkcs11" is asked where it is installed, else the engine of
 * that name. A pin of NULL is looked for in the file of the URI's pin-source.
 * Errors  those of the URI; ENS_EPASS the
 * PIN is missing or wrong; ENS_EPOLICY it is locked, or the key is no RSA key; ENS_EIO no module, no such token or key,
 * each with what is there instead; ENS_ECRYPTO neither provider nor engine */
ENS_CHECK ens_code ens__pkcs11_open(ens_slice uri, const char *pin, EVP_PKEY **key, ens_err *err);

#endif
