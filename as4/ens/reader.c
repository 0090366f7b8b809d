/* See reader.h. */
#include "as4/ens/reader_state.h"

#include "engine/base/arena.h"

#include <stdlib.h>

#define NODES_FIRST 1024u
#define NODES_EASY 4096u  /* elements that are kept without looking which are needed */
#define NODES_KEPT 65536u /* … for which memory is kept for the next document */
#define ROWS_LONG 10u     /* rows below an element that may stand often and holds much */
#define OWN_FIRST 4096u
#define OWN_KEPT ((uint32_t)1 << 20)
#define TEXT_KEPT (4u * UINT16_MAX) /* bytes of a text: more than any format allows */

ens_docreader *ens__docreader_new(void)
{
    ens_docreader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    ens__heap_note();
    r->doc.node = calloc(NODES_FIRST, sizeof *r->doc.node);
    r->doc.own = malloc(OWN_FIRST);
    r->doc.cap = NODES_FIRST;
    r->doc.own_cap = OWN_FIRST;
    r->ruling.reader = r;
    if (r->doc.node && r->doc.own)
        return r;
    ens__docreader_free(r);
    return NULL;
}

void ens__docreader_free(ens_docreader *r)
{
    if (!r)
        return;
    free(r->doc.node);
    free(r->doc.own);
    free(r);
}

/* shrink gives back what a long document took. */
static void shrink(ens_doc *d)
{
    ens_doc_node *nodes = d->cap > NODES_KEPT ? realloc(d->node, NODES_FIRST * sizeof *nodes) : NULL;
    uint8_t *own = d->own_cap > OWN_KEPT ? realloc(d->own, OWN_FIRST) : NULL;
    if (nodes) {
        d->node = nodes;
        d->cap = NODES_FIRST;
    }
    if (own) {
        d->own = own;
        d->own_cap = OWN_FIRST;
    }
}

void ens__docreader_begin(ens_docreader *r, const ens_doc_options *o, ens_report *report)
{
    r->o = *o;
    r->report = report;
    r->first_finding = ens_report_num(report);
    r->tables = r->doc.tables = ens__tables_or_ours(o->tables);
    shrink(&r->doc);
    r->doc.message = NULL;
    r->doc.num = ENS_DOC_ROOT;
    r->doc.own_len = 0;
    r->doc.input = o->input.p;
    r->depth = 0;
    r->unknown = r->num_faults = r->num_untold = 0;
    r->no_memory = r->structure_failed = r->format_failed = r->codes_failed = false;
    memset(r->unheld, 0, sizeof r->unheld);
    memset(r->ruled, 0, sizeof r->ruled);
}

/* add_node gives an element its number; 0: there is no memory, and no rule is judged. */
static inline uint32_t add_node(ens_docreader *r, const ens_doc_open *e, uint32_t parent, uint16_t name)
{
    ens_doc *d = &r->doc;
    if (d->num == d->cap) {
        ens_doc_node *moved = realloc(d->node, 2 * (size_t)d->cap * sizeof *moved);
        ens__heap_note();
        if (!moved) {
            r->no_memory = true;
            return 0;
        }
        d->node = moved;
        d->cap *= 2;
    }
    d->node[d->num] =
        (ens_doc_node){.row = e->row, .parent = parent, .position = e->position, .name = name, .flags = e->flags};
    return d->num++;
}

static bool make_room(ens_docreader *r, size_t n)
{
    ens_doc *d = &r->doc;
    size_t cap = d->own_cap;
    while (cap - d->own_len < n)
        cap *= 2;
    if (cap == d->own_cap)
        return true;
    uint8_t *moved = cap <= UINT32_MAX ? realloc(d->own, cap) : NULL;
    ens__heap_note();
    if (!moved) {
        r->no_memory = true;
        return false;
    }
    d->own = moved;
    d->own_cap = (uint32_t)cap;
    return true;
}

static inline void begin_element(ens_docreader *r, uint32_t row, bool alias, uint32_t position, uint32_t parent)
{
    const ens_table_row *t = &r->tables->row[row];
    ens_doc_open *e = &r->open[++r->depth];
    *e = (ens_doc_open){.row = row, .next = row + 1, .position = position, .flags = alias ? ENS_DOC_ALIAS : 0};
    e->own = r->doc.own_len;
    for (unsigned i = 0; i < t->num_children; i++)
        r->count[r->depth][i] = 0;
    if (parent || r->depth == 1)
        e->node = add_node(r, e, parent, t->name);
}

static void open_root(ens_docreader *r, ens_slice local)
{
    r->doc.message = ens__tables_message(r->tables, local);
    if (r->doc.message) {
        begin_element(r, r->doc.message->row, false, 1, 0);
        return;
    }
    ens__tell_message(r, local);
    r->unknown = 1;
}

/* find_row finds the row of a child, from the one that came last onward and then from the start; 0: the tables have
 * none. */
static uint32_t find_row(const ens_docreader *r, const ens_doc_open *parent, uint16_t name)
{
    const ens_table_row *rows = r->tables->row;
    uint32_t end = parent->row + 1 + rows[parent->row].below;
    for (uint32_t row = parent->next; row < end; row += 1 + rows[row].below)
        if (rows[row].name == name)
            return row;
    for (uint32_t row = parent->row + 1; row < parent->next; row += 1 + rows[row].below)
        if (rows[row].name == name)
            return row;
    return 0;
}

void ens__docreader_open(ens_docreader *r, ens_slice local, bool foreign)
{
    if (r->unknown) {
        r->unknown++;
        return;
    }
    if (!r->depth) {
        open_root(r, local);
        return;
    }
    bool alias = false;
    ens_doc_open *parent = &r->open[r->depth];
    uint16_t name = foreign ? ENS_EL_NONE : ens__tables_name(r->tables, local, &alias);
    uint32_t row = name ? find_row(r, parent, name) : 0;
    if (!row) {
        ens__tell_unknown(r, local, foreign);
        r->unknown = 1;
        return;
    }
    const ens_table_row *t = &r->tables->row[row];
    uint32_t count = ++r->count[r->depth][t->ordinal], before = parent->next;
    parent->next = row;
    parent->seen |= (uint64_t)1 << t->ordinal;
    begin_element(r, row, alias, count, count > t->max ? 0 : parent->node);
    if (row < before)
        ens__tell_order(r, before);
    if (count == t->max + 1)
        ens__tell_many(r);
}

void ens__docreader_attribute(ens_docreader *r, ens_slice local, bool instance)
{
    ens_doc_open *e = &r->open[r->depth];
    bool location =
        instance && (ens_eq(local, ENS_LIT("schemaLocation")) || ens_eq(local, ENS_LIT("noNamespaceSchemaLocation")));
    if (r->unknown || location)
        return;
    e->has_attribute = true;
    ens__tell_attribute(r, local, instance);
}

static bool lies_in(ens_slice piece, ens_slice input)
{
    return (uintptr_t)piece.p >= (uintptr_t)input.p &&
           (uintptr_t)(piece.p + piece.len) <= (uintptr_t)(input.p + input.len);
}

/* append_reader copies a text that comes in pieces, or does not stay. */
static void append_reader(ens_docreader *r, ens_doc_open *e, ens_slice piece)
{
    ens_doc *d = &r->doc;
    size_t old = e->flags & ENS_DOC_OWN ? 0 : e->len,
           n = piece.len < TEXT_KEPT - e->len ? piece.len : TEXT_KEPT - e->len;
    if (!make_room(r, old + n))
        return;
    if (!(e->flags & ENS_DOC_OWN)) {
        if (old)
            memcpy(d->own + d->own_len, d->input + e->text, old);
        e->text = d->own_len;
        d->own_len += (uint32_t)old;
        e->flags |= ENS_DOC_OWN;
    }
    memcpy(d->own + d->own_len, piece.p, n);
    d->own_len += (uint32_t)n;
    e->len += (uint32_t)n;
}

static bool is_blank(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] != ' ' && s.p[i] != '\n' && s.p[i] != '\t' && s.p[i] != '\r')
            return false;
    return true;
}

void ens__docreader_text(ens_docreader *r, ens_slice piece)
{
    if (r->unknown || !r->depth || !piece.len)
        return;
    ens_doc_open *e = &r->open[r->depth];
    const ens_table_row *t = &r->tables->row[e->row];
    if (!t->format && (!(t->flags & ENS_ROW_TEXT_TOO) || !e->has_text) && is_blank(piece))
        return;
    e->has_text = true;
    if (!t->format && !(t->flags & ENS_ROW_TEXT_TOO))
        return;
    if (!e->len && piece.len <= TEXT_KEPT && lies_in(piece, r->o.input)) {
        e->text = (uint32_t)(piece.p - r->o.input.p);
        e->len = (uint32_t)piece.len;
    } else {
        append_reader(r, e, piece);
    }
}

static ens_slice text_of(const ens_docreader *r, const ens_doc_open *e)
{
    return (ens_slice){(e->flags & ENS_DOC_OWN ? r->doc.own : r->doc.input) + e->text, e->len};
}

/* judge_code asks the list of a row; a list that is not held is noted. */
static void judge_code(ens_docreader *r, uint8_t list, ens_slice text)
{
    if (!r->tables->list[list].num)
        r->unheld[list / 64] |= (uint64_t)1 << list % 64;
    else if (!ens__tables_code(r->tables, list, text))
        ens__tell_code(r, text);
}

/* judge_circumstance: F26 in an IE3F26 and in the amendment of one (ICD 3.1.2). */
static void judge_circumstance(ens_docreader *r, ens_slice text)
{
    const char *action = ens__tables_text(r->tables, r->doc.message->text);
    bool asked = r->depth == 2 && strlen(action) == 6 && (action[3] == 'F' || action[3] == 'A');
    if (asked && (text.len != 3 || memcmp(text.p + 1, action + 4, 2) != 0))
        ens__tell_circumstance(r, text);
}

static void judge_leaf(ens_docreader *r, const ens_doc_open *e, const ens_table_row *t)
{
    ens_slice text = text_of(r, e);
    ens_format_fault fault = ens__format_check(&r->tables->format[t->format], text);
    if (fault != ENS_FORMAT_GOOD)
        ens__tell_format(r, e->row, fault, text);
    else if (t->list)
        judge_code(r, t->list, text);
    if (t->name == ENS_EL_SpecificCircumstanceIndicator && fault == ENS_FORMAT_GOOD)
        judge_circumstance(r, text);
}

/* judge_below asks for the children that must be there. */
static void judge_below(ens_docreader *r, const ens_doc_open *e, const ens_table_row *t)
{
    const ens_table_row *rows = r->tables->row;
    for (uint32_t row = e->row + 1, end = row + t->below; row < end; row += 1 + rows[row].below) {
        uint32_t num = r->count[r->depth][rows[row].ordinal];
        if (num < rows[row].min)
            ens__tell_missing(r, row, num);
    }
}

/* judge_joined: a list of an element that holds others is about their texts together. */
static void judge_joined(ens_docreader *r, const ens_doc_open *e, uint8_t list)
{
    char joined[64];
    size_t len = 0;
    const ens_doc *d = &r->doc;
    for (uint32_t child = e->node + 1; e->node && child < d->num; child = ens__doc_end(d, child)) {
        ens_slice text = ens__doc_text(d, child);
        if (text.len > sizeof joined - len)
            return;
        memcpy(joined + len, text.p, text.len);
        len += text.len;
    }
    if (len)
        judge_code(r, list, ens_bytes(joined, len));
}

/* judge_text_too: a text in place of the elements is written as the first of them would be. */
static void judge_text_too(ens_docreader *r, const ens_doc_open *e)
{
    const ens_table_row *first = &r->tables->row[e->row + 1];
    ens_slice text = ens__trim(text_of(r, e));
    ens_format_fault fault = ens__format_check(&r->tables->format[first->format], text);
    if (fault != ENS_FORMAT_GOOD && fault != ENS_FORMAT_OFFSET)
        ens__tell_format(r, e->row + 1, fault, text);
    ens__tell_text_too(r);
}

static void judge_container(ens_docreader *r, const ens_doc_open *e, const ens_table_row *t)
{
    bool in_place = e->has_text && (t->flags & ENS_ROW_TEXT_TOO) && !e->seen;
    if (e->has_text && !in_place)
        ens__tell_text(r);
    if (in_place) {
        judge_text_too(r, e);
        return;
    }
    if ((t->required & ~e->seen) || (t->flags & ENS_ROW_MANY))
        judge_below(r, e, t);
    if (t->list)
        judge_joined(r, e, t->list);
}

/* outlives tells what rules of a wider scope ask for when a goods item or a house consignment has ended. */
static bool outlives(uint16_t name)
{
    static const uint16_t names[] = {
        ENS_EL_goodsItem,          ENS_EL_goodsItemNumber,
        ENS_EL_commodity,          ENS_EL_commodityCode,
        ENS_EL_transportEquipment, ENS_EL_passiveBorderTransportMeans,
        ENS_EL_typeOfGoods,        ENS_EL_postalValue,
        ENS_EL_containerIndicator, ENS_EL_transportDocumentHouseLevel,
        ENS_EL_documentNumber,     ENS_EL_type,
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] == name)
            return true;
    return false;
}

/* move_node puts a node, and its text where it does not lie in the input, to where there is room before it. */
static void move_node(ens_docreader *r, uint32_t from, uint32_t to, uint32_t parent)
{
    ens_doc *d = &r->doc;
    ens_doc_node *n = &d->node[to];
    *n = d->node[from];
    n->parent = parent;
    if (!(n->flags & ENS_DOC_OWN))
        return;
    memmove(d->own + d->own_len, d->own + n->text, n->len);
    n->text = d->own_len;
    d->own_len += n->len;
}

/* prune drops what no rule asks for below an element that has ended: a long document takes no more memory than its
 * longest consignment. */
static void prune(ens_docreader *r, uint32_t top, uint32_t own)
{
    ens_doc *d = &r->doc;
    uint32_t end[ENS_TABLE_DEPTH_MAX + 2], moved[ENS_TABLE_DEPTH_MAX + 2], to = top + 1, num = d->num;
    unsigned depth = 0;
    end[0] = num;
    moved[0] = top;
    d->own_len = own;
    for (uint32_t from = top + 1; from < num;) {
        uint32_t node_end = d->node[from].end;
        while (from >= end[depth])
            d->node[moved[depth--]].end = to;
        if (!outlives(d->node[from].name)) {
            from = node_end;
            continue;
        }
        move_node(r, from, to, moved[depth]);
        depth++;
        end[depth] = node_end;
        moved[depth] = to++;
        from++;
    }
    for (unsigned i = 0; i <= depth; i++)
        d->node[moved[i]].end = to;
    d->num = to;
}

/* judge_rules calls the checks whose scope ends. */
static void judge_rules(ens_docreader *r, const ens_table_row *t, uint32_t node)
{
    for (const ens_table_citation *c = &r->tables->citation[t->judged]; c->rule; c++) {
        ens_rule_check check = c->rule < ENS_NUM_RULES ? ens__rule_checks[c->rule] : NULL;
        r->ruling.rule = c->rule;
        if (check)
            check(&r->ruling, node);
        else if (r->o.store)
            r->o.store(r->o.store_user, &r->ruling, c->rule, node);
    }
}

void ens__docreader_close(ens_docreader *r)
{
    if (r->unknown) {
        r->unknown--;
        return;
    }
    ens_doc_open *e = &r->open[r->depth];
    const ens_table_row *t = &r->tables->row[e->row];
    if (e->node) {
        ens_doc_node *n = &r->doc.node[e->node];
        n->end = r->doc.num;
        n->text = e->text;
        n->len = e->len;
        n->flags = e->flags;
    }
    if (t->format)
        judge_leaf(r, e, t);
    else
        judge_container(r, e, t);
    if (t->judged && e->node)
        judge_rules(r, t, e->node);
    if (r->doc.num > NODES_EASY && e->node && t->max > 9 && t->below >= ROWS_LONG && !r->o.whole)
        prune(r, e->node, e->own);
    r->depth--;
}

void ens__docreader_end(ens_docreader *r)
{
    ens__tell_result(r);
}

void ens__docreader_drop(ens_docreader *r)
{
    ens__report_rewind(r->report, r->first_finding);
}

const ens_doc *ens__docreader_doc(const ens_docreader *r)
{
    return &r->doc;
}
