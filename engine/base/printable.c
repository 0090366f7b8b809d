#include "engine/base/printable.h"

#define REPLACEMENT ENS_LIT("\xEF\xBF\xBD") /* U+FFFD */
#define MARK ENS_LIT("\xE2\x80\xA6")        /* U+2026 */

size_t ens__utf8_step(const uint8_t *p, size_t left, uint32_t *c)
{
    size_t len = p[0] < 0x80                   ? 1
                 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
                 : p[0] >= 0xE0 && p[0] < 0xF0 ? 3
                 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4
                                               : 0;
    if (len == 0 || len > left || !ens__is_utf8(ens_bytes(p, len)))
        return 0;
    *c = len == 1 ? p[0] : len == 2 ? p[0] & 0x1Fu : len == 3 ? p[0] & 0x0Fu : p[0] & 0x07u;
    for (size_t i = 1; i < len; i++)
        *c = *c << 6 | (p[i] & 0x3Fu);
    return len;
}

bool ens__is_hidden(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {{0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},    {0x180E, 0x180E},
                  {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F},  {0xFEFF, 0xFEFF},
                  {0xFFF9, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (c >= hidden[i].from && c <= hidden[i].to)
            return true;
    return false;
}

bool ens__printable_next(ens_reader *r, ens_slice *out)
{
    uint32_t c = 0;
    if (!ens_left(r))
        return false;
    size_t len = ens__utf8_step(r->at, ens_left(r), &c);
    ens_slice one = {r->at, len ? len : 1};
    r->at += one.len;
    if (c == ' ' || (c >= '\t' && c <= '\r'))
        *out = ENS_LIT(" ");
    else
        *out = !len || c < 0x20 || ens__is_hidden(c) ? REPLACEMENT : one;
    return true;
}

int ens__columns(ens_slice text)
{
    ens_reader r = ens_read(text);
    ens_slice one;
    int num = 0;
    while (ens__printable_next(&r, &one))
        num++;
    return num;
}

static size_t length(ens_slice text)
{
    ens_reader r = ens_read(text);
    ens_slice one;
    size_t len = 0;
    while (ens__printable_next(&r, &one))
        len += one.len;
    return len;
}

char *ens__printable(ens_slice text, char *out, size_t size)
{
    size_t total = length(text), room = size - 1 - MARK.len, head = room / 3 * 2, tail = room - head;
    ens_reader r = ens_read(text);
    ens_slice one;
    ens_buf b;
    bool marked = false;
    ens_buf_init(&b, out, size, size);
    for (size_t at = 0; ens__printable_next(&r, &one); at += one.len) {
        if (total < size || at + one.len <= head || total - at <= tail)
            ens_buf_put(&b, one);
        else if (!marked)
            ens_buf_put(&b, MARK), marked = true;
    }
    out[b.len] = '\0';
    return out;
}

void ens__printable_lines(ens_buf *out, ens_slice text)
{
    for (ens_slice one; text.len; text = ens_from(text, one.len)) {
        size_t end = ens__find(text, ENS_LIT("\n"), 0);
        one = ens_sub(text, 0, end == SIZE_MAX ? text.len : end);
        ens_reader r = ens_read(one);
        for (ens_slice c; ens__printable_next(&r, &c);)
            ens_buf_put(out, c);
        if (end != SIZE_MAX) {
            ens_buf_text(out, "\n");
            one.len++;
        }
    }
}
