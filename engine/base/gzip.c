#include "engine/base/gzip.h"

#include "engine/base/arena.h"
#include "engine/base/igzip.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

#define RULE "RFC 1952"
#define LEVEL_SMALL 6u /* of compression, where none is asked for: most of what can be had … */
#define LEVEL_LARGE                                                                                                    \
    1u /* … and of what is larger than this a sixth more octets in half of the time, or a tenth by ISA-L */
#define LARGE ((size_t)8 << 10)
#define FIRST_GUESS                                                                                                    \
    ((size_t)64 << 10) /* room for the first try, when the trailer promises more than the ratio allows */

struct ens_gzip {
    struct libdeflate_compressor *compressor[ENS_GZIP_LEVEL_MAX + 1]; /* made when they are asked for */
    unsigned level;
    ens_igzip *igzip; /* NULL: not yet, or not here */
    bool igzip_sought;
    struct libdeflate_decompressor *decompressor;
};

ens_gzip *ens__gzip_new(void)
{
    ens_gzip *z = calloc(1, sizeof *z);
    if (z)
        z->decompressor = libdeflate_alloc_decompressor();
    if (z && !z->decompressor) {
        free(z);
        return NULL;
    }
    return z;
}

void ens__gzip_free(ens_gzip *z)
{
    if (!z)
        return;
    for (unsigned i = 0; i <= ENS_GZIP_LEVEL_MAX; i++)
        libdeflate_free_compressor(z->compressor[i]);
    ens__igzip_free(z->igzip);
    libdeflate_free_decompressor(z->decompressor);
    free(z);
}

void ens__gzip_level(ens_gzip *z, unsigned level)
{
    z->level = level <= ENS_GZIP_LEVEL_MAX ? level : ENS_GZIP_LEVEL_MAX;
}

/* compress_quickly is by ISA-L, where no level is asked for. False: it isn't here, or had no room. */
static bool compress_quickly(ens_gzip *z, ens_slice in, size_t bound, ens_buf *out)
{
    if (z->level || in.len <= LARGE)
        return false;
    if (!z->igzip_sought)
        z->igzip = ens__igzip_new();
    z->igzip_sought = true;
    uint8_t *to = z->igzip ? ens_buf_room(out, bound) : NULL;
    size_t n = to ? ens__igzip_compress(z->igzip, in, to, bound) : 0;
    out->len += n;
    return n != 0;
}

ens_code ens__gzip_compress(ens_gzip *z, ens_slice in, ens_buf *out, ens_err *err)
{
    unsigned level = z->level ? z->level : in.len > LARGE ? LEVEL_LARGE : LEVEL_SMALL;
    struct libdeflate_compressor **c = &z->compressor[level];
    if (!*c)
        *c = libdeflate_alloc_compressor((int)level);
    if (!*c)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a compressor", 0);
    size_t bound = libdeflate_gzip_compress_bound(*c, in.len);
    if (compress_quickly(z, in, bound, out))
        return ENS_OK;
    uint8_t *to = ens_buf_room(out, bound);
    size_t n = to ? libdeflate_gzip_compress(*c, in.p, in.len, to, bound) : 0;
    if (!n)
        return ens_fail(err, out->failed ? out->failed : ENS_ELIMIT, RULE, "no room for the compressed bytes", 0);
    out->len += n;
    return ENS_OK;
}

size_t ens__gzip_guess(ens_slice in)
{
    if (in.len < ENS_GZIP_MIN)
        return 0;
    const uint8_t *t = in.p + in.len - 4;
    return (size_t)t[0] | (size_t)t[1] << 8 | (size_t)t[2] << 16 | (size_t)t[3] << 24;
}

size_t ens__gzip_bound(ens_slice in, size_t max)
{
    size_t by_ratio = in.len > max / ENS_INFLATE_RATIO ? max : in.len * ENS_INFLATE_RATIO;
    by_ratio = by_ratio < ENS_INFLATE_FREE ? ENS_INFLATE_FREE : by_ratio;
    return by_ratio < max ? by_ratio : max;
}

enum { HEADER_LEN = 10, FLAGS_AT = 3, HAS_CRC = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16 };

/* header_holds checks the CRC of a member's header, which libdeflate passes over (RFC 1952, 2.3.1). What is cut short
 * is libdeflate's to refuse. */
static bool header_holds(ens_slice in)
{
    uint8_t flags = in.len > HEADER_LEN ? in.p[FLAGS_AT] : 0;
    size_t at = HEADER_LEN;
    if (!(flags & HAS_CRC))
        return true;
    if (flags & HAS_EXTRA && at + 2 <= in.len)
        at += 2 + ((size_t)in.p[at] | (size_t)in.p[at + 1] << 8);
    for (unsigned texts = !!(flags & HAS_NAME) + !!(flags & HAS_COMMENT); texts && at < in.len; texts--) {
        const uint8_t *end = memchr(in.p + at, 0, in.len - at);
        at = end ? (size_t)(end - in.p) + 1 : in.len;
    }
    if (at + 2 > in.len)
        return true;
    uint32_t crc = libdeflate_crc32(0, in.p, at);
    return (crc & 0xFF) == in.p[at] && (crc >> 8 & 0xFF) == in.p[at + 1];
}

/* inflate_member appends one member and tells how many bytes of in it took. room grows up to bound. */
static ens_code inflate_member(ens_gzip *z, ens_slice in, size_t room, size_t bound, ens_buf *out, size_t *taken,
                               ens_err *err)
{
    for (;;) {
        uint8_t *to = ens_buf_room(out, room ? room : 1);
        if (!to)
            return ens_fail(err, out->failed, RULE, "no room for the inflated bytes", 0);
        size_t n = 0;
        switch (libdeflate_gzip_decompress_ex(z->decompressor, in.p, in.len, to, room, taken, &n)) {
        case LIBDEFLATE_SUCCESS:
            out->len += n;
            return ENS_OK;
        case LIBDEFLATE_INSUFFICIENT_SPACE:
            if (room >= bound)
                return ens_fail(err, ENS_ELIMIT, "ICS2-HTI 4.2.6", "inflates to more than the limit", 0);
            room = room > bound / 2 ? bound : room * 2 < FIRST_GUESS ? FIRST_GUESS : room * 2;
            room = room > bound ? bound : room;
            break;
        default:
            return ens_fail(err, ENS_ESYNTAX, RULE, "is not gzip, is cut short, or its CRC is wrong", 0);
        }
    }
}

ens_code ens__gzip_inflate(ens_gzip *z, ens_slice in, size_t max, ens_buf *out, ens_err *err)
{
    if (in.len < ENS_GZIP_MIN)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is too short for gzip", 0);
    size_t bound = ens__gzip_bound(in, max), start = out->len, at = 0;
    while (at < in.len) {
        ens_slice rest = ens_from(in, at);
        size_t left = bound - (out->len - start), taken = 0;
        size_t guess = ens__gzip_guess(rest);
        if (!header_holds(rest))
            return ens_fail(err, ENS_ESYNTAX, "RFC 1952 2.3.1", "has a gzip header whose CRC is wrong", at);
        ens_code code = inflate_member(z, rest,
                                       guess < left         ? guess
                                       : left < FIRST_GUESS ? left
                                                            : FIRST_GUESS,
                                       left, out, &taken, err);
        if (code != ENS_OK)
            return code;
        at += taken;
    }
    return ENS_OK;
}

#define GZIP_WINDOW (15 + 16)       /* the largest window, in a gzip wrapper */
#define INPUT_MAX ((size_t)1 << 30) /* bytes handed to zlib at once */

typedef struct {
    z_stream z;
    ens_slice left;     /* of the input, behind what zlib has */
    bool ended;         /* a member is complete */
    ens_digest *digest; /* of the input; NULL: nobody asks */
    uint8_t piece[ENS_INFLATE_PIECE], input[ENS_INFLATE_PIECE];
} inflater;

static void supply(inflater *f)
{
    size_t max = f->digest ? sizeof f->input : INPUT_MAX, n = f->left.len < max ? f->left.len : max;
    f->z.next_in = (Bytef *)(uintptr_t)f->left.p;
    if (f->digest && n) {
        memcpy(f->input, f->left.p, n);
        ens__digest_add(f->digest, ens_bytes(f->input, n));
        f->z.next_in = f->input;
    }
    f->z.avail_in = (uInt)n;
    f->left = ens_from(f->left, n);
}

/* fill_gzip inflates until the piece is full or the input ends, over the borders of members. */
static ens_code fill_gzip(inflater *f, ens_err *err)
{
    int result = Z_OK;
    f->z.next_out = f->piece;
    f->z.avail_out = sizeof f->piece;
    while (f->z.avail_out && result != Z_BUF_ERROR) { /* which says that there is no more input */
        if (!f->z.avail_in)
            supply(f);
        if (f->ended && !f->z.avail_in)
            break;
        result = f->ended ? inflateReset(&f->z) : Z_OK;
        result = result == Z_OK ? inflate(&f->z, Z_NO_FLUSH) : result;
        f->ended = result == Z_STREAM_END;
        if (result == Z_MEM_ERROR)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return ens_fail(err, ENS_ESYNTAX, RULE, "is not gzip, is cut short, or its CRC is wrong", 0);
    }
    return ENS_OK;
}

static ens_code inflate_all(inflater *f, size_t bound, ens_sink put, void *user, size_t *size, ens_err *err)
{
    size_t n, total = 0;
    do {
        ens_code code = fill_gzip(f, err);
        if (code != ENS_OK)
            return code;
        n = sizeof f->piece - f->z.avail_out;
        if (n > bound - total)
            return ens_fail(err, ENS_ELIMIT, "ICS2-HTI 4.2.6", "inflates to more than the limit", 0);
        total += n;
        code = n ? put(user, ens_bytes(f->piece, n)) : ENS_OK;
        if (code != ENS_OK)
            return code;
    } while (n == sizeof f->piece);
    if (!f->ended)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is not gzip, is cut short, or its CRC is wrong", 0);
    *size = total;
    return ENS_OK;
}

ens_code ens__inflate_hashed(ens_slice in, size_t max, ens_digest *digest, ens_sink put, void *user, size_t *size,
                             ens_err *err)
{
    if (in.len < ENS_GZIP_MIN)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is too short for gzip", 0);
    inflater *f = calloc(1, sizeof *f);
    ens__heap_note();
    if (!f || inflateInit2(&f->z, GZIP_WINDOW) != Z_OK) {
        free(f);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
    }
    f->left = in;
    f->digest = digest;
    ens_code code = inflate_all(f, ens__gzip_bound(in, max), put, user, size, err);
    inflateEnd(&f->z);
    free(f);
    return code;
}

ens_code ens__inflate_pieces(ens_slice in, size_t max, ens_sink put, void *user, size_t *size, ens_err *err)
{
    return ens__inflate_hashed(in, max, NULL, put, user, size, err);
}

#define ZLIB_OR_GZIP (15 + 32) /* the largest window, the wrapper told by its first bytes */
#define BARE_DEFLATE (-15)

/* inflate_whole appends one stream in the wrapper that the window asks for. */
static ens_code inflate_whole(ens_slice in, int window, size_t max, ens_buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len};
    int result = in.len > INPUT_MAX ? Z_DATA_ERROR : inflateInit2(&z, window);
    if (result != Z_OK)
        return result == Z_MEM_ERROR ? ENS_ENOMEM : ENS_ESYNTAX;
    while (result == Z_OK) {
        uint8_t *to = out->len <= max ? ens_buf_room(out, ENS_INFLATE_PIECE) : NULL;
        if (!to)
            break;
        z.next_out = to;
        z.avail_out = ENS_INFLATE_PIECE;
        result = inflate(&z, Z_NO_FLUSH);
        out->len += ENS_INFLATE_PIECE - z.avail_out;
    }
    inflateEnd(&z);
    return result == Z_OK           ? ENS_ELIMIT
           : result == Z_MEM_ERROR  ? ENS_ENOMEM
           : result == Z_STREAM_END ? ENS_OK
                                    : ENS_ESYNTAX;
}

ens_code ens__inflate_coding(ens_slice in, size_t max, ens_buf *out, ens_err *err)
{
    size_t start = out->len;
    ens_code code = inflate_whole(in, ZLIB_OR_GZIP, max, out);
    if (code == ENS_ESYNTAX) {
        out->len = start;
        code = inflate_whole(in, BARE_DEFLATE, max, out);
    }
    return code == ENS_OK ? ENS_OK : ens_fail(err, code, "RFC 9110 8.4.1", "is no such coding, or is cut short", 0);
}
