#include "engine/base/gzip.h"
#include "engine/base/igzip.h"
#include "tests/suite.h"

#include <stdlib.h>
#include <zlib.h>

static void same_bytes_come_back(void)
{
    ens_gzip *z = ens__gzip_new();
    ens_buf once, twice, back;
    ens_buf_init(&once, NULL, 0, 1 << 20), ens_buf_init(&twice, NULL, 0, 1 << 20),
        ens_buf_init(&back, NULL, 0, 1 << 20);
    CU_ASSERT_EQUAL(ens__gzip_compress(z, ENS_LIT("hello hello hello"), &once, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__gzip_compress(z, ENS_LIT("hello hello hello"), &twice, NULL), ENS_OK);
    CU_ASSERT_TRUE(ens_eq(ens_buf_slice(&once), ens_buf_slice(&twice)));
    CU_ASSERT_EQUAL(once.p[4] | once.p[5] | once.p[6] | once.p[7], 0);
    ens_buf_put(&once, ens_buf_slice(&twice));
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&once), ENS_INFLATE_MAX, &back, NULL), ENS_OK);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&back), "hello hello hellohello hello hello"));
    ens_buf_free(&once), ens_buf_free(&twice), ens_buf_free(&back);
    ens__gzip_free(z);
}

/* fill makes octets that compress well, hardly, or not at all. */
static void fill(uint8_t *p, size_t len, unsigned kind)
{
    static const char text[] = "<Consignment><sequenceNumber>17</sequenceNumber><grossMass>8</grossMass></Consignment>";
    uint32_t state = 20261128;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        p[i] = kind == 0   ? 0
               : kind == 1 ? (uint8_t)text[(i + (state >> 28)) % (sizeof text - 1)]
                           : (uint8_t)(state >> 24);
    }
}

static ens_code same(void *of, ens_slice piece)
{
    ens_slice *rest = of;
    bool good = piece.len <= rest->len && memcmp(piece.p, rest->p, piece.len) == 0;
    *rest = ens_from(*rest, piece.len);
    return good ? ENS_OK : ENS_EPOLICY;
}

/* Whoever compresses large parts: libdeflate and zlib give back what went in, from members that tell nothing else. */
static void large_bytes_come_back(void)
{
    static const size_t lens[] = {8191, 8192, 8193, 12288, 65535, 65536, 65537, 300000, 1 << 20};
    enum { KINDS = 3, LONGEST = 1 << 20 };
    ens_gzip *z = ens__gzip_new();
    uint8_t *in = malloc(LONGEST);
    ens_buf packed, back;
    ens_buf_init(&packed, NULL, 0, SIZE_MAX), ens_buf_init(&back, NULL, 0, SIZE_MAX);
    for (unsigned i = 0; i < KINDS * sizeof lens / sizeof *lens; i++) {
        size_t len = lens[i / KINDS], size = 0;
        fill(in, len, i % KINDS);
        packed.len = back.len = 0;
        CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(in, len), &packed, NULL), ENS_OK);
        CHECK_ROW(memcmp(packed.p, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0 && packed.p[9] == 0xFF, "the header of %zu", len);
        CHECK_ROW(packed.len <= len + len / 100 + 64, "%zu octets have become %zu", len, packed.len);
        ens_code code = ens__gzip_inflate(z, ens_buf_slice(&packed), ENS_INFLATE_MAX, &back, NULL);
        CHECK_ROW(code == ENS_OK && ens_eq(ens_buf_slice(&back), ens_bytes(in, len)), "%zu of kind %u", len, i % KINDS);
        ens_slice rest = ens_bytes(in, len);
        CHECK_ROW(ens__inflate_pieces(ens_buf_slice(&packed), ENS_INFLATE_MAX, same, &rest, &size, NULL) == ENS_OK &&
                      size == len && !rest.len,
                  "%zu of kind %u by zlib", len, i % KINDS);
    }
    ens_buf_free(&packed), ens_buf_free(&back);
    ens__gzip_free(z);
    free(in);
}

/* What has no room is no member; what has just enough of it is one. */
static void isal_wants_room(void)
{
    enum { LEN = 20000 };
    static uint8_t in[LEN], out[LEN + 1024];
    ens_igzip *z = ens__igzip_new();
    if (!z) {
        ens_skip("there is no ISA-L here");
        return;
    }
    size_t len = 0, made;
    fill(in, LEN, 1);
    ens__igzip_begin(z);
    CU_ASSERT(ens__igzip_add(z, ens_bytes(in, LEN), true, out, sizeof out, &len));
    CU_ASSERT(len > ENS_GZIP_MIN && len < LEN);
    for (size_t room = 0; room <= len; room += room + 98 > len ? 1 : 97) {
        ens__igzip_begin(z);
        CU_ASSERT_EQUAL(ens__igzip_add(z, ens_bytes(in, LEN), true, out, room, &made), room == len);
    }
    fill(in, LEN, 2);
    ens__igzip_begin(z);
    CU_ASSERT_FALSE(ens__igzip_add(z, ens_bytes(in, LEN), true, out, LEN, &made));
    ens__igzip_free(z);
}

static void refuses_damage_and_bombs(void)
{
    ens_gzip *z = ens__gzip_new();
    ens_buf good, out;
    ens_buf_init(&good, NULL, 0, SIZE_MAX), ens_buf_init(&out, NULL, 0, SIZE_MAX);
    size_t size = (size_t)32 << 20;
    uint8_t *zeros = calloc(1, size);
    CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(zeros, size), &good, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), ENS_INFLATE_MAX, &out, NULL), ENS_ELIMIT);
    free(zeros);
    good.len = 0;
    CU_ASSERT_EQUAL(ens__gzip_compress(z, ENS_LIT("some text"), &good, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), 4, &out, NULL), ENS_ELIMIT);
    for (size_t cut = 0; cut < good.len; cut++)
        CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_sub(ens_buf_slice(&good), 0, cut), ENS_INFLATE_MAX, &out, NULL),
                        ENS_ESYNTAX);
    good.p[good.len - 6] ^= 1;
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), ENS_INFLATE_MAX, &out, NULL), ENS_ESYNTAX);
    good.p[good.len - 6] ^= 1;
    ens_buf_text(&good, "tail");
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), ENS_INFLATE_MAX, &out, NULL), ENS_ESYNTAX);
    ens_buf_free(&good), ens_buf_free(&out);
    ens__gzip_free(z);
}

/* checks_headers packs "hello" with a name and the CRC of the header, and then with another CRC. */
static void checks_headers(void)
{
    static const char head[] = "\x1f\x8b\x08\x0a\0\0\0\0\0\xffname";
    ens_gzip *z = ens__gzip_new();
    ens_buf plain, named, out;
    ens_buf_init(&plain, NULL, 0, 1 << 16), ens_buf_init(&named, NULL, 0, 1 << 16),
        ens_buf_init(&out, NULL, 0, 1 << 16);
    CU_ASSERT_EQUAL(ens__gzip_compress(z, ENS_LIT("hello"), &plain, NULL), ENS_OK);
    uLong crc = crc32(0, (const Bytef *)head, sizeof head);
    uint8_t trailer[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};
    ens_buf_put(&named, ens_bytes(head, sizeof head));
    ens_buf_put(&named, ens_bytes(trailer, 2));
    ens_buf_put(&named, ens_from(ens_buf_slice(&plain), 10));
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&named), ENS_INFLATE_MAX, &out, NULL), ENS_OK);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&out), "hello"));
    named.p[sizeof head] ^= 1;
    ens_err err = {0};
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&named), ENS_INFLATE_MAX, &out, &err), ENS_ESYNTAX);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.frame[0].what, "header"));
    for (size_t cut = 0; cut < named.len; cut++)
        CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_sub(ens_buf_slice(&named), 0, cut), ENS_INFLATE_MAX, &out, NULL),
                        ENS_ESYNTAX);
    ens_buf_free(&plain), ens_buf_free(&named), ens_buf_free(&out);
    ens__gzip_free(z);
}

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ens_buf_done(user, NULL);
}

static void pieces_are_the_same_as_the_whole(void)
{
    ens_gzip *z = ens__gzip_new();
    uint8_t *text = malloc(3 * ENS_INFLATE_PIECE);
    for (size_t i = 0; i < 3 * ENS_INFLATE_PIECE; i++)
        text[i] = (uint8_t)(i * i >> 5);
    for (size_t len = ENS_INFLATE_PIECE - 1; len <= 2 * ENS_INFLATE_PIECE + 1;
         len += len == ENS_INFLATE_PIECE + 1 ? ENS_INFLATE_PIECE - 2 : 1) {
        ens_buf packed, back;
        size_t size = 0;
        ens_buf_init(&packed, NULL, 0, SIZE_MAX), ens_buf_init(&back, NULL, 0, 2 * len);
        CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(text, len), &packed, NULL), ENS_OK);
        CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(text, len), &packed, NULL), ENS_OK);
        ens_slice in = ens_buf_slice(&packed);
        CU_ASSERT_EQUAL(ens__inflate_pieces(in, 2 * len, put_into, &back, &size, NULL), ENS_OK);
        CU_ASSERT_TRUE(size == 2 * len && back.len == size && memcmp(back.p, text, len) == 0 &&
                       memcmp(back.p + len, text, len) == 0);
        CU_ASSERT_EQUAL(ens__inflate_pieces(in, 2 * len - 1, put_into, &back, &size, NULL), ENS_ELIMIT);
        back.len = 0, back.failed = ENS_OK;
        CU_ASSERT_EQUAL(ens__inflate_pieces(ens_sub(in, 0, in.len - 1), 2 * len, put_into, &back, &size, NULL),
                        ENS_ESYNTAX);
        back.limit = 1;
        CU_ASSERT_EQUAL(ens__inflate_pieces(in, 2 * len, put_into, &back, &size, NULL), ENS_ELIMIT);
        ens_buf_free(&packed), ens_buf_free(&back);
    }
    free(text);
    ens__gzip_free(z);
}

/* What was passed, which is all of it, in order. */
typedef struct {
    const uint8_t *next;
    unsigned num;
    bool in_order;
} passed;

static void pass(void *user, ens_slice octets)
{
    passed *p = user;
    p->in_order = p->in_order && octets.p == p->next && octets.len;
    p->next = octets.p + octets.len;
    p->num++;
}

/* Octets with matches over the borders of pieces, and then ones that nothing makes smaller. */
static void large_ones_are_compressed_in_pieces(void)
{
    const size_t len = ENS_GZIP_PIECES_FROM + 12345;
    uint8_t *in = malloc(len);
    for (unsigned kind = 1; kind <= 2; kind++) {
        fill(in, len, kind);
        for (unsigned level = 0; level <= 1; level++) {
            ens_gzip *z = ens__gzip_new();
            ens_buf once, twice, back;
            ens_buf_init(&once, NULL, 0, SIZE_MAX), ens_buf_init(&twice, NULL, 0, SIZE_MAX);
            ens_buf_init(&back, NULL, 0, SIZE_MAX);
            passed p = {in, 0, true};
            ens__gzip_level(z, level);
            CU_ASSERT_EQUAL(ens__gzip_compress_passing(z, ens_bytes(in, len), pass, &p, &once, NULL), ENS_OK);
            CU_ASSERT_TRUE(p.in_order && p.next == in + len && p.num == (level ? 1 : 17));
            CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(in, len), &twice, NULL), ENS_OK);
            CU_ASSERT_TRUE(ens_eq(ens_buf_slice(&once), ens_buf_slice(&twice)) && once.p[9] == 255);
            CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&once), ENS_INFLATE_MAX, &back, NULL), ENS_OK);
            CU_ASSERT_TRUE(ens_eq(ens_buf_slice(&back), ens_bytes(in, len)));
            once.len = 0, once.failed = ENS_OK, once.limit = ENS_GZIP_MIN + 100, once.cap = once.limit;
            CU_ASSERT_EQUAL(ens__gzip_compress(z, ens_bytes(in, len), &once, NULL), ENS_ELIMIT);
            ens_buf_free(&once), ens_buf_free(&twice), ens_buf_free(&back);
            ens__gzip_free(z);
        }
    }
    free(in);
}

static const ens_case cases[] = {
    {"the same bytes come back, deterministically, from several members", same_bytes_come_back},
    {"large bytes come back, by every library that inflates", large_bytes_come_back},
    {"ISA-L wants room for the whole member", isal_wants_room},
    {"refuses damage, bombs and trailing bytes", refuses_damage_and_bombs},
    {"checks the CRC of a header", checks_headers},
    {"pieces are the same as the whole", pieces_are_the_same_as_the_whole},
    {"large ones are compressed in pieces, the same each time", large_ones_are_compressed_in_pieces},
    {NULL, NULL},
};
ENS_SUITE("engine/gzip", cases)
