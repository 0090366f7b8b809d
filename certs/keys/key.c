#include "certs/keys/key.h"

#include "certs/keys/pkcs12.h"
#include "certs/x509/pubkey.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#define RULE_PEM "RFC 7468"

/* What the pass phrase callback was told and saw. */
typedef struct {
    const char *pass;
    bool asked;
} phrase;

static int give_phrase(char *buf, int size, int writing, void *of)
{
    phrase *p = of;
    (void)writing;
    p->asked = true;
    size_t len = p->pass ? strlen(p->pass) : 0;
    if (!p->pass || len > (size_t)size)
        return -1;
    memcpy(buf, p->pass, len);
    return (int)len;
}

static EVP_PKEY *read_pem(ens_slice file, phrase *p, OSSL_LIB_CTX *ctx)
{
    BIO *bio = BIO_new_mem_buf(file.p, (int)file.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey_ex(bio, NULL, give_phrase, p, ctx, NULL) : NULL;
    BIO_free(bio);
    return key;
}

/* legacy_pem tries the ciphers that only OpenSSL's legacy provider has, and brings the key home. */
static EVP_PKEY *legacy_pem(ens_slice file, phrase *p)
{
    return ens__legacy_context() ? ens__key_to_default(read_pem(file, p, ens__legacy_context())) : NULL;
}

static ens_code load_pem(ens_slice file, const char *pass, EVP_PKEY **out, ens_err *err)
{
    phrase p = {pass, false};
    EVP_PKEY *key = read_pem(file, &p, NULL);
    if (!key && p.asked && pass)
        key = legacy_pem(file, &p);
    ERR_clear_error();
    if (!key && p.asked && !pass)
        return ens_fail(err, ENS_EPOLICY, RULE_PEM, "the key is protected by a pass phrase and none was given", 0);
    if (!key && p.asked)
        return ens_fail(err, ENS_EPOLICY, RULE_PEM, "the pass phrase does not open the key", 0);
    if (!key)
        return ens_fail(err, ENS_ESYNTAX, RULE_PEM, "there is no private key in this PEM file", 0);
    *out = key;
    return ENS_OK;
}

static ens_code load_pkcs12(ens_slice file, const char *pass, EVP_PKEY **out, ens_err *err)
{
    ens_pkcs12 p12 = {0};
    ens_code code = ens__pkcs12_read(file, pass, &p12, err);
    if (code)
        return code;
    if (!p12.key)
        code = ens_fail(err, ENS_ESYNTAX, "RFC 7292", "there is no private key in this PKCS#12 file", 0);
    else
        *out = p12.key, p12.key = NULL;
    ens__pkcs12_clear(&p12);
    return code;
}

ens_code ens__key_load(ens_slice file, const char *pass, EVP_PKEY **key, ens_err *err)
{
    if (file.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the key file is too large", 0);
    if (ens__find(file, ENS_LIT("-----BEGIN "), 0) != SIZE_MAX)
        return load_pem(file, pass, key, err);
    if (file.len == 0 || file.p[0] != 0x30)
        return ens_fail(err, ENS_ESYNTAX, NULL, "this is neither a PEM nor a PKCS#12 file", 0);
    const unsigned char *p = file.p;
    EVP_PKEY *plain = d2i_AutoPrivateKey(NULL, &p, (long)file.len);
    ERR_clear_error();
    if (plain) {
        *key = plain;
        return ENS_OK;
    }
    return load_pkcs12(file, pass, key, err);
}

ens_code ens__key_of(const ens_cert *cert, EVP_PKEY **key, ens_err *err)
{
    EVP_PKEY *got = ens__pubkey_read(cert->spki);
    if (!got)
        return ens_fail(err, ENS_ECRYPTO, "RFC 5280 4.1.2.7", "OpenSSL can't read the certificate's public key", 0);
    *key = got;
    return ENS_OK;
}

bool ens__key_matches(const EVP_PKEY *key, const ens_cert *cert)
{
    EVP_PKEY *of_cert = NULL;
    if (ens__key_of(cert, &of_cert, NULL) != ENS_OK)
        return false;
    bool same = EVP_PKEY_eq(key, of_cert) == 1;
    ERR_clear_error();
    EVP_PKEY_free(of_cert);
    return same;
}

bool ens__key_verifies(const ens_cert *issuer, const ens_cert *cert)
{
    EVP_PKEY *key = NULL;
    const unsigned char *p = cert->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)cert->der.len);
    bool good = x && ens__key_of(issuer, &key, NULL) == ENS_OK && X509_verify(x, key) == 1;
    EVP_PKEY_free(key);
    X509_free(x);
    ERR_clear_error();
    return good;
}
