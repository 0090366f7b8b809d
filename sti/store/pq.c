#include "sti/store/pq.h"

#include <dlfcn.h>
#include <pthread.h>

#define LIBRARY "libpq.so.5"

enum { OID_BYTES = 17, OID_NUMBER = 20, OID_TEXT = 25 }; /* of PostgreSQL's catalogue */

static ens__pq loaded;
static bool complete;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* for as long as the process lives */
    complete = library != NULL;
#define TAKE(name) complete = complete && (*(void **)&loaded.name = dlsym(library, #name)) != NULL;
    ENS_PQ_FUNCTIONS(TAKE)
#undef TAKE
}

/* What the server only remarks is nobody's here. */
static void hear_nothing(void *arg, const char *message)
{
    (void)arg, (void)message;
}

PGconn *ens__pq_connect(const ens__pq *pq, const char *info, bool read_only)
{
    const char *const keys[] = {
        "application_name", "client_encoding",  "connect_timeout",      "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "target_session_attrs", "dbname",          NULL};
    const char *const values[] = {"ensign", "UTF8", "5", "5", "2", "3", "10000", read_only ? "any" : "read-write",
                                  info,     NULL};
    PGconn *conn = pq->PQconnectdbParams(keys, values, 1);
    if (conn)
        pq->PQsetNoticeProcessor(conn, hear_nothing, NULL);
    return conn;
}

void ens__pq_fill(ens__pq_parameters *p, const ens__value *v, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        p->type[i] = v[i].kind == ENS_VALUE_NUMBER  ? OID_NUMBER
                     : v[i].kind == ENS_VALUE_TEXT  ? OID_TEXT
                     : v[i].kind == ENS_VALUE_BYTES ? OID_BYTES
                                                    : 0;
        for (int k = 0; k < 8; k++)
            p->number[i][k] = (uint8_t)((uint64_t)v[i].number >> (56 - 8 * k));
        p->format[i] = 1;
        p->value[i] = v[i].kind == ENS_VALUE_NUMBER ? (const char *)p->number[i]
                      : v[i].kind == ENS_VALUE_NONE ? NULL
                      : v[i].bytes.p                ? (const char *)v[i].bytes.p
                                                    : "";
        p->len[i] = v[i].kind == ENS_VALUE_NUMBER ? 8 : (int)v[i].bytes.len;
    }
}

ens_code ens__pq_load(const ens__pq **out, ens_err *err)
{
    pthread_once(&once, load);
    *out = &loaded;
    return complete ? ENS_OK
                    : ens_fail(err, ENS_EPOLICY, "Ensign store in PostgreSQL",
                               "libpq is not there, or older than PostgreSQL 14: install libpq5", 0);
}
