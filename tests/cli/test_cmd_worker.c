#include "engine/base/file.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHEN "2026-10-01T12:00:00Z"
#define REQUESTS_MAX ((size_t)1 << 20)
#define ANSWER_MAX (1 << 16)

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

/* Requests that are sent at once: messages that hold, that don't, with a signature that a lane gives no yes to; other
 * judges, files, faults and other acts between them. */
static const struct {
    const char *json, *octets;
} crowd[] = {
    {"{\"id\":1,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime"},
    {"{\"id\":2,\"op\":\"verify\",\"bytes\":%zu}", "altered-signature.mime"},
    {"{\"id\":3,\"op\":\"verify\",\"bytes\":%zu}", "f10.mime"},
    {"{\"id\":4,\"op\":\"verify\",\"bytes\":%zu,\"trust\":\"@pki/customs-root.pem\"}", "f26.mime"},
    {"{\"id\":5,\"op\":\"verify\",\"bytes\":%zu,\"trust\":\"@pki/customs-root.pem\"}", "f10.mime"},
    {"{\"id\":6,\"op\":\"verify\",\"bytes\":%zu}", "untrusted.mime"},
    {"{\"id\":7,\"op\":\"verify\",\"bytes\":%zu}", "wrapped.mime"},
    {"{\"id\":8,\"op\":\"verify\",\"bytes\":%zu,\"at\":\"2036-01-01T00:00:00Z\"}", "f26.mime"},
    {"{\"id\":9,\"op\":\"verify\",\"file\":\"@f26-attachments.mime\"}", NULL},
    {"{\"id\":10,\"op\":\"verify\",\"file\":\"@f50.mime\"}", NULL},
    {"{\"id\":11,\"op\":\"verify\",\"file\":\"/nonexistent\"}", NULL},
    {"{\"id\":12,\"op\":\"cert-check\",\"bytes\":%zu}", "pki/trader.pem"},
    {"{\"id\":13,\"op\":\"verify\",\"bytes\":%zu}", "altered-digest.mime"},
    {"{\"id\":14,\"op\":\"verify\",\"bytes\":%zu,\"trusts\":\"x\"}", "f26.mime"},
    {"{\"id\":15,\"op\":\"verify\",\"bytes\":%zu,\"file\":\"x\"}", "f26.mime"},
    {"{\"id\":16,\"op\":\"verify\",\"bytes\":%zu,\"engine\":\"reference\"}", "f26.mime"},
    {"{\"id\":17,\"op\":\"verify\",\"bytes\":%zu,\"engine\":\"both\"}", "f26.mime"},
    {"{\"id\":18,\"op\":\"verify\",\"bytes\":%zu,\"as\":\"trader\"}", "f26.mime"},
    {"{\"id\":19,\"op\":\"verify\",\"bytes\":%zu}", "no-signature.mime"},
    {"{\"id\":20,\"op\":\"verify\",\"bytes\":0}", NULL},
    {"{\"id\":21,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime"},
};
#define CROWD (sizeof crowd / sizeof *crowd)

/* add_of_crowd writes the path of a fixture where an @ stands. */
static void add_of_crowd(size_t i)
{
    char line[1024];
    const char *at = strchr(crowd[i].json, '@');
    size_t head = at ? (size_t)(at - crowd[i].json) : strlen(crowd[i].json);
    snprintf(line, sizeof line, "%.*s", (int)head, crowd[i].json);
    if (at) {
        char name[64];
        size_t len = strcspn(at + 1, "\"");
        snprintf(name, sizeof name, "%.*s", (int)len, at + 1);
        snprintf(line + head, sizeof line - head, "%s%s", fixture_path(name), at + 1 + len);
    }
    add_request(line, crowd[i].octets);
}

/* Whatever waits beside a request, it is answered as when it comes alone, and in its turn. */
static void answers_a_crowd_as_each_alone(void)
{
    static char alone[CROWD][ANSWER_MAX];
    for (size_t i = 0; i < CROWD; i++) {
        begin();
        add_of_crowd(i);
        const char *out = send_requests("")->out;
        CU_ASSERT_FATAL(strlen(out) < ANSWER_MAX);
        memcpy(alone[i], out, strlen(out) + 1);
    }
    for (unsigned turned = 0; turned < 3; turned++) { /* with another one first */
        begin();
        for (size_t i = 0; i < CROWD; i++)
            add_of_crowd((i + turned * 5) % CROWD);
        const char *at = send_requests("")->out;
        for (size_t i = 0; i < CROWD; i++) {
            const char *one = alone[(i + turned * 5) % CROWD];
            size_t len = strlen(one);
            CHECK_ROW(len > 20 && strncmp(at, one, len) == 0, "alone %s among others %.*s", one, (int)len + 40, at);
            at += strcspn(at, "\n");
            at += *at == '\n';
        }
        CU_ASSERT(!*at);
    }
}

typedef struct {
    pid_t pid;
    int in, out;
} pipes;

static bool open_pipes(pipes *p)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return false;
    fflush(stdout);
    p->pid = fork();
    if (p->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execl(ENSIGN_COMMAND, "ensign", "worker", "--trust", fixture_path("pki/root.pem"), "--at", WHEN, (char *)NULL);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    p->in = in[1];
    p->out = out[0];
    return p->pid > 0;
}

/* read_answer waits for a line, and no longer than 20 seconds. */
static void read_answer(int fd, char *line, size_t size)
{
    size_t len = 0;
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && (!len || line[len - 1] != '\n') && poll(&ready, 1, 20000) == 1 &&
           read(fd, line + len, 1) == 1)
        len++;
    line[len] = '\0';
}

/* Who sends a request and a part of the next one gets an answer before the rest has come. */
static void waits_for_no_more(void)
{
    pipes p = {.pid = -1};
    char line[ANSWER_MAX];
    int status = 0;
    begin();
    add_request("{\"id\":1,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    add_request("{\"id\":2,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    size_t first = requests.len;
    add_request("{\"id\":3,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    size_t second = requests.len;
    add_request("{\"id\":4,\"op\":\"verify\",\"bytes\":%zu}", "f26.mime");
    const size_t stop[] = {first + 4, second - 9, requests.len};
    CU_ASSERT_FATAL(open_pipes(&p));
    for (size_t i = 0, sent = 0, told = 1; i < sizeof stop / sizeof *stop; i++) {
        CU_ASSERT(write(p.in, requests.p + sent, stop[i] - sent) == (ssize_t)(stop[i] - sent));
        sent = stop[i];
        for (; told <= (i == 0 ? 2u : i == 1 ? 2u : 4u); told++) {
            read_answer(p.out, line, sizeof line);
            check_answer(line, (int)told, "verdict", "accepted");
        }
    }
    close(p.in), close(p.out);
    CU_ASSERT(waitpid(p.pid, &status, 0) == p.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ens_buf_free(&requests);
}

static const ens_case cases[] = {
    {"answers as the commands do", answers_as_the_commands_do},
    {"outlives bad requests, and answers each", outlives_bad_requests},
    {"answers by several threads", answers_by_several_threads},
    {"answers a crowd of requests as each alone", answers_a_crowd_as_each_alone},
    {"waits for no more than is there", waits_for_no_more},
    {"checks business documents", checks_documents},
    {NULL, NULL},
};
ENS_SUITE("cli/worker", cases)
