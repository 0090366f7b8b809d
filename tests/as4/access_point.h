/* An access point for tests, over loopback: it takes what a client posts, and answers as it is told, rightly or not. */
#ifndef ENS_TESTS_AS4_ACCESS_POINT_H
#define ENS_TESTS_AS4_ACCESS_POINT_H

#include "engine/net/server.h"
#include "ensign/seal.h"

#include <pthread.h>

typedef enum {
    AP_RECEIPT = 0,     /* sealed by customs, for just what came */
    AP_RECEIPT_FOREIGN, /* … by somebody under another anchor */
    AP_RECEIPT_OTHER,   /* of customs, for another message */
    AP_RECEIPT_ALTERED, /* one digit of a digest changed */
    AP_ERROR_A001,      /* EBMS:0004, sealed */
    AP_ERROR_A003,      /* … which may pass */
    AP_ERROR_UNSEALED,  /* as a Domibus answers: no seal, no RefToMessageId */
    AP_ERROR_ELSEWHERE, /* about another message */
    AP_WARNING,         /* EBMS:0006 */
    AP_FAULT_RECEIVER,
    AP_FAULT_SENDER,
    AP_EMPTY,   /* 200, no body */
    AP_PAGE,    /* 503, a page of a gateway */
    AP_CUT,     /* half of a receipt */
    AP_NOTHING, /* hangs up */
    AP_SLOW,    /* a receipt after two seconds */
    AP_MESSAGE, /* the client's own message */
} ap_answer;

#define AP_ANSWERS_MAX 16u
#define AP_REQUESTS_MAX 64u

typedef struct {
    char id[128], type[256];
    uint8_t sha256[32]; /* of the body */
    size_t len;
} ap_request;

typedef struct {
    ens_server *server;
    ens_verifier *verifier;
    ens_sealer *customs, *stranger;
    ens_report *report;
    pthread_mutex_t lock;
    ap_answer answers[AP_ANSWERS_MAX]; /* one after another; the last again and again */
    unsigned num_answers, num_requests;
    ap_request request[AP_REQUESTS_MAX];
    char url[64];
} access_point;

/* access_point_open listens on 127.0.0.1, by TLS with the fixtures' certificates where tls is set. port NULL: any. */
bool access_point_open(access_point *ap, bool tls, const char *port, const ap_answer *answers, unsigned num);
void access_point_close(access_point *ap);
unsigned access_point_asked(access_point *ap);

#endif
