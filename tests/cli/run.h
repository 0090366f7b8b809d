/* Runs the command as a user does, and keeps what it says. */
#ifndef ENS_TESTS_CLI_RUN_H
#define ENS_TESTS_CLI_RUN_H

#include <stdbool.h>

#define RUN_OUTPUT_MAX (1 << 18)

typedef struct {
    int status;               /* exit status; -1: it could not be run, or died */
    char out[RUN_OUTPUT_MAX]; /* stdout */
    char err[RUN_OUTPUT_MAX]; /* stderr */
} run_result;

/* run_ensign runs the built command with these arguments, as a shell would split them. Static storage: good until the
 * next call. */
const run_result *run_ensign(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* run_bench is the same for ensign-bench. */
const run_result *run_bench(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

#endif
