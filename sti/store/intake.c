/* Records of what comes in. See intake.h. Numbers are little-endian; a text has its length in front. */
#include "sti/store/intake.h"

#include "engine/base/digest.h"

#include <stdlib.h>

#define RULE "Ensign store"
#define VERSION 1
#define FRAME_MAX ((size_t)2 << 30)
#define ENTRIES_MAX 65536u /* of one change */

enum { HAS_RAW = 1, HAS_TASK = 2, IS_ALONE = 4, IS_UNREAD = 8 };

/* A field that these get is written down, too, or the power takes it. */
_Static_assert(sizeof(ens__entry) == 8 + 3 * sizeof(int) + 4 + 10 * sizeof(ens_slice) + 2 * sizeof(void *),
               "what an entry has more is to be put into the record");
_Static_assert(sizeof(ens__task) == 3 * sizeof(ens_slice) + 2 * 8, "what a task has more is to be put into the record");

bool ens__intake_is(ens__change *const *changes, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (changes[i]->code == ENS_OK && changes[i]->kind != ENS_CHANGE_INBOUND &&
            (changes[i]->kind != ENS_CHANGE_JOURNAL || changes[i]->journal.num > ENTRIES_MAX))
            return false;
    return true;
}

/* -- Writing ------------------------------------------------------------------------------------------------------ */

typedef struct {
    ens__tx *tx;
    ens_buf *out;
    ens__piece *pieces;
    size_t num, room;
    ens_code code; /* of what failed first */
    ens_err *err;
} writer;

static void put_number(ens_buf *out, uint64_t n, unsigned bytes)
{
    uint8_t octets[8];
    for (unsigned i = 0; i < bytes; i++)
        octets[i] = (uint8_t)(n >> 8 * i);
    ens_buf_add(out, octets, bytes);
}

static void put_text(ens_buf *out, ens_slice text)
{
    put_number(out, text.len, 4);
    ens_buf_put(out, text);
}

static void add_piece(writer *w, ens_slice raw, const uint8_t *sha256)
{
    ens__piece *grown = ens_arena_grow(&w->tx->store->scratch, w->pieces, w->num, &w->room, sizeof *grown);
    if (!grown) {
        w->code = ens_fail(w->err, ENS_ENOMEM, RULE, "out of memory", 0);
        return;
    }
    w->pieces = grown;
    ens__piece *p = &w->pieces[w->num++];
    p->octets = raw;
    if (sha256)
        memcpy(p->sha256, sha256, sizeof p->sha256);
    else
        w->code = ens__sha256(raw, p->sha256, w->err);
}

static void put_entry(writer *w, const ens__entry *e)
{
    const ens_slice texts[] = {e->action, e->message_id, e->ref_to, e->party, e->ebms,
                               e->peer,   e->detail,     e->lrn,    e->mrn};
    put_number(w->out, (uint64_t)(e->at_ms ? e->at_ms : w->tx->wall), 8);
    put_number(w->out, (uint64_t)e->direction, 1);
    put_number(w->out, (uint64_t)e->kind, 1);
    put_number(w->out, (uint64_t)e->verdict, 1);
    put_number(w->out, (e->raw.len ? HAS_RAW : 0) | (e->unread ? IS_UNREAD : 0), 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_text(w->out, texts[i]);
    if (e->raw.len && w->code == ENS_OK)
        add_piece(w, e->raw, e->sha256);
}

static void put_inbound(writer *w, const ens__inbound *in)
{
    const ens__task *t = in->task;
    put_number(w->out, t ? HAS_TASK | (t->alone ? IS_ALONE : 0) : 0, 1);
    ens_buf_add(w->out, in->refs_sha256, sizeof in->refs_sha256);
    put_entry(w, &in->message);
    put_entry(w, &in->answer);
    if (!t)
        return;
    put_text(w->out, t->id);
    put_text(w->out, t->kind);
    put_text(w->out, t->body);
    put_number(w->out, (uint64_t)t->due_ms, 8);
}

static void put_change(writer *w, const ens__change *c)
{
    put_number(w->out, (uint64_t)c->kind, 1);
    if (c->kind == ENS_CHANGE_INBOUND) {
        put_inbound(w, &c->inbound);
        return;
    }
    put_number(w->out, c->journal.num, 4);
    for (size_t i = 0; i < c->journal.num; i++)
        put_entry(w, &c->journal.entry[i]);
}

ens_code ens__intake_log(ens__tx *tx, ens__change *const *changes, size_t num, ens_err *err)
{
    ens_buf *out = &tx->store->record;
    writer w = {.tx = tx, .out = out, .err = err};
    out->len = 0;
    out->failed = ENS_OK;
    put_number(out, VERSION, 1);
    for (size_t i = 0; i < num && w.code == ENS_OK; i++)
        if (changes[i]->code == ENS_OK)
            put_change(&w, changes[i]);
    ens_code code = w.code == ENS_OK ? ens_buf_done(out, err) : w.code;
    if (code != ENS_OK)
        return code;
    tx->pieces = w.pieces;
    tx->num_pieces = w.num;
    tx->next_piece = 0;
    tx->sql->engine->log(tx->sql, ens_buf_slice(out), w.pieces, w.num);
    return ENS_OK;
}

/* -- Reading ------------------------------------------------------------------------------------------------------ */

typedef struct {
    ens_reader from;
    const ens__piece *pieces;
    size_t num, next;
    ens_arena *arena;
    bool bad;
} reader;

static uint64_t take_number(reader *r, unsigned bytes)
{
    ens_slice octets;
    uint64_t n = 0;
    if (!ens_take(&r->from, bytes, &octets)) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = bytes; i-- > 0;)
        n = n << 8 | octets.p[i];
    return n;
}

static ens_slice take_text(reader *r)
{
    ens_slice text = {0};
    size_t len = (size_t)take_number(r, 4);
    r->bad = r->bad || !ens_take(&r->from, len, &text);
    return !r->bad ? text : (ens_slice){0};
}

static void take_entry(reader *r, ens__entry *e)
{
    ens_slice *const texts[] = {&e->action, &e->message_id, &e->ref_to, &e->party, &e->ebms,
                                &e->peer,   &e->detail,     &e->lrn,    &e->mrn};
    *e = (ens__entry){.at_ms = (int64_t)take_number(r, 8)};
    e->direction = (ens_entry_direction)take_number(r, 1);
    e->kind = (ens_entry_kind)take_number(r, 1);
    e->verdict = (ens_verdict)take_number(r, 1);
    unsigned has = (unsigned)take_number(r, 1);
    bool has_raw = (has & HAS_RAW) != 0;
    e->unread = (has & IS_UNREAD) != 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = take_text(r);
    r->bad = r->bad || (has_raw && r->next == r->num);
    if (has_raw && !r->bad) {
        e->raw = r->pieces[r->next].octets;
        e->sha256 = r->pieces[r->next++].sha256;
    }
}

static void take_inbound(reader *r, ens__inbound *in)
{
    unsigned has = (unsigned)take_number(r, 1);
    ens_slice refs = {0};
    r->bad = r->bad || !ens_take(&r->from, sizeof in->refs_sha256, &refs);
    if (!r->bad)
        memcpy(in->refs_sha256, refs.p, refs.len);
    take_entry(r, &in->message);
    take_entry(r, &in->answer);
    if (!(has & HAS_TASK))
        return;
    ens__task *t = ens_arena_zero(r->arena, sizeof *t);
    r->bad = r->bad || !t;
    if (r->bad)
        return;
    t->id = take_text(r);
    t->kind = take_text(r);
    t->body = take_text(r);
    t->due_ms = (int64_t)take_number(r, 8);
    t->alone = (has & IS_ALONE) != 0;
    in->task = t;
}

static void take_change(reader *r, ens__change *c)
{
    *c = (ens__change){.kind = (ens_change_kind)take_number(r, 1)};
    if (c->kind == ENS_CHANGE_INBOUND) {
        take_inbound(r, &c->inbound);
        return;
    }
    size_t num = (size_t)take_number(r, 4);
    r->bad = r->bad || c->kind != ENS_CHANGE_JOURNAL || num > ENTRIES_MAX;
    ens__entry *entries = r->bad ? NULL : ens_arena_zero(r->arena, (num + 1) * sizeof *entries);
    r->bad = r->bad || !entries;
    for (size_t i = 0; i < num && !r->bad; i++)
        take_entry(r, &entries[i]);
    c->journal.entry = entries;
    c->journal.num = num;
}

typedef struct {
    ens_buf frame;
    ens__piece *pieces; /* the engine looks at them until the transaction ends */
    bool there;
} replaying;

static ens_code make_again(ens__tx *tx, ens_slice record, const ens__piece *pieces, size_t num, ens_err *err)
{
    reader r = {.from = ens_read(record), .pieces = pieces, .num = num, .arena = &tx->store->scratch};
    ens_code code = ENS_OK;
    if (take_number(&r, 1) != VERSION)
        return ens_fail(err, ENS_EPOLICY, RULE,
                        "the machine stopped while a newer Ensign worked on the store: open it with that one first", 0);
    while (code == ENS_OK && ens_left(&r.from)) {
        ens__change *c = ens_arena_zero(&tx->store->scratch, sizeof *c);
        uint64_t made;
        if (!c)
            return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
        take_change(&r, c);
        code = r.bad
                   ? ens_fail(err, ENS_ESYNTAX, RULE, "the log of what came in can't be read: the store is damaged", 0)
                   : ens__tx_make_changes(tx, &c, 1, &made, err);
    }
    return code;
}

static ens_code replay_one(ens__tx *tx, void *user, ens_err *err)
{
    replaying *r = user;
    ens_slice record = {0};
    size_t num = 0;
    ens_code code = tx->sql->engine->pending(tx->sql, &r->frame, &record, &r->pieces, &num, &r->there, err);
    return code == ENS_OK && r->there ? make_again(tx, record, r->pieces, num, err) : code;
}

ens_code ens__intake_replay(ens__store *store, ens_err *err)
{
    replaying r = {.there = true};
    ens_code code = ENS_OK;
    ens_buf_init(&r.frame, NULL, 0, FRAME_MAX);
    while (code == ENS_OK && r.there) {
        code = ens__tx_make_logged(store, true, replay_one, &r, err);
        free(r.pieces);
        r.pieces = NULL;
    }
    ens_buf_free(&r.frame);
    return code;
}
