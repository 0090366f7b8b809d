/* Changes, of which a commit makes many at once. See store.h. */
#include "engine/base/digest.h"
#include "sti/store/intake.h"

#define RULE "Ensign store"

static bool is_id(ens_slice s, size_t max)
{
    return s.len > 0 && s.len <= max && ens__store_is_text(s);
}

static bool may_be_text(ens_slice s, size_t max)
{
    return s.len == 0 || is_id(s, max);
}

static bool good_task(const ens__task *t)
{
    return is_id(t->id, ENS_STORE_ID) && is_id(t->kind, ENS_STORE_NAME) && t->body.len <= ENS_STORE_RAW;
}

static bool good_outgoing(const ens__outgoing *o)
{
    return is_id(o->message.message_id, ENS_STORE_ID) && o->message.raw.len > 0 &&
           o->message.raw.len <= ENS_STORE_RAW && may_be_text(o->message.party, ENS_STORE_PARTY) &&
           may_be_text(o->mpc, ENS_STORE_URL) && may_be_text(o->url, ENS_STORE_URL) &&
           may_be_text(o->note, ENS_STORE_TEXT) && may_be_text(o->message.action, ENS_STORE_NAME) &&
           may_be_text(o->message.ref_to, ENS_STORE_ID) && o->category >= 1 && o->category <= 3;
}

static bool good_work(const ens__work_result *w)
{
    bool good = is_id(w->id, ENS_STORE_ID) && (!w->filings || ens__filing_changes_fit(w->filings));
    for (size_t i = 0; i < w->num_outgoing; i++)
        good = good && good_outgoing(&w->outgoing[i]);
    for (size_t i = 0; i < w->num_tasks; i++)
        good = good && good_task(&w->tasks[i]);
    return good;
}

static bool good_inbound(const ens__inbound *i)
{
    return is_id(i->message.message_id, ENS_STORE_ID) && may_be_text(i->message.party, ENS_STORE_PARTY) &&
           may_be_text(i->message.action, ENS_STORE_NAME) && i->message.raw.len > 0 &&
           i->message.raw.len <= ENS_STORE_RAW && i->answer.raw.len > 0 && i->answer.raw.len <= ENS_STORE_RAW &&
           (!i->task || good_task(i->task));
}

static bool good_journal(const ens__change *c)
{
    bool good = true;
    for (size_t i = 0; i < c->journal.num; i++)
        good = good && c->journal.entry[i].raw.len <= ENS_STORE_RAW;
    return good;
}

static bool good_ledger(const ens__ledger_change *l)
{
    return (!l->message || l->message->raw.len <= ENS_STORE_RAW) && (!l->answer || l->answer->raw.len <= ENS_STORE_RAW);
}

/* What decides is never cut or rewritten: it is refused before the others are held up. */
static bool is_good(const ens__change *c)
{
    switch (c->kind) {
    case ENS_CHANGE_JOURNAL:
        return good_journal(c);
    case ENS_CHANGE_INBOUND:
        return good_inbound(&c->inbound);
    case ENS_CHANGE_ENQUEUE:
        return good_outgoing(&c->enqueue.outgoing);
    case ENS_CHANGE_SETTLE:
        return is_id(c->settle.message_id, ENS_STORE_ID) &&
               (!c->settle.answer || c->settle.answer->raw.len <= ENS_STORE_RAW);
    case ENS_CHANGE_WORK:
        return good_work(&c->work);
    case ENS_CHANGE_TASK:
        return good_task(&c->task);
    case ENS_CHANGE_LEDGER:
        return good_ledger(c->ledger);
    case ENS_CHANGE_PULL:
        return is_id(c->pull.party, ENS_STORE_PARTY) && may_be_text(c->pull.mpc, ENS_STORE_URL) &&
               (!c->pull.request || c->pull.request->raw.len <= ENS_STORE_RAW);
    }
    return false;
}

/* What is known of a message that came before. */
typedef struct {
    bool found, same, same_bytes;
    ens__octets octets, answer;
    uint8_t sha256[32];
} earlier;

static ens_code find_earlier(ens__tx *tx, ens__inbound *in, const uint8_t sha256[32], earlier *out, ens_err *err)
{
    const ens__statement s = ENS_SQL_GET_INBOUND;
    const ens__value v[] = {ens__text(in->message.message_id)};
    const ens__sql_engine *e = tx->sql->engine;
    *out = (earlier){0};
    ens_code code = e->ask(tx->sql, s, v, 1, err);
    if (code == ENS_OK)
        code = e->next(tx->sql, s, &out->found, err);
    if (code == ENS_OK && out->found) {
        ens_slice answer = e->bytes(tx->sql, s, 3);
        out->same = ens_eq(e->bytes(tx->sql, s, 0), ens_bytes(in->refs_sha256, 32));
        out->same_bytes = ens_eq(e->bytes(tx->sql, s, 1), ens_bytes(sha256, 32));
        out->octets = (ens__octets){e->number(tx->sql, s, 4), false, in->message.raw.len, sha256};
        out->answer = (ens__octets){e->number(tx->sql, s, 2), false, answer.len, out->sha256};
        code = ens__sha256(answer, out->sha256, err);
        if (code == ENS_OK && out->same && in->stored) {
            ens_buf_put(in->stored, answer);
            code = ens_buf_done(in->stored, err);
        }
    }
    e->end(tx->sql, s);
    return code;
}

static ens_code take_new(ens__tx *tx, ens__inbound *in, const uint8_t sha256[32], uint64_t *seq, ens_err *err)
{
    ens__octets octets = {0}, answer = {0};
    ens__entry message = in->message;
    message.sha256 = sha256;
    ens_code code = ens__tx_entry(tx, &message, &octets, seq, err);
    if (code == ENS_OK)
        code = ens__tx_entry(tx, &in->answer, &answer, NULL, err);
    const ens__value v[] = {ens__text(message.message_id),    ens__blob(ens_bytes(in->refs_sha256, 32)),
                            ens__blob(ens_bytes(sha256, 32)), ens__number(tx->now),
                            ens__number(octets.id),           ens__number(answer.id)};
    if (code == ENS_OK)
        code = ens__tx_must(tx, ENS_SQL_PUT_INBOUND, v, sizeof v / sizeof *v,
                            "the message came twice at once; repeat the commit", err);
    if (code == ENS_OK && in->task)
        code = ens__tx_put_task(tx, in->task,
                                &(ens__subject){message.message_id, message.party, message.action, octets.id}, err);
    return code;
}

/* A message that came again is written down like every other, its answer too; its bytes are kept once. */
static ens_code take_again(ens__tx *tx, ens__inbound *in, earlier *was, uint64_t *seq, ens_err *err)
{
    ens__entry message = in->message, answer = in->answer;
    ens__octets fresh = {0};
    bool share = was->same_bytes && was->octets.id;
    if (was->same) {
        message.detail = ENS_LIT("came before; the first answer goes out again");
    } else {
        message.verdict = ENS_REFUSED;
        message.ebms = ENS_LIT("EBMS:0003");
        message.detail = ENS_LIT("the id stands for another message");
    }
    ens_code code = ens__tx_entry(tx, &message, share ? &was->octets : &fresh, seq, err);
    if (code != ENS_OK || !was->same)
        return code;
    answer.detail = ENS_LIT("the first answer again");
    return ens__tx_entry(tx, &answer, &was->answer, NULL, err);
}

static ens_code take_inbound(ens__tx *tx, ens__change *c, ens_err *err)
{
    ens__inbound *in = &c->inbound;
    earlier was;
    uint8_t digest[32];
    const uint8_t *sha256 = in->message.sha256;
    if (in->stored)
        in->stored->len = 0;
    if (!sha256) {
        if (ens__sha256(in->message.raw, digest, err) != ENS_OK)
            return ENS_ECRYPTO;
        sha256 = digest;
    }
    ens_code code = find_earlier(tx, in, sha256, &was, err);
    if (code != ENS_OK)
        return code;
    in->arrival = !was.found ? ENS_ARRIVAL_NEW : was.same ? ENS_ARRIVAL_AGAIN : ENS_ARRIVAL_CLASH;
    return was.found ? take_again(tx, in, &was, &c->seq, err) : take_new(tx, in, sha256, &c->seq, err);
}

static ens_code write_journal(ens__tx *tx, ens__change *c, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; i < c->journal.num && code == ENS_OK; i++)
        code = ens__tx_entry(tx, &c->journal.entry[i], NULL, &c->seq, err);
    return code;
}

static ens_code make(ens__tx *tx, ens__change *c, ens_err *err)
{
    c->seq = 0;
    switch (c->kind) {
    case ENS_CHANGE_JOURNAL:
        return write_journal(tx, c, err);
    case ENS_CHANGE_INBOUND:
        return take_inbound(tx, c, err);
    case ENS_CHANGE_ENQUEUE:
        return ens__tx_put_outgoing(tx, &c->enqueue.outgoing, &c->enqueue.known, err);
    case ENS_CHANGE_SETTLE:
        return ens__tx_settle(tx, c, err);
    case ENS_CHANGE_WORK:
        return ens__tx_finish_work(tx, &c->work, err);
    case ENS_CHANGE_TASK:
        return ens__tx_put_task(tx, &c->task, &(ens__subject){0}, err);
    case ENS_CHANGE_LEDGER:
        return ens__tx_put_ledger(tx, c->ledger, &c->seq, err);
    case ENS_CHANGE_PULL:
        return ens__tx_pull(tx, c, err);
    }
    return ens_fail(err, ENS_EPOLICY, RULE, "no such change", 0);
}

ens_code ens__tx_make_changes(ens__tx *tx, ens__change *const *changes, size_t num, uint64_t *made, ens_err *err)
{
    ens_code code = ENS_OK;
    *made = 0;
    for (size_t i = 0; i < num && code == ENS_OK; i++)
        if (changes[i]->code == ENS_OK) {
            code = make(tx, changes[i], err);
            ++*made;
        }
    return code;
}

typedef struct {
    ens__change *const *changes;
    size_t num;
    uint64_t made;
    bool logged;
} batch;

static ens_code make_all(ens__tx *tx, void *user, ens_err *err)
{
    batch *b = user;
    ens_code code = b->logged ? ens__intake_log(tx, b->changes, b->num, err) : ENS_OK;
    return code == ENS_OK ? ens__tx_make_changes(tx, b->changes, b->num, &b->made, err) : code;
}

/* commit_all makes those that are still to be made (code is ENS_OK) in one transaction. What only adds is logged, where
 * the engine does that; what hangs on leases isn't: they may be lost with the power, and then mean nothing in a log. */
static ens_code commit_all(ens__store *s, ens__change *const *changes, size_t num, bool *passing, ens_err *err)
{
    batch b = {changes, num, 0, s->writer && s->writer->engine->log && ens__intake_is(changes, num)};
    ens_code code =
        b.logged ? ens__tx_make_logged(s, false, make_all, &b, err) : ens__tx_make(s, true, make_all, &b, passing, err);
    if (code == ENS_OK) {
        atomic_fetch_add(&s->commits, 1);
        atomic_fetch_add(&s->changes, b.made);
    }
    return code;
}

/* One that can't be made doesn't take the others along: after a failure each is tried alone. */
static void commit_each(ens__store *s, ens__change *const *changes, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        ens__change *c = changes[i];
        if (c->code == ENS_OK)
            c->code = commit_all(s, &c, 1, NULL, &c->err);
    }
}

/* The store can't be reached: it won't be for each alone. */
static void fail_each(ens__change *const *changes, size_t num, const ens_err *why)
{
    for (size_t i = 0; i < num; i++)
        if (changes[i]->code == ENS_OK) {
            changes[i]->code = why->n ? why->frame[0].code : ENS_EIO;
            changes[i]->err = *why;
        }
}

static ens_code first_failure(ens__change *const *changes, size_t num, ens_err *err)
{
    for (size_t i = 0; i < num; i++)
        if (changes[i]->code != ENS_OK) {
            if (err)
                *err = changes[i]->err;
            return changes[i]->code;
        }
    return ENS_OK;
}

ens_code ens__store_commit(ens__store *store, ens__change *const *changes, size_t num, ens_err *err)
{
    size_t good = 0;
    bool passing = false;
    ens_err why = {0};
    if (num > ENS_STORE_CHANGES)
        return ens_fail(err, ENS_ELIMIT, RULE, "too many changes for one commit", 0);
    for (size_t i = 0; i < num; i++) {
        ens__change *c = changes[i];
        c->err = (ens_err){0};
        c->code = is_good(c) ? ENS_OK
                             : ens_fail(&c->err, ENS_ELIMIT, RULE,
                                        "an id, a text or the bytes are missing, too long or not UTF-8", 0);
        good += c->code == ENS_OK;
    }
    if (good && (good == 1 || commit_all(store, changes, num, &passing, &why) != ENS_OK))
        passing ? fail_each(changes, num, &why) : commit_each(store, changes, num);
    return first_failure(changes, num, err);
}
