/* ensign ens: business documents by the message tables of ICS2, without a message around them. */
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "ensign/document.h"
#include "show/document.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define ENS_STAMP 32u
#define OUT_MAX ((size_t)1 << 30)

typedef struct {
    ens_document_options document;
    const char *xsd, *at, *sent;
    bool json, verbose;
} options;

/* What is kept from document to document. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_verify_options judge;
    ens_tables *tables;
    ens_judging with;
    bool show;
    ens_document_result sent; /* what the errors are about; with what it lies in */
    ens_file sent_file;
    ens_judging sent_in, sent_with;
} checking;

static bool open_checking(checking *c, const ens_command *command, const options *o)
{
    ens_time at;
    ens_err err = {0};
    *c = (checking){.command = command, .o = o};
    if (o->at && ens_time_parse(ens_str(o->at), &at, &err) != ENS_OK)
        return ens__say_error(command->name, o->at, &err), false;
    if (!ens__document_options_read(command, &o->document, &c->judge.documents, &c->tables))
        return false;
    c->judge.tables = c->tables;
    c->judge.xsd_dir = o->xsd;
    if (ens__judging_open(&c->with, &err) == ENS_OK)
        return true;
    ens__say_error(command->name, NULL, &err);
    return false;
}

static void close_checking(checking *c)
{
    ens__judging_close(&c->with);
    ens_tables_free(c->tables);
    ens__judging_close(&c->sent_with);
    ens__judging_close(&c->sent_in);
    ens__file_close(&c->sent_file);
}

/* say_unread: every input has its object. */
static int say_unread(const checking *c, const char *path, const ens_err *err)
{
    char text[512];
    ens_buf out;
    ens__say_error(c->command->name, path, err);
    if (!c->o->json)
        return ENS_EXIT_UNKNOWN;
    ens_json j = ens__json_on_stdout(&out);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "file", path);
    ens__json_text(&j, "verdict", ens_verdict_name(ENS_UNDECIDED));
    ens__json_text(&j, "error", ens_err_format(err, text, sizeof text));
    ens__json_close(&j, '}');
    ens__json_print(&j);
    return ENS_EXIT_UNKNOWN;
}

/* read_sent reads a document, or the one that a message carries, for the elements in it; false with a message. */
static bool read_sent(checking *c, const char *path)
{
    ens_err err = {0};
    ens_message message = {0};
    if (ens__file_open(path, 0, &c->sent_file, &err) != ENS_OK || ens__judging_open(&c->sent_in, &err) != ENS_OK ||
        ens__judging_open(&c->sent_with, &err) != ENS_OK)
        return ens__say_error(c->command->name, path, &err), false;
    ens_slice text = c->sent_file.bytes;
    ens_verify_options o = {.at = ens_time_now(), .documents = ENS_DOCUMENTS_OFF};
    ens_verify(c->sent_in.verifier, text, &o, &message, c->sent_in.report);
    if (message.num_payloads)
        text = message.payloads[0].bytes;
    o = c->judge;
    o.whole_document = true;
    ens_document_check(c->sent_with.verifier, text, &o, &c->sent, c->sent_with.report);
    if (c->sent.inside && c->sent.inside->elements)
        return true;
    ens__say("ensign %s: %s holds no business document of ICS2\n", c->command->name, path);
    return false;
}

/* write_document writes what the sub-command is about. */
static int write_document(checking *c, const char *path, const ens_document_facts *facts, const ens_answer *answer)
{
    const ens_doc *sent = c->sent.inside ? c->sent.inside->elements : NULL;
    ens_buf out;
    ens__page page = ens__print_begin(&out);
    ens_json j = {.out = &out};
    if (c->show && c->o->json) {
        ens__json_open(&j, NULL, '{');
        ens__json_text(&j, "file", path);
        ens__elements_json(&j, facts->elements);
        ens__json_close(&j, '}');
        ens_buf_text(&out, "\n");
    } else if (c->show) {
        ens__elements_page(&page, facts->elements);
        ens__document_errors_page(&page, facts->errors, facts->num_errors, sent);
    } else if (c->o->json) {
        ens__document_json(&j, path, facts, answer, c->with.report, sent);
    } else {
        ens__document_page(&page, path, facts, answer, c->with.report, sent, c->o->verbose);
    }
    if (!ens__print_end(&out))
        return ENS_EXIT_UNKNOWN;
    return c->show ? ENS_EXIT_GOOD : ens__verdict_exit(answer->verdict);
}

static int check_file(checking *c, const char *path)
{
    ens_file file = {0};
    ens_err err = {0};
    ens_document_result result;
    if (ens__file_open(path, 0, &file, &err) != ENS_OK)
        return say_unread(c, path, &err);
    ens_report_reset(c->with.report);
    ens_document_check(c->with.verifier, file.bytes, &c->judge, &result, c->with.report);
    const ens_document_facts *facts = result.inside;
    ens_answer answer = ens_answer_of(c->with.report);
    int status = ENS_EXIT_UNKNOWN;
    if (!facts)
        say_unread(c, path, (ens_fail(&err, ENS_ENOMEM, NULL, "out of memory for a document", 0), &err));
    else if (c->show && (!facts->elements || !facts->document.read))
        say_unread(c, path,
                   (ens_fail(&err, ENS_ESYNTAX, NULL, "this is no business document that the tables know", 0), &err));
    else
        status = write_document(c, path, facts, &answer);
    ens__file_close(&file);
    return status;
}

static int run_files(const ens_command *command, const options *o, bool show, const ens_values *files)
{
    checking c;
    int status = ENS_EXIT_UNKNOWN;
    if (open_checking(&c, command, o) && (!o->sent || read_sent(&c, o->sent))) {
        c.show = c.judge.whole_document = show;
        status = ENS_EXIT_GOOD;
        for (size_t i = 0; i < files->num; i++)
            status = ens__worst(status, check_file(&c, files->item[i]));
    }
    close_checking(&c);
    return status;
}

/* run_command is `ens check` and `ens show`: they take the same options. */
static int run_command(const char *name, const char *about, bool show, int argc, char **argv)
{
    options o = {.json = false};
    const ens_option table[] = {
        {"ens", 0, "strict|warn|off", "faults refuse (the default), or warn, or aren't looked for", NULL,
         &o.document.mode, NULL},
        {"xsd", 0, "DIR", "judge by the schemas in this folder as well; they win", NULL, &o.xsd, NULL},
        ENS_JUDGE_TABLES(o.document),
        {"for", 0, "MESSAGE", "of an IE3N99 or IE3N01: the message, or document, that it is about", NULL, &o.sent,
         NULL},
        {"at", 0, "TIME", "judge as of this time (RFC 3339); without it, now", NULL, &o.at, NULL},
        {"json", 0, NULL, "one JSON object per document on a line", &o.json, NULL, NULL},
        {"verbose", 'v', NULL, "show the checks that passed, too", &o.verbose, NULL, NULL},
    };
    const ens_command command = {name, "FILE... [options]", about, table, sizeof table / sizeof *table};
    ens_values files = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &files, &status))
        status = files.num ? run_files(&command, &o, show, &files) : ens__command_usage(&command, "no file given");
    ens__values_free(&files);
    return status;
}

static int check_command(int argc, char **argv)
{
    return run_command(
        "ens check",
        "Judges business documents of ICS2 (IE3F26, say) by the message tables: elements, order, formats,\n"
        "code lists, rules and conditions, and tells every fault with the XPath of its element.",
        false, argc, argv);
}

static int show_command(int argc, char **argv)
{
    return run_command(
        "ens show",
        "Shows what a business document says, as a person reads it: parties, goods, routing, documents,\n"
        "attachments, with codes in words. The errors of an IE3N99 or IE3N01 stand behind it.",
        true, argc, argv);
}

static ens_code keep_document(void *user, ens_slice piece)
{
    ens_buf *out = user;
    ens_buf_put(out, piece);
    return out->failed;
}

static int write_begun(const ens_command *command, const ens_document_beginning *with, const char *path)
{
    ens_buf out;
    ens_err err = {0};
    ens_buf_init(&out, NULL, 0, OUT_MAX);
    ens_code code = ens_document_begin(with, keep_document, &out, &err);
    if (code == ENS_OK)
        code = ens__file_write(path ? path : "-", ens_buf_slice(&out), 0666, &err);
    if (code != ENS_OK)
        ens__say_error(command->name, with->action, &err);
    ens_buf_free(&out);
    return code == ENS_OK ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

/* make_stamp makes a reference of the time and of chance: an LRN is used once (R3003), and so is a document's
 * number. */
static const char *make_stamp(ens_time at, const char *begin, char out[ENS_STAMP])
{
    uint16_t chance = 0;
    ens_civil c = ens__civil_of(at);
    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        chance = (uint16_t)clock();
    snprintf(out, ENS_STAMP, "%s%02u%02u%02u%02u%02u%02u-%04X", begin, (unsigned)c.year % 100u,
             (unsigned)c.month % 100u, (unsigned)c.day % 100u, (unsigned)c.hour % 100u, (unsigned)c.minute % 100u,
             (unsigned)c.second % 100u, chance);
    return out;
}

static int new_command(int argc, char **argv)
{
    ens_document_options o = {0};
    const char *from = NULL, *out = NULL, *when = NULL, *lrn = NULL, *mrn = NULL, *reference = NULL;
    char stamp[ENS_STAMP], number[ENS_STAMP];
    const ens_option table[] = {
        {"from", 0, "EORI", "who sends it: the declarant", NULL, &from, NULL},
        {"output", 'o', "FILE", "where to write it; without it, standard output", NULL, &out, NULL},
        {"lrn", 0, "LRN", "its LRN; without it, one that nobody has used", NULL, &lrn, NULL},
        {"mrn", 0, "MRN", "the filing that it is about", NULL, &mrn, NULL},
        {"reference", 0, "REF", "the request that it answers (referralRequestReference)", NULL, &reference, NULL},
        {"at", 0, "TIME", "the time of issue (RFC 3339); without it, now", NULL, &when, NULL},
        ENS_JUDGE_TABLES(o),
    };
    const ens_command command = {
        "ens new", "ACTION [--from EORI] [--lrn LRN] [--mrn MRN] [--reference REF] [-o FILE]",
        "Writes a document of that message (IE3F26, say) that keeps tables and rules, with examples in it\n"
        "that a person replaces.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    ens_tables *tables = NULL;
    ens_documents mode;
    ens_err err = {0};
    ens_document_beginning s = {.at = ens_time_now()};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        status = ENS_EXIT_UNKNOWN;
        if (operands.num != 1) {
            ens__command_usage(&command, "give one action, IE3F26 say");
        } else if (when && ens_time_parse(ens_str(when), &s.at, &err) != ENS_OK) {
            ens__say_error(command.name, when, &err);
        } else if (ens__document_options_read(&command, &o, &mode, &tables)) {
            s.tables = tables;
            s.action = operands.item[0];
            s.from = from;
            s.lrn = lrn ? lrn : make_stamp(s.at, "EX", stamp);
            s.number = make_stamp(s.at, "DOC", number);
            s.mrn = mrn;
            s.reference = reference;
            status = write_begun(&command, &s, out);
        }
    }
    ens_tables_free(tables);
    ens__values_free(&operands);
    return status;
}

int ens__cmd_ens(int argc, char **argv)
{
    static const ens_command group = {"ens", "check|show|new ... [options]",
                                      "check     judge business documents by the message tables\n"
                                      "show      show what a document says\n"
                                      "new       write a document to begin with",
                                      NULL, 0};
    static const ens_subcommand subs[] = {{"check", check_command}, {"show", show_command}, {"new", new_command}};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
