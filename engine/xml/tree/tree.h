/* The elements of a document as records in document order. Whoever judges a message reads these and does not know which
 * parser made them: libxml2's tree, copied record by record, or the scanner. Names, values and text borrow from the
 * tree, the input or the arena. */
#ifndef ENS_ENGINE_XML_TREE_TREE_H
#define ENS_ENGINE_XML_TREE_TREE_H

#include "engine/base/arena.h"
#include "engine/xml/canonical/canonical.h"
#include "engine/xml/scan/scan.h"

/* Namespaces are compared by number: 0 none, 1 … those that the tree was told of, higher ones others. */
typedef uint16_t ens_ns;
#define ENS_TREE_KNOWN_MAX 32u /* namespaces known by number */
#define ENS_TREE_OTHER_MAX 64u /* … and others of one document that are told from one another */

typedef struct ens_tree ens_tree;

typedef struct {
    ens_slice local, value; /* the value normalised, references replaced */
    ens_ns ns;
    void *origin; /* xmlAttr; NULL by the scanner */
} ens_node_attribute;

typedef struct {
    ens_tree *tree;
    ens_slice prefix, local;
    ens_slice text; /* of the element's own character data where it lies in one piece */
    const ens_node_attribute *attribute;
    void *origin;      /* xmlNode; NULL by the scanner */
    uint32_t up, span; /* records back to the parent (root: 0); records of the element and all below it */
    uint32_t at, end;  /* by the scanner: its START and its END among the events of the tree */
    ens_ns ns;
    uint16_t num_attributes;
    bool in_pieces;    /* text is not in one piece: ask ens__node_text */
    bool begins_aside; /* text or a comment stands before the first child */
} ens_node;

/* Whoever fills a tree knows how to join the text of a record that has in_pieces. */
typedef ens_slice ens_tree_text(const ens_node *n, ens_arena *arena);

struct ens_tree {
    ens_tree_text *text;
    const char *const *known; /* namespace names of the numbers 1, 2 …; NULL ends them */
    ens_arena *arena;
    ens_node *node; /* [0] is the root */
    size_t num, cap;
    size_t num_instructions; /* processing instructions, of the whole document */
    ens_scan_event *event;   /* by the scanner: all of the document */
    size_t num_events, cap_events;
    struct ens_mould *mould; /* the document fitted this one, and its events are those of the mould (mould.h); NULL */
    size_t path_left;        /* elements that may still be passed for ens__node_path */
};

void ens__tree_clear(ens_tree *tree);

/* For those who fill a tree: forget the last document; take a record at the end; make room for more records of a size.
 * NULL when there is no memory for it. */
void ens__tree_start(ens_tree *tree, const char *const *known, ens_tree_text *text, ens_arena *arena);
ENS_CHECK ens_node *ens__tree_take(ens_tree *tree);
ENS_CHECK void *ens__tree_grow(void *records, size_t size, size_t *cap);

static inline bool ens__node_is(const ens_node *n, ens_ns ns, const char *local)
{
    return n && n->ns == ns && ens_is(n->local, local);
}

static inline const ens_node *ens__node_parent(const ens_node *n)
{
    return n && n->up ? n - n->up : NULL;
}

static inline const ens_node *ens__node_first(const ens_node *n)
{
    return n && n->span > 1 ? n + 1 : NULL;
}

static inline const ens_node *ens__node_next(const ens_node *n)
{
    const ens_node *parent = ens__node_parent(n);
    return parent && n + n->span < parent + parent->span ? n + n->span : NULL;
}

/* ens__node_following is the element after this one in document order, within root's tree; NULL at the end. */
static inline const ens_node *ens__node_following(const ens_node *n, const ens_node *root)
{
    return n + 1 < root + root->span ? n + 1 : NULL;
}

/* ens__node_child is the first such child, or NULL. */
static inline const ens_node *ens__node_child(const ens_node *parent, ens_ns ns, const char *local)
{
    const ens_node *e = ens__node_first(parent);
    while (e && !ens__node_is(e, ns, local))
        e = ens__node_next(e);
    return e;
}

unsigned ens__node_count(const ens_node *parent, ens_ns ns, const char *local);

/* An absent attribute has p == NULL; an element without text has length 0 and p != NULL. Out of memory reads as absent.
 */
static inline ens_slice ens__node_attribute(const ens_node *n, ens_ns ns, const char *local)
{
    for (unsigned i = 0; n && i < n->num_attributes; i++)
        if (n->attribute[i].ns == ns && ens_is(n->attribute[i].local, local))
            return n->attribute[i].value;
    return (ens_slice){0};
}
ens_slice ens__node_text(const ens_node *n, ens_arena *arena);
/* ens__node_is_blank tells that nothing but white space stands among its children. Out of memory is not blank. */
bool ens__node_is_blank(const ens_node *n, ens_arena *arena);
/* ens__node_path is "/env:Envelope/env:Header/eb:Messaging[2]", for people. NULL once the paths of this document have
 * cost ENS_TREE_PATH_WORK: each passes all siblings on its way. */
#define ENS_TREE_PATH_WORK ((size_t)1 << 18)
const char *ens__node_path(const ens_node *n, ens_arena *arena);

/* The records of tree.h filled by the scanner, and their canonical form. */
/* One per worker: a scanner that knows the namespaces by number. */
typedef struct {
    ens_scan *scan;
    const char *const *known;
    ens_ns number[ENS_SCAN_URIS_MAX]; /* of the scanner's numbers */
} ens_tree_scanner;

/* known as in ens__libxml_tree, which gives the same numbers; at most ENS_TREE_KNOWN_MAX.   Errors  ENS_ENOMEM,
 * ENS_ELIMIT */
ENS_CHECK ens_code ens__tree_scanner_init(ens_tree_scanner *s, const char *const *known, ens_err *err);
void ens__tree_scanner_clear(ens_tree_scanner *s);

/* ens__tree_scan fills *tree from text, which must stay: records and events borrow from it. One document at a time has
 * its canonical form to give: the next one takes the scanner's namespaces along.
 * Errors  those of ens__scan_next;
 * ENS_EPOLICY on a CDATA section or a processing instruction, which are left to libxml2; ENS_ENOMEM */
ENS_CHECK ens_code ens__tree_scan(ens_tree *tree, ens_tree_scanner *s, ens_slice text, ens_arena *arena, ens_err *err);

/* ens__tree_canon puts the exclusive canonical form of an element of the last document into a sink. */
ENS_CHECK ens_code ens__tree_canon(const ens_tree_scanner *s, ens_canon *canon, const ens_node *n,
                                   ens_slice prefix_list, ens_canon_sink sink, ens_err *err);

#endif
