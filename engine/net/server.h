/* An HTTP/1 server that knows no message: loops, one a core, take connections over TCP, unix sockets and inherited
 * sockets, with TLS or without, read requests strictly (http1.h) into spools, and hand each to a handler, which answers
 * at once or later from any thread.
 *
 * A loop waits for nothing but its sockets: handshakes are made by as many threads beside, and a handler hands what
 * takes time to threads of its own. One request of a
 * connection is in hand at a time; what a client sends meanwhile waits, up to ENS_SERVER_AHEAD_MAX bytes in memory and
 * then in the kernel. */
#ifndef ENS_ENGINE_NET_SERVER_H
#define ENS_ENGINE_NET_SERVER_H

#include "engine/net/http1.h"
#include "engine/net/spool.h"
#include "engine/net/tls.h"

#define ENS_SERVER_LISTENERS_MAX 16u
#define ENS_SERVER_TLS_MAX 4u
#define ENS_SERVER_LOOPS_MAX 64u
#define ENS_SERVER_BACKLOG 1024
#define ENS_SERVER_ADDRESS_MAX 128u

/* What applies where a limit is 0. */
#define ENS_SERVER_HEAD_MS 10000u  /* for a handshake, and for a request's head */
#define ENS_SERVER_IDLE_MS 60000u  /* without a request */
#define ENS_SERVER_GRACE_MS 5000u  /* before a body or an answer has to move at the least rate */
#define ENS_SERVER_RATE 4096u      /* bytes a second, on average */
#define ENS_SERVER_LINGER_MS 2000u /* to read what a refused client still sends, so that it gets its answer */
#define ENS_SERVER_BODY_MAX ((uint64_t)64 << 20)
#define ENS_SERVER_CONNECTIONS 16384u
#define ENS_SERVER_UNREAD UINT64_MAX

#define ENS_SERVER_AHEAD_MAX ((size_t)16 << 10)   /* bytes kept of what follows the request in hand */
#define ENS_SERVER_LINGER_MAX ((size_t)1 << 20)   /* bytes passed over while lingering */
#define ENS_SERVER_STREAM_MAX ((size_t)256 << 10) /* bytes of a stream that wait for a client to read on */
#define ENS_SERVER_STOP_GRACE_MS 200u             /* an idle connection's last chance to ask, once the server stops */

typedef struct {
    uint32_t head_ms, idle_ms, grace_ms, linger_ms; /* 0: as above */
    uint32_t rate;
    uint32_t connections; /* open at a time, on all loops */
    uint64_t body;        /* unless the handler sets another */
} ens_server_limits;

/* Where a server listens: "127.0.0.1:8443", "[::1]:0", "unix:/run/ensign.sock", "fd:3" (inherited, listening). */
typedef struct {
    const char *address;
    unsigned tls; /* 0: plain, which is for the loopback and unix sockets; n: the server's nth context */
} ens_server_listen;

/* A request. All slices are good until it is answered. */
typedef struct {
    const ens_http_head *head;
    ens_slice body;
    uint8_t sha256[ENS_SPOOL_SHA256]; /* of the body */
    ens_slice client;                 /* the certificate that the client proved to hold, as DER; empty: none */
    const char *peer;                 /* "127.0.0.1:40000", "[::1]:40000", "unix" */
    unsigned listener;                /* its number in the plan */
    bool unread;                      /* begin asked for the body to be left where it was */
    void *user;                       /* the handler's own */
} ens_http_request;

typedef enum {
    ENS_ANSWER_WHOLE = 0,
    ENS_ANSWER_CUT,    /* half of the body, then hang up */
    ENS_ANSWER_NONE,   /* hang up */
    ENS_ANSWER_GARBLED /* octets that TLS can't read, then hang up; without TLS nothing is sent */
} ens_http_sending;

typedef struct {
    unsigned status;
    const char *type;   /* Content-Type; NULL: none */
    const char *fields; /* further lines, each with its CR LF; NULL: none */
    ens_slice body;
    void (*release)(
        void *owner); /* called once the body is sent, or won't be; NULL: the body is copied before the call returns */
    void *owner;
    bool close; /* hang up afterwards */
    ens_http_sending sending;
} ens_http_answer;

/* What never became a request for the handler: to be kept and counted by whoever wants to. */
typedef enum { ENS_NOTE_TLS, ENS_NOTE_HTTP } ens_note_kind;
typedef struct {
    ens_note_kind kind;
    const char *peer;
    unsigned listener;
    ens_tls_failure tls; /* of ENS_NOTE_TLS */
    unsigned status;     /* of ENS_NOTE_HTTP: what was answered */
    const char *why;
    ens_slice head; /* as far as it came */
} ens_server_note;

/* All are called on a loop, several loops at a time. */
typedef struct {
    void *ctx;
    /* begin sees a request's head before its body is read, and may refuse it (a wrong path, a method, a type), or set
     * *limit, the body's: ENS_SERVER_UNREAD has a request with a body handed over at once, without it, to be refused in
     * the handler's own words; the connection ends behind its answer. why NULL: go on. NULL: all are taken. */
    ens_http_refusal (*begin)(void *ctx, const ens_http_request *r, uint64_t *limit);
    /* handle owns r until ens__server_answer, which it or another thread must call once. */
    void (*handle)(void *ctx, ens_http_request *r);
    void (*note)(void *ctx, const ens_server_note *note); /* may be NULL */
    /* shake may have the handshake of a connection that has just come end otherwise; NULL: none does. */
    void (*shake)(void *ctx, unsigned listener, ens_tls_rehearsal *out);
} ens_http_handler;

typedef struct {
    const ens_server_listen *listen; /* borrowed until start returns */
    size_t num_listen;
    ens_tls *tls[ENS_SERVER_TLS_MAX]; /* shared */
    ens_http_handler handler;
    ens_server_limits limits;
    unsigned loops;    /* 0: one a core */
    const char *spool; /* folder of large bodies, borrowed; NULL: TMPDIR, or /tmp */
} ens_server_plan;

typedef struct ens_server ens_server;

/* ens__server_start listens and serves.
 * Errors  ENS_EPOLICY plain HTTP to strangers, TLS without a context, an address that is none; ENS_EIO what the system
 * refuses, by address; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__server_start(const ens_server_plan *plan, ens_server **out, ens_err *err);
/* ens__server_address is where a listener is, with the port that it got. */
const char *ens__server_address(const ens_server *s, size_t listener);
/* ens__server_renew puts another context in the place of the nth (1…): whoever connects from now on meets it, whoever
 * is connected finishes what is in hand and is let go after that. */
void ens__server_renew(ens_server *s, unsigned nth, ens_tls *tls);
/* ens__server_stop takes no more connections, finishes every request that came, and returns when all are gone, or after
 * drain_ms cuts off what is left. ens__server_free must wait until every request is answered; it stops what was not. */
void ens__server_stop(ens_server *s, uint32_t drain_ms);
void ens__server_free(ens_server *s);

/* ens__server_answer answers and gives r back. Any thread, once. */
void ens__server_answer(ens_http_request *r, const ens_http_answer *a);

/* An answer whose body comes in pieces, as long as there are some; the connection's end is its end. Thousands of them
 * may be open, and none holds a thread. */
typedef struct ens_http_stream ens_http_stream;
/* ens__server_stream begins one: a says status, type and fields, and its body is the first piece. What r borrows is
 * good until the stream is ended, and it must be ended before ens__server_free. Any thread, in place of
 * ens__server_answer. */
ens_http_stream *ens__server_stream(ens_http_request *r, const ens_http_answer *a);
/* ens__stream_put sends a piece, and never waits. False: nobody listens any more, or does not read; end it. One thread
 * at a time, as what follows. */
bool ens__stream_put(ens_http_stream *s, ens_slice piece);
/* ens__stream_waiting tells how many bytes of what was put may not have left yet. */
size_t ens__stream_waiting(const ens_http_stream *s);
/* ens__stream_end hangs up behind what was put, and gives r back. */
void ens__stream_end(ens_http_stream *s);

typedef struct {
    uint64_t accepted, handshakes, resumed,
        failed; /* connections; handshakes that were whole, short, came to nothing */
    uint64_t requests, refused, timeouts, bytes_in, bytes_out;
    uint64_t open;   /* connections right now */
    uint64_t cpu_ns; /* of all its threads */
} ens_server_counts;
void ens__server_count(const ens_server *s, ens_server_counts *out);

#endif
