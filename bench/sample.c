#include "bench/sample.h"

#include "certs/trust.h"
#include "engine/report.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define AT 1790856000 /* 2026-10-01T12:00:00Z */
#define CA_BITS 2048
#define DOCUMENT_MAX ((size_t)256 << 20)

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

static X509 *issue(const char *name, const char *orgid, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, int serial, bool ca)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_NAME_new();
    bool good = x && subject && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), serial) &&
                ASN1_TIME_set(X509_getm_notBefore(x), AT - 86400 * 100) && ASN1_TIME_set(X509_getm_notAfter(x), AT + 86400 * 1000) &&
                X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_UTF8, (const uint8_t *)"FR", -1, -1, 0) &&
                X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const uint8_t *)"Bench", -1, -1, 0) &&
                (!orgid || X509_NAME_add_entry_by_txt(subject, "2.5.4.97", MBSTRING_UTF8, (const uint8_t *)orgid, -1, -1, 0)) &&
                X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, -1, -1, 0) && X509_set_subject_name(x, subject) &&
                X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject) && X509_set_pubkey(x, key) &&
                add_extension(x, issuer ? issuer : x, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
                add_extension(x, issuer ? issuer : x, NID_key_usage, ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,nonRepudiation") &&
                add_extension(x, issuer ? issuer : x, NID_subject_key_identifier, "hash") &&
                add_extension(x, issuer ? issuer : x, NID_authority_key_identifier, "keyid:always") && X509_sign(x, issuer_key, EVP_sha256());
    X509_NAME_free(subject);
    if (good)
        return x;
    X509_free(x);
    return NULL;
}

static bool put_pem(ens_buf *out, X509 *const *certs, size_t num, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool good = bio != NULL;
    for (size_t i = 0; good && i < num; i++)
        good = PEM_write_bio_X509(bio, certs[i]) == 1;
    if (good && key)
        good = PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    ens_buf_add(out, text, len > 0 ? (size_t)len : 0);
    BIO_free(bio);
    return good && !out->failed;
}

static ens_code make_pki(ens_sample *s, ens_err *err)
{
    EVP_PKEY *root_key = EVP_RSA_gen(CA_BITS), *issuing_key = EVP_RSA_gen(CA_BITS);
    X509 *root = NULL, *issuing = NULL, *leaf = NULL;
    unsigned char *der = NULL;
    s->key = EVP_RSA_gen(s->bits);
    if (root_key && issuing_key && s->key) {
        root = issue("Bench root", NULL, root_key, NULL, root_key, 1, true);
        issuing = root ? issue("Bench issuing CA", NULL, issuing_key, root, root_key, 2, true) : NULL;
        leaf = issuing ? issue("Bench seal", "VATFR-44732829320", s->key, issuing, issuing_key, 3, false) : NULL;
    }
    int len = root ? i2d_X509(root, &der) : 0;
    ens_buf_add(&s->root_der, der, len > 0 ? (size_t)len : 0);
    bool good = leaf && len > 0 && put_pem(&s->chain_pem, (X509 *[]){leaf, issuing, root}, 3, NULL) && put_pem(&s->key_pem, NULL, 0, s->key);
    OPENSSL_free(der);
    X509_free(root), X509_free(issuing), X509_free(leaf);
    EVP_PKEY_free(root_key), EVP_PKEY_free(issuing_key);
    ERR_clear_error();
    if (!good || !(s->trust = ens_trust_new()))
        return ens_fail(err, ENS_ECRYPTO, NULL, "the PKI of the bench could not be made", 0);
    return ens__trust_add_anchor(s->trust, ens_buf_slice(&s->root_der), err);
}

/* make_document writes an IE3F26 with as many goods items as fill the size; its values vary as real ones do. */
static ens_code make_document(ens_buf *out, size_t size, ens_err *err)
{
    uint32_t r = 20261001;
    ens_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<IE3F26 xmlns=\"urn:wco:datamodel:eu:ics2:2\"><LRN>BENCH-2026-000001</LRN>"
                      "<documentIssueDate><DateTime>2026-09-30T10:14:00Z</DateTime></documentIssueDate><specificCircumstanceIndicator>F26"
                      "</specificCircumstanceIndicator><addressedMemberState><country>FR</country></addressedMemberState><declarant>"
                      "<identificationNumber>" ENS_SAMPLE_SENDER "</identificationNumber></declarant><consignmentHouseLevel>");
    for (unsigned i = 1; out->len + 64 < size && !out->failed; i++) {
        r = r * 1664525u + 1013904223u;
        ens_buf_printf(out, "<goodsItem><goodsItemNumber>%u</goodsItemNumber><commodity><descriptionOfGoods>Machine part %08x, model %u</descriptionOfGoods>"
                            "<harmonizedSystemSubHeadingCode>%06u</harmonizedSystemSubHeadingCode></commodity><grossMass>%u.%u</grossMass><packaging><numberOfPackages>%u"
                            "</numberOfPackages><shippingMarks>MK%07u</shippingMarks></packaging></goodsItem>",
                       i, r, r % 977, r % 999999, r % 500 + 1, r % 10, r % 40 + 1, r % 9999999);
    }
    ens_buf_text(out, "</consignmentHouseLevel></IE3F26>\n");
    return ens_buf_done(out, err);
}

ens_code ens__sample_sealer(const ens_sample *s, ens_sealer **out, ens_err *err)
{
    ens_sealer_options o = {.key = ens_buf_slice(&s->key_pem), .certificate = ens_buf_slice(&s->chain_pem), .domain = "bench.example", .at = s->at};
    return ens_sealer_new(&o, out, err);
}

ens_code ens__sample_seal(const ens_sample *s, ens_sealer *sealer, ens_slice *out, ens_err *err)
{
    ens_seal_part part = {ens_buf_slice(&s->document), ENS_LIT("ens"), ENS_LIT("application/xml")};
    ens_seal_message_options o = {.action = ENS_LIT("IE3F26"), .from = ENS_LIT(ENS_SAMPLE_SENDER), .at = s->at, .parts = &part, .num_parts = 1};
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
    s->at = AT;
    ens_buf *const small[] = {&s->key_pem, &s->chain_pem, &s->root_der};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        ens_buf_init(small[i], NULL, 0, (size_t)1 << 20);
    ens_buf *const large[] = {&s->document, &s->message, &s->receipt};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        ens_buf_init(large[i], NULL, 0, DOCUMENT_MAX);
    ens_code code = make_pki(s, err);
    if (code == ENS_OK)
        code = make_document(&s->document, document_size, err);
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
