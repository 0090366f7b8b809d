/* The signature's dictionary: format, ranges, field, time. */
#include "engine/base/clock.h"
#include "sti/pdf/check.h"

#define CLOCK_SLACK 300 /* seconds that a signer's clock may be ahead */

static const char *const rule = ENS_PDF_RULE_SIGNATURE;

static void judge_field(ens__pdf_job *j)
{
    bool owner = ens__pdf_field_is(j->field, ENS_PDF_OWNER);
    if (owner)
        ens__pass(j->report, "pdf.field", ENS_PDF_RULE_GUIDE);
    else
        ens__failf(j->report, "pdf.field", ENS_PDF_RULE_GUIDE,
                   "click the box OWNER that is on the page; don't draw a box of your own",
                   "the signature stands in the field %s, and UUM&DS asks for the one called OWNER",
                   ens__show(j->report, j->field->name));
}

/* Formats that Acrobat and others write instead. */
static const struct {
    const char *name, *what, *hint;
} formats[] = {
    {"adbe.pkcs7.detached",
     "it was signed in Acrobat's default format (adbe.pkcs7.detached), and UUM&DS asks for CAdES-Equivalent",
     ENS_PDF_SETTING},
    {"adbe.pkcs7.sha1",
     "it was signed in an old format that rests on SHA-1 (adbe.pkcs7.sha1), and UUM&DS asks for CAdES-Equivalent",
     ENS_PDF_SETTING},
    {"adbe.x509.rsa_sha1",
     "it was signed in an old format without CMS (adbe.x509.rsa_sha1), and UUM&DS asks for CAdES-Equivalent",
     ENS_PDF_SETTING},
};

static void judge_sub_filter(ens__pdf_job *j)
{
    const ens__pdf_value *v = ens__pdf_get_kind(&j->pdf, j->signature, "SubFilter", ENS_PDF_NAME);
    if (v)
        j->out->sub_filter = ens_str(ens__show(j->report, v->text));
    if (ens__pdf_is(v, "ETSI.CAdES.detached")) {
        ens__pass(j->report, "pdf.format", ENS_PDF_RULE_PADES);
        return;
    }
    j->old_format = true;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (ens__pdf_is(v, formats[i].name)) {
            ens__failf(j->report, "pdf.format", ENS_PDF_RULE_PADES, formats[i].hint, "%s", formats[i].what);
            return;
        }
    if (v)
        ens__failf(j->report, "pdf.format", ENS_PDF_RULE_PADES, ENS_PDF_SETTING,
                   "the signature's format is %s, and UUM&DS asks for ETSI.CAdES.detached",
                   ens__show(j->report, v->text));
    else
        ens__failf(j->report, "pdf.format", ENS_PDF_RULE_PADES, ENS_PDF_SETTING,
                   "the signature doesn't say its format (SubFilter is missing)");
}

/* judge_kind: is it a signature by type and handler, and one that certifies nothing more? */
static void judge_kind(ens__pdf_job *j)
{
    const ens__pdf_value *type = ens__pdf_get(&j->pdf, j->signature, "Type"),
                         *references = ens__pdf_get_kind(&j->pdf, j->signature, "Reference", ENS_PDF_ARRAY);
    if (type && !ens__pdf_is(type, "Sig"))
        ens__failf(j->report, "pdf.kind", rule, ENS_PDF_SIGN_ANEW,
                   "what stands in the field is no signature by its type");
    else if (!ens__pdf_get_kind(&j->pdf, j->signature, "Filter", ENS_PDF_NAME))
        ens__failf(j->report, "pdf.kind", rule, ENS_PDF_SIGN_ANEW,
                   "the signature doesn't name what it was made for (Filter is missing)");
    for (size_t i = 0; references && i < references->num; i++) {
        const ens__pdf_value *r = ens__pdf_resolve(&j->pdf, &references->item[i], NULL);
        if (ens__pdf_is(ens__pdf_get(&j->pdf, r, "TransformMethod"), "DocMDP"))
            ens__pdf_doubt(j, "pdf.kind", "ISO 32000-2 12.8.2.2",
                           "in Acrobat choose Digitally Sign (or click the box), and not Certify",
                           "the document was certified instead of signed");
    }
}

/* take_range reads ByteRange: four whole numbers that stand in the dictionary itself. */
static bool take_range(const ens__pdf_value *v, uint64_t range[4])
{
    if (!v || v->kind != ENS_PDF_ARRAY || v->num != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (v->item[i].kind != ENS_PDF_NUMBER || !v->item[i].whole || v->item[i].integer < 0)
            return false;
        range[i] = (uint64_t)v->item[i].integer;
    }
    return true;
}

/* judge_contents finds the octets of the signature where they stand in the file. */
static bool judge_contents(ens__pdf_job *j)
{
    const ens__pdf_value *v = ens__pdf_find(j->signature, "Contents");
    if (!v) {
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "the signature was taken out: its dictionary has no Contents");
        return false;
    }
    size_t digits = v->to - v->from;
    if (v->kind != ENS_PDF_STRING || !j->of->to || j->pdf.bytes.p[v->from] != '<' || digits != v->text.len * 2 + 2) {
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "the signature isn't written as hexadecimal digits in its own place");
        return false;
    }
    j->hole_from = v->from;
    j->hole_to = v->to;
    j->contents = v->text;
    return true;
}

/* judge_end tells why the ranges end before the file does. */
static void judge_end(ens__pdf_job *j)
{
    size_t behind = j->bytes.len - j->covered;
    bool saved = j->pdf.section[0].from >= j->covered;
    if (saved && ens__pdf_get(&j->pdf, ens__pdf_get(&j->pdf, j->pdf.trailer, "Root"), "DSS"))
        ens__failf(j->report, "pdf.range", rule,
                   "Acrobat: Edit > Preferences > Signatures > Verification > don't add verification information "
                   "automatically; then download the registration PDF again, sign it, and don't save it again",
                   "information for verifiers (DSS) was added after it was signed: the last %zu bytes are not covered",
                   behind);
    else if (saved)
        ens__failf(j->report, "pdf.range", rule,
                   "upload the file as it was saved by signing; if it was changed, sign anew",
                   "the document was saved again after it was signed: the last %zu bytes are not covered", behind);
    else
        ens__failf(j->report, "pdf.range", rule,
                   "upload the very file that Acrobat saved: something on its way added to it",
                   "%zu bytes stand behind the end of what was signed", behind);
}

static void judge_range(ens__pdf_job *j)
{
    const ens__pdf_value *v = ens__pdf_find(j->signature, "ByteRange");
    uint64_t range[4];
    bool whole = judge_contents(j);
    if (!v) {
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "the signature doesn't say what it covers: ByteRange is missing");
        return;
    }
    if (!take_range(v, range)) {
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "what the signature covers isn't told by four numbers");
        return;
    }
    if (!whole)
        return;
    size_t len = j->bytes.len;
    if (range[0] != 0)
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "the signature doesn't cover the beginning of the file");
    else if (range[1] > len || range[2] > len || range[3] > len - range[2] || range[2] < range[1])
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "what the signature covers overlaps, or goes beyond the file");
    else if (range[1] != j->hole_from || range[2] != j->hole_to)
        ens__failf(j->report, "pdf.range", rule, ENS_PDF_SIGN_ANEW,
                   "the signature leaves out more of the file, or something else, than itself");
    else if ((j->covered = (size_t)(range[2] + range[3])) != len)
        judge_end(j);
    else
        j->ranged = ens__pass(j->report, "pdf.range", rule) != NULL;
}

static int two_digits(ens_slice s, size_t at)
{
    bool good = at + 2 <= s.len && s.p[at] >= '0' && s.p[at] <= '9' && s.p[at + 1] >= '0' && s.p[at + 1] <= '9';
    return good ? (s.p[at] - '0') * 10 + (s.p[at + 1] - '0') : -1;
}

/* take_date reads "D:20261001120000+02'00'".   Source  ISO 32000-2, 7.9.4 */
static bool take_date(ens_slice s, ens_time *out)
{
    int part[7], hours = 0, minutes = 0;
    if (!ens_starts(s, ENS_LIT("D:")) || s.len < 16)
        return false;
    for (size_t i = 0; i < 7; i++)
        if ((part[i] = two_digits(s, 2 + i * 2)) < 0)
            return false;
    ens_civil c = {part[0] * 100 + part[1], part[2], part[3], part[4], part[5], part[6]};
    uint8_t sign = s.len > 16 ? s.p[16] : 'Z';
    if (sign != 'Z' && ((sign != '+' && sign != '-') || (hours = two_digits(s, 17)) < 0))
        return false;
    if (sign != 'Z' && s.len > 20)
        minutes = two_digits(s, s.p[19] == '\'' ? 20 : 19);
    if (!ens__civil_valid(c) || minutes < 0 || hours > 23 || minutes > 59)
        return false;
    ens_time off = (ens_time)hours * 3600 + (ens_time)minutes * 60;
    *out = ens__time_of(c) - (sign == '+' ? off : -off);
    return true;
}

static void judge_time(ens__pdf_job *j)
{
    const ens__pdf_value *m = ens__pdf_get_kind(&j->pdf, j->signature, "M", ENS_PDF_STRING);
    char at[ENS_TIME_TEXT], now[ENS_TIME_TEXT];
    if (!m)
        ens__pdf_doubt(j, "pdf.time", ENS_PDF_RULE_PADES, "sign it with Acrobat, which writes the time",
                       "the signature doesn't say when it was made (M is missing)");
    else if (!take_date(m->text, &j->out->signed_at))
        ens__failf(j->report, "pdf.time", "ISO 32000-2 7.9.4", ENS_PDF_SIGN_ANEW,
                   "when the signature was made is no time: %s", ens__show(j->report, m->text));
    else if (j->out->signed_at > j->o->at + CLOCK_SLACK)
        ens__failf(j->report, "pdf.time", ENS_PDF_RULE_PADES,
                   "set the clock of the computer that signs, its date and its time zone, then sign the file anew",
                   "it was signed by a clock in the future: at %s, and it is %s",
                   ens_time_format(j->out->signed_at, at), ens_time_format(j->o->at, now));
    else
        ens__passf(j->report, "pdf.time", ENS_PDF_RULE_PADES, "signed at %s", ens_time_format(j->out->signed_at, at));
}

void ens__pdf_judge_format(ens__pdf_job *j)
{
    j->signature = j->field->value;
    j->of = j->field->value_num ? ens__pdf_object_at(&j->pdf, j->field->value_num) : NULL;
    judge_field(j);
    if (j->signature->kind != ENS_PDF_DICT || !j->of || j->signature != &j->of->value || !j->of->to || j->of->stream) {
        ens__failf(j->report, "pdf.kind", rule, ENS_PDF_SIGN_ANEW,
                   "what stands in the field is no signature that is an object of its own");
        j->signature = NULL;
        return;
    }
    judge_kind(j);
    judge_sub_filter(j);
    judge_range(j);
    judge_time(j);
}
