#include "engine/base/digest.h"

#include <pthread.h>

static const char *const names[] = {"SHA256", "SHA384", "SHA512"};
static const size_t sizes[] = {32, 48, 64};
static EVP_MD *fetched[3]; /* kept for the life of the process: contexts of any thread point to them */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch_all(void)
{
    for (unsigned i = 0; i < 3; i++)
        fetched[i] = EVP_MD_fetch(NULL, names[i], NULL);
}

const EVP_MD *ens__digest_md(ens_digest_kind kind)
{
    pthread_once(&once, fetch_all);
    return fetched[kind];
}

ens_code ens__digest_init(ens_digest *d, ens_digest_kind kind, ens_err *err)
{
    const EVP_MD *md = ens__digest_md(kind);
    if (!md)
        return ens_fail_about(err, ENS_ECRYPTO, NULL, "OpenSSL has no such digest", names[kind]);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!ctx)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a digest", 0);
    *d = (ens_digest){.ctx = ctx, .md = md};
    return ENS_OK;
}

void ens__digest_clear(ens_digest *d)
{
    EVP_MD_CTX_free(d->ctx);
    *d = (ens_digest){0};
}

size_t ens__digest_size(ens_digest_kind kind)
{
    return sizes[kind];
}

void ens__digest_start(ens_digest *d)
{
    d->failed = EVP_DigestInit_ex2(d->ctx, d->md, NULL) != 1;
}

void ens__digest_add(ens_digest *d, ens_slice s)
{
    if (s.len && EVP_DigestUpdate(d->ctx, s.p, s.len) != 1)
        d->failed = true;
}

ens_code ens__digest_end(ens_digest *d, uint8_t out[ENS_DIGEST_MAX], ens_err *err)
{
    unsigned len = 0;
    if (d->failed || EVP_DigestFinal_ex(d->ctx, out, &len) != 1)
        return ens_fail(err, ENS_ECRYPTO, NULL, "OpenSSL could not compute the digest", 0);
    return ENS_OK;
}

ens_code ens__sha256(ens_slice s, uint8_t out[32], ens_err *err)
{
    const EVP_MD *md = ens__digest_md(ENS_SHA256);
    if (!md || EVP_Digest(s.p, s.len, out, NULL, md, NULL) != 1)
        return ens_fail(err, ENS_ECRYPTO, NULL, "OpenSSL could not compute the digest", 0);
    return ENS_OK;
}
