#include "sti/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define RULE "Ensign outbox"
#define PATH_MAX_LEN 4096u

typedef struct {
    ens__store *store;
    size_t num;
    ens_code code;
    ens_err *err;
} resuming;

static ens_code settle_outbox(ens__store *store, ens__change *c, ens_err *err)
{
    ens__change *const all[] = {c};
    c->kind = ENS_CHANGE_SETTLE;
    return ens__store_commit(store, all, 1, err);
}

static bool free_one(void *user, const ens__outbound *row)
{
    resuming *r = user;
    ens__change c = {.settle = {.message_id = row->message_id,
                                .token = row->token,
                                .attempt = ENS_ATTEMPT_FAILED,
                                .ebms = ENS_LIT("EBMS:0301"),
                                .detail = ENS_LIT("the sender ended during this attempt")}};
    if (row->mode != ENS_PUSH || !row->token)
        return true;
    r->code = settle_outbox(r->store, &c, r->err);
    r->num += r->code == ENS_OK;
    return r->code == ENS_OK;
}

static ens_code resume(ens__store *store, size_t *num, ens_err *err)
{
    resuming r = {.store = store, .err = err};
    ens_code code = ens__store_list_outbound(store, ENS_OUTBOUND_READY, free_one, &r, err);
    *num = r.num;
    return code == ENS_OK ? r.code : code;
}

/* share_lock shares the lock; who has it alone has it for as long as it takes to resume. */
static bool share_lock(int fd)
{
    int failed;
    while ((failed = flock(fd, LOCK_SH)) != 0 && errno == EINTR)
        continue;
    return !failed;
}

ens_code ens__outbox_hold(const char *name, ens__store *store, int *fd, size_t *resumed, ens_err *err)
{
    char path[PATH_MAX_LEN];
    *resumed = 0;
    *fd = -1;
    if (ens__store_is_elsewhere(name)) /* who else sends from it isn't known: leases end by themselves */
        return ENS_OK;
    if (snprintf(path, sizeof path, "%s.sending", name) >= (int)sizeof path)
        return ens_fail_about(err, ENS_EIO, RULE, "the name is too long", name);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return ens_fail_about(err, ENS_EIO, RULE, strerror(errno), path);
    ens_code code = flock(lock, LOCK_EX | LOCK_NB) == 0 ? resume(store, resumed, err) : ENS_OK;
    if (code == ENS_OK && !share_lock(lock))
        code = ens_fail_about(err, ENS_EIO, RULE, strerror(errno), path);
    if (code == ENS_OK)
        *fd = lock;
    else
        close(lock);
    return code;
}

ens_code ens__outbox_put(ens__store *store, ens_slice message, const ens_message *read, const char *url, unsigned tries,
                         const char *note, bool *known, ens_err *err)
{
    ens__change c = {.kind = ENS_CHANGE_ENQUEUE,
                     .enqueue = {.outgoing = {.message = {.direction = ENS_OUT,
                                                          .kind = ENS_ENTRY_USER_MESSAGE,
                                                          .action = read->test ? ENS_LIT("test") : read->action,
                                                          .message_id = read->message_id,
                                                          .ref_to = read->ref_to,
                                                          .party = read->to,
                                                          .lrn = read->lrn,
                                                          .mrn = read->mrn,
                                                          .raw = message},
                                              .mode = ENS_PUSH,
                                              .url = ens_str(url),
                                              .category = ens__client_category(read->action),
                                              .tries = tries,
                                              .note = ens_str(note)}}};
    ens__change *const all[] = {&c};
    ens_code code = ens__store_commit(store, all, 1, err);
    *known = c.enqueue.known;
    return code;
}

/* One run. */
typedef struct {
    const ens__outbox *o;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    unsigned settled;   /* messages, to see that there was one */
    unsigned unreached; /* exchanges in a row that reached nobody; those that ran side by side count once */
    int64_t quiet_ms;   /* until then nobody tries again */
    bool reached;       /* somebody was, by the last exchange; else one tries, and the others wait: A goes first */
    bool trying;
    ens__exchange last; /* what ended the run, for all that is left */
    bool ended;
    ens_code code;
    ens_err err;
} run;

/* One who sends: a message at a time. */
typedef struct {
    run *run;
    ens__client *client;
    ens_arena arena;
    unsigned unreached; /* as it was when the exchange began */
    bool tries;         /* it is the one */
    pthread_t thread;
} lane;

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool stopped(const run *r)
{
    return r->ended || r->code != ENS_OK || (r->o->stop && *r->o->stop);
}

/* nap waits under the lock for a change, or for that time; a stop is seen in time. */
static void nap(run *r, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    ms = ms < 1 ? 1 : ms < ENS_OUTBOX_NAP_MS ? ms : ENS_OUTBOX_NAP_MS;
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&r->changed, &r->lock, &until);
}

/* wait_ms waits that long, or until a message is settled: then something else may be due, or nothing any more. */
static void wait_ms(run *r, int64_t ms)
{
    pthread_mutex_lock(&r->lock);
    unsigned before = r->settled;
    for (int64_t until = steady_ms() + ms, now = until - ms; now < until && r->settled == before && !stopped(r);
         now = steady_ms())
        nap(r, until - now);
    pthread_mutex_unlock(&r->lock);
}

/* may_go waits while nobody can be reached, unless it is this lane's turn to try; false at the end. */
static bool may_go(lane *l)
{
    run *r = l->run;
    pthread_mutex_lock(&r->lock);
    for (int64_t now = steady_ms(); !stopped(r) && !r->reached && (r->trying || now < r->quiet_ms); now = steady_ms())
        nap(r, r->trying ? ENS_OUTBOX_NAP_MS : r->quiet_ms - now);
    bool go = !stopped(r);
    l->tries = go && !r->reached;
    r->trying = r->trying || l->tries;
    l->unreached = r->unreached;
    pthread_mutex_unlock(&r->lock);
    return go;
}

/* tried gives the turn back. */
static void tried(lane *l)
{
    run *r = l->run;
    pthread_mutex_lock(&r->lock);
    if (l->tries)
        r->trying = false;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void tell_outbox(const run *r, const ens__outbox_event *event)
{
    if (r->o->tell)
        r->o->tell(r->o->user, event);
}

static ens_entry_kind entry_kind(ens_message_kind kind)
{
    return kind == ENS_MESSAGE_RECEIPT        ? ENS_ENTRY_RECEIPT
           : kind == ENS_MESSAGE_ERROR        ? ENS_ENTRY_ERROR
           : kind == ENS_MESSAGE_USER         ? ENS_ENTRY_USER_MESSAGE
           : kind == ENS_MESSAGE_PULL_REQUEST ? ENS_ENTRY_PULL_REQUEST
                                              : ENS_ENTRY_UNREADABLE;
}

/* cut keeps what the store can: an id or a name that came from outside may be longer, or no text. */
static ens_slice cut(ens_slice text, size_t most)
{
    return text.len <= most && ens__is_utf8(text) ? text : (ens_slice){0};
}

/* settle_exchange keeps the answer with what it means for the message. *state is what became of it. */
static ens_code settle_exchange(run *r, const ens__outbound *m, const ens__exchange *x, ens_attempt attempt,
                                int64_t retry_ms, ens_outbound_state *state, ens_err *err)
{
    ens__entry answer = {.direction = ENS_IN,
                         .kind = entry_kind(x->kind),
                         .verdict = ens_report_verdict(x->report),
                         .message_id = cut(x->answer_id, ENS_STORE_ID),
                         .ref_to = m->message_id,
                         .party = m->party,
                         .ebms = ens_str(x->ebms),
                         .peer = cut(m->url, ENS_STORE_NAME),
                         .detail = ens_str(x->detail),
                         .raw = x->answer};
    ens__change c = {.settle = {.message_id = m->message_id,
                                .token = m->token,
                                .attempt = attempt,
                                .retry_ms = retry_ms,
                                .http = (int)x->http,
                                .ebms = ens_str(x->ebms),
                                .detail = ens_str(x->detail),
                                .answer = x->reached ? &answer : NULL}};
    ens_code code = settle_outbox(r->o->store, &c, err);
    *state = c.settle.state;
    return code;
}

static void end_run(run *r, const ens__exchange *x)
{
    r->last = *x;
    r->ended = true;
}

/* wait_for_peer: the message was not sent, and no try is counted. The line waits. */
static ens_code wait_for_peer(lane *l, ens__outbound *m, const ens__exchange *x, ens_err *err)
{
    run *r = l->run;
    ens_outbound_state state;
    ens_code code = settle_exchange(r, m, x, ENS_ATTEMPT_RETURNED, 0, &state, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&r->lock);
    if (r->unreached == l->unreached) { /* else another lane found it out meanwhile */
        int64_t ms = ens__store_backoff_ms(r->o->first_ms, r->o->most_ms, ++r->unreached);
        r->quiet_ms = steady_ms() + ms;
        r->reached = false;
        if (r->unreached >= r->o->tries) {
            end_run(r, x);
        } else {
            m->attempts += r->unreached - 1;
            tell_outbox(r, &(ens__outbox_event){.message = m, .exchange = x, .state = state, .again_ms = ms});
        }
    }
    pthread_mutex_unlock(&r->lock);
    return ENS_OK;
}

static ens_code settle_outcome(lane *l, ens__outbound *m, const ens__exchange *x, ens_err *err)
{
    static const ens_attempt attempts[] = {[ENS_EXCHANGE_FAILED] = ENS_ATTEMPT_FAILED,
                                           [ENS_EXCHANGE_PROVEN] = ENS_ATTEMPT_DELIVERED,
                                           [ENS_EXCHANGE_REFUSED] = ENS_ATTEMPT_REFUSED,
                                           [ENS_EXCHANGE_UNPROVEN] = ENS_ATTEMPT_RETURNED};
    run *r = l->run;
    ens_outbound_state state;
    int64_t ms = ens__store_backoff_ms(r->o->first_ms, r->o->most_ms, m->attempts);
    ens_code code = settle_exchange(r, m, x, attempts[x->outcome], ms, &state, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&r->lock);
    m->attempts += l->unreached;
    r->unreached = 0;
    r->reached = true;
    r->settled++;
    if (x->outcome == ENS_EXCHANGE_UNPROVEN)
        end_run(r, x);
    else
        tell_outbox(r, &(ens__outbox_event){.message = m,
                                            .exchange = x,
                                            .state = state,
                                            .over = state != ENS_OUTBOUND_READY,
                                            .again_ms = state == ENS_OUTBOUND_READY ? ms : 0});
    pthread_mutex_unlock(&r->lock);
    return ENS_OK;
}

static ens_code send_one(lane *l, ens__outbound *m, ens_err *err)
{
    ens__exchange x = {0};
    const ens__outbox *o = l->run->o;
    ens__client_peer peer = o->peer;
    char url[ENS_STORE_URL + 1];
    snprintf(url, sizeof url, "%.*s", (int)m->url.len, (const char *)m->url.p);
    peer.url = url;
    ens_code code = ens__client_exchange(l->client, &peer, m->raw, &x, err);
    if (code != ENS_OK) {
        ens__change c = {.settle = {.message_id = m->message_id, .token = m->token, .attempt = ENS_ATTEMPT_RETURNED}};
        ens_code back = settle_outbox(o->store, &c, NULL);
        (void)back; /* if it isn't given back, it is free when its lease ends */
        return code;
    }
    if (!x.reached && strcmp(x.ebms, "EBMS:0005") == 0)
        return wait_for_peer(l, m, &x, err);
    return settle_outcome(l, m, &x, err);
}

/* send_next sends what is due; else *wait_for is when something may be, in milliseconds, -1: nothing is left. */
static ens_code send_next(lane *l, int64_t *wait_for, ens_err *err)
{
    ens__outbound *m = NULL;
    size_t num = 0;
    uint64_t waiting = 0;
    ens__store *store = l->run->o->store;
    const ens__outbound_claim claim = {.mode = ENS_PUSH, .max = 1, .lease_ms = ens__client_lease_ms(ENS_STORE_RAW)};
    *wait_for = 0;
    ens_arena_reset(&l->arena);
    ens_code code = ens__store_claim_outbound(store, &claim, &l->arena, &m, &num, err);
    if (code == ENS_OK && num)
        return send_one(l, m, err);
    if (code == ENS_OK)
        code = ens__store_next_push(store, &waiting, wait_for, err);
    *wait_for = !waiting ? -1 : *wait_for < 1 ? 1 : *wait_for > ENS_OUTBOX_LOOK_MS ? ENS_OUTBOX_LOOK_MS : *wait_for;
    return code;
}

static void *run_lane(void *arg)
{
    lane *l = arg;
    run *r = l->run;
    int64_t wait_for = 0;
    ens_err err = {0};
    ens_code code = ENS_OK;
    ens_arena_init(&l->arena, ENS_OUTBOX_MESSAGE);
    while (code == ENS_OK && wait_for >= 0 && may_go(l)) {
        code = send_next(l, &wait_for, &err);
        tried(l);
        if (code == ENS_OK && wait_for > 0)
            wait_ms(r, wait_for);
    }
    pthread_mutex_lock(&r->lock);
    if (code != ENS_OK && r->code == ENS_OK) {
        r->code = code;
        r->err = err;
    }
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    ens_arena_free(&l->arena);
    return NULL;
}

static bool tell_left(void *user, const ens__outbound *row)
{
    run *r = user;
    ens__outbound m = *row;
    if (row->mode != ENS_PUSH)
        return true;
    m.attempts += r->unreached;
    tell_outbox(
        r, &(ens__outbox_event){
               .message = &m, .exchange = r->last.report ? &r->last : NULL, .state = ENS_OUTBOUND_READY, .over = true});
    return true;
}

/* run_lanes: one sends by itself; others that can't be started are done without. */
static void run_lanes(run *r)
{
    lane lanes[ENS_OUTBOX_LANES];
    const ens__outbox *o = r->o;
    unsigned num = 1;
    lanes[0] = (lane){.run = r, .client = o->clients[0]};
    for (; num < o->num_clients && num < ENS_OUTBOX_LANES; num++) {
        lanes[num] = (lane){.run = r, .client = o->clients[num]};
        if (pthread_create(&lanes[num].thread, NULL, run_lane, &lanes[num]) != 0)
            break;
    }
    run_lane(&lanes[0]);
    while (num > 1)
        pthread_join(lanes[--num].thread, NULL);
}

ens_code ens__outbox_run(const ens__outbox *o, ens_err *err)
{
    run r = {.o = o, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&r.changed, &steady);
    pthread_condattr_destroy(&steady);
    run_lanes(&r);
    pthread_cond_destroy(&r.changed);
    ens_code code = r.code;
    if (code != ENS_OK && err)
        *err = r.err;
    ens_code told = ens__store_list_outbound(o->store, ENS_OUTBOUND_READY, tell_left, &r, code == ENS_OK ? err : NULL);
    return code == ENS_OK ? told : code;
}
