/* ensign verify: judges messages, as the STI access point or a trader would. */
#include "as4/payload.h"
#include "cli/command.h"
#include "cli/deliver.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/verdict.h"
#include "engine/file.h"
#include "engine/report.h"

#include <stdio.h>

#define PATH_LEN 4096

typedef struct {
    ens_judge_options judge;
    ens_deliver_options deliver;
    const char *canonical;
    bool quiet;
} options;

/* One run: what is kept from message to message. */
typedef struct {
    const options *o;
    ens_judge judge;
    ens_deliverer *deliverer;
    ens_verifier *verifier;
    ens_report *report;
} run;

/* tell prints the verdict and, of an accepted message, hands out payloads and receipt. */
static int tell(run *r, const char *path, const ens_message *message)
{
    ens_answer answer = ens_answer_of(r->report);
    int status = ens__verdict_status(&answer);
    ens_err err = {0};
    if (answer.verdict == ENS_ACCEPTED && ens__deliver(r->deliverer, message, r->judge.check.verify.at, &err) != ENS_OK) {
        ens__say_error("verify", path, &err);
        status = ENS_EXIT_UNKNOWN;
    }
    if (r->o->judge.json)
        return ens__json_print(ens__verdict_json(path, message, &answer, r->report)) ? status : ENS_EXIT_UNKNOWN;
    if (r->o->quiet)
        printf("%s: %s%s%s%s%s\n", path, ens_verdict_name(answer.verdict), answer.code || answer.reply ? " " : "",
               answer.code    ? answer.code
               : answer.reply ? answer.reply
                              : "",
               answer.subcode ? " " : "", answer.subcode ? answer.subcode : "");
    else
        ens__verdict_print(path, message, &answer, r->report, r->o->judge.verbose);
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

static int verify_one(run *r, const char *path)
{
    ens_file file = {0};
    ens_err err = {0};
    ens_message message = {0};
    if (ens__file_open(path, 0, &file, &err) != ENS_OK) {
        ens__say_error("verify", path, &err);
        return ENS_EXIT_UNKNOWN;
    }
    ens__report_reset(r->report);
    ens__check(r->verifier, file.bytes, &r->judge.check, &message, r->report);
    int status = tell(r, path, &message);
    ens__file_close(&file);
    return status;
}

static int verify_all(const ens_command *command, const options *o, const ens_values *paths)
{
    run r = {.o = o};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!paths->num)
        return ens__command_usage(command, "no message given");
    if (o->deliver.receipt && paths->num > 1)
        return ens__command_usage(command, "--receipt is for a single message");
    if (!ens__judge_open(command, &o->judge, &r.judge, &status))
        goto out;
    if (o->canonical) {
        r.judge.check.verify.differs = keep_octets;
        r.judge.check.verify.differs_user = (void *)(uintptr_t)o->canonical;
    }
    if (ens__deliverer_new(&o->deliver, r.judge.check.verify.at, &r.deliverer, &err) != ENS_OK || ens_verifier_new(&r.verifier, &err) != ENS_OK) {
        ens__say_error("verify", NULL, &err);
        goto out;
    }
    r.report = ens_report_new();
    status = r.report ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
    for (size_t i = 0; r.report && i < paths->num; i++)
        status = ens__worst(status, verify_one(&r, paths->item[i]));
out:
    ens_report_free(r.report);
    ens_verifier_free(r.verifier);
    ens__deliverer_free(r.deliverer);
    ens__judge_close(&r.judge);
    return status;
}

int ens_cmd_verify(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
        {"payloads", 0, "DIR", "write what an accepted message delivers into this folder", NULL, &o.deliver.payloads, NULL},
        {"receipt", 0, "OUT", "write the sealed receipt of an accepted message", NULL, &o.deliver.receipt, NULL},
        {"receipt-key", 0, "KEY", "the key that seals the receipt: PEM or PKCS#12", NULL, &o.deliver.key, NULL},
        {"receipt-cert", 0, "CHAIN", "its certificate with issuers: PEM or PKCS#12", NULL, &o.deliver.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase of the key (else ENSIGN_PASS, or a prompt)", NULL, &o.deliver.pass_file, NULL},
        {"canonical", 0, "DIR", "write what was hashed where a digest differs into this folder, which must be there", NULL, &o.canonical, NULL},
        {"quiet", 'q', NULL, "one line per message", &o.quiet, NULL, NULL},
    };
    const ens_command command = {"verify", "MESSAGE... [--trust PATH]... [options]",
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
