/* Logging in and out, where visitors have to. */
#ifndef ENS_WEB_PAGES_LOGIN_H
#define ENS_WEB_PAGES_LOGIN_H

#include "web/base/site.h"

void ens__entrance_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__entrance_begin(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__entrance_end(void *pages, ens_web_request *r, ens_web_answer *a);

#endif
