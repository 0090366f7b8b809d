/* What a worker does with a call: judge the request, write it down, and hold it back where a gate is to; later compare
 * the answer, and write that down. */
#include "sti/proxy/proxy_parts.h"

#include "engine/base/report.h"
#include "sti/fault/stranger.h"
#include "sti/point/refusal.h"

#include <stdio.h>
#include <stdlib.h>

#define HELD "held back by ensign proxy, and not sent on: "
#define SOAP_TYPE "application/soap+xml; charset=UTF-8"
#define STRANGER_DOMAIN "ensign.invalid"

/* A worker's own. */
typedef struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_sealer *sealer; /* NULL: nothing was held back yet */
    ens_arena arena;
} scribe;

void *ens__scribe_make(void *proxy)
{
    scribe *s = calloc(1, sizeof *s);
    (void)proxy;
    if (!s)
        return NULL;
    ens_arena_init(&s->arena, ENS_PROXY_ARENA);
    s->report = ens_report_new();
    if (s->report && ens_verifier_new(&s->verifier, NULL) == ENS_OK)
        return s;
    ens__scribe_drop(s);
    return NULL;
}

void ens__scribe_drop(void *worker)
{
    scribe *s = worker;
    ens_verifier_free(s->verifier);
    ens_report_free(s->report);
    ens_sealer_free(s->sealer);
    ens_arena_free(&s->arena);
    free(s);
}

/* -- Common ------------------------------------------------------------------------------------------------------- */

static ens_slice keep_slice(ens_proxy_call *c, ens_slice text)
{
    const char *copy = text.len ? ens_arena_text(&c->arena, text) : NULL;
    return copy ? ens_bytes(copy, text.len) : (ens_slice){0};
}

static void log_call(const ens_proxy_call *c, ens_log_level level, const char *event, const char *detail)
{
    const ens_log_field fields[] = {
        ens_log_slice("message_id", c->message.message_id), ens_log_slice("action", c->message.action),
        ens_log_slice("party", c->message.party),           ens_log_text("kind", ens__entry_kind_name(c->message.kind)),
        ens_log_number("http", (uint64_t)c->status),        ens_log_text("detail", detail)};
    ens__log(c->proxy->plan.log, level, event, fields, sizeof fields / sizeof *fields);
}

static void complain(const ens_proxy_call *c)
{
    char text[ENS_LOG_VALUE_MAX];
    log_call(c, ENS_LOG_ERROR, "not-kept", ens_err_format(&c->change.err, text, sizeof text));
}

/* submit_change hands the call's change over. From then on the call is the committer's, and may be gone: what is taken
 * is touched no more. */
static void submit_change(ens_proxy_call *c)
{
    ens_err err = {0};
    ens_code code = c->raw.failed != ENS_OK || c->record.failed != ENS_OK
                        ? ens_fail(&err, ENS_ENOMEM, NULL, "out of memory for the message", 0)
                        : ens__committer_submit(c->proxy->committer, &c->change, &err);
    if (code == ENS_OK)
        return;
    c->change.code = code;
    c->change.err = err;
    c->change.done(&c->change);
}

static ens_verify_options at_time(const ens_verify_options *o, int64_t now_ms)
{
    ens_verify_options out = *o;
    out.at = out.at == ENS_TIME_NONE ? (ens_time)(now_ms / 1000) : out.at;
    return out;
}

/* -- The request -------------------------------------------------------------------------------------------------- */

/* request_kept is the committer's: what it says decides whether the answer may leave. */
static void request_kept(ens__change *change)
{
    ens_proxy_call *c = change->user;
    c->kept = change->code == ENS_OK;
    c->seq = change->seq;
    if (!c->kept)
        complain(c);
    ens__proxy_step(c);
}

static void put_raw(ens_proxy_call *c)
{
    ens__proxy_put_request(c->request->head, &c->raw);
    ens_buf_put(&c->raw, c->request->body);
}

static void keep_request(ens_proxy_call *c)
{
    c->message.at_ms = c->at_ms;
    c->message.direction = ENS_OUT;
    c->message.raw = ens_buf_slice(&c->raw);
    c->change = (ens__change){.kind = ENS_CHANGE_JOURNAL, .journal = {&c->message, 1}, .done = request_kept, .user = c};
    submit_change(c);
}

void ens__scribe_unjudged(ens_proxy_call *c)
{
    put_raw(c);
    c->message =
        (ens__entry){.kind = ENS_ENTRY_UNREADABLE, .unread = true, .detail = ENS_LIT("there was no time to judge it")};
    c->ledger.row.predicted.detail = c->message.detail;
    keep_request(c);
}

static void judge_request(scribe *s, ens_proxy_call *c)
{
    ens_message m;
    ens__ledger_row *row = &c->ledger.row;
    ens_arrival arrival = ENS_ARRIVAL_NEW;
    ens_judge_share *judge = ens__proxy_judge_share(c->proxy);
    const ens_verify_options o = at_time(&judge->own.request, c->at_ms);
    ens_report_reset(s->report);
    ens_verify(s->verifier, ens_buf_slice(&c->raw), &o, &m, s->report);
    ens__ledger_predict(&m, s->report, c->proxy->plan.domibus, &c->arena, row);
    bool asks = m.kind == ENS_MESSAGE_USER || m.kind == ENS_MESSAGE_PULL_REQUEST;
    bool good = asks && row->has_refs && row->predicted.verdict == ENS_ACCEPTED;
    if (good && ens__store_ledger_earlier(c->proxy->plan.store, row->target, row->message_id, row->refs_sha256,
                                          &arrival, NULL) == ENS_OK)
        ens__ledger_expect(row, m.kind, arrival);
    c->judged = true;
    c->asked = m.kind;
    c->from_customs = m.from_customs;
    c->message = (ens__entry){.kind = ens__entry_of(m.kind),
                              .verdict = row->predicted.reply.len ? ENS_REFUSED : row->predicted.verdict,
                              .action = row->action,
                              .message_id = row->message_id,
                              .ref_to = keep_slice(c, m.ref_to),
                              .party = row->party,
                              .ebms = row->predicted.ebms,
                              .lrn = keep_slice(c, m.lrn),
                              .mrn = keep_slice(c, m.mrn),
                              .peer = keep_slice(c, ens_str(c->request->peer)),
                              .detail = row->predicted.detail};
    ens__proxy_judge_drop(judge);
}

/* -- The gate ----------------------------------------------------------------------------------------------------- */

static bool is_held(const ens_proxy_call *c)
{
    ens_verdict verdict = c->ledger.row.predicted.verdict;
    return c->proxy->plan.gate && (verdict == ENS_REFUSED || (verdict == ENS_UNDECIDED && !c->proxy->plan.open));
}

/* sealer_of is one of the user's, or of nobody: what that one writes leaves without a seal. */
static ens_sealer *sealer_of(scribe *s, const ens_proxy_call *c)
{
    const ens_proxy_plan *plan = &c->proxy->plan;
    ens_time at = (ens_time)(c->at_ms / 1000);
    ens_code code = s->sealer      ? ENS_OK
                    : plan->sealer ? ens_sealer_new(plan->sealer, &s->sealer, NULL)
                                   : ens__stranger_sealer(STRANGER_DOMAIN, at, &s->sealer, NULL);
    return code == ENS_OK ? s->sealer : NULL;
}

/* seal_held writes the error signal that the other side would answer, into the record. */
static bool seal_held(scribe *s, ens_proxy_call *c)
{
    const ens__predicted *p = &c->ledger.row.predicted;
    bool undecided = p->verdict == ENS_UNDECIDED;
    ens_slice out;
    ens_arena_reset(&s->arena);
    const char *detail = ens_arena_printf(&s->arena, HELD "%.*s", (int)p->detail.len, (const char *)p->detail.p);
    const ens_refusal why = {.code = undecided ? "EBMS:0202" : ens_arena_text(&s->arena, p->ebms),
                             .subcode = p->subcode.len ? ens_arena_text(&s->arena, p->subcode) : NULL,
                             .detail = detail,
                             .rule = p->rule.len ? ens_arena_text(&s->arena, p->rule) : NULL,
                             .open = !c->proxy->plan.sealer};
    ens_sealer *sealer = sealer_of(s, c);
    if (!sealer || ens__refusal_seal(&why, &(ens_point_answers){0}, sealer, c->message.message_id,
                                     (ens_time)(c->at_ms / 1000), &out, NULL) != ENS_OK)
        return false;
    ens_buf_put(&c->record, out);
    c->answer.message_id = keep_slice(c, ens_sealer_message_id(sealer));
    return c->record.failed == ENS_OK;
}

/* held_kept is the committer's. */
static void held_kept(ens__change *change)
{
    ens_proxy_call *c = change->user;
    if (change->code != ENS_OK)
        complain(c);
    if (change->code != ENS_OK && !c->proxy->plan.unrecorded)
        ens__proxy_turn_away(c, "the journal can't be written: send the same message again\n");
    else
        ens__proxy_answer_held(c);
}

/* hold answers in place of the other side. A signal has no answer but a status. */
static void hold(scribe *s, ens_proxy_call *c)
{
    char words[ENS_LEDGER_WORDS];
    bool is_signal = c->asked == ENS_MESSAGE_RECEIPT || c->asked == ENS_MESSAGE_ERROR;
    c->users = 1;
    c->held_status = is_signal ? 400 : 200;
    c->type = is_signal ? "text/plain" : SOAP_TYPE;
    c->answer = (ens__entry){.at_ms = c->at_ms,
                             .direction = ENS_IN,
                             .kind = is_signal ? ENS_ENTRY_NOTE : ENS_ENTRY_ERROR,
                             .verdict = ENS_REFUSED,
                             .ref_to = c->message.message_id,
                             .party = c->message.party,
                             .lrn = c->message.lrn,
                             .mrn = c->message.mrn,
                             .ebms = c->ledger.row.predicted.ebms,
                             .detail = ENS_LIT("held back: answered by the proxy")};
    if (is_signal)
        ens_buf_text(&c->record, HELD "it would be refused\n");
    else if (!seal_held(s, c)) {
        ens__proxy_turn_away(c, "what is held back can't be answered: send the same message again\n");
        return;
    }
    c->ledger.row.held = true;
    c->answer.raw = ens_buf_slice(&c->record);
    c->message.at_ms = c->at_ms;
    c->message.direction = ENS_OUT;
    c->message.raw = ens_buf_slice(&c->raw);
    c->ledger.message = &c->message;
    c->ledger.answer = &c->answer;
    log_call(c, ENS_LOG_WARN, "held", ens__ledger_words(&c->ledger.row, words));
    c->change = (ens__change){.kind = ENS_CHANGE_LEDGER, .ledger = &c->ledger, .done = held_kept, .user = c};
    submit_change(c);
}

static void take_request(scribe *s, ens_proxy_call *c)
{
    put_raw(c);
    if (c->raw.failed == ENS_OK)
        judge_request(s, c);
    if (is_held(c)) {
        hold(s, c);
        return;
    }
    if (c->proxy->plan.gate)
        ens__carrier_give(c->proxy->carrier, c);
    keep_request(c);
}

/* -- The answer --------------------------------------------------------------------------------------------------- */

/* answer_kept is the committer's. */
static void answer_kept(ens__change *change)
{
    ens_proxy_call *c = change->user;
    if (change->code != ENS_OK)
        complain(c);
    ens__proxy_leave(c);
}

static void keep_answer(ens_proxy_call *c)
{
    c->ledger.message = c->kept ? NULL : &c->message;
    c->ledger.answer = &c->answer;
    c->ledger.row.seq = c->seq;
    c->answer.at_ms = c->proxy->plan.now_ms(c->proxy->plan.ctx);
    c->answer.direction = ENS_IN;
    c->answer.raw = ens_buf_slice(&c->record);
    c->change = (ens__change){.kind = ENS_CHANGE_LEDGER, .ledger = &c->ledger, .done = answer_kept, .user = c};
    submit_change(c);
}

static void put_record(ens_proxy_call *c)
{
    if (!c->answered)
        return;
    ens__proxy_put_answer((unsigned)c->status, ens_buf_slice(&c->head), &c->record);
    ens_buf_put(&c->record, ens_buf_slice(&c->body));
}

void ens__scribe_uncompared(ens_proxy_call *c)
{
    put_record(c);
    c->answer = (ens__entry){.kind = ENS_ENTRY_UNREADABLE,
                             .unread = true,
                             .ref_to = c->message.message_id,
                             .detail = ENS_LIT("there was no time to compare it")};
    c->ledger.row.real = (ens__answered){.http = (unsigned)c->status, .detail = c->answer.detail};
    keep_answer(c);
}

/* judge_answer: what is a message by itself is judged as such; all else as what answers the request. */
static void judge_answer(scribe *s, ens_proxy_call *c, ens_message *m)
{
    ens_judge_share *judge = ens__proxy_judge_share(c->proxy);
    ens_verify_options o = at_time(&judge->own.answer, c->proxy->plan.now_ms(c->proxy->plan.ctx));
    if (!judge->own.proves && !c->from_customs)
        o.trust = NULL;
    if (c->asked == ENS_MESSAGE_USER)
        ens_receipt_check(s->verifier, ens_buf_slice(&c->record), ens_buf_slice(&c->raw), &o, m, s->report);
    else
        ens_verify(s->verifier, ens_buf_slice(&c->record), &o, m, s->report);
    ens__proxy_judge_drop(judge);
}

typedef struct {
    ens_proxy_call *call;
    const ens_message *reply;
    bool found;
} replied;

static bool take_original(void *user, const ens__ledger_row *row)
{
    replied *r = user;
    ens__ledger_row about = *row;
    ens_slice *const texts[] = {&about.target,          &about.message_id,      &about.action,
                                &about.party,           &about.predicted.check, &about.predicted.rule,
                                &about.predicted.reply, &about.predicted.detail};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = keep_slice(r->call, *texts[i]);
    about.predicted.ebms = about.predicted.subcode = (ens_slice){0}; /* of what was taken there are none */
    about.at_ms = r->call->at_ms;
    about.held = false;
    r->found = !row->held && ens__ledger_reply(r->reply, &about, &r->call->arena, &r->call->reply);
    return !r->found;
}

/* look_for_original finds what customs reply to, where that went through here. */
static void look_for_original(ens_proxy_call *c, const ens_message *m)
{
    replied r = {c, m, false};
    const ens__ledger_query q = {.agreement = -1, .message_id = m->ref_to};
    if (m->kind == ENS_MESSAGE_USER && m->ref_to.len &&
        ens__store_ledger_list(c->proxy->plan.store, &q, take_original, &r, NULL) == ENS_OK && r.found)
        c->ledger.also = &c->reply;
}

static void tell_compared(ens_proxy_call *c)
{
    char words[ENS_LEDGER_WORDS];
    const ens__ledger_row *row = &c->ledger.row;
    const ens__ledger_row *also = c->ledger.also;
    if (row->agreement == ENS_DISAGREES)
        atomic_fetch_add(&c->proxy->disagree, 1);
    else if (row->agreement == ENS_AGREES)
        atomic_fetch_add(&c->proxy->agree, 1);
    log_call(c, row->agreement == ENS_DISAGREES ? ENS_LOG_WARN : ENS_LOG_INFO, ens__agreement_name(row->agreement),
             ens__ledger_words(row, words));
    if (also && also->agreement == ENS_DISAGREES) {
        atomic_fetch_add(&c->proxy->disagree, 1);
        log_call(c, ENS_LOG_WARN, "disagrees", ens__ledger_words(also, words));
    }
}

static void compare_answer(scribe *s, ens_proxy_call *c)
{
    ens_message m = {0};
    ens__ledger_row *row = &c->ledger.row;
    put_record(c);
    ens_report_reset(s->report);
    if (c->body.len)
        judge_answer(s, c, &m);
    const ens__ledger_answer a = {.message = c->body.len ? &m : NULL,
                                  .report = s->report,
                                  .http = (unsigned)c->status,
                                  .silence = c->why,
                                  .empty = c->answered && !c->body.len,
                                  .asked = c->asked};
    ens__ledger_settle(&a, &c->arena, row);
    look_for_original(c, &m);
    c->answer = (ens__entry){.kind = !c->answered  ? ENS_ENTRY_NOTE
                                     : c->body.len ? ens__entry_of(m.kind)
                                                   : ENS_ENTRY_HTTP,
                             .verdict = c->body.len ? ens_report_verdict(s->report) : ENS_UNDECIDED,
                             .action = keep_slice(c, m.action),
                             .message_id = keep_slice(c, m.message_id),
                             .ref_to = m.ref_to.len ? keep_slice(c, m.ref_to) : c->message.message_id,
                             .party = c->message.party,
                             .lrn = m.kind == ENS_MESSAGE_USER ? keep_slice(c, m.lrn) : c->message.lrn,
                             .mrn = m.kind == ENS_MESSAGE_USER ? keep_slice(c, m.mrn) : c->message.mrn,
                             .ebms = row->real.ebms,
                             .peer = ens_str(c->proxy->url),
                             .detail = row->real.detail};
    tell_compared(c);
    keep_answer(c);
}

void ens__scribe_work(void *proxy, void *worker, void *call)
{
    ens_proxy_call *c = call;
    (void)proxy;
    if (c->stage == ENS_CALL_JUDGE)
        take_request(worker, c);
    else
        compare_answer(worker, c);
}
