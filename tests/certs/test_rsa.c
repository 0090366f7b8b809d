/* A key that was made ready says yes where EVP_PKEY_verify does. */
#include "certs/keys/rsa.h"
#include "tests/suite.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define SPOILT 9u

static ens__rsa *ready_of(EVP_PKEY *key)
{
    unsigned char *spki = NULL;
    int len = i2d_PUBKEY(key, &spki);
    ens__rsa *ready = len > 0 ? ens__rsa_new(ens_bytes(spki, (size_t)len)) : NULL;
    OPENSSL_free(spki);
    return ready;
}

static EVP_PKEY_CTX *context_of(EVP_PKEY *key, bool signs, const EVP_MD *md)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    CU_ASSERT_FATAL(ctx && (signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(ctx, md ? RSA_PKCS1_PADDING : RSA_NO_PADDING) == 1 &&
                    (!md || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1));
    return ctx;
}

static size_t sign(EVP_PKEY *key, const EVP_MD *md, const uint8_t *what, size_t what_len, uint8_t *out)
{
    size_t len = ENS_RSA_BYTES_MAX;
    EVP_PKEY_CTX *ctx = context_of(key, true, md);
    CU_ASSERT_EQUAL_FATAL(EVP_PKEY_sign(ctx, out, &len, what, what_len), 1);
    EVP_PKEY_CTX_free(ctx);
    return len;
}

/* spoil alters signature or digest; 0 leaves both. */
static void spoil(unsigned how, unsigned round, uint8_t *signature, size_t *len, uint8_t *digest)
{
    size_t bit = (size_t)round * 37 % (8 * *len);
    if (how == 1)
        signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
    else if (how == 2)
        digest[bit / 8 % ENS_SHA256_LEN] ^= (uint8_t)(1u << bit % 8);
    else if (how == 3)
        --*len;
    else if (how == 4)
        signature[(*len)++] = 0;
    else if (how == 5)
        memset(signature, 0xFF, *len);
    else if (how == 6)
        memset(signature, 0, *len);
    else if (how == 7)
        *len = 0;
    else if (how == 8)
        memset(signature, 0, *len - 1), signature[*len - 1] = 1;
}

static void says_yes_where_openssl_does(void)
{
    static const unsigned bits[] = {1024, 1032, 2048, 2049, 3072};
    const char *soak = getenv("ENSIGN_SOAK");
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        uint8_t signature[ENS_RSA_BYTES_MAX + 1], digest[ENS_SHA256_LEN];
        EVP_PKEY *key = EVP_RSA_gen(bits[i]);
        ens__rsa *ready = ready_of(key);
        CU_ASSERT_FATAL(key && ready);
        EVP_PKEY_CTX *verify = context_of(key, false, EVP_sha256());
        for (unsigned round = 0; round < (soak ? 100000u : 20 * SPOILT); round++) {
            memset(digest, (int)(round * 7), sizeof digest);
            digest[0] = (uint8_t)(round >> 8);
            size_t len = sign(key, EVP_sha256(), digest, sizeof digest, signature);
            spoil(round % SPOILT, round, signature, &len, digest);
            bool theirs = EVP_PKEY_verify(verify, signature, len, digest, sizeof digest) == 1;
            bool ours = ens__rsa_proves(ready, ens_bytes(signature, len), digest);
            CHECK_ROW(ours == theirs && ours == (round % SPOILT == 0), "%u bits, round %u: %d, by OpenSSL %d", bits[i],
                      round, ours, theirs);
            ERR_clear_error();
        }
        EVP_PKEY_CTX_free(verify);
        ens__rsa_free(ready);
        EVP_PKEY_free(key);
    }
}

/* What a private operation makes of other blocks: another hash, other padding, DigestInfo without NULL,
 * garbage behind. */
static void takes_no_other_block(void)
{
    enum { BYTES = 256, BLOCKS = 6 };
    static const uint8_t digest[ENS_SHA256_LEN] = {1, 2, 3};
    uint8_t block[BLOCKS][BYTES], signature[BYTES * 2];
    EVP_PKEY *key = EVP_RSA_gen(2048);
    ens__rsa *ready = ready_of(key);
    CU_ASSERT_FATAL(key && ready);
    for (unsigned i = 0; i < BLOCKS; i++)
        ens__rsa_block(digest, BYTES, block[i]);
    block[1][1] = 2;
    block[2][100] = 0xFE;
    block[3][BYTES - 52 + 1] ^= 1;
    memmove(block[4] + 10, block[4] + BYTES - 52, 52); /* behind little padding, with room for anything */
    memset(block[4] + 62, 0xAA, BYTES - 62);
    block[5][0] = 1;
    for (unsigned i = 0; i < BLOCKS; i++) {
        size_t len = i == 5 ? BYTES : sign(key, NULL, block[i], BYTES, signature);
        if (i == 5)
            memset(signature, 0x7F, BYTES);
        CHECK_ROW(ens__rsa_proves(ready, ens_bytes(signature, len), digest) == (i == 0), "block %u", i);
    }
    sign(key, EVP_sha3_256(), digest, sizeof digest, signature);
    CU_ASSERT_FALSE(ens__rsa_proves(ready, ens_bytes(signature, BYTES), digest));
    ens__rsa_free(ready);
    EVP_PKEY_free(key);
}

static void leaves_other_keys(void)
{
    EVP_PKEY *keys[] = {EVP_RSA_gen(512), EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "RSA-PSS", (size_t)2048)};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        ens__rsa *ready = keys[i] ? ready_of(keys[i]) : NULL;
        CHECK_ROW(!ready, "key %zu is taken", i);
        ens__rsa_free(ready);
        EVP_PKEY_free(keys[i]);
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *three = NULL;
    BIGNUM *e = BN_new();
    CU_ASSERT_FATAL(ctx && e && BN_set_word(e, 3) && EVP_PKEY_keygen_init(ctx) == 1 &&
                    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1 &&
                    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 && EVP_PKEY_keygen(ctx, &three) == 1);
    CU_ASSERT_PTR_NULL(ready_of(three));
    EVP_PKEY_free(three);
    EVP_PKEY_CTX_free(ctx);
    BN_free(e);
    ERR_clear_error();
}

static const ens_case cases[] = {
    {"says yes where EVP_PKEY_verify does", says_yes_where_openssl_does},
    {"takes no other block than the one of PKCS #1 v1.5 with SHA-256", takes_no_other_block},
    {"leaves other keys", leaves_other_keys},
    {NULL, NULL},
};
ENS_SUITE("certs/rsa", cases)
