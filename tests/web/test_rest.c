/* The API of a running stand-in: one filing's life, every operation once, each answer held against the description; and
 * what must not be: another's space, a token that is none, bodies that are none. */
#include "tests/suite.h"
#include "tests/web/rest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char home[] = "/tmp/ensign-rest-XXXXXX", demo[80];
static stand_in server;
static rest client;

static bool open_server(void)
{
    static bool tried, good;
    if (!tried) {
        tried = true;
        good =
            stand_in_home(home, demo, sizeof demo) && stand_in_open(&server, demo, "") && rest_open(&client, &server);
    }
    CU_ASSERT_FATAL(good);
    return good;
}

__attribute__((destructor)) static void close_server(void)
{
    if (server.pid > 0)
        stand_in_end(&server, SIGTERM);
}

/* submit makes a document, seals it and hands it to the access point. */
static void submit(rest_answer *a, const char *eori, const char *action, const char *query)
{
    char path[512], type[256];
    pushed p;
    snprintf(path, sizeof path, "/documents/new/%s?from=%s%s", action, eori, query);
    CU_ASSERT_EQUAL(rest_get(&client, a, path), 200);
    char *document = strndup(a->body, a->len);
    snprintf(path, sizeof path, "/seal?from=%s&action=%s", eori, action);
    CU_ASSERT_EQUAL(rest_ask(&client, a, "POST", path, NULL, "application/xml", document, strlen(document)), 200);
    free(document);
    CU_ASSERT_FATAL(rest_field(a, "Content-Type", type, sizeof type));
    char *message = malloc(a->len + 512);
    int n = snprintf(message, 512, "Content-Type: %s\r\n\r\n", type);
    memcpy(message + n, a->body, a->len);
    CU_ASSERT(stand_in_send(&server, false, message, (size_t)n + a->len, &p) && p.status == 200);
    free(message);
}

static unsigned await(rest_answer *a, const char *query)
{
    char path[512];
    snprintf(path, sizeof path, "/wait?timeout=20&pending=true&%s", query);
    return rest_get(&client, a, path);
}

/* put_at copies a text of an object of an array. */
static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

static void life(void)
{
    rest_answer a = {0};
    char mrn[32], query[256], path[400], id[300], reference[32];
    open_server();
    submit(&a, server.eori, "IE3F26", "&lrn=REST-1-Q02");
    CU_ASSERT_EQUAL(await(&a, "action=IE3R01&lrn=REST-1-Q02"), 200);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/filings?lrn=REST-1-Q02"), 200);
    const json_t *filing = json_array_get(json_object_get(a.json, "filings"), 0);
    copy_text(mrn, sizeof mrn, json_string_value(json_object_get(filing, "mrn")));
    snprintf(path, sizeof path, "/filings/%s", mrn);
    CU_ASSERT(rest_get(&client, &a, path) == 200 && strcmp(rest_text(&a, "mrn"), mrn) == 0);
    snprintf(path, sizeof path, "/filings/%s/document", mrn);
    CU_ASSERT(rest_get(&client, &a, path) == 200 && strstr(a.body, "<LRN>REST-1-Q02</LRN>"));
    snprintf(query, sizeof query, "action=IE3Q02&mrn=%s", mrn);
    CU_ASSERT_EQUAL(await(&a, query), 200);
    copy_text(id, sizeof id, rest_text(&a, "message_id"));
    snprintf(path, sizeof path, "/mailbox/%s/document", id);
    CU_ASSERT_EQUAL(rest_get(&client, &a, path), 200);
    const char *at = strstr(a.body, "<referralRequestReference>");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(reference, sizeof reference, "%.*s", (int)strcspn(at + 26, "<"), at + 26);
    CU_ASSERT(rest_get(&client, &a, "/referrals") == 200 && strstr(a.body, reference));
    CU_ASSERT(rest_get(&client, &a, "/mailbox?action=IE3Q02") == 200 && strstr(a.body, id));
    snprintf(query, sizeof query, "&mrn=%s&reference=%s", mrn, reference);
    submit(&a, server.eori, "IE3R02", query);
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/clock/advance", "{\"by\":\"2h\"}"), 200);
    snprintf(query, sizeof query, "action=IE3N03&mrn=%s&format=junit", mrn);
    CU_ASSERT(await(&a, query) == 200 && strstr(a.body, "failures=\"0\""));
    snprintf(path, sizeof path, "/filings/%s/orders", mrn);
    CU_ASSERT_EQUAL(rest_post(&client, &a, path, "{\"order\":\"ask-screening\",\"text\":\"Why?\"}"), 202);
    snprintf(query, sizeof query, "action=IE3Q03&mrn=%s", mrn);
    CU_ASSERT_EQUAL(await(&a, query), 200);
    rest_drop(&a);
}

static void journal(void)
{
    rest_answer a = {0};
    char path[64];
    open_server();
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/journal?limit=1&direction=in&kind=user-message"), 200);
    const json_t *row = json_array_get(json_object_get(a.json, "entries"), 0);
    CU_ASSERT_FATAL(row != NULL);
    long long seq = json_integer_value(json_object_get(row, "seq"));
    snprintf(path, sizeof path, "/journal/%lld", seq);
    CU_ASSERT_EQUAL(rest_get(&client, &a, path), 200);
    snprintf(path, sizeof path, "/journal/%lld/raw", seq);
    CU_ASSERT(rest_get(&client, &a, path) == 200 && strstr(a.body, "Content-Type: multipart/related") == a.body);
    snprintf(path, sizeof path, "/journal/%lld/document", seq);
    CU_ASSERT(rest_get(&client, &a, path) == 200 && strstr(a.body, "<IE3F26"));
    snprintf(path, sizeof path, "/journal/%lld/replay", seq);
    CU_ASSERT_EQUAL(rest_post(&client, &a, path, NULL), 409);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/wait?action=NONE&timeout=0"), 408);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/wait?action=NONE&timeout=0&format=junit"), 200);
    CU_ASSERT(strstr(a.body, "failures=\"1\"") && strstr(a.body, "<failure message="));
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/wait?timeout=301"), 422);
    static const char *const bad[] = {"/journal?since=-1",   "/journal?since=x",    "/journal?kind=x",
                                      "/journal?limit=0",    "/journal?limit=1001", "/journal?direction=up",
                                      "/journal?verdict=yes"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_ROW(rest_get(&client, &a, bad[i]) == 422, "%s: %u", bad[i], a.status);
    static const char *const none[] = {"/journal/0", "/journal/99999999", "/journal/x",
                                       "/journal/99999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK_ROW(rest_get(&client, &a, none[i]) == 404, "%s: %u", none[i], a.status);
    rest_drop(&a);
}

static void judging(void)
{
    rest_answer a = {0};
    char file[128];
    open_server();
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/verify", NULL, "application/octet-stream", "x", 1), 200);
    CU_ASSERT_STRING_EQUAL(rest_text(&a, "verdict"), "refused");
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/verify", NULL, "application/octet-stream", "", 0), 422);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/verify?as=king", NULL, "application/octet-stream", "x", 1), 422);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/documents/check", NULL, "application/octet-stream", "<x/>", 4),
                    200);
    snprintf(file, sizeof file, "%s/trader.pem", server.pki);
    FILE *f = fopen(file, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    char pem[16384];
    size_t len = fread(pem, 1, sizeof pem, f);
    fclose(f);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/certificates/check?eori=FR732829320", NULL,
                             "application/octet-stream", pem, len),
                    200);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/certificates/check", NULL, "application/octet-stream",
                             "-----BEGIN PRIVATE KEY-----", 27),
                    422);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/parties/FR732829320/certificates?unchecked=true", NULL,
                             "application/octet-stream", pem, len),
                    201);
    static const char form[] =
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.xml\"\r\n\r\nreceipt\r\n"
        "--B\r\nContent-Disposition: form-data; name=\"for\"\r\n\r\nmessage\r\n--B--\r\n";
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/receipts/check", NULL, "multipart/form-data; boundary=B", form,
                             sizeof form - 1),
                    200);
    CU_ASSERT_STRING_EQUAL(rest_text(&a, "file"), "r.xml");
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/seal?from=XX&action=IE3F26", NULL, "application/xml", "<x/>", 4),
                    422);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/documents/new/IE9Z99"), 422);
    rest_drop(&a);
}

#define ACCOUNT                                                                                                        \
    "{\"user\":\"transports1\",\"password\":\"R4-invented-only\",\"email\":\"ann@transports.invalid\",\"surname\":"    \
    "\"Demo\","                                                                                                        \
    "\"first_name\":\"Ann\",\"language\":\"en\",\"accept_terms\":"
#define LETTER                                                                                                         \
    "Subject: Demo Request for rights_Conformance (test) UUM&DS\n\nEORI number: FR732829320\nCompany name: "           \
    "Demo\nProdouane user id: transports1\nDesired date: 2030-01-01\n"
#define STEP_1                                                                                                         \
    "{\"user\":\"transports1\",\"eori\":\"FR732829320\",\"name\":\"Seal\",\"description\":\"x\",\"key_holder\":"       \
    "\"Demo\","                                                                                                        \
    "\"purpose\":"

/* ask_for asks at a path in which an id stands for the star. */
static unsigned ask_for(rest_answer *a, const char *method, const char *pattern, const char *id, const char *type,
                        const char *body)
{
    char path[160];
    const char *star = strchr(pattern, '*');
    snprintf(path, sizeof path, "%.*s%s%s", (int)(star - pattern), pattern, id, star + 1);
    return rest_ask(&client, a, method, path, NULL, type, body, body ? strlen(body) : 0);
}

/* confirm takes the link out of the newest mail. */
static void confirm(rest_answer *a)
{
    char link[64], body[128];
    CU_ASSERT_EQUAL(rest_get(&client, a, "/mails"), 200);
    json_t *mail = json_array_get(json_object_get(a->json, "mails"), 0);
    char id[64];
    snprintf(id, sizeof id, "%s", json_string_value(json_object_get(mail, "id")));
    CU_ASSERT_EQUAL(ask_for(a, "GET", "/mails/*", id, NULL, NULL), 200);
    const char *at = strstr(rest_text(a, "text"), "CL-");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(link, sizeof link, "%.35s", at);
    snprintf(body, sizeof body, "{\"link\":\"%s\"}", link);
    CU_ASSERT_EQUAL(rest_post(&client, a, "/accounts/confirm", body), 200);
    CU_ASSERT_EQUAL(rest_post(&client, a, "/accounts/confirm", body), 409);
}

static void registration(void)
{
    rest_answer a = {0};
    char id[64];
    open_server();
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/accounts", ACCOUNT "false}"), 422);
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/accounts", ACCOUNT "true}"), 201);
    confirm(&a);
    CU_ASSERT_EQUAL(ask_for(&a, "PUT", "/accounts/*/company", "transports1", "application/json",
                            "{\"siret\":\"73282932000074\",\"company\":\"Demo\"}"),
                    200);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/accounts/transports1"), 200);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/accounts/nobody1234"), 404);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/rights", NULL, "text/plain", "x", 1), 422);
    CU_ASSERT_EQUAL(rest_ask(&client, &a, "POST", "/rights", NULL, "text/plain", LETTER, sizeof LETTER - 1), 201);
    snprintf(id, sizeof id, "%s", rest_text(&a, "id"));
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/registrations", STEP_1 "\"Signature\"}"), 422); /* not granted yet */
    CU_ASSERT_EQUAL(ask_for(&a, "POST", "/rights/*", id, "application/json", "{\"decision\":\"eat\"}"), 422);
    CU_ASSERT_EQUAL(ask_for(&a, "POST", "/rights/*", id, "application/json", "{\"decision\":\"grant\"}"), 200);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/rights"), 200);
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/registrations", STEP_1 "\"no\"}"), 422);
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/registrations", STEP_1 "\"Signature\"}"), 201);
    snprintf(id, sizeof id, "%s", rest_text(&a, "id"));
    CU_ASSERT_EQUAL(ask_for(&a, "GET", "/registrations/*/pdf", id, NULL, NULL), 200);
    CU_ASSERT_EQUAL(strncmp(a.body, "%PDF-", 5), 0);
    CU_ASSERT_EQUAL(ask_for(&a, "PUT", "/registrations/*/signed", id, "application/pdf", "%PDF-1.7\n"), 422);
    CU_ASSERT_EQUAL(ask_for(&a, "POST", "/registrations/*/next", id, NULL, NULL), 409);
    CU_ASSERT_EQUAL(ask_for(&a, "POST", "/registrations/*/eat", id, NULL, NULL), 404);
    CU_ASSERT_EQUAL(ask_for(&a, "GET", "/registrations/*", id, NULL, NULL), 200);
    CU_ASSERT_STRING_EQUAL(rest_text(&a, "status"), "PDF issued");
    id[0] = 'P';
    CU_ASSERT_EQUAL(ask_for(&a, "GET", "/registrations/*", id, NULL, NULL), 409);
    CU_ASSERT_EQUAL(rest_get(&client, &a, "/registrations"), 200);
    rest_drop(&a);
}

static void parties(void)
{
    static const struct {
        const char *method, *path, *json;
        unsigned status;
    } rows[] = {
        {"GET", "/parties", NULL, 200},
        {"POST", "/parties",
         "{\"party_id\":\"BE0123456749@FR\",\"name\":\"x\",\"agreement\":\"V2.0\",\"force\":\"A002\"}", 201},
        {"POST", "/parties", "{\"party_id\":\"BE0123456749\",\"force\":\"none\",\"agreement\":\"any\"}", 201},
        {"POST", "/parties", "{\"party_id\":\"FR12345678900011\"}", 422},
        {"POST", "/parties", "{\"party_id\":\"no\"}", 422},
        {"POST", "/parties", "{\"party_id\":5}", 422},
        {"POST", "/parties", "{\"party_id\":\"BE0123456749\",\"x\":1}", 422},
        {"POST", "/parties", "[]", 400},
        {"GET", "/parties/BE0123456749", NULL, 200},
        {"GET", "/parties/DE9", NULL, 404},
        {"POST", "/parties/BE0123456749/suspend", NULL, 200},
        {"POST", "/parties/BE0123456749/resume", NULL, 200},
        {"POST", "/parties/BE0123456749/certificates/00000000/suspend", NULL, 404},
        {"POST", "/parties/BE0123456749/certificates/xyz/suspend", NULL, 422},
        {"POST", "/parties/BE0123456749/certificates/00000000/eat", NULL, 404},
        {"POST", "/parties/BE0123456749/revoke", NULL, 200},
        {"POST", "/parties/BE0123456749/resume", NULL, 409},
        {"PUT", "/channels/BE0123456749", "{\"mode\":\"push\",\"url\":\"https://trader.example/as4\"}", 200},
        {"PUT", "/channels/BE0123456749", "{\"mode\":\"push\"}", 422},
        {"PUT", "/channels/BE0123456749", "{\"mode\":\"push\",\"url\":\"ftp://x\"}", 422},
        {"PUT", "/channels/BE0123456749", "{\"mode\":\"pull\"}", 200},
        {"GET", "/channels/BE0123456749", NULL, 200},
        {"GET", "/arrivals", NULL, 200},
        {"GET", "/filings?state=no", NULL, 422},
        {"GET", "/filings?pile=no", NULL, 422},
        {"GET", "/filings?pile=done", NULL, 200},
        {"GET", "/filings/26FRNONE", NULL, 404},
        {"PUT", "/faults/one", "{\"fault\":\"refuse\",\"code\":\"EBMS:0101\",\"lrn\":\"*-Z\"}", 200},
        {"GET", "/faults", NULL, 200},
        {"PUT", "/faults/one", "{\"fault\":\"refuse\",\"code\":\"EBMS:9999\"}", 422},
        {"PUT", "/faults/one", "{\"fault\":\"slow\",\"seconds\":61}", 422},
        {"PUT", "/faults/one", "{\"fault\":\"slow\",\"seconds\":-1}", 422},
        {"DELETE", "/faults/one", NULL, 204},
        {"DELETE", "/faults/one", NULL, 404},
        {"GET", "/scenarios", NULL, 200},
        {"DELETE", "/scenarios/none", NULL, 404},
        {"GET", "/clock", NULL, 200},
        {"POST", "/clock/freeze", "{\"at\":\"x\"}", 422},
        {"POST", "/clock/advance", "{}", 422},
        {"POST", "/clock/advance", "{\"by\":\"36500d\"}", 200},
        {"POST", "/clock/run", NULL, 200},
        {"GET", "/spaces", NULL, 200},
        {"PUT", "/spaces/no", NULL, 422},
        {"GET", "/", NULL, 200},
    };
    rest_answer a = {0};
    open_server();
    CU_ASSERT_EQUAL(rest_post(&client, &a, "/clock/freeze", NULL), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rest_ask(&client, &a, rows[i].method, rows[i].path, NULL, rows[i].json ? "application/json" : NULL,
                 rows[i].json, rows[i].json ? strlen(rows[i].json) : 0);
        CHECK_ROW(a.status == rows[i].status, "%s %s %s: %u %s", rows[i].method, rows[i].path,
                  rows[i].json ? rows[i].json : "", a.status, a.body);
    }
    rest_drop(&a);
}

static const ens_case cases[] = {
    {"a filing lives by the API alone", life},
    {"the journal is listed, read and waited for", journal},
    {"judging answers with the command's JSON", judging},
    {"a registration is rehearsed by the API alone", registration},
    {"parties, faults, clocks: each answer is a described one", parties},
    {NULL, NULL},
};
ENS_SUITE("web/rest", cases)
