/* What each reference of a signature means: the node or part, its octets, and whether everything that must be signed is
 * signed exactly once. */
#ifndef ENS_AS4_WSS_COVERAGE_H
#define ENS_AS4_WSS_COVERAGE_H

#include "as4/mime/mime.h"
#include "as4/wss/wss.h"
#include "engine/xml/reference/libxml.h"

typedef enum { ENS_FORM_RAW = 0, ENS_FORM_XML, ENS_FORM_TEXT } ens_part_form;

/* ens__part_form tells by the media type how the content transform reads a part (WSS SwA Profile 1.1, 5.4). */
ens_part_form ens__part_form(const ens_mime_part *part);

/* ens__part_octets appends what is digested of a part that is XML (its exclusive C14N) or other text (line ends as
 * CRLF). A raw part is digested where it lies: ask ens__part_form first.
 * Errors  ENS_ESYNTAX when the XML can't be
 * read, ENS_ELIMIT over ENS_XML_MAX */
ENS_CHECK ens_code ens__part_octets(ens_libxml *xml, const ens_mime_part *part, ens_buf *out, ens_err *err);

/* ens__crlf appends text with every line end as CRLF. */
void ens__crlf(ens_slice text, ens_buf *out);

/* What one reference means. */
typedef struct {
    const ens_node *node;         /* of "#id"; NULL otherwise */
    const ens_node_attribute *id; /* the attribute that was referred to */
    const ens_mime_part *part;    /* of "cid:"; NULL otherwise */
    bool wrapped;                 /* the node is no block that AS4 signs */
} ens_covered;

typedef struct {
    bool resolved;                      /* every reference means one node or part */
    bool whole;                         /* all that must be signed is, once, and nothing else: no coverage.* failed */
    ens_covered of[ENS_REFERENCES_MAX]; /* beside ens_wss.reference; set as far as that is */
} ens_coverage;

/* ens__coverage_judge binds each reference to the node or part it means and adds coverage.*: ids unique over wsu:Id,
 * xml:id and Id in any case; the very eb:Messaging and Body that are processed; every part named in the header, and
 * every part there is. Where there is no signature it says so and binds nothing.
 * Source  ICD 4.6.2; AS4 5.1.4, 5.1.5 */
void ens__coverage_judge(const ens_mime *mime, const ens_soap *soap, const ens_header *header, const ens_wss *wss,
                         ens_arena *arena, ens_coverage *out, ens_report *report);

#endif
