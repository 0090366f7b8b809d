/* Every verb of the store, the same cases over SQLite and over PostgreSQL. */
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "sti/store/journal.h"
#include "sti/store/ledger.h"
#include "sti/store/sql.h"
#include "tests/sti/store_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void takes_a_message_once(void)
{
    uint8_t storage[256];
    ens_buf stored;
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    CU_ASSERT_EQUAL(arrive(s, "m1", 1, "message one", "first receipt", &stored), ENS_ARRIVAL_NEW);
    CU_ASSERT_EQUAL(stored.len, 0);
    CU_ASSERT_EQUAL(arrive(s, "m1", 1, "message one", "second receipt", &stored), ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens_eq(ens_buf_slice(&stored), ENS_LIT("first receipt")));
    CU_ASSERT_EQUAL(arrive(s, "m1", 1, "other header, same message", "third receipt", &stored), ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens_eq(ens_buf_slice(&stored), ENS_LIT("first receipt")));
    CU_ASSERT_EQUAL(arrive(s, "m1", 2, "another message", "fourth receipt", &stored), ENS_ARRIVAL_CLASH);
    CU_ASSERT_EQUAL(stored.len, 0);
    CU_ASSERT_EQUAL(counts(s).work, 1);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "1 in user-message accepted m1\n2 out receipt accepted \n"
                                                         "3 in user-message accepted m1\n4 out receipt accepted \n"
                                                         "5 in user-message accepted m1\n6 out receipt accepted \n"
                                                         "7 in user-message refused m1\n");
    /* the bytes of one that came again are kept once: message one, its receipt, and the two that differ */
    CU_ASSERT_EQUAL(counts(s).bytes - 7 * ENS_STORE_ROW, strlen("message one") + strlen("first receipt") +
                                                             strlen("other header, same message") +
                                                             strlen("another message"));
    done_with(s);
}

static void finds_an_earlier_message_without_a_writer(void)
{
    uint8_t storage[256], refs[32];
    ens_buf stored;
    ens_arrival found = ENS_ARRIVAL_CLASH;
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    memset(refs, 1, sizeof refs);
    CU_ASSERT_EQUAL(ens__store_find_inbound(s, ENS_LIT("m1"), refs, &stored, &found, NULL), ENS_OK);
    CU_ASSERT_EQUAL(found, ENS_ARRIVAL_NEW);
    arrive(s, "m1", 1, "message one", "first receipt", NULL);
    CU_ASSERT_EQUAL(ens__store_find_inbound(s, ENS_LIT("m1"), refs, &stored, &found, NULL), ENS_OK);
    CU_ASSERT(found == ENS_ARRIVAL_AGAIN && ens_eq(ens_buf_slice(&stored), ENS_LIT("first receipt")));
    refs[31] ^= 1;
    stored.len = 0;
    CU_ASSERT_EQUAL(ens__store_find_inbound(s, ENS_LIT("m1"), refs, &stored, &found, NULL), ENS_OK);
    CU_ASSERT(found == ENS_ARRIVAL_CLASH && stored.len == 0);
    done_with(s);
}

static void decides_within_one_commit(void)
{
    arrival a, b, c;
    uint8_t storage[64];
    ens_buf stored;
    ens__change *batch[] = {&a.change, &b.change, &c.change};
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    fill_arrival(&a, "m1", 1, "one", "receipt a", "reply");
    fill_arrival(&b, "m1", 1, "one", "receipt b", "reply");
    fill_arrival(&c, "m1", 9, "two", "receipt c", "reply");
    b.change.inbound.stored = &stored;
    CU_ASSERT_EQUAL(ens__store_commit(s, batch, 3, NULL), ENS_OK);
    CU_ASSERT_EQUAL(a.change.inbound.arrival, ENS_ARRIVAL_NEW);
    CU_ASSERT_EQUAL(b.change.inbound.arrival, ENS_ARRIVAL_AGAIN);
    CU_ASSERT_EQUAL(c.change.inbound.arrival, ENS_ARRIVAL_CLASH);
    CU_ASSERT(ens_eq(ens_buf_slice(&stored), ENS_LIT("receipt a")));
    CU_ASSERT_EQUAL(counts(s).commits, 1);
    CU_ASSERT_EQUAL(counts(s).work, 1);
    CU_ASSERT(a.change.seq == 1 && b.change.seq == 3 && c.change.seq == 5);
    done_with(s);
}

static void refuses_what_would_have_to_be_cut(void)
{
    char long_id[ENS_STORE_ID + 2];
    arrival bad, good;
    ens__change *batch[] = {&bad.change, &good.change};
    memset(long_id, 'x', sizeof long_id - 1);
    long_id[sizeof long_id - 1] = '\0';
    static const char *const ids[] = {"", "not UTF-8 \xFF", NULL};
    ens__store *s = fresh_store();
    for (unsigned i = 0; i < 3; i++) {
        char other[16];
        snprintf(other, sizeof other, "good%u", i);
        fill_arrival(&bad, ids[i] ? ids[i] : long_id, 1, "raw", "receipt", NULL);
        fill_arrival(&good, other, 1, "raw", "receipt", NULL);
        CU_ASSERT_EQUAL(ens__store_commit(s, batch, 2, NULL), ENS_ELIMIT);
        CHECK_ROW(bad.change.code == ENS_ELIMIT && bad.change.err.n, "row %u", i);
        CHECK_ROW(good.change.code == ENS_OK && good.change.inbound.arrival == ENS_ARRIVAL_NEW, "row %u", i);
    }
    CU_ASSERT_EQUAL(counts(s).last_seq, 6);
    done_with(s);
}

static void journals_what_never_became_a_message(void)
{
    char detail[ENS_STORE_TEXT * 2];
    uint8_t storage[64];
    ens_buf raw;
    bool found = false;
    memset(detail, 'd', sizeof detail);
    memcpy(detail + ENS_STORE_TEXT - 1, "\xC3\xA9", 2); /* the cut must not go through it */
    const ens__entry entries[] = {
        {.kind = ENS_ENTRY_TLS, .peer = ENS_LIT("127.0.0.1:4711"), .detail = ens_bytes(detail, sizeof detail)},
        {.kind = ENS_ENTRY_HTTP, .detail = ENS_LIT("two \xFF Hosts\0"), .raw = ENS_LIT("POST / HTTP/1.1\r\n")},
    };
    ens__change c = {.kind = ENS_CHANGE_JOURNAL, .journal = {entries, 2}};
    ens__store *s = fresh_store();
    ens_buf_init(&raw, storage, sizeof storage, sizeof storage);
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    CU_ASSERT_EQUAL(c.seq, 1);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "1 in tls-failure undecided \n2 in http-refused undecided \n");
    CU_ASSERT_EQUAL(ens__store_journal_raw(s, 2, &raw, &found, NULL), ENS_OK);
    CU_ASSERT(found && ens_eq(ens_buf_slice(&raw), ENS_LIT("POST / HTTP/1.1\r\n")));
    CU_ASSERT_EQUAL(ens__store_journal_raw(s, 1, &raw, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    CU_ASSERT_EQUAL(ens__store_journal_raw(s, 99, &raw, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    done_with(s);
}

static bool stop_after_300(void *user, const ens__journal_row *row)
{
    uint64_t *last = user;
    CU_ASSERT_EQUAL(row->seq, *last + 1);
    *last = row->seq;
    return row->seq < 300;
}

static void lists_the_journal_by_what_is_asked(void)
{
    ens__entry many[40];
    ens__change c = {.kind = ENS_CHANGE_JOURNAL, .journal = {many, 40}};
    uint64_t last = 0;
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "one", "receipt", NULL);
    arrive(s, "m2", 1, "two", "receipt", NULL);
    CU_ASSERT_STRING_EQUAL(journal(s, &(ens__journal_query){.since = 2, .direction = -1, .kind = -1}),
                           "3 in user-message accepted m2\n4 out receipt accepted \n");
    CU_ASSERT_STRING_EQUAL(journal(s, &(ens__journal_query){.about = ENS_LIT("m1"), .direction = -1, .kind = -1}),
                           "1 in user-message accepted m1\n2 out receipt accepted \n");
    CU_ASSERT_STRING_EQUAL(
        journal(s, &(ens__journal_query){.direction = ENS_OUT, .kind = ENS_ENTRY_RECEIPT, .until = 3}),
        "2 out receipt accepted \n");
    CU_ASSERT_STRING_EQUAL(journal(s, &(ens__journal_query){.direction = -1, .kind = -1, .limit = 1}),
                           "1 in user-message accepted m1\n");
    CU_ASSERT_STRING_EQUAL(journal(s, &(ens__journal_query){.party = ENS_LIT("DE1"), .direction = -1, .kind = -1}), "");
    for (unsigned i = 0; i < 40; i++)
        many[i] = (ens__entry){.kind = ENS_ENTRY_HTTP};
    for (unsigned i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_journal_list(s, &ENS_JOURNAL_ALL, stop_after_300, &last, NULL), ENS_OK);
    CU_ASSERT_EQUAL(last, 300);
    done_with(s);
}

static void work_is_one_holders_until_its_lease_ends(void)
{
    ens_arena arena;
    ens__work *w = NULL;
    ens__outgoing reply = {
        .message = {.message_id = ENS_LIT("r1"), .party = ENS_LIT(PARTY), .raw = ENS_LIT("sealed bytes")},
        .category = 2};
    ens_arena_init(&arena, ARENA_MAX);
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt", NULL);
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    CU_ASSERT(ens_is(w->id, "reply:m1") && ens_is(w->raw, "message one") && ens_is(w->party, PARTY) &&
              w->attempts == 1);
    int64_t first = w->token;
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 0);
    store_now += MINUTE_MS + 1;
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    CU_ASSERT(w->token != first && w->attempts == 2);
    ens__change late = {.kind = ENS_CHANGE_WORK,
                        .work = {.id = ENS_LIT("reply:m1"), .token = first, .outgoing = &reply, .num_outgoing = 1}};
    CU_ASSERT(commit(s, &late) == ENS_OK && late.work.lost);
    CU_ASSERT_EQUAL(counts(s).ready, 0);
    ens__change done = late;
    done.work.token = w->token;
    CU_ASSERT(commit(s, &done) == ENS_OK && !done.work.lost);
    CU_ASSERT(counts(s).ready == 1 && counts(s).work == 0);
    CU_ASSERT(commit(s, &done) == ENS_OK && done.work.lost);
    CU_ASSERT_EQUAL(counts(s).ready, 1);
    ens_arena_free(&arena);
    done_with(s);
}

static void work_waits_until_it_is_due_and_leads_to_more(void)
{
    ens_arena arena;
    ens__work *w = NULL;
    const ens__task timer = {
        .id = ENS_LIT("reply:later"), .kind = ENS_LIT("reply"), .due_ms = 5000, .body = ENS_LIT("state")};
    ens_arena_init(&arena, ARENA_MAX);
    ens__store *s = fresh_store();
    arrive(s, "m1", 1, "message one", "receipt", NULL);
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    ens__change again = {
        .kind = ENS_CHANGE_WORK,
        .work = {.id = w->id, .token = w->token, .again = true, .due_ms = 9000, .tasks = &timer, .num_tasks = 1}};
    CU_ASSERT(commit(s, &again) == ENS_OK && !again.work.lost);
    CU_ASSERT_EQUAL(claim_work(s, 4999, &arena, &w), 0);
    CU_ASSERT_EQUAL(claim_work(s, 5000, &arena, &w), 1);
    CU_ASSERT(ens_is(w->id, "reply:later") && ens_is(w->body, "state") && ens_is(w->raw, "message one") &&
              ens_is(w->message_id, "m1"));
    CU_ASSERT_EQUAL(claim_work(s, 9000, &arena, &w), 1);
    CU_ASSERT(ens_is(w->id, "reply:m1") && w->attempts == 2);
    ens__change same = {.kind = ENS_CHANGE_TASK, .task = timer};
    CU_ASSERT_EQUAL(commit(s, &same), ENS_OK);
    CU_ASSERT_EQUAL(counts(s).work, 2);
    ens_arena_free(&arena);
    done_with(s);
}

static void pushes_leave_by_category_and_age(void)
{
    char ids[64];
    int64_t token = 0;
    ens__store *s = fresh_store();
    CU_ASSERT(send_later(s, "c1", 3, ENS_PUSH));
    CU_ASSERT(send_later(s, "b1", 2, ENS_PUSH));
    CU_ASSERT(send_later(s, "a1", 1, ENS_PUSH));
    CU_ASSERT(send_later(s, "a2", 1, ENS_PUSH));
    CU_ASSERT_FALSE(send_later(s, "a2", 1, ENS_PUSH));
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 3, ids, &token), 3);
    CU_ASSERT_STRING_EQUAL(ids, "a1a2b1");
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 3, ids, &token), 1);
    CU_ASSERT_STRING_EQUAL(ids, "c1");
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 3, ids, &token), 0);
    done_with(s);
}

static void pulls_leave_by_category_and_order(void)
{
    char ids[64];
    int64_t token = 0;
    ens__store *s = fresh_store();
    send_later(s, "b1", 2, ENS_PULL);
    store_now += 5;
    send_later(s, "b2", 2, ENS_PULL);
    send_later(s, "a1", 1, ENS_PULL);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 9, ids, &token), 0);
    CU_ASSERT(claim(s, ENS_PULL, 1, ids, &token) == 1 && strcmp(ids, "a1") == 0);
    CU_ASSERT(claim(s, ENS_PULL, 1, ids, &token) == 1 && strcmp(ids, "b1") == 0);
    CU_ASSERT_EQUAL(settle(s, "b1", token, ENS_ATTEMPT_FAILED, NULL).state, ENS_OUTBOUND_READY);
    CU_ASSERT(claim(s, ENS_PULL, 1, ids, &token) == 1 && strcmp(ids, "b2") == 0);
    store_now += MINUTE_MS;
    CU_ASSERT(claim(s, ENS_PULL, 9, ids, &token) == 3 && strcmp(ids, "a1b1b2") == 0);
    done_with(s);
}

static void a_message_is_sent_until_its_tries_are_used_up(void)
{
    char ids[64];
    int64_t token = 0, in_ms = -1;
    uint64_t open = 0;
    ens__store *s = fresh_store();
    send_later(s, "m1", 1, ENS_PUSH);
    for (int i = 1; i <= 3; i++) {
        CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 9, ids, &token), 1);
        ens__settlement was = settle(s, "m1", token, ENS_ATTEMPT_FAILED, NULL);
        CHECK_ROW(was.state == (i < 3 ? ENS_OUTBOUND_READY : ENS_OUTBOUND_GIVEN_UP), "try %d", i);
        CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 9, ids, &token), 0);
        CU_ASSERT_EQUAL(ens__store_next_push(s, &open, &in_ms, NULL), ENS_OK);
        CHECK_ROW(i < 3 ? open == 1 && in_ms == MINUTE_MS : open == 0, "try %d", i);
        store_now += MINUTE_MS;
    }
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 9, ids, &token), 0);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL),
                           "1 out user-message undecided m1\n2 out user-message undecided m1\n"
                           "3 out user-message undecided m1\n4 out note refused m1\n");
    CU_ASSERT_EQUAL(counts(s).given_up, 1);
    done_with(s);
}

static void a_holder_that_never_comes_back_uses_up_a_try(void)
{
    char ids[64];
    int64_t token = 0;
    ens__store *s = fresh_store();
    send_later(s, "m1", 1, ENS_PUSH);
    send_later(s, "m2", 2, ENS_PUSH);
    for (int i = 1; i <= 3; i++) {
        CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
        store_now += MINUTE_MS;
    }
    CU_ASSERT(claim(s, ENS_PUSH, 1, ids, &token) == 1 && strcmp(ids, "m2") == 0);
    CU_ASSERT_EQUAL(counts(s).given_up, 1);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "1 out note refused m1\n");
    done_with(s);
}

static void a_message_is_settled_by_its_token_alone(void)
{
    char ids[64];
    int64_t token = 0;
    ens_arena arena;
    ens__outbound row;
    bool found = false;
    const ens__entry receipt = {
        .kind = ENS_ENTRY_RECEIPT, .verdict = ENS_ACCEPTED, .ref_to = ENS_LIT("m1"), .raw = ENS_LIT("receipt")};
    ens_arena_init(&arena, ARENA_MAX);
    ens__store *s = fresh_store();
    send_later(s, "m1", 1, ENS_PUSH);
    CU_ASSERT_TRUE(settle(s, "m1", 0, ENS_ATTEMPT_DELIVERED, &receipt).lost);
    claim(s, ENS_PUSH, 1, ids, &token);
    CU_ASSERT_TRUE(settle(s, "m1", token + 1, ENS_ATTEMPT_DELIVERED, &receipt).lost);
    CU_ASSERT_TRUE(settle(s, "m0", token, ENS_ATTEMPT_DELIVERED, &receipt).lost);
    CU_ASSERT_EQUAL(counts(s).ready, 1);
    ens__settlement was = settle(s, "m1", token, ENS_ATTEMPT_DELIVERED, &receipt);
    CU_ASSERT(!was.lost && was.state == ENS_OUTBOUND_DELIVERED);
    was = settle(s, "m1", token, ENS_ATTEMPT_FAILED, NULL);
    CU_ASSERT(was.lost && was.state == ENS_OUTBOUND_DELIVERED);
    CU_ASSERT_EQUAL(ens__store_find_outbound(s, ENS_LIT("m1"), &arena, &row, &found, NULL), ENS_OK);
    CU_ASSERT(found && row.state == ENS_OUTBOUND_DELIVERED && ens_is(row.raw, "sealed bytes") &&
              ens_is(row.answer, "receipt"));
    CU_ASSERT_EQUAL(ens__store_find_outbound(s, ENS_LIT("m9"), &arena, &row, &found, NULL), ENS_OK);
    CU_ASSERT_FALSE(found);
    ens_arena_free(&arena);
    done_with(s);
}

/* What is large is written piece by piece, and read as it was: by the journal, and by who claims its work. */
static void large_messages_are_kept_as_they_are(void)
{
    enum { SIZE = 5 * 1024 * 1024 + 12345 };
    char *raw = malloc(SIZE);
    ens__work *work = NULL;
    size_t num = 0;
    ens_arena arena;
    ens_arena_init(&arena, (size_t)64 << 20);
    for (size_t i = 0; raw && i < SIZE; i++)
        raw[i] = (char)(i * 2654435761u >> 11);
    CU_ASSERT_PTR_NOT_NULL_FATAL(raw);
    ens__store *s = fresh_store();
    arrival a;
    fill_arrival(&a, "large", 1, "message", "receipt", "reply");
    a.change.inbound.message.raw = ens_bytes(raw, SIZE);
    a.change.inbound.message.sha256 = NULL;
    ens__change *const all[] = {&a.change};
    CU_ASSERT_EQUAL(ens__store_commit(s, all, 1, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_claim_work(s, ENS_LIT("reply"), INT64_MAX / 2, 9, 1000, &arena, &work, &num, NULL),
                    ENS_OK);
    CU_ASSERT(num == 1 && ens_eq(work[0].raw, ens_bytes(raw, SIZE)));
    ens_arena_free(&arena);
    free(raw);
    done_with(s);
}

static void a_claim_that_is_returned_costs_no_try(void)
{
    char ids[64];
    int64_t token = 0;
    ens__store *s = fresh_store();
    send_later(s, "m1", 1, ENS_PUSH);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
        CU_ASSERT_EQUAL(settle(s, "m1", token, ENS_ATTEMPT_RETURNED, NULL).state, ENS_OUTBOUND_READY);
    }
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
    CU_ASSERT_EQUAL(settle(s, "m1", token, ENS_ATTEMPT_REFUSED, NULL).state, ENS_OUTBOUND_GIVEN_UP);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "1 out user-message refused m1\n");
    send_later(s, "m2", 1, ENS_PUSH);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
    ens__change rest = {
        .kind = ENS_CHANGE_SETTLE,
        .settle = {.message_id = ENS_LIT("m2"), .token = token, .attempt = ENS_ATTEMPT_RETURNED, .rest_ms = 1000000}};
    CU_ASSERT_EQUAL(commit(s, &rest), ENS_OK);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 0);
    done_with(s);
}

static void backoff_doubles_within_bounds(void)
{
    for (unsigned i = 0; i < 200; i++) {
        int64_t wait = ens__store_backoff_ms(100, 5000, i % 100);
        int64_t full = i % 100 <= 1 ? 100 : i % 100 >= 7 ? 5000 : 100 << (i % 100 - 1);
        CHECK_ROW(wait <= full && wait >= full - full / 5, "attempt %u: %lld", i % 100, (long long)wait);
    }
    CU_ASSERT(ens__store_backoff_ms(0, 0, 9) >= 0);
}

static void keeps_a_partys_channel(void)
{
    ens__channel c = {.party_id = PARTY, .url = "https://127.0.0.1/as4"}, read = {0};
    bool found = true;
    ens__store *s = fresh_store();
    CU_ASSERT(ens__store_party_channel(s, ENS_LIT(PARTY), &read, &found, NULL) == ENS_OK && !found);
    CU_ASSERT_EQUAL(ens__store_party_put_channel(s, &c, NULL), ENS_OK);
    c.mode = ENS_PULL;
    CU_ASSERT_EQUAL(ens__store_party_put_channel(s, &c, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__store_party_channel(s, ENS_LIT(PARTY), &read, &found, NULL), ENS_OK);
    CU_ASSERT(found && read.mode == ENS_PULL && strcmp(read.url, c.url) == 0 && strcmp(read.party_id, PARTY) == 0);
    done_with(s);
}

static void retention_by_age_leaves_what_is_still_needed(void)
{
    char ids[64];
    int64_t token = 0;
    ens__store *s = fresh_store();
    ens_arena arena;
    ens__work *w = NULL;
    ens_arena_init(&arena, ARENA_MAX);
    arrive(s, "m1", 1, "message one", "receipt one", NULL);
    send_later(s, "out", 1, ENS_PUSH);
    claim(s, ENS_PUSH, 1, ids, &token);
    settle(s, "out", token, ENS_ATTEMPT_FAILED, NULL);
    store_now += 10 * MINUTE_MS;
    prune(s, MINUTE_MS, 60 * MINUTE_MS, 0); /* duplicates hold everything */
    CU_ASSERT_STRING_EQUAL(
        journal(s, &ENS_JOURNAL_ALL),
        "1 in user-message accepted m1\n2 out receipt accepted \n3 out user-message undecided out\n");
    prune(s, MINUTE_MS, MINUTE_MS, 0); /* the message has work open, the other is still to be sent */
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL),
                           "1 in user-message accepted m1\n3 out user-message undecided out\n");
    CU_ASSERT_EQUAL(arrive(s, "m1", 7, "other", "receipt", NULL), ENS_ARRIVAL_NEW);
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    CU_ASSERT(ens_is(w->raw, "message one"));
    ens__change done = {.kind = ENS_CHANGE_WORK, .work = {.id = w->id, .token = w->token}};
    commit(s, &done);
    CU_ASSERT(claim(s, ENS_PUSH, 1, ids, &token) == 1);
    settle(s, "out", token, ENS_ATTEMPT_REFUSED, NULL);
    store_now += 10 * MINUTE_MS;
    prune(s, MINUTE_MS, MINUTE_MS, 0);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "");
    CU_ASSERT(counts(s).bytes == 0 && counts(s).given_up == 0);
    ens_arena_free(&arena);
    done_with(s);
}

static void retention_by_size_takes_the_oldest_and_no_answer(void)
{
    ens__store *s = fresh_store();
    uint8_t storage[64];
    ens_buf stored;
    char id[16];
    uint64_t size = 20 * (8 + ENS_STORE_ROW) + 10 * (24 + ENS_STORE_ROW);
    ens_buf_init(&stored, storage, sizeof storage, sizeof storage);
    for (unsigned i = 0; i < 20; i++) {
        arrival a;
        snprintf(id, sizeof id, "m%02u", i);
        fill_arrival(&a, id, 1, "a message of 24 bytes...", "receipt.", NULL);
        commit(s, &a.change);
    }
    CU_ASSERT_EQUAL(counts(s).bytes, 20 * (32 + 2 * ENS_STORE_ROW));
    prune(s, 0, 60 * MINUTE_MS, size);
    CU_ASSERT(counts(s).bytes <= size && counts(s).bytes > size - 3 * (24 + ENS_STORE_ROW));
    CU_ASSERT_EQUAL(arrive(s, "m00", 1, "a message of 24 bytes...", "other", &stored), ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens_eq(ens_buf_slice(&stored), ENS_LIT("receipt.")));
    prune(s, 0, 60 * MINUTE_MS, 1); /* more than can go: it ends, and every answer is still there */
    CU_ASSERT_EQUAL(counts(s).bytes, 20 * (8 + ENS_STORE_ROW));
    for (unsigned i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "m%02u", i);
        CU_ASSERT_EQUAL(arrive(s, id, 1, "a message of 24 bytes...", "other", &stored), ENS_ARRIVAL_AGAIN);
        CU_ASSERT(ens_eq(ens_buf_slice(&stored), ENS_LIT("receipt.")));
    }
    done_with(s);
}

static void a_clock_that_was_wrong_holds_nothing_back(void)
{
    char ids[64];
    int64_t token = 0;
    ens_arena arena;
    ens__work *w = NULL;
    ens_arena_init(&arena, ARENA_MAX);
    ens__store *s = fresh_store();
    int64_t right = store_now;
    store_now += (int64_t)30 * 365 * 24 * 3600 * 1000; /* thirty years ahead, while messages are taken and claimed */
    arrive(s, "m1", 1, "message", "receipt", NULL);
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    send_later(s, "out", 1, ENS_PUSH);
    claim(s, ENS_PUSH, 1, ids, &token);
    settle(s, "out", token, ENS_ATTEMPT_FAILED, NULL);
    ens__store_close(s);
    store_now = right;
    s = open_store(false);
    CU_ASSERT_EQUAL(claim_work(s, 1, &arena, &w), 1);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 1, ids, &token), 1);
    prune(s, MINUTE_MS, MINUTE_MS, 0);
    CU_ASSERT_EQUAL(arrive(s, "m1", 1, "message", "other", NULL), ENS_ARRIVAL_AGAIN);
    ens_arena_free(&arena);
    done_with(s);
}

/* -- The statements ----------------------------------------------------------------------------------------------- */

static void statements_stay_within_what_engines_share(void)
{
    static const char *const outside[] = {
        "AUTOINCREMENT", "SERIAL",    "SEQUENCE",  "TRIGGER", "LISTEN",    "NOTIFY",     "LOCK TABLE",
        "REPLACE INTO",  "INSERT OR", "UPDATE OR", "ROWID",   "IFNULL",    "DATETIME(",  "STRFTIME",
        "JSON",          "ARRAY",     "GLOB",      "PRAGMA",  "||",        "DEFERRABLE", "ADVISORY",
        "SKIP LOCK",     "NOW()",     "RANDOM(",   "MERGE",   " IS NOT ?", "LIMIT -1",
    };
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS + ENS_STORE_SCHEMA; i++) {
        const char *sql = i < ENS_SQL_STATEMENTS ? ens__sql_text[i] : ens__sql_migration[i - ENS_SQL_STATEMENTS];
        CHECK_ROW(sql != NULL, "statement %u is missing", i);
        for (unsigned k = 0; sql && k < sizeof outside / sizeof *outside; k++)
            CHECK_ROW(!strcasestr(sql, outside[k]), "%s in: %s", outside[k], sql);
    }
}

static void what_is_held_outlives_retention(void)
{
    uint64_t num = 0;
    ens__journal_query about = ENS_JOURNAL_ALL, of_party = ENS_JOURNAL_ALL;
    about.about = ENS_LIT("m1");
    of_party.party = ENS_LIT(PARTY);
    arrival a;
    ens__store *s = fresh_store();
    fill_arrival(&a, "m1", 1, "message one", "receipt one", NULL);
    CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    fill_arrival(&a, "m2", 1, "message two", "receipt two", NULL);
    CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    CU_ASSERT(ens__store_hold(s, ENS_LIT("case 7"), &about, &num, NULL) == ENS_OK && num == 2);
    CU_ASSERT(ens__store_hold(s, ENS_LIT("case 7"), &about, &num, NULL) == ENS_OK && num == 0);
    CU_ASSERT_EQUAL(counts(s).work, 0);
    store_now += 100 * MINUTE_MS;
    prune(s, MINUTE_MS, MINUTE_MS, 0);
    CU_ASSERT_STRING_EQUAL(journal(s, &of_party), "1 in user-message accepted m1\n2 out receipt accepted \n");
    prune(s, MINUTE_MS, MINUTE_MS, 1);
    CU_ASSERT_STRING_EQUAL(journal(s, &about), "1 in user-message accepted m1\n2 out receipt accepted \n");
    CU_ASSERT(ens__store_release(s, ENS_LIT("case 8"), &num, NULL) == ENS_OK && num == 0);
    CU_ASSERT(ens__store_release(s, ENS_LIT("case 7"), &num, NULL) == ENS_OK && num == 2);
    prune(s, MINUTE_MS, MINUTE_MS, 0);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL), "");
    CU_ASSERT_EQUAL(ens__store_hold(s, (ens_slice){0}, &about, &num, NULL), ENS_ELIMIT);
    done_with(s);
}

static ens__pull pull(ens__store *s, const char *request, ens_buf *raw)
{
    const ens__entry e = {.kind = ENS_ENTRY_PULL_REQUEST,
                          .verdict = ENS_ACCEPTED,
                          .message_id = ens_str(request),
                          .party = ENS_LIT(PARTY),
                          .raw = ens_str(request)};
    ens__change c = {.kind = ENS_CHANGE_PULL,
                     .pull = {.party = ENS_LIT(PARTY), .lease_ms = MINUTE_MS, .request = &e, .raw = raw}};
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    return c.pull;
}

static void count_given_up(void *user, const ens__outbound *row)
{
    *(unsigned *)user += ens_is(row->message_id, "b1");
}

static void a_pull_is_one_change_with_its_request(void)
{
    uint8_t storage[64];
    unsigned given_up = 0;
    ens_buf raw;
    ens_buf_init(&raw, storage, sizeof storage, sizeof storage);
    ens__store *s = fresh_store();
    CU_ASSERT_FALSE(pull(s, "p0", &raw).found);
    CU_ASSERT_EQUAL(counts(s).last_seq, 0);
    send_later(s, "b1", 2, ENS_PULL);
    send_later(s, "a1", 1, ENS_PULL);
    ens__pull p = pull(s, "p1", &raw);
    CU_ASSERT(p.found && strcmp(p.message_id, "a1") == 0 && p.attempt == 1 &&
              ens_is(ens_buf_slice(&raw), "sealed bytes"));
    CU_ASSERT_EQUAL(settle(s, "a1", ENS_TOKEN_ANY, ENS_ATTEMPT_DELIVERED, NULL).state, ENS_OUTBOUND_DELIVERED);
    p = pull(s, "p1", &raw);
    CU_ASSERT(p.replayed && !p.found);
    for (unsigned i = 0; i < 3; i++) {
        char id[8];
        snprintf(id, sizeof id, "q%u", i);
        p = pull(s, id, &raw);
        CU_ASSERT(p.found && strcmp(p.message_id, "b1") == 0 && p.attempt == i + 1);
        CU_ASSERT(ens__store_give_up(s, count_given_up, &given_up, NULL) == ENS_OK && given_up == 0);
        store_now += MINUTE_MS;
    }
    CU_ASSERT(ens__store_give_up(s, count_given_up, &given_up, NULL) == ENS_OK && given_up == 1);
    CU_ASSERT_FALSE(pull(s, "q3", &raw).found);
    CU_ASSERT_TRUE(settle(s, "b1", ENS_TOKEN_ANY, ENS_ATTEMPT_DELIVERED, NULL).lost);
    CU_ASSERT_EQUAL(counts(s).given_up, 1);
    CU_ASSERT_STRING_EQUAL(journal(s, &ENS_JOURNAL_ALL),
                           "1 in pull-request accepted p1\n2 out user-message undecided a1\n"
                           "3 in pull-request accepted q0\n4 out user-message undecided b1\n"
                           "5 in pull-request accepted q1\n6 out user-message undecided b1\n"
                           "7 in pull-request accepted q2\n8 out user-message undecided b1\n"
                           "9 out note refused b1\n");
    done_with(s);
}

/* asked is the rows about an LRN, or an MRN. */
static const char *asked(ens__store *s, const char *lrn, const char *mrn)
{
    ens__journal_query q = ENS_JOURNAL_ALL;
    q.lrn = ens_str(lrn);
    q.mrn = ens_str(mrn);
    return journal(s, &q);
}

static void finds_what_is_about_a_document(void)
{
    char ids[64];
    int64_t token = 0;
    arrival a;
    ens__change c;
    ens__store *s = fresh_store();
    fill_arrival(&a, "m1", 1, "message one", "receipt one", NULL);
    a.change.inbound.message.lrn = a.change.inbound.answer.lrn = ENS_LIT("L-1");
    CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    arrive(s, "m2", 1, "message two", "receipt two", NULL);
    fill_outgoing(&c, "r1", 1, ENS_PUSH, "sealed bytes");
    c.enqueue.outgoing.message.lrn = ENS_LIT("L-1");
    c.enqueue.outgoing.message.mrn = ENS_LIT("26FRSIM00000000AT0");
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    CU_ASSERT_EQUAL(claim(s, ENS_PUSH, 4, ids, &token), 1);
    const ens__entry receipt = {.kind = ENS_ENTRY_RECEIPT, .ref_to = ENS_LIT("r1"), .raw = ENS_LIT("receipt")};
    CU_ASSERT_EQUAL(settle(s, "r1", token, ENS_ATTEMPT_DELIVERED, &receipt).state, ENS_OUTBOUND_DELIVERED);
    CU_ASSERT_STRING_EQUAL(asked(s, "L-1", ""), "1 in user-message accepted m1\n2 out receipt accepted \n"
                                                "5 out user-message accepted r1\n6 in receipt undecided \n");
    CU_ASSERT_STRING_EQUAL(asked(s, "", "26FRSIM00000000AT0"),
                           "5 out user-message accepted r1\n6 in receipt undecided \n");
    CU_ASSERT_STRING_EQUAL(asked(s, "L-1", "26FRSIM00000000AT0"), asked(s, "", "26FRSIM00000000AT0"));
    CU_ASSERT_STRING_EQUAL(asked(s, "L", ""), "");
    CU_ASSERT_STRING_EQUAL(asked(s, "l-1", ""), "");
    CU_ASSERT_STRING_EQUAL(asked(s, "L-1", "26FRSIM00000000AT1"), "");
    done_with(s);
}

/* Its reader takes what stands behind "of" for the LRN, and can't read a message without. */
static bool read_words(void *user, ens_slice raw, ens__references *out)
{
    char text[64];
    (void)user;
    snprintf(text, sizeof text, "%.*s", (int)raw.len, (const char *)raw.p);
    const char *of = strstr(text, "of ");
    if (of)
        snprintf(out->lrn, sizeof out->lrn, "%s", of + 3);
    return of != NULL;
}

static void reads_what_nobody_has_looked_into(void)
{
    uint64_t seq = 9, num = 0;
    arrival a;
    ens__store *s = fresh_store();
    const ens__entry entries[] = {
        {.message_id = ENS_LIT("m1"), .raw = ENS_LIT("message of L-1"), .unread = true},
        {.kind = ENS_ENTRY_ERROR, .ref_to = ENS_LIT("m1"), .raw = ENS_LIT("error of nothing"), .unread = true},
        {.message_id = ENS_LIT("m2"), .raw = ENS_LIT("unreadable"), .unread = true},
        {.kind = ENS_ENTRY_RECEIPT, .ref_to = ENS_LIT("m2"), .raw = ENS_LIT("receipt"), .unread = true},
        {.kind = ENS_ENTRY_TLS, .unread = true}};
    fill_arrival(&a, "m0", 1, "message of L-0", "receipt", NULL);
    a.change.inbound.message.lrn = ENS_LIT("L-0");
    CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    CU_ASSERT(ens__store_journal_unread(s, 0, &seq, NULL) == ENS_OK && seq == 0);
    ens__change c = {.kind = ENS_CHANGE_JOURNAL, .journal = {entries, 5}};
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    CU_ASSERT(ens__store_journal_unread(s, 0, &seq, NULL) == ENS_OK && seq == 3);
    CU_ASSERT_STRING_EQUAL(asked(s, "L-1", ""), "");
    CU_ASSERT(ens__store_journal_read(s, read_words, NULL, &num, NULL) == ENS_OK && num == 3);
    CU_ASSERT_STRING_EQUAL(asked(s, "L-1", ""), "3 in user-message undecided m1\n4 in error undecided \n");
    CU_ASSERT(ens__store_journal_unread(s, 0, &seq, NULL) == ENS_OK && seq == 5); /* nobody knows what m2 was about */
    CU_ASSERT(ens__store_journal_unread(s, 6, &seq, NULL) == ENS_OK && seq == 0);
    CU_ASSERT(ens__store_journal_read(s, read_words, NULL, &num, NULL) == ENS_OK && num == 0);
    done_with(s);
}

/* -- The ledger --------------------------------------------------------------------------------------------------- */

typedef struct {
    char text[512];
    size_t len;
    unsigned most;
} ledger_lines;

static bool add_ledger_line(void *user, const ens__ledger_row *r)
{
    ledger_lines *l = user;
    const char *difference = ens__difference_name(r->difference);
    l->len += (size_t)snprintf(l->text + l->len, sizeof l->text - l->len, "%llu %llu/%llu %.*s %s %s%s\n",
                               (unsigned long long)r->id, (unsigned long long)r->seq, (unsigned long long)r->answer_seq,
                               (int)r->message_id.len, (const char *)r->message_id.p, ens__real_name(r->real.kind),
                               ens__agreement_name(r->agreement), difference ? difference : "");
    return --l->most > 0;
}

static const char *ledger(ens__store *s, const ens__ledger_query *q, unsigned most)
{
    static ledger_lines l;
    l = (ledger_lines){.most = most};
    CU_ASSERT_EQUAL(ens__store_ledger_list(s, q, add_ledger_line, &l, NULL), ENS_OK);
    return l.text;
}

static bool enter(ens__store *s, ens__ledger_change *l, uint64_t *seq)
{
    ens__change c = {.kind = ENS_CHANGE_LEDGER, .ledger = l};
    ens_code code = commit(s, &c);
    *seq = c.seq;
    return code == ENS_OK;
}

static void the_ledger_keeps_both_sides(void)
{
    const ens__entry message = {.direction = ENS_OUT, .message_id = ENS_LIT("m1"), .raw = ENS_LIT("message")};
    const ens__entry came = {
        .direction = ENS_IN, .kind = ENS_ENTRY_RECEIPT, .ref_to = ENS_LIT("m1"), .raw = ENS_LIT("receipt")};
    ens__ledger_change l = {.message = &message,
                            .answer = &came,
                            .row = {.target = ENS_LIT("https://sti"),
                                    .message_id = ENS_LIT("m1"),
                                    .has_refs = true,
                                    .refs_sha256 = {7},
                                    .predicted = {.verdict = ENS_ACCEPTED},
                                    .real = {.kind = ENS_REAL_RECEIPT},
                                    .agreement = ENS_AGREES}};
    const ens__ledger_query all = {.agreement = -1}, bad = {.agreement = ENS_DISAGREES},
                            about = {.agreement = -1, .message_id = ENS_LIT("m2")};
    ens__ledger_row also;
    ens__ledger_counts n;
    ens_arrival was;
    uint64_t seq = 0, unused;
    const uint8_t same[32] = {7}, other[32] = {8};
    ens__store *s = fresh_store();
    CU_ASSERT_STRING_EQUAL(ledger(s, &all, 9), "");
    CU_ASSERT(enter(s, &l, &seq) && seq == 1);
    also = l.row;
    also.seq = seq;
    also.real = (ens__answered){.kind = ENS_REAL_MESSAGE, .reply = ENS_LIT("IE3N99")};
    also.agreement = ENS_DISAGREES;
    also.difference = ENS_DIFFERS_REPLY;
    l.message = NULL;
    l.also = &also;
    l.row.message_id = ENS_LIT("m2");
    l.row.seq = 1;
    l.row.real.kind = ENS_REAL_ERROR;
    l.row.agreement = ENS_AGREEMENT_UNKNOWN;
    CU_ASSERT(enter(s, &l, &unused) && unused == 0);
    l.answer = NULL;
    l.also = NULL;
    l.row.held = true;
    CU_ASSERT(enter(s, &l, &unused));
    CU_ASSERT_STRING_EQUAL(ledger(s, &all, 9), "1 1/2 m1 receipt agrees\n2 1/3 m2 error unknown\n"
                                               "3 1/3 m1 message disagreesreply\n4 1/0 m2 error unknown\n");
    CU_ASSERT_STRING_EQUAL(ledger(s, &bad, 9), "3 1/3 m1 message disagreesreply\n");
    CU_ASSERT_STRING_EQUAL(ledger(s, &about, 1), "2 1/3 m2 error unknown\n");
    CU_ASSERT(ens__store_ledger_count(s, &n, NULL) == ENS_OK && n.agree == 1 && n.disagree == 1 && n.unknown == 1 &&
              n.held == 1);
    const ens_slice to = ENS_LIT("https://sti"), id = ENS_LIT("m1");
    CU_ASSERT(ens__store_ledger_earlier(s, to, id, same, &was, NULL) == ENS_OK && was == ENS_ARRIVAL_AGAIN);
    CU_ASSERT(ens__store_ledger_earlier(s, to, id, other, &was, NULL) == ENS_OK && was == ENS_ARRIVAL_CLASH);
    CU_ASSERT(ens__store_ledger_earlier(s, ENS_LIT("https://b"), id, same, &was, NULL) == ENS_OK && was == 0);
    CU_ASSERT(ens__store_ledger_earlier(s, to, ENS_LIT("m2"), same, &was, NULL) == ENS_OK && was == 0);
    done_with(s);
}

#define VERBS(X)                                                                                                       \
    X(what_is_held_outlives_retention, "what is held outlives retention")                                              \
    X(the_ledger_keeps_both_sides, "the ledger keeps both sides")                                                      \
    X(a_pull_is_one_change_with_its_request, "a pull is one change with its request")                                  \
    X(takes_a_message_once, "takes a message once")                                                                    \
    X(finds_an_earlier_message_without_a_writer, "finds an earlier message without a writer")                          \
    X(decides_within_one_commit, "decides within one commit")                                                          \
    X(refuses_what_would_have_to_be_cut, "refuses what would have to be cut, and nothing beside it")                   \
    X(journals_what_never_became_a_message, "journals what never became a message")                                    \
    X(lists_the_journal_by_what_is_asked, "lists the journal by what is asked")                                        \
    X(finds_what_is_about_a_document, "finds what is about a document, by its LRN and MRN")                            \
    X(reads_what_nobody_has_looked_into, "reads what nobody has looked into, and tells what can't be read")            \
    X(work_is_one_holders_until_its_lease_ends, "work is one holder's until its lease ends")                           \
    X(work_waits_until_it_is_due_and_leads_to_more, "work waits until it is due, and leads to more")                   \
    X(pushes_leave_by_category_and_age, "pushes leave by category and age")                                            \
    X(pulls_leave_by_category_and_order, "pulls leave by category and order")                                          \
    X(a_message_is_sent_until_its_tries_are_used_up, "a message is sent until its tries are used up")                  \
    X(a_holder_that_never_comes_back_uses_up_a_try, "a holder that never comes back uses up a try")                    \
    X(a_message_is_settled_by_its_token_alone, "a message is settled by its token alone")                              \
    X(large_messages_are_kept_as_they_are, "large messages are kept as they are")                                      \
    X(a_claim_that_is_returned_costs_no_try, "a claim that is returned costs no try")                                  \
    X(keeps_a_partys_channel, "keeps a party's channel")                                                               \
    X(retention_by_age_leaves_what_is_still_needed, "retention by age leaves what is still needed")                    \
    X(retention_by_size_takes_the_oldest_and_no_answer, "retention by size takes the oldest, and no answer")           \
    X(a_clock_that_was_wrong_holds_nothing_back, "a clock that was wrong holds nothing back")

#define ON_POSTGRES(f, words)                                                                                          \
    static void f##_on_postgres(void)                                                                                  \
    {                                                                                                                  \
        if (on_postgres())                                                                                             \
            f();                                                                                                       \
        on_sqlite();                                                                                                   \
    }
VERBS(ON_POSTGRES)

#define ROW(f, words) {words, f},
#define ROW_ON_POSTGRES(f, words) {"in PostgreSQL: " words, f##_on_postgres},
static const ens_case cases[] = {
    VERBS(ROW) VERBS(ROW_ON_POSTGRES){"backoff doubles within bounds", backoff_doubles_within_bounds},
    {"statements stay within what engines share", statements_stay_within_what_engines_share},
    {NULL, NULL},
};

ENS_SUITE("sti/store", cases)
