#include "certs/qualify/acceptance.h"

#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/qualify/services.h"
#include "engine/base/report.h"

#include <stdio.h>

#define RULE "ICD 4.6.2"
#define ID "qualification.acceptance"
#define NOT_NATIONAL "the path leads to no CA of the national alternate list of %s"
#define HINT_OTHER                                                                                                     \
    "get a qualified seal certificate, or one of a CA that the trusted lists or the customs of the Member State of "   \
    "registration name"

const char *ens_acceptance_name(ens_acceptance acceptance)
{
    static const char *const names[] = {
        "none", "qualified-seal", "qualified-seal-qscd", "qualified-signature", "listed-nonqualified", "national"};
    return (unsigned)acceptance < sizeof names / sizeof *names ? names[acceptance] : names[0];
}

/* One certificate before the lists. */
typedef struct {
    const ens__acceptance_options *o;
    const ens_snapshot *lists; /* or NULL */
    ens__timeline *timeline;
    ens_report *report;
    ens_cert_content content;
    ens_issuer_services issuers;
    ens_service_states then, now; /* at issuance, at validation */
    bool undecidable;             /* the lists say something of it that isn't understood */
    const ens_service_state *by;  /* the state that the acceptance rests on, or NULL */
} asking;

/* is_national: the national list is judged by a path of its own. That the time is another is told of the certificate
 * anyhow. */
static bool is_national(const ens__acceptance_options *o, const ens_chain *chain)
{
    ens__path path;
    if (!o->national)
        return false;
    ens__path_scope scope = {.anchors = o->national, .others = o->others};
    ens__path_build_in(o->trust ? o->trust : o->national, &scope, chain, o->at, NULL, &path);
    return path.anchored && path.faults.only_of_time;
}

/* is_in_force: a list that was closed says nothing about the time since. */
static bool is_in_force(const asking *a, const ens_service_state *s)
{
    ens_service service;
    ens_list list;
    if (!ens__snapshot_service(a->lists, s->service, &service) || !ens__snapshot_list(a->lists, service.list, &list))
        return false;
    return ens__list_state(&list, a->o->at) != ENS_LIST_CLOSED || a->o->at < list.issued;
}

static ens_acceptance by_result(ens_qualified result)
{
    switch (result) {
    case ENS_QCERT_FOR_ESEAL:
        return ENS_ACCEPTANCE_QUALIFIED_SEAL;
    case ENS_QCERT_FOR_ESEAL_QSCD:
        return ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD;
    case ENS_QCERT_FOR_ESIG:
    case ENS_QCERT_FOR_ESIG_QSCD:
        return ENS_ACCEPTANCE_QUALIFIED_SIGNATURE;
    default:
        return ENS_ACCEPTANCE_NONE;
    }
}

/* listed_by finds an issuer's service for certificates that aren't qualified, in good standing. */
static const ens_service_state *listed_by(const asking *a)
{
    for (size_t i = 0; i < a->now.num && !a->now.too_many; i++) {
        const ens_service_state *s = &a->now.state[i];
        bool good = s->status == ENS_STATUS_RECOGNISED_NATIONALLY || ens__service_state_granted(s);
        if (s->type == ENS_SERVICE_CA_PKC && s->level > 0 && good && is_in_force(a, s))
            return s;
    }
    return NULL;
}

/* is_undecidable: what the list says of a CA service of the path isn't understood, and may decide. */
static bool is_undecidable(const asking *a)
{
    for (size_t i = 0; i < a->now.num; i++) {
        const ens_service_state *s = &a->now.state[i];
        if (s->undecidable && (s->type == ENS_SERVICE_CA_QC || s->type == ENS_SERVICE_CA_PKC))
            return true;
    }
    return false;
}

static void qualify(asking *a, ens__accepted *out)
{
    ens_qualifying then, now;
    ens__service_states_at(a->lists, &a->issuers, &a->content, a->content.cert->not_before, &a->then);
    ens__service_states_at(a->lists, &a->issuers, &a->content, a->o->at, &a->now);
    ens__qualify(&a->content, &a->then, &then);
    ens__qualify(&a->content, &a->now, &now);
    ens__qualification_tell(a->lists, &a->issuers, &a->content, &a->then, &then, ENS_AT_ISSUANCE,
                            a->content.cert->not_before, a->report);
    ens__qualification_tell(a->lists, &a->issuers, &a->content, &a->now, &now, ENS_AT_VALIDATION, a->o->at, a->report);
    out->at_issuance = then.result;
    out->at_validation = now.result;
    if (now.decisive && is_in_force(a, now.decisive))
        out->acceptance = by_result(now.result);
    a->by = out->acceptance ? now.decisive : listed_by(a);
    if (a->by && !out->acceptance)
        out->acceptance = ENS_ACCEPTANCE_LISTED;
    a->undecidable = is_undecidable(a);
    if (a->undecidable)
        out->acceptance = ENS_ACCEPTANCE_NONE;
}

/* add_service puts the state that the acceptance rests on into the timeline; the present one has no end that is known.
 */
static void add_service(const asking *a)
{
    ens_service_entry entry;
    /* cppcheck-suppress ctuuninitvar ; what is read here was set one by one */
    if (!a->by || !ens__snapshot_entry(a->lists, a->by->entry, &entry))
        return;
    ens__timeline_add(a->timeline, (ens__interval){.what = "CA service",
                                                   .name = ens__service_state_show(a->lists, a->by, a->report),
                                                   .reason = "the status of the CA's service ends",
                                                   .from = entry.start,
                                                   .until = entry.end == INT64_MAX ? ENS_TIME_NONE : entry.end});
}

static void tell_accepted(const asking *a, ens_acceptance acceptance)
{
    const char *member_state = a->o->member_state ? a->o->member_state : "the Member State";
    if (acceptance == ENS_ACCEPTANCE_NATIONAL)
        ens__passf(a->report, "qualification.national", RULE, "the CA is on the national alternate list of %s",
                   member_state);
    else if (acceptance == ENS_ACCEPTANCE_QUALIFIED_SIGNATURE)
        ens__warn(a->report, ID, RULE,
                  "ask the CA for a seal: the process is made for them, and ICS2 takes this as well",
                  "a qualified certificate for signatures, not for seals");
    else if (acceptance == ENS_ACCEPTANCE_LISTED)
        ens__passf(a->report, ID, RULE, "not qualified, of a CA on the lists: %s",
                   ens__service_state_show(a->lists, a->by, a->report));
    else
        ens__pass(a->report, ID, RULE)->detail = acceptance == ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD
                                                     ? "a qualified certificate for seals, its key in a QSCD"
                                                     : "a qualified certificate for seals";
}

static void tell_refused(const asking *a, const ens__accepted *out, ens_ca_listing listing)
{
    const char *member_state = a->o->member_state ? a->o->member_state : "the Member State";
    if (a->o->national && (listing == ENS_CA_LISTING_LACKING || (listing == ENS_CA_LISTING_NONE && a->lists)))
        ens__warn(a->report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state);
    else if (a->o->national)
        ens__failf(a->report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state);
    if (a->undecidable)
        ens__skip(a->report, ID, RULE, true,
                  "the list says something of the CA's service that isn't understood (a critical extension, or the "
                  "criteria of a qualifier), so nobody can tell whether ICS2 takes the certificate")
            ->hint = "ask the CA, or the supervisory body that publishes the list, what is meant";
    else if (listing == ENS_CA_LISTING_UNKNOWN)
        ens__failf(a->report, ID, RULE, HINT_OTHER, "the CA is on none of the trusted lists");
    else if (listing == ENS_CA_LISTING_FOUND && by_result(out->at_validation))
        ens__failf(a->report, ID, RULE, HINT_OTHER, "the list that the CA is on was closed");
    else if (listing == ENS_CA_LISTING_FOUND && !a->now.too_many)
        ens__failf(a->report, ID, RULE, HINT_OTHER,
                   "ICS2 takes qualified seals and signatures, and certificates of listed CAs for others; this is %s",
                   ens_qualified_name(out->at_validation));
}

/* is_sound: what the CA is doesn't help a certificate that fails by itself. */
static bool is_sound(const ens__path *path, const ens_report *report)
{
    return !ens__report_has(report, "chain", ENS_FAIL) && !path->revocation.failed;
}

/* excuse_path: where a list that may know the CA can't be asked, that the path ends at no anchor decides nothing. */
static void excuse_path(const ens__path *path, ens_report *report)
{
    for (size_t i = 0; i < report->num && !path->anchored; i++) {
        ens_finding *f = &report->findings[i];
        if (f->outcome != ENS_FAIL || strcmp(f->id, ens__certificate_chain_ids.path) != 0)
            continue;
        f->outcome = ENS_SKIP;
        f->needed = true;
        f->hint = "bring the lists up to date: ensign trust update";
    }
}

void ens__acceptance_judge(const ens_chain *chain, const ens__path *path, const ens__acceptance_options *o,
                           ens__timeline *timeline, ens__accepted *out, ens_report *report)
{
    asking a;
    a.o = o;
    a.lists = ens__trust_snapshot(o->trust);
    a.timeline = timeline;
    a.report = report;
    a.by = NULL;
    a.undecidable = false;
    a.now.too_many = false;
    *out = (ens__accepted){.acceptance = ENS_ACCEPTANCE_NONE};
    bool national = is_national(o, chain);
    ens__cert_content_read(&chain->cert[0], &a.content);
    a.issuers.num = a.issuers.num_services = 0;
    if (a.lists)
        ens__issuer_services_find(o->trust, chain, path, &a.issuers);
    ens__lists_turn(a.lists, &a.issuers, o->horizon);
    ens_ca_listing listing = ens__ca_listing_judge(a.lists, &a.issuers, &a.content, o->at,
                                                   a.lists ? !national : !o->national, timeline, report);
    out->qualified = listing != ENS_CA_LISTING_NONE;
    if (listing == ENS_CA_LISTING_FOUND)
        qualify(&a, out);
    if (listing == ENS_CA_LISTING_LACKING)
        excuse_path(path, report);
    if (!out->acceptance && national)
        out->acceptance = ENS_ACCEPTANCE_NATIONAL;
    add_service(&a);
    if (!out->acceptance)
        tell_refused(&a, out, listing);
    else if (is_sound(path, report))
        tell_accepted(&a, out->acceptance);
    else {
        ens__warn(report, ID, RULE, "see to what failed above",
                  "the CA would be taken (%s), were it not for what failed in the path",
                  ens_acceptance_name(out->acceptance));
        out->acceptance = ENS_ACCEPTANCE_NONE;
    }
}

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
    const ens_issuer_services *issuers;
    const ens_cert_content *content;
    const ens_service_states *states;
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

const char *ens__service_state_show(const ens_snapshot *lists, const ens_service_state *s, ens_report *report)
{
    char since[ENS_TIME_TEXT];
    const char *text = ens_arena_printf(&report->arena, "%s %s %s since %.*s", country_of(lists, s->service, report),
                                        ens__service_type_name(s->type), ens__service_status_name(s->status), DATE_LEN,
                                        ens_time_format(s->start, since));
    return text ? text : "";
}

/* name_of is what the list calls a service. */
static const char *name_of(const telling *t, const ens_service_state *s)
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
    const ens_service_state *s = t->q->decisive ? t->q->decisive : t->states->num ? &t->states->state[0] : NULL;
    char date[ENS_TIME_TEXT];
    if (s) {
        ens__passf(t->report, id, RULE_MATCH, "%s: %s%s", ens__service_state_show(t->lists, s, t->report),
                   name_of(t, s), s->level == 0 ? ", the certificate itself" : "")
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
    if (t->content->before_eidas)
        return "before eIDAS no service was listed by use";
    if (t->q->why[ENS_STEP_USE])
        return t->q->why[ENS_STEP_USE];
    return t->content->type ? listed[t->content->type] : "the certificate has no single type to ask for";
}

static void tell_use(const telling *t)
{
    if (t->q->step[ENS_STEP_USE] == ENS_STEP_YES)
        pass(t, ENS_STEP_USE, why_used(t));
    else
        ens__warn(t->report, steps[ENS_STEP_USE].id[t->moment], RULE_QUALIFIED, HINT_CA,
                  "no service is listed for certificates for %s", type_name(t->content->type));
}

static bool tell_conflict(const telling *t)
{
    if (t->q->step[ENS_STEP_CONFLICT] == ENS_STEP_YES) {
        pass(t, ENS_STEP_CONFLICT,
             t->states->num > 1 ? "no two services say different things of the certificate"
                                : "one service alone speaks of it");
        return true;
    }
    ens__warn(t->report, steps[ENS_STEP_CONFLICT].id[t->moment], RULE_QUALIFIED, HINT_LIST,
              "by one service the certificate is %s, by another %s, so it can't be told",
              ens_qualified_name(t->q->conflict[0]), ens_qualified_name(t->q->conflict[1]));
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
        return t->content->qc.compliance ? "the certificate states QcCompliance"
                                         : "the certificate has a policy for qualified ones";
    return t->content->qc.compliance ? "QcCClegislation makes it one of another country's law"
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
        ens__pass(t->report, result_id[t->moment], RULE_QUALIFIED)->detail = ens_qualified_name(t->q->result);
    else
        ens__warn(t->report, result_id[t->moment], RULE_QUALIFIED, NULL, "%s", ens_qualified_name(t->q->result));
}

void ens__qualification_tell(const ens_snapshot *lists, const ens_issuer_services *issuers,
                             const ens_cert_content *content, const ens_service_states *states, const ens_qualifying *q,
                             ens_moment moment, ens_time at, ens_report *report)
{
    telling t = {lists, issuers, content, states, q, moment, at, report};
    if (states->too_many) {
        ens__skip(report, result_id[moment], RULE_MATCH, moment == ENS_AT_VALIDATION,
                  "the lists have more services of this CA than can be judged (%u)", ENS_SERVICE_STATES_MAX);
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
