/* Streaming SHA-2 over OpenSSL; the algorithm is fetched once, the context reused. */
#ifndef ENS_ENGINE_BASE_DIGEST_H
#define ENS_ENGINE_BASE_DIGEST_H

#include "engine/base/bytes.h"

#include <openssl/evp.h>

#define ENS_DIGEST_MAX 64

typedef enum { ENS_SHA256 = 0, ENS_SHA384, ENS_SHA512 } ens_digest_kind;

/* One per worker and kind. Zeroed before init, cleared after. */
typedef struct {
    EVP_MD_CTX *ctx;
    const EVP_MD *md; /* process-wide, fetched once */
    bool failed;      /* latched until end */
} ens_digest;

/* ens__digest_md borrows the process-wide algorithm; NULL when OpenSSL has none. */
const EVP_MD *ens__digest_md(ens_digest_kind kind);

ENS_CHECK ens_code ens__digest_init(ens_digest *d, ens_digest_kind kind, ens_err *err);
void ens__digest_clear(ens_digest *d);
size_t ens__digest_size(ens_digest_kind kind);
/* start, add…, end: end writes ens__digest_size bytes. A failure inside OpenSSL is latched and returned by end. */
void ens__digest_start(ens_digest *d);
void ens__digest_add(ens_digest *d, ens_slice s);
ENS_CHECK ens_code ens__digest_end(ens_digest *d, uint8_t out[ENS_DIGEST_MAX], ens_err *err);
/* One shot without a context of the caller's. */
ENS_CHECK ens_code ens__sha256(ens_slice s, uint8_t out[32], ens_err *err);

#endif
