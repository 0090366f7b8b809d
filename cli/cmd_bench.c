/* ensign bench: operations against their floor, measured in turns. */
#include "bench/operations.h"
#include "cli/command.h"
#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>

#define SECONDS 1.0
#define SECONDS_MAX 600.0

static const unsigned key_sizes[] = {2048, 3072, 4096};

typedef struct {
    const char *seconds, *threads, *size;
    bool json;
} options;

static bool is_wanted(const ens_values *names, const char *name)
{
    for (size_t i = 0; i < names->num; i++)
        if (strstr(name, names->item[i]))
            return true;
    return names->num == 0;
}

static void print_json(const ens_measurement *m)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", ens__json_text(m->name));
    json_object_set_new(o, "threads", json_integer(m->threads));
    json_object_set_new(o, "ops_per_s", json_real(m->ops_per_s));
    json_object_set_new(o, "mean_us", json_real(m->mean_us));
    json_object_set_new(o, "p50_us", json_real(m->p50_us));
    json_object_set_new(o, "p99_us", json_real(m->p99_us));
    json_object_set_new(o, "floor_us", m->floor_us > 0 ? json_real(m->floor_us) : json_null());
    json_object_set_new(o, "ratio", m->ratio > 0 ? json_real(m->ratio) : json_null());
    json_object_set_new(o, "allocs_per_op", json_real(m->allocs_per_op));
    json_object_set_new(o, "mb_per_s", json_real(m->mb_per_s));
    ens__json_print(o);
}

static void print_line(const ens_measurement *m)
{
    printf("%-30s %2u %10.0f %9.1f %9.1f %9.1f ", m->name, m->threads, m->ops_per_s, m->mean_us, m->p50_us, m->p99_us);
    if (m->floor_us > 0)
        printf("%9.1f %6.2f", m->floor_us, m->ratio);
    else
        printf("%9s %6s", "-", "-");
    printf(" %7.2f\n", m->allocs_per_op);
    fflush(stdout);
}

static bool measure_sample(const ens_sample *sample, const ens_values *names, unsigned threads, double seconds, bool json, unsigned *num)
{
    for (unsigned i = 0; i < ENS_BENCH_OPERATIONS; i++) {
        char name[64];
        ens_bench bench;
        ens_measurement m;
        ens_err err = {0};
        if (!ens__bench_operation(i, sample, name, &bench) || !is_wanted(names, name))
            continue;
        if (ens__bench_measure(&bench, threads, seconds, &m, &err) != ENS_OK)
            return ens__say_error("bench", name, &err), false;
        ++*num;
        if (json)
            print_json(&m);
        else
            print_line(&m);
    }
    return true;
}

/* needs tells whether any operation of this key size was asked for, before a key is made for it. */
static bool needs(unsigned bits, const ens_values *names)
{
    char text[16];
    bool sized = false;
    snprintf(text, sizeof text, "rsa%u", bits);
    for (size_t i = 0; i < names->num; i++)
        sized |= strstr(names->item[i], "rsa") != NULL && !strstr(names->item[i], text);
    return !sized;
}

static int run(const ens_command *command, const options *o, const ens_values *names)
{
    double seconds = o->seconds ? strtod(o->seconds, NULL) : SECONDS;
    long threads = o->threads ? strtol(o->threads, NULL, 10) : 1, kilobytes = o->size ? strtol(o->size, NULL, 10) : (long)(ENS_SAMPLE_ENS >> 10);
    int status = ENS_EXIT_GOOD;
    unsigned num = 0;
    if (!(seconds > 0 && seconds <= SECONDS_MAX) || threads < 1 || threads > 64 || kilobytes < 1 || kilobytes > 102400)
        return ens__command_usage(command, "--seconds is 0 to 600, --threads 1 to 64, --size 1 to 102400 KB");
    if (!o->json)
        printf("%-30s %2s %10s %9s %9s %9s %9s %6s %7s\n", "operation", "th", "ops/s", "mean us", "p50", "p99", "floor us", "ratio", "allocs");
    for (size_t i = 0; status == ENS_EXIT_GOOD && i < sizeof key_sizes / sizeof *key_sizes; i++) {
        ens_sample sample = {0};
        ens_err err = {0};
        if (!needs(key_sizes[i], names))
            continue;
        if (ens__sample_make(&sample, key_sizes[i], (size_t)kilobytes << 10, &err) != ENS_OK) {
            ens__say_error("bench", NULL, &err);
            status = ENS_EXIT_UNKNOWN;
        } else if (!measure_sample(&sample, names, (unsigned)threads, seconds, o->json, &num)) {
            status = ENS_EXIT_UNKNOWN;
        }
        ens__sample_clear(&sample);
    }
    if (status == ENS_EXIT_GOOD && !num)
        return ens__command_usage(command, "no operation has %s in its name", names->num ? names->item[0] : "that");
    return status;
}

int ens_cmd_bench(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"seconds", 0, "S", "time for each measurement (1)", NULL, &o.seconds, NULL},
        {"threads", 0, "N", "workers, each with contexts of its own (1)", NULL, &o.threads, NULL},
        {"size", 0, "KB", "size of the business document (12)", NULL, &o.size, NULL},
        {"json", 0, NULL, "one JSON object per measurement on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {"bench", "[NAME...] [--seconds S] [--threads N] [--json]",
                                 "Measures operations whose name holds one of the NAMEs, each in turns with its floor: the bare OpenSSL,\n"
                                 "SHA-256, deflate and inflate calls that it cannot avoid. ratio = floor / mean time of an operation.",
                                 table, sizeof table / sizeof *table};
    ens_values names = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &names, &status))
        status = run(&command, &o, &names);
    ens__values_free(&names);
    return status;
}
