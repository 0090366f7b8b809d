/* A TLS client whose key stays in its device: libcurl takes keys as bytes, its OpenSSL takes what signs. */
#include "engine/net/fetch.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define RULE "RFC 8446, 4.4.2"

/* Of the very library that libcurl was linked with. */
typedef struct {
    int (*use_certificate)(SSL_CTX *, X509 *);
    int (*use_key)(SSL_CTX *, EVP_PKEY *);
    long (*ctrl)(SSL_CTX *, int, long, void *);
} tls_calls;

static bool find_tls(const char *name, void *out)
{
    void *symbol = ens__curl_symbol(name);
    memcpy(out, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool find_all(tls_calls *t)
{
    return find_tls("SSL_CTX_use_certificate", &t->use_certificate) &&
           find_tls("SSL_CTX_use_PrivateKey", &t->use_key) && find_tls("SSL_CTX_ctrl", &t->ctrl);
}

/* libcurl calls it for each connection before its handshake. */
static CURLcode use_held(CURL *c, void *ctx, void *arg)
{
    const ens_fetch_request *r = arg;
    tls_calls t;
    (void)c;
    BIO *in = find_all(&t) ? BIO_new_mem_buf(r->client_cert.p, (int)r->client_cert.len) : NULL;
    X509 *leaf = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL, *issuer = NULL;
    bool good = leaf && t.use_certificate(ctx, leaf) == 1 && t.use_key(ctx, r->client_held) == 1;
    while (good && (issuer = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
        good = t.ctrl(ctx, SSL_CTRL_CHAIN_CERT, 1, issuer) == 1; /* it counts its own reference */
        X509_free(issuer);
    }
    ERR_clear_error();
    X509_free(leaf);
    BIO_free(in);
    return good ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

ens_code ens__fetch_hold(const ens__curl *lib, CURL *c, const ens_fetch_request *r, ens_err *err)
{
    tls_calls t;
    curl_ssl_ctx_callback call = use_held;
    if (!find_all(&t) || lib->easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, call) != CURLE_OK ||
        lib->easy_setopt(c, CURLOPT_SSL_CTX_DATA, (void *)(uintptr_t)r) != CURLE_OK)
        return ens_fail(err, ENS_EPOLICY, RULE,
                        "a TLS key in a device wants a libcurl that uses OpenSSL (Debian: libcurl4)", 0);
    return ENS_OK;
}
