/* Whatever comes in, one request after another: however the octets are cut, they are read the same way; what is
 * refused says why; a body is as long as its head says, or as its chunks do by another, simpler reading; nothing is
 * read beyond the end. */
#include "tests/fuzz/target.h"

#include "engine/net/http1.h"

#define BODY_MAX 4096u
#define REQUESTS_MAX 16u

/* What was read of one input, whatever the pieces. */
typedef struct {
    ens_buf bodies, heads; /* one after another */
    size_t used, start;    /* of all; where the last request began */
    unsigned num;
    ens_http1_step end;
    ens_http_refusal refusal;
} story;

static bool keep(void *user, ens_slice piece)
{
    ens_buf_put(&((story *)user)->bodies, piece);
    return true;
}

static void tell_head(story *s, const ens_http_head *head)
{
    ens_buf_put(&s->heads, head->method);
    ens_buf_put(&s->heads, head->target);
    for (unsigned i = 0; i < head->num_fields; i++) {
        ens_buf_put(&s->heads, head->field[i].name);
        ens_buf_put(&s->heads, head->field[i].value);
    }
    ens_buf_printf(&s->heads, "%u%d%d%d", head->minor, head->keep_alive, head->expects, head->chunked);
}

static size_t size_of(ens_slice *left)
{
    size_t size = 0, n = 0;
    for (; n < left->len && left->p[n] != ';' && left->p[n] != '\r'; n++) {
        ENS_HOLDS((left->p[n] >= '0' && left->p[n] <= '9') ||
                  ((left->p[n] | 0x20) >= 'a' && (left->p[n] | 0x20) <= 'f'));
        size = size * 16 + (size_t)(left->p[n] <= '9' ? left->p[n] - '0' : (left->p[n] | 0x20) - 'a' + 10);
    }
    size_t end = ens__find(*left, ENS_LIT("\r\n"), 0);
    ENS_HOLDS(n > 0 && end != SIZE_MAX);
    *left = ens_from(*left, end + 2);
    return size;
}

/* check_chunks reads a chunked body in the plainest way: it must give the same octets. */
static void check_chunks(ens_slice framed, ens_slice body)
{
    for (size_t size; (size = size_of(&framed)) > 0; framed = ens_from(framed, size + 2)) {
        ENS_HOLDS(framed.len > size + 1 && ens_eq(ens_sub(framed, 0, size), ens_sub(body, 0, size)));
        ENS_HOLDS(ens_starts(ens_from(framed, size), ENS_LIT("\r\n")));
        body = ens_from(body, size);
    }
    ENS_HOLDS(body.len == 0 && ens_is(framed, "\r\n"));
}

static void check_whole(story *s, const ens_http1 *h, ens_slice in, size_t had)
{
    const ens_http_head *head = ens__http1_head(h);
    ens_slice body = ens_from(ens_buf_slice(&s->bodies), had), request = ens_sub(in, s->start, s->used);
    size_t end = ens__find(request, ENS_LIT("\r\n\r\n"), ens_starts(request, ENS_LIT("\r\n")) ? 2 : 0);
    ENS_HOLDS(end != SIZE_MAX && body.len == ens__http1_body_len(h) && body.len <= BODY_MAX);
    ENS_HOLDS(head->minor <= 1 && head->target.len && head->method.len && !(head->chunked && head->length));
    ENS_HOLDS(!memchr(request.p, '\0', end));
    if (head->chunked)
        check_chunks(ens_from(request, end + 4), body);
    else
        ENS_HOLDS(body.len == head->length && ens_eq(body, ens_from(request, end + 4)));
}

static void read_in(ens_http1 *h, ens_slice in, size_t pieces, story *s)
{
    size_t had = 0, used;
    ens_http1_step step = ENS_HTTP1_MORE;
    for (size_t at = 0; at < in.len && step != ENS_HTTP1_REFUSED && s->num < REQUESTS_MAX; at += pieces) {
        ens_slice piece = ens_sub(in, at, at + pieces);
        do {
            step = ens__http1_feed(h, piece, &used);
            ENS_HOLDS(used <= piece.len && (step != ENS_HTTP1_MORE || used == piece.len));
            piece = ens_from(piece, used);
            s->used += used;
            if (step == ENS_HTTP1_HEAD) {
                ens__http1_limit(h, BODY_MAX);
                tell_head(s, ens__http1_head(h));
            } else if (step == ENS_HTTP1_WHOLE) {
                check_whole(s, h, in, had);
                had = s->bodies.len;
                s->start = s->used;
                s->num++;
                ens__http1_reset(h);
            }
        } while (step == ENS_HTTP1_HEAD || (step == ENS_HTTP1_WHOLE && piece.len && s->num < REQUESTS_MAX));
    }
    s->end = step;
    s->refusal = ens__http1_refusal(h);
    ENS_HOLDS(step != ENS_HTTP1_REFUSED || (s->refusal.why && s->refusal.status >= 400 && s->refusal.status < 600));
}

ENS_FUZZ_TARGET(http1)
{
    const size_t pieces[] = {size + 1, 1, 1 + size % 7, 13};
    story s[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        ens_buf_init(&s[i].bodies, NULL, 0, (size_t)1 << 20);
        ens_buf_init(&s[i].heads, NULL, 0, (size_t)4 << 20);
        ens_http1 *h = ens__http1_new(keep, &s[i]);
        if (h)
            read_in(h, ens_bytes(data, size), pieces[i], &s[i]);
        ens__http1_free(h);
        ENS_HOLDS(s[i].num == s[0].num && s[i].refusal.status == s[0].refusal.status);
        ENS_HOLDS(ens_eq(ens_buf_slice(&s[i].heads), ens_buf_slice(&s[0].heads)));
        ENS_HOLDS(s[0].refusal.status || ens_eq(ens_buf_slice(&s[i].bodies), ens_buf_slice(&s[0].bodies)));
    }
    for (unsigned i = 0; i < 4; i++) {
        ens_buf_free(&s[i].heads);
        ens_buf_free(&s[i].bodies);
    }
}
