#include "certs/x509/ocsp.h"

#include "certs/x509/algorithm.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

#include <openssl/evp.h>

#define RULE "RFC 6960 4.2.1"
#define BASIC ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01\x01")
#define SHA_1 ENS_LIT("\x2B\x0E\x03\x02\x1A")
#define SHA1_LEN 20u

typedef struct {
    ens_slice der;
    ens_err *err;
} input;

static ens_code refuse_ocsp(const input *in, const char *what, const uint8_t *at)
{
    return ens_fail(in->err, ENS_ESYNTAX, RULE, what, at ? (size_t)(at - in->der.p) : 0);
}

static bool take_whole(ens_slice value, uint8_t tag, ens_der *out)
{
    ens_reader r = ens_read(value);
    return ens__der_take(&r, tag, out) && !ens_left(&r);
}

static bool take_time(ens_reader *r, ens_time *out, bool *odd)
{
    ens_der e;
    return ens__der_take(r, ENS_DER_GENERALIZED_TIME, &e) && ens__der_time_loose(&e, out, odd);
}

/* read_extensions looks for critical ones alone: none changes what is said here. outer is [1] EXPLICIT Extensions, or
 * empty. */
static bool read_extensions(const ens_der *outer, bool *unknown_critical)
{
    ens_der list, one, id, critical, value;
    unsigned num = 0;
    bool is_critical;
    if (!outer->all.len)
        return true;
    if (!take_whole(outer->body, ENS_DER_SEQUENCE, &list) || !list.body.len)
        return false;
    for (ens_reader r = ens_read(list.body); ens_left(&r);) {
        if (num++ == ENS_OCSP_EXTENSIONS_MAX || !ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &id) || !ens__der_optional(&in, ENS_DER_BOOLEAN, &critical) ||
            !ens__der_take(&in, ENS_DER_OCTET_STRING, &value) || ens_left(&in))
            return false;
        if (critical.all.len && !ens__der_boolean(critical.body, &is_critical))
            return false;
        *unknown_critical |= critical.all.len && is_critical;
    }
    return true;
}

static bool read_cert_id(ens_slice body, ens__ocsp_answer *out)
{
    ens_reader r = ens_read(body);
    ens_der algorithm, name, key, serial, oid, parameters;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) || !ens__der_take(&r, ENS_DER_OCTET_STRING, &name) ||
        !ens__der_take(&r, ENS_DER_OCTET_STRING, &key) || !ens__der_take(&r, ENS_DER_INTEGER, &serial) ||
        ens_left(&r) || !serial.body.len)
        return false;
    r = ens_read(algorithm.body);
    if (!ens__der_take(&r, ENS_DER_OID, &oid) || !ens__der_optional(&r, ENS_DER_NULL, &parameters) || ens_left(&r))
        return false;
    out->hash_algorithm = oid.body;
    out->name_hash = name.body;
    out->key_hash = key.body;
    out->serial = ens__der_integer_trim(serial.body);
    return true;
}

/* read_revoked reads RevokedInfo. */
static bool read_revoked(ens_slice body, ens__ocsp_answer *out)
{
    ens_reader r = ens_read(body);
    ens_der tagged, reason;
    uint32_t number = 0;
    out->status = ENS_OCSP_REVOKED;
    if (!take_time(&r, &out->revoked, &out->odd) || !ens__der_optional(&r, ENS_DER_CONTEXT(0), &tagged) || ens_left(&r))
        return false;
    if (!tagged.all.len)
        return true;
    if (!take_whole(tagged.body, ENS_DER_ENUMERATED, &reason) || !ens__der_u32(reason.body, &number) ||
        !ens__reason_valid(number))
        return false;
    out->reason = (ens__reason)number;
    return true;
}

static bool read_status(ens_reader *r, ens__ocsp_answer *out)
{
    ens_der status;
    if (!ens__der_any(r, &status))
        return false;
    switch (status.tag) {
    case ENS_DER_CONTEXT_PRIMITIVE(0):
        out->status = ENS_OCSP_GOOD;
        return status.body.len == 0;
    case ENS_DER_CONTEXT(1):
        return read_revoked(status.body, out);
    case ENS_DER_CONTEXT_PRIMITIVE(2):
        return status.body.len == 0;
    default:
        return false;
    }
}

bool ens__ocsp_next(ens_reader *answers, ens__ocsp_answer *out)
{
    ens_der one, id, next, extensions;
    *out = (ens__ocsp_answer){.next_update = ENS_TIME_NONE};
    if (!ens__der_take(answers, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader r = ens_read(one.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &id) || !read_cert_id(id.body, out) || !read_status(&r, out) ||
        !take_time(&r, &out->this_update, &out->odd) || !ens__der_optional(&r, ENS_DER_CONTEXT(0), &next) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(1), &extensions) || ens_left(&r))
        return false;
    ens_reader in = ens_read(next.body);
    if (next.all.len && (!take_time(&in, &out->next_update, &out->odd) || ens_left(&in)))
        return false;
    return read_extensions(&extensions, &out->unknown_critical);
}

static bool read_responder(ens_reader *r, ens__ocsp *o)
{
    ens_der choice, value;
    if (!ens__der_any(r, &choice))
        return false;
    if (choice.tag == ENS_DER_CONTEXT(1) && take_whole(choice.body, ENS_DER_SEQUENCE, &value))
        o->by_name = value.all;
    else if (choice.tag == ENS_DER_CONTEXT(2) && take_whole(choice.body, ENS_DER_OCTET_STRING, &value))
        o->by_key = value.body;
    else
        return false;
    return true;
}

/* read_data reads ResponseData. */
static ens_code read_data(const input *in, ens_slice body, ens__ocsp *o)
{
    ens_reader r = ens_read(body);
    ens_der version, list, extensions, number;
    uint32_t v1 = 0;
    ens__ocsp_answer answer;
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &version) ||
        (version.all.len &&
         (!take_whole(version.body, ENS_DER_INTEGER, &number) || !ens__der_u32(number.body, &v1) || v1)))
        return refuse_ocsp(in, "the version of the response isn't 1", r.at);
    if (!read_responder(&r, o) || !take_time(&r, &o->produced, &o->odd) || !ens__der_take(&r, ENS_DER_SEQUENCE, &list))
        return refuse_ocsp(in, "the responder, the time or the answers can't be read", r.at);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(1), &extensions) || ens_left(&r) ||
        !read_extensions(&extensions, &o->unknown_critical))
        return refuse_ocsp(in, "the extensions of the response can't be read", r.at);
    o->answers = list.body;
    for (ens_reader a = ens_read(list.body); ens_left(&a); o->num_answers++) {
        const uint8_t *at = a.at;
        if (o->num_answers == ENS_OCSP_ANSWERS_MAX)
            return ens_fail(in->err, ENS_ELIMIT, RULE, "the response has too many answers", (size_t)(at - in->der.p));
        if (!ens__ocsp_next(&a, &answer))
            return refuse_ocsp(in, "an answer can't be read", at);
        o->unknown_critical |= answer.unknown_critical;
        o->odd |= answer.odd;
    }
    return ENS_OK;
}

/* read_basic reads BasicOCSPResponse. */
static ens_code read_basic(const input *in, ens_slice der, ens__ocsp *o)
{
    ens_der outer, data, algorithm, signature, tagged, certificates = {0};
    unsigned unused;
    if (!take_whole(der, ENS_DER_SEQUENCE, &outer))
        return refuse_ocsp(in, "the basic response isn't one DER SEQUENCE", der.p);
    ens_reader r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &data) || !ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) ||
        !ens__der_take(&r, ENS_DER_BIT_STRING, &signature) || !ens__der_bits(signature.body, &o->signature, &unused) ||
        unused || !ens__der_optional(&r, ENS_DER_CONTEXT(0), &tagged) || ens_left(&r) ||
        (tagged.all.len && !take_whole(tagged.body, ENS_DER_SEQUENCE, &certificates)))
        return refuse_ocsp(in, "the basic response can't be read", r.at);
    o->data = data.all;
    o->signature_algorithm = algorithm.all;
    o->certificates = certificates.body;
    return read_data(in, data.body, o);
}

/* status_name names an OCSPResponseStatus that brings no answer. */
static const char *status_name(uint32_t status)
{
    static const char *const names[] = {"no responseBytes", "malformedRequest", "internalError", "tryLater",
                                        "an unused status", "sigRequired",      "unauthorized"};
    return status < sizeof names / sizeof *names ? names[status] : "an unknown status";
}

ens_code ens__ocsp_read(ens_slice der, ens__ocsp *out, ens_err *err)
{
    input in = {der, err};
    ens_der outer, status, tagged, bytes, type, basic;
    uint32_t number;
    ens__ocsp o = {.der = der};
    if (der.len > ENS_OCSP_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the response is too large", der.len);
    if (!take_whole(der, ENS_DER_SEQUENCE, &outer))
        return refuse_ocsp(&in, "this is no OCSP response: it isn't one DER SEQUENCE", der.p);
    ens_reader r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_ENUMERATED, &status) || !ens__der_u32(status.body, &number) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(0), &tagged) || ens_left(&r))
        return refuse_ocsp(&in, "this is no OCSP response", r.at);
    if (number || !tagged.all.len)
        return ens_fail_about(err, ENS_EPOLICY, "RFC 6960 4.2.1", "the OCSP responder gives no answer",
                              status_name(number));
    if (!take_whole(tagged.body, ENS_DER_SEQUENCE, &bytes))
        return refuse_ocsp(&in, "the response bytes can't be read", tagged.all.p);
    r = ens_read(bytes.body);
    if (!ens__der_take(&r, ENS_DER_OID, &type) || !ens__der_take(&r, ENS_DER_OCTET_STRING, &basic) || ens_left(&r))
        return refuse_ocsp(&in, "the response bytes can't be read", r.at);
    if (!ens_eq(type.body, BASIC))
        return ens_fail(err, ENS_EPOLICY, RULE, "the OCSP response isn't a basic one", 0);
    ens_code code = read_basic(&in, basic.body, &o);
    if (code == ENS_OK)
        *out = o;
    return code;
}

static bool is_hash_of(ens_slice hash, const EVP_MD *md, ens_slice of)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    return md && EVP_Digest(of.p, of.len, digest, &len, md, NULL) == 1 && ens_eq(hash, ens_bytes(digest, len));
}

bool ens__ocsp_next_about(ens_reader *answers, const ens_cert *cert, const ens_cert *issuer, ens__ocsp_answer *out)
{
    ens__ocsp_answer a;
    ens_slice serial = ens__der_integer_trim(cert->serial);
    while (ens__ocsp_next(answers, &a)) {
        const EVP_MD *md = ens_eq(a.serial, serial) ? ens__sigalg_md(a.hash_algorithm) : NULL;
        if (!is_hash_of(a.name_hash, md, cert->issuer) || !is_hash_of(a.key_hash, md, issuer->key_bits_string))
            continue;
        *out = a;
        return true;
    }
    return false;
}

bool ens__ocsp_names(const ens__ocsp *o, const ens_cert *responder)
{
    if (o->by_name.len)
        return ens__name_same(o->by_name, responder->subject);
    return is_hash_of(o->by_key, ens__sigalg_md(SHA_1), responder->key_bits_string);
}

/* put_hash appends an OCTET STRING with the SHA-1 of something. */
static bool put_hash(ens_buf *out, ens_slice of)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const EVP_MD *md = ens__sigalg_md(SHA_1);
    if (!md || EVP_Digest(of.p, of.len, digest, &len, md, NULL) != 1)
        return false;
    ens__der_put_header(out, ENS_DER_OCTET_STRING, len);
    ens_buf_add(out, digest, len);
    return true;
}

ens_code ens__ocsp_request(const ens_cert *cert, const ens_cert *issuer, ens_buf *out, ens_err *err)
{
    static const uint8_t sha1[] = {0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00};
    size_t id = sizeof sha1 + 2 * (2 + SHA1_LEN) + ens__der_header_len(cert->serial.len) + cert->serial.len;
    for (unsigned i = 0; i < 5; i++) { /* OCSPRequest, TBSRequest, requestList, Request, CertID */
        size_t inner = id;
        for (unsigned k = i; k < 4; k++)
            inner += ens__der_header_len(inner);
        ens__der_put_header(out, ENS_DER_SEQUENCE, inner);
    }
    ens_buf_add(out, sha1, sizeof sha1);
    if (!put_hash(out, cert->issuer) || !put_hash(out, issuer->key_bits_string))
        return ens_fail(err, ENS_ECRYPTO, NULL, "OpenSSL has no SHA-1", 0);
    ens__der_put_header(out, ENS_DER_INTEGER, cert->serial.len);
    ens_buf_put(out, cert->serial);
    return ens_buf_done(out, err);
}
