#include "engine/base/crc32.h"
#include "engine/base/gzip.h"
#include "engine/base/inflate.h"
#include "tests/fuzz/deflate_maker.h"
#include "tests/suite.h"

#include <libdeflate.h>
#include <stdlib.h>

#define FILES_MAX 20000u
#define OF_EACH 8u /* files with each fault, at least */

static bool all_seen(const unsigned seen[DEFLATE_NUM_FAULTS])
{
    for (unsigned i = 0; i < DEFLATE_NUM_FAULTS; i++)
        if (seen[i] < OF_EACH)
            return false;
    return true;
}

static void takes_what_is_sound_and_no_file_with_a_fault(void)
{
    ens_gzip *z = ens__gzip_new();
    ens_buf gzip, plain, out;
    unsigned seen[DEFLATE_NUM_FAULTS] = {0};
    size_t first;
    ens_buf_init(&gzip, NULL, 0, SIZE_MAX), ens_buf_init(&plain, NULL, 0, SIZE_MAX);
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    for (uint32_t i = 0; i < FILES_MAX && !all_seen(seen); i++) {
        gzip.len = plain.len = out.len = 0;
        deflate_fault fault = deflate_make((const uint8_t *)&i, sizeof i, &gzip, &plain, &first);
        bool taken = ens__gzip_inflate(z, ens_buf_slice(&gzip), ENS_INFLATE_MAX, &out, NULL) == ENS_OK;
        seen[fault]++;
        if (fault == DEFLATE_NONE)
            CHECK_ROW(taken && ens_eq(ens_buf_slice(&out), ens_buf_slice(&plain)), "file %u is sound", i);
        else
            CHECK_ROW(fault == DEFLATE_FLIP || !taken, "file %u: %s", i, deflate_fault_text(fault));
    }
    CU_ASSERT_TRUE(all_seen(seen));
    ens_buf_free(&gzip), ens_buf_free(&plain), ens_buf_free(&out);
    ens__gzip_free(z);
}

/* decides_itself: what every compressor writes isn't left to zlib, from whose rows the floor is far. */
static void decides_itself_about_what_compressors_write(void)
{
    enum { LEN = 300000 };
    uint8_t *text = malloc(LEN), *back = malloc(LEN + ENS_INFLATE_SCRATCH);
    size_t bound = libdeflate_deflate_compress_bound(NULL, LEN), taken, made;
    uint8_t *packed = malloc(bound);
    ens_inflate *z = ens__inflate_new();
    for (size_t i = 0, run = 0; i < LEN; i++) {
        run = run ? run - 1 : i * 2654435761u >> 7 & 63;
        text[i] = (uint8_t)(i > 5000 && run ? text[i - 4321] : i * i >> 3);
    }
    for (int level = 0; level <= 12; level++) {
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
        size_t len = level % 2 ? LEN : 3000 * (size_t)level,
               n = libdeflate_deflate_compress(c, text, len, packed, bound);
        for (unsigned scratch = 0; scratch < 2; scratch++) {
            const ens_inflate_space space = {back, len, scratch * ENS_INFLATE_SCRATCH};
            CHECK_ROW(ens__inflate_stream(z, ens_bytes(packed, n), &space, &taken, &made) == ENS_INFLATE_DONE &&
                          taken == n && made == len && memcmp(back, text, len) == 0,
                      "level %d", level);
        }
        libdeflate_free_compressor(c);
    }
    ens__inflate_free(z);
    free(text), free(back), free(packed);
}

static void the_crc_is_that_of_libdeflate(void)
{
    enum { LEN = 5000 };
    uint8_t text[LEN];
    for (unsigned i = 0; i < LEN; i++)
        text[i] = (uint8_t)(i * 2654435761u >> 11);
    for (unsigned start = 0; start < 70; start++)
        for (unsigned len = 0; start + len <= LEN; len += len < 1100 ? 1 : 173)
            CHECK_ROW(ens__crc32(ens_bytes(text + start, len)) == libdeflate_crc32(0, text + start, len),
                      "%u octets from %u", len, start);
    CU_ASSERT_EQUAL(ens__crc32(ENS_LIT("123456789")), 0xCBF43926);
}

static const ens_case cases[] = {
    {"takes what is sound, and no file with a fault that lax readers pass over",
     takes_what_is_sound_and_no_file_with_a_fault},
    {"decides itself about what compressors write", decides_itself_about_what_compressors_write},
    {"the CRC is that of libdeflate", the_crc_is_that_of_libdeflate},
    {NULL, NULL},
};
ENS_SUITE("engine/inflate", cases)
