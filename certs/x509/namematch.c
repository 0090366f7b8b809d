#include "certs/x509/namematch.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"

#define VALUE_MAX ((size_t)64 << 10) /* of one attribute, made equal; longer ones are compared as bytes */
#define FNV_START 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u
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

static bool is_string(uint8_t tag)
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
    if (!is_string(a->tag))
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

static uint64_t mix(uint64_t hash, ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ s.p[i]) * FNV_PRIME;
    return hash;
}

static uint64_t hash_attribute(const ens_attribute *a)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, VALUE_MAX);
    uint64_t hash = mix(FNV_START, a->type);
    hash = mix(hash, folded(a, &text) ? ens_buf_slice(&text) : a->value);
    ens_buf_free(&text);
    return hash;
}

uint64_t ens__name_hash(ens_slice name)
{
    ens_reader r;
    relative one;
    uint64_t hash = FNV_START;
    if (!open_name(name, &r))
        return mix(hash, name);
    while (ens_left(&r)) {
        uint64_t set = 0;
        if (!read_relative(&r, &one))
            return mix(FNV_START, name);
        for (size_t i = 0; i < one.num; i++)
            set += hash_attribute(&one.attribute[i]); /* a set has no order */
        hash = (hash ^ set) * FNV_PRIME;
    }
    return hash;
}
