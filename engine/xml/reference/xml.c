#include "engine/xml/reference/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "XML 1.0"
#define OPTIONS                                                                                                        \
    (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBASEFIX | XML_PARSE_COMPACT |             \
     XML_PARSE_NOCDATA)

#define NAMES_KEPT ((size_t)1 << 20) /* bytes of names that a parser may carry to the next document */

struct ens_xml {
    xmlParserCtxtPtr parser;
    unsigned depth, elements;
    const char *refused; /* why a handler stopped the parser */
    ens_code code;
};

static void stop(xmlParserCtxtPtr parser, ens_code code, const char *why)
{
    ens_xml *x = parser->_private;
    if (!x->refused) {
        x->refused = why;
        x->code = code;
    }
    xmlStopParser(parser);
}

static void on_dtd(void *user, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    stop(user, ENS_EPOLICY, "a document type declaration is not allowed");
}

bool ens__xml_namespaces_allowed(int num, const xmlChar **namespaces)
{
    for (int i = 0; i < num; i++)
        if (strchr((const char *)namespaces[2 * i + 1], '&'))
            return false;
    return true;
}

static void on_start(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int num_namespaces,
                     const xmlChar **namespaces, int num_attributes, int num_defaulted, const xmlChar **attributes)
{
    xmlParserCtxtPtr parser = user;
    ens_xml *x = parser->_private;
    if (++x->depth > ENS_XML_DEPTH_MAX)
        stop(parser, ENS_ELIMIT, "elements are nested too deeply");
    else if (++x->elements > ENS_XML_ELEMENTS_MAX)
        stop(parser, ENS_ELIMIT, "there are too many elements");
    else if ((unsigned)num_attributes > ENS_XML_ATTRIBUTES_MAX || (unsigned)num_namespaces > ENS_XML_NAMESPACES_MAX)
        stop(parser, ENS_ELIMIT, "an element has too many attributes or namespace declarations");
    else if (!ens__xml_namespaces_allowed(num_namespaces, namespaces))
        stop(parser, ENS_EPOLICY, "a namespace name has an '&'");
    else
        xmlSAX2StartElementNs(user, local, prefix, uri, num_namespaces, namespaces, num_attributes, num_defaulted,
                              attributes);
}

static void on_end(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    xmlParserCtxtPtr parser = user;
    ens_xml *x = parser->_private;
    x->depth--;
    if (!x->refused)
        xmlSAX2EndElementNs(user, local, prefix, uri);
}

static void init_libxml(void)
{
    xmlInitParser();
}

void ens__xml_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_libxml);
}

static void say_nothing(void *user, xmlErrorPtr error)
{
    (void)user, (void)error;
}

ens_xml_handler ens__xml_quiet(void)
{
    ens_xml_handler before = {xmlStructuredError, xmlStructuredErrorContext};
    xmlSetStructuredErrorFunc(NULL, say_nothing);
    return before;
}

void ens__xml_unquiet(ens_xml_handler before)
{
    xmlSetStructuredErrorFunc(before.context, before.handler);
}

static bool make_parser(ens_xml *x)
{
    x->parser = xmlNewParserCtxt();
    if (!x->parser)
        return false;
    x->parser->_private = x;
    x->parser->sax->internalSubset = on_dtd;
    x->parser->sax->externalSubset = NULL;
    x->parser->sax->resolveEntity = NULL;
    x->parser->sax->startElementNs = on_start;
    x->parser->sax->endElementNs = on_end;
    return true;
}

/* renew drops a parser whose dictionary has grown: it is bounded, and one sender's names must not use it up for the
 * next one. Trees that are still there hold the dictionary themselves. */
static bool renew(ens_xml *x)
{
    if (x->parser && xmlDictGetUsage(x->parser->dict) <= NAMES_KEPT)
        return true;
    xmlFreeParserCtxt(x->parser);
    return make_parser(x);
}

ens_xml *ens__xml_new(void)
{
    ens__xml_init();
    ens_xml *x = calloc(1, sizeof *x);
    if (x && !make_parser(x)) {
        free(x);
        return NULL;
    }
    return x;
}

void ens__xml_free(ens_xml *x)
{
    if (!x)
        return;
    xmlFreeParserCtxt(x->parser);
    free(x);
}

static ens_code fail_parse(ens_xml *x, ens_err *err)
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
    long at = x->parser->input ? xmlByteConsumed(x->parser) : 0;
    if (err && at > 0)
        err->frame[0].at = (size_t)at;
    return code;
}

static bool encoding_allowed(const xmlDoc *doc)
{
    return !doc->encoding || xmlStrcasecmp(doc->encoding, (const xmlChar *)"UTF-8") == 0 ||
           xmlStrcasecmp(doc->encoding, (const xmlChar *)"US-ASCII") == 0;
}

/* libxml2 guesses UTF-16, UTF-32 and EBCDIC from the first bytes; every one of them has a NUL or no '<' there. */
bool ens__xml_looks_utf8(ens_slice text)
{
    ens_slice head = ens_starts(text, ENS_LIT("\xEF\xBB\xBF")) ? ens_from(text, 3) : text;
    return head.len >= 4 && memchr(head.p, 0, 4) == NULL && head.p[0] < 0x80;
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

ens_code ens__xml_parse(ens_xml *x, ens_slice text, xmlDocPtr *doc, ens_err *err)
{
    if (text.len > ENS_XML_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "is too large for a tree", text.len);
    if (!ens__xml_looks_utf8(text))
        return ens_fail(err, text.len < 4 ? ENS_ESYNTAX : ENS_EPOLICY, RULE,
                        text.len < 4 ? "is empty" : "is not UTF-8 text", 0);
    if (!renew(x))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for an XML parser", 0);
    x->depth = x->elements = 0;
    x->refused = NULL;
    xmlDocPtr made = xmlCtxtReadMemory(x->parser, (const char *)text.p, (int)text.len, NULL, NULL, OPTIONS);
    if (!made || x->refused || !x->parser->wellFormed || !x->parser->nsWellFormed || !xmlDocGetRootElement(made)) {
        xmlFreeDoc(made);
        return fail_parse(x, err);
    }
    if (!encoding_allowed(made)) {
        ens_code code =
            ens_fail_about(err, ENS_EPOLICY, RULE, "is not declared as UTF-8", (const char *)made->encoding);
        xmlFreeDoc(made);
        return code;
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

bool ens__xml_is(const xmlNode *node, const char *ns, const char *local)
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

xmlNode *ens__xml_first(const xmlNode *parent)
{
    return parent ? element_from(parent->children) : NULL;
}

xmlNode *ens__xml_next(const xmlNode *element)
{
    return element ? element_from(element->next) : NULL;
}

xmlNode *ens__xml_child(const xmlNode *parent, const char *ns, const char *local)
{
    xmlNode *e = ens__xml_first(parent);
    while (e && !ens__xml_is(e, ns, local))
        e = ens__xml_next(e);
    return e;
}

unsigned ens__xml_count(const xmlNode *parent, const char *ns, const char *local)
{
    unsigned n = 0;
    for (const xmlNode *e = ens__xml_first(parent); e; e = ens__xml_next(e))
        n += ens__xml_is(e, ns, local);
    return n;
}

xmlNode *ens__xml_following(const xmlNode *element, const xmlNode *root)
{
    xmlNode *next = ens__xml_first(element);
    while (!next && element != root) {
        next = ens__xml_next(element);
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

ens_slice ens__xml_attribute(const xmlNode *element, const char *ns, const char *local, ens_arena *arena)
{
    for (const xmlAttr *a = element ? element->properties : NULL; a; a = a->next)
        if (same(a->name, local) && (ns ? a->ns && same(a->ns->href, ns) : !a->ns))
            return content_of(a->children, arena);
    return (ens_slice){0};
}

ens_slice ens__xml_text(const xmlNode *element, ens_arena *arena)
{
    return element ? content_of(element->children, arena) : (ens_slice){0};
}

const char *ens__xml_path(const xmlNode *element, ens_arena *arena)
{
    if (!element || element->type != XML_ELEMENT_NODE)
        return "";
    const char *above = ens__xml_path(element->parent, arena);
    unsigned before = 0, after = 0;
    const char *ns = element->ns ? (const char *)element->ns->href : NULL;
    for (const xmlNode *e = ens__xml_first(element->parent); e; e = ens__xml_next(e)) {
        if (!ens__xml_is(e, ns, (const char *)element->name))
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
