/* What `account`, `rights` and `register` share: the file of an environment, its time, and how refusals are told. */
#ifndef ENS_CLI_REHEARSING_H
#define ENS_CLI_REHEARSING_H

#include "cli/command.h"
#include "show/rehearsal.h"

typedef struct {
    const char *registry, *environment, *at;
    bool json;
} ens__rehearsing_options;

/* Rows of an option table. */
#define ENS_REHEARSING_OPTIONS(o)                                                                                      \
    {"registry",    0,   "DB", "the file of the environment: registry or store (the variable ENSIGN_REGISTRY)", NULL,  \
     &(o).registry, NULL},                                                                                             \
        {"environment",                                                                                                \
         0,                                                                                                            \
         "conformance|production",                                                                                     \
         "it must be the file of this one; a new file is made for it",                                                 \
         NULL,                                                                                                         \
         &(o).environment,                                                                                             \
         NULL},                                                                                                        \
        {"at", 0, "TIME", "at this time (RFC 3339); without it, that of the file's clock", NULL, &(o).at, NULL},       \
    {                                                                                                                  \
        "json", 0, NULL, "one JSON object on a line", &(o).json, NULL, NULL                                            \
    }

/* One run of a sub-command. */
typedef struct {
    const ens_command *command;
    const ens__rehearsing_options *o;
    ens__rehearsal *r;
    ens_time now;
    ens_arena arena;
    ens_report *report;
    ens_buf line; /* of the JSON that is written */
} ens__rehearsing;

/* A run of a verb, with what it was told. */
typedef struct {
    ens__rehearsing run;
    void *options; /* the command's own */
    const ens_values *operands;
    const char *operand; /* the first; NULL: there is none */
} ens__rehearsing_job;

#define ENS_REHEARSING_CREATES 0x8000u /* a trait: the file is made where there is none */

typedef struct {
    const char *name, *synopsis, *about;
    int (*run)(ens__rehearsing_job *j);
    unsigned traits;
    size_t least, most; /* operands */
} ens__rehearsing_verb;

#define ENS_REHEARSING_OPTIONS_MAX 24

/* A command and its verbs, whose names begin with its own. */
typedef struct {
    const ens_command *command;
    const ens__rehearsing_verb *verb;
    size_t num;
    size_t (*options_of)(unsigned traits, void *options, ens_option out[ENS_REHEARSING_OPTIONS_MAX]);
    void *options;
    const ens__rehearsing_options *common; /* in options */
} ens__rehearsing_group;

/* ens__rehearsing_dispatch runs the verb that argv[1] names, over its file. */
int ens__rehearsing_dispatch(const ens__rehearsing_group *group, int argc, char **argv);

/* ens__rehearsing_failed tells an error about the first operand, and ens__rehearsing_failed_about one about something
 * else (NULL: nothing): refused where policy forbids it. */
int ens__rehearsing_failed(const ens__rehearsing_job *j, const ens_err *err);
int ens__rehearsing_failed_about(const ens__rehearsing_job *j, const char *about, const ens_err *err);
/* ens__rehearsing_judged tells on stderr what failed and warned, and what to do; with --json and a refusal the object
 * {"verdict","checks"} stands on stdout. It returns the exit status. */
int ens__rehearsing_judged(ens__rehearsing *j);
/* ens__rehearsing_json begins a line, which ens__rehearsing_print ends and writes. */
ens_json ens__rehearsing_json(ens__rehearsing *j);
int ens__rehearsing_print(ens_json *line);

/* ens__rehearsing_time is a time, or "-" for one that hasn't come. */
const char *ens__rehearsing_time(ens_time at, char out[ENS_TIME_TEXT]);

#endif
