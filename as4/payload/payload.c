#include "as4/payload/payload.h"

#include "as4/ens/errors.h"
#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "as4/payload/xsd.h"
#include "engine/base/gzip.h"
#include "ensign/verify.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE_PART "ICS2-HTI 4.2.5; RFC 2392"
#define RULE_INFLATE "AS4 3.1; eDelivery AS4 1.4.3.1"
#define RULE_SIZE "ICS2-HTI 4.2.6"
#define RULE_XSD "ICS2-HTI 4.2.6"
#define DOCUMENT_LARGE ((size_t)100 * 1000 * 1000) /* ICD 4.2.6, taken as decimal */
#define MESSAGE_LARGE ((size_t)20 * 1000 * 1000)
#define BUFFER_KEPT ((size_t)1 << 20)   /* a buffer up to this size waits for the next message … */
#define DOCUMENT_KEPT ((size_t)4 << 20) /* … and that of the document */
#define SCHEMA_FAULTS_MAX 20u           /* faults of a schema validation that are told one by one */

struct ens__payload_ctx {
    ens_gzip *gzip;
    ens_document_reader reader;
    ens_docreader *tables;
    ens_xsd *xsd; /* made when the first schema is asked for */
};

ens__payload_ctx *ens__payload_ctx_new(void)
{
    ens__payload_ctx *ctx = calloc(1, sizeof *ctx);
    if (!ctx)
        return NULL;
    ctx->gzip = ens__gzip_new();
    ctx->reader.xml = ens__xmlstream_new();
    ctx->reader.scan = ens__scan_new();
    ctx->tables = ens__docreader_new();
    if (ctx->gzip && ctx->reader.xml && ctx->reader.scan && ctx->tables)
        return ctx;
    ens__payload_ctx_free(ctx);
    return NULL;
}

void ens__payload_ctx_free(ens__payload_ctx *ctx)
{
    if (!ctx)
        return;
    ens__gzip_free(ctx->gzip);
    ens__xmlstream_free(ctx->reader.xml);
    ens__scan_free(ctx->reader.scan);
    ens__docreader_free(ctx->tables);
    ens__xsd_free(ctx->xsd);
    free(ctx);
}

void ens__payloads_init(ens_payloads *p)
{
    *p = (ens_payloads){0};
    for (unsigned i = 0; i < ENS_PARTS_MAX; i++)
        ens_buf_init(&p->inflated[i], NULL, 0, ENS_INFLATE_MAX + 1);
}

void ens__payloads_reset(ens_payloads *p)
{
    p->num = 0;
    p->document = (ens_document){0};
    p->errors = NULL;
    p->num_errors = 0;
    for (unsigned i = 0; i < ENS_PARTS_MAX; i++) {
        if (p->inflated[i].cap > (i ? BUFFER_KEPT : DOCUMENT_KEPT))
            ens_buf_free(&p->inflated[i]);
        p->inflated[i].len = 0;
        p->inflated[i].failed = ENS_OK;
    }
}

void ens__payloads_clear(ens_payloads *p)
{
    for (unsigned i = 0; i < ENS_PARTS_MAX; i++)
        ens_buf_free(&p->inflated[i]);
    ens__payloads_init(p);
}

typedef struct {
    ens__payload_ctx *ctx;
    const ens_header *h;
    const ens_mime *mime;
    const ens__payload_options *o;
    ens_arena *arena;
    ens_payloads *out;
    ens_report *report;
    size_t delivered; /* bytes of all parts so far */
    size_t held;      /* … of those that stand in memory */
    bool failed;      /* a part is missing or can't be inflated */
    bool deliver;     /* … what can be; else it is only inflated */
    ens_report *read; /* what was found of the document, which is read while it is inflated; NULL: it isn't yet */
} job;

static const ens_mime_part *part_of(const job *j, unsigned i)
{
    ens_slice cid = j->h->part[i].cid;
    for (unsigned k = 0; cid.len && k < j->mime->num_parts; k++)
        if (ens_eq(j->mime->part[k].content_id, cid))
            return &j->mime->part[k];
    return NULL;
}

static void refuse_inflation(job *j, unsigned i, const ens_mime_part *part, const ens_err *err)
{
    const char *hint = "send the whole gzip member as it was made; nothing may stand behind it";
    if (err->frame[0].code == ENS_ELIMIT)
        hint = "a document has at most 100 MB, and real ones compress less than 200 times";
    else if (part->body.len && part->body.p[0] == '<')
        hint = "the part is plain XML: compress it, or leave CompressionType out";
    ens_finding *f = ens__failf(j->report, "payload.inflate", RULE_INFLATE, hint, "part %u (%s) %s", i + 1,
                                ens__show(j->report, j->h->part[i].cid), err->frame[0].what);
    f->code = "EBMS:0303";
    f->at = part->at;
    j->failed = true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static ens_code pass_over(void *user, ens_slice piece)
{
    (void)user, (void)piece;
    return ENS_OK;
}

/* ask_tables has the next document judged by the message tables. What customs found wrong is read in any case. */
static void ask_tables(job *j, bool schema)
{
    bool off = j->o->documents == ENS_DOCUMENTS_OFF;
    bool errors = ens_is(j->h->action, "IE3N99") || ens_is(j->h->action, "IE3N01");
    j->ctx->reader.tables = off && !errors ? NULL : j->ctx->tables;
    j->ctx->reader.by_tables = (ens_doc_options){
        .tables = j->o->tables,
        .warn = j->o->documents == ENS_DOCUMENTS_WARN || ens_is(j->h->agreement, ENS_AGREEMENT_V1),
        .schema = schema,
        .silent = off,
        .reply = ens__action_reply(j->h->action),
        .whole = j->o->whole,
        .store = j->o->store,
        .store_user = j->o->store_user,
    };
}

/* inflate_large inflates what is not held, up to so many bytes. The business document is read meanwhile, unless a
 * schema judges it; what is found of it is told in its turn. */
static ens_code inflate_large(job *j, unsigned i, ens_slice gzip, size_t left, ens_delivery *d, ens_err *err)
{
    d->packed = gzip;
    j->read = i == 0 && j->deliver && !j->o->xsd_dir ? ens_report_new() : NULL;
    if (!j->read)
        return ens__inflate_pieces(gzip, left, pass_over, NULL, &d->size, err);
    ask_tables(j, false);
    return ens__document_read_packed(j->ctx->reader, gzip, left, NULL, j->arena, &j->out->document, j->read, &d->size,
                                     err);
}

/* inflate_part holds what is small enough. */
static ens_code inflate_part(job *j, unsigned i, ens_slice gzip, ens_delivery *d, ens_err *err)
{
    ens_buf *buf = &j->out->inflated[i];
    size_t left = least(ENS_DELIVERED_MAX - j->delivered, ENS_INFLATE_MAX), hold = least(left, ENS_HELD_MAX - j->held);
    bool may_be_large = ens__gzip_bound(gzip, left) > hold;
    ens_code code = ENS_ELIMIT;
    if (!may_be_large || ens__gzip_guess(gzip) <= hold)
        code = ens__gzip_inflate(j->ctx->gzip, gzip, hold, buf, err);
    if (code == ENS_ELIMIT && may_be_large) {
        ens_buf_free(buf);
        *err = (ens_err){0};
        return inflate_large(j, i, gzip, left, d, err);
    }
    d->bytes = ens_buf_slice(buf);
    d->size = d->bytes.len;
    j->held += code == ENS_OK ? d->size : 0;
    return code;
}

/* open_part finds what there is to deliver: the part's own bytes where it is not compressed. */
static bool open_part(job *j, unsigned i, const ens_mime_part *part, ens_delivery *d)
{
    ens_err err = {0};
    ens_code code = ENS_OK;
    if (ens__eq_nocase(j->h->part[i].compression, ENS_LIT("application/gzip"))) {
        code = inflate_part(j, i, part->body, d, &err);
    } else if (part->body.len > ENS_DELIVERED_MAX - j->delivered) {
        code = ens_fail(&err, ENS_ELIMIT, RULE_SIZE, "is larger than what one message may deliver", 0);
    } else {
        d->bytes = part->body;
        d->size = part->body.len;
    }
    if (code == ENS_ENOMEM) {
        ens__skip(j->report, "payload.inflate", RULE_INFLATE, true, "out of memory while part %u was inflated", i + 1);
        j->failed = true;
    } else if (code != ENS_OK) {
        refuse_inflation(j, i, part, &err);
    }
    j->delivered += code == ENS_OK ? d->size : 0;
    return code == ENS_OK;
}

/* take_part finds, inflates and delivers part i. */
static bool take_part(job *j, unsigned i)
{
    const ens_part_info *info = &j->h->part[i];
    const ens_mime_part *part = part_of(j, i);
    if (!part) {
        j->failed = true;
        if (info->cid.len) /* an href of another kind is refused by rules.part */
            ens__failf(j->report, "payload.part", RULE_PART, "give the MIME part the Content-ID that the href names",
                       "no MIME part has the Content-ID %s", ens__show(j->report, info->cid))
                ->code = "EBMS:0007";
        return false;
    }
    ens_delivery d = {.cid = info->cid,
                      .type = info->mime_type,
                      .carried = part->body,
                      .compressed = ens__eq_nocase(info->compression, ENS_LIT("application/gzip"))};
    if (!open_part(j, i, part, &d) || !j->deliver)
        return false;
    j->out->item[j->out->num++] = d;
    return true;
}

/* judge_unnamed: MIME parts that the header does not name are no part of the message (ebMS3 Core 5.1.5). */
static void judge_unnamed(const job *j)
{
    for (unsigned k = 0; k < j->mime->num_parts; k++) {
        bool named = false;
        for (unsigned i = 0; i < j->h->num_parts && !named; i++)
            named = j->h->part[i].cid.len && ens_eq(j->h->part[i].cid, j->mime->part[k].content_id);
        if (!named)
            ens__warn(j->report, "payload.part", "ebMS3 Core 5.1.5", "name every MIME part in eb:PayloadInfo",
                      "the MIME part %s is not named in the header and not delivered",
                      ens__show(j->report, j->mime->part[k].content_id))
                ->at = j->mime->part[k].at;
    }
}

/* judge_sizes: recommended maxima, so warnings. The back end keeps attachments as base64 of their compressed form. */
static void judge_sizes(const job *j)
{
    size_t whole = 0;
    for (unsigned i = 0; i < j->h->num_parts; i++) {
        const ens_mime_part *part = part_of(j, i);
        whole += !part ? 0 : i == 0 ? part->body.len : ens__base64_size(part->body.len);
    }
    if (j->out->num && j->out->item[0].size > DOCUMENT_LARGE)
        ens__warn(j->report, "payload.size", RULE_SIZE, "split the filing",
                  "the document has %zu bytes; 100 MB are the recommended maximum", j->out->item[0].size);
    if (whole > MESSAGE_LARGE)
        ens__warn(j->report, "payload.size", RULE_SIZE, "send smaller files",
                  "the message has %zu bytes in the back end; 20 MB are the recommended maximum", whole);
}

/* What a schema says against a document. */
typedef struct {
    const char *reply; /* that answers them, or NULL */
    ens_report *report;
    unsigned num;
} schema_faults;

static void on_schema_fault(void *user, xmlErrorPtr e)
{
    schema_faults *faults = user;
    const char *message = e->message ? e->message : "not valid";
    if (e->code == XML_ERR_NO_MEMORY || e->level == XML_ERR_WARNING || faults->num++ >= SCHEMA_FAULTS_MAX)
        return;
    ens_finding *f = ens__failf(faults->report, "payload.schema", RULE_XSD, "correct the document where the line says",
                                "line %d: %.*s", e->line, (int)strcspn(message, "\n"), message);
    f->document_fault = true;
    f->code = faults->reply;
}

/* schema_of finds the schema of the action; NULL after a skip that says why there is none. */
static xmlSchemaValidCtxtPtr schema_of(job *j, schema_faults *faults)
{
    ens_err err = {0};
    xmlSchemaPtr schema = NULL;
    if (!j->o->xsd_dir) {
        ens__skip(j->report, "payload.schema", RULE_XSD, false,
                  "no folder of schemas is given: the structure is not judged");
        return NULL;
    }
    j->ctx->xsd = j->ctx->xsd ? j->ctx->xsd : ens__xsd_new();
    const char *ns = ens__document_namespace(j->h->agreement);
    ens_code code = !j->ctx->xsd ? ens_fail(&err, ENS_ENOMEM, NULL, "out of memory for schemas", 0)
                    : !ns        ? ens_fail(&err, ENS_EPOLICY, NULL, "the agreement names no interface version", 0)
                                 : ens__xsd_find(j->ctx->xsd, j->o->xsd_dir, ens_str(ns), j->h->action, &schema, &err);
    xmlSchemaValidCtxtPtr validator = code == ENS_OK ? xmlSchemaNewValidCtxt(schema) : NULL;
    if (!validator) {
        ens__skip(j->report, "payload.schema", RULE_XSD, true, "%s%s%s",
                  err.n ? err.frame[0].what : "out of memory for schemas", err.text[0] ? ": " : "", err.text);
        return NULL;
    }
    xmlSchemaSetValidStructuredErrors(validator, on_schema_fault, faults);
    return validator;
}

/* read_packed reads what was found to inflate; that it no longer does is no fault of whoever sent it. */
static void read_packed(job *j, const ens_delivery *d, xmlSchemaValidCtxtPtr validator, ens_document *out)
{
    ens_err err = {0};
    size_t size;
    if (ens__document_read_packed(j->ctx->reader, d->packed, ENS_INFLATE_MAX, validator, j->arena, out, j->report,
                                  &size, &err) != ENS_OK)
        ens__skip(j->report, "payload.document", RULE_XSD, true, "out of memory while reading the document");
}

static void read_document(job *j, const ens_delivery *d, xmlSchemaValidCtxtPtr validator, ens_document *out)
{
    ask_tables(j, validator != NULL);
    if (d->packed.len)
        read_packed(j, d, validator, out);
    else
        ens__document_read(j->ctx->reader, d->bytes, validator, j->arena, out, j->report);
}

/* judge_schema says what became of a validation. */
static void judge_schema(const job *j, xmlSchemaValidCtxtPtr validator, const schema_faults *faults, bool read)
{
    if (validator && read && faults->num == 0 && xmlSchemaIsValid(validator) == 1)
        ens__pass(j->report, "payload.schema", RULE_XSD);
    else if (validator && read && faults->num == 0)
        ens__skip(j->report, "payload.schema", RULE_XSD, true, "the validation came to no end");
    else if (faults->num > SCHEMA_FAULTS_MAX)
        ens__warn(j->report, "payload.schema", RULE_XSD, NULL, "%u more faults are not shown",
                  faults->num - SCHEMA_FAULTS_MAX);
    if (validator)
        xmlSchemaFreeValidCtxt(validator);
}

static void read_errors(job *j, const ens_document *d, const ens_document_error **out, size_t *num)
{
    if (d->by_tables && !ens__doc_errors(ens__docreader_doc(j->ctx->tables), j->arena, out, num))
        ens__skip(j->report, "payload.document", RULE_XSD, true, "out of memory for the errors that customs tell");
}

static void judge_document(job *j)
{
    if (j->o->root_only && !j->o->xsd_dir && !j->out->item[0].packed.len) {
        ens__document_read_root(j->ctx->reader.scan, j->out->item[0].bytes, ens__action_reply(j->h->action), j->arena,
                                &j->out->document, j->report);
        if (j->out->document.root.len)
            ens__document_judge_root(&j->out->document, j->h, j->report);
        return;
    }
    schema_faults faults = {.reply = ens__action_reply(j->h->action), .report = j->report};
    xmlSchemaValidCtxtPtr validator = schema_of(j, &faults);
    ens_document *d = &j->out->document;
    if (j->read)
        ens__report_append(j->report, j->read);
    else
        read_document(j, &j->out->item[0], validator, d);
    judge_schema(j, validator, &faults, d->read);
    if (!d->read)
        return;
    ens__document_judge(d, j->h, j->report);
    read_errors(j, d, &j->out->errors, &j->out->num_errors);
}

static void judge_alone(job *j, ens_slice text, ens_document_facts *out)
{
    schema_faults faults = {.reply = ens__action_reply(j->h->action), .report = j->report};
    xmlSchemaValidCtxtPtr validator = j->o->xsd_dir ? schema_of(j, &faults) : NULL;
    const ens_delivery whole = {.bytes = text, .size = text.len};
    ens_document *d = &out->document;
    read_document(j, &whole, validator, d);
    judge_schema(j, validator, &faults, d->read);
    if (!d->read)
        return;
    ens__document_judge_alone(d, j->report);
    read_errors(j, d, &out->errors, &out->num_errors);
    out->tables = d->by_tables && j->o->documents != ENS_DOCUMENTS_OFF ? ens__tables_or_ours(j->o->tables) : NULL;
    out->elements =
        d->by_tables && ens__docreader_doc(j->ctx->tables)->message ? ens__docreader_doc(j->ctx->tables) : NULL;
}

/* judge_further: the notifications that may come with an IE3R08 (ICD 4.2.6). */
static void judge_further(job *j, unsigned item)
{
    ens_document *d = ens_arena_take(j->arena, sizeof *d);
    if (d)
        read_document(j, &j->out->item[item], NULL, d);
    else
        ens__skip(j->report, "payload.document", RULE_SIZE, true, "out of memory for a further document");
}

#define HEAD_MAX 8u /* bytes that tell a file's format */

typedef struct {
    uint8_t bytes[HEAD_MAX];
    size_t len;
} head;

static ens_code take_head(void *user, ens_slice piece)
{
    head *h = user;
    h->len = least(piece.len, sizeof h->bytes);
    memcpy(h->bytes, piece.p, h->len);
    return ENS_ELIMIT; /* that is enough */
}

/* judge_file looks whether an attachment is what its type says, by its first bytes. */
static void judge_file(const job *j, const ens_delivery *p)
{
    bool pdf = ens__eq_nocase(p->type, ENS_LIT("application/pdf")),
         jpeg = ens__eq_nocase(p->type, ENS_LIT("image/jpeg"));
    head h = {.len = 0};
    if (!pdf && !jpeg)
        return;
    bool taken = ens_delivery_put(p, take_head, &h, NULL) == ENS_ELIMIT;
    if (!taken || !ens_starts(ens_bytes(h.bytes, h.len), pdf ? ENS_LIT("%PDF-") : ENS_LIT("\xFF\xD8\xFF")))
        ens__warn(j->report, "payload.file", "ICS2-HTI 4.2.5", "send the file in the format that its MimeType names",
                  "the attachment %s is no %s", ens__show(j->report, p->cid), pdf ? "PDF" : "JPEG");
}

void ens__payload_judge(ens__payload_ctx *ctx, const ens_header *h, const ens_mime *mime, const ens__payload_options *o,
                        ens_arena *arena, ens_payloads *out, ens_report *report)
{
    bool test = ens__ics2_is_test(h), first = false;
    job j = {.ctx = ctx, .h = h, .mime = mime, .o = o, .arena = arena, .out = out, .report = report, .deliver = !test};
    ens__payloads_reset(out);
    for (unsigned i = 0; i < h->num_parts; i++) {
        bool taken = take_part(&j, i);
        first |= taken && i == 0;
    }
    judge_unnamed(&j);
    if (h->num_parts && !j.failed)
        ens__pass(report, "payload.inflate", RULE_INFLATE);
    if (first)
        judge_document(&j);
    for (unsigned i = first; i < out->num; i++) {
        if (ens__eq_nocase(out->item[i].type, ENS_LIT("application/xml")))
            judge_further(&j, i);
        else
            judge_file(&j, &out->item[i]);
    }
    if (!test)
        judge_sizes(&j);
    ens_report_free(j.read);
}

/* header_for makes what a header would say of a document: its root is the action, its namespace the version. */
static void header_for(job *j, ens_slice text, ens_header *h)
{
    ens_document root = {0};
    ens_report aside;
    ens__header_clear(h);
    ens__report_init(&aside);
    ens__document_read_root(j->ctx->reader.scan, text, NULL, j->arena, &root, &aside);
    ens__report_clear(&aside);
    h->action = root.root;
    h->agreement = ens_is(root.ns, ENS_NS_ICS2_V1) ? ENS_LIT(ENS_AGREEMENT_V1) : ENS_LIT(ENS_AGREEMENT_V2);
}

void ens__document_check(ens__payload_ctx *ctx, ens_slice text, const ens__payload_options *o, ens_arena *arena,
                         ens_document_facts *out, ens_report *report)
{
    ens_header *h = ens_arena_zero(arena, sizeof *h);
    *out = (ens_document_facts){0};
    if (!h) {
        ens__skip(report, "payload.document", RULE_XSD, true, "out of memory for a document");
        return;
    }
    job j = {.ctx = ctx, .h = h, .o = o, .arena = arena, .report = report};
    header_for(&j, text, h);
    judge_alone(&j, text, out);
}

/* Handing out what a message delivered. */
/* put_hashed hands out and hashes a copy of each piece: what was hashed is what was handed out. */
static ens_code put_hashed(ens_slice octets, ens_digest *digest, ens_sink put, void *user)
{
    uint8_t piece[16 << 10];
    ens_code code = ENS_OK;
    while (octets.len && code == ENS_OK) {
        size_t n = least(octets.len, sizeof piece);
        memcpy(piece, octets.p, n);
        octets = ens_from(octets, n);
        ens__digest_add(digest, ens_bytes(piece, n));
        code = put(user, ens_bytes(piece, n));
    }
    return code;
}

static ens_code put_sealed(const ens_delivery *d, ens_digest *digest, ens_sink put, void *user, ens_err *err)
{
    size_t size;
    uint8_t made[ENS_DIGEST_MAX];
    ens__digest_start(digest);
    ens_code code = d->compressed ? ens__inflate_hashed(d->carried, ENS_INFLATE_MAX, digest, put, user, &size, err)
                                  : put_hashed(d->carried, digest, put, user);
    ens_code hashed = ens__digest_end(digest, made, NULL);
    if (code == ENS_ESYNTAX || (code == ENS_OK && (hashed != ENS_OK || memcmp(made, d->sha256, sizeof d->sha256) != 0)))
        return ens_fail(err, ENS_EIO, "XML Signature 1.1, 3.2", "the message is no longer what was judged", 0);
    return code;
}

ens_code ens_delivery_put(const ens_delivery *delivery, ens_sink put, void *user, ens_err *err)
{
    size_t size;
    if (delivery->sealed) {
        ens_digest digest = {0};
        ens_code code = ens__digest_init(&digest, ENS_SHA256, err);
        if (code == ENS_OK)
            code = put_sealed(delivery, &digest, put, user, err);
        ens__digest_clear(&digest);
        return code;
    }
    if (delivery->packed.len)
        return ens__inflate_pieces(delivery->packed, ENS_INFLATE_MAX, put, user, &size, err);
    return delivery->bytes.len ? put(user, delivery->bytes) : ENS_OK;
}
