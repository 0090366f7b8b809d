/* What is signed: the document as it was issued, this registration's, and all of it. */
#include "sti/pdf/added.h"
#include "sti/pdf/check.h"
#include "sti/pdf/compare.h"
#include "sti/pdf/registration.h"

#define RULE_ADDED "ISO 32000-2 7.5.6"

static const char *const guide = ENS_PDF_RULE_GUIDE;

/* Files of Acrobat Reader 2017 to 2020 are written anew, and linearized, at their first signature. */
#define ANEW_HINT                                                                                                      \
    "this is what Acrobat does at the first signature of a file, and then there is nothing to mend; other programs "   \
    "should add their signature to the file as it was downloaded"

/* A file that the signed one is compared with. */
typedef struct {
    ens__pdf pdf;
    ens__pdf_fields fields;
    bool open;
} before;

static void open_before(ens__pdf_job *j, ens_slice bytes, before *out)
{
    out->open = ens__pdf_open(bytes, &j->arena, &out->pdf, NULL) == ENS_OK &&
                ens__pdf_fields_read(&out->pdf, &out->fields, NULL) == ENS_OK && !out->pdf.fault.n;
}

static void judge_end(ens__pdf_job *j)
{
    size_t behind = j->bytes.len - j->pdf.end;
    if (behind)
        ens__failf(j->report, "pdf.end", "ISO 32000-2 7.5.5",
                   "upload the very file that Acrobat saved: something on its way added to it",
                   "%zu bytes stand behind the end of the PDF", behind)
            ->at = j->pdf.end;
    else
        ens__pass(j->report, "pdf.end", "ISO 32000-2 7.5.5");
}

/* judge_listed: nothing stands in the file that a reader finds which looks for objects by itself. */
static void judge_listed(ens__pdf_job *j, size_t from)
{
    ens__pdf_addition a;
    if (ens__pdf_all_listed(&j->pdf, from, &a))
        ens__pass(j->report, "pdf.hidden", "ISO 32000-2 7.5.4");
    else
        ens__failf(j->report, "pdf.hidden", "ISO 32000-2 7.5.4", ENS_PDF_SIGN_ANEW, "%s", a.what)->at = a.at;
}

static void fail_difference(ens__pdf_job *j, const char *id, const char *what, const ens__pdf_difference *d)
{
    char page[32] = "", about[80] = "";
    if (d->page)
        snprintf(page, sizeof page, " on page %u", d->page);
    if (d->about[0])
        snprintf(about, sizeof about, " (%s)", d->about);
    ens__failf(j->report, id, RULE_ADDED, ENS_PDF_SIGN_ANEW, "%s%s%s: %s", what, page, about, d->what);
}

/* judge_added judges what stands behind the file as it was before. */
static void judge_added(ens__pdf_job *j, before *b)
{
    ens__pdf_difference d;
    ens__pdf_addition a;
    size_t saved = ens__pdf_added_sections(&b->pdf, &j->pdf);
    if (!ens__pdf_same(&b->pdf, &j->pdf, &b->fields, j->field, &d))
        fail_difference(j, "pdf.change", "the document was changed when it was signed", &d);
    else if (!ens__pdf_added_judge(&b->pdf, &j->pdf, j->field, &a))
        ens__failf(j->report, "pdf.change", RULE_ADDED, ENS_PDF_SIGN_ANEW,
                   "more than a signature was added when it was signed: %s (object %u)", a.what, a.num)
            ->at = a.at;
    else if (saved == SIZE_MAX)
        ens__failf(j->report, "pdf.change", RULE_ADDED, ENS_PDF_SIGN_ANEW,
                   "what was added doesn't follow on the file as it was issued");
    else if (saved > 1)
        ens__pdf_doubt(j, "pdf.change", RULE_ADDED, ENS_PDF_SIGN_ANEW,
                       "the document was saved more than once on its way to the signature");
    else
        ens__pass(j->report, "pdf.change", RULE_ADDED);
}

/* tell_other says whose document it is, when it isn't the issued one. */
static bool tell_other(ens__pdf_job *j, before *b)
{
    ens__pdf_registration was, is;
    if (!ens__pdf_registration_read(&b->pdf, &was) || !ens__pdf_registration_read(&j->pdf, &is))
        return false;
    j->out->origin = ENS_PDF_ORIGIN_OTHER;
    if (!ens_eq(was.environment, is.environment))
        ens__failf(j->report, "pdf.issued", guide, "sign the file that the same environment lets you download",
                   "this is a file of the environment %s, and the registration is one of %s",
                   ens__show(j->report, is.environment), ens__show(j->report, was.environment));
    else if (!ens_eq(was.id, is.id))
        ens__failf(j->report, "pdf.issued", guide, "sign the file of this registration",
                   "this is the file of another registration: %s, not %s", ens__show(j->report, is.id),
                   ens__show(j->report, was.id));
    else if (!ens_eq(was.nonce, is.nonce))
        ens__failf(j->report, "pdf.issued", guide, "sign the file that was downloaded last",
                   "this is a file that was issued for this registration at another time");
    else
        return false;
    return true;
}

/* id_of is the first half of a file's identifier, which is kept by who saves it; empty: it has none.
 * Source  ISO 32000-2, 14.4 */
static ens_slice id_of(ens__pdf *pdf)
{
    for (size_t i = 0; i < pdf->num_sections; i++) {
        const ens__pdf_value *id = ens__pdf_get_kind(pdf, &pdf->section[i].trailer, "ID", ENS_PDF_ARRAY);
        const ens__pdf_value *first = id && id->num ? ens__pdf_resolve(pdf, &id->item[0], NULL) : NULL;
        if (first && first->kind == ENS_PDF_STRING)
            return first->text;
    }
    return (ens_slice){0};
}

static bool has_other_id(ens__pdf *a, ens__pdf *b)
{
    ens_slice x = id_of(a), y = id_of(b);
    return x.len && y.len && !ens_eq(x, y);
}

/* judge_anew judges a file that does not begin with the issued bytes. */
static void judge_anew(ens__pdf_job *j, before *b)
{
    ens__pdf_difference d;
    if (tell_other(j, b))
        return;
    if (!ens__pdf_same(&b->pdf, &j->pdf, &b->fields, j->field, &d)) {
        j->out->origin = ENS_PDF_ORIGIN_OTHER;
        if (has_other_id(&b->pdf, &j->pdf))
            ens__failf(j->report, "pdf.issued", guide, "sign the file that was downloaded for this registration",
                       "this is another file than the issued one, by its identifier: another registration's, perhaps");
        else
            fail_difference(j, "pdf.issued", "this isn't the document that was issued", &d);
        return;
    }
    j->out->origin = ENS_PDF_ORIGIN_ANEW;
    ens__pdf_doubt(j, "pdf.issued", guide, ANEW_HINT,
                   "the document was saved anew as or before it was signed; it shows the same as the issued one");
    judge_listed(j, 0);
}

static void judge_issued(ens__pdf_job *j)
{
    before b = {.open = false};
    open_before(j, j->o->issued, &b);
    bool is_signed = false;
    for (size_t i = 0; b.open && i < b.fields.num; i++)
        is_signed = is_signed || b.fields.field[i].value;
    if (!b.open || is_signed) {
        ens__skip(j->report, "pdf.issued", guide, true,
                  is_signed ? "what was given as the issued file is signed itself"
                            : "what was given as the issued file can't be read");
        return;
    }
    if (!ens_starts(j->bytes, j->o->issued)) {
        judge_anew(j, &b);
        return;
    }
    j->out->origin = ENS_PDF_ORIGIN_ADDED;
    ens__pass(j->report, "pdf.issued", guide);
    judge_added(j, &b);
    judge_listed(j, j->o->issued.len);
}

/* is_written_at_once: nothing was added to a file with one section of cross-references, nor to a linearized one, whose
 * second section stands behind the first, which the end of the file names.   Source  ISO 32000-2, Annex F.3 */
static bool is_written_at_once(const ens__pdf *pdf)
{
    size_t prev = pdf->section[0].prev;
    return prev == SIZE_MAX ||
           (pdf->num_sections == 2 && prev > pdf->section[0].from && pdf->section[1].prev == SIZE_MAX);
}

/* judge_alone judges a file whose original isn't at hand by what the file itself says of its past. */
static void judge_alone(ens__pdf_job *j)
{
    before b = {.open = false};
    size_t end = ens__pdf_end_before(&j->pdf);
    ens_finding *f = ens__skip(j->report, "pdf.issued", guide, false,
                               "whether this is the document as it was issued can't be told without it");
    f->hint = "keep the file as it was downloaded, and give it with --issued";
    if (end)
        open_before(j, ens_sub(j->bytes, 0, end), &b);
    if (b.open) {
        judge_added(j, &b);
        judge_listed(j, end);
        return;
    }
    if (is_written_at_once(&j->pdf))
        ens__pdf_doubt(j, "pdf.change", RULE_ADDED, ANEW_HINT,
                       "the document was written anew as it was signed: what it was before can't be told");
    else
        ens__failf(j->report, "pdf.change", RULE_ADDED, ENS_PDF_SIGN_ANEW,
                   "what was added doesn't follow on a whole file before it");
    judge_listed(j, 0);
}

/* judge_registration: is it the registration that was asked for, and for the first time? */
static void judge_registration(ens__pdf_job *j)
{
    const ens_pdf_check_options *o = j->o;
    ens__pdf_registration r;
    if (!o->id.len && !o->environment.len && !o->spent)
        return;
    if (!ens__pdf_registration_read(&j->pdf, &r)) {
        ens__skip(j->report, "pdf.registration", guide, o->id.len || o->environment.len,
                  "the file doesn't say of which registration it is");
        return;
    }
    if (o->environment.len && !ens_eq(o->environment, r.environment))
        ens__failf(j->report, "pdf.registration", guide, "sign the file that this environment lets you download",
                   "this is a file of the environment %s, and it was given to that of %s",
                   ens__show(j->report, r.environment), ens__show(j->report, o->environment));
    else if (o->id.len && !ens_eq(o->id, r.id))
        ens__failf(j->report, "pdf.registration", guide, "sign the file of this registration",
                   "this is the file of the registration %s, and that of %s is waited for", ens__show(j->report, r.id),
                   ens__show(j->report, o->id));
    else if (o->spent && o->spent(o->spent_of, r.id, r.nonce))
        ens__failf(j->report, "pdf.registration", guide, "begin a new registration",
                   "this file was taken before: a registration takes its signed file once");
    else
        ens__pass(j->report, "pdf.registration", guide);
}

void ens__pdf_judge_document(ens__pdf_job *j)
{
    judge_end(j);
    judge_registration(j);
    if (!j->field || !j->signature)
        return;
    if (j->o->issued.len)
        judge_issued(j);
    else
        judge_alone(j);
    if (j->pdf.fault.n)
        ens__failf(j->report, "pdf.file", j->pdf.fault.frame[0].rule ? j->pdf.fault.frame[0].rule : "ISO 32000-2 7.5",
                   ENS_PDF_SIGN_ANEW, "%s", j->pdf.fault.frame[0].what);
}
