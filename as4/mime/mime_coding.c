/* See mime_coding.h. ens__cid_of is declared in mime.h. */
#include "as4/mime/mime_coding.h"

ens_encoding ens__mime_encoding(ens_slice value)
{
    static const struct {
        const char *name;
        ens_encoding encoding;
    } known[] = {
        {"binary", ENS_ENCODING_BINARY}, {"8bit", ENS_ENCODING_BINARY},   {"7bit", ENS_ENCODING_BINARY},
        {"", ENS_ENCODING_BINARY},       {"base64", ENS_ENCODING_BASE64}, {"quoted-printable", ENS_ENCODING_QUOTED},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ens__eq_nocase(value, ens_str(known[i].name)))
            return known[i].encoding;
    return ENS_ENCODING_UNKNOWN;
}

static int hex_of(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* unquote undoes quoted-printable (RFC 2045, 6.7) into to; SIZE_MAX when it is none. Blanks before a line end are
 * padding. */
static size_t unquote(ens_slice in, uint8_t *to)
{
    size_t n = 0, kept = 0; /* kept: what stands before trailing blanks of the line */
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i];
        if (c == '=') {
            size_t end = i + 1;
            while (end < in.len && (in.p[end] == ' ' || in.p[end] == '\t' || in.p[end] == '\r'))
                end++;
            if (end == in.len || in.p[end] == '\n') {
                i = end;
            } else {
                int high = hex_of(in.p[i + 1]), low = i + 2 < in.len ? hex_of(in.p[i + 2]) : -1;
                if (high < 0 || low < 0)
                    return SIZE_MAX;
                to[n++] = (uint8_t)(high << 4 | low);
                i += 2;
            }
            kept = n;
            continue;
        }
        if (c == '\n' || (c == '\r' && i + 1 < in.len && in.p[i + 1] == '\n'))
            n = kept;
        to[n++] = c;
        kept = c == ' ' || c == '\t' ? kept : n;
    }
    return n;
}

ens_code ens__mime_decode(ens_encoding encoding, ens_slice body, ens_arena *arena, ens_slice *out)
{
    if (encoding != ENS_ENCODING_BASE64 && encoding != ENS_ENCODING_QUOTED) {
        *out = body;
        return ENS_OK;
    }
    bool base64 = encoding == ENS_ENCODING_BASE64;
    uint8_t *to = ens_arena_take(arena, base64 ? body.len / 4 * 3 + 3 : body.len + 1);
    if (!to)
        return ENS_ENOMEM;
    size_t n = base64 ? ens__base64_decode(body, to) : unquote(body, to);
    if (n == SIZE_MAX)
        return ENS_ESYNTAX;
    *out = ens_bytes(to, n);
    return ENS_OK;
}

/* has_scheme tells a URI that names its scheme (RFC 3986, 3.1). */
static bool has_scheme(ens_slice href)
{
    for (size_t i = 0; i < href.len; i++) {
        uint8_t c = href.p[i], folded = (uint8_t)(c | 0x20);
        bool letter = folded >= 'a' && folded <= 'z';
        if (c == ':')
            return i > 0;
        if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '+' && c != '-' && c != '.')))
            return false;
    }
    return false;
}

ens_slice ens__cid_of(ens_slice href, ens_arena *arena)
{
    bool cid = ens__starts_nocase(href, ENS_LIT("cid:"));
    if (!cid && (has_scheme(href) || ens_starts(href, ENS_LIT("#"))))
        return (ens_slice){0};
    ens_slice rest = ens_from(href, cid ? 4 : 0);
    if (!rest.len || !memchr(rest.p, '%', rest.len))
        return rest;
    uint8_t *to = ens_arena_take(arena, rest.len);
    size_t n = 0;
    for (size_t i = 0; to && i < rest.len; i++) {
        int high = rest.p[i] == '%' && i + 2 < rest.len ? hex_of(rest.p[i + 1]) : -1,
            low = high >= 0 ? hex_of(rest.p[i + 2]) : -1;
        to[n++] = (uint8_t)(low >= 0 ? high << 4 | low : rest.p[i]);
        i += low >= 0 ? 2 : 0;
    }
    return (ens_slice){to, n};
}
