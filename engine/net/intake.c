/* The way of a request from octets to the handler: what is refused on it, and what waits for its turn. */
#include "engine/net/server_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static void note_refusal(ens_connection *c, unsigned status, const char *why)
{
    const ens_http_handler *to = &c->loop->server->handler;
    const ens_exchange *x = c->exchange;
    ENS_COUNT(c->loop, refused, 1);
    if (to->note)
        to->note(to->ctx, &(ens_server_note){.kind = ENS_NOTE_HTTP,
                                             .peer = x->peer,
                                             .listener = c->listener,
                                             .status = status,
                                             .why = why,
                                             .head = ens__http1_bytes(x->reader)});
}

/* refuse_intake answers what the handler will never see; the connection ends where what follows can't be told from the
 * request. */
static void refuse_intake(ens_connection *c, unsigned status, const char *why)
{
    ens_exchange *x = c->exchange;
    char text[256];
    int len = snprintf(text, sizeof text, "%s\n", why);
    note_refusal(c, status, why);
    c->unread = !x->keep;
    ens__connection_enter(c, ENS_HANDED);
    ens__server_answer(
        &x->request, &(ens_http_answer){.status = status, .type = "text/plain", .body = ens_bytes(text, (size_t)len)});
}

/* The request. */
static bool begin_exchange(ens_connection *c)
{
    ens_exchange *x = c->exchange = ens__loop_take_exchange(c->loop);
    if (!x)
        return false;
    x->request = (ens_http_request){.head = ens__http1_head(x->reader), .peer = x->peer, .listener = c->listener};
    x->connection = c;
    x->keep = false;
    x->generation = c->generation;
    x->sending = ENS_ANSWER_WHOLE;
    ens__connection_peer(c, x->peer);
    if (c->secure && !ens__tls_client(&c->tls, &x->client))
        return false;
    x->request.client = ens_buf_slice(&x->client);
    c->since = ens__server_now();
    return true;
}

/* put_ahead keeps octets for later: behind those that are there. */
static bool put_ahead(ens_connection *c, ens_slice in)
{
    if (in.len == 0)
        return true;
    uint8_t *p = realloc(c->ahead, c->ahead_len + in.len);
    if (!p)
        return false;
    memcpy(p + c->ahead_len, in.p, in.len);
    c->ahead = p;
    c->ahead_len += in.len;
    return true;
}

static ens_http_refusal ask_intake(const ens_connection *c, uint64_t *limit)
{
    const ens_http_handler *to = &c->loop->server->handler;
    if (c->secure && ens__tls_ended(&c->tls))
        return (ens_http_refusal){403, "the client's certificate, or one above it, has ended since it connected"};
    return to->begin ? to->begin(to->ctx, &c->exchange->request, limit) : (ens_http_refusal){0, NULL};
}

/* hand_unread hands a request over whose body nobody will read. */
static void hand_unread(ens_connection *c)
{
    ens_exchange *x = c->exchange;
    const ens_http_handler *to = &c->loop->server->handler;
    x->keep = false;
    x->request.unread = c->unread = true;
    ENS_COUNT(c->loop, requests, 1);
    ens__connection_enter(c, ENS_HANDED);
    to->handle(to->ctx, &x->request);
}

/* take_head asks the handler, with what follows the head in hand; false: the connection has another state, or is no
 * more. */
static bool take_head(ens_connection *c, ens_slice rest)
{
    const ens_http_head *head = c->exchange->request.head;
    uint64_t limit = c->loop->server->limits.body;
    ens_http_refusal no = ask_intake(c, &limit);
    if (no.why) {
        bool last = head->chunked || head->length > 0 || no.status == 403;
        c->exchange->keep = head->keep_alive && !last && put_ahead(c, rest);
        refuse_intake(c, no.status, no.why);
        return false;
    }
    if (limit == ENS_SERVER_UNREAD && (head->chunked || head->length > 0)) {
        hand_unread(c);
        return false;
    }
    ens__http1_limit(c->exchange->reader, limit);
    c->since = ens__server_now();
    if (!head->expects || rest.len > 0 || head->length > limit || ens__connection_write(c, ENS_LIT(CONTINUE)) > 0)
        return true;
    ens__connection_close(c);
    return false;
}

static void hand_over(ens_connection *c)
{
    ens_exchange *x = c->exchange;
    const ens_http_handler *to = &c->loop->server->handler;
    if (ens__spool_end(x->spool, &x->request.body, x->request.sha256, NULL) != ENS_OK) {
        refuse_intake(c, 507, "the body can't be kept");
        return;
    }
    x->keep = x->request.head->keep_alive;
    ENS_COUNT(c->loop, requests, 1);
    ens__connection_enter(c, ENS_HANDED);
    to->handle(to->ctx, &x->request);
}

/* feed reads in as far as the request in hand goes; what follows is kept. False: the connection has another state, or
 * is no more. */
static bool feed(ens_connection *c, ens_slice in)
{
    size_t used = 0;
    ens_http1_step step;
    if (!c->exchange && !begin_exchange(c)) {
        ens__connection_close(c);
        return false;
    }
    while ((step = ens__http1_feed(c->exchange->reader, in, &used)) == ENS_HTTP1_HEAD) {
        in = ens_from(in, used);
        if (!take_head(c, in))
            return false;
    }
    if (step == ENS_HTTP1_MORE)
        return true;
    if (step == ENS_HTTP1_REFUSED) {
        ens_http_refusal no = ens__http1_refusal(c->exchange->reader);
        refuse_intake(c, no.status, no.why);
    } else if (put_ahead(c, ens_from(in, used))) {
        hand_over(c);
    } else {
        ens__connection_close(c);
    }
    return false;
}

/* end_input: the client has ended its side, or the connection broke. */
static void end_input(ens_connection *c, bool broken)
{
    static const char why[] = "the client hung up within a request";
    if (!c->exchange) {
        ens__connection_part(c, false);
    } else if (broken) {
        note_refusal(c, 400, why);
        ens__connection_close(c);
    } else {
        c->half = true;
        refuse_intake(c, 400, why);
    }
}

/* pump reads what came, for a turn. A read that gives less than it could have is the last one. */
void ens__intake_pump(ens_connection *c)
{
    const int full = c->secure ? SSL3_RT_MAX_PLAIN_LENGTH : (int)ENS_SERVER_SCRATCH;
    if (c->ahead_len) {
        uint8_t *ahead = c->ahead;
        size_t len = c->ahead_len;
        c->ahead = NULL;
        c->ahead_len = 0;
        bool more = feed(c, ens_bytes(ahead, len));
        free(ahead);
        if (!more)
            return;
    }
    for (unsigned i = 0; i < ENS_SERVER_TURN; i++) {
        int n = ens__connection_read(c, c->loop->scratch, ENS_SERVER_SCRATCH);
        if (n == ENS_WIRE_WAIT)
            return;
        if (n <= 0) {
            end_input(c, n == ENS_WIRE_BROKEN);
            return;
        }
        if (!feed(c, ens_bytes(c->loop->scratch, (size_t)n)) || (n < full && !ens__connection_has_more(c)))
            return;
    }
    if (ens__connection_has_more(c))
        event_active(&c->event, EV_READ, 0);
}

/* watch looks after a client whose request is in hand: what it sends is kept within bounds, and that it leaves is seen.
 */
void ens__intake_watch(ens_connection *c)
{
    size_t room = ENS_SERVER_AHEAD_MAX - c->ahead_len;
    int n = room ? ens__connection_read(c, c->loop->scratch, room) : ENS_WIRE_WAIT;
    if (n == ENS_WIRE_BROKEN || (n > 0 && !put_ahead(c, ens_bytes(c->loop->scratch, (size_t)n)))) {
        ens__connection_close(c);
        return;
    }
    c->half = c->half || n == 0;
    if (c->half || c->ahead_len >= ENS_SERVER_AHEAD_MAX)
        ens__connection_arm(c, 0);
}

void ens__intake_tick(ens_connection *c, int64_t age)
{
    const ens_server_limits *limits = &c->loop->server->limits;
    int64_t stopped = c->loop->stopping ? c->loop->now - c->loop->stopping : 0;
    if (!c->exchange) {
        if (age > limits->idle_ms || (stopped > ENS_SERVER_STOP_GRACE_MS && age > ENS_SERVER_STOP_GRACE_MS))
            ens__connection_part(c, false);
        return;
    }
    bool in_body = ens__http1_in_body(c->exchange->reader);
    if (in_body ? !ens__connection_is_slow(c, age, ens__http1_body_len(c->exchange->reader)) : age <= limits->head_ms)
        return;
    ENS_COUNT(c->loop, timeouts, 1);
    refuse_intake(c, 408, in_body ? "the body comes too slowly" : "the head did not come in time");
}
