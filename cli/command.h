/* The command line: options by table, help from the same table, exit codes. */
#ifndef ENS_CLI_COMMAND_H
#define ENS_CLI_COMMAND_H

#include "ensign/report.h"

#include <signal.h>
#include <stdbool.h>

enum { ENS_EXIT_GOOD = 0, ENS_EXIT_REFUSED = 1, ENS_EXIT_UNKNOWN = 2 };

/* The exit status that a verdict means. */
int ens__verdict_exit(ens_verdict verdict);

#define ENS_OPTIONS_MAX 48 /* rows of one table */

/* Operands, or the values of an option that may stand several times; borrowed from argv. */
typedef struct {
    const char **item;
    size_t num;
} ens_values;

void ens__values_free(ens_values *values);

/* The full names of a command and of those in its group, one a line: man pages, completion and tests are made of
 * them. */
#define ENS_NAMES_OPTION "--names"

/* One option: exactly one of the three targets is set. metavar NULL: it takes no value; small words with bars between
 * them ("soft|hard") are the values that there are, which completion offers. */
typedef struct {
    const char *name;
    char letter; /* 0: none */
    const char *metavar, *help;
    bool *flag;
    const char **value;
    ens_values *list;
} ens_option;

/* synopsis stands behind the name on the usage line. */
typedef struct {
    const char *name, *synopsis, *about;
    const ens_option *options;
    size_t num_options;
} ens_command;

/* ens__command_parse reads argv[1...] as getopt_long does, but that abbreviations are refused: "-qv", "-oOUT",
 * "--opt=value", operands anywhere; "--" ends the options, "-" is an operand. False when there is nothing more to do
 * (*status says why: help was asked, or a usage error was told). An option of a single value that stands twice is an
 * error. */
bool ens__command_parse(const ens_command *command, int argc, char **argv, ens_values *operands, int *status);
void ens__command_help(const ens_command *command);
/* ens__command_run parses argv and, where there is something to do, runs it: options is what the table's rows point
 * into. It frees the operands and every list of the table, and returns the exit status. */
int ens__command_run(const ens_command *command, int argc, char **argv,
                     int (*run)(const ens_command *command, void *options, const ens_values *operands), void *options);
/* ens__command_usage tells what is wrong on stderr and returns ENS_EXIT_UNKNOWN. */
int ens__command_usage(const ens_command *command, const char *format, ...) ENS_PRINTF(2, 3);

/* One of a group: `ensign GROUP NAME …`. */
typedef struct {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is its own name */
} ens_subcommand;

/* ens__command_dispatch runs the one that argv[1] names, or helps. */
int ens__command_dispatch(const ens_command *group, const ens_subcommand *subs, size_t num, int argc, char **argv);

/* ens__stop_when_told makes SIGINT and SIGTERM end a batch behind the input in hand: they set what it returns. A second
 * one ends the process as usual. */
const volatile sig_atomic_t *ens__stop_when_told(void);

/* The sub-commands; argv[0] is their own name. */
int ens__cmd_account(int argc, char **argv);
int ens__cmd_anonymise(int argc, char **argv);
int ens__cmd_cert(int argc, char **argv);
int ens__cmd_clock(int argc, char **argv);
int ens__cmd_conformance(int argc, char **argv);
int ens__cmd_doctor(int argc, char **argv);
int ens__cmd_ens(int argc, char **argv);
int ens__cmd_eori(int argc, char **argv);
int ens__cmd_filing(int argc, char **argv);
int ens__cmd_journal(int argc, char **argv);
int ens__cmd_officer(int argc, char **argv);
int ens__cmd_evidence(int argc, char **argv);
int ens__cmd_explain(int argc, char **argv);
int ens__cmd_party(int argc, char **argv);
int ens__cmd_pull(int argc, char **argv);
int ens__cmd_receipt(int argc, char **argv);
int ens__cmd_register(int argc, char **argv);
int ens__cmd_rights(int argc, char **argv);
int ens__cmd_pdf(int argc, char **argv);
/* What the program beside is run as, to be this command. */
#define ENS_PROXY_PROGRAM "ensign-proxy"
int ens__cmd_proxy(int argc, char **argv);
int ens__cmd_learn(int argc, char **argv);
int ens__cmd_ping(int argc, char **argv);
int ens__cmd_seal(int argc, char **argv);
int ens__cmd_send(int argc, char **argv);
int ens__cmd_serve(int argc, char **argv);
int ens__cmd_store(int argc, char **argv);
int ens__cmd_trust(int argc, char **argv);
int ens__cmd_verify(int argc, char **argv);
int ens__cmd_watch(int argc, char **argv);
int ens__cmd_worker(int argc, char **argv);

#endif
