#include "show/pdf.h"

#include "engine/base/report.h"
#include "show/finding.h"
#include "show/preflight.h"

#include <stdio.h>

static const char *origin_words(ens_pdf_origin origin)
{
    switch (origin) {
    case ENS_PDF_ORIGIN_ADDED:
        return "the issued file, and a signature behind it";
    case ENS_PDF_ORIGIN_ANEW:
        return "the issued document, written anew as or before it was signed";
    case ENS_PDF_ORIGIN_OTHER:
        return "not the issued document";
    default:
        return NULL;
    }
}

/* put_field leaves out what there is nothing to tell of. */
static void put_field(const ens__page *page, const char *label, const char *text)
{
    if (text && text[0])
        ens__page_field(page, label, text);
}

static void put_slice(const ens__page *page, const char *label, ens_slice text)
{
    char shown[1024];
    snprintf(shown, sizeof shown, "%.*s", (int)(text.len < sizeof shown ? text.len : sizeof shown - 1),
             text.len ? (const char *)text.p : "");
    put_field(page, label, shown);
}

/* first_failure is what is told beside the verdict. */
static const ens_finding *first_failure(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++)
        if (ens_report_get(report, i)->outcome == ENS_FAIL)
            return ens_report_get(report, i);
    return NULL;
}

static void put_seen(const ens__page *page, const ens_pdf_result *r)
{
    char at[ENS_TIME_TEXT];
    put_slice(page, "Field", r->field);
    put_slice(page, "Format", r->sub_filter);
    put_slice(page, "Signed by", r->signer);
    put_field(page, "Signed at", r->signed_at == ENS_TIME_NONE ? NULL : ens_time_format(r->signed_at, at));
    put_field(page, "Document", origin_words(r->origin));
    put_slice(page, "Registration", r->id);
    put_slice(page, "Environment", r->environment);
    put_slice(page, "EORI", r->eori);
    if (r->has_preflight)
        put_field(page, "Certificate",
                  r->preflight == ENS_ACCEPTED ? ens__acceptance_words(r->acceptance) : ens_verdict_name(r->preflight));
}

void ens__pdf_page(const ens__page *page, const ens__pdf_view *v, bool all)
{
    const ens_pdf_result *r = v->result;
    ens_verdict verdict = v->error ? ENS_UNDECIDED : r->verdict;
    ens__page_printf(page, "%s: ", v->file);
    ens_buf_printf(page->out, "%s%s%s\n", ens__page_verdict_colour(page, verdict), ens_verdict_name(verdict),
                   ens__page_plain(page));
    put_field(page, "Error", v->error);
    if (v->error)
        return;
    const ens_finding *why = first_failure(v->report);
    if (why) {
        char text[ENS_DETAIL_TEXT];
        put_field(page, "Because", ens_finding_detail(why, text));
        put_field(page, "Do", why->hint);
    }
    put_seen(page, r);
    ens__findings_page(page, v->report, all);
    if (verdict == ENS_ACCEPTED)
        put_field(page, "Note",
                  "this is what UUM&DS asks for as far as it is published. UUM&DS asks for Adobe Acrobat; "
                  "that it takes what anything else has signed is not known.");
}

static void put_signer(ens_json *j, const ens_pdf_result *r)
{
    if (!r->has_signer) {
        ens__json_null(j, "signer");
        return;
    }
    ens__json_open(j, "signer", '{');
    ens__json_hex(j, "sha256", ens_bytes(r->signer_sha256, sizeof r->signer_sha256));
    ens__json_slice(j, "subject", r->signer);
    ens__json_close(j, '}');
}

static void put_registration(ens_json *j, const ens_pdf_result *r)
{
    if (!r->id.len) {
        ens__json_null(j, "registration");
        return;
    }
    ens__json_open(j, "registration", '{');
    ens__json_slice(j, "id", r->id);
    ens__json_some(j, "eori", r->eori);
    ens__json_some(j, "environment", r->environment);
    ens__json_some(j, "nonce", r->nonce);
    ens__json_close(j, '}');
}

static void put_preflight(ens_json *j, const ens_pdf_result *r)
{
    if (!r->has_preflight) {
        ens__json_null(j, "preflight");
        return;
    }
    ens__json_open(j, "preflight", '{');
    ens__json_text(j, "verdict", ens_verdict_name(r->preflight));
    ens__json_text(j, "acceptance", ens_acceptance_name(r->acceptance));
    ens__json_close(j, '}');
}

void ens__pdf_json(const ens__pdf_view *v, ens_buf *out)
{
    ens_json line = {.out = out}, *j = &line;
    const ens_pdf_result *r = v->result;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", v->file);
    ens__json_text(j, "verdict", ens_verdict_name(v->error ? ENS_UNDECIDED : r->verdict));
    if (v->error)
        ens__json_text(j, "error", v->error);
    ens__json_number(j, "signatures", r->num_signatures);
    ens__json_some(j, "field", r->field);
    ens__json_some(j, "format", r->sub_filter);
    ens__json_time(j, "signed_at", r->signed_at);
    put_signer(j, r);
    ens__json_text(j, "origin", ens_pdf_origin_name(r->origin));
    put_registration(j, r);
    put_preflight(j, r);
    ens__findings_json(j, v->report);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}
