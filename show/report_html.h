/* What reports in HTML share, whatever was judged: the verdict, facts, what is to be done, every check by
 * its family. */
#ifndef ENS_SHOW_REPORT_HTML_H
#define ENS_SHOW_REPORT_HTML_H

#include "ensign/report.h"
#include "ensign/time.h"
#include "show/markup.h"

/* ens__banner_html writes the verdict in a word, what was judged, and what is to be said of it in a sentence; about may
 * be NULL. */
void ens__banner_html(ens_html *h, ens_verdict verdict, ens_slice title, const char *said, const char *about);
/* ens__fact_html writes one fact of a dl.facts; an empty value is left out. more may be NULL. */
void ens__fact_html(ens_html *h, const char *label, ens_slice value, const char *more);
/* ens__todo_html writes the section "What to do": first, which may be NULL, and then the remedies; nothing where there
 * is nothing to do. */
void ens__todo_html(ens_html *h, const ens_report *report, const char *first);
/* ens__findings_html writes the section "Proof": each family of checks, those with a failure first; rules that have
 * nothing to judge in their document are counted alone. */
void ens__findings_html(ens_html *h, const ens_report *report);
/* ens__pair_html writes dt and dd; an empty value is left out. */
void ens__pair_html(ens_html *h, const char *label, ens_slice value);

#endif
