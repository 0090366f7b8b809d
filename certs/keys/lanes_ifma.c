#include "certs/keys/lanes_math.h"

#ifdef ENS_LANES_X86

#include <immintrin.h>

#define LANES 8u
#define WIDTH 52u
#define DIGITS_MAX 80u
#define IFMA __attribute__((target("avx512f,avx512ifma")))

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma");
}

/* The low and the high 52 bits of a product of digits, added to a sum. The instructions read 52 bits of each factor. */
#define ADD_LOW(sum, a, b) _mm512_madd52lo_epu64(sum, a, b)
#define ADD_HIGH(sum, a, b) _mm512_madd52hi_epu64(sum, a, b)

/* add_row adds one digit of a times b, and the multiple m of n that makes the lowest digit of the sum 0, and drops that
 * digit: what it carries is added to the next. A digit of the sum stays for as many rows as there are digits, and gets
 * four numbers below 2 ^ 52 in each: 4 * 80 * 2 ^ 52 is below 2 ^ 61. */
IFMA static inline void add_row(__m512i *sum, __m512i a, const __m512i *b, const __m512i *n, __m512i inverse,
                                unsigned digits)
{
    const __m512i zero = _mm512_setzero_si512();
    __m512i lowest = ADD_LOW(sum[0], a, b[0]);
    __m512i m = ADD_LOW(zero, lowest, inverse);
    lowest = ADD_LOW(lowest, m, n[0]);
    __m512i carried = _mm512_srli_epi64(lowest, WIDTH);
    for (unsigned i = 1; i < digits; i++) {
        __m512i s = ADD_HIGH(ADD_LOW(sum[i], a, b[i]), a, b[i - 1]);
        __m512i t = ADD_HIGH(ADD_LOW(carried, m, n[i]), m, n[i - 1]);
        sum[i - 1] = _mm512_add_epi64(s, t);
        carried = zero;
    }
    sum[digits - 1] = ADD_HIGH(ADD_HIGH(zero, a, b[digits - 1]), m, n[digits - 1]);
}

IFMA static void multiply(uint64_t *out, const uint64_t *a, const uint64_t *b, const uint64_t *n,
                          const uint64_t *inverse, unsigned digits, unsigned width)
{
    const __m512i *va = (const void *)a, *vb = (const void *)b, *vn = (const void *)n;
    __m512i sum[DIGITS_MAX], *to = (void *)out, carry = _mm512_setzero_si512();
    const __m512i mask = _mm512_set1_epi64((1LL << WIDTH) - 1), i0 = _mm512_load_si512(inverse);
    (void)width;
    for (unsigned i = 0; i < digits; i++)
        sum[i] = carry;
    for (unsigned i = 0; i < digits; i++)
        add_row(sum, va[i], vb, vn, i0, digits);
    for (unsigned i = 0; i < digits; i++) {
        carry = _mm512_add_epi64(carry, sum[i]);
        to[i] = _mm512_and_si512(carry, mask);
        carry = _mm512_srli_epi64(carry, WIDTH);
    }
}

const ens__lanes_kernel ens__lanes_ifma = {"AVX-512 IFMA", usable, multiply,
                                           LANES,          2,      {{40, WIDTH}, {60, WIDTH}, {DIGITS_MAX, WIDTH}}};

#endif
