/* Opening, time, turns, and what only reads. See store.h. */
#include "sti/store/hint.h"
#include "sti/store/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define RULE "Ensign store"
#define SCRATCH_MAX ((size_t)64 << 20) /* bytes of texts that had to be rewritten */
#define BACKOFF_DOUBLINGS 30u
#define LOOKS 20u         /* for what was written and not committed … */
#define LOOK_NS 20000000L /* … so long after each other: somebody may be committing it */

const char *ens__durable_name(ens_durable level)
{
    static const char *const names[] = {"none", "disk", "replicated"};
    return (unsigned)level < 3 ? names[level] : "none";
}

bool ens__durable_parse(const char *text, ens_durable *out)
{
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(text, ens__durable_name((ens_durable)i)) == 0) {
            *out = (ens_durable)i;
            return true;
        }
    return false;
}

const char *ens__entry_kind_name(ens_entry_kind kind)
{
    static const char *const names[ENS_ENTRY_KINDS] = {"user-message", "receipt",      "error",       "pull-request",
                                                       "unreadable",   "http-refused", "tls-failure", "note"};
    return (unsigned)kind < ENS_ENTRY_KINDS ? names[kind] : "unreadable";
}

const char *ens__direction_name(ens_entry_direction direction)
{
    return direction == ENS_OUT ? "out" : "in";
}

const char *ens__outbound_state_name(ens_outbound_state state)
{
    static const char *const names[] = {"ready", "delivered", "given-up"};
    return (unsigned)state < 3 ? names[state] : "given-up";
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t ens__store_steady(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

/* The machine's clock as it was at opening, or the engine's as it was at the last transaction, carried on by one that
 * nobody sets. */
int64_t ens__store_now(const ens__store *s)
{
    return s->now_ms ? s->now_ms(s->ctx) : ens__store_steady() + atomic_load(&s->ahead_ms);
}

int64_t ens__store_token(void)
{
    int64_t token = 0;
    while (token == 0) {
        if (getrandom(&token, sizeof token, 0) != sizeof token)
            token = clock_ms(CLOCK_BOOTTIME) * 7919 + rand();
        token &= INT64_MAX;
    }
    return token;
}

int64_t ens__store_backoff_ms(int64_t first_ms, int64_t most_ms, unsigned attempts)
{
    int64_t wait = first_ms < 1 ? 1 : first_ms;
    for (unsigned i = 1; i < attempts && i < BACKOFF_DOUBLINGS && wait < most_ms; i++)
        wait *= 2;
    wait = wait > most_ms ? most_ms : wait;
    return wait - ens__store_token() % (wait / 5 + 1);
}

/* mend frees what a clock far ahead had put out of reach before it was set right. */
static ens_code mend(ens__tx *tx, void *user, ens_err *err)
{
    const ens__value lease[] = {ens__number(tx->now + ENS_STORE_LEASE_MAX_MS)};
    const ens__value retry[] = {ens__number(tx->now), ens__number(tx->now + ENS_STORE_RETRY_MAX_MS)};
    const ens__value mark[] = {ens__text(ens_str(tx->store->mark)), ens__number(0)};
    (void)user;
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_MEND_WORK, lease, NULL, err);
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, ENS_SQL_MEND_LEASES, lease, NULL, err);
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, ENS_SQL_MEND_RETRIES, retry, NULL, err);
    if (code == ENS_OK && tx->sql->engine->may_repeat)
        code = ENS_TX_RUN(tx, ENS_SQL_MARK, mark, NULL, err);
    return code;
}

bool ens__store_is_elsewhere(const char *name)
{
    return strncmp(name, "postgres:", 9) == 0 || strncmp(name, "postgresql:", 11) == 0;
}

/* is_secret finds what is not to be shown at this place of the name: its length, or 0. */
static size_t secret_at(const char *name, const char *at, size_t *keep)
{
    static const char word[] = "password=";
    if (strncmp(at, word, sizeof word - 1) == 0) {
        *keep = sizeof word - 1;
        const char *value = at + *keep;
        return value[0] == '\'' ? strcspn(value + 1, "'") + 2 : strcspn(value, " &");
    }
    const char *user = strstr(name, "://"), *host = user ? strchr(user, '@') : NULL;
    if (host && at < host && at > user + 2 && *at == ':' && !memchr(user + 3, '/', (size_t)(host - user - 3))) {
        *keep = 1;
        return (size_t)(host - at - 1);
    }
    return 0;
}

const char *ens__store_shown(const char *name, char *out, size_t size)
{
    ens_buf b;
    ens_buf_init(&b, out, size - 1, size - 1);
    for (const char *at = name; *at;) {
        size_t keep = 0, secret = ens__store_is_elsewhere(name) ? secret_at(name, at, &keep) : 0;
        ens_buf_add(&b, at, secret ? keep : 1);
        if (secret)
            ens_buf_text(&b, "***");
        at += secret ? keep + secret : 1;
    }
    out[b.failed ? 0 : b.len] = '\0';
    return out;
}

/* replay makes again what the power took. Who only reads has it done by one who may write, who waits for whoever is
 * just about to commit it. */
static ens_code replay(ens__store *s, const char *name, ens_err *err)
{
    ens__store *writer = NULL;
    if (s->writer)
        return s->writer->engine->pending ? ens__intake_replay(s, err) : ENS_OK;
    for (unsigned i = 0; i < LOOKS; i++) {
        if (!s->reader->engine->may_have_pending || !s->reader->engine->may_have_pending(s->reader))
            return ENS_OK;
        nanosleep(&(struct timespec){0, LOOK_NS}, NULL);
    }
    ens_code code = ens__store_open(name, &(ens__store_options){0}, &writer, err);
    ens__store_close(writer);
    return code;
}

static ens_code connect(ens__store *s, const char *name, const ens__store_options *o, ens_err *err)
{
    ens_code (*open)(const char *, bool, bool, ens__sql **, ens_err *) =
        ens__store_is_elsewhere(name) ? ens__postgres_open : ens__sqlite_open;
    ens_code code = o->read_only ? ENS_OK : open(name, o->create, false, &s->writer, err);
    if (code == ENS_OK)
        code = open(name, false, true, &s->reader, err);
    if (code == ENS_OK && s->reader->engine->now_ms)
        atomic_store(&s->ahead_ms, s->reader->engine->now_ms(s->reader) - ens__store_steady());
    if (code == ENS_OK)
        code = replay(s, name, err);
    return code == ENS_OK && s->writer ? ens__tx_make(s, false, mend, NULL, NULL, err) : code;
}

ens_code ens__store_open(const char *name, const ens__store_options *options, ens__store **out, ens_err *err)
{
    ens__store *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    pthread_mutex_init(&s->write_turn, NULL);
    pthread_mutex_init(&s->read_turn, NULL);
    ens_arena_init(&s->scratch, SCRATCH_MAX);
    ens_buf_init(&s->record, NULL, 0, ENS_INTAKE_RECORD);
    s->now_ms = options->now_ms;
    s->ctx = options->ctx;
    s->ahead_ms = clock_ms(CLOCK_REALTIME) - ens__store_steady();
    snprintf(s->mark, sizeof s->mark, ENS_STORE_MARK "%013lld %016llx", (long long)clock_ms(CLOCK_REALTIME),
             (unsigned long long)ens__store_token());
    ens_code code = connect(s, name, options, err);
    if (code == ENS_OK)
        *out = s;
    else
        ens__store_close(s);
    return code;
}

void ens__store_close(ens__store *s)
{
    if (!s)
        return;
    if (s->reader)
        s->reader->engine->close(s->reader);
    if (s->writer)
        s->writer->engine->close(s->writer); /* last, so that it takes the write-ahead log along */
    ens_arena_free(&s->scratch);
    ens_buf_free(&s->record);
    pthread_mutex_destroy(&s->write_turn);
    pthread_mutex_destroy(&s->read_turn);
    free(s);
}

ens_code ens__store_migrate(const char *name, unsigned *from, unsigned *to, ens_err *err)
{
    *to = ENS_STORE_SCHEMA;
    if (ens__store_is_elsewhere(name))
        return ens__postgres_migrate(name, ENS_STORE_SCHEMA, from, err);
    return ens__sqlite_migrate(name, ENS_STORE_SCHEMA, from, err);
}

ens_code ens__store_backup(const char *name, const char *to, ens_err *err)
{
    if (ens__store_is_elsewhere(name) || ens__store_is_elsewhere(to))
        return ens_fail(err, ENS_EPOLICY, RULE, "PostgreSQL has means of its own: pg_basebackup, pg_dump, pg_restore",
                        0);
    return ens__sqlite_backup(name, to, err);
}

bool ens__store_is_shared(const ens__store *s)
{
    return s->reader->engine->may_repeat != NULL;
}

ens_durable ens__store_durable(const ens__store *s)
{
    return s->writer ? s->writer->engine->durable(s->writer) : ENS_DURABLE_NONE;
}

void ens__store_check(ens__store *s, ens_report *report)
{
    ens__sql *sql = s->writer ? s->writer : s->reader;
    pthread_mutex_t *turn = s->writer ? &s->write_turn : &s->read_turn;
    pthread_mutex_lock(turn);
    sql->engine->check(sql, report);
    pthread_mutex_unlock(turn);
}

ens_code ens__store_listen(ens__store *s, void (*heard)(void *user), void *user, ens__hints **out, ens_err *err)
{
    *out = NULL;
    if (!s->writer || !s->writer->engine->listen)
        return ENS_OK;
    atomic_store(&s->listens, true);
    return s->writer->engine->listen(s->writer, s->mark, heard, user, out, err);
}

void ens__store_deaf(ens__store *s, ens__hints *hints)
{
    ens__hints_stop(hints);
    atomic_store(&s->listens, false);
}

bool ens__arena_copy(ens_arena *arena, ens_slice from, ens_slice *to)
{
    uint8_t *p = ens_arena_take(arena, from.len + 1);
    if (!p)
        return false;
    if (from.len)
        memcpy(p, from.p, from.len);
    p[from.len] = '\0';
    *to = ens_bytes(p, from.len);
    return true;
}

ens_code ens__store_begin_reading(ens__store *s, ens__statement which, const ens__value *v, unsigned num, bool *found,
                                  ens_err *err)
{
    pthread_mutex_lock(&s->read_turn);
    ens_code code = s->reader->engine->ask(s->reader, which, v, num, err);
    return code == ENS_OK ? s->reader->engine->next(s->reader, which, found, err) : code;
}

void ens__store_end_reading(ens__store *s, ens__statement which)
{
    s->reader->engine->end(s->reader, which);
    pthread_mutex_unlock(&s->read_turn);
}

ens_code ens__store_find_inbound(ens__store *s, ens_slice message_id, const uint8_t refs_sha256[32], ens_buf *stored,
                                 ens_arrival *arrival, ens_err *err)
{
    const ens__value v[] = {ens__text(message_id)};
    bool found = false;
    ens_code code = ens__store_begin_reading(s, ENS_SQL_GET_STORED, v, 1, &found, err);
    if (code == ENS_OK && found) {
        bool same = ens_eq(s->reader->engine->bytes(s->reader, ENS_SQL_GET_STORED, 0), ens_bytes(refs_sha256, 32));
        *arrival = same ? ENS_ARRIVAL_AGAIN : ENS_ARRIVAL_CLASH;
        if (same)
            ens_buf_put(stored, s->reader->engine->bytes(s->reader, ENS_SQL_GET_STORED, 1));
        code = ens_buf_done(stored, err);
    } else {
        *arrival = ENS_ARRIVAL_NEW;
    }
    ens__store_end_reading(s, ENS_SQL_GET_STORED);
    return code;
}

ens_code ens__store_journal_raw(ens__store *s, uint64_t seq, ens_buf *out, bool *found, ens_err *err)
{
    const ens__value v[] = {ens__number((int64_t)seq)};
    *found = false;
    ens_code code = ens__store_begin_reading(s, ENS_SQL_GET_RAW, v, 1, found, err);
    if (code == ENS_OK && *found)
        ens_buf_put(out, s->reader->engine->bytes(s->reader, ENS_SQL_GET_RAW, 0));
    ens__store_end_reading(s, ENS_SQL_GET_RAW);
    return code == ENS_OK ? ens_buf_done(out, err) : code;
}

ens_code ens__store_find_outbound(ens__store *s, ens_slice message_id, ens_arena *arena, ens__outbound *out,
                                  bool *found, ens_err *err)
{
    const ens__statement which = ENS_SQL_GET_OUTBOUND;
    const ens__value v[] = {ens__text(message_id)};
    const ens__sql_engine *e = s->reader->engine;
    *found = false;
    ens_code code = ens__store_begin_reading(s, which, v, 1, found, err);
    if (code == ENS_OK && *found)
        if (!ens__outbound_read(s->reader, which, arena, out) ||
            !ens__arena_copy(arena, e->bytes(s->reader, which, ENS_OUTBOUND_COLUMNS), &out->raw) ||
            !ens__arena_copy(arena, e->bytes(s->reader, which, ENS_OUTBOUND_COLUMNS + 1), &out->answer))
            code = ens_fail(err, ENS_ENOMEM, RULE, "the message is too large to be read", 0);
    ens__store_end_reading(s, which);
    return code;
}

ens_code ens__store_next_push(ens__store *s, uint64_t *num, int64_t *in_ms, ens_err *err)
{
    const ens__sql_engine *e = s->reader->engine;
    bool found = false;
    ens_code code = ens__store_begin_reading(s, ENS_SQL_NEXT_PUSH, NULL, 0, &found, err);
    if (code == ENS_OK) {
        *num = (uint64_t)e->number(s->reader, ENS_SQL_NEXT_PUSH, 0);
        int64_t in = e->number(s->reader, ENS_SQL_NEXT_PUSH, 1) - ens__store_now(s);
        *in_ms = in > 0 && *num ? in : 0;
    }
    ens__store_end_reading(s, ENS_SQL_NEXT_PUSH);
    return code;
}

ens_code ens__store_party_channel(ens__store *s, ens_slice party_id, ens__channel *out, bool *found, ens_err *err)
{
    const ens__value v[] = {ens__text(party_id)};
    const ens__sql_engine *e = s->reader->engine;
    *found = false;
    ens_code code = ens__store_begin_reading(s, ENS_SQL_GET_CHANNEL, v, 1, found, err);
    if (code == ENS_OK && *found && party_id.len < sizeof out->party_id) {
        ens_slice url = e->bytes(s->reader, ENS_SQL_GET_CHANNEL, 1);
        *out = (ens__channel){.mode = (ens_mode)e->number(s->reader, ENS_SQL_GET_CHANNEL, 0)};
        memcpy(out->party_id, party_id.p, party_id.len);
        if (url.len < sizeof out->url)
            memcpy(out->url, url.p, url.len);
    }
    ens__store_end_reading(s, ENS_SQL_GET_CHANNEL);
    return code;
}

ens_code ens__store_read_number(ens__store *s, ens__statement which, const ens__value *v, unsigned num, uint64_t *out,
                                ens_err *err)
{
    bool found = false;
    ens_code code = ens__store_begin_reading(s, which, v, num, &found, err);
    *out = code == ENS_OK && found ? (uint64_t)s->reader->engine->number(s->reader, which, 0) : 0;
    ens__store_end_reading(s, which);
    return code;
}

uint64_t ens__store_commits(ens__store *s)
{
    return atomic_load(&s->commits);
}

ens_code ens__store_last_seq(ens__store *s, uint64_t *out, ens_err *err)
{
    const ens__value seq[] = {ens__text(ENS_LIT("journal"))};
    return ens__store_read_number(s, ENS_SQL_COUNTER, seq, 1, out, err);
}

ens_code ens__store_count(ens__store *s, ens__store_counts *out, ens_err *err)
{
    const ens__value bytes[] = {ens__text(ENS_LIT("journal-bytes"))};
    uint64_t *const states[] = {&out->ready, &out->delivered, &out->given_up};
    *out = (ens__store_counts){.commits = atomic_load(&s->commits), .changes = atomic_load(&s->changes)};
    ens_code code = ens__store_last_seq(s, &out->last_seq, err);
    if (code == ENS_OK)
        code = ens__store_read_number(s, ENS_SQL_COUNTER, bytes, 1, &out->bytes, err);
    if (code == ENS_OK)
        code = ens__store_read_number(s, ENS_SQL_COUNT_WORK, NULL, 0, &out->work, err);
    for (int i = 0; i < 3 && code == ENS_OK; i++) {
        const ens__value state[] = {ens__number(i)};
        code = ens__store_read_number(s, ENS_SQL_COUNT_OUTBOUND, state, 1, states[i], err);
    }
    return code;
}
