/* The seal of an anonymised envelope: digests that held hold again, and so does the signature; those that did not, do
 * not. */
#ifndef ENS_AS4_ANONYMISE_SEAL_H
#define ENS_AS4_ANONYMISE_SEAL_H

#include "engine/base/arena.h"

#include <openssl/evp.h>

/* ens__seal_digest writes a digest, in base64, in place of those of the references with that URI. It returns how many
 * there were. */
size_t ens__seal_digest(ens_buf *envelope, ens_slice uri, ens_slice digest);
/* ens__seal_sign signs each ds:SignedInfo by the algorithms that it names; key NULL, or one that can't sign so: octets
 * of nobody, as many as there were. False: out of memory. */
bool ens__seal_sign(ens_buf *envelope, EVP_PKEY *key);

/* ens__seal_tokens visits the certificates' texts of an envelope (BinarySecurityToken, X509Certificate): each is
 * replaced by what visit appends, where it says true. */
bool ens__seal_tokens(ens_buf *envelope, bool (*visit)(void *user, ens_slice text, ens_buf *instead), void *user);

#endif
