#include "sti/pdf/compare.h"

#include "engine/base/printable.h"

#include <math.h>

#define NEAR 0.0005      /* numbers that were written anew may be rounded */
#define NEAR_LARGE 1e-12 /* … and large ones have no more digits than this part of them */

/* What a dictionary is for: which of its keys signing may change. */
typedef enum { PLAIN = 0, CATALOGUE, FORM, FIELD, STREAM } role;

typedef struct pair {
    const ens__pdf_value *a, *b; /* references */
    ens_slice key;               /* that they stand behind */
    role role;
    struct pair *next;
} pair;

typedef struct {
    ens__pdf *of_a, *of_b;
    ens__pdf_page *page_a, *page_b;
    size_t num_pages;
    uint32_t *at_a, *at_b;                   /* by number: the place of a page, from 1; 0: no page */
    const ens__pdf_field *field_a, *field_b; /* the field that is signed */
    uint32_t *partner;                       /* by number in a: its object in b, plus one */
    pair *first, **last;
    size_t left; /* values that may still be compared */
    ens__pdf_difference *out;
    unsigned page; /* that is compared */
} comparison;

static const char *const may_change[][12] = {
    [CATALOGUE] = {"AcroForm", "Pages", "Metadata", "Extensions", "Version", "Perms", NULL},
    [FORM] = {"SigFlags", "DR", "DA", "NeedAppearances", NULL},
    [FIELD] = {"V", "AP", "AS", "F", "M", "NM", "MK", "DA", NULL},
    [STREAM] = {"Length", "Filter", "DecodeParms", "DL", NULL},
};

static bool may_differ(role r, ens_slice key)
{
    for (const char *const *k = may_change[r]; *k; k++)
        if (ens_is(key, *k))
            return true;
    return false;
}

static bool differ(comparison *c, const char *what, ens_slice about)
{
    if (c->out->what)
        return false;
    c->out->what = what;
    c->out->page = c->page;
    ens__printable(about, c->out->about, sizeof c->out->about);
    return false;
}

static bool same_value(comparison *c, ens_slice key, const ens__pdf_value *a, const ens__pdf_value *b);

/* page_at is the place of a page by its object's number, from 1; 0: it is none. */
static uint32_t page_at(const ens__pdf *pdf, const uint32_t *at, uint32_t num)
{
    return num < pdf->num_places ? at[num] : 0;
}

/* is_signed_field tells the field that is signed, or its widget, in both. */
static bool is_signed_field(const comparison *c, uint32_t a, uint32_t b)
{
    return (b == c->field_b->num && a == c->field_a->num) ||
           (b == c->field_b->widget_num && a == c->field_a->widget_num);
}

/* later puts two objects off: a chain of objects would be a depth without limit. */
static bool later(comparison *c, ens_slice key, const ens__pdf_value *a, const ens__pdf_value *b)
{
    uint32_t pa = page_at(c->of_a, c->at_a, a->num), pb = page_at(c->of_b, c->at_b, b->num);
    if (pa || pb)
        return pa == pb || differ(c, "it refers to another page", key);
    if (a->num >= c->of_a->num_places || c->partner[a->num] == b->num + 1u)
        return a->num < c->of_a->num_places || ens__pdf_resolve(c->of_b, b, NULL)->kind == ENS_PDF_NULL ||
               differ(c, "it refers to an object that wasn't there", key);
    pair *p = ens_arena_take(c->of_b->arena, sizeof *p);
    if (!p)
        return differ(c, "it holds more than is compared", ens_str(""));
    c->partner[a->num] = b->num + 1u;
    *p = (pair){.a = a, .b = b, .key = key, .role = is_signed_field(c, a->num, b->num) ? FIELD : PLAIN};
    *c->last = p;
    c->last = &p->next;
    return true;
}

static bool is_nothing(ens__pdf *pdf, const ens__pdf_value *v)
{
    return ens__pdf_resolve(pdf, v, NULL)->kind == ENS_PDF_NULL;
}

/* covers_no_more: the box of a signature may shrink, to nothing where it isn't to be seen, and cover nothing else. */
static bool covers_no_more(comparison *c, const ens__pdf_value *a, const ens__pdf_value *b)
{
    double was[4], is[4];
    if (!ens__pdf_box(c->of_a, a, was) || !ens__pdf_box(c->of_b, b, is))
        return false;
    bool nothing = is[2] - is[0] < NEAR || is[3] - is[1] < NEAR;
    return nothing ||
           (is[0] > was[0] - NEAR && is[1] > was[1] - NEAR && is[2] < was[2] + NEAR && is[3] < was[3] + NEAR);
}

/* same_entry compares what both have under a key. */
static bool same_entry(comparison *c, role r, const ens__pdf_entry *a, const ens__pdf_entry *b)
{
    if (r == FIELD && ens_is(a->key, "Rect"))
        return covers_no_more(c, &a->value, &b->value) ||
               differ(c, "the box of the signature covers more of the page", a->key);
    return same_value(c, a->key, &a->value, &b->value) || differ(c, "an entry was changed", a->key);
}

/* same_dict goes through both, which are sorted by their keys. */
static bool same_dict(comparison *c, role r, const ens__pdf_value *a, const ens__pdf_value *b)
{
    size_t i = 0, k = 0;
    while (i < a->num || k < b->num) {
        const ens__pdf_entry *x = i < a->num ? &a->entry[i] : NULL, *y = k < b->num ? &b->entry[k] : NULL;
        int order = !x ? 1 : !y ? -1 : ens__compare(x->key, y->key);
        ens_slice key = order > 0 ? y->key : x->key;
        i += order <= 0;
        k += order >= 0;
        if (may_differ(r, key))
            continue;
        if (order == 0 && !same_entry(c, r, x, y))
            return false;
        if (order < 0 && !is_nothing(c->of_a, &x->value))
            return differ(c, "an entry was taken out", key);
        if (order > 0 && !is_nothing(c->of_b, &y->value))
            return differ(c, "an entry was added", key);
    }
    return true;
}

static bool same_array(comparison *c, ens_slice key, const ens__pdf_value *a, const ens__pdf_value *b)
{
    if (a->num != b->num)
        return differ(c, b->num > a->num ? "entries of a list were added" : "entries of a list were taken out", key);
    for (size_t i = 0; i < a->num; i++)
        if (!same_value(c, key, &a->item[i], &b->item[i]))
            return false;
    return true;
}

static bool same_number(const ens__pdf_value *a, const ens__pdf_value *b)
{
    if (a->whole && b->whole)
        return a->integer == b->integer;
    return fabs(a->real - b->real) < NEAR + NEAR_LARGE * fabs(a->real);
}

static bool same_value(comparison *c, ens_slice key, const ens__pdf_value *a, const ens__pdf_value *b)
{
    if (c->left == 0)
        return differ(c, "it holds more than is compared", key);
    c->left--;
    if (a->kind == ENS_PDF_REF && b->kind == ENS_PDF_REF)
        return later(c, key, a, b);
    if (a->kind == ENS_PDF_REF || b->kind == ENS_PDF_REF) {
        a = ens__pdf_resolve(c->of_a, a, NULL);
        b = ens__pdf_resolve(c->of_b, b, NULL);
    }
    if (a->kind != b->kind)
        return differ(c, "an entry was changed", key);
    switch (a->kind) {
    case ENS_PDF_BOOL:
        return a->yes == b->yes || differ(c, "an entry was changed", key);
    case ENS_PDF_NUMBER:
        return same_number(a, b) || differ(c, "a number was changed", key);
    case ENS_PDF_NAME:
        return ens_eq(a->text, b->text) || differ(c, "a name was changed", key);
    case ENS_PDF_STRING:
        return ens_eq(a->text, b->text) || differ(c, "a text was changed", key);
    case ENS_PDF_ARRAY:
        return same_array(c, key, a, b);
    case ENS_PDF_DICT:
        return same_dict(c, PLAIN, a, b);
    default:
        return true;
    }
}

/* same_data compares two streams without their filters, or, where a filter isn't read here, with them. */
static bool same_data(comparison *c, ens_slice key, const ens__pdf_object *a, const ens__pdf_object *b)
{
    ens_slice x, y;
    bool plain_a = ens__pdf_plain(c->of_a, a, &x), plain_b = ens__pdf_plain(c->of_b, b, &y);
    static const ens__pdf_value none = {.kind = ENS_PDF_NULL};
    const ens__pdf_value *fa = ens__pdf_find(&a->value, "Filter"), *fb = ens__pdf_find(&b->value, "Filter");
    if (plain_a != plain_b || !ens_eq(x, y) || (!plain_a && !ens__pdf_equal(fa ? fa : &none, fb ? fb : &none)))
        return differ(c, "the contents of a stream were changed", key);
    return true;
}

/* same_pairs compares the objects that were put off, until none is left. */
static bool same_pairs(comparison *c)
{
    for (pair *p = c->first; p; p = p->next) {
        const ens__pdf_object *a = ens__pdf_object_at(c->of_a, p->a->num), *b = ens__pdf_object_at(c->of_b, p->b->num);
        const ens__pdf_value *x = ens__pdf_resolve(c->of_a, p->a, NULL), *y = ens__pdf_resolve(c->of_b, p->b, NULL);
        bool streams = a && b && a->stream && b->stream && x == &a->value && y == &b->value;
        if (!a || !b || a->stream != b->stream)
            return differ(c, "an object was replaced", p->key);
        if (streams ? !same_dict(c, STREAM, x, y) || !same_data(c, p->key, a, b)
            : x->kind == ENS_PDF_DICT && y->kind == ENS_PDF_DICT ? !same_dict(c, p->role, x, y)
                                                                 : !same_value(c, p->key, x, y))
            return differ(c, "an object was replaced", p->key);
    }
    return true;
}

/* join_contents puts the streams of a page's contents together: a page may have them in pieces. */
static bool join_contents(ens__pdf *pdf, const ens__pdf_page *page, ens_buf *out)
{
    const ens__pdf_value *v = ens__pdf_find(page->dict, "Contents"), *list = ens__pdf_get(pdf, page->dict, "Contents");
    bool several = list && list->kind == ENS_PDF_ARRAY;
    for (size_t i = 0; v && i < (several ? list->num : 1); i++) {
        const ens__pdf_object *o = ens__pdf_stream_of(pdf, several ? &list->item[i] : v);
        ens_slice plain;
        if (!o)
            continue; /* shows nothing */
        if (!ens__pdf_plain(pdf, o, &plain))
            return false;
        ens_buf_put(out, plain);
        ens_buf_text(out, "\n");
    }
    return !out->failed;
}

static bool same_contents(comparison *c, const ens__pdf_page *a, const ens__pdf_page *b)
{
    ens_buf x, y;
    ens_buf_init(&x, NULL, 0, ENS_PDF_INFLATED_MAX);
    ens_buf_init(&y, NULL, 0, ENS_PDF_INFLATED_MAX);
    bool same = join_contents(c->of_a, a, &x) && join_contents(c->of_b, b, &y) &&
                ens_eq(ens__trim(ens_buf_slice(&x)), ens__trim(ens_buf_slice(&y)));
    ens_buf_free(&x);
    ens_buf_free(&y);
    return same || differ(c, "what stands on the page was changed", ens_str(""));
}

/* same_inherited compares what a page may have of the nodes above it; where one has nothing, by what that means. */
static bool same_inherited(comparison *c, const char *key, const ens__pdf_value *a, const ens__pdf_value *b,
                           const ens__pdf_value *default_a, const ens__pdf_value *default_b)
{
    a = a ? a : default_a;
    b = b ? b : default_b;
    if (!a && !b)
        return true;
    return (a && b && same_value(c, ens_str(key), a, b)) || differ(c, "an entry was changed", ens_str(key));
}

/* page_without makes a dictionary without the keys that a page may inherit, and those of its place in the tree. */
static bool page_without(ens_arena *arena, const ens__pdf_value *dict, ens__pdf_value *out)
{
    static const char *const apart[] = {"Parent",  "Contents", "Resources",    "MediaBox",
                                        "CropBox", "Rotate",   "LastModified", NULL};
    ens__pdf_entry *entry = ens_arena_take(arena, (dict->num + 1) * sizeof *entry);
    *out = *dict;
    out->entry = entry;
    out->num = 0;
    for (size_t i = 0; entry && i < dict->num; i++) {
        bool own = true;
        for (const char *const *key = apart; *key && own; key++)
            own = !ens_is(dict->entry[i].key, *key);
        if (own)
            entry[out->num++] = dict->entry[i];
    }
    return entry != NULL;
}

static bool same_page(comparison *c, const ens__pdf_page *a, const ens__pdf_page *b)
{
    ens__pdf_value x, y;
    if (!page_without(c->of_b->arena, a->dict, &x) || !page_without(c->of_b->arena, b->dict, &y))
        return differ(c, "it holds more than is compared", ens_str(""));
    static const ens__pdf_value upright = {.kind = ENS_PDF_NUMBER, .whole = true};
    return same_contents(c, a, b) && same_inherited(c, "Resources", a->resources, b->resources, NULL, NULL) &&
           same_inherited(c, "MediaBox", a->media, b->media, NULL, NULL) &&
           same_inherited(c, "CropBox", a->crop, b->crop, a->media, b->media) &&
           same_inherited(c, "Rotate", a->rotate, b->rotate, &upright, &upright) && same_dict(c, PLAIN, &x, &y);
}

/* list_pages notes the places of pages by their objects' numbers. */
static bool list_pages(ens__pdf *pdf, ens__pdf_page **pages, size_t *num, uint32_t **at)
{
    *at = ens_arena_zero(pdf->arena, (pdf->num_places + 1u) * sizeof **at);
    if (!*at || ens__pdf_pages_read(pdf, pages, num, NULL) != ENS_OK)
        return false;
    for (uint32_t i = 0; i < *num; i++)
        if ((*pages)[i].num < pdf->num_places)
            (*at)[(*pages)[i].num] = i + 1;
    (*at)[0] = 0;
    return true;
}

static bool same_pages(comparison *c)
{
    size_t num;
    if (!list_pages(c->of_a, &c->page_a, &c->num_pages, &c->at_a) || !list_pages(c->of_b, &c->page_b, &num, &c->at_b))
        return differ(c, "its pages can't be read", ens_str(""));
    if (num != c->num_pages)
        return differ(c, num > c->num_pages ? "pages were added" : "pages were taken out", ens_str(""));
    for (size_t i = 0; i < num; i++) {
        c->page = (unsigned)i + 1;
        if (!same_page(c, &c->page_a[i], &c->page_b[i]) || !same_pairs(c))
            return false;
        c->first = NULL;
        c->last = &c->first;
    }
    c->page = 0;
    return true;
}

/* same_form compares the dictionaries of both forms; what neither has is the same. */
static bool same_form(comparison *c, const ens__pdf_value *root_a, const ens__pdf_value *root_b)
{
    const ens__pdf_value *a = ens__pdf_get_kind(c->of_a, root_a, "AcroForm", ENS_PDF_DICT),
                         *b = ens__pdf_get_kind(c->of_b, root_b, "AcroForm", ENS_PDF_DICT);
    if (!a || !b)
        return a == b || differ(c, b ? "a form was added" : "the form was taken out", ens_str("AcroForm"));
    return same_dict(c, FORM, a, b);
}

bool ens__pdf_same(ens__pdf *old_pdf, ens__pdf *new_pdf, const ens__pdf_fields *old_fields,
                   const ens__pdf_field *signed_field, ens__pdf_difference *out)
{
    comparison c = {
        .of_a = old_pdf, .of_b = new_pdf, .field_b = signed_field, .left = ENS_PDF_COMPARED_MAX, .out = out};
    const ens__pdf_value *a = ens__pdf_get(old_pdf, old_pdf->trailer, "Root"),
                         *b = ens__pdf_get(new_pdf, new_pdf->trailer, "Root");
    *out = (ens__pdf_difference){0};
    c.last = &c.first;
    c.partner = ens_arena_zero(new_pdf->arena, (old_pdf->num_places + 1u) * sizeof *c.partner);
    if (!c.partner || !a || !b)
        return differ(&c, "it holds more than is compared", ens_str(""));
    for (size_t i = 0; i < old_fields->num; i++)
        if (ens_eq(old_fields->field[i].name, signed_field->name))
            c.field_a = &old_fields->field[i];
    if (!c.field_a)
        return differ(&c, "the field that is signed was added", signed_field->name);
    bool same = same_pages(&c) && same_form(&c, a, b) && same_dict(&c, CATALOGUE, a, b) && same_pairs(&c);
    if (same && (old_pdf->fault.n || new_pdf->fault.n))
        return differ(&c, "an object can't be read", ens_str(""));
    return same;
}

bool ens__pdf_equal(const ens__pdf_value *a, const ens__pdf_value *b)
{
    if (a->kind != b->kind || a->num != b->num)
        return false;
    for (size_t i = 0; a->kind == ENS_PDF_ARRAY && i < a->num; i++)
        if (!ens__pdf_equal(&a->item[i], &b->item[i]))
            return false;
    for (size_t i = 0; a->kind == ENS_PDF_DICT && i < a->num; i++)
        if (!ens_eq(a->entry[i].key, b->entry[i].key) || !ens__pdf_equal(&a->entry[i].value, &b->entry[i].value))
            return false;
    return a->kind == ENS_PDF_NUMBER ? same_number(a, b)
           : a->kind == ENS_PDF_BOOL ? a->yes == b->yes
           : a->kind == ENS_PDF_REF  ? a->gen == b->gen
                                     : ens_eq(a->text, b->text);
}
