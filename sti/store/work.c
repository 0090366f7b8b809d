/* Work: put down with what it is about, claimed, finished. See store.h. */
#include "sti/store/tx.h"

#include <stdlib.h>

#define RULE "Ensign store"

ens_code ens__tx_put_task(ens__tx *tx, const ens__task *t, const ens__subject *s, ens_err *err)
{
    const ens__value v[] = {ens__text(t->id),
                            ens__text(t->kind),
                            ens__text(s->message_id),
                            ens__text(s->party),
                            ens__text(s->action),
                            ens__blob(t->body),
                            s->octets && !t->alone ? ens__number(s->octets) : (ens__value){0},
                            ens__number(t->due_ms)};
    tx->news = true;
    return ENS_TX_RUN(tx, ENS_SQL_PUT_WORK, v, NULL, err);
}

static ens_code held_work(ens__tx *tx, const ens__work_result *w, ens__subject *out, bool *held, ens_err *err)
{
    const ens__statement s = ENS_SQL_HELD_WORK;
    const ens__value v[] = {ens__text(w->id), ens__number(w->token)};
    const ens__sql_engine *e = tx->sql->engine;
    ens_arena *a = &tx->store->scratch;
    ens_code code = e->ask(tx->sql, s, v, 2, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, held, err);
    if (code == ENS_OK && *held) {
        out->octets = e->number(tx->sql, s, 3);
        if (!ens__arena_copy(a, e->bytes(tx->sql, s, 0), &out->message_id) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 1), &out->party) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 2), &out->action))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    e->end(tx->sql, s);
    return code;
}

ens_code ens__tx_finish_work(ens__tx *tx, ens__work_result *w, ens_err *err)
{
    ens__subject about = {0};
    bool held = false, known;
    ens_code code = held_work(tx, w, &about, &held, err);
    w->lost = !held || w->token == 0;
    if (code != ENS_OK || w->lost)
        return code;
    const ens__value drop[] = {ens__text(w->id), ens__number(w->token)};
    const ens__value defer[] = {drop[0], drop[1], ens__number(w->due_ms)};
    if (w->filings && (code = ens__tx_put_filings(tx, w->filings, err)) != ENS_OK)
        return code;
    code = w->again ? ENS_TX_RUN(tx, ENS_SQL_DEFER_WORK, defer, NULL, err)
                    : ENS_TX_RUN(tx, ENS_SQL_DROP_WORK, drop, NULL, err);
    for (size_t i = 0; i < w->num_outgoing && code == ENS_OK; i++)
        code = ens__tx_put_outgoing(tx, &w->outgoing[i], &known, err);
    for (size_t i = 0; i < w->num_tasks && code == ENS_OK; i++)
        code = ens__tx_put_task(tx, &w->tasks[i], &about, err);
    return code;
}

static bool read_work(ens__sql *sql, ens_arena *arena, ens__work *w)
{
    const ens__statement s = ENS_SQL_CLAIMED_WORK;
    const ens__sql_engine *e = sql->engine;
    ens_slice *const columns[] = {&w->id, &w->kind, &w->body, &w->message_id, &w->party, &w->action};
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, i), columns[i]))
            return false;
    w->due_ms = e->number(sql, s, 6);
    w->attempts = (unsigned)e->number(sql, s, 7);
    return ens__arena_copy(arena, e->bytes(sql, s, 8), &w->raw);
}

static int by_time(const void *a, const void *b)
{
    const ens__work *left = a, *right = b;
    size_t shared = left->id.len < right->id.len ? left->id.len : right->id.len;
    int order = (left->due_ms > right->due_ms) - (left->due_ms < right->due_ms);
    order = order ? order : memcmp(left->id.p, right->id.p, shared);
    return order ? order : (left->id.len > right->id.len) - (left->id.len < right->id.len);
}

/* read_claimed puts them in their order itself: an engine that sorts copies each message, however large. */
static ens_code read_claimed(ens__tx *tx, int64_t token, ens_arena *arena, ens__work *rows, size_t num, ens_err *err)
{
    const ens__value v[] = {ens__number(token)};
    const ens__sql_engine *e = tx->sql->engine;
    bool there = true;
    ens_code code = e->ask(tx->sql, ENS_SQL_CLAIMED_WORK, v, 1, err);
    for (size_t i = 0; i < num && code == ENS_OK; i++) {
        rows[i].token = token;
        code = e->next(tx->sql, ENS_SQL_CLAIMED_WORK, &there, err);
        if (code == ENS_OK && (!there || !read_work(tx->sql, arena, &rows[i])))
            code = ens_fail(err, ENS_ENOMEM, RULE, "what was claimed is too large; claim fewer", 0);
    }
    e->end(tx->sql, ENS_SQL_CLAIMED_WORK);
    if (code == ENS_OK)
        qsort(rows, num, sizeof *rows, by_time);
    return code;
}

static ens_code claim(ens__tx *tx, ens_slice kind, int64_t at_ms, unsigned max, int64_t lease_ms, ens_arena *arena,
                      ens__work **out, size_t *num, ens_err *err)
{
    int64_t token = ens__store_token(), lease = lease_ms > ENS_STORE_LEASE_MAX_MS ? ENS_STORE_LEASE_MAX_MS : lease_ms,
            got = 0;
    const ens__value v[] = {ens__number(tx->now + lease), ens__number(token), ens__number(at_ms), ens__text(kind),
                            ens__number(tx->now),         ens__number(max)};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_CLAIM_WORK, v, &got, err);
    if (code != ENS_OK)
        return code;
    *num = (size_t)got;
    *out = ens_arena_zero(arena, (*num + 1) * sizeof **out);
    if (!*out)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    return read_claimed(tx, token, arena, *out, *num, err);
}

typedef struct {
    ens_slice kind;
    int64_t at_ms, lease_ms;
    unsigned max;
    ens_arena *arena;
    ens__work *rows;
    size_t num;
} claiming;

static ens_code claim_some(ens__tx *tx, void *user, ens_err *err)
{
    claiming *c = user;
    return claim(tx, c->kind, c->at_ms, c->max, c->lease_ms, c->arena, &c->rows, &c->num, err);
}

/* A lease that the machine loses with its power is no loss: the next claim finds the task free. */
ens_code ens__store_claim_work(ens__store *store, ens_slice kind, int64_t at_ms, unsigned max, int64_t lease_ms,
                               ens_arena *arena, ens__work **out, size_t *num, ens_err *err)
{
    claiming c = {kind, at_ms, lease_ms, max > ENS_STORE_CLAIM ? ENS_STORE_CLAIM : max, arena, NULL, 0};
    ens_code code = ens__tx_make(store, false, claim_some, &c, NULL, err);
    if (code == ENS_OK) {
        *out = c.rows;
        *num = c.num;
    }
    return code;
}
