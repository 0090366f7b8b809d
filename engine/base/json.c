#include "engine/base/json.h"

#include "engine/base/printable.h"

#if defined(ENSIGN_SIMD) && defined(__SSE2__)
#include <emmintrin.h>
#endif

#define HEX_MAX ((size_t)64)

static void put_json(ens_json *j, const char *text)
{
    ens_buf_text(j->out, text);
}

/* put_name writes what stands before a value, of at most name_len + NAME_ROOM bytes, and returns its end. */
#define NAME_ROOM (sizeof ",\"\":" - 1)

static inline uint8_t *put_name(ens_json *j, uint8_t *to, const char *name, size_t len)
{
    if (j->more)
        *to++ = ',';
    j->more = true;
    if (!name)
        return to;
    *to++ = '"';
    memcpy(to, name, len);
    to += len;
    *to++ = '"';
    *to++ = ':';
    return to;
}

static void begin_item(ens_json *j, const char *name)
{
    size_t len = name ? strlen(name) : 0;
    uint8_t *to = ens_buf_room(j->out, len + NAME_ROOM);
    if (to)
        j->out->len = (size_t)(put_name(j, to, name, len) - j->out->p);
    else
        j->more = true;
}

void ens__json_open(ens_json *j, const char *name, char bracket)
{
    begin_item(j, name);
    ens_buf_add(j->out, &bracket, 1);
    j->more = false;
}

void ens__json_close(ens_json *j, char bracket)
{
    ens_buf_add(j->out, &bracket, 1);
    j->more = true;
}

static bool must_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* short_escape is NULL for a control that has none. */
static const char *short_escape(uint8_t c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\f':
        return "\\f";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

static void put_escaped(ens_json *j, uint8_t c)
{
    const char *text = short_escape(c);
    if (text)
        put_json(j, text);
    else
        ens_buf_printf(j->out, "\\u%04X", c);
}

/* put_hidden escapes what a terminal must not get as it is (RFC 8259, 7: UTF-16, beyond the first plane in pairs). */
static void put_hidden(ens_json *j, uint32_t c)
{
    if (c >= 0x10000)
        ens_buf_printf(j->out, "\\u%04X\\u%04X", 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF));
    else
        ens_buf_printf(j->out, "\\u%04X", c);
}

/* take_next returns the length of the character at s.p[i]. One that can't stay as it is is written, behind what stands
 * before it from *from on. */
static size_t take_next(ens_json *j, ens_slice s, size_t i, size_t *from)
{
    uint32_t c = s.p[i];
    size_t len = c < 0x7F ? 1 : ens__utf8_step(s.p + i, s.len - i, &c);
    if (len && !must_escape(s.p[i]) && (c < 0x7F || !ens__is_hidden(c)))
        return len;
    ens_buf_put(j->out, ens_sub(s, *from, i));
    if (!len)
        put_json(j, "?");
    else if (c < 0x7F)
        put_escaped(j, s.p[i]);
    else
        put_hidden(j, c);
    *from = i + (len ? len : 1);
    return len ? len : 1;
}

#define EACH(byte) ((byte)*0x0101010101010101u)

/* lacks tells whether no byte of a word is that byte: one is zero without it, and borrows. */
static bool lacks(uint64_t word, uint64_t byte)
{
    uint64_t differ = word ^ EACH(byte);
    return !((differ - EACH(1)) & ~differ & EACH(0x80));
}

/* is_plain8 tells whether eight bytes stay as they are: from ' ' to '~', and neither '"' nor '\\'. */
static bool is_plain8(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return !((word | (word + EACH(1)) | (word - EACH(' '))) & EACH(0x80)) && lacks(word, '"') && lacks(word, '\\');
}

/* copy_plain copies s as far as it stays as it is, and tells how far it is sure of that: what follows may be plain as
 * well. All of to may be written. The last bytes are looked at once more where they are no whole block. */
#if defined(ENSIGN_SIMD) && defined(__SSE2__)
#define BLOCK 16u

static inline bool copy_block(uint8_t *to, const uint8_t *from)
{
    __m128i v = _mm_loadu_si128((const void *)from);
    __m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F)));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    odd = _mm_or_si128(odd, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    _mm_storeu_si128((void *)to, v);
    return _mm_movemask_epi8(odd) == 0;
}
#else
#define BLOCK 8u

static inline bool copy_block(uint8_t *to, const uint8_t *from)
{
    memcpy(to, from, BLOCK);
    return is_plain8(from);
}
#endif

static inline size_t copy_plain(uint8_t *to, ens_slice s)
{
    size_t i = 0;
    for (; i + BLOCK <= s.len; i += BLOCK)
        if (!copy_block(to + i, s.p + i))
            return i;
    if (i < s.len && s.len >= BLOCK)
        return copy_block(to + s.len - BLOCK, s.p + s.len - BLOCK) ? s.len : i;
    if (s.len - i >= 8) {
        memcpy(to + i, s.p + i, 8);
        if (!is_plain8(s.p + i))
            return i;
        i += 8;
    }
    for (; i < s.len && s.p[i] < 0x7F && !must_escape(s.p[i]); i++)
        to[i] = s.p[i];
    return i;
}

/* put_rest writes s, of which the bytes before at are there, with what must be escaped, and the quote at its end. */
static void put_rest(ens_json *j, ens_slice s, size_t at)
{
    size_t from = at;
    for (size_t i = at; i < s.len;)
        if (s.len - i >= 8 && is_plain8(s.p + i))
            i += 8;
        else
            i += s.p[i] < 0x7F && !must_escape(s.p[i]) ? 1 : take_next(j, s, i, &from);
    ens_buf_put(j->out, ens_from(s, from));
    put_json(j, "\"");
}

void ens__json_member(ens_json *j, const char *name, size_t name_len, ens_slice value)
{
    if (!value.p) {
        begin_item(j, name);
        put_json(j, "null");
        return;
    }
    uint8_t *to = ens_buf_room(j->out, name_len + NAME_ROOM + value.len + 2);
    if (!to) {
        j->more = true;
        return;
    }
    to = put_name(j, to, name, name_len);
    *to++ = '"';
    size_t plain = copy_plain(to, value);
    to += plain;
    if (plain == value.len)
        *to++ = '"';
    j->out->len = (size_t)(to - j->out->p);
    if (plain < value.len)
        put_rest(j, value, plain);
}

void ens__json_number(ens_json *j, const char *name, uint64_t value)
{
    char digits[24];
    char *end = digits + sizeof digits, *at = end;
    begin_item(j, name);
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    ens_buf_add(j->out, at, (size_t)(end - at));
}

void ens__json_bool(ens_json *j, const char *name, bool value)
{
    begin_item(j, name);
    put_json(j, value ? "true" : "false");
}

void ens__json_null(ens_json *j, const char *name)
{
    ens__json_slice(j, name, (ens_slice){0});
}

void ens__json_some(ens_json *j, const char *name, ens_slice value)
{
    ens__json_slice(j, name, value.len ? value : (ens_slice){0});
}

void ens__json_time(ens_json *j, const char *name, ens_time value)
{
    char text[ENS_TIME_TEXT];
    ens__json_text(j, name, value == ENS_TIME_NONE ? NULL : ens_time_format(value, text));
}

void ens__json_hex(ens_json *j, const char *name, ens_slice bytes)
{
    char text[2 * HEX_MAX + 1];
    if (bytes.len > HEX_MAX)
        bytes = (ens_slice){0};
    else
        ens__hex(bytes, text);
    ens__json_slice(j, name, bytes.p ? ens_str(text) : bytes);
}
