/* SQLite behind the store: a file with a write-ahead log, synced at every durable commit. See sql.h. */
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "sti/store/checkpoint.h"
#include "sti/store/sql.h"
#include "sti/store/sqlite_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define RULE "Ensign store file"
#define BUSY_MS 10000 /* wait for another process that writes */
#define RENEWALS 4u   /* of segments, for one transaction */
#define PATH_LEN 4096u
#define LARGE ((size_t)1 << 20) /* octets that are written piece by piece … */
#define OCTETS_MAX ((size_t)1 << 30)
#define PIECE ((size_t)64 << 10) /* … of this size: else SQLite would hold all of them */

#define OCTETS_KEPT ((size_t)1 << 20) /* bytes of a buffer that are kept for the next row */

/* The columns of a statement that have octets, which may be in a segment, and those of the row that it is at. */
#define OCTETS_COLUMN "raw"
#define OCTETS_COLUMNS 2
typedef struct {
    int column[OCTETS_COLUMNS];
    unsigned num;
    ens_buf octets[OCTETS_COLUMNS];
} raw_columns;

typedef struct {
    ens__sql head;
    sqlite3 *db;
    sqlite3_stmt *prepared[ENS_SQL_STATEMENTS], *begin, *commit, *rollback;
    ens__checkpoint *checkpoint;
    ens__sqlite_log log;
    raw_columns raw[ENS_SQL_STATEMENTS];
    bool durable; /* how commits are synced now */
    bool read_only;
    ens_durable level;
    char path[PATH_LEN];
} sqlite;

static ens_code failed_sqlite(const sqlite *c, const char *what, ens_err *err)
{
    return ens_fail_about(err, ENS_EIO, RULE, what, sqlite3_errmsg(c->db));
}

static ens_code execute(sqlite *c, const char *sql, const char *what, ens_err *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ENS_OK : failed_sqlite(c, what, err);
}

/* -- Statements ------------------------------------------------------------------------------------------------- */

static ens_code prepare_sqlite(sqlite *c, const char *sql, sqlite3_stmt **out, ens_err *err)
{
    if (*out)
        return ENS_OK;
    int status = sqlite3_prepare_v3(c->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return status == SQLITE_OK ? ENS_OK : failed_sqlite(c, "a statement can't be prepared", err);
}

/* prepare_known prepares a statement of the table, and finds its columns of octets. */
static ens_code prepare_known(sqlite *c, ens__statement which, ens_err *err)
{
    if (c->prepared[which])
        return ENS_OK;
    raw_columns *raw = &c->raw[which];
    ens_code code = prepare_sqlite(c, ens__sql_text[which], &c->prepared[which], err);
    for (int i = 0; code == ENS_OK && i < sqlite3_column_count(c->prepared[which]); i++)
        if (strcmp(sqlite3_column_name(c->prepared[which], i), OCTETS_COLUMN) == 0 && raw->num < OCTETS_COLUMNS) {
            ens_buf_init(&raw->octets[raw->num], NULL, 0, OCTETS_MAX);
            raw->column[raw->num++] = i;
        }
    return code;
}

static ens_code ask_sqlite(ens__sql *sql, ens__statement which, const ens__value *v, unsigned num, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    ens_code code = prepare_known(c, which, err);
    for (unsigned i = 0; i < num && code == ENS_OK; i++)
        if (!ens__sqlite_bind(c->prepared[which], (int)i + 1, &v[i]))
            code = failed_sqlite(c, "a value can't be given", err);
    return code;
}

/* read_octets has those of a row at hand that are in segments. */
static ens_code read_octets(sqlite *c, ens__statement which, ens_err *err)
{
    ens_code code = ENS_OK;
    raw_columns *raw = &c->raw[which];
    sqlite3_stmt *s = c->prepared[which];
    for (unsigned i = 0; i < raw->num && code == ENS_OK; i++) {
        if (sqlite3_column_type(s, raw->column[i]) != SQLITE_TEXT)
            continue;
        ens_slice place =
            ens_bytes(sqlite3_column_text(s, raw->column[i]), (size_t)sqlite3_column_bytes(s, raw->column[i]));
        raw->octets[i].len = 0;
        code = ens__log_read(&c->log, place, &raw->octets[i], err);
    }
    return code;
}

static ens_code next(ens__sql *sql, ens__statement which, bool *there, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    int step = sqlite3_step(c->prepared[which]);
    *there = step == SQLITE_ROW;
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        return failed_sqlite(c, "can't be read or changed", err);
    return *there ? read_octets(c, which, err) : ENS_OK;
}

/* forget_octets keeps a buffer's memory for the next row, unless it is large. */
static void forget_octets(ens_buf *b)
{
    if (b->cap > OCTETS_KEPT || b->failed) {
        ens_buf_free(b);
        ens_buf_init(b, NULL, 0, OCTETS_MAX);
    }
    b->len = 0;
}

static void end_sqlite(ens__sql *sql, ens__statement which)
{
    sqlite *c = (sqlite *)sql;
    for (unsigned i = 0; i < c->raw[which].num; i++)
        forget_octets(&c->raw[which].octets[i]);
    if (c->prepared[which]) {
        sqlite3_reset(c->prepared[which]);
        sqlite3_clear_bindings(c->prepared[which]); /* what they point to is the caller's */
    }
}

/* fill writes the octets of a row that was put with room for them. */
static ens_code fill(sqlite *c, int64_t id, ens_slice octets, ens_err *err)
{
    sqlite3_blob *to = NULL;
    bool good = sqlite3_blob_open(c->db, "main", "octets", "raw", id, 1, &to) == SQLITE_OK;
    for (size_t at = 0, n; good && at < octets.len; at += n) {
        n = octets.len - at < PIECE ? octets.len - at : PIECE;
        good = sqlite3_blob_write(to, octets.p + at, (int)n, (int)at) == SQLITE_OK;
    }
    ens_code code = good ? ENS_OK : failed_sqlite(c, "can't be changed", err);
    sqlite3_blob_close(to);
    return code;
}

static ens_code put_large(sqlite *c, const ens__value *v, ens_err *err)
{
    const ens__statement which = ENS_SQL_PUT_OCTETS;
    bool there = false;
    ens_code code = prepare_known(c, which, err);
    if (code == ENS_OK && (!ens__sqlite_bind(c->prepared[which], 1, &v[0]) ||
                           sqlite3_bind_zeroblob64(c->prepared[which], 2, v[1].bytes.len) != SQLITE_OK))
        code = failed_sqlite(c, "a value can't be given", err);
    if (code == ENS_OK)
        code = next(&c->head, which, &there, err);
    end_sqlite(&c->head, which);
    return code == ENS_OK ? fill(c, v[0].number, v[1].bytes, err) : code;
}

static ens_code run_sqlite(ens__sql *sql, ens__statement which, const ens__value *v, unsigned num, int64_t *changed,
                           ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    char place[ENS_PLACE_TEXT];
    ens__value placed[2];
    bool there = false;
    if (which == ENS_SQL_PUT_OCTETS && ens__log_place(&c->log, v[1].bytes, place)) {
        placed[0] = v[0];
        placed[1] = ens__text(ens_str(place));
        v = placed;
    } else if (which == ENS_SQL_PUT_OCTETS && v[1].bytes.len >= LARGE)
        return put_large(c, v, err);
    ens_code code = ask_sqlite(sql, which, v, num, err);
    if (code == ENS_OK)
        code = next(sql, which, &there, err);
    if (code == ENS_OK && changed)
        *changed = sqlite3_changes64(c->db);
    end_sqlite(sql, which);
    return code;
}

static int64_t number(ens__sql *sql, ens__statement which, unsigned column)
{
    return sqlite3_column_int64(((sqlite *)sql)->prepared[which], (int)column);
}

static ens_slice bytes(ens__sql *sql, ens__statement which, unsigned column)
{
    sqlite *c = (sqlite *)sql;
    sqlite3_stmt *s = c->prepared[which];
    for (unsigned i = 0; i < c->raw[which].num; i++)
        if (c->raw[which].column[i] == (int)column && sqlite3_column_type(s, (int)column) == SQLITE_TEXT)
            return ens_buf_slice(&c->raw[which].octets[i]);
    const void *p = sqlite3_column_blob(s, (int)column);
    return ens_bytes(p, (size_t)sqlite3_column_bytes(s, (int)column));
}

/* -- Transactions ----------------------------------------------------------------------------------------------- */

static ens_code step(sqlite *c, const char *sql, sqlite3_stmt **s, const char *what, ens_err *err)
{
    ens_code code = prepare_sqlite(c, sql, s, err);
    if (code == ENS_OK && sqlite3_step(*s) != SQLITE_DONE)
        code = failed_sqlite(c, what, err);
    if (*s)
        sqlite3_reset(*s);
    return code;
}

/* With synchronous=NORMAL a commit is written and not synced; the next one that is syncs the log as a whole. */
static ens_code set_durable(sqlite *c, bool durable, ens_err *err)
{
    if (durable == c->durable)
        return ENS_OK;
    ens_code code =
        execute(c, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", "can't be set up", err);
    if (code == ENS_OK)
        c->durable = durable;
    return code;
}

static ens_code begin(ens__sql *sql, bool durable, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    ens_code code = set_durable(c, durable, err);
    return code == ENS_OK ? step(c, "BEGIN IMMEDIATE", &c->begin, "can't be changed", err) : code;
}

static ens_code commit(ens__sql *sql, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    ens_code code = ens__log_keep(&c->log, err);
    if (code == ENS_OK)
        code = step(c, "COMMIT", &c->commit, "what was written can't be kept", err);
    if (code == ENS_OK)
        ens__log_end(&c->log);
    return code;
}

/* Some failures end the transaction by themselves: what was logged of it is taken back in another one. */
static void rollback(ens__sql *sql)
{
    sqlite *c = (sqlite *)sql;
    bool ended = sqlite3_get_autocommit(c->db) != 0;
    if (ended && c->log.written)
        (void)step(c, "BEGIN IMMEDIATE", &c->begin, "", NULL);
    if (!sqlite3_get_autocommit(c->db)) {
        ens__log_undo(&c->log, ended);
        (void)step(c, "ROLLBACK", &c->rollback, "", NULL);
    }
    ens__log_end(&c->log);
}

/* -- Octets that are logged ------------------------------------------------------------------------------------- */

/* A new segment is begun only when what the last one holds was made again. */
static ens_code begin_logged(ens__sql *sql, bool again, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    bool full = true;
    ens_code code = ENS_OK;
    for (unsigned i = 0; full && i < RENEWALS && code == ENS_OK; i++) {
        code = begin(sql, false, err);
        if (code == ENS_OK)
            code = ens__log_begin(&c->log, &full, err);
        full = full && !again;
        if (code != ENS_OK || !full)
            break;
        rollback(sql);
        code = set_durable(c, true, err);
        if (code == ENS_OK)
            code = ens__log_renew(&c->log, err);
    }
    return code == ENS_OK && full ? ens_fail(err, ENS_EIO, RULE, "no segment can be begun", 0) : code;
}

static void log_sqlite(ens__sql *sql, ens_slice record, const ens__piece *pieces, size_t num)
{
    ens__log_set(&((sqlite *)sql)->log, record, pieces, num, false);
}

static ens_code pending(ens__sql *sql, ens_buf *frame, ens_slice *record, ens__piece **pieces, size_t *num, bool *there,
                        ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    *there = false;
    ens_code code = c->log.active.id ? ens__log_next(&c->log, frame, record, pieces, num, there, err) : ENS_OK;
    if (code == ENS_OK && *there)
        ens__log_set(&c->log, *record, *pieces, *num, true);
    return code;
}

static bool may_have_pending(ens__sql *sql)
{
    return ens__log_is_pending(&((sqlite *)sql)->log);
}

/* Durable, so that no file goes while a store that lost its power may still point to it. */
static ens_code tidy(ens__sql *sql, bool *more, ens_err *err)
{
    sqlite *c = (sqlite *)sql;
    ens_code code = set_durable(c, true, err);
    return code == ENS_OK ? ens__log_tidy(&c->log, more, err) : code;
}

static void close_connection(ens__sql *sql)
{
    sqlite *c = (sqlite *)sql;
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++)
        for (unsigned k = 0; k < c->raw[i].num; k++)
            ens_buf_free(&c->raw[i].octets[k]);
    ens__log_close(&c->log);
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++)
        sqlite3_finalize(c->prepared[i]);
    sqlite3_finalize(c->begin);
    sqlite3_finalize(c->commit);
    sqlite3_finalize(c->rollback);
    ens__checkpoint_stop(c->checkpoint);
    sqlite3_close(c->db);
    free(c);
}

/* -- What is in the file ---------------------------------------------------------------------------------------- */

static ens_code ask_number(sqlite *c, const char *sql, int *out, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool good = sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (good)
        *out = sqlite3_column_int(s, 0);
    ens_code code = good ? ENS_OK : failed_sqlite(c, "can't be read", err);
    sqlite3_finalize(s);
    return code;
}

static void ask_text(sqlite *c, const char *sql, char *out, size_t size)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        snprintf(out, size, "%s", (const char *)sqlite3_column_text(s, 0));
    else
        snprintf(out, size, "%s", sqlite3_errmsg(c->db));
    sqlite3_finalize(s);
}

/* schema_of is 0 for a file that nothing is in yet. */
static ens_code schema_of(sqlite *c, unsigned *schema, ens_err *err)
{
    int id = 0, version = 0, tables = 0;
    ens_code code = ask_number(c, "PRAGMA application_id", &id, err);
    if (code == ENS_OK)
        code = ask_number(c, "PRAGMA user_version", &version, err);
    if (code == ENS_OK)
        code = ask_number(c, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (code != ENS_OK)
        return code;
    if (id != ENS_STORE_APPLICATION_ID && (id || tables))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "not a store; name another file", c->path);
    if (version > (int)ENS_STORE_SCHEMA)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "made by a newer Ensign; use that one", c->path);
    *schema = id == ENS_STORE_APPLICATION_ID && version > 0 ? (unsigned)version : 0;
    return ENS_OK;
}

static ens_code take_steps(sqlite *c, unsigned from, unsigned to, ens_err *err)
{
    char mark[96];
    ens_code code = ENS_OK;
    for (unsigned i = from; i < to && code == ENS_OK; i++)
        code = execute(c, ens__sql_migration[i], "the tables can't be made", err);
    snprintf(mark, sizeof mark, "PRAGMA application_id=%d; PRAGMA user_version=%u", ENS_STORE_APPLICATION_ID, to);
    return code == ENS_OK ? execute(c, mark, "the tables can't be made", err) : code;
}

/* Another process may be doing the same: what there is, is looked at again when it is our turn. */
static ens_code migrate(sqlite *c, unsigned to, unsigned *from, ens_err *err)
{
    ens_code code = schema_of(c, from, err);
    if (code != ENS_OK || *from >= to)
        return code;
    code = execute(c, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE", "can't be changed", err);
    if (code == ENS_OK)
        code = schema_of(c, from, err);
    if (code == ENS_OK && *from < to)
        code = take_steps(c, *from, to, err);
    if (code == ENS_OK)
        code = execute(c, "COMMIT", "the tables can't be kept", err);
    if (code != ENS_OK)
        rollback(&c->head);
    return code;
}

/* -- What it keeps ---------------------------------------------------------------------------------------------- */

static bool syncs(sqlite *c)
{
    char mode[32];
    int level = 0;
    ask_text(c, "PRAGMA journal_mode", mode, sizeof mode);
    return strcmp(mode, "wal") == 0 && ask_number(c, "PRAGMA synchronous", &level, NULL) == ENS_OK && level >= 2;
}

static ens_durable durable(const ens__sql *sql)
{
    return ((const sqlite *)sql)->level;
}

static void check_sqlite(ens__sql *sql, ens_report *report)
{
    sqlite *c = (sqlite *)sql;
    char found[160];
    unsigned schema = 0;
    if (schema_of(c, &schema, NULL) == ENS_OK && schema == ENS_STORE_SCHEMA)
        ens__passf(report, "store.schema", RULE, "schema %u", schema);
    else
        ens__failf(report, "store.schema", RULE, "ensign store migrate --store FILE", "schema %u, not %u", schema,
                   ENS_STORE_SCHEMA);
    ask_text(c, "PRAGMA quick_check(1)", found, sizeof found);
    if (strcmp(found, "ok") == 0)
        ens__pass(report, "store.integrity", RULE);
    else
        ens__failf(report, "store.integrity", RULE,
                   "restore it from a backup, or save what `sqlite3 FILE .recover` finds", "%s", found);
    ens__log_check(&c->log, report);
    if (c->read_only)
        ens__failf(report, "store.access", RULE, "give the user that runs Ensign the right to write file and folder",
                   "the file can't be written");
    else if (begin(sql, true, NULL) != ENS_OK || !syncs(c))
        ens__failf(report, "store.sync", RULE, "use a file system that SQLite's write-ahead log works on",
                   "commits can't be synced");
    else
        ens__passf(report, "store.sync", RULE, "write-ahead log, synced at every commit");
    rollback(sql);
    (void)ens__medium_check(c->path, report);
}

static const ens__sql_engine engine = {
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .run = run_sqlite,
    .ask = ask_sqlite,
    .next = next,
    .number = number,
    .bytes = bytes,
    .end = end_sqlite,
    .begin_logged = begin_logged,
    .log = log_sqlite,
    .pending = pending,
    .may_have_pending = may_have_pending,
    .tidy = tidy,
    .close = close_connection,
    .check = check_sqlite,
    .durable = durable,
};

/* -- Opening ---------------------------------------------------------------------------------------------------- */

/* A store on a medium that can't be written can be read when nobody left a log beside it. */
static bool is_immutable(const char *path)
{
    char log[PATH_LEN + 8];
    snprintf(log, sizeof log, "%s-wal", path);
    return access(log, F_OK) != 0;
}

static bool uri_of(const char *path, char *out, size_t size)
{
    ens_buf b;
    ens_buf_init(&b, out, size, size);
    ens_buf_text(&b, "file:");
    for (; *path; path++)
        if (strchr("%?#", *path))
            ens_buf_printf(&b, "%%%02X", (unsigned)*path);
        else
            ens_buf_add(&b, path, 1);
    ens_buf_add(&b, "?immutable=1", sizeof "?immutable=1");
    bool good = ens_buf_done(&b, NULL) == ENS_OK && !b.on_heap;
    ens_buf_free(&b);
    return good;
}

static ens_code open_database(sqlite *c, int flags, ens_err *err)
{
    if (flags & SQLITE_OPEN_CREATE)
        ens__file_make_private(c->path);
    if (sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return failed_sqlite(c, "can't be opened", err);
    sqlite3_busy_timeout(c->db, BUSY_MS);
    sqlite3_extended_result_codes(c->db, 1);
    return ENS_OK;
}

static ens_code open_for_reading(sqlite *c, ens_err *err)
{
    char uri[PATH_LEN * 2];
    int id = 0;
    ens_code code = open_database(c, SQLITE_OPEN_READONLY, err);
    if (code != ENS_OK || ask_number(c, "PRAGMA application_id", &id, err) == ENS_OK || !is_immutable(c->path) ||
        !uri_of(c->path, uri, sizeof uri))
        return code;
    sqlite3_close(c->db);
    c->db = NULL;
    if (sqlite3_open_v2(uri, &c->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return failed_sqlite(c, "can't be opened", err);
    return ENS_OK;
}

static ens_code make(const char *path, sqlite **out, ens_err *err)
{
    size_t len = strlen(path);
    if (!len || len >= PATH_LEN || path[0] == ':' || strncmp(path, "file:", 5) == 0)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "not the name of a file", path);
    sqlite *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    c->head.engine = &engine;
    memcpy(c->path, path, len + 1);
    *out = c;
    return ENS_OK;
}

static ens_code know(sqlite *c, bool create, ens_err *err)
{
    unsigned schema = 0;
    ens_code code = schema_of(c, &schema, err);
    if (code == ENS_OK && schema == 0 && create)
        return migrate(c, ENS_STORE_SCHEMA, &schema, err);
    if (code == ENS_OK && schema == 0)
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "nothing is in it; make it with: ensign store migrate --store FILE", c->path);
    if (code == ENS_OK && schema < ENS_STORE_SCHEMA)
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "made by an older Ensign; first: ensign store migrate --store FILE", c->path);
    return code;
}

static ens_code open_for_writing(sqlite *c, bool create, ens_err *err)
{
    ens_code code = open_database(c, SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), err);
    if (code == ENS_OK && sqlite3_db_readonly(c->db, "main") == 1)
        code = ens_fail_about(err, ENS_EIO, RULE, "the file can't be written", c->path);
    if (code == ENS_OK)
        code = know(c, create, err);
    if (code == ENS_OK)
        code = execute(c, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY",
                       "can't be set up", err);
    c->durable = true;
    if (code == ENS_OK)
        code = ens__log_open(&c->log, c->db, c->path, true, err);
    if (code == ENS_OK) {
        ens_report *unread = ens_report_new();
        ens_durable medium = unread ? ens__medium_check(c->path, unread) : ENS_DURABLE_NONE;
        c->level = syncs(c) ? medium : ENS_DURABLE_NONE;
        ens_report_free(unread);
        c->checkpoint = ens__checkpoint_start(c->path, c->db);
    }
    return code;
}

ens_code ens__sqlite_open(const char *path, bool create, bool read_only, ens__sql **out, ens_err *err)
{
    sqlite *c = NULL;
    ens_code code = make(path, &c, err);
    if (code != ENS_OK)
        return code;
    c->read_only = read_only;
    if (!create && access(path, F_OK) != 0)
        code =
            ens_fail_about(err, ENS_EIO, RULE, "there is none; make it with: ensign store migrate --store FILE", path);
    else
        code = read_only ? open_for_reading(c, err) : open_for_writing(c, create, err);
    if (code == ENS_OK && read_only)
        code = know(c, false, err);
    if (code == ENS_OK && read_only)
        code = ens__log_open(&c->log, c->db, c->path, false, err);
    if (code == ENS_OK)
        *out = &c->head;
    else
        close_connection(&c->head);
    return code;
}

ens_code ens__sqlite_migrate(const char *path, unsigned schema, unsigned *from, ens_err *err)
{
    sqlite *c = NULL;
    ens_code code = make(path, &c, err);
    if (code != ENS_OK)
        return code;
    code = open_database(c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    if (code == ENS_OK)
        code = migrate(c, schema, from, err);
    close_connection(&c->head);
    return code;
}

static ens_code sync_copy(const char *to, ens_err *err)
{
    char folder[PATH_LEN];
    const char *slash = strrchr(to, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - to) + 1 : 1, slash ? to : ".");
    int fd = open(to, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced ? ens__folder_sync_itself(folder, err)
                  : ens_fail_about(err, ENS_EIO, RULE, "the copy can't be synced", to);
}

/* The file is private before anything is in it, and synced before it counts. */
ens_code ens__sqlite_backup(const char *path, const char *to, ens_err *err)
{
    ens__sql *store = NULL;
    sqlite3_stmt *s = NULL;
    struct stat st;
    if (stat(to, &st) == 0)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "a file of that name is there: name another", to);
    ens_code code = ens__sqlite_open(path, false, true, &store, err);
    if (code != ENS_OK)
        return code;
    sqlite *c = (sqlite *)store;
    ens__file_make_private(to);
    if (sqlite3_prepare_v2(c->db, "VACUUM INTO ?1", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_bind_text(s, 1, to, -1, SQLITE_STATIC) != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE)
        code = failed_sqlite(c, "the store can't be copied", err);
    sqlite3_finalize(s);
    if (code == ENS_OK)
        code = ens__log_copy(&c->log, to, err);
    close_connection(store);
    if (code == ENS_OK)
        code = sync_copy(to, err);
    if (code != ENS_OK)
        unlink(to);
    return code;
}
