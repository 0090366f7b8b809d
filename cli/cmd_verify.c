/* ensign verify: judges messages, as the STI access point or a trader would. */
#include "as4/payload/payload.h"
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "engine/base/workers.h"
#include "show/output.h"
#include "show/verdict.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LEN 4096

typedef struct {
    ens_judge_options judge;
    ens_deliver_options deliver;
    const char *canonical, *threads;
    bool quiet;
} options;

/* What became of one message. */
typedef struct {
    int status;
    bool by_reference; /* asked for, or because the fast engine had a doubt */
} fate;

/* One run: what all workers share. */
typedef struct {
    const options *o;
    const ens_values *paths;
    ens_judge judge;
    ens_deliverer *deliverer;
    fate *fates; /* one a message */
} run;

/* One worker: what is kept from message to message. */
typedef struct {
    run *r;
    ens_verifier *verifier;
    ens_report *report;
} worker;

static void put_line(ens_buf *out, const char *path, const ens_answer *a)
{
    const char *code = a->code ? a->code : a->reply ? a->reply : NULL;
    ens_buf_printf(out, "%s: %s%s%s%s%s\n", path, ens_verdict_name(a->verdict), code ? " " : "", code ? code : "",
                   a->subcode ? " " : "", a->subcode ? a->subcode : "");
}

/* tell writes the verdict and, of an accepted message, hands out payloads and receipt. */
static int tell_verdict(worker *w, const char *path, const ens_message *message, ens_buf *out)
{
    const options *o = w->r->o;
    ens_answer answer = ens_answer_of(w->report);
    int status = ens__verdict_exit(answer.verdict);
    ens_err err = {0};
    if (answer.verdict == ENS_ACCEPTED &&
        ens__deliver(w->r->deliverer, message, w->r->judge.check.verify.at, &err) != ENS_OK) {
        ens__say_error("verify", path, &err);
        status = ENS_EXIT_UNKNOWN;
    }
    if (o->judge.json) {
        ens__verdict_put_json(path, message, &answer, w->report, out);
        status = out->failed ? ENS_EXIT_UNKNOWN : status;
    } else if (o->quiet) {
        put_line(out, path, &answer);
    } else {
        ens__verdict_print(path, message, &answer, w->report, o->judge.verbose);
    }
    return status;
}

/* keep_octets writes what was hashed, named by its reference. */
static void keep_octets(void *user, ens_slice uri, ens_slice octets)
{
    char name[ENS_PAYLOAD_NAME], path[PATH_LEN];
    ens_err err = {0};
    snprintf(path, sizeof path, "%s/%s", (const char *)user, ens__payload_file_name(uri, 0, name));
    if (ens__file_write(path, octets, 0666, &err) != ENS_OK)
        ens__say_error("verify", path, &err);
}

static void verify_one(void *of, size_t i, ens_buf *out)
{
    worker *w = of;
    const char *path = w->r->paths->item[i];
    ens_file file = {0};
    ens_err err = {0};
    ens_message message = {0};
    w->r->fates[i].status = ENS_EXIT_UNKNOWN;
    if (ens__file_open(path, 0, &file, &err) != ENS_OK) {
        ens__say_error("verify", path, &err);
        return;
    }
    ens__report_reset(w->report);
    ens__check(w->verifier, file.bytes, &w->r->judge.check, &message, w->report);
    w->r->fates[i] = (fate){tell_verdict(w, path, &message, out), message.engine == ENS_ENGINE_REFERENCE};
    ens__file_close(&file);
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens_report_free(w->report);
    ens_verifier_free(w->verifier);
    free(w);
}

static void *make_worker(void *r)
{
    ens_err err = {0};
    worker *w = calloc(1, sizeof *w);
    if (w && (w->report = ens_report_new()) && ens_verifier_new(&w->verifier, &err) == ENS_OK) {
        w->r = r;
        return w;
    }
    if (w)
        drop_worker(w);
    return NULL;
}

static void take_result(void *r, size_t i, ens_slice result)
{
    (void)r, (void)i;
    ens__write_out(stdout, result);
}

static void tell_summary(const run *r)
{
    size_t num[ENS_EXIT_UNKNOWN + 1] = {0}, by_reference = 0;
    for (size_t i = 0; i < r->paths->num; i++) {
        num[r->fates[i].status]++;
        by_reference += r->fates[i].by_reference;
    }
    fprintf(stderr,
            "%zu messages: %zu accepted, %zu refused, %zu undecided or unreadable; %zu by the reference engine\n",
            r->paths->num, num[ENS_EXIT_GOOD], num[ENS_EXIT_REFUSED], num[ENS_EXIT_UNKNOWN], by_reference);
}

static int run_batch(run *r, unsigned threads)
{
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    ens_pool_job job = {make_worker, drop_worker, verify_one, take_result, r};
    if (ens__pool_run(&job, threads, r->paths->num, &err) != ENS_OK) {
        ens__say_error("verify", NULL, &err);
        return ENS_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < r->paths->num; i++)
        status = ens__worst(status, r->fates[i].status);
    if (r->paths->num > 1)
        tell_summary(r);
    return status;
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *paths, unsigned threads)
{
    if (!paths->num)
        return ens__command_usage(command, "no message given");
    if (o->deliver.receipt && paths->num > 1)
        return ens__command_usage(command, "--receipt is for a single message");
    if (threads < 1 || threads > ENS_POOL_THREADS)
        return ens__command_usage(command, "--threads is 1 to %u", ENS_POOL_THREADS);
    if (threads > 1 && ((!o->judge.json && !o->quiet) || o->deliver.payloads || o->canonical))
        return ens__command_usage(command, "several threads go with --json or --quiet, and write no files");
    return 0;
}

static int verify_all(const ens_command *command, const options *o, const ens_values *paths)
{
    run r = {.o = o, .paths = paths};
    ens_err err = {0};
    unsigned threads = o->threads ? (unsigned)strtoul(o->threads, NULL, 10) : 1;
    int status = usage_fault(command, o, paths, threads);
    if (status != 0)
        return status;
    status = ENS_EXIT_UNKNOWN;
    r.fates = calloc(paths->num, sizeof *r.fates);
    if (!r.fates || !ens__judge_open(command, &o->judge, &r.judge, &status))
        goto out;
    r.judge.check.verify.terse = o->quiet && !o->judge.json;
    if (o->canonical) {
        r.judge.check.verify.differs = keep_octets;
        r.judge.check.verify.differs_user = (void *)(uintptr_t)o->canonical;
    }
    if (ens__deliverer_new(&o->deliver, r.judge.check.verify.at, &r.deliverer, &err) == ENS_OK) {
        status = run_batch(&r, threads);
    } else {
        ens__say_error("verify", NULL, &err);
        status = ENS_EXIT_UNKNOWN;
    }
out:
    ens__deliverer_free(r.deliverer);
    ens__judge_close(&r.judge);
    free(r.fates);
    return status;
}

int ens_cmd_verify(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
        {"payloads", 0, "DIR", "write what an accepted message delivers into this folder", NULL, &o.deliver.payloads,
         NULL},
        {"receipt", 0, "OUT", "write the sealed receipt of an accepted message", NULL, &o.deliver.receipt, NULL},
        {"receipt-key", 0, "KEY", "the key that seals the receipt: PEM or PKCS#12", NULL, &o.deliver.key, NULL},
        {"receipt-cert", 0, "CHAIN", "its certificate with issuers: PEM or PKCS#12", NULL, &o.deliver.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase of the key (else ENSIGN_PASS, or a prompt)", NULL, &o.deliver.pass_file,
         NULL},
        {"canonical", 0, "DIR", "write what was hashed where a digest differs into this folder, which must be there",
         NULL, &o.canonical, NULL},
        {"threads", 0, "N", "judge a batch by N threads, verdicts in the order of the inputs", NULL, &o.threads, NULL},
        {"quiet", 'q', NULL, "one line per message", &o.quiet, NULL, NULL},
    };
    const ens_command command = {
        "verify", "MESSAGE... [--trust PATH]... [options]",
        "Judges AS4 messages in the order in which the STI access point looks, and tells the code it would\n"
        "answer. A message is a MIME package with or without its header block, or a bare SOAP envelope.\n"
        "Without --trust nothing is accepted; without --registry the certificate itself must fit the EORI.",
        table, sizeof table / sizeof *table};
    ens_values paths = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &paths, &status))
        status = verify_all(&command, &o, &paths);
    ens__values_free(&paths);
    ens__judge_options_free(&o.judge);
    return status;
}
