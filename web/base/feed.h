/* The journal as it grows, for who listens: streams of events, and waits for one message. One thread follows the store
 * and serves all; nobody holds a thread. What is missing to a listener is read from the store, so that whoever comes
 * back with the last sequence number it saw goes on exactly there; a client that reads slowly is waited for, and loses
 * nothing.
 * Source  HTML, 9.2 (server-sent events) */
#ifndef ENS_WEB_BASE_FEED_H
#define ENS_WEB_BASE_FEED_H

#include "sti/store/filing.h"
#include "web/base/site.h"

#define ENS_FEED_LISTENERS_MAX 4096u
#define ENS_FEED_WAITS_MAX 256u  /* of them, who waits for one message */
#define ENS_FEED_WAIT_MAX_S 300u /* how long somebody may wait */
#define ENS_FEED_POLL_MS 100u    /* how often the store is asked while somebody listens */
#define ENS_FEED_ALIVE_MS 15000  /* between two signs of life on a quiet stream */
#define ENS_FEED_PAGE 256u       /* rows that are read at a time */
#define ENS_FEED_MRNS 8u         /* filings of one LRN that are followed */
#define ENS_FEED_FIELD 257u      /* bytes of a text that is looked for, with NUL */

/* What is listened to; an empty text asks for all. */
typedef struct {
    char action[ENS_FEED_FIELD], party[ENS_FEED_FIELD], message_id[ENS_FEED_FIELD], ref_to[ENS_FEED_FIELD],
        lrn[ENS_FEED_FIELD], mrn[ENS_FEED_FIELD], ebms[ENS_FEED_FIELD];
    char space[ENS_FILING_SPACE + 1];             /* rows of this EORI's party ids alone; "": of all */
    int direction, kind, verdict;                 /* -1: any */
    char mrns[ENS_FEED_MRNS][ENS_FILING_MRN + 1]; /* of the filings that have the LRN: ens__feed_resolve */
    unsigned num_mrns;
    bool pending;   /* of a wait: what customs have and have not delivered yet fits, too */
    uint64_t since; /* rows after this one */
} ens_feed_filter;
#define ENS_FEED_ALL ((ens_feed_filter){.direction = -1, .kind = -1, .verdict = -1})

/* ens__feed_read reads a filter from a query: action, party, message_id, ref_to, lrn, mrn, code, direction, kind,
 * verdict, pending, since. NULL, or what is wrong with it. */
const char *ens__feed_read(const ens_web_request *r, ens_feed_filter *out);
/* ens__feed_resolve looks up the filings that have the LRN which is asked for: most messages name the MRN alone. What
 * was written down before it was called is found by ens__feed_fits from then on. */
void ens__feed_resolve(ens__store *store, ens_feed_filter *filter);
bool ens__feed_fits(const ens_feed_filter *filter, const ens__journal_row *row);
/* ens__feed_fits_pending is the same for what is still to be sent, which has no number. */
bool ens__feed_fits_pending(const ens_feed_filter *filter, const ens__journal_row *row);
/* ens__feed_query is what the store can look for of it; ens__feed_fits says the rest. It borrows from the filter. */
ens__journal_query ens__feed_query(const ens_feed_filter *filter);

/* ens__feed_row_of is what the journal would say of a message that is still to be sent: its number is 0. */
ens__journal_row ens__feed_row_of(const ens__outbound *message);

typedef struct ens_feed ens_feed;

/* The store outlives the feed.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__feed_open(ens__store *store, ens_feed **out, ens_err *err);
/* ens__feed_stop answers whoever waits, and ends all streams; ens__feed_free frees. NULL: nothing. */
void ens__feed_stop(ens_feed *f);
void ens__feed_free(ens_feed *f);
/* ens__feed_wake: rows may have come; any thread. */
void ens__feed_wake(ens_feed *f);

/* ens__feed_listen answers a request with a stream of events, "id" the row's sequence number, "data" its JSON. It takes
 * r->http and sets a->later, or refuses. Last-Event-ID goes before filter->since. */
void ens__feed_listen(ens_feed *f, ens_web_request *r, ens_web_answer *a, const ens_feed_filter *filter);

/* What a wait has come to: row NULL: it did not come in time. write makes the answer. */
typedef struct {
    const ens__journal_row *row;
    const ens_feed_filter *filter;
    double seconds;
    bool junit; /* the answer is to be JUnit's XML */
} ens_feed_end;
typedef void ens_feed_write(const ens_feed_end *end, ens_web_answer *a);
/* ens__feed_wait answers a request once a row fits, or after seconds. It takes r->http as above. */
void ens__feed_wait(ens_feed *f, ens_web_request *r, ens_web_answer *a, const ens_feed_filter *filter, unsigned seconds,
                    bool junit, ens_feed_write *write);

typedef struct {
    uint64_t streams, waits, events;
} ens_feed_counts;
ens_feed_counts ens__feed_count(ens_feed *f);

#endif
