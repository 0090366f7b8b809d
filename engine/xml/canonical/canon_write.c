#include "engine/xml/canonical/canon_write.h"

#define RUN_COPIED 512u /* a run up to this many bytes is cheaper copied than handed on by itself */

/* Where a byte isn't written just so, by what it stands in. */
enum { IN_TEXT = 1, IN_CDATA = 2, IN_VALUE = 4, IN_DATA = 8 };

static const uint8_t special[256] = {
    ['&'] = IN_TEXT | IN_CDATA | IN_VALUE,
    ['<'] = IN_TEXT | IN_CDATA | IN_VALUE,
    ['>'] = IN_TEXT | IN_CDATA,
    ['"'] = IN_VALUE,
    ['\t'] = IN_VALUE,
    ['\n'] = IN_VALUE,
    ['\r'] = IN_TEXT | IN_CDATA | IN_VALUE | IN_DATA,
};

void ens__canon_writer_start(ens_canon_writer *w, ens_canon_sink sink)
{
    w->sink = sink;
    w->len = 0;
    w->run = w->run_end = w->buffer;
}

static void hand_on(const ens_canon_writer *w, const uint8_t *p, size_t len)
{
    if (len)
        w->sink.put(w->sink.user, ens_bytes(p, len));
}

static void empty_buffer(ens_canon_writer *w)
{
    hand_on(w, w->buffer, w->len);
    w->len = 0;
}

/* settle ends the run: a short one joins the buffer, a long one goes out where it lies. */
static void settle(ens_canon_writer *w)
{
    size_t len = (size_t)(w->run_end - w->run);
    if (len <= RUN_COPIED) {
        if (len > sizeof w->buffer - w->len)
            empty_buffer(w);
        memcpy(w->buffer + w->len, w->run, len);
        w->len += len;
    } else {
        empty_buffer(w);
        hand_on(w, w->run, len);
    }
    w->run = w->run_end = w->buffer;
}

void ens__canon_flush(ens_canon_writer *w)
{
    settle(w);
    empty_buffer(w);
}

void ens__canon_break(ens_canon_writer *w, ens_slice s)
{
    if (!s.len)
        return;
    settle(w);
    w->run = s.p;
    w->run_end = s.p + s.len;
}

void ens__canon_literal(ens_canon_writer *w, ens_slice s)
{
    settle(w);
    if (s.len > sizeof w->buffer - w->len)
        empty_buffer(w);
    if (s.len > sizeof w->buffer) {
        hand_on(w, s.p, s.len);
    } else if (s.len) {
        memcpy(w->buffer + w->len, s.p, s.len);
        w->len += s.len;
    }
}

/* escaped is how canonical XML writes a character there; empty when it is written as itself. */
static ens_slice escaped(uint32_t c, uint8_t where)
{
    if (c > '>' || !(special[c] & where))
        return (ens_slice){0};
    switch (c) {
    case '&':
        return ENS_LIT("&amp;");
    case '<':
        return ENS_LIT("&lt;");
    case '>':
        return ENS_LIT("&gt;");
    case '"':
        return ENS_LIT("&quot;");
    case '\t':
        return ENS_LIT("&#x9;");
    case '\n':
        return ENS_LIT("&#xA;");
    default:
        return ENS_LIT("&#xD;");
    }
}

static ens_slice utf8(uint32_t c, uint8_t out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (uint8_t)(lead[len] | c);
    return ens_bytes(out, len);
}

/* referred is the character that a reference ("&lt;", "&#xE9;") stands for; the scanner let through no other. */
static uint32_t referred(ens_slice reference)
{
    const uint8_t *p = reference.p + 1;
    if (*p != '#')
        return *p == 'l' ? '<' : *p == 'g' ? '>' : *p == 'q' ? '"' : p[1] == 'm' ? '&' : '\'';
    uint32_t base = *++p == 'x' ? 16 : 10, c = 0;
    for (p += base == 16; *p != ';' && c <= 0x10FFFF; p++)
        c = c * base + (*p <= '9' ? *p - (uint32_t)'0' : (*p | 0x20u) - 'a' + 10u);
    return c & 0x1FFFFF;
}

static void write_reference(ens_canon_writer *w, ens_slice reference, uint8_t where)
{
    uint32_t c = referred(reference);
    ens_slice out = escaped(c, where);
    uint8_t bytes[4];
    if (!out.len)
        ens__canon_literal(w, utf8(c, bytes));
    else if (ens_eq(out, reference))
        ens__canon_verbatim(w, reference);
    else
        ens__canon_literal(w, out);
}

/* write_special writes what stands at raw.p[at] and answers how many bytes of the input it took. */
static size_t write_special(ens_canon_writer *w, ens_slice raw, size_t at, uint8_t where)
{
    uint8_t c = raw.p[at];
    if (c == '&' && where != IN_CDATA) {
        const uint8_t *end = memchr(raw.p + at, ';', raw.len - at);
        size_t len = end ? (size_t)(end - raw.p) + 1 - at : 0;
        if (len > 2) {
            write_reference(w, ens_bytes(raw.p + at, len), where);
            return len;
        }
    }
    if (c == '\r' || (where == IN_VALUE && (c == '\n' || c == '\t'))) {
        bool pair = c == '\r' && at + 1 < raw.len && raw.p[at + 1] == '\n';
        ens__canon_literal(w, where == IN_VALUE ? ENS_LIT(" ") : ENS_LIT("\n"));
        return pair ? 2 : 1;
    }
    ens__canon_literal(w, escaped(c, where));
    return 1;
}

static void write_raw(ens_canon_writer *w, ens_slice raw, uint8_t where)
{
    size_t from = 0, at = 0;
    while (at < raw.len) {
        if (!(special[raw.p[at]] & where)) {
            at++;
            continue;
        }
        ens__canon_verbatim(w, ens_bytes(raw.p + from, at - from));
        at += write_special(w, raw, at, where);
        from = at;
    }
    ens__canon_verbatim(w, ens_from(raw, from));
}

void ens__canon_text(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_TEXT);
}

void ens__canon_cdata(ens_canon_writer *w, ens_slice content)
{
    write_raw(w, content, IN_CDATA);
}

void ens__canon_value(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_VALUE);
}

void ens__canon_data(ens_canon_writer *w, ens_slice raw)
{
    write_raw(w, raw, IN_DATA);
}
