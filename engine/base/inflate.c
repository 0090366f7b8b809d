#include "engine/base/inflate.h"

#include "engine/base/inflate_tables.h"

#include <stdlib.h>

#define PAIRS_FROM ((size_t)16 << 10) /* octets before the end: telling two literals at once is worth its table */
#define WIDE 32u                      /* octets that are copied at once */
#define IN_MARGIN 24 /* octets that one turn may read, and OUT_MARGIN those that it may write: three literals or … */
#define OUT_MARGIN ENS_INFLATE_SCRATCH /* … pairs, the longest match, and what is copied at once more than it has */

/* What is read and written. */
typedef struct {
    uint64_t bits; /* the next ones, the first one lowest; those above num are the next ones, too, or 0 */
    unsigned num;
    const uint8_t *in, *in_end;
    uint8_t *out;
    const uint8_t *start, *end, *edge; /* … of the room, and of what may be written over */
    ens_inflate_answer answer;
    bool ended; /* the block has */
} flow;

struct ens_inflate {
    ens_inflate_tables t;
    uint8_t length[LITERALS + DISTANCES]; /* of the codes of the block */
    void (*run)(const ens_inflate_tables *t, flow *f);
};

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t load_64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static void refuse(flow *f)
{
    f->answer = ENS_INFLATE_DOUBT;
}

/* refill makes 56 bits, or all that there are. */
static void refill(flow *f)
{
    if (f->in_end - f->in >= 8) {
        f->bits |= load_64(f->in) << f->num;
        f->in += (63 - f->num) / 8;
        f->num |= 56;
        return;
    }
    for (; f->num < 56 && f->in < f->in_end; f->num += 8)
        f->bits |= (uint64_t)*f->in++ << f->num;
}

static void drop(flow *f, unsigned n)
{
    if (n > f->num) {
        refuse(f);
        return;
    }
    f->bits >>= n;
    f->num -= n;
}

static unsigned take_bits(flow *f, unsigned n)
{
    if (f->num < n)
        refill(f);
    unsigned value = (unsigned)(f->bits & ((1u << n) - 1));
    drop(f, n);
    return value;
}

static bool read_orders(flow *f, uint16_t symbol[1 << ORDER_BITS])
{
    static const uint8_t order[ORDERS] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    uint8_t length[ORDERS] = {0};
    unsigned num = take_bits(f, 4) + 4;
    for (unsigned i = 0; i < num; i++)
        length[order[i]] = (uint8_t)take_bits(f, 3);
    return ens__inflate_orders(length, symbol);
}

/* read_lengths reads so many lengths of codes.   Source  RFC 1951, 3.2.7 */
static bool read_lengths(flow *f, uint8_t *length, unsigned num)
{
    uint16_t symbol[1 << ORDER_BITS];
    unsigned have = 0;
    if (!read_orders(f, symbol))
        return false;
    while (have < num && f->answer == ENS_INFLATE_DONE) {
        if (f->num < ORDER_BITS + 7)
            refill(f);
        unsigned is = symbol[f->bits & ((1 << ORDER_BITS) - 1)];
        drop(f, is >> 8);
        is &= 0xFF;
        if (is < 16) {
            length[have++] = (uint8_t)is;
            continue;
        }
        if (is == 16 && !have)
            return false;
        uint8_t again = is == 16 ? length[have - 1] : 0;
        unsigned times = is == 16 ? 3 + take_bits(f, 2) : is == 17 ? 3 + take_bits(f, 3) : 11 + take_bits(f, 7);
        if (times > num - have)
            return false;
        memset(length + have, again, times);
        have += times;
    }
    return f->answer == ENS_INFLATE_DONE;
}

static bool read_tables(ens_inflate *z, flow *f)
{
    unsigned literals = take_bits(f, 5) + FIRST_LENGTH, distances = take_bits(f, 5) + 1;
    if (literals > LITERALS_USED || distances > DISTANCES_USED || !read_lengths(f, z->length, literals + distances))
        return false;
    return ens__inflate_literals(&z->t, z->length, literals, (size_t)(f->in_end - f->in) > PAIRS_FROM) &&
           ens__inflate_distances(&z->t, z->length + literals, distances);
}

/* set_fixed makes the tables of a block of type 1.   Source  RFC 1951, 3.2.6 */
static bool set_fixed(ens_inflate *z)
{
    memset(z->length, 8, LITERALS);
    memset(z->length + 144, 9, 256 - 144);
    memset(z->length + 256, 7, 280 - 256);
    memset(z->length + LITERALS, 5, DISTANCES);
    return ens__inflate_literals(&z->t, z->length, LITERALS, false) &&
           ens__inflate_distances(&z->t, z->length + LITERALS, DISTANCES);
}

/* look_up takes the beginning of a code that is longer than the table is looked up by. */
static uint32_t look_up(flow *f, const uint32_t *table, unsigned bits)
{
    uint32_t e = table[f->bits & ((1u << bits) - 1)];
    if (e & IS_FURTHER) {
        drop(f, e & ENTRY_TAKES);
        e = table[ENTRY_VALUE(e) + (f->bits & ((1u << ENTRY_CODE(e)) - 1))];
    }
    return e;
}

/* take_value adds the bits behind the code to the value, and takes both. */
static uint32_t take_value(flow *f, uint32_t e)
{
    uint64_t taken = f->bits & (((uint64_t)1 << (e & ENTRY_TAKES)) - 1);
    drop(f, e & ENTRY_TAKES);
    return ENTRY_VALUE(e) + (uint32_t)(taken >> ENTRY_CODE(e));
}

static void put_literals(flow *f, uint32_t e)
{
    uint32_t literals = ENTRY_VALUE(e);
    size_t num = e & IS_PAIR ? 2 : 1;
    drop(f, e & ENTRY_TAKES);
    if (f->answer == ENS_INFLATE_DONE && num > (size_t)(f->end - f->out))
        f->answer = ENS_INFLATE_ROOM;
    for (; num && f->answer == ENS_INFLATE_DONE; num--, literals >>= 8)
        *f->out++ = (uint8_t)literals;
}

/* step takes one symbol with what belongs to it, and looks at both ends: it is for where they are near. */
static void step(const ens_inflate_tables *t, flow *f)
{
    refill(f);
    uint32_t e = look_up(f, t->literal, t->literal_bits);
    if (e & IS_LITERAL) {
        put_literals(f, e);
        return;
    }
    uint32_t num = take_value(f, e);
    if (e & IS_ODD) {
        f->ended = e & IS_END;
        if (!f->ended)
            refuse(f);
        return;
    }
    e = look_up(f, t->distance, t->distance_bits);
    uint32_t distance = take_value(f, e);
    if (e & IS_ODD || distance > (size_t)(f->out - f->start))
        refuse(f);
    if (f->answer == ENS_INFLATE_DONE && num > (size_t)(f->end - f->out))
        f->answer = ENS_INFLATE_ROOM;
    for (; num && f->answer == ENS_INFLATE_DONE; num--, f->out++)
        *f->out = *(f->out - distance);
}

static bool has_margin(const flow *f)
{
    return f->in_end - f->in >= IN_MARGIN && f->out <= f->end && (size_t)(f->edge - f->out) >= OUT_MARGIN;
}

/* What changes from symbol to symbol, in registers. Of num the six lowest bits alone mean something. */
typedef struct {
    uint64_t bits, num;
    const uint8_t *in;
    uint8_t *out;
} hot;

INLINE void refill_hot(hot *h)
{
    h->bits |= load_64(h->in) << (h->num & 63);
    h->in += 7 - (h->num >> 3 & 7);
    h->num |= 56;
}

INLINE void drop_hot(hot *h, uint32_t e)
{
    h->bits >>= e & ENTRY_TAKES;
    h->num -= e;
}

INLINE uint32_t look_hot(const hot *h, const uint32_t *table, uint64_t mask)
{
    return table[h->bits & mask];
}

INLINE uint32_t look_further(hot *h, const uint32_t *table, uint32_t e)
{
    if (!(e & IS_FURTHER))
        return e;
    drop_hot(h, e);
    return table[ENTRY_VALUE(e) + (h->bits & ((1u << ENTRY_CODE(e)) - 1))];
}

INLINE void put_hot(hot *h, uint32_t e)
{
    h->out[0] = (uint8_t)ENTRY_VALUE(e);
    h->out[1] = (uint8_t)(ENTRY_VALUE(e) >> 8);
    h->out += e & IS_PAIR ? 2 : 1;
    drop_hot(h, e);
}

INLINE uint32_t value_hot(hot *h, uint32_t e)
{
    uint64_t taken = h->bits & (((uint64_t)1 << (e & ENTRY_TAKES)) - 1);
    drop_hot(h, e);
    return ENTRY_VALUE(e) + (uint32_t)(taken >> (e >> 8 & 63)); /* the two bits above the code's are 0 here */
}

/* copy_match repeats what stands so far before. It writes 2 * WIDE octets at least, and up to WIDE - 1 too many. */
INLINE void copy_match(uint8_t *to, uint32_t distance, const uint8_t *end)
{
    const uint8_t *from = to - distance;
    if (__builtin_expect(distance >= WIDE, 1)) {
        memcpy(to, from, WIDE);
        memcpy(to + WIDE, from + WIDE, WIDE);
        for (to += 2 * WIDE, from += 2 * WIDE; to < end; to += WIDE, from += WIDE)
            memcpy(to, from, WIDE);
        return;
    }
    for (; distance >= 8 && to < end; to += 8, from += 8)
        memcpy(to, from, 8);
    while (to < end)
        *to++ = *from++;
}

/* take_match copies a match whose length is e; false: its distance means nothing, or lies before the start. At least 14
 * bits are left, enough to look it up by; it leaves what the next entry, *next, was looked up by. */
INLINE bool take_match(const ens_inflate_tables *t, hot *h, const uint8_t *start, uint64_t literal_mask,
                       uint64_t distance_mask, uint32_t e, uint32_t *next)
{
    uint32_t num = value_hot(h, e);
    e = look_hot(h, t->distance, distance_mask);
    refill_hot(h);
    if (__builtin_expect(e & IS_ODD, 0)) {
        e = look_further(h, t->distance, e);
        if (e & IS_ODD)
            return false;
    }
    uint32_t distance = value_hot(h, e);
    if (__builtin_expect(distance > (size_t)(h->out - start), 0))
        return false;
    *next = look_hot(h, t->literal, literal_mask);
    refill_hot(h);
    copy_match(h->out, distance, h->out + num);
    h->out += num;
    return true;
}

/* put_some puts literals, and tells whether that is the turn: three entries of them. At least 56 bits are there, a code
 * that is looked up at once has 11 at most, and the next entry is looked up before there are more, which it need not
 * wait for. */
INLINE bool put_some(const uint32_t *literal, uint64_t mask, hot *h, uint32_t *e)
{
    for (unsigned i = 0; i < 3; i++) {
        if (!(*e & IS_LITERAL))
            return false;
        put_hot(h, *e);
        *e = look_hot(h, literal, mask);
    }
    refill_hot(h);
    return true;
}

/* run goes on while there are both margins, and looks at neither end within a turn. A turn takes 11 + 11 bits of
 * literals, and up to 15 + 5 of a length; then 15 + 13 of a distance. */
INLINE void run(const ens_inflate_tables *t, flow *f)
{
    hot h = {f->bits, f->num, f->in, f->out};
    const uint64_t literal_mask = (1u << t->literal_bits) - 1, distance_mask = (1u << t->distance_bits) - 1;
    const uint8_t *in_last = f->in_end - IN_MARGIN, *out_last = f->edge - OUT_MARGIN, *start = f->start;
    out_last = out_last < f->end ? out_last : f->end;
    refill_hot(&h);
    uint32_t e = look_hot(&h, t->literal, literal_mask);
    do {
        if (put_some(t->literal, literal_mask, &h, &e))
            continue;
        if (__builtin_expect(e & IS_ODD, 0)) {
            e = look_further(&h, t->literal, e);
            if (e & IS_LITERAL) {
                put_hot(&h, e);
                e = look_hot(&h, t->literal, literal_mask);
                refill_hot(&h);
                continue;
            }
            if (e & IS_ODD) {
                drop_hot(&h, e);
                f->ended = e & IS_END;
                f->answer = f->ended ? ENS_INFLATE_DONE : ENS_INFLATE_DOUBT;
                break;
            }
        }
        if (!take_match(t, &h, start, literal_mask, distance_mask, e, &e)) {
            refuse(f);
            break;
        }
    } while (h.in <= in_last && h.out <= out_last);
    f->bits = h.bits;
    f->num = h.num & 63;
    f->in = h.in;
    f->out = h.out;
    if (f->out > f->end && f->answer == ENS_INFLATE_DONE)
        f->answer = ENS_INFLATE_ROOM;
}

static void run_anywhere(const ens_inflate_tables *t, flow *f)
{
    run(t, f);
}

#if defined(ENSIGN_SIMD) && defined(__x86_64__)

__attribute__((target("avx2,bmi,bmi2"))) static void run_by_bmi2(const ens_inflate_tables *t, flow *f)
{
    run(t, f);
}

static bool have_bmi2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

#else

#define run_by_bmi2 run_anywhere

static bool have_bmi2(void)
{
    return false;
}

#endif

static void read_coded(ens_inflate *z, flow *f, bool fixed)
{
    if (!(fixed ? set_fixed(z) : read_tables(z, f)))
        refuse(f);
    f->ended = false;
    while (!f->ended && f->answer == ENS_INFLATE_DONE)
        (has_margin(f) ? z->run : step)(&z->t, f);
}

/* read_stored copies a block that isn't compressed.   Source  RFC 1951, 3.2.4 */
static void read_stored(flow *f)
{
    f->in -= f->num / 8;
    f->bits = f->num = 0;
    size_t left = (size_t)(f->in_end - f->in), len;
    if (left < 4 || ((f->in[0] ^ f->in[2]) & (f->in[1] ^ f->in[3])) != 0xFF) {
        refuse(f);
        return;
    }
    len = (size_t)f->in[0] | (size_t)f->in[1] << 8;
    if (len > left - 4) {
        refuse(f);
    } else if (len > (size_t)(f->end - f->out)) {
        f->answer = ENS_INFLATE_ROOM;
    } else if (len) {
        memcpy(f->out, f->in + 4, len);
        f->out += len;
    }
    f->in += f->answer == ENS_INFLATE_DONE ? len + 4 : 0;
}

ens_inflate_answer ens__inflate_stream(ens_inflate *z, ens_slice in, const ens_inflate_space *space, size_t *taken,
                                       size_t *made)
{
    flow f = {.in = in.p, .in_end = in.p + in.len, .out = space->out, .start = space->out};
    bool last = false;
    f.end = f.start + space->room;
    f.edge = f.end + space->scratch;
    while (!last && f.answer == ENS_INFLATE_DONE) {
        last = take_bits(&f, 1);
        unsigned type = take_bits(&f, 2);
        if (f.answer != ENS_INFLATE_DONE || type == 3)
            refuse(&f);
        else if (type == 0)
            read_stored(&f);
        else
            read_coded(z, &f, type == 1);
    }
    *taken = (size_t)(f.in - in.p) - f.num / 8;
    *made = (size_t)(f.out - f.start);
    return f.answer;
}

ens_inflate *ens__inflate_new(void)
{
    ens_inflate *z = malloc(sizeof *z);
    if (!z)
        return NULL;
    ens__inflate_tables_init(&z->t);
    z->run = have_bmi2() ? run_by_bmi2 : run_anywhere;
    return z;
}

void ens__inflate_free(ens_inflate *z)
{
    free(z);
}
