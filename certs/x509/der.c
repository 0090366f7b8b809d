#include "certs/x509/der.h"

#include "engine/base/clock.h"

#include <stdio.h>

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

bool ens__der_long(ens_reader *r, ens_der *out)
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

/* take_digits reads two digits where they stand; false leaves the reader where it was. */
static bool take_digits(ens_reader *r, size_t num, int *out)
{
    ens_slice rest = {r->at, ens_left(r)};
    if (rest.len < num || !digits(rest, 0, num, out))
        return false;
    r->at += num;
    return true;
}

/* take_zone reads Z or an offset from it, in seconds. */
static bool take_zone(ens_reader *r, int *offset)
{
    uint8_t sign;
    int hours, minutes;
    *offset = 0;
    if (!ens_take_u8(r, &sign))
        return false;
    if (sign == 'Z')
        return true;
    if ((sign != '+' && sign != '-') || !take_digits(r, 2, &hours) || !take_digits(r, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *offset = (hours * 60 + minutes) * (sign == '-' ? -60 : 60);
    return true;
}

bool ens__der_time_loose(const ens_der *e, ens_time *out, bool *odd)
{
    ens_reader r = ens_read(e->body);
    ens_civil c = {0};
    int offset, fraction;
    if (ens__der_time(e, out))
        return true;
    bool utc = e->tag == ENS_DER_UTC_TIME;
    if ((!utc && e->tag != ENS_DER_GENERALIZED_TIME) || !take_digits(&r, utc ? 2 : 4, &c.year) ||
        !take_digits(&r, 2, &c.month) || !take_digits(&r, 2, &c.day) || !take_digits(&r, 2, &c.hour) ||
        !take_digits(&r, 2, &c.minute))
        return false;
    bool seconds = take_digits(&r, 2, &c.second);
    if (seconds && ens_left(&r) && (*r.at == '.' || *r.at == ','))
        for (r.at++; take_digits(&r, 1, &fraction);)
            ;
    if (utc)
        c.year += c.year < 50 ? 2000 : 1900;
    if (!take_zone(&r, &offset) || ens_left(&r) || !ens__civil_valid(c) || c.second == 60)
        return false;
    *out = ens__time_of(c) - offset;
    return *odd = true;
}

ens_slice ens__der_integer_trim(ens_slice b)
{
    while (b.len > 1 && ((b.p[0] == 0 && b.p[1] < 0x80) || (b.p[0] == 0xFF && b.p[1] >= 0x80)))
        b = ens_from(b, 1);
    return b;
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

/* Dotted forms, so that the table can be read beside its sources: RFC 5280, RFC 4519, EN 319 412-1 and -5, EN 319 411-1
 * and -2, RFC 8017, RFC 5758. */
static const struct {
    const char *dotted, *name;
} names[] = {
    {"2.5.4.3", "CN"},
    {"2.5.4.4", "SN"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "street"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.42", "GN"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.65", "pseudonym"},
    {"2.5.4.97", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
    {"2.5.29.32.0", "anyPolicy"},
    {"2.5.29.37.0", "anyExtendedKeyUsage"},
    {"1.3.6.1.5.5.7.3.1", "serverAuth"},
    {"1.3.6.1.5.5.7.3.2", "clientAuth"},
    {"1.3.6.1.5.5.7.3.3", "codeSigning"},
    {"1.3.6.1.5.5.7.3.4", "emailProtection"},
    {"1.3.6.1.5.5.7.3.8", "timeStamping"},
    {"1.3.6.1.5.5.7.3.9", "OCSPSigning"},
    {"1.3.6.1.5.5.7.3.36", "documentSigning"},
    {"1.3.6.1.4.1.311.10.3.12", "Microsoft document signing"},
    {"1.2.840.113583.1.1.5", "Adobe authentic documents"},
    {"0.4.0.194112.1.0", "QCP-n"},
    {"0.4.0.194112.1.1", "QCP-l"},
    {"0.4.0.194112.1.2", "QCP-n-qscd"},
    {"0.4.0.194112.1.3", "QCP-l-qscd"},
    {"0.4.0.194112.1.4", "QEVCP-w"},
    {"0.4.0.194112.1.5", "QNCP-w"},
    {"0.4.0.194112.1.6", "QNCP-w-gen"},
    {"0.4.0.2042.1.1", "NCP"},
    {"0.4.0.2042.1.2", "NCP+"},
    {"0.4.0.2042.1.3", "LCP"},
    {"0.4.0.2042.1.4", "EVCP"},
    {"0.4.0.2042.1.6", "DVCP"},
    {"0.4.0.2042.1.7", "OVCP"},
    {"0.4.0.2042.1.8", "IVCP"},
    {"0.4.0.1456.1.1", "QCP public + SSCD"},
    {"0.4.0.1456.1.2", "QCP public"},
    {"0.4.0.1862.1.1", "QcCompliance"},
    {"0.4.0.1862.1.2", "QcLimitValue"},
    {"0.4.0.1862.1.3", "QcRetentionPeriod"},
    {"0.4.0.1862.1.4", "QcSSCD"},
    {"0.4.0.1862.1.5", "QcPDS"},
    {"0.4.0.1862.1.6", "QcType"},
    {"0.4.0.1862.1.6.1", "esign"},
    {"0.4.0.1862.1.6.2", "eseal"},
    {"0.4.0.1862.1.6.3", "web"},
    {"0.4.0.1862.1.7", "QcCClegislation"},
    {"0.4.0.1862.1.8", "QcIdentMethod"},
    {"0.4.0.1862.1.9", "QcQSCDlegislation"},
    {"1.3.6.1.5.5.7.11.1", "pkixQCSyntax-v1"},
    {"1.3.6.1.5.5.7.11.2", "pkixQCSyntax-v2"},
    {"0.4.0.194121.1.1", "semantics: natural person"},
    {"0.4.0.194121.1.2", "semantics: legal person"},
    {"0.4.0.194121.1.3", "semantics: eIDAS natural person"},
    {"0.4.0.194121.1.4", "semantics: eIDAS legal person"},
    {"0.4.0.19495.2", "PSD2"},
    {"1.2.840.113549.1.1.1", "rsaEncryption"},
    {"1.2.840.113549.1.1.5", "sha1WithRSAEncryption"},
    {"1.2.840.113549.1.1.10", "RSASSA-PSS"},
    {"1.2.840.113549.1.1.11", "sha256WithRSAEncryption"},
    {"1.2.840.113549.1.1.12", "sha384WithRSAEncryption"},
    {"1.2.840.113549.1.1.13", "sha512WithRSAEncryption"},
    {"1.2.840.113549.1.1.14", "sha224WithRSAEncryption"},
    {"1.2.840.10045.2.1", "ecPublicKey"},
    {"1.2.840.10045.4.3.2", "ecdsa-with-SHA256"},
    {"1.2.840.10045.4.3.3", "ecdsa-with-SHA384"},
    {"1.2.840.10045.4.3.4", "ecdsa-with-SHA512"},
    {"1.3.101.112", "Ed25519"},
    {"1.3.101.113", "Ed448"},
};

/* next_arc takes one base-128 number; false where it is cut short or over 64 bits. */
static bool next_arc(ens_reader *r, uint64_t *out)
{
    uint64_t v = 0;
    uint8_t b = 0;
    do {
        if (v >> 57 || !ens_take_u8(r, &b))
            return false;
        v = v << 7 | (b & 0x7F);
    } while (b & 0x80);
    *out = v;
    return true;
}

/* write_arc writes a number and what stands before it; false: there is no room. */
static bool write_arc(char *out, size_t size, size_t *at, const char *before, uint64_t arc)
{
    char digits[20];
    unsigned num = 0;
    do
        digits[num++] = (char)('0' + arc % 10);
    while (arc /= 10);
    if (size - *at <= num + strlen(before))
        return false;
    for (; *before; before++)
        out[(*at)++] = *before;
    while (num)
        out[(*at)++] = digits[--num];
    return true;
}

const char *ens__oid_text(ens_slice oid, char *out, size_t size)
{
    ens_reader r = ens_read(oid);
    size_t at = 0;
    if (!ens__der_oid_valid(oid)) {
        snprintf(out, size, "?");
        return out;
    }
    for (bool first = true, good = true; good && ens_left(&r); first = false) {
        uint64_t arc = 0;
        if (!next_arc(&r, &arc))
            break;
        uint64_t top = arc < 80 ? arc / 40 : 2;
        good = first ? write_arc(out, size, &at, "", top) && write_arc(out, size, &at, ".", arc - 40 * top)
                     : write_arc(out, size, &at, ".", arc);
    }
    out[at] = '\0';
    return out;
}

static void put_arc(ens_buf *out, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n] = (uint8_t)((v & 0x7F) | (n ? 0x80 : 0));
        n++;
    } while (v >>= 7);
    while (n)
        ens_buf_add(out, &bytes[--n], 1);
}

bool ens__oid_from_text(ens_slice text, ens_buf *out)
{
    uint64_t arc = 0, top = 0;
    unsigned nth = 0, digits = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.p[i] >= '0' && text.p[i] <= '9' && arc < UINT64_MAX / 20) {
            arc = arc * 10 + (uint64_t)(text.p[i] - '0');
            digits++;
            continue;
        }
        if (!digits || (i < text.len && text.p[i] != '.') || (nth == 0 && arc > 2) || (nth == 1 && top < 2 && arc > 39))
            return false;
        if (nth == 0)
            top = arc;
        else
            put_arc(out, nth == 1 ? top * 40 + arc : arc);
        nth++, arc = 0, digits = 0;
    }
    return nth >= 2 && !out->failed;
}

const char *ens__oid_name(ens_slice oid)
{
    char text[ENS_OID_TEXT_MAX];
    ens__oid_text(oid, text, sizeof text);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].dotted, text) == 0)
            return names[i].name;
    return NULL;
}

bool ens__der_take_oid(ens_reader *r, ens_slice *out)
{
    ens_der oid;
    if (!ens__der_take(r, ENS_DER_OID, &oid) || !ens__der_oid_valid(oid.body))
        return false;
    *out = oid.body;
    return true;
}
