#include "as4/mime/mime_part.h"

#include "as4/mime/mime.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static size_t margin_of(ens_slice line)
{
    size_t n = 0;
    while (n < line.len && is_blank(line.p[n]))
        n++;
    return n;
}

/* cut_line returns the line at offset at without its end; *next is where the following one starts, *ended whether LF
 * was there. */
static ens_slice cut_line(ens_slice in, size_t at, size_t *next, bool *ended)
{
    const uint8_t *lf = memchr(in.p + at, '\n', in.len - at);
    size_t end = lf ? (size_t)(lf - in.p) : in.len;
    *next = lf ? end + 1 : end;
    *ended = lf != NULL;
    return ens_sub(in, at, lf && end > at && in.p[end - 1] == '\r' ? end - 1 : end);
}

/* note_line keeps what a receiver with narrower limits stumbles over. */
static void note_line(ens_slice in, ens_slice line, size_t next, bool ended, ens__mime_head *out)
{
    out->longest = line.len > out->longest ? line.len : out->longest;
    out->bare_lf |= ended && line.p + line.len + 1 == in.p + next;
    out->bare_cr |= line.len && memchr(line.p, '\r', line.len);
}

/* unfold copies a folded value without its line ends; what is not folded is borrowed. p is NULL without memory. */
static ens_slice unfold(ens_slice value, ens_arena *arena)
{
    value = ens__trim(value);
    if (value.len == 0)
        return ENS_LIT("");
    if (!memchr(value.p, '\n', value.len))
        return value;
    uint8_t *to = ens_arena_take(arena, value.len);
    size_t n = 0;
    for (size_t i = 0; to && i < value.len; i++)
        if (value.p[i] != '\r' && value.p[i] != '\n')
            to[n++] = value.p[i];
    return (ens_slice){to, n};
}

static ens__head_result keep_field(ens_slice field, ens_arena *arena, ens__mime_head *out)
{
    static const struct {
        const char *name;
        size_t len, at;
    } known[] = {
        {"Content-Type", 12, offsetof(ens__mime_head, content_type)},
        {"Content-ID", 10, offsetof(ens__mime_head, content_id)},
        {"Content-Transfer-Encoding", 25, offsetof(ens__mime_head, transfer_encoding)},
        {"Content-Encoding", 16, offsetof(ens__mime_head, content_encoding)},
        {"Transfer-Encoding", 17, offsetof(ens__mime_head, hop_encoding)},
    };
    size_t colon = ens__find(field, ENS_LIT(":"), 0);
    if (colon == SIZE_MAX || colon == 0)
        return ENS_HEAD_SYNTAX;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (colon != known[i].len || !ens__eq_nocase(ens_sub(field, 0, colon), ens_bytes(known[i].name, known[i].len)))
            continue;
        ens_slice *value = (ens_slice *)((char *)out + known[i].at);
        if (value->p)
            out->twice = known[i].name;
        *value = unfold(ens_from(field, colon + 1), arena);
        return value->p ? ENS_HEAD_OK : ENS_HEAD_NOMEM;
    }
    return ENS_HEAD_OK;
}

ens__head_result ens__mime_head_read(ens_slice in, size_t from, bool indented, ens_arena *arena, ens__mime_head *out)
{
    *out = (ens__mime_head){.end = from};
    size_t at = from, next = from, margin = SIZE_MAX;
    while (at < in.len) {
        bool ended;
        ens_slice line = cut_line(in, at, &next, &ended);
        note_line(in, line, next, ended, out);
        out->end = line.len == 0 ? next : at;
        if (line.len == 0)
            return ENS_HEAD_OK;
        if (margin == SIZE_MAX)
            margin = indented ? margin_of(line) : 0;
        size_t stop = at + line.len, after = next;
        while (ended && after < in.len && is_blank(in.p[after])) { /* folded lines that belong to this field */
            ens_slice more = cut_line(in, after, &next, &ended);
            if (more.len == 0 || margin_of(more) <= margin)
                break;
            note_line(in, more, next, ended, out);
            stop = after + more.len;
            after = next;
        }
        if (after - from > ENS_MIME_HEADERS_MAX)
            return ENS_HEAD_LIMIT;
        ens__head_result kept = keep_field(ens_sub(in, at + (margin < line.len ? margin : 0), stop), arena, out);
        if (kept != ENS_HEAD_OK)
            return kept;
        if (after == in.len && in.p[after - 1] != '\n')
            return ENS_HEAD_SYNTAX;
        at = after;
    }
    out->end = in.len;
    return ENS_HEAD_OK;
}

ens_slice ens__mime_media_type(ens_slice content_type)
{
    size_t semicolon = ens__find(content_type, ENS_LIT(";"), 0);
    return ens__trim(ens_sub(content_type, 0, semicolon == SIZE_MAX ? content_type.len : semicolon));
}

/* take_quoted reads a quoted string after its opening quote; a backslash keeps the next byte (RFC 5322, 3.2.4). */
static bool take_quoted(ens_reader *r, ens_arena *arena, ens_slice *out)
{
    const uint8_t *start = r->at, *quote = memchr(start, '"', ens_left(r));
    size_t escapes = 0;
    if (quote && !memchr(start, '\\', (size_t)(quote - start)))
        r->at = quote;
    while (r->at < r->end && *r->at != '"') {
        bool escape = *r->at == '\\' && r->end - r->at > 1;
        escapes += escape;
        r->at += escape ? 2 : 1;
    }
    if (r->at == r->end)
        return false;
    *out = ens_bytes(start, (size_t)(r->at++ - start));
    uint8_t *to = escapes ? ens_arena_take(arena, out->len) : NULL;
    if (!to)
        return escapes == 0;
    size_t n = 0;
    for (size_t i = 0; i < out->len; i++) {
        i += out->p[i] == '\\' && i + 1 < out->len;
        to[n++] = out->p[i];
    }
    *out = ens_bytes(to, n);
    return true;
}

/* take_param reads name and value of one parameter and the ';' that ends it. False: no end of a quoted string. */
static bool take_param(ens_reader *r, ens_arena *arena, ens_slice *name, ens_slice *value)
{
    const uint8_t *start = r->at;
    while (r->at < r->end && *r->at != '=' && *r->at != ';')
        r->at++;
    *name = ens__trim(ens_bytes(start, (size_t)(r->at - start)));
    *value = (ens_slice){0};
    if (r->at < r->end && *r->at == '=') {
        r->at++;
        while (r->at < r->end && is_blank(*r->at))
            r->at++;
        if (r->at < r->end && *r->at == '"') {
            r->at++;
            if (!take_quoted(r, arena, value))
                return false;
        } else {
            start = r->at;
            while (r->at < r->end && *r->at != ';')
                r->at++;
            *value = ens__trim(ens_bytes(start, (size_t)(r->at - start)));
        }
    }
    while (r->at < r->end && *r->at != ';')
        r->at++;
    r->at += r->at < r->end;
    return true;
}

void ens__mime_params(ens_slice content_type, ens_arena *arena, ens__mime_param *wanted, size_t num)
{
    size_t semicolon = ens__find(content_type, ENS_LIT(";"), 0);
    ens_slice name, value;
    ens_reader r = ens_read(ens_from(content_type, semicolon == SIZE_MAX ? content_type.len : semicolon + 1));
    for (size_t i = 0; i < num; i++)
        wanted[i].seen = 0;
    while (ens_left(&r) && take_param(&r, arena, &name, &value))
        for (size_t i = 0; i < num; i++)
            if (name.len == wanted[i].name.len && ens__eq_nocase(name, wanted[i].name)) {
                wanted[i].value = value;
                wanted[i].seen++;
            }
    for (size_t i = 0; i < num; i++)
        if (wanted[i].seen != 1)
            wanted[i].value = (ens_slice){0};
}

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

/* keep_base64 copies what is of the alphabet, with its padding: a decoder ignores the rest (RFC 2045, 6.8). */
static ens_slice keep_base64(ens_slice in, uint8_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i], folded = (uint8_t)(c | 0x20);
        if ((folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=')
            to[n++] = c;
    }
    return ens_bytes(to, n);
}

static size_t decode_base64(ens_slice body, ens_arena *arena, uint8_t *to, bool *no_memory)
{
    size_t n = ens__base64_decode(body, to);
    uint8_t *kept = n == SIZE_MAX ? ens_arena_take(arena, body.len + 1) : NULL;
    *no_memory = n == SIZE_MAX && !kept;
    return kept ? ens__base64_decode(keep_base64(body, kept), to) : n;
}

ens_code ens__mime_decode(ens_encoding encoding, ens_slice body, ens_arena *arena, ens_slice *out)
{
    if (encoding != ENS_ENCODING_BASE64 && encoding != ENS_ENCODING_QUOTED) {
        *out = body;
        return ENS_OK;
    }
    bool base64 = encoding == ENS_ENCODING_BASE64, no_memory = false;
    uint8_t *to = ens_arena_take(arena, base64 ? body.len / 4 * 3 + 3 : body.len + 1);
    if (!to)
        return ENS_ENOMEM;
    size_t n = base64 ? decode_base64(body, arena, to, &no_memory) : unquote(body, to);
    if (n == SIZE_MAX)
        return no_memory ? ENS_ENOMEM : ENS_ESYNTAX;
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

bool ens__content_id_good(ens_slice text)
{
    static const char others[] = "!$%&'*+-/=?^_`{|}~.@:[]";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i], folded = (uint8_t)(c | 0x20);
        bool plain = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9');
        if (!plain && (c == 0 || !strchr(others, c)))
            return false;
    }
    return text.len > 0;
}

bool ens__content_id_plain(ens_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i], folded = (uint8_t)(c | 0x20);
        bool letter = folded >= 'a' && folded <= 'z', digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '_' && c != '@' && c != '-')
            return false;
    }
    return text.len > 0;
}

/* decode_percent undoes percent-encoding; a '%' that begins none stays. */
static ens_slice decode_percent(ens_slice text, ens_arena *arena)
{
    if (!text.len || !memchr(text.p, '%', text.len))
        return text;
    uint8_t *to = ens_arena_take(arena, text.len);
    size_t n = 0;
    for (size_t i = 0; to && i < text.len; i++) {
        int high = text.p[i] == '%' && i + 2 < text.len ? hex_of(text.p[i + 1]) : -1,
            low = high >= 0 ? hex_of(text.p[i + 2]) : -1;
        to[n++] = (uint8_t)(low >= 0 ? high << 4 | low : text.p[i]);
        i += low >= 0 ? 2 : 0;
    }
    return (ens_slice){to, n};
}

ens_slice ens__cid_of(ens_slice href, ens_arena *arena)
{
    bool cid = ens_starts(href, ENS_LIT("cid:"));
    if (!cid && (has_scheme(href) || ens_starts(href, ENS_LIT("#"))))
        return (ens_slice){0};
    ens_slice id = decode_percent(ens_from(href, cid ? 4 : 0), arena);
    return ens__content_id_good(id) ? id : (ens_slice){0};
}
