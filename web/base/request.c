#include "web/base/request.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ens__web_decode(ens_arena *a, ens_slice in, bool plus, ens_slice *out)
{
    uint8_t *to = ens_arena_take(a, in.len + 1);
    size_t len = 0;
    if (!to)
        return false;
    for (size_t i = 0; i < in.len; i++) {
        if (in.p[i] != '%') {
            to[len++] = plus && in.p[i] == '+' ? ' ' : in.p[i];
            continue;
        }
        int high = i + 2 < in.len ? hex_digit(in.p[i + 1]) : -1, low = i + 2 < in.len ? hex_digit(in.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        to[len++] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    to[len] = '\0';
    *out = ens_bytes(to, len);
    return true;
}

/* cut gives what stands before the next octet of that kind, and moves *in behind it; false: there is nothing left. */
static bool cut(ens_slice *in, uint8_t at, ens_slice *out)
{
    if (!in->p)
        return false;
    const uint8_t *found = in->len ? memchr(in->p, at, in->len) : NULL;
    size_t len = found ? (size_t)(found - in->p) : in->len;
    *out = ens_sub(*in, 0, len);
    *in = found ? ens_from(*in, len + 1) : (ens_slice){0};
    return true;
}

bool ens__web_pairs_read(ens_arena *a, ens_slice in, ens_web_pairs *out, const char **why)
{
    ens_slice one;
    ens_web_pair *pairs = NULL;
    size_t num = 0, room = 0;
    *why = "a name or a value is encoded wrongly: a % is followed by two hexadecimal digits";
    while (cut(&in, '&', &one)) {
        ens_slice name = one, value = {0};
        if (!one.len)
            continue;
        if (num == ENS_WEB_PAIRS_MAX) {
            *why = "there are too many names";
            return false;
        }
        if (cut(&one, '=', &name))
            value = one.p ? one : ENS_LIT("");
        pairs = ens_arena_grow(a, pairs, num, &room, sizeof *pairs);
        if (!pairs || !ens__web_decode(a, name, true, &pairs[num].name) ||
            !ens__web_decode(a, value, true, &pairs[num].value))
            return false;
        num++;
    }
    *out = (ens_web_pairs){pairs, num};
    *why = NULL;
    return true;
}

/* is_clean tells that a segment, decoded, is text without controls, and no way up. */
static bool is_clean(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return s.len && !ens_is(s, ".") && !ens_is(s, "..") && ens__is_utf8(s);
}

static const char *read_segments(ens_web_request *r, ens_slice path)
{
    ens_slice one;
    path = ens_from(path, 1); /* the first slash */
    r->folder = !path.len || path.p[path.len - 1] == '/';
    if (path.len && r->folder)
        path.len--;
    while (path.len && cut(&path, '/', &one)) {
        if (r->num_segments == ENS_WEB_SEGMENTS_MAX)
            return "the path has too many segments";
        if (!ens__web_decode(r->arena, one, false, &r->segment[r->num_segments]))
            return "the path is encoded wrongly: a % is followed by two hexadecimal digits";
        if (!is_clean(r->segment[r->num_segments++]))
            return "a segment of the path is empty, leads up, or holds what no name has";
        if (path.p && !path.len)
            return "a segment of the path is empty, leads up, or holds what no name has";
    }
    return NULL;
}

bool ens__web_read(ens_web_request *r, unsigned *status, const char **why)
{
    const ens_http_head *head = r->http->head;
    ens_slice query = head->target, path;
    *status = 400;
    r->method = ens_is(head->method, "HEAD") ? ENS_LIT("GET") : head->method;
    if (!r->http->unread)
        r->body = r->http->body;
    if (!cut(&query, '?', &path) || !path.len || path.p[0] != '/') {
        *why = "the target is no path";
        return false;
    }
    if (path.len > ENS_WEB_PATH_MAX) {
        *status = 414;
        *why = "the path is too long";
        return false;
    }
    *why = read_segments(r, path);
    return !*why && ens__web_pairs_read(r->arena, query, &r->query, why);
}

void ens__web_clear(ens_web_request *r)
{
    json_decref(r->json);
    r->json = NULL;
}

ens_slice ens__web_field(const ens_web_request *r, const char *name)
{
    return ens__http_field(r->http->head, name);
}

ens_slice ens__web_get(ens_web_pairs pairs, const char *name)
{
    for (size_t i = 0; i < pairs.num; i++)
        if (ens_is(pairs.pair[i].name, name))
            return pairs.pair[i].value;
    return (ens_slice){0};
}

ens_slice ens__web_query(const ens_web_request *r, const char *name)
{
    return ens__web_get(r->query, name);
}

bool ens__web_query_number(const ens_web_request *r, const char *name, uint64_t otherwise, uint64_t *out)
{
    ens_slice text = ens__web_query(r, name);
    uint64_t n = 0;
    *out = otherwise;
    if (!text.p)
        return true;
    if (!text.len || text.len > 18)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    *out = n;
    return true;
}

ens_slice ens__web_cookie(const ens_web_request *r, const char *name)
{
    ens_slice all = ens__web_field(r, "Cookie"), one;
    for (unsigned i = 0; i < ENS_WEB_PAIRS_MAX && cut(&all, ';', &one); i++) {
        ens_slice key = {0};
        if (cut(&one, '=', &key) && one.p && ens_is(ens__trim(key), name))
            return ens__trim(one);
    }
    return (ens_slice){0};
}

static ens_slice media_of(ens_slice field)
{
    ens_slice bare = {0};
    return cut(&field, ';', &bare) ? ens__trim(bare) : bare;
}

bool ens__web_media(const ens_web_request *r, const char *type)
{
    return ens__eq_nocase(media_of(ens__web_field(r, "Content-Type")), ens_str(type));
}

bool ens__web_accepts(const ens_web_request *r, const char *type)
{
    ens_slice all = ens__web_field(r, "Accept"), one;
    while (cut(&all, ',', &one))
        if (ens__eq_nocase(media_of(one), ens_str(type)))
            return true;
    return false;
}

const char *ens__web_text(const ens_web_request *r, ens_slice s)
{
    return !s.p || (s.len && memchr(s.p, '\0', s.len)) ? NULL : ens_arena_text(r->arena, s);
}

bool ens__web_form(ens_web_request *r, ens_web_pairs *out, unsigned *status, const char **why)
{
    *status = 400;
    if (ens__web_media(r, "application/x-www-form-urlencoded"))
        return ens__web_pairs_read(r->arena, r->body, out, why);
    if (ens__web_media(r, "multipart/form-data"))
        return ens__web_parts_read(r->arena, ens__web_field(r, "Content-Type"), r->body, out, why);
    *status = 415;
    *why = "a form is application/x-www-form-urlencoded, or multipart/form-data";
    return false;
}

/* is_deep looks for brackets outside of strings. */
static bool is_deep(ens_slice text)
{
    unsigned depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > ENS_WEB_JSON_DEPTH)
            return true;
        else if (!quoted && (c == '}' || c == ']') && depth)
            depth--;
    }
    return false;
}

bool ens__web_json_read(ens_slice text, json_t **out, const char **why)
{
    json_error_t error;
    *why = is_deep(text) ? "the JSON has too many objects and arrays within each other" : NULL;
    if (*why)
        return false;
    *out = json_loadb((const char *)(text.p ? text.p : (const uint8_t *)""), text.len, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(*out))
        return true;
    *why = *out ? "the body is JSON, and no object" : "the body is no JSON, or a name stands twice in an object";
    json_decref(*out);
    *out = NULL;
    return false;
}

bool ens__web_json(ens_web_request *r, unsigned *status, const char **why)
{
    *status = 415;
    *why = "the body is to be application/json";
    if (!ens__web_media(r, "application/json"))
        return false;
    *status = 400;
    json_decref(r->json);
    r->json = NULL;
    return ens__web_json_read(r->body, &r->json, why);
}
