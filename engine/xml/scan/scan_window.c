
#include "engine/base/arena.h"
#include "engine/xml/scan/scan.h"
#include "engine/xml/scan/scan_state.h"

#include <stdlib.h>

static bool is_char(uint32_t c)
{
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c < 0x110000);
}

/* more_of takes the continuation bytes of a sequence of n. */
static bool more_of(const uint8_t *p, const uint8_t *end, unsigned n, uint32_t *value)
{
    if ((size_t)(end - p) < n)
        return false;
    for (unsigned i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return false;
        *value = *value << 6 | (p[i] & 0x3F);
    }
    return true;
}

unsigned ens__scan_char(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (p >= end)
        return 0;
    uint8_t c = p[0];
    unsigned n = c < 0x80 ? 1 : c < 0xC0 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF8 ? 4 : 0;
    static const uint8_t lead[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    *value = c & lead[n];
    return n && more_of(p, end, n, value) && *value >= least[n] && is_char(*value) ? n : 0;
}

typedef struct {
    uint32_t first, last;
} range;

static bool in_ranges(uint32_t c, const range *r, size_t num)
{
    for (size_t i = 0; i < num && c >= r[i].first; i++)
        if (c <= r[i].last)
            return true;
    return false;
}

/* XML 1.0 (5th edition), productions 4 and 4a, without ':' (Namespaces in XML 1.0, production 4). */
static bool is_name_start(uint32_t c)
{
    static const range ranges[] = {
        {'A', 'Z'},       {'_', '_'},       {'a', 'z'},       {0xC0, 0xD6},     {0xD8, 0xF6},
        {0xF8, 0x2FF},    {0x370, 0x37D},   {0x37F, 0x1FFF},  {0x200C, 0x200D}, {0x2070, 0x218F},
        {0x2C00, 0x2FEF}, {0x3001, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFFD}, {0x10000, 0xEFFFF},
    };
    return in_ranges(c, ranges, sizeof ranges / sizeof *ranges);
}

static bool is_name_char(uint32_t c)
{
    static const range ranges[] = {{'-', '.'}, {'0', '9'}, {0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}};
    return is_name_start(c) || in_ranges(c, ranges, sizeof ranges / sizeof *ranges);
}

size_t ens__scan_name_length(const uint8_t *p, const uint8_t *end)
{
    uint32_t c;
    unsigned n = ens__scan_char(p, end, &c);
    if (!n || !is_name_start(c))
        return 0;
    size_t len = n;
    while ((n = ens__scan_char(p + len, end, &c)) && is_name_char(c))
        len += n;
    return len;
}

/* digit_of: libxml2 takes no letter for the 11th digit, nor for each 11th from there; so neither do we. */
static unsigned digit_of(uint8_t c, unsigned base, size_t nth)
{
    uint8_t folded = c | 0x20;
    if (c >= '0' && c <= '9')
        return c - '0';
    return base == 16 && folded >= 'a' && folded <= 'f' && nth % 11 != 10 ? folded - 'a' + 10u : base;
}

/* number_reference reads what follows "&#": any number of digits that the limit allows. */
static size_t number_reference(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    end = end - p > ENS_SCAN_REFERENCE_MAX ? p + ENS_SCAN_REFERENCE_MAX : end;
    unsigned base = end - p > 2 && p[2] == 'x' ? 16 : 10, digit;
    const uint8_t *from = p + (base == 16 ? 3 : 2), *at = from;
    uint32_t v = 0;
    for (; at < end && (digit = digit_of(*at, base, (size_t)(at - from))) < base; at++)
        v = v > 0x10FFFF ? v : v * base + digit;
    if (at == from || at >= end || *at != ';' || !is_char(v))
        return 0;
    *value = v;
    return (size_t)(at - p) + 1;
}

size_t ens__scan_reference(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    static const struct {
        const char *text;
        uint8_t len, means;
    } known[] = {{"&amp;", 5, '&'}, {"&lt;", 4, '<'}, {"&gt;", 4, '>'}, {"&quot;", 6, '"'}, {"&apos;", 6, '\''}};
    if (end - p > 1 && p[1] == '#')
        return number_reference(p, end, value);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (end - p >= known[i].len && memcmp(p, known[i].text, known[i].len) == 0) {
            *value = known[i].means;
            return known[i].len;
        }
    }
    return 0;
}

ens_scan_step ens__scan_refuse_reference(ens_scan *s, uint32_t at)
{
    const uint8_t *p = s->text + at;
    bool number = s->len - at >= ENS_SCAN_REFERENCE_MAX && p[1] == '#';
    unsigned base = number && p[2] == 'x' ? 16 : 10, i = base == 16 ? 3 : 2;
    while (number && i < ENS_SCAN_REFERENCE_MAX && digit_of(p[i], base, 0) < base)
        i++;
    return i == ENS_SCAN_REFERENCE_MAX ? ens__scan_refuse(s, ENS_ELIMIT, "has a reference that is too long", at)
                                       : ens__scan_refuse(s, ENS_ESYNTAX, "has a reference that means nothing", at);
}

unsigned ens__scan_put_char(uint32_t value, uint8_t out[4])
{
    if (value < 0x80) {
        out[0] = (uint8_t)value;
        return 1;
    }
    unsigned n = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
    for (unsigned i = n - 1; i > 0; i--, value >>= 6)
        out[i] = (uint8_t)(0x80 | (value & 0x3F));
    static const uint8_t lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (uint8_t)(lead[n] | value);
    return n;
}

/* replace appends what stands at p for something else, and returns how many bytes it took. */
static size_t replace(const uint8_t *p, const uint8_t *end, bool attribute, ens_buf *out)
{
    uint32_t value;
    uint8_t bytes[4];
    if (*p == '&') {
        size_t taken = ens__scan_reference(p, end, &value);
        ens_buf_add(out, bytes, taken ? ens__scan_put_char(value, bytes) : 0);
        return taken ? taken : 1;
    }
    ens_buf_add(out, attribute ? " " : "\n", 1);
    return *p == '\r' && end - p > 1 && p[1] == '\n' ? 2 : 1;
}

void ens__scan_text(ens_slice raw, bool attribute, ens_buf *out)
{
    const uint8_t *p = raw.p, *end = raw.p + raw.len, *kept = p;
    while (p < end) {
        if (*p != '&' && *p != '\r' && !(attribute && (*p == '\t' || *p == '\n'))) {
            p++;
            continue;
        }
        ens_buf_add(out, kept, (size_t)(p - kept));
        p += replace(p, end, attribute, out);
        kept = p;
    }
    ens_buf_add(out, kept, (size_t)(p - kept));
}

/* The part of the text that is indexed: see scan_index.h. It moves on with the scanner, and is validated as it does. */
bool ens__scan_window_make(ens_scan_window *w, uint32_t room)
{
    size_t words = room / ENS_SCAN_BLOCK + 2, marks = room + ENS_SCAN_MARK_ROOM;
    uint64_t *maps = malloc(3 * words * sizeof *maps + marks * sizeof(uint32_t));
    ens__heap_note();
    if (!maps)
        return false;
    free(w->maps.not_name);
    w->maps.not_name = maps;
    w->maps.not_value = maps + words;
    w->maps.odd = maps + 2 * words;
    w->maps.mark = (uint32_t *)(maps + 3 * words);
    w->room = room;
    return true;
}

void ens__scan_window_free(ens_scan_window *w)
{
    free(w->maps.not_name);
}

/* check_block looks at the odd bytes of one block: sequences of UTF-8 may reach into the next one. False: one is
 * illegal. */
static bool check_block(ens_scan *s, uint64_t odd, uint32_t at)
{
    ens_scan_window *w = &s->window;
    for (; odd; odd &= odd - 1) {
        uint32_t p = at + (uint32_t)__builtin_ctzll(odd), c;
        if (p < w->checked)
            continue;
        unsigned n = ens__scan_char(s->text + p, s->text + s->len, &c);
        if (!n || w->ascii) {
            w->illegal = p;
            return false;
        }
        w->checked = p + n;
    }
    return true;
}

static void check_scan_window(ens_scan *s, size_t blocks)
{
    ens_scan_window *w = &s->window;
    for (size_t b = 0; b < blocks; b++)
        if (w->maps.odd[b] && !check_block(s, w->maps.odd[b], w->from + (uint32_t)b * ENS_SCAN_BLOCK))
            return;
}

/* index_all indexes whole blocks where they lie and the last, shorter one in a copy: nothing is read past the end of
 * the text. */
static size_t index_all(ens_scan *s, size_t *blocks, bool *any_odd)
{
    ens_scan_window *w = &s->window;
    size_t whole = (w->to - w->from) / ENS_SCAN_BLOCK, rest = (w->to - w->from) % ENS_SCAN_BLOCK;
    size_t num = w->index(s->text + w->from, whole, w->from, &w->maps, any_odd);
    *blocks = whole;
    if (rest) {
        uint8_t last[ENS_SCAN_BLOCK];
        bool odd;
        memset(last, ' ', sizeof last);
        memcpy(last, s->text + w->to - rest, rest);
        ens_scan_maps maps = {w->maps.mark + num, w->maps.not_name + whole, w->maps.not_value + whole,
                              w->maps.odd + whole};
        num += w->index(last, 1, w->to - (uint32_t)rest, &maps, &odd);
        *any_odd |= odd;
        ++*blocks;
    }
    return num;
}

/* fill_scan_window has the window begin at position from, and at hand what it shows, what may be looked at behind it,
 * and what stands before position upto. False after a refusal. */
static bool fill_scan_window(ens_scan *s, uint32_t from, uint32_t upto)
{
    ens_scan_window *w = &s->window;
    uint32_t ahead = from + w->room + ENS_SCAN_AHEAD;
    if (!s->ended && !ens__scan_hold(s, &from, upto > ahead ? upto : ahead))
        return false;
    bool any_odd;
    size_t blocks;
    w->from = from;
    w->to = s->len - from < w->room ? s->len : from + w->room;
    size_t num = index_all(s, &blocks, &any_odd);
    w->maps.not_name[blocks] = w->maps.not_value[blocks] = UINT64_MAX;
    w->maps.not_name[blocks + 1] = w->maps.not_value[blocks + 1] = UINT64_MAX;
    if (any_odd)
        check_scan_window(s, blocks);
    if (w->illegal < w->to) {
        w->to = w->illegal;
        while (num && w->maps.mark[num - 1] >= w->to)
            num--;
    }
    w->maps.mark[num] = w->maps.mark[num + 1] = ENS_SCAN_NONE;
    s->mark = w->maps.mark;
    return true;
}

static void pass_marks(ens_scan *s, uint32_t at)
{
    while (*s->mark < at)
        s->mark++;
}

bool ens__scan_window_at(ens_scan *s, uint32_t at, bool keep)
{
    ens_scan_window *w = &s->window;
    uint32_t from = at / ENS_SCAN_BLOCK * ENS_SCAN_BLOCK;
    size_t base = s->base;
    if (w->to == w->illegal)
        ens__scan_refuse(s, ENS_ESYNTAX, "has an illegal character", w->illegal);
    else if (w->to == s->len)
        ens__scan_refuse(s, ENS_ESYNTAX, "ends too early", s->len);
    else if (keep && from == w->from && w->room >= ENS_SCAN_TAG_MAX)
        ens__scan_refuse(s, ENS_ELIMIT, "has a tag that is too long", at);
    else if (keep && from == w->from && !ens__scan_window_make(w, 2 * w->room))
        ens__scan_refuse(s, ENS_ENOMEM, "is too large for the memory", at);
    else if (fill_scan_window(s, from, 0))
        pass_marks(s, at - (uint32_t)(s->base - base));
    return s->state != ENS_SCANNING_FAILED;
}

bool ens__scan_reach(ens_scan *s, size_t n)
{
    if (s->ended || s->len - s->at >= n)
        return true;
    if (!fill_scan_window(s, s->at / ENS_SCAN_BLOCK * ENS_SCAN_BLOCK, s->at + (uint32_t)n))
        return false;
    pass_marks(s, s->at);
    return true;
}

bool ens__scan_pass(ens_scan *s, uint32_t at)
{
    while (s->window.to < at) {
        size_t base = s->base;
        if (!ens__scan_window_at(s, s->window.to, false))
            return false;
        at -= (uint32_t)(s->base - base);
    }
    pass_marks(s, at);
    s->at = at;
    return true;
}

void ens__scan_window_begin(ens_scan *s)
{
    ens_scan_window *w = &s->window;
    if (w->room > ENS_SCAN_WINDOW)
        ens__scan_window_make(w, ENS_SCAN_WINDOW); /* without memory the large one stays */
    w->checked = 0;
    w->illegal = ENS_SCAN_NONE;
    w->ascii = false;
    w->from = w->to = 0;
    fill_scan_window(s, 0, 0);
}

void ens__scan_window_ascii(ens_scan *s)
{
    s->window.ascii = true;
    s->window.checked = 0;
    fill_scan_window(s, s->window.from, 0);
}

/* libxml2 guesses UTF-16, UTF-32 and EBCDIC from the first bytes; every one of them has a NUL or no '<' there. */
bool ens__scan_looks_utf8(ens_slice text)
{
    ens_slice head = ens_starts(text, ENS_LIT("\xEF\xBB\xBF")) ? ens_from(text, 3) : text;
    return head.len >= 4 && memchr(head.p, 0, 4) == NULL && head.p[0] < 0x80;
}

bool ens__scan_is_ncname(ens_slice text)
{
    return text.len > 0 && ens__scan_name_length(text.p, text.p + text.len) == text.len;
}
