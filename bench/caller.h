/* Who calls the server that is measured: connections over the loopback, with the certificates of a PKI made for it. */
#ifndef ENS_BENCH_CALLER_H
#define ENS_BENCH_CALLER_H

#include "engine/net/tls.h"
#include "fixtures/issue.h"

#define ENS_CALLER_REQUEST ((size_t)12 << 10)
#define ENS_CALLER_ANSWER ((size_t)4 << 10)
#define ENS_CALLER_HEAD 256u

typedef struct {
    int fd;
    SSL *ssl; /* NULL: plain */
} ens_caller;

/* ens__caller_pki makes a server's and a client's certificate under one root, whose keys have that many bits of RSA;
 * 0: P-256. */
bool ens__caller_pki(unsigned bits, fx_pki *out);
/* ens__caller_tls is the server's side of it, ens__caller_client the client's; NULL when OpenSSL fails. */
ens_tls *ens__caller_tls(const fx_pki *pki);
SSL_CTX *ens__caller_client(const fx_pki *pki);

/* ens__caller_open connects, with a handshake where ctx is given, a resumed one where session is. */
bool ens__caller_open(ens_caller *c, uint16_t port, SSL_CTX *ctx, SSL_SESSION *session);
void ens__caller_close(ens_caller *c);
/* ens__caller_send sends a request of ENS_CALLER_REQUEST octets; ens__caller_receive reads the answer. */
bool ens__caller_send(ens_caller *c);
bool ens__caller_receive(ens_caller *c);
/* ens__caller_put sends any request; ens__caller_take reads an answer of less than size octets, and ends it with a NUL.
 * 0: none came. */
bool ens__caller_put(ens_caller *c, ens_slice request);
size_t ens__caller_take(ens_caller *c, char *out, size_t size);
/* ens__caller_serve answers one such request with as little as can be done; false at the end. */
bool ens__caller_serve(ens_caller *c, EVP_MD_CTX *sha256);

#endif
