#include "engine/net/fetch_parts.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RULE "HTTP"
#define HOST_MAX 256
#define URL_MAX 4096

static pthread_once_t once = PTHREAD_ONCE_INIT;
static ens__curl calls;
static char fault[ENS_ERR_TEXT]; /* why it isn't there; empty: it is */
static void *library;

static void keep_fault(const char *reason)
{
    snprintf(fault, sizeof fault, "%s", reason ? reason : ENS__CURL_FILE);
}

/* find_call puts a function where the table wants it: dlsym gives it as a pointer to data. */
static bool find_call(const char *name, void *out, size_t size)
{
    void *symbol = dlsym(library, name);
    if (symbol && size == sizeof symbol)
        memcpy(out, &symbol, size);
    return symbol != NULL;
}

static void load(void)
{
    library = dlopen(ENS__CURL_FILE, RTLD_NOW | RTLD_LOCAL);
    bool good = library != NULL;
#define FIND(name) good = good && find_call("curl_" #name, &calls.name, sizeof calls.name);
    ENS__CURL_CALLS(FIND)
#undef FIND
    if (!good)
        keep_fault(dlerror());
    else if (calls.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        keep_fault("curl_global_init fails");
}

ens_code ens__curl_load(const ens__curl **out, ens_err *err)
{
    pthread_once(&once, load);
    *out = &calls;
    return fault[0]
               ? ens_fail_about(err, ENS_EIO, RULE, "libcurl can't be loaded; install it (Debian: libcurl4)", fault)
               : ENS_OK;
}

void *ens__curl_symbol(const char *name)
{
    return library ? dlsym(library, name) : NULL;
}

static bool host_is(ens_slice rest, const char *host)
{
    ens_slice h = ens_str(host);
    if (!ens_starts(rest, h))
        return false;
    return rest.len == h.len || rest.p[h.len] == '/' || rest.p[h.len] == ':' || rest.p[h.len] == '?';
}

/* rest is what follows the scheme. "http://localhost@evil" can't pass for a loopback host: what follows the host's name
 * is ':', '/', '?' or the end, and an '@' anywhere is refused. */
bool ens__fetch_loopback(ens_slice url)
{
    ens_slice rest =
        ens_from(url, ens__starts_nocase(url, ENS_LIT("https://")) ? sizeof "https://" - 1 : sizeof "http://" - 1);
    return memchr(url.p, '@', url.len) == NULL &&
           (host_is(rest, "localhost") || host_is(rest, "127.0.0.1") || host_is(rest, "[::1]"));
}

/* is_public_v4: none of the blocks that RFC 6890 keeps for something else. */
static bool is_public_v4(const uint8_t a[4])
{
    static const struct {
        uint8_t first, second, mask; /* of the second octet */
    } blocks[] = {{0, 0, 0},        {10, 0, 0},      {100, 64, 0xC0},  {127, 0, 0},
                  {169, 254, 0xFF}, {172, 16, 0xF0}, {192, 168, 0xFF}, {198, 18, 0xFE}};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (a[0] == blocks[i].first && (a[1] & blocks[i].mask) == blocks[i].second)
            return false;
    return a[0] < 224 && !(a[0] == 192 && a[1] == 0 && a[2] == 0);
}

/* is_public_v6 looks into addresses that wrap one of IPv4 (mapped, NAT64, 6to4). */
static bool is_public_v6(const uint8_t a[16])
{
    static const uint8_t nothing[12], mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF},
                                      nat64[12] = {0, 0x64, 0xFF, 0x9B}, local_nat64[6] = {0, 0x64, 0xFF, 0x9B, 0, 1};
    if (memcmp(a, mapped, 12) == 0 || memcmp(a, nat64, 12) == 0)
        return is_public_v4(a + 12);
    if (a[0] == 0x20 && a[1] == 0x02)
        return is_public_v4(a + 2);
    if (memcmp(a, local_nat64, sizeof local_nat64) == 0)
        return false;
    return memcmp(a, nothing, 12) != 0 && (a[0] & 0xFE) != 0xFC && !(a[0] == 0xFE && a[1] >= 0x80) && a[0] != 0xFF;
}

static bool is_public_address(const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        memcpy(bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
        return is_public_v4(bytes);
    }
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    return is_public_v6(bytes);
}

/* host_of copies the host of a URL, without brackets, zone and the dot at its end; false where there is none, or
 * something stands in front of it. */
static bool host_of(ens_slice url, char out[HOST_MAX], bool *literal_v6)
{
    size_t at = ens__find(url, ENS_LIT("://"), 0), len = 0;
    ens_slice rest = ens_from(url, at == SIZE_MAX ? url.len : at + 3);
    *literal_v6 = rest.len && rest.p[0] == '[';
    rest = *literal_v6 ? ens_from(rest, 1) : rest;
    while (len < rest.len && !memchr(*literal_v6 ? "]%/" : ":/?#", rest.p[len], *literal_v6 ? 3 : 4))
        len++;
    if (!len || len >= HOST_MAX || memchr(rest.p, '@', len) || memchr(rest.p, '\\', len) || memchr(rest.p, '%', len))
        return false;
    memcpy(out, rest.p, len);
    while (len > 1 && out[len - 1] == '.')
        len--;
    out[len] = '\0';
    return true;
}

bool ens__fetch_public(ens_slice url)
{
    char host[HOST_MAX];
    bool literal_v6;
    struct in_addr v4;
    uint8_t v6[16];
    if (memchr(url.p, '@', url.len) || !host_of(url, host, &literal_v6))
        return false;
    if (literal_v6)
        return inet_pton(AF_INET6, host, v6) == 1 && is_public_v6(v6);
    if (inet_aton(host, &v4)) /* decimal, octal and hexadecimal, and fewer than four numbers */
        return is_public_v4((const uint8_t *)&v4);
    ens_slice name = ens_str(host), local = ENS_LIT("localhost");
    bool ends = name.len >= local.len && ens__eq_nocase(ens_from(name, name.len - local.len), local);
    return !ends || (name.len > local.len && name.p[name.len - local.len - 1] != '.');
}

ens_code ens__fetch_allowed(const ens_fetch_request *r, ens_err *err)
{
    ens_slice url = ens_str(r->url);
    if (r->public_only && !ens__fetch_public(url))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "the address is this machine's or a private network's", r->url);
    if (ens__starts_nocase(url, ENS_LIT("https://")))
        return ENS_OK;
    if (!ens__starts_nocase(url, ENS_LIT("http://")))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "only https:// is fetched", r->url);
    if (!r->plain && !ens__fetch_loopback(url))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "use https://; http:// is for this machine alone", r->url);
    return ENS_OK;
}

static size_t take_answer(char *bytes, size_t size, size_t num, void *context)
{
    ens_buf *answer = context;
    ens_buf_add(answer, bytes, size * num);
    return answer->failed == ENS_OK ? size * num : 0;
}

/* take_head gets one line; a status line begins the fields of the answer, in place of those of an interim one. */
static size_t take_head(char *line, size_t size, size_t num, void *context)
{
    ens_buf *head = context;
    ens_slice s = ens_bytes(line, size * num);
    if (ens_starts(s, ENS_LIT("HTTP/")))
        head->len = 0;
    else if (ens__trim(s).len)
        ens_buf_put(head, s);
    return head->failed == ENS_OK ? s.len : 0;
}

static bool add_header(const ens__curl *lib, const char *header, struct curl_slist **list)
{
    struct curl_slist *longer = lib->slist_append(*list, header);
    *list = longer ? longer : *list;
    return longer != NULL;
}

static bool set_headers(const ens__curl *lib, const ens_fetch_request *r, struct curl_slist **list)
{
    bool good = true;
    for (size_t i = 0; good && i < sizeof r->headers / sizeof *r->headers && r->headers[i]; i++)
        good = add_header(lib, r->headers[i], list);
    for (size_t i = 0; good && r->fields && r->fields[i]; i++)
        good = add_header(lib, r->fields[i], list);
    return good;
}

/* has_proxy tells whether the environment names a proxy, as libcurl reads it: that then is who looks up names. */
static bool has_proxy(ens_slice url)
{
    bool secure = ens__starts_nocase(url, ENS_LIT("https://"));
    const char *const names[] = {secure ? "https_proxy" : "http_proxy", secure ? "HTTPS_PROXY" : "all_proxy",
                                 "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return true;
    }
    return false;
}

/* open_public makes a socket for an address of the internet alone. */
static curl_socket_t open_public(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    if (!is_public_address(&address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* set_identity: libcurl copies the records, and their bytes stay where they are until the exchange ends. */
static CURLcode set_identity(const ens__curl *lib, CURL *c, struct curl_blob *cert, struct curl_blob *key)
{
    CURLcode code = ENS__CURL_SET(lib, c, CURLOPT_SSLCERT_BLOB, cert);
    if (code == CURLE_OK)
        code = ENS__CURL_SET(lib, c, CURLOPT_SSLKEY_BLOB, key);
    return code;
}

static bool set_options(const ens__curl *lib, CURL *c, const ens_fetch_request *r, struct curl_slist *headers,
                        ens_buf *answer, char *reason)
{
    CURLcode code = CURLE_OK;
#define SET(option, value) (code = code == CURLE_OK ? ENS__CURL_SET(lib, c, option, value) : code)
    SET(CURLOPT_URL, r->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, ENS_FETCH_USER_AGENT);
    SET(CURLOPT_CONNECTTIMEOUT, r->connect_s ? r->connect_s : ENS_FETCH_CONNECT_S);
    SET(CURLOPT_TIMEOUT, r->total_s ? r->total_s : ENS_FETCH_TOTAL_S);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_ERRORBUFFER, reason);
    SET(CURLOPT_WRITEFUNCTION, take_answer);
    SET(CURLOPT_WRITEDATA, (void *)answer);
    if (r->head) {
        SET(CURLOPT_HEADERFUNCTION, take_head);
        SET(CURLOPT_HEADERDATA, (void *)r->head);
    }
    if (ens__fetch_loopback(ens_str(r->url)))
        SET(CURLOPT_PROXY, "");
    if (r->public_only && has_proxy(ens_str(r->url)))
        SET(CURLOPT_NOPROXY, "");
    else if (r->public_only)
        SET(CURLOPT_OPENSOCKETFUNCTION, open_public);
    if (r->ca_file) {
        SET(CURLOPT_CAINFO, r->ca_file);
        SET(CURLOPT_CAPATH, (const char *)NULL);
    }
    if (r->client_cert.p && !r->client_held) {
        struct curl_blob cert = {(void *)(uintptr_t)r->client_cert.p, r->client_cert.len, CURL_BLOB_NOCOPY},
                         key = {(void *)(uintptr_t)r->client_key.p, r->client_key.len, CURL_BLOB_NOCOPY};
        code = code == CURLE_OK ? set_identity(lib, c, &cert, &key) : code;
    }
    if (r->body.p) {
        SET(CURLOPT_POSTFIELDS, (const char *)r->body.p);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    }
    if (headers)
        SET(CURLOPT_HTTPHEADER, headers);
#undef SET
    return code == CURLE_OK;
}

void ens__sigpipe_hold(ens__sigpipe *s)
{
    sigset_t pipe_signal, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    s->pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &s->before);
}

void ens__sigpipe_release(ens__sigpipe *s)
{
    const struct timespec now = {0};
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    if (!s->pending)
        while (sigtimedwait(&pipe_signal, NULL, &now) == SIGPIPE)
            ;
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

static CURLcode perform(const ens__curl *lib, CURL *c)
{
    ens__sigpipe held;
    ens__sigpipe_hold(&held);
    CURLcode done = lib->easy_perform(c);
    ens__sigpipe_release(&held);
    return done;
}

/* stage_of: an alert that comes behind the handshake is how TLS 1.3 refuses a client's certificate. */
static ens_fetch_stage stage_of(const ens__curl *lib, CURL *c, CURLcode done, const char *reason)
{
    curl_off_t ready = 0;
    long sent = 0;
    if (done == CURLE_OK)
        return ENS_FETCH_SENT;
    if (done == CURLE_SSL_CONNECT_ERROR || done == CURLE_PEER_FAILED_VERIFICATION || strstr(reason, " alert "))
        return ENS_FETCH_UNTRUSTED;
    lib->easy_getinfo(c, CURLINFO_PRETRANSFER_TIME_T, &ready);
    lib->easy_getinfo(c, CURLINFO_REQUEST_SIZE, &sent); /* also over a line that was open before, and ended */
    return ready > 0 || sent > 0 ? ENS_FETCH_SENT : ENS_FETCH_UNREACHED;
}

static void note_seen(const ens__curl *lib, CURL *c, CURLcode done, const char *reason, ens_fetch_seen *seen)
{
    char *type = NULL;
    if (!seen)
        return;
    seen->stage = stage_of(lib, c, done, reason);
    seen->type[0] = '\0';
    if (done == CURLE_OK && lib->easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        snprintf(seen->type, sizeof seen->type, "%s", type);
}

ens_code ens__flight_begin(ens__flight *f, const ens_fetch_request *request, ens_buf *answer, ens_err *err)
{
    size_t allowed_len = request->limit ? request->limit : ENS_FETCH_MAX;
    f->request = *request;
    f->answer = answer;
    f->limit = answer->limit;
    if (answer->len + allowed_len < f->limit)
        answer->limit = answer->len + allowed_len;
    if (set_headers(f->lib, request, &f->headers) &&
        set_options(f->lib, f->curl, &f->request, f->headers, answer, f->reason))
        return request->client_held ? ens__fetch_hold(f->lib, f->curl, &f->request, err) : ENS_OK;
    return ens_fail_about(err, ENS_EIO, RULE, "libcurl refuses the request", request->url);
}

ens_code ens__flight_end(ens__flight *f, CURLcode done, long *status, ens_err *err)
{
    ens_code code = ENS_OK;
    note_seen(f->lib, f->curl, done, f->reason, f->request.seen);
    if (done == CURLE_SSL_CERTPROBLEM)
        code = ens_fail_about(err, ENS_EPOLICY, RULE, "the client's TLS certificate or key is of no use", f->reason);
    else if (f->request.head && f->request.head->failed != ENS_OK)
        code = ens_fail_about(err, f->request.head->failed, RULE, "the answer's head is too long", f->request.url);
    else if (f->answer->failed != ENS_OK)
        code = ens_fail_about(err, f->answer->failed, RULE, "the answer is too long", f->request.url);
    else if (done != CURLE_OK)
        code = ens_fail_about(err, ENS_EIO, RULE, "no answer", f->reason[0] ? f->reason : f->lib->easy_strerror(done));
    else
        f->lib->easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, status);
    f->answer->limit = f->limit;
    f->lib->slist_free_all(f->headers);
    f->headers = NULL;
    return code;
}

static ens_code exchange(const ens__curl *lib, CURL *c, const ens_fetch_request *r, ens_buf *answer, long *status,
                         ens_err *err)
{
    ens__flight f = {.lib = lib, .curl = c};
    ens_code code = ens__flight_begin(&f, r, answer, err);
    ens_code end =
        ens__flight_end(&f, code == ENS_OK ? perform(lib, c) : CURLE_FAILED_INIT, status, code == ENS_OK ? err : NULL);
    return code == ENS_OK ? end : code;
}

/* next_hop makes the request that a redirection asks for; false when it is none, or leads from https to http. */
static bool next_hop(const ens__curl *lib, CURL *c, long status, char url[URL_MAX], ens_fetch_request *r)
{
    char *to = NULL;
    bool moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!moved || lib->easy_getinfo(c, CURLINFO_REDIRECT_URL, &to) != CURLE_OK || !to || strlen(to) >= URL_MAX ||
        (ens__starts_nocase(ens_str(r->url), ENS_LIT("https://")) &&
         !ens__starts_nocase(ens_str(to), ENS_LIT("https://"))))
        return false;
    memcpy(url, to, strlen(to) + 1);
    r->url = url;
    r->redirects--;
    if (status == 303) {
        r->body = (ens_slice){0};
        r->headers[0] = NULL;
    }
    return true;
}

/* take_line gives the handle of a line, as it was made but for its connections, or one for this exchange. */
static CURL *take_line(const ens__curl *lib, ens__fetch_line *line)
{
    if (!line || !line->handle) {
        CURL *c = lib->easy_init();
        if (line)
            line->handle = c;
        return c;
    }
    lib->easy_reset(line->handle);
    return line->handle;
}

void ens__fetch_line_close(ens__fetch_line *line)
{
    if (line->handle)
        calls.easy_cleanup(line->handle);
    line->handle = NULL;
}

ens_code ens__fetch(const ens_fetch_request *request, ens_buf *answer, long *status, ens_err *err)
{
    const ens__curl *lib;
    ens_fetch_request r = *request;
    char url[URL_MAX];
    size_t had = answer->len;
    long total_s = r.total_s ? r.total_s : ENS_FETCH_TOTAL_S;
    time_t from = time(NULL);
    ens_code code = ens__fetch_allowed(&r, err);
    if (code == ENS_OK)
        code = ens__curl_load(&lib, err);
    for (bool again = true; code == ENS_OK && again;) {
        CURL *c = take_line(lib, r.line);
        if (!c)
            return ens_fail(err, ENS_ENOMEM, RULE, "libcurl can't be set up", 0);
        answer->len = had;
        r.total_s = total_s - (long)(time(NULL) - from) > 1 ? total_s - (long)(time(NULL) - from) : 1;
        code = exchange(lib, c, &r, answer, status, err);
        again = code == ENS_OK && r.redirects && next_hop(lib, c, *status, url, &r);
        if (!r.line)
            lib->easy_cleanup(c);
        if (again)
            code = ens__fetch_allowed(&r, err);
    }
    return code;
}
