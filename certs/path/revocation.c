#include "certs/path/revocation.h"

#include "engine/base/report.h"

#define RULE_CRL "RFC 5280 6.3"
#define RULE_OCSP "RFC 6960 3.2"
#define HINT_REVOKED "a revoked seal is refused for good: get a new certificate and register it"
#define WHY_MAX 200
#define NOTHING_GIVEN "no CRL and no OCSP response was given"
#define HINT_UNKNOWN "give the CA's list or an OCSP response (--crl, --ocsp), or let them be fetched (--online)"

/* needs_none: the CA promises to issue no revocation information, for certificates that end soon. */
static bool needs_none(const ens_cert *c)
{
    return !c->ca && (c->no_rev_avail || c->validity_assured);
}

static ens__revocation ask_at_hand(const ens__revocation_question *q, size_t i)
{
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

ens__revocation ens__revocation_of(const ens__revocation_question *q, size_t i)
{
    const ens_cert *cert = &q->path->cert[i];
    ens__online *online = q->trust->online;
    if (needs_none(cert))
        return (ens__revocation){.state = ENS_REVOCATION_GOOD};
    ens__revocation r = ask_at_hand(q, i);
    if (online && r.state == ENS_REVOCATION_UNKNOWN &&
        ens__online_ocsp(online, q->trust->evidence, cert, &q->path->cert[i + 1], q->at))
        r = ask_at_hand(q, i);
    if (online && r.state == ENS_REVOCATION_UNKNOWN && ens__online_crls(online, q->trust->evidence, cert, q->at))
        r = ask_at_hand(q, i);
    return r;
}

/* tell_unknown: soft-fail lets it pass, hard-fail refuses. */
static ens_finding *tell_unknown(const ens_trust *t, const ens_cert *cert, const ens__revocation *r, const char *id,
                                 ens_report *report)
{
    char failed[WHY_MAX];
    const char *what = r->why      ? "the revocation information doesn't tell: "
                       : t->online ? "there is no CRL and no OCSP response"
                                   : NOTHING_GIVEN;
    const char *why = r->why ? r->why : "";
    ens__online_why(t->online, cert, failed, sizeof failed);
    const char *colon = failed[0] ? "; " : "";
    if (t->revocation_hard)
        return ens__failf(report, id, RULE_CRL, HINT_UNKNOWN, "%s%s%s%s (hard-fail: refused)", what, why, colon,
                          failed);
    ens_finding *f =
        ens__skip(report, id, RULE_CRL, false, "%s%s%s%s (soft-fail: passed over)", what, why, colon, failed);
    f->hint = HINT_UNKNOWN;
    return f;
}

static void tell(const ens_trust *t, const ens__path *path, size_t i, const ens__revocation *r, const char *id,
                 ens_report *report)
{
    char text[ENS_TIME_TEXT];
    const char *rule = r->by_ocsp ? RULE_OCSP : RULE_CRL;
    ens_finding *f;
    if (r->state == ENS_REVOCATION_REVOKED)
        f = ens__failf(report, id, rule, HINT_REVOKED, "the certificate is revoked since %s (%s)",
                       ens_time_format(r->date, text), ens__reason_name(r->reason));
    else if (r->state == ENS_REVOCATION_GOOD)
        f = ens__passf(report, id, rule, "not revoked, by %s", r->by_ocsp ? "OCSP" : "CRL");
    else
        f = tell_unknown(t, &path->cert[i], r, id, report);
    f->certificate = (int)i;
}

void ens__revocation_judge(const ens_trust *trust, const ens_chain *chain, ens__path *path, ens_time at, const char *id,
                           ens_report *report)
{
    ens__revocation_question q = {trust, chain, path, at, 0, &path->horizon};
    for (size_t i = 0; i + 1 < path->num; i++) {
        if (needs_none(&path->cert[i])) {
            ens__passf(report, id, "EN 319 412-1 5.2", "short-term: needs no revocation information")->certificate =
                (int)i;
            continue;
        }
        ens__revocation r = ens__revocation_of(&q, i);
        tell(trust, path, i, &r, id, report);
    }
}
