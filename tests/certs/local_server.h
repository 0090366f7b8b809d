/* A server on the loopback for tests: answers each request with fixed bytes, over HTTP or TLS, and keeps the last
 * request. */
#ifndef ENS_TESTS_LOCAL_SERVER_H
#define ENS_TESTS_LOCAL_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define LOCAL_REQUEST_MAX 16384
#define LOCAL_BASE_LEN 32

/* What one path answers. */
typedef struct {
    const char *path; /* "/ca.crl" */
    const void *body;
    size_t len;
    const char *location; /* a redirect to there, or NULL */
    const char *moved;    /* its status; NULL: "302 Found" */
    size_t cut;           /* octets at the end of the body that never come */
    unsigned num_asked;
} local_page;

typedef struct {
    /* set by the test before local_server_start */
    local_page *pages;  /* ended by a NULL path; NULL: status and body are the answer to everything */
    const char *status; /* "200 OK"; NULL: accept and never answer */
    const char *body;
    size_t body_len;
    bool tls;

    /* to be read after local_server_stop, the URL after start */
    char url[64];
    char base[LOCAL_BASE_LEN]; /* the same without a path */
    char ca_file[64];          /* TLS: PEM of the self-signed certificate */
    char request[LOCAL_REQUEST_MAX + 1];
    unsigned num_requests;

    int listener;
    void *ctx; /* SSL_CTX */
    atomic_bool stop;
    pthread_t thread;
} local_server;

bool local_server_start(local_server *s);
void local_server_stop(local_server *s);

#endif
