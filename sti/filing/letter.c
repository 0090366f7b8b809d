/* Writing what customs say, by the tables: what a reply can't repeat of a document stands here. */
#include "sti/filing/customs_parts.h"

#include <stdio.h>

#define LETTER_MAX ((size_t)64 << 20)

/* A letter in the making. */
typedef struct {
    ens_customs *d;
    const ens_writing *w;
    ens_docwriter *out;
} making;

static const uint16_t at_master[] = {ENS_EL_consignmentMasterLevel, 0};
static const uint16_t at_house[] = {ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel, 0};

static uint32_t first_house(const making *m)
{
    return m->w->house ? m->w->house : m->w->doc ? ens__doc_at(m->w->doc, ENS_DOC_ROOT, at_house) : 0;
}

/* put_document writes a transport document as another element. */
static void put_document(const making *m, uint16_t as, uint32_t node)
{
    ens_slice number = ens__doc_value(m->w->doc, node, ENS_EL_documentNumber),
              type = ens__doc_value(m->w->doc, node, ENS_EL_type);
    if (!number.len)
        return;
    ens__docwriter_open(m->out, as);
    ens__docwriter_leaf(m->out, ENS_EL_documentNumber, number);
    ens__docwriter_leaf(m->out, ENS_EL_type, type.len ? type : ENS_LIT("N703"));
    ens__docwriter_close(m->out);
}

static uint32_t house_document(const making *m)
{
    return m->w->doc ? ens__doc_child(m->w->doc, first_house(m), ENS_EL_transportDocumentHouseLevel) : 0;
}

/* master_document is that of the master consignment, or the one that a house names. */
static uint32_t master_document(const making *m)
{
    const ens_doc *doc = m->w->doc;
    uint32_t own =
        doc ? ens__doc_child(doc, ens__doc_at(doc, ENS_DOC_ROOT, at_master), ENS_EL_transportDocumentMasterLevel) : 0;
    return own || !doc ? own : ens__doc_child(doc, first_house(m), ENS_EL_transportDocumentMasterLevel);
}

static void put_inside(const making *m, uint16_t parent, uint16_t name, ens_slice text)
{
    ens__docwriter_open(m->out, parent);
    ens__docwriter_leaf(m->out, name, text);
    ens__docwriter_close(m->out);
}

/* country_of is that of the MRN. */
static ens_slice country_of(const making *m)
{
    return m->w->filing ? ens_bytes(m->w->filing->mrn + 2, 2) : ENS_LIT("FR");
}

/* office_of is that of first entry, or one of the country's own for documents that name none. */
static ens_slice office_of(const making *m)
{
    ens_slice office = ens__customs_value(m->w->doc, ENS_EL_customsOfficeOfFirstEntry, ENS_EL_referenceNumber);
    ens_slice country = country_of(m);
    return office.len ? office : ens_str(ens__customs_printf(m->d, "%.2s000001", (const char *)country.p));
}

static void put_referral(const making *m)
{
    const ens_writing *w = m->w;
    bool screening = strcmp(w->referral->type, "RFS") == 0;
    uint32_t house = house_document(m);
    ens__docwriter_open(m->out, ENS_EL_referralRequestDetails);
    ens__docwriter_leaf(m->out, ENS_EL_referralRequestReference, ens_str(w->referral->reference));
    ens__docwriter_leaf(m->out, ENS_EL_requestType, ens_str(w->referral->type));
    if (screening)
        put_inside(m, ENS_EL_recommendedHRCMScreeningMethod, ENS_EL_method, ENS_LIT("XRY"));
    put_document(m, ENS_EL_transportDocumentHouse, house ? house : screening ? master_document(m) : 0);
    if (!screening && !house)
        put_document(m, ENS_EL_transportDocumentMaster, master_document(m));
    if (!screening && w->text.len)
        put_inside(m, ENS_EL_additionalInformation, ENS_EL_text, w->text);
    ens__docwriter_close(m->out);
}

/* each_below calls put for every element of that name below a node, however deep. */
static void each_below(const making *m, uint32_t node, uint16_t name, size_t max,
                       void (*put)(const making *m, uint32_t node))
{
    const ens_doc *doc = m->w->doc;
    for (uint32_t n = node + 1, end = doc ? ens__doc_end(doc, node) : 0; n < end && max; n++)
        if (doc->node[n].name == name) {
            put(m, n);
            max--;
        }
}

static void put_receptacle(const making *m, uint32_t node)
{
    put_inside(m, ENS_EL_receptacle, ENS_EL_receptacleIdentificationNumber,
               ens__doc_value(m->w->doc, node, ENS_EL_receptacleIdentificationNumber));
}

static void put_container(const making *m, uint32_t node)
{
    put_inside(m, ENS_EL_transportEquipment, ENS_EL_containerIdentificationNumber,
               ens__doc_value(m->w->doc, node, ENS_EL_containerIdentificationNumber));
}

static bool has_below(const ens_doc *doc, uint16_t name)
{
    for (uint32_t n = ENS_DOC_ROOT + 1; doc && n < doc->num; n++)
        if (doc->node[n].name == name)
            return true;
    return false;
}

/* What must not be loaded (R3025): receptacles, a house, containers; else the whole, by its transport document. */
static void put_do_not_load(const making *m)
{
    enum { RECEPTACLES_MAX = 999, CONTAINERS_MAX = 9999 };
    bool receptacles = has_below(m->w->doc, ENS_EL_receptacle),
         containers = has_below(m->w->doc, ENS_EL_transportEquipment);
    ens__docwriter_open(m->out, ENS_EL_doNotLoadDetails);
    if (receptacles)
        each_below(m, ENS_DOC_ROOT, ENS_EL_receptacle, RECEPTACLES_MAX, put_receptacle);
    if (!receptacles && house_document(m))
        put_document(m, ENS_EL_transportDocument, house_document(m));
    else if (!receptacles && !containers)
        put_document(m, ENS_EL_transportDocument, master_document(m));
    if (containers && !receptacles)
        each_below(m, ENS_DOC_ROOT, ENS_EL_transportEquipment, CONTAINERS_MAX, put_container);
    ens__docwriter_close(m->out);
}

/* What is controlled (R3029, R3030): the first house, or the first goods item, at the office of first entry. */
static void put_control(const making *m)
{
    ens__docwriter_open(m->out, ENS_EL_control);
    put_inside(m, ENS_EL_examinationPlace, ENS_EL_referenceNumber, office_of(m));
    ens__docwriter_open(m->out, ENS_EL_controlSubject);
    ens__docwriter_open(m->out, ENS_EL_consignmentMasterLevel);
    if (has_below(m->w->doc, ENS_EL_receptacle)) {
        each_below(m, ENS_DOC_ROOT, ENS_EL_receptacle, 1, put_receptacle);
    } else if (house_document(m)) {
        ens__docwriter_open(m->out, ENS_EL_consignmentHouseLevel);
        put_document(m, ENS_EL_transportDocumentHouseLevel, house_document(m));
        ens__docwriter_close(m->out);
    } else {
        put_inside(m, ENS_EL_goodsItem, ENS_EL_goodsItemNumber, ENS_LIT("1"));
    }
    ens__docwriter_close(m->out);
    ens__docwriter_close(m->out);
    ens__docwriter_close(m->out);
}

/* What of a filing is assessed: before loading its houses, later the receptacles of post. */
static void put_assessment(const making *m)
{
    enum { RECEPTACLES_MAX = 999 };
    const ens_doc *doc = m->w->doc;
    bool receptacles = m->w->whole && has_below(doc, ENS_EL_receptacle);
    if (!receptacles && (m->w->whole || !house_document(m)))
        return;
    ens__docwriter_open(m->out, ENS_EL_assessmentComplete);
    if (receptacles)
        each_below(m, ENS_DOC_ROOT, ENS_EL_receptacle, RECEPTACLES_MAX, put_receptacle);
    uint32_t house = receptacles ? 0 : first_house(m);
    for (uint32_t i = 0; house && (!m->w->num_houses || i < m->w->num_houses); i++) {
        put_document(m, ENS_EL_transportDocument, ens__doc_child(doc, house, ENS_EL_transportDocumentHouseLevel));
        house = ens__doc_next(doc, house);
    }
    ens__docwriter_close(m->out);
}

static void put_persons(const making *m)
{
    for (size_t i = 0; i < m->w->num_persons; i++)
        put_inside(m, ENS_EL_supplementaryDeclarant, ENS_EL_identificationNumber, m->w->persons[i].text);
}

static void put_entities(const making *m)
{
    for (size_t i = 0; i < m->w->num_entities; i++) {
        const ens_entity *e = &m->w->entities[i];
        ens__docwriter_open(m->out, ENS_EL_ENSEntity);
        ens__docwriter_leaf(m->out, ENS_EL_type, ens_str(e->type));
        ens__docwriter_leaf(m->out, ENS_EL_identification, e->identification);
        ens__docwriter_leaf(m->out, ENS_EL_state, ens_str(ens__customs_printf(m->d, "%02u", e->state)));
        ens__docwriter_close(m->out);
    }
}

/* leaves_out: what an IE3N03 before loading does not repeat (L4, the contents of IE3N03 by filing). */
static bool leaves_out(const ens_writing *w, uint16_t name)
{
    static const struct {
        char number[3];
        bool master, carrier;
    } without[] = {{"23", true, false}, {"26", true, true},  {"32", true, true},
                   {"43", true, true},  {"30", true, false}, {"34", true, false}};
    bool whole = w->filing && (strcmp(w->filing->action + 4, "30") == 0 || strcmp(w->filing->action + 4, "34") == 0);
    for (size_t i = 0; i < sizeof without / sizeof *without && strcmp(w->action, "IE3N03") == 0; i++)
        if (w->filing && strcmp(w->filing->action + 4, without[i].number) == 0 && w->whole == whole)
            return (name == ENS_EL_transportDocument && without[i].master) ||
                   (name == ENS_EL_carrier && without[i].carrier);
    return false;
}

/* put_person writes a person that the filing knows. */
static bool put_person(const making *m, uint16_t name, const char *person)
{
    if (person[0])
        put_inside(m, name, ENS_EL_identificationNumber, ens_str(person));
    return person[0] != '\0';
}

static bool put_office(const making *m, const ens_table_row *row)
{
    bool lacks = !ens__customs_value(m->w->doc, ENS_EL_customsOfficeOfFirstEntry, ENS_EL_referenceNumber).len &&
                 !ens__customs_value(m->w->doc, ENS_EL_actualCustomsOfficeOfFirstEntry, ENS_EL_referenceNumber).len;
    if (row->name == ENS_EL_customsOfficeOfFirstEntry && !(lacks && row->min))
        return false;
    put_inside(m, row->name, ENS_EL_referenceNumber, office_of(m));
    return true;
}

/* put_known writes a person or an MRN that the filing knows; false: it is repeated from the document. */
static bool put_known(const making *m, const ens_table_row *row)
{
    const ens_filing *f = m->w->filing;
    switch (f ? row->name : ENS_EL_NONE) {
    case ENS_EL_carrier:
        return put_person(m, row->name, f->carrier);
    case ENS_EL_notifyParty:
        return put_person(m, row->name, f->notify_party);
    case ENS_EL_personNotifyingTheArrival:
        return put_person(m, row->name, f->notifier);
    default:
        return false;
    }
}

/* fill writes a child of the root that no document has; false: the reply repeats it. */
static bool fill(void *user, ens_docwriter *out, const ens_table_row *row)
{
    making *m = user;
    m->out = out;
    if (leaves_out(m->w, row->name))
        return true;
    switch (row->name) {
    case ENS_EL_responsibleMemberState:
        put_inside(m, row->name, ENS_EL_country, country_of(m));
        return true;
    case ENS_EL_customsOfficeOfControl:
    case ENS_EL_customsOfficeOfFirstEntry:
        return put_office(m, row);
    case ENS_EL_referralRequestDetails:
        return put_referral(m), true;
    case ENS_EL_doNotLoadDetails:
        return put_do_not_load(m), true;
    case ENS_EL_control:
        return put_control(m), true;
    case ENS_EL_assessmentComplete:
        return put_assessment(m), true;
    case ENS_EL_supplementaryDeclarant:
        return put_persons(m), true;
    case ENS_EL_ENSEntity:
        return put_entities(m), true;
    default:
        return put_known(m, row);
    }
}

void ens__letter_write(ens_customs *d, const ens_writing *w, ens_slice *out)
{
    making m = {.d = d, .w = w};
    ens_buf text;
    const ens_reply reply = {.sent = w->doc,
                             .at = d->now,
                             .mrn = w->mrn,
                             .report = w->report,
                             .errors = w->errors,
                             .num_errors = w->num_errors,
                             .fill = fill,
                             .user = &m,
                             .v1 = w->v1};
    if (d->code != ENS_OK)
        return;
    ens_buf_init(&text, NULL, 0, LETTER_MAX);
    ens_code code = ens__reply_write(w->action, &reply, &text, &d->err);
    if (code == ENS_EPOLICY) /* what was filed lacks what the letter must have */
        d->why = "the tables do not allow the message that would tell of it";
    else
        ens__customs_fail(d, code);
    uint8_t *kept = code == ENS_OK && d->code == ENS_OK ? ens__customs_room(d, text.len) : NULL;
    if (kept) {
        memcpy(kept, text.p, text.len);
        *out = ens_bytes(kept, text.len);
    }
    ens_buf_free(&text);
}
