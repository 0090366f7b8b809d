/* The registry in SQLite: a file of its own, or the store of an access point, which has the same tables. See uumds.h.
 */
#include "sti/registry/uumds.h"

#include "engine/base/file.h"
#include "sti/store/sql.h"
#include "sti/store/sqlite_calls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RULE "Ensign registry file"
#define APPLICATION_ID 1162761042 /* "ENSR", in the file's header */
#define SCHEMA_VERSION 2
#define ELSEWHERE_MAX ((size_t)1 << 20) /* bytes of the registrations of one certificate */
#define BUSY_MS 5000                    /* wait for another process that writes */

static const char pragmas[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;";

#define CERTIFICATE                                                                                                    \
    "SELECT eori, member_state, sha256, subject, not_before, not_after, state, unchecked FROM certificate "

typedef enum {
    GET_PARTY,
    LIST_PARTIES,
    PUT_PARTY,
    HAS_PARTY_ID,
    LIST_PARTY_IDS, /* of a party; ALL_…: of every one */
    ALL_PARTY_IDS,
    PUT_PARTY_ID,
    LIST_CERTIFICATES,
    ALL_CERTIFICATES,
    LIST_HOLDERS,
    PUT_CERTIFICATE,
    NUM_STATEMENTS
} statement;

static const char *const sql[NUM_STATEMENTS] = {
    [GET_PARTY] = "SELECT eori, name, state, agreement, forced FROM party WHERE eori = ?1",
    [LIST_PARTIES] = "SELECT eori, name, state, agreement, forced FROM party ORDER BY eori",
    [PUT_PARTY] =
        "INSERT INTO party (eori, name, state, agreement, forced) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (eori) DO "
        "UPDATE"
        " SET name = excluded.name, state = excluded.state, agreement = excluded.agreement, forced = excluded.forced",
    [HAS_PARTY_ID] = "SELECT 1 FROM party_id WHERE party_id = ?1",
    [LIST_PARTY_IDS] = "SELECT party_id FROM party_id WHERE eori = ?1 ORDER BY party_id",
    [ALL_PARTY_IDS] = "SELECT party_id FROM party_id ORDER BY party_id",
    [PUT_PARTY_ID] = "INSERT INTO party_id (party_id, eori) VALUES (?1, ?2) ON CONFLICT (party_id) DO NOTHING",
    [LIST_CERTIFICATES] = CERTIFICATE "WHERE eori = ?1 ORDER BY member_state, not_after, sha256",
    [ALL_CERTIFICATES] = CERTIFICATE "ORDER BY eori, member_state, not_after, sha256",
    [LIST_HOLDERS] = CERTIFICATE "WHERE sha256 = ?1 ORDER BY eori, member_state",
    [PUT_CERTIFICATE] =
        "INSERT INTO certificate (eori, member_state, sha256, subject, not_before, not_after, state, unchecked)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (eori, member_state, sha256) DO UPDATE SET"
        " subject = excluded.subject, not_before = excluded.not_before, not_after = excluded.not_after,"
        " state = excluded.state, unchecked = excluded.unchecked"
        " WHERE certificate.state <> 2 OR excluded.state = 2", /* revoked is final */
};

struct ens__uumds {
    ens__uumds *other; /* of the other environment; opened when it is asked first */
    bool no_other;
    sqlite3 *db;
    sqlite3_stmt *prepared[NUM_STATEMENTS];
    pthread_mutex_t turn;
};

static ens_code failed_registry(const ens__uumds *u, const char *what, ens_err *err)
{
    return ens_fail_about(err, ENS_EIO, RULE, what, sqlite3_errmsg(u->db));
}

static ens_code pragma_number(ens__uumds *u, const char *pragma, int *out, ens_err *err)
{
    sqlite3_stmt *s = NULL;
    bool good = sqlite3_prepare_v2(u->db, pragma, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
    if (good)
        *out = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return good ? ENS_OK : failed_registry(u, "can't be read", err);
}

static ens_code check_schema(ens__uumds *u, ens_err *err)
{
    int id = 0, version = 0;
    ens_code code = pragma_number(u, "PRAGMA application_id", &id, err);
    if (code == ENS_OK)
        code = pragma_number(u, "PRAGMA user_version", &version, err);
    if (code != ENS_OK)
        return code;
    if (id != APPLICATION_ID && id != ENS_STORE_APPLICATION_ID)
        return ens_fail(err, ENS_EPOLICY, RULE, "not a registry; name another file", 0);
    if (id == ENS_STORE_APPLICATION_ID && version < (int)ENS_STORE_SCHEMA)
        return ens_fail(err, ENS_EPOLICY, RULE, "a store of an older Ensign; first: ensign store migrate --store FILE",
                        0);
    if (version > (id == APPLICATION_ID ? SCHEMA_VERSION : (int)ENS_STORE_SCHEMA))
        return ens_fail(err, ENS_EPOLICY, RULE, "made by a newer Ensign; use that one", 0);
    return ENS_OK;
}

/* Another process may be making the tables in this moment: then BEGIN waits, CREATE fails, and they are there after
 * all. */
static ens_code make_schema(ens__uumds *u, ens_err *err)
{
    char marks[96];
    snprintf(marks, sizeof marks, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", APPLICATION_ID,
             SCHEMA_VERSION);
    if (sqlite3_exec(u->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(u->db, ens__sql_registry, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(u->db, ens__sql_registry_unchecked, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(u->db, marks, NULL, NULL, NULL) == SQLITE_OK)
        return ENS_OK;
    ens_code code = failed_registry(u, "the tables can't be made", err);
    sqlite3_exec(u->db, "ROLLBACK", NULL, NULL, NULL);
    if (check_schema(u, NULL) != ENS_OK)
        return code;
    if (err)
        *err = (ens_err){0};
    return ENS_OK;
}

/* renew_schema brings a registry's own file of the first schema to this one; another process may do the same. */
static ens_code renew_schema(ens__uumds *u, ens_err *err)
{
    int id = 0, version = 0;
    char marks[64];
    ens_code code = pragma_number(u, "PRAGMA application_id", &id, err);
    if (code != ENS_OK || id != APPLICATION_ID)
        return code;
    snprintf(marks, sizeof marks, "PRAGMA user_version=%d; COMMIT", SCHEMA_VERSION);
    if (sqlite3_exec(u->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return failed_registry(u, "a registry of an older Ensign can't be renewed", err);
    code = pragma_number(u, "PRAGMA user_version", &version, err);
    if (code == ENS_OK && version < SCHEMA_VERSION) {
        if (sqlite3_exec(u->db, ens__sql_registry_unchecked, NULL, NULL, NULL) == SQLITE_OK &&
            sqlite3_exec(u->db, marks, NULL, NULL, NULL) == SQLITE_OK)
            return ENS_OK;
        code = failed_registry(u, "a registry of an older Ensign can't be renewed", err);
    }
    sqlite3_exec(u->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static ens_code prepare_registry(ens__uumds *u, ens_err *err)
{
    for (unsigned i = 0; i < NUM_STATEMENTS; i++)
        if (sqlite3_prepare_v3(u->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &u->prepared[i], NULL) != SQLITE_OK)
            return failed_registry(u, "a statement can't be prepared", err);
    return ENS_OK;
}

static bool is_old(ens__uumds *u)
{
    int version = SCHEMA_VERSION;
    return pragma_number(u, "PRAGMA user_version", &version, NULL) == ENS_OK && version < SCHEMA_VERSION;
}

/* Nothing is changed in a file before it is known for a registry, or for empty. */
static ens_code settle_registry(ens__uumds *u, bool create, ens_err *err)
{
    int tables = 0;
    ens_code code = pragma_number(u, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (code == ENS_OK && (tables > 0 || !create))
        code = check_schema(u, err);
    if (code != ENS_OK)
        return code;
    bool writable = sqlite3_db_readonly(u->db, "main") == 0;
    if (writable && sqlite3_exec(u->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return failed_registry(u, "can't be set up", err);
    return tables == 0 ? make_schema(u, err) : writable && is_old(u) ? renew_schema(u, err) : ENS_OK;
}

/* A registry on a read-only medium can be judged by: SQLite then opens it so by itself. */
static ens_code connect(ens__uumds *u, const char *path, bool create, ens_err *err)
{
    if (!create && access(path, F_OK) != 0)
        return ens_fail_about(err, ENS_EIO, RULE,
                              "there is none yet; make it with: ensign party add EORI --registry FILE", path);
    if (create)
        ens__file_make_private(path); /* it says who may speak for whom */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &u->db, flags, NULL) != SQLITE_OK)
        return failed_registry(u, "can't be opened", err);
    sqlite3_busy_timeout(u->db, BUSY_MS);
    sqlite3_extended_result_codes(u->db, 1);
    ens_code code = settle_registry(u, create, err);
    return code == ENS_OK ? prepare_registry(u, err) : code;
}

ens_code ens__uumds_open(const char *path, bool create, ens__uumds **out, ens_err *err)
{
    ens__uumds *u = calloc(1, sizeof *u);
    if (!u)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (pthread_mutex_init(&u->turn, NULL) != 0) {
        free(u);
        return ens_fail(err, ENS_ENOMEM, RULE, "no mutex", 0);
    }
    ens_code code = connect(u, path, create, err);
    if (code == ENS_OK)
        *out = u;
    else
        ens__uumds_close(u);
    return code;
}

void ens__uumds_close(ens__uumds *db)
{
    if (!db)
        return;
    ens__uumds_close(db->other);
    for (unsigned i = 0; i < NUM_STATEMENTS; i++)
        sqlite3_finalize(db->prepared[i]);
    sqlite3_close(db->db);
    pthread_mutex_destroy(&db->turn);
    free(db);
}

/* take_turn and end_turn enclose the use of one prepared statement, or of those of one transaction. */
static void take_turn(ens__uumds *u)
{
    pthread_mutex_lock(&u->turn);
}

static void end_turn(ens__uumds *u)
{
    pthread_mutex_unlock(&u->turn);
}

static void rewind_statement(sqlite3_stmt *s)
{
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
}

static bool bind(sqlite3_stmt *s, int i, ens_slice text)
{
    return text.len <= ENS_UUMDS_NAME &&
           sqlite3_bind_text(s, i, text.p ? (const char *)text.p : "", (int)text.len, SQLITE_STATIC) == SQLITE_OK;
}

static bool bind_text(sqlite3_stmt *s, int i, const char *text)
{
    return bind(s, i, ens_str(text));
}

static void column(sqlite3_stmt *s, int i, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s, i);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

static ens_code finish_registry(ens__uumds *u, sqlite3_stmt *s, bool bound, ens_err *err)
{
    ens_code code = bound && sqlite3_step(s) == SQLITE_DONE ? ENS_OK : failed_registry(u, "can't be changed", err);
    rewind_statement(s);
    return code;
}

static void read_party(sqlite3_stmt *s, void *row)
{
    ens__party *p = row;
    column(s, 0, p->eori, sizeof p->eori);
    column(s, 1, p->name, sizeof p->name);
    p->state = (ens_party_state)sqlite3_column_int(s, 2);
    column(s, 3, p->agreement, sizeof p->agreement);
    column(s, 4, p->forced, sizeof p->forced);
}

static void read_registration(sqlite3_stmt *s, void *row)
{
    ens__registration *r = row;
    column(s, 0, r->eori, sizeof r->eori);
    column(s, 1, r->member_state, sizeof r->member_state);
    column(s, 2, r->sha256, sizeof r->sha256);
    column(s, 3, r->subject, sizeof r->subject);
    r->not_before = sqlite3_column_int64(s, 4);
    r->not_after = sqlite3_column_int64(s, 5);
    r->state = (ens_party_state)sqlite3_column_int(s, 6);
    r->unchecked = sqlite3_column_int(s, 7) != 0;
}

static void read_party_id(sqlite3_stmt *s, void *row)
{
    column(s, 0, row, ENS_UUMDS_PARTY_ID);
}

/* One row or none. */
static ens_code get(ens__uumds *u, statement which, ens_slice key, void (*read)(sqlite3_stmt *, void *), void *row,
                    bool *found, ens_err *err)
{
    sqlite3_stmt *s = u->prepared[which];
    take_turn(u);
    int step = bind(s, 1, key) ? sqlite3_step(s) : SQLITE_ERROR;
    if (step == SQLITE_ROW && read)
        read(s, row);
    ens_code code = step == SQLITE_ROW || step == SQLITE_DONE ? ENS_OK : failed_registry(u, "can't be read", err);
    *found = step == SQLITE_ROW;
    rewind_statement(s);
    end_turn(u);
    return code;
}

typedef struct {
    size_t row_size, num, cap;
    uint8_t *rows;
    void (*read)(sqlite3_stmt *, void *);
} row_list;

static bool append_registry(row_list *list, sqlite3_stmt *s, ens_arena *arena)
{
    if (list->num == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        uint8_t *moved = ens_arena_take(arena, cap * list->row_size);
        if (!moved)
            return false;
        if (list->num)
            memcpy(moved, list->rows, list->num * list->row_size);
        list->rows = moved;
        list->cap = cap;
    }
    uint8_t *row = list->rows + list->num++ * list->row_size;
    memset(row, 0, list->row_size);
    list->read(s, row);
    return true;
}

static ens_code list_rows(ens__uumds *u, statement which, ens_slice key, ens_arena *arena, row_list *list, ens_err *err)
{
    sqlite3_stmt *s = u->prepared[which];
    ens_code code = ENS_OK;
    int step = SQLITE_ERROR;
    take_turn(u);
    if (sqlite3_bind_parameter_count(s) == 0 || bind(s, 1, key))
        while ((step = sqlite3_step(s)) == SQLITE_ROW && code == ENS_OK)
            if (!append_registry(list, s, arena))
                code = ens_fail(err, ENS_ENOMEM, RULE, "the list is too long", 0);
    if (code == ENS_OK && step != SQLITE_DONE)
        code = failed_registry(u, "can't be read", err);
    rewind_statement(s);
    end_turn(u);
    return code;
}

ens_code ens__uumds_party(ens__uumds *db, ens_slice eori, ens__party *out, bool *found, ens_err *err)
{
    return get(db, GET_PARTY, eori, read_party, out, found, err);
}

ens_code ens__uumds_has_party_id(ens__uumds *db, ens_slice party_id, bool *found, ens_err *err)
{
    return get(db, HAS_PARTY_ID, party_id, NULL, NULL, found, err);
}

ens_code ens__uumds_parties(ens__uumds *db, ens_arena *arena, ens__party **out, size_t *num, ens_err *err)
{
    row_list list = {.row_size = sizeof **out, .read = read_party};
    ens_code code = list_rows(db, LIST_PARTIES, (ens_slice){0}, arena, &list, err);
    if (code == ENS_OK) {
        *out = (ens__party *)(void *)list.rows;
        *num = list.num;
    }
    return code;
}

ens_code ens__uumds_party_ids(ens__uumds *db, ens_slice eori, ens_arena *arena, char (**out)[ENS_UUMDS_PARTY_ID],
                              size_t *num, ens_err *err)
{
    row_list list = {.row_size = sizeof **out, .read = read_party_id};
    ens_code code = list_rows(db, eori.len ? LIST_PARTY_IDS : ALL_PARTY_IDS, eori, arena, &list, err);
    if (code == ENS_OK) {
        *out = (char(*)[ENS_UUMDS_PARTY_ID])(void *)list.rows;
        *num = list.num;
    }
    return code;
}

static ens_code list_registrations(ens__uumds *db, statement which, ens_slice key, ens_arena *arena,
                                   ens__registration **out, size_t *num, ens_err *err)
{
    row_list list = {.row_size = sizeof **out, .read = read_registration};
    ens_code code = list_rows(db, which, key, arena, &list, err);
    if (code == ENS_OK) {
        *out = (ens__registration *)(void *)list.rows;
        *num = list.num;
    }
    return code;
}

ens_code ens__uumds_registrations(ens__uumds *db, ens_slice eori, ens_arena *arena, ens__registration **out,
                                  size_t *num, ens_err *err)
{
    return list_registrations(db, eori.len ? LIST_CERTIFICATES : ALL_CERTIFICATES, eori, arena, out, num, err);
}

ens_code ens__uumds_holders(ens__uumds *db, const char *sha256, ens_arena *arena, ens__registration **out, size_t *num,
                            ens_err *err)
{
    return list_registrations(db, LIST_HOLDERS, ens_str(sha256), arena, out, num, err);
}

static ens_code put_party(ens__uumds *u, const ens__party *p, ens_err *err)
{
    sqlite3_stmt *s = u->prepared[PUT_PARTY];
    bool bound = bind_text(s, 1, p->eori) && bind_text(s, 2, p->name) &&
                 sqlite3_bind_int(s, 3, (int)p->state) == SQLITE_OK && bind_text(s, 4, p->agreement) &&
                 bind_text(s, 5, p->forced);
    return finish_registry(u, s, bound, err);
}

static ens_code put_party_id(ens__uumds *u, ens_slice party_id, const char *eori, ens_err *err)
{
    sqlite3_stmt *s = u->prepared[PUT_PARTY_ID];
    return finish_registry(u, s, bind(s, 1, party_id) && bind_text(s, 2, eori), err);
}

ens_code ens__uumds_enrol(ens__uumds *db, const ens__party *party, ens_slice party_id, ens_err *err)
{
    take_turn(db);
    ens_code code = sqlite3_exec(db->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK
                        ? ENS_OK
                        : failed_registry(db, "can't be changed", err);
    if (code == ENS_OK) {
        code = put_party(db, party, err);
        if (code == ENS_OK && party_id.len)
            code = put_party_id(db, party_id, party->eori, err);
        if (code == ENS_OK && sqlite3_exec(db->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            code = failed_registry(db, "can't be changed", err);
        if (code != ENS_OK)
            sqlite3_exec(db->db, "ROLLBACK", NULL, NULL, NULL);
    }
    end_turn(db);
    return code;
}

ens_code ens__uumds_certify(ens__uumds *db, const ens__registration *registration, ens_err *err)
{
    const ens__registration *r = registration;
    sqlite3_stmt *s = db->prepared[PUT_CERTIFICATE];
    take_turn(db);
    bool bound = bind_text(s, 1, r->eori) && bind_text(s, 2, r->member_state) && bind_text(s, 3, r->sha256) &&
                 bind_text(s, 4, r->subject) && sqlite3_bind_int64(s, 5, r->not_before) == SQLITE_OK &&
                 sqlite3_bind_int64(s, 6, r->not_after) == SQLITE_OK &&
                 sqlite3_bind_int(s, 7, (int)r->state) == SQLITE_OK &&
                 sqlite3_bind_int(s, 8, r->unchecked) == SQLITE_OK;
    ens_code code = finish_registry(db, s, bound, err);
    bool unknown = code != ENS_OK && sqlite3_extended_errcode(db->db) == SQLITE_CONSTRAINT_FOREIGNKEY,
         final = code == ENS_OK && sqlite3_changes64(db->db) == 0;
    end_turn(db);
    if (final)
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "the certificate's registration was revoked, which is final: register a new certificate",
                              r->eori);
    if (!unknown)
        return code;
    return ens_fail_about(err, ENS_EPOLICY, RULE,
                          "no such party; add it first with: ensign party add EORI --registry FILE", r->eori);
}

/* read_setting reads what a rehearsal keeps in the same file (sti/rehearsal); "" where there is no such table. */
static void read_setting(ens__uumds *u, const char *key, char *out, size_t size)
{
    sqlite3_stmt *s = NULL;
    out[0] = '\0';
    if (sqlite3_prepare_v2(u->db, "SELECT value FROM rehearsal WHERE key = ?1", -1, &s, NULL) == SQLITE_OK &&
        bind_text(s, 1, key) && sqlite3_step(s) == SQLITE_ROW)
        column(s, 0, out, size);
    sqlite3_finalize(s);
}

/* other_of opens the registry of the other environment, once. */
static ens__uumds *other_of(ens__uumds *u)
{
    char path[1024];
    take_turn(u);
    if (!u->other && !u->no_other) {
        read_setting(u, "other", path, sizeof path);
        u->no_other = !path[0] || ens__uumds_open(path, false, &u->other, NULL) != ENS_OK;
    }
    end_turn(u);
    return u->other;
}

void ens__uumds_elsewhere(ens__uumds *db, const char *sha256, char out[ENS_UUMDS_EORI])
{
    ens_arena arena;
    ens__registration *held = NULL;
    size_t num = 0;
    ens__uumds *other = other_of(db);
    out[0] = '\0';
    if (!other)
        return;
    ens_arena_init(&arena, ELSEWHERE_MAX);
    if (ens__uumds_holders(other, sha256, &arena, &held, &num, NULL) == ENS_OK && num) {
        take_turn(other);
        read_setting(other, "environment", out, ENS_UUMDS_EORI);
        end_turn(other);
    }
    ens_arena_free(&arena);
}
