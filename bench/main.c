/* ensign-bench: operations against their floor, measured in turns. */
#include "bench/batch.h"
#include "bench/check.h"
#include "bench/instructions.h"
#include "bench/json.h"
#include "bench/peers.h"
#include "bench/point.h"
#include "bench/report.h"
#include "bench/server.h"
#include "bench/soak.h"
#include "bench/stages.h"
#include "bench/store.h"
#include "bench/token.h"
#include "certs/keys/lanes.h"
#include "cli/command.h"
#include "show/output.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define SECONDS 0.5
#define SECONDS_MAX 600.0
#define THREADS_MAX 64
#define KILOBYTES_MAX 102400

typedef struct {
    const char *seconds, *threads, *size, *from, *check, *phase4, *bergshamra, *lists, *instructions, *soak, *lanes;
    bool full, json, count, update, peers, stages, batch, server, store, point, token, all;
    ens_bench_outputs outputs;
} options;

static void print_heading(void)
{
    printf("%-36s %2s %9s %9s %9s %9s %9s %6s %6s %-11s %6s %9s\n", "operation", "th", "ops/s", "us", "floor", "us min",
           "floor min", "ratio", "of min", "   spread", "allocs", "MB/s");
}

/* print_parts tells what the floor is made of, what it would be by the best calls that are known, and a document's pass
 * beside it. */
static void print_parts(const ens_measurement *m)
{
    const char *between = "  floor min: ";
    for (unsigned i = 0; i < ENS_FLOOR_DOCUMENT; i++)
        if (m->part_us[i] > 0) {
            printf("%s%s %.2f", between, ens__floor_names[i], m->part_us[i]);
            between = " + ";
        }
    if (m->limit_us > 0)
        printf("; limit %.2f (%.3f of ours)", m->limit_us, m->limit_us / m->min_us);
    if (m->part_us[ENS_FLOOR_DOCUMENT] > 0)
        printf("; with one pass over the document, %.2f, the ratio is %.3f", m->part_us[ENS_FLOOR_DOCUMENT],
               (m->floor_min_us + m->part_us[ENS_FLOOR_DOCUMENT]) / m->min_us);
    if (m->limit_us > 0)
        putchar('\n');
}

static void print_line(const ens_measurement *m)
{
    char spread[32] = "-", ratio[16] = "-", floor[16] = "-", least[16] = "-", of_min[16] = "-";
    if (m->floor_us > 0) {
        snprintf(floor, sizeof floor, "%.2f", m->floor_us);
        snprintf(ratio, sizeof ratio, "%.3f", m->ratio);
    }
    if (m->floor_min_us > 0) {
        snprintf(least, sizeof least, "%.2f", m->floor_min_us);
        snprintf(of_min, sizeof of_min, "%.3f", m->ratio_min);
    }
    if (m->ratio_low > 0)
        snprintf(spread, sizeof spread, "%.3f-%.3f", m->ratio_low, m->ratio_high);
    printf("%-36s %2u %9.0f %9.2f %9s %9.2f %9s %6s %6s %11s %6.2f %9.1f", m->name, m->threads, m->ops_per_s,
           m->mean_us, floor, m->min_us, least, ratio, of_min, spread, m->allocs_per_op, m->bytes * m->ops_per_s / 1e6);
    if (m->ours_us > 0)
        printf("  %.1f x ours (%.2f us in the same turns)", ens__measurement_least(m) / m->ours_us, m->ours_us);
    if (m->commits_per_op > 0)
        printf("  %.3f commits each", m->commits_per_op);
    if (m->load > 0)
        printf("  waited %.2f ms, p99 %.2f ms at load %.1f", m->p50_us / 1e3, m->p99_us / 1e3, m->load);
    if (m->load > 0 && m->peak_bytes > 0)
        printf("  %.1f KB", m->peak_bytes / 1024);
    putchar('\n');
    print_parts(m);
}

/* add_instructions puts what callgrind counted beside what was measured: no clock and no other process touches that. */
static ens_code add_instructions(const char *path, ens_results *r, ens_err *err)
{
    static ens_instruction_counts counts;
    ens_code code = ens__instructions_load(path, NULL, &counts, err);
    for (size_t i = 0; i < r->num && code == ENS_OK; i++) {
        const ens_instruction_count *c = ens__instructions_find(&counts, r->item[i].name);
        r->item[i].own_instructions = c ? c->own : 0;
    }
    return code;
}

static void print_json(json_t *object)
{
    if (!object || json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
        fputs("ensign-bench: the JSON could not be written\n", stderr);
    json_decref(object);
}

static void tell(void *user, const ens_measurement *m, const ens_results *r)
{
    const options *o = user;
    if (o->json)
        print_json(ens__bench_json(m, &r->machine, false));
    else if (!o->outputs.markdown)
        print_line(m);
    fflush(stdout);
}

static ens_code run_peers(const options *o, const ens_run *run, const ens_input *input, ens_results *r, ens_err *err)
{
    char reason[ENS_PEER_PROGRAMS][ENS_PEERS_REASON];
    const ens_peer_programs programs = {{o->phase4, o->bergshamra}};
    ens_code code = ens__peers_run(run, input, &programs, r, reason, err);
    for (unsigned i = 0; i < ENS_PEER_PROGRAMS; i++)
        if (reason[i][0])
            fprintf(stderr, "ensign-bench: skip %s: %s\n", ens__peer_name((ens_peer_kind)i), reason[i]);
    return code;
}

static ens_code run_batch(const options *o, const ens_run *run, ens_results *r, ens_err *err)
{
    char reason[ENS_BATCH_REASON];
    ens_code code = ens__batch_messages(run, r, err);
    if (code == ENS_OK)
        code = ens__batch_large(run, r, err);
    if (code == ENS_OK)
        code = ens__batch_lists(run, o->lists, r, reason, err);
    if (code == ENS_OK && reason[0])
        fprintf(stderr, "ensign-bench: skip the lists: %s\n", reason);
    return code;
}

static ens_code run_server(const ens_run *run, ens_results *r, ens_err *err)
{
    char reason[ENS_SERVER_REASON];
    ens_code code = ens__server_run(run, r, reason, err);
    if (reason[0])
        fprintf(stderr, "ensign-bench: skip a floor: %s\n", reason);
    return code;
}

static ens_code run_point(const options *o, const ens_run *run, ens_results *r, ens_err *err)
{
    char reason[ENS_POINT_REASON];
    ens_code code = ens__point_run(run, o->phase4, r, reason, err);
    if (reason[0])
        fprintf(stderr, "ensign-bench: skip phase4's receiver: %s\n", reason);
    return code;
}

/* measure does what is asked for: the operations, unless only other things are. */
static ens_code measure(const options *o, const ens_run *run, ens_results *r, ens_err *err)
{
    ens_input input = {2048, run->size ? run->size : ENS_SAMPLE_ENS, 0};
    ens_code code = ENS_OK;
    ens__machine_read(&r->machine);
    if (getenv("OPENSSL_ia32cap"))
        fputs("ensign-bench: OPENSSL_ia32cap is set: OpenSSL may not use what this processor can do, and the floor is "
              "not that of this machine\n",
              stderr);
    if (o->all || (run->num_names && !o->point) ||
        !(o->peers || o->stages || o->batch || o->server || o->store || o->point))
        code = ens__run_all(run, r, err);
    if (code == ENS_OK && (o->all || o->stages))
        code = ens__stages_run(run, &input, r, err);
    if (code == ENS_OK && (o->all || o->peers))
        code = run_peers(o, run, &input, r, err);
    if (code == ENS_OK && (o->all || o->batch))
        code = run_batch(o, run, r, err);
    if (code == ENS_OK && (o->all || o->server))
        code = run_server(run, r, err);
    if (code == ENS_OK && (o->all || o->store))
        code = ens__store_run(run, r, err);
    if (code == ENS_OK && (o->all || o->point))
        code = run_point(o, run, r, err);
    return code;
}

static ens_code recall(options *o, const ens_run *run, ens_results *r, ens_err *err)
{
    ens_code code = ens__bench_load(o->from, r, err);
    for (size_t i = 0; i < r->num && code == ENS_OK; i++)
        if (ens__run_wants(run, r->item[i].name))
            tell(o, &r->item[i], r);
    return code;
}

static int run_soak(const char *seconds)
{
    ens_err err = {0};
    if (ens__soak_run(strtod(seconds, NULL), ENS_SOAK_RATE, &err) == ENS_OK)
        return ENS_EXIT_GOOD;
    ens__say_error("ensign-bench", NULL, &err);
    return ENS_EXIT_UNKNOWN;
}

static int run(const ens_command *command, void *of, const ens_values *names)
{
    options *o = of;
    double seconds = o->seconds ? strtod(o->seconds, NULL) : SECONDS;
    long threads = o->threads ? strtol(o->threads, NULL, 10) : 0, kilobytes = o->size ? strtol(o->size, NULL, 10) : 0;
    if (!(seconds > 0 && seconds <= SECONDS_MAX) || (o->threads && (threads < 1 || threads > THREADS_MAX)) ||
        (o->size && (kilobytes < 1 || kilobytes > KILOBYTES_MAX)))
        return ens__command_usage(command, "--seconds is 0 to 600, --threads 1 to 64, --size 1 to 102400 KB");
    if (o->lanes && !ens__lanes_choose(o->lanes))
        return ens__command_usage(command, "no kernel of this name is built, and runs here: %s", o->lanes);
    if (o->soak)
        return run_soak(o->soak);
    if (o->check)
        return ens__bench_check(o->check, o->update);
    ens_run what = {.names = names->item,
                    .num_names = names->num,
                    .seconds = seconds,
                    .threads = (unsigned)threads,
                    .size = (size_t)kilobytes << 10,
                    .full = o->full,
                    .tell = tell,
                    .user = o};
    if (o->count)
        return ens__bench_count(&what);
    char reason[ENS_TOKEN_REASON];
    if ((o->token || o->all) && !ens__token_open(reason))
        fprintf(stderr, "ensign-bench: skip the token: %s\n", reason);
    ens_results r = {0};
    ens_err err = {0};
    if (!o->json && !o->outputs.markdown)
        print_heading();
    ens_code code = o->from ? recall(o, &what, &r, &err) : measure(o, &what, &r, &err);
    if (code == ENS_OK && o->instructions)
        code = add_instructions(o->instructions, &r, &err);
    if (code == ENS_OK)
        code = ens__bench_report(&o->outputs, &r, &err);
    if (code != ENS_OK)
        ens__say_error("ensign-bench", NULL, &err);
    ens__results_free(&r);
    ens__token_close();
    return code == ENS_OK ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    options o = {0};
    const ens_option table[] = {
        {"seconds", 0, "S", "time for each measurement (0.5)", NULL, &o.seconds, NULL},
        {"threads", 0, "N", "workers, each with contexts of its own (1, some operations 2)", NULL, &o.threads, NULL},
        {"size", 0, "KB", "size of the business document (12, some operations others)", NULL, &o.size, NULL},
        {"lanes", 0, "KERNEL", "check RSA signatures side by side by this kernel: AVX2, or \"AVX-512 IFMA\"", NULL,
         &o.lanes, NULL},
        {"full", 0, NULL, "every operation on every input; takes some minutes", &o.full, NULL, NULL},
        {"stages", 0, NULL, "what one verification is made of", &o.stages, NULL, NULL},
        {"peers", 0, NULL, "verification beside xmlsec1, phase4 and bergshamra, over the same message", &o.peers, NULL,
         NULL},
        {"phase4", 0, "RUN.SH", "what starts the phase4 peer", NULL, &o.phase4, NULL},
        {"bergshamra", 0, "RUN.SH", "what starts the bergshamra peer", NULL, &o.bergshamra, NULL},
        {"batch", 0, NULL, "whole runs of the command over many files", &o.batch, NULL, NULL},
        {"lists", 0, "DIR", "for --batch: where trusted lists and seals of 2023 are", NULL, &o.lists, NULL},
        {"server", 0, NULL, "the transport alone: requests, handshakes, idle connections", &o.server, NULL, NULL},
        {"store", 0, NULL, "the store of an access point: messages until they are durable", &o.store, NULL, NULL},
        {"token", 0, NULL, "sealing by a key in a token, too: SoftHSM2, beside its bare call", &o.token, NULL, NULL},
        {"point", 0, NULL, "the access point: the command's stand-in under load, beside phase4's receiver", &o.point,
         NULL, NULL},
        {"soak", 0, "SECONDS", "500 messages a second to the stand-in, one in a hundred with a fault", NULL, &o.soak,
         NULL},
        {"all", 0, NULL, "operations, stages, peers, batches, server, store and access point", &o.all, NULL, NULL},
        {"json", 0, NULL, "one JSON object per measurement on a line", &o.json, NULL, NULL},
        {"markdown", 0, NULL, "tables for docs/performance.md, at the end", &o.outputs.markdown, NULL, NULL},
        {"html", 0, "OUT", "the report as one page", NULL, &o.outputs.html, NULL},
        {"svg", 0, "OUT", "its main picture", NULL, &o.outputs.svg, NULL},
        {"data", 0, "OUT", "keep the measurements, with the latency at every percent", NULL, &o.outputs.data, NULL},
        {"instructions", 0, "FILE", "tell the counts of --check beside, in page and data", NULL, &o.instructions, NULL},
        {"from", 0, "DATA", "measure nothing: tell and draw what was kept", NULL, &o.from, NULL},
        {"check", 0, "FILE", "count instructions with callgrind; more than 5 % over those in FILE is refused", NULL,
         &o.check, NULL},
        {"update", 0, NULL, "with --check: write FILE anew", &o.update, NULL, NULL},
        {"count", 0, NULL, "do what --check counts, once: callgrind runs this", &o.count, NULL, NULL},
    };
    const ens_command command = {
        "ensign-bench", "[NAME...] [--seconds S] [--threads N] [--json]",
        "Measures operations whose name holds one of the NAMEs, each in turns with its floor: the bare OpenSSL,\n"
        "SHA-256, deflate and inflate calls that it cannot avoid. Times are the thread's own. ratio = floor / "
        "operation\n"
        "of the median slices, and of the shortest ones; the spread is that of the ratio over half of the slices.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run, &o);
}
