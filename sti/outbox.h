/* What a sender must not lose: sealed messages wait in a store, are sent with the same bytes and id on every attempt,
 * category A before B before C, and leave it by a proven receipt, a refusal, or when their tries are used up. Nothing
 * is counted against a message while nobody can be reached: the line waits as a whole, one tries, and all start again
 * with category A.
 * Source  ICS2-HTI 3.3.2.6, Annex 1; AS4 3.2 to 3.4 */
#ifndef ENS_STI_OUTBOX_H
#define ENS_STI_OUTBOX_H

#include "as4/client.h"
#include "sti/store/store.h"

#include <signal.h>

#define ENS_OUTBOX_FIRST_MS 1000             /* before the first repetition; doubled with each, … */
#define ENS_OUTBOX_MOST_MS ((int64_t)300000) /* … up to this */
#define ENS_OUTBOX_LOOK_MS 1000              /* how long what another sender puts in may be overlooked */
#define ENS_OUTBOX_NAP_MS 100                /* how long a stop may be overlooked */
#define ENS_OUTBOX_LANES 16u                 /* messages on their way at once, at most */
#define ENS_OUTBOX_MESSAGE ((size_t)1 << 30) /* bytes of what is claimed at a time */

/* How a message fared. state READY: it is still in the store. */
typedef struct {
    const ens__outbound *message;  /* attempts: those that it took, and those that reached nobody in this run */
    const ens__exchange *exchange; /* the last one; NULL: none was made, or it ended before in another run */
    ens_outbound_state state;
    bool over;        /* nothing more is tried in this run */
    int64_t again_ms; /* not over: the next attempt in so many milliseconds */
} ens__outbox_event;

typedef struct {
    ens__store *store;
    ens__client *const *clients; /* as many messages are on their way at once as there are clients */
    unsigned num_clients;        /* up to ENS_OUTBOX_LANES */
    ens__client_peer peer;       /* its url is each message's own */
    unsigned tries;              /* how often in a row nobody may be reached before the run ends */
    int64_t first_ms, most_ms;
    const volatile sig_atomic_t *stop;                        /* NULL: until it is done */
    void (*tell)(void *user, const ens__outbox_event *event); /* by any thread, one at a time */
    void *user;
} ens__outbox;

/* ens__outbox_hold says that this process sends from the store, whose file has that name. Where no other does, attempts
 * whose sender is gone are counted as failed: their messages needn't wait for the end of a lease. *resumed: how many.
 * Close *fd at the end.   Errors  ENS_EIO; those of the store */
ENS_CHECK ens_code ens__outbox_hold(const char *name, ens__store *store, int *fd, size_t *resumed, ens_err *err);

/* ens__outbox_put keeps a sealed message that is to be sent; it is durable when this returns. *known: one of that id
 * was there, and nothing was changed. note is given back with it. */
ENS_CHECK ens_code ens__outbox_put(ens__store *store, ens_slice message, const ens_message *read, const char *url,
                                   unsigned tries, const char *note, bool *known, ens_err *err);

/* ens__outbox_run sends until nothing is left to be sent, nobody was reached so many times in a row, a receipt came
 * that can't be judged here, or stop says so. Each message that it sent, and at the end each that is left, is told.
 * Errors  those of the store and of ens__client_exchange but for outcomes; what is not settled stays in the store */
ENS_CHECK ens_code ens__outbox_run(const ens__outbox *o, ens_err *err);

#endif
