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
static bool is_in_force(const ens__listing *l, const ens_service_state *s)
{
    ens_service service;
    ens_list list;
    if (!ens__snapshot_service(l->lists, s->service, &service) || !ens__snapshot_list(l->lists, service.list, &list))
        return false;
    return ens__list_state(&list, l->at) != ENS_LIST_CLOSED || l->at < list.issued;
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
static const ens_service_state *listed_by(const ens__acceptance *a)
{
    for (size_t i = 0; i < a->now.num && !a->now.too_many; i++) {
        const ens_service_state *s = &a->now.state[i];
        bool good = s->status == ENS_STATUS_RECOGNISED_NATIONALLY || ens__service_state_granted(s);
        if (s->type == ENS_SERVICE_CA_PKC && s->level > 0 && good && is_in_force(&a->listing, s))
            return s;
    }
    return NULL;
}

/* is_undecidable: what the list says of a CA service of the path isn't understood, and may decide. */
static bool is_undecidable(const ens__acceptance *a)
{
    for (size_t i = 0; i < a->now.num; i++) {
        const ens_service_state *s = &a->now.state[i];
        if (s->undecidable && (s->type == ENS_SERVICE_CA_QC || s->type == ENS_SERVICE_CA_PKC))
            return true;
    }
    return false;
}

static void qualify(ens__acceptance *a)
{
    const ens__listing *l = &a->listing;
    ens__service_states_at(l->lists, &l->issuers, &l->content, l->content.cert->not_before, &a->then);
    ens__service_states_at(l->lists, &l->issuers, &l->content, l->at, &a->now);
    ens__qualify(&l->content, &a->then, &a->at_issuance);
    ens__qualify(&l->content, &a->now, &a->at_validation);
    const ens_service_state *decisive = a->at_validation.decisive;
    if (decisive && is_in_force(l, decisive))
        a->acceptance = by_result(a->at_validation.result);
    a->by = a->acceptance ? decisive : listed_by(a);
    if (a->by && !a->acceptance)
        a->acceptance = ENS_ACCEPTANCE_LISTED;
}

static ens__refusal refusal_of(const ens__acceptance *a, bool unclear)
{
    if (unclear)
        return ENS_REFUSAL_UNCLEAR;
    if (a->listing.state == ENS_CA_LISTING_UNKNOWN)
        return ENS_REFUSAL_UNKNOWN;
    if (a->listing.state != ENS_CA_LISTING_FOUND)
        return ENS_REFUSAL_UNASKED;
    if (by_result(a->at_validation.result))
        return ENS_REFUSAL_CLOSED;
    return a->now.too_many ? ENS_REFUSAL_UNASKED : ENS_REFUSAL_KIND;
}

void ens__acceptance_find(const ens_chain *chain, const ens__path *path, const ens__acceptance_options *o,
                          ens__acceptance *out)
{
    out->options = o;
    out->by = NULL;
    out->acceptance = ENS_ACCEPTANCE_NONE;
    out->at_issuance.result = out->at_validation.result = (ens_qualified)0;
    bool national = is_national(o, chain), unclear = false;
    ens__listing_find(o->trust, chain, path, o->at, &out->listing);
    ens__lists_turn(out->listing.lists, &out->listing.issuers, o->horizon);
    if (out->listing.state == ENS_CA_LISTING_FOUND) {
        qualify(out);
        unclear = is_undecidable(out);
    }
    out->national = national;
    if (unclear || !out->acceptance)
        out->acceptance = national ? ENS_ACCEPTANCE_NATIONAL : ENS_ACCEPTANCE_NONE;
    out->refusal = refusal_of(out, unclear);
}

const char *ens__refusal_tell(const ens__acceptance *a, char out[ENS_REFUSAL_TEXT])
{
    static const char *const texts[] = {
        [ENS_REFUSAL_UNASKED] = "the lists can't be asked",
        [ENS_REFUSAL_UNCLEAR] =
            ("the list says something of the CA's service that isn't understood (a critical extension, or the "
             "criteria of a qualifier), so nobody can tell whether ICS2 takes the certificate"),
        [ENS_REFUSAL_UNKNOWN] = "the CA is on none of the trusted lists",
        [ENS_REFUSAL_CLOSED] = "the list that the CA is on was closed",
    };
    if (a->refusal != ENS_REFUSAL_KIND)
        return texts[a->refusal];
    snprintf(out, ENS_REFUSAL_TEXT,
             "ICS2 takes qualified seals and signatures, and certificates of listed CAs for others; this is %s",
             ens_qualified_name(a->at_validation.result));
    return out;
}

/* add_service puts the state that the acceptance rests on into the timeline; the present one has no end that is known.
 */
static void add_service(const ens__acceptance *a, ens__timeline *timeline, ens_report *report)
{
    ens_service_entry entry;
    if (!a->by || !ens__snapshot_entry(a->listing.lists, a->by->entry, &entry))
        return;
    ens__timeline_add(timeline, (ens__interval){.what = "CA service",
                                                .name = ens__service_state_show(a->listing.lists, a->by, report),
                                                .reason = "the status of the CA's service ends",
                                                .from = entry.start,
                                                .until = entry.end == INT64_MAX ? ENS_TIME_NONE : entry.end});
}

static const char *member_state_of(const ens__acceptance *a)
{
    return a->options->member_state ? a->options->member_state : "the Member State";
}

static void tell_accepted(const ens__acceptance *a, ens_report *report)
{
    ens_acceptance acceptance = a->acceptance;
    if (acceptance == ENS_ACCEPTANCE_NATIONAL)
        ens__passf(report, "qualification.national", RULE, "the CA is on the national alternate list of %s",
                   member_state_of(a));
    else if (acceptance == ENS_ACCEPTANCE_QUALIFIED_SIGNATURE)
        ens__warn(report, ID, RULE, "ask the CA for a seal: the process is made for them, and ICS2 takes this as well",
                  "a qualified certificate for signatures, not for seals");
    else if (acceptance == ENS_ACCEPTANCE_LISTED)
        ens__passf(report, ID, RULE, "not qualified, of a CA on the lists: %s",
                   ens__service_state_show(a->listing.lists, a->by, report));
    else
        ens__pass(report, ID, RULE)->seen = acceptance == ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD
                                                ? "a qualified certificate for seals, its key in a QSCD"
                                                : "a qualified certificate for seals";
}

/* tell_national: the national list is there to ask, and doesn't help. What else could, and can't be asked, leaves it a
 * warning. */
static void tell_national(const ens__acceptance *a, ens_report *report)
{
    ens_ca_listing listing = a->listing.state;
    if (!a->options->national)
        return;
    if (listing == ENS_CA_LISTING_LACKING || (listing == ENS_CA_LISTING_NONE && a->listing.lists))
        ens__warn(report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state_of(a));
    else
        ens__failf(report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state_of(a));
}

static void tell_refused(const ens__acceptance *a, ens_report *report)
{
    char text[ENS_REFUSAL_TEXT];
    const char *why = ens__refusal_tell(a, text);
    tell_national(a, report);
    if (a->refusal == ENS_REFUSAL_UNCLEAR)
        ens__skip(report, ID, RULE, true, "%s", why)->hint =
            "ask the CA, or the supervisory body that publishes the list, what is meant";
    else if (a->refusal != ENS_REFUSAL_UNASKED)
        ens__failf(report, ID, RULE, HINT_OTHER, "%s", why);
}

static void tell_qualified(const ens__acceptance *a, ens_report *report)
{
    const ens__listing *l = &a->listing;
    ens__qualification_tell(l->lists, &l->issuers, &l->content, &a->then, &a->at_issuance, ENS_AT_ISSUANCE,
                            l->content.cert->not_before, report);
    ens__qualification_tell(l->lists, &l->issuers, &l->content, &a->now, &a->at_validation, ENS_AT_VALIDATION, l->at,
                            report);
}

void ens__acceptance_tell(const ens__acceptance *a, const ens__path *path, ens__timeline *timeline, ens__accepted *out,
                          ens_report *report)
{
    *out = (ens__accepted){.acceptance = a->acceptance,
                           .qualified = a->listing.state != ENS_CA_LISTING_NONE,
                           .at_issuance = a->at_issuance.result,
                           .at_validation = a->at_validation.result};
    ens__listing_tell(&a->listing, ENS_TELL_AGE, a->listing.lists ? !a->national : !a->options->national, timeline,
                      report);
    if (a->listing.state == ENS_CA_LISTING_FOUND)
        tell_qualified(a, report);
    add_service(a, timeline, report);
    if (!a->acceptance) {
        tell_refused(a, report);
    } else if (!path->failed && !path->revocation.failed) {
        tell_accepted(a, report);
    } else { /* what the CA is doesn't help a certificate that fails by itself */
        ens__warn(report, ID, RULE, "mend what failed above",
                  "the CA would be taken (%s), were it not for what failed in the path",
                  ens_acceptance_name(a->acceptance));
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
    uint8_t room[128];
    ens_buf text;
    ens_buf_init(&text, room, sizeof room, sizeof room);
    const char *const pieces[] = {country_of(lists, s->service, report), " ",      ens__service_type_name(s->type), " ",
                                  ens__service_status_name(s->status),   " since "};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        ens_buf_text(&text, pieces[i]);
    ens_buf_put(&text, ens_bytes(ens_time_format(s->start, since), DATE_LEN));
    const char *kept = ens_arena_text(&report->arena, ens_buf_slice(&text));
    ens_buf_free(&text);
    return kept ? kept : "";
}

/* name_of is what the list calls a service. */
static const char *name_of(const telling *t, const ens_service_state *s)
{
    ens_service_entry entry;
    return ens__show(t->report, ens__snapshot_entry(t->lists, s->entry, &entry) ? entry.name : (ens_slice){0});
}

/* pass takes a detail that is a literal. */
static void pass(const telling *t, ens_step step, const char *detail)
{
    ens__pass(t->report, steps[step].id[t->moment], steps[step].rule)->seen = detail;
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

/* tell_qualifiers names the qualifiers that hold for the certificate, of the state that decides. */
static void tell_qualifiers(const telling *t)
{
    char text[ENS_DETAIL_TEXT];
    size_t len = 0;
    for (unsigned set = t->q->decisive ? t->q->decisive->qualifiers : 0; set && len < sizeof text; set &= set - 1)
        len += (size_t)snprintf(text + len, sizeof text - len, " %s", ens__qualifier_name(set & -set));
    if (len)
        ens__passf(t->report, steps[ENS_STEP_CONSISTENT].id[t->moment], RULE_QUALIFIED, "its qualifiers:%s", text);
    else
        pass(t, ENS_STEP_CONSISTENT, "no qualifier of the list concerns the certificate");
}

static void tell_consistent(const telling *t)
{
    if (t->q->step[ENS_STEP_CONSISTENT] == ENS_STEP_YES)
        tell_qualifiers(t);
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
        ens__pass(t->report, result_id[t->moment], RULE_QUALIFIED)->seen = ens_qualified_name(t->q->result);
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
