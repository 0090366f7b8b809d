/* The thread that makes the exchanges, several at a time; connections to the other side stay open. */
#include "sti/proxy/proxy_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WAIT_MS 1000
#define END_US 1000 /* between two looks for calls, once nothing is sent any more */

struct ens_carrier {
    ens_proxy *proxy;
    pthread_mutex_t lock;
    ens_fetches *fetches;          /* NULL: nothing is sent any more; under the lock, as what follows */
    ens_proxy_call *first, **last; /* that wait */
    bool ends, stop;
    ens_proxy_call *flying[ENS_FETCHES_MAX];
    pthread_t thread;
};

static void end_exchange(ens_proxy_call *c, ens_code code, long status, const ens_err *err)
{
    c->answered = code == ENS_OK;
    c->status = status;
    if (code != ENS_OK)
        (void)ens_err_format(err, c->why, sizeof c->why);
    ens__proxy_step(c);
}

static void fail_ended(ens_proxy_call *c)
{
    ens_err err = {0};
    ens_code code = ens_fail(&err, ENS_EIO, NULL, "the proxy ended during the exchange", 0);
    end_exchange(c, code, 0, &err);
}

/* mark_flying puts one into another's place. */
static void mark_flying(ens_carrier *k, const ens_proxy_call *from, ens_proxy_call *to)
{
    unsigned i = 0;
    while (i < ENS_FETCHES_MAX && k->flying[i] != from)
        i++;
    if (i < ENS_FETCHES_MAX)
        k->flying[i] = to;
}

static void begin_exchange(ens_carrier *k, ens_proxy_call *c)
{
    ens_err err = {0};
    ens_fetch_request r = k->proxy->plan.peer;
    r.body = c->request->body.p ? c->request->body : ENS_LIT("");
    r.fields = c->fields;
    r.head = &c->head;
    r.seen = &c->seen;
    ens_code code = ens__fetches_begin(k->fetches, &r, &c->body, c, &err);
    if (code == ENS_OK)
        mark_flying(k, NULL, c);
    else
        end_exchange(c, code, 0, &err);
}

static ens_proxy_call *next_call(ens_carrier *k)
{
    ens_proxy_call *c = NULL;
    pthread_mutex_lock(&k->lock);
    if (k->first && (!k->fetches || ens__fetches_num(k->fetches) < ENS_FETCHES_MAX)) {
        c = k->first;
        k->first = c->next;
        if (!k->first)
            k->last = &k->first;
    }
    pthread_mutex_unlock(&k->lock);
    return c;
}

static bool is_set(ens_carrier *k, const bool *flag)
{
    pthread_mutex_lock(&k->lock);
    bool set = *flag;
    pthread_mutex_unlock(&k->lock);
    return set;
}

/* break_off ends what is under way. */
static void break_off(ens_carrier *k)
{
    pthread_mutex_lock(&k->lock);
    ens_fetches *fetches = k->fetches;
    k->fetches = NULL;
    pthread_mutex_unlock(&k->lock);
    ens__fetches_free(fetches);
    for (unsigned i = 0; i < ENS_FETCHES_MAX; i++)
        if (k->flying[i])
            fail_ended(k->flying[i]);
}

static void *carry(void *arg)
{
    ens_carrier *k = arg;
    ens_fetched got;
    while (!is_set(k, &k->ends)) {
        for (ens_proxy_call *c; (c = next_call(k)) != NULL;)
            begin_exchange(k, c);
        if (!ens__fetches_next(k->fetches, WAIT_MS, &got))
            continue;
        mark_flying(k, got.user, NULL);
        end_exchange(got.user, got.code, got.status, &got.err);
    }
    break_off(k);
    for (ens_proxy_call *c; !is_set(k, &k->stop); usleep(END_US))
        while ((c = next_call(k)) != NULL)
            fail_ended(c);
    return NULL;
}

ens_code ens__carrier_start(ens_proxy *p, ens_carrier **out, ens_err *err)
{
    ens_carrier *k = calloc(1, sizeof *k);
    if (!k)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the exchanges", 0);
    k->proxy = p;
    k->last = &k->first;
    ens_code code = ens__fetches_new(ENS_FETCHES_MAX, &k->fetches, err);
    if (code == ENS_OK) {
        pthread_mutex_init(&k->lock, NULL);
        if (pthread_create(&k->thread, NULL, carry, k) == 0) {
            *out = k;
            return ENS_OK;
        }
        pthread_mutex_destroy(&k->lock);
        code = ens_fail(err, ENS_ENOMEM, NULL, "can't start a thread", 0);
    }
    ens__fetches_free(k->fetches);
    free(k);
    return code;
}

void ens__carrier_give(ens_carrier *k, ens_proxy_call *c)
{
    c->next = NULL;
    pthread_mutex_lock(&k->lock);
    *k->last = c;
    k->last = &c->next;
    if (k->fetches)
        ens__fetches_wake(k->fetches);
    pthread_mutex_unlock(&k->lock);
}

static void set_flag(ens_carrier *k, bool *flag)
{
    pthread_mutex_lock(&k->lock);
    *flag = true;
    if (k->fetches)
        ens__fetches_wake(k->fetches);
    pthread_mutex_unlock(&k->lock);
}

void ens__carrier_end(ens_carrier *k)
{
    if (k)
        set_flag(k, &k->ends);
}

void ens__carrier_stop(ens_carrier *k)
{
    if (!k)
        return;
    set_flag(k, &k->stop);
    pthread_join(k->thread, NULL);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
