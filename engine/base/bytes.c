#include "engine/base/bytes.h"

#include "engine/base/arena.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool ens__eq_nocase(ens_slice a, ens_slice b)
{
    if (a.len != b.len)
        return false;
    if (a.len == 0 || memcmp(a.p, b.p, a.len) == 0)
        return true;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool ens__starts_nocase(ens_slice a, ens_slice prefix)
{
    return a.len >= prefix.len && ens__eq_nocase(ens_sub(a, 0, prefix.len), prefix);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

ens_slice ens__trim(ens_slice s)
{
    size_t from = 0, to = s.len;
    while (from < to && is_blank(s.p[from]))
        from++;
    while (to > from && is_blank(s.p[to - 1]))
        to--;
    return ens_sub(s, from, to);
}

size_t ens__find(ens_slice hay, ens_slice needle, size_t from)
{
    if (needle.len == 0 || needle.len > hay.len || from > hay.len - needle.len)
        return SIZE_MAX;
    const uint8_t *hit = needle.len == 1 ? memchr(hay.p + from, needle.p[0], hay.len - from)
                                         : memmem(hay.p + from, hay.len - from, needle.p, needle.len);
    return hit ? (size_t)(hit - hay.p) : SIZE_MAX;
}

bool ens__equal_secret(ens_slice a, ens_slice b)
{
    return a.len == b.len && CRYPTO_memcmp(a.p, b.p, a.len) == 0;
}

/* utf8_step returns the length of the sequence at p, or 0 when it is not UTF-8 (RFC 3629: shortest form, no
 * surrogates). */
static size_t utf8_step(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2)
        return 0;
    if (c < 0xE0)
        return left >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (c < 0xF0) {
        if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        return (c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] >= 0xA0) ? 0 : 3;
    }
    if (c > 0xF4 || left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
        return 0;
    return (c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] >= 0x90) ? 0 : 4;
}

bool ens__is_utf8(ens_slice s)
{
    for (size_t i = 0; i < s.len;) {
        size_t step = utf8_step(s.p + i, s.len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

bool ens_take_line(ens_reader *r, ens_slice *line)
{
    size_t left = ens_left(r);
    if (left == 0)
        return false;
    const uint8_t *lf = memchr(r->at, '\n', left);
    size_t n = lf ? (size_t)(lf - r->at) : left;
    *line = (ens_slice){r->at, n > 0 && lf && r->at[n - 1] == '\r' ? n - 1 : n};
    r->at += lf ? n + 1 : n;
    return true;
}

void ens_buf_init(ens_buf *b, void *storage, size_t size, size_t limit)
{
    *b = (ens_buf){.p = storage, .cap = storage ? size : 0, .limit = limit};
}

void ens_buf_free(ens_buf *b)
{
    if (b->on_heap)
        free(b->p);
    *b = (ens_buf){.limit = b->limit};
}

void ens_buf_empty(ens_buf *b, size_t kept)
{
    size_t limit = b->limit;
    if (b->cap > kept || b->failed) {
        ens_buf_free(b);
        ens_buf_init(b, NULL, 0, limit);
    }
    b->len = 0;
}

void ens_buf_wipe(ens_buf *b)
{
    if (b->p)
        OPENSSL_cleanse(b->p, b->cap);
    ens_buf_free(b);
}

/* grow always moves by copy and wipes nothing: buffers of key material are sized once by their owner. */
static bool grow(ens_buf *b, size_t need)
{
    if (need > b->limit) {
        b->failed = ENS_ELIMIT;
        return false;
    }
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap < need)
        cap = cap > b->limit / 2 ? b->limit : cap * 2;
    uint8_t *moved = b->on_heap ? realloc(b->p, cap) : malloc(cap);
    ens__heap_note();
    if (!moved) {
        b->failed = ENS_ENOMEM;
        return false;
    }
    if (!b->on_heap && b->len)
        memcpy(moved, b->p, b->len);
    b->p = moved;
    b->cap = cap;
    b->on_heap = true;
    return true;
}

uint8_t *ens_buf_room(ens_buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n > SIZE_MAX - b->len) {
        b->failed = ENS_ELIMIT;
        return NULL;
    }
    if ((b->len + n > b->cap || !b->p) && !grow(b, b->len + n))
        return NULL;
    return b->p + b->len;
}

void ens_buf_grow(ens_buf *b, const void *p, size_t n)
{
    uint8_t *to = ens_buf_room(b, n);
    if (to && n) {
        memcpy(to, p, n);
        b->len += n;
    }
}

void ens_buf_vprintf(ens_buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    uint8_t *to = n >= 0 ? ens_buf_room(b, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf((char *)to, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void ens_buf_printf(ens_buf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ens_buf_vprintf(b, format, args);
    va_end(args);
}

ens_code ens_buf_done(const ens_buf *b, ens_err *err)
{
    if (!b->failed)
        return ENS_OK;
    return ens_fail(err, b->failed, NULL, b->failed == ENS_ELIMIT ? "output is over its limit" : "out of memory",
                    b->len);
}

void ens__hex(ens_slice in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
    out[2 * in.len] = '\0';
}

/* Base64: see bytes.h. */
#if defined(ENSIGN_SIMD) && defined(__x86_64__)
#include <immintrin.h>
#endif

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t ens__base64_size(size_t len)
{
    return (len + 2) / 3 * 4;
}

void ens__base64_encode(ens_buf *out, ens_slice in)
{
    uint8_t *to = ens_buf_room(out, ens__base64_size(in.len));
    if (!to)
        return;
    size_t i = 0;
    for (; i + 2 < in.len; i += 3) {
        uint32_t v = (uint32_t)in.p[i] << 16 | (uint32_t)in.p[i + 1] << 8 | in.p[i + 2];
        *to++ = (uint8_t)base64_digits[v >> 18];
        *to++ = (uint8_t)base64_digits[v >> 12 & 63];
        *to++ = (uint8_t)base64_digits[v >> 6 & 63];
        *to++ = (uint8_t)base64_digits[v & 63];
    }
    if (i < in.len) {
        uint32_t v = (uint32_t)in.p[i] << 16 | (i + 1 < in.len ? (uint32_t)in.p[i + 1] << 8 : 0);
        *to++ = (uint8_t)base64_digits[v >> 18];
        *to++ = (uint8_t)base64_digits[v >> 12 & 63];
        *to++ = i + 1 < in.len ? (uint8_t)base64_digits[v >> 6 & 63] : (uint8_t)'=';
        *to++ = '=';
    }
    out->len += ens__base64_size(in.len);
}

/* What a character means: 0..63, or one of these. */
enum { PADDING = 64, BLANK = 65, FOREIGN = 66 };
#define X FOREIGN
#define X16 X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
static const uint8_t base64_value[256] = {
    X,     X,   X,   X,   X,   X,   X,   X,  X,  BLANK, BLANK, X,  X,       BLANK, X,  X,  X16, /* 0x00 */
    BLANK, X,   X,   X,   X,   X,   X,   X,  X,  X,     X,     62, X,       X,     X,  63, 52,
    53,    54,  55,  56,  57,  58,  59,  60, 61, X,     X,     X,  PADDING, X,     X, /* 0x20 */
    X,     0,   1,   2,   3,   4,   5,   6,  7,  8,     9,     10, 11,      12,    13, 14, 15,
    16,    17,  18,  19,  20,  21,  22,  23, 24, 25,    X,     X,  X,       X,     X, /* 0x40 */
    X,     26,  27,  28,  29,  30,  31,  32, 33, 34,    35,    36, 37,      38,    39, 40, 41,
    42,    43,  44,  45,  46,  47,  48,  49, 50, 51,    X,     X,  X,       X,     X, /* 0x60 */
    X16,   X16, X16, X16, X16, X16, X16, X16};
#undef X16
#undef X

#if defined(ENSIGN_SIMD) && defined(__x86_64__)

/* in_range has all bits of each byte set that is from first to last. */
__attribute__((target("ssse3"))) static inline __m128i in_range(__m128i v, char first, char last)
{
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(first - 1))),
                         _mm_cmpgt_epi8(_mm_set1_epi8((char)(last + 1)), v));
}

__attribute__((target("ssse3"))) static inline __m128i where(__m128i mask, int value)
{
    return _mm_and_si128(mask, _mm_set1_epi8((char)value));
}

/* decode_blocks takes 16 digits at a time, as long as there are so many more that the 4 bytes written too much find
 * room. */
__attribute__((target("ssse3"))) static size_t decode_blocks(ens_slice in, size_t from, uint8_t *out)
{
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    size_t i = from;
    for (; i + 24 <= in.len; i += 16, out += 12) {
        __m128i v = _mm_loadu_si128((const __m128i *)(in.p + i));
        __m128i upper = in_range(v, 'A', 'Z'), lower = in_range(v, 'a', 'z'), digit = in_range(v, '0', '9');
        __m128i plus = _mm_cmpeq_epi8(v, _mm_set1_epi8('+')), slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('/'));
        __m128i known = _mm_or_si128(_mm_or_si128(upper, lower), _mm_or_si128(digit, _mm_or_si128(plus, slash)));
        if (_mm_movemask_epi8(known) != 0xFFFF)
            break;
        __m128i shift = _mm_or_si128(
            _mm_or_si128(where(upper, -'A'), where(lower, 26 - 'a')),
            _mm_or_si128(where(digit, 52 - '0'), _mm_or_si128(where(plus, 62 - '+'), where(slash, 63 - '/'))));
        __m128i twelve = _mm_maddubs_epi16(_mm_add_epi8(v, shift), _mm_set1_epi32(0x01400140));
        __m128i whole = _mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000));
        _mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(whole, order));
    }
    return i - from;
}

static size_t decode_fast(ens_slice in, size_t from, uint8_t *out)
{
    return __builtin_cpu_supports("ssse3") ? decode_blocks(in, from, out) : 0;
}

#else

static size_t decode_fast(ens_slice in, size_t from, uint8_t *out)
{
    (void)in, (void)from, (void)out;
    return 0;
}

#endif

/* decode_run takes quantums of four digits while there is nothing else, and returns how many characters it took. */
static size_t decode_run(ens_slice in, size_t from, uint8_t *out)
{
    size_t fast = decode_fast(in, from, out), i = from + fast;
    out += fast / 4 * 3;
    for (; i + 4 <= in.len; i += 4, out += 3) {
        uint32_t a = base64_value[in.p[i]], b = base64_value[in.p[i + 1]], c = base64_value[in.p[i + 2]],
                 d = base64_value[in.p[i + 3]];
        if ((a | b | c | d) >= PADDING)
            break;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        out[0] = (uint8_t)(bits >> 16);
        out[1] = (uint8_t)(bits >> 8);
        out[2] = (uint8_t)bits;
    }
    return i - from;
}

size_t ens__base64_decode(ens_slice in, uint8_t *out)
{
    uint32_t bits = 0;
    unsigned have = 0, pad = 0;
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (have == 0 && pad == 0) {
            size_t run = decode_run(in, i, out + n);
            i += run;
            n += run / 4 * 3;
            if (i == in.len)
                break;
        }
        unsigned v = base64_value[in.p[i]];
        if (v == BLANK)
            continue;
        if (v == FOREIGN || (v < PADDING && pad))
            return SIZE_MAX;
        pad += v == PADDING;
        bits = bits << 6 | (v & 63);
        if (++have == 4) {
            if (pad > 2)
                return SIZE_MAX;
            out[n++] = (uint8_t)(bits >> 16);
            if (pad < 2)
                out[n++] = (uint8_t)(bits >> 8);
            if (pad < 1)
                out[n++] = (uint8_t)bits;
            if (pad && (bits & (pad == 2 ? 0xFFFFu : 0xFFu)))
                return SIZE_MAX;
            have = 0;
            bits = 0;
        }
    }
    return have ? SIZE_MAX : n;
}

/* It is linear but for the tries at the last *. */
bool ens__pattern_fits(const char *pattern, ens_slice text)
{
    const char *star = NULL, *p = pattern;
    size_t at = 0, tried = 0;
    if (!pattern)
        return true;
    while (at < text.len) {
        if (*p == '*') {
            star = ++p;
            tried = at;
        } else if (*p && (uint8_t)*p == text.p[at]) {
            p++;
            at++;
        } else if (star) {
            p = star;
            at = ++tried;
        } else {
            return false;
        }
    }
    return p[strspn(p, "*")] == '\0';
}

int ens__compare(ens_slice a, ens_slice b)
{
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both ? memcmp(a.p, b.p, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}
