/* What an amendment may not do: change what R3024 marks, add a house consignment or a goods item.
 * Source  ICS2 HTI Rules and Conditions, R3024; the functional errors 101 and 104 */
#include "sti/filing/customs_parts.h"

#include <stdlib.h>

#define ADDED "an amendment adds no house consignment and no goods item"
#define MARKED "the element can't be amended (R3024)"

/* The filing's document, and the amendment, whose table has the marks. */
typedef struct {
    ens_customs *d;
    const ens_doc *was, *is;
} comparison;

/* Elements of one name below another, by what tells them apart. */
typedef struct {
    ens_slice name;
    uint32_t node;
} named;

typedef struct {
    named *list;
    size_t num;
} names;

static bool is_marked(const ens_doc *doc, uint32_t row)
{
    const ens_tables *t = doc->tables;
    for (const ens_table_citation *c = &t->citation[t->row[row].judged]; c->rule; c++)
        if (c->rule == ENS_RULE_R3024)
            return true;
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return ens__compare(((const named *)a)->name, ((const named *)b)->name);
}

static ens_slice name_of(const ens_doc *doc, uint32_t node)
{
    if (doc->node[node].name == ENS_EL_goodsItem)
        return ens__doc_value(doc, node, ENS_EL_goodsItemNumber);
    return ens__doc_value(doc, ens__doc_child(doc, node, ENS_EL_transportDocumentHouseLevel), ENS_EL_documentNumber);
}

/* list_named lists the elements of that name, in the order of what tells them apart. */
static names list_named(ens_customs *d, const ens_doc *doc, uint32_t parent, uint16_t name)
{
    names n = {0};
    uint32_t first = parent ? ens__doc_child(doc, parent, name) : 0;
    for (uint32_t node = first; node; node = ens__doc_next(doc, node))
        n.num++;
    n.list = ens__customs_room(d, n.num * sizeof(named));
    n.num = n.list ? n.num : 0;
    size_t i = 0;
    for (uint32_t node = first; node && i < n.num; node = ens__doc_next(doc, node))
        n.list[i++] = (named){name_of(doc, node), node};
    if (n.num > 1)
        qsort(n.list, n.num, sizeof *n.list, compare_names);
    return n;
}

static uint32_t find_named(const names *n, ens_slice name)
{
    const named asked = {name, 0};
    const named *found = n->num ? bsearch(&asked, n->list, n->num, sizeof asked, compare_names) : NULL;
    return found ? found->node : 0;
}

static void compare_children(const comparison *c, uint32_t row, uint32_t was, uint32_t is);

/* compare_many compares houses or goods items one by one: each has its like, or is added. A single one that has
 * another name is the same, renamed. */
static void compare_many(const comparison *c, uint32_t row, uint32_t was, uint32_t is)
{
    uint16_t name = c->is->tables->row[row].name;
    names before = list_named(c->d, c->was, was, name), now = list_named(c->d, c->is, is, name);
    for (size_t i = 0; i < now.num; i++) {
        uint32_t node = now.list[i].node, like = find_named(&before, now.list[i].name);
        if (!like && before.num == 1 && now.num == 1)
            like = before.list[0].node;
        if (like)
            compare_children(c, row, like, node);
        else if (now.num > before.num || name == ENS_EL_goodsItem)
            ens__customs_blame(c->d, ENS_CODE_ADDED, ADDED, c->is, node, ENS_EL_NONE);
        else
            ens__customs_blame(c->d, ENS_CODE_NOT_AMENDABLE, MARKED, c->is,
                               ens__doc_child(c->is, node, ENS_EL_transportDocumentHouseLevel), ENS_EL_documentNumber);
    }
}

/* compare_one compares an element that stands once. */
static void compare_one(const comparison *c, uint32_t row, uint32_t was, uint32_t is, uint32_t parent)
{
    const ens_table_row *r = &c->is->tables->row[row];
    bool both = was && is;
    if (is_marked(c->is, row) &&
        (!was != !is || (both && !r->num_children && !ens_eq(ens__doc_text(c->was, was), ens__doc_text(c->is, is)))))
        ens__customs_blame(c->d, ENS_CODE_NOT_AMENDABLE, MARKED, c->is, is ? is : parent, is ? ENS_EL_NONE : r->name);
    else if (r->num_children && both)
        compare_children(c, row, was, is);
}

static void compare_children(const comparison *c, uint32_t row, uint32_t was, uint32_t is)
{
    const ens_table_row *rows = c->is->tables->row;
    for (uint32_t child = row + 1, end = row + 1 + rows[row].below; child < end; child += 1 + rows[child].below) {
        uint16_t name = rows[child].name;
        if (name == ENS_EL_consignmentHouseLevel || name == ENS_EL_goodsItem)
            compare_many(c, child, was, is);
        else
            compare_one(c, child, ens__doc_child(c->was, was, name), ens__doc_child(c->is, is, name), is);
    }
}

void ens__amendment_compare(ens_customs *d, const ens_doc *was, const ens_doc *is)
{
    const comparison c = {d, was, is};
    if (is->message)
        compare_children(&c, is->message->row, ENS_DOC_ROOT, ENS_DOC_ROOT);
}
