/* Revocation by lists: RFC 5280, 6.3.3. Its steps are named by their letters. */
#include "certs/path/revocation.h"

#include "certs/keys/keys.h"
#include "certs/x509/namematch.h"
#include "certs/x509/points.h"

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
} asking;

static bool fail(asking *a, reason_unknown why)
{
    if (why > a->unknown)
        a->unknown = why;
    return false;
}

/* is_issuer is step (b)(1). */
static bool is_issuer(const asking *a, const ens__crl *crl, const ens__point *p)
{
    if (p->issuer.len)
        return crl->indirect && ens__general_names_have_directory(p->issuer, crl->issuer);
    return ens__name_same(crl->issuer, a->cert->issuer);
}

/* relative_to: a relative name of the point continues the name of the list's issuer. */
static ens_slice relative_to(const asking *a, const ens__crl *crl, const ens__point *p)
{
    return p->issuer.len ? crl->issuer : a->cert->issuer;
}

/* has_point is the first part of step (b)(2). */
static bool has_point(const asking *a, const ens__crl *crl, const ens__point *p)
{
    ens_buf own;
    ens__point_name of_list = {crl->point_tag, crl->point, crl->issuer};
    if (!crl->point_tag)
        return true;
    if (p->name_tag)
        return ens__point_names_meet(&of_list, &(ens__point_name){p->name_tag, p->name, relative_to(a, crl, p)});
    ens_buf_init(&own, NULL, 0, NAME_MAX_BYTES);
    if (!p->issuer.len)
        ens__general_name_of(a->cert->issuer, &own);
    ens_slice names = p->issuer.len ? p->issuer : ens_buf_slice(&own);
    bool has = ens__point_names_meet(&of_list, &(ens__point_name){ENS_POINT_FULL_NAME, names, (ens_slice){0}});
    ens_buf_free(&own);
    return has;
}

static bool is_in_scope(const asking *a, const ens__crl *crl, const ens__point *p)
{
    if (crl->only_attributes || (crl->only_users && a->cert->ca) || (crl->only_authorities && !a->cert->ca))
        return false;
    return has_point(a, crl, p);
}

static bool is_fresh(const asking *a, const ens__crl *crl)
{
    ens_time at = a->q->at;
    ens__horizon_turn(a->q->horizon, crl->this_update);
    if (crl->next_update != ENS_TIME_NONE)
        ens__horizon_turn(a->q->horizon, crl->next_update + 1);
    return crl->this_update <= at && (crl->next_update == ENS_TIME_NONE || at <= crl->next_update);
}

/* is_later: a list of a later time tells of an earlier one, too, as long as it still names the certificate: until its
 * end. */
static bool is_later(const asking *a, const ens__crl *crl)
{
    return a->takes_later && crl->this_update > a->q->at && crl->this_update <= a->cert->not_after;
}

/* is_trusted: the signer's own path leads to the same anchor, and none of it is revoked: step (f). */
static bool is_trusted(const asking *a, const ens_cert *signer)
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
static bool signs(const asking *a, size_t list, const ens_cert *signer)
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

static bool is_signed_by_listed(const asking *a, size_t list, uint64_t hash)
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

/* is_signed looks for the signer: up the path, then among what came along, the user's certificates and the anchors. */
static bool is_signed(const asking *a, size_t list)
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
    for (size_t at = 0; (c = ens__pool_find(&t->untrusted, hash, &at));)
        if (signs(a, list, c))
            return true;
    for (size_t at = 0; (c = ens__pool_find(&t->anchors, hash, &at));)
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
static size_t find_delta(const asking *a, size_t base)
{
    const ens__crl *list = ens__evidence_crl(a->evidence, base);
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < ens__evidence_num_crls(a->evidence); i++) {
        const ens__crl *delta = ens__evidence_crl(a->evidence, i);
        if (!fits(delta, list) || delta->unknown_critical || !is_fresh(a, delta))
            continue;
        if (best != SIZE_MAX && compare_numbers(delta->number, ens__evidence_crl(a->evidence, best)->number) <= 0)
            continue;
        if (is_signed(a, i))
            best = i;
    }
    return best;
}

/* look_up is steps (i) to (l): the delta first. */
static void look_up(asking *a, size_t list, size_t delta)
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
static bool consider(asking *a, const ens__point *p, size_t list)
{
    const ens__crl *crl = ens__evidence_crl(a->evidence, list);
    if (crl->base_number.len || !is_issuer(a, crl, p))
        return false;
    if (!is_in_scope(a, crl, p))
        return fail(a, OTHER_SCOPE);
    unsigned reasons = crl->reasons & p->reasons; /* (d), (e) */
    if (!(reasons & ~a->covered))
        return false;
    if (crl->unknown_critical)
        return fail(a, NOT_UNDERSTOOD);
    size_t delta = find_delta(a, list);
    if (!is_fresh(a, crl) && delta == SIZE_MAX && !is_later(a, crl))
        return fail(a, OF_ANOTHER_TIME);
    if (!is_signed(a, list))
        return fail(a, NOT_SIGNED);
    look_up(a, list, delta);
    a->covered |= reasons;
    return true;
}

static bool is_settled(const asking *a)
{
    return a->found.state == ENS_REVOCATION_REVOKED || a->covered == ENS_REASONS_ALL;
}

static void ask_point(asking *a, const ens__point *p)
{
    for (size_t i = 0; i < ens__evidence_num_crls(a->evidence) && !is_settled(a); i++)
        consider(a, p, i);
}

/* ask_all goes through the certificate's points, and then the one that every certificate has: its issuer's own list. */
static void ask_all(asking *a)
{
    ens_reader points;
    ens__point p;
    if (ens__points_open(a->cert->crl_points, &points))
        while (!is_settled(a) && ens__points_next(&points, &p))
            ask_point(a, &p);
    p = (ens__point){.reasons = ENS_REASONS_ALL};
    ask_point(a, &p);
}

ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i)
{
    asking a = {
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
        fail(&a, SOME_REASONS);
    return (ens__revocation){.why = texts[a.unknown]};
}
