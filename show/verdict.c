#include "show/verdict.h"
#include "show/preflight.h"

#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "engine/base/json.h"
#include "show/document.h"
#include "show/finding.h"

static void put_line(const ens__page *page, const char *name, ens_slice value)
{
    if (!value.len)
        return;
    ens__page_printf(page, "  %-10s ", name);
    ens__page_put(page, value);
    ens_buf_text(page->out, "\n");
}

/* put_wrapped writes a text of ours behind its name, where there is one. */
static void put_wrapped(const ens__page *page, const char *name, const char *text)
{
    if (!text)
        return;
    ens_buf_text(page->out, name);
    ens__page_wrap(page, 13, text);
}

static void put_answer(const ens__page *page, const ens_answer *a)
{
    if (a->code)
        ens__page_printf(page, "  answer     %s %s%s%s (severity %s, category %s, origin %s)\n", a->code,
                         a->short_description ? a->short_description : "", a->subcode ? ", sub-code " : "",
                         a->subcode ? a->subcode : "", a->severity ? a->severity : "-", a->category ? a->category : "-",
                         a->origin ? a->origin : "-");
    else if (a->reply)
        ens__page_printf(page, "  answer     a receipt, and later %s: the fault is in the business document alone\n",
                         a->reply);
    if (a->assumed)
        ens_buf_text(page->out, "  note       the refusal rests on readings of ours alone, which no document states\n");
    put_wrapped(page, "  Domibus    ", a->domibus);
    if (a->because && a->because->hint) {
        ens_buf_text(page->out, "  do         ");
        ens__page_wrap(page, 13, a->because->hint);
    }
}

/* put_error: what came, what it means, and what to try. */
static void put_error(const ens__page *page, const ens_signal_error *e)
{
    ens_buf_text(page->out, "  error      ");
    ens__page_put(page, e->code);
    ens__page_printf(page, "%s%s ", e->subcode ? ", sub-code " : "", e->subcode ? e->subcode : "");
    ens__page_put(page, e->short_description);
    ens_buf_text(page->out, ", ");
    ens__page_put(page, e->severity);
    ens_buf_text(page->out, "\n");
    put_line(page, "  says", e->description);
    put_line(page, "  detail", ens_eq(e->detail, e->description) ? ens_str("") : e->detail);
    put_line(page, "  about", e->ref_to);
    put_wrapped(page, "    means    ", e->meaning);
    put_wrapped(page, "    try      ", e->hint);
    put_wrapped(page, "    Domibus  ", e->domibus);
}

static void put_delivered(const ens__page *page, const ens__verdict *v, size_t i)
{
    const ens_delivery *d = &v->message->payloads[i];
    ens_buf_text(page->out, "  payload    ");
    ens__page_put(page, d->cid);
    ens__page_printf(page, ", %zu bytes%s%s\n", d->size, v->paths ? ": " : "", v->paths ? v->paths[i] : "");
}

void ens__verdict_page(const ens__page *page, const ens__verdict *v, bool all)
{
    char subject[ENS_NAME_TEXT_MAX];
    const ens_message *m = v->message;
    ens__page_printf(page, "%s: ", v->file);
    ens_buf_printf(page->out, "%s%s%s\n", ens__page_verdict_colour(page, v->answer->verdict),
                   ens_verdict_name(v->answer->verdict), ens__page_plain(page));
    put_answer(page, v->answer);
    put_line(page, "error", ens_str(v->error));
    put_line(page, "kind", ens_str(m->kind ? ens_message_kind_name(m->kind) : NULL));
    put_line(page, "message", m->message_id);
    put_line(page, "refers to", m->ref_to);
    put_line(page, "action", m->action);
    put_line(page, "from", m->from);
    for (size_t i = 0; i < m->num_errors; i++)
        put_error(page, &m->errors[i]);
    put_line(page, "fault", m->fault_code);
    put_line(page, "  says", m->fault_reason);
    if (m->has_signer)
        put_line(page, "sealed by", ens_str(ens__name_text(m->chain->cert[0].subject, subject, sizeof subject)));
    for (size_t i = 0; i < m->num_payloads; i++)
        put_delivered(page, v, i);
    if (!v->report)
        return;
    ens__findings_block(page, v->report, all);
    ens__document_errors_page(page, m->document_errors, m->num_document_errors, NULL);
}

/* is_untold: a check that could not be made; those of schemas and of code lists are made where somebody gives them. */
static bool is_untold(const ens_finding *f)
{
    bool at_hand = strcmp(f->id, "payload.schema") == 0 || strcmp(f->id, "ens.codelist") == 0;
    return f->outcome == ENS_SKIP && !f->needed && !ens__finding_is_idle(f) && !at_hand;
}

/* put_untold: of an undecided message the first check that it lacks, of another one the checks that were passed over.
 */
static void put_untold(const ens__page *page, const ens__verdict *v)
{
    size_t num = v->report ? ens_report_num(v->report) : 0;
    bool undecided = v->answer->verdict == ENS_UNDECIDED;
    char text[ENS_DETAIL_TEXT];
    const char *between = " (not told: ", *last = "";
    for (size_t i = 0; i < num; i++) {
        const ens_finding *f = ens_report_get(v->report, i);
        if (undecided && f->outcome == ENS_SKIP && f->needed) {
            ens__page_printf(page, " (%s: %s)", f->id, ens__finding_text(f, text, "not told"));
            return;
        }
        if (undecided || !is_untold(f) || strcmp(f->id, last) == 0)
            continue;
        ens__page_printf(page, "%s%s", between, f->id);
        between = ", ";
        last = f->id;
    }
    ens_buf_text(page->out, *between == ',' ? ")" : "");
}

void ens__verdict_line(const ens__page *page, const ens__verdict *v)
{
    const ens_answer *a = v->answer;
    const char *code = a->code ? a->code : a->reply ? a->reply : NULL;
    ens__page_printf(page, "%s: %s%s%s%s%s", v->file, ens_verdict_name(a->verdict), code ? " " : "", code ? code : "",
                     a->subcode ? " " : "", a->subcode ? a->subcode : "");
    if (v->error)
        ens__page_printf(page, " (%s)", v->error);
    else if (a->verdict != ENS_REFUSED)
        put_untold(page, v);
    ens_buf_text(page->out, "\n");
}

static void put_signer(ens_json *j, const ens_message *m)
{
    char subject[ENS_NAME_TEXT_MAX];
    if (!m->has_signer) {
        ens__json_text(j, "signer", NULL);
        return;
    }
    ens__json_open(j, "signer", '{');
    ens__json_hex(j, "sha256", (ens_slice){m->signer_sha256, sizeof m->signer_sha256});
    ens__json_text(j, "subject", ens__name_text(m->chain->cert[0].subject, subject, sizeof subject));
    ens__json_close(j, '}');
}

static ens_code add_piece(void *user, ens_slice piece)
{
    ens__digest_add(user, piece);
    return ENS_OK;
}

static bool hash(const ens_delivery *d, uint8_t out[ENS_DIGEST_MAX])
{
    ens_digest digest = {0};
    bool good = ens__digest_init(&digest, ENS_SHA256, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&digest);
        if (d->packed.len)
            good = ens_delivery_put(d, add_piece, &digest, NULL) == ENS_OK;
        else
            ens__digest_add(&digest, d->bytes);
        good = ens__digest_end(&digest, out, NULL) == ENS_OK && good;
    }
    ens__digest_clear(&digest);
    return good;
}

static void put_payloads(ens_json *j, const ens__verdict *v)
{
    const ens_message *m = v->message;
    ens__json_open(j, "payloads", '[');
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        uint8_t digest[ENS_DIGEST_MAX];
        bool hashed = hash(d, digest);
        ens__json_open(j, NULL, '{');
        ens__json_slice(j, "cid", d->cid);
        ens__json_some(j, "type", d->type);
        ens__json_number(j, "bytes", d->size);
        ens__json_hex(j, "sha256", hashed ? ens_bytes(digest, 32) : (ens_slice){0});
        if (v->paths)
            ens__json_text(j, "path", v->paths[i]);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_errors(ens_json *j, const ens_message *m)
{
    ens__json_open(j, "errors", '[');
    for (size_t i = 0; i < m->num_errors; i++) {
        const ens_signal_error *e = &m->errors[i];
        ens__json_open(j, NULL, '{');
        ens__json_some(j, "code", e->code);
        ens__json_some(j, "severity", e->severity);
        ens__json_text(j, "subcode", e->subcode);
        ens__json_some(j, "short_description", e->short_description);
        ens__json_some(j, "description", e->description);
        ens__json_some(j, "detail", e->detail);
        ens__json_some(j, "ref_to", e->ref_to);
        ens__json_text(j, "meaning", e->meaning);
        ens__json_text(j, "hint", e->hint);
        ens__json_text(j, "domibus", e->domibus);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_fault(ens_json *j, const ens_message *m)
{
    ens__json_open(j, "fault", '{');
    ens__json_some(j, "code", m->fault_code);
    ens__json_some(j, "reason", m->fault_reason);
    ens__json_close(j, '}');
}

void ens__verdict_json(const ens__verdict *v, ens_buf *out)
{
    const ens_message *m = v->message;
    const ens_answer *a = v->answer;
    ens_json line = {.out = out}, *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", v->file);
    ens__json_text(j, "verdict", ens_verdict_name(a->verdict));
    if (v->error)
        ens__json_text(j, "error", v->error);
    ens__json_text(j, "ebms", a->code);
    ens__json_text(j, "severity", a->severity);
    ens__json_text(j, "category", a->category);
    ens__json_text(j, "origin", a->origin);
    ens__json_text(j, "short_description", a->short_description);
    ens__json_text(j, "subcode", a->subcode);
    ens__json_text(j, "reply", a->reply);
    if (a->domibus)
        ens__json_text(j, "domibus", a->domibus);
    ens__json_text(j, "kind", m->kind ? ens_message_kind_name(m->kind) : NULL);
    ens__json_text(j, "engine", ens_engine_name(m->engine));
    ens__json_some(j, "message_id", m->message_id);
    ens__json_some(j, "ref_to", m->ref_to);
    ens__json_some(j, "action", m->action);
    ens__json_some(j, "from", m->from);
    ens__json_some(j, "to", m->to);
    put_signer(j, m);
    ens__json_bool(j, "assumed", a->assumed);
    ens__tables_json(j, m->tables);
    if (m->kind == ENS_MESSAGE_ERROR)
        put_errors(j, m);
    if (m->fault_code.len || m->fault_reason.len)
        put_fault(j, m);
    ens__findings_json(j, v->report);
    put_payloads(j, v);
    if (v->lists)
        ens__lists_json(j, v->lists);
    if (m->document_errors)
        ens__document_errors_json(j, m->document_errors, m->num_document_errors, NULL);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}
