/* Certificates that were judged, as HTML: a section each, and an index of many. */
#ifndef ENS_SHOW_CHECKED_HTML_H
#define ENS_SHOW_CHECKED_HTML_H

#include "show/checked.h"

/* ens__checked_html writes the section of a certificate, which the number names for links (1 …). */
void ens__checked_html(const ens__checked *checked, size_t number, ens_buf *out);
/* ens__checked_html_row writes its row of the index; href is where the link leads. */
void ens__checked_html_row(const ens__checked *checked, const char *href, ens_buf *out);
/* The index's begin and end. */
void ens__html_index_begin(ens_buf *out, size_t num);
void ens__html_index_end(ens_buf *out);

#endif
