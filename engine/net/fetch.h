/* One HTTP exchange over libcurl: bounded in time and size, TLS verified, no other scheme, and no redirects but those
 * that were allowed, within the scheme. http:// is taken for loopback hosts alone (a local stand-in), unless plain says
 * that the content proves itself, as CRLs and OCSP responses do. */
#ifndef ENS_ENGINE_NET_FETCH_H
#define ENS_ENGINE_NET_FETCH_H

#include "engine/base/bytes.h"

#include <signal.h>

#define ENS_FETCH_CONNECT_S 10
#define ENS_FETCH_TOTAL_S 30
#define ENS_FETCH_MAX ((size_t)64 << 20)
#define ENS_FETCH_USER_AGENT "ensign/" ENSIGN_VERSION

typedef struct {
    const char *url;
    ens_slice body;          /* p not NULL: POST */
    const char *headers[4];  /* "Content-Type: …", ends with NULL */
    const char *ca_file;     /* PEM anchors for TLS; NULL: the system's */
    long connect_s, total_s; /* 0: the defaults above */
    size_t limit;            /* bytes of the answer; 0: ENS_FETCH_MAX */
    bool plain;              /* http:// to any host */
    unsigned redirects;      /* followed to the same scheme; 0: none */
} ens_fetch_request;

/* ens__fetch makes the exchange and appends the answer's body; status is HTTP's. Safe in any thread.
 * Errors  ENS_EPOLICY a URL that is not allowed, ENS_EIO no answer (libcurl's reason) or no libcurl, ENS_ELIMIT an
 * answer too long */
ENS_CHECK ens_code ens__fetch(const ens_fetch_request *request, ens_buf *answer, long *status, ens_err *err);

/* ens__fetch_loopback tells whether a URL names this machine. */
bool ens__fetch_loopback(ens_slice url);

/* A peer that hangs up raises SIGPIPE: between hold and release it is kept from the program, in this thread. */
typedef struct {
    sigset_t before;
    bool pending;
} ens__sigpipe;
void ens__sigpipe_hold(ens__sigpipe *s);
void ens__sigpipe_release(ens__sigpipe *s);

#endif
