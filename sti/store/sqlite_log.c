/* Segments behind a connection of SQLite. See sqlite_log.h. */
#include "sti/store/sqlite_log.h"

#include "engine/base/report.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define RULE "Ensign store segment"
#define GONE (-1)                      /* the end of a segment whose file is to go */
#define MOVE_ROWS 500                  /* octets that are moved in one transaction */
#define MOVE_BYTES ((int64_t)16 << 20) /* … and how many bytes of them */
#define OCTETS_MAX ((size_t)1 << 30)

#define SEGMENT_ROW "SELECT id, day, bytes, salt FROM segment "
#define IN_RANGE "typeof(raw) = 'text' AND id >= ?1 AND id < ?2"

static ens_code failed_sql(const ens__sqlite_log *log, const char *what, ens_err *err)
{
    return ens_fail_about(err, ENS_EIO, RULE, what, sqlite3_errmsg(log->db));
}

static ens_code do_sql(ens__sqlite_log *log, const char *sql, ens_err *err)
{
    return sqlite3_exec(log->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ENS_OK
                                                                     : failed_sql(log, "can't be changed", err);
}

static void undo(ens__sqlite_log *log)
{
    if (!sqlite3_get_autocommit(log->db))
        (void)do_sql(log, "ROLLBACK", NULL);
}

/* ask prepares a question with up to two numbers. */
static ens_code ask(ens__sqlite_log *log, const char *sql, int64_t first, int64_t second, sqlite3_stmt **out,
                    ens_err *err)
{
    if (!*out && sqlite3_prepare_v2(log->db, sql, -1, out, NULL) != SQLITE_OK)
        return failed_sql(log, "can't be read", err);
    for (int i = 1; i <= sqlite3_bind_parameter_count(*out); i++)
        if (sqlite3_bind_int64(*out, i, i == 1 ? first : second) != SQLITE_OK)
            return failed_sql(log, "a value can't be given", err);
    return ENS_OK;
}

/* next_row goes on to a row; *there is false behind the last one. */
static ens_code next_row(const ens__sqlite_log *log, sqlite3_stmt *s, bool *there, ens_err *err)
{
    int step = sqlite3_step(s);
    *there = step == SQLITE_ROW;
    return step == SQLITE_ROW || step == SQLITE_DONE ? ENS_OK : failed_sql(log, "can't be read", err);
}

/* ask_one is the first number of the answer, otherwise where there is none. */
static ens_code ask_one(ens__sqlite_log *log, const char *sql, int64_t first, int64_t second, int64_t otherwise,
                        int64_t *out, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool there = false;
    ens_code code = ask(log, sql, first, second, &s, err);
    if (code == ENS_OK)
        code = next_row(log, s, &there, err);
    *out = there ? sqlite3_column_int64(s, 0) : otherwise;
    sqlite3_finalize(s);
    return code;
}

static ens__segment read_segment(sqlite3_stmt *s)
{
    ens__segment segment = {
        .id = sqlite3_column_int64(s, 0), .day = sqlite3_column_int64(s, 1), .end = sqlite3_column_int64(s, 2)};
    const void *salt = sqlite3_column_blob(s, 3);
    if (salt && sqlite3_column_bytes(s, 3) == (int)sizeof segment.salt)
        memcpy(segment.salt, salt, sizeof segment.salt);
    return segment;
}

static ens_code find_active(ens__sqlite_log *log, ens_err *err)
{
    bool there = false;
    ens_code code = ask(log, SEGMENT_ROW "ORDER BY id DESC LIMIT 1", 0, 0, &log->find, err);
    if (code == ENS_OK)
        code = next_row(log, log->find, &there, err);
    ens__segment found = there ? read_segment(log->find) : (ens__segment){0};
    if (found.id != log->active.id)
        log->broken = false;
    log->active = found;
    if (log->find)
        sqlite3_reset(log->find);
    return code;
}

/* -- Opening ------------------------------------------------------------------------------------------------------ */

/* A store without its files would answer that messages are missing: better that it doesn't open. */
static ens_code look_for_files(ens__sqlite_log *log, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool there = true;
    ens_code code = ask(log, SEGMENT_ROW "WHERE bytes >= 0 ORDER BY id", 0, 0, &s, err);
    while (code == ENS_OK && (code = next_row(log, s, &there, err)) == ENS_OK && there) {
        ens__segment segment = read_segment(s);
        char path[ENS_SEGMENT_PATH];
        int64_t size = ens__segment_size(log->files, segment.day, segment.id);
        ens__segment_path(ens__segments_store(log->files), segment.day, segment.id, path);
        if (size < segment.end)
            code = ens_fail_about(err, ENS_EIO, RULE,
                                  size < 0 ? "a file beside the store, which holds messages, is missing: put it back, "
                                             "or restore both from a backup"
                                           : "a file beside the store, which holds messages, is too short: put the "
                                             "right one there, or restore both from a backup",
                                  path);
    }
    sqlite3_finalize(s);
    return code;
}

ens_code ens__log_open(ens__sqlite_log *log, sqlite3 *db, const char *path, bool write, ens_err *err)
{
    log->db = db;
    log->files = ens__segments_new(path, !write);
    if (!log->files)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    return write ? look_for_files(log, err) : ENS_OK;
}

void ens__log_close(ens__sqlite_log *log)
{
    sqlite3_finalize(log->find);
    sqlite3_finalize(log->move);
    ens__segments_free(log->files);
    *log = (ens__sqlite_log){0};
}

/* -- The segment that is written to ------------------------------------------------------------------------------- */

static int64_t today(void)
{
    struct tm t = {0};
    time_t now = time(NULL);
    gmtime_r(&now, &t);
    return (t.tm_year + 1900) * 10000LL + (t.tm_mon + 1) * 100 + t.tm_mday;
}

static bool is_full(const ens__sqlite_log *log)
{
    const ens__segment *a = &log->active;
    return !a->id || log->broken || a->end >= ENS_SEGMENT_MAX || a->end == GONE || a->day != today();
}

ens_code ens__log_begin(ens__sqlite_log *log, bool *full, ens_err *err)
{
    ens_code code = find_active(log, err);
    *full = code == ENS_OK && is_full(log);
    log->logged = code == ENS_OK;
    return code;
}

static ens_code put_segment(ens__sqlite_log *log, const ens__segment *n, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    ens_code code = ask(log,
                        "INSERT INTO segment (id, day, bytes, placed, first_octets, salt) SELECT ?1, ?2, 0, 0, "
                        "COALESCE((SELECT value FROM counter WHERE name = 'octets'), 0) + 1, ''",
                        n->id, n->day, &s, err);
    if (code == ENS_OK && sqlite3_step(s) != SQLITE_DONE)
        code = failed_sql(log, "can't be changed", err);
    sqlite3_finalize(s);
    s = NULL;
    if (code == ENS_OK)
        code = ask(log, "UPDATE segment SET bytes = ?2, salt = ?3 WHERE id = ?1", n->id, n->end, &s, err);
    if (code == ENS_OK && (sqlite3_bind_blob64(s, 3, n->salt, sizeof n->salt, SQLITE_STATIC) != SQLITE_OK ||
                           sqlite3_step(s) != SQLITE_DONE))
        code = failed_sql(log, "can't be changed", err);
    sqlite3_finalize(s);
    return code;
}

ens_code ens__log_renew(ens__sqlite_log *log, ens_err *err)
{
    ens_code code = do_sql(log, "BEGIN IMMEDIATE", err);
    if (code == ENS_OK)
        code = find_active(log, err);
    if (code == ENS_OK && is_full(log)) { /* another process may have made one */
        ens__segment n = {.id = log->active.id + 1, .day = today(), .end = ENS_SEGMENT_HEAD};
        if (getrandom(n.salt, sizeof n.salt, 0) != sizeof n.salt)
            code = ens_fail(err, ENS_EIO, RULE, "no random numbers", 0);
        if (code == ENS_OK)
            code = ens__segment_make(log->files, &n, err);
        if (code == ENS_OK)
            code = put_segment(log, &n, err);
    }
    if (code == ENS_OK)
        code = do_sql(log, "COMMIT", err);
    if (code != ENS_OK)
        undo(log);
    return code;
}

void ens__log_set(ens__sqlite_log *log, ens_slice record, const ens__piece *pieces, size_t num, bool again)
{
    log->record = record;
    log->pieces = pieces;
    log->num = num;
    log->next = 0;
    log->next_at = ens__frame_at(&log->active, record, num);
    log->placed = 0;
    log->again = again;
}

/* The pieces are asked for in their order, but for those that nobody needs. */
bool ens__log_place(ens__sqlite_log *log, ens_slice octets, char out[ENS_PLACE_TEXT])
{
    size_t i = log->next;
    int64_t at = log->next_at;
    if (!log->logged)
        return false;
    while (i < log->num && (log->pieces[i].octets.p != octets.p || log->pieces[i].octets.len != octets.len))
        at += (int64_t)log->pieces[i++].octets.len;
    if (i == log->num)
        return false;
    ens__place p = {.day = log->active.day, .id = log->active.id, .at = at, .len = (int64_t)octets.len};
    memcpy(p.sha256, log->pieces[i].sha256, sizeof p.sha256);
    ens__place_write(&p, out);
    log->next = i + 1;
    log->next_at = at + p.len;
    log->placed++;
    return true;
}

static ens_code move_end(ens__sqlite_log *log, ens_err *err)
{
    int64_t end = ens__frame_end(&log->active, log->record, log->pieces, log->num);
    ens_code code = ask(log, "UPDATE segment SET bytes = ?2, placed = placed + ?3 WHERE id = ?1", log->active.id, end,
                        &log->move, err);
    if (code == ENS_OK &&
        (sqlite3_bind_int64(log->move, 3, log->placed) != SQLITE_OK || sqlite3_step(log->move) != SQLITE_DONE))
        code = failed_sql(log, "can't be changed", err);
    if (log->move)
        sqlite3_reset(log->move);
    return code;
}

/* After a sync that failed nobody knows what the disk has of the file, and the next one would say that all is well. */
ens_code ens__log_keep(ens__sqlite_log *log, ens_err *err)
{
    if (!log->logged || !log->record.len)
        return ENS_OK;
    log->written = !log->again;
    ens_code code =
        log->again ? ENS_OK : ens__segment_append(log->files, &log->active, log->record, log->pieces, log->num, err);
    if (code != ENS_OK) {
        log->broken = true;
        return code;
    }
    return move_end(log, err);
}

void ens__log_undo(ens__sqlite_log *log, bool later)
{
    const ens__segment was = log->active;
    bool ours =
        log->written &&
        (!later || (find_active(log, NULL) == ENS_OK && log->active.id == was.id && log->active.end == was.end));
    if (ours)
        ens__segment_cut(log->files, &was);
}

void ens__log_end(ens__sqlite_log *log)
{
    log->logged = log->again = log->written = false;
    log->record = (ens_slice){0};
    log->pieces = NULL;
    log->num = log->next = 0;
}

/* -- Reading ------------------------------------------------------------------------------------------------------ */

/* read_in_hand finds octets of the frame that isn't written yet: a message that comes twice in one commit. */
static bool read_in_hand(const ens__sqlite_log *log, const ens__place *p, ens_buf *out)
{
    int64_t at = log->logged && log->record.len && p->id == log->active.id
                     ? ens__frame_at(&log->active, log->record, log->num)
                     : INT64_MAX;
    for (size_t i = 0; i < log->num && at <= p->at; i++) {
        const ens__piece *piece = &log->pieces[i];
        if (at == p->at && piece->octets.len == (uint64_t)p->len) {
            ens_buf_put(out, piece->octets);
            return true;
        }
        at += (int64_t)piece->octets.len;
    }
    return false;
}

ens_code ens__log_read(ens__sqlite_log *log, ens_slice place, ens_buf *out, ens_err *err)
{
    ens__place p;
    if (!ens__place_read(place, &p))
        return ens_fail(err, ENS_EIO, RULE, "a row says nothing of where its octets are: the store is damaged", 0);
    return read_in_hand(log, &p, out) ? ens_buf_done(out, err) : ens__segment_read(log->files, &p, out, err);
}

ens_code ens__log_next(ens__sqlite_log *log, ens_buf *frame, ens_slice *record, ens__piece **pieces, size_t *num,
                       bool *there, ens_err *err)
{
    return ens__segment_next(log->files, &log->active, frame, record, pieces, num, there, err);
}

bool ens__log_is_pending(ens__sqlite_log *log)
{
    return find_active(log, NULL) == ENS_OK && log->active.id && log->active.end >= 0 &&
           ens__segment_is_pending(log->files, &log->active);
}

/* -- Upkeep ------------------------------------------------------------------------------------------------------- */

/* drop_gone takes away the files of segments that an earlier round has given up: nobody reads them by now. */
static ens_code drop_gone(ens__sqlite_log *log, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool some = false, there = true;
    ens_code code = ask(log, SEGMENT_ROW "WHERE bytes < 0", 0, 0, &s, err);
    while (code == ENS_OK && (code = next_row(log, s, &there, err)) == ENS_OK && there) {
        ens__segment gone = read_segment(s);
        ens__segment_drop(log->files, gone.day, gone.id);
        some = true;
    }
    sqlite3_finalize(s);
    return some && code == ENS_OK ? do_sql(log, "DELETE FROM segment WHERE bytes < 0", err) : code;
}

/* move_octets puts what is in the range into its rows. */
static ens_code move_octets(ens__sqlite_log *log, int64_t from, int64_t until, ens_err *err)
{
    sqlite3_stmt *s = NULL, *set = NULL;
    int64_t moved = 0, rows = 0;
    bool there = true;
    ens_buf octets;
    ens_buf_init(&octets, NULL, 0, OCTETS_MAX);
    ens_code code = ask(log, "SELECT id, raw FROM octets WHERE " IN_RANGE, from, until, &s, err);
    while (code == ENS_OK && rows++ < MOVE_ROWS && moved < MOVE_BYTES &&
           (code = next_row(log, s, &there, err)) == ENS_OK && there) {
        ens_slice place = ens_bytes(sqlite3_column_text(s, 1), (size_t)sqlite3_column_bytes(s, 1));
        octets.len = 0;
        code = ens__log_read(log, place, &octets, err);
        if (code == ENS_OK)
            code = ask(log, "UPDATE octets SET raw = ?2 WHERE id = ?1", sqlite3_column_int64(s, 0), 0, &set, err);
        if (code == ENS_OK && (sqlite3_bind_blob64(set, 2, octets.p, octets.len, SQLITE_STATIC) != SQLITE_OK ||
                               sqlite3_step(set) != SQLITE_DONE))
            code = failed_sql(log, "can't be changed", err);
        if (set)
            sqlite3_reset(set);
        moved += (int64_t)octets.len;
    }
    sqlite3_finalize(s);
    sqlite3_finalize(set);
    ens_buf_free(&octets);
    return code;
}

/* Those of the oldest segment that no round takes away any more are first answers, open work, holds. */
static ens_code tidy_oldest(ens__sqlite_log *log, bool *more, ens_err *err)
{
    int64_t id = 0, from = 0, until = 0, placed = 0, live = 0;
    ens_code code = ask_one(log, "SELECT id FROM segment WHERE bytes >= 0 ORDER BY id LIMIT 1", 0, 0, 0, &id, err);
    if (code == ENS_OK)
        code =
            ask_one(log, "SELECT first_octets FROM segment WHERE id > ?1 ORDER BY id LIMIT 1", id, 0, 0, &until, err);
    if (code != ENS_OK || !until) /* it is the one that is written to */
        return code;
    code = ask_one(log, "SELECT first_octets FROM segment WHERE id = ?1", id, 0, 0, &from, err);
    if (code == ENS_OK)
        code = ask_one(log, "SELECT placed FROM segment WHERE id = ?1", id, 0, 0, &placed, err);
    if (code == ENS_OK)
        code = ask_one(log, "SELECT COUNT(*) FROM octets WHERE " IN_RANGE, from, until, 0, &live, err);
    bool stands_still = log->oldest == id && log->live == live;
    log->oldest = id;
    log->live = live;
    if (code == ENS_OK && live == 0)
        return ask_one(log, "UPDATE segment SET bytes = -1 WHERE id = ?1", id, 0, 0, &live, err);
    if (code == ENS_OK && stands_still && live <= placed / 2) {
        *more = true;
        log->live -= live < MOVE_ROWS ? live : MOVE_ROWS;
        return move_octets(log, from, until, err);
    }
    return code;
}

ens_code ens__log_tidy(ens__sqlite_log *log, bool *more, ens_err *err)
{
    ens_code code = do_sql(log, "BEGIN IMMEDIATE", err);
    if (code == ENS_OK)
        code = drop_gone(log, err);
    if (code == ENS_OK)
        code = tidy_oldest(log, more, err);
    if (code == ENS_OK)
        code = do_sql(log, "COMMIT", err);
    if (code != ENS_OK)
        undo(log);
    return code;
}

/* -- Looking through it ------------------------------------------------------------------------------------------- */

void ens__log_check(ens__sqlite_log *log, ens_report *report)
{
    char text[512] = "";
    sqlite3_stmt *s = NULL;
    uint64_t num = 0, bad = 0;
    bool there = true;
    ens_buf octets;
    ens_err err = {0};
    ens_buf_init(&octets, NULL, 0, OCTETS_MAX);
    ens_code code = ask(log, "SELECT raw FROM octets WHERE typeof(raw) = 'text'", 0, 0, &s, &err);
    while (code == ENS_OK && (code = next_row(log, s, &there, &err)) == ENS_OK && there) {
        ens_err why = {0};
        octets.len = 0;
        num++;
        if (ens__log_read(log, ens_bytes(sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0)), &octets,
                          &why) != ENS_OK &&
            bad++ == 0)
            ens_err_format(&why, text, sizeof text);
    }
    sqlite3_finalize(s);
    ens_buf_free(&octets);
    if (code != ENS_OK)
        ens__failf(report, "store.segments", RULE, "restore it from a backup", "%s",
                   ens_err_format(&err, text, sizeof text));
    else if (bad)
        ens__failf(report, "store.segments", RULE, "put the files beside the store back, or restore all from a backup",
                   "the octets of %llu messages out of %llu can't be read; the first: %s", (unsigned long long)bad,
                   (unsigned long long)num, text);
    else
        ens__passf(report, "store.segments", RULE, "the octets of %llu messages are what was put there",
                   (unsigned long long)num);
}

static ens_code copy_files(ens__sqlite_log *log, ens__sqlite_log *copy, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool there = true;
    ens_code code = ask(copy, SEGMENT_ROW "WHERE bytes >= 0 ORDER BY id", 0, 0, &s, err);
    while (code == ENS_OK && (code = next_row(copy, s, &there, err)) == ENS_OK && there) {
        ens__segment segment = read_segment(s);
        code = ens__segment_copy(log->files, copy->files, &segment, err);
    }
    if (code != ENS_OK) {
        sqlite3_reset(s);
        while (sqlite3_step(s) == SQLITE_ROW)
            ens__segment_drop(copy->files, sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 0));
    }
    sqlite3_finalize(s);
    return code;
}

ens_code ens__log_copy(ens__sqlite_log *log, const char *to, ens_err *err)
{
    ens__sqlite_log copy = {.files = ens__segments_new(to, false)};
    ens_code code = copy.files ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (code == ENS_OK && sqlite3_open_v2(to, &copy.db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        code = failed_sql(&copy, "the copy can't be read", err);
    if (code == ENS_OK)
        code = copy_files(log, &copy, err);
    sqlite3_close(copy.db);
    ens__segments_free(copy.files);
    return code;
}
