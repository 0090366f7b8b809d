/* Tests that run side by side: what is of one space is not seen, waited for, refused or put on in another, and a reset
 * begins it anew. And the journal as a stream that goes on where it broke off. */
#include "tests/suite.h"
#include "tests/web/rest.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ONE "FR732829320"
#define OTHER "DE123456789012345"

static char home[] = "/tmp/ensign-spaces-XXXXXX", demo[80];
static stand_in server;
static rest client;

static void open_server(void)
{
    static bool tried, good;
    if (!tried) {
        tried = true;
        good =
            stand_in_home(home, demo, sizeof demo) && stand_in_open(&server, demo, "") && rest_open(&client, &server);
    }
    CU_ASSERT_FATAL(good);
}

__attribute__((destructor)) static void close_server(void)
{
    if (server.pid > 0)
        stand_in_end(&server, SIGTERM);
}

static unsigned get(rest_answer *a, const char *space, const char *path)
{
    char whole[600];
    snprintf(whole, sizeof whole, "/spaces/%s%s", space, path);
    return rest_get(&client, a, whole);
}

/* submit hands a filing of that LRN to the access point; what it answered is in p. */
static void submit(const char *eori, const char *lrn, pushed *p)
{
    rest_answer a = {0};
    char path[512], type[256];
    snprintf(path, sizeof path, "/documents/new/IE3F26?from=%s&lrn=%s", eori, lrn);
    CU_ASSERT_EQUAL_FATAL(get(&a, eori, path), 200);
    char *document = strndup(a.body, a.len);
    snprintf(path, sizeof path, "/spaces/%s/seal?from=%s&action=IE3F26", eori, eori);
    CU_ASSERT_EQUAL_FATAL(rest_ask(&client, &a, "POST", path, NULL, "application/xml", document, strlen(document)),
                          200);
    free(document);
    CU_ASSERT_FATAL(rest_field(&a, "Content-Type", type, sizeof type));
    char *message = malloc(a.len + 512);
    int n = snprintf(message, 512, "Content-Type: %s\r\n\r\n", type);
    memcpy(message + n, a.body, a.len);
    CU_ASSERT(stand_in_send(&server, false, message, (size_t)n + a.len, p));
    free(message);
    rest_drop(&a);
}

static void make_spaces(rest_answer *a)
{
    CU_ASSERT_EQUAL(rest_ask(&client, a, "PUT", "/spaces/" ONE, NULL, NULL, NULL, 0), 200);
    CU_ASSERT_EQUAL(rest_ask(&client, a, "PUT", "/spaces/" OTHER, NULL, NULL, NULL, 0), 200);
}

static void apart(void)
{
    rest_answer a = {0};
    pushed p;
    char mrn[32], path[400], id[300];
    open_server();
    make_spaces(&a);
    submit(ONE, "APART-1-Q02", &p);
    CU_ASSERT_EQUAL(p.status, 200);
    CU_ASSERT_EQUAL(get(&a, ONE, "/wait?action=IE3Q02&lrn=APART-1-Q02&timeout=20&pending=true"), 200);
    snprintf(id, sizeof id, "%s", rest_text(&a, "message_id"));
    CU_ASSERT_EQUAL(get(&a, ONE, "/filings"), 200);
    snprintf(mrn, sizeof mrn, "%s",
             json_string_value(json_object_get(json_array_get(json_object_get(a.json, "filings"), 0), "mrn")));
    const char *const hidden[] = {"", "/document"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        snprintf(path, sizeof path, "/filings/%s%s", mrn, hidden[i]);
        CHECK_ROW(get(&a, OTHER, path) == 404, "%s: %u", path, a.status);
        CHECK_ROW(rest_get(&client, &a, path) == 404, "%s of nobody's space: %u", path, a.status);
        CHECK_ROW(get(&a, ONE, path) == 200, "%s: %u", path, a.status);
    }
    snprintf(path, sizeof path, "/mailbox/%s/document", id);
    CU_ASSERT(get(&a, OTHER, path) == 404 && get(&a, ONE, path) == 200);
    static const char *const lists[] = {"/filings", "/referrals", "/mailbox", "/journal?limit=1000", "/parties"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        CU_ASSERT_EQUAL(get(&a, OTHER, lists[i]), 200);
        CHECK_ROW(!strstr(a.body, "APART-1") && !strstr(a.body, ONE), "%s tells of another's: %s", lists[i], a.body);
    }
    for (unsigned seq = 1; seq < 4; seq++) {
        snprintf(path, sizeof path, "/journal/%u", seq);
        CHECK_ROW(get(&a, OTHER, path) == 404, "row %u: %u", seq, a.status);
    }
    CU_ASSERT_EQUAL(get(&a, OTHER, "/wait?lrn=APART-1-Q02&timeout=0&pending=true"), 408);
    CU_ASSERT_EQUAL(get(&a, OTHER, "/parties/" ONE), 404);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "GET", "/spaces/" ONE "/clock", "Ensign-Space: " OTHER "\r\n", NULL, NULL, 0),
                    400);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "GET", "/journal", "Ensign-Space: nobody\r\n", NULL, NULL, 0), 404);
    rest_drop(&a);
}

static void clocks_and_faults(void)
{
    static const char fault[] = "{\"fault\":\"refuse\",\"code\":\"EBMS:0101\",\"lrn\":\"FAULT-*\",\"times\":1}";
    rest_answer a = {0};
    pushed p;
    char before[64];
    open_server();
    make_spaces(&a);
    CU_ASSERT_EQUAL(get(&a, OTHER, "/clock"), 200);
    snprintf(before, sizeof before, "%.10s", rest_text(&a, "now"));
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/spaces/" ONE "/clock/advance", "{\"by\":\"30d\"}"), 200);
    CU_ASSERT(strncmp(rest_text(&a, "now"), before, 10) != 0);
    CU_ASSERT(get(&a, OTHER, "/clock") == 200 && strncmp(rest_text(&a, "now"), before, 10) == 0);
    CU_ASSERT_EQUAL(
        rest_ask(&client, &a, "PUT", "/spaces/" ONE "/faults/f", NULL, "application/json", fault, sizeof fault - 1),
        200);
    CU_ASSERT(get(&a, OTHER, "/faults") == 200 && !strstr(a.body, "FAULT"));
    submit(OTHER, "FAULT-1", &p);
    CU_ASSERT(p.status == 200 && !strstr(p.body, "EBMS:0101"));
    submit(ONE, "FAULT-2", &p);
    CU_ASSERT(strstr(p.body, "EBMS:0101") != NULL);
    submit(ONE, "FAULT-3", &p); /* once was enough */
    CU_ASSERT(!strstr(p.body, "EBMS:0101"));
    CU_ASSERT_EQUAL(get(&a, ONE, "/journal?code=EBMS:0101"), 200);
    CU_ASSERT(strstr(a.body, "a fault put up by the API") != NULL);
    rest_drop(&a);
}

static void scenarios(void)
{
    static const char yaml[] =
        "scenarios:\n  - name: asks\n    rules:\n      - action: IE3F26\n        lrn: \"SCENE-*\"\n"
        "        then:\n          - {order: ask-screening, text: Who packed it?}\n        next: asked\n";
    rest_answer a = {0};
    pushed p;
    open_server();
    make_spaces(&a);
    CU_ASSERT_EQUAL(
        rest_ask(&client, &a, "PUT", "/spaces/" ONE "/scenarios/s", NULL, "application/yaml", yaml, sizeof yaml - 1),
        200);
    CU_ASSERT(get(&a, OTHER, "/scenarios") == 200 && !strstr(a.body, "SCENE"));
    submit(OTHER, "SCENE-1", &p);
    submit(ONE, "SCENE-2", &p);
    CU_ASSERT_EQUAL(get(&a, ONE, "/wait?action=IE3Q03&lrn=SCENE-2&timeout=20&pending=true"), 200);
    CU_ASSERT_EQUAL(get(&a, OTHER, "/wait?action=IE3Q03&lrn=SCENE-1&timeout=0&pending=true"), 408);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "DELETE", "/spaces/" ONE "/scenarios/s", NULL, NULL, NULL, 0), 204);
    rest_drop(&a);
}

static void resets(void)
{
    rest_answer a = {0};
    pushed p;
    open_server();
    make_spaces(&a);
    submit(OTHER, "KEPT-1", &p);
    for (unsigned i = 0; i < 2; i++) { /* the same LRN: fine once it was reset */
        submit(ONE, "AGAIN-1", &p);
        CU_ASSERT_EQUAL(get(&a, ONE, "/wait?action=IE3R01&lrn=AGAIN-1&timeout=20&pending=true"), 200);
        submit(ONE, "AGAIN-1", &p);
        CU_ASSERT_EQUAL(get(&a, ONE, "/wait?action=IE3N99&lrn=AGAIN-1&timeout=20&pending=true"), 200);
        CU_ASSERT_EQUAL(rest_post(&client, &a, "/spaces/" ONE "/reset", NULL), 200);
        CU_ASSERT(get(&a, ONE, "/filings") == 200 && strstr(a.body, "\"filings\":[]"));
        CU_ASSERT(get(&a, ONE, "/journal") == 200 && strstr(a.body, "\"entries\":[]"));
        CU_ASSERT(get(&a, ONE, "/mailbox") == 200 && strstr(a.body, "\"messages\":[]"));
        CU_ASSERT(get(&a, ONE, "/faults") == 200 && strstr(a.body, "\"faults\":[]"));
        CU_ASSERT_EQUAL(get(&a, ONE, "/journal/1"), 404);
    }
    CU_ASSERT(get(&a, OTHER, "/filings?lrn=KEPT-1") == 200 && strstr(a.body, "KEPT-1"));
    rest_drop(&a);
}

static void same_key(void)
{
    rest_answer a = {0};
    char first[64];
    static const char *const by = "{\"by\":\"1h\"}";
    open_server();
    make_spaces(&a);
    const char *path = "/spaces/" ONE "/clock/advance", *key = "Idempotency-Key: 8e03978e\r\n";
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/spaces/" ONE "/clock/freeze", NULL), 200);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", path, key, "application/json", by, strlen(by)), 200);
    snprintf(first, sizeof first, "%s", rest_text(&a, "now"));
    char again[16] = "";
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", path, key, "application/json", by, strlen(by)), 200);
    CU_ASSERT(rest_field(&a, "Idempotency-Replayed", again, sizeof again) && strcmp(rest_text(&a, "now"), first) == 0);
    CU_ASSERT(get(&a, ONE, "/clock") == 200 && strcmp(rest_text(&a, "now"), first) == 0);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", path, key, "application/json", "{\"by\":\"2h\"}", 11), 422);
    CU_ASSERT_EQUAL(
        rest_ask(&client, &a, "POST", "/spaces/" OTHER "/clock/advance", key, "application/json", by, strlen(by)), 422);
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/spaces/" ONE "/clock/run", NULL), 200);
    rest_drop(&a);
}

/* ---- the stream ---- */

/* listen_from reads events behind a row until num came, and gives their numbers. */
static unsigned listen_from(long long last, long long *seq, unsigned num)
{
    char request[512], text[65536];
    size_t len = 0;
    visit v;
    unsigned found = 0;
    int n = snprintf(
        request, sizeof request,
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nLast-Event-ID: %lld\r\n\r\n",
        client.token, last);
    CU_ASSERT_FATAL(visit_open(&v, client.address, NULL, NULL));
    visit_send(&v, request, (size_t)n);
    struct pollfd p = {.fd = v.fd, .events = POLLIN};
    while (found < num && len < sizeof text - 1 && poll(&p, 1, 8000) == 1) {
        ssize_t got = recv(v.fd, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
        found = 0;
        for (const char *at = text; found < num && (at = strstr(at, "\nid: ")) && strstr(at, "\n\n"); at++)
            seq[found++] = atoll(at + 5);
    }
    visit_close(&v);
    return found;
}

static void streams_go_on(void)
{
    long long seq[64], all[64], last = 0;
    rest_answer a = {0};
    pushed p;
    unsigned num = 0;
    open_server();
    make_spaces(&a);
    for (unsigned i = 0; i < 4; i++) {
        char lrn[32];
        snprintf(lrn, sizeof lrn, "STREAM-%u", i);
        submit(OTHER, lrn, &p);
    }
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/journal?limit=1000"), 200);
    size_t rows = json_array_size(json_object_get(a.json, "entries"));
    rows = rows > 30 ? 30 : rows;
    while (num < rows) { /* three at a time, each time by another connection */
        unsigned want = rows - num < 3 ? (unsigned)(rows - num) : 3, got = listen_from(last, seq, want);
        CU_ASSERT_EQUAL_FATAL(got, want);
        memcpy(all + num, seq, got * sizeof *seq);
        num += got;
        last = seq[got - 1];
    }
    for (size_t i = 0; i < rows; i++)
        CHECK_ROW(json_integer_value(json_object_get(json_array_get(json_object_get(a.json, "entries"), i), "seq")) ==
                      all[i],
                  "event %zu is row %lld", i, all[i]);
    rest_drop(&a);
}

/* Nobody waits in a thread: as many as may wait, and the server answers; one more is told to come later. */
static void many_wait(void)
{
    enum { WAITS = 256 };
    static visit v[WAITS];
    char request[512];
    rest_answer a = {0};
    open_server();
    int n = snprintf(
        request, sizeof request,
        "GET /api/v1/wait?action=NOBODY&timeout=3 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
        client.token);
    for (unsigned i = 0; i < WAITS; i++) {
        CU_ASSERT_FATAL(visit_open(&v[i], client.address, NULL, NULL));
        visit_send(&v[i], request, (size_t)n);
    }
    bool full = false;
    for (unsigned tries = 0; tries < 200 && !full; tries++)
        full = rest_get(&client, &a, "/wait?action=NOBODY&timeout=0") == 429;
    CU_ASSERT(full);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/clock"), 200);
    unsigned told = 0;
    for (unsigned i = 0; i < WAITS; i++) {
        unsigned status = visit_answer(&v[i]);
        told += status == 408 || status == 429;
        visit_close(&v[i]);
    }
    CU_ASSERT_EQUAL(told, WAITS);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/wait?action=NOBODY&timeout=0"), 408);
    rest_drop(&a);
}

/* Who waits when the server ends gets an answer, and holds it up no longer than that. */
static void ends_while_waiting(void)
{
    char base[] = "/tmp/ensign-ending-XXXXXX", folder[80], request[512];
    stand_in s;
    rest c;
    visit v[8], events;
    struct timespec from, to;
    static char kept[sizeof base];
    CU_ASSERT_FATAL(mkdtemp(base) != NULL);
    memcpy(kept, base, sizeof base);
    snprintf(folder, sizeof folder, "%s/demo", kept);
    CU_ASSERT_FATAL(stand_in_open(&s, folder, "") && rest_open(&c, &s));
    int n = snprintf(
        request, sizeof request,
        "GET /api/v1/wait?action=NOBODY&timeout=300 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
        c.token);
    for (unsigned i = 0; i < 8; i++) {
        CU_ASSERT_FATAL(visit_open(&v[i], c.address, NULL, NULL));
        visit_send(&v[i], request, (size_t)n);
    }
    n = snprintf(request, sizeof request,
                 "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", c.token);
    CU_ASSERT_FATAL(visit_open(&events, c.address, NULL, NULL));
    visit_send(&events, request, (size_t)n);
    usleep(300000);
    clock_gettime(CLOCK_MONOTONIC, &from);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    CHECK_ROW(to.tv_sec - from.tv_sec < 4, "it took %lld s to end", (long long)(to.tv_sec - from.tv_sec));
    for (unsigned i = 0; i < 8; i++) {
        CU_ASSERT_EQUAL(visit_answer(&v[i]), 408);
        visit_close(&v[i]);
    }
    CU_ASSERT(visit_rest(&events) && visit_has(&events, "text/event-stream"));
    visit_close(&events);
    rest_close(&c);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", kept);
    CU_ASSERT_EQUAL(system(command), 0);
}

static const ens_case cases[] = {
    {"nothing of one space is seen in another", apart},
    {"clocks and faults of a space are its own", clocks_and_faults},
    {"scenarios are put up while it serves", scenarios},
    {"a reset begins a space anew, and no other", resets},
    {"a key and its request are done once", same_key},
    {"a stream goes on where it broke off, and loses nothing", streams_go_on},
    {"waits hold no thread, and are bounded", many_wait},
    {"who waits when it ends is answered", ends_while_waiting},
    {NULL, NULL},
};
ENS_SUITE("web/spaces", cases)
