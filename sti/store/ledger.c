/* See ledger.h. */
#include "sti/store/ledger.h"

#include "sti/store/tx.h"

#define RULE "Ensign store"
#define PAGE 64u
#define CODE_MAX 64u /* bytes of a code, a reply */
#define ARENA_MAX ((size_t)16 << 20)

const char *ens__real_name(ens_real real)
{
    static const char *const names[ENS_REALS] = {"nothing", "receipt", "unproven-receipt", "false-receipt", "error",
                                                 "message", "taken",   "turned-away"};
    return (unsigned)real < ENS_REALS ? names[real] : names[0];
}

const char *ens__agreement_name(ens_agreement agreement)
{
    static const char *const names[] = {"unknown", "agrees", "disagrees"};
    return (unsigned)agreement < 3 ? names[agreement] : names[0];
}

const char *ens__difference_name(ens_difference difference)
{
    static const char *const names[ENS_DIFFERENCES] = {NULL,      "verdict",   "code",  "subcode",
                                                       "receipt", "duplicate", "reply", "answer"};
    return (unsigned)difference < ENS_DIFFERENCES ? names[difference] : NULL;
}

/* -- Writing ------------------------------------------------------------------------------------------------------ */

static const ens__value no_value;

static ens_code put_ledger_row(ens__tx *tx, const ens__ledger_row *r, ens_err *err)
{
    int64_t id = 0;
    ens_code code = ens__tx_count(tx, ENS_LIT("ledger"), &id, err);
    if (code != ENS_OK)
        return code;
    const ens__value v[] = {
        ens__number(id),
        r->seq ? ens__number((int64_t)r->seq) : no_value,
        r->answer_seq ? ens__number((int64_t)r->answer_seq) : no_value,
        ens__number(r->at_ms ? r->at_ms : tx->wall),
        ens__number(r->learned),
        ens__number(r->held),
        ens__tx_fit(tx, r->target, ENS_STORE_URL),
        ens__tx_fit(tx, r->message_id, ENS_STORE_ID),
        ens__tx_fit(tx, r->action, ENS_STORE_NAME),
        ens__tx_fit(tx, r->party, ENS_STORE_PARTY),
        ens__blob(ens_bytes(r->refs_sha256, r->has_refs ? sizeof r->refs_sha256 : 0)),
        ens__number(r->predicted.verdict),
        ens__tx_fit(tx, r->predicted.ebms, CODE_MAX),
        ens__tx_fit(tx, r->predicted.subcode, CODE_MAX),
        ens__tx_fit(tx, r->predicted.reply, CODE_MAX),
        ens__tx_fit(tx, r->predicted.check, ENS_STORE_NAME),
        ens__tx_fit(tx, r->predicted.rule, ENS_STORE_ID),
        ens__tx_fit(tx, r->predicted.detail, ENS_STORE_TEXT),
        ens__number(r->real.kind),
        ens__number((int64_t)r->real.http),
        ens__tx_fit(tx, r->real.ebms, CODE_MAX),
        ens__tx_fit(tx, r->real.subcode, CODE_MAX),
        ens__tx_fit(tx, r->real.reply, CODE_MAX),
        ens__tx_fit(tx, r->real.detail, ENS_STORE_TEXT),
        ens__number(r->agreement),
        ens__number(r->difference),
    };
    return ens__tx_must(tx, ENS_SQL_PUT_LEDGER, v, sizeof v / sizeof *v, "the ledger has that row already", err);
}

ens_code ens__tx_put_ledger(ens__tx *tx, const ens__ledger_change *change, uint64_t *seq, ens_err *err)
{
    ens__ledger_row row = change->row;
    ens_code code = ENS_OK;
    if (change->message) {
        row.seq = 0;
        code = ens__tx_entry(tx, change->message, NULL, &row.seq, err);
        *seq = row.seq;
    }
    if (code == ENS_OK && change->answer) {
        row.answer_seq = 0;
        code = ens__tx_entry(tx, change->answer, NULL, &row.answer_seq, err);
    }
    if (code == ENS_OK)
        code = put_ledger_row(tx, &row, err);
    if (code != ENS_OK || !change->also)
        return code;
    ens__ledger_row also = *change->also;
    also.answer_seq = row.answer_seq;
    return put_ledger_row(tx, &also, err);
}

/* -- Reading ------------------------------------------------------------------------------------------------------ */

static bool read_ledger_row(ens__sql *sql, ens__statement s, ens_arena *arena, ens__ledger_row *r)
{
    const ens__sql_engine *e = sql->engine;
    *r = (ens__ledger_row){.id = (uint64_t)e->number(sql, s, 0),
                           .seq = (uint64_t)e->number(sql, s, 1),
                           .answer_seq = (uint64_t)e->number(sql, s, 2),
                           .at_ms = e->number(sql, s, 3),
                           .learned = e->number(sql, s, 4) != 0,
                           .held = e->number(sql, s, 5) != 0,
                           .predicted = {.verdict = (ens_verdict)e->number(sql, s, 11)},
                           .real = {.kind = (ens_real)e->number(sql, s, 18), .http = (unsigned)e->number(sql, s, 19)},
                           .agreement = (ens_agreement)e->number(sql, s, 24),
                           .difference = (ens_difference)e->number(sql, s, 25)};
    const struct {
        unsigned column;
        ens_slice *to;
    } texts[] = {
        {6, &r->target},          {7, &r->message_id},         {8, &r->action},           {9, &r->party},
        {12, &r->predicted.ebms}, {13, &r->predicted.subcode}, {14, &r->predicted.reply}, {15, &r->predicted.check},
        {16, &r->predicted.rule}, {17, &r->predicted.detail},  {20, &r->real.ebms},       {21, &r->real.subcode},
        {22, &r->real.reply},     {23, &r->real.detail}};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, texts[i].column), texts[i].to))
            return false;
    ens_slice refs = e->bytes(sql, s, 10);
    r->has_refs = refs.len == sizeof r->refs_sha256;
    if (r->has_refs)
        memcpy(r->refs_sha256, refs.p, refs.len);
    return true;
}

static ens_code read_ledger_page(ens__store *s, const ens__ledger_query *q, uint64_t since, ens_arena *arena,
                                 ens__ledger_row *rows, size_t *num, ens_err *err)
{
    const ens__statement which = q->message_id.len ? ENS_SQL_LEDGER_ABOUT : ENS_SQL_LIST_LEDGER;
    const ens__value v[] = {ens__number((int64_t)(since < INT64_MAX ? since : INT64_MAX)), ens__number(q->agreement),
                            ens__number(PAGE), ens__text(q->message_id)};
    bool there = false;
    *num = 0;
    ens_code code = ens__store_begin_reading(s, which, v, q->message_id.len ? 4 : 3, &there, err);
    while (code == ENS_OK && there && *num < PAGE) {
        if (!read_ledger_row(s->reader, which, arena, &rows[(*num)++]))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
        else
            code = s->reader->engine->next(s->reader, which, &there, err);
    }
    ens__store_end_reading(s, which);
    return code;
}

ens_code ens__store_ledger_list(ens__store *store, const ens__ledger_query *query,
                                bool (*take)(void *user, const ens__ledger_row *row), void *user, ens_err *err)
{
    ens__ledger_row rows[PAGE];
    ens_arena arena;
    size_t num = PAGE;
    uint64_t since = query->since;
    ens_code code = ENS_OK;
    bool more = true;
    ens_arena_init(&arena, ARENA_MAX);
    while (code == ENS_OK && more && num == PAGE) {
        ens_arena_reset(&arena);
        code = read_ledger_page(store, query, since, &arena, rows, &num, err);
        for (size_t i = 0; i < num && code == ENS_OK && more; i++) {
            more = take(user, &rows[i]);
            since = rows[i].id;
        }
    }
    ens_arena_free(&arena);
    return code;
}

ens_code ens__store_ledger_earlier(ens__store *store, ens_slice target, ens_slice message_id,
                                   const uint8_t refs_sha256[32], ens_arrival *arrival, ens_err *err)
{
    const ens__statement s = ENS_SQL_LEDGER_EARLIER;
    const ens__value v[] = {ens__text(message_id), ens__text(target)};
    bool found = false;
    *arrival = ENS_ARRIVAL_NEW;
    ens_code code = ens__store_begin_reading(store, s, v, 2, &found, err);
    if (code == ENS_OK && found)
        *arrival = ens_eq(store->reader->engine->bytes(store->reader, s, 0), ens_bytes(refs_sha256, 32))
                       ? ENS_ARRIVAL_AGAIN
                       : ENS_ARRIVAL_CLASH;
    ens__store_end_reading(store, s);
    return code;
}

ens_code ens__store_ledger_count(ens__store *store, ens__ledger_counts *out, ens_err *err)
{
    const ens__statement s = ENS_SQL_COUNT_LEDGER;
    const ens__sql_engine *e = store->reader->engine;
    uint64_t *const to[] = {&out->unknown, &out->agree, &out->disagree};
    bool there = false;
    *out = (ens__ledger_counts){0};
    ens_code code = ens__store_begin_reading(store, s, NULL, 0, &there, err);
    while (code == ENS_OK && there) {
        int64_t agreement = e->number(store->reader, s, 0), held = e->number(store->reader, s, 1);
        if (held)
            out->held += (uint64_t)e->number(store->reader, s, 2);
        else if (agreement >= 0 && agreement < 3)
            *to[agreement] += (uint64_t)e->number(store->reader, s, 2);
        code = e->next(store->reader, s, &there, err);
    }
    ens__store_end_reading(store, s);
    return code;
}
