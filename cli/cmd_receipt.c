/* ensign receipt check: a receipt against the message it is for. */
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "show/verdict.h"

#include <stdio.h>

/* print_verdict writes it as JSON or as text; false when that failed. */
static bool print_verdict(const ens_judge_options *o, const ens__verdict *v)
{
    ens_buf text;
    ens__page page = ens__print_begin(&text);
    if (o->json)
        ens__verdict_json(v, &text);
    else
        ens__verdict_page(&page, v, o->verbose);
    return ens__print_end(&text);
}

static int tell_fault(const ens_judge_options *o, const char *path, const char *about, const ens_err *err)
{
    char text[1024];
    ens__say_error("receipt check", about, err);
    print_verdict(o, &(ens__verdict){.file = path,
                                     .message = &(ens_message){0},
                                     .answer = &(ens_answer){0},
                                     .error = ens_err_format(err, text, sizeof text)});
    return ENS_EXIT_UNKNOWN;
}

static int judge_files(const ens_judge_options *o, ens_judge *judge, const char *path, const ens_file *receipt,
                       const ens_file *original)
{
    ens_judging with;
    ens_message message = {0};
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__judging_open(&with, &err) != ENS_OK) {
        ens__say_error("receipt check", NULL, &err);
        ens__judging_close(&with);
        return status;
    }
    ens_verify_options how = judge->verify;
    how.registry = NULL; /* it answers for who sends messages */
    ens_receipt_check(with.verifier, receipt->bytes, original->bytes, &how, &message, with.report);
    ens_answer answer = ens_answer_of(with.report);
    status = ens__verdict_exit(answer.verdict);
    ens__verdict v = {.file = path,
                      .message = &message,
                      .answer = &answer,
                      .report = with.report,
                      .lists = ens_trust_lists(judge->trust)};
    bool whole = ens__file_check_whole(receipt, path, &err) == ENS_OK &&
                 ens__file_check_whole(original, "the message", &err) == ENS_OK;
    if (!whole)
        status = tell_fault(o, path, path, &err);
    else
        status = print_verdict(o, &v) ? status : ENS_EXIT_UNKNOWN;
    ens__judging_close(&with);
    return status;
}

typedef struct {
    ens_judge_options judge;
    const char *original;
} options;

static int check_receipt(const ens_command *command, void *of, const ens_values *operands)
{
    const options *given = of;
    const ens_judge_options *o = &given->judge;
    const char *original = given->original;
    ens_judge judge;
    ens_file receipt_file = {0}, original_file = {0};
    ens_err err = {0};
    int status;
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one receipt at a time" : "no receipt given");
    if (!original)
        return ens__command_usage(command, "say for which message: --for MESSAGE");
    const char *path = operands->item[0];
    if (!ens__judge_open(command, o, &judge, &status))
        goto out;
    status = ENS_EXIT_UNKNOWN;
    if (ens__file_open_steady(path, 0, &receipt_file, &err) != ENS_OK)
        tell_fault(o, path, path, &err);
    else if (ens__file_open_steady(original, 0, &original_file, &err) != ENS_OK)
        tell_fault(o, path, original, &err);
    else
        status = judge_files(o, &judge, path, &receipt_file, &original_file);
out:
    ens__file_close(&receipt_file);
    ens__file_close(&original_file);
    ens__judge_close(&judge);
    return status;
}

static int check_command(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"for", 0, "MESSAGE", "the message that was sent", NULL, &o.original, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "receipt check", "RECEIPT --for MESSAGE [--trust PATH]... [options]",
        "Proves that a receipt acknowledges the message: its seal and signer, the id it refers to, and the\n"
        "digests of every signed part, no more and no less. EBMS:0302 where they differ, EBMS:0301 where the\n"
        "answer is no receipt.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, check_receipt, &o);
}

int ens__cmd_receipt(int argc, char **argv)
{
    static const ens_command command = {"receipt", "check RECEIPT --for MESSAGE [options]",
                                        "check     prove a receipt against the message it is for", NULL, 0};
    static const ens_subcommand subs[] = {{"check", check_command}};
    return ens__command_dispatch(&command, subs, 1, argc, argv);
}
