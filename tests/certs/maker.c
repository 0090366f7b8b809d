#include "tests/certs/maker.h"

#include "ensign/time.h"

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static bool set_name(X509 *x, int (*set)(X509 *, const X509_NAME *), const char *const *pairs)
{
    X509_NAME *name = X509_NAME_new();
    bool good = name != NULL;
    for (; good && pairs && pairs[0]; pairs += 2)
        good = X509_NAME_add_entry_by_txt(name, pairs[0], strlen(pairs[1]) > 64 ? V_ASN1_UTF8STRING : MBSTRING_UTF8,
                                          (const unsigned char *)pairs[1], -1, -1, 0) == 1;
    good = good && set(x, name) == 1;
    X509_NAME_free(name);
    return good;
}

static bool add_extensions(X509 *x, const char *const *pairs)
{
    CONF *none = NCONF_new(NULL); /* some extensions want one, if an empty one */
    bool good = none != NULL;
    for (; good && pairs && pairs[0]; pairs += 2) {
        X509V3_CTX ctx;
        X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
        X509V3_set_nconf(&ctx, none);
        X509_EXTENSION *e = X509V3_EXT_nconf(none, &ctx, pairs[0], pairs[1]);
        good = e && X509_add_ext(x, e, -1) == 1;
        X509_EXTENSION_free(e);
    }
    NCONF_free(none);
    return good;
}

static bool set_dates(X509 *x, const maker_row *row)
{
    ens_time from, to;
    return ens_time_parse(ens_str(row->from ? row->from : "2026-01-01"), &from, NULL) == ENS_OK &&
           ens_time_parse(ens_str(row->to ? row->to : "2028-01-01"), &to, NULL) == ENS_OK &&
           ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) && ASN1_TIME_set(X509_getm_notAfter(x), (time_t)to);
}

static bool write_out(X509 *x, bool pem, ens_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool good = bio && (pem ? PEM_write_bio_X509(bio, x) : i2d_X509_bio(bio, x)) == 1;
    long len = good ? BIO_get_mem_data(bio, &bytes) : 0;
    ens_buf_add(out, bytes, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return good && !out->failed;
}

/* the_key is one for all: to make one takes long. */
static EVP_PKEY *the_key(void)
{
    static EVP_PKEY *key;
    return key ? key : (key = EVP_RSA_gen(2048));
}

bool maker_certificate(const maker_row *row, bool pem, ens_buf *out)
{
    X509 *x = X509_new();
    EVP_PKEY *key = the_key();
    bool good = x && key && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 4711) &&
                set_dates(x, row) && set_name(x, X509_set_subject_name, row->subject) &&
                set_name(x, X509_set_issuer_name, row->issuer ? row->issuer : row->subject) &&
                X509_set_pubkey(x, key) && add_extensions(x, row->extensions) && X509_sign(x, key, EVP_sha256()) &&
                write_out(x, pem, out);
    X509_free(x);
    if (!good)
        ERR_print_errors_fp(stderr);
    ERR_clear_error();
    return good;
}

/* The list is shorter than 128 bytes, or shorter than 64 KB. */
const char *maker_statements(const char *const *statements, char *out, size_t size)
{
    size_t bytes = 0, at;
    for (size_t i = 0; statements[i]; i++)
        bytes += strlen(statements[i]) / 2;
    at = (size_t)snprintf(out, size, bytes < 128 ? "DER:30%02zX" : "DER:3082%04zX", bytes);
    for (size_t i = 0; statements[i] && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s", statements[i]);
    return out;
}
