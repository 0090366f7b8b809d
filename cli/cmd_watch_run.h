/* The program that a watch runs when something changed. */
#ifndef ENS_CLI_CMD_WATCH_RUN_H
#define ENS_CLI_CMD_WATCH_RUN_H

#include "engine/base/bytes.h"

#define ENS_WATCH_RUN_S 60 /* that it may take */

typedef struct {
    size_t changed, refused, undecided, ending;
} ens_watch_counts;

/* ens__watch_run starts it without a shell and without arguments: the changes are its standard input, a line of JSON
 * each, and the counts stand in ENSIGN_CHANGED, ENSIGN_REFUSED, ENSIGN_UNDECIDED and ENSIGN_ENDING. It returns when it
 * has ended.
 * Errors  ENS_EIO it can't be run, ends with another status than 0, or takes too long: it is ended then */
ENS_CHECK ens_code ens__watch_run(const char *program, const ens_watch_counts *n, ens_slice changes, ens_err *err);

#endif
