#include "certs/revocation.h"

#include "engine/report.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define RULE_CRL "RFC 5280 6.3"
#define RULE_OCSP "RFC 6960 3.2"
#define CLOCK_SKEW 300 /* seconds that a responder's clock may be ahead */
#define HINT_REVOKED "a revoked seal is refused for good: get a new certificate and register it"

typedef enum { UNKNOWN = 0, GOOD, REVOKED } state;

/* What was found of one certificate; why is a constant or OpenSSL's. */
typedef struct {
    state is;
    const char *why;
} finding_of;

typedef struct {
    finding_of of[ENS_CHAIN_MAX + 1];
} crl_findings;

static int on_crl_error(int good, X509_STORE_CTX *ctx)
{
    crl_findings *all = X509_STORE_CTX_get_app_data(ctx);
    int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);
    if (good || depth < 0 || depth > (int)ENS_CHAIN_MAX)
        return 1;
    finding_of *f = &all->of[depth];
    if (error == X509_V_ERR_CERT_REVOKED)
        *f = (finding_of){REVOKED, NULL};
    else if (f->is != REVOKED)
        *f = (finding_of){UNKNOWN, X509_verify_cert_error_string(error)};
    return 1;
}

/* by_crls asks OpenSSL once more, about the path that it built, with revocation switched on. */
static void by_crls(const ens_trust *t, STACK_OF(X509) * path, ens_time at, crl_findings *out)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE *store = X509_STORE_new();
    if (store)
        X509_STORE_add_cert(store, sk_X509_value(path, sk_X509_num(path) - 1));
    for (size_t i = 0; i <= ENS_CHAIN_MAX; i++)
        out->of[i] = (finding_of){GOOD, NULL};
    if (!ctx || !X509_STORE_CTX_init(ctx, store, sk_X509_value(path, 0), path)) {
        for (size_t i = 0; i <= ENS_CHAIN_MAX; i++)
            out->of[i] = (finding_of){UNKNOWN, "out of memory"};
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        return;
    }
    X509_STORE_CTX_set_time(ctx, 0, at);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                      X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS);
    X509_STORE_CTX_set0_crls(ctx, t->crls);
    X509_STORE_CTX_set_app_data(ctx, out);
    X509_STORE_CTX_set_verify_cb(ctx, on_crl_error);
    X509_verify_cert(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    ERR_clear_error();
}

/* may_answer: the issuer itself, or one to whom he delegated (RFC 6960, 4.2.2.2). */
static bool may_answer(X509 *signer, X509 *issuer, ens_time at)
{
    if (X509_cmp(signer, issuer) == 0)
        return true;
    time_t when = (time_t)at;
    return X509_NAME_cmp(X509_get_issuer_name(signer), X509_get_subject_name(issuer)) == 0 && X509_verify(signer, X509_get0_pubkey(issuer)) == 1 &&
           (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) && (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) &&
           X509_cmp_time(X509_get0_notBefore(signer), &when) < 0 && X509_cmp_time(X509_get0_notAfter(signer), &when) > 0;
}

static bool is_fresh(const ASN1_GENERALIZEDTIME *this_update, const ASN1_GENERALIZEDTIME *next_update, ens_time at)
{
    time_t later = (time_t)(at + CLOCK_SKEW), earlier = (time_t)(at - CLOCK_SKEW);
    return X509_cmp_time(this_update, &later) < 0 && (!next_update || X509_cmp_time(next_update, &earlier) > 0);
}

static finding_of by_response(OCSP_BASICRESP *r, X509 *cert, X509 *issuer, ens_time at)
{
    int status = 0, reason = 0;
    ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
    X509 *signer = NULL;
    STACK_OF(X509) *known = sk_X509_new_null();
    OCSP_CERTID *id = OCSP_cert_to_id(NULL, cert, issuer);
    finding_of f = {UNKNOWN, "no OCSP response is about it"};
    if (!known || !id || sk_X509_push(known, issuer) <= 0)
        f.why = "out of memory";
    else if (OCSP_resp_find_status(r, id, &status, &reason, &revoked, &this_update, &next_update) != 1)
        f.why = "no OCSP response is about it";
    else if (OCSP_basic_verify(r, known, NULL, OCSP_NOVERIFY) != 1 || OCSP_resp_get0_signer(r, &signer, known) != 1 ||
             !may_answer(signer, issuer, at))
        f.why = "the OCSP response isn't signed by the issuer or a responder of his";
    else if (status == V_OCSP_CERTSTATUS_REVOKED)
        f = is_fresh(revoked, NULL, at) ? (finding_of){REVOKED, NULL} : (finding_of){GOOD, NULL}; /* revoked after the time asked for */
    else if (!is_fresh(this_update, next_update, at))
        f.why = "the OCSP response isn't of this time";
    else
        f = status == V_OCSP_CERTSTATUS_GOOD ? (finding_of){GOOD, NULL} : (finding_of){UNKNOWN, "the OCSP responder doesn't know it"};
    OCSP_CERTID_free(id);
    sk_X509_free(known);
    ERR_clear_error();
    return f;
}

static finding_of by_ocsp(const ens_trust *t, X509 *cert, X509 *issuer, ens_time at)
{
    finding_of best = {UNKNOWN, "no OCSP response is about it"};
    for (size_t i = 0; i < t->num_ocsp && best.is != REVOKED; i++) {
        finding_of f = by_response(t->ocsp[i], cert, issuer, at);
        if (f.is != UNKNOWN || i == 0)
            best = best.is == GOOD && f.is == UNKNOWN ? best : f;
    }
    return best;
}

static void tell(int index, finding_of crl, bool has_crls, finding_of ocsp, bool has_ocsp, const char *id, ens_report *report)
{
    ens_finding *f;
    if ((has_crls && crl.is == REVOKED) || (has_ocsp && ocsp.is == REVOKED))
        f = ens__failf(report, id, crl.is == REVOKED && has_crls ? RULE_CRL : RULE_OCSP, HINT_REVOKED, "the certificate is revoked");
    else if (has_ocsp && ocsp.is == GOOD)
        f = ens__passf(report, id, RULE_OCSP, "not revoked, by OCSP");
    else if (has_crls && crl.is == GOOD)
        f = ens__passf(report, id, RULE_CRL, "not revoked, by CRL");
    else if (has_crls)
        f = ens__skip(report, id, RULE_CRL, false, "the revocation lists that were given don't tell: %s", crl.why ? crl.why : "");
    else
        f = ens__skip(report, id, RULE_OCSP, false, "the OCSP responses that were given don't tell: %s", ocsp.why ? ocsp.why : "");
    f->certificate = index;
}

static STACK_OF(X509) * stack_of(const ens__path *path)
{
    STACK_OF(X509) *stack = sk_X509_new_null();
    for (size_t i = 0; stack && i < path->num; i++) {
        const unsigned char *p = path->cert[i].der.p;
        sk_X509_push(stack, d2i_X509(NULL, &p, (long)path->cert[i].der.len));
    }
    return stack;
}

void ens__revocation_judge(const ens_trust *t, const ens__path *found, ens_time at, const char *id, ens_report *report)
{
    bool has_crls = sk_X509_CRL_num(t->crls) > 0, has_ocsp = t->num_ocsp > 0;
    crl_findings crls = {0};
    STACK_OF(X509) *path = has_crls || has_ocsp ? stack_of(found) : NULL;
    if (has_crls)
        by_crls(t, path, at, &crls);
    for (int i = 0; i + 1 < (int)found->num && i < (int)ENS_CHAIN_MAX; i++) {
        finding_of ocsp = {0};
        if (found->cert[i].no_rev_avail || found->cert[i].validity_assured) {
            ens__passf(report, id, "EN 319 412-1 5.2", "short-term: needs no revocation information")->certificate = i;
            continue;
        }
        if (!has_crls && !has_ocsp) {
            ens__skip(report, id, "RFC 5280 6.3", false, "no CRL and no OCSP response was given (--crl, --ocsp)")->certificate = i;
            continue;
        }
        if (has_ocsp)
            ocsp = by_ocsp(t, sk_X509_value(path, i), sk_X509_value(path, i + 1), at);
        tell(i, crls.of[i], has_crls, ocsp, has_ocsp, id, report);
    }
    sk_X509_pop_free(path, X509_free);
}
