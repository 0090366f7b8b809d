/* See tree.h. */
#include "engine/xml/tree/tree.h"

#include "engine/base/heap.h"
#include "engine/xml/reference/xml.h"
#include "engine/xml/tree/tree_scan.h"

#include <stdlib.h>

#define FIRST_RECORDS ((size_t)256)
#define RECORDS_KEPT ((size_t)1 << 14) /* records that wait for the next document */

void ens__tree_clear(ens_tree *tree)
{
    free(tree->node);
    free(tree->event);
    tree->node = NULL;
    tree->event = NULL;
    tree->num = tree->cap = tree->num_events = tree->cap_events = 0;
}

void ens__tree_start(ens_tree *tree, const char *const *known, ens_arena *arena)
{
    if (tree->cap > RECORDS_KEPT || tree->cap_events > RECORDS_KEPT)
        ens__tree_clear(tree);
    tree->known = known;
    tree->arena = arena;
    tree->num = tree->num_events = 0;
}

void *ens__tree_grow(void *records, size_t size, size_t *cap)
{
    size_t more = *cap ? *cap * 2 : FIRST_RECORDS;
    ens__heap_note();
    void *moved = realloc(records, more * size);
    if (moved)
        *cap = more;
    return moved;
}

ens_node *ens__tree_take(ens_tree *tree)
{
    if (tree->num == tree->cap) {
        ens_node *moved = ens__tree_grow(tree->node, sizeof *moved, &tree->cap);
        if (!moved)
            return NULL;
        tree->node = moved;
    }
    return &tree->node[tree->num++];
}

/* The copying of libxml2's tree. */
typedef struct {
    ens_tree *tree;
    const xmlNs *last; /* the namespace that was numbered last */
    ens_ns last_number;
    const char *other[ENS_TREE_OTHER_MAX];
    unsigned num_known, num_other;
    struct {
        const xmlNode *element;
        size_t at;
    } open[ENS_XML_DEPTH_MAX + 1];
    unsigned depth;
} copying;

static ens_ns number_of_name(copying *c, const char *uri)
{
    unsigned i = 0;
    while (i < c->num_known && strcmp(c->tree->known[i], uri) != 0)
        i++;
    if (i < c->num_known)
        return (ens_ns)(i + 1);
    i = 0;
    while (i < c->num_other && strcmp(c->other[i], uri) != 0)
        i++;
    if (i == c->num_other && i < ENS_TREE_OTHER_MAX)
        c->other[c->num_other++] = uri;
    return (ens_ns)(c->num_known + 1 + i);
}

static ens_ns number_of(copying *c, const xmlNs *ns)
{
    if (!ns || !ns->href)
        return 0;
    if (ns != c->last) {
        c->last = ns;
        c->last_number = number_of_name(c, (const char *)ns->href);
    }
    return c->last_number;
}

static ens_slice borrow(const xmlChar *text)
{
    return text ? ens_str((const char *)text) : (ens_slice){0};
}

static bool is_text(const xmlNode *n)
{
    return (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content;
}

static const uint8_t nothing[1];

/* one_piece borrows the text of a node list that is empty or a single text node. */
static bool one_piece(const xmlNode *list, ens_slice *out)
{
    *out = (ens_slice){nothing, 0};
    if (list && !list->next && is_text(list))
        *out = borrow(list->content);
    return !list || (!list->next && is_text(list));
}

/* join gives the text of any node list. */
static ens_slice join(const xmlNode *list, ens_arena *arena)
{
    size_t len = 0, at = 0;
    for (const xmlNode *n = list; n; n = n->next)
        len += is_text(n) ? strlen((const char *)n->content) : 0;
    uint8_t *p = ens_arena_take(arena, len + 1);
    if (!p)
        return (ens_slice){0};
    for (const xmlNode *n = list; n; n = n->next) {
        ens_slice piece = is_text(n) ? borrow(n->content) : (ens_slice){0};
        if (piece.len)
            memcpy(p + at, piece.p, piece.len);
        at += piece.len;
    }
    return (ens_slice){p, len};
}

static bool copy_attributes(copying *c, const xmlNode *e, ens_node *to)
{
    size_t num = 0;
    for (const xmlAttr *a = e->properties; a; a = a->next)
        num++;
    ens_node_attribute *out = num ? ens_arena_take(c->tree->arena, num * sizeof *out) : NULL;
    if (num && !out)
        return false;
    to->attribute = out;
    to->num_attributes = (uint16_t)num;
    for (xmlAttr *a = e->properties; a; a = a->next, out++) {
        *out = (ens_node_attribute){.local = borrow(a->name), .ns = number_of(c, a->ns), .origin = a};
        if (!one_piece(a->children, &out->value))
            out->value = join(a->children, c->tree->arena);
    }
    return true;
}

/* close_until closes the open elements that the next one is not below of. */
static void close_until(copying *c, const xmlNode *parent)
{
    while (c->depth && c->open[c->depth - 1].element != parent) {
        size_t at = c->open[--c->depth].at;
        c->tree->node[at].span = (uint32_t)(c->tree->num - at);
    }
}

static bool copy_element(copying *c, xmlNode *e)
{
    ens_tree *tree = c->tree;
    close_until(c, e->parent);
    size_t at = tree->num;
    ens_node *n = c->depth <= ENS_XML_DEPTH_MAX ? ens__tree_take(tree) : NULL;
    if (!n)
        return false;
    *n = (ens_node){.tree = tree,
                    .prefix = borrow(e->ns ? e->ns->prefix : NULL),
                    .local = borrow(e->name),
                    .origin = e,
                    .up = c->depth ? (uint32_t)(at - c->open[c->depth - 1].at) : 0,
                    .ns = number_of(c, e->ns)};
    n->in_pieces = !one_piece(e->children, &n->text);
    c->open[c->depth].element = e;
    c->open[c->depth++].at = at;
    return copy_attributes(c, e, n);
}

ens_code ens__tree_from_dom(ens_tree *tree, const xmlDoc *doc, const char *const *known, ens_arena *arena, ens_err *err)
{
    copying c = {.tree = tree};
    ens__tree_start(tree, known, arena);
    while (c.num_known < ENS_TREE_KNOWN_MAX && known[c.num_known])
        c.num_known++;
    xmlNode *root = xmlDocGetRootElement(doc);
    for (xmlNode *e = root; e; e = ens__xml_following(e, root))
        if (!copy_element(&c, e))
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the elements of a document", 0);
    close_until(&c, NULL);
    return ENS_OK;
}

unsigned ens__node_count(const ens_node *parent, ens_ns ns, const char *local)
{
    unsigned n = 0;
    for (const ens_node *e = ens__node_first(parent); e; e = ens__node_next(e))
        n += ens__node_is(e, ns, local);
    return n;
}

ens_slice ens__node_text(const ens_node *n, ens_arena *arena)
{
    if (!n || !n->in_pieces)
        return n ? n->text : (ens_slice){0};
    return n->origin ? join(((const xmlNode *)n->origin)->children, arena) : ens__tree_scan_text(n, arena);
}

static bool same_name(const ens_node *a, const ens_node *b)
{
    return a->ns == b->ns && ens_eq(a->local, b->local);
}

const char *ens__node_path(const ens_node *n, ens_arena *arena)
{
    if (!n)
        return "";
    const ens_node *parent = ens__node_parent(n);
    const char *above = ens__node_path(parent, arena);
    unsigned before = 0, after = 0;
    for (const ens_node *e = ens__node_first(parent); e; e = ens__node_next(e))
        if (same_name(e, n))
            *(e < n ? &before : &after) += 1;
    int prefix = (int)n->prefix.len, local = (int)n->local.len;
    const char *path =
        ens_arena_printf(arena, before + after > 1 ? "%s/%.*s%s%.*s[%u]" : "%s/%.*s%s%.*s", above, prefix,
                         (const char *)n->prefix.p, prefix ? ":" : "", local, (const char *)n->local.p, before + 1);
    return path ? path : "";
}
