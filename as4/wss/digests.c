#include "as4/wss/digests.h"

#include "as4/wss/diagnose.h"
#include "as4/wss/octets.h"
#include "engine/xml/reference/c14n.h"

#define RULE "XML Signature 1.1, 3.2"
#define OCTETS_MAX ((size_t)256 << 20) /* canonical forms of all XML and text parts of one message */

ens_code ens__digests_init(ens_digests *d, ens_xml *xml, ens_err *err)
{
    *d = (ens_digests){.xml = xml, .dsig = ens__dsig_new()};
    ens_buf_init(&d->octets, NULL, 0, OCTETS_MAX);
    ens_buf_init(&d->scratch, NULL, 0, OCTETS_MAX);
    if (!d->dsig)
        return ens_fail(err, ENS_ECRYPTO, NULL, "xmlsec1 can't be started", 0);
    return ens__digest_init(&d->sha256, ENS_SHA256, err);
}

void ens__digests_clear(ens_digests *d)
{
    ens__dsig_free(d->dsig);
    ens__digest_clear(&d->sha256);
    ens_buf_free(&d->octets);
    ens_buf_free(&d->scratch);
}

static void empty(ens_buf *b)
{
    b->len = 0;
    b->failed = ENS_OK;
}

bool ens__digest_octets(ens_digests *d, const ens_soap *soap, const ens_reference *r, const ens_covered *of,
                        ens_slice *out)
{
    if (of->part && ens__part_form(of->part) == ENS_FORM_RAW) {
        *out = of->part->body;
        return true;
    }
    empty(&d->scratch);
    ens_code code = of->node
                        ? ens__c14n(soap->doc, of->node->origin, ENS_C14N_EXCLUSIVE, r->prefix_list, &d->scratch, NULL)
                        : ens__part_octets(d->xml, of->part, &d->scratch, NULL);
    *out = ens_buf_slice(&d->scratch);
    return code == ENS_OK;
}

bool ens__digest_matches(ens_digests *d, ens_slice octets, ens_slice expected)
{
    uint8_t made[ENS_DIGEST_MAX];
    ens__digest_start(&d->sha256);
    ens__digest_add(&d->sha256, octets);
    return ens__digest_end(&d->sha256, made, NULL) == ENS_OK && ens_eq(ens_bytes(made, 32), expected);
}

static const char *id_of(const ens_soap *soap, const ens_covered *of)
{
    if (of->part)
        return "digest.part";
    return of->node == soap->messaging ? "digest.messaging" : of->node == soap->body ? "digest.body" : "digest.element";
}

static void judge_digest(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                         unsigned i, ens_arena *arena, ens_report *report)
{
    const ens_reference *r = &wss->reference[i];
    const ens_covered *of = &coverage->of[i];
    const char *id = id_of(soap, of);
    const char *uri = ens__show(report, r->uri);
    ens_slice octets;
    if (!of->node && !of->part) {
        ens__skip(report, id, RULE, true, "%s: what it refers to isn't there", uri);
    } else if (!ens__wss_reference_allowed(r)) {
        ens__skip(report, id, RULE, true, "%s: not computed, its algorithms aren't allowed", uri);
    } else if (!ens__digest_octets(d, soap, r, of, &octets)) {
        ens__failf(report, id, RULE, "send XML parts well-formed, or better as application/gzip",
                   "%s can't be canonicalised", uri);
    } else if (ens__digest_matches(d, octets, r->digest)) {
        ens__passf(report, id, RULE, "%s, %zu octets", uri, octets.len);
    } else {
        if (d->differs)
            d->differs(d->differs_user, wss->reference[i].uri, octets);
        ens_diagnosis why = ens__diagnose(d, soap, wss, coverage, i, octets, report);
        ens_finding *f = ens__failf(report, id, RULE, why.hint, "the digest of %s differs: %s", uri, why.detail);
        f->xpath = of->node ? ens__node_path(of->node, arena) : NULL;
    }
}

/* value_verifies checks SignatureValue alone, so that a report can tell it from the digests. */
static bool value_verifies(ens_digests *d, const ens_soap *soap, const ens_wss *wss, EVP_PKEY *key)
{
    empty(&d->scratch);
    if (!wss->signature_value.p || ens__c14n(soap->doc, wss->signed_info->origin, ENS_C14N_EXCLUSIVE,
                                             wss->c14n_prefix_list, &d->scratch, NULL) != ENS_OK)
        return false;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good =
        ctx && EVP_DigestVerifyInit(ctx, NULL, ens__digest_md(ENS_SHA256), NULL, key) == 1 &&
        EVP_DigestVerify(ctx, wss->signature_value.p, wss->signature_value.len, d->scratch.p, d->scratch.len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static void judge_value(ens_digests *d, const ens_soap *soap, const ens_wss *wss, EVP_PKEY *key, ens_report *report)
{
    if (!key)
        ens__skip(report, "signature.value", RULE, true, "the signer's certificate isn't known");
    else if (!ens__wss_signature_allowed(wss))
        ens__skip(report, "signature.value", RULE, true, "not computed, the signature's algorithms aren't allowed");
    else if (!EVP_PKEY_is_a(key, "RSA"))
        ens__failf(report, "signature.value", RULE, "seal with the private key of an RSA certificate",
                   "the signer's key isn't RSA");
    else if (value_verifies(d, soap, wss, key))
        ens__passf(report, "signature.value", RULE, "the signature value itself is good");
    else
        ens__failf(
            report, "signature.value", RULE,
            "seal with the private key of the certificate in the token, and leave ds:SignedInfo as it was signed",
            "the signature value doesn't verify with the key of the signer's certificate");
}

static void explain(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                    EVP_PKEY *key, ens_arena *arena, ens_report *report)
{
    for (unsigned i = 0; i < wss->num_references; i++)
        judge_digest(d, soap, wss, coverage, i, arena, report);
    judge_value(d, soap, wss, key, report);
}

/* make_targets says what every URI of the signature means; false when one of them can't be digested. */
static bool make_targets(ens_digests *d, const ens_wss *wss, const ens_coverage *coverage, ens_dsig_target *target)
{
    size_t from[ENS_REFERENCES_MAX] = {0};
    empty(&d->octets);
    for (unsigned i = 0; i < wss->num_references; i++) {
        const ens_covered *of = &coverage->of[i];
        if (!ens__wss_reference_allowed(&wss->reference[i]) || (!of->node && !of->part))
            return false;
        target[i] = (ens_dsig_target){.uri = wss->reference[i].uri,
                                      .node = of->node ? of->node->origin : NULL,
                                      .id = of->id ? of->id->origin : NULL};
        if (!of->part)
            continue;
        from[i] = d->octets.len;
        if (ens__part_form(of->part) == ENS_FORM_RAW)
            target[i].octets = of->part->body;
        else if (ens__part_octets(d->xml, of->part, &d->octets, NULL) != ENS_OK)
            return false;
        else
            target[i].octets.len = d->octets.len - from[i];
    }
    for (unsigned i = 0; i < wss->num_references; i++)
        if (coverage->of[i].part && ens__part_form(coverage->of[i].part) != ENS_FORM_RAW)
            target[i].octets.p = d->octets.p + from[i];
    return true;
}

void ens__digests_pass(const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage, ens_report *report)
{
    for (unsigned i = 0; i < wss->num_references; i++)
        ens__passf(report, id_of(soap, &coverage->of[i]), RULE, "%s", ens__show(report, wss->reference[i].uri));
    ens__pass(report, "signature.value", RULE);
}

void ens__digests_judge(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                        EVP_PKEY *key, ens_arena *arena, ens_report *report)
{
    if (!wss->signature || !wss->num_references)
        return;
    ens_dsig_target target[ENS_REFERENCES_MAX];
    bool valid = false, judged = false;
    ens_err err = {0};
    if (key && coverage->resolved && ens__wss_signature_allowed(wss) && make_targets(d, wss, coverage, target))
        judged =
            ens__dsig_verify(d->dsig, wss->signature->origin, key, target, wss->num_references, &valid, &err) == ENS_OK;
    if (judged && valid) {
        ens__digests_pass(soap, wss, coverage, report);
        return;
    }
    explain(d, soap, wss, coverage, key, arena, report);
    bool explained = ens__report_has(report, "digest", ENS_FAIL) || ens__report_has(report, "signature", ENS_FAIL) ||
                     ens__report_has(report, "digest", ENS_SKIP) || ens__report_has(report, "signature", ENS_SKIP);
    if (!explained)
        ens__failf(report, "signature.structure", "XML Signature 1.1, 4",
                   "write ds:Signature as the XML Signature schema has it",
                   "xmlsec1 doesn't accept the signature as a whole%s%s", err.text[0] ? ": " : "", err.text);
}
