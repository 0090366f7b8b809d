#include "certs/qualify/proof.h"

#include "engine/base/report.h"

#include <stdio.h>

#define RULE_MATCH "TS 119 615 4.3"
#define RULE_QUALIFIED "TS 119 615 4.4"
#define RULE_QSCD "TS 119 615 4.5"
#define DATE_LEN 10 /* of RFC 3339 */
#define HINT_CA "ask the CA which of its services issues qualified certificates for seals"
#define HINT_LIST "tell the CA or the supervisory body of its country: the list contradicts itself"

static const struct {
    const char *id[2], *rule;
} steps[ENS_STEPS] = {
    [ENS_STEP_SERVICE] = {{"qualification.issuance-service", "qualification.validation-service"}, RULE_MATCH},
    [ENS_STEP_CA_QC] = {{"qualification.issuance-ca-qc", "qualification.validation-ca-qc"}, RULE_MATCH},
    [ENS_STEP_USE] = {{"qualification.issuance-use", "qualification.validation-use"}, RULE_QUALIFIED},
    [ENS_STEP_CONFLICT] = {{"qualification.issuance-conflict", "qualification.validation-conflict"}, RULE_QUALIFIED},
    [ENS_STEP_STATUS] = {{"qualification.issuance-status", "qualification.validation-status"}, RULE_QUALIFIED},
    [ENS_STEP_CONSISTENT] = {{"qualification.issuance-consistent", "qualification.validation-consistent"},
                             RULE_QUALIFIED},
    [ENS_STEP_QUALIFIED] = {{"qualification.issuance-qualified", "qualification.validation-qualified"}, RULE_QUALIFIED},
    [ENS_STEP_TYPE] = {{"qualification.issuance-type", "qualification.validation-type"}, RULE_QUALIFIED},
    [ENS_STEP_QSCD] = {{"qualification.issuance-qscd", "qualification.validation-qscd"}, RULE_QSCD},
};
static const char *const result_id[2] = {"qualification.issuance-result", "qualification.validation-result"};

/* What the telling of one moment needs. */
typedef struct {
    const ens_snapshot *lists;
    const ens_lineage *lineage;
    const ens_claims *claims;
    const ens_standings *standings;
    const ens_qualifying *q;
    ens_moment moment;
    ens_time at;
    ens_report *report;
} telling;

static const char *type_name(unsigned type)
{
    return type == ENS_TYPE_ESIG    ? "signatures"
           : type == ENS_TYPE_ESEAL ? "seals"
           : type == ENS_TYPE_WSA   ? "web sites"
                                    : "nothing that can be told";
}

static const char *country_of(const ens_snapshot *lists, uint32_t service, ens_report *report)
{
    ens_service s;
    ens_list list;
    if (!ens__snapshot_service(lists, service, &s) || !ens__snapshot_list(lists, s.list, &list))
        return "?";
    return ens__show(report, list.country);
}

const char *ens__standing_show(const ens_snapshot *lists, const ens_standing *s, ens_report *report)
{
    char since[ENS_TIME_TEXT];
    const char *text = ens_arena_printf(&report->arena, "%s %s %s since %.*s", country_of(lists, s->service, report),
                                        ens__service_type_name(s->type), ens__service_status_name(s->status), DATE_LEN,
                                        ens_time_format(s->start, since));
    return text ? text : "";
}

/* name_of is what the list calls a service. */
static const char *name_of(const telling *t, const ens_standing *s)
{
    ens_service_entry entry;
    return ens__show(t->report, ens__snapshot_entry(t->lists, s->entry, &entry) ? entry.name : (ens_slice){0});
}

static void pass(const telling *t, ens_step step, const char *detail)
{
    ens__pass(t->report, steps[step].id[t->moment], steps[step].rule)->detail = detail;
}

/* tell_service names the state that decides, or the first of those found. */
static bool tell_service(const telling *t)
{
    const char *id = steps[ENS_STEP_SERVICE].id[t->moment];
    const ens_standing *s = t->q->decisive ? t->q->decisive : t->standings->num ? &t->standings->standing[0] : NULL;
    char date[ENS_TIME_TEXT];
    if (s) {
        ens__passf(t->report, id, RULE_MATCH, "%s: %s%s", ens__standing_show(t->lists, s, t->report), name_of(t, s),
                   s->level == 0 ? ", the certificate itself" : "")
            ->certificate = (int)s->level;
        return true;
    }
    ens__warn(t->report, id, RULE_MATCH,
              t->moment == ENS_AT_ISSUANCE ? "a certificate issued after the CA was listed would do" : HINT_CA,
              "no listed service of the CA has a state on %.*s", DATE_LEN, ens_time_format(t->at, date));
    return false;
}

static void tell_ca_qc(const telling *t)
{
    if (t->q->step[ENS_STEP_CA_QC] == ENS_STEP_YES)
        pass(t, ENS_STEP_CA_QC, "it issues qualified certificates");
    else
        ens__warn(t->report, steps[ENS_STEP_CA_QC].id[t->moment], RULE_MATCH, HINT_CA,
                  "none of the CA's services issues qualified certificates");
}

static const char *why_used(const telling *t)
{
    static const char *const listed[] = {[ENS_TYPE_ESIG] = "it is listed for signatures",
                                         [ENS_TYPE_ESEAL] = "it is listed for seals",
                                         [ENS_TYPE_WSA] = "it is listed for web sites"};
    if (t->claims->before_eidas)
        return "before eIDAS no service was listed by use";
    if (t->q->why[ENS_STEP_USE])
        return t->q->why[ENS_STEP_USE];
    return t->claims->type ? listed[t->claims->type] : "the certificate has no single type to ask for";
}

static void tell_use(const telling *t)
{
    if (t->q->step[ENS_STEP_USE] == ENS_STEP_YES)
        pass(t, ENS_STEP_USE, why_used(t));
    else
        ens__warn(t->report, steps[ENS_STEP_USE].id[t->moment], RULE_QUALIFIED, HINT_CA,
                  "no service is listed for certificates for %s", type_name(t->claims->type));
}

static bool tell_conflict(const telling *t)
{
    if (t->q->step[ENS_STEP_CONFLICT] == ENS_STEP_YES) {
        pass(t, ENS_STEP_CONFLICT,
             t->standings->num > 1 ? "no two services say different things of the certificate"
                                   : "one service alone speaks of it");
        return true;
    }
    ens__warn(t->report, steps[ENS_STEP_CONFLICT].id[t->moment], RULE_QUALIFIED, HINT_LIST,
              "by one service the certificate is %s, by another %s, so it can't be told",
              ens__qualified_name(t->q->conflict[0]), ens__qualified_name(t->q->conflict[1]));
    return false;
}

/* qualifiers_of names the qualifiers that hold for the certificate, of the state that decides. */
static const char *qualifiers_of(const telling *t)
{
    unsigned set = t->q->decisive ? t->q->decisive->qualifiers : 0;
    const char *text = "its qualifiers:";
    if (!set)
        return "no qualifier of the list concerns the certificate";
    for (; set && text; set &= set - 1)
        text = ens_arena_printf(&t->report->arena, "%s %s", text, ens__qualifier_name(set & -set));
    return text;
}

static void tell_consistent(const telling *t)
{
    if (t->q->step[ENS_STEP_CONSISTENT] == ENS_STEP_YES)
        pass(t, ENS_STEP_CONSISTENT, qualifiers_of(t));
    else
        ens__warn(t->report, steps[ENS_STEP_CONSISTENT].id[t->moment], RULE_QUALIFIED, HINT_LIST, "%s",
                  t->q->why[ENS_STEP_CONSISTENT]);
}

static void tell_status(const telling *t)
{
    char date[ENS_TIME_TEXT];
    if (t->q->step[ENS_STEP_STATUS] == ENS_STEP_YES)
        pass(t, ENS_STEP_STATUS, t->q->decisive ? ens__service_status_name(t->q->decisive->status) : NULL);
    else
        ens__warn(t->report, steps[ENS_STEP_STATUS].id[t->moment], RULE_QUALIFIED, "use a CA whose service is granted",
                  "no service of the CA is granted on %.*s", DATE_LEN, ens_time_format(t->at, date));
}

/* why_qualified names what settled it, in the order in which the procedure asks. */
static const char *why_qualified(const telling *t, bool yes)
{
    unsigned qualifiers = t->q->decisive->qualifiers;
    if (qualifiers & ENS_QUALIFIER_NOT_QUALIFIED)
        return "the list says NotQualified of such certificates";
    if (qualifiers & ENS_QUALIFIER_QC_STATEMENT)
        return "the list says QCStatement of such certificates";
    if (yes)
        return t->claims->qc.compliance ? "the certificate states QcCompliance"
                                        : "the certificate has a policy for qualified ones";
    return t->claims->qc.compliance ? "QcCClegislation makes it one of another country's law"
                                    : "the certificate does not state QcCompliance";
}

static const char *why_qscd(const telling *t, bool yes)
{
    unsigned q = t->q->decisive->qualifiers;
    if (yes && (q & (ENS_QUALIFIER_WITH_QSCD | ENS_QUALIFIER_WITH_SSCD)))
        return "the list says so of such certificates";
    if (yes && (q & ENS_QUALIFIER_QSCD_ON_BEHALF))
        return "the list says that the provider manages it on the holder's behalf";
    if (yes)
        return "the certificate states QcSSCD";
    return (q & (ENS_QUALIFIER_NO_QSCD | ENS_QUALIFIER_NO_SSCD))
               ? "not in a QSCD: the list says so of such certificates"
               : "not in a QSCD, which ICS2 doesn't ask for";
}

static const char *type_of(ens_qualified result)
{
    switch (result) {
    case ENS_CERT_FOR_ESEAL:
    case ENS_QCERT_FOR_ESEAL:
    case ENS_QCERT_FOR_ESEAL_QSCD:
        return "for seals";
    case ENS_CERT_FOR_ESIG:
    case ENS_QCERT_FOR_ESIG:
    case ENS_QCERT_FOR_ESIG_QSCD:
        return "for signatures";
    default:
        return "for web sites";
    }
}

/* tell_answers: the three questions, where a granted CA/QC service is there to answer them. */
static void tell_answers(const telling *t)
{
    bool qualified = t->q->step[ENS_STEP_QUALIFIED] == ENS_STEP_YES, type = t->q->step[ENS_STEP_TYPE] == ENS_STEP_YES;
    bool qscd = t->q->step[ENS_STEP_QSCD] == ENS_STEP_YES;
    if (!t->q->decisive) {
        ens__skip(t->report, steps[ENS_STEP_QUALIFIED].id[t->moment], RULE_QUALIFIED, false,
                  "no granted CA/QC service is there to judge by");
        return;
    }
    if (qualified)
        pass(t, ENS_STEP_QUALIFIED, why_qualified(t, true));
    else
        ens__warn(t->report, steps[ENS_STEP_QUALIFIED].id[t->moment], RULE_QUALIFIED,
                  "ask the CA for a qualified certificate", "%s", why_qualified(t, false));
    if (type)
        pass(t, ENS_STEP_TYPE, type_of(t->q->result));
    else
        ens__warn(t->report, steps[ENS_STEP_TYPE].id[t->moment], RULE_QUALIFIED,
                  "ask the CA for a certificate of one type", "it can't be told what the certificate is for");
    if (qualified)
        pass(t, ENS_STEP_QSCD, why_qscd(t, qscd));
}

static void tell_result(const telling *t)
{
    bool good = t->q->result >= ENS_QCERT_FOR_ESIG && t->q->result != ENS_QCERT_FOR_WSA &&
                t->q->result != ENS_QCERT_FOR_UNKNOWN && t->q->result != ENS_QCERT_FOR_UNKNOWN_QSCD;
    if (good)
        ens__pass(t->report, result_id[t->moment], RULE_QUALIFIED)->detail = ens__qualified_name(t->q->result);
    else
        ens__warn(t->report, result_id[t->moment], RULE_QUALIFIED, NULL, "%s", ens__qualified_name(t->q->result));
}

void ens__proof_tell(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims,
                     const ens_standings *standings, const ens_qualifying *q, ens_moment moment, ens_time at,
                     ens_report *report)
{
    telling t = {lists, lineage, claims, standings, q, moment, at, report};
    if (standings->too_many) {
        ens__skip(report, result_id[moment], RULE_MATCH, moment == ENS_AT_VALIDATION,
                  "the lists have more services of this CA than can be judged (%u)", ENS_STANDINGS_MAX);
        return;
    }
    if (tell_service(&t)) {
        tell_ca_qc(&t);
        tell_use(&t);
        tell_consistent(&t);
        if (tell_conflict(&t)) {
            tell_status(&t);
            tell_answers(&t);
        }
    }
    tell_result(&t);
}
