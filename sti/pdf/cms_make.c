/* Writing a CMS: ours has the whole chain, and of signed attributes those that CAdES wants and PAdES allows.
 * OpenSSL 3.0 would add the time of signing, which PAdES forbids.   Source  ETSI EN 319 142-1, 6.3; RFC 5652, 5.3 */
#include "certs/x509/name.h"
#include "sti/pdf/cms.h"

#define ROOM 1024u /* bytes of all that isn't a certificate, a name or the signature */

#define ALGORITHM_SHA256 ENS_LIT("\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define ALGORITHM_RSA ENS_LIT("\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B\x05\x00")
#define ALGORITHM_EC ENS_LIT("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02")

size_t ens__cms_room(const EVP_PKEY *key, const ens_chain *chain)
{
    size_t room = ROOM + (size_t)EVP_PKEY_get_size(key) + 2 * chain->cert[0].issuer.len;
    for (size_t i = 0; i < chain->num; i++)
        room += chain->cert[i].der.len;
    return room;
}

static void put_element(ens_buf *out, uint8_t tag, ens_slice body)
{
    ens__der_put_header(out, tag, body.len);
    ens_buf_put(out, body);
}

/* wrap_typed makes a SEQUENCE of a type and what was written from an offset on. */
static void wrap_typed(ens_buf *out, size_t from, ens_slice type)
{
    uint8_t head[32] = {ENS_DER_OID, (uint8_t)type.len};
    size_t len = 2 + type.len;
    memcpy(head + 2, type.p, type.len);
    if (!ens_buf_room(out, len))
        return;
    memmove(out->p + from + len, out->p + from, out->len - from);
    memcpy(out->p + from, head, len);
    out->len += len;
    ens__der_wrap(out, from, ENS_DER_SEQUENCE);
}

/* wrap_attribute makes an attribute of its one value. */
static void wrap_attribute(ens_buf *out, size_t from, ens_slice type)
{
    ens__der_wrap(out, from, ENS_DER_SET);
    wrap_typed(out, from, type);
}

/* put_ess writes signing-certificate-v2: the digest of the signer's certificate, its issuer and serial number. */
static ens_code put_ess(const ens_cert *signer, ens_buf *out, ens_err *err)
{
    size_t from = out->len;
    uint8_t digest[32];
    ens_code code = ens__sha256(signer->der, digest, err);
    if (code != ENS_OK)
        return code;
    put_element(out, ENS_DER_OCTET_STRING, ens_bytes(digest, sizeof digest));
    size_t names = out->len;
    put_element(out, ENS_DER_CONTEXT(4), signer->issuer); /* GeneralName directoryName, which is explicit */
    ens__der_wrap(out, names, ENS_DER_SEQUENCE);
    put_element(out, ENS_DER_INTEGER, signer->serial);
    ens__der_wrap(out, names, ENS_DER_SEQUENCE);
    for (int i = 0; i < 3; i++) /* the identifier, the list of them, the attribute's value */
        ens__der_wrap(out, from, ENS_DER_SEQUENCE);
    wrap_attribute(out, from, ENS_OID_SIGNING_CERTIFICATE_V2);
    return ENS_OK;
}

/* put_attributes writes the contents of the SET in the order of DER, which is that of their lengths here.
 * Source  X.690, 11.6 */
static ens_code put_attributes(const ens_cert *signer, const uint8_t digest[32], ens_buf *out, ens_err *err)
{
    size_t from = out->len;
    put_element(out, ENS_DER_OID, ENS_OID_DATA);
    wrap_attribute(out, from, ENS_OID_CONTENT_TYPE);
    from = out->len;
    put_element(out, ENS_DER_OCTET_STRING, ens_bytes(digest, 32));
    wrap_attribute(out, from, ENS_OID_MESSAGE_DIGEST);
    return put_ess(signer, out, err);
}

/* sign appends the signature over attributes. */
static ens_code sign(EVP_PKEY *key, ens_slice attributes, ens_buf *out, ens_err *err)
{
    size_t len = (size_t)EVP_PKEY_get_size(key), from = out->len;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t *room = ens_buf_room(out, len);
    bool good = ctx && room && EVP_DigestSignInit(ctx, NULL, ens__digest_md(ENS_SHA256), NULL, key) == 1 &&
                EVP_DigestSign(ctx, room, &len, attributes.p, attributes.len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!good)
        return ens_fail(err, ENS_ECRYPTO, NULL, "the key can't sign", 0);
    out->len += len;
    ens__der_wrap(out, from, ENS_DER_OCTET_STRING);
    return ENS_OK;
}

static ens_code put_signer(EVP_PKEY *key, const ens_cert *signer, const uint8_t digest[32], ens_buf *out, ens_err *err)
{
    size_t from = out->len;
    ens_buf attributes;
    put_element(out, ENS_DER_INTEGER, ENS_LIT("\x01"));
    size_t sid = out->len;
    ens_buf_put(out, signer->issuer);
    put_element(out, ENS_DER_INTEGER, signer->serial);
    ens__der_wrap(out, sid, ENS_DER_SEQUENCE);
    ens_buf_put(out, ALGORITHM_SHA256);
    ens_buf_init(&attributes, NULL, 0, ENS_CMS_MAX);
    ens_code code = put_attributes(signer, digest, &attributes, err);
    ens__der_wrap(&attributes, 0, ENS_DER_SET);
    if (code == ENS_OK)
        code = ens_buf_done(&attributes, err);
    if (code == ENS_OK) {
        size_t at = out->len;
        ens_buf_put(out, ens_buf_slice(&attributes));
        if (!out->failed)
            out->p[at] = ENS_DER_CONTEXT(0);
        ens_buf_put(out, EVP_PKEY_is_a(key, "EC") ? ALGORITHM_EC : ALGORITHM_RSA);
        code = sign(key, ens_buf_slice(&attributes), out, err);
    }
    ens_buf_free(&attributes);
    ens__der_wrap(out, from, ENS_DER_SEQUENCE);
    return code;
}

/* put_certificates writes them in the order of DER: by their bytes.   Source  X.690, 11.6 */
static void put_certificates(const ens_chain *chain, ens_buf *out)
{
    bool put[ENS_CHAIN_MAX] = {false};
    for (size_t i = 0; i < chain->num; i++) {
        size_t next = SIZE_MAX;
        for (size_t k = 0; k < chain->num; k++) {
            ens_slice a = chain->cert[k].der, b = next < chain->num ? chain->cert[next].der : a;
            if (!put[k] && (next == SIZE_MAX || memcmp(a.p, b.p, a.len < b.len ? a.len : b.len) < 0))
                next = k;
        }
        put[next] = true;
        ens_buf_put(out, chain->cert[next].der);
    }
}

ens_code ens__cms_make(EVP_PKEY *key, const ens_chain *chain, const uint8_t digest[32], ens_buf *out, ens_err *err)
{
    size_t start = out->len, from;
    put_element(out, ENS_DER_INTEGER, ENS_LIT("\x01"));
    put_element(out, ENS_DER_SET, ALGORITHM_SHA256);
    from = out->len;
    put_element(out, ENS_DER_OID, ENS_OID_DATA);
    ens__der_wrap(out, from, ENS_DER_SEQUENCE);
    from = out->len;
    put_certificates(chain, out);
    ens__der_wrap(out, from, ENS_DER_CONTEXT(0));
    from = out->len;
    ens_code code = put_signer(key, &chain->cert[0], digest, out, err);
    if (code != ENS_OK)
        return code;
    ens__der_wrap(out, from, ENS_DER_SET);
    ens__der_wrap(out, start, ENS_DER_SEQUENCE);
    ens__der_wrap(out, start, ENS_DER_CONTEXT(0));
    wrap_typed(out, start, ENS_OID_SIGNED_DATA);
    return ens_buf_done(out, err);
}
