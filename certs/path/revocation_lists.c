/* What the lists of revoked certificates say of one. Steps of RFC 5280, 6.3.3 are named by their letters. */
#include "certs/path/revocation_hearing.h"

#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"

#define NAME_MAX_BYTES ((size_t)64 << 10)
#define POINTS_MAX 64u /* distribution points of a certificate that are looked at */
#define LIFTABLE (1u << ENS_REASON_HOLD)

/* Why nothing is known, from what says least to what says most. */
typedef enum {
    NO_LIST = 0,
    OTHER_SCOPE,
    OF_ANOTHER_TIME,
    OLDER_THAN_CERTIFICATE,
    WEAK,
    NOT_UNDERSTOOD,
    ENTRY_LOST,
    NOT_SIGNED,
    SOME_REASONS
} reason_unknown;

static const char *const texts[] = {
    "no list is by its issuer",
    "no list covers it",
    "the list isn't of this time",
    "the list is older than the certificate, so it can't tell of it",
    "the list is signed with an algorithm that is not strong enough (SHA-1, say)",
    "the list has a critical extension that isn't understood",
    "an entry of the list can't be read, and might be this certificate's",
    "the list isn't signed by its issuer, or by a key that may",
    "the lists don't cover all reasons",
};

static void fail(ens__hearing *h, reason_unknown why)
{
    if (why > h->unknown)
        h->unknown = why;
}

/* is_issuer is step (b)(1). */
static bool is_issuer(const ens__hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    if (p->issuer.len)
        return crl->indirect && ens__general_names_have_directory(p->issuer, crl->issuer);
    return ens__name_same(crl->issuer, h->cert->issuer);
}

/* relative_to: a relative name of the point continues the name of the list's issuer. */
static ens_slice relative_to(const ens__hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    return p->issuer.len ? crl->issuer : h->cert->issuer;
}

/* has_point is the first part of step (b)(2). */
static bool has_point(const ens__hearing *h, const ens__crl *crl, const ens__crl_point *p)
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

static bool is_in_scope(const ens__hearing *h, const ens__crl *crl, const ens__crl_point *p)
{
    if (crl->only_attributes || (crl->only_users && h->cert->ca) || (crl->only_authorities && !h->cert->ca))
        return false;
    return has_point(h, crl, p);
}

/* reasons_of gathers, over all points of the certificate and the one that every certificate has (its issuer's own
 * list), the reasons for which a list tells of it: steps (b) to (e). *by_issuer: the list is by whom it may be. */
static unsigned reasons_of(const ens__hearing *h, const ens__crl *crl, bool *by_issuer)
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

static bool is_fresh(const ens__hearing *h, const ens__crl *crl)
{
    ens__horizon_turns(h->q->horizon, crl->this_update, end_of(crl));
    return crl->this_update <= h->q->at && h->q->at <= end_of(crl);
}

/* is_later: a list of a later time tells of an earlier one, too, as long as it still names the certificate: until its
 * end. */
static bool is_later(const ens__hearing *h, const ens__crl *crl)
{
    return crl->this_update > h->q->at && crl->this_update <= h->cert->not_after;
}

/* is_of_same_anchor: the signer's path ends where the certificate's does, or the signer is trusted by himself, as the
 * second key of its issuer. */
static bool is_of_same_anchor(const ens__hearing *h, const ens__path *own)
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
static bool is_trusted(const ens__hearing *h, const ens_cert *signer, ens_time signed_at)
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
static bool signs(const ens__hearing *h, const ens__crl *crl, ens__held *held, const ens_cert *signer)
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

static bool is_signed_by_listed(const ens__hearing *h, const ens__crl *crl, ens__held *held, uint64_t hash)
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
static bool is_signed(const ens__hearing *h, const ens__crl *crl, ens__held *held)
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

/* fits_revocation_lists is step (c): a delta that builds on this list, and is newer. */
static bool fits_revocation_lists(const ens__crl *delta, const ens__crl *base)
{
    return delta->base_number.len && base->number.len && ens__name_same(delta->issuer, base->issuer) &&
           ens_eq(delta->scope, base->scope) && ens_eq(delta->authority_key_id, base->authority_key_id) &&
           ens__crl_compare_numbers(base->number, delta->base_number) >= 0 &&
           ens__crl_compare_numbers(base->number, delta->number) < 0;
}

/* find_delta finds the newest delta of this time for a list, which is signed as the list is, or NULL. */
static ens__held *find_delta(const ens__hearing *h, const ens__crl *list)
{
    ens__held *best = NULL, *one;
    ens__evidence_walk walk = ens__evidence_crls(h->evidence, h->by);
    while ((one = ens__evidence_next(&walk))) {
        const ens__crl *delta = ens__held_crl(one);
        if (!fits_revocation_lists(delta, list) || delta->unknown_critical || delta->lost || !is_fresh(h, delta))
            continue;
        if (ens__crypto_is_weak_statement(delta->signature_algorithm))
            continue;
        if (best && ens__crl_compare_numbers(delta->number, ens__held_crl(best)->number) <= 0)
            continue;
        if (is_signed(h, delta, one))
            best = one;
    }
    return best;
}

/* cover takes a list's word for it that nothing revokes the certificate for these reasons; as_of is that of the list or
 * its delta. */
static void cover(ens__hearing *h, const ens__crl *crl, unsigned reasons, bool names_it)
{
    if (ens__crypto_is_weak_statement(crl->signature_algorithm)) {
        fail(h, WEAK);
        return;
    }
    ens__held *newer = crl->base_number.len ? NULL : find_delta(h, crl);
    const ens__crl *delta = newer ? ens__held_crl(newer) : NULL;
    ens__revoked entry;
    if (delta && ens__held_find(newer, h->cert->serial, h->cert->issuer, &entry))
        delta = NULL; /* what it says of the certificate is heard by itself */
    ens__statement heard = {.is = true,
                            .as_of = delta ? delta->this_update : crl->this_update,
                            .number = delta ? delta->number : crl->number};
    if (heard.as_of < h->cert->not_before) {
        fail(h, OLDER_THAN_CERTIFICATE);
        return;
    }
    if (!names_it && heard.as_of <= h->q->at && (reasons & LIFTABLE))
        ens__keep_newest(&h->lifted, &heard);
    if (is_fresh(h, crl) || newer || is_later(h, crl)) {
        h->covered |= reasons;
        h->covered_as_of = heard.as_of > h->covered_as_of ? heard.as_of : h->covered_as_of;
    } else
        fail(h, OF_ANOTHER_TIME);
}

/* hear_entry hears a list that names the certificate: steps (i) to (l). removeFromCRL ends a suspension in a delta, and
 * means nothing elsewhere. */
static void hear_entry(ens__hearing *h, const ens__crl *crl, const ens__revoked *entry, unsigned reasons)
{
    bool delta = crl->base_number.len != 0;
    ens__statement heard = {.is = true,
                            .ended = end_of(crl) < h->q->at,
                            .as_of = crl->this_update,
                            .number = crl->number,
                            .date = entry->date,
                            .invalidity = entry->invalidity,
                            .reason = entry->reason};
    if (entry->reason == ENS_REASON_REMOVED) {
        if (delta && crl->this_update <= h->q->at && !ens__crypto_is_weak_statement(crl->signature_algorithm))
            ens__keep_newest(&h->lifted, &heard);
        else if (!delta)
            fail(h, NOT_UNDERSTOOD);
        return;
    }
    bool after = crl->this_update > h->q->at && entry->date > h->q->at;
    ens__hear_revocation(h, &heard, after);
    if (!delta && (after || entry->reason == ENS_REASON_HOLD) && !crl->unknown_critical && !crl->lost)
        cover(h, crl, reasons, true);
}

static unsigned remarks_on(const ens__crl *crl)
{
    return (crl->number.len ? 0 : ENS_REVOCATION_NO_NUMBER) |
           (crl->number_critical ? ENS_REVOCATION_NUMBER_CRITICAL : 0) |
           (crl->next_update == ENS_TIME_NONE ? ENS_REVOCATION_NO_END : 0) | (crl->odd ? ENS_REVOCATION_ODD_LIST : 0);
}

static void hear_list(ens__hearing *h, ens__held *held)
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

static void hear_lists_of(ens__hearing *h, ens_slice issuer)
{
    ens__held *one;
    h->by = ens__name_hash(issuer);
    ens__evidence_walk walk = ens__evidence_crls(h->evidence, h->by);
    while ((one = ens__evidence_next(&walk)))
        hear_list(h, one);
}

/* ens__hear_lists hears the lists of the issuer, and those of the other issuers that the certificate names. */
void ens__hear_lists(ens__hearing *h)
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

const char *ens__lists_unknown(const ens__hearing *h)
{
    return texts[h->covered ? SOME_REASONS : h->unknown];
}

/* ens__take_list keeps a list that was fetched, if it is by whom it has to be. */
ens_code ens__take_list(void *of, ens_slice der, ens_err *err)
{
    ens__hearing *h = of;
    ens__crl crl;
    bool by_issuer = false;
    ens_code code = ens__crl_read(der, &crl, err);
    if (code != ENS_OK)
        return code;
    reasons_of(h, &crl, &by_issuer);
    h->by = ens__name_hash(crl.issuer);
    if (!by_issuer || !is_signed(h, &crl, NULL))
        return ens_fail(err, ENS_EPOLICY, "RFC 5280 6.3.3 (f)", texts[NOT_SIGNED], 0);
    return ens__evidence_add_crl(h->evidence, der, err);
}
