/* What a server shows and whom it lets in: TLS 1.2 and 1.3 with suites that keep their secrets, certificates of several
 * kinds, and clients under a list of authorities of its own. A context never changes: a new one takes its place, and
 * tickets of the old one are worth nothing to the new, so that nobody comes back by trust that has been withdrawn.
 * Source  RFC 8446, RFC 5246, RFC 7525; ICS2-HTI 4.6.1 */
#ifndef ENS_ENGINE_NET_TLS_H
#define ENS_ENGINE_NET_TLS_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#include <openssl/ssl.h>

#define ENS_TLS_SUITES_12                                                                                              \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"    \
    "SHA384"
#define ENS_TLS_SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define ENS_TLS_GROUPS "X25519:P-256:P-384:P-521"
#define ENS_TLS_IDENTITIES_MAX 4u
#define ENS_TLS_RESUME_S 3600                /* how long a session may be resumed */
#define ENS_TLS_CHAIN_MAX ((size_t)32 << 10) /* bytes of what a client shows */
#define ENS_TLS_DEPTH_MAX 8                  /* certificates between a client's and its anchor */
#define ENS_TLS_NAMED_MAX 64                 /* authorities that are named to a client; more: none is */
#define ENS_TLS_SHOWN_MAX ((size_t)8 << 10)  /* bytes of a certificate that is told */

/* A key with its chain, leaf first: borrowed, and its references counted up. */
typedef struct {
    EVP_PKEY *key;
    X509 *const *chain;
    size_t num;
} ens_tls_identity;

typedef enum { ENS_TLS_CLIENT_REQUIRED = 0, ENS_TLS_CLIENT_OPTIONAL, ENS_TLS_CLIENT_NONE } ens_tls_client;

typedef struct {
    ens_tls_identity identity[ENS_TLS_IDENTITIES_MAX]; /* one of each kind of key: ECDSA, RSA */
    size_t num_identities;
    X509 *const *anchors; /* of clients: roots, or authorities below one */
    size_t num_anchors;
    ens_tls_client client;
    const char *suites_12, *suites_13; /* NULL: the above */
    ens_time (*now)(void *ctx);        /* by what clock certificates end, in any thread; NULL: the system's */
    void *ctx;
} ens_tls_plan;

typedef struct ens_tls ens_tls; /* counted */

/* ens__tls_new makes a context.
 * Errors  ENS_EPOLICY no identity, a key that is not the certificate's, clients wanted and no anchor; ENS_ECRYPTO what
 * OpenSSL refuses, in its words */
ENS_CHECK ens_code ens__tls_new(const ens_tls_plan *plan, ens_tls **out, ens_err *err);
ens_tls *ens__tls_share(ens_tls *tls);
void ens__tls_free(ens_tls *tls);

/* Why a handshake came to nothing. Slices and texts are good until the callback returns that they are given to. */
typedef struct {
    int alert;              /* its number in RFC 8446, 6; -1: none */
    bool by_client;         /* the alert is the client's; otherwise this side sent it */
    const char *alert_name; /* "unknown CA", or NULL */
    const char *cause;      /* in words */
    const char *detail;     /* OpenSSL's reason, or NULL */
    ens_slice shown;        /* the client's certificate as DER, or empty */
} ens_tls_failure;

/* A handshake that is to end otherwise than it would, for those who rehearse what their software does about it. */
typedef struct {
    ens_tls *tls; /* what is shown in place of the server's own; NULL: that; given back once it is used */
    int alert;    /* that the client's hello is answered by; 0: none */
    /* judge gives the alert that a client's certificate is answered by which is good otherwise, one of
     * ens__tls_refuses; 0: none. Any thread. NULL: none is asked for, else nobody comes back by a session. */
    int (*judge)(void *ctx, unsigned listener, X509 *client);
    void *ctx;
    unsigned listener;
} ens_tls_rehearsal;

/* ens__tls_refuses tells whether that alert can answer a client's certificate. */
bool ens__tls_refuses(int alert);

/* One connection's TLS, and what its handshake has seen. */
typedef struct {
    SSL *ssl;
    ens_tls *tls;
    X509 *shown;       /* the client's certificate while it is judged */
    int judged, depth; /* X509_V_…, and where */
    int alert;         /* -1: none */
    bool by_client;
    bool rehearsed; /* it was asked for that this ends the handshake */
    ens_tls_rehearsal otherwise;
    bool beside;                                    /* not a loop's to go on with */
    unsigned long error;                            /* OpenSSL's, of a failed handshake */
    ens_time ends;                                  /* of the client's certificate or the first above it to end */
    uint8_t resumed[SSL_MAX_SSL_SESSION_ID_LENGTH]; /* the session that the client asked for last */
    unsigned resumed_len;
} ens_tls_session;

/* ens__tls_accept makes *s a server's side on fd, which it borrows, and which stays where it is until clear. False
 * without memory. */
bool ens__tls_accept(ens_tls *tls, int fd, ens_tls_session *s);
void ens__tls_clear(ens_tls_session *s);
/* ens__tls_shake goes on with the handshake, in any one thread: SSL_ERROR_NONE when it is done, SSL_ERROR_WANT_READ
 * or _WRITE, or another of SSL_get_error when it failed. SSL_ERROR_WANT_CLIENT_HELLO_CB: from here on it is one with
 * signatures, for a thread that may take the time; it goes on with s->beside set. */
int ens__tls_shake(ens_tls_session *s);
/* ens__tls_failed says what went wrong with one that failed. buffer has ENS_TLS_SHOWN_MAX
 * bytes. */
ens_tls_failure ens__tls_failed(const ens_tls_session *s, uint8_t *buffer);
/* ens__tls_spoke_plain tells whether the client spoke HTTP without TLS. */
bool ens__tls_spoke_plain(const ens_tls_session *s);
/* ens__tls_ended tells whether a client's certificate, or one above it, has ended since. */
bool ens__tls_ended(const ens_tls_session *s);
/* ens__tls_client appends the client's certificate as DER, or nothing when there is none. False without memory. */
bool ens__tls_client(const ens_tls_session *s, ens_buf *out);

#endif
