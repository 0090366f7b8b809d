/* The proxy as a user runs it, over real sockets: what is passed on, what is held back, what is predicted beside what
 * is answered; and what is learnt of answers that came elsewhere. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "tests/as4/access_point.h"
#include "tests/cli/proxied.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"

static access_point ap;
static pushed answer;

/* store is a name that nobody had before. */
static const char *store(void)
{
    static char path[128];
    static unsigned num;
    snprintf(path, sizeof path, "%s-proxy-%u.db", fixture_folder(), num++);
    return path;
}

static void forget_store(const char *path)
{
    char line[512];
    snprintf(line, sizeof line, "rm -rf %s %s-wal %s-shm %s.log %s.out", path, path, path, path, path);
    CU_ASSERT_EQUAL(system(line), 0);
}

static const char *judge(void)
{
    static char text[1024];
    snprintf(text, sizeof text, "--trust %s --customs %s " AT, fixture_path("pki/root.pem"),
             fixture_path("pki/customs-root.pem"));
    return text;
}

/* -- What is predicted, and what is answered ---------------------------------------------------------------------- */

typedef struct {
    const char *file;
    ap_answer answers;
    unsigned status; /* that the client gets; 0: the connection's end */
    const char *agreement, *difference, *predicted, *real, *kind;
} row;

static const row rows[] = {
    {"f26.mime", AP_RECEIPT, 200, "agrees", "", "", "", "receipt"},
    {"f26.mime", AP_RECEIPT_FOREIGN, 200, "disagrees", "receipt", "", "", "false-receipt"},
    {"f26.mime", AP_RECEIPT_OTHER, 200, "disagrees", "receipt", "", "", "false-receipt"},
    {"f26.mime", AP_RECEIPT_ALTERED, 200, "disagrees", "receipt", "", "", "false-receipt"},
    {"f26.mime", AP_ERROR_A001, 500, "disagrees", "verdict", "", "EBMS:0004", "error"},
    {"f26.mime", AP_ERROR_A003, 500, "unknown", "", "", "EBMS:0004", "error"},
    {"f26.mime", AP_ERROR_UNSEALED, 500, "disagrees", "verdict", "", "EBMS:0004", "error"},
    {"f26.mime", AP_ERROR_ELSEWHERE, 500, "unknown", "", "", "", "nothing"},
    {"f26.mime", AP_WARNING, 200, "unknown", "", "", "EBMS:0006", "error"},
    {"f26.mime", AP_FAULT_SENDER, 400, "disagrees", "verdict", "", "", "turned-away"},
    {"f26.mime", AP_FAULT_RECEIVER, 500, "unknown", "", "", "", "nothing"},
    {"f26.mime", AP_EMPTY, 200, "unknown", "", "", "", "taken"},
    {"f26.mime", AP_PAGE, 503, "unknown", "", "", "", "nothing"},
    {"f26.mime", AP_CUT, 502, "unknown", "", "", "", "nothing"},
    {"f26.mime", AP_NOTHING, 502, "unknown", "", "", "", "nothing"},
    {"body-unsigned.mime", AP_RECEIPT, 200, "disagrees", "verdict", "EBMS:0103", "", "receipt"},
    {"body-unsigned.mime", AP_ERROR_A001, 500, "disagrees", "code", "EBMS:0103", "EBMS:0004", "error"},
    {"body-unsigned.mime", AP_FAULT_SENDER, 400, "agrees", "", "EBMS:0103", "", "turned-away"},
    {"body-unsigned.mime", AP_NOTHING, 502, "unknown", "", "EBMS:0103", "", "nothing"},
};

static bool same_body(const pushed *got, const char *store_name, unsigned seq)
{
    const run_result *r = run_ensign("journal show %u --raw --store %s", seq, store_name);
    const char *body = strstr(r->out, "\r\n\r\n");
    return body && strlen(body + 4) == got->len && memcmp(body + 4, got->body, got->len) == 0;
}

static void try_row(const row *w)
{
    proxied p;
    const char *name = store();
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &w->answers, 1));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name, "%s", judge()));
    bool came = stand_in_push_plain(&p.at, fixture_path(w->file), &answer);
    CHECK_ROW(came && answer.status == w->status, "%s, %d: status %u", w->file, w->answers, answer.status);
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    json_t *all = proxied_rows(name), *one = json_array_get(all, 0);
    CHECK_ROW(json_array_size(all) == 1 && strcmp(proxied_says(one, "agreement"), w->agreement) == 0 &&
                  strcmp(proxied_says(one, "difference"), w->difference) == 0 &&
                  strcmp(proxied_says(one, "predicted.ebms"), w->predicted) == 0 &&
                  strcmp(proxied_says(one, "real.ebms"), w->real) == 0 &&
                  strcmp(proxied_says(one, "real.kind"), w->kind) == 0,
              "%s, %d: %s", w->file, w->answers, json_dumps(one, 0));
    if (answer.status < 502 && answer.status != 503)
        CHECK_ROW(same_body(&answer, name, 2), "%s, %d: other octets", w->file, w->answers);
    const run_result *r = run_ensign("journal disagreements --store %s -o %s.out", name, name);
    CHECK_ROW(r->status == (strcmp(w->agreement, "disagrees") == 0), "%s, %d: exit %d", w->file, w->answers, r->status);
    json_decref(all);
    access_point_close(&ap);
    forget_store(name);
}

static void keeps_both_sides(void)
{
    if (fixture_folder())
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            try_row(&rows[i]);
}

/* The two files of a disagreement are what went and what came: `learn` finds the same in them. */
static void leaves_the_files(void)
{
    const ap_answer how = AP_RECEIPT;
    proxied p;
    const char *name = store();
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &how, 1));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name, "%s", judge()));
    CU_ASSERT_TRUE(stand_in_push_plain(&p.at, fixture_path("body-unsigned.mime"), &answer));
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    access_point_close(&ap);
    const run_result *r = run_ensign("journal disagreements --store %s -o %s.out", name, name);
    CHECK_ROW(r->status == 1 && strstr(r->out, "disagrees: verdict") && strstr(r->out, "EBMS:0103") &&
                  strstr(r->out, "ICD 4.6.2") && strstr(r->out, "000001-message.mime"),
              "%d %s%s", r->status, r->out, r->err);
    r = run_ensign("learn %s.out/000001-message.mime %s.out/000001-answer.mime %s", name, name, judge());
    CHECK_ROW(r->status == 1 && strstr(r->out, "disagrees: verdict"), "%d %s%s", r->status, r->out, r->err);
    forget_store(name);
}

/* -- Octets and fields -------------------------------------------------------------------------------------------- */

typedef struct {
    char head[4096];
    uint8_t sha256[32];
    unsigned num;
} seen_request;

static void answer_by_fields(void *ctx, ens_http_request *r)
{
    seen_request *seen = ctx;
    size_t at = 0;
    for (unsigned i = 0; i < r->head->num_fields && at < sizeof seen->head; i++)
        at += (size_t)snprintf(seen->head + at, sizeof seen->head - at, "%.*s: %.*s\n", (int)r->head->field[i].name.len,
                               (const char *)r->head->field[i].name.p, (int)r->head->field[i].value.len,
                               (const char *)r->head->field[i].value.p);
    memcpy(seen->sha256, r->sha256, sizeof seen->sha256);
    seen->num++;
    bool moved = ens_is(r->head->target, "/moved");
    ens__server_answer(r, &(ens_http_answer){.status = moved ? 307 : 203,
                                             .type = "text/plain; x=1",
                                             .fields = "X-Theirs: 1\r\nLocation: http://127.0.0.1:1/as4\r\n"
                                                       "X-Hop: 2\r\nConnection: X-Hop\r\n",
                                             .body = ENS_LIT("\0answer\xFF")});
}

/* request_once speaks to a proxy in front of a server of our own; v holds the answer. */
static bool request_once(visit *v, seen_request *seen, const char *path, const char *name, const char *text)
{
    char url[128];
    ens_server *server = NULL;
    const ens_server_listen listen = {"127.0.0.1:0", 0};
    const ens_server_plan plan = {
        .listen = &listen, .num_listen = 1, .handler = {seen, NULL, answer_by_fields, NULL, NULL}, .loops = 1};
    proxied p;
    CU_ASSERT_EQUAL_FATAL(ens__server_start(&plan, &server, NULL), ENS_OK);
    snprintf(url, sizeof url, "http://%s%s", ens__server_address(server, 0), path);
    CU_ASSERT_FATAL(proxied_open(&p, url, name, "%s", judge()));
    bool good = visit_open(v, p.at.plain, NULL, NULL) && visit_say(v, text) && visit_answer(v) != 0;
    visit_close(v);
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    ens__server_stop(server, 1000);
    ens__server_free(server);
    return good;
}

static void passes_fields_and_octets(void)
{
    static const char body[] = "5\r\nab\r\nc\r\n3\r\n\x01\x02\x03\r\n0\r\n\r\n";
    static const char head[] =
        "POST /elsewhere?x=1 HTTP/1.1\r\nHost: me\r\nContent-Type: text/odd;  a=\"b c\"\r\nSOAPAction: \"\"\r\n"
        "Authorization: Basic c2VjcmV0\r\nX-Mine: 1\r\nX-Own-Hop: 2\r\nConnection: keep-alive, X-Own-Hop\r\n"
        "X-Empty:\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n";
    static const char *const go_on[] = {"Content-Type: text/odd;  a=\"b c\"\n",
                                        "SOAPAction: \"\"\n",
                                        "Authorization: Basic c2VjcmV0\n",
                                        "X-Mine: 1\n",
                                        "X-Empty: \n",
                                        "Via: 1.1 ensign\n"};
    static const char *const end_here[] = {"X-Own-Hop", "TE:", "User-Agent", "Accept:", "Expect", "Host: me"};
    char text[1024];
    uint8_t sha256[32];
    seen_request seen = {0};
    visit v;
    const char *name = store();
    if (!fixture_folder())
        return;
    snprintf(text, sizeof text, "%s%s", head, body);
    CU_ASSERT_TRUE(request_once(&v, &seen, "/as4", name, text));
    CU_ASSERT_EQUAL(ens__sha256(ENS_LIT("ab\r\nc\x01\x02\x03"), sha256, NULL), ENS_OK);
    CU_ASSERT(memcmp(sha256, seen.sha256, 32) == 0 && seen.num == 1);
    for (size_t i = 0; i < sizeof go_on / sizeof *go_on; i++)
        CHECK_ROW(strstr(seen.head, go_on[i]), "%s is missing in %s", go_on[i], seen.head);
    for (size_t i = 0; i < sizeof end_here / sizeof *end_here; i++)
        CHECK_ROW(!strstr(seen.head, end_here[i]), "%s went on: %s", end_here[i], seen.head);
    CU_ASSERT(visit_has(&v, "HTTP/1.1 203 ") && visit_has(&v, "\r\nContent-Type: text/plain; x=1\r\n") &&
              visit_has(&v, "\r\nX-Theirs: 1\r\n") && !visit_has(&v, "X-Hop"));
    const char *end = strstr(v.text, "\r\n\r\n");
    CU_ASSERT(end && memcmp(end + 4, "\0answer\xFF", 8) == 0 && v.len == (size_t)(end + 12 - v.text));
    const run_result *r = run_ensign("journal show 1 --raw --store %s", name);
    CHECK_ROW(strstr(r->out, "POST /elsewhere?x=1 HTTP/1.1") && strstr(r->out, "X-Mine: 1") &&
                  !strstr(r->out, "c2VjcmV0"),
              "%s", r->out);
    forget_store(name);
}

/* A redirection is the client's to follow: whoever answers elsewhere is asked by nobody here. */
static void follows_nothing(void)
{
    seen_request seen = {0};
    visit v;
    const char *name = store();
    if (!fixture_folder())
        return;
    CU_ASSERT_TRUE(
        request_once(&v, &seen, "/moved", name, "POST / HTTP/1.1\r\nHost: me\r\nContent-Length: 1\r\n\r\nx"));
    CU_ASSERT(visit_has(&v, "HTTP/1.1 307 ") && visit_has(&v, "Location: http://127.0.0.1:1/as4"));
    CU_ASSERT_EQUAL(seen.num, 1);
    forget_store(name);
}

static void goes_nowhere_else(void)
{
    static const struct {
        const char *options, *words;
    } bad[] = {
        {"--to https://sti.example/as4", "name it, --allow sti.example:443"},
        {"--to https://sti.example:8443/as4 --allow sti.example", "--allow sti.example:8443"},
        {"--to https://sti.example.attacker.test/as4 --allow sti.example", "another machine"},
        {"--to https://sti.example@127.0.0.1/as4 --allow sti.example", "no address of HTTP"},
        {"--to http://sti.example/as4 --allow sti.example:80", "http:// is for this machine"},
        {"--to https://10.0.0.1/as4", "another machine"},
        {"--to ftp://127.0.0.1/", "another machine"},
        {"--to ftp://sti.example/ --allow sti.example", "only https://"},
        {"--to https://localhost.example/ --allow localhost.example --listen 127.0.0.1:0", "a key and a certificate"},
        {"--to http://127.0.0.1:1/ --fail open", "--gate"},
        {"--to http://127.0.0.1:1/ --gate --fail perhaps", "open or closed"},
        {"", "--to URL"},
    };
    const char *name = store();
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const run_result *r = run_ensign("proxy --listen plain:127.0.0.1:0 --store %s %s", name, bad[i].options);
        CHECK_ROW(r->status == 2 && strstr(r->err, bad[i].words) && !r->out[0], "%s: %d %s%s", bad[i].options,
                  r->status, r->out, r->err);
    }
    forget_store(name);
}

/* -- The gate ----------------------------------------------------------------------------------------------------- */

/* push_gated sends a file through a gate, and tells how often the other side was asked. */
static unsigned push_gated(const char *file, const char *options, const char *name)
{
    const ap_answer how = AP_RECEIPT;
    proxied p;
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &how, 1));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name, "--gate %s", options));
    CU_ASSERT_TRUE(stand_in_push_plain(&p.at, fixture_path(file), &answer));
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    unsigned asked = access_point_asked(&ap);
    access_point_close(&ap);
    return asked;
}

/* answers_with judges what the client got as its answer to the file. */
static void answers_with(const char *file, int status, const char *words)
{
    char path[512];
    snprintf(path, sizeof path, "%s", fixture_path("gated.xml"));
    stand_in_keep(&answer, path);
    const run_result *r = run_ensign("receipt check %s --for %s --trust %s " AT " --json", path, fixture_path(file),
                                     fixture_path("pki/customs-root.pem"));
    CHECK_ROW(r->status == status && strstr(r->out, words), "%s: %d, not %s: %s", file, r->status, words, r->out);
}

static void holds_back_what_would_be_refused(void)
{
    char options[2048];
    const char *name = store();
    if (!fixture_folder())
        return;
    snprintf(options, sizeof options, "%s --key %s --cert %s", judge(), fixture_path("pki/sti.key"),
             fixture_path("pki/sti.pem"));
    CU_ASSERT_EQUAL(push_gated("f26.mime", options, name), 1);
    answers_with("f26.mime", 0, "\"verdict\":\"accepted\"");
    CU_ASSERT_EQUAL(push_gated("body-unsigned.mime", options, name), 0);
    CHECK_ROW(answer.status == 200 && strstr(answer.body, "errorCode=\"EBMS:0103\"") &&
                  strstr(answer.body, "held back by ensign proxy") && strstr(answer.body, "Signature"),
              "%u %s", answer.status, answer.body);
    answers_with("body-unsigned.mime", 1, "EBMS:0103");
    CU_ASSERT_EQUAL(push_gated("body-unsigned.mime", judge(), name), 0);
    CHECK_ROW(strstr(answer.body, "errorCode=\"EBMS:0103\"") && strstr(answer.body, "refToMessageInError") &&
                  !strstr(answer.body, "Signature>"),
              "%s", answer.body);
    CU_ASSERT_EQUAL(push_gated("receipt-untrusted.xml", judge(), name), 0);
    CU_ASSERT(answer.status == 400);
    const run_result *r = run_ensign("journal disagreements --store %s", name);
    CHECK_ROW(r->status == 0 && strstr(r->out, "1 as predicted, 0 otherwise, 0 that tell nothing, 3 held back"),
              "%d %s", r->status, r->out);
    r = run_ensign("journal list --store %s", name);
    CHECK_ROW(strstr(r->out, "held back: answered by the proxy"), "%s", r->out);
    forget_store(name);
}

/* Without anchors nothing can be judged. */
static void fails_as_it_is_told(void)
{
    const char *name = store();
    if (!fixture_folder())
        return;
    CU_ASSERT_EQUAL(push_gated("f26.mime", AT, name), 0);
    CHECK_ROW(strstr(answer.body, "errorCode=\"EBMS:0202\""), "%s", answer.body);
    CU_ASSERT_EQUAL(push_gated("f26.mime", AT " --fail open", name), 1);
    answers_with("f26.mime", 0, "\"verdict\":\"accepted\"");
    CU_ASSERT_EQUAL(push_gated("body-unsigned.mime", AT " --fail open", name), 0);
    forget_store(name);
}

/* -- What came before --------------------------------------------------------------------------------------------- */

/* A copy is to get the first receipt again; another message under the same id is to be refused. */
static void knows_what_came_before(void)
{
    const ap_answer how[] = {AP_RECEIPT, AP_RECEIPT, AP_ERROR_A001, AP_RECEIPT};
    static const struct {
        const char *file, *agreement, *difference;
    } turns[] = {{"f26.mime", "agrees", ""},
                 {"f26.mime", "agrees", ""},
                 {"f26.mime", "disagrees", "duplicate"},
                 {"same-id.mime", "disagrees", "duplicate"}};
    char same[512];
    proxied p;
    const char *name = store();
    if (!fixture_folder())
        return;
    snprintf(same, sizeof same, "%s", fixture_path("same-id.mime"));
    run_ensign("verify %s --trust %s " AT " -q --payloads %s", fixture_path("f26.mime"), fixture_path("pki/root.pem"),
               fixture_path("proxy-in"));
    const run_result *r = run_ensign(
        "seal %s/00000001-0000-4000-8000-000020261001@ap.trader.example/ens --from FR73282932000074 --action IE3F26 "
        "--key %s --cert %s --ref-to x@y.example --message-id "
        "00000001-0000-4000-8000-000020261001@ap.trader.example " AT " -o %s",
        fixture_path("proxy-in"), fixture_path("pki/trader.key"), fixture_path("pki/trader.pem"), same);
    CHECK_ROW(r->status == 0, "%s", r->err);
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, how, 4));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name, "%s", judge()));
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_TRUE(stand_in_push_plain(&p.at, fixture_path(turns[i].file), &answer));
        for (unsigned k = 0; k < 100; k++) { /* a row is written behind the answer */
            json_t *all = proxied_rows(name);
            size_t num = json_array_size(all);
            json_decref(all);
            if (num == i + 1)
                break;
            usleep(20000);
        }
    }
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    json_t *all = proxied_rows(name);
    for (unsigned i = 0; i < 4; i++)
        CHECK_ROW(strcmp(proxied_says(json_array_get(all, i), "agreement"), turns[i].agreement) == 0 &&
                      strcmp(proxied_says(json_array_get(all, i), "difference"), turns[i].difference) == 0,
                  "%u: %s", i, json_dumps(json_array_get(all, i), 0));
    json_decref(all);
    access_point_close(&ap);
    forget_store(name);
}

/* -- Many at once ------------------------------------------------------------------------------------------------- */

#define CLIENTS 24u
#define EACH 4u

typedef struct {
    pthread_t thread;
    const proxied *p;
    char *text;
    size_t len;
    unsigned good;
    pushed answer;
} client;

static void *ask_often(void *arg)
{
    client *c = arg;
    for (unsigned i = 0; i < EACH; i++)
        c->good += stand_in_send(&c->p->at, false, c->text, c->len, &c->answer) && c->answer.status == 200;
    return NULL;
}

static void serves_many_at_once(void)
{
    static client clients[CLIENTS];
    const ap_answer how = AP_RECEIPT;
    ens_file file = {0};
    proxied p;
    unsigned good = 0;
    const char *name = store();
    if (!fixture_folder())
        return;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path("f26.mime"), 0, &file, NULL), ENS_OK);
    char *text = strndup((const char *)file.bytes.p, file.bytes.len);
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &how, 1));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name, "%s", judge()));
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i] = (client){.p = &p, .text = malloc(file.bytes.len + 1), .len = file.bytes.len};
        memcpy(clients[i].text, file.bytes.p, file.bytes.len);
        clients[i].text[file.bytes.len] = '\0';
        CU_ASSERT_EQUAL(pthread_create(&clients[i].thread, NULL, ask_often, &clients[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        good += clients[i].good;
        free(clients[i].text);
    }
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    json_t *all = proxied_rows(name);
    CHECK_ROW(good == CLIENTS * EACH && json_array_size(all) == CLIENTS * EACH, "%u answered, %zu written down", good,
              json_array_size(all));
    CU_ASSERT_EQUAL(run_ensign("journal disagreements --store %s", name)->status, 0);
    json_decref(all);
    free(text);
    ens__file_close(&file);
    access_point_close(&ap);
    forget_store(name);
}

/* -- TLS on both sides -------------------------------------------------------------------------------------------- */

static void speaks_tls_on_both_sides(void)
{
    const ap_answer how = AP_RECEIPT;
    proxied p;
    const char *name = store();
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(access_point_open(&ap, true, NULL, &how, 1));
    CU_ASSERT_FATAL(proxied_open(&p, ap.url, name,
                                 "%s --tls-cert %s --tls-key %s --tls-root %s --listen 127.0.0.1:0 --server-cert %s "
                                 "--server-key %s --server-clients %s",
                                 judge(), fixture_path("pki/tls-client.pem"), fixture_path("pki/tls-server.key"),
                                 fixture_path("pki/root.pem"), fixture_path("pki/tls-server.pem"),
                                 fixture_path("pki/tls-server.key"), fixture_path("pki/root.pem")));
    CU_ASSERT(stand_in_push_plain(&p.at, fixture_path("f26.mime"), &answer) && answer.status == 200);
    answers_with("f26.mime", 0, "\"verdict\":\"accepted\"");
    const run_result *r =
        run_ensign("send %s %s --sealed --trust %s " AT " --tls-cert %s --tls-key %s --tls-root %s --json", p.tls_url,
                   fixture_path("f26.mime"), fixture_path("pki/customs-root.pem"), fixture_path("pki/tls-client.pem"),
                   fixture_path("pki/tls-server.key"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"acknowledged\":true"), "%d %s%s", r->status, r->out, r->err);
    r = run_ensign("send %s %s --sealed --trust %s " AT " --tls-root %s --json --retries 0", p.tls_url,
                   fixture_path("f26.mime"), fixture_path("pki/customs-root.pem"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "EBMS:0005"), "without a certificate: %d %s", r->status, r->out);
    CU_ASSERT_EQUAL(proxied_end(&p, SIGTERM), 0);
    access_point_close(&ap);
    forget_store(name);
}

/* -- What happened elsewhere -------------------------------------------------------------------------------------- */

static void learns_what_happened_elsewhere(void)
{
    static const struct {
        const char *message, *answer;
        int status;
        const char *words;
    } learnt[] = {
        {"f26-attachments.mime", "receipt-f26-attachments.xml", 0, "agrees"},
        {"f26.mime", "receipt-f26-attachments.xml", 1, "disagrees: receipt"},
        {"f26-attachments.mime", "learn-503.http", 2, "HTTP status 503"},
        {"f26-attachments.mime", "learn-400.http", 1, "disagrees: verdict"},
        {"body-unsigned.mime", "learn-400.http", 0, "agrees"},
        {"body-unsigned.mime", "error.xml", 1, "disagrees: code"},
    };
    static const char *const https[][2] = {{"learn-503.http", "HTTP/1.1 503 Service Unavailable\r\nDate: x\r\n\r\n"},
                                           {"learn-400.http", "HTTP/1.1 400 Bad Request\r\n\r\n"}};
    const char *name = store();
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < 2; i++) {
        FILE *f = fopen(fixture_path(https[i][0]), "w");
        CU_ASSERT(f && fputs(https[i][1], f) >= 0 && fclose(f) == 0);
    }
    for (size_t i = 0; i < sizeof learnt / sizeof *learnt; i++) {
        const run_result *r = run_ensign("learn %s %s --store %s --by elsewhere %s", fixture_path(learnt[i].message),
                                         fixture_path(learnt[i].answer), name, judge());
        CHECK_ROW(r->status == learnt[i].status && strstr(r->out, learnt[i].words), "%s, %s: %d %s%s",
                  learnt[i].message, learnt[i].answer, r->status, r->out, r->err);
    }
    const run_result *r = run_ensign("journal disagreements --store %s --json", name);
    CHECK_ROW(r->status == 1 && strstr(r->out, "\"source\":\"learn\"") && strstr(r->out, "\"target\":\"elsewhere\""),
              "%d %s", r->status, r->out);
    r = run_ensign("learn %s %s", fixture_path("f26.mime"), fixture_path("nowhere"));
    CU_ASSERT_EQUAL(r->status, 2);
    forget_store(name);
}

static const ens_case cases[] = {
    {"what was predicted stands beside what was answered", keeps_both_sides},
    {"the files of a disagreement are there, and learn finds the same in them", leaves_the_files},
    {"octets and the fields that matter go on as they came, both ways", passes_fields_and_octets},
    {"a redirection is passed back and not followed", follows_nothing},
    {"it goes to the one address that is allowed", goes_nowhere_else},
    {"the gate holds back what would be refused, and answers it", holds_back_what_would_be_refused},
    {"the gate fails open or closed, as it is told", fails_as_it_is_told},
    {"it knows what came before under the same id", knows_what_came_before},
    {"it serves many at once, and writes each down", serves_many_at_once},
    {"it speaks TLS on both sides by certificates of the user's", speaks_tls_on_both_sides},
    {"learn enters what happened elsewhere", learns_what_happened_elsewhere},
    {NULL, NULL},
};
ENS_SUITE("cli/proxy", cases)
