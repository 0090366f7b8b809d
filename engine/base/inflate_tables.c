#include "engine/base/inflate_tables.h"

/* The codes of an alphabet: its symbols in the order of their codes, those without one first. */
typedef struct {
    unsigned count[CODE_BITS + 1], max; /* codes of so many bits; bits of the longest one */
    uint16_t sorted[LITERALS];
    bool complete;
} codes;

/* count_codes adds by turns, as adding to one count waits for the last time. */
static void count_codes(const uint8_t *length, unsigned num, unsigned count[CODE_BITS + 1])
{
    unsigned odd[CODE_BITS + 1] = {0};
    memset(count, 0, (CODE_BITS + 1) * sizeof *count);
    for (unsigned i = 0; i + 1 < num; i += 2) {
        count[length[i]]++;
        odd[length[i + 1]]++;
    }
    count[length[num - 1]] += num % 2;
    for (unsigned bits = 0; bits <= CODE_BITS; bits++)
        count[bits] += odd[bits];
}

/* order_codes: false where there are more codes of a length than there can be.   Source  RFC 1951, 3.2.2 */
static bool order_codes(const uint8_t *length, unsigned num, codes *c)
{
    unsigned start[CODE_BITS + 1] = {0}, left = 1;
    count_codes(length, num, c->count);
    c->max = 0;
    for (unsigned bits = 1; bits <= CODE_BITS; bits++) {
        start[bits] = start[bits - 1] + c->count[bits - 1];
        if (c->count[bits] > 2 * left)
            return false;
        left = 2 * left - c->count[bits];
        c->max = c->count[bits] ? bits : c->max;
    }
    c->complete = left == 0;
    for (unsigned i = 0; i < num; i++)
        c->sorted[start[length[i]]++] = (uint16_t)i;
    return true;
}

/* next_code is the one after code among those of so many bits, the first bit lowest; 0 after the last. */
static uint32_t next_code(uint32_t code, unsigned bits)
{
    uint32_t zeros = code ^ ((1u << bits) - 1);
    if (!zeros)
        return 0;
    uint32_t last = 1u << (31 - __builtin_clz(zeros));
    return (code & (last - 1)) | last;
}

/* put_long fills the further tables with the symbols whose codes are longer than bits, the first of which is code. */
static bool put_long(const codes *c, const uint16_t *symbol, uint32_t code, const uint32_t *of, unsigned bits,
                     uint32_t *entry, size_t num)
{
    const size_t size = (size_t)1 << (c->max - bits);
    size_t to = 0, next = (size_t)1 << bits;
    uint32_t begun = UINT32_MAX;
    for (unsigned n = bits + 1; n <= c->max; n++) {
        for (const uint16_t *end = symbol + c->count[n]; symbol < end; symbol++, code = next_code(code, n)) {
            uint32_t beginning = code & ((1u << bits) - 1);
            if (beginning != begun) {
                begun = beginning;
                to = next;
                next += size;
                if (next > num)
                    return false;
                entry[beginning] = (uint32_t)to << 16 | IS_ODD | IS_FURTHER | (c->max - bits) << 8 | bits;
            }
            for (size_t at = code >> bits; at < size; at += (size_t)1 << (n - bits))
                entry[to + at] = of[*symbol] + (n - bits) * OF_CODE;
        }
    }
    return true;
}

/* put_codes makes the table of a complete code: of one bit first, and then doubled from each number of bits to the
 * next. */
static bool put_codes(const codes *c, const uint32_t *of, unsigned bits, uint32_t *entry, size_t num)
{
    const uint16_t *symbol = c->sorted + c->count[0];
    uint32_t code = 0;
    for (unsigned n = 1; n <= bits; n++) {
        size_t half = (size_t)1 << (n - 1);
        memcpy(entry + half, entry, half * sizeof *entry);
        for (const uint16_t *end = symbol + c->count[n]; symbol < end; symbol++, code = next_code(code, n))
            entry[code] = of[*symbol] + n * OF_CODE;
    }
    return c->max == bits || put_long(c, symbol, code, of, bits, entry, num);
}

/* pair_literals goes from the end, so that what comes next still stands alone. */
static void pair_literals(uint32_t *entry, unsigned bits)
{
    for (size_t at = (size_t)1 << bits; at-- > 0;) {
        uint32_t first = entry[at], takes = first & ENTRY_TAKES, second = entry[at >> takes];
        takes += second & ENTRY_TAKES;
        if (first & second & IS_LITERAL && takes <= bits)
            entry[at] = (ENTRY_VALUE(first) | ENTRY_VALUE(second) << 8) << 16 | IS_LITERAL | IS_PAIR | takes;
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

bool ens__inflate_literals(ens_inflate_tables *t, const uint8_t *length, unsigned num, bool pairs)
{
    codes c;
    if (num <= END_OF_BLOCK || !length[END_OF_BLOCK] || !order_codes(length, num, &c) || !c.complete)
        return false;
    t->literal_bits = least(c.max, LITERAL_BITS);
    if (!put_codes(&c, t->of_literal, t->literal_bits, t->literal, LITERAL_ENTRIES))
        return false;
    if (pairs)
        pair_literals(t->literal, t->literal_bits);
    return true;
}

bool ens__inflate_distances(ens_inflate_tables *t, const uint8_t *length, unsigned num)
{
    codes c;
    if (!order_codes(length, num, &c))
        return false;
    if (c.complete) {
        t->distance_bits = least(c.max, DISTANCE_BITS);
        return put_codes(&c, t->of_distance, t->distance_bits, t->distance, DISTANCE_ENTRIES);
    }
    if (c.max > 1)
        return false;
    t->distance_bits = 1;
    t->distance[0] = c.max ? t->of_distance[c.sorted[c.count[0]]] + OF_CODE : IS_ODD;
    t->distance[1] = IS_ODD;
    return true;
}

bool ens__inflate_orders(const uint8_t length[ORDERS], uint16_t symbol[1 << ORDER_BITS])
{
    codes c;
    uint32_t code = 0;
    if (!order_codes(length, ORDERS, &c) || !c.complete)
        return false;
    const uint16_t *sorted = c.sorted + c.count[0];
    for (unsigned n = 1; n <= ORDER_BITS; n++)
        for (const uint16_t *end = sorted + c.count[n]; sorted < end; sorted++, code = next_code(code, n))
            for (size_t at = code; at < 1 << ORDER_BITS; at += (size_t)1 << n)
                symbol[at] = (uint16_t)(*sorted | n << 8);
    return true;
}

/* entry_of a length or distance: of the steps of an octave, each has as many further bits as its octave (RFC 1951,
 * 3.2.5). i counts from the first one; log_steps: 2 of lengths, 1 of distances. */
static uint32_t entry_of(unsigned i, unsigned log_steps, unsigned least_value)
{
    unsigned steps = 1u << log_steps, more = i < 2 * steps ? 0 : i / steps - 1;
    unsigned value = i < 2 * steps ? i : (steps + i % steps) << more;
    return (least_value + value) << 16 | more;
}

void ens__inflate_tables_init(ens_inflate_tables *t)
{
    memset(t, 0, sizeof *t);
    for (unsigned i = 0; i < END_OF_BLOCK; i++)
        t->of_literal[i] = i << 16 | IS_LITERAL;
    t->of_literal[END_OF_BLOCK] = IS_ODD | IS_END;
    for (unsigned i = FIRST_LENGTH; i + 1 < LITERALS_USED; i++)
        t->of_literal[i] = entry_of(i - FIRST_LENGTH, 2, 3);
    t->of_literal[LITERALS_USED - 1] = 258u << 16;
    for (unsigned i = 0; i < DISTANCES_USED; i++)
        t->of_distance[i] = entry_of(i, 1, 1);
    for (unsigned i = LITERALS_USED; i < LITERALS; i++)
        t->of_literal[i] = IS_ODD;
    for (unsigned i = DISTANCES_USED; i < DISTANCES; i++)
        t->of_distance[i] = IS_ODD;
}
