/* ensign clock: the one clock of an access point, as its store keeps it. */
#include "cli/command.h"
#include "show/output.h"
#include "sti/clock/clock.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    const char *store, *space;
    bool json;
} options;

/* One run: the row of the clock that is asked for, and the time that it is ahead of. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens__store *store;
    ens__clock_row row;
    int64_t base_ms;
} job;

static int cannot_clock(const job *j, const ens_err *err)
{
    ens__say_error(j->command->name, j->o->store, err);
    return ENS_EXIT_UNKNOWN;
}

static bool read_clock(job *j)
{
    ens_err err = {0};
    return ens__clock_find(j->store, j->o->space ? j->o->space : "", &j->row, &j->base_ms, NULL, &err) == ENS_OK ||
           (cannot_clock(j, &err), false);
}

static int tell(const job *j)
{
    char at[ENS_TIME_TEXT];
    ens_time now = ens__clock_time(&j->row, j->base_ms) / 1000;
    if (!j->o->json) {
        printf("%s  %s%s\n", *j->row.space ? j->row.space : "all", ens_time_format(now, at),
               j->row.frozen_ms ? "  frozen" : "");
        return ENS_EXIT_GOOD;
    }
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__json_open(&line, NULL, '{');
    ens__json_some(&line, "space", ens_str(j->row.space));
    ens__json_time(&line, "now", now);
    ens__json_bool(&line, "frozen", j->row.frozen_ms != 0);
    ens__json_close(&line, '}');
    return ens__json_print(&line) ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static int put(job *j)
{
    ens_err err = {0};
    return ens__store_put_clock(j->store, &j->row, &err) == ENS_OK ? tell(j) : cannot_clock(j, &err);
}

static int show(job *j, const ens_values *operands)
{
    return operands->num ? ens__command_usage(j->command, "what is %s?", operands->item[0]) : tell(j);
}

static int advance(job *j, const ens_values *operands)
{
    int64_t by = 0;
    if (operands->num != 1 || !ens__duration_read(ens_str(operands->item[0]), &by))
        return ens__command_usage(j->command, "say by how much: 90d, 36h, 15m, 30s, or P1DT2H");
    ens__clock_advance(&j->row, by);
    return put(j);
}

static int freeze(job *j, const ens_values *operands)
{
    ens_time at = 0;
    ens_err err = {0};
    if (operands->num > 1 || (operands->num && ens_time_parse(ens_str(operands->item[0]), &at, &err) != ENS_OK))
        return ens__command_usage(j->command, "give one time (RFC 3339), or none for now");
    ens__clock_freeze(&j->row, j->base_ms, operands->num ? at * 1000 : ens__clock_time(&j->row, j->base_ms));
    return put(j);
}

static int go_on(job *j, const ens_values *operands)
{
    if (operands->num)
        return ens__command_usage(j->command, "what is %s?", operands->item[0]);
    ens__clock_run(&j->row, j->base_ms);
    return put(j);
}

static int run_clock(const char *name, const char *synopsis, const char *about, bool writes,
                     int (*what)(job *, const ens_values *), int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"store", 0, "DB", "the store's file (the variable ENSIGN_STORE)", NULL, &o.store, NULL},
        {"space", 0, "EORI", "the clock of this party alone: its filings are apart from the others from then on", NULL,
         &o.space, NULL},
        {"json", 0, NULL, "one JSON object", &o.json, NULL, NULL},
    };
    const ens_command command = {name, synopsis, about, table, sizeof table / sizeof *table};
    ens_values operands = {0};
    job j = {.command = &command, .o = &o};
    ens_err err = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        o.store = o.store ? o.store : getenv("ENSIGN_STORE");
        if (!o.store)
            status = ens__command_usage(&command, "say which store: --store DB, or the variable ENSIGN_STORE");
        else if (o.space && strlen(o.space) > ENS_FILING_SPACE)
            status = ens__command_usage(&command, "--space: too long for an EORI");
        else if (ens__store_open(o.store, &(ens__store_options){.read_only = !writes}, &j.store, &err) != ENS_OK)
            status = cannot_clock(&j, &err);
        else
            status = read_clock(&j) ? what(&j, &operands) : ENS_EXIT_UNKNOWN;
        ens__store_close(j.store);
    }
    ens__values_free(&operands);
    return status;
}

static int run_show(int argc, char **argv)
{
    return run_clock("clock show", "[--store DB] [--space EORI] [--json]",
                     "Tells what time it is for the access point of a store.", false, show, argc, argv);
}

static int run_advance(int argc, char **argv)
{
    return run_clock("clock advance", "DURATION [--store DB] [--space EORI] [--json]",
                     "Lets time pass: what comes due meanwhile is done at once, and certificates end.\n"
                     "A clock that stands still goes on standing, so much later.",
                     true, advance, argc, argv);
}

static int run_freeze(int argc, char **argv)
{
    return run_clock("clock freeze", "[TIME] [--store DB] [--space EORI] [--json]", "Makes the clock stand still.",
                     true, freeze, argc, argv);
}

static int run_run(int argc, char **argv)
{
    return run_clock("clock run", "[--store DB] [--space EORI] [--json]", "Lets the clock run on from where it stands.",
                     true, go_on, argc, argv);
}

int ens__cmd_clock(int argc, char **argv)
{
    static const ens_command group = {"clock", "show|advance|freeze|run ... [--store DB] [--space EORI]",
                                      "show      tell what time it is for an access point\n"
                                      "advance   let time pass\n"
                                      "freeze    make the clock stand still\n"
                                      "run       let it run on",
                                      NULL, 0};
    static const ens_subcommand subs[] = {
        {"show", run_show}, {"advance", run_advance}, {"freeze", run_freeze}, {"run", run_run}};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
