/* A server over real sockets: what it takes, what it refuses, and whom it waits for. */
#include "engine/base/arena.h"
#include "tests/engine/net/visit.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define POST(path, len) "POST " path " HTTP/1.1\r\n" HOST "Content-Length: " len "\r\n\r\n"

static const char *const plain[] = {"127.0.0.1:0", NULL};
static const ens_server_limits usual = {0};
/* Short enough for a test to wait for, long enough for a busy machine. */
static const ens_server_limits hasty = {
    .head_ms = 300, .idle_ms = 300, .grace_ms = 200, .linger_ms = 200, .rate = 1000000};

static void open_house(house *h, const char *const *addresses, const ens_server_limits *limits)
{
    CU_ASSERT_FATAL(house_open(h, addresses, limits, ENS_TLS_CLIENT_REQUIRED));
}

static void answers(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    for (unsigned i = 0; i < 3; i++) { /* one connection */
        visit_say(&v, POST("/now", "5") "hello");
        CU_ASSERT_EQUAL(visit_answer(&v), 200);
        CU_ASSERT(visit_has(&v, "\r\n\r\nhello") && visit_has(&v, "Content-Type: application/x\r\n"));
        CU_ASSERT(visit_has(&v, "SHA-256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\r\n"));
        CU_ASSERT(visit_has(&v, "\r\nDate: ") && !visit_has(&v, "Connection:"));
        visit_say(&v, POST("/later", "3") "you");
        CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "\r\n\r\nyou"));
    }
    visit_say(&v, "HEAD / HTTP/1.1\r\n" HOST "\r\n");
    memset(v.text, 0, sizeof v.text);
    for (size_t len = 0; !visit_has(&v, "\r\n\r\n");) {
        ssize_t n = recv(v.fd, v.text + len, 1000, 0);
        CU_ASSERT_FATAL(n > 0);
        len += (size_t)n;
    }
    CU_ASSERT(visit_has(&v, "Content-Length: 10\r\n") && !visit_has(&v, "0123456789"));
    visit_say(&v, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "Connection: close\r\n"));
    CU_ASSERT(visit_rest(&v));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, "GET / HTTP/1.0\r\n\r\n");
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "Connection: close\r\n") && visit_rest(&v));
    visit_close(&v);
    house_close(&h);
}

/* The thirteen of a public comparison of servers; more of them in test_http1.c. */
static void hostile(void)
{
    house h;
    visit_note note;
    open_house(&h, plain, &usual);
    for (unsigned i = 0; i < VISIT_HOSTILE; i++) {
        visit_hostile_is_refused(house_at(&h, 0), NULL, i);
        CHECK_ROW(house_wait_note(&h, i, &note) && note.kind == ENS_NOTE_HTTP &&
                      note.status == visit_hostile[i].status && strncmp(note.peer, "127.0.0.1:", 10) == 0,
                  "row %u: no note", i);
    }
    house_close(&h);
}

static void handler_refuses(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/no") GET("/no") GET("/") GET("/no")); /* nothing of the body is left: the connection goes on */
    CU_ASSERT(visit_answer(&v) == 404 || visit_has(&v, "404"));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/no"));
    CU_ASSERT(visit_answer(&v) == 404 && visit_has(&v, "there is nothing here") && !visit_has(&v, "close"));
    visit_say(&v, GET("/"));
    CU_ASSERT_EQUAL(visit_answer(&v), 200);
    visit_say(&v, POST("/no", "100000"));
    CU_ASSERT(visit_answer(&v) == 404 && visit_has(&v, "Connection: close\r\n"));
    visit_close(&v);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), NULL, POST("/short", "4") "four"), 200);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), NULL, POST("/short", "5") "fives"), 413);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), NULL,
                              "POST /short HTTP/1.1\r\n" HOST
                              "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"),
                    413);
    house_close(&h);
}

/* A refused client that goes on sending still gets its answer. */
static void refused_upload(void)
{
    static char piece[65536];
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, POST("/no", "500000"));
    for (unsigned i = 0; i < 8; i++)
        visit_send(&v, piece, sizeof piece);
    CU_ASSERT_EQUAL(visit_answer(&v), 404);
    visit_close(&v);
    house_close(&h);
}

static void continues(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, "POST /now HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CU_ASSERT(visit_answer(&v) == 100);
    visit_say(&v, "ok");
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "\r\n\r\nok"));
    visit_say(&v, "POST /now HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
    CU_ASSERT_EQUAL(visit_answer(&v), 200); /* it has not waited */
    visit_say(&v, "POST /no HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CU_ASSERT_EQUAL(visit_answer(&v), 404);
    visit_close(&v);
    CU_ASSERT_EQUAL(
        visit_ask(house_at(&h, 0), NULL, "POST /now HTTP/1.1\r\n" HOST "Expect: x\r\nContent-Length: 2\r\n\r\n"), 417);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), NULL,
                              "POST /short HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n"),
                    413);
    house_close(&h);
}

static void pipelines(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/hold") POST("/later", "3") "one" POST("/now", "3") "two" GET("/no"));
    for (unsigned i = 0; i < 400 && !house_held(&h); i++)
        usleep(5000);
    usleep(20000);
    CU_ASSERT_EQUAL(recv(v.fd, v.text, 10, MSG_DONTWAIT), -1); /* none overtakes the first */
    house_let_go(&h);
    char all[4096] = "";
    size_t len = 0;
    while (!strstr(all, "nothing here")) {
        ssize_t n = recv(v.fd, all + len, sizeof all - 1 - len, 0);
        CU_ASSERT_FATAL(n > 0);
        len += (size_t)n;
        all[len] = '\0';
    }
    const char *first = strstr(all, "let go"), *second = strstr(all, "one"), *third = strstr(all, "two");
    CU_ASSERT(first && second && third && first < second && second < third);
    visit_close(&v);
    house_close(&h);
}

/* More than may wait in memory waits in the kernel, and nothing of it is lost. */
static void sends_ahead(void)
{
    static char body[40000];
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/hold") POST("/now", "40000"));
    memset(body, 'x', sizeof body);
    visit_send(&v, body, sizeof body);
    visit_say(&v, GET("/"));
    while (!house_held(&h))
        usleep(5000);
    usleep(20000);
    house_let_go(&h);
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "let go"));
    visit_close(&v);
    house_close(&h);
}

static void chunks_and_large_bodies(void)
{
    static char body[1000000];
    ens_err err = {0};
    char head[256], hex[65], wanted[96];
    uint8_t digest[32];
    house h;
    visit v;
    open_house(&h, plain, &usual);
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)(i * 31 + i / 251);
    CU_ASSERT_FATAL(EVP_Digest(body, sizeof body, digest, NULL, EVP_sha256(), NULL) == 1);
    ens__hex(ens_bytes(digest, 32), hex);
    snprintf(wanted, sizeof wanted, "SHA-256: %s\r\n", hex);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    snprintf(head, sizeof head, POST("/later", "%zu"), sizeof body); /* goes through a file */
    visit_say(&v, head);
    visit_send(&v, body, sizeof body);
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, wanted));
    visit_say(&v, "POST /later HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0, step = 1; at<sizeof body; at += step, step = step * 2> 70000 ? 1 : step * 2) {
        step = step > sizeof body - at ? sizeof body - at : step;
        snprintf(head, sizeof head, "%zx\r\n", step);
        visit_say(&v, head);
        visit_send(&v, body + at, step);
        visit_say(&v, "\r\n");
    }
    visit_say(&v, "0\r\n\r\n");
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, wanted));
    visit_say(&v, GET("/big"));
    CU_ASSERT_EQUAL(visit_answer(&v), 200);
    visit_close(&v);
    house_close(&h);
    CU_ASSERT_EQUAL(h.released, 1);
    (void)err;
}

static void breaks_off(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/cut"));
    CU_ASSERT(visit_rest(&v) && visit_has(&v, "Content-Length: 10") && visit_has(&v, "01234") &&
              !visit_has(&v, "56789"));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/none"));
    CU_ASSERT(visit_rest(&v) && v.len == 0);
    visit_close(&v);
    house_close(&h);
}

/* The client leaves, or ends its side, while its request is in hand. */
static void clients_that_leave(void)
{
    house h;
    visit v;
    visit_note note;
    ens_server_counts counts;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/hold"));
    while (!house_held(&h))
        usleep(5000);
    shutdown(v.fd, SHUT_WR);
    usleep(20000);
    house_let_go(&h);
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "let go") && visit_rest(&v));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/hold") "x");
    while (!house_held(&h))
        usleep(5000);
    struct linger hard = {.l_onoff = 1};
    setsockopt(v.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    visit_close(&v);
    usleep(20000);
    house_let_go(&h); /* nobody is there */
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, POST("/now", "10") "half");
    shutdown(v.fd, SHUT_WR);
    CU_ASSERT(visit_answer(&v) == 400 && visit_has(&v, "hung up within"));
    visit_close(&v);
    CU_ASSERT(house_wait_note(&h, 0, &note) && note.status == 400);
    for (unsigned i = 0; i < 200; i++, usleep(5000)) {
        ens__server_count(h.server, &counts);
        if (counts.open == 0)
            break;
    }
    CU_ASSERT(counts.open == 0 && counts.requests == 2 && counts.refused == 1);
    house_close(&h);
}

/* Slow ones are let go, each with a word where one can be said. */
static void slow_clients(void)
{
    house h;
    visit v;
    open_house(&h, plain, &hasty);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    CU_ASSERT(visit_rest(&v) && v.len == 0); /* says nothing at all */
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, "GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < 60 && poll(&(struct pollfd){.fd = v.fd, .events = POLLIN}, 1, 20) == 0; i++)
        visit_say(&v, "A: b\r\n");
    CU_ASSERT(visit_answer(&v) == 408 && visit_has(&v, "head"));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, POST("/now", "100000"));
    for (unsigned i = 0; i < 100 && poll(&(struct pollfd){.fd = v.fd, .events = POLLIN}, 1, 20) == 0; i++)
        visit_say(&v, "x");
    CU_ASSERT(visit_answer(&v) == 408 && visit_has(&v, "body"));
    visit_close(&v);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/now")); /* a client in time stays */
    CU_ASSERT_EQUAL(visit_answer(&v), 200);
    visit_close(&v);
    house_close(&h);
}

/* A client that asks for much and reads nothing holds its connection no longer than the least rate allows. */
static void slow_reader(void)
{
    const int little = 4096;
    const ens_server_limits limits = {.grace_ms = 200, .rate = 100000000};
    house h;
    visit v;
    ens_server_counts counts = {0};
    open_house(&h, plain, &limits);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    setsockopt(v.fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    for (unsigned i = 0; i < 12; i++)
        visit_say(&v, GET("/big"));
    for (unsigned i = 0; i < 400 && !counts.timeouts; i++, usleep(5000))
        ens__server_count(h.server, &counts);
    CU_ASSERT_EQUAL(counts.timeouts, 1);
    visit_close(&v);
    house_close(&h);
}

static void many_places(void)
{
    char path[64], at[80];
    house h;
    const int one = 1;
    snprintf(path, sizeof path, "/tmp/ensign-visit-%d", (int)getpid());
    snprintf(at, sizeof at, "unix:%s", path);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&any, sizeof any) == 0 && listen(fd, 8) == 0);
    char inherited[16];
    snprintf(inherited, sizeof inherited, "fd:%d", fd);
    open_house(&h, (const char *const[]){"127.0.0.1:0", at, inherited, NULL}, &usual);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(visit_ask(house_at(&h, i), NULL, POST("/now", "1") "x"), 200);
    CU_ASSERT(access(path, F_OK) == 0 && strcmp(house_at(&h, 1), at) == 0);
    house_close(&h);
    CU_ASSERT(access(path, F_OK) != 0);
    close(fd);
}

/* A path whose server lives is its own; one that a dead server left is taken over. */
static void unix_paths(void)
{
    char path[64], at[80];
    house h;
    ens_server *other = NULL;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    snprintf(path, sizeof path, "/tmp/ensign-stale-%d", (int)getpid());
    snprintf(at, sizeof at, "unix:%s", path);
    snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&un, sizeof un) == 0);
    close(fd); /* dead: the path stays */
    open_house(&h, (const char *const[]){at, NULL}, &usual);
    const ens_server_listen listen_at = {at, 0};
    const ens_server_plan plan = {.listen = &listen_at, .num_listen = 1, .loops = 1};
    CU_ASSERT_EQUAL(ens__server_start(&plan, &other, NULL), ENS_EIO);
    CU_ASSERT_EQUAL(visit_ask(at, NULL, POST("/now", "1") "x"), 200);
    house_close(&h);
    FILE *f = fopen(path, "w"); /* what is no socket is not touched */
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fclose(f);
    CU_ASSERT_EQUAL(ens__server_start(&plan, &other, NULL), ENS_EIO);
    CU_ASSERT_EQUAL(unlink(path), 0);
}

static void ipv6(void)
{
    house h;
    visit v;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool there = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0;
    if (fd >= 0)
        close(fd);
    if (!there) {
        ens_skip("this machine has no IPv6 loopback");
        return;
    }
    open_house(&h, (const char *const[]){"[::1]:0", NULL}, &usual);
    CU_ASSERT_EQUAL_FATAL(strncmp(house_at(&h, 0), "[::1]:", 6), 0);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/"));
    CU_ASSERT_EQUAL(visit_answer(&v), 200);
    visit_close(&v);
    house_close(&h);
}

static void bad_places(void)
{
    static const struct {
        const char *address;
        unsigned tls;
        ens_code code;
    } rows[] = {
        {"0.0.0.0:0", 0, ENS_EPOLICY},
        {"[::]:0", 0, ENS_EPOLICY},
        {"127.0.0.1", 0, ENS_EPOLICY},
        {"::1:80", 0, ENS_EPOLICY},
        {"host.test:1", 0, ENS_EPOLICY},
        {"127.0.0.1:99999", 0, ENS_EPOLICY},
        {"unix:", 0, ENS_EPOLICY},
        {"fd:x", 0, ENS_EPOLICY},
        {"fd:0", 0, ENS_EIO},
        {"127.0.0.1:0", 1, ENS_EPOLICY},
        {"unix:/nowhere/at/all", 0, ENS_EIO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_server *s = NULL;
        ens_err err = {0};
        const ens_server_listen at = {rows[i].address, rows[i].tls};
        const ens_server_plan plan = {.listen = &at, .num_listen = 1, .loops = 1};
        ens_code code = ens__server_start(&plan, &s, &err);
        CHECK_ROW(code == rows[i].code && err.n > 0, "%s: %s", rows[i].address, ens_code_name(code));
    }
}

/* A port that another server has is not shared with it, though its own loops share it. */
static void taken_port(void)
{
    house h;
    ens_server *other = NULL;
    ens_err err = {0};
    open_house(&h, plain, &usual);
    const ens_server_listen at = {house_at(&h, 0), 0};
    const ens_server_plan plan = {.listen = &at, .num_listen = 1, .loops = 1};
    CU_ASSERT_EQUAL(ens__server_start(&plan, &other, &err), ENS_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "Address already in use"));
    house_close(&h);
}

static void *stop_house(void *arg)
{
    ens__server_stop(((house *)arg)->server, VISIT_PATIENCE_MS);
    return NULL;
}

/* What came is finished: the request in hand, the one that is half there, the one that just connects; then nobody gets
 * in. */
static void stops(void)
{
    house h;
    visit asking, half, fresh, idle, late;
    char at[64];
    pthread_t stopper;
    open_house(&h, plain, &usual);
    snprintf(at, sizeof at, "%s", house_at(&h, 0));
    CU_ASSERT_FATAL(visit_open(&asking, at, NULL, NULL) && visit_open(&half, at, NULL, NULL) &&
                    visit_open(&idle, at, NULL, NULL));
    visit_say(&asking, GET("/hold"));
    visit_say(&half, POST("/later", "3") "in");
    visit_say(&idle, GET("/"));
    CU_ASSERT_EQUAL(visit_answer(&idle), 200);
    while (!house_held(&h))
        usleep(5000);
    CU_ASSERT_FATAL(visit_open(&fresh, at, NULL, NULL));
    CU_ASSERT_FATAL(pthread_create(&stopper, NULL, stop_house, &h) == 0);
    visit_say(&fresh, GET("/"));
    CU_ASSERT(visit_rest(&idle) && idle.len == 0);
    CU_ASSERT_FALSE(visit_open(&late, at, NULL, NULL));
    visit_say(&half, "!");
    house_let_go(&h);
    CU_ASSERT(visit_answer(&asking) == 200 && visit_has(&asking, "let go") &&
              visit_has(&asking, "Connection: close\r\n"));
    CU_ASSERT(visit_answer(&half) == 200 && visit_has(&half, "in!"));
    CU_ASSERT_EQUAL(visit_answer(&fresh), 200);
    pthread_join(stopper, NULL);
    visit_close(&asking);
    visit_close(&half);
    visit_close(&fresh);
    visit_close(&idle);
    house_close(&h);
}

/* An answer that never comes holds up no stop; one that comes after it finds nobody, and harms nobody. */
static void stops_in_time(void)
{
    house h;
    visit v;
    open_house(&h, plain, &usual);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_say(&v, GET("/hold"));
    while (!house_held(&h))
        usleep(5000);
    ens__server_stop(h.server, 100);
    CU_ASSERT(visit_rest(&v) && v.len == 0);
    house_let_go(&h);
    visit_close(&v);
    house_close(&h);
}

/* The handler of the next case runs on the only loop, and counts what our own code took from the heap there. */
static size_t taken[200];
static unsigned num_taken;

static void count_heap(void *ctx, ens_http_request *r)
{
    (void)ctx;
    if (num_taken < sizeof taken / sizeof *taken)
        taken[num_taken++] = ens__heap_taken();
    ens__server_answer(r, &(ens_http_answer){.status = 200, .body = r->body});
}

static void takes_no_heap(void)
{
    const ens_server_listen at = {"127.0.0.1:0", 0};
    const ens_server_plan plan = {.listen = &at, .num_listen = 1, .loops = 1, .handler = {.handle = count_heap}};
    ens_server *s = NULL;
    visit v;
    num_taken = 0;
    CU_ASSERT_EQUAL_FATAL(ens__server_start(&plan, &s, NULL), ENS_OK);
    CU_ASSERT_FATAL(visit_open(&v, ens__server_address(s, 0), NULL, NULL));
    for (unsigned i = 0; i < 100; i++) {
        visit_say(&v, POST("/", "26") "abcdefghijklmnopqrstuvwxyz");
        CU_ASSERT_EQUAL(visit_answer(&v), 200);
        visit_say(&v, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n");
        CU_ASSERT_EQUAL(visit_answer(&v), 200);
    }
    visit_close(&v);
    ens__server_stop(s, 1000);
    CU_ASSERT(num_taken == 200 && taken[199] == taken[10]);
    ens__server_free(s);
}

/* Beyond its limit a server lets connections wait, and takes them up when others have gone. */
static void full(void)
{
    const ens_server_limits limits = {.connections = 2, .head_ms = 400};
    house h;
    visit v[3];
    open_house(&h, plain, &limits);
    for (unsigned i = 0; i < 2; i++) {
        CU_ASSERT_FATAL(visit_open(&v[i], house_at(&h, 0), NULL, NULL) && visit_say(&v[i], GET("/")));
        CU_ASSERT_EQUAL(visit_answer(&v[i]), 200);
    }
    CU_ASSERT_FATAL(visit_open(&v[2], house_at(&h, 0), NULL, NULL) && visit_say(&v[2], GET("/")));
    CU_ASSERT_EQUAL(poll(&(struct pollfd){.fd = v[2].fd, .events = POLLIN}, 1, 150), 0);
    visit_close(&v[0]);
    CU_ASSERT_EQUAL(visit_answer(&v[2]), 200);
    visit_close(&v[1]);
    visit_close(&v[2]);
    house_close(&h);
}

/* ---- answers in pieces ---- */

#define STREAMS 40u

static struct {
    pthread_mutex_t lock;
    ens_http_stream *open[STREAMS];
    unsigned num;
} streams = {PTHREAD_MUTEX_INITIALIZER, {NULL}, 0};

static void begin_stream(void *ctx, ens_http_request *r)
{
    (void)ctx;
    pthread_mutex_lock(&streams.lock);
    streams.open[streams.num++] = ens__server_stream(
        r, &(ens_http_answer){.status = 200, .type = "text/event-stream", .body = ENS_LIT("first\n")});
    pthread_mutex_unlock(&streams.lock);
}

static unsigned num_streams(void)
{
    pthread_mutex_lock(&streams.lock);
    unsigned num = streams.num;
    pthread_mutex_unlock(&streams.lock);
    return num;
}

static void flows(void)
{
    static const ens_server_listen at = {"127.0.0.1:0", 0};
    static visit v[STREAMS];
    ens_server *s = NULL;
    ens_err err = {0};
    const ens_server_plan plan = {.listen = &at, .num_listen = 1, .handler = {.handle = begin_stream}, .loops = 2};
    streams.num = 0;
    CU_ASSERT_FATAL(ens__server_start(&plan, &s, &err) == ENS_OK);
    for (unsigned i = 0; i < STREAMS; i++) {
        CU_ASSERT_FATAL(visit_open(&v[i], ens__server_address(s, 0), NULL, NULL));
        visit_say(&v[i], GET("/"));
    }
    for (unsigned i = 0; i < 400 && num_streams() < STREAMS; i++)
        usleep(10000);
    CU_ASSERT_FATAL(num_streams() == STREAMS);
    for (unsigned i = 0; i < STREAMS / 2; i++) { /* half of the clients leave */
        visit_close(&v[STREAMS / 2 + i]);
        usleep(1000);
    }
    unsigned put = 0;
    for (unsigned i = 0; i < STREAMS; i++) {
        put += ens__stream_put(streams.open[i], ENS_LIT("second\n")) &&
               ens__stream_put(streams.open[i], ENS_LIT("third\n"));
        ens__stream_end(streams.open[i]);
    }
    CU_ASSERT(put >= STREAMS / 2); /* those who left may be noticed or not */
    unsigned whole = 0;
    for (unsigned i = 0; i < STREAMS / 2; i++) {
        CU_ASSERT(visit_rest(&v[i]) && v[i].closed);
        whole += visit_has(&v[i], "\r\n\r\nfirst\nsecond\nthird\n") && !visit_has(&v[i], "Content-Length");
        visit_close(&v[i]);
    }
    CU_ASSERT_EQUAL(whole, STREAMS / 2);
    ens__server_free(s);
}

/* A client that reads nothing is given up, and holds nobody. */
static void floods(void)
{
    static const ens_server_listen at = {"127.0.0.1:0", 0};
    static uint8_t piece[16384];
    visit v;
    ens_server *s = NULL;
    ens_err err = {0};
    const ens_server_plan plan = {.listen = &at, .num_listen = 1, .handler = {.handle = begin_stream}, .loops = 1};
    streams.num = 0;
    CU_ASSERT_FATAL(ens__server_start(&plan, &s, &err) == ENS_OK);
    CU_ASSERT_FATAL(visit_open(&v, ens__server_address(s, 0), NULL, NULL));
    visit_say(&v, GET("/"));
    for (unsigned i = 0; i < 400 && num_streams() < 1; i++)
        usleep(10000);
    unsigned pieces = 0;
    while (pieces < 10000 && ens__stream_put(streams.open[0], ens_bytes(piece, sizeof piece)))
        pieces++;
    CU_ASSERT(pieces >= 8 && pieces < 10000);
    ens__stream_end(streams.open[0]);
    visit_close(&v);
    ens__server_free(s);
}

static const ens_case cases[] = {
    {"answers one request after another, at once and from a thread", answers},
    {"refuses the thirteen hostile requests, says why, and hangs up", hostile},
    {"lets the handler refuse by the head, and goes on where it can", handler_refuses},
    {"answers a refused client that goes on sending", refused_upload},
    {"tells a client that waits to go on", continues},
    {"answers pipelined requests in their order, one at a time", pipelines},
    {"bounds what it keeps of the next request", sends_ahead},
    {"takes chunks and bodies that need a file, and gives large answers", chunks_and_large_bodies},
    {"cuts an answer off, or gives none, when told to", breaks_off},
    {"bears with clients that leave", clients_that_leave},
    {"lets go of clients that are slow to ask", slow_clients},
    {"lets go of clients that are slow to read", slow_reader},
    {"listens on ports, unix sockets and inherited sockets", many_places},
    {"takes over the path of a dead server, and no other", unix_paths},
    {"listens on IPv6", ipv6},
    {"refuses plain HTTP to strangers, and addresses that are none", bad_places},
    {"shares no port with another server", taken_port},
    {"finishes what it has accepted when it stops", stops},
    {"stops in time whatever the handler does", stops_in_time},
    {"takes nothing from the heap for a request, once it is warm", takes_no_heap},
    {"bounds the number of connections", full},
    {"streams flow from any thread, and end when nobody listens", flows},
    {"a stream that nobody reads is given up", floods},
    {NULL, NULL},
};
ENS_SUITE("engine/net/server", cases)
