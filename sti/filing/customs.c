#include "sti/filing/customs_parts.h"

#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "sti/clock/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define DOCUMENT_MAX ((size_t)64 << 20)

ens_customs *ens__customs_new(ens_shelf *shelf, const ens_customs_settings *settings)
{
    ens_customs *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->shelf = shelf;
    d->settings = *settings;
    ens_arena_init(&d->arena, ARENA_MAX);
    d->reader = ens__payload_ctx_new();
    d->aside = ens_report_new();
    if (d->reader && d->aside)
        return d;
    ens__customs_free(d);
    return NULL;
}

void ens__customs_free(ens_customs *d)
{
    if (!d)
        return;
    ens__payload_ctx_free(d->reader);
    ens_report_free(d->aside);
    ens_arena_free(&d->arena);
    free(d);
}

bool ens__mrn_make(ens_slice seed, ens_slice country, const char *mark, bool arrival, ens_time at, char out[19])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    uint8_t d[32];
    char own[9] = "";
    if (country.len != 2 || ens__sha256(seed, d, NULL) != ENS_OK)
        return false;
    for (unsigned i = 0; i < 8; i++)
        own[i] = letters[(d[2 * i] << 8 | d[2 * i + 1]) % 36];
    snprintf(out, 19, "%02u%.2s%.3s%.8sA%c0", (unsigned)ens__civil_of(at).year % 100u, (const char *)country.p,
             mark ? mark : "SIM", own, arrival ? 'Z' : 'T');
    while (!ens__mrn_check_digit_good(ens_str(out)) && out[17] < '9')
        out[17]++;
    return ens__mrn_check_digit_good(ens_str(out));
}

/* -- What the parts share ----------------------------------------------------------------------------------------- */

void ens__customs_fail(ens_customs *d, ens_code code)
{
    if (d->code == ENS_OK)
        d->code = code;
}

void *ens__customs_room(ens_customs *d, size_t size)
{
    void *p = ens_arena_zero(&d->arena, size ? size : 1);
    if (!p && d->code == ENS_OK)
        d->code = ens_fail(&d->err, ENS_ENOMEM, NULL, "out of memory for what customs do", 0);
    return p;
}

const char *ens__customs_printf(ens_customs *d, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    char *kept = ens__customs_room(d, strlen(text) + 1);
    return kept ? strcpy(kept, text) : "";
}

void *ens__customs_grow(ens_customs *d, void *records, size_t num, size_t *room, size_t size)
{
    void *grown = ens_arena_grow(&d->arena, records, num, room, size);
    if (!grown && d->code == ENS_OK)
        d->code = ens_fail(&d->err, ENS_ENOMEM, NULL, "out of memory for what customs do", 0);
    return grown;
}

void ens__customs_blame(ens_customs *d, const char *code, const char *description, const ens_doc *doc, uint32_t node,
                        uint16_t child)
{
    ens_reply_error *e = ens__customs_grow(d, d->errors, d->num_errors, &d->room_errors, sizeof *d->errors);
    if (!e)
        return;
    d->errors = e;
    e[d->num_errors++] = (ens_reply_error){code, description, ens__doc_pointer(doc, node, child, &d->arena)};
}

const ens_doc *ens__customs_kept(ens_customs *d, const ens_held *h)
{
    ens_document_facts facts = {0};
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_STRICT, .whole = true};
    ens_slice text = ens__shelf_document(d->shelf, h);
    if (!text.len)
        return NULL;
    ens__report_reset(d->aside);
    ens__document_check(d->reader, text, &o, &d->arena, &facts, d->aside);
    return facts.elements;
}

ens_slice ens__customs_value(const ens_doc *doc, uint16_t parent, uint16_t name)
{
    return doc ? ens__doc_value(doc, ens__doc_child(doc, ENS_DOC_ROOT, parent), name) : (ens_slice){0};
}

/* ens__customs_country is where the filing goes, else where the party is from. */
ens_slice ens__customs_country(const ens_incoming *in)
{
    ens_slice state = ens__customs_value(in->document, ENS_EL_addressedMemberState, ENS_EL_country);
    ens_slice office = ens__customs_value(in->document, ENS_EL_customsOfficeOfFirstEntry, ENS_EL_referenceNumber);
    if (!office.len)
        office = ens__customs_value(in->document, ENS_EL_actualCustomsOfficeOfFirstEntry, ENS_EL_referenceNumber);
    return state.len == 2 ? state : ens_sub(office.len >= 2 ? office : ens__party_eori(in->party), 0, 2);
}

bool ens__customs_is_filer(const ens_filing *f, const ens_doc *doc)
{
    ens_slice declarant = ens__customs_value(doc, ENS_EL_declarant, ENS_EL_identificationNumber);
    ens_slice other = ens__customs_value(doc, ENS_EL_representative, ENS_EL_identificationNumber);
    return ens_is(declarant, f->declarant) || (f->representative[0] && ens_is(declarant, f->representative)) ||
           (other.len && (ens_is(other, f->declarant) || ens_is(other, f->representative)));
}

bool ens__customs_uses(ens_customs *d, uint16_t name, ens_slice person, ens_slice mrn)
{
    const ens_incoming *in = d->in;
    ens_slice reference = ens__doc_value(in->document, ENS_DOC_ROOT, name);
    if (!ens__shelf_uses(d->shelf, in->space, person, reference)) {
        ens__shelf_use(d->shelf, in->space, person, reference, mrn);
        return false;
    }
    ens__customs_blame(d, ENS_CODE_DUPLICATE_LRN, "the reference was used before by the same person (R3003)",
                       in->document, ENS_DOC_ROOT, name);
    return true;
}

ens_held *ens__customs_find(ens_customs *d, ens_slice mrn)
{
    ens_held *h = ens__shelf_find(d->shelf, mrn);
    return h && ens_is(d->in->space, h->filing.space) ? h : NULL;
}

ens_held *ens__customs_filing_of(ens_customs *d, const ens_doc *document)
{
    return document ? ens__shelf_find(d->shelf, ens__doc_value(document, ENS_DOC_ROOT, ENS_EL_MRN)) : NULL;
}

void ens__customs_set(ens_customs *d, ens_held *h, ens_filing_state state)
{
    h->filing.state = state;
    h->filing.changed = d->now;
    if (!ens__filing_is_before_arrival(&h->filing))
        memset(h->filing.due, 0, sizeof h->filing.due);
    ens__shelf_touch(h);
}

/* -- Letters ------------------------------------------------------------------------------------------------------ */

/* post writes a letter to an access point. */
static ens_letter *post(ens_customs *d, const ens_writing *w, const char *to, ens_slice person)
{
    ens_slice document = {0};
    ens__letter_write(d, w, &document);
    ens_letter *l = d->code == ENS_OK && document.len
                        ? ens__customs_grow(d, d->letters, d->num_letters, &d->room_letters, sizeof *l)
                        : NULL;
    if (!l)
        return NULL;
    d->letters = l;
    l += d->num_letters++;
    *l = (ens_letter){.action = w->action, .person = person, .document = document, .v1 = w->v1};
    snprintf(l->to, sizeof l->to, "%s", to);
    l->mrn = w->filing ? ens_str(ens__customs_printf(d, "%s", w->filing->mrn)) : (ens_slice){0};
    l->person = ens_str(ens__customs_printf(d, "%.*s", (int)person.len, person.len ? (const char *)person.p : ""));
    return l;
}

void ens__customs_answer(ens_customs *d, const ens_writing *w, ens_slice person)
{
    char to[ENS_STORE_PARTY + 1];
    snprintf(to, sizeof to, "%.*s", (int)d->in->party.len, (const char *)d->in->party.p);
    ens_letter *l = post(d, w, to, person);
    if (!l)
        return;
    l->ref_to = d->in->message_id;
    l->after_ms = d->in->cue ? d->in->cue->after_ms : 0;
}

void ens__customs_tell_filer(ens_customs *d, const ens_held *h, ens_writing *w, bool asked)
{
    const ens_filing *f = &h->filing;
    char elsewhere[ENS_STORE_PARTY + 1];
    const ens_slice persons[] = {ens_str(f->declarant), ens_str(f->representative), ens__party_eori(ens_str(f->party))};
    bool wants = !asked;
    for (size_t i = 0; i < 3 && !wants; i++)
        wants = ens__shelf_wants(d->shelf, persons[i], w->action, elsewhere);
    w->v1 = (f->flags & ENS_FILING_V1) != 0;
    if (!wants)
        return;
    ens_letter *l = post(d, w, f->party, persons[0]);
    if (l && d->in && ens_starts(d->in->action, ENS_LIT("IE3"))) {
        ens_slice mrn = ens__doc_value(d->in->document, ENS_DOC_ROOT, ENS_EL_MRN);
        l->ref_to = ens_is(mrn, f->mrn) ? d->in->message_id : (ens_slice){0};
    }
}

void ens__customs_tell(ens_customs *d, const ens_held *h, ens_writing *w, ens_slice person, bool asked)
{
    const ens_filing *f = &h->filing;
    char to[ENS_STORE_PARTY + 1];
    bool filer = ens_is(person, f->declarant) || (f->representative[0] && ens_is(person, f->representative));
    w->v1 = false;
    if (person.len && !filer && ens__shelf_wants(d->shelf, person, asked ? w->action : "", to))
        (void)post(d, w, to, person);
}

void ens__customs_alarm(ens_customs *d, ens_order_kind kind, const ens_filing *f, ens_time due, ens_slice text)
{
    ens_alarm *a = ens__customs_grow(d, d->alarms, d->num_alarms, &d->room_alarms, sizeof *a);
    if (!a)
        return;
    d->alarms = a;
    a[d->num_alarms++] = (ens_alarm){{kind, ens_str(ens__customs_printf(d, "%s", f->mrn)), text}, due};
}

void ens__customs_refuse_form(ens_customs *d)
{
    static const ens_reply_error unread = {ENS_CODE_VALUE, "the document could not be read", NULL};
    const ens_incoming *in = d->in;
    bool told = in->at_fault || d->num_errors;
    const ens_writing w = {.action = "IE3N99",
                           .doc = in->document,
                           .report = in->at_fault ? in->report : NULL,
                           .errors = told ? d->errors : &unread,
                           .num_errors = told ? d->num_errors : 1,
                           .v1 = in->v1};
    ens__customs_answer(d, &w, ens__customs_value(in->document, ENS_EL_declarant, ENS_EL_identificationNumber));
}

void ens__customs_refuse_life(ens_customs *d, const ens_held *h)
{
    const ens_incoming *in = d->in;
    ens_writing w = {.action = "IE3N01",
                     .filing = h ? &h->filing : NULL,
                     .doc = in->document,
                     .errors = d->errors,
                     .num_errors = d->num_errors,
                     .v1 = in->v1};
    bool filer = h && h->filing.state != ENS_FILING_REJECTED && ens__customs_is_filer(&h->filing, in->document);
    if (filer)
        ens__customs_tell_filer(d, h, &w, false);
    else
        ens__customs_answer(d, &w, ens__customs_value(in->document, ENS_EL_declarant, ENS_EL_identificationNumber));
}

/* -- Events ------------------------------------------------------------------------------------------------------- */

static void begin(ens_customs *d, ens_slice work_id, ens_time now)
{
    ens_arena_reset(&d->arena);
    d->now = now;
    d->work_id = work_id;
    d->in = NULL;
    d->letters = NULL;
    d->alarms = NULL;
    d->errors = NULL;
    d->num_letters = d->room_letters = d->num_alarms = d->room_alarms = d->num_errors = d->room_errors = 0;
    d->why = NULL;
    d->code = ENS_OK;
    d->err = (ens_err){0};
}

static ens_code end(ens_customs *d, ens_customs_outcome *out, ens_err *err)
{
    if (d->code != ENS_OK) {
        if (err)
            *err = d->err;
        return d->code;
    }
    ens_code code = ens__shelf_failed(d->shelf, err);
    if (code == ENS_OK)
        *out = (ens_customs_outcome){d->letters, d->num_letters, d->alarms, d->num_alarms, d->why};
    return code;
}

void ens__customs_hold(ens_customs *d, ens_held *h)
{
    const ens_cue *cue = d->in->cue;
    for (unsigned i = 0; cue && i < cue->num_acts; i++)
        if (cue->act[i].kind <= ENS_ORDER_COMPLETE) {
            h->filing.flags |= ENS_FILING_HELD;
            ens__shelf_touch(h);
        }
}

void ens__customs_cue(ens_customs *d, ens_held *h)
{
    const ens_cue *cue = d->in->cue;
    ens_filing *f = &h->filing;
    for (unsigned i = 0; cue && i < cue->num_acts; i++)
        ens__customs_alarm(d, cue->act[i].kind, f, d->now + cue->act[i].delay, ens_str(cue->act[i].text));
    if (cue && cue->scenario) {
        snprintf(f->scenario, sizeof f->scenario, "%s", cue->scenario);
        snprintf(f->scene, sizeof f->scene, "%s", cue->scene);
        ens__shelf_touch(h);
    }
}

static void take_good(ens_customs *d)
{
    static const struct {
        const char *action;
        void (*take)(ens_customs *d);
    } others[] = {{"IE3Q04", ens__customs_withdrawn},
                  {"IE3N06", ens__customs_arrived},
                  {"IE3Q05", ens__customs_consulted},
                  {"IE3R02", ens__customs_responded},
                  {"IE3R03", ens__customs_responded}};
    ens_slice action = d->in->action;
    if (ens_starts(action, ENS_LIT("IE3F")))
        ens__customs_filed(d);
    else if (ens_starts(action, ENS_LIT("IE3A")))
        ens__customs_amended(d);
    else
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (ens_is(action, others[i].action))
                others[i].take(d);
}

/* blame_by_cue is the error that was asked for. */
static void blame_by_cue(ens_customs *d, const ens_cue *cue, const char *code)
{
    ens__customs_blame(d, cue->code ? cue->code : code, cue->text ? cue->text : "a scenario asks for this answer",
                       d->in->document, ENS_DOC_ROOT, ENS_EL_NONE);
    if (cue->pointer && d->num_errors)
        d->errors[d->num_errors - 1].pointer = cue->pointer;
}

static void take(ens_customs *d)
{
    const ens_incoming *in = d->in;
    const ens_cue *cue = in->cue;
    if (in->at_fault || !in->document) {
        ens__customs_refuse_form(d);
    } else if (cue && cue->answer == ENS_CUE_SILENT) {
        d->why = "a scenario wants no answer";
    } else if (cue && cue->answer == ENS_CUE_FORM) {
        blame_by_cue(d, cue, ENS_CODE_VALUE);
        ens__customs_refuse_form(d);
    } else {
        ens_held *known = cue ? ens__customs_filing_of(d, in->document) : NULL;
        unsigned flags = known ? known->filing.flags : 0;
        if (cue && cue->answer == ENS_CUE_LIFE)
            blame_by_cue(d, cue, ENS_CODE_WRONG_STATE);
        if (known)
            ens__customs_hold(d, known);
        take_good(d);
        if (known && !d->num_errors)
            ens__customs_cue(d, known);
        else if (known)
            known->filing.flags = flags;
    }
}

ens_code ens__customs_take(ens_customs *d, const ens_incoming *in, ens_time now, ens_customs_outcome *out, ens_err *err)
{
    begin(d, in->work_id, now);
    d->in = in;
    take(d);
    return end(d, out, err);
}

ens_code ens__customs_obey(ens_customs *d, const ens_order *order, ens_slice work_id, ens_time now,
                           ens_customs_outcome *out, ens_err *err)
{
    begin(d, work_id, now);
    ens_held *h = ens__shelf_find(d->shelf, order->mrn);
    if (h)
        ens__filing_do(d, h, order);
    else
        d->why = "no filing has that MRN";
    return end(d, out, err);
}
