/* Header fields on their way: those of one hop end here, the others go on as they came. What lets somebody in goes on,
 * and is not written down.
 * Source  RFC 9110, 7.6.1, 7.6.3 */
#include "sti/proxy/proxy_parts.h"

#include <stdio.h>

#define LINES_MAX (ENS_HTTP_FIELDS_MAX + 8u)
#define RECORDED_MAX ((size_t)8 << 10) /* bytes of fields that are written down; beyond that, the type alone */

static bool is_one_of(ens_slice name, const char *const *names, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (ens__eq_nocase(name, ens_str(names[i])))
            return true;
    return false;
}

#define ONE_OF(name, names) is_one_of(name, names, sizeof(names) / sizeof *(names))

static bool is_hop(ens_slice name)
{
    static const char *const names[] = {
        "Connection", "Keep-Alive",        "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE",
        "Trailer",    "Transfer-Encoding", "Upgrade"};
    return ONE_OF(name, names);
}

static bool is_secret(ens_slice name)
{
    static const char *const names[] = {"Authorization", "Cookie", "Set-Cookie"};
    return ONE_OF(name, names);
}

/* is_listed tells whether Connection names a field. */
static bool is_listed(const ens_http_field *f, unsigned num, ens_slice name)
{
    for (unsigned i = 0; i < num; i++)
        for (size_t at = 0; ens__eq_nocase(f[i].name, ENS_LIT("Connection")) && at < f[i].value.len;) {
            size_t end = ens__find(f[i].value, ENS_LIT(","), at);
            end = end == SIZE_MAX ? f[i].value.len : end;
            if (ens__eq_nocase(ens__trim(ens_sub(f[i].value, at, end)), name))
                return true;
            at = end + 1;
        }
    return false;
}

static bool goes_on(const ens_http_field *f, unsigned num, ens_slice name)
{
    return !is_hop(name) && !is_listed(f, num, name);
}

static const char *line_of(ens_arena *arena, const ens_http_field *f)
{
    return f->value.len ? ens_arena_printf(arena, "%.*s: %.*s", (int)f->name.len, (const char *)f->name.p,
                                           (int)f->value.len, (const char *)f->value.p)
                        : ens_arena_printf(arena, "%.*s;", (int)f->name.len, (const char *)f->name.p);
}

const char *const *ens__proxy_request_fields(const ens_http_head *head, ens_arena *arena)
{
    static const char *const made[] = {"Host", "Content-Length", "Expect"};      /* anew, by libcurl */
    static const char *const added[] = {"Accept", "User-Agent", "Content-Type"}; /* … unless it is told */
    const char **line = ens_arena_zero(arena, LINES_MAX * sizeof *line);
    unsigned num = 0;
    for (unsigned i = 0; line && i < head->num_fields; i++) {
        const ens_http_field *f = &head->field[i];
        if (ONE_OF(f->name, made) || !goes_on(head->field, head->num_fields, f->name))
            continue;
        if (!(line[num++] = line_of(arena, f)))
            return NULL;
    }
    for (size_t i = 0; line && i < sizeof added / sizeof *added; i++)
        if (!ens__http_field(head, added[i]).p && !(line[num++] = ens_arena_printf(arena, "%s:", added[i])))
            return NULL;
    if (line) {
        line[num++] = "Expect:";
        line[num++] = "Via: 1.1 ensign";
    }
    return line;
}

/* put_fields writes those that are recorded. */
static void put_fields(const ens_http_field *f, unsigned num, ens_buf *out)
{
    size_t before = out->len;
    ens_slice type = {0};
    for (unsigned i = 0; i < num; i++) {
        if (ens__eq_nocase(f[i].name, ENS_LIT("Content-Type")) && !type.p)
            type = f[i].value;
        if (is_secret(f[i].name) || ens__eq_nocase(f[i].name, ENS_LIT("Content-Length")) || !goes_on(f, num, f[i].name))
            continue;
        ens_buf_put(out, f[i].name);
        ens_buf_text(out, ": ");
        ens_buf_put(out, f[i].value);
        ens_buf_text(out, "\r\n");
    }
    if (out->len - before > RECORDED_MAX) {
        out->len = before;
        if (type.p)
            ens_buf_printf(out, "Content-Type: %.*s\r\n", (int)type.len, (const char *)type.p);
    }
    ens_buf_text(out, "\r\n");
}

void ens__proxy_put_request(const ens_http_head *head, ens_buf *out)
{
    ens_buf_put(out, head->method);
    ens_buf_text(out, " ");
    ens_buf_put(out, head->target);
    ens_buf_text(out, " HTTP/1.1\r\n");
    put_fields(head->field, head->num_fields, out);
}

/* read_fields takes an answer's lines apart; a folded one goes on with the one before. */
static unsigned read_fields(ens_slice head, ens_http_field out[ENS_HTTP_FIELDS_MAX])
{
    ens_reader r = ens_read(head);
    ens_slice line;
    unsigned num = 0;
    while (num < ENS_HTTP_FIELDS_MAX && ens_take_line(&r, &line)) {
        size_t colon = ens__find(line, ENS_LIT(":"), 0);
        if (line.len && (line.p[0] == ' ' || line.p[0] == '\t') && num)
            out[num - 1].value =
                ens__trim(ens_bytes(out[num - 1].value.p, (size_t)(line.p + line.len - out[num - 1].value.p)));
        else if (colon != SIZE_MAX && colon)
            out[num++] = (ens_http_field){ens_sub(line, 0, colon), ens__trim(ens_from(line, colon + 1))};
    }
    return num;
}

/* unfolded copies a value, with a blank for each end of a line. */
static char *unfolded(ens_arena *arena, ens_slice value)
{
    char *text = ens_arena_text(arena, value);
    for (char *at = text; at && *at; at++)
        *at = *at == '\r' || *at == '\n' ? ' ' : *at;
    return text;
}

bool ens__proxy_answer_fields(ens_slice head, ens_arena *arena, const char **type, const char **others)
{
    static const char *const made[] = {"Content-Length", "Date"}; /* anew, by the server */
    ens_http_field f[ENS_HTTP_FIELDS_MAX];
    unsigned num = read_fields(head, f);
    char *lines = ens_arena_take(arena, head.len + 4 * ENS_HTTP_FIELDS_MAX + 1);
    size_t at = 0;
    *type = *others = NULL;
    for (unsigned i = 0; lines && i < num; i++) {
        const char *value = unfolded(arena, f[i].value);
        if (!value)
            return false;
        if (ens__eq_nocase(f[i].name, ENS_LIT("Content-Type")) && !*type)
            *type = value;
        else if (!ONE_OF(f[i].name, made) && goes_on(f, num, f[i].name))
            at += (size_t)snprintf(lines + at, f[i].name.len + f[i].value.len + 5, "%.*s: %s\r\n", (int)f[i].name.len,
                                   (const char *)f[i].name.p, value);
    }
    *others = at ? lines : NULL;
    return lines != NULL;
}

void ens__proxy_put_answer(unsigned status, ens_slice head, ens_buf *out)
{
    ens_http_field f[ENS_HTTP_FIELDS_MAX];
    unsigned num = read_fields(head, f);
    ens_buf_printf(out, "HTTP/1.1 %u \r\n", status);
    put_fields(f, num, out);
}
