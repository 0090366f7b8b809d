#include "show/anonymise.h"

#include "engine/base/json.h"
#include "engine/base/report.h"

static const char *code_of(const ens_answer *a)
{
    return a->code ? a->code : a->reply;
}

static void put_difference(const ens__page *page, const ens_anonymise_difference *d)
{
    char text[ENS_DETAIL_TEXT];
    const ens_finding *f = d->finding;
    ens__page_printf(page, "  %s  %-4s  %s%s%s  %s\n", d->before ? "only the message" : "only its copy   ",
                     ens_outcome_name(f->outcome), f->id, f->xpath ? " " : "", f->xpath ? f->xpath : "",
                     ens__finding_text(f, text, ""));
}

static void put_file(const ens__page *page, const char *label, const char *path)
{
    if (path)
        ens__page_field(page, label, path);
}

void ens__anonymise_page(const ens__page *page, const ens__anonymise_view *v)
{
    const ens_anonymised *m = v->made;
    ens__page_printf(page, "%s: %s\n", v->file,
                     !m              ? "nothing could be made of it"
                     : m->same       ? "anonymised, with the same findings"
                     : m->leaked.len ? "not anonymised: a value would have stayed; nothing was written"
                                     : "not anonymised: the findings would be others; nothing was written");
    if (v->error)
        ens__page_field(page, "Error", v->error);
    if (!m)
        return;
    ens__page_printf(page, "  verdict    %s%s%s\n", ens_verdict_name(m->was.verdict), code_of(&m->was) ? " " : "",
                     code_of(&m->was) ? code_of(&m->was) : "");
    ens__page_printf(page, "  findings   %zu, replaced %zu values\n", m->num_findings, m->num_replaced);
    if (m->leaked.len) {
        ens_buf_text(page->out, "  stayed     ");
        ens__page_put(page, m->leaked);
        ens_buf_text(page->out, "\n");
    }
    for (size_t i = 0; i < m->num_differences && i < ENS_ANONYMISE_DIFFERENCES; i++)
        put_difference(page, &m->difference[i]);
    put_file(page, "Message", v->message);
    put_file(page, "Anchors", v->anchors);
    put_file(page, "Customs", v->customs);
    put_file(page, "Lists", v->lists);
}

static void put_differences(ens_json *j, const ens_anonymised *m)
{
    char text[ENS_DETAIL_TEXT];
    ens__json_open(j, "differences", '[');
    for (size_t i = 0; i < m->num_differences && i < ENS_ANONYMISE_DIFFERENCES; i++) {
        const ens_finding *f = m->difference[i].finding;
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "of", m->difference[i].before ? "message" : "copy");
        ens__json_text(j, "id", f->id);
        ens__json_text(j, "outcome", ens_outcome_name(f->outcome));
        ens__json_text(j, "rule", f->rule);
        ens__json_text(j, "pointer", f->xpath);
        ens__json_text(j, "detail", m->difference[i].before ? NULL : ens__finding_text(f, text, ""));
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

void ens__anonymise_json(const ens__anonymise_view *v, ens_buf *out)
{
    ens_json j = {.out = out};
    const ens_anonymised *m = v->made;
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "file", v->file);
    ens__json_bool(&j, "same", m && m->same);
    if (v->error)
        ens__json_text(&j, "error", v->error);
    if (m) {
        ens__json_text(&j, "verdict", ens_verdict_name(m->was.verdict));
        ens__json_text(&j, "ebms", m->was.code);
        ens__json_text(&j, "subcode", m->was.subcode);
        ens__json_text(&j, "reply", m->was.reply);
        ens__json_number(&j, "findings", m->num_findings);
        ens__json_number(&j, "replaced", m->num_replaced);
        ens__json_some(&j, "stayed", m->leaked);
        put_differences(&j, m);
    }
    ens__json_text(&j, "message", v->message);
    ens__json_text(&j, "anchors", v->anchors);
    ens__json_text(&j, "customs", v->customs);
    ens__json_text(&j, "lists", v->lists);
    ens__json_close(&j, '}');
    ens_buf_text(out, "\n");
}
