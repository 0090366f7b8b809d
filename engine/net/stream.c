/* Answers whose body comes in pieces, as long as somebody has some: whoever holds a stream puts them from any thread,
 * the loop sends them, and no thread waits in between. */
#include "engine/net/server_parts.h"

#define AS_STREAM(r) ((ens_http_stream *)(void *)(r))

/* post hands what is new of x to its loop. */
static void post(ens_exchange *x)
{
    ens_loop *l = x->loop;
    bool first = !l->posted && !l->given_back && !l->flows;
    if (!x->in_flows) {
        x->in_flows = true;
        x->flow_next = l->flows;
        l->flows = x;
    }
    pthread_mutex_unlock(&l->lock);
    if (first)
        ens__loop_wake(l);
}

ens_http_stream *ens__server_stream(ens_http_request *r, const ens_http_answer *a)
{
    ens_exchange *x = (ens_exchange *)(void *)r;
    ens_http_answer head = *a;
    x->streams = true;
    x->ended = x->last = false;
    atomic_store(&x->queued, 0);
    atomic_store(&x->gone, false);
    head.close = true;
    head.sending = ENS_ANSWER_WHOLE;
    ens__server_answer(r, &head);
    return AS_STREAM(x);
}

bool ens__stream_put(ens_http_stream *s, ens_slice piece)
{
    ens_exchange *x = (ens_exchange *)(void *)s;
    if (atomic_load(&x->gone) || atomic_load(&x->queued) + piece.len > ENS_SERVER_STREAM_MAX)
        return false;
    atomic_fetch_add(&x->queued, piece.len);
    pthread_mutex_lock(&x->loop->lock);
    ens_buf_put(&x->flow, piece);
    bool kept = !x->flow.failed;
    post(x);
    return kept;
}

size_t ens__stream_waiting(const ens_http_stream *s)
{
    return atomic_load(&((const ens_exchange *)(const void *)s)->queued);
}

void ens__stream_end(ens_http_stream *s)
{
    ens_exchange *x = (ens_exchange *)(void *)s;
    if (!x)
        return;
    pthread_mutex_lock(&x->loop->lock);
    x->ended = true;
    post(x);
}

/* ens__stream_go sends what there is, and hangs up behind the last of it. */
void ens__stream_go(ens_connection *c)
{
    ens_exchange *x = c->exchange;
    while (c->moved < x->out.len) {
        int n = ens__connection_write(c, ens_from(ens_buf_slice(&x->out), c->moved));
        if (n == ENS_WIRE_WAIT) {
            ens__connection_arm(c, EV_READ | EV_WRITE);
            return;
        }
        if (n <= 0) {
            ens__connection_close(c);
            return;
        }
        c->moved += (size_t)n;
        c->since = ens__server_now();
    }
    x->out.len = c->moved = 0;
    atomic_store(&x->queued, 0);
    if (x->last)
        ens__connection_part(c, c->unread);
    else
        ens__connection_arm(c, EV_READ);
}

/* ens__stream_watch looks whether the client is still there; nothing it says is awaited. */
void ens__stream_watch(ens_connection *c)
{
    int n = ens__connection_read(c, c->loop->scratch, ENS_SERVER_SCRATCH);
    if (n != ENS_WIRE_WAIT) { /* it left, or it speaks where it is to listen */
        ens__connection_close(c);
        return;
    }
    if (c->armed & EV_WRITE)
        ens__stream_go(c);
}

/* ens__stream_left: the connection is no more. Whoever holds the stream learns it by the next piece. */
void ens__stream_left(ens_exchange *x)
{
    x->connection = NULL;
    atomic_store(&x->gone, true);
    if (x->last)
        ens__loop_give_exchange(x->loop, x);
}

static void take_flow(ens_exchange *x)
{
    ens_connection *c = x->connection;
    pthread_mutex_lock(&x->loop->lock);
    x->in_flows = false;
    x->last = x->ended;
    if (c)
        ens_buf_put(&x->out, ens_buf_slice(&x->flow));
    bool whole = !x->flow.failed && !x->out.failed;
    x->flow.len = 0;
    pthread_mutex_unlock(&x->loop->lock);
    if (c && !whole)
        ens__connection_close(c);
    else if (c && c->state == ENS_STREAMING)
        ens__stream_go(c);
    else if (!c && x->last)
        ens__loop_give_exchange(x->loop, x);
}

/* ens__stream_take sends the pieces that came since. */
void ens__stream_take(ens_loop *l)
{
    pthread_mutex_lock(&l->lock);
    ens_exchange *x = l->flows;
    l->flows = NULL;
    pthread_mutex_unlock(&l->lock);
    for (ens_exchange *next; x; x = next) {
        next = x->flow_next;
        take_flow(x);
    }
}
