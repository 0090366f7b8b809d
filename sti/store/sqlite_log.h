/* The segments as a connection of SQLite sees them: which one is written to, where the octets of a commit come to
 * stand, and what becomes of files that nothing points to any more. A row whose octets are in a segment holds a text
 * instead of them, which says where (ens__place). */
#ifndef ENS_STI_STORE_SQLITE_LOG_H
#define ENS_STI_STORE_SQLITE_LOG_H

#include "ensign/report.h"
#include "sti/store/segment.h"
#include "sti/store/sqlite_calls.h"

typedef struct {
    sqlite3 *db;
    ens__segments *files;
    sqlite3_stmt *find, *move;
    ens__segment active; /* as the transaction in hand found it; id 0: there is none yet */
    bool broken;         /* a sync of it failed: nothing more is written there */
    /* The frame in hand. */
    bool logged, again; /* again: it stands in the file, and is made once more */
    bool written;       /* or a part of it */
    ens_slice record;
    const ens__piece *pieces;
    size_t num, next;
    int64_t next_at, placed; /* where the next piece is; how many rows point to it */
    /* What the last round of upkeep saw of the oldest segment. */
    int64_t oldest, live;
} ens__sqlite_log;

/* ens__log_open: with write the files have to be there.   Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__log_open(ens__sqlite_log *log, sqlite3 *db, const char *path, bool write, ens_err *err);
void ens__log_close(ens__sqlite_log *log);

/* ens__log_begin finds the segment for the transaction that has just begun; *full: there has to be another first, which
 * ens__log_renew makes in a transaction of its own, between others and synced. */
ENS_CHECK ens_code ens__log_begin(ens__sqlite_log *log, bool *full, ens_err *err);
ENS_CHECK ens_code ens__log_renew(ens__sqlite_log *log, ens_err *err);
/* ens__log_set says what the transaction's frame will be. */
void ens__log_set(ens__sqlite_log *log, ens_slice record, const ens__piece *pieces, size_t num, bool again);
/* ens__log_place is where octets of the frame will be; false: they are none of its pieces. */
bool ens__log_place(ens__sqlite_log *log, ens_slice octets, char out[ENS_PLACE_TEXT]);
/* ens__log_keep writes the frame, synced, before the transaction is committed. */
ENS_CHECK ens_code ens__log_keep(ens__sqlite_log *log, ens_err *err);
/* ens__log_undo takes the frame back, before the transaction is rolled back: its room is given back on a full disk, and
 * nobody makes again what was told to have failed. later: it ended by itself, this is another one, and others may have
 * written since. */
void ens__log_undo(ens__sqlite_log *log, bool later);
/* ens__log_end forgets the frame: the transaction is over. */
void ens__log_end(ens__sqlite_log *log);

/* ens__log_read appends the octets that a row's text points to. */
ENS_CHECK ens_code ens__log_read(ens__sqlite_log *log, ens_slice place, ens_buf *out, ens_err *err);
/* ens__log_next is the frame that was written and never committed; see ens__segment_next. */
ENS_CHECK ens_code ens__log_next(ens__sqlite_log *log, ens_buf *frame, ens_slice *record, ens__piece **pieces,
                                 size_t *num, bool *there, ens_err *err);
bool ens__log_is_pending(ens__sqlite_log *log);

/* ens__log_tidy takes one step, in transactions of its own: the oldest segment goes when no row points to it; the few
 * octets that stay for long are moved into their rows first. The file goes a round later. */
ENS_CHECK ens_code ens__log_tidy(ens__sqlite_log *log, bool *more, ens_err *err);
/* ens__log_check reads all that is in segments. */
void ens__log_check(ens__sqlite_log *log, ens_report *report);
/* ens__log_copy copies the files that the store at to, a copy of this one, points to; after a failure it has none. */
ENS_CHECK ens_code ens__log_copy(ens__sqlite_log *log, const char *to, ens_err *err);

#endif
