#include "sti/rights/eml.h"

#include "engine/base/printable.h"

#define RULE "RFC 5322"
#define BOUNDARY_MAX 70u /* RFC 2046 5.1.1 */
#define WORD_MAX 1024u   /* octets that encode one word */

/* A head, or what it says of its body. */
typedef struct {
    ens_slice type, encoding, subject; /* unfolded where it matters: subject */
    bool has_subject;
} head;

typedef struct {
    ens_arena *arena;
    ens__eml *out;
    ens_err *err;
    unsigned parts;
} reading;

static ens_code too_much(reading *r, const char *what)
{
    return ens_fail(r->err, ENS_ELIMIT, RULE, what, 0);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* take_field takes a field with the lines that it is folded over. False at the blank line, or at the end. */
static bool take_field(ens_reader *in, ens_slice *name, ens_slice *value, unsigned *lines, bool *bad)
{
    ens_slice line;
    if (!ens_take_line(in, &line) || !line.len)
        return false;
    const uint8_t *from = line.p, *to = line.p + line.len;
    ++*lines;
    while (in->at < in->end && is_blank(*in->at) && ens_take_line(in, &line)) {
        to = line.p + line.len;
        ++*lines;
    }
    ens_slice whole = ens_bytes(from, (size_t)(to - from));
    size_t colon = ens__find(whole, ENS_LIT(":"), 0);
    *bad = colon == SIZE_MAX || !colon;
    *name = ens__trim(ens_sub(whole, 0, *bad ? 0 : colon));
    *value = ens__trim(ens_from(whole, *bad ? whole.len : colon + 1));
    return true;
}

static ens_code read_head(reading *r, ens_reader *in, head *out)
{
    ens_slice name, value;
    unsigned lines = 0;
    bool bad = false;
    *out = (head){0};
    while (take_field(in, &name, &value, &lines, &bad)) {
        if (lines > ENS_EML_HEADERS_MAX)
            return too_much(r, "the head of the e-mail is too long");
        if (bad)
            continue;
        if (ens__eq_nocase(name, ENS_LIT("Content-Type")) && !out->type.len)
            out->type = value;
        else if (ens__eq_nocase(name, ENS_LIT("Content-Transfer-Encoding")) && !out->encoding.len)
            out->encoding = value;
        else if (ens__eq_nocase(name, ENS_LIT("Subject")) && !out->has_subject) {
            out->subject = value;
            out->has_subject = true;
        }
    }
    return ENS_OK;
}

/* parameter_of finds name=value or name="value" behind a semicolon. */
static ens_slice parameter_of(ens_slice type, const char *name)
{
    size_t at = ens__find(type, ENS_LIT(";"), 0);
    while (at != SIZE_MAX) {
        ens_slice rest = ens__trim(ens_from(type, at + 1));
        if (ens__starts_nocase(rest, ens_str(name))) {
            rest = ens__trim(ens_from(rest, strlen(name)));
            if (rest.len && rest.p[0] == '=') {
                rest = ens__trim(ens_from(rest, 1));
                bool quoted = rest.len && rest.p[0] == '"';
                rest = ens_from(rest, quoted);
                size_t end = 0;
                while (end < rest.len && (quoted ? rest.p[end] != '"' : rest.p[end] != ';' && rest.p[end] > ' '))
                    end++;
                return ens_sub(rest, 0, end);
            }
        }
        at = ens__find(type, ENS_LIT(";"), at + 1);
    }
    return (ens_slice){0};
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* unquote writes quoted-printable as it was; word: an underscore is a space (RFC 2047). */
static void unquote(ens_slice in, bool word, ens_buf *out)
{
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i];
        if (c == '=' && in.len - i > 2 && hex_digit(in.p[i + 1]) >= 0 && hex_digit(in.p[i + 2]) >= 0) {
            c = (uint8_t)(hex_digit(in.p[i + 1]) * 16 + hex_digit(in.p[i + 2]));
            i += 2;
        } else if (c == '=' && !word && i + 1 < in.len && (in.p[i + 1] == '\n' || in.p[i + 1] == '\r')) {
            i += in.p[i + 1] == '\r' && i + 2 < in.len && in.p[i + 2] == '\n' ? 2 : 1;
            continue;
        } else if (c == '_' && word) {
            c = ' ';
        }
        ens_buf_add(out, &c, 1);
    }
}

static void put_code(ens_buf *out, uint32_t c)
{
    const uint8_t two[] = {(uint8_t)(0xC0 | c >> 6), (uint8_t)(0x80 | (c & 0x3F))};
    const uint8_t three[] = {(uint8_t)(0xE0 | c >> 12), (uint8_t)(0x80 | (c >> 6 & 0x3F)),
                             (uint8_t)(0x80 | (c & 0x3F))};
    uint8_t one = (uint8_t)c;
    if (c < 0x80)
        ens_buf_add(out, &one, 1);
    else if (c < 0x800)
        ens_buf_add(out, two, sizeof two);
    else
        ens_buf_add(out, three, sizeof three);
}

/* put_utf8 appends text of a character set that mails are written in; what it isn't becomes a question mark. */
static void put_utf8(ens_buf *out, ens_slice text, ens_slice charset)
{
    bool latin =
        ens__starts_nocase(charset, ENS_LIT("iso-8859-")) || ens__starts_nocase(charset, ENS_LIT("windows-125"));
    if (!latin && ens__is_utf8(text)) {
        ens_buf_put(out, text);
        return;
    }
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < 0x80 || (latin && text.p[i] >= 0xA0))
            put_code(out, text.p[i]);
        else
            put_code(out, latin && text.p[i] == 0x92 ? 0x2019 : '?');
}

/* decode_word appends what an encoded word =?charset?B|Q?text?= stands for; its length, or 0 where there is none. */
static size_t decode_word(ens_slice s, ens_buf *out)
{
    uint8_t stored[WORD_MAX];
    ens_buf raw;
    size_t charset = ens__find(s, ENS_LIT("?"), 2), kind = charset == SIZE_MAX ? SIZE_MAX : charset + 2;
    if (!ens_starts(s, ENS_LIT("=?")) || kind >= s.len || s.p[kind] != '?')
        return 0;
    size_t end = ens__find(s, ENS_LIT("?="), kind + 1);
    if (end == SIZE_MAX || end - kind > WORD_MAX)
        return 0;
    ens_slice text = ens_sub(s, kind + 1, end), name = ens_sub(s, 2, charset);
    ens_buf_init(&raw, stored, sizeof stored, sizeof stored);
    if ((s.p[charset + 1] | 0x20) == 'q') {
        unquote(text, true, &raw);
    } else {
        size_t len = text.len + 3 <= sizeof stored ? ens__base64_decode(text, stored) : SIZE_MAX;
        raw.len = len == SIZE_MAX ? 0 : len;
    }
    put_utf8(out, ens_buf_slice(&raw), name);
    ens_buf_free(&raw);
    return end + 2;
}

/* put_words appends a header's text: folds become spaces, and white space between two encoded words goes. */
static void put_words(ens_slice in, ens_buf *out)
{
    bool after_word = false, utf8 = ens__is_utf8(in);
    for (size_t i = 0; i < in.len;) {
        size_t gap = i;
        while (gap < in.len && (is_blank(in.p[gap]) || in.p[gap] == '\r' || in.p[gap] == '\n'))
            gap++;
        bool word = ens_starts(ens_from(in, gap), ENS_LIT("=?"));
        if (gap > i && !(after_word && word))
            ens_buf_text(out, " ");
        i = gap;
        size_t len = i < in.len ? decode_word(ens_from(in, i), out) : 0;
        after_word = len > 0;
        if (!len && i < in.len)
            ens_buf_add(out, utf8 || in.p[i] < 0x80 ? &in.p[i] : (const uint8_t *)"?", 1);
        i += len ? len : 1;
    }
}

static ens_code keep(reading *r, ens_buf *b, ens_slice *out)
{
    ens_code code = ens_buf_done(b, r->err);
    char *copy = code == ENS_OK ? ens_arena_text(r->arena, ens_buf_slice(b)) : NULL;
    if (code == ENS_OK && !copy)
        code = ens_fail(r->err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (code == ENS_OK)
        *out = ens_bytes(copy, b->len);
    ens_buf_free(b);
    return code;
}

static ens_code read_text(reading *r, const head *h, ens_slice body)
{
    ens_buf raw, text;
    ens_slice charset = parameter_of(h->type, "charset");
    ens_buf_init(&raw, NULL, 0, ENS_EML_MAX + 3);
    ens_buf_init(&text, NULL, 0, ENS_EML_TEXT_MAX);
    if (ens__eq_nocase(h->encoding, ENS_LIT("quoted-printable"))) {
        unquote(body, false, &raw);
    } else if (ens__eq_nocase(h->encoding, ENS_LIT("base64"))) {
        uint8_t *room = ens_buf_room(&raw, body.len / 4 * 3 + 3);
        size_t len = room ? ens__base64_decode(body, room) : SIZE_MAX;
        raw.len = len == SIZE_MAX ? 0 : len;
    } else {
        ens_buf_put(&raw, body);
    }
    put_utf8(&text, ens_buf_slice(&raw), charset);
    ens_buf_free(&raw);
    r->out->has_text = true;
    return keep(r, &text, &r->out->text);
}

static ens_code read_part(reading *r, ens_slice part, unsigned depth, bool top);

/* find_line finds the line --boundary from an offset on; *next is behind it, *last: it is the closing one. */
static size_t find_line(ens_slice body, ens_slice boundary, size_t from, size_t *next, bool *last)
{
    for (size_t at = from; (at = ens__find(body, ENS_LIT("--"), at)) != SIZE_MAX; at += 2) {
        ens_slice rest = ens_from(body, at + 2);
        if ((at && body.p[at - 1] != '\n') || !ens_starts(rest, boundary))
            continue;
        *last = ens_starts(ens_from(rest, boundary.len), ENS_LIT("--"));
        size_t end = ens__find(body, ENS_LIT("\n"), at);
        *next = end == SIZE_MAX ? body.len : end + 1;
        return at;
    }
    return SIZE_MAX;
}

static ens_code read_multipart(reading *r, const head *h, ens_slice body, unsigned depth)
{
    ens_slice boundary = parameter_of(h->type, "boundary");
    size_t from = 0, next = 0;
    bool last = false;
    if (!boundary.len || boundary.len > BOUNDARY_MAX || find_line(body, boundary, 0, &from, &last) == SIZE_MAX)
        return ENS_OK;
    while (!last && from < body.len && !r->out->has_text) {
        size_t end = find_line(body, boundary, from, &next, &last);
        ens_code code = read_part(r, ens_sub(body, from, end), depth + 1, false);
        if (code != ENS_OK || end == SIZE_MAX)
            return code;
        from = next;
    }
    return ENS_OK;
}

static ens_code read_part(reading *r, ens_slice part, unsigned depth, bool top)
{
    ens_reader in = ens_read(part);
    head h;
    if (depth > ENS_EML_DEPTH_MAX || ++r->parts > ENS_EML_PARTS_MAX)
        return too_much(r, "the e-mail has too many parts, or too deep ones");
    ens_code code = read_head(r, &in, &h);
    if (code != ENS_OK)
        return code;
    if (top && h.has_subject) {
        ens_buf subject;
        ens_buf_init(&subject, NULL, 0, ENS_EML_TEXT_MAX);
        put_words(h.subject, &subject);
        r->out->has_subject = true;
        code = keep(r, &subject, &r->out->subject);
    }
    ens_slice body = ens_bytes(in.at, ens_left(&in));
    if (code != ENS_OK || r->out->has_text)
        return code;
    if (ens__starts_nocase(h.type, ENS_LIT("multipart/")))
        return read_multipart(r, &h, body, depth);
    if (ens__starts_nocase(h.type, ENS_LIT("text/html")))
        r->out->has_html = true;
    return !h.type.len || ens__starts_nocase(h.type, ENS_LIT("text/plain")) ? read_text(r, &h, body) : ENS_OK;
}

ens_code ens__eml_read(ens_slice file, ens_arena *arena, ens__eml *out, ens_err *err)
{
    reading r = {.arena = arena, .out = out, .err = err};
    *out = (ens__eml){0};
    if (file.len > ENS_EML_MAX)
        return too_much(&r, "the e-mail is larger than a megabyte");
    if (ens__find(ens_sub(file, 0, ENS_EML_TEXT_MAX), ENS_LIT(":"), 0) == SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE, "it is no e-mail: it has no head", 0);
    return read_part(&r, file, 0, true);
}
