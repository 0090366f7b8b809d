#include "engine/base/gzip.h"

#include "engine/base/arena.h"
#include "engine/base/crc32.h"
#include "engine/base/igzip.h"
#include "engine/base/inflate.h"

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
    ens_inflate *inflate;
};

ens_gzip *ens__gzip_new(void)
{
    ens_gzip *z = calloc(1, sizeof *z);
    if (z)
        z->inflate = ens__inflate_new();
    if (z && !z->inflate) {
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
    ens__inflate_free(z->inflate);
    free(z);
}

void ens__gzip_level(ens_gzip *z, unsigned level)
{
    z->level = level <= ENS_GZIP_LEVEL_MAX ? level : ENS_GZIP_LEVEL_MAX;
}

/* quick_one makes what compresses by ISA-L, when it is first asked for. NULL: there is none here. */
static ens_igzip *quick_one(ens_gzip *z)
{
    if (!z->igzip_sought)
        z->igzip = ens__igzip_new();
    z->igzip_sought = true;
    return z->igzip;
}

/* compress_quickly is by ISA-L, where no level is asked for. False: it isn't here, or had no room. */
static bool compress_quickly(ens_gzip *z, ens_slice in, size_t bound, ens_buf *out)
{
    size_t n = 0;
    if (z->level || in.len <= LARGE || !quick_one(z))
        return false;
    uint8_t *to = ens_buf_room(out, bound);
    if (!to)
        return false;
    ens__igzip_begin(z->igzip);
    bool whole = ens__igzip_add(z->igzip, in, true, to, bound, &n);
    out->len += whole ? n : 0;
    return whole;
}

static ens_code compress_whole(ens_gzip *z, ens_slice in, ens_buf *out, ens_err *err)
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

#define GZIP_WINDOW (15 + 16)           /* the largest window, in a gzip wrapper */
#define PIECE ((size_t)1 << 20)         /* bytes that are compressed at once; what comes out depends on it */
#define PIECE_BOUND (PIECE + PIECE / 4) /* … of them, and of what was held back, compressed: more than ever is */

/* What compresses a piece: ISA-L, or zlib where there is none, as libdeflate wants all of it at once. */
typedef bool add_piece(void *by, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made);

static bool by_igzip(void *by, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made)
{
    return ens__igzip_add(by, piece, last, out, room, made);
}

static bool by_zlib(void *by, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made)
{
    z_stream *z = by;
    z->next_in = (Bytef *)(uintptr_t)piece.p;
    z->avail_in = (uInt)piece.len;
    z->next_out = out;
    z->avail_out = (uInt)room;
    int result = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
    *made = room - z->avail_out;
    return !z->avail_in && result == (last ? Z_STREAM_END : Z_OK);
}

static ens_code compress_pieces(add_piece *add, void *by, ens_slice in, ens_gzip_passed *passed, void *user,
                                ens_buf *out, ens_err *err)
{
    for (size_t at = 0, n = 0; at < in.len; at += PIECE) {
        ens_slice piece = ens_sub(in, at, at + PIECE);
        bool last = in.len - at <= PIECE;
        uint8_t *to = ens_buf_room(out, PIECE_BOUND);
        if (!to)
            return ens_fail(err, out->failed, RULE, "no room for the compressed bytes", 0);
        if (!add(by, piece, last, to, PIECE_BOUND, &n))
            return ens_fail(err, ENS_ELIMIT, RULE, "no room for the compressed bytes", 0);
        out->len += n;
        passed(user, piece);
    }
    return ENS_OK;
}

static ens_code compress_slowly(ens_slice in, ens_gzip_passed *passed, void *user, ens_buf *out, ens_err *err)
{
    z_stream z = {0};
    gz_header header = {.os = 255}; /* unknown, as of the others */
    if (deflateInit2(&z, (int)LEVEL_LARGE, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a compressor", 0);
    deflateSetHeader(&z, &header);
    ens_code code = compress_pieces(by_zlib, &z, in, passed, user, out, err);
    deflateEnd(&z);
    return code;
}

ens_code ens__gzip_compress_passing(ens_gzip *z, ens_slice in, ens_gzip_passed *passed, void *user, ens_buf *out,
                                    ens_err *err)
{
    if (z->level || in.len <= ENS_GZIP_PIECES_FROM) {
        ens_code code = compress_whole(z, in, out, err);
        passed(user, in);
        return code;
    }
    if (!quick_one(z))
        return compress_slowly(in, passed, user, out, err);
    ens__igzip_begin(z->igzip);
    return compress_pieces(by_igzip, z->igzip, in, passed, user, out, err);
}

static void pass_nothing(void *user, ens_slice octets)
{
    (void)user, (void)octets;
}

ens_code ens__gzip_compress(ens_gzip *z, ens_slice in, ens_buf *out, ens_err *err)
{
    return ens__gzip_compress_passing(z, in, pass_nothing, NULL, out, err);
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

enum {
    DEFLATE = 8, /* the one method that there is */
    FLAGS_AT = 3,
    HEADER_LEN = 10,
    TRAILER_LEN = 8,
    HAS_CRC = 2,
    HAS_EXTRA = 4,
    HAS_NAME = 8,
    HAS_COMMENT = 16,
    RESERVED = 0xE0,
};

/* What stands before the contents of a member. */
typedef enum { HEADER_GOOD, HEADER_DOUBT, HEADER_CRC } header_answer;

/* read_header takes the header that zlib takes.   Source  RFC 1952, 2.3 */
static header_answer read_header(ens_slice in, size_t *len)
{
    size_t at = HEADER_LEN;
    if (in.len < ENS_GZIP_MIN || in.p[0] != 0x1F || in.p[1] != 0x8B || in.p[2] != DEFLATE || in.p[FLAGS_AT] & RESERVED)
        return HEADER_DOUBT;
    uint8_t flags = in.p[FLAGS_AT];
    if (flags & HAS_EXTRA)
        at += 2 + ((size_t)in.p[at] | (size_t)in.p[at + 1] << 8);
    for (unsigned texts = !!(flags & HAS_NAME) + !!(flags & HAS_COMMENT); texts && at < in.len; texts--) {
        const uint8_t *end = memchr(in.p + at, 0, in.len - at);
        at = end ? (size_t)(end - in.p) + 1 : in.len;
    }
    *len = at + (flags & HAS_CRC ? 2 : 0);
    if (*len > in.len)
        return HEADER_DOUBT;
    if (!(flags & HAS_CRC))
        return HEADER_GOOD;
    uint32_t crc = ens__crc32(ens_sub(in, 0, at));
    return (crc & 0xFF) == in.p[at] && (crc >> 8 & 0xFF) == in.p[at + 1] ? HEADER_GOOD : HEADER_CRC;
}

static uint32_t load_32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* trailer_holds: behind the contents stand their CRC and length.   Source  RFC 1952, 2.3.1 */
static bool trailer_holds(ens_slice in, ens_slice contents)
{
    return in.len >= TRAILER_LEN && load_32(in.p) == ens__crc32(contents) &&
           load_32(in.p + 4) == (uint32_t)contents.len;
}

/* inflate_member appends one member, whose contents in begins with, into room that grows up to bound. ENS_INFLATE_DOUBT
 * where it may be none. *taken are its octets with the trailer. */
static ens_inflate_answer inflate_member(ens_gzip *z, ens_slice in, size_t room, size_t bound, ens_buf *out,
                                         size_t *taken)
{
    for (;;) {
        size_t left = out->limit - out->len, n = 0;
        ens_inflate_space space = {.room = room};
        if (left >= room)
            space.scratch = left - room < ENS_INFLATE_SCRATCH ? left - room : ENS_INFLATE_SCRATCH;
        space.out = ens_buf_room(out, room + space.scratch);
        if (!space.out)
            return ENS_INFLATE_ROOM;
        ens_inflate_answer answer = ens__inflate_stream(z->inflate, in, &space, taken, &n);
        if (answer == ENS_INFLATE_DONE && !trailer_holds(ens_from(in, *taken), ens_bytes(space.out, n)))
            answer = ENS_INFLATE_DOUBT;
        if (answer == ENS_INFLATE_DONE) {
            out->len += n;
            *taken += TRAILER_LEN;
        }
        if (answer != ENS_INFLATE_ROOM || room >= bound)
            return answer;
        room = room > bound / 2 ? bound : room * 2 < FIRST_GUESS ? FIRST_GUESS : room * 2;
        room = room > bound ? bound : room;
    }
}

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf *out = user;
    ens_buf_put(out, piece);
    return out->failed;
}

/* inflate_by_zlib judges, and explains, what was doubted. */
static ens_code inflate_by_zlib(ens_slice in, size_t max, ens_buf *out, ens_err *err)
{
    size_t size;
    ens_code code = ens__inflate_pieces(in, max, put_into, out, &size, err);
    return code != ENS_OK && out->failed == code ? ens_fail(err, code, RULE, "no room for the inflated bytes", 0)
                                                 : code;
}

ens_code ens__gzip_inflate(ens_gzip *z, ens_slice in, size_t max, ens_buf *out, ens_err *err)
{
    size_t bound = ens__gzip_bound(in, max), start = out->len, at = 0;
    if (in.len < ENS_GZIP_MIN)
        return ens_fail(err, ENS_ESYNTAX, RULE, "is too short for gzip", 0);
    while (at < in.len) {
        ens_slice rest = ens_from(in, at);
        size_t left = bound - (out->len - start), taken = 0, header = 0, guess = ens__gzip_guess(rest);
        header_answer begins = read_header(rest, &header);
        if (begins == HEADER_CRC)
            return ens_fail(err, ENS_ESYNTAX, "RFC 1952 2.3.1", "has a gzip header whose CRC is wrong", at);
        guess = guess < left ? guess : left < FIRST_GUESS ? left : FIRST_GUESS;
        ens_inflate_answer answer = begins == HEADER_DOUBT
                                        ? ENS_INFLATE_DOUBT
                                        : inflate_member(z, ens_from(rest, header), guess, left, out, &taken);
        if (answer == ENS_INFLATE_ROOM && !out->failed)
            return ens_fail(err, ENS_ELIMIT, "ICS2-HTI 4.2.6", "inflates to more than the limit", 0);
        if (answer == ENS_INFLATE_ROOM)
            return ens_fail(err, out->failed, RULE, "no room for the inflated bytes", 0);
        if (answer == ENS_INFLATE_DOUBT) {
            out->len = start;
            return inflate_by_zlib(in, max, out, err);
        }
        at += header + taken;
    }
    return ENS_OK;
}

#define INPUT_MAX ((size_t)1 << 30) /* bytes handed to zlib at once */
#define BARE_DEFLATE (-15)          /* the largest window, no wrapper */
#define WRONG "is not gzip, is cut short, or its CRC is wrong"

typedef enum { AT_MEMBER = 0, IN_MEMBER, AT_END, FAILED } place;

struct ens_inflater {
    z_stream z;
    ens_slice left; /* of the input, behind what zlib has */
    ens_digest *digest;
    size_t bound, total; /* bytes of all contents: at most, so far */
    uint32_t crc, size;  /* of the member's contents so far */
    place at;
    ens_frame why;                    /* it failed */
    uint8_t input[ENS_INFLATE_PIECE]; /* what is hashed before it is read */
};

ens_inflater *ens__inflater_open(ens_slice in, size_t max, ens_digest *digest)
{
    ens_inflater *f = calloc(1, sizeof *f);
    ens__heap_note();
    if (!f || inflateInit2(&f->z, BARE_DEFLATE) != Z_OK) {
        free(f);
        return NULL;
    }
    f->left = in;
    f->digest = digest;
    f->bound = ens__gzip_bound(in, max);
    if (in.len < ENS_GZIP_MIN) {
        f->at = FAILED;
        f->why = (ens_frame){ENS_ESYNTAX, RULE, "is too short for gzip", 0};
    }
    return f;
}

void ens__inflater_close(ens_inflater *f)
{
    if (!f)
        return;
    inflateEnd(&f->z);
    free(f);
}

static void fail(ens_inflater *f, ens_code code, const char *rule, const char *what)
{
    f->at = FAILED;
    f->why = (ens_frame){code, rule, what, 0};
}

/* supply has zlib see the next piece of the input where it has seen all before. False: there is none. */
static bool supply(ens_inflater *f)
{
    if (f->z.avail_in)
        return true;
    size_t max = f->digest ? sizeof f->input : INPUT_MAX, n = f->left.len < max ? f->left.len : max;
    f->z.next_in = (Bytef *)(uintptr_t)f->left.p;
    if (f->digest && n) {
        memcpy(f->input, f->left.p, n);
        ens__digest_add(f->digest, ens_bytes(f->input, n));
        f->z.next_in = f->input;
    }
    f->z.avail_in = (uInt)n;
    f->left = ens_from(f->left, n);
    return n != 0;
}

/* take_octet takes one octet of a header or a trailer, and adds it to the CRC. */
static bool take_octet(ens_inflater *f, uint8_t *octet)
{
    if (!supply(f))
        return false;
    *octet = *f->z.next_in++;
    f->z.avail_in--;
    f->crc = libdeflate_crc32(f->crc, octet, 1);
    return true;
}

static bool take_number(ens_inflater *f, unsigned octets, uint32_t *number)
{
    uint8_t octet = 0;
    *number = 0;
    for (unsigned i = 0; i < octets; i++) {
        if (!take_octet(f, &octet))
            return false;
        *number |= (uint32_t)octet << 8 * i;
    }
    return true;
}

/* pass_text passes over a text and the NUL behind it. */
static bool pass_text(ens_inflater *f)
{
    uint8_t octet;
    do
        if (!take_octet(f, &octet))
            return false;
    while (octet);
    return true;
}

/* take_header reads the header of a member (RFC 1952, 2.3). False: it is none, or its CRC is wrong. */
static bool take_header(ens_inflater *f)
{
    uint32_t magic, flags, rest, len = 0, crc;
    uint8_t octet;
    f->crc = 0;
    if (!take_number(f, 3, &magic) || magic != 0x088B1F || !take_number(f, 1, &flags) || flags & RESERVED ||
        !take_number(f, 4, &rest) || !take_number(f, 2, &rest) || (flags & HAS_EXTRA && !take_number(f, 2, &len)))
        return false;
    for (; len; len--)
        if (!take_octet(f, &octet))
            return false;
    if ((flags & HAS_NAME && !pass_text(f)) || (flags & HAS_COMMENT && !pass_text(f)))
        return false;
    uint32_t made = f->crc & 0xFFFF;
    return !(flags & HAS_CRC) || (take_number(f, 2, &crc) && crc == made);
}

/* begin_member begins the next one, or is at the end. */
static void begin_member(ens_inflater *f)
{
    if (!supply(f)) {
        f->at = AT_END;
        return;
    }
    if (!take_header(f) || inflateReset(&f->z) != Z_OK) {
        fail(f, ENS_ESYNTAX, RULE, WRONG);
        return;
    }
    f->at = IN_MEMBER;
    f->crc = f->size = 0;
}

/* end_member holds the trailer against what was inflated. */
static void end_member(ens_inflater *f)
{
    uint32_t made = f->crc, crc, size;
    if (take_number(f, 4, &crc) && take_number(f, 4, &size) && crc == made && size == f->size)
        f->at = AT_MEMBER;
    else
        fail(f, ENS_ESYNTAX, RULE, WRONG);
}

/* inflate_on inflates what there is room and input for. */
static void inflate_on(ens_inflater *f)
{
    const uint8_t *from = f->z.next_out;
    supply(f);
    int result = inflate(&f->z, Z_NO_FLUSH); /* without input: Z_BUF_ERROR */
    size_t n = (size_t)(f->z.next_out - from);
    f->crc = libdeflate_crc32(f->crc, from, n);
    f->size += (uint32_t)n;
    if (result == Z_STREAM_END)
        end_member(f);
    else if (result == Z_MEM_ERROR)
        fail(f, ENS_ENOMEM, NULL, "out of memory while inflating");
    else if (result != Z_OK)
        fail(f, ENS_ESYNTAX, RULE, WRONG);
}

ens_code ens__inflater_next(ens_inflater *f, uint8_t *to, size_t room, size_t *num, ens_err *err)
{
    size_t left = f->bound - f->total;
    room = room <= left ? room : left + 1; /* one byte too many is enough */
    f->z.next_out = to;
    f->z.avail_out = (uInt)(room < INPUT_MAX ? room : INPUT_MAX);
    while (f->z.avail_out && f->at < AT_END) {
        if (f->at == AT_MEMBER)
            begin_member(f);
        else
            inflate_on(f);
    }
    size_t n = (size_t)(f->z.next_out - to);
    if (f->at != FAILED && n > left)
        fail(f, ENS_ELIMIT, "ICS2-HTI 4.2.6", "inflates to more than the limit");
    if (f->at == FAILED)
        return ens_fail(err, f->why.code, f->why.rule, f->why.what, 0);
    f->total += n;
    *num = n;
    return ENS_OK;
}

ens_code ens__inflate_hashed(ens_slice in, size_t max, ens_digest *digest, ens_sink put, void *user, size_t *size,
                             ens_err *err)
{
    ens_inflater *f = ens__inflater_open(in, max, digest);
    uint8_t *piece = malloc(ENS_INFLATE_PIECE);
    size_t n = ENS_INFLATE_PIECE, total = 0;
    ens_code code = f && piece ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
    while (code == ENS_OK && n == ENS_INFLATE_PIECE) {
        code = ens__inflater_next(f, piece, ENS_INFLATE_PIECE, &n, err);
        if (code != ENS_OK || !n)
            break;
        total += n;
        code = put(user, ens_bytes(piece, n));
    }
    ens__inflater_close(f);
    free(piece);
    if (code == ENS_OK)
        *size = total;
    return code;
}

ens_code ens__inflate_pieces(ens_slice in, size_t max, ens_sink put, void *user, size_t *size, ens_err *err)
{
    return ens__inflate_hashed(in, max, NULL, put, user, size, err);
}

#define ZLIB_OR_GZIP (15 + 32) /* the largest window, the wrapper told by its first bytes */

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
