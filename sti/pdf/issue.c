/* The registration PDF of the rehearsal: one page, and a field OWNER to be signed. */
#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/printable.h"
#include "ensign/pdf.h"
#include "sti/pdf/fields.h"
#include "sti/pdf/registration.h"

#define PDF_MAX ((size_t)256 << 10)
#define PAGE_MAX ((size_t)64 << 10)
#define OBJECTS 11u /* numbers, the free one included */
#define NONCE_MIN 32u
#define ID_MAX 64u

#define LEFT 56 /* points from the left edge of an A4 page */
#define TOP 790
#define LABEL_WIDTH 130
#define LINE 15
#define COLUMNS 62 /* characters of a line, of which the widest still fit */
#define LINES_MAX 7

typedef struct {
    ens_buf *out;
    size_t at[OBJECTS];
    int y; /* of the next line of the page */
} writer;

static bool is_word(ens_slice text, size_t min, size_t max, bool hex)
{
    bool good = text.len >= min && text.len <= max;
    for (size_t i = 0; good && i < text.len; i++) {
        uint8_t c = text.p[i];
        bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        good = digit || (!hex && ((c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '-' || c == '_'));
    }
    return good;
}

static ens_code refuse(const char *what, ens_slice text, ens_err *err)
{
    char shown[64];
    return ens_fail_about(err, ENS_EPOLICY, NULL, what, ens__printable(text, shown, sizeof shown));
}

static ens_code check_form(const ens_pdf_form *f, ens_err *err)
{
    const ens_slice texts[] = {f->eori, f->company, f->name, f->description, f->purpose};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].len > ENS_PDF_TEXT_MAX || !ens__is_utf8(texts[i]))
            return refuse("a text of the registration is too long, or no UTF-8", texts[i], err);
    if (!is_word(f->id, 1, ID_MAX, false))
        return refuse("a registration's id is made of letters, digits, - and _", f->id, err);
    if (!is_word(f->eori, 3, ENS_PDF_TEXT_MAX, false))
        return refuse("the registration wants an EORI", f->eori, err);
    if (!is_word(f->nonce, NONCE_MIN, ENS_PDF_TEXT_MAX, true))
        return refuse("the nonce is made of 32 hexadecimal digits or more", f->nonce, err);
    if (!ens_is(f->environment, "conformance") && !ens_is(f->environment, "production"))
        return refuse("the environment is conformance or production", f->environment, err);
    return ENS_OK;
}

static void put_line(writer *w, const char *font, int size, int x, ens_slice text)
{
    ens_buf_printf(w->out, "BT /%s %d Tf %d %d Td ", font, size, x, w->y);
    ens__pdf_put_shown(w->out, text);
    ens_buf_text(w->out, " Tj ET\n");
}

/* break_at is how many bytes of text go on one line, which ends at a space where there is one. */
static size_t break_at(ens_slice text)
{
    size_t at = 0, space = 0;
    for (int column = 0; at < text.len && column < COLUMNS; column++) {
        uint32_t c;
        size_t len = ens__utf8_step(text.p + at, text.len - at, &c);
        space = text.p[at] == ' ' ? at : space;
        at += len ? len : 1;
    }
    return at < text.len && space ? space : at;
}

static void put_fact(writer *w, const char *label, ens_slice text)
{
    put_line(w, "Helv", 10, LEFT, ens_str(label));
    for (int i = 0; i < LINES_MAX && (text.len || !i); i++) {
        size_t len = break_at(text);
        put_line(w, "HeBo", 10, LEFT + LABEL_WIDTH, ens_sub(text, 0, len));
        w->y -= LINE;
        text = ens_from(text, len + (len < text.len && text.p[len] == ' '));
    }
    w->y -= 3;
}

static void put_paragraph(writer *w, const char *const *lines)
{
    for (; *lines; lines++, w->y -= LINE)
        put_line(w, "Helv", 9, LEFT, ens_str(*lines));
    w->y -= 6;
}

/* OWNER's box on the page. */
#define BOX_LEFT 56
#define BOX_BOTTOM 150
#define BOX_RIGHT 396
#define BOX_TOP 240

static void put_box(writer *w)
{
    ens_buf_printf(w->out, "0.5 w %d %d %d %d re S\n", BOX_LEFT, BOX_BOTTOM, BOX_RIGHT - BOX_LEFT,
                   BOX_TOP - BOX_BOTTOM);
    w->y = BOX_TOP + 6;
    put_line(w, "HeBo", 10, BOX_LEFT, ENS_LIT("OWNER"));
}

static void put_page(writer *w, const ens_pdf_form *f)
{
    static const char *const banner[] = {ENS_REHEARSAL_EN_1, ENS_REHEARSAL_EN_2, ENS_REHEARSAL_FR_1, ENS_REHEARSAL_FR_2,
                                         NULL};
    static const char *const how[] = {"Click the box OWNER below and sign with the certificate that is registered.",
                                      "In Acrobat the format must be CAdES-Equivalent: Edit, Preferences, Signatures,",
                                      "Creation & Appearance, Default Signing Format. Then upload the signed file.",
                                      NULL};
    char at[ENS_TIME_TEXT];
    w->y = TOP;
    put_paragraph(w, banner);
    put_line(w, "HeBo", 15, LEFT, ENS_LIT("Certificate registration"));
    w->y -= 28;
    put_fact(w, "Registration", f->id);
    put_fact(w, "Environment", f->environment);
    put_fact(w, "EORI", f->eori);
    put_fact(w, "Company", f->company);
    put_fact(w, "Name", f->name);
    put_fact(w, "Description", f->description);
    put_fact(w, "Purpose", f->purpose.len ? f->purpose : ENS_LIT("Signature"));
    put_fact(w, "Issued", ens_str(ens_time_format(f->at, at)));
    put_fact(w, "Nonce", f->nonce);
    put_paragraph(w, how);
    put_box(w);
    w->y = 60;
    put_paragraph(w, banner);
}

static void begin_object(writer *w, unsigned num)
{
    w->at[num] = w->out->len;
    ens_buf_printf(w->out, "%u 0 obj\n", num);
}

static void put_entry(ens_buf *out, const char *key, ens_slice text)
{
    ens_buf_printf(out, "/%s ", key);
    ens__pdf_put_text(out, text);
    ens_buf_text(out, "\n");
}

static void put_objects(writer *w, const ens_pdf_form *f, ens_slice page)
{
    ens_civil c = ens__civil_of(f->at);
    char at[ENS_TIME_TEXT];
    begin_object(w, 1);
    ens_buf_text(w->out, "<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /" ENS_PDF_REGISTRATION
                         " 10 0 R\n/Lang (en) /ViewerPreferences <</DisplayDocTitle true>>>>\nendobj\n");
    begin_object(w, 2);
    ens_buf_text(w->out, "<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n");
    begin_object(w, 3);
    ens_buf_text(w->out, "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R /Annots [5 0 R]\n"
                         "/Resources <</Font <</Helv 7 0 R /HeBo 8 0 R>>>>>>\nendobj\n");
    begin_object(w, 4);
    ens_buf_text(w->out,
                 "<</Fields [5 0 R] /SigFlags 1 /DA (/Helv 0 Tf 0 g) /DR <</Font <</Helv 7 0 R>>>>>>\nendobj\n");
    begin_object(w, 5);
    ens_buf_printf(w->out,
                   "<</Type /Annot /Subtype /Widget /FT /Sig /T (" ENS_PDF_OWNER ") /TU (Sign here)\n"
                   "/Rect [%d %d %d %d] /F 4 /P 3 0 R>>\nendobj\n",
                   BOX_LEFT, BOX_BOTTOM, BOX_RIGHT, BOX_TOP);
    begin_object(w, 6);
    ens_buf_printf(w->out, "<</Length %zu>>\nstream\n", page.len);
    ens_buf_put(w->out, page);
    ens_buf_text(w->out, "\nendstream\nendobj\n");
    begin_object(w, 7);
    ens_buf_text(w->out, "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>\nendobj\n");
    begin_object(w, 8);
    ens_buf_text(w->out,
                 "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding>>\nendobj\n");
    begin_object(w, 9);
    ens_buf_printf(w->out,
                   "<</Title (REHEARSAL: certificate registration) /Producer (Ensign)\n"
                   "/CreationDate (D:%04d%02d%02d%02d%02d%02dZ)>>\nendobj\n",
                   c.year, c.month, c.day, c.hour, c.minute, c.second);
    begin_object(w, 10);
    ens_buf_text(w->out, "<</Type /" ENS_PDF_REGISTRATION "\n");
    put_entry(w->out, "Id", f->id);
    put_entry(w->out, "EORI", f->eori);
    put_entry(w->out, "Company", f->company);
    put_entry(w->out, "Name", f->name);
    put_entry(w->out, "Description", f->description);
    put_entry(w->out, "Environment", f->environment);
    put_entry(w->out, "Issued", ens_str(ens_time_format(f->at, at)));
    put_entry(w->out, "Nonce", f->nonce);
    ens_buf_text(w->out, ">>\nendobj\n");
}

/* put_end writes the cross-references; the file's identifier is a digest of its objects. */
static ens_code put_end(writer *w, ens_err *err)
{
    size_t from = w->out->len;
    uint8_t digest[32];
    char hex[65];
    ens_code code = ens__sha256(ens_buf_slice(w->out), digest, err);
    if (code != ENS_OK)
        return code;
    ens__hex(ens_bytes(digest, 16), hex);
    ens_buf_printf(w->out, "xref\n0 %u\n0000000000 65535 f \n", OBJECTS);
    for (unsigned i = 1; i < OBJECTS; i++)
        ens_buf_printf(w->out, "%010zu 00000 n \n", w->at[i]);
    ens_buf_printf(w->out, "trailer\n<</Size %u /Root 1 0 R /Info 9 0 R /ID [<%s> <%s>]>>\nstartxref\n%zu\n%%%%EOF\n",
                   OBJECTS, hex, hex, from);
    return ENS_OK;
}

ens_code ens_pdf_issue(const ens_pdf_form *form, ens_sink put, void *user, ens_err *err)
{
    ens_buf page, out;
    writer w = {.out = &page};
    ens_code code = check_form(form, err);
    if (code != ENS_OK)
        return code;
    ens_buf_init(&page, NULL, 0, PAGE_MAX);
    ens_buf_init(&out, NULL, 0, PDF_MAX);
    put_page(&w, form);
    code = ens_buf_done(&page, err);
    w.out = &out;
    ens_buf_text(&out, "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
    if (code == ENS_OK) {
        put_objects(&w, form, ens_buf_slice(&page));
        code = put_end(&w, err);
    }
    if (code == ENS_OK)
        code = ens_buf_done(&out, err);
    if (code == ENS_OK)
        code = put(user, ens_buf_slice(&out));
    ens_buf_free(&page);
    ens_buf_free(&out);
    return code;
}
