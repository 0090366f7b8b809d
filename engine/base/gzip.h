/* gzip (RFC 1952): a deterministic header, bounded inflation, as strict as zlib. */
#ifndef ENS_ENGINE_BASE_GZIP_H
#define ENS_ENGINE_BASE_GZIP_H

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#define ENS_INFLATE_MAX ((size_t)128 << 20) /* bytes of one inflated part (ICD 4.2.6 recommends 100 MB at most) */
#define ENS_INFLATE_RATIO 200u              /* inflated : compressed … */
#define ENS_INFLATE_FREE                                                                                               \
    ((size_t)4 << 20) /* … judged only above this size, so that small repetitive documents pass                      \
                       */

#define ENS_GZIP_MIN 18u /* bytes of a member: header and trailer without contents */

typedef struct ens_gzip ens_gzip; /* one per worker: holds the compressors and what inflates */

ens_gzip *ens__gzip_new(void);
void ens__gzip_free(ens_gzip *z);
/* ens__gzip_level asks for a level of compression, 1 to ENS_GZIP_LEVEL_MAX; 0, as it begins: by size. */
#define ENS_GZIP_LEVEL_MAX 12u
void ens__gzip_level(ens_gzip *z, unsigned level);
/* ens__gzip_compress appends one gzip member: mtime 0, no name, OS 255, so that the same bytes give the same member;
 * where no level is asked for by size, and with ISA-L on the same kind of processor. */
ENS_CHECK ens_code ens__gzip_compress(ens_gzip *z, ens_slice in, ens_buf *out, ens_err *err);
/* ens__gzip_compress_passing does so and tells passed which octets of in were read and aren't needed any more: where no
 * level is asked for, and in is larger than ENS_GZIP_PIECES_FROM, piece by piece. */
#define ENS_GZIP_PIECES_FROM ((size_t)16 << 20)
typedef void ens_gzip_passed(void *user, ens_slice octets);
ENS_CHECK ens_code ens__gzip_compress_passing(ens_gzip *z, ens_slice in, ens_gzip_passed *passed, void *user,
                                              ens_buf *out, ens_err *err);
/* ens__gzip_inflate appends the contents of all members to out. max is the absolute bound (ENS_INFLATE_MAX by default).
 * Errors  ENS_ESYNTAX not gzip, truncated, bad CRC (of a header, too) or length, or bytes after the last member;
 * ENS_ELIMIT over max or ratio */
ENS_CHECK ens_code ens__gzip_inflate(ens_gzip *z, ens_slice in, size_t max, ens_buf *out, ens_err *err);

/* ens__gzip_bound is what in may inflate to, by max and by the ratio. */
size_t ens__gzip_bound(ens_slice in, size_t max);
/* ens__gzip_guess is the length that the last member tells of itself: the whole length of nearly every file; 0 when
 * there is none. */
size_t ens__gzip_guess(ens_slice in);

/* Inflating gzip (RFC 1952) in pieces, for what is too large to be held, in memory that does not grow: zlib inflates,
 * which is as strict as can be; headers and trailers are read here. Whoever wants the octets asks for them. */
typedef struct ens_inflater ens_inflater;

/* ens__inflater_open begins with in, which must stay; NULL: no memory. max is the absolute bound. The very octets that
 * are inflated are added to digest, which the caller starts and ends, or NULL: each piece of in is copied before it is
 * hashed and read, so that memory which changes underneath is hashed as it was read. */
ens_inflater *ens__inflater_open(ens_slice in, size_t max, ens_digest *digest);
void ens__inflater_close(ens_inflater *f);

/* ens__inflater_next writes the next octets of the contents of all members, and tells in *num how many: less than there
 * is room for, which is at least one, only at the end. The end is told when every trailer was found to be right; every
 * call after it, and after an error, answers the same.
 * Errors  as of ens__gzip_inflate */
ENS_CHECK ens_code ens__inflater_next(ens_inflater *f, uint8_t *to, size_t room, size_t *num, ens_err *err);

#define ENS_INFLATE_PIECE ((size_t)64 << 10) /* bytes of every piece but the last */

/* ens__inflate_pieces hands the contents of all members to put and tells in *size how many bytes there were.
 * Errors  as of ens__inflater_next; or what put answers, with err as put left it */
ENS_CHECK ens_code ens__inflate_pieces(ens_slice in, size_t max, ens_sink put, void *user, size_t *size, ens_err *err);

/* ens__inflate_hashed does so, and adds the very octets that are inflated to digest. */
ENS_CHECK ens_code ens__inflate_hashed(ens_slice in, size_t max, ens_digest *digest, ens_sink put, void *user,
                                       size_t *size, ens_err *err);

/* ens__inflate_coding appends what a content coding of HTTP packed: gzip, or deflate, in zlib's wrapper or, as some
 * send it, bare.
 * Errors  ENS_ESYNTAX none of these, or cut short; ENS_ELIMIT over max; ENS_ENOMEM
 * Source  RFC
 * 9110, 8.4.1 */
ENS_CHECK ens_code ens__inflate_coding(ens_slice in, size_t max, ens_buf *out, ens_err *err);

#endif
