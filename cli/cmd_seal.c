/* ensign seal: user messages and signals, sealed as ICS2 profiles them. */
#include "cli/judge.h"
#include "cli/sealer.h"
#include "engine/base/workers.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Several payloads, each into a message of its own, by as many threads as are asked for. */
typedef struct {
    const ens_parcel_options *parcel;
    const ens_sealer_source *source;
    ens_time at;
    const ens_values *payloads;
    const char *folder; /* DIR/NAME.mime for …/NAME.xml */
    bool json;
    unsigned threads;
} seal_batch;

#define SAID_MAX ((size_t)1 << 20) /* bytes that are said of one payload */

/* What all workers share. */
typedef struct {
    const seal_batch *b;
    char **path;   /* where each message goes */
    ens_buf *said; /* what is said of each on stderr */
    int *status;
    size_t num_taken; /* payloads that the batch came to */
} batch_run;

typedef struct {
    batch_run *r;
    ens_sealer *sealer;
    ens_parcel *parcel;
} worker;

static bool tell_sealed(const char *payload, const char *message, ens_slice message_id, size_t len, bool json,
                        ens_buf *out)
{
    if (!json) {
        ens_buf_printf(out, "%s: %s %.*s\n", payload, message, (int)message_id.len, (const char *)message_id.p);
        return !out->failed;
    }
    ens_json line = {.out = out}, *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", payload);
    ens__json_text(j, "message", message);
    ens__json_slice(j, "message_id", message_id);
    ens__json_number(j, "bytes", len);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
    return !out->failed;
}

static void seal_one(void *of, size_t i, ens_buf *out)
{
    worker *w = of;
    batch_run *r = w->r;
    const char *payload = r->b->payloads->item[i];
    ens_slice message;
    ens_err err = {0};
    char text[512];
    int status = ens__parcel_seal(w->parcel, r->b->parcel, w->sealer, r->b->at, payload, &message, &r->said[i]);
    if (status == ENS_EXIT_GOOD && ens__file_write_one_of_many(r->path[i], message, 0666, &err) != ENS_OK) {
        ens_buf_printf(&r->said[i], "ensign seal: %s: %s\n", r->path[i], ens_err_format(&err, text, sizeof text));
        status = ENS_EXIT_UNKNOWN;
    }
    if (status == ENS_EXIT_GOOD &&
        !tell_sealed(payload, r->path[i], ens_sealer_message_id(w->sealer), message.len, r->b->json, out))
        status = ENS_EXIT_UNKNOWN;
    if (status != ENS_EXIT_GOOD)
        ens_buf_printf(&r->said[i], "ensign seal: %s isn't sealed\n", payload);
    r->status[i] = status;
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens__parcel_free(w->parcel);
    ens_sealer_free(w->sealer);
    free(w);
}

static void *make_worker(void *of)
{
    batch_run *r = of;
    worker *w = calloc(1, sizeof *w);
    if (w && ens_sealer_new(&r->b->source->options, &w->sealer, NULL) == ENS_OK && (w->parcel = ens__parcel_new())) {
        w->r = r;
        return w;
    }
    if (w)
        drop_worker(w);
    return NULL;
}

/* take_result ends the batch where nobody reads it any more. */
static bool take_result(void *of, size_t i, ens_slice result)
{
    batch_run *r = of;
    ens__write_out(stdout, result);
    ens__say_lines(ens_buf_slice(&r->said[i]));
    ens_buf_free(&r->said[i]);
    r->num_taken = i + 1;
    return !ferror(stdout);
}

/* path_for is DIR/NAME.mime; the ending of the payload's name goes. */
static char *path_for(const char *folder, const char *payload)
{
    const char *slash = strrchr(payload, '/'), *name = slash ? slash + 1 : payload, *dot = strrchr(name, '.');
    size_t stem = dot && dot > name ? (size_t)(dot - name) : strlen(name),
           size = strlen(folder) + stem + sizeof "/.mime";
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%.*s.mime", folder, (int)stem, name);
    return path;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* find_twice returns a path that two messages would have, or NULL. */
static const char *find_twice(char *const *path, size_t num)
{
    const char *twice = NULL;
    const char **sorted = malloc(num * sizeof *sorted);
    if (!sorted)
        return "";
    memcpy(sorted, path, num * sizeof *sorted);
    qsort(sorted, num, sizeof *sorted, by_text);
    for (size_t i = 1; i < num && !twice; i++)
        twice = strcmp(sorted[i - 1], sorted[i]) == 0 ? sorted[i] : NULL;
    free(sorted);
    return twice;
}

static int run_all(const ens_command *command, batch_run *r)
{
    size_t num = r->b->payloads->num;
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    for (size_t i = 0; i < num; i++) {
        r->path[i] = path_for(r->b->folder, r->b->payloads->item[i]);
        ens_buf_init(&r->said[i], NULL, 0, SAID_MAX);
        if (!r->path[i])
            return ens__command_usage(command, "out of memory");
    }
    const char *twice = find_twice(r->path, num);
    if (twice)
        return ens__command_usage(command, "two payloads would become %s", twice);
    ens_pool_job job = {make_worker, drop_worker, seal_one, take_result, r, ens__stop_when_told()};
    if (ens__pool_run(&job, r->b->threads, num, &err) != ENS_OK || ens__folder_sync(r->b->folder, &err) != ENS_OK) {
        ens__say_error(command->name, NULL, &err);
        return ENS_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < r->num_taken; i++)
        status = ens__worst(status, r->status[i]);
    if (r->num_taken == num)
        return status;
    ens__say("ensign seal: stopped; %zu of %zu payloads were not sealed\n", num - r->num_taken, num);
    return ens__worst(status, ENS_EXIT_UNKNOWN);
}

static int run_batch(const ens_command *command, const seal_batch *b)
{
    struct stat s;
    size_t num = b->payloads->num;
    if (stat(b->folder, &s) != 0 || !S_ISDIR(s.st_mode))
        return ens__command_usage(command, "several payloads want a folder that is there behind -o, not %s", b->folder);
    batch_run r = {.b = b,
                   .path = calloc(num, sizeof *r.path),
                   .said = calloc(num, sizeof *r.said),
                   .status = calloc(num, sizeof *r.status)};
    int status = r.path && r.said && r.status ? run_all(command, &r) : ens__command_usage(command, "out of memory");
    for (size_t i = 0; i < num && r.path && r.said; i++) {
        free(r.path[i]);
        ens_buf_free(&r.said[i]);
    }
    free(r.path);
    free(r.said);
    free(r.status);
    return status;
}

#define LINE_MAX_LEN ((size_t)1 << 20) /* bytes that are said of one message */

typedef struct {
    const char *key, *cert, *pass_file, *domain, *out, *signal, *original, *code, *subcode, *detail, *threads;
    ens_parcel_options parcel;
    ens_judge_options judge; /* --trust, --at and --json */
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_time at;
    ens_sealer_source source;
    ens_sealer *sealer;
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

static bool is_test(const options *o)
{
    return o->parcel.action && strcmp(o->parcel.action, "test") == 0;
}

static int write_message(const job *j, const char *payload, ens_slice message)
{
    ens_err err = {0};
    ens_buf line;
    if (ens__file_write(j->o->out, message, 0666, &err) != ENS_OK)
        return failed(j, j->o->out, &err);
    if (!j->o->judge.json)
        return ENS_EXIT_GOOD;
    ens_buf_init(&line, NULL, 0, LINE_MAX_LEN);
    bool good = tell_sealed(payload, j->o->out, ens_sealer_message_id(j->sealer), message.len, true, &line);
    ens__write_out(stdout, ens_buf_slice(&line));
    ens_buf_free(&line);
    return good ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static int seal_message(const job *j, const char *payload)
{
    ens_slice out = {0};
    ens_buf said;
    ens_parcel *parcel = ens__parcel_new();
    if (!parcel)
        return ens__command_usage(j->command, "out of memory");
    ens_buf_init(&said, NULL, 0, LINE_MAX_LEN);
    int status = ens__parcel_seal(parcel, &j->o->parcel, j->sealer, j->at, payload, &out, &said);
    ens__write_out(stderr, ens_buf_slice(&said));
    if (status == ENS_EXIT_GOOD)
        status = write_message(j, payload, out);
    ens_buf_free(&said);
    ens__parcel_free(parcel);
    return status;
}

/* acknowledge seals the receipt of a message that was verified here; what isn't accepted gets none, unless forced. */
static int acknowledge(const job *j, const ens_seal_signal_options *s, ens_slice *out)
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
    if (answer.verdict != ENS_ACCEPTED && !j->o->parcel.force) {
        ens__say(
            "ensign seal: %s is %s%s%s, so it gets no receipt (see ensign verify; --force seals one all the same)\n",
            j->o->original, ens_verdict_name(answer.verdict), answer.code ? " " : "", answer.code ? answer.code : "");
        status = answer.verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
    } else {
        status = ens_seal_receipt(j->sealer, &message, s, out, &err) == ENS_OK ? ENS_EXIT_GOOD
                                                                               : failed(j, j->o->original, &err);
    }
out:
    ens_verifier_free(verifier);
    ens_report_free(report);
    ens__file_close(&file);
    ens__judge_close(&judge);
    return status;
}

static int make_signal(const job *j, ens_slice *out)
{
    const options *o = j->o;
    ens_seal_signal_options s = {.message_id = text_of(o->parcel.message_id), .at = j->at};
    ens_err err = {0};
    ens_code code = ENS_OK;
    if (strcmp(o->signal, "receipt") == 0)
        return o->original ? acknowledge(j, &s, out)
                           : ens__command_usage(j->command, "a receipt is for a message: --for MESSAGE");
    if (strcmp(o->signal, "error") == 0) {
        if (!o->code)
            return ens__command_usage(j->command, "say which error: --code EBMS:0004");
        code = ens_seal_error(j->sealer, ens_str(o->code), text_of(o->subcode), text_of(o->parcel.ref_to),
                              text_of(o->detail), &s, out, &err);
    } else if (strcmp(o->signal, "pull") == 0) {
        if (!o->parcel.from)
            return ens__command_usage(j->command, "say whose channel: --from PARTYID");
        code = ens_seal_pull(j->sealer, ens_str(o->parcel.from), &s, out, &err);
    } else {
        return ens__command_usage(j->command, "--signal is receipt, error or pull, not %s", o->signal);
    }
    return code == ENS_OK ? ENS_EXIT_GOOD : failed(j, NULL, &err);
}

static int seal_signal(const job *j)
{
    ens_slice out = {0};
    int status = make_signal(j, &out);
    return status == ENS_EXIT_GOOD ? write_message(j, NULL, out) : status;
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *payloads, unsigned threads)
{
    if (!o->key || !o->cert)
        return ens__command_usage(command, "no seal given: --key KEY --cert CHAIN");
    if (!o->out)
        return ens__command_usage(command, "say where the message goes: -o MESSAGE (- is stdout)");
    if (o->judge.json && strcmp(o->out, "-") == 0)
        return ens__command_usage(command, "--json and the message can't both go to stdout");
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    if (o->signal)
        return payloads->num ? ens__command_usage(command, "a signal carries no payload: %s", payloads->item[0]) : 0;
    if (!o->parcel.action)
        return ens__command_usage(command, "no action given: --action IE3F26");
    if (payloads->num > 1 && (o->parcel.attach.num || o->parcel.message_id || o->parcel.ref_to))
        return ens__command_usage(command, "--attach, --message-id and --ref-to are for a single payload");
    if (!payloads->num && !is_test(o))
        return ens__command_usage(command, "no payload given");
    return 0;
}

static int seal_all(const job *j, const ens_values *payloads, unsigned threads)
{
    const options *o = j->o;
    if (o->signal)
        return seal_signal(j);
    if (payloads->num < 2)
        return seal_message(j, payloads->num ? payloads->item[0] : NULL);
    seal_batch batch = {&o->parcel, &j->source, j->at, payloads, o->out, o->judge.json, threads};
    return run_batch(j->command, &batch);
}

static int seal_payloads(const ens_command *command, const options *o, const ens_values *payloads)
{
    job j = {.command = command, .o = o, .at = ens_time_now()};
    ens_err err = {0};
    unsigned threads = o->threads ? (unsigned)strtoul(o->threads, NULL, 10) : 1;
    int status = usage_fault(command, o, payloads, threads);
    if (status != 0)
        return status;
    if (o->judge.at && ens_time_parse(ens_str(o->judge.at), &j.at, &err) != ENS_OK)
        return failed(&j, o->judge.at, &err);
    ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, o->parcel.force};
    if (ens__sealer_open(&files, j.at, &j.source, &j.sealer, &err) == ENS_OK)
        status = seal_all(&j, payloads, threads);
    else
        status = failed(&j, o->cert, &err);
    ens__sealer_close(&j.source);
    ens_sealer_free(j.sealer);
    return status;
}

int ens_cmd_seal(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"key", 0, "KEY", "the private key: PEM or PKCS#12", NULL, &o.key, NULL},
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order: PEM or PKCS#12", NULL, &o.cert,
         NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"from", 0, "PARTYID", "the sender: [system-id@]EORI[@member state]; customs to trader: sti-taxud", NULL,
         &o.parcel.from, NULL},
        {"to", 0, "PARTYID", "the receiver; sti-taxud where none is given", NULL, &o.parcel.to, NULL},
        {"action", 0, "ACTION", "IE3F26 …; test for the test service", NULL, &o.parcel.action, NULL},
        {"attach", 0, "FILE[=TYPE]", "an attachment; its Content-ID is what the document calls it", NULL, NULL,
         &o.parcel.attach},
        {"agreement", 0, "VERSION", "interface version: V1.0 or V2.0 (default)", NULL, &o.parcel.agreement, NULL},
        {"message-id", 0, "ID", "instead of a new UUID@domain", NULL, &o.parcel.message_id, NULL},
        {"ref-to", 0, "ID", "the message that this one answers", NULL, &o.parcel.ref_to, NULL},
        {"conversation-id", 0, "ID", "instead of 1", NULL, &o.parcel.conversation_id, NULL},
        {"mpc", 0, "URI", "the channel of a pulled message", NULL, &o.parcel.mpc, NULL},
        {"domain", 0, "NAME", "the access point's name in ids; this machine's where none is given", NULL, &o.domain,
         NULL},
        {"signal", 0, "KIND", "seal a signal instead: receipt, error or pull", NULL, &o.signal, NULL},
        {"for", 0, "MESSAGE", "receipt: the message; it must be accepted (--trust)", NULL, &o.original, NULL},
        {"code", 0, "CODE", "error: EBMS:0004 …", NULL, &o.code, NULL},
        {"subcode", 0, "CODE", "error: A001, A002 or A003", NULL, &o.subcode, NULL},
        {"detail", 0, "TEXT", "error: what happened", NULL, &o.detail, NULL},
        {"trust", 0, "PATH", "receipt: anchors to judge the message by", NULL, NULL, &o.judge.trust},
        {"at", 0, "TIME", "the message's time (RFC 3339); without it, now", NULL, &o.judge.at, NULL},
        {"force", 0, NULL, "seal what would be refused, to rehearse the refusal", &o.parcel.force, NULL, NULL},
        {"json", 0, NULL, "one JSON object per sealed message on a line: file, message, message_id, bytes",
         &o.judge.json, NULL, NULL},
        {"threads", 0, "N", "seal a batch by N threads, results in the order of the payloads", NULL, &o.threads, NULL},
        {"output", 'o', "MESSAGE",
         "where the message goes (- is stdout); of several payloads: a folder, for NAME.mime each", NULL, &o.out, NULL},
    };
    const ens_command command = {
        "seal", "PAYLOAD... --key KEY --cert CHAIN --from PARTYID --action ACTION [options] -o MESSAGE",
        "Seals an ENS message, or with --signal a receipt, an error or a pull request: PKIPath token, RSA-SHA256,\n"
        "exclusive C14N, the header, the empty Body and every part signed. What ICS2 would refuse is refused before\n"
        "it is sealed. Several payloads of one action become a message each.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status))
        status = seal_payloads(&command, &o, &operands);
    ens__values_free(&operands);
    ens__values_free(&o.parcel.attach);
    ens__judge_options_free(&o.judge);
    return status;
}
