/* See bytes.h. */
#include "engine/base/bytes.h"

#include "engine/base/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

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

void ens_buf_printf(ens_buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    uint8_t *to = n >= 0 ? ens_buf_room(b, (size_t)n + 1) : NULL;
    if (to) {
        vsnprintf((char *)to, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
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
