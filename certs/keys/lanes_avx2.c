#include "certs/keys/lanes_math.h"

#ifdef ENS_LANES_X86

#include <immintrin.h>

#define LANES 4u
#define AVX2 __attribute__((target("avx2")))

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

/* A product of two digits, which have 28 bits at most: the instruction reads 32 of each. */
#define PRODUCT(a, b) _mm256_mul_epu32(a, b)
#define ADD(a, b) _mm256_add_epi64(a, b)

/* What makes the lowest digit of a sum 0: the multiple of n. */
AVX2 static inline __m256i multiple_of(__m256i lowest, __m256i inverse, __m256i mask)
{
    return _mm256_and_si256(PRODUCT(lowest, inverse), mask);
}

/* add_rows adds two digits of a times b, and the multiples of n that make the two lowest digits of the sum 0, and drops
 * those: what they carry is added to the next. A digit of the sum stays for as many rows as there are digits, and gets
 * two products in each: 2 * 112 * 2 ^ 56 and 2 * 154 * 2 ^ 54 are below 2 ^ 64 with what is carried. */
AVX2 static inline void add_rows(__m256i *sum, const __m256i *a, const __m256i *b, const __m256i *n, __m256i inverse,
                                 unsigned digits, unsigned width)
{
    const __m256i mask = _mm256_set1_epi64x((1LL << width) - 1), a0 = a[0], a1 = a[1];
    const __m128i shift = _mm_cvtsi32_si128((int)width);
    __m256i low = ADD(sum[0], PRODUCT(a0, b[0]));
    __m256i m0 = multiple_of(low, inverse, mask);
    __m256i carried = _mm256_srl_epi64(ADD(low, PRODUCT(m0, n[0])), shift);
    low = ADD(ADD(sum[1], carried), ADD(PRODUCT(a0, b[1]), PRODUCT(a1, b[0])));
    low = ADD(low, PRODUCT(m0, n[1]));
    __m256i m1 = multiple_of(low, inverse, mask);
    carried = _mm256_srl_epi64(ADD(low, PRODUCT(m1, n[0])), shift);
    for (unsigned i = 2; i < digits; i++) {
        __m256i s = ADD(PRODUCT(a0, b[i]), PRODUCT(a1, b[i - 1]));
        __m256i t = ADD(PRODUCT(m0, n[i]), PRODUCT(m1, n[i - 1]));
        sum[i - 2] = ADD(ADD(sum[i], carried), ADD(s, t));
        carried = _mm256_setzero_si256();
    }
    sum[digits - 2] = ADD(PRODUCT(a1, b[digits - 1]), PRODUCT(m1, n[digits - 1]));
    sum[digits - 1] = _mm256_setzero_si256();
}

AVX2 static void multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *n,
                          const uint64_t *inverse, unsigned digits, unsigned width)
{
    const __m256i *va = (const void *)a, *vb = (const void *)b, *vn = (const void *)n;
    __m256i sum[ENS_LANES_DIGITS], *to = (void *)out, carry = _mm256_setzero_si256();
    const __m256i mask = _mm256_set1_epi64x((1LL << width) - 1), i0 = _mm256_load_si256((const void *)inverse);
    const __m128i shift = _mm_cvtsi32_si128((int)width);
    for (unsigned i = 0; i < digits; i++)
        sum[i] = carry;
    for (unsigned i = 0; i < digits; i += 2)
        add_rows(sum, va + i, vb, vn, i0, digits, width);
    for (unsigned i = 0; i < digits; i++) {
        carry = ADD(carry, sum[i]);
        to[i] = _mm256_and_si256(carry, mask);
        carry = _mm256_srl_epi64(carry, shift);
    }
}

/* Numbers of digits are even. Digits of 4,096 bits have 27: sums of more products have to fit. */
const ens__lanes_kernel ens__lanes_avx2 = {"AVX2", usable, multiply,
                                           LANES,  3,      {{74, 28}, {112, 28}, {ENS_LANES_DIGITS, 27}}};

#endif
