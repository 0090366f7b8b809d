/* Carries the write-ahead log over into SQLite's file beside the writer, so that a commit seldom waits for it. */
#ifndef ENS_STI_STORE_CHECKPOINT_H
#define ENS_STI_STORE_CHECKPOINT_H

#include "engine/base/bytes.h"
#include "sti/store/sqlite_calls.h"

#define ENS_CHECKPOINT_SOON 4000 /* pages of the log: the thread begins */
#define ENS_CHECKPOINT_NOW 16000 /* the writer does the rest itself, so that the log can begin anew */

typedef struct ens__checkpoint ens__checkpoint;

/* ens__checkpoint_start opens a connection and a thread of its own for path, and is called at each of the writer's
 * commits from then on. NULL when either can't be had: then SQLite's own way stays, which carries over within a commit.
 */
ens__checkpoint *ens__checkpoint_start(const char *path, sqlite3 *writer);
/* ens__checkpoint_stop comes before the writer is closed. */
void ens__checkpoint_stop(ens__checkpoint *checkpoint);

#endif
