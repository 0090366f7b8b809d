/* What an engine of SQL does for the store, and the statements it is asked for: those of sql.c, in a subset that
 * SQLite, PostgreSQL and what speaks its protocol share. No trigger, no sequence, no stored code; numbers come from
 * rows that the store updates itself. */
#ifndef ENS_STI_STORE_SQL_H
#define ENS_STI_STORE_SQL_H

#include "sti/store/segment.h"
#include "sti/store/store.h"

typedef enum {
    ENS_SQL_COUNT,
    ENS_SQL_ADD,
    ENS_SQL_MARK,
    ENS_SQL_LOOK_BACK,
    ENS_SQL_FORGET_MARKS,
    ENS_SQL_TIME,
    ENS_SQL_COUNTER,
    ENS_SQL_PUT_OCTETS,
    ENS_SQL_PUT_JOURNAL,
    ENS_SQL_LIST_JOURNAL,
    ENS_SQL_LIST_ABOUT,
    ENS_SQL_LIST_PARTY,
    ENS_SQL_LIST_LRN,
    ENS_SQL_LIST_MRN,
    ENS_SQL_UNREAD,
    ENS_SQL_READ_ABOUT,
    ENS_SQL_SET_READ,
    ENS_SQL_OWN_OCTETS,
    ENS_SQL_RELEASE,
    ENS_SQL_GET_RAW,
    ENS_SQL_PUT_INBOUND,
    ENS_SQL_GET_INBOUND,
    ENS_SQL_GET_STORED,
    ENS_SQL_PUT_WORK,
    ENS_SQL_CLAIM_WORK,
    ENS_SQL_CLAIMED_WORK,
    ENS_SQL_HELD_WORK,
    ENS_SQL_DROP_WORK,
    ENS_SQL_DEFER_WORK,
    ENS_SQL_PUT_OUTBOUND,
    ENS_SQL_CLAIM_PUSH,
    ENS_SQL_CLAIM_PULL,
    ENS_SQL_CLAIM_SPENT,
    ENS_SQL_CLAIMED_OUTBOUND,
    ENS_SQL_HELD_OUTBOUND,
    ENS_SQL_GET_OUTBOUND,
    ENS_SQL_LIST_OUTBOUND,
    ENS_SQL_OWN_OUTBOUND,
    ENS_SQL_KNOWN_REQUEST,
    ENS_SQL_SETTLE_OUTBOUND,
    ENS_SQL_REVIVE_OUTBOUND,
    ENS_SQL_RESEND_OUTBOUND,
    ENS_SQL_NEXT_PUSH,
    ENS_SQL_PUT_CHANNEL,
    ENS_SQL_GET_CHANNEL,
    ENS_SQL_PUT_FILING,
    ENS_SQL_SET_FILING,
    ENS_SQL_GET_FILING,
    ENS_SQL_LIST_FILINGS,
    ENS_SQL_FILINGS_BY_KEY,
    ENS_SQL_DROP_FILING_KEYS,
    ENS_SQL_PUT_FILING_KEY,
    ENS_SQL_KEYS_OF_FILING,
    ENS_SQL_PUT_FILING_DOCUMENT,
    ENS_SQL_GET_FILING_DOCUMENT,
    ENS_SQL_PUT_REFERENCE,
    ENS_SQL_GET_REFERENCE,
    ENS_SQL_PUT_NOTICE,
    ENS_SQL_LIST_NOTICES,
    ENS_SQL_PUT_PREFERENCE,
    ENS_SQL_GET_PREFERENCE,
    ENS_SQL_PUT_CLOCK,
    ENS_SQL_LIST_CLOCKS,
    ENS_SQL_RESET_KEYS,
    ENS_SQL_RESET_DOCUMENTS,
    ENS_SQL_RESET_NOTICES,
    ENS_SQL_RESET_REFERENCES,
    ENS_SQL_RESET_FILINGS,
    ENS_SQL_RESET_OUTBOUND,
    ENS_SQL_RESET_REPLIES,
    ENS_SQL_RESET_LIFE,
    ENS_SQL_RESET_MARK,
    ENS_SQL_MEND_WORK,
    ENS_SQL_MEND_LEASES,
    ENS_SQL_MEND_RETRIES,
    ENS_SQL_PRUNE_INBOUND,
    ENS_SQL_SENT_BEHIND,
    ENS_SQL_PRUNE_OUTBOUND,
    ENS_SQL_ROW_BEHIND,
    ENS_SQL_AGED_FROM,
    ENS_SQL_PRUNE_ROWS,
    ENS_SQL_PRUNE_OCTETS,
    ENS_SQL_COUNT_WORK,
    ENS_SQL_COUNT_OUTBOUND,
    ENS_SQL_PUT_LEDGER,
    ENS_SQL_LIST_LEDGER,
    ENS_SQL_LEDGER_ABOUT,
    ENS_SQL_LEDGER_EARLIER,
    ENS_SQL_COUNT_LEDGER,
    ENS_SQL_STATEMENTS
} ens__statement;
extern const char *const ens__sql_text[ENS_SQL_STATEMENTS]; /* parameters are ?1, ?2 … */
/* Marks where an engine with several writers passes over rows that another one is just claiming. */
#define ENS_SQL_FREE "/*free*/"
/* Marks where it waits for who is changing the row. */
#define ENS_SQL_HELD "/*held*/"

/* One step from a schema to the next: SQL that makes tables. BLOB and INTEGER PRIMARY KEY (64 bits) are named otherwise
 * elsewhere. */
#define ENS_STORE_SCHEMA 9u
extern const char *const ens__sql_migration[ENS_STORE_SCHEMA];        /* the first makes schema 1 of nothing */
extern const char ens__sql_registry[], ens__sql_registry_unchecked[]; /* which a registry's own file has alone */
#define ENS_STORE_APPLICATION_ID 1162761043                           /* "ENSS", in the head of SQLite's file */

/* ens__sql_for_postgres writes a statement, or a step of the schema, as PostgreSQL has it; to be freed, NULL without
 * memory. */
char *ens__sql_for_postgres(const char *sql);

/* A parameter: a number, or bytes, which are text or not. They live until the statement is done. */
typedef struct {
    enum { ENS_VALUE_NONE = 0, ENS_VALUE_NUMBER, ENS_VALUE_TEXT, ENS_VALUE_BYTES } kind;
    int64_t number;
    ens_slice bytes;
} ens__value;

static inline ens__value ens__number(int64_t number)
{
    return (ens__value){ENS_VALUE_NUMBER, number, {0}};
}

static inline ens__value ens__text(ens_slice text)
{
    return (ens__value){ENS_VALUE_TEXT, 0, text};
}

static inline ens__value ens__blob(ens_slice bytes)
{
    return (ens__value){ENS_VALUE_BYTES, 0, bytes};
}

typedef struct ens__sql ens__sql;

/* A connection's verbs; whoever calls them has its turn. */
typedef struct {
    /* A transaction that is not durable may be lost with the machine, but not with the process. */
    ens_code (*begin)(ens__sql *c, bool durable, ens_err *err);
    ens_code (*commit)(ens__sql *c, ens_err *err);
    void (*rollback)(ens__sql *c);
    /* run is for what returns no rows; *changed counts those that it touched. */
    ens_code (*run)(ens__sql *c, ens__statement s, const ens__value *v, unsigned num, int64_t *changed, ens_err *err);
    /* ask, next until *there is false or the caller has enough, end. Columns are borrowed until the next call. */
    ens_code (*ask)(ens__sql *c, ens__statement s, const ens__value *v, unsigned num, ens_err *err);
    ens_code (*next)(ens__sql *c, ens__statement s, bool *there, ens_err *err);
    int64_t (*number)(ens__sql *c, ens__statement s, unsigned column);
    ens_slice (*bytes)(ens__sql *c, ens__statement s, unsigned column);
    void (*end)(ens__sql *c, ens__statement s);
    /* What follows is for engines with several writers; NULL elsewhere. now_ms is the engine's time when the
     * transaction began. may_repeat tells whether the last failure may pass when all is made again: then begin connects
     * anew where it has to. must is for what changes just one row: what says why the transaction ends otherwise. run
     * without changed and must may answer before they are done: the next ask or commit tells of a failure. */
    int64_t (*now_ms)(const ens__sql *c);
    bool (*may_repeat)(const ens__sql *c);
    ens_code (*must)(ens__sql *c, ens__statement s, const ens__value *v, unsigned num, const char *what, ens_err *err);
    /* tell has those told that listen, but for who says this mark itself, when the transaction is committed. */
    ens_code (*tell)(ens__sql *c, const char *mark, ens_err *err);
    ens_code (*listen)(const ens__sql *c, const char *mark, void (*heard)(void *user), void *user, ens__hints **out,
                       ens_err *err);
    /* What follows is for an engine that writes octets to a log of its own (segment.h); NULL elsewhere. begin_logged is
     * begin for a transaction that log says the frame of: made durable by that frame alone. pending, in one that was
     * begun to make again what is there, is the frame that was written and never committed, and is the transaction's
     * then. may_have_pending tells, outside of one, whether it is worth while to look. */
    ens_code (*begin_logged)(ens__sql *c, bool again, ens_err *err);
    void (*log)(ens__sql *c, ens_slice record, const ens__piece *pieces, size_t num);
    ens_code (*pending)(ens__sql *c, ens_buf *frame, ens_slice *record, ens__piece **pieces, size_t *num, bool *there,
                        ens_err *err);
    bool (*may_have_pending)(ens__sql *c);
    ens_code (*tidy)(ens__sql *c, bool *more, ens_err *err); /* after a round of retention, between transactions */
    void (*close)(ens__sql *c);
    void (*check)(ens__sql *c, ens_report *report);
    ens_durable (*durable)(const ens__sql *c);
} ens__sql_engine;

/* The head of every engine's connection. */
struct ens__sql {
    const ens__sql_engine *engine;
};

/* ens__sqlite_open opens a file for one writer, or for reading alone.   Errors  those of ens__store_open */
ENS_CHECK ens_code ens__sqlite_open(const char *path, bool create, bool read_only, ens__sql **out, ens_err *err);
/* ens__sqlite_migrate brings a file to a schema: ENS_STORE_SCHEMA, or in tests an older one. */
ENS_CHECK ens_code ens__sqlite_migrate(const char *path, unsigned schema, unsigned *from, ens_err *err);
/* ens__postgres_open connects to a database by libpq, which is loaded for it: name is "postgres:" and what libpq takes.
 * Errors  those of ens__store_open; ENS_EPOLICY libpq isn't there */
ENS_CHECK ens_code ens__postgres_open(const char *name, bool create, bool read_only, ens__sql **out, ens_err *err);
ENS_CHECK ens_code ens__postgres_migrate(const char *name, unsigned schema, unsigned *from, ens_err *err);
/* The oldest schema whose Ensign can work on what ENS_STORE_SCHEMA's has migrated: two versions side by side. */
#define ENS_STORE_OLDEST 5u
/* ens__sqlite_backup copies a store at one moment, with its segments, into a file that isn't there. */
ENS_CHECK ens_code ens__sqlite_backup(const char *path, const char *to, ens_err *err);
/* ens__medium_check tells as findings store.* what the place of a file keeps (store_check.c), and how durable that
 * makes it. */
ens_durable ens__medium_check(const char *path, ens_report *report);

#endif
