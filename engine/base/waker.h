/* A thread that does what there is to do whenever somebody wakes it, and every so often unasked, until it is stopped.
 */
#ifndef ENS_ENGINE_BASE_WAKER_H
#define ENS_ENGINE_BASE_WAKER_H

#include "engine/base/bytes.h"

typedef struct {
    bool (*work)(void *ctx);  /* does some of it; true: there is more of it now. Not called when it is being stopped */
    void (*alarm)(void *ctx); /* ends a wait within work, by whoever wakes or stops it; NULL: work waits for nobody */
    void *ctx;
    uint32_t every_ms; /* 0: only when somebody wakes it */
} ens_waker_plan;

typedef struct ens_waker ens_waker;

/* ens__waker_start makes the thread; it looks once without being woken.   Errors  ENS_ENOMEM no memory, no thread */
ENS_CHECK ens_code ens__waker_start(const ens_waker_plan *plan, ens_waker **out, ens_err *err);
/* ens__waker_wake says that there is something to do. Any thread; NULL: nobody is there. */
void ens__waker_wake(ens_waker *w);
/* ens__waker_ends tells long work that somebody waits for its end. */
bool ens__waker_ends(ens_waker *w);
/* ens__waker_stop waits for the work in hand, and frees. */
void ens__waker_stop(ens_waker *w);

#endif
