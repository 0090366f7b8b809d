/* A connection's handshake. The loop reads the client's hello; one that is known comes back at once, and whatever
 * costs signatures is done by threads beside the loops: with a long key one takes longer than a hundred requests do.
 * Meanwhile the connection is that thread's. */
#include "engine/net/server_parts.h"

bool ens__handshake_begin(ens_connection *c)
{
    ens_server *s = c->loop->server;
    unsigned nth = s->tls_of[c->listener];
    if (nth == 0)
        return true;
    pthread_mutex_lock(&s->lock);
    ens_tls *tls = ens__tls_share(s->tls[nth - 1]);
    c->generation = atomic_load(&s->generation);
    pthread_mutex_unlock(&s->lock);
    ens_tls_rehearsal otherwise = {.listener = c->listener};
    if (s->handler.shake)
        s->handler.shake(s->handler.ctx, c->listener, &otherwise);
    c->secure = ens__tls_accept(otherwise.tls ? otherwise.tls : tls, c->fd, &c->tls);
    ens__tls_free(tls);
    ens__tls_free(otherwise.tls);
    otherwise.tls = NULL;
    c->tls.otherwise = otherwise;
    return c->secure;
}

static void note(ens_connection *c, const char *cause)
{
    const ens_http_handler *to = &c->loop->server->handler;
    uint8_t shown[ENS_TLS_SHOWN_MAX];
    char peer[ENS_SERVER_PEER_MAX];
    ens_server_note n = {.kind = ENS_NOTE_TLS, .peer = peer, .listener = c->listener};
    n.tls = ens__tls_failed(&c->tls, shown);
    if (cause)
        n.tls.cause = cause;
    ENS_COUNT(c->loop, failed, 1);
    ens__connection_peer(c, peer);
    if (to->note)
        to->note(to->ctx, &n);
}

/* A client that speaks HTTP is told so in HTTP; who is refused gets to read the alert. */
static void fail(ens_connection *c)
{
    static const char plain[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
                                "This port speaks TLS: use https://\n";
    note(c, NULL);
    bool spoke_plain = ens__tls_spoke_plain(&c->tls);
    ens__tls_clear(&c->tls);
    c->secure = false;
    if (spoke_plain)
        ens__connection_write(c, ens_bytes(plain, sizeof plain - 1));
    ens__connection_part(c, true);
}

void ens__handshake_give_up(ens_connection *c)
{
    ENS_COUNT(c->loop, timeouts, 1);
    note(c, "the client did not finish the handshake in time");
    ens__connection_close(c);
}

void ens__handshake_step(void *ctx, void *worker, void *job)
{
    ens_connection *c = job;
    (void)ctx;
    (void)worker;
    c->shaken = ens__tls_shake(&c->tls);
    ens__loop_give_back(c->loop, c);
}

void ens__handshake_go(ens_connection *c)
{
    if (!c->tls.beside) {
        c->shaken = ens__tls_shake(&c->tls);
        c->tls.beside = c->shaken == SSL_ERROR_WANT_CLIENT_HELLO_CB;
        if (!c->tls.beside) {
            ens__handshake_went(c);
            return;
        }
    }
    ens__connection_arm(c, 0);
    c->lent = ens__jobs_post(c->loop->server->shakers, c);
    if (c->lent)
        return;
    c->shaken = ens__tls_shake(&c->tls); /* the queue is full: then it costs this loop its time */
    ens__handshake_went(c);
}

void ens__handshake_went(ens_connection *c)
{
    c->lent = false;
    if (c->shaken == SSL_ERROR_WANT_READ || c->shaken == SSL_ERROR_WANT_WRITE) {
        ens__connection_arm(c, c->shaken == SSL_ERROR_WANT_READ ? EV_READ : EV_WRITE);
        return;
    }
    if (c->shaken != SSL_ERROR_NONE) {
        fail(c);
        return;
    }
    if (SSL_session_reused(c->tls.ssl))
        ENS_COUNT(c->loop, resumed, 1);
    else
        ENS_COUNT(c->loop, handshakes, 1);
    ens__connection_enter(c, ENS_READING);
    ens__connection_arm(c, EV_READ);
    if (ens__connection_has_more(c))
        ens__intake_pump(c);
}
