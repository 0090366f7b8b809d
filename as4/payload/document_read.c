/* Reading a business document, once: by the scanner, or by libxml2 where it is judged against a schema too. */
#include "as4/payload/document.h"

#include "as4/envelope/names.h"
#include "engine/base/gzip.h"
#include "engine/xml/reference/libxml.h"

#define NS_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"
#define RULE_XML "ICS2-HTI 4.2.6"
#define DEPTH_READ 3u /* the root, its children and theirs: deeper ones are read of binary files alone */
#define LENGTHS_READ                                                                                                   \
    ((uint64_t)1 << (sizeof "binaryFile" - 1) | (uint64_t)1 << (sizeof "binaryAttachment" - 1)) /* of local names */
#define BEGINNING ((size_t)1 << 10) /* bytes in which a root nearly always starts */

/* A value being read: its bytes up to the limit. */
typedef struct {
    uint8_t bytes[ENS_VALUE_MAX];
    size_t len;
    ens_slice *to; /* where it goes at the end of the element; NULL: nothing is being read */
    unsigned depth;
} value;

typedef enum { IN_OTHER = 0, IN_ROOT, IN_DECLARANT, IN_MEMBER_STATE, IN_TRANSPORT_DOCUMENT, IN_BINARY_FILE } place;

typedef struct {
    const ens_document_reader *by;
    ens_arena *arena;
    ens_document *out;
    ens_report *report;
    value value;
    place at[ENS_XML_DEPTH_MAX + 1]; /* what the open element of each depth is */
    ens_docreader *tables;           /* NULL: the tables are not asked */
    ens_scan_uri ns;                 /* of the root, by the scanner's number */
    ens_scan_wanted wanted;          /* where no tables are asked */
    bool no_memory;
} reading;

static void begin_read(reading *r, const char *reply, ens_arena *arena, ens_document *out)
{
    *out = (ens_document){.reply = reply};
    r->arena = arena;
    r->out = out;
    r->value.to = NULL;
    r->tables = NULL;
    r->no_memory = false;
    r->wanted = (ens_scan_wanted){.depth = DEPTH_READ, .lengths = LENGTHS_READ};
}

/* begin_tables has the root judged by the tables, and all that follows. */
static void begin_tables(reading *r)
{
    ens_doc_options o = r->by->by_tables;
    o.warn = o.warn || ens_is(r->out->ns, ENS_NS_ICS2_V1);
    r->tables = ens_is(r->out->ns, ENS_NS_ICS2_V1) || ens_is(r->out->ns, ENS_NS_ICS2_V2) ? r->by->tables : NULL;
    if (r->tables)
        ens__docreader_begin(r->tables, &o, r->report);
}

static ens_slice keep_read(reading *r, ens_slice s)
{
    char *text = ens_arena_text(r->arena, s);
    r->no_memory |= !text;
    return ens_bytes(text, text ? s.len : 0);
}

/* is_binary_file: the ICD writes BinaryFile and binaryFile, the message tables binaryAttachment. */
static bool is_binary_file(ens_slice local)
{
    return (local.len == sizeof "binaryFile" - 1 && ens__eq_nocase(local, ENS_LIT("binaryFile"))) ||
           (local.len == sizeof "binaryAttachment" - 1 && ens__eq_nocase(local, ENS_LIT("binaryAttachment")));
}

static place place_of(reading *r, ens_slice local, unsigned depth)
{
    if (depth == 1)
        return IN_ROOT;
    if (is_binary_file(local)) {
        if (r->out->num_files < ENS_PARTS_MAX)
            r->out->file[r->out->num_files] = (ens_binary_file){0};
        r->out->num_files++;
        return IN_BINARY_FILE;
    }
    if (depth != 2)
        return IN_OTHER;
    return ens_eq(local, ENS_LIT("declarant"))                ? IN_DECLARANT
           : ens_eq(local, ENS_LIT("addressedMemberState"))   ? IN_MEMBER_STATE
           : ens_eq(local, ENS_LIT("transportDocument"))      ? IN_TRANSPORT_DOCUMENT
           : ens_eq(local, ENS_LIT("transportDocumentHouse")) ? IN_TRANSPORT_DOCUMENT
                                                              : IN_OTHER;
}

/* value_of tells where the text of an element goes, by its name and its parent. */
static ens_slice *value_of(reading *r, ens_slice local, place parent)
{
    ens_document *d = r->out;
    bool filed = d->num_files > 0 && d->num_files <= ENS_PARTS_MAX;
    const struct {
        place parent;
        ens_slice local;
        ens_slice *to;
    } known[] = {
        {IN_ROOT, ENS_LIT("LRN"), &d->lrn},
        {IN_ROOT, ENS_LIT("MRN"), &d->mrn},
        {IN_ROOT, ENS_LIT("functionalReference"), &d->functional_reference},
        {IN_ROOT, ENS_LIT("specificCircumstanceIndicator"), &d->circumstance},
        {IN_DECLARANT, ENS_LIT("identificationNumber"), &d->declarant},
        {IN_MEMBER_STATE, ENS_LIT("country"), &d->member_state},
        {IN_TRANSPORT_DOCUMENT, ENS_LIT("documentNumber"), &d->transport_document},
        {IN_BINARY_FILE, ENS_LIT("identification"), filed ? &d->file[d->num_files - 1].identification : NULL},
        {IN_BINARY_FILE, ENS_LIT("MIME"), filed ? &d->file[d->num_files - 1].mime : NULL},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].parent == parent && ens_eq(local, known[i].local))
            return known[i].to;
    return NULL;
}

/* want_inside has the scanner give what stands in an element of this depth; want_around what stands around one that
 * ended: all down to DEPTH_READ, and what stands in the innermost binary file that is open. */
static void want_inside(reading *r, unsigned depth)
{
    r->wanted.depth = depth + 1 > DEPTH_READ ? depth + 1 : DEPTH_READ;
}

static void want_around(reading *r, unsigned depth)
{
    r->at[depth] = IN_OTHER;
    while (depth && r->at[depth] != IN_BINARY_FILE)
        depth--;
    want_inside(r, depth);
}

static void start_root(reading *r, ens_slice local, ens_slice ns)
{
    r->out->root = keep_read(r, local);
    r->out->ns = keep_read(r, ns);
    begin_tables(r);
}

/* start: elements of other namespaces than the root's say nothing of ICS2. */
static void start(reading *r, ens_slice local, bool foreign, unsigned depth)
{
    if (foreign) {
        r->at[depth] = IN_OTHER;
        return;
    }
    r->at[depth] = place_of(r, local, depth);
    if (r->at[depth] == IN_BINARY_FILE)
        want_inside(r, depth);
    if (depth == 1 || r->at[depth - 1] == IN_OTHER)
        return;
    ens_slice *to = value_of(r, local, r->at[depth - 1]);
    if (!to)
        return;
    r->out->num_lrn += to == &r->out->lrn;
    r->out->num_mrn += to == &r->out->mrn;
    r->value.to = to;
    r->value.depth = depth;
    r->value.len = 0;
}

static void add(value *v, ens_slice piece)
{
    size_t room = sizeof v->bytes - v->len, n = piece.len < room ? piece.len : room;
    memcpy(v->bytes + v->len, piece.p, n);
    v->len += n;
}

static bool is_wanted(const reading *r, unsigned depth)
{
    return r->value.to && depth == r->value.depth;
}

static void end_read(reading *r, unsigned depth)
{
    if (r->at[depth] == IN_BINARY_FILE)
        want_around(r, depth);
    if (!is_wanted(r, depth))
        return;
    *r->value.to = keep_read(r, ens_bytes(r->value.bytes, r->value.len));
    r->value.to = NULL;
}

/* By libxml2. */
static void on_start(void *user, const ens_xml_element *e, unsigned depth)
{
    reading *r = user;
    ens_slice local = ens_str(e->local), ns = ens_str(e->ns);
    if (depth == 1)
        start_root(r, local, ns);
    bool foreign = !ens_eq(ns, r->out->ns);
    start(r, local, foreign, depth);
    if (!r->tables)
        return;
    ens__docreader_open(r->tables, local, foreign);
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const unsigned char *const *a = e->attributes + 5 * i; /* local, prefix, namespace, value, its end */
        ens__docreader_attribute(r->tables, ens_str((const char *)a[0]),
                                 a[2] && ens_is(ens_str((const char *)a[2]), NS_INSTANCE));
    }
}

static void on_text(void *user, ens_slice piece, unsigned depth)
{
    reading *r = user;
    if (is_wanted(r, depth))
        add(&r->value, piece);
    if (r->tables)
        ens__docreader_text(r->tables, piece);
}

static void on_end(void *user, unsigned depth)
{
    reading *r = user;
    end_read(r, depth);
    if (r->tables)
        ens__docreader_close(r->tables);
}

static const ens_xml_events events = {on_start, on_end, on_text};

/* special_at is the length of what stands for something else at p: a reference, a line end; 0: nothing does. */
static size_t special_at(ens_slice raw, bool cdata)
{
    const uint8_t *semicolon = raw.p[0] == '&' && !cdata ? memchr(raw.p, ';', raw.len) : NULL;
    if (semicolon)
        return (size_t)(semicolon - raw.p) + 1;
    return raw.p[0] == '\r' ? 1 + (raw.len > 1 && raw.p[1] == '\n') : 0;
}

/* give_raw hands on what a text or a section means. */
static void give_raw(reading *r, ens_slice raw, bool cdata, unsigned depth)
{
    while (raw.len && (r->tables || r->value.len < sizeof r->value.bytes)) {
        size_t special = special_at(raw, cdata), plain = !special;
        while (!special && plain < raw.len && raw.p[plain] != '\r' && (cdata || raw.p[plain] != '&'))
            plain++;
        uint8_t room[4];
        ens_buf meant;
        ens_buf_init(&meant, room, sizeof room, sizeof room);
        ens__scan_text(ens_sub(raw, 0, special), false, &meant);
        on_text(r, special ? ens_buf_slice(&meant) : ens_sub(raw, 0, plain), depth);
        raw = ens_from(raw, special + plain);
    }
}

static void text_event(reading *r, const ens_scan_event *e)
{
    if (!is_wanted(r, e->depth) && !r->tables)
        return;
    if (e->kind == ENS_SCAN_CDATA)
        give_raw(r, ens_sub(e->raw, 9, e->raw.len - 3), true, e->depth);
    else if (e->plain)
        on_text(r, e->raw, e->depth);
    else
        give_raw(r, e->raw, false, e->depth);
}

static void start_event(reading *r, const ens_scan *scan, const ens_scan_event *e)
{
    ens_slice local = ens__scan_local(e->name, e->prefix_len);
    if (e->depth == 1) {
        start_root(r, local, ens__scan_uri_text(scan, e->ns));
        r->ns = e->ns;
    }
    bool foreign = e->ns != r->ns;
    start(r, local, foreign, e->depth);
    if (!r->tables)
        return;
    ens__docreader_open(r->tables, local, foreign);
    for (unsigned i = 0; i < e->num_attributes; i++) {
        const ens_scan_attribute *a = &e->attribute[i];
        ens__docreader_attribute(r->tables, ens__scan_local(a->name, a->prefix_len),
                                 a->ns != ENS_SCAN_NO_NS && ens_is(ens__scan_uri_text(scan, a->ns), NS_INSTANCE));
    }
}

/* next_event leaves out what only the tables would look at. */
static ens_code next_event(ens_scan *scan, reading *r, ens_scan_event *e)
{
    if (r->tables)
        return ens__scan_next(scan, e, NULL);
    r->wanted.texts = r->value.to != NULL;
    return ens__scan_next_wanted(scan, &r->wanted, e, NULL);
}

/* scan_all reads a document that the scanner has begun. */
static ens_code scan_all(ens_scan *scan, reading *r)
{
    ens_scan_event e = {0};
    ens_code code;
    while ((code = next_event(scan, r, &e)) == ENS_OK && e.kind != ENS_SCAN_EOF) {
        if (e.kind == ENS_SCAN_START)
            start_event(r, scan, &e);
        else if (e.kind == ENS_SCAN_END)
            on_end(r, e.depth);
        else if (e.kind == ENS_SCAN_TEXT || e.kind == ENS_SCAN_CDATA)
            text_event(r, &e);
    }
    return code;
}

/* tell_unread names why a document could not be read, and what usually makes it so. */
static void tell_unread(ens_slice text, const char *reply, ens_code code, const ens_err *err, ens_report *report)
{
    const char *hint = "check the document with an XML parser before it is sent";
    if (ens_starts(text, ENS_LIT("\x1F\x8B")))
        hint = "the document is still compressed: compress it once, and say so in CompressionType";
    else if (code == ENS_EPOLICY)
        hint = "send UTF-8 without a document type declaration";
    else if (code == ENS_ELIMIT)
        hint = "no ICS2 message needs elements this deep, or names this many";
    bool mislabelled = ens__libxml_mislabelled(text);
    ens_finding *f = mislabelled ? ens__failf(report, "payload.document", RULE_XML,
                                              "declare the document as UTF-8, or declare no encoding",
                                              "the document " ENS_XML_MISLABELLED)
                                 : ens__failf(report, "payload.document", RULE_XML, hint, "the document %s%s%s",
                                              err->frame[0].what, err->text[0] ? ": " : "", err->text);
    f->code = reply;
    f->document_fault = true;
    f->at = err->frame[0].at ? err->frame[0].at : SIZE_MAX;
}

/* conclude says what became of the reading. */
static void conclude(const reading *r, ens_slice text, ens_code code, const ens_err *err, ens_report *report)
{
    r->out->read = code == ENS_OK && !r->no_memory;
    r->out->by_tables = r->tables != NULL;
    if (r->tables && r->out->read)
        ens__docreader_end(r->tables);
    else if (r->tables)
        ens__docreader_drop(r->tables);
    if (code == ENS_ENOMEM || r->no_memory)
        ens__skip(report, "payload.document", RULE_XML, true, "out of memory while reading the document");
    else if (code == ENS_OK)
        ens__pass(report, "payload.document", RULE_XML);
    else
        tell_unread(text, r->out->reply, code, err, report);
}

static ens_code scan_text(ens_scan *scan, ens_slice text, reading *r)
{
    ens__scan_begin(scan, text);
    return scan_all(scan, r);
}

/* What the scanner refuses libxml2 explains, with the line; and it has the last word where the scanner has narrower
 * limits. */
void ens__document_read(ens_document_reader by, ens_slice text, xmlSchemaValidCtxtPtr validator, ens_arena *arena,
                        ens_document *out, ens_report *report)
{
    reading r = {.by = &by, .report = report};
    ens_err err = {0};
    by.by_tables.input = text;
    begin_read(&r, by.by_tables.reply, arena, out);
    ens_code code = validator || !by.scan ? ENS_EPOLICY : scan_text(by.scan, text, &r);
    if (code != ENS_OK) {
        if (r.tables)
            ens__docreader_drop(r.tables);
        begin_read(&r, by.by_tables.reply, arena, out);
        code = ens__xmlstream_run(by.xml, text, &events, &r, validator, &err);
    }
    conclude(&r, text, code, &err, report);
}

/* A document that is inflated while it is read. */
typedef struct {
    ens_inflater *inflater;
    size_t size;   /* so far */
    ens_code code; /* of the inflation … */
    ens_err *err;  /* … and why */
} inflation;

static ens_code give(void *user, uint8_t *to, size_t room, size_t *num)
{
    inflation *f = user;
    f->code = ens__inflater_next(f->inflater, to, room, num, f->err);
    f->size += f->code == ENS_OK ? *num : 0;
    return f->code;
}

/* inflate_rest inflates what was not read, for whether it can be. */
static void inflate_rest(inflation *f)
{
    uint8_t piece[8 << 10];
    size_t n = 1;
    while (f->code == ENS_OK && n)
        (void)give(f, piece, sizeof piece, &n);
}

/* scan_packed reads by the scanner, which answers *scanned. */
static ens_code scan_packed(ens_slice gzip, size_t max, reading *r, size_t *size, ens_code *scanned, ens_err *err)
{
    inflation f = {.inflater = ens__inflater_open(gzip, max, NULL), .err = err};
    if (!f.inflater)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory while inflating", 0);
    ens__scan_begin_pieces(r->by->scan, give, &f);
    *scanned = scan_all(r->by->scan, r);
    inflate_rest(&f);
    ens__inflater_close(f.inflater);
    *size = f.size;
    return f.code;
}

static ens_code feed(void *user, ens_slice piece)
{
    return ens__xmlstream_feed(user, piece) ? ENS_OK : ENS_ESYNTAX;
}

/* stream_packed reads by libxml2 what can be inflated, as was found before. */
static ens_code stream_packed(ens_slice gzip, size_t max, reading *r, xmlSchemaValidCtxtPtr validator, ens_err *err)
{
    size_t size;
    ens_code code = ens__xmlstream_begin(r->by->xml, &events, r, validator, err);
    if (code != ENS_OK)
        return code;
    ens_code inflated = ens__inflate_pieces(gzip, max, feed, r->by->xml, &size, NULL);
    code = ens__xmlstream_end(r->by->xml, err);
    return inflated == ENS_ENOMEM || (inflated != ENS_OK && code == ENS_OK) ? ENS_ENOMEM : code;
}

static ens_code pass_over(void *user, ens_slice piece)
{
    (void)user, (void)piece;
    return ENS_OK;
}

ens_code ens__document_read_packed(ens_document_reader by, ens_slice gzip, size_t max, xmlSchemaValidCtxtPtr validator,
                                   ens_arena *arena, ens_document *out, ens_report *report, size_t *size, ens_err *err)
{
    reading r = {.by = &by, .report = report};
    ens_err why = {0};
    ens_code code = ENS_EPOLICY, inflated;
    by.by_tables.input = (ens_slice){0};
    begin_read(&r, by.by_tables.reply, arena, out);
    if (validator || !by.scan)
        inflated = ens__inflate_pieces(gzip, max, pass_over, NULL, size, err);
    else
        inflated = scan_packed(gzip, max, &r, size, &code, err);
    if (r.tables && (code != ENS_OK || inflated != ENS_OK))
        ens__docreader_drop(r.tables);
    if (inflated != ENS_OK) {
        *out = (ens_document){0};
        return inflated;
    }
    if (code != ENS_OK) {
        begin_read(&r, by.by_tables.reply, arena, out);
        code = stream_packed(gzip, max, &r, validator, &why);
    }
    conclude(&r, (ens_slice){0}, code, &why, report);
    return ENS_OK;
}

static ens_code find_root(ens_scan *scan, ens_slice text, ens_scan_event *e, ens_err *err)
{
    ens_code code;
    ens__scan_begin(scan, text);
    do
        code = ens__scan_next(scan, e, err);
    while (code == ENS_OK && e->kind != ENS_SCAN_START);
    return code;
}

void ens__document_read_root(ens_scan *scan, ens_slice text, const char *reply, ens_arena *arena, ens_document *out,
                             ens_report *report)
{
    reading r;
    ens_scan_event e;
    ens_err err = {0};
    begin_read(&r, reply, arena, out);
    ens_code code = find_root(scan, ens_sub(text, 0, BEGINNING), &e, NULL);
    if (code != ENS_OK)
        code = find_root(scan, text, &e, &err);
    if (code != ENS_OK) {
        tell_unread(text, reply, code, &err, report);
        return;
    }
    out->root = keep_read(&r, ens__scan_local(e.name, e.prefix_len));
    out->ns = keep_read(&r, ens__scan_uri_text(scan, e.ns));
    ens__skip(report, "payload.document", RULE_XML, r.no_memory,
              r.no_memory ? "out of memory while reading the document"
                          : "only the root element was read, as was asked for");
}
