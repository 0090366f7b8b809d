/* Signing a PDF: what is added stands behind its bytes, which stay as they are.   Source  ISO 32000-2, 7.5.6 and
 * 12.8 */
#include "certs/keys/certificates.h"
#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/name.h"
#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "ensign/pdf.h"
#include "sti/pdf/cms.h"
#include "sti/pdf/fields.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "ISO 32000-2 12.7.5.5"
#define ADDED_MAX 6u /* objects that are added or written anew */
#define OUT_MAX (ENS_PDF_FILE_MAX * 2)
#define NUMBER_WIDTH 10 /* digits that are kept free for an offset */
#define BOX_MAX 14400   /* points of a page's side (ISO 32000-2, Annex C.2) */
#define SIG_FLAGS 3     /* there are signatures, and the file is only to be added to */

typedef struct {
    uint32_t num, gen;
    size_t at;
} added;

/* One file that is being signed. */
typedef struct {
    const ens_pdf_sign_options *o;
    ens__pdf pdf;
    ens__pdf_fields fields;
    const ens__pdf_field *field;
    const ens_chain *chain;
    EVP_PKEY *key; /* borrowed */
    ens_buf out;
    added object[ADDED_MAX];
    size_t num;
    uint32_t next; /* number that is free */
    size_t contents_at, range_at, contents_len;
} job;

static ens_code refuse(const char *what, const char *about, ens_err *err)
{
    return about ? ens_fail_about(err, ENS_EPOLICY, RULE, what, about) : ens_fail(err, ENS_EPOLICY, RULE, what, 0);
}

/* choose_field takes the field that was asked for; else OWNER; else the only empty one. */
static ens_code choose_field(job *j, ens_err *err)
{
    const ens__pdf_field *owner = NULL, *empty = NULL;
    size_t num_empty = 0;
    for (size_t i = 0; i < j->fields.num; i++) {
        const ens__pdf_field *f = &j->fields.field[i];
        if (f->value)
            return refuse("the PDF is signed already: take the file as it was downloaded", NULL, err);
        num_empty++;
        empty = f;
        if (ens__pdf_field_is(f, j->o->field ? j->o->field : ENS_PDF_OWNER))
            owner = f;
    }
    j->field = owner ? owner : j->o->field || num_empty != 1 ? NULL : empty;
    if (!num_empty)
        return refuse("the PDF has no signature field: it is no registration PDF", NULL, err);
    if (!j->field)
        return refuse("the PDF has no signature field of this name", j->o->field ? j->o->field : ENS_PDF_OWNER, err);
    if (!j->field->num || j->field->dict->kind != ENS_PDF_DICT)
        return refuse("the signature field is no object of its own, and can't be filled in", NULL, err);
    return ENS_OK;
}

/* check_signer insists on what makes a signature good: the key's certificate, in date, that may sign. */
static ens_code check_signer(job *j, ens_err *err)
{
    j->chain = ens_certificates_chain(j->o->certificates);
    const ens_cert *c = &j->chain->cert[0];
    j->key = ens__keyring_find(&j->o->keys->keys, c);
    if (!j->key)
        return refuse("the private key doesn't belong to the certificate", NULL, err);
    if (!EVP_PKEY_is_a(j->key, "RSA") && !EVP_PKEY_is_a(j->key, "EC"))
        return refuse("the key is neither RSA nor of an elliptic curve", NULL, err);
    if (j->o->force)
        return ENS_OK;
    ens__crypto_opinion opinion = ens__crypto_key_opinion(c, ENS_ROLE_SIGNER);
    if (opinion.grade == ENS_CRYPTO_REFUSED)
        return refuse("a key that may not seal messages isn't registered", opinion.what, err);
    if (j->o->at < c->not_before)
        return refuse("the certificate isn't valid yet", NULL, err);
    if (j->o->at > c->not_after)
        return refuse("the certificate has ended", NULL, err);
    if (c->has_key_usage && !(c->key_usage & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION)))
        return refuse("the certificate isn't for signing", NULL, err);
    return ENS_OK;
}

/* free_number is one that no object has. */
static uint32_t free_number(const ens__pdf *pdf)
{
    const ens__pdf_value *size = ens__pdf_find(pdf->trailer, "Size");
    uint32_t num =
        size && size->whole && size->integer > 0 && size->integer < ENS_PDF_OBJECTS_MAX ? (uint32_t)size->integer : 1;
    for (uint32_t i = pdf->num_places; i > num; i--)
        if (pdf->place[i - 1].where != ENS_PDF_ABSENT)
            return i;
    return num;
}

static void begin_object(job *j, uint32_t num)
{
    const ens__pdf_place *place = num < j->pdf.num_places ? &j->pdf.place[num] : NULL;
    uint32_t gen = place && place->where == ENS_PDF_PLAIN ? place->gen : 0;
    j->object[j->num++] = (added){num, gen, j->out.len};
    ens_buf_printf(&j->out, "%u %u obj\n", num, gen);
}

/* put_rest writes the entries of a dictionary but for those named, which the caller writes anew. */
static void put_rest(ens_buf *out, const ens__pdf_value *dict, const char *const *but)
{
    for (size_t i = 0; i < dict->num; i++) {
        bool anew = false;
        for (const char *const *key = but; *key && !anew; key++)
            anew = ens_is(dict->entry[i].key, *key);
        if (anew)
            continue;
        ens__pdf_put_name(out, dict->entry[i].key);
        ens_buf_text(out, " ");
        ens__pdf_put(out, &dict->entry[i].value);
        ens_buf_text(out, "\n");
    }
}

/* put_lock writes what the field wants to be locked by its signature.   Source  ISO 32000-2, 12.8.2.4 */
static void put_lock(job *j)
{
    static const char *const own[] = {"Type", NULL};
    const ens__pdf_value *lock = ens__pdf_get_kind(&j->pdf, j->field->dict, "Lock", ENS_PDF_DICT);
    if (!lock)
        return;
    ens_buf_text(&j->out, "/Reference [<</Type /SigRef /TransformMethod /FieldMDP /Data ");
    ens__pdf_put(&j->out, ens__pdf_find(j->pdf.trailer, "Root"));
    ens_buf_text(&j->out, " /TransformParams <</Type /TransformParams /V /1.2\n");
    put_rest(&j->out, lock, own);
    ens_buf_text(&j->out, ">>>>]\n");
}

static ens_slice common_name(const ens_cert *cert, ens_buf *out)
{
    if (!ens__name_take(cert->subject, ENS_OID_COMMON_NAME, out))
        ens__name_take(cert->subject, ENS_OID_ORGANIZATION, out);
    return ens_buf_slice(out);
}

/* put_signature writes the dictionary, with room for the ranges and for the CMS. */
static void put_signature(job *j, uint32_t num)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_civil c = ens__civil_of(j->o->at);
    ens_buf name;
    ens_buf_init(&name, storage, sizeof storage, sizeof storage);
    begin_object(j, num);
    ens_buf_text(&j->out, "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n/Name ");
    ens__pdf_put_text(&j->out, common_name(&j->chain->cert[0], &name));
    ens_buf_free(&name);
    ens_buf_printf(&j->out, "\n/M (D:%04d%02d%02d%02d%02d%02dZ)\n", c.year, c.month, c.day, c.hour, c.minute, c.second);
    put_lock(j);
    ens_buf_text(&j->out, "/ByteRange ");
    j->range_at = j->out.len;
    ens_buf_printf(&j->out, "[0 %*s %*s %*s]\n/Contents ", NUMBER_WIDTH, "", NUMBER_WIDTH, "", NUMBER_WIDTH, "");
    j->contents_at = j->out.len;
    j->contents_len = ens__cms_room(j->key, j->chain) * 2 + 2;
    uint8_t *room = ens_buf_room(&j->out, j->contents_len);
    if (room) {
        memset(room, '0', j->contents_len);
        room[0] = '<';
        room[j->contents_len - 1] = '>';
        j->out.len += j->contents_len;
    }
    ens_buf_text(&j->out, ">>\nendobj\n");
}

/* size_of tells how large the box of the field is; false where it is not to be seen. */
static bool size_of(job *j, double *width, double *height)
{
    double box[4];
    if (!ens__pdf_box(&j->pdf, ens__pdf_find(j->field->widget, "Rect"), box))
        return false;
    *width = box[2] - box[0];
    *height = box[3] - box[1];
    return *width > 1 && *height > 1 && *width < BOX_MAX && *height < BOX_MAX;
}

static void put_shown_line(ens_buf *out, double y, ens_slice text)
{
    ens_buf_printf(out, "BT /F 9 Tf 6 %.2f Td ", y);
    ens__pdf_put_shown(out, text);
    ens_buf_text(out, " Tj ET\n");
}

/* put_appearance writes what the box shows once it is signed. */
static void put_appearance(job *j, uint32_t num, double width, double height)
{
    uint8_t storage[ENS_NAME_TEXT_MAX], said[2048];
    char at[ENS_TIME_TEXT];
    ens_buf name, text;
    ens_buf_init(&name, storage, sizeof storage, sizeof storage);
    ens_buf_init(&text, said, sizeof said, (size_t)16 << 10);
    put_shown_line(&text, height - 14, ENS_LIT("Signed by"));
    put_shown_line(&text, height - 27, common_name(&j->chain->cert[0], &name));
    put_shown_line(&text, height - 40, ens_str(ens_time_format(j->o->at, at)));
    begin_object(j, num);
    ens_buf_printf(&j->out,
                   "<</Type /XObject /Subtype /Form /BBox [0 0 %.2f %.2f] /Length %zu\n"
                   "/Resources <</Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica\n"
                   "/Encoding /WinAnsiEncoding>>>>>>>>\nstream\n",
                   width, height, text.len);
    ens_buf_put(&j->out, ens_buf_slice(&text));
    ens_buf_text(&j->out, "\nendstream\nendobj\n");
    ens_buf_free(&name);
    ens_buf_free(&text);
}

/* put_field writes field and widget anew, which are one object in most files. */
static void put_field(job *j, uint32_t signature, uint32_t appearance)
{
    static const char *const value[] = {"V", NULL}, *const shown[] = {"AP", "AS", NULL},
                             *const both[] = {"V", "AP", "AS", NULL};
    const ens__pdf_field *f = j->field;
    bool one = f->widget == f->dict;
    begin_object(j, f->num);
    ens_buf_printf(&j->out, "<</V %u 0 R\n", signature);
    if (appearance && one)
        ens_buf_printf(&j->out, "/AP <</N %u 0 R>>\n", appearance);
    put_rest(&j->out, f->dict, appearance && one ? both : value);
    ens_buf_text(&j->out, ">>\nendobj\n");
    if (!appearance || one)
        return;
    begin_object(j, f->widget_num);
    ens_buf_printf(&j->out, "<</AP <</N %u 0 R>>\n", appearance);
    put_rest(&j->out, f->widget, shown);
    ens_buf_text(&j->out, ">>\nendobj\n");
}

/* put_flags tells readers that the form is signed: in the form's object, or in the catalogue that holds it. */
static void put_flags(job *j)
{
    static const char *const flags[] = {"SigFlags", NULL}, *const form_key[] = {"AcroForm", NULL};
    uint32_t root_num, form_num;
    const ens__pdf_value *root = ens__pdf_resolve(&j->pdf, ens__pdf_find(j->pdf.trailer, "Root"), &root_num),
                         *form = ens__pdf_resolve(&j->pdf, ens__pdf_find(root, "AcroForm"), &form_num),
                         *now = ens__pdf_get_kind(&j->pdf, form, "SigFlags", ENS_PDF_NUMBER);
    if (now && (now->integer & SIG_FLAGS) == SIG_FLAGS)
        return;
    begin_object(j, form_num ? form_num : root_num);
    ens_buf_text(&j->out, form_num ? "<<" : "<</AcroForm <<");
    ens_buf_printf(&j->out, "/SigFlags %d\n", SIG_FLAGS);
    put_rest(&j->out, form, flags);
    ens_buf_text(&j->out, form_num ? "" : ">>\n");
    if (!form_num)
        put_rest(&j->out, root, form_key);
    ens_buf_text(&j->out, ">>\nendobj\n");
}

/* put_trailer writes its entries. The first half of the file's identifier stays, the second is new. */
static ens_code put_trailer(job *j, ens_err *err)
{
    static const char *const kept[] = {"Root", "Info", NULL};
    const ens__pdf_value *id = ens__pdf_get_kind(&j->pdf, j->pdf.trailer, "ID", ENS_PDF_ARRAY);
    uint8_t digest[32];
    ens_code code = ens__sha256(ens_buf_slice(&j->out), digest, err);
    if (code != ENS_OK)
        return code;
    ens_buf_printf(&j->out, "/Size %u /Prev %zu\n", j->next, j->pdf.startxref);
    for (const char *const *key = kept; *key; key++) {
        const ens__pdf_value *v = ens__pdf_find(j->pdf.trailer, *key);
        if (!v)
            continue;
        ens_buf_printf(&j->out, "/%s ", *key);
        ens__pdf_put(&j->out, v);
        ens_buf_text(&j->out, "\n");
    }
    if (id && id->num == 2) {
        ens_buf_text(&j->out, "/ID [");
        ens__pdf_put(&j->out, ens__pdf_resolve(&j->pdf, &id->item[0], NULL));
        ens_buf_text(&j->out, " ");
        ens__pdf_put_string(&j->out, ens_bytes(digest, 16));
        ens_buf_text(&j->out, "]\n");
    }
    return ENS_OK;
}

static int by_number(const void *a, const void *b)
{
    const added *x = a, *y = b;
    return (x->num > y->num) - (x->num < y->num);
}

static ens_code put_table(job *j, ens_err *err)
{
    ens_buf_text(&j->out, "xref\n");
    for (size_t i = 0; i < j->num; i++)
        ens_buf_printf(&j->out, "%u 1\n%010zu %05u n \n", j->object[i].num, j->object[i].at, j->object[i].gen);
    ens_buf_text(&j->out, "trailer\n<<");
    ens_code code = put_trailer(j, err);
    ens_buf_text(&j->out, ">>\n");
    return code;
}

/* put_stream writes the cross-references as a stream, for a file that has such ones. */
static ens_code put_stream(job *j, ens_err *err)
{
    added self = {j->next++, 0, j->out.len};
    j->object[j->num++] = self;
    ens_buf_printf(&j->out, "%u 0 obj\n<</Type /XRef /W [1 4 2] /Index [", self.num);
    for (size_t i = 0; i < j->num; i++)
        ens_buf_printf(&j->out, " %u 1", j->object[i].num);
    ens_buf_printf(&j->out, "] /Length %zu\n", j->num * 7);
    ens_code code = put_trailer(j, err);
    ens_buf_text(&j->out, ">>\nstream\n");
    for (size_t i = 0; i < j->num; i++) {
        const added *a = &j->object[i];
        uint8_t entry[7] = {1,
                            (uint8_t)(a->at >> 24),
                            (uint8_t)(a->at >> 16),
                            (uint8_t)(a->at >> 8),
                            (uint8_t)a->at,
                            (uint8_t)(a->gen >> 8),
                            (uint8_t)a->gen};
        ens_buf_add(&j->out, entry, sizeof entry);
    }
    ens_buf_text(&j->out, "\nendstream\nendobj\n");
    return code;
}

static ens_code put_references(job *j, ens_err *err)
{
    qsort(j->object, j->num, sizeof *j->object, by_number);
    size_t from = j->out.len;
    ens_code code = j->pdf.section[0].stream ? put_stream(j, err) : put_table(j, err);
    ens_buf_printf(&j->out, "startxref\n%zu\n%%%%EOF\n", from);
    return code;
}

/* put_added writes everything that is added, but for the CMS. */
static ens_code put_added(job *j, ens_err *err)
{
    double width, height;
    bool visible = size_of(j, &width, &height) && (j->field->widget == j->field->dict || j->field->widget_num);
    uint32_t signature = j->next++, appearance = visible ? j->next++ : 0;
    ens_buf_put(&j->out, j->pdf.bytes);
    if (!ens__pdf_line_end(j->pdf.bytes, j->pdf.bytes.len - 1))
        ens_buf_text(&j->out, "\n");
    put_signature(j, signature);
    if (appearance)
        put_appearance(j, appearance, width, height);
    put_field(j, signature, appearance);
    put_flags(j);
    ens_code code = put_references(j, err);
    return code == ENS_OK ? ens_buf_done(&j->out, err) : code;
}

/* seal fills in the ranges and the CMS over them. */
static ens_code seal(job *j, ens_err *err)
{
    char range[64];
    size_t behind = j->contents_at + j->contents_len;
    int len = snprintf(range, sizeof range, "[0 %-*zu %-*zu %-*zu]", NUMBER_WIDTH, j->contents_at, NUMBER_WIDTH, behind,
                       NUMBER_WIDTH, j->out.len - behind);
    memcpy(j->out.p + j->range_at, range, (size_t)len);
    ens_digest d = {0};
    uint8_t digest[ENS_DIGEST_MAX];
    ens_code code = ens__digest_init(&d, ENS_SHA256, err);
    if (code == ENS_OK) {
        ens__digest_start(&d);
        ens__digest_add(&d, ens_bytes(j->out.p, j->contents_at));
        ens__digest_add(&d, ens_bytes(j->out.p + behind, j->out.len - behind));
        code = ens__digest_end(&d, digest, err);
    }
    ens__digest_clear(&d);
    if (code != ENS_OK)
        return code;
    ens_buf cms;
    ens_buf_init(&cms, NULL, 0, ENS_CMS_MAX);
    code = ens__cms_make(j->key, j->chain, digest, &cms, err);
    if (code == ENS_OK && cms.len * 2 + 2 > j->contents_len)
        code = ens_fail(err, ENS_ELIMIT, NULL, "the signature is longer than the room for it", 0);
    for (size_t i = 0; code == ENS_OK && i < cms.len; i++) {
        static const char digits[] = "0123456789abcdef";
        j->out.p[j->contents_at + 1 + i * 2] = (uint8_t)digits[cms.p[i] >> 4];
        j->out.p[j->contents_at + 2 + i * 2] = (uint8_t)digits[cms.p[i] & 15];
    }
    ens_buf_free(&cms);
    return code;
}

static ens_code run(job *j, ens_arena *arena, ens_err *err)
{
    ens_code code = ens__pdf_open(j->o->file, arena, &j->pdf, err);
    if (code == ENS_OK)
        code = ens__pdf_fields_read(&j->pdf, &j->fields, err);
    if (code == ENS_OK)
        code = choose_field(j, err);
    if (code == ENS_OK)
        code = check_signer(j, err);
    if (code != ENS_OK)
        return code;
    j->next = free_number(&j->pdf);
    code = put_added(j, err);
    if (code == ENS_OK && j->pdf.fault.n) {
        *err = j->pdf.fault;
        code = j->pdf.fault.frame[0].code;
    }
    return code == ENS_OK ? seal(j, err) : code;
}

ens_code ens_pdf_sign(const ens_pdf_sign_options *o, ens_sink put, void *user, ens_err *err)
{
    job *j = calloc(1, sizeof *j);
    ens_arena arena;
    if (!j)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while signing", 0);
    ens_arena_init(&arena, ENS_PDF_ARENA_MAX);
    j->o = o;
    ens_buf_init(&j->out, NULL, 0, OUT_MAX);
    ens_code code = run(j, &arena, err);
    if (code == ENS_OK)
        code = put(user, ens_buf_slice(&j->out));
    ens_buf_free(&j->out);
    ens_arena_free(&arena);
    free(j);
    return code;
}
