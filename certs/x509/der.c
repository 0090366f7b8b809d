#include "certs/x509/der.h"

#include "engine/base/clock.h"

#define LENGTH_BYTES_MAX 4u

static bool take_length(ens_reader *r, size_t *out)
{
    uint8_t first;
    if (!ens_take_u8(r, &first))
        return false;
    if (first < 0x80) {
        *out = first;
        return true;
    }
    unsigned num = first & 0x7Fu;
    ens_slice bytes;
    if (num == 0 || num > LENGTH_BYTES_MAX || !ens_take(r, num, &bytes))
        return false;
    size_t len = 0;
    for (unsigned i = 0; i < num; i++)
        len = len << 8 | bytes.p[i];
    if (bytes.p[0] == 0 || len < 0x80)
        return false; /* not minimal (X.690, 10.1) */
    *out = len;
    return true;
}

bool ens__der_any(ens_reader *r, ens_der *out)
{
    ens_reader at = *r;
    uint8_t tag;
    size_t len;
    ens_slice body;
    if (!ens_take_u8(&at, &tag) || (tag & 0x1Fu) == 0x1Fu || !take_length(&at, &len) || !ens_take(&at, len, &body))
        return false;
    *out = (ens_der){tag, {r->at, (size_t)(at.at - r->at)}, body};
    *r = at;
    return true;
}

bool ens__der_next_is(const ens_reader *r, uint8_t tag)
{
    return ens_left(r) && *r->at == tag;
}

bool ens__der_take(ens_reader *r, uint8_t tag, ens_der *out)
{
    return ens__der_next_is(r, tag) && ens__der_any(r, out);
}

bool ens__der_optional(ens_reader *r, uint8_t tag, ens_der *out)
{
    if (ens__der_next_is(r, tag))
        return ens__der_any(r, out);
    *out = (ens_der){0};
    return true;
}

bool ens__der_integer_valid(ens_slice b)
{
    if (b.len == 0)
        return false;
    if (b.len == 1)
        return true;
    return !(b.p[0] == 0 && b.p[1] < 0x80) && !(b.p[0] == 0xFF && b.p[1] >= 0x80);
}

bool ens__der_u32(ens_slice b, uint32_t *out)
{
    if (!ens__der_integer_valid(b) || b.p[0] >= 0x80 || b.len > 5 || (b.len == 5 && b.p[0] != 0))
        return false;
    uint32_t v = 0;
    for (size_t i = 0; i < b.len; i++)
        v = v << 8 | b.p[i];
    *out = v;
    return true;
}

bool ens__der_boolean(ens_slice b, bool *out)
{
    if (b.len != 1 || (b.p[0] != 0 && b.p[0] != 0xFF))
        return false;
    *out = b.p[0] != 0;
    return true;
}

bool ens__der_bits(ens_slice b, ens_slice *bytes, unsigned *num_unused)
{
    if (b.len == 0 || b.p[0] > 7 || (b.len == 1 && b.p[0] != 0))
        return false;
    if (b.len > 1 && (b.p[b.len - 1] & ((1u << b.p[0]) - 1)))
        return false;
    *num_unused = b.p[0];
    *bytes = ens_from(b, 1);
    return true;
}

bool ens__der_oid_valid(ens_slice b)
{
    if (b.len == 0 || (b.p[b.len - 1] & 0x80))
        return false;
    bool at_start = true;
    for (size_t i = 0; i < b.len; i++) {
        if (at_start && b.p[i] == 0x80)
            return false; /* not minimal */
        at_start = !(b.p[i] & 0x80);
    }
    return true;
}

static bool digits(ens_slice s, size_t at, size_t num, int *out)
{
    int v = 0;
    for (size_t i = at; i < at + num; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return true;
}

bool ens__der_time(const ens_der *e, ens_time *out)
{
    ens_slice s = e->body;
    size_t year_len = e->tag == ENS_DER_UTC_TIME ? 2 : 4;
    ens_civil c = {0};
    if ((e->tag != ENS_DER_UTC_TIME && e->tag != ENS_DER_GENERALIZED_TIME) || s.len != year_len + 11 ||
        s.p[s.len - 1] != 'Z')
        return false;
    if (!digits(s, 0, year_len, &c.year) || !digits(s, year_len, 2, &c.month) || !digits(s, year_len + 2, 2, &c.day) ||
        !digits(s, year_len + 4, 2, &c.hour) || !digits(s, year_len + 6, 2, &c.minute) ||
        !digits(s, year_len + 8, 2, &c.second))
        return false;
    if (year_len == 2)
        c.year += c.year < 50 ? 2000 : 1900;    /* RFC 5280, 4.1.2.5.1 */
    if (!ens__civil_valid(c) || c.second == 60) /* no leap seconds: X.680, 47.3 */
        return false;
    *out = ens__time_of(c);
    return true;
}

/* length_bytes counts what follows the first length octet; 0 for the short form. */
static size_t length_bytes(size_t len)
{
    size_t num = 0;
    while (len >= 0x80 && num < sizeof len && len >> (8 * num))
        num++;
    return num;
}

size_t ens__der_header_len(size_t len)
{
    return 2 + length_bytes(len);
}

void ens__der_put_header(ens_buf *out, uint8_t tag, size_t len)
{
    uint8_t header[2 + sizeof len] = {tag};
    size_t num = length_bytes(len);
    header[1] = num ? (uint8_t)(0x80 | num) : (uint8_t)len;
    for (size_t i = 0; i < num; i++)
        header[2 + i] = (uint8_t)(len >> (8 * (num - 1 - i)));
    ens_buf_add(out, header, 2 + num);
}
