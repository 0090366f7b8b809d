#include "sti/store/sqlite_calls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SQLITE_FILE "libsqlite3.so.0"

#define MEMBER(type, name, parameters, arguments) __typeof__ (&ens__sqlite_##name)(name);
static struct {
    ENS__SQLITE_CALLS(MEMBER)
    int (*open_v2)(const char *, sqlite3 **, int, const char *);
    const char *(*errmsg)(sqlite3 *);
} calls;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char fault[256]; /* why it isn't there; empty: it is, or nobody asked yet */

static bool find_call(void *library, const char *name, void *out)
{
    void *symbol = dlsym(library, name); /* a pointer to data, that is one to a function */
    memcpy(out, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void load_sqlite(void)
{
    void *library = dlopen(SQLITE_FILE, RTLD_NOW | RTLD_LOCAL);
    bool good = library != NULL;
#define FIND(type, name, parameters, arguments) good = good && find_call(library, "sqlite3_" #name, &calls.name);
    ENS__SQLITE_CALLS(FIND)
    FIND(, open_v2, , )
    FIND(, errmsg, , )
    if (good)
        return;
    snprintf(fault, sizeof fault, "SQLite can't be loaded; install it (Debian: libsqlite3-0): %s", dlerror());
    calls.open_v2 = NULL;
}

int ens__sqlite_open_v2(const char *path, sqlite3 **out, int flags, const char *vfs)
{
    pthread_once(&once, load_sqlite);
    *out = NULL;
    return calls.open_v2 ? calls.open_v2(path, out, flags, vfs) : SQLITE_CANTOPEN;
}

const char *ens__sqlite_errmsg(sqlite3 *db)
{
    return calls.errmsg && !fault[0] ? calls.errmsg(db) : fault;
}

/* Nothing else is called but for what was opened, except to give back what there is none of. */
#define CALL(type, name, parameters, arguments)                                                                        \
    type ens__sqlite_##name parameters                                                                                 \
    {                                                                                                                  \
        return calls.name ? calls.name arguments : (type)0;                                                            \
    }
ENS__SQLITE_CALLS(CALL)

bool ens__sqlite_bind(sqlite3_stmt *s, int i, const ens__value *v)
{
    const char *p = v->bytes.p ? (const char *)v->bytes.p : "";
    switch (v->kind) {
    case ENS_VALUE_NUMBER:
        return sqlite3_bind_int64(s, i, v->number) == SQLITE_OK;
    case ENS_VALUE_TEXT:
        return sqlite3_bind_text64(s, i, p, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
    case ENS_VALUE_BYTES:
        return sqlite3_bind_blob64(s, i, p, v->bytes.len, SQLITE_STATIC) == SQLITE_OK;
    case ENS_VALUE_NONE:
        break;
    }
    return sqlite3_bind_null(s, i) == SQLITE_OK;
}
