/* One commit for many: while one runs, the next gathers. It waits for company only that is known to be on its way, and
 * nobody's answer leaves before it is kept. */
#ifndef ENS_STI_STORE_COMMITTER_H
#define ENS_STI_STORE_COMMITTER_H

#include "sti/store/store.h"

#define ENS_COMMITTER_CHANGES 256u /* in one commit */
#define ENS_COMMITTER_BYTES                                                                                            \
    ((size_t)16 << 20)                  /* of raw messages in one commit, but for one that is larger by itself  \
                                                */
#define ENS_COMMITTER_COMPANY 64u       /* changes that wait for no others */
#define ENS_COMMITTER_PATIENCE_US 3000u /* how long fewer do */
#define ENS_COMMITTER_WAITING ((size_t)256 << 20) /* of raw messages that wait; who comes then is refused */

typedef struct ens__committer ens__committer;

/* ens__committer_start makes a thread that commits to store, which outlives it.
 * Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__committer_start(ens__store *store, ens__committer **out, ens_err *err);
/* ens__committer_stop commits what was submitted, then ends. */
void ens__committer_stop(ens__committer *committer);

/* ens__committer_submit hands a change over and returns at once. change->done is called when change->code says whether
 * it is kept, by the committer's thread, which does nothing else meanwhile: it hands the result on and returns. Any
 * number of threads may submit.
 * Errors  ENS_ELIMIT too much is waiting: done is not called; ENS_EPOLICY the committer
 * is being stopped */
ENS_CHECK ens_code ens__committer_submit(ens__committer *committer, ens__change *change, ens_err *err);
/* ens__committer_expect says that so many more changes, or fewer where it is below 0, are about to be submitted or come
 * to nothing. A commit waits for those, within the bounds above: who is alone never waits. Any thread. */
void ens__committer_expect(ens__committer *committer, int more);
/* ens__committer_wait_all submits them and returns when all are settled, each with its code. done and user are used. */
void ens__committer_wait_all(ens__committer *committer, ens__change *const *changes, size_t num);
/* ens__committer_wait submits and returns when it is settled, with change->code. done and user are used. */
ENS_CHECK ens_code ens__committer_wait(ens__committer *committer, ens__change *change, ens_err *err);

#endif
