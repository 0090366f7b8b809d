/* RSA in lanes says yes where OpenSSL does, and nowhere else. The arithmetic has a target of its own beside OpenSSL,
 * tests/fuzz/fuzz_lanes.c, which runs long in ./dev soak. */
#include "certs/keys/lanes.h"
#include "tests/suite.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define MADE 24u /* signatures of a key */
#define BYTES_MAX 512u

typedef struct {
    EVP_PKEY *key;
    ens__lane_key *lane;
    EVP_PKEY_CTX *verify;
} signer;

static bool no_lanes(void)
{
    if (!ens__lanes_usable())
        ens_skip("this build or this processor has no lanes");
    return !ens__lanes_usable();
}

static signer make_signer(unsigned bits)
{
    signer s = {.key = EVP_RSA_gen(bits)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.key);
    s.lane = ens__lane_key_new(s.key);
    s.verify = EVP_PKEY_CTX_new(s.key, NULL);
    CU_ASSERT_FATAL(s.lane && s.verify && EVP_PKEY_verify_init(s.verify) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(s.verify, RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(s.verify, EVP_sha256()) == 1);
    return s;
}

static void drop_signer(signer *s)
{
    ens__lane_key_free(s->lane);
    EVP_PKEY_CTX_free(s->verify);
    EVP_PKEY_free(s->key);
}

static size_t sign(EVP_PKEY *key, int padding, const EVP_MD *md, const uint8_t *digest, uint8_t *out)
{
    size_t len = BYTES_MAX;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool good = ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 &&
                (!md || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1) &&
                EVP_PKEY_sign(ctx, out, &len, digest, ENS_SHA256_LEN) == 1;
    EVP_PKEY_CTX_free(ctx);
    CU_ASSERT_FATAL(good);
    return len;
}

static bool by_openssl(const signer *s, const ens__lane *l)
{
    bool good = EVP_PKEY_verify(s->verify, l->signature.p, l->signature.len, l->digest, sizeof l->digest) == 1;
    ERR_clear_error();
    return good;
}

/* spoil alters a signature, in one of several ways; 0 leaves it. */
static void spoil(unsigned how, uint8_t *signature, size_t *len)
{
    if (how == 1)
        signature[*len / 2] ^= 0x10;
    else if (how == 2)
        --*len;
    else if (how == 3)
        memset(signature, 0xFF, *len);
    else if (how == 4)
        memset(signature, 0, *len);
    else if (how == 5)
        signature[*len - 1] ^= 1;
}

/* Signatures of three keys of three sizes, mixed, some of them spoilt, in groups of any number. */
static void says_yes_where_openssl_does(void)
{
    enum { KEYS = 3 };
    static uint8_t signature[MADE][BYTES_MAX];
    ens__lane lane[MADE];
    const signer *of[MADE];
    if (no_lanes())
        return;
    signer s[KEYS] = {make_signer(2048), make_signer(3072), make_signer(4096)};
    for (unsigned num = 1; num <= MADE; num++) {
        unsigned proven = 0, good = 0;
        for (unsigned i = 0; i < num; i++) {
            unsigned size = num % 4 ? i % KEYS : num / 4 % KEYS, how = (i + num) % 11;
            of[i] = &s[size];
            lane[i] = (ens__lane){.key = s[size].lane};
            memset(lane[i].digest, (int)(i + num), sizeof lane[i].digest);
            size_t len = sign(s[size].key, RSA_PKCS1_PADDING, EVP_sha256(), lane[i].digest, signature[i]);
            spoil(how, signature[i], &len);
            if (how == 6)
                lane[i].digest[0] ^= 1;
            lane[i].signature = ens_bytes(signature[i], len);
        }
        ens__lanes_prove(lane, num);
        for (unsigned i = 0; i < num; i++) {
            CHECK_ROW(!lane[i].proven || by_openssl(of[i], &lane[i]), "%u of %u: a yes that OpenSSL does not give", i,
                      num);
            proven += lane[i].proven;
            good += by_openssl(of[i], &lane[i]);
        }
        CHECK_ROW(num % 4 || num < 8 || proven == good, "%u of %u good ones were seen", proven, good);
    }
    for (unsigned i = 0; i < KEYS; i++)
        drop_signer(&s[i]);
}

/* What a private operation makes of other blocks: another padding, another hash, none at all, garbage behind. */
static void takes_no_other_block(void)
{
    uint8_t block[BYTES_MAX] = {0}, signature[4][BYTES_MAX];
    ens__lane lane[4];
    if (no_lanes())
        return;
    signer s = make_signer(2048);
    for (unsigned i = 0; i < 4; i++) {
        lane[i] = (ens__lane){.key = s.lane};
        memset(lane[i].digest, 7, sizeof lane[i].digest);
    }
    sign(s.key, RSA_PKCS1_PSS_PADDING, EVP_sha256(), lane[0].digest, signature[0]);
    sign(s.key, RSA_PKCS1_PADDING, EVP_sha3_256(), lane[0].digest, signature[1]);
    sign(s.key, RSA_PKCS1_PADDING, NULL, lane[0].digest, signature[2]); /* no DigestInfo */
    block[1] = 1; /* little padding, and the rest of the block free to choose: what cubes are forged by */
    memset(block + 2, 0xFF, 8);
    EVP_PKEY_CTX *raw = EVP_PKEY_CTX_new(s.key, NULL);
    size_t len = 256;
    CU_ASSERT_FATAL(raw && EVP_PKEY_sign_init(raw) == 1 && EVP_PKEY_CTX_set_rsa_padding(raw, RSA_NO_PADDING) == 1 &&
                    EVP_PKEY_sign(raw, signature[3], &len, block, 256) == 1);
    for (unsigned i = 0; i < 4; i++)
        lane[i].signature = ens_bytes(signature[i], 256);
    ens__lanes_prove(lane, 4);
    for (unsigned i = 0; i < 4; i++)
        CHECK_ROW(!lane[i].proven && !by_openssl(&s, &lane[i]), "block %u is taken", i);
    EVP_PKEY_CTX_free(raw);
    drop_signer(&s);
}

static EVP_PKEY *key_from(const BIGNUM *n, unsigned long exponent)
{
    BIGNUM *e = BN_new();
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    CU_ASSERT_FATAL(e && b && ctx && BN_set_word(e, exponent) && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) &&
                    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e));
    OSSL_PARAM *p = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_fromdata_init(ctx);
    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, p);
    OSSL_PARAM_free(p);
    OSSL_PARAM_BLD_free(b);
    EVP_PKEY_CTX_free(ctx);
    BN_free(e);
    ERR_clear_error();
    return key;
}

/* Keys that are left to OpenSSL. */
static void takes_three_sizes_and_one_exponent(void)
{
    static const struct {
        int bits;
        unsigned long e;
        bool even, taken;
    } rows[] = {{2048, 65537, false, true},  {3072, 65537, false, true},  {4096, 65537, false, true},
                {2048, 3, false, false},     {2048, 65539, false, false}, {2048, 65537, true, false},
                {2047, 65537, false, false}, {2049, 65537, false, false}, {2040, 65537, false, false},
                {1024, 65537, false, false}, {8192, 65537, false, false}};
    if (no_lanes())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        BIGNUM *n = BN_new();
        CU_ASSERT_FATAL(n && BN_rand(n, rows[i].bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
        if (rows[i].even)
            BN_clear_bit(n, 0);
        EVP_PKEY *key = key_from(n, rows[i].e);
        ens__lane_key *lane = key ? ens__lane_key_new(key) : NULL;
        CHECK_ROW((lane != NULL) == rows[i].taken, "%d bits, e %lu", rows[i].bits, rows[i].e);
        ens__lane_key_free(lane);
        EVP_PKEY_free(key);
        BN_free(n);
    }
    EVP_PKEY *curve = EVP_EC_gen("P-256"), *pss = EVP_PKEY_Q_keygen(NULL, NULL, "RSA-PSS", (size_t)2048);
    CU_ASSERT_PTR_NULL(ens__lane_key_new(curve));
    CU_ASSERT(!pss || !ens__lane_key_new(pss));
    EVP_PKEY_free(curve);
    EVP_PKEY_free(pss);
}

static void proves_nothing_without_a_key(void)
{
    ens__lane lane[3] = {{.proven = true}, {.proven = true}, {.proven = true}};
    ens__lanes_prove(lane, 3);
    ens__lanes_prove(lane, 0);
    CU_ASSERT(!lane[0].proven && !lane[1].proven && !lane[2].proven);
}

/* Once a kernel was asked for a key, it stays the one: keys of two kernels are not for one vector. */
static void chooses_no_kernel_too_late(void)
{
    CU_ASSERT(ens__lanes_usable() == (ens__lanes_num_kernels() > 0));
    CU_ASSERT(!ens__lanes_choose("none"));
    for (unsigned k = 0; k < ens__lanes_num_kernels(); k++)
        CU_ASSERT(!ens__lanes_choose(ens__lanes_kernel_name(k)));
}

static const ens_case cases[] = {
    {"says yes where OpenSSL does", says_yes_where_openssl_does},
    {"takes no other block than the one of PKCS #1 v1.5 with SHA-256", takes_no_other_block},
    {"takes three sizes and one exponent", takes_three_sizes_and_one_exponent},
    {"proves nothing without a key", proves_nothing_without_a_key},
    {"chooses no kernel too late", chooses_no_kernel_too_late},
    {NULL, NULL},
};
ENS_SUITE("certs/lanes", cases)
