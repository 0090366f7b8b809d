/* A message that was anonymised: as text for people, and as JSON for programs. */
#ifndef ENS_SHOW_ANONYMISE_H
#define ENS_SHOW_ANONYMISE_H

#include "as4/anonymise/anonymise.h"
#include "show/page.h"

typedef struct {
    const char *file, *error;                        /* error: why nothing could be made; NULL: it was */
    const char *message, *anchors, *customs, *lists; /* where they were written; NULL: nowhere */
    const ens_anonymised *made;                      /* NULL where nothing could be made */
} ens__anonymise_view;

void ens__anonymise_page(const ens__page *page, const ens__anonymise_view *view);
/* ens__anonymise_json writes one object and a line end. */
void ens__anonymise_json(const ens__anonymise_view *view, ens_buf *out);

#endif
