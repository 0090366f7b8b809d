#include "engine/net/download.h"

#include "engine/net/fetch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RULE "HTTP"
#define WAIT_MS 200
#define STATUS_OK 200
#define STATUS_NOT_MODIFIED 304

/* One exchange that is under way. */
typedef struct {
    ens_download *request; /* NULL: free */
    CURL *curl;
    struct curl_slist *headers;
    int fd;
    size_t len;
    bool too_long, unwritable;
    char error[CURL_ERROR_SIZE];
} exchange;

typedef struct {
    const ens__curl *lib;
    CURLM *multi;
    exchange slot[ENS_DOWNLOAD_PARALLEL];
    const ens_download_options *options;
    size_t done, num;
    uint64_t bytes;
} session;

static size_t take_body(char *p, size_t size, size_t num, void *user)
{
    exchange *x = user;
    size_t n = size * num;
    if (n > x->request->limit - x->len) {
        x->too_long = true;
        return 0;
    }
    if (x->fd < 0)
        x->fd = open(x->request->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    for (size_t at = 0; at < n;) {
        ssize_t wrote = x->fd < 0 ? -1 : write(x->fd, p + at, n - at);
        if (wrote <= 0) {
            x->unwritable = true;
            return 0;
        }
        at += (size_t)wrote;
    }
    x->len += n;
    return n;
}

static void keep_header(ens_slice line, ens_slice name, char out[ENS_DOWNLOAD_HEADER_MAX + 1])
{
    if (!ens__starts_nocase(line, name))
        return;
    ens_slice value = ens__trim(ens_from(line, name.len));
    if (value.len > ENS_DOWNLOAD_HEADER_MAX)
        return;
    memcpy(out, value.p, value.len);
    out[value.len] = '\0';
}

/* take_header keeps what the next conditional request needs, of the last answer of a row of redirects. */
static size_t take_header(char *p, size_t size, size_t num, void *user)
{
    exchange *x = user;
    ens_slice line = ens_bytes(p, size * num);
    if (ens__starts_nocase(line, ENS_LIT("HTTP/")))
        x->request->etag[0] = x->request->modified[0] = '\0';
    keep_header(line, ENS_LIT("ETag:"), x->request->etag);
    keep_header(line, ENS_LIT("Last-Modified:"), x->request->modified);
    return size * num;
}

static bool add_condition(const ens__curl *lib, exchange *x, const char *name, const char *value)
{
    char line[ENS_DOWNLOAD_HEADER_MAX + sizeof "If-Modified-Since: "];
    if (!value || !*value)
        return true;
    int n = snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = n > 0 && (size_t)n < sizeof line ? lib->slist_append(x->headers, line) : NULL;
    x->headers = longer ? longer : x->headers;
    return longer != NULL;
}

static bool set_options(const ens__curl *lib, exchange *x, const ens_download_options *o)
{
    CURL *c = x->curl;
    CURLcode code = CURLE_OK;
#define SET(option, value) (code = code == CURLE_OK ? ENS__CURL_SET(lib, c, option, value) : code)
    SET(CURLOPT_URL, x->request->url);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, x->request->stay ? 0L : 1L);
    SET(CURLOPT_MAXREDIRS, ENS_DOWNLOAD_REDIRECTS);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, ENS_FETCH_USER_AGENT);
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_CONNECTTIMEOUT, o->connect_s ? o->connect_s : ENS_DOWNLOAD_CONNECT_S);
    SET(CURLOPT_TIMEOUT, o->total_s ? o->total_s : ENS_DOWNLOAD_TOTAL_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, ENS_DOWNLOAD_SLOW_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, ENS_DOWNLOAD_SLOW_S);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_ERRORBUFFER, x->error);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, (void *)x);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, (void *)x);
    SET(CURLOPT_HTTPHEADER, x->headers);
    SET(CURLOPT_PRIVATE, (void *)x);
    SET(CURLOPT_FAILONERROR, 0L);
    if (ens__fetch_loopback(ens_str(x->request->url)))
        SET(CURLOPT_PROXY, "");
    if (o->ca_file)
        SET(CURLOPT_CAINFO, o->ca_file);
#undef SET
    return code == CURLE_OK;
}

static void fail_download(ens_download *r, const char *reason)
{
    r->state = ENS_DOWNLOAD_FAILED;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
}

static void clear_exchange(const ens__curl *lib, exchange *x)
{
    lib->easy_cleanup(x->curl);
    lib->slist_free_all(x->headers);
    if (x->fd >= 0)
        close(x->fd);
    *x = (exchange){.fd = -1};
}

static void told(session *s)
{
    if (s->options->progress)
        s->options->progress(s->options->user, s->done, s->num, s->bytes);
}

/* start_exchange puts a request into a free slot; what can't be started has failed. */
static void start_exchange(session *s, exchange *x, ens_download *r)
{
    *x = (exchange){.request = r, .fd = -1, .curl = s->lib->easy_init()};
    r->state = ENS_DOWNLOAD_FAILED;
    r->etag[0] = r->modified[0] = r->reason[0] = '\0';
    if (x->curl && add_condition(s->lib, x, "If-None-Match", r->had_etag) &&
        add_condition(s->lib, x, "If-Modified-Since", r->had_modified) && set_options(s->lib, x, s->options) &&
        s->lib->multi_add_handle(s->multi, x->curl) == CURLM_OK)
        return;
    fail_download(r, "libcurl refuses the request");
    clear_exchange(s->lib, x);
    s->done++;
}

/* judge_exchange tells what came of an exchange that libcurl has ended. */
static void judge_exchange(const ens__curl *lib, exchange *x, CURLcode result)
{
    ens_download *r = x->request;
    long status = 0;
    char reason[64];
    lib->easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    if (x->too_long)
        fail_download(r, "the answer is longer than it may be");
    else if (x->unwritable)
        fail_download(r, "the answer can't be written");
    else if (result != CURLE_OK)
        fail_download(r, x->error[0] ? x->error : lib->easy_strerror(result));
    else if (status == STATUS_NOT_MODIFIED && x->headers)
        r->state = ENS_DOWNLOAD_SAME;
    else if (status != STATUS_OK || !x->len)
        fail_download(r, snprintf(reason, sizeof reason,
                                  status == STATUS_OK ? "the answer is empty" : "the server answers %ld", status) > 0
                             ? reason
                             : "");
    else
        r->state = ENS_DOWNLOAD_NEW;
    if (r->state != ENS_DOWNLOAD_NEW && x->fd >= 0)
        unlink(r->path);
}

static void take_finished(session *s)
{
    int left;
    for (CURLMsg *m; (m = s->lib->multi_info_read(s->multi, &left));) {
        exchange *x = NULL;
        if (m->msg != CURLMSG_DONE || s->lib->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x) != CURLE_OK ||
            !x)
            continue;
        CURLcode result = m->data.result;
        judge_exchange(s->lib, x, result);
        s->bytes += x->len;
        s->lib->multi_remove_handle(s->multi, x->curl);
        clear_exchange(s->lib, x);
        s->done++;
        told(s);
    }
}

static bool run_session(session *s, ens_download *requests)
{
    size_t next = 0;
    while (s->done < s->num) {
        int running = 0;
        for (unsigned i = 0; i < ENS_DOWNLOAD_PARALLEL && next < s->num; i++)
            if (!s->slot[i].request)
                start_exchange(s, &s->slot[i], &requests[next++]);
        if (s->lib->multi_perform(s->multi, &running) != CURLM_OK)
            return false;
        take_finished(s);
        if (running && s->lib->multi_poll(s->multi, NULL, 0, WAIT_MS, NULL) != CURLM_OK)
            return false;
    }
    return true;
}

ens_code ens__download(ens_download *requests, size_t num, const ens_download_options *options, ens_err *err)
{
    session s = {.options = options, .num = num};
    ens__sigpipe held;
    ens_code code = ens__curl_load(&s.lib, err);
    if (code != ENS_OK)
        return code;
    if (!(s.multi = s.lib->multi_init()))
        return ens_fail(err, ENS_ENOMEM, RULE, "libcurl can't be set up", 0);
    s.lib->multi_setopt(s.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)ENS_DOWNLOAD_PER_HOST);
    for (unsigned i = 0; i < ENS_DOWNLOAD_PARALLEL; i++)
        s.slot[i].fd = -1;
    ens__sigpipe_hold(&held);
    told(&s);
    bool good = run_session(&s, requests);
    for (unsigned i = 0; i < ENS_DOWNLOAD_PARALLEL; i++) {
        if (!s.slot[i].request)
            continue;
        s.lib->multi_remove_handle(s.multi, s.slot[i].curl);
        clear_exchange(s.lib, &s.slot[i]);
    }
    s.lib->multi_cleanup(s.multi);
    ens__sigpipe_release(&held);
    return good ? ENS_OK : ens_fail(err, ENS_EIO, RULE, "libcurl gave up", 0);
}
