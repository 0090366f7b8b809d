#include "sti/rehearsal/rehearsal.h"

#include "sti/clock/clock.h"
#include "sti/store/sqlite_calls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign rehearsal file"
#define BUSY_MS 5000
#define SCHEMA 1 /* of the tables below; the registry beside them has a number of its own */

/* Times are seconds since 1970; states are the numbers of their enums. Of passwords, links and sessions a digest is
 * kept alone. */
static const char tables[] =
    "CREATE TABLE IF NOT EXISTS rehearsal (key VARCHAR(32) PRIMARY KEY, value VARCHAR(1024) NOT NULL);"
    "CREATE TABLE IF NOT EXISTS account (id VARCHAR(20) PRIMARY KEY, state INTEGER NOT NULL, password VARCHAR(160) NOT "
    "NULL, email VARCHAR(254) NOT NULL, surname VARCHAR(127) NOT NULL, first_name VARCHAR(127) NOT NULL,"
    " phone VARCHAR(31) NOT NULL, address VARCHAR(511) NOT NULL, topics VARCHAR(255) NOT NULL,"
    " language CHAR(2) NOT NULL, created_at BIGINT NOT NULL, link CHAR(64) NOT NULL, link_until BIGINT NOT NULL,"
    " siret VARCHAR(14) NOT NULL, company VARCHAR(127) NOT NULL, linked INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS attempt (id VARCHAR(64) NOT NULL, at BIGINT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS attempt_id ON attempt (id, at);"
    "CREATE TABLE IF NOT EXISTS session (token CHAR(64) PRIMARY KEY, account VARCHAR(20) NOT NULL, until BIGINT NOT "
    "NULL, eori VARCHAR(17) NOT NULL);"
    "CREATE TABLE IF NOT EXISTS mail (id CHAR(35) PRIMARY KEY, n INTEGER NOT NULL, at BIGINT NOT NULL, recipient "
    "VARCHAR(254) NOT NULL, subject VARCHAR(511) NOT NULL, body TEXT NOT NULL, state INTEGER NOT NULL, reason "
    "VARCHAR(255) NOT NULL, account VARCHAR(20) NOT NULL);"
    "CREATE TABLE IF NOT EXISTS news (id CHAR(35) PRIMARY KEY, account VARCHAR(20) NOT NULL, at BIGINT NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS rights (id CHAR(35) PRIMARY KEY, account VARCHAR(20) NOT NULL, eori VARCHAR(17) NOT "
    "NULL, company VARCHAR(127) NOT NULL, wanted BIGINT NOT NULL, state INTEGER NOT NULL, reason VARCHAR(511) NOT "
    "NULL, source INTEGER NOT NULL, asked_at BIGINT NOT NULL, decided_at BIGINT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS rights_account ON rights (account, eori);"
    "CREATE TABLE IF NOT EXISTS registration (id CHAR(35) PRIMARY KEY, account VARCHAR(20) NOT NULL, eori VARCHAR(17) "
    "NOT NULL, company VARCHAR(127) NOT NULL, name VARCHAR(127) NOT NULL, description VARCHAR(511) NOT NULL,"
    " holder VARCHAR(127) NOT NULL, step INTEGER NOT NULL, made_at BIGINT NOT NULL, issued_at BIGINT NOT NULL,"
    " nonce CHAR(32) NOT NULL, certificate BLOB, sha256 VARCHAR(64) NOT NULL, unchecked INTEGER NOT NULL,"
    " signed_at BIGINT NOT NULL, active_at BIGINT NOT NULL, superseded_by VARCHAR(35) NOT NULL);"
    "CREATE INDEX IF NOT EXISTS registration_account ON registration (account, made_at);"
    "CREATE TABLE IF NOT EXISTS spent (nonce CHAR(32) PRIMARY KEY, id CHAR(35) NOT NULL);"
    "CREATE TABLE IF NOT EXISTS task (id CHAR(35) PRIMARY KEY, provider VARCHAR(17) NOT NULL, client VARCHAR(17) NOT "
    "NULL, title VARCHAR(255) NOT NULL, text TEXT NOT NULL, mrn VARCHAR(18) NOT NULL, reference VARCHAR(17) NOT NULL,"
    " posted_at BIGINT NOT NULL, deadline BIGINT NOT NULL, answer TEXT NOT NULL, answered_at BIGINT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS task_client ON task (client, deadline);";

struct ens__rehearsal {
    ens__uumds *registry;
    sqlite3 *db;
    pthread_mutex_t turn; /* recursive */
    ens__environment environment;
};

static ens_code failed(const ens__rehearsal *r, const char *what, ens_err *err)
{
    return ens_fail_about(err, ENS_EIO, RULE, what, sqlite3_errmsg(r->db));
}

ens_code ens__rehearsal_begin(ens__rehearsal *r, ens_err *err)
{
    pthread_mutex_lock(&r->turn);
    if (sqlite3_exec(r->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK)
        return ENS_OK;
    ens_code code = failed(r, "can't be changed", err);
    pthread_mutex_unlock(&r->turn);
    return code;
}

ens_code ens__rehearsal_end(ens__rehearsal *r, ens_code code, ens_err *err)
{
    if (code == ENS_OK && sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        code = failed(r, "can't be changed", err);
    if (code != ENS_OK)
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&r->turn);
    return code;
}

static ens_code step_all(ens__rehearsal *r, sqlite3_stmt *s, bool (*take)(void *, const ens__row *), void *user,
                         ens_err *err)
{
    int step;
    while ((step = sqlite3_step(s)) == SQLITE_ROW)
        if (take && !take(user, (const ens__row *)s))
            return ENS_OK;
    return step == SQLITE_DONE ? ENS_OK : failed(r, "can't be used", err);
}

/* ask hands every row to take until that is false. */
static ens_code ask(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num,
                    bool (*take)(void *user, const ens__row *row), void *user, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    ens_code code = ENS_OK;
    pthread_mutex_lock(&r->turn);
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK)
        code = failed(r, "can't be asked", err);
    for (unsigned i = 0; i < num && code == ENS_OK; i++)
        if (!ens__sqlite_bind(s, (int)i + 1, &v[i]))
            code = failed(r, "can't be asked", err);
    if (code == ENS_OK)
        code = step_all(r, s, take, user, err);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&r->turn);
    return code;
}

ens_code ens__rehearsal_run(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num, int64_t *changed,
                            ens_err *err)
{
    pthread_mutex_lock(&r->turn);
    ens_code code = ask(r, sql, v, num, NULL, NULL, err);
    if (code == ENS_OK && changed)
        *changed = sqlite3_changes64(r->db);
    pthread_mutex_unlock(&r->turn);
    return code;
}

static sqlite3_stmt *statement_of(const ens__row *row)
{
    return (sqlite3_stmt *)(uintptr_t)row;
}

int64_t ens__row_number(const ens__row *row, int column)
{
    return sqlite3_column_int64(statement_of(row), column);
}

ens_slice ens__row_bytes(const ens__row *row, int column)
{
    const void *p = sqlite3_column_blob(statement_of(row), column);
    int len = sqlite3_column_bytes(statement_of(row), column);
    return ens_bytes(p, p && len > 0 ? (size_t)len : 0);
}

void ens__row_text(const ens__row *row, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement_of(row), column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

static bool take_record(void *user, const ens__row *row)
{
    ens__records *l = user;
    uint8_t *grown =
        l->max && l->num == l->max ? NULL : ens_arena_grow(l->arena, l->records, l->num, &l->room, l->size);
    l->failed = !grown && !(l->max && l->num == l->max);
    if (!grown)
        return false;
    l->records = grown;
    l->read(row, grown + l->num++ * l->size);
    return true;
}

ens_code ens__records_of(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num, ens__records *list,
                         ens_err *err)
{
    ens_code code = ask(r, sql, v, num, take_record, list, err);
    return code == ENS_OK && list->failed ? ens_fail(err, ENS_ENOMEM, RULE, "the list is too long", 0) : code;
}

/* The one row that is looked for. */
typedef struct {
    void (*read)(const ens__row *row, void *record);
    void *record;
    bool found;
} finding;

static bool take_first(void *user, const ens__row *row)
{
    finding *f = user;
    if (f->read)
        f->read(row, f->record);
    f->found = true;
    return false;
}

ens_code ens__record_of(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num,
                        void (*read)(const ens__row *row, void *record), void *record, bool *found, ens_err *err)
{
    finding f = {.read = read, .record = record};
    ens_code code = ask(r, sql, v, num, take_first, &f, err);
    *found = f.found;
    return code;
}

ens_code ens__rehearsal_keeps(ens__rehearsal *r, const char *table, bool *kept, ens_err *err)
{
    const ens__value v[] = {ens__string(table)};
    return ens__record_of(r, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", v, 1, NULL, NULL, kept,
                          err);
}

static void read_value(const ens__row *row, void *value)
{
    ens__row_text(row, 0, value, ENS_SETTING);
}

ens_code ens__rehearsal_setting(ens__rehearsal *r, const char *key, char out[ENS_SETTING], ens_err *err)
{
    bool found;
    const ens__value v[] = {ens__string(key)};
    out[0] = '\0';
    return ens__record_of(r, "SELECT value FROM rehearsal WHERE key = ?1", v, 1, read_value, out, &found, err);
}

ens_code ens__rehearsal_set(ens__rehearsal *r, const char *key, const char *value, ens_err *err)
{
    const ens__value v[] = {ens__string(key), ens__string(value)};
    return ens__rehearsal_run(r,
                              "INSERT INTO rehearsal (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET "
                              "value = excluded.value",
                              v, 2, NULL, err);
}

/* settle makes what isn't there, and finds out whose file it is. */
static ens_code settle(ens__rehearsal *r, const char *wanted, ens_err *err)
{
    char value[ENS_SETTING], number[16];
    snprintf(number, sizeof number, "%d", SCHEMA);
    ens_code code = ens__rehearsal_begin(r, err);
    if (code != ENS_OK)
        return code;
    if (sqlite3_exec(r->db, tables, NULL, NULL, NULL) != SQLITE_OK)
        code = failed(r, "the tables can't be made", err);
    if (code == ENS_OK)
        code = ens__rehearsal_setting(r, "schema", value, err);
    if (code == ENS_OK && value[0] && strtol(value, NULL, 10) > SCHEMA)
        code = ens_fail(err, ENS_EPOLICY, RULE, "made by a newer Ensign; use that one", 0);
    if (code == ENS_OK && !value[0])
        code = ens__rehearsal_set(r, "schema", number, err);
    if (code == ENS_OK)
        code = ens__rehearsal_setting(r, "environment", value, err);
    if (code == ENS_OK && !value[0]) {
        snprintf(value, sizeof value, "%s", wanted ? wanted : "conformance");
        code = ens__rehearsal_set(r, "environment", value, err);
    }
    if (code == ENS_OK && !ens__environment_read(ens_str(value), &r->environment))
        code = ens_fail_about(err, ENS_EPOLICY, RULE, "the environment is conformance or production", value);
    if (code == ENS_OK && wanted && strcmp(wanted, value) != 0)
        code = ens_fail_about(err, ENS_EPOLICY, RULE,
                              "it is the file of the other environment: each has a file of its own", value);
    return ens__rehearsal_end(r, code, err);
}

static ens_code connect(ens__rehearsal *r, const char *path, ens_err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &r->db, flags, NULL) != SQLITE_OK)
        return failed(r, "can't be opened", err);
    sqlite3_busy_timeout(r->db, BUSY_MS);
    sqlite3_extended_result_codes(r->db, 1);
    if (sqlite3_exec(r->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK)
        return failed(r, "can't be set up", err);
    return ENS_OK;
}

static bool make_turn(ens__rehearsal *r)
{
    pthread_mutexattr_t kind;
    bool good = pthread_mutexattr_init(&kind) == 0;
    good = good && pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE) == 0 &&
           pthread_mutex_init(&r->turn, &kind) == 0;
    return good;
}

ens_code ens__rehearsal_open(const char *path, const ens__rehearsal_options *o, ens__rehearsal **out, ens_err *err)
{
    ens__rehearsal *r = calloc(1, sizeof *r);
    if (!r || !make_turn(r)) {
        free(r);
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    ens_code code = ens__uumds_open(path, o->create, &r->registry, err);
    if (code == ENS_OK)
        code = connect(r, path, err);
    if (code == ENS_OK)
        code = settle(r, o->environment, err);
    if (code == ENS_OK)
        *out = r;
    else
        ens__rehearsal_close(r);
    return code;
}

void ens__rehearsal_close(ens__rehearsal *r)
{
    if (!r)
        return;
    if (r->db)
        sqlite3_close(r->db);
    ens__uumds_close(r->registry);
    pthread_mutex_destroy(&r->turn);
    free(r);
}

ens__environment ens__rehearsal_environment(const ens__rehearsal *r)
{
    return r->environment;
}

ens__uumds *ens__rehearsal_registry(ens__rehearsal *r)
{
    return r->registry;
}

static void read_clock(const ens__row *row, void *record)
{
    ens__clock_row *clock = record;
    clock->ahead_ms = ens__row_number(row, 0);
    clock->frozen_ms = ens__row_number(row, 1);
}

ens_code ens__rehearsal_now(ens__rehearsal *r, ens_time *out, ens_err *err)
{
    ens__clock_row clock = {0};
    bool kept = false;
    ens_code code = ens__rehearsal_keeps(r, "clock", &kept, err);
    if (code == ENS_OK && kept)
        code = ens__record_of(r, "SELECT ahead, frozen FROM clock WHERE space = ''", NULL, 0, read_clock, &clock, &kept,
                              err);
    if (code == ENS_OK)
        *out = ens__clock_time(&clock, ens__clock_machine_ms()) / 1000;
    return code;
}
