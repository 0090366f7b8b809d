/* The first page: drop a file, and know. */
#ifndef ENS_WEB_PAGES_CHECK_H
#define ENS_WEB_PAGES_CHECK_H

#include "web/base/site.h"

#define ENS_CHECK_BODY ((size_t)32 << 20) /* bytes of an upload, all its files together */

void ens__check_show(void *pages, ens_web_request *r, ens_web_answer *a);
void ens__check_judge(void *pages, ens_web_request *r, ens_web_answer *a);

#endif
