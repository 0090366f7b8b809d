#include "cli/cmd_trust.h"

#include "ensign/lists.h"
#include "show/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ens__trust_time(const ens_command *command, const char *text, ens_time *at)
{
    ens_err err = {0};
    if (!text) {
        *at = ens_time_now();
        return true;
    }
    if (ens_time_parse(ens_str(text), at, &err) == ENS_OK)
        return true;
    ens__command_usage(command, "--at %s: no RFC 3339 time", text);
    return false;
}

ens_lists *ens__trust_load(const char *name, const char *cache)
{
    ens_err err = {0};
    ens_lists *s = NULL;
    if (ens_lists_open(cache, &s, &err) != ENS_OK)
        ens__say_error(name, cache, &err);
    return s;
}

/* ensign trust show: the lists in a cache. */
static void print_totals(const ens_lists *s, size_t usable)
{
    ens_lists_facts f = ens_lists_tell(s);
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_number(j, "lotl_sequence", f.lotl_sequence);
    ens__json_number(j, "lists", f.num_lists);
    ens__json_number(j, "usable", usable);
    ens__json_number(j, "providers", f.num_providers);
    ens__json_number(j, "services", f.num_services);
    ens__json_number(j, "anchors", f.num_anchors);
    ens__json_text(j, "snapshot", f.name);
    ens__json_time(j, "made", f.made);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void show_trust(const ens_lists *s, ens_time at, bool json)
{
    ens_lists_facts f = ens_lists_tell(s);
    char made[ENS_TIME_TEXT], judged[ENS_TIME_TEXT];
    size_t usable = 0;
    ens_list_facts list;
    if (!json)
        printf("snapshot %s, made %s; states on %s\n\n    state    number  issued      next\n", f.name,
               ens_time_format(f.made, made), ens__date_text(at, judged));
    for (size_t i = 0; ens_lists_get(s, i, at, &list); i++) {
        usable += list.kind == ENS_LIST_NATIONAL && list.usable;
        if (json)
            ens__list_print_json(&list);
        else
            ens__list_print(&list);
    }
    if (json)
        print_totals(s, usable);
    else
        printf("\n%zu national lists usable: %zu providers, %zu services, %zu CAs whose certificates ICS2 takes\n",
               usable, f.num_providers, f.num_services, f.num_anchors);
}

static int trust_show(int argc, char **argv)
{
    const char *cache = NULL, *when = NULL;
    bool json = false;
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder that `trust update` filled", NULL, &cache, NULL},
        {"at", 0, "TIME", "judge freshness for then (RFC 3339) instead of now", NULL, &when, NULL},
        {"json", 0, NULL, "one JSON object per list on a line, then a summary", &json, NULL, NULL},
    };
    const ens_command command = {
        "trust show", "--cache DIR [options]",
        "Shows the lists in a cache: fresh, stale (its next update is overdue), closed (the last of its\n"
        "kind), broken (it can't be trusted) or missing.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    ens_time at;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        if (operands.num || !cache) {
            ens__command_usage(&command, operands.num ? "what is %s?" : "say which cache: --cache DIR%s",
                               operands.num ? operands.item[0] : "");
        } else if (ens__trust_time(&command, when, &at)) {
            ens_lists *s = ens__trust_load("trust show", cache);
            if (s)
                show_trust(s, at, json);
            status = s ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
            ens_lists_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}

/* ensign trust update: brings a cache of trusted lists up to date. */
#define BAR 30
#define MIB (1024.0 * 1024.0)

typedef struct {
    ens_lists_update_options update;
    const char *at;
    bool json, quiet;
    bool refused; /* a list that is pointed to can't be used */
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

static void print_summary(const ens_lists_updated *r)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    if (r->snapshot[0])
        ens__json_number(j, "lotl_sequence", r->lotl_sequence);
    else
        ens__json_null(j, "lotl_sequence");
    ens__json_number(j, "lists", r->num_lists);
    ens__json_number(j, "usable", r->num_usable);
    ens__json_number(j, "services", r->num_services);
    ens__json_text(j, "snapshot", r->snapshot[0] ? r->snapshot : NULL);
    ens__json_close(j, '}');
    ens__json_print(j);
}

/* take_list tells each list; refused: one that is pointed to and can't be used. */
static void take_list(void *user, const ens_list_facts *list)
{
    options *o = user;
    o->refused = o->refused || (list->pointed && !list->usable);
    if (o->json)
        ens__list_print_json(list);
    else if (!o->quiet || list->state != ENS_LIST_FRESH || list->reason.len)
        ens__list_print(list);
}

static int update_lists(options *o)
{
    ens_err err = {0};
    ens_lists_updated updated;
    if (isatty(STDERR_FILENO) && !o->quiet)
        o->update.progress = progress;
    o->update.list = take_list;
    o->update.user = o;
    ens_code code = ens_lists_update(&o->update, &updated, &err);
    if (o->json)
        print_summary(&updated);
    else if (updated.snapshot[0])
        printf("snapshot %s: %zu national lists usable, %zu services\n", updated.snapshot, updated.num_usable,
               updated.num_services);
    if (code != ENS_OK)
        ens__say_error("trust update", NULL, &err);
    return code != ENS_OK ? ENS_EXIT_UNKNOWN : o->refused ? ENS_EXIT_REFUSED : ENS_EXIT_GOOD;
}

static int trust_update(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder in which lists and snapshot are kept; --trust DIR uses it", NULL,
         &o.update.cache, NULL},
        {"anchors", 0, "PEM",
         "who may sign the list of lists, in place of those that the Official Journal names; kept in the cache", NULL,
         &o.update.anchors, NULL},
        {"lotl", 0, "URL|FILE", "the list of lists; default " ENS_LISTS_LOTL, NULL, &o.update.lotl, NULL},
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
            status = update_lists(&o);
    }
    ens__values_free(&operands);
    return status;
}

/* ensign trust: the EU's trusted lists; what they say of whom. */
static const ens_subcommand subs[] = {{"update", trust_update}, {"show", trust_show}, {"find", ens__trust_find}};

int ens__cmd_trust(int argc, char **argv)
{
    static const ens_command command = {"trust", "update|show|find --cache DIR [options]",
                                        "update    get and verify the EU's trusted lists\n"
                                        "show      the lists in a cache, and what state they are in\n"
                                        "find      who is on them: country, provider, certificates",
                                        NULL, 0};
    return ens__command_dispatch(&command, subs, sizeof subs / sizeof *subs, argc, argv);
}
