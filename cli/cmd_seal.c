/* ensign seal: user messages and signals, sealed as ICS2 profiles them. */
#include "as4/document.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/sealer.h"
#include "engine/file.h"
#include "engine/report.h"

#include <stdio.h>
#include <stdlib.h>

#define DOCUMENT_ARENA_MAX ((size_t)64 << 20)

typedef struct {
    const char *key, *cert, *pass_file, *from, *to, *action, *agreement, *message_id, *ref_to, *conversation_id, *mpc, *domain, *out, *signal,
        *original, *code, *subcode, *detail;
    ens_values attach;
    ens_judge_options judge; /* --trust and --at */
    bool force;
} options;

/* One run: the parts with what they are read from. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_time at;
    ens_sealer *sealer;
    ens_file file[ENS_SEAL_PARTS_MAX];
    ens_seal_part part[ENS_SEAL_PARTS_MAX];
    size_t num;
    ens_arena arena;
} job;

static ens_slice text_of(const char *text)
{
    return text ? ens_str(text) : (ens_slice){0};
}

static int failed(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static bool open_part(job *j, const char *path, ens_err *err)
{
    if (j->num == ENS_SEAL_PARTS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "too many parts", 0), false;
    if (ens__file_open(path, 0, &j->file[j->num], err) != ENS_OK)
        return false;
    j->part[j->num] = (ens_seal_part){.bytes = j->file[j->num].bytes};
    return ++j->num > 0;
}

static const char *type_by_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot && ens__eq_nocase(ens_str(dot), ENS_LIT(".pdf")))
        return "application/pdf";
    if (dot && (ens__eq_nocase(ens_str(dot), ENS_LIT(".jpg")) || ens__eq_nocase(ens_str(dot), ENS_LIT(".jpeg"))))
        return "image/jpeg";
    if (dot && ens__eq_nocase(ens_str(dot), ENS_LIT(".xml")))
        return "application/xml";
    return NULL;
}

/* cid_for finds what the document calls the attachment: the identification that equals the file's name, with or without its
 * ending; else the one in the same place; else the name itself. */
static ens_slice cid_for(const ens_document *d, const char *path, size_t nth)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    ens_slice whole = ens_str(name), stem = dot && dot > name ? ens_bytes(name, (size_t)(dot - name)) : whole;
    for (unsigned i = 0; i < d->num_files && i < ENS_PARTS_MAX; i++) {
        ens_slice id = d->file[i].identification;
        if (ens_starts(id, ENS_LIT("cid:")))
            id = ens_from(id, 4);
        if (ens_eq(id, whole) || ens_eq(id, stem))
            return id;
    }
    return nth < d->num_files && nth < ENS_PARTS_MAX && d->file[nth].identification.len ? d->file[nth].identification : whole;
}

static bool add_attachment(job *j, const ens_document *d, size_t nth, ens_err *err)
{
    const char *given = j->o->attach.item[nth], *equals = strrchr(given, '=');
    char *path = ens_arena_text(&j->arena, equals ? ens_bytes(given, (size_t)(equals - given)) : ens_str(given));
    const char *type = equals ? equals + 1 : path ? type_by_name(path) : NULL;
    if (!path)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0), false;
    if (!type)
        return ens_fail_about(err, ENS_EPOLICY, "ICD 4.2.5", "say what it is: FILE=application/pdf or FILE=image/jpeg", given), false;
    if (!open_part(j, path, err))
        return false;
    j->part[j->num - 1].type = ens_str(type);
    j->part[j->num - 1].cid = cid_for(d, path, nth);
    return true;
}

/* read_document tells what the document says of itself, and insists that it can be read. */
static bool read_document(job *j, ens_document *d, ens_report *report)
{
    ens_xmlstream *xml = ens__xmlstream_new();
    if (!xml)
        return false;
    ens__document_read(xml, j->part[0].bytes, NULL, &j->arena, d, report);
    ens__xmlstream_free(xml);
    return true;
}

/* judge_document compares the document with the header that it will travel under; a fault refuses, unless forced. */
static bool judge_document(const job *j, const ens_seal_message_options *m, const ens_document *d, ens_report *report)
{
    ens_header h = {.kind = ENS_KIND_USER_MESSAGE, .action = m->action, .num_parts = (unsigned)m->num_parts};
    h.agreement = ens_is(m->agreement, "V1.0")                        ? ENS_LIT("EU-ICS2-TI-V1.0")
                  : !m->agreement.len || ens_is(m->agreement, "V2.0") ? ENS_LIT("EU-ICS2-TI-V2.0")
                                                                      : m->agreement;
    for (size_t i = 0; i < m->num_parts; i++) {
        h.part[i].cid = m->parts[i].cid;
        h.part[i].mime_type = m->parts[i].type;
    }
    ens__document_judge(d, &h, report);
    if (j->o->force || ens_report_verdict(report) != ENS_REFUSED)
        return true;
    fprintf(stderr, "ensign seal: the STI would refuse the business document (--force seals it all the same)\n");
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL)
            fprintf(stderr, "  %s: %s [%s]\n    -> %s\n", f->id, f->detail, f->rule, f->hint ? f->hint : "");
    }
    return false;
}

static bool is_test(const options *o)
{
    return o->action && strcmp(o->action, "test") == 0;
}

static int seal_message(job *j, const ens_values *operands, ens_slice *out)
{
    const options *o = j->o;
    ens_document document = {0};
    ens_err err = {0};
    ens_report report;
    ens__report_init(&report);
    int status = ENS_EXIT_UNKNOWN;
    bool good = true;
    if (operands->num) {
        good = open_part(j, operands->item[0], &err);
        if (good) {
            j->part[0].cid = ENS_LIT("ens");
            j->part[0].type = ENS_LIT("application/xml");
            good = read_document(j, &document, &report);
        }
    }
    for (size_t i = 0; good && i < o->attach.num; i++)
        good = add_attachment(j, &document, i, &err);
    ens_seal_message_options m = {.action = text_of(o->action),
                                  .from = text_of(o->from),
                                  .to = text_of(o->to),
                                  .agreement = text_of(o->agreement),
                                  .message_id = text_of(o->message_id),
                                  .ref_to = text_of(o->ref_to),
                                  .mpc = text_of(o->mpc),
                                  .conversation_id = text_of(o->conversation_id),
                                  .at = j->at,
                                  .parts = j->part,
                                  .num_parts = j->num};
    if (!good)
        failed(j, operands->item[0], &err);
    else if (!is_test(o) && !judge_document(j, &m, &document, &report))
        status = ENS_EXIT_REFUSED;
    else if (ens_seal_message(j->sealer, &m, out, &err) == ENS_OK)
        status = ENS_EXIT_GOOD;
    else if (failed(j, NULL, &err) && err.n && err.frame[0].code == ENS_EPOLICY)
        status = ENS_EXIT_REFUSED;
    ens__report_clear(&report);
    return status;
}

/* acknowledge seals the receipt of a message that was verified here; what isn't accepted gets none, unless forced. */
static int acknowledge(job *j, const ens_seal_signal_options *s, ens_slice *out)
{
    ens_judge judge = {0};
    ens_file file = {0};
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message message = {0};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!report || !ens__judge_open(j->command, &j->o->judge, &judge, &status))
        goto out;
    if (ens__file_open(j->o->original, 0, &file, &err) != ENS_OK || ens_verifier_new(&verifier, &err) != ENS_OK) {
        status = failed(j, j->o->original, &err);
        goto out;
    }
    ens__check(verifier, file.bytes, &judge.check, &message, report);
    ens_answer answer = ens_answer_of(report);
    if (answer.verdict != ENS_ACCEPTED && !j->o->force) {
        fprintf(stderr, "ensign seal: %s is %s%s%s, so it gets no receipt (see ensign verify; --force seals one all the same)\n", j->o->original,
                ens_verdict_name(answer.verdict), answer.code ? " " : "", answer.code ? answer.code : "");
        status = answer.verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
    } else {
        status = ens_seal_receipt(j->sealer, &message, s, out, &err) == ENS_OK ? ENS_EXIT_GOOD : failed(j, j->o->original, &err);
    }
out:
    ens_verifier_free(verifier);
    ens_report_free(report);
    ens__file_close(&file);
    ens__judge_close(&judge);
    return status;
}

static int seal_signal(job *j, ens_slice *out)
{
    const options *o = j->o;
    ens_seal_signal_options s = {.message_id = text_of(o->message_id), .at = j->at};
    ens_err err = {0};
    ens_code code = ENS_OK;
    if (strcmp(o->signal, "receipt") == 0)
        return o->original ? acknowledge(j, &s, out) : ens__command_usage(j->command, "a receipt is for a message: --for MESSAGE");
    if (strcmp(o->signal, "error") == 0) {
        if (!o->code)
            return ens__command_usage(j->command, "say which error: --code EBMS:0004");
        code = ens_seal_error(j->sealer, ens_str(o->code), text_of(o->subcode), text_of(o->ref_to), text_of(o->detail), &s, out, &err);
    } else if (strcmp(o->signal, "pull") == 0) {
        if (!o->from)
            return ens__command_usage(j->command, "say whose channel: --from PARTYID");
        code = ens_seal_pull(j->sealer, ens_str(o->from), &s, out, &err);
    } else {
        return ens__command_usage(j->command, "--signal is receipt, error or pull, not %s", o->signal);
    }
    return code == ENS_OK ? ENS_EXIT_GOOD : failed(j, NULL, &err);
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *operands)
{
    if (!o->key || !o->cert)
        return ens__command_usage(command, "no seal given: --key KEY --cert CHAIN");
    if (!o->out)
        return ens__command_usage(command, "say where the message goes: -o MESSAGE (- is stdout)");
    if (o->signal)
        return operands->num ? ens__command_usage(command, "a signal carries no payload: %s", operands->item[0]) : 0;
    if (!o->action)
        return ens__command_usage(command, "no action given: --action IE3F26");
    if (operands->num > 1)
        return ens__command_usage(command, "one payload at a time; attachments go with --attach");
    if (!operands->num && !is_test(o))
        return ens__command_usage(command, "no payload given");
    return 0;
}

static int run(const ens_command *command, const options *o, const ens_values *operands)
{
    job *j = NULL;
    ens_slice out = {0};
    ens_err err = {0};
    int status = usage_fault(command, o, operands);
    if (status != 0)
        return status;
    j = calloc(1, sizeof *j);
    if (!j)
        return ens__command_usage(command, "out of memory");
    j->command = command, j->o = o, j->at = ens_time_now();
    ens_arena_init(&j->arena, DOCUMENT_ARENA_MAX);
    if (o->judge.at && ens_time_parse(ens_str(o->judge.at), &j->at, &err) != ENS_OK)
        status = failed(j, o->judge.at, &err);
    else if (ens__sealer_load(&(ens_sealer_files){o->key, o->cert, o->pass_file, o->domain, o->force}, j->at, &j->sealer, &err) != ENS_OK)
        status = failed(j, o->cert, &err);
    else
        status = o->signal ? seal_signal(j, &out) : seal_message(j, operands, &out);
    if (status == ENS_EXIT_GOOD && ens__file_write(o->out, out, 0666, &err) != ENS_OK)
        status = failed(j, o->out, &err);
    for (size_t i = 0; i < j->num; i++)
        ens__file_close(&j->file[i]);
    ens_sealer_free(j->sealer);
    ens_arena_free(&j->arena);
    free(j);
    return status;
}

int ens_cmd_seal(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"key", 0, "KEY", "the private key: PEM or PKCS#12", NULL, &o.key, NULL},
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order: PEM or PKCS#12", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"from", 0, "PARTYID", "the sender: [system-id@]EORI[@member state]; customs to trader: sti-taxud", NULL, &o.from, NULL},
        {"to", 0, "PARTYID", "the receiver; sti-taxud where none is given", NULL, &o.to, NULL},
        {"action", 0, "ACTION", "IE3F26 …; test for the test service", NULL, &o.action, NULL},
        {"attach", 0, "FILE[=TYPE]", "an attachment; its Content-ID is what the document calls it", NULL, NULL, &o.attach},
        {"agreement", 0, "VERSION", "interface version: V1.0 or V2.0 (default)", NULL, &o.agreement, NULL},
        {"message-id", 0, "ID", "instead of a new UUID@domain", NULL, &o.message_id, NULL},
        {"ref-to", 0, "ID", "the message that this one answers", NULL, &o.ref_to, NULL},
        {"conversation-id", 0, "ID", "instead of 1", NULL, &o.conversation_id, NULL},
        {"mpc", 0, "URI", "the channel of a pulled message", NULL, &o.mpc, NULL},
        {"domain", 0, "NAME", "the access point's name in ids; this machine's where none is given", NULL, &o.domain, NULL},
        {"signal", 0, "KIND", "seal a signal instead: receipt, error or pull", NULL, &o.signal, NULL},
        {"for", 0, "MESSAGE", "receipt: the message; it must be accepted (--trust)", NULL, &o.original, NULL},
        {"code", 0, "CODE", "error: EBMS:0004 …", NULL, &o.code, NULL},
        {"subcode", 0, "CODE", "error: A001, A002 or A003", NULL, &o.subcode, NULL},
        {"detail", 0, "TEXT", "error: what happened", NULL, &o.detail, NULL},
        {"trust", 0, "PATH", "receipt: anchors to judge the message by", NULL, NULL, &o.judge.trust},
        {"at", 0, "TIME", "the message's time (RFC 3339); without it, now", NULL, &o.judge.at, NULL},
        {"force", 0, NULL, "seal what would be refused, to rehearse the refusal", &o.force, NULL, NULL},
        {"output", 'o', "MESSAGE", "where the message goes (- is stdout)", NULL, &o.out, NULL},
    };
    const ens_command command = {"seal", "PAYLOAD --key KEY --cert CHAIN --from PARTYID --action ACTION [options] -o MESSAGE",
                                 "Seals an ENS message, or with --signal a receipt, an error or a pull request: PKIPath token, RSA-SHA256,\n"
                                 "exclusive C14N, the header, the empty Body and every part signed. What ICS2 would refuse is refused before\n"
                                 "it is sealed.",
                                 table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status))
        status = run(&command, &o, &operands);
    ens__values_free(&operands);
    ens__values_free(&o.attach);
    ens__judge_options_free(&o.judge);
    return status;
}
