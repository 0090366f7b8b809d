#include "certs/x509/algorithm.h"

#include "certs/x509/der.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <pthread.h>

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

bool ens__pubkey_rsa(ens_slice spki, ens_slice *modulus, ens_slice *exponent)
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
    EVP_PKEY *key = ens__pubkey_rsa(spki, &modulus, &exponent) ? make_rsa(modulus, exponent) : NULL;
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

#define MGF1 ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x08")
#define RSASSA_PSS ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A")
#define PSS_SALT_DEFAULT 20u
#define PSS_SALT_MAX 512u
#define PSS_TRAILER 1u

typedef enum { SHA_1 = 0, SHA_224, SHA_256, SHA_384, SHA_512, NUM_HASHES, NONE } hash;

static const struct {
    const char *name, *oid;
    size_t len;
} hashes[NUM_HASHES] = {
    {"SHA1", "\x2B\x0E\x03\x02\x1A", 5},
    {"SHA224", "\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9},
    {"SHA256", "\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9},
    {"SHA384", "\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9},
    {"SHA512", "\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9},
};

static const struct {
    const char *oid;
    size_t len;
    const char *key;
    hash md;
} algorithms[] = {
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B", 9, "RSA", SHA_256},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C", 9, "RSA", SHA_384},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D", 9, "RSA", SHA_512},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05", 9, "RSA", SHA_1},
    {"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0E", 9, "RSA", SHA_224},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x02", 8, "EC", SHA_256},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x03", 8, "EC", SHA_384},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x04", 8, "EC", SHA_512},
    {"\x2A\x86\x48\xCE\x3D\x04\x03\x01", 8, "EC", SHA_224},
    {"\x2A\x86\x48\xCE\x3D\x04\x01", 7, "EC", SHA_1},
    {"\x2A\x86\x48\xCE\x38\x04\x03", 7, "DSA", SHA_1},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x01", 9, "DSA", SHA_224},
    {"\x60\x86\x48\x01\x65\x03\x04\x03\x02", 9, "DSA", SHA_256},
    {"\x2B\x65\x70", 3, "ED25519", NONE},
    {"\x2B\x65\x71", 3, "ED448", NONE},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const EVP_MD *fetched[NUM_HASHES];

static void fetch_all(void)
{
    for (size_t i = 0; i < NUM_HASHES; i++)
        fetched[i] = EVP_MD_fetch(NULL, hashes[i].name, NULL);
}

static const EVP_MD *md_of(hash h)
{
    pthread_once(&once, fetch_all);
    return h < NUM_HASHES ? fetched[h] : NULL;
}

const EVP_MD *ens__sigalg_md(ens_slice oid)
{
    for (hash h = 0; h < NUM_HASHES; h++)
        if (ens_eq(oid, ens_bytes(hashes[h].oid, hashes[h].len)))
            return md_of(h);
    return NULL;
}

/* split_algorithm takes an AlgorithmIdentifier apart; parameters is empty when absent or NULL. */
static bool split_algorithm(ens_slice algorithm, ens_slice *oid, ens_slice *parameters)
{
    ens_reader r = ens_read(algorithm);
    ens_der sequence, id, p = {0};
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &sequence) || ens_left(&r))
        return false;
    r = ens_read(sequence.body);
    if (!ens__der_take(&r, ENS_DER_OID, &id) || (ens_left(&r) && !ens__der_any(&r, &p)) || ens_left(&r))
        return false;
    *oid = id.body;
    *parameters = p.tag != ENS_DER_NULL ? p.all : (ens_slice){0};
    return p.tag != ENS_DER_NULL || !p.body.len;
}

static bool read_hash(ens_slice algorithm, const EVP_MD **out)
{
    ens_slice oid, parameters;
    return split_algorithm(algorithm, &oid, &parameters) && !parameters.len && (*out = ens__sigalg_md(oid));
}

static bool read_mgf(ens_slice algorithm, const EVP_MD **out)
{
    ens_slice oid, parameters;
    return split_algorithm(algorithm, &oid, &parameters) && ens_eq(oid, MGF1) && read_hash(parameters, out);
}

/* read_number reads an INTEGER in an explicit tag, the default where it is absent. */
static bool read_number(const ens_der *tagged, uint32_t by_default, uint32_t *out)
{
    ens_reader r = ens_read(tagged->body);
    ens_der number;
    *out = by_default;
    return !tagged->all.len ||
           (ens__der_take(&r, ENS_DER_INTEGER, &number) && !ens_left(&r) && ens__der_u32(number.body, out));
}

/* read_pss reads RSASSA-PSS-params (RFC 4055, 3.1). */
static bool read_pss(ens_slice parameters, ens__sigalg *out)
{
    ens_reader r = ens_read(parameters);
    ens_der sequence, md, mgf, salt, trailer;
    uint32_t salt_len, trailer_field;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &sequence) || ens_left(&r))
        return false;
    r = ens_read(sequence.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &md) || !ens__der_optional(&r, ENS_DER_CONTEXT(1), &mgf) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(2), &salt) || !ens__der_optional(&r, ENS_DER_CONTEXT(3), &trailer) ||
        ens_left(&r))
        return false;
    *out = (ens__sigalg){.key = "RSA", .md = md_of(SHA_1), .mgf1 = md_of(SHA_1), .pss = true};
    if ((md.all.len && !read_hash(md.body, &out->md)) || (mgf.all.len && !read_mgf(mgf.body, &out->mgf1)) ||
        !read_number(&salt, PSS_SALT_DEFAULT, &salt_len) || !read_number(&trailer, PSS_TRAILER, &trailer_field))
        return false;
    out->salt_len = (int)salt_len;
    return salt_len <= PSS_SALT_MAX && trailer_field == PSS_TRAILER && out->md && out->mgf1;
}

bool ens__sigalg_read(ens_slice algorithm, ens__sigalg *out)
{
    ens_slice oid, parameters;
    if (!split_algorithm(algorithm, &oid, &parameters))
        return false;
    if (ens_eq(oid, RSASSA_PSS))
        return read_pss(parameters, out);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!ens_eq(oid, ens_bytes(algorithms[i].oid, algorithms[i].len)))
            continue;
        *out = (ens__sigalg){.key = algorithms[i].key, .md = md_of(algorithms[i].md)};
        return !parameters.len && (out->md || algorithms[i].md == NONE);
    }
    return false;
}
