/* What lists and responses say of one certificate, and what follows from it. Steps of RFC 5280, 6.3.3 are named by
 * their letters. */
#include "certs/path/revocation.h"

#include "certs/keys/keys.h"
#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"

#define NAME_MAX_BYTES ((size_t)64 << 10)
#define OCSP_SIGNING ENS_LIT("\x2B\x06\x01\x05\x05\x07\x03\x09")
#define OCSP_NO_CHECK ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01\x05")
#define RESPONDERS_MAX 16u /* certificates of one response that are looked at */
#define POINTS_MAX 64u     /* distribution points of a certificate that are looked at */
#define LIFTABLE (1u << ENS_REASON_HOLD)

/* Why nothing is known, from what says least to what says most. */
typedef enum {
    NO_LIST = 0,
    OTHER_SCOPE,
    OF_ANOTHER_TIME,
    NOT_UNDERSTOOD,
    ENTRY_LOST,
    NOT_SIGNED,
    SOME_REASONS
} reason_unknown;

static const char *const texts[] = {
    "no list is by its issuer",
    "no list covers it",
    "the list isn't of this time",
    "the list has a critical extension that isn't understood",
    "an entry of the list can't be read, and might be this certificate's",
    "the list isn't signed by its issuer, or by a key that may",
    "the lists don't cover all reasons",
};

#define NOT_ABOUT_IT "no OCSP response is about it"
#define RESPONSE_NOT_UNDERSTOOD "the OCSP response has a critical extension that isn't understood"
#define RESPONSE_NOT_SIGNED "the OCSP response isn't signed by the issuer or a responder of his"
#define RESPONSE_OF_ANOTHER_TIME "the OCSP response isn't of this time"
#define NOT_KNOWN "the OCSP responder doesn't know it"

/* One statement: when it was made, and what it says. */
typedef struct {
    bool is, by_ocsp, ended;
    ens_time as_of;
    ens_slice number; /* of a list */
    ens_time date, invalidity;
    ens__reason reason;
} statement;

/* What was heard of one certificate. */
typedef struct {
    const ens__revocation_question *q;
    ens__evidence *evidence;
    const ens_cert *cert, *issuer;
    size_t place;           /* of cert in the path */
    uint64_t by;            /* ens__name_hash of the issuer whose lists are heard */
    bool is_accepting;      /* who signed is asked alone, and not whether he is revoked */
    statement final;        /* what revokes for good, since the earliest date */
    statement hold;         /* the newest suspension */
    statement lifted;       /* the newest statement, not after the time asked for, that would know of a suspension */
    statement later;        /* that it was revoked after the time asked for */
    statement good;         /* the newest response that finds it good at that time */
    unsigned covered;       /* reasons for which lists of that time don't name it */
    ens_time covered_as_of; /* the newest of those lists */
    ens_time doubted;       /* when a responder last didn't know it; ENS_TIME_NONE: never */
    unsigned remarks;
    reason_unknown unknown;
    const char *responder;
} hearing;

static hearing begin(const ens__revocation_question *q, size_t i)
{
    return (hearing){.q = q,
                     .evidence = q->trust->evidence,
                     .cert = &q->path->cert[i],
                     .issuer = &q->path->cert[i + 1],
                     .place = i,
                     .doubted = ENS_TIME_NONE,
                     .covered_as_of = ENS_TIME_NONE};
}

static void fail(hearing *h, reason_unknown why)
{
    if (why > h->unknown)
        h->unknown = why;
}

/* compare_numbers compares contents of INTEGERs that aren't negative, without padding. */
static int compare_numbers(ens_slice a, ens_slice b)
{
    if (a.len && b.len && (a.p[0] == 0) != (b.p[0] == 0)) { /* a sign octet is no digit */
        ens_slice x = a.p[0] ? a : ens_from(a, 1), y = b.p[0] ? b : ens_from(b, 1);
        return x.len != y.len ? (x.len < y.len ? -1 : 1) : x.len ? memcmp(x.p, y.p, x.len) : 0;
    }
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.p, b.p, a.len) : 0;
}

/* is_newer tells which statement was made later: by its time, and where that is the same, by the list's number. */
static bool is_newer(const statement *a, const statement *b)
{
    if (!b->is || a->as_of != b->as_of)
        return !b->is || a->as_of > b->as_of;
    return a->number.len && b->number.len && compare_numbers(a->number, b->number) > 0;
}

static void keep_newest(statement *kept, const statement *heard)
{
    if (is_newer(heard, kept))
        *kept = *heard;
}

/* hear_revocation sorts what names the certificate. after: revoked after the time asked for. */
static void hear_revocation(hearing *h, const statement *heard, bool after)
{
    if (heard->date != ENS_TIME_NONE)
        ens__horizon_turn(h->q->horizon, heard->date - (heard->by_ocsp ? ENS_REVOCATION_SKEW : 0));
    if (heard->invalidity != ENS_TIME_NONE)
        ens__horizon_turn(h->q->horizon, heard->invalidity);
    if (after)
        keep_newest(&h->later, heard);
    else if (heard->reason == ENS_REASON_HOLD)
        keep_newest(&h->hold, heard);
    else if (!h->final.is || heard->date < h->final.date)
        h->final = *heard;
}

/* --- lists --- */

/* is_issuer is step (b)(1). */
static bool is_issuer(const hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    if (p->issuer.len)
        return crl->indirect && ens__general_names_have_directory(p->issuer, crl->issuer);
    return ens__name_same(crl->issuer, h->cert->issuer);
}

/* relative_to: a relative name of the point continues the name of the list's issuer. */
static ens_slice relative_to(const hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    return p->issuer.len ? crl->issuer : h->cert->issuer;
}

/* has_point is the first part of step (b)(2). */
static bool has_point(const hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    ens_buf own;
    ens__crl_point_name of_list = {crl->point_tag, crl->point, crl->issuer};
    if (!crl->point_tag)
        return true;
    if (p->name_tag)
        return ens__crl_point_names_meet(&of_list,
                                         &(ens__crl_point_name){p->name_tag, p->name, relative_to(h, crl, p)});
    ens_buf_init(&own, NULL, 0, NAME_MAX_BYTES);
    if (!p->issuer.len)
        ens__general_name_of(h->cert->issuer, &own);
    ens_slice names = p->issuer.len ? p->issuer : ens_buf_slice(&own);
    bool has =
        ens__crl_point_names_meet(&of_list, &(ens__crl_point_name){ENS_CRL_POINT_FULL_NAME, names, (ens_slice){0}});
    ens_buf_free(&own);
    return has;
}

static bool is_in_scope(const hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    if (crl->only_attributes || (crl->only_users && h->cert->ca) || (crl->only_authorities && !h->cert->ca))
        return false;
    return has_point(h, crl, p);
}

/* reasons_of gathers, over all points of the certificate and the one that every certificate has (its issuer's own
 * list), the reasons for which a list tells of it: steps (b) to (e). *by_issuer: the list is by whom it may be. */
static unsigned reasons_of(const hearing *h, const ens__crl *crl, bool *by_issuer)
{
    ens_reader points;
    ens__crl_point p;
    unsigned reasons = 0, num = 0;
    const ens__crl_point own = {.reasons = ENS_REASONS_ALL};
    *by_issuer = is_issuer(h, crl, &own);
    if (*by_issuer && is_in_scope(h, crl, &own))
        reasons = own.reasons;
    if (!ens__crl_points_open(h->cert->crl_points, &points))
        return reasons & crl->reasons;
    for (; num < POINTS_MAX && ens__crl_points_next(&points, &p); num++)
        if (is_issuer(h, crl, &p)) {
            *by_issuer = true;
            reasons |= is_in_scope(h, crl, &p) ? p.reasons : 0;
        }
    return reasons & crl->reasons;
}

/* end_of tells until when a list speaks of the present. */
static ens_time end_of(const ens__crl *crl)
{
    return crl->next_update != ENS_TIME_NONE ? crl->next_update : crl->this_update + ENS_REVOCATION_AGE_MAX;
}

static bool is_fresh(const hearing *h, const ens__crl *crl)
{
    ens__horizon_turns(h->q->horizon, crl->this_update, end_of(crl));
    return crl->this_update <= h->q->at && h->q->at <= end_of(crl);
}

/* is_later: a list of a later time tells of an earlier one, too, as long as it still names the certificate: until its
 * end. */
static bool is_later(const hearing *h, const ens__crl *crl)
{
    return crl->this_update > h->q->at && crl->this_update <= h->cert->not_after;
}

/* is_of_same_anchor: the signer's path ends where the certificate's does, or the signer is trusted by himself, as the
 * second key of its issuer. */
static bool is_of_same_anchor(const hearing *h, const ens__path *own)
{
    const ens__path *path = h->q->path;
    return ens__name_same(own->cert[own->num - 1].subject, path->cert[path->num - 1].subject) ||
           (own->num == 1 && ens__name_same(own->cert[0].subject, h->cert->issuer));
}

/* is_valid_signer: a signer whose certificate has ended signed while it had not. */
static bool is_valid_signer(const ens__path *own, ens_time signed_at)
{
    return own->anchored &&
           (own->faults.num == 0 ||
            (own->faults.only_of_time && own->cert[0].not_before <= signed_at && signed_at <= own->cert[0].not_after));
}

/* is_trusted: the signer's own path leads to the same anchor, and none of it is revoked: step (f). */
static bool is_trusted(const hearing *h, const ens_cert *signer, ens_time signed_at)
{
    const ens__path *path = h->q->path;
    ens__path own;
    for (size_t i = h->place + 1; i < path->num; i++)
        if (ens_eq(path->cert[i].der, signer->der))
            return true;
    if (h->q->depth == ENS_REVOCATION_DEPTH_MAX || ens_eq(signer->der, h->cert->der))
        return false;
    ens__path_of(h->q->trust, signer, h->q->chain, h->q->at, NULL, &own);
    if (h->q->horizon)
        ens__horizon_join(h->q->horizon, &own.horizon);
    if (!is_valid_signer(&own, signed_at) || !is_of_same_anchor(h, &own))
        return false;
    ens__revocation_question q = {h->q->trust,     h->q->chain,   &own,        h->q->at,
                                  h->q->depth + 1, h->q->horizon, h->q->others};
    for (size_t i = 0; i + 1 < own.num && !h->is_accepting; i++) {
        ens__revocation_state state = ens__revocation_of(&q, i).state;
        if (state == ENS_REVOCATION_REVOKED || (state == ENS_REVOCATION_UNKNOWN && h->q->trust->revocation_hard))
            return false;
    }
    return true;
}

/* signs is steps (f) and (g): may it, did it, is it trusted. held may be NULL. */
static bool signs(const hearing *h, const ens__crl *crl, ens__held *held, const ens_cert *signer)
{
    if (!ens__name_same(signer->subject, crl->issuer) ||
        (signer->has_key_usage && !(signer->key_usage & ENS_KU_CRL_SIGN)))
        return false;
    if (!held || !ens__held_is_signed(held, signer->spki)) {
        if (ens__keys_verify(h->q->trust->keys, signer->spki, crl->signature_algorithm, crl->tbs, crl->signature) !=
            ENS_SIGNATURE_GOOD)
            return false;
        if (held)
            ens__held_note_signed(held, signer->spki);
    }
    return is_trusted(h, signer, crl->this_update);
}

static bool is_signed_by_listed(const hearing *h, const ens__crl *crl, ens__held *held, uint64_t hash)
{
    const ens_trust *t = h->q->trust;
    ens_cert c;
    ens_slice der;
    for (size_t i = 0; i < t->num_sources; i++)
        for (size_t k = 0; k < ENS_BUILD_PARSED_MAX && t->source[i].find(t->source[i].of, hash, k, h->q->at, &der); k++)
            if (ens_cert_parse(der, &c, NULL) == ENS_OK && signs(h, crl, held, &c))
                return true;
    return false;
}

/* is_signed looks for the signer: up the path, then among what came along, the user's certificates and the anchors. */
static bool is_signed(const hearing *h, const ens__crl *crl, ens__held *held)
{
    const ens__path *path = h->q->path;
    const ens_trust *t = h->q->trust;
    const ens_cert *c;
    for (size_t i = h->place + 1; i < path->num; i++)
        if (signs(h, crl, held, &path->cert[i]))
            return true;
    for (size_t i = 0; i < h->q->chain->num; i++)
        if (signs(h, crl, held, &h->q->chain->cert[i]))
            return true;
    for (size_t at = 0; h->q->others && (c = ens__certstore_find(h->q->others, h->by, &at));)
        if (signs(h, crl, held, c))
            return true;
    for (size_t at = 0; (c = ens__certstore_find(&t->untrusted, h->by, &at));)
        if (signs(h, crl, held, c))
            return true;
    for (size_t at = 0; (c = ens__certstore_find(&t->anchors, h->by, &at));)
        if (signs(h, crl, held, c))
            return true;
    return is_signed_by_listed(h, crl, held, h->by);
}

/* fits is step (c): a delta that builds on this list, and is newer. */
static bool fits(const ens__crl *delta, const ens__crl *base)
{
    return delta->base_number.len && base->number.len && ens__name_same(delta->issuer, base->issuer) &&
           ens_eq(delta->scope, base->scope) && ens_eq(delta->authority_key_id, base->authority_key_id) &&
           compare_numbers(base->number, delta->base_number) >= 0 && compare_numbers(base->number, delta->number) < 0;
}

/* find_delta finds the newest delta of this time for a list, which is signed as the list is, or NULL. */
static ens__held *find_delta(const hearing *h, const ens__crl *list)
{
    ens__held *best = NULL, *one;
    ens__evidence_walk walk = ens__evidence_crls(h->evidence, h->by);
    while ((one = ens__evidence_next(&walk))) {
        const ens__crl *delta = ens__held_crl(one);
        if (!fits(delta, list) || delta->unknown_critical || delta->lost || !is_fresh(h, delta))
            continue;
        if (best && compare_numbers(delta->number, ens__held_crl(best)->number) <= 0)
            continue;
        if (is_signed(h, delta, one))
            best = one;
    }
    return best;
}

/* cover takes a list's word for it that nothing revokes the certificate for these reasons; as_of is that of the list or
 * its delta. */
static void cover(hearing *h, const ens__crl *crl, unsigned reasons, bool names_it)
{
    ens__held *newer = crl->base_number.len ? NULL : find_delta(h, crl);
    const ens__crl *delta = newer ? ens__held_crl(newer) : NULL;
    ens__revoked entry;
    if (delta && ens__held_find(newer, h->cert->serial, h->cert->issuer, &entry))
        delta = NULL; /* what it says of the certificate is heard by itself */
    statement heard = {.is = true,
                       .as_of = delta ? delta->this_update : crl->this_update,
                       .number = delta ? delta->number : crl->number};
    if (!names_it && heard.as_of <= h->q->at && (reasons & LIFTABLE))
        keep_newest(&h->lifted, &heard);
    if (is_fresh(h, crl) || newer || is_later(h, crl)) {
        h->covered |= reasons;
        h->covered_as_of = heard.as_of > h->covered_as_of ? heard.as_of : h->covered_as_of;
    } else
        fail(h, OF_ANOTHER_TIME);
}

/* hear_entry hears a list that names the certificate: steps (i) to (l). removeFromCRL ends a suspension in a delta, and
 * means nothing elsewhere. */
static void hear_entry(hearing *h, const ens__crl *crl, const ens__revoked *entry, unsigned reasons)
{
    bool delta = crl->base_number.len != 0;
    statement heard = {.is = true,
                       .ended = end_of(crl) < h->q->at,
                       .as_of = crl->this_update,
                       .number = crl->number,
                       .date = entry->date,
                       .invalidity = entry->invalidity,
                       .reason = entry->reason};
    if (entry->reason == ENS_REASON_REMOVED) {
        if (delta && crl->this_update <= h->q->at)
            keep_newest(&h->lifted, &heard);
        else if (!delta)
            fail(h, NOT_UNDERSTOOD);
        return;
    }
    bool after = crl->this_update > h->q->at && entry->date > h->q->at;
    hear_revocation(h, &heard, after);
    if (!delta && (after || entry->reason == ENS_REASON_HOLD) && !crl->unknown_critical && !crl->lost)
        cover(h, crl, reasons, true);
}

static unsigned remarks_on(const ens__crl *crl)
{
    return (crl->number.len ? 0 : ENS_REVOCATION_NO_NUMBER) |
           (crl->number_critical ? ENS_REVOCATION_NUMBER_CRITICAL : 0) |
           (crl->next_update == ENS_TIME_NONE ? ENS_REVOCATION_NO_END : 0) | (crl->odd ? ENS_REVOCATION_ODD_LIST : 0);
}

static void hear_list(hearing *h, ens__held *held)
{
    const ens__crl *crl = ens__held_crl(held);
    ens__revoked entry;
    bool by_issuer = false;
    unsigned reasons = reasons_of(h, crl, &by_issuer);
    if (!by_issuer)
        return;
    if (!reasons) {
        fail(h, OTHER_SCOPE);
        if (ens__held_find(held, h->cert->serial, h->cert->issuer, &entry) && is_signed(h, crl, held))
            h->remarks |= ENS_REVOCATION_ELSEWHERE;
        return;
    }
    bool fresh = is_fresh(h, crl);
    if (!is_signed(h, crl, held)) {
        fail(h, NOT_SIGNED);
        return;
    }
    bool named = ens__held_find(held, h->cert->serial, h->cert->issuer, &entry);
    if (fresh || named)
        h->remarks |= remarks_on(crl);
    if (named)
        hear_entry(h, crl, &entry, reasons);
    else if (crl->unknown_critical || crl->lost)
        fail(h, crl->lost ? ENTRY_LOST : NOT_UNDERSTOOD);
    else if (!crl->base_number.len)
        cover(h, crl, reasons, false);
}

static void hear_lists_of(hearing *h, ens_slice issuer)
{
    ens__held *one;
    h->by = ens__name_hash(issuer);
    ens__evidence_walk walk = ens__evidence_crls(h->evidence, h->by);
    while ((one = ens__evidence_next(&walk)))
        hear_list(h, one);
}

/* hear_lists hears the lists of the issuer, and those of the other issuers that the certificate names. */
static void hear_lists(hearing *h)
{
    ens_reader points;
    ens__crl_point p;
    ens_der name, inner;
    unsigned num = 0;
    hear_lists_of(h, h->cert->issuer);
    if (!ens__crl_points_open(h->cert->crl_points, &points))
        return;
    for (; num < POINTS_MAX && ens__crl_points_next(&points, &p); num++)
        for (ens_reader r = ens_read(p.issuer); ens__der_any(&r, &name);) {
            ens_reader in = ens_read(name.body);
            if (name.tag == ENS_DER_CONTEXT(4) && ens__der_take(&in, ENS_DER_SEQUENCE, &inner) &&
                !ens__name_same(inner.all, h->cert->issuer))
                hear_lists_of(h, inner.all);
        }
}

/* --- responses --- */

static bool signed_by(const hearing *h, const ens__ocsp *o, ens__held *held, const ens_cert *responder)
{
    if (held && ens__held_is_signed(held, responder->spki))
        return true;
    if (ens__keys_verify(h->q->trust->keys, responder->spki, o->signature_algorithm, o->data, o->signature) !=
        ENS_SIGNATURE_GOOD)
        return false;
    if (held)
        ens__held_note_signed(held, responder->spki);
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
static bool is_unrevoked(const hearing *h, const ens_cert *responder)
{
    ens__path path;
    if (h->is_accepting || ens__extension_is_there(responder, OCSP_NO_CHECK))
        return true;
    if (h->q->depth == ENS_REVOCATION_DEPTH_MAX)
        return false;
    path.cert[0] = *responder;
    path.num = 1;
    for (size_t i = h->place + 1; i < h->q->path->num; i++)
        path.cert[path.num++] = h->q->path->cert[i];
    ens__revocation_question q = {h->q->trust,     h->q->chain,   &path,       h->q->at,
                                  h->q->depth + 1, h->q->horizon, h->q->others};
    ens__revocation_state state = ens__revocation_by_crl(&q, 0).state;
    return state == ENS_REVOCATION_GOOD || (state == ENS_REVOCATION_UNKNOWN && !h->q->trust->revocation_hard);
}

/* is_delegate: the issuer itself issued the responder's certificate, for this purpose, and it was valid when it
 * answered or is at the time asked for. */
static bool is_delegate(const hearing *h, const ens_cert *responder, ens_time answered)
{
    ens__horizon_turns(h->q->horizon, responder->not_before - ENS_REVOCATION_SKEW, responder->not_after);
    bool valid = responder->not_before <= h->q->at + ENS_REVOCATION_SKEW && h->q->at <= responder->not_after,
         was_valid = responder->not_before <= answered && answered <= responder->not_after;
    return ens__name_same(responder->issuer, h->issuer->subject) && (valid || was_valid) && may_answer(responder) &&
           ens__keys_verify(h->q->trust->keys, h->issuer->spki, responder->signature_algorithm, responder->tbs,
                            responder->signature) == ENS_SIGNATURE_GOOD &&
           is_unrevoked(h, responder);
}

static bool is_answered(const hearing *h, const ens__ocsp *o, ens__held *held)
{
    ens_der one;
    ens_cert responder;
    unsigned num = 0;
    if (ens__ocsp_names(o, h->issuer) && signed_by(h, o, held, h->issuer))
        return true;
    for (ens_reader r = ens_read(o->certificates); num < RESPONDERS_MAX && ens__der_take(&r, ENS_DER_SEQUENCE, &one);
         num++)
        if (ens_cert_parse(one.all, &responder, NULL) == ENS_OK && ens__ocsp_names(o, &responder) &&
            signed_by(h, o, held, &responder) && is_delegate(h, &responder, o->produced))
            return true;
    return false;
}

static ens_time end_of_answer(const ens__ocsp_answer *answer)
{
    return answer->next_update != ENS_TIME_NONE ? answer->next_update : answer->this_update + ENS_REVOCATION_AGE_MAX;
}

/* is_of_time: of the time asked for, or of a later one while the certificate lasts, for then it wasn't revoked before,
 * either. */
static bool is_of_time(const hearing *h, const ens__ocsp_answer *answer)
{
    ens_time at = h->q->at, end = end_of_answer(answer);
    ens__horizon_turns(h->q->horizon, answer->this_update - ENS_REVOCATION_SKEW, end + ENS_REVOCATION_SKEW);
    if (answer->this_update > at + ENS_REVOCATION_SKEW)
        return answer->this_update <= h->cert->not_after;
    return at - ENS_REVOCATION_SKEW <= end;
}

static void say(hearing *h, const char *text)
{
    if (!h->responder || h->responder[0] != NOT_KNOWN[0] || strcmp(h->responder, NOT_KNOWN) != 0)
        h->responder = text;
}

/* hear_answer hears a response that is signed by whom it has to be. */
static void hear_answer(hearing *h, const ens__ocsp *o, const ens__ocsp_answer *answer)
{
    ens_time at = h->q->at + ENS_REVOCATION_SKEW;
    bool of_time = is_of_time(h, answer), later = answer->this_update > at;
    statement heard = {.is = true,
                       .by_ocsp = true,
                       .ended = end_of_answer(answer) + ENS_REVOCATION_SKEW < h->q->at,
                       .as_of = answer->this_update,
                       .date = answer->revoked,
                       .invalidity = ENS_TIME_NONE,
                       .reason = answer->reason};
    bool after = answer->status == ENS_OCSP_REVOKED && later && answer->revoked > at;
    h->remarks |= answer->odd || o->odd ? ENS_REVOCATION_ODD_RESPONSE : 0;
    if (answer->status == ENS_OCSP_REVOKED)
        hear_revocation(h, &heard, after);
    if (answer->status == ENS_OCSP_REVOKED && !after)
        return;
    if (o->unknown_critical) {
        say(h, RESPONSE_NOT_UNDERSTOOD);
    } else if (answer->status == ENS_OCSP_UNKNOWN) {
        say(h, of_time ? NOT_KNOWN : RESPONSE_OF_ANOTHER_TIME);
        h->remarks |= of_time ? ENS_REVOCATION_DOUBTED : 0;
        if (of_time && answer->this_update > h->doubted)
            h->doubted = answer->this_update;
    } else {
        if (!later)
            keep_newest(&h->lifted, &heard);
        if (of_time)
            keep_newest(&h->good, &heard);
        else
            say(h, RESPONSE_OF_ANOTHER_TIME);
    }
}

static void hear_responses(hearing *h)
{
    ens__ocsp_answer answer;
    ens__held *one;
    ens__evidence_walk walk = ens__evidence_ocsps(h->evidence, h->cert->serial);
    while ((one = ens__evidence_next(&walk))) {
        const ens__ocsp *o = ens__held_ocsp(one);
        if (!ens__ocsp_find(o, h->cert, h->issuer, &answer))
            continue;
        if (is_answered(h, o, one))
            hear_answer(h, o, &answer);
        else
            say(h, RESPONSE_NOT_SIGNED);
    }
}

/* --- what follows --- */

/* reaches_back: revoked later, for something that was so already, or may have been. */
static bool reaches_back(const hearing *h)
{
    const statement *s = &h->later;
    if (!s->is)
        return false;
    if (s->invalidity != ENS_TIME_NONE)
        return s->invalidity <= h->q->at;
    return s->reason == ENS_REASON_KEY_COMPROMISE || s->reason == ENS_REASON_CA_COMPROMISE ||
           s->reason == ENS_REASON_AA_COMPROMISE;
}

static ens__revocation revoked_by(const statement *s, unsigned remarks)
{
    return (ens__revocation){.state = ENS_REVOCATION_REVOKED,
                             .by_ocsp = s->by_ocsp,
                             .ended = s->ended,
                             .as_of = s->as_of,
                             .date = s->date,
                             .invalidity = s->invalidity,
                             .reason = s->reason,
                             .remarks = remarks};
}

static ens__revocation conclude(const hearing *h)
{
    bool lists = ens__evidence_num_crls(h->evidence) != 0, responses = ens__evidence_num_ocsps(h->evidence) != 0;
    if (h->final.is)
        return revoked_by(&h->final, h->remarks);
    if (h->hold.is && !(h->lifted.is && is_newer(&h->lifted, &h->hold)))
        return revoked_by(&h->hold, h->remarks);
    ens__revocation r = {.invalidity = ENS_TIME_NONE, .responder = h->responder, .remarks = h->remarks};
    if (reaches_back(h)) {
        r.remarks |= ENS_REVOCATION_REACHES_BACK;
        r.date = h->later.date;
        r.reason = h->later.reason;
        r.invalidity = h->later.invalidity;
    }
    r.by_ocsp = h->good.is && h->good.as_of >= h->doubted;
    if (r.by_ocsp || h->covered == ENS_REASONS_ALL) {
        r.state = ENS_REVOCATION_GOOD;
        r.as_of = r.by_ocsp ? h->good.as_of : h->covered_as_of;
        return r;
    }
    if (lists)
        r.why = texts[h->covered ? SOME_REASONS : h->unknown];
    else if (responses)
        r.why = h->responder ? h->responder : NOT_ABOUT_IT;
    if (r.why == h->responder)
        r.responder = NULL;
    return r;
}

ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i)
{
    hearing h = begin(q, i);
    hear_lists(&h);
    return conclude(&h);
}

ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i)
{
    hearing h = begin(q, i);
    hear_responses(&h);
    return conclude(&h);
}

static ens__revocation ask_at_hand(const ens__revocation_question *q, size_t i)
{
    hearing h = begin(q, i);
    hear_lists(&h);
    hear_responses(&h);
    return conclude(&h);
}

/* take_list keeps a list that was fetched, if it is by whom it has to be. */
static ens_code take_list(void *of, ens_slice der, ens_err *err)
{
    hearing *h = of;
    ens__held *held;
    ens__crl crl;
    bool by_issuer = false;
    ens_code code = ens__crl_read(der, &crl, err);
    if (code != ENS_OK)
        return code;
    reasons_of(h, &crl, &by_issuer);
    h->by = ens__name_hash(crl.issuer);
    if (!by_issuer || !is_signed(h, &crl, NULL))
        return ens_fail(err, ENS_EPOLICY, "RFC 5280 6.3.3 (f)", texts[NOT_SIGNED], 0);
    return ens__evidence_add_crl(h->evidence, der, &held, err);
}

/* take_response keeps a response that is about the certificate, by whom it has to be. */
static ens_code take_response(void *of, ens_slice der, ens_err *err)
{
    hearing *h = of;
    ens__held *held;
    ens__ocsp ocsp;
    ens__ocsp_answer answer;
    ens_code code = ens__ocsp_read(der, &ocsp, err);
    if (code != ENS_OK)
        return code;
    if (!ens__ocsp_find(&ocsp, h->cert, h->issuer, &answer))
        return ens_fail(err, ENS_EPOLICY, "RFC 6960 3.2", NOT_ABOUT_IT, 0);
    if (!is_answered(h, &ocsp, NULL))
        return ens_fail(err, ENS_EPOLICY, "RFC 6960 3.2", RESPONSE_NOT_SIGNED, 0);
    return ens__evidence_add_ocsp(h->evidence, der, &held, err);
}

static bool is_settled(const ens__revocation *r)
{
    return r->state == ENS_REVOCATION_GOOD || (r->state == ENS_REVOCATION_REVOKED && r->reason != ENS_REASON_HOLD);
}

/* ask_online asks the folder of the last run, then the responder, then for lists, until it is settled. What the folder
 * kept for too long is heard, and asked for again. */
static ens__revocation ask_online(const ens__revocation_question *q, size_t i, ens__revocation r)
{
    ens__online *online = q->trust->online;
    hearing h = begin(q, i);
    h.is_accepting = true;
    bool old = false;
    ens__online_want want = {.cert = h.cert, .issuer = h.issuer, .of = &h};
    ens__horizon_turn(q->horizon, q->at + ENS_ONLINE_AGE_MAX);
    for (unsigned step = 0; step < 4 && (!is_settled(&r) || (old && r.state == ENS_REVOCATION_GOOD)); step++) {
        want.take = step % 2 ? take_list : take_response;
        want.ocsp = step % 2 == 0;
        bool came = step < 2 ? ens__online_kept(online, &want, &old) : ens__online_fetch(online, &want);
        if (came)
            r = ask_at_hand(q, i);
        if (came && step >= 2)
            old = false;
    }
    return r;
}

/* needs_none: the CA promises to issue no revocation information, for certificates that end soon. */
static bool needs_none(const ens_cert *c)
{
    return !c->ca && (c->no_rev_avail || c->validity_assured);
}

ens__revocation ens__revocation_of(const ens__revocation_question *q, size_t i)
{
    const ens_cert *cert = &q->path->cert[i];
    ens__revocation r = ask_at_hand(q, i);
    if (r.state == ENS_REVOCATION_UNKNOWN && needs_none(cert))
        return (ens__revocation){
            .state = ENS_REVOCATION_GOOD, .unneeded = true, .invalidity = ENS_TIME_NONE, .remarks = r.remarks};
    if (q->trust->online && !is_settled(&r) && q->path->faults.only_of_time)
        r = ask_online(q, i, r);
    return r;
}
