#include "bench/server.h"

#include "bench/caller.h"
#include "bench/stats.h"
#include "engine/base/file.h"
#include "engine/net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 16u
#define ROUNDS 9u
#define REQUESTS 400u  /* a round */
#define HANDSHAKES 60u /* a round */
#define IDLE 1000u

extern char **environ;

static ens_code fail(ens_err *err, const char *what)
{
    return ens_fail(err, ENS_EPOLICY, NULL, what, 0);
}

static double us_of(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3 : 0;
}

/* What was seen of one side: CPU by operation in each round, and how long the client waited. */
typedef struct {
    double cpu_us[ROUNDS];
    double waited_us[ROUNDS * REQUESTS];
    size_t num_waited;
} seen;

/* The server that is measured. */
static void handle(void *ctx, ens_http_request *r)
{
    static const uint8_t answer[ENS_CALLER_ANSWER];
    (void)ctx;
    ens__server_answer(
        r, &(ens_http_answer){.status = 200, .type = "application/soap+xml", .body = {answer, sizeof answer}});
}

static ens_code start(ens_tls *tls, ens_server **out, uint16_t *port, ens_err *err)
{
    const ens_server_listen at = {"127.0.0.1:0", tls ? 1 : 0};
    const ens_server_plan plan = {
        .listen = &at, .num_listen = 1, .tls = {tls}, .handler = {.handle = handle}, .loops = 1};
    ens_code code = ens__server_start(&plan, out, err);
    if (code == ENS_OK)
        *port = (uint16_t)strtoul(strrchr(ens__server_address(*out, 0), ':') + 1, NULL, 10);
    return code;
}

static double cpu_of(const ens_server *s)
{
    ens_server_counts counts;
    ens__server_count(s, &counts);
    return (double)counts.cpu_ns / 1e3;
}

/* The floor of requests: one thread that serves the same connections one after the other. */
typedef struct {
    int listener;
    uint16_t port;
    SSL_CTX *ctx;
    pthread_t thread;
} plain_server;

static void serve_all(ens_caller *c, unsigned num, EVP_MD_CTX *sha256)
{
    struct pollfd ready[CONNECTIONS];
    for (unsigned i = 0; i < num; i++)
        ready[i] = (struct pollfd){.fd = c[i].fd, .events = POLLIN};
    for (unsigned open = num; open;) {
        if (poll(ready, num, 10000) <= 0)
            return;
        for (unsigned i = 0; i < num; i++)
            if (ready[i].fd >= 0 && ready[i].revents && !ens__caller_serve(&c[i], sha256)) {
                ready[i].fd = -1;
                open--;
            }
    }
}

static void *run_plain(void *arg)
{
    plain_server *s = arg;
    ens_caller c[CONNECTIONS];
    unsigned num = 0;
    const int on = 1;
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    for (; num < CONNECTIONS; num++) {
        c[num] = (ens_caller){.fd = accept(s->listener, NULL, NULL)};
        setsockopt(c[num].fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
        if (s->ctx && ((c[num].ssl = SSL_new(s->ctx)) == NULL || SSL_set_fd(c[num].ssl, c[num].fd) != 1 ||
                       SSL_accept(c[num].ssl) != 1))
            break;
    }
    if (sha256 && num == CONNECTIONS)
        serve_all(c, num, sha256);
    for (unsigned i = 0; i < num; i++)
        ens__caller_close(&c[i]);
    EVP_MD_CTX_free(sha256);
    return NULL;
}

static bool start_plain(plain_server *s, const fx_pki *pki)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    size_t server = pki ? fx_pki_find(pki, "server") : 0;
    *s = (plain_server){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                        .ctx = pki ? SSL_CTX_new(TLS_server_method()) : NULL};
    bool good = bind(s->listener, (struct sockaddr *)&at, len) == 0 && listen(s->listener, CONNECTIONS) == 0 &&
                getsockname(s->listener, (struct sockaddr *)&at, &len) == 0 &&
                (!pki || (s->ctx && SSL_CTX_use_certificate(s->ctx, pki->cert[server]) == 1 &&
                          SSL_CTX_use_PrivateKey(s->ctx, pki->key[server]) == 1));
    if (good && pki)
        SSL_CTX_set_read_ahead(s->ctx, 1);
    s->port = ntohs(at.sin_port);
    return good && pthread_create(&s->thread, NULL, run_plain, s) == 0;
}

static void stop_plain(plain_server *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
    SSL_CTX_free(s->ctx);
}

/* ask_all sends a request on each connection, and then reads the answers, until a round is full. */
static bool ask_all(ens_caller *c, seen *to)
{
    double sent[CONNECTIONS];
    for (unsigned n = 0; n < REQUESTS; n += CONNECTIONS) {
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            sent[i] = us_of(CLOCK_MONOTONIC);
            if (!ens__caller_send(&c[i]))
                return false;
        }
        for (unsigned i = 0; i < CONNECTIONS; i++) {
            if (!ens__caller_receive(&c[i]))
                return false;
            to->waited_us[to->num_waited++] = us_of(CLOCK_MONOTONIC) - sent[i];
        }
    }
    return true;
}

static bool open_all(ens_caller *c, uint16_t port, SSL_CTX *ctx)
{
    unsigned num = 0;
    while (num < CONNECTIONS && ens__caller_open(&c[num], port, ctx, NULL))
        num++;
    return num == CONNECTIONS;
}

static void close_all(ens_caller *c)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        ens__caller_close(&c[i]);
}

/* best_of is the shortest round: what disturbs one only ever makes it longer. */
static double best_of(const double *of)
{
    double sorted[ROUNDS];
    memcpy(sorted, of, sizeof sorted);
    ens__stats_sort(sorted, ROUNDS);
    return sorted[0];
}

static ens_code tell(const ens_run *run, const char *name, seen *us, double floor_us, double beside_us,
                     size_t operations, ens_results *results, ens_err *err)
{
    ens_measurement *m = ens__results_add(results);
    if (!m)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
    double mean = best_of(us->cpu_us);
    ens__stats_sort(us->waited_us, us->num_waited);
    *m = (ens_measurement){.threads = 1,
                           .operations = operations,
                           .slices = ROUNDS,
                           .mean_us = mean,
                           .ops_per_s = mean > 0 ? 1e6 / mean : 0,
                           .floor_us = floor_us,
                           .ratio = mean > 0 ? floor_us / mean : 0,
                           .ours_us = beside_us};
    if (us->num_waited) {
        m->p50_us = us->waited_us[us->num_waited / 2];
        m->p99_us = us->waited_us[us->num_waited * 99 / 100];
    }
    snprintf(m->name, sizeof m->name, "%s", name);
    if (run->tell)
        run->tell(run->user, m, results);
    return ENS_OK;
}

static ens_code take_requests(ens_caller *ours, ens_caller *bare, ens_server *s, plain_server *p, seen *us, seen *floor,
                              ens_err *err)
{
    clockid_t clock;
    const double each = REQUESTS; /* which CONNECTIONS divide */
    seen warm = {0};
    if (pthread_getcpuclockid(p->thread, &clock) != 0 || !ask_all(ours, &warm) ||
        (warm.num_waited = 0, !ask_all(bare, &warm)))
        return fail(err, "a request was not answered");
    for (unsigned r = 0; r < ROUNDS; r++) {
        double before = cpu_of(s), before_floor = us_of(clock);
        if (!ask_all(ours, us) || !ask_all(bare, floor))
            return fail(err, "a request was not answered");
        us->cpu_us[r] = (cpu_of(s) - before) / each;
        floor->cpu_us[r] = (us_of(clock) - before_floor) / each;
    }
    return ENS_OK;
}

static ens_code run_requests(const ens_run *run, const char *name, const fx_pki *pki, ens_results *results,
                             ens_err *err)
{
    static seen us, floor;
    ens_caller ours[CONNECTIONS], bare[CONNECTIONS];
    ens_server *s = NULL;
    plain_server p;
    uint16_t port = 0;
    ens_tls *tls = pki ? ens__caller_tls(pki) : NULL;
    SSL_CTX *client = pki ? ens__caller_client(pki) : NULL;
    us = floor = (seen){0};
    ens_code code = start(tls, &s, &port, err);
    if (code != ENS_OK)
        return code;
    if (!start_plain(&p, pki) || !open_all(ours, port, client) || !open_all(bare, p.port, client))
        return fail(err, "the server can't be reached");
    code = take_requests(ours, bare, s, &p, &us, &floor, err);
    close_all(ours);
    close_all(bare);
    stop_plain(&p);
    ens__server_free(s);
    ens__tls_free(tls);
    SSL_CTX_free(client);
    return code == ENS_OK ? tell(run, name, &us, best_of(floor.cpu_us), 0, ROUNDS * REQUESTS, results, err) : code;
}

/* Handshakes. */
static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

/* greet makes a number of handshakes, resumed ones where that is asked for; each ends with a request, so that its
 * ticket came. */
static bool greet(uint16_t port, SSL_CTX *client, unsigned num, bool resumed, bool ask, seen *to)
{
    for (unsigned i = 0; i < num; i++) {
        ens_caller c;
        SSL_SESSION *session = resumed && kept ? SSL_SESSION_dup(kept) : NULL; /* OpenSSL uses each once */
        double before = us_of(CLOCK_MONOTONIC);
        bool good = ens__caller_open(&c, port, client, session);
        if (to)
            to->waited_us[to->num_waited++] = us_of(CLOCK_MONOTONIC) - before;
        SSL_SESSION_free(session);
        good = good && (!resumed || SSL_session_reused(c.ssl) == 1);
        if (good && ask)
            good = ens__caller_send(&c) && ens__caller_receive(&c);
        ens__caller_close(&c);
        if (!good)
            return false;
    }
    return true;
}

/* openssl s_server with the same certificates. */
typedef struct {
    pid_t pid;
    int input; /* it ends when this does */
    uint16_t port;
    clockid_t clock;
    char folder[40];
} peer;

static bool write_pem(const peer *p, const char *name, const fx_pki *pki, const char *of, bool key)
{
    char path[96];
    ens_buf text;
    ens_buf_init(&text, NULL, 0, (size_t)64 << 10);
    snprintf(path, sizeof path, "%s/%s", p->folder, name);
    bool good = (key ? fx_pki_key(pki, of, &text) : fx_pki_chain(pki, of, &text)) &&
                ens__file_write(path, ens_buf_slice(&text), 0600, NULL) == ENS_OK;
    ens_buf_free(&text);
    return good;
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = bind(fd, (struct sockaddr *)&at, len) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0;
    close(fd);
    return good ? ntohs(at.sin_port) : 0;
}

static bool spawn_peer(peer *p)
{
    char accept_at[32], key[64], chain[64], root[64];
    int ends[2];
    posix_spawn_file_actions_t actions;
    snprintf(accept_at, sizeof accept_at, "127.0.0.1:%u", p->port);
    snprintf(key, sizeof key, "%s/key.pem", p->folder);
    snprintf(chain, sizeof chain, "%s/chain.pem", p->folder);
    snprintf(root, sizeof root, "%s/root.pem", p->folder);
    const char *const argv[] = {
        "openssl",      "s_server", "-quiet",    "-accept",    accept_at,     "-key",    key, "-cert",
        chain,          "-CAfile",  root,        "-no-CApath", "-no-CAstore", "-Verify", "4", "-verify_return_error",
        "-num_tickets", "1",        "-no_cache", NULL};
    char *args[sizeof argv / sizeof *argv]; /* what posix_spawn wants: strings that it might change, and doesn't */
    memcpy(args, argv, sizeof args);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    bool good = posix_spawnp(&p->pid, "openssl", &actions, NULL, args, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    p->input = ends[1];
    return good && clock_getcpuclockid(p->pid, &p->clock) == 0;
}

static void stop_peer(peer *p)
{
    static const char *const names[] = {"key.pem", "chain.pem", "root.pem"};
    char path[96];
    if (p->pid > 0) {
        close(p->input);
        kill(p->pid, SIGTERM);
        waitpid(p->pid, NULL, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", p->folder, names[i]);
        unlink(path);
    }
    rmdir(p->folder);
    p->pid = 0;
}

static bool start_peer(peer *p, const fx_pki *pki, SSL_CTX *client)
{
    *p = (peer){.folder = "/tmp/ensign-server-XXXXXX", .port = free_port()};
    if (!mkdtemp(p->folder) || !write_pem(p, "key.pem", pki, "server", true) ||
        !write_pem(p, "chain.pem", pki, "server", false) || !write_pem(p, "root.pem", pki, "root", false) ||
        !spawn_peer(p)) {
        stop_peer(p);
        return false;
    }
    for (unsigned i = 0; i < 100; i++, usleep(20000)) {
        ens_caller c;
        if (ens__caller_open(&c, p->port, client, NULL)) {
            ens__caller_close(&c);
            return true;
        }
    }
    stop_peer(p);
    return false;
}

/* spent gives the CPU of one round of handshakes with ours, by handshake; below 0: one failed. */
static double spent(uint16_t port, SSL_CTX *client, const ens_server *s, bool resumed, seen *to)
{
    double before = cpu_of(s);
    return greet(port, client, HANDSHAKES, resumed, false, to) ? (cpu_of(s) - before) / HANDSHAKES : -1;
}

static ens_code take_handshakes(uint16_t port, SSL_CTX *client, ens_server *s, const peer *p, seen seen_of[3],
                                ens_err *err)
{
    bool good = greet(port, client, HANDSHAKES, false, true, NULL);
    for (unsigned r = 0; r < ROUNDS && good; r++) {
        double full = spent(port, client, s, false, &seen_of[0]), before = us_of(p->clock);
        good = full >= 0 && (!p->pid || greet(p->port, client, HANDSHAKES, false, false, &seen_of[1]));
        seen_of[1].cpu_us[r] = p->pid ? (us_of(p->clock) - before) / HANDSHAKES : 0;
        good = good && greet(port, client, 1, false, true, NULL);
        double resumed = good ? spent(port, client, s, true, &seen_of[2]) : -1;
        seen_of[0].cpu_us[r] = full;
        seen_of[2].cpu_us[r] = resumed;
        good = good && resumed >= 0;
    }
    return good ? ENS_OK : fail(err, "a handshake failed, or was not resumed");
}

static ens_code run_handshakes(const ens_run *run, const char *kind, const fx_pki *pki, ens_results *results,
                               char reason[ENS_SERVER_REASON], ens_err *err)
{
    static seen seen_of[3]; /* ours, the peer's, ours resumed */
    char name[2][ENS_OPERATION_NAME];
    ens_server *s = NULL;
    peer p = {0};
    uint16_t port = 0;
    memset(seen_of, 0, sizeof seen_of);
    ens_tls *tls = ens__caller_tls(pki);
    SSL_CTX *client = ens__caller_client(pki);
    ens_code code =
        tls && client ? start(tls, &s, &port, err) : ens_fail(err, ENS_ENOMEM, NULL, "OpenSSL can't serve", 0);
    if (code == ENS_OK) {
        SSL_CTX_sess_set_new_cb(client, keep_session);
        if (!start_peer(&p, pki, client))
            snprintf(reason, ENS_SERVER_REASON, "openssl s_server does not run here");
        code = take_handshakes(port, client, s, &p, seen_of, err);
        if (p.pid)
            stop_peer(&p);
    }
    ens__server_free(s);
    ens__tls_free(tls);
    SSL_CTX_free(client);
    SSL_SESSION_free(kept);
    kept = NULL;
    snprintf(name[0], sizeof name[0], "net/handshake/%s", kind);
    snprintf(name[1], sizeof name[1], "net/resumption/%s", kind);
    double resumed = best_of(seen_of[2].cpu_us);
    if (code == ENS_OK)
        code = tell(run, name[0], &seen_of[0], best_of(seen_of[1].cpu_us), resumed, ROUNDS * HANDSHAKES, results, err);
    return code == ENS_OK ? tell(run, name[1], &seen_of[2], 0, 0, ROUNDS * HANDSHAKES, results, err) : code;
}

/* Idle connections. The clients live in a process of their own: their memory isn't the server's. */
static size_t resident(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*u %lu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void be_idle(uint16_t port, SSL_CTX *client, int tell_to, int wait_for)
{
    static ens_caller c[IDLE];
    char word = 'y';
    for (unsigned i = 0; i < IDLE && word == 'y'; i++)
        if (!ens__caller_open(&c[i], port, client, NULL))
            word = 'n';
    if (write(tell_to, &word, 1) == 1 && read(wait_for, &word, 1) >= 0)
        _exit(0);
    _exit(1);
}

static ens_code count_idle(const ens_server *s, uint16_t port, SSL_CTX *client, double *each, ens_err *err)
{
    int told[2], go[2];
    char word = 'n';
    if (pipe2(told, O_CLOEXEC) != 0 || pipe2(go, O_CLOEXEC) != 0)
        return fail(err, "no pipe for the idle clients");
    malloc_trim(0);
    size_t before = resident();
    pid_t child = fork();
    if (child == 0)
        be_idle(port, client, told[1], go[0]);
    bool good = child > 0 && read(told[0], &word, 1) == 1 && word == 'y';
    ens_server_counts counts = {0};
    for (unsigned i = 0; good && i < 500 && counts.handshakes < IDLE; i++, usleep(10000))
        ens__server_count(s, &counts);
    *each = ((double)resident() - (double)before) / IDLE;
    if (child > 0 && write(go[1], "y", 1) == 1)
        waitpid(child, NULL, 0);
    for (unsigned i = 0; i < 2; i++) {
        close(told[i]);
        close(go[i]);
    }
    return good && counts.handshakes >= IDLE ? ENS_OK : fail(err, "the idle clients could not connect");
}

static ens_code run_idle(const ens_run *run, const fx_pki *pki, ens_results *results, ens_err *err)
{
    static seen none;
    struct rlimit files;
    double each = 0;
    ens_server *s = NULL;
    uint16_t port = 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 2 * IDLE) {
        files.rlim_cur = files.rlim_max < 2 * IDLE ? files.rlim_max : 2 * IDLE;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    ens_tls *tls = ens__caller_tls(pki);
    SSL_CTX *client = ens__caller_client(pki);
    ens_code code =
        tls && client ? start(tls, &s, &port, err) : ens_fail(err, ENS_ENOMEM, NULL, "OpenSSL can't serve", 0);
    if (code == ENS_OK)
        code = count_idle(s, port, client, &each, err);
    ens__server_free(s);
    ens__tls_free(tls);
    SSL_CTX_free(client);
    none = (seen){.cpu_us = {0}};
    if (code == ENS_OK)
        code = tell(run, "net/idle/tls13", &none, 0, 0, IDLE, results, err);
    if (code == ENS_OK)
        results->item[results->num - 1].peak_bytes = each;
    return code;
}

ens_code ens__server_run(const ens_run *run, ens_results *results, char reason[ENS_SERVER_REASON], ens_err *err)
{
    static const char *const kinds[] = {"ecdsa", "rsa2048"};
    ens_code code = ENS_OK;
    reason[0] = '\0';
    for (unsigned i = 0; i < 2 && code == ENS_OK; i++) {
        fx_pki pki = {0};
        if (!ens__caller_pki(i ? 2048 : 0, &pki))
            code = ens_fail(err, ENS_ECRYPTO, NULL, "no certificates could be made", 0);
        if (code == ENS_OK && i == 0)
            code = run_requests(run, "net/request/plain-12k", NULL, results, err);
        if (code == ENS_OK && i == 0)
            code = run_requests(run, "net/request/tls13-12k", &pki, results, err);
        if (code == ENS_OK)
            code = run_handshakes(run, kinds[i], &pki, results, reason, err);
        if (code == ENS_OK && i == 0)
            code = run_idle(run, &pki, results, err);
        fx_pki_clear(&pki);
    }
    return code;
}
