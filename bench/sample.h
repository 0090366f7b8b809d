/* What is measured: a PKI of three, a business document with its attachments, and what is sealed over them; made in
 * memory at start, with keys of its own in every run. */
#ifndef ENS_BENCH_SAMPLE_H
#define ENS_BENCH_SAMPLE_H

#include "bench/anatomy.h"
#include "ensign/seal.h"

#include "fixtures/issue.h"

#define ENS_SAMPLE_ENS ((size_t)12 << 10)        /* bytes of the business document that most figures are about */
#define ENS_SAMPLE_ATTACHMENT ((size_t)16 << 10) /* bytes of one attachment */
#define ENS_SAMPLE_ATTACHMENTS 3u                /* at most */
#define ENS_SAMPLE_INPUT 40u                     /* bytes of an input's name */

typedef struct {
    unsigned bits; /* of the signer's RSA key; the CAs have 2048 */
    size_t size;   /* of the business document, about */
    unsigned attachments;
} ens_input;

typedef struct {
    ens_input input;
    ens_time at;
    const fx_pki *pki;      /* the same for all samples of a key size, for as long as the process */
    EVP_PKEY *key, *ca_key; /* borrowed from pki */
    ens_arena arena;
    ens_chain chain; /* leaf first */
    ens_buf key_pem, chain_pem, root_der, document, attachment[ENS_SAMPLE_ATTACHMENTS], message, receipt;
    ens_anatomy message_parts, receipt_parts;
    ens_trust *trust;
    ens_buf lists;          /* a snapshot of trusted lists that know the issuing CA */
    ens_trust *listed;      /* those lists, and a CRL of that CA */
    ens_chain listed_chain; /* the leaf alone: its issuer is on the list */
} ens_sample;

/* ens__input_name writes "rsa2048-ens12k", "rsa2048-ens12k-3att". */
void ens__input_name(const ens_input *input, char out[ENS_SAMPLE_INPUT]);

/* ens__sample_make fills a zeroed sample. */
ENS_CHECK ens_code ens__sample_make(ens_sample *s, const ens_input *input, ens_err *err);
void ens__sample_clear(ens_sample *s);

/* ens__sample_sealer makes a sealer of the sample's key. */
ENS_CHECK ens_code ens__sample_sealer(const ens_sample *s, ens_sealer **out, ens_err *err);
/* ens__sample_seal seals the sample's document and attachments, as IE3F26; _as with a message id of the caller's. */
ENS_CHECK ens_code ens__sample_seal_as(const ens_sample *s, ens_sealer *sealer, ens_slice message_id, ens_slice *out,
                                       ens_err *err);
ENS_CHECK ens_code ens__sample_seal(const ens_sample *s, ens_sealer *sealer, ens_slice *out, ens_err *err);
/* ens__sample_stranger appends a message sealed with a certificate that no other number has, under the same CA. */
ENS_CHECK ens_code ens__sample_stranger(const ens_sample *s, unsigned number, ens_buf *out, ens_err *err);

#endif
