#include "engine/net/server_parts.h"

#include <time.h>

#define COPIED ((size_t)64 << 10) /* bytes of a body that leave in one write with the head, rather than after it */
#define ANSWER_MAX ((size_t)1 << 30)

static const char *reason_of(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Other";
}

/* add_date writes RFC 9110's Date (6.6.1), made once a second and thread. */
static void add_date(ens_buf *out)
{
    static _Thread_local char line[48];
    static _Thread_local time_t made;
    struct tm tm;
    time_t now = time(NULL);
    if (now != made && gmtime_r(&now, &tm)) {
        static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        ens_buf text;
        ens_buf_init(&text, line, sizeof line, sizeof line);
        ens_buf_printf(&text, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n", days + 3 * tm.tm_wday, tm.tm_mday,
                       months + 3 * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
        made = now;
    }
    ens_buf_text(out, line);
}

static bool has_length(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

static void write_head(ens_exchange *x, const ens_http_answer *a)
{
    ens_buf *out = &x->out;
    ens_buf_printf(out, "HTTP/1.1 %u %s\r\n", a->status, reason_of(a->status));
    add_date(out);
    if (a->type)
        ens_buf_printf(out, "Content-Type: %s\r\n", a->type);
    if (a->fields)
        ens_buf_text(out, a->fields);
    if (has_length(a->status) && !x->streams)
        ens_buf_printf(out, "Content-Length: %zu\r\n", a->body.len);
    if (!x->keep)
        ens_buf_text(out, "Connection: close\r\n");
    else if (ens__http1_head(x->reader)->minor == 0)
        ens_buf_text(out, "Connection: keep-alive\r\n");
    ens_buf_text(out, "\r\n");
}

/* has_body is false where the head's length tells of a body that isn't sent. */
static bool has_body(const ens_exchange *x, unsigned status)
{
    return has_length(status) && !ens_is(ens__http1_head(x->reader)->method, "HEAD");
}

void ens__answer_write(ens_exchange *x, const ens_http_answer *a)
{
    ens_slice body = has_body(x, a->status) ? a->body : (ens_slice){0};
    if (a->sending == ENS_ANSWER_CUT)
        body = ens_sub(body, 0, body.len / 2);
    if (a->sending != ENS_ANSWER_WHOLE || a->close)
        x->keep = false;
    x->sending = a->sending;
    x->release = a->release;
    x->owner = a->owner;
    x->rest = (ens_slice){0};
    x->out.len = 0;
    if (a->sending == ENS_ANSWER_NONE || a->sending == ENS_ANSWER_GARBLED)
        return;
    write_head(x, a);
    bool whole = body.len <= COPIED || !a->release;
    ens_buf_put(&x->out, whole ? body : ens_sub(body, 0, COPIED));
    if (!whole)
        x->rest = ens_from(body, COPIED);
    if (x->out.failed) { /* no memory: the client learns nothing, and asks again */
        x->out.len = 0;
        x->rest = (ens_slice){0};
        x->sending = ENS_ANSWER_NONE;
        x->keep = false;
    }
}
