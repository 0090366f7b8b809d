/* Filings and what belongs to them. See filing.h. */
#include "sti/store/filing.h"

#include "sti/store/tx.h"

#include <stdio.h>

#define RULE "Ensign store"
#define PAGE 64u /* rows that a list reads at once */
#define ARENA_MAX ((size_t)128 << 20)

/* -- Writing ------------------------------------------------------------------------------------------------------ */

static ens_code put_keys(ens__tx *tx, const ens__filing_row *f, ens_err *err)
{
    const ens__value of[] = {ens__text(f->mrn)};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_DROP_FILING_KEYS, of, NULL, err);
    for (size_t i = 0; i < f->num_keys && code == ENS_OK; i++) {
        const ens__value v[] = {ens__text(f->mrn), ens__number(f->keys[i].kind), ens__text(f->keys[i].text)};
        code = ENS_TX_RUN(tx, ENS_SQL_PUT_FILING_KEY, v, NULL, err);
    }
    return code;
}

static ens_code put_filing(ens__tx *tx, const ens__filing_row *f, ens_err *err)
{
    int64_t changed = 0;
    const ens__value v[] = {ens__text(f->mrn),     ens__text(f->space),           ens__text(f->action),
                            ens__text(f->lrn),     ens__text(f->declarant),       ens__text(f->party),
                            ens__number(f->state), ens__number(f->registered_ms), ens__number(f->changed_ms),
                            ens__blob(f->body),    ens__number(f->version)};
    const ens__value document[] = {v[0], ens__number(f->packed), ens__blob(f->document)};
    ens__statement which = f->version ? ENS_SQL_SET_FILING : ENS_SQL_PUT_FILING;
    ens_code code = ENS_TX_RUN(tx, which, v, &changed, err);
    if (code == ENS_OK && changed == 0)
        code = ens_fail(err, ENS_EPOLICY, RULE, "the filing was changed by another meanwhile; do it again", 0);
    if (code == ENS_OK && f->keys)
        code = put_keys(tx, f, err);
    if (code == ENS_OK && f->document.len)
        code = ENS_TX_RUN(tx, ENS_SQL_PUT_FILING_DOCUMENT, document, NULL, err);
    return code;
}

static ens_code put_reference(ens__tx *tx, const ens__used_reference *r, ens_err *err)
{
    int64_t put = 0;
    const ens__value v[] = {ens__text(r->space), ens__text(r->person), ens__text(r->reference), ens__text(r->mrn)};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_PUT_REFERENCE, v, &put, err);
    if (code == ENS_OK && put == 0)
        code = ens_fail(err, ENS_EPOLICY, RULE, "the reference was used by another meanwhile; do it again", 0);
    return code;
}

static ens_code put_notice(ens__tx *tx, const ens__notice *n, ens_err *err)
{
    const ens__value v[] = {ens__text(n->message_id), ens__text(n->mrn),     ens__text(n->person),
                            ens__text(n->action),     ens__number(n->at_ms), ens__blob(n->document)};
    return ENS_TX_RUN(tx, ENS_SQL_PUT_NOTICE, v, NULL, err);
}

/* Everything that may turn out to be another's comes first. */
ens_code ens__tx_put_filings(ens__tx *tx, const ens__filing_changes *c, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; i < c->num_filings && code == ENS_OK; i++)
        code = put_filing(tx, &c->filings[i], err);
    for (size_t i = 0; i < c->num_references && code == ENS_OK; i++)
        code = put_reference(tx, &c->references[i], err);
    for (size_t i = 0; i < c->num_notices && code == ENS_OK; i++)
        code = put_notice(tx, &c->notices[i], err);
    return code;
}

static bool fits(ens_slice s, size_t max)
{
    return s.len <= max && ens__store_is_text(s);
}

bool ens__filing_changes_fit(const ens__filing_changes *c)
{
    bool good = true;
    for (size_t i = 0; i < c->num_filings; i++) {
        const ens__filing_row *f = &c->filings[i];
        good = good && f->mrn.len && fits(f->mrn, ENS_FILING_MRN) && fits(f->space, ENS_FILING_SPACE) &&
               fits(f->action, ENS_STORE_NAME) && fits(f->lrn, ENS_FILING_KEY) && fits(f->declarant, ENS_FILING_KEY) &&
               fits(f->party, ENS_STORE_PARTY) && f->body.len <= ENS_FILING_BODY &&
               f->document.len <= ENS_FILING_DOCUMENT;
        for (size_t k = 0; k < f->num_keys; k++)
            good = good && fits(f->keys[k].text, ENS_FILING_KEY);
    }
    for (size_t i = 0; i < c->num_references; i++)
        good = good && fits(c->references[i].space, ENS_FILING_SPACE) &&
               fits(c->references[i].person, ENS_FILING_KEY) && fits(c->references[i].reference, ENS_FILING_KEY) &&
               fits(c->references[i].mrn, ENS_FILING_MRN);
    for (size_t i = 0; i < c->num_notices; i++)
        good = good && fits(c->notices[i].mrn, ENS_FILING_MRN) && fits(c->notices[i].person, ENS_FILING_KEY) &&
               fits(c->notices[i].action, ENS_STORE_NAME) && fits(c->notices[i].message_id, ENS_STORE_ID) &&
               c->notices[i].document.len <= ENS_FILING_DOCUMENT;
    return good;
}

/* -- Reading ------------------------------------------------------------------------------------------------------ */

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ENOMEM, RULE, "what was asked for is too large to be read", 0);
}

static bool read_filing(ens__sql *sql, ens__statement s, ens_arena *arena, ens__filing_row *f)
{
    const ens__sql_engine *e = sql->engine;
    ens_slice *const columns[] = {&f->mrn, &f->space, &f->action, &f->lrn, &f->declarant, &f->party, &f->body};
    *f = (ens__filing_row){0};
    for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, i), columns[i]))
            return false;
    f->state = (unsigned)e->number(sql, s, 7);
    f->version = e->number(sql, s, 8);
    f->registered_ms = e->number(sql, s, 9);
    f->changed_ms = e->number(sql, s, 10);
    return true;
}

ens_code ens__store_find_filing(ens__store *store, ens_slice mrn, ens_arena *arena, ens__filing_row *out, bool *found,
                                ens_err *err)
{
    const ens__value v[] = {ens__text(mrn)};
    *found = false;
    ens_code code = ens__store_begin_reading(store, ENS_SQL_GET_FILING, v, 1, found, err);
    if (code == ENS_OK && *found && !read_filing(store->reader, ENS_SQL_GET_FILING, arena, out))
        code = no_memory(err);
    ens__store_end_reading(store, ENS_SQL_GET_FILING);
    return code;
}

ens_code ens__store_find_document(ens__store *store, ens_slice mrn, ens_arena *arena, ens_slice *out, bool *packed,
                                  bool *found, ens_err *err)
{
    const ens__statement s = ENS_SQL_GET_FILING_DOCUMENT;
    const ens__value v[] = {ens__text(mrn)};
    const ens__sql_engine *e = store->reader->engine;
    *found = false;
    ens_code code = ens__store_begin_reading(store, s, v, 1, found, err);
    if (code == ENS_OK && *found) {
        *packed = e->number(store->reader, s, 0) != 0;
        if (!ens__arena_copy(arena, e->bytes(store->reader, s, 1), out))
            code = no_memory(err);
    }
    ens__store_end_reading(store, s);
    return code;
}

ens_code ens__store_find_reference(ens__store *store, const ens__used_reference *asked, bool *found, ens_err *err)
{
    const ens__value v[] = {ens__text(asked->space), ens__text(asked->person), ens__text(asked->reference)};
    *found = false;
    ens_code code = ens__store_begin_reading(store, ENS_SQL_GET_REFERENCE, v, 3, found, err);
    ens__store_end_reading(store, ENS_SQL_GET_REFERENCE);
    return code;
}

/* What the rows of a question are read into. */
typedef struct {
    ens__statement which;
    const ens__value *v;
    unsigned num_v;
    size_t size, most; /* bytes of a record, records */
    bool (*read)(ens__sql *sql, ens__statement s, ens_arena *arena, void *record);
} listing;

static ens_code read_all(ens__store *store, const listing *l, ens_arena *arena, void **out, size_t *num, ens_err *err)
{
    const ens__sql_engine *e = store->reader->engine;
    uint8_t *rows = NULL;
    size_t room = 0;
    bool there = false;
    *num = 0;
    ens_code code = ens__store_begin_reading(store, l->which, l->v, l->num_v, &there, err);
    while (code == ENS_OK && there && *num < l->most) {
        rows = ens_arena_grow(arena, rows, *num, &room, l->size);
        code = rows && l->read(store->reader, l->which, arena, rows + *num * l->size) ? ENS_OK : no_memory(err);
        *num += 1;
        if (code == ENS_OK)
            code = e->next(store->reader, l->which, &there, err);
    }
    ens__store_end_reading(store, l->which);
    *out = rows;
    return code;
}

static bool read_row(ens__sql *sql, ens__statement s, ens_arena *arena, void *record)
{
    return read_filing(sql, s, arena, record);
}

ens_code ens__store_filings_by_key(ens__store *store, ens_slice space, ens__filing_key key, ens_arena *arena,
                                   ens__filing_row **out, size_t *num, ens_err *err)
{
    const ens__value v[] = {ens__number(key.kind), ens__text(key.text), ens__text(space),
                            ens__number(ENS_FILING_FOUND)};
    const listing l = {ENS_SQL_FILINGS_BY_KEY, v, 4, sizeof **out, ENS_FILING_FOUND, read_row};
    void *rows = NULL;
    ens_code code = read_all(store, &l, arena, &rows, num, err);
    *out = rows;
    return code;
}

static bool read_key(ens__sql *sql, ens__statement s, ens_arena *arena, void *record)
{
    ens__filing_key *key = record;
    key->kind = (unsigned)sql->engine->number(sql, s, 0);
    return ens__arena_copy(arena, sql->engine->bytes(sql, s, 1), &key->text);
}

ens_code ens__store_filing_keys(ens__store *store, ens_slice mrn, ens_arena *arena, ens__filing_key **out, size_t *num,
                                ens_err *err)
{
    const ens__value v[] = {ens__text(mrn)};
    const listing l = {ENS_SQL_KEYS_OF_FILING, v, 1, sizeof **out, SIZE_MAX, read_key};
    void *rows = NULL;
    ens_code code = read_all(store, &l, arena, &rows, num, err);
    *out = rows;
    return code;
}

ens_code ens__store_list_filings(ens__store *store, const ens__filing_query *q,
                                 bool (*take)(void *user, const ens__filing_row *row), void *user, ens_err *err)
{
    char after[ENS_FILING_MRN + 1] = "";
    ens_arena arena;
    ens_code code = ENS_OK;
    size_t num = PAGE;
    bool more = true;
    ens_arena_init(&arena, ARENA_MAX);
    while (code == ENS_OK && more && num == PAGE) {
        const ens__value v[] = {ens__text(ens_str(after)), ens__text(q->space), ens__text(q->lrn),
                                ens__number(q->state), ens__number(PAGE)};
        const listing l = {ENS_SQL_LIST_FILINGS, v, 5, sizeof(ens__filing_row), PAGE, read_row};
        void *rows = NULL;
        ens_arena_reset(&arena);
        code = read_all(store, &l, &arena, &rows, &num, err);
        ens__filing_row *f = rows;
        for (size_t i = 0; i < num && code == ENS_OK && more; i++)
            more = take(user, &f[i]);
        if (num)
            snprintf(after, sizeof after, "%s", (const char *)f[num - 1].mrn.p);
    }
    ens_arena_free(&arena);
    return code;
}

static bool read_notice(ens__sql *sql, ens__statement s, ens_arena *arena, void *record)
{
    const ens__sql_engine *e = sql->engine;
    ens__notice *n = record;
    n->at_ms = e->number(sql, s, 4);
    return ens__arena_copy(arena, e->bytes(sql, s, 0), &n->message_id) &&
           ens__arena_copy(arena, e->bytes(sql, s, 1), &n->mrn) &&
           ens__arena_copy(arena, e->bytes(sql, s, 2), &n->person) &&
           ens__arena_copy(arena, e->bytes(sql, s, 3), &n->action) &&
           ens__arena_copy(arena, e->bytes(sql, s, 5), &n->document);
}

ens_code ens__store_list_notices(ens__store *store, ens_slice mrn, bool (*take)(void *user, const ens__notice *notice),
                                 void *user, ens_err *err)
{
    const ens__value v[] = {ens__text(mrn)};
    const listing l = {ENS_SQL_LIST_NOTICES, v, 1, sizeof(ens__notice), SIZE_MAX, read_notice};
    ens_arena arena;
    void *rows = NULL;
    size_t num = 0;
    bool more = true;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = read_all(store, &l, &arena, &rows, &num, err);
    const ens__notice *n = rows;
    for (size_t i = 0; i < num && code == ENS_OK && more; i++)
        more = take(user, &n[i]);
    ens_arena_free(&arena);
    return code;
}

/* -- Preferences and clocks --------------------------------------------------------------------------------------- */

typedef struct {
    ens__statement which;
    const ens__value *v;
    unsigned num;
} one;

static ens_code run_one(ens__tx *tx, void *user, ens_err *err)
{
    const one *o = user;
    return tx->sql->engine->run(tx->sql, o->which, o->v, o->num, NULL, err);
}

static ens_code run_alone(ens__store *store, ens__statement which, const ens__value *v, unsigned num, ens_err *err)
{
    return ens__tx_make(store, true, run_one, &(one){which, v, num}, NULL, err);
}

ens_code ens__store_put_preference(ens__store *store, const ens__preference *p, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(p->eori)), ens__text(ens_str(p->party_id)), ens__text(ens_str(p->wants))};
    return run_alone(store, ENS_SQL_PUT_PREFERENCE, v, 3, err);
}

static void keep_text(char *out, size_t size, ens_slice text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

ens_code ens__store_find_preference(ens__store *store, ens_slice eori, ens__preference *out, bool *found, ens_err *err)
{
    const ens__value v[] = {ens__text(eori)};
    const ens__sql_engine *e = store->reader->engine;
    *found = false;
    ens_code code = ens__store_begin_reading(store, ENS_SQL_GET_PREFERENCE, v, 1, found, err);
    if (code == ENS_OK && *found) {
        keep_text(out->eori, sizeof out->eori, eori);
        keep_text(out->party_id, sizeof out->party_id, e->bytes(store->reader, ENS_SQL_GET_PREFERENCE, 0));
        keep_text(out->wants, sizeof out->wants, e->bytes(store->reader, ENS_SQL_GET_PREFERENCE, 1));
    }
    ens__store_end_reading(store, ENS_SQL_GET_PREFERENCE);
    return code;
}

ens_code ens__store_put_clock(ens__store *store, const ens__clock_row *row, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(row->space)), ens__number(row->ahead_ms), ens__number(row->frozen_ms)};
    return run_alone(store, ENS_SQL_PUT_CLOCK, v, 3, err);
}

ens_code ens__store_read_clocks(ens__store *store, ens__clock_row *out, size_t max, size_t *num, ens_err *err)
{
    const ens__sql_engine *e = store->reader->engine;
    bool there = false;
    *num = 0;
    ens_code code = ens__store_begin_reading(store, ENS_SQL_LIST_CLOCKS, NULL, 0, &there, err);
    while (code == ENS_OK && there && *num < max) {
        ens__clock_row *row = &out[(*num)++];
        keep_text(row->space, sizeof row->space, e->bytes(store->reader, ENS_SQL_LIST_CLOCKS, 0));
        row->ahead_ms = e->number(store->reader, ENS_SQL_LIST_CLOCKS, 1);
        row->frozen_ms = e->number(store->reader, ENS_SQL_LIST_CLOCKS, 2);
        code = e->next(store->reader, ENS_SQL_LIST_CLOCKS, &there, err);
    }
    ens__store_end_reading(store, ENS_SQL_LIST_CLOCKS);
    return code;
}
