#include "certs/x509/name.h"

#include "certs/x509/der.h"

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

bool ens__name_take(ens_slice name, ens_slice type, ens_buf *out)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0;
    ens__name_read(name, list, &num);
    for (size_t i = 0; i < num; i++)
        if (ens_eq(list[i].type, type)) {
            ens__string_take(list[i].tag, list[i].value, out);
            return true;
        }
    return false;
}

size_t ens__name_count(ens_slice name, ens_slice type)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0, found = 0;
    ens__name_read(name, list, &num);
    for (size_t i = 0; i < num; i++)
        found += ens_eq(list[i].type, type);
    return found;
}

/* put_value escapes as RFC 4514, 2.4; controls, which nobody should see on a terminal, become '?'. */
static void put_value(ens_buf *out, const ens_attribute *a)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    ens__string_take(a->tag, a->value, &text);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        bool edge = (c == ' ' && (i == 0 || i + 1 == text.len)) || (c == '#' && i == 0);
        if (edge || (c && strchr(",+\"\\<>;", c)))
            ens_buf_add(out, "\\", 1);
        ens_buf_add(out, c < 0x20 || c == 0x7F ? (const void *)"?" : &text.p[i], 1);
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
        ens_buf_printf(&text, "%s%s=", text.len ? ", " : "",
                       type ? type : ens__oid_text(list[i].type, dotted, sizeof dotted));
        put_value(&text, &list[i]);
    }
    size_t len = text.len < size ? text.len : cut_utf8(text.p, size - 1);
    memcpy(out, text.p, len);
    out[len] = '\0';
    ens_buf_free(&text);
    return out;
}
