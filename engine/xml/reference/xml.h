/* The one entry to libxml2's tree: no DTD, no entities, no network, bounded in every direction. */
#ifndef ENS_ENGINE_XML_REFERENCE_XML_H
#define ENS_ENGINE_XML_REFERENCE_XML_H

#include "engine/base/arena.h"

#include <libxml/tree.h>
#include <libxml/xmlerror.h>

#define ENS_XML_MAX ((size_t)32 << 20) /* bytes of a document that becomes a tree */
#define ENS_XML_DEPTH_MAX 100u         /* nested elements */
#define ENS_XML_ATTRIBUTES_MAX 64u     /* of one element */
#define ENS_XML_NAMESPACES_MAX 64u     /* declared on one element */
#define ENS_XML_ELEMENTS_MAX 1000000u  /* of one document */

/* ens__xml_init makes libxml2 ready, once for the process; every parser of ours calls it. */
void ens__xml_init(void);
/* ens__xml_looks_utf8 is false for what libxml2 would take for UTF-16, UTF-32 or EBCDIC, and for less than four bytes.
 */
bool ens__xml_looks_utf8(ens_slice text);

/* libxml2 prints what it finds wrong unless the thread has a handler. ens__xml_quiet sets one that says nothing, and
 * returns what was there, for ens__xml_unquiet. */
typedef struct {
    xmlStructuredErrorFunc handler;
    void *context;
} ens_xml_handler;
ens_xml_handler ens__xml_quiet(void);
void ens__xml_unquiet(ens_xml_handler before);

/* ens__xml_namespaces_allowed is false when a namespace name has an '&': libxml2 neither keeps nor canonicalises it as
 * it should. num pairs of prefix and name, as libxml2 hands them over. */
bool ens__xml_namespaces_allowed(int num, const xmlChar **namespaces);

typedef struct ens_xml ens_xml; /* a parser and its name dictionary: one per worker */

ens_xml *ens__xml_new(void);
void ens__xml_free(ens_xml *x);

/* ens__xml_parse makes a tree of a well-formed UTF-8 document; the caller frees *doc with xmlFreeDoc before x is freed.
 * Errors  ENS_ESYNTAX (not well-formed, with the byte offset), ENS_EPOLICY (DTD, encoding), ENS_ELIMIT */
ENS_CHECK ens_code ens__xml_parse(ens_xml *x, ens_slice text, xmlDocPtr *doc, ens_err *err);

/* Walking: elements only. ns NULL means no namespace. */
bool ens__xml_is(const xmlNode *node, const char *ns, const char *local);
xmlNode *ens__xml_first(const xmlNode *parent);
xmlNode *ens__xml_next(const xmlNode *element);
xmlNode *ens__xml_child(const xmlNode *parent, const char *ns, const char *local); /* the first such child, or NULL */
unsigned ens__xml_count(const xmlNode *parent, const char *ns, const char *local);
/* ens__xml_following is the element after this one in document order, within root's tree; NULL at the end. */
xmlNode *ens__xml_following(const xmlNode *element, const xmlNode *root);

/* Values borrow from the tree where they can, else from the arena. An absent attribute has p == NULL; an element
 * without text has length 0 and p != NULL. Out of memory reads as absent. */
ens_slice ens__xml_attribute(const xmlNode *element, const char *ns, const char *local, ens_arena *arena);
ens_slice ens__xml_text(const xmlNode *element, ens_arena *arena);
/* ens__xml_path is "/env:Envelope/env:Header/eb:Messaging[2]", for people. */
const char *ens__xml_path(const xmlNode *element, ens_arena *arena);

#endif
