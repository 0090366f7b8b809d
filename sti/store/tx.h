/* Inside the store: its two connections, and the transaction that all its changes are made in. */
#ifndef ENS_STI_STORE_TX_H
#define ENS_STI_STORE_TX_H

#include "sti/store/filing.h"
#include "sti/store/ledger.h"
#include "sti/store/sql.h"

#include <pthread.h>
#include <stdatomic.h>

/* The store itself: one connection that writes, one that reads. */
struct ens__store {
    ens__sql *writer, *reader; /* no writer: nothing may be changed */
    pthread_mutex_t write_turn, read_turn;
    int64_t (*now_ms)(void *ctx);
    void *ctx;
    _Atomic int64_t ahead_ms; /* the time of leases, of a clock that nobody sets: the machine's, or the engine's */
    char mark[48];            /* the counter that says which transaction of this handle was kept last */
    ens_arena scratch;        /* the writer's */
    struct {
        int kind;
        int64_t from;
    } sent_pruned;        /* how far retention has come with what was sent: what is in front of that is gone */
    _Atomic bool listens; /* its owner does what is to be done */
    ens_buf record;       /* of the transaction in hand, where the engine logs it */
    _Atomic uint64_t commits, changes;
};

int64_t ens__store_now(const ens__store *s);
int64_t ens__store_token(void);  /* never 0 */
int64_t ens__store_steady(void); /* milliseconds of a clock that nobody sets */

/* One transaction that writes: the numbers it has given out, and what it added. */
typedef struct {
    ens__store *store;
    ens__sql *sql;
    int64_t now, wall;
    int64_t seq, octets, num_seq, num_octets, bytes;
    bool news;                /* there is something to be done, or to be sent */
    const ens__piece *pieces; /* what is logged of it, whose SHA-256 is known */
    size_t num_pieces, next_piece;
} ens__tx;

/* ens__tx_make has work done in one transaction, at its turn. Where the engine says that a failure passes (two writers
 * in each other's way, a connection that broke) all of it is made again, for ENS_STORE_REPEAT_MS; a commit of which
 * nobody knows whether it was kept is looked for before. *passing tells of a failure that may pass still; NULL: not
 * wanted. */
#define ENS_STORE_REPEAT_MS 20000
#define ENS_STORE_MARK "commit " /* what the names of marks begin with; a time follows */
ENS_CHECK ens_code ens__tx_make(ens__store *store, bool durable,
                                ens_code (*work)(ens__tx *tx, void *user, ens_err *err), void *user, bool *passing,
                                ens_err *err);
/* ens__tx_make_logged is the same where the engine logs transactions; work says what is logged. again: it makes what
 * stands in the log already. */
ENS_CHECK ens_code ens__tx_make_logged(ens__store *store, bool again,
                                       ens_code (*work)(ens__tx *tx, void *user, ens_err *err), void *user,
                                       ens_err *err);
/* ens__tx_make_changes makes those whose code is ENS_OK; *made counts them. */
ENS_CHECK ens_code ens__tx_make_changes(ens__tx *tx, ens__change *const *changes, size_t num, uint64_t *made,
                                        ens_err *err);
/* ens__tx_must makes a statement that changes just one row, or else what says why the transaction ends. */
ENS_CHECK ens_code ens__tx_must(ens__tx *tx, ens__statement s, const ens__value *v, unsigned num, const char *what,
                                ens_err *err);
/* ens__tx_entry writes a row of the journal. octets of 0: the entry's raw bytes are stored, if there are any, and
 * owned. */
typedef struct {
    int64_t id; /* 0: none yet */
    bool owns;
    size_t bytes;
    const uint8_t *sha256;
} ens__octets;
ENS_CHECK ens_code ens__tx_entry(ens__tx *tx, const ens__entry *entry, ens__octets *octets, uint64_t *seq,
                                 ens_err *err);
/* ens__tx_run is a statement without rows. */
#define ENS_TX_RUN(tx, s, values, changed, err)                                                                        \
    ((tx)->sql->engine->run((tx)->sql, s, values, sizeof(values) / sizeof *(values), changed, err))

ENS_CHECK ens_code ens__tx_octets(ens__tx *tx, ens_slice raw, int64_t *id, ens_err *err);
/* ens__tx_count adds one to the counter of that name. */
ENS_CHECK ens_code ens__tx_count(ens__tx *tx, ens_slice name, int64_t *value, ens_err *err);
/* ens__tx_fit makes a value of a text that only tells: cut between two characters, and of UTF-8 without NUL. */
ens__value ens__tx_fit(ens__tx *tx, ens_slice text, size_t max);
bool ens__store_is_text(ens_slice s);

/* What a task is about: the message that it came with. */
typedef struct {
    ens_slice message_id, party, action;
    int64_t octets; /* 0: none */
} ens__subject;
ENS_CHECK ens_code ens__tx_put_task(ens__tx *tx, const ens__task *task, const ens__subject *subject, ens_err *err);
ENS_CHECK ens_code ens__tx_finish_work(ens__tx *tx, ens__work_result *result, ens_err *err);
ENS_CHECK ens_code ens__tx_put_outgoing(ens__tx *tx, const ens__outgoing *outgoing, bool *known, ens_err *err);
ENS_CHECK ens_code ens__tx_pull(ens__tx *tx, ens__change *change, ens_err *err);
ENS_CHECK ens_code ens__tx_put_ledger(ens__tx *tx, const ens__ledger_change *change, uint64_t *seq, ens_err *err);
ENS_CHECK ens_code ens__tx_settle(ens__tx *tx, ens__change *change, ens_err *err);

/* ens__tx_put_filings fails where another has changed one of them.  ens__filing_changes_fit tells whether nothing of it
 * would have to be cut. */
ENS_CHECK ens_code ens__tx_put_filings(ens__tx *tx, const ens__filing_changes *changes, ens_err *err);
bool ens__filing_changes_fit(const ens__filing_changes *changes);

/* ens__store_begin_reading asks a question; the answer's rows are the caller's until ens__store_end_reading, which
 * follows whether it failed or not. */
ENS_CHECK ens_code ens__store_begin_reading(ens__store *s, ens__statement which, const ens__value *v, unsigned num,
                                            bool *found, ens_err *err);
void ens__store_end_reading(ens__store *s, ens__statement which);
/* ens__store_read_number reads the first column of the first row, 0 where there is none. */
ENS_CHECK ens_code ens__store_read_number(ens__store *s, ens__statement which, const ens__value *v, unsigned num,
                                          uint64_t *out, ens_err *err);

/* ens__outbound_read takes the columns that every row of an outbound message begins with, into an arena; those without
 * bytes. */
enum { ENS_OUTBOUND_COLUMNS = 19 };
bool ens__outbound_read(ens__sql *sql, ens__statement s, ens_arena *arena, ens__outbound *out);
/* ens__arena_copy is false when there is no memory. */
bool ens__arena_copy(ens_arena *arena, ens_slice from, ens_slice *to);

#endif
