#include "sti/pdf/file.h"

#include "sti/pdf/xref.h"

#define RULE "ISO 32000-2 7.5"
#define RULE_STREAM "ISO 32000-2 7.5.7"
#define REFS_MAX 16u                   /* references that lead to each other */
#define PARSED_FREE ((size_t)64 << 10) /* bytes that are parsed beside … */
#define PARSED_TIMES 4u                /* … so many times the file */

static const ens__pdf_value null_value = {.kind = ENS_PDF_NULL};
static const ens__pdf_object null_object = {.value = {.kind = ENS_PDF_NULL}};

size_t ens__pdf_line_end(ens_slice bytes, size_t at)
{
    if (at < bytes.len && bytes.p[at] == '\n')
        return 1;
    if (at < bytes.len && bytes.p[at] == '\r')
        return at + 1 < bytes.len && bytes.p[at + 1] == '\n' ? 2 : 1;
    return 0;
}

/* skip_plain passes over white space alone: a comment would hide what follows from readers that look for it. */
static void skip_plain(ens_reader *r)
{
    while (ens_left(r) && ens__pdf_is_space(*r->at))
        r->at++;
}

/* length_of finds how long a stream is; while the cross-references are read the number must stand there itself. */
static ens_code length_of(ens__pdf *pdf, const ens__pdf_value *dict, bool resolving, size_t *out, ens_err *err)
{
    const ens__pdf_value *v = ens__pdf_find(dict, "Length");
    if (v && v->kind == ENS_PDF_REF && resolving)
        v = ens__pdf_resolve(pdf, v, NULL);
    if (!v || v->kind != ENS_PDF_NUMBER || !v->whole || v->integer < 0 || (uint64_t)v->integer > pdf->bytes.len)
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.8", "a stream doesn't say how long it is", dict->from);
    *out = (size_t)v->integer;
    return ENS_OK;
}

/* take_stream takes a stream's data and its end, behind the word that begins it. */
static ens_code take_stream(ens__pdf *pdf, ens_reader *r, bool resolving, ens__pdf_object *out, ens_err *err)
{
    size_t len = 0, end = ens__pdf_line_end(pdf->bytes, ens_at(r));
    if (!end || r->at[end - 1] != '\n')
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.8", "a stream doesn't begin on a new line", ens_at(r));
    r->at += end;
    ens_code code = length_of(pdf, &out->value, resolving, &len, err);
    if (code != ENS_OK)
        return code;
    if (!ens_take(r, len, &out->data))
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.8", "a stream goes beyond the end of the file", ens_at(r));
    r->at += ens__pdf_line_end(pdf->bytes, ens_at(r));
    if (!ens__pdf_take_word(r, "endstream"))
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.8", "a stream doesn't end where it says", ens_at(r));
    out->stream = true;
    return ENS_OK;
}

static ens_code spend(ens__pdf *pdf, size_t parsed, ens_err *err)
{
    pdf->parsed += parsed;
    return pdf->parsed / PARSED_TIMES <= pdf->bytes.len + PARSED_FREE
               ? ENS_OK
               : ens_fail(err, ENS_ELIMIT, RULE, "objects of the PDF overlap each other", 0);
}

ens_code ens__pdf_read_object(ens__pdf *pdf, size_t at, bool resolving, uint32_t *num, uint32_t *gen,
                              ens__pdf_object *out, ens_err *err)
{
    ens__pdf_parser p = {.r = ens_read(pdf->bytes), .arena = pdf->arena};
    uint64_t n = 0, g = 0;
    *out = (ens__pdf_object){0};
    p.r.at += at < pdf->bytes.len ? at : pdf->bytes.len;
    skip_plain(&p.r);
    out->from = ens_at(&p.r);
    bool begins = ens__pdf_take_number(&p.r, &n) && n < ENS_PDF_OBJECTS_MAX;
    ens__pdf_skip_space(&p.r);
    begins = begins && ens__pdf_take_number(&p.r, &g) && g <= UINT16_MAX;
    ens__pdf_skip_space(&p.r);
    if (!begins || !ens__pdf_take_word(&p.r, "obj"))
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.10", "there is no object where the cross-references say",
                        at);
    ens_code code = ens__pdf_parse(&p, &out->value, err);
    if (code != ENS_OK)
        return code;
    ens__pdf_skip_space(&p.r);
    if (out->value.kind == ENS_PDF_DICT && ens__pdf_take_word(&p.r, "stream") &&
        (code = take_stream(pdf, &p.r, resolving, out, err)) != ENS_OK)
        return code;
    ens__pdf_skip_space(&p.r);
    if (!ens__pdf_take_word(&p.r, "endobj"))
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.3.10", "an object has no end", ens_at(&p.r));
    out->to = ens_at(&p.r);
    *num = (uint32_t)n;
    *gen = (uint32_t)g;
    return spend(pdf, out->to - out->from, err);
}

/* keep_object puts an object where ens__pdf_object_at finds it. */
static ens__pdf_object *keep_object(ens__pdf *pdf, uint32_t num, const ens__pdf_object *o, ens_err *err)
{
    ens__pdf_object *kept = ens_arena_take(pdf->arena, sizeof *kept);
    if (!kept) {
        ens_fail(err, ENS_ELIMIT, NULL, "the PDF holds more than is read of one", 0);
        return NULL;
    }
    *kept = *o;
    return pdf->object[num] = kept;
}

/* unpack reads all objects of a stream that the cross-references look for there.   Source  ISO 32000-2, 7.5.7 */
static ens_code unpack(ens__pdf *pdf, uint32_t stream, ens_err *err)
{
    const ens__pdf_object *o = ens__pdf_object_at(pdf, stream);
    ens_slice plain;
    uint64_t num, at;
    if (!o)
        return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "a stream of objects can't be read", 0);
    const ens__pdf_value *n = ens__pdf_find(&o->value, "N"), *first = ens__pdf_find(&o->value, "First");
    if (!o->stream || !ens__pdf_is(ens__pdf_find(&o->value, "Type"), "ObjStm") || !n || !n->whole || !first ||
        !first->whole || first->integer < 0 || !ens__pdf_plain(pdf, o, &plain))
        return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "a stream of objects is none", o->from);
    ens__pdf_parser p = {.r = ens_read(plain), .arena = pdf->arena};
    for (int64_t i = 0; i < n->integer; i++) {
        ens__pdf_object found = {0};
        ens__pdf_skip_space(&p.r);
        bool listed = ens__pdf_take_number(&p.r, &num);
        ens__pdf_skip_space(&p.r);
        if (!listed || !ens__pdf_take_number(&p.r, &at))
            return ens_fail(err, ENS_ESYNTAX, RULE_STREAM, "a stream of objects doesn't list them", o->from);
        const ens__pdf_place *place = num < pdf->num_places ? &pdf->place[num] : NULL;
        if (!place || place->where != ENS_PDF_PACKED || place->at != stream || place->index != (uint64_t)i)
            continue;
        ens__pdf_parser of = {.r = ens_read(ens_from(plain, (size_t)first->integer + at)), .arena = pdf->arena};
        ens_code code = ens__pdf_parse(&of, &found.value, err);
        if (code == ENS_OK)
            code = spend(pdf, ens_at(&of.r) / 2, err); /* it was deflated */
        if (code != ENS_OK || !keep_object(pdf, (uint32_t)num, &found, err))
            return code == ENS_OK ? ENS_ELIMIT : code;
    }
    return ENS_OK;
}

static ens_code load_plain(ens__pdf *pdf, uint32_t num, ens_err *err)
{
    const ens__pdf_place *place = &pdf->place[num];
    ens__pdf_object o;
    uint32_t found, gen;
    ens_code code =
        ens__pdf_read_object(pdf, place->at < SIZE_MAX ? (size_t)place->at : SIZE_MAX, true, &found, &gen, &o, err);
    if (code != ENS_OK)
        return code;
    if (found != num || gen != place->gen)
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.5.4", "another object stands where the cross-references say",
                        o.from);
    return keep_object(pdf, num, &o, err) ? ENS_OK : ENS_ELIMIT;
}

const ens__pdf_object *ens__pdf_object_at(ens__pdf *pdf, uint32_t num)
{
    ens_err err = {0};
    if (num >= pdf->num_places || pdf->place[num].where < ENS_PDF_PLAIN)
        return &null_object;
    if (pdf->object[num])
        return pdf->object[num];
    const ens__pdf_place *place = &pdf->place[num];
    ens_code code = ENS_OK;
    if (pdf->loading >= ENS_PDF_LOADING_MAX)
        code = ens_fail(&err, ENS_ELIMIT, RULE, "reading one object needs too many others", 0);
    pdf->loading++;
    if (code == ENS_OK && place->where == ENS_PDF_PLAIN)
        code = load_plain(pdf, num, &err);
    else if (code == ENS_OK && (place->at >= pdf->num_places || pdf->place[place->at].where != ENS_PDF_PLAIN))
        code = ens_fail(&err, ENS_ESYNTAX, RULE_STREAM, "an object is in a stream that isn't there", 0);
    else if (code == ENS_OK)
        code = unpack(pdf, (uint32_t)place->at, &err);
    pdf->loading--;
    if (code == ENS_OK && !pdf->object[num])
        code = ens_fail(&err, ENS_ESYNTAX, RULE_STREAM, "an object isn't in the stream that should hold it", 0);
    if (code != ENS_OK && !pdf->fault.n)
        pdf->fault = err;
    return code == ENS_OK ? pdf->object[num] : NULL;
}

const ens__pdf_value *ens__pdf_resolve(ens__pdf *pdf, const ens__pdf_value *value, uint32_t *num)
{
    uint32_t last = 0;
    for (unsigned i = 0; value && value->kind == ENS_PDF_REF && i < REFS_MAX; i++) {
        bool there = value->num < pdf->num_places &&
                     (pdf->place[value->num].where == ENS_PDF_PACKED ? 0 : pdf->place[value->num].gen) == value->gen;
        const ens__pdf_object *o = there ? ens__pdf_object_at(pdf, value->num) : NULL;
        last = value->num;
        value = o ? &o->value : NULL;
    }
    if (num)
        *num = last;
    return value && value->kind != ENS_PDF_REF ? value : &null_value;
}

const ens__pdf_value *ens__pdf_get(ens__pdf *pdf, const ens__pdf_value *dict, const char *key)
{
    const ens__pdf_value *v = ens__pdf_find(dict, key);
    v = v ? ens__pdf_resolve(pdf, v, NULL) : NULL;
    return v && v->kind != ENS_PDF_NULL ? v : NULL;
}

const ens__pdf_value *ens__pdf_get_kind(ens__pdf *pdf, const ens__pdf_value *dict, const char *key, ens__pdf_kind kind)
{
    const ens__pdf_value *v = ens__pdf_get(pdf, dict, key);
    return v && v->kind == kind ? v : NULL;
}

bool ens__pdf_box(ens__pdf *pdf, const ens__pdf_value *rect, double out[4])
{
    double at[4];
    rect = ens__pdf_resolve(pdf, rect, NULL);
    if (rect->kind != ENS_PDF_ARRAY || rect->num != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        const ens__pdf_value *v = ens__pdf_resolve(pdf, &rect->item[i], NULL);
        if (v->kind != ENS_PDF_NUMBER)
            return false;
        at[i] = v->real;
    }
    for (size_t i = 0; i < 2; i++) {
        out[i] = at[i] < at[i + 2] ? at[i] : at[i + 2];
        out[i + 2] = at[i] < at[i + 2] ? at[i + 2] : at[i];
    }
    return true;
}

const ens__pdf_object *ens__pdf_stream_of(ens__pdf *pdf, const ens__pdf_value *value)
{
    uint32_t num;
    if (!value || value->kind != ENS_PDF_REF)
        return NULL;
    ens__pdf_resolve(pdf, value, &num);
    const ens__pdf_object *o = num ? ens__pdf_object_at(pdf, num) : NULL;
    return o && o->stream ? o : NULL;
}

bool ens__pdf_plain(ens__pdf *pdf, const ens__pdf_object *stream, ens_slice *out)
{
    ens__pdf_object *o = (ens__pdf_object *)(uintptr_t)stream; /* what is kept of it is the file's own */
    *out = o->data;
    if (!o->decoded && ens__pdf_decode(pdf, &o->value, o->data, &o->plain, NULL) != ENS_OK)
        return false;
    o->decoded = true;
    *out = o->plain;
    return true;
}

/* read_header: "%PDF-1.7" stands at the very beginning. */
static ens_code read_header(ens__pdf *pdf, ens_err *err)
{
    ens_slice b = pdf->bytes;
    if (ens__find(ens_sub(b, 0, 1024 + 5), ENS_LIT("%PDF-"), 0) == SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE, "this is no PDF", 0);
    if (!ens_starts(b, ENS_LIT("%PDF-")))
        return ens_fail(err, ENS_ESYNTAX, RULE, "bytes stand before the PDF begins", 0);
    if (b.len < 8 || (b.p[5] != '1' && b.p[5] != '2') || b.p[6] != '.' || b.p[7] < '0' || b.p[7] > '9')
        return ens_fail(err, ENS_ESYNTAX, RULE, "the PDF doesn't say its version", 5);
    pdf->version = (unsigned)(b.p[5] - '0') * 10 + (unsigned)(b.p[7] - '0');
    return ENS_OK;
}

/* find_last finds the last place of a word, looking back from the end; SIZE_MAX: there is none. */
static size_t find_last(ens_slice b, const char *word)
{
    size_t len = strlen(word);
    for (size_t at = b.len; at >= len; at--)
        if (b.p[at - len] == (uint8_t)word[0] && memcmp(b.p + at - len, word, len) == 0)
            return at - len;
    return SIZE_MAX;
}

/* read_end: "startxref", an offset, "%%EOF". */
static ens_code read_end(ens__pdf *pdf, ens_err *err)
{
    size_t at = find_last(pdf->bytes, "startxref");
    ens_reader r = ens_read(pdf->bytes);
    uint64_t from;
    if (at == SIZE_MAX)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the PDF has no end: it was cut short", pdf->bytes.len);
    r.at += at + strlen("startxref");
    skip_plain(&r);
    if (!ens__pdf_take_number(&r, &from))
        return ens_fail(err, ENS_ESYNTAX, RULE, "the end of the PDF doesn't say where its cross-references are", at);
    skip_plain(&r);
    if (ens_left(&r) < 5 || memcmp(r.at, "%%EOF", 5) != 0)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the PDF has no end mark", ens_at(&r));
    pdf->startxref = (size_t)from;
    pdf->end = ens_at(&r) + 5;
    pdf->end += ens__pdf_line_end(pdf->bytes, pdf->end);
    return ENS_OK;
}

ens_code ens__pdf_open(ens_slice bytes, ens_arena *arena, ens__pdf *out, ens_err *err)
{
    *out = (ens__pdf){.bytes = bytes, .arena = arena};
    if (bytes.len > ENS_PDF_FILE_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the PDF is larger than is read", 0);
    ens_code code = read_header(out, err);
    if (code == ENS_OK)
        code = read_end(out, err);
    if (code == ENS_OK)
        code = ens__pdf_read_sections(out, err);
    if (code != ENS_OK)
        return code;
    out->trailer = &out->section[0].trailer;
    if (ens__pdf_find(out->trailer, "Encrypt"))
        return ens_fail(err, ENS_EPOLICY, "ISO 32000-2 7.6", "the PDF is encrypted, or protected by a password", 0);
    if (!ens__pdf_get_kind(out, ens__pdf_get(out, out->trailer, "Root"), "Pages", ENS_PDF_DICT))
        return ens_fail(err, ENS_ESYNTAX, "ISO 32000-2 7.7.2", "the PDF has no catalogue, or no pages", 0);
    return ENS_OK;
}

size_t ens__pdf_end_before(const ens__pdf *pdf)
{
    size_t prev = pdf->section[0].prev;
    if (prev == SIZE_MAX)
        return 0;
    for (size_t at = pdf->section[0].from; (at = find_last(ens_sub(pdf->bytes, 0, at), "startxref")) != SIZE_MAX;) {
        ens_reader r = ens_read(pdf->bytes);
        uint64_t from;
        r.at += at + strlen("startxref");
        skip_plain(&r);
        if (!ens__pdf_take_number(&r, &from) || from != prev)
            continue;
        skip_plain(&r);
        if (ens_left(&r) < 5 || memcmp(r.at, "%%EOF", 5) != 0)
            continue;
        size_t end = ens_at(&r) + 5;
        return end + ens__pdf_line_end(pdf->bytes, end);
    }
    return 0;
}
