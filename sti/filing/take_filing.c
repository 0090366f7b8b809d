/* A filing comes: exactly one of IE3N99, IE3N01, IE3R01 answers it.
 * Source  ICS2-HTI ICD 3.1.2; ICS2 Business Process Description 2.00 */
#include "sti/filing/customs_parts.h"

#include "engine/base/clock.h"

#define YEAR (365 * ENS_DAY)
#define QUARTER (90 * ENS_DAY) /* for so long a house document with its reference stays taken; else a year */

static const uint16_t master_at[] = {ENS_EL_consignmentMasterLevel, 0};
static const uint16_t house_at[] = {ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel, 0};
static const uint16_t previous_at[] = {ENS_EL_previousDocument, 0};

/* record fills in what the message says of the filing. */
static bool record(ens_customs *d, ens_filing *f)
{
    const ens_incoming *in = d->in;
    const ens_doc *doc = in->document;
    const struct {
        char *field;
        size_t size;
        ens_slice text;
    } texts[] = {
        {f->space, sizeof f->space, in->space},
        {f->action, sizeof f->action, in->action},
        {f->party, sizeof f->party, in->party},
        {f->lrn, sizeof f->lrn, ens__doc_value(doc, ENS_DOC_ROOT, ENS_EL_LRN)},
        {f->declarant, sizeof f->declarant, ens__customs_value(doc, ENS_EL_declarant, ENS_EL_identificationNumber)},
        {f->representative, sizeof f->representative,
         ens__customs_value(doc, ENS_EL_representative, ENS_EL_identificationNumber)},
        {f->wish, sizeof f->wish, ens_str(in->cue ? in->cue->wish : NULL)},
    };
    *f = (ens_filing){.state = ENS_FILING_REGISTERED, .registered = d->now, .changed = d->now};
    bool good = ens__mrn_make(in->work_id, ens__customs_country(in), d->settings.mark, false, d->now, f->mrn);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        good = ens__filing_keep(texts[i].field, texts[i].size, texts[i].text) && good;
    if (!good)
        ens__customs_fail(d,
                          ens_fail(&d->err, ENS_ELIMIT, NULL, "a filing can't be kept: a text of it is too long", 0));
    return good;
}

/* record_carrier takes that of the master consignment, or of the first house. */
static void record_carrier(const ens_doc *doc, ens_filing *f)
{
    const uint16_t *const places[] = {master_at, house_at};
    ens_slice carrier = {0};
    for (size_t i = 0; i < 2 && !carrier.len; i++)
        carrier = ens__doc_value(doc, ens__doc_child(doc, ens__doc_at(doc, ENS_DOC_ROOT, places[i]), ENS_EL_carrier),
                                 ENS_EL_identificationNumber);
    if (!ens__filing_keep(f->carrier, sizeof f->carrier, carrier))
        f->carrier[0] = '\0';
}

static void record_flags(const ens_incoming *in, ens_filing *f)
{
    ens_slice split = ens__customs_value(in->document, ENS_EL_splitConsignment, ENS_EL_splitConsignmentIndicator);
    f->flags = f->flags & ~(ENS_FILING_SPLIT | ENS_FILING_V1);
    f->flags |= (ens_is(split, "1") ? ENS_FILING_SPLIT : 0u) | (in->v1 ? ENS_FILING_V1 : 0u);
}

void ens__filing_describe(const ens_incoming *in, ens_filing *f)
{
    record_carrier(in->document, f);
    record_flags(in, f);
}

/* -- Keys that are taken ------------------------------------------------------------------------------------------ */

/* is_taken: somebody's filing, alike and alive, has the key. */
static bool is_taken(ens_customs *d, const ens_filing *f, ens_key_kind kind, ens_slice text, ens_time keeps)
{
    ens_held **found = NULL;
    const ens_filing_kind *own = ens__filing_kind_of(ens_str(f->action));
    size_t num = ens__shelf_by_key(d->shelf, ens_str(f->space), kind, text, &found);
    for (size_t i = 0; i < num; i++) {
        const ens_filing *other = &found[i]->filing;
        const ens_filing_kind *theirs = ens__filing_kind_of(ens_str(other->action));
        bool alike = theirs && theirs->unique == own->unique &&
                     (own->unique == ENS_UNIQUE_MASTER || strcmp(other->action, f->action) == 0);
        bool split = f->flags & ENS_FILING_SPLIT && other->flags & ENS_FILING_SPLIT;
        if (alike && !split && strcmp(other->declarant, f->declarant) == 0 && strcmp(other->mrn, f->mrn) != 0 &&
            other->state != ENS_FILING_REJECTED && other->state != ENS_FILING_INVALIDATED &&
            other->registered + keeps > d->now)
            return true;
    }
    return false;
}

/* node_of finds the element that a key was gathered from. */
static uint32_t node_of(const ens_doc *doc, ens_key_kind kind, ens_slice text)
{
    uint16_t name = kind == ENS_KEY_MASTER ? ENS_EL_transportDocumentMasterLevel : ENS_EL_transportDocumentHouseLevel;
    for (uint32_t n = ENS_DOC_ROOT + 1; n < doc->num; n++)
        if (doc->node[n].name == name) {
            ens_slice number = ens__doc_value(doc, n, ENS_EL_documentNumber);
            if (number.len && ens_starts(text, number))
                return n;
        }
    return ENS_DOC_ROOT;
}

static void blame_taken(ens_customs *d, const ens_filing *f, const ens__filing_key *keys, size_t num)
{
    const ens_filing_kind *kind = ens__filing_kind_of(ens_str(f->action));
    static const ens_key_kind by[] = {[ENS_UNIQUE_MASTER] = ENS_KEY_MASTER,
                                      [ENS_UNIQUE_HOUSE] = ENS_KEY_HOUSE,
                                      [ENS_UNIQUE_HOUSE_UCR] = ENS_KEY_HOUSE_UCR};
    if (kind->unique == ENS_UNIQUE_NONE)
        return;
    for (size_t i = 0; i < num; i++)
        if (keys[i].kind == by[kind->unique] &&
            is_taken(d, f, by[kind->unique], keys[i].text, kind->unique == ENS_UNIQUE_HOUSE_UCR ? QUARTER : YEAR))
            ens__customs_blame(d, ENS_CODE_DUPLICATE_DOCUMENT, "the transport document was filed before",
                               d->in->document, node_of(d->in->document, by[kind->unique], keys[i].text),
                               ENS_EL_documentNumber);
}

/* -- Accepted ----------------------------------------------------------------------------------------------------- */

static ens_time arrival_of(const ens_doc *doc)
{
    const uint16_t names[] = {ENS_EL_activeBorderTransportMeans, ENS_EL_estimatedDateAndTimeOfArrival, 0};
    ens_time at = ENS_TIME_NONE;
    bool offset;
    ens_slice text = doc ? ens__doc_date(doc, ens__doc_at(doc, ENS_DOC_ROOT, names)) : (ens_slice){0};
    return ens__time_xsd(text, &at, &offset) ? at : ENS_TIME_NONE;
}

void ens__filing_begin_analysis(ens_customs *d, ens_held *h, const ens_doc *doc)
{
    ens_filing *f = &h->filing;
    const ens_filing_kind *kind = ens__filing_kind_of(ens_str(f->action));
    ens_time most = ens__filing_risk_time(kind, ens__filing_names_containers(doc), d->now, arrival_of(doc));
    if (kind->preloading)
        ens__customs_alarm(d, ENS_ORDER_PRELOAD, f, d->now, (ens_slice){0});
    if (most) {
        f->due[ENS_TIMER_RISK] = d->now + most;
        ens__customs_alarm(d, ENS_ORDER_RISK, f, f->due[ENS_TIMER_RISK], (ens_slice){0});
    }
}

static void accept(ens_customs *d, ens_held *h)
{
    ens_filing *f = &h->filing;
    ens_time days = d->settings.invalidation ? d->settings.invalidation : ENS_INVALIDATION_DAYS * ENS_DAY;
    ens_writing w = {.action = "IE3R01", .filing = f, .doc = d->in->document, .mrn = f->mrn, .v1 = d->in->v1};
    ens__customs_set(d, h, ENS_FILING_ACCEPTED);
    ens__customs_answer(d, &w, ens_str(f->declarant));
    ens__customs_tell(d, h, &w, ens_str(f->carrier), true);
    f->due[ENS_TIMER_INVALIDATION] = f->registered + days;
    ens__customs_alarm(d, ENS_ORDER_INVALIDATION, f, f->due[ENS_TIMER_INVALIDATION], (ens_slice){0});
    ens__filing_link(d, h);
    ens__customs_hold(d, h);
    ens__customs_cue(d, h);
    ens__filing_begin_analysis(d, h, d->in->document);
}

/* -- The reference to others -------------------------------------------------------------------------------------- */

/* find_house finds the filing before loading that a reference names, by its MRN or its house waybill. */
static ens_held *find_house(ens_customs *d, ens_slice name)
{
    ens_held **found = NULL;
    ens_held *h = ens__customs_find(d, name);
    if (h)
        return h;
    size_t num = ens__shelf_by_key(d->shelf, d->in->space, ENS_KEY_HOUSE, name, &found);
    for (size_t i = 0; i < num; i++)
        if (strcmp(found[i]->filing.action, "IE3F23") == 0 && ens__filing_is_before_arrival(&found[i]->filing))
            return found[i];
    return NULL;
}

/* An IE3F25 has no MRN: those of the filings that it names go on, and its IE3R01 tells that of the first. What it is
 * answered when nobody filed them is not published: here it is refused. */
static void take_reference(ens_customs *d)
{
    const ens_doc *doc = d->in->document;
    uint32_t previous = ens__doc_at(doc, ENS_DOC_ROOT, previous_at),
             house = ens__doc_child(doc, ens__doc_at(doc, ENS_DOC_ROOT, house_at), ENS_EL_transportDocumentHouseLevel);
    ens_held *h = find_house(d, ens__doc_value(doc, previous, ENS_EL_identification));
    if (!h)
        h = find_house(d, ens__doc_value(doc, house, ENS_EL_documentNumber));
    if (!h || strcmp(h->filing.action, "IE3F23") != 0)
        ens__customs_blame(d, ENS_CODE_UNKNOWN_DOCUMENT, "no filing before loading of that house waybill is known", doc,
                           previous, ENS_EL_identification);
    else if (h->filing.state != ENS_FILING_PENDING_LINKING)
        ens__customs_blame(d, ENS_CODE_DUPLICATE_DOCUMENT, "the filing is linked with a master waybill already", doc,
                           previous, ENS_EL_identification);
    if (d->num_errors) {
        ens__customs_refuse_life(d, NULL);
        return;
    }
    const ens_writing w = {.action = "IE3R01", .doc = doc, .mrn = h->filing.mrn, .v1 = d->in->v1};
    ens__customs_set(d, h, ENS_FILING_LINKED);
    ens__customs_answer(d, &w, ens__customs_value(doc, ENS_EL_declarant, ENS_EL_identificationNumber));
}

void ens__customs_filed(ens_customs *d)
{
    const ens_incoming *in = d->in;
    ens_filing f;
    ens__filing_key *keys = NULL;
    size_t num = 0;
    if (!record(d, &f))
        return;
    if (ens__customs_uses(d, ENS_EL_LRN, ens_str(f.declarant), ens_str(f.mrn))) {
        ens__customs_refuse_form(d);
        return;
    }
    if (ens_is(in->action, "IE3F25")) {
        take_reference(d);
        return;
    }
    ens__filing_describe(in, &f);
    ens__filing_gather_keys(d, in->document, &keys, &num);
    num = ens__keys_order(keys, num);
    blame_taken(d, &f, keys, num);
    ens_held *h = d->code == ENS_OK ? ens__shelf_add(d->shelf, &f) : NULL;
    if (!h)
        return;
    ens__shelf_redo(d->shelf, h, in->text);
    ens__shelf_rekey(d->shelf, h, keys, num);
    if (ens__filing_comes_late(d, h))
        ens__customs_blame(d, ENS_CODE_WRONG_STATE, "what it belongs to has arrived already", in->document,
                           ENS_DOC_ROOT, ENS_EL_NONE);
    if (!d->num_errors) {
        accept(d, h);
        return;
    }
    ens__customs_set(d, h, ENS_FILING_REJECTED);
    ens__customs_refuse_life(d, h);
}
