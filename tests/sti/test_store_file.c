/* What a store's file has of its own: schemas, other files, disks that are full or protected, syncs. */
#include "engine/base/report.h"
#include "sti/store/journal.h"
#include "sti/store/sql.h"
#include "tests/sti/disk.h"
#include "tests/sti/store_steps.h"

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void waits_by_the_machines_clock_where_none_is_given(void)
{
    ens__store *s = NULL;
    char ids[64];
    int64_t token = 0, in_ms = -1;
    uint64_t open = 0;
    fresh_file();
    CU_ASSERT_EQUAL_FATAL(ens__store_open(store_file, &(ens__store_options){.create = true}, &s, NULL), ENS_OK);
    send_later(s, "m1", 1, ENS_PUSH);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
    settle(s, "m1", token, ENS_ATTEMPT_FAILED, NULL);
    CU_ASSERT_EQUAL(ens__store_next_push(s, &open, &in_ms, NULL), ENS_OK);
    CU_ASSERT(open == 1 && in_ms > MINUTE_MS - 5000 && in_ms <= MINUTE_MS);
    done_with(s);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    CU_ASSERT_EQUAL(sqlite3_open(store_file, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static ens_code try_open(ens__store_options options, ens_err *err)
{
    ens__store *s = NULL;
    *err = (ens_err){0};
    ens_code code = ens__store_open(store_file, &options, &s, err);
    ens__store_close(s);
    CHECK_ROW(code == ENS_OK || err->n, "no reason");
    return code;
}

static bool has_raw(ens__store *s, uint64_t seq, const char *text)
{
    uint8_t storage[64];
    ens_buf raw;
    bool found = false;
    ens_buf_init(&raw, storage, sizeof storage, sizeof storage);
    return ens__store_journal_raw(s, seq, &raw, &found, NULL) == ENS_OK && found && ens_is(ens_buf_slice(&raw), text);
}

static void migrates_from_every_older_schema(void)
{
    ens_err err;
    unsigned from = 9, to = 0;
    uint64_t unread = 0;
    for (unsigned old = 1; old < ENS_STORE_SCHEMA; old++) {
        fresh_file();
        CU_ASSERT_EQUAL(ens__sqlite_migrate(store_file, old, &from, NULL), ENS_OK);
        run_sql("INSERT INTO counter VALUES ('journal', 1), ('octets', 1), ('journal-bytes', 3);"
                "INSERT INTO octets VALUES (1, x'616263');"
                "INSERT INTO journal (seq, stored_at, at, direction, kind, verdict, action, message_id, ref_to, about, "
                "party,"
                " ebms, peer, detail, octets, owns, bytes, sha256) VALUES (1, 1, 1, 0, 0, 1, 'IE3F26', 'm1', '', 'm1', "
                "'P', '', '', '', 1, 1, 3, "
                "x'00');");
        CU_ASSERT_EQUAL(try_open((ens__store_options){.create = true}, &err), ENS_EPOLICY);
        CU_ASSERT_EQUAL(ens__store_migrate(store_file, &from, &to, NULL), ENS_OK);
        CHECK_ROW(from == old && to == ENS_STORE_SCHEMA, "from %u to %u", from, to);
        CU_ASSERT_EQUAL(ens__store_migrate(store_file, &from, &to, NULL), ENS_OK);
        CU_ASSERT_EQUAL(from, ENS_STORE_SCHEMA);
        ens__store *s = open_store(false);
        CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "1 in user-message accepted m1\n");
        CU_ASSERT(ens__store_journal_unread(s, 0, &unread, NULL) == ENS_OK && unread == 1);
        CU_ASSERT(has_raw(s, 1, "abc"));
        CU_ASSERT_EQUAL(arrive(s, "m2", 1, "message", "receipt", NULL), ENS_ARRIVAL_NEW);
        CU_ASSERT(has_raw(s, 2, "message"));
        CU_ASSERT(send_later(s, "out", 1, ENS_PUSH));
        done_with(s);
    }
}

/* may_scan: what lists, counts or empties all that there is, and tables of a row for each party, clock or segment. */
static bool may_scan(const char *plan, const char *sql)
{
    static const char *const small[] = {"SCAN clock",      "SCAN segment", "SCAN channel",
                                        "SCAN preference", "SCAN work",    "SCAN CONSTANT ROW"};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strncmp(plan, small[i], strlen(small[i])) == 0)
            return true;
    return strncmp(sql, "SELECT f.mrn", 12) == 0 || strstr(sql, "GROUP BY") || strstr(sql, "WHERE space = ?1");
}

/* A statement that looks at every message there ever was makes a store slower with each. */
static void no_statement_goes_through_all_that_is_kept(void)
{
    sqlite3 *db = NULL;
    unsigned from, looked_at = 0;
    fresh_file();
    CU_ASSERT_EQUAL(ens__sqlite_migrate(store_file, ENS_STORE_SCHEMA, &from, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(store_file, &db), SQLITE_OK);
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++) {
        char sql[2048];
        sqlite3_stmt *q = NULL;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", ens__sql_text[i]);
        if (i == ENS_SQL_TIME || sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
            continue; /* not of SQLite */
        looked_at++;
        while (sqlite3_step(q) == SQLITE_ROW) {
            const char *plan = (const char *)sqlite3_column_text(q, 3);
            CHECK_ROW(strncmp(plan, "SCAN ", 5) != 0 || may_scan(plan, ens__sql_text[i]), "%s: %s", plan,
                      ens__sql_text[i]);
        }
        sqlite3_finalize(q);
    }
    CHECK_ROW(looked_at >= ENS_SQL_STATEMENTS - 1, "%u statements", looked_at);
    sqlite3_close(db);
    remove_file();
}

static void tells_a_store_from_other_files(void)
{
    ens_err err;
    unsigned from, to;
    fresh_file();
    CU_ASSERT_EQUAL(try_open((ens__store_options){0}, &err), ENS_EIO);
    run_sql("CREATE TABLE other (x)");
    CU_ASSERT_EQUAL(try_open((ens__store_options){.create = true}, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__store_migrate(store_file, &from, &to, NULL), ENS_EPOLICY);
    fresh_file();
    CU_ASSERT_EQUAL(ens__store_migrate(store_file, &from, &to, NULL), ENS_OK);
    CU_ASSERT_EQUAL(from, 0);
    CU_ASSERT_EQUAL(try_open((ens__store_options){0}, &err), ENS_OK);
    run_sql("PRAGMA user_version=99");
    CU_ASSERT_EQUAL(try_open((ens__store_options){0}, &err), ENS_EPOLICY);
    FILE *f = fopen(store_file, "w");
    fputs("not a database at all, and long enough to be looked at as one "
          "..................................................",
          f);
    fclose(f);
    CU_ASSERT_EQUAL(try_open((ens__store_options){.create = true}, &err), ENS_EIO);
    ens__store *s = NULL;
    CU_ASSERT_EQUAL(ens__store_open(":memory:", &(ens__store_options){.create = true}, &s, NULL), ENS_EPOLICY);
    remove_file();
}

static bool has(const ens_report *r, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (strcmp(ens_report_get(r, i)->id, id) == 0)
            return ens_report_get(r, i)->outcome == outcome;
    return false;
}

static void check_says_what_is_not_kept(void)
{
    ens_report *r = ens_report_new();
    ens__store *s = fresh_store();
    ens__store_check(s, r);
    CU_ASSERT(has(r, "store.schema", ENS_PASS) && has(r, "store.integrity", ENS_PASS) &&
              has(r, "store.sync", ENS_PASS));
    CU_ASSERT_EQUAL(ens__store_durable(s) == ENS_DURABLE_DISK, has(r, "store.medium", ENS_PASS));
    done_with(s);
    ens__report_reset(r);
    if (access("/dev/shm", W_OK) == 0) {
        char path[64];
        snprintf(path, sizeof path, "/dev/shm/ensign-store-%d", (int)getpid());
        FILE *f = fopen(path, "w");
        if (f)
            fclose(f);
        CU_ASSERT_EQUAL(ens__medium_check(path, r), ENS_DURABLE_NONE);
        CU_ASSERT(has(r, "store.medium", ENS_FAIL));
        remove(path);
    }
    CU_ASSERT_EQUAL(ens__medium_check("/nowhere/at/all", r), ENS_DURABLE_NONE);
    ens_report_free(r);
}

static void a_store_may_be_opened_for_reading_alone(void)
{
    ens__store *s = fresh_store(), *r = NULL;
    ens_report *report = ens_report_new();
    arrival a;
    ens__change *change = &a.change;
    ens_err err;
    arrive(s, "m1", 1, "message", "receipt", NULL);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(store_file, &(ens__store_options){.read_only = true}, &r, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(journal(r, &ENS_JOURNAL_ALL), "1 in user-message accepted m1\n2 out receipt accepted \n");
    fill_arrival(&a, "m2", 1, "message", "receipt", NULL);
    CU_ASSERT_EQUAL(ens__store_commit(r, &change, 1, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(a.change.code, ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__store_durable(r), ENS_DURABLE_NONE);
    ens__store_check(r, report);
    CU_ASSERT(has(report, "store.access", ENS_FAIL));
    ens__store_close(r);
    ens__store_close(s);
    disk_insert();
    disk_protect(true);
    CU_ASSERT_EQUAL(try_open((ens__store_options){0}, &err), ENS_EIO);
    CU_ASSERT_EQUAL(ens__store_open(store_file, &(ens__store_options){.read_only = true}, &r, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(journal(r, &ENS_JOURNAL_ALL), "1 in user-message accepted m1\n2 out receipt accepted \n");
    ens__store_close(r);
    disk_remove();
    ens_report_free(report);
    done_with(NULL);
}

static void a_full_disk_is_told_and_got_over(void)
{
    static char big[200000];
    arrival a, b;
    ens__change *batch[] = {&a.change, &b.change};
    memset(big, 'x', sizeof big - 1);
    fresh_file();
    disk_insert();
    ens__store *s = open_store(true);
    arrive(s, "m1", 1, "message", "receipt", NULL);
    disk_fill(100000);
    fill_arrival(&a, "big", 1, big, "receipt", NULL);
    fill_arrival(&b, "small", 1, "message", "receipt", NULL);
    CU_ASSERT_EQUAL(ens__store_commit(s, batch, 2, NULL), ENS_EIO);
    CU_ASSERT(a.change.code == ENS_EIO && a.change.err.n);
    disk_fill(-1);
    CU_ASSERT_EQUAL(arrive(s, "big", 1, big, "receipt", NULL), ENS_ARRIVAL_NEW);
    CU_ASSERT_EQUAL(arrive(s, "m1", 1, "message", "receipt", NULL), ENS_ARRIVAL_AGAIN);
    ens__store_close(s);
    disk_remove();
    s = open_store(false);
    CU_ASSERT_EQUAL(arrive(s, "big", 1, big, "receipt", NULL), ENS_ARRIVAL_AGAIN);
    ens_report *r = ens_report_new();
    ens__store_check(s, r);
    CU_ASSERT(has(r, "store.integrity", ENS_PASS));
    ens_report_free(r);
    done_with(s);
}

/* -- The committer ------------------------------------------------------------------------------------------------ */

#define PRODUCERS 16
#define EACH 40
#define SYNC_US 15000 /* so that on a busy machine, too, everybody who is answered has come again when it ends */

typedef struct {
    ens__committer *committer;
    unsigned number, failed;
} producer;

static void *produce(void *arg)
{
    producer *p = arg;
    for (unsigned i = 0; i < EACH; i++) {
        arrival a;
        char id[32];
        snprintf(id, sizeof id, "p%u-%u", p->number, i);
        fill_arrival(&a, id, 1, "a message", "a receipt", "reply");
        if (ens__committer_wait(p->committer, &a.change, NULL) != ENS_OK || a.change.inbound.arrival != ENS_ARRIVAL_NEW)
            p->failed++;
    }
    return NULL;
}

static unsigned run_producers(ens__committer *c, unsigned num)
{
    pthread_t thread[PRODUCERS];
    producer p[PRODUCERS];
    unsigned failed = 0;
    for (unsigned i = 0; i < num; i++) {
        p[i] = (producer){c, i, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, produce, &p[i]), 0);
    }
    for (unsigned i = 0; i < num; i++) {
        pthread_join(thread[i], NULL);
        failed += p[i].failed;
    }
    return failed;
}

/* syncs_of_many counts the syncs of a run of many producers over a slow disk. */
static unsigned syncs_of_many(void)
{
    ens__committer *c = NULL;
    fresh_file();
    disk_insert();
    disk_slow(SYNC_US);
    ens__store *s = open_store(true);
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    unsigned before = disk_num_syncs();
    CU_ASSERT_EQUAL(run_producers(c, PRODUCERS), 0);
    unsigned syncs = disk_num_syncs() - before;
    CU_ASSERT_EQUAL(counts(s).changes, PRODUCERS * EACH);
    CU_ASSERT_EQUAL(counts(s).work, PRODUCERS * EACH);
    ens__committer_stop(c);
    ens__store_close(s);
    disk_remove();
    done_with(NULL);
    return syncs;
}

/* Where other programs keep the producers from running, fewer of them wait for one sync: a busy machine gets three
 * tries. */
static void one_sync_serves_many(void)
{
    unsigned syncs = UINT_MAX;
    for (unsigned tries = 0; tries < 3 && (uint64_t)syncs * 100 > PRODUCERS * EACH * 15; tries++) {
        unsigned these = syncs_of_many();
        syncs = these < syncs ? these : syncs;
    }
    CHECK_ROW(syncs * 100 <= PRODUCERS * EACH * 15, "%u syncs for %u messages", syncs, PRODUCERS * EACH);
}

static void one_alone_waits_for_nobody(void)
{
    ens__committer *c = NULL;
    fresh_file();
    disk_insert();
    ens__store *s = open_store(true);
    arrive(s, "first", 1, "a message", "a receipt", NULL); /* which begins the segment */
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    unsigned before = disk_num_syncs();
    CU_ASSERT_EQUAL(run_producers(c, 1), 0);
    CU_ASSERT_EQUAL(disk_num_syncs() - before, EACH);
    CU_ASSERT_EQUAL(counts(s).commits, EACH + 1);
    ens__committer_stop(c);
    ens__store_close(s);
    disk_remove();
    done_with(NULL);
}

static void count_done(ens__change *change)
{
    unsigned *num = change->user;
    CU_ASSERT_EQUAL(change->code, ENS_OK);
    ++*num;
}

static void stopping_commits_what_was_submitted(void)
{
    ens__committer *c = NULL;
    arrival a[50];
    char ids[50][16];
    unsigned done = 0;
    ens__store *s = fresh_store();
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(ids[i], sizeof ids[i], "m%u", i);
        fill_arrival(&a[i], ids[i], 1, "message", "receipt", NULL);
        a[i].change.done = count_done;
        a[i].change.user = &done;
        CU_ASSERT_EQUAL(ens__committer_submit(c, &a[i].change, NULL), ENS_OK);
    }
    ens__committer_stop(c);
    CU_ASSERT_EQUAL(done, 50);
    CU_ASSERT_EQUAL(counts(s).last_seq, 100);
    done_with(s);
}

/* commits_of_two has the second of two submitted while it is expected. */
static uint64_t commits_of_two(void)
{
    static const char *const ids[] = {"first", "second"};
    ens__committer *c = NULL;
    arrival a[2];
    unsigned done = 0;
    ens__store *s = fresh_store();
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    ens__committer_expect(c, 2);
    for (unsigned i = 0; i < 2; i++) {
        fill_arrival(&a[i], ids[i], 1, "message", "receipt", NULL);
        a[i].change.done = count_done;
        a[i].change.user = &done;
        CU_ASSERT_EQUAL(ens__committer_submit(c, &a[i].change, NULL), ENS_OK);
        ens__committer_expect(c, -1);
        usleep(200);
    }
    ens__committer_stop(c);
    CU_ASSERT_EQUAL(done, 2);
    uint64_t commits = counts(s).commits;
    done_with(s);
    return commits;
}

/* On a busy machine the second may come after the first's patience has ended: not ten times. */
static void what_is_expected_is_waited_for(void)
{
    unsigned tries = 0;
    while (commits_of_two() != 1 && tries < 10)
        tries++;
    CU_ASSERT(tries < 10);
}

static void what_never_comes_is_not_waited_for_long(void)
{
    ens__committer *c = NULL;
    arrival a;
    ens__store *s = fresh_store();
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    ens__committer_expect(c, 1);
    fill_arrival(&a, "alone", 1, "message", "receipt", NULL);
    CU_ASSERT_EQUAL(ens__committer_wait(c, &a.change, NULL), ENS_OK);
    CU_ASSERT_EQUAL(counts(s).commits, 1);
    ens__committer_stop(c);
    done_with(s);
}

/* -- What never became a message -- */

static unsigned note_many(ens__journal *j, const char *peer, unsigned num, int64_t at)
{
    unsigned taken = 0;
    const ens__entry e = {
        .kind = ENS_ENTRY_TLS, .verdict = ENS_REFUSED, .peer = ens_str(peer), .detail = ENS_LIT("no certificate")};
    for (unsigned i = 0; i < num; i++)
        taken += ens__journal_note(j, &e, at);
    return taken;
}

static bool last_detail(void *user, const ens__journal_row *row)
{
    snprintf(user, 96, "%.*s", (int)row->detail.len, (const char *)row->detail.p);
    return true;
}

static void a_flood_is_journalled_within_bounds(void)
{
    ens__committer *c = NULL;
    char detail[96] = "";
    ens__store *s = fresh_store();
    CU_ASSERT_EQUAL_FATAL(ens__committer_start(s, &c, NULL), ENS_OK);
    ens__journal *j = ens__journal_new(c);
    CU_ASSERT_PTR_NOT_NULL_FATAL(j);
    CU_ASSERT_EQUAL(note_many(j, "10.0.0.1:1000", 50, 5000), ENS_JOURNAL_PEER_BURST);
    CU_ASSERT_EQUAL(note_many(j, "10.0.0.1:1001", 50, 5000), 0); /* another port is no other peer */
    CU_ASSERT_EQUAL(note_many(j, "10.0.0.2:1000", 1, 5000), 1);
    CU_ASSERT_EQUAL(note_many(j, "10.0.0.1:1002", 9, 5500), 1);
    CU_ASSERT_EQUAL(note_many(j, "10.0.0.1:1002", 9, 3000), 0); /* a clock that goes back gives nothing */
    unsigned taken = 0;
    for (unsigned i = 0; i < 200; i++) {
        char peer[32];
        snprintf(peer, sizeof peer, "10.1.0.%u:99", i);
        taken += note_many(j, peer, 20, 5500);
    }
    CU_ASSERT(taken <= ENS_JOURNAL_BURST);
    ens__journal_free(j);
    ens__committer_stop(c);
    CU_ASSERT_EQUAL(counts(s).last_seq, ENS_JOURNAL_PEER_BURST + 2 + taken);
    CU_ASSERT_EQUAL(ens__store_journal_list(
                        s, &(ens__journal_query){.until = ENS_JOURNAL_PEER_BURST + 2, .direction = -1, .kind = -1},
                        last_detail, detail, NULL),
                    ENS_OK);
    CU_ASSERT_STRING_EQUAL(detail, "80 like it passed over before; no certificate");
    done_with(s);
}

/* -- Backups -- */

static void a_backup_is_a_store(void)
{
    char to[600];
    ens__store *copy = NULL;
    uint8_t storage[64];
    ens_buf stored;
    ens_arrival came = ENS_ARRIVAL_NEW;
    const uint8_t refs[32] = {0};
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    arrive(s, "m1", 0, "message", "receipt", NULL);
    snprintf(to, sizeof to, "%s.backup", store_file);
    CU_ASSERT_EQUAL(ens__store_backup(store_file, to, NULL), ENS_OK);
    arrive(s, "m2", 0, "message", "receipt", NULL);
    CU_ASSERT_EQUAL(ens__store_backup(store_file, to, NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__store_backup("postgres:host=x", to, NULL), ENS_EPOLICY);
    struct stat st;
    CU_ASSERT(stat(to, &st) == 0 && (st.st_mode & 077) == 0);
    CU_ASSERT_EQUAL(ens__store_open(to, &(ens__store_options){0}, &copy, NULL), ENS_OK);
    if (copy) {
        CU_ASSERT_EQUAL(counts(copy).last_seq, 2);
        CU_ASSERT(ens__store_find_inbound(copy, ENS_LIT("m1"), refs, &stored, &came, NULL) == ENS_OK &&
                  came == ENS_ARRIVAL_AGAIN && ens_is(ens_buf_slice(&stored), "receipt"));
    }
    ens__store_close(copy);
    unlink(to);
    done_with(s);
}

static const ens_case cases[] = {
    {"a backup is a store, of one moment, and private", a_backup_is_a_store},
    {"waits by the machine's clock where none is given", waits_by_the_machines_clock_where_none_is_given},
    {"migrates from every older schema", migrates_from_every_older_schema},
    {"no statement goes through all that is kept", no_statement_goes_through_all_that_is_kept},
    {"tells a store from other files", tells_a_store_from_other_files},
    {"check says what is not kept", check_says_what_is_not_kept},
    {"a store may be opened for reading alone", a_store_may_be_opened_for_reading_alone},
    {"a full disk is told, and got over", a_full_disk_is_told_and_got_over},
    {"one sync serves many", one_sync_serves_many},
    {"one alone waits for nobody", one_alone_waits_for_nobody},
    {"a flood is journalled within bounds", a_flood_is_journalled_within_bounds},
    {"what is expected is waited for", what_is_expected_is_waited_for},
    {"what never comes is not waited for long", what_never_comes_is_not_waited_for_long},
    {"stopping commits what was submitted", stopping_commits_what_was_submitted},
    {NULL, NULL},
};

ENS_SUITE("sti/store-file", cases)
