#include "engine/base/gzip.h"
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

static const ens_case cases[] = {
    {"the same bytes come back, deterministically, from several members", same_bytes_come_back},
    {"refuses damage, bombs and trailing bytes", refuses_damage_and_bombs},
    {"checks the CRC of a header", checks_headers},
    {"pieces are the same as the whole", pieces_are_the_same_as_the_whole},
    {NULL, NULL},
};
ENS_SUITE("engine/gzip", cases)
