/* Each row is one request as octets: whole, octet by octet and cut in two it must be read the same way. */
#include "engine/net/http1.h"

#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    ens_http1 *reader;
    ens_buf body;
    size_t used;
    bool head;
} reading;

static bool keep(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return true;
}

static void start(reading *r)
{
    *r = (reading){0};
    ens_buf_init(&r->body, NULL, 0, (size_t)1 << 20);
    r->reader = ens__http1_new(keep, &r->body);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r->reader);
}

static void stop(reading *r)
{
    ens__http1_free(r->reader);
    ens_buf_free(&r->body);
}

static ens_http1_step feed_piece(reading *r, ens_slice piece, uint64_t limit)
{
    ens_http1_step step = ENS_HTTP1_MORE;
    size_t used;
    do {
        step = ens__http1_feed(r->reader, piece, &used);
        piece = ens_from(piece, used);
        r->used += used;
        if (step == ENS_HTTP1_HEAD) {
            r->head = true;
            ens__http1_limit(r->reader, limit);
        }
    } while (step == ENS_HTTP1_HEAD);
    return step;
}

/* read_in feeds text in pieces of that many octets. */
static ens_http1_step read_in(reading *r, ens_slice text, size_t pieces, uint64_t limit)
{
    ens_http1_step step = ENS_HTTP1_MORE;
    for (size_t at = 0; at < text.len && step == ENS_HTTP1_MORE; at += pieces)
        step = feed_piece(r, ens_sub(text, at, at + pieces), limit);
    return step;
}

#define HOST "Host: sti.test\r\n"
#define POST "POST /as4 HTTP/1.1\r\n" HOST

typedef struct {
    const char *about, *text;
    size_t len;       /* 0: strlen */
    unsigned status;  /* 0: taken */
    const char *why;  /* part of what is said */
    const char *body; /* of what is taken */
    size_t rest;      /* octets after it */
} row;

static const row rows[] = {
    {"a GET", "GET / HTTP/1.1\r\n" HOST "\r\n", 0, 0, NULL, "", 0},
    {"a GET and the next", "GET / HTTP/1.1\r\n" HOST "\r\nGET /", 0, 0, NULL, "", 5},
    {"an empty line before", "\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, 0, NULL, "", 0},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0, 0, NULL, "", 0},
    {"a POST", POST "Content-Length: 5\r\n\r\nhello", 0, 0, NULL, "hello", 0},
    {"a POST of nothing", POST "Content-Length: 0\r\n\r\nPOST", 0, 0, NULL, "", 4},
    {"chunks", POST "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n", 0, 0, NULL, "hello", 0},
    {"chunks with extensions", POST "Transfer-Encoding: Chunked\r\n\r\n5;ab\r\nhello\r\n0;last\r\n\r\nX", 0, 0, NULL,
     "hello", 1},
    {"an absolute target", "POST http://sti.test/as4 HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", 0, 0, NULL, "x",
     0},
    {"an upgrade that is passed over", POST "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi", 0, 0,
     NULL, "hi", 0},
    {"an upgrade without a body", "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nnext", 0, 0,
     NULL, "", 4},
    {"octets above ASCII in a value", "GET / HTTP/1.1\r\n" HOST "X: \xC3\xA9\r\n\r\n", 0, 0, NULL, "", 0},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, 0, NULL, "", 0},
    /* The thirteen of a public comparison of servers, and their kin. */
    {"both lengths", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 400, "together", NULL,
     0},
    {"two lengths", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, 400, "", NULL, 0},
    {"the same length twice", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0, 400, "", NULL, 0},
    {"a list of lengths", POST "Content-Length: 5, 5\r\n\r\nhello", 0, 400, "", NULL, 0},
    {"+5", POST "Content-Length: +5\r\n\r\nhello", 0, 400, "", NULL, 0},
    {"-1", POST "Content-Length: -1\r\n\r\n", 0, 400, "", NULL, 0},
    {"0x5", POST "Content-Length: 0x5\r\n\r\nhello", 0, 400, "", NULL, 0},
    {"an empty length", POST "Content-Length:\r\n\r\n", 0, 400, "", NULL, 0},
    {"a length of 19 digits", POST "Content-Length: 9999999999999999999\r\n\r\n", 0, 400, "", NULL, 0},
    {"bare LF", "GET / HTTP/1.1\nHost: sti.test\n\n", 0, 400, "bare LF", NULL, 0},
    {"bare LF after a field", "GET / HTTP/1.1\r\nHost: sti.test\n\r\n", 0, 400, "bare LF", NULL, 0},
    {"a bare LF as the empty line", "GET / HTTP/1.1\r\n" HOST "\n", 0, 400, "bare LF", NULL, 0},
    {"CR CR LF", "GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n", 0, 400, "control", NULL, 0},
    {"a bare CR in a value", "GET / HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", 0, 400, "control", NULL, 0},
    {"a folded field", "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 0, 400, "folded", NULL, 0},
    {"a folded field by tab", "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n", 0, 400, "folded", NULL, 0},
    {"a fold after the request line", "GET / HTTP/1.1\r\n X: y\r\n" HOST "\r\n", 0, 400, "folded", NULL, 0},
    {"a space before the colon", POST "Content-Length : 1\r\n\r\nx", 0, 400, "followed by a space", NULL, 0},
    {"a tab before the colon", POST "Content-Length\t: 1\r\n\r\nx", 0, 400, "followed by a space", NULL, 0},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 0, 400, "without Host", NULL, 0},
    {"two Hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 0, 400, "more than once", NULL, 0},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0, 400, "Host", NULL, 0},
    {"a Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 0, 400, "Host", NULL, 0},
    {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 0, 400, "Host", NULL, 0},
    {"another Host in the target", "GET http://other.test/ HTTP/1.1\r\n" HOST "\r\n", 0, 400, "another host", NULL, 0},
    {"gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, 400, "", NULL, 0},
    {"gzip", POST "Transfer-Encoding: gzip\r\n\r\n", 0, 400, "", NULL, 0},
    {"identity", POST "Transfer-Encoding: identity\r\n\r\n", 0, 400, "", NULL, 0},
    {"xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0, 400, "", NULL, 0},
    {"chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 0, 400, "", NULL, 0},
    {"chunked twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 400, "",
     NULL, 0},
    {"an empty coding", POST "Transfer-Encoding:\r\n\r\n", 0, 400, "", NULL, 0},
    {"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 400, "", NULL, 0},
    {"a chunk size of 0x1", POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\nh\r\n0\r\n\r\n", 0, 400, "chunk size", NULL,
     0},
    {"a chunk size of +1", POST "Transfer-Encoding: chunked\r\n\r\n+1\r\nh\r\n0\r\n\r\n", 0, 400, "chunk size", NULL,
     0},
    {"a space after a chunk size", POST "Transfer-Encoding: chunked\r\n\r\n1 \r\nh\r\n0\r\n\r\n", 0, 400, "chunk size",
     NULL, 0},
    {"a space before a chunk size", POST "Transfer-Encoding: chunked\r\n\r\n 1\r\nh\r\n0\r\n\r\n", 0, 400, "chunk size",
     NULL, 0},
    {"no chunk size", POST "Transfer-Encoding: chunked\r\n\r\n\r\nh\r\n0\r\n\r\n", 0, 400, "chunk size", NULL, 0},
    {"a chunk size of 17 digits", POST "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nh\r\n0\r\n\r\n", 0, 400,
     "digits", NULL, 0},
    {"a bare LF after a chunk size", POST "Transfer-Encoding: chunked\r\n\r\n1\nh\r\n0\r\n\r\n", 0, 400, "chunk size",
     NULL, 0},
    {"a space in a chunk extension", POST "Transfer-Encoding: chunked\r\n\r\n1; a\r\nh\r\n0\r\n\r\n", 0, 400,
     "extension", NULL, 0},
    {"a bare LF in a chunk extension", POST "Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nh\r\n0\r\n\r\n", 0, 400,
     "extension", NULL, 0},
    {"a bare CR after a chunk size", POST "Transfer-Encoding: chunked\r\n\r\n1\rh\r\n0\r\n\r\n", 0, 400, "bare CR",
     NULL, 0},
    {"a chunk that is longer than its size", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nhh\r\n0\r\n\r\n", 0, 400,
     "longer", NULL, 0},
    {"a bare LF after a chunk", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nh\n0\r\n\r\n", 0, 400, "longer", NULL, 0},
    {"a trailer", POST "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", 0, 400, "trailer", NULL, 0},
    {"NUL in a value", "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n",
     sizeof "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n" - 1, 400, "control", NULL, 0},
    {"NUL in a name", "GET / HTTP/1.1\r\n" HOST "A\0: b\r\n\r\n", sizeof "GET / HTTP/1.1\r\n" HOST "A\0: b\r\n\r\n" - 1,
     400, "name", NULL, 0},
    {"HTTP/1.9", "GET / HTTP/1.9\r\n" HOST "\r\n", 0, 505, "", NULL, 0},
    {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 505, "", NULL, 0},
    {"HTTP/0.9", "GET /\r\n", 0, 400, "", NULL, 0},
    {"HTTP/01.1", "GET / HTTP/01.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"http/1.1", "GET / http/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"a space after the version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"a space before the method", " GET / HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"a fragment", "GET /#x HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"a target that is no path", "GET as4 HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"an octet above ASCII in the target", "GET /\xC3\xA9 HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\n" HOST "\r\n", 0, 501, "", NULL, 0},
    {"TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 0, 501, "", NULL, 0},
    {"a method in small letters", "post / HTTP/1.1\r\n" HOST "\r\n", 0, 501, "", NULL, 0},
    {"a field without a colon", "GET / HTTP/1.1\r\n" HOST "A b\r\n\r\n", 0, 400, "", NULL, 0},
    {"a field without a name", "GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n", 0, 400, "", NULL, 0},
    {"two media types", POST "Content-Type: a/b\r\ncontent-type: c/d\r\n\r\n", 0, 400, "Content-Type", NULL, 0},
    {"another expectation", POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx", 0, 417, "", NULL, 0},
    {"a body over the limit", POST "Content-Length: 1025\r\n\r\n", 0, 413, "", NULL, 0},
    {"chunks over the limit", POST "Transfer-Encoding: chunked\r\n\r\n401\r\n", 0, 413, "", NULL, 0},
    {"chunks whose sum wraps around", POST "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\nFFFFFFFFFFFFFFF\r\n", 0, 413,
     "", NULL, 0},
    {"a TLS hello", "\x16\x03\x01\x02", 0, 400, "TLS", NULL, 0},
    {"two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, 400, "", NULL, 0},
};

static void check_taken(const row *w, const reading *r, ens_http1_step step, size_t len, size_t pieces)
{
    CHECK_ROW(step == ENS_HTTP1_WHOLE && r->head, "%s in pieces of %zu: %s", w->about, pieces,
              step == ENS_HTTP1_REFUSED ? ens__http1_refusal(r->reader).why : "not whole");
    CHECK_ROW(ens_is(ens_buf_slice(&r->body), w->body), "%s in pieces of %zu: another body", w->about, pieces);
    CHECK_ROW(len - r->used == w->rest || pieces == 1, "%s: %zu octets are left", w->about, len - r->used);
}

static void check_row(const row *w, size_t pieces)
{
    reading r;
    size_t len = w->len ? w->len : strlen(w->text);
    start(&r);
    ens_http1_step step = read_in(&r, ens_bytes(w->text, len), pieces, 1024);
    ens_http_refusal refusal = ens__http1_refusal(r.reader);
    if (!w->status)
        check_taken(w, &r, step, len, pieces);
    else
        CHECK_ROW(step == ENS_HTTP1_REFUSED && refusal.status == w->status && refusal.why &&
                      strstr(refusal.why, w->why),
                  "%s in pieces of %zu: %u %s", w->about, pieces, refusal.status, refusal.why ? refusal.why : "");
    stop(&r);
}

static void each_row(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = rows[i].len ? rows[i].len : strlen(rows[i].text);
        check_row(&rows[i], SIZE_MAX / 2);
        for (size_t pieces = 1; pieces <= len; pieces += pieces < 8 ? 1 : 7)
            check_row(&rows[i], pieces);
    }
}

static void head_is_told(void)
{
    reading r;
    start(&r);
    ens_slice text = ENS_LIT("POST http://STI.test/as4?x=1 HTTP/1.1\r\nhost: sti.TEST\r\nContent-type:  a/b \t\r\n"
                             "CONNECTION: close\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\nabc");
    CU_ASSERT_EQUAL(read_in(&r, text, SIZE_MAX / 2, 3), ENS_HTTP1_WHOLE);
    const ens_http_head *head = ens__http1_head(r.reader);
    CU_ASSERT(ens_is(head->method, "POST") && ens_is(head->target, "/as4?x=1"));
    CU_ASSERT(head->minor == 1 && !head->keep_alive && head->expects && head->length == 3 && head->num_fields == 5);
    CU_ASSERT(ens_is(ens__http_field(head, "CONTENT-TYPE"), "a/b") && !ens__http_field(head, "Accept").p);
    ens__http1_reset(r.reader);
    CU_ASSERT_FALSE(ens__http1_begun(r.reader));
    CU_ASSERT_EQUAL(read_in(&r, ENS_LIT("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 1, 0), ENS_HTTP1_WHOLE);
    CU_ASSERT(head->minor == 0 && head->keep_alive && !head->expects && head->length == 0);
    stop(&r);
}

static unsigned status_of(const char *before, char fill, size_t num, const char *after)
{
    reading r;
    ens_buf text;
    start(&r);
    ens_buf_init(&text, NULL, 0, (size_t)1 << 20);
    ens_buf_text(&text, before);
    uint8_t *room = ens_buf_room(&text, num);
    memset(room, fill, num);
    text.len += num;
    ens_buf_text(&text, after);
    read_in(&r, ens_buf_slice(&text), 1000, 1024);
    unsigned status = ens__http1_refusal(r.reader).status;
    ens_buf_free(&text);
    stop(&r);
    return status;
}

static void limits(void)
{
    ens_buf many;
    reading r;
    CU_ASSERT_EQUAL(status_of("GET /", 'a', ENS_HTTP_LINE_MAX, " HTTP/1.1\r\n" HOST "\r\n"), 414);
    CU_ASSERT_EQUAL(status_of("GET /", 'a', ENS_HTTP_LINE_MAX - 32, " HTTP/1.1\r\n" HOST "\r\n"), 0);
    CU_ASSERT_EQUAL(status_of("", 'G', ENS_HTTP_LINE_MAX + 1, ""), 414);
    CU_ASSERT_EQUAL(status_of("GET / HTTP/1.1\r\n" HOST "A: ", 'a', ENS_HTTP_LINE_MAX, "\r\n\r\n"), 431);
    CU_ASSERT_EQUAL(status_of(POST "Transfer-Encoding: chunked\r\n\r\n1;", 'a', ENS_HTTP_EXTENSIONS_MAX + 1, "\r\n"),
                    400);
    for (unsigned num = ENS_HTTP_FIELDS_MAX; num <= ENS_HTTP_FIELDS_MAX + 1; num++) {
        start(&r);
        ens_buf_init(&many, NULL, 0, (size_t)1 << 20);
        ens_buf_text(&many, "GET / HTTP/1.1\r\n" HOST);
        for (unsigned i = 1; i < num; i++)
            ens_buf_text(&many, "A: b\r\n");
        ens_buf_text(&many, "\r\n");
        ens_http1_step step = read_in(&r, ens_buf_slice(&many), 100, 0);
        CU_ASSERT_EQUAL(step, num > ENS_HTTP_FIELDS_MAX ? ENS_HTTP1_REFUSED : ENS_HTTP1_WHOLE);
        ens_buf_free(&many);
        stop(&r);
    }
}

static const ens_case cases[] = {
    {"reads each request the same way however it comes, or says why not", each_row},
    {"tells what the head says, and reads another request after it", head_is_told},
    {"bounds the request line, the fields and the chunk extensions", limits},
    {NULL, NULL},
};
ENS_SUITE("engine/net/http1", cases)
