#include "tests/web/rest.h"

#include "tests/suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)16 << 20)
#define PATIENCE 30000 /* ms */

void rest_drop(rest_answer *a)
{
    free(a->head);
    json_decref(a->json);
    *a = (rest_answer){0};
}

static size_t read_all(int fd, char **out)
{
    size_t len = 0, room = 65536;
    char *text = malloc(room + 1);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (text && poll(&p, 1, PATIENCE) == 1) {
        ssize_t n = recv(fd, text + len, room - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        if (len == room) {
            room *= 2;
            char *grown = room > ANSWER_MAX ? NULL : realloc(text, room + 1);
            if (!grown)
                break;
            text = grown;
        }
    }
    if (text)
        text[len] = '\0';
    *out = text;
    return len;
}

unsigned rest_raw(const rest *c, rest_answer *a, const char *request, size_t len)
{
    visit v;
    rest_drop(a);
    if (!visit_open(&v, c->address, NULL, NULL))
        return 0;
    visit_send(&v, request, len);
    size_t got = read_all(v.fd, &a->head);
    visit_close(&v);
    char *end = a->head ? strstr(a->head, "\r\n\r\n") : NULL;
    if (!end || sscanf(a->head, "HTTP/1.1 %u", &a->status) != 1)
        return 0;
    end[2] = '\0';
    a->body = end + 4;
    a->len = got - (size_t)(a->body - a->head);
    a->json = json_loadb(a->body, a->len, 0, NULL);
    return a->status;
}

/* ---- schemas: what of JSON Schema the description uses ---- */

static const json_t *find_ref(const json_t *root, const char *ref)
{
    const json_t *at = root;
    char step[64];
    while (at && (*ref == '#' || *ref == '/')) {
        size_t len = strcspn(++ref, "/");
        if (!len)
            continue;
        snprintf(step, sizeof step, "%.*s", (int)len, ref);
        at = json_object_get(at, step);
        ref += len;
    }
    return at;
}

static bool is_type(const json_t *value, const char *type)
{
    return strcmp(type, "object") == 0    ? json_is_object(value)
           : strcmp(type, "array") == 0   ? json_is_array(value)
           : strcmp(type, "string") == 0  ? json_is_string(value)
           : strcmp(type, "integer") == 0 ? json_is_integer(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
           : strcmp(type, "null") == 0    ? json_is_null(value)
                                          : false;
}

static bool fits_type(const json_t *value, const json_t *type)
{
    if (!type)
        return true;
    if (json_is_string(type))
        return is_type(value, json_string_value(type));
    for (size_t i = 0; i < json_array_size(type); i++)
        if (is_type(value, json_string_value(json_array_get(type, i))))
            return true;
    return false;
}

static bool fits(const json_t *root, const json_t *schema, const json_t *value, char *where, size_t size);

static bool fits_object(const json_t *root, const json_t *schema, const json_t *value, char *where, size_t size)
{
    const char *name;
    json_t *member;
    const json_t *required = json_object_get(schema, "required"), *known = json_object_get(schema, "properties");
    for (size_t i = 0; i < json_array_size(required); i++)
        if (!json_object_get(value, json_string_value(json_array_get(required, i)))) {
            snprintf(where, size, "%s is missing", json_string_value(json_array_get(required, i)));
            return false;
        }
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        const json_t *of = json_object_get(known, name);
        if (of && !fits(root, of, member, where, size)) {
            size_t len = strlen(where);
            snprintf(where + len, size - len, " < %s", name);
            return false;
        }
    }
    return true;
}

static bool fits(const json_t *root, const json_t *schema, const json_t *value, char *where, size_t size)
{
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    const json_t *words = json_object_get(schema, "enum"), *items = json_object_get(schema, "items");
    if (ref)
        return find_ref(root, ref) && fits(root, find_ref(root, ref), value, where, size);
    bool good = fits_type(value, json_object_get(schema, "type"));
    for (size_t i = 0; good && words && !json_equal(json_array_get(words, i), value); i++)
        good = i + 1 < json_array_size(words);
    if (!good)
        snprintf(where, size, "another type or word");
    for (size_t i = 0; good && items && i < json_array_size(value); i++)
        good = fits(root, items, json_array_get(value, i), where, size);
    return good && (!json_is_object(value) || fits_object(root, schema, value, where, size));
}

/* ---- the description ---- */

/* path_fits compares a path with a template of the description; *literal counts the segments that are no {…}. */
static bool path_fits(const char *template, const char *path, unsigned *literal)
{
    *literal = 0;
    while (*template && *path && *path != '?') {
        size_t want = strcspn(template + 1, "/") + 1, is = strcspn(path + 1, "/?") + 1;
        if (template[1] == '{') {
            if (is < 2)
                return false;
        } else if (want != is || strncmp(template, path, is) != 0) {
            return false;
        } else {
            ++*literal;
        }
        template += want;
        path += is;
    }
    return !*template && (!*path || *path == '?');
}

static const json_t *find_operation(const rest *c, const char *method, const char *path)
{
    const char *template;
    json_t *item;
    const json_t *best = NULL;
    unsigned most = 0, literal;
    char name[16] = "";
    for (size_t i = 0; method[i] && i < sizeof name - 1; i++)
        name[i] = (char)(method[i] | 0x20);
    json_object_foreach(json_object_get(c->description, "paths"), template, item)
    {
        if (path_fits(template, path, &literal) && json_object_get(item, name) && (!best || literal > most)) {
            best = json_object_get(item, name);
            most = literal;
        }
    }
    return best;
}

static void hold(const rest *c, const rest_answer *a, const char *method, const char *path)
{
    char status[8], type[128] = "", where[256] = "";
    const json_t *operation = find_operation(c, method, path);
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    snprintf(status, sizeof status, "%u", a->status);
    const json_t *response = json_object_get(json_object_get(operation, "responses"), status);
    CHECK_ROW(operation && response, "%s %s: %s is not described: %s", method, path, operation ? status : "the path",
              a->body);
    if (!response)
        return;
    rest_field(a, "Content-Type", type, sizeof type);
    type[strcspn(type, ";")] = '\0';
    const json_t *contents = json_object_get(response, "content"), *content = json_object_get(contents, type);
    CHECK_ROW(!contents || content, "%s %s: %s is not described", method, path, type);
    const json_t *schema = json_object_get(content, "schema");
    if (strstr(type, "json") && json_object_get(schema, "$ref"))
        CHECK_ROW(a->json && fits(c->description, schema, a->json, where, sizeof where), "%s %s: %s in %s", method,
                  path, where, a->body);
    if (a->status < 300 && id)
        json_object_set_new(c->seen, id, json_true());
}

/* bare is the path without its space: what the description has. */
static const char *bare(const char *path)
{
    const char *at = strncmp(path, "/spaces/", 8) == 0 ? strchr(path + 8, '/') : NULL;
    return at && strcmp(at, "/reset") != 0 ? at : path;
}

unsigned rest_ask(rest *c, rest_answer *a, const char *method, const char *path, const char *fields, const char *type,
                  const char *body, size_t len)
{
    char *request = malloc(len + 4096);
    CU_ASSERT_PTR_NOT_NULL_FATAL(request);
    int n = snprintf(request, 4096,
                     "%s /api/v1%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer %s\r\n%s",
                     method, path, c->token, fields ? fields : "");
    if (type)
        n += snprintf(request + n, 4096 - (size_t)n, "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n", type, len);
    else
        n += snprintf(request + n, 4096 - (size_t)n, "\r\n");
    if (type && len)
        memcpy(request + n, body, len);
    rest_raw(c, a, request, (size_t)n + (type ? len : 0));
    free(request);
    CHECK_ROW(a->status, "%s %s: no answer", method, path);
    if (a->status && c->description)
        hold(c, a, method, bare(path));
    return a->status;
}

unsigned rest_get(rest *c, rest_answer *a, const char *path)
{
    return rest_ask(c, a, "GET", path, NULL, NULL, NULL, 0);
}

unsigned rest_post(rest *c, rest_answer *a, const char *path, const char *json)
{
    return rest_ask(c, a, "POST", path, NULL, json ? "application/json" : NULL, json, json ? strlen(json) : 0);
}

const char *rest_text(const rest_answer *a, const char *member)
{
    const char *text = json_string_value(json_object_get(a->json, member));
    return text ? text : "";
}

bool rest_field(const rest_answer *a, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    for (const char *line = a->head ? strchr(a->head, '\n') : NULL; line; line = strchr(line + 1, '\n'))
        if (strncasecmp(line + 1, name, len) == 0 && line[1 + len] == ':') {
            const char *value = line + 2 + len + strspn(line + 2 + len, " ");
            snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
            return true;
        }
    return false;
}

bool rest_open(rest *c, const stand_in *s)
{
    char path[128];
    rest_answer a = {0};
    *c = (rest){.seen = json_object()};
    const char *web = json_string_value(json_object_get(s->ready, "web"));
    snprintf(path, sizeof path, "%s/token", s->folder);
    FILE *f = fopen(path, "r");
    bool good = web && f && fgets(c->token, sizeof c->token, f);
    if (f)
        fclose(f);
    if (!good)
        return false;
    c->token[strcspn(c->token, "\n")] = '\0';
    snprintf(c->address, sizeof c->address, "%.*s", (int)strcspn(web + 7, "/"), web + 7);
    good = rest_get(c, &a, "/openapi.json") == 200;
    c->description = json_incref(a.json);
    rest_drop(&a);
    return good && c->description;
}

void rest_close(rest *c)
{
    json_decref(c->description);
    json_decref(c->seen);
}
