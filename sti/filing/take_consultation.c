/* Somebody asks what customs know: of what he is a party to, and nothing else.
 * Source  ICS2-HTI ICD 3.1.7, 4.2.6; ICS2 HTI BPM L4 2.00, T-13; CL721 */
#include "sti/filing/customs_parts.h"

#define NOTICE_DAYS 30 /* notifications are given again for so long */

/* What is answered. */
typedef struct {
    ens_customs *d;
    ens_slice requester;
    ens_entity *entities;
    size_t num, room;
    ens_held **told; /* whose notifications go with it */
    size_t num_told, room_told;
} answer;

static void add_entity(answer *a, const char *type, ens_slice identification, unsigned state)
{
    ens_entity *entities = ens__customs_grow(a->d, a->entities, a->num, &a->room, sizeof *entities);
    if (!entities)
        return;
    a->entities = entities;
    a->entities[a->num++] = (ens_entity){type, identification, state};
}

static bool may_see(const answer *a, const ens_filing *f)
{
    const char *const persons[] = {f->declarant, f->representative, f->carrier, f->notifier, f->notify_party};
    for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
        if (persons[i][0] && ens_is(a->requester, persons[i]))
            return true;
    return false;
}

static void add_filing(answer *a, ens_held *h)
{
    if (!h || !may_see(a, &h->filing))
        return;
    const ens_filing *f = &h->filing;
    add_entity(a, ens__filing_is_arrival(f) ? "ARN" : "ENF", ens_str(f->mrn), f->state);
    ens_held **told = ens__customs_grow(a->d, a->told, a->num_told, &a->room_told, sizeof(ens_held *));
    if (!told)
        return;
    a->told = told;
    told[a->num_told++] = h;
}

/* add_document adds the filings of a transport document: the consignment first. A house gives what is its own. */
static void add_document(answer *a, ens_key_kind kind, ens_slice number)
{
    ens_held **found = NULL;
    size_t num = ens__shelf_by_key(a->d->shelf, a->d->in->space, kind, number, &found), first = a->num;
    for (size_t i = 0; i < num; i++) {
        const ens_filing_kind *k = ens__filing_kind_of(ens_str(found[i]->filing.action));
        bool fits = k && (kind == ENS_KEY_HOUSE || k->level != ENS_LEVEL_HOUSE);
        if (fits && a->num == first && may_see(a, &found[i]->filing))
            add_entity(a, kind == ENS_KEY_HOUSE ? "CHL" : "CML", number, found[i]->filing.state);
        if (fits)
            add_filing(a, found[i]);
    }
}

/* gather_further takes the notifications that the requester had. */
static void gather_further(answer *a, ens_slice **out, size_t *num)
{
    static const char *const kept[] = {"IE3N01", "IE3N02", "IE3N03", "IE3N04", "IE3N05", "IE3N08",
                                       "IE3N09", "IE3N10", "IE3Q01", "IE3Q02", "IE3Q03", "IE3R07"};
    ens__notice notices[ENS_LETTER_PARTS];
    ens_slice *list = ens__customs_room(a->d, ENS_LETTER_PARTS * sizeof *list);
    *out = list;
    for (size_t i = 0; list && i < a->num_told; i++) {
        size_t n = ens__shelf_notices(a->d->shelf, ens_str(a->told[i]->filing.mrn), a->requester,
                                      a->d->now - NOTICE_DAYS * ENS_DAY, notices, ENS_LETTER_PARTS);
        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k < sizeof kept / sizeof *kept && *num < ENS_LETTER_PARTS; k++)
                if (ens_is(notices[j].action, kept[k]))
                    list[(*num)++] = notices[j].document;
    }
}

static void answer_with(answer *a)
{
    ens_customs *d = a->d;
    ens_slice *further = NULL;
    size_t num = 0;
    const ens_writing w = {
        .action = "IE3R08", .doc = d->in->document, .entities = a->entities, .num_entities = a->num, .v1 = d->in->v1};
    if (ens_is(ens__doc_value(d->in->document, ENS_DOC_ROOT, ENS_EL_dataRequest), "1"))
        gather_further(a, &further, &num);
    ens__customs_answer(d, &w, a->requester);
    if (d->num_letters) {
        d->letters[d->num_letters - 1].further = further;
        d->letters[d->num_letters - 1].num_further = num;
    }
}

/* What nobody filed, or another did, is not told apart: an IE3R08 names something, so that an IE3N99 says that there is
 * nothing (what live customs answer is not published). */
void ens__customs_consulted(ens_customs *d)
{
    const ens_doc *doc = d->in->document;
    const ens_slice mrn = ens__doc_value(doc, ENS_DOC_ROOT, ENS_EL_MRN),
                    master = ens__customs_value(doc, ENS_EL_transportDocument, ENS_EL_documentNumber),
                    house = ens__customs_value(doc, ENS_EL_transportDocumentHouse, ENS_EL_documentNumber);
    answer a = {.d = d, .requester = ens__customs_value(doc, ENS_EL_requester, ENS_EL_identificationNumber)};
    if (!ens__customs_uses(d, ENS_EL_functionalReference, a.requester, (ens_slice){0})) {
        if (mrn.len)
            add_filing(&a, ens__customs_find(d, mrn));
        if (master.len)
            add_document(&a, ENS_KEY_MASTER, master);
        if (house.len)
            add_document(&a, ENS_KEY_HOUSE, house);
        if (!a.num)
            ens__customs_blame(d, mrn.len ? ENS_CODE_UNKNOWN_MRN : ENS_CODE_UNKNOWN_DOCUMENT,
                               "nothing of it is known that the requester is a party to", doc, ENS_DOC_ROOT,
                               mrn.len      ? ENS_EL_MRN
                               : master.len ? ENS_EL_transportDocument
                                            : ENS_EL_transportDocumentHouse);
    }
    if (d->num_errors)
        ens__customs_refuse_form(d);
    else
        answer_with(&a);
}
