/* Revocation: by OCSP, by lists, and what both together say. */
#include "certs/path/revocation.h"

#include "certs/keys/keys.h"
#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/report.h"

#define OCSP_SIGNING ENS_LIT("\x2B\x06\x01\x05\x05\x07\x03\x09")
#define OCSP_NO_CHECK ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01\x05")
#define RESPONDERS_MAX 16u /* certificates of one response that are looked at */

#define RESPONSE_NOT_ABOUT_IT "no OCSP response is about it"
#define RESPONSE_NOT_UNDERSTOOD "the OCSP response has a critical extension that isn't understood"
#define RESPONSE_NOT_SIGNED "the OCSP response isn't signed by the issuer or a responder of his"
#define RESPONSE_OF_ANOTHER_TIME "the OCSP response isn't of this time"
#define RESPONSE_NOT_KNOWN "the OCSP responder doesn't know it"

/* Revocation by OCSP: RFC 6960, 3.2 and 4.2.2.2. */
typedef struct {
    const ens__revocation_question *q;
    ens__evidence *evidence;
    const ens_cert *cert, *issuer;
    size_t place; /* of cert in the path */
} ocsp_asking;

static bool signed_by(const ocsp_asking *a, size_t response, const ens_cert *responder)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    if (ens__evidence_is_signed(a->evidence, true, response, responder->spki))
        return true;
    if (ens__keys_verify(a->q->trust->keys, responder->spki, o->signature_algorithm, o->data, o->signature) !=
        ENS_SIGNATURE_GOOD)
        return false;
    ens__evidence_note_signed(a->evidence, true, response, responder->spki);
    return true;
}

static bool may_answer(const ens_cert *c)
{
    ens_extension_list usages;
    if (!ens__ext_key_usage_read(c, &usages))
        return false;
    bool delegated = false;
    for (size_t i = 0; i < usages.num; i++)
        delegated |= ens_eq(usages.item[i].value, OCSP_SIGNING);
    return delegated && (!c->has_key_usage || (c->key_usage & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION))) &&
           !c->unknown_critical.len;
}

/* is_unrevoked: the issuer says that the responder needs no check, or a list knows nothing against it. */
static bool is_unrevoked(const ocsp_asking *a, const ens_cert *responder)
{
    ens__path path;
    if (ens__extension_is_there(responder, OCSP_NO_CHECK))
        return true;
    if (a->q->depth == ENS_REVOCATION_DEPTH_MAX)
        return false;
    path.cert[0] = *responder;
    path.num = 1;
    for (size_t i = a->place + 1; i < a->q->path->num; i++)
        path.cert[path.num++] = a->q->path->cert[i];
    ens__revocation_question q = {a->q->trust, a->q->chain, &path, a->q->at, a->q->depth + 1, a->q->horizon};
    ens__revocation_state state = ens__revocation_by_crl(&q, 0).state;
    return state == ENS_REVOCATION_GOOD || (state == ENS_REVOCATION_UNKNOWN && !a->q->trust->revocation_hard);
}

/* is_delegate: the issuer itself issued the responder's certificate, for this purpose, and it is valid. */
static bool is_delegate(const ocsp_asking *a, const ens_cert *responder)
{
    ens__horizon_turns(a->q->horizon, responder->not_before - ENS_REVOCATION_SKEW, responder->not_after);
    return ens__name_same(responder->issuer, a->issuer->subject) &&
           responder->not_before <= a->q->at + ENS_REVOCATION_SKEW && a->q->at <= responder->not_after &&
           may_answer(responder) &&
           ens__keys_verify(a->q->trust->keys, a->issuer->spki, responder->signature_algorithm, responder->tbs,
                            responder->signature) == ENS_SIGNATURE_GOOD &&
           is_unrevoked(a, responder);
}

static bool is_signed_response(const ocsp_asking *a, size_t response)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    ens_der one;
    ens_cert responder;
    unsigned num = 0;
    if (ens__ocsp_names(o, a->issuer) && signed_by(a, response, a->issuer))
        return true;
    for (ens_reader r = ens_read(o->certificates); num < RESPONDERS_MAX && ens__der_take(&r, ENS_DER_SEQUENCE, &one);
         num++)
        if (ens_cert_parse(one.all, &responder, NULL) == ENS_OK && ens__ocsp_names(o, &responder) &&
            signed_by(a, response, &responder) && is_delegate(a, &responder))
            return true;
    return false;
}

/* is_of_time: of the time asked for, or of a later one while the certificate lasts, for then it wasn't revoked before,
 * either. */
static bool is_of_time(const ocsp_asking *a, const ens__ocsp_answer *answer)
{
    ens_time at = a->q->at,
             end = answer->next_update != ENS_TIME_NONE ? answer->next_update : answer->this_update + ENS_OCSP_AGE_MAX;
    ens__horizon_turns(a->q->horizon, answer->this_update - ENS_REVOCATION_SKEW, end + ENS_REVOCATION_SKEW);
    if (answer->this_update > at + ENS_REVOCATION_SKEW)
        return answer->this_update <= a->cert->not_after;
    return at - ENS_REVOCATION_SKEW <= end;
}

static ens__revocation read_answer(const ocsp_asking *a, size_t response)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    ens__ocsp_answer answer;
    if (!ens__ocsp_find(o, a->cert, a->issuer, &answer))
        return (ens__revocation){.why = RESPONSE_NOT_ABOUT_IT};
    if (o->unknown_critical)
        return (ens__revocation){.why = RESPONSE_NOT_UNDERSTOOD};
    if (!is_signed_response(a, response))
        return (ens__revocation){.why = RESPONSE_NOT_SIGNED};
    if (answer.status == ENS_OCSP_REVOKED)
        ens__horizon_turn(a->q->horizon, answer.revoked - ENS_REVOCATION_SKEW);
    if (answer.status == ENS_OCSP_REVOKED && answer.revoked <= a->q->at + ENS_REVOCATION_SKEW)
        return (ens__revocation){
            .state = ENS_REVOCATION_REVOKED, .by_ocsp = true, .date = answer.revoked, .reason = answer.reason};
    if (answer.status != ENS_OCSP_REVOKED && !is_of_time(a, &answer))
        return (ens__revocation){.why = RESPONSE_OF_ANOTHER_TIME};
    if (answer.status == ENS_OCSP_UNKNOWN)
        return (ens__revocation){.why = RESPONSE_NOT_KNOWN};
    return (ens__revocation){.state = ENS_REVOCATION_GOOD, .by_ocsp = true}; /* or revoked after the time asked for */
}

ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i)
{
    ocsp_asking a = {
        .q = q, .evidence = q->trust->evidence, .cert = &q->path->cert[i], .issuer = &q->path->cert[i + 1], .place = i};
    ens__revocation best = {.why = RESPONSE_NOT_ABOUT_IT};
    for (size_t k = 0; k < ens__evidence_num_ocsps(a.evidence) && best.state != ENS_REVOCATION_REVOKED; k++) {
        ens__revocation found = read_answer(&a, k);
        bool about = found.state != ENS_REVOCATION_UNKNOWN || strcmp(found.why, RESPONSE_NOT_ABOUT_IT) != 0;
        if (found.state > best.state || (about && best.state == ENS_REVOCATION_UNKNOWN))
            best = found;
    }
    return best;
}

/* Revocation by lists: RFC 5280, 6.3.3. Its steps are named by their letters. */
#define NAME_MAX_BYTES ((size_t)64 << 10)

/* Why nothing is known, from what says least to what says most. */
typedef enum { NO_LIST = 0, OTHER_SCOPE, OF_ANOTHER_TIME, NOT_UNDERSTOOD, NOT_SIGNED, SOME_REASONS } reason_unknown;

static const char *const texts[] = {
    "no list is by its issuer",
    "no list covers it",
    "the list isn't of this time",
    "the list has a critical extension that isn't understood",
    "the list isn't signed by its issuer, or by a key that may",
    "the lists don't cover all reasons",
};

typedef struct {
    const ens__revocation_question *q;
    ens__evidence *evidence;
    const ens_cert *cert, *issuer;
    size_t place;     /* of cert in the path */
    unsigned covered; /* reasons_mask */
    bool takes_later; /* lists that are newer than the time asked for */
    reason_unknown unknown;
    ens__revocation found;
} crl_asking;

static bool crl_unknown(crl_asking *a, reason_unknown why)
{
    if (why > a->unknown)
        a->unknown = why;
    return false;
}

/* is_issuer is step (b)(1). */
static bool is_issuer(const crl_asking *a, const ens__crl *crl, const ens__crl_point *p)
{
    if (p->issuer.len)
        return crl->indirect && ens__general_names_have_directory(p->issuer, crl->issuer);
    return ens__name_same(crl->issuer, a->cert->issuer);
}

/* relative_to: a relative name of the point continues the name of the list's issuer. */
static ens_slice relative_to(const crl_asking *a, const ens__crl *crl, const ens__crl_point *p)
{
    return p->issuer.len ? crl->issuer : a->cert->issuer;
}

/* has_point is the first part of step (b)(2). */
static bool has_point(const crl_asking *a, const ens__crl *crl, const ens__crl_point *p)
{
    ens_buf own;
    ens__crl_point_name of_list = {crl->point_tag, crl->point, crl->issuer};
    if (!crl->point_tag)
        return true;
    if (p->name_tag)
        return ens__crl_point_names_meet(&of_list,
                                         &(ens__crl_point_name){p->name_tag, p->name, relative_to(a, crl, p)});
    ens_buf_init(&own, NULL, 0, NAME_MAX_BYTES);
    if (!p->issuer.len)
        ens__general_name_of(a->cert->issuer, &own);
    ens_slice names = p->issuer.len ? p->issuer : ens_buf_slice(&own);
    bool has =
        ens__crl_point_names_meet(&of_list, &(ens__crl_point_name){ENS_CRL_POINT_FULL_NAME, names, (ens_slice){0}});
    ens_buf_free(&own);
    return has;
}

static bool is_in_scope(const crl_asking *a, const ens__crl *crl, const ens__crl_point *p)
{
    if (crl->only_attributes || (crl->only_users && a->cert->ca) || (crl->only_authorities && !a->cert->ca))
        return false;
    return has_point(a, crl, p);
}

static bool is_fresh(const crl_asking *a, const ens__crl *crl)
{
    ens_time at = a->q->at;
    ens__horizon_turn(a->q->horizon, crl->this_update);
    if (crl->next_update != ENS_TIME_NONE)
        ens__horizon_turn(a->q->horizon, crl->next_update + 1);
    return crl->this_update <= at && (crl->next_update == ENS_TIME_NONE || at <= crl->next_update);
}

/* is_later: a list of a later time tells of an earlier one, too, as long as it still names the certificate: until its
 * end. */
static bool is_later(const crl_asking *a, const ens__crl *crl)
{
    return a->takes_later && crl->this_update > a->q->at && crl->this_update <= a->cert->not_after;
}

/* is_trusted: the signer's own path leads to the same anchor, and none of it is revoked: step (f). */
static bool is_trusted(const crl_asking *a, const ens_cert *signer)
{
    const ens__path *path = a->q->path;
    ens__path own;
    for (size_t i = a->place + 1; i < path->num; i++)
        if (ens_eq(path->cert[i].der, signer->der))
            return true;
    if (a->q->depth == ENS_REVOCATION_DEPTH_MAX || ens_eq(signer->der, a->cert->der))
        return false;
    ens__path_of(a->q->trust, signer, a->q->chain, a->q->at, NULL, &own);
    if (a->q->horizon)
        ens__horizon_join(a->q->horizon, &own.horizon);
    if (!own.anchored || own.faults.num || !ens_eq(own.cert[own.num - 1].spki, path->cert[path->num - 1].spki) ||
        !ens__name_same(own.cert[own.num - 1].subject, path->cert[path->num - 1].subject))
        return false;
    ens__revocation_question q = {a->q->trust, a->q->chain, &own, a->q->at, a->q->depth + 1, a->q->horizon};
    for (size_t i = 0; i + 1 < own.num; i++) {
        ens__revocation_state state = ens__revocation_of(&q, i).state;
        if (state == ENS_REVOCATION_REVOKED || (state == ENS_REVOCATION_UNKNOWN && a->q->trust->revocation_hard))
            return false;
    }
    return true;
}

/* signs is steps (f) and (g): may it, did it, is it trusted. */
static bool signs(const crl_asking *a, size_t list, const ens_cert *signer)
{
    const ens__crl *crl = ens__evidence_crl(a->evidence, list);
    if (!ens__name_same(signer->subject, crl->issuer) ||
        (signer->has_key_usage && !(signer->key_usage & ENS_KU_CRL_SIGN)))
        return false;
    if (!ens__evidence_is_signed(a->evidence, false, list, signer->spki)) {
        if (ens__keys_verify(a->q->trust->keys, signer->spki, crl->signature_algorithm, crl->tbs, crl->signature) !=
            ENS_SIGNATURE_GOOD)
            return false;
        ens__evidence_note_signed(a->evidence, false, list, signer->spki);
    }
    return is_trusted(a, signer);
}

static bool is_signed_by_listed(const crl_asking *a, size_t list, uint64_t hash)
{
    const ens_trust *t = a->q->trust;
    ens_cert c;
    ens_slice der;
    for (size_t i = 0; i < t->num_sources; i++)
        for (size_t k = 0; k < ENS_BUILD_PARSED_MAX && t->source[i].find(t->source[i].of, hash, k, &der); k++)
            if (ens_cert_parse(der, &c, NULL) == ENS_OK && signs(a, list, &c))
                return true;
    return false;
}

/* is_signed_list looks for the signer: up the path, then among what came along, the user's certificates and the
 * anchors. */
static bool is_signed_list(const crl_asking *a, size_t list)
{
    const ens__path *path = a->q->path;
    const ens_trust *t = a->q->trust;
    uint64_t hash = ens__evidence_crl_hash(a->evidence, list);
    const ens_cert *c;
    for (size_t i = a->place + 1; i < path->num; i++)
        if (signs(a, list, &path->cert[i]))
            return true;
    for (size_t i = 0; i < a->q->chain->num; i++)
        if (signs(a, list, &a->q->chain->cert[i]))
            return true;
    for (size_t at = 0; (c = ens__certstore_find(&t->untrusted, hash, &at));)
        if (signs(a, list, c))
            return true;
    for (size_t at = 0; (c = ens__certstore_find(&t->anchors, hash, &at));)
        if (signs(a, list, c))
            return true;
    return is_signed_by_listed(a, list, hash);
}

/* compare_numbers compares contents of INTEGERs that aren't negative. */
static int compare_numbers(ens_slice a, ens_slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.p, b.p, a.len) : 0;
}

/* fits is step (c): a delta that builds on this list, and is newer. */
static bool fits(const ens__crl *delta, const ens__crl *base)
{
    return delta->base_number.len && base->number.len && ens__name_same(delta->issuer, base->issuer) &&
           ens_eq(delta->scope, base->scope) && ens_eq(delta->authority_key_id, base->authority_key_id) &&
           compare_numbers(base->number, delta->base_number) >= 0 && compare_numbers(base->number, delta->number) < 0;
}

/* find_delta finds the newest delta of this time for a list, which is signed as the list is; SIZE_MAX: there is none.
 */
static size_t find_delta(const crl_asking *a, size_t base)
{
    const ens__crl *list = ens__evidence_crl(a->evidence, base);
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ens__evidence_num_crls(a->evidence); i++) {
        const ens__crl *delta = ens__evidence_crl(a->evidence, i);
        if (!fits(delta, list) || delta->unknown_critical || !is_fresh(a, delta))
            continue;
        if (best != SIZE_MAX && compare_numbers(delta->number, ens__evidence_crl(a->evidence, best)->number) <= 0)
            continue;
        if (is_signed_list(a, i))
            best = i;
    }
    return best;
}

/* look_up is steps (i) to (l): the delta first. */
static void look_up(crl_asking *a, size_t list, size_t delta)
{
    ens__revoked entry;
    bool listed = delta != SIZE_MAX && ens__evidence_find(a->evidence, delta, a->cert->serial, a->cert->issuer, &entry);
    if (!listed)
        listed = ens__evidence_find(a->evidence, list, a->cert->serial, a->cert->issuer, &entry);
    if (!listed || entry.reason == ENS_REASON_REMOVED)
        return;
    ens__horizon_turn(a->q->horizon, entry.date);
    bool later = ens__evidence_crl(a->evidence, list)->this_update > a->q->at;
    if (later && entry.date > a->q->at)
        return; /* it was revoked after the time asked for */
    a->found = (ens__revocation){.state = ENS_REVOCATION_REVOKED, .date = entry.date, .reason = entry.reason};
}

/* consider takes one list for one point; true when it added to what is known. */
static bool consider(crl_asking *a, const ens__crl_point *p, size_t list)
{
    const ens__crl *crl = ens__evidence_crl(a->evidence, list);
    if (crl->base_number.len || !is_issuer(a, crl, p))
        return false;
    if (!is_in_scope(a, crl, p))
        return crl_unknown(a, OTHER_SCOPE);
    unsigned reasons = crl->reasons & p->reasons; /* (d), (e) */
    if (!(reasons & ~a->covered))
        return false;
    if (crl->unknown_critical)
        return crl_unknown(a, NOT_UNDERSTOOD);
    size_t delta = find_delta(a, list);
    if (!is_fresh(a, crl) && delta == SIZE_MAX && !is_later(a, crl))
        return crl_unknown(a, OF_ANOTHER_TIME);
    if (!is_signed_list(a, list))
        return crl_unknown(a, NOT_SIGNED);
    look_up(a, list, delta);
    a->covered |= reasons;
    return true;
}

static bool is_settled(const crl_asking *a)
{
    return a->found.state == ENS_REVOCATION_REVOKED || a->covered == ENS_REASONS_ALL;
}

static void ask_point(crl_asking *a, const ens__crl_point *p)
{
    for (size_t i = 0; i < ens__evidence_num_crls(a->evidence) && !is_settled(a); i++)
        consider(a, p, i);
}

/* ask_all goes through the certificate's points, and then the one that every certificate has: its issuer's own list. */
static void ask_all(crl_asking *a)
{
    ens_reader points;
    ens__crl_point p;
    if (ens__crl_points_open(a->cert->crl_points, &points))
        while (!is_settled(a) && ens__crl_points_next(&points, &p))
            ask_point(a, &p);
    p = (ens__crl_point){.reasons = ENS_REASONS_ALL};
    ask_point(a, &p);
}

ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i)
{
    crl_asking a = {
        .q = q, .evidence = q->trust->evidence, .cert = &q->path->cert[i], .issuer = &q->path->cert[i + 1], .place = i};
    ask_all(&a);
    if (!is_settled(&a)) {
        a.takes_later = true;
        ask_all(&a);
    }
    if (a.found.state == ENS_REVOCATION_REVOKED)
        return a.found;
    if (a.covered == ENS_REASONS_ALL)
        return (ens__revocation){.state = ENS_REVOCATION_GOOD};
    if (a.covered)
        crl_unknown(&a, SOME_REASONS);
    return (ens__revocation){.why = texts[a.unknown]};
}

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

static void tell_revocation(const ens_trust *t, const ens__path *path, size_t i, const ens__revocation *r,
                            const char *id, ens_report *report)
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
        tell_revocation(trust, path, i, &r, id, report);
    }
}
