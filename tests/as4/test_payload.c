#include "as4/envelope/names.h"
#include "as4/payload/payload.h"
#include "engine/base/digest.h"
#include "engine/base/gzip.h"
#include "tests/as4/naive.h"
#include "tests/as4/sample.h"
#include "tests/fuzz/deflate_maker.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const ens_finding *finding(const ens_report *r, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(r); i++) {
        const ens_finding *f = ens_report_get(r, i);
        if (f->outcome == outcome && strcmp(f->id, id) == 0)
            return f;
    }
    return NULL;
}

static const ens_finding *first_failure(const ens_report *r)
{
    for (size_t i = 0; i < ens_report_num(r); i++)
        if (ens_report_get(r, i)->outcome == ENS_FAIL && ens__in_family(ens_report_get(r, i), "payload"))
            return ens_report_get(r, i);
    return NULL;
}

static bool is_code(const ens_finding *f, const char *code)
{
    return f && f->code && strcmp(f->code, code) == 0;
}

/* One worker for all cases: what a message leaves behind must not reach the next one. */
typedef struct {
    ens__payload_ctx *ctx;
    ens_payloads payloads;
} worker;

static worker *worker_new(void)
{
    worker *w = calloc(1, sizeof *w);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    w->ctx = ens__payload_ctx_new();
    ens__payloads_init(&w->payloads);
    return w;
}

static void worker_free(worker *w)
{
    ens__payloads_clear(&w->payloads);
    ens__payload_ctx_free(w->ctx);
    free(w);
}

/* The tables judge in a suite of their own. */
static const ens__payload_options strict = {.documents = ENS_DOCUMENTS_OFF};
static worker *shared_worker;

/* What is accepted has no fault; what is refused in the family "payload" has one with the sheet's code. */
static void check_sheet_row(const char *folder, const sheet_row *row)
{
    char path[512];
    snprintf(path, sizeof path, "%s/messages/%.*s", folder, (int)row->file.len, (const char *)row->file.p);
    bool accepted = ens_is(row->verdict, "accepted"), payload = ens_is(row->family, "payload");
    sample *s = accepted || payload ? sample_read(path) : NULL;
    if (s && s->header.kind == ENS_KIND_USER_MESSAGE) {
        ens__payload_judge(shared_worker->ctx, &s->header, &s->mime, &strict, &s->arena, &shared_worker->payloads,
                           s->report);
        const ens_finding *f = first_failure(s->report);
        if (accepted)
            CHECK_ROW(!f, "%s: %s: %s", path, f ? f->id : "", ens_detail(f));
        else
            CHECK_ROW(f && f->code && f->hint &&
                          (ens_is(row->ebms, "none") || ens_is(row->ebms, "-") ? is_code(f, "IE3N99")
                                                                               : ens_is(row->ebms, f->code)),
                      "%s: %s %s", path, f ? f->id : "no fault", f && f->code ? f->code : "");
    }
    sample_free(s);
}

static void agrees_with_the_answer_sheets(void)
{
    if (!ens_shared("data/messages"))
        return;
    shared_worker = worker_new();
    CU_ASSERT_TRUE(sheet_each("ics2", check_sheet_row) > 100);
    CU_ASSERT_TRUE(sheet_each("cxf", check_sheet_row) > 5);
    worker_free(shared_worker);
}

/* What the naive reader finds in the file is what is delivered, in the order of the header, and so are the document's
 * own words. */
static void check_delivered(const ens_payloads *payloads, ens_slice message, const char *file, unsigned item,
                            const char *cid)
{
    const ens_delivery *p = &payloads->item[item];
    size_t len = 0;
    char *sent = naive_document(message, cid, &len);
    CHECK_ROW(len > 0 && ens_is(p->cid, cid) && ens_eq(p->bytes, ens_bytes(sent, len)), "%s: %.*s, %zu bytes, not %zu",
              file, (int)p->cid.len, (const char *)p->cid.p, p->bytes.len, len);
    free(sent);
}

static void check_document(const ens_document *d, ens_slice message, const char *file)
{
    size_t len = 0;
    char *text = naive_document(message, "message", &len), lrn[64], mrn[64];
    naive_between(text, "<LRN>", "</LRN>", lrn, sizeof lrn);
    naive_between(text, "<MRN>", "</MRN>", mrn, sizeof mrn);
    CHECK_ROW(*lrn || *mrn, "%s has neither LRN nor MRN", file);
    CHECK_ROW(ens_is(d->lrn, lrn) && ens_is(d->mrn, mrn), "%s: LRN %.*s", file, (int)d->lrn.len,
              (const char *)d->lrn.p);
    free(text);
}

static void delivers_what_was_sent(void)
{
    static const struct {
        const char *file;
        unsigned num, item;
        const char *cid;
    } rows[] = {
        {"f26-two-attachments.mime", 3, 0, "message"}, {"f26-two-attachments.mime", 3, 1, "photo-1"},
        {"mime-parts-shuffled.mime", 3, 1, "photo-1"}, {"mime-parts-shuffled.mime", 3, 2, "photo-2"},
        {"uncompressed-xml.mime", 1, 0, "message"},    {"payload-two-gzip-members.mime", 1, 0, "message"},
        {"mime-base64-part.mime", 2, 0, "message"},    {"q04.mime", 1, 0, "message"},
    };
    worker *w = worker_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[256];
        snprintf(path, sizeof path, "ics2/messages/%s", rows[i].file);
        sample *s = sample_read(path);
        if (!s)
            break;
        ens__payload_judge(w->ctx, &s->header, &s->mime, &strict, &s->arena, &w->payloads, s->report);
        CHECK_ROW(w->payloads.num == rows[i].num, "%s: %u parts", rows[i].file, w->payloads.num);
        check_delivered(&w->payloads, s->file.bytes, rows[i].file, rows[i].item, rows[i].cid);
        check_document(&w->payloads.document, s->file.bytes, rows[i].file);
        sample_free(s);
    }
    worker_free(w);
}

/* A message made here: one document, compressed or not, and perhaps one attachment. */
typedef struct {
    ens_header h;
    ens_mime m;
    ens_buf body;
} made;

static void pack(ens_slice text, ens_buf *out)
{
    ens_gzip *z = ens__gzip_new();
    CU_ASSERT_EQUAL(ens__gzip_compress(z, text, out, NULL), ENS_OK);
    ens__gzip_free(z);
}

static made *make(const char *action, const char *agreement, ens_slice document, bool compressed, bool attached)
{
    made *k = calloc(1, sizeof *k);
    CU_ASSERT_PTR_NOT_NULL_FATAL(k);
    ens_buf_init(&k->body, NULL, 0, SIZE_MAX);
    if (compressed)
        pack(document, &k->body);
    else
        ens_buf_put(&k->body, document);
    k->h.kind = ENS_KIND_USER_MESSAGE;
    k->h.action = ens_str(action);
    k->h.agreement = ens_str(agreement);
    k->h.has_payload_info = true;
    k->h.part[0] = (ens_part_info){.href = ENS_LIT("cid:m"),
                                   .cid = ENS_LIT("m"),
                                   .mime_type = ENS_LIT("application/xml"),
                                   .compression = compressed ? ENS_LIT("application/gzip") : (ens_slice){0}};
    k->h.part[1] =
        (ens_part_info){.href = ENS_LIT("cid:p"), .cid = ENS_LIT("p"), .mime_type = ENS_LIT("application/pdf")};
    k->h.num_parts = attached ? 2 : 1;
    k->m.part[0] = (ens_mime_part){.content_id = ENS_LIT("m"), .body = ens_buf_slice(&k->body)};
    k->m.part[1] = (ens_mime_part){.content_id = ENS_LIT("p"), .body = ENS_LIT("%PDF-1.4")};
    k->m.num_parts = attached ? 2 : 1;
    return k;
}

static void made_free(made *k)
{
    ens_buf_free(&k->body);
    free(k);
}

typedef struct {
    ens_arena arena;
    ens_report *report;
} verdict;

static verdict judge_by(worker *w, const made *k, ens_documents documents, const char *xsd_dir)
{
    verdict v = {.report = ens_report_new()};
    ens_arena_init(&v.arena, (size_t)1 << 20);
    ens__payload_options o = {.xsd_dir = xsd_dir, .documents = documents};
    ens__payload_judge(w->ctx, &k->h, &k->m, &o, &v.arena, &w->payloads, v.report);
    return v;
}

static verdict judge(worker *w, const made *k, const char *xsd_dir)
{
    return judge_by(w, k, ENS_DOCUMENTS_OFF, xsd_dir);
}

static void verdict_free(verdict *v)
{
    ens_report_free(v->report);
    ens_arena_free(&v->arena);
}

#define V1 "EU-ICS2-TI-V1.0"
#define V2 "EU-ICS2-TI-V2.0"
#define NS1 " xmlns=\"urn:wco:datamodel:WCO:CIS:1\""
#define NS2 " xmlns=\"urn:wco:datamodel:eu:ics2:2\""
#define FILE_P "<binaryAttachment><identification>p</identification><MIME>application/pdf</MIME></binaryAttachment>"
#define LRN "<LRN>L-1</LRN>"

/* code NULL: not refused. */
static const struct {
    const char *what, *action, *agreement, *document;
    bool attached;
    const char *id;
    ens_outcome outcome;
    const char *code;
} rows[] = {
    {"a filing", "IE3F26", V2, "<IE3F26" NS2 ">" LRN "</IE3F26>", false, "payload.reference", ENS_PASS, NULL},
    {"a filing of version 1", "IE3F26", V1, "<IE3F26" NS1 ">" LRN "</IE3F26>", false, "payload.namespace", ENS_PASS,
     NULL},
    {"with prefixes", "IE3F26", V2, "<i:IE3F26 xmlns:i='urn:wco:datamodel:eu:ics2:2'><i:LRN>L-1</i:LRN></i:IE3F26>",
     false, "payload.reference", ENS_PASS, NULL},
    {"with a byte order mark", "IE3F26", V2,
     "\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?><IE3F26" NS2 ">" LRN "</IE3F26>", false, "payload.document",
     ENS_PASS, NULL},
    {"an amendment", "IE3A26", V2, "<IE3A26" NS2 "><MRN>26FRTEST00000042T2</MRN></IE3A26>", false, "payload.reference",
     ENS_PASS, NULL},
    {"an MRN with a wrong check digit", "IE3A26", V2, "<IE3A26" NS2 "><MRN>26FRTEST00000042T3</MRN></IE3A26>", false,
     "payload.reference", ENS_WARN, NULL},
    {"a query by transport document", "IE3Q05", V2,
     "<IE3Q05" NS2 "><transportDocument><documentNumber>B1</documentNumber></transportDocument></IE3Q05>", false,
     "payload.reference", ENS_PASS, NULL},
    {"a reply by MRN", "IE3R01", V2, "<IE3R01" NS2 "><MRN>26FRTEST00000042T2</MRN></IE3R01>", false,
     "payload.reference", ENS_PASS, NULL},
    {"a reply by nothing", "IE3R01", V2, "<IE3R01" NS2 "/>", false, "payload.reference", ENS_WARN, NULL},
    {"an attachment that is named", "IE3F26", V2, "<IE3F26" NS2 ">" LRN FILE_P "</IE3F26>", true, "payload.attachments",
     ENS_PASS, NULL},
    {"an attachment that is named deep inside, in capitals, as cid:", "IE3F26", V2,
     "<IE3F26" NS2 ">" LRN
     "<a><b><c><BinaryFile><identification>cid:p</identification></BinaryFile></c></b></a></IE3F26>",
     true, "payload.attachments", ENS_PASS, NULL},
    {"an attachment that is named with blanks around", "IE3F26", V2,
     "<IE3F26" NS2 ">" LRN "<binaryFile><identification> p </identification></binaryFile></IE3F26>", true,
     "payload.attachments", ENS_WARN, NULL},
    {"an attachment of another type", "IE3F26", V2,
     "<IE3F26" NS2 ">" LRN
     "<binaryFile><identification>p</identification><MIME>image/jpeg</MIME></binaryFile></IE3F26>",
     true, "payload.attachments", ENS_WARN, NULL},
    {"another circumstance", "IE3F26", V2,
     "<IE3F26" NS2 ">" LRN "<specificCircumstanceIndicator>F28</specificCircumstanceIndicator></IE3F26>", false,
     "payload.circumstance", ENS_WARN, NULL},
    {"another agreement", "IE3F26", "x", "<IE3F26" NS2 ">" LRN "</IE3F26>", false, "payload.namespace", ENS_SKIP, NULL},

    {"not well-formed", "IE3F26", V2, "<IE3F26" NS2 ">" LRN, false, "payload.document", ENS_FAIL, "IE3N99"},
    {"empty", "IE3F26", V2, "", false, "payload.document", ENS_FAIL, "IE3N99"},
    {"no XML", "IE3F26", V2, "UNB+UNOA:1", false, "payload.document", ENS_FAIL, "IE3N99"},
    {"a document type", "IE3F26", V2, "<!DOCTYPE x><IE3F26" NS2 ">" LRN "</IE3F26>", false, "payload.document",
     ENS_FAIL, "IE3N99"},
    {"Latin-1 declared", "IE3F26", V2, "<?xml version='1.0' encoding='ISO-8859-1'?><IE3F26" NS2 ">" LRN "</IE3F26>",
     false, "payload.document", ENS_FAIL, "IE3N99"},
    {"Latin-1 undeclared", "IE3F26", V2, "<IE3F26" NS2 ">" LRN "<a>\xE9</a></IE3F26>", false, "payload.document",
     ENS_FAIL, "IE3N99"},
    {"compressed twice", "IE3F26", V2, "\x1F\x8B\x08\x01rest", false, "payload.document", ENS_FAIL, "IE3N99"},
    {"another root", "IE3F26", V2, "<IE3F28" NS2 ">" LRN "</IE3F28>", false, "payload.root", ENS_FAIL, "IE3N99"},
    {"root in lower case", "IE3F26", V2, "<ie3f26" NS2 ">" LRN "</ie3f26>", false, "payload.root", ENS_FAIL, "IE3N99"},
    {"namespace of the other version", "IE3F26", V1, "<IE3F26" NS2 ">" LRN "</IE3F26>", false, "payload.namespace",
     ENS_FAIL, "IE3N99"},
    {"no namespace", "IE3F26", V2, "<IE3F26>" LRN "</IE3F26>", false, "payload.namespace", ENS_FAIL, "IE3N99"},
    {"no LRN", "IE3F26", V2, "<IE3F26" NS2 "><MRN>26FRTEST00000042T2</MRN></IE3F26>", false, "payload.reference",
     ENS_FAIL, "IE3N99"},
    {"LRN in another place", "IE3F26", V2, "<IE3F26" NS2 "><a>" LRN "</a></IE3F26>", false, "payload.reference",
     ENS_FAIL, "IE3N99"},
    {"LRN empty", "IE3F26", V2, "<IE3F26" NS2 "><LRN/></IE3F26>", false, "payload.reference", ENS_FAIL, "IE3N99"},
    {"LRN of 23 characters", "IE3F26", V2, "<IE3F26" NS2 "><LRN>12345678901234567890123</LRN></IE3F26>", false,
     "payload.reference", ENS_FAIL, "IE3N99"},
    {"LRN of 22 characters and 44 bytes", "IE3F26", V2,
     "<IE3F26" NS2 "><LRN>\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
     "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9</LRN></IE3F26>",
     false, "payload.reference", ENS_PASS, NULL},
    {"LRN of another namespace", "IE3F26", V2, "<IE3F26" NS2 "><x:LRN xmlns:x='urn:x'>L-1</x:LRN></IE3F26>", false,
     "payload.reference", ENS_FAIL, "IE3N99"},
    {"US-ASCII declared, and not kept to", "IE3F26", V2,
     "<?xml version='1.0' encoding='US-ASCII'?><IE3F26" NS2 ">" LRN "<a>\xC3\xA9</a></IE3F26>", false,
     "payload.document", ENS_FAIL, "IE3N99"},
    {"LRN with a blank in front", "IE3F26", V2, "<IE3F26" NS2 "><LRN> 1</LRN></IE3F26>", false, "payload.reference",
     ENS_FAIL, "IE3N99"},
    {"LRN with a control character of ISO 6429", "IE3F26", V2, "<IE3F26" NS2 "><LRN>L\xC2\x85-1</LRN></IE3F26>", false,
     "payload.reference", ENS_FAIL, "IE3N99"},
    {"LRN with a blank that doesn't break", "IE3F26", V2, "<IE3F26" NS2 "><LRN>L\xC2\xA0-1</LRN></IE3F26>", false,
     "payload.reference", ENS_PASS, NULL},
    {"two LRNs", "IE3F26", V2, "<IE3F26" NS2 ">" LRN LRN "</IE3F26>", false, "payload.reference", ENS_FAIL, "IE3N99"},
    {"no MRN", "IE3Q05", V2, "<IE3Q05" NS2 ">" LRN "</IE3Q05>", false, "payload.reference", ENS_FAIL, "IE3N99"},
    {"MRN of another shape", "IE3A26", V2, "<IE3A26" NS2 "><MRN>26fr</MRN></IE3A26>", false, "payload.reference",
     ENS_FAIL, "IE3N99"},
    {"an attachment that is not named", "IE3F26", V2, "<IE3F26" NS2 ">" LRN "</IE3F26>", true, "payload.attachments",
     ENS_FAIL, "IE3N99"},
    {"an attachment that is named twice", "IE3F26", V2, "<IE3F26" NS2 ">" LRN FILE_P FILE_P "</IE3F26>", true,
     "payload.attachments", ENS_FAIL, "IE3N99"},
    {"a name without attachment", "IE3F26", V2, "<IE3F26" NS2 ">" LRN FILE_P "</IE3F26>", false, "payload.attachments",
     ENS_FAIL, "IE3N99"},
};

static void documents_are_judged_by_the_rules(void)
{
    worker *w = worker_new();
    for (size_t i = 0; i < 2 * (sizeof rows / sizeof *rows); i++) {
        size_t n = i / 2;
        made *k = make(rows[n].action, rows[n].agreement, ens_str(rows[n].document), i % 2, rows[n].attached);
        verdict v = judge(w, k, NULL);
        const ens_finding *f = finding(v.report, rows[n].id, rows[n].outcome);
        CHECK_ROW(f && f->rule, "%s: no %s %s", rows[n].what, ens_outcome_name(rows[n].outcome), rows[n].id);
        const ens_finding *bad = first_failure(v.report);
        CHECK_ROW((bad != NULL) == (rows[n].code != NULL), "%s: %s", rows[n].what, ens_detail(bad));
        if (rows[n].code)
            CHECK_ROW(is_code(f, rows[n].code) && f->hint && f->seen, "%s: code %s", rows[n].what,
                      f && f->code ? f->code : "none");
        verdict_free(&v);
        made_free(k);
    }
    worker_free(w);
}

static void parts_are_found_and_inflated_or_refused(void)
{
    worker *w = worker_new();
    made *k = make("IE3F26", V2, ENS_LIT("<IE3F26" NS2 ">" LRN FILE_P "</IE3F26>"), true, true);
    k->m.num_parts = 1;
    verdict v = judge(w, k, NULL);
    CU_ASSERT_TRUE(is_code(finding(v.report, "payload.part", ENS_FAIL), "EBMS:0007"));
    CU_ASSERT_EQUAL(w->payloads.num, 1);
    verdict_free(&v);
    k->m.num_parts = 2;
    k->m.part[0].body.len -= 3;
    v = judge(w, k, NULL);
    CU_ASSERT_TRUE(is_code(finding(v.report, "payload.inflate", ENS_FAIL), "EBMS:0303"));
    CU_ASSERT_EQUAL(w->payloads.num, 1);
    CU_ASSERT_TRUE(ens_is(w->payloads.item[0].cid, "p"));
    verdict_free(&v);
    k->m.part[0].body.len += 3;
    k->h.num_parts = 1;
    v = judge(w, k, NULL);
    CU_ASSERT_PTR_NOT_NULL(finding(v.report, "payload.part", ENS_WARN));
    verdict_free(&v);
    k->m.part[1].body = ENS_LIT("no PDF");
    k->h.num_parts = 2;
    v = judge(w, k, NULL);
    CU_ASSERT_PTR_NOT_NULL(finding(v.report, "payload.file", ENS_WARN));
    CU_ASSERT_PTR_NULL(first_failure(v.report));
    verdict_free(&v);
    made_free(k);
    worker_free(w);
}

/* A Domibus inflates by zlib, which refuses what lax readers take. */
static void parts_that_zlib_refuses_are_refused(void)
{
    worker *w = worker_new();
    made *k = make(ENS_TEST_ACTION, V2, ENS_LIT("<any/>"), true, false);
    ens_buf plain;
    unsigned faults = 0;
    k->h.service = ENS_LIT(ENS_TEST_SERVICE);
    ens_buf_init(&plain, NULL, 0, SIZE_MAX);
    for (uint32_t i = 0; faults < 200; i++) {
        size_t first;
        k->body.len = plain.len = 0;
        deflate_fault fault = deflate_make((const uint8_t *)&i, sizeof i, &k->body, &plain, &first);
        if (fault == DEFLATE_FLIP)
            continue;
        k->m.part[0].body = ens_buf_slice(&k->body);
        verdict v = judge(w, k, NULL);
        const ens_finding *f = finding(v.report, "payload.inflate", ENS_FAIL);
        CHECK_ROW(fault == DEFLATE_NONE ? !f : is_code(f, "EBMS:0303"), "%s", deflate_fault_text(fault));
        faults += fault != DEFLATE_NONE;
        verdict_free(&v);
    }
    ens_buf_free(&plain);
    made_free(k);
    worker_free(w);
}

static void a_ping_delivers_nothing(void)
{
    worker *w = worker_new();
    made *k = make(ENS_TEST_ACTION, V2, ENS_LIT("<any/>"), true, false);
    k->h.service = ENS_LIT(ENS_TEST_SERVICE);
    verdict v = judge(w, k, NULL);
    CU_ASSERT_EQUAL(w->payloads.num, 0);
    CU_ASSERT_PTR_NULL(first_failure(v.report));
    CU_ASSERT_PTR_NOT_NULL(finding(v.report, "payload.inflate", ENS_PASS));
    verdict_free(&v);
    made_free(k);
    worker_free(w);
}

static ens_buf large_document(size_t size)
{
    ens_buf doc;
    ens_buf_init(&doc, NULL, 0, 2 * size);
    ens_buf_text(&doc, "<IE3F26" NS2 ">" LRN);
    for (unsigned i = 0; doc.len < size; i++)
        ens_buf_printf(&doc, "<goodsItem><number>%u</number><text>%x</text></goodsItem>", i, i * 2654435761u);
    ens_buf_text(&doc, "</IE3F26>");
    return doc;
}

static ens_code put_into(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return piece.len <= ENS_INFLATE_PIECE ? ENS_OK : ENS_ELIMIT;
}

static void large_documents_are_held_no_longer_than_they_are_small(void)
{
    static const size_t sizes[] = {ENS_HELD_MAX - (1 << 20), ENS_HELD_MAX + 1};
    worker *w = worker_new();
    for (unsigned i = 0; i < 2; i++) {
        ens_buf doc = large_document(sizes[i]), back;
        ens_buf_init(&back, NULL, 0, doc.len);
        made *k = make("IE3F26", V2, ens_buf_slice(&doc), true, false);
        verdict v = judge(w, k, NULL);
        const ens_delivery *d = &w->payloads.item[0];
        CU_ASSERT_PTR_NULL(first_failure(v.report));
        CU_ASSERT_TRUE(d->size == doc.len && d->bytes.len == (i ? 0 : doc.len) &&
                       d->packed.len == (i ? k->body.len : 0));
        CU_ASSERT_TRUE(w->payloads.document.read && ens_eq(ens_str("L"), ens_sub(w->payloads.document.lrn, 0, 1)));
        CU_ASSERT_TRUE(!i || w->payloads.inflated[0].cap == 0);
        CU_ASSERT_TRUE(!i || (ens_delivery_put(d, put_into, &back, NULL) == ENS_OK &&
                              ens_eq(ens_buf_slice(&back), ens_buf_slice(&doc))));
        verdict_free(&v);
        made_free(k);
        ens_buf_free(&doc), ens_buf_free(&back);
    }
    worker_free(w);
}

static void large_documents_are_judged_like_small_ones(void)
{
    worker *w = worker_new();
    ens_buf doc = large_document(ENS_HELD_MAX + 1);
    memcpy(doc.p + doc.len - 3, "X>>", 3); /* the end tag matches no more */
    made *k = make("IE3F26", V2, ens_buf_slice(&doc), true, false);
    verdict v = judge(w, k, NULL);
    const ens_finding *f = finding(v.report, "payload.document", ENS_FAIL);
    CU_ASSERT_TRUE(is_code(f, "IE3N99") && strstr(ens_detail(f), "mismatch"));
    verdict_free(&v);
    k->body.len -= 100;
    k->m.part[0].body = ens_buf_slice(&k->body);
    v = judge(w, k, NULL);
    CU_ASSERT_TRUE(is_code(finding(v.report, "payload.inflate", ENS_FAIL), "EBMS:0303"));
    verdict_free(&v);
    made_free(k);
    ens_buf_free(&doc);
    worker_free(w);
}

#define TEN(piece) piece piece piece piece piece piece piece piece piece piece
#define DEEP TEN(TEN("<e>"))

/* What stands before the root, in the middle of a document, and at its end; and what is done to the gzip. */
static const struct {
    const char *what, *front, *middle, *end;
    bool cut, altered, more, attached;
    const char *member; /* what another one inflates to, or NULL */
} divided_rows[] = {
    {"nothing wrong", "", "", "</IE3F26>", false, false, false, false, NULL},
    {"another end tag", "", "", "</IE3F27>", false, false, false, false, NULL},
    {"malformed in the middle", "", "<a></b>", "</IE3F26>", false, false, false, false, NULL},
    {"no UTF-8 in the middle", "", "<a>\xC3(</a>", "</IE3F26>", false, false, false, false, NULL},
    {"another encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>", "", "</IE3F26>", false, false, false, false,
     NULL},
    {"a document type", "<!DOCTYPE a>", "", "</IE3F26>", false, false, false, false, NULL},
    {"too deep", "", DEEP, "</IE3F26>", false, false, false, false, NULL},
    {"a second LRN and names that go", "", "<LRN>2</LRN><p:a xmlns:p='urn:p'/><p:a/>", "</IE3F26>", false, false, false,
     false, NULL},
    {"two LRNs", "", "<LRN>2</LRN>", "<x:y xmlns:x='urn:x'><LRN/></x:y></IE3F26>", false, false, false, false, NULL},
    {"a file that is not attached", "", "<binaryFile><identification>q</identification></binaryFile>", "</IE3F26>",
     false, false, false, false, NULL},
    {"an attachment that is not named", "", "", "</IE3F26>", false, false, false, true, NULL},
    {"cut short", "", "", "</IE3F26>", true, false, false, true, NULL},
    {"another CRC", "", "", "</IE3F26>", false, true, false, false, NULL},
    {"more behind", "", "", "</IE3F26>", false, false, true, false, NULL},
    {"another CRC, and malformed", "", "<a></b>", "</IE3F27>", false, true, false, true, NULL},
    {"another member of white space", "", "", "</IE3F26>", false, false, false, false, " \n"},
    {"another member behind the root", "", "", "</IE3F26>", false, false, false, false, "<IE3F26/>"},
    {"a member that goes on", "", "<a>", "", false, false, false, false, "</a></IE3F26>"},
};

static made *make_divided(size_t i, size_t size)
{
    ens_buf doc;
    ens_buf_init(&doc, NULL, 0, SIZE_MAX);
    ens_buf_printf(&doc,
                   "%s<IE3F26" NS2 ">" LRN "<declarant><identificationNumber>FR1</identificationNumber></declarant>",
                   divided_rows[i].front);
    for (unsigned half = 0; half < 2; half++) {
        size_t until = doc.len + size / 2;
        for (unsigned n = 0; doc.len < until; n++)
            ens_buf_printf(&doc, "<goodsItem>\r\n<n%s>%u</n%s><t>a &amp; %x</t></goodsItem>", n % 2 ? "o" : "e", n,
                           n % 2 ? "o" : "e", n * 2654435761u);
        ens_buf_text(&doc, half ? divided_rows[i].end : divided_rows[i].middle);
    }
    made *k = make("IE3F26", V2, ens_buf_slice(&doc), true, divided_rows[i].attached);
    k->body.p[k->body.len - 7] ^= divided_rows[i].altered;
    if (divided_rows[i].member)
        pack(ens_str(divided_rows[i].member), &k->body);
    if (divided_rows[i].more)
        ens_buf_text(&k->body, "more");
    k->m.part[0].body = ens_sub(ens_buf_slice(&k->body), 0, k->body.len - (divided_rows[i].cut ? 9 : 0));
    ens_buf_free(&doc);
    return k;
}

/* told writes what was found, but for details, which tell sizes and lines, and for the tables' own findings, of which
 * there are as many as the document is long. */
static void told(const ens_report *r, ens_buf *out)
{
    out->len = 0;
    for (size_t i = 0; i < ens_report_num(r); i++) {
        const ens_finding *f = ens_report_get(r, i);
        if (!ens__in_family(f, "ens"))
            ens_buf_printf(out, "%s %d %d %s %s\n", f->id, f->outcome, f->document_fault, f->code ? f->code : "",
                           f->hint ? f->hint : "");
    }
}

static bool same_document(const ens_document *d, const ens_document *e)
{
    return d->read == e->read && d->by_tables == e->by_tables && ens_eq(d->lrn, e->lrn) && ens_eq(d->root, e->root) &&
           ens_eq(d->declarant, e->declarant) && d->num_lrn == e->num_lrn && d->num_files == e->num_files;
}

static void large_documents_are_told_as_small_ones(void)
{
    static const ens_documents judged[] = {ENS_DOCUMENTS_OFF, ENS_DOCUMENTS_WARN};
    worker *few = worker_new(), *many = worker_new();
    ens_buf first, other;
    ens_buf_init(&first, NULL, 0, SIZE_MAX), ens_buf_init(&other, NULL, 0, SIZE_MAX);
    for (size_t i = 0; i < 2 * (sizeof divided_rows / sizeof *divided_rows); i++) {
        const char *what = divided_rows[i / 2].what;
        made *small = make_divided(i / 2, 5000), *large = make_divided(i / 2, ENS_HELD_MAX + 1);
        verdict v = judge_by(few, small, judged[i % 2], NULL), w = judge_by(many, large, judged[i % 2], NULL);
        told(v.report, &first), told(w.report, &other);
        CHECK_ROW(first.len > 0 && ens_eq(ens_buf_slice(&first), ens_buf_slice(&other)), "%s:\n%.*s\n%.*s", what,
                  (int)first.len, (const char *)first.p, (int)other.len, (const char *)other.p);
        CHECK_ROW(same_document(&few->payloads.document, &many->payloads.document), "%s: other values", what);
        bool delivered = many->payloads.num > 0 && ens_is(many->payloads.item[0].cid, "m");
        CHECK_ROW(few->payloads.num == many->payloads.num && (!delivered || many->payloads.item[0].packed.len > 0),
                  "%s: other deliveries", what);
        verdict_free(&v), verdict_free(&w);
        made_free(small), made_free(large);
    }
    ens_buf_free(&first), ens_buf_free(&other);
    worker_free(few), worker_free(many);
}

static const char schema_text[] =
    "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:wco:datamodel:eu:ics2:2' "
    "elementFormDefault='qualified'><xs:include schemaLocation='%s'/><xs:element name='IE3F26'><xs:complexType>"
    "<xs:sequence><xs:element name='LRN' type='xs:string'/><xs:element name='n' type='xs:int' minOccurs='0'/>"
    "</xs:sequence></xs:complexType></xs:element></xs:schema>";

static void write_text(const char *dir, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    CU_ASSERT_EQUAL(ens__file_write(path, ens_str(text), 0600, NULL), ENS_OK);
}

static void remove_text(const char *dir, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    CU_ASSERT_EQUAL(unlink(path), 0);
}

/* lengthen puts comments before the end of a document until it can't be held. */
static void lengthen(ens_slice document, ens_buf *out)
{
    size_t end = ens__find(document, ENS_LIT("</IE3F26>"), 0);
    ens_buf_put(out, ens_sub(document, 0, end));
    for (unsigned i = 0; out->len <= ENS_HELD_MAX; i++)
        ens_buf_printf(out, "<!-- %u %x %x -->", i, i * 2654435761u, i * 40503u);
    ens_buf_put(out, ens_from(document, end));
}

static void schemas_of_the_user_are_followed(void)
{
    static const struct {
        const char *include, *document;
        ens_outcome outcome;
        bool needed;
    } cases_of_schema[] = {
        {"types.xsd", "<IE3F26" NS2 ">" LRN "<n>1</n></IE3F26>", ENS_PASS, false},
        {"types.xsd", "<IE3F26" NS2 ">" LRN "<n>one</n></IE3F26>", ENS_FAIL, false},
        {"types.xsd", "<IE3F26" NS2 ">" LRN "<more/></IE3F26>", ENS_FAIL, false},
        {"http://example.invalid/types.xsd", "<IE3F26" NS2 ">" LRN "</IE3F26>", ENS_SKIP, true},
        {"missing.xsd", "<IE3F26" NS2 ">" LRN "</IE3F26>", ENS_SKIP, true},
    };
    for (size_t n = 0; n < 2 * (sizeof cases_of_schema / sizeof *cases_of_schema); n++) {
        size_t i = n / 2; /* as it is, and so long that it is read while it is inflated */
        ens_buf document;
        char dir[] = "/tmp/ensign-xsd-XXXXXX", schema[1024];
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
        snprintf(schema, sizeof schema, schema_text, cases_of_schema[i].include);
        write_text(dir, "any.xsd", schema);
        write_text(
            dir, "types.xsd",
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='urn:wco:datamodel:eu:ics2:2'/>");
        worker *w = worker_new();
        ens_buf_init(&document, NULL, 0, SIZE_MAX);
        if (n % 2)
            lengthen(ens_str(cases_of_schema[i].document), &document);
        else
            ens_buf_text(&document, cases_of_schema[i].document);
        made *k = make("IE3F26", V2, ens_buf_slice(&document), true, false);
        ens_buf_free(&document);
        for (unsigned again = 0; again < 2; again++) { /* the second time with the schema that was kept */
            verdict v = judge(w, k, dir);
            const ens_finding *f = finding(v.report, "payload.schema", cases_of_schema[i].outcome);
            CHECK_ROW(f && f->needed == cases_of_schema[i].needed, "schema row %zu: not %s", i,
                      ens_outcome_name(cases_of_schema[i].outcome));
            CHECK_ROW(cases_of_schema[i].outcome != ENS_FAIL || is_code(f, "IE3N99"), "schema row %zu: another code",
                      i);
            CHECK_ROW(w->payloads.document.read && (w->payloads.item[0].packed.len > 0) == n % 2,
                      "schema row %zu: not read", i);
            verdict_free(&v);
        }
        made_free(k);
        worker_free(w);
        remove_text(dir, "any.xsd");
        remove_text(dir, "types.xsd");
        CU_ASSERT_EQUAL(rmdir(dir), 0);
    }
}

static void check_digits_of_mrns(void)
{
    static const struct {
        const char *mrn;
        bool shape, good;
    } mrns[] = {
        /* ISO 6346 */
        {"24FRFAKE00000001T2", true, true},   {"26FRTEST00000042T2", true, true},   {"23NLTEST00000001T9", true, true},
        {"24FRFAKE00000004T0", true, true},   {"06DE586600006143E1", true, true},   {"06DE586600006143E2", true, false},
        {"2XFRFAKE00000001T2", false, false}, {"24frFAKE00000001T2", false, false}, {"24FRFAKE00000001TX", true, true},
        {"24FRFAKE00000001T", false, false},  {"24FRFAKE00000001T-", false, false},
    };
    for (size_t i = 0; i < sizeof mrns / sizeof *mrns; i++) {
        bool shape = ens__mrn_has_shape(ens_str(mrns[i].mrn));
        CHECK_ROW(shape == mrns[i].shape && (!shape || ens__mrn_check_digit_good(ens_str(mrns[i].mrn)) == mrns[i].good),
                  "%s", mrns[i].mrn);
    }
}

static const ens_case cases[] = {
    {"agrees with the answer sheets of other stacks' messages", agrees_with_the_answer_sheets},
    {"delivers what was sent, by digests of another implementation", delivers_what_was_sent},
    {"documents are judged by the rules", documents_are_judged_by_the_rules},
    {"parts are found and inflated, or refused", parts_are_found_and_inflated_or_refused},
    {"a ping delivers nothing", a_ping_delivers_nothing},
    {"parts that zlib refuses are refused, whatever laxer readers say", parts_that_zlib_refuses_are_refused},
    {"large documents are held no longer than they are small", large_documents_are_held_no_longer_than_they_are_small},
    {"large documents are judged like small ones", large_documents_are_judged_like_small_ones},
    {"large documents are told as small ones, whatever is wrong", large_documents_are_told_as_small_ones},
    {"schemas of the user are followed, local files only", schemas_of_the_user_are_followed},
    {"check digits of MRNs", check_digits_of_mrns},
    {NULL, NULL},
};
ENS_SUITE("as4/payload", cases)
