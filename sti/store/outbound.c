/* Messages to be sent: given, claimed, settled. See store.h. */
#include "engine/base/digest.h"
#include "sti/store/tx.h"

#include <stdio.h>

#define RULE "Ensign store"
#define PAGE 256 /* rows that a list reads at once */
#define CATEGORIES 3
#define SPENT_MAX ((size_t)1 << 30) /* bytes of those that are given up at once */

/* A message to be sent as a settlement finds it. */
typedef struct {
    int64_t token, octets, next_at;
    ens_outbound_state state;
    ens_mode mode;
    bool owned;  /* a row of the journal owns its octets */
    bool unread; /* nobody has looked for LRN and MRN */
    unsigned attempts, tries;
    size_t bytes;
    uint8_t sha256[32];
    ens_slice action, party, ref_to, lrn, mrn;
} held;

static ens_code next_of_mailbox(ens__tx *tx, const ens__outgoing *o, int64_t *counter, ens_err *err)
{
    uint8_t storage[ENS_STORE_PARTY + ENS_STORE_URL + 16];
    ens_buf name;
    ens_buf_init(&name, storage, sizeof storage, sizeof storage);
    ens_buf_text(&name, "mailbox ");
    ens_buf_put(&name, o->message.party);
    ens_buf_text(&name, " ");
    ens_buf_put(&name, o->mpc);
    ens_code code = ens_buf_done(&name, err);
    return code == ENS_OK ? ens__tx_count(tx, ens_buf_slice(&name), counter, err) : code;
}

static ens_code is_known(ens__tx *tx, ens_slice message_id, bool *known, ens_err *err)
{
    const ens__value v[] = {ens__text(message_id)};
    const ens__sql_engine *e = tx->sql->engine;
    ens_code code = e->ask(tx->sql, ENS_SQL_HELD_OUTBOUND, v, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, ENS_SQL_HELD_OUTBOUND, known, err);
    e->end(tx->sql, ENS_SQL_HELD_OUTBOUND);
    return code;
}

static int64_t bounded(int64_t ms, int64_t most)
{
    return ms < 0 ? 0 : ms > most ? most : ms;
}

ens_code ens__tx_put_outgoing(ens__tx *tx, const ens__outgoing *o, bool *known, ens_err *err)
{
    uint8_t sha256[32];
    int64_t octets = 0, counter = 0;
    const ens__entry *m = &o->message;
    ens_code code = is_known(tx, m->message_id, known, err);
    if (code != ENS_OK || *known)
        return code;
    code = ens__sha256(m->raw, sha256, err);
    if (code == ENS_OK)
        code = ens__tx_octets(tx, m->raw, &octets, err);
    if (code == ENS_OK)
        code = next_of_mailbox(tx, o, &counter, err);
    const ens__value v[] = {ens__text(m->message_id),
                            ens__text(m->ref_to),
                            ens__text(m->action),
                            ens__text(m->party),
                            ens__text(o->mpc),
                            ens__text(o->url),
                            ens__text(o->note),
                            ens__number(o->mode),
                            ens__number(o->category),
                            ens__number(counter),
                            ens__number(octets),
                            ens__blob(ens_bytes(sha256, 32)),
                            ens__number((int64_t)m->raw.len),
                            ens__number(o->tries ? o->tries : ENS_STORE_TRIES),
                            ens__number(tx->now + bounded(o->after_ms, ENS_STORE_RETRY_MAX_MS)),
                            !m->unread ? ens__tx_fit(tx, m->lrn, ENS_STORE_REFERENCE) : (ens__value){0},
                            !m->unread ? ens__tx_fit(tx, m->mrn, ENS_STORE_REFERENCE) : (ens__value){0}};
    tx->news = true;
    return code == ENS_OK ? ENS_TX_RUN(tx, ENS_SQL_PUT_OUTBOUND, v, NULL, err) : code;
}

static ens_code find_held(ens__tx *tx, ens_slice message_id, held *h, bool *found, ens_err *err)
{
    const ens__statement s = ENS_SQL_HELD_OUTBOUND;
    const ens__value v[] = {ens__text(message_id)};
    const ens__sql_engine *e = tx->sql->engine;
    *h = (held){0};
    *found = false;
    ens_code code = e->ask(tx->sql, s, v, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, found, err);
    if (code == ENS_OK && *found) {
        ens_slice sha256 = e->bytes(tx->sql, s, 4);
        h->token = e->number(tx->sql, s, 0);
        h->state = (ens_outbound_state)e->number(tx->sql, s, 1);
        h->octets = e->number(tx->sql, s, 2);
        h->owned = e->number(tx->sql, s, 3) != 0;
        h->attempts = (unsigned)e->number(tx->sql, s, 5);
        h->tries = (unsigned)e->number(tx->sql, s, 6);
        h->next_at = e->number(tx->sql, s, 10);
        h->bytes = (size_t)e->number(tx->sql, s, 11);
        h->mode = (ens_mode)e->number(tx->sql, s, 12);
        h->unread = e->number(tx->sql, s, 15) != 0;
        if (sha256.len == sizeof h->sha256)
            memcpy(h->sha256, sha256.p, sizeof h->sha256);
        ens_arena *a = &tx->store->scratch;
        if (!ens__arena_copy(a, e->bytes(tx->sql, s, 7), &h->action) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 8), &h->party) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 9), &h->ref_to) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 13), &h->lrn) ||
            !ens__arena_copy(a, e->bytes(tx->sql, s, 14), &h->mrn))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    e->end(tx->sql, s);
    return code;
}

/* The attempt's row points to the bytes that are kept with the message, and owns them when it is the first. */
static ens_code write_attempt(ens__tx *tx, const ens__settlement *s, held *h, uint64_t *seq, ens_err *err)
{
    static const ens_verdict verdicts[] = {ENS_UNDECIDED, ENS_ACCEPTED, ENS_REFUSED, ENS_UNDECIDED};
    ens__entry sent = {.direction = ENS_OUT,
                       .kind = ENS_ENTRY_USER_MESSAGE,
                       .verdict = verdicts[s->attempt],
                       .action = h->action,
                       .message_id = s->message_id,
                       .ref_to = h->ref_to,
                       .party = h->party,
                       .lrn = h->lrn,
                       .mrn = h->mrn,
                       .unread = h->unread,
                       .ebms = s->ebms,
                       .detail = s->detail};
    ens__octets octets = {h->octets, !s->lost && !h->owned, h->bytes, h->sha256};
    h->owned = true;
    return ens__tx_entry(tx, &sent, &octets, seq, err);
}

/* What answers a message is about the same document. */
static ens_code write_answer(ens__tx *tx, const ens__entry *answer, const held *h, ens__octets *octets, uint64_t *seq,
                             ens_err *err)
{
    ens__entry e = *answer;
    if (h) {
        e.lrn = h->lrn;
        e.mrn = h->mrn;
        e.unread = h->unread;
    }
    return ens__tx_entry(tx, &e, octets, seq, err);
}

static ens_code give_up(ens__tx *tx, ens_slice message_id, held *h, ens_slice why, ens_err *err)
{
    ens__entry note = {.direction = ENS_OUT,
                       .kind = ENS_ENTRY_NOTE,
                       .verdict = ENS_REFUSED,
                       .action = h->action,
                       .message_id = message_id,
                       .ref_to = message_id,
                       .party = h->party,
                       .lrn = h->lrn,
                       .mrn = h->mrn,
                       .unread = h->unread,
                       .ebms = ENS_LIT("EBMS:0301"),
                       .detail = why};
    ens__octets octets = {h->octets, !h->owned, h->bytes, h->sha256};
    h->owned = true;
    return ens__tx_entry(tx, &note, &octets, NULL, err);
}

static ens_code change_state(ens__tx *tx, const ens__settlement *s, const held *h, int64_t answer, ens_err *err)
{
    bool back = s->attempt == ENS_ATTEMPT_RETURNED;
    int64_t next = s->state != ENS_OUTBOUND_READY ? tx->now
                   : back && !s->rest_ms          ? h->next_at
                                         : tx->now + bounded(back ? s->rest_ms : s->retry_ms, ENS_STORE_RETRY_MAX_MS);
    const ens__value v[] = {ens__text(s->message_id),
                            ens__number(h->token),
                            ens__number(s->state),
                            ens__number(next),
                            ens__number(back && h->attempts ? h->attempts - 1 : h->attempts),
                            ens__number(s->http),
                            ens__tx_fit(tx, s->ebms, ENS_STORE_NAME),
                            ens__tx_fit(tx, s->detail, ENS_STORE_TEXT),
                            answer ? ens__number(answer) : (ens__value){0},
                            ens__number(h->owned)};
    return ENS_TX_RUN(tx, ENS_SQL_SETTLE_OUTBOUND, v, NULL, err);
}

static ens_outbound_state state_after(const ens__settlement *s, const held *h)
{
    if (s->attempt == ENS_ATTEMPT_DELIVERED)
        return ENS_OUTBOUND_DELIVERED;
    if (s->attempt == ENS_ATTEMPT_REFUSED || (s->attempt == ENS_ATTEMPT_FAILED && h->attempts >= h->tries))
        return ENS_OUTBOUND_GIVEN_UP;
    return ENS_OUTBOUND_READY;
}

ens_code ens__tx_settle(ens__tx *tx, ens__change *c, ens_err *err)
{
    ens__settlement *s = &c->settle;
    ens__octets answer = {0};
    held h;
    bool found = false;
    ens_code code = find_held(tx, s->message_id, &h, &found, err);
    if (code != ENS_OK)
        return code;
    s->lost =
        !found || s->token == 0 || h.state != ENS_OUTBOUND_READY || (h.token != s->token && s->token != ENS_TOKEN_ANY);
    s->state = s->lost ? h.state : state_after(s, &h);
    if (found && h.mode == ENS_PUSH && s->attempt != ENS_ATTEMPT_RETURNED) /* a pull is written down by itself */
        code = write_attempt(tx, s, &h, &c->seq, err);
    if (code == ENS_OK && s->answer)
        code = write_answer(tx, s->answer, found ? &h : NULL, &answer, &c->seq, err);
    if (code == ENS_OK && !s->lost && s->attempt == ENS_ATTEMPT_FAILED && s->state == ENS_OUTBOUND_GIVEN_UP)
        code = give_up(tx, s->message_id, &h, ENS_LIT("given up: no attempt got a receipt"), err);
    return code == ENS_OK && !s->lost ? change_state(tx, s, &h, answer.id, err) : code;
}

bool ens__outbound_read(ens__sql *sql, ens__statement s, ens_arena *arena, ens__outbound *out)
{
    ens_slice *const texts[] = {&out->message_id, &out->ref_to, &out->action, &out->party, &out->mpc,
                                &out->url,        &out->note,   &out->ebms,   &out->detail};
    ens_slice *const references[] = {&out->lrn, &out->mrn};
    const ens__sql_engine *e = sql->engine;
    *out = (ens__outbound){.mode = (ens_mode)e->number(sql, s, 9),
                           .category = (unsigned)e->number(sql, s, 10),
                           .attempts = (unsigned)e->number(sql, s, 11),
                           .tries = (unsigned)e->number(sql, s, 12),
                           .state = (ens_outbound_state)e->number(sql, s, 13),
                           .token = e->number(sql, s, 14),
                           .next_ms = e->number(sql, s, 15),
                           .http = (int)e->number(sql, s, 16)};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, i), texts[i]))
            return false;
    for (unsigned i = 0; i < 2; i++)
        if (!ens__arena_copy(arena, e->bytes(sql, s, 17 + i), references[i]))
            return false;
    return true;
}

static ens_code claim_push(ens__tx *tx, const ens__outbound_claim *claim, int64_t token, int64_t *num, ens_err *err)
{
    ens_code code = ENS_OK;
    int64_t until = tx->now + bounded(claim->lease_ms, ENS_STORE_LEASE_MAX_MS), got = 0;
    *num = 0;
    for (int category = 1; category <= CATEGORIES && *num < claim->max && code == ENS_OK; category++) {
        const ens__value v[] = {ens__number(until), ens__number(token), ens__number(category), ens__number(tx->now),
                                ens__number(claim->max - *num)};
        code = ENS_TX_RUN(tx, ENS_SQL_CLAIM_PUSH, v, &got, err);
        *num += got;
    }
    return code;
}

static ens_code claim_pull(ens__tx *tx, const ens__outbound_claim *claim, int64_t token, int64_t *num, ens_err *err)
{
    const ens__value v[] = {ens__number(tx->now + bounded(claim->lease_ms, ENS_STORE_LEASE_MAX_MS)),
                            ens__number(token),
                            ens__text(claim->party),
                            ens__text(claim->mpc),
                            ens__number(tx->now),
                            ens__number(claim->max)};
    return ENS_TX_RUN(tx, ENS_SQL_CLAIM_PULL, v, num, err);
}

static ens_code read_claimed(ens__tx *tx, int64_t token, ens_arena *arena, ens__outbound *rows, size_t num,
                             ens_err *err)
{
    const ens__statement s = ENS_SQL_CLAIMED_OUTBOUND;
    const ens__value v[] = {ens__number(token)};
    const ens__sql_engine *e = tx->sql->engine;
    bool there = true;
    ens_code code = e->ask(tx->sql, s, v, 1, err);
    for (size_t i = 0; i < num && code == ENS_OK; i++) {
        code = e->next(tx->sql, s, &there, err);
        if (code == ENS_OK && !there)
            code = ens_fail(err, ENS_EIO, RULE, "the bytes of a message to be sent are missing", 0);
        else if (code == ENS_OK && (!ens__outbound_read(tx->sql, s, arena, &rows[i]) ||
                                    !ens__arena_copy(arena, e->bytes(tx->sql, s, ENS_OUTBOUND_COLUMNS), &rows[i].raw)))
            code = ens_fail(err, ENS_ENOMEM, RULE, "what was claimed is too large; claim fewer", 0);
    }
    e->end(tx->sql, s);
    return code;
}

/* Whoever held it last never came back to say that the last try failed. */
static ens_code drop_spent(ens__tx *tx, ens__outbound *rows, size_t *num, ens_err *err)
{
    ens_code code = ENS_OK;
    size_t kept = 0;
    for (size_t i = 0; i < *num && code == ENS_OK; i++) {
        held h;
        bool found = false;
        ens__settlement s = {
            .message_id = rows[i].message_id, .state = ENS_OUTBOUND_GIVEN_UP, .ebms = ENS_LIT("EBMS:0301")};
        if (rows[i].attempts <= rows[i].tries) {
            rows[kept++] = rows[i];
            continue;
        }
        code = find_held(tx, rows[i].message_id, &h, &found, err);
        h.attempts = rows[i].tries;
        if (code == ENS_OK)
            code = give_up(tx, rows[i].message_id, &h, ENS_LIT("given up: no receipt came for any attempt"), err);
        if (code == ENS_OK)
            code = change_state(tx, &s, &h, 0, err);
    }
    *num = kept;
    return code;
}

static ens_code claim_once(ens__tx *tx, const ens__outbound_claim *claim, ens_arena *arena, ens__outbound **out,
                           size_t *num, int64_t *claimed, ens_err *err)
{
    int64_t token = ens__store_token();
    ens_code code = claim->mode == ENS_PUSH ? claim_push(tx, claim, token, claimed, err)
                                            : claim_pull(tx, claim, token, claimed, err);
    *num = (size_t)*claimed;
    if (code != ENS_OK || *claimed == 0)
        return code;
    *out = ens_arena_zero(arena, *num * sizeof **out);
    if (!*out)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    code = read_claimed(tx, token, arena, *out, *num, err);
    return code == ENS_OK ? drop_spent(tx, *out, num, err) : code;
}

typedef struct {
    ens__outbound_claim claim;
    ens_arena *arena;
    ens__outbound *rows;
    size_t num;
} claiming;

static ens_code claim_some(ens__tx *tx, void *user, ens_err *err)
{
    claiming *c = user;
    int64_t claimed = 0;
    ens_code code;
    do
        code = claim_once(tx, &c->claim, c->arena, &c->rows, &c->num, &claimed, err);
    while (code == ENS_OK && claimed && !c->num); /* all of them were spent */
    return code;
}

/* A lease that the machine loses with its power is no loss: the next claim finds the message free. */
ens_code ens__store_claim_outbound(ens__store *store, const ens__outbound_claim *claim, ens_arena *arena,
                                   ens__outbound **out, size_t *num, ens_err *err)
{
    claiming c = {*claim, arena, NULL, 0};
    c.claim.max = claim->max > ENS_STORE_CLAIM ? ENS_STORE_CLAIM : claim->max;
    ens_code code = ens__tx_make(store, false, claim_some, &c, NULL, err);
    if (code == ENS_OK) {
        *out = c.rows;
        *num = c.num;
    }
    return code;
}

/* write_pulled writes down who asked, and what went out. */
static ens_code write_pulled(ens__tx *tx, ens__pull *p, const ens__outbound *row, uint64_t *seq, ens_err *err)
{
    char detail[64];
    held h;
    bool found = false;
    ens_code code = find_held(tx, row->message_id, &h, &found, err);
    snprintf(detail, sizeof detail, "pulled: attempt %u of %u", row->attempts, row->tries);
    ens__entry sent = {.at_ms = p->request ? p->request->at_ms : 0,
                       .direction = ENS_OUT,
                       .kind = ENS_ENTRY_USER_MESSAGE,
                       .verdict = ENS_UNDECIDED,
                       .action = row->action,
                       .message_id = row->message_id,
                       .ref_to = row->ref_to,
                       .party = row->party,
                       .lrn = h.lrn,
                       .mrn = h.mrn,
                       .unread = h.unread,
                       .peer = p->request ? p->request->peer : (ens_slice){0},
                       .detail = ens_str(detail)};
    ens__octets octets = {h.octets, !h.owned, h.bytes, h.sha256};
    const ens__value own[] = {ens__text(row->message_id)};
    if (code == ENS_OK && p->request)
        code = ens__tx_entry(tx, p->request, NULL, seq, err);
    if (code == ENS_OK)
        code = ens__tx_entry(tx, &sent, &octets, seq, err);
    return code == ENS_OK && !h.owned ? ENS_TX_RUN(tx, ENS_SQL_OWN_OUTBOUND, own, NULL, err) : code;
}

static void copy_text(char *to, size_t size, ens_slice from)
{
    size_t len = from.len < size ? from.len : size - 1;
    if (len)
        memcpy(to, from.p, len);
    to[len] = '\0';
}

/* is_replayed looks whether a request of that id was taken before: who hears one, and says it again, gets nothing. */
static ens_code is_replayed(ens__tx *tx, ens__pull *p, ens_err *err)
{
    const ens__statement s = ENS_SQL_KNOWN_REQUEST;
    const ens__value v[] = {p->request ? ens__tx_fit(tx, p->request->message_id, ENS_STORE_ID) : (ens__value){0}};
    p->replayed = false;
    if (!p->request)
        return ENS_OK;
    ens_code code = tx->sql->engine->ask(tx->sql, s, v, 1, err);
    if (code == ENS_OK)
        code = tx->sql->engine->next(tx->sql, s, &p->replayed, err);
    tx->sql->engine->end(tx->sql, s);
    return code;
}

ens_code ens__tx_pull(ens__tx *tx, ens__change *c, ens_err *err)
{
    ens__pull *p = &c->pull;
    ens__outbound *row = NULL;
    int64_t claimed = 0;
    size_t got = 0;
    const ens__outbound_claim claim = {
        .mode = ENS_PULL, .party = p->party, .mpc = p->mpc, .max = 1, .lease_ms = p->lease_ms};
    p->found = false;
    ens_code code = is_replayed(tx, p, err);
    if (code != ENS_OK || p->replayed)
        return code;
    do
        code = claim_once(tx, &claim, &tx->store->scratch, &row, &got, &claimed, err);
    while (code == ENS_OK && claimed && !got); /* it was spent */
    p->found = code == ENS_OK && got;
    if (!p->found)
        return code;
    copy_text(p->message_id, sizeof p->message_id, row->message_id);
    copy_text(p->action, sizeof p->action, row->action);
    p->attempt = row->attempts;
    p->tries = row->tries;
    if (p->raw) {
        p->raw->len = 0;
        ens_buf_put(p->raw, row->raw);
        code = ens_buf_done(p->raw, err);
    }
    return code == ENS_OK ? write_pulled(tx, p, row, &c->seq, err) : code;
}

static ens_code give_up_spent(ens__tx *tx, void *user, ens_err *err)
{
    claiming *c = user;
    int64_t token = ens__store_token(), got = 0;
    const ens__value v[] = {ens__number(tx->now + 1), ens__number(token), ens__number(tx->now),
                            ens__number(ENS_STORE_CLAIM)};
    ens_code code = ENS_TX_RUN(tx, ENS_SQL_CLAIM_SPENT, v, &got, err);
    size_t left = c->num = (size_t)got;
    if (code != ENS_OK || !got)
        return code;
    c->rows = ens_arena_zero(c->arena, c->num * sizeof *c->rows);
    if (!c->rows)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    code = read_claimed(tx, token, c->arena, c->rows, c->num, err);
    return code == ENS_OK ? drop_spent(tx, c->rows, &left, err) : code;
}

ens_code ens__store_give_up(ens__store *store, void (*tell)(void *user, const ens__outbound *row), void *user,
                            ens_err *err)
{
    ens_arena arena;
    claiming c = {.arena = &arena};
    ens_arena_init(&arena, SPENT_MAX);
    ens_code code = ens__tx_make(store, false, give_up_spent, &c, NULL, err);
    for (size_t i = 0; i < c.num && code == ENS_OK; i++)
        tell(user, &c.rows[i]);
    ens_arena_free(&arena);
    return code;
}

typedef struct {
    ens_slice message_id;
    unsigned tries;
    int64_t changed;
} reviving;

static ens_code revive(ens__tx *tx, void *user, ens_err *err)
{
    reviving *r = user;
    const ens__value v[] = {ens__text(r->message_id), ens__number(r->tries), ens__number(tx->now)};
    return ENS_TX_RUN(tx, ENS_SQL_REVIVE_OUTBOUND, v, &r->changed, err);
}

static ens_code send_again(ens__tx *tx, void *user, ens_err *err)
{
    reviving *r = user;
    const ens__value v[] = {ens__text(r->message_id), ens__number(r->tries), ens__number(tx->now)};
    tx->news = true;
    return ENS_TX_RUN(tx, ENS_SQL_RESEND_OUTBOUND, v, &r->changed, err);
}

ens_code ens__store_send_again(ens__store *store, ens_slice message_id, bool *found, ens_err *err)
{
    reviving r = {message_id, ENS_STORE_TRIES, 0};
    ens_code code = ens__tx_make(store, true, send_again, &r, NULL, err);
    *found = code == ENS_OK && r.changed > 0;
    return code;
}

ens_code ens__store_revive(ens__store *store, ens_slice message_id, unsigned tries, bool *found, ens_err *err)
{
    reviving r = {message_id, tries ? tries : ENS_STORE_TRIES, 0};
    ens_code code = ens__tx_make(store, true, revive, &r, NULL, err);
    if (code == ENS_OK)
        *found = r.changed > 0;
    return code;
}

/* page_of reads the next rows into the arena. */
static ens_code page_of(ens__store *s, ens_outbound_state state, ens_slice after, ens_arena *arena, ens__outbound *rows,
                        size_t *num, ens_err *err)
{
    const ens__statement which = ENS_SQL_LIST_OUTBOUND;
    const ens__value v[] = {ens__number(state), ens__text(after), ens__number(PAGE)};
    bool there = true;
    *num = 0;
    pthread_mutex_lock(&s->read_turn);
    ens_code code = s->reader->engine->ask(s->reader, which, v, 3, err);
    while (code == ENS_OK && *num < PAGE) {
        code = s->reader->engine->next(s->reader, which, &there, err);
        if (code != ENS_OK || !there)
            break;
        if (!ens__outbound_read(s->reader, which, arena, &rows[(*num)++]))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    }
    s->reader->engine->end(s->reader, which);
    pthread_mutex_unlock(&s->read_turn);
    return code;
}

ens_code ens__store_list_outbound(ens__store *store, ens_outbound_state state,
                                  bool (*take)(void *user, const ens__outbound *row), void *user, ens_err *err)
{
    ens__outbound rows[PAGE];
    ens_arena arena;
    char after[ENS_STORE_ID + 1] = "";
    size_t num = 0;
    bool more = true;
    ens_code code;
    ens_arena_init(&arena, (size_t)PAGE * 8 * ENS_STORE_URL);
    do {
        ens_arena_reset(&arena);
        code = page_of(store, state, ens_str(after), &arena, rows, &num, err);
        for (size_t i = 0; i < num && code == ENS_OK && more; i++)
            more = take(user, &rows[i]);
        if (num)
            memcpy(after, rows[num - 1].message_id.p, rows[num - 1].message_id.len + 1);
    } while (code == ENS_OK && more && num == PAGE);
    ens_arena_free(&arena);
    return code;
}
