/* The outbox over a store: what a sender that is gone had in hand, and what was given up. */
#include "engine/base/file.h"
#include "fixtures/issue.h"
#include "sti/outbox.h"
#include "tests/as4/access_point.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <unistd.h>

typedef struct {
    access_point ap;
    ens__store *store;
    ens__client *clients[3];
    unsigned num_clients; /* that are used */
    ens_trust *trust;
    ens_verify_options judge;
    int hold;
    unsigned delivered, given_up, left, again;
    char first[64];
} office;

static void tell(void *user, const ens__outbox_event *e)
{
    office *o = user;
    if (!o->first[0] && e->state == ENS_OUTBOUND_DELIVERED)
        snprintf(o->first, sizeof o->first, "%.*s", (int)e->message->action.len, (const char *)e->message->action.p);
    o->delivered += e->over && e->state == ENS_OUTBOUND_DELIVERED;
    o->given_up += e->over && e->state == ENS_OUTBOUND_GIVEN_UP;
    o->left += e->over && e->state == ENS_OUTBOUND_READY;
    o->again += !e->over;
}

static void open_office(office *o, const ap_answer *answers, unsigned num)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".sending"};
    char path[1024];
    memset(o, 0, sizeof *o);
    CU_ASSERT_FATAL(access_point_open(&o->ap, false, NULL, answers, num));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", fixture_path("office.db"), endings[i]);
        unlink(path);
    }
    o->trust = ens_trust_new();
    o->judge = (ens_verify_options){.trust = o->trust, .at = FX_AT};
    CU_ASSERT_EQUAL(ens_trust_add(o->trust, fixture_path("pki/customs-root.pem"), NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(
        ens__store_open(fixture_path("office.db"), &(ens__store_options){.create = true}, &o->store, NULL), ENS_OK);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL_FATAL(ens__client_new(&o->clients[i], NULL), ENS_OK);
    o->num_clients = 1;
}

static void close_office(office *o)
{
    ens__store_close(o->store);
    for (unsigned i = 0; i < 3; i++)
        ens__client_free(o->clients[i]);
    ens_trust_free(o->trust);
    access_point_close(&o->ap);
}

static bool put(office *o, const char *name)
{
    ens_file file = {0};
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message m = {0};
    bool known = false;
    CU_ASSERT_EQUAL(ens__file_open(fixture_path(name), 0, &file, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_verifier_new(&verifier, NULL), ENS_OK);
    ens_verify(verifier, file.bytes, &(ens_verify_options){.at = FX_AT}, &m, report);
    CU_ASSERT_EQUAL(ens__outbox_put(o->store, file.bytes, &m, o->ap.url, 3, name, &known, NULL), ENS_OK);
    ens_verifier_free(verifier);
    ens_report_free(report);
    ens__file_close(&file);
    return !known;
}

static void run_office(office *o, const volatile sig_atomic_t *stop)
{
    const ens__outbox outbox = {.store = o->store,
                                .clients = o->clients,
                                .num_clients = o->num_clients,
                                .peer = {.judge = &o->judge, .total_s = 5},
                                .tries = 3,
                                .first_ms = 20,
                                .most_ms = 40,
                                .stop = stop,
                                .tell = tell,
                                .user = o};
    ens_err err = {0};
    o->delivered = o->given_up = o->left = o->again = 0;
    CHECK_ROW(ens__outbox_run(&outbox, &err) == ENS_OK, "%s", err.text);
}

static void sends_by_category(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    office o;
    open_office(&o, answers, 1);
    CU_ASSERT(put(&o, "f26.mime") && put(&o, "q04.mime") && put(&o, "n06.mime"));
    CU_ASSERT_FALSE(put(&o, "f26.mime"));
    run_office(&o, NULL);
    CU_ASSERT(o.delivered == 3 && !o.given_up && !o.left && !o.again);
    CU_ASSERT_STRING_EQUAL(o.first, "IE3N06");
    CU_ASSERT_FALSE(put(&o, "f26.mime"));
    run_office(&o, NULL);
    CU_ASSERT_EQUAL(o.delivered + o.given_up + o.left, 0);
    close_office(&o);
}

/* A sender claims and dies: another needn't wait for the end of the lease. */
static void resumes(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    office o;
    ens_arena arena;
    ens__outbound *rows = NULL;
    size_t num = 0;
    int first = -1, second = -1;
    open_office(&o, answers, 1);
    put(&o, "f26.mime");
    ens_arena_init(&arena, (size_t)16 << 20);
    const ens__outbound_claim claim = {.mode = ENS_PUSH, .max = 1, .lease_ms = 3600000};
    CU_ASSERT_EQUAL(ens__store_claim_outbound(o.store, &claim, &arena, &rows, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 1);
    CU_ASSERT_EQUAL(ens__outbox_hold(fixture_path("office.db"), o.store, &first, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 1);
    CU_ASSERT_EQUAL(ens__store_claim_outbound(o.store, &claim, &arena, &rows, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 1);
    CU_ASSERT_EQUAL(ens__outbox_hold(fixture_path("office.db"), o.store, &second, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 0); /* the first is there: what it has in hand is its own */
    close(second);
    close(first);
    CU_ASSERT_EQUAL(ens__outbox_hold(fixture_path("office.db"), o.store, &first, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 1);
    run_office(&o, NULL);
    CU_ASSERT(o.delivered == 1 && access_point_asked(&o.ap) == 1);
    close(first);
    ens_arena_free(&arena);
    close_office(&o);
}

static void revives(void)
{
    static const ap_answer answers[] = {AP_NOTHING, AP_CUT, AP_PAGE, AP_RECEIPT};
    static const char id[] = "00000001-0000-4000-8000-000020261001@ap.trader.example";
    office o;
    bool found = true;
    open_office(&o, answers, 4);
    put(&o, "f26.mime");
    CU_ASSERT(ens__store_revive(o.store, ens_str(id), 3, &found, NULL) == ENS_OK && !found);
    run_office(&o, NULL);
    CU_ASSERT(o.given_up == 1 && o.again == 2);
    CU_ASSERT(ens__store_revive(o.store, ens_str(id), 3, &found, NULL) == ENS_OK && found);
    run_office(&o, NULL);
    CU_ASSERT(o.delivered == 1 && access_point_asked(&o.ap) == 4);
    CU_ASSERT(ens__store_revive(o.store, ens_str(id), 3, &found, NULL) == ENS_OK && !found);
    for (unsigned i = 1; i < 4; i++)
        CU_ASSERT(memcmp(o.ap.request[i].sha256, o.ap.request[0].sha256, 32) == 0);
    close_office(&o);
}

/* Nobody is reached, nothing can be judged, or somebody stops: all stays where it is, with all its tries. */
static void leaves_in_place(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    const volatile sig_atomic_t stop = 1;
    office o;
    open_office(&o, answers, 1);
    put(&o, "f26.mime");
    put(&o, "q04.mime");
    run_office(&o, &stop);
    CU_ASSERT(o.left == 2 && access_point_asked(&o.ap) == 0);
    o.judge.trust = NULL;
    run_office(&o, NULL);
    CU_ASSERT(o.left == 2 && !o.delivered && access_point_asked(&o.ap) == 1);
    o.judge.trust = o.trust;
    ens__server_stop(o.ap.server, 0);
    run_office(&o, NULL);
    CU_ASSERT(o.left == 2 && o.again == 2 && !o.given_up);
    close_office(&o);
}

/* One line serves all; of several messages at once each has its own, and nobody else opens one. */
static void keeps_lines_open(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    static const char *const names[] = {
        "f26.mime", "f26-attachments.mime", "f26-12k.mime", "f10.mime", "a26.mime", "q04.mime", "n06.mime",
        "test.mime"};
    enum { NUM = sizeof names / sizeof *names };
    for (unsigned lanes = 1; lanes <= 3; lanes += 2) {
        ens_server_counts counts;
        office o;
        open_office(&o, answers, 1);
        o.num_clients = lanes;
        for (size_t i = 0; i < NUM; i++)
            CU_ASSERT(put(&o, names[i]));
        run_office(&o, NULL);
        CHECK_ROW(o.delivered == NUM && !o.again && !o.left, "%u lanes: %u delivered", lanes, o.delivered);
        CU_ASSERT_STRING_EQUAL(o.first, "IE3N06");
        CU_ASSERT_EQUAL(access_point_asked(&o.ap), NUM);
        ens__server_count(o.ap.server, &counts);
        CHECK_ROW(counts.accepted >= 1 && counts.accepted <= lanes, "%u lanes, %u connections", lanes,
                  (unsigned)counts.accepted);
        close_office(&o);
    }
}

/* While nobody can be reached one tries, however many could: nothing counts twice, and the arrival goes first. */
static void one_tries_for_all(void)
{
    static const ap_answer answers[] = {AP_RECEIPT};
    office o;
    char port[16];
    open_office(&o, answers, 1);
    o.num_clients = 3;
    CU_ASSERT(put(&o, "q04.mime") && put(&o, "f26.mime") && put(&o, "f10.mime") && put(&o, "n06.mime"));
    snprintf(port, sizeof port, "%s", strrchr(ens__server_address(o.ap.server, 0), ':') + 1);
    access_point_close(&o.ap);
    run_office(&o, NULL);
    CHECK_ROW(o.left == 4 && o.again == 2 && !o.given_up, "%u left, told %u times", o.left, o.again);
    CU_ASSERT_FATAL(access_point_open(&o.ap, false, port, answers, 1));
    run_office(&o, NULL);
    CU_ASSERT_EQUAL(o.delivered, 4);
    CU_ASSERT_STRING_EQUAL(o.first, "IE3N06");
    close_office(&o);
}

static const ens_case cases[] = {
    {"category A leaves first, and nothing twice", sends_by_category},
    {"what a sender that is gone had in hand is free at once", resumes},
    {"what was given up is sent again when somebody says so, the same bytes", revives},
    {"what could not be sent or judged stays", leaves_in_place},
    {"lines stay open, and several messages go at once", keeps_lines_open},
    {"one tries for all while nobody is reached", one_tries_for_all},
    {NULL, NULL},
};
ENS_SUITE("sti/outbox", cases)
