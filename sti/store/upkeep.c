/* The journal read back, parties' channels, and retention. See store.h. */
#include "sti/store/tx.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign store"
#define PAGE 256   /* rows that a list reads at once */
#define UNREAD 64u /* rows that are read again in one transaction */

static const char aged_counter[] = "pruned-by-age", sized_counter[] = "pruned-by-size";

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

static ens_code read_counter(ens__tx *tx, const char *name, int64_t *out, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(name))};
    bool there = false;
    *out = 0;
    return ask_two(tx, ENS_SQL_COUNTER, v, 1, out, NULL, &there, err);
}

static ens_code set_cursor(ens__tx *tx, const char *name, int64_t from, int64_t to, ens_err *err)
{
    const ens__value v[] = {ens__text(ens_str(name)), ens__number(to)};
    return from == to ? ENS_OK : ENS_TX_RUN(tx, ENS_SQL_MARK, v, NULL, err);
}

/* A stretch of the journal: rows [from, until), all of them kept by now. */
typedef struct {
    int64_t from, until, first_at, next_at; /* when the first was stored, and the one behind it */
    bool any, last;                         /* there is a row; nothing is behind it */
} stretch;

static ens_code find_stretch(ens__tx *tx, int64_t after, unsigned rows, stretch *s, ens_err *err)
{
    const ens__value first[] = {ens__number(after), ens__number(0)}, next[] = {ens__number(after), ens__number(rows)};
    bool more = false;
    *s = (stretch){.from = after + 1, .until = after + 1, .last = true};
    ens_code code = ask_two(tx, ENS_SQL_ROW_BEHIND, first, 2, &s->from, &s->first_at, &s->any, err);
    if (code == ENS_OK && s->any)
        code = ask_two(tx, ENS_SQL_ROW_BEHIND, next, 2, &s->until, &s->next_at, &more, err);
    s->last = !more;
    if (code == ENS_OK && s->any && s->last) { /* what others are just writing has higher numbers */
        code = read_counter(tx, "journal", &s->until, err);
        s->until++;
    }
    return code;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* drop_octets drops those of an ordered list, run by run: they were numbered as their rows were. */
static ens_code drop_octets(ens__tx *tx, const int64_t *ids, size_t num, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0, end; i < num && code == ENS_OK; i = end) {
        for (end = i + 1; end < num && ids[end] == ids[end - 1] + 1;)
            end++;
        const ens__value run[] = {ens__number(ids[i]), ens__number(ids[end - 1])};
        code = ENS_TX_RUN(tx, ENS_SQL_PRUNE_OCTETS, run, NULL, err);
    }
    return code;
}

/* take_away deletes the rows of a stretch that are older than a time and not held, with the octets that they own: just
 * those of the rows that are gone. */
static ens_code take_away(ens__tx *tx, const stretch *st, int64_t before, ens_err *err)
{
    const ens__statement s = ENS_SQL_PRUNE_ROWS;
    const ens__value v[] = {ens__number(st->from), ens__number(st->until), ens__number(before)};
    const ens__sql_engine *e = tx->sql->engine;
    int64_t *ids = NULL;
    size_t num = 0, room = 0;
    bool there = false;
    ens_code code = e->ask(tx->sql, s, v, 3, err);
    while (code == ENS_OK && (code = e->next(tx->sql, s, &there, err)) == ENS_OK && there) {
        bool owns = e->number(tx->sql, s, 1) != 0;
        tx->bytes -= ENS_STORE_ROW + (owns ? e->number(tx->sql, s, 2) : 0);
        if (!owns)
            continue;
        ids = ens_arena_grow(&tx->store->scratch, ids, num, &room, sizeof *ids);
        if (!ids)
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
        else
            ids[num++] = e->number(tx->sql, s, 0);
    }
    e->end(tx->sql, s);
    if (num)
        qsort(ids, num, sizeof *ids, by_number);
    return code == ENS_OK ? drop_octets(tx, ids, num, err) : code;
}

static ens_code prune_inbound(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    int64_t num = 0;
    const ens__value v[] = {ens__number(tx->now - r->duplicates_ms), ens__number(rows - 1)};
    ens_code code = r->duplicates_ms ? ENS_TX_RUN(tx, ENS_SQL_PRUNE_INBOUND, v, &num, err) : ENS_OK;
    *more = *more || num >= rows;
    return code;
}

enum { SENT_KINDS = 12 }; /* states, modes, categories */

/* prune_sent takes away the next ones of a kind. Where it ended is kept, since what an index still has of deleted rows
 * is passed over one by one. */
static ens_code prune_sent(ens__tx *tx, int kind, int64_t before, unsigned rows, int64_t *num, ens_err *err)
{
    ens__store *s = tx->store;
    int64_t from = s->sent_pruned.kind == kind ? s->sent_pruned.from : 0, until = before;
    bool more = false;
    ens__value v[] = {ens__number(1 + kind % 2), ens__number(kind / 2 % 2), ens__number(1 + kind / 4),
                      ens__number(from),         ens__number(before),       ens__number(rows - 1)};
    ens_code code = ask_two(tx, ENS_SQL_SENT_BEHIND, v, 6, &until, NULL, &more, err);
    v[4] = ens__number(more ? until + 1 : before);
    if (code == ENS_OK)
        code = tx->sql->engine->run(tx->sql, ENS_SQL_PRUNE_OUTBOUND, v, 5, num, err);
    s->sent_pruned.kind = more ? kind : kind + 1;
    s->sent_pruned.from = more ? until : 0;
    return code;
}

static ens_code prune_outbound(ens__tx *tx, int64_t before, unsigned rows, bool *more, ens_err *err)
{
    ens_code code = ENS_OK;
    int64_t num = 0, all = 0;
    int kind = tx->store->sent_pruned.kind;
    for (; kind < SENT_KINDS && code == ENS_OK && all < rows; kind = tx->store->sent_pruned.kind) {
        code = prune_sent(tx, kind, before, rows, &num, err);
        all += num;
    }
    *more = *more || kind < SENT_KINDS;
    if (!*more)
        tx->store->sent_pruned.kind = 0;
    return code;
}

/* prune_aged goes through the journal from its start, a stretch a round. Rows are stored in the order of their numbers
 * but for clocks that were set: where a stretch is young at both ends, the index of times tells where to go on. */
static ens_code prune_aged(ens__tx *tx, int64_t before, int64_t done, unsigned rows, bool *more, ens_err *err)
{
    stretch s;
    int64_t old = 0;
    bool there = false;
    ens_code code = find_stretch(tx, done, rows, &s, err);
    if (code != ENS_OK)
        return code;
    bool young = s.any && s.first_at >= before && (s.last || s.next_at >= before);
    const ens__value from[] = {ens__number(before), ens__number(s.from)};
    if (young)
        code = ask_two(tx, ENS_SQL_AGED_FROM, from, 2, &old, NULL, &there, err);
    else
        code = take_away(tx, &s, before, err);
    bool ended = young ? !there : s.last;
    *more = *more || !ended;
    return code == ENS_OK ? set_cursor(tx, aged_counter, done, ended ? 0 : young ? old - 1 : s.until - 1, err) : code;
}

/* What came before is pruned first: inbound, which holds answers, then what was sent, then the journal. */
static ens_code prune_old(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    int64_t before = tx->now - (r->keep_ms > r->duplicates_ms ? r->keep_ms : r->duplicates_ms), done = 0;
    ens_code code = read_counter(tx, aged_counter, &done, err);
    if (code == ENS_OK && !done)
        code = prune_inbound(tx, r, rows, more, err);
    if (code == ENS_OK && !done && r->keep_ms && !*more)
        code = prune_outbound(tx, before, rows, more, err);
    return code == ENS_OK && r->keep_ms && !*more ? prune_aged(tx, before, done, rows, more, err) : code;
}

/* The oldest go first. What is held is passed over until the next round. */
static ens_code prune_sized(ens__tx *tx, const ens__retention *r, unsigned rows, bool *more, ens_err *err)
{
    int64_t bytes = 0, done = 0;
    stretch s;
    ens_code code = r->size ? read_counter(tx, "journal-bytes", &bytes, err) : ENS_OK;
    if (code != ENS_OK || bytes + tx->bytes <= (int64_t)r->size)
        return code;
    code = read_counter(tx, sized_counter, &done, err);
    if (code == ENS_OK)
        code = find_stretch(tx, done, rows, &s, err);
    if (code == ENS_OK)
        code = take_away(tx, &s, INT64_MAX, err);
    if (code == ENS_OK)
        code = set_cursor(tx, sized_counter, done, s.last ? 0 : s.until - 1, err);
    *more = *more || (code == ENS_OK && !s.last && bytes + tx->bytes > (int64_t)r->size);
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
    const ens__value lock[] = {ens__text(ENS_LIT("pruner")), ens__number(0)};
    p->more = false;
    /* Who prunes at the same time waits. Who writes doesn't: a row that commits need is touched at the end alone. */
    ens_code code = ask_two(tx, ENS_SQL_COUNT, lock, 2, &unused, NULL, &there, err);
    if (code == ENS_OK && tx->sql->engine->may_repeat)
        code = forget_marks(tx, err);
    if (code == ENS_OK)
        code = prune_old(tx, p->retention, p->rows, &p->more, err);
    return code == ENS_OK ? prune_sized(tx, p->retention, p->rows, &p->more, err) : code;
}

ens_code ens__store_prune(ens__store *store, const ens__retention *retention, bool *more, ens_err *err)
{
    pruning p = {retention, retention->rows ? retention->rows : ENS_STORE_PRUNE, false};
    bool files = store->writer && store->writer->engine->tidy; /* they go once it is durable that nobody needs them */
    ens_code code = ens__tx_make(store, files, prune_some, &p, NULL, err);
    *more = code == ENS_OK && p.more;
    if (code != ENS_OK || p.more || !files)
        return code;
    pthread_mutex_lock(&store->write_turn);
    code = store->writer->engine->tidy(store->writer, more, err);
    pthread_mutex_unlock(&store->write_turn);
    return code;
}
