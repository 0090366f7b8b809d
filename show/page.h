/* Text for people, written into a buffer, so that several threads may write at once: wrapped at 80 columns, coloured
 * where a person looks. */
#ifndef ENS_SHOW_PAGE_H
#define ENS_SHOW_PAGE_H

#include "engine/base/bytes.h"
#include "ensign/report.h"

#define ENS_PAGE_WIDTH 80

typedef struct {
    ens_buf *out;
    bool colour; /* escape sequences */
    bool lines;  /* line-drawing characters of Unicode, else ASCII */
} ens__page;

/* ens__page_on_stdout is a page as standard output shows it: colour on a terminal unless NO_COLOR is set, lines where
 * the locale is UTF-8. Ask before threads start. */
ens__page ens__page_on_stdout(ens_buf *out);

/* ens__page_put writes text without its control characters; ens__page_wrap does so from column indent on, where the
 * cursor is, and goes on in the next lines at that column. It ends the line. */
void ens__page_put(const ens__page *page, ens_slice text);
/* ens__page_printf is the same for a format; line feeds stay. Colours are put beside it. */
void ens__page_printf(const ens__page *page, const char *format, ...) ENS_PRINTF(2, 3);
void ens__page_wrap(const ens__page *page, int indent, const char *text);
/* ens__page_cut writes at most that many columns of text, and returns how many. */
int ens__page_cut(const ens__page *page, ens_slice text, int columns);
/* ens__page_field writes "  label         text", wrapped; "-" for an empty text. */
void ens__page_field(const ens__page *page, const char *label, const char *text);
void ens__page_heading(const ens__page *page, const char *text);
void ens__page_spaces(const ens__page *page, int num);

/* Colours of an outcome and of a verdict, and their end; "" without colour. */
const char *ens__page_colour(const ens__page *page, ens_outcome outcome);
const char *ens__page_verdict_colour(const ens__page *page, ens_verdict verdict);
const char *ens__page_bold(const ens__page *page);
const char *ens__page_plain(const ens__page *page);

#endif
