#include "engine/net/server_parts.h"

#include "engine/base/arena.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void on_ready(evutil_socket_t fd, short what, void *arg);

void ens__connection_arm(ens_connection *c, short what)
{
    if (c->armed == what)
        return;
    if (c->armed)
        event_del(&c->event);
    c->armed = what;
    if (!what)
        return;
    event_assign(&c->event, c->loop->base, c->fd, (short)(what | EV_PERSIST), on_ready, c);
    event_add(&c->event, NULL);
}

void ens__connection_enter(ens_connection *c, ens_connection_state state)
{
    c->state = state;
    c->since = ens__server_now();
}

void ens__connection_peer(const ens_connection *c, char out[ENS_SERVER_PEER_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";
    if (c->peer.family == AF_INET) {
        inet_ntop(AF_INET, &c->peer.in.sin_addr, host, sizeof host);
        snprintf(out, ENS_SERVER_PEER_MAX, "%s:%u", host, ntohs(c->peer.in.sin_port));
    } else if (c->peer.family == AF_INET6) {
        inet_ntop(AF_INET6, &c->peer.in6.sin6_addr, host, sizeof host);
        snprintf(out, ENS_SERVER_PEER_MAX, "[%s]:%u", host, ntohs(c->peer.in6.sin6_port));
    } else {
        snprintf(out, ENS_SERVER_PEER_MAX, "unix");
    }
}

/* Reading and writing, with TLS or without. */
static int take_error(ens_connection *c, int n)
{
    switch (SSL_get_error(c->tls.ssl, n)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return ENS_WIRE_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        ERR_clear_error();
        return ENS_WIRE_BROKEN;
    }
}

int ens__connection_read(ens_connection *c, uint8_t *out, size_t size)
{
    int n;
    if (c->secure) {
        ERR_clear_error();
        n = SSL_read(c->tls.ssl, out, (int)size);
        if (n <= 0)
            return take_error(c, n);
    } else {
        do
            n = (int)recv(c->fd, out, size, 0);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? ENS_WIRE_WAIT : ENS_WIRE_BROKEN;
    }
    if (n > 0)
        ENS_COUNT(c->loop, bytes_in, (uint64_t)n);
    return n;
}

int ens__connection_write(ens_connection *c, ens_slice bytes)
{
    int n;
    size_t len = bytes.len > INT32_MAX ? INT32_MAX : bytes.len;
    if (c->secure) {
        ERR_clear_error();
        n = SSL_write(c->tls.ssl, bytes.p, (int)len);
        if (n <= 0)
            return take_error(c, n);
    } else {
        do
            n = (int)send(c->fd, bytes.p, len, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? ENS_WIRE_WAIT : ENS_WIRE_BROKEN;
    }
    ENS_COUNT(c->loop, bytes_out, (uint64_t)n);
    return n;
}

/* has_more tells of octets that TLS has read already, for which no event will come. */
bool ens__connection_has_more(const ens_connection *c)
{
    return c->secure && SSL_has_pending(c->tls.ssl);
}

/* The life of a connection. */
static void set_options(ens_connection *c)
{
    const int on = 1;
    socklen_t len = sizeof c->peer;
    if (getpeername(c->fd, (struct sockaddr *)&c->peer, &len) != 0)
        c->peer.family = AF_UNSPEC;
    if (c->peer.family == AF_INET || c->peer.family == AF_INET6)
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void ens__connection_open(ens_loop *l, int fd, unsigned listener)
{
    ens_connection *c = calloc(1, sizeof *c);
    ENS_COUNT(l, accepted, 1);
    if (!c) {
        close(fd);
        return;
    }
    ens__heap_note();
    *c = (ens_connection){.loop = l, .fd = fd, .listener = listener, .next = l->connections, .link = &l->connections};
    c->generation = atomic_load(&l->server->generation);
    if (c->next)
        c->next->link = &c->next;
    l->connections = c;
    atomic_fetch_add_explicit(&l->server->open, 1, memory_order_relaxed);
    set_options(c);
    if (!ens__handshake_begin(c)) {
        ens__connection_close(c);
        return;
    }
    ens__connection_enter(c, c->secure ? ENS_SHAKING : ENS_READING);
    ens__connection_arm(c, EV_READ);
}

void ens__connection_close(ens_connection *c)
{
    ens_loop *l = c->loop;
    ens__connection_arm(c, 0);
    if (c->exchange && c->state == ENS_STREAMING)
        ens__stream_left(c->exchange);
    else if (c->exchange && c->state == ENS_HANDED)
        c->exchange->connection = NULL; /* the handler has it: its answer finds nobody */
    else if (c->exchange)
        ens__loop_give_exchange(l, c->exchange);
    if (c->secure)
        ens__tls_clear(&c->tls);
    close(c->fd);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    atomic_fetch_sub_explicit(&l->server->open, 1, memory_order_relaxed);
    free(c->ahead);
    free(c);
}

/* part ends this side as TLS and TCP have it; a client that still sends is read from for a while, since a socket closed
 * with octets unread takes back what was sent. */
void ens__connection_part(ens_connection *c, bool linger)
{
    if (c->secure) {
        ERR_clear_error();
        SSL_shutdown(c->tls.ssl);
        ERR_clear_error();
    }
    if (!linger || c->half || shutdown(c->fd, SHUT_WR) != 0) {
        ens__connection_close(c);
        return;
    }
    if (c->exchange)
        ens__loop_give_exchange(c->loop, c->exchange);
    c->exchange = NULL;
    c->moved = 0;
    ens__connection_enter(c, ENS_LINGERING);
    ens__connection_arm(c, EV_READ);
}

static void drain(ens_connection *c)
{
    for (unsigned i = 0; i < ENS_SERVER_TURN; i++) {
        int n = ens__connection_read(c, c->loop->scratch, ENS_SERVER_SCRATCH);
        if (n == ENS_WIRE_WAIT)
            return;
        c->moved += n > 0 ? (size_t)n : 0;
        if (n <= 0 || c->moved > ENS_SERVER_LINGER_MAX) {
            ens__connection_close(c);
            return;
        }
    }
}

/* The answer. */
static void end_answer(ens_connection *c)
{
    ens_exchange *x = c->exchange;
    bool keep = x->keep && !c->half && x->sending == ENS_ANSWER_WHOLE, unread = c->ahead_len > 0 || c->unread;
    c->exchange = NULL;
    ens__loop_give_exchange(c->loop, x);
    if (!keep) {
        ens__connection_part(c, unread);
        return;
    }
    ens__connection_enter(c, ENS_READING);
    ens__connection_arm(c, EV_READ);
    if (c->ahead_len || ens__connection_has_more(c))
        ens__intake_pump(c);
}

static void send_answer(ens_connection *c)
{
    ens_exchange *x = c->exchange;
    for (;;) {
        ens_slice part_of = ens_from(ens_buf_slice(&x->out), c->moved);
        if (c->moved >= x->out.len)
            part_of = ens_from(x->rest, c->moved - x->out.len);
        if (part_of.len == 0)
            break;
        int n = ens__connection_write(c, part_of);
        if (n == ENS_WIRE_WAIT) {
            ens__connection_arm(c, EV_WRITE);
            return;
        }
        if (n <= 0) {
            ens__connection_close(c);
            return;
        }
        c->moved += (size_t)n;
    }
    end_answer(c);
}

/* send_garbled sends a record that no key opens.   Source  RFC 8446, 5.2 */
static void send_garbled(const ens_connection *c)
{
    static const uint8_t record[] = {23,  3,   3,   0,   32,  'n', 'o', ' ', 'k', 'e', 'y', ' ', 'o',
                                     'p', 'e', 'n', 's', ' ', 't', 'h', 'i', 's', ':', ' ', 'r', 'e',
                                     'h', 'e', 'a', 'r', 's', 'e', 'd', ' ', '!', '!', '!'};
    if (c->secure && send(c->fd, record, sizeof record, MSG_NOSIGNAL) < 0)
        return; /* nobody is there to be told */
}

void ens__connection_answer(ens_exchange *x)
{
    ens_connection *c = x->connection;
    if (!c) {
        if (x->streams)
            ens__stream_left(x);
        else
            ens__loop_give_exchange(x->loop, x);
        return;
    }
    c->moved = 0;
    if (x->streams) {
        ens__connection_enter(c, ENS_STREAMING);
        ens__stream_go(c);
        return;
    }
    ens__connection_enter(c, ENS_WRITING);
    if (x->sending == ENS_ANSWER_GARBLED)
        send_garbled(c);
    if (x->sending == ENS_ANSWER_NONE || x->sending == ENS_ANSWER_GARBLED)
        ens__connection_close(c);
    else
        send_answer(c);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    ens_connection *c = arg;
    ens_loop *l = c->loop;
    (void)fd;
    (void)what;
    switch (c->state) {
    case ENS_SHAKING:
        ens__handshake_go(c);
        break;
    case ENS_READING:
        ens__intake_pump(c);
        break;
    case ENS_HANDED:
        ens__intake_watch(c);
        break;
    case ENS_WRITING:
        send_answer(c);
        break;
    case ENS_STREAMING:
        ens__stream_watch(c);
        break;
    case ENS_LINGERING:
        drain(c);
        break;
    }
    ens__loop_send(l);
}

bool ens__connection_is_slow(const ens_connection *c, int64_t age, uint64_t bytes)
{
    const ens_server_limits *limits = &c->loop->server->limits;
    return age > limits->grace_ms && bytes < (uint64_t)(age - limits->grace_ms) * limits->rate / 1000;
}

void ens__connection_tick(ens_connection *c)
{
    const ens_server_limits *limits = &c->loop->server->limits;
    int64_t age = c->loop->now - c->since;
    if (c->state == ENS_READING) {
        ens__intake_tick(c, age);
    } else if (c->state == ENS_SHAKING && age > limits->head_ms) {
        ens__handshake_give_up(c);
    } else if (c->state == ENS_WRITING && ens__connection_is_slow(c, age, c->moved)) {
        ENS_COUNT(c->loop, timeouts, 1);
        ens__connection_close(c);
    } else if (c->state == ENS_STREAMING &&
               (c->loop->stopping || (c->moved < c->exchange->out.len && age > limits->idle_ms))) {
        ens__connection_close(c);
    } else if (c->state == ENS_LINGERING && age > limits->linger_ms) {
        ens__connection_close(c);
    }
}
