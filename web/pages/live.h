/* Pages that are open, told of what is new: a stream of events each, and one thread that looks into the journal while
 * there is a stream. "journal" tells of a row, "change" of whatever else was put down.   Source  HTML, server-sent
 * events */
#ifndef ENS_WEB_PAGES_LIVE_H
#define ENS_WEB_PAGES_LIVE_H

#include "sti/store/store.h"
#include "web/base/site.h"

#define ENS_LIVE_MAX 128u      /* streams at a time; the oldest ends when there are more */
#define ENS_LIVE_LOOK_MS 50u   /* how often the journal is looked at */
#define ENS_LIVE_BEAT_MS 15000 /* a comment, so that who is gone is found out */

typedef struct ens_live ens_live;
ENS_CHECK ens_code ens__live_open(ens__store *store, ens_live **out, ens_err *err);
/* ens__live_join answers a request with a stream. */
void ens__live_join(ens_live *live, ens_web_request *r, ens_web_answer *a);
void ens__live_stop(ens_live *live);
void ens__live_close(ens_live *live);

#endif
