/* The elements of one business document as its rules see them: those that the tables know, in the order of the
 * document.
 *
 * An element has a number; its descendants have the numbers that follow. 0 is no element: what is asked of it is
 * empty. */
#ifndef ENS_AS4_ENS_DOC_H
#define ENS_AS4_ENS_DOC_H

#include "as4/ens/elements.h"
#include "as4/ens/tables.h"
#include "engine/base/arena.h"

#define ENS_DOC_OWN 0x01u   /* the text lies in doc->own, else in the input */
#define ENS_DOC_ALIAS 0x02u /* the element has the other spelling of its name */

typedef struct {
    uint32_t row, parent;
    uint32_t end;      /* the number behind its last descendant; 0: the element is still open */
    uint32_t position; /* among the elements of its name below its parent, from 1 */
    uint32_t text, len;
    uint16_t name, flags;
} ens_doc_node;

typedef struct {
    const ens_tables *tables;
    const ens_table_message *message; /* NULL: the tables do not know it */
    ens_doc_node *node;
    uint32_t num, cap;
    const uint8_t *input;
    uint8_t *own; /* texts that do not lie in the input as they are */
    uint32_t own_len, own_cap;
} ens_doc;

#define ENS_DOC_ROOT 1u

static inline ens_slice ens__doc_text(const ens_doc *d, uint32_t node)
{
    const ens_doc_node *n = &d->node[node];
    return (ens_slice){(n->flags & ENS_DOC_OWN ? d->own : d->input) + n->text, n->len};
}

/* ens__doc_end is where the descendants of an element end, those that are there so far when it is still open. */
static inline uint32_t ens__doc_end(const ens_doc *d, uint32_t node)
{
    return node == 0 ? 0 : d->node[node].end ? d->node[node].end : d->num;
}

/* ens__doc_child is the first child of that name; 0: there is none.  ens__doc_next is the next sibling of the same
 * name. */
uint32_t ens__doc_child(const ens_doc *d, uint32_t node, uint16_t name);
uint32_t ens__doc_next(const ens_doc *d, uint32_t node);

/* ens__doc_at goes down by the names, which end with 0, to the first of each:
 * ens__doc_at(d, house, (uint16_t[]){ENS_EL_placeOfDelivery, ENS_EL_address, ENS_EL_country, 0}) */
uint32_t ens__doc_at(const ens_doc *d, uint32_t node, const uint16_t *names);

/* ens__doc_value is the text of the first child of that name; empty where there is none. */
ens_slice ens__doc_value(const ens_doc *d, uint32_t node, uint16_t name);

/* ens__doc_date is the text of a date: of its DateTime, or its own. */
ens_slice ens__doc_date(const ens_doc *d, uint32_t node);

/* ens__doc_country is the country of a place: the first two letters of its UN/LOCODE, or that of its address; empty
 * where it has neither. */
ens_slice ens__doc_country(const ens_doc *d, uint32_t place);

/* ens__doc_resolve finds the element that a pointer (an XPath of names and positions, with or without prefixes) names;
 * where it names one that is not there, *whole is false, and the last element on the way that is there is returned; 0:
 * the root has another name. */
uint32_t ens__doc_resolve(const ens_doc *d, ens_slice pointer, bool *whole);

/* ens__doc_pointer is the XPath of an element, or of a child of that name that it lacks (ENS_EL_NONE: of itself), in
 * the arena. Never NULL. */
const char *ens__doc_pointer(const ens_doc *d, uint32_t node, uint16_t child, ens_arena *arena);

/* ens__doc_may_hold tells whether the tables allow such a child there. */
bool ens__doc_may_hold(const ens_doc *d, uint32_t node, uint16_t name);

/* ens__doc_is tells whether the document is of that message: "IE3F10". */
bool ens__doc_is(const ens_doc *d, const char *message);

#endif
