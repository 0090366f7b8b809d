#include "tests/engine/net/visit.h"

#include "tests/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BIG ((size_t)1 << 20)
#define JOBS 64

/* The client. */
static int dial(const char *address)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    const char *colon = strrchr(address, ':');
    const struct sockaddr *at = (const struct sockaddr *)&in;
    socklen_t len = sizeof in;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    in.sin_port = in6.sin6_port = htons((uint16_t)atoi(colon ? colon + 1 : "0"));
    if (address[0] == '[') {
        at = (const struct sockaddr *)&in6;
        len = sizeof in6;
    } else if (strncmp(address, "unix:", 5) == 0) {
        snprintf(un.sun_path, sizeof un.sun_path, "%s", address + 5);
        at = (const struct sockaddr *)&un;
        len = sizeof un;
    }
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = VISIT_PATIENCE_MS / 1000};
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd >= 0 && connect(fd, at, len) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool visit_open(visit *v, const char *address, SSL_CTX *ctx, SSL_SESSION *session)
{
    *v = (visit){.fd = dial(address)};
    if (v->fd < 0 || !ctx)
        return v->fd >= 0;
    v->ssl = SSL_new(ctx);
    bool good = v->ssl && SSL_set_fd(v->ssl, v->fd) == 1 && (!session || SSL_set_session(v->ssl, session) == 1) &&
                SSL_connect(v->ssl) == 1;
    if (!good)
        visit_close(v);
    return good;
}

void visit_close(visit *v)
{
    if (v->ssl && SSL_is_init_finished(v->ssl))
        SSL_shutdown(v->ssl); /* without it OpenSSL would not come back with the session */
    ERR_clear_error();
    SSL_free(v->ssl);
    if (v->fd >= 0)
        close(v->fd);
    v->ssl = NULL;
    v->fd = -1;
}

bool visit_send(visit *v, const void *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        const char *from = (const char *)bytes + sent;
        long n = v->ssl ? SSL_write(v->ssl, from, (int)(len - sent)) : send(v->fd, from, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

bool visit_say(visit *v, const char *text)
{
    return visit_send(v, text, strlen(text));
}

static bool take(visit *v)
{
    size_t room = sizeof v->text - 1 - v->len;
    if (!room)
        return false;
    long n = v->ssl ? SSL_read(v->ssl, v->text + v->len, (int)room) : recv(v->fd, v->text + v->len, room, 0);
    v->closed = n == 0 && (!v->ssl || SSL_get_error(v->ssl, 0) == SSL_ERROR_ZERO_RETURN);
    if (n <= 0)
        return false;
    v->len += (size_t)n;
    v->text[v->len] = '\0';
    return true;
}

/* An answer that is longer than the text is read all the same, and counted. */
static bool skip(visit *v, size_t len)
{
    char passed[4096];
    while (len) {
        int most = (int)(len < sizeof passed ? len : sizeof passed);
        long n = v->ssl ? SSL_read(v->ssl, passed, most) : recv(v->fd, passed, (size_t)most, 0);
        if (n <= 0)
            return false;
        len -= (size_t)n;
    }
    return true;
}

unsigned visit_answer(visit *v)
{
    char *end, *length;
    v->len = 0;
    v->text[0] = '\0';
    while (!(end = strstr(v->text, "\r\n\r\n")))
        if (!take(v))
            return 0;
    unsigned status = (unsigned)strtoul(v->text + 9, NULL, 10);
    length = strstr(v->text, "Content-Length: ");
    size_t body = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    size_t wanted = (size_t)(end + 4 - v->text) + body;
    while (v->len < wanted && v->len < sizeof v->text - 1)
        if (!take(v))
            return 0;
    return v->len >= wanted || skip(v, wanted - v->len) ? status : 0;
}

bool visit_rest(visit *v)
{
    v->len = 0;
    v->text[0] = '\0';
    while (take(v))
        continue;
    return v->closed;
}

bool visit_has(const visit *v, const char *text)
{
    return strstr(v->text, text) != NULL;
}

unsigned visit_ask(const char *address, SSL_CTX *ctx, const char *text)
{
    visit v;
    if (!visit_open(&v, address, ctx, NULL))
        return 0;
    unsigned status = visit_say(&v, text) ? visit_answer(&v) : 0;
    visit_close(&v);
    return status;
}

#define HOST "Host: localhost\r\n"
#define POST "POST /as4 HTTP/1.1\r\n" HOST "Content-Type: application/soap+xml\r\n"
#define WITH_NUL "GET / HTTP/1.1\r\n" HOST "A: b\0c\r\n\r\n"
const visit_hostile_row visit_hostile[VISIT_HOSTILE] = {
    {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 400},
    {POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 0, 400},
    {POST "Content-Length: +5\r\n\r\nhello", 0, 400},
    {POST "Content-Length: -1\r\n\r\n", 0, 400},
    {"GET / HTTP/1.1\nHost: localhost\n\n", 0, 400},
    {"GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 0, 400},
    {POST "Content-Length : 1\r\n\r\nx", 0, 400},
    {"GET / HTTP/1.1\r\n\r\n", 0, 400},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0, 400},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 0, 400},
    {POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\nh\r\n0\r\n\r\n", 0, 400},
    {WITH_NUL, sizeof WITH_NUL - 1, 400},
    {"GET / HTTP/1.9\r\n" HOST "\r\n", 0, 505},
};

void visit_hostile_is_refused(const char *address, SSL_CTX *ctx, unsigned row)
{
    visit v;
    const visit_hostile_row *r = &visit_hostile[row];
    CU_ASSERT_FATAL(visit_open(&v, address, ctx, NULL));
    visit_send(&v, r->text, r->len ? r->len : strlen(r->text));
    unsigned status = visit_answer(&v);
    CHECK_ROW(status == r->status && visit_has(&v, "Connection: close\r\n"), "row %u: %u", row, status);
    CHECK_ROW(visit_rest(&v) && v.len == 0, "row %u: the connection goes on", row);
    visit_close(&v);
}

/* The house. */
static ens_time clock_of(void *ctx)
{
    house *h = ctx;
    pthread_mutex_lock(&h->lock);
    ens_time now = h->now;
    pthread_mutex_unlock(&h->lock);
    return now;
}

static ens_http_refusal begin(void *ctx, const ens_http_request *r, uint64_t *limit)
{
    (void)ctx;
    if (ens_is(r->head->target, "/no"))
        return (ens_http_refusal){404, "there is nothing here"};
    if (ens_is(r->head->target, "/short"))
        *limit = 4;
    return (ens_http_refusal){0, NULL};
}

static void count_released(void *owner)
{
    house *h = owner;
    pthread_mutex_lock(&h->lock);
    h->released++;
    pthread_mutex_unlock(&h->lock);
}

static void echo(void *ctx, void *worker, void *job)
{
    ens_http_request *r = job;
    char line[128], hex[2 * ENS_SPOOL_SHA256 + 1];
    (void)ctx;
    (void)worker;
    ens__hex(ens_bytes(r->sha256, sizeof r->sha256), hex);
    snprintf(line, sizeof line, "SHA-256: %s\r\n", hex);
    ens__server_answer(r, &(ens_http_answer){.status = 200, .type = "application/x", .fields = line, .body = r->body});
}

static void hold(house *h, ens_http_request *r)
{
    pthread_mutex_lock(&h->lock);
    if (h->num_held < sizeof h->held / sizeof *h->held)
        h->held[h->num_held++] = r;
    pthread_mutex_unlock(&h->lock);
}

static void handle(void *ctx, ens_http_request *r)
{
    static uint8_t big[BIG];
    house *h = ctx;
    ens_slice target = r->head->target;
    ens_http_answer a = {.status = 200, .body = ENS_LIT("0123456789")};
    if (ens_is(target, "/hold"))
        hold(h, r);
    else if (ens_is(target, "/later") && ens__jobs_post(h->jobs, r))
        return;
    else if (ens_is(target, "/now"))
        echo(h, NULL, r);
    else {
        if (ens_is(target, "/big"))
            a = (ens_http_answer){.status = 200, .body = {big, BIG}, .release = count_released, .owner = h};
        else if (ens_is(target, "/who"))
            a.body = r->client;
        else if (ens_is(target, "/later"))
            a.status = 503;
        a.sending = ens_is(target, "/cut")    ? ENS_ANSWER_CUT
                    : ens_is(target, "/none") ? ENS_ANSWER_NONE
                                              : ENS_ANSWER_WHOLE;
        ens__server_answer(r, &a);
    }
}

static void take_note(void *ctx, const ens_server_note *n)
{
    house *h = ctx;
    pthread_mutex_lock(&h->lock);
    if (h->num_notes < VISIT_NOTES_MAX) {
        visit_note *to = &h->note[h->num_notes++];
        *to = (visit_note){n->kind, n->status, n->tls.alert, n->tls.by_client, n->tls.shown.len, "", ""};
        snprintf(to->why, sizeof to->why, "%s", n->kind == ENS_NOTE_TLS ? n->tls.cause : n->why);
        snprintf(to->peer, sizeof to->peer, "%s", n->peer);
    }
    pthread_mutex_unlock(&h->lock);
}

bool house_wait_note(house *h, unsigned nth, visit_note *out)
{
    for (unsigned waited = 0; waited < VISIT_PATIENCE_MS; waited += 5) {
        pthread_mutex_lock(&h->lock);
        bool there = nth < h->num_notes;
        if (there)
            *out = h->note[nth];
        pthread_mutex_unlock(&h->lock);
        if (there)
            return true;
        usleep(5000);
    }
    return false;
}

void house_set_now(house *h, ens_time now)
{
    pthread_mutex_lock(&h->lock);
    h->now = now;
    pthread_mutex_unlock(&h->lock);
}

unsigned house_held(house *h)
{
    pthread_mutex_lock(&h->lock);
    unsigned num = h->num_held;
    pthread_mutex_unlock(&h->lock);
    return num;
}

void house_let_go(house *h)
{
    ens_http_request *held[8];
    pthread_mutex_lock(&h->lock);
    unsigned num = h->num_held;
    memcpy(held, h->held, sizeof held);
    h->num_held = 0;
    pthread_mutex_unlock(&h->lock);
    for (unsigned i = 0; i < num; i++)
        ens__server_answer(held[i], &(ens_http_answer){.status = 200, .body = ENS_LIT("let go")});
}

static bool make_people(visit_people *p)
{
    static const char *const to_serve[] = {"extendedKeyUsage", "serverAuth", "subjectAltName",
                                           "DNS:localhost,IP:127.0.0.1", NULL};
    static const char *const to_visit[] = {"extendedKeyUsage", "clientAuth", NULL};
    static const char *const not_to_visit[] = {"extendedKeyUsage", "serverAuth", NULL};
    const ens_time month = 30 * (ens_time)AUTHORITY_DAY;
    const authority_row ca = {.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE};
    authority_row row = ca, leaf = {.name = "localhost", .usage = "critical,digitalSignature", .extensions = to_serve};
    EVP_PKEY *rsa = EVP_RSA_gen(2048), *ec = EVP_EC_gen("P-256");
    leaf.key = ec;
    bool good = rsa && ec && authority_make(NULL, &ca, &p->root) && authority_make(&p->root, &leaf, &p->server);
    leaf.key = rsa;
    good = good && authority_make(&p->root, &leaf, &p->server_rsa);
    row.name = "Clients";
    good = good && authority_make(NULL, &row, &p->client_root) && authority_make(NULL, &ca, &p->other_root);
    leaf = (authority_row){.name = "trader", .usage = "critical,digitalSignature", .extensions = to_visit};
    good = good && authority_make(&p->client_root, &leaf, &p->client) &&
           authority_make(&p->other_root, &leaf, &p->stranger) && authority_make(NULL, &leaf, &p->alone);
    row.name = "Below";
    good = good && authority_make(&p->client_root, &row, &p->below) && authority_make(&p->below, &leaf, &p->under);
    leaf.not_before = AUTHORITY_AT - month;
    leaf.not_after = AUTHORITY_AT - 1;
    good = good && authority_make(&p->client_root, &leaf, &p->ended);
    leaf.not_before = AUTHORITY_AT + AUTHORITY_DAY;
    leaf.not_after = AUTHORITY_AT + month;
    good = good && authority_make(&p->client_root, &leaf, &p->early);
    leaf = (authority_row){.name = "server", .usage = "critical,digitalSignature", .extensions = not_to_visit};
    good = good && authority_make(&p->client_root, &leaf, &p->not_client);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    return good;
}

ens_tls *house_tls(house *h, const authority *server, const authority *clients, ens_tls_client client)
{
    ens_tls *tls = NULL;
    X509 *chain[] = {server->cert}, *rsa[] = {h->people.server_rsa.cert}, *anchors[] = {clients->cert};
    ens_tls_plan plan = {.identity = {{server->key, chain, 1}, {h->people.server_rsa.key, rsa, 1}},
                         .num_identities = 2,
                         .anchors = anchors,
                         .num_anchors = 1,
                         .client = client,
                         .now = clock_of,
                         .ctx = h};
    CU_ASSERT_EQUAL_FATAL(ens__tls_new(&plan, &tls, NULL), ENS_OK);
    return tls;
}

bool house_open(house *h, const char *const *addresses, const ens_server_limits *limits, ens_tls_client client)
{
    ens_err err = {0};
    char text[512];
    ens_server_listen listen_at[ENS_SERVER_LISTENERS_MAX];
    *h = (house){.now = AUTHORITY_AT};
    pthread_mutex_init(&h->lock, NULL);
    static visit_people everybody; /* keys are slow to make, and nobody changes */
    CU_ASSERT_FATAL(everybody.root.cert || make_people(&everybody));
    h->people = everybody;
    const ens_jobs_plan jobs = {.threads = 2, .queue = JOBS, .work = echo};
    CU_ASSERT_EQUAL_FATAL(ens__jobs_start(&jobs, &h->jobs, &err), ENS_OK);
    ens_server_plan plan = {
        .listen = listen_at, .handler = {h, begin, handle, take_note, NULL}, .limits = *limits, .loops = 2};
    for (; addresses[plan.num_listen]; plan.num_listen++) {
        bool tls = strncmp(addresses[plan.num_listen], "tls:", 4) == 0;
        listen_at[plan.num_listen] = (ens_server_listen){addresses[plan.num_listen] + (tls ? 4 : 0), tls};
    }
    plan.tls[0] = house_tls(h, &h->people.server, &h->people.client_root, client);
    ens_code code = ens__server_start(&plan, &h->server, &err);
    ens__tls_free(plan.tls[0]);
    if (code != ENS_OK)
        printf("\n    %s", ens_err_format(&err, text, sizeof text));
    return code == ENS_OK;
}

void house_close(house *h)
{
    ens__server_stop(h->server, 1000);
    house_let_go(h);
    ens__jobs_stop(h->jobs);
    ens__server_free(h->server);
    pthread_mutex_destroy(&h->lock);
}

const char *house_at(const house *h, size_t listener)
{
    return ens__server_address(h->server, listener);
}

SSL_CTX *house_client(const house *h, const authority *who, const authority *above, int version)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(ctx), AUTHORITY_AT);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), h->people.root.cert);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_min_proto_version(ctx, version);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    if (who)
        CU_ASSERT(SSL_CTX_use_certificate(ctx, who->cert) == 1 && SSL_CTX_use_PrivateKey(ctx, who->key) == 1);
    if (above)
        CU_ASSERT(SSL_CTX_add1_chain_cert(ctx, above->cert) == 1);
    return ctx;
}
