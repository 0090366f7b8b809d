/* A signed registration PDF that was judged: as text for people, and as JSON for programs. */
#ifndef ENS_SHOW_PDF_H
#define ENS_SHOW_PDF_H

#include "engine/base/json.h"
#include "ensign/pdf.h"
#include "show/page.h"

typedef struct {
    const char *file;
    const char *error; /* why it couldn't be judged; NULL: it was */
    const ens_pdf_result *result;
    const ens_report *report; /* NULL where it couldn't be judged */
} ens__pdf_view;

/* ens__pdf_page writes the verdict, what was seen, and what failed, warned or was skipped; all: what passed, too. */
void ens__pdf_page(const ens__page *page, const ens__pdf_view *view, bool all);
/* ens__pdf_json writes one object and a line end. */
void ens__pdf_json(const ens__pdf_view *view, ens_buf *out);

#endif
