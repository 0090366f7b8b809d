/* Certificates in files as people have them: PEM with any number of blocks, indented or on one line; DER, with a line
 * end behind it; bare base64; PKCS#7 bundles; PKIPath; PKCS#12. */
#ifndef ENS_CERTS_KEYS_CERTFILE_H
#define ENS_CERTS_KEYS_CERTFILE_H

#include "engine/base/bytes.h"

/* What each certificate found is handed to; der lives during the call only. A code other than ENS_OK ends the reading.
 */
typedef ens_code (*ens_cert_visit)(void *ctx, ens_slice der, ens_err *err);

/* ens__certfile_each hands every certificate of file to visit, in the order in which they stand, without judging it.
 * pass, for PKCS#12, may be NULL.
 * Errors  ENS_ESYNTAX no certificate in it, or something else, which is named with what helps; a damaged PEM block,
 * with the byte offset; those of ens__pkcs12_read; those of visit */
ENS_CHECK ens_code ens__certfile_each(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err);

/* ens__certfile_request hands a certificate request to visit, where the file holds one and no certificate; *found says
 * whether it did.   Errors  a damaged PEM block, with the byte offset; those of visit */
ENS_CHECK ens_code ens__certfile_request(ens_slice file, ens_cert_visit visit, void *ctx, bool *found, ens_err *err);

/* ens__pem_each hands the contents of every PEM block with this label to visit and counts them in *num. */
ENS_CHECK ens_code ens__pem_each(ens_slice file, const char *label, ens_cert_visit visit, void *ctx, size_t *num,
                                 ens_err *err);

/* ens__objects_each does so, and takes a file without PEM blocks as one DER object, as it stands or in base64. */
ENS_CHECK ens_code ens__objects_each(ens_slice file, const char *label, ens_cert_visit visit, void *ctx, size_t *num,
                                     ens_err *err);

/* ens__certfile_is_keystore tells a Java keystore (JKS, JCEKS); ens__certfile_refuse_keystore says what helps. */
bool ens__certfile_is_keystore(ens_slice file);
ens_code ens__certfile_refuse_keystore(ens_err *err);

#endif
