/* Elements of HTML, written one after another: well-formed by construction, and nothing that somebody else wrote gets
 * out unescaped. Names of elements and attributes are literals of the source; every value and every text is escaped on
 * its way; where an address stands, only a path of this server does. There is no way to put markup as it is but for the
 * sections that show writes itself, with the functions of show/html.h, on the same buffer.
 *
 *     ens__h_open(h, "li");
 *     ens__h_attr(h, "class", "refused");
 *     ens__h_text(h, row->action);
 *     ens__h_close(h);
 */
#ifndef ENS_SHOW_MARKUP_H
#define ENS_SHOW_MARKUP_H

#include "engine/base/bytes.h"

#define ENS_HTML_DEPTH 48u /* elements within each other */

/* The zero value with a buffer is ready. */
typedef struct {
    ens_buf *out;
    const char *open[ENS_HTML_DEPTH];
    unsigned depth;
    bool tag;  /* a start tag takes attributes still */
    bool bare; /* … of an element without contents */
} ens_html;

/* "" name "" takes nothing but a literal. */
#define ens__h_open(h, name) ens__h_open_named((h), "" name "")
#define ens__h_bare(h, name) ens__h_bare_named((h), "" name "")
#define ens__h_attr(h, name, value) ens__h_attr_named((h), "" name "", ens_str(value))
#define ens__h_attr_slice(h, name, value) ens__h_attr_named((h), "" name "", (value))
#define ens__h_path(h, name, path) ens__h_path_named((h), "" name "", (path))
#define ens__h_flag(h, name) ens__h_attr_named((h), "" name "", ENS_LIT(name))
#define ens__h_leaf(h, name, klass, text) ens__h_leaf_named((h), "" name "", (klass), ens_str(text))
#define ens__h_leaf_slice(h, name, klass, text) ens__h_leaf_named((h), "" name "", (klass), (text))

/* ens__h_open begins an element, which ens__h_close ends; ens__h_bare writes one that has no contents (input, br).
 * Attributes follow at once. Elements too deep are left out, with the buffer failed. */
void ens__h_open_named(ens_html *h, const char *name);
void ens__h_bare_named(ens_html *h, const char *name);
void ens__h_attr_named(ens_html *h, const char *name, ens_slice value);
void ens__h_close(ens_html *h);
/* ens__h_close_to ends elements until so many are open. */
void ens__h_close_to(ens_html *h, unsigned depth);

/* ens__h_path is an attribute that leads somewhere: a path of this server ("/inbox?party=…", "#c1"), or else "#". */
void ens__h_path_named(ens_html *h, const char *name, const char *path);
/* ens__h_attrf formats the value into 1 KB first. */
#define ens__h_attrf(h, name, ...) ens__h_attr_formatted((h), "" name "", __VA_ARGS__)
void ens__h_attr_formatted(ens_html *h, const char *name, const char *format, ...) ENS_PRINTF(3, 4);

/* Text: escaped, without what must not be shown (engine/base/printable.h). ens__h_lines keeps line feeds, for pre. */
void ens__h_text(ens_html *h, ens_slice text);
void ens__h_put(ens_html *h, const char *text);
void ens__h_putf(ens_html *h, const char *format, ...) ENS_PRINTF(2, 3);
void ens__h_lines(ens_html *h, ens_slice text);

/* ens__h_leaf writes a whole element with a text; klass may be NULL. */
void ens__h_leaf_named(ens_html *h, const char *name, const char *klass, ens_slice text);
/* ens__h_raw ends the start tag and gives the buffer to a writer of show that writes well-formed sections. */
ens_buf *ens__h_raw(ens_html *h);

/* ens__h_query appends "?name=value" or "&name=value" to a path, percent-encoded; an empty value is left out. */
void ens__h_query(ens_buf *path, const char *name, ens_slice value);
/* ens__h_segment appends one segment of a path, percent-encoded. */
void ens__h_segment(ens_buf *path, ens_slice value);

#endif
