#include "show/evidence.h"

#include "engine/base/json.h"
#include "show/finding.h"

/* put_word keeps columns. */
static void put_word(const ens__page *page, int width, const char *text)
{
    ens__page_printf(page, "%-*s  ", width, text);
}

static void put_row(const ens__page *page, const ens_evidence_row *r)
{
    char at[ENS_TIME_TEXT];
    ens__page_printf(page, "  %6llu  ", (unsigned long long)r->seq);
    put_word(page, 20, ens_time_format((ens_time)(r->at_ms / 1000), at));
    put_word(page, 3, ens__direction_name(r->direction));
    put_word(page, 12, ens__entry_kind_name(r->kind));
    ens_buf_text(page->out, ens__page_verdict_colour(page, r->judged.verdict));
    put_word(page, 9, r->raw.len ? ens_verdict_name(r->judged.verdict) : "-");
    ens_buf_text(page->out, ens__page_plain(page));
    ens__page_put(page, r->action.len ? r->action : r->ref_to);
    ens_buf_text(page->out, r->judged.code.len ? ", " : "");
    ens__page_put(page, r->judged.code);
    if (r->receipt != ENS_RECEIPT_NOT_DUE)
        ens__page_printf(page, ", receipt %s", ens__evidence_receipt_name(r->receipt));
    ens_buf_text(page->out, "\n");
}

void ens__evidence_page(const ens__page *page, const ens__evidence_view *v, bool all)
{
    ens_verdict verdict = v->report ? ens_report_verdict(v->report) : ENS_UNDECIDED;
    ens__page_printf(page, "%s: ", v->file);
    ens_buf_printf(page->out, "%s%s%s\n", ens__page_verdict_colour(page, verdict), ens_verdict_name(verdict),
                   ens__page_plain(page));
    if (v->error)
        ens__page_field(page, "Error", v->error);
    if (v->evidence && v->evidence->num) {
        ens_buf_text(page->out, "  about   ");
        ens__page_put(page, v->evidence->asked);
        ens_buf_text(page->out, "\n  by      ");
        ens__page_put(page, v->evidence->program);
        ens_buf_text(page->out, "\n");
        for (size_t i = 0; i < v->evidence->num; i++)
            put_row(page, &v->evidence->row[i]);
    }
    if (v->report)
        ens__findings_block(page, v->report, all);
}

static void put_judged(ens_json *j, const char *name, const ens_evidence_judged *judged)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "verdict", ens_verdict_name(judged->verdict));
    ens__json_some(j, "code", judged->code);
    ens__json_some(j, "subcode", judged->subcode);
    ens__json_close(j, '}');
}

static void put_entry(ens_json *j, const ens_evidence_row *r)
{
    ens__json_open(j, NULL, '{');
    ens__json_number(j, "seq", r->seq);
    ens__json_time(j, "at", (ens_time)(r->at_ms / 1000));
    ens__json_time(j, "sealed", r->sealed);
    ens__json_text(j, "direction", ens__direction_name(r->direction));
    ens__json_text(j, "kind", ens__entry_kind_name(r->kind));
    ens__json_some(j, "action", r->action);
    ens__json_some(j, "message_id", r->message_id);
    ens__json_some(j, "ref_to", r->ref_to);
    ens__json_some(j, "party", r->party);
    ens__json_some(j, "lrn", r->lrn);
    ens__json_some(j, "mrn", r->mrn);
    ens__json_text(j, "answered", ens_verdict_name(r->verdict));
    ens__json_some(j, "ebms", r->ebms);
    put_judged(j, "recorded", &r->recorded);
    put_judged(j, "judged", &r->judged);
    ens__json_text(j, "receipt", ens__evidence_receipt_name(r->receipt));
    ens__json_number(j, "bytes", r->raw.len);
    ens__json_close(j, '}');
}

void ens__evidence_json(const ens__evidence_view *v, ens_buf *out)
{
    ens_json j = {.out = out};
    const ens_evidence *e = v->evidence;
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "file", v->file);
    ens__json_text(&j, "verdict", ens_verdict_name(v->report ? ens_report_verdict(v->report) : ENS_UNDECIDED));
    if (v->error)
        ens__json_text(&j, "error", v->error);
    ens__json_some(&j, "asked", e ? e->asked : (ens_slice){0});
    ens__json_some(&j, "program", e ? e->program : (ens_slice){0});
    ens__json_some(&j, "snapshot", e ? e->snapshot : (ens_slice){0});
    ens__json_open(&j, "entries", '[');
    for (size_t i = 0; e && i < e->num; i++)
        put_entry(&j, &e->row[i]);
    ens__json_close(&j, ']');
    if (v->report)
        ens__findings_json(&j, v->report);
    ens__json_close(&j, '}');
    ens_buf_text(out, "\n");
}
