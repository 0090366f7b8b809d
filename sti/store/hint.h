/* Hints that another handle has put something down: by LISTEN and NOTIFY of PostgreSQL, on a connection of their own.
 * Nothing hangs on them. One may be lost, or come for nothing; who works on a store looks now and then all the same. */
#ifndef ENS_STI_STORE_HINT_H
#define ENS_STI_STORE_HINT_H

#include "sti/store/pq.h"

#define ENS_HINT_CHANNEL "ensign"
#define ENS_HINT_QUIET_MS 200  /* at least between two hints */
#define ENS_HINT_RETRY_MS 5000 /* before a connection that broke, or can't be made, is tried again */

typedef struct ens__hints ens__hints;

/* ens__hints_start makes the thread that listens, and calls heard; own is what the caller's own notifications say, and
 * info what libpq connects by. An engine that has no LISTEN is left alone.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__hints_start(const char *info, const char *own, void (*heard)(void *user), void *user,
                                    ens__hints **out, ens_err *err);
/* ens__hints_stop waits for a call in hand; NULL: nobody listens. */
void ens__hints_stop(ens__hints *h);

#endif
