#include "bench/floor.h"

#include <openssl/rsa.h>
#include <stdlib.h>

#define CA_BITS 2048
#define SIGNATURE_MAX 512

/* One key with a signature of its own to verify. */
typedef struct {
    EVP_PKEY_CTX *sign, *verify;
    uint8_t signature[SIGNATURE_MAX];
    size_t len;
} pair;

struct ens_floor {
    const ens_sample *sample;
    ens_floor_plan plan;
    pair leaf, ca;
    EVP_PKEY *ca_key;
    ens_digest sha256;
    ens_gzip *gzip;
    ens_buf compressed, out;
};

static const uint8_t some_digest[32] = {1, 2, 3};

static EVP_PKEY_CTX *ready(EVP_PKEY *key, bool signs)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    if (ctx && (signs ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(ctx, ens__digest_md(ENS_SHA256)) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

static bool make_pair(pair *p, EVP_PKEY *key)
{
    p->sign = ready(key, true);
    p->verify = ready(key, false);
    p->len = sizeof p->signature;
    return p->sign && p->verify && EVP_PKEY_sign(p->sign, p->signature, &p->len, some_digest, sizeof some_digest) == 1;
}

ens_floor *ens__floor_new(const ens_sample *sample, ens_floor_plan plan)
{
    ens_floor *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->sample = sample;
    f->plan = plan;
    f->gzip = ens__gzip_new();
    f->ca_key = plan.ca_verifications ? EVP_RSA_gen(CA_BITS) : NULL;
    ens_buf_init(&f->compressed, NULL, 0, (size_t)256 << 20);
    ens_buf_init(&f->out, NULL, 0, (size_t)256 << 20);
    if (f->gzip && ens__digest_init(&f->sha256, ENS_SHA256, NULL) == ENS_OK && make_pair(&f->leaf, sample->key) &&
        (!plan.ca_verifications || (f->ca_key && make_pair(&f->ca, f->ca_key))) &&
        ens__gzip_compress(f->gzip, ens_buf_slice(&sample->document), &f->compressed, NULL) == ENS_OK)
        return f;
    ens__floor_free(f);
    return NULL;
}

void ens__floor_free(ens_floor *f)
{
    if (!f)
        return;
    pair *const pairs[] = {&f->leaf, &f->ca};
    for (size_t i = 0; i < 2; i++) {
        EVP_PKEY_CTX_free(pairs[i]->sign);
        EVP_PKEY_CTX_free(pairs[i]->verify);
    }
    EVP_PKEY_free(f->ca_key);
    ens__digest_clear(&f->sha256);
    ens__gzip_free(f->gzip);
    ens_buf_free(&f->compressed);
    ens_buf_free(&f->out);
    free(f);
}

static bool verify(pair *p)
{
    return EVP_PKEY_verify(p->verify, p->signature, p->len, some_digest, sizeof some_digest) == 1;
}

static bool hash(ens_floor *f)
{
    uint8_t digest[ENS_DIGEST_MAX];
    ens_slice message = ens_buf_slice(&f->sample->message);
    for (size_t left = f->plan.hashed; left;) {
        size_t n = left < message.len ? left : message.len;
        ens__digest_start(&f->sha256);
        ens__digest_add(&f->sha256, (ens_slice){message.p, n});
        if (ens__digest_end(&f->sha256, digest, NULL) != ENS_OK)
            return false;
        left -= n;
    }
    return true;
}

bool ens__floor_run(ens_floor *f)
{
    uint8_t signature[SIGNATURE_MAX];
    bool good = hash(f);
    f->out.len = 0;
    if (f->plan.deflate)
        good &= ens__gzip_compress(f->gzip, ens_buf_slice(&f->sample->document), &f->out, NULL) == ENS_OK;
    if (f->plan.inflate)
        good &= ens__gzip_inflate(f->gzip, ens_buf_slice(&f->compressed), ENS_INFLATE_MAX, &f->out, NULL) == ENS_OK;
    for (unsigned i = 0; i < f->plan.signatures; i++) {
        size_t len = sizeof signature;
        good &= EVP_PKEY_sign(f->leaf.sign, signature, &len, some_digest, sizeof some_digest) == 1;
    }
    for (unsigned i = 0; i < f->plan.verifications; i++)
        good &= verify(&f->leaf);
    for (unsigned i = 0; i < f->plan.ca_verifications; i++)
        good &= verify(&f->ca);
    return good;
}
