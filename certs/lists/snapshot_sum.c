#include "certs/lists/snapshot_sum.h"

#define FACTOR 0x9E3779B1u /* odd, so that no step loses anything */
#define WIDE_FACTOR 0x9E3779B97F4A7C15u
#define VECTORS 4u

typedef uint32_t vector __attribute__((vector_size(64)));

#define WORDS (sizeof(vector) / sizeof(uint32_t))

#define INLINE inline __attribute__((always_inline))

static INLINE void mix(vector *lanes, const uint8_t *words)
{
    vector w;
    memcpy(&w, words, sizeof w);
    w = (*lanes ^ w) * FACTOR;
    *lanes = w << 15 | w >> 17;
}

/* put_together folds the lanes, and the length, into one number. */
static INLINE uint64_t put_together(const vector *lanes, size_t len)
{
    uint32_t word[VECTORS * WORDS];
    uint64_t sum = len;
    memcpy(word, lanes, sizeof word);
    for (size_t i = 0; i < VECTORS * WORDS; i++) {
        sum = (sum ^ word[i]) * WIDE_FACTOR;
        sum = sum << 29 | sum >> 35;
    }
    return sum;
}

/* sum is compiled for each set of instructions. What is left at the end is filled up with zeros. */
static INLINE uint64_t sum(ens_slice s)
{
    uint8_t last[VECTORS * sizeof(vector)] = {0};
    vector lanes[VECTORS] = {(vector){0} + 1u, (vector){0} + 2u, (vector){0} + 3u, (vector){0} + 4u};
    size_t i = 0;
    for (; i + sizeof last <= s.len; i += sizeof last) {
        mix(&lanes[0], s.p + i);
        mix(&lanes[1], s.p + i + sizeof(vector));
        mix(&lanes[2], s.p + i + 2 * sizeof(vector));
        mix(&lanes[3], s.p + i + 3 * sizeof(vector));
    }
    if (i < s.len)
        memcpy(last, s.p + i, s.len - i);
    for (unsigned k = 0; k < VECTORS; k++)
        mix(&lanes[k], last + k * sizeof(vector));
    return put_together(lanes, s.len);
}

static uint64_t sum_portable(ens_slice s)
{
    return sum(s);
}

#if defined(ENSIGN_SIMD) && defined(__x86_64__)
static __attribute__((target("avx2"))) uint64_t sum_avx2(ens_slice s)
{
    return sum(s);
}

static __attribute__((target("avx512f"))) uint64_t sum_avx512(ens_slice s)
{
    return sum(s);
}
#endif

ens__snapshot_summer *ens__snapshot_summer_nth(unsigned n)
{
#if defined(ENSIGN_SIMD) && defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && n-- == 0)
        return sum_avx512;
    if (__builtin_cpu_supports("avx2") && n-- == 0)
        return sum_avx2;
#endif
    return n == 0 ? sum_portable : NULL;
}

uint64_t ens__snapshot_checksum(ens_slice summed)
{
    return ens__snapshot_summer_nth(0)(summed);
}
