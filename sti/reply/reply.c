#include "sti/reply/reply.h"

#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "as4/payload/payload.h"
#include "engine/base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign reply"
#define ARENA_MAX ((size_t)1 << 30)
#define ID_MAX 192u
#define ALARM_IDS ((size_t)1 << 20) /* tasks are numbered from here on, messages below */

struct ens__replier {
    ens_verifier *verifier;
    ens__payload_ctx *payload;
    ens_report *report, *aside;
    ens_shelf *shelf;
    ens_customs *customs;
    ens__replier_settings settings;
    ens_arena arena, kept; /* of one piece of work; of all since begin */
    ens_buf document;
};

ens__replier *ens__replier_new(ens__store *store, const ens__replier_settings *settings)
{
    ens__replier *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    ens_arena_init(&r->arena, ARENA_MAX);
    ens_arena_init(&r->kept, ARENA_MAX);
    ens_buf_init(&r->document, NULL, 0, ENS_REPLY_DOCUMENT_MAX);
    r->settings = *settings;
    r->payload = ens__payload_ctx_new();
    r->report = ens_report_new();
    r->aside = ens_report_new();
    r->shelf = ens__shelf_new(store);
    r->customs = r->shelf ? ens__customs_new(r->shelf, &settings->customs) : NULL;
    if (r->payload && r->report && r->aside && r->customs && ens_verifier_new(&r->verifier, NULL) == ENS_OK)
        return r;
    ens__replier_free(r);
    return NULL;
}

void ens__replier_free(ens__replier *r)
{
    if (!r)
        return;
    ens_verifier_free(r->verifier);
    ens__payload_ctx_free(r->payload);
    ens_report_free(r->report);
    ens_report_free(r->aside);
    ens__customs_free(r->customs);
    ens__shelf_free(r->shelf);
    ens_buf_free(&r->document);
    ens_arena_free(&r->arena);
    ens_arena_free(&r->kept);
    free(r);
}

void ens__replier_begin(ens__replier *r)
{
    ens_arena_reset(&r->kept);
    ens__shelf_begin(r->shelf);
}

bool ens__replier_is_due(ens_slice action)
{
    const ens_action *a = ens__action_find(action);
    return a && a->direction == ENS_T2C;
}

/* make_id derives a message's id from the work, and from which one of it it is: a step that is made again makes no
 * second message.
 * Source  RFC 4122, 4.3 (version 5, of the name space for domain names) */
static bool make_id(ens_slice work_id, size_t nth, const char *domain, char id[ID_MAX])
{
    static const uint8_t space[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                      0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    uint8_t name[sizeof space + ENS_STORE_ID + 24], d[EVP_MAX_MD_SIZE];
    char hex[2 * 16 + 1];
    if (work_id.len > ENS_STORE_ID)
        return false;
    memcpy(name, space, sizeof space);
    memcpy(name + sizeof space, work_id.p, work_id.len);
    size_t len = sizeof space + work_id.len;
    if (nth)
        len += (size_t)snprintf((char *)name + len, 24, "/%zu", nth);
    if (EVP_Digest(name, len, d, NULL, EVP_sha1(), NULL) != 1)
        return false;
    d[6] = (uint8_t)((d[6] & 0x0F) | 0x50);
    d[8] = (uint8_t)((d[8] & 0x3F) | 0x80);
    ens__hex(ens_bytes(d, 16), hex);
    int n = snprintf(id, ID_MAX, "%.8s-%.4s-%.4s-%.4s-%.12s@%s", hex, hex + 8, hex + 12, hex + 16, hex + 20, domain);
    return n > 0 && n < (int)ID_MAX;
}

/* -- The message -------------------------------------------------------------------------------------------------- */

static ens_code add_piece(void *user, ens_slice piece)
{
    ens_buf *to = user;
    ens_buf_put(to, piece);
    return to->failed;
}

/* read_document reads the business document by itself, for what is repeated and remembered of it. */
static ens_code read_document(ens__replier *r, const ens_message *m, ens_slice *text, ens_document_facts *out,
                              ens_err *err)
{
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_STRICT, .whole = true};
    *text = m->num_payloads ? m->payloads[0].bytes : (ens_slice){0};
    *out = (ens_document_facts){0};
    r->document.len = 0;
    r->document.failed = ENS_OK;
    if (m->num_payloads && !text->p) {
        ens_code code = ens_delivery_put(&m->payloads[0], add_piece, &r->document, err);
        if (code != ENS_OK)
            return code;
        *text = ens_buf_slice(&r->document);
    }
    ens__report_reset(r->aside);
    if (text->len)
        ens__document_check(r->payload, *text, &o, &r->arena, out, r->aside);
    return ENS_OK;
}

/* is_at_fault tells whether anything in the document alone is wrong; is_open whether something could not be told. */
static bool is_at_fault(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL && f->document_fault)
            return true;
    }
    return false;
}

static bool is_open(const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_SKIP && f->needed && ens__in_family(f, "ens"))
            return true;
    }
    return false;
}

/* say_yes: the registry was asked when the message came. */
static void say_yes(void *of, const ens_registry_question *question, ens_registry_answer *answer)
{
    (void)of, (void)question;
    answer->party.says = answer->certificate.says = answer->party_id.says = ENS_REGISTRY_YES;
}

/* find_cue asks the scenarios, then the end of the LRN. */
static bool find_cue(ens__replier *r, const ens_incoming *in, ens_cue *out)
{
    ens_slice lrn = in->document ? ens__doc_value(in->document, ENS_DOC_ROOT, ENS_EL_LRN) : (ens_slice){0};
    if (!r->settings.rehearsal || !in->document)
        return false;
    const ens_held *h = ens__customs_filing_of(r->customs, in->document);
    const ens__cue_question q = {in->action, in->party, in->document, h ? &h->filing : NULL};
    return (r->settings.cue && r->settings.cue(r->settings.user, &q, out)) || ens__cue_of_lrn(lrn, out);
}

static ens_code answer_message(ens__replier *r, const ens__reply_order *o, ens_customs_outcome *out, ens_err *err)
{
    ens_message m;
    ens_document_facts facts;
    ens_cue cue;
    ens_slice text;
    const ens_registry asked = {NULL, say_yes};
    const ens_verify_options how = {.at = o->at, .role = ENS_ROLE_STI, .registry = &asked, .terse = true};
    const ens__work *w = o->work;
    ens__report_reset(r->report);
    ens_verify(r->verifier, w->raw, &how, &m, r->report);
    ens_code code = read_document(r, &m, &text, &facts, err);
    if (code != ENS_OK)
        return code;
    ens_incoming in = {.work_id = w->id,
                       .message_id = w->message_id,
                       .party = w->party,
                       .space = ens_str(o->space),
                       .action = m.action,
                       .text = text,
                       .document = facts.elements,
                       .report = r->report,
                       .at_fault = is_at_fault(r->report),
                       .v1 = ens_is(m.agreement, ENS_AGREEMENT_V1)};
    if (!in.at_fault && is_open(r->report)) {
        *out = (ens_customs_outcome){.why = "the document could not be judged"};
        return ENS_OK;
    }
    in.cue = find_cue(r, &in, &cue) ? &cue : NULL;
    return ens__customs_take(r->customs, &in, o->at, out, err);
}

static ens_code obey(ens__replier *r, const ens__reply_order *o, ens_customs_outcome *out, ens_err *err)
{
    ens_order order;
    if (ens__order_read(o->work->body, &order))
        return ens__customs_obey(r->customs, &order, o->work->id, o->at, out, err);
    *out = (ens_customs_outcome){.why = "it is no order"};
    return ENS_OK;
}

/* -- What goes out ------------------------------------------------------------------------------------------------ */

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for what customs say", 0);
}

static bool keep(ens__replier *r, ens_slice *text)
{
    const char *copy = ens_arena_text(&r->kept, *text);
    *text = ens_bytes(copy, copy ? text->len : 0);
    return copy != NULL;
}

static ens_code seal_letter(ens__replier *r, const ens__reply_order *o, const ens_letter *l, const char *id,
                            ens_slice mpc, ens_sealer *sealer, ens_slice *out, ens_err *err)
{
    ens_seal_part parts[ENS_LETTER_PARTS + 1];
    char cid[ENS_LETTER_PARTS][32];
    parts[0] = (ens_seal_part){.bytes = l->document, .cid = ENS_LIT("ens"), .type = ENS_LIT("application/xml")};
    for (size_t i = 0; i < l->num_further; i++) {
        snprintf(cid[i], sizeof cid[i], "notice-%zu", i + 1);
        parts[i + 1] =
            (ens_seal_part){.bytes = l->further[i], .cid = ens_str(cid[i]), .type = ENS_LIT("application/xml")};
    }
    const ens_seal_message_options what = {.action = ens_str(l->action),
                                           .to = ens_str(l->to),
                                           .agreement = ens_str(l->v1 ? ENS_AGREEMENT_V1 : ENS_AGREEMENT_V2),
                                           .message_id = ens_str(id),
                                           .ref_to = l->ref_to,
                                           .mpc = mpc,
                                           .at = o->at,
                                           .parts = parts,
                                           .num_parts = l->num_further + 1};
    ens_code code = ens_seal_message(sealer, &what, out, err);
    if (code != ENS_OK)
        return ens_within(err, code, "sealing what customs say");
    return keep(r, out) ? ENS_OK : no_memory(err);
}

/* read_letter reads what a letter is about where its readers do. */
static bool read_letter(ens__replier *r, const ens_letter *l, ens_slice *lrn, ens_slice *mrn)
{
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_OFF};
    ens_document_facts facts;
    ens__report_reset(r->aside);
    ens__document_check(r->payload, l->document, &o, &r->arena, &facts, r->aside);
    ens__document_references(&facts.document, lrn, mrn);
    return keep(r, lrn) && keep(r, mrn);
}

static ens_code send_letter(ens__replier *r, const ens__reply_order *o, const ens_letter *l, size_t nth,
                            ens_sealer *sealer, ens__outgoing *out, ens_err *err)
{
    char id[ID_MAX];
    ens_slice sealed = {0}, own, lrn = {0}, mrn = {0}, to = ens_str(l->to), ref_to = l->ref_to;
    const ens_action *action = ens__action_find(ens_str(l->action));
    char mpc[ENS_STORE_URL] = "";
    *out = (ens__outgoing){.after_ms = l->after_ms, .category = action ? (unsigned)(action->priority - 'A') + 1 : 2};
    o->address(o->user, to, out, mpc);
    out->mpc = ens_str(mpc);
    if (!make_id(o->work->id, nth, o->domain, id))
        return ens_fail(err, ENS_ECRYPTO, RULE, "an id can't be made", 0);
    ens_code code = seal_letter(r, o, l, id, out->mpc, sealer, &sealed, err);
    own = ens_str(id);
    if (code == ENS_OK &&
        (!keep(r, &own) || !keep(r, &to) || !keep(r, &ref_to) || !keep(r, &out->mpc) || !read_letter(r, l, &lrn, &mrn)))
        code = no_memory(err);
    out->message = (ens__entry){.at_ms = o->at * 1000,
                                .direction = ENS_OUT,
                                .kind = ENS_ENTRY_USER_MESSAGE,
                                .action = ens_str(l->action),
                                .message_id = own,
                                .ref_to = ref_to,
                                .party = to,
                                .lrn = lrn,
                                .mrn = mrn,
                                .raw = sealed};
    return code;
}

static ens_code send_all(ens__replier *r, const ens__reply_order *o, const ens_customs_outcome *from,
                         ens_sealer *sealer, ens__reply_result *out, ens__notice *notices, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; i < from->num_letters && code == ENS_OK; i++) {
        const ens_letter *l = &from->letters[i];
        code = send_letter(r, o, l, i, sealer, &out->outgoing[i], err);
        notices[i] = (ens__notice){.mrn = l->mrn,
                                   .person = l->person,
                                   .action = out->outgoing[i].message.action,
                                   .message_id = out->outgoing[i].message.message_id,
                                   .document = l->document,
                                   .at_ms = o->at * 1000};
        if (code == ENS_OK &&
            (!keep(r, &notices[i].mrn) || !keep(r, &notices[i].person) || !keep(r, &notices[i].document)))
            code = no_memory(err);
    }
    out->num_outgoing = from->num_letters;
    return code;
}

/* set_alarms makes tasks of what is to be done later. */
static ens_code set_alarms(ens__replier *r, const ens__reply_order *o, const ens_customs_outcome *from,
                           ens__reply_result *out, ens_err *err)
{
    char kind[ENS_LIFE_KIND_MAX];
    ens_slice life = ens__life_kind(o->space, kind);
    if (!keep(r, &life))
        return no_memory(err);
    for (size_t i = 0; i < from->num_alarms; i++) {
        const ens_alarm *a = &from->alarms[i];
        char id[ENS_STORE_ID], own[ID_MAX];
        ens_buf body;
        if (!make_id(o->work->id, ALARM_IDS + i, "alarm", own))
            return ens_fail(err, ENS_ECRYPTO, RULE, "an id can't be made", 0);
        ens_buf_init(&body, NULL, 0, ENS_FILING_BODY);
        ens__order_write(&a->order, &body);
        int n = snprintf(id, sizeof id, "%s:%.*s:%.36s", ens__order_name(a->order.kind), (int)a->order.mrn.len,
                         (const char *)a->order.mrn.p, own);
        ens__task *t = &out->tasks[out->num_tasks++];
        *t = (ens__task){.id = ens_bytes(id, (size_t)n),
                         .kind = life,
                         .due_ms = a->due * 1000,
                         .alone = true,
                         .body = ens_buf_slice(&body)};
        bool kept = keep(r, &t->id) && keep(r, &t->body);
        ens_buf_free(&body);
        if (!kept)
            return no_memory(err);
        out->at_once |= a->due <= o->at;
    }
    return ENS_OK;
}

static size_t known_notices(ens__notice *notices, size_t num)
{
    size_t kept = 0;
    for (size_t i = 0; i < num; i++)
        if (notices[i].mrn.len)
            notices[kept++] = notices[i];
    return kept;
}

static ens_code give_out(ens__replier *r, const ens__reply_order *o, const ens_customs_outcome *from,
                         ens_sealer *sealer, ens__reply_result *out, ens_err *err)
{
    ens__filing_changes *changes = ens_arena_zero(&r->kept, sizeof *changes);
    ens__notice *notices = ens_arena_zero(&r->kept, (from->num_letters + 1) * sizeof *notices);
    out->outgoing = ens_arena_zero(&r->kept, (from->num_letters + 1) * sizeof *out->outgoing);
    out->tasks = ens_arena_zero(&r->kept, (from->num_alarms + 1) * sizeof *out->tasks);
    out->why = from->num_letters ? NULL : from->why ? from->why : "nobody is to be told";
    if (!changes || !notices || !out->outgoing || !out->tasks)
        return no_memory(err);
    ens_code code = send_all(r, o, from, sealer, out, notices, err);
    if (code == ENS_OK)
        code = set_alarms(r, o, from, out, err);
    if (code == ENS_OK && !ens__shelf_take(r->shelf, changes))
        code = ens__shelf_failed(r->shelf, err);
    changes->notices = notices;
    changes->num_notices = known_notices(notices, from->num_letters);
    out->filings = changes;
    return code;
}

ens_code ens__replier_make(ens__replier *r, const ens__reply_order *o, ens_sealer *sealer, ens__reply_result *out,
                           ens_err *err)
{
    ens_customs_outcome outcome = {0};
    *out = (ens__reply_result){0};
    ens_arena_reset(&r->arena);
    ens_code code =
        ens_is(o->work->kind, ENS_REPLY_KIND) ? answer_message(r, o, &outcome, err) : obey(r, o, &outcome, err);
    return code == ENS_OK ? give_out(r, o, &outcome, sealer, out, err) : code;
}
