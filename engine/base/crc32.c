#include "engine/base/crc32.h"

#include <libdeflate.h>

#if defined(ENSIGN_SIMD) && defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

#define LANE 16u
#define NARROW (8 * LANE)         /* octets that are folded at once: four vectors of two lanes … */
#define WIDE (16 * LANE)          /* … or of four */
#define VPCLMULQDQ_BIT (1u << 10) /* of ECX, leaf 7 */
#define BY_LANES __attribute__((target("sse4.1,pclmul")))
#define BY_NARROW __attribute__((target("avx2,pclmul,vpclmulqdq")))
#define BY_WIDE __attribute__((target("avx512f,avx2,pclmul,vpclmulqdq")))

/* To fold is to multiply what was read by x^n, n the bits to where it is added, modulo the polynomial: the half that
 * comes first by x^(n + 32), the other by x^(n - 32), reflected. The remainder, in front of what follows, has the CRC
 * that all of it has.   Source  V. Gopal and others, Fast CRC Computation for Generic Polynomials, Intel 2009 */
#define FIRST_BY_LANE 0x1751997d0LL
#define SECOND_BY_LANE 0x0ccaa009eLL
#define FIRST_BY_NARROW 0x1e88ef372LL
#define SECOND_BY_NARROW 0x14a7fe880LL
#define FIRST_BY_WIDE 0x11542778aLL
#define SECOND_BY_WIDE 0x1322d1430LL

/* end_lanes folds one lane into the next, and leaves the last one and the rest to libdeflate, with a register of 0. */
BY_LANES static uint32_t end_lanes(const uint8_t *lanes, size_t num, ens_slice rest)
{
    const __m128i by = _mm_set_epi64x(SECOND_BY_LANE, FIRST_BY_LANE);
    uint8_t last[LANE];
    __m128i have = _mm_loadu_si128((const __m128i *)(const void *)lanes);
    for (size_t i = 1; i < num; i++) {
        __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(lanes + i * LANE));
        __m128i first = _mm_clmulepi64_si128(have, by, 0x00), second = _mm_clmulepi64_si128(have, by, 0x11);
        have = _mm_xor_si128(_mm_xor_si128(first, second), next);
    }
    _mm_storeu_si128((__m128i *)(void *)last, have);
    return libdeflate_crc32(libdeflate_crc32(UINT32_MAX, last, sizeof last), rest.p, rest.len);
}

BY_NARROW static uint32_t by_narrow(ens_slice octets)
{
    const __m256i by = _mm256_set_epi64x(SECOND_BY_NARROW, FIRST_BY_NARROW, SECOND_BY_NARROW, FIRST_BY_NARROW);
    __m256i have[4];
    uint8_t lanes[NARROW];
    for (unsigned i = 0; i < 4; i++)
        have[i] = _mm256_loadu_si256((const __m256i *)(const void *)(octets.p + 2 * LANE * i));
    have[0] = _mm256_xor_si256(have[0], _mm256_set_epi32(0, 0, 0, 0, 0, 0, 0, -1)); /* the register at first */
    for (octets = ens_from(octets, NARROW); octets.len >= NARROW; octets = ens_from(octets, NARROW))
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; i++) {
            __m256i next = _mm256_loadu_si256((const __m256i *)(const void *)(octets.p + 2 * LANE * i));
            __m256i first = _mm256_clmulepi64_epi128(have[i], by, 0x00);
            have[i] = _mm256_clmulepi64_epi128(have[i], by, 0x11);
            have[i] = _mm256_xor_si256(_mm256_xor_si256(first, have[i]), next);
        }
    for (unsigned i = 0; i < 4; i++)
        _mm256_storeu_si256((__m256i *)(void *)(lanes + 2 * LANE * i), have[i]);
    return end_lanes(lanes, NARROW / LANE, octets);
}

BY_WIDE static uint32_t by_wide(ens_slice octets)
{
    const __m512i by = _mm512_broadcast_i32x4(_mm_set_epi64x(SECOND_BY_WIDE, FIRST_BY_WIDE));
    __m512i have[4];
    uint8_t lanes[WIDE];
    for (unsigned i = 0; i < 4; i++)
        have[i] = _mm512_loadu_si512(octets.p + 4 * LANE * i);
    have[0] = _mm512_xor_si512(have[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128(-1))); /* the register at first */
    for (octets = ens_from(octets, WIDE); octets.len >= WIDE; octets = ens_from(octets, WIDE))
#pragma GCC unroll 4
        for (unsigned i = 0; i < 4; i++) {
            __m512i next = _mm512_loadu_si512(octets.p + 4 * LANE * i);
            __m512i first = _mm512_clmulepi64_epi128(have[i], by, 0x00);
            have[i] = _mm512_clmulepi64_epi128(have[i], by, 0x11);
            have[i] = _mm512_xor_si512(_mm512_xor_si512(first, have[i]), next);
        }
    for (unsigned i = 0; i < 4; i++)
        _mm512_storeu_si512(lanes + 4 * LANE * i, have[i]);
    return end_lanes(lanes, WIDE / LANE, octets);
}

#define TRIED 1200u /* octets: of every length up to this, both are asked before the vectors are believed */

typedef uint32_t sum(ens_slice octets);

static sum *usable;
static size_t least; /* octets that it wants */

static bool is_right(sum *by, size_t from)
{
    uint8_t text[TRIED];
    bool good = true;
    for (unsigned i = 0; i < TRIED; i++)
        text[i] = (uint8_t)(i * i * 181u + (i >> 3));
    for (size_t n = from; n < TRIED && good; n++)
        good = by(ens_bytes(text, n)) == libdeflate_crc32(0, text, n);
    return good;
}

static void choose(void)
{
    unsigned a, b, c = 0, d;
    bool have = __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & VPCLMULQDQ_BIT && __builtin_cpu_supports("pclmul") &&
                __builtin_cpu_supports("avx2");
    if (have && __builtin_cpu_supports("avx512f") && is_right(by_wide, WIDE)) {
        usable = by_wide;
        least = WIDE;
    } else if (have && is_right(by_narrow, NARROW)) {
        usable = by_narrow;
        least = NARROW;
    }
}

bool ens__crc32_by_vectors(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose);
    return usable != NULL;
}

uint32_t ens__crc32(ens_slice octets)
{
    return ens__crc32_by_vectors() && octets.len >= least ? usable(octets) : libdeflate_crc32(0, octets.p, octets.len);
}

#else

bool ens__crc32_by_vectors(void)
{
    return false;
}

uint32_t ens__crc32(ens_slice octets)
{
    return libdeflate_crc32(0, octets.p, octets.len);
}

#endif
