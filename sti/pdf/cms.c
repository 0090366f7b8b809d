#include "sti/pdf/cms.h"

#include "certs/x509/name.h"

#define RULE "RFC 5652 5"

static ens_code fault(const char *what, ens_err *err)
{
    return ens_fail(err, ENS_ESYNTAX, RULE, what, 0);
}

void ens__der_wrap(ens_buf *b, size_t from, uint8_t tag)
{
    size_t len = b->len - from, header = ens__der_header_len(len);
    uint8_t *room = ens_buf_room(b, header);
    if (!room)
        return;
    memmove(b->p + from + header, b->p + from, len);
    b->len = from;
    ens__der_put_header(b, tag, len);
    b->len += len;
}

/* take_length reads any length of BER; *indefinite where the contents end by two zeros. */
static bool take_length(ens_reader *r, size_t *len, bool *indefinite)
{
    uint8_t first, next;
    if (!ens_take_u8(r, &first))
        return false;
    *indefinite = first == 0x80;
    *len = first & 0x7F;
    if (first < 0x80 || *indefinite)
        return true;
    size_t num = first & 0x7F;
    *len = 0;
    for (; num; num--) {
        if (!ens_take_u8(r, &next) || *len > ENS_CMS_MAX)
            return false;
        *len = *len << 8 | next;
    }
    return *len <= ENS_CMS_MAX;
}

static bool at_end_of_contents(const ens_reader *r)
{
    return ens_left(r) >= 2 && r->at[0] == 0 && r->at[1] == 0;
}

/* straighten writes one element as DER has its lengths. Segments of a string that is cut are put together.
 * Source  X.690, 8.1.3, 8.7.3 and 10.1 */
static bool straighten(ens_reader *r, ens_buf *out, unsigned depth)
{
    uint8_t tag;
    size_t len, from = out->len;
    bool indefinite;
    ens_slice body;
    if (depth > ENS_CMS_DEPTH_MAX || !ens_take_u8(r, &tag) || (tag & 0x1F) == 0x1F ||
        !take_length(r, &len, &indefinite))
        return false;
    if (!(tag & 0x20)) {
        if (indefinite || !ens_take(r, len, &body))
            return false;
        ens__der_put_header(out, tag, len);
        ens_buf_put(out, body);
        return !out->failed;
    }
    ens_reader all = *r, within;
    if (!indefinite && !ens_take(r, len, &body))
        return false;
    within = indefinite ? all : ens_read(body);
    bool cut = tag == (ENS_DER_OCTET_STRING | 0x20);
    while (indefinite ? !at_end_of_contents(&within) : ens_left(&within) > 0) {
        size_t child = out->len;
        ens_der e;
        if (!straighten(&within, out, depth + 1))
            return false;
        ens_reader one = ens_read(ens_from(ens_buf_slice(out), child));
        if (cut && !ens__der_take(&one, ENS_DER_OCTET_STRING, &e))
            return false;
        if (cut) {
            memmove(out->p + child, e.body.p, e.body.len);
            out->len = child + e.body.len;
        }
    }
    if (indefinite) {
        within.at += 2;
        r->at = within.at;
    }
    ens__der_wrap(out, from, cut ? ENS_DER_OCTET_STRING : tag);
    return !out->failed;
}

/* A SignedData taken apart. */
typedef struct {
    ens_der digests, certificates, signers;
    uint32_t version;
} parts;

static bool take_signed_data(ens_slice der, parts *out, ens__cms *cms)
{
    ens_reader r = ens_read(der);
    ens_der info, content, data, element, encapsulated;
    ens_slice oid;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &info))
        return false;
    r = ens_read(info.body);
    if (!ens__der_take_oid(&r, &oid) || !ens_eq(oid, ENS_OID_SIGNED_DATA) ||
        !ens__der_take(&r, ENS_DER_CONTEXT(0), &content) || ens_left(&r))
        return false;
    r = ens_read(content.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &data) || ens_left(&r))
        return false;
    r = ens_read(data.body);
    if (!ens__der_take(&r, ENS_DER_INTEGER, &element) || !ens__der_u32(element.body, &out->version) ||
        !ens__der_take(&r, ENS_DER_SET, &out->digests) || !ens__der_take(&r, ENS_DER_SEQUENCE, &encapsulated) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(0), &out->certificates) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(1), &element) || !ens__der_take(&r, ENS_DER_SET, &out->signers) ||
        ens_left(&r))
        return false;
    r = ens_read(encapsulated.body);
    if (!ens__der_take_oid(&r, &cms->encapsulated))
        return false;
    cms->attached = ens_left(&r) > 0;
    return out->version >= 1 && out->version <= 5;
}

/* lists_digest tells whether the digests that are listed in front have the signer's. */
static bool lists_digest(ens_slice digests, ens_slice wanted)
{
    ens_reader r = ens_read(digests);
    ens_der e;
    ens_slice oid;
    while (ens__der_take(&r, ENS_DER_SEQUENCE, &e)) {
        ens_reader of = ens_read(e.body);
        if (ens__der_take_oid(&of, &oid) && ens_eq(oid, wanted))
            return true;
    }
    return false;
}

/* read_certificates passes over those that can't be read, and counts them. */
static ens_code read_certificates(ens_slice body, ens__cms *out, ens_err *err)
{
    ens_reader r = ens_read(body);
    ens_der e;
    while (ens_left(&r)) {
        if (!ens__der_any(&r, &e))
            return fault("the certificates of the signature can't be read", err);
        if (e.tag != ENS_DER_SEQUENCE)
            continue;
        if (out->num_certificates == ENS_CMS_CERTIFICATES_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "the signature brings too many certificates", 0);
        if (ens_cert_parse(e.all, &out->certificate[out->num_certificates], NULL) == ENS_OK)
            out->num_certificates++;
        else
            out->num_unread++;
    }
    return ENS_OK;
}

/* find_signer finds the certificate that a signer names by issuer and serial number, or by its key's identifier. */
static bool find_signer(const ens_der *sid, ens__cms *out)
{
    ens_reader r = ens_read(sid->body);
    ens_der issuer = {0}, serial = {0}, id;
    if (sid->tag == ENS_DER_SEQUENCE &&
        (!ens__der_take(&r, ENS_DER_SEQUENCE, &issuer) || !ens__der_take(&r, ENS_DER_INTEGER, &serial)))
        return false;
    if (sid->tag != ENS_DER_SEQUENCE && sid->tag != ENS_DER_CONTEXT_PRIMITIVE(0))
        return false;
    for (size_t i = 0; i < out->num_certificates && !out->signer; i++) {
        const ens_cert *c = &out->certificate[i];
        ens_reader of = ens_read(c->subject_key_id);
        bool same = issuer.all.len ? ens_eq(c->issuer, issuer.all) && ens_eq(c->serial, serial.body)
                                   : ens__der_take(&of, ENS_DER_OCTET_STRING, &id) && ens_eq(id.body, sid->body);
        out->signer = same ? c : NULL;
    }
    return true;
}

/* read_ess reads the first certificate of signing-certificate-v2. */
static bool read_ess(ens_slice value, ens__cms *out)
{
    ens_reader r = ens_read(value);
    ens_der e, algorithm;
    out->ess_digest = out->ess_hash = (ens_slice){0};
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &e))
        return false;
    r = ens_read(e.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &e))
        return false;
    r = ens_read(e.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &e))
        return false;
    r = ens_read(e.body);
    if (!ens__der_optional(&r, ENS_DER_SEQUENCE, &algorithm))
        return false;
    ens_reader a = ens_read(algorithm.body);
    if (algorithm.all.len && !ens__der_take_oid(&a, &out->ess_digest))
        return false;
    if (!ens__der_take(&r, ENS_DER_OCTET_STRING, &e))
        return false;
    out->ess_hash = e.body;
    return true;
}

/* read_attribute keeps what a signed attribute says; values is the contents of its SET. */
static bool read_attribute(ens_slice type, ens_slice values, ens__cms *out)
{
    ens_reader r = ens_read(values);
    ens__cms_counts *n = &out->counts;
    ens_der v;
    if (!ens__der_any(&r, &v))
        return false;
    unsigned times = ens_left(&r) ? 2 : 1; /* several values are as bad as several attributes */
    if (ens_eq(type, ENS_OID_CONTENT_TYPE)) {
        n->content_type += times;
        out->content_type = v.tag == ENS_DER_OID ? v.body : (ens_slice){0};
    } else if (ens_eq(type, ENS_OID_MESSAGE_DIGEST)) {
        n->message_digest += times;
        out->message_digest = v.tag == ENS_DER_OCTET_STRING ? v.body : (ens_slice){0};
    } else if (ens_eq(type, ENS_OID_SIGNING_CERTIFICATE)) {
        n->signing_certificate += times;
    } else if (ens_eq(type, ENS_OID_SIGNING_CERTIFICATE_V2)) {
        n->signing_certificate_v2 += times;
        return read_ess(v.all, out);
    } else if (ens_eq(type, ENS_OID_SIGNING_TIME)) {
        n->signing_time += times;
        if (!ens__der_time(&v, &out->signing_time))
            out->signing_time = ENS_TIME_NONE;
    }
    return true;
}

static bool take_attribute(ens_reader *r, ens_slice *type, ens_slice *values)
{
    ens_der e, set;
    if (!ens__der_take(r, ENS_DER_SEQUENCE, &e))
        return false;
    ens_reader of = ens_read(e.body);
    if (!ens__der_take_oid(&of, type) || !ens__der_take(&of, ENS_DER_SET, &set) || ens_left(&of))
        return false;
    *values = set.body;
    return true;
}

static bool read_signed_attributes(const ens_der *attributes, ens_arena *arena, ens__cms *out)
{
    ens_reader r = ens_read(attributes->body);
    ens_slice type, values;
    if (!attributes->all.len)
        return true;
    for (unsigned i = 0; ens_left(&r); i++)
        if (i == ENS_CMS_ATTRIBUTES_MAX || !take_attribute(&r, &type, &values) || !read_attribute(type, values, out))
            return false;
    uint8_t *hashed = ens_arena_take(arena, attributes->all.len);
    if (!hashed)
        return false;
    memcpy(hashed, attributes->all.p, attributes->all.len);
    hashed[0] = ENS_DER_SET; /* RFC 5652, 5.4 */
    out->attributes = ens_bytes(hashed, attributes->all.len);
    return true;
}

static bool read_unsigned_attributes(ens_slice body, ens__cms *out)
{
    ens_reader r = ens_read(body);
    ens_slice type, values;
    for (unsigned i = 0; ens_left(&r); i++) {
        if (i == ENS_CMS_ATTRIBUTES_MAX || !take_attribute(&r, &type, &values))
            return false;
        if (ens_eq(type, ENS_OID_TIMESTAMP_TOKEN))
            out->has_timestamp = true;
        else
            out->num_unsigned++;
    }
    return true;
}

/* fits_version: a signer that is named by issuer and serial number has version 1, one named by its key version 3.
 * Source  RFC 5652, 5.3 */
static bool fits_version(const ens_der *version, const ens_der *sid)
{
    uint32_t n;
    return ens__der_u32(version->body, &n) && n == (sid->tag == ENS_DER_SEQUENCE ? 1u : 3u);
}

static ens_code read_signer(ens_slice body, ens_arena *arena, ens__cms *out, ens_err *err)
{
    ens_reader r = ens_read(body);
    ens_der version, sid, digest, attributes, algorithm, signature, more;
    if (!ens__der_take(&r, ENS_DER_INTEGER, &version) || !ens__der_any(&r, &sid) ||
        !ens__der_take(&r, ENS_DER_SEQUENCE, &digest) || !ens__der_optional(&r, ENS_DER_CONTEXT(0), &attributes) ||
        !ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) || !ens__der_take(&r, ENS_DER_OCTET_STRING, &signature) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(1), &more) || ens_left(&r) || !fits_version(&version, &sid) ||
        !find_signer(&sid, out))
        return fault("the signer of the signature can't be read", err);
    ens_reader d = ens_read(digest.body);
    if (!ens__der_take_oid(&d, &out->digest))
        return fault("the signature doesn't name its digest", err);
    if (!read_signed_attributes(&attributes, arena, out) || !read_unsigned_attributes(more.body, out))
        return fault("the attributes of the signature can't be read", err);
    out->algorithm = algorithm.all;
    out->signature = signature.body;
    return ENS_OK;
}

static ens_code read_signers(ens_slice body, ens_arena *arena, ens__cms *out, ens_err *err)
{
    ens_reader r = ens_read(body);
    ens_der e, first = {0};
    for (; ens_left(&r); out->num_signers++) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &e))
            return fault("the signers of the signature can't be read", err);
        first = first.all.len ? first : e;
    }
    return first.all.len ? read_signer(first.body, arena, out, err) : ENS_OK;
}

ens_code ens__cms_read(ens_slice contents, ens_arena *arena, ens__cms *out, ens_err *err)
{
    ens_reader r = ens_read(contents);
    ens_buf straight;
    parts p = {0};
    *out = (ens__cms){.signing_time = ENS_TIME_NONE};
    ens_buf_init(&straight, NULL, 0, ENS_CMS_MAX);
    bool whole = straighten(&r, &straight, 0);
    char *kept = whole ? ens_arena_text(arena, ens_buf_slice(&straight)) : NULL;
    ens_slice der = ens_bytes(kept, straight.len);
    ens_buf_free(&straight);
    if (!kept)
        return fault("what should be the signature is no CMS, or is cut short", err);
    out->len = ens_at(&r);
    out->loose = !ens_eq(der, ens_sub(contents, 0, out->len));
    if (!take_signed_data(der, &p, out))
        return fault("what should be the signature is no SignedData of CMS", err);
    ens_code code = read_certificates(p.certificates.body, out, err);
    if (code == ENS_OK)
        code = read_signers(p.signers.body, arena, out, err);
    if (code == ENS_OK && out->num_signers && !lists_digest(p.digests.body, out->digest))
        return fault("the signature doesn't list the digest that it uses", err);
    return code;
}

#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        (const uint8_t *)(literal), sizeof(literal) - 1                                                                \
    }
#define RSA_WITH(last) BYTES("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01" last "\x05\x00")

/* What digests are called, and what RSA with PKCS #1 v1.5 over them is; nothing for those that aren't taken. */
static const struct {
    const char *name;
    ens_slice oid, rsa;
    ens_digest_kind kind;
} digests[] = {
    {"SHA-256", BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x01"), RSA_WITH("\x0B"), ENS_SHA256},
    {"SHA-384", BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x02"), RSA_WITH("\x0C"), ENS_SHA384},
    {"SHA-512", BYTES("\x60\x86\x48\x01\x65\x03\x04\x02\x03"), RSA_WITH("\x0D"), ENS_SHA512},
    {"SHA-1", BYTES("\x2B\x0E\x03\x02\x1A"), {NULL, 0}, ENS_SHA256},
    {"MD5", BYTES("\x2A\x86\x48\x86\xF7\x0D\x02\x05"), {NULL, 0}, ENS_SHA256},
};
#define NUM_DIGESTS (sizeof digests / sizeof *digests)

bool ens__cms_kind(ens_slice oid, ens_digest_kind *out)
{
    for (size_t i = 0; i < NUM_DIGESTS; i++)
        if (digests[i].rsa.len && ens_eq(oid, digests[i].oid)) {
            *out = digests[i].kind;
            return true;
        }
    return false;
}

const char *ens__cms_digest_name(ens_slice oid)
{
    for (size_t i = 0; i < NUM_DIGESTS; i++)
        if (ens_eq(oid, digests[i].oid))
            return digests[i].name;
    return "an unknown digest";
}

ens_slice ens__cms_algorithm(const ens__cms *cms, bool *names_other_digest)
{
    ens_reader r = ens_read(cms->algorithm);
    ens_der a;
    ens_slice oid = {0};
    if (ens__der_take(&r, ENS_DER_SEQUENCE, &a)) {
        ens_reader of = ens_read(a.body);
        if (!ens__der_take_oid(&of, &oid))
            oid = (ens_slice){0};
    }
    *names_other_digest = false;
    for (size_t i = 0; i < NUM_DIGESTS; i++) {
        bool own = ens_eq(cms->digest, digests[i].oid);
        if (own && ens_eq(oid, ENS_OID_RSA))
            return digests[i].rsa;
        if (!own && digests[i].rsa.len && ens_eq(cms->algorithm, digests[i].rsa))
            *names_other_digest = true;
    }
    return cms->algorithm;
}
