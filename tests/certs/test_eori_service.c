#include "certs/eori/eori.h"

#include "engine/base/report.h"
#include "engine/net/fetch.h"
#include "tests/certs/local_server.h"
#include "tests/suite.h"

#include <string.h>

#define ONE "FR73282932000074"
#define TWO "DE123456789012345"
#define ARENA_MAX ((size_t)1 << 20)

static ens_slice asked[2];

static void ask_for_two(void)
{
    asked[0] = ens_str(ONE);
    asked[1] = ens_str(TWO);
}

#define OPEN                                                                                                           \
    "<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><S:Body>"
#define CLOSE "</S:Body></S:Envelope>"
#define RESPONSE "<n:validateEORIResponse xmlns:n=\"http://eori.ws.eos.dds.s/\">"

/* The two spellings that clients of the service meet, results in another order than asked. */
static const char plain_answer[] = OPEN RESPONSE
    "<return><requestDate>24/11/2026 10:00:00</requestDate>"
    "<result><eori>" TWO "</eori><status>1</status><statusDescr>Not valid</statusDescr></result>"
    "<result><eori>" ONE
    "</eori><status>0</status><statusDescr>Valid</statusDescr><name>TRANSPORTS &amp; DEMO SAS</name>"
    "<street>1 rue du Port</street><postalCode>76600</postalCode><city>Le Havre</city><country>FR</country></result>"
    "</return></n:validateEORIResponse>" CLOSE;
static const char qualified_answer[] = OPEN RESPONSE
    "<n:return><n:result><n:eori>" ONE
    "</n:eori><n:status> 0 </n:status><n:statusDescr>Valid</n:statusDescr><n:address>Paris</n:address></n:result>"
    "<n:result><n:eori>" TWO "</n:eori><n:status>1</n:status></n:result></n:return></n:validateEORIResponse>" CLOSE;
static const char fault_answer[] =
    OPEN "<S:Fault><faultcode>S:Server</faultcode><faultstring>too many requests</faultstring></S:Fault>" CLOSE;

static void writes_the_request_that_the_service_takes(void)
{
    static const char wanted[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soap:Envelope "
        "xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>"
        "<ev:validateEORI "
        "xmlns:ev=\"http://eori.ws.eos.dds.s/\"><ev:eori>FR1&lt;&amp;&gt;</ev:eori><ev:eori>BE2</ev:eori>"
        "</ev:validateEORI></soap:Body></soap:Envelope>";
    ens_slice eoris[] = {ENS_LIT("FR1<&>"), ENS_LIT("BE2")};
    ens_buf out;
    ens_buf_init(&out, NULL, 0, 4096);
    ens__eori_service_request(&out, eoris, 2);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&out), wanted));
    ens_buf_free(&out);
}

static void reads_answers_with_and_without_namespaces(void)
{
    ens_eori_answer s[2];
    ens_arena arena;
    ens_arena_init(&arena, ARENA_MAX);
    ask_for_two();
    CU_ASSERT_EQUAL_FATAL(ens__eori_service_read(ens_str(plain_answer), asked, 2, &arena, s, NULL), ENS_OK);
    CU_ASSERT_TRUE(s[0].answered && s[0].valid && ens_is(s[0].name, "TRANSPORTS & DEMO SAS") &&
                   ens_is(s[0].address, "1 rue du Port, 76600, Le Havre, FR"));
    CU_ASSERT_TRUE(s[1].answered && !s[1].valid && ens_is(s[1].description, "Not valid") && s[1].name.len == 0);
    CU_ASSERT_EQUAL_FATAL(ens__eori_service_read(ens_str(qualified_answer), asked, 2, &arena, s, NULL), ENS_OK);
    CU_ASSERT_TRUE(s[0].answered && s[0].valid && ens_is(s[0].address, "Paris") && s[1].answered && !s[1].valid);
    ens_arena_free(&arena);
}

static void tells_answers_from_what_is_none(void)
{
    static const struct {
        const char *name, *text;
        ens_code code;
        bool answered;
    } rows[] = {
        {"left out",
         OPEN RESPONSE
         "<return><result><eori>BE1</eori><status>0</status></result></return></n:validateEORIResponse>" CLOSE,
         ENS_OK, false},
        {"unknown status",
         OPEN RESPONSE "<result><eori>" ONE "</eori><status>7</status></result></n:validateEORIResponse>" CLOSE, ENS_OK,
         false},
        {"no status", OPEN RESPONSE "<result><eori>" ONE "</eori></result></n:validateEORIResponse>" CLOSE, ENS_OK,
         false},
        {"another's namespace",
         OPEN RESPONSE "<result xmlns=\"urn:x\"><eori>" ONE
                       "</eori><status>0</status></result></n:validateEORIResponse>" CLOSE,
         ENS_OK, false},
        {"fault", fault_answer, ENS_EIO, false},
        {"another operation", OPEN "<other/>" CLOSE, ENS_ESYNTAX, false},
        {"empty body", OPEN CLOSE, ENS_ESYNTAX, false},
        {"a page", "<html><body>maintenance</body></html>", ENS_ESYNTAX, false},
        {"not XML", "maintenance", ENS_ESYNTAX, false},
        {"nothing", "", ENS_ESYNTAX, false},
        {"a DTD", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", ENS_EPOLICY, false},
    };
    ask_for_two();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_eori_answer s[2] = {{.answered = true}, {.answered = true}};
        ens_err err = {0};
        ens_arena arena;
        ens_arena_init(&arena, ARENA_MAX);
        ens_code code = ens__eori_service_read(ens_str(rows[i].text), asked, 2, &arena, s, &err);
        CHECK_ROW(code == rows[i].code && s[0].answered == rows[i].answered && (code == ENS_OK || err.n > 0), "%s: %s",
                  rows[i].name, ens_code_name(code));
        ens_arena_free(&arena);
    }
}

static void judges_what_the_service_says(void)
{
    static const struct {
        bool asked, answered, valid;
        ens_outcome outcome;
        ens_verdict verdict;
    } rows[] = {
        {true, true, true, ENS_PASS, ENS_ACCEPTED},
        {true, true, false, ENS_FAIL, ENS_REFUSED},
        {true, false, false, ENS_SKIP, ENS_UNDECIDED},
        {false, false, false, ENS_SKIP, ENS_UNDECIDED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_eori_answer s = {.answered = rows[i].answered, .valid = rows[i].valid};
        ens_err err = {0};
        ens_report *r = ens_report_new();
        (void)ens_fail(&err, ENS_EIO, "HTTP", "no answer", 0);
        ens_eori_judge_answer(ens_str(ONE), rows[i].asked ? &s : NULL, &err, r);
        const ens_finding *f = ens_report_get(r, 0);
        CHECK_ROW(f && f->outcome == rows[i].outcome && ens_report_verdict(r) == rows[i].verdict, "row %zu", i);
        ens_report_free(r);
    }
}

static ens_code ask(const local_server *server, const char *ca_file, ens_eori_answer s[2], ens_err *err)
{
    ens_arena arena;
    ens_arena_init(&arena, ARENA_MAX);
    ask_for_two();
    ens_code code = ens__eori_service_ask(server->url, ca_file, asked, 2, &arena, s, err);
    ens_arena_free(&arena);
    return code;
}

static void asks_a_local_service(void)
{
    static const struct {
        const char *status, *body;
        ens_code code;
    } rows[] = {
        {"200 OK", plain_answer, ENS_OK},
        {"500 Internal Server Error", fault_answer, ENS_EIO},
        {"404 Not Found", plain_answer, ENS_EIO},
        {"302 Found", plain_answer, ENS_EIO},
        {"200 OK", "", ENS_ESYNTAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        local_server server = {.status = rows[i].status, .body = rows[i].body, .body_len = strlen(rows[i].body)};
        ens_eori_answer s[2];
        ens_err err = {0};
        char text[256];
        CU_ASSERT_TRUE_FATAL(local_server_start(&server));
        ens_code code = ask(&server, NULL, s, &err);
        local_server_stop(&server);
        CHECK_ROW(code == rows[i].code && (code != ENS_OK || (s[0].valid && s[1].answered && !s[1].valid)), "%s: %s",
                  rows[i].status, ens_err_format(&err, text, sizeof text));
        CHECK_ROW(server.num_requests == 1 && strncmp(server.request, "POST /services/validation HTTP/1.1", 34) == 0 &&
                      strstr(server.request, "Content-Type: text/xml; charset=utf-8\r\n") &&
                      strstr(server.request, "SOAPAction: \"\"\r\n") &&
                      strstr(server.request, "<ev:eori>" ONE "</ev:eori>"),
                  "%s", server.request);
    }
}

static void takes_no_more_than_ten_numbers(void)
{
    ens_slice many[ENS_EORI_SERVICE_MAX + 1] = {{0}};
    ens_eori_answer s[ENS_EORI_SERVICE_MAX + 1];
    CU_ASSERT_EQUAL(ens__eori_service_ask("http://127.0.0.1:1/", NULL, many, ENS_EORI_SERVICE_MAX + 1, NULL, s, NULL),
                    ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__eori_service_ask("http://127.0.0.1:1/", NULL, many, 0, NULL, s, NULL), ENS_ELIMIT);
}

static void verifies_the_certificate_of_the_service(void)
{
    local_server server = {.status = "200 OK", .body = plain_answer, .body_len = sizeof plain_answer - 1, .tls = true};
    ens_eori_answer s[2];
    ens_err err = {0};
    char text[256];
    CU_ASSERT_TRUE_FATAL(local_server_start(&server));
    CU_ASSERT_EQUAL(ask(&server, NULL, s, &err), ENS_EIO);
    CHECK_ROW(strstr(ens_err_format(&err, text, sizeof text), "certificate") != NULL, "%s", text);
    CU_ASSERT_EQUAL(server.num_requests, 0);
    CHECK_ROW(ask(&server, server.ca_file, s, &err) == ENS_OK && s[0].valid, "%s",
              ens_err_format(&err, text, sizeof text));
    memcpy(server.url, "https://127.0.0.1", 17); /* same length as https://localhost, and not in the certificate */
    CU_ASSERT_EQUAL(ask(&server, server.ca_file, s, &err), ENS_EIO);
    local_server_stop(&server);
    CU_ASSERT_EQUAL(server.num_requests, 1);
}

static ens_code fetch(const char *url, size_t limit, long total_s)
{
    ens_fetch_request request = {.url = url, .limit = limit, .total_s = total_s};
    ens_buf answer;
    long status = 0;
    ens_err err = {0};
    ens_buf_init(&answer, NULL, 0, ENS_FETCH_MAX);
    ens_code code = ens__fetch(&request, &answer, &status, &err);
    CHECK_ROW(code == ENS_OK || err.n > 0, "%s", url);
    ens_buf_free(&answer);
    return code;
}

static void fetches_over_tls_or_from_this_machine_alone(void)
{
    static const char *const refused[] = {
        "http://ec.europa.eu/x",
        "http://localhost.example/",
        "http://localhost@example/",
        "http://127.0.0.1.example/",
        "http://example/@localhost",
        "ftp://localhost/",
        "file:///etc/passwd",
        "localhost",
        "",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CHECK_ROW(fetch(refused[i], 0, 1) == ENS_EPOLICY, "%s", refused[i]);
    CU_ASSERT_EQUAL(fetch("http://127.0.0.1:1/", 0, 1), ENS_EIO); /* nobody listens on tcpmux */
}

static void bounds_time_and_size(void)
{
    local_server silent = {.status = NULL},
                 long_one = {.status = "200 OK", .body = plain_answer, .body_len = sizeof plain_answer - 1};
    CU_ASSERT_TRUE_FATAL(local_server_start(&silent) && local_server_start(&long_one));
    CU_ASSERT_EQUAL(fetch(silent.url, 0, 1), ENS_EIO);
    CU_ASSERT_EQUAL(fetch(long_one.url, 100, 5), ENS_ELIMIT);
    CU_ASSERT_EQUAL(fetch(long_one.url, sizeof plain_answer - 1, 5), ENS_OK);
    local_server_stop(&silent);
    local_server_stop(&long_one);
}

static const ens_case cases[] = {
    {"writes the request that the service takes", writes_the_request_that_the_service_takes},
    {"reads answers with and without namespaces", reads_answers_with_and_without_namespaces},
    {"tells answers from what is none", tells_answers_from_what_is_none},
    {"judges what the service says", judges_what_the_service_says},
    {"asks a local service", asks_a_local_service},
    {"takes no more than ten numbers", takes_no_more_than_ten_numbers},
    {"verifies the certificate of the service", verifies_the_certificate_of_the_service},
    {"fetches over TLS or from this machine alone", fetches_over_tls_or_from_this_machine_alone},
    {"bounds time and size", bounds_time_and_size},
    {NULL, NULL},
};
ENS_SUITE("certs/eori_service", cases)
