/* The analysis of a filing: what is asked, what is answered, and how it ends; and what else officers order.
 * Source  ICS2-HTI ICD 3.1.4, 3.1.5; ICS2 HTI BPM L4 2.00, T-03; the contents of IE3N03 by filing */
#include "sti/filing/customs_parts.h"

#define HOUSES_TOLD_ALONE 99u /* houses that each have an IE3N03 of their own; more are told by one */
#define NOTHING(why_) ((d)->why = (why_))

static const ens_filing_kind *kind_of(const ens_held *h)
{
    return ens__filing_kind_of(ens_str(h->filing.action));
}

/* -- Asked -------------------------------------------------------------------------------------------------------- */

/* ask opens a referral: the filer is told, and so is the carrier, at the same time. */
static void ask(ens_customs *d, ens_held *h, const char *type, ens_slice text)
{
    const ens_doc *doc = ens__customs_kept(d, h);
    bool screening = strcmp(type, "RFS") == 0;
    ens_filing *f = &h->filing;
    if (!ens__filing_is_before_arrival(f) || f->flags & ENS_FILING_NO_LOADING) {
        NOTHING("nothing is asked about a filing that isn't on its way");
        return;
    }
    ens_referral *r = ens__filing_ask(f, type);
    if (!r) {
        NOTHING("too many requests are open");
        return;
    }
    ens_writing w = {.action = screening ? "IE3Q03" : "IE3Q02",
                     .filing = f,
                     .doc = doc,
                     .mrn = f->mrn,
                     .referral = r,
                     .text = text.len ? text : ENS_LIT("Say more about the goods.")};
    if (!(f->flags & ENS_FILING_ASSESSED)) /* the analysis that it interrupts */
        f->flags &= ~ENS_FILING_PRELOADED;
    f->flags &= ~(ENS_FILING_HELD | ENS_FILING_ASSESSED);
    ens__shelf_touch(h);
    ens__customs_tell_filer(d, h, &w, false);
    w.action = screening ? "IE3N05" : "IE3N04";
    ens__customs_tell(d, h, &w, ens_str(f->carrier), true);
}

static void forbid_loading(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    const ens_doc *doc = ens__customs_kept(d, h);
    ens_filing *f = &h->filing;
    const ens_filing_kind *kind = kind_of(h);
    if (!ens__filing_is_before_arrival(f) || (!kind->preloading && kind->risk != ENS_RISK_SEA)) {
        NOTHING("loading is forbidden of what is to be loaded: by air, or in containers by sea");
        return;
    }
    ens_writing w = {.action = "IE3Q01", .filing = f, .doc = doc, .mrn = f->mrn};
    f->flags |= ENS_FILING_NO_LOADING | ENS_FILING_ASSESSED;
    f->flags &= ~ENS_FILING_HELD;
    f->due[ENS_TIMER_RISK] = 0;
    ens__shelf_touch(h);
    ens__customs_tell_filer(d, h, &w, false);
    ens__customs_tell(d, h, &w, ens_str(f->carrier), false);
}

/* -- Complete ----------------------------------------------------------------------------------------------------- */

static void tell_complete(ens_customs *d, ens_held *h, ens_writing *w)
{
    ens__customs_tell_filer(d, h, w, true);
    ens__customs_tell(d, h, w, ens_str(h->filing.carrier), true);
}

/* tell_houses tells of each house consignment by itself. */
static void tell_houses(ens_customs *d, ens_held *h, ens_writing *w)
{
    static const uint16_t at[] = {ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel, 0};
    uint32_t num = 0, first = w->doc ? ens__doc_at(w->doc, ENS_DOC_ROOT, at) : 0;
    for (uint32_t n = first; n; n = ens__doc_next(w->doc, n))
        num++;
    if (num > HOUSES_TOLD_ALONE || !num) {
        tell_complete(d, h, w);
        return;
    }
    for (uint32_t n = first; n; n = ens__doc_next(w->doc, n)) {
        w->house = n;
        w->num_houses = 1;
        tell_complete(d, h, w);
    }
}

/* complete ends the analysis: before loading, or of the whole. */
static void complete(ens_customs *d, ens_held *h, bool before_loading)
{
    ens_filing *f = &h->filing;
    bool untold = strcmp(f->action + 4, "16") == 0 || strcmp(f->action + 4, "17") == 0;
    f->flags |= before_loading ? ENS_FILING_PRELOADED : ENS_FILING_ASSESSED;
    f->flags &= ~ENS_FILING_HELD;
    if (!before_loading)
        f->due[ENS_TIMER_RISK] = 0;
    ens__shelf_touch(h);
    if (untold) {
        NOTHING("the end of its analysis is told of the filing that it belongs to");
        return;
    }
    ens_writing w = {
        .action = "IE3N03", .filing = f, .doc = ens__customs_kept(d, h), .mrn = f->mrn, .whole = !before_loading};
    if (before_loading)
        tell_houses(d, h, &w);
    else
        tell_complete(d, h, &w);
    if (!d->num_letters)
        NOTHING("the analysis is complete, and nobody has asked to be told");
}

/* may_end: what is open, or about to be asked, suspends the analysis; do not load ends it. */
static bool may_end(ens_customs *d, const ens_filing *f)
{
    const char *why = f->flags & ENS_FILING_NO_LOADING    ? "loading is forbidden"
                      : !ens__filing_is_before_arrival(f) ? "it is not on its way"
                      : ens__filing_has_open_referral(f)  ? "a request is open"
                      : f->flags & ENS_FILING_HELD        ? "something is about to be asked"
                                                          : NULL;
    if (why)
        NOTHING(why);
    return !why;
}

/* end_by_time: the time for the analysis of the whole is over; what is incomplete goes on waiting. */
static void end_by_time(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    ens_filing *f = &h->filing;
    bool due = f->due[ENS_TIMER_RISK] && f->due[ENS_TIMER_RISK] <= d->now;
    if (f->flags & ENS_FILING_ASSESSED || !(due || f->flags & ENS_FILING_TIMED)) {
        NOTHING("its time was stopped");
        return;
    }
    f->due[ENS_TIMER_RISK] = 0;
    f->flags |= ENS_FILING_TIMED;
    ens__shelf_touch(h);
    if (!ens__filing_is_ready(f))
        NOTHING("it waits for other filings");
    else if (may_end(d, f))
        complete(d, h, false);
}

/* Nothing is open any more: the analysis is complete at once, for no time is published that an answer is looked at
 * in. */
void ens__filing_answered(ens_customs *d, ens_held *h)
{
    const ens_filing *f = &h->filing;
    bool before_loading = kind_of(h)->preloading && !(f->flags & ENS_FILING_PRELOADED);
    const char *why = d->why;
    if (may_end(d, f) && (before_loading || (ens__filing_is_ready(f) && !(f->flags & ENS_FILING_ASSESSED))))
        complete(d, h, before_loading);
    d->why = why;
}

void ens__filing_analyse_again(ens_customs *d, ens_held *h)
{
    if (kind_of(h)->preloading)
        ens__customs_alarm(d, ENS_ORDER_PRELOAD, &h->filing, d->now, (ens_slice){0});
    if (kind_of(h)->risk)
        ens__customs_alarm(d, ENS_ORDER_RISK, &h->filing, d->now, (ens_slice){0});
}

/* -- Answered ----------------------------------------------------------------------------------------------------- */

/* close_all closes what the message answers; *unknown counts what nobody asked. */
static size_t close_all(ens_customs *d, ens_held *h, uint16_t name, const char *type)
{
    const ens_doc *doc = d->in->document;
    size_t closed = 0;
    for (uint32_t n = ens__doc_child(doc, ENS_DOC_ROOT, name); n; n = ens__doc_next(doc, n)) {
        ens_slice reference = ens__doc_value(doc, n, ENS_EL_referralRequestReference);
        ens_referral *r = reference.len ? ens__filing_find_referral(&h->filing, reference, type) : NULL;
        if (r) {
            r->open = false;
            closed++;
        } else if (reference.len) {
            ens__customs_blame(d, ENS_CODE_UNKNOWN_REFERENCE, "no open request has that reference", doc, n,
                               ENS_EL_referralRequestReference);
        }
    }
    return closed;
}

/* An IE3R02 or IE3R03: nothing is said where it fits. */
void ens__customs_responded(ens_customs *d)
{
    const ens_incoming *in = d->in;
    bool screening = ens_is(in->action, "IE3R03");
    ens_held *h = ens__customs_find(d, ens__doc_value(in->document, ENS_DOC_ROOT, ENS_EL_MRN));
    if (!h || ens__filing_is_arrival(&h->filing)) {
        h = NULL;
        ens__customs_blame(d, ENS_CODE_UNKNOWN_MRN, "no filing has that MRN", in->document, ENS_DOC_ROOT, ENS_EL_MRN);
    } else if (!ens__customs_is_filer(&h->filing, in->document)) {
        ens__customs_blame(d, ENS_CODE_WRONG_ENTITY,
                           "the filing is another's: neither declarant nor representative of it", in->document,
                           ens__doc_child(in->document, ENS_DOC_ROOT, ENS_EL_declarant), ENS_EL_identificationNumber);
    }
    ens_filing before = h ? h->filing : (ens_filing){0};
    size_t closed = 0;
    if (h && !d->num_errors)
        closed = close_all(d, h, screening ? ENS_EL_hrcmScreeningResults : ENS_EL_additionalInformationResponse,
                           screening ? "RFS" : "RFI");
    if (d->num_errors) {
        if (h)
            h->filing = before;
        ens__customs_refuse_life(d, h);
        return;
    }
    NOTHING("the request is answered, and nothing is said to that");
    if (!closed)
        return;
    h->filing.changed = d->now;
    ens__shelf_touch(h);
    ens__filing_answered(d, h);
}

/* -- Orders ------------------------------------------------------------------------------------------------------- */

/* tell_incomplete names who has not filed: to the filer and the carrier where they asked, and to each of them. */
static void tell_incomplete(ens_customs *d, ens_held *h, bool asked_for)
{
    const ens__filing_key *persons = NULL;
    ens_filing *f = &h->filing;
    size_t num = ens__filing_missing(d, h, &persons);
    const ens__filing_key own = {ENS_KEY_SUPPLEMENTARY, ens_str(f->declarant)};
    if (!num && asked_for) { /* a rehearsal: somebody is missing */
        persons = &own;
        num = 1;
    }
    if (!num) {
        NOTHING("nobody is known who has not filed");
        return;
    }
    ens_writing w = {.action = "IE3N02",
                     .filing = f,
                     .doc = ens__customs_kept(d, h),
                     .mrn = f->mrn,
                     .persons = persons,
                     .num_persons = num};
    ens__customs_tell_filer(d, h, &w, true);
    ens__customs_tell(d, h, &w, ens_str(f->carrier), true);
    w.action = "IE3N11";
    w.num_persons = 1;
    for (size_t i = 0; i < num; i++) {
        w.persons = &persons[i];
        ens__customs_tell(d, h, &w, persons[i].text, false);
    }
}

/* end_linking: once more it is looked at, for another may have filed at the same moment. */
static void end_linking(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    ens_filing *f = &h->filing;
    if (!f->due[ENS_TIMER_LINKING] || f->due[ENS_TIMER_LINKING] > d->now) {
        NOTHING("its time was stopped");
        return;
    }
    ens__filing_link(d, h);
    f->due[ENS_TIMER_LINKING] = 0;
    ens__shelf_touch(h);
    if (f->state == ENS_FILING_PENDING_COMPLETENESS)
        tell_incomplete(d, h, false);
    else
        NOTHING("it is complete by now");
}

static void end_days(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    ens_time due = h->filing.due[ENS_TIMER_INVALIDATION];
    if (due && due <= d->now && ens__filing_is_before_arrival(&h->filing))
        ens__customs_set(d, h, ENS_FILING_INVALIDATED);
    NOTHING(h->filing.state == ENS_FILING_INVALIDATED ? "200 days are over: it is invalidated, and nothing is said"
                                                      : "its time was stopped");
}

static void end_preloading(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    if (h->filing.flags & ENS_FILING_PRELOADED)
        NOTHING("the analysis before loading is done");
    else if (may_end(d, &h->filing))
        complete(d, h, true);
}

/* set_by_hand moves what waits for others on. */
static void set_by_hand(ens_customs *d, ens_held *h, ens_filing_state house, ens_filing_state master)
{
    unsigned state = h->filing.state;
    if (state != ENS_FILING_PENDING_LINKING && state != ENS_FILING_PENDING_COMPLETENESS) {
        NOTHING("it waits for nothing");
        return;
    }
    ens__customs_set(d, h, state == ENS_FILING_PENDING_LINKING ? house : master);
    h->filing.due[ENS_TIMER_LINKING] = 0;
    if (h->filing.flags & ENS_FILING_TIMED)
        ens__customs_alarm(d, ENS_ORDER_RISK, &h->filing, d->now, (ens_slice){0});
}

static void decide_control(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    ens_filing *f = &h->filing;
    if (ens__filing_is_over(f)) {
        NOTHING("it is at its end");
        return;
    }
    f->flags |= ENS_FILING_CONTROL;
    ens__shelf_touch(h);
    if (f->state == ENS_FILING_ARRIVED)
        ens__filing_tell_control(d, h);
    else
        NOTHING("it is told when the goods have arrived");
}

static void announce(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    ens_filing *f = &h->filing;
    if (ens__filing_is_over(f)) {
        NOTHING("it is at its end");
        return;
    }
    ens_writing w = {.action = "IE3N09", .filing = f, .doc = ens__customs_kept(d, h), .mrn = f->mrn};
    f->flags |= ENS_FILING_CONTROL | ENS_FILING_TOLD;
    ens__shelf_touch(h);
    ens__customs_tell_filer(d, h, &w, true);
    ens__customs_tell(d, h, &w, ens_str(f->carrier), false);
}

/* By air and by sea goods arrive before they are presented. */
static void present(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    const ens_filing *f = &h->filing;
    bool by_land = kind_of(h)->risk == ENS_RISK_ROAD || kind_of(h)->risk == ENS_RISK_RAIL;
    if (f->state == ENS_FILING_ARRIVED || (by_land && ens__filing_is_before_arrival(f)))
        ens__customs_set(d, h, ENS_FILING_PRESENTED);
    else
        NOTHING("what comes by air or sea is presented once it has arrived");
}

static void ask_information(ens_customs *d, ens_held *h, const ens_order *o)
{
    ask(d, h, "RFI", o->text);
}

static void ask_amendment(ens_customs *d, ens_held *h, const ens_order *o)
{
    ask(d, h, "AMD", o->text);
}

static void ask_screening(ens_customs *d, ens_held *h, const ens_order *o)
{
    ask(d, h, "RFS", o->text);
}

static void complete_by_hand(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    h->filing.flags &= ~ENS_FILING_HELD;
    if (may_end(d, &h->filing))
        complete(d, h, kind_of(h)->preloading && !(h->filing.flags & ENS_FILING_PRELOADED));
}

static void start_by_hand(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    set_by_hand(d, h, ENS_FILING_CONSIDERED_COMPLETE, ENS_FILING_CONSIDERED_COMPLETE);
}

static void relate_by_hand(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    set_by_hand(d, h, ENS_FILING_LINKED, ENS_FILING_COMPLETE);
}

static void tell_by_hand(ens_customs *d, ens_held *h, const ens_order *o)
{
    (void)o;
    tell_incomplete(d, h, true);
}

void ens__filing_do(ens_customs *d, ens_held *h, const ens_order *o)
{
    static void (*const deeds[ENS_ORDERS])(ens_customs * d, ens_held * h, const ens_order *o) = {
        [ENS_ORDER_ASK_INFORMATION] = ask_information,
        [ENS_ORDER_ASK_AMENDMENT] = ask_amendment,
        [ENS_ORDER_ASK_SCREENING] = ask_screening,
        [ENS_ORDER_DO_NOT_LOAD] = forbid_loading,
        [ENS_ORDER_COMPLETE] = complete_by_hand,
        [ENS_ORDER_START] = start_by_hand,
        [ENS_ORDER_RELATE] = relate_by_hand,
        [ENS_ORDER_CONTROL] = decide_control,
        [ENS_ORDER_ANNOUNCE] = announce,
        [ENS_ORDER_PRESENT] = present,
        [ENS_ORDER_TELL_INCOMPLETE] = tell_by_hand,
        [ENS_ORDER_PRELOAD] = end_preloading,
        [ENS_ORDER_RISK] = end_by_time,
        [ENS_ORDER_LINKING] = end_linking,
        [ENS_ORDER_INVALIDATION] = end_days,
    };
    if (ens__filing_is_arrival(&h->filing))
        NOTHING("that is the MRN of an arrival");
    else if ((unsigned)o->kind < ENS_ORDERS)
        deeds[o->kind](d, h, o);
}
