/* ensign journal: what came and went, from the store. */
#include "cli/cmd_ledger.h"
#include "cli/command.h"
#include "engine/base/file.h"
#include "show/journal.h"
#include "show/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_LEN 4096

typedef struct {
    const char *store, *since, *limit, *kind, *direction, *party, *message_id, *lrn, *mrn, *out;
    bool json, raw, writes;
} options;

/* One run of a sub-command. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens__store *store;
    ens__journal_query query;
    FILE *index;        /* of an export */
    uint64_t num, gone; /* rows; those whose bytes are no longer kept */
    bool failed;
} job;

static int cannot_journal(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    *out = n;
    return *text >= '0' && *text <= '9' && !*end && !errno && n <= INT64_MAX;
}

static bool read_kind(const char *text, int *out)
{
    for (int i = 0; i < ENS_ENTRY_KINDS; i++)
        if (strcmp(text, ens__entry_kind_name((ens_entry_kind)i)) == 0) {
            *out = i;
            return true;
        }
    return false;
}

/* read_query makes the question of the options; false with a usage error. */
static bool read_query(job *j)
{
    const options *o = j->o;
    uint64_t limit = 0;
    j->query = ENS_JOURNAL_ALL;
    if (o->since && !read_number(o->since, &j->query.since))
        return ens__command_usage(j->command, "--since %s: no sequence number", o->since), false;
    if (o->limit && !read_number(o->limit, &limit))
        return ens__command_usage(j->command, "--limit %s: no number", o->limit), false;
    if (o->kind && !read_kind(o->kind, &j->query.kind))
        return ens__command_usage(j->command, "--kind %s: there is no such kind", o->kind), false;
    if (o->direction && strcmp(o->direction, "in") != 0 && strcmp(o->direction, "out") != 0)
        return ens__command_usage(j->command, "--direction is in or out"), false;
    if (o->direction)
        j->query.direction = o->direction[0] == 'o';
    j->query.limit = (size_t)limit;
    j->query.party = ens_str(o->party);
    j->query.about = ens_str(o->message_id);
    j->query.lrn = ens_str(o->lrn);
    j->query.mrn = ens_str(o->mrn);
    return true;
}

static bool print_json(const ens__journal_row *row, const char *path)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__journal_json(&line, row, path);
    return ens__json_print(&line);
}

static bool list_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    if (j->o->json)
        return j->failed = !print_json(row, NULL), !j->failed;
    if (j->num++ == 0)
        ens__journal_print_line(NULL);
    ens__journal_print_line(row);
    return true;
}

static int list(job *j, const ens_values *operands)
{
    ens_err err = {0};
    if (operands->num)
        return ens__command_usage(j->command, "what is %s?", operands->item[0]);
    if (ens__store_journal_list(j->store, &j->query, list_row, j, &err) != ENS_OK)
        return cannot_journal(j, j->o->store, &err);
    return j->failed ? ENS_EXIT_UNKNOWN : ENS_EXIT_GOOD;
}

/* read_raw reads a row's bytes; false with a message where that fails. */
static bool read_raw(job *j, uint64_t seq, ens_buf *raw, bool *found)
{
    ens_err err = {0};
    ens_buf_init(raw, NULL, 0, ENS_STORE_RAW);
    if (ens__store_journal_raw(j->store, seq, raw, found, &err) == ENS_OK)
        return true;
    cannot_journal(j, j->o->store, &err);
    return false;
}

static bool write_raw(job *j, const ens__journal_row *row)
{
    ens_buf raw;
    bool found = false, good = read_raw(j, row->seq, &raw, &found);
    if (good && found)
        ens__write_out(stdout, ens_buf_slice(&raw));
    else if (good)
        fprintf(stderr, "ensign journal show: %llu has no bytes, or they are no longer kept\n",
                (unsigned long long)row->seq);
    ens_buf_free(&raw);
    return good && found;
}

static bool show_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    j->num++;
    if (j->o->raw)
        j->failed = !write_raw(j, row);
    else if (j->o->json)
        j->failed = !print_json(row, NULL);
    else
        ens__journal_print(row);
    return false;
}

/* each asks for the rows that the operands number, or for those of the options when there are none. */
static int each(job *j, const ens_values *seqs, bool (*take)(void *, const ens__journal_row *))
{
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    if (!seqs->num && ens__store_journal_list(j->store, &j->query, take, j, &err) != ENS_OK)
        return cannot_journal(j, j->o->store, &err);
    for (size_t i = 0; i < seqs->num && !j->failed; i++) {
        uint64_t seq = 0, before = j->num;
        if (!read_number(seqs->item[i], &seq) || seq == 0)
            return ens__command_usage(j->command, "%s: no sequence number", seqs->item[i]);
        const ens__journal_query one = {.since = seq - 1, .until = seq, .direction = -1, .kind = -1};
        if (ens__store_journal_list(j->store, &one, take, j, &err) != ENS_OK)
            return cannot_journal(j, j->o->store, &err);
        if (j->num == before) {
            fprintf(stderr, "ensign %s: there is no row %s\n", j->command->name, seqs->item[i]);
            status = ENS_EXIT_UNKNOWN;
        }
    }
    return j->failed ? ENS_EXIT_UNKNOWN : status;
}

static int show_journal(job *j, const ens_values *operands)
{
    if (!operands->num)
        return ens__command_usage(j->command, "say which row: its sequence number");
    return each(j, operands, show_row);
}

static bool add_to_index(job *j, const ens__journal_row *row, const char *path)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, (size_t)1 << 20);
    ens_json line = {.out = &out};
    ens__journal_json(&line, row, path);
    ens_buf_text(&out, "\n");
    bool good = ens_buf_done(&out, NULL) == ENS_OK && fwrite(out.p, 1, out.len, j->index) == out.len;
    ens_buf_free(&out);
    return good;
}

static bool export_row(void *user, const ens__journal_row *row)
{
    job *j = user;
    char path[PATH_LEN];
    ens_buf raw;
    ens_err err = {0};
    bool found = false, is_message = row->kind <= ENS_ENTRY_UNREADABLE;
    snprintf(path, sizeof path, "%s/%012llu-%s-%s.%s", j->o->out, (unsigned long long)row->seq,
             ens__direction_name(row->direction), ens__entry_kind_name(row->kind), is_message ? "mime" : "bin");
    j->failed = !read_raw(j, row->seq, &raw, &found);
    if (!j->failed && found && ens__file_write_one_of_many(path, ens_buf_slice(&raw), 0666, &err) != ENS_OK) {
        cannot_journal(j, path, &err);
        j->failed = true;
    }
    ens_buf_free(&raw);
    j->num++;
    j->gone += !found && row->bytes;
    const char *where = found ? path : NULL;
    j->failed = j->failed || !add_to_index(j, row, where) || (j->o->json && !print_json(row, where));
    return !j->failed;
}

static bool open_index(job *j)
{
    char path[PATH_LEN];
    int n = snprintf(path, sizeof path, "%s/journal.jsonl", j->o->out);
    if (n > 0 && (size_t)n < sizeof path && (mkdir(j->o->out, 0777) == 0 || errno == EEXIST))
        j->index = fopen(path, "w");
    if (!j->index)
        fprintf(stderr, "ensign journal export: %s: %s\n", j->o->out, strerror(errno));
    return j->index != NULL;
}

static int export_rows(job *j, const ens_values *operands)
{
    ens_err err = {0};
    if (!j->o->out || strlen(j->o->out) + 64 > PATH_LEN)
        return ens__command_usage(j->command, "say where to: -o DIR");
    if (!open_index(j))
        return ENS_EXIT_UNKNOWN;
    int status = each(j, operands, export_row);
    if (fclose(j->index) != 0)
        status = ENS_EXIT_UNKNOWN;
    if (ens__folder_sync(j->o->out, &err) != ENS_OK)
        status = cannot_journal(j, j->o->out, &err);
    fprintf(stderr, "ensign journal export: %llu rows", (unsigned long long)j->num);
    if (j->gone)
        fprintf(stderr, ", the bytes of %llu are no longer kept", (unsigned long long)j->gone);
    fputc('\n', stderr);
    return status;
}

/* tell_unread: what nobody has read is not found, and that is no answer. */
static void tell_unread(const job *j)
{
    uint64_t seq = 0;
    if (!j->o->lrn && !j->o->mrn)
        return;
    ens_code code = ens__store_journal_unread(j->store, j->query.since, &seq, NULL);
    if (code != ENS_OK || seq)
        fprintf(stderr,
                "ensign %s: rows from %llu on were written by an older Ensign, and their LRNs and MRNs are not known: "
                "ensign store migrate\n",
                j->command->name, (unsigned long long)seq);
}

static int work(job *j, const ens_values *operands, int (*what)(job *, const ens_values *))
{
    ens_err err = {0};
    char shown[1024];
    if (!j->o->store)
        return ens__command_usage(j->command, "say which store: --store DB, or the variable ENSIGN_STORE");
    if (!read_query(j))
        return ENS_EXIT_UNKNOWN;
    if (ens__store_open(j->o->store, &(ens__store_options){.read_only = !j->o->writes}, &j->store, &err) != ENS_OK)
        return cannot_journal(j, ens__store_shown(j->o->store, shown, sizeof shown), &err);
    int status = what(j, operands);
    tell_unread(j);
    ens__store_close(j->store);
    return status;
}

/* The options of the three that differ come last. */
static int run_journal(const char *name, const char *synopsis, const char *about, const ens_option *own, options *o,
                       int (*what)(job *, const ens_values *), int argc, char **argv)
{
    ens_option table[] = {
        {"store", 0, "DB|postgres:...", "the store (the variable ENSIGN_STORE)", NULL, &o->store, NULL},
        {"since", 0, "SEQ", "rows after this one", NULL, &o->since, NULL},
        {"limit", 0, "N", "no more than so many rows", NULL, &o->limit, NULL},
        {"kind", 0, "user-message|receipt|error|pull-request|unreadable|http-refused|tls-failure|note",
         "rows of this kind alone", NULL, &o->kind, NULL},
        {"direction", 0, "in|out", "what came, or what went", NULL, &o->direction, NULL},
        {"party", 0, "PARTYID", "of this party", NULL, &o->party, NULL},
        {"message-id", 0, "ID", "the message of this id, and what answers it", NULL, &o->message_id, NULL},
        {"lrn", 0, "LRN", "what carries a document with this LRN, and what answers it", NULL, &o->lrn, NULL},
        {"mrn", 0, "MRN", "the same of an MRN", NULL, &o->mrn, NULL},
        {"json", 0, NULL, "one JSON object per row on a line", &o->json, NULL, NULL},
        *own,
    };
    const ens_command command = {name, synopsis, about, table, sizeof table / sizeof *table - !own->name};
    ens_values operands = {0};
    job j = {.command = &command, .o = o};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status)) {
        if (!o->store)
            o->store = getenv("ENSIGN_STORE");
        status = work(&j, &operands, what);
    }
    ens__values_free(&operands);
    return status;
}

static int run_list(int argc, char **argv)
{
    options o = {0};
    return run_journal("journal list", "[--store DB] [--since SEQ] [options]",
                       "Lists what came and went, in the order in which it was written down.\n"
                       "Messages and their answers, and what never became one: refused requests, failed handshakes.",
                       &(ens_option){0}, &o, list, argc, argv);
}

static int run_show(int argc, char **argv)
{
    options o = {0};
    return run_journal(
        "journal show", "SEQ... [--store DB] [options]",
        "Shows rows of the journal.\n"
        "With --raw their bytes: ensign journal show 7 --raw | ensign verify - --trust root.pem",
        &(ens_option){"raw", 0, NULL, "the bytes as they came or went, and nothing else", &o.raw, NULL, NULL}, &o,
        show_journal, argc, argv);
}

static int run_export(int argc, char **argv)
{
    options o = {0};
    return run_journal("journal export", "[SEQ...] [--store DB] [--since SEQ] -o DIR [options]",
                       "Writes the bytes of rows into files, as `ensign verify DIR` reads them.\n"
                       "What is known of each row stands in DIR/journal.jsonl.",
                       &(ens_option){"out", 'o', "DIR", "the folder to write to", NULL, &o.out, NULL}, &o, export_rows,
                       argc, argv);
}

static int tell_held(job *j, const ens_values *operands, bool hold)
{
    ens_err err = {0};
    uint64_t num = 0;
    if (operands->num != 1)
        return ens__command_usage(j->command, "give the hold a name");
    ens_slice name = ens_str(operands->item[0]);
    ens_code code =
        hold ? ens__store_hold(j->store, name, &j->query, &num, &err) : ens__store_release(j->store, name, &num, &err);
    if (code != ENS_OK)
        return cannot_journal(j, operands->item[0], &err);
    printf("%s: %llu rows %s\n", operands->item[0], (unsigned long long)num, hold ? "held" : "released");
    return ENS_EXIT_GOOD;
}

static int hold(job *j, const ens_values *operands)
{
    return tell_held(j, operands, true);
}

static int release(job *j, const ens_values *operands)
{
    return tell_held(j, operands, false);
}

static int run_hold(int argc, char **argv)
{
    options o = {.writes = true};
    return run_journal("journal hold", "NAME [--store DB] [--message-id ID] [--party PARTYID] [options]",
                       "Keeps the bytes of what the options find from retention, until they are released.\n"
                       "What comes later isn't held: hold again under the same name.",
                       &(ens_option){0}, &o, hold, argc, argv);
}

static int run_release(int argc, char **argv)
{
    options o = {.writes = true};
    return run_journal("journal release", "NAME [--store DB]", "Leaves what was held under a name to retention again.",
                       &(ens_option){0}, &o, release, argc, argv);
}

int ens__cmd_journal(int argc, char **argv)
{
    static const ens_subcommand subs[] = {{"list", run_list},       {"show", run_show},
                                          {"export", run_export},   {"hold", run_hold},
                                          {"release", run_release}, {"disagreements", ens__cmd_disagreements}};
    const ens_command group = {"journal",
                               "list|show|export|hold|release|disagreements [--store DB] [--since SEQ] [--json]",
                               "Reads the journal of an access point, or of a sender.", NULL, 0};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}
