/* Skeletons of business documents; see writer.h. */
#include "as4/ens/writer.h"
#include "ensign/document.h"

#include <stdio.h>

#define DAY 86400
#define VALUE_MAX 64u
#define BEGUN_MAX ((size_t)1 << 30) /* bytes of a document */

/* Optional elements that a skeleton has, since rules ask for one of several, or since a filing without them is rare.
 * The parent ENS_EL_NONE is any. */
static const struct {
    uint16_t parent, name;
} wanted[] = {
    {ENS_EL_address, ENS_EL_street},
    {ENS_EL_address, ENS_EL_number},
    {ENS_EL_address, ENS_EL_postCode},
    {ENS_EL_NONE, ENS_EL_UNLOCODE},
    {ENS_EL_NONE, ENS_EL_estimatedDateAndTimeOfDeparture},
    {ENS_EL_NONE, ENS_EL_conveyanceReferenceNumber},
    {ENS_EL_NONE, ENS_EL_addressedMemberState},
    {ENS_EL_NONE, ENS_EL_personNotifyingTheArrival},
    {ENS_EL_NONE, ENS_EL_relatedMRN},
    {ENS_EL_packaging, ENS_EL_shippingMarks},
    {ENS_EL_packaging, ENS_EL_numberOfPackages},
    {ENS_EL_commodity, ENS_EL_commodityCode},
    {ENS_EL_consignmentHouseLevel, ENS_EL_consignee},
    {ENS_EL_consignmentHouseLevel, ENS_EL_goodsShipment},
    {ENS_EL_consignmentHouseLevel, ENS_EL_supplementaryDeclarant},
    {ENS_EL_examinationPlace, ENS_EL_referenceNumber},
    {ENS_EL_IE3Q05, ENS_EL_MRN},
    {ENS_EL_doNotLoadDetails, ENS_EL_transportEquipment},
    {ENS_EL_consignmentMasterLevel, ENS_EL_goodsItem},
    {ENS_EL_IE3N99, ENS_EL_functionalReference},
};

/* Examples. A name alone stands for it below any parent; the first that fits counts. */
static const struct {
    uint16_t parent, name;
    const char *value;
} examples[] = {
    {ENS_EL_NONE, ENS_EL_name, "Example Name"},
    {ENS_EL_address, ENS_EL_city, "Lyon"},
    {ENS_EL_address, ENS_EL_street, "Example Street"},
    {ENS_EL_address, ENS_EL_number, "1"},
    {ENS_EL_address, ENS_EL_postCode, "69001"},
    {ENS_EL_NONE, ENS_EL_identifier, "contact@company.example"},
    {ENS_EL_communication, ENS_EL_type, "EM"},
    {ENS_EL_NONE, ENS_EL_country, "FR"},
    {ENS_EL_NONE, ENS_EL_documentNumber, "EXAMPLE-0001"},
    {ENS_EL_transportDocumentHouseLevel, ENS_EL_type, "N703"},
    {ENS_EL_transportDocumentHouse, ENS_EL_type, "N703"},
    {ENS_EL_NONE, ENS_EL_type, "N741"},
    {ENS_EL_placeOfLoading, ENS_EL_UNLOCODE, "USNYC"},
    {ENS_EL_placeOfAcceptance, ENS_EL_UNLOCODE, "USNYC"},
    {ENS_EL_placeOfUnloading, ENS_EL_UNLOCODE, "FRLEH"},
    {ENS_EL_NONE, ENS_EL_UNLOCODE, "FRPAR"},
    {ENS_EL_customsOfficeOfFirstEntry, ENS_EL_referenceNumber, "FR000001"},
    {ENS_EL_actualCustomsOfficeOfFirstEntry, ENS_EL_referenceNumber, "FR000001"},
    {ENS_EL_NONE, ENS_EL_descriptionOfGoods, "Example goods, described in words"},
    {ENS_EL_NONE, ENS_EL_harmonizedSystemSubHeadingCode, "841391"},
    {ENS_EL_NONE, ENS_EL_typeOfPackages, "CT"},
    {ENS_EL_NONE, ENS_EL_shippingMarks, "EXAMPLE 1"},
    {ENS_EL_NONE, ENS_EL_containerIndicator, "0"},
    {ENS_EL_NONE, ENS_EL_splitConsignmentIndicator, "0"},
    {ENS_EL_NONE, ENS_EL_reEntryIndicator, "0"},
    {ENS_EL_NONE, ENS_EL_typeOfPerson, "2"},
    {ENS_EL_NONE, ENS_EL_supplementaryFilingType, "2"},
    {ENS_EL_NONE, ENS_EL_containerIdentificationNumber, "CSQU3054383"},
    {ENS_EL_NONE, ENS_EL_receptacleIdentificationNumber, "EXAMPLERECEPTACLE0001"},
    {ENS_EL_NONE, ENS_EL_validationCode, "12"},
    {ENS_EL_NONE, ENS_EL_MIME, "application/pdf"},
    {ENS_EL_NONE, ENS_EL_filename, "example.pdf"},
    {ENS_EL_NONE, ENS_EL_currency, "EUR"},
};

/* How the means of transport is named, by its mode (CL018). */
static const struct {
    char mode;
    const char *type, *number, *conveyance;
} means[] = {{'1', "10", "IMO9074729", "EX123"},
             {'2', "21", "TRAIN 1", "EX123"},
             {'3', "30", "EX-123-AB", "EX123"},
             {'4', "41", "N123EX", "EX0123"}};

typedef struct {
    const ens_skeleton *s;
    const ens_tables *t;
    ens_docwriter w;
    unsigned mean; /* of means */
    char value[VALUE_MAX];
} making;

/* mean_of: filings 1x and 45 are of the sea, 41 and 51 of the rail, 34, 40 and 50 of the road; the rest flies. */
static unsigned mean_of(const char *message)
{
    const char *number = strlen(message) == 6 ? message + 4 : "";
    if (!number[0] || (message[3] != 'F' && message[3] != 'A'))
        return 3;
    if (number[0] == '1' || strcmp(number, "45") == 0)
        return 0;
    if (strcmp(number, "41") == 0 || strcmp(number, "51") == 0)
        return 1;
    return strcmp(number, "34") == 0 || strcmp(number, "40") == 0 || strcmp(number, "50") == 0 ? 2 : 3;
}

static bool is_wanted(const ens_table_row *row, uint16_t parent)
{
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (wanted[i].name == row->name && (!wanted[i].parent || wanted[i].parent == parent))
            return true;
    return false;
}

/* wanted_means: a ship and a train have a number and its type, an aircraft has its flight number. */
static bool wanted_means(const making *m, const ens_table_row *row, uint16_t parent)
{
    bool number = row->name == ENS_EL_identificationNumber || row->name == ENS_EL_typeOfIdentification;
    return parent == ENS_EL_activeBorderTransportMeans && number && means[m->mean].mode != '4';
}

/* is_wagon: wagons are named (R3008). */
static bool is_wagon(const making *m, const ens_table_row *row, uint16_t parent)
{
    return row->name == ENS_EL_passiveBorderTransportMeans && parent == ENS_EL_consignmentHouseLevel &&
           means[m->mean].mode == '2';
}

/* is_left_out: what rules forbid beside what a skeleton has. Another one's filing is awaited where a rule asks for it
 * (C3020 in the filings 13 and 14). */
static bool is_left_out(const making *m, const ens_table_row *row)
{
    const char *number = m->s->message + (strlen(m->s->message) == 6 ? 4 : 0);
    return row->name == ENS_EL_supplementaryDeclarant && strcmp(number, "13") != 0 && strcmp(number, "14") != 0;
}

/* is_there tells whether there is an nth element. */
static bool is_there(const making *m, const ens_table_row *row, uint16_t parent, uint32_t nth)
{
    if (row->name == ENS_EL_referralRequestReference && nth == 1 && m->s->reference)
        return true;
    int asked = m->s->another && nth <= row->max ? m->s->another(m->s->user, row->name, parent, nth) : -1;
    if (nth > row->max || asked >= 0)
        return asked > 0;
    if (nth <= row->min)
        return true;
    return nth == 1 && !is_left_out(m, row) &&
           (is_wanted(row, parent) || wanted_means(m, row, parent) || is_wagon(m, row, parent));
}

static ens_slice keep_skeleton(making *m, const char *before, const char *text)
{
    int n = snprintf(m->value, sizeof m->value, "%s%s", before, text);
    return ens_bytes(m->value, n > 0 && n < (int)sizeof m->value ? (size_t)n : 0);
}

/* time_of: departure and arrival lie ahead, each a day behind the one before. */
static ens_slice time_of(making *m, uint16_t name)
{
    ens_time ahead = name == ENS_EL_estimatedDateAndTimeOfDeparture ? DAY
                     : name == ENS_EL_estimatedDateAndTimeOfArrival ? 3 * DAY
                                                                    : 0;
    char text[ENS_TIME_TEXT];
    return keep_skeleton(m, "", ens_time_format(m->s->at + ahead, text));
}

/* transport_of: how the means of transport is named, and the wagons of a train. */
static const char *transport_of(making *m, uint16_t name, uint16_t parent)
{
    bool passive = parent == ENS_EL_passiveBorderTransportMeans;
    if (name == ENS_EL_ModeOfTransport)
        return m->value[0] = means[m->mean].mode, m->value[1] = '\0', m->value;
    if (name == ENS_EL_typeOfIdentification)
        return passive ? "20" : means[m->mean].type;
    if (name == ENS_EL_conveyanceReferenceNumber)
        return means[m->mean].conveyance;
    if (name == ENS_EL_identificationNumber && (passive || parent == ENS_EL_activeBorderTransportMeans))
        return passive ? "WAGON 1" : means[m->mean].number;
    return NULL;
}

static const char *example_of(uint16_t name, uint16_t parent)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (examples[i].name == name && (!examples[i].parent || examples[i].parent == parent))
            return examples[i].value;
    return NULL;
}

/* by_format makes a text of a format: the first code of its list, else digits or letters enough. */
static ens_slice by_format(making *m, const ens_table_row *row)
{
    const ens_table_format *f = &m->t->format[row->format];
    const ens_table_list *list = &m->t->list[row->list];
    if (row->list == ENS_LIST_CL141)
        return ENS_LIT("FR000001");
    if (row->list && list->num)
        return ens_str(ens__tables_text(m->t, m->t->code[list->first].text));
    if (f->min == 18 && f->kind == ENS_FORMAT_AN)
        return ENS_LIT("26FR00000000001AT0");
    const char *filler = f->kind == ENS_FORMAT_N ? "1" : "EXAMPLE";
    size_t len = f->min > 1 ? f->min : strlen(filler) < f->max ? strlen(filler) : f->max;
    for (size_t i = 0; i < len && i < sizeof m->value; i++)
        m->value[i] = filler[i % strlen(filler)];
    return ens_bytes(m->value, len < sizeof m->value ? len : sizeof m->value);
}

/* known_of: what the skeleton is about. */
static const char *known_of(making *m, uint16_t name, uint16_t parent)
{
    const ens_skeleton *s = m->s;
    bool root = m->w.depth == 0;
    if (root && name == ENS_EL_LRN)
        return s->lrn ? s->lrn : "EXAMPLE-0001";
    if (root && name == ENS_EL_MRN)
        return s->mrn;
    if (name == ENS_EL_documentNumber)
        return s->number;
    if (name == ENS_EL_referralRequestReference)
        return s->reference;
    if (name == ENS_EL_identificationNumber &&
        (parent == ENS_EL_declarant || parent == ENS_EL_requester || parent == ENS_EL_personNotifyingTheArrival))
        return s->from ? s->from : "FR000000000";
    return name == ENS_EL_identificationNumber && parent != ENS_EL_activeBorderTransportMeans &&
                   parent != ENS_EL_passiveBorderTransportMeans
               ? "FR111111111"
               : NULL;
}

static ens_slice circumstance_of(making *m, const ens_table_row *row)
{
    bool filing = m->s->message[3] == 'F' || m->s->message[3] == 'A';
    return filing ? keep_skeleton(m, "F", m->s->message + 4) : by_format(m, row);
}

static ens_slice value_of(making *m, const ens_table_row *row, uint16_t parent, uint32_t nth, uint32_t parent_nth)
{
    ens_slice given;
    if (m->s->value && m->s->value(m->s->user, row->name, parent, nth, &given))
        return given;
    if (row->num_children)
        return time_of(m, row->name);
    if (row->name == ENS_EL_SpecificCircumstanceIndicator)
        return circumstance_of(m, row);
    if (row->name == ENS_EL_sequenceNumber || row->name == ENS_EL_goodsItemNumber) {
        char number[16];
        snprintf(number, sizeof number, "%u", parent_nth);
        return keep_skeleton(m, "", number);
    }
    if (row->name == ENS_EL_country && parent_nth == 1 &&
        (parent == ENS_EL_countriesOfRoutingOfConsignment || parent == ENS_EL_countriesOfRoutingOfMeansOfTransport))
        return ENS_LIT("US");
    const char *text = known_of(m, row->name, parent);
    text = text ? text : transport_of(m, row->name, parent);
    text = text ? text : example_of(row->name, parent);
    bool known = !text || !m->t->list[row->list].num || ens__tables_code(m->t, row->list, ens_str(text));
    return text && known ? ens_str(text) : by_format(m, row);
}

static void write_children(making *m, uint32_t row, uint32_t nth)
{
    const ens_table_row *rows = m->t->row;
    for (uint32_t child = row + 1, end = row + 1 + rows[row].below; child < end; child += 1 + rows[child].below) {
        const ens_table_row *c = &rows[child];
        for (uint32_t i = 1; !m->w.failed && is_there(m, c, rows[row].name, i); i++) {
            bool date = c->num_children == 1 && c[1].name == ENS_EL_DateTime;
            if (!c->num_children || date) {
                ens__docwriter_leaf(&m->w, c->name, value_of(m, c, rows[row].name, i, nth));
                continue;
            }
            ens__docwriter_open(&m->w, c->name);
            write_children(m, child, i);
            ens__docwriter_close(&m->w);
        }
    }
}

ens_code ens__skeleton_write(const ens_skeleton *s, ens_buf *out, ens_err *err)
{
    making m = {.s = s, .t = ens__tables_or_ours(s->tables), .mean = mean_of(s->message)};
    const ens_table_message *message = ens__tables_message(m.t, ens_str(s->message));
    if (!message)
        return ens_fail_about(err, ENS_EPOLICY, "ICS2 HTI Information Exchange Specifications",
                              "the tables do not know the message", s->message);
    ens__docwriter_begin(&m.w, m.t, s->message, s->v1, out);
    m.w.printed = s->printed;
    m.w.dense = s->dense;
    write_children(&m, message->row, 1);
    return ens__docwriter_end(&m.w, err);
}

ens_code ens_document_begin(const ens_document_beginning *with, ens_sink put, void *user, ens_err *err)
{
    ens_buf document;
    ens_skeleton s = {.tables = with->tables,
                      .message = with->action,
                      .from = with->from,
                      .lrn = with->lrn,
                      .mrn = with->mrn,
                      .number = with->number,
                      .reference = with->reference,
                      .at = with->at};
    ens_buf_init(&document, NULL, 0, BEGUN_MAX);
    ens_code code = ens__skeleton_write(&s, &document, err);
    if (code == ENS_OK && (code = put(user, ens_buf_slice(&document))) != ENS_OK)
        ens_fail(err, code, NULL, "what takes the document failed", 0);
    ens_buf_free(&document);
    return code;
}
