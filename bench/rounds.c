#include "bench/rounds.h"

#include "bench/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* copy_arguments makes what posix_spawn wants: strings that it might change, and doesn't. */
static char **copy_arguments(const char *const *argv)
{
    size_t num = 0;
    while (argv[num])
        num++;
    char **copy = calloc(num + 1, sizeof *copy);
    if (copy)
        memcpy(copy, argv, num * sizeof *copy);
    return copy;
}

/* command_path is the command ensign that was installed or built beside this program. */
static const char *command_path(void)
{
    static char path[PATH_MAX + sizeof "ensign"];
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
    while (len > 0 && path[len - 1] != '/')
        len--;
    memcpy(path + (len > 0 ? len : 0), "ensign", sizeof "ensign");
    return path;
}

static double time_us(struct timeval t)
{
    return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* run_command runs the command ensign without output. */
static ens_code run_command(const char *const *argv, double *wall_us, double *cpu_us, double *peak_bytes, ens_err *err)
{
    pid_t child;
    int status = 0;
    struct rusage usage;
    posix_spawn_file_actions_t actions;
    char **args = copy_arguments(argv);
    if (!args || posix_spawn_file_actions_init(&actions) != 0) {
        free(args);
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a process", 0);
    }
    for (int fd = 1; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
    double start = now_us(), peak;
    int failed = posix_spawn(&child, command_path(), &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(args);
    if (failed)
        return ens_fail_about(err, ENS_EIO, NULL, "the command can't be started", strerror(failed));
    if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return ens_fail_about(err, ENS_EIO, NULL, "the command died, or had no verdict", argv[1]);
    *wall_us = now_us() - start;
    *cpu_us = time_us(usage.ru_utime) + time_us(usage.ru_stime);
    peak = (double)usage.ru_maxrss * 1024;
    *peak_bytes = peak > *peak_bytes ? peak : *peak_bytes;
    return ENS_OK;
}

static ens_code run_side(ens_round_side *s, unsigned round, ens_err *err)
{
    if (s->argv)
        return run_command(s->argv, &s->wall_us[round], &s->cpu_us[round], &s->peak_bytes, err);
    double start = now_us();
    bool good = s->work(s->state);
    s->wall_us[round] = s->cpu_us[round] = now_us() - start;
    return good ? ENS_OK : ens_fail(err, ENS_EPOLICY, NULL, "what is measured beside a command failed", 0);
}

ens_code ens__rounds_take(ens_round_side *sides, unsigned num, ens_err *err)
{
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < num && code == ENS_OK; i++)
        code = run_side(&sides[i], 0, err);
    for (unsigned r = 0; r < ENS_ROUNDS; r++)
        for (unsigned i = 0; i < num && code == ENS_OK; i++)
            code = run_side(&sides[i], r, err);
    return code;
}

/* sort_rounds: what disturbs a process only ever makes it longer, so the shortest round tells most of it. */
static void sort_rounds(const double of[ENS_ROUNDS], double out[ENS_ROUNDS])
{
    memcpy(out, of, ENS_ROUNDS * sizeof *out);
    ens__stats_sort(out, ENS_ROUNDS);
}

double ens__rounds_best(const ens_round_side *side)
{
    double sorted[ENS_ROUNDS];
    sort_rounds(side->wall_us, sorted);
    return sorted[0];
}

ens_code ens__rounds_tell(const ens_run *run, const ens_round_side *side, const ens_round_facts *f,
                          ens_results *results, ens_err *err)
{
    double sorted[ENS_ROUNDS], cpu[ENS_ROUNDS];
    ens_measurement *m = ens__results_add(results);
    if (!m)
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many measurements", 0);
    sort_rounds(side->wall_us, sorted);
    sort_rounds(side->cpu_us, cpu);
    double best = sorted[0] / f->items;
    *m = (ens_measurement){.threads = f->threads,
                           .operations = (size_t)(f->items * ENS_ROUNDS),
                           .slices = ENS_ROUNDS,
                           .mean_us = best,
                           .min_us = cpu[0] / f->items,
                           .p50_us = sorted[ENS_ROUNDS / 2] / f->items,
                           .p99_us = sorted[ENS_ROUNDS - 1] / f->items,
                           .ops_per_s = 1e6 / best,
                           .bytes = f->bytes / f->items,
                           .peak_bytes = side->peak_bytes,
                           .floor_us = f->floor_us / f->items,
                           .ratio = f->floor_us / f->items / best};
    snprintf(m->name, sizeof m->name, "%s", f->name);
    if (run->tell)
        run->tell(run->user, m, results);
    return ENS_OK;
}
