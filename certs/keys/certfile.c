#include "certs/keys/certfile.h"

#include "certs/keys/keys.h"
#include "certs/x509/der.h"
#include "engine/base/arena.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define RULE_PEM "RFC 7468"
#define BEGIN ENS_LIT("-----BEGIN ")
#define END ENS_LIT("-----END ")
#define DASHES ENS_LIT("-----")
#define LABEL_MAX 64u

/* One PEM block: what stands between its lines is base64, behind headers (RFC 1421) where there are some. */
typedef struct {
    ens_slice label, text;
    size_t at;     /* where it begins in the file */
    bool encloses; /* false: it has no end */
} block;

/* next_block finds the next block at or behind *at, wherever on a line it begins. */
static bool next_block(ens_slice file, size_t *at, block *out)
{
    for (size_t begin; (begin = ens__find(file, BEGIN, *at)) != SIZE_MAX; *at = begin + BEGIN.len) {
        size_t label = begin + BEGIN.len, close = ens__find(file, DASHES, label);
        if (close == SIZE_MAX || close - label > LABEL_MAX)
            continue;
        size_t text = close + DASHES.len, other = ens__find(file, BEGIN, text);
        size_t end = ens__find(ens_sub(file, 0, other), END, text);
        *out = (block){.label = ens_sub(file, label, close), .at = begin};
        out->encloses = end != SIZE_MAX &&
                        ens_eq(ens_sub(file, end + END.len, end + END.len + out->label.len), out->label) &&
                        ens_starts(ens_from(file, end + END.len + out->label.len), DASHES);
        out->text = ens_sub(file, text, out->encloses ? end : text);
        *at = out->encloses ? end : text;
        return true;
    }
    return false;
}

/* without_headers drops what stands before the empty line behind "name: value" lines. */
static ens_slice without_headers(ens_slice text)
{
    ens_reader r = ens_read(text);
    ens_slice line;
    if (!text.len || !memchr(text.p, ':', text.len))
        return text;
    while (ens_take_line(&r, &line))
        if (!ens__trim(line).len && ens_at(&r) > 2)
            return ens_from(text, ens_at(&r));
    return (ens_slice){0};
}

/* decode gives the octets of base64 in memory that the caller frees; NULL: it is none, or there is no memory. */
static uint8_t *decode(ens_slice text, size_t *len)
{
    uint8_t *out = malloc(text.len / 4 * 3 + 3);
    if (!out)
        return NULL;
    ens__heap_note();
    *len = ens__base64_decode(text, out);
    if (*len != SIZE_MAX && *len)
        return out;
    free(out);
    return NULL;
}

static ens_code visit_block(const block *b, ens_cert_visit visit, void *ctx, ens_err *err)
{
    size_t len = 0;
    if (!b->encloses)
        return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "a PEM block has no end, or another's", b->at);
    uint8_t *der = decode(without_headers(b->text), &len);
    if (!der)
        return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "a PEM block is damaged", b->at);
    ens_code code = visit(ctx, ens_bytes(der, len), err);
    free(der);
    return code;
}

ens_code ens__pem_each(ens_slice file, const char *label, ens_cert_visit visit, void *ctx, size_t *num, ens_err *err)
{
    block b;
    ens_code code = ENS_OK;
    *num = 0;
    for (size_t at = 0; code == ENS_OK && next_block(file, &at, &b);)
        if (ens_is(b.label, label)) {
            code = visit_block(&b, visit, ctx, err);
            ++*num;
        }
    return code;
}

/* element_len is the length of the BER element at the start of s, header included; 0: it has no definite one, or isn't
 * whole. */
static size_t element_len(ens_slice s)
{
    size_t len = 0, header = 2;
    if (s.len < 2 || s.p[1] == 0x80)
        return 0;
    if (s.p[1] < 0x80)
        len = s.p[1];
    else
        header += s.p[1] & 0x7Fu;
    if (header > 2 + sizeof(uint32_t) || header > s.len)
        return 0;
    for (size_t i = 2; i < header; i++)
        len = len << 8 | s.p[i];
    return len <= s.len - header ? header + len : 0;
}

/* inside returns the tag of the first element inside s and moves s to that element; 0 where there is none. The lengths
 * are not judged here: this only tells the formats apart. */
static uint8_t inside(ens_slice *s)
{
    size_t header = s->len > 1 && s->p[1] & 0x80 ? 2u + (s->p[1] & 0x7F) : 2u;
    *s = ens_from(*s, header);
    return s->len ? s->p[0] : 0;
}

/* is_request: SEQUENCE { SEQUENCE { INTEGER 0, Name... as PKCS#10 has it; in a certificate an algorithm stands there.
 */
static bool is_request(ens_slice der)
{
    ens_reader r = ens_read(der);
    ens_der outer, info, version, name;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &outer))
        return false;
    r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &info))
        return false;
    r = ens_read(info.body);
    return ens__der_take(&r, ENS_DER_INTEGER, &version) && version.body.len == 1 && version.body.p[0] == 0 &&
           ens__der_take(&r, ENS_DER_SEQUENCE, &name) && (!name.body.len || name.body.p[0] == ENS_DER_SET);
}

static ens_code refuse_request(ens_err *err)
{
    return ens_fail(
        err, ENS_ESYNTAX, "RFC 2986",
        "this is a certificate request (CSR), which no CA has signed: `ensign cert check` judges it; give the "
        "certificate that the CA makes of it",
        0);
}

static ens_code visit_x509(X509 *x, ens_cert_visit visit, void *ctx, ens_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    if (len <= 0) {
        ERR_clear_error();
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a certificate", 0);
    }
    ens_code code = visit(ctx, ens_bytes(der, (size_t)len), err);
    OPENSSL_free(der);
    return code;
}

/* each_pkcs7 reads a bundle of certificates, which CAs write in BER as well. */
static ens_code each_pkcs7(ens_slice der, ens_cert_visit visit, void *ctx, ens_err *err)
{
    const unsigned char *p = der.p;
    PKCS7 *bundle = d2i_PKCS7(NULL, &p, (long)der.len);
    STACK_OF(X509) *all = bundle && PKCS7_type_is_signed(bundle) && bundle->d.sign ? bundle->d.sign->cert : NULL;
    ens_code code = ENS_OK;
    if (!all || !sk_X509_num(all))
        code = ens_fail(err, ENS_ESYNTAX, "RFC 2315 9.1", "there is no certificate in this PKCS#7 bundle", 0);
    for (int i = 0; code == ENS_OK && i < sk_X509_num(all); i++)
        code = visit_x509(sk_X509_value(all, i), visit, ctx, err);
    PKCS7_free(bundle);
    ERR_clear_error();
    return code;
}

static ens_code each_pkcs12(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    ens_pkcs12 p12 = {0};
    ens_code code = ens__pkcs12_read(file, pass, &p12, err);
    if (!code && sk_X509_num(p12.certs) <= 0)
        code = ens_fail(err, ENS_ESYNTAX, "RFC 7292", "there is no certificate in this PKCS#12 file", 0);
    for (int i = 0; !code && i < sk_X509_num(p12.certs); i++)
        code = visit_x509(sk_X509_value(p12.certs, i), visit, ctx, err);
    ens__pkcs12_clear(&p12);
    return code;
}

static ens_code each_pkipath(ens_slice der, ens_cert_visit visit, void *ctx, ens_err *err)
{
    ens_reader r = ens_read(der);
    ens_der list, one;
    ens_code code = ENS_OK;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list))
        return ens_fail(err, ENS_ESYNTAX, "X.509 7.7 PkiPath", "this is no SEQUENCE of certificates", 0);
    for (r = ens_read(list.body); code == ENS_OK && ens_left(&r);)
        code = ens__der_take(&r, ENS_DER_SEQUENCE, &one)
                   ? visit(ctx, one.all, err)
                   : ens_fail(err, ENS_ESYNTAX, "X.509 7.7 PkiPath", "an element is no certificate",
                              (size_t)(r.at - der.p));
    return code;
}

/* visit_object tells by its first elements what one element is, whatever a label says of it. */
static ens_code visit_object(ens_slice der, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    ens_slice s = der;
    uint8_t first = inside(&s);
    if (first == ENS_DER_INTEGER)
        return each_pkcs12(der, pass, visit, ctx, err);
    if (first == ENS_DER_OID)
        return each_pkcs7(der, visit, ctx, err);
    /* SEQUENCE { SEQUENCE { SEQUENCE …: a path; in a certificate the third is [0] or INTEGER */
    if (first == ENS_DER_SEQUENCE && inside(&s) == ENS_DER_SEQUENCE)
        return each_pkipath(der, visit, ctx, err);
    return is_request(der) ? refuse_request(err) : visit(ctx, der, err);
}

static bool is_filling(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0 || c == 0x1A;
}

/* visit_der takes the elements of a file, one behind the other; white space may stand behind them. */
static ens_code visit_der(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    ens_code code = ENS_OK;
    for (ens_slice left = file; code == ENS_OK && left.len;) {
        size_t len = element_len(left);
        if (!len || left.p[0] != ENS_DER_SEQUENCE)
            len = left.len; /* whoever reads it says what is wrong */
        code = visit_object(ens_sub(left, 0, len), pass, visit, ctx, err);
        for (left = ens_from(left, len); left.len && is_filling(left.p[0]);)
            left = ens_from(left, 1);
        if (code == ENS_OK && left.len && left.p[0] != ENS_DER_SEQUENCE)
            code = ens_fail(err, ENS_ESYNTAX, "X.690", "something stands behind the certificate",
                            (size_t)(left.p - file.p));
    }
    return code;
}

/* A block that holds certificates goes by one of these labels. "TRUSTED CERTIFICATE" is OpenSSL's: something stands
 * behind the certificate. */
static bool is_certificate_label(ens_slice label)
{
    static const char *const labels[] = {"CERTIFICATE", "X509 CERTIFICATE",   "TRUSTED CERTIFICATE", "PKCS7",
                                         "CMS",         "PKCS #7 SIGNED DATA"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (ens_is(label, labels[i]))
            return true;
    return false;
}

/* What a block is handed on with. */
typedef struct {
    const block *of;
    const char *pass;
    ens_cert_visit visit;
    void *ctx;
} inner;

static ens_code visit_inner(void *ctx, ens_slice der, ens_err *err)
{
    const inner *i = ctx;
    size_t len = ens_is(i->of->label, "TRUSTED CERTIFICATE") ? element_len(der) : 0;
    return visit_object(len ? ens_sub(der, 0, len) : der, i->pass, i->visit, i->ctx, err);
}

static bool is_request_label(ens_slice label)
{
    return ens_is(label, "CERTIFICATE REQUEST") || ens_is(label, "NEW CERTIFICATE REQUEST");
}

/* refuse_labels names what the file holds instead. */
static ens_code refuse_labels(ens_slice file, ens_err *err)
{
    block b;
    for (size_t at = 0; next_block(file, &at, &b);) {
        if (is_request_label(b.label))
            return refuse_request(err);
        if (ens_is(b.label, "X509 CRL"))
            return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "this is a revocation list: give it with --crl", 0);
        if (ens__find(b.label, ENS_LIT("PRIVATE KEY"), 0) != SIZE_MAX)
            return ens_fail(err, ENS_ESYNTAX, RULE_PEM,
                            "there is a private key and no certificate in this PEM file: give it with --key", 0);
    }
    return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "there is no certificate in this PEM file", 0);
}

static ens_code each_pem(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    block b;
    size_t num = 0;
    ens_code code = ENS_OK;
    for (size_t at = 0; code == ENS_OK && next_block(file, &at, &b);)
        if (is_certificate_label(b.label)) {
            code = visit_block(&b, visit_inner, &(inner){&b, pass, visit, ctx}, err);
            num++;
        }
    return code || num ? code : refuse_labels(file, err);
}

/* as_octets turns UTF-16 (as some shells write it) and bare base64 into what they stand for, in memory that the caller
 * frees; NULL: the file is neither. */
static uint8_t *as_octets(ens_slice file, size_t *len)
{
    bool little = file.len > 1 && file.p[0] == 0xFF && file.p[1] == 0xFE,
         big = file.len > 1 && file.p[0] == 0xFE && file.p[1] == 0xFF;
    ens_slice text = ens__trim(ens_starts(file, ENS_LIT("\xEF\xBB\xBF")) ? ens_from(file, 3) : file);
    if (!little && !big)
        return text.len && text.p[0] == 'M' ? decode(text, len) : NULL;
    uint8_t *out = malloc(file.len / 2);
    *len = 0;
    for (size_t i = 2; out && i + 1 < file.len; i += 2)
        out[(*len)++] = file.p[i + (little ? 1 : 0)] ? '?' : file.p[i + (little ? 0 : 1)];
    return out;
}

bool ens__certfile_is_keystore(ens_slice file)
{
    return ens_starts(file, ENS_LIT("\xFE\xED\xFE\xED")) || ens_starts(file, ENS_LIT("\xCE\xCE\xCE\xCE"));
}

ens_code ens__certfile_refuse_keystore(ens_err *err)
{
    return ens_fail(err, ENS_ESYNTAX, NULL,
                    "this is a Java keystore (JKS): convert it with `keytool -importkeystore -srckeystore FILE"
                    " -destkeystore FILE.p12 -deststoretype pkcs12`",
                    0);
}

static ens_code refuse_format(ens_slice file, ens_err *err)
{
    if (ens__certfile_is_keystore(file))
        return ens__certfile_refuse_keystore(err);
    return ens_fail(err, ENS_ESYNTAX, NULL, "this is neither a PEM nor a DER file of certificates", 0);
}

static ens_code each(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    if (ens__find(file, BEGIN, 0) != SIZE_MAX)
        return each_pem(file, pass, visit, ctx, err);
    if (file.len < 2 || file.p[0] != ENS_DER_SEQUENCE)
        return refuse_format(file, err);
    return visit_der(file, pass, visit, ctx, err);
}

ens_code ens__certfile_each(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    size_t len = 0;
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the file is too large", 0);
    uint8_t *octets = ens__find(file, BEGIN, 0) == SIZE_MAX ? as_octets(file, &len) : NULL;
    ens_code code = each(octets ? ens_bytes(octets, len) : file, pass, visit, ctx, err);
    free(octets);
    return code;
}

/* find_request finds the first block that is a request; false where a certificate stands in the file, too. */
static bool find_request(ens_slice file, block *out)
{
    bool found = false;
    block b;
    for (size_t at = 0; next_block(file, &at, &b);) {
        if (is_certificate_label(b.label))
            return false;
        if (!found && is_request_label(b.label)) {
            *out = b;
            found = true;
        }
    }
    return found;
}

ens_code ens__certfile_request(ens_slice file, ens_cert_visit visit, void *ctx, bool *found, ens_err *err)
{
    block b;
    size_t len = 0;
    *found = false;
    if (file.len > INT_MAX)
        return ENS_OK;
    if (ens__find(file, BEGIN, 0) != SIZE_MAX) {
        *found = find_request(file, &b);
        return *found ? visit_block(&b, visit, ctx, err) : ENS_OK;
    }
    uint8_t *octets = as_octets(file, &len);
    ens_slice der = octets ? ens_bytes(octets, len) : file;
    if (element_len(der))
        der = ens_sub(der, 0, element_len(der));
    *found = is_request(der);
    ens_code code = *found ? visit(ctx, der, err) : ENS_OK;
    free(octets);
    return code;
}

ens_code ens__objects_each(ens_slice file, const char *label, ens_cert_visit visit, void *ctx, size_t *num,
                           ens_err *err)
{
    size_t len = 0;
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the file is too large", 0);
    if (ens__find(file, BEGIN, 0) != SIZE_MAX)
        return ens__pem_each(file, label, visit, ctx, num, err);
    uint8_t *octets = as_octets(file, &len);
    ens_slice der = octets ? ens_bytes(octets, len) : file;
    while (element_len(der) && element_len(der) < der.len && is_filling(der.p[der.len - 1]))
        der.len--;
    *num = 1;
    ens_code code = visit(ctx, der, err);
    free(octets);
    return code;
}
