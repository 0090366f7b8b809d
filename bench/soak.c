#include "bench/soak.h"

#include "bench/load.h"
#include "bench/memory.h"
#include "bench/stats.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign soak"
#define DOCUMENT ((size_t)12 << 10)
#define PART_S 5.0 /* messages are made for so long ahead */
#define PARTS 2u
#define CONNECTIONS 16u
#define GROWTH 1.05
#define FILES_MORE 8u /* connections come and go */
#define SETTLED 0.1   /* of the time: by then it has all that it needs */

/* What is ready to be sent, and what is being made. */
typedef struct {
    const ens_stand_in *server;
    ens_load load;
    size_t num;
    ens_code code;
    ens_err err;
} part;

static void *make_part(void *arg)
{
    part *p = arg;
    p->code = ens__load_make_faulty(&p->load, p->server, p->num, DOCUMENT, &p->err);
    return NULL;
}

static unsigned num_files(pid_t pid)
{
    char path[64];
    unsigned num = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *d = opendir(path);
    while (d && readdir(d))
        num++;
    if (d)
        closedir(d);
    return num;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* One run. */
typedef struct {
    ens_stand_in server;
    double started, seconds, rate, told;
    size_t acknowledged, failed;
    double memory, files; /* once it had settled; 0: not yet */
    double p99_us;
    ens_caller callers[CONNECTIONS];
} soak;

static void tell(soak *k)
{
    double load = 0, at = seconds_now() - k->started, cpu = ens__stand_in_cpu_us(&k->server);
    size_t memory = ens__memory_now_of(k->server.pid);
    unsigned files = num_files(k->server.pid);
    if (getloadavg(&load, 1) != 1)
        load = 0;
    if (k->memory <= 0 && at >= k->seconds * SETTLED) {
        k->memory = (double)memory;
        k->files = files;
    }
    printf(
        "%6.0f s  %9zu acknowledged  %6zu otherwise  p99 %7.1f ms  %7.1f MB  %3u files  %4.0f us CPU each  load %.1f\n",
        at, k->acknowledged, k->failed, k->p99_us / 1e3, (double)memory / 1e6, files,
        cpu / (double)(k->acknowledged + k->failed), load);
    fflush(stdout);
    k->p99_us = 0;
    k->told = seconds_now();
}

static ens_code send_part(soak *k, part *p, ens_err *err)
{
    ens_load_seen seen = {0};
    const ens_load_plan plan = {.load = &p->load,
                                .num = p->load.num,
                                .port = k->server.tls_port,
                                .tls = k->server.client,
                                .connections = CONNECTIONS,
                                .callers = k->callers,
                                .rate = k->rate};
    ens_code code = ens__load_run(&plan, &seen, err);
    if (code != ENS_OK)
        return code;
    ens__stats_sort(seen.waited_us, seen.acknowledged);
    double p99 = ens__stats_quantile(seen.waited_us, seen.acknowledged, 0.99);
    k->p99_us = p99 > k->p99_us ? p99 : k->p99_us;
    k->acknowledged += seen.acknowledged;
    k->failed += seen.failed;
    ens__load_forget(&seen);
    return ENS_OK;
}

/* go sends a part while the next one is made. */
static ens_code go(soak *k, part parts[PARTS], ens_err *err)
{
    pthread_t thread;
    make_part(&parts[0]);
    for (unsigned i = 0; seconds_now() - k->started < k->seconds; i = (i + 1) % PARTS) {
        part *now = &parts[i], *next = &parts[(i + 1) % PARTS];
        if (now->code != ENS_OK) {
            *err = now->err;
            return now->code;
        }
        bool making = pthread_create(&thread, NULL, make_part, next) == 0;
        ens_code code = send_part(k, now, err);
        ens__load_clear(&now->load);
        if (making)
            pthread_join(thread, NULL);
        else
            make_part(next);
        if (code != ENS_OK)
            return code;
        if (seconds_now() - k->told >= 60)
            tell(k);
    }
    return ENS_OK;
}

/* judge says how memory and descriptors grew. Of the messages with faults none counts as acknowledged. */
static ens_code judge(soak *k, ens_err *err)
{
    tell(k);
    double memory = (double)ens__memory_now_of(k->server.pid), files = num_files(k->server.pid);
    size_t all = k->acknowledged + k->failed;
    printf("%zu messages, %.1f a second; memory %+.1f %%, files %+.0f since %.0f s\n", all,
           (double)all / (seconds_now() - k->started), (memory / k->memory - 1) * 100, files - k->files,
           k->seconds * SETTLED);
    if (k->failed * 50 > all)
        return ens_fail(err, ENS_EIO, RULE, "more than every fiftieth message got no receipt", 0);
    if (memory > k->memory * GROWTH || files > k->files + FILES_MORE)
        return ens_fail(err, ENS_EIO, RULE, "memory or descriptors grew", 0);
    return ENS_OK;
}

ens_code ens__soak_run(double seconds, double rate, ens_err *err)
{
    soak k = {.seconds = seconds, .rate = rate};
    part parts[PARTS] = {{0}};
    ens_code code = ens__stand_in_start(&k.server, err);
    for (unsigned i = 0; i < PARTS; i++)
        parts[i] = (part){.server = &k.server, .num = (size_t)(rate * PART_S)};
    for (unsigned i = 0; i < CONNECTIONS; i++)
        k.callers[i].fd = -1;
    k.started = k.told = seconds_now();
    if (code == ENS_OK)
        code = go(&k, parts, err);
    if (code == ENS_OK)
        code = judge(&k, err);
    for (unsigned i = 0; i < CONNECTIONS; i++)
        ens__caller_close(&k.callers[i]);
    for (unsigned i = 0; i < PARTS; i++)
        ens__load_clear(&parts[i].load);
    ens__stand_in_stop(&k.server, NULL);
    return code;
}
