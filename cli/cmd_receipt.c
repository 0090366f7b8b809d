/* ensign receipt check: a receipt against the message it is for. */
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "show/verdict.h"

#include <stdio.h>

#define JSON_MAX ((size_t)16 << 20) /* bytes of a verdict */

static bool print_json(const char *path, const ens_message *message, const ens_answer *answer, const ens_report *report)
{
    ens_buf line;
    ens_buf_init(&line, NULL, 0, JSON_MAX);
    ens__verdict_put_json(path, message, answer, report, &line);
    bool good = !line.failed && fwrite(line.p, 1, line.len, stdout) == line.len;
    ens_buf_free(&line);
    return good;
}

static int judge_files(const ens_judge_options *o, ens_judge *judge, const char *path, ens_slice receipt,
                       ens_slice original)
{
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    ens_message message = {0};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (!report || ens_verifier_new(&verifier, &err) != ENS_OK) {
        ens__say_error("receipt check", NULL, &err);
        ens_report_free(report);
        return status;
    }
    ens_receipt_check(verifier, receipt, original, &judge->check.verify, &message, report);
    ens_answer answer = ens_answer_of(report);
    status = ens__verdict_exit(answer.verdict);
    if (o->json)
        status = print_json(path, &message, &answer, report) ? status : ENS_EXIT_UNKNOWN;
    else
        ens__verdict_print(path, &message, &answer, report, o->verbose);
    ens_report_free(report);
    ens_verifier_free(verifier);
    return status;
}

static int check(const ens_command *command, const ens_judge_options *o, const char *path, const char *original)
{
    ens_judge judge;
    ens_file receipt_file = {0}, original_file = {0};
    ens_err err = {0};
    int status;
    if (!ens__judge_open(command, o, &judge, &status))
        goto out;
    status = ENS_EXIT_UNKNOWN;
    if (ens__file_open(path, 0, &receipt_file, &err) != ENS_OK)
        ens__say_error(command->name, path, &err);
    else if (ens__file_open(original, 0, &original_file, &err) != ENS_OK)
        ens__say_error(command->name, original, &err);
    else
        status = judge_files(o, &judge, path, receipt_file.bytes, original_file.bytes);
out:
    ens__file_close(&receipt_file);
    ens__file_close(&original_file);
    ens__judge_close(&judge);
    return status;
}

static int check_command(int argc, char **argv)
{
    ens_judge_options o = {0};
    const char *original = NULL;
    const ens_option table[] = {
        {"for", 0, "MESSAGE", "the message that was sent", NULL, &original, NULL},
        ENS_JUDGE_TRUST(o),
        ENS_JUDGE_MESSAGES(o),
    };
    const ens_command command = {
        "receipt check", "RECEIPT --for MESSAGE [--trust PATH]... [options]",
        "Proves that a receipt acknowledges the message: its seal and signer, the id it refers to, and the\n"
        "digests of every signed part, no more and no less. EBMS:0302 where they differ, EBMS:0301 where the\n"
        "answer is no receipt.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        if (operands.num != 1)
            status = ens__command_usage(&command, operands.num ? "one receipt at a time" : "no receipt given");
        else if (!original)
            status = ens__command_usage(&command, "say for which message: --for MESSAGE");
        else
            status = check(&command, &o, operands.item[0], original);
    }
    ens__values_free(&operands);
    ens__judge_options_free(&o);
    return status;
}

int ens_cmd_receipt(int argc, char **argv)
{
    static const ens_command command = {"receipt", "check RECEIPT --for MESSAGE [options]",
                                        "check     prove a receipt against the message it is for", NULL, 0};
    static const ens_subcommand subs[] = {{"check", check_command}};
    return ens__command_dispatch(&command, subs, 1, argc, argv);
}
