#include "sti/registry/uumds.h"

#include "as4/registry.h"
#include "sti/store/sql.h"

#include "engine/base/report.h"
#include "tests/suite.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EORI "FR73282932000074"
#define OTHER "FR54207118800313"
#define T2026 1767225600
#define T2028 1830297600
#define T2030 1893456000

static char folder[] = "/tmp/ensign-uumds-XXXXXX";
static char file[64];

static const uint8_t leaf_a[32] = {0xA1}, leaf_b[32] = {0xB2}, leaf_x[32] = {0xEE};

static void remove_file(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", file, ends[i]);
        unlink(path);
    }
}

static void fresh_file(void)
{
    if (!file[0]) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        snprintf(file, sizeof file, "%s/r.db", folder);
    }
    remove_file();
}

static void done_with_file(void)
{
    remove_file();
    rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    file[0] = '\0';
}

static ens__uumds *open_registry(void)
{
    ens__uumds *db = NULL;
    ens_err err = {0};
    char text[256];
    CHECK_ROW(ens__uumds_open(file, true, &db, &err) == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    CU_ASSERT_PTR_NOT_NULL_FATAL(db);
    return db;
}

static void enrol(ens__uumds *db, const char *party_id, const char *eori, ens_party_state state, const char *agreement,
                  const char *forced)
{
    ens__party party = {.state = state};
    snprintf(party.eori, sizeof party.eori, "%s", eori);
    snprintf(party.name, sizeof party.name, "Transports Demo");
    snprintf(party.agreement, sizeof party.agreement, "%s", agreement);
    snprintf(party.forced, sizeof party.forced, "%s", forced);
    CU_ASSERT_EQUAL(ens__uumds_enrol(db, &party, ens_str(party_id), NULL), ENS_OK);
}

static ens_code certify(ens__uumds *db, const char *eori, const char *member_state, const uint8_t leaf[32],
                        ens_party_state state, ens_time not_after, ens_err *err)
{
    ens__registration r = {.not_before = T2026, .not_after = not_after, .state = state};
    snprintf(r.eori, sizeof r.eori, "%s", eori);
    snprintf(r.member_state, sizeof r.member_state, "%s", member_state);
    snprintf(r.subject, sizeof r.subject, "CN=seal");
    ens__hex(ens_bytes(leaf, 32), r.sha256);
    return ens__uumds_certify(db, &r, err);
}

static const ens_finding *first_bad(const ens_report *r)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (ens_report_get(r, i)->outcome != ENS_PASS)
            return ens_report_get(r, i);
    return NULL;
}

typedef struct {
    const char *party_id;
    const uint8_t *leaf;
    const char *agreement; /* NULL: a pull request */
    ens_time at;
    ens_outcome outcome;
    const char *id, *code, *subcode; /* of the first finding that is no pass */
} question;

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* judge asks about a party; without an agreement, as for a pull request where channel says so. */
static void judge(ens__uumds *db, const ens_party_id *id, const char *party_id, const uint8_t *leaf,
                  const char *agreement, bool channel, ens_time at, ens_report *report)
{
    ens_registry registry = ens__uumds_registry(db);
    ens_registry_question q = {.party = *id,
                               .party_text = ens_str(party_id),
                               .sha256 = leaf,
                               .agreement = ens_str(agreement),
                               .channel = channel,
                               .at = at};
    ens_registry_answer answer = {0};
    registry.ask(registry.of, &q, &answer);
    ens__registry_tell(&q, &answer, report);
}

static void ask(ens__uumds *db, const question *q)
{
    ens_party_id id = {0};
    ens_report r;
    ens__report_init(&r);
    CHECK_ROW(ens_party_id_parse(ens_str(q->party_id), &id, NULL) == ENS_OK, "%s", q->party_id);
    judge(db, &id, q->party_id, q->leaf, q->agreement, !q->agreement, q->at, &r);
    const ens_finding *f = first_bad(&r);
    if (q->outcome == ENS_PASS)
        CHECK_ROW(!f && ens_report_verdict(&r) == ENS_ACCEPTED, "%s: %s", q->party_id, ens_detail(f));
    else
        CHECK_ROW(f && f->outcome == q->outcome && strcmp(f->id, q->id) == 0 && same_text(f->code, q->code) &&
                      same_text(f->subcode, q->subcode) && f->rule && f->seen && (f->hint || f->outcome == ENS_SKIP),
                  "%s: %s %s", q->party_id, f ? f->id : "nothing found", ens_detail(f));
    ens__report_clear(&r);
}

static void ask_all(ens__uumds *db, const question *questions, size_t num)
{
    for (size_t i = 0; i < num; i++)
        ask(db, &questions[i]);
}
#define ASK(db, table) ask_all(db, table, sizeof table / sizeof *table)

#define A001 "registry.certificate", "EBMS:0004", "A001"

static void accepts_a_registered_sender_and_names_why_another_is_not(void)
{
    static const question questions[] = {
        {EORI, leaf_a, "EU-ICS2-TI-V2.0", T2028, ENS_PASS, NULL, NULL, NULL},
        {EORI, leaf_a, "", T2028, ENS_PASS, NULL, NULL, NULL},
        {EORI, leaf_b, "EU-ICS2-TI-V2.0", T2028, ENS_PASS, NULL, NULL, NULL}, /* roll-over: both are active */
        {EORI, leaf_a, "EU-ICS2-TI-V1.0", T2028, ENS_FAIL, "registry.agreement", "EBMS:0003", NULL},
        {EORI, leaf_a, "EU-ICS2-TI-V9.9", T2028, ENS_PASS, NULL, NULL, NULL}, /* the header rules refuse it */
        {EORI, leaf_a, "EU-ICS2-TI-V2.0", T2030, ENS_FAIL, A001},
        {EORI, leaf_b, "EU-ICS2-TI-V2.0", T2030 - 1, ENS_PASS, NULL, NULL, NULL},
        {EORI, leaf_a, "EU-ICS2-TI-V2.0", T2026 - 1, ENS_FAIL, A001},
        {EORI, leaf_x, "EU-ICS2-TI-V2.0", T2028, ENS_FAIL, A001},
        {OTHER, leaf_a, "EU-ICS2-TI-V2.0", T2028, ENS_FAIL, A001},
        {"FR12345678200010", leaf_a, "EU-ICS2-TI-V2.0", T2028, ENS_FAIL, "registry.party", "EBMS:0004", "A001"},
    };
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "V2.0", "");
    enrol(db, OTHER, OTHER, ENS_PARTY_ACTIVE, "", "");
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2028 + 86400, NULL), ENS_OK);
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_b, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    ASK(db, questions);
    ens__uumds_close(db);
    done_with_file();
}

static void finds_the_registration_in_the_member_state_after_the_at_sign(void)
{
    static const question questions[] = {
        {EORI, leaf_a, "", T2028, ENS_PASS, NULL, NULL, NULL},
        {EORI "@FR", leaf_a, "", T2028, ENS_WARN, "registry.party-id", NULL, NULL},
        {EORI "@BE", leaf_a, "", T2028, ENS_FAIL, A001},
        {EORI "@BE", leaf_b, "", T2028, ENS_PASS, NULL, NULL, NULL},
        {EORI, leaf_b, "", T2028, ENS_FAIL, A001},
        {"sys1@" EORI "@BE", leaf_b, "", T2028, ENS_PASS, NULL, NULL, NULL},
        {"sys2@" EORI "@BE", leaf_b, "", T2028, ENS_WARN, "registry.party-id", NULL, NULL},
    };
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "", "");
    enrol(db, EORI "@BE", EORI, ENS_PARTY_ACTIVE, "", "");
    enrol(db, "sys1@" EORI "@BE", EORI, ENS_PARTY_ACTIVE, "", "");
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    CU_ASSERT_EQUAL(certify(db, EORI, "BE", leaf_b, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    ASK(db, questions);
    ens__uumds_close(db);
    done_with_file();
}

static void opens_a_channel_to_its_own_party_id_alone(void)
{
    static const question questions[] = {
        {EORI, leaf_a, NULL, T2028, ENS_PASS, NULL, NULL, NULL},
        {"sys1@" EORI, leaf_a, NULL, T2028, ENS_FAIL, "registry.party-id", "EBMS:0001", NULL},
        {OTHER, leaf_a, NULL, T2028, ENS_FAIL, A001},
        {EORI, leaf_x, NULL, T2028, ENS_FAIL, A001},
    };
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "", "");
    enrol(db, OTHER, OTHER, ENS_PARTY_ACTIVE, "", "");
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    ASK(db, questions);
    ens__uumds_close(db);
    done_with_file();
}

static void refuses_by_state_and_rehearses_what_uumds_may_answer(void)
{
    static const struct {
        ens_party_state party, certificate;
        const char *forced;
        question asked;
    } rows[] = {
        {ENS_PARTY_ACTIVE, ENS_PARTY_ACTIVE, "", {EORI, leaf_a, "", T2028, ENS_PASS, NULL, NULL, NULL}},
        {ENS_PARTY_SUSPENDED,
         ENS_PARTY_ACTIVE,
         "",
         {EORI, leaf_a, "", T2028, ENS_FAIL, "registry.party", "EBMS:0004", "A001"}},
        {ENS_PARTY_REVOKED,
         ENS_PARTY_ACTIVE,
         "",
         {EORI, leaf_a, "", T2028, ENS_FAIL, "registry.party", "EBMS:0004", "A001"}},
        {ENS_PARTY_ACTIVE, ENS_PARTY_SUSPENDED, "", {EORI, leaf_a, "", T2028, ENS_FAIL, A001}},
        {ENS_PARTY_ACTIVE,
         ENS_PARTY_ACTIVE,
         "A001",
         {EORI, leaf_a, "", T2028, ENS_FAIL, "registry.party", "EBMS:0004", "A001"}},
        {ENS_PARTY_ACTIVE,
         ENS_PARTY_ACTIVE,
         "A002",
         {EORI, leaf_a, "", T2028, ENS_FAIL, "registry.account", "EBMS:0004", "A002"}},
        {ENS_PARTY_SUSPENDED,
         ENS_PARTY_ACTIVE,
         "A003",
         {EORI, leaf_a, NULL, T2028, ENS_FAIL, "registry.service", "EBMS:0004", "A003"}},
        {ENS_PARTY_ACTIVE, ENS_PARTY_REVOKED, "", {EORI, leaf_a, "", T2028, ENS_FAIL, A001}},
    };
    fresh_file();
    ens__uumds *db = open_registry();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enrol(db, EORI, EORI, rows[i].party, "", rows[i].forced);
        CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, rows[i].certificate, T2030, NULL), ENS_OK);
        ask(db, &rows[i].asked);
    }
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, NULL), ENS_EPOLICY); /* it is final */
    ask(db, &rows[sizeof rows / sizeof *rows - 1].asked);
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_REVOKED, T2030, NULL), ENS_OK);
    ens__uumds_close(db);
    done_with_file();
}

static void keeps_what_was_written_and_shows_it_to_other_handles(void)
{
    static const question question_a = {EORI, leaf_a, "", T2028, ENS_PASS, NULL, NULL, NULL};
    static const question refused = {EORI, leaf_a, "", T2028, ENS_FAIL, A001};
    fresh_file();
    ens__uumds *one = open_registry(), *two = open_registry();
    enrol(one, EORI, EORI, ENS_PARTY_ACTIVE, "V2.0", "");
    CU_ASSERT_EQUAL(certify(one, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    ask(two, &question_a);
    CU_ASSERT_EQUAL(certify(two, EORI, "FR", leaf_a, ENS_PARTY_REVOKED, T2030, NULL), ENS_OK);
    ask(one, &refused);
    ens__uumds_close(one);
    ens__uumds_close(two);

    ens__uumds *again = NULL;
    ens_arena arena;
    ens_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL_FATAL(ens__uumds_open(file, false, &again, NULL), ENS_OK);
    ens__party *parties = NULL;
    ens__registration *held = NULL;
    char(*ids)[ENS_UUMDS_PARTY_ID] = NULL;
    size_t num = 0;
    CU_ASSERT_TRUE(ens__uumds_parties(again, &arena, &parties, &num, NULL) == ENS_OK && num == 1 &&
                   strcmp(parties[0].name, "Transports Demo") == 0 && strcmp(parties[0].agreement, "V2.0") == 0);
    CU_ASSERT_TRUE(ens__uumds_registrations(again, ens_str(EORI), &arena, &held, &num, NULL) == ENS_OK && num == 1 &&
                   held[0].not_after == T2030 && held[0].state == ENS_PARTY_REVOKED &&
                   strncmp(held[0].sha256, "a100", 4) == 0);
    CU_ASSERT_TRUE(ens__uumds_party_ids(again, (ens_slice){0}, &arena, &ids, &num, NULL) == ENS_OK && num == 1 &&
                   strcmp(ids[0], EORI) == 0);
    ens_arena_free(&arena);
    ens__uumds_close(again);
    done_with_file();
}

static void lists_many_rows_in_order(void)
{
    fresh_file();
    ens__uumds *db = open_registry();
    for (unsigned i = 40; i-- > 0;) {
        char eori[ENS_UUMDS_EORI];
        uint8_t leaf[32] = {(uint8_t)i};
        snprintf(eori, sizeof eori, "BE%010u", i);
        enrol(db, eori, eori, ENS_PARTY_ACTIVE, "", "");
        CU_ASSERT_EQUAL(certify(db, eori, "BE", leaf, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    }
    ens_arena arena;
    ens_arena_init(&arena, 1 << 20);
    ens__registration *held = NULL;
    size_t num = 0;
    CU_ASSERT_EQUAL(ens__uumds_registrations(db, (ens_slice){0}, &arena, &held, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(num, 40);
    for (size_t i = 1; i < num; i++)
        CHECK_ROW(strcmp(held[i - 1].eori, held[i].eori) < 0, "%s", held[i].eori);
    ens_arena_free(&arena);
    ens__uumds_close(db);
    done_with_file();
}

static void alter(const char *statement)
{
    sqlite3 *raw = NULL;
    CU_ASSERT_EQUAL(sqlite3_open(file, &raw), SQLITE_OK);
    CHECK_ROW(sqlite3_exec(raw, statement, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", statement, sqlite3_errmsg(raw));
    sqlite3_close(raw);
}

static ens_code open_code(bool create)
{
    ens__uumds *db = NULL;
    ens_err err = {0};
    ens_code code = ens__uumds_open(file, create, &db, &err);
    CHECK_ROW((code == ENS_OK) == (db != NULL) && (code == ENS_OK || err.n > 0), "code %d", code);
    ens__uumds_close(db);
    return code;
}

static void refuses_files_that_are_no_registry_and_leaves_them_alone(void)
{
    fresh_file();
    CU_ASSERT_EQUAL(open_code(false), ENS_EIO);
    alter("CREATE TABLE mine (x)");
    CU_ASSERT_EQUAL(open_code(true), ENS_EPOLICY);
    sqlite3 *raw = NULL;
    sqlite3_stmt *s = NULL;
    CU_ASSERT_EQUAL(sqlite3_open(file, &raw), SQLITE_OK);
    CU_ASSERT_TRUE(sqlite3_prepare_v2(raw, "PRAGMA journal_mode", -1, &s, NULL) == SQLITE_OK &&
                   sqlite3_step(s) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(s, 0), "delete") == 0);
    sqlite3_finalize(s);
    sqlite3_close(raw);

    fresh_file();
    ens__uumds_close(open_registry());
    alter("PRAGMA user_version=99");
    CU_ASSERT_EQUAL(open_code(true), ENS_EPOLICY);

    fresh_file();
    FILE *text = fopen(file, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (unsigned i = 0; i < 200; i++)
        fputs("this is no database\n", text);
    fclose(text);
    CU_ASSERT_EQUAL(open_code(true), ENS_EIO);
    CU_ASSERT_EQUAL(open_code(false), ENS_EIO);
    done_with_file();
}

static void is_undecided_with_a003_when_the_file_fails(void)
{
    static const question asked = {EORI, leaf_a, "", T2028, ENS_SKIP, "registry.service", "EBMS:0004", "A003"};
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "", "");
    alter("ALTER TABLE party RENAME TO lost");
    ask(db, &asked);
    ens_party_id id = {.eori = ens_str(EORI)};
    ens_report r;
    ens__report_init(&r);
    judge(db, &id, EORI, leaf_a, NULL, false, T2028, &r);
    CU_ASSERT_EQUAL(ens_report_verdict(&r), ENS_UNDECIDED);
    ens__report_clear(&r);
    ens__uumds_close(db);
    done_with_file();
}

static void takes_no_certificate_for_an_unknown_party(void)
{
    fresh_file();
    ens__uumds *db = open_registry();
    ens_err err = {0};
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, &err), ENS_EPOLICY);
    CU_ASSERT_STRING_EQUAL(err.text, EORI);
    ens__uumds_close(db);
    done_with_file();
}

typedef struct {
    ens__uumds *db;
    unsigned accepted;
} worker;

static void *judge_often(void *context)
{
    worker *w = context;
    ens_party_id id = {.eori = ens_str(EORI)};
    ens_report r;
    ens__report_init(&r);
    for (unsigned i = 0; i < 200; i++) {
        judge(w->db, &id, EORI, leaf_a, "EU-ICS2-TI-V2.0", false, T2028, &r);
        w->accepted += ens_report_verdict(&r) == ENS_ACCEPTED;
        ens__report_reset(&r);
    }
    ens__report_clear(&r);
    return NULL;
}

static void several_threads_share_one_handle(void)
{
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "V2.0", "");
    CU_ASSERT_EQUAL(certify(db, EORI, "FR", leaf_a, ENS_PARTY_ACTIVE, T2030, NULL), ENS_OK);
    worker workers[4] = {{db, 0}, {db, 0}, {db, 0}, {db, 0}};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, judge_often, &workers[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(workers[i].accepted, 200);
    }
    ens__uumds_close(db);
    done_with_file();
}

static void lives_in_a_store_as_in_a_file_of_its_own(void)
{
    unsigned from, to;
    ens__party party = {0};
    bool found = false;
    fresh_file();
    CU_ASSERT_EQUAL(ens__store_migrate(file, &from, &to, NULL), ENS_OK);
    ens__uumds *db = open_registry();
    enrol(db, EORI, EORI, ENS_PARTY_ACTIVE, "", "");
    ens__uumds_close(db);
    ens__store *s = NULL;
    CU_ASSERT_EQUAL(ens__store_open(file, &(ens__store_options){0}, &s, NULL), ENS_OK);
    db = open_registry();
    CU_ASSERT(ens__uumds_party(db, ENS_LIT(EORI), &party, &found, NULL) == ENS_OK && found);
    ens__uumds_close(db);
    ens__store_close(s);
    fresh_file();
    CU_ASSERT_EQUAL(ens__sqlite_migrate(file, 1, &from, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__uumds_open(file, true, &db, NULL), ENS_EPOLICY);
    done_with_file();
}

static void renews_a_file_of_the_first_schema(void)
{
    static const uint8_t leaf[32] = {7};
    ens_arena arena;
    ens__registration *found = NULL;
    size_t num = 0;
    fresh_file();
    ens__uumds *db = open_registry();
    enrol(db, "FR73282932000074", "FR73282932000074", ENS_PARTY_ACTIVE, "", "");
    CU_ASSERT_EQUAL(certify(db, "FR73282932000074", "FR", leaf, ENS_PARTY_ACTIVE, T2026 + 1, NULL), ENS_OK);
    ens__uumds_close(db);
    alter("ALTER TABLE certificate DROP COLUMN unchecked");
    alter("PRAGMA user_version=1");
    ens_arena_init(&arena, (size_t)1 << 20);
    for (unsigned i = 0; i < 2; i++) {
        db = open_registry();
        CU_ASSERT(ens__uumds_registrations(db, (ens_slice){0}, &arena, &found, &num, NULL) == ENS_OK && num == 1 &&
                  !found[0].unchecked);
        ens__uumds_close(db);
    }
    ens_arena_free(&arena);
}

static const ens_case cases[] = {
    {"renews a file of the first schema", renews_a_file_of_the_first_schema},
    {"lives in a store as in a file of its own", lives_in_a_store_as_in_a_file_of_its_own},
    {"accepts a registered sender, and names why another is not",
     accepts_a_registered_sender_and_names_why_another_is_not},
    {"finds the registration in the Member State after the at sign",
     finds_the_registration_in_the_member_state_after_the_at_sign},
    {"opens a channel to its own party id alone", opens_a_channel_to_its_own_party_id_alone},
    {"refuses by state, and rehearses what UUM&DS may answer", refuses_by_state_and_rehearses_what_uumds_may_answer},
    {"keeps what was written, and shows it to other handles", keeps_what_was_written_and_shows_it_to_other_handles},
    {"lists many rows in order", lists_many_rows_in_order},
    {"refuses files that are no registry, and leaves them alone",
     refuses_files_that_are_no_registry_and_leaves_them_alone},
    {"is undecided with A003 when the file fails", is_undecided_with_a003_when_the_file_fails},
    {"takes no certificate for an unknown party", takes_no_certificate_for_an_unknown_party},
    {"several threads share one handle", several_threads_share_one_handle},
    {NULL, NULL},
};
ENS_SUITE("sti/uumds", cases)
