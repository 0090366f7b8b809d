/* Operations on messages. */
#include "bench/operations.h"
#include "bench/token.h"

#include "as4/envelope/names.h"
#include "as4/mime/mime.h"
#include "as4/payload/document.h"
#include "as4/wss/wss.h"
#include "engine/base/report.h"
#include "ensign/batch.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)512 << 20)
#define STRANGERS (ENS_SIGNERS_MAX + 2u) /* more signers than a verifier keeps */
#define MANY 64u                         /* messages that are judged by one call … */
#define SIGNERS 8u                       /* … of so many signers */
#define STRANGERS_MAX ((size_t)256 << 20)

/* One worker's state, whatever the operation on messages; only what the operation needs is there. */
typedef struct {
    const ens_sample *sample;
    ens_arena arena;
    ens_report report;
    ens_sealer *sealer;
    ens_verify_options options;
    ens_verifier *verifier, *reader;
    ens__signers *signers;
    ens_scan *scan;
    ens_docreader *tables;
    ens_message message; /* of the sample; the reader keeps it alive */
    ens_buf strangers;
    size_t stranger[STRANGERS + 1]; /* where each begins, and the last ends */
    ens_anatomy stranger_parts[STRANGERS];
    unsigned next;
} state;

static void drop(void *p)
{
    state *s = p;
    ens_sealer_free(s->sealer);
    ens_verifier_free(s->verifier);
    ens_verifier_free(s->reader);
    ens__signers_free(s->signers);
    ens__scan_free(s->scan);
    ens__docreader_free(s->tables);
    for (unsigned i = 0; i < STRANGERS; i++)
        ens__anatomy_clear(&s->stranger_parts[i]);
    ens__report_clear(&s->report);
    ens_buf_free(&s->strangers);
    ens_arena_free(&s->arena);
    free(s);
}

static state *start(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    s->options = (ens_verify_options){.trust = s->sample->trust, .at = s->sample->at};
    ens_arena_init(&s->arena, ARENA_MAX);
    ens__report_init(&s->report);
    ens_buf_init(&s->strangers, NULL, 0, STRANGERS_MAX);
    return s;
}

/* finish gives up a state that isn't whole. */
static void *finish(state *s, bool good)
{
    if (s && !good) {
        drop(s);
        return NULL;
    }
    return s;
}

static bool judge(state *s, ens_verifier *v, ens_slice bytes, ens_message *message)
{
    ens__report_reset(&s->report);
    ens_verify(v, bytes, &s->options, message, &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static void *make_mime(const void *sample)
{
    return start(sample);
}

static void plan_mime(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = ens_buf_slice(&s->message);
}

static bool mime(void *p)
{
    state *s = p;
    ens_mime out;
    ens__report_reset(&s->report);
    ens_arena_reset(&s->arena);
    ens__mime_read(ens_buf_slice(&s->sample->message), (ens_slice){0}, &s->arena, &out, &s->report);
    return out.num_parts == 1 + s->sample->input.attachments;
}

/* What the sender sends: the document and its attachments, as they were before compression. */
static size_t bytes_payload(const ens_sample *s)
{
    return s->document.len + s->input.attachments * ENS_SAMPLE_ATTACHMENT;
}

static void *make_document(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && (s->scan = ens__scan_new()));
}

static void plan_document(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = ens_buf_slice(&s->document);
}

static bool document(void *p)
{
    state *s = p;
    ens_document d;
    ens__report_reset(&s->report);
    ens_arena_reset(&s->arena);
    ens__document_read((ens_document_reader){.scan = s->scan}, ens_buf_slice(&s->sample->document), NULL, &s->arena, &d,
                       &s->report);
    return d.read && d.num_lrn == 1;
}

/* The same, and judged by the message tables. */
static void *make_judged(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && (s->scan = ens__scan_new()) && (s->tables = ens__docreader_new()));
}

static bool judged(void *p)
{
    state *s = p;
    ens_document d;
    ens__report_reset(&s->report);
    ens_arena_reset(&s->arena);
    ens__document_read((ens_document_reader){.scan = s->scan, .tables = s->tables}, ens_buf_slice(&s->sample->document),
                       NULL, &s->arena, &d, &s->report);
    return d.read && ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static void *make_verify(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && ens_verifier_new(&s->verifier, NULL) == ENS_OK);
}

/* The same with the document read no further than its root, and by the reference engine. */
static void *make_verify_root(const void *sample)
{
    state *s = make_verify(sample);
    if (s)
        s->options.root_only = true;
    return s;
}

/* The same with the document checked throughout for being well-formed, and not by the message tables. */
static void *make_verify_throughout(const void *sample)
{
    state *s = make_verify(sample);
    if (s)
        s->options.documents = ENS_DOCUMENTS_OFF;
    return s;
}

static void *make_verify_reference(const void *sample)
{
    state *s = make_verify(sample);
    if (s)
        s->options.engine = ENS_ENGINE_REFERENCE;
    return s;
}

static void plan_verify(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->verifications = 1;
    ens__floor_hash_all(plan, &s->message_parts);
    ens__floor_inflate_all(plan, &s->message_parts);
}

static void plan_throughout(const ens_sample *s, ens_floor_plan *plan)
{
    plan_verify(s, plan);
    plan->document = ens_buf_slice(&s->document);
}

static bool verify(void *p)
{
    state *s = p;
    ens_message message;
    return judge(s, s->verifier, ens_buf_slice(&s->sample->message), &message);
}

/* seal_strangers makes messages, in turns by so many signers. */
static bool seal_strangers(state *s, unsigned num, unsigned signers)
{
    bool good = true;
    for (unsigned i = 0; i < num && good; i++) {
        good = ens__sample_stranger(s->sample, i % signers, &s->strangers, NULL) == ENS_OK;
        s->stranger[i + 1] = s->strangers.len;
    }
    return good && !s->strangers.failed;
}

static ens_slice stranger(const state *s, unsigned i)
{
    return ens_sub(ens_buf_slice(&s->strangers), s->stranger[i], s->stranger[i + 1]);
}

static void *make_cold(const void *sample)
{
    state *s = make_verify(sample);
    return finish(s, s && seal_strangers(s, STRANGERS, STRANGERS));
}

/* The same with the document checked throughout for being well-formed, and not by the message tables. */
static void *make_cold_throughout(const void *sample)
{
    state *s = make_cold(sample);
    if (s)
        s->options.documents = ENS_DOCUMENTS_OFF;
    return s;
}

static void plan_cold(const ens_sample *s, ens_floor_plan *plan)
{
    plan_throughout(s, plan);
    ens__floor_path(plan, s);
}

/* Each operation judges the message of a signer whose verdict isn't kept any more. */
static bool cold(void *p)
{
    state *s = p;
    ens_message message;
    unsigned i = s->next;
    s->next = (i + 1) % STRANGERS;
    return judge(s, s->verifier, stranger(s, i), &message);
}

/* Many messages by one call, read to their root, or checked throughout. */
static void *make_many(const void *sample)
{
    state *s = make_verify_throughout(sample);
    return finish(s, s && seal_strangers(s, MANY, SIGNERS));
}

static void *make_many_root(const void *sample)
{
    state *s = make_many(sample);
    if (s) {
        s->options.documents = ENS_DOCUMENTS_STRICT;
        s->options.root_only = true;
    }
    return s;
}

static void plan_many(const ens_sample *s, ens_floor_plan *plan)
{
    plan_throughout(s, plan);
    plan->times = MANY;
}

static void count_accepted(void *accepted, size_t i, const ens_message *message, const ens_report *report)
{
    (void)i, (void)message;
    *(unsigned *)accepted += ens_report_verdict(report) == ENS_ACCEPTED;
}

static bool many(void *p)
{
    state *s = p;
    ens_slice bytes[MANY];
    unsigned accepted = 0;
    for (unsigned i = 0; i < MANY; i++)
        bytes[i] = stranger(s, i);
    return ens_verify_many(s->verifier, bytes, MANY, &s->options, count_accepted, &accepted, NULL) == ENS_OK &&
           accepted == MANY;
}

static size_t bytes_many(const ens_sample *s)
{
    return MANY * bytes_payload(s);
}

static void *make_token(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && (s->signers = ens__signers_new()));
}

static void *make_tokens(const void *sample)
{
    state *s = make_token(sample);
    bool good = s && seal_strangers(s, STRANGERS, STRANGERS);
    for (unsigned i = 0; i < STRANGERS && good; i++)
        good = ens__anatomy_read(stranger(s, i), &s->stranger_parts[i]);
    return finish(s, good);
}

static size_t bytes_token(const ens_sample *s)
{
    return s->message_parts.token.len;
}

static void plan_hit(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = s->message_parts.token;
}

static void plan_miss(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_path(plan, s);
}

/* judge_token finds or reads a token, and judges its path. */
static bool judge_token(state *s, ens_slice token)
{
    ens_wss wss = {.key_info = ENS_KEY_INFO_TOKEN, .token_value_type = ENS_LIT(ENS_TOKEN_PKIPATH), .token_text = token};
    ens__report_reset(&s->report);
    ens__signer *signer = ens__token_judge(s->signers, &wss, false, &s->report);
    if (signer)
        ens__report_append(&s->report, &ens__signer_path(signer, 0, s->sample->trust, s->sample->at, false)->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static bool hit(void *p)
{
    state *s = p;
    return judge_token(s, s->sample->message_parts.token);
}

static bool miss(void *p)
{
    state *s = p;
    unsigned i = s->next;
    s->next = (i + 1) % STRANGERS;
    return judge_token(s, s->stranger_parts[i].token);
}

static void *make_seal(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && ens__sample_sealer(sample, &s->sealer, NULL) == ENS_OK);
}

static void plan_seal(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->signatures = 1;
    ens__floor_hash_all(plan, &s->message_parts);
    plan->deflated[plan->num_deflated++] = ens_buf_slice(&s->document);
    for (unsigned i = 0; i < s->input.attachments; i++)
        plan->deflated[plan->num_deflated++] = ens_buf_slice(&s->attachment[i]);
}

static bool seal(void *p)
{
    state *s = p;
    ens_slice out;
    return ens__sample_seal(s->sample, s->sealer, &out, NULL) == ENS_OK;
}

/* Sealing by a key that stays in a token, against the same floor with the bare call of the token. */
static void *make_seal_token(const void *sample)
{
    state *s = start(sample);
    return finish(s, s && ens__token_sealer(sample, &s->sealer, NULL) == ENS_OK);
}

static void plan_seal_token(const ens_sample *s, ens_floor_plan *plan)
{
    plan_seal(s, plan);
    plan->key = ens__token_key(s);
}

static size_t bytes_receipt(const ens_sample *s)
{
    return s->receipt.len;
}

static void *make_receipt(const void *sample)
{
    state *s = make_seal(sample);
    return finish(s, s && ens_verifier_new(&s->reader, NULL) == ENS_OK &&
                         judge(s, s->reader, ens_buf_slice(&s->sample->message), &s->message));
}

static void plan_receipt(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->signatures = 1;
    ens__floor_hash_all(plan, &s->receipt_parts);
}

static bool receipt(void *p)
{
    state *s = p;
    ens_slice out;
    return ens_seal_receipt(s->sealer, &s->message, &(ens_seal_signal_options){.at = s->sample->at}, &out, NULL) ==
           ENS_OK;
}

static void plan_check(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->verifications = 1;
    ens__floor_hash_all(plan, &s->receipt_parts);
}

static bool check(void *p)
{
    state *s = p;
    ens_message message;
    ens_verify_options o = {.trust = s->sample->trust, .at = s->sample->at, .role = ENS_ROLE_TRADER};
    ens__report_reset(&s->report);
    ens_receipt_check(s->verifier, ens_buf_slice(&s->sample->receipt), ens_buf_slice(&s->sample->message), &o, &message,
                      &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

const ens_operation ens__operations_as4[] = {
    {"as4/mime", NULL, ENS_AXIS_PARTS, make_mime, drop, mime, plan_mime, ens__bytes_message},
    {"as4/document", NULL, ENS_AXIS_SIZE | ENS_AXIS_SCANNED, make_document, drop, document, plan_document,
     ens__bytes_document},
    {"as4/ens", "check-", ENS_AXIS_SIZE | ENS_AXIS_SCANNED, make_judged, drop, judged, plan_document,
     ens__bytes_document},
    {"as4/token", "hit", 0, make_token, drop, hit, plan_hit, bytes_token},
    {"as4/token", "miss", 0, make_tokens, drop, miss, plan_miss, bytes_token},
    {"as4/verify", NULL, ENS_AXIS_ALL, make_verify, drop, verify, plan_throughout, bytes_payload},
    {"as4/verify", "throughout", ENS_AXIS_SIZE | ENS_AXIS_PARTS, make_verify_throughout, drop, verify, plan_throughout,
     bytes_payload},
    {"as4/verify", "root", ENS_AXIS_KEY, make_verify_root, drop, verify, plan_verify, bytes_payload},
    {"as4/verify", "reference", 0, make_verify_reference, drop, verify, plan_verify, bytes_payload},
    {"as4/verify", "many-root", ENS_AXIS_KEY, make_many_root, drop, many, plan_many, bytes_many},
    {"as4/verify", "many-throughout", 0, make_many, drop, many, plan_many, bytes_many},
    {"as4/verify", "cold", 0, make_cold, drop, cold, plan_cold, bytes_payload},
    {"as4/verify", "cold-throughout", 0, make_cold_throughout, drop, cold, plan_cold, bytes_payload},
    {"as4/seal", NULL, ENS_AXIS_ALL, make_seal, drop, seal, plan_seal, bytes_payload},
    {"as4/receipt", "make", ENS_AXIS_KEY, make_receipt, drop, receipt, plan_receipt, bytes_receipt},
    {"as4/receipt", "check", ENS_AXIS_KEY | ENS_AXIS_THREADS, make_verify, drop, check, plan_check, bytes_receipt},
    {0},
};

const ens_operation ens__operations_token[] = {
    {"as4/seal", "token", ENS_AXIS_KEY, make_seal_token, drop, seal, plan_seal_token, bytes_payload},
    {0},
};
