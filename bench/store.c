#include "bench/store.h"

#include "bench/stats.h"
#include "engine/base/digest.h"
#include "sti/store/committer.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FLIGHT_MAX 64
#define MESSAGE ((size_t)12 << 10)
#define RECEIPT ((size_t)4600) /* bytes, as the receipt of a message has them */
#define LATENCIES_MAX ((size_t)1 << 20)
#define RULE "ensign-bench"

struct bench;

/* One message on its way; when it is kept the next takes its place. */
typedef struct {
    struct bench *bench;
    ens__change change;
    ens__task task;
    char id[64], work[80];
    double since;
} flight;

typedef struct bench {
    ens__committer *committer;
    pthread_mutex_t lock;
    pthread_cond_t landed;
    flight flight[FLIGHT_MAX];
    uint8_t message[MESSAGE], receipt[RECEIPT];
    double until, *latency;
    size_t sent, kept, out;
    ens_code code;
    ens_err err;
} bench;

static double seconds(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void landed(ens__change *change);

/* send is for whoever holds the lock, or is alone. */
static bool send_next(flight *f)
{
    bench *b = f->bench;
    size_t number = b->sent++;
    snprintf(f->id, sizeof f->id, "%08zx-%04zx-4aaa-8bbb-%012zx@trader.example", number * 2654435761u & 0xFFFFFFFF,
             number & 0xFFFF, number * 40503u);
    snprintf(f->work, sizeof f->work, "reply:%s", f->id);
    f->task = (ens__task){.id = ens_str(f->work), .kind = ENS_LIT("reply")};
    f->change = (ens__change){.kind = ENS_CHANGE_INBOUND, .done = landed, .user = f};
    ens__inbound *in = &f->change.inbound;
    in->message = (ens__entry){.verdict = ENS_ACCEPTED,
                               .action = ENS_LIT("IE3F26"),
                               .message_id = ens_str(f->id),
                               .party = ENS_LIT("FR73282932000074"),
                               .raw = ens_bytes(b->message, MESSAGE)};
    in->answer = (ens__entry){.direction = ENS_OUT,
                              .kind = ENS_ENTRY_RECEIPT,
                              .ref_to = ens_str(f->id),
                              .raw = ens_bytes(b->receipt, RECEIPT)};
    in->task = &f->task;
    f->since = seconds(CLOCK_MONOTONIC);
    return ens__committer_submit(b->committer, &f->change, &b->err) == ENS_OK;
}

static void landed(ens__change *change)
{
    flight *f = change->user;
    bench *b = f->bench;
    double now = seconds(CLOCK_MONOTONIC);
    pthread_mutex_lock(&b->lock);
    if (change->code != ENS_OK && b->code == ENS_OK) {
        b->code = change->code;
        b->err = change->err;
    }
    if (b->kept < LATENCIES_MAX)
        b->latency[b->kept] = (now - f->since) * 1e6;
    b->kept++;
    if (b->code != ENS_OK || now > b->until || !send_next(f))
        b->out--;
    pthread_cond_signal(&b->landed);
    pthread_mutex_unlock(&b->lock);
}

/* fly keeps num messages on their way for so many seconds. */
static void fly(bench *b, unsigned num, double length)
{
    pthread_mutex_lock(&b->lock);
    b->until = seconds(CLOCK_MONOTONIC) + length;
    for (unsigned i = 0; i < num; i++) {
        b->flight[i].bench = b;
        b->out += send_next(&b->flight[i]);
    }
    while (b->out)
        pthread_cond_wait(&b->landed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

/* floor_us is the processor time of hashing and writing what num messages consist of, synced as often as the store did.
 */
static double floor_us(const bench *b, const char *folder, size_t num, double each)
{
    char path[128];
    uint8_t digest[32];
    bool good = true;
    double owed = 0, start;
    snprintf(path, sizeof path, "%s/floor", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < num && fd >= 0 && good; i++) {
        good = ens__sha256(ens_bytes(b->message, MESSAGE), digest, NULL) == ENS_OK &&
               write(fd, b->message, MESSAGE) == (ssize_t)MESSAGE &&
               ens__sha256(ens_bytes(b->receipt, RECEIPT), digest, NULL) == ENS_OK &&
               write(fd, b->receipt, RECEIPT) == (ssize_t)RECEIPT;
        if ((owed += each) >= 1) {
            good = good && fdatasync(fd) == 0;
            owed -= 1;
        }
    }
    double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
    if (fd >= 0)
        close(fd);
    return good && num ? spent / (double)num * 1e6 : 0;
}

static void tell(const bench *b, const char *folder, unsigned num, double wall, double cpu, uint64_t commits,
                 ens_measurement *m)
{
    size_t known = b->kept < LATENCIES_MAX ? b->kept : LATENCIES_MAX;
    snprintf(m->name, sizeof m->name, "sti/store/take-%u", num);
    m->threads = 1;
    m->operations = b->kept;
    m->ops_per_s = (double)b->kept / wall;
    m->mean_us = cpu / (double)b->kept * 1e6;
    ens__stats_sort(b->latency, known);
    m->p50_us = ens__stats_quantile(b->latency, known, 0.5);
    m->p99_us = ens__stats_quantile(b->latency, known, 0.99);
    m->bytes = (double)(MESSAGE + RECEIPT);
    m->commits_per_op = (double)commits / (double)b->kept;
    m->floor_us = floor_us(b, folder, b->kept, m->commits_per_op);
    m->ratio = m->floor_us / m->mean_us;
}

static ens_code take(const char *folder, unsigned num, double length, bench *b, ens_measurement *m, ens_err *err)
{
    char path[128];
    ens__store *store = NULL;
    ens__store_counts counts = {0};
    snprintf(path, sizeof path, "%s/take-%u.db", folder, num);
    ens_code code = ens__store_open(path, &(ens__store_options){.create = true}, &store, err);
    if (code == ENS_OK)
        code = ens__committer_start(store, &b->committer, err);
    if (code == ENS_OK) {
        double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
        fly(b, num, length);
        wall = seconds(CLOCK_MONOTONIC) - wall;
        cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        ens__committer_stop(b->committer);
        code = b->code;
        if (code != ENS_OK && err)
            *err = b->err;
        if (code == ENS_OK)
            code = ens__store_count(store, &counts, err);
        if (code == ENS_OK)
            tell(b, folder, num, wall, cpu, counts.commits, m);
        if (ens__store_durable(store) == ENS_DURABLE_NONE)
            fprintf(stderr, "ensign-bench: %s keeps nothing when the power goes; name a folder on a disk in TMPDIR\n",
                    folder);
    }
    ens__store_close(store);
    return code;
}

static ens_code measure(const ens_run *run, const char *folder, unsigned num, ens_results *results, ens_err *err)
{
    bench *b = calloc(1, sizeof *b);
    ens_measurement *m = ens__results_add(results);
    ens_code code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (b && m && (b->latency = calloc(LATENCIES_MAX, sizeof *b->latency))) {
        pthread_mutex_init(&b->lock, NULL);
        pthread_cond_init(&b->landed, NULL);
        for (size_t i = 0; i < MESSAGE; i++) /* bytes that don't repeat: a payload is compressed already */
            b->message[i] = (uint8_t)(i * 2654435761u >> 13);
        code = take(folder, num, run->seconds, b, m, err);
        if (code == ENS_OK && run->tell)
            run->tell(run->user, m, results);
    }
    if (b)
        free(b->latency);
    free(b);
    return code;
}

ens_code ens__store_run(const ens_run *run, ens_results *results, ens_err *err)
{
    static const unsigned flights[] = {1, 16, 64};
    char folder[96], command[128];
    const char *place = getenv("TMPDIR");
    ens_code code = ENS_OK;
    snprintf(folder, sizeof folder, "%s/ensign-store-XXXXXX", place ? place : "/tmp");
    if (!mkdtemp(folder))
        return ens_fail_about(err, ENS_EIO, RULE, "no folder can be made", folder);
    for (unsigned i = 0; i < sizeof flights / sizeof *flights && code == ENS_OK; i++)
        code = measure(run, folder, flights[i], results, err);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0 && code == ENS_OK)
        code = ens_fail_about(err, ENS_EIO, RULE, "the folder can't be removed", folder);
    return code;
}
