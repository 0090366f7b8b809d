/* Judging and sealing: what the commands of these names do, with the same JSON. The file comes as the body, or as the
 * part "file" of a form whose other parts are named as the options of the command are. Nothing is kept. */
#include "web/api/parts.h"

#include "engine/base/file.h"
#include "ensign/document.h"
#include "ensign/json.h"
#include "ensign/preflight.h"
#include "ensign/seal.h"
#include "sti/demo/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#define PARTS_MAX ENS_SEAL_PARTS_MAX
#define FILE_MAX ((size_t)1 << 20)

typedef struct {
    ens_verifier *verifier;
    ens_report *report;
} judging;

void *ens__api_make_judging(void *ctx)
{
    judging *j = calloc(1, sizeof *j);
    (void)ctx;
    if (j && (j->report = ens_report_new()) && ens_verifier_new(&j->verifier, NULL) == ENS_OK)
        return j;
    ens__api_drop_judging(j);
    return NULL;
}

void ens__api_drop_judging(void *of)
{
    judging *j = of;
    if (!j)
        return;
    ens_verifier_free(j->verifier);
    ens_report_free(j->report);
    free(j);
}

void ens__api_read_message(void *of, ens_slice raw, ens_message *out)
{
    judging *j = of;
    const ens_verify_options o = {
        .at = ens_time_now(), .documents = ENS_DOCUMENTS_OFF, .root_only = true, .terse = true};
    ens_report_reset(j->report);
    ens_verify(j->verifier, raw, &o, out, j->report);
}

/* A request to judge something. */
typedef struct {
    ens_api *api;
    ens_web_request *r;
    ens_web_answer *a;
    judging *with;
    ens_web_pairs form; /* empty: the body is the file */
    ens_slice file;
    ens_trust *trust, *customs; /* customs NULL: none were given */
    ens_time at;
    ens_registry registry;
    ens_verify_options verify;
} job;

/* option gives a field of the form, or a parameter of the query. */
static ens_slice option(const job *j, const char *name)
{
    ens_slice value = ens__web_get(j->form, name);
    return value.p ? value : ens__web_query(j->r, name);
}

static bool refuse(const job *j, unsigned status, const char *why, const char *hint)
{
    ens__api_refuse(j->a, status, why, hint);
    return false;
}

/* fail: what can't be read, or sealed with, is the client's. */
static bool fail(const job *j, const char *title, const ens_err *err)
{
    ens__web_fail_with(j->a, err->n && err->frame[0].code == ENS_ENOMEM ? 503 : 422, title, err);
    return false;
}

static bool read_input(job *j)
{
    unsigned status;
    const char *why;
    j->file = j->r->body;
    if (ens__web_media(j->r, "multipart/form-data")) {
        if (!ens__web_form(j->r, &j->form, &status, &why))
            return refuse(j, status, why, NULL);
        j->file = ens__web_get(j->form, "file");
    }
    return j->file.len || refuse(j, 422, "there is nothing to judge: the body, or the part file, is empty", NULL);
}

/* has_key tells of a private key in what is to be judged: nobody asked for it. */
static bool has_key(ens_slice file)
{
    return ens__find(file, ENS_LIT("PRIVATE KEY-----"), 0) != SIZE_MAX;
}

static bool add_all(job *j, ens_trust *to, const char *name,
                    ens_code (*add)(ens_trust *trust, ens_slice bytes, ens_err *err))
{
    for (size_t i = 0; i < j->form.num; i++) {
        ens_err err = {0};
        if (ens_is(j->form.pair[i].name, name) && add(to, j->form.pair[i].value, &err) != ENS_OK)
            return fail(j, "A file that came along can't be used", &err);
    }
    return true;
}

/* demo_trust trusts the customs of a demo, whose receipts and messages it judges. */
static ens_trust *demo_trust(const job *j)
{
    char path[4096];
    ens_trust *t = ens_trust_new();
    snprintf(path, sizeof path, "%s/pki/customs-root.pem", j->api->demo);
    if (t && ens_trust_add(t, path, NULL) == ENS_OK)
        return t;
    ens_trust_free(t);
    return NULL;
}

/* open_trust: the anchors that came along, or those of the access point. What comes along is never added to the access
 * point's own, which judges others. */
static bool open_trust(job *j, bool customs)
{
    const bool more =
        ens__web_get(j->form, "untrusted").p || ens__web_get(j->form, "crl").p || ens__web_get(j->form, "ocsp").p;
    if (ens__web_get(j->form, "trust").p) {
        j->trust = ens_trust_new();
        return j->trust && add_all(j, j->trust, "trust", ens_trust_add_bytes) &&
               add_all(j, j->trust, "untrusted", ens_trust_add_untrusted_bytes) &&
               add_all(j, j->trust, "crl", ens_trust_add_crl_bytes) &&
               add_all(j, j->trust, "ocsp", ens_trust_add_ocsp_bytes);
    }
    if (more)
        return refuse(j, 422, "untrusted, crl and ocsp come along with trust", "send the anchors as the part trust");
    j->trust = customs && j->api->demo ? demo_trust(j) : ens__service_trust(j->api->ground.service);
    return j->trust || refuse(j, 503, "there are no anchors", NULL);
}

static bool read_time(job *j)
{
    ens_slice at = option(j, "at");
    ens_err err = {0};
    if (at.p && ens_time_parse(at, &j->at, &err) != ENS_OK)
        return fail(j, "at is no time", &err);
    if (!at.p)
        j->at = (ens_time)(ens__clocks_space_now_ms(j->api->ground.clocks, ens__api_space(j->r)) / 1000);
    return true;
}

static bool read_choices(job *j)
{
    ens_slice as = option(j, "as"), ens = option(j, "ens"), lenient = option(j, "lenient");
    if (as.p && !ens_is(as, "sti") && !ens_is(as, "trader"))
        return refuse(j, 422, "as is sti or trader", NULL);
    if (ens.p && !ens_is(ens, "strict") && !ens_is(ens, "warn") && !ens_is(ens, "off"))
        return refuse(j, 422, "ens is strict, warn or off", NULL);
    if (as.p)
        j->verify.role = ens_is(as, "sti") ? ENS_ROLE_STI : ENS_ROLE_TRADER;
    j->verify.documents = ens_is(ens, "off")    ? ENS_DOCUMENTS_OFF
                          : ens_is(ens, "warn") ? ENS_DOCUMENTS_WARN
                                                : ENS_DOCUMENTS_STRICT;
    j->verify.lenient = ens_is(lenient, "true");
    return true;
}

static bool open_customs(job *j)
{
    if (!ens__web_get(j->form, "customs").p)
        return true;
    j->customs = ens_trust_new();
    j->verify.customs = j->customs;
    return j->customs && add_all(j, j->customs, "customs", ens_trust_add_bytes);
}

static bool open_job(job *j, bool customs)
{
    if (!read_input(j) || !read_time(j) || !read_choices(j) || !open_trust(j, customs) || !open_customs(j))
        return false;
    j->verify.trust = j->trust;
    j->verify.at = j->at;
    ens_report_reset(j->with->report);
    return true;
}

static void close_job(job *j)
{
    ens_trust_free(j->trust);
    ens_trust_free(j->customs);
}

static ens_code put_object(void *a, ens_slice object)
{
    ens_buf_put(&((ens_web_answer *)a)->body, object);
    return ENS_OK;
}

static job begin(void *room, ens_web_request *r, ens_web_answer *a)
{
    a->type = ENS_WEB_JSON;
    return (job){.api = room, .r = r, .a = a, .with = r->mine};
}

static const char *name_of(const job *j)
{
    for (size_t i = 0; i < j->form.num; i++)
        if (ens_is(j->form.pair[i].name, "file") && j->form.pair[i].file.len)
            return ens__web_text(j->r, j->form.pair[i].file);
    return NULL;
}

static void put_verdict(const job *j, const ens_message *m)
{
    ens_err err = {0};
    if (ens_json_verdict(name_of(j), m, j->with->report, ens_trust_lists(j->trust), put_object, j->a, &err) != ENS_OK)
        fail(j, "It could not be judged", &err);
}

static void verify(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    ens_message m = {0};
    if (open_job(&j, false)) {
        j.registry = ens__uumds_registry(j.api->registry);
        if (ens_is(option(&j, "registry"), "true")) {
            j.verify.registry = &j.registry;
            j.verify.role = option(&j, "as").p ? j.verify.role : ENS_ROLE_STI;
        }
        ens_verify(j.with->verifier, j.file, &j.verify, &m, j.with->report);
        put_verdict(&j, &m);
    }
    close_job(&j);
}

static void check_receipt(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    ens_message m = {0};
    if (open_job(&j, true)) {
        ens_slice original = ens__web_get(j.form, "for");
        if (original.len) {
            ens_receipt_check(j.with->verifier, j.file, original, &j.verify, &m, j.with->report);
            put_verdict(&j, &m);
        } else {
            refuse(&j, 422, "a receipt is checked against its message", "send a form with the parts file and for");
        }
    }
    close_job(&j);
}

static void check_document(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    ens_document_result result;
    ens_err err = {0};
    if (open_job(&j, false)) {
        ens_document_check(j.with->verifier, j.file, &j.verify, &result, j.with->report);
        if (ens_json_document(name_of(&j), &result, j.with->report, NULL, put_object, a, &err) != ENS_OK)
            fail(&j, "It could not be judged", &err);
    }
    close_job(&j);
}

static void judge_certificate(job *j)
{
    ens_certificates *certificates = NULL;
    ens_preflight_result result;
    ens_err err = {0};
    if (ens_certificates_new(j->file, NULL, &certificates, &err) != ENS_OK) {
        fail(j, "It is no certificate", &err);
        return;
    }
    const ens_preflight_options o = {.trust = j->trust, .eori = option(j, "eori"), .at = j->at};
    ens_preflight(certificates, &o, &result, j->with->report);
    if (ens_json_preflight(name_of(j), &result, j->with->report, put_object, j->a, &err) != ENS_OK)
        fail(j, "It could not be judged", &err);
    ens_certificates_free(certificates);
}

static void check_certificate(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    if (!open_job(&j, false))
        (void)0; /* a has the refusal */
    else if (has_key(j.file))
        refuse(&j, 422, "there is a private key in it, which nobody asked for", "send the certificate alone");
    else
        judge_certificate(&j);
    close_job(&j);
}

/* ---- sealing ---- */

static const ens__demo_party *party_of(const job *j, ens_slice from)
{
    for (unsigned i = 0; j->api->demo && i < ENS_DEMO_PARTIES; i++)
        if (ens_is(ens__party_eori(from), ens__demo_parties[i].eori))
            return &ens__demo_parties[i];
    return NULL;
}

/* Key and certificate: those that came along, or a demo's own. */
typedef struct {
    ens_slice key, certificate;
    ens_file files[2];
} identity;

static bool open_identity(const job *j, ens_slice from, identity *out)
{
    static const char *const ends[] = {"key", "pem"};
    const ens__demo_party *party = party_of(j, from);
    ens_err err = {0};
    out->key = ens__web_get(j->form, "key");
    out->certificate = ens__web_get(j->form, "cert");
    if (out->key.len && out->certificate.len)
        return true;
    if (!party)
        return refuse(j, 422, "a seal wants the parts key and cert",
                      "a demo seals for its own parties without: from is one of their EORIs");
    for (unsigned i = 0; i < 2; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/pki/%s.%s", j->api->demo, party->name, ends[i]);
        if (ens__file_open_secret(path, FILE_MAX, &out->files[i], &err) != ENS_OK)
            return fail(j, "The demo's key can't be read", &err);
    }
    out->key = out->files[0].bytes;
    out->certificate = out->files[1].bytes;
    return true;
}

static void close_identity(identity *i)
{
    ens__file_close(&i->files[0]);
    ens__file_close(&i->files[1]);
}

/* put_message answers with the package: its header block becomes the answer's, so that it can be posted on as it is. */
static void put_message(const job *j, ens_slice message, ens_slice id)
{
    size_t end = ens__find(message, ENS_LIT("\r\n\r\n"), 0);
    ens_reader lines = ens_read(ens_sub(message, 0, end == SIZE_MAX ? 0 : end + 2));
    ens_slice line, type = ENS_LIT("application/octet-stream");
    bool whole = ens_is(option(j, "headers"), "true");
    while (!whole && ens_take_line(&lines, &line))
        if (ens__starts_nocase(line, ENS_LIT("Content-Type:")))
            type = ens__trim(ens_from(line, sizeof "Content-Type:" - 1));
    j->a->type = ens__web_text(j->r, type);
    if (!j->a->type)
        j->a->type = "application/octet-stream";
    ens__web_add(j->a, "Ensign-Message-Id", id);
    ens_buf_put(&j->a->body, whole || end == SIZE_MAX ? message : ens_from(message, end + 4));
}

static size_t gather_parts(const job *j, ens_seal_part out[PARTS_MAX])
{
    size_t num = 1;
    out[0] = (ens_seal_part){j->file, ENS_LIT("message"), ENS_LIT("application/xml")};
    for (size_t i = 0; i < j->form.num && num < PARTS_MAX; i++) {
        const ens_web_pair *p = &j->form.pair[i];
        if (ens_is(p->name, "attach"))
            out[num++] = (ens_seal_part){p->value, p->file, p->type.len ? p->type : ENS_LIT("application/pdf")};
    }
    return num;
}

static void seal_with(job *j, const identity *who, const ens_seal_message_options *o)
{
    ens_sealer *sealer = NULL;
    ens_slice message;
    ens_err err = {0};
    const char *pass = ens__web_text(j->r, ens__web_get(j->form, "pass"));
    const ens_sealer_options options = {.key = who->key,
                                        .certificate = who->certificate,
                                        .key_pass = pass,
                                        .certificate_pass = pass,
                                        .domain = "trader.localhost",
                                        .at = j->at,
                                        .force = ens_is(option(j, "force"), "true")};
    if (ens_sealer_new(&options, &sealer, &err) != ENS_OK)
        fail(j, "The key and the certificate can't seal", &err);
    else if (ens_seal_message(sealer, o, &message, &err) != ENS_OK)
        fail(j, "ICS2 would refuse it", &err);
    else
        put_message(j, message, ens_sealer_message_id(sealer));
    ens_sealer_free(sealer);
}

static void seal(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    identity who = {0};
    ens_seal_part parts[PARTS_MAX];
    if (read_input(&j) && read_time(&j)) {
        const ens_seal_message_options o = {.action = option(&j, "action"),
                                            .from = option(&j, "from"),
                                            .to = option(&j, "to"),
                                            .agreement = option(&j, "agreement"),
                                            .message_id = option(&j, "message-id"),
                                            .ref_to = option(&j, "ref-to"),
                                            .at = j.at,
                                            .parts = parts,
                                            .num_parts = gather_parts(&j, parts)};
        if (!o.action.len || !o.from.len)
            refuse(&j, 422, "a message has an action and who it is from", "give action and from");
        else if (open_identity(&j, o.from, &who))
            seal_with(&j, &who, &o);
    }
    close_identity(&who);
}

/* own_text is the parameter, or a text that nobody has used. */
static const char *own_text(const job *j, const char *name, const char *prefix)
{
    const char *text = ens__web_text(j->r, ens__web_query(j->r, name));
    uint64_t chance = 0;
    if (!text && getrandom(&chance, sizeof chance, 0) == sizeof chance)
        text = ens_arena_printf(j->r->arena, "%s%016llX", prefix, (unsigned long long)chance);
    return text;
}

/* begin_document writes a document to begin with, as ens new does. */
static void begin_document(void *room, ens_web_request *r, ens_web_answer *a)
{
    job j = begin(room, r, a);
    ens_err err = {0};
    if (!read_time(&j))
        return;
    const ens_document_beginning with = {.action = ens__web_text(r, r->capture[0]),
                                         .from = ens__web_text(r, ens__web_query(r, "from")),
                                         .lrn = own_text(&j, "lrn", "EX"),
                                         .mrn = ens__web_text(r, ens__web_query(r, "mrn")),
                                         .reference = ens__web_text(r, ens__web_query(r, "reference")),
                                         .number = own_text(&j, "number", "DOC"),
                                         .at = j.at};
    a->type = "application/xml";
    if (!with.action || ens_document_begin(&with, put_object, a, &err) != ENS_OK)
        fail(&j, "There is no such document", &err);
}

#define JUDGED "at:string:as of this time (RFC 3339); now|"
#define FORM "application/octet-stream=-|multipart/form-data=JudgeForm"

static const ens_api_route rows[] = {
    {{"POST", "/verify", verify, ENS_API_BODY, 0},
     "verify",
     "judging",
     "Judges a sealed message as the STI, or a trader, does.",
     JUDGED
     "as:string:sti or trader|ens:string:strict, warn or off|lenient:boolean:warn where a lenient receiver tolerates|"
     "registry:boolean:the access point's registry decides on EORI and certificate",
     FORM,
     "application/json=Verdict",
     200,
     "413|422|503"},
    {{"POST", "/receipts/check", check_receipt, ENS_API_BODY, 0},
     "checkReceipt",
     "judging",
     "Judges a receipt, or an error signal, against the message that it is about.",
     JUDGED "lenient:boolean:warn where a lenient receiver tolerates",
     "multipart/form-data=JudgeForm",
     "application/json=Verdict",
     200,
     "413|422|503"},
    {{"POST", "/certificates/check", check_certificate, ENS_API_BODY, 0},
     "checkCertificate",
     "judging",
     "Pre-flights a seal certificate: would ICS2 accept it, until when, and why.",
     JUDGED "eori:string:that it should belong to",
     FORM,
     "application/json=Preflight",
     200,
     "413|422|503"},
    {{"POST", "/documents/check", check_document, ENS_API_BODY, 0},
     "checkDocument",
     "judging",
     "Judges a business document by the message tables of ICS2.",
     JUDGED "ens:string:strict, warn or off",
     FORM,
     "application/json=DocumentVerdict",
     200,
     "413|422|503"},
    {{"GET", "/documents/new/{action}", begin_document, 0, 0},
     "beginDocument",
     "judging",
     "Writes a document to begin with, which keeps tables and rules.",
     JUDGED "from:string:EORI of the declarant|lrn:string:its LRN|mrn:string:of the filing that it is "
            "about|reference:string:of the "
            "request that it answers|number:string:of its transport documents",
     NULL,
     "application/xml=-",
     200,
     "404|422"},
    {{"POST", "/seal", seal, ENS_API_BODY, 0},
     "seal",
     "judging",
     "Seals a document into a message: post the answer on to an access point with its Content-Type. A demo has the "
     "keys "
     "of its parties; others come as parts of the form.",
     JUDGED "action:string:IE3F26 …|from:string:PartyId of the sender|to:string:PartyId of the "
            "receiver|agreement:string:V1.0 or "
            "V2.0|message-id:string:made|ref-to:string:of the message that it answers|force:boolean:seal what would be "
            "refused|"
            "headers:boolean:with the header block in front",
     "application/xml=-|multipart/form-data=SealForm",
     "multipart/related=-",
     200,
     "413|422"},
};

ens_api_routes ens__api_of_judging(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
