/* A mail server, by libcurl. See mail.h. */
#include "engine/net/fetch.h"
#include "sti/mail/mail.h"

#include <stdio.h>

#define RULE "RFC 5321"
#define URL_MAX 512

typedef struct {
    ens_slice rest;
} reading;

static size_t read_some(char *to, size_t size, size_t num, void *user)
{
    reading *r = user;
    size_t len = size * num < r->rest.len ? size * num : r->rest.len;
    if (len)
        memcpy(to, r->rest.p, len);
    r->rest = ens_from(r->rest, len);
    return len;
}

/* allowed_url: smtp: on this machine, smtp: with STARTTLS or smtps: elsewhere; no name and password in it. */
static bool allowed_url(const char *url, bool *local)
{
    char http[URL_MAX];
    bool tls = strncmp(url, "smtps://", 8) == 0;
    if (!tls && strncmp(url, "smtp://", 7) != 0)
        return false;
    int n = snprintf(http, sizeof http, "http://%s", url + (tls ? 8 : 7));
    *local = ens__fetch_loopback(ens_str(http));
    return n > 0 && (size_t)n < sizeof http && !strchr(url, '@');
}

static void set_up(const ens__curl *lib, CURL *c, const char *url, const char *from, struct curl_slist *to,
                   reading *body, bool local)
{
    ENS__CURL_SET(lib, c, CURLOPT_URL, url);
    ENS__CURL_SET(lib, c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    ENS__CURL_SET(lib, c, CURLOPT_USE_SSL, local ? (long)CURLUSESSL_TRY : (long)CURLUSESSL_ALL);
    ENS__CURL_SET(lib, c, CURLOPT_SSL_VERIFYPEER, local ? 0L : 1L);
    ENS__CURL_SET(lib, c, CURLOPT_SSL_VERIFYHOST, local ? 0L : 2L);
    ENS__CURL_SET(lib, c, CURLOPT_PROXY, "");
    ENS__CURL_SET(lib, c, CURLOPT_NOSIGNAL, 1L);
    ENS__CURL_SET(lib, c, CURLOPT_CONNECTTIMEOUT, (long)ENS_FETCH_CONNECT_S);
    ENS__CURL_SET(lib, c, CURLOPT_TIMEOUT, (long)ENS_FETCH_TOTAL_S);
    ENS__CURL_SET(lib, c, CURLOPT_MAIL_FROM, from);
    ENS__CURL_SET(lib, c, CURLOPT_MAIL_RCPT, to);
    ENS__CURL_SET(lib, c, CURLOPT_READFUNCTION, read_some);
    ENS__CURL_SET(lib, c, CURLOPT_READDATA, body);
    ENS__CURL_SET(lib, c, CURLOPT_UPLOAD, 1L);
}

static ens_code post(const ens__curl *lib, const char *url, const char *from, const char *to, ens_slice message,
                     bool local, ens_err *err)
{
    reading body = {message};
    CURL *c = lib->easy_init();
    struct curl_slist *list = lib->slist_append(NULL, to);
    CURLcode done = CURLE_OUT_OF_MEMORY;
    ens__sigpipe held;
    if (c && list) {
        set_up(lib, c, url, from, list, &body, local);
        ens__sigpipe_hold(&held);
        done = lib->easy_perform(c);
        ens__sigpipe_release(&held);
    }
    lib->slist_free_all(list);
    if (c)
        lib->easy_cleanup(c);
    return done == CURLE_OK
               ? ENS_OK
               : ens_fail_about(err, ENS_EIO, RULE, "the mail server didn't take it", lib->easy_strerror(done));
}

ens_code ens__smtp_send(const char *url, const char *from, const char *to, ens_slice message, ens_err *err)
{
    const ens__curl *lib;
    bool local = false;
    if (!allowed_url(url, &local))
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "a mail server is smtp://HOST or smtps://HOST, with no name in it", url);
    if (ens__mail_official(ens_str(to)) || !ens__mail_address(ens_str(to)) || !ens__mail_address(ens_str(from)))
        return ens_fail(err, ENS_EPOLICY, RULE, "no mail leaves to or from such an address", 0);
    ens_code code = ens__curl_load(&lib, err);
    return code == ENS_OK ? post(lib, url, from, to, message, local, err) : code;
}
