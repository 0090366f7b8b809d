#include "show/doctor.h"

#include "engine/base/json.h"
#include "engine/base/printable.h"
#include "engine/base/report.h"
#include "show/checks.h"
#include "show/finding.h"

#define CODE_SHOWN 64u
#define ID_SHOWN 200u /* octets of a message's id, which is one line */
#define TICKET_MAX ((size_t)64 << 10)

/* is_answered: an access point answers it, by a code of ebMS or a document. */
static bool is_answered(ens_patient kind)
{
    return kind == ENS_PATIENT_MESSAGE || kind == ENS_PATIENT_ENVELOPE || kind == ENS_PATIENT_RECEIPT ||
           kind == ENS_PATIENT_PULL || kind == ENS_PATIENT_FILING;
}

static const char *code_of(const ens_diagnosis *x)
{
    return !is_answered(x->kind) ? NULL : x->answer.code ? x->answer.code : x->answer.reply;
}

const char *ens__doctor_todo(const ens_diagnosis *x)
{
    const char *advice = ens__patient_advice(x->kind);
    if (x->hint)
        return x->hint;
    if (x->kind == ENS_PATIENT_REFUSAL && x->num_told)
        return "correct what each pointer names, and file again with a MessageId of its own";
    if (advice)
        return advice;
    return x->because && x->because->hint ? x->because->hint : NULL;
}

/* -- The ticket -- */

static void put_subject(const ens_diagnosis *x, ens_buf *out)
{
    char code[CODE_SHOWN];
    ens_buf_printf(out, "Subject: ICS2: %s", ens__patient_words(x->kind));
    if (x->code.len)
        ens_buf_printf(out, " %s%s%.*s", ens__printable(x->code, code, sizeof code), x->subcode.len ? " " : "",
                       (int)x->subcode.len, x->subcode.len ? (const char *)x->subcode.p : "");
    else if (x->because)
        ens_buf_printf(out, " is %s%s%s, check %s", ens_verdict_name(x->verdict), code_of(x) ? " with " : "",
                       code_of(x) ? code_of(x) : "", x->because->id);
    ens_buf_text(out, "\n\n");
}

/* put_seen quotes no detail: those quote the file. */
static void put_seen(const ens__doctor_view *v, ens_buf *out)
{
    const ens_diagnosis *x = v->diagnosis;
    char hex[65], at[ENS_TIME_TEXT], id[ID_SHOWN];
    ens__check own;
    const ens__check *check = x->because ? ens__check_find(x->because->id, &own) : NULL;
    ens__hex(ens_bytes(x->sha256, sizeof x->sha256), hex);
    ens_buf_printf(out, "What was seen\n  %s, SHA-256 %s", ens__patient_words(x->kind), hex);
    if (x->message_id.len)
        ens_buf_printf(out, ",\n  message id %s", ens__printable(x->message_id, id, sizeof id));
    ens_buf_printf(out, ".\n  Judged by ensign %s for %s: %s.\n", ens_version(), ens_time_format(v->at, at),
                   x->judged ? ens_verdict_name(x->verdict) : "not judged");
    if (x->meaning)
        ens_buf_printf(out, "  %s\n", x->meaning);
    if (check && !x->code.len)
        ens_buf_printf(out, "  It doesn't hold: %s\n  Check: %s\n", check->what, check->id);
    if (x->because && x->because->rule && !x->code.len)
        ens_buf_printf(out, "  Clause: %s\n", x->because->rule);
}

void ens__doctor_ticket(const ens__doctor_view *v, ens_buf *out)
{
    const ens_diagnosis *x = v->diagnosis;
    const char *todo = x ? ens__doctor_todo(x) : NULL;
    if (!x || x->who == ENS_WHO_NOBODY || x->who == ENS_WHO_YOU)
        return;
    ens_buf_printf(out, "To: %s\n", ens__who_words(x->who));
    put_subject(x, out);
    put_seen(v, out);
    ens_buf_printf(out, "\nWhat is asked for\n  %s\n",
                   todo ? todo : "Please find the cause, and say when it is mended.");
    if (is_answered(x->kind))
        ens_buf_text(out,
                     "\nHow to repeat it\n  ensign verify MESSAGE --trust ANCHORS; a copy without our data comes on "
                     "request (ensign anonymise).\n");
}

/* -- For people -- */

static void put_told(const ens__page *page, const ens_diagnosis *x)
{
    if (x->code.len) {
        ens_buf_text(page->out, "  says       ");
        ens__page_put(page, x->code);
        ens_buf_text(page->out, x->subcode.len ? " " : "");
        ens__page_put(page, x->subcode);
        ens_buf_text(page->out, "\n");
    }
    if (x->meaning) {
        ens_buf_text(page->out, "  means      ");
        ens__page_wrap(page, 13, x->meaning);
    }
}

static void put_ticket(const ens__page *page, const ens__doctor_view *v)
{
    ens_buf ticket;
    ens_buf_init(&ticket, NULL, 0, TICKET_MAX);
    ens__doctor_ticket(v, &ticket);
    if (ticket.len) {
        ens_buf_text(page->out, "  ticket\n\n");
        ens_slice line;
        for (ens_reader r = ens_read(ens_buf_slice(&ticket)); ens_take_line(&r, &line);) {
            ens_buf_text(page->out, line.len ? "    " : "");
            ens__page_put(page, line);
            ens_buf_text(page->out, "\n");
        }
        ens_buf_text(page->out, "\n");
    }
    ens_buf_free(&ticket);
}

void ens__doctor_page(const ens__page *page, const ens__doctor_view *v, bool all)
{
    const ens_diagnosis *x = v->diagnosis;
    if (!x) {
        ens__page_printf(page, "%s: can't be read: %s\n", v->file, v->error ? v->error : "");
        return;
    }
    ens__page_printf(page, "%s: %s", v->file, ens__patient_words(x->kind));
    if (x->judged)
        ens_buf_printf(page->out, ", %s%s%s", ens__page_verdict_colour(page, x->verdict), ens_verdict_name(x->verdict),
                       ens__page_plain(page));
    ens_buf_text(page->out, "\n");
    if (x->about.len) {
        ens_buf_text(page->out, "  about      ");
        ens__page_put(page, x->about);
        ens_buf_text(page->out, "\n");
    }
    if (code_of(x) && x->verdict == ENS_REFUSED)
        ens__page_printf(page, "  answer     %s%s%s\n", code_of(x), x->answer.subcode ? " " : "",
                         x->answer.subcode ? x->answer.subcode : "");
    put_told(page, x);
    if (x->who != ENS_WHO_NOBODY)
        ens__page_printf(page, "  acts       %s\n", ens__who_words(x->who));
    if (ens__doctor_todo(x)) {
        ens_buf_text(page->out, "  do         ");
        ens__page_wrap(page, 13, ens__doctor_todo(x));
    }
    put_ticket(page, v);
    if (x->report)
        ens__findings_block(page, x->report, all);
}

/* -- For programs -- */

void ens__doctor_json(const ens__doctor_view *v, ens_buf *out)
{
    ens_json j = {.out = out};
    const ens_diagnosis *x = v->diagnosis;
    ens_buf ticket;
    ens_buf_init(&ticket, NULL, 0, TICKET_MAX);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "file", v->file);
    ens__json_text(&j, "kind", x ? ens__patient_name(x->kind) : NULL);
    ens__json_text(&j, "verdict", ens_verdict_name(x && x->judged ? x->verdict : ENS_UNDECIDED));
    if (v->error)
        ens__json_text(&j, "error", v->error);
    if (x) {
        ens__doctor_ticket(v, &ticket);
        ens__json_bool(&j, "judged", x->judged);
        ens__json_some(&j, "about", x->about);
        ens__json_some(&j, "message_id", x->message_id);
        ens__json_text(&j, "ebms", is_answered(x->kind) ? x->answer.code : NULL);
        ens__json_text(&j, "subcode", is_answered(x->kind) ? x->answer.subcode : NULL);
        ens__json_text(&j, "reply", is_answered(x->kind) ? x->answer.reply : NULL);
        ens__json_some(&j, "code", x->code);
        ens__json_text(&j, "because", x->because ? x->because->id : NULL);
        ens__json_text(&j, "who", ens__who_name(x->who));
        ens__json_text(&j, "todo", ens__doctor_todo(x));
        ens__json_some(&j, "ticket", ens_buf_slice(&ticket));
        if (x->report)
            ens__findings_json(&j, x->report);
    }
    ens__json_close(&j, '}');
    ens_buf_text(out, "\n");
    ens_buf_free(&ticket);
}
