/* Whom the stand-in doesn't know, or who wants it no good: hostile requests, handshakes that fail, floods, and crowds
 * that stay. Whatever they do is written down within bounds, and others are served meanwhile. ENSIGN_SOAK: 10,000 idle
 * connections, and clients that are slow on purpose. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <openssl/err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CROWD 300u
#define CROWD_SOAK 10000u
#define CROWD_BYTES                                                                                                    \
    (28u << 10) /* of an idle connection at most; a client's key on a curve costs OpenSSL 7 KB of them */
#define FLOOD 400u
#define FLOOD_ROWS 40u /* that its journal may have at most */

static char folder[] = "/tmp/ensign-strangers-XXXXXX"; /* the demo's, and of the files */
static pushed answer;

static void clean_up(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s %s.log", folder, folder);
    if (system(command) != 0)
        printf("%s stays behind\n", folder);
}

static void set_up(stand_in *s)
{
    static bool made;
    if (!made) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        atexit(clean_up);
        signal(SIGPIPE, SIG_IGN); /* who is refused hangs up */
        made = true;
    }
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, folder, ""));
}

static bool is_soak(void)
{
    return getenv("ENSIGN_SOAK") != NULL;
}

static unsigned count(const char *text, const char *what)
{
    unsigned num = 0;
    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        num++;
    return num;
}

static void refuses_hostile_requests(void)
{
    stand_in s;
    set_up(&s);
    for (unsigned i = 0; i < VISIT_HOSTILE; i++)
        visit_hostile_is_refused(s.plain, NULL, i);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    const run_result *r = run_ensign("journal list --store %s --json --kind http-refused", s.store);
    CHECK_ROW(count(r->out, "\n") == VISIT_HOSTILE, "%u rows: %s", count(r->out, "\n"), r->out);
    set_up(&s);
    for (unsigned i = 0; i < VISIT_HOSTILE; i++)
        visit_hostile_is_refused(s.tls, s.client, i);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* A client of a handshake that comes to nothing, and what is written down of it. */
typedef struct {
    const char *what, *cert, *key, *root; /* files of the demo; NULL: none */
    int version;                          /* at most; 0: any */
    const char *cause, *alert, *side;     /* side NULL: no alert */
    const char *shown;                    /* part of the subject; NULL: none was shown */
} failing;

static SSL_CTX *failing_client(const stand_in *s, const failing *f)
{
    char path[128];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    if (f->version) {
        SSL_CTX_set_security_level(ctx, 0);
        SSL_CTX_set_min_proto_version(ctx, f->version);
        SSL_CTX_set_max_proto_version(ctx, f->version);
    }
    snprintf(path, sizeof path, "%s/%s", s->pki, f->cert ? f->cert : "");
    CU_ASSERT(!f->cert || SSL_CTX_use_certificate_chain_file(ctx, path) == 1);
    snprintf(path, sizeof path, "%s/%s", s->pki, f->key ? f->key : "");
    CU_ASSERT(!f->key || SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) == 1);
    snprintf(path, sizeof path, "%s/%s", s->pki, f->root ? f->root : "");
    CU_ASSERT(!f->root || SSL_CTX_load_verify_file(ctx, path) == 1);
    SSL_CTX_set_verify(ctx, f->root ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    return ctx;
}

/* fail_handshake comes to nothing, in TLS 1.3 behind the client's own end of it. */
static void fail_handshake(const stand_in *s, const failing *f)
{
    visit v;
    SSL_CTX *ctx = failing_client(s, f);
    if (visit_open(&v, s->tls, ctx, NULL)) {
        visit_say(&v, "POST /as4 HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK_ROW(visit_answer(&v) == 0, "%s: an answer came", f->what);
        visit_close(&v);
    }
    SSL_CTX_free(ctx);
    ERR_clear_error();
}

static bool has_line(const char *text, const failing *f)
{
    char alert[64];
    snprintf(alert, sizeof alert, "%s by %s", f->alert ? f->alert : "", f->side ? f->side : "");
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char row[4096];
        snprintf(row, sizeof row, "%.*s", (int)strcspn(line, "\n"), line);
        if (strstr(row, f->cause) && (!f->side || strstr(row, alert)) &&
            strstr(row, f->shown ? f->shown : "no certificate shown"))
            return true;
    }
    return false;
}

static void writes_down_failed_handshakes(void)
{
    static const failing rows[] = {
        {"unknown CA", "sti.pem", "sti.key", NULL, 0, "unknown client CA", "unknown CA", "this server", "Demo STI"},
        {"no clientAuth", "tls-server.pem", "tls-server.key", NULL, 0, "no clientAuth", "unsupported certificate",
         "this server", "localhost"},
        {"no clientAuth in 1.2", "tls-server.pem", "tls-server.key", NULL, TLS1_2_VERSION, "no clientAuth",
         "unsupported certificate", "this server", "localhost"},
        {"none", NULL, NULL, NULL, 0, "the client sent no certificate, and one is required", "", "this server", NULL},
        {"none in 1.2", NULL, NULL, NULL, TLS1_2_VERSION, "the client sent no certificate, and one is required",
         "handshake failure", "this server", NULL},
        {"another root", "tls-client.pem", "tls-client.key", "root.pem", 0,
         "the client does not know the authority of the server's certificate", "unknown CA", "the client", NULL},
        {"TLS 1.1", NULL, NULL, NULL, TLS1_1_VERSION, "no version of TLS from 1.2 on", "protocol version",
         "this server", NULL},
    };
    static const failing others[] = {
        {.what = "plain HTTP", .cause = "plain HTTP on a port for TLS"},
        {.what = "no TLS", .cause = "not TLS"},
        {.what = "hung up", .cause = "the client hung up during the handshake"},
    };
    stand_in s;
    visit v;
    set_up(&s);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        fail_handshake(&s, &rows[i]);
    CU_ASSERT_EQUAL(visit_ask(s.tls, NULL, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
    CU_ASSERT_EQUAL(visit_ask(s.tls, NULL, "SSH-2.0-client\r\n"), 0);
    CU_ASSERT_TRUE(visit_open(&v, s.tls, NULL, NULL));
    visit_close(&v);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    const run_result *r = run_ensign("journal list --store %s --json --kind tls-failure", s.store);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(has_line(r->out, &rows[i]), "%s isn't there: %s", rows[i].what, r->out);
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        CHECK_ROW(has_line(r->out, &others[i]), "%s isn't there: %s", others[i].what, r->out);
    CHECK_ROW(count(r->out, "\n") == 10, "%u rows", count(r->out, "\n"));
}

/* Whoever knocks without end gets few rows, which say how many they stand for; and others are served. */
static void bounds_a_flood(void)
{
    stand_in s;
    set_up(&s);
    unsigned before = count(run_ensign("journal list --store %s --json --kind http-refused", s.store)->out, "\n");
    for (unsigned i = 0; i < FLOOD; i++)
        CU_ASSERT_EQUAL(visit_ask(s.plain, NULL, "GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    sleep(1);
    CU_ASSERT_EQUAL(visit_ask(s.plain, NULL, "GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"), 404);
    char path[96];
    snprintf(path, sizeof path, "%s/m.mime", folder);
    stand_in_seal(&s, folder, "m.mime", NULL, "");
    CU_ASSERT(stand_in_push(&s, path, &answer) && answer.status == 200);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    const run_result *r = run_ensign("journal list --store %s --json --kind http-refused", s.store);
    unsigned rows = count(r->out, "\n") - before;
    CHECK_ROW(rows >= 2 && rows <= FLOOD_ROWS, "%u rows of %u requests", rows, FLOOD);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "like it passed over before"));
}

static size_t resident(pid_t pid)
{
    char path[64], line[128];
    size_t kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %zu", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb << 10;
}

static unsigned crowd_of(void)
{
    struct rlimit r;
    unsigned want = is_soak() ? CROWD_SOAK : CROWD;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 0;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    return r.rlim_cur != RLIM_INFINITY && r.rlim_cur < want + 100 ? (unsigned)r.rlim_cur - 100 : want;
}

/* Many connect over mutual TLS and stay; a message is answered beside them, and each of them costs little. */
static void serves_beside_a_crowd(void)
{
    char path[96];
    stand_in s;
    unsigned num = crowd_of(), open = 0;
    visit *crowd = calloc(num, sizeof *crowd);
    CU_ASSERT_PTR_NOT_NULL_FATAL(crowd);
    set_up(&s);
    snprintf(path, sizeof path, "%s/m.mime", folder);
    stand_in_seal(&s, folder, "m.mime", NULL, "");
    CU_ASSERT(stand_in_push(&s, path, &answer) && answer.status == 200);
    size_t before = resident(s.pid);
    time_t begin = time(NULL);
    while (open < num && visit_open(&crowd[open], s.tls, s.client, NULL))
        open++;
    size_t each = open ? (resident(s.pid) - before) / open : 0;
    CHECK_ROW(open == num, "%u of %u connections", open, num);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    CU_ASSERT(stand_in_push(&s, path, &answer) && answer.status == 200);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("\n    %u idle connections of %zu bytes each, %ld s for them, %ld ms for a message beside", open, each,
           (long)(time(NULL) - begin), (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
    CHECK_ROW(num < 1000 || each <= CROWD_BYTES, "%zu bytes each", each);
    for (unsigned i = 0; i < open; i++) {
        shutdown(crowd[i].fd, SHUT_RDWR);
        visit_close(&crowd[i]);
    }
    free(crowd);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* Heads, bodies and readers that take their time are let go, and others are served meanwhile. */
static void lets_go_of_the_slow(void)
{
    enum { EACH = 50 };
    static visit head[EACH], body[EACH];
    char path[96];
    stand_in s;
    if (!is_soak()) {
        ens_skip("it takes half a minute: ENSIGN_SOAK");
        return;
    }
    set_up(&s);
    snprintf(path, sizeof path, "%s/m.mime", folder);
    stand_in_seal(&s, folder, "m.mime", NULL, "");
    for (unsigned i = 0; i < EACH; i++) {
        CU_ASSERT(visit_open(&head[i], s.plain, NULL, NULL) &&
                  visit_say(&head[i], "POST /as4 HTTP/1.1\r\nHost: x\r\n"));
        CU_ASSERT(visit_open(&body[i], s.plain, NULL, NULL) &&
                  visit_say(&body[i], "POST /as4 HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n"
                                      "Content-Length: 100000\r\n\r\n"));
    }
    for (unsigned second = 0; second < 14; second++) {
        sleep(1);
        for (unsigned i = 0; i < EACH; i++) {
            send(head[i].fd, "A: b\r\n", 6, MSG_NOSIGNAL);
            send(body[i].fd, "slow", 4, MSG_NOSIGNAL);
        }
        CU_ASSERT(stand_in_push(&s, path, &answer) && answer.status == 200);
    }
    for (unsigned i = 0; i < EACH; i++) {
        CHECK_ROW(visit_answer(&head[i]) == 408, "a slow head is waited for%s", "");
        CHECK_ROW(visit_answer(&body[i]) == 408, "a slow body is waited for%s", "");
        visit_close(&head[i]);
        visit_close(&body[i]);
    }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static const ens_case cases[] = {
    {"writes down failed handshakes, with their cause, alert and certificate", writes_down_failed_handshakes},
    {"refuses the thirteen hostile requests, and writes them down", refuses_hostile_requests},
    {"bounds what a flood writes down", bounds_a_flood},
    {"serves beside a crowd that stays", serves_beside_a_crowd},
    {"lets go of the slow", lets_go_of_the_slow},
    {NULL, NULL},
};
ENS_SUITE("cli/serve-strangers", cases)
