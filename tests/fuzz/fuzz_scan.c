/* The scanner against libxml2's tree: refused by both or by neither (but for what docs/scanner.md lists), the same
 * names, namespaces, attributes, texts, comments and instructions in the same order; tokens that cover the root; with
 * every way to index a block, and with windows as small as a block, the same. */
#include "tests/fuzz/target.h"

#include "engine/xml/scan/scan_state.h"
#include "tests/fuzz/scan_journal.h"
#include "tests/fuzz/scan_wanted.h"

#include <libxml/uri.h>

/* has_relative: what canonicalisation of libxml2 asks of every namespace declaration. */
static bool has_relative(const xmlNode *root)
{
    bool found = false;
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        for (const xmlNs *d = e->nsDef; d; d = d->next) {
            xmlURIPtr uri = d->href && *d->href ? xmlParseURI((const char *)d->href) : NULL;
            found |= uri && (!uri->scheme || !*uri->scheme);
            xmlFreeURI(uri);
        }
    return found;
}

static void check_against_tree(ens_libxml *xml, ens_slice text, ens_code code, const ens_scan *s,
                               const journal *scanned)
{
    xmlDocPtr doc = NULL;
    ens_code other = ens__libxml_parse(xml, text, &doc, NULL);
    if (code != ENS_ELIMIT)
        ENS_HOLDS((other == ENS_OK) == (code == ENS_OK));
    if (doc && code == ENS_OK) {
        journal tree;
        journal_init(&tree);
        journal_tree(&tree, doc);
        ENS_HOLDS(ens_eq(ens_buf_slice(&tree.log), ens_buf_slice(&scanned->log)));
        ENS_HOLDS(ens__scan_relative(s) == has_relative(xmlDocGetRootElement(doc)));
        journal_free(&tree);
    }
    xmlFreeDoc(doc);
}

/* check_other runs another index function over small windows. */
static void check_other(ens_scan *s, ens__scan_index *index, uint32_t room, ens_slice text, ens_code code,
                        const ens_err *err, const journal *first)
{
    journal other;
    ens_err why = {0};
    journal_init(&other);
    s->window.index = index;
    ENS_HOLDS(ens__scan_window_make(&s->window, room));
    ENS_HOLDS(journal_scan(&other, s, text, &why) == code);
    ENS_HOLDS(code == ENS_OK ? ens_eq(ens_buf_slice(&other.log), ens_buf_slice(&first->log))
                             : why.frame[0].at == err->frame[0].at);
    journal_free(&other);
}

ENS_FUZZ_TARGET(scan)
{
    static ens_libxml *xml;
    static ens_scan *first, *second;
    if (!xml) {
        xml = ens__libxml_new(), first = ens__scan_new(), second = ens__scan_new();
        ENS_HOLDS(xml && first && second);
    }
    /* A copy of its own size: a read past the end is seen. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        return;
    memcpy(copy, data, size);
    ens_slice text = {copy, size};
    journal j;
    ens_err err = {0};
    journal_init(&j);
    ens_code code = journal_scan(&j, first, text, &err);
    ENS_HOLDS(j.covered && (code == ENS_OK || err.frame[0].what));
    for (unsigned i = 0; ens__scan_index_nth(i); i++)
        check_other(second, ens__scan_index_nth(i), (i + 1) * ENS_SCAN_BLOCK, text, code, &err, &j);
    check_against_tree(xml, text, code, first, &j);
    check_wanted(first, second, text);
    journal_free(&j);
    free(copy);
}
