/* The verdict on one message, or on one document, as a section of HTML; and what a document says, as people read it. */
#ifndef ENS_SHOW_VERDICT_HTML_H
#define ENS_SHOW_VERDICT_HTML_H

#include "show/document.h"
#include "show/markup.h"
#include "show/order.h"
#include "show/pdf.h"
#include "show/verdict.h"

#define ENS_ELEMENTS_SHOWN 400u /* elements of a document on a page; longer ones are cut, which is said */

/* ens__verdict_html writes verdict, facts, errors of a signal, what to do, and every check. */
void ens__verdict_html(ens_html *h, const ens__verdict *v);
/* ens__document_html does so for a document without a message; sent may be NULL (show/document.h). */
void ens__document_html(ens_html *h, const char *file, const ens_document_facts *d, const ens_answer *answer,
                        const ens_report *report, const ens_doc *sent);
/* ens__document_errors_html writes what an IE3N99 or IE3N01 says is wrong; nothing where there is nothing. */
void ens__document_errors_html(ens_html *h, const ens_document_error *errors, size_t num, const ens_doc *sent);
/* ens__elements_html writes the elements of a document as nested lists. */
void ens__elements_html(ens_html *h, const ens_doc *d);
/* ens__pdf_html and ens__request_html do so for a signed PDF, and for a certificate request. */
void ens__pdf_html(ens_html *h, const ens__pdf_view *v);
void ens__request_html(ens_html *h, const ens__request_view *v);

#endif
