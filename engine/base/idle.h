/* Things that are used again, kept while nobody needs them: at most so many, the one that was used last first. Any
 * thread. */
#ifndef ENS_ENGINE_BASE_IDLE_H
#define ENS_ENGINE_BASE_IDLE_H

#include <pthread.h>
#include <stdbool.h>

/* The first member of whatever is kept. */
typedef struct ens_idle_link {
    struct ens_idle_link *next;
} ens_idle_link;

typedef struct {
    pthread_mutex_t lock;
    ens_idle_link *first; /* under the lock, as what follows */
    unsigned num, max;
} ens_idle;

void ens__idle_init(ens_idle *idle, unsigned max);
/* ens__idle_take hands one out; NULL: none is kept. */
void *ens__idle_take(ens_idle *idle);
/* ens__idle_keep takes one back; false: enough are kept, and this one is still the caller's. */
bool ens__idle_keep(ens_idle *idle, ens_idle_link *thing);
/* ens__idle_clear destroys all that are kept, and ends the list. */
void ens__idle_clear(ens_idle *idle, void (*destroy)(void *thing));

#endif
