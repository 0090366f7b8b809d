#include "bench/point.h"

#include "bench/floor.h"
#include "bench/load.h"
#include "bench/memory.h"
#include "bench/pull.h"
#include "bench/stats.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define RULE "Ensign bench"
#define DOCUMENT ((size_t)12 << 10)
#define ROUNDS 5u
#define MESSAGES 2000u /* a round */
#define ALONE 300u
#define CONNECTIONS 16u
#define WARM 200u
#define FLOORS 400u /* a round */
#define PACED_S 5u
#define IDLE 10000u
#define IDLE_RATE 500.0
#define LARGE_DOCUMENT ((size_t)1 << 20)
#define LARGE_NOISE ((size_t)99 << 20)
#define LARGE_RATE 100.0
#define PULLED 2000u    /* answers that are pulled */
#define QUIET_US 300000 /* after which a server that does nothing is done */
#define PEER_MESSAGES 3000u
#define PEER_PATIENCE_S 300

/* What is measured with, for as long as the stand-in runs. */
typedef struct {
    const ens_run *run;
    ens_results *results;
    ens_stand_in server;
    ens_load load;
    size_t used;          /* requests of it that were sent */
    double rate, wait_us; /* messages a second of 16 connections; the median of one */
} bench;

static double thread_us(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0 ? (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3 : 0;
}

/* push sends the next ones. */
static ens_code push(bench *b, size_t num, unsigned connections, double rate, bool tls, ens_load_seen *seen,
                     ens_err *err)
{
    const ens_load_plan plan = {.load = &b->load,
                                .first = b->used,
                                .num = num,
                                .port = tls ? b->server.tls_port : b->server.plain_port,
                                .tls = tls ? b->server.client : NULL,
                                .connections = connections,
                                .rate = rate};
    if (b->used + num > b->load.num)
        return ens_fail(err, ENS_ELIMIT, RULE, "more messages are wanted than were made", 0);
    b->used += num;
    return ens__load_run(&plan, seen, err);
}

static ens_measurement *tell_of(bench *b, const char *name, ens_load_seen *seen, ens_err *err)
{
    ens_measurement *m = ens__results_add(b->results);
    if (!m) {
        (void)!ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
        return NULL;
    }
    snprintf(m->name, sizeof m->name, "%s", name);
    ens__stats_sort(seen->waited_us, seen->acknowledged);
    m->threads = 1;
    m->operations = seen->acknowledged;
    m->ops_per_s = (double)seen->acknowledged * 1e6 / seen->wall_us;
    m->mean_us = seen->wall_us / (double)seen->acknowledged;
    m->p50_us = ens__stats_quantile(seen->waited_us, seen->acknowledged, 0.5);
    m->p99_us = ens__stats_quantile(seen->waited_us, seen->acknowledged, 0.99);
    m->bytes = (double)DOCUMENT;
    if (getloadavg(&m->load, 1) != 1)
        m->load = 0;
    if (seen->failed)
        fprintf(stderr, "ensign-bench: %s: %zu of %zu got no receipt\n", name, seen->failed,
                seen->failed + seen->acknowledged);
    return m;
}

static void tell(const bench *b, const ens_measurement *m)
{
    if (b->run->tell)
        b->run->tell(b->run->user, m, b->results);
}

/* floor_us is what verifying a message and signing its receipt takes at least, right now. */
static double floor_us(ens_floor *floor)
{
    double before = thread_us();
    for (unsigned i = 0; i < FLOORS; i++)
        if (!ens__floor_run(floor))
            return 0;
    return (thread_us() - before) / FLOORS;
}

typedef struct {
    ens_load_seen all; /* of every round */
    double cpu_us[ROUNDS], floor_us[ROUNDS];
} rounds;

static void add_round(rounds *to, const ens_load_seen *seen)
{
    memcpy(to->all.waited_us + to->all.acknowledged, seen->waited_us, seen->acknowledged * sizeof(double));
    to->all.acknowledged += seen->acknowledged;
    to->all.failed += seen->failed;
    to->all.wall_us += seen->wall_us;
}

static ens_code run_rounds(bench *b, ens_floor *floor, rounds *r, ens_err *err)
{
    ens_load_seen seen = {0};
    ens_code code = push(b, WARM, CONNECTIONS, 0, true, &seen, err);
    ens__load_forget(&seen);
    for (unsigned i = 0; i < ROUNDS && code == ENS_OK; i++) {
        double before = ens__stand_in_cpu_us(&b->server);
        code = push(b, MESSAGES, CONNECTIONS, 0, true, &seen, err);
        if (code != ENS_OK)
            return code;
        r->cpu_us[i] = (ens__stand_in_cpu_us(&b->server) - before) / (double)seen.acknowledged;
        r->floor_us[i] = floor_us(floor);
        add_round(r, &seen);
        ens__load_forget(&seen);
    }
    return code;
}

static double median_of(double *of)
{
    ens__stats_sort(of, ROUNDS);
    return of[ROUNDS / 2];
}

/* plan_floor: the sample stands for the stand-in's messages, which are made alike with keys of the same size. */
static void plan_floor(const ens_sample *s, ens_floor_plan *plan)
{
    *plan = (ens_floor_plan){.key = s->key, .verifications = 1, .signatures = 1};
    ens__floor_hash_all(plan, &s->message_parts);
    ens__floor_hash_all(plan, &s->receipt_parts);
    ens__floor_inflate_all(plan, &s->message_parts);
}

/* run_push ends with the stand-in: what it synced is told by then. */
static ens_code run_push(bench *b, ens_floor *floor, ens_err *err)
{
    double commits = 0;
    rounds r = {.all = {.waited_us = calloc(ROUNDS * MESSAGES, sizeof(double))}};
    ens_code code =
        r.all.waited_us ? run_rounds(b, floor, &r, err) : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens__stand_in_stop(&b->server, &commits);
    ens_measurement *m = code == ENS_OK ? tell_of(b, "sti/point/push-16", &r.all, err) : NULL;
    if (m) {
        m->mean_us = median_of(r.cpu_us);
        m->floor_us = median_of(r.floor_us);
        m->min_us = r.cpu_us[0]; /* they are sorted by now */
        m->floor_min_us = r.floor_us[0];
        m->ratio = m->floor_us / m->mean_us;
        m->ratio_min = m->floor_min_us / m->min_us;
        m->slices = ROUNDS;
        m->commits_per_op = commits / (double)b->used;
        b->rate = m->ops_per_s;
        tell(b, m);
    }
    ens__load_forget(&r.all);
    return m || code != ENS_OK ? code : ENS_ELIMIT;
}

static ens_code run_alone(bench *b, ens_err *err)
{
    ens_load_seen seen = {0};
    ens_code code = push(b, ALONE, 1, 0, true, &seen, err);
    ens_measurement *m = code == ENS_OK ? tell_of(b, "sti/point/push-1", &seen, err) : NULL;
    if (m) {
        b->wait_us = m->p50_us;
        tell(b, m);
    }
    ens__load_forget(&seen);
    return m || code != ENS_OK ? code : ENS_ELIMIT;
}

/* What a sync of the same disk takes meanwhile. */
typedef struct {
    char path[96];
    _Atomic bool stop;
    double took_us[4096];
    size_t num;
} prober;

static void *probe(void *arg)
{
    prober *p = arg;
    static const uint8_t octets[16384];
    int fd = open(p->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && !atomic_load(&p->stop) && p->num < sizeof p->took_us / sizeof *p->took_us) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        if (write(fd, octets, sizeof octets) != (ssize_t)sizeof octets || fdatasync(fd) != 0)
            break;
        clock_gettime(CLOCK_MONOTONIC, &to);
        p->took_us[p->num++] = (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
        usleep(20000);
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

static ens_code run_paced(bench *b, ens_err *err)
{
    static prober p;
    pthread_t thread;
    ens_load_seen seen = {0};
    double rate = b->rate * 0.8;
    p = (prober){.num = 0};
    snprintf(p.path, sizeof p.path, "%s/probe", b->server.folder);
    bool probing = pthread_create(&thread, NULL, probe, &p) == 0;
    ens_code code = push(b, (size_t)(rate * PACED_S), ENS_LOAD_CONNECTIONS_MAX, rate, true, &seen, err);
    atomic_store(&p.stop, true);
    if (probing)
        pthread_join(thread, NULL);
    ens_measurement *m = code == ENS_OK ? tell_of(b, "sti/point/paced", &seen, err) : NULL;
    if (m) {
        ens__stats_sort(p.took_us, p.num);
        m->floor_us = p.num ? ens__stats_quantile(p.took_us, p.num, 0.99) : 0;
        m->ours_us = b->wait_us;
        tell(b, m);
    }
    ens__load_forget(&seen);
    return m || code != ENS_OK ? code : ENS_ELIMIT;
}

static size_t open_idle(bench *b, ens_caller *c)
{
    struct rlimit files;
    size_t num = 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    while (num < IDLE && ens__caller_open(&c[num], b->server.tls_port, b->server.client, NULL))
        num++;
    return num;
}

static ens_code run_idle(bench *b, ens_err *err)
{
    ens_load_seen seen = {0};
    ens_caller *c = calloc(IDLE, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    size_t before = ens__memory_begin_of(b->server.pid), num = open_idle(b, c);
    double each = num ? ((double)ens__memory_begin_of(b->server.pid) - (double)before) / (double)num : 0;
    ens_code code = num == IDLE ? push(b, (size_t)(IDLE_RATE * PACED_S), CONNECTIONS, IDLE_RATE, true, &seen, err)
                                : ens_fail(err, ENS_EIO, RULE, "not all idle connections could be opened", 0);
    for (size_t i = 0; i < num; i++)
        ens__caller_close(&c[i]);
    free(c);
    ens_measurement *m = code == ENS_OK ? tell_of(b, "sti/point/idle-10000", &seen, err) : NULL;
    if (m) {
        m->peak_bytes = each;
        m->ours_us = b->wait_us;
        tell(b, m);
    }
    ens__load_forget(&seen);
    return m || code != ENS_OK ? code : ENS_ELIMIT;
}

/* One large message, pushed while others come. */
static void *push_large(void *arg)
{
    ens_load_plan *plan = arg;
    ens_load_seen seen = {0};
    if (ens__load_run(plan, &seen, NULL) == ENS_OK)
        plan->num = 0; /* it was acknowledged */
    ens__load_forget(&seen);
    return NULL;
}

static ens_code run_large(bench *b, ens_err *err)
{
    ens_load large = {0};
    ens_load_seen seen = {0};
    pthread_t thread;
    ens_code code = ens__load_make(&large, &b->server, 1, LARGE_DOCUMENT, LARGE_NOISE, err);
    ens_load_plan plan = {
        .load = &large, .num = 1, .port = b->server.tls_port, .tls = b->server.client, .connections = 1};
    size_t before = ens__memory_begin_of(b->server.pid);
    bool pushing = code == ENS_OK && pthread_create(&thread, NULL, push_large, &plan) == 0;
    if (pushing) {
        code = push(b, (size_t)(LARGE_RATE * PACED_S), 4, LARGE_RATE, true, &seen, err);
        pthread_join(thread, NULL);
        if (code == ENS_OK && plan.num)
            code = ens_fail(err, ENS_EIO, RULE, "the large message got no receipt", 0);
    }
    ens_measurement *m = code == ENS_OK ? tell_of(b, "sti/point/large", &seen, err) : NULL;
    if (m) {
        m->peak_bytes = (double)ens__memory_peak_of(b->server.pid) - (double)before;
        m->bytes = (double)large.octets.len;
        tell(b, m);
    }
    ens__load_forget(&seen);
    ens__load_clear(&large);
    return m || code != ENS_OK ? code : ENS_ELIMIT;
}

/* start_phase4 starts its receiver, which trusts what the stand-in trusts and signs with the key of its customs. */
static bool start_phase4(const bench *b, const char *run_sh, ens_beside *peer, char reason[ENS_POINT_REASON])
{
    char line[1024];
    reason[0] = '\0';
    if (!run_sh || access(run_sh, R_OK) != 0)
        snprintf(reason, ENS_POINT_REASON, "no phase4 peer is given (--phase4 RUN.SH)");
    else if (system("command -v java >/dev/null 2>&1 && command -v mvn >/dev/null 2>&1") != 0)
        snprintf(reason, ENS_POINT_REASON, "Java and Maven aren't on this machine");
    if (reason[0])
        return false;
    snprintf(line, sizeof line,
             "exec sh '%s' serve 0 threads=%u key='%s/sti.key' cert='%s/sti.pem' trust='%s/root.pem' "
             "2>/dev/null | { IFS= read -r line; printf '%%s\\n' \"$line\"; exec cat >/dev/null; }",
             run_sh, CONNECTIONS, b->server.pki, b->server.pki, b->server.pki);
    if (ens__beside_start(peer, line, PEER_PATIENCE_S))
        return true;
    snprintf(reason, ENS_POINT_REASON, "the phase4 peer can't be built or run");
    return false;
}

/* run_peer pushes messages to both over plain HTTP; those that phase4 gets went to nobody before. */
static ens_code run_peer(bench *b, const char *phase4, char reason[ENS_POINT_REASON], ens_err *err)
{
    ens_beside peer = {0};
    ens_load_seen ours = {0}, its = {0};
    char path[64];
    ens_code code = ENS_OK;
    if (!start_phase4(b, phase4, &peer, reason))
        return ENS_OK;
    uint16_t port = ens__beside_port(peer.line, path, sizeof path);
    ens_load_plan plan = {.load = &b->load, .num = PEER_MESSAGES, .port = port, .connections = CONNECTIONS};
    if (!port || strcmp(path, b->server.path) != 0)
        snprintf(reason, ENS_POINT_REASON, "the phase4 peer says nothing of an address");
    for (unsigned i = 0; i < 2 && code == ENS_OK && !reason[0]; i++) { /* the first warms it up */
        ens__load_forget(&its);
        plan.first = i * PEER_MESSAGES;
        code = ens__load_run(&plan, &its, err);
    }
    if (code == ENS_OK && !reason[0])
        code = push(b, PEER_MESSAGES, CONNECTIONS, 0, false, &ours, err);
    ens__beside_stop(&peer);
    ens_measurement *m = code == ENS_OK && !reason[0] ? tell_of(b, "phase4/point/push-16", &its, err) : NULL;
    if (m) {
        m->ours_us = ours.wall_us / (double)ours.acknowledged;
        tell(b, m);
    }
    ens__load_forget(&ours);
    ens__load_forget(&its);
    return code;
}

/* make_messages has as many ready as the next rows want. */
static ens_code make_messages(bench *b, size_t num, ens_err *err)
{
    ens__load_clear(&b->load);
    b->used = 0;
    return ens__load_make(&b->load, &b->server, num, DOCUMENT, 0, err);
}

/* measure_push has a stand-in of its own. */
static ens_code measure_push(bench *b, ens_err *err)
{
    ens_sample sample = {0};
    ens_floor_plan plan;
    const ens_input input = {2048, DOCUMENT, 0};
    ens_code code = ens__sample_make(&sample, &input, err);
    if (code == ENS_OK)
        code = ens__stand_in_start(&b->server, err);
    if (code == ENS_OK)
        code = make_messages(b, WARM + ROUNDS * MESSAGES, err);
    if (code == ENS_OK) {
        plan_floor(&sample, &plan);
        ens_floor *floor = ens__floor_new(&plan);
        code = floor ? run_push(b, floor, err) : ens_fail(err, ENS_ENOMEM, RULE, "no floor can be made", 0);
        ens__floor_free(floor);
    }
    ens__sample_clear(&sample);
    return code;
}

/* wait_until_quiet waits until the server does nothing but look now and then. */
static void wait_until_quiet(const bench *b)
{
    double before, now = ens__stand_in_cpu_us(&b->server);
    do {
        before = now;
        usleep(QUIET_US);
        now = ens__stand_in_cpu_us(&b->server);
    } while (now - before > QUIET_US / 30.0);
}

static bool tell_pull(bench *b, const char *name, double cpu_us, size_t num, const ens_floor_plan *plan)
{
    ens_measurement *m = ens__results_add(b->results);
    ens_floor *floor = ens__floor_new(plan);
    if (m && floor) {
        snprintf(m->name, sizeof m->name, "%s", name);
        m->threads = 1;
        m->operations = num;
        m->bytes = (double)DOCUMENT;
        m->mean_us = m->min_us = cpu_us / (double)num;
        m->floor_us = m->floor_min_us = floor_us(floor);
        m->ratio = m->ratio_min = m->floor_us / m->mean_us;
        m->slices = 1;
        tell(b, m);
    }
    ens__floor_free(floor);
    return m && floor;
}

/* run_pull has filings pushed, answered, pulled and acknowledged. The floor of all of it is two signatures and three
 * verifications (filing and receipt, answer, request and receipt), that of pulling alone two verifications. */
static ens_code run_pull(bench *b, const ens_sample *sample, ens_err *err)
{
    ens_load_seen seen = {0};
    ens_floor_plan whole, alone = {.key = sample->key, .verifications = 2};
    size_t num = 0;
    plan_floor(sample, &whole);
    whole.signatures = 2;
    whole.verifications = 3;
    ens__floor_hash_all(&whole, &sample->receipt_parts);
    ens__floor_hash_all(&alone, &sample->receipt_parts);
    double before = ens__stand_in_cpu_us(&b->server);
    ens_code code = push(b, PULLED, CONNECTIONS, 0, true, &seen, err);
    ens__load_forget(&seen);
    wait_until_quiet(b);
    double waiting = ens__stand_in_cpu_us(&b->server);
    if (code == ENS_OK)
        code = ens__pull_run(&b->server, PULLED, &num, err);
    double after = ens__stand_in_cpu_us(&b->server);
    if (code == ENS_OK && !num)
        code = ens_fail(err, ENS_EIO, RULE, "nothing could be pulled", 0);
    if (code == ENS_OK && (!tell_pull(b, "sti/point/filed-to-pulled", after - before, num, &whole) ||
                           !tell_pull(b, "sti/point/pull", after - waiting, num, &alone)))
        code = ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
    return code;
}

static ens_code measure_pull(bench *b, ens_err *err)
{
    ens_sample sample = {0};
    const ens_input input = {2048, DOCUMENT, 0};
    ens_code code = ens__sample_make(&sample, &input, err);
    if (code == ENS_OK)
        code = make_messages(b, PULLED, err);
    if (code == ENS_OK)
        code = run_pull(b, &sample, err);
    ens__sample_clear(&sample);
    return code;
}

static bool wants(const bench *b, const char *name)
{
    return !b->run->num_names || ens__run_wants(b->run, name);
}

/* measure_waits: what a sender waits, alone and among others. */
static ens_code measure_waits(bench *b, ens_err *err)
{
    ens_code code = make_messages(b, ALONE + (size_t)(b->rate * PACED_S), err);
    if (code == ENS_OK)
        code = run_alone(b, err);
    return code == ENS_OK ? run_paced(b, err) : code;
}

/* measure_bulk: what size and number of connections take. */
static ens_code measure_bulk(bench *b, ens_err *err)
{
    ens_code code = make_messages(b, (size_t)(PACED_S * (IDLE_RATE + LARGE_RATE)), err);
    if (code == ENS_OK)
        code = run_large(b, err);
    return code == ENS_OK ? run_idle(b, err) : code;
}

static ens_code measure_peer(bench *b, const char *phase4, char reason[ENS_POINT_REASON], ens_err *err)
{
    ens_code code = make_messages(b, 3 * PEER_MESSAGES, err);
    b->used = 2 * PEER_MESSAGES; /* those are the peer's */
    return code == ENS_OK ? run_peer(b, phase4, reason, err) : code;
}

ens_code ens__point_run(const ens_run *run, const char *phase4, ens_results *results, char reason[ENS_POINT_REASON],
                        ens_err *err)
{
    bench b = {.run = run, .results = results};
    reason[0] = '\0';
    ens_code code = wants(&b, "sti/point/push-16") || wants(&b, "sti/point/paced") ? measure_push(&b, err) : ENS_OK;
    if (code == ENS_OK)
        code = ens__stand_in_start(&b.server, err);
    if (code == ENS_OK && (wants(&b, "sti/point/pull") || wants(&b, "sti/point/filed-to-pulled")))
        code = measure_pull(&b, err);
    if (code == ENS_OK && wants(&b, "sti/point/paced"))
        code = measure_waits(&b, err);
    if (code == ENS_OK && wants(&b, "sti/point/bulk"))
        code = measure_bulk(&b, err);
    if (code == ENS_OK && wants(&b, "phase4/point"))
        code = measure_peer(&b, phase4, reason, err);
    ens__load_clear(&b.load);
    ens__stand_in_stop(&b.server, NULL);
    return code;
}
