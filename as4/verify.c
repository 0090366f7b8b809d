#include "ensign/verify.h"

#include "as4/answer.h"
#include "as4/envelope/names.h"
#include "as4/envelope/original.h"
#include "as4/envelope/signal.h"
#include "as4/ics2/ics2.h"
#include "as4/registry.h"
#include "as4/verifier.h"
#include "as4/wss/bsp.h"
#include "certs/preflight/signer_lists.h"
#include "ensign/document.h"
#include "ensign/eori.h"
#include "ensign/explain.h"

#include <stdlib.h>

#define ARENA_MAX                                                                                                      \
    ((size_t)320 << 20) /* bytes of one message's memory: two payloads of the largest size and what is around them */

typedef ens__parcel parcel;

/* What is to be judged. */
typedef struct {
    ens_slice bytes;
    const ens_slice *original; /* of a receipt: the message that it is for */
    const ens_verify_options *options;
} task;

void ens__docket_init(ens__docket *docket)
{
    ens_arena_init(&docket->arena, ARENA_MAX);
    ens__payloads_init(&docket->payloads);
}

void ens__docket_clear(ens__docket *docket)
{
    ens__soap_clear(&docket->message.soap);
    ens__soap_clear(&docket->original.soap);
    ens__payloads_clear(&docket->payloads);
    ens_arena_free(&docket->arena);
}

ens_code ens_verifier_new(ens_verifier **out, ens_err *err)
{
    ens_verifier *v = calloc(1, sizeof *v);
    if (!v)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a verifier", 0);
    ens__docket_init(&v->own);
    v->docket = &v->own;
    v->xml = ens__libxml_new();
    v->payload_ctx = ens__payload_ctx_new();
    v->signers = ens__signers_new();
    ens__report_init(&v->aside);
    ens_code code = v->xml && v->payload_ctx && v->signers
                        ? ens__fast_init(&v->fast, err)
                        : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a verifier", 0);
    if (code == ENS_OK)
        code = ens__reference_verifier_init(&v->digests, v->xml, err);
    if (code != ENS_OK) {
        ens_verifier_free(v);
        return code;
    }
    *out = v;
    return ENS_OK;
}

/* forget drops the last message. */
static void forget(ens_verifier *v)
{
    ens__docket *d = v->docket;
    ens__soap_reset(&d->message.soap);
    ens__soap_reset(&d->original.soap);
    ens__payloads_reset(&d->payloads);
    d->receipt.num = 0;
    d->lane = (ens__lane){0};
    ens_arena_reset(&d->arena);
}

void ens_verifier_free(ens_verifier *v)
{
    if (!v)
        return;
    ens__many_free(v->many);
    ens__docket_clear(&v->own);
    ens__reference_verifier_clear(&v->digests);
    ens__fast_clear(&v->fast);
    ens__report_clear(&v->aside);
    ens__payload_ctx_free(v->payload_ctx);
    ens__signers_free(v->signers);
    ens__libxml_free(v->xml);
    free(v);
}

/* read_blocks reads what the header of an envelope holds. */
static void read_blocks(ens_verifier *v, parcel *p, ens_report *report)
{
    if (p->soap.messaging)
        ens__ebms_read(p->soap.messaging, &v->docket->arena, &p->header, report);
    if (p->soap.header)
        ens__wss_read(&p->soap, &v->docket->arena, &p->wss);
    for (unsigned i = 0; i < p->wss.num_references; i++) {
        const ens_reference *r = &p->wss.reference[i];
        p->signed_part[i] = (ens_signed_part){r->uri, r->transform_uri, r->prefix_list, r->digest_method, r->digest};
    }
}

/* take_apart reads the layers from the outside in; what could not be read stays empty. */
static void take_apart(ens_verifier *v, ens_slice bytes, ens_slice content_type, parcel *p, ens_report *report)
{
    ens__header_clear(&p->header);
    ens__wss_clear(&p->wss);
    p->coverage.resolved = p->coverage.whole = false;
    p->signer = NULL;
    ens__mime_read(bytes, content_type, &v->docket->arena, &p->mime, report);
    if (!p->mime.root.body.len)
        return;
    if (!v->by_fast) {
        ens__soap_read(v->xml, p->mime.root.body, &v->docket->arena, &p->soap, report);
    } else if (!ens__fast_read(&v->fast, p->mime.root.body, &v->docket->arena, &p->soap, report)) {
        v->doubt = true;
        return;
    }
    read_blocks(v, p, report);
}

static bool has_chain(const parcel *p)
{
    return p->signer && p->signer->chain.num;
}

static bool is_user_message(const ens_header *h)
{
    return h->kind == ENS_KIND_USER_MESSAGE;
}

static bool from_customs(const ens_header *h)
{
    return h->kind == ENS_KIND_USER_MESSAGE &&
           (ens_is(h->service, ENS_SERVICE_C2T) || ens_is(h->from.type, ENS_PARTY_TYPE_AUTH));
}

/* under_customs tells whether the signer's path ends at an anchor of customs. The token is read as a trader reads it,
 * and judged afterwards by whoever receives it. */
static bool under_customs(ens_verifier *v, const parcel *p, const ens_verify_options *o)
{
    ens__report_reset(&v->aside);
    ens__signer *s = p->wss.signature ? ens__token_judge(v->signers, &p->wss, true, &v->aside) : NULL;
    return s && s->chain.num && ens__signer_path(s, 1, o->customs, o->at, false)->anchored;
}

/* judged_as_trader: the caller says who receives, or customs' anchors tell who sent. Only where neither is given the
 * header is believed, which proves nothing. */
static bool judged_as_trader(ens_verifier *v, const parcel *p, const ens_verify_options *o, ens_role as)
{
    if (as != ENS_ROLE_AUTO)
        return as == ENS_ROLE_TRADER;
    if (o->customs)
        return under_customs(v, p, o);
    return !o->registry && from_customs(&p->header); /* the registry is the STI's */
}

static void warn_unproven(ens_report *report)
{
    ens__warn(report, "rules.direction", "ICS2-HTI 4.6.3",
              "say who receives it (--as), or give the anchors of customs (--customs)",
              "the header says that customs sent the message; nothing proves that its signer is customs");
}

/* signal_of is the header of the signal: the one that travels with a user message, or the message's own. */
static const ens_header *signal_of(const parcel *p)
{
    return p->header.bundled ? p->header.bundled : &p->header;
}

/* judge_fault tells of a SOAP fault: beside an error it may stand, beside a receipt it contradicts it, and alone it is
 * the answer of a gateway. */
static void judge_fault(const parcel *p, ens_report *report)
{
    const ens_soap_fault *f = &p->soap.fault;
    static const char rule[] = "SOAP 1.2 Part 1, 5.4; ebMS3 Core 6.6";
    if (!f->node || is_user_message(&p->header)) /* whose Body is judged as a whole */
        return;
    const char *code = ens__show(report, f->code), *reason = ens__show(report, f->reason);
    if (p->header.kind == ENS_KIND_ERROR)
        ens__passf(report, "soap.fault", rule, "a SOAP fault stands beside the error: %s (%s)", reason, code);
    else if (p->header.kind == ENS_KIND_UNKNOWN)
        ens__failf(report, "soap.fault", rule,
                   "whoever answered is no access point, or could not read the message: ask who runs the gateway, and "
                   "look at its reason",
                   "the message is a SOAP fault: %s (%s)", reason, code);
    else
        ens__warn(report, "soap.fault", rule, "a SOAP stack raises the fault and may never see the signal",
                  "a SOAP fault stands in the Body: %s (%s)", reason, code);
}

/* judge_status: a receipt counts when it comes with 2XX; an error signal comes with any status. */
static void judge_status(const parcel *p, ens_report *report)
{
    unsigned status = p->mime.status;
    if (signal_of(p)->kind == ENS_KIND_RECEIPT && status && (status < 200 || status > 299))
        ens__warn(report, "receipt.status", "eDelivery AS4 1.4.3.2; CEF Test Assertions AS4_CP_TA01",
                  "a receipt comes with a status of 2XX: other senders take this for a failure",
                  "the receipt came with the HTTP status %u", status);
}

/* An AS4 Body is empty; that of a signal means nothing, and is signed all the same (ICD 4.3, Figure 16). */
static void judge_body(const parcel *p, ens_report *report)
{
    if (!p->soap.body || !is_user_message(&p->header))
        return;
    if (!ens__node_first(p->soap.body)) {
        ens__pass(report, "rules.body", "eDelivery AS4 1.4.2.3");
        return;
    }
    ens_finding *f =
        ens__failf(report, "rules.body", "eDelivery AS4 1.4.2.3",
                   "send the business document as a MIME part and leave the Body empty", "the SOAP Body isn't empty");
    f->code = "EBMS:0008";
}

/* judge_digests: what the fast engine can't pass as a whole is the reference engine's to explain. allowed: the profile
 * has nothing against the form of the seal and its algorithms. */
static void judge_digests(ens_verifier *v, parcel *p, bool allowed, ens_report *report)
{
    ens__signer *s = p->signer;
    ens__lane *later = v->ahead && s ? &v->docket->lane : NULL;
    if (later)
        later->key = ens__signer_lane(s);
    if (!v->by_fast)
        ens__reference_verifier_judge(&v->digests, &p->soap, &p->wss, &p->coverage, s ? ens__signer_key(s) : NULL,
                                      report);
    else if (!allowed || !p->coverage.whole || !ens__fast_holds(&v->fast, &p->wss, &p->coverage, s, later))
        v->doubt = true;
    else
        ens__reference_verifier_pass(&p->soap, &p->wss, &p->coverage, report);
}

static void judge_seal(ens_verifier *v, parcel *p, bool as_trader, bool lenient, ens_report *report)
{
    if (!p->soap.header)
        return;
    bool allowed = ens__wss_judge(&p->soap, &p->wss, as_trader, report);
    allowed &= ens__bsp_judge(&p->soap, &p->wss, lenient, report);
    ens__coverage_judge(&p->mime, &p->soap, &p->header, &p->wss, &v->docket->arena, &p->coverage, report);
    p->signer = p->wss.signature ? ens__token_judge(v->signers, &p->wss, as_trader, report) : NULL;
    judge_digests(v, p, allowed, report);
}

/* sender_of is who claims to speak: From of a user message, the channel of a pull request. Empty: nobody is named. */
static ens_slice sender_of(const ens_header *h)
{
    if (h->kind == ENS_KIND_USER_MESSAGE)
        return h->from.id;
    if (h->kind == ENS_KIND_PULL_REQUEST && ens_starts(h->mpc, ENS_LIT(ENS_MPC_EORI)))
        return ens_from(h->mpc, sizeof ENS_MPC_EORI - 1);
    return (ens_slice){0};
}

static void judge_binding(const parcel *p, const ens_header *h, ens_report *report)
{
    ens_slice sender = sender_of(h);
    ens_party_id id;
    if (!has_chain(p) || !sender.len || (is_user_message(h) && !ens_is(h->from.type, ENS_PARTY_TYPE_EORI)))
        return; /* rules.from judges the type */
    if (ens_party_id_parse(sender, &id, NULL) != ENS_OK) {
        ens__failf(report, "binding.party-id", "ICD 4.2.2.1, Table 8",
                   "write the PartyId as [system-id@]EORI[@member state]", "%s is no PartyId of a trader",
                   ens__show(report, sender));
        return;
    }
    ens__signer_bind(p->signer, id.eori, report);
}

/* judge_header judges what ICS2 fixes: of the message, and of a signal that travels with it as if it came alone. */
static void judge_header(const parcel *p, const ens_header *h, const ens_verify_options *o, ens_report *report)
{
    ens__ics2_options rules = {.as_trader = p->as_trader, .lenient = o->lenient, .at = o->at};
    ens__ics2_judge(h, &rules, report);
}

/* deliver_hashed puts what was hashed of a part in place of what was sent, where these are not the same: the canonical
 * form of XML, text with its line ends as CRLF. What only the sent form holds, a comment, say, nobody has sealed. */
static bool deliver_hashed(ens_verifier *v, const ens_mime_part *part, ens_delivery *d)
{
    ens_buf octets;
    ens_buf_init(&octets, NULL, 0, ENS_DELIVERED_MAX);
    bool good = !d->compressed && ens__part_octets(v->xml, part, &octets, NULL) == ENS_OK;
    uint8_t *copy = good ? ens_arena_take(&v->docket->arena, octets.len + 1) : NULL;
    if (copy) {
        memcpy(copy, octets.p, octets.len);
        d->bytes = d->carried = ens_bytes(copy, octets.len);
        d->size = octets.len;
    }
    ens_buf_free(&octets);
    return copy != NULL;
}

/* bind_deliveries puts the digest by which a part is sealed beside what is delivered of it. */
static void bind_deliveries(ens_verifier *v, const parcel *p)
{
    for (unsigned i = 0; i < p->wss.num_references; i++) {
        const ens_mime_part *part = p->coverage.of[i].part;
        const ens_reference *r = &p->wss.reference[i];
        for (unsigned k = 0; part && k < v->docket->payloads.num; k++) {
            ens_delivery *d = &v->docket->payloads.item[k];
            if (d->carried.p != part->body.p || d->carried.len != part->body.len || r->digest.len != sizeof d->sha256)
                continue;
            memcpy(d->sha256, r->digest.p, sizeof d->sha256);
            d->sealed = ens__part_form(part) == ENS_FORM_RAW || deliver_hashed(v, part, d);
        }
    }
}

static ens__payload_options payload_options(const ens_verify_options *o)
{
    return (ens__payload_options){
        .xsd_dir = o->xsd_dir, .documents = o->documents, .tables = o->tables, .whole = o->whole_document};
}

static void judge_payload(ens_verifier *v, parcel *p, const ens_verify_options *o, ens_report *report)
{
    if (!is_user_message(&p->header))
        return;
    ens__payload_options po = payload_options(o);
    po.lenient = o->lenient;
    po.root_only = o->root_only;
    ens__payload_judge(v->payload_ctx, &p->header, &p->mime, &po, &v->docket->arena, &v->docket->payloads, report);
    bind_deliveries(v, p);
}

/* judge_signer: the lists are asked first, since one that may know the CA and can't be asked leaves the path open. */
static void judge_signer(const parcel *p, const ens_verify_options *o, const ens_trust *trust, ens_report *report)
{
    bool of_customs = o->customs && trust == o->customs;
    const ens__signer_lists *lists = of_customs ? NULL : ens__signer_lists_find(p->signer, trust, o->at);
    bool excused = lists && lists->lacking;
    ens__report_append(report, &ens__signer_path(p->signer, of_customs, trust, o->at, excused)->report);
    if (lists)
        ens__report_append(report, &lists->lists);
    if (lists && !o->registry && !p->as_trader)
        ens__report_append(report, &lists->acceptance);
}

static void judge_parcel(ens_verifier *v, parcel *p, const ens_verify_options *o, ens_role as, ens_report *report)
{
    bool as_trader = judged_as_trader(v, p, o, as);
    const ens_trust *trust = as_trader && o->customs ? o->customs : o->trust;
    p->as_trader = as_trader;
    v->digests.differs = o->differs;
    v->digests.differs_user = o->differs_user;
    v->digests.terse = o->terse;
    judge_seal(v, p, as_trader, o->lenient, report);
    if (v->doubt)
        return;
    if (has_chain(p))
        judge_signer(p, o, trust, report);
    if (as == ENS_ROLE_AUTO && !o->customs && as_trader)
        warn_unproven(report);
    const ens_header *bundled = p->header.bundled;
    if (!o->registry)
        judge_binding(p, &p->header, report);
    if (!o->registry && bundled)
        judge_binding(p, bundled, report);
    judge_fault(p, report);
    if (!p->soap.messaging)
        return;
    judge_body(p, report);
    judge_header(p, &p->header, o, report);
    if (bundled)
        judge_header(p, bundled, o, report);
    judge_payload(v, p, o, report);
    if (signal_of(p)->kind == ENS_KIND_RECEIPT)
        ens__receipt_read(p->soap.messaging, p->as_trader, &v->docket->arena, &v->docket->receipt, report);
    judge_status(p, report);
}

static const char *subcode_of(const ens_error_info *e)
{
    const ens_slice texts[] = {e->detail, e->description, e->short_description};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !found; i++)
        found = ens__subcode_of(texts[i]);
    return found;
}

/* tell_errors says of each error what it means. */
static void tell_errors(ens_verifier *v, const ens_header *h, ens_message *m)
{
    for (unsigned i = 0; i < h->num_errors; i++) {
        const ens_error_info *e = &h->error[i];
        const char *subcode = subcode_of(e);
        const ens_explanation *x = ens_explain(e->code, subcode ? ens_str(subcode) : (ens_slice){0});
        v->docket->errors[i] = (ens_signal_error){e->code,
                                                  e->severity,
                                                  e->category,
                                                  e->origin,
                                                  e->short_description,
                                                  e->description,
                                                  e->detail,
                                                  e->ref_to,
                                                  subcode,
                                                  x ? x->meaning : NULL,
                                                  x ? x->hint : NULL,
                                                  x ? x->domibus : NULL};
    }
    m->errors = v->docket->errors;
    m->num_errors = h->num_errors;
}

/* tell_message fills the record that the caller sees. */
static void tell_message(ens_verifier *v, const parcel *p, ens_message *m)
{
    const ens_header *h = &p->header;
    *m = (ens_message){
        .kind = (ens_message_kind)h->kind,
        .engine = v->by_fast ? ENS_ENGINE_FAST : ENS_ENGINE_REFERENCE,
        .test = ens_is(h->action, ENS_TEST_ACTION),
        .from_customs = p->as_trader,
        .bundled = h->bundled ? (ens_message_kind)h->bundled->kind : ENS_MESSAGE_UNKNOWN,
        .message_id = h->message_id,
        .ref_to = h->ref_to,
        .timestamp = h->timestamp,
        .action = h->action,
        .service = h->service,
        .from = h->from.id,
        .to = h->to.id,
        .agreement = h->agreement,
        .conversation_id = h->conversation_id,
        .mpc = h->mpc,
        .payloads = v->docket->payloads.item,
        .num_payloads = v->docket->payloads.num,
        .signed_parts = p->signed_part,
        .num_signed_parts = p->wss.num_references,
        .document_errors = v->docket->payloads.errors,
        .num_document_errors = v->docket->payloads.num_errors,
        .fault_code = p->soap.fault.code,
        .fault_reason = p->soap.fault.reason,
        .http_status = p->mime.status,
    };
    ens__document_references(&v->docket->payloads.document, &m->lrn, &m->mrn);
    if (!p->as_trader) {
        m->sender = sender_of(h);
        m->bundled_sender = h->bundled ? sender_of(h->bundled) : (ens_slice){0};
    }
    tell_errors(v, signal_of(p), m);
    m->has_signer = has_chain(p);
    if (!m->has_signer)
        return;
    m->chain = &p->signer->chain;
    memcpy(m->signer_sha256, p->signer->sha256, sizeof m->signer_sha256);
}

/* scan_original reads no more of it than a receipt repeats, or all that its mould tells. False: it has to be taken
 * apart. */
static bool scan_original(ens_verifier *v, ens_slice bytes)
{
    parcel *p = &v->docket->original;
    ens__header_clear(&p->header);
    ens__wss_clear(&p->wss);
    ens__mime_read(bytes, (ens_slice){0}, &v->docket->arena, &p->mime, &v->aside);
    if (!v->fast.moulds_off &&
        ens__soap_fit(v->fast.originals, p->mime.root.body, &v->docket->arena, &p->soap, &v->aside)) {
        read_blocks(v, p, &v->aside);
        return true;
    }
    if (!ens__original_scan(&v->fast.scanner, p->mime.root.body, &v->docket->arena, &p->header, p->signed_part,
                            ENS_REFERENCES_MAX, &p->wss.num_references))
        return false;
    ens__fast_learn_original(&v->fast, p->mime.root.body);
    return true;
}

/* read_original reads the message that a receipt is for; its own faults are not the receipt's and are left out. */
static bool read_original(ens_verifier *v, ens_slice bytes, ens_report *report)
{
    ens__report_reset(&v->aside);
    if (!v->by_fast || !scan_original(v, bytes))
        take_apart(v, bytes, (ens_slice){0}, &v->docket->original, &v->aside);
    if (is_user_message(&v->docket->original.header) && v->docket->original.wss.num_references)
        return true;
    ens__skip(report, "receipt.original", "AS4 3.6", true,
              "the message that the receipt should be for isn't a sealed user message");
    return false;
}

/* refuse_other tells what came where a receipt was awaited. */
static void refuse_other(const ens_message *m, ens_report *report)
{
    static const char rule[] = "AS4 3.6";
    ens_finding *f;
    if (m->num_errors)
        f = ens__failf(report, "receipt.kind", rule,
                       m->errors[0].hint ? m->errors[0].hint : "look the code up, mend the message and send it again",
                       "no receipt came but an error signal: %s%s%s, %s", ens__show(report, m->errors[0].code),
                       m->errors[0].subcode ? " " : "", m->errors[0].subcode ? m->errors[0].subcode : "",
                       ens__show(report, m->errors[0].detail.len ? m->errors[0].detail : m->errors[0].description));
    else if (m->fault_reason.len || m->fault_code.len)
        f = ens__failf(report, "receipt.kind", rule,
                       "a gateway or a SOAP stack answered: look at its reason, then send the same bytes again",
                       "no receipt came but a SOAP fault: %s (%s)", ens__show(report, m->fault_reason),
                       ens__show(report, m->fault_code));
    else
        f = ens__failf(report, "receipt.kind", rule, "the sender got no receipt: send the same bytes again",
                       "this isn't a receipt");
    f->code = "EBMS:0301";
}

static void judge_receipt(ens_verifier *v, bool known, const ens_message *m, ens_report *report)
{
    const ens_header *h = signal_of(&v->docket->message);
    if (h->kind != ENS_KIND_RECEIPT)
        refuse_other(m, report);
    else if (known)
        ens__receipt_judge(&v->docket->receipt, h->ref_to, v->docket->original.header.message_id,
                           v->docket->original.signed_part, v->docket->original.wss.num_references, report);
}

/* learn makes a mould of the envelope where it fitted none; its seal holds. */
static void learn(ens_verifier *v)
{
    const parcel *p = &v->docket->message;
    if (!v->docket->fitted)
        ens__fast_learn(&v->fast, p->mime.root.body, &p->soap, &p->wss, &p->coverage);
}

static bool has_fitted(const parcel *p)
{
    return p->soap.records && p->soap.records->mould;
}

/* run_engine judges by one engine. False when the fast one has doubts: then the report is of no use. */
static bool run_engine(ens_verifier *v, const task *t, bool by_fast, ens_message *message, ens_report *report)
{
    forget(v);
    v->by_fast = by_fast;
    v->doubt = false;
    bool known = t->original && read_original(v, *t->original, report);
    if (!v->doubt)
        take_apart(v, t->bytes, t->options->content_type, &v->docket->message, report);
    ens_role as = t->options->role;
    if (t->original && as == ENS_ROLE_AUTO) /* who got the message sends the receipt */
        as = from_customs(&v->docket->original.header) ? ENS_ROLE_STI : ENS_ROLE_TRADER;
    if (!v->doubt)
        judge_parcel(v, &v->docket->message, t->options, as, report);
    if (v->doubt)
        return false;
    v->docket->fitted = has_fitted(&v->docket->message);
    if (by_fast && !v->docket->lane.key)
        learn(v);
    tell_message(v, &v->docket->message, message);
    if (v->docket->payloads.document.by_tables && t->options->documents != ENS_DOCUMENTS_OFF)
        message->tables = ens__tables_or_ours(t->options->tables);
    if (t->original)
        judge_receipt(v, known, message, report);
    return true;
}

/* run_fast judges what fitted a mould and is in doubt once more by the scanner, if that may tell otherwise. */
static void run_fast(ens_verifier *v, const task *t, ens_message *message, ens_report *report)
{
    size_t before = ens_report_num(report);
    v->fast.moulds_off = v->fast.part_differs = false;
    if (run_engine(v, t, true, message, report))
        return;
    ens__report_rewind(report, before);
    v->fast.moulds_off = !v->fast.part_differs && (has_fitted(&v->docket->message) || has_fitted(&v->docket->original));
    if (v->fast.moulds_off && run_engine(v, t, true, message, report))
        return;
    ens__report_rewind(report, before);
    v->counts.handed_over++;
    run_engine(v, t, false, message, report);
}

static const char *tell_finding(const ens_finding *f)
{
    return f ? f->id : "nothing";
}

/* run_both leaves the reference engine's judgement, or nothing but their difference. */
static void run_both(ens_verifier *v, const task *t, ens_message *message, ens_report *report)
{
    char left[ENS_DETAIL_TEXT], right[ENS_DETAIL_TEXT];
    const ens_finding *a, *b;
    ens_report ours, theirs;
    ens__report_init(&ours);
    ens__report_init(&theirs);
    run_fast(v, t, message, &ours);
    uint64_t print = ens__message_print(message);
    run_engine(v, t, false, message, &theirs);
    message->engine = ENS_ENGINE_BOTH;
    if (!ens__reports_differ(&ours, &theirs, &a, &b) && print == ens__message_print(message)) {
        ens__report_append(report, &theirs);
    } else {
        v->counts.different++;
        ens__skip(report, "engine.difference", "Ensign: both engines judge alike", true,
                  "internal error: the fast engine says %s %s (%s) where the reference engine says %s %s (%s)",
                  a ? ens_outcome_name(a->outcome) : "", tell_finding(a), ens__finding_text(a, left, "-"),
                  b ? ens_outcome_name(b->outcome) : "", tell_finding(b), ens__finding_text(b, right, "-"));
    }
    ens__report_clear(&ours);
    ens__report_clear(&theirs);
}

static void ask_registry(const ens_verify_options *o, ens_message *message, ens_report *report)
{
    if (o->registry)
        ens__registry_judge(o->registry, message, o->at, report);
}

void ens__judge_ahead(ens_verifier *v, ens_slice bytes, const ens_verify_options *options, ens_message *message,
                      ens_report *report)
{
    v->counts.messages++;
    v->ahead = true;
    run_fast(v, &(task){.bytes = bytes, .options = options}, message, report);
    v->ahead = false;
    if (!v->docket->lane.key)
        ask_registry(options, message, report);
}

void ens__judge_rest(ens_verifier *v, const ens_verify_options *options, ens_message *message, ens_report *report)
{
    learn(v);
    ask_registry(options, message, report);
}

static void run_task(ens_verifier *v, const task *t, ens_message *message, ens_report *report)
{
    v->counts.messages++;
    if (t->options->engine == ENS_ENGINE_REFERENCE)
        run_engine(v, t, false, message, report);
    else if (t->options->engine == ENS_ENGINE_BOTH)
        run_both(v, t, message, report);
    else
        run_fast(v, t, message, report);
    ask_registry(t->options, message, report);
}

void ens_verify(ens_verifier *v, ens_slice bytes, const ens_verify_options *options, ens_message *message,
                ens_report *report)
{
    run_task(v, &(task){.bytes = bytes, .options = options}, message, report);
}

void ens_receipt_check(ens_verifier *v, ens_slice receipt, ens_slice original, const ens_verify_options *options,
                       ens_message *message, ens_report *report)
{
    run_task(v, &(task){.bytes = receipt, .original = &original, .options = options}, message, report);
}

void ens_document_check(ens_verifier *v, ens_slice text, const ens_verify_options *options, ens_document_result *out,
                        ens_report *report)
{
    forget(v);
    *out = (ens_document_result){0};
    ens__payload_options po = payload_options(options);
    ens_document_facts *f = ens_arena_zero(&v->docket->arena, sizeof *f);
    if (!f) {
        report->incomplete = true;
        return;
    }
    ens__document_check(v->payload_ctx, text, &po, &v->docket->arena, f, report);
    const ens_document *d = &f->document;
    *out = (ens_document_result){.whole = d->read,
                                 .action = d->root,
                                 .ns = d->ns,
                                 .lrn = d->lrn,
                                 .mrn = d->mrn,
                                 .declarant = d->declarant,
                                 .tables = f->tables,
                                 .errors = f->errors,
                                 .num_errors = f->num_errors,
                                 .inside = f};
}

ens_verifier_counts ens_verifier_count(const ens_verifier *v)
{
    return v->counts;
}

const char *ens_engine_name(ens_engine engine)
{
    static const char *const names[] = {
        [ENS_ENGINE_FAST] = "fast", [ENS_ENGINE_REFERENCE] = "reference", [ENS_ENGINE_BOTH] = "both"};
    return (unsigned)engine < sizeof names / sizeof *names ? names[engine] : "unknown";
}

const char *ens_message_kind_name(ens_message_kind kind)
{
    static const char *const names[] = {"unknown", "user-message", "receipt", "error", "pull-request"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : names[0];
}
