/* Content-Transfer-Encoding (RFC 2045, 6): naming it and undoing it. */
#ifndef ENS_AS4_MIME_MIME_CODING_H
#define ENS_AS4_MIME_MIME_CODING_H

#include "as4/mime/mime.h"

/* ens__mime_encoding reads the field's value; an absent field means binary. */
ens_encoding ens__mime_encoding(ens_slice value);
/* ens__mime_decode: *out borrows body where nothing has to be undone, else the arena.
 * Errors  ENS_ESYNTAX the body is not in that encoding; ENS_ENOMEM the arena is full */
ENS_CHECK ens_code ens__mime_decode(ens_encoding encoding, ens_slice body, ens_arena *arena, ens_slice *out);

#endif
