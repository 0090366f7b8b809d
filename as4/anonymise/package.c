#include "as4/anonymise/package.h"

#include "as4/anonymise/pack.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#define NESTED_MAX 3u  /* gzip within gzip */
#define MEMBERS_MAX 8u /* of gzip, one behind the other */
#define OCTETS_KEPT 8u /* of an attachment: what kind of file it is */

/* -- Taking apart -- */

static size_t next_line(ens_slice s, size_t at)
{
    const uint8_t *end = at < s.len ? memchr(s.p + at, '\n', s.len - at) : NULL;
    return end ? (size_t)(end - s.p) + 1 : s.len;
}

/* past_head is where the body begins behind an empty line; the end where there is none. */
static size_t past_head(ens_slice s, size_t at)
{
    while (at < s.len) {
        size_t next = next_line(s, at);
        bool empty = next - at == 1 || (next - at == 2 && s.p[at] == '\r');
        at = next;
        if (empty && s.p[next - 1] == '\n')
            break;
    }
    return at;
}

/* delimiter_of is the first line of the body, where it begins as a delimiter does; else what the head names. */
static ens_slice delimiter_of(ens_slice head, ens_slice rest, ens_buf *made)
{
    size_t at = 0;
    while (at < rest.len && (rest.p[at] == '\r' || rest.p[at] == '\n'))
        at++;
    if (ens_starts(ens_from(rest, at), ENS_LIT("--")))
        return ens__trim(ens_sub(rest, at, next_line(rest, at)));
    size_t name = ens__find(head, ENS_LIT("boundary="), 0);
    if (name == SIZE_MAX)
        return (ens_slice){0};
    ens_slice value = ens_from(head, name + 9);
    size_t quoted = value.len && value.p[0] == '"', end = quoted;
    while (end < value.len && !strchr(quoted ? "\"\r\n" : "; \r\n", value.p[end]))
        end++;
    ens_buf_text(made, "--");
    ens_buf_put(made, ens_sub(value, quoted, end));
    return ens__find(rest, ens_buf_slice(made), 0) != SIZE_MAX ? ens_buf_slice(made) : (ens_slice){0};
}

static size_t next_delimiter(ens_slice s, ens_slice delimiter, size_t at)
{
    for (at = ens__find(s, delimiter, at); at != SIZE_MAX; at = ens__find(s, delimiter, at + 1))
        if (at == 0 || s.p[at - 1] == '\n')
            return at;
    return s.len;
}

static bool is_base64(ens_slice head)
{
    for (size_t at = 0; at < head.len; at = next_line(head, at)) {
        ens_slice line = ens_sub(head, at, next_line(head, at));
        if (ens__starts_nocase(line, ENS_LIT("content-transfer-encoding:")))
            return ens__eq_nocase(ens__trim(ens_from(line, 26)), ENS_LIT("base64"));
    }
    return false;
}

/* decode undoes base64 and notes how it was broken into lines; what isn't base64 stays as it is. */
static void decode(ens_piece *p, ens_slice body)
{
    size_t line = next_line(body, 0);
    uint8_t *room = ens_buf_room(&p->body, body.len / 4 * 3 + 3);
    size_t len = room ? ens__base64_decode(body, room) : SIZE_MAX;
    if (len == SIZE_MAX) {
        ens_buf_put(&p->body, body);
        return;
    }
    p->body.len = len;
    p->encoding = ENS_PIECE_BASE64;
    p->width = line < body.len ? ens__trim(ens_sub(body, 0, line)).len : 0;
    p->line_end = line > 1 && body.p[line - 2] == '\r' ? "\r\n" : "\n";
    p->ends_with_line_end = body.len && body.p[body.len - 1] == '\n';
}

static bool add_piece(ens_package *out, ens_slice head, ens_slice body)
{
    ens_piece *p = out->num < ENS_PIECES_MAX ? &out->piece[out->num] : NULL;
    if (!p)
        return false;
    out->num++;
    ens_buf_init(&p->head, NULL, 0, SIZE_MAX);
    ens_buf_init(&p->body, NULL, 0, SIZE_MAX);
    ens_buf_put(&p->head, head);
    if (is_base64(head))
        decode(p, body);
    else
        ens_buf_put(&p->body, body);
    return !p->head.failed && !p->body.failed;
}

/* split_parts: the line end in front of a delimiter belongs to the delimiter. */
static bool split_parts(ens_package *out, ens_slice rest, ens_slice delimiter)
{
    size_t at = next_delimiter(rest, delimiter, 0);
    if (!add_piece(out, ens_sub(rest, 0, at), (ens_slice){0}))
        return false;
    while (at < rest.len) {
        size_t line = next_line(rest, at), body = past_head(rest, line), next = next_delimiter(rest, delimiter, line);
        body = body > next ? next : body;
        size_t end = next;
        if (next < rest.len && end > body && rest.p[end - 1] == '\n')
            end -= end - 1 > body && rest.p[end - 2] == '\r' ? 2 : 1;
        if (!add_piece(out, ens_sub(rest, at, body), ens_sub(rest, body, end)) ||
            !add_piece(out, ens_sub(rest, end, next), (ens_slice){0}))
            return false;
        at = next;
    }
    return true;
}

static bool is_xml(ens_slice s)
{
    size_t at = ens_starts(s, ENS_LIT("\xEF\xBB\xBF")) ? 3 : 0;
    while (at < s.len && strchr(" \t\r\n", s.p[at]))
        at++;
    return at < s.len && s.p[at] == '<';
}

static void find_root(ens_package *p)
{
    for (p->root = 0; p->root < p->num; p->root++)
        if (ens__find(ens_buf_slice(&p->piece[p->root].body), ENS_LIT("Envelope"), 0) != SIZE_MAX)
            return;
}

static size_t length_told(ens_slice head)
{
    for (size_t at = 0; at < head.len; at = next_line(head, at))
        if (ens__starts_nocase(ens_from(head, at), ENS_LIT("content-length:")))
            return strtoul((const char *)head.p + at + 15, NULL, 10);
    return SIZE_MAX;
}

bool ens__package_split(ens_slice m, ens_package *out)
{
    ens_buf made;
    *out = (ens_package){.told_length = SIZE_MAX};
    ens_buf_init(&made, NULL, 0, SIZE_MAX);
    bool bare = is_xml(m) || ens_starts(m, ENS_LIT("--"));
    ens_slice head = ens_sub(m, 0, bare ? 0 : past_head(m, 0)), rest = ens_from(m, head.len);
    ens_slice delimiter = delimiter_of(head, rest, &made);
    bool good = add_piece(out, head, ens_sub(rest, 0, delimiter.len ? 0 : rest.len)) &&
                (!delimiter.len || split_parts(out, rest, delimiter));
    ens_buf_text(&out->piece[0].head, "");
    if (good && head.len && length_told(ens_buf_slice(&out->piece[0].head)) == rest.len)
        out->told_length = rest.len;
    find_root(out);
    ens_buf_free(&made);
    return good;
}

void ens__package_clear(ens_package *p)
{
    for (size_t i = 0; i < p->num; i++) {
        ens_buf_free(&p->piece[i].head);
        ens_buf_free(&p->piece[i].body);
    }
    p->num = 0;
}

/* -- Putting together -- */

static void encode(const ens_piece *p, ens_buf *out)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    ens__base64_encode(&text, ens_buf_slice(&p->body));
    size_t width = p->width ? p->width : text.len;
    for (size_t at = 0; at < text.len; at += width) {
        ens_buf_put(out, ens_sub(ens_buf_slice(&text), at, at + width));
        if (at + width < text.len || p->ends_with_line_end)
            ens_buf_text(out, p->line_end);
    }
    ens_buf_free(&text);
}

/* put_length writes the head of the message with another Content-Length. */
static void put_length(ens_slice head, size_t length, ens_buf *out)
{
    for (size_t at = 0, next; at < head.len; at = next) {
        next = next_line(head, at);
        ens_slice line = ens_sub(head, at, next);
        if (ens__starts_nocase(line, ENS_LIT("content-length:")))
            ens_buf_printf(out, "%.15s %zu%s", (const char *)line.p, length,
                           line.len > 1 && line.p[line.len - 2] == '\r' ? "\r\n" : "\n");
        else
            ens_buf_put(out, line);
    }
}

bool ens__package_join(const ens_package *p, ens_buf *out)
{
    ens_buf rest;
    ens_buf_init(&rest, NULL, 0, SIZE_MAX);
    for (size_t i = 0; i < p->num; i++) {
        const ens_piece *one = &p->piece[i];
        if (i)
            ens_buf_put(&rest, ens_buf_slice(&one->head));
        if (one->encoding == ENS_PIECE_BASE64)
            encode(one, &rest);
        else
            ens_buf_put(&rest, ens_buf_slice(&one->body));
    }
    if (p->num && p->told_length != SIZE_MAX)
        put_length(ens_buf_slice(&p->piece[0].head), rest.len, out);
    else if (p->num)
        ens_buf_put(out, ens_buf_slice(&p->piece[0].head));
    ens_buf_put(out, ens_buf_slice(&rest));
    bool good = !rest.failed && !out->failed;
    ens_buf_free(&rest);
    return good;
}

/* -- Bodies -- */

static bool is_text(ens_slice s)
{
    for (size_t i = 0; i < s.len && i < 512; i++)
        if (s.p[i] < ' ' && !strchr("\t\r\n", s.p[i]))
            return false;
    return true;
}

/* is_wide: UTF-16, by its mark or its zeros. */
static bool is_wide(ens_slice s)
{
    return s.len > 3 && s.len % 2 == 0 &&
           ((s.p[0] == 0xFF && s.p[1] == 0xFE) || (s.p[0] == 0xFE && s.p[1] == 0xFF) || (!s.p[0] && s.p[1] == '<') ||
            (s.p[0] == '<' && !s.p[1]));
}

static bool put_contents(const ens_text_options *o, ens_slice body, unsigned nested, ens_buf *out);

/* put_wide goes over the characters that are ASCII. */
static bool put_wide(const ens_text_options *o, ens_slice body, ens_buf *out)
{
    size_t low = body.p[0] == 0xFF || body.p[0] == '<' ? 0 : 1, from = out->len;
    ens_buf narrow, made;
    ens_buf_init(&narrow, NULL, 0, ENS_PIECE_MAX);
    ens_buf_init(&made, NULL, 0, ENS_PIECE_MAX);
    for (size_t i = 0; i + 1 < body.len; i += 2)
        ens_buf_add(&narrow, body.p[i + 1 - low] ? " " : (const char *)body.p + i + low, 1);
    ens__text_anonymise(o, ens_buf_slice(&narrow), &made);
    ens_buf_put(out, body);
    bool good = !out->failed && made.len == narrow.len;
    for (size_t i = 0; good && i < made.len; i++)
        if (!body.p[2 * i + 1 - low])
            out->p[from + 2 * i + low] = made.p[i];
    ens_buf_free(&narrow);
    ens_buf_free(&made);
    return good;
}

/* put_octets keeps what tells the kind of a file, and as many octets. */
static bool put_octets(ens_slice body, ens_buf *out)
{
    size_t kept = body.len < OCTETS_KEPT ? body.len : OCTETS_KEPT;
    ens_buf_put(out, ens_sub(body, 0, kept));
    uint8_t *room = ens_buf_room(out, body.len - kept + 1);
    if (!room || (body.len > kept && RAND_bytes(room, (int)(body.len - kept)) != 1))
        return false;
    out->len += body.len - kept;
    return true;
}

/* open_members opens the members that stand one behind the other; their contents are one. It returns how many. */
static size_t open_members(ens_slice body, ens_packed member[MEMBERS_MAX], ens_buf *contents, ens_slice *rest)
{
    size_t num = 0;
    for (*rest = body; num < MEMBERS_MAX && ens__packed_looks(*rest);) {
        bool good = ens__packed_open(*rest, ENS_PIECE_MAX, &member[num++]);
        if (!good)
            break;
        ens_buf_put(contents, ens_buf_slice(&member[num - 1].contents));
        *rest = member[num - 1].rest;
        if (!member[num - 1].whole || contents->failed)
            return num;
    }
    if (num && !member[num - 1].whole)
        contents->failed = ENS_ELIMIT;
    return num;
}

/* put_packed packs what stands for the contents of each member as that was packed. */
static bool put_packed(const ens_text_options *o, ens_slice body, unsigned nested, ens_buf *out)
{
    ens_packed member[MEMBERS_MAX];
    ens_buf contents, made;
    ens_slice rest;
    size_t from = 0;
    ens_buf_init(&contents, NULL, 0, 2 * ENS_PIECE_MAX);
    ens_buf_init(&made, NULL, 0, 2 * ENS_PIECE_MAX);
    size_t num = open_members(body, member, &contents, &rest);
    bool good = !contents.failed && put_contents(o, ens_buf_slice(&contents), nested + 1, &made);
    for (size_t i = 0; i < num; i++) {
        size_t to = i + 1 == num ? made.len : from + member[i].contents.len;
        good = good && ens__packed_make(&member[i], ens_sub(ens_buf_slice(&made), from, to), out);
        from = to;
        ens_buf_free(&member[i].contents);
    }
    ens_buf_free(&contents);
    ens_buf_free(&made);
    return good && (!rest.len || put_octets(rest, out));
}

static bool put_contents(const ens_text_options *o, ens_slice body, unsigned nested, ens_buf *out)
{
    if (!body.len)
        return true;
    if (ens__packed_looks(body) && nested < NESTED_MAX)
        return put_packed(o, body, nested, out);
    if (is_wide(body))
        return put_wide(o, body, out);
    if (!is_xml(body) && !is_text(body))
        return put_octets(body, out);
    if (is_xml(body))
        ens__text_anonymise(o, body, out);
    else
        ens__alias_text(o->aliases, body, false, out);
    return !out->failed && !ens__aliases_failed(o->aliases);
}

bool ens__package_anonymise(const ens_text_options *o, ens_package *p)
{
    for (size_t i = 0; i < p->num; i++) {
        ens_buf head, body;
        ens_buf_init(&head, NULL, 0, SIZE_MAX);
        ens_buf_init(&body, NULL, 0, 2 * ENS_PIECE_MAX);
        ens__text_head(o, ens_buf_slice(&p->piece[i].head), &head);
        bool good = put_contents(o, ens_buf_slice(&p->piece[i].body), 0, &body) && !head.failed;
        ens_buf_free(&p->piece[i].head);
        ens_buf_free(&p->piece[i].body);
        p->piece[i].head = head;
        p->piece[i].body = body;
        if (!good)
            return false;
    }
    return true;
}

/* -- Looking in -- */

typedef struct {
    bool (*has)(void *user, ens_slice text);
    void *user;
} looking;

static bool look(const looking *l, ens_slice body, unsigned nested)
{
    ens_packed member[MEMBERS_MAX];
    ens_buf contents;
    ens_slice rest;
    if (l->has(l->user, body))
        return true;
    if (!ens__packed_looks(body) || nested >= NESTED_MAX)
        return false;
    ens_buf_init(&contents, NULL, 0, 2 * ENS_PIECE_MAX);
    size_t num = open_members(body, member, &contents, &rest);
    for (size_t i = 0; i < num; i++)
        ens_buf_free(&member[i].contents);
    bool found = look(l, ens_buf_slice(&contents), nested + 1);
    ens_buf_free(&contents);
    return found;
}

bool ens__package_search(const ens_package *p, bool (*has)(void *user, ens_slice text), void *user)
{
    const looking l = {has, user};
    for (size_t i = 0; i < p->num; i++)
        if (look(&l, ens_buf_slice(&p->piece[i].head), 0) || look(&l, ens_buf_slice(&p->piece[i].body), 0))
            return true;
    return false;
}

static bool collect_from(void *user, ens_slice text)
{
    if (is_xml(text))
        ens__text_collect(user, text);
    return false;
}

void ens__package_collect(const ens_text_options *o, const ens_package *p)
{
    ens__package_search(p, collect_from, (void *)(uintptr_t)o);
}
