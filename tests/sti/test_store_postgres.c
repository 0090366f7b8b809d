/* What a store in PostgreSQL has of its own: several writers, connections that break, a server that dies, what it
 * keeps, and two versions over one store. */
#include "engine/base/report.h"
#include "sti/store/sql.h"
#include "tests/sti/cluster.h"
#include "tests/sti/store_steps.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NODES 3u
#define EACH 60u
#define PATIENCE 5u /* commits of the same, each of which the store makes again for ENS_STORE_REPEAT_MS */

static ens__store *open_node(void)
{
    ens__store *s = NULL;
    ens_err err = {0};
    char text[256];
    ens_code code = ens__store_open(store_file, &(ens__store_options){.create = true}, &s, &err);
    CHECK_ROW(code == ENS_OK, "%s", ens_err_format(&err, text, sizeof text));
    return s;
}

/* A node that takes messages of its own, and one that every node gets. */
typedef struct {
    pthread_t thread;
    ens__store *store;
    unsigned number, kept, again, failed;
    unsigned repeated; /* commits whose end the store couldn't tell, so that they were made once more */
} node;

static void *take_messages(void *arg)
{
    node *n = arg;
    for (unsigned i = 0; n->store && i < EACH; i++) {
        char own[32], shared[32], receipt[48];
        arrival a[2];
        snprintf(own, sizeof own, "n%u-%u", n->number, i);
        snprintf(shared, sizeof shared, "shared-%u", i);
        snprintf(receipt, sizeof receipt, "receipt by %u of %u", n->number, i);
        fill_arrival(&a[0], own, 1, "message", receipt, "reply");
        fill_arrival(&a[1], shared, 1, "message", receipt, "reply");
        ens__change *both[] = {&a[0].change, &a[1].change};
        /* On a machine that is busy with other things a restart may outlast the store's own patience. */
        for (unsigned tries = 0; tries < PATIENCE && ens__store_commit(n->store, both, 2, NULL) != ENS_OK; tries++)
            n->repeated++;
        for (unsigned k = 0; k < 2; k++) {
            n->kept += both[k]->code == ENS_OK && both[k]->inbound.arrival == ENS_ARRIVAL_NEW;
            n->again += both[k]->code == ENS_OK && both[k]->inbound.arrival == ENS_ARRIVAL_AGAIN;
            n->failed += both[k]->code != ENS_OK;
        }
    }
    return NULL;
}

static node run_nodes(void (*meanwhile)(void))
{
    node nodes[NODES] = {0}, all = {0};
    for (unsigned i = 0; i < NODES; i++) {
        nodes[i].number = i;
        nodes[i].store = open_node();
    }
    for (unsigned i = 0; i < NODES; i++) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&nodes[i].thread, NULL, take_messages, &nodes[i]), 0);
    }
    if (meanwhile)
        meanwhile();
    for (unsigned i = 0; i < NODES; i++) {
        pthread_join(nodes[i].thread, NULL);
        ens__store_close(nodes[i].store);
        all.kept += nodes[i].kept;
        all.again += nodes[i].again;
        all.failed += nodes[i].failed;
        all.repeated += nodes[i].repeated;
    }
    return all;
}

/* Every message is new for just one node, its work is there once, and the journal has no hole. A commit that was made
 * once more may have been durable before: both of its messages are no longer new then, and have two rows each already.
 */
static void check_all(const node *all)
{
    const unsigned messages = NODES * EACH + EACH, before = 2 * all->repeated;
    const unsigned long long rows = 2ull * (all->kept + all->again);
    ens__store *s = open_node();
    ens__store_counts c = counts(s);
    CHECK_ROW(all->failed == 0, "%u commits failed", all->failed);
    CHECK_ROW(all->kept <= messages && all->kept + before >= messages, "%u of %u were new, %u commits were repeated",
              all->kept, messages, all->repeated);
    CHECK_ROW(all->kept + all->again == messages + (NODES - 1) * EACH, "%u came again", all->again);
    CHECK_ROW(c.work == messages, "%llu tasks", (unsigned long long)c.work);
    CHECK_ROW(c.last_seq >= rows && c.last_seq <= rows + 2ull * before, "%llu rows", (unsigned long long)c.last_seq);
    ens__store_close(s);
}

static void nodes_take_a_message_once(void)
{
    if (!on_postgres())
        return;
    fresh_file();
    node all = run_nodes(NULL);
    check_all(&all);
    on_sqlite();
}

static void break_connections(void)
{
    for (unsigned i = 0; i < 12; i++) {
        usleep(40000);
        cluster_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ensign'");
    }
}

static void connections_that_break_lose_nothing(void)
{
    if (!on_postgres())
        return;
    fresh_file();
    node all = run_nodes(break_connections);
    check_all(&all);
    on_sqlite();
}

static void kill_server(void)
{
    for (unsigned i = 0; i < 2; i++) {
        usleep(150000);
        CU_ASSERT_TRUE(cluster_restart(false));
    }
}

static void a_server_that_dies_loses_nothing(void)
{
    if (!on_postgres())
        return;
    fresh_file();
    node all = run_nodes(kill_server);
    check_all(&all);
    on_sqlite();
}

static void settlements_in_each_others_way_are_made_again(void)
{
    char ids[64];
    int64_t token = 0;
    if (!on_postgres())
        return;
    fresh_file();
    ens__store *s[2] = {open_node(), open_node()};
    ens__change c[2][2];
    for (unsigned round = 0; round < 20; round++) {
        char name[2][32];
        for (unsigned i = 0; i < 2; i++) {
            snprintf(name[i], sizeof name[i], "m%u-%u", round, i);
            CU_ASSERT_TRUE(send_later(s[0], name[i], 1, ENS_PUSH));
        }
        CU_ASSERT_EQUAL(claim(s[round % 2], ENS_PUSH, 2, ids, &token), 2);
        for (unsigned i = 0; i < 2; i++)
            for (unsigned k = 0; k < 2; k++)
                c[i][k] = (ens__change){
                    .kind = ENS_CHANGE_SETTLE,
                    .settle = {.message_id = ens_str(name[i ^ k]), .token = token, .attempt = ENS_ATTEMPT_DELIVERED}};
        unsigned lost = 0;
        for (unsigned i = 0; i < 2; i++) {
            ens__change *both[] = {&c[i][0], &c[i][1]};
            CU_ASSERT_EQUAL(ens__store_commit(s[i], both, 2, NULL), ENS_OK);
            lost += both[0]->settle.lost + both[1]->settle.lost;
        }
        CU_ASSERT_EQUAL(lost, 2);
    }
    CU_ASSERT_EQUAL(counts(s[1]).delivered, 40);
    ens__store_close(s[0]);
    ens__store_close(s[1]);
    on_sqlite();
}

static unsigned claimed_by[2];
static void *claim_all(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    ens_arena arena;
    ens__store *s = open_node();
    ens_arena_init(&arena, ARENA_MAX);
    for (unsigned quiet = 0; quiet < 3;) {
        ens__work *w = NULL;
        size_t num = 0;
        ens_arena_reset(&arena);
        CU_ASSERT_EQUAL(ens__store_claim_work(s, ENS_LIT("reply"), INT64_MAX, 4, MINUTE_MS, &arena, &w, &num, NULL),
                        ENS_OK);
        quiet = num ? 0 : quiet + 1;
        for (size_t i = 0; i < num; i++) {
            ens__change c = {.kind = ENS_CHANGE_WORK, .work = {.id = w[i].id, .token = w[i].token}}, *one = &c;
            CU_ASSERT_EQUAL(ens__store_commit(s, &one, 1, NULL), ENS_OK);
            claimed_by[me] += !c.work.lost;
        }
    }
    ens_arena_free(&arena);
    ens__store_close(s);
    return NULL;
}

static void nodes_share_the_work(void)
{
    pthread_t threads[2];
    if (!on_postgres())
        return;
    fresh_file();
    ens__store *s = open_node();
    for (unsigned i = 0; i < 120; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%u", i);
        arrive(s, id, 1, "message", "receipt", NULL);
    }
    claimed_by[0] = claimed_by[1] = 0;
    for (uintptr_t i = 0; i < 2; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, claim_all, (void *)i), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK_ROW(claimed_by[0] + claimed_by[1] == 120, "%u and %u", claimed_by[0], claimed_by[1]);
    CU_ASSERT_EQUAL(counts(s).work, 0);
    ens__store_close(s);
    on_sqlite();
}

static void count_hint(void *user)
{
    atomic_fetch_add((_Atomic unsigned *)user, 1);
}

/* heard waits for one more hint, at most so long. */
static bool heard(_Atomic unsigned *hints, unsigned before, unsigned ms)
{
    for (unsigned waited = 0; waited < ms && atomic_load(hints) == before; waited += 5)
        usleep(5000);
    return atomic_load(hints) > before;
}

/* What a node puts down itself, or what there is nothing to be done with, is no hint for it. */
static void who_listens_hears_what_others_put_down(void)
{
    _Atomic unsigned hints = 0;
    ens__hints *h = NULL;
    if (!on_postgres())
        return;
    fresh_file();
    ens__store *listener = open_node(), *other = open_node();
    CU_ASSERT(ens__store_listen(listener, count_hint, &hints, &h, NULL) == ENS_OK && h);
    CU_ASSERT_TRUE(heard(&hints, 0, 5000)); /* it has begun to listen */
    usleep(300000);
    unsigned before = atomic_load(&hints);
    arrive(other, "m1", 1, "message", "receipt", NULL);
    CU_ASSERT_TRUE(heard(&hints, before, 5000));
    usleep(300000);
    before = atomic_load(&hints);
    CU_ASSERT_TRUE(send_later(other, "out", 1, ENS_PUSH));
    CU_ASSERT_TRUE(heard(&hints, before, 5000));
    usleep(300000);
    before = atomic_load(&hints);
    arrive(listener, "m2", 1, "message", "receipt", NULL);
    arrive(other, "m2", 1, "message", "receipt", NULL);
    CU_ASSERT_FALSE(heard(&hints, before, 300));
    CU_ASSERT_TRUE(cluster_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"));
    CU_ASSERT_TRUE(heard(&hints, before, 5000)); /* what came meanwhile may have been missed */
    ens__store_deaf(listener, h);
    ens__store_close(other);
    ens__store_close(listener);
    on_sqlite();
}

static bool has(const ens_report *r, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (strcmp(ens_report_get(r, i)->id, id) == 0 && ens_report_get(r, i)->outcome == outcome)
            return true;
    return false;
}

/* A standby that is only named is none: then it says disk. */
static void says_what_it_keeps(void)
{
    static const struct {
        const char *setting, *value, *back;
        ens_durable level;
        ens_outcome sync;
    } rows[] = {
        {"synchronous_commit", "'on'", "'on'", ENS_DURABLE_DISK, ENS_PASS},
        {"synchronous_commit", "'off'", "'on'", ENS_DURABLE_NONE, ENS_FAIL},
        {"fsync", "'off'", "'on'", ENS_DURABLE_NONE, ENS_FAIL},
        {"full_page_writes", "'off'", "'on'", ENS_DURABLE_NONE, ENS_FAIL},
        {"synchronous_standby_names", "'nobody'", "''", ENS_DURABLE_DISK, ENS_PASS},
    };
    if (!on_postgres())
        return;
    fresh_file();
    ens__store_close(open_node());
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_TRUE(cluster_set(rows[i].setting, rows[i].value));
        ens__store *s = NULL;
        CU_ASSERT_EQUAL(ens__store_open(store_file, &(ens__store_options){0}, &s, NULL), ENS_OK);
        ens_report *r = ens_report_new();
        if (s && r) {
            ens__store_check(s, r);
            CHECK_ROW(ens__store_durable(s) == rows[i].level, "%s: %s", rows[i].setting,
                      ens__durable_name(ens__store_durable(s)));
            CHECK_ROW(has(r, "store.sync", rows[i].sync) && has(r, "store.schema", ENS_PASS), "%s", rows[i].setting);
            CU_ASSERT_FALSE(has(r, "store.standby", ENS_PASS));
        }
        ens_report_free(r);
        ens__store_close(s);
        CU_ASSERT_TRUE(cluster_set(rows[i].setting, rows[i].back));
    }
    on_sqlite();
}

static void two_versions_work_side_by_side(void)
{
    char sql[128];
    ens__store *s = NULL;
    if (!on_postgres())
        return;
    fresh_file();
    ens__store_close(open_node());
    snprintf(sql, sizeof sql, "UPDATE ensign_store SET schema = %u, oldest = %u", ENS_STORE_SCHEMA + 1,
             ENS_STORE_SCHEMA);
    CU_ASSERT_TRUE(cluster_sql(sql));
    s = open_node();
    CU_ASSERT(s && arrive(s, "m1", 1, "message", "receipt", NULL) == ENS_ARRIVAL_NEW);
    ens__store_close(s);
    snprintf(sql, sizeof sql, "UPDATE ensign_store SET oldest = %u", ENS_STORE_SCHEMA + 1);
    CU_ASSERT_TRUE(cluster_sql(sql));
    CU_ASSERT_EQUAL(ens__store_open(store_file, &(ens__store_options){.create = true}, &s, NULL), ENS_EPOLICY);
    on_sqlite();
}

static void migrates_from_every_older_schema(void)
{
    unsigned from = 9, to = 0;
    ens__store *s = NULL;
    if (!on_postgres())
        return;
    for (unsigned schema = 1; schema <= ENS_STORE_SCHEMA; schema++) {
        fresh_file();
        CU_ASSERT_EQUAL(ens__store_open(store_file, &(ens__store_options){0}, &s, NULL), ENS_EPOLICY);
        CU_ASSERT(ens__postgres_migrate(store_file, schema, &from, NULL) == ENS_OK && from == 0);
        if (schema < ENS_STORE_SCHEMA)
            CU_ASSERT_EQUAL(ens__store_open(store_file, &(ens__store_options){0}, &s, NULL), ENS_EPOLICY);
        CU_ASSERT(ens__store_migrate(store_file, &from, &to, NULL) == ENS_OK && from == schema &&
                  to == ENS_STORE_SCHEMA);
        s = open_node();
        CU_ASSERT(s && arrive(s, "m1", 1, "message", "receipt", NULL) == ENS_ARRIVAL_NEW);
        ens__store_close(s);
    }
    on_sqlite();
}

static void shows_no_secrets(void)
{
    static const char *const rows[][2] = {
        {"postgres:host=db user=e password=secret dbname=x", "postgres:host=db user=e password=*** dbname=x"},
        {"postgres:password='a secret' host=db", "postgres:password=*** host=db"},
        {"postgres://e:secret@db:5432/x?sslmode=verify-full", "postgres://e:***@db:5432/x?sslmode=verify-full"},
        {"postgresql://db/x?user=e&password=secret&a=b", "postgresql://db/x?user=e&password=***&a=b"},
        {"postgres://db:5432/x", "postgres://db:5432/x"},
        {"/var/lib/ensign/password=s.db", "/var/lib/ensign/password=s.db"},
    };
    char out[256];
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(strcmp(ens__store_shown(rows[i][0], out, sizeof out), rows[i][1]) == 0, "%s: %s", rows[i][0], out);
}

static void tells_who_cannot_be_reached(void)
{
    ens__store *s = NULL;
    ens_err err = {0};
    char text[512];
    CU_ASSERT(ens__store_open("postgres:host=/nowhere dbname=x", &(ens__store_options){0}, &s, &err) != ENS_OK);
    ens_err_format(&err, text, sizeof text);
    CHECK_ROW(strstr(text, "/nowhere") || strstr(text, "libpq"), "%s", text);
}

static const ens_case cases[] = {
    {"several nodes take a message once, and number the journal without a hole", nodes_take_a_message_once},
    {"connections that break lose nothing and double nothing", connections_that_break_lose_nothing},
    {"a server that dies loses nothing and doubles nothing", a_server_that_dies_loses_nothing},
    {"settlements of two nodes end each message once", settlements_in_each_others_way_are_made_again},
    {"nodes share the work, a task each", nodes_share_the_work},
    {"who listens hears what others put down", who_listens_hears_what_others_put_down},
    {"says what it keeps: replicated only by a standby that is there", says_what_it_keeps},
    {"two versions work side by side, as far as the newer one says", two_versions_work_side_by_side},
    {"migrates from every older schema", migrates_from_every_older_schema},
    {"a name is shown without its secrets", shows_no_secrets},
    {"tells who can't be reached", tells_who_cannot_be_reached},
    {NULL, NULL},
};

ENS_SUITE("sti/store-postgres", cases)
