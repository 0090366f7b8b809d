/* Path validation by OpenSSL's verifier, each of its errors as a finding. */
#include "certs/path.h"

#include "certs/name.h"
#include "certs/revocation.h"
#include "engine/clock.h"
#include "engine/report.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define RULE_PATH "RFC 5280 6.1"
#define RULE_DATES "RFC 5280 4.1.2.5"
#define RULE_USAGE "RFC 5280 4.2.1.3; ICD 4.6.2"
#define RULE_ALGORITHM "TS 119 312; ics2-hti 10.3"
#define RSA_BITS_MIN 2048u
#define HINT_ANCHOR "give the CA's certificate with --trust; the real STI takes it from the EU's trusted lists or the national list"
#define HINT_DATES "renew the certificate and register the new one before the old one ends"
#define HINT_USAGE "ask for a seal certificate whose key usage has digitalSignature or nonRepudiation"

const ens__chain_ids ens__message_chain_ids = {"chain.path", "chain.form", "chain.dates", "chain.usage", "chain.algorithm", "chain.revocation"};
const ens__chain_ids ens__certificate_chain_ids = {"chain.path", "chain.form", "chain.dates", "chain.usage", "crypto.algorithm", "revocation.status"};

static STACK_OF(X509) * to_stack(const ens_chain *chain, X509 **leaf)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (size_t i = 0; stack && i < chain->num; i++) {
        const unsigned char *p = chain->cert[i].der.p;
        X509 *x = d2i_X509(NULL, &p, (long)chain->cert[i].der.len);
        if (x && sk_X509_push(stack, x) > 0)
            continue;
        X509_free(x);
        sk_X509_pop_free(stack, X509_free);
        ERR_clear_error();
        return NULL;
    }
    *leaf = stack ? sk_X509_value(stack, 0) : NULL;
    return stack;
}

/* What the verifier's callback writes to. */
typedef struct {
    ens_report *report;
    const ens_chain *chain;
    const ens__chain_ids *ids;
    bool no_anchor, failed;
} judging;

static bool is_no_anchor(int error)
{
    return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || error == X509_V_ERR_CERT_UNTRUSTED;
}

/* Faults of form that X509_V_FLAG_X509_STRICT finds and that no path validation of RFC 5280, 6.1 refuses. */
static bool is_form(int error)
{
    return error == X509_V_ERR_CA_BCONS_NOT_CRITICAL || error == X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER ||
           error == X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER || error == X509_V_ERR_EMPTY_SUBJECT_ALT_NAME ||
           error == X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL || error == X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL ||
           error == X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL || error == X509_V_ERR_CA_CERT_MISSING_KEY_USAGE ||
           error == X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY;
}

static ens_finding *tell_no_anchor(judging *j, int depth)
{
    char name[ENS_NAME_TEXT_MAX] = "";
    const ens_cert *last = &j->chain->cert[(size_t)depth < j->chain->num ? (size_t)depth : j->chain->num - 1];
    if (j->no_anchor)
        return NULL;
    j->no_anchor = true;
    return ens__failf(j->report, j->ids->path, RULE_PATH, HINT_ANCHOR, "the path leads to no trusted CA: the issuer %s is none",
                      ens__name_text(last->issuer, name, sizeof name));
}

static int on_error(int good, X509_STORE_CTX *ctx)
{
    judging *j = X509_STORE_CTX_get_app_data(ctx);
    int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
    const char *why = X509_verify_cert_error_string(error);
    ens_finding *f = NULL;
    if (good)
        return 1;
    if (is_no_anchor(error))
        f = tell_no_anchor(j, depth);
    else if (error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CERT_HAS_EXPIRED)
        return 1; /* judge_dates says so for every certificate, with the date */
    else if (is_form(error))
        f = ens__warn(j->report, j->ids->form, "RFC 5280 4.2", "tell the CA; ICS2 takes the certificate all the same", "%s", why);
    else
        f = ens__failf(j->report, j->ids->path, RULE_PATH, "ask the CA for a certificate whose path is valid", "%s", why);
    j->failed |= f && f->outcome == ENS_FAIL;
    if (f)
        f->certificate = depth;
    return 1;
}

/* build validates the path and returns it, anchor last, or NULL where there is none. */
static STACK_OF(X509) * build(const ens_trust *t, X509 *leaf, STACK_OF(X509) * token, ens_time at, judging *j)
{
    STACK_OF(X509) *path = NULL, *pool = sk_X509_dup(token);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *more = sk_X509_new_null();
    for (size_t i = 0; pool && more && i < t->untrusted.num; i++) {
        ens_slice der = ens__pool_get(&t->untrusted, i)->der;
        const unsigned char *p = der.p;
        X509 *x = d2i_X509(NULL, &p, (long)der.len);
        if (x && sk_X509_push(more, x) > 0)
            sk_X509_push(pool, x);
    }
    if (!ctx || !pool || !X509_STORE_CTX_init(ctx, t->store, leaf, pool)) {
        ens__skip(j->report, j->ids->path, RULE_PATH, true, "out of memory");
        j->failed = true;
        goto out;
    }
    X509_STORE_CTX_set_time(ctx, 0, at);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_app_data(ctx, j);
    X509_STORE_CTX_set_verify_cb(ctx, on_error);
    if (X509_verify_cert(ctx) <= 0 && !j->failed) {
        ens__failf(j->report, j->ids->path, RULE_PATH, "ask the CA for a certificate whose path is valid", "%s",
                   X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        j->failed = true;
    }
    path = X509_STORE_CTX_get1_chain(ctx);
out:
    X509_STORE_CTX_free(ctx);
    sk_X509_free(pool);
    sk_X509_pop_free(more, X509_free);
    ERR_clear_error();
    return path;
}

static void judge_dates(const ens_chain *chain, ens_time at, const char *id, ens_report *report)
{
    bool good = true;
    for (size_t i = 0; i < chain->num; i++) {
        const ens_cert *c = &chain->cert[i];
        char text[ENS_TIME_TEXT];
        if (at >= c->not_before && at <= c->not_after)
            continue;
        bool early = at < c->not_before;
        good = false;
        ens__failf(report, id, RULE_DATES, early ? "wait, or judge at a later time (--at)" : HINT_DATES, "the certificate is valid only %s %s",
                   early ? "from" : "until", ens_time_format(early ? c->not_before : c->not_after, text))
            ->certificate = (int)i;
    }
    if (good)
        ens__pass(report, id, RULE_DATES);
}

static void judge_usage(const ens_cert *leaf, const char *id, ens_report *report)
{
    if (!leaf->has_key_usage)
        ens__warn(report, id, "EN 319 412-2 4.3.2", HINT_USAGE, "the certificate has no key usage at all")->certificate = 0;
    else if (leaf->key_usage & ENS_KU_DIGITAL_SIGNATURE)
        ens__passf(report, id, RULE_USAGE, "digitalSignature")->certificate = 0;
    else if (leaf->key_usage & ENS_KU_NON_REPUDIATION)
        ens__warn(report, id, RULE_USAGE, "stacks that want digitalSignature for WS-Security (WSS4J among them, when told so) may refuse the seal",
                  "the key usage has nonRepudiation but no digitalSignature")
            ->certificate = 0;
    else
        ens__failf(report, id, RULE_USAGE, HINT_USAGE, "the key may not sign: key usage has neither digitalSignature nor nonRepudiation")
            ->certificate = 0;
}

/* is_weak_hash: MD5 and SHA-1 with RSA or ECDSA, by the object identifier of the certificate's signature. */
static bool is_weak_hash(ens_slice oid)
{
    return ens_eq(oid, ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04")) || ens_eq(oid, ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05")) ||
           ens_eq(oid, ENS_LIT("\x2A\x86\x48\xCE\x3D\x04\x01"));
}

static void judge_algorithms(const ens_chain *chain, const char *id, ens_report *report)
{
    bool good = true;
    for (size_t i = 0; i < chain->num; i++) {
        const ens_cert *c = &chain->cert[i];
        bool anchor = ens_eq(c->subject, c->issuer), rsa = c->key_type == ENS_KEY_RSA || c->key_type == ENS_KEY_RSA_PSS;
        ens_finding *f = NULL;
        if (rsa && c->key_bits < RSA_BITS_MIN)
            f = ens__failf(report, id, RULE_ALGORITHM, "use RSA of at least 2048 bits", "the RSA key has %u bits", c->key_bits);
        else if (!anchor && is_weak_hash(c->signature_oid))
            f = ens__failf(report, id, RULE_ALGORITHM, "ask the CA for a certificate signed with SHA-256",
                           "the certificate is signed with SHA-1 or MD5");
        if (f)
            f->certificate = (int)i;
        good &= !f;
    }
    if (good)
        ens__pass(report, id, RULE_ALGORITHM);
}

/* end_of is when the first certificate of the path ends. */
static ens_time end_of(STACK_OF(X509) * path)
{
    ens_time end = ENS_TIME_NONE;
    for (int i = 0; i < sk_X509_num(path); i++) {
        struct tm t;
        if (ASN1_TIME_to_tm(X509_get0_notAfter(sk_X509_value(path, i)), &t) != 1)
            continue;
        ens_time one = ens__time_of((ens_civil){t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec});
        if (end == ENS_TIME_NONE || one < end)
            end = one;
    }
    return end;
}

static ens_time judge_path(const ens_trust *trust, const ens_chain *chain, ens_time at, const ens__chain_ids *ids, ens_report *report)
{
    judging j = {.report = report, .chain = chain, .ids = ids};
    X509 *leaf = NULL;
    STACK_OF(X509) *token = to_stack(chain, &leaf), *path = NULL;
    ens_time end = ENS_TIME_NONE;
    if (!token) {
        ens__failf(report, ids->path, RULE_PATH, "ask the CA for a certificate that OpenSSL can read", "a certificate of the path can't be decoded");
        return end;
    }
    path = build(trust, leaf, token, at, &j);
    if (!j.failed) {
        ens__passf(report, ids->path, RULE_PATH, "%d certificates up to a trusted CA", sk_X509_num(path));
        end = end_of(path);
    }
    if (path && !j.no_anchor)
        ens__revocation_judge(trust, path, chain, at, ids->revocation, report);
    sk_X509_pop_free(path, X509_free);
    sk_X509_pop_free(token, X509_free);
    return end;
}

ens_time ens__chain_judge(const ens_trust *trust, const ens_chain *chain, ens_time at, const ens__chain_ids *ids, ens_report *report)
{
    ens_time end = ENS_TIME_NONE;
    if (!chain->num) {
        ens__failf(report, ids->path, RULE_PATH, "give the signer's certificate with its issuers", "there is no certificate");
        return end;
    }
    if (ens_trust_num_anchors(trust))
        end = judge_path(trust, chain, at, ids, report);
    else
        ens__skip(report, ids->path, RULE_PATH, true, "no anchors are loaded (--trust), so no path can be judged");
    judge_dates(chain, at, ids->dates, report);
    judge_usage(&chain->cert[0], ids->usage, report);
    judge_algorithms(chain, ids->algorithm, report);
    return end;
}

void ens_chain_check(const ens_trust *trust, const ens_chain *chain, ens_time at, ens_report *report)
{
    ens__chain_judge(trust, chain, at, &ens__message_chain_ids, report);
}
