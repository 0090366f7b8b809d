#include "engine/xml/reference/libxml.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "XML 1.0"
#define OPTIONS                                                                                                        \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBASEFIX | XML_PARSE_COMPACT |             \
     XML_PARSE_NOCDATA)

#define NAMES_KEPT ((size_t)1 << 20) /* bytes of names that a parser may carry to the next document */

struct ens_libxml {
    xmlParserCtxtPtr parser;
    unsigned depth, elements;
    unsigned scope[ENS_XML_DEPTH_MAX + 1]; /* declarations in scope at each depth */
    const char *refused;                   /* why a handler stopped the parser */
    ens_code code;
    long at; /* of the first error, in bytes; 0: none */
};

static void stop(xmlParserCtxtPtr parser, ens_code code, const char *why)
{
    ens_libxml *x = parser->_private;
    if (!x->refused) {
        x->refused = why;
        x->code = code;
    }
    xmlStopParser(parser);
}

static void on_dtd(void *user, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    stop(user, ENS_EPOLICY, "has a document type declaration, which is not allowed");
}

bool ens__libxml_namespaces_allowed(int num, const xmlChar **namespaces)
{
    for (int i = 0; i < num; i++)
        if (strchr((const char *)namespaces[2 * i + 1], '&'))
            return false;
    return true;
}

static bool is_allowed(const xmlChar *name)
{
    return !name || xmlStrcasecmp(name, (const xmlChar *)"UTF-8") == 0 ||
           xmlStrcasecmp(name, (const xmlChar *)"US-ASCII") == 0;
}

const char *ens__libxml_declaration_refused(const xmlParserCtxt *parser)
{
    if (parser->version && strcmp((const char *)parser->version, "1.0") != 0)
        return ENS_XML_NOT_1_0;
    bool utf8 = is_allowed(parser->encoding) && (!parser->input || is_allowed(parser->input->encoding));
    return utf8 ? NULL : "is not declared as UTF-8";
}

static void on_document(void *user)
{
    const char *refused = ens__libxml_declaration_refused(user);
    if (refused)
        stop(user, ENS_EPOLICY, refused);
    else
        xmlSAX2StartDocument(user);
}

/* on_error ends at the first fault: libxml2 would go on in what is no longer XML, where nobody knows what it takes for
 * a tag. */
static void on_error(void *user, xmlErrorPtr error)
{
    xmlParserCtxtPtr parser = user;
    ens_libxml *x = parser->_private;
    if (error->level != XML_ERR_FATAL || x->at)
        return;
    x->at = parser->input ? xmlByteConsumed(parser) : 0;
    xmlStopParser(parser);
}

/* begin_markup tells from the first character behind '<' what it begins. */
static void begin_markup(ens_libxml_tags *t, uint8_t c)
{
    bool bang = t->at == ENS_TAGS_BANG, section = bang ? c == '-' || c == '[' : c == '?';
    t->num = t->met = 0;
    t->at = section ? ENS_TAGS_SECTION : !bang && c == '!' ? ENS_TAGS_BANG : ENS_TAGS_INSIDE;
    t->closing = c == '[' ? ']' : c;
    t->left = bang ? 2 : 1;
}

/* skip_to moves to the next c; false when the piece has none. */
static bool skip_to(ens_reader *r, uint8_t c)
{
    const uint8_t *hit = ens_left(r) ? memchr(r->at, c, ens_left(r)) : NULL;
    r->at = hit ? hit + 1 : r->end;
    return hit != NULL;
}

static void go_inside(ens_libxml_tags *t, uint8_t c)
{
    if (c == '"' || c == '\'') {
        t->closing = c;
        t->at = ENS_TAGS_VALUE;
    } else if (c == '>') {
        t->at = ENS_TAGS_OUTSIDE;
    } else {
        t->num += c == '=';
    }
}

/* go_section looks for "-->", "]]>" or "?>". */
static void go_section(ens_libxml_tags *t, uint8_t c)
{
    if (c == '>' && t->met == t->left)
        t->at = ENS_TAGS_OUTSIDE;
    else if (c != t->closing)
        t->met = 0;
    else if (t->met < t->left)
        t->met++;
}

bool ens__libxml_tags_bounded(ens_libxml_tags *t, ens_slice piece)
{
    ens_reader r = ens_read(piece);
    uint8_t c;
    while (t->num <= ENS_XML_ATTRIBUTES_MAX + ENS_XML_NAMESPACES_MAX) {
        if (t->at == ENS_TAGS_OUTSIDE) {
            t->at = skip_to(&r, '<') ? ENS_TAGS_OPEN : ENS_TAGS_OUTSIDE;
        } else if (t->at == ENS_TAGS_VALUE) {
            t->at = skip_to(&r, t->closing) ? ENS_TAGS_INSIDE : ENS_TAGS_VALUE;
        }
        if (!ens_take_u8(&r, &c))
            return true;
        if (t->at == ENS_TAGS_OPEN || t->at == ENS_TAGS_BANG)
            begin_markup(t, c);
        else if (t->at == ENS_TAGS_INSIDE)
            go_inside(t, c);
        else
            go_section(t, c);
    }
    return false;
}

static void on_start(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int num_namespaces,
                     const xmlChar **namespaces, int num_attributes, int num_defaulted, const xmlChar **attributes)
{
    xmlParserCtxtPtr parser = user;
    ens_libxml *x = parser->_private;
    if (++x->depth > ENS_XML_DEPTH_MAX)
        stop(parser, ENS_ELIMIT, "elements are nested too deeply");
    else if (++x->elements > ENS_XML_ELEMENTS_MAX)
        stop(parser, ENS_ELIMIT, "there are too many elements");
    else if ((unsigned)num_attributes > ENS_XML_ATTRIBUTES_MAX || (unsigned)num_namespaces > ENS_XML_NAMESPACES_MAX)
        stop(parser, ENS_ELIMIT, ENS_XML_TAG_LIMIT);
    else if ((x->scope[x->depth] = x->scope[x->depth - 1] + (unsigned)num_namespaces) > ENS_XML_SCOPE_MAX)
        stop(parser, ENS_ELIMIT, ENS_XML_SCOPE_LIMIT);
    else if (!ens__libxml_namespaces_allowed(num_namespaces, namespaces))
        stop(parser, ENS_EPOLICY, "a namespace name has an '&'");
    else
        xmlSAX2StartElementNs(user, local, prefix, uri, num_namespaces, namespaces, num_attributes, num_defaulted,
                              attributes);
}

static void on_end(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    xmlParserCtxtPtr parser = user;
    ens_libxml *x = parser->_private;
    x->depth--;
    if (!x->refused)
        xmlSAX2EndElementNs(user, local, prefix, uri);
}

static void say_nothing(void *user, xmlErrorPtr error)
{
    (void)user, (void)error;
}

ens_libxml_handler ens__libxml_quiet(void)
{
    ens_libxml_handler before = {xmlStructuredError, xmlStructuredErrorContext};
    xmlSetStructuredErrorFunc(NULL, say_nothing);
    return before;
}

void ens__libxml_unquiet(ens_libxml_handler before)
{
    xmlSetStructuredErrorFunc(before.context, before.handler);
}

static bool make_parser(ens_libxml *x)
{
    x->parser = xmlNewParserCtxt();
    if (!x->parser)
        return false;
    x->parser->_private = x;
    x->parser->sax->startDocument = on_document;
    x->parser->sax->serror = on_error;
    x->parser->sax->internalSubset = on_dtd;
    x->parser->sax->externalSubset = NULL;
    x->parser->sax->resolveEntity = NULL;
    x->parser->sax->startElementNs = on_start;
    x->parser->sax->endElementNs = on_end;
    return true;
}

/* renew_libxml drops a parser whose dictionary has grown: it is bounded, and one sender's names must not use it up for
 * the next one. Trees that are still there hold the dictionary themselves. */
static ens_code renew_libxml(ens_libxml *x, ens_err *err)
{
    ens_code code = x->parser ? ENS_OK : ens__xml_load(err);
    if (code != ENS_OK || (x->parser && xmlDictGetUsage(x->parser->dict) <= NAMES_KEPT))
        return code;
    xmlFreeParserCtxt(x->parser);
    return make_parser(x) ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for an XML parser", 0);
}

ens_libxml *ens__libxml_new(void)
{
    return calloc(1, sizeof(ens_libxml)); /* with a parser when something is to be parsed */
}

void ens__libxml_free(ens_libxml *x)
{
    if (!x)
        return;
    if (x->parser)
        xmlFreeParserCtxt(x->parser);
    free(x);
}

static ens_code fail_parse(ens_libxml *x, ens_err *err)
{
    if (x->refused)
        return ens_fail(err, x->code, RULE, x->refused, 0);
    const xmlError *e = xmlCtxtGetLastError(x->parser);
    if (e && e->code == XML_ERR_NO_MEMORY)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory in the XML parser", 0);
    char about[ENS_ERR_TEXT];
    const char *message = e && e->message ? e->message : "no document";
    snprintf(about, sizeof about, "line %d: %.*s", e ? e->line : 1, (int)strcspn(message, "\n"), message);
    ens_code code = ens_fail_about(err, ENS_ESYNTAX, RULE, "is not well-formed", about);
    long at = x->at ? x->at : x->parser->input ? xmlByteConsumed(x->parser) : 0;
    if (err && at > 0)
        err->frame[0].at = (size_t)at;
    return code;
}

/* legal_for: libxml2 stops reading at a NUL, and where US-ASCII ends. */
static bool legal_for(const xmlDoc *doc, ens_slice text)
{
    uint8_t all = 0;
    if (memchr(text.p, 0, text.len))
        return false;
    for (size_t i = 0; doc->encoding && xmlStrcasecmp(doc->encoding, (const xmlChar *)"US-ASCII") == 0 && i < text.len;
         i++)
        all |= text.p[i];
    return all < 0x80;
}

bool ens__libxml_mislabelled(ens_slice text)
{
    ens_slice head =
        ens_starts(text, ENS_LIT("<?xml")) ? ens_sub(text, 0, ens__find(text, ENS_LIT("?>"), 0)) : ENS_LIT("");
    size_t at = 0, high = 0;
    while (at < head.len && !ens__starts_nocase(ens_from(head, at), ENS_LIT("US-ASCII")))
        at++;
    while (at < head.len && high < text.len && text.p[high] < 0x80)
        high++;
    return at < head.len && high < text.len;
}

ens_code ens__libxml_parse(ens_libxml *x, ens_slice text, xmlDocPtr *doc, ens_err *err)
{
    if (text.len > ENS_XML_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "is too large for a tree", text.len);
    if (!ens__scan_looks_utf8(text))
        return ens_fail(err, text.len < 4 ? ENS_ESYNTAX : ENS_EPOLICY, RULE,
                        text.len < 4 ? "is empty" : "is not UTF-8 text", 0);
    ens_code code = renew_libxml(x, err);
    if (code != ENS_OK)
        return code;
    if (!ens__libxml_tags_bounded(&(ens_libxml_tags){0}, text))
        return ens_fail(err, ENS_ELIMIT, RULE, ENS_XML_TAG_LIMIT, 0);
    x->depth = x->elements = x->scope[0] = 0;
    x->at = 0;
    x->refused = NULL;
    ens_libxml_handler before = ens__libxml_quiet(); /* an xml:id that stands twice is told to nobody else */
    xmlDocPtr made = xmlCtxtReadMemory(x->parser, (const char *)text.p, (int)text.len, NULL, NULL, OPTIONS);
    ens__libxml_unquiet(before);
    if (!made || x->refused || !x->parser->wellFormed || !x->parser->nsWellFormed || !xmlDocGetRootElement(made)) {
        xmlFreeDoc(made);
        return fail_parse(x, err);
    }
    if (!legal_for(made, text)) {
        xmlFreeDoc(made);
        return ens_fail(err, ENS_ESYNTAX, RULE, "has an illegal character", 0);
    }
    *doc = made;
    return ENS_OK;
}

static bool same(const xmlChar *a, const char *b)
{
    return strcmp((const char *)a, b) == 0;
}

bool ens__libxml_is(const xmlNode *node, const char *ns, const char *local)
{
    if (!node || node->type != XML_ELEMENT_NODE || !same(node->name, local))
        return false;
    return ns ? node->ns && node->ns->href && same(node->ns->href, ns) : !node->ns;
}

static xmlNode *element_from(xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

xmlNode *ens__libxml_first(const xmlNode *parent)
{
    return parent ? element_from(parent->children) : NULL;
}

xmlNode *ens__libxml_next(const xmlNode *element)
{
    return element ? element_from(element->next) : NULL;
}

xmlNode *ens__libxml_child(const xmlNode *parent, const char *ns, const char *local)
{
    xmlNode *e = ens__libxml_first(parent);
    while (e && !ens__libxml_is(e, ns, local))
        e = ens__libxml_next(e);
    return e;
}

unsigned ens__libxml_count(const xmlNode *parent, const char *ns, const char *local)
{
    unsigned n = 0;
    for (const xmlNode *e = ens__libxml_first(parent); e; e = ens__libxml_next(e))
        n += ens__libxml_is(e, ns, local);
    return n;
}

xmlNode *ens__libxml_following(const xmlNode *element, const xmlNode *root)
{
    xmlNode *next = ens__libxml_first(element);
    while (!next && element != root) {
        next = ens__libxml_next(element);
        element = element->parent;
    }
    return next;
}

/* content_of gives the text of a node list: nearly always a single text node, borrowed. */
static ens_slice content_of(const xmlNode *list, ens_arena *arena)
{
    static const uint8_t empty[1];
    if (!list)
        return (ens_slice){empty, 0};
    if (!list->next && (list->type == XML_TEXT_NODE || list->type == XML_CDATA_SECTION_NODE))
        return ens_bytes(list->content ? list->content : (const xmlChar *)"",
                         list->content ? strlen((const char *)list->content) : 0);
    size_t len = 0, at = 0;
    for (const xmlNode *n = list; n; n = n->next)
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE)
            len += n->content ? strlen((const char *)n->content) : 0;
    uint8_t *p = ens_arena_take(arena, len + 1);
    if (!p)
        return (ens_slice){0};
    for (const xmlNode *n = list; n; n = n->next) {
        if ((n->type != XML_TEXT_NODE && n->type != XML_CDATA_SECTION_NODE) || !n->content)
            continue;
        size_t piece = strlen((const char *)n->content);
        memcpy(p + at, n->content, piece);
        at += piece;
    }
    p[len] = 0;
    return (ens_slice){p, len};
}

ens_slice ens__libxml_attribute(const xmlNode *element, const char *ns, const char *local, ens_arena *arena)
{
    for (const xmlAttr *a = element ? element->properties : NULL; a; a = a->next)
        if (same(a->name, local) && (ns ? a->ns && same(a->ns->href, ns) : !a->ns))
            return content_of(a->children, arena);
    return (ens_slice){0};
}

ens_slice ens__libxml_text(const xmlNode *element, ens_arena *arena)
{
    return element ? content_of(element->children, arena) : (ens_slice){0};
}

const char *ens__libxml_path(const xmlNode *element, ens_arena *arena)
{
    if (!element || element->type != XML_ELEMENT_NODE)
        return "";
    const char *above = ens__libxml_path(element->parent, arena);
    unsigned before = 0, after = 0;
    const char *ns = element->ns ? (const char *)element->ns->href : NULL;
    for (const xmlNode *e = ens__libxml_first(element->parent); e; e = ens__libxml_next(e)) {
        if (!ens__libxml_is(e, ns, (const char *)element->name))
            continue;
        if (e == element || after)
            after++;
        else
            before++;
    }
    const char *prefix = element->ns && element->ns->prefix ? (const char *)element->ns->prefix : NULL;
    const char *path =
        ens_arena_printf(arena, before + after > 1 ? "%s/%s%s%s[%u]" : "%s/%s%s%s", above, prefix ? prefix : "",
                         prefix ? ":" : "", (const char *)element->name, before + 1);
    return path ? path : "";
}

#define RULE_CANONICAL "Exclusive XML Canonicalization 1.0"
#define PREFIX_LIST_MAX 4096u

/* inside tells whether a node belongs to the sub-tree. libxml2 passes namespaces as nodes, with their element as
 * parent. */
static int inside(void *apex, xmlNodePtr node, xmlNodePtr parent)
{
    const xmlNode *n = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    while (n && n != apex)
        n = n->parent;
    return n != NULL;
}

static int write_to_buf(void *out, const char *p, int len)
{
    ens_buf *b = out;
    ens_buf_add(b, p, (size_t)len);
    return b->failed ? -1 : len;
}

/* execute keeps libxml2 from printing; the handler of the thread is as before afterwards. */
static int execute(xmlDocPtr doc, const xmlNode *apex, ens_libxml_canon_mode mode, xmlChar **prefixes,
                   xmlOutputBufferPtr sink)
{
    int kind = mode == ENS_LIBXML_INCLUSIVE ? XML_C14N_1_0 : XML_C14N_EXCLUSIVE_1_0;
    ens_libxml_handler before = ens__libxml_quiet();
    int done = xmlC14NExecute(doc, apex ? inside : NULL, (void *)(uintptr_t)apex, kind, prefixes[0] ? prefixes : NULL,
                              mode == ENS_LIBXML_EXCLUSIVE_COMMENTS, sink);
    int closed = xmlOutputBufferClose(sink);
    ens__libxml_unquiet(before);
    return done < 0 || closed < 0 ? -1 : 0;
}

/* split_prefixes cuts a PrefixList (copied into text) into its tokens, NULL at the end. */
static bool split_prefixes(ens_slice list, char text[PREFIX_LIST_MAX], xmlChar *prefixes[ENS_LIBXML_PREFIXES_MAX + 1])
{
    if (list.len >= PREFIX_LIST_MAX)
        return false;
    if (list.len)
        memcpy(text, list.p, list.len);
    text[list.len] = 0;
    unsigned n = 0;
    char *rest = NULL;
    for (char *t = strtok_r(text, " \t\r\n", &rest); t; t = strtok_r(NULL, " \t\r\n", &rest)) {
        if (n == ENS_LIBXML_PREFIXES_MAX)
            return false;
        prefixes[n++] = (xmlChar *)t;
    }
    prefixes[n] = NULL;
    return true;
}

ens_code ens__libxml_canon(xmlDocPtr doc, const xmlNode *apex, ens_libxml_canon_mode mode, ens_slice prefix_list,
                           ens_buf *out, ens_err *err)
{
    char text[PREFIX_LIST_MAX];
    xmlChar *prefixes[ENS_LIBXML_PREFIXES_MAX + 1];
    if (!split_prefixes(prefix_list, text, prefixes))
        return ens_fail(err, ENS_ELIMIT, RULE_CANONICAL, "the PrefixList is too long", 0);
    xmlOutputBufferPtr sink = xmlOutputBufferCreateIO(write_to_buf, NULL, out, NULL);
    if (!sink)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for canonicalisation", 0);
    int done = execute(doc, apex, mode, prefixes, sink);
    if (out->failed)
        return ens_buf_done(out, err);
    if (done < 0)
        return ens_fail(err, ENS_ESYNTAX, RULE_CANONICAL, "can't be canonicalised (a relative namespace name?)", 0);
    return ENS_OK;
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

/* count_instructions looks at the processing instructions of a node list. */
static void count_instructions(ens_tree *tree, const xmlNode *list)
{
    for (const xmlNode *n = list; n; n = n->next)
        tree->num_instructions += n->type == XML_PI_NODE;
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
    n->begins_aside = e->children && e->children->type != XML_ELEMENT_NODE;
    count_instructions(tree, e->children);
    c->open[c->depth].element = e;
    c->open[c->depth++].at = at;
    return copy_attributes(c, e, n);
}

static ens_slice text_of_node(const ens_node *n, ens_arena *arena)
{
    return join(((const xmlNode *)n->origin)->children, arena);
}

ens_code ens__libxml_tree(ens_tree *tree, const xmlDoc *doc, const char *const *known, ens_arena *arena, ens_err *err)
{
    copying c = {.tree = tree};
    ens__tree_start(tree, known, text_of_node, arena);
    while (c.num_known < ENS_TREE_KNOWN_MAX && known[c.num_known])
        c.num_known++;
    xmlNode *root = xmlDocGetRootElement(doc);
    count_instructions(tree, doc->children);
    for (xmlNode *e = root; e; e = ens__libxml_following(e, root))
        if (!copy_element(&c, e))
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the elements of a document", 0);
    close_until(&c, NULL);
    return ENS_OK;
}
