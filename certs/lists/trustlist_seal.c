/* Is a trusted list sealed as it must be, and by whom? */
#include "certs/keys/key.h"
#include "certs/lists/trustlist.h"

#include <stdio.h>

#define RSA_BITS_MIN 1900u /* as TS 119 312 counts 2048: there are lists signed by 2032 bits */
#define EC_BITS_MIN 256u

/* The digest that SigningCertificate is made with. SHA-1 will do: it only tells which of the certificates in KeyInfo is
 * meant, and that certificate is compared whole with those who may sign. */
static const EVP_MD *digest_of(ens_slice uri)
{
    if (ens_is(uri, "http://www.w3.org/2000/09/xmldsig#sha1"))
        return EVP_sha1();
    if (ens_is(uri, "http://www.w3.org/2001/04/xmlenc#sha256"))
        return ens__digest_md(ENS_SHA256);
    if (ens_is(uri, "http://www.w3.org/2001/04/xmldsig-more#sha384"))
        return ens__digest_md(ENS_SHA384);
    return ens_is(uri, "http://www.w3.org/2001/04/xmlenc#sha512") ? ens__digest_md(ENS_SHA512) : NULL;
}

static bool refuse(ens_list_judgement *out, const char *why)
{
    snprintf(out->reason, sizeof out->reason, "%s", why);
    return false;
}

/* one_signature: XAdES allows others elsewhere; a trusted list has one, so that nobody can tell two stories. */
static bool one_signature(const ens_signature *s, ens_list_judgement *out)
{
    if (s->num_signatures == 0) {
        out->signature = ENS_LIST_SIGNATURE_NONE;
        return refuse(out, "the list is not signed");
    }
    if (s->num_signatures + s->num_inside != 1)
        return refuse(out, "the list has more than one signature");
    return s->depth == 2 || refuse(out, "the signature is no child of the root");
}

static bool good_reference(const ens_signature_reference *r, ens_list_judgement *out)
{
    switch (r->state) {
    case ENS_REFERENCE_HOLDS:
        return true;
    case ENS_REFERENCE_DIFFERS:
        return refuse(out, r->covers == ENS_COVERS_INSIDE
                               ? "the digest of the signed properties differs: they were changed after sealing"
                               : "the digest of the list differs: it was changed after sealing");
    default:
        return refuse(out, r->why ? r->why : "a reference of the signature can't be followed");
    }
}

/* covered: the root, all but the signature, and the very SignedProperties that were read. */
static bool covered(const ens_trustlist *l, ens_list_judgement *out)
{
    const ens_signature *s = l->signature;
    unsigned roots = 0, properties = 0;
    for (unsigned i = 0; i < s->num_references; i++) {
        const ens_signature_reference *r = &s->reference[i];
        if (!good_reference(r, out))
            return false;
        if (r->covers == ENS_COVERS_DOCUMENT || r->covers == ENS_COVERS_ROOT) {
            if (!r->enveloped || r->c14n != ENS_LIBXML_METHOD_EXCLUSIVE)
                return refuse(out, "the list is not digested by enveloped signature and exclusive canonicalisation");
            roots++;
        } else {
            properties += r->element.p == l->signed_properties;
        }
    }
    if (roots != 1)
        return refuse(out, "the signature doesn't cover the root of the list");
    if (l->num_signed_properties != 1 || properties != 1)
        return refuse(out, "the signature doesn't cover its SignedProperties");
    return true;
}

static bool digest_fits(const ens_signing_certificate *named, ens_slice der)
{
    uint8_t digest[ENS_DIGEST_MAX];
    unsigned len = 0;
    const EVP_MD *md = digest_of(named->method);
    return md && EVP_Digest(der.p, der.len, digest, &len, md, NULL) == 1 &&
           ens_eq(ens_bytes(digest, len), named->digest);
}

/* signer finds the certificate of KeyInfo that every SigningCertificate names. */
static bool signer(const ens_trustlist *l, ens_list_judgement *out)
{
    const ens_signature *s = l->signature;
    if (!l->num_signing_certificates)
        return refuse(out, "the signature doesn't name its certificate (SigningCertificate)");
    for (unsigned i = 0; i < s->num_certificates; i++) {
        size_t fit = 0;
        while (fit < l->num_signing_certificates && digest_fits(&l->signing_certificate[fit], s->certificate[i]))
            fit++;
        if (fit < l->num_signing_certificates)
            continue;
        out->signer = s->certificate[i];
        return true;
    }
    return refuse(out, "no certificate in the signature is the one that SigningCertificate names");
}

static bool strong(const ens_cert *cert, const ens_signature *s, ens_list_judgement *out)
{
    bool rsa = cert->key_type == ENS_KEY_RSA && s->scheme == ENS_SIGNATURE_RSA;
    bool pss =
        (cert->key_type == ENS_KEY_RSA || cert->key_type == ENS_KEY_RSA_PSS) && s->scheme == ENS_SIGNATURE_RSA_PSS;
    bool ec = cert->key_type == ENS_KEY_EC && s->scheme == ENS_SIGNATURE_ECDSA;
    if (!rsa && !pss && !ec)
        return refuse(out, "the signer's key and the algorithm of the signature don't go together");
    if (cert->key_bits < (ec ? EC_BITS_MIN : RSA_BITS_MIN))
        return refuse(out, "the signer's key is too short");
    return s->c14n == ENS_LIBXML_METHOD_EXCLUSIVE ||
           refuse(out, "the signature is not made over exclusive canonical XML");
}

static bool in_time(const ens_trustlist *l, const ens_cert *cert, ens_list_judgement *out)
{
    if (l->signing_time == ENS_TIME_NONE)
        return refuse(out, "the signature doesn't say when it was made (SigningTime)");
    if (l->signing_time < cert->not_before || l->signing_time > cert->not_after)
        return refuse(out, "the signature was made when the signer's certificate was not valid");
    return true;
}

/* value_good verifies the signature's value. False with an error only when out of memory. */
static bool value_good(const ens_signature *s, const ens_cert *cert, ens_list_judgement *out, ens_code *code,
                       ens_err *err)
{
    EVP_PKEY *key = NULL;
    bool valid = false;
    ens_err local = {0};
    ens_code made = ens__key_of(cert, &key, &local);
    if (made == ENS_OK)
        made = ens__signature_verify(s, key, &valid, &local);
    EVP_PKEY_free(key);
    if (made == ENS_ENOMEM)
        *code = ens_fail(err, made, NULL, "out of memory for a signature", 0);
    if (made != ENS_OK)
        return refuse(out, local.n ? local.frame[0].what : "the signature can't be verified");
    return valid || refuse(out, "the value of the signature is wrong");
}

static bool pinned(ens_slice signer_der, const ens_slice *anchors, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (ens_eq(signer_der, anchors[i]))
            return true;
    return false;
}

ens_code ens__trustlist_judge(const ens_trustlist *list, const ens_slice *anchors, size_t num_anchors,
                              ens_list_judgement *out, ens_err *err)
{
    ens_code code = ENS_OK;
    ens_cert cert;
    *out = (ens_list_judgement){.signature = ENS_LIST_SIGNATURE_INVALID};
    if (!one_signature(list->signature, out) || !covered(list, out) || !signer(list, out))
        return ENS_OK;
    if (ens_cert_parse(out->signer, &cert, NULL) != ENS_OK) {
        refuse(out, "the signer's certificate can't be read");
        return ENS_OK;
    }
    out->pinned = pinned(out->signer, anchors, num_anchors);
    if (!strong(&cert, list->signature, out) || !in_time(list, &cert, out) ||
        !value_good(list->signature, &cert, out, &code, err))
        return code;
    out->signature = ENS_LIST_SIGNATURE_VALID;
    if (!out->pinned)
        refuse(out, num_anchors ? "the signer is none of those that may sign this list"
                                : "nobody is known who may sign this list");
    return ENS_OK;
}
