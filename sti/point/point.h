/* The access point: takes requests over a server (engine/net), judges each message as the STI does, keeps what it
 * accepts together with the receipt in one transaction, and answers only then. A duplicate gets the first receipt's
 * bytes. What is refused is kept as well, and so is what never became a message.
 * Source  ICS2-HTI ICD 4.1.3.2, 4.6.3; AS4 2.1.1, 3.2 */
#ifndef ENS_STI_POINT_POINT_H
#define ENS_STI_POINT_POINT_H

#include "engine/base/log.h"
#include "engine/net/server.h"
#include "ensign/verify.h"
#include "sti/clock/clock.h"
#include "sti/fault/fault.h"
#include "sti/point/board.h"
#include "sti/point/tally.h"
#include "sti/registry/uumds.h"
#include "sti/scenario/scenario.h"
#include "sti/store/committer.h"

#define ENS_POINT_PATH "/as4"
#define ENS_POINT_QUEUE 1024u        /* messages that wait for a worker; who comes then is told to come later */
#define ENS_POINT_DRAIN_MS 30000u    /* for what is in hand when it stops */
#define ENS_POINT_DUPLICATES_DAYS 30 /* an id is remembered for so long, at least */
#define ENS_POINT_DOMAIN 128u
#define ENS_POINT_ID_MAX 240u /* bytes of a message's id: what is to be done with it is named after it */

typedef struct ens_point ens_point;

/* How what is refused is answered. */
typedef struct {
    bool domibus;    /* by the codes, order and shapes that a Domibus was seen to give; else by ICS2's */
    bool fault;      /* with a SOAP fault in the Body */
    unsigned status; /* of HTTP; 0: 200 */
} ens_point_answers;

/* How messages of customs are pushed to those who have a channel for it (ens__store_party_put_channel). */
typedef struct {
    bool on;
    ens_buf tls_cert, tls_key; /* of the access point as a client, PEM; empty: none */
    char *tls_root;            /* PEM file; NULL: the system's */
} ens_point_push;

/* What may change while it serves, exchanged as a whole: a message meets the old or the new, and never half of it. */
typedef struct {
    ens_trust *trust;              /* anchors of the traders' seals; owned, as what follows. It opens no socket */
    ens_trust *fetcher;            /* shares what it hears with trust, and asks for it; NULL: nobody is asked */
    ens_buf key, certificate;      /* of the access point's seal, as files have them; wiped */
    char *pass;                    /* of either; NULL: none; wiped */
    char domain[ENS_POINT_DOMAIN]; /* right side of the ids that are made */
    ens__uumds *registry;          /* NULL: the association is judged by what certificates prove themselves */
    ens_point_answers answers;
    ens_fault_rules *faults;  /* NULL: none */
    ens_scenarios *scenarios; /* NULL: none */
    ens_point_push push;
} ens_point_means;

void ens__point_means_free(ens_point_means *means);
/* ens__point_means_check makes sure that they serve at a time.
 * Errors  those of ens_sealer_new; ENS_EPOLICY no anchors
 */
ENS_CHECK ens_code ens__point_means_check(const ens_point_means *means, ens_time at, ens_err *err);

#define ENS_POINT_RECEIPT_S 60u /* a message that was pulled is hidden for so long; then it may be pulled again, … */
#define ENS_POINT_TRIES ENS_STORE_TRIES /* … so often in all */

/* How messages of customs are pulled by everybody else. */
typedef struct {
    int64_t receipt_ms; /* 0: ENS_POINT_RECEIPT_S */
    unsigned tries;     /* 0: ENS_POINT_TRIES */
} ens_point_pull;

typedef struct {
    const ens_server_listen *listen; /* borrowed until start returns */
    size_t num_listen;
    ens_tls *tls;           /* of those that listen with TLS; shared */
    ens_point_means *means; /* taken by start, whether it succeeds or not */
    ens__store *store;      /* this and what follows is borrowed until the point is stopped */
    ens_point_pull pull;
    ens_log *log;     /* may be NULL */
    const char *path; /* NULL: ENS_POINT_PATH */
    const char *spool;
    ens_server_limits limits;
    unsigned loops, workers;      /* 0: one a core */
    uint32_t refresh_ms;          /* how often revocation of the signers that were seen is asked for; 0: never */
    bool rehearsal;               /* the profile; else strict */
    int64_t (*now_ms)(void *ctx); /* since 1970; any thread */
    void *ctx;
    ens_board *board;   /* what is rehearsed by who steers it while it serves; NULL: nothing */
    ens_clocks *clocks; /* of the spaces, read from the store now and then; NULL: there are none */
    const char *mark;   /* of the MRNs that are given; NULL: SIM */
    int64_t linking_ms; /* how long partial filings wait for each other before that is told */
} ens_point_plan;

/* ens__point_start listens and answers.
 * Errors  those of ens_sealer_new and ens__server_start; ENS_EPOLICY no anchors; ENS_ENOMEM */
ENS_CHECK ens_code ens__point_start(const ens_point_plan *plan, ens_point **out, ens_err *err);
/* ens__point_address is where a listener is, with the port that it got. */
const char *ens__point_address(const ens_point *p, size_t listener);
/* ens__point_renew puts other means, which are taken, and another TLS context, which is shared, in place of those that
 * it has; nobody waits.
 * Errors  those of ens_sealer_new: nothing is changed */
ENS_CHECK ens_code ens__point_renew(ens_point *p, ens_point_means *means, ens_tls *tls, ens_err *err);
/* ens__point_stop takes no more, finishes what came, and frees all. */
void ens__point_stop(ens_point *p, uint32_t drain_ms);

typedef struct {
    uint64_t accepted, again, refused, turned_away; /* messages */
} ens_point_counts;
ens_point_counts ens__point_count(ens_point *p);
/* ens__point_tally tells what was answered, and how many messages are in hand and wait for a worker. */
void ens__point_tally(ens_point *p, ens__tally_counts *out, size_t *in_hand, size_t *waiting);
void ens__point_server_count(ens_point *p, ens_server_counts *out);

#endif
