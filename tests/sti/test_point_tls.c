/* Handshakes that fail because that is rehearsed: by rules of faults, over real sockets, as clients see them and as the
 * journal tells of them. */
#include "engine/base/report.h"
#include "sti/store/store.h"
#include "tests/sti/pushers.h"
#include "tests/suite.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_S 10

/* What a client saw. */
typedef struct {
    int alert;         /* it read; -1: none */
    bool done;         /* the handshake, and the server was still there after it */
    bool resumed;      /* by the session of the visit before */
    long finding;      /* X509_V_… about the server's certificate */
    char subject[256]; /* of that */
} seen;

static SSL_SESSION *last_session;
static char anybody[] = "*", somebody_else[] = "*CN=Somebody else*";

static void note_alert(const SSL *ssl, int where, int value)
{
    seen *s = SSL_get_app_data(ssl);
    if ((where & SSL_CB_ALERT) && (where & SSL_CB_READ) && (value & 0xFF) != SSL_AD_CLOSE_NOTIFY)
        s->alert = value & 0xFF;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl;
    SSL_SESSION_free(last_session);
    last_session = session;
    return 1;
}

static SSL_CTX *client_context(bool certificate, int version)
{
    char path[4200];
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
    snprintf(path, sizeof path, "%s/tls-root.pem", pushers_demo.pki);
    CU_ASSERT_EQUAL(SSL_CTX_load_verify_locations(ctx, path, NULL), 1);
    if (certificate) {
        snprintf(path, sizeof path, "%s/tls-client.pem", pushers_demo.pki);
        CU_ASSERT_EQUAL(SSL_CTX_use_certificate_chain_file(ctx, path), 1);
        snprintf(path, sizeof path, "%s/tls-client.key", pushers_demo.pki);
        CU_ASSERT_EQUAL(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM), 1);
    }
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    SSL_CTX_set_info_callback(ctx, note_alert);
    return ctx;
}

static int connect_to(const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    const struct timeval wait = {WAIT_S, 0};
    const char *colon = strrchr(address, ':');
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_port = htons((uint16_t)atoi(colon + 1));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* visit shakes hands and asks for a path that isn't there: with TLS 1.3 a client hears only then of what its
 * certificate was answered by. */
static seen visit_tls(const ens_point_service *s, bool certificate, int version)
{
    static const char ask[] = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
    char answer[64];
    seen out = {.alert = -1};
    SSL_CTX *ctx = client_context(certificate, version);
    SSL *ssl = SSL_new(ctx);
    int fd = connect_to(ens__point_address(ens__service_point(s), 0));
    CU_ASSERT(ssl && SSL_set_fd(ssl, fd) == 1 && SSL_set_app_data(ssl, &out) == 1);
    if (last_session)
        SSL_set_session(ssl, last_session);
    out.done = SSL_connect(ssl) == 1 && SSL_write(ssl, ask, sizeof ask - 1) > 0 &&
               SSL_read(ssl, answer, sizeof answer) > 12 && memcmp(answer, "HTTP/1.1 404", 12) == 0;
    out.resumed = SSL_session_reused(ssl) == 1;
    out.finding = SSL_get_verify_result(ssl);
    X509 *x = SSL_get0_peer_certificate(ssl);
    if (x)
        X509_NAME_oneline(X509_get_subject_name(x), out.subject, sizeof out.subject);
    SSL_shutdown(ssl); /* else OpenSSL takes the session for a bad one */
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    ERR_clear_error();
    return out;
}

static void forget_session(void)
{
    SSL_SESSION_free(last_session);
    last_session = NULL;
}

static bool last_detail(void *user, const ens__journal_row *row)
{
    snprintf(user, 256, "%.*s", (int)row->detail.len, (const char *)row->detail.p);
    return true;
}

/* expect_row waits for the journal to tell of a handshake in these words. */
static void expect_row(const char *store, const char *words)
{
    char detail[256] = "";
    for (unsigned i = 0; i < 200 && !strstr(detail, words); i++) {
        ens__store *s = NULL;
        ens__journal_query q = ENS_JOURNAL_ALL;
        q.kind = ENS_ENTRY_TLS;
        usleep(20000);
        if (ens__store_open(store, &(ens__store_options){.read_only = true}, &s, NULL) == ENS_OK)
            CU_ASSERT_EQUAL(ens__store_journal_list(s, &q, last_detail, detail, NULL), ENS_OK);
        ens__store_close(s);
    }
    CHECK_ROW(strstr(detail, words), "%s", detail);
}

static ens_point_service *serve_with(ens_config_fault *rules, unsigned num, const char **store)
{
    ens_err err = {0};
    pushers_set_up();
    forget_session();
    pushers_demo.config.faults = rules;
    pushers_demo.config.num_faults = num;
    *store = pushers_new_store();
    ens_point_service *s = pushers_open(*store, &err);
    pushers_demo.config.faults = NULL;
    pushers_demo.config.num_faults = 0;
    CHECK_ROW(s, "%s", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    return s;
}

static void an_alert_answers_the_hello(void)
{
    static const int alerts[] = {SSL_AD_PROTOCOL_VERSION, SSL_AD_HANDSHAKE_FAILURE, SSL_AD_UNKNOWN_CA,
                                 SSL_AD_INTERNAL_ERROR};
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        const char *store;
        ens_config_fault rule = {.fault = ENS_FAULT_HANDSHAKE, .alert = alerts[i], .times = 2};
        ens_point_service *s = serve_with(&rule, 1, &store);
        for (unsigned k = 0; k < 2; k++) {
            seen v = visit_tls(s, true, k ? TLS1_2_VERSION : TLS1_3_VERSION);
            CHECK_ROW(!v.done && v.alert == alerts[i], "alert %d, not %d", v.alert, alerts[i]);
        }
        expect_row(store, "profile rehearsal: a rule of faults asks for this alert");
        CU_ASSERT_TRUE(visit_tls(s, true, TLS1_3_VERSION).done); /* twice, and no more */
        ens__service_close(s);
    }
}

static void an_alert_answers_a_clients_certificate(void)
{
    static const int alerts[] = {SSL_AD_HANDSHAKE_FAILURE,   SSL_AD_BAD_CERTIFICATE,     SSL_AD_UNSUPPORTED_CERTIFICATE,
                                 SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED, SSL_AD_CERTIFICATE_UNKNOWN,
                                 SSL_AD_UNKNOWN_CA,          SSL_AD_DECRYPT_ERROR};
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++) {
        const char *store;
        ens_config_fault rules[] = {
            {.fault = ENS_FAULT_HANDSHAKE, .alert = SSL_AD_BAD_CERTIFICATE, .client = somebody_else},
            {.fault = ENS_FAULT_HANDSHAKE, .alert = alerts[i], .client = anybody, .times = 2}};
        ens_point_service *s = serve_with(rules, 2, &store);
        for (unsigned k = 0; k < 2; k++) {
            seen v = visit_tls(s, true, k ? TLS1_2_VERSION : TLS1_3_VERSION);
            CHECK_ROW(!v.done && v.alert == alerts[i], "alert %d, not %d", v.alert, alerts[i]);
        }
        expect_row(store, "profile rehearsal: a rule of faults asks for this alert");
        CU_ASSERT_TRUE(visit_tls(s, true, TLS1_3_VERSION).done);
        ens__service_close(s);
    }
}

/* Who came back by a session would not be asked for a certificate at all. */
static void nobody_evades_a_rule_by_a_session(void)
{
    const char *store;
    ens_err err = {0};
    ens_config_fault rule = {.fault = ENS_FAULT_HANDSHAKE, .alert = SSL_AD_CERTIFICATE_REVOKED, .client = anybody};
    static ens_point_config ruled;
    ens_point_service *s = serve_with(NULL, 0, &store);
    CU_ASSERT_TRUE(visit_tls(s, true, TLS1_3_VERSION).done);
    seen v = visit_tls(s, true, TLS1_3_VERSION);
    CU_ASSERT(v.done && v.resumed);
    ruled = pushers_demo.config;
    ruled.faults = &rule;
    ruled.num_faults = 1;
    CHECK_ROW(ens__service_renew(s, &ruled, &err) == ENS_OK, "%s", err.text);
    v = visit_tls(s, true, TLS1_3_VERSION);
    CHECK_ROW(!v.done && v.alert == SSL_AD_CERTIFICATE_REVOKED, "alert %d", v.alert);
    ens__service_close(s);
    forget_session();
}

static void another_certificate_is_shown(void)
{
    const char *store;
    char certificate[4200], key[4200];
    snprintf(certificate, sizeof certificate, "%s/tls-client.pem", pushers_demo.pki);
    snprintf(key, sizeof key, "%s/tls-client.key", pushers_demo.pki);
    ens_config_fault rules[] = {
        {.fault = ENS_FAULT_SHOWN, .times = 1},
        {.fault = ENS_FAULT_SHOWN, .certificate = certificate, .key = key, .times = 1, .listener = 1}};
    ens_point_service *s = serve_with(rules, 2, &store);
    seen v = visit_tls(s, true, TLS1_3_VERSION);
    CHECK_ROW(strstr(v.subject, "a stranger") && v.finding == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "%s: %ld",
              v.subject, v.finding);
    v = visit_tls(s, true, TLS1_3_VERSION);
    CHECK_ROW(v.subject[0] && !strstr(v.subject, "a stranger") && v.finding != X509_V_OK, "%s: %ld", v.subject,
              v.finding);
    v = visit_tls(s, true, TLS1_3_VERSION);
    CHECK_ROW(v.done && v.finding == X509_V_OK, "%s: %ld", v.subject, v.finding);
    ens__service_close(s);
}

static void rules_that_mean_nothing_are_refused(void)
{
    static const ens_fault_rule bad[] = {
        {.kind = ENS_FAULT_HANDSHAKE},
        {.kind = ENS_FAULT_HANDSHAKE, .alert = SSL_AD_UNKNOWN_CA, .party = "P"},
        {.kind = ENS_FAULT_HANDSHAKE, .alert = SSL_AD_PROTOCOL_VERSION, .client = "*"},
        {.kind = ENS_FAULT_SHOWN},
        {.kind = ENS_FAULT_LOST, .alert = SSL_AD_UNKNOWN_CA},
        {.kind = ENS_FAULT_LOST, .client = "*"},
        {.kind = ENS_FAULT_LOST, .listener = 1},
    };
    ens_fault_rules *rules = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_ROW(ens__fault_rules_new(&bad[i], 1, &rules, NULL) == ENS_EPOLICY, "rule %zu", i);
}

static const ens_case cases[] = {
    {"an alert answers the hello", an_alert_answers_the_hello},
    {"an alert answers a client's certificate", an_alert_answers_a_clients_certificate},
    {"nobody evades a rule by a session", nobody_evades_a_rule_by_a_session},
    {"another certificate is shown", another_certificate_is_shown},
    {"rules that mean nothing are refused", rules_that_mean_nothing_are_refused},
    {NULL, NULL},
};
ENS_SUITE("sti/point-tls", cases)
