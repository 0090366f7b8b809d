/* What a verdict on a certificate rests on, and when each of it holds: the certificates of the path, their algorithms,
 * the CA's status on its list, the lists and revocation answers themselves. */
#ifndef ENS_CERTS_PATH_TIMELINE_H
#define ENS_CERTS_PATH_TIMELINE_H

#include "ensign/preflight.h"

#include <stdbool.h>

#define ENS_TIMELINE_MAX 48u

typedef ens_interval ens__interval;

typedef struct {
    ens__interval interval[ENS_TIMELINE_MAX];
    size_t num;
} ens__timeline;

/* ens__timeline_add appends one; the same one twice is kept once. When there are too many, those that end last are
 * lost, so that the first end stays right. */
void ens__timeline_add(ens__timeline *timeline, ens__interval interval);
/* ens__timeline_first finds the interval that ends first, of those that end something (news false) or of those that
 * bring news, not before a time (ENS_TIME_NONE: ever). NULL: none of them has such an end. */
const ens__interval *ens__timeline_first(const ens__timeline *timeline, bool news, ens_time from);

/* How far a judgement that was made for one time reaches: nothing that it compared with the time turns in between. */
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
