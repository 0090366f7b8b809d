#include "engine/net/server_parts.h"

#include "engine/base/arena.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RULE "server"
#define TICK_MOST_MS 1000
#define TICK_LEAST_MS 10
#define TICK_STOPPING_MS 20

static _Thread_local const ens_loop *current;

int64_t ens__server_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool keep_piece(void *user, ens_slice piece)
{
    return ens__spool_put(user, piece);
}

static void free_exchange(ens_exchange *x)
{
    if (x->release)
        x->release(x->owner);
    ens__http1_free(x->reader);
    ens__spool_free(x->spool);
    ens_buf_free(&x->client);
    ens_buf_free(&x->flow);
    ens_buf_free(&x->out);
    free(x);
}

static ens_exchange *new_exchange(ens_loop *l)
{
    ens_exchange *x = calloc(1, sizeof *x);
    if (!x)
        return NULL;
    ens__heap_note();
    x->loop = l;
    ens_buf_init(&x->client, NULL, 0, ENS_TLS_CHAIN_MAX);
    ens_buf_init(&x->out, NULL, 0, (size_t)1 << 30);
    ens_buf_init(&x->flow, NULL, 0, 2 * ENS_SERVER_STREAM_MAX);
    x->spool = ens__spool_new(l->server->spool);
    x->reader = ens__http1_new(keep_piece, x->spool);
    if (x->spool && x->reader)
        return x;
    free_exchange(x);
    return NULL;
}

ens_exchange *ens__loop_take_exchange(ens_loop *l)
{
    ens_exchange *x = l->spare;
    if (!x)
        return new_exchange(l);
    l->spare = x->next;
    l->num_spare--;
    x->next = NULL;
    return x;
}

void ens__loop_give_exchange(ens_loop *l, ens_exchange *x)
{
    if (x->release)
        x->release(x->owner);
    x->release = NULL;
    x->connection = NULL;
    if (x->streams) {
        ens_buf_free(&x->flow);
        ens_buf_init(&x->flow, NULL, 0, 2 * ENS_SERVER_STREAM_MAX);
    }
    x->streams = x->last = x->ended = false;
    if (l->num_spare >= ENS_SERVER_SPARE) {
        free_exchange(x);
        return;
    }
    ens__spool_reset(x->spool);
    ens__http1_reset(x->reader);
    x->client.len = 0;
    if (x->out.cap > ENS_SPOOL_KEPT) {
        ens_buf_free(&x->out);
        ens_buf_init(&x->out, NULL, 0, (size_t)1 << 30);
    }
    x->out.len = 0;
    x->out.failed = x->client.failed = ENS_OK;
    x->rest = (ens_slice){0};
    x->next = l->spare;
    l->spare = x;
    l->num_spare++;
}

/* Answers. Those of this thread are sent when its turn ends, so that no answer starts another within its own call. */
void ens__loop_send(ens_loop *l)
{
    for (ens_exchange *x; (x = l->answered);) {
        l->answered = x->next;
        if (!l->answered)
            l->answered_end = &l->answered;
        x->next = NULL;
        ens__connection_answer(x);
    }
}

void ens__loop_wake(ens_loop *l)
{
    const uint64_t one = 1;
    ssize_t n = write(l->wake_fd, &one, sizeof one); /* it is full: then it wakes, too */
    (void)n;
}

void ens__server_answer(ens_http_request *r, const ens_http_answer *a)
{
    ens_exchange *x = (ens_exchange *)(void *)r;
    ens_loop *l = x->loop;
    if (atomic_load_explicit(&l->server->stopping, memory_order_relaxed) ||
        atomic_load_explicit(&l->server->generation, memory_order_relaxed) != x->generation)
        x->keep = false;
    ens__answer_write(x, a);
    x->next = NULL;
    if (current == l) {
        *l->answered_end = x;
        l->answered_end = &x->next;
        return;
    }
    pthread_mutex_lock(&l->lock);
    bool first = !l->posted && !l->given_back;
    *l->posted_end = x;
    l->posted_end = &x->next;
    pthread_mutex_unlock(&l->lock);
    if (first)
        ens__loop_wake(l);
}

void ens__loop_give_back(ens_loop *l, ens_connection *c)
{
    pthread_mutex_lock(&l->lock);
    bool first = !l->posted && !l->given_back;
    c->behind = l->given_back;
    l->given_back = c;
    pthread_mutex_unlock(&l->lock);
    if (first)
        ens__loop_wake(l);
}

static void take_posted(ens_loop *l)
{
    pthread_mutex_lock(&l->lock);
    ens_connection *back = l->given_back;
    l->given_back = NULL;
    if (l->posted) {
        *l->answered_end = l->posted;
        l->answered_end = l->posted_end;
    }
    l->posted = NULL;
    l->posted_end = &l->posted;
    pthread_mutex_unlock(&l->lock);
    for (ens_connection *next; back; back = next) {
        next = back->behind;
        ens__handshake_went(back);
    }
    ens__loop_send(l);
}

static void pause_accepting(ens_loop *l, ens_loop_listener *from)
{
    event_del(from->event);
    l->paused = true;
}

/* accept_some takes up to a turn's connections, and tells whether more may wait. */
static bool accept_some(ens_loop *l, ens_loop_listener *from)
{
    for (unsigned i = 0; i < ENS_SERVER_TURN; i++) {
        bool full = atomic_load_explicit(&l->server->open, memory_order_relaxed) >= l->server->limits.connections;
        int fd = full ? -1 : accept4(from->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            ens__connection_open(l, fd, from->number);
        } else if (full || (errno != ECONNABORTED && errno != EINTR && errno != EPROTO)) {
            if (full || (errno != EAGAIN && errno != EWOULDBLOCK)) /* no room for more: the tick looks again */
                pause_accepting(l, from);
            return false;
        }
    }
    return true;
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    ens_loop_listener *from = arg;
    (void)fd;
    (void)what;
    accept_some(from->loop, from);
    ens__loop_send(from->loop);
}

static void set_tick(ens_loop *l)
{
    const ens_server_limits *limits = &l->server->limits;
    uint32_t ms = limits->head_ms;
    ms = limits->idle_ms < ms ? limits->idle_ms : ms;
    ms = limits->grace_ms < ms ? limits->grace_ms : ms;
    ms = limits->linger_ms < ms ? limits->linger_ms : ms;
    ms /= 4;
    ms = ms > TICK_MOST_MS ? TICK_MOST_MS : ms < TICK_LEAST_MS ? TICK_LEAST_MS : ms;
    if (l->stopping && ms > TICK_STOPPING_MS)
        ms = TICK_STOPPING_MS;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (int)(ms % 1000) * 1000};
    event_add(l->tick, &wait);
}

static void resume_accepting(ens_loop *l)
{
    if (!l->paused || l->stopping)
        return;
    l->paused = false;
    for (size_t n = 0; n < l->server->num_listen; n++)
        event_add(l->listener[n].event, NULL);
}

/* begin_stop takes what waits to be accepted, and no more. */
static void begin_stop(ens_loop *l)
{
    l->stopping = ens__server_now();
    for (size_t n = 0; n < l->server->num_listen; n++) {
        ens_loop_listener *from = &l->listener[n];
        while (accept_some(l, from))
            continue;
        event_del(from->event);
        if (l->server->shared[n] < 0) {
            close(from->fd);
            from->fd = -1;
        }
    }
    set_tick(l);
}

static void end_if_done(ens_loop *l)
{
    if (!l->stopping)
        return;
    if (l->now >= atomic_load(&l->server->deadline))
        for (ens_connection *c = l->connections, *next; c; c = next) {
            next = c->next;
            if (!c->lent) /* it is back in a moment */
                ens__connection_close(c);
        }
    if (!l->connections)
        event_base_loopbreak(l->base);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    ens_loop *l = arg;
    (void)fd;
    (void)what;
    l->now = ens__server_now();
    for (ens_connection *c = l->connections, *next; c; c = next) {
        next = c->next;
        if (!c->lent)
            ens__connection_tick(c);
    }
    ens__loop_send(l);
    resume_accepting(l);
    set_tick(l);
    end_if_done(l);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    ens_loop *l = arg;
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n;
    (void)what;
    if (atomic_load(&l->server->stopping) && !l->stopping)
        begin_stop(l);
    take_posted(l);
    ens__stream_take(l);
    l->now = ens__server_now();
    end_if_done(l);
}

static ens_code make_events(ens_loop *l, ens_err *err)
{
    l->base = event_base_new();
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->scratch = malloc(ENS_SERVER_SCRATCH);
    if (!l->base || l->wake_fd < 0 || !l->scratch)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory or descriptors for a loop", 0);
    l->tick = event_new(l->base, -1, 0, on_tick, l);
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    bool good = l->tick && l->wake && event_add(l->wake, NULL) == 0;
    for (size_t n = 0; good && n < l->server->num_listen; n++) {
        ens_loop_listener *from = &l->listener[n];
        if (l->server->shared[n] >= 0)
            from->fd = l->server->shared[n];
        *from = (ens_loop_listener){.fd = from->fd, .number = (unsigned)n, .loop = l};
        from->event = event_new(l->base, from->fd, EV_READ | EV_PERSIST, on_accept, from);
        good = from->event && event_add(from->event, NULL) == 0;
    }
    set_tick(l);
    return good ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a loop", 0);
}

ens_code ens__loop_init(ens_loop *l, ens_server *s, ens_err *err)
{
    l->server = s;
    l->wake_fd = -1;
    l->posted_end = &l->posted;
    l->answered_end = &l->answered;
    for (size_t n = 0; n < ENS_SERVER_LISTENERS_MAX; n++)
        l->listener[n].fd = -1;
    return pthread_mutex_init(&l->lock, NULL) == 0 ? ENS_OK
                                                   : ens_fail(err, ENS_ENOMEM, RULE, "no memory for a lock", 0);
}

static void *run_loop(void *arg)
{
    ens_loop *l = arg;
    current = l;
    event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    current = NULL;
    return NULL;
}

/* Signals are for the program's other threads; one to a loop would be a SIGPIPE of a client that has left. */
ens_code ens__loop_run(ens_loop *l, ens_err *err)
{
    sigset_t all, before;
    ens_code code = make_events(l, err);
    if (code != ENS_OK)
        return code;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->started = pthread_create(&l->thread, NULL, run_loop, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return l->started ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "can't start a thread", 0);
}

static void drop_exchanges(ens_exchange *x)
{
    for (ens_exchange *next; x; x = next) {
        next = x->next;
        free_exchange(x);
    }
}

/* ens__loop_clear is called once the thread has ended. */
void ens__loop_clear(ens_loop *l)
{
    if (!l->server)
        return;
    take_posted(l);
    ens__stream_take(l);
    while (l->connections)
        ens__connection_close(l->connections);
    drop_exchanges(l->answered);
    drop_exchanges(l->posted);
    drop_exchanges(l->spare);
    for (size_t n = 0; n < ENS_SERVER_LISTENERS_MAX; n++)
        if (l->listener[n].event)
            event_free(l->listener[n].event);
    if (l->tick)
        event_free(l->tick);
    if (l->wake)
        event_free(l->wake);
    if (l->base)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    free(l->scratch);
    pthread_mutex_destroy(&l->lock);
}
