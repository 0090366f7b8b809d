/* A request as a room's handler sees it: path and query decoded, cookies, forms, uploads and JSON read on demand, all
 * within limits. Slices and texts borrow from the request, or live in its arena, and are good until the handler
 * returns.
 * Source  RFC 3986, RFC 9110, RFC 6265, RFC 7578, WHATWG URL (urlencoded) */
#ifndef ENS_WEB_BASE_REQUEST_H
#define ENS_WEB_BASE_REQUEST_H

#include "engine/base/arena.h"
#include "engine/net/server.h"

#include <jansson.h>

#define ENS_WEB_PATH_MAX 2048u          /* bytes of a target's path; 414 beyond */
#define ENS_WEB_SEGMENTS_MAX 16u        /* between the slashes of a path */
#define ENS_WEB_CAPTURES_MAX 8u         /* of a pattern */
#define ENS_WEB_PAIRS_MAX 256u          /* of a query, a form, a Cookie */
#define ENS_WEB_PARTS_MAX 64u           /* of a multipart body */
#define ENS_WEB_PART_HEAD_MAX 4096u     /* bytes of the fields of one part */
#define ENS_WEB_BOUNDARY_MAX 70u        /* RFC 2046, 5.1.1 */
#define ENS_WEB_JSON_DEPTH 32u          /* objects and arrays within each other */
#define ENS_WEB_ARENA ((size_t)8 << 20) /* bytes of what one request is decoded into */
#define ENS_WEB_BODY ((size_t)64 << 10) /* bytes of a body, unless its route says more */

/* A name with its value, decoded; of an upload with the file's name and type. */
typedef struct {
    ens_slice name, value;
    ens_slice file, type; /* of a part of a multipart body; p NULL where it said none */
} ens_web_pair;

typedef struct {
    const ens_web_pair *pair;
    size_t num;
} ens_web_pairs;

typedef struct ens_web_site ens_web_site;

typedef struct {
    ens_http_request *http; /* head, body, peer, the client's certificate */
    ens_web_site *site;
    ens_arena *arena;                        /* reset before each request */
    ens_slice method;                        /* GET for a HEAD, too */
    ens_slice segment[ENS_WEB_SEGMENTS_MAX]; /* of the path, decoded: none is empty, "." or ".." */
    unsigned num_segments;
    bool folder;                             /* the path ends with a slash */
    unsigned first;                          /* the segment that patterns begin at: ens_web_room.enter may move it */
    ens_slice capture[ENS_WEB_CAPTURES_MAX]; /* what stood in the place of {…} in the pattern, in its order */
    ens_web_pairs query;
    ens_slice body;    /* http->body; empty when it was left unread */
    const void *who;   /* what the room's admit found: a session, an account */
    const char *space; /* the room's: of what space this is; NULL: none */
    void *mine;        /* the thread's own, as the room's make made it */
    json_t *json;      /* once it was read; freed behind the handler */
} ens_web_request;

/* ens__web_field is a header field's value, or {NULL}. */
ens_slice ens__web_field(const ens_web_request *r, const char *name);
/* ens__web_get finds a pair by its name (the first); {NULL} where there is none. */
ens_slice ens__web_get(ens_web_pairs pairs, const char *name);
/* ens__web_query is the value of a query's parameter, or {NULL}; ens__web_query_number reads one in decimal digits;
 * false: it is none. One that is left out is otherwise. */
ens_slice ens__web_query(const ens_web_request *r, const char *name);
bool ens__web_query_number(const ens_web_request *r, const char *name, uint64_t otherwise, uint64_t *out);
/* ens__web_cookie is a cookie's value, or {NULL}; no decoding is agreed for it (RFC 6265, 4.1.1). */
ens_slice ens__web_cookie(const ens_web_request *r, const char *name);
/* ens__web_media tells whether the body is of this media type, its parameters left aside. */
bool ens__web_media(const ens_web_request *r, const char *type);
/* ens__web_accepts tells whether Accept names this media type (RFC 9110, 12.5.1, without weights). */
bool ens__web_accepts(const ens_web_request *r, const char *type);
/* ens__web_text copies a slice as a C string; NULL for {NULL}, without memory, and for one with a NUL in it. */
const char *ens__web_text(const ens_web_request *r, ens_slice s);

/* What a body may hold. Each gives what it reads, or why not, in words for people (*why, a literal), with the status
 * that fits: 400, 413, 415, 422. */
ENS_CHECK bool ens__web_form(ens_web_request *r, ens_web_pairs *out, unsigned *status, const char **why);
/* ens__web_json keeps the object in r->json; it must be an object. */
ENS_CHECK bool ens__web_json(ens_web_request *r, unsigned *status, const char **why);

/* Inside: ens__web_read takes the target of a request apart. False: it is refused with *status.
 * ens__web_clear gives back what a handler left. */
ENS_CHECK bool ens__web_read(ens_web_request *r, unsigned *status, const char **why);
void ens__web_clear(ens_web_request *r);
/* Decoding, alone: ens__web_decode undoes %XX, and + for a space where plus is set; false: a % that stands for nothing,
 * or no memory. ens__web_pairs_read reads name=value&…; ens__web_parts_read a multipart body (multipart.c). */
ENS_CHECK bool ens__web_decode(ens_arena *a, ens_slice in, bool plus, ens_slice *out);
ENS_CHECK bool ens__web_pairs_read(ens_arena *a, ens_slice in, ens_web_pairs *out, const char **why);
ENS_CHECK bool ens__web_parts_read(ens_arena *a, ens_slice type, ens_slice body, ens_web_pairs *out, const char **why);
ENS_CHECK bool ens__web_json_read(ens_slice text, json_t **out, const char **why);

#endif
