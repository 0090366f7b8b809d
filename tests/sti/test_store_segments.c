/* Segments: where the octets of messages are, and the log that what the power took is made again from. */
#include "engine/base/report.h"
#include "sti/store/segment.h"
#include "tests/sti/store_steps.h"

#include <glob.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGE 300000

static int64_t ask_sql(const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int64_t number = -1;
    CU_ASSERT_EQUAL(sqlite3_open(store_file, &db), SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    if (sqlite3_step(s) == SQLITE_ROW)
        number = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return number;
}

/* segment_file finds the file of the segment of that number; "" where there is none. */
static const char *segment_file(unsigned id)
{
    static char path[600];
    char pattern[600];
    glob_t found;
    path[0] = '\0';
    snprintf(pattern, sizeof pattern, "%s-????????_%u", store_file, id);
    if (glob(pattern, 0, NULL, &found) == 0) {
        snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
        globfree(&found);
    }
    return path;
}

/* raw_of is the octets of a row, or why they can't be read. */
static const char *raw_of(ens__store *s, uint64_t seq)
{
    static char text[LARGE + 100];
    ens_buf out;
    ens_err err = {0};
    bool found = false;
    ens_buf_init(&out, text, sizeof text - 1, sizeof text - 1);
    if (ens__store_journal_raw(s, seq, &out, &found, &err) != ENS_OK)
        snprintf(text, sizeof text, "error: %s", err.n ? err.frame[0].what : "");
    else
        text[found ? out.len : 0] = '\0';
    return text;
}

static ens_outcome check_segments(ens__store *s)
{
    ens_report *r = ens_report_new();
    ens_outcome outcome = ENS_SKIP;
    ens__store_check(s, r);
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (strcmp(ens_report_get(r, i)->id, "store.segments") == 0)
            outcome = ens_report_get(r, i)->outcome;
    ens_report_free(r);
    return outcome;
}

static void octets_are_in_segments(void)
{
    static char large[LARGE];
    struct stat st;
    uint8_t storage[64];
    ens_buf stored;
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    memset(large, 'x', sizeof large - 1);
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    arrive(s, "m2", 1, large, "receipt two", NULL);
    CU_ASSERT(stat(segment_file(1), &st) == 0 && st.st_size > LARGE && (st.st_mode & 077) == 0);
    CU_ASSERT_EQUAL(ask_sql("SELECT COUNT(*) FROM octets WHERE typeof(raw) = 'text'"), 4);
    CU_ASSERT_STRING_EQUAL(raw_of(s, 1), "message one");
    CU_ASSERT_STRING_EQUAL(raw_of(s, 3), large);
    CU_ASSERT_EQUAL(arrive(s, "m2", 1, large, "another", &stored), ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens_is(ens_buf_slice(&stored), "receipt two"));
    CU_ASSERT_EQUAL(check_segments(s), ENS_PASS);
    done_with(s);
}

/* The second finds the first in the frame that isn't written yet. */
static void a_message_comes_twice_in_one_commit(void)
{
    arrival a, b;
    ens__change *batch[] = {&a.change, &b.change};
    uint8_t storage[64];
    ens_buf stored;
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    fill_arrival(&a, "m1", 1, "message", "first receipt", NULL);
    fill_arrival(&b, "m1", 1, "message", "second receipt", NULL);
    b.change.inbound.stored = &stored;
    CU_ASSERT_EQUAL(ens__store_commit(s, batch, 2, NULL), ENS_OK);
    CU_ASSERT(a.change.inbound.arrival == ENS_ARRIVAL_NEW && b.change.inbound.arrival == ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens_is(ens_buf_slice(&stored), "first receipt"));
    CU_ASSERT_STRING_EQUAL(raw_of(s, 4), "first receipt");
    done_with(s);
}

static void overwrite(const char *path, long at, char c)
{
    FILE *f = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    fputc(c, f);
    fclose(f);
}

static ens_code try_open(bool read_only, ens__store **out, char *text, size_t size)
{
    ens_err err = {0};
    *out = NULL;
    ens_code code = ens__store_open(store_file, &(ens__store_options){.read_only = read_only}, out, &err);
    ens_err_format(&err, text, size);
    return code;
}

/* A message that can't be had is told; none is another's, or empty. */
static void a_segment_that_is_missing_or_damaged_is_told(void)
{
    char path[600], aside[640], text[512];
    const uint8_t refs[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                              1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    uint8_t storage[64];
    ens_buf stored;
    ens_arrival came = ENS_ARRIVAL_NEW;
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    ens__store_close(s);
    snprintf(path, sizeof path, "%s", segment_file(1));
    snprintf(aside, sizeof aside, "%s-aside", path);
    rename(path, aside);
    CU_ASSERT_EQUAL(try_open(false, &s, text, sizeof text), ENS_EIO);
    CHECK_ROW(strstr(text, "is missing") && strstr(text, "backup"), "%s", text);
    CU_ASSERT_EQUAL_FATAL(try_open(true, &s, text, sizeof text), ENS_OK);
    CHECK_ROW(strncmp(raw_of(s, 1), "error: ", 7) == 0, "%s", raw_of(s, 1));
    CU_ASSERT_EQUAL(check_segments(s), ENS_FAIL);
    ens__store_close(s);
    rename(aside, path);
    overwrite(path, -1, '!'); /* of the receipt */
    s = open_store(false);
    CU_ASSERT_STRING_EQUAL(raw_of(s, 1), "message one");
    CHECK_ROW(strncmp(raw_of(s, 2), "error: ", 7) == 0, "%s", raw_of(s, 2));
    CU_ASSERT_EQUAL(ens__store_find_inbound(s, ENS_LIT("m1"), refs, &stored, &came, NULL), ENS_EIO);
    CU_ASSERT_EQUAL(stored.len, 0);
    CU_ASSERT_EQUAL(check_segments(s), ENS_FAIL);
    ens__store_close(s);
    CU_ASSERT_EQUAL(truncate(path, ENS_SEGMENT_HEAD + 10), 0);
    CU_ASSERT_EQUAL(try_open(false, &s, text, sizeof text), ENS_EIO);
    CHECK_ROW(strstr(text, "too short"), "%s", text);
    done_with(NULL);
}

/* -- What the power took ------------------------------------------------------------------------------------------ */

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    CU_ASSERT(out && n && fwrite(bytes, 1, n, out) == n);
    if (in)
        fclose(in);
    if (out)
        fclose(out);
}

/* take_some has a message come, come again, come otherwise, and a row of the journal of two. */
static void take_some(ens__store *s)
{
    const ens__entry rows[] = {
        {.kind = ENS_ENTRY_TLS,
         .verdict = ENS_REFUSED,
         .peer = ENS_LIT("10.0.0.1"),
         .detail = ENS_LIT("no certificate")},
        {.kind = ENS_ENTRY_HTTP, .verdict = ENS_REFUSED, .at_ms = 4711, .raw = ENS_LIT("GET / HTTP/1.1")}};
    ens__change journal = {.kind = ENS_CHANGE_JOURNAL, .journal = {rows, 2}};
    arrival a, b;
    ens__change *batch[] = {&a.change, &journal, &b.change};
    fill_arrival(&a, "m2", 1, "message two", "receipt two", "reply");
    fill_arrival(&b, "m3", 1, "message three", "receipt three", NULL);
    b.change.inbound.message.lrn = ENS_LIT("LRN3");
    b.change.inbound.answer.unread = true;
    CU_ASSERT_EQUAL(ens__store_commit(s, batch, 3, NULL), ENS_OK);
    arrive(s, "m1", 1, "message one", "receipt other", NULL);
    arrive(s, "m1", 2, "message other", "receipt other", NULL);
}

static void compare(ens__store *s, const char *expected, uint64_t last)
{
    static const char *const raw[] = {"message one",    "receipt one",   "message two",   "receipt two", "",
                                      "GET / HTTP/1.1", "message three", "receipt three", "message one", "receipt one",
                                      "message other"};
    ens_arena arena;
    ens__work *w = NULL;
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), expected);
    CU_ASSERT_EQUAL_FATAL(last, sizeof raw / sizeof *raw);
    for (uint64_t i = 0; i < last; i++)
        CHECK_ROW(strcmp(raw_of(s, i + 1), raw[i]) == 0, "%u: %s", (unsigned)i + 1, raw_of(s, i + 1));
    CU_ASSERT_EQUAL(counts(s).last_seq, last);
    CU_ASSERT_EQUAL(ask_sql("SELECT seq FROM journal WHERE lrn = 'LRN3'"), 7);
    CU_ASSERT_EQUAL(ask_sql("SELECT seq FROM journal WHERE lrn IS NULL"), 8);
    CU_ASSERT_EQUAL(ask_sql("SELECT seq FROM journal WHERE at = 4711"), 6);
    ens_arena_init(&arena, ARENA_MAX);
    CU_ASSERT_EQUAL(claim_work(s, INT64_MAX / 2, &arena, &w), 2);
    CU_ASSERT(ens_is(w[0].raw, "message one") && ens_is(w[1].raw, "message two"));
    ens_arena_free(&arena);
}

/* forget_what_came leaves the store as it was after m1, and the segments as they are after all. */
static void forget_what_came(char *expected, size_t size, uint64_t *last)
{
    char aside[600];
    snprintf(aside, sizeof aside, "%s.aside", store_file);
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    ens__store_close(s);
    copy_file(store_file, aside);
    s = open_store(false);
    take_some(s);
    snprintf(expected, size, "%s", journal(s, &ENS_JOURNAL_ALL));
    *last = counts(s).last_seq;
    ens__store_close(s);
    rename(aside, store_file);
}

static void what_was_logged_is_made_again(void)
{
    char expected[4096], text[512];
    uint64_t last = 0;
    ens__store *s = NULL;
    forget_what_came(expected, sizeof expected, &last);
    s = open_store(false);
    compare(s, expected, last);
    ens__store_close(s);
    s = open_store(false); /* just once */
    CU_ASSERT_EQUAL(counts(s).last_seq, last);
    done_with(s);
    forget_what_came(expected, sizeof expected, &last);
    CU_ASSERT_EQUAL_FATAL(try_open(true, &s, text, sizeof text), ENS_OK); /* who only reads sees it, too */
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), expected);
    done_with(s);
}

/* A day or a file that ended meanwhile changes nothing: the new one begins after what the last one holds. */
static void what_was_logged_the_day_before_is_made_again(void)
{
    char expected[4096], sql[256], old[600], new[ENS_SEGMENT_PATH];
    uint64_t last = 0;
    forget_what_came(expected, sizeof expected, &last);
    snprintf(old, sizeof old, "%s", segment_file(1));
    ens__segment_path(store_file, 20200101, 1, new);
    CU_ASSERT_EQUAL(rename(old, new), 0);
    snprintf(sql, sizeof sql, "UPDATE octets SET raw = '20200101' || substr(raw, 9) WHERE typeof(raw) = 'text'");
    ask_sql(sql);
    ask_sql("UPDATE segment SET day = 20200101");
    ens__store *s = open_store(false);
    compare(s, expected, last);
    arrive(s, "m9", 1, "message nine", "receipt nine", NULL);
    CU_ASSERT(segment_file(2)[0] != '\0');
    CU_ASSERT_STRING_EQUAL(raw_of(s, last + 1), "message nine");
    CU_ASSERT_STRING_EQUAL(raw_of(s, 1), "message one");
    done_with(s);
}

/* A frame that the power has torn was acknowledged to nobody. */
static void what_is_torn_is_nothing(void)
{
    char expected[4096];
    uint64_t last = 0;
    struct stat st;
    forget_what_came(expected, sizeof expected, &last);
    CU_ASSERT_EQUAL(stat(segment_file(1), &st), 0);
    overwrite(segment_file(1), -1, '!'); /* of the last octets: the frame before is whole */
    ens__store *s = open_store(false);
    CU_ASSERT_EQUAL(counts(s).last_seq, last - 1);
    CU_ASSERT_EQUAL(arrive(s, "m4", 1, "message four", "receipt four", NULL), ENS_ARRIVAL_NEW);
    CU_ASSERT_STRING_EQUAL(raw_of(s, last), "message four"); /* written over it */
    ens__store_close(s);
    s = open_store(false);
    CU_ASSERT_EQUAL(counts(s).last_seq, last + 1);
    CU_ASSERT_EQUAL(check_segments(s), ENS_PASS);
    done_with(s);
}

/* -- Upkeep ------------------------------------------------------------------------------------------------------- */

/* begin_segment has the next commit begin one: the one there is, is as large as one may be. */
static void begin_segment(void)
{
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE segment SET bytes = %lld WHERE id = 1", (long long)ENS_SEGMENT_MAX);
    CU_ASSERT_EQUAL(truncate(segment_file(1), ENS_SEGMENT_MAX), 0);
    ask_sql(sql);
}

static void files_go_when_nothing_points_to_them(void)
{
    char text[32];
    ens__store *s = fresh_store();
    for (unsigned i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "m%02u", i);
        arrival a;
        fill_arrival(&a, text, 1, "message of the first segment", "receipt", NULL);
        CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    }
    begin_segment();
    arrive(s, "later", 1, "message of the second segment", "receipt", NULL);
    CU_ASSERT(segment_file(1)[0] && segment_file(2)[0]);
    prune(s, 0, 60 * MINUTE_MS, 1); /* the answers stay */
    prune(s, 0, 60 * MINUTE_MS, 1); /* … and are moved into their rows */
    prune(s, 0, 60 * MINUTE_MS, 1);
    prune(s, 0, 60 * MINUTE_MS, 1);
    CU_ASSERT_STRING_EQUAL(segment_file(1), "");
    CU_ASSERT(segment_file(2)[0] != '\0');
    CU_ASSERT_STRING_EQUAL(raw_of(s, 2), "receipt");
    CU_ASSERT_EQUAL(arrive(s, "m00", 1, "message of the first segment", "other", NULL), ENS_ARRIVAL_AGAIN);
    ens__store_close(s);
    s = open_store(false);
    CU_ASSERT_EQUAL(check_segments(s), ENS_PASS);
    done_with(s);
}

static void what_is_held_is_kept_without_its_file(void)
{
    uint64_t num = 0;
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    arrive(s, "m2", 1, "message two", "receipt two", NULL);
    begin_segment();
    CU_ASSERT_EQUAL(ens__store_hold(s, ENS_LIT("court"), &(ens__journal_query){.until = 1, .direction = -1, .kind = -1},
                                    &num, NULL),
                    ENS_OK);
    arrive(s, "later", 1, "message of the second segment", "receipt", NULL);
    store_now += 2 * MINUTE_MS;
    for (unsigned i = 0; i < 5; i++)
        prune(s, MINUTE_MS, MINUTE_MS, 0);
    CU_ASSERT_STRING_EQUAL(segment_file(1), "");
    CU_ASSERT_STRING_EQUAL(raw_of(s, 1), "message one");
    CU_ASSERT_EQUAL(check_segments(s), ENS_PASS);
    done_with(s);
}

typedef struct {
    ens__store *store;
    unsigned num;
    bool stop;
} taker;

static void *take_on(void *arg)
{
    taker *t = arg;
    for (; !__atomic_load_n(&t->stop, __ATOMIC_ACQUIRE); t->num++) {
        arrival a;
        char id[32];
        ens__change *c = &a.change;
        snprintf(id, sizeof id, "t%u", t->num);
        fill_arrival(&a, id, 1, id, "receipt", NULL);
        if (ens__store_commit(t->store, &c, 1, NULL) != ENS_OK)
            break;
    }
    return NULL;
}

static void a_backup_is_whole_while_messages_come(void)
{
    char to[600], pattern[620];
    ens__store *copy = NULL;
    pthread_t thread;
    taker t = {.store = fresh_store()};
    arrive(t.store, "m1", 1, "message one", "receipt one", NULL);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, take_on, &t), 0);
    for (unsigned i = 0; i < 3; i++) {
        glob_t found;
        usleep(20000);
        snprintf(to, sizeof to, "%s.backup%u", store_file, i);
        CU_ASSERT_EQUAL(ens__store_backup(store_file, to, NULL), ENS_OK);
        CU_ASSERT_EQUAL_FATAL(ens__store_open(to, &(ens__store_options){0}, &copy, NULL), ENS_OK);
        CU_ASSERT_STRING_EQUAL(raw_of(copy, 1), "message one");
        CU_ASSERT_EQUAL(check_segments(copy), ENS_PASS);
        ens__store_close(copy);
        snprintf(pattern, sizeof pattern, "%s*", to);
        if (glob(pattern, 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++)
                unlink(found.gl_pathv[k]);
            globfree(&found);
        }
    }
    __atomic_store_n(&t.stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    CU_ASSERT(t.num > 0);
    done_with(t.store);
}

/* A store that is named by a link has its segments beside itself, as SQLite's log is. */
static void a_link_leads_to_the_store_and_its_segments(void)
{
    char link[sizeof store_file + 8];
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    ens__store_close(s);
    snprintf(link, sizeof link, "%s.link", store_file);
    CU_ASSERT_EQUAL(symlink(store_file, link), 0);
    CU_ASSERT_EQUAL_FATAL(ens__store_open(link, &(ens__store_options){0}, &s, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(raw_of(s, 1), "message one");
    arrive(s, "m2", 1, "message two", "receipt two", NULL);
    ens__store_close(s);
    unlink(link);
    s = open_store(false);
    CU_ASSERT_STRING_EQUAL(raw_of(s, 3), "message two");
    done_with(s);
}

static void a_place_is_read_as_it_was_written(void)
{
    static const char *const bad[] = {
        "",
        "x",
        "20200101_1 5 6",
        "20200101_1 5 6 00",
        "20200101_1 -5 6 0000000000000000000000000000000000000000000000000000000000000000",
        "20200101_1 5 6 0000000000000000000000000000000000000000000000000000000000000000x"};
    char text[ENS_PLACE_TEXT];
    ens__place place = {.day = 20261128, .id = 7, .at = 99999999999, .len = 5, .sha256 = {0xAB, [31] = 1}}, read;
    ens__place_write(&place, text);
    CU_ASSERT(ens__place_read(ens_str(text), &read));
    CU_ASSERT(read.day == place.day && read.id == place.id && read.at == place.at && read.len == place.len &&
              memcmp(read.sha256, place.sha256, 32) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_ROW(!ens__place_read(ens_str(bad[i]), &read), "%s", bad[i]);
}

static const ens_case cases[] = {
    {"octets are in segments, and read back", octets_are_in_segments},
    {"a message comes twice in one commit", a_message_comes_twice_in_one_commit},
    {"a segment that is missing or damaged is told", a_segment_that_is_missing_or_damaged_is_told},
    {"what was logged is made again", what_was_logged_is_made_again},
    {"what was logged the day before is made again", what_was_logged_the_day_before_is_made_again},
    {"what is torn is nothing", what_is_torn_is_nothing},
    {"files go when nothing points to them", files_go_when_nothing_points_to_them},
    {"what is held is kept without its file", what_is_held_is_kept_without_its_file},
    {"a backup is whole while messages come", a_backup_is_whole_while_messages_come},
    {"a link leads to the store and its segments", a_link_leads_to_the_store_and_its_segments},
    {"a place is read as it was written", a_place_is_read_as_it_was_written},
    {NULL, NULL},
};

ENS_SUITE("sti/store-segments", cases)
