/* ensign trust show: the lists in a cache. */
#include "cli/trust.h"

#include <stdio.h>

static json_t *summary_json(const ens_snapshot *s, uint32_t usable)
{
    ens_snapshot_facts f = ens__snapshot_facts(s);
    json_t *o = json_object();
    json_object_set_new(o, "lotl_sequence", json_integer(f.lotl_sequence));
    json_object_set_new(o, "lists", json_integer(f.num_lists));
    json_object_set_new(o, "usable", json_integer(usable));
    json_object_set_new(o, "providers", json_integer(f.num_providers));
    json_object_set_new(o, "services", json_integer(f.num_services));
    json_object_set_new(o, "anchors", json_integer(ens__snapshot_num_anchors(s)));
    json_object_set_new(o, "snapshot", ens__json_text(f.name));
    json_object_set_new(o, "made", ens__json_time(f.made));
    return o;
}

static void show(const ens_snapshot *s, ens_time at, bool json)
{
    ens_snapshot_facts f = ens__snapshot_facts(s);
    char made[ENS_TIME_TEXT], judged[ENS_TIME_TEXT];
    uint32_t usable = 0;
    ens_list list;
    if (!json)
        printf("snapshot %s, made %s; states on %s\n\n    state    number  issued      next\n", f.name,
               ens_time_format(f.made, made), ens__trust_date(at, judged));
    for (uint32_t i = 0; ens__snapshot_list(s, i, &list); i++) {
        usable += list.kind == ENS_LIST_NATIONAL && list.usable;
        if (json)
            ens__json_print(ens__trust_list_json(&list, at));
        else
            ens__trust_list_text(&list, at);
    }
    if (json)
        ens__json_print(summary_json(s, usable));
    else
        printf("\n%u national lists usable: %u providers, %u services, %u CAs whose certificates ICS2 takes\n", usable,
               f.num_providers, f.num_services, ens__snapshot_num_anchors(s));
}

int ens__trust_show(int argc, char **argv)
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
            ens_snapshot *s = ens__trust_load("trust show", cache);
            if (s)
                show(s, at, json);
            status = s ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
            ens__snapshot_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}
