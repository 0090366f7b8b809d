/* The index functions that x86-64 has instructions for: see scan_index.h. */
#include "engine/xml/scan/scan_index.h"

#ifdef ENS_SCAN_X86

#include <immintrin.h>

typedef struct {
    uint64_t marks, values, names, odd;
} block;

/* write_marks writes eight positions at a time, most of the time once; what is too much is written over. */
static inline uint32_t *write_marks(uint32_t *to, uint64_t bits, uint32_t at)
{
    unsigned num = (unsigned)__builtin_popcountll(bits);
    for (unsigned done = 0; done < num; done += 8) {
        for (unsigned i = 0; i < 8; i++, bits &= bits - 1)
            to[done + i] = at + (uint32_t)__builtin_ctzll(bits | (uint64_t)1 << 63);
    }
    return to + num;
}

#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)

#define NAME ens__scan_index_sse2
#define TARGET
#define VECTOR __m128i
#define WIDTH 16
#define LOAD(p) _mm_loadu_si128((const __m128i *)(const void *)(p))
#define SET(c) _mm_set1_epi8(c)
#define EQUAL(a, b) _mm_cmpeq_epi8(a, b)
#define OR(a, b) _mm_or_si128(a, b)
#define BUT_NOT(a, b) _mm_andnot_si128(b, a)
#define SUBTRACT(a, b) _mm_sub_epi8(a, b)
#define LEAST(a, b) _mm_min_epu8(a, b)
#define BITS(v) ((uint64_t)(uint32_t)_mm_movemask_epi8(v))
#include "engine/xml/scan/scan_index_block.h"
#undef NAME
#undef TARGET
#undef VECTOR
#undef WIDTH
#undef LOAD
#undef SET
#undef EQUAL
#undef OR
#undef BUT_NOT
#undef SUBTRACT
#undef LEAST
#undef BITS

#define NAME ens__scan_index_avx2
#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define VECTOR __m256i
#define WIDTH 32
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define SET(c) _mm256_set1_epi8(c)
#define EQUAL(a, b) _mm256_cmpeq_epi8(a, b)
#define OR(a, b) _mm256_or_si256(a, b)
#define BUT_NOT(a, b) _mm256_andnot_si256(b, a)
#define SUBTRACT(a, b) _mm256_sub_epi8(a, b)
#define LEAST(a, b) _mm256_min_epu8(a, b)
#define BITS(v) ((uint64_t)(uint32_t)_mm256_movemask_epi8(v))
#include "engine/xml/scan/scan_index_block.h"

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,bmi,bmi2,popcnt")))

/* write_marks_avx512 picks the positions out of the block by one instruction. */
AVX512 static inline uint32_t *write_marks_avx512(uint32_t *to, uint64_t bits, uint32_t at, __m512i positions)
{
    unsigned num = (unsigned)__builtin_popcountll(bits);
    __m512i picked = _mm512_maskz_compress_epi8(bits, positions), start = _mm512_set1_epi32((int)at);
    for (unsigned done = 0;; done += 16) {
        _mm512_storeu_si512(to + done, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(picked))));
        if (done + 16 >= num)
            return to + num;
        picked = _mm512_alignr_epi64(picked, picked, 2);
    }
}

/* One table of 128 bytes, looked up in 64 places at once, classes them all. */
AVX512 size_t ens__scan_index_avx512(const uint8_t *p, size_t num, uint32_t at, const ens_scan_maps *maps,
                                     bool *any_odd)
{
    const __m512i low = _mm512_loadu_si512(ens__scan_class), high = _mm512_loadu_si512(ens__scan_class + 64);
    const __m512i mark_bit = _mm512_set1_epi8(ENS_SCAN_MARK), name_bit = _mm512_set1_epi8(ENS_SCAN_NOT_NAME);
    const __m512i value_bit = _mm512_set1_epi8(ENS_SCAN_NOT_VALUE), odd_bit = _mm512_set1_epi8(ENS_SCAN_ODD);
    uint8_t counted[64];
    for (unsigned i = 0; i < sizeof counted; i++)
        counted[i] = (uint8_t)i;
    const __m512i positions = _mm512_loadu_si512(counted);
    uint32_t *mark = maps->mark;
    uint64_t seen = 0;
    for (size_t i = 0; i < num; i++, p += ENS_SCAN_BLOCK, at += ENS_SCAN_BLOCK) {
        __m512i v = _mm512_loadu_si512(p), class = _mm512_permutex2var_epi8(low, v, high);
        uint64_t beyond = _mm512_movepi8_mask(v), odd = _mm512_test_epi8_mask(class, odd_bit) | beyond;
        maps->not_name[i] = _mm512_test_epi8_mask(class, name_bit) | beyond;
        maps->not_value[i] = _mm512_test_epi8_mask(class, value_bit) & ~beyond;
        maps->odd[i] = odd;
        seen |= odd;
        mark = write_marks_avx512(mark, _mm512_test_epi8_mask(class, mark_bit) & ~beyond, at, positions);
    }
    *any_odd = seen != 0;
    return (size_t)(mark - maps->mark);
}

#endif
