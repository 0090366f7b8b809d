#include "engine/net/http1.h"

#include "engine/base/arena.h"
#include "engine/net/http1_parts.h"

#include <stdlib.h>

#ifdef ENSIGN_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser;
typedef llhttp_settings_t parser_settings;
#else
#include <http_parser.h>
typedef http_parser parser;
typedef http_parser_settings parser_settings;
#endif

typedef enum { IN_HEAD = 0, IN_BODY, IS_WHOLE, IS_REFUSED } place;

struct ens_http1 {
    ens_http_head head;
    ens_http_refusal refusal;
    parser parser;
    place at;
    ens_buf bytes;      /* the head as it comes */
    size_t line;        /* where its unfinished line starts */
    unsigned num_lines; /* field lines that were judged */
    bool complete;      /* the parser has seen the end of the message */
    bool blank;         /* an empty line stood before the request */
    uint64_t limit;     /* bytes of the body */
    uint64_t expected;  /* body bytes that the framing allows so far: announced, or passed as chunks */
    uint64_t sunk;      /* body bytes that the parser gave */
    ens_chunks chunks;
    bool (*sink)(void *user, ens_slice piece);
    void *user;
};

static ens_http1_step refuse_request(ens_http1 *h, unsigned status, const char *why)
{
    if (h->at != IS_REFUSED)
        h->refusal = (ens_http_refusal){status, why};
    h->at = IS_REFUSED;
    return ENS_HTTP1_REFUSED;
}

/* The parser's callbacks: all of a head lies in one piece, so each name and value comes in one. */
static int on_url(parser *p, const char *at, size_t len)
{
    ((ens_http1 *)p->data)->head.target = ens_bytes(at, len);
    return 0;
}

static int on_name(parser *p, const char *at, size_t len)
{
    ens_http_head *head = &((ens_http1 *)p->data)->head;
    if (head->num_fields == ENS_HTTP_FIELDS_MAX)
        return -1;
    head->field[head->num_fields++] = (ens_http_field){ens_bytes(at, len), ENS_LIT("")};
    return 0;
}

static int on_value(parser *p, const char *at, size_t len)
{
    ens_http_head *head = &((ens_http1 *)p->data)->head;
    if (head->num_fields == 0)
        return -1;
    head->field[head->num_fields - 1].value = ens__trim(ens_bytes(at, len));
    return 0;
}

/* No protocol is upgraded to: the request is served as what it is (RFC 9110, 7.8). */
static int on_head(parser *p)
{
    ens_http_head *head = &((ens_http1 *)p->data)->head;
#ifdef ENSIGN_LLHTTP
    head->keep_alive = llhttp_should_keep_alive(p) != 0;
#else
    head->keep_alive = http_should_keep_alive(p) != 0;
#endif
    p->upgrade = 0;
    return 0;
}

static int on_body(parser *p, const char *at, size_t len)
{
    ens_http1 *h = p->data;
    h->sunk += len;
    if (h->sunk <= h->expected && h->sink(h->user, ens_bytes(at, len)))
        return 0;
    refuse_request(h, 507, "the body can't be kept");
    return -1;
}

static int on_complete(parser *p)
{
    ((ens_http1 *)p->data)->complete = true;
    return 0;
}

static const parser_settings settings = {.on_url = on_url,
                                         .on_header_field = on_name,
                                         .on_header_value = on_value,
                                         .on_headers_complete = on_head,
                                         .on_body = on_body,
                                         .on_message_complete = on_complete};

#ifdef ENSIGN_LLHTTP
static void start_parser(ens_http1 *h)
{
    llhttp_init(&h->parser, HTTP_REQUEST, &settings);
    h->parser.data = h;
}

static bool parse(ens_http1 *h, ens_slice in)
{
    return llhttp_execute(&h->parser, (const char *)in.p, in.len) == HPE_OK;
}

static const char *parser_reason(const ens_http1 *h)
{
    return llhttp_errno_name(llhttp_get_errno(&h->parser));
}
#else
static void start_parser(ens_http1 *h)
{
    http_parser_init(&h->parser, HTTP_REQUEST);
    h->parser.data = h;
}

static bool parse(ens_http1 *h, ens_slice in)
{
    size_t used = http_parser_execute(&h->parser, &settings, (const char *)in.p, in.len);
    return used == in.len && HTTP_PARSER_ERRNO(&h->parser) == HPE_OK;
}

static const char *parser_reason(const ens_http1 *h)
{
    return http_errno_description(HTTP_PARSER_ERRNO(&h->parser));
}
#endif

ens_http1 *ens__http1_new(bool (*sink)(void *user, ens_slice piece), void *user)
{
    ens_http1 *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    ens__heap_note();
    h->sink = sink;
    h->user = user;
    ens_buf_init(&h->bytes, NULL, 0, ENS_HTTP_HEAD_MAX);
    ens__http1_reset(h);
    return h;
}

void ens__http1_free(ens_http1 *h)
{
    if (!h)
        return;
    ens_buf_free(&h->bytes);
    free(h);
}

void ens__http1_reset(ens_http1 *h)
{
    h->head.num_fields = 0;
    h->head.length = 0;
    h->head.chunked = h->head.expects = h->head.keep_alive = false;
    h->head.method = h->head.target = (ens_slice){0};
    h->refusal = (ens_http_refusal){0};
    h->at = IN_HEAD;
    h->bytes.len = h->line = 0;
    h->bytes.failed = ENS_OK;
    h->num_lines = 0;
    h->complete = h->blank = false;
    h->limit = UINT64_MAX;
    h->expected = h->sunk = 0;
    h->chunks = (ens_chunks){0};
    start_parser(h);
}

/* The head is whole: the parser takes it apart, and must have found the lines that were judged. Where it refuses, what
 * is known of the fields so far may say why better than it does. */
static ens_http1_step finish_head(ens_http1 *h)
{
    ens_slice all = ens_buf_slice(&h->bytes);
    bool good = parse(h, all) && h->head.num_fields == h->num_lines;
    if (!h->head.target.len)
        return refuse_request(h, 400, "the head is not one of an HTTP request");
    h->head.minor = h->parser.http_minor;
    h->head.method = ens_sub(all, 0, (size_t)((const uint8_t *)memchr(all.p, ' ', all.len) - all.p));
    ens_http_refusal wrong = ens__http_head_finish(&h->head);
    if (wrong.why)
        return refuse_request(h, wrong.status, wrong.why);
    if (!good || h->complete != (!h->head.chunked && h->head.length == 0))
        return refuse_request(h, 400, good ? "where the request ends is read in two ways" : parser_reason(h));
    h->expected = h->head.length;
    h->at = IN_BODY;
    return ENS_HTTP1_HEAD;
}

/* end_line judges the line that ends with the LF at the end of the bytes. */
static ens_http1_step end_line(ens_http1 *h)
{
    ens_slice line = ens_from(ens_buf_slice(&h->bytes), h->line);
    ens_http_refusal wrong = {0, NULL};
    if (line.len < 2 || line.p[line.len - 2] != '\r')
        return refuse_request(h, 400, "a line ends with a bare LF");
    line.len -= 2;
    bool first = h->line == 0;
    if (line.len == 0 && first && !h->blank) { /* RFC 9112, 2.2: one empty line before a request is passed over */
        h->blank = true;
        h->bytes.len = 0;
        return ENS_HTTP1_MORE;
    }
    if (line.len == 0 && !first)
        return finish_head(h);
    if (!first && ++h->num_lines > ENS_HTTP_FIELDS_MAX)
        return refuse_request(h, 431, "there are too many fields");
    wrong = first ? ens__http_request_line(line) : ens__http_field_line(line);
    if (wrong.why)
        return refuse_request(h, wrong.status, wrong.why);
    h->line = h->bytes.len;
    return ENS_HTTP1_MORE;
}

static ens_http1_step check_size(ens_http1 *h)
{
    if (h->bytes.len - h->line > ENS_HTTP_LINE_MAX)
        return h->line == 0 ? refuse_request(h, 414, "the request line is too long")
                            : refuse_request(h, 431, "a field is too long");
    return h->bytes.failed ? refuse_request(h, 431, "the fields are too long") : ENS_HTTP1_MORE;
}

/* A line that isn't whole yet may tell already that it is none. */
static ens_http1_step check_start(ens_http1 *h)
{
    ens_slice all = ens_buf_slice(&h->bytes);
    if (h->line == 0 && all.len && all.p[0] == 0x16)
        return refuse_request(h, 400, "TLS is spoken on a port for plain HTTP");
    return ENS_HTTP1_MORE;
}

static ens_http1_step feed_head(ens_http1 *h, ens_slice in, size_t *used)
{
    ens_http1_step step = ENS_HTTP1_MORE;
    for (*used = 0; *used < in.len && step == ENS_HTTP1_MORE;) {
        const uint8_t *from = in.p + *used, *lf = memchr(from, '\n', in.len - *used);
        size_t n = lf ? (size_t)(lf - from) + 1 : in.len - *used;
        size_t most = ENS_HTTP_LINE_MAX + 1 - (h->bytes.len - h->line);
        ens_buf_add(&h->bytes, from, n < most ? n : most);
        *used += n < most ? n : most;
        step = check_size(h);
        if (step == ENS_HTTP1_MORE)
            step = lf ? end_line(h) : check_start(h);
    }
    return step;
}

/* pass_body gives the parser the octets that the framing says are the body's; both must see its end at the same one. */
static ens_http1_step pass_body(ens_http1 *h, ens_slice in, bool ends)
{
    if (!parse(h, in))
        return refuse_request(h, 400, "the body is not framed as HTTP has it");
    if (h->complete != ends || (ends && h->sunk != h->expected))
        return refuse_request(h, 400, "where the body ends is read in two ways");
    if (ends)
        h->at = IS_WHOLE;
    return ends ? ENS_HTTP1_WHOLE : ENS_HTTP1_MORE;
}

static ens_http1_step feed_chunks(ens_http1 *h, ens_slice in, size_t *used)
{
    *used = ens__chunks_pass(&h->chunks, in);
    h->expected = h->chunks.total;
    if (h->chunks.why)
        return refuse_request(h, 400, h->chunks.why);
    if (h->expected > h->limit)
        return refuse_request(h, 413, "the body is too long");
    return pass_body(h, ens_sub(in, 0, *used), h->chunks.place == ENS_CHUNK_DONE);
}

static ens_http1_step feed_body(ens_http1 *h, ens_slice in, size_t *used)
{
    *used = 0;
    if (h->complete) {
        h->at = IS_WHOLE;
        return ENS_HTTP1_WHOLE;
    }
    if (!h->head.chunked && h->head.length > h->limit)
        return refuse_request(h, 413, "the body is too long");
    if (in.len == 0)
        return ENS_HTTP1_MORE;
    if (h->head.chunked)
        return feed_chunks(h, in, used);
    uint64_t left = h->head.length - h->sunk;
    *used = in.len < left ? in.len : (size_t)left;
    return pass_body(h, ens_sub(in, 0, *used), *used == left);
}

ens_http1_step ens__http1_feed(ens_http1 *h, ens_slice in, size_t *used)
{
    *used = 0;
    switch (h->at) {
    case IN_HEAD:
        return feed_head(h, in, used);
    case IN_BODY:
        return feed_body(h, in, used);
    case IS_WHOLE:
        return ENS_HTTP1_WHOLE;
    case IS_REFUSED:
        break;
    }
    return ENS_HTTP1_REFUSED;
}

const ens_http_head *ens__http1_head(const ens_http1 *h)
{
    return &h->head;
}

ens_http_refusal ens__http1_refusal(const ens_http1 *h)
{
    return h->refusal;
}

void ens__http1_limit(ens_http1 *h, uint64_t bytes)
{
    h->limit = bytes;
}

bool ens__http1_begun(const ens_http1 *h)
{
    return h->at != IN_HEAD || h->bytes.len > 0 || h->blank;
}

bool ens__http1_in_body(const ens_http1 *h)
{
    return h->at == IN_BODY;
}

uint64_t ens__http1_body_len(const ens_http1 *h)
{
    return h->sunk;
}

ens_slice ens__http1_bytes(const ens_http1 *h)
{
    return ens_buf_slice(&h->bytes);
}
