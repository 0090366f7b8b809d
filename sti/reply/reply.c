#include "sti/reply/reply.h"

#include "as4/ens/reply.h"
#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "as4/payload/payload.h"
#include "engine/base/clock.h"
#include "engine/base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign reply"
#define ARENA_MAX ((size_t)64 << 20)
#define REPLY_MAX ((size_t)64 << 20)
#define MRN_TEXT 19u /* 18 characters and NUL */
#define UUID_TEXT 36u
#define ID_MAX 192u

struct ens__replier {
    ens_verifier *verifier;
    ens__payload_ctx *payload;
    ens_report *report, *aside;
    ens_arena arena;
    ens_buf document, reply;
    char id[ID_MAX], mrn[MRN_TEXT], action[8];
};

ens__replier *ens__replier_new(void)
{
    ens__replier *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    ens_arena_init(&r->arena, ARENA_MAX);
    ens_buf_init(&r->document, NULL, 0, ENS_REPLY_DOCUMENT_MAX);
    ens_buf_init(&r->reply, NULL, 0, REPLY_MAX);
    r->payload = ens__payload_ctx_new();
    r->report = ens_report_new();
    r->aside = ens_report_new();
    if (r->payload && r->report && r->aside && ens_verifier_new(&r->verifier, NULL) == ENS_OK)
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
    ens_buf_free(&r->document);
    ens_buf_free(&r->reply);
    ens_arena_free(&r->arena);
    free(r);
}

static bool is_filing(ens_slice action)
{
    return ens_starts(action, ENS_LIT("IE3F"));
}

bool ens__replier_is_due(ens_slice action)
{
    const ens_action *a = ens__action_find(action);
    return a && a->direction == ENS_T2C;
}

/* make_id derives the answer's id from the work: a step that is made again makes no second message.
 * Source  RFC 4122, 4.3 (version 5, of the name space for domain names) */
static bool make_id(ens__replier *r, const ens__reply_order *o)
{
    static const uint8_t space[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                      0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    uint8_t name[sizeof space + ENS_STORE_ID], d[EVP_MAX_MD_SIZE];
    char hex[2 * 16 + 1];
    if (o->work_id.len > ENS_STORE_ID)
        return false;
    memcpy(name, space, sizeof space);
    memcpy(name + sizeof space, o->work_id.p, o->work_id.len);
    if (EVP_Digest(name, sizeof space + o->work_id.len, d, NULL, EVP_sha1(), NULL) != 1)
        return false;
    d[6] = (uint8_t)((d[6] & 0x0F) | 0x50);
    d[8] = (uint8_t)((d[8] & 0x3F) | 0x80);
    ens__hex(ens_bytes(d, 16), hex);
    int n = snprintf(r->id, sizeof r->id, "%.8s-%.4s-%.4s-%.4s-%.12s@%s", hex, hex + 8, hex + 12, hex + 16, hex + 20,
                     o->domain);
    return n > 0 && (size_t)n < sizeof r->id;
}

/* country_of is where the filing goes, else where the party is from. */
static ens_slice country_of(const ens_document_facts *f, ens_slice party)
{
    ens_slice office = {0}, first = party;
    if (f->elements)
        office =
            ens__doc_value(f->elements, ens__doc_child(f->elements, ENS_DOC_ROOT, ENS_EL_customsOfficeOfFirstEntry),
                           ENS_EL_referenceNumber);
    if (f->document.member_state.len == 2)
        return f->document.member_state;
    if (office.len >= 2)
        return ens_sub(office, 0, 2);
    for (size_t i = 0; i + 1 < party.len; i++)
        if (party.p[i] == '@' && party.len - i > 3)
            first = ens_from(party, i + 1);
    return ens_sub(first, 0, 2);
}

/* make_mrn: year, country, eleven characters of the office's own, the shared trader interface, an entry, a check digit.
 * Nobody takes it for a real one: it says SIM. */
static bool make_mrn(ens__replier *r, const ens__reply_order *o, ens_slice country)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    uint8_t d[32];
    char own[9] = "";
    if (country.len != 2 || ens__sha256(o->work_id, d, NULL) != ENS_OK)
        return false;
    for (unsigned i = 0; i < 8; i++)
        own[i] = letters[(d[2 * i] << 8 | d[2 * i + 1]) % 36];
    snprintf(r->mrn, sizeof r->mrn, "%02u%.2sSIM%.8sAT0", (unsigned)ens__civil_of(o->at).year % 100u,
             (const char *)country.p, own);
    while (!ens__mrn_check_digit_good(ens_str(r->mrn)) && r->mrn[17] < '9')
        r->mrn[17]++;
    return ens__mrn_check_digit_good(ens_str(r->mrn));
}

static ens_code add_piece(void *user, ens_slice piece)
{
    ens_buf *to = user;
    ens_buf_put(to, piece);
    return to->failed;
}

/* read_document reads the business document by itself, for what the answer repeats of it. */
static ens_code read_document(ens__replier *r, const ens_message *m, ens_document_facts *out, ens_err *err)
{
    const ens__payload_options o = {.documents = ENS_DOCUMENTS_STRICT};
    ens_slice text = m->num_payloads ? m->payloads[0].bytes : (ens_slice){0};
    *out = (ens_document_facts){0};
    r->document.len = 0;
    if (m->num_payloads && !text.p) {
        ens_code code = ens_delivery_put(&m->payloads[0], add_piece, &r->document, err);
        if (code != ENS_OK)
            return code;
        text = ens_buf_slice(&r->document);
    }
    ens__report_reset(r->aside);
    if (text.len)
        ens__document_check(r->payload, text, &o, &r->arena, out, r->aside);
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

/* choose says which answer it is; NULL: none, and why. */
static const char *choose(const ens__replier *r, const ens_message *m, const char **why)
{
    if (is_at_fault(r->report))
        return "IE3N99";
    if (is_open(r->report))
        *why = "the document could not be judged";
    else if (!is_filing(m->action))
        *why = "a life cycle is needed to answer it";
    else if (ens_is(m->action, "IE3F25"))
        *why = "it has no MRN of its own: those of the filings that it belongs to are used";
    else
        return "IE3R01";
    return NULL;
}

static ens_code seal(ens__replier *r, const ens__reply_order *o, const ens_message *m, ens_sealer *sealer,
                     ens__outgoing *out, ens_err *err)
{
    const ens_seal_part part = {
        .bytes = ens_buf_slice(&r->reply), .cid = ENS_LIT("ens"), .type = ENS_LIT("application/xml")};
    const ens_seal_message_options what = {.action = ens_str(r->action),
                                           .to = o->party,
                                           .agreement = m->agreement,
                                           .message_id = ens_str(r->id),
                                           .ref_to = o->message_id,
                                           .mpc = o->mpc,
                                           .at = o->at,
                                           .parts = &part,
                                           .num_parts = 1};
    ens_slice sealed;
    ens_code code = ens_seal_message(sealer, &what, &sealed, err);
    if (code != ENS_OK)
        return ens_within(err, code, "sealing the answer of customs");
    const ens_action *action = ens__action_find(ens_str(r->action));
    *out = (ens__outgoing){.message = {.at_ms = o->at * 1000,
                                       .direction = ENS_OUT,
                                       .kind = ENS_ENTRY_USER_MESSAGE,
                                       .action = ens_str(r->action),
                                       .message_id = ens_str(r->id),
                                       .ref_to = o->message_id,
                                       .party = o->party,
                                       .raw = sealed},
                           .category = action ? (unsigned)(action->priority - 'A') + 1 : 2};
    return ENS_OK;
}

/* say_yes: the registry was asked when the message came. */
static void say_yes(void *of, const ens_registry_question *question, ens_registry_answer *answer)
{
    (void)of, (void)question;
    answer->party.says = answer->certificate.says = answer->party_id.says = ENS_REGISTRY_YES;
}

ens_code ens__replier_make(ens__replier *r, const ens__reply_order *o, ens_sealer *sealer, ens__outgoing *out,
                           bool *due, const char **why, ens_err *err)
{
    ens_message m;
    ens_document_facts facts;
    const ens_registry asked = {NULL, say_yes};
    const ens_verify_options how = {.at = o->at, .role = ENS_ROLE_STI, .registry = &asked, .terse = true};
    *due = false;
    ens_arena_reset(&r->arena);
    ens__report_reset(r->report);
    r->reply.len = 0;
    r->reply.failed = ENS_OK;
    ens_verify(r->verifier, o->raw, &how, &m, r->report);
    const char *name = choose(r, &m, why);
    if (!name)
        return ENS_OK;
    snprintf(r->action, sizeof r->action, "%s", name);
    ens_code code = read_document(r, &m, &facts, err);
    if (code != ENS_OK)
        return code;
    bool registers = strcmp(name, "IE3R01") == 0;
    if (!make_id(r, o) || (registers && !make_mrn(r, o, country_of(&facts, o->party))))
        return ens_fail(err, ENS_ECRYPTO, RULE, "an id or an MRN can't be made", 0);
    const ens_reply reply = {.sent = facts.elements,
                             .at = o->at,
                             .mrn = registers ? r->mrn : NULL,
                             .report = registers ? NULL : r->report,
                             .v1 = ens_is(m.agreement, ENS_AGREEMENT_V1)};
    code = ens__reply_write(name, &reply, &r->reply, err);
    if (code == ENS_OK)
        code = seal(r, o, &m, sealer, out, err);
    *due = code == ENS_OK;
    return code;
}
