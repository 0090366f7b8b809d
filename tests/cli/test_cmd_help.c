/* What a user reads who asks for help, and who mistypes: the contract that scripts rely on. */
#include "tests/cli/run.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

/* each_command hands over every command by the name that a user types ("cert check"). */
static unsigned each_command(void (*ask)(const char *name))
{
    static char names[8192];
    char *rest = names, *name;
    unsigned num = 0;
    const run_result *r = run_ensign("help --names");
    CU_ASSERT_EQUAL_FATAL(r->status, 0);
    snprintf(names, sizeof names, "%.*s", (int)sizeof names - 1, r->out);
    while ((name = strtok_r(rest, "\n", &rest))) {
        ask(name);
        num++;
    }
    return num;
}

static void ask_both_ways(const char *name)
{
    static char first[RUN_OUTPUT_MAX];
    const run_result *r = run_ensign("%s --help", name);
    CHECK_ROW(r->status == 0 && !r->err[0], "%s --help: status %d, %s", name, r->status, r->err);
    CHECK_ROW(strncmp(r->out, "usage: ensign", 13) == 0, "%s --help begins with %.40s", name, r->out);
    snprintf(first, sizeof first, "%s", r->out);
    r = run_ensign("help %s", name);
    CHECK_ROW(r->status == 0 && strcmp(first, r->out) == 0, "help %s isn't what %s --help says", name, name);
}

static void help_is_there_both_ways(void)
{
    CU_ASSERT(each_command(ask_both_ways) > 30);
}

static void mistype(const char *name)
{
    const run_result *r = run_ensign("%s --no-such-option", name);
    CHECK_ROW(r->status == 2 && !r->out[0], "%s --no-such-option: status %d, %s", name, r->status, r->out);
    CHECK_ROW(strstr(r->err, "no-such-option") != NULL, "%s doesn't name what it doesn't know: %s", name, r->err);
}

static void mistakes_go_to_stderr(void)
{
    CU_ASSERT(each_command(mistype) > 30);
    const run_result *r = run_ensign("no-such-command");
    CU_ASSERT(r->status == 2 && !r->out[0] && strstr(r->err, "no-such-command"));
    r = run_ensign("help no-such-command");
    CU_ASSERT(r->status == 2 && !r->out[0] && strstr(r->err, "no-such-command"));
}

static const ens_case cases[] = {
    {"every command has its help, asked for in either way", help_is_there_both_ways},
    {"what is mistyped is named on stderr, with status 2", mistakes_go_to_stderr},
    {NULL, NULL},
};
ENS_SUITE("cli/help", cases)
