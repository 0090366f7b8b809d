/* Inside the access point. A call is one request on its way: from a loop to a worker, which judges it and seals the
 * answer, to the committer, and back to the loop. It has one holder at a time. */
#ifndef ENS_STI_POINT_POINT_PARTS_H
#define ENS_STI_POINT_POINT_PARTS_H

#include "engine/base/idle.h"
#include "engine/base/jobs.h"
#include "engine/base/waker.h"
#include "ensign/seal.h"
#include "sti/point/refusal.h"
#include "sti/point/seen.h"
#include "sti/store/journal.h"

#include <pthread.h>
#include <stdatomic.h>

#define ENS_CALL_IDLE_MAX 64u                 /* calls that are kept for the next request */
#define ENS_CALL_KEPT ((size_t)64 << 10)      /* bytes of a call's buffer that are kept */
#define ENS_CALL_ARENA ((size_t)1 << 20)      /* bytes of what is said of a message */
#define ENS_CALL_ANSWER_MAX ((size_t)4 << 20) /* bytes of an answer */
#define ENS_CALL_CROWD 2u                     /* calls in hand for each worker, above which answers of customs wait */
#define ENS_CALLS_LATE 32u                    /* answers that may wait for their time; more come at once */
#define ENS_SOAP_TYPE "application/soap+xml; charset=UTF-8"

typedef struct ens_means ens_means; /* ens_point_means, counted */
struct ens_means {
    ens_point_means own;
    _Atomic unsigned users;
};

typedef enum {
    ENS_CALL_NEW = 0,
    ENS_CALL_CLASH,  /* its id was taken for another message while it was judged */
    ENS_CALL_LOST,   /* the store could not keep it */
    ENS_CALL_PULLED, /* there is a message for who pulls */
    ENS_CALL_EMPTY   /* there is none */
} ens_call_stage;

typedef struct ens_keeper ens_keeper;       /* who does what is to be done later */
typedef struct ens_pusher ens_pusher;       /* who pushes what customs send */
typedef struct ens_refresher ens_refresher; /* who asks about revocation */

typedef struct ens_call ens_call;
struct ens_call {
    ens_idle_link link;
    ens_point *point;
    ens_http_request *request;
    ens_call_stage stage;
    int64_t at_ms;
    uint64_t began_us;           /* of a clock that nobody sets */
    ens_arena arena;             /* texts of the entries */
    ens_buf raw, answer, stored; /* the message with header fields in front; what is sealed; what was sealed before */
    uint8_t raw_sha256[32];
    ens__entry entry[2]; /* of what is refused: the message, and what it is answered */
    char task_id[ENS_STORE_ID];
    ens__task task; /* what is to be done with it */
    ens__change change;
    ens_fault fault;  /* that was asked for */
    ens_slice late;   /* the answer, where it is to come late */
    unsigned status;  /* of the answer */
    const char *type; /* of its body; NULL: a bare envelope */
};

struct ens_point {
    ens_point_plan plan;
    char path[256], elsewhere[320];
    ens_server *server;
    ens_jobs *jobs;
    ens__committer *committer;
    ens__journal *journal;
    ens_keeper *keeper;
    ens_pusher *pusher;
    ens_refresher *refresher;
    ens__hints *hints;
    pthread_mutex_t lock;
    ens_means *means;         /* under the lock */
    ens_idle idle;            /* calls */
    _Atomic unsigned late;    /* answers that wait for their time */
    _Atomic unsigned in_hand; /* calls */
    unsigned crowd;           /* more of them are many */
    ens_tally tally;
    _Atomic uint64_t accepted, again, refused, turned_away;
    ens_seen seen;
};

/* What a thread seals with: a sealer, and the means that it was made of. */
typedef struct {
    ens_means *means;
    ens_sealer *sealer, *stranger; /* stranger: nobody's seal; NULL until it is asked for */
} ens_desk;

/* A worker's own. */
typedef struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_desk desk;
    ens_arena arena; /* of a message that a receipt is about */
} ens_clerk;

/* ens__means_take takes the means, and makes sure that they serve.   Errors  those of ens__point_means_check */
ENS_CHECK ens_code ens__means_take(ens_point_means *own, ens_time at, ens_means **out, ens_err *err);
ens_means *ens__means_share(ens_point *p);
void ens__means_drop(ens_means *m);
/* ens__desk_renew makes the sealer anew where the point has other means by now; false: there is none. */
bool ens__desk_renew(ens_desk *d, ens_point *p, ens_time at);
/* ens__desk_stranger is NULL where it can't be made. */
ens_sealer *ens__desk_stranger(ens_desk *d, ens_time at);
void ens__desk_clear(ens_desk *d);

ens_call *ens__call_new(ens_point *p, ens_http_request *r); /* NULL without memory */
void ens__call_free(ens_call *c);
void ens__calls_clear(ens_point *p);
/* ens__call_answer sends body with the call's status, and frees the call when it is sent. */
void ens__call_answer(ens_call *c, ens_slice body);
/* ens__call_tally counts what a message has come to. */
void ens__call_tally(const ens_call *c, ens_slice action, ens_verdict verdict);
/* ens__call_turn_away answers that this is no time for it. */
void ens__call_turn_away(ens_call *c);

/* ens__call_post hands it to a worker; false: there are too many of them. */
ENS_CHECK bool ens__call_post(ens_call *c);

/* A worker's state and work, for ens_jobs. */
void *ens__clerk_make(void *point);
void ens__clerk_drop(void *clerk);
void ens__clerk_work(void *point, void *clerk, void *call);

/* What a clerk does for others: keeps a text as long as the call lives, says what an answer is, logs, seals an error
 * into the call's answer, refuses (written: the message stands in the journal already), writes entries down and then
 * answers, says why the store could not keep something. */
ens_slice ens__clerk_keep(ens_call *c, ens_slice text);
ens__entry ens__clerk_answer(ens_call *c, const ens_clerk *k, ens_entry_kind kind, const ens__entry *to);
void ens__clerk_tell(const ens_call *c, const char *event, const ens__entry *e, const char *check);
bool ens__clerk_seal_error(ens_clerk *k, ens_call *c, const ens_refusal *why, ens_slice ref_to);
void ens__clerk_refuse(ens_clerk *k, ens_call *c, const ens_refusal *why, bool written);
void ens__clerk_write(ens_call *c, const ens__entry *entries, size_t num);
void ens__clerk_complain(const ens_call *c, const ens__change *change);

/* ens__mailbox_pull looks for a message for a pull request that was judged good; ens__mailbox_answer sends what was
 * found. ens__mailbox_take settles the message that a receipt or an error is about; false: that is left to the caller,
 * and *good is false when it proves nothing. */
void ens__mailbox_pull(ens_call *c, const ens_message *m);
void ens__mailbox_answer(ens_clerk *k, ens_call *c);
bool ens__mailbox_take(ens_clerk *k, ens_call *c, const ens_message *m, bool *good);

ENS_CHECK ens_code ens__keeper_start(ens_point *p, ens_keeper **out, ens_err *err);
void ens__keeper_wake(ens_keeper *k); /* there is something to do; any thread */
void ens__keeper_hint(ens_keeper *k); /* … that another has put down, an order perhaps */
void ens__keeper_stop(ens_keeper *k);
/* ens__keeper_attempt is what a proven receipt makes of a message: it is delivered, unless it is rehearsed that it
 * comes twice and this was the first time. */
ens_attempt ens__keeper_attempt(const ens__outbound *m);

ENS_CHECK ens_code ens__pusher_start(ens_point *p, ens_pusher **out, ens_err *err);
void ens__pusher_wake(ens_pusher *k); /* as above */
void ens__pusher_stop(ens_pusher *k); /* waits for the exchange in hand */

ENS_CHECK ens_code ens__refresher_start(ens_point *p, ens_refresher **out, ens_err *err);
/* ens__refresher_see remembers a message's signer, and asks about him if he is new; any thread. */
void ens__refresher_see(ens_refresher *r, const ens_message *m);
void ens__refresher_stop(ens_refresher *r);

/* ens__point_note writes what never became a request into the journal. */
void ens__point_note(void *point, const ens_server_note *note);

#endif
