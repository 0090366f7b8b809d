/* What is held: rows of the journal whose bytes no retention takes away, under a name. A hold is a task that points to
 * the bytes and is never due, so that an older version over the same store leaves them alone as well. See store.h. */
#include "sti/store/tx.h"

#include <stdio.h>

#define RULE "Ensign store"
#define KIND "hold"
#define AT_ONCE 256u /* rows of one transaction */

typedef struct {
    ens__store *store;
    ens_slice name;
    uint64_t seq[AT_ONCE], held;
    size_t num;
    int64_t put; /* of the transaction */
    ens_code code;
    ens_err *err;
} holding;

/* hold_row holds the bytes that a row owns; what came again points to bytes of the row that came first. */
static ens_code hold_row(ens__tx *tx, holding *h, uint64_t seq, ens_err *err)
{
    const ens__statement s = ENS_SQL_OWN_OCTETS;
    const ens__value asked[] = {ens__number((int64_t)seq)};
    const ens__sql_engine *e = tx->sql->engine;
    char id[ENS_STORE_ID + 1];
    bool there = false;
    int64_t put = 0, octets = 0;
    ens_slice about = {0}, party = {0};
    ens_code code = e->ask(tx->sql, s, asked, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, &there, err);
    if (code == ENS_OK && there) {
        octets = e->number(tx->sql, s, 0);
        if (!ens__arena_copy(&tx->store->scratch, e->bytes(tx->sql, s, 1), &about) ||
            !ens__arena_copy(&tx->store->scratch, e->bytes(tx->sql, s, 2), &party))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    e->end(tx->sql, s);
    if (code != ENS_OK || !there)
        return code;
    snprintf(id, sizeof id, KIND " %.*s %llu", (int)h->name.len, (const char *)h->name.p, (unsigned long long)seq);
    const ens__value v[] = {
        ens__text(ens_str(id)), ens__text(ENS_LIT(KIND)),  ens__text(about),    ens__text(party),
        ens__text(h->name),     ens__blob((ens_slice){0}), ens__number(octets), ens__number(ENS_STORE_NEVER_MS)};
    code = ENS_TX_RUN(tx, ENS_SQL_PUT_WORK, v, &put, err);
    h->put += put;
    return code;
}

static ens_code hold_some(ens__tx *tx, void *user, ens_err *err)
{
    holding *h = user;
    ens_code code = ENS_OK;
    h->put = 0;
    for (size_t i = 0; i < h->num && code == ENS_OK; i++)
        code = hold_row(tx, h, h->seq[i], err);
    return code;
}

static void keep_some(holding *h)
{
    h->code = ens__tx_make(h->store, true, hold_some, h, NULL, h->err);
    h->held += h->code == ENS_OK ? (uint64_t)h->put : 0;
    h->num = 0;
}

static bool take_row(void *user, const ens__journal_row *row)
{
    holding *h = user;
    h->seq[h->num++] = row->seq;
    if (h->num == AT_ONCE)
        keep_some(h);
    return h->code == ENS_OK;
}

static bool is_name(ens_slice name)
{
    return name.len > 0 && name.len <= ENS_STORE_NAME && ens__store_is_text(name);
}

ens_code ens__store_hold(ens__store *store, ens_slice name, const ens__journal_query *query, uint64_t *num,
                         ens_err *err)
{
    holding h = {.store = store, .name = name, .err = err};
    if (!is_name(name))
        return ens_fail(err, ENS_ELIMIT, RULE, "a hold has a name of 1 to 128 octets", 0);
    ens_code code = ens__store_journal_list(store, query, take_row, &h, err);
    if (code == ENS_OK && h.code == ENS_OK && h.num)
        keep_some(&h);
    *num = h.held;
    return code == ENS_OK ? h.code : code;
}

typedef struct {
    ens_slice name;
    int64_t num;
} releasing;

static ens_code release(ens__tx *tx, void *user, ens_err *err)
{
    releasing *r = user;
    const ens__value v[] = {ens__text(r->name)};
    return ENS_TX_RUN(tx, ENS_SQL_RELEASE, v, &r->num, err);
}

ens_code ens__store_release(ens__store *store, ens_slice name, uint64_t *num, ens_err *err)
{
    releasing r = {name, 0};
    if (!is_name(name))
        return ens_fail(err, ENS_ELIMIT, RULE, "a hold has a name of 1 to 128 octets", 0);
    ens_code code = ens__tx_make(store, true, release, &r, NULL, err);
    *num = code == ENS_OK ? (uint64_t)r.num : 0;
    return code;
}
