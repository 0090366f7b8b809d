#include "tests/engine/canon_both.h"

#include "engine/xml/canonical/canonical.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/signature/signature_read.h"

#include <stdio.h>
#include <stdlib.h>

#define CANONICAL_MAX ((size_t)1 << 26)

struct canon_both {
    ens_scan *scan;
    ens_libxml *xml;
    ens_canon *canon;
    ens_tape tape;
    xmlDocPtr doc;
    ens_arena arena;
    ens_buf ours, theirs;
    ens_slice list;
};

canon_both *canon_both_new(void)
{
    canon_both *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->scan = ens__scan_new();
    b->xml = ens__libxml_new();
    b->canon = ens__canon_new();
    ens_arena_init(&b->arena, (size_t)1 << 30);
    ens_buf_init(&b->ours, NULL, 0, CANONICAL_MAX);
    ens_buf_init(&b->theirs, NULL, 0, CANONICAL_MAX);
    if (b->scan && b->xml && b->canon)
        return b;
    canon_both_free(b);
    return NULL;
}

void canon_both_free(canon_both *b)
{
    if (!b)
        return;
    xmlFreeDoc(b->doc);
    ens__scan_free(b->scan);
    ens__libxml_free(b->xml);
    ens__canon_free(b->canon);
    ens_arena_free(&b->arena);
    ens_buf_free(&b->ours);
    ens_buf_free(&b->theirs);
    free(b);
}

bool canon_both_read(canon_both *b, ens_slice text)
{
    ens_scan_event e;
    xmlFreeDoc(b->doc);
    b->doc = NULL;
    ens_arena_reset(&b->arena);
    ens__scan_begin(b->scan, text);
    ens__tape_start(&b->tape, &b->arena);
    do {
        if (ens__scan_next(b->scan, &e, NULL) != ENS_OK || ens__tape_add(&b->tape, &e, NULL) != ENS_OK)
            return false;
    } while (e.kind != ENS_SCAN_EOF);
    return ens__libxml_parse(b->xml, text, &b->doc, NULL) == ENS_OK;
}

static void put(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
}

static ens_canon_sink sink(canon_both *b)
{
    b->ours.len = 0;
    b->ours.failed = ENS_OK;
    return (ens_canon_sink){put, &b->ours};
}

static bool agree(canon_both *b, ens_code code, const xmlNode *apex, ens_libxml_canon_mode mode)
{
    b->theirs.len = 0;
    b->theirs.failed = ENS_OK;
    ens_slice list = mode == ENS_LIBXML_INCLUSIVE ? (ens_slice){0} : b->list;
    ens_code other = ens__libxml_canon(b->doc, apex, mode, list, &b->theirs, NULL);
    if (code == other && (code != ENS_OK || ens_eq(ens_buf_slice(&b->ours), ens_buf_slice(&b->theirs))))
        return true;
    fprintf(stderr, "ours   (%s) %.*s\ntheirs (%s) %.*s\n", ens_code_name(code), (int)b->ours.len,
            (const char *)b->ours.p, ens_code_name(other), (int)b->theirs.len, (const char *)b->theirs.p);
    return false;
}

static bool exclusive_agrees(canon_both *b, size_t at, const xmlNode *apex)
{
    const ens_scan_binding *scope = NULL;
    unsigned num = 0;
    bool done = false;
    ens_code code = ens__tape_scope(&b->tape, at, &scope, &num, NULL);
    if (code == ENS_OK)
        code = ens__canon_begin(b->canon, b->scan, scope, num, b->list, sink(b), NULL);
    if (code == ENS_OK)
        code = ens__canon_run(b->canon, b->tape.event + at, b->tape.num - at, &done, NULL);
    return done == (code == ENS_OK) && agree(b, code, apex, ENS_LIBXML_EXCLUSIVE);
}

/* What an ancestor has of the xml namespace isn't known to our writer; its callers refuse such. */
static bool inherits_xml(const xmlNode *apex)
{
    for (const xmlNode *up = apex->parent; up && up->type == XML_ELEMENT_NODE; up = up->parent)
        for (const xmlAttr *a = up->properties; a; a = a->next)
            if (a->ns && xmlStrEqual(a->ns->href, XML_XML_NAMESPACE))
                return true;
    return false;
}

static bool inclusive_agrees(canon_both *b, size_t at, const xmlNode *apex)
{
    const ens_scan_binding *scope = NULL;
    unsigned num = 0;
    bool done = false;
    if (inherits_xml(apex))
        return true;
    ens_code code = ens__tape_scope(&b->tape, at, &scope, &num, NULL);
    if (code == ENS_OK)
        code = ens__canon_begin_inclusive(b->canon, b->scan, scope, num, sink(b), NULL);
    for (size_t i = at; code == ENS_OK && !done && i < b->tape.num; i++)
        code = ens__canon_add(b->canon, &b->tape.event[i], &done, NULL);
    return agree(b, code, apex, ENS_LIBXML_INCLUSIVE);
}

static bool whole_agrees(canon_both *b)
{
    bool done;
    ens_code code = ens__canon_whole(b->canon, b->scan, b->list, sink(b), NULL);
    if (code == ENS_OK)
        code = ens__canon_run(b->canon, b->tape.event, b->tape.num, &done, NULL);
    if (code == ENS_OK)
        code = ens__canon_end(b->canon, NULL);
    return agree(b, code, NULL, ENS_LIBXML_EXCLUSIVE);
}

const char *canon_both_compare(canon_both *b, ens_slice prefix_list, unsigned max)
{
    const xmlNode *root = xmlDocGetRootElement(b->doc), *apex = root;
    unsigned apexes = 0;
    b->list = prefix_list;
    for (size_t i = 0; i < b->tape.num && apexes < max; i++) {
        if (b->tape.event[i].kind != ENS_SCAN_START)
            continue;
        if (!apex)
            return "there are more elements than libxml2 has";
        if (!exclusive_agrees(b, i, apex))
            return "exclusive C14N of an element differs";
        if (!inclusive_agrees(b, i, apex))
            return "inclusive C14N of an element differs";
        apex = ens__libxml_following(apex, root);
        apexes++;
    }
    return whole_agrees(b) ? NULL : "exclusive C14N of the document differs";
}
