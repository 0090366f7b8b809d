/* What is pulled: the messages of a channel, one a request, for the party that owns it. Each is hidden until its
 * receipt comes, by a POST of its own, and comes back when none does.
 * Source  ICS2-HTI ICD 4.1.3.3, 4.3.3; eDelivery
 * AS4 1.5.5 */
#include "as4/client.h"
#include "as4/mime/capture.h"
#include "engine/base/report.h"
#include "sti/point/point_parts.h"

static const ens_refusal empty = {.code = ENS_REFUSAL_EMPTY,
                                  .detail = "nothing is there to be pulled now",
                                  .rule = "ebMS3 Core 2.2.6"},
                         replayed = {.code = "EBMS:0003",
                                     .detail = "this pull request came before: seal another for each pull",
                                     .rule = "AS4 3.2; eDelivery AS4 1.5.5.5"};

/* The committer's: somebody else seals and sends. */
static void pulled(ens__change *change)
{
    ens_call *c = change->user;
    if (change->code != ENS_OK)
        ens__clerk_complain(c, change);
    c->stage = change->code != ENS_OK ? ENS_CALL_LOST : change->pull.found ? ENS_CALL_PULLED : ENS_CALL_EMPTY;
    if (!ens__call_post(c))
        ens__call_turn_away(c);
}

void ens__mailbox_pull(ens_call *c, const ens_message *m)
{
    ens__entry *request = &c->entry[0];
    request->verdict = ENS_ACCEPTED;
    c->change = (ens__change){.kind = ENS_CHANGE_PULL,
                              .pull = {.party = request->party,
                                       .mpc = ens__clerk_keep(c, m->mpc),
                                       .lease_ms = c->point->plan.pull.receipt_ms,
                                       .request = request,
                                       .raw = &c->stored},
                              .done = pulled,
                              .user = c};
    if (ens__committer_submit(c->point->committer, &c->change, NULL) != ENS_OK)
        ens__call_turn_away(c);
}

/* answer_empty warns: an empty channel is no fault.   Source  ebMS3 Core 2.2.6, 6.7.1 */
static void answer_empty(ens_clerk *k, ens_call *c)
{
    ens__entry *request = &c->entry[0], *error = &c->entry[1];
    if (!ens__clerk_seal_error(k, c, &empty, request->message_id)) {
        ens__call_turn_away(c);
        return;
    }
    c->status = 200;
    *error = ens__clerk_answer(c, k, ENS_ENTRY_ERROR, request);
    error->verdict = ENS_ACCEPTED;
    error->ebms = ens_str(empty.code);
    error->detail = ens_str(empty.detail);
    error->raw = ens_buf_slice(&c->answer);
    ens__clerk_tell(c, "empty", request, NULL);
    ens__clerk_write(c, c->entry, 2);
}

void ens__mailbox_answer(ens_clerk *k, ens_call *c)
{
    const ens__pull *p = &c->change.pull;
    ens_slice body;
    if (p->replayed) {
        ens__clerk_refuse(k, c, &replayed, false);
        return;
    }
    if (c->stage == ENS_CALL_EMPTY) {
        answer_empty(k, c);
        return;
    }
    ens__report_reset(k->report);
    if (ens__capture_split(ens_buf_slice(&c->stored), &c->arena, k->report, &c->type, &body, NULL) != ENS_OK) {
        ens__call_turn_away(c);
        return;
    }
    const ens_log_field fields[] = {ens_log_text("message_id", p->message_id), ens_log_text("action", p->action),
                                    ens_log_slice("party", c->entry[0].party), ens_log_number("attempt", p->attempt),
                                    ens_log_number("tries", p->tries)};
    ens__log(c->point->plan.log, ENS_LOG_INFO, "pulled", fields, sizeof fields / sizeof *fields);
    ens__call_answer(c, body);
}

/* is_party tells whether who sealed it is registered for the party that the message is for. */
static bool is_party(const ens_clerk *k, const ens_call *c, const ens_message *m, ens_slice party)
{
    ens__uumds *db = k->desk.means->own.registry;
    ens_registry_answer answer = {0};
    ens_registry_question q = {
        .party_text = party, .sha256 = m->signer_sha256, .channel = true, .at = (ens_time)(c->at_ms / 1000)};
    if (!m->has_signer || !db || ens_party_id_parse(party, &q.party, NULL) != ENS_OK)
        return false;
    const ens_registry registry = ens__uumds_registry(db);
    registry.ask(registry.of, &q, &answer);
    return answer.party.says == ENS_REGISTRY_YES && answer.certificate.says == ENS_REGISTRY_YES;
}

/* means_end tells whether the party refuses the message for good. */
static bool means_end(const ens_message *m, ens__entry *entry)
{
    for (size_t i = 0; i < m->num_errors; i++) {
        const ens_signal_error *e = &m->errors[i];
        if (ens_is(e->severity, "warning"))
            continue;
        entry->ebms = e->code;
        return !ens__client_may_repeat(e->code, ens_str(e->subcode));
    }
    return false;
}

/* proves looks whether a receipt acknowledges just what went out. */
static bool proves(ens_clerk *k, ens_call *c, const ens__outbound *row)
{
    ens_message again;
    const ens_verify_options how = {
        .trust = k->desk.means->own.trust, .at = (ens_time)(c->at_ms / 1000), .role = ENS_ROLE_STI, .terse = true};
    ens__report_reset(k->report);
    ens_receipt_check(k->verifier, ens_buf_slice(&c->raw), row->raw, &how, &again, k->report);
    for (size_t i = 0; i < ens_report_num(k->report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(k->report, i);
        if (f->outcome != ENS_FAIL)
            continue;
        c->entry[0].ebms = ENS_LIT("EBMS:0302");
        c->entry[0].detail = ens__clerk_keep(c, ens_str(ens_finding_detail(f, text)));
        return false;
    }
    return true;
}

static void acknowledged(ens__change *change)
{
    ens_call *c = change->user;
    const ens__settlement *s = &change->settle;
    if (change->code != ENS_OK) {
        ens__clerk_complain(c, change);
        ens__call_turn_away(c);
        return;
    }
    const ens_log_field fields[] = {
        ens_log_slice("message_id", s->message_id), ens_log_slice("party", c->entry[0].party),
        ens_log_text("state", ens__outbound_state_name(s->state)), ens_log_slice("ebms", s->ebms)};
    ens__log(c->point->plan.log, ENS_LOG_INFO, "acknowledged", fields, sizeof fields / sizeof *fields);
    ens__call_answer(c, (ens_slice){0});
}

/* settle_row ends the message, whoever holds it now: what the party says of it is true of every attempt. */
static void settle_row(ens_call *c, ens_attempt attempt)
{
    ens__entry *e = &c->entry[0];
    e->verdict = ENS_ACCEPTED;
    c->status = 202;
    c->change = (ens__change){.kind = ENS_CHANGE_SETTLE,
                              .settle = {.message_id = e->ref_to,
                                         .token = ENS_TOKEN_ANY,
                                         .attempt = attempt,
                                         .ebms = e->ebms,
                                         .detail = e->detail,
                                         .answer = e},
                              .done = acknowledged,
                              .user = c};
    if (ens__committer_submit(c->point->committer, &c->change, NULL) != ENS_OK)
        ens__call_turn_away(c);
}

bool ens__mailbox_take(ens_clerk *k, ens_call *c, const ens_message *m, bool *good)
{
    ens__entry *e = &c->entry[0];
    ens__outbound row;
    bool found = false;
    ens_arena_reset(&k->arena);
    if (!*good || !e->ref_to.len || e->ref_to.len > ENS_STORE_ID ||
        ens__store_find_outbound(c->point->plan.store, e->ref_to, &k->arena, &row, &found, NULL) != ENS_OK || !found ||
        row.mode != ENS_PULL)
        return false;
    e->party = ens__clerk_keep(c, row.party);
    e->action = ens__clerk_keep(c, row.action);
    if (!is_party(k, c, m, row.party)) {
        e->detail = ENS_LIT("sealed by somebody else than the party that the message is for");
        *good = false;
    } else if (m->kind == ENS_MESSAGE_RECEIPT) {
        *good = proves(k, c, &row);
        if (*good)
            settle_row(c, ens__keeper_attempt(&row));
        return *good;
    } else if (means_end(m, e)) {
        e->ebms = ens__clerk_keep(c, e->ebms);
        e->detail = ENS_LIT("refused by the party");
        settle_row(c, ENS_ATTEMPT_REFUSED);
        return true;
    }
    return false;
}
