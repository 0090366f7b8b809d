/* The journal read back, parties' channels, and retention. See store.h. */
#include "sti/store/tx.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign store"
#define PAGE 256   /* rows that a list reads at once */
#define UNREAD 64u /* rows that are read again in one transaction */

static const char sized_counter[] = "pruned-by-size";

static bool read_row(ens__sql *sql, ens__statement s, ens_arena *arena, ens__journal_row *row)
{
    ens_slice *const texts[] = {&row->action, &row->message_id, &row->ref_to, &row->party, &row->ebms,
                                &row->peer,   &row->detail,     &row->lrn,    &row->mrn};
    const ens__sql_engine *e = sql->engine;
    *row = (ens__journal_row){.seq = (uint64_t)e->number(sql, s, 0),
                              .at_ms = e->number(sql, s, 1),
                              .direction = (ens_entry_direction)e->number(sql, s, 2),
                              .kind = (ens_entry_kind)e->number(sql, s, 3),
                              .verdict = (ens_verdict)e->number(sql, s, 4),
                              .unread = e->number(sql, s, 14) != 0,
                              .bytes = (uint64_t)e->number(sql, s, 15)};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, 5 + i), texts[i]))
            return false;
    ens_slice sha256 = e->bytes(sql, s, 16);
    if (sha256.len == sizeof row->sha256)
        memcpy(row->sha256, sha256.p, sizeof row->sha256);
    return true;
}

static ens_code read_page(ens__store *s, const ens__journal_query *q, uint64_t since, size_t limit, ens_arena *arena,
                          ens__journal_row *rows, size_t *num, ens_err *err)
{
    const ens__statement which = q->about.len   ? ENS_SQL_LIST_ABOUT
                                 : q->lrn.len   ? ENS_SQL_LIST_LRN
                                 : q->mrn.len   ? ENS_SQL_LIST_MRN
                                 : q->party.len ? ENS_SQL_LIST_PARTY
                                                : ENS_SQL_LIST_JOURNAL;
    const ens__sql_engine *e = s->reader->engine;
    const ens__value v[] = {ens__number((int64_t)(since < INT64_MAX ? since : INT64_MAX)),
                            ens__number(q->until && q->until < INT64_MAX ? (int64_t)q->until : INT64_MAX),
                            ens__text(q->party),
                            ens__number(q->direction),
                            ens__number(q->kind),
                            ens__number((int64_t)limit),
                            ens__text(ens_sub(q->lrn, 0, ENS_STORE_REFERENCE)),
                            ens__text(ens_sub(q->mrn, 0, ENS_STORE_REFERENCE)),
                            ens__text(q->about)};
    bool there = true;
    *num = 0;
    pthread_mutex_lock(&s->read_turn);
    ens_code code = e->ask(s->reader, which, v, q->about.len ? 9 : 8, err);
    while (code == ENS_OK && *num < limit) {
        code = e->next(s->reader, which, &there, err);
        if (code != ENS_OK || !there)
            break;
        if (!read_row(s->reader, which, arena, &rows[(*num)++]))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    e->end(s->reader, which);
    pthread_mutex_unlock(&s->read_turn);
    return code;
}

/* Page by page, so that a slow reader of a long list holds nobody up. */
ens_code ens__store_journal_list(ens__store *store, const ens__journal_query *query,
                                 bool (*take)(void *user, const ens__journal_row *row), void *user, ens_err *err)
{
    ens__journal_row rows[PAGE];
    ens_arena arena;
    uint64_t since = query->since;
    size_t left = query->limit ? query->limit : SIZE_MAX, num = 0, page = 0;
    bool more = true;
    ens_code code;
    ens_arena_init(&arena, (size_t)PAGE * 4 * ENS_STORE_TEXT);
    do {
        page = left < PAGE ? left : PAGE;
        ens_arena_reset(&arena);
        code = read_page(store, query, since, page, &arena, rows, &num, err);
        for (size_t i = 0; i < num && code == ENS_OK && more; i++)
            more = take(user, &rows[i]);
        if (num)
            since = rows[num - 1].seq;
        left -= num;
    } while (code == ENS_OK && more && left && num == page);
    ens_arena_free(&arena);
    return code;
}

/* A row whose LRN and MRN nobody has looked for. */
typedef struct {
    uint64_t seq;
    ens_entry_kind kind;
    bool known; /* found says what they are */
    char about[ENS_STORE_ID + 1];
    ens__references found;
} unread;

typedef struct {
    unread rows[UNREAD];
    size_t num;
    uint64_t put; /* of the transaction */
} unreads;

static void copy_text(char *to, size_t size, ens_slice from)
{
    size_t len = from.len < size ? from.len : size - 1;
    if (len)
        memcpy(to, from.p, len);
    to[len] = '\0';
}

static ens_code find_unread(ens__store *s, uint64_t since, size_t most, unreads *out, ens_err *err)
{
    const ens__statement which = ENS_SQL_UNREAD;
    const ens__value v[] = {ens__number((int64_t)(since < INT64_MAX ? since : INT64_MAX)), ens__number((int64_t)most)};
    const ens__sql_engine *e = s->reader->engine;
    bool there = false;
    out->num = 0;
    ens_code code = ens__store_begin_reading(s, which, v, 2, &there, err);
    while (code == ENS_OK && there && out->num < most) {
        unread *u = &out->rows[out->num++];
        *u = (unread){.seq = (uint64_t)e->number(s->reader, which, 0),
                      .kind = (ens_entry_kind)e->number(s->reader, which, 1)};
        copy_text(u->about, sizeof u->about, e->bytes(s->reader, which, 2));
        code = e->next(s->reader, which, &there, err);
    }
    ens__store_end_reading(s, which);
    return code;
}

ens_code ens__store_journal_unread(ens__store *store, uint64_t since, uint64_t *seq, ens_err *err)
{
    unreads first;
    ens_code code = find_unread(store, since, 1, &first, err);
    *seq = code == ENS_OK && first.num ? first.rows[0].seq : 0;
    return code;
}

/* ask_about takes them from the message that the row answers. */
static ens_code ask_about(ens__tx *tx, unread *u, ens_err *err)
{
    const ens__statement s = ENS_SQL_READ_ABOUT;
    const ens__value v[] = {ens__text(ens_str(u->about))};
    const ens__sql_engine *e = tx->sql->engine;
    ens_code code = e->ask(tx->sql, s, v, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, &u->known, err);
    if (code == ENS_OK && u->known) {
        copy_text(u->found.lrn, sizeof u->found.lrn, e->bytes(tx->sql, s, 0));
        copy_text(u->found.mrn, sizeof u->found.mrn, e->bytes(tx->sql, s, 1));
    }
    e->end(tx->sql, s);
    return code;
}

static bool answers(ens_entry_kind kind)
{
    return kind == ENS_ENTRY_RECEIPT || kind == ENS_ENTRY_ERROR || kind == ENS_ENTRY_NOTE;
}

static ens_code put_read(ens__tx *tx, void *user, ens_err *err)
{
    unreads *all = user;
    ens_code code = ENS_OK;
    all->put = 0;
    for (size_t i = 0; i < all->num && code == ENS_OK; i++) {
        unread *u = &all->rows[i];
        if (answers(u->kind))
            code = ask_about(tx, u, err);
        const ens__value v[] = {ens__number((int64_t)u->seq),
                                ens__tx_fit(tx, ens_str(u->found.lrn), ENS_STORE_REFERENCE),
                                ens__tx_fit(tx, ens_str(u->found.mrn), ENS_STORE_REFERENCE)};
        if (code == ENS_OK && u->known) {
            code = ENS_TX_RUN(tx, ENS_SQL_SET_READ, v, NULL, err);
            all->put++;
        }
    }
    return code;
}

/* read_messages has the bytes of messages read; what carries no document is known to name none. */
static ens_code read_messages(ens__store *s, unreads *all, bool (*read)(void *, ens_slice, ens__references *),
                              void *user, ens_err *err)
{
    ens_buf raw;
    ens_code code = ENS_OK;
    ens_buf_init(&raw, NULL, 0, ENS_STORE_RAW);
    for (size_t i = 0; i < all->num && code == ENS_OK; i++) {
        unread *u = &all->rows[i];
        bool kept = false;
        u->known = u->kind != ENS_ENTRY_USER_MESSAGE && !answers(u->kind);
        if (u->kind != ENS_ENTRY_USER_MESSAGE)
            continue;
        raw.len = 0;
        code = ens__store_journal_raw(s, u->seq, &raw, &kept, err);
        u->known = code == ENS_OK && kept && raw.len && read(user, ens_buf_slice(&raw), &u->found);
    }
    ens_buf_free(&raw);
    return code;
}

ens_code ens__store_journal_read(ens__store *store, bool (*read)(void *user, ens_slice raw, ens__references *out),
                                 void *user, uint64_t *num, ens_err *err)
{
    uint64_t since = 0;
    unreads *all = calloc(1, sizeof *all);
    ens_code code = all ? ENS_OK : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    *num = 0;
    do {
        if (code == ENS_OK)
            code = find_unread(store, since, UNREAD, all, err);
        if (code == ENS_OK && all->num)
            code = read_messages(store, all, read, user, err);
        if (code == ENS_OK && all->num)
            code = ens__tx_make(store, false, put_read, all, NULL, err);
        if (code == ENS_OK && all->num) {
            since = all->rows[all->num - 1].seq;
            *num += all->put;
        }
    } while (code == ENS_OK && all->num == UNREAD);
    free(all);
    return code;
}

static ens_code put_channel(ens__tx *tx, void *user, ens_err *err)
{
    const ens__channel *channel = user;
    const ens__value v[] = {ens__text(ens_str(channel->party_id)), ens__number(channel->mode),
                            ens__text(ens_str(channel->url))};
    return ENS_TX_RUN(tx, ENS_SQL_PUT_CHANNEL, v, NULL, err);
}

ens_code ens__store_party_put_channel(ens__store *store, const ens__channel *channel, ens_err *err)
{
    ens__channel copy = *channel;
    return ens__tx_make(store, true, put_channel, &copy, NULL, err);
}

/* A set of rows of the journal, and the statements that take them away. */
typedef struct {
    ens__statement bytes, octets, rows;
    ens__value v[2];
} set;

static ens_code ask_two(ens__tx *tx, ens__statement s, const ens__value *v, unsigned num, int64_t *a, int64_t *b,
                        bool *there, ens_err *err)
{
    const ens__sql_engine *e = tx->sql->engine;
    ens_code code = e->ask(tx->sql, s, v, num, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, there, err);
    if (code == ENS_OK && *there) {
        *a = e->number(tx->sql, s, 0);
        if (b)
            *b = e->number(tx->sql, s, 1);
    }
    e->end(tx->sql, s);
    return code;
}

/* take_away deletes the rows of a set with the octets that they own. */
static ens_code take_away(ens__tx *tx, const set *rows, int64_t *num, ens_err *err)
{
    int64_t bytes = 0;
    bool there = false;
    ens_code code = ask_two(tx, rows->bytes, rows->v, 2, &bytes, num, &there, err);
    if (code != ENS_OK || *num == 0)
        return code;
    code = ENS_TX_RUN(tx, rows->octets, rows->v, NULL, err);
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, rows->rows, rows->v, NULL, err);
    tx->bytes -= bytes + *num * ENS_STORE_ROW;
    return code;
}

static ens_code prune_aged(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    int64_t keep = r->keep_ms > r->duplicates_ms ? r->keep_ms : r->duplicates_ms, num = 0, outbound = 0;
    if (!r->keep_ms)
        return ENS_OK;
    const set aged = {ENS_SQL_AGED_BYTES,
                      ENS_SQL_PRUNE_AGED_OCTETS,
                      ENS_SQL_PRUNE_AGED,
                      {ens__number(tx->now - keep), ens__number(rows)}};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_PRUNE_OUTBOUND, aged.v, &outbound, err);
    if (code == ENS_OK)
        code = take_away(tx, &aged, &num, err);
    *more = *more || num == rows || outbound == rows;
    return code;
}

static ens_code prune_inbound(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    int64_t num = 0;
    if (!r->duplicates_ms)
        return ENS_OK;
    const ens__value v[] = {ens__number(tx->now - r->duplicates_ms), ens__number(rows)};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_PRUNE_INBOUND, v, &num, err);
    *more = *more || num == rows;
    return code;
}

/* window is the next stretch of the journal: from where the last one ended, or from the start again. */
static ens_code window(ens__tx *tx, unsigned rows, int64_t *from, int64_t *until, int64_t *moved, bool *last,
                       ens_err *err)
{
    const ens__value cursor[] = {ens__text(ens_str(sized_counter))}, newest[] = {ens__text(ens_str("journal"))};
    int64_t done = 0, end = 0;
    bool there = false;
    ens_code code = ask_two(tx, ENS_SQL_COUNTER, cursor, 1, &done, NULL, &there, err);
    if (code == ENS_OK)
        code = ask_two(tx, ENS_SQL_COUNTER, newest, 1, &end, NULL, &there, err);
    const ens__value first[] = {ens__number(done + 1)};
    if (code == ENS_OK)
        code = ask_two(tx, ENS_SQL_FIRST_FROM, first, 1, from, NULL, &there, err);
    *from = there ? *from : end + 1;
    *last = end - *from < rows;
    *until = *last ? end + 1 : *from + rows;
    *moved = *last ? -done : *until - 1 - done;
    return code;
}

/* The oldest go first. What is held is passed over until the next round. */
static ens_code prune_sized(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    const ens__value raw[] = {ens__text(ENS_LIT("journal-bytes"))};
    int64_t bytes = 0, from = 0, until = 0, moved = 0, num = 0;
    bool there = false, last = false;
    ens_code code = r->size ? ask_two(tx, ENS_SQL_COUNTER, raw, 1, &bytes, NULL, &there, err) : ENS_OK;
    if (code != ENS_OK || bytes + tx->bytes <= (int64_t)r->size)
        return code;
    code = window(tx, rows, &from, &until, &moved, &last, err);
    const set sized = {
        ENS_SQL_SIZED_BYTES, ENS_SQL_PRUNE_SIZED_OCTETS, ENS_SQL_PRUNE_SIZED, {ens__number(from), ens__number(until)}};
    const ens__value move[] = {ens__text(ens_str(sized_counter)), ens__number(moved)};
    if (code == ENS_OK)
        code = take_away(tx, &sized, &num, err);
    if (code == ENS_OK)
        code = ask_two(tx, ENS_SQL_COUNT, move, 2, &moved, NULL, &there, err);
    *more = *more || (!last && bytes + tx->bytes > (int64_t)r->size);
    return code;
}

typedef struct {
    const ens__retention *retention;
    unsigned rows;
    bool more;
} pruning;

#define MARKS_MS                                                                                                       \
    ((int64_t)7 * 86400000) /* the mark of a handle that was opened before, and still commits, comes again */

/* forget_marks takes away what handles left behind that are gone. */
static ens_code forget_marks(ens__tx *tx, ens_err *err)
{
    char until[48];
    snprintf(until, sizeof until, ENS_STORE_MARK "%013lld", (long long)(tx->wall - MARKS_MS));
    const ens__value v[] = {ens__text(ENS_LIT(ENS_STORE_MARK)), ens__text(ens_str(until))};
    return ENS_TX_RUN(tx, ENS_SQL_FORGET_MARKS, v, NULL, err);
}

static ens_code prune_some(ens__tx *tx, void *user, ens_err *err)
{
    pruning *p = user;
    int64_t unused;
    bool there;
    const ens__value lock[] = {ens__text(ENS_LIT("journal-bytes")), ens__number(0)};
    p->more = false;
    /* Who prunes at the same time waits: rows are counted before they are taken away. */
    ens_code code = ask_two(tx, ENS_SQL_COUNT, lock, 2, &unused, NULL, &there, err);
    if (code == ENS_OK && tx->sql->engine->may_repeat)
        code = forget_marks(tx, err);
    if (code == ENS_OK)
        code = prune_inbound(tx, p->retention, p->rows, &p->more, err);
    if (code == ENS_OK)
        code = prune_aged(tx, p->retention, p->rows, &p->more, err);
    return code == ENS_OK ? prune_sized(tx, p->retention, p->rows, &p->more, err) : code;
}

ens_code ens__store_prune(ens__store *store, const ens__retention *retention, bool *more, ens_err *err)
{
    pruning p = {retention, retention->rows ? retention->rows : ENS_STORE_PRUNE, false};
    ens_code code = ens__tx_make(store, true, prune_some, &p, NULL, err);
    *more = code == ENS_OK && p.more;
    if (code != ENS_OK || p.more || !store->writer->engine->tidy)
        return code;
    pthread_mutex_lock(&store->write_turn);
    code = store->writer->engine->tidy(store->writer, more, err);
    pthread_mutex_unlock(&store->write_turn);
    return code;
}
