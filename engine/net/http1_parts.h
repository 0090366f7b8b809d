/* What the reader of requests is made of: a head's lines and fields, and the framing of a chunked body.
 * Source  RFC 9110, RFC 9112 */
#ifndef ENS_ENGINE_NET_HTTP1_PARTS_H
#define ENS_ENGINE_NET_HTTP1_PARTS_H

#include "engine/net/http1.h"

/* ens__http_request_line and ens__http_field_line judge one line without its CR LF. ens__http_head_finish judges the
 * fields, and fills in what they say: expects, chunked, length; an absolute-form target is cut to its path. Each
 * returns a refusal whose why is NULL when nothing is wrong. */
ens_http_refusal ens__http_request_line(ens_slice line);
ens_http_refusal ens__http_field_line(ens_slice line);
ens_http_refusal ens__http_head_finish(ens_http_head *head);

/* Where the octets of a chunked body lie: the framing alone, as strict as its grammar. Trailer fields are refused (RFC
 * 9112, 7.1). */
typedef enum {
    ENS_CHUNK_SIZE = 0,
    ENS_CHUNK_EXTENSION,
    ENS_CHUNK_SIZE_LF,
    ENS_CHUNK_DATA,
    ENS_CHUNK_DATA_CR,
    ENS_CHUNK_DATA_LF,
    ENS_CHUNK_LAST_CR,
    ENS_CHUNK_LAST_LF,
    ENS_CHUNK_DONE,
} ens_chunk_place;

/* The zero value stands before the first chunk. */
typedef struct {
    ens_chunk_place place;
    unsigned digits, extension; /* of this size; of all extensions */
    uint64_t size, left, total; /* this chunk's; what of it is to come; of all chunks announced so far */
    const char *why;            /* NULL: all is well */
} ens_chunks;

/* ens__chunks_pass walks in and returns how many of its octets belong to the body, up to its end. What breaks the
 * grammar sets why, and is not counted. */
size_t ens__chunks_pass(ens_chunks *c, ens_slice in);

#endif
