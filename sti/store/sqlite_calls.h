/* SQLite by its own names, loaded when a store or a registry is opened first: most runs open none, and the library
 * would cost the start of each of them as much as twenty messages. Whoever calls SQLite includes this in place of
 * sqlite3.h. */
#ifndef ENS_STI_STORE_SQLITE_CALLS_H
#define ENS_STI_STORE_SQLITE_CALLS_H

#include "sti/store/sql.h"

#include <sqlite3.h>

#define sqlite3_bind_blob64 ens__sqlite_bind_blob64
#define sqlite3_bind_int ens__sqlite_bind_int
#define sqlite3_bind_int64 ens__sqlite_bind_int64
#define sqlite3_bind_null ens__sqlite_bind_null
#define sqlite3_bind_parameter_count ens__sqlite_bind_parameter_count
#define sqlite3_bind_text ens__sqlite_bind_text
#define sqlite3_bind_text64 ens__sqlite_bind_text64
#define sqlite3_bind_zeroblob64 ens__sqlite_bind_zeroblob64
#define sqlite3_blob_close ens__sqlite_blob_close
#define sqlite3_blob_open ens__sqlite_blob_open
#define sqlite3_blob_write ens__sqlite_blob_write
#define sqlite3_busy_timeout ens__sqlite_busy_timeout
#define sqlite3_changes64 ens__sqlite_changes64
#define sqlite3_clear_bindings ens__sqlite_clear_bindings
#define sqlite3_close ens__sqlite_close
#define sqlite3_column_blob ens__sqlite_column_blob
#define sqlite3_column_bytes ens__sqlite_column_bytes
#define sqlite3_column_count ens__sqlite_column_count
#define sqlite3_column_int ens__sqlite_column_int
#define sqlite3_column_int64 ens__sqlite_column_int64
#define sqlite3_column_name ens__sqlite_column_name
#define sqlite3_column_text ens__sqlite_column_text
#define sqlite3_column_type ens__sqlite_column_type
#define sqlite3_db_readonly ens__sqlite_db_readonly
#define sqlite3_errmsg ens__sqlite_errmsg
#define sqlite3_exec ens__sqlite_exec
#define sqlite3_extended_errcode ens__sqlite_extended_errcode
#define sqlite3_extended_result_codes ens__sqlite_extended_result_codes
#define sqlite3_finalize ens__sqlite_finalize
#define sqlite3_get_autocommit ens__sqlite_get_autocommit
#define sqlite3_open_v2 ens__sqlite_open_v2
#define sqlite3_prepare_v2 ens__sqlite_prepare_v2
#define sqlite3_prepare_v3 ens__sqlite_prepare_v3
#define sqlite3_reset ens__sqlite_reset
#define sqlite3_step ens__sqlite_step
#define sqlite3_vfs_find ens__sqlite_vfs_find
#define sqlite3_wal_checkpoint_v2 ens__sqlite_wal_checkpoint_v2
#define sqlite3_wal_hook ens__sqlite_wal_hook

typedef void (*ens__sqlite_drop)(void *);
typedef int (*ens__sqlite_row)(void *, int, char **, char **);
typedef int (*ens__sqlite_commit)(void *, sqlite3 *, const char *, int);

/* X(type, name, parameters, arguments), but for the two that stand by themselves below. */
#define ENS__SQLITE_CALLS(X)                                                                                           \
    X(int, bind_blob64, (sqlite3_stmt * s, int i, const void *p, sqlite3_uint64 n, ens__sqlite_drop d),                \
      (s, i, p, n, d))                                                                                                 \
    X(int, bind_int, (sqlite3_stmt * s, int i, int v), (s, i, v))                                                      \
    X(int, bind_int64, (sqlite3_stmt * s, int i, sqlite3_int64 v), (s, i, v))                                          \
    X(int, bind_null, (sqlite3_stmt * s, int i), (s, i))                                                               \
    X(int, bind_parameter_count, (sqlite3_stmt * s), (s))                                                              \
    X(int, bind_text, (sqlite3_stmt * s, int i, const char *p, int n, ens__sqlite_drop d), (s, i, p, n, d))            \
    X(int, bind_text64,                                                                                                \
      (sqlite3_stmt * s, int i, const char *p, sqlite3_uint64 n, ens__sqlite_drop d, unsigned char e),                 \
      (s, i, p, n, d, e))                                                                                              \
    X(int, bind_zeroblob64, (sqlite3_stmt * s, int i, sqlite3_uint64 n), (s, i, n))                                    \
    X(int, blob_close, (sqlite3_blob * b), (b))                                                                        \
    X(int, blob_open,                                                                                                  \
      (sqlite3 * db, const char *name, const char *table, const char *column, sqlite3_int64 row, int flags,            \
       sqlite3_blob **out),                                                                                            \
      (db, name, table, column, row, flags, out))                                                                      \
    X(int, blob_write, (sqlite3_blob * b, const void *p, int n, int at), (b, p, n, at))                                \
    X(int, busy_timeout, (sqlite3 * db, int ms), (db, ms))                                                             \
    X(sqlite3_int64, changes64, (sqlite3 * db), (db))                                                                  \
    X(int, clear_bindings, (sqlite3_stmt * s), (s))                                                                    \
    X(int, close, (sqlite3 * db), (db))                                                                                \
    X(const void *, column_blob, (sqlite3_stmt * s, int i), (s, i))                                                    \
    X(int, column_bytes, (sqlite3_stmt * s, int i), (s, i))                                                            \
    X(int, column_count, (sqlite3_stmt * s), (s))                                                                      \
    X(int, column_int, (sqlite3_stmt * s, int i), (s, i))                                                              \
    X(sqlite3_int64, column_int64, (sqlite3_stmt * s, int i), (s, i))                                                  \
    X(const char *, column_name, (sqlite3_stmt * s, int i), (s, i))                                                    \
    X(const unsigned char *, column_text, (sqlite3_stmt * s, int i), (s, i))                                           \
    X(int, column_type, (sqlite3_stmt * s, int i), (s, i))                                                             \
    X(int, db_readonly, (sqlite3 * db, const char *name), (db, name))                                                  \
    X(int, exec, (sqlite3 * db, const char *sql, ens__sqlite_row take, void *user, char **why),                        \
      (db, sql, take, user, why))                                                                                      \
    X(int, extended_errcode, (sqlite3 * db), (db))                                                                     \
    X(int, extended_result_codes, (sqlite3 * db, int on), (db, on))                                                    \
    X(int, finalize, (sqlite3_stmt * s), (s))                                                                          \
    X(int, get_autocommit, (sqlite3 * db), (db))                                                                       \
    X(int, prepare_v2, (sqlite3 * db, const char *sql, int n, sqlite3_stmt **out, const char **rest),                  \
      (db, sql, n, out, rest))                                                                                         \
    X(int, prepare_v3, (sqlite3 * db, const char *sql, int n, unsigned flags, sqlite3_stmt **out, const char **rest),  \
      (db, sql, n, flags, out, rest))                                                                                  \
    X(int, reset, (sqlite3_stmt * s), (s))                                                                             \
    X(int, step, (sqlite3_stmt * s), (s))                                                                              \
    X(sqlite3_vfs *, vfs_find, (const char *name), (name))                                                             \
    X(int, wal_checkpoint_v2, (sqlite3 * db, const char *name, int mode, int *log, int *done),                         \
      (db, name, mode, log, done))                                                                                     \
    X(void *, wal_hook, (sqlite3 * db, ens__sqlite_commit take, void *user), (db, take, user))

#define ENS__SQLITE_DECLARE(type, name, parameters, arguments) type ens__sqlite_##name parameters;
ENS__SQLITE_CALLS(ENS__SQLITE_DECLARE)

/* As SQLite has them; without the library nothing can be opened, and errmsg says what to install. */
int ens__sqlite_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs);
const char *ens__sqlite_errmsg(sqlite3 *db);

/* ens__sqlite_bind gives a statement its parameter number i, from 1. Its octets are borrowed until they are cleared. */
bool ens__sqlite_bind(sqlite3_stmt *s, int i, const ens__value *v);

#endif
