#include "sti/pdf/xref.h"

#define RULE "ISO 32000-2 7.5.4"
#define RULE_STREAM "ISO 32000-2 7.5.8"
#define FIELDS 3u   /* of an entry in a stream */
#define FIELD_MAX 8 /* bytes of one of them */

static ens_code fault(size_t at, const char *what, ens_err *err)
{
    return ens_fail(err, ENS_ESYNTAX, RULE, what, at);
}

/* make_places makes room for object numbers below num. */
static ens_code make_places(ens__pdf *pdf, uint64_t num, ens_err *err)
{
    if (num <= pdf->num_places)
        return ENS_OK;
    if (num > ENS_PDF_OBJECTS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the PDF has more objects than are read", 0);
    uint64_t room = num < pdf->num_places * 2u ? pdf->num_places * 2u : num;
    ens__pdf_place *place = ens_arena_zero(pdf->arena, room * sizeof *place);
    ens__pdf_object **object = ens_arena_zero(pdf->arena, room * sizeof *object);
    if (!place || !object)
        return ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
    if (pdf->num_places)
        memcpy(place, pdf->place, pdf->num_places * sizeof *place);
    pdf->place = place;
    pdf->object = object; /* nothing was read so far */
    pdf->num_places = (uint32_t)room;
    return ENS_OK;
}

/* note_place keeps what the newest section says of an object. */
static ens_code note_place(ens__pdf *pdf, uint64_t num, const ens__pdf_place *place, ens_err *err)
{
    ens_code code = make_places(pdf, num + 1, err);
    if (code != ENS_OK)
        return code;
    if (pdf->place[num].where == ENS_PDF_ABSENT) {
        pdf->place[num] = *place;
        return ENS_OK;
    }
    ens__pdf_older *o = place->where == ENS_PDF_PLAIN ? ens_arena_take(pdf->arena, sizeof *o) : NULL;
    if (o) {
        *o = (ens__pdf_older){.at = place->at, .next = pdf->older};
        pdf->older = o;
        pdf->num_older++;
    }
    return ENS_OK;
}

static bool take_spaced(ens_reader *r, uint64_t *out)
{
    ens__pdf_skip_space(r);
    return ens__pdf_take_number(r, out);
}

/* read_entries reads "FIRST COUNT" and its entries. */
static ens_code read_entries(ens__pdf *pdf, ens_reader *r, ens_err *err)
{
    uint64_t first, count, at, gen;
    if (!take_spaced(r, &first) || !take_spaced(r, &count) || first + count > ENS_PDF_OBJECTS_MAX)
        return fault(ens_at(r), "a table of cross-references is no such table", err);
    for (uint64_t i = 0; i < count; i++) {
        if (!take_spaced(r, &at) || !take_spaced(r, &gen) || gen > UINT16_MAX)
            return fault(ens_at(r), "an entry of the cross-references is no such entry", err);
        ens__pdf_skip_space(r);
        bool used = ens__pdf_take_word(r, "n");
        if (!used && !ens__pdf_take_word(r, "f"))
            return fault(ens_at(r), "an entry of the cross-references is neither used nor free", err);
        ens__pdf_place place = {.where = used ? ENS_PDF_PLAIN : ENS_PDF_FREE,
                                .gen = (uint16_t)gen,
                                .section = (uint8_t)pdf->num_sections,
                                .at = at};
        ens_code code = note_place(pdf, first + i, &place, err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}

static ens_code read_table(ens__pdf *pdf, ens_reader *r, ens__pdf_section *s, ens_err *err)
{
    ens_code code = ENS_OK;
    for (ens__pdf_skip_space(r); code == ENS_OK && ens_left(r) && *r->at >= '0' && *r->at <= '9';
         ens__pdf_skip_space(r))
        code = read_entries(pdf, r, err);
    if (code != ENS_OK)
        return code;
    if (!ens__pdf_take_word(r, "trailer") && !(ens_left(r) > 7 && memcmp(r->at, "trailer<<", 9) == 0 && (r->at += 7)))
        return fault(ens_at(r), "no trailer follows the cross-references", err);
    ens__pdf_parser p = {.r = *r, .arena = pdf->arena};
    code = ens__pdf_parse(&p, &s->trailer, err);
    s->to = ens_at(&p.r);
    if (code == ENS_OK && s->trailer.kind != ENS_PDF_DICT)
        return fault(ens_at(r), "the trailer is no dictionary", err);
    return code;
}

/* whole_of gives a number that stands in the dictionary itself; false: it is there, and no such number. */
static bool whole_of(const ens__pdf_value *dict, const char *key, uint64_t max, uint64_t *out)
{
    const ens__pdf_value *v = ens__pdf_find(dict, key);
    if (!v)
        return true;
    if (v->kind != ENS_PDF_NUMBER || !v->whole || v->integer < 0 || (uint64_t)v->integer > max)
        return false;
    *out = (uint64_t)v->integer;
    return true;
}

/* take_field takes a number of so many bytes, the most significant first. */
static uint64_t take_field(ens_reader *r, size_t len)
{
    uint64_t n = 0;
    for (; len; len--)
        n = n << 8 | *r->at++;
    return n;
}

/* read_widths: W of the dictionary. */
static bool read_widths(const ens__pdf_value *dict, size_t width[FIELDS])
{
    const ens__pdf_value *w = ens__pdf_find(dict, "W");
    if (!w || w->kind != ENS_PDF_ARRAY || w->num < FIELDS)
        return false;
    for (size_t i = 0; i < FIELDS; i++) {
        if (!w->item[i].whole || w->item[i].integer < 0 || w->item[i].integer > FIELD_MAX)
            return false;
        width[i] = (size_t)w->item[i].integer;
    }
    return width[1] > 0;
}

static ens_code read_packed_entries(ens__pdf *pdf, ens_reader *r, const size_t width[FIELDS], uint64_t first,
                                    uint64_t count, ens_err *err)
{
    size_t len = width[0] + width[1] + width[2];
    if (first + count > ENS_PDF_OBJECTS_MAX || count * len > ens_left(r))
        return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "a stream of cross-references is too short", ens_at(r));
    for (uint64_t i = 0; i < count; i++) {
        uint64_t kind = width[0] ? take_field(r, width[0]) : 1, at = take_field(r, width[1]),
                 more = take_field(r, width[2]);
        ens__pdf_place place = {.where = kind == 0   ? ENS_PDF_FREE
                                         : kind == 1 ? ENS_PDF_PLAIN
                                         : kind == 2 ? ENS_PDF_PACKED
                                                     : ENS_PDF_ABSENT,
                                .section = (uint8_t)pdf->num_sections,
                                .at = at};
        if (kind > 2 || more > (kind == 2 ? UINT32_MAX : UINT16_MAX))
            return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "an entry of a stream of cross-references means nothing", 0);
        place.index = kind == 2 ? (uint32_t)more : 0;
        place.gen = kind == 2 ? 0 : (uint16_t)more;
        ens_code code = note_place(pdf, first + i, &place, err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}

/* read_index reads the entries of a stream by its Index, or all of them from 0 on. */
static ens_code read_index(ens__pdf *pdf, const ens__pdf_value *dict, ens_slice plain, ens_err *err)
{
    const ens__pdf_value *index = ens__pdf_find(dict, "Index");
    ens_reader r = ens_read(plain);
    uint64_t size = 0;
    size_t width[FIELDS];
    if (!read_widths(dict, width) || !whole_of(dict, "Size", ENS_PDF_OBJECTS_MAX, &size) ||
        (index && (index->kind != ENS_PDF_ARRAY || index->num % 2)))
        return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "a stream of cross-references doesn't say its form", dict->from);
    if (!index)
        return read_packed_entries(pdf, &r, width, 0, size, err);
    for (size_t i = 0; i < index->num; i += 2) {
        const ens__pdf_value *from = &index->item[i], *num = from + 1;
        if (!from->whole || !num->whole || from->integer < 0 || num->integer < 0 ||
            from->integer > ENS_PDF_OBJECTS_MAX || num->integer > ENS_PDF_OBJECTS_MAX)
            return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "the index of a stream of cross-references is none",
                            dict->from);
        ens_code code = read_packed_entries(pdf, &r, width, (uint64_t)from->integer, (uint64_t)num->integer, err);
        if (code != ENS_OK)
            return code;
    }
    return ENS_OK;
}

static ens_code read_stream(ens__pdf *pdf, size_t at, ens__pdf_section *s, ens_err *err)
{
    ens__pdf_object o;
    uint32_t gen;
    ens_slice plain;
    ens_code code = ens__pdf_read_object(pdf, at, false, &s->num, &gen, &o, err);
    if (code != ENS_OK)
        return ens_within(err, code, "where cross-references should begin");
    if (!o.stream || !ens__pdf_is(ens__pdf_find(&o.value, "Type"), "XRef"))
        return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "no cross-references stand where they should begin", at);
    s->stream = true;
    s->trailer = o.value;
    s->to = o.to;
    code = ens__pdf_decode(pdf, &o.value, o.data, &plain, err);
    return code == ENS_OK ? read_index(pdf, &o.value, plain, err) : code;
}

/* read_section reads one section, which is counted once it is whole. */
static ens_code read_section(ens__pdf *pdf, size_t at, ens_err *err)
{
    ens__pdf_section *s = &pdf->section[pdf->num_sections];
    uint64_t prev = SIZE_MAX, beside = SIZE_MAX;
    if (pdf->num_sections == ENS_PDF_SECTIONS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the PDF was saved more often than is read", at);
    for (size_t i = 0; i < pdf->num_sections; i++)
        if (pdf->section[i].from == at)
            return fault(at, "the cross-references lead back to themselves", err);
    if (at >= pdf->bytes.len)
        return fault(at, "cross-references should begin behind the end of the file", err);
    *s = (ens__pdf_section){.from = at};
    ens_reader r = ens_read(pdf->bytes);
    r.at += at;
    ens_code code = ens__pdf_take_word(&r, "xref") ? read_table(pdf, &r, s, err) : read_stream(pdf, at, s, err);
    if (code != ENS_OK)
        return code;
    if (!whole_of(&s->trailer, "Prev", pdf->bytes.len, &prev) ||
        (!s->stream && !whole_of(&s->trailer, "XRefStm", pdf->bytes.len, &beside)))
        return fault(s->trailer.from, "the trailer tells no place of the cross-references before", err);
    s->prev = (size_t)prev;
    s->beside = (size_t)beside;
    pdf->num_sections++;
    return ENS_OK;
}

ens_code ens__pdf_read_sections(ens__pdf *pdf, ens_err *err)
{
    size_t at = pdf->startxref;
    while (at != SIZE_MAX) {
        ens_code code = read_section(pdf, at, err);
        if (code != ENS_OK)
            return code;
        const ens__pdf_section *s = &pdf->section[pdf->num_sections - 1];
        at = s->prev;
        if (s->beside != SIZE_MAX && (code = read_section(pdf, s->beside, err)) != ENS_OK)
            return code;
    }
    return ENS_OK;
}
