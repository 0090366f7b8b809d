/* ensign verify: judges messages, as the STI access point or a trader would. */
#include "as4/deliver.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/judge.h"
#include "cli/sealer.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "engine/base/workers.h"
#include "ensign/batch.h"
#include "show/output.h"
#include "show/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FAULT_MAX ((size_t)64 << 10) /* bytes of what is said of one message */
#define PATH_LEN 4096
#define PATHS_MAX ((size_t)256 << 20) /* bytes of the paths of a batch */
#define PROGRESS_EVERY 64u            /* messages */
#define ERROR_TEXT 1024
#define BLOCK 8u                   /* messages that a worker takes at once: signatures are checked side by side … */
#define HELD_MAX ((size_t)1 << 20) /* … while they have no more bytes */

typedef struct {
    ens_judge_options judge;
    ens_deliver_options deliver;
    ens_sealer_files seal; /* of the receipt */
    const char *canonical, *threads, *list;
    bool quiet;
} options;

/* What became of one message. */
typedef struct {
    int status;
    bool begun;
    bool taken;        /* told: the batch came as far as this one */
    bool by_reference; /* asked for, or because the fast engine had a doubt */
} fate;

/* One run: what all workers share. */
typedef struct {
    const options *o;
    const ens_values *paths;
    ens_judge judge;
    ens_sealer *sealer; /* of the receipt, or NULL */
    ens_deliverer *deliverer;
    fate *fates;  /* one a message */
    size_t block; /* messages that a worker takes at once */
    const volatile sig_atomic_t *stop;
    ens__page page;
    bool progress; /* a person waits at the terminal, and the verdicts go elsewhere */
} run;

/* One worker: what is kept from message to message. */
typedef struct {
    run *r;
    ens_judging with;
    ens_buf *out;
    ens_file file[BLOCK]; /* those in hand */
    size_t number[BLOCK]; /* … among the paths */
    unsigned num;
    size_t held;
} worker;

static void put_verdict(const run *r, const ens__verdict *v, ens_buf *out)
{
    ens__page page = r->page;
    page.out = out;
    if (r->o->judge.json)
        ens__verdict_json(v, out);
    else if (r->o->quiet)
        ens__verdict_line(&page, v);
    else
        ens__verdict_page(&page, v, r->o->judge.verbose);
}

/* tell_fault tells of an input that could not be read. */
static void tell_fault(const run *r, const char *path, const ens_err *err, ens_buf *out)
{
    char text[ERROR_TEXT];
    ens__say_error("verify", path, err);
    put_verdict(r,
                &(ens__verdict){.file = path,
                                .message = &(ens_message){0},
                                .answer = &(ens_answer){0},
                                .error = ens_err_format(err, text, sizeof text)},
                out);
}

/* tell_verdict hands out payloads and receipt of an accepted message and writes the verdict. */
static int tell_verdict(const run *r, const char *path, const ens_message *message, const ens_report *report,
                        ens_buf *out)
{
    char text[ERROR_TEXT];
    ens_answer answer = ens_answer_of(report);
    ens__verdict v = {.file = path,
                      .message = message,
                      .answer = &answer,
                      .report = report,
                      .lists = ens_trust_lists(r->judge.trust)};
    int status = ens__verdict_exit(answer.verdict);
    ens_err err = {0};
    if (answer.verdict == ENS_ACCEPTED &&
        ens__deliver(r->deliverer, message, r->judge.verify.at, &v.paths, &err) != ENS_OK) {
        ens__say_error("verify", path, &err);
        v.error = ens_err_format(&err, text, sizeof text);
        status = ENS_EXIT_UNKNOWN;
    }
    put_verdict(r, &v, out);
    return out->failed ? ENS_EXIT_UNKNOWN : status;
}

/* keep_octets writes what was hashed, named by its reference. */
static void keep_octets(void *user, ens_slice uri, ens_slice octets)
{
    char path[PATH_LEN];
    ens_err err = {0};
    ens_buf b;
    ens_buf_init(&b, path, sizeof path, sizeof path);
    ens_buf_printf(&b, "%s/", (const char *)user);
    ens__file_put_name(&b, uri);
    ens_buf_add(&b, "", 1);
    if (ens_buf_done(&b, &err) != ENS_OK || ens__file_write(path, octets, 0666, &err) != ENS_OK)
        ens__say_error("verify", user, &err);
}

/* tell_judged tells of a message in hand, whose file must have stayed what it was. */
static void tell_judged(void *of, size_t i, const ens_message *message, const ens_report *report)
{
    worker *w = of;
    size_t number = w->number[i];
    const char *path = w->r->paths->item[number];
    ens_err err = {0};
    if (ens__file_check_whole(&w->file[i], path, &err) == ENS_OK)
        w->r->fates[number] = (fate){.status = tell_verdict(w->r, path, message, report, w->out),
                                     .begun = true,
                                     .by_reference = message->engine == ENS_ENGINE_REFERENCE};
    else
        tell_fault(w->r, path, &err, w->out);
}

/* judge_in_hand judges the messages in hand, and drops them. */
static void judge_in_hand(worker *w)
{
    ens_slice bytes[BLOCK];
    ens_err err = {0};
    for (unsigned i = 0; i < w->num; i++)
        bytes[i] = w->file[i].bytes;
    bool judged = ens_verify_many(w->with.verifier, bytes, w->num, &w->r->judge.verify, tell_judged, w, &err) == ENS_OK;
    for (unsigned i = 0; i < w->num; i++) {
        if (!judged)
            tell_fault(w->r, w->r->paths->item[w->number[i]], &err, w->out);
        ens__file_close(&w->file[i]);
    }
    w->num = 0;
    w->held = 0;
}

static void take_file(worker *w, size_t i)
{
    const char *path = w->r->paths->item[i];
    ens_file file = {0};
    ens_err err = {0};
    w->r->fates[i] = (fate){.status = ENS_EXIT_UNKNOWN, .begun = true};
    if (ens__file_open_steady(path, 0, &file, &err) != ENS_OK) {
        judge_in_hand(w);
        tell_fault(w->r, path, &err, w->out);
        return;
    }
    w->held += file.bytes.len;
    w->number[w->num] = i;
    w->file[w->num++] = file;
    if (w->num == BLOCK || w->held >= HELD_MAX)
        judge_in_hand(w);
}

/* verify_block begins no message once it is told to stop. */
static void verify_block(void *of, size_t block, ens_buf *out)
{
    worker *w = of;
    size_t from = block * w->r->block, end = from + w->r->block;
    w->out = out;
    for (size_t i = from; i < end && i < w->r->paths->num && !*w->r->stop; i++)
        take_file(w, i);
    judge_in_hand(w);
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens__judging_close(&w->with);
    free(w);
}

static void *make_worker(void *r)
{
    worker *w = calloc(1, sizeof *w);
    if (w && ens__judging_open(&w->with, NULL) == ENS_OK) {
        w->r = r;
        return w;
    }
    if (w)
        drop_worker(w);
    return NULL;
}

/* take_result ends the batch where nobody reads it any more. */
static bool take_result(void *of, size_t block, ens_slice result)
{
    run *r = of;
    size_t num = r->paths->num, done = (block + 1) * r->block < num ? (block + 1) * r->block : num;
    ens__write_out(stdout, result);
    for (size_t i = block * r->block; i < done; i++)
        r->fates[i].taken = r->fates[i].begun;
    if (r->progress && (done == num || done % PROGRESS_EVERY < r->block))
        fprintf(stderr, done == num ? "\r\033[K" : "\r%zu of %zu messages\033[K", done, num);
    return !ferror(stdout);
}

/* block_of leaves each thread some blocks to take, so that none waits long for the others. */
static size_t block_of(size_t num, unsigned threads)
{
    size_t share = threads > 1 ? num / (4 * (size_t)threads) : num;
    return share < 1 ? 1 : share < BLOCK ? share : BLOCK;
}

static void tell_summary(const run *r)
{
    size_t num[ENS_EXIT_UNKNOWN + 1] = {0}, by_reference = 0, taken = 0;
    for (; taken < r->paths->num && r->fates[taken].taken; taken++) {
        num[r->fates[taken].status]++;
        by_reference += r->fates[taken].by_reference;
    }
    if (taken < r->paths->num)
        ens__say("ensign verify: stopped; %zu of %zu messages were not judged\n", r->paths->num - taken, r->paths->num);
    ens__say("%zu messages: %zu accepted, %zu refused, %zu undecided or unreadable; %zu by the reference engine\n",
             taken, num[ENS_EXIT_GOOD], num[ENS_EXIT_REFUSED], num[ENS_EXIT_UNKNOWN], by_reference);
}

static int run_batch(run *r, unsigned threads)
{
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    r->stop = ens__stop_when_told();
    ens_pool_job job = {make_worker, drop_worker, verify_block, take_result, r, r->stop};
    r->block = block_of(r->paths->num, threads);
    if (ens__pool_run(&job, threads, (r->paths->num + r->block - 1) / r->block, &err) != ENS_OK) {
        ens__say_error("verify", NULL, &err);
        return ENS_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < r->paths->num; i++)
        status = ens__worst(status, r->fates[i].taken ? r->fates[i].status : ENS_EXIT_UNKNOWN);
    if (r->paths->num > 1)
        tell_summary(r);
    return status;
}

/* tell_none gives every message its object where what it would be judged by can't be read. */
static void tell_none(run *r)
{
    ens_err why = {0};
    ens_fail(&why, ENS_EIO, NULL, "what it would be judged by can't be read: the messages say what", 0);
    for (size_t i = 0; r->o->judge.json && i < r->paths->num; i++) {
        ens_buf line;
        ens_buf_init(&line, NULL, 0, FAULT_MAX);
        tell_fault(r, r->paths->item[i], &why, &line);
        ens__write_out(stdout, ens_buf_slice(&line));
        ens_buf_free(&line);
    }
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *paths, unsigned threads)
{
    if (!paths->num)
        return ens__command_usage(command, "no message given");
    if (o->deliver.receipt && paths->num > 1)
        return ens__command_usage(command, "--receipt is for a single message");
    const char *const read[] = {paths->item[0], o->seal.key, o->seal.cert, o->seal.pass_file};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        if (ens__file_same(o->deliver.receipt, read[i]))
            return ens__command_usage(command, "%s would be written over: give another name to --receipt", read[i]);
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    if (threads > 1 && (o->deliver.payloads || o->canonical))
        return ens__command_usage(command, "several threads write no files");
    return 0;
}

static ens_code open_deliverer(run *r, ens_err *err)
{
    ens_deliver_options deliver = r->o->deliver;
    ens_code code = ENS_OK;
    if (deliver.receipt && (!r->o->seal.key || !r->o->seal.cert))
        code = ens_fail(err, ENS_EPOLICY, NULL, "a receipt is sealed: give --receipt-key and --receipt-cert", 0);
    else if (deliver.receipt)
        code = ens__sealer_load(&r->o->seal, r->judge.verify.at, &r->sealer, err);
    deliver.sealer = r->sealer;
    return code == ENS_OK ? ens__deliverer_new(&deliver, &r->deliverer, err) : code;
}

static int verify_all(const ens_command *command, const options *o, const ens_values *paths)
{
    run r = {.o = o, .paths = paths, .page = ens__page_on_stdout(NULL)};
    r.progress = paths->num > PROGRESS_EVERY && isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
    ens_err err = {0};
    unsigned threads = o->threads ? (unsigned)strtoul(o->threads, NULL, 10) : 1;
    int status = usage_fault(command, o, paths, threads);
    if (status != 0)
        return status;
    status = ENS_EXIT_UNKNOWN;
    r.fates = calloc(paths->num, sizeof *r.fates);
    if (!r.fates || !ens__judge_open(command, &o->judge, &r.judge, &status)) {
        tell_none(&r);
        goto out;
    }
    r.judge.verify.terse = o->quiet && !o->judge.json;
    if (o->canonical) {
        r.judge.verify.differs = keep_octets;
        r.judge.verify.differs_user = (void *)(uintptr_t)o->canonical;
    }
    if (open_deliverer(&r, &err) == ENS_OK) {
        status = run_batch(&r, threads);
    } else {
        ens__say_error("verify", NULL, &err);
        status = ENS_EXIT_UNKNOWN;
    }
out:
    ens__deliverer_free(r.deliverer);
    ens_sealer_free(r.sealer);
    ens__judge_close(&r.judge);
    free(r.fates);
    return status;
}

/* verify_given finds the messages in folders and lists first. */
static int verify_given(const ens_command *command, void *of, const ens_values *given)
{
    const options *o = of;
    ens_arena arena;
    ens_values paths = {0};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    ens_arena_init(&arena, PATHS_MAX);
    ens_code code = ens__inputs_messages(given, &arena, &paths, &err);
    if (code == ENS_OK && o->list)
        code = ens__inputs_listed(o->list, &arena, &paths, &err);
    if (code == ENS_OK)
        status = verify_all(command, o, &paths);
    else
        ens__say_error("verify", NULL, &err);
    ens__values_free(&paths);
    ens_arena_free(&arena);
    return status;
}

int ens__cmd_verify(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
        {"payloads", 0, "DIR", "write what an accepted message delivers, each message into a folder of its id", NULL,
         &o.deliver.payloads, NULL},
        {"receipt", 0, "OUT", "write the sealed receipt of an accepted message", NULL, &o.deliver.receipt, NULL},
        {"receipt-key", 0, "KEY", "the key that seals the receipt: PEM or PKCS#12", NULL, &o.seal.key, NULL},
        {"receipt-cert", 0, "CHAIN", "its certificate with issuers: PEM or PKCS#12", NULL, &o.seal.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase of the key (else ENSIGN_PASS, or a prompt)", NULL, &o.seal.pass_file,
         NULL},
        {"canonical", 0, "DIR", "write what was hashed where a digest differs into this folder, which must be there",
         NULL, &o.canonical, NULL},
        {"threads", 0, "N", "judge a batch by N threads, verdicts in the order of the inputs", NULL, &o.threads, NULL},
        {"files-from", 0, "LIST", "judge the messages whose paths stand in this file, one a line (-: standard input)",
         NULL, &o.list, NULL},
        {"quiet", 'q', NULL, "one line per message", &o.quiet, NULL, NULL},
    };
    const ens_command command = {
        "verify", "MESSAGE|DIR... [--trust PATH]... [options]",
        "Judges AS4 messages in the order in which the STI access point looks, and tells the code it would\n"
        "answer. A message is a MIME package with or without its header block, or a bare SOAP envelope;\n"
        "of a folder, all files are judged.\n"
        "Without --trust nothing is accepted; without --registry the certificate itself must fit the EORI.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, verify_given, &o);
}
