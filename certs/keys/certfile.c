#include "certs/keys/certfile.h"

#include "certs/keys/pkcs12.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define RULE_PEM "RFC 7468"

/* A line of PEM is at most 64 characters; files in the field have longer ones, which OpenSSL reads too. */
static ens_code read_blocks(BIO *bio, const char *label, ens_cert_visit visit, void *ctx, size_t *num, ens_err *err)
{
    for (;;) {
        char *name = NULL, *header = NULL;
        unsigned char *data = NULL;
        long len = 0;
        if (PEM_read_bio(bio, &name, &header, &data, &len) != 1)
            break;
        ens_code code = ENS_OK;
        if (strcmp(name, label) == 0 && len > 0) {
            code = visit(ctx, ens_bytes(data, (size_t)len), err);
            ++*num;
        }
        OPENSSL_free(name), OPENSSL_free(header), OPENSSL_clear_free(data, (size_t)len);
        if (code)
            return code;
    }
    bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return end ? ENS_OK : ens_fail(err, ENS_ESYNTAX, RULE_PEM, "a PEM block is damaged", 0);
}

ens_code ens__pem_each(ens_slice file, const char *label, ens_cert_visit visit, void *ctx, size_t *num, ens_err *err)
{
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE_PEM, "the PEM file is too large", 0);
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
    if (!bio)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a PEM file", 0);
    *num = 0;
    ens_code code = read_blocks(bio, label, visit, ctx, num, err);
    BIO_free(bio);
    return code;
}

static ens_code each_pem(ens_slice file, ens_cert_visit visit, void *ctx, ens_err *err)
{
    size_t num = 0;
    ens_code code = ens__pem_each(file, "CERTIFICATE", visit, ctx, &num, err);
    if (code || num)
        return code;
    if (ens__find(file, ENS_LIT("-----BEGIN PKCS7-----"), 0) != SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE_PEM,
                        "this is a PKCS#7 bundle: convert it with"
                        " `openssl pkcs7 -print_certs`",
                        0);
    return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "there is no certificate in this PEM file", 0);
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

static ens_code each_pkcs12(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    ens_pkcs12 p12 = {0};
    ens_code code = ens__pkcs12_read(file, pass, &p12, err);
    int num = p12.others ? sk_X509_num(p12.others) : 0;
    if (!code && !p12.cert && num == 0)
        code = ens_fail(err, ENS_ESYNTAX, "RFC 7292", "there is no certificate in this PKCS#12 file", 0);
    if (!code && p12.cert)
        code = visit_x509(p12.cert, visit, ctx, err);
    for (int i = 0; !code && i < num; i++)
        code = visit_x509(sk_X509_value(p12.others, i), visit, ctx, err);
    ens__pkcs12_clear(&p12);
    return code;
}

/* inside returns the tag of the first element inside s and moves s to that element's contents; 0 where there is none.
 * The lengths are not judged here: this only tells the formats apart. */
static uint8_t inside(ens_slice *s)
{
    size_t header = s->len > 1 && s->p[1] & 0x80 ? 2u + (s->p[1] & 0x7F) : 2u;
    *s = ens_from(*s, header);
    return s->len ? s->p[0] : 0;
}

static ens_code each_pkipath(ens_slice file, ens_cert_visit visit, void *ctx, ens_err *err)
{
    const unsigned char *p = file.p;
    STACK_OF(ASN1_TYPE) *list = d2i_ASN1_SEQUENCE_ANY(NULL, &p, (long)file.len);
    ens_code code = ENS_OK;
    if (!list || p != file.p + file.len)
        code = ens_fail(err, ENS_ESYNTAX, "X.509 7.7 PkiPath", "this is no SEQUENCE of certificates", 0);
    for (int i = 0; !code && i < sk_ASN1_TYPE_num(list); i++) {
        const ASN1_TYPE *t = sk_ASN1_TYPE_value(list, i);
        code = t->type != V_ASN1_SEQUENCE
                   ? ens_fail(err, ENS_ESYNTAX, "X.509 7.7 PkiPath", "an element is no certificate", 0)
                   : visit(ctx, ens_bytes(t->value.sequence->data, (size_t)t->value.sequence->length), err);
    }
    sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
    ERR_clear_error();
    return code;
}

ens_code ens__certfile_each(ens_slice file, const char *pass, ens_cert_visit visit, void *ctx, ens_err *err)
{
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the file is too large", 0);
    if (ens__find(file, ENS_LIT("-----BEGIN "), 0) != SIZE_MAX)
        return each_pem(file, visit, ctx, err);
    if (file.len < 2 || file.p[0] != 0x30)
        return ens_fail(err, ENS_ESYNTAX, NULL, "this is neither a PEM nor a DER file of certificates", 0);
    ens_slice s = file;
    uint8_t first = inside(&s);
    if (first == 0x02)
        return each_pkcs12(file, pass, visit, ctx, err);
    if (first == 0x06)
        return ens_fail(err, ENS_ESYNTAX, NULL,
                        "this is a PKCS#7 bundle: convert it with"
                        " `openssl pkcs7 -inform DER -print_certs`",
                        0);
    /* SEQUENCE { SEQUENCE { SEQUENCE …: a path; in a certificate the third is [0] or INTEGER */
    return first == 0x30 && inside(&s) == 0x30 ? each_pkipath(file, visit, ctx, err) : visit(ctx, file, err);
}
