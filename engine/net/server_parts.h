/* What the server's own files share: server.c the whole, listener.c its sockets, loop.c a thread with its connections,
 * connection.c the way of one of them, handshake.c its beginning, intake.c what it says, answer.c what goes back,
 * stream.c what goes back piece by piece. All of a loop and its connections belong to its thread; what others may touch
 * says so. */
#ifndef ENS_ENGINE_NET_SERVER_PARTS_H
#define ENS_ENGINE_NET_SERVER_PARTS_H

#include "engine/base/jobs.h"
#include "engine/net/server.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#define ENS_SERVER_SCRATCH ((size_t)64 << 10) /* bytes that are read at a time */
#define ENS_SERVER_TURN 16u                   /* reads of one connection, or accepts, before others have their turn */
#define ENS_SERVER_SPARE 256u                 /* exchanges that a loop keeps for later */
#define ENS_SERVER_PEER_MAX 64u

typedef struct ens_loop ens_loop;
typedef struct ens_connection ens_connection;
typedef struct ens_exchange ens_exchange;

/* A request with all that it needs, from its first octet to the last of its answer; then another's. */
struct ens_exchange {
    ens_http_request request; /* first: the handler has its address */
    ens_loop *loop;
    ens_connection *connection; /* NULL: gone; the loop's to touch */
    ens_http1 *reader;
    ens_spool *spool;
    ens_buf client, out; /* out: the answer's head and what of its body is copied */
    ens_slice rest;      /* what isn't */
    void (*release)(void *owner);
    void *owner;
    bool keep;           /* the connection stays */
    unsigned generation; /* of the connection's TLS context */
    ens_http_sending sending;
    bool streams; /* the answer comes in pieces (stream.c) */
    bool last;    /* nothing follows what is in out; the loop's */
    bool ended;   /* under the loop's lock, as what follows: the holder has said its last */
    bool in_flows;
    ens_buf flow; /* pieces that the loop has not taken yet */
    ens_exchange *flow_next;
    atomic_size_t queued; /* bytes of pieces that are not sent */
    atomic_bool gone;     /* nobody listens any more */
    char peer[ENS_SERVER_PEER_MAX];
    ens_exchange *next;
};

typedef enum { ENS_SHAKING, ENS_READING, ENS_HANDED, ENS_WRITING, ENS_STREAMING, ENS_LINGERING } ens_connection_state;

struct ens_connection {
    ens_connection *next, **link; /* of the loop's list */
    ens_loop *loop;
    struct event event;
    short armed; /* EV_READ, EV_WRITE: what the event waits for */
    int fd;
    ens_connection_state state;
    unsigned listener, generation;
    bool secure, half;      /* TLS; the client has ended its side */
    bool lent;              /* a thread makes a step of the handshake: whatever else waits */
    int shaken;             /* what it came to: SSL_ERROR_… */
    ens_connection *behind; /* of those that are given back */
    bool unread;            /* the client may still be sending what nobody reads */
    union {
        sa_family_t family;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } peer;
    ens_tls_session tls;
    ens_exchange *exchange; /* NULL: nothing is in hand */
    uint8_t *ahead;         /* octets that came too early */
    size_t ahead_len;
    size_t moved;  /* bytes of the answer that are sent; bytes passed over while lingering */
    int64_t since; /* ms: when the state, or the request's part, began */
};

typedef struct {
    int fd;          /* -1: none */
    unsigned number; /* in the plan */
    struct event *event;
    ens_loop *loop;
} ens_loop_listener;

struct ens_loop {
    ens_server *server;
    struct event_base *base;
    pthread_t thread;
    bool started, paused; /* paused: no more connections for now */
    ens_loop_listener listener[ENS_SERVER_LISTENERS_MAX];
    struct event *tick, *wake;
    int wake_fd;
    int64_t now, stopping; /* ms; stopping 0: not */
    ens_connection *connections;
    ens_exchange *spare, *answered, **answered_end; /* answered: on this thread, to be sent at the end of its turn */
    unsigned num_spare;
    uint8_t *scratch;
    pthread_mutex_t lock;
    ens_exchange *posted, **posted_end; /* under the lock: answers of other threads */
    ens_exchange *flows;                /* and streams with something new */
    ens_connection *given_back;         /* and connections whose handshake went on in one */
    struct {
        atomic_uint_fast64_t accepted, handshakes, resumed, failed, requests, refused, timeouts, bytes_in, bytes_out;
    } count;
};

struct ens_server {
    ens_http_handler handler;
    ens_server_limits limits;
    const char *spool;
    size_t num_listen;
    unsigned tls_of[ENS_SERVER_LISTENERS_MAX];
    char address[ENS_SERVER_LISTENERS_MAX][ENS_SERVER_ADDRESS_MAX];
    bool unlinks[ENS_SERVER_LISTENERS_MAX]; /* the path of a unix socket goes with it */
    int shared[ENS_SERVER_LISTENERS_MAX];   /* a descriptor that all loops accept from; -1: each has its own */
    unsigned num_loops;
    ens_loop loop[ENS_SERVER_LOOPS_MAX];
    pthread_mutex_t lock; /* of tls */
    ens_tls *tls[ENS_SERVER_TLS_MAX];
    atomic_uint generation;
    atomic_uint_fast64_t open;
    ens_jobs *shakers; /* NULL: there is no TLS */
    atomic_bool stopping;
    atomic_llong deadline; /* ms: when a stop ends at the latest */
};

#define ENS_COUNT(loop, what, n) atomic_fetch_add_explicit(&(loop)->count.what, (n), memory_order_relaxed)

int64_t ens__server_now(void); /* ms of a clock that only goes on */

/* listener.c: opens a plan's listener for every loop. */
ENS_CHECK ens_code ens__server_listen(ens_server *s, size_t number, const ens_server_listen *at, ens_err *err);
void ens__server_unlisten(ens_server *s);

/* loop.c */
ENS_CHECK ens_code ens__loop_init(ens_loop *l, ens_server *s, ens_err *err);
ENS_CHECK ens_code ens__loop_run(ens_loop *l, ens_err *err);
void ens__loop_wake(ens_loop *l);
void ens__loop_give_back(ens_loop *l, ens_connection *c); /* any thread */
void ens__loop_clear(ens_loop *l);
void ens__loop_send(ens_loop *l);                   /* the answers that its own thread has given */
ens_exchange *ens__loop_take_exchange(ens_loop *l); /* NULL without memory */
void ens__loop_give_exchange(ens_loop *l, ens_exchange *x);

/* connection.c */
void ens__connection_open(ens_loop *l, int fd, unsigned listener);
void ens__connection_answer(ens_exchange *x); /* x is answered: send it, or let it go */
void ens__connection_tick(ens_connection *c);
void ens__connection_close(ens_connection *c);
/* ens__connection_part says good-bye first; linger: the client may still send, and is to get what was sent to it. */
void ens__connection_part(ens_connection *c, bool linger);
void ens__connection_enter(ens_connection *c, ens_connection_state state);
void ens__connection_arm(ens_connection *c, short what);
void ens__connection_peer(const ens_connection *c, char out[ENS_SERVER_PEER_MAX]);
/* Octets that were read or written; 0: the client has ended its side; or one of these. */
enum { ENS_WIRE_WAIT = -1, ENS_WIRE_BROKEN = -2 };
int ens__connection_read(ens_connection *c, uint8_t *out, size_t size);
int ens__connection_write(ens_connection *c, ens_slice bytes);
bool ens__connection_has_more(
    const ens_connection *c); /* octets that TLS has read already: no event will come for them */
bool ens__connection_is_slow(const ens_connection *c, int64_t age, uint64_t bytes);

/* handshake.c: from the first octet to the last; a step is made by a thread of the server's, and what it came to is
 * seen to by the loop */
bool ens__handshake_begin(ens_connection *c);
void ens__handshake_go(ens_connection *c);
void ens__handshake_step(void *ctx, void *worker, void *job);
void ens__handshake_went(ens_connection *c);
void ens__handshake_give_up(ens_connection *c);

/* intake.c: reading, while nothing is in hand; looking after the client, while something is; time. */
void ens__intake_pump(ens_connection *c);
void ens__intake_watch(ens_connection *c);
void ens__intake_tick(ens_connection *c, int64_t age);

/* stream.c: sends what a stream has, looks whether the client is still there, takes note that it isn't, and takes what
 * is new of all streams of a loop. */
void ens__stream_go(ens_connection *c);
void ens__stream_watch(ens_connection *c);
void ens__stream_left(ens_exchange *x);
void ens__stream_take(ens_loop *l);

/* answer.c: puts an answer's head, and its body where it is copied, into x->out. */
void ens__answer_write(ens_exchange *x, const ens_http_answer *a);

#endif
