#include "engine/xml/scan/scan_index.h"

#define ENTRY(c)                                                                                                       \
    (uint8_t)(((c) == '<' || (c) == '>' || (c) == '&' || (c) == '\r' ? ENS_SCAN_MARK : 0) |                            \
              (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= '0' && (c) <= '9') || (c) == '_' || \
                       (c) == '-' || (c) == '.'                                                                        \
                   ? 0                                                                                                 \
                   : ENS_SCAN_NOT_NAME) |                                                                              \
              ((c) == '"' || (c) == '\'' || (c) == '<' || (c) == '>' || (c) == '&' || (c) == '\t' || (c) == '\r' ||    \
                       (c) == '\n'                                                                                     \
                   ? ENS_SCAN_NOT_VALUE                                                                                \
                   : 0) |                                                                                              \
              ((c) >= 0x80 || ((c) < 0x20 && (c) != '\t' && (c) != '\r' && (c) != '\n') ? ENS_SCAN_ODD : 0))
#define ENTRIES4(c) ENTRY(c), ENTRY((c) + 1), ENTRY((c) + 2), ENTRY((c) + 3)
#define ENTRIES16(c) ENTRIES4(c), ENTRIES4((c) + 4), ENTRIES4((c) + 8), ENTRIES4((c) + 12)
#define ENTRIES64(c) ENTRIES16(c), ENTRIES16((c) + 16), ENTRIES16((c) + 32), ENTRIES16((c) + 48)

const uint8_t ens__scan_class[256] = {ENTRIES64(0), ENTRIES64(64), ENTRIES64(128), ENTRIES64(192)};

/* write_marks writes the positions of the bits of a word. */
static inline uint32_t *write_marks(uint32_t *to, uint64_t bits, uint32_t at)
{
    for (; bits; bits &= bits - 1)
        *to++ = at + (uint32_t)__builtin_ctzll(bits);
    return to;
}

/* plane gathers one bit of each of eight bytes. */
static inline uint64_t plane(uint64_t classes, unsigned bit)
{
    return ((classes / bit & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

size_t ens__scan_index_portable(const uint8_t *p, size_t num, uint32_t at, const ens_scan_maps *maps, bool *any_odd)
{
    uint32_t *mark = maps->mark;
    uint64_t seen = 0;
    for (size_t b = 0; b < num; b++, at += ENS_SCAN_BLOCK) {
        uint64_t marks = 0, names = 0, values = 0, odd = 0;
        for (unsigned shift = 0; shift < ENS_SCAN_BLOCK; shift += 8, p += 8) {
            uint64_t classes = 0;
            for (unsigned k = 0; k < 8; k++)
                classes |= (uint64_t)ens__scan_class[p[k]] << 8 * k;
            marks |= plane(classes, ENS_SCAN_MARK) << shift;
            names |= plane(classes, ENS_SCAN_NOT_NAME) << shift;
            values |= plane(classes, ENS_SCAN_NOT_VALUE) << shift;
            odd |= plane(classes, ENS_SCAN_ODD) << shift;
        }
        maps->not_name[b] = names;
        maps->not_value[b] = values;
        maps->odd[b] = odd;
        seen |= odd;
        mark = write_marks(mark, marks, at);
    }
    *any_odd = seen != 0;
    return (size_t)(mark - maps->mark);
}

ens__scan_index *ens__scan_index_nth(unsigned n)
{
#ifdef ENS_SCAN_X86
    bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi") &&
                  __builtin_cpu_supports("avx512vbmi2");
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    if (avx512 && n-- == 0)
        return ens__scan_index_avx512;
    if (avx2 && n-- == 0)
        return ens__scan_index_avx2;
    if (n-- == 0)
        return ens__scan_index_sse2;
#endif
    return n == 0 ? ens__scan_index_portable : NULL;
}

/* The index functions that x86-64 has instructions for: see scan_index.h. */
#ifdef ENS_SCAN_X86

#include <immintrin.h>

typedef struct {
    uint64_t marks, values, names, odd;
} block;

/* write_marks_by_eight writes eight positions at a time, most of the time once; what is too much is written over. */
static inline uint32_t *write_marks_by_eight(uint32_t *to, uint64_t bits, uint32_t at)
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
