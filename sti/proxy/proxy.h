/* A proxy between one's own access point and another one: each request is judged as the other side judges it, sent on
 * octet by octet, and written down with its answer; what was predicted stands beside what was answered in the ledger.
 * With a gate, what would be refused is held back and answered here.
 *
 * A loop neither judges nor waits: workers judge, beside the exchange or in front of it where there is a gate, and one
 * thread makes the exchanges. An answer leaves when the request that it answers is durable in the journal. It goes to
 * one address alone, follows nothing, and knows no other.
 * Source  RFC 9110, 7.6; ICS2-HTI ICD 4.1.3.2 */
#ifndef ENS_STI_PROXY_PROXY_H
#define ENS_STI_PROXY_PROXY_H

#include "engine/base/log.h"
#include "engine/net/fetch.h"
#include "engine/net/server.h"
#include "ensign/seal.h"
#include "sti/store/committer.h"

#define ENS_PROXY_CALLS 1024u                /* in hand; who comes then is told to come later */
#define ENS_PROXY_QUEUE 512u                 /* … that wait for a worker */
#define ENS_PROXY_BODY ((uint64_t)256 << 20) /* bytes of a request's body, and of an answer's */
#define ENS_PROXY_DRAIN_MS 30000u
#define ENS_PROXY_CONNECT_S 20L
#define ENS_PROXY_TOTAL_S 180L /* for an exchange; then 504 */

typedef struct ens_proxy ens_proxy;

/* How messages and answers are judged; counted, and exchanged as a whole. */
typedef struct {
    ens_verify_options request; /* an at of ENS_TIME_NONE is the moment */
    ens_verify_options answer;
    bool proves; /* anchors of customs are known: without them who answers a trader can't be told */
    void *owner;
    void (*drop)(void *owner);
} ens_proxy_judge;

typedef struct {
    const ens_server_listen *listen; /* borrowed until start returns */
    size_t num_listen;
    ens_tls *tls;           /* of those that listen with TLS; shared */
    ens_fetch_request peer; /* where to, by whom, trusting whom; what it borrows stays until stop, as what follows */
    const char *to;         /* the address as it is shown */
    ens__store *store;
    ens_log *log;                     /* may be NULL */
    const ens_sealer_options *sealer; /* who seals what is answered here; NULL: nobody does */
    ens_proxy_judge judge;            /* taken by start, whether it succeeds or not */
    bool gate;                        /* hold back what would be refused */
    bool open;                        /* … and pass what can't be judged; else hold that back, too */
    bool unrecorded;                  /* pass answers although the journal can't be written; else 503 */
    bool domibus;                     /* predict the codes that a Domibus was seen to give */
    int64_t (*now_ms)(void *ctx);     /* since 1970; any thread */
    void *ctx;
    unsigned loops, workers; /* 0: one a core */
} ens_proxy_plan;

/* ens__proxy_start listens and passes on.   Errors  those of ens__server_start and ens_sealer_new; ENS_EPOLICY an
 * address that isn't allowed; ENS_EIO no libcurl; ENS_ENOMEM */
ENS_CHECK ens_code ens__proxy_start(const ens_proxy_plan *plan, ens_proxy **out, ens_err *err);
const char *ens__proxy_address(const ens_proxy *p, size_t listener);
/* ens__proxy_renew takes another judge in place of the one that it has; nobody waits. False without memory. */
bool ens__proxy_renew(ens_proxy *p, const ens_proxy_judge *judge);
typedef struct {
    uint64_t passed, held, turned_away,
        unanswered; /* requests: sent on and answered, held back, told to come later, … */
    uint64_t agree, disagree, unrecorded;
} ens_proxy_counts;
/* ens__proxy_stop takes no more, finishes what came, and frees all; what it did may be asked for. */
void ens__proxy_stop(ens_proxy *p, uint32_t drain_ms, ens_proxy_counts *counts);

#endif
