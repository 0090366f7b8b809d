/* The one entry to libxml2's tree: no DTD, no entities, no network, bounded in every direction. */
#ifndef ENS_ENGINE_XML_REFERENCE_LIBXML_H
#define ENS_ENGINE_XML_REFERENCE_LIBXML_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/xml/tree/tree.h"

#include "engine/xml/reference/xml_calls.h"

#define ENS_XML_MAX ((size_t)32 << 20) /* bytes of a document that becomes a tree */
#define ENS_XML_TAG_LIMIT "an element has too many attributes or namespace declarations"
#define ENS_XML_SCOPE_LIMIT "too many namespace declarations are in scope"

/* libxml2 prints what it finds wrong unless the thread has a handler. ens__libxml_quiet sets one that says nothing, and
 * returns what was there, for ens__libxml_unquiet. */
typedef struct {
    xmlStructuredErrorFunc handler;
    void *context;
} ens_libxml_handler;
ens_libxml_handler ens__libxml_quiet(void);
void ens__libxml_unquiet(ens_libxml_handler before);

/* ens__libxml_namespaces_allowed is false when a namespace name has an '&': libxml2 neither keeps nor canonicalises it
 * as it should. num pairs of prefix and name, as libxml2 hands them over. */
bool ens__libxml_namespaces_allowed(int num, const xmlChar **namespaces);

/* The limits on what stands in one start tag, kept before libxml2 reads it: it compares each attribute with all others
 * before it tells of them. The zero value is for the begin of a document, which may come in pieces. */
typedef struct {
    enum { ENS_TAGS_OUTSIDE = 0, ENS_TAGS_OPEN, ENS_TAGS_BANG, ENS_TAGS_INSIDE, ENS_TAGS_VALUE, ENS_TAGS_SECTION } at;
    uint8_t closing;    /* a value's quote; what a section ends with before '>' */
    unsigned left, met; /* how many of those are needed, and were just met */
    unsigned num;       /* attributes and declarations of the tag */
} ens_libxml_tags;
/* ens__libxml_tags_bounded is false when a tag has too many.   Source  XML 1.0, 3.1 */
bool ens__libxml_tags_bounded(ens_libxml_tags *tags, ens_slice piece);

/* ens__libxml_declaration_refused tells what is wrong with the version and the encoding that a document declares as
 * soon as it has; NULL: nothing is. Another encoding would hide from whoever looks at the octets what libxml2 reads,
 * and XML 1.1 has other line ends and characters, by which some receivers read it. */
const char *ens__libxml_declaration_refused(const xmlParserCtxt *parser);

/* ens__libxml_mislabelled tells why a document can't be read for which libxml2 gives no good reason: it is declared as
 * US-ASCII and isn't. */
#define ENS_XML_MISLABELLED "is declared as US-ASCII and has characters of another encoding"
bool ens__libxml_mislabelled(ens_slice text);

typedef struct ens_libxml ens_libxml; /* a parser and its name dictionary: one per worker */

ens_libxml *ens__libxml_new(void);
void ens__libxml_free(ens_libxml *x);

/* ens__libxml_parse makes a tree of a well-formed UTF-8 document; the caller frees *doc with xmlFreeDoc before x is
 * freed.
 * Errors  ENS_ESYNTAX (not well-formed, with the byte offset), ENS_EPOLICY (DTD, encoding), ENS_ELIMIT */
ENS_CHECK ens_code ens__libxml_parse(ens_libxml *x, ens_slice text, xmlDocPtr *doc, ens_err *err);

/* Walking: elements only. ns NULL means no namespace. */
bool ens__libxml_is(const xmlNode *node, const char *ns, const char *local);
xmlNode *ens__libxml_first(const xmlNode *parent);
xmlNode *ens__libxml_next(const xmlNode *element);
xmlNode *ens__libxml_child(const xmlNode *parent, const char *ns,
                           const char *local); /* the first such child, or NULL */
unsigned ens__libxml_count(const xmlNode *parent, const char *ns, const char *local);
/* ens__libxml_following is the element after this one in document order, within root's tree; NULL at the end. */
xmlNode *ens__libxml_following(const xmlNode *element, const xmlNode *root);

/* Values borrow from the tree where they can, else from the arena. An absent attribute has p == NULL; an element
 * without text has length 0 and p != NULL. Out of memory reads as absent. */
ens_slice ens__libxml_attribute(const xmlNode *element, const char *ns, const char *local, ens_arena *arena);
ens_slice ens__libxml_text(const xmlNode *element, ens_arena *arena);
/* ens__libxml_path is "/env:Envelope/env:Header/eb:Messaging[2]", for people. */
const char *ens__libxml_path(const xmlNode *element, ens_arena *arena);

/* Exclusive canonicalisation (without comments) by libxml2: the reference. */
#define ENS_LIBXML_PREFIXES_MAX 64u /* of one InclusiveNamespaces PrefixList */

/* What is canonicalised how; the zero value is exclusive C14N. The others serve to explain a digest that differs. */
typedef enum { ENS_LIBXML_EXCLUSIVE = 0, ENS_LIBXML_INCLUSIVE, ENS_LIBXML_EXCLUSIVE_COMMENTS } ens_libxml_canon_mode;

/* ens__libxml_canon appends the canonical form of apex and all below it (NULL: of the whole document). prefix_list is
 * the text of InclusiveNamespaces/@PrefixList, or empty.
 * Errors  ENS_ELIMIT (prefixes, or out's limit), ENS_ENOMEM,
 * ENS_ESYNTAX (a relative namespace URI)
 * Source  Exclusive XML Canonicalization 1.0, 2 and 3 */
ENS_CHECK ens_code ens__libxml_canon(xmlDocPtr doc, const xmlNode *apex, ens_libxml_canon_mode mode,
                                     ens_slice prefix_list, ens_buf *out, ens_err *err);

/* ens__libxml_tree fills *tree, whose memory it uses again, with the records of a document. They live until the
 * document is freed, the arena is reset or the tree is used again.
 * Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__libxml_tree(ens_tree *tree, const xmlDoc *doc, const char *const *known, ens_arena *arena,
                                    ens_err *err);

#endif
