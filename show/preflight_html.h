/* Certificates that were judged, as HTML: a section each, and an index of many. */
#ifndef ENS_SHOW_PREFLIGHT_HTML_H
#define ENS_SHOW_PREFLIGHT_HTML_H

#include "show/preflight.h"

/* ens__preflight_html writes the section of a certificate, which the number names for links (1 …). */
void ens__preflight_html(const ens__preflight_view *view, size_t number, ens_buf *out);
/* ens__preflight_html_row writes its row of the index; href is where the link leads. */
void ens__preflight_html_row(const ens__preflight_view *view, const char *href, ens_buf *out);
/* The index's begin and end. */
void ens__html_index_begin(ens_buf *out, size_t num);
void ens__html_index_end(ens_buf *out);

#endif
