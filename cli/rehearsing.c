#include "cli/rehearsing.h"

#include "show/finding.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

int ens__rehearsing_failed(const ens__rehearsing_job *j, const ens_err *err)
{
    return ens__rehearsing_failed_about(j, j->operand, err);
}

int ens__rehearsing_failed_about(const ens__rehearsing_job *j, const char *about, const ens_err *err)
{
    ens_code code = err->n ? err->frame[0].code : ENS_EIO;
    ens__say_error(j->run.command->name, about, err);
    return code == ENS_EPOLICY || code == ENS_ESYNTAX || code == ENS_ELIMIT ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
}

static bool find_time(ens__rehearsing *j)
{
    ens_err err = {0};
    ens_code code =
        j->o->at ? ens_time_parse(ens_str(j->o->at), &j->now, &err) : ens__rehearsal_now(j->r, &j->now, &err);
    if (code != ENS_OK)
        ens__say_error(j->command->name, j->o->at, &err);
    return code == ENS_OK;
}

static bool open_file(const ens_command *command, const ens__rehearsing_options *o, bool create, ens__rehearsing *out)
{
    ens_err err = {0};
    const char *registry = o->registry ? o->registry : getenv("ENSIGN_REGISTRY");
    const ens__rehearsal_options how = {.environment = o->environment, .create = create};
    *out = (ens__rehearsing){.command = command, .o = o, .report = ens_report_new()};
    ens_arena_init(&out->arena, ARENA_MAX);
    if (!registry || !*registry)
        return ens__command_usage(command, "say which file: --registry DB, or the variable ENSIGN_REGISTRY"), false;
    if (o->environment && strcmp(o->environment, "conformance") != 0 && strcmp(o->environment, "production") != 0)
        return ens__command_usage(command, "--environment is conformance or production, not %s", o->environment), false;
    if (!out->report || ens__rehearsal_open(registry, &how, &out->r, &err) != ENS_OK)
        return ens__say_error(command->name, registry, &err), false;
    return find_time(out);
}

static void close_file(ens__rehearsing *j)
{
    ens__rehearsal_close(j->r);
    ens_report_free(j->report);
    ens_arena_free(&j->arena);
}

ens_json ens__rehearsing_json(ens__rehearsing *j)
{
    return ens__json_on_stdout(&j->line);
}

int ens__rehearsing_print(ens_json *line)
{
    return ens__json_print(line) ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

int ens__rehearsing_judged(ens__rehearsing *j)
{
    ens_verdict verdict = ens_report_verdict(j->report);
    for (size_t i = 0; i < ens_report_num(j->report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(j->report, i);
        if (f->outcome == ENS_FAIL || f->outcome == ENS_WARN || (f->outcome == ENS_SKIP && f->needed))
            ens__say("%s %s: %s\n%s%s%s", f->outcome == ENS_FAIL ? "refused" : "note", f->id,
                     ens__finding_text(f, text, ""), f->hint ? "  -> " : "", f->hint ? f->hint : "",
                     f->hint ? "\n" : "");
    }
    if (verdict == ENS_REFUSED && j->o->json) {
        ens_json line = ens__rehearsing_json(j);
        ens__json_open(&line, NULL, '{');
        ens__json_text(&line, "verdict", ens_verdict_name(verdict));
        ens__findings_json(&line, j->report);
        ens__json_close(&line, '}');
        ens__rehearsing_print(&line);
    }
    return verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_GOOD;
}

const char *ens__rehearsing_time(ens_time at, char out[ENS_TIME_TEXT])
{
    return at && at != ENS_TIME_NONE ? ens_time_format(at, out) : "-";
}

/* The verb that is run, and the command that it is of. */
typedef struct {
    const ens__rehearsing_group *group;
    const ens__rehearsing_verb *verb;
} chosen;

static int run_verb(const ens_command *command, void *of, const ens_values *operands)
{
    const chosen *c = of;
    const ens__rehearsing_group *g = c->group;
    const ens__rehearsing_verb *verb = c->verb;
    ens__rehearsing_job j = {
        .options = g->options, .operands = operands, .operand = operands->num ? operands->item[0] : NULL};
    if (operands->num < verb->least)
        return ens__command_usage(command, "something is missing");
    if (operands->num > verb->most)
        return ens__command_usage(command, "there is one thing too many: %s", operands->item[verb->most]);
    int status = ENS_EXIT_UNKNOWN;
    if (open_file(command, g->common, verb->traits & ENS_REHEARSING_CREATES, &j.run))
        status = verb->run(&j);
    close_file(&j.run);
    return status;
}

static int parse_verb(const ens__rehearsing_group *g, const ens__rehearsing_verb *verb, int argc, char **argv)
{
    ens_option table[ENS_REHEARSING_OPTIONS_MAX];
    const ens_command command = {verb->name, verb->synopsis, verb->about, table,
                                 g->options_of(verb->traits, g->options, table)};
    return ens__command_run(&command, argc, argv, run_verb, &(chosen){g, verb});
}

/* No verb is run by the dispatch itself: it helps, and lists names. */
static int never(int argc, char **argv)
{
    (void)argc, (void)argv;
    return ENS_EXIT_UNKNOWN;
}

int ens__rehearsing_dispatch(const ens__rehearsing_group *g, int argc, char **argv)
{
    ens_subcommand subs[ENS_REHEARSING_OPTIONS_MAX];
    size_t behind = strlen(g->command->name) + 1;
    for (size_t v = 0; v < g->num; v++) {
        subs[v] = (ens_subcommand){g->verb[v].name + behind, never};
        if (argc > 1 && strcmp(argv[1], subs[v].name) == 0)
            return parse_verb(g, &g->verb[v], argc - 1, argv + 1);
    }
    return ens__command_dispatch(g->command, subs, g->num, argc, argv);
}
