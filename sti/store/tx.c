/* One transaction that writes, and the rows of the journal in it. */
#include "sti/store/tx.h"
#include "engine/base/digest.h"

#include <time.h>

#define RULE "Ensign store"

static const char journal_counter[] = "journal", octets_counter[] = "octets", bytes_counter[] = "journal-bytes";

/* count adds to a counter and gives its value after that. */
static ens_code count(ens__tx *tx, const char *name, int64_t by, int64_t *value, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(name)), ens__number(by)};
    const ens__sql_engine *e = tx->sql->engine;
    bool there = false;
    ens_code code = e->ask(tx->sql, ENS_SQL_COUNT, v, 2, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, ENS_SQL_COUNT, &there, err);
    if (code == ENS_OK && value)
        *value = e->number(tx->sql, ENS_SQL_COUNT, 0);
    if (code == ENS_OK) /* to its end: only then it is done */
        code = e->next(tx->sql, ENS_SQL_COUNT, &there, err);
    e->end(tx->sql, ENS_SQL_COUNT);
    return code;
}

static ens_code add(ens__tx *tx, const char *name, int64_t by, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(name)), ens__number(by)};
    return ENS_TX_RUN(tx, ENS_SQL_ADD, v, NULL, err);
}

ens_code ens__tx_count(ens__tx *tx, ens_slice name, int64_t *value, ens_err *err)
{
    char text[ENS_STORE_PARTY + ENS_STORE_URL + 32];
    if (name.len >= sizeof text)
        return ens_fail(err, ENS_ELIMIT, NULL, "the name of a counter is too long", 0);
    memcpy(text, name.p, name.len);
    text[name.len] = '\0';
    return count(tx, text, 1, value, err);
}

/* look_back finds out whether a transaction that seemed to fail was kept. Its row is locked by who is still at it. */
static ens_code look_back(ens__tx *tx, int64_t token, bool *kept, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(tx->store->mark))};
    const ens__sql_engine *e = tx->sql->engine;
    bool there = false;
    ens_code code = e->ask(tx->sql, ENS_SQL_LOOK_BACK, v, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, ENS_SQL_LOOK_BACK, &there, err);
    *kept = code == ENS_OK && there && e->number(tx->sql, ENS_SQL_LOOK_BACK, 0) == token;
    e->end(tx->sql, ENS_SQL_LOOK_BACK);
    return code;
}

static void set_time(ens__tx *tx)
{
    struct timespec t = {0};
    const ens__sql_engine *e = tx->sql->engine;
    clock_gettime(CLOCK_REALTIME, &t);
    tx->wall = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    if (e->now_ms)
        atomic_store(&tx->store->ahead_ms, e->now_ms(tx->sql) - ens__store_steady());
    tx->now = ens__store_now(tx->store);
}

static ens_code finish(ens__tx *tx, ens_err *err)
{
    ens_code code = ENS_OK;
    if (tx->num_seq)
        code = add(tx, journal_counter, tx->num_seq, err);
    if (code == ENS_OK && tx->num_octets)
        code = add(tx, octets_counter, tx->num_octets, err);
    if (code == ENS_OK && tx->bytes)
        code = add(tx, bytes_counter, tx->bytes, err);
    if (code == ENS_OK && tx->news && tx->sql->engine->tell && !atomic_load(&tx->store->listens))
        code = tx->sql->engine->tell(tx->sql, tx->store->mark, err);
    return code == ENS_OK ? tx->sql->engine->commit(tx->sql, err) : code;
}

/* One attempt, or several, at a transaction. */
typedef struct {
    bool durable, repeated, passing, logged, again;
    int64_t token;
    ens_code (*work)(ens__tx *tx, void *user, ens_err *err);
    void *user;
} attempt;

static ens_code make_once(ens__tx *tx, attempt *a, ens_err *err)
{
    const ens__sql_engine *e = tx->sql->engine;
    const ens__value mark[] = {ens__text(ens_str(tx->store->mark)), ens__number(a->token)};
    bool kept = false;
    ens_code code = a->logged ? e->begin_logged(tx->sql, a->again, err) : e->begin(tx->sql, a->durable, err);
    if (code == ENS_OK) {
        set_time(tx);
        if (a->repeated && a->durable)
            code = look_back(tx, a->token, &kept, err);
    }
    if (code != ENS_OK || kept) {
        e->rollback(tx->sql);
        return code;
    }
    if (e->may_repeat && a->durable)
        code = ENS_TX_RUN(tx, ENS_SQL_MARK, mark, NULL, err);
    if (code == ENS_OK)
        code = a->work(tx, a->user, err);
    if (code == ENS_OK)
        code = finish(tx, err);
    if (code != ENS_OK)
        e->rollback(tx->sql);
    return code;
}

/* Two that are in each other's way wait unequally. */
static void wait_a_moment(unsigned attempts)
{
    int64_t ms = ens__store_backoff_ms(5, 500, attempts);
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static ens_code make(ens__store *store, attempt *a, ens_err *err)
{
    int64_t until = ens__store_steady() + ENS_STORE_REPEAT_MS;
    ens_code code;
    if (!store->writer)
        return ens_fail(err, ENS_EPOLICY, RULE, "opened for reading alone", 0);
    for (unsigned attempts = 1;; attempts++) {
        ens_err why = {0};
        ens__tx tx = {.store = store, .sql = store->writer};
        pthread_mutex_lock(&store->write_turn);
        ens_arena_reset(&store->scratch);
        code = make_once(&tx, a, &why);
        a->passing = code != ENS_OK && tx.sql->engine->may_repeat && tx.sql->engine->may_repeat(tx.sql);
        pthread_mutex_unlock(&store->write_turn);
        if (code != ENS_OK && err)
            *err = why;
        if (code == ENS_OK || !a->passing || ens__store_steady() >= until)
            break;
        a->repeated = true;
        wait_a_moment(attempts);
    }
    return code;
}

ens_code ens__tx_make(ens__store *store, bool durable, ens_code (*work)(ens__tx *tx, void *user, ens_err *err),
                      void *user, bool *passing, ens_err *err)
{
    attempt a = {.durable = durable, .token = ens__store_token(), .work = work, .user = user};
    ens_code code = make(store, &a, err);
    if (passing)
        *passing = code != ENS_OK && a.passing;
    return code;
}

ens_code ens__tx_make_logged(ens__store *store, bool again, ens_code (*work)(ens__tx *tx, void *user, ens_err *err),
                             void *user, ens_err *err)
{
    return make(store, &(attempt){.logged = true, .again = again, .token = 1, .work = work, .user = user}, err);
}

ens_code ens__tx_must(ens__tx *tx, ens__statement s, const ens__value *v, unsigned num, const char *what, ens_err *err)
{
    const ens__sql_engine *e = tx->sql->engine;
    int64_t changed = 0;
    if (e->must)
        return e->must(tx->sql, s, v, num, what, err);
    ens_code code = e->run(tx->sql, s, v, num, &changed, err);
    return code == ENS_OK && changed != 1 ? ens_fail(err, ENS_EIO, RULE, what, 0) : code;
}

/* number gives the next one of a counter that the transaction holds; the first asks for it. */
static ens_code number(ens__tx *tx, const char *counter, int64_t *base, int64_t *num, int64_t *out, ens_err *err)
{
    ens_code code = *num ? ENS_OK : count(tx, counter, 0, base, err);
    if (code == ENS_OK)
        *out = *base + ++*num;
    return code;
}

ens_code ens__tx_octets(ens__tx *tx, ens_slice raw, int64_t *id, ens_err *err)
{
    ens_code code = number(tx, octets_counter, &tx->octets, &tx->num_octets, id, err);
    if (code != ENS_OK)
        return code;
    const ens__value v[] = {ens__number(*id), ens__blob(raw)};
    tx->bytes += (int64_t)raw.len;
    return ENS_TX_RUN(tx, ENS_SQL_PUT_OCTETS, v, NULL, err);
}

/* rewrite makes text of what isn't, for engines that take UTF-8 without NUL alone: '?' for each byte beyond ASCII and
 * each NUL. */
static bool rewrite(ens_arena *arena, ens_slice from, ens_slice *to)
{
    uint8_t *p = ens_arena_take(arena, from.len);
    if (!p)
        return false;
    for (size_t i = 0; i < from.len; i++)
        p[i] = from.p[i] && from.p[i] < 0x80 ? from.p[i] : '?';
    *to = ens_bytes(p, from.len);
    return true;
}

bool ens__store_is_text(ens_slice s)
{
    return ens__is_utf8(s) && (s.len == 0 || !memchr(s.p, 0, s.len));
}

ens__value ens__tx_fit(ens__tx *tx, ens_slice s, size_t max)
{
    if (s.len > max) {
        while (max && (s.p[max] & 0xC0) == 0x80)
            max--;
        s.len = max;
    }
    if (!ens__store_is_text(s) && !rewrite(&tx->store->scratch, s, &s))
        s = ENS_LIT("?");
    return ens__text(s);
}

/* A signal is about the message that it answers. */
static ens_slice about_of(const ens__entry *e)
{
    bool answers = e->kind == ENS_ENTRY_RECEIPT || e->kind == ENS_ENTRY_ERROR || e->kind == ENS_ENTRY_NOTE;
    return answers && e->ref_to.len ? e->ref_to : e->message_id;
}

static ens_code put_row(ens__tx *tx, int64_t seq, const ens__entry *e, const ens__octets *o, ens_err *err)
{
    const ens__value v[] = {
        ens__number(seq),
        ens__number(tx->now),
        ens__number(e->at_ms ? e->at_ms : tx->wall),
        ens__number(e->direction),
        ens__number(e->kind),
        ens__number(e->verdict),
        ens__tx_fit(tx, e->action, ENS_STORE_NAME),
        ens__tx_fit(tx, e->message_id, ENS_STORE_ID),
        ens__tx_fit(tx, e->ref_to, ENS_STORE_ID),
        ens__tx_fit(tx, about_of(e), ENS_STORE_ID),
        ens__tx_fit(tx, e->party, ENS_STORE_PARTY),
        ens__tx_fit(tx, e->ebms, ENS_STORE_NAME),
        ens__tx_fit(tx, e->peer, ENS_STORE_TEXT),
        ens__tx_fit(tx, e->detail, ENS_STORE_TEXT),
        o->id ? ens__number(o->id) : (ens__value){0},
        ens__number(o->owns),
        ens__number((int64_t)o->bytes),
        ens__blob(ens_bytes(o->sha256, 32)),
        !e->unread ? ens__tx_fit(tx, e->lrn, ENS_STORE_REFERENCE) : (ens__value){0},
        !e->unread ? ens__tx_fit(tx, e->mrn, ENS_STORE_REFERENCE) : (ens__value){0},
    };
    return ENS_TX_RUN(tx, ENS_SQL_PUT_JOURNAL, v, NULL, err);
}

/* known_sha256 is that of a piece of what is logged; they are asked for in their order. */
static const uint8_t *known_sha256(ens__tx *tx, ens_slice raw)
{
    for (size_t i = tx->next_piece; i < tx->num_pieces; i++)
        if (tx->pieces[i].octets.p == raw.p && tx->pieces[i].octets.len == raw.len) {
            tx->next_piece = i + 1;
            return tx->pieces[i].sha256;
        }
    return NULL;
}

ens_code ens__tx_entry(ens__tx *tx, const ens__entry *entry, ens__octets *octets, uint64_t *seq, ens_err *err)
{
    uint8_t digest[32];
    ens__octets own = {0}, *o = octets ? octets : &own;
    int64_t next = 0;
    ens_code code = ENS_OK;
    if (!o->id) {
        const uint8_t *sha256 = entry->sha256 ? entry->sha256 : known_sha256(tx, entry->raw);
        *o = (ens__octets){.owns = entry->raw.len > 0, .bytes = entry->raw.len, .sha256 = sha256};
        if (entry->raw.len)
            code = ens__tx_octets(tx, entry->raw, &o->id, err);
    }
    bool computed = !o->sha256;
    if (code == ENS_OK && computed) {
        code = ens__sha256(entry->raw, digest, err);
        o->sha256 = digest;
    }
    if (code == ENS_OK)
        code = number(tx, journal_counter, &tx->seq, &tx->num_seq, &next, err);
    if (code == ENS_OK)
        code = put_row(tx, next, entry, o, err);
    tx->bytes += ENS_STORE_ROW;
    if (code == ENS_OK && seq && *seq == 0)
        *seq = (uint64_t)next;
    if (computed)
        o->sha256 = NULL;
    return code;
}
