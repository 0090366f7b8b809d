/* Reading a document of any size once, from start to end, without a tree: the same restraints as libxml.h, in
 * memory that does not grow with the document. */
#ifndef ENS_ENGINE_XML_REFERENCE_STREAM_H
#define ENS_ENGINE_XML_REFERENCE_STREAM_H

#include "engine/base/bytes.h"

#include "engine/xml/reference/xml_calls.h"

#define ENS_XMLSTREAM_CHUNK ((size_t)64 << 10) /* bytes handed to the parser at a time */

typedef struct ens_xmlstream ens_xmlstream; /* a parser and its name dictionary: one per worker */

/* ns is NULL where there is none. Everything is borrowed until the handler returns. */
typedef struct {
    const char *local, *ns;
    const unsigned char *const *attributes; /* libxml2's five pointers each: read with ens__xmlstream_attribute */
    unsigned num_attributes;
} ens_xml_element;

/* Each may be NULL. The root has depth 1; text comes in pieces, with the depth of the element that it stands in. */
typedef struct {
    void (*start)(void *user, const ens_xml_element *e, unsigned depth);
    void (*end)(void *user, unsigned depth);
    void (*text)(void *user, ens_slice piece, unsigned depth);
} ens_xml_events;

ens_xmlstream *ens__xmlstream_new(void);
void ens__xmlstream_free(ens_xmlstream *x);

/* ens__xmlstream_run reads text and calls the events. validator, which may be NULL, judges the same pass against its
 * schema; what it finds goes to its own error handler.
 * Errors  ENS_ESYNTAX (not well-formed, with the byte offset),
 * ENS_EPOLICY (DTD, encoding), ENS_ELIMIT (depth, attributes, names), or what a handler gave to ens__xmlstream_stop */
ENS_CHECK ens_code ens__xmlstream_run(ens_xmlstream *x, ens_slice text, const ens_xml_events *events, void *user,
                                      xmlSchemaValidCtxtPtr validator, ens_err *err);

/* The same in steps, for a text that comes in pieces: the first one has at least seven bytes, or is the only one. feed
 * answers false when no more is wanted. Every begin that succeeds has its end. */
ENS_CHECK ens_code ens__xmlstream_begin(ens_xmlstream *x, const ens_xml_events *events, void *user,
                                        xmlSchemaValidCtxtPtr validator, ens_err *err);
bool ens__xmlstream_feed(ens_xmlstream *x, ens_slice piece);
ENS_CHECK ens_code ens__xmlstream_end(ens_xmlstream *x, ens_err *err);

/* ens__xmlstream_stop, called by a handler, ends the run with code and why (a literal). */
void ens__xmlstream_stop(ens_xmlstream *x, ens_code code, const char *why);

/* The value as it is after normalisation and references; p is NULL when the attribute is absent. ns NULL: no namespace.
 */
ens_slice ens__xmlstream_attribute(const ens_xml_element *e, const char *ns, const char *local);

#endif
