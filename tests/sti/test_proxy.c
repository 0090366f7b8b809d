/* The proxy in this process: over a disk that fills up, without time to judge, and with replies of customs to what went
 * through it before. */
#include "engine/base/file.h"
#include "fixtures/issue.h"
#include "sti/ledger/ledger.h"
#include "sti/proxy/proxy.h"
#include "tests/as4/access_point.h"
#include "tests/engine/net/visit.h"
#include "tests/fixture.h"
#include "tests/sti/disk.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static access_point ap;
static char path[128];

static int64_t clock_ms(void *ctx)
{
    (void)ctx;
    return FX_AT * (int64_t)1000;
}

static void drop_trust(void *owner)
{
    ens_trust_free(owner);
}

/* One that runs here. */
typedef struct {
    ens__store *store;
    ens_proxy *proxy;
} here;

static bool open_here(here *h, bool unrecorded)
{
    ens_err err = {0};
    char text[512];
    const ens_server_listen listen = {"127.0.0.1:0", 0};
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_EQUAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    *h = (here){0};
    ens_code code = ens__store_open(path, &(ens__store_options){.create = true}, &h->store, &err);
    const ens_proxy_plan plan = {
        .listen = &listen,
        .num_listen = 1,
        .peer = {.url = ap.url},
        .to = ap.url,
        .store = h->store,
        .judge = {.request = {.trust = trust, .role = ENS_ROLE_STI}, .owner = trust, .drop = drop_trust},
        .unrecorded = unrecorded,
        .now_ms = clock_ms,
        .loops = 1,
        .workers = 1};
    if (code == ENS_OK)
        code = ens__proxy_start(&plan, &h->proxy, &err);
    CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    return code == ENS_OK;
}

static ens_proxy_counts close_here(here *h)
{
    ens_proxy_counts n = {0};
    ens__proxy_stop(h->proxy, 5000, &n);
    ens__store_close(h->store);
    return n;
}

/* post_here posts a sealed fixture, and gives the status. */
static unsigned post_here(const here *h, const char *name)
{
    visit v;
    char head[512];
    ens_file file = {0};
    unsigned status = 0;
    CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path(name), 0, &file, NULL), ENS_OK);
    size_t end = ens__find(file.bytes, ENS_LIT("\r\n\r\n"), 0);
    snprintf(head, sizeof head, "POST /as4 HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n", file.bytes.len - end - 4);
    if (visit_open(&v, ens__proxy_address(h->proxy, 0), NULL, NULL) && visit_say(&v, head) &&
        visit_send(&v, file.bytes.p, file.bytes.len))
        status = visit_answer(&v);
    visit_close(&v);
    ens__file_close(&file);
    return status;
}

static void new_path(void)
{
    static unsigned num;
    snprintf(path, sizeof path, "%s-px-%u.db", fixture_folder(), num++);
}

static void remove_path(void)
{
    char line[512];
    snprintf(line, sizeof line, "rm -f %s %s-wal %s-shm", path, path, path);
    CU_ASSERT_EQUAL(system(line), 0);
}

/* What can't be written down isn't acknowledged, though the other side has acknowledged it; once there is room the same
 * message passes. */
static void says_so_when_the_journal_cant_be_written(void)
{
    const ap_answer how = AP_RECEIPT;
    here h;
    if (!fixture_folder())
        return;
    new_path();
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &how, 1));
    disk_insert();
    if (open_here(&h, false)) {
        disk_fill(0);
        CU_ASSERT_EQUAL(post_here(&h, "f26.mime"), 503);
        disk_fill(-1);
        CU_ASSERT_EQUAL(post_here(&h, "f26.mime"), 200);
        ens_proxy_counts n = close_here(&h);
        CHECK_ROW(n.passed == 1 && n.turned_away == 1 && n.unrecorded == 1, "%llu passed, %llu turned away",
                  (unsigned long long)n.passed, (unsigned long long)n.turned_away);
    }
    if (open_here(&h, true)) {
        disk_fill(0);
        CU_ASSERT_EQUAL(post_here(&h, "f26.mime"), 200);
        disk_fill(-1);
        CU_ASSERT_EQUAL(close_here(&h).unrecorded, 1);
    }
    disk_remove();
    access_point_close(&ap);
    remove_path();
}

/* It ends while the other side is silent: the client is told, and what it sent is written down. */
static void ends_while_the_other_side_is_silent(void)
{
    const ap_answer how = AP_SLOW;
    ens__ledger_counts n;
    here h;
    visit v;
    if (!fixture_folder())
        return;
    new_path();
    CU_ASSERT_FATAL(access_point_open(&ap, false, NULL, &how, 1));
    if (open_here(&h, false)) {
        CU_ASSERT(visit_open(&v, ens__proxy_address(h.proxy, 0), NULL, NULL) &&
                  visit_say(&v, "POST /as4 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
        usleep(300000);
        ens__proxy_stop(h.proxy, 100, NULL);
        visit_close(&v);
        CU_ASSERT(ens__store_ledger_count(h.store, &n, NULL) == ENS_OK && n.unknown == 1);
        ens__store_close(h.store);
    }
    access_point_close(&ap);
    remove_path();
}

/* -- Replies of customs ------------------------------------------------------------------------------------------- */

typedef struct {
    const char *predicted, *reply, *pointer;
    bool follows;
    ens_agreement agreement;
} reply_row;

static void compares_what_customs_reply(void)
{
    static const reply_row rows[] = {
        {"", "IE3R01", NULL, true, ENS_AGREES},
        {"", "IE3N99", "/IE3F26/declarant/identificationNumber", true, ENS_DISAGREES},
        {"", "IE3N99", "/IE3F26/LRN", true, ENS_AGREEMENT_UNKNOWN},
        {"", "IE3N01", "/IE3F26/MRN", false, 0},
        {"", "IE3Q02", NULL, false, 0},
        {"IE3N99", "IE3N99", "/IE3F26/LRN", true, ENS_AGREES},
        {"IE3N99", "IE3R01", NULL, true, ENS_DISAGREES},
    };
    ens_arena arena;
    ens_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const reply_row *w = &rows[i];
        const ens_document_error e = {.code = ENS_LIT("8"), .pointer = ens_str(w->pointer)};
        const ens_message m = {.action = ens_str(w->reply), .document_errors = &e, .num_document_errors = !!w->pointer};
        const ens__ledger_row about = {.seq = 3,
                                       .predicted = {.verdict = ENS_ACCEPTED, .reply = ens_str(w->predicted)},
                                       .real = {.kind = ENS_REAL_RECEIPT}};
        ens__ledger_row out = {0};
        bool follows = ens__ledger_reply(&m, &about, &arena, &out);
        CHECK_ROW(follows == w->follows && out.agreement == w->agreement &&
                      (out.difference == ENS_DIFFERS_REPLY) == (w->agreement == ENS_DISAGREES),
                  "%s predicted, %s: %d %d", w->predicted, w->reply, follows, out.agreement);
    }
    ens_arena_free(&arena);
}

/* A message that came before in another shape, pulls that serve once, errors that may pass. */
static void compares_what_needs_no_socket(void)
{
    static const struct {
        ens_message_kind asked;
        ens_verdict predicted;
        const char *code, *subcode, *real, *real_subcode;
        ens_agreement agreement;
        ens_difference difference;
    } rows[] = {
        {ENS_MESSAGE_USER, ENS_REFUSED, "EBMS:0004", "A001", "EBMS:0004", "A001", ENS_AGREES, 0},
        {ENS_MESSAGE_USER, ENS_REFUSED, "EBMS:0004", "A001", "EBMS:0004", "A002", ENS_DISAGREES, ENS_DIFFERS_SUBCODE},
        {ENS_MESSAGE_USER, ENS_REFUSED, "EBMS:0004", "A001", "EBMS:0004", NULL, ENS_DISAGREES, ENS_DIFFERS_SUBCODE},
        {ENS_MESSAGE_USER, ENS_REFUSED, "EBMS:0004", "A003", "EBMS:0004", "A003", ENS_AGREES, 0},
        {ENS_MESSAGE_USER, ENS_REFUSED, "EBMS:0101", NULL, "EBMS:0202", NULL, ENS_AGREEMENT_UNKNOWN, 0},
        {ENS_MESSAGE_USER, ENS_UNDECIDED, NULL, NULL, "EBMS:0101", NULL, ENS_AGREEMENT_UNKNOWN, 0},
        {ENS_MESSAGE_PULL_REQUEST, ENS_ACCEPTED, NULL, NULL, "EBMS:0006", NULL, ENS_AGREES, 0},
        {ENS_MESSAGE_PULL_REQUEST, ENS_REFUSED, "EBMS:0103", NULL, "EBMS:0006", NULL, ENS_DISAGREES,
         ENS_DIFFERS_VERDICT},
        {ENS_MESSAGE_PULL_REQUEST, ENS_ACCEPTED, NULL, NULL, "EBMS:0010", NULL, ENS_DISAGREES, ENS_DIFFERS_VERDICT},
    };
    ens_arena arena;
    ens_report *report = ens_report_new();
    ens_arena_init(&arena, 1 << 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool warns = ens_is(ens_str(rows[i].real), "EBMS:0006");
        const ens_signal_error e = {.code = ens_str(rows[i].real),
                                    .severity = warns ? ENS_LIT("warning") : ENS_LIT("failure"),
                                    .subcode = rows[i].real_subcode};
        const ens_message m = {.kind = ENS_MESSAGE_ERROR, .errors = &e, .num_errors = 1};
        const ens__ledger_answer a = {.message = &m, .report = report, .http = 200, .asked = rows[i].asked};
        ens__ledger_row row = {.predicted = {.verdict = rows[i].predicted,
                                             .ebms = ens_str(rows[i].code),
                                             .subcode = ens_str(rows[i].subcode)}};
        char words[ENS_LEDGER_WORDS];
        ens__ledger_settle(&a, &arena, &row);
        CHECK_ROW(row.agreement == rows[i].agreement && row.difference == rows[i].difference, "row %zu: %s", i,
                  ens__ledger_words(&row, words));
    }
    ens_report_free(report);
    ens_arena_free(&arena);
}

static const ens_case cases[] = {
    {"what can't be written down isn't acknowledged", says_so_when_the_journal_cant_be_written},
    {"it ends while the other side is silent", ends_while_the_other_side_is_silent},
    {"what customs reply is held against the prediction", compares_what_customs_reply},
    {"codes and sub-codes are held against the prediction", compares_what_needs_no_socket},
    {NULL, NULL},
};
ENS_SUITE("sti/proxy", cases)
