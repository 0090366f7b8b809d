/* One exchange: what each answer means, and that nothing but a proven receipt is a yes. */
#include "as4/client.h"
#include "engine/base/file.h"
#include "fixtures/issue.h"
#include "tests/as4/access_point.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>

typedef struct {
    access_point ap;
    ens__client *client;
    ens_trust *trust;
    ens_file message, cert, key;
    ens_verify_options judge;
    ens__client_peer peer;
} sender;

static bool open_sender(sender *s, bool tls, ap_answer answer)
{
    memset(s, 0, sizeof *s);
    if (!access_point_open(&s->ap, tls, NULL, &answer, 1))
        return false;
    s->trust = ens_trust_new();
    s->judge = (ens_verify_options){.trust = s->trust, .at = FX_AT};
    s->peer = (ens__client_peer){.url = s->ap.url, .judge = &s->judge, .total_s = 5};
    return s->trust && ens_trust_add(s->trust, fixture_path("pki/customs-root.pem"), NULL) == ENS_OK &&
           ens__client_new(&s->client, NULL) == ENS_OK &&
           ens__file_open(fixture_path("f26.mime"), 0, &s->message, NULL) == ENS_OK;
}

static void close_sender(sender *s)
{
    ens__client_free(s->client);
    ens_trust_free(s->trust);
    ens__file_close(&s->message);
    ens__file_close(&s->cert);
    ens__file_close(&s->key);
    access_point_close(&s->ap);
}

static void each_answer(void)
{
    static const struct {
        ap_answer answer;
        ens_exchange_outcome outcome;
        const char *ebms, *subcode, *says;
    } rows[] = {
        {AP_RECEIPT, ENS_EXCHANGE_PROVEN, "", "", ""},
        {AP_RECEIPT_FOREIGN, ENS_EXCHANGE_FAILED, "EBMS:0302", "", "chain."},
        {AP_RECEIPT_OTHER, ENS_EXCHANGE_FAILED, "EBMS:0302", "", "receipt."},
        {AP_RECEIPT_ALTERED, ENS_EXCHANGE_FAILED, "EBMS:0302", "", "digest."},
        {AP_ERROR_A001, ENS_EXCHANGE_REFUSED, "EBMS:0004", "A001", "UUM&DS refused the sender"},
        {AP_ERROR_A003, ENS_EXCHANGE_FAILED, "EBMS:0004", "A003", "could not be reached"},
        {AP_ERROR_UNSEALED, ENS_EXCHANGE_REFUSED, "EBMS:0004", "", "unknown error occurred"},
        {AP_ERROR_ELSEWHERE, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "another message"},
        {AP_WARNING, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "EBMS:0006"},
        {AP_FAULT_RECEIVER, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "out of order"},
        {AP_FAULT_SENDER, ENS_EXCHANGE_REFUSED, "EBMS:0301", "", "out of order"},
        {AP_EMPTY, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "without a receipt"},
        {AP_PAGE, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "503"},
        {AP_CUT, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "no answer came"},
        {AP_NOTHING, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "no answer came"},
        {AP_MESSAGE, ENS_EXCHANGE_FAILED, "EBMS:0301", "", "without a receipt"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sender s;
        ens__exchange x = {0};
        ens_err err = {0};
        CU_ASSERT_FATAL(open_sender(&s, false, rows[i].answer));
        ens_code code = ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, &err);
        CHECK_ROW(code == ENS_OK && x.outcome == rows[i].outcome && strcmp(x.ebms, rows[i].ebms) == 0 &&
                      strcmp(x.subcode, rows[i].subcode) == 0 && strstr(x.detail, rows[i].says),
                  "answer %d: %d %s %s: %s (%s)", rows[i].answer, x.outcome, x.ebms, x.subcode, x.detail, err.text);
        CHECK_ROW((x.outcome == ENS_EXCHANGE_PROVEN) == !x.hint[0], "answer %d: hint %s", rows[i].answer, x.hint);
        CHECK_ROW(s.ap.num_requests == 1 &&
                      strcmp(s.ap.request[0].id, "00000001-0000-4000-8000-000020261001@ap.trader.example") == 0,
                  "answer %d: %s came", rows[i].answer, s.ap.request[0].id);
        close_sender(&s);
    }
}

static void time_out(void)
{
    sender s;
    ens__exchange x = {0};
    CU_ASSERT_FATAL(open_sender(&s, false, AP_SLOW));
    s.peer.total_s = 1;
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, NULL), ENS_OK);
    CHECK_ROW(x.outcome == ENS_EXCHANGE_FAILED && strcmp(x.ebms, "EBMS:0301") == 0, "%d %s %s", x.outcome, x.ebms,
              x.detail);
    close_sender(&s);
}

/* Nobody listens; then without trust; then a receipt alone as the message. */
static void without(void)
{
    sender s;
    ens__exchange x = {0};
    ens_file receipt = {0};
    CU_ASSERT_FATAL(open_sender(&s, false, AP_RECEIPT));
    s.judge.trust = NULL;
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, NULL), ENS_OK);
    CHECK_ROW(x.outcome == ENS_EXCHANGE_UNPROVEN && strcmp(x.ebms, "EBMS:0302") == 0, "%d %s %s", x.outcome, x.ebms,
              x.detail);
    CU_ASSERT_EQUAL(ens__file_open(fixture_path("receipt-f26.xml"), 0, &receipt, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, receipt.bytes, &x, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, ENS_LIT("Hello"), &x, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(access_point_asked(&s.ap), 1);
    ens__server_stop(s.ap.server, 0);
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, NULL), ENS_OK);
    CHECK_ROW(x.outcome == ENS_EXCHANGE_FAILED && strcmp(x.ebms, "EBMS:0005") == 0 && !x.reached, "%d %s %s", x.outcome,
              x.ebms, x.detail);
    s.peer.url = "http://192.0.2.1/as4";
    CU_ASSERT_EQUAL(ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, NULL), ENS_EPOLICY);
    ens__file_close(&receipt);
    close_sender(&s);
}

static void by_tls(void)
{
    static const struct {
        const char *cert, *key, *root;
        ens_exchange_outcome outcome;
        const char *ebms, *says;
    } rows[] = {
        {"pki/tls-client.pem", "pki/tls-server.key", "pki/root.pem", ENS_EXCHANGE_PROVEN, "", ""},
        {NULL, NULL, "pki/root.pem", ENS_EXCHANGE_FAILED, "EBMS:0005", "no TLS connection could be made"},
        {"pki/tls-server.pem", "pki/tls-server.key", "pki/root.pem", ENS_EXCHANGE_FAILED, "EBMS:0005",
         "no TLS connection could be made"},
        {"pki/tls-client.pem", "pki/tls-server.key", "pki/customs-root.pem", ENS_EXCHANGE_FAILED, "EBMS:0005",
         "no TLS connection could be made"},
        {"pki/tls-client.pem", "pki/tls-server.key", NULL, ENS_EXCHANGE_FAILED, "EBMS:0005",
         "no TLS connection could be made"},
    };
    sender s;
    ens__exchange x = {0};
    CU_ASSERT_FATAL(open_sender(&s, true, AP_RECEIPT));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_err err = {0};
        if (rows[i].cert) {
            CU_ASSERT_EQUAL(ens__file_open(fixture_path(rows[i].cert), 0, &s.cert, NULL), ENS_OK);
            CU_ASSERT_EQUAL(ens__file_open(fixture_path(rows[i].key), 0, &s.key, NULL), ENS_OK);
        }
        s.peer.tls_cert = s.cert.bytes, s.peer.tls_key = s.key.bytes;
        s.peer.tls_root = rows[i].root ? fixture_path(rows[i].root) : NULL;
        ens_code code = ens__client_exchange(s.client, &s.peer, s.message.bytes, &x, &err);
        CHECK_ROW(code == ENS_OK && x.outcome == rows[i].outcome && strcmp(x.ebms, rows[i].ebms) == 0 &&
                      strstr(x.detail, rows[i].says),
                  "row %zu: %d %d %s %s %s", i, code, x.outcome, x.ebms, x.detail, err.text);
        ens__file_close(&s.cert);
        ens__file_close(&s.key);
        s.cert = s.key = (ens_file){0};
    }
    CU_ASSERT_EQUAL(access_point_asked(&s.ap), 1);
    close_sender(&s);
}

static const ens_case cases[] = {
    {"a proven receipt is a yes, and nothing else is", each_answer},
    {"an answer that doesn't come in time is a missing receipt", time_out},
    {"nobody there, nobody trusted, nothing that can be sent", without},
    {"mutual TLS: each side knows the other, or nothing is sent", by_tls},
    {NULL, NULL},
};
ENS_SUITE("as4/client", cases)
