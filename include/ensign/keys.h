/* Ensign: certificates and private keys out of files as people keep them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_KEYS_H
#define ENSIGN_KEYS_H

#include "ensign/cert.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ens_certificates holds the certificates of one file, the signer's told from those of its issuers. Any number of
 * threads may read it. */
typedef struct ens_certificates ens_certificates;

/* ens_certificates_new reads PEM with any number of blocks, DER, bare base64, PKCS#7, PKIPath or PKCS#12, in any order.
 * What can't be read beside the signer's certificate is passed over, and told by the pre-flight. Owns    a copy of
 * every certificate; file and pass, which may be NULL, are read during the call alone
 * Errors  ENS_ESYNTAX no
 * certificate in it, ENS_EPASS wrong or missing pass phrase, ENS_EPOLICY none is clearly the signer's, ENS_ELIMIT,
 * ENS_ENOMEM.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_certificates_new(ens_slice file, const char *pass, ens_certificates **out, ens_err *err);
ENS_API void ens_certificates_free(ens_certificates *certificates); /* since 0.1 */
/* ens_certificates_chain borrows the signer's certificate and the path that the others make above it.  since 0.1 */
ENS_API const ens_chain *ens_certificates_chain(const ens_certificates *certificates);
/* ens_certificates_num counts those of the chain and those beside it; ens_certificates_get borrows one, the chain's
 * first, or NULL past the end.  since 0.1 */
ENS_API size_t ens_certificates_num(const ens_certificates *certificates);
ENS_API const ens_cert *ens_certificates_get(const ens_certificates *certificates, size_t i); /* since 0.1 */

/* ens_certificates_num_unread counts what was passed over in the file since it can't be read.  since 0.1 */
ENS_API size_t ens_certificates_num_unread(const ens_certificates *certificates);
/* ens_certificates_each hands the DER of every certificate in a file to visit, as they stand and without judging them;
 * a code other than ENS_OK ends it and is returned.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_certificates_each(ens_slice file, const char *pass,
                                                 ens_code (*visit)(void *user, ens_slice der, ens_err *err), void *user,
                                                 ens_err *err);

/* ens_keyring holds the private keys of one file, or one key that stays in a device. */
typedef struct ens_keyring ens_keyring;

/* ens_keyring_new reads PEM, PKCS#8 in DER or PKCS#12; the text of a pkcs11: URI (RFC 7512) stands for a key in a
 * device, and pass is its PIN then.
 * Owns    the keys; file and pass, which may be NULL, are read during the call alone
 * Errors  ENS_ESYNTAX no key in it, ENS_EPASS wrong or missing pass phrase or PIN, ENS_ECRYPTO a cipher that this
 *         OpenSSL lacks, ENS_EPOLICY a URI that names a PIN, ENS_EIO no such module, token or key.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_keyring_new(ens_slice file, const char *pass, ens_keyring **out, ens_err *err);
/* ens_keyring_is_uri tells a pkcs11: URI from the name of a file.  since 0.1 */
ENS_API bool ens_keyring_is_uri(ens_slice text);
ENS_API void ens_keyring_free(ens_keyring *keys);        /* wipes the keys.  since 0.1 */
ENS_API size_t ens_keyring_num(const ens_keyring *keys); /* since 0.1 */
/* ens_keyring_fits tells whether one of the keys belongs to the certificate.  since 0.1 */
ENS_API bool ens_keyring_fits(const ens_keyring *keys, const ens_cert *cert);

#ifdef __cplusplus
}
#endif
#endif
