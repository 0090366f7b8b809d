#include "certs/x509/pubkey.h"

#include "certs/x509/der.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

/* AlgorithmIdentifier of rsaEncryption with its NULL (RFC 8017, A.1). */
#define RSA_ENCRYPTION ENS_LIT("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00")

/* take_number reads a positive INTEGER without its leading zero. */
static bool take_number(ens_reader *r, ens_slice *out)
{
    ens_der number;
    if (!ens__der_take(r, ENS_DER_INTEGER, &number) || !ens__der_integer_valid(number.body) || number.body.p[0] & 0x80)
        return false;
    *out = number.body.p[0] ? number.body : ens_from(number.body, 1);
    return out->len > 0 && out->len <= ENS_PUBKEY_RSA_MAX;
}

/* split_rsa finds both numbers of an RSA key; false where anything is out of the ordinary. */
static bool split_rsa(ens_slice spki, ens_slice *modulus, ens_slice *exponent)
{
    ens_reader r = ens_read(spki);
    ens_der outer, algorithm, bits, numbers;
    ens_slice bytes;
    unsigned unused;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &outer) || ens_left(&r))
        return false;
    r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) || !ens_eq(algorithm.all, RSA_ENCRYPTION) ||
        !ens__der_take(&r, ENS_DER_BIT_STRING, &bits) || ens_left(&r) || !ens__der_bits(bits.body, &bytes, &unused) ||
        unused)
        return false;
    r = ens_read(bytes);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &numbers) || ens_left(&r))
        return false;
    r = ens_read(numbers.body);
    return take_number(&r, modulus) && take_number(&r, exponent) && !ens_left(&r);
}

/* put_native writes a number as OSSL_PARAM wants it: in the order of the machine. */
static OSSL_PARAM put_native(const char *name, ens_slice number, uint8_t out[ENS_PUBKEY_RSA_MAX])
{
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;
    for (size_t i = 0; i < number.len; i++)
        out[i] = number.p[little ? number.len - 1 - i : i];
    return OSSL_PARAM_construct_BN(name, out, number.len);
}

static EVP_PKEY *make_rsa(ens_slice modulus, ens_slice exponent)
{
    uint8_t n[ENS_PUBKEY_RSA_MAX], e[ENS_PUBKEY_RSA_MAX];
    OSSL_PARAM params[] = {put_native(OSSL_PKEY_PARAM_RSA_N, modulus, n),
                           put_native(OSSL_PKEY_PARAM_RSA_E, exponent, e), OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

EVP_PKEY *ens__pubkey_read(ens_slice spki)
{
    ens_slice modulus, exponent;
    const unsigned char *p = spki.p;
    EVP_PKEY *key = split_rsa(spki, &modulus, &exponent) ? make_rsa(modulus, exponent) : NULL;
    if (!key)
        key = d2i_PUBKEY(NULL, &p, (long)spki.len);
    if (key && p != spki.p && p != spki.p + spki.len) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    if (!key)
        ERR_clear_error();
    return key;
}
