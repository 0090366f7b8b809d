#include "sti/pdf/added.h"

#include "sti/pdf/compare.h"
#include "sti/pdf/xref.h"

#include <stdlib.h>

#define COMMENT_MAX 127u /* bytes of a line that says nothing */
#define DEPTH_MAX (ENS_PDF_DEPTH_MAX + 1)

typedef struct {
    size_t from, to;
} extent;

/* Objects that were added and are of use, by number; those to be looked into are linked. */
typedef struct todo {
    uint32_t num;
    struct todo *next;
} todo;

typedef struct {
    ens__pdf *of_old, *of_new;
    uint8_t *used;
    todo *first;
    bool failed;
} search;

static bool wrong(ens__pdf_addition *out, const char *what, uint32_t num, size_t at)
{
    *out = (ens__pdf_addition){.what = what, .num = num, .at = at};
    return false;
}

static ens__pdf_where where_in(const ens__pdf *pdf, uint32_t num)
{
    return num < pdf->num_places ? pdf->place[num].where : ENS_PDF_ABSENT;
}

static bool is_used_in(const ens__pdf *pdf, uint32_t num)
{
    return where_in(pdf, num) >= ENS_PDF_PLAIN;
}

/* changed tells an object that the added part speaks of. */
static bool changed(const ens__pdf *old_pdf, const ens__pdf *new_pdf, uint32_t num)
{
    const ens__pdf_place *b = &new_pdf->place[num];
    if (num >= old_pdf->num_places)
        return b->where != ENS_PDF_ABSENT;
    const ens__pdf_place *a = &old_pdf->place[num];
    return a->where != b->where || a->at != b->at || a->gen != b->gen || a->index != b->index;
}

static void look_into(search *s, uint32_t num)
{
    if (!is_used_in(s->of_new, num) || s->used[num] || is_used_in(s->of_old, num))
        return;
    todo *t = ens_arena_take(s->of_new->arena, sizeof *t);
    s->used[num] = 1;
    if (!t) {
        s->failed = true;
        return;
    }
    *t = (todo){.num = num, .next = s->first};
    s->first = t;
}

static void look_through(search *s, const ens__pdf_value *v, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return;
    if (v->kind == ENS_PDF_REF)
        look_into(s, v->num);
    for (size_t i = 0; v->kind == ENS_PDF_ARRAY && i < v->num; i++)
        look_through(s, &v->item[i], depth + 1);
    for (size_t i = 0; v->kind == ENS_PDF_DICT && i < v->num; i++)
        look_through(s, &v->entry[i].value, depth + 1);
}

static void look_at(search *s, uint32_t num)
{
    const ens__pdf_object *o = is_used_in(s->of_new, num) ? ens__pdf_object_at(s->of_new, num) : NULL;
    if (o)
        look_through(s, &o->value, 0);
}

/* look_further looks into what was found, until nothing is left. */
static void look_further(search *s)
{
    while (s->first) {
        uint32_t next = s->first->num;
        s->first = s->first->next;
        look_at(s, next);
    }
}

static uint32_t number_of(const ens__pdf_value *dict, const char *key)
{
    const ens__pdf_value *v = ens__pdf_find(dict, key);
    return v && v->kind == ENS_PDF_REF ? v->num : 0;
}

#define TOUCHED 10

/* touched lists the objects of the old file that signing may write anew: the field, its widget and its appearance, the
 * form, the catalogue, the metadata and the information on the document. 0 is none. */
static void touched(ens__pdf *old_pdf, const ens__pdf_field *f, uint32_t out[TOUCHED])
{
    const ens__pdf_value *trailer = old_pdf->trailer, *root = ens__pdf_get(old_pdf, trailer, "Root");
    uint32_t widget = f->widget_num;
    const ens__pdf_object *o = ens__pdf_object_at(old_pdf, widget);
    const ens__pdf_value *shown = o ? ens__pdf_get(old_pdf, &o->value, "AP") : NULL;
    const uint32_t list[TOUCHED] = {f->num,
                                    widget,
                                    number_of(o ? &o->value : NULL, "AP"),
                                    number_of(shown, "N"),
                                    number_of(trailer, "Root"),
                                    number_of(trailer, "Info"),
                                    number_of(root, "AcroForm"),
                                    number_of(root, "Metadata"),
                                    number_of(root, "Extensions"),
                                    number_of(root, "Perms")};
    memcpy(out, list, sizeof list);
}

static bool is_touched(const uint32_t list[TOUCHED], uint32_t num)
{
    for (size_t i = 0; i < TOUCHED; i++)
        if (list[i] == num)
            return true;
    return false;
}

/* same_as_before: an object that was written anew as it was changes nothing. */
static bool same_as_before(ens__pdf *old_pdf, ens__pdf *new_pdf, uint32_t num)
{
    const ens__pdf_object *a = ens__pdf_object_at(old_pdf, num), *b = ens__pdf_object_at(new_pdf, num);
    return a && b && a->stream == b->stream && ens_eq(a->data, b->data) && ens__pdf_equal(&a->value, &b->value);
}

static bool is_container(ens__pdf *pdf, uint32_t num)
{
    const ens__pdf_object *o = ens__pdf_object_at(pdf, num);
    const ens__pdf_value *type = o && o->stream ? ens__pdf_find(&o->value, "Type") : NULL;
    return ens__pdf_is(type, "XRef") || ens__pdf_is(type, "ObjStm");
}

bool ens__pdf_added_judge(ens__pdf *old_pdf, ens__pdf *new_pdf, const ens__pdf_field *f, ens__pdf_addition *out)
{
    search s = {.of_old = old_pdf, .of_new = new_pdf};
    uint32_t may[TOUCHED];
    *out = (ens__pdf_addition){.at = SIZE_MAX};
    s.used = ens_arena_zero(new_pdf->arena, new_pdf->num_places + 1u);
    if (!s.used)
        return wrong(out, "more was added than is judged", 0, SIZE_MAX);
    touched(old_pdf, f, may);
    for (size_t i = 0; i < TOUCHED; i++)
        look_at(&s, may[i]);
    look_into(&s, number_of(new_pdf->trailer, "Info")); /* the issued file may have none */
    look_further(&s);
    for (uint32_t num = 1; num < new_pdf->num_places; num++) {
        if (!changed(old_pdf, new_pdf, num))
            continue;
        size_t at = where_in(new_pdf, num) == ENS_PDF_PLAIN ? (size_t)new_pdf->place[num].at : SIZE_MAX;
        if (!is_used_in(new_pdf, num) && is_used_in(old_pdf, num))
            return wrong(out, "an object of the issued file was taken out", num, at);
        if (!is_used_in(new_pdf, num) || is_touched(may, num))
            continue;
        if (is_used_in(old_pdf, num) && !same_as_before(old_pdf, new_pdf, num))
            return wrong(out, "an object of the issued file was replaced", num, at);
        if (!is_used_in(old_pdf, num) && !s.used[num] && !is_container(new_pdf, num))
            return wrong(out, "an object was added that nothing uses: hidden content", num, at);
    }
    return !s.failed || wrong(out, "more was added than is judged", 0, SIZE_MAX);
}

size_t ens__pdf_added_sections(const ens__pdf *old_pdf, const ens__pdf *new_pdf)
{
    size_t saved = 0;
    for (size_t i = 0; i < new_pdf->num_sections; i++) {
        const ens__pdf_section *s = &new_pdf->section[i];
        if (s->from == old_pdf->startxref)
            return saved;
        bool beside = i > 0 && new_pdf->section[i - 1].beside == s->from;
        saved += !beside;
    }
    return SIZE_MAX;
}

static int by_place(const void *a, const void *b)
{
    const extent *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

typedef struct {
    extent *all;
    size_t num, room;
} extents;

static void add_extent(extents *e, size_t from, size_t to)
{
    if (e->num < e->room)
        e->all[e->num++] = (extent){from, to};
}

/* list_older adds objects that were written anew since. */
static bool list_older(ens__pdf *pdf, size_t from, extents *e)
{
    for (const ens__pdf_older *o = pdf->older; o; o = o->next) {
        ens__pdf_object object;
        uint32_t num, gen;
        if (o->at < from)
            continue;
        if (ens__pdf_read_object(pdf, (size_t)o->at, true, &num, &gen, &object, NULL) != ENS_OK)
            return false;
        add_extent(e, object.from, object.to);
    }
    return true;
}

/* list_extents lists objects and cross-references from an offset on, by their places, each once. False: no memory, or
 * one can't be read. */
static bool list_extents(ens__pdf *pdf, size_t from, extents *e)
{
    *e = (extents){.room = (size_t)pdf->num_places + pdf->num_older + ENS_PDF_SECTIONS_MAX};
    e->all = ens_arena_take(pdf->arena, e->room * sizeof *e->all);
    if (!e->all)
        return false;
    for (uint32_t i = 0; i < pdf->num_places; i++) {
        if (pdf->place[i].where != ENS_PDF_PLAIN || pdf->place[i].at < from)
            continue;
        const ens__pdf_object *o = ens__pdf_object_at(pdf, i);
        if (!o)
            return false;
        add_extent(e, o->from, o->to);
    }
    for (size_t i = 0; i < pdf->num_sections; i++)
        if (pdf->section[i].from >= from)
            add_extent(e, pdf->section[i].from, pdf->section[i].to);
    if (!list_older(pdf, from, e))
        return false;
    qsort(e->all, e->num, sizeof *e->all, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < e->num; i++)
        if (!kept || e->all[i].from != e->all[kept - 1].from || e->all[i].to != e->all[kept - 1].to)
            e->all[kept++] = e->all[i];
    e->num = kept;
    return true;
}

/* skip_comment passes over a short comment in which no reader finds an object. */
static bool skip_comment(ens_reader *r)
{
    const uint8_t *from = r->at;
    while (ens_left(r) && *r->at != '\n' && *r->at != '\r')
        r->at++;
    ens_slice line = {from, (size_t)(r->at - from)};
    return line.len <= COMMENT_MAX && ens__find(line, ENS_LIT("obj"), 0) == SIZE_MAX &&
           ens__find(line, ENS_LIT("stream"), 0) == SIZE_MAX && ens__find(line, ENS_LIT("xref"), 0) == SIZE_MAX;
}

/* is_idle: white space, comments, "startxref" with its number. */
static bool is_idle(ens_slice gap, size_t *at)
{
    ens_reader r = ens_read(gap);
    uint64_t number;
    while (ens_left(&r)) {
        *at = ens_at(&r);
        if (ens__pdf_is_space(*r.at)) {
            r.at++;
        } else if (*r.at == '%') {
            if (!skip_comment(&r))
                return false;
        } else if (ens__pdf_take_word(&r, "startxref")) {
            while (ens_left(&r) && ens__pdf_is_space(*r.at))
                r.at++;
            if (!ens__pdf_take_number(&r, &number))
                return false;
        } else {
            return false;
        }
    }
    return true;
}

bool ens__pdf_all_listed(ens__pdf *pdf, size_t from, ens__pdf_addition *out)
{
    size_t at = from, off = 0;
    extents e;
    *out = (ens__pdf_addition){.at = SIZE_MAX};
    if (!list_extents(pdf, from, &e))
        return wrong(out, "an object can't be read", 0, SIZE_MAX);
    for (size_t i = 0; i < e.num; i++) {
        if (e.all[i].from < at)
            return wrong(out, "two objects overlap each other", 0, e.all[i].from);
        if (!is_idle(ens_sub(pdf->bytes, at, e.all[i].from), &off))
            return wrong(out, "something stands there that the file's own list of objects doesn't know", 0, at + off);
        at = e.all[i].to;
    }
    if (!is_idle(ens_sub(pdf->bytes, at, pdf->end), &off))
        return wrong(out, "something stands there that the file's own list of objects doesn't know", 0, at + off);
    return true;
}
