#include "sti/pdf/check.h"

#include "certs/x509/name.h"
#include "sti/pdf/registration.h"

#include <stdlib.h>

const char *ens_pdf_origin_name(ens_pdf_origin origin)
{
    static const char *const names[] = {"unknown", "added", "anew", "other"};
    return (unsigned)origin < sizeof names / sizeof *names ? names[origin] : "unknown";
}

ens_finding *ens__pdf_doubt(ens__pdf_job *j, const char *id, const char *rule, const char *hint, const char *what)
{
    if (j->o->profile == ENS_PDF_STRICT)
        return ens__failf(j->report, id, rule, hint, "%s", what);
    return ens__warn(j->report, id, rule, hint, "%s", what);
}

/* file_hint says what to do about a file that can't be read. */
static const char *file_hint(const ens_err *err)
{
    if (err->frame[0].code == ENS_EPOLICY)
        return "take a copy without password or protection: the file that UUM&DS issues has neither";
    if (err->frame[0].code == ENS_ELIMIT)
        return "this is larger, or more tangled, than any registration PDF: look whether it is the right file";
    return ENS_PDF_SIGN_ANEW;
}

static bool open_file(ens__pdf_job *j)
{
    ens_err err = {0};
    ens_code code = ens__pdf_open(j->bytes, &j->arena, &j->pdf, &err);
    if (code == ENS_OK)
        code = ens__pdf_fields_read(&j->pdf, &j->fields, &err);
    if (code == ENS_OK && j->pdf.fault.n) {
        err = j->pdf.fault;
        code = err.frame[0].code;
    }
    if (code != ENS_OK) {
        ens_finding *f = ens__failf(j->report, "pdf.file", err.frame[0].rule ? err.frame[0].rule : "ISO 32000-2 7.5",
                                    file_hint(&err), "%s%s%s", err.frame[0].what, err.text[0] ? ": " : "", err.text);
        f->at = err.frame[0].at;
        return false;
    }
    ens__passf(j->report, "pdf.file", "ISO 32000-2 7.5", "PDF %u.%u", j->pdf.version / 10, j->pdf.version % 10);
    return true;
}

static bool is_timestamp(ens__pdf_job *j, const ens__pdf_value *signature)
{
    return ens__pdf_is(ens__pdf_get(&j->pdf, signature, "Type"), "DocTimeStamp") ||
           ens__pdf_is(ens__pdf_get(&j->pdf, signature, "SubFilter"), "ETSI.RFC3161");
}

/* find_signature finds the one signature; false where there is none, or more than one. */
static bool find_signature(ens__pdf_job *j)
{
    const char *rule = ENS_PDF_RULE_GUIDE;
    size_t num = 0, stamps = 0;
    for (size_t i = 0; i < j->fields.num; i++) {
        const ens__pdf_field *f = &j->fields.field[i];
        if (!f->value)
            continue;
        num++;
        stamps += is_timestamp(j, f->value);
        j->field = f;
    }
    j->out->num_signatures = num;
    if (num == 1 && !stamps) {
        ens__pass(j->report, "pdf.signature", rule);
        return true;
    }
    if (!num && j->pdf.end < j->bytes.len)
        ens__failf(j->report, "pdf.signature", rule,
                   "get the whole file again: take it from the computer that signed it",
                   "the file was cut short on its way: its last part has no end");
    else if (!num && !j->fields.num)
        ens__failf(j->report, "pdf.signature", rule,
                   "take the file that UUM&DS lets you download: it has a box OWNER to be signed",
                   "the PDF has neither a signature nor a field for one: it is no registration PDF");
    else if (!num)
        ens__failf(j->report, "pdf.signature", rule,
                   "open it in Acrobat, click the box OWNER, sign, save, and upload the file that was saved",
                   "the PDF isn't signed: its signature field is empty");
    else if (num == stamps + 1 && stamps)
        ens__failf(j->report, "pdf.signature", rule, ENS_PDF_SIGN_ANEW,
                   "a time stamp was added to the document after it was signed");
    else if (num == stamps)
        ens__failf(j->report, "pdf.signature", rule, ENS_PDF_SIGN_ANEW,
                   "the document has a time stamp where its signature should be");
    else
        ens__failf(j->report, "pdf.signature", rule, ENS_PDF_SIGN_ANEW,
                   "the PDF is signed %zu times, and one signature is asked for", num - stamps);
    return false;
}

/* keep_text copies what is told into the report's memory, which outlives the judgement. */
static ens_slice keep_text(ens__pdf_job *j, ens_slice text)
{
    const char *kept = ens_arena_text(&j->report->arena, text);
    return kept ? ens_bytes(kept, text.len) : (ens_slice){0};
}

static void tell_registration(ens__pdf_job *j)
{
    ens__pdf_registration r;
    if (!ens__pdf_registration_read(&j->pdf, &r))
        return;
    j->out->id = keep_text(j, r.id);
    j->out->eori = keep_text(j, r.eori);
    j->out->environment = keep_text(j, r.environment);
    j->out->nonce = keep_text(j, r.nonce);
}

static void tell_signer(ens__pdf_job *j)
{
    char text[ENS_NAME_TEXT_MAX];
    j->out->field = keep_text(j, j->field->name);
    const ens_cert *c = j->cms.signer;
    if (!c || ens__sha256(c->der, j->out->signer_sha256, NULL) != ENS_OK)
        return;
    j->out->has_signer = true;
    j->out->signer = keep_text(j, ens_str(ens__name_text(c->subject, text, sizeof text)));
}

static void judge_certificate(ens__pdf_job *j)
{
    ens_preflight_result result;
    if (!j->o->preflight || !j->o->certificates) {
        ens_finding *f = ens__skip(j->report, "pdf.preflight", "ICD 4.6.2", false,
                                   "the certificate itself isn't judged here: no trust was given");
        f->hint = "ensign cert check judges it, and so does this command with --trust";
        return;
    }
    ens_preflight(j->o->certificates, j->o->preflight, &result, j->report);
    j->out->has_preflight = true;
    j->out->preflight = result.verdict;
    j->out->acceptance = result.acceptance;
}

static void judge(ens__pdf_job *j)
{
    if (!open_file(j))
        return;
    tell_registration(j);
    if (find_signature(j)) {
        ens__pdf_judge_format(j);
        ens__pdf_judge_cms(j);
        tell_signer(j);
    }
    ens__pdf_judge_document(j);
}

void ens_pdf_check(ens_slice file, const ens_pdf_check_options *options, ens_pdf_result *out, ens_report *report)
{
    ens__pdf_job *j = calloc(1, sizeof *j);
    *out = (ens_pdf_result){.signed_at = ENS_TIME_NONE};
    if (!j) {
        report->incomplete = true;
        return;
    }
    *j = (ens__pdf_job){.bytes = file, .o = options, .out = out, .report = report};
    j->cms.signing_time = ENS_TIME_NONE;
    ens_arena_init(&j->arena, ENS_PDF_ARENA_MAX);
    judge(j);
    judge_certificate(j);
    out->verdict = ens_report_verdict(report);
    ens_arena_free(&j->arena);
    free(j);
}
