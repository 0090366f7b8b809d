#include "certs/revocation.h"

#include "engine/report.h"

#define RULE_CRL "RFC 5280 6.3"
#define RULE_OCSP "RFC 6960 3.2"
#define HINT_REVOKED "a revoked seal is refused for good: get a new certificate and register it"
#define HINT_UNKNOWN "give the CA's list or an OCSP response (--crl, --ocsp), or let them be fetched (--online)"

/* needs_none: the CA promises to issue no revocation information, for certificates that end soon. */
static bool needs_none(const ens_cert *c)
{
    return !c->ca && (c->no_rev_avail || c->validity_assured);
}

ens__revocation ens__revocation_of(const ens__revocation_question *q, size_t i)
{
    if (needs_none(&q->path->cert[i]))
        return (ens__revocation){.state = ENS_REVOCATION_GOOD};
    ens__revocation ocsp = {.why = NULL}, crl = {.why = NULL};
    if (ens__evidence_num_ocsps(q->trust->evidence))
        ocsp = ens__revocation_by_ocsp(q, i);
    if (ens__evidence_num_crls(q->trust->evidence) && ocsp.state != ENS_REVOCATION_REVOKED)
        crl = ens__revocation_by_crl(q, i);
    if (ocsp.state == ENS_REVOCATION_REVOKED || crl.state == ENS_REVOCATION_REVOKED)
        return ocsp.state == ENS_REVOCATION_REVOKED ? ocsp : crl;
    if (ocsp.state == ENS_REVOCATION_GOOD || crl.state == ENS_REVOCATION_GOOD)
        return ocsp.state == ENS_REVOCATION_GOOD ? ocsp : crl;
    return crl.why ? crl : ocsp;
}

/* tell_unknown: soft-fail lets it pass, hard-fail refuses. */
static ens_finding *tell_unknown(const ens__revocation *r, bool hard, const char *id, ens_report *report)
{
    const char *what = r->why ? "the revocation information that was given doesn't tell: " : "no CRL and no OCSP response was given (--crl, --ocsp)";
    const char *why = r->why ? r->why : "";
    if (hard)
        return ens__failf(report, id, RULE_CRL, HINT_UNKNOWN, "%s%s (hard-fail: what can't be told is refused)", what, why);
    return ens__skip(report, id, RULE_CRL, false, "%s%s (soft-fail: it is passed over)", what, why);
}

static void tell(size_t i, const ens__revocation *r, bool hard, const char *id, ens_report *report)
{
    char text[ENS_TIME_TEXT];
    const char *rule = r->by_ocsp ? RULE_OCSP : RULE_CRL;
    ens_finding *f;
    if (r->state == ENS_REVOCATION_REVOKED)
        f = ens__failf(report, id, rule, HINT_REVOKED, "the certificate is revoked since %s (%s)", ens_time_format(r->date, text),
                       ens__reason_name(r->reason));
    else if (r->state == ENS_REVOCATION_GOOD)
        f = ens__passf(report, id, rule, "not revoked, by %s", r->by_ocsp ? "OCSP" : "CRL");
    else
        f = tell_unknown(r, hard, id, report);
    f->certificate = (int)i;
}

void ens__revocation_judge(const ens_trust *trust, const ens_chain *chain, const ens__path *path, ens_time at, const char *id, ens_report *report)
{
    ens__revocation_question q = {trust, chain, path, at, 0};
    for (size_t i = 0; i + 1 < path->num; i++) {
        if (needs_none(&path->cert[i])) {
            ens__passf(report, id, "EN 319 412-1 5.2", "short-term: needs no revocation information")->certificate = (int)i;
            continue;
        }
        ens__revocation r = ens__revocation_of(&q, i);
        tell(i, &r, trust->revocation_hard, id, report);
    }
}
