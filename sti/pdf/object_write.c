/* Values of PDF, written; and texts between its encodings and UTF-8. */
#include "engine/base/printable.h"
#include "sti/pdf/object.h"

void ens__pdf_put_name(ens_buf *out, ens_slice name)
{
    ens_buf_text(out, "/");
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] > ' ' && name.p[i] < 0x7F && !strchr("#()<>[]{}/%", name.p[i]))
            ens_buf_add(out, name.p + i, 1);
        else
            ens_buf_printf(out, "#%02X", name.p[i]);
}

void ens__pdf_put_string(ens_buf *out, ens_slice text)
{
    bool plain = true;
    for (size_t i = 0; i < text.len; i++)
        plain = plain && text.p[i] >= ' ' && text.p[i] < 0x7F;
    ens_buf_text(out, plain ? "(" : "<");
    for (size_t i = 0; i < text.len; i++) {
        if (plain && strchr("()\\", text.p[i]))
            ens_buf_text(out, "\\");
        if (plain)
            ens_buf_add(out, text.p + i, 1);
        else
            ens_buf_printf(out, "%02X", text.p[i]);
    }
    ens_buf_text(out, plain ? ")" : ">");
}

static void put_number(ens_buf *out, const ens__pdf_value *v)
{
    if (v->whole)
        ens_buf_printf(out, "%lld", (long long)v->integer);
    else
        ens_buf_printf(out, "%.6f", v->real);
}

void ens__pdf_put(ens_buf *out, const ens__pdf_value *v)
{
    if (v->kind == ENS_PDF_NULL || v->kind == ENS_PDF_BOOL)
        ens_buf_text(out, v->kind == ENS_PDF_NULL ? "null" : v->yes ? "true" : "false");
    else if (v->kind == ENS_PDF_NUMBER)
        put_number(out, v);
    else if (v->kind == ENS_PDF_STRING)
        ens__pdf_put_string(out, v->text);
    else if (v->kind == ENS_PDF_NAME)
        ens__pdf_put_name(out, v->text);
    else if (v->kind == ENS_PDF_REF)
        ens_buf_printf(out, "%u %u R", v->num, v->gen);
    ens_buf_text(out, v->kind == ENS_PDF_ARRAY ? "[" : v->kind == ENS_PDF_DICT ? "<<" : "");
    for (size_t i = 0; v->kind == ENS_PDF_ARRAY && i < v->num; i++) {
        ens_buf_text(out, i ? " " : "");
        ens__pdf_put(out, &v->item[i]);
    }
    for (size_t i = 0; v->kind == ENS_PDF_DICT && i < v->num; i++) {
        ens__pdf_put_name(out, v->entry[i].key);
        ens_buf_text(out, " ");
        ens__pdf_put(out, &v->entry[i].value);
    }
    ens_buf_text(out, v->kind == ENS_PDF_ARRAY ? "]" : v->kind == ENS_PDF_DICT ? ">>" : "");
}

static size_t put_utf8(uint32_t c, uint8_t *to)
{
    if (c < 0x80)
        return to[0] = (uint8_t)c, 1;
    if (c < 0x800)
        return to[0] = (uint8_t)(0xC0 | c >> 6), to[1] = (uint8_t)(0x80 | (c & 0x3F)), 2;
    size_t n = c < 0x10000 ? 3 : 4;
    to[0] = (uint8_t)((n == 3 ? 0xE0 : 0xF0) | c >> (6 * (n - 1)));
    for (size_t i = 1; i < n; i++)
        to[i] = (uint8_t)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3F));
    return n;
}

/* next_utf16 takes one character; half of a pair is a question mark. */
static uint32_t next_utf16(ens_slice text, size_t *at)
{
    uint32_t c = (uint32_t)text.p[*at] << 8 | text.p[*at + 1], low = 0;
    *at += 2;
    if (c < 0xD800 || c > 0xDFFF)
        return c;
    if (c < 0xDC00 && *at + 1 < text.len)
        low = (uint32_t)text.p[*at] << 8 | text.p[*at + 1];
    if (low < 0xDC00 || low > 0xDFFF)
        return '?';
    *at += 2;
    return 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
}

ens_slice ens__pdf_utf8(ens_arena *arena, ens_slice text)
{
    bool wide = ens_starts(text, ENS_LIT("\xFE\xFF"));
    uint8_t *to = ens_arena_take(arena, text.len * 2 + 1);
    size_t len = 0, at = 2;
    if (!to)
        return (ens_slice){0};
    if (ens_starts(text, ENS_LIT("\xEF\xBB\xBF")))
        return ens_from(text, 3);
    while (wide && at + 1 < text.len)
        len += put_utf8(next_utf16(text, &at), to + len);
    for (size_t i = 0; !wide && i < text.len; i++) {
        bool known = text.p[i] < 0x7F || text.p[i] > 0xA0;
        len += put_utf8(known ? text.p[i] : '?', to + len);
    }
    return (ens_slice){to, len};
}

void ens__pdf_put_text(ens_buf *out, ens_slice utf8)
{
    bool ascii = true;
    for (size_t i = 0; i < utf8.len; i++)
        ascii = ascii && utf8.p[i] < 0x7F;
    if (ascii) {
        ens__pdf_put_string(out, utf8);
        return;
    }
    ens_buf_text(out, "<FEFF");
    for (size_t at = 0; at < utf8.len;) {
        uint32_t c = '?';
        size_t len = ens__utf8_step(utf8.p + at, utf8.len - at, &c);
        at += len ? len : 1;
        if (c < 0x10000)
            ens_buf_printf(out, "%04X", c);
        else
            ens_buf_printf(out, "%04X%04X", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + (c & 0x3FF));
    }
    ens_buf_text(out, ">");
}

void ens__pdf_put_shown(ens_buf *out, ens_slice utf8)
{
    ens_buf_text(out, "(");
    for (size_t at = 0; at < utf8.len;) {
        uint32_t c = '?';
        size_t len = ens__utf8_step(utf8.p + at, utf8.len - at, &c);
        at += len ? len : 1;
        c = c < ' ' || (c > 0x7E && c < 0xA0) || c > 0xFF ? '?' : c;
        ens_buf_printf(out, c > 0x7E || c == '(' || c == ')' || c == '\\' ? "\\%03o" : "%c", c);
    }
    ens_buf_text(out, ")");
}
