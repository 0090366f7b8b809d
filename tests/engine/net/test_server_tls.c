/* A server with mutual TLS: who gets in, who doesn't and is told why, who comes back, and what a renewal changes. */
#include "engine/net/sessions.h"
#include "tests/engine/net/visit.h"
#include "tests/suite.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST "Host: localhost\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static const char *const secure[] = {"tls:127.0.0.1:0", NULL};
static const ens_server_limits usual = {0};
static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void open_house(house *h, ens_tls_client client)
{
    CU_ASSERT_FATAL(house_open(h, secure, &usual, client));
}

static void lets_in(void)
{
    house h;
    visit v;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    for (unsigned i = 0; i < 2; i++) {
        SSL_CTX *client = house_client(&h, &h.people.client, NULL, versions[i]);
        SSL_CTX *under = house_client(&h, &h.people.under, &h.people.below, versions[i]);
        CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), client, NULL));
        visit_say(&v, GET("/who"));
        CU_ASSERT_EQUAL(visit_answer(&v), 200);
        ens_slice der = authority_der(&h.people.client);
        CU_ASSERT(v.len > der.len && memcmp(v.text + v.len - der.len, der.p, der.len) == 0);
        visit_say(&v, "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
        CU_ASSERT(visit_answer(&v) == 200 && visit_rest(&v)); /* with a close_notify */
        visit_close(&v);
        CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), under, GET("/")), 200);
        SSL_CTX_free(client);
        SSL_CTX_free(under);
    }
    house_close(&h);
}

static void both_kinds_of_key(void)
{
    static const char *const suites[] = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"};
    house h;
    visit v;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    for (unsigned i = 0; i < 2; i++) {
        SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_2_VERSION);
        CU_ASSERT(SSL_CTX_set_cipher_list(client, suites[i]) == 1);
        CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), client, NULL));
        X509 *shown = SSL_get0_peer_certificate(v.ssl);
        CU_ASSERT_EQUAL(EVP_PKEY_get_base_id(X509_get0_pubkey(shown)), i ? EVP_PKEY_RSA : EVP_PKEY_EC);
        visit_close(&v);
        SSL_CTX_free(client);
    }
    house_close(&h);
}

static void optional_clients(void)
{
    house h;
    open_house(&h, ENS_TLS_CLIENT_OPTIONAL);
    SSL_CTX *nobody = house_client(&h, NULL, NULL, TLS1_3_VERSION),
            *who = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION);
    SSL_CTX *stranger = house_client(&h, &h.people.stranger, NULL, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), nobody, GET("/")), 200);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), who, GET("/")), 200);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), stranger, GET("/")), 0);
    SSL_CTX_free(nobody);
    SSL_CTX_free(who);
    SSL_CTX_free(stranger);
    house_close(&h);
}

/* Each refusal is told: the alert that the client gets, what it showed, and why in words. */
static void refuses_clients(void)
{
    house h;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    const visit_people *p = &h.people;
    const struct {
        const authority *who;
        int alert_12, alert_13;
        const char *why;
    } rows[] = {
        {NULL, SSL_AD_HANDSHAKE_FAILURE, SSL_AD_CERTIFICATE_REQUIRED, "sent no certificate"},
        {&p->stranger, SSL_AD_UNKNOWN_CA, SSL_AD_UNKNOWN_CA, "unknown client CA"},
        {&p->alone, SSL_AD_UNKNOWN_CA, SSL_AD_UNKNOWN_CA, "signed by itself"},
        {&p->under, SSL_AD_UNKNOWN_CA, SSL_AD_UNKNOWN_CA, "unknown client CA"}, /* without the authority between */
        {&p->not_client, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, "no clientAuth"},
        {&p->ended, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED, "has ended"},
        {&p->early, SSL_AD_BAD_CERTIFICATE, SSL_AD_BAD_CERTIFICATE, "not valid yet"},
    };
    visit_note note;
    for (unsigned i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        SSL_CTX *client = house_client(&h, rows[i / 2].who, NULL, versions[i % 2]);
        CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), client, GET("/")), 0);
        CU_ASSERT_FATAL(house_wait_note(&h, i, &note));
        int wanted = i % 2 ? rows[i / 2].alert_13 : rows[i / 2].alert_12;
        CHECK_ROW(note.kind == ENS_NOTE_TLS && note.alert == wanted && !note.by_client, "row %u: alert %d", i,
                  note.alert);
        CHECK_ROW(strstr(note.why, rows[i / 2].why) != NULL, "row %u: %s", i, note.why);
        CHECK_ROW((note.shown > 0) == (rows[i / 2].who != NULL), "row %u: %zu octets shown", i, note.shown);
        SSL_CTX_free(client);
    }
    ens_server_counts counts;
    ens__server_count(h.server, &counts);
    CU_ASSERT_EQUAL(counts.failed, 2 * sizeof rows / sizeof *rows);
    ERR_clear_error();
    house_close(&h);
}

/* A client learns why, though it sends on before it can know. */
static void client_sees_alert(void)
{
    house h;
    visit v;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    SSL_CTX *client = house_client(&h, &h.people.stranger, NULL, TLS1_3_VERSION);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), client, NULL));
    visit_say(&v, GET("/"));
    ERR_clear_error();
    CU_ASSERT_EQUAL(visit_answer(&v), 0);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    ERR_clear_error();
    visit_close(&v);
    SSL_CTX_free(client);
    house_close(&h);
}

static void other_failures(void)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {GET("/"), "plain HTTP on a port for TLS"},
        {"CONNECT a:1 HTTP/1.1\r\n\r\n", "plain HTTP on a port for TLS"},
        {"SSH-2.0-OpenSSH_9\r\n", "not TLS"},
    };
    house h;
    visit v;
    visit_note note;
    unsigned n = 0;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
        visit_say(&v, rows[i].text);
        bool told = visit_answer(&v) == 400 || visit_has(&v, "HTTP/1.1 400");
        CHECK_ROW(told == (i < 2), "row %zu: %s", i, v.text);
        visit_close(&v);
        CU_ASSERT_FATAL(house_wait_note(&h, n++, &note));
        CHECK_ROW(strstr(note.why, rows[i].why) != NULL, "row %zu: %s", i, note.why);
    }
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL)); /* a client that just leaves */
    visit_close(&v);
    CU_ASSERT_FATAL(house_wait_note(&h, n++, &note));
    CU_ASSERT_PTR_NOT_NULL(strstr(note.why, "hung up"));
    SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION); /* one that does not trust the server */
    X509_STORE *empty = X509_STORE_new();
    SSL_CTX_set_cert_store(client, empty);
    CU_ASSERT_FALSE(visit_open(&v, house_at(&h, 0), client, NULL));
    CU_ASSERT_FATAL(house_wait_note(&h, n++, &note));
    CU_ASSERT(note.by_client && note.alert == SSL_AD_UNKNOWN_CA && strstr(note.why, "server's certificate"));
    SSL_CTX_free(client);
    client = house_client(&h, &h.people.client, NULL, TLS1_2_VERSION); /* and one from before TLS 1.2 */
    SSL_CTX_set_min_proto_version(client, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(client, TLS1_1_VERSION);
    SSL_CTX_set_security_level(client, 0);
    CU_ASSERT_FALSE(visit_open(&v, house_at(&h, 0), client, NULL));
    CU_ASSERT_FATAL(house_wait_note(&h, n++, &note));
    CU_ASSERT_PTR_NOT_NULL(strstr(note.why, "1.2"));
    SSL_CTX_free(client);
    client = house_client(&h, &h.people.client, NULL, TLS1_2_VERSION); /* and one without forward secrecy */
    SSL_CTX_set_cipher_list(client, "AES128-GCM-SHA256");
    CU_ASSERT_FALSE(visit_open(&v, house_at(&h, 0), client, NULL));
    CU_ASSERT_FATAL(house_wait_note(&h, n++, &note));
    CU_ASSERT_PTR_NOT_NULL(strstr(note.why, "cipher suite"));
    SSL_CTX_free(client);
    ERR_clear_error();
    house_close(&h);
}

static void slow_handshake(void)
{
    const ens_server_limits limits = {.head_ms = 200};
    house h;
    visit v;
    visit_note note;
    CU_ASSERT_FATAL(house_open(&h, secure, &limits, ENS_TLS_CLIENT_REQUIRED));
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), NULL, NULL));
    visit_send(&v, "\x16\x03\x01", 3);
    CU_ASSERT(visit_rest(&v) && v.len == 0);
    CU_ASSERT(house_wait_note(&h, 0, &note) && strstr(note.why, "in time"));
    visit_close(&v);
    house_close(&h);
}

/* Tickets. */
static SSL_SESSION *kept;

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(kept);
    kept = session;
    return 1;
}

/* come_back connects with what was kept, and tells whether the server took it. */
static bool come_back(house *h, SSL_CTX *client, bool *let_in)
{
    visit v;
    SSL_SESSION *session = kept;
    kept = NULL;
    bool reused = false;
    *let_in = false;
    if (visit_open(&v, house_at(h, 0), client, session)) {
        reused = SSL_session_reused(v.ssl) == 1;
        *let_in = visit_say(&v, GET("/")) && visit_answer(&v) == 200;
        visit_close(&v);
    }
    SSL_SESSION_free(session);
    ERR_clear_error();
    return reused;
}

static void resumes(void)
{
    house h;
    bool in;
    for (unsigned i = 0; i < 2; i++) {
        open_house(&h, ENS_TLS_CLIENT_REQUIRED);
        SSL_CTX *client = house_client(&h, &h.people.client, NULL, versions[i]);
        SSL_CTX_sess_set_new_cb(client, keep_session);
        CU_ASSERT(!come_back(&h, client, &in) && in && kept);
        CU_ASSERT(come_back(&h, client, &in) && in);
        if (!kept) /* TLS 1.2 gives no other ticket */
            CU_ASSERT(!come_back(&h, client, &in) && in);
        house_set_now(&h, AUTHORITY_AT + 31 * AUTHORITY_DAY); /* by then everybody's certificates have ended */
        visit_note note;
        CU_ASSERT(!come_back(&h, client, &in) && !in);
        CU_ASSERT(house_wait_note(&h, 0, &note) && note.alert == SSL_AD_CERTIFICATE_EXPIRED &&
                  strstr(note.why, "has ended"));
        ens_server_counts counts;
        ens__server_count(h.server, &counts);
        CU_ASSERT(counts.resumed == 1 && counts.failed == 1);
        SSL_SESSION_free(kept);
        kept = NULL;
        SSL_CTX_free(client);
        house_close(&h);
    }
}

/* By TLS 1.3 each visit brings a session of its own: who comes a second time by an old one shakes hands in full. */
static void resumes_once(void)
{
    house h;
    bool in;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION);
    SSL_CTX_sess_set_new_cb(client, keep_session);
    CU_ASSERT(!come_back(&h, client, &in) && in && kept);
    SSL_SESSION *old = kept;
    CU_ASSERT_EQUAL_FATAL(SSL_SESSION_up_ref(old), 1);
    CU_ASSERT(come_back(&h, client, &in) && in && kept && kept != old);
    SSL_SESSION *next = kept;
    kept = old;
    CU_ASSERT(!come_back(&h, client, &in) && in);
    SSL_SESSION_free(kept);
    kept = next;
    CU_ASSERT(come_back(&h, client, &in) && in);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    house_close(&h);
}

/* What is kept is bounded: the oldest of a set makes room, and what has ended isn't found. */
static void sessions_are_bounded(void)
{
    ens_sessions *s = ens__sessions_new();
    SSL_SESSION *session[ENS_SESSIONS_WAYS + 1];
    uint8_t id[32] = {1, 2};
    ens_time ends = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    for (unsigned i = 0; i <= ENS_SESSIONS_WAYS; i++) { /* all of one set */
        session[i] = SSL_SESSION_new();
        id[31] = (uint8_t)i;
        CU_ASSERT(SSL_SESSION_set1_id(session[i], id, sizeof id) == 1 && SSL_SESSION_up_ref(session[i]) == 1);
        ens__sessions_put(s, session[i], 100 + i);
    }
    for (unsigned i = 0; i <= ENS_SESSIONS_WAYS; i++) {
        id[31] = (uint8_t)i;
        SSL_SESSION *found = ens__sessions_get(s, ens_bytes(id, sizeof id), 50, &ends);
        CU_ASSERT_PTR_EQUAL(found, i ? session[i] : NULL);
        CU_ASSERT(!found || ends == 100 + i);
        SSL_SESSION_free(found);
        CU_ASSERT_PTR_NULL(ens__sessions_get(s, ens_bytes(id, sizeof id), 101 + i, &ends));
    }
    ens__sessions_drop(s, ens__sessions_id(session[2]));
    id[31] = 2;
    CU_ASSERT_PTR_NULL(ens__sessions_get(s, ens_bytes(id, sizeof id), 50, &ends));
    CU_ASSERT_PTR_NULL(ens__sessions_get(s, ens_bytes(id, 0), 50, &ends));
    ens__sessions_free(s);
    for (unsigned i = 0; i <= ENS_SESSIONS_WAYS; i++)
        SSL_SESSION_free(session[i]);
}

/* A connection that stays open does not outlive its certificate either. */
static void ends_while_connected(void)
{
    house h;
    visit v;
    visit_note note;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), client, NULL));
    visit_say(&v, GET("/"));
    CU_ASSERT_EQUAL(visit_answer(&v), 200);
    house_set_now(&h, AUTHORITY_AT + 31 * AUTHORITY_DAY);
    visit_say(&v, GET("/"));
    CU_ASSERT(visit_answer(&v) == 403 && visit_has(&v, "has ended") && visit_rest(&v));
    CU_ASSERT(house_wait_note(&h, 0, &note) && note.status == 403);
    visit_close(&v);
    SSL_CTX_free(client);
    house_close(&h);
}

/* Renewal: connections go on, the next one meets the new certificate and the new authorities, old sessions are worth
 * nothing. */
static void renews(void)
{
    house h;
    visit v;
    bool in;
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION);
    SSL_CTX *stranger = house_client(&h, &h.people.stranger, NULL, TLS1_3_VERSION);
    SSL_CTX_sess_set_new_cb(client, keep_session);
    CU_ASSERT(!come_back(&h, client, &in) && in);
    CU_ASSERT_FATAL(visit_open(&v, house_at(&h, 0), client, NULL) && visit_say(&v, GET("/")) &&
                    visit_answer(&v) == 200);
    ens_tls *next = house_tls(&h, &h.people.server, &h.people.other_root, ENS_TLS_CLIENT_REQUIRED);
    ens__server_renew(h.server, 1, next);
    ens__tls_free(next);
    visit_say(&v, GET("/")); /* who is here is served, and let go */
    CU_ASSERT(visit_answer(&v) == 200 && visit_has(&v, "Connection: close\r\n") && visit_rest(&v));
    visit_close(&v);
    CU_ASSERT(!come_back(&h, client, &in) && !in);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), stranger, GET("/")), 200);
    SSL_SESSION_free(kept);
    kept = NULL;
    SSL_CTX_free(client);
    SSL_CTX_free(stranger);
    ERR_clear_error();
    house_close(&h);
}

#define UNDER_LOAD 40

typedef struct {
    house *h;
    SSL_CTX *client;
    unsigned answered;
} load;

static void *ask_often(void *arg)
{
    load *l = arg;
    for (unsigned i = 0; i < UNDER_LOAD; i++)
        l->answered += visit_ask(house_at(l->h, 0), l->client, GET("/later")) == 200;
    return NULL;
}

static void renews_under_load(void)
{
    house h;
    load l[2];
    pthread_t thread[2];
    open_house(&h, ENS_TLS_CLIENT_REQUIRED);
    for (unsigned i = 0; i < 2; i++) {
        l[i] = (load){&h, house_client(&h, &h.people.client, NULL, versions[i]), 0};
        CU_ASSERT_FATAL(pthread_create(&thread[i], NULL, ask_often, &l[i]) == 0);
    }
    for (unsigned i = 0; i < 20; i++) {
        ens_tls *next = house_tls(&h, &h.people.server, &h.people.client_root, ENS_TLS_CLIENT_REQUIRED);
        ens__server_renew(h.server, 1, next);
        ens__tls_free(next);
        usleep(2000);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        CU_ASSERT_EQUAL(l[i].answered, UNDER_LOAD);
        SSL_CTX_free(l[i].client);
    }
    ens_server_counts counts;
    ens__server_count(h.server, &counts);
    CU_ASSERT(counts.failed == 0 && counts.refused == 0);
    house_close(&h);
}

/* Clients that connect and say nothing: ENSIGN_IDLE sets how many, for a longer run. */
#define IDLE 2000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IDLE_MOST SIZE_MAX /* the sanitizers' own memory is not counted */
#else
/* Bytes of the server for each; OpenSSL's own grew with 3.2. */
#define IDLE_MOST ((size_t)(OPENSSL_VERSION_NUMBER >= 0x30200000L ? 32 : 24) << 10)
#endif

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

/* The clients live in a process of their own, which tells when all are there, and leaves when told to. */
static void be_idle(const char *address, SSL_CTX *client, unsigned num, int tell, int wait_for)
{
    char word = 'y';
    visit *all = calloc(num, sizeof *all);
    for (unsigned i = 0; all && word == 'y' && i < num; i++)
        if (!visit_open(&all[i], address, client, NULL))
            word = 'n';
    if (write(tell, &word, 1) == 1 && read(wait_for, &word, 1) >= 0 && word != 'n')
        for (unsigned i = 0; i < num; i += num / 20)
            if (!visit_say(&all[i], GET("/")) || visit_answer(&all[i]) != 200)
                word = 'n';
    if (write(tell, &word, 1) != 1)
        _exit(1);
    _exit(0);
}

static void idle(void)
{
    const char *asked = getenv("ENSIGN_IDLE");
    unsigned num = asked ? (unsigned)atoi(asked) : IDLE;
    const ens_server_limits limits = {.connections = num + 16};
    struct rlimit files;
    house h;
    int told[2], go[2];
    char word = 0;
    CU_ASSERT_FATAL(getrlimit(RLIMIT_NOFILE, &files) == 0 && pipe(told) == 0 && pipe(go) == 0);
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max < num + 64 || num < 20) {
        ens_skip("this machine allows too few descriptors");
        return;
    }
    CU_ASSERT_FATAL(house_open(&h, secure, &limits, ENS_TLS_CLIENT_REQUIRED));
    SSL_CTX *client = house_client(&h, &h.people.client, NULL, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), client, GET("/")), 200);
    size_t before = resident();
    pid_t child = fork();
    if (child == 0)
        be_idle(house_at(&h, 0), client, num, told[1], go[0]);
    CU_ASSERT(read(told[0], &word, 1) == 1 && word == 'y');
    ens_server_counts counts;
    for (unsigned i = 0; i < 400; i++, usleep(5000)) {
        ens__server_count(h.server, &counts);
        if (counts.handshakes > num)
            break;
    }
    size_t each = (resident() - before) / num;
    CHECK_ROW(counts.open == num && each <= IDLE_MOST, "%u connections are open, of %zu bytes", (unsigned)counts.open,
              each);
    printf("\n    (%u idle connections, %zu bytes each) ", num, each);
    CU_ASSERT(write(go[1], "y", 1) == 1 && read(told[0], &word, 1) == 1 && word == 'y');
    waitpid(child, NULL, 0);
    for (unsigned i = 0; i < 2; i++) {
        close(told[i]);
        close(go[i]);
    }
    SSL_CTX_free(client);
    house_close(&h);
}

static void bad_contexts(void)
{
    house h;
    ens_tls *tls = NULL;
    ens_err err = {0};
    open_house(&h, ENS_TLS_CLIENT_NONE);
    X509 *chain[] = {h.people.server.cert}, *anchors[] = {h.people.client_root.cert};
    ens_tls_plan plan = {.num_identities = 0};
    CU_ASSERT_EQUAL(ens__tls_new(&plan, &tls, &err), ENS_EPOLICY);
    plan = (ens_tls_plan){.identity = {{h.people.server.key, chain, 1}}, .num_identities = 1};
    CU_ASSERT_EQUAL(ens__tls_new(&plan, &tls, &err), ENS_EPOLICY); /* clients, and no authority of theirs */
    plan.anchors = anchors;
    plan.num_anchors = 1;
    plan.identity[0].key = h.people.client.key;
    CU_ASSERT_EQUAL(ens__tls_new(&plan, &tls, &err), ENS_ECRYPTO); /* another's key */
    plan.identity[0].key = h.people.server.key;
    plan.suites_12 = "no such suite";
    CU_ASSERT(ens__tls_new(&plan, &tls, &err) == ENS_ECRYPTO && err.text[0]);
    CU_ASSERT_PTR_NULL(tls);
    SSL_CTX *nobody = house_client(&h, NULL, NULL, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(visit_ask(house_at(&h, 0), nobody, GET("/")), 200);
    SSL_CTX_free(nobody);
    house_close(&h);
}

static const ens_case cases[] = {
    {"lets known clients in by TLS 1.2 and 1.3, and knows their certificates", lets_in},
    {"shows the certificate whose kind the client takes", both_kinds_of_key},
    {"asks for a certificate without insisting where that is wanted", optional_clients},
    {"refuses clients with the right alert, and tells why", refuses_clients},
    {"lets a refused client read the alert", client_sees_alert},
    {"tells other failures of a handshake in words", other_failures},
    {"waits for a handshake no longer than for a head", slow_handshake},
    {"resumes, though not beyond the end of the client's certificate", resumes},
    {"resumes a session of TLS 1.3 once", resumes_once},
    {"keeps a bounded number of sessions", sessions_are_bounded},
    {"lets go of a connection whose certificate has ended", ends_while_connected},
    {"renews its certificate and its authorities, and forgets old sessions", renews},
    {"renews under load, and nobody notices", renews_under_load},
    {"bears idle connections, and answers them when they speak", idle},
    {"refuses contexts that can't serve", bad_contexts},
    {NULL, NULL},
};
ENS_SUITE("engine/net/server-tls", cases)
