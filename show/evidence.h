/* An archive of evidence that was checked: as text for people, and as JSON for programs. */
#ifndef ENS_SHOW_EVIDENCE_H
#define ENS_SHOW_EVIDENCE_H

#include "show/page.h"
#include "sti/evidence/evidence.h"

typedef struct {
    const char *file;
    const char *error;            /* why it couldn't be read; NULL: it was */
    const ens_evidence *evidence; /* NULL where it couldn't be read */
    const ens_report *report;
} ens__evidence_view;

/* ens__evidence_page writes the verdict, what stands in the archive row by row, and what failed, warned or was skipped;
 * all: what passed, too. */
void ens__evidence_page(const ens__page *page, const ens__evidence_view *view, bool all);
/* ens__evidence_json writes one object and a line end. */
void ens__evidence_json(const ens__evidence_view *view, ens_buf *out);

#endif
