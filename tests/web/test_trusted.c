/* The page of the trusted lists and the one that tells what to order, over a server that has a cache of lists: the way
 * from a country to a provider, a type and an order, as a browser without scripts goes it. */
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"
#include "tests/web/rest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT "2026-10-01T12:00:00Z"

static char home[] = "/tmp/ensign-trusted-XXXXXX", demo[80];
static stand_in server;
static rest client;

/* write_config makes a configuration that trusts a fresh cache of the fixtures' lists. */
static bool write_config(char *path, size_t size)
{
    char lists[256], pki[256], command[2048];
    snprintf(pki, sizeof pki, "%s", fixture_path("pki"));
    snprintf(lists, sizeof lists, "%s", fixture_path("lists"));
    snprintf(command, sizeof command,
             "mkdir %s/pki && cd %s/pki && cp %s/tls-client.pem . && cp %s/tls-server.key tls-client.key && "
             "cp %s/root.pem tls-root.pem",
             home, home, pki, pki, pki);
    snprintf(path, size, "%s/serve.yaml", home);
    run_ensign(
        "trust update --lotl %s/lotl.xml --mirror %s --anchors %s/anchors.pem --cache %s/cache --offline --at " AT,
        lists, lists, lists, home);
    FILE *f = fopen(path, "w");
    if (!f || system(command) != 0)
        return false;
    fprintf(f,
            "profile: rehearsal\nlisten:\n  - {address: \"127.0.0.1:0\", tls: false}\n"
            "seal: {certificate: %s, key: %s, domain: sti.example}\ntrust: [%s, %s/cache]\n",
            fixture_path("pki/sti.pem"), fixture_path("pki/sti.key"), fixture_path("pki/root.pem"), home);
    fprintf(f, "store: {path: trusted.db, durable: none}\nweb: {listen: \"127.0.0.1:0\", token_file: token}\n");
    return fclose(f) == 0;
}

static void open_server(void)
{
    static bool tried, good;
    char path[160], arguments[256];
    if (!tried) {
        tried = true;
        server.pid = -1;
        good = fixture_folder() && stand_in_home(home, demo, sizeof demo) && write_config(path, sizeof path);
        snprintf(server.pki, sizeof server.pki, "%s/pki", home);
        snprintf(server.folder, sizeof server.folder, "%.60s", demo);
        snprintf(arguments, sizeof arguments, "--clock " AT " --config %s", path);
        good = good && stand_in_run(&server, arguments);
        const char *web = good ? json_string_value(json_object_get(server.ready, "web")) : NULL;
        good = web && sscanf(web, "http://%63[^/]", client.address) == 1;
    }
    CU_ASSERT_FATAL(good);
}

__attribute__((destructor)) static void close_server(void)
{
    if (server.pid > 0)
        stand_in_end(&server, SIGTERM);
}

static unsigned get(rest_answer *a, const char *path)
{
    char request[1024];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path,
                     client.address);
    return rest_raw(&client, a, request, (size_t)n);
}

static void goes_from_a_country_to_a_provider_and_a_type(void)
{
    static const struct {
        const char *path, *has[4], *hasnt;
    } rows[] = {
        {"/lists", {"href=\"/lists?country=FR\">France", "2027-03-01", "missing", NULL}, "Demo Trust"},
        {"/lists?country=FR",
         {"href=\"/lists?country=FR&amp;name=Demo%20Trust\">Demo Trust", "VATFR-44732829320",
          "href=\"/lists?country=FR&amp;type=eseal\">qualified certificates for seals", "granted"},
         "Demo Customs"},
        {"/lists?country=FR", {"since 2026-01-01", "certificate until 20", "fresh", "/order?"}, "Belgium</a>"},
        {"/lists?country=FR&type=eseal&name=demo", {"Demo Trust", "selected", NULL}, "Demo Customs"},
        {"/lists?name=Demo", {"Demo Trust", "Demo Customs", NULL}, "Nobody fits"},
        {"/lists?country=FR&type=timestamp", {"Nobody fits", NULL}, "Demo Trust"},
        {"/lists?country=FR&all=yes", {"&amp;name=Demo%20Trust&amp;all=yes\"", NULL}, "Demo Customs"},
        {"/lists?country=IT", {"missing", "Nobody fits", NULL}, "Demo Trust"},
        {"/lists?country=ZZ", {"there is no list of this country", NULL}, "Demo Trust"},
        {"/lists?type=nonsense", {"there is no such type", NULL}, "Demo Trust"},
        {"/lists?name=%3Cb%3E%22x", {"&lt;b&gt;", NULL}, "<b>"},
    };
    rest_answer a = {0};
    open_server();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_ROW(get(&a, rows[i].path) == 200, "%s: %u", rows[i].path, a.status);
        for (size_t k = 0; a.body && k < 4 && rows[i].has[k]; k++)
            CHECK_ROW(strstr(a.body, rows[i].has[k]), "%s has no %s", rows[i].path, rows[i].has[k]);
        CHECK_ROW(a.body && !strstr(a.body, rows[i].hasnt), "%s has %s", rows[i].path, rows[i].hasnt);
    }
    rest_drop(&a);
}

/* token_of copies what the page's forms carry. */
static bool token_of(const rest_answer *a, char *out, size_t size)
{
    static const char before[] = "name=\"csrf\" value=\"";
    const char *at = a->body ? strstr(a->body, before) : NULL;
    if (at)
        snprintf(out, size, "%.*s", (int)strcspn(at + sizeof before - 1, "\""), at + sizeof before - 1);
    return at != NULL;
}

static unsigned post(rest_answer *a, const char *cookie, const char *csrf, const char *fields)
{
    char body[1024], request[2048];
    int len = snprintf(body, sizeof body, "csrf=%s&%s", csrf, fields);
    int n = snprintf(request, sizeof request,
                     "POST /order HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nCookie: %s\r\nContent-Type: "
                     "application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
                     client.address, cookie, len, body);
    return rest_raw(&client, a, request, (size_t)n);
}

static void tells_what_to_order_and_leads_to_the_check_of_the_request(void)
{
    static const struct {
        const char *fields;
        unsigned status;
        const char *has;
    } rows[] = {
        {"eori=FR73282932000074&company=ACME+SA&orgid=", 200, "A seal certificate for FR73282932000074"},
        {"eori=FR73282932000074&company=ACME+SA&orgid=", 200, "C=FR, O=ACME SA, CN=ACME SA"},
        {"eori=FR73282932000074&company=ACME+SA&orgid=", 200, "VATFR-44732829320"},
        {"eori=FR73282932000074&company=ACME+SA&orgid=", 200, "action=\"/check\""},
        {"eori=FR73282932000074&company=%3Cb%3E", 200, "O=&lt;b&gt;"},
        {"eori=FR73282932000074&company=A&orgid=NTRFR-732829320", 200, "NTRFR-732829320 as its"},
        {"eori=FR73282932000074&company=A&orgid=NTRFR-552100554", 422, "another legal person"},
        {"eori=nothing&company=A", 422, "action=\"/order\""},
        {"eori=FR73282932000074&company=", 422, "missing"},
        {"eori=FR73282932000074&company=A%00B", 422, "missing"},
        {"eori=FR73282932000074%00&company=A", 422, "action=\"/order\""},
        {"eori=FR73282932000074&company=%FF", 422, "missing"},
        {"", 422, "action=\"/order\""},
    };
    rest_answer a = {0};
    char csrf[128] = "", cookie[256] = "";
    open_server();
    CU_ASSERT_EQUAL(get(&a, "/order?country=FR&provider=Demo%20Trust&type=eseal"), 200);
    CU_ASSERT(strstr(a.body, "Demo Trust, FR, eseal") != NULL);
    CU_ASSERT_FATAL(rest_field(&a, "Set-Cookie", cookie, sizeof cookie) && token_of(&a, csrf, sizeof csrf));
    cookie[strcspn(cookie, ";")] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned status = post(&a, cookie, csrf, rows[i].fields);
        CHECK_ROW(status == rows[i].status && strstr(a.body, rows[i].has), "%s: %u, without %s", rows[i].fields, status,
                  rows[i].has);
    }
    CU_ASSERT_EQUAL(post(&a, cookie, "another", rows[0].fields), 403);
    rest_drop(&a);
}

static const ens_case cases[] = {
    {"goes from a country to a provider and a type, and says why a list shows nobody",
     goes_from_a_country_to_a_provider_and_a_type},
    {"tells what to order, and leads to the check of the request",
     tells_what_to_order_and_leads_to_the_check_of_the_request},
    {NULL, NULL},
};
ENS_SUITE("web/trusted", cases)
