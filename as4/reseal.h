/* Changing sealed messages: as a fault of the sender, sealed anew after the change, or as what happens on the way. */
#ifndef ENS_AS4_RESEAL_H
#define ENS_AS4_RESEAL_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>

/* ens__text_replace puts replace in place of the first find; false when it isn't there. */
bool ens__text_replace(ens_buf *text, const char *find, const char *replace);
/* ens__text_splice puts bytes in place of [from, to). */
bool ens__text_splice(ens_buf *text, size_t from, size_t to, ens_slice bytes);

/* ens__text_between tells where the first stretch from open up to the end of close lies; ens__text_drop takes it away,
 * ens__text_repeat puts it there a second time. */
bool ens__text_between(ens_slice text, const char *open, const char *close, size_t *from, size_t *to);
bool ens__text_drop(ens_buf *text, const char *open, const char *close);
bool ens__text_repeat(ens_buf *text, const char *open, const char *close);

/* ens__message_part finds the body of the MIME part with that Content-ID; false when there is none. */
bool ens__message_part(ens_slice message, const char *cid, size_t *from, size_t *to);

/* ens__message_reseal computes every digest and the signature of a message of our own sealer anew, by the digests that
 * it names: SHA-1, SHA-256, SHA-512. The text between the tags has
 * to be canonical still. A reference to a part that isn't found by its text keeps its digest; false when one to an
 * element finds nothing. */
bool ens__message_reseal(ens_buf *message, EVP_PKEY *key);

#endif
