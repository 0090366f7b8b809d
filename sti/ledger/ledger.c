/* See ledger.h. */
#include "sti/ledger/ledger.h"

#include "as4/answer.h"
#include "as4/client.h"
#include "as4/domibus.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "ensign/explain.h"

#define DUPLICATE_RULE "AS4 3.2"
#define EMPTY_CHANNEL "EBMS:0006" /* a warning */

ens_entry_kind ens__entry_of(ens_message_kind kind)
{
    static const ens_entry_kind kinds[] = {[ENS_MESSAGE_UNKNOWN] = ENS_ENTRY_UNREADABLE,
                                           [ENS_MESSAGE_USER] = ENS_ENTRY_USER_MESSAGE,
                                           [ENS_MESSAGE_RECEIPT] = ENS_ENTRY_RECEIPT,
                                           [ENS_MESSAGE_ERROR] = ENS_ENTRY_ERROR,
                                           [ENS_MESSAGE_PULL_REQUEST] = ENS_ENTRY_PULL_REQUEST};
    return kinds[kind];
}

/* add_piece hashes a text with its length, so that no two lists of texts have the same octets. */
static void add_piece(ens_digest *d, ens_slice s)
{
    uint64_t len = s.len;
    ens__digest_add(d, ens_bytes(&len, sizeof len));
    ens__digest_add(d, s);
}

bool ens__references_print(const ens_message *m, uint8_t out[32])
{
    ens_digest d = {0};
    uint8_t digest[ENS_DIGEST_MAX];
    if (ens__digest_init(&d, ENS_SHA256, NULL) != ENS_OK)
        return false;
    ens__digest_start(&d);
    for (size_t i = 0; i < m->num_signed_parts; i++) {
        const ens_signed_part *p = &m->signed_parts[i];
        add_piece(&d, p->uri);
        add_piece(&d, p->transform);
        add_piece(&d, p->prefix_list);
        add_piece(&d, p->digest_method);
        add_piece(&d, p->digest);
    }
    bool good = ens__digest_end(&d, digest, NULL) == ENS_OK;
    ens__digest_clear(&d);
    memcpy(out, digest, 32);
    return good;
}

/* -- Predicted ---------------------------------------------------------------------------------------------------- */

static ens_slice keep_text(ens_arena *arena, ens_slice text)
{
    const char *copy = text.len ? ens_arena_text(arena, text) : NULL;
    return copy ? ens_bytes(copy, text.len) : (ens_slice){0};
}

static void set_reason(const ens_finding *f, ens_arena *arena, ens__predicted *out)
{
    char text[ENS_DETAIL_TEXT];
    out->check = keep_text(arena, ens_str(f->id));
    out->rule = keep_text(arena, ens_str(f->rule));
    out->detail = keep_text(arena, ens_str(ens__finding_text(f, text, NULL)));
}

static void predict_refusal(const ens_answer *answer, const ens_report *report, bool domibus, ens_arena *arena,
                            ens__predicted *out)
{
    ens__domibus_word seen;
    out->verdict = ENS_REFUSED;
    out->ebms = ens_str(answer->code);
    out->subcode = ens_str(answer->subcode);
    set_reason(answer->because, arena, out);
    if (!domibus || !ens__domibus_judge(report, &seen))
        return;
    out->ebms = ens_str(seen.code);
    out->subcode = (ens_slice){0};
    set_reason(seen.because, arena, out);
}

static void predict(const ens_report *report, bool domibus, ens_arena *arena, ens__predicted *out)
{
    const ens_answer answer = ens_answer_of(report);
    const ens_finding *open = ens__open_question(report);
    *out = (ens__predicted){0};
    if (answer.verdict == ENS_REFUSED && answer.code) {
        predict_refusal(&answer, report, domibus, arena, out);
    } else if (open) {
        set_reason(open, arena, out);
    } else if (ens_report_num(report) && !report->incomplete) {
        out->verdict = ENS_ACCEPTED;
        out->reply = ens_str(answer.reply);
        if (answer.reply)
            set_reason(answer.because, arena, out);
    }
}

void ens__ledger_predict(const ens_message *m, const ens_report *report, bool domibus, ens_arena *arena,
                         ens__ledger_row *row)
{
    row->message_id = keep_text(arena, m->message_id);
    row->action = keep_text(arena, m->action);
    row->party = keep_text(arena, m->sender.len ? m->sender : m->from);
    row->has_refs = m->num_signed_parts && ens__references_print(m, row->refs_sha256);
    predict(report, domibus, arena, &row->predicted);
}

void ens__ledger_expect(ens__ledger_row *row, ens_message_kind kind, ens_arrival arrival)
{
    ens__predicted *p = &row->predicted;
    if (arrival == ENS_ARRIVAL_NEW || p->verdict != ENS_ACCEPTED)
        return;
    p->check = ENS_LIT(ENS_LEDGER_DUPLICATE);
    p->rule = ENS_LIT(DUPLICATE_RULE);
    p->detail = ENS_LIT("it was acknowledged before: the first receipt is due again");
    bool pulls = kind == ENS_MESSAGE_PULL_REQUEST;
    if (arrival == ENS_ARRIVAL_AGAIN && !pulls)
        return;
    p->verdict = ENS_REFUSED;
    p->ebms = ENS_LIT("EBMS:0003");
    p->detail = pulls ? ENS_LIT("this pull request had a message before")
                      : ENS_LIT("the message id was acknowledged for another message before");
}

/* -- Real --------------------------------------------------------------------------------------------------------- */

static const ens_finding *first_of(const ens_report *report, ens_outcome outcome)
{
    for (size_t i = 0; report && i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == outcome && (outcome != ENS_SKIP || f->needed))
            return f;
    }
    return NULL;
}

/* set_detail says which finding keeps what came from being good. */
static void set_detail(const ens_report *report, ens_outcome outcome, ens_arena *arena, ens__answered *out)
{
    char text[ENS_DETAIL_TEXT];
    const ens_finding *f = first_of(report, outcome);
    const char *said =
        f ? ens_arena_printf(arena, "%s: %s (%s)", f->id, ens__finding_text(f, text, ""), f->rule) : NULL;
    out->detail = ens_str(said);
}

static void read_receipt(const ens_report *report, ens_arena *arena, ens__answered *out)
{
    ens_verdict verdict = ens_report_verdict(report);
    out->kind = verdict == ENS_ACCEPTED  ? ENS_REAL_RECEIPT
                : verdict == ENS_REFUSED ? ENS_REAL_FALSE_RECEIPT
                                         : ENS_REAL_UNPROVEN;
    if (verdict != ENS_ACCEPTED)
        set_detail(report, verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP, arena, out);
}

static void read_error(const ens_message *m, ens_slice sent, ens_arena *arena, ens__answered *out)
{
    const ens_signal_error *e = ens__client_error(m, sent);
    if (!e && m->num_errors && ens_is(m->errors[0].severity, "warning"))
        e = &m->errors[0];
    if (!e) {
        out->detail = m->num_errors ? ENS_LIT("an error signal that is about another message")
                                    : ENS_LIT("an error signal that names no error");
        return;
    }
    ens_slice said = e->detail.len ? e->detail : e->description.len ? e->description : e->short_description;
    out->kind = ENS_REAL_ERROR;
    out->ebms = keep_text(arena, e->code);
    out->subcode = ens_str(e->subcode);
    out->detail = keep_text(arena, said);
}

static bool is_turned_away(unsigned http)
{
    return http >= 400 && http < 500 && http != 408 && http != 429; /* RFC 9110, 15.5.9; RFC 6585, 4 */
}

/* read_other: HTTP alone, or a SOAP fault. What may pass when it is sent again says nothing about the message. */
static void read_other(const ens__ledger_answer *a, ens_arena *arena, ens__answered *out)
{
    const ens_message *m = a->message;
    const char *text = NULL;
    if (m && (m->fault_code.len || m->fault_reason.len)) {
        text = ens_arena_printf(arena, "a SOAP fault: %.*s (%.*s)", (int)m->fault_reason.len,
                                (const char *)m->fault_reason.p, (int)m->fault_code.len, (const char *)m->fault_code.p);
        out->kind = ens__client_is_blamed(m) ? ENS_REAL_TURNED_AWAY : ENS_REAL_NOTHING;
    } else if (!a->http) {
        text = ens_arena_printf(arena, "no answer: %s", a->silence ? a->silence : "nothing came");
    } else {
        text = ens_arena_printf(arena, "HTTP status %u%s", a->http, a->empty ? " without a body" : "");
        out->kind = is_turned_away(a->http)                       ? ENS_REAL_TURNED_AWAY
                    : a->empty && a->http >= 200 && a->http < 300 ? ENS_REAL_TAKEN
                                                                  : ENS_REAL_NOTHING;
    }
    out->detail = ens_str(text);
}

static void read_answer(const ens__ledger_answer *a, ens_arena *arena, ens__ledger_row *row)
{
    const ens_message *m = a->message;
    ens__answered *out = &row->real;
    *out = (ens__answered){.http = a->http};
    if (m && m->kind == ENS_MESSAGE_RECEIPT) {
        read_receipt(a->report, arena, out);
    } else if (m && m->kind == ENS_MESSAGE_ERROR) {
        read_error(m, row->message_id, arena, out);
    } else if (m && m->kind == ENS_MESSAGE_USER) {
        out->kind = ENS_REAL_MESSAGE;
        out->reply = keep_text(arena, m->action);
        if (ens_report_verdict(a->report) == ENS_REFUSED)
            set_detail(a->report, ENS_FAIL, arena, out);
    } else {
        read_other(a, arena, out);
    }
}

/* -- Compared ----------------------------------------------------------------------------------------------------- */

static ens_difference disagree(ens__ledger_row *row, ens_difference how)
{
    row->agreement = ENS_DISAGREES;
    return row->difference = ens_is(row->predicted.check, ENS_LEDGER_DUPLICATE) ? ENS_DIFFERS_DUPLICATE : how;
}

/* compare_error: a code that may pass by itself says nothing about the message, unless it was predicted. */
static void compare_error(ens__ledger_row *row)
{
    const ens__predicted *p = &row->predicted;
    const ens__answered *r = &row->real;
    bool same = ens_eq(p->ebms, r->ebms), same_subcode = ens_eq(p->subcode, r->subcode);
    if (p->verdict == ENS_REFUSED && same && same_subcode)
        row->agreement = ENS_AGREES;
    else if (ens__client_may_repeat(r->ebms, r->subcode) || ens_is(r->ebms, EMPTY_CHANNEL))
        row->agreement = ENS_AGREEMENT_UNKNOWN;
    else if (p->verdict == ENS_ACCEPTED)
        disagree(row, ENS_DIFFERS_VERDICT);
    else
        disagree(row, same ? ENS_DIFFERS_SUBCODE : ENS_DIFFERS_CODE);
}

/* compare_pull: an empty channel is told by a warning. */
static bool compare_pull(ens__ledger_row *row)
{
    bool empty = row->real.kind == ENS_REAL_ERROR && ens_is(row->real.ebms, EMPTY_CHANNEL);
    if (row->real.kind != ENS_REAL_MESSAGE && !empty)
        return false;
    if (row->predicted.verdict == ENS_ACCEPTED)
        row->agreement = ENS_AGREES;
    else
        disagree(row, ENS_DIFFERS_VERDICT);
    return true;
}

static void compare(ens__ledger_row *row, ens_message_kind asked)
{
    bool accepted = row->predicted.verdict == ENS_ACCEPTED;
    if (asked == ENS_MESSAGE_PULL_REQUEST && compare_pull(row))
        return;
    switch (row->real.kind) {
    case ENS_REAL_RECEIPT:
    case ENS_REAL_UNPROVEN:
        if (accepted)
            row->agreement = ENS_AGREES;
        else
            disagree(row, ENS_DIFFERS_VERDICT);
        break;
    case ENS_REAL_FALSE_RECEIPT:
        disagree(row, accepted ? ENS_DIFFERS_RECEIPT : ENS_DIFFERS_VERDICT);
        break;
    case ENS_REAL_ERROR:
        compare_error(row);
        break;
    case ENS_REAL_TURNED_AWAY:
        if (accepted)
            disagree(row, ENS_DIFFERS_VERDICT);
        else
            row->agreement = ENS_AGREES;
        break;
    case ENS_REAL_TAKEN: /* what is posted without an answer: nothing tells that it was looked at */
        if (accepted && (asked == ENS_MESSAGE_RECEIPT || asked == ENS_MESSAGE_ERROR))
            row->agreement = ENS_AGREES;
        break;
    default:
        break;
    }
}

void ens__ledger_settle(const ens__ledger_answer *a, ens_arena *arena, ens__ledger_row *row)
{
    read_answer(a, arena, row);
    row->agreement = ENS_AGREEMENT_UNKNOWN;
    row->difference = ENS_DIFFERS_NOT;
    if (row->predicted.verdict != ENS_UNDECIDED)
        compare(row, a->asked);
    bool refused = row->real.kind == ENS_REAL_MESSAGE && ens_report_verdict(a->report) == ENS_REFUSED;
    if (refused && row->agreement != ENS_DISAGREES)
        disagree(row, ENS_DIFFERS_ANSWER);
}

/* is_about_use: an LRN that was used before can't be told from the document (rule R3003). */
static bool is_about_use(const ens_message *m)
{
    static const char lrn[] = "/LRN";
    size_t len = sizeof lrn - 1;
    for (size_t i = 0; i < m->num_document_errors; i++) {
        ens_slice p = m->document_errors[i].pointer;
        if (p.len < len || !ens_is(ens_from(p, p.len - len), lrn))
            return false;
    }
    return m->num_document_errors != 0;
}

/* registers tells the replies that customs give to what they took. */
static bool registers(ens_slice action)
{
    return ens_is(action, "IE3R01") || ens_is(action, "IE3R04") || ens_is(action, "IE3R07") || ens_is(action, "IE3R08");
}

bool ens__ledger_reply(const ens_message *reply, const ens__ledger_row *about, ens_arena *arena, ens__ledger_row *out)
{
    bool refuses = ens_is(reply->action, "IE3N99"), predicted = about->predicted.reply.len != 0;
    if (about->predicted.verdict != ENS_ACCEPTED || (!refuses && !registers(reply->action)))
        return false;
    *out = *about;
    out->id = out->answer_seq = 0;
    out->real = (ens__answered){.kind = ENS_REAL_MESSAGE, .reply = keep_text(arena, reply->action)};
    if (reply->num_document_errors) {
        const ens_document_error *e = reply->document_errors;
        const char *text =
            ens_arena_printf(arena, "%.*s %.*s %.*s", (int)e->code.len, (const char *)e->code.p, (int)e->pointer.len,
                             (const char *)e->pointer.p, (int)e->description.len, (const char *)e->description.p);
        out->real.detail = ens_str(text);
    }
    out->agreement = ENS_AGREES;
    out->difference = ENS_DIFFERS_NOT;
    if (refuses == predicted)
        return true;
    out->agreement = refuses && is_about_use(reply) ? ENS_AGREEMENT_UNKNOWN : ENS_DISAGREES;
    out->difference = out->agreement == ENS_DISAGREES ? ENS_DIFFERS_REPLY : ENS_DIFFERS_NOT;
    return true;
}

/* -- In words ----------------------------------------------------------------------------------------------------- */

static void put_code(ens_buf *b, ens_slice ebms, ens_slice subcode)
{
    ens_buf_put(b, ebms);
    if (subcode.len) {
        ens_buf_text(b, " ");
        ens_buf_put(b, subcode);
    }
}

static void put_prediction(ens_buf *b, const ens__predicted *p)
{
    ens_buf_text(b, p->verdict == ENS_REFUSED    ? "predicted: refused with "
                    : p->verdict == ENS_ACCEPTED ? "predicted: accepted"
                                                 : "nothing could be predicted");
    put_code(b, p->ebms, p->subcode);
    if (p->reply.len) {
        ens_buf_text(b, ", the document refused by ");
        ens_buf_put(b, p->reply);
    }
    if (!p->check.len)
        return;
    ens_buf_text(b, " (");
    ens_buf_put(b, p->check);
    if (p->rule.len) {
        ens_buf_text(b, ", ");
        ens_buf_put(b, p->rule);
    }
    if (p->detail.len) {
        ens_buf_text(b, ": ");
        ens_buf_put(b, p->detail);
    }
    ens_buf_text(b, ")");
}

static void put_answer(ens_buf *b, const ens__answered *r)
{
    static const char *const words[ENS_REALS] = {
        [ENS_REAL_NOTHING] = "nothing that tells anything",
        [ENS_REAL_RECEIPT] = "a receipt that proves the message",
        [ENS_REAL_UNPROVEN] = "a receipt that fits the message; who sealed it can't be told",
        [ENS_REAL_FALSE_RECEIPT] = "a receipt that proves nothing",
        [ENS_REAL_ERROR] = "the error ",
        [ENS_REAL_MESSAGE] = "the message ",
        [ENS_REAL_TAKEN] = "a status without a body",
        [ENS_REAL_TURNED_AWAY] = "a refusal without a code",
    };
    ens_buf_text(b, "; answered: ");
    ens_buf_text(b, words[(unsigned)r->kind < ENS_REALS ? r->kind : ENS_REAL_NOTHING]);
    put_code(b, r->kind == ENS_REAL_MESSAGE ? r->reply : r->ebms, r->subcode);
    if (r->detail.len) {
        ens_buf_text(b, " (");
        ens_buf_put(b, r->detail);
        ens_buf_text(b, ")");
    }
    const ens_explanation *x = r->kind == ENS_REAL_ERROR ? ens_explain(r->ebms, r->subcode) : NULL;
    if (x)
        ens_buf_printf(b, ", which means: %s", x->meaning);
}

const char *ens__ledger_words(const ens__ledger_row *row, char out[ENS_LEDGER_WORDS])
{
    char text[ENS_LEDGER_WORDS * 2];
    ens_buf b;
    ens_buf_init(&b, text, sizeof text, sizeof text);
    put_prediction(&b, &row->predicted);
    if (row->held)
        ens_buf_text(&b, "; held back, so that nobody was asked");
    else
        put_answer(&b, &row->real);
    size_t len = b.len < ENS_LEDGER_WORDS - 1 ? b.len : ENS_LEDGER_WORDS - 1;
    memcpy(out, text, len);
    out[len] = '\0';
    ens_buf_free(&b);
    return out;
}
