/* send and ping as a user runs them, against an access point on the loopback: exit status, JSON, receipts, the outbox.
 */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "tests/as4/access_point.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"
#define FAST "--first-wait 50"

static access_point ap;

static bool open_point(bool tls, const ap_answer *answers, unsigned num)
{
    bool good = access_point_open(&ap, tls, NULL, answers, num);
    CU_ASSERT(good);
    return good;
}

static void point(ap_answer answer)
{
    CU_ASSERT_FATAL(open_point(false, &answer, 1));
}

static const char *seal(void)
{
    static char text[2048];
    snprintf(text, sizeof text, "--key %s --cert %s --from FR73282932000074", fixture_path("pki/trader.key"),
             fixture_path("pki/trader.pem"));
    return text;
}

static const char *trust(void)
{
    static char text[1024];
    snprintf(text, sizeof text, "--trust %s " AT, fixture_path("pki/customs-root.pem"));
    return text;
}

/* payload is a document that the access point takes. */
static const char *payload(void)
{
    static char path[512];
    if (!path[0]) {
        run_ensign("verify %s --trust %s " AT " -q --payloads %s", fixture_path("f26.mime"),
                   fixture_path("pki/root.pem"), fixture_path("send-in"));
        snprintf(path, sizeof path, "%s/00000001-0000-4000-8000-000020261001@ap.trader.example/ens",
                 fixture_path("send-in"));
    }
    return path;
}

static const char *fresh(const char *name)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".sending"};
    char path[1024];
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", fixture_path(name), endings[i]);
        unlink(path);
    }
    static char path_of[2][1024];
    static unsigned turn;
    char *out = path_of[turn++ % 2];
    snprintf(out, sizeof path_of[0], "%s", fixture_path(name));
    return out;
}

static unsigned count(const char *text, const char *what)
{
    unsigned num = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        num++;
    return num;
}

static void member(const char *line, const char *name, char out[512])
{
    json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    const char *text = json_string_value(json_object_get(o, name));
    snprintf(out, 512, "%s", text ? text : "");
    json_decref(o);
}

static void sends_and_proves(void)
{
    char receipt[512], id[512], message[512];
    point(AP_RECEIPT);
    const run_result *r = run_ensign("send %s %s %s --action IE3F26 %s --receipts %s --json", ap.url, payload(), seal(),
                                     trust(), fixture_path("send-receipts"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"acknowledged\":true,\"attempts\":1,\"http\":200,\"ebms\":null") &&
                  strstr(r->out, "\"action\":\"IE3F26\"") && count(r->out, "\n") == 1,
              "%d %.500s %.300s", r->status, r->out, r->err);
    member(r->out, "receipt", receipt);
    member(r->out, "message_id", id);
    CU_ASSERT_EQUAL(access_point_asked(&ap), 1);
    CHECK_ROW(strcmp(ap.request[0].id, id) == 0 && strncmp(ap.request[0].type, "multipart/related;", 18) == 0,
              "%s came as %s", ap.request[0].id, ap.request[0].type);
    snprintf(message, sizeof message, "%.*s.mime", (int)strlen(receipt) - 4, receipt);
    r = run_ensign("receipt check %s --for %s %s", receipt, message, trust());
    CHECK_ROW(r->status == 0, "%d %.500s", r->status, r->out);
    access_point_close(&ap);
}

static void sends_what_is_sealed(void)
{
    ens_file file = {0};
    uint8_t sum[32] = {0};
    point(AP_RECEIPT);
    const run_result *r = run_ensign("send %s %s %s --sealed %s --json", ap.url, fixture_path("f26-12k.mime"),
                                     fixture_path("test.mime"), trust());
    CHECK_ROW(r->status == 0 && count(r->out, "\"acknowledged\":true") == 2, "%d %.500s %.300s", r->status, r->out,
              r->err);
    CU_ASSERT_EQUAL(access_point_asked(&ap), 2);
    CU_ASSERT_EQUAL(ens__file_open(fixture_path("f26-12k.mime"), 0, &file, NULL), ENS_OK);
    size_t body = ens__find(file.bytes, ENS_LIT("\r\n\r\n"), 0) + 4;
    CU_ASSERT_EQUAL(ens__sha256(ens_from(file.bytes, body), sum, NULL), ENS_OK);
    CHECK_ROW(memcmp(ap.request[0].sha256, sum, 32) == 0, "%zu of %zu octets came", ap.request[0].len,
              file.bytes.len - body);
    ens__file_close(&file);
    access_point_close(&ap);
}

static void tells_refusals(void)
{
    static const struct {
        ap_answer answer;
        int status;
        unsigned asked;
        const char *json, *words;
    } rows[] = {
        {AP_ERROR_A001, 1, 1, "\"ebms\":\"EBMS:0004\"", "register the certificate"},
        {AP_ERROR_UNSEALED, 1, 1, "\"ebms\":\"EBMS:0004\"", "unknown error occurred"},
        {AP_ERROR_A003, 1, 3, "\"ebms\":\"EBMS:0004\"", "send the same bytes again"},
        {AP_RECEIPT_FOREIGN, 1, 3, "\"ebms\":\"EBMS:0302\"", "chain."},
        {AP_RECEIPT_OTHER, 1, 3, "\"ebms\":\"EBMS:0302\"", "receipt."},
        {AP_NOTHING, 2, 3, "\"ebms\":\"EBMS:0301\"", "no answer came"},
        {AP_CUT, 2, 3, "\"ebms\":\"EBMS:0301\"", "no answer came"},
        {AP_PAGE, 2, 3, "\"ebms\":\"EBMS:0301\"", "503"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        point(rows[i].answer);
        const run_result *r =
            run_ensign("send %s %s --sealed %s --retries 2 " FAST " --json", ap.url, fixture_path("f26.mime"), trust());
        CHECK_ROW(r->status == rows[i].status && access_point_asked(&ap) == rows[i].asked &&
                      strstr(r->out, "\"acknowledged\":false") && strstr(r->out, rows[i].json) &&
                      strstr(r->out, rows[i].words) && count(r->out, "\n") == 1,
                  "row %zu: %d, asked %u: %.600s", i, r->status, access_point_asked(&ap), r->out);
        for (unsigned n = 1; n < access_point_asked(&ap); n++)
            CHECK_ROW(strcmp(ap.request[n].id, ap.request[0].id) == 0 &&
                          memcmp(ap.request[n].sha256, ap.request[0].sha256, 32) == 0,
                      "row %zu: attempt %u had other bytes", i, n);
        access_point_close(&ap);
    }
}

static void gets_over_faults(void)
{
    static const ap_answer answers[] = {AP_NOTHING, AP_PAGE, AP_CUT, AP_RECEIPT_FOREIGN, AP_RECEIPT};
    CU_ASSERT_FATAL(open_point(false, answers, 5));
    const run_result *r =
        run_ensign("send %s %s --sealed %s " FAST " --json", ap.url, fixture_path("f26.mime"), trust());
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"acknowledged\":true,\"attempts\":5"), "%d %.500s", r->status, r->out);
    access_point_close(&ap);
}

static void pings(void)
{
    point(AP_RECEIPT);
    const run_result *r = run_ensign("ping %s %s %s --json", ap.url, seal(), trust());
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"action\":\"test\",\"acknowledged\":true"), "%d %.500s %.300s",
              r->status, r->out, r->err);
    r = run_ensign("ping %s %s " AT " --json", ap.url, seal());
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"acknowledged\":false") && strstr(r->out, "--trust"), "%d %.500s",
              r->status, r->out);
    access_point_close(&ap);
    point(AP_ERROR_A001);
    r = run_ensign("ping %s %s %s", ap.url, seal(), trust());
    CHECK_ROW(r->status == 1 && strstr(r->out, "UUM&DS refused the sender") && strstr(r->out, "->"), "%d %.500s",
              r->status, r->out);
    access_point_close(&ap);
    r = run_ensign("ping %s %s %s --json", ap.url, seal(), trust());
    CHECK_ROW(r->status == 2 && strstr(r->out, "EBMS:0005") && strstr(r->out, "\"http\":null"), "%d %.500s", r->status,
              r->out);
}

static void by_tls(void)
{
    const ap_answer answer = AP_RECEIPT;
    CU_ASSERT_FATAL(open_point(true, &answer, 1));
    const run_result *r = run_ensign("ping %s %s %s --tls-cert %s --tls-key %s --tls-root %s --json", ap.url, seal(),
                                     trust(), fixture_path("pki/tls-client.pem"), fixture_path("pki/tls-server.key"),
                                     fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0, "%d %.500s %.300s", r->status, r->out, r->err);
    r = run_ensign("ping %s %s %s --tls-root %s --json", ap.url, seal(), trust(), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "EBMS:0005") && strstr(r->out, "--tls-cert"), "%d %.500s", r->status,
              r->out);
    r = run_ensign("ping %s %s %s --tls-cert %s --tls-key %s --tls-root %s --json", ap.url, seal(), trust(),
                   fixture_path("pki/tls-client.pem"), fixture_path("pki/trader.key"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 2 && strstr(r->err, "no key there belongs"), "%d %.500s", r->status, r->err);
    CU_ASSERT_EQUAL(access_point_asked(&ap), 1);
    access_point_close(&ap);
}

/* The same command again: what was acknowledged isn't sent again, what was refused is, with the same id. */
static void an_outbox_knows_its_messages(void)
{
    char id[512], again[512];
    const char *db = fresh("send.db");
    point(AP_ERROR_A001);
    const run_result *r =
        run_ensign("send %s %s %s --action IE3F26 %s --outbox %s --json", ap.url, payload(), seal(), trust(), db);
    CHECK_ROW(r->status == 1, "%d %.500s %.300s", r->status, r->out, r->err);
    member(r->out, "message_id", id);
    pthread_mutex_lock(&ap.lock);
    ap.answers[0] = AP_RECEIPT;
    pthread_mutex_unlock(&ap.lock);
    for (unsigned i = 0; i < 3; i++) {
        r = run_ensign("send %s %s %s --action IE3F26 %s --outbox %s --receipts %s --json", ap.url, payload(), seal(),
                       trust(), db, fixture_path("send-again"));
        member(r->out, "message_id", again);
        CHECK_ROW(r->status == 0 && strcmp(id, again) == 0 && strstr(r->out, "\"acknowledged\":true") &&
                      strstr(r->out, ".xml\""),
                  "run %u: %d %.500s %.300s", i, r->status, r->out, r->err);
        CU_ASSERT_EQUAL(access_point_asked(&ap), 2);
    }
    CU_ASSERT(memcmp(ap.request[0].sha256, ap.request[1].sha256, 32) == 0);
    r = run_ensign("journal list --store %s --json", db);
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"kind\":\"receipt\"") && strstr(r->out, "\"kind\":\"error\""),
              "%d %.900s", r->status, r->out);
    r = run_ensign("send %s %s %s --action IE3F26 %s --outbox %s --message-id %s --json", ap.url, payload(), seal(),
                   trust(), db, id);
    CU_ASSERT_EQUAL(r->status, 0);
    r = run_ensign("send %s %s --sealed %s --outbox %s --json", ap.url, fixture_path("f26.mime"), trust(), db);
    CU_ASSERT_EQUAL(r->status, 0);
    CU_ASSERT_EQUAL(access_point_asked(&ap), 3);
    access_point_close(&ap);
}

/* Nobody is there: nothing is given up. Later the arrival goes first. */
static void waits_in_the_outbox(void)
{
    char port[16];
    const char *db = fresh("outage.db");
    point(AP_RECEIPT);
    snprintf(port, sizeof port, "%s", strrchr(ens__server_address(ap.server, 0), ':') + 1);
    char url[64];
    snprintf(url, sizeof url, "%s", ap.url);
    access_point_close(&ap);
    const run_result *r =
        run_ensign("send %s %s %s %s --sealed %s --outbox %s --retries 1 " FAST " --json", url,
                   fixture_path("q04.mime"), fixture_path("f26.mime"), fixture_path("n06.mime"), trust(), db);
    CHECK_ROW(r->status == 2 && count(r->out, "EBMS:0005") == 3 && count(r->out, "\"state\":\"ready\"") == 3,
              "%d %.900s %.300s", r->status, r->out, r->err);
    const ap_answer answer = AP_RECEIPT;
    CU_ASSERT_FATAL(access_point_open(&ap, false, port, &answer, 1));
    r = run_ensign("send %s %s --outbox %s --json", url, trust(), db);
    CHECK_ROW(r->status == 0 && count(r->out, "\"acknowledged\":true") == 3 && strstr(r->out, "f26.mime"),
              "%d %.900s %.300s", r->status, r->out, r->err);
    CHECK_ROW(access_point_asked(&ap) == 3 && strncmp(ap.request[0].id, "0000000c", 8) == 0, "%s came first",
              ap.request[0].id);
    r = run_ensign("send http://localhost:1/ %s --outbox %s --json", trust(), db);
    CU_ASSERT_EQUAL(r->status, 0); /* nothing waits for another address */
    access_point_close(&ap);
}

/* kill_while starts the command and kills it when the access point was asked so often. */
static void kill_while(unsigned asked, const char *db)
{
    char line[4096];
    snprintf(line, sizeof line, "exec %s send %s %s %s --action IE3F26 %s --outbox %s " FAST " --json >/dev/null 2>&1",
             ENSIGN_COMMAND, ap.url, payload(), seal(), trust(), db);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    for (unsigned i = 0; i < 1000 && access_point_asked(&ap) < asked; i++)
        usleep(10000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void goes_on_after_a_kill(void)
{
    static const ap_answer answers[] = {AP_NOTHING, AP_PAGE, AP_RECEIPT};
    const char *db = fresh("killed.db");
    CU_ASSERT_FATAL(open_point(false, answers, 3));
    kill_while(1, db);
    unsigned before = access_point_asked(&ap);
    const run_result *r = run_ensign("send %s %s %s --action IE3F26 %s --outbox %s " FAST " --json", ap.url, payload(),
                                     seal(), trust(), db);
    CHECK_ROW(r->status == 0 && count(r->out, "\n") == 1 && strstr(r->out, "\"acknowledged\":true"), "%d %.500s %.300s",
              r->status, r->out, r->err);
    CHECK_ROW(access_point_asked(&ap) == (before < 3 ? 3 : before), "asked %u, then %u", before,
              access_point_asked(&ap));
    for (unsigned n = 1; n < access_point_asked(&ap); n++)
        CHECK_ROW(strcmp(ap.request[n].id, ap.request[0].id) == 0 &&
                      memcmp(ap.request[n].sha256, ap.request[0].sha256, 32) == 0,
                  "attempt %u had other bytes", n);
    access_point_close(&ap);
}

#define MANY 6
#define KILLS 12

/* Killed at any moment, however often: every payload is acknowledged, and is one message. */
static void many_kills_lose_and_double_nothing(void)
{
    static const ap_answer answers[] = {AP_RECEIPT, AP_NOTHING, AP_RECEIPT, AP_CUT, AP_RECEIPT, AP_PAGE, AP_RECEIPT};
    const char *db = fresh("kills.db");
    char line[6144], files[3072] = "", name[64], ids[MANY][512] = {{0}};
    ens_file document = {0};
    CU_ASSERT_FATAL(open_point(false, answers, sizeof answers / sizeof *answers));
    CU_ASSERT_EQUAL_FATAL(ens__file_open(payload(), 0, &document, NULL), ENS_OK);
    for (unsigned i = 0; i < MANY; i++) {
        ens_buf text;
        ens_buf_init(&text, NULL, 0, (size_t)1 << 20);
        ens_buf_put(&text, document.bytes);
        for (unsigned n = 0; n <= i; n++)
            ens_buf_text(&text, "\n"); /* other octets */
        snprintf(name, sizeof name, "kills-%u.xml", i);
        CU_ASSERT_EQUAL(ens__file_write(fixture_path(name), ens_buf_slice(&text), 0600, NULL), ENS_OK);
        snprintf(files + strlen(files), sizeof files - strlen(files), "%s ", fixture_path(name));
        ens_buf_free(&text);
    }
    ens__file_close(&document);
    snprintf(line, sizeof line, "send %s %s %s --action IE3F26 %s --outbox %s --first-wait 20 --json", ap.url, files,
             seal(), trust(), db);
    srand(20261001);
    for (unsigned i = 0; i < KILLS; i++) {
        char shell[8192];
        snprintf(shell, sizeof shell, "exec %s %s >/dev/null 2>&1", ENSIGN_COMMAND, line);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            execl("/bin/sh", "sh", "-c", shell, (char *)NULL);
            _exit(127);
        }
        usleep((useconds_t)(rand() % 200000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    const run_result *r = run_ensign("%s", line);
    CHECK_ROW(r->status == 0 && count(r->out, "\"acknowledged\":true") == MANY && count(r->out, "\n") == MANY,
              "%d %.900s %.300s", r->status, r->out, r->err);
    for (unsigned n = 0, num = 0; n < access_point_asked(&ap) && n < AP_REQUESTS_MAX; n++) {
        unsigned i = 0;
        while (i < num && strcmp(ids[i], ap.request[n].id) != 0)
            i++;
        CHECK_ROW(i < MANY, "request %u is a message too many: %s", n, ap.request[n].id);
        if (i == num && num < MANY)
            snprintf(ids[num++], sizeof ids[0], "%s", ap.request[n].id);
        for (unsigned k = 0; k < n; k++)
            CHECK_ROW(strcmp(ap.request[k].id, ap.request[n].id) != 0 ||
                          memcmp(ap.request[k].sha256, ap.request[n].sha256, 32) == 0,
                      "requests %u and %u have one id and other bytes", k, n);
    }
    access_point_close(&ap);
}

/* An id of one's own that stands for other octets in the outbox is no id for these. */
static void an_id_stands_for_one_message(void)
{
    const char *db = fresh("clash.db");
    ens_file document = {0};
    point(AP_RECEIPT);
    const run_result *r = run_ensign("send %s %s %s --action IE3F26 %s --outbox %s --message-id one@ap.example --json",
                                     ap.url, payload(), seal(), trust(), db);
    CHECK_ROW(r->status == 0, "%d %.500s %.300s", r->status, r->out, r->err);
    CU_ASSERT_EQUAL_FATAL(ens__file_open(payload(), 0, &document, NULL), ENS_OK);
    ens_buf text;
    ens_buf_init(&text, NULL, 0, (size_t)1 << 20);
    ens_buf_put(&text, document.bytes);
    ens_buf_text(&text, "\n");
    CU_ASSERT_EQUAL(ens__file_write(fixture_path("clash.xml"), ens_buf_slice(&text), 0600, NULL), ENS_OK);
    ens_buf_free(&text);
    ens__file_close(&document);
    r = run_ensign("send %s %s %s --action IE3F26 %s --outbox %s --message-id one@ap.example --json", ap.url,
                   fixture_path("clash.xml"), seal(), trust(), db);
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"acknowledged\":false") && strstr(r->out, "another message"),
              "%d %.500s %.300s", r->status, r->out, r->err);
    CU_ASSERT_EQUAL(access_point_asked(&ap), 1);
    r = run_ensign("send http://localhost:1/ %s --sealed --outbox %s %s", fixture_path("f26.mime"), db, trust());
    CU_ASSERT_EQUAL(r->status, 2);
    r = run_ensign("send %s %s --sealed --outbox %s %s", ap.url, fixture_path("q04.mime"), db, trust());
    CHECK_ROW(r->status == 2 && strstr(r->err, "an outbox is for one address"), "%d %.500s", r->status, r->err);
    access_point_close(&ap);
}

static void usage(void)
{
    static const char *const lines[] = {
        "send",
        "send http://localhost:1/",
        "send http://localhost:1/ none.xml",
        "send http://localhost:1/ none.xml --sealed --retries many",
        "send http://localhost:1/ none.mime --sealed --json",
        "ping http://localhost:1/",
        "ping",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const run_result *r = run_ensign("%s", lines[i]);
        CHECK_ROW(r->status == 2 && r->err[0], "%s: %d", lines[i], r->status);
    }
    const run_result *r = run_ensign("send http://localhost:1/ %s --sealed --json", fixture_path("pull.xml"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"acknowledged\":false") && strstr(r->out, "no sealed user message"),
              "%d %.300s", r->status, r->out);
}

static const ens_case cases[] = {
    {"a message is sealed, sent, and its receipt kept beside it", sends_and_proves},
    {"what is sealed goes as it is", sends_what_is_sealed},
    {"refusals and silence are told in words, the same bytes on every attempt", tells_refusals},
    {"faults that pass are got over", gets_over_faults},
    {"ping proves the receipt of a test message", pings},
    {"mutual TLS", by_tls},
    {"an outbox doesn't send twice what was acknowledged", an_outbox_knows_its_messages},
    {"what finds nobody waits, and category A leaves first", waits_in_the_outbox},
    {"a command that was killed goes on with the same bytes", goes_on_after_a_kill},
    {"kills at any moment lose and double nothing", many_kills_lose_and_double_nothing},
    {"an id stands for one message, an outbox for one address", an_id_stands_for_one_message},
    {"usage", usage},
    {NULL, NULL},
};
ENS_SUITE("cli/send", cases)
