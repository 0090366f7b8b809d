/* Moulds of documents: what the messages of one stack have in common. A mould is a document that the scanner took, with
 * gaps where the texts of its leaves and the values of its attributes stand. A document that has the very octets of the
 * mould everywhere else, and no markup in the gaps, has the same elements with other texts: its records are those of
 * the mould, and so are the octets of their canonical form. Everything else is the scanner's to read.
 *
 * A mould is learnt from a document that the scanner took before. One set per worker. */
#ifndef ENS_ENGINE_XML_TREE_MOULD_H
#define ENS_ENGINE_XML_TREE_MOULD_H

#include "engine/xml/tree/tree.h"

#define ENS_MOULDS_MAX 8u                      /* that a worker keeps: the one that fitted longest ago goes */
#define ENS_MOULD_TEXT_MAX ((size_t)256 << 10) /* bytes of a document, learnt or fitted */
#define ENS_MOULD_GAPS_MAX 512u
#define ENS_MOULD_VALUE_MAX 2048u /* bytes of one attribute's value in a gap: a tag stays within ENS_SCAN_TAG_MAX */
#define ENS_MOULD_FORMS_MAX 16u   /* elements whose canonical form is known */

typedef struct ens_moulds ens_moulds;

/* An element whose canonical form is wanted, by the number of its record. */
typedef struct {
    uint32_t record;
    ens_slice prefix_list;
} ens_mould_apex;

/* known as in ens__tree_scanner_init.   Returns  NULL: no memory */
ens_moulds *ens__moulds_new(const char *const *known);
void ens__moulds_free(ens_moulds *m);

/* ens__moulds_fit gives the tree of a document that fits a mould, as ens__tree_scan would fill it; NULL: none fits. The
 * tree lives until the mould fits again, or anything is learnt; texts and values borrow from text, names from the
 * mould. */
ens_tree *ens__moulds_fit(ens_moulds *m, ens_slice text, ens_arena *arena);

/* ens__moulds_want_more tells whether a document that fitted none should be learnt: in a full set, few of many are. */
bool ens__moulds_want_more(ens_moulds *m);

/* ens__moulds_learn makes a mould of a document that the scanner takes. False: it can't be one, or there is no memory;
 * nothing is kept then. */
bool ens__moulds_learn(ens_moulds *m, ens_slice text, const ens_mould_apex *apex, unsigned num);

/* ens__mould_canon is ens__tree_canon for an element of a tree that fitted.   Errors  ENS_EPOLICY its form is not known
 */
ENS_CHECK ens_code ens__mould_canon(const ens_node *n, ens_canon *canon, ens_slice prefix_list, ens_canon_sink sink,
                                    ens_err *err);

#endif
