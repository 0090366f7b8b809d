#include "engine/gzip.h"
#include "tests/suite.h"

#include <stdlib.h>

static void same_bytes_come_back(void)
{
    ens_gzip *z = ens__gzip_new();
    ens_buf once, twice, back;
    ens_buf_init(&once, NULL, 0, 1 << 20), ens_buf_init(&twice, NULL, 0, 1 << 20), ens_buf_init(&back, NULL, 0, 1 << 20);
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
        CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_sub(ens_buf_slice(&good), 0, cut), ENS_INFLATE_MAX, &out, NULL), ENS_ESYNTAX);
    good.p[good.len - 6] ^= 1;
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), ENS_INFLATE_MAX, &out, NULL), ENS_ESYNTAX);
    good.p[good.len - 6] ^= 1;
    ens_buf_text(&good, "tail");
    CU_ASSERT_EQUAL(ens__gzip_inflate(z, ens_buf_slice(&good), ENS_INFLATE_MAX, &out, NULL), ENS_ESYNTAX);
    ens_buf_free(&good), ens_buf_free(&out);
    ens__gzip_free(z);
}

static const ens_case cases[] = {
    {"the same bytes come back, deterministically, from several members", same_bytes_come_back},
    {"refuses damage, bombs and trailing bytes", refuses_damage_and_bombs},
    {NULL, NULL},
};
ENS_SUITE("engine/gzip", cases)
