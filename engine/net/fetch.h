/* One HTTP exchange over libcurl: bounded in time and size, TLS verified, no other scheme, and no redirects but those
 * that were allowed, of which none leads from https to http. http:// is taken for loopback hosts alone (a local
 * stand-in), unless plain says that the content proves itself, as CRLs and OCSP responses do. */
#ifndef ENS_ENGINE_NET_FETCH_H
#define ENS_ENGINE_NET_FETCH_H

#include "engine/base/bytes.h"

#include <curl/curl.h>
#include <openssl/types.h>
#include <signal.h>

#define ENS_FETCH_CONNECT_S 10
#define ENS_FETCH_TOTAL_S 30
#define ENS_FETCH_MAX ((size_t)64 << 20)
#define ENS_FETCH_USER_AGENT "ensign/" ENSIGN_VERSION

#define ENS_FETCH_TYPE 256 /* bytes of a Content-Type that is told */

/* How far an exchange came. */
typedef enum {
    ENS_FETCH_UNREACHED = 0, /* nobody was connected to */
    ENS_FETCH_UNTRUSTED,     /* TLS came to nothing: what was to be sent was not taken */
    ENS_FETCH_SENT /* the request, or some of it, left: nobody knows whether it was taken, unless an answer says */
} ens_fetch_stage;

typedef struct {
    ens_fetch_stage stage;
    char type[ENS_FETCH_TYPE]; /* Content-Type of the answer; empty: none */
} ens_fetch_seen;

/* A line that stays open between exchanges, of one who asks: the next one spares connection and handshake. One thread
 * at a time. The zero value has none. */
typedef struct {
    void *handle;
} ens__fetch_line;
void ens__fetch_line_close(ens__fetch_line *line);

typedef struct {
    const char *url;
    ens_slice body;                    /* p not NULL: POST */
    ens_slice client_cert, client_key; /* who asks, by TLS: PEM, the certificate with its issuers; p NULL: nobody */
    EVP_PKEY *client_held;             /* in place of client_key: one that stays in its device */
    ens__fetch_line *line;             /* NULL: a connection for this exchange alone */
    ens_fetch_seen *seen;              /* NULL: not wanted */
    const char *headers[4];            /* "Content-Type: …", ends with NULL */
    const char *const *fields;         /* more of them; NULL: none */
    ens_buf *head;                     /* gets the answer's header fields, as they came; NULL: not wanted */
    const char *ca_file;               /* PEM anchors for TLS, and no others; NULL: the system's */
    long connect_s, total_s;           /* 0: the defaults above */
    size_t limit;                      /* bytes of the answer; 0: ENS_FETCH_MAX */
    bool plain;                        /* http:// to any host */
    bool public_only;   /* no address of this machine, a private network or a link, however it is written or found */
    unsigned redirects; /* followed, what is posted is posted again; 0: none */
} ens_fetch_request;

/* ens__fetch makes the exchange and appends the answer's body; status is HTTP's. Safe in any thread.
 * Errors  ENS_EPOLICY a URL that is not allowed, ENS_EIO no answer (libcurl's reason) or no libcurl, ENS_ELIMIT an
 * answer too long */
ENS_CHECK ens_code ens__fetch(const ens_fetch_request *request, ens_buf *answer, long *status, ens_err *err);

/* ens__fetch_allowed refuses, before anybody is asked, a URL that the request doesn't allow.   Errors  ENS_EPOLICY */
ENS_CHECK ens_code ens__fetch_allowed(const ens_fetch_request *request, ens_err *err);
/* ens__fetch_loopback tells whether a URL names this machine. */
bool ens__fetch_loopback(ens_slice url);
/* ens__fetch_public tells whether the host that a URL writes may be one of the internet: a name, or an address that
 * isn't this machine's, a private network's or a link's. What a name leads to is looked at when it is connected to. */
bool ens__fetch_public(ens_slice url);

/* A peer that hangs up raises SIGPIPE: between hold and release it is kept from the program, in this thread. */
typedef struct {
    sigset_t before;
    bool pending;
} ens__sigpipe;
void ens__sigpipe_hold(ens__sigpipe *s);
void ens__sigpipe_release(ens__sigpipe *s);

/* libcurl, loaded when something is fetched first: it brings some thirty libraries with it, which cost every start of a
 * program more than a hundred messages do, and most runs fetch nothing. */
#define ENS__CURL_FILE "libcurl.so.4"

/* ens__curl_symbol finds a function of a library that libcurl brought along; NULL where it brought none. */
void *ens__curl_symbol(const char *name);

/* What is called here, without its prefix. */
#define ENS__CURL_CALLS(X)                                                                                             \
    X(global_init)                                                                                                     \
    X(easy_init)                                                                                                       \
    X(easy_setopt)                                                                                                     \
    X(easy_perform)                                                                                                    \
    X(easy_reset)                                                                                                      \
    X(easy_getinfo)                                                                                                    \
    X(easy_strerror)                                                                                                   \
    X(easy_cleanup)                                                                                                    \
    X(slist_append)                                                                                                    \
    X(slist_free_all)                                                                                                  \
    X(multi_init)                                                                                                      \
    X(multi_setopt)                                                                                                    \
    X(multi_add_handle)                                                                                                \
    X(multi_remove_handle)                                                                                             \
    X(multi_perform)                                                                                                   \
    X(multi_poll)                                                                                                      \
    X(multi_wakeup)                                                                                                    \
    X(multi_info_read)                                                                                                 \
    X(multi_cleanup)

/* One pointer a call, of the type that curl.h gives it. */
typedef struct {
#define ENS__CURL_MEMBER(name) __typeof__ (&curl_##name)(name);
    ENS__CURL_CALLS(ENS__CURL_MEMBER)
#undef ENS__CURL_MEMBER
} ens__curl;

/* ens__curl_load gives libcurl, loaded and set up once for the process; it stays loaded. Safe in any thread.
 * Errors  ENS_EIO libcurl isn't there, is too old, or can't be set up */
ENS_CHECK ens_code ens__curl_load(const ens__curl **out, ens_err *err);
/* ens__fetch_hold has libcurl's own OpenSSL use a key where it is, with its certificate. Errors as ens__fetch has. */
ENS_CHECK ens_code ens__fetch_hold(const ens__curl *lib, CURL *c, const ens_fetch_request *r, ens_err *err);

/* ENS__CURL_SET sets an option by easy_setopt. Its value must be a long, a curl_off_t or a pointer as the option wants:
 * curl.h checks that only in calls by name. */
#define ENS__CURL_SET(lib, handle, option, value)                                                                      \
    ((void)sizeof(struct {                                                                                             \
         _Static_assert(ENS__CURL_FITS(option, value), "this option takes a value of another type");                   \
         char c;                                                                                                       \
     }),                                                                                                               \
     (lib)->easy_setopt(handle, option, value))
#define ENS__CURL_KIND(option) ((option) - (option) % CURLOPTTYPE_OBJECTPOINT)
#define ENS__CURL_NUMBER(option)                                                                                       \
    (ENS__CURL_KIND(option) == CURLOPTTYPE_LONG || ENS__CURL_KIND(option) == CURLOPTTYPE_OFF_T)
/* A number that fits none of these types is taken for a pointer, and refused where a number is wanted. */
#define ENS__CURL_FITS(option, value)                                                                                  \
    _Generic((value), long                                                                                             \
             : ENS__CURL_NUMBER(option) &&                                                                             \
                   (ENS__CURL_KIND(option) == CURLOPTTYPE_LONG || sizeof(long) == sizeof(curl_off_t)),                 \
               long long                                                                                               \
             : ENS__CURL_KIND(option) == CURLOPTTYPE_OFF_T, int : 0, unsigned : 0, unsigned long : 0, bool : 0,        \
               default                                                                                                 \
             : !ENS__CURL_NUMBER(option))

#endif
