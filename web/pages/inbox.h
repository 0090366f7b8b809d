/* The inbox: what came and what went, as it happens; one message; and what never became one. */
#ifndef ENS_WEB_PAGES_INBOX_H
#define ENS_WEB_PAGES_INBOX_H

#include "web/base/site.h"

#define ENS_INBOX_ROWS 60u         /* of one page */
#define ENS_INBOX_STEP 400u        /* rows of the journal that are looked at in one go, from the newest back */
#define ENS_INBOX_LOOKED_AT 20000u /* … in all, for one page */

void ens__inbox_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__inbox_events(void *pages, ens_web_request *r, ens_web_answer *a);
/* One row by its number: its page, its bytes, and the bytes of one of its parts. */
void ens__inbox_row(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__inbox_raw(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__inbox_part(void *pages, ens_web_request *r, ens_web_answer *a);

#endif
