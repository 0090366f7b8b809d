/* The filings that a store keeps: a change of them is whole, and holds only while nobody else has changed them. */
#include "sti/store/filing.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)16 << 20)
#define MRN "26FRSIM00000001AT0"
#define OTHER "26FRSIM00000002AT0"

static char folder[] = "/tmp/ensign-filing-XXXXXX", file[64];
static ens_arena arena;

static ens__store *open_store(void)
{
    ens__store *s = NULL;
    if (!file[0]) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        snprintf(file, sizeof file, "%s/s.db", folder);
        ens_arena_init(&arena, ARENA_MAX);
    }
    CU_ASSERT_EQUAL_FATAL(ens__store_open(file, &(ens__store_options){.create = true}, &s, NULL), ENS_OK);
    return s;
}

static void close_store(ens__store *s)
{
    char path[96];
    static const char *const ends[] = {"", "-wal", "-shm"};
    ens__store_close(s);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", file, ends[i]);
        unlink(path);
    }
    rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    file[0] = '\0';
    ens_arena_free(&arena);
}

/* work puts a task down, claims it, and ends it with what it does to filings. */
static ens_code work(ens__store *s, const ens__filing_changes *c, bool *lost)
{
    ens__change task = {.kind = ENS_CHANGE_TASK, .task = {.id = ENS_LIT("t"), .kind = ENS_LIT("k")}}, *one = &task;
    ens__work *w = NULL;
    size_t num = 0;
    CU_ASSERT_EQUAL(ens__store_commit(s, &one, 1, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_claim_work(s, ENS_LIT("k"), 1, 1, 0, &arena, &w, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(num, 1);
    ens__change done = {.kind = ENS_CHANGE_WORK, .work = {.id = w->id, .token = w->token, .filings = c}};
    one = &done;
    ens_code code = ens__store_commit(s, &one, 1, NULL);
    *lost = done.work.lost;
    return code;
}

static ens_code put(ens__store *s, const ens__filing_row *row)
{
    bool lost;
    return work(s, &(ens__filing_changes){.filings = row, .num_filings = 1}, &lost);
}

static ens__filing_row row_of(const char *mrn, int64_t version)
{
    return (ens__filing_row){.mrn = ens_str(mrn),
                             .action = ENS_LIT("IE3F26"),
                             .lrn = ENS_LIT("LRN-1"),
                             .declarant = ENS_LIT("FR1"),
                             .party = ENS_LIT("FR1"),
                             .body = ENS_LIT("what it keeps"),
                             .state = 3,
                             .version = version,
                             .registered_ms = 7};
}

static void a_filing_is_changed_by_who_knows_its_version(void)
{
    ens__store *s = open_store();
    ens__filing_row row = row_of(MRN, 0), read;
    bool found = false;
    CU_ASSERT_EQUAL(put(s, &row), ENS_OK);
    CU_ASSERT_EQUAL(put(s, &row), ENS_EPOLICY); /* there is one of that MRN */
    CU_ASSERT_EQUAL(ens__store_find_filing(s, ENS_LIT(MRN), &arena, &read, &found, NULL), ENS_OK);
    CU_ASSERT(found && read.version == 1 && read.state == 3 && ens_is(read.body, "what it keeps") &&
              ens_is(read.lrn, "LRN-1") && read.registered_ms == 7);
    row.version = 1;
    row.state = 9;
    CU_ASSERT_EQUAL(put(s, &row), ENS_OK);
    CU_ASSERT_EQUAL(put(s, &row), ENS_EPOLICY); /* it is of version 2 by now */
    CU_ASSERT_EQUAL(ens__store_find_filing(s, ENS_LIT(OTHER), &arena, &read, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    close_store(s);
}

static void a_change_is_whole_or_nothing(void)
{
    ens__store *s = open_store();
    ens__filing_row rows[2] = {row_of(MRN, 0), row_of(OTHER, 5)}, read;
    const ens__used_reference used = {ENS_LIT(""), ENS_LIT("FR1"), ENS_LIT("LRN-1"), ENS_LIT(MRN)};
    const ens__filing_changes c = {.filings = rows, .num_filings = 2, .references = &used, .num_references = 1};
    bool lost, found = true;
    CU_ASSERT_EQUAL(work(s, &c, &lost), ENS_EPOLICY); /* nobody knows the second */
    CU_ASSERT_EQUAL(ens__store_find_filing(s, ENS_LIT(MRN), &arena, &read, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    rows[1].version = 0;
    CU_ASSERT_EQUAL(work(s, &c, &lost), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_find_reference(s, &used, &found, NULL), ENS_OK);
    CU_ASSERT_TRUE(found);
    rows[0].version = rows[1].version = 1;
    CU_ASSERT_EQUAL(work(s, &c, &lost), ENS_EPOLICY); /* the reference is used up */
    CU_ASSERT_EQUAL(ens__store_find_filing(s, ENS_LIT(MRN), &arena, &read, &found, NULL), ENS_OK);
    CU_ASSERT_EQUAL(read.version, 1);
    char longer[ENS_FILING_MRN + 2];
    memset(longer, 'A', sizeof longer);
    rows[0].mrn = ens_bytes(longer, sizeof longer);
    CU_ASSERT_EQUAL(work(s, &c, &lost), ENS_ELIMIT);
    close_store(s);
}

static void finds_filings_by_their_keys(void)
{
    static const ens__filing_key first[] = {{1, {(const uint8_t *)"M1", 2}}, {2, {(const uint8_t *)"H1", 2}}},
                                 second[] = {{1, {(const uint8_t *)"M1", 2}}};
    ens__store *s = open_store();
    ens__filing_row a = row_of(OTHER, 0), b = row_of(MRN, 0), *rows = NULL;
    ens__filing_key *keys = NULL;
    size_t num = 0;
    a.keys = first, a.num_keys = 2;
    b.keys = second, b.num_keys = 1, b.registered_ms = 9;
    CU_ASSERT(put(s, &a) == ENS_OK && put(s, &b) == ENS_OK);
    CU_ASSERT_EQUAL(ens__store_filings_by_key(s, ENS_LIT(""), first[0], &arena, &rows, &num, NULL), ENS_OK);
    CU_ASSERT(num == 2 && ens_is(rows[0].mrn, OTHER) && ens_is(rows[1].mrn, MRN));
    CU_ASSERT_EQUAL(ens__store_filings_by_key(s, ENS_LIT("elsewhere"), first[0], &arena, &rows, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 0);
    CU_ASSERT_EQUAL(ens__store_filing_keys(s, ENS_LIT(OTHER), &arena, &keys, &num, NULL), ENS_OK);
    CU_ASSERT(num == 2 && ens_is(keys[0].text, "M1") && keys[1].kind == 2 && ens_is(keys[1].text, "H1"));
    a.version = 1, a.keys = second, a.num_keys = 1;
    CU_ASSERT_EQUAL(put(s, &a), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_filing_keys(s, ENS_LIT(OTHER), &arena, &keys, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL(num, 1);
    close_store(s);
}

static bool count_one(void *user, const ens__filing_row *row)
{
    (void)row;
    return ++*(unsigned *)user, true;
}

static bool keep_notice(void *user, const ens__notice *n)
{
    snprintf(user, 32, "%.*s", (int)n->action.len, (const char *)n->action.p);
    return false;
}

static void keeps_documents_and_what_was_told(void)
{
    ens__store *s = open_store();
    ens__filing_row row = row_of(MRN, 0);
    const ens__notice notices[] = {{ENS_LIT(MRN), ENS_LIT("FR1"), ENS_LIT("IE3N03"), ENS_LIT("b"), ENS_LIT("<b/>"), 2},
                                   {ENS_LIT(MRN), ENS_LIT("FR1"), ENS_LIT("IE3R01"), ENS_LIT("a"), ENS_LIT("<a/>"), 1}};
    const ens__filing_changes c = {.filings = &row, .num_filings = 1, .notices = notices, .num_notices = 2};
    bool lost, packed = true, found = false;
    unsigned num = 0;
    char action[32] = "";
    ens_slice document = {0};
    row.document = ENS_LIT("<IE3F26/>");
    CU_ASSERT_EQUAL(work(s, &c, &lost), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_find_document(s, ENS_LIT(MRN), &arena, &document, &packed, &found, NULL), ENS_OK);
    CU_ASSERT(found && !packed && ens_is(document, "<IE3F26/>"));
    CU_ASSERT_EQUAL(ens__store_list_notices(s, ENS_LIT(MRN), keep_notice, action, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(action, "IE3R01");
    static const struct {
        const char *space, *lrn;
        int state;
        unsigned num;
    } asked[] = {{"*", "", -1, 1},     {"", "", -1, 1},   {"x", "", -1, 0},
                 {"*", "LRN-1", 3, 1}, {"*", "L", -1, 0}, {"*", "", 4, 0}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        const ens__filing_query q = {ens_str(asked[i].space), ens_str(asked[i].lrn), asked[i].state};
        num = 0;
        CU_ASSERT_EQUAL(ens__store_list_filings(s, &q, count_one, &num, NULL), ENS_OK);
        CHECK_ROW(num == asked[i].num, "row %zu: %u", i, num);
    }
    close_store(s);
}

static void lists_more_than_a_page(void)
{
    ens__store *s = open_store();
    unsigned num = 0;
    for (unsigned i = 0; i < 130; i++) {
        char mrn[20];
        snprintf(mrn, sizeof mrn, "26FRSIM%08uAT0", i);
        ens__filing_row row = row_of(mrn, 0);
        CU_ASSERT_EQUAL(put(s, &row), ENS_OK);
    }
    CU_ASSERT_EQUAL(ens__store_list_filings(s, &(ens__filing_query){ENS_LIT("*"), {0}, -1}, count_one, &num, NULL),
                    ENS_OK);
    CU_ASSERT_EQUAL(num, 130);
    close_store(s);
}

static void keeps_preferences_and_clocks(void)
{
    ens__store *s = open_store();
    ens__preference p = {"FR1", "sys@FR1", "IE3R01 IE3N03"}, read = {0};
    ens__clock_row clock = {"FR1", 5, 7}, clocks[4];
    size_t num = 0;
    bool found = true;
    CU_ASSERT_EQUAL(ens__store_find_preference(s, ENS_LIT("FR1"), &read, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    for (unsigned i = 0; i < 2; i++)
        CU_ASSERT(ens__store_put_preference(s, &p, NULL) == ENS_OK && ens__store_put_clock(s, &clock, NULL) == ENS_OK);
    CU_ASSERT_EQUAL(ens__store_find_preference(s, ENS_LIT("FR1"), &read, &found, NULL), ENS_OK);
    CU_ASSERT(found && !strcmp(read.party_id, "sys@FR1") && !strcmp(read.wants, "IE3R01 IE3N03"));
    CU_ASSERT_EQUAL(ens__store_read_clocks(s, clocks, 4, &num, NULL), ENS_OK);
    CU_ASSERT(num == 1 && clocks[0].ahead_ms == 5 && clocks[0].frozen_ms == 7 && !strcmp(clocks[0].space, "FR1"));
    close_store(s);
}

static const ens_case cases[] = {
    {"a filing is changed by who knows its version", a_filing_is_changed_by_who_knows_its_version},
    {"a change is whole or nothing", a_change_is_whole_or_nothing},
    {"finds filings by their keys", finds_filings_by_their_keys},
    {"keeps documents and what was told", keeps_documents_and_what_was_told},
    {"lists more than a page", lists_more_than_a_page},
    {"keeps preferences and clocks", keeps_preferences_and_clocks},
    {NULL, NULL},
};
ENS_SUITE("sti/store/filing", cases)
