/* ensign trust update: brings a cache of trusted lists up to date. */
#include "certs/lists/listupdate.h"
#include "cli/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BAR 30
#define MIB (1024.0 * 1024.0)

typedef struct {
    ens_update_options update;
    const char *at;
    bool json, quiet;
} options;

/* progress draws one line over itself, on a terminal alone. */
static void progress(void *user, size_t done, size_t num, uint64_t bytes)
{
    char bar[BAR + 1];
    size_t full = num ? done * BAR / num : BAR;
    (void)user;
    memset(bar, '#', full);
    memset(bar + full, '.', BAR - full);
    bar[BAR] = '\0';
    fprintf(stderr, "\r[%s] %zu of %zu lists, %.1f MiB%s", bar, done, num, (double)bytes / MIB,
            done == num ? "\n" : "");
}

static json_t *summary_json(const ens_update_result *r)
{
    json_t *o = json_object();
    json_object_set_new(o, "lotl_sequence", r->snapshot[0] ? json_integer(r->lotl_sequence) : json_null());
    json_object_set_new(o, "lists", json_integer((json_int_t)r->num));
    json_object_set_new(o, "usable", json_integer(r->num_usable));
    json_object_set_new(o, "services", json_integer(r->num_services));
    json_object_set_new(o, "snapshot", r->snapshot[0] ? ens__json_text(r->snapshot) : json_null());
    return o;
}

static void print_result(const ens_update_result *r, const options *o)
{
    for (size_t i = 0; i < r->num; i++) {
        ens_list_state state = ens__list_state(&r->list[i], o->update.at);
        if (o->json)
            ens__json_print(ens__trust_list_json(&r->list[i], o->update.at));
        else if (!o->quiet || state != ENS_LIST_FRESH || r->list[i].reason.len)
            ens__trust_list_text(&r->list[i], o->update.at);
    }
    if (o->json)
        ens__json_print(summary_json(r));
    else if (r->snapshot[0])
        printf("snapshot %s: %u national lists usable, %u services\n", r->snapshot, r->num_usable, r->num_services);
}

/* Refused: a list that is pointed to and can't be used. */
static int status_of(const ens_update_result *r)
{
    for (size_t i = 0; i < r->num; i++)
        if (r->list[i].pointed && !r->list[i].usable)
            return ENS_EXIT_REFUSED;
    return ENS_EXIT_GOOD;
}

static int run(options *o)
{
    ens_err err = {0};
    ens_update_result *result = calloc(1, sizeof *result);
    if (!result) {
        fputs("ensign trust update: out of memory\n", stderr);
        return ENS_EXIT_UNKNOWN;
    }
    if (isatty(STDERR_FILENO) && !o->quiet)
        o->update.progress = progress;
    ens_code code = ens__lists_update(&o->update, result, &err);
    print_result(result, o);
    if (code != ENS_OK)
        ens__say_error("trust update", NULL, &err);
    int status = code == ENS_OK ? status_of(result) : ENS_EXIT_UNKNOWN;
    ens__update_clear(result);
    free(result);
    return status;
}

int ens__trust_update(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder in which lists and snapshot are kept; --trust DIR uses it", NULL,
         &o.update.cache, NULL},
        {"anchors", 0, "PEM", "who may sign the list of lists, from the Official Journal; kept in the cache", NULL,
         &o.update.anchors, NULL},
        {"lotl", 0, "URL|FILE", "the list of lists; default " ENS_LOTL_URL, NULL, &o.update.lotl, NULL},
        {"mirror", 0, "DIR|URL", "take lists from there: pointers.tsv (url, territory, mime, file) and the files", NULL,
         &o.update.mirror, NULL},
        {"offline", 0, NULL, "open no socket: mirror folder and kept copies alone", &o.update.offline, NULL, NULL},
        {"at", 0, "TIME", "judge freshness for then (RFC 3339) instead of now", NULL, &o.at, NULL},
        {"ca-file", 0, "PEM", "verify TLS by these anchors instead of the system's", NULL, &o.update.ca_file, NULL},
        {"quiet", 'q', NULL, "show only lists that something is to be said of", &o.quiet, NULL, NULL},
        {"json", 0, NULL, "one JSON object per list on a line, then a summary", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "trust update", "--cache DIR [--anchors PEM] [options]",
        "Gets the EU's list of lists and every list that it points to, verifies each signature and who\n"
        "made it, and replaces the snapshot that verdicts read. What can't be had or trusted is taken\n"
        "from its last good copy. Exit status: 1 when a list can't be used, 2 when nothing was replaced.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        if (operands.num)
            ens__command_usage(&command, "what is %s?", operands.item[0]);
        else if (!o.update.cache)
            ens__command_usage(&command, "say where to keep the lists: --cache DIR");
        else if (ens__trust_time(&command, o.at, &o.update.at))
            status = run(&o);
    }
    ens__values_free(&operands);
    return status;
}
