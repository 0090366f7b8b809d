/* One HTTP/1 request after another, read strictly, without any I/O. http_parser (or llhttp, its successor) parses; what
 * it lets pass and another reader in front may understand otherwise is refused before it gets there, and so is a body
 * whose end the two would put at different places.
 * Source  RFC 9110, RFC 9112 */
#ifndef ENS_ENGINE_NET_HTTP1_H
#define ENS_ENGINE_NET_HTTP1_H

#include "engine/base/bytes.h"

#define ENS_HTTP_LINE_MAX ((size_t)8 << 10)  /* bytes of the request line, and of one field line */
#define ENS_HTTP_HEAD_MAX ((size_t)32 << 10) /* bytes of the request line and all fields */
#define ENS_HTTP_FIELDS_MAX 64u
#define ENS_HTTP_EXTENSIONS_MAX 256u /* bytes of all chunk extensions of one body, which are passed over */
#define ENS_HTTP_CHUNK_DIGITS 15u
#define ENS_HTTP_LENGTH_DIGITS 18u

typedef struct {
    ens_slice name, value; /* the value without white space around it */
} ens_http_field;

/* A request's head. Slices borrow from the reader that gave it, until its reset. */
typedef struct {
    ens_slice method;
    ens_slice target;    /* the path and query: of an absolute-form target what follows its authority */
    unsigned minor;      /* HTTP/1.0 or 1.1 */
    bool keep_alive;     /* the connection may serve another request */
    bool expects;        /* the client waits for "100 Continue" */
    bool chunked;        /* no length is known before the body's end */
    uint64_t length;     /* Content-Length, or 0 */
    unsigned num_fields; /* repeated names stand as often as they came */
    ens_http_field field[ENS_HTTP_FIELDS_MAX];
} ens_http_head;

/* ens__http_field gives the first value of a name (any case); p is NULL when there is none. */
ens_slice ens__http_field(const ens_http_head *head, const char *name);

typedef struct {
    unsigned status; /* what is answered: 400, 413, 414, 417, 431, 501, 505, 507 */
    const char *why; /* a literal, for people */
} ens_http_refusal;

typedef enum { ENS_HTTP1_MORE, ENS_HTTP1_HEAD, ENS_HTTP1_WHOLE, ENS_HTTP1_REFUSED } ens_http1_step;

typedef struct ens_http1 ens_http1;

/* sink takes the body piece by piece, without chunk framing; false refuses the request with 507. */
ens_http1 *ens__http1_new(bool (*sink)(void *user, ens_slice piece), void *user);
void ens__http1_free(ens_http1 *h);

/* ens__http1_feed reads on. It uses the first *used bytes of in and answers
 *   MORE     all are used, and the request isn't whole
 *   HEAD     the head is there: look at it, set the limit, feed on (with nothing, too)
 *   WHOLE    the body is there as well; what follows in in belongs to the next request
 *   REFUSED  the connection can't go on: see ens__http1_refusal
 * and the same again until the reset that must follow WHOLE and REFUSED. */
ens_http1_step ens__http1_feed(ens_http1 *h, ens_slice in, size_t *used);
void ens__http1_reset(ens_http1 *h);

const ens_http_head *ens__http1_head(const ens_http1 *h);
ens_http_refusal ens__http1_refusal(const ens_http1 *h);
/* ens__http1_limit bounds the body, whether its length is announced or not; without it there is no bound. */
void ens__http1_limit(ens_http1 *h, uint64_t bytes);
/* ens__http1_begun tells whether anything of a request was read; ens__http1_body_len how much of its body. */
bool ens__http1_begun(const ens_http1 *h);
bool ens__http1_in_body(const ens_http1 *h);
uint64_t ens__http1_body_len(const ens_http1 *h);
/* ens__http1_bytes borrows the head as it came, as far as it was read. */
ens_slice ens__http1_bytes(const ens_http1 *h);

#endif
