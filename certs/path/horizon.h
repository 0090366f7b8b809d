/* How far a judgement that was made for one time reaches: nothing that it compared with the time turns in between. */
#ifndef ENS_CERTS_PATH_HORIZON_H
#define ENS_CERTS_PATH_HORIZON_H

#include "ensign/time.h"

#include <stdbool.h>

typedef struct {
    ens_time at;          /* the time that was judged */
    ens_time from, until; /* the first moment at which the same is found, and the first at which it may not be;
                             ENS_TIME_NONE: open */
} ens__horizon;

static inline void ens__horizon_start(ens__horizon *h, ens_time at)
{
    *h = (ens__horizon){at, ENS_TIME_NONE, ENS_TIME_NONE};
}

/* ens__horizon_turn notes that something is different from a moment on. h may be NULL. */
static inline void ens__horizon_turn(ens__horizon *h, ens_time moment)
{
    if (!h)
        return;
    if (moment > h->at)
        h->until = h->until == ENS_TIME_NONE || moment < h->until ? moment : h->until;
    else
        h->from = h->from == ENS_TIME_NONE || moment > h->from ? moment : h->from;
}

/* ens__horizon_turns notes the ends of a validity: its first and its last moment. */
static inline void ens__horizon_turns(ens__horizon *h, ens_time first, ens_time last)
{
    ens__horizon_turn(h, first);
    ens__horizon_turn(h, last + 1);
}

/* ens__horizon_join narrows h to what another judgement of the same time reaches. */
static inline void ens__horizon_join(ens__horizon *h, const ens__horizon *other)
{
    if (other->from != ENS_TIME_NONE)
        ens__horizon_turn(h, other->from);
    if (other->until != ENS_TIME_NONE)
        ens__horizon_turn(h, other->until);
}

static inline bool ens__horizon_holds(const ens__horizon *h, ens_time at)
{
    return (h->from == ENS_TIME_NONE || at >= h->from) && (h->until == ENS_TIME_NONE || at < h->until);
}

#endif
