#include "show/printable.h"

#define REPLACEMENT ENS_LIT("\xEF\xBF\xBD") /* U+FFFD */

static size_t length_of(uint8_t lead)
{
    return lead < 0x80                   ? 1
           : lead >= 0xC2 && lead < 0xE0 ? 2
           : lead >= 0xE0 && lead < 0xF0 ? 3
           : lead >= 0xF0 && lead < 0xF5 ? 4
                                         : 0;
}

/* is_hidden: C1 controls, marks and overrides of direction, line and paragraph separators, zero-width characters.
 * Source  Unicode TR 9 (bidirectional), TR 36 (spoofing) */
static bool is_hidden(uint32_t c)
{
    return (c >= 0x80 && c < 0xA0) || c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0xFFFE || c == 0xFFFF;
}

static uint32_t code_of(ens_slice s)
{
    uint32_t c = s.len == 2 ? s.p[0] & 0x1Fu : s.len == 3 ? s.p[0] & 0x0Fu : s.p[0] & 0x07u;
    for (size_t i = 1; i < s.len; i++)
        c = c << 6 | (s.p[i] & 0x3Fu);
    return c;
}

bool ens__printable_next(ens_reader *r, ens_slice *out)
{
    if (!ens_left(r))
        return false;
    uint8_t lead = *r->at;
    size_t len = length_of(lead);
    ens_slice one = {r->at, len};
    if (len > 1 && len <= ens_left(r) && ens__is_utf8(one)) {
        r->at += len;
        *out = is_hidden(code_of(one)) ? REPLACEMENT : one;
        return true;
    }
    r->at++;
    if (lead == ' ' || (lead >= '\t' && lead <= '\r'))
        *out = ENS_LIT(" ");
    else
        *out = lead < 0x20 || lead >= 0x7F ? REPLACEMENT : (ens_slice){r->at - 1, 1};
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
