#include "bench/sample.h"

#include "certs/trust.h"
#include "engine/report.h"

#include "fixtures/payload.h"
#include "fixtures/pki.h"

#include <stdio.h>

#define DOCUMENT_MAX ((size_t)256 << 20)

/* make_pki takes root, issuing CA and seal from the fixtures' rows, with keys of its own. */
static ens_code make_pki(ens_sample *s, ens_err *err)
{
    fx_pki pki;
    char name[24];
    unsigned char *der = NULL;
    snprintf(name, sizeof name, s->bits == 2048 ? "trader" : "trader-%u", s->bits);
    bool good = fx_pki_make_path(&pki, name) && fx_pki_chain(&pki, name, &s->chain_pem) && fx_pki_key(&pki, name, &s->key_pem);
    int len = good ? i2d_X509(pki.cert[fx_pki_find(&pki, "root")], &der) : 0;
    ens_buf_add(&s->root_der, der, len > 0 ? (size_t)len : 0);
    OPENSSL_free(der);
    if (good) {
        s->key = pki.key[fx_pki_find(&pki, name)];
        EVP_PKEY_up_ref(s->key);
    }
    fx_pki_clear(&pki);
    if (len <= 0 || !(s->trust = ens_trust_new()))
        return ens_fail(err, ENS_ECRYPTO, NULL, "the PKI of the bench could not be made", 0);
    return ens__trust_add_anchor(s->trust, ens_buf_slice(&s->root_der), err);
}

ens_code ens__sample_sealer(const ens_sample *s, ens_sealer **out, ens_err *err)
{
    ens_sealer_options o = {.key = ens_buf_slice(&s->key_pem), .certificate = ens_buf_slice(&s->chain_pem), .domain = "bench.example", .at = s->at};
    return ens_sealer_new(&o, out, err);
}

ens_code ens__sample_seal(const ens_sample *s, ens_sealer *sealer, ens_slice *out, ens_err *err)
{
    ens_seal_part part = {ens_buf_slice(&s->document), ENS_LIT("ens"), ENS_LIT("application/xml")};
    ens_seal_message_options o = {.action = ENS_LIT("IE3F26"), .from = ENS_LIT(FX_EORI), .at = s->at, .parts = &part, .num_parts = 1};
    return ens_seal_message(sealer, &o, out, err);
}

/* make_messages seals the document, and a receipt for it: who seals doesn't matter here. */
static ens_code make_messages(ens_sample *s, ens_err *err)
{
    ens_sealer *sealer = NULL;
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message message;
    ens_slice out;
    ens_verify_options v = {.trust = s->trust, .at = s->at};
    ens_code code = report ? ens__sample_sealer(s, &sealer, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        code = ens__sample_seal(s, sealer, &out, err);
    if (code == ENS_OK) {
        ens_buf_put(&s->message, out);
        code = ens_verifier_new(&verifier, err);
    }
    if (code == ENS_OK) {
        ens_verify(verifier, ens_buf_slice(&s->message), &v, &message, report);
        code = ens_report_verdict(report) == ENS_ACCEPTED ? ens_seal_receipt(sealer, &message, &(ens_seal_signal_options){.at = s->at}, &out, err)
                                                          : ens_fail(err, ENS_EPOLICY, NULL, "the sample isn't accepted", 0);
    }
    if (code == ENS_OK)
        ens_buf_put(&s->receipt, out);
    ens_report_free(report);
    ens_verifier_free(verifier);
    ens_sealer_free(sealer);
    return code;
}

ens_code ens__sample_make(ens_sample *s, unsigned bits, size_t document_size, ens_err *err)
{
    s->bits = bits;
    s->at = FX_AT;
    ens_buf *const small[] = {&s->key_pem, &s->chain_pem, &s->root_der};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        ens_buf_init(small[i], NULL, 0, (size_t)1 << 20);
    ens_buf *const large[] = {&s->document, &s->message, &s->receipt};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        ens_buf_init(large[i], NULL, 0, DOCUMENT_MAX);
    ens_code code = make_pki(s, err);
    if (code == ENS_OK)
        fx_document_write(&(fx_document){.action = "IE3F26", .lrn = FX_LRN, .size = document_size}, &s->document);
    if (code == ENS_OK)
        code = ens_buf_done(&s->document, err);
    return code == ENS_OK ? make_messages(s, err) : code;
}

void ens__sample_clear(ens_sample *s)
{
    ens_buf_wipe(&s->key_pem);
    ens_buf *const rest[] = {&s->chain_pem, &s->root_der, &s->document, &s->message, &s->receipt};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        ens_buf_free(rest[i]);
    EVP_PKEY_free(s->key);
    ens_trust_free(s->trust);
    *s = (ens_sample){0};
}
