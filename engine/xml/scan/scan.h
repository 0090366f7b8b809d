/* One forward pass over the bytes of a document: no tree, no copy, no DTD, no network. Every token is a slice of the
 * input.
 *
 * What libxml2 under the restraints of engine/xml/reference/libxml.h refuses is refused here, and nothing else, but for
 * what docs/scanner.md lists. Vector instructions are chosen at run time; without them the results are the same. */
#ifndef ENS_ENGINE_XML_SCAN_SCAN_H
#define ENS_ENGINE_XML_SCAN_SCAN_H

#include "engine/base/bytes.h"

#define ENS_SCAN_MAX UINT32_MAX              /* bytes of a document */
#define ENS_SCAN_TAG_MAX ((uint32_t)1 << 20) /* bytes of a start tag */
#define ENS_SCAN_TEXT_MAX                                                                                              \
    ((uint32_t)10000000)               /* bytes of a text, a comment, a processing instruction (libxml2's bound) */
#define ENS_SCAN_NAME_MAX 50000u       /* bytes of a name (libxml2's bound) */
#define ENS_SCAN_REFERENCE_MAX 64u     /* bytes of a reference to a character */
#define ENS_SCAN_DECLARATION_MAX 1024u /* bytes of the XML declaration */
#define ENS_SCAN_URIS_MAX 256u         /* different namespace names of one document */
#define ENS_SCAN_KNOWN_MAX 64u         /* … that a reader knows by number before it begins */

/* What both engines bear, libxml2 and the scanner alike. */
#define ENS_XML_DEPTH_MAX 100u        /* nested elements */
#define ENS_XML_ATTRIBUTES_MAX 64u    /* of one element */
#define ENS_XML_NAMESPACES_MAX 64u    /* declared on one element */
#define ENS_XML_SCOPE_MAX 256u        /* namespace declarations in scope at once: each element may look through them */
#define ENS_XML_ELEMENTS_MAX 1000000u /* of one document */

/* ens_scan_uri numbers the namespace names of a document, so that comparing two is comparing two integers. */
typedef uint16_t ens_scan_uri;
#define ENS_SCAN_NO_NS ((ens_scan_uri)0)
#define ENS_SCAN_XML_NS ((ens_scan_uri)1)

typedef enum {
    ENS_SCAN_EOF = 0, /* the document ended, and was well-formed */
    ENS_SCAN_START,   /* start tag, or empty-element tag: an END with an empty raw follows */
    ENS_SCAN_END,
    ENS_SCAN_TEXT, /* character data between two other tokens, references not replaced */
    ENS_SCAN_CDATA,
    ENS_SCAN_COMMENT,
    ENS_SCAN_PI /* the XML declaration is no token, nor is white space outside of the root */
} ens_scan_kind;

/* prefix is empty for the default namespace; uri ENS_SCAN_NO_NS undeclares it. */
typedef struct {
    ens_slice prefix;
    ens_scan_uri uri;
} ens_scan_binding;

/* ens__scan_prefix and ens__scan_local are the parts of a name whose prefix has so many bytes. */
static inline ens_slice ens__scan_prefix(ens_slice name, unsigned prefix_len)
{
    return (ens_slice){name.p, prefix_len};
}

static inline ens_slice ens__scan_local(ens_slice name, unsigned prefix_len)
{
    unsigned skip = prefix_len ? prefix_len + 1 : 0;
    return (ens_slice){name.p + skip, name.len - skip};
}

typedef struct {
    ens_slice name;  /* as it stands */
    ens_slice value; /* between the quotes, as it stands */
    uint16_t prefix_len;
    ens_scan_uri ns; /* ENS_SCAN_NO_NS without a prefix */
    bool plain;      /* value as it stands is the value: no reference, no tab or line end to normalise, no '>' … */
    bool canonical;  /* … and canonical XML writes the attribute just so: one space before it, '=', '"' */
} ens_scan_attribute;

/* Everything borrows from the input, but attribute and declared, which live until the next call. A field that is of
 * other kinds is left as it was. One line of a cache holds it: readers keep hundreds. */
typedef struct {
    ens_slice raw;  /* the whole token */
    ens_slice name; /* of START and END; of PI, its target */
    const ens_scan_attribute
        *attribute; /* of START, in the order in which they stand; namespace declarations are not among them */
    const ens_scan_binding *declared; /* of START, in the order in which they stand */
    uint16_t num_attributes, num_declared;
    uint16_t prefix_len; /* of name */
    ens_scan_uri ns;
    uint16_t depth; /* root: 1; of TEXT, CDATA, COMMENT, PI: of the element that they stand in, 0 outside the root */
    uint8_t kind;   /* ens_scan_kind */
    bool empty;     /* START: "<a/>" */
    bool plain; /* START: no white space but one space before each attribute and each namespace declaration, the latter
               written as canonical XML writes them, too (of an empty-element tag: it ends in just "/>"); END: no white
               space; TEXT: no reference, CR or '>'; so that canonical XML may write it just so, but for the "/>" */
} ens_scan_event;

/* XML 1.1 has other line ends and characters: some receivers read by them, others as ever. */
#define ENS_XML_NOT_1_0 "is not declared as XML 1.0"

typedef struct ens_scan ens_scan; /* one per worker; one document at a time */

ens_scan *ens__scan_new(void);
void ens__scan_free(ens_scan *s);

/* ens__scan_know gives a namespace name (a literal) its number, the same for every document of this scanner. 0: too
 * many. */
ens_scan_uri ens__scan_know(ens_scan *s, const char *uri);

/* ens__scan_begin starts a document; text must stay until the last event was used. */
void ens__scan_begin(ens_scan *s, ens_slice text);

/* ens_scan_source writes the next bytes of a text, at most as many as there is room for, and tells how many: none, once
 * it has ended. */
typedef ens_code ens_scan_source(void *user, uint8_t *to, size_t room, size_t *num);

/* ens__scan_begin_pieces starts a document that a source gives piece by piece. Events and refusals are those of the
 * whole text, wherever it is divided, but tokens are slices of the scanner's memory and live until the next call; that
 * memory grows with the longest token, not with the document. All namespace names of a document have 8 MiB at most;
 * elements may be as many as they are, for nobody keeps them.
 * Errors  what the source answers, too, from ens__scan_next */
void ens__scan_begin_pieces(ens_scan *s, ens_scan_source *source, void *user);

/* ens__scan_next reads one token. After ENS_SCAN_EOF, and after an error, every call answers the same.
 * Errors  ENS_ESYNTAX not well-formed, with the byte offset; ENS_EPOLICY a DTD, another encoding than UTF-8, another
 *         version than 1.0; ENS_ELIMIT depth, elements, attributes, namespaces (the limits above)
 * Source  XML 1.0 (5th edition); Namespaces in XML 1.0 */
ENS_CHECK ens_code ens__scan_next(ens_scan *s, ens_scan_event *out, ens_err *err);

/* What a reader has a use for: elements down to a depth, and deeper ones by the length of their local names, a bit each
 * of those below 64; texts or none. */
typedef struct {
    unsigned depth; /* at least 1 */
    uint64_t lengths;
    bool texts;
} ens_scan_wanted;

/* ens__scan_next_wanted is ens__scan_next that may leave out START and END of elements that aren't wanted, and texts.
 * It judges what it leaves out just so. What is wanted may change from event to event: an element is left out where its
 * START wasn't wanted, or its END isn't. */
ENS_CHECK ens_code ens__scan_next_wanted(ens_scan *s, const ens_scan_wanted *wanted, ens_scan_event *out, ens_err *err);

/* ens__scan_uri_text is the namespace name of a number, normalised; it lives until the next document. */
ens_slice ens__scan_uri_text(const ens_scan *s, ens_scan_uri uri);
/* ens__scan_relative tells whether a namespace name declared so far in this document is a relative reference:
 * well-formed, and refused by canonicalisation. */
bool ens__scan_relative(const ens_scan *s);
/* ens__scan_scope lists the declarations in scope at a START, until the next call of ens__scan_next, outermost first: a
 * later one of a prefix hides an earlier. */
const ens_scan_binding *ens__scan_scope(const ens_scan *s, unsigned *num);

/* ens__scan_text appends what a raw text or attribute value means: references replaced, line ends (attribute: white
 * space) normalised. Never fails on what the scanner let through. */
void ens__scan_text(ens_slice raw, bool attribute, ens_buf *out);

/* ens__scan_looks_utf8 is false for what libxml2 would take for UTF-16, UTF-32 or EBCDIC, and for less than four bytes.
 */
bool ens__scan_looks_utf8(ens_slice text);
/* ens__scan_is_ncname tells whether text is one name without a colon, as an id must be (Namespaces in XML 1.0, 3). */
bool ens__scan_is_ncname(ens_slice text);

#endif
