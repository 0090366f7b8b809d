#include "certs/x509/name.h"

#include "certs/x509/der.h"
#include "ensign/cert.h"

#include <stdio.h>

static void put_utf8(ens_buf *out, uint32_t c)
{
    uint8_t b[4];
    if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        c = 0xFFFD;
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6)
        b[i] = (uint8_t)(0x80 | (c & 0x3F));
    b[0] = (uint8_t)(lead[n] | c);
    ens_buf_add(out, b, n);
}

/* put_wide reads big-endian units of two or four bytes; surrogates are joined. */
static void put_wide(ens_buf *out, ens_slice body, size_t unit)
{
    for (size_t i = 0; i + unit <= body.len; i += unit) {
        uint32_t c = 0;
        for (size_t k = 0; k < unit; k++)
            c = c << 8 | body.p[i + k];
        if (unit == 2 && c >= 0xD800 && c < 0xDC00 && i + 4 <= body.len) {
            uint32_t low = (uint32_t)(body.p[i + 2] << 8 | body.p[i + 3]);
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                i += 2;
            }
        }
        put_utf8(out, c);
    }
}

void ens__string_take(uint8_t tag, ens_slice body, ens_buf *out)
{
    if (tag == ENS_DER_BMP_STRING)
        put_wide(out, body, 2);
    else if (tag == ENS_DER_UNIVERSAL_STRING)
        put_wide(out, body, 4);
    else if (tag == ENS_DER_T61_STRING || !ens__is_utf8(body))
        for (size_t i = 0; i < body.len; i++)
            put_utf8(out, body.p[i]); /* Latin-1 is what is meant in the field */
    else
        ens_buf_put(out, body);
}

static bool read_attribute(ens_reader *r, ens_attribute *out)
{
    ens_der one, type, value;
    if (!ens__der_take(r, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader in = ens_read(one.body);
    if (!ens__der_take(&in, ENS_DER_OID, &type) || !ens__der_any(&in, &value) || ens_left(&in))
        return false;
    *out = (ens_attribute){type.body, value.tag, value.body};
    return true;
}

bool ens__name_read(ens_slice name, ens_attribute out[ENS_NAME_ATTRIBUTES_MAX], size_t *num)
{
    ens_reader r = ens_read(name);
    ens_der list, set;
    *num = 0;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    for (ens_reader sets = ens_read(list.body); ens_left(&sets);) {
        if (!ens__der_take(&sets, ENS_DER_SET, &set))
            return false;
        for (ens_reader in = ens_read(set.body); ens_left(&in); ++*num)
            if (*num == ENS_NAME_ATTRIBUTES_MAX || !read_attribute(&in, &out[*num]))
                return false;
    }
    return true;
}

void ens__attributes_read(ens_slice name, ens__attributes *out)
{
    ens__name_read(name, out->item, &out->num);
}

/* is_of_type: types differ in their last octet mostly. */
static bool is_of_type(const ens_attribute *a, ens_slice type)
{
    return a->type.len == type.len && type.len && a->type.p[type.len - 1] == type.p[type.len - 1] &&
           ens_eq(a->type, type);
}

bool ens__attributes_take(const ens__attributes *of, ens_slice type, ens_buf *out)
{
    for (size_t i = 0; i < of->num; i++)
        if (is_of_type(&of->item[i], type)) {
            ens__string_take(of->item[i].tag, of->item[i].value, out);
            return true;
        }
    return false;
}

size_t ens__attributes_count(const ens__attributes *of, ens_slice type)
{
    size_t found = 0;
    for (size_t i = 0; i < of->num; i++)
        found += is_of_type(&of->item[i], type);
    return found;
}

bool ens__name_take(ens_slice name, ens_slice type, ens_buf *out)
{
    ens__attributes list;
    ens__attributes_read(name, &list);
    return ens__attributes_take(&list, type, out);
}

size_t ens__name_count(ens_slice name, ens_slice type)
{
    ens__attributes list;
    ens__attributes_read(name, &list);
    return ens__attributes_count(&list, type);
}

static bool is_special(uint8_t c)
{
    return c == ',' || c == '+' || c == '"' || c == '\\' || c == '<' || c == '>' || c == ';';
}

/* put_value escapes as RFC 4514, 2.4; controls, which nobody should see on a terminal, become '?'. */
static void put_value(ens_buf *out, const ens_attribute *a)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    ens__string_take(a->tag, a->value, &text);
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        uint8_t c = i < text.len ? text.p[i] : 0;
        bool edge = (c == ' ' && (i == 0 || i + 1 == text.len)) || (c == '#' && i == 0);
        bool hidden = c < 0x20 || c == 0x7F, escaped = edge || is_special(c);
        if (i < text.len && !hidden && !escaped)
            continue;
        ens_buf_put(out, ens_sub(ens_buf_slice(&text), from, i)); /* what stays as it is goes in runs */
        if (escaped)
            ens_buf_add(out, "\\", 1);
        if (hidden && i < text.len)
            ens_buf_add(out, "?", 1);
        from = i + hidden;
    }
    ens_buf_free(&text);
}

/* cut_utf8 shortens s so that it doesn't end inside a character. */
static size_t cut_utf8(const uint8_t *p, size_t len)
{
    while (len && !ens__is_utf8(ens_bytes(p, len)))
        len--;
    return len;
}

const char *ens__name_text(ens_slice name, char *out, size_t size)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0;
    ens_buf text;
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf_init(&text, storage, sizeof storage, (size_t)64 << 10);
    ens__name_read(name, list, &num);
    for (size_t i = num; i-- > 0;) {
        char dotted[ENS_OID_TEXT_MAX];
        const char *type = ens__oid_name(list[i].type);
        ens_buf_text(&text, text.len ? ", " : "");
        ens_buf_text(&text, type ? type : ens__oid_text(list[i].type, dotted, sizeof dotted));
        ens_buf_text(&text, "=");
        put_value(&text, &list[i]);
    }
    size_t len = text.len < size ? text.len : cut_utf8(text.p, size - 1);
    memcpy(out, text.p, len);
    out[len] = '\0';
    ens_buf_free(&text);
    return out;
}

#define VALUE_MAX ((size_t)64 << 10) /* of one attribute, made equal; longer ones are compared as bytes */
#define HASH_START 0xCBF29CE484222325u
#define HASH_FACTOR 0x9E3779B97F4A7C15u
#define VISIBLE_STRING 0x1Au

/* One relative name: a set of attributes. */
typedef struct {
    ens_attribute attribute[ENS_NAME_ATTRIBUTES_MAX];
    size_t num;
} relative;

static bool open_name(ens_slice name, ens_reader *relatives)
{
    ens_reader r = ens_read(name);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    *relatives = ens_read(list.body);
    return true;
}

static bool read_relative(ens_reader *relatives, relative *out)
{
    ens_der set, one, type, value;
    out->num = 0;
    if (!ens__der_take(relatives, ENS_DER_SET, &set))
        return false;
    for (ens_reader r = ens_read(set.body); ens_left(&r); out->num++) {
        if (out->num == ENS_NAME_ATTRIBUTES_MAX || !ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &type) || !ens__der_any(&in, &value) || ens_left(&in))
            return false;
        out->attribute[out->num] = (ens_attribute){type.body, value.tag, value.body};
    }
    return true;
}

bool ens__is_string(uint8_t tag)
{
    return tag == ENS_DER_UTF8_STRING || tag == ENS_DER_PRINTABLE_STRING || tag == ENS_DER_T61_STRING ||
           tag == ENS_DER_IA5_STRING || tag == VISIBLE_STRING || tag == ENS_DER_UNIVERSAL_STRING ||
           tag == ENS_DER_BMP_STRING;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* fold rewrites text in place: no space at its ends, one where several were, small ASCII letters. */
static void fold(ens_buf *text)
{
    size_t to = 0;
    for (size_t i = 0; i < text->len; i++) {
        uint8_t c = text->p[i];
        if (is_space(c)) {
            if (to && text->p[to - 1] != ' ')
                text->p[to++] = ' ';
            continue;
        }
        text->p[to++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    }
    text->len = to && text->p[to - 1] == ' ' ? to - 1 : to;
}

/* folded fills text, which the caller frees, with what is compared of a string; false when that is its bytes alone. */
static bool folded(const ens_attribute *a, ens_buf *text)
{
    if (!ens__is_string(a->tag))
        return false;
    ens__string_take(a->tag, a->value, text);
    if (text->failed)
        return false;
    fold(text);
    return true;
}

static bool same_string(const ens_attribute *a, const ens_attribute *b)
{
    uint8_t storage[2][ENS_NAME_TEXT_MAX];
    ens_buf x, y;
    ens_buf_init(&x, storage[0], sizeof storage[0], VALUE_MAX);
    ens_buf_init(&y, storage[1], sizeof storage[1], VALUE_MAX);
    bool same = folded(a, &x) && folded(b, &y) && ens_eq(ens_buf_slice(&x), ens_buf_slice(&y));
    ens_buf_free(&x);
    ens_buf_free(&y);
    return same;
}

static bool same_attribute(const ens_attribute *a, const ens_attribute *b)
{
    if (!ens_eq(a->type, b->type))
        return false;
    return (a->tag == b->tag && ens_eq(a->value, b->value)) || same_string(a, b);
}

/* same_relative compares as sets: each attribute of one has its own in the other. */
static bool same_relative(const relative *a, const relative *b)
{
    uint64_t used = 0;
    if (a->num != b->num)
        return false;
    for (size_t i = 0; i < a->num; i++) {
        size_t k = 0;
        while (k < b->num && ((used >> k & 1) || !same_attribute(&a->attribute[i], &b->attribute[k])))
            k++;
        if (k == b->num)
            return false;
        used |= (uint64_t)1 << k;
    }
    return true;
}

/* begins tells whether name has all the relative names of base at its start; *rest, what follows them. */
static bool begins(ens_slice name, ens_slice base, bool *rest)
{
    ens_reader n, b;
    relative x, y;
    if (!open_name(name, &n) || !open_name(base, &b))
        return false;
    while (ens_left(&b))
        if (!ens_left(&n) || !read_relative(&n, &x) || !read_relative(&b, &y) || !same_relative(&x, &y))
            return false;
    *rest = ens_left(&n) > 0;
    return true;
}

bool ens__name_same(ens_slice a, ens_slice b)
{
    bool rest;
    return ens_eq(a, b) || (begins(a, b, &rest) && !rest);
}

bool ens__name_within(ens_slice name, ens_slice base)
{
    bool rest;
    return begins(name, base, &rest);
}

bool ens__name_is_empty(ens_slice name)
{
    ens_reader r;
    return open_name(name, &r) && !ens_left(&r);
}

#define EACH(byte) ((byte)*0x0101010101010101u)
#define TOP EACH(0x80) /* the highest bit of each byte */

static uint64_t mix_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * HASH_FACTOR;
    return hash ^ hash >> 32;
}

/* last_word holds the bytes from i on, fewer than eight; what is behind them is filled with a letter. */
static uint64_t last_word(ens_slice s, size_t i)
{
    uint64_t word = EACH('a');
    memcpy(&word, s.p + i, s.len - i);
    return word;
}

static uint64_t mix(uint64_t hash, ens_slice s)
{
    uint64_t word;
    size_t i = 0;
    hash = mix_word(hash, s.len);
    for (; i + sizeof word <= s.len; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        hash = mix_word(hash, word);
    }
    return i < s.len ? mix_word(hash, last_word(s, i)) : hash;
}

/* mix_folded mixes eight bytes as fold would write them; false where fold may do more than make letters small: a byte
 * that isn't ASCII, a control, two spaces in a row. */
static bool mix_folded(uint64_t *hash, uint64_t word)
{
    uint64_t spaces = ~(word + EACH(0x80 - 0x21)) & TOP;
    uint64_t capitals = (word + EACH(0x80 - 'A')) & ~(word + EACH(0x80 - 'Z' - 1)) & TOP;
    if ((word & TOP) || (~(word + EACH(0x80 - 0x20)) & TOP) || (spaces & spaces << 8))
        return false;
    *hash = mix_word(*hash, word | capitals >> 2);
    return true;
}

/* mix_plain is mix of what folded makes of a string without a copy of it; false, and *hash is left alone, where that
 * takes a closer look. */
static bool mix_plain(uint64_t *hash, const ens_attribute *a)
{
    ens_slice s = a->value;
    uint64_t word, mixed = mix_word(*hash, s.len);
    size_t i = 0;
    if (!ens__is_string(a->tag) || a->tag == ENS_DER_UNIVERSAL_STRING || a->tag == ENS_DER_BMP_STRING || !s.len ||
        s.p[0] == ' ' || s.p[s.len - 1] == ' ')
        return false;
    for (; i + sizeof word <= s.len; i += sizeof word) {
        memcpy(&word, s.p + i, sizeof word);
        if ((i && s.p[i] == ' ' && s.p[i - 1] == ' ') || !mix_folded(&mixed, word))
            return false;
    }
    if (i < s.len && ((i && s.p[i] == ' ' && s.p[i - 1] == ' ') || !mix_folded(&mixed, last_word(s, i))))
        return false;
    *hash = mixed;
    return true;
}

static uint64_t hash_attribute(const ens_attribute *a)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    uint64_t hash = mix(HASH_START, a->type);
    if (mix_plain(&hash, a))
        return hash;
    ens_buf_init(&text, storage, sizeof storage, VALUE_MAX);
    hash = mix(hash, folded(a, &text) ? ens_buf_slice(&text) : a->value);
    ens_buf_free(&text);
    return hash;
}

uint64_t ens__name_hash(ens_slice name)
{
    ens_reader r;
    relative one;
    uint64_t hash = HASH_START;
    if (!open_name(name, &r))
        return mix(hash, name);
    while (ens_left(&r)) {
        uint64_t set = 0;
        if (!read_relative(&r, &one))
            return mix(HASH_START, name);
        for (size_t i = 0; i < one.num; i++)
            set += hash_attribute(&one.attribute[i]); /* a set has no order */
        hash = mix_word(hash, set);
    }
    return hash;
}

#define DIRECTORY ENS_DER_CONTEXT(4)
#define MADE_MAX ((size_t)64 << 10)
#define NAMES_MAX 64u /* of one point that are compared */

/* next_name takes a GeneralName; a directory name comes as its Name. */
static bool next_name(ens_reader *r, ens_der *out)
{
    ens_der name;
    if (!ens__der_any(r, out))
        return false;
    if (out->tag != DIRECTORY)
        return true;
    ens_reader in = ens_read(out->body);
    if (!ens__der_take(&in, ENS_DER_SEQUENCE, &name) || ens_left(&in))
        return false;
    out->body = name.all;
    return true;
}

#define URI ENS_DER_CONTEXT_PRIMITIVE(6)

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* next_octet takes the next octet of a URI, whether it is escaped or not; *escaped tells. A blank counts as escaped,
 * for it may not stand there. -1 at the end. */
static int next_octet(ens_reader *r, bool *escaped)
{
    uint8_t c;
    if (!ens_take_u8(r, &c))
        return -1;
    *escaped = c <= 0x20;
    if (c != '%' || ens_left(r) < 2 || hex_digit(r->at[0]) < 0 || hex_digit(r->at[1]) < 0)
        return c;
    int octet = hex_digit(r->at[0]) * 16 + hex_digit(r->at[1]);
    r->at += 2;
    *escaped = !((octet >= '0' && octet <= '9') || ((octet | 0x20) >= 'a' && (octet | 0x20) <= 'z') ||
                 (octet && strchr("-._~", octet)));
    return octet;
}

/* split_uri cuts a URI before its path; a port that is its scheme's own is left out of the front. */
static void split_uri(ens_slice uri, ens_slice *front, ens_slice *path)
{
    size_t at = ens__find(uri, ENS_LIT("://"), 0), end = at == SIZE_MAX ? uri.len : at + 3;
    while (end < uri.len && (!uri.p[end] || !strchr("/?#", uri.p[end])))
        end++;
    *front = ens_sub(uri, 0, end);
    *path = ens_from(uri, end);
    const ens_slice port = ens__starts_nocase(uri, ENS_LIT("https:")) ? ENS_LIT(":443") : ENS_LIT(":80");
    if (front->len > port.len && ens_eq(ens_from(*front, front->len - port.len), port))
        front->len -= port.len;
    if (!path->len)
        *path = ENS_LIT("/");
}

/* same_uri compares as RFC 3986, 6.2.2 and 6.2.3 do: scheme and host without case, the rest with it, an octet and its
 * escape as one where it means the same. */
static bool same_uri(ens_slice a, ens_slice b)
{
    ens_slice front[2], path[2];
    split_uri(ens__trim(a), &front[0], &path[0]);
    split_uri(ens__trim(b), &front[1], &path[1]);
    if (!ens__eq_nocase(front[0], front[1]))
        return false;
    ens_reader x = ens_read(path[0]), y = ens_read(path[1]);
    bool escaped[2] = {false, false};
    for (int c = 0; c >= 0;) {
        c = next_octet(&x, &escaped[0]);
        if (c != next_octet(&y, &escaped[1]) || (c >= 0 && escaped[0] != escaped[1]))
            return false;
    }
    return true;
}

static bool is_same_name(const ens_der *a, const ens_der *b)
{
    if (a->tag != b->tag || ens_eq(a->body, b->body))
        return a->tag == b->tag;
    return a->tag == DIRECTORY ? ens__name_same(a->body, b->body) : a->tag == URI && same_uri(a->body, b->body);
}

static bool is_among(ens_slice elements, const ens_der *name)
{
    ens_der one;
    unsigned num = 0;
    for (ens_reader r = ens_read(elements); num < NAMES_MAX && ens_left(&r) && next_name(&r, &one); num++)
        if (is_same_name(&one, name))
            return true;
    return false;
}

bool ens__general_names_have_directory(ens_slice names, ens_slice name)
{
    return is_among(names, &(ens_der){.tag = DIRECTORY, .body = name});
}

void ens__general_name_of(ens_slice name, ens_buf *out)
{
    ens__der_put_header(out, DIRECTORY, name.len);
    ens_buf_put(out, name);
}

/* write_relative appends a GeneralName: the issuer's Name with one relative name more. */
static bool write_relative(const ens__crl_point_name *p, ens_buf *out)
{
    ens_reader r = ens_read(p->issuer);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list))
        return false;
    size_t len = list.body.len + ens__der_header_len(p->body.len) + p->body.len;
    ens__der_put_header(out, DIRECTORY, ens__der_header_len(len) + len);
    ens__der_put_header(out, ENS_DER_SEQUENCE, len);
    ens_buf_put(out, list.body);
    ens__der_put_header(out, ENS_DER_SET, p->body.len);
    ens_buf_put(out, p->body);
    return !out->failed;
}

/* elements gives the names of a point as GeneralName elements; a relative one is made whole in made. */
static ens_slice elements(const ens__crl_point_name *p, ens_buf *made)
{
    if (p->tag == ENS_CRL_POINT_FULL_NAME)
        return p->body;
    if (p->tag == ENS_CRL_POINT_RELATIVE_NAME && write_relative(p, made))
        return ens_buf_slice(made);
    return (ens_slice){0};
}

bool ens__crl_point_names_meet(const ens__crl_point_name *a, const ens__crl_point_name *b)
{
    ens_buf made[2];
    ens_der one;
    bool meet = false;
    unsigned num = 0;
    ens_buf_init(&made[0], NULL, 0, MADE_MAX);
    ens_buf_init(&made[1], NULL, 0, MADE_MAX);
    ens_slice of_a = elements(a, &made[0]), of_b = elements(b, &made[1]);
    for (ens_reader r = ens_read(of_a); !meet && num < NAMES_MAX && ens_left(&r) && next_name(&r, &one); num++)
        meet = is_among(of_b, &one);
    ens_buf_free(&made[0]);
    ens_buf_free(&made[1]);
    return meet;
}

char *ens_name_text(ens_slice name, char *out, size_t size)
{
    ens__name_text(name, out, size);
    return out;
}
