/* What is measured: a PKI of three, a business document, and the messages sealed with them; made in memory at start. */
#ifndef ENS_BENCH_SAMPLE_H
#define ENS_BENCH_SAMPLE_H

#include "engine/bytes.h"
#include "ensign/seal.h"

#include <openssl/evp.h>

#define ENS_SAMPLE_ENS ((size_t)12 << 10) /* bytes of the business document */

typedef struct {
    unsigned bits; /* of the signer's RSA key; the CAs have 2048 */
    ens_time at;
    EVP_PKEY *key;
    ens_buf key_pem, chain_pem, root_der, document, message, receipt;
    ens_trust *trust;
} ens_sample;

/* ens__sample_make fills a zeroed sample; the document is about document_size bytes long. */
ENS_CHECK ens_code ens__sample_make(ens_sample *s, unsigned bits, size_t document_size, ens_err *err);
void ens__sample_clear(ens_sample *s);

/* ens__sample_sealer makes a sealer of the sample's key. */
ENS_CHECK ens_code ens__sample_sealer(const ens_sample *s, ens_sealer **out, ens_err *err);
/* ens__sample_seal seals the sample's document, as IE3F26. */
ENS_CHECK ens_code ens__sample_seal(const ens_sample *s, ens_sealer *sealer, ens_slice *out, ens_err *err);

#endif
