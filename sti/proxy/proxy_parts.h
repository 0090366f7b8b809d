/* Inside the proxy. A call is one request on its way. Two things must have happened before it is answered: the request
 * is durable, and the other side has answered; whoever comes last answers it. After that the server sends the answer
 * while a worker compares it; whoever comes last gives the call back. */
#ifndef ENS_STI_PROXY_PROXY_PARTS_H
#define ENS_STI_PROXY_PROXY_PARTS_H

#include "engine/base/idle.h"
#include "engine/base/jobs.h"
#include "engine/net/fetches.h"
#include "sti/ledger/ledger.h"
#include "sti/proxy/proxy.h"

#include <pthread.h>
#include <stdatomic.h>

#define ENS_PROXY_KEPT ((size_t)64 << 10) /* bytes of a call's buffer that are kept */
#define ENS_PROXY_IDLE 64u                /* calls that are kept for the next request */
#define ENS_PROXY_ARENA ((size_t)1 << 20)
#define ENS_PROXY_HEAD ((size_t)64 << 10) /* bytes of an answer's head */
#define ENS_PROXY_WHY 512u

typedef struct {
    ens_proxy_judge own;
    _Atomic unsigned users;
} ens_judge_share;

typedef enum {
    ENS_CALL_JUDGE = 0, /* a request has come */
    ENS_CALL_COMPARE    /* its answer has come, too */
} ens_proxy_stage;

typedef struct ens_proxy_call ens_proxy_call;
struct ens_proxy_call {
    ens_idle_link link;
    ens_proxy *proxy;
    ens_http_request *request; /* until it is answered */
    ens_proxy_stage stage;
    int64_t at_ms;
    ens_arena arena; /* of one holder at a time: the loop, a worker, a worker again */
    ens_buf raw;     /* the request as it is written down */
    /* The exchange: the carrier's until it has ended. */
    const char *const *fields;
    ens_buf head, body; /* of the answer */
    ens_fetch_seen seen;
    bool answered; /* there is a response */
    long status;
    char why[ENS_PROXY_WHY];
    /* What is known of it. */
    bool judged, kept, from_customs;
    ens_message_kind asked;
    uint64_t seq;
    ens__entry message, answer;
    ens__ledger_row reply;
    ens__ledger_change ledger;
    ens__change change;
    ens_buf record;            /* the answer as it is written down; what was sealed here */
    const char *type, *others; /* of the answer: Content-Type, and what else is passed on */
    unsigned held_status;
    _Atomic int pending, users;
    ens_proxy_call *next; /* for the carrier, until it has taken it */
};

typedef struct ens_carrier ens_carrier; /* the thread that makes the exchanges */

struct ens_proxy {
    ens_proxy_plan plan;
    char url[ENS_STORE_URL];
    ens_server *server;
    ens_jobs *jobs;
    ens__committer *committer;
    ens_carrier *carrier;
    pthread_mutex_t lock;
    ens_judge_share *judge; /* under the lock */
    ens_idle idle;          /* calls */
    _Atomic unsigned in_hand;
    _Atomic uint64_t passed, held, turned_away, unanswered, agree, disagree, unrecorded;
};

/* -- Header fields (fields.c) -- */

/* ens__proxy_request_fields makes the lines that libcurl sends, NULL at their end; NULL without memory. */
const char *const *ens__proxy_request_fields(const ens_http_head *head, ens_arena *arena);
/* ens__proxy_put_request writes the head of what is recorded: start line and fields, without those that are secret. */
void ens__proxy_put_request(const ens_http_head *head, ens_buf *out);
/* ens__proxy_answer_fields reads an answer's head: its type, and the lines that are passed on. */
bool ens__proxy_answer_fields(ens_slice head, ens_arena *arena, const char **type, const char **others);
void ens__proxy_put_answer(unsigned status, ens_slice head, ens_buf *out);

/* -- Calls (proxy.c) -- */

void ens__proxy_step(ens_proxy_call *c);                       /* one of the two things has happened; any thread */
void ens__proxy_leave(ens_proxy_call *c);                      /* one of the two that hold it has done with it */
void ens__proxy_turn_away(ens_proxy_call *c, const char *why); /* 503; the call is given back */
void ens__proxy_answer_held(ens_proxy_call *c);                /* record, with held_status */
ens_judge_share *ens__proxy_judge_share(ens_proxy *p);
void ens__proxy_judge_drop(ens_judge_share *j);

/* -- Exchanges (carrier.c) -- */

ENS_CHECK ens_code ens__carrier_start(ens_proxy *p, ens_carrier **out, ens_err *err);
void ens__carrier_give(ens_carrier *k, ens_proxy_call *c);
/* ens__carrier_end breaks off what is under way, and whatever is given from then on; ens__carrier_stop follows when no
 * call is in hand. */
void ens__carrier_end(ens_carrier *k);
void ens__carrier_stop(ens_carrier *k);

/* -- Judging and writing down (scribe.c) -- */

void *ens__scribe_make(void *proxy);
void ens__scribe_drop(void *scribe);
void ens__scribe_work(void *proxy, void *scribe, void *call);
/* ens__scribe_unjudged writes a request down that nobody had time to judge; the exchange is the caller's to begin. */
void ens__scribe_unjudged(ens_proxy_call *c);
/* ens__scribe_uncompared writes its answer down likewise. */
void ens__scribe_uncompared(ens_proxy_call *c);

#endif
