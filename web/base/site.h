/* The web face of a server: one listener (loopback unless told otherwise), loops that wait for nothing, a pool of
 * threads that handle requests, and rooms, each a table of routes: the API, the pages, the registration. A request is
 * refused before its body is read where its Host is not one of ours (DNS rebinding), where no route fits, where the
 * room doesn't admit who asks, and where the body is longer than the route takes.
 *
 * A room in a few lines:
 *
 *   static void hello(void *room, ens_web_request *r, ens_web_answer *a)
 *   {
 *       ens_json j = ens__web_begin_json(a);
 *       ens__json_open(&j, NULL, '{');
 *       ens__json_slice(&j, "name", r->capture[0]);
 *       ens__json_close(&j, '}');
 *   }
 *   static const ens_web_route routes[] = {{"GET", "/hello/{name}", hello, 0, ENS_WEB_OPEN}};
 *   static const ens_web_room room = {.name = "hello", .prefix = "/hello", .routes = routes, .num_routes = 1};
 *
 * Rooms are asked in their order; the first whose prefix fits has the path, whether one of its routes fits or not. */
#ifndef ENS_WEB_BASE_SITE_H
#define ENS_WEB_BASE_SITE_H

#include "engine/base/log.h"
#include "web/base/answer.h"

#define ENS_WEB_ROOMS_MAX 16u
#define ENS_WEB_NAMES_MAX 16u /* further names that a Host may have */
#define ENS_WEB_THREADS 4u    /* that handle requests, unless told otherwise */
#define ENS_WEB_QUEUE 256u    /* requests that wait for one; who comes then gets 503 and Retry-After */
#define ENS_WEB_TOKEN_MIN 16u /* bytes of a token */
#define ENS_WEB_TOKEN_MAX 512u
#define ENS_WEB_DRAIN_MS 5000u /* for what is in hand when the site ends */
#define ENS_WEB_CONNECTIONS 8192u

/* Flags of a route. */
enum {
    ENS_WEB_OPEN = 1u, /* the room's admit isn't asked */
};

typedef void ens_web_handle(void *room, ens_web_request *r, ens_web_answer *a);

typedef struct {
    const char *method;  /* "GET" serves HEAD, too */
    const char *pattern; /* "/filings/{mrn}/orders": a segment in braces takes any; a trailing slash counts */
    ens_web_handle *handle;
    size_t body; /* bytes that it takes; 0: ENS_WEB_BODY */
    unsigned flags;
} ens_web_route;

typedef struct {
    const char *name;
    const char *prefix; /* "/api", "/registration"; "" takes all */
    const ens_web_route *routes;
    size_t num_routes;
    void *ctx; /* the room's own, for all that follows */
    /* enter may look at the path before routes are tried: set r->space, move r->first. False: a has the refusal. It
     * runs on a loop as well: it waits for nothing. NULL: nothing is done. */
    bool (*enter)(void *ctx, ens_web_request *r, ens_web_answer *a);
    /* admit says whether this request may go on, and sets r->who; false: a has the refusal (401, 403, or a redirect to
     * a log-in). As enter, it waits for nothing. NULL: all may. */
    bool (*admit)(void *ctx, ens_web_request *r, ens_web_answer *a);
    /* refuse words a refusal of the site's in the room's way (404, 405, 413, 400, 503); NULL: as problem+json. */
    void (*refuse)(void *ctx, const ens_web_request *r, ens_web_answer *a, unsigned status, const char *why);
    /* make and drop make what each thread has of its own (a verifier, say), in that thread; NULL: nothing. */
    void *(*make)(void *ctx);
    void (*drop)(void *mine);
} ens_web_room;

typedef struct {
    const char *address;     /* "127.0.0.1:0" */
    ens_tls *tls;            /* shared; NULL: plain, for the loopback alone */
    const char *const *name; /* further names, with or without a port, that a Host may have */
    size_t num_names;
    const ens_web_room *room; /* copied; what they borrow is borrowed until the site ends */
    size_t num_rooms;
    unsigned threads; /* 0: ENS_WEB_THREADS */
    const char *spool;
    ens_log *log;
} ens_web_plan;

/* ens__web_open listens, and serves.   Errors  those of ens__server_start; ENS_ELIMIT; ENS_ENOMEM */
ENS_CHECK ens_code ens__web_open(const ens_web_plan *plan, ens_web_site **out, ens_err *err);
/* ens__web_stop takes no more requests, and finishes those in hand; whatever was given away to be answered later must
 * be answered, and every stream ended, before ens__web_free. */
void ens__web_stop(ens_web_site *site);
void ens__web_free(ens_web_site *site);
/* ens__web_url is "http://127.0.0.1:40000", without a path. */
const char *ens__web_url(const ens_web_site *site);
bool ens__web_has_tls(const ens_web_site *site);
void ens__web_count(const ens_web_site *site, ens_server_counts *out, size_t *waiting);

/* Answering later: a handler keeps r->http, sets a->later, and returns; any thread then sends the answer once, or makes
 * a stream of it (text/event-stream) by ens__web_stream, put to and ended as engine/net/server.h has it. */
void ens__web_send(ens_http_request *http, const ens_web_answer *a);
ens_http_stream *ens__web_stream(ens_http_request *http, const ens_web_answer *a);

/* A token that is compared in a time that depends on neither. */
typedef struct {
    uint8_t sha256[32];
} ens_web_token;
/* ens__web_token_open reads a token from a file, the first line of it, or makes the file where there is none.
 * Errors  ENS_EIO; ENS_EPOLICY it is shorter than ENS_WEB_TOKEN_MIN; ENS_ECRYPTO no random octets */
ENS_CHECK ens_code ens__web_token_open(const char *path, ens_web_token *out, ens_err *err);
/* ens__web_token_fits tells whether Authorization is "Bearer" and the token (RFC 6750, 2.1). */
bool ens__web_token_fits(const ens_web_token *token, const ens_web_request *r);

/* ens__web_fits tells whether a pattern takes a path, from r->first on, and captures; for tests. */
bool ens__web_fits(const char *pattern, ens_web_request *r);

#endif
