/* Inflating gzip (RFC 1952) in pieces, for what is too large to be held: zlib, in memory that does not grow. */
#ifndef ENS_ENGINE_BASE_INFLATE_H
#define ENS_ENGINE_BASE_INFLATE_H

#include "engine/base/bytes.h"

#define ENS_INFLATE_PIECE ((size_t)64 << 10) /* bytes of every piece but the last */

/* ens__inflate_pieces hands the contents of all members to put and tells in *size how many bytes there were.
 * Errors  as of ens__gzip_inflate, and for the CRC of a header or a length code that means nothing, which that one lets
 *         pass; or what put answers, with err as put left it */
ENS_CHECK ens_code ens__inflate_pieces(ens_slice in, size_t max, ens_put put, void *user, size_t *size, ens_err *err);

#endif
