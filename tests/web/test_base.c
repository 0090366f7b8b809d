/* What every room stands on: paths, forms, uploads and JSON taken apart, routes found, and a site over real sockets
 * that refuses what it should before it reads a body. */
#include "tests/engine/net/visit.h"
#include "tests/suite.h"
#include "web/base/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static ens_arena arena;

static void read_target(const char *target, ens_http_head *head, ens_http_request *http, ens_web_request *r)
{
    *head = (ens_http_head){.method = ENS_LIT("GET"), .target = ens_str(target)};
    *http = (ens_http_request){.head = head};
    *r = (ens_web_request){.http = http, .arena = &arena};
}

static void paths(void)
{
    static const struct {
        const char *target;
        unsigned status, segments; /* status 0: it is read */
        const char *last;
    } rows[] = {
        {"/", 0, 0, ""},
        {"/a/b", 0, 2, "b"},
        {"/a/b/", 0, 2, "b"},
        {"/a%20b?x=1", 0, 1, "a b"},
        {"/a%2Fb", 0, 1, "a/b"}, /* one segment, whatever it holds: nothing of it leads to a file */
        {"/%C3%A9", 0, 1, "\xC3\xA9"},
        {"//a", 400, 0, ""},
        {"/a//b", 400, 0, ""},
        {"/a//", 400, 0, ""},
        {"/..", 400, 0, ""},
        {"/a/%2e%2e/b", 400, 0, ""},
        {"/a/.%2E", 400, 0, ""},
        {"/./a", 400, 0, ""},
        {"/a%00b", 400, 0, ""},
        {"/a%0d%0ab", 400, 0, ""},
        {"/a%7f", 400, 0, ""},
        {"/%ff", 400, 0, ""},
        {"/%2", 400, 0, ""},
        {"/%zz", 400, 0, ""},
        {"*", 400, 0, ""},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 400, 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_http_head head;
        ens_http_request http;
        ens_web_request r;
        unsigned status = 0;
        const char *why = NULL;
        read_target(rows[i].target, &head, &http, &r);
        bool good = ens__web_read(&r, &status, &why);
        CHECK_ROW(good == !rows[i].status && (good ? why == NULL : status == rows[i].status && why), "%s: %s",
                  rows[i].target, why ? why : "read");
        if (good)
            CHECK_ROW(r.num_segments == rows[i].segments &&
                          (!r.num_segments || ens_is(r.segment[r.num_segments - 1], rows[i].last)),
                      "%s: %u segments", rows[i].target, r.num_segments);
        ens_arena_reset(&arena);
    }
}

static void patterns(void)
{
    static const struct {
        const char *pattern, *target;
        bool fits;
        const char *capture;
    } rows[] = {
        {"/", "/", true, ""},          {"/a", "/a", true, ""},
        {"/a", "/a/", false, ""},      {"/a/", "/a/", true, ""},
        {"/a/", "/a", false, ""},      {"/a/{x}", "/a/b%2Fc", true, "b/c"},
        {"/a/{x}", "/a", false, ""},   {"/a/{x}/c", "/a/%7Bx%7D/c", true, "{x}"},
        {"/a/b", "/a%2Fb", false, ""}, {"/a", "/A", false, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_http_head head;
        ens_http_request http;
        ens_web_request r;
        unsigned status;
        const char *why;
        read_target(rows[i].target, &head, &http, &r);
        CU_ASSERT(ens__web_read(&r, &status, &why));
        CHECK_ROW(ens__web_fits(rows[i].pattern, &r) == rows[i].fits, "%s %s", rows[i].pattern, rows[i].target);
        CHECK_ROW(!rows[i].fits || ens_eq(r.capture[0], ens_str(rows[i].capture)), "%s: captured", rows[i].target);
        ens_arena_reset(&arena);
    }
}

static void forms(void)
{
    ens_web_pairs p;
    const char *why;
    CU_ASSERT(ens__web_pairs_read(&arena, ENS_LIT("a=1&b=x+y%26z&c&=d&&e=%C3%A9"), &p, &why) && p.num == 5);
    CU_ASSERT(ens_is(ens__web_get(p, "b"), "x y&z") && ens_is(ens__web_get(p, "c"), ""));
    CU_ASSERT(!ens__web_get(p, "f").p && ens_is(ens__web_get(p, "e"), "\xC3\xA9"));
    CU_ASSERT(!ens__web_pairs_read(&arena, ENS_LIT("a=%4"), &p, &why) && why);
    char many[4 * ENS_WEB_PAIRS_MAX + 8];
    for (size_t i = 0; i < sizeof many / 2; i++)
        memcpy(many + 2 * i, "a&", 2);
    CU_ASSERT(!ens__web_pairs_read(&arena, ens_bytes(many, sizeof many), &p, &why) && strstr(why, "too many"));
    ens_arena_reset(&arena);
}

#define PART(fields, body) "--B\r\n" fields "\r\n\r\n" body "\r\n"
#define NAMED "Content-Disposition: form-data; name=\"f\""

static void uploads(void)
{
    static const struct {
        const char *type, *body;
        int parts; /* -1: refused */
        const char *value, *file;
    } rows[] = {
        {"multipart/form-data; boundary=B",
         PART(NAMED "; filename=\"a%22b.pem\"\r\nContent-Type: x/y", "one") "--B--\r\n", 1, "one", "a\"b.pem"},
        {"multipart/form-data; boundary=\"B\"", PART(NAMED, "one") PART(NAMED, "two") "--B--", 2, "one", NULL},
        {"multipart/form-data; boundary=B", PART(NAMED, "a\r\n--Bx\r\n-B") "--B--", 1, "a\r\n--Bx\r\n-B", NULL},
        {"multipart/form-data; boundary=B", PART(NAMED, "") "--B--", 1, "", NULL},
        {"multipart/form-data; boundary=B", PART(NAMED, "one"), -1, NULL, NULL},
        {"multipart/form-data; boundary=B", "x" PART(NAMED, "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=B", "--B--", 0, NULL, NULL},
        {"multipart/form-data; boundary=B", "--B\r\n\r\n--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=B", PART("Content-Disposition: form-data", "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=B", PART("Content-Type: form-data; name=\"f\"", "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=B", PART("no colon", "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data", PART(NAMED, "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=", PART(NAMED, "one") "--B--", -1, NULL, NULL},
        {"multipart/form-data; boundary=B", "", -1, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_web_pairs p = {0};
        const char *why = NULL;
        bool good = ens__web_parts_read(&arena, ens_str(rows[i].type), ens_str(rows[i].body), &p, &why);
        CHECK_ROW(good == (rows[i].parts >= 0) && (good || why), "row %zu: %s", i, why ? why : "read");
        CHECK_ROW(!good || (int)p.num == rows[i].parts, "row %zu: %zu parts", i, p.num);
        if (good && p.num) {
            CHECK_ROW(ens_is(p.pair[0].value, rows[i].value), "row %zu: value", i);
            CHECK_ROW(rows[i].file ? ens_is(p.pair[0].file, rows[i].file) : !p.pair[0].file.p, "row %zu: file", i);
        }
        ens_arena_reset(&arena);
    }
}

static void json_texts(void)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {{"{}", true},
                {"{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}", true},
                {"", false},
                {"[]", false},
                {"{\"a\":1,\"a\":2}", false},
                {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", false},
                {"{\"a\":\"\xFF\"}", false},
                {"{} x", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *json = NULL;
        const char *why = NULL;
        bool good = ens__web_json_read(ens_str(rows[i].text), &json, &why);
        CHECK_ROW(good == rows[i].good && (good || why), "%s: %s", rows[i].text, why ? why : "read");
        json_decref(json);
    }
}

/* ---- over sockets ---- */

static void echo(void *room, ens_web_request *r, ens_web_answer *a)
{
    (void)room;
    a->type = "text/plain";
    ens__web_add(a, "X-Echo", r->capture[0]);
    ens__web_download(a, r->capture[0]);
    ens__web_set_cookie(r, a, "c", r->capture[0]);
    ens_buf_put(&a->body, r->body);
}

static bool admit(void *ctx, ens_web_request *r, ens_web_answer *a)
{
    if (ens__web_token_fits(ctx, r))
        return true;
    ens__web_refuse(a, &(ens_web_problem){.status = 401, .detail = "no token"});
    return false;
}

static const ens_web_route routes[] = {{"GET", "/open/{x}", echo, 0, ENS_WEB_OPEN},
                                       {"POST", "/closed/{x}", echo, 1000, 0},
                                       {"PUT", "/closed/{x}", echo, 1000, 0}};

static ens_web_site *open_site(ens_web_token *token)
{
    static const char *const names[] = {"ensign.example"};
    ens_web_site *site = NULL;
    ens_err err = {0};
    const ens_web_room room = {.name = "r",
                               .prefix = "",
                               .routes = routes,
                               .num_routes = sizeof routes / sizeof *routes,
                               .ctx = token,
                               .admit = admit};
    const ens_web_plan plan = {.address = "127.0.0.1:0", .name = names, .num_names = 1, .room = &room, .num_rooms = 1};
    CU_ASSERT_FATAL(ens__web_open(&plan, &site, &err) == ENS_OK);
    return site;
}

static void make_token(ens_web_token *token)
{
    char path[] = "/tmp/ensign-token-XXXXXX";
    ens_err err = {0};
    int fd = mkstemp(path);
    CU_ASSERT(write(fd, "0123456789abcdef\n", 17) == 17);
    close(fd);
    CU_ASSERT(ens__web_token_open(path, token, &err) == ENS_OK);
    CU_ASSERT(truncate(path, 15) == 0 && ens__web_token_open(path, token, &err) == ENS_EPOLICY);
    unlink(path);
}

#define H "Host: localhost\r\n"
#define T "Authorization: Bearer 0123456789abcdef\r\n"

static void requests(void)
{
    static const struct {
        const char *text;
        unsigned status;
        const char *has;
    } rows[] = {
        {"GET /open/a HTTP/1.1\r\n" H "\r\n", 200, "X-Echo: a\r\n"},
        {"GET /open/a HTTP/1.1\r\n" H "\r\n", 200,
         "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"},
        {"GET /open/%C3%A9%22;x HTTP/1.1\r\n" H "\r\n", 200, "X-Echo: ??\";x\r\n"},
        {"GET /open/%C3%A9%22;x HTTP/1.1\r\n" H "\r\n", 200, "filename=\"____x\"\r\n"},
        {"GET /open/a;b HTTP/1.1\r\n" H "\r\n", 200, "Set-Cookie: c=a_b; Path=/; HttpOnly; SameSite=Strict\r\n"},
        {"GET /open/a HTTP/1.1\r\nHost: ensign.example:80\r\n\r\n", 200, ""},
        {"GET /open/a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200, ""},
        {"GET /open/a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200, ""},
        {"GET /open/a HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "problem+json"},
        {"GET /open/a HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421, "problem+json"},
        {"GET /open/a HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421, "problem+json"},
        {"POST /open/a HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 405, "Allow: GET, HEAD\r\n"},
        {"GET /closed/a HTTP/1.1\r\n" H "\r\n", 405, "Allow: POST, PUT\r\n"},
        {"OPTIONS /closed/a HTTP/1.1\r\n" H
         "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n",
         405, "Allow: POST, PUT\r\n"},
        {"GET /nowhere HTTP/1.1\r\n" H "\r\n", 404, "\"status\":404"},
        {"GET /open/../closed HTTP/1.1\r\n" H "\r\n", 400, "problem+json"},
        {"POST /closed/a HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nhi", 401, "no token"},
        {"POST /closed/a HTTP/1.1\r\n" H "Authorization: Bearer 0123456789abcdeF\r\nContent-Length: 2\r\n\r\nhi", 401,
         "no token"},
        {"POST /closed/a HTTP/1.1\r\n" H "Authorization: Bearer\r\nContent-Length: 2\r\n\r\nhi", 401, "no token"},
        {"POST /closed/a HTTP/1.1\r\n" H T "Content-Length: 2\r\n\r\nhi", 200, "\r\n\r\nhi"},
        /* What is refused by the head is refused before the body: none comes here. */
        {"POST /closed/a HTTP/1.1\r\n" H T "Content-Length: 1001\r\n\r\n", 413, "problem+json"},
        {"POST /closed/a HTTP/1.1\r\n" H "Content-Length: 900\r\n\r\n", 401, "Connection: close\r\n"},
        {"POST /nowhere HTTP/1.1\r\n" H "Content-Length: 900\r\n\r\n", 404, "problem+json"},
        {"POST /closed/a HTTP/1.1\r\n" H T "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 200, "\r\n\r\nhi"},
        {"POST /closed/a HTTP/1.1\r\n" H T "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413, ""},
    };
    ens_web_token token;
    make_token(&token);
    ens_web_site *site = open_site(&token);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        visit v;
        CU_ASSERT_FATAL(visit_open(&v, ens__web_url(site) + strlen("http://"), NULL, NULL));
        visit_say(&v, rows[i].text);
        unsigned status = visit_answer(&v);
        CHECK_ROW(!visit_has(&v, "Access-Control"), "row %zu lets another origin in: %s", i, v.text);
        CHECK_ROW(status == rows[i].status && visit_has(&v, rows[i].has), "row %zu: %u %s", i, status, v.text);
        visit_close(&v);
    }
    ens__web_free(site);
}

static const ens_case cases[] = {
    {"paths are taken apart, and none leads up", paths},
    {"patterns take whole segments", patterns},
    {"forms are read, within limits", forms},
    {"uploads are read as browsers write them", uploads},
    {"JSON is an object, and not too deep", json_texts},
    {"a site refuses by the head, with words and safe fields", requests},
    {NULL, NULL},
};

__attribute__((constructor)) static void init_arena(void)
{
    ens_arena_init(&arena, ENS_WEB_ARENA);
}
ENS_SUITE("web/base", cases)
