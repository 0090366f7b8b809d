#include "sti/evidence/evidence.h"

#include "sti/store/filing.h"

#include <stdlib.h>

/* What is being collected. Ids lead to rows, and rows to further ids, until there are no more: the filing, its receipt,
 * what customs said to it, the receipts of that. */
typedef struct {
    ens__store *store;
    ens_arena *arena;
    ens_err *err;
    ens_code code;
    ens_slice *id;
    size_t num_ids, room_ids;
    ens_evidence_row *row;
    size_t num_rows, room_rows;
} collecting;

static bool no_memory(collecting *c)
{
    if (c->code == ENS_OK)
        c->code = ens_fail(c->err, ENS_ENOMEM, NULL, "out of memory", 0);
    return false;
}

static bool keep(collecting *c, ens_slice text, ens_slice *out)
{
    const char *copy = ens_arena_text(c->arena, text);
    *out = ens_bytes(copy, copy ? text.len : 0);
    return copy || no_memory(c);
}

/* take_id remembers an id that is still to be asked about. They are no more than rows, each of which names two. */
static bool take_id(collecting *c, ens_slice id)
{
    for (size_t i = 0; i < c->num_ids; i++)
        if (ens_eq(c->id[i], id))
            return true;
    if (!id.len)
        return true;
    c->id = ens_arena_grow(c->arena, c->id, c->num_ids, &c->room_ids, sizeof *c->id);
    return c->id ? keep(c, id, &c->id[c->num_ids++]) : no_memory(c);
}

static bool has_row(const collecting *c, uint64_t seq)
{
    for (size_t i = 0; i < c->num_rows; i++)
        if (c->row[i].seq == seq)
            return true;
    return false;
}

static bool copy_row(collecting *c, const ens__journal_row *from, ens_evidence_row *to)
{
    *to = (ens_evidence_row){.seq = from->seq,
                             .at_ms = from->at_ms,
                             .direction = from->direction,
                             .kind = from->kind,
                             .verdict = from->verdict,
                             .gone = from->bytes > 0,
                             .sealed = ENS_TIME_NONE};
    return keep(c, from->action, &to->action) && keep(c, from->message_id, &to->message_id) &&
           keep(c, from->ref_to, &to->ref_to) && keep(c, from->party, &to->party) && keep(c, from->ebms, &to->ebms);
}

/* take_row is handed each row about an id. A user message leads on: to what answers it, and to what it answers. */
static bool take_row(void *user, const ens__journal_row *row)
{
    collecting *c = user;
    if (has_row(c, row->seq))
        return true;
    if (c->num_rows >= ENS_EVIDENCE_ROWS_MAX) {
        c->code = ens_fail(c->err, ENS_ELIMIT, NULL, "the journal has more rows about it than one archive takes", 0);
        return false;
    }
    c->row = ens_arena_grow(c->arena, c->row, c->num_rows, &c->room_rows, sizeof *c->row);
    if (!c->row)
        return no_memory(c);
    if (!copy_row(c, row, &c->row[c->num_rows]))
        return false;
    c->num_rows++;
    return row->kind != ENS_ENTRY_USER_MESSAGE || (take_id(c, row->message_id) && take_id(c, row->ref_to));
}

static bool take_notice(void *user, const ens__notice *notice)
{
    return take_id(user, notice->message_id);
}

static bool take_filing(void *user, const ens__filing_row *filing)
{
    collecting *c = user;
    ens_code code = ens__store_list_notices(c->store, filing->mrn, take_notice, c, c->err);
    c->code = c->code == ENS_OK ? code : c->code;
    return c->code == ENS_OK;
}

/* ask_filings begins with the messages of customs about the filings that have this MRN or LRN. */
static void ask_filings(collecting *c, ens_slice asked)
{
    ens__filing_row filing;
    bool found = false;
    const ens__filing_query query = {.space = ENS_LIT("*"), .lrn = asked, .state = -1};
    if (asked.len == ENS_FILING_MRN)
        c->code = ens__store_find_filing(c->store, asked, c->arena, &filing, &found, c->err);
    if (c->code == ENS_OK && found)
        take_filing(c, &filing);
    if (c->code == ENS_OK) {
        ens_code code = ens__store_list_filings(c->store, &query, take_filing, c, c->err);
        c->code = c->code == ENS_OK ? code : c->code;
    }
}

static void ask_journal(collecting *c, const ens__journal_query *query)
{
    ens_code code = c->code == ENS_OK ? ens__store_journal_list(c->store, query, take_row, c, c->err) : c->code;
    c->code = c->code == ENS_OK ? code : c->code;
}

/* ask_references asks the journal for what carries a document with this LRN or MRN. */
static void ask_references(collecting *c, ens_slice asked)
{
    ens__journal_query by_lrn = ENS_JOURNAL_ALL, by_mrn = ENS_JOURNAL_ALL;
    by_lrn.lrn = asked;
    by_mrn.mrn = asked;
    ask_journal(c, &by_lrn);
    ask_journal(c, &by_mrn);
}

/* follow asks the journal about every id, and those that come of it. */
static void follow(collecting *c)
{
    for (size_t i = 0; c->code == ENS_OK && i < c->num_ids; i++) {
        ens__journal_query query = ENS_JOURNAL_ALL;
        query.about = c->id[i];
        ask_journal(c, &query);
    }
}

/* read_octets copies the octets of each row, which needn't be kept any more. */
static void read_octets(collecting *c)
{
    size_t all = 0;
    for (size_t i = 0; c->code == ENS_OK && i < c->num_rows; i++) {
        ens_evidence_row *r = &c->row[i];
        ens_buf raw;
        bool found = false;
        ens_buf_init(&raw, NULL, 0, ENS_ARCHIVE_MAX - all);
        if (r->gone)
            c->code = ens__store_journal_raw(c->store, r->seq, &raw, &found, c->err);
        if (c->code == ENS_OK && found && keep(c, ens_buf_slice(&raw), &r->raw))
            r->gone = false;
        all += raw.len;
        ens_buf_free(&raw);
    }
}

static int by_seq(const void *a, const void *b)
{
    const ens_evidence_row *x = a, *y = b;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

ens_code ens__evidence_collect(ens__store *store, ens_slice asked, ens_arena *arena, ens_evidence *out, ens_err *err)
{
    collecting c = {.store = store, .arena = arena, .err = err};
    if (!asked.len || asked.len > ENS_EVIDENCE_NAME_MAX)
        return ens_fail(err, ENS_EPOLICY, NULL, "that is neither an LRN nor an MRN", 0);
    ask_filings(&c, asked);
    ask_references(&c, asked);
    follow(&c);
    if (c.code == ENS_OK && !c.num_rows)
        return ens_fail(err, ENS_EPOLICY, NULL, "the store has nothing about that LRN or MRN", 0);
    read_octets(&c);
    uint64_t unread = 0;
    if (c.code == ENS_OK)
        c.code = ens__store_journal_unread(store, 0, &unread, err);
    if (c.code != ENS_OK)
        return c.code;
    qsort(c.row, c.num_rows, sizeof *c.row, by_seq);
    *out = (ens_evidence){.row = c.row, .num = c.num_rows, .unread = unread};
    return keep(&c, asked, &out->asked) ? ENS_OK : c.code;
}
