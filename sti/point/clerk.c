/* What a worker does with a message: judge, decide, seal the answer, hand both to the committer. */
#include "as4/seal_as.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "sti/ledger/ledger.h"
#include "sti/point/point_parts.h"
#include "sti/point/refusal.h"
#include "sti/reply/reply.h"

#include <stdio.h>
#include <stdlib.h>

void *ens__clerk_make(void *point)
{
    ens_clerk *k = calloc(1, sizeof *k);
    (void)point;
    if (k)
        ens_arena_init(&k->arena, ENS_STORE_RAW);
    if (k && ens_verifier_new(&k->verifier, NULL) == ENS_OK && (k->report = ens_report_new()))
        return k;
    if (k)
        ens__clerk_drop(k);
    return NULL;
}

void ens__clerk_drop(void *clerk)
{
    ens_clerk *k = clerk;
    ens_verifier_free(k->verifier);
    ens_report_free(k->report);
    ens_arena_free(&k->arena);
    ens__desk_clear(&k->desk);
    free(k);
}

static ens_time seconds(const ens_call *c)
{
    return (ens_time)(c->at_ms / 1000);
}

/* make_raw puts the type in front of the body: what the journal keeps is judged, and anyone judges it again. */
static bool make_raw(ens_call *c)
{
    ens_slice type = ens__http_field(c->request->head, "Content-Type");
    ens_buf_text(&c->raw, "Content-Type: ");
    ens_buf_put(&c->raw, type);
    ens_buf_text(&c->raw, "\r\n\r\n");
    ens_buf_put(&c->raw, c->request->body);
    return c->raw.failed == ENS_OK && ens__sha256(ens_buf_slice(&c->raw), c->raw_sha256, NULL) == ENS_OK;
}

ens_slice ens__clerk_keep(ens_call *c, ens_slice text)
{
    const char *copy = text.len ? ens_arena_text(&c->arena, text) : NULL;
    return copy ? ens_bytes(copy, text.len) : (ens_slice){0};
}

/* describe says what came, in words that outlive the worker's next message. */
static ens__entry describe(ens_call *c, const ens_message *m)
{
    return (ens__entry){.at_ms = c->at_ms,
                        .direction = ENS_IN,
                        .kind = ens__entry_of(m->kind),
                        .action = ens__clerk_keep(c, m->action),
                        .message_id = ens__clerk_keep(c, m->message_id),
                        .ref_to = ens__clerk_keep(c, m->ref_to),
                        .party = ens__clerk_keep(c, m->sender.len ? m->sender : m->from),
                        .lrn = ens__clerk_keep(c, m->lrn),
                        .mrn = ens__clerk_keep(c, m->mrn),
                        .peer = ens__clerk_keep(c, ens_str(c->request->peer)),
                        .raw = ens_buf_slice(&c->raw),
                        .sha256 = c->raw_sha256};
}

ens__entry ens__clerk_answer(ens_call *c, const ens_clerk *k, ens_entry_kind kind, const ens__entry *to)
{
    return (ens__entry){.at_ms = c->at_ms,
                        .direction = ENS_OUT,
                        .kind = kind,
                        .message_id = ens__clerk_keep(c, ens_sealer_message_id(k->desk.sealer)),
                        .ref_to = to->message_id,
                        .party = to->party,
                        .lrn = to->lrn,
                        .mrn = to->mrn,
                        .peer = to->peer};
}

/* ens__clerk_tell logs ids and the check that decided: details quote what the message holds, which is nobody's but the
 * parties'.
 */
void ens__clerk_tell(const ens_call *c, const char *event, const ens__entry *e, const char *check)
{
    const ens_log_field fields[] = {
        ens_log_slice("message_id", e->message_id),
        ens_log_slice("action", e->action),
        ens_log_slice("party", e->party),
        ens_log_text("kind", ens__entry_kind_name(e->kind)),
        ens_log_slice("ebms", e->ebms),
        ens_log_text("check", check),
        ens_log_slice("peer", e->peer),
    };
    ens__log(c->point->plan.log, ENS_LOG_INFO, event, fields, sizeof fields / sizeof *fields);
}

static const ens_point_answers *answers_of(const ens_clerk *k)
{
    return &k->desk.means->own.answers;
}

/* ens__clerk_seal_error seals what the message is refused with. */
bool ens__clerk_seal_error(ens_clerk *k, ens_call *c, const ens_refusal *why, ens_slice ref_to)
{
    ens_slice out;
    const ens_point_answers *how = answers_of(k);
    if (ens__refusal_seal(why, how, k->desk.sealer, ref_to, seconds(c), &out, NULL) != ENS_OK)
        return false;
    c->answer.len = 0;
    ens_buf_put(&c->answer, out);
    c->status = how->status ? how->status : 200;
    return c->answer.failed == ENS_OK;
}

/* ens__clerk_complain logs why the store could not keep something. */
void ens__clerk_complain(const ens_call *c, const ens__change *change)
{
    char text[ENS_LOG_VALUE_MAX];
    const ens_log_field fields[] = {
        ens_log_slice("message_id", c->entry[0].message_id),
        ens_log_text("reason", ens_err_format(&change->err, text, sizeof text)),
    };
    ens__log(c->point->plan.log, ENS_LOG_ERROR, "not-kept", fields, sizeof fields / sizeof *fields);
}

/* An error is told whether it could be written down or not: nothing is lost that anybody was promised. */
static void error_written(ens__change *change)
{
    ens_call *c = change->user;
    if (change->code != ENS_OK)
        ens__clerk_complain(c, change);
    ens__call_answer(c, ens_buf_slice(&c->answer));
}

void ens__clerk_write(ens_call *c, const ens__entry *entries, size_t num)
{
    c->change = (ens__change){.kind = ENS_CHANGE_JOURNAL, .journal = {entries, num}, .done = error_written, .user = c};
    if (ens__committer_submit(c->point->committer, &c->change, NULL) != ENS_OK)
        ens__call_turn_away(c);
}

/* ens__clerk_refuse seals the error and writes it down, with the message unless that was written already. */
void ens__clerk_refuse(ens_clerk *k, ens_call *c, const ens_refusal *why, bool written)
{
    ens__entry *message = &c->entry[0], *error = &c->entry[1];
    if (!ens__clerk_seal_error(k, c, why, message->message_id)) {
        ens__call_turn_away(c);
        return;
    }
    message->verdict = ENS_REFUSED;
    message->ebms = ens__clerk_keep(c, ens_str(why->code));
    message->detail = ens__clerk_keep(c, ens_str(why->detail));
    *error = ens__clerk_answer(c, k, ENS_ENTRY_ERROR, message);
    error->verdict = ENS_REFUSED;
    error->ebms = message->ebms;
    error->detail = message->detail;
    error->raw = ens_buf_slice(&c->answer);
    atomic_fetch_add(&c->point->refused, 1);
    ens__call_tally(c, message->action, ENS_REFUSED);
    ens__clerk_tell(c, "refused", message, why->check);
    ens__clerk_write(c, written ? error : c->entry, written ? 1 : 2);
}

/* settled is the committer's: what was to be kept is kept, or it isn't. Sealing is left to a worker. */
static void settled(ens__change *change)
{
    ens_call *c = change->user;
    ens_point *p = c->point;
    const ens__inbound *in = &change->inbound;
    if (change->code == ENS_OK && in->arrival == ENS_ARRIVAL_NEW) {
        atomic_fetch_add(&p->accepted, 1);
        ens__call_tally(c, in->message.action, in->message.verdict);
        if (in->task)
            ens__keeper_wake(p->keeper);
        ens__clerk_tell(c, "accepted", &in->message, NULL);
        ens__call_answer(c, in->answer.raw);
        return;
    }
    if (change->code == ENS_OK && in->arrival == ENS_ARRIVAL_AGAIN) {
        if (c->fault.kind != ENS_FAULT_SLOW && !c->fault.stays)
            c->fault = (ens_fault){0}; /* whoever asks again gets it */
        atomic_fetch_add(&p->again, 1);
        ens__clerk_tell(c, "again", &in->message, NULL);
        ens__call_answer(c, ens_buf_slice(&c->stored));
        return;
    }
    c->entry[0] = in->message;
    if (change->code != ENS_OK)
        ens__clerk_complain(c, change);
    c->stage = change->code == ENS_OK ? ENS_CALL_CLASH : ENS_CALL_LOST;
    if (!ens__call_post(c))
        ens__call_turn_away(c);
}

/* spoil makes the references of a message others: a receipt of them proves nothing. */
static bool spoil(ens_call *c, ens_message *m)
{
    ens_signed_part *parts = ens_arena_take(&c->arena, m->num_signed_parts * sizeof *parts);
    for (size_t i = 0; parts && i < m->num_signed_parts; i++) {
        parts[i] = m->signed_parts[i];
        uint8_t *digest = ens_arena_zero(&c->arena, parts[i].digest.len + 1);
        if (!digest)
            return false;
        parts[i].digest.p = digest;
    }
    m->signed_parts = parts;
    return parts != NULL;
}

/* seal_receipt seals one, unless the message came before: then the first one's bytes are it. */
static bool seal_receipt(ens_clerk *k, ens_call *c, const ens_message *m, ens_arrival arrival)
{
    ens_slice out;
    if (arrival == ENS_ARRIVAL_AGAIN) {
        c->entry[1] = ens__clerk_answer(c, k, ENS_ENTRY_RECEIPT, &c->entry[0]);
        c->entry[1].message_id = (ens_slice){0}; /* the sealer's last one is another's */
        ens_buf_put(&c->answer, ens_buf_slice(&c->stored));
        return c->answer.failed == ENS_OK;
    }
    ens_message told = *m;
    ens_sealer *sealer = k->desk.sealer;
    if (c->fault.kind == ENS_FAULT_DIGEST && !spoil(c, &told))
        return false;
    if (c->fault.kind == ENS_FAULT_FOREIGN && !(sealer = ens__desk_stranger(&k->desk, seconds(c))))
        return false;
    ens_code code = c->fault.kind == ENS_FAULT_UNSIGNED
                        ? ens__seal_receipt_loose(sealer, &told, seconds(c), &out, NULL)
                        : ens_seal_receipt(sealer, &told, &(ens_seal_signal_options){.at = seconds(c)}, &out, NULL);
    if (code != ENS_OK)
        return false;
    c->entry[1] = ens__clerk_answer(c, k, ENS_ENTRY_RECEIPT, &c->entry[0]);
    c->entry[1].message_id = ens__clerk_keep(c, ens_sealer_message_id(sealer));
    ens_buf_put(&c->answer, out);
    return c->answer.failed == ENS_OK;
}

/* ask_for_reply makes the task that answers the message, NULL where nothing does. */
static const ens__task *ask_for_reply(ens_call *c, const ens_message *m)
{
    if (m->test || !ens__replier_is_due(m->action))
        return NULL;
    int n = snprintf(c->task_id, sizeof c->task_id, ENS_REPLY_KIND ":%.*s", (int)m->message_id.len,
                     (const char *)m->message_id.p);
    c->task = (ens__task){.id = ens_bytes(c->task_id, (size_t)n),
                          .kind = ENS_LIT(ENS_REPLY_KIND),
                          .body = c->fault.kind == ENS_FAULT_DUP ? ENS_LIT(ENS_FAULT_TWICE) : (ens_slice){0}};
    return &c->task;
}

/* keep_both hands message and receipt to the committer, as one change. */
static void keep_both(ens_clerk *k, ens_call *c, const ens_message *m, ens_arrival arrival)
{
    if (!seal_receipt(k, c, m, arrival)) {
        ens__clerk_refuse(k, c, &ens__refusal_lost, false);
        return;
    }
    ens__inbound *in = &c->change.inbound;
    in->message = c->entry[0];
    in->answer = c->entry[1];
    in->answer.verdict = ENS_ACCEPTED;
    if (c->fault.kind)
        in->answer.detail = c->entry[0].detail;
    in->answer.raw = ens_buf_slice(&c->answer);
    in->stored = &c->stored;
    in->task = ask_for_reply(c, m);
    if (ens__committer_submit(c->point->committer, &c->change, NULL) != ENS_OK)
        ens__call_turn_away(c);
}

/* find_earlier looks whether the message came before, so that no receipt is sealed in vain; false: nobody can tell now.
 * What isn't found may have come all the same: the commit decides. */
static bool find_earlier(ens_call *c, const ens_message *m, const uint8_t refs[32], ens_arrival *arrival)
{
    ens_point *p = c->point;
    if (!ens__seen_put(&p->seen, m->message_id))
        return true;
    return ens__store_find_inbound(p->plan.store, m->message_id, refs, &c->stored, arrival, NULL) == ENS_OK;
}

/* accept has looked at everything that AS4 asks for: what customs find in the document is told by another message. */
static void accept(ens_clerk *k, ens_call *c, const ens_message *m, ens_answer answer)
{
    char text[ENS_DETAIL_TEXT];
    ens_arrival arrival = ENS_ARRIVAL_NEW;
    c->change = (ens__change){.kind = ENS_CHANGE_INBOUND, .done = settled, .user = c};
    uint8_t *refs = c->change.inbound.refs_sha256;
    c->entry[0].verdict = answer.reply ? ENS_REFUSED : ENS_ACCEPTED;
    if (answer.reply && !c->fault.kind)
        c->entry[0].detail = ens__clerk_keep(c, ens_str(ens_finding_detail(answer.because, text)));
    if (m->message_id.len > ENS_POINT_ID_MAX)
        ens__clerk_refuse(k, c, &ens__refusal_too_long, false);
    else if (!ens__references_print(m, refs) || !find_earlier(c, m, refs, &arrival))
        ens__clerk_refuse(k, c, &ens__refusal_lost, false);
    else if (arrival == ENS_ARRIVAL_CLASH)
        ens__clerk_refuse(k, c, &ens__refusal_clash, false);
    else
        keep_both(k, c, m, arrival);
}

/* take_signal writes a signal down. Nothing answers one but the status; no error is answered by an error. */
static void take_signal(ens_clerk *k, ens_call *c, const ens_message *m, bool good)
{
    ens__entry *e = &c->entry[0];
    if (ens__mailbox_take(k, c, m, &good))
        return;
    e->verdict = good ? ENS_ACCEPTED : ENS_REFUSED;
    c->status = good ? 202 : 400;
    ens__clerk_tell(c, good ? "signal" : "refused", e, NULL);
    ens__clerk_write(c, e, 1);
}

/* ask_fault looks whether the message asks for a fault, or a rule gives it one, and says so in what is written down. */
static void ask_fault(const ens_clerk *k, ens_call *c, const ens_message *m)
{
    char asked[48] = "";
    if (!c->point->plan.rehearsal)
        return;
    c->fault = ens__board_fault(c->point->plan.board, m, &c->arena);
    if (c->fault.kind)
        snprintf(asked, sizeof asked, "a fault put up by the API");
    else
        c->fault = ens__fault_of_message(k->desk.means->own.faults, m);
    if (!c->fault.kind)
        return;
    if (!asked[0])
        snprintf(asked, sizeof asked, c->fault.rule ? "rule %u of faults" : "the end of the LRN", c->fault.rule);
    const char *text =
        ens_arena_printf(&c->arena, "profile rehearsal, %s asks: %s", asked, ens__fault_words(c->fault.kind));
    c->entry[0].detail = text ? ens_str(text) : (ens_slice){0};
}

static void refuse_by_fault(ens_clerk *k, ens_call *c)
{
    const ens_refusal why = {.code = c->fault.code,
                             .subcode = c->fault.subcode,
                             .detail = (const char *)c->entry[0].detail.p,
                             .rule = "profile rehearsal"};
    ens__clerk_refuse(k, c, &why, false);
}

/* decide: the message was judged, and is to be answered. */
static void decide(ens_clerk *k, ens_call *c, const ens_message *m)
{
    ens_refusal why;
    bool refused = ens__refusal_find(k->report, answers_of(k), &c->arena, &why);
    c->entry[0] = describe(c, m);
    if (m->kind == ENS_MESSAGE_RECEIPT || m->kind == ENS_MESSAGE_ERROR) {
        take_signal(k, c, m, !refused);
    } else if (refused) {
        ens__clerk_refuse(k, c, &why, false);
    } else if (m->kind == ENS_MESSAGE_PULL_REQUEST) {
        ens__mailbox_pull(c, m);
    } else {
        ask_fault(k, c, m);
        if (c->fault.kind == ENS_FAULT_REFUSE)
            refuse_by_fault(k, c);
        else
            accept(k, c, m, ens_answer_of(k->report));
    }
}

static void judge_clerk(ens_clerk *k, ens_call *c)
{
    ens_message m;
    const ens_point_means *means = &k->desk.means->own;
    const ens_registry registry = ens__uumds_registry(means->registry);
    const ens_verify_options o = {
        .trust = means->trust, .at = seconds(c), .role = ENS_ROLE_STI, .registry = means->registry ? &registry : NULL};
    ens__report_reset(k->report);
    ens_verify(k->verifier, ens_buf_slice(&c->raw), &o, &m, k->report);
    if (means->fetcher)
        ens__refresher_see(c->point->refresher, &m);
    decide(k, c, &m);
}

void ens__clerk_work(void *point, void *clerk, void *call)
{
    ens_point *p = point;
    ens_call *c = call;
    ens_clerk *k = clerk;
    bool clash = c->stage == ENS_CALL_CLASH;
    if (!ens__desk_renew(&k->desk, point, seconds(c)) || (c->stage == ENS_CALL_NEW && !make_raw(c)))
        ens__call_turn_away(c);
    else if (c->stage == ENS_CALL_NEW)
        judge_clerk(k, c);
    else if (c->stage == ENS_CALL_PULLED || c->stage == ENS_CALL_EMPTY)
        ens__mailbox_answer(k, c);
    else
        ens__clerk_refuse(k, c, clash ? &ens__refusal_clash : &ens__refusal_lost, clash);
    ens__committer_expect(p->committer, -1); /* it is submitted, or answered otherwise */
}
