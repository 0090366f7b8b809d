/* The octets that a reference digests. */
#ifndef ENS_AS4_WSS_OCTETS_H
#define ENS_AS4_WSS_OCTETS_H

#include "as4/mime/mime.h"
#include "engine/xml/reference/xml.h"

typedef enum { ENS_FORM_RAW = 0, ENS_FORM_XML, ENS_FORM_TEXT } ens_part_form;

/* ens__part_form tells by the media type how the content transform reads a part (WSS SwA Profile 1.1, 5.4;
 * as4-profile 2.2). */
ens_part_form ens__part_form(const ens_mime_part *part);

/* ens__part_octets appends what is digested of a part that is XML (its exclusive C14N) or other text (line ends as
 * CRLF). A raw part is digested where it lies: ask ens__part_form first. Errors  ENS_ESYNTAX when the XML can't be
 * read, ENS_ELIMIT over ENS_XML_MAX */
ENS_CHECK ens_code ens__part_octets(ens_xml *xml, const ens_mime_part *part, ens_buf *out, ens_err *err);

/* ens__crlf appends text with every line end as CRLF. */
void ens__crlf(ens_slice text, ens_buf *out);

#endif
