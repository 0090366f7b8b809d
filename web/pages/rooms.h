/* The further rooms: what waits for parties, who takes part, what is rehearsed, what time it is, who is on the trusted
 * lists and what to order there, what came in numbers, and the way that messages take. */
#ifndef ENS_WEB_PAGES_ROOMS_H
#define ENS_WEB_PAGES_ROOMS_H

#include "web/base/site.h"

void ens__mailboxes_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__mailboxes_again(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__parties_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__party_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__party_set(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__faults_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__faults_set(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__clock_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__clock_set(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__lists_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__order_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__order_tell(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__statistics_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__map_show(void *pages, ens_web_request *r, ens_web_answer *a);

#endif
