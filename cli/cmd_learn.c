/* ensign learn: enters what another access point answered elsewhere, beside what is predicted here. */
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "show/ledger.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 20)

typedef struct {
    const char *store, *target, *answers;
    ens_judge_options judge;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_judge judge;
    ens_verify_options request, answer_by;
    ens_judging with;
    ens_file message, answer;
    ens_arena arena;
    ens__entry entry[2];
    ens__ledger_change ledger;
} job;

static int cannot_learn(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static ens_slice keep_slice(job *j, ens_slice text)
{
    const char *copy = text.len ? ens_arena_text(&j->arena, text) : NULL;
    return copy ? ens_bytes(copy, text.len) : (ens_slice){0};
}

/* set_time judges at the time that the message says of itself, unless the user gives one: what is in date and listed
 * today needn't have been then. */
static void set_time(job *j)
{
    ens_message m;
    ens_time at;
    if (j->o->judge.at)
        return;
    ens_report_reset(j->with.report);
    ens_verify(j->with.verifier, j->message.bytes, &j->request, &m, j->with.report);
    if (ens_time_parse(m.timestamp, &at, NULL) == ENS_OK && at < j->request.at)
        j->request.at = j->answer_by.at = at;
}

static void judge_message(job *j, ens_message_kind *asked, bool *from_customs)
{
    ens_message m;
    ens__ledger_row *row = &j->ledger.row;
    ens_report_reset(j->with.report);
    ens_verify(j->with.verifier, j->message.bytes, &j->request, &m, j->with.report);
    bool domibus = j->o->answers && strcmp(j->o->answers, "domibus") == 0;
    ens__ledger_predict(&m, j->with.report, domibus, &j->arena, row);
    *asked = m.kind;
    *from_customs = m.from_customs;
    j->entry[0] = (ens__entry){.at_ms = j->request.at * 1000,
                               .direction = ENS_OUT,
                               .kind = ens__entry_of(m.kind),
                               .verdict = row->predicted.verdict,
                               .action = row->action,
                               .message_id = row->message_id,
                               .party = row->party,
                               .lrn = keep_slice(j, m.lrn),
                               .mrn = keep_slice(j, m.mrn),
                               .ebms = row->predicted.ebms,
                               .detail = row->predicted.detail,
                               .raw = j->message.bytes};
}

/* is_bare tells an HTTP response without a body. */
static bool is_bare(ens_slice answer)
{
    size_t end = ens__find(answer, ENS_LIT("\r\n\r\n"), 0), other = ens__find(answer, ENS_LIT("\n\n"), 0);
    size_t at = end < other ? end + 4 : other == SIZE_MAX ? answer.len : other + 2;
    return ens_starts(answer, ENS_LIT("HTTP/")) && !ens__trim(ens_from(answer, at)).len;
}

static void judge_answer(job *j, ens_message_kind asked, bool from_customs)
{
    ens_message m = {0};
    ens__ledger_row *row = &j->ledger.row, reply;
    ens_verify_options o = j->answer_by;
    bool bare = is_bare(j->answer.bytes);
    if (!j->judge.customs && !from_customs)
        o.trust = NULL;
    ens_report_reset(j->with.report);
    ens_verify(j->with.verifier, j->answer.bytes, &o, &m, j->with.report);
    bool is_reply = m.kind == ENS_MESSAGE_USER && asked == ENS_MESSAGE_USER;
    if (is_reply && ens__ledger_reply(&m, row, &j->arena, &reply)) {
        *row = reply;
    } else {
        ens_report_reset(j->with.report);
        if (asked == ENS_MESSAGE_USER && !is_reply)
            ens_receipt_check(j->with.verifier, j->answer.bytes, j->message.bytes, &o, &m, j->with.report);
        else
            ens_verify(j->with.verifier, j->answer.bytes, &o, &m, j->with.report);
        const ens__ledger_answer a = {.message = bare ? NULL : &m,
                                      .report = j->with.report,
                                      .http = m.http_status,
                                      .silence = "the answer is no message",
                                      .empty = bare,
                                      .asked = asked};
        ens__ledger_settle(&a, &j->arena, row);
    }
    j->entry[1] = (ens__entry){.at_ms = j->request.at * 1000,
                               .direction = ENS_IN,
                               .kind = ens__entry_of(m.kind),
                               .verdict = ens_report_verdict(j->with.report),
                               .action = keep_slice(j, m.action),
                               .message_id = keep_slice(j, m.message_id),
                               .ref_to = row->message_id,
                               .party = row->party,
                               .lrn = m.kind == ENS_MESSAGE_USER ? keep_slice(j, m.lrn) : j->entry[0].lrn,
                               .mrn = m.kind == ENS_MESSAGE_USER ? keep_slice(j, m.mrn) : j->entry[0].mrn,
                               .ebms = row->real.ebms,
                               .detail = row->real.detail,
                               .raw = j->answer.bytes};
}

/* enter writes both files and the row into the ledger. */
static ens_code enter(job *j, ens_err *err)
{
    ens__store *store = NULL;
    ens__change change = {.kind = ENS_CHANGE_LEDGER, .ledger = &j->ledger}, *changes[] = {&change};
    j->ledger.message = &j->entry[0];
    j->ledger.answer = &j->entry[1];
    ens_code code = ens__store_open(j->o->store, &(ens__store_options){.create = true}, &store, err);
    if (code == ENS_OK)
        code = ens__store_commit(store, changes, 1, err);
    ens__store_close(store);
    return code;
}

static int tell(const job *j, const ens_values *operands)
{
    const ens__ledger_row *row = &j->ledger.row;
    if (j->o->judge.json) {
        ens_buf out;
        ens_json line = ens__json_on_stdout(&out);
        ens__ledger_json(&line, row, operands->item[0], operands->item[1]);
        if (!ens__json_print(&line))
            return ENS_EXIT_UNKNOWN;
    } else {
        ens__ledger_print(row, operands->item[0], operands->item[1]);
    }
    return row->agreement == ENS_AGREES      ? ENS_EXIT_GOOD
           : row->agreement == ENS_DISAGREES ? ENS_EXIT_REFUSED
                                             : ENS_EXIT_UNKNOWN;
}

static ens_code open_files(job *j, const ens_values *operands, ens_err *err)
{
    ens_code code = ens__judging_open(&j->with, err);
    if (code == ENS_OK)
        code = ens__file_open(operands->item[0], ENS_STORE_RAW, &j->message, err);
    return code == ENS_OK ? ens__file_open(operands->item[1], ENS_STORE_RAW, &j->answer, err) : code;
}

static int learn(job *j, const ens_values *operands)
{
    ens_err err = {0};
    ens_message_kind asked;
    bool from_customs;
    if (open_files(j, operands, &err) != ENS_OK)
        return cannot_learn(j, NULL, &err);
    ens__judge_exchange(&j->o->judge, &j->judge, &j->request, &j->answer_by);
    set_time(j);
    j->ledger.row = (ens__ledger_row){.learned = true, .target = ens_str(j->o->target), .at_ms = j->request.at * 1000};
    judge_message(j, &asked, &from_customs);
    judge_answer(j, asked, from_customs);
    if (j->o->store && enter(j, &err) != ENS_OK)
        return cannot_learn(j, j->o->store, &err);
    return tell(j, operands);
}

static int run_learn(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    job j = {.command = command, .o = o};
    int status;
    if (operands->num != 2)
        return ens__command_usage(command, "say what was sent, and what came back: MESSAGE ANSWER");
    if (o->answers && strcmp(o->answers, "ics2") != 0 && strcmp(o->answers, "domibus") != 0)
        return ens__command_usage(command, "--answers is ics2 or domibus, not %s", o->answers);
    if (!o->store)
        o->store = getenv("ENSIGN_STORE");
    ens_arena_init(&j.arena, ARENA_MAX);
    if (ens__judge_open(command, &o->judge, &j.judge, &status))
        status = learn(&j, operands);
    ens__judging_close(&j.with);
    ens__file_close(&j.message);
    ens__file_close(&j.answer);
    ens__judge_close(&j.judge);
    ens_arena_free(&j.arena);
    return status;
}

int ens__cmd_learn(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"store", 0, "DB|postgres:...", "enter it here, made where there is none (the variable ENSIGN_STORE)", NULL,
         &o.store, NULL},
        {"by", 0, "NAME", "who answered, as it is to stand in the ledger", NULL, &o.target, NULL},
        {"answers", 0, "ics2|domibus", "predict the codes of ICS2, or those that a Domibus was seen to give", NULL,
         &o.answers, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "learn", "MESSAGE ANSWER [--store DB] [--trust PATH]... [--customs PATH]... [options]",
        "Judges a message as of the time that it says of itself, or of --at, and holds what another access point\n"
        "answered against that: a receipt, an error signal, a captured response of HTTP, or what customs replied to\n"
        "the document (IE3N99, IE3R01). With a store both are entered, and `ensign journal disagreements` has them.\n"
        "Without one it is told, and kept nowhere.\n"
        "Exit status: 0 answered as predicted; 1 otherwise; 2 nothing can be said.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_learn, &o);
}
