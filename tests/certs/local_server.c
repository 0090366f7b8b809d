#include "tests/certs/local_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
    int fd;
    SSL *ssl;
} connection;

static int receive(connection *c, char *out, int len)
{
    return c->ssl ? SSL_read(c->ssl, out, len) : (int)recv(c->fd, out, (size_t)len, 0);
}

static bool transmit(connection *c, const char *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        int n = c->ssl ? SSL_write(c->ssl, bytes + sent, (int)(len - sent))
                       : (int)send(c->fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        sent += (size_t)n;
    }
    return true;
}

/* A request ends after the header block and Content-Length bytes. */
static bool whole(const char *request, size_t len)
{
    const char *end = strstr(request, "\r\n\r\n"), *length = strstr(request, "Content-Length: ");
    if (!end)
        return false;
    size_t body = length && length < end ? (size_t)strtoul(length + 16, NULL, 10) : 0;
    return len >= (size_t)(end - request) + 4 + body;
}

static local_page *page_of(const local_server *s)
{
    const char *path = strchr(s->request, ' ');
    size_t len = path ? strcspn(path + 1, " \r\n") : 0;
    for (local_page *page = s->pages; page->path; page++)
        if (len == strlen(page->path) && strncmp(page->path, path + 1, len) == 0)
            return page;
    return NULL;
}

static void serve_page(const local_server *s, connection *c)
{
    char head[512];
    local_page *page = page_of(s);
    int n;
    if (page)
        page->num_asked++;
    if (!page)
        n = snprintf(head, sizeof head, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    else if (page->location)
        n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                     page->moved ? page->moved : "302 Found", page->location);
    else
        n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     page->len);
    if (transmit(c, head, (size_t)n) && page && !page->location)
        transmit(c, page->body, page->len - page->cut);
}

static void serve(local_server *s, connection *c)
{
    char head[256];
    size_t len = 0;
    if (c->ssl && SSL_accept(c->ssl) != 1)
        return;
    while (len < LOCAL_REQUEST_MAX && !whole(s->request, len)) {
        int n = receive(c, s->request + len, (int)(LOCAL_REQUEST_MAX - len));
        if (n <= 0)
            return;
        len += (size_t)n;
        s->request[len] = '\0';
    }
    s->num_requests++;
    if (s->pages) {
        serve_page(s, c);
        return;
    }
    while (!s->status && !s->stop)
        usleep(10000);
    if (!s->status)
        return;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %s\r\nContent-Type: text/xml\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                     s->status, s->body_len);
    if (transmit(c, head, (size_t)n))
        transmit(c, s->body, s->body_len);
    if (c->ssl)
        SSL_shutdown(c->ssl);
}

static void *run(void *context)
{
    local_server *s = context;
    sigset_t hang_up;
    sigemptyset(&hang_up);
    sigaddset(&hang_up, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &hang_up, NULL);
    while (!s->stop) {
        struct pollfd ready = {.fd = s->listener, .events = POLLIN};
        if (poll(&ready, 1, 20) <= 0)
            continue;
        connection c = {.fd = accept(s->listener, NULL, NULL)};
        if (c.fd < 0)
            continue;
        struct timeval patience = {.tv_sec = 5};
        setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        memset(s->request, 0, sizeof s->request);
        if (s->ctx) {
            c.ssl = SSL_new(s->ctx);
            SSL_set_fd(c.ssl, c.fd);
        }
        serve(s, &c);
        SSL_free(c.ssl);
        close(c.fd);
    }
    return NULL;
}

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_NAME *name = x ? X509_get_subject_name(x) : NULL;
    X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    bool good = name && san && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) &&
                X509_gmtime_adj(X509_getm_notBefore(x), -60) && X509_gmtime_adj(X509_getm_notAfter(x), 3600) &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1, 0) &&
                X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) && X509_add_ext(x, san, -1) &&
                X509_sign(x, key, EVP_sha256());
    X509_EXTENSION_free(san);
    if (good)
        return x;
    X509_free(x);
    return NULL;
}

static bool start_tls(local_server *s)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? self_signed(key) : NULL;
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    snprintf(s->ca_file, sizeof s->ca_file, "/tmp/ensign-ca-XXXXXX");
    int fd = mkstemp(s->ca_file);
    FILE *pem = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool good = certificate && ctx && pem && PEM_write_X509(pem, certificate) &&
                SSL_CTX_use_certificate(ctx, certificate) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    if (pem)
        fclose(pem);
    X509_free(certificate);
    EVP_PKEY_free(key);
    s->ctx = ctx;
    return good;
}

bool local_server_start(local_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, len) != 0 || listen(s->listener, 8) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &len) != 0 || (s->tls && !start_tls(s)))
        return false;
    snprintf(s->base, sizeof s->base, "%s:%u", s->tls ? "https://localhost" : "http://127.0.0.1", ntohs(at.sin_port));
    snprintf(s->url, sizeof s->url, "%s/services/validation", s->base);
    return pthread_create(&s->thread, NULL, run, s) == 0;
}

void local_server_stop(local_server *s)
{
    s->stop = true;
    pthread_join(s->thread, NULL);
    close(s->listener);
    SSL_CTX_free(s->ctx);
    if (s->tls)
        unlink(s->ca_file);
}
