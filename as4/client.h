/* One exchange with an access point: a sealed message is posted, and what comes back in the same response is proven to
 * be its receipt, or read into words. The bytes that were sent are those that the receipt is held against.
 * Source  ICS2-HTI 4.1.1.3, 4.1.3.2; AS4 5.1.8, 3.6; SOAP 1.2 Part 1, 5.4 */
#ifndef ENS_AS4_CLIENT_H
#define ENS_AS4_CLIENT_H

#include "engine/net/fetch.h"
#include "ensign/verify.h"

#include <openssl/types.h>

#define ENS_CLIENT_CONNECT_S 20L
#define ENS_CLIENT_TOTAL_S 120L              /* for an exchange; and one second more for … */
#define ENS_CLIENT_RATE ((size_t)64 << 10)   /* … so many bytes of the message, */
#define ENS_CLIENT_MOST_S 3000L              /* up to this */
#define ENS_CLIENT_ANSWER ((size_t)16 << 20) /* bytes of an answer */
#define ENS_CLIENT_TEXT 1024u

typedef struct {
    const char *url;
    ens_slice tls_cert, tls_key; /* PEM; p NULL: TLS without a certificate of the client's */
    EVP_PKEY *tls_held;          /* in place of tls_key: one that stays in its device */
    const char *tls_root;        /* PEM; NULL: the system's */
    long total_s;                /* 0: as above */
    /* Who may acknowledge: trust, lists, engine. An at of ENS_TIME_NONE is the moment when the answer came. */
    const ens_verify_options *judge;
} ens__client_peer;

typedef enum {
    ENS_EXCHANGE_FAILED = 0, /* nothing that proves anything came: the same bytes may be sent again */
    ENS_EXCHANGE_PROVEN,     /* the receipt is proven */
    ENS_EXCHANGE_REFUSED,    /* the receiver refused the message: as it is it needn't be sent again */
    ENS_EXCHANGE_UNPROVEN,   /* it fits the message as a receipt does, and who sealed it can't be told here */
    ENS_EXCHANGE_EMPTY       /* of a pull: nothing waits */
} ens_exchange_outcome;

/* Slices live until the client's next exchange. */
typedef struct {
    ens_exchange_outcome outcome;
    bool reached;              /* an HTTP response came */
    long http;                 /* its status; 0: none */
    char ebms[64], subcode[8]; /* what the receiver answered, or EBMS:0005, 0301, 0302 of our own; empty: PROVEN */
    char detail[ENS_CLIENT_TEXT], hint[ENS_CLIENT_TEXT]; /* in words: what happened; what to do. Empty: PROVEN */
    ens_slice answer;                                    /* as ens_verify reads it: its header field in front */
    ens_message_kind kind;                               /* of the answer */
    ens_slice answer_id;                                 /* its message id */
    const ens_report *report;                            /* how it was judged; empty without an answer */
} ens__exchange;

/* Of one thread, and one who sends: its connection stays open from one exchange to the next. */
typedef struct ens__client ens__client;

ENS_CHECK ens_code ens__client_new(ens__client **out, ens_err *err);
void ens__client_free(ens__client *c);

/* ens__client_exchange makes the exchange. That the receiver can't be reached is an outcome, and no error.
 * Errors  ENS_ESYNTAX message isn't one that can be sent; ENS_EPOLICY an address that isn't allowed, a TLS identity
 * that is of no use; ENS_EIO no libcurl; ENS_ENOMEM */
ENS_CHECK ens_code ens__client_exchange(ens__client *c, const ens__client_peer *peer, ens_slice message,
                                        ens__exchange *out, ens_err *err);
/* ens__client_probe makes the exchange with a message that is at fault on purpose, so that its id is told beside it. */
ENS_CHECK ens_code ens__client_probe(ens__client *c, const ens__client_peer *peer, ens_slice message, ens_slice id,
                                     ens__exchange *out, ens_err *err);
/* ens__client_begin and ens__client_end are its two ends, for who makes several exchanges at a time (fetches.h), each
 * with a client of its own: between them whoever does it makes the request, whose answer goes into *answer. peer and
 * message stay as they are until the end. */
typedef struct {
    ens_code code; /* of the request, as ens__fetch has it */
    long status;
    const ens_err *why;
} ens__client_response;
ENS_CHECK ens_code ens__client_begin(ens__client *c, const ens__client_peer *peer, ens_slice message,
                                     ens_fetch_request *request, ens_buf **answer, ens_err *err);
ENS_CHECK ens_code ens__client_end(ens__client *c, const ens__client_peer *peer, ens_slice message,
                                   const ens__client_response *response, ens__exchange *out, ens_err *err);
/* ens__client_pull posts a pull request of that id, and judges what comes: *message is of it, and x->report. PROVEN: a
 * user message, whatever its verdict; EMPTY: nothing waits (EBMS:0006); REFUSED: an error; FAILED: nothing that can be
 * read. ens__client_signal posts a receipt or an error of one's own, which nothing but the status answers: PROVEN, it
 * was taken.
 * Source  ICS2-HTI 4.1.3.3; eDelivery AS4 1.5.5.3 */
ENS_CHECK ens_code ens__client_pull(ens__client *c, const ens__client_peer *peer, ens_slice request,
                                    ens_slice request_id, ens__exchange *x, ens_message *message, ens_err *err);
ENS_CHECK ens_code ens__client_signal(ens__client *c, const ens__client_peer *peer, ens_slice signal, ens__exchange *x,
                                      ens_err *err);
/* ens__client_lease_ms is longer than any exchange of so many bytes takes. */
int64_t ens__client_lease_ms(size_t bytes);
/* ens__client_may_repeat tells whether what a receiver refused by that code may pass by itself. */
bool ens__client_may_repeat(ens_slice code, ens_slice subcode);
/* ens__client_error is the first failure of an error signal that says something about the message of that id; NULL:
 * there is none. ens__client_is_blamed tells whether a SOAP fault says that the message is not to be sent again
 * unchanged (env:Sender). */
const ens_signal_error *ens__client_error(const ens_message *m, ens_slice sent);
bool ens__client_is_blamed(const ens_message *m);
/* ens__client_category is 1 … 3 for an action of category A, B, C; 2 for what is no action of ICS2. */
unsigned ens__client_category(ens_slice action);

#endif
