#include "certs/keys/rsa.h"

#include "certs/x509/algorithm.h"
#include "engine/base/arena.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdlib.h>

#define EXPONENT ENS_LIT("\x01\x00\x01") /* 65537 */
#define SQUARINGS 16u                    /* that raise to 65536 */

struct ens__rsa {
    BIGNUM *n, *s, *x, *wanted;
    BN_MONT_CTX *mont;
    BN_CTX *ctx;
    size_t bytes;
    uint8_t block[ENS_RSA_BYTES_MAX];
};

/* read_key: Montgomery's way wants an odd modulus. */
static bool read_key(ens__rsa *r, ens_slice spki)
{
    ens_slice modulus, exponent;
    if (!ens__pubkey_rsa(spki, &modulus, &exponent) || !ens_eq(exponent, EXPONENT) || modulus.len < ENS_RSA_BYTES_MIN ||
        modulus.len > ENS_RSA_BYTES_MAX || !(modulus.p[modulus.len - 1] & 1))
        return false;
    r->bytes = modulus.len;
    r->n = BN_bin2bn(modulus.p, (int)modulus.len, NULL);
    r->s = BN_new();
    r->x = BN_new();
    r->wanted = BN_new();
    r->ctx = BN_CTX_new();
    r->mont = BN_MONT_CTX_new();
    return r->n && r->s && r->x && r->wanted && r->ctx && r->mont && BN_MONT_CTX_set(r->mont, r->n, r->ctx) == 1;
}

ens__rsa *ens__rsa_new(ens_slice spki)
{
    ens__rsa *r = calloc(1, sizeof *r);
    ens__heap_note();
    if (r && read_key(r, spki))
        return r;
    ERR_clear_error();
    ens__rsa_free(r);
    return NULL;
}

void ens__rsa_free(ens__rsa *r)
{
    if (!r)
        return;
    BN_MONT_CTX_free(r->mont);
    BN_CTX_free(r->ctx);
    BN_free(r->wanted);
    BN_free(r->x);
    BN_free(r->s);
    BN_free(r->n);
    free(r);
}

/* raise makes x = s ^ 65537 modulo n: s R first, sixteen squarings, and s once more, which takes R out. */
static bool raise(ens__rsa *r)
{
    bool good = BN_to_montgomery(r->x, r->s, r->mont, r->ctx) == 1;
    for (unsigned i = 0; i < SQUARINGS && good; i++)
        good = BN_mod_mul_montgomery(r->x, r->x, r->x, r->mont, r->ctx) == 1;
    return good && BN_mod_mul_montgomery(r->x, r->x, r->s, r->mont, r->ctx) == 1;
}

/* A signature is as long as the modulus, and less (RFC 8017, 5.2.2, 8.2.2). The block is compared as the number that it
 * is: two blocks of one length are equal where their numbers are. */
bool ens__rsa_proves(ens__rsa *r, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN])
{
    int len = (int)r->bytes;
    if (signature.len != r->bytes || !BN_bin2bn(signature.p, len, r->s) || BN_ucmp(r->s, r->n) >= 0 || !raise(r))
        return false;
    ens__rsa_block(digest, r->bytes, r->block);
    return BN_bin2bn(r->block, len, r->wanted) && BN_ucmp(r->x, r->wanted) == 0;
}

void ens__rsa_block(const uint8_t digest[ENS_SHA256_LEN], size_t bytes, uint8_t *out)
{
    static const uint8_t info[] = {0x00, 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48,
                                   0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    size_t at = bytes - ENS_SHA256_LEN - sizeof info;
    memset(out, 0xFF, at);
    out[0] = 0x00;
    out[1] = 0x01;
    memcpy(out + at, info, sizeof info);
    memcpy(out + at + sizeof info, digest, ENS_SHA256_LEN);
}
