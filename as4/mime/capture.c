/* See capture.h. */
#include "as4/mime/capture.h"

#include "as4/mime/mime_part.h"
#include "engine/base/gzip.h"

#define RULE_HEAD "RFC 5322 2.2; RFC 9112 2"
#define RULE_CODING "RFC 9110 8.4; RFC 9112 7.1"
#define RULE_SENT "ICS2-HTI 4.1.3.2"
#define CAPTURED_MAX ((size_t)256 << 20) /* bytes of a body whose codings were undone */

static bool is_white(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t ens__capture_first(ens_slice in, size_t at)
{
    while (at < in.len && is_white(in.p[at]))
        at++;
    if (ens_starts(ens_from(in, at), ENS_LIT("\xEF\xBB\xBF")))
        at += 3;
    while (at < in.len && is_white(in.p[at]))
        at++;
    return at;
}

/* is_start_line tells an HTTP request or status line from a field, whose name ends in ':' before any blank. */
static bool is_start_line(ens_slice line)
{
    size_t blank = ens__find(line, ENS_LIT(" "), 0), colon = ens__find(line, ENS_LIT(":"), 0);
    return blank < colon && (ens_starts(line, ENS_LIT("HTTP/")) || ens__find(line, ENS_LIT(" HTTP/"), 0) != SIZE_MAX);
}

/* status_of reads the three digits of a status line; 0 for a request. */
static unsigned status_of(ens_slice line)
{
    size_t blank = ens__find(line, ENS_LIT(" "), 0);
    unsigned status = 0;
    if (!ens_starts(line, ENS_LIT("HTTP/")))
        return 0;
    for (size_t i = blank + 1; i < line.len && i <= blank + 3 && line.p[i] >= '0' && line.p[i] <= '9'; i++)
        status = status * 10 + (line.p[i] - '0');
    return status;
}

/* take_start_line passes over a start line at *at. False where none stands there. */
static bool take_start_line(ens_slice in, size_t *at, unsigned *status)
{
    ens_slice line;
    ens_reader r = ens_read(ens_from(in, *at));
    if (!ens_take_line(&r, &line) || !is_start_line(line))
        return false;
    *status = status_of(line);
    *at += ens_at(&r);
    return true;
}

static bool refuse_block(ens__head_result got, size_t at, ens_report *report)
{
    ens_finding *f;
    if (got == ENS_HEAD_NOMEM)
        f = ens__skip(report, "mime.package", RULE_HEAD, true, "out of memory while reading the package");
    else if (got == ENS_HEAD_LIMIT)
        f = ens__failf(report, "mime.header", RULE_HEAD, "send the header fields that AS4 needs and no others",
                       "a header block is over 16 KiB");
    else
        f = ens__failf(report, "mime.header", RULE_HEAD, "each line before the empty one is \"Name: value\"",
                       "a header block has a line that is no field");
    f->at = at;
    return false;
}

/* The undoing of codings. */
typedef struct {
    ens_arena *arena;
    ens_report *report;
    ens_slice body;
} undoing;

static bool leave_coded(undoing *u, ens_slice coding, const char *why)
{
    ens__skip(u->report, "mime.coding", RULE_CODING, true,
              "the body was captured with the coding \"%s\", %s: undo it and judge the message again; this is no fault "
              "of the sender",
              ens__show(u->report, coding), why);
    return false;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* take_chunk_size reads the line in front of a chunk: hexadecimal digits, and extensions behind ';'. */
static bool take_chunk_size(ens_reader *r, size_t *size)
{
    ens_slice line;
    size_t i = 0;
    *size = 0;
    if (!ens_take_line(r, &line))
        return false;
    for (; i < line.len && hex_digit(line.p[i]) >= 0; i++) {
        *size = *size > CAPTURED_MAX ? SIZE_MAX / 16 : *size * 16 + (size_t)hex_digit(line.p[i]);
    }
    ens_slice rest = ens__trim(ens_from(line, i));
    return i > 0 && (!rest.len || rest.p[0] == ';');
}

static bool take_line_end(ens_reader *r)
{
    ens_slice line;
    return ens_take_line(r, &line) && line.len == 0;
}

/* unchunk appends the chunks' bytes up to the last, empty one. False where they don't end. */
static bool unchunk(ens_slice body, ens_buf *out)
{
    ens_reader r = ens_read(body);
    ens_slice chunk;
    size_t size;
    for (;;) {
        if (!take_chunk_size(&r, &size))
            return false;
        if (size == 0)
            return true; /* trailer fields may follow, and mean nothing here */
        if (!ens_take(&r, size, &chunk) || !take_line_end(&r))
            return false;
        ens_buf_put(out, chunk);
    }
}

static bool undo_chunked(undoing *u, ens_slice coding)
{
    ens_reader r = ens_read(u->body);
    size_t size;
    if (!take_chunk_size(&r, &size))
        return true; /* whoever saved the capture has joined the chunks */
    uint8_t *room = ens_arena_take(u->arena, u->body.len);
    ens_buf joined;
    ens_buf_init(&joined, room, u->body.len, u->body.len);
    if (!room || !unchunk(u->body, &joined) || joined.failed)
        return leave_coded(u, coding,
                           room ? "and its chunks are cut short or broken" : "and there is no memory for it");
    u->body = ens_buf_slice(&joined);
    return true;
}

/* undo_compression: what doesn't begin as the coding does was inflated by whoever saved the capture. */
static bool undo_compression(undoing *u, ens_slice coding, bool gzip)
{
    size_t first = ens__capture_first(u->body, 0);
    bool plain = gzip ? !ens_starts(u->body, ENS_LIT("\x1F\x8B"))
                      : first == u->body.len || u->body.p[first] == '<' || u->body.p[first] == '-';
    ens_buf inflated;
    if (plain)
        return true;
    ens_buf_init(&inflated, NULL, 0, CAPTURED_MAX);
    ens_code code = ens__inflate_coding(u->body, CAPTURED_MAX, &inflated, NULL);
    char *kept = code == ENS_OK ? ens_arena_text(u->arena, ens_buf_slice(&inflated)) : NULL;
    u->body = kept ? ens_bytes(kept, inflated.len) : u->body;
    ens_buf_free(&inflated);
    if (kept)
        return true;
    return leave_coded(u, coding,
                       code == ENS_ESYNTAX  ? "and is cut short or broken"
                       : code == ENS_ELIMIT ? "and inflates to more than is read"
                                            : "and there is no memory for it");
}

static bool undo_one(undoing *u, ens_slice coding)
{
    if (!coding.len || ens__eq_nocase(coding, ENS_LIT("identity")))
        return true;
    if (ens__eq_nocase(coding, ENS_LIT("chunked")))
        return undo_chunked(u, coding);
    bool gzip = ens__eq_nocase(coding, ENS_LIT("gzip")) || ens__eq_nocase(coding, ENS_LIT("x-gzip"));
    if (gzip || ens__eq_nocase(coding, ENS_LIT("deflate")))
        return undo_compression(u, coding, gzip);
    return leave_coded(u, coding, "which is not known here");
}

/* undo_codings undoes a list of codings, the last first: so they were put on. */
static bool undo_codings(undoing *u, ens_slice list)
{
    unsigned num = 0;
    while (list.len) {
        size_t comma = list.len;
        while (comma && list.p[comma - 1] != ',')
            comma--;
        if (num++ == ENS_CAPTURE_CODINGS_MAX)
            return leave_coded(u, list, "one of too many");
        if (!undo_one(u, ens__trim(ens_from(list, comma))))
            return false;
        list = ens_sub(list, 0, comma ? comma - 1 : 0);
    }
    return true;
}

static bool read_block(ens_slice in, ens_arena *arena, ens_capture *out, ens__mime_head *head, ens_report *report)
{
    ens__head_result got = ens__mime_head_read(in, out->at, false, arena, head);
    if (got != ENS_HEAD_OK)
        return refuse_block(got, head->end, report);
    if (head->twice)
        ens__failf(report, "mime.header", RULE_HEAD, "send each field once: receivers differ in which one they believe",
                   "%s stands more than once in a header block", head->twice)
            ->at = out->at;
    out->at = head->end;
    out->content_type = head->content_type;
    out->bare_lf = head->bare_lf;
    return true;
}

bool ens__capture_read(ens_slice in, size_t from, ens_arena *arena, ens_capture *out, ens_report *report)
{
    *out = (ens_capture){.in = in, .at = from};
    ens__mime_head head;
    bool started = take_start_line(in, &out->at, &out->status), again = true;
    while (again) {
        bool interim = started && out->status / 100 == 1; /* then another block follows in any case */
        if (!read_block(in, arena, out, &head, report))
            return false;
        started = take_start_line(in, &out->at, &out->status);
        again = started || interim;
    }
    undoing u = {arena, report, ens_from(in, out->at)};
    ens_slice coded = u.body;
    if (!undo_codings(&u, head.hop_encoding) || !undo_codings(&u, head.content_encoding))
        return false;
    if (u.body.p != coded.p) {
        out->in = u.body;
        out->at = 0;
    }
    return true;
}

ens_code ens__capture_split(ens_slice message, ens_arena *arena, ens_report *aside, const char **type, ens_slice *body,
                            ens_err *err)
{
    ens_capture capture = {0};
    size_t first = ens__capture_first(message, 0);
    *type = NULL;
    *body = message;
    if (first < message.len && message.p[first] == '<')
        return ENS_OK;
    if (ens_starts(ens_from(message, first), ENS_LIT("--")) ||
        !ens__capture_read(message, first, arena, &capture, aside) || !capture.content_type.len)
        return ens_fail(err, ENS_ESYNTAX, RULE_SENT,
                        "no header block with a Content-Type stands in front of the message", 0);
    char *text = ens_arena_text(arena, capture.content_type);
    for (char *at = text; at && *at; at++) /* unfolded */
        *at = *at == '\r' || *at == '\n' || *at == '\t' ? ' ' : *at;
    if (!text || strlen(text) != capture.content_type.len)
        return ens_fail(err, ENS_ESYNTAX, RULE_SENT, "the message's Content-Type can't be sent", 0);
    *type = text;
    *body = ens_from(capture.in, capture.at);
    return body->len ? ENS_OK : ens_fail(err, ENS_ESYNTAX, RULE_SENT, "the message has no body", 0);
}
