/* A means of transport arrives: its own MRN at once, and what follows for the filings that it carries.
 * Source  ICS2-HTI ICD 3.1.8; ICS2 HTI BPM L4 2.00, T-04; R3027, R3048 */
#include "sti/filing/customs_parts.h"

#define WRONG "arrival in a wrong state"

/* Filings that an arrival names, each once. */
typedef struct {
    ens_held **list;
    size_t num, room;
} matches;

static void add_match(ens_customs *d, matches *m, ens_held *h)
{
    for (size_t i = 0; i < m->num; i++)
        if (m->list[i] == h)
            return;
    ens_held **list = ens__customs_grow(d, m->list, m->num, &m->room, sizeof(ens_held *));
    if (!list)
        return;
    m->list = list;
    m->list[m->num++] = h;
}

static void add_by_key(ens_customs *d, matches *m, ens_key_kind kind, ens_slice text)
{
    ens_held **found = NULL;
    size_t num = ens__shelf_by_key(d->shelf, d->in->space, kind, text, &found);
    for (size_t i = 0; i < num; i++) {
        const ens_filing_kind *k = ens__filing_kind_of(ens_str(found[i]->filing.action));
        if (k && k->level != ENS_LEVEL_HOUSE)
            add_match(d, m, found[i]);
    }
}

/* match finds the filings: by their MRNs, their master documents, or the means of transport and when it was expected.
 */
static matches match(ens_customs *d)
{
    const ens_doc *doc = d->in->document;
    matches m = {0};
    for (uint32_t n = ens__doc_child(doc, ENS_DOC_ROOT, ENS_EL_relatedMRN); n; n = ens__doc_next(doc, n)) {
        ens_held *h = ens__customs_find(d, ens__doc_value(doc, n, ENS_EL_identification));
        if (h && !ens__filing_is_arrival(&h->filing))
            add_match(d, &m, h);
    }
    for (uint32_t n = ens__doc_child(doc, ENS_DOC_ROOT, ENS_EL_relatedTransportDocument); n; n = ens__doc_next(doc, n))
        add_by_key(d, &m, ENS_KEY_MASTER, ens__doc_value(doc, n, ENS_EL_documentNumber));
    if (!m.num) {
        ens__filing_key *keys = NULL;
        size_t num = 0;
        ens__filing_gather_keys(d, doc, &keys, &num);
        for (size_t i = 0; i < num; i++)
            if (keys[i].kind == ENS_KEY_MEANS)
                add_by_key(d, &m, ENS_KEY_MEANS, keys[i].text);
    }
    return m;
}

/* note says on a filing by whom and from where the arrival was notified. */
static void note(ens_filing *f, const ens_filing *arrival)
{
    memcpy(f->arrival_party, arrival->party, sizeof f->arrival_party);
    memcpy(f->notifier, arrival->notifier, sizeof f->notifier);
    memcpy(f->notify_party, arrival->notify_party, sizeof f->notify_party);
}

/* tell_notifier writes to whoever notified the arrival, by the access point that he did it from (rule 2). */
static void tell_notifier(ens_customs *d, const ens_held *h, ens_writing *w)
{
    ens_held as = {.filing = h->filing};
    memcpy(as.filing.party, h->filing.arrival_party, sizeof as.filing.party);
    memcpy(as.filing.declarant, h->filing.notifier, sizeof as.filing.declarant);
    ens__customs_tell_filer(d, &as, w, false);
}

static bool is_maritime(const ens_held *h)
{
    return ens__filing_kind_of(ens_str(h->filing.action))->risk == ENS_RISK_SEA;
}

void ens__filing_tell_control(ens_customs *d, ens_held *h)
{
    ens_filing *f = &h->filing;
    ens_writing w = {.action = "IE3N08", .filing = f, .doc = ens__customs_kept(d, h), .mrn = f->mrn};
    f->flags |= ENS_FILING_TOLD;
    ens__shelf_touch(h);
    tell_notifier(d, h, &w);
    ens__customs_tell(d, h, &w, ens_str(f->notify_party), false);
    if (is_maritime(h) && strcmp(f->declarant, f->notifier) != 0)
        ens__customs_tell_filer(d, h, &w, false);
}

/* tell_wrong says that the filing could not arrive. */
static void tell_wrong(ens_customs *d, ens_held *h, const ens_filing *arrival)
{
    bool house = ens__filing_kind_of(ens_str(h->filing.action))->level == ENS_LEVEL_HOUSE;
    ens_held as = {.filing = h->filing};
    const ens_reply_error error = {house ? ENS_CODE_WRONG_HOUSE : ENS_CODE_WRONG_STATE,
                                   ens__customs_printf(d, "it is %s", ens__filing_state_name(h->filing.state)),
                                   "/IE3N06"};
    note(&as.filing, arrival);
    ens_writing w = {.action = "IE3N07",
                     .filing = &as.filing,
                     .doc = ens__customs_kept(d, h),
                     .mrn = h->filing.mrn,
                     .errors = &error,
                     .num_errors = 1};
    tell_notifier(d, &as, &w);
    ens__customs_tell(d, &as, &w, ens_str(as.filing.notify_party), false);
    if (is_maritime(h) && strcmp(h->filing.declarant, as.filing.notifier) != 0)
        ens__customs_tell_filer(d, h, &w, true);
}

static void arrive(ens_customs *d, ens_held *h, const ens_filing *arrival)
{
    ens_held **houses = NULL;
    ens_filing *f = &h->filing;
    bool wrong = strcmp(f->wish, "N07") == 0 || !ens__filing_is_before_arrival(f);
    bool more = f->flags & ENS_FILING_SPLIT && f->flags & ENS_FILING_PARTLY && f->state == ENS_FILING_ARRIVED;
    if (wrong && !more) {
        tell_wrong(d, h, arrival);
        return;
    }
    note(f, arrival);
    size_t num = ens__filing_houses(d, h, &houses);
    ens__customs_set(d, h, ENS_FILING_ARRIVED);
    f->flags |= f->flags & ENS_FILING_SPLIT ? ENS_FILING_PARTLY : 0u;
    if (strcmp(f->wish, "N08") == 0)
        f->flags |= ENS_FILING_CONTROL;
    if (f->flags & ENS_FILING_CONTROL)
        ens__filing_tell_control(d, h);
    for (size_t i = 0; i < num; i++)
        if (ens__filing_is_before_arrival(&houses[i]->filing)) {
            note(&houses[i]->filing, arrival);
            ens__customs_set(d, houses[i], ENS_FILING_ARRIVED);
        }
}

static bool record_arrival(ens_customs *d, ens_filing *f)
{
    const ens_incoming *in = d->in;
    const ens_doc *doc = in->document;
    ens_slice person = ens__customs_value(doc, ENS_EL_personNotifyingTheArrival, ENS_EL_identificationNumber);
    *f = (ens_filing){
        .state = ENS_FILING_REGISTERED, .flags = in->v1 ? ENS_FILING_V1 : 0u, .registered = d->now, .changed = d->now};
    bool good = ens__mrn_make(in->work_id, ens__customs_country(in), d->settings.mark, true, d->now, f->mrn) &&
                ens__filing_keep(f->space, sizeof f->space, in->space) &&
                ens__filing_keep(f->action, sizeof f->action, in->action) &&
                ens__filing_keep(f->party, sizeof f->party, in->party) &&
                ens__filing_keep(f->arrival_party, sizeof f->arrival_party, in->party) &&
                ens__filing_keep(f->lrn, sizeof f->lrn, ens__doc_value(doc, ENS_DOC_ROOT, ENS_EL_LRN)) &&
                ens__filing_keep(f->declarant, sizeof f->declarant, person) &&
                ens__filing_keep(f->notifier, sizeof f->notifier, person) &&
                ens__filing_keep(f->notify_party, sizeof f->notify_party,
                                 ens__customs_value(doc, ENS_EL_notifyParty, ENS_EL_identificationNumber));
    if (!good)
        ens__customs_fail(d,
                          ens_fail(&d->err, ENS_ELIMIT, NULL, "an arrival can't be kept: a text of it is too long", 0));
    return good;
}

void ens__customs_arrived(ens_customs *d)
{
    ens_filing f;
    if (!record_arrival(d, &f))
        return;
    if (ens__customs_uses(d, ENS_EL_LRN, ens_str(f.declarant), ens_str(f.mrn)) || d->num_errors) {
        ens__customs_refuse_form(d);
        return;
    }
    ens_held *h = ens__shelf_add(d->shelf, &f);
    if (!h)
        return;
    ens_writing w = {.action = "IE3R04", .filing = &h->filing, .doc = d->in->document, .mrn = f.mrn, .v1 = d->in->v1};
    ens__shelf_redo(d->shelf, h, d->in->text);
    ens__customs_answer(d, &w, ens_str(f.declarant));
    ens__customs_tell(d, h, &w, ens_str(f.notify_party), false);
    matches m = match(d);
    for (size_t i = 0; i < m.num; i++)
        arrive(d, m.list[i], &h->filing);
}
