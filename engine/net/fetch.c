#include "engine/net/fetch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define RULE "HTTP"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static ens__curl calls;
static char fault[ENS_ERR_TEXT]; /* why it isn't there; empty: it is */

static void keep_fault(const char *reason)
{
    snprintf(fault, sizeof fault, "%s", reason ? reason : ENS__CURL_FILE);
}

/* find_call puts a function where the table wants it: dlsym gives it as a pointer to data. */
static bool find_call(void *library, const char *name, void *out, size_t size)
{
    void *symbol = dlsym(library, name);
    if (symbol && size == sizeof symbol)
        memcpy(out, &symbol, size);
    return symbol != NULL;
}

static void load(void)
{
    void *library = dlopen(ENS__CURL_FILE, RTLD_NOW | RTLD_LOCAL);
    bool good = library != NULL;
#define FIND(name) good = good && find_call(library, "curl_" #name, &calls.name, sizeof calls.name);
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

static ens_code allowed(const ens_fetch_request *r, ens_err *err)
{
    ens_slice url = ens_str(r->url);
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

static bool set_headers(const ens__curl *lib, const ens_fetch_request *r, struct curl_slist **list)
{
    for (size_t i = 0; i < sizeof r->headers / sizeof *r->headers && r->headers[i]; i++) {
        struct curl_slist *longer = lib->slist_append(*list, r->headers[i]);
        if (!longer)
            return false;
        *list = longer;
    }
    return true;
}

static bool set_options(const ens__curl *lib, CURL *c, const ens_fetch_request *r, struct curl_slist *headers,
                        ens_buf *answer, char *reason)
{
    CURLcode code = CURLE_OK;
#define SET(option, value) (code = code == CURLE_OK ? ENS__CURL_SET(lib, c, option, value) : code)
    SET(CURLOPT_URL, r->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, r->redirects ? 1L : 0L);
    SET(CURLOPT_MAXREDIRS, (long)r->redirects);
    SET(CURLOPT_REDIR_PROTOCOLS_STR, ens__starts_nocase(ens_str(r->url), ENS_LIT("https://")) ? "https" : "http");
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
    if (ens__fetch_loopback(ens_str(r->url)))
        SET(CURLOPT_PROXY, "");
    if (r->ca_file)
        SET(CURLOPT_CAINFO, r->ca_file);
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

static ens_code exchange(const ens__curl *lib, CURL *c, const ens_fetch_request *r, ens_buf *answer, long *status,
                         ens_err *err)
{
    char reason[CURL_ERROR_SIZE] = "";
    size_t had = answer->len, limit = answer->limit;
    size_t allowed_len = r->limit ? r->limit : ENS_FETCH_MAX;
    struct curl_slist *headers = NULL;
    ens_code code = ENS_OK;
    if (had + allowed_len < limit)
        answer->limit = had + allowed_len;
    if (!set_headers(lib, r, &headers) || !set_options(lib, c, r, headers, answer, reason)) {
        code = ens_fail_about(err, ENS_EIO, RULE, "libcurl refuses the request", r->url);
    } else {
        CURLcode done = perform(lib, c);
        if (answer->failed != ENS_OK)
            code = ens_fail_about(err, answer->failed, RULE, "the answer is too long", r->url);
        else if (done != CURLE_OK)
            code = ens_fail_about(err, ENS_EIO, RULE, "no answer", reason[0] ? reason : lib->easy_strerror(done));
        else
            lib->easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
    }
    answer->limit = limit;
    lib->slist_free_all(headers);
    return code;
}

ens_code ens__fetch(const ens_fetch_request *request, ens_buf *answer, long *status, ens_err *err)
{
    const ens__curl *lib;
    ens_code code = allowed(request, err);
    if (code == ENS_OK)
        code = ens__curl_load(&lib, err);
    if (code != ENS_OK)
        return code;
    CURL *c = lib->easy_init();
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "libcurl can't be set up", 0);
    code = exchange(lib, c, request, answer, status, err);
    lib->easy_cleanup(c);
    return code;
}
