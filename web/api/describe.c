/* The OpenAPI document, made of the tables of routes: what is described is what runs.   Source  OpenAPI 3.1.0 */
#include "web/api/parts.h"

#include <stdio.h>

#define TEXT_MAX 64u

/* take cuts the next piece up to a mark off a text; false at its end. */
static bool take(const char **text, char mark, ens_slice *out)
{
    if (!*text || !**text)
        return false;
    const char *end = strchr(*text, mark);
    size_t len = end ? (size_t)(end - *text) : strlen(*text);
    *out = ens_bytes(*text, len);
    *text += len + (end != NULL);
    return true;
}

static void split(ens_slice piece, char mark, ens_slice *first, ens_slice *rest)
{
    const uint8_t *at = memchr(piece.p, mark, piece.len);
    *first = at ? ens_sub(piece, 0, (size_t)(at - piece.p)) : piece;
    *rest = at ? ens_from(piece, first->len + 1) : (ens_slice){0};
}

static void put_parameter(ens_json *j, const char *in, ens_slice name, ens_slice type, ens_slice words)
{
    char text[32];
    snprintf(text, sizeof text, "%.*s", (int)type.len, (const char *)type.p);
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "name", name);
    ens__json_text(j, "in", in);
    ens__json_bool(j, "required", strcmp(in, "path") == 0);
    if (words.len)
        ens__json_slice(j, "description", words);
    ens__json_open(j, "schema", '{');
    ens__json_text(j, "type", text);
    if (strcmp(text, "integer") == 0)
        ens__json_number(j, "minimum", 0);
    ens__json_close(j, '}');
    ens__json_close(j, '}');
}

/* put_parameters: those in the path, those of the query, and what every route may be told. */
static void put_parameters(ens_json *j, const ens_api_route *row)
{
    const char *query = row->query, *at = row->route.pattern;
    ens_slice piece, name, rest, type, words;
    ens__json_open(j, "parameters", '[');
    while ((at = strchr(at, '{'))) {
        const char *end = strchr(++at, '}');
        put_parameter(j, "path", ens_bytes(at, (size_t)(end - at)),
                      strncmp(at, "seq}", 4) == 0 ? ENS_LIT("integer") : ENS_LIT("string"), (ens_slice){0});
    }
    while (take(&query, '|', &piece)) {
        split(piece, ':', &name, &rest);
        split(rest, ':', &type, &words);
        put_parameter(j, "query", name, type, words);
    }
    put_parameter(j, "header", ENS_LIT("Ensign-Space"), ENS_LIT("string"),
                  ENS_LIT("the EORI of a space; /spaces/{space}/… in front of the path says the same"));
    if (strcmp(row->route.method, "POST") == 0)
        put_parameter(j, "header", ENS_LIT("Idempotency-Key"), ENS_LIT("string"),
                      ENS_LIT("the same key and request again get the first answer again"));
    if (strcmp(row->id, "listenEvents") == 0)
        put_parameter(j, "header", ENS_LIT("Last-Event-ID"), ENS_LIT("integer"), ENS_LIT("goes on behind this row"));
    ens__json_close(j, ']');
}

static void put_schema(ens_json *j, ens_slice name)
{
    char ref[TEXT_MAX + 32];
    ens__json_open(j, "schema", '{');
    snprintf(ref, sizeof ref, "#/components/schemas/%.*s", (int)name.len, (const char *)name.p);
    if (ens_is(name, "-"))
        ens__json_text(j, "type", "string");
    else
        ens__json_text(j, "$ref", ref);
    ens__json_close(j, '}');
}

static void put_content(ens_json *j, const char *contents)
{
    ens_slice piece, type, name;
    ens__json_open(j, "content", '{');
    while (take(&contents, '|', &piece)) {
        char text[TEXT_MAX];
        split(piece, '=', &type, &name);
        snprintf(text, sizeof text, "%.*s", (int)type.len, (const char *)type.p);
        ens__json_open(j, text, '{');
        put_schema(j, name);
        ens__json_close(j, '}');
    }
    ens__json_close(j, '}');
}

static void put_refusal(ens_json *j, ens_slice status)
{
    char name[8];
    unsigned number = 0;
    for (size_t i = 0; i < status.len; i++)
        number = number * 10 + (unsigned)(status.p[i] - '0');
    snprintf(name, sizeof name, "%u", number);
    ens__json_open(j, name, '{');
    ens__json_text(j, "description", ens__web_status_title(number));
    put_content(j, ENS_WEB_PROBLEM "=Problem");
    ens__json_close(j, '}');
}

static void put_responses(ens_json *j, const ens_api_route *row)
{
    char status[8];
    /* 404: the space; 400: what can't be read; 415 and 413: the body */
    const char *always = row->takes ? "400|401|413|415|421|429|503" : "400|401|413|421|429|503", *more = row->refusals;
    ens_slice piece;
    bool space = false;
    snprintf(status, sizeof status, "%u", row->status);
    ens__json_open(j, "responses", '{');
    ens__json_open(j, status, '{');
    ens__json_text(j, "description", "done");
    if (row->gives)
        put_content(j, row->gives);
    ens__json_close(j, '}');
    while (take(&more, '|', &piece)) {
        space = space || ens_is(piece, "404");
        if (!strstr(always, "413") || !ens_is(piece, "413"))
            if (!ens_is(piece, "429") && !ens_is(piece, "503"))
                put_refusal(j, piece);
    }
    if (!space)
        put_refusal(j, ENS_LIT("404"));
    if (strcmp(row->route.method, "POST") == 0 && (!row->refusals || !strstr(row->refusals, "422")))
        put_refusal(j, ENS_LIT("422"));
    if (strcmp(row->route.method, "POST") == 0 && (!row->refusals || !strstr(row->refusals, "409")))
        put_refusal(j, ENS_LIT("409"));
    while (take(&always, '|', &piece))
        put_refusal(j, piece);
    ens__json_close(j, '}');
}

static void put_operation(ens_json *j, const ens_api_route *row)
{
    char method[8] = "";
    for (size_t i = 0; i < sizeof method - 1 && row->route.method[i]; i++)
        method[i] = (char)(row->route.method[i] | 0x20);
    ens__json_open(j, method, '{');
    ens__json_text(j, "operationId", row->id);
    ens__json_open(j, "tags", '[');
    ens__json_text(j, NULL, row->tag);
    ens__json_close(j, ']');
    ens__json_text(j, "summary", row->summary);
    if (row->route.flags & ENS_WEB_OPEN) {
        ens__json_open(j, "security", '[');
        ens__json_close(j, ']');
    }
    put_parameters(j, row);
    if (row->takes) {
        ens__json_open(j, "requestBody", '{');
        ens__json_bool(j, "required", strcmp(row->id, "freezeClock") != 0);
        put_content(j, row->takes);
        ens__json_close(j, '}');
    }
    put_responses(j, row);
    ens__json_close(j, '}');
}

/* put_paths writes each path with all its methods. */
static void put_paths(ens_json *j)
{
    const ens_api_route *row, *other;
    ens__json_open(j, "paths", '{');
    for (unsigned i = 0; (row = ens__api_route(i)); i++) {
        bool first = true;
        for (unsigned k = 0; k < i; k++)
            first = first && strcmp(ens__api_route(k)->route.pattern, row->route.pattern) != 0;
        if (!first)
            continue;
        ens__json_open(j, row->route.pattern, '{');
        for (unsigned k = i; (other = ens__api_route(k)); k++)
            if (strcmp(other->route.pattern, row->route.pattern) == 0)
                put_operation(j, other);
        ens__json_close(j, '}');
    }
    ens__json_close(j, '}');
}

static void put_info(ens_json *j)
{
    ens__json_text(j, "openapi", "3.1.0");
    ens__json_open(j, "info", '{');
    ens__json_text(j, "title", "Ensign");
    ens__json_text(j, "version", ens_version());
    ens__json_text(j, "summary", "Steers and watches a stand-in for the STI and the customs behind it.");
    ens__json_open(j, "license", '{');
    ens__json_text(j, "name", "Apache-2.0");
    ens__json_text(j, "identifier", "Apache-2.0");
    ens__json_close(j, '}');
    ens__json_close(j, '}');
    ens__json_open(j, "servers", '[');
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "url", ENS_HOUSE_API);
    ens__json_close(j, '}');
    ens__json_close(j, ']');
    ens__json_open(j, "security", '[');
    ens__json_open(j, NULL, '{');
    ens__json_open(j, "token", '[');
    ens__json_close(j, ']');
    ens__json_close(j, '}');
    ens__json_close(j, ']');
}

ens_code ens__api_describe(ens_buf *out, ens_err *err)
{
    ens_json j = {.out = out};
    ens__json_open(&j, NULL, '{');
    put_info(&j);
    put_paths(&j);
    ens__json_open(&j, "components", '{');
    ens__json_open(&j, "securitySchemes", '{');
    ens__json_open(&j, "token", '{');
    ens__json_text(&j, "type", "http");
    ens__json_text(&j, "scheme", "bearer");
    ens__json_close(&j, '}');
    ens__json_close(&j, '}');
    ens_buf_text(out, ",\"schemas\":");
    ens_buf_put(out, ens__api_schemas);
    ens__json_close(&j, '}');
    ens__json_close(&j, '}');
    return ens_buf_done(out, err);
}
