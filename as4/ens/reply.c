/* See reply.h. */
#include "as4/ens/reply.h"

#include "as4/ens/format.h"

#include <stdio.h>

typedef struct {
    const ens_reply *r;
    const ens_tables *t;
    ens_docwriter w;
    char time[ENS_TIME_TEXT];
    char root[128]; /* the pointer to all of the document */
    unsigned num_errors;
} making;

const char *ens__reply_code(const ens_finding *f)
{
    static const struct {
        const char *check, *code;
    } nearest[] = {
        {"ens.missing", "13"}, {"ens.unknown", "15"},    {"ens.attribute", "15"},
        {"ens.text", "14"},    {"ens.occurrence", "35"}, {"ens.order", "15"},
    };
    if (f->document_code)
        return f->document_code;
    for (size_t i = 0; i < sizeof nearest / sizeof *nearest; i++)
        if (strcmp(f->id, nearest[i].check) == 0)
            return nearest[i].code;
    return "12";
}

/* source_of finds what a reply repeats: the same element of the document, or where filings have it. */
static uint32_t source_of(const making *m, uint16_t name)
{
    static const uint16_t elsewhere[][5] = {
        {ENS_EL_transportDocument, ENS_EL_consignmentMasterLevel, ENS_EL_transportDocumentMasterLevel, 0},
        {ENS_EL_transportDocument, ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel,
         ENS_EL_transportDocumentMasterLevel, 0},
        {ENS_EL_transportDocument, ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel,
         ENS_EL_transportDocumentHouseLevel, 0},
        {ENS_EL_carrier, ENS_EL_consignmentMasterLevel, ENS_EL_carrier, 0},
        {ENS_EL_carrier, ENS_EL_consignmentMasterLevel, ENS_EL_consignmentHouseLevel, ENS_EL_carrier, 0},
        {ENS_EL_customsOfficeOfFirstEntry, ENS_EL_actualCustomsOfficeOfFirstEntry, 0},
    };
    const ens_doc *d = m->r->sent;
    uint32_t found = d ? ens__doc_child(d, ENS_DOC_ROOT, name) : 0;
    for (size_t i = 0; d && !found && i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (elsewhere[i][0] == name)
            found = ens__doc_at(d, ENS_DOC_ROOT, elsewhere[i] + 1);
    return found;
}

/* fits_reply tells whether an element of the document has what the reply's table wants of it. */
static bool fits_reply(const making *m, uint32_t row, uint32_t node)
{
    const ens_table_row *rows = m->t->row;
    for (uint32_t c = row + 1, end = row + 1 + rows[row].below; c < end; c += 1 + rows[c].below) {
        uint32_t child = ens__doc_child(m->r->sent, node, rows[c].name);
        if (child ? !fits_reply(m, c, child) : rows[c].min > 0)
            return false;
    }
    return node && (!rows[row].format || ens__format_check(&m->t->format[rows[row].format],
                                                           ens__doc_text(m->r->sent, node)) == ENS_FORMAT_GOOD);
}

static void repeat(making *m, uint32_t row, uint32_t node)
{
    const ens_table_row *rows = m->t->row;
    if (!rows[row].num_children) {
        ens__docwriter_leaf(&m->w, rows[row].name, ens__doc_text(m->r->sent, node));
        return;
    }
    ens__docwriter_open(&m->w, rows[row].name);
    for (uint32_t c = row + 1, end = row + 1 + rows[row].below; c < end; c += 1 + rows[c].below) {
        uint32_t child = ens__doc_child(m->r->sent, node, rows[c].name);
        if (child)
            repeat(m, c, child);
    }
    ens__docwriter_close(&m->w);
}

/* cut shortens a text to so many characters of UTF-8. */
static ens_slice cut(const char *text, size_t characters)
{
    size_t at = 0, num = 0;
    for (; text[at]; at++)
        if ((text[at] & 0xC0) != 0x80 && num++ == characters)
            break;
    return ens_bytes(text, at);
}

static void put_error(making *m, const char *code, const char *description, const char *pointer)
{
    enum { TEXT_MAX = 512 };
    m->num_errors++;
    description = description && description[0] ? description : "refused";
    pointer = pointer && pointer[0] ? pointer : m->root;
    ens__docwriter_open(&m->w, ENS_EL_error);
    ens__docwriter_leaf(&m->w, ENS_EL_description, cut(description, TEXT_MAX));
    ens__docwriter_leaf(&m->w, ENS_EL_validationCode, ens_str(code));
    if (pointer[0]) {
        ens__docwriter_open(&m->w, ENS_EL_pointer);
        ens__docwriter_leaf(&m->w, ENS_EL_messageElementPath, cut(pointer, TEXT_MAX));
        ens__docwriter_close(&m->w);
    }
    ens__docwriter_close(&m->w);
}

static void put_errors(making *m)
{
    const ens_reply *r = m->r;
    for (size_t i = 0; r->report && i < ens_report_num(r->report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(r->report, i);
        if (f->outcome == ENS_FAIL && f->document_fault)
            put_error(m, ens__reply_code(f), ens_finding_detail(f, text), f->xpath);
    }
    for (size_t i = 0; i < r->num_errors; i++)
        put_error(m, r->errors[i].code, r->errors[i].description, r->errors[i].pointer);
}

/* reference_of is the MRN that customs give, or a reference of the document. */
static ens_slice reference_of(const making *m, uint16_t name)
{
    const ens_doc *d = m->r->sent;
    if (name == ENS_EL_MRN && m->r->mrn)
        return ens_str(m->r->mrn);
    ens_slice own = d ? ens__doc_value(d, ENS_DOC_ROOT, name) : (ens_slice){0};
    if (own.len || !d || name != ENS_EL_functionalReference)
        return own;
    ens_slice lrn = ens__doc_value(d, ENS_DOC_ROOT, ENS_EL_LRN);
    return lrn.len ? lrn : ens__doc_value(d, ENS_DOC_ROOT, ENS_EL_MRN);
}

static void put_child(making *m, uint32_t row)
{
    const ens_table_row *t = &m->t->row[row];
    bool date = t->num_children == 1 && t[1].name == ENS_EL_DateTime;
    if (m->r->fill && m->r->fill(m->r->user, &m->w, t))
        return;
    uint32_t source = source_of(m, t->name);
    if (t->name == ENS_EL_LRN || t->name == ENS_EL_MRN || t->name == ENS_EL_functionalReference) {
        ens_slice reference = reference_of(m, t->name);
        if (ens__format_check(&m->t->format[t->format], reference) == ENS_FORMAT_GOOD)
            ens__docwriter_leaf(&m->w, t->name, reference);
        else
            m->w.failed |= t->min > 0;
    } else if (t->name == ENS_EL_error) {
        put_errors(m);
        m->w.failed |= !m->num_errors;
    } else if (date && t->min) {
        ens__docwriter_leaf(&m->w, t->name, ens_str(m->time));
    } else if (source && fits_reply(m, row, source)) {
        repeat(m, row, source);
    } else {
        m->w.failed |= t->min > 0;
    }
}

ens_code ens__reply_write(const char *message, const ens_reply *reply, ens_buf *out, ens_err *err)
{
    making m = {.r = reply, .t = ens__tables_or_ours(reply->tables)};
    ens_time_format(reply->at, m.time);
    if (reply->sent && reply->sent->message)
        snprintf(m.root, sizeof m.root, "/%s", ens__tables_text(reply->sent->tables, reply->sent->message->text));
    ens__docwriter_begin(&m.w, m.t, message, reply->v1, out);
    uint32_t root = m.w.open[0];
    for (uint32_t c = root + 1, end = root ? root + 1 + m.t->row[root].below : 0; c < end; c += 1 + m.t->row[c].below)
        put_child(&m, c);
    return ens__docwriter_end(&m.w, err);
}
