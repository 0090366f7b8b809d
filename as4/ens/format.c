/* See format.h. */
#include "as4/ens/format.h"

#include "engine/base/clock.h"

#define HIGH_BITS 0x8080808080808080u
#define TIME_LEN 20u /* "2026-01-15T08:29:00Z" */

static bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static bool is_letter(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

static bool is_ascii(ens_slice s)
{
    uint64_t seen = 0, word;
    size_t i = 0;
    for (; i + sizeof word <= s.len; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        seen |= word;
    }
    for (; i < s.len; i++)
        seen |= s.p[i];
    return !(seen & HIGH_BITS);
}

size_t ens__format_length(ens_slice s)
{
    size_t num = 0;
    for (size_t i = 0; i < s.len; i++)
        num += (s.p[i] & 0xC0) != 0x80;
    return num;
}

/* The letters of the scripts that customs read, and what all scripts share. */
static const struct {
    uint32_t from, to;
} blocks[] = {
    {0x0000, 0x052F}, /* Latin, IPA, combining marks, Greek, Cyrillic */
    {0x1C80, 0x1C8F}, /* Cyrillic */
    {0x1D00, 0x1FFF}, /* phonetic and additional Latin, Greek */
    {0x2000, 0x2BFF}, /* punctuation, currencies, symbols */
    {0x2C60, 0x2C7F}, /* Latin */
    {0x2DE0, 0x2E7F}, /* Cyrillic, punctuation */
    {0xA640, 0xA69F}, /* Cyrillic */
    {0xA700, 0xA7FF}, /* Latin */
    {0xAB30, 0xAB6F}, /* Latin */
    {0xFB00, 0xFB06}, /* Latin ligatures */
    {0xFE20, 0xFE2F}, /* combining marks */
};

static bool is_readable(uint32_t c)
{
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (c >= blocks[i].from && c <= blocks[i].to)
            return true;
    return false;
}

/* all_readable walks over characters; the text is well-formed UTF-8. */
static bool all_readable(ens_slice s)
{
    for (size_t i = 0; i < s.len;) {
        uint8_t c = s.p[i];
        size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        uint32_t v = n == 1 ? c : c & (0x7Fu >> n);
        for (size_t k = 1; k < n && i + k < s.len; k++)
            v = v << 6 | (s.p[i + k] & 0x3F);
        if (!is_readable(v))
            return false;
        i += n;
    }
    return true;
}

static ens_format_fault check_length(const ens_table_format *f, size_t len)
{
    return len > f->max ? ENS_FORMAT_LONG : len >= f->min ? ENS_FORMAT_GOOD : len ? ENS_FORMAT_SHORT : ENS_FORMAT_EMPTY;
}

static ens_format_fault check_letters(const ens_table_format *f, ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.p[i]))
            return ENS_FORMAT_CHARACTERS;
    return check_length(f, s.len);
}

/* check_decimal: all digits count, zeros at either end too. */
static ens_format_fault check_decimal(const ens_table_format *f, ens_slice s)
{
    size_t before = 0, after = 0, at = 0;
    while (at < s.len && is_digit(s.p[at]))
        at++, before++;
    bool point = at < s.len && s.p[at] == '.';
    for (at += point; point && at < s.len && is_digit(s.p[at]); at++)
        after++;
    if (!s.len)
        return ENS_FORMAT_EMPTY;
    if (at < s.len || (point && !after))
        return ENS_FORMAT_DECIMAL;
    if (!before)
        return ENS_FORMAT_NO_DIGIT;
    return after > f->decimals ? ENS_FORMAT_DECIMALS : before + after > f->max ? ENS_FORMAT_LONG : ENS_FORMAT_GOOD;
}

static ens_format_fault check_number(const ens_table_format *f, ens_slice s)
{
    if (f->decimals)
        return check_decimal(f, s);
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.p[i]))
            return ENS_FORMAT_CHARACTERS;
    return check_length(f, s.len);
}

static ens_format_fault check_text(const ens_table_format *f, ens_slice s)
{
    if (is_ascii(s))
        return check_length(f, s.len);
    ens_format_fault fault = check_length(f, ens__format_length(s));
    return fault != ENS_FORMAT_GOOD || all_readable(s) ? fault : ENS_FORMAT_SCRIPT;
}

/* read_time: the tables have 20 characters that end in Z, the interface control document allows an offset. The time of
 * day is that of XML Schema: it has 24:00:00 and no 60th second. */
static ens_format_fault read_time(ens_slice s, ens_time *t)
{
    bool offset;
    if (!s.len)
        return ENS_FORMAT_EMPTY;
    if (s.len < TIME_LEN || s.p[10] != 'T' || ens__trim(s).len != s.len || !ens__time_xsd(s, t, &offset))
        return ENS_FORMAT_NO_TIME;
    uint8_t zone = s.p[TIME_LEN - 1];
    if (zone == 'Z')
        return ENS_FORMAT_GOOD;
    return zone == '+' || zone == '-' ? ENS_FORMAT_OFFSET : ENS_FORMAT_NO_TIME;
}

bool ens__format_time(ens_slice text, ens_time *out)
{
    ens_format_fault fault = read_time(text, out);
    return fault == ENS_FORMAT_GOOD || fault == ENS_FORMAT_OFFSET;
}

ens_format_fault ens__format_check(const ens_table_format *f, ens_slice text)
{
    ens_time t;
    switch (f->kind) {
    case ENS_FORMAT_A:
        return check_letters(f, text);
    case ENS_FORMAT_N:
        return check_number(f, text);
    case ENS_FORMAT_DATETIME:
        return read_time(text, &t);
    default:
        return check_text(f, text);
    }
}
