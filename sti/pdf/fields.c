#include "sti/pdf/fields.h"

#define RULE_FORM "ISO 32000-2 12.7.4"
#define RULE_PAGES "ISO 32000-2 7.7.3"

/* One walk through a tree whose nodes are objects: none may be met twice. */
typedef struct {
    ens__pdf *pdf;
    uint8_t *met; /* by the object's number */
    size_t left;  /* nodes that may still be met */
    ens__pdf_fields *fields;
    ens__pdf_page *page;
    size_t num_pages;
    ens_err *err;
} walk;

static ens_code begin(walk *w, ens__pdf *pdf, size_t max, ens_err *err)
{
    *w = (walk){.pdf = pdf, .left = max, .err = err};
    w->met = ens_arena_zero(pdf->arena, pdf->num_places + 1u);
    return w->met ? ENS_OK : ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
}

/* meet notes a node; an error where it was met before. */
static ens_code meet(walk *w, uint32_t num, const char *rule)
{
    if (w->left-- == 0)
        return ens_fail(w->err, ENS_ELIMIT, rule, "the PDF has more fields or pages than are read", 0);
    if (num && num < w->pdf->num_places && w->met[num]++)
        return ens_fail(w->err, ENS_ESYNTAX, rule, "the tree of fields or pages leads back to itself", 0);
    return ENS_OK;
}

/* What a field has of those above it. */
typedef struct {
    ens_slice name;
    bool signature; /* FT, which is inherited, says so */
} above;

static ens_slice join(ens_arena *arena, ens_slice front, ens_slice part)
{
    if (!front.len || !part.len)
        return part.len ? part : front;
    uint8_t *to = ens_arena_take(arena, front.len + part.len + 1);
    if (!to)
        return part;
    memcpy(to, front.p, front.len);
    to[front.len] = '.';
    memcpy(to + front.len + 1, part.p, part.len);
    return (ens_slice){to, front.len + part.len + 1};
}

/* last_part is what stands behind the last dot, without an index: forms made with XFA call it "OWNER[0]". */
static ens_slice last_part(ens_slice name)
{
    size_t from = 0, to = name.len;
    for (size_t i = 0; i < name.len; i++)
        from = name.p[i] == '.' ? i + 1 : from;
    if (to > from && name.p[to - 1] == ']')
        for (size_t i = to - 1; i > from; i--)
            if (name.p[i] == '[') {
                to = i;
                break;
            }
    return ens_sub(name, from, to);
}

static ens_code add_field(walk *w, uint32_t num, const ens__pdf_value *dict, ens_slice name)
{
    ens__pdf_fields *f = w->fields;
    if (f->num == ENS_PDF_FIELDS_MAX)
        return ens_fail(w->err, ENS_ELIMIT, RULE_FORM, "the form has more signature fields than are read", 0);
    ens__pdf_field *out = &f->field[f->num++];
    const ens__pdf_value *kids = ens__pdf_get_kind(w->pdf, dict, "Kids", ENS_PDF_ARRAY), *v = ens__pdf_find(dict, "V");
    *out = (ens__pdf_field){.num = num, .dict = dict, .name = name, .part = last_part(name)};
    if (v) {
        const ens__pdf_value *value = ens__pdf_resolve(w->pdf, v, &out->value_num);
        out->value = value->kind == ENS_PDF_NULL ? NULL : value;
    }
    out->widget_num = num;
    if (ens__pdf_find(dict, "Rect"))
        out->widget = dict;
    else if (kids && kids->num)
        out->widget = ens__pdf_resolve(w->pdf, &kids->item[0], &out->widget_num);
    return ENS_OK;
}

/* has_fields: kids with names of their own are fields; others are widgets of this one. */
static bool has_fields(walk *w, const ens__pdf_value *kids)
{
    for (size_t i = 0; kids && i < kids->num; i++)
        if (ens__pdf_get(w->pdf, ens__pdf_resolve(w->pdf, &kids->item[i], NULL), "T"))
            return true;
    return false;
}

static ens_code walk_field(walk *w, const ens__pdf_value *ref, above a, unsigned depth)
{
    uint32_t num;
    const ens__pdf_value *dict = ens__pdf_resolve(w->pdf, ref, &num);
    ens_code code = meet(w, num, RULE_FORM);
    if (code != ENS_OK)
        return code;
    if (depth > ENS_PDF_FORM_DEPTH_MAX)
        return ens_fail(w->err, ENS_ELIMIT, RULE_FORM, "fields stand too deep within each other", 0);
    const ens__pdf_value *kids = ens__pdf_get_kind(w->pdf, dict, "Kids", ENS_PDF_ARRAY),
                         *name = ens__pdf_get_kind(w->pdf, dict, "T", ENS_PDF_STRING),
                         *type = ens__pdf_get(w->pdf, dict, "FT");
    a.signature = type ? ens__pdf_is(type, "Sig") : a.signature;
    a.name = join(w->pdf->arena, a.name, name ? ens__pdf_utf8(w->pdf->arena, name->text) : (ens_slice){0});
    if (kids && kids->num > w->left)
        return ens_fail(w->err, ENS_ELIMIT, RULE_FORM, "the form has more fields than are read", 0);
    w->left -= kids ? kids->num : 0; /* many fields may share one list of kids */
    if (!has_fields(w, kids))
        return a.signature ? add_field(w, num, dict, a.name) : ENS_OK;
    for (size_t i = 0; i < kids->num; i++)
        if ((code = walk_field(w, &kids->item[i], a, depth + 1)) != ENS_OK)
            return code;
    return ENS_OK;
}

ens_code ens__pdf_fields_read(ens__pdf *pdf, ens__pdf_fields *out, ens_err *err)
{
    walk w;
    ens_code code = begin(&w, pdf, ENS_PDF_FORM_MAX, err);
    const ens__pdf_value *form = ens__pdf_get(pdf, ens__pdf_get(pdf, pdf->trailer, "Root"), "AcroForm"),
                         *fields = ens__pdf_get_kind(pdf, form, "Fields", ENS_PDF_ARRAY);
    out->num = 0;
    w.fields = out;
    for (size_t i = 0; code == ENS_OK && fields && i < fields->num; i++)
        code = walk_field(&w, &fields->item[i], (above){0}, 0);
    return code;
}

bool ens__pdf_field_is(const ens__pdf_field *field, const char *name)
{
    return ens_is(field->part, name) || ens_is(field->name, name);
}

static const ens__pdf_value *inherited(walk *w, const ens__pdf_value *dict, const char *key, const ens__pdf_value *up)
{
    const ens__pdf_value *own = ens__pdf_get(w->pdf, dict, key);
    return own ? own : up;
}

static ens_code walk_page(walk *w, const ens__pdf_value *ref, ens__pdf_page up, unsigned depth)
{
    uint32_t num;
    const ens__pdf_value *dict = ens__pdf_resolve(w->pdf, ref, &num);
    ens_code code = meet(w, num, RULE_PAGES);
    if (code != ENS_OK)
        return code;
    if (depth > ENS_PDF_FORM_DEPTH_MAX || dict->kind != ENS_PDF_DICT)
        return ens_fail(w->err, ENS_ESYNTAX, RULE_PAGES, "the tree of pages is none", 0);
    ens__pdf_page p = {.num = num,
                       .dict = dict,
                       .resources = inherited(w, dict, "Resources", up.resources),
                       .media = inherited(w, dict, "MediaBox", up.media),
                       .crop = inherited(w, dict, "CropBox", up.crop),
                       .rotate = inherited(w, dict, "Rotate", up.rotate)};
    const ens__pdf_value *kids = ens__pdf_get_kind(w->pdf, dict, "Kids", ENS_PDF_ARRAY);
    if (!kids) {
        w->page[w->num_pages++] = p;
        return ENS_OK;
    }
    for (size_t i = 0; i < kids->num; i++)
        if ((code = walk_page(w, &kids->item[i], p, depth + 1)) != ENS_OK)
            return code;
    return ENS_OK;
}

ens_code ens__pdf_pages_read(ens__pdf *pdf, ens__pdf_page **out, size_t *num, ens_err *err)
{
    walk w;
    ens_code code = begin(&w, pdf, ENS_PDF_PAGES_MAX, err);
    const ens__pdf_value *top = ens__pdf_find(ens__pdf_get(pdf, pdf->trailer, "Root"), "Pages");
    if (code != ENS_OK)
        return code;
    w.page = ens_arena_take(pdf->arena, ENS_PDF_PAGES_MAX * sizeof *w.page);
    if (!w.page)
        return ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
    code = walk_page(&w, top, (ens__pdf_page){0}, 0);
    *out = w.page;
    *num = w.num_pages;
    return code;
}
