#include "sti/store/committer.h"

#include "sti/store/ledger.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define RULE "Ensign store"

struct ens__committer {
    ens__store *store;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more;
    ens__change *first, **last; /* what waits, in its order */
    size_t waiting, num;        /* bytes of it, and changes */
    bool stop, patient;         /* patient: the thread waits for what is expected */
    _Atomic int expected;
};

static size_t size_of(const ens__change *c)
{
    size_t size = sizeof *c;
    switch (c->kind) {
    case ENS_CHANGE_JOURNAL:
        for (size_t i = 0; i < c->journal.num; i++)
            size += c->journal.entry[i].raw.len;
        break;
    case ENS_CHANGE_INBOUND:
        size += c->inbound.message.raw.len + c->inbound.answer.raw.len;
        break;
    case ENS_CHANGE_ENQUEUE:
        size += c->enqueue.outgoing.message.raw.len;
        break;
    case ENS_CHANGE_SETTLE:
        size += c->settle.answer ? c->settle.answer->raw.len : 0;
        break;
    case ENS_CHANGE_WORK:
        for (size_t i = 0; i < c->work.num_outgoing; i++)
            size += c->work.outgoing[i].message.raw.len;
        break;
    case ENS_CHANGE_PULL:
        size += c->pull.request ? c->pull.request->raw.len : 0;
        break;
    case ENS_CHANGE_LEDGER:
        size += c->ledger->message ? c->ledger->message->raw.len : 0;
        size += c->ledger->answer ? c->ledger->answer->raw.len : 0;
        break;
    case ENS_CHANGE_TASK:
        size += c->task.body.len;
        break;
    }
    return size;
}

/* wait_for_company is called with something to commit: what comes meanwhile spares a commit of its own. */
static void wait_for_company(ens__committer *c)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ENS_COMMITTER_PATIENCE_US * 1000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    c->patient = true;
    while (!c->stop && c->num < ENS_COMMITTER_COMPANY && atomic_load(&c->expected) > 0 &&
           pthread_cond_timedwait(&c->more, &c->lock, &until) != ETIMEDOUT)
        continue;
    c->patient = false;
}

/* gather takes what waits, up to a commit's bounds; 0 when there will be nothing more. */
static size_t gather(ens__committer *c, ens__change **batch)
{
    size_t num = 0, bytes = 0;
    pthread_mutex_lock(&c->lock);
    while (!c->first && !c->stop)
        pthread_cond_wait(&c->more, &c->lock);
    if (c->first)
        wait_for_company(c);
    while (c->first && num < ENS_COMMITTER_CHANGES && (num == 0 || bytes + size_of(c->first) <= ENS_COMMITTER_BYTES)) {
        ens__change *change = c->first;
        bytes += size_of(change);
        batch[num++] = change;
        c->first = change->next;
    }
    if (!c->first)
        c->last = &c->first;
    c->waiting -= bytes;
    c->num -= num;
    pthread_mutex_unlock(&c->lock);
    return num;
}

static void *run_committer(void *arg)
{
    ens__committer *c = arg;
    ens__change *batch[ENS_COMMITTER_CHANGES];
    size_t num;
    while ((num = gather(c, batch)) > 0) {
        ens_code unused = ens__store_commit(c->store, batch, num, NULL); /* each change says it for itself */
        (void)unused;
        for (size_t i = 0; i < num; i++)
            batch[i]->done(batch[i]);
    }
    return NULL;
}

void ens__committer_expect(ens__committer *c, int more)
{
    if (atomic_fetch_add(&c->expected, more) + more > 0)
        return;
    pthread_mutex_lock(&c->lock);
    if (c->patient)
        pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->lock);
}

ens_code ens__committer_start(ens__store *store, ens__committer **out, ens_err *err)
{
    pthread_condattr_t steady;
    ens__committer *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    c->store = store;
    c->last = &c->first;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&c->more, &steady);
    pthread_condattr_destroy(&steady);
    if (pthread_create(&c->thread, NULL, run_committer, c) != 0) {
        pthread_cond_destroy(&c->more);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return ens_fail(err, ENS_ENOMEM, RULE, "no thread", 0);
    }
    *out = c;
    return ENS_OK;
}

void ens__committer_stop(ens__committer *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->more);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

ens_code ens__committer_submit(ens__committer *c, ens__change *change, ens_err *err)
{
    size_t size = size_of(change);
    ens_code code = ENS_OK;
    pthread_mutex_lock(&c->lock);
    if (c->stop) {
        code = ens_fail(err, ENS_EPOLICY, RULE, "the store is being closed", 0);
    } else if (c->waiting && c->waiting + size > ENS_COMMITTER_WAITING) {
        code = ens_fail(err, ENS_ELIMIT, RULE, "the store can't keep up; come back later", 0);
    } else {
        change->next = NULL;
        *c->last = change;
        c->last = &change->next;
        c->waiting += size;
        if (++c->num >= ENS_COMMITTER_COMPANY || !c->patient)
            pthread_cond_signal(&c->more);
    }
    pthread_mutex_unlock(&c->lock);
    return code;
}

/* Who waits, and for how many changes. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    size_t open;
} waiter;

static void settle_waited(ens__change *change)
{
    waiter *w = change->user;
    pthread_mutex_lock(&w->lock);
    w->open--;
    pthread_cond_signal(&w->settled);
    pthread_mutex_unlock(&w->lock);
}

void ens__committer_wait_all(ens__committer *c, ens__change *const *changes, size_t num)
{
    waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .settled = PTHREAD_COND_INITIALIZER, .open = num};
    for (size_t i = 0; i < num; i++) {
        changes[i]->done = settle_waited;
        changes[i]->user = &w; /* cppcheck-suppress autoVariables ; it is done with before this returns */
        ens_code code = ens__committer_submit(c, changes[i], &changes[i]->err);
        if (code == ENS_OK)
            continue; /* from here on it is the committer's */
        changes[i]->code = code;
        settle_waited(changes[i]);
    }
    pthread_mutex_lock(&w.lock);
    while (w.open)
        pthread_cond_wait(&w.settled, &w.lock);
    pthread_mutex_unlock(&w.lock);
    for (size_t i = 0; i < num; i++)
        changes[i]->user = NULL;
}

ens_code ens__committer_wait(ens__committer *c, ens__change *change, ens_err *err)
{
    ens__committer_wait_all(c, &change, 1);
    if (change->code != ENS_OK && err)
        *err = change->err;
    return change->code;
}
