/* Is a certificate revoked? What follows from all that was heard of it, and when more is asked for. */
#include "certs/path/revocation.h"

#include "certs/path/revocation_hearing.h"
#include "certs/x509/crl.h"

static ens__hearing begin_revocation(const ens__revocation_question *q, size_t i)
{
    return (ens__hearing){.q = q,
                          .evidence = q->trust->evidence,
                          .cert = &q->path->cert[i],
                          .issuer = &q->path->cert[i + 1],
                          .place = i,
                          .doubted = ENS_TIME_NONE,
                          .covered_as_of = ENS_TIME_NONE};
}

/* ens__statement_is_newer tells which statement was made later: by its time, and where that is the same, by the list's
 * number. */
bool ens__statement_is_newer(const ens__statement *a, const ens__statement *b)
{
    if (!b->is || a->as_of != b->as_of)
        return !b->is || a->as_of > b->as_of;
    return a->number.len && b->number.len && ens__crl_compare_numbers(a->number, b->number) > 0;
}

void ens__keep_newest(ens__statement *kept, const ens__statement *heard)
{
    if (ens__statement_is_newer(heard, kept))
        *kept = *heard;
}

/* ens__hear_revocation sorts what names the certificate. after: revoked after the time asked for. */
void ens__hear_revocation(ens__hearing *h, const ens__statement *heard, bool after)
{
    if (heard->date != ENS_TIME_NONE)
        ens__horizon_turn(h->q->horizon, heard->date - (heard->by_ocsp ? ENS_REVOCATION_SKEW : 0));
    if (heard->invalidity != ENS_TIME_NONE)
        ens__horizon_turn(h->q->horizon, heard->invalidity);
    if (after)
        ens__keep_newest(&h->later, heard);
    else if (heard->reason == ENS_REASON_HOLD)
        ens__keep_newest(&h->hold, heard);
    else if (!h->final.is || heard->date < h->final.date)
        h->final = *heard;
}

/* reaches_back: revoked later, for something that was so already, or may have been. */
static bool reaches_back(const ens__hearing *h)
{
    const ens__statement *s = &h->later;
    if (!s->is)
        return false;
    if (s->invalidity != ENS_TIME_NONE)
        return s->invalidity <= h->q->at;
    return s->reason == ENS_REASON_KEY_COMPROMISE || s->reason == ENS_REASON_CA_COMPROMISE ||
           s->reason == ENS_REASON_AA_COMPROMISE;
}

static ens__revocation revoked_by(const ens__statement *s, unsigned remarks)
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

static ens__revocation conclude(const ens__hearing *h)
{
    bool lists = ens__evidence_num_crls(h->evidence) != 0, responses = ens__evidence_num_ocsps(h->evidence) != 0;
    if (h->final.is)
        return revoked_by(&h->final, h->remarks);
    if (h->hold.is && !(h->lifted.is && ens__statement_is_newer(&h->lifted, &h->hold)))
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
        r.why = ens__lists_unknown(h);
    else if (responses)
        r.why = h->responder ? h->responder : ENS_HEARD_NO_RESPONSE;
    if (r.why == h->responder)
        r.responder = NULL;
    return r;
}

ens__revocation ens__revocation_by_crl(const ens__revocation_question *q, size_t i)
{
    ens__hearing h = begin_revocation(q, i);
    ens__hear_lists(&h);
    return conclude(&h);
}

ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i)
{
    ens__hearing h = begin_revocation(q, i);
    ens__hear_responses(&h);
    return conclude(&h);
}

static ens__revocation ask_at_hand(const ens__revocation_question *q, size_t i)
{
    ens__hearing h = begin_revocation(q, i);
    ens__hear_lists(&h);
    ens__hear_responses(&h);
    return conclude(&h);
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
    ens__hearing h = begin_revocation(q, i);
    h.is_accepting = true;
    bool old = false;
    ens__online_want want = {.cert = h.cert, .issuer = h.issuer, .at = q->at, .of = &h};
    ens__horizon_turn(q->horizon, q->at + ENS_ONLINE_AGE_MAX);
    for (unsigned step = 0; step < 4 && (!is_settled(&r) || (old && r.state == ENS_REVOCATION_GOOD)); step++) {
        want.take = step % 2 ? ens__take_list : ens__take_response;
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
