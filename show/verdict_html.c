#include "show/verdict_html.h"

#include "certs/path/cryptopolicy.h"
#include "certs/x509/name.h"
#include "show/preflight.h"
#include "show/report_html.h"

#include <stdio.h>

/* put_section begins the section of one report, which ens__h_close ends. */
static void open_section(ens_html *h)
{
    ens__h_open(h, "section");
    ens__h_attr(h, "class", "report");
    ens__h_attr(h, "lang", "en");
}

static void open_facts(ens_html *h)
{
    ens__h_open(h, "dl");
    ens__h_attr(h, "class", "facts");
}

/* said_of is the verdict in a sentence. */
static const char *said_of(const ens__verdict *v, char *out, size_t size)
{
    const ens_answer *a = v->answer;
    if (v->error)
        snprintf(out, size, "It could not be judged: %s.", v->error);
    else if (a->verdict == ENS_ACCEPTED && v->message->kind == ENS_MESSAGE_USER)
        snprintf(out, size, "It is taken, and answered with a receipt.");
    else if (a->verdict == ENS_ACCEPTED)
        snprintf(out, size, "It is what it should be.");
    else if (a->verdict == ENS_UNDECIDED)
        snprintf(out, size, "Nobody can tell yet: something that acceptance needs could not be judged.");
    else if (a->code)
        snprintf(out, size, "It is refused with %s %s%s%s.", a->code, a->short_description ? a->short_description : "",
                 a->subcode ? ", sub-code " : "", a->subcode ? a->subcode : "");
    else if (a->reply)
        snprintf(out, size, "It gets its receipt, and later %s: the fault is in the business document alone.",
                 a->reply);
    else
        snprintf(out, size, "It is refused.");
    return out;
}

static void put_answer(ens_html *h, const ens_answer *a)
{
    char text[256];
    if (!a->code)
        return;
    snprintf(text, sizeof text, "severity %s, category %s, origin %s", a->severity ? a->severity : "-",
             a->category ? a->category : "-", a->origin ? a->origin : "-");
    ens__fact_html(h, "Answer", ens_str(a->code), text);
    ens__fact_html(h, "Sub-code of UUM&DS", ens_str(a->subcode), NULL);
}

static void put_facts(ens_html *h, const ens__verdict *v)
{
    const ens_message *m = v->message;
    char subject[ENS_NAME_TEXT_MAX], name[512];
    open_facts(h);
    put_answer(h, v->answer);
    ens__fact_html(h, "Kind", ens_str(m->kind ? ens_message_kind_name(m->kind) : NULL), NULL);
    ens__fact_html(h, "Action", m->action, NULL);
    ens__fact_html(h, "From", m->from, NULL);
    ens__fact_html(h, "To", m->to, NULL);
    ens__fact_html(h, "Message", m->message_id, NULL);
    ens__fact_html(h, "Refers to", m->ref_to, NULL);
    ens__fact_html(h, "Sent at", m->timestamp, NULL);
    if (m->has_signer)
        ens__fact_html(h, "Sealed by", ens_str(ens__name_of(&m->chain->cert[0], name, sizeof name)),
                       ens__name_text(m->chain->cert[0].subject, subject, sizeof subject));
    for (size_t i = 0; i < m->num_payloads; i++) {
        char size[64];
        snprintf(size, sizeof size, "%zu bytes%s", m->payloads[i].size, m->payloads[i].compressed ? ", gzip" : "");
        ens__fact_html(h, "Part", m->payloads[i].cid, size);
    }
    ens__h_close(h);
}

static void put_error(ens_html *h, const ens_signal_error *e)
{
    ens__h_open(h, "li");
    ens__h_attr(h, "class", "fail");
    ens__h_leaf_slice(h, "strong", NULL, e->code);
    ens__h_putf(h, "%s%s ", e->subcode ? ", sub-code " : "", e->subcode ? e->subcode : "");
    ens__h_text(h, e->short_description);
    if (e->description.len) {
        ens__h_bare(h, "br");
        ens__h_text(h, e->description);
    }
    if (e->detail.len && !ens_eq(e->detail, e->description)) {
        ens__h_bare(h, "br");
        ens__h_leaf_slice(h, "span", "dim small", e->detail);
    }
    if (e->meaning)
        ens__h_leaf(h, "div", "dim", e->meaning);
    if (e->hint)
        ens__h_leaf(h, "div", "hint", e->hint);
    if (e->domibus)
        ens__h_leaf(h, "div", "dim small", e->domibus);
    ens__h_close(h);
}

static void put_errors(ens_html *h, const ens_message *m)
{
    if (!m->num_errors && !m->fault_code.len && !m->fault_reason.len)
        return;
    ens__h_leaf(h, "h2", NULL, "What it says");
    ens__h_open(h, "ol");
    ens__h_attr(h, "class", "todo");
    for (size_t i = 0; i < m->num_errors; i++)
        put_error(h, &m->errors[i]);
    if (m->fault_code.len || m->fault_reason.len) {
        ens__h_open(h, "li");
        ens__h_put(h, "SOAP fault ");
        ens__h_leaf_slice(h, "strong", NULL, m->fault_code);
        ens__h_put(h, " ");
        ens__h_text(h, m->fault_reason);
        ens__h_close(h);
    }
    ens__h_close(h);
}

void ens__verdict_html(ens_html *h, const ens__verdict *v)
{
    char said[512];
    const ens_message *m = v->message;
    ens_slice title = m->action.len ? m->action : ens_str(m->kind ? ens_message_kind_name(m->kind) : v->file);
    open_section(h);
    ens__banner_html(h, v->answer->verdict, title, said_of(v, said, sizeof said), v->file);
    put_facts(h, v);
    if (v->answer->assumed)
        ens__h_leaf(h, "p", "dim", "The refusal rests on readings of ours alone, which no document states.");
    if (v->answer->domibus) {
        ens__h_open(h, "p");
        ens__h_attr(h, "class", "dim");
        ens__h_put(h, "A Domibus was seen to answer: ");
        ens__h_put(h, v->answer->domibus);
        ens__h_close(h);
    }
    put_errors(h, m);
    if (v->report) {
        ens__todo_html(h, v->report, NULL);
        ens__document_errors_html(h, m->document_errors, m->num_document_errors, NULL);
        ens__findings_html(h, v->report);
    }
    ens__h_close(h);
}

/* -- A signed PDF -- */

void ens__pdf_html(ens_html *h, const ens__pdf_view *v)
{
    const ens_pdf_result *r = v->result;
    char at[ENS_TIME_TEXT];
    open_section(h);
    ens__banner_html(h, v->error ? ENS_UNDECIDED : r->verdict, ENS_LIT("Signed PDF"),
                     v->error                     ? v->error
                     : r->verdict == ENS_ACCEPTED ? "It is what UUM&DS asks for, as far as that is published. UUM&DS "
                                                    "asks for Adobe Acrobat; that it takes what anything else has "
                                                    "signed is not known."
                                                  : NULL,
                     v->file);
    if (!v->error) {
        open_facts(h);
        ens__fact_html(h, "Field", r->field, NULL);
        ens__fact_html(h, "Format", r->sub_filter, NULL);
        ens__fact_html(h, "Signed by", r->signer, NULL);
        if (r->signed_at != ENS_TIME_NONE)
            ens__fact_html(h, "Signed at", ens_str(ens_time_format(r->signed_at, at)), NULL);
        ens__fact_html(h, "Document", ens_str(ens_pdf_origin_name(r->origin)), NULL);
        ens__fact_html(h, "Registration", r->id, NULL);
        ens__fact_html(h, "Environment", r->environment, NULL);
        ens__fact_html(h, "EORI", r->eori, NULL);
        ens__h_close(h);
        ens__todo_html(h, v->report, NULL);
        ens__findings_html(h, v->report);
    }
    ens__h_close(h);
}

/* -- A certificate request -- */

void ens__request_html(ens_html *h, const ens__request_view *v)
{
    char text[ENS_NAME_TEXT_MAX], key[24];
    const ens_cert *asked = &v->request->asked;
    open_section(h);
    ens__banner_html(h, ens_report_verdict(v->report), ens_str(ens__name_of(asked, text, sizeof text)),
                     ens__request_words(v->report), v->file);
    open_facts(h);
    ens__fact_html(h, "Subject", ens_str(ens__name_text(asked->subject, text, sizeof text)), NULL);
    ens__fact_html(h, "Key", ens_str(ens__key_name(asked, key)), NULL);
    ens__fact_html(h, "EORI", ens_str(ens_binding_name(v->binding)), v->eori);
    ens__h_close(h);
    ens__todo_html(h, v->report, NULL);
    ens__findings_html(h, v->report);
    ens__h_close(h);
}
