/* ensign trust find: who is on the lists: country, provider, kind of certificate. */
#include "cli/cmd_trust.h"
#include "ensign/lists.h"
#include "show/lists.h"

#include <stdio.h>

typedef struct {
    const char *cache, *when;
    bool json;
    ens_lists_query query;
} options;

/* What the walk over the lists carries. */
typedef struct {
    const ens_lists *lists;
    const options *o;
    ens_listed_service last;
    size_t num;
} finding;

static ens_code print_found(void *user, const ens_listed_service *f)
{
    finding *w = user;
    if (w->o->json)
        ens__service_print_json(w->lists, f);
    else
        ens__service_print(w->lists, f, w->o->query.at, w->num ? &w->last : NULL);
    w->last = *f;
    w->num++;
    return ENS_OK;
}

/* say_unusable tells on stderr of lists that can't be looked at: who isn't found there may be on them. */
static void say_unusable(const ens_lists *lists, const ens_lists_query *q)
{
    ens_list_facts l;
    for (size_t i = 0; ens_lists_get(lists, i, q->at, &l); i++)
        if (l.kind == ENS_LIST_NATIONAL && !l.usable && (!q->country || ens_list_is_of(&l, q->country)))
            ens__say("ensign trust find: the list of %.*s is %s: nothing can be said of it\n", (int)l.country.len,
                     (const char *)l.country.p, ens_list_state_name(l.state));
}

static int find_services(const ens_lists *lists, const options *o)
{
    ens_err err = {0};
    finding w = {.lists = lists, .o = o};
    if (ens_lists_find(lists, &o->query, print_found, &w, &err) != ENS_OK) {
        ens__say_error("trust find", NULL, &err);
        return ENS_EXIT_UNKNOWN;
    }
    say_unusable(lists, &o->query);
    return w.num ? ENS_EXIT_GOOD : ENS_EXIT_REFUSED;
}

static bool known_type(const ens_command *command, const char *type)
{
    char names[256] = "";
    for (size_t i = 0; type && ens_lists_kind_name(i); i++) {
        if (strcmp(ens_lists_kind_name(i), type) == 0)
            return true;
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", ens_lists_kind_name(i));
    }
    if (type)
        ens__command_usage(command, "there is no type %s, but %s", type, names);
    return !type;
}

int ens__trust_find(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"cache", 0, "DIR", "the folder that `trust update` filled", NULL, &o.cache, NULL},
        {"country", 0, "CC", "of this country alone (GR is EL, GB is UK)", NULL, &o.query.country, NULL},
        {"type", 0, "TYPE", "eseal, esig, web, timestamp ...; with -nq the kind that isn't qualified", NULL,
         &o.query.type, NULL},
        {"all", 'a', NULL, "withdrawn and ceased services, too", &o.query.all, NULL, NULL},
        {"at", 0, "TIME", "as it was or is then (RFC 3339) instead of now", NULL, &o.when, NULL},
        {"json", 0, NULL, "one JSON object per service on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "trust find", "--cache DIR [--country CC] [--type TYPE] [options] [NAME]",
        "Finds services in good standing: country, provider, kind of certificate. NAME is part of the name\n"
        "of a provider or a service, or of its identifier. Exit status: 1 when there are none.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        o.query.name = operands.num ? operands.item[0] : "";
        if (operands.num > 1 || !o.cache) {
            ens__command_usage(&command, o.cache ? "one name at a time" : "say which cache: --cache DIR");
        } else if (known_type(&command, o.query.type) && ens__trust_time(&command, o.when, &o.query.at)) {
            ens_lists *s = ens__trust_load("trust find", o.cache);
            status = s ? find_services(s, &o) : ENS_EXIT_UNKNOWN;
            ens_lists_free(s);
        }
    }
    ens__values_free(&operands);
    return status;
}
