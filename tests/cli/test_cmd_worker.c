#include "engine/base/file.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHEN "2026-10-01T12:00:00Z"
#define REQUESTS_MAX ((size_t)1 << 20)

/* Requests are gathered, and sent at once; %zu in one is the number of its octets. */
static ens_buf requests;

static void add_request(const char *json, const char *octets_of)
{
    ens_file file = {0};
    if (octets_of)
        CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path(octets_of), 0, &file, NULL), ENS_OK);
    const char *mark = strstr(json, "%zu");
    ens_buf_add(&requests, json, mark ? (size_t)(mark - json) : strlen(json));
    if (mark)
        ens_buf_printf(&requests, "%zu%s", file.bytes.len, mark + 3);
    ens_buf_text(&requests, "\n");
    ens_buf_put(&requests, file.bytes);
    ens__file_close(&file);
}

static const run_result *send_requests(const char *options)
{
    const char *path = fixture_path("requests");
    CU_ASSERT_EQUAL(ens__file_write(path, ens_buf_slice(&requests), 0600, NULL), ENS_OK);
    ens_buf_free(&requests);
    return run_ensign("worker --trust '%s' --at " WHEN " %s < '%s'", fixture_path("pki/root.pem"), options, path);
}

static void begin(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    ens_buf_init(&requests, NULL, 0, REQUESTS_MAX);
}

/* answer finds the line with that id; the caller owns it. */
static json_t *answer(const char *out, int id)
{
    for (const char *at = out; *at;) {
        const char *end = strchr(at, '\n');
        json_t *o = end ? json_loadb(at, (size_t)(end - at), 0, NULL) : NULL;
        if (json_integer_value(json_object_get(o, "id")) == id)
            return o;
        json_decref(o);
        at = end ? end + 1 : at + strlen(at);
    }
    return NULL;
}

static void check_answer(const char *out, int id, const char *member, const char *value)
{
    json_t *o = answer(out, id);
    const char *got = json_string_value(json_object_get(o, member));
    CHECK_ROW(got && strstr(got, value), "%d: %s is %s, not %s", id, member, got ? got : "null", value);
    json_decref(o);
}

static void answers_as_the_commands_do(void)
{
    char line[1024];
    begin();
    add_request("{\"id\":1,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    add_request("{\"id\":2,\"op\":\"verify\",\"bytes\":%zu}", "altered-action.mime");
    snprintf(line, sizeof line, "{\"id\":3,\"op\":\"verify\",\"file\":\"%s\"}", fixture_path("f26.mime"));
    add_request(line, NULL);
    snprintf(line, sizeof line,
             "{\"id\":4,\"op\":\"cert-check\",\"bytes\":%%zu,\"national\":\"%s\",\"member-state\":\"FR\",\"eori\":"
             "\"FR73282932000074\"}",
             fixture_path("pki/root.pem"));
    add_request(line, "pki/trader.pem");
    snprintf(line, sizeof line, "{\"id\":5,\"op\":\"receipt-check\",\"bytes\":%%zu,\"for\":\"%s\",\"trust\":\"%s\"}",
             fixture_path("f26.mime"), fixture_path("pki/customs-root.pem"));
    add_request(line, "receipt-f26.xml");
    const run_result *r = send_requests("");
    CHECK_ROW(r->status == 0, "status %d %s", r->status, r->err);
    check_answer(r->out, 1, "verdict", "accepted");
    check_answer(r->out, 2, "ebms", "EBMS:0101");
    check_answer(r->out, 3, "file", "f26.mime");
    check_answer(r->out, 3, "verdict", "accepted");
    check_answer(r->out, 4, "eori_binding", "bound");
    check_answer(r->out, 5, "verdict", "accepted");
}

static void outlives_bad_requests(void)
{
    begin();
    add_request("{\"id\":1,\"op\":\"verify\",\"file\":\"/nonexistent\"}", NULL);
    add_request("{\"id\":2,\"op\":\"unknown\",\"bytes\":%zu}", "f26.mime");
    add_request("{\"id\":3,\"op\":\"verify\",\"bytes\":%zu,\"trusts\":\"x\"}", "f26.mime");
    add_request("{\"id\":4,\"op\":\"verify\",\"bytes\":%zu,\"trust\":\"/nonexistent\"}", "f26.mime");
    add_request("{\"id\":5,\"op\":\"verify\",\"bytes\":%zu,\"lenient\":\"yes\"}", "f26.mime");
    add_request("{\"id\":6,\"op\":\"verify\"}", NULL);
    add_request("{\"id\":7,\"op\":\"verify\",\"bytes\":-1}", NULL);
    add_request("{\"id\":8,\"op\":\"seal\",\"bytes\":%zu}", "f26.mime");
    add_request("no JSON", NULL);
    add_request("", NULL);
    for (size_t i = 0; i < 70000; i++)
        ens_buf_text(&requests, "x");
    add_request("", NULL);
    add_request("{\"id\":9,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    const run_result *r = send_requests("");
    static const char *const errors[] = {"nonexistent", "\"op\" is",           "no option \"trusts\"",
                                         "nonexistent", "true or false",       "\"bytes\"",
                                         "\"bytes\"",   "\"key\" and \"cert\""};
    for (int i = 0; i < 8; i++)
        check_answer(r->out, i + 1, "error", errors[i]);
    check_answer(r->out, 9, "verdict", "accepted");
    CHECK_ROW(strstr(r->out, "\"id\":null") != NULL, "a bad line was not answered: %.200s", r->out);
}

static void answers_by_several_threads(void)
{
    begin();
    for (int i = 1; i <= 4; i++) {
        char line[128];
        snprintf(line, sizeof line, "{\"id\":%d,\"op\":\"verify\",\"bytes\":%%zu}", i);
        add_request(line, "f26.mime");
    }
    const run_result *r = send_requests("--threads 3");
    for (int i = 1; i <= 4; i++)
        check_answer(r->out, i, "verdict", "accepted");
}

static bool put_document(const char *name, const char *action)
{
    const run_result *r = run_ensign("ens new %s --at " WHEN " -o '%s'", action, fixture_path(name));
    return r->status == 0;
}

static void checks_documents(void)
{
    begin();
    CU_ASSERT_FATAL(put_document("worker-q04.xml", "IE3Q04"));
    add_request("{\"id\":1,\"op\":\"ens-check\",\"bytes\":%zu}", "worker-q04.xml");
    add_request("{\"id\":2,\"op\":\"ens-check\",\"bytes\":10}\n<IE3Q04/>\n", NULL);
    add_request("{\"id\":3,\"op\":\"ens-check\",\"ens\":\"off\",\"bytes\":%zu}", "worker-q04.xml");
    const run_result *r = send_requests("");
    check_answer(r->out, 1, "verdict", "accepted");
    check_answer(r->out, 1, "action", "IE3Q04");
    check_answer(r->out, 2, "reply", "IE3N99");
    check_answer(r->out, 3, "verdict", "accepted");
}

static const ens_case cases[] = {
    {"answers as the commands do", answers_as_the_commands_do},
    {"outlives bad requests, and answers each", outlives_bad_requests},
    {"answers by several threads", answers_by_several_threads},
    {"checks business documents", checks_documents},
    {NULL, NULL},
};
ENS_SUITE("cli/worker", cases)
