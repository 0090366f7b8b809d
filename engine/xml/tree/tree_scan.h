/* The records of tree.h filled by the scanner, and their canonical form. */
#ifndef ENS_ENGINE_XML_TREE_TREE_SCAN_H
#define ENS_ENGINE_XML_TREE_TREE_SCAN_H

#include "engine/xml/canonical/canon.h"
#include "engine/xml/tree/tree.h"

/* One per worker: a scanner that knows the namespaces by number. */
typedef struct {
    ens_scan *scan;
    const char *const *known;
    ens_ns number[ENS_SCAN_URIS_MAX]; /* of the scanner's numbers */
} ens_tree_scanner;

/* known as in ens__tree_from_dom, which gives the same numbers; at most ENS_TREE_KNOWN_MAX.   Errors  ENS_ENOMEM,
 * ENS_ELIMIT */
ENS_CHECK ens_code ens__tree_scanner_init(ens_tree_scanner *s, const char *const *known, ens_err *err);
void ens__tree_scanner_clear(ens_tree_scanner *s);

/* ens__tree_scan fills *tree from text, which must stay: records and events borrow from it. One document at a time has
 * its canonical form to give: the next one takes the scanner's namespaces along. Errors  those of ens__scan_next;
 * ENS_EPOLICY on a CDATA section, which is left to libxml2; ENS_ENOMEM */
ENS_CHECK ens_code ens__tree_scan(ens_tree *tree, ens_tree_scanner *s, ens_slice text, ens_arena *arena, ens_err *err);

/* ens__tree_scan_text is ens__node_text of a record that has in_pieces. */
ens_slice ens__tree_scan_text(const ens_node *n, ens_arena *arena);

/* ens__tree_canon puts the exclusive canonical form of an element of the last document into a sink. */
ENS_CHECK ens_code ens__tree_canon(const ens_tree_scanner *s, ens_canon *canon, const ens_node *n,
                                   ens_slice prefix_list, ens_canon_sink sink, ens_err *err);

#endif
