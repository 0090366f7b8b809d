#include "engine/xml/reference/stream.h"

#include "engine/xml/reference/libxml.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "XML 1.0"
/* NOENT makes &amp; in attributes what it stands for; without a DTD there are no other entities. */
#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOENT)
#define NAMES_MAX ((size_t)4 << 20)  /* bytes of all names of one document */
#define NAMES_KEPT ((size_t)1 << 20) /* bytes of names that a parser may carry to the next document */

struct ens_xmlstream {
    xmlParserCtxtPtr parser;
    const ens_xml_events *events;
    void *user;
    unsigned depth;
    unsigned scope[ENS_XML_DEPTH_MAX + 1]; /* declarations in scope at each depth */
    ens_libxml_tags tags;
    bool begun, failed;
    xmlSchemaSAXPlugPtr plug;
    const char *refused; /* why a handler stopped the parser */
    ens_code code;
};

void ens__xmlstream_stop(ens_xmlstream *x, ens_code code, const char *why)
{
    if (!x->refused) {
        x->refused = why;
        x->code = code;
    }
    xmlStopParser(x->parser);
}

static void on_document(void *user)
{
    ens_xmlstream *x = user;
    const char *refused = ens__libxml_declaration_refused(x->parser);
    if (refused)
        ens__xmlstream_stop(x, ENS_EPOLICY, refused);
}

static void on_dtd(void *user, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)name, (void)public_id, (void)system_id;
    ens__xmlstream_stop(user, ENS_EPOLICY, "has a document type declaration, which is not allowed");
}

static void on_start(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int num_namespaces,
                     const xmlChar **namespaces, int num_attributes, int num_defaulted, const xmlChar **attributes)
{
    ens_xmlstream *x = user;
    (void)prefix, (void)num_defaulted;
    if (++x->depth > ENS_XML_DEPTH_MAX) {
        ens__xmlstream_stop(x, ENS_ELIMIT, "elements are nested too deeply");
    } else if ((unsigned)num_attributes > ENS_XML_ATTRIBUTES_MAX || (unsigned)num_namespaces > ENS_XML_NAMESPACES_MAX) {
        ens__xmlstream_stop(x, ENS_ELIMIT, ENS_XML_TAG_LIMIT);
    } else if ((x->scope[x->depth] = x->scope[x->depth - 1] + (unsigned)num_namespaces) > ENS_XML_SCOPE_MAX) {
        ens__xmlstream_stop(x, ENS_ELIMIT, ENS_XML_SCOPE_LIMIT);
    } else if (!ens__libxml_namespaces_allowed(num_namespaces, namespaces)) {
        ens__xmlstream_stop(x, ENS_EPOLICY, "a namespace name has an '&'");
    } else if (x->events->start) {
        ens_xml_element e = {(const char *)local, (const char *)uri, attributes, (unsigned)num_attributes};
        x->events->start(x->user, &e, x->depth);
    }
}

static void on_end(void *user, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    ens_xmlstream *x = user;
    (void)local, (void)prefix, (void)uri;
    if (!x->refused && x->events->end)
        x->events->end(x->user, x->depth);
    x->depth--;
}

static void on_text(void *user, const xmlChar *piece, int len)
{
    ens_xmlstream *x = user;
    if (!x->refused && x->events->text)
        x->events->text(x->user, ens_bytes(piece, (size_t)len), x->depth);
}

/* on_cdata normalises line ends, which the push parser leaves as they stand in sections. */
static void on_cdata(void *user, const xmlChar *piece, int len)
{
    int from = 0;
    for (int i = 0; i < len; i++) {
        if (piece[i] != '\r')
            continue;
        on_text(user, piece + from, i - from);
        on_text(user, (const xmlChar *)"\n", 1);
        from = i + 1 + (i + 1 < len && piece[i + 1] == '\n');
    }
    on_text(user, piece + from, len - from);
}

static bool make_parser(ens_xmlstream *x)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startDocument = on_document,
        .internalSubset = on_dtd,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_cdata,
        .ignorableWhitespace = on_text,
    };
    x->parser = xmlCreatePushParserCtxt(&sax, x, NULL, 0, NULL);
    if (x->parser)
        xmlDictSetLimit(x->parser->dict, NAMES_MAX);
    return x->parser != NULL;
}

ens_xmlstream *ens__xmlstream_new(void)
{
    return calloc(1, sizeof(ens_xmlstream)); /* with a parser when a document begins */
}

void ens__xmlstream_free(ens_xmlstream *x)
{
    if (!x)
        return;
    if (x->parser)
        xmlFreeParserCtxt(x->parser);
    free(x);
}

static ens_code fail_run(ens_xmlstream *x, ens_err *err)
{
    if (x->refused)
        return ens_fail(err, x->code, RULE, x->refused, 0);
    const xmlError *e = xmlCtxtGetLastError(x->parser);
    if (e && e->code == XML_ERR_NO_MEMORY)
        return ens_fail(err, ENS_ELIMIT, RULE, "has too many names, or memory is short", 0);
    char about[ENS_ERR_TEXT];
    const char *message = e && e->message ? e->message : "no document";
    snprintf(about, sizeof about, "line %d: %.*s", e ? e->line : 1, (int)strcspn(message, "\n"), message);
    ens_code code = ens_fail_about(err, ENS_ESYNTAX, RULE, "is not well-formed", about);
    long at = x->parser->input ? xmlByteConsumed(x->parser) : 0;
    if (err && at > 0)
        err->frame[0].at = (size_t)at;
    return code;
}

/* renew_stream drops a parser whose dictionary has grown: names of one sender's documents are not kept for the next
 * one's. */
static ens_code renew_stream(ens_xmlstream *x, ens_err *err)
{
    ens_code code = x->parser ? ENS_OK : ens__xml_load(err);
    if (code != ENS_OK || (x->parser && xmlDictGetUsage(x->parser->dict) <= NAMES_KEPT))
        return code;
    xmlFreeParserCtxt(x->parser);
    return make_parser(x) ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for an XML parser", 0);
}

ens_code ens__xmlstream_begin(ens_xmlstream *x, const ens_xml_events *events, void *user,
                              xmlSchemaValidCtxtPtr validator, ens_err *err)
{
    ens_code code = renew_stream(x, err);
    if (code != ENS_OK)
        return code;
    if (xmlCtxtResetPush(x->parser, NULL, 0, NULL, NULL) != 0)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for an XML parser", 0);
    xmlCtxtUseOptions(x->parser, OPTIONS);
    x->depth = x->scope[0] = 0;
    x->tags = (ens_libxml_tags){0};
    x->refused = NULL;
    x->begun = x->failed = false;
    x->events = events;
    x->user = user;
    x->plug = validator ? xmlSchemaSAXPlug(validator, &x->parser->sax, &x->parser->userData) : NULL;
    return validator && !x->plug ? ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a validation", 0) : ENS_OK;
}

/* A byte order mark is no part of the document. */
static ens_slice without_mark(ens_xmlstream *x, ens_slice piece)
{
    if (x->begun)
        return piece;
    x->begun = true;
    if (!ens__scan_looks_utf8(piece))
        ens__xmlstream_stop(x, piece.len < 4 ? ENS_ESYNTAX : ENS_EPOLICY,
                            piece.len < 4 ? "is empty" : "is not UTF-8 text");
    return ens_from(piece, ens_starts(piece, ENS_LIT("\xEF\xBB\xBF")) ? 3 : 0);
}

bool ens__xmlstream_feed(ens_xmlstream *x, ens_slice piece)
{
    piece = without_mark(x, piece);
    if (!x->refused && !ens__libxml_tags_bounded(&x->tags, piece))
        ens__xmlstream_stop(x, ENS_ELIMIT, ENS_XML_TAG_LIMIT);
    while (piece.len && !x->failed && !x->refused) {
        size_t n = piece.len < ENS_XMLSTREAM_CHUNK ? piece.len : ENS_XMLSTREAM_CHUNK;
        x->failed = xmlParseChunk(x->parser, (const char *)piece.p, (int)n, 0) != 0;
        piece = ens_from(piece, n);
    }
    return !x->failed && !x->refused;
}

ens_code ens__xmlstream_end(ens_xmlstream *x, ens_err *err)
{
    if (!x->begun)
        ens__xmlstream_feed(x, (ens_slice){0});
    if (!x->failed && !x->refused)
        x->failed = xmlParseChunk(x->parser, "", 0, 1) != 0;
    if (x->plug)
        xmlSchemaSAXUnplug(x->plug);
    x->plug = NULL;
    const char *refused = ens__libxml_declaration_refused(x->parser);
    if (refused)
        return ens_fail_about(err, ENS_EPOLICY, RULE, refused, (const char *)x->parser->encoding);
    bool good = !x->failed && !x->refused && x->parser->wellFormed && x->parser->nsWellFormed;
    return good ? ENS_OK : fail_run(x, err);
}

ens_code ens__xmlstream_run(ens_xmlstream *x, ens_slice text, const ens_xml_events *events, void *user,
                            xmlSchemaValidCtxtPtr validator, ens_err *err)
{
    ens_code code = ens__xmlstream_begin(x, events, user, validator, err);
    if (code != ENS_OK)
        return code;
    ens__xmlstream_feed(x, text);
    return ens__xmlstream_end(x, err);
}

ens_slice ens__xmlstream_attribute(const ens_xml_element *e, const char *ns, const char *local)
{
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const unsigned char *const *a = e->attributes + 5 * i; /* local, prefix, URI, value, end of value */
        bool same_ns = ns ? a[2] && strcmp((const char *)a[2], ns) == 0 : !a[2];
        if (same_ns && strcmp((const char *)a[0], local) == 0)
            return ens_bytes(a[3], (size_t)(a[4] - a[3]));
    }
    return (ens_slice){0};
}
