#include "as4/anonymise/reissue.h"

#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#define DEPTH_MAX 24u /* elements within each other */
#define SIGNATURE_MAX 2048u
#define TOLD_BY_NONE 2u /* characters of a text that tell of nobody: a language, a country */
#define OCTETS_MIN 4u   /* of a context-specific value that tell of somebody */
#define LIST_MAX ((size_t)64 << 20)

/* -- Keys -- */

EVP_PKEY *ens__key_like(void *user, const EVP_PKEY *like)
{
    EVP_PKEY *out = NULL;
    BIGNUM *e = NULL;
    (void)user;
    EVP_PKEY_CTX *c = EVP_PKEY_is_a(like, "RSA-PSS")
                          ? EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL)
                          : EVP_PKEY_CTX_new_from_pkey(NULL, (EVP_PKEY *)(uintptr_t)like, NULL);
    bool rsa = EVP_PKEY_is_a(like, "RSA") || EVP_PKEY_is_a(like, "RSA-PSS");
    bool good = c && EVP_PKEY_keygen_init(c) == 1;
    if (good && rsa)
        good = EVP_PKEY_CTX_set_rsa_keygen_bits(c, EVP_PKEY_get_bits(like)) == 1 &&
               EVP_PKEY_get_bn_param(like, "e", &e) == 1 && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, e) == 1;
    if (good && EVP_PKEY_generate(c, &out) != 1)
        out = NULL;
    BN_free(e);
    EVP_PKEY_CTX_free(c);
    return out;
}

static EVP_PKEY *public_of(ens_slice spki)
{
    const uint8_t *p = spki.p;
    return d2i_PUBKEY(NULL, &p, (long)spki.len);
}

/* bits_of appends the contents of subjectPublicKey of a key, as ens_cert has them. */
static bool bits_of(const EVP_PKEY *key, ens_buf *out)
{
    uint8_t *der = NULL;
    ens_der spki, algorithm, bits;
    int len = i2d_PUBKEY(key, &der);
    ens_reader r = ens_read(ens_bytes(der, len > 0 ? (size_t)len : 0));
    bool good = len > 0 && ens__der_take(&r, ENS_DER_SEQUENCE, &spki);
    ens_reader in = ens_read(good ? spki.body : (ens_slice){0});
    good = good && ens__der_any(&in, &algorithm) && ens__der_take(&in, ENS_DER_BIT_STRING, &bits);
    if (good)
        ens_buf_put(out, ens_from(bits.body, 1));
    OPENSSL_free(der);
    return good && !out->failed;
}

/* -- Taking in -- */

const ens_reissued *ens__reissue_find(const ens_reissue *r, ens_slice der)
{
    for (size_t i = 0; i < r->num; i++)
        if (ens_eq(r->cert[i].der, der))
            return &r->cert[i];
    return NULL;
}

static bool parse(ens_slice der, ens_cert *out)
{
    unsigned odd;
    return ens_cert_parse_loose(der, out, &odd, NULL) == ENS_OK;
}

/* key_for makes a key like that of the certificate; two that have the same key have the same one again. */
static void key_for(ens_reissue *r, ens_reissued *one, const ens_cert *cert)
{
    ens_cert other;
    one->was = public_of(cert->spki);
    for (size_t i = 0; i < r->num && !one->key; i++)
        if (r->cert[i].key && parse(r->cert[i].der, &other) && ens_eq(other.spki, cert->spki)) {
            one->key = r->cert[i].key;
            EVP_PKEY_up_ref(one->key);
        }
    if (!one->key && one->was)
        one->key = r->make_key(r->user, one->was);
}

/* note_key_id has the identifier of the old key stand for that of the new one, where it was made from the key. */
static void note_key_id(ens_reissue *r, const ens_reissued *one, const ens_cert *cert)
{
    uint8_t old[SHA_DIGEST_LENGTH], instead[SHA_DIGEST_LENGTH];
    ens_buf bits;
    ens_buf_init(&bits, NULL, 0, LIST_MAX);
    if (one->key && bits_of(one->key, &bits)) {
        SHA1(cert->key_bits_string.p, cert->key_bits_string.len, old);
        SHA1(bits.p, bits.len, instead);
        ens__alias_octets_set(r->aliases, ens_bytes(old, sizeof old), ens_bytes(instead, sizeof instead));
    }
    ens_buf_free(&bits);
}

bool ens__reissue_add(ens_reissue *r, ens_slice der)
{
    ens_cert cert;
    if (ens__reissue_find(r, der))
        return true;
    const char *copy = r->num < ENS_REISSUE_MAX ? ens_arena_text(r->arena, der) : NULL;
    if (!copy)
        return false;
    ens_reissued one = {.der = ens_bytes(copy, der.len)};
    if (parse(one.der, &cert)) {
        key_for(r, &one, &cert);
        note_key_id(r, &one, &cert);
    }
    r->cert[r->num++] = one;
    return true;
}

void ens__reissue_clear(ens_reissue *r)
{
    for (size_t i = 0; i < r->num; i++) {
        EVP_PKEY_free(r->cert[i].was);
        EVP_PKEY_free(r->cert[i].key);
    }
    r->num = 0;
}

void ens__reissue_orgids(const ens_reissue *r)
{
    for (size_t i = 0; i < r->num; i++) {
        ens_cert cert;
        size_t num = 0;
        ens_attribute attribute[ENS_NAME_ATTRIBUTES_MAX];
        if (!parse(r->cert[i].der, &cert) || !ens__name_read(cert.subject, attribute, &num))
            continue;
        for (size_t k = 0; k < num; k++)
            if (ens_eq(attribute[k].type, ENS_OID_ORGANIZATION_IDENTIFIER))
                ens__alias_orgid(r->aliases, attribute[k].value);
    }
}

/* -- Writing over -- */

typedef struct {
    ens_aliases *aliases;
    bool list; /* of a CRL: its integers are serial numbers */
} painter;

static uint8_t *at(ens_slice s)
{
    return (uint8_t *)(uintptr_t)s.p; /* into our own copy */
}

static void paint_text(const painter *p, ens_slice text, bool uri)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, LIST_MAX);
    ens__alias_text(p->aliases, text, uri, &out);
    if (!out.failed && out.len == text.len)
        memcpy(at(text), out.p, out.len);
    ens_buf_free(&out);
}

/* paint_wide does so with characters of two octets, where they are ASCII. */
static void paint_wide(const painter *p, ens_slice text)
{
    ens_buf narrow, out;
    ens_buf_init(&narrow, NULL, 0, LIST_MAX);
    ens_buf_init(&out, NULL, 0, LIST_MAX);
    for (size_t i = 0; i + 1 < text.len; i += 2)
        ens_buf_add(&narrow, text.p[i] ? "?" : (const char *)text.p + i + 1, 1);
    ens__alias_text(p->aliases, ens_buf_slice(&narrow), false, &out);
    for (size_t i = 0; i < out.len && out.len == narrow.len; i++)
        if (!text.p[2 * i])
            at(text)[2 * i + 1] = out.p[i];
    ens_buf_free(&narrow);
    ens_buf_free(&out);
}

static bool is_printable(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return false;
    return s.len > 0;
}

static bool is_text(uint8_t tag)
{
    return tag == ENS_DER_UTF8_STRING || tag == ENS_DER_PRINTABLE_STRING || tag == ENS_DER_IA5_STRING ||
           tag == ENS_DER_T61_STRING || tag == 0x12 || tag == 0x1A;
}

static bool is_whole(ens_slice der)
{
    ens_reader r = ens_read(der);
    ens_der one;
    return ens__der_any(&r, &one) && !ens_left(&r);
}

static void paint(const painter *p, ens_slice der, unsigned depth, bool inner);

static void paint_one(const painter *p, const ens_der *e, ens_slice type, unsigned depth, bool inner)
{
    bool context = (e->tag & 0xE0) == 0x80;
    if (e->tag & 0x20)
        paint(p, e->body, depth + 1, inner);
    else if (is_text(e->tag) && !ens_eq(type, ENS_OID_COUNTRY) && e->body.len > TOLD_BY_NONE)
        paint_text(p, e->body, e->tag == ENS_DER_IA5_STRING);
    else if (e->tag == ENS_DER_BMP_STRING)
        paint_wide(p, e->body);
    else if (e->tag == ENS_DER_OCTET_STRING && !inner && is_whole(e->body))
        paint(p, e->body, depth + 1, true);
    else if (e->tag == ENS_DER_OCTET_STRING || (context && !is_printable(e->body) && e->body.len >= OCTETS_MIN) ||
             (p->list && !inner && e->tag == ENS_DER_INTEGER && e->body.len > 1))
        ens__alias_octets(p->aliases, at(e->body), e->body.len);
    else if (context && is_printable(e->body))
        paint_text(p, e->body, true);
}

/* paint writes over what tells of somebody in DER: texts but countries, octets that are no structure of their own.
 * inner: within an OCTET STRING already. */
static void paint(const painter *p, ens_slice der, unsigned depth, bool inner)
{
    ens_reader r = ens_read(der);
    ens_der e;
    ens_slice type = {0};
    for (; depth < DEPTH_MAX && ens__der_any(&r, &e); type = e.tag == ENS_DER_OID ? e.body : (ens_slice){0})
        paint_one(p, &e, type, depth, inner);
}

/* put_element appends a header and what it is of. */
static void put_element(uint8_t tag, ens_slice body, ens_buf *out)
{
    ens__der_put_header(out, tag, body.len);
    ens_buf_put(out, body);
}

/* -- Signing -- */

/* sign signs as the algorithm says; what can't be signed so gets octets of nobody, as many as there were. */
static bool sign(EVP_PKEY *key, int md, bool pss, ens_slice tbs, ens_slice before, uint8_t *out, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *p = NULL;
    *len = SIGNATURE_MAX;
    bool good = ctx && key &&
                EVP_DigestSignInit(ctx, &p, md == NID_undef ? NULL : EVP_get_digestbynid(md), NULL, key) == 1 &&
                (!pss || (EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 &&
                          EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
                EVP_DigestSign(ctx, out, len, tbs.p, tbs.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (good)
        return true;
    *len = before.len < SIGNATURE_MAX ? before.len : SIGNATURE_MAX;
    return RAND_bytes(out, (int)*len) == 1 || !*len;
}

/* put_signed appends SEQUENCE { tbs, algorithm, signature }. */
static void put_signed(ens_slice tbs, ens_slice algorithm, ens_slice signature, ens_buf *out)
{
    ens_buf body, bits;
    ens_buf_init(&body, NULL, 0, LIST_MAX);
    ens_buf_init(&bits, NULL, 0, LIST_MAX);
    ens_buf_add(&bits, "\0", 1);
    ens_buf_put(&bits, signature);
    ens_buf_put(&body, tbs);
    ens_buf_put(&body, algorithm);
    put_element(ENS_DER_BIT_STRING, ens_buf_slice(&bits), &body);
    put_element(ENS_DER_SEQUENCE, ens_buf_slice(&body), out);
    ens_buf_free(&bits);
    ens_buf_free(&body);
}

/* signer_of finds the certificate by whose key this one was signed; NULL: by none of them. */
static EVP_PKEY *signer_of(const ens_reissue *r, X509 *x)
{
    for (size_t i = 0; x && i < r->num; i++)
        if (r->cert[i].was && X509_verify(x, r->cert[i].was) == 1)
            return r->cert[i].key;
    return NULL;
}

/* paint_opaque replaces what is no certificate: its first octets stay, which say why. */
static bool paint_opaque(ens_reissue *r, ens_reissued *one)
{
    enum { KEPT = 16 };
    uint8_t *copy = (uint8_t *)ens_arena_text(r->arena, one->der);
    if (!copy || (one->der.len > KEPT && RAND_bytes(copy + KEPT, (int)(one->der.len - KEPT)) != 1))
        return false;
    one->instead = ens_bytes(copy, one->der.len);
    return true;
}

/* paint_certificate writes over all of a copy but its signature. */
static bool paint_certificate(const ens_reissue *r, const ens_reissued *one, const ens_cert *copy)
{
    const painter p = {.aliases = r->aliases};
    ens_buf bits;
    ens_buf_init(&bits, NULL, 0, LIST_MAX);
    ens__alias_octets(r->aliases, at(copy->serial), copy->serial.len);
    ens_der tbs;
    ens_reader in = ens_read(copy->tbs);
    bool good = ens__der_any(&in, &tbs);
    if (good)
        paint(&p, tbs.body, 0, false);
    if (one->key && bits_of(one->key, &bits) && bits.len == copy->key_bits_string.len)
        memcpy(at(copy->key_bits_string), bits.p, bits.len);
    else
        ens__alias_octets(r->aliases, at(copy->key_bits_string), copy->key_bits_string.len);
    ens_buf_free(&bits);
    return good;
}

static bool reissue_one(ens_reissue *r, ens_reissued *one)
{
    ens_cert copy;
    ens_buf out;
    uint8_t signature[SIGNATURE_MAX];
    size_t len = 0;
    int md = NID_undef, pk = NID_undef, bits;
    uint32_t flags;
    const char *text = ens_arena_text(r->arena, one->der);
    if (!text || !parse(ens_bytes(text, one->der.len), &copy))
        return text && paint_opaque(r, one);
    const uint8_t *p = one->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)one->der.len);
    EVP_PKEY *signer = signer_of(r, x);
    if (!x || X509_get_signature_info(x, &md, &pk, &bits, &flags) != 1)
        signer = NULL;
    ens_buf_init(&out, NULL, 0, LIST_MAX);
    bool good = paint_certificate(r, one, &copy) &&
                sign(signer, md, pk == NID_rsassaPss, copy.tbs, copy.signature, signature, &len);
    if (good)
        put_signed(copy.tbs, copy.signature_algorithm, ens_bytes(signature, len), &out);
    const char *made = good && !out.failed ? ens_arena_text(r->arena, ens_buf_slice(&out)) : NULL;
    one->instead = ens_bytes(made, made ? out.len : 0);
    ens_buf_free(&out);
    X509_free(x);
    return made != NULL;
}

bool ens__reissue_all(ens_reissue *r)
{
    for (size_t i = 0; i < r->num; i++)
        if (!reissue_one(r, &r->cert[i]))
            return false;
    return !ens__aliases_failed(r->aliases);
}

bool ens__reissue_list(ens_reissue *r, ens_slice der, ens_buf *out)
{
    ens__crl copy;
    uint8_t signature[SIGNATURE_MAX];
    size_t len = 0;
    int md = NID_undef, pk = NID_undef;
    EVP_PKEY *signer = NULL;
    const painter brush = {.aliases = r->aliases, .list = true};
    const char *text = ens_arena_text(r->arena, der);
    const uint8_t *p = der.p;
    X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)der.len);
    for (size_t i = 0; x && !signer && i < r->num; i++)
        if (r->cert[i].was && X509_CRL_verify(x, r->cert[i].was) == 1)
            signer = r->cert[i].key;
    bool good = text && x && signer && ens__crl_read(ens_bytes(text, der.len), &copy, NULL) == ENS_OK &&
                OBJ_find_sigid_algs(X509_CRL_get_signature_nid(x), &md, &pk) == 1;
    X509_CRL_free(x);
    if (!good)
        return false;
    ens_der tbs;
    ens_reader in = ens_read(copy.tbs);
    good = ens__der_any(&in, &tbs);
    if (good)
        paint(&brush, tbs.body, 0, false);
    good = good && sign(signer, md, pk == NID_rsassaPss, copy.tbs, copy.signature, signature, &len);
    if (good)
        put_signed(copy.tbs, copy.signature_algorithm, ens_bytes(signature, len), out);
    return good && !out->failed && !ens__aliases_failed(r->aliases);
}
