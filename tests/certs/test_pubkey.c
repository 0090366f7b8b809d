/* Public keys are decoded as OpenSSL decodes them. */
#include "certs/x509/algorithm.h"
#include "tests/suite.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define SPKI_MAX 2048u

static EVP_PKEY *by_openssl(ens_slice spki)
{
    const unsigned char *p = spki.p;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)spki.len);
    ERR_clear_error();
    if (key && p == spki.p + spki.len)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static bool alike(ens_slice spki)
{
    EVP_PKEY *ours = ens__pubkey_read(spki), *theirs = by_openssl(spki);
    bool same = !ours == !theirs && (!ours || EVP_PKEY_eq(ours, theirs) == 1) &&
                (!ours || EVP_PKEY_get_bits(ours) == EVP_PKEY_get_bits(theirs));
    EVP_PKEY_free(ours);
    EVP_PKEY_free(theirs);
    ERR_clear_error();
    return same;
}

/* make_spki writes the key of a fresh pair. */
static size_t make_spki(EVP_PKEY *key, uint8_t out[SPKI_MAX])
{
    unsigned char *p = out;
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    int len = i2d_PUBKEY(key, NULL);
    CU_ASSERT_FATAL(len > 0 && (size_t)len <= SPKI_MAX);
    i2d_PUBKEY(key, &p);
    EVP_PKEY_free(key);
    return (size_t)len;
}

static void kinds(void)
{
    uint8_t spki[SPKI_MAX];
    EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_RSA_gen(3072), EVP_EC_gen("P-256"),
                        EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t len = make_spki(keys[i], spki);
        EVP_PKEY *key = ens__pubkey_read(ens_bytes(spki, len));
        CHECK_ROW(key != NULL, "key %zu can't be read", i);
        EVP_PKEY_free(key);
        CHECK_ROW(alike(ens_bytes(spki, len)), "key %zu is another", i);
    }
}

static void flipped(void)
{
    uint8_t spki[SPKI_MAX];
    size_t len = make_spki(EVP_RSA_gen(1024), spki);
    for (size_t bit = 0; bit < len * 8; bit++) {
        spki[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_ROW(alike(ens_bytes(spki, len)), "with bit %zu flipped", bit);
        spki[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        CHECK_ROW(alike(ens_bytes(spki, cut)), "cut to %zu bytes", cut);
    spki[len] = 0;
    CU_ASSERT(alike(ens_bytes(spki, len + 1)));
}

/* Numbers that no key should have: OpenSSL takes some of them, and so do we. */
static void odd(void)
{
    static const char *const keys[] = {
        "301A300D06092A864886F70D01010105000309003006020107020103",   /* 7 and 3 */
        "301A300D06092A864886F70D01010105000309003006020100020103",   /* the modulus is 0 */
        "301A300D06092A864886F70D01010105000309003006020107020100",   /* the exponent is 0 */
        "301A300D06092A864886F70D01010105000309003006020187020103",   /* negative */
        "301B300D06092A864886F70D0101010500030A00300702020007020103", /* not minimal */
        "3018300B06092A864886F70D0101010309003006020107020103",       /* without NULL */
        "301C300D06092A864886F70D0101010500030B0030060201070201030500",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        long len = 0;
        unsigned char *spki = OPENSSL_hexstr2buf(keys[i], &len);
        CU_ASSERT_PTR_NOT_NULL_FATAL(spki);
        CHECK_ROW(alike(ens_bytes(spki, (size_t)len)), "%s", keys[i]);
        OPENSSL_free(spki);
    }
}

static const ens_case cases[] = {
    {"RSA, EC and Ed25519 keys are those that OpenSSL reads", kinds},
    {"a key with any bit flipped, or cut anywhere, is read or refused as OpenSSL does", flipped},
    {"odd numbers are read or refused as OpenSSL does", odd},
    {NULL, NULL},
};
ENS_SUITE("certs/pubkey", cases)
