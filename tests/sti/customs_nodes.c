#include "tests/sti/customs_nodes.h"

#include "tests/suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODES 2u
#define HEARD_MAX 8192u
#define ARENA_MAX ((size_t)16 << 20)

typedef struct {
    char kind[24];
    ens_time now, until;
} question;

typedef struct {
    desk_did did;
    ens_time now;
    char why[256];
} reply;

static struct {
    pid_t pid;
    int fd;
} nodes[NODES];
static char store_name[512];
static ens_time linking_time;
static unsigned kill_one_of, killed, seed;
static uint64_t heard[HEARD_MAX];
static unsigned num_heard;

static unsigned chance(unsigned most)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % most;
}

static bool all_of(int fd, void *bytes, size_t len, bool out)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = out ? write(fd, (char *)bytes + at, len - at) : read(fd, (char *)bytes + at, len - at);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* be_node answers until the other end is closed. */
static void be_node(int fd)
{
    static customs_desk d;
    question q;
    desk_open_over(&d, store_name, linking_time);
    while (all_of(fd, &q, sizeof q, false)) {
        ens_err err = {0};
        reply r = {0};
        d.now = q.now;
        r.did = desk_do(&d, q.kind, q.until, &err);
        r.now = d.now;
        if (r.did == DESK_FAILED)
            ens_err_format(&err, r.why, sizeof r.why);
        desk_forget(&d);
        if (!all_of(fd, &r, sizeof r, true))
            break;
    }
    _exit(0);
}

static void start_node(unsigned n)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fflush(stdout);
    nodes[n].pid = fork();
    CU_ASSERT_FATAL(nodes[n].pid >= 0);
    if (nodes[n].pid == 0) {
        close(ends[0]);
        for (unsigned i = 0; i < NODES; i++)
            if (i != n && nodes[i].pid)
                close(nodes[i].fd);
        be_node(ends[1]);
    }
    close(ends[1]);
    nodes[n].fd = ends[0];
}

static void end_node(unsigned n, int with)
{
    if (with)
        kill(nodes[n].pid, with);
    close(nodes[n].fd);
    waitpid(nodes[n].pid, NULL, 0);
    nodes[n].pid = 0;
}

/* -- What is heard ------------------------------------------------------------------------------------------------ */

static uint64_t print_of(uint64_t print, ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        print = (print ^ s.p[i]) * 0x100000001B3u;
    return print;
}

static bool is_heard(uint64_t print)
{
    for (unsigned i = 0; i < num_heard; i++)
        if (heard[i] == print)
            return true;
    return false;
}

static bool hear_one(void *user, const ens__outbound *m)
{
    customs_desk *d = user;
    uint64_t print = print_of(0xCBF29CE484222325u, m->message_id);
    if (is_heard(print) || num_heard == HEARD_MAX)
        return true;
    heard[num_heard++] = print;
    desk_hear(d, m);
    return true;
}

static void hear(customs_desk *d)
{
    CU_ASSERT_EQUAL(ens__store_list_outbound(d->store, ENS_OUTBOUND_READY, hear_one, d, NULL), ENS_OK);
}

typedef struct {
    ens__store *store;
    uint64_t print;
    unsigned num;
} printing;

static bool print_one(void *user, const ens__outbound *m)
{
    printing *p = user;
    ens_arena arena;
    ens__outbound whole = {0};
    bool found = false;
    ens_arena_init(&arena, ARENA_MAX);
    CU_ASSERT(ens__store_find_outbound(p->store, m->message_id, &arena, &whole, &found, NULL) == ENS_OK && found);
    p->print += print_of(print_of(print_of(0xCBF29CE484222325u, whole.message_id), whole.party), whole.raw);
    p->num++;
    ens_arena_free(&arena);
    return true;
}

uint64_t customs_nodes_print(ens__store *store, unsigned *num)
{
    printing p = {.store = store};
    CU_ASSERT_EQUAL(ens__store_list_outbound(store, ENS_OUTBOUND_READY, print_one, &p, NULL), ENS_OK);
    *num = p.num;
    return p.print;
}

/* -- What is done ------------------------------------------------------------------------------------------------- */

/* kill_it ends a node somewhere in its work; whoever does it again has to wait for the end of the lease. */
static void kill_it(unsigned n)
{
    usleep(chance(6000));
    end_node(n, SIGKILL);
    start_node(n);
    usleep((DESK_LEASE_MS + 40) * 1000);
    killed++;
}

static desk_did ask(customs_desk *d, unsigned n, const question *q, bool sent)
{
    reply r = {0};
    question own = *q;
    bool good = (sent || all_of(nodes[n].fd, &own, sizeof own, true)) && all_of(nodes[n].fd, &r, sizeof r, false);
    CHECK_ROW(good && r.did != DESK_FAILED, "node %u: %s", n, good ? r.why : "gone");
    d->now = good && r.did == DESK_DONE && r.now > d->now ? r.now : d->now;
    return good ? r.did : DESK_FAILED;
}

/* by_nodes has one of them do it, or both at once; a task that a killed one had in hand is done by who is asked next,
 * or was done. */
static bool by_nodes(customs_desk *d, const char *kind, ens_time until)
{
    question q = {.now = d->now, .until = until};
    unsigned n = chance(NODES);
    bool both = strcmp(kind, DESK_EVENT) == 0 && chance(6) == 0, was_killed = chance(kill_one_of) == 0;
    snprintf(q.kind, sizeof q.kind, "%s", kind);
    if (both)
        CU_ASSERT_TRUE(all_of(nodes[1 - n].fd, &q, sizeof q, true));
    if (was_killed && all_of(nodes[n].fd, &q, sizeof q, true)) {
        kill_it(n);
        n = 1 - n;
    }
    desk_did did = ask(d, n, &q, both && was_killed), other = both && !was_killed ? ask(d, 1 - n, &q, true) : did;
    if (both && was_killed)
        did = ask(d, n, &q, false) == DESK_DONE ? DESK_DONE : did;
    CHECK_ROW(!both || was_killed || did != other, "both nodes say %d", did);
    hear(d);
    return did == DESK_DONE || other == DESK_DONE;
}

void customs_nodes_open(customs_desk *d, const char *store, ens_time linking, unsigned one_of)
{
    snprintf(store_name, sizeof store_name, "%s", store);
    linking_time = linking;
    kill_one_of = one_of;
    killed = num_heard = 0;
    seed = 20261128u;
    for (unsigned i = 0; i < NODES; i++)
        start_node(i);
    d->others = by_nodes;
}

unsigned customs_nodes_close(customs_desk *d)
{
    d->others = NULL;
    for (unsigned i = 0; i < NODES; i++)
        end_node(i, 0);
    return killed;
}
