/* A space is forgotten, and nothing beside it; messages that were delivered are sent again. Over SQLite, and over
 * PostgreSQL where there is one. */
#include "sti/store/filing.h"
#include "tests/sti/store_steps.h"

#include <stdio.h>
#include <string.h>

#define MINE "26FRSIM00000001AT0"
#define THEIRS "26FRSIM00000002AT0"

static ens_arena arena;

static void send_to(ens__store *s, const char *id, const char *party)
{
    ens__change c;
    fill_outgoing(&c, id, 1, ENS_PULL, "octets");
    c.enqueue.outgoing.message.party = ens_str(party);
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
}

static void file(ens__store *s, const char *mrn, const char *space)
{
    const ens__filing_row row = {.mrn = ens_str(mrn),
                                 .space = ens_str(space),
                                 .action = ENS_LIT("IE3F26"),
                                 .lrn = ENS_LIT("LRN-1"),
                                 .declarant = ENS_LIT("FR1"),
                                 .party = ENS_LIT(PARTY),
                                 .body = ENS_LIT("body"),
                                 .document = ENS_LIT("<x/>"),
                                 .state = 3};
    const ens__used_reference used = {ens_str(space), ENS_LIT("FR1"), ENS_LIT("LRN-1"), ens_str(mrn)};
    const ens__filing_changes changes = {.filings = &row, .num_filings = 1, .references = &used, .num_references = 1};
    char kind[96];
    ens__work *w = NULL;
    size_t num = 0;
    snprintf(kind, sizeof kind, "life/%s", space);
    ens__change task = {.kind = ENS_CHANGE_TASK, .task = {.id = ENS_LIT("t"), .kind = ENS_LIT("k")}};
    CU_ASSERT_EQUAL(commit(s, &task), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_claim_work(s, ENS_LIT("k"), 1, 1, 0, &arena, &w, &num, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(num, 1);
    const ens__task later = {.id = ens_str(mrn), .kind = ens_str(kind), .due_ms = INT64_MAX / 4};
    ens__change done = {.kind = ENS_CHANGE_WORK,
                        .work = {.id = w->id, .token = w->token, .filings = &changes, .tasks = &later, .num_tasks = 1}};
    CU_ASSERT_EQUAL(commit(s, &done), ENS_OK);
}

static bool is_filed(ens__store *s, const char *mrn)
{
    ens__filing_row row;
    bool found = false;
    CU_ASSERT_EQUAL(ens__store_find_filing(s, ens_str(mrn), &arena, &row, &found, NULL), ENS_OK);
    return found;
}

static bool is_used(ens__store *s, const char *space)
{
    bool found = false;
    const ens__used_reference used = {ens_str(space), ENS_LIT("FR1"), ENS_LIT("LRN-1"), ENS_LIT(MINE)};
    CU_ASSERT_EQUAL(ens__store_find_reference(s, &used, &found, NULL), ENS_OK);
    return found;
}

static void forgets(void)
{
    static const char *const mine[] = {PARTY, "SYS@" PARTY, PARTY "@DE", "SYS@" PARTY "@DE"}, *const theirs[] = {
                                                                                                  PARTY "1", "X" PARTY,
                                                                                                  "SYS@" PARTY "1",
                                                                                                  "DE@XX" PARTY "@FR"};
    ens__store *s = fresh_store();
    char id[32];
    uint64_t since = 7, last = 0;
    ens_arena_init(&arena, ARENA_MAX);
    for (unsigned i = 0; i < 4; i++) {
        snprintf(id, sizeof id, "mine-%u", i);
        send_to(s, id, mine[i]);
        snprintf(id, sizeof id, "theirs-%u", i);
        send_to(s, id, theirs[i]);
    }
    file(s, MINE, PARTY);
    file(s, THEIRS, "DE1");
    CU_ASSERT(ens__store_space_since(s, ENS_LIT(PARTY), &since, NULL) == ENS_OK && since == 0);
    arrive(s, "in-1", 1, "message", "receipt", NULL);
    CU_ASSERT(ens__store_last_seq(s, &last, NULL) == ENS_OK && last > 0);
    for (unsigned i = 0; i < 2; i++) /* twice is as good as once */
        CU_ASSERT_EQUAL(ens__store_reset_space(s, ENS_LIT(PARTY), NULL), ENS_OK);
    CU_ASSERT(ens__store_space_since(s, ENS_LIT(PARTY), &since, NULL) == ENS_OK && since == last);
    CU_ASSERT(ens__store_space_since(s, ENS_LIT("DE1"), &since, NULL) == ENS_OK && since == 0);
    CU_ASSERT(!is_filed(s, MINE) && is_filed(s, THEIRS) && !is_used(s, PARTY) && is_used(s, "DE1"));
    CU_ASSERT(counts(s).ready == 4 && counts(s).given_up == 4 && counts(s).work == 1);
    CU_ASSERT_EQUAL(ens__store_reset_space(s, ENS_LIT(""), NULL), ENS_EPOLICY);
    ens_arena_free(&arena);
    done_with(s);
}

static void sends_again(void)
{
    ens__store *s = fresh_store();
    char id[32];
    int64_t token;
    bool found = true;
    CU_ASSERT_TRUE(send_later(s, "once", 1, ENS_PUSH));
    CU_ASSERT(ens__store_send_again(s, ENS_LIT("once"), &found, NULL) == ENS_OK && !found); /* it is still to be sent */
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, id, &token), 1);
    settle(s, "once", token, ENS_ATTEMPT_DELIVERED, NULL);
    CU_ASSERT(counts(s).delivered == 1 && claim(s, ENS_PUSH, 1, id, &token) == 0);
    CU_ASSERT(ens__store_send_again(s, ENS_LIT("once"), &found, NULL) == ENS_OK && found);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, id, &token), 1);
    CU_ASSERT(ens__store_send_again(s, ENS_LIT("none"), &found, NULL) == ENS_OK && !found);
    done_with(s);
}

static void over_postgres(void)
{
    if (on_postgres()) {
        forgets();
        sends_again();
    }
    on_sqlite();
}

static const ens_case cases[] = {
    {"a space is forgotten, and nothing beside it", forgets},
    {"what was delivered is sent again", sends_again},
    {"so it is over PostgreSQL", over_postgres},
    {NULL, NULL},
};
ENS_SUITE("sti/store/space", cases)
