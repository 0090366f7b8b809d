#include "bench/sample.h"

#include "certs/keys/chain.h"
#include "certs/path/trust.h"
#include "engine/base/report.h"

#include "fixtures/lists.h"
#include "fixtures/payload.h"

#include <openssl/pem.h>
#include <stdio.h>

#define DAY ((ens_time)86400)
#define DOCUMENT_MAX ((size_t)256 << 20)
#define CHAIN_MAX ((size_t)1 << 20)
#define STRANGERS_FROM 5000 /* serial numbers */
#define MESSAGE_ID "3f1c6e9a-0000-4000-8000-000000000001@bench.example"

void ens__input_name(const ens_input *input, char out[ENS_SAMPLE_INPUT])
{
    size_t kilobytes = (input->size + 512) >> 10;
    int n = kilobytes < 1024 ? snprintf(out, ENS_SAMPLE_INPUT, "rsa%u-ens%zuk", input->bits, kilobytes)
                             : snprintf(out, ENS_SAMPLE_INPUT, "rsa%u-ens%zum", input->bits, kilobytes >> 10);
    if (input->attachments)
        snprintf(out + n, ENS_SAMPLE_INPUT - (size_t)n, "-%uatt", input->attachments);
}

#define CA_USAGE "critical,keyCertSign,cRLSign"
#define SEAL_USAGE "critical,digitalSignature,nonRepudiation"
#define SEAL "seal"

/* pki_of makes root, issuing CA and seal; once for a key size, as keys take long. */
static const fx_pki *pki_of(const ens_sample *s)
{
    static fx_pki made[3];
    static fx_certificate rows[3][3];
    unsigned k = s->input.bits == 2048 ? 0 : s->input.bits == 3072 ? 1 : 2;
    const ens_time from = s->at - 270 * DAY, to = s->at + 3000 * DAY;
    if (made[k].num)
        return &made[k];
    rows[k][0] = (fx_certificate){
        "root", NULL, NULL, 2048, "Bench Seal Root", "Bench Trust", NULL, "FR", CA_USAGE, NULL, true, from, to, false};
    rows[k][1] =
        (fx_certificate){"issuing", "root", NULL, 2048, "Bench Seal CA", "Bench Trust", NULL, "FR", CA_USAGE, NULL,
                         true,      from,   to,   false};
    rows[k][2] = (fx_certificate){SEAL,     "issuing", NULL,       s->input.bits, "Bench seal", "Transports Bench SAS",
                                  FX_ORGID, "FR",      SEAL_USAGE, NULL,          false,        from,
                                  to,       false};
    if (fx_pki_make_rows(&made[k], rows[k], 3))
        return &made[k];
    fx_pki_clear(&made[k]);
    return NULL;
}

static ens_code take_pki(ens_sample *s, ens_err *err)
{
    unsigned char *der = NULL;
    ens_chain_facts facts;
    s->pki = pki_of(s);
    bool good = s->pki && fx_pki_chain(s->pki, SEAL, &s->chain_pem) && fx_pki_key(s->pki, SEAL, &s->key_pem);
    int len = good ? i2d_X509(s->pki->cert[fx_pki_find(s->pki, "root")], &der) : 0;
    ens_buf_add(&s->root_der, der, len > 0 ? (size_t)len : 0);
    OPENSSL_free(der);
    if (len <= 0 || !(s->trust = ens_trust_new()))
        return ens_fail(err, ENS_ECRYPTO, NULL, "the PKI of the bench could not be made", 0);
    s->key = s->pki->key[fx_pki_find(s->pki, SEAL)];
    s->ca_key = s->pki->key[fx_pki_find(s->pki, "issuing")];
    ens_code code = ens__trust_add_anchor(s->trust, ens_buf_slice(&s->root_der), err);
    return code == ENS_OK ? ens__chain_load(ens_buf_slice(&s->chain_pem), NULL, &s->arena, &s->chain, &facts, err)
                          : code;
}

/* take_lists puts the issuing CA on a list whose qualifiers make a qualified seal of the leaf. */
static ens_code take_lists(ens_sample *s, ens_err *err)
{
    const ens_time since = s->at - 400 * DAY;
    const fx_service services[] = {{s->chain.cert[1].der,
                                    "CA/QC",
                                    "granted",
                                    "ForeSeals",
                                    {"QCStatement", "QCForESeal"},
                                    since,
                                    NULL,
                                    0,
                                    NULL,
                                    false},
                                   {s->chain.cert[2].der,
                                    "NationalRootCA-QC",
                                    "recognisedatnationallevel",
                                    NULL,
                                    {NULL},
                                    since,
                                    NULL,
                                    0,
                                    NULL,
                                    false}};
    const fx_list all[] = {{ENS_LIST_LOTL, "EU", true, ENS_LIST_SIGNATURE_VALID, s->at + DAY, NULL, 0, 0},
                           {ENS_LIST_NATIONAL, "FR", true, ENS_LIST_SIGNATURE_VALID, s->at + DAY, services,
                            sizeof services / sizeof *services, 0}};
    uint8_t storage[4096];
    ens_buf crl;
    ens_snapshot *snapshot = NULL;
    s->listed_chain = s->chain;
    s->listed_chain.num = 1;
    ens_buf_init(&crl, storage, sizeof storage, CHAIN_MAX);
    if (!fx_lists_write(all, sizeof all / sizeof *all, s->at, &s->lists) || !fx_pki_crl(s->pki, "issuing", &crl) ||
        !(s->listed = ens_trust_new()))
        return ens_fail(err, ENS_ENOMEM, NULL, "the trusted lists of the bench could not be made", 0);
    ens_code code = ens__evidence_add_crl(s->listed->evidence, ens_buf_slice(&crl), err);
    ens_buf_free(&crl);
    if (code == ENS_OK)
        code = ens__snapshot_open(ens_buf_slice(&s->lists), &snapshot, err);
    if (code == ENS_OK && (code = ens__trust_take_lists(s->listed, snapshot, err)) != ENS_OK)
        ens__snapshot_free(snapshot);
    return code;
}

static ens_code sealer_of(const ens_sample *s, ens_slice chain_pem, ens_sealer **out, ens_err *err)
{
    ens_sealer_options o = {
        .key = ens_buf_slice(&s->key_pem), .certificate = chain_pem, .domain = "bench.example", .at = s->at};
    return ens_sealer_new(&o, out, err);
}

ens_code ens__sample_sealer(const ens_sample *s, ens_sealer **out, ens_err *err)
{
    return sealer_of(s, ens_buf_slice(&s->chain_pem), out, err);
}

ens_code ens__sample_seal(const ens_sample *s, ens_sealer *sealer, ens_slice *out, ens_err *err)
{
    return ens__sample_seal_as(s, sealer, ENS_LIT(MESSAGE_ID), out, err);
}

ens_code ens__sample_seal_as(const ens_sample *s, ens_sealer *sealer, ens_slice message_id, ens_slice *out,
                             ens_err *err)
{
    const ens_slice names[ENS_SAMPLE_ATTACHMENTS] = {ENS_LIT("photo-1"), ENS_LIT("photo-2"), ENS_LIT("photo-3")};
    ens_seal_part part[1 + ENS_SAMPLE_ATTACHMENTS] = {
        {ens_buf_slice(&s->document), ENS_LIT("ens"), ENS_LIT("application/xml")}};
    for (unsigned i = 0; i < s->input.attachments; i++)
        part[1 + i] = (ens_seal_part){ens_buf_slice(&s->attachment[i]), names[i],
                                      i ? ENS_LIT("image/jpeg") : ENS_LIT("application/pdf")};
    ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                  .from = ENS_LIT(FX_EORI),
                                  .message_id = message_id,
                                  .at = s->at,
                                  .parts = part,
                                  .num_parts = 1 + s->input.attachments};
    return ens_seal_message(sealer, &o, out, err);
}

/* make_documents: an attachment is what no compression makes smaller, as a photograph is. */
static ens_code make_documents(ens_sample *s, ens_err *err)
{
    uint32_t noise = 1;
    fx_document d = {.action = "IE3F26", .lrn = FX_LRN, .size = s->input.size, .attachments = s->input.attachments};
    fx_document_write(&d, &s->document);
    for (unsigned i = 0; i < s->input.attachments; i++) {
        fx_attachment_write(i + 1, &s->attachment[i]);
        while (s->attachment[i].len < ENS_SAMPLE_ATTACHMENT && !s->attachment[i].failed) {
            noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
            ens_buf_add(&s->attachment[i], &noise, sizeof noise);
        }
    }
    return ens_buf_done(&s->document, err);
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
        code = ens_report_verdict(report) == ENS_ACCEPTED
                   ? ens_seal_receipt(sealer, &message, &(ens_seal_signal_options){.at = s->at}, &out, err)
                   : ens_fail(err, ENS_EPOLICY, NULL, "the sample isn't accepted", 0);
    }
    if (code == ENS_OK)
        ens_buf_put(&s->receipt, out);
    ens_report_free(report);
    ens_verifier_free(verifier);
    ens_sealer_free(sealer);
    if (code == ENS_OK && (!ens__anatomy_read(ens_buf_slice(&s->message), &s->message_parts) ||
                           !ens__anatomy_read(ens_buf_slice(&s->receipt), &s->receipt_parts)))
        code = ens_fail(err, ENS_EPOLICY, NULL, "the sample can't be taken apart", 0);
    return code;
}

ens_code ens__sample_make(ens_sample *s, const ens_input *input, ens_err *err)
{
    s->input = *input;
    s->at = FX_AT;
    ens_arena_init(&s->arena, CHAIN_MAX);
    ens_buf *const small[] = {&s->key_pem, &s->chain_pem, &s->root_der};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        ens_buf_init(small[i], NULL, 0, CHAIN_MAX);
    for (size_t i = 0; i < ENS_SAMPLE_ATTACHMENTS; i++)
        ens_buf_init(&s->attachment[i], NULL, 0, CHAIN_MAX);
    ens_buf *const large[] = {&s->document, &s->message, &s->receipt};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        ens_buf_init(large[i], NULL, 0, DOCUMENT_MAX);
    ens_buf_init(&s->lists, NULL, 0, CHAIN_MAX);
    ens_code code = take_pki(s, err);
    if (code == ENS_OK)
        code = take_lists(s, err);
    if (code == ENS_OK)
        code = make_documents(s, err);
    return code == ENS_OK ? make_messages(s, err) : code;
}

void ens__sample_clear(ens_sample *s)
{
    ens_buf_wipe(&s->key_pem);
    ens_buf *const rest[] = {&s->chain_pem, &s->root_der, &s->lists, &s->document, &s->message, &s->receipt};
    ens_trust_free(s->listed);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        ens_buf_free(rest[i]);
    for (size_t i = 0; i < ENS_SAMPLE_ATTACHMENTS; i++)
        ens_buf_free(&s->attachment[i]);
    ens__anatomy_clear(&s->message_parts);
    ens__anatomy_clear(&s->receipt_parts);
    ens_arena_free(&s->arena);
    ens_trust_free(s->trust);
    *s = (ens_sample){0};
}

/* chain_of_stranger writes a leaf with another serial number in front of the sample's issuers. */
static bool chain_of_stranger(const ens_sample *s, unsigned number, ens_buf *out)
{
    char *text = NULL;
    size_t own = fx_pki_find(s->pki, SEAL), by = fx_pki_find(s->pki, "issuing");
    X509 *leaf = fx_issue(s->pki->row[own], s->key, s->pki->cert[by], s->ca_key, STRANGERS_FROM + (int)number);
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = leaf && bio && PEM_write_bio_X509(bio, leaf) == 1;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    ens_buf_add(out, text, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    X509_free(leaf);
    return good && fx_pki_chain(s->pki, "issuing", out);
}

ens_code ens__sample_stranger(const ens_sample *s, unsigned number, ens_buf *out, ens_err *err)
{
    ens_buf chain;
    ens_sealer *sealer = NULL;
    ens_slice message;
    ens_buf_init(&chain, NULL, 0, CHAIN_MAX);
    ens_code code = chain_of_stranger(s, number, &chain)
                        ? sealer_of(s, ens_buf_slice(&chain), &sealer, err)
                        : ens_fail(err, ENS_ECRYPTO, NULL, "a certificate of the bench could not be made", 0);
    if (code == ENS_OK)
        code = ens__sample_seal(s, sealer, &message, err);
    if (code == ENS_OK)
        ens_buf_put(out, message);
    ens_sealer_free(sealer);
    ens_buf_free(&chain);
    return code;
}
