#include "tests/sti/store_steps.h"

#include "tests/sti/cluster.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/ensign-store-XXXXXX";
char store_file[512];
int64_t store_now;
static bool on_cluster;

static int64_t test_clock(void *ctx)
{
    (void)ctx;
    return store_now;
}

bool on_postgres(void)
{
    on_cluster = cluster_start();
    return on_cluster;
}

void on_sqlite(void)
{
    on_cluster = false;
    store_file[0] = '\0';
}

void remove_file(void)
{
    char pattern[sizeof store_file + 16];
    glob_t found;
    if (on_cluster)
        return;
    unlink(store_file);
    snprintf(pattern, sizeof pattern, "%s-*", store_file);
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
}

void fresh_file(void)
{
    store_now = 1800000000000;
    if (on_cluster) {
        CU_ASSERT_TRUE_FATAL(cluster_fresh(store_file, sizeof store_file));
        return;
    }
    if (!store_file[0]) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
        snprintf(store_file, sizeof store_file, "%s/s.db", folder);
    }
    remove_file();
}

ens__store *open_store(bool create)
{
    ens__store *s = NULL;
    ens_err err = {0};
    char text[256];
    ens_code code =
        ens__store_open(store_file, &(ens__store_options){.create = create, .now_ms = test_clock}, &s, &err);
    CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    return s;
}

ens__store *fresh_store(void)
{
    fresh_file();
    return open_store(true);
}

void done_with(ens__store *s)
{
    ens__store_close(s);
    remove_file();
    if (on_cluster)
        return;
    rmdir(folder);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    store_file[0] = '\0';
}

ens_code commit(ens__store *s, ens__change *c)
{
    ens_err err = {0};
    char text[256];
    ens_code code = ens__store_commit(s, &c, 1, &err);
    CU_ASSERT_EQUAL(code, c->code);
    CHECK_ROW(code == ENS_OK || err.n, "no reason");
    CHECK_ROW(code == ENS_OK || code == ENS_ELIMIT, "%s", ens_err_format(&err, text, sizeof text));
    return code;
}

void fill_arrival(arrival *a, const char *id, uint8_t refs, const char *raw, const char *receipt, const char *kind)
{
    *a = (arrival){.change = {.kind = ENS_CHANGE_INBOUND}};
    ens__inbound *in = &a->change.inbound;
    in->message = (ens__entry){.direction = ENS_IN,
                               .verdict = ENS_ACCEPTED,
                               .action = ENS_LIT("IE3F26"),
                               .message_id = ens_str(id),
                               .party = ENS_LIT(PARTY),
                               .raw = ens_str(raw)};
    in->answer = (ens__entry){.direction = ENS_OUT,
                              .kind = ENS_ENTRY_RECEIPT,
                              .verdict = ENS_ACCEPTED,
                              .ref_to = ens_str(id),
                              .party = ENS_LIT(PARTY),
                              .raw = ens_str(receipt)};
    memset(in->refs_sha256, refs, 32);
    if (kind) {
        snprintf(a->work_id, sizeof a->work_id, "%s:%s", kind, id);
        a->task = (ens__task){.id = ens_str(a->work_id), .kind = ens_str(kind)};
        in->task = &a->task;
    }
}

ens_arrival arrive(ens__store *s, const char *id, uint8_t refs, const char *raw, const char *receipt, ens_buf *stored)
{
    arrival a;
    fill_arrival(&a, id, refs, raw, receipt, "reply");
    a.change.inbound.stored = stored;
    CU_ASSERT_EQUAL(commit(s, &a.change), ENS_OK);
    return a.change.inbound.arrival;
}

void fill_outgoing(ens__change *c, const char *id, unsigned category, ens_mode mode, const char *raw)
{
    *c = (ens__change){.kind = ENS_CHANGE_ENQUEUE};
    c->enqueue.outgoing = (ens__outgoing){.message = {.direction = ENS_OUT,
                                                      .action = ENS_LIT("IE3R01"),
                                                      .message_id = ens_str(id),
                                                      .party = ENS_LIT(PARTY),
                                                      .raw = ens_str(raw)},
                                          .mode = mode,
                                          .category = category,
                                          .tries = 3};
}

bool send_later(ens__store *s, const char *id, unsigned category, ens_mode mode)
{
    ens__change c;
    fill_outgoing(&c, id, category, mode, "sealed bytes");
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    return !c.enqueue.known;
}

/* claim takes messages to be sent and writes their ids, in order, behind each other. */
size_t claim(ens__store *s, ens_mode mode, unsigned max, char *ids, int64_t *token)
{
    ens_arena arena;
    ens__outbound *rows = NULL;
    size_t num = 0;
    ens__outbound_claim what = {.mode = mode, .max = max, .lease_ms = MINUTE_MS};
    if (mode == ENS_PULL)
        what.party = ENS_LIT(PARTY);
    ens_arena_init(&arena, ARENA_MAX);
    CU_ASSERT_EQUAL(ens__store_claim_outbound(s, &what, &arena, &rows, &num, NULL), ENS_OK);
    ids[0] = '\0';
    for (size_t i = 0; i < num; i++) {
        strcat(ids, (const char *)rows[i].message_id.p);
        CU_ASSERT(ens_is(rows[i].raw, "sealed bytes"));
        *token = rows[i].token;
    }
    ens_arena_free(&arena);
    return num;
}

ens__settlement settle(ens__store *s, const char *id, int64_t token, ens_attempt attempt, const ens__entry *answer)
{
    ens__change c = {.kind = ENS_CHANGE_SETTLE};
    c.settle = (ens__settlement){.message_id = ens_str(id),
                                 .token = token,
                                 .attempt = attempt,
                                 .retry_ms = attempt == ENS_ATTEMPT_RETURNED ? 0 : MINUTE_MS,
                                 .answer = answer};
    CU_ASSERT_EQUAL(commit(s, &c), ENS_OK);
    return c.settle;
}

/* The journal, a row a line. */
static bool write_line(void *user, const ens__journal_row *r)
{
    ens_buf_printf(user, "%llu %s %s %s %s\n", (unsigned long long)r->seq, ens__direction_name(r->direction),
                   ens__entry_kind_name(r->kind), ens_verdict_name(r->verdict), (const char *)r->message_id.p);
    return true;
}

const char *journal(ens__store *s, const ens__journal_query *q)
{
    static uint8_t storage[8192];
    ens_buf out;
    ens_buf_init(&out, storage, sizeof storage, sizeof storage);
    CU_ASSERT_EQUAL(ens__store_journal_list(s, q, write_line, &out, NULL), ENS_OK);
    ens_buf_add(&out, "", 1);
    return (const char *)storage;
}

ens__store_counts counts(ens__store *s)
{
    ens__store_counts c = {0};
    CU_ASSERT_EQUAL(ens__store_count(s, &c, NULL), ENS_OK);
    return c;
}

size_t claim_work(ens__store *s, int64_t at, ens_arena *arena, ens__work **rows)
{
    size_t num = 0;
    ens_arena_reset(arena);
    CU_ASSERT_EQUAL(ens__store_claim_work(s, ENS_LIT("reply"), at, 10, MINUTE_MS, arena, rows, &num, NULL), ENS_OK);
    return num;
}

void prune(ens__store *s, int64_t keep_ms, int64_t duplicates_ms, uint64_t size)
{
    bool more = true;
    unsigned rounds = 0;
    ens_err err = {0};
    char text[256];
    while (more && rounds++ < 1000) {
        ens_code code = ens__store_prune(s, &(ens__retention){keep_ms, duplicates_ms, size, 2}, &more, &err);
        CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
        more = more && code == ENS_OK;
    }
    CU_ASSERT(rounds < 1000);
}
