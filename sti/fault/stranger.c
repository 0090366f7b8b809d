#include "sti/fault/stranger.h"

#include "engine/base/bytes.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define RULE "Ensign faults"
#define RSA_BITS 2048
#define DAY 86400
#define NAME "Ensign: a stranger, for rehearsal"

/* make_certificate has the key sign for itself. */
static X509 *make_certificate(EVP_PKEY *key, ens_time at)
{
    X509 *x = X509_new();
    X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
    time_t from = (time_t)(at - DAY), until = (time_t)(at + DAY);
    if (x && X509_set_version(x, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)NAME, -1, -1, 0) == 1 &&
        X509_set_issuer_name(x, name) == 1 && X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &from) &&
        X509_time_adj_ex(X509_getm_notAfter(x), 0, 0, &until) && X509_set_pubkey(x, key) == 1 &&
        X509_sign(x, key, EVP_sha256()) > 0)
        return x;
    X509_free(x);
    return NULL;
}

static ens_slice text_of(BIO *bio)
{
    char *p = NULL;
    long len = bio ? BIO_get_mem_data(bio, &p) : 0;
    return ens_bytes(p, len > 0 ? (size_t)len : 0);
}

ens_code ens__stranger_sealer(const char *domain, ens_time at, ens_sealer **out, ens_err *err)
{
    EVP_PKEY *key = EVP_RSA_gen(RSA_BITS);
    X509 *x = key ? make_certificate(key, at) : NULL;
    BIO *key_text = BIO_new(BIO_s_secmem()), *cert_text = BIO_new(BIO_s_mem());
    ens_code code = ENS_ECRYPTO;
    if (x && key_text && cert_text && PEM_write_bio_PrivateKey(key_text, key, NULL, NULL, 0, NULL, NULL) == 1 &&
        PEM_write_bio_X509(cert_text, x) == 1) {
        const ens_sealer_options o = {
            .key = text_of(key_text), .certificate = text_of(cert_text), .domain = domain, .at = at, .force = true};
        code = ens_sealer_new(&o, out, err);
    } else {
        ERR_clear_error();
        code = ens_fail(err, ENS_ECRYPTO, RULE, "OpenSSL can't make a stranger's key and certificate", 0);
    }
    BIO_free(key_text);
    BIO_free(cert_text);
    X509_free(x);
    EVP_PKEY_free(key);
    return code;
}

ens_code ens__stranger_identity(ens_time at, EVP_PKEY **key, X509 **certificate, ens_err *err)
{
    *key = EVP_RSA_gen(RSA_BITS);
    *certificate = *key ? make_certificate(*key, at) : NULL;
    if (*certificate)
        return ENS_OK;
    EVP_PKEY_free(*key);
    *key = NULL;
    ERR_clear_error();
    return ens_fail(err, ENS_ECRYPTO, RULE, "OpenSSL can't make a stranger's key and certificate", 0);
}
