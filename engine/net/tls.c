#include "engine/net/tls.h"

#include "engine/net/sessions.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdlib.h>

#define RULE "RFC 8446"

struct ens_tls {
    atomic_uint shares;
    SSL_CTX *ctx;
    ens_sessions *sessions;
    ens_time (*now)(void *ctx);
    void *now_ctx;
};

static ens_time now_of(const ens_tls *tls)
{
    return tls->now ? tls->now(tls->now_ctx) : ens_time_now();
}

static ens_time end_of(const X509 *cert)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
        return ENS_TIME_NONE;
    return (ens_time)timegm(&tm);
}

static ens_time first_end(const STACK_OF(X509) * chain)
{
    ens_time first = INT64_MAX;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        ens_time end = end_of(sk_X509_value(chain, i));
        first = end < first ? end : first;
    }
    return first;
}

/* Which finding has OpenSSL send which alert about a client's certificate. */
static const struct {
    int alert, finding;
} refusals[] = {
    {SSL_AD_HANDSHAKE_FAILURE, X509_V_ERR_APPLICATION_VERIFICATION},
    {SSL_AD_BAD_CERTIFICATE, X509_V_ERR_CERT_REJECTED},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, X509_V_ERR_INVALID_PURPOSE},
    {SSL_AD_CERTIFICATE_REVOKED, X509_V_ERR_CERT_REVOKED},
    {SSL_AD_CERTIFICATE_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
    {SSL_AD_CERTIFICATE_UNKNOWN, X509_V_ERR_NO_EXPLICIT_POLICY},
    {SSL_AD_UNKNOWN_CA, X509_V_ERR_INVALID_CA},
    {SSL_AD_DECRYPT_ERROR, X509_V_ERR_CERT_SIGNATURE_FAILURE},
};

static int finding_for(int alert)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].alert == alert)
            return refusals[i].finding;
    return X509_V_OK;
}

bool ens__tls_refuses(int alert)
{
    return finding_for(alert) != X509_V_OK;
}

/* rehearse refuses a client that is good, where that is asked for. */
static int rehearse(ens_tls_session *s, X509_STORE_CTX *store, X509 *shown)
{
    const ens_tls_rehearsal *o = &s->otherwise;
    int finding = o->judge ? finding_for(o->judge(o->ctx, o->listener, shown)) : X509_V_OK;
    if (finding == X509_V_OK)
        return 1;
    X509_STORE_CTX_set_error(store, finding);
    s->rehearsed = true;
    return 0;
}

/* judge_client is OpenSSL's own judgement, by the server's clock; it keeps what was shown, and until when it is good.
 */
static int judge_client(X509_STORE_CTX *store, void *arg)
{
    const ens_tls *tls = arg;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    ens_tls_session *s = SSL_get_app_data(ssl);
    X509 *shown = X509_STORE_CTX_get0_cert(store);
    if (shown && X509_up_ref(shown) == 1) {
        X509_free(s->shown);
        s->shown = shown;
    }
    if (tls->now)
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store), (time_t)now_of(tls));
    int good = X509_verify_cert(store);
    s->judged = X509_STORE_CTX_get_error(store);
    s->depth = X509_STORE_CTX_get_error_depth(store);
    if (good == 1)
        s->ends = first_end(X509_STORE_CTX_get0_chain(store));
    return good == 1 ? rehearse(s, store, shown) : good;
}

/* A session is kept with the end of its client's certificates; one that has ended leads to a full handshake, which
 * says what is wrong. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const ens_tls_session *s = SSL_get_app_data(ssl);
    ens__sessions_put(s->tls->sessions, session, s->ends);
    return 1;
}

static SSL_SESSION *find_session(SSL *ssl, const unsigned char *id, int len, int *copy)
{
    ens_tls_session *s = SSL_get_app_data(ssl);
    ens_slice asked = ens_bytes(id, (size_t)len);
    *copy = 0; /* the reference is OpenSSL's already */
    if (s->otherwise.judge)
        return NULL;
    s->resumed_len = asked.len <= sizeof s->resumed ? (unsigned)asked.len : 0;
    memcpy(s->resumed, asked.p, s->resumed_len);
    return ens__sessions_get(s->tls->sessions, asked, now_of(s->tls), &s->ends);
}

static void drop_session(SSL_CTX *ctx, SSL_SESSION *session)
{
    ens_tls *tls = SSL_CTX_get_app_data(ctx);
    if (tls)
        ens__sessions_drop(tls->sessions, ens__sessions_id(session));
}

/* knows tells whether a session of that id is kept, and good. */
static bool knows(const ens_tls *tls, ens_slice id)
{
    ens_time ends;
    SSL_SESSION *session = id.len ? ens__sessions_get(tls->sessions, id, now_of(tls), &ends) : NULL;
    SSL_SESSION_free(session);
    return session != NULL;
}

/* first_offered gives the first identity of pre_shared_key (RFC 8446, 4.2.11), or nothing. */
static ens_slice first_offered(SSL *ssl)
{
    const unsigned char *at;
    size_t len, id;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &at, &len) != 1 || len < 4)
        return (ens_slice){0};
    id = (size_t)at[2] << 8 | at[3];
    return id <= len - 4 ? ens_bytes(at + 4, id) : (ens_slice){0};
}

/* look_at_hello stops a handshake that will cost signatures until a thread that may take the time goes on with it. */
static int look_at_hello(SSL *ssl, int *alert, void *arg)
{
    ens_tls_session *s = SSL_get_app_data(ssl);
    const unsigned char *id;
    size_t len = SSL_client_hello_get0_session_id(ssl, &id);
    if (s->otherwise.alert) {
        *alert = s->otherwise.alert;
        s->rehearsed = true;
        return SSL_CLIENT_HELLO_ERROR;
    }
    bool cheap = knows(arg, ens_bytes(id, len)) || knows(arg, first_offered(ssl));
    return s->beside || cheap ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_RETRY;
}

static void note_alert(const SSL *ssl, int where, int value)
{
    ens_tls_session *s = SSL_get_app_data(ssl);
    if (!(where & SSL_CB_ALERT) || !s || (value & 0xFF) == SSL_AD_CLOSE_NOTIFY)
        return;
    s->alert = value & 0xFF;
    s->by_client = (where & SSL_CB_READ) != 0;
}

static bool set_protocol(SSL_CTX *ctx, const ens_tls_plan *plan)
{
    char groups[] = ENS_TLS_GROUPS; /* OpenSSL's macro wants no constant */
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(ctx, 1);
    SSL_CTX_set_session_cache_mode(ctx,
                                   SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL | SSL_SESS_CACHE_NO_AUTO_CLEAR);
    SSL_CTX_sess_set_new_cb(ctx, keep_session);
    SSL_CTX_sess_set_get_cb(ctx, find_session);
    SSL_CTX_sess_set_remove_cb(ctx, drop_session);
    SSL_CTX_set_timeout(ctx, ENS_TLS_RESUME_S);
    SSL_CTX_set_max_cert_list(ctx, (long)ENS_TLS_CHAIN_MAX);
    SSL_CTX_set_info_callback(ctx, note_alert);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(ctx, plan->suites_12 ? plan->suites_12 : ENS_TLS_SUITES_12) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, plan->suites_13 ? plan->suites_13 : ENS_TLS_SUITES_13) == 1 &&
           SSL_CTX_set1_groups_list(ctx, groups) == 1 && SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
           SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"ensign", sizeof "ensign" - 1) == 1;
}

static bool set_identity(SSL_CTX *ctx, const ens_tls_identity *identity)
{
    STACK_OF(X509) *above = sk_X509_new_null();
    bool good = above && identity->num > 0;
    for (size_t i = 1; good && i < identity->num; i++)
        good = sk_X509_push(above, identity->chain[i]) > 0;
    good = good && SSL_CTX_use_cert_and_key(ctx, identity->chain[0], identity->key, above, 1) == 1;
    sk_X509_free(above);
    return good;
}

static bool set_clients(SSL_CTX *ctx, const ens_tls_plan *plan, ens_tls *tls)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    bool named = plan->num_anchors <= ENS_TLS_NAMED_MAX;
    for (size_t i = 0; i < plan->num_anchors; i++)
        if (X509_STORE_add_cert(store, plan->anchors[i]) != 1 ||
            (named && SSL_CTX_add_client_CA(ctx, plan->anchors[i]) != 1))
            return false;
    SSL_CTX_set_verify(
        ctx, SSL_VERIFY_PEER | (plan->client == ENS_TLS_CLIENT_REQUIRED ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
    SSL_CTX_set_verify_depth(ctx, ENS_TLS_DEPTH_MAX);
    SSL_CTX_set_cert_verify_callback(ctx, judge_client, tls);
    return X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1; /* an anchor may stand below a root */
}

static ens_code fill_tls(ens_tls *tls, const ens_tls_plan *plan)
{
    tls->ctx = SSL_CTX_new(TLS_server_method());
    tls->sessions = ens__sessions_new();
    if (!tls->ctx || !tls->sessions)
        return ENS_ENOMEM;
    bool good = SSL_CTX_set_app_data(tls->ctx, tls) == 1 && set_protocol(tls->ctx, plan);
    for (size_t i = 0; good && i < plan->num_identities; i++)
        good = set_identity(tls->ctx, &plan->identity[i]);
    SSL_CTX_set_client_hello_cb(tls->ctx, look_at_hello, tls);
    if (good && plan->client != ENS_TLS_CLIENT_NONE)
        good = set_clients(tls->ctx, plan, tls);
    return good ? ENS_OK : ENS_ECRYPTO;
}

ens_code ens__tls_new(const ens_tls_plan *plan, ens_tls **out, ens_err *err)
{
    if (plan->num_identities == 0 || plan->num_identities > ENS_TLS_IDENTITIES_MAX)
        return ens_fail(err, ENS_EPOLICY, RULE, "a TLS server needs a certificate and its key, of one to four kinds",
                        0);
    if (plan->client != ENS_TLS_CLIENT_NONE && plan->num_anchors == 0)
        return ens_fail(err, ENS_EPOLICY, "ICS2-HTI 4.6.1",
                        "clients are to show certificates, and no authority is given", 0);
    ens_tls *tls = calloc(1, sizeof *tls);
    if (!tls)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for TLS", 0);
    *tls = (ens_tls){.shares = 1, .now = plan->now, .now_ctx = plan->ctx};
    ERR_clear_error();
    ens_code code = fill_tls(tls, plan);
    if (code == ENS_OK) {
        *out = tls;
        return ENS_OK;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    ens_fail_about(err, code, RULE, "OpenSSL refuses the TLS settings", reason ? reason : "unknown");
    ERR_clear_error();
    ens__tls_free(tls);
    return code;
}

ens_tls *ens__tls_share(ens_tls *tls)
{
    if (tls)
        atomic_fetch_add_explicit(&tls->shares, 1, memory_order_relaxed);
    return tls;
}

void ens__tls_free(ens_tls *tls)
{
    if (!tls || atomic_fetch_sub_explicit(&tls->shares, 1, memory_order_acq_rel) != 1)
        return;
    SSL_CTX_free(tls->ctx);
    ens__sessions_free(tls->sessions);
    free(tls);
}

bool ens__tls_accept(ens_tls *tls, int fd, ens_tls_session *s)
{
    *s = (ens_tls_session){.ssl = SSL_new(tls->ctx), .tls = ens__tls_share(tls), .alert = -1, .ends = INT64_MAX};
    if (s->ssl && SSL_set_fd(s->ssl, fd) == 1 && SSL_set_app_data(s->ssl, s) == 1) {
        SSL_set_accept_state(s->ssl);
        return true;
    }
    ens__tls_clear(s);
    return false;
}

void ens__tls_clear(ens_tls_session *s)
{
    SSL_free(s->ssl);
    X509_free(s->shown);
    ens__tls_free(s->tls);
    *s = (ens_tls_session){.alert = -1};
}

bool ens__tls_ended(const ens_tls_session *s)
{
    return s->ends < now_of(s->tls);
}

static size_t put_der(X509 *cert, uint8_t *out, size_t size)
{
    int len = cert ? i2d_X509(cert, NULL) : 0;
    if (len <= 0 || (size_t)len > size)
        return 0;
    return i2d_X509(cert, &out) == len ? (size_t)len : 0;
}

bool ens__tls_client(const ens_tls_session *s, ens_buf *out)
{
    X509 *cert = SSL_get0_peer_certificate(s->ssl);
    int len = cert ? i2d_X509(cert, NULL) : 0;
    uint8_t *room = len > 0 ? ens_buf_room(out, (size_t)len) : NULL;
    if (len <= 0)
        return cert == NULL;
    if (!room)
        return false;
    out->len += put_der(cert, room, (size_t)len);
    return true;
}

bool ens__tls_spoke_plain(const ens_tls_session *s)
{
    return ERR_GET_LIB(s->error) == ERR_LIB_SSL &&
           (ERR_GET_REASON(s->error) == SSL_R_HTTP_REQUEST || ERR_GET_REASON(s->error) == SSL_R_HTTPS_PROXY_REQUEST);
}

/* What OpenSSL found in a client's certificate, in words. */
static const char *word_judged(const ens_tls_session *s)
{
    switch (s->judged) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        return "unknown client CA: the client's certificate is under no authority that is accepted here";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        return "unknown client CA: the client's certificate is signed by itself";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return s->depth ? "a certificate above the client's has ended" : "the client's certificate has ended";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return s->depth ? "a certificate above the client's is not valid yet"
                        : "the client's certificate is not valid yet";
    case X509_V_ERR_INVALID_PURPOSE:
        if (s->depth == 0 && s->shown && !(X509_get_extended_key_usage(s->shown) & XKU_SSL_CLIENT))
            return "no clientAuth: the extended key usage of the client's certificate does not have it";
        return s->depth ? "a certificate above the client's is not for issuing those of clients"
                        : "the key usage of the client's certificate is not for signing";
    case X509_V_ERR_INVALID_CA:
        return "a certificate above the client's is not one of an authority";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        return "a key or digest in the client's chain is too weak";
    default:
        return X509_verify_cert_error_string(s->judged);
    }
}

static const char *word_alert(int alert)
{
    switch (alert) {
    case SSL_AD_UNKNOWN_CA:
        return "the client does not know the authority of the server's certificate";
    case SSL_AD_CERTIFICATE_EXPIRED:
        return "the client says that the server's certificate has ended";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
        return "the client refuses the server's certificate (authority, name or dates)";
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        return "the client does not take the version or suite chosen";
    default:
        return "the client ended the handshake";
    }
}

/* What else stops a handshake on this side; NULL: only OpenSSL's word for it. */
static const char *word_reason(unsigned long error)
{
    static const struct {
        int reason;
        const char *words;
    } rows[] = {
        {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "the client sent no certificate, and one is required"},
        {SSL_R_HTTP_REQUEST, "plain HTTP on a port for TLS"},
        {SSL_R_HTTPS_PROXY_REQUEST, "plain HTTP on a port for TLS, and a request for a proxy"},
        {SSL_R_WRONG_VERSION_NUMBER, "what came is not TLS, or a version that nobody has"},
        {SSL_R_UNKNOWN_PROTOCOL, "what came is not TLS, or a version that nobody has"},
        {SSL_R_UNSUPPORTED_PROTOCOL, "the client offers no version of TLS from 1.2 on"},
        {SSL_R_VERSION_TOO_LOW, "the client offers no version of TLS from 1.2 on"},
        {SSL_R_NO_SHARED_CIPHER, "the client offers no cipher suite that is taken here"},
        {SSL_R_NO_SUITABLE_KEY_SHARE, "the client offers no group that is taken here"},
        {SSL_R_NO_SUITABLE_GROUPS, "the client offers no group that is taken here"},
        {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, "the client takes no signature that the server's key can make"},
        {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, "the client takes no signature that the server's key can make"},
        {SSL_R_BAD_SIGNATURE, "the client does not hold the key of its certificate"},
        {SSL_R_EXCESSIVE_MESSAGE_SIZE, "the client shows too long a chain"},
        {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the client hung up during the handshake"},
    };
    for (size_t i = 0; ERR_GET_LIB(error) == ERR_LIB_SSL && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].reason == ERR_GET_REASON(error))
            return rows[i].words;
    return NULL;
}

static const char *word_cause(const ens_tls_session *s)
{
    if (s->rehearsed)
        return "profile rehearsal: a rule of faults asks for this alert";
    if (s->alert >= 0 && s->by_client)
        return word_alert(s->alert);
    if (s->judged != X509_V_OK)
        return word_judged(s);
    const char *words = word_reason(s->error);
    if (words)
        return words;
    return s->error ? "the handshake is not one of TLS" : "the client hung up during the handshake";
}

/* settle_tls lets go of what only a failure would need, and of a session that TLS 1.3 has just resumed: its client was
 * given another, and takes none twice (RFC 8446, C.4). No more sessions are kept than clients may come back by. */
static void settle_tls(ens_tls_session *s)
{
    if (s->resumed_len && SSL_session_reused(s->ssl) && SSL_version(s->ssl) >= TLS1_3_VERSION)
        ens__sessions_drop(s->tls->sessions, ens_bytes(s->resumed, s->resumed_len));
    X509_free(s->shown);
    s->shown = NULL;
}

int ens__tls_shake(ens_tls_session *s)
{
    ERR_clear_error();
    int done = SSL_do_handshake(s->ssl), error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(s->ssl, done);
    s->error = ERR_peek_error();
    ERR_clear_error();
    if (error == SSL_ERROR_NONE)
        settle_tls(s);
    return error;
}

ens_tls_failure ens__tls_failed(const ens_tls_session *s, uint8_t *buffer)
{
    return (ens_tls_failure){
        .alert = s->alert,
        .by_client = s->by_client,
        .alert_name = s->alert >= 0 ? SSL_alert_desc_string_long(s->alert) : NULL,
        .cause = word_cause(s),
        .detail = s->error ? ERR_reason_error_string(s->error) : NULL,
        .shown = ens_bytes(buffer, put_der(s->shown, buffer, ENS_TLS_SHOWN_MAX)),
    };
}
