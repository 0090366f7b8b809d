/* What an access point's TLS takes and what it refuses. */
#include "cli/conformance.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

#define TIMEOUT_S 10
#define HOST_MAX 256u

static void tell(ens_probe_result *out, ens_conforms outcome, const char *format, ...) ENS_PRINTF(3, 4);
static void tell(ens_probe_result *out, ens_conforms outcome, const char *format, ...)
{
    va_list args;
    out->tried = true;
    out->outcome = outcome;
    va_start(args, format);
    vsnprintf(out->detail, sizeof out->detail, format, args);
    va_end(args);
}

/* authority_of cuts host and port from an https URL: "[::1]:443". */
static bool authority_of(const char *url, char out[HOST_MAX])
{
    static const char scheme[] = "https://";
    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *host = url + sizeof scheme - 1, *bracket = *host == '[' ? strchr(host, ']') : host;
    size_t len = strcspn(host, "/?#");
    if (!bracket || len == 0 || len > HOST_MAX - 8)
        return false;
    const char *colon = memchr(bracket, ':', (size_t)(host + len - bracket));
    snprintf(out, HOST_MAX, "%.*s%s", (int)len, host, colon ? "" : ":443");
    return true;
}

/* dial opens a connection that gives up after a while; NULL when nobody is there. */
static BIO *dial(const char *authority)
{
    const struct timeval wait = {.tv_sec = TIMEOUT_S};
    int fd = -1;
    BIO *bio = BIO_new_connect(authority);
    if (bio && BIO_do_connect_retry(bio, TIMEOUT_S, 0) == 1 && BIO_get_fd(bio, &fd) >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0)
        return bio;
    BIO_free_all(bio);
    return NULL;
}

/* What is offered. */
typedef struct {
    long versions; /* as libcurl has them */
    const char *ciphers;
} offer;

typedef enum { SHAKEN, REFUSED, UNTRIED } hand;

/* read_hand: what this machine can't offer, and what came to nothing for another reason, is untried. */
static hand read_hand(CURLcode code, const char *said)
{
    if (code == CURLE_OK)
        return SHAKEN;
    bool ours = strstr(said, "no protocols available") || strstr(said, "no ciphers available");
    return code == CURLE_SSL_CONNECT_ERROR && !ours ? REFUSED : UNTRIED;
}

static void set_blob(const ens__curl *lib, CURL *c, CURLoption option, ens_slice bytes)
{
    struct curl_blob blob = {(void *)(uintptr_t)bytes.p, bytes.len, CURL_BLOB_COPY};
    if (bytes.p)
        lib->easy_setopt(c, option, &blob);
}

/* shake offers it, as the client that the caller is: whether the server goes along. */
static hand shake(const ens__client_peer *peer, const offer *o)
{
    char said[CURL_ERROR_SIZE] = "";
    const ens__curl *lib = NULL;
    ens_err err = {0};
    CURL *c = ens__curl_load(&lib, &err) == ENS_OK && !peer->tls_held ? lib->easy_init() : NULL;
    if (!c)
        return UNTRIED;
    ENS__CURL_SET(lib, c, CURLOPT_URL, peer->url);
    ENS__CURL_SET(lib, c, CURLOPT_CONNECT_ONLY, 1L);
    ENS__CURL_SET(lib, c, CURLOPT_NOSIGNAL, 1L);
    ENS__CURL_SET(lib, c, CURLOPT_PROXY, "");
    ENS__CURL_SET(lib, c, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    ENS__CURL_SET(lib, c, CURLOPT_SSLVERSION, o->versions);
    ENS__CURL_SET(lib, c, CURLOPT_SSL_CIPHER_LIST, o->ciphers);
    ENS__CURL_SET(lib, c, CURLOPT_ERRORBUFFER, said);
    if (peer->tls_root)
        ENS__CURL_SET(lib, c, CURLOPT_CAINFO, peer->tls_root);
    set_blob(lib, c, CURLOPT_SSLCERT_BLOB, peer->tls_cert);
    set_blob(lib, c, CURLOPT_SSLKEY_BLOB, peer->tls_key);
    hand result = read_hand(lib->easy_perform(c), said);
    lib->easy_cleanup(c);
    return result;
}

/* must_refuse tells of what is to be refused. */
static void must_refuse(const ens__client_peer *peer, const offer *o, const char *what, ens_probe_result *out)
{
    hand result = shake(peer, o);
    if (result == UNTRIED)
        tell(out, ENS_CONFORMS_SKIP, "%s can't be offered from this machine", what);
    else if (result == SHAKEN)
        tell(out, ENS_CONFORMS_FAIL, "the access point took %s", what);
    else
        tell(out, ENS_CONFORMS_PASS, "%s was refused", what);
}

/* try_ssl3 sends a ClientHello of SSL 3.0: an answer that is no alert is a ServerHello.
 * Source  RFC 6101, 5.6.1.2 */
static void try_ssl3(const char *authority, ens_probe_result *out)
{
    static const uint8_t hello[] = {0x16, 3,  0,  0,  45, 1,  0,  0,  41, 3,  0,  1,  2,  3,  4,  5,  6,
                                    7,    8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
                                    24,   25, 26, 27, 28, 29, 30, 31, 32, 0,  0,  2,  0,  10, 1,  0};
    uint8_t answer[16] = {0};
    BIO *bio = dial(authority);
    int len =
        bio && BIO_write(bio, hello, sizeof hello) == (int)sizeof hello ? BIO_read(bio, answer, sizeof answer) : -2;
    if (len == -2)
        tell(out, ENS_CONFORMS_SKIP, "the access point can't be connected to");
    else if (len > 0 && answer[0] == 0x16)
        tell(out, ENS_CONFORMS_FAIL, "the access point answers SSL 3.0 with a handshake");
    else
        tell(out, ENS_CONFORMS_PASS, "SSL 3.0 was refused");
    BIO_free_all(bio);
}

static void try_good(const ens__client_peer *peer, ens_probe_result *out)
{
    static const offer good = {CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2, "ECDHE+AESGCM"};
    if (shake(peer, &good) == SHAKEN)
        tell(out, ENS_CONFORMS_PASS, "TLS 1.2 with ECDHE and AES-GCM, and the messages of this run went over TLS");
    else
        tell(out, ENS_CONFORMS_SKIP, "the messages of this run went over TLS, but TLS 1.2 with AES-GCM wasn't taken");
}

/* try_client posts a sound message as a client whom nobody knows: no certificate, or one that nobody issued. */
static void try_client(const ens__client_peer *peer, ens_slice sound, ens_slice cert, ens_slice key,
                       ens_probe_result *out)
{
    ens__client_peer stranger = *peer;
    ens__client *c = NULL;
    ens__exchange x = {0};
    ens_err err = {0};
    stranger.tls_cert = cert;
    stranger.tls_key = key;
    stranger.tls_held = NULL;
    ens_code code = ens__client_new(&c, &err);
    if (code == ENS_OK)
        code = ens__client_exchange(c, &stranger, sound, &x, &err);
    const char *who = cert.p ? "a certificate that nobody issued" : "no certificate";
    if (code != ENS_OK)
        tell(out, ENS_CONFORMS_SKIP, "the client couldn't be made: %s", err.text);
    else if (x.reached && x.http < 300)
        tell(out, ENS_CONFORMS_FAIL, "a client with %s was answered (HTTP %ld)", who, x.http);
    else if (x.reached)
        tell(out, ENS_CONFORMS_SKIP, "a client with %s was answered HTTP %ld, behind the handshake", who, x.http);
    else if (strcmp(x.ebms, "EBMS:0005") == 0 || strstr(x.detail, "alert"))
        tell(out, ENS_CONFORMS_PASS, "a client with %s was refused by TLS", who);
    else
        tell(out, ENS_CONFORMS_SKIP, "a client with %s got no answer, and why can't be told: %s", who, x.detail);
    ens__client_free(c);
}

void ens__conformance_tls(int what, const ens__client_peer *peer, const ens_prober *p, ens_slice sound,
                          ens_probe_result *out)
{
    static const offer old = {CURL_SSLVERSION_TLSv1_0 | CURL_SSLVERSION_MAX_TLSv1_1, "ALL:@SECLEVEL=0"};
    static const offer weak = {CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2,
                               "AES128-SHA:AES256-SHA:AES128-SHA256:@SECLEVEL=0"};
    char authority[HOST_MAX];
    ens_slice cert, key;
    if (!authority_of(peer->url, authority)) {
        tell(out, ENS_CONFORMS_SKIP, "there is no TLS at this address");
        return;
    }
    if (what == ENS_TLS_OLD)
        must_refuse(peer, &old, "TLS 1.0 or 1.1", out);
    else if (what == ENS_TLS_SSL3)
        try_ssl3(authority, out);
    else if (what == ENS_TLS_WEAK)
        must_refuse(peer, &weak, "a suite of CBC and RSA key exchange", out);
    else if (what == ENS_TLS_GOOD)
        try_good(peer, out);
    else {
        ens__prober_stranger(p, &cert, &key);
        try_client(peer, sound, (ens_slice){0}, (ens_slice){0}, out);
        if (out->outcome == ENS_CONFORMS_PASS)
            try_client(peer, sound, cert, key, out);
    }
}
