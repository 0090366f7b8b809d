/* multipart/form-data, as browsers and curl write it.   Source  RFC 7578, RFC 2046, 5.1.1; HTML, 4.10.21.8 */
#include "web/base/request.h"

#include <stdio.h>

/* parameter_of finds NAME="…" or NAME=… among the parameters of a field; {NULL}: there is none. */
static ens_slice parameter_of(ens_slice field, const char *name)
{
    size_t at = 0;
    while ((at = ens__find(field, ENS_LIT(";"), at)) != SIZE_MAX) {
        ens_slice rest = ens__trim(ens_from(field, ++at));
        size_t len = strlen(name);
        if (!ens__starts_nocase(rest, ens_str(name)) || rest.len <= len || rest.p[len] != '=')
            continue;
        rest = ens_from(rest, len + 1);
        bool quoted = rest.len && rest.p[0] == '"';
        size_t end = ens__find(rest, quoted ? ENS_LIT("\"") : ENS_LIT(";"), quoted);
        if (quoted && end == SIZE_MAX)
            break;
        if (quoted)
            return ens_sub(rest, 1, end);
        return ens__trim(ens_sub(rest, 0, end == SIZE_MAX ? rest.len : end));
    }
    return (ens_slice){0};
}

/* unescape undoes what browsers do to a quote and to line ends in names: %22, %0D, %0A, and nothing else. */
static bool unescape(ens_arena *a, ens_slice *name)
{
    uint8_t *to;
    size_t len = 0;
    if (!name->p)
        return true;
    to = ens_arena_take(a, name->len + 1);
    if (!to)
        return false;
    for (size_t i = 0; i < name->len; i++) {
        ens_slice three = ens_sub(*name, i, i + 3);
        int octet = ens_is(three, "%22") ? '"' : ens_is(three, "%0D") ? '\r' : ens_is(three, "%0A") ? '\n' : -1;
        to[len++] = octet < 0 ? name->p[i] : (uint8_t)octet;
        i += octet < 0 ? 0 : 2;
    }
    to[len] = '\0';
    *name = ens_bytes(to, len);
    return true;
}

/* read_head reads the fields of a part; *rest is what stands behind them. */
static const char *read_head(ens_arena *a, ens_slice part, ens_web_pair *out, ens_slice *rest)
{
    ens_reader r = ens_read(part);
    ens_slice line = {0}, disposition = {0};
    while (ens_take_line(&r, &line) && line.len) {
        size_t colon = ens__find(line, ENS_LIT(":"), 0);
        if (ens_at(&r) > ENS_WEB_PART_HEAD_MAX || colon == SIZE_MAX)
            return "a part of the form has fields that are none";
        if (ens__eq_nocase(ens_sub(line, 0, colon), ENS_LIT("Content-Disposition")))
            disposition = ens__trim(ens_from(line, colon + 1));
        else if (ens__eq_nocase(ens_sub(line, 0, colon), ENS_LIT("Content-Type")))
            out->type = ens__trim(ens_from(line, colon + 1));
    }
    if (ens_at(&r) < 2 || r.at[-1] != '\n' || line.len)
        return "a part of the form does not end its fields with an empty line";
    if (!ens__starts_nocase(disposition, ENS_LIT("form-data")))
        return "a part of the form has no Content-Disposition: form-data";
    out->name = parameter_of(disposition, "name");
    out->file = parameter_of(disposition, "filename");
    *rest = ens_from(part, ens_at(&r));
    if (!out->name.p || !unescape(a, &out->name) || !unescape(a, &out->file))
        return "a part of the form has no name";
    return NULL;
}

/* next_delimiter finds the next CR LF -- boundary that ends its line, or ends the body; *behind is where its line ends.
 */
static size_t next_delimiter(ens_slice body, ens_slice delimiter, size_t from, size_t *behind, bool *last)
{
    for (size_t at = from; (at = ens__find(body, delimiter, at)) != SIZE_MAX; at++) {
        ens_slice rest = ens_from(body, at + delimiter.len);
        *last = ens_starts(rest, ENS_LIT("--"));
        if (*last || ens_starts(rest, ENS_LIT("\r\n"))) {
            *behind = at + delimiter.len + 2;
            return at;
        }
    }
    return SIZE_MAX;
}

static const char *read_parts(ens_arena *a, ens_slice delimiter, ens_slice body, ens_web_pairs *out)
{
    ens_web_pair *pairs = NULL;
    size_t room = 0, num = 0, from = 0;
    bool last = false;
    if (!ens_starts(body, ens_from(delimiter, 2)))
        return "the form does not begin with its boundary";
    if (next_delimiter(body, ens_from(delimiter, 2), 0, &from, &last) != 0)
        return "the form does not begin with its boundary";
    while (!last) {
        size_t start = from, end = next_delimiter(body, delimiter, start, &from, &last);
        if (end == SIZE_MAX)
            return "the form does not end with its boundary";
        if (num == ENS_WEB_PARTS_MAX)
            return "the form has too many parts";
        pairs = ens_arena_grow(a, pairs, num, &room, sizeof *pairs);
        if (!pairs)
            return "there is no memory for the form";
        pairs[num] = (ens_web_pair){0};
        const char *why = read_head(a, ens_sub(body, start, end), &pairs[num], &pairs[num].value);
        if (why)
            return why;
        num++;
    }
    *out = (ens_web_pairs){pairs, num};
    return NULL;
}

bool ens__web_parts_read(ens_arena *a, ens_slice type, ens_slice body, ens_web_pairs *out, const char **why)
{
    ens_slice boundary = parameter_of(type, "boundary");
    char text[ENS_WEB_BOUNDARY_MAX + 8];
    *why = "multipart/form-data has a boundary of 1 to 70 characters";
    if (!boundary.len || boundary.len > ENS_WEB_BOUNDARY_MAX)
        return false;
    int n = snprintf(text, sizeof text, "\r\n--%.*s", (int)boundary.len, (const char *)boundary.p);
    *why = read_parts(a, ens_bytes(text, (size_t)n), body, out);
    return !*why;
}
