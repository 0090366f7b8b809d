/* Several HTTP exchanges at a time, by one thread; each is one of fetch.h, without redirections. Connections stay open
 * for the next one to the same peer. */
#ifndef ENS_ENGINE_NET_FETCHES_H
#define ENS_ENGINE_NET_FETCHES_H

#include "engine/net/fetch.h"

#define ENS_FETCHES_MAX 64u

typedef struct ens_fetches ens_fetches;

/* An exchange that has ended. */
typedef struct {
    void *user;
    ens_code code; /* as ens__fetch has it */
    long status;
    ens_err err;
} ens_fetched;

/* Errors  ENS_ELIMIT most is none, or over ENS_FETCHES_MAX; ENS_EIO no libcurl; ENS_ENOMEM */
ENS_CHECK ens_code ens__fetches_new(unsigned most, ens_fetches **out, ens_err *err);
/* ens__fetches_free breaks off what is under way. */
void ens__fetches_free(ens_fetches *f);

unsigned ens__fetches_num(const ens_fetches *f); /* under way */
/* ens__fetches_begin starts an exchange; what request points to, its seen, and answer stay until it has ended.
 * Errors  ENS_ELIMIT as many as may be are under way; those of ens__fetch that are known before it starts */
ENS_CHECK ens_code ens__fetches_begin(ens_fetches *f, const ens_fetch_request *request, ens_buf *answer, void *user,
                                      ens_err *err);
/* ens__fetches_next waits at most so long for one to end, or until it is woken; false: none has. */
bool ens__fetches_next(ens_fetches *f, int wait_ms, ens_fetched *out);
/* ens__fetches_wake ends the wait of the thread that waits, or of its next one. Any thread. */
void ens__fetches_wake(ens_fetches *f);

#endif
