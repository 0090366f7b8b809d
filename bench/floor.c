#include "bench/floor.h"

#include "engine/base/sha256.h"
#include "engine/xml/scan/scan.h"

#include <libdeflate.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define SIGNATURE_MAX 512
#define LEVEL 6 /* of compression: what the sealer takes */

/* One key with a signature of its own to verify, by OpenSSL's usual call, or by the bare exponentiation. */
typedef struct {
    EVP_PKEY_CTX *sign, *verify;
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
    BIGNUM *n, *e, *number, *result;
    BN_CTX *bn;
    BN_MONT_CTX *mont;
} pair;

struct ens_floor {
    const ens_floor_plan *plan;
    pair leaf, ca;
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    struct libdeflate_compressor *compressor;
    struct libdeflate_decompressor *decompressor;
    uint8_t *out;
    size_t out_size;
    ens_scan *scan;
};

const char *const ens__floor_names[ENS_FLOOR_PARTS] = {"RSA", "SHA-256", "deflate", "document"};

static const uint8_t some_digest[32] = {1, 2, 3};

static EVP_PKEY_CTX *ready(EVP_PKEY *key, const EVP_MD *sha256, bool signs)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    if (ctx && (signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, sha256) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static bool make_bare(pair *p, EVP_PKEY *key)
{
    p->bn = BN_CTX_new();
    p->mont = BN_MONT_CTX_new();
    p->result = BN_new();
    p->number = BN_bin2bn(p->signature, (int)p->len, NULL);
    return p->bn && p->mont && p->result && p->number &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &p->n) == 1 &&
           EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &p->e) == 1 && BN_MONT_CTX_set(p->mont, p->n, p->bn) == 1;
}

static bool make_pair(pair *p, EVP_PKEY *key, const EVP_MD *sha256)
{
    p->sign = ready(key, sha256, true);
    p->verify = ready(key, sha256, false);
    p->len = sizeof p->signature;
    return p->sign && p->verify &&
           EVP_PKEY_sign(p->sign, p->signature, &p->len, some_digest, sizeof some_digest) == 1 && make_bare(p, key);
}

static void clear_pair(pair *p)
{
    BN_free(p->n);
    BN_free(p->e);
    BN_free(p->number);
    BN_free(p->result);
    BN_MONT_CTX_free(p->mont);
    BN_CTX_free(p->bn);
    EVP_PKEY_CTX_free(p->sign);
    EVP_PKEY_CTX_free(p->verify);
}

/* size_of is the room that the largest piece needs. */
static size_t size_of(const ens_floor *f)
{
    size_t size = f->plan->copied.len + 1;
    for (unsigned i = 0; i < f->plan->num_inflated; i++) {
        ens_slice s = f->plan->inflated[i];
        const uint8_t *t = s.p + s.len - 4; /* ISIZE */
        size_t inflated = (size_t)t[0] | (size_t)t[1] << 8 | (size_t)t[2] << 16 | (size_t)t[3] << 24;
        size = inflated > size ? inflated : size;
    }
    for (unsigned i = 0; i < f->plan->num_deflated; i++) {
        size_t bound = libdeflate_gzip_compress_bound(f->compressor, f->plan->deflated[i].len);
        size = bound > size ? bound : size;
    }
    return size;
}

ens_floor *ens__floor_new(const ens_floor_plan *plan)
{
    ens_floor *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->plan = plan;
    f->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    f->digest = EVP_MD_CTX_new();
    f->compressor = libdeflate_alloc_compressor(LEVEL);
    f->decompressor = libdeflate_alloc_decompressor();
    f->scan = ens__scan_new();
    bool good = f->sha256 && f->digest && f->compressor && f->decompressor && f->scan &&
                EVP_DigestInit_ex(f->digest, f->sha256, NULL) == 1;
    f->out_size = good ? size_of(f) : 0;
    f->out = good ? malloc(f->out_size) : NULL;
    if (f->out && (!plan->key || make_pair(&f->leaf, plan->key, f->sha256)) &&
        (!plan->ca_key || make_pair(&f->ca, plan->ca_key, f->sha256)))
        return f;
    ens__floor_free(f);
    return NULL;
}

void ens__floor_free(ens_floor *f)
{
    if (!f)
        return;
    clear_pair(&f->leaf);
    clear_pair(&f->ca);
    EVP_MD_CTX_free(f->digest);
    EVP_MD_free(f->sha256);
    ens__scan_free(f->scan);
    libdeflate_free_compressor(f->compressor);
    libdeflate_free_decompressor(f->decompressor);
    free(f->out);
    free(f);
}

static bool verify(pair *p, bool bare)
{
    if (bare)
        return BN_mod_exp_mont(p->result, p->number, p->e, p->n, p->bn, p->mont) == 1;
    return EVP_PKEY_verify(p->verify, p->signature, p->len, some_digest, sizeof some_digest) == 1;
}

static bool hash(ens_floor *f, ens_slice piece)
{
    uint8_t digest[32];
    return EVP_DigestInit_ex(f->digest, NULL, NULL) == 1 && EVP_DigestUpdate(f->digest, piece.p, piece.len) == 1 &&
           EVP_DigestFinal_ex(f->digest, digest, NULL) == 1;
}

static bool hash_best(const ens_floor_plan *p)
{
    uint8_t digest[ENS_FLOOR_PIECES][ENS_SHA256_LEN];
    return ens__sha256_all(p->hashed, p->num_hashed, digest, NULL) == ENS_OK;
}

static bool flate(ens_floor *f)
{
    bool good = true;
    size_t n;
    for (unsigned i = 0; i < f->plan->num_inflated; i++)
        good &= libdeflate_gzip_decompress(f->decompressor, f->plan->inflated[i].p, f->plan->inflated[i].len, f->out,
                                           f->out_size, &n) == LIBDEFLATE_SUCCESS;
    for (unsigned i = 0; i < f->plan->num_deflated; i++)
        good &= libdeflate_gzip_compress(f->compressor, f->plan->deflated[i].p, f->plan->deflated[i].len, f->out,
                                         f->out_size) > 0;
    return good;
}

static bool pass_over(ens_floor *f)
{
    ens_scan_event e = {0};
    ens_code code;
    ens__scan_begin(f->scan, f->plan->document);
    while ((code = ens__scan_next(f->scan, &e, NULL)) == ENS_OK && e.kind != ENS_SCAN_EOF)
        ;
    return code == ENS_OK;
}

static bool run_once(ens_floor *f)
{
    const ens_floor_plan *p = f->plan;
    uint8_t signature[SIGNATURE_MAX];
    bool good = true;
    if (p->copied.len)
        memcpy(f->out, p->copied.p, p->copied.len);
    for (unsigned i = 0; i < p->num_hashed && !p->best; i++)
        good &= hash(f, p->hashed[i]);
    if (p->num_hashed && p->best)
        good &= hash_best(p);
    good &= flate(f);
    for (unsigned i = 0; i < p->signatures; i++) {
        size_t len = sizeof signature;
        good &= EVP_PKEY_sign(f->leaf.sign, signature, &len, some_digest, sizeof some_digest) == 1;
    }
    for (unsigned i = 0; i < p->verifications; i++)
        good &= verify(&f->leaf, p->best);
    for (unsigned i = 0; i < p->ca_verifications; i++)
        good &= verify(&f->ca, p->best);
    if (p->alone)
        good &= pass_over(f);
    return good;
}

bool ens__floor_run(ens_floor *f)
{
    bool good = run_once(f);
    for (unsigned i = 1; i < f->plan->times; i++)
        good &= run_once(f);
    return good;
}

bool ens__floor_part(const ens_floor_plan *whole, unsigned part, bool best, ens_floor_plan *out)
{
    *out = (ens_floor_plan){.best = best, .times = whole->times};
    switch (part) {
    case ENS_FLOOR_RSA:
        out->key = whole->key;
        out->ca_key = whole->ca_key;
        out->signatures = best ? 0 : whole->signatures;
        out->verifications = whole->verifications;
        out->ca_verifications = whole->ca_verifications;
        return out->signatures + out->verifications + out->ca_verifications > 0;
    case ENS_FLOOR_HASH:
        memcpy(out->hashed, whole->hashed, sizeof out->hashed);
        out->num_hashed = whole->num_hashed;
        return out->num_hashed > 0;
    case ENS_FLOOR_FLATE:
        memcpy(out->inflated, whole->inflated, sizeof out->inflated);
        memcpy(out->deflated, whole->deflated, sizeof out->deflated);
        out->num_inflated = whole->num_inflated;
        out->num_deflated = whole->num_deflated;
        return out->num_inflated + out->num_deflated > 0 && !best;
    default:
        out->document = whole->document;
        out->alone = true;
        return out->document.len > 0 && !best;
    }
}

void ens__floor_hash(ens_floor_plan *plan, ens_slice piece)
{
    if (plan->num_hashed < ENS_FLOOR_PIECES)
        plan->hashed[plan->num_hashed++] = piece;
}

void ens__floor_hash_all(ens_floor_plan *plan, const ens_anatomy *a)
{
    for (unsigned i = 0; i < a->num_hashed; i++)
        ens__floor_hash(plan, a->hashed[i]);
}

void ens__floor_inflate_all(ens_floor_plan *plan, const ens_anatomy *a)
{
    for (unsigned i = 0; i < a->num_compressed && plan->num_inflated < ENS_FLOOR_PIECES; i++)
        plan->inflated[plan->num_inflated++] = a->compressed[i];
}
