/* HTML that is well-formed XML too: text escaped, and one page with its style, no script, nothing from elsewhere. */
#ifndef ENS_SHOW_HTML_H
#define ENS_SHOW_HTML_H

#include "engine/base/bytes.h"

/* ens__html_text writes text escaped for contents and for attributes in double quotes, without control characters. */
void ens__html_text(ens_buf *out, ens_slice text);
/* ens__html_put is the same for a string; NULL writes nothing. ens__html_putf formats into 2 KB first. */
void ens__html_put(ens_buf *out, const char *text);
void ens__html_putf(ens_buf *out, const char *format, ...) ENS_PRINTF(2, 3);

/* ens__html_style appends the style that the sections of reports are read with. */
void ens__html_style(ens_buf *out);

/* A page: everything up to the contents, and everything behind them. */
void ens__html_begin(ens_buf *out, const char *title);
void ens__html_end(ens_buf *out);

#endif
