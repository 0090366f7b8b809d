#include "bench/floor.h"

#include <libdeflate.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define SIGNATURE_MAX 512
#define LEVEL 6 /* of compression: what the sealer takes */

/* One key with a signature of its own to verify. */
typedef struct {
    EVP_PKEY_CTX *sign, *verify;
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
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
};

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

static bool make_pair(pair *p, EVP_PKEY *key, const EVP_MD *sha256)
{
    p->sign = ready(key, sha256, true);
    p->verify = ready(key, sha256, false);
    p->len = sizeof p->signature;
    return p->sign && p->verify && EVP_PKEY_sign(p->sign, p->signature, &p->len, some_digest, sizeof some_digest) == 1;
}

static void clear_pair(pair *p)
{
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
    bool good = f->sha256 && f->digest && f->compressor && f->decompressor &&
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
    libdeflate_free_compressor(f->compressor);
    libdeflate_free_decompressor(f->decompressor);
    free(f->out);
    free(f);
}

static bool verify(pair *p)
{
    return EVP_PKEY_verify(p->verify, p->signature, p->len, some_digest, sizeof some_digest) == 1;
}

static bool hash(ens_floor *f, ens_slice piece)
{
    uint8_t digest[32];
    return EVP_DigestInit_ex(f->digest, NULL, NULL) == 1 && EVP_DigestUpdate(f->digest, piece.p, piece.len) == 1 &&
           EVP_DigestFinal_ex(f->digest, digest, NULL) == 1;
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

bool ens__floor_run(ens_floor *f)
{
    const ens_floor_plan *p = f->plan;
    uint8_t signature[SIGNATURE_MAX];
    bool good = true;
    if (p->copied.len)
        memcpy(f->out, p->copied.p, p->copied.len);
    for (unsigned i = 0; i < p->num_hashed; i++)
        good &= hash(f, p->hashed[i]);
    good &= flate(f);
    for (unsigned i = 0; i < p->signatures; i++) {
        size_t len = sizeof signature;
        good &= EVP_PKEY_sign(f->leaf.sign, signature, &len, some_digest, sizeof some_digest) == 1;
    }
    for (unsigned i = 0; i < p->verifications; i++)
        good &= verify(&f->leaf);
    for (unsigned i = 0; i < p->ca_verifications; i++)
        good &= verify(&f->ca);
    return good;
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
