#include "tests/fuzz/deflate_maker.h"

#include <zlib.h>

enum {
    LITERALS = 288,
    DISTANCES = 32,
    LITERALS_USED = 286,
    DISTANCES_USED = 30,
    END = 256,
    ORDERS = 19,
    WINDOW = 32768,
    LONGEST = 258,
    SYMBOLS_MAX = 120, /* of most blocks */
    MEMBERS_MAX = 3,
};

typedef struct {
    uint64_t random, bits;
    unsigned num_bits;
    ens_buf *out, *plain;
    size_t member; /* where the contents of the member in hand begin in plain */
    deflate_fault wanted, made;
    bool large; /* beyond the window */
} maker;

/* A code: the bits of each symbol, and the codes themselves, the first bit lowest. */
typedef struct {
    uint8_t length[LITERALS];
    uint16_t code[LITERALS];
} code;

static uint64_t next_random(maker *m)
{
    m->random ^= m->random >> 12;
    m->random ^= m->random << 25;
    m->random ^= m->random >> 27;
    return m->random * 0x2545F4914F6CDD1Du >> 16;
}

static unsigned below(maker *m, unsigned n)
{
    return (unsigned)(next_random(m) % n);
}

static bool one_in(maker *m, unsigned n)
{
    return below(m, n) == 0;
}

/* at_fault puts the fault that is wanted, once, here or at a later place. */
static bool at_fault(maker *m, deflate_fault fault)
{
    if (m->wanted != fault || m->made != DEFLATE_NONE || one_in(m, 3))
        return false;
    m->made = fault;
    return true;
}

static void put_bits(maker *m, unsigned value, unsigned n)
{
    m->bits |= (uint64_t)value << m->num_bits;
    for (m->num_bits += n; m->num_bits >= 8; m->num_bits -= 8, m->bits >>= 8) {
        uint8_t octet = (uint8_t)m->bits;
        ens_buf_add(m->out, &octet, 1);
    }
}

static void put_octet(ens_buf *b, unsigned value)
{
    uint8_t octet = (uint8_t)value;
    ens_buf_add(b, &octet, 1);
}

static void put_little(ens_buf *b, uint32_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put_octet(b, value >> 8 * i);
}

static void flush_bits(maker *m)
{
    if (m->num_bits)
        put_bits(m, one_in(m, 4) ? below(m, 256) & (0xFFu >> m->num_bits) : 0, 8 - m->num_bits);
}

/* fill_codes gives the codes that the lengths mean.   Source  RFC 1951, 3.2.2 */
static void fill_codes(code *c, unsigned num)
{
    unsigned next = 0;
    for (unsigned bits = 1; bits <= 15; bits++, next <<= 1)
        for (unsigned i = 0; i < num; i++)
            if (c->length[i] == bits) {
                c->code[i] = 0;
                for (unsigned k = 0; k < bits; k++)
                    c->code[i] = (uint16_t)(c->code[i] | (next >> k & 1) << (bits - 1 - k));
                next++;
            }
}

/* share_out gives num symbols the lengths of a complete code, by splitting one leaf of the tree after another; some
 * trees are deep. */
static void share_out(maker *m, const uint16_t *symbol, unsigned num, unsigned most, code *c)
{
    uint8_t leaf[LITERALS] = {0};
    unsigned have = 1, bias = below(m, 3);
    while (have < num) {
        unsigned at = below(m, have);
        for (unsigned i = 0; i < have && (bias == 0 || (bias == 1 && one_in(m, 2))); i++)
            at = leaf[i] > leaf[at] && leaf[i] < most ? i : at;
        if (leaf[at] == most)
            for (at = 0; leaf[at] == most;)
                at++;
        leaf[have++] = ++leaf[at];
    }
    for (unsigned i = 0; i < num; i++)
        c->length[symbol[i]] = leaf[i] ? leaf[i] : 1;
}

/* pick chooses num of the symbols below most, in any order. */
static unsigned pick(maker *m, unsigned num, unsigned most, uint16_t *symbol)
{
    uint16_t all[LITERALS];
    for (unsigned i = 0; i < most; i++)
        all[i] = (uint16_t)i;
    for (unsigned i = 0; i < num; i++) {
        unsigned k = i + below(m, most - i);
        symbol[i] = all[k];
        all[k] = all[i];
    }
    return num;
}

/* spoil takes codes from a complete code, or adds to it. */
static void spoil(maker *m, code *c, unsigned num, unsigned most, deflate_fault fewer, deflate_fault more,
                  unsigned kept)
{
    unsigned used = 0;
    for (unsigned i = 0; i < num; i++)
        used += c->length[i] != 0;
    if (used < 3 || (m->wanted != fewer && m->wanted != more))
        return;
    bool less = m->wanted == fewer;
    for (unsigned tries = 0; tries < 64; tries++) {
        unsigned i = below(m, num);
        bool fits = c->length[i] && i != kept && (less ? c->length[i] < most : c->length[i] > 1);
        if (!fits || !at_fault(m, m->wanted))
            continue;
        c->length[i] = (uint8_t)(less ? (one_in(m, 2) ? c->length[i] + 1 : 0) : c->length[i] - 1);
        return;
    }
}

static void put_symbol(maker *m, const code *c, unsigned symbol)
{
    put_bits(m, c->code[symbol], c->length[symbol]);
}

/* extra_of: the bits behind the code of a length or distance, and from which value they count. */
static unsigned extra_of_length(unsigned symbol, unsigned *from)
{
    unsigned i = symbol - 257, extra = i < 8 || i >= 28 ? 0 : (i - 4) / 4;
    *from = i >= 28 ? LONGEST : i < 8 ? 3 + i : 3 + ((4 + i % 4) << extra);
    return extra;
}

static unsigned extra_of_distance(unsigned symbol, unsigned *from)
{
    unsigned i = symbol < DISTANCES_USED ? symbol : DISTANCES_USED - 1, extra = i < 4 ? 0 : (i - 2) / 2;
    *from = i < 4 ? 1 + i : 1 + ((2 + i % 2) << extra);
    return extra;
}

static void repeat(maker *m, unsigned num, unsigned distance)
{
    size_t have = m->plain->len - m->member;
    for (; num; num--)
        put_octet(m->plain, distance <= have ? m->plain->p[m->plain->len - distance] : 0);
}

/* any_of returns a symbol from `from` on that has a code; num where there is none. */
static unsigned any_of(maker *m, const code *c, unsigned from, unsigned num)
{
    unsigned start = from + below(m, num - from);
    for (unsigned i = start; i < num; i++)
        if (c->length[i])
            return i;
    for (unsigned i = from; i < start; i++)
        if (c->length[i])
            return i;
    return num;
}

static bool is_single(const code *distances)
{
    unsigned used = 0, bits = 0;
    for (unsigned i = 0; i < DISTANCES; i++) {
        used += distances->length[i] != 0;
        bits += distances->length[i];
    }
    return used == 1 && bits == 1;
}

/* put_distance: false where there is none that reaches into what stands there. */
static bool choose_distance(maker *m, const code *distances, unsigned *symbol, unsigned *more, unsigned *distance)
{
    size_t have = m->plain->len - m->member;
    for (unsigned tries = 0; tries < 8; tries++) {
        unsigned from, i = any_of(m, distances, 0, DISTANCES), extra = extra_of_distance(i, &from);
        if (i == DISTANCES || (i >= DISTANCES_USED && m->wanted != DEFLATE_DISTANCE_SYMBOL))
            continue;
        *symbol = i;
        *more = one_in(m, 3) ? (1u << extra) - 1 : below(m, 1u << extra);
        *distance = from + *more;
        bool far = *distance > have;
        if (i >= DISTANCES_USED && (far || !at_fault(m, DEFLATE_DISTANCE_SYMBOL)))
            continue;
        if (!far || (have && at_fault(m, DEFLATE_BEFORE_START)))
            return true;
    }
    return false;
}

static void put_match(maker *m, const code *literals, const code *distances)
{
    unsigned from, symbol = 0, more = 0, distance = 0, i = any_of(m, literals, END + 1, LITERALS);
    bool none = any_of(m, distances, 0, DISTANCES) == DISTANCES;
    if (i == LITERALS || (i >= LITERALS_USED && m->wanted != DEFLATE_LENGTH_SYMBOL))
        return;
    if (none ? m->plain->len == m->member || !at_fault(m, DEFLATE_NO_DISTANCES)
             : !choose_distance(m, distances, &symbol, &more, &distance))
        return;
    if (i >= LITERALS_USED && !at_fault(m, DEFLATE_LENGTH_SYMBOL))
        return;
    unsigned extra = extra_of_length(i, &from), add = one_in(m, 4) ? (1u << extra) - 1 : below(m, 1u << extra);
    put_symbol(m, literals, i);
    put_bits(m, add, extra);
    if (none) {
        put_bits(m, 0, 1);
        distance = 1;
    } else {
        bool other = is_single(distances) && at_fault(m, DEFLATE_UNUSED_CODE);
        if (other)
            put_bits(m, 1, 1);
        else
            put_symbol(m, distances, symbol);
        put_bits(m, more, extra_of_distance(symbol, &extra));
    }
    repeat(m, from + add, distance);
}

static void put_contents(maker *m, const code *literals, const code *distances)
{
    unsigned num = m->large ? 2000 : one_in(m, 8) ? 0 : below(m, SYMBOLS_MAX), matches = below(m, 5);
    for (unsigned i = 0; i < num; i++) {
        unsigned symbol = any_of(m, literals, 0, END);
        if (below(m, 4) < matches || symbol == END) {
            put_match(m, literals, distances);
        } else {
            put_symbol(m, literals, symbol);
            put_octet(m->plain, symbol);
        }
    }
    if (literals->length[END])
        put_symbol(m, literals, END);
}

/* The lengths of both codes, as they are told: a symbol, and what the bits behind it say. */
typedef struct {
    uint8_t symbol[LITERALS + DISTANCES], more[LITERALS + DISTANCES];
    unsigned num;
} told;

static void tell(told *t, unsigned symbol, unsigned more)
{
    t->symbol[t->num] = (uint8_t)symbol;
    t->more[t->num++] = (uint8_t)more;
}

static void tell_lengths(maker *m, const uint8_t *length, unsigned num, told *t)
{
    bool repeats = !one_in(m, 5);
    t->num = 0;
    if (at_fault(m, DEFLATE_REPEAT_NOTHING))
        tell(t, 16, 0);
    for (unsigned i = 0; i < num;) {
        unsigned run = 1, most = length[i] ? 6 : 138;
        while (i + run < num && length[i + run] == length[i])
            run++;
        bool over = i + run == num && run >= 3 && m->wanted == DEFLATE_REPEAT_OVER;
        if (length[i] && (i == 0 || length[i - 1] != length[i] || !repeats)) {
            tell(t, length[i], 0);
            i++;
            continue;
        }
        run = run > most ? most : run;
        if (run < 3 || !repeats || one_in(m, 9)) {
            tell(t, length[i], 0);
            i++;
            continue;
        }
        unsigned said = over && run < most && at_fault(m, DEFLATE_REPEAT_OVER) ? run + 1 : run;
        if (length[i])
            tell(t, 16, said - 3);
        else
            tell(t, said > 10 ? 18 : 17, said > 10 ? said - 11 : said - 3);
        i += run;
    }
}

/* put_lengths writes how the two codes are. */
static void put_lengths(maker *m, const uint8_t *length, unsigned num)
{
    static const uint8_t order[ORDERS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    told t;
    code c = {{0}, {0}};
    uint16_t symbol[ORDERS];
    unsigned used = 0, last = ORDERS;
    bool is_used[ORDERS] = {false};
    tell_lengths(m, length, num, &t);
    for (unsigned i = 0; i < t.num; i++)
        is_used[t.symbol[i]] = true;
    for (unsigned i = 0; i < ORDERS; i++)
        if (is_used[i] || one_in(m, 8))
            symbol[used++] = (uint16_t)i;
    if (used == 1)
        symbol[used++] = (uint16_t)((symbol[0] + 1) % ORDERS);
    share_out(m, symbol, used, 7, &c);
    spoil(m, &c, ORDERS, 7, DEFLATE_ORDERS_SHORT, DEFLATE_ORDERS_LONG, ORDERS);
    fill_codes(&c, ORDERS);
    while (last > 4 && !c.length[order[last - 1]] && !one_in(m, 9))
        last--;
    put_bits(m, last - 4, 4);
    for (unsigned i = 0; i < last; i++)
        put_bits(m, c.length[order[i]], 3);
    for (unsigned i = 0; i < t.num; i++) {
        put_symbol(m, &c, t.symbol[i]);
        put_bits(m, t.more[i], t.symbol[i] < 16 ? 0 : t.symbol[i] == 16 ? 2 : t.symbol[i] == 17 ? 3 : 7);
    }
}

static void choose_literals(maker *m, code *c)
{
    uint16_t symbol[LITERALS];
    const unsigned most = LITERALS_USED;
    unsigned num = pick(m, 1 + (one_in(m, 6) ? below(m, 3) : below(m, most - 2)), most, symbol);
    bool end = false;
    for (unsigned i = 0; i < num; i++)
        end |= symbol[i] == END;
    if (!end && !at_fault(m, DEFLATE_NO_END))
        symbol[below(m, num)] = END;
    share_out(m, symbol, num, 15, c);
    spoil(m, c, most, 15, DEFLATE_LITERALS_SHORT, DEFLATE_LITERALS_LONG, END);
    fill_codes(c, LITERALS);
}

static void choose_distances(maker *m, code *c)
{
    uint16_t symbol[LITERALS];
    const unsigned most = DISTANCES_USED;
    if (m->wanted == DEFLATE_NO_DISTANCES || one_in(m, 12))
        return;
    bool single = m->wanted == DEFLATE_UNUSED_CODE || one_in(m, 6);
    unsigned num = pick(m, single ? 1 : 2 + below(m, most - 2), most, symbol);
    share_out(m, symbol, num, 15, c);
    if (single && m->wanted == DEFLATE_DISTANCES_SHORT && at_fault(m, DEFLATE_DISTANCES_SHORT))
        c->length[symbol[0]] = (uint8_t)(2 + below(m, 14));
    spoil(m, c, most, 15, DEFLATE_DISTANCES_SHORT, DEFLATE_DISTANCES_LONG, DISTANCES);
    fill_codes(c, DISTANCES);
}

/* told_of returns how many lengths are told: up to the last that isn't 0, and some more; with the fault more than
 * anybody may tell. */
static unsigned told_of(maker *m, const code *c, unsigned least, unsigned used, unsigned most, deflate_fault fault)
{
    unsigned num = most;
    while (num > least && !c->length[num - 1])
        num--;
    if (num <= used && at_fault(m, fault))
        return used + 1 + below(m, most - used);
    while (num < used && (one_in(m, 3) || m->wanted == DEFLATE_REPEAT_OVER))
        num++;
    return num;
}

static void put_dynamic(maker *m)
{
    code literals = {{0}, {0}}, distances = {{0}, {0}};
    uint8_t length[LITERALS + DISTANCES];
    choose_literals(m, &literals);
    choose_distances(m, &distances);
    unsigned num = told_of(m, &literals, 257, LITERALS_USED, LITERALS, DEFLATE_MANY_LITERALS),
             more = told_of(m, &distances, 1, DISTANCES_USED, DISTANCES, DEFLATE_MANY_DISTANCES);
    memset(literals.length + num, 0, LITERALS - num);
    memset(distances.length + more, 0, DISTANCES - more);
    memcpy(length, literals.length, num);
    memcpy(length + num, distances.length, more);
    put_bits(m, num - 257, 5);
    put_bits(m, more - 1, 5);
    put_lengths(m, length, num + more);
    put_contents(m, &literals, &distances);
}

static void put_fixed(maker *m)
{
    code literals = {{0}, {0}}, distances = {{0}, {0}};
    memset(literals.length, 8, 144);
    memset(literals.length + 144, 9, 112);
    memset(literals.length + 256, 7, 24);
    memset(literals.length + 280, 8, 8);
    memset(distances.length, 5, DISTANCES);
    fill_codes(&literals, LITERALS);
    fill_codes(&distances, DISTANCES);
    put_contents(m, &literals, &distances);
}

static void put_stored(maker *m)
{
    unsigned len = m->large ? below(m, 65536) : one_in(m, 6) ? 0 : below(m, 200);
    flush_bits(m);
    put_little(m->out, len, 2);
    put_little(m->out, at_fault(m, DEFLATE_STORED) ? (~len ^ 1u << below(m, 16)) & 0xFFFF : ~len, 2);
    for (unsigned i = 0; i < len; i++) {
        unsigned octet = below(m, 256);
        put_octet(m->out, octet);
        put_octet(m->plain, octet);
    }
}

static void put_header(maker *m)
{
    size_t from = m->out->len;
    unsigned flags = one_in(m, 3) ? below(m, 32) : 0;
    put_octet(m->out, at_fault(m, DEFLATE_MAGIC) ? 0x1E : 0x1F);
    put_octet(m->out, 0x8B);
    put_octet(m->out, at_fault(m, DEFLATE_METHOD) ? below(m, 8) : 8);
    flags |= m->wanted == DEFLATE_HEADER_CRC ? 2 : 0;
    put_octet(m->out, flags | (at_fault(m, DEFLATE_FLAGS) ? 0x20u << below(m, 3) : 0));
    put_little(m->out, (uint32_t)next_random(m), 4);
    put_little(m->out, (uint32_t)next_random(m), 2);
    if (flags & 4) {
        unsigned len = below(m, 40);
        put_little(m->out, len, 2);
        while (len--)
            put_octet(m->out, below(m, 256));
    }
    for (unsigned text = 8; text <= 16; text *= 2)
        if (flags & text) {
            for (unsigned len = below(m, 20); len; len--)
                put_octet(m->out, 1 + below(m, 255));
            put_octet(m->out, 0);
        }
    uint32_t crc = (uint32_t)crc32(0, m->out->p + from, (uInt)(m->out->len - from));
    if (flags & 2)
        put_little(m->out, crc ^ (at_fault(m, DEFLATE_HEADER_CRC) ? 1u << below(m, 16) : 0), 2);
}

/* type_of chooses the type of a block: one where there is a place for the fault. */
static unsigned type_of(maker *m)
{
    unsigned kind = below(m, 8);
    if (at_fault(m, DEFLATE_TYPE))
        return 3;
    if (m->wanted == DEFLATE_STORED)
        return 0;
    if (m->wanted >= DEFLATE_MANY_LITERALS && m->wanted <= DEFLATE_REPEAT_OVER)
        return 2;
    if (m->wanted == DEFLATE_DISTANCE_SYMBOL && kind < 6)
        return m->plain->len - m->member < WINDOW ? 0 : 1;
    return kind < 2 ? 0 : kind < 4 || m->wanted == DEFLATE_LENGTH_SYMBOL ? 1 : 2;
}

static void put_member(maker *m, size_t *contents)
{
    unsigned blocks = 1 + below(m, m->large ? 6 : 3);
    m->member = m->plain->len;
    put_header(m);
    *contents = m->out->len;
    while (blocks--) {
        unsigned type = type_of(m);
        put_bits(m, blocks == 0, 1);
        put_bits(m, type, 2);
        if (type == 0)
            put_stored(m);
        else if (type == 1)
            put_fixed(m);
        else
            put_dynamic(m);
    }
    flush_bits(m);
    uint32_t len = (uint32_t)(m->plain->len - m->member),
             crc = (uint32_t)crc32(0, m->plain->p ? m->plain->p + m->member : (const uint8_t *)"", len);
    put_little(m->out, crc ^ (at_fault(m, DEFLATE_CRC) ? 1u << below(m, 32) : 0), 4);
    put_little(m->out, len ^ (at_fault(m, DEFLATE_SIZE) ? 1u << below(m, 32) : 0), 4);
}

deflate_fault deflate_make(const uint8_t *script, size_t size, ens_buf *gzip, ens_buf *plain, size_t *first)
{
    maker m = {.random = 0x9E3779B97F4A7C15u, .out = gzip, .plain = plain};
    size_t at, end[MEMBERS_MAX];
    for (size_t i = 0; i < size; i++)
        m.random = (m.random ^ script[i]) * 0x100000001B3u;
    m.random |= 1;
    m.wanted = one_in(&m, 2) ? DEFLATE_NONE : (deflate_fault)below(&m, DEFLATE_NUM_FAULTS);
    m.large = one_in(&m, 40) || m.wanted == DEFLATE_DISTANCE_SYMBOL;
    unsigned members = one_in(&m, 4) ? 1 + below(&m, MEMBERS_MAX) : 1;
    for (unsigned i = 0; i < members; i++) {
        put_member(&m, i ? &at : first);
        end[i] = gzip->len;
    }
    if (at_fault(&m, DEFLATE_TAIL))
        for (unsigned i = 1 + below(&m, 24); i; i--)
            put_octet(gzip, one_in(&m, 3) ? 0 : below(&m, 256));
    if (at_fault(&m, DEFLATE_CUT))
        gzip->len -= 1 + (one_in(&m, 2) ? below(&m, 12) : below(&m, (unsigned)gzip->len - 1));
    for (unsigned i = 0; i < members && m.made == DEFLATE_CUT; i++)
        gzip->len -= gzip->len == end[i]; /* whole members are no fault */
    if (at_fault(&m, DEFLATE_FLIP))
        for (unsigned i = 1 + below(&m, 3); i; i--)
            gzip->p[below(&m, (unsigned)gzip->len)] ^= (uint8_t)(1u << below(&m, 8));
    return m.made;
}

#define DEFLATE_FAULT_TEXT(name, text) text,

const char *deflate_fault_text(deflate_fault fault)
{
    static const char *const text[] = {DEFLATE_FAULTS(DEFLATE_FAULT_TEXT)};
    return fault < DEFLATE_NUM_FAULTS ? text[fault] : "";
}
