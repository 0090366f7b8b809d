/* ensign seal: user messages and signals, sealed as ICS2 profiles them. */
#include "cli/judge.h"
#include "cli/sealer.h"
#include "engine/base/workers.h"
#include "show/finding.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Several payloads, each into a message of its own, by as many threads as are asked for. */
typedef struct {
    const ens_parcel_options *parcel;
    const ens_sealer_source *source;
    const ens_verify_options *check;
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

/* What became of one payload or signal. */
typedef struct {
    const char *payload, *path; /* path NULL: nothing was written */
    ens_slice message_id;
    size_t len;
    const ens_report *report;
    const char *error; /* what kept it from being written; or NULL */
} outcome;

/* put_json: of what was refused the checks, too. */
static void put_json(const outcome *o, ens_buf *out)
{
    ens_json line = {.out = out}, *j = &line;
    ens_answer a = ens_answer_of(o->report);
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", o->payload);
    ens__json_text(j, "message", o->path);
    ens__json_some(j, "message_id", o->path ? o->message_id : (ens_slice){0});
    ens__json_number(j, "bytes", o->path ? o->len : 0);
    ens__json_text(j, "verdict", ens_verdict_name(a.verdict));
    ens__json_text(j, "ebms", a.code);
    ens__json_text(j, "subcode", a.subcode);
    ens__json_text(j, "reply", a.reply);
    if (o->error)
        ens__json_text(j, "error", o->error);
    if (a.verdict == ENS_REFUSED)
        ens__findings_json(j, o->report);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}

static void put_text(const outcome *o, ens_buf *out)
{
    ens__page page = {.out = out};
    if (o->path)
        ens__page_printf(&page, "%s: %s %.*s\n", o->payload, o->path, (int)o->message_id.len,
                         (const char *)o->message_id.p);
}

static void seal_one(void *of, size_t i, ens_buf *out)
{
    worker *w = of;
    batch_run *r = w->r;
    const seal_batch *b = r->b;
    ens_slice message = {0};
    ens_err err = {0};
    char text[1024];
    outcome o = {.payload = b->payloads->item[i], .report = ens__parcel_report(w->parcel)};
    int status = ens__parcel_seal(w->parcel, b->parcel, b->check, w->sealer, b->at, o.payload, &message, &r->said[i]);
    if (status == ENS_EXIT_GOOD && ens__file_write_one_of_many(r->path[i], message, 0666, &err) != ENS_OK) {
        o.error = ens_err_format(&err, text, sizeof text);
        ens_buf_printf(&r->said[i], "ensign seal: %s: %s\n", r->path[i], o.error);
        status = ENS_EXIT_UNKNOWN;
    }
    if (status == ENS_EXIT_GOOD)
        o.path = r->path[i], o.message_id = ens_sealer_message_id(w->sealer), o.len = message.len;
    else
        ens_buf_printf(&r->said[i], "ensign seal: %s isn't sealed\n", o.payload);
    if (b->json)
        put_json(&o, out);
    else
        put_text(&o, out);
    r->status[i] = out->failed ? ENS_EXIT_UNKNOWN : status;
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

/* A file, whatever it is called. */
typedef struct {
    dev_t device;
    ino_t number;
} identity;

static bool identify(const char *path, identity *out)
{
    struct stat st;
    memset(out, 0, sizeof *out);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    out->device = st.st_dev;
    out->number = st.st_ino;
    return true;
}

static int by_identity(const void *a, const void *b)
{
    const identity *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* find_input returns a path that is a payload, by whatever name, or NULL. */
static const char *find_input(const batch_run *r)
{
    size_t num = r->b->payloads->num, known = 0;
    const char *found = NULL;
    identity one, *inputs = malloc(num * sizeof *inputs);
    if (!inputs)
        return "";
    for (size_t i = 0; i < num; i++)
        known += identify(r->b->payloads->item[i], &inputs[known]);
    qsort(inputs, known, sizeof *inputs, by_identity);
    for (size_t i = 0; i < num && !found; i++)
        if (identify(r->path[i], &one) && bsearch(&one, inputs, known, sizeof *inputs, by_identity))
            found = r->path[i];
    free(inputs);
    return found;
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
    const char *twice = find_twice(r->path, num), *over = find_input(r);
    if (twice)
        return ens__command_usage(command, "two payloads would become %s", twice);
    if (over)
        return ens__command_usage(command, "%s is one of the payloads and would be written over", over);
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
        return ens__command_usage(command, "several payloads go into a folder, which has to be there: -o %s is none",
                                  b->folder);
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
    const char *key, *cert, *pass_file, *domain, *out, *signal, *original, *code, *subcode, *detail, *threads, *level;
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
    ens_judge judge;
    ens_parcel *parcel;
} job;

static ens_slice text_of(const char *text)
{
    return text ? ens_str(text) : (ens_slice){0};
}

static int failed_seal(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static bool is_test(const options *o)
{
    return o->parcel.action && strcmp(o->parcel.action, "test") == 0;
}

/* finish_seal writes what was sealed, unless status says that it was not, and tells what became of it. */
static int finish_seal(const job *j, const char *payload, ens_slice message, int status)
{
    const options *o = j->o;
    ens_err err = {0};
    ens_buf line;
    char text[1024];
    outcome out = {.payload = payload, .report = ens__parcel_report(j->parcel)};
    if (status == ENS_EXIT_GOOD && ens__file_write(o->out, message, 0666, &err) != ENS_OK) {
        status = failed_seal(j, o->out, &err);
        out.error = ens_err_format(&err, text, sizeof text);
    }
    if (status == ENS_EXIT_GOOD)
        out.path = o->out, out.message_id = ens_sealer_message_id(j->sealer), out.len = message.len;
    if (!o->judge.json)
        return status;
    ens_buf_init(&line, NULL, 0, LINE_MAX_LEN);
    put_json(&out, &line);
    ens__write_out(stdout, ens_buf_slice(&line));
    status = line.failed ? ENS_EXIT_UNKNOWN : status;
    ens_buf_free(&line);
    return status;
}

static int seal_message(const job *j, const char *payload)
{
    ens_slice out = {0};
    ens_buf said;
    ens_buf_init(&said, NULL, 0, LINE_MAX_LEN);
    int status = ens__parcel_seal(j->parcel, &j->o->parcel, &j->judge.verify, j->sealer, j->at, payload, &out, &said);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
    return finish_seal(j, payload, out, status);
}

/* acknowledge seals the receipt of a message that was verified here; what isn't accepted gets none, unless forced. */
static int acknowledge(const job *j, const ens_seal_signal_options *s, ens_slice *out)
{
    ens_file file = {0};
    ens_judging with;
    ens_message message = {0};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__judging_open(&with, &err) != ENS_OK || ens__file_open(j->o->original, 0, &file, &err) != ENS_OK) {
        status = failed_seal(j, j->o->original, &err);
        goto out;
    }
    ens_verify(with.verifier, file.bytes, &j->judge.verify, &message, with.report);
    ens_answer answer = ens_answer_of(with.report);
    if (answer.verdict != ENS_ACCEPTED && !j->o->parcel.force) {
        ens__say(
            "ensign seal: %s is %s%s%s, so it gets no receipt (see ensign verify; --force seals one all the same)\n",
            j->o->original, ens_verdict_name(answer.verdict), answer.code ? " " : "", answer.code ? answer.code : "");
        status = answer.verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
    } else {
        status = ens_seal_receipt(j->sealer, &message, s, out, &err) == ENS_OK ? ENS_EXIT_GOOD
                                                                               : failed_seal(j, j->o->original, &err);
    }
out:
    ens__judging_close(&with);
    ens__file_close(&file);
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
    if (code == ENS_OK)
        return ENS_EXIT_GOOD;
    failed_seal(j, NULL, &err);
    return code == ENS_EPOLICY ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
}

/* seal_signal judges a pull request by the trust that is given. Whose trust a receipt or an error meets isn't known
 * here: they are judged without. */
static int seal_signal(const job *j)
{
    ens_slice out = {0};
    ens_buf said;
    ens_verify_options check = j->judge.verify;
    int status = make_signal(j, &out);
    if (strcmp(j->o->signal, "pull") != 0)
        check = (ens_verify_options){.at = j->at, .engine = check.engine};
    ens_buf_init(&said, NULL, 0, LINE_MAX_LEN);
    if (status == ENS_EXIT_GOOD)
        status = ens__parcel_judge(j->parcel, &j->o->parcel, &check, out, NULL, &said);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
    return finish_seal(j, NULL, out, status);
}

/* input_at returns the input that path is, by whatever name, or NULL. */
static const char *input_at(const options *o, const ens_values *payloads, const char *path)
{
    const char *const named[] = {o->key, o->cert, o->pass_file, o->original};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (ens__file_same(path, named[i]))
            return named[i];
    for (size_t i = 0; i < payloads->num; i++)
        if (ens__file_same(path, payloads->item[i]))
            return payloads->item[i];
    for (size_t i = 0; i < o->parcel.attach.num; i++) {
        const char *given = o->parcel.attach.item[i], *equals = strrchr(given, '=');
        char *file = equals ? strndup(given, (size_t)(equals - given)) : NULL;
        bool same = ens__file_same(path, given) || ens__file_same(path, file);
        free(file);
        if (same)
            return given;
    }
    return NULL;
}

/* level_of reads --level: 0 where there is none, or where it is none. */
static unsigned level_of(const options *o)
{
    char *end = NULL;
    unsigned long level = o->level ? strtoul(o->level, &end, 10) : 0;
    return end && *end == '\0' && level <= ENS_SEAL_LEVEL_MAX ? (unsigned)level : 0;
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *payloads, unsigned threads)
{
    if (!o->key || !o->cert)
        return ens__command_usage(command, "no seal given: --key KEY --cert CHAIN");
    if (!o->out)
        return ens__command_usage(command, "say where the message goes: -o MESSAGE (- is stdout)");
    if (o->judge.json && strcmp(o->out, "-") == 0)
        return ens__command_usage(command, "--json and the message can't both go to stdout");
    const char *input = payloads->num < 2 ? input_at(o, payloads, o->out) : NULL; /* of several: find_input */
    if (input)
        return ens__command_usage(command, "%s would be written over: give another name to -o", input);
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    if (o->level && !level_of(o))
        return ens__command_usage(command, "--level is 1 to %u", ENS_SEAL_LEVEL_MAX);
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
    seal_batch batch = {&o->parcel, &j->source, &j->judge.verify, j->at, payloads, o->out, o->judge.json, threads};
    return run_batch(j->command, &batch);
}

/* open_job makes what seals and what judges. The sealer is forced: what it seals is judged, and then it is said with
 * the code that `verify` gives. */
static int open_job(job *j)
{
    const options *o = j->o;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, true, level_of(o)};
    if (!ens__judge_open(j->command, &o->judge, &j->judge, &status))
        return status;
    j->at = j->judge.verify.at;
    if (!(j->parcel = ens__parcel_new()))
        return ens__command_usage(j->command, "out of memory");
    ens_code code = ens__sealer_open(&files, j->at, &j->source, &j->sealer, &err);
    if (code == ENS_OK)
        return ENS_EXIT_GOOD;
    failed_seal(j, o->cert, &err);
    return code == ENS_EPOLICY ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
}

static int seal_payloads(const ens_command *command, void *of, const ens_values *payloads)
{
    const options *o = of;
    job j = {.command = command, .o = o};
    unsigned threads = o->threads ? (unsigned)strtoul(o->threads, NULL, 10) : 1;
    int status = usage_fault(command, o, payloads, threads);
    if (status == 0)
        status = open_job(&j);
    if (status == ENS_EXIT_GOOD)
        status = seal_all(&j, payloads, threads);
    ens__sealer_close(&j.source);
    ens_sealer_free(j.sealer);
    ens__parcel_free(j.parcel);
    ens__judge_close(&j.judge);
    return status;
}

int ens__cmd_seal(int argc, char **argv)
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
        {"agreement", 0, "V1.0|V2.0", "interface version; V2.0 is the default", NULL, &o.parcel.agreement, NULL},
        {"message-id", 0, "ID", "instead of a new UUID@domain", NULL, &o.parcel.message_id, NULL},
        {"ref-to", 0, "ID", "the message that this one answers", NULL, &o.parcel.ref_to, NULL},
        {"conversation-id", 0, "ID", "instead of 1", NULL, &o.parcel.conversation_id, NULL},
        {"mpc", 0, "URI", "the channel of a pulled message", NULL, &o.parcel.mpc, NULL},
        {"domain", 0, "NAME", "the access point's name in ids; this machine's where none is given", NULL, &o.domain,
         NULL},
        {"signal", 0, "receipt|error|pull", "seal a signal instead", NULL, &o.signal, NULL},
        {"for", 0, "MESSAGE", "receipt: the message; it must be accepted (--trust)", NULL, &o.original, NULL},
        {"code", 0, "CODE", "error: EBMS:0004 …", NULL, &o.code, NULL},
        {"subcode", 0, "A001|A002|A003", "error: the sub-code of UUM&DS", NULL, &o.subcode, NULL},
        {"detail", 0, "TEXT", "error: what happened", NULL, &o.detail, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
        {"force", 0, NULL, "seal what would be refused, to rehearse the refusal", &o.parcel.force, NULL, NULL},
        {"level", 0, "1..12", "of compression: 1 is quick, 12 small; by size where none is given", NULL, &o.level,
         NULL},
        {"threads", 0, "N", "seal a batch by N threads, results in the order of the payloads", NULL, &o.threads, NULL},
        {"output", 'o', "MESSAGE",
         "where the message goes (- is stdout); of several payloads: a folder, for NAME.mime each", NULL, &o.out, NULL},
    };
    const ens_command command = {
        "seal", "PAYLOAD... --key KEY --cert CHAIN --from PARTYID --action ACTION [options] -o MESSAGE",
        "Seals an ENS message, or with --signal a receipt, an error or a pull request: PKIPath token, RSA-SHA256,\n"
        "exclusive C14N, the header, the empty Body and every part signed. Whatever is sealed is judged as verify\n"
        "judges it, and what would be refused for certain is refused here, with the same code. Several payloads of\n"
        "one action become a message each.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, seal_payloads, &o);
}
