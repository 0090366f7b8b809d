/* ensign store: makes a store, brings it up to date, and tells what it doesn't keep. */
#include "cli/command.h"
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "show/finding.h"
#include "show/output.h"
#include "sti/store/store.h"

#include <stdio.h>

typedef struct {
    const char *store;
    bool json;
} options;

static int cannot_store(const ens_command *command, const char *store, const ens_err *err)
{
    ens__say_error(command->name, store, err);
    return ENS_EXIT_UNKNOWN;
}

static const char *shown(const options *o)
{
    static char name[1024];
    return ens__store_shown(o->store, name, sizeof name);
}

/* What reads the messages of before. */
typedef struct {
    ens_verifier *verifier;
    ens_report *report;
} reader;

static void take_reference(char out[ENS_STORE_REFERENCE + 1], ens_slice text)
{
    snprintf(out, ENS_STORE_REFERENCE + 1, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

static bool read_message(void *user, ens_slice raw, ens__references *out)
{
    const reader *r = user;
    ens_message m;
    ens_report_reset(r->report);
    ens_verify(r->verifier, raw, &(ens_verify_options){.documents = ENS_DOCUMENTS_OFF, .terse = true}, &m, r->report);
    take_reference(out->lrn, m.lrn);
    take_reference(out->mrn, m.mrn);
    return true;
}

/* read_journal looks into the messages that an older Ensign took without looking for LRN and MRN. */
static ens_code read_journal(const char *name, uint64_t *num, ens_err *err)
{
    reader r = {.report = ens_report_new()};
    ens__store *store = NULL;
    uint64_t first = 0;
    ens_code code = r.report ? ens_verifier_new(&r.verifier, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        code = ens__store_open(name, &(ens__store_options){0}, &store, err);
    if (code == ENS_OK)
        code = ens__store_journal_unread(store, 0, &first, err);
    if (code == ENS_OK && first)
        code = ens__store_journal_read(store, read_message, &r, num, err);
    ens__store_close(store);
    ens_verifier_free(r.verifier);
    ens_report_free(r.report);
    return code;
}

static int migrate(const ens_command *command, const options *o)
{
    unsigned from = 0, to = 0;
    uint64_t read = 0;
    ens_err err = {0};
    if (ens__store_migrate(o->store, &from, &to, &err) != ENS_OK || read_journal(o->store, &read, &err) != ENS_OK)
        return cannot_store(command, shown(o), &err);
    if (o->json) {
        ens_buf out;
        ens_json j = ens__json_on_stdout(&out);
        ens__json_open(&j, NULL, '{');
        ens__json_text(&j, "store", shown(o));
        ens__json_number(&j, "from", from);
        ens__json_number(&j, "to", to);
        ens__json_number(&j, "read", read);
        ens__json_close(&j, '}');
        return ens__json_print(&j) ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
    }
    if (from == 0)
        printf("%s: made, schema %u\n", shown(o), to);
    else if (from == to)
        printf("%s: schema %u already\n", shown(o), to);
    else
        printf("%s: from schema %u to %u\n", shown(o), from, to);
    if (read)
        printf("%s: LRN and MRN of %llu rows of the journal read\n", shown(o), (unsigned long long)read);
    return ENS_EXIT_GOOD;
}

static int tell_store(const options *o, const ens_report *report, ens_durable durable)
{
    ens_verdict verdict = ens_report_verdict(report);
    if (o->json) {
        ens_buf out;
        ens_json j = ens__json_on_stdout(&out);
        ens__json_open(&j, NULL, '{');
        ens__json_text(&j, "store", shown(o));
        ens__json_text(&j, "verdict", ens_verdict_name(verdict));
        ens__json_text(&j, "durable", ens__durable_name(durable));
        ens__findings_json(&j, report);
        ens__json_close(&j, '}');
        if (!ens__json_print(&j))
            return ENS_EXIT_UNKNOWN;
    } else {
        printf("%s: durable: %s\n", shown(o), ens__durable_name(durable));
        ens__print_findings(report, true);
    }
    return verdict == ENS_ACCEPTED ? ENS_EXIT_GOOD : verdict == ENS_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN;
}

/* One that can't be written is looked at all the same. */
static int check_store(const ens_command *command, const options *o)
{
    ens__store *store = NULL;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    if (ens__store_open(o->store, &(ens__store_options){0}, &store, NULL) != ENS_OK &&
        ens__store_open(o->store, &(ens__store_options){.read_only = true}, &store, &err) != ENS_OK)
        return cannot_store(command, shown(o), &err);
    ens_report *report = ens_report_new();
    if (report) {
        ens__store_check(store, report);
        status = tell_store(o, report, ens__store_durable(store));
    }
    ens_report_free(report);
    ens__store_close(store);
    return status;
}

static int run_store(const char *name, const char *about, int (*work)(const ens_command *, const options *), int argc,
                     char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"store", 0, "DB|postgres:...", "the store: a file, or a database of PostgreSQL", NULL, &o.store, NULL},
        {"json", 0, NULL, "one JSON object on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {name, "--store DB|postgres:... [--json]", about, table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        if (operands.num)
            status = ens__command_usage(&command, "what is %s?", operands.item[0]);
        else
            status = o.store ? work(&command, &o) : ens__command_usage(&command, "say which store: --store DB");
    }
    ens__values_free(&operands);
    return status;
}

static int run_migrate(int argc, char **argv)
{
    return run_store("store migrate",
                     "Makes a store, and brings one of an older Ensign up to date.\n"
                     "All of it or nothing. Copy the file before, for an older Ensign can't read it afterwards.\n"
                     "Then it reads the LRN and MRN of messages that were taken before anybody looked for them.",
                     migrate, argc, argv);
}

static int run_check(int argc, char **argv)
{
    return run_store(
        "store check",
        "Tells what a store keeps when the power goes, and what it doesn't.\n"
        "It looks for a file system in memory or of another machine, for syncs that are taken away, for a file that\n"
        "can't be written or is damaged. Exit status 1 when something is not kept.",
        check_store, argc, argv);
}

/* copy_store copies from one name to another; a backup is a store. */
static int copy_store(const ens_command *command, const char *from, const char *to)
{
    ens_err err = {0};
    char shown_from[1024], shown_to[1024];
    ens__store_shown(from, shown_from, sizeof shown_from);
    if (ens__store_backup(from, to, &err) != ENS_OK)
        return cannot_store(command, shown_from, &err);
    printf("%s: copied to %s\n", shown_from, ens__store_shown(to, shown_to, sizeof shown_to));
    return ENS_EXIT_GOOD;
}

static int run_copy(const char *name, const char *about, bool back, int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {{"store", 0, "DB", "the store", NULL, &o.store, NULL}};
    const ens_command command = {name, "FILE --store DB", about, table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        if (operands.num != 1 || !o.store)
            status = ens__command_usage(&command, "say which store and which file: FILE --store DB");
        else
            status = copy_store(&command, back ? operands.item[0] : o.store, back ? o.store : operands.item[0]);
    }
    ens__values_free(&operands);
    return status;
}

static int run_backup(int argc, char **argv)
{
    return run_copy("store backup",
                    "Writes all of a store into a file, as it is at one moment, while others work on it.\n"
                    "The file must not be there. A database of PostgreSQL has means of its own.",
                    false, argc, argv);
}

static int run_restore(int argc, char **argv)
{
    return run_copy("store restore",
                    "Makes a store of a backup. The store must not be there; the backup stays as it is.\n"
                    "What was acknowledged after the backup is not in it: keep the journal of whoever sent it.",
                    true, argc, argv);
}

int ens__cmd_store(int argc, char **argv)
{
    static const ens_subcommand subs[] = {
        {"migrate", run_migrate}, {"check", run_check}, {"backup", run_backup}, {"restore", run_restore}};
    const ens_command group = {"store", "migrate|check|backup|restore --store DB",
                               "Keeps the store of an access point, or of a sender's outbox.", NULL, 0};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
