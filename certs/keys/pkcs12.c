#include "certs/keys/pkcs12.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <pthread.h>

#define RULE "RFC 7292"

static OSSL_LIB_CTX *legacy; /* made once, kept for the life of the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_legacy(void)
{
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made && OSSL_PROVIDER_load(made, "default") && OSSL_PROVIDER_load(made, "legacy"))
        legacy = made;
    else
        OSSL_LIB_CTX_free(made);
    ERR_clear_error();
}

OSSL_LIB_CTX *ens__legacy_context(void)
{
    pthread_once(&once, make_legacy);
    return legacy;
}

void ens__pkcs12_clear(ens_pkcs12 *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->cert);
    sk_X509_pop_free(p->others, X509_free);
    *p = (ens_pkcs12){0};
}

EVP_PKEY *ens__key_to_default(EVP_PKEY *key)
{
    if (!key)
        return NULL;
    unsigned char *der = NULL;
    int len = i2d_PrivateKey(key, &der);
    const unsigned char *p = der;
    EVP_PKEY *moved = len > 0 ? d2i_AutoPrivateKey(NULL, &p, len) : NULL;
    OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
    EVP_PKEY_free(key);
    return moved;
}

typedef enum { OPENED, NOT_PKCS12, WRONG_PASS, UNSUPPORTED } opened;

static opened open_with(OSSL_LIB_CTX *ctx, ens_slice der, const char *pass, ens_pkcs12 *out)
{
    opened result = NOT_PKCS12;
    const unsigned char *p = der.p;
    PKCS12 *p12 = PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
    if (p12 && d2i_PKCS12(&p12, &p, (long)der.len)) {
        ERR_clear_error();
        result = PKCS12_parse(p12, pass, &out->key, &out->cert, &out->others) == 1 ? OPENED
                 : ERR_GET_REASON(ERR_peek_error()) == PKCS12_R_MAC_VERIFY_FAILURE ? WRONG_PASS
                                                                                   : UNSUPPORTED;
    }
    PKCS12_free(p12);
    return result;
}

static ens_code refuse(opened why, const char *pass, ens_err *err)
{
    ERR_clear_error();
    if (why == WRONG_PASS && (!pass || !*pass))
        return ens_fail(err, ENS_EPOLICY, RULE, "the PKCS#12 file is protected by a pass phrase and none was given", 0);
    if (why == WRONG_PASS)
        return ens_fail(err, ENS_EPOLICY, RULE, "the pass phrase does not open the PKCS#12 file", 0);
    if (why == UNSUPPORTED && !ens__legacy_context())
        return ens_fail(err, ENS_ECRYPTO, RULE,
                        "the PKCS#12 file has an encryption that this OpenSSL lacks without its legacy"
                        " provider: install that, or export the file again with AES",
                        0);
    return ens_fail(err, why == UNSUPPORTED ? ENS_ECRYPTO : ENS_ESYNTAX, RULE,
                    why == UNSUPPORTED ? "the PKCS#12 file can't be decrypted" : "this is no PKCS#12 file", 0);
}

ens_code ens__pkcs12_read(ens_slice der, const char *pass, ens_pkcs12 *out, ens_err *err)
{
    ens_pkcs12 got = {0};
    if (der.len > INT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the PKCS#12 file is too large", 0);
    opened result = open_with(NULL, der, pass, &got);
    if (result == UNSUPPORTED && ens__legacy_context()) {
        result = open_with(ens__legacy_context(), der, pass, &got);
        bool had_key = got.key != NULL;
        got.key = ens__key_to_default(got.key);
        result = had_key && !got.key ? UNSUPPORTED : result;
    }
    if (result != OPENED) {
        ens__pkcs12_clear(&got);
        return refuse(result, pass, err);
    }
    *out = got;
    return ENS_OK;
}
