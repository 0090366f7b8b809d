/* See scan_index.h. */
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
