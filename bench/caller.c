#include "bench/caller.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400
#define ANSWER_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n"

bool ens__caller_pki(unsigned bits, fx_pki *out)
{
    static fx_certificate rows[2][3]; /* they must live as long as the PKI */
    fx_certificate *row = rows[bits ? 1 : 0];
    const int64_t from = (int64_t)time(NULL) - DAY, to = from + 30 * DAY;
    row[0] = (fx_certificate){.name = "root",
                              .bits = bits,
                              .cn = "Bench root",
                              .usage = "critical,keyCertSign",
                              .ca = true,
                              .from = from,
                              .to = to};
    row[1] = (fx_certificate){.name = "server",
                              .issuer = "root",
                              .bits = bits,
                              .cn = "localhost",
                              .usage = "critical,digitalSignature",
                              .ext_usage = "serverAuth",
                              .from = from,
                              .to = to};
    row[2] = (fx_certificate){.name = "client",
                              .issuer = "root",
                              .bits = bits,
                              .cn = "trader",
                              .usage = "critical,digitalSignature",
                              .ext_usage = "clientAuth",
                              .from = from,
                              .to = to};
    return fx_pki_make_rows(out, row, 3);
}

ens_tls *ens__caller_tls(const fx_pki *pki)
{
    ens_tls *tls = NULL;
    size_t server = fx_pki_find(pki, "server"), root = fx_pki_find(pki, "root");
    const ens_tls_plan plan = {.identity = {{pki->key[server], &pki->cert[server], 1}},
                               .num_identities = 1,
                               .anchors = &pki->cert[root],
                               .num_anchors = 1};
    return ens__tls_new(&plan, &tls, NULL) == ENS_OK ? tls : NULL;
}

SSL_CTX *ens__caller_client(const fx_pki *pki)
{
    char groups[] = "X25519"; /* OpenSSL's macro wants no constant */
    size_t client = fx_pki_find(pki, "client"), root = fx_pki_find(pki, "root");
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    if (!ctx)
        return NULL;
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
        SSL_CTX_use_certificate(ctx, pki->cert[client]) == 1 && SSL_CTX_use_PrivateKey(ctx, pki->key[client]) == 1 &&
        SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), pki->cert[root]) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

bool ens__caller_open(ens_caller *c, uint16_t port, SSL_CTX *ctx, SSL_SESSION *session)
{
    const int on = 1;
    const struct timeval patience = {.tv_sec = 10};
    const struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (ens_caller){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    bool good = c->fd >= 0 && connect(c->fd, (const struct sockaddr *)&at, sizeof at) == 0 &&
                setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0;
    if (good && ctx) {
        c->ssl = SSL_new(ctx);
        good = c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && (!session || SSL_set_session(c->ssl, session) == 1) &&
               SSL_connect(c->ssl) == 1;
    }
    if (!good)
        ens__caller_close(c);
    return good;
}

void ens__caller_close(ens_caller *c)
{
    if (c->ssl && SSL_is_init_finished(c->ssl))
        SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    if (c->fd >= 0)
        close(c->fd);
    ERR_clear_error();
    *c = (ens_caller){.fd = -1};
}

static bool put(ens_caller *c, const uint8_t *bytes, size_t len)
{
    while (len) {
        long n = c->ssl ? SSL_write(c->ssl, bytes, (int)len) : send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static long get(ens_caller *c, uint8_t *out, size_t len)
{
    return c->ssl ? SSL_read(c->ssl, out, (int)len) : recv(c->fd, out, len, 0);
}

bool ens__caller_send(ens_caller *c)
{
    static const char head[] =
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/related\r\nContent-Length: 12288\r\n\r\n";
    uint8_t request[sizeof head - 1 + ENS_CALLER_REQUEST];
    memcpy(request, head, sizeof head - 1);
    memset(request + sizeof head - 1, 'x', ENS_CALLER_REQUEST);
    return put(c, request, sizeof request);
}

bool ens__caller_receive(ens_caller *c)
{
    char text[ENS_CALLER_HEAD + ENS_CALLER_ANSWER + 1];
    size_t len = 0, wanted = sizeof text;
    while (len < wanted) {
        long n = get(c, (uint8_t *)text + len, sizeof text - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n");
        if (end)
            wanted = (size_t)(end + 4 - text) + ENS_CALLER_ANSWER;
    }
    return strncmp(text, "HTTP/1.1 200", 12) == 0;
}

bool ens__caller_put(ens_caller *c, ens_slice request)
{
    return put(c, request.p, request.len);
}

/* length_of is how long the body of an answer is, as its head says. */
static size_t length_of(const char *head)
{
    const char *field = strcasestr(head, "\r\nContent-Length:");
    return field ? strtoul(field + 17, NULL, 10) : 0;
}

size_t ens__caller_take(ens_caller *c, char *out, size_t size)
{
    size_t len = 0, wanted = size;
    while (len < wanted) {
        long n = get(c, (uint8_t *)out + len, size - 1 - len);
        if (n <= 0)
            return 0;
        len += (size_t)n;
        out[len] = '\0';
        const char *end = wanted == size ? strstr(out, "\r\n\r\n") : NULL;
        if (end)
            wanted = (size_t)(end + 4 - out) + length_of(out);
        if (len + 1 >= size || (end && wanted >= size))
            return 0;
    }
    return len;
}

bool ens__caller_serve(ens_caller *c, EVP_MD_CTX *sha256)
{
    static const uint8_t answer[sizeof ANSWER_HEAD - 1 + ENS_CALLER_ANSWER] = ANSWER_HEAD;
    uint8_t request[ENS_CALLER_HEAD + ENS_CALLER_REQUEST], digest[32];
    size_t len = 0, body = 0;
    while (!body || len < body + ENS_CALLER_REQUEST) {
        long n = get(c, request + len, sizeof request - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        size_t end = body ? body : ens__find(ens_bytes(request, len), ENS_LIT("\r\n\r\n"), 0);
        body = end == SIZE_MAX ? 0 : body ? body : end + 4;
    }
    return EVP_DigestInit_ex(sha256, EVP_sha256(), NULL) == 1 &&
           EVP_DigestUpdate(sha256, request + body, len - body) == 1 && EVP_DigestFinal_ex(sha256, digest, NULL) == 1 &&
           put(c, answer, sizeof answer);
}
