/* PostgreSQL behind the store, or what speaks its protocol: a connection of libpq in pipeline mode. What needs no
 * answer is sent and goes on; the next question, or the commit, brings the answers. See sql.h. */
#include "engine/base/report.h"
#include "sti/store/hint.h"
#include "sti/store/sql.h"
#include "sti/store/tx.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RULE "Ensign store in PostgreSQL"
#define QUEUED_MAX 64u /* commands of which the answers are still to be read: they fit any socket's buffer */
#define LASTING_LEVELS "on", "remote_apply"

/* What a failure was. */
typedef enum { FAULT_NONE = 0, FAULT_LASTING, FAULT_PASSING, FAULT_LOST } fault;

/* A command of which the answer is still to be read. */
typedef struct {
    enum { COMMAND_PLAIN, COMMAND_PREPARE, COMMAND_RUN, COMMAND_ASK } kind;
    ens__statement which;
    const char *must; /* it changes just one row, or this is why not */
} command;

typedef struct {
    ens__sql head;
    const ens__pq *pq;
    PGconn *conn;
    char *info;                            /* what libpq connects by */
    bool read_only, in_transaction, waits; /* waits: synchronous_commit can be switched off */
    bool tells;                            /* there is NOTIFY */
    fault fault;
    _Atomic ens_durable level;    /* any thread may ask */
    int64_t server_ms, steady_ms; /* the server's time, and ours when it came */
    command queue[QUEUED_MAX];
    unsigned queued;
    int64_t changed; /* by the command that was run last */
    char *text[ENS_SQL_STATEMENTS];
    bool prepared[ENS_SQL_STATEMENTS];
    PGresult *result[ENS_SQL_STATEMENTS];
    int row[ENS_SQL_STATEMENTS];
} postgres;

/* -- Failures --------------------------------------------------------------------------------------------------- */

/* A failure that passes: two writers that were in each other's way, a server that is going down or coming up.
 * Source  PostgreSQL, Appendix A */
static bool passes(const char *state)
{
    static const char *const states[] = {"40001", "40P01", "57P01", "57P02", "57P03", "25006", "55P03", "53300"};
    for (size_t i = 0; state && i < sizeof states / sizeof *states; i++)
        if (strcmp(state, states[i]) == 0)
            return true;
    return state && strncmp(state, "08", 2) == 0;
}

static ens_code failed(postgres *c, const PGresult *r, ens_err *err)
{
    char text[ENS_ERR_TEXT];
    const char *said = r ? c->pq->PQresultErrorMessage(r) : c->conn ? c->pq->PQerrorMessage(c->conn) : "out of memory";
    const char *state = r ? c->pq->PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(said, "\n"), said);
    if (!c->conn || c->pq->PQstatus(c->conn) != CONNECTION_OK || !state) /* without a state it is libpq's own */
        c->fault = FAULT_LOST;
    else if (c->fault != FAULT_LOST)
        c->fault = passes(state) ? FAULT_PASSING : FAULT_LASTING;
    return ens_fail_about(err, ENS_EIO, RULE, "PostgreSQL says", text);
}

static bool may_repeat(const ens__sql *sql)
{
    const postgres *c = (const postgres *)sql;
    return c->fault == FAULT_PASSING || c->fault == FAULT_LOST;
}

/* -- Commands --------------------------------------------------------------------------------------------------- */

static void keep_result(postgres *c, ens__statement which, PGresult *r)
{
    c->pq->PQclear(c->result[which]);
    c->result[which] = r;
    c->row[which] = -1;
}

/* take_result reads what a command answered; the first failure is told. */
static ens_code take_result(postgres *c, const command *q, PGresult *r, ens_err *err)
{
    ExecStatusType status = c->pq->PQresultStatus(r);
    if (status == PGRES_PIPELINE_ABORTED)
        return ENS_EIO;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        return failed(c, r, err);
    if (q->kind == COMMAND_PREPARE)
        c->prepared[q->which] = true;
    if (q->kind == COMMAND_RUN)
        c->changed = strtoll(c->pq->PQcmdTuples(r), NULL, 10);
    if (q->must && c->changed != 1) {
        c->fault = FAULT_LASTING;
        return ens_fail(err, ENS_EIO, RULE, q->must, 0);
    }
    return ENS_OK;
}

/* drain reads what every command answered, up to the end of the pipeline. */
static ens_code drain(postgres *c, ens_err *err)
{
    ens_code code = c->conn && c->pq->PQpipelineSync(c->conn) == 1 ? ENS_OK : failed(c, NULL, err);
    for (unsigned i = 0; i < c->queued && c->fault != FAULT_LOST; i++) {
        PGresult *r = c->pq->PQgetResult(c->conn);
        ens_code one = r ? take_result(c, &c->queue[i], r, code == ENS_OK ? err : NULL)
                         : failed(c, NULL, code == ENS_OK ? err : NULL);
        code = code == ENS_OK ? one : code;
        if (r && c->queue[i].kind == COMMAND_ASK && one == ENS_OK)
            keep_result(c, c->queue[i].which, r);
        else
            c->pq->PQclear(r);
        if (r)
            c->pq->PQclear(c->pq->PQgetResult(c->conn)); /* the end of its answer */
    }
    c->queued = 0;
    PGresult *end = c->fault != FAULT_LOST ? c->pq->PQgetResult(c->conn) : NULL;
    if (c->fault != FAULT_LOST && c->pq->PQresultStatus(end) != PGRES_PIPELINE_SYNC && code == ENS_OK)
        code = failed(c, end, err);
    c->pq->PQclear(end);
    return code;
}

static ens_code enqueue(postgres *c, command q, int sent, ens_err *err)
{
    if (!sent)
        return failed(c, NULL, err);
    c->queue[c->queued++] = q;
    return c->queued < QUEUED_MAX ? ENS_OK : drain(c, err);
}

static ens_code send_plain(postgres *c, const char *sql, ens_err *err)
{
    return enqueue(c, (command){.kind = COMMAND_PLAIN},
                   c->conn && c->pq->PQsendQueryParams(c->conn, sql, 0, NULL, NULL, NULL, NULL, 1), err);
}

static ens_code send_statement(postgres *c, command q, const ens__value *v, unsigned num, ens_err *err)
{
    ens__pq_parameters p;
    char name[16];
    ens_code code = ENS_OK;
    if (num > ENS_PQ_PARAMETERS_MAX || !c->text[q.which])
        return ens_fail(err, ENS_ELIMIT, RULE, "too many parameters", 0);
    ens__pq_fill(&p, v, num);
    snprintf(name, sizeof name, "s%u", (unsigned)q.which);
    bool pending = c->prepared[q.which];
    for (unsigned i = 0; i < c->queued && !pending; i++)
        pending = c->queue[i].kind == COMMAND_PREPARE && c->queue[i].which == q.which;
    if (!pending)
        code = enqueue(c, (command){.kind = COMMAND_PREPARE, .which = q.which},
                       c->conn && c->pq->PQsendPrepare(c->conn, name, c->text[q.which], (int)num, p.type), err);
    return code == ENS_OK
               ? enqueue(c, q, c->pq->PQsendQueryPrepared(c->conn, name, (int)num, p.value, p.len, p.format, 1), err)
               : code;
}

static ens_code run_postgres(ens__sql *sql, ens__statement which, const ens__value *v, unsigned num, int64_t *changed,
                             ens_err *err)
{
    postgres *c = (postgres *)sql;
    ens_code code = send_statement(c, (command){.kind = COMMAND_RUN, .which = which}, v, num, err);
    if (code != ENS_OK || !changed)
        return code;
    if (c->queued)
        code = drain(c, err);
    *changed = c->changed;
    return code;
}

static ens_code must_postgres(ens__sql *sql, ens__statement which, const ens__value *v, unsigned num, const char *what,
                              ens_err *err)
{
    return send_statement((postgres *)sql, (command){.kind = COMMAND_RUN, .which = which, .must = what}, v, num, err);
}

static ens_code connect_again(postgres *c, ens_err *err);

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
}

static ens_code ask_once(postgres *c, ens__statement which, const ens__value *v, unsigned num, ens_err *err)
{
    ens_code code = c->in_transaction ? ENS_OK : connect_again(c, err);
    if (code == ENS_OK)
        code = send_statement(c, (command){.kind = COMMAND_ASK, .which = which}, v, num, err);
    return code == ENS_OK && c->queued ? drain(c, err) : code;
}

/* Outside a transaction a question does no harm when it is asked again. */
static ens_code ask_postgres(ens__sql *sql, ens__statement which, const ens__value *v, unsigned num, ens_err *err)
{
    postgres *c = (postgres *)sql;
    int64_t until = ens__store_steady() + ENS_STORE_REPEAT_MS;
    ens_err why = {0};
    ens_code code = ask_once(c, which, v, num, &why);
    while (code != ENS_OK && !c->in_transaction && may_repeat(sql) && ens__store_steady() < until) {
        why = (ens_err){0};
        nap();
        code = ask_once(c, which, v, num, &why);
    }
    if (code != ENS_OK && err)
        *err = why;
    return code;
}

static ens_code next_postgres(ens__sql *sql, ens__statement which, bool *there, ens_err *err)
{
    postgres *c = (postgres *)sql;
    (void)err;
    *there = c->result[which] && ++c->row[which] < c->pq->PQntuples(c->result[which]);
    return ENS_OK;
}

static int64_t number_postgres(ens__sql *sql, ens__statement which, unsigned column)
{
    postgres *c = (postgres *)sql;
    int len = c->pq->PQgetlength(c->result[which], c->row[which], (int)column);
    const uint8_t *p = (const uint8_t *)c->pq->PQgetvalue(c->result[which], c->row[which], (int)column);
    uint64_t n = len > 0 && p[0] & 0x80 ? UINT64_MAX : 0; /* of 2, 4 or 8 octets */
    for (int i = 0; i < len; i++)
        n = n << 8 | p[i];
    return (int64_t)n;
}

static ens_slice bytes_postgres(ens__sql *sql, ens__statement which, unsigned column)
{
    postgres *c = (postgres *)sql;
    if (c->pq->PQgetisnull(c->result[which], c->row[which], (int)column))
        return ens_bytes("", 0);
    return ens_bytes(c->pq->PQgetvalue(c->result[which], c->row[which], (int)column),
                     (size_t)c->pq->PQgetlength(c->result[which], c->row[which], (int)column));
}

static void end_postgres(ens__sql *sql, ens__statement which)
{
    keep_result((postgres *)sql, which, NULL);
}

/* -- Transactions ----------------------------------------------------------------------------------------------- */

/* read_time takes the time of the server, which every node goes by. */
static ens_code read_time(postgres *c, ens_err *err)
{
    ens_code code = send_statement(c, (command){.kind = COMMAND_ASK, .which = ENS_SQL_TIME}, NULL, 0, err);
    if (code == ENS_OK && c->queued)
        code = drain(c, err);
    bool there = false;
    if (code == ENS_OK)
        code = next_postgres(&c->head, ENS_SQL_TIME, &there, err);
    if (there) {
        c->server_ms = number_postgres(&c->head, ENS_SQL_TIME, 0);
        c->steady_ms = ens__store_steady();
    }
    end_postgres(&c->head, ENS_SQL_TIME);
    return code;
}

static int64_t now_ms(const ens__sql *sql)
{
    const postgres *c = (const postgres *)sql;
    return c->server_ms + ens__store_steady() - c->steady_ms;
}

static ens_code begin_postgres(ens__sql *sql, bool durable, ens_err *err)
{
    postgres *c = (postgres *)sql;
    ens_code code = connect_again(c, err);
    if (code == ENS_OK)
        code = send_plain(c, "BEGIN", err);
    c->in_transaction = code == ENS_OK;
    if (code == ENS_OK && !durable && c->waits)
        code = send_plain(c, "SET LOCAL synchronous_commit TO off", err);
    if (code == ENS_OK)
        code = read_time(c, err);
    return code;
}

/* tell_postgres has who listens told when this is committed. */
static ens_code tell_postgres(ens__sql *sql, const char *mark, ens_err *err)
{
    postgres *c = (postgres *)sql;
    char text[96];
    snprintf(text, sizeof text, "NOTIFY " ENS_HINT_CHANNEL ", '%s'", mark);
    return c->tells ? send_plain(c, text, err) : ENS_OK;
}

static ens_code listen_postgres(const ens__sql *sql, const char *mark, void (*heard)(void *), void *user,
                                ens__hints **out, ens_err *err)
{
    return ens__hints_start(((const postgres *)sql)->info, mark, heard, user, out, err);
}

static ens_code commit_postgres(ens__sql *sql, ens_err *err)
{
    postgres *c = (postgres *)sql;
    ens_code code = send_plain(c, "COMMIT", err);
    if (code == ENS_OK && c->queued)
        code = drain(c, err);
    c->in_transaction = c->in_transaction && code != ENS_OK;
    return code;
}

static void rollback_postgres(ens__sql *sql)
{
    postgres *c = (postgres *)sql;
    fault was = c->fault;
    if (c->in_transaction && c->fault != FAULT_LOST && send_plain(c, "ROLLBACK", NULL) == ENS_OK && c->queued)
        (void)!drain(c, NULL);
    if (c->fault != FAULT_LOST)
        c->fault = was;
    c->in_transaction = false;
}

/* -- Connections ------------------------------------------------------------------------------------------------ */

static void disconnect(postgres *c)
{
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++) {
        keep_result(c, (ens__statement)i, NULL);
        c->prepared[i] = false;
    }
    c->queued = 0;
    c->in_transaction = false;
    c->pq->PQfinish(c->conn);
    c->conn = NULL;
}

static ens_code connect_plain(postgres *c, ens_err *err)
{
    c->conn = ens__pq_connect(c->pq, c->info, c->read_only);
    return c->conn && c->pq->PQstatus(c->conn) == CONNECTION_OK ? ENS_OK : failed(c, NULL, err);
}

/* setting reads one into out; false where there is none of that name. */
static bool setting(postgres *c, const char *name, char *out, size_t size)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SHOW %s", name);
    PGresult *r = c->pq->PQexec(c->conn, sql);
    bool good = c->pq->PQresultStatus(r) == PGRES_TUPLES_OK && c->pq->PQntuples(r) == 1;
    snprintf(out, size, "%s", good ? c->pq->PQgetvalue(r, 0, 0) : "");
    c->pq->PQclear(r);
    return good;
}

/* has_notify asks for nobody's ears. */
static bool has_notify(postgres *c)
{
    PGresult *r = c->pq->PQexec(c->conn, "NOTIFY " ENS_HINT_CHANNEL "_nobody");
    bool good = c->pq->PQresultStatus(r) == PGRES_COMMAND_OK;
    c->pq->PQclear(r);
    return good;
}

static int num_standbys(postgres *c)
{
    PGresult *r = c->pq->PQexec(c->conn, "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN "
                                         "('sync', 'quorum') AND state = 'streaming'");
    int num = c->pq->PQresultStatus(r) == PGRES_TUPLES_OK ? atoi(c->pq->PQgetvalue(r, 0, 0)) : 0;
    c->pq->PQclear(r);
    return num;
}

/* What a commit outlives, and how we know. */
typedef struct {
    char fsync[16], commit[24], names[128];
    bool full_pages;
    int standbys;
} promise;

static void read_promise(postgres *c, promise *p)
{
    char pages[16];
    bool known = setting(c, "full_page_writes", pages, sizeof pages);
    p->full_pages = !known || strcmp(pages, "on") == 0;
    if (!setting(c, "fsync", p->fsync, sizeof p->fsync))
        snprintf(p->fsync, sizeof p->fsync, "on"); /* an engine that has no such switch */
    c->waits = setting(c, "synchronous_commit", p->commit, sizeof p->commit);
    setting(c, "synchronous_standby_names", p->names, sizeof p->names);
    p->standbys = p->names[0] ? num_standbys(c) : 0;
}

static bool is_lasting(const char *commit)
{
    static const char *const levels[] = {LASTING_LEVELS};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(commit, levels[i]) == 0)
            return true;
    return false;
}

static ens_durable level_of(const promise *p)
{
    bool synced = strcmp(p->fsync, "on") == 0 && p->full_pages && (!p->commit[0] || strcmp(p->commit, "off") != 0);
    return !synced                                                   ? ENS_DURABLE_NONE
           : is_lasting(p->commit) && p->names[0] && p->standbys > 0 ? ENS_DURABLE_REPLICATED
                                                                     : ENS_DURABLE_DISK;
}

/* schema_of is 0 for a database that has no store; *oldest is whose Ensign can work on it. */
static ens_code schema_of(postgres *c, unsigned *schema, unsigned *oldest, ens_err *err)
{
    PGresult *r = c->pq->PQexec(c->conn, "SELECT schema, oldest FROM ensign_store WHERE one = 1");
    const char *state = c->pq->PQresultErrorField(r, PG_DIAG_SQLSTATE);
    bool good = c->pq->PQresultStatus(r) == PGRES_TUPLES_OK, none = state && strcmp(state, "42P01") == 0;
    bool there = good && c->pq->PQntuples(r) == 1;
    *schema = there ? (unsigned)atoi(c->pq->PQgetvalue(r, 0, 0)) : 0;
    *oldest = there ? (unsigned)atoi(c->pq->PQgetvalue(r, 0, 1)) : 0;
    ens_code code = good || none ? ENS_OK : failed(c, r, err);
    c->pq->PQclear(r);
    return code;
}

static ens_code know(postgres *c, ens_err *err)
{
    unsigned schema = 0, oldest = 0;
    const char *encoding = c->pq->PQparameterStatus(c->conn, "server_encoding");
    ens_code code = schema_of(c, &schema, &oldest, err);
    if (code != ENS_OK)
        return code;
    if (encoding && strcmp(encoding, "UTF8") != 0)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "the database must be of encoding UTF8, and it is of", encoding);
    if (schema == 0)
        return ens_fail(err, ENS_EPOLICY, RULE, "no store is in it; make it with: ensign store migrate --store NAME",
                        0);
    if (schema < ENS_STORE_SCHEMA)
        return ens_fail(err, ENS_EPOLICY, RULE, "made by an older Ensign; first: ensign store migrate --store NAME", 0);
    if (schema > ENS_STORE_SCHEMA && oldest > ENS_STORE_SCHEMA)
        return ens_fail(err, ENS_EPOLICY, RULE, "made by a newer Ensign; use that one", 0);
    return ENS_OK;
}

/* connect_again connects where there is no connection, or a broken one. */
static ens_code connect_again(postgres *c, ens_err *err)
{
    promise p = {0};
    bool broken = !c->conn || c->fault == FAULT_LOST || c->pq->PQstatus(c->conn) != CONNECTION_OK;
    c->fault = FAULT_NONE;
    if (!broken)
        return ENS_OK;
    disconnect(c);
    ens_code code = connect_plain(c, err);
    if (code == ENS_OK)
        code = know(c, err);
    if (code == ENS_OK) {
        read_promise(c, &p);
        atomic_store(&c->level, level_of(&p));
        c->tells = !c->read_only && has_notify(c);
    }
    if (code == ENS_OK && c->pq->PQenterPipelineMode(c->conn) != 1)
        code = failed(c, NULL, err);
    if (code == ENS_OK && c->pq->PQstatus(c->conn) != CONNECTION_OK)
        code = failed(c, NULL, err);
    return code == ENS_OK ? read_time(c, err) : code;
}

static void close_postgres(ens__sql *sql)
{
    postgres *c = (postgres *)sql;
    disconnect(c);
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++)
        free(c->text[i]);
    free(c->info);
    free(c);
}

/* -- What it keeps ---------------------------------------------------------------------------------------------- */

static ens_durable durable_postgres(const ens__sql *sql)
{
    return atomic_load(&((const postgres *)sql)->level);
}

static void check_syncs(const promise *p, ens_report *report)
{
    if (strcmp(p->fsync, "on") != 0)
        ens__failf(report, "store.sync", RULE, "set fsync to on", "fsync is %s: the machine's end takes commits away",
                   p->fsync);
    else if (!p->full_pages)
        ens__failf(report, "store.sync", RULE, "set full_page_writes to on",
                   "full_page_writes is off: a page may be torn by the machine's end");
    else if (strcmp(p->commit, "off") == 0)
        ens__failf(report, "store.sync", RULE, "set synchronous_commit to on",
                   "synchronous_commit is off: commits are told before they are kept");
    else
        ens__passf(report, "store.sync", RULE, "fsync %s, synchronous_commit %s", p->fsync,
                   p->commit[0] ? p->commit : "not asked for");
}

static void check_standby(const promise *p, ens_report *report)
{
    const char *hint = "name a synchronous standby, set synchronous_commit to on, and let this user see it: GRANT "
                       "pg_monitor";
    if (level_of(p) == ENS_DURABLE_REPLICATED)
        ens__passf(report, "store.standby", RULE, "%d synchronous, synchronous_commit %s", p->standbys, p->commit);
    else if (!p->names[0])
        ens__warn(report, "store.standby", RULE, hint, "no synchronous standby: what is kept dies with the machine");
    else
        ens__warn(report, "store.standby", RULE, hint,
                  "synchronous_standby_names is %s, synchronous_commit %s, and %d such standbys are seen", p->names,
                  p->commit, p->standbys);
}

/* A connection of its own asks: this one is a pipeline. */
static void check_postgres(ens__sql *sql, ens_report *report)
{
    postgres *c = (postgres *)sql, aside = {.pq = c->pq, .info = c->info, .read_only = c->read_only};
    promise p = {0};
    ens_err err = {0};
    char text[ENS_ERR_TEXT];
    if (connect_plain(&aside, &err) != ENS_OK || know(&aside, &err) != ENS_OK)
        ens__failf(report, "store.schema", RULE, "ensign store migrate --store NAME", "%s",
                   ens_err_format(&err, text, sizeof text));
    else {
        ens__passf(report, "store.schema", RULE, "schema %u", ENS_STORE_SCHEMA);
        read_promise(&aside, &p);
        check_syncs(&p, report);
        check_standby(&p, report);
    }
    c->pq->PQfinish(aside.conn);
}

static const ens__sql_engine engine = {
    .begin = begin_postgres,
    .commit = commit_postgres,
    .rollback = rollback_postgres,
    .run = run_postgres,
    .ask = ask_postgres,
    .next = next_postgres,
    .number = number_postgres,
    .bytes = bytes_postgres,
    .end = end_postgres,
    .now_ms = now_ms,
    .may_repeat = may_repeat,
    .must = must_postgres,
    .tell = tell_postgres,
    .listen = listen_postgres,
    .close = close_postgres,
    .check = check_postgres,
    .durable = durable_postgres,
};

/* -- Opening ---------------------------------------------------------------------------------------------------- */

/* make takes what stands behind "postgres:", but for a URI, which libpq takes as a whole. */
static ens_code make(const char *name, bool read_only, postgres **out, ens_err *err)
{
    const ens__pq *pq = NULL;
    ens_code code = ens__pq_load(&pq, err);
    if (code != ENS_OK)
        return code;
    postgres *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    *c = (postgres){.head = {&engine}, .pq = pq, .read_only = read_only};
    const char *colon = strchr(name, ':');
    bool uri = colon && strncmp(colon, "://", 3) == 0, good = true;
    c->info = strdup(uri || !colon ? name : colon + 1);
    for (unsigned i = 0; i < ENS_SQL_STATEMENTS; i++)
        good = (c->text[i] = ens__sql_for_postgres(ens__sql_text[i])) != NULL && good;
    if (good && c->info) {
        *out = c;
        return ENS_OK;
    }
    close_postgres(&c->head);
    return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
}

ens_code ens__postgres_open(const char *name, bool create, bool read_only, ens__sql **out, ens_err *err)
{
    postgres *c = NULL;
    unsigned from = 0;
    ens_code code = create ? ens__postgres_migrate(name, ENS_STORE_SCHEMA, &from, err) : ENS_OK;
    if (code == ENS_OK)
        code = make(name, read_only, &c, err);
    if (code != ENS_OK)
        return code;
    code = connect_again(c, err);
    if (code == ENS_OK)
        *out = &c->head;
    else
        close_postgres(&c->head);
    return code;
}

static ens_code execute(postgres *c, const char *sql, ens_err *err)
{
    PGresult *r = c->pq->PQexec(c->conn, sql);
    ExecStatusType status = c->pq->PQresultStatus(r);
    ens_code code = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? ENS_OK : failed(c, r, err);
    c->pq->PQclear(r);
    return code;
}

static ens_code take_steps(postgres *c, unsigned from, unsigned to, ens_err *err)
{
    char mark[128];
    ens_code code = ENS_OK;
    for (unsigned i = from; i < to && code == ENS_OK; i++) {
        char *step = ens__sql_for_postgres(ens__sql_migration[i]);
        code = step ? execute(c, step, err) : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
        free(step);
    }
    snprintf(mark, sizeof mark, "UPDATE ensign_store SET schema = %u, oldest = %u WHERE one = 1", to,
             to < ENS_STORE_OLDEST ? to : ENS_STORE_OLDEST);
    return code == ENS_OK ? execute(c, mark, err) : code;
}

/* migrate_once waits for who is doing the same, and does what is left. */
static ens_code migrate_once(postgres *c, unsigned to, unsigned *from, ens_err *err)
{
    unsigned oldest = 0;
    ens_code code = schema_of(c, from, &oldest, err);
    if (code != ENS_OK || *from >= to)
        return code;
    if (*from == 0)
        code = execute(c,
                       "CREATE TABLE IF NOT EXISTS ensign_store (one SMALLINT PRIMARY KEY, schema INTEGER NOT NULL,"
                       " oldest INTEGER NOT NULL)",
                       err);
    if (code == ENS_OK)
        code =
            execute(c, "INSERT INTO ensign_store (one, schema, oldest) VALUES (1, 0, 0) ON CONFLICT DO NOTHING", err);
    if (code == ENS_OK)
        code = execute(c, "BEGIN", err);
    if (code == ENS_OK)
        code = execute(c, "SELECT schema FROM ensign_store WHERE one = 1 FOR UPDATE", err);
    if (code == ENS_OK)
        code = schema_of(c, from, &oldest, err);
    if (code == ENS_OK && *from < to)
        code = take_steps(c, *from, to, err);
    if (code == ENS_OK)
        return execute(c, "COMMIT", err);
    (void)!execute(c, "ROLLBACK", NULL);
    return code;
}

/* What is compressed already is kept as it is, where the engine can be told so. */
static void keep_as_it_is(postgres *c)
{
    (void)!execute(c, "ALTER TABLE octets ALTER COLUMN raw SET STORAGE EXTERNAL", NULL);
}

ens_code ens__postgres_migrate(const char *name, unsigned schema, unsigned *from, ens_err *err)
{
    postgres *c = NULL;
    ens_code code = make(name, false, &c, err);
    if (code != ENS_OK)
        return code;
    code = connect_plain(c, err);
    for (int tries = 0; code == ENS_OK && tries < 3; tries++) {
        code = migrate_once(c, schema, from, err);
        if (code == ENS_OK)
            break;
        if (tries < 2) { /* two that make the same table at once: one of them fails */
            if (err)
                *err = (ens_err){0};
            code = ENS_OK;
            nap();
        }
    }
    if (code == ENS_OK && *from == 0)
        keep_as_it_is(c);
    close_postgres(&c->head);
    return code;
}
