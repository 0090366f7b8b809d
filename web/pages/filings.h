/* Filings: the four piles of the trade, and one filing with its life, its requests and the officer's buttons. */
#ifndef ENS_WEB_PAGES_FILINGS_H
#define ENS_WEB_PAGES_FILINGS_H

#include "web/base/site.h"

#define ENS_FILINGS_ROWS 100u /* of one page */

void ens__filings_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__filing_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__filing_document(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__filing_order(void *pages, ens_web_request *r, ens_web_answer *a);

#endif
