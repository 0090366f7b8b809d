#include "engine/base/waker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define RULE "waker"

struct ens_waker {
    ens_waker_plan plan;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;   /* by a clock that nobody sets */
    bool woken, ending, late; /* under the lock; late: it slept as long as it may */
};

static void sleep_until_woken(ens_waker *w)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += w->plan.every_ms / 1000;
    until.tv_nsec += (long)(w->plan.every_ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!w->woken && !w->ending && !w->late)
        if (w->plan.every_ms)
            w->late = pthread_cond_timedwait(&w->changed, &w->lock, &until) != 0;
        else
            pthread_cond_wait(&w->changed, &w->lock);
}

/* wait_for_work returns when there may be some; false at the end. */
static bool wait_for_work(ens_waker *w, bool more)
{
    pthread_mutex_lock(&w->lock);
    if (!more)
        sleep_until_woken(w);
    w->woken = w->late = false;
    bool go_on = !w->ending;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *run_waker(void *arg)
{
    ens_waker *w = arg;
    bool more = true;
    while (wait_for_work(w, more))
        more = w->plan.work(w->plan.ctx);
    return NULL;
}

static void destroy(ens_waker *w)
{
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

ens_code ens__waker_start(const ens_waker_plan *plan, ens_waker **out, ens_err *err)
{
    pthread_condattr_t steady;
    ens_waker *w = calloc(1, sizeof *w);
    if (!w)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    w->plan = *plan;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &steady);
    pthread_condattr_destroy(&steady);
    *out = w; /* the work may ask for it */
    if (pthread_create(&w->thread, NULL, run_waker, w) == 0)
        return ENS_OK;
    *out = NULL;
    destroy(w);
    return ens_fail(err, ENS_ENOMEM, RULE, "no thread", 0);
}

/* say sets a flag, and sees that the thread notices. */
static void say(ens_waker *w, bool *flag)
{
    pthread_mutex_lock(&w->lock);
    *flag = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    if (w->plan.alarm)
        w->plan.alarm(w->plan.ctx);
}

void ens__waker_wake(ens_waker *w)
{
    if (w)
        say(w, &w->woken);
}

bool ens__waker_ends(ens_waker *w)
{
    pthread_mutex_lock(&w->lock);
    bool ends = w->ending;
    pthread_mutex_unlock(&w->lock);
    return ends;
}

void ens__waker_stop(ens_waker *w)
{
    if (!w)
        return;
    say(w, &w->ending);
    pthread_join(w->thread, NULL);
    destroy(w);
}
