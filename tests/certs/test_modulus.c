/* Moduli whose factors anybody can find, and those of OpenSSL's keys, which are none. */
#include "certs/keys/modulus.h"
#include "tests/suite.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

/* The product of two primes k * M + 65537^a mod M, M the product of the primes up to 701: as the faulty library makes
 * them. Made for this test. */
#define ROCA                                                                                                           \
    "B9F9FBA730CF3339246A004D48598E231006C56EDC8FF239F40A9C9325AA3A0BBA2A8467A31A81744E1AA056CC774BA73B512C36A731B3DA" \
    "1E82852E81B0E037A2EB0F3C2A28D4F8A4363811CD4149F6D1B41983353CDEBB924DBFB3025D47B767DBED76C0F3F0B52C1003F156B65ED5" \
    "9E041FEE2DB3A77749B0F8F3E45BA7A46D929A88F8A3253C6793C870CA187C44F2F62318B7F77873F9A15E445022F90AA499BEBA26023539" \
    "F952D72893846D6FD0846F50430C75A922CE92A60DAFD9C88C2765DCC9AF15E7BAB139C6DA0D287DEF4C25EA3CB623C5D1E88513E38FC64D" \
    "46FB3717BF6CAD5C6DEE2B20402F2294E9E60D80A1EBBAE7F60D0EDED9A9964D"

static ens__modulus_fault judge(const BIGNUM *n, unsigned *factor)
{
    uint8_t bytes[1024];
    int len = BN_bn2bin(n, bytes);
    *factor = 0;
    return ens__modulus_judge(ens_bytes(bytes, (size_t)len), factor);
}

/* The oracle divides by every odd number up to the limit. */
static unsigned smallest_factor(const BIGNUM *n)
{
    for (unsigned d = 3; d <= ENS_MODULUS_FACTOR_MAX; d += 2)
        if (BN_mod_word(n, d) == 0)
            return d;
    return 0;
}

static void factors(void)
{
    BIGNUM *n = BN_new();
    unsigned found[2] = {0, 0};
    CU_ASSERT_FATAL(n != NULL);
    for (int i = 0; i < 2000; i++) {
        unsigned factor;
        CU_ASSERT_FATAL(BN_rand(n, 64 + i % 2100, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ODD));
        ens__modulus_fault fault = judge(n, &factor);
        unsigned wanted = smallest_factor(n);
        CHECK_ROW(factor == wanted && (fault == ENS_MODULUS_SMALL_FACTOR) == (wanted != 0),
                  "%d bits: %u, and it is %u (%d)", 64 + i % 2100, factor, wanted, (int)fault);
        found[wanted != 0]++;
    }
    CU_ASSERT(found[0] > 100 && found[1] > 1000);
    BN_free(n);
}

/* Each prime alone: n is made to be zero modulo it. */
static void each_prime(void)
{
    BIGNUM *n = BN_new(), *product = BN_new();
    unsigned primes = 0;
    CU_ASSERT_FATAL(n && product && BN_generate_prime_ex(n, 1024, 0, NULL, NULL, NULL));
    for (unsigned p = 3; p < 800; p += 2) {
        unsigned d = 3, factor;
        while (d * d <= p && p % d)
            d += 2;
        if (d * d <= p)
            continue;
        CU_ASSERT_FATAL(BN_copy(product, n) && BN_mul_word(product, p));
        ens__modulus_fault fault = judge(product, &factor);
        CHECK_ROW(fault == (p <= ENS_MODULUS_FACTOR_MAX ? ENS_MODULUS_SMALL_FACTOR : ENS_MODULUS_GOOD), "%u: %d", p,
                  (int)fault);
        CHECK_ROW(fault != ENS_MODULUS_SMALL_FACTOR || factor == p, "%u: told as %u", p, factor);
        primes++;
    }
    CU_ASSERT(primes > 132);
    BN_free(n);
    BN_free(product);
}

static void faulty_library(void)
{
    BIGNUM *n = NULL;
    unsigned factor;
    CU_ASSERT_FATAL(BN_hex2bn(&n, ROCA) > 0);
    CU_ASSERT_EQUAL(judge(n, &factor), ENS_MODULUS_ROCA);
    CU_ASSERT_FATAL(BN_add_word(n, 2));
    CU_ASSERT_NOT_EQUAL(judge(n, &factor), ENS_MODULUS_ROCA);
    BN_free(n);
}

static void good_keys(void)
{
    for (int i = 0; i < 12; i++) {
        BIGNUM *n = NULL;
        unsigned factor;
        EVP_PKEY *key = EVP_RSA_gen(1024u + 128u * (unsigned)(i % 3));
        CU_ASSERT_FATAL(key && EVP_PKEY_get_bn_param(key, "n", &n) == 1);
        CU_ASSERT_EQUAL(judge(n, &factor), ENS_MODULUS_GOOD);
        BN_free(n);
        EVP_PKEY_free(key);
    }
}

static const ens_case cases[] = {
    {"finds the smallest factor, as division does", factors},
    {"knows every prime up to its limit, and none beyond", each_prime},
    {"knows keys of the faulty library", faulty_library},
    {"takes the keys that OpenSSL makes", good_keys},
    {NULL, NULL},
};
ENS_SUITE("certs/modulus", cases)
