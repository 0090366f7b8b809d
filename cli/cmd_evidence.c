/* ensign evidence: what proves a filing, put into one archive, and such an archive proven. */
#include "cli/command.h"
#include "cli/judge.h"
#include "engine/base/file.h"
#include "ensign/json.h"
#include "show/evidence.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)2 << 30) /* octets of the messages, and what is made of them */

typedef struct {
    const char *store, *out;
    ens_judge_options judge;
} options;

static int cannot(const ens_command *command, const char *about, const ens_err *err)
{
    ens__say_error(command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

/* how_of takes what the judge was opened with; without --at each row is judged at its own time. */
static ens_evidence_options how_of(const options *o, const ens_judge *judge)
{
    ens_evidence_options how = {.trust = judge->trust, .customs = judge->customs, .verify = judge->verify};
    if (!o->judge.at)
        how.verify.at = ENS_TIME_NONE;
    return how;
}

static ens_code add_text(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ((ens_buf *)user)->failed;
}

static void tell_verdict(void *user, const char *member, const ens_message *message, const ens_report *report,
                         ens_buf *out)
{
    const ens_judge *judge = user;
    if (ens_json_verdict(member, message, report, ens_trust_lists(judge->trust), add_text, out, NULL) != ENS_OK)
        out->failed = out->failed ? out->failed : ENS_ENOMEM;
}

/* tell_exported says on stderr what the archive holds, and what it lacks. */
static void tell_exported(const ens_evidence *e, const options *o)
{
    size_t undecided = 0, gone = 0;
    for (size_t i = 0; i < e->num; i++) {
        undecided += e->row[i].raw.len && e->row[i].recorded.verdict == ENS_UNDECIDED;
        gone += e->row[i].gone;
    }
    ens__say("ensign evidence export: %zu rows of the journal into %s\n", e->num, o->out);
    if (undecided)
        ens__say("ensign evidence export: %zu messages were undecided; give --trust, --customs and revocation data\n",
                 undecided);
    if (e->unread)
        ens__say(
            "ensign evidence export: row %llu of the journal was written by an older Ensign and isn't read for LRN "
            "and MRN; it may be about the filing, too: ensign store migrate\n",
            (unsigned long long)e->unread);
    if (gone)
        ens__say("ensign evidence export: the octets of %zu rows are no longer kept\n", gone);
}

static int write_archive(const ens_command *command, const options *o, ens_judge *judge, ens_evidence *e,
                         ens_arena *arena)
{
    ens_evidence_options how = how_of(o, judge);
    ens_buf out;
    ens_err err = {0};
    ens_buf_init(&out, NULL, 0, ENS_ARCHIVE_MAX);
    how.paths = o->judge.trust.item;
    how.num_paths = o->judge.trust.num;
    how.tell = tell_verdict;
    how.user = judge;
    ens_code code = ens__evidence_export(e, &how, arena, &out, &err);
    if (code == ENS_OK)
        code = ens__file_write(o->out, ens_buf_slice(&out), 0666, &err);
    if (code == ENS_OK)
        tell_exported(e, o);
    ens_buf_free(&out);
    return code == ENS_OK ? ENS_EXIT_GOOD : cannot(command, o->out, &err);
}

static int export_filing(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    ens_judge judge = {0};
    ens__store *store = NULL;
    ens_evidence e = {0};
    ens_arena arena;
    ens_err err = {0};
    char shown[1024];
    int status = ENS_EXIT_UNKNOWN;
    if (!o->store)
        o->store = getenv("ENSIGN_STORE");
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one filing at a time" : "say which: its LRN or MRN");
    if (!o->store)
        return ens__command_usage(command, "say which store: --store DB, or the variable ENSIGN_STORE");
    if (!o->out)
        return ens__command_usage(command, "say where to: -o FILE");
    ens_arena_init(&arena, ARENA_MAX);
    if (!ens__judge_open(command, &o->judge, &judge, &status))
        goto out;
    status = ENS_EXIT_UNKNOWN;
    if (ens__store_open(o->store, &(ens__store_options){.read_only = true}, &store, &err) != ENS_OK)
        cannot(command, ens__store_shown(o->store, shown, sizeof shown), &err);
    else if (ens__evidence_collect(store, ens_str(operands->item[0]), &arena, &e, &err) != ENS_OK)
        cannot(command, operands->item[0], &err);
    else
        status = write_archive(command, o, &judge, &e, &arena);
out:
    ens__store_close(store);
    ens__judge_close(&judge);
    ens_arena_free(&arena);
    return status;
}

static int run_export(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"store", 0, "DB|postgres:...", "the store (the variable ENSIGN_STORE)", NULL, &o.store, NULL},
        {"out", 'o', "FILE", "the archive", NULL, &o.out, NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "evidence export", "LRN|MRN [--store DB] [--trust PATH]... [--revocation-cache DIR] -o FILE",
        "Puts what proves a filing into one archive: messages in and out as they were, receipts, chains,\n"
        "revocation lists and answers, the snapshot of the trusted lists, and the verdict on each message at the\n"
        "time of the journal. The archive is a plain tar; the same store and trust give the same octets.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, export_filing, &o);
}

static int print_view(const options *o, const ens__evidence_view *v)
{
    ens_buf text;
    ens__page page = ens__print_begin(&text);
    if (o->judge.json)
        ens__evidence_json(v, &text);
    else
        ens__evidence_page(&page, v, o->judge.verbose);
    return ens__print_end(&text) && v->report ? ens__verdict_exit(ens_report_verdict(v->report)) : ENS_EXIT_UNKNOWN;
}

static int cannot_check(const ens_command *command, const options *o, const char *path, const ens_err *err)
{
    char text[1024];
    cannot(command, path, err);
    return print_view(o, &(ens__evidence_view){.file = path, .error = ens_err_format(err, text, sizeof text)});
}

static int check_archive(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    ens_judge judge = {0};
    ens_file file = {0};
    ens_evidence e = {0};
    ens_arena arena;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one archive at a time" : "no archive given");
    const char *path = operands->item[0];
    ens_report *report = ens_report_new();
    ens_arena_init(&arena, ARENA_MAX);
    if (!report || !ens__judge_open(command, &o->judge, &judge, &status))
        goto out;
    if (ens__file_open_steady(path, ENS_ARCHIVE_MAX, &file, &err) != ENS_OK) {
        status = cannot_check(command, o, path, &err);
        goto out;
    }
    ens_evidence_options how = how_of(o, &judge);
    ens__evidence_check(file.bytes, &how, &arena, &e, report);
    status = ens__file_check_whole(&file, path, &err) == ENS_OK
                 ? print_view(o, &(ens__evidence_view){.file = path, .evidence = &e, .report = report})
                 : cannot_check(command, o, path, &err);
out:
    ens__file_close(&file);
    ens_report_free(report);
    ens__judge_close(&judge);
    ens_arena_free(&arena);
    return status;
}

static int run_check(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "evidence check", "FILE [--trust PATH]... [--customs PATH]... [--at TIME] [--json] [options]",
        "Proves an archive of evidence, offline. It believes nothing that the archive says of itself: every member is\n"
        "hashed, every message and receipt is judged again at the time of the journal (or --at) by the revocation\n"
        "data in the archive, under the anchors that you name; each verdict is held against the recorded one, and\n"
        "each receipt against its message. Without --trust it is undecided.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, check_archive, &o);
}

int ens__cmd_evidence(int argc, char **argv)
{
    static const ens_subcommand subs[] = {{"export", run_export}, {"check", run_check}};
    static const ens_command group = {"evidence", "export LRN|MRN [--store DB] -o FILE | check FILE [--trust PATH]...",
                                      "export    put what proves a filing into one archive\n"
                                      "check     prove such an archive, offline",
                                      NULL, 0};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
