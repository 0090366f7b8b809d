/* Two access points over one PostgreSQL, as users run them: nodes are killed at random moments, the primary dies and a
 * synchronous standby takes over, the way to the store is cut. Clients send the same bytes until they are acknowledged.
 * Nothing that was acknowledged is missing, nothing is there twice, every duplicate is answered with the stored bytes
 * by any node, and each message has one answer of customs. ENSIGN_SOAK: 100 kills, behind HAProxy where it is there.
 * ENSIGN_NODES_STORE names an empty database of a cluster that mends itself, and ENSIGN_NODES_KILL the command that
 * kills its leader. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "sti/store/store.h"
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/sti/cluster.h"
#include "tests/sti/store_steps.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NODES 2u
#define CLIENTS 6u
#define MESSAGES 4000u /* of one client, at most */
#define MESSAGE_MAX ((size_t)64 << 10)
#define KILLS 4u
#define KILLS_SOAK 100u

typedef struct {
    uint8_t answer[32]; /* SHA-256 */
    bool kept;
} ledger;

typedef struct {
    pthread_t thread;
    ens_sealer *sealer;
    unsigned number, num, again;
    unsigned worst_ms; /* that one message took to be acknowledged */
    ledger *done;
    pushed answer;
} client;

static char folder[] = "/tmp/ensign-nodes-XXXXXX", eori[32], pki[80], round_name[16];
static ens_file key, cert, document;
static client clients[CLIENTS];
static stand_in nodes[NODES], doors[NODES + 1]; /* doors: where clients knock; the last one is the proxy's */
static unsigned ports[NODES + 1], num_doors;
static atomic_bool stop;
static atomic_uint acknowledged;
static pid_t proxy;

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- Clients ------------------------------------------------------------------------------------------------------ */

static bool seal_one(client *c, unsigned n, char message[MESSAGE_MAX], size_t *len)
{
    char id[64];
    ens_slice out;
    snprintf(id, sizeof id, "%s-%u-%u@trader.example", round_name, c->number, n);
    const ens_seal_part part = {document.bytes, ENS_LIT("ens"), ENS_LIT("application/xml")};
    const ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                        .from = ens_str(eori),
                                        .message_id = ens_str(id),
                                        .at = ens_time_now(),
                                        .parts = &part,
                                        .num_parts = 1};
    if (ens_seal_message(c->sealer, &o, &out, NULL) != ENS_OK || out.len >= MESSAGE_MAX)
        return false;
    memcpy(message, out.p, out.len);
    message[out.len] = '\0';
    *len = out.len;
    return true;
}

static bool is_receipt(const pushed *p)
{
    return p->status == 200 && strstr(p->body, "NonRepudiationInformation");
}

/* send_until repeats the same bytes, at any door, until a receipt comes. */
static bool send_until(client *c, const char *message, size_t len)
{
    int64_t began = steady_ms();
    for (unsigned tries = 0; steady_ms() - began < 60000; tries++) {
        if (stand_in_send(&doors[(c->number + tries) % num_doors], false, message, len, &c->answer) &&
            is_receipt(&c->answer)) {
            unsigned took = (unsigned)(steady_ms() - began);
            c->worst_ms = took > c->worst_ms ? took : c->worst_ms;
            c->again += tries > 0;
            return true;
        }
        usleep(20000);
    }
    return false;
}

static void *run_client(void *arg)
{
    static _Thread_local char message[MESSAGE_MAX];
    client *c = arg;
    size_t len = 0;
    while (!atomic_load(&stop) && c->num < MESSAGES && seal_one(c, c->num, message, &len)) {
        ledger *l = &c->done[c->num];
        l->kept = send_until(c, message, len) &&
                  ens__sha256(ens_bytes(c->answer.body, c->answer.len), l->answer, NULL) == ENS_OK;
        if (!l->kept)
            break;
        /* A copy at another door is answered with the same bytes. */
        uint8_t sha256[32];
        if (c->num % 16 == 0 && stand_in_send(&doors[(c->number + 1) % num_doors], false, message, len, &c->answer) &&
            is_receipt(&c->answer) && ens__sha256(ens_bytes(c->answer.body, c->answer.len), sha256, NULL) == ENS_OK)
            CHECK_ROW(memcmp(sha256, l->answer, 32) == 0, "client %u, message %u: other bytes", c->number, c->num);
        c->num++;
        atomic_fetch_add(&acknowledged, 1);
    }
    return NULL;
}

/* -- Nodes -------------------------------------------------------------------------------------------------------- */

static void write_config(unsigned n, const char *store, const char *durable)
{
    char path[96];
    snprintf(path, sizeof path, "%s/node%u.yaml", folder, n);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "listen: [{address: '127.0.0.1:%u'}]\n"
            "seal: {certificate: demo/pki/sti.pem, key: demo/pki/sti.key, domain: sti.example}\n"
            "trust: [demo/pki/root.pem]\nstore: {path: '%s', durable: %s}\nregistry: demo/store.db\nlog: warn\n",
            ports[n], store, durable);
    fclose(f);
}

static bool start_node(unsigned n)
{
    char arguments[128];
    stand_in *s = &nodes[n];
    *s = (stand_in){.pid = -1};
    snprintf(s->folder, sizeof s->folder, "%s/node%u", folder, n);
    snprintf(s->pki, sizeof s->pki, "%s", pki);
    snprintf(arguments, sizeof arguments, "--config %s/node%u.yaml", folder, n);
    return stand_in_run(s, arguments);
}

/* start_proxy stands HAProxy in front of the nodes, where it is installed. */
static void start_proxy(void)
{
    char path[96];
    num_doors = NODES;
    if (access("/usr/sbin/haproxy", X_OK) != 0)
        return;
    ports[NODES] = free_port();
    snprintf(path, sizeof path, "%s/haproxy.cfg", folder);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "defaults\n  mode http\n  timeout connect 1s\n  timeout client 70s\n  timeout server 70s\n  retries 2\n"
            "  option redispatch\nfrontend f\n  bind 127.0.0.1:%u\n  default_backend b\nbackend b\n"
            "  balance roundrobin\n  server n0 127.0.0.1:%u check inter 200ms\n"
            "  server n1 127.0.0.1:%u check inter 200ms\n",
            ports[NODES], ports[0], ports[1]);
    fclose(f);
    fflush(stdout);
    proxy = fork();
    if (proxy == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(126);
        execl("/usr/sbin/haproxy", "haproxy", "-db", "-f", path, (char *)NULL);
        _exit(127);
    }
    num_doors = NODES + 1;
}

static void end_proxy(void)
{
    if (proxy > 0) {
        kill(proxy, SIGTERM);
        waitpid(proxy, NULL, 0);
    }
    proxy = 0;
}

static bool make_keys(void)
{
    char path[128];
    stand_in s;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/demo", folder);
    if (!stand_in_open(&s, path, ""))
        return false;
    snprintf(eori, sizeof eori, "%s", s.eori);
    snprintf(pki, sizeof pki, "%s", s.pki);
    snprintf(path, sizeof path, "%s/doc.xml", folder);
    bool good = run_ensign("ens new IE3F26 --from %s -o %s", eori, path)->status == 0 &&
                ens__file_open(path, 0, &document, NULL) == ENS_OK;
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    snprintf(path, sizeof path, "%s/trader.key", pki);
    good = good && ens__file_open(path, 0, &key, NULL) == ENS_OK;
    snprintf(path, sizeof path, "%s/trader.pem", pki);
    good = good && ens__file_open(path, 0, &cert, NULL) == ENS_OK;
    for (unsigned i = 0; i < CLIENTS && good; i++) {
        clients[i].done = calloc(MESSAGES, sizeof *clients[i].done);
        good = clients[i].done && ens_sealer_new(&(ens_sealer_options){.key = key.bytes,
                                                                       .certificate = cert.bytes,
                                                                       .domain = "trader.example",
                                                                       .at = ens_time_now()},
                                                 &clients[i].sealer, NULL) == ENS_OK;
    }
    return good;
}

static void forget_keys(void)
{
    char command[96];
    for (unsigned i = 0; i < CLIENTS; i++) {
        ens_sealer_free(clients[i].sealer);
        free(clients[i].done);
        clients[i] = (client){0};
    }
    ens__file_close(&key);
    ens__file_close(&cert);
    ens__file_close(&document);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
}

static void start_all(const char *name, const char *store, const char *durable)
{
    CU_ASSERT_TRUE_FATAL(make_keys());
    snprintf(round_name, sizeof round_name, "%s", name);
    atomic_store(&stop, false);
    atomic_store(&acknowledged, 0);
    for (unsigned i = 0; i < NODES; i++) {
        ports[i] = free_port();
        write_config(i, store, durable);
        CU_ASSERT_TRUE_FATAL(start_node(i));
    }
    start_proxy();
    for (unsigned i = 0; i < num_doors; i++) {
        snprintf(doors[i].plain, sizeof doors[i].plain, "127.0.0.1:%u", ports[i]);
        snprintf(doors[i].path, sizeof doors[i].path, "/as4");
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        clients[i].number = i;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]), 0);
    }
}

/* wait_for_more waits until so many more messages are acknowledged. */
static void wait_for_more(unsigned num)
{
    unsigned from = atomic_load(&acknowledged);
    for (unsigned waited = 0; atomic_load(&acknowledged) < from + num && waited < 60000; waited += 5)
        usleep(5000);
}

/* -- What is left
 * --------------------------------------------------------------------------------------------------- */

typedef struct {
    unsigned messages, receipts;
    uint8_t sha256[32];
} found;

static bool count_row(void *user, const ens__journal_row *row)
{
    found *f = user;
    if (row->kind == ENS_ENTRY_USER_MESSAGE && row->verdict == ENS_ACCEPTED &&
        !ens_starts(row->detail, ENS_LIT("came before")))
        f->messages++;
    if (row->kind == ENS_ENTRY_RECEIPT && row->detail.len == 0) {
        f->receipts++;
        memcpy(f->sha256, row->sha256, sizeof f->sha256);
    }
    return true;
}

static bool count_accepted(void *user, const ens__journal_row *row)
{
    *(unsigned *)user += row->verdict == ENS_ACCEPTED && !ens_starts(row->detail, ENS_LIT("came before"));
    return true;
}

static void check_ledgers(ens__store *store)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        for (unsigned n = 0; n < clients[i].num; n++) {
            char id[64];
            found f = {0};
            ens__journal_query q = ENS_JOURNAL_ALL;
            snprintf(id, sizeof id, "%s-%u-%u@trader.example", round_name, i, n);
            q.about = ens_str(id);
            CU_ASSERT_EQUAL(ens__store_journal_list(store, &q, count_row, &f, NULL), ENS_OK);
            CHECK_ROW(f.messages == 1 && f.receipts == 1, "%s: there %u and acknowledged %u times", id, f.messages,
                      f.receipts);
            CHECK_ROW(memcmp(f.sha256, clients[i].done[n].answer, 32) == 0, "%s: another receipt", id);
        }
}

static void check_replies(ens__store *store)
{
    unsigned accepted = 0;
    ens__store_counts c = {0};
    ens__journal_query q = ENS_JOURNAL_ALL;
    q.direction = ENS_IN;
    q.kind = ENS_ENTRY_USER_MESSAGE;
    CU_ASSERT_EQUAL(ens__store_journal_list(store, &q, count_accepted, &accepted, NULL), ENS_OK);
    for (unsigned waited = 0; c.ready < accepted && waited < 60000; waited += 50) {
        CU_ASSERT_EQUAL(ens__store_count(store, &c, NULL), ENS_OK);
        usleep(50000);
    }
    CHECK_ROW(c.ready == accepted && accepted >= atomic_load(&acknowledged), "%u acknowledged, %u taken, %llu answered",
              atomic_load(&acknowledged), accepted, (unsigned long long)c.ready);
}

/* end_all stops the clients, looks at what is left, and stops the nodes. */
static void end_all(const char *store_name, const char *what)
{
    ens__store *store = NULL;
    unsigned again = 0, worst = 0;
    atomic_store(&stop, true);
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        CHECK_ROW(clients[i].num > 0, "client %u was never acknowledged", i);
        again += clients[i].again;
        worst = clients[i].worst_ms > worst ? clients[i].worst_ms : worst;
    }
    CU_ASSERT_EQUAL(ens__store_open(store_name, &(ens__store_options){.read_only = true}, &store, NULL), ENS_OK);
    if (store) {
        check_ledgers(store);
        check_replies(store);
    }
    ens__store_close(store);
    end_proxy();
    for (unsigned i = 0; i < NODES; i++)
        CU_ASSERT_EQUAL(stand_in_end(&nodes[i], SIGTERM), 0);
    printf("\n    %s: %u acknowledged, %u of them sent again, the longest wait %u ms", what, atomic_load(&acknowledged),
           again, worst);
    forget_keys();
}

static void survives_the_ends_of_nodes(void)
{
    char what[64];
    unsigned kills = getenv("ENSIGN_SOAK") ? KILLS_SOAK : KILLS;
    signal(SIGPIPE, SIG_IGN);
    if (!on_postgres())
        return;
    fresh_file();
    start_all("nodes", store_file, "disk");
    srand(20261129);
    for (unsigned i = 0; i < kills; i++) {
        wait_for_more(20);
        usleep((unsigned)(rand() % 200) * 1000);
        unsigned n = (unsigned)rand() % NODES;
        CU_ASSERT_EQUAL(stand_in_end(&nodes[n], SIGKILL), -SIGKILL);
        CU_ASSERT_TRUE_FATAL(start_node(n));
    }
    wait_for_more(20);
    snprintf(what, sizeof what, "%u kills of nodes", kills);
    end_all(store_file, what);
    on_sqlite();
}

static void survives_the_end_of_the_primary(void)
{
    char both[256];
    signal(SIGPIPE, SIG_IGN);
    if (!on_postgres())
        return;
    fresh_file();
    ens__store_close(open_store(true));
    CU_ASSERT_TRUE_FATAL(cluster_add_standby());
    cluster_names_both(both, sizeof both);
    start_all("primary", both, "replicated");
    wait_for_more(60);
    int64_t began = steady_ms();
    CU_ASSERT_TRUE(cluster_fail_over());
    unsigned gap = (unsigned)(steady_ms() - began);
    wait_for_more(60);
    end_all(both, "the primary killed, its standby promoted");
    printf(" (promoted after %u ms)", gap);
    CU_ASSERT_TRUE(cluster_drop_standby());
    on_sqlite();
}

static pid_t cut_proxy(unsigned at)
{
    char path[96];
    snprintf(path, sizeof path, "%s.cut.cfg", folder);
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "defaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1h\n  timeout server 1h\n"
            "listen l\n  bind 127.0.0.1:%u\n  server p 127.0.0.1:%u\n",
            at, cluster_port());
    fclose(f);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(126);
        execl("/usr/sbin/haproxy", "haproxy", "-db", "-f", path, (char *)NULL);
        _exit(127);
    }
    usleep(300000);
    return pid;
}

static void survives_cuts_on_the_way_to_the_store(void)
{
    char name[128], path[96];
    unsigned cuts = getenv("ENSIGN_SOAK") ? 20 : 2, at = free_port();
    signal(SIGPIPE, SIG_IGN);
    if (access("/usr/sbin/haproxy", X_OK) != 0) {
        ens_skip("HAProxy stands between node and store, and is not installed");
        return;
    }
    if (!on_postgres())
        return;
    fresh_file();
    pid_t way = cut_proxy(at);
    snprintf(name, sizeof name, "postgres:host=127.0.0.1 port=%u user=ensign dbname=postgres", at);
    start_all("cuts", name, "disk");
    for (unsigned i = 0; i < cuts; i++) {
        wait_for_more(20);
        kill(way, SIGKILL);
        waitpid(way, NULL, 0);
        usleep((unsigned)(rand() % 1500) * 1000);
        way = cut_proxy(at);
    }
    wait_for_more(20);
    end_all(store_file, "cuts between nodes and store");
    kill(way, SIGTERM);
    waitpid(way, NULL, 0);
    snprintf(path, sizeof path, "rm -f /tmp/ensign-nodes-*.cut.cfg");
    CU_ASSERT_EQUAL(system(path), 0);
    on_sqlite();
}

static void survives_the_end_of_another_clusters_leader(void)
{
    const char *store = getenv("ENSIGN_NODES_STORE"), *kill_leader = getenv("ENSIGN_NODES_KILL");
    if (!store || !kill_leader) {
        ens_skip("no cluster that mends itself is named (ENSIGN_NODES_STORE, ENSIGN_NODES_KILL)");
        return;
    }
    signal(SIGPIPE, SIG_IGN);
    start_all("leader", store, "replicated");
    wait_for_more(500);
    CU_ASSERT_EQUAL(system(kill_leader), 0);
    wait_for_more(500);
    end_all(store, "the leader of another cluster killed");
}

static const ens_case cases[] = {
    {"nodes that are killed lose nothing and double nothing", survives_the_ends_of_nodes},
    {"a primary that is killed, its synchronous standby promoted: the same", survives_the_end_of_the_primary},
    {"the way to the store cut again and again: the same", survives_cuts_on_the_way_to_the_store},
    {"the leader of a cluster that mends itself killed: the same", survives_the_end_of_another_clusters_leader},
    {NULL, NULL},
};
ENS_SUITE("sti/nodes", cases)
