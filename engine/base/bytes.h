/* Slices, readers with a position, and buffers that grow from the caller's storage. */
#ifndef ENS_ENGINE_BASE_BYTES_H
#define ENS_ENGINE_BASE_BYTES_H

#include "ensign/base.h"

#include <stdarg.h>
#include <stdbool.h>

/* ENS_LIT makes a slice of a string literal. */
#define ENS_LIT(literal) ((ens_slice){(const uint8_t *)("" literal), sizeof(literal) - 1})

static inline ens_slice ens_bytes(const void *p, size_t len)
{
    return (ens_slice){(const uint8_t *)p, len};
}

static inline bool ens_eq(ens_slice a, ens_slice b)
{
    return a.len == b.len &&
           (b.len == 0 || memcmp(a.p, b.p, b.len) == 0); /* b is often a literal, compared without a call */
}

static inline bool ens_is(ens_slice a, const char *text)
{
    return ens_eq(a, ens_str(text));
}

static inline bool ens_starts(ens_slice a, ens_slice prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.p, prefix.p, prefix.len) == 0);
}

/* ens_sub borrows [from, to) of s; both are cut to its end. */
static inline ens_slice ens_sub(ens_slice s, size_t from, size_t to)
{
    to = to > s.len ? s.len : to;
    from = from > to ? to : from;
    return (ens_slice){s.p ? s.p + from : NULL, to - from};
}

static inline ens_slice ens_from(ens_slice s, size_t from)
{
    return ens_sub(s, from, s.len);
}

/* ASCII case folding only: what MIME (RFC 2045) and HTTP ask for. */
bool ens__eq_nocase(ens_slice a, ens_slice b);
bool ens__starts_nocase(ens_slice a, ens_slice prefix);
/* ens__trim drops leading and trailing space, tab, CR and LF. */
ens_slice ens__trim(ens_slice s);
/* ens__find returns the offset of needle in hay at or after from, or SIZE_MAX. */
size_t ens__find(ens_slice hay, ens_slice needle, size_t from);
/* ens__equal_secret compares in time that depends on the lengths only. */
bool ens__equal_secret(ens_slice a, ens_slice b);
bool ens__is_utf8(ens_slice s);
/* ens__compare orders by the octets, a text before those that it begins. */
int ens__compare(ens_slice a, ens_slice b);
/* ens__pattern_fits: * in the pattern stands for any text, and NULL fits whatever there is. */
bool ens__pattern_fits(const char *pattern, ens_slice text);

/* ens_reader walks a slice; only take functions advance it, and none goes past the end. */
typedef struct {
    const uint8_t *start, *at, *end;
} ens_reader;

static inline ens_reader ens_read(ens_slice s)
{
    return (ens_reader){s.p, s.p, s.p ? s.p + s.len : NULL};
}

static inline size_t ens_left(const ens_reader *r)
{
    return (size_t)(r->end - r->at);
}

/* ens_at is the byte offset that a refusal names. */
static inline size_t ens_at(const ens_reader *r)
{
    return (size_t)(r->at - r->start);
}

static inline bool ens_take(ens_reader *r, size_t n, ens_slice *out)
{
    if (ens_left(r) < n)
        return false;
    *out = (ens_slice){r->at, n};
    r->at += n;
    return true;
}

static inline bool ens_take_u8(ens_reader *r, uint8_t *out)
{
    if (r->at == r->end)
        return false;
    *out = *r->at++;
    return true;
}

/* ens_take_line takes up to and including LF; *line excludes the line end (LF or CR LF). False at the end. */
bool ens_take_line(ens_reader *r, ens_slice *line);

/* ens_buf appends within a limit. It starts in storage (may be NULL), moves to the heap when that is full, and latches
 * the first failure so that writers chain; ens_buf_done tells. Clear with ens_buf_free. */
typedef struct {
    uint8_t *p;
    size_t len, cap, limit;
    bool on_heap;
    ens_code failed;
} ens_buf;

void ens_buf_init(ens_buf *b, void *storage, size_t size, size_t limit);
void ens_buf_free(ens_buf *b);
/* ens_buf_wipe is ens_buf_free for key material. */
void ens_buf_wipe(ens_buf *b);
/* ens_buf_empty makes it ready for the next use: it keeps its memory, unless that is more than so many bytes. */
void ens_buf_empty(ens_buf *b, size_t kept);
/* ens_buf_grow is ens_buf_add for when there is no room: use that. */
void ens_buf_grow(ens_buf *b, const void *p, size_t n);
void ens_buf_printf(ens_buf *b, const char *format, ...) ENS_PRINTF(2, 3);
void ens_buf_vprintf(ens_buf *b, const char *format, va_list args) ENS_PRINTF(2, 0);
/* ens_buf_room makes n bytes of room and returns where they start, or NULL when failed; len is not moved. */
uint8_t *ens_buf_room(ens_buf *b, size_t n);
ENS_CHECK ens_code ens_buf_done(const ens_buf *b, ens_err *err);

/* Inline, so that a literal's length and its copy cost nothing to find out. */
static inline void ens_buf_add(ens_buf *b, const void *p, size_t n)
{
    if (n - 1 >= b->cap - b->len || b->failed) { /* none at all, or no room */
        ens_buf_grow(b, p, n);
        return;
    }
    memcpy(b->p + b->len, p, n);
    b->len += n;
}

static inline void ens_buf_put(ens_buf *b, ens_slice s)
{
    ens_buf_add(b, s.p, s.len);
}

static inline void ens_buf_text(ens_buf *b, const char *text)
{
    ens_buf_add(b, text, strlen(text));
}

static inline ens_slice ens_buf_slice(const ens_buf *b)
{
    return (ens_slice){b->p, b->len};
}

/* Base64 as RFC 4648 has it. ens__base64_decode passes over white space, wants correct padding, and returns the number
 * of bytes written to out (which has room for in.len / 4 * 3 + 3), or SIZE_MAX when the text is not base64. */
size_t ens__base64_size(size_t len);
void ens__base64_encode(ens_buf *out, ens_slice in);
size_t ens__base64_decode(ens_slice in, uint8_t *out);

/* ens__hex writes 2*len lower-case digits and a NUL. */
void ens__hex(ens_slice in, char *out);

#endif
