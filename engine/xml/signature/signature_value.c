#include "engine/xml/signature/signature.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>

#define RULE "XML Signature 1.1, 6.4"
#define ECDSA_DER_MAX 160u /* bytes of a signature over a curve of 521 bits */

static bool fits(const ens_signature *s, EVP_PKEY *key)
{
    if (s->scheme == ENS_SIGNATURE_ECDSA)
        return EVP_PKEY_is_a(key, "EC");
    return EVP_PKEY_is_a(key, "RSA") || (s->scheme == ENS_SIGNATURE_RSA_PSS && EVP_PKEY_is_a(key, "RSA-PSS"));
}

/* Salt as long as the digest, MGF1 over the same one (RFC 6931, 2.3.10). */
static bool set_padding(EVP_PKEY_CTX *ctx, ens_signature_scheme scheme)
{
    if (scheme == ENS_SIGNATURE_RSA)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    return scheme != ENS_SIGNATURE_RSA_PSS || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
                                               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1);
}

/* to_der makes of "r||s", each as long as the order of the curve, what OpenSSL takes. 0: it isn't that. */
static size_t to_der(ens_slice value, EVP_PKEY *key, uint8_t out[ECDSA_DER_MAX])
{
    size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
    if (value.len != 2 * half || half > 66)
        return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(value.p, (int)half, NULL), *s = BN_bin2bn(value.p + half, (int)half, NULL);
    int len = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        uint8_t *to = out;
        len = i2d_ECDSA_SIG(pair, &to);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len > 0 ? (size_t)len : 0;
}

ens_code ens__signature_verify(const ens_signature *s, EVP_PKEY *key, bool *valid, ens_err *err)
{
    uint8_t der[ECDSA_DER_MAX];
    ens_slice value = s->value;
    if (s->scheme == ENS_SIGNATURE_UNKNOWN)
        return ens_fail(err, ENS_EPOLICY, RULE, "the signature method isn't known", 0);
    *valid = false;
    if (!fits(s, key))
        return ENS_OK;
    if (s->scheme == ENS_SIGNATURE_ECDSA) {
        value = ens_bytes(der, to_der(value, key, der));
        if (!value.len)
            return ENS_OK;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ready = ctx && EVP_PKEY_verify_init(ctx) == 1 && set_padding(ctx, s->scheme) &&
                 EVP_PKEY_CTX_set_signature_md(ctx, ens__digest_md(s->digest)) == 1;
    if (ready)
        *valid = EVP_PKEY_verify(ctx, value.p, value.len, s->signed_info, ens__digest_size(s->digest)) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ready ? ENS_OK : ens_fail(err, ENS_ECRYPTO, RULE, "OpenSSL can't check the signature's value", 0);
}
