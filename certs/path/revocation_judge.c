/* The findings about revocation: what was found, by whom, and what to do about it. */
#include "certs/path/revocation.h"
#include "certs/x509/crl.h"
#include "certs/x509/extensions.h"
#include "engine/base/report.h"

#include <stdio.h>

#define RULE_CRL "RFC 5280 6.3"
#define RULE_OCSP "RFC 6960 3.2"
#define HINT_REVOKED "a revoked seal is refused for good: get a new certificate and register it"
#define HINT_SUSPENDED                                                                                                 \
    "a suspended seal is refused until its CA lifts the suspension: ask the CA why, and have it lifted; a newer list " \
    "or response then tells so"
#define HINT_UNKNOWN "give the CA's list or an OCSP response (--crl, --ocsp), or let them be fetched (--online)"
#define HINT_LDAP "fetch the list by LDAP yourself and give it with --crl"
#define HINT_BACK "what the key sealed in between may be another's work: seal anew with another certificate"
#define HINT_ELSEWHERE                                                                                                 \
    "the list's distribution point is not one of the certificate's: ask the CA whether the certificate is revoked"
#define HINT_DOUBT "ask the CA whether it issued the certificate, and why its responder doesn't know it"
#define HINT_AGAIN "give a newer response (--ocsp), or let it be asked for (--online)"
#define HINT_LIST "tell the CA; until then ask its OCSP responder (--ocsp, --online)"
#define WHY_MAX 320
#define NOTHING_GIVEN "no CRL and no OCSP response was given"
#define LDAP_ONLY "its only addresses are LDAP, which is not fetched"

/* has_only_ldap: lists are published where nobody here can ask. */
static bool has_only_ldap(const ens_cert *cert)
{
    ens_reader points;
    ens__crl_point p;
    ens_slice uri;
    ens_extension_list access;
    bool ldap = false;
    if (!ens__crl_points_open(cert->crl_points, &points) ||
        (ens__authority_info_read(cert, &access) && ens__list_has(&access, "OCSP")))
        return false;
    while (ens__crl_points_next(&points, &p))
        for (ens_reader names = ens_read(p.name); ens__crl_point_next_uri(&p, &names, &uri);) {
            if (!ens__starts_nocase(uri, ENS_LIT("ldap:")) && !ens__starts_nocase(uri, ENS_LIT("ldaps:")))
                return false;
            ldap = true;
        }
    return ldap;
}

/* tell_unknown: soft-fail lets it pass, hard-fail refuses. */
static ens_finding *tell_unknown(const ens_trust *t, const ens_cert *cert, const ens__revocation *r, const char *id,
                                 ens_report *report)
{
    char failed[WHY_MAX];
    bool ldap = has_only_ldap(cert);
    const char *what = r->why      ? "the revocation information doesn't tell: "
                       : t->online ? "there is no CRL and no OCSP response"
                                   : NOTHING_GIVEN;
    const char *why = r->why ? r->why : "", *and = r->responder ? "; " : "",
               *responder = r->responder ? r->responder : "", *hint = ldap ? HINT_LDAP : HINT_UNKNOWN;
    if (ldap)
        snprintf(failed, sizeof failed, "%s", LDAP_ONLY);
    else
        ens__online_why(t->online, cert, failed, sizeof failed);
    const char *colon = failed[0] ? "; " : "";
    if (t->revocation_hard)
        return ens__failf(report, id, RULE_CRL, hint, "%s%s%s%s%s%s (hard-fail: refused)", what, why, and, responder,
                          colon, failed);
    ens_finding *f = ens__skip(report, id, RULE_CRL, false, "%s%s%s%s%s%s (soft-fail: passed over)", what, why, and,
                               responder, colon, failed);
    f->hint = hint;
    return f;
}

static ens_finding *tell_revoked(const ens__revocation *r, const char *id, ens_report *report)
{
    char since[ENS_TIME_TEXT] = "an unknown time", said[ENS_TIME_TEXT];
    bool hold = r->reason == ENS_REASON_HOLD;
    if (r->date != ENS_TIME_NONE)
        ens_time_format(r->date, since);
    return ens__failf(report, id, r->by_ocsp ? RULE_OCSP : RULE_CRL, hold ? HINT_SUSPENDED : HINT_REVOKED,
                      "the certificate is %s since %s (%s), by %s of %s%s", hold ? "suspended" : "revoked", since,
                      ens__reason_name(r->reason), r->by_ocsp ? "an OCSP response" : "a CRL",
                      ens_time_format(r->as_of, said),
                      !r->ended ? ""
                      : hold    ? ", which has ended; nothing newer lifts it"
                                : ", which has ended since");
}

static ens_finding *tell_good(const ens__revocation *r, const char *id, ens_report *report)
{
    char said[ENS_TIME_TEXT];
    if (r->unneeded)
        return ens__passf(report, id, "EN 319 412-1 5.2; RFC 9608", "short-term: needs no revocation information");
    return ens__passf(report, id, r->by_ocsp ? RULE_OCSP : RULE_CRL, "not revoked, by %s of %s",
                      r->by_ocsp ? "an OCSP response" : "a CRL", ens_time_format(r->as_of, said));
}

/* tell_back warns of what is known today and wasn't at the time asked for. */
static ens_finding *tell_back(const ens__revocation *r, const char *id, ens_report *report)
{
    char date[ENS_TIME_TEXT], from[ENS_TIME_TEXT] = "";
    if (r->invalidity != ENS_TIME_NONE)
        ens_time_format(r->invalidity, from);
    return ens__warn(report, id, "RFC 5280 5.3.2", HINT_BACK,
                     "the certificate is revoked since %s (%s), after the time asked for; %s%s",
                     ens_time_format(r->date, date), ens__reason_name(r->reason),
                     from[0] ? "it is invalid since " : "the compromise may have been before", from);
}

/* tell_remarks warns of what is wrong with lists and responses that were heard. */
static void tell_remarks(const ens__revocation *r, size_t i, ens__revocation_told *told, const char *id,
                         ens_report *report)
{
    static const struct {
        unsigned remark;
        const char *rule, *hint, *text;
    } remarks[] = {
        {ENS_REVOCATION_ELSEWHERE, "RFC 5280 5.2.5, 6.3.3 (b)", HINT_ELSEWHERE,
         "a list by its issuer names the certificate as revoked, and says that it tells of others"},
        {ENS_REVOCATION_NO_NUMBER, "RFC 5280 5.2.3", HINT_LIST, "the revocation list has no CRL number"},
        {ENS_REVOCATION_NUMBER_CRITICAL, "RFC 5280 5.2.3", HINT_LIST, "the CRL number of the list is critical"},
        {ENS_REVOCATION_NO_END, "RFC 5280 5.1.2.5", HINT_LIST,
         "the revocation list has no nextUpdate, and counts for a day"},
        {ENS_REVOCATION_ODD_LIST, "RFC 5280 5.1.2.4, 5.3", HINT_LIST,
         "the revocation list has fractions of seconds, or entries that aren't as they should be"},
        {ENS_REVOCATION_ODD_RESPONSE, "RFC 6960 4.2.2.1", "tell the CA",
         "the OCSP response has times with fractions of seconds"},
    };
    for (size_t k = 0; k < sizeof remarks / sizeof *remarks; k++)
        if (r->remarks & remarks[k].remark) {
            told->warned = true;
            ens__warn(report, id, remarks[k].rule, remarks[k].hint, "%s", remarks[k].text)->certificate = (int)i;
        }
    if (!r->responder || r->state != ENS_REVOCATION_GOOD)
        return;
    told->warned = true;
    ens__warn(report, id, RULE_OCSP, r->remarks & ENS_REVOCATION_DOUBTED ? HINT_DOUBT : HINT_AGAIN, "%s", r->responder)
        ->certificate = (int)i;
}

static void tell_revocation_judge(const ens_trust *t, ens__path *path, size_t i, const ens__revocation *r,
                                  const char *id, ens_report *report)
{
    ens__revocation_told *told = &path->revocation;
    ens_finding *f = r->state == ENS_REVOCATION_REVOKED ? tell_revoked(r, id, report)
                     : r->state == ENS_REVOCATION_GOOD  ? tell_good(r, id, report)
                                                        : tell_unknown(t, &path->cert[i], r, id, report);
    f->certificate = (int)i;
    told->passed |= f->outcome == ENS_PASS;
    told->skipped |= f->outcome == ENS_SKIP;
    told->failed |= f->outcome == ENS_FAIL;
    if (r->remarks & ENS_REVOCATION_REACHES_BACK) {
        told->warned = true;
        tell_back(r, id, report)->certificate = (int)i;
    }
    tell_remarks(r, i, told, id, report);
}

void ens__revocation_judge(const ens_trust *trust, const ens__certstore *others, const ens_chain *chain,
                           ens__path *path, ens_time at, const char *id, ens_report *report)
{
    ens__revocation_question q = {trust, chain, path, at, 0, &path->horizon, others};
    bool unknown = false;
    ens__evidence_reading reading;
    ens__evidence_enter(trust->evidence, &reading);
    for (size_t i = 0; i + 1 < path->num; i++) {
        ens__revocation r = ens__revocation_of(&q, i);
        unknown |= r.state == ENS_REVOCATION_UNKNOWN;
        tell_revocation_judge(trust, path, i, &r, id, report);
    }
    ens__evidence_leave(trust->evidence, &reading);
    path->asks_again = unknown && trust->online;
    ens__trust_tell_unread(trust, false, unknown, &path->revocation, id, report);
}
