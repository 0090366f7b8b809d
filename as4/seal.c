/* Writing a message takes one pass: the envelope goes out canonical, with room for digests and signature; the parts are
 * compressed behind it where they stay; then the room is filled. */
#include "as4/seal_as.h"

#include "as4/envelope/ebms.h"
#include "as4/envelope/names.h"
#include "as4/envelope/signal.h"
#include "as4/ics2/ics2.h"
#include "as4/mime/mime.h"
#include "certs/keys/chain.h"
#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "engine/base/digest.h"
#include "engine/base/gzip.h"
#include "engine/base/printable.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)512 << 20)
#define ARENA_MAX ((size_t)1 << 20)
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define RULE_SEAL "ICD 4.6.2, Table 11"
#define RULE_ID "RFC 5322, 3.6.4"
#define RULE_CID "RFC 2392, 2; RFC 5322, 3.6.4"
#define PIECE ((size_t)64 << 10) /* bytes that a sink gets at once */
#define DIGEST_TEXT 44u          /* base64 of 32 bytes */
#define DOMAIN_MAX 128
#define ID_MAX 192
#define UUID_TEXT 36u
#define FAULT_REASON                                                                                                   \
    "An error occurred while processing your request. Please check the message header for more details."

/* How a signal departs from what is right. */
typedef struct {
    bool fault;      /* a SOAP fault in the Body */
    bool open;       /* no seal */
    bool loose_body; /* the seal doesn't cover the Body */
} departure;

struct ens_sealer {
    EVP_PKEY *key;
    EVP_PKEY_CTX *sign;   /* ready for PKCS#1 v1.5 with SHA-256 */
    size_t signature_len; /* bytes of the modulus */
    ens_buf token;        /* base64 of the PKIPath */
    ens_digest sha256;
    ens_gzip *gzip;
    ens_arena arena;
    ens_report report;
    ens_header header;
    ens_buf out;
    char domain[DOMAIN_MAX];
    bool force;
    departure departure; /* of the message in hand */
    ens__seal_passed *passed;
    void *passed_user;
};

/* Where the room is that is filled last. */
typedef struct {
    size_t digest[ENS_PARTS_MAX + 2];
    size_t signed_info, signed_info_end, signature;
} rooms;

/* is_host tells a name of a host, which becomes a part of ids and so of header fields (RFC 5322, 3.6.4). */
static bool is_host(ens_slice name)
{
    bool good = name.len > 0 && name.len < DOMAIN_MAX && name.p[0] != '.' && name.p[name.len - 1] != '.';
    for (size_t i = 0; good && i < name.len; i++) {
        uint8_t c = name.p[i], folded = (uint8_t)(c | 0x20);
        good = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    }
    return good;
}

static bool is_ready(const ens_cert *leaf, EVP_PKEY *key, const ens_sealer_options *o, ens_err *err)
{
    char text[ENS_TIME_TEXT];
    if (o->force)
        return true;
    if (!ens__key_matches(key, leaf))
        ens_fail(err, ENS_EPOLICY, RULE_SEAL,
                 "the key doesn't belong to the certificate: nothing sealed with it would verify", 0);
    else if (leaf->has_key_usage && !(leaf->key_usage & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION)))
        ens_fail(err, ENS_EPOLICY, "RFC 5280 4.2.1.3; ICD 4.6.2",
                 "the key may not sign: key usage has neither digitalSignature nor nonRepudiation", 0);
    else if (o->at < leaf->not_before)
        ens_fail_about(err, ENS_EPOLICY, "RFC 5280 4.1.2.5", "the certificate isn't valid yet",
                       ens_time_format(leaf->not_before, text));
    else if (o->at > leaf->not_after)
        ens_fail_about(err, ENS_EPOLICY, "RFC 5280 4.1.2.5", "the certificate has expired",
                       ens_time_format(leaf->not_after, text));
    else
        return true;
    return false;
}

static ens_code load_chain(ens_sealer *s, const ens_sealer_options *o, ens_chain *chain, ens_err *err)
{
    ens_chain_facts facts;
    ens_code code = ens__chain_load(o->certificate, o->certificate_pass, &s->arena, chain, &facts, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the certificate and its issuers");
    if (chain->num == 1 && !o->force)
        return ens_fail(err, ENS_EPOLICY, RULE_SEAL,
                        "there is only the leaf: the STI needs the whole path, so add the issuers' certificates to it",
                        0);
    ens__crypto_opinion refusal;
    if (!o->force && ens__crypto_chain_refuses(chain, &refusal))
        return ens_fail_about(err, ENS_EPOLICY, RULE_SEAL, "the STI would refuse the certificate or its path",
                              refusal.what);
    return is_ready(&chain->cert[0], s->key, o, err) ? ENS_OK : ENS_EPOLICY;
}

static ens_code make_token(ens_sealer *s, const ens_chain *chain, ens_err *err)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, (size_t)ENS_CHAIN_MAX * ENS_CERT_MAX);
    ens__pkipath_write(&der, chain);
    ens__base64_encode(&s->token, ens_buf_slice(&der));
    ens_code code = ens_buf_done(&der, err);
    ens_buf_free(&der);
    return code == ENS_OK ? ens_buf_done(&s->token, err) : code;
}

static ens_code load_key(ens_sealer *s, const ens_sealer_options *o, ens_err *err)
{
    ens_code code = ens__key_load_for(o->key, o->key_pass, o->certificate, o->certificate_pass, &s->key, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the key");
    int bits = EVP_PKEY_get_bits(s->key);
    if (!EVP_PKEY_is_a(s->key, "RSA") || bits > RSA_BITS_MAX || (bits < RSA_BITS_MIN && !o->force))
        return ens_fail(err, ENS_EPOLICY, RULE_SEAL, "the seal wants an RSA key of 2048 to 4096 bits", 0);
    s->signature_len = (size_t)EVP_PKEY_get_size(s->key);
    s->sign = EVP_PKEY_CTX_new(s->key, NULL);
    if (s->sign && EVP_PKEY_sign_init(s->sign) == 1 && EVP_PKEY_CTX_set_rsa_padding(s->sign, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(s->sign, ens__digest_md(ENS_SHA256)) == 1)
        return ENS_OK;
    ERR_clear_error();
    return ens_fail(err, ENS_ECRYPTO, RULE_SEAL, "OpenSSL can't sign with this key", 0);
}

static void pass_nothing(void *user, ens_slice octets)
{
    (void)user, (void)octets;
}

void ens__sealer_tell_passed(ens_sealer *s, ens__seal_passed *passed, void *user)
{
    s->passed = passed ? passed : pass_nothing;
    s->passed_user = user;
}

ens_code ens_sealer_new(const ens_sealer_options *o, ens_sealer **out, ens_err *err)
{
    ens_chain chain;
    ens_sealer *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a sealer", 0);
    ens_arena_init(&s->arena, ARENA_MAX);
    ens_buf_init(&s->token, NULL, 0, (size_t)ENS_CHAIN_MAX * ENS_CERT_MAX * 2);
    ens_buf_init(&s->out, NULL, 0, OUT_MAX);
    ens__report_init(&s->report);
    s->force = o->force;
    ens__sealer_tell_passed(s, NULL, NULL);
    s->gzip = ens__gzip_new();
    const char *domain = o->domain ? o->domain : "localhost.localdomain";
    if (s->gzip)
        ens__gzip_level(s->gzip, o->level);
    ens_code code = s->gzip ? ens__digest_init(&s->sha256, ENS_SHA256, err)
                            : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a sealer", 0);
    if (code == ENS_OK && !is_host(ens_str(domain)))
        code = ens_fail_about(err, ENS_EPOLICY, RULE_ID, "the domain of ids is no name of a host", domain);
    if (code == ENS_OK)
        memcpy(s->domain, domain, strlen(domain) + 1);
    if (code == ENS_OK)
        code = load_key(s, o, err);
    if (code == ENS_OK)
        code = load_chain(s, o, &chain, err);
    if (code == ENS_OK)
        code = make_token(s, &chain, err);
    if (code != ENS_OK) {
        ens_sealer_free(s);
        return code;
    }
    *out = s;
    return ENS_OK;
}

void ens_sealer_free(ens_sealer *s)
{
    if (!s)
        return;
    EVP_PKEY_CTX_free(s->sign);
    EVP_PKEY_free(s->key);
    ens__digest_clear(&s->sha256);
    ens__gzip_free(s->gzip);
    ens_buf_free(&s->token);
    ens_buf_free(&s->out);
    ens__report_clear(&s->report);
    ens_arena_free(&s->arena);
    free(s);
}

ens_slice ens_sealer_message_id(const ens_sealer *s)
{
    return s->header.message_id;
}

/* begin_seal empties the sealer for the next message. */
static ens_header *begin_seal(ens_sealer *s)
{
    ens_arena_reset(&s->arena);
    ens__report_reset(&s->report);
    s->out.len = 0;
    s->out.failed = ENS_OK;
    s->departure = (departure){0};
    ens__header_clear(&s->header);
    return &s->header;
}

/* make_id is an RFC 4122 version 4 UUID at the access point. */
static ens_slice make_id(ens_sealer *s)
{
    static const uint8_t group[] = {4, 2, 2, 2, 6}; /* bytes between two hyphens */
    uint8_t r[16];
    size_t domain = strlen(s->domain), from = 0;
    char *text = ens_arena_take(&s->arena, UUID_TEXT + domain + 2), *to = text;
    if (!text || RAND_bytes(r, sizeof r) != 1)
        return (ens_slice){0};
    r[6] = (uint8_t)((r[6] & 0x0F) | 0x40);
    r[8] = (uint8_t)((r[8] & 0x3F) | 0x80);
    for (unsigned i = 0; i < sizeof group; from += group[i++]) {
        ens__hex(ens_bytes(r + from, group[i]), to);
        to += 2 * group[i];
        *to++ = i + 1 < sizeof group ? '-' : '@';
    }
    memcpy(to, s->domain, domain);
    return ens_bytes(text, UUID_TEXT + 1 + domain);
}

static void set_info(ens_sealer *s, ens_slice message_id, ens_time at)
{
    char *stamp = ens_arena_take(&s->arena, ENS_TIME_TEXT);
    s->header.message_id = message_id.len ? message_id : make_id(s);
    s->header.timestamp = stamp ? ens_str(ens_time_format(at, stamp)) : (ens_slice){0};
}

/* put_room leaves room for text that is filled in later and returns where. */
static size_t put_room(ens_buf *out, size_t len)
{
    uint8_t *p = ens_buf_room(out, len);
    size_t at = out->len;
    if (p) {
        memset(p, '=', len);
        out->len += len;
    }
    return at;
}

static size_t put_reference(ens_buf *out, const char *scheme, ens_slice uri, const char *transform)
{
    ens_buf_text(out, "<ds:Reference URI=\"");
    ens_buf_text(out, scheme);
    ens__xml_put_value(out, uri);
    ens_buf_text(out, "\"><ds:Transforms><ds:Transform Algorithm=\"");
    ens_buf_text(out, transform);
    ens_buf_text(out, "\"></ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"" ENS_ALG_SHA256
                      "\"></ds:DigestMethod><ds:DigestValue>");
    size_t at = put_room(out, DIGEST_TEXT);
    ens_buf_text(out, "</ds:DigestValue></ds:Reference>");
    return at;
}

static void put_signed_info(ens_sealer *s, const char *messaging_id, const char *body_id, rooms *r)
{
    ens_buf *out = &s->out;
    r->signed_info = out->len;
    ens_buf_text(out,
                 "<ds:SignedInfo xmlns:ds=\"" ENS_NS_DS "\"><ds:CanonicalizationMethod Algorithm=\"" ENS_ALG_EXC_C14N
                 "\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"" ENS_ALG_RSA_SHA256
                 "\"></ds:SignatureMethod>");
    r->digest[0] = put_reference(out, "#", ens_str(messaging_id), ENS_ALG_EXC_C14N);
    if (!s->departure.loose_body)
        r->digest[1] = put_reference(out, "#", ens_str(body_id), ENS_ALG_EXC_C14N);
    for (unsigned i = 0; i < s->header.num_parts; i++)
        r->digest[2 + i] = put_reference(out, "", s->header.part[i].href, ENS_ALG_SWA_CONTENT);
    ens_buf_text(out, "</ds:SignedInfo>");
    r->signed_info_end = out->len;
}

static void put_security(ens_sealer *s, const char *messaging_id, const char *body_id, rooms *r)
{
    ens_buf *out = &s->out;
    ens_buf_text(out, "<wsse:Security xmlns:wsse=\"" ENS_NS_WSSE "\" xmlns:wsu=\"" ENS_NS_WSU
                      "\" env:mustUnderstand=\"true\"><wsse:BinarySecurityToken EncodingType=\"" ENS_BASE64_BINARY
                      "\" ValueType=\"" ENS_TOKEN_PKIPATH "\" wsu:Id=\"token\">");
    ens_buf_put(out, ens_buf_slice(&s->token));
    ens_buf_text(out, "</wsse:BinarySecurityToken><ds:Signature xmlns:ds=\"" ENS_NS_DS "\" Id=\"signature\">");
    put_signed_info(s, messaging_id, body_id, r);
    ens_buf_text(out, "<ds:SignatureValue>");
    r->signature = put_room(out, ens__base64_size(s->signature_len));
    ens_buf_text(out, "</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse11=\"" ENS_NS_WSSE11
                      "\" wsse11:TokenType=\"" ENS_TOKEN_PKIPATH
                      "\"><wsse:Reference URI=\"#token\" ValueType=\"" ENS_TOKEN_PKIPATH
                      "\"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo></ds:Signature></wsse:Security>");
}

static ens_code fill_seal(ens_sealer *s, size_t at, ens_slice bytes, ens_err *err)
{
    uint8_t text[1024];
    ens_buf b;
    ens_buf_init(&b, text, sizeof text, sizeof text);
    ens__base64_encode(&b, bytes);
    ens_code code = ens_buf_done(&b, err);
    if (code == ENS_OK)
        memcpy(s->out.p + at, b.p, b.len);
    ens_buf_free(&b);
    return code;
}

static ens_code fill_digest(ens_sealer *s, size_t room, size_t from, size_t to, ens_err *err)
{
    uint8_t digest[ENS_DIGEST_MAX];
    if (s->out.failed)
        return ens_buf_done(&s->out, err);
    ens__digest_start(&s->sha256);
    ens__digest_add(&s->sha256, (ens_slice){s->out.p + from, to - from});
    ens_code code = ens__digest_end(&s->sha256, digest, err);
    return code == ENS_OK ? fill_seal(s, room, (ens_slice){digest, 32}, err) : code;
}

static ens_code sign(ens_sealer *s, const rooms *r, ens_err *err)
{
    uint8_t digest[ENS_DIGEST_MAX], signature[RSA_BITS_MAX / 8];
    size_t len = sizeof signature;
    if (s->out.failed)
        return ens_buf_done(&s->out, err);
    ens__digest_start(&s->sha256);
    ens__digest_add(&s->sha256, (ens_slice){s->out.p + r->signed_info, r->signed_info_end - r->signed_info});
    ens_code code = ens__digest_end(&s->sha256, digest, err);
    if (code != ENS_OK)
        return code;
    if (EVP_PKEY_sign(s->sign, signature, &len, digest, 32) != 1 || len != s->signature_len) {
        ERR_clear_error();
        return ens_fail(err, ENS_ECRYPTO, RULE_SEAL, "OpenSSL could not sign", 0);
    }
    return fill_seal(s, r->signature, (ens_slice){signature, len}, err);
}

/* finish_seal signs what was written; *out is it. */
static ens_code finish_seal(ens_sealer *s, const rooms *r, ens_slice *out, ens_err *err)
{
    ens_code code = s->departure.open ? ENS_OK : sign(s, r, err);
    if (code == ENS_OK)
        code = ens_buf_done(&s->out, err);
    if (code == ENS_OK)
        *out = ens_buf_slice(&s->out);
    return code;
}

#define EACH_BYTE ((uint64_t)0x0101010101010101)

/* plain_run is the length of what begins with octets from 0x20 to 0x7F, looked at eight at a time. */
static size_t plain_run(ens_slice text)
{
    size_t at = 0;
    for (uint64_t eight; at + sizeof eight <= text.len; at += sizeof eight) {
        memcpy(&eight, text.p + at, sizeof eight);
        if ((eight | ((eight - EACH_BYTE * 0x20) & ~eight)) & EACH_BYTE * 0x80)
            break;
    }
    return at;
}

/* is_legal: what was written of the caller's values is text that XML can hold.   Source  XML 1.0, 2.2 */
static bool is_legal(ens_slice text)
{
    ens_slice rest = ens_from(text, plain_run(text));
    for (size_t i = 0; i < rest.len; i++) {
        uint8_t c = rest.p[i];
        bool nonchar = c == 0xEF && i + 2 < rest.len && rest.p[i + 1] == 0xBF && rest.p[i + 2] >= 0xBE;
        if (nonchar || (c < ' ' && c != '\t' && c != '\n' && c != '\r'))
            return false;
    }
    return ens__is_utf8(rest);
}

/* put_body writes the Body, canonical; a fault in it is how SOAP tells of an error signal.
 * Source  ebMS3 Core 6.6; SOAP 1.2 Part 1, 5.4 */
static void put_body(ens_sealer *s, const char *body_id)
{
    ens_buf *out = &s->out;
    ens_buf_text(out, "<env:Body xmlns:env=\"" ENS_NS_SOAP12 "\" xmlns:wsu=\"" ENS_NS_WSU "\" wsu:Id=\"");
    ens_buf_text(out, body_id);
    ens_buf_text(out, "\">");
    if (s->departure.fault)
        ens_buf_text(out, "<env:Fault><env:Code><env:Value>env:Receiver</env:Value></env:Code><env:Reason>"
                          "<env:Text xml:lang=\"en\">" FAULT_REASON "</env:Text></env:Reason></env:Fault>");
    ens_buf_text(out, "</env:Body>");
}

/* fill_both fills the digests of header and Body as far as there is room for them. */
static ens_code fill_both(ens_sealer *s, const rooms *r, const size_t messaging[2], const size_t body[2], ens_err *err)
{
    if (s->departure.open)
        return ENS_OK;
    ens_code code = fill_digest(s, r->digest[0], messaging[0], messaging[1], err);
    return code == ENS_OK && !s->departure.loose_body ? fill_digest(s, r->digest[1], body[0], body[1], err) : code;
}

/* put_envelope writes the whole envelope and fills the digests of header and Body. Signals have ids of their own, so
 * that the references that a receipt copies never meet its own. */
static ens_code put_envelope(ens_sealer *s, const ens_signed_part *references, size_t num, rooms *r, ens_err *err)
{
    bool user = s->header.kind == ENS_KIND_USER_MESSAGE;
    const char *messaging_id = user ? "messaging" : "signal-messaging", *body_id = user ? "body" : "signal-body";
    ens_buf *out = &s->out;
    ens_buf_text(out, "<env:Envelope xmlns:env=\"" ENS_NS_SOAP12 "\"><env:Header>");
    size_t messaging[2] = {out->len}, body[2];
    ens__ebms_write(&s->header, messaging_id, references, num, out);
    messaging[1] = out->len;
    if (!out->failed && !is_legal(ens_bytes(out->p + messaging[0], messaging[1] - messaging[0])))
        return ens_fail(err, ENS_EPOLICY, "XML 1.0, 2.2", "a value of the header has characters that XML can't hold",
                        0);
    if (!s->departure.open)
        put_security(s, messaging_id, body_id, r);
    ens_buf_text(out, "</env:Header>");
    body[0] = out->len;
    put_body(s, body_id);
    body[1] = out->len;
    ens_buf_text(out, "</env:Envelope>");
    return fill_both(s, r, messaging, body, err);
}

/* check_rules lets ICS2's own judge look at the header before it is sealed. */
static ens_code check_rules(ens_sealer *s, ens_time at, bool to_trader, ens_err *err)
{
    char text[ENS_DETAIL_TEXT];
    ens__ics2_options o = {.as_trader = to_trader, .at = at};
    if (s->force)
        return ENS_OK;
    ens__ics2_judge(&s->header, &o, &s->report);
    for (size_t i = 0; i < ens_report_num(&s->report); i++) {
        const ens_finding *f = ens_report_get(&s->report, i);
        if (f->outcome == ENS_FAIL)
            return ens_fail_about(err, ENS_EPOLICY, f->rule, "ICS2 would refuse this message",
                                  ens_finding_detail(f, text));
    }
    return ENS_OK;
}

static void set_property(ens_part_info *p, const char *name, ens_slice value)
{
    p->property[p->num_properties++] = (ens_property){.name = ens_str(name), .value = value};
}

/* check_cid: what is not plain is sealed to rehearse, unless it would end the header field that it stands in. */
static ens_code check_cid(const ens_sealer *s, ens_slice cid, ens_err *err)
{
    char shown[ENS_ERR_TEXT];
    bool breaks = cid.len == 0;
    for (size_t i = 0; i < cid.len && !breaks; i++)
        breaks = cid.p[i] <= ' ' || cid.p[i] == 0x7F || cid.p[i] == '<' || cid.p[i] == '>';
    if (!breaks && (s->force || ens__content_id_plain(cid)))
        return ENS_OK;
    return ens_fail_about(err, ENS_EPOLICY, RULE_CID,
                          breaks ? "this can't be a Content-ID: rename the file"
                                 : "receivers don't find a part of this name: rename the file to letters, digits, . _ "
                                   "@ and -",
                          ens__printable(cid, shown, sizeof shown));
}

static ens_code set_parts(ens_sealer *s, const ens_seal_message_options *o, ens_err *err)
{
    ens_header *h = &s->header;
    if (o->num_parts > ENS_PARTS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "too many parts", 0);
    h->has_payload_info = o->num_parts > 0;
    for (size_t i = 0; i < o->num_parts; i++) {
        ens_code code = check_cid(s, o->parts[i].cid, err);
        if (code != ENS_OK)
            return code;
        ens_part_info *p = &h->part[h->num_parts++];
        *p = (ens_part_info){0};
        p->cid = o->parts[i].cid;
        char *href = ens_arena_printf(&s->arena, "cid:%.*s", (int)p->cid.len, (const char *)p->cid.p);
        if (!href)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the header", 0);
        p->href = ens_str(href);
        p->mime_type = o->parts[i].type;
        p->compression = ENS_LIT("application/gzip");
        set_property(p, "MimeType", p->mime_type);
        if (ens_is(p->mime_type, "application/xml")) {
            p->charset = ENS_LIT("utf-8");
            set_property(p, "CharacterSet", p->charset);
        }
        set_property(p, "CompressionType", p->compression);
    }
    return ENS_OK;
}

static ens_slice agreement_of(ens_slice given)
{
    if (!given.len || ens_is(given, "V2.0"))
        return ENS_LIT(ENS_AGREEMENT_V2);
    return ens_is(given, "V1.0") ? ENS_LIT(ENS_AGREEMENT_V1) : given;
}

/* set_header gives the parties, roles and service that go with the action. */
static ens_code set_header(ens_sealer *s, const ens_seal_message_options *o, ens_err *err)
{
    ens_header *h = begin_seal(s);
    bool test = ens_is(o->action, "test") || ens_is(o->action, ENS_TEST_ACTION);
    const ens_action *action = ens__action_find(o->action);
    bool customs = action ? action->direction == ENS_C2T : test && ens_is(o->from, ENS_PARTY_STI);
    ens_slice trader_type = ENS_LIT(ENS_PARTY_TYPE_EORI), customs_type = ENS_LIT(ENS_PARTY_TYPE_AUTH);
    ens_slice trader_role = ENS_LIT(ENS_ROLE_NAME_TRADER), customs_role = ENS_LIT(ENS_ROLE_NAME_CUSTOMS);
    if (!action && !test && !s->force)
        return ens_fail_about(err, ENS_EPOLICY, "ICD Annex 1", "ICS2 has no such action",
                              o->action.len ? "" : "none given");
    h->kind = ENS_KIND_USER_MESSAGE;
    set_info(s, o->message_id, o->at);
    h->ref_to = o->ref_to;
    h->mpc = o->mpc;
    h->from = (ens_party){customs && !o->from.len ? ENS_LIT(ENS_PARTY_STI) : o->from,
                          customs ? customs_type : trader_type, customs ? customs_role : trader_role, 1};
    h->to = (ens_party){!customs && !o->to.len ? ENS_LIT(ENS_PARTY_STI) : o->to, customs ? trader_type : customs_type,
                        customs ? trader_role : customs_role, 1};
    h->agreement = agreement_of(o->agreement);
    h->agreement_type = ENS_LIT(ENS_AGREEMENT_TYPE);
    h->service = test ? ENS_LIT(ENS_TEST_SERVICE) : customs ? ENS_LIT(ENS_SERVICE_C2T) : ENS_LIT(ENS_SERVICE_T2C);
    h->service_type = test ? ens_bytes(NULL, 0) : ENS_LIT(ENS_SERVICE_TYPE);
    h->action = test ? ENS_LIT(ENS_TEST_ACTION) : o->action;
    h->conversation_id = o->conversation_id.len ? o->conversation_id : ENS_LIT("1");
    ens_code code = set_parts(s, o, err);
    return code == ENS_OK ? check_rules(s, o->at, customs, err) : code;
}

/* boundary_of derives the boundary from the message id, so that the same message has the same bytes. */
static const char *boundary_of(ens_sealer *s, char out[64])
{
    uint8_t digest[ENS_DIGEST_MAX] = {0};
    char hex[33];
    ens__digest_start(&s->sha256);
    ens__digest_add(&s->sha256, s->header.message_id);
    if (ens__digest_end(&s->sha256, digest, NULL) != ENS_OK)
        return NULL;
    ens__hex((ens_slice){digest, 16}, hex);
    snprintf(out, 64, "----=_ensign_%s", hex);
    return out;
}

static ens_code put_parts(ens_sealer *s, const ens_seal_message_options *o, const ens_mime_writer *w, const rooms *r,
                          ens_err *err)
{
    for (size_t i = 0; i < o->num_parts; i++) {
        ens__mime_part_head(w, "application/gzip", o->parts[i].cid, &s->out);
        size_t from = s->out.len;
        ens_code code = ens__gzip_compress_passing(s->gzip, o->parts[i].bytes, s->passed, s->passed_user, &s->out, err);
        if (code == ENS_OK)
            code = fill_digest(s, r->digest[2 + i], from, s->out.len, err);
        if (code != ENS_OK)
            return ens_within(err, code, "compressing a part");
    }
    return ENS_OK;
}

ens_code ens_seal_message(ens_sealer *s, const ens_seal_message_options *o, ens_slice *out, ens_err *err)
{
    char boundary[64], root[ID_MAX];
    rooms r;
    ens_code code = set_header(s, o, err);
    if (code != ENS_OK)
        return code;
    snprintf(root, sizeof root, "root@%s", s->domain);
    ens_mime_writer w = {boundary_of(s, boundary), ens_str(root)};
    if (!w.boundary)
        return ens_fail(err, ENS_ECRYPTO, NULL, "SHA-256 failed", 0);
    ens__mime_begin(&w, &s->out);
    ens__mime_part_head(&w, "application/soap+xml; charset=UTF-8", w.root_id, &s->out);
    code = put_envelope(s, NULL, 0, &r, err);
    if (code == ENS_OK)
        code = put_parts(s, o, &w, &r, err);
    ens__mime_end(&w, &s->out);
    return code == ENS_OK ? finish_seal(s, &r, out, err) : code;
}

ens_code ens_seal_message_to(ens_sealer *s, const ens_seal_message_options *o, ens_sink put, void *user, ens_err *err)
{
    ens_slice rest;
    ens_code code = ens_seal_message(s, o, &rest, err);
    while (code == ENS_OK && rest.len) {
        ens_slice piece = ens_sub(rest, 0, rest.len < PIECE ? rest.len : PIECE);
        rest = ens_from(rest, piece.len);
        if ((code = put(user, piece)) != ENS_OK)
            ens_fail(err, code, NULL, "what takes the message failed", 0);
    }
    return code;
}

static ens_code seal_signal(ens_sealer *s, const ens_signed_part *references, size_t num, ens_slice *out, ens_err *err)
{
    rooms r;
    ens_code code = put_envelope(s, references, num, &r, err);
    return code == ENS_OK ? finish_seal(s, &r, out, err) : code;
}

static ens_code seal_receipt(ens_sealer *s, const ens_message *acknowledged, const ens_seal_signal_options *o,
                             bool loose_body, ens_slice *out, ens_err *err)
{
    ens_header *h = begin_seal(s);
    if (acknowledged->kind != ENS_MESSAGE_USER || !acknowledged->num_signed_parts)
        return ens_fail(err, ENS_EPOLICY, "AS4 5.1.8", "only a sealed user message is acknowledged by a receipt", 0);
    s->departure.loose_body = loose_body;
    h->kind = ENS_KIND_RECEIPT;
    set_info(s, o->message_id, o->at);
    h->ref_to = acknowledged->message_id;
    return seal_signal(s, acknowledged->signed_parts, acknowledged->num_signed_parts, out, err);
}

ens_code ens_seal_receipt(ens_sealer *s, const ens_message *acknowledged, const ens_seal_signal_options *o,
                          ens_slice *out, ens_err *err)
{
    return seal_receipt(s, acknowledged, o, false, out, err);
}

ens_code ens__seal_receipt_loose(ens_sealer *s, const ens_message *acknowledged, ens_time at, ens_slice *out,
                                 ens_err *err)
{
    return seal_receipt(s, acknowledged, &(ens_seal_signal_options){.at = at}, true, out, err);
}

/* describe_error makes the one error of a signal. */
static ens_error_info describe_error(ens_sealer *s, const ens__error_order *o, const ens_error_code *known)
{
    const char *text = ens_arena_printf(&s->arena, "%.*s%s%.*s", (int)o->subcode.len,
                                        o->subcode.len ? (const char *)o->subcode.p : "", o->subcode.len ? ": " : "",
                                        (int)o->detail.len, o->detail.len ? (const char *)o->detail.p : "");
    ens_slice name = o->name ? ens_str(o->name) : known ? ens_str(known->short_description) : ENS_LIT("Other");
    return (ens_error_info){
        .code = o->code,
        .severity = known ? ens_str(known->severity) : ENS_LIT("failure"),
        .category = known ? ens_str(known->category) : ENS_LIT("Content"),
        .origin = known ? ens_str(known->origin) : ENS_LIT("ebms"),
        .short_description = name,
        .ref_to = o->ref_to.len ? o->ref_to : (ens_slice){0},
        .description = text && *text ? ens_str(text) : name,
        .detail = text && *text ? ens_str(text) : (ens_slice){0},
    };
}

static ens_code seal_error(ens_sealer *s, const ens__error_order *o, ens_slice message_id, ens_slice *out, ens_err *err)
{
    ens_header *h = begin_seal(s);
    s->departure = (departure){.fault = o->fault, .open = o->open};
    h->kind = ENS_KIND_ERROR;
    set_info(s, message_id, o->at);
    h->ref_to = o->ref_to;
    h->num_errors = 1;
    h->error[0] = describe_error(s, o, ens__error_code(o->code));
    return seal_signal(s, NULL, 0, out, err);
}

ens_code ens__seal_error_as(ens_sealer *s, const ens__error_order *o, ens_slice *out, ens_err *err)
{
    return seal_error(s, o, (ens_slice){0}, out, err);
}

ens_code ens_seal_error(ens_sealer *s, ens_slice code, ens_slice subcode, ens_slice ref_to, ens_slice detail,
                        const ens_seal_signal_options *o, ens_slice *out, ens_err *err)
{
    if (!ens__error_code(code))
        return ens_fail(err, ENS_EPOLICY, "ICD Annex 4", "ICS2 has no such error code", 0);
    const ens__error_order order = {.code = code, .subcode = subcode, .ref_to = ref_to, .detail = detail, .at = o->at};
    return seal_error(s, &order, o->message_id, out, err);
}

ens_code ens_seal_pull(ens_sealer *s, ens_slice party_id, const ens_seal_signal_options *o, ens_slice *out,
                       ens_err *err)
{
    ens_header *h = begin_seal(s);
    h->kind = ENS_KIND_PULL_REQUEST;
    set_info(s, o->message_id, o->at);
    char *mpc = ens_arena_printf(&s->arena, ENS_MPC_EORI "%.*s", (int)party_id.len, (const char *)party_id.p);
    if (!mpc)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the header", 0);
    h->mpc = ens_str(mpc);
    ens_code code = check_rules(s, o->at, false, err);
    return code == ENS_OK ? seal_signal(s, NULL, 0, out, err) : code;
}
