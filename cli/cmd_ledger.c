/* ensign journal disagreements: where another access point answered otherwise than predicted. */
#include "cli/cmd_ledger.h"

#include "cli/command.h"
#include "engine/base/file.h"
#include "show/ledger.h"
#include "show/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_LEN 4096

typedef struct {
    const char *store, *message_id, *out;
    bool json, all;
} options;

typedef struct {
    const ens_command *command;
    const options *o;
    ens__store *store;
    uint64_t disagree;
    bool failed;
} job;

static int cannot_tell(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

/* write_row writes the bytes of a row of the journal; *path is NULL where there are none any more. */
static bool write_row(const job *j, uint64_t id, const char *what, uint64_t seq, char room[PATH_LEN], const char **path)
{
    ens_err err = {0};
    ens_buf raw;
    bool found = false;
    *path = NULL;
    if (!j->o->out || !seq)
        return true;
    ens_buf_init(&raw, NULL, 0, ENS_STORE_RAW);
    snprintf(room, PATH_LEN, "%s/%06llu-%s.mime", j->o->out, (unsigned long long)id, what);
    ens_code code = ens__store_journal_raw(j->store, seq, &raw, &found, &err);
    if (code == ENS_OK && found)
        code = ens__file_write_one_of_many(room, ens_buf_slice(&raw), 0666, &err);
    ens_buf_free(&raw);
    if (code != ENS_OK)
        return cannot_tell(j, room, &err), false;
    *path = found ? room : NULL;
    return true;
}

static bool tell_row(void *user, const ens__ledger_row *row)
{
    job *j = user;
    char message_room[PATH_LEN], answer_room[PATH_LEN];
    const char *message, *answer;
    j->disagree += row->agreement == ENS_DISAGREES;
    j->failed = !write_row(j, row->id, "message", row->seq, message_room, &message) ||
                !write_row(j, row->id, "answer", row->answer_seq, answer_room, &answer);
    if (j->failed)
        return false;
    if (!j->o->json) {
        ens__ledger_print(row, message, answer);
        return true;
    }
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__ledger_json(&line, row, message, answer);
    return j->failed = !ens__json_print(&line), !j->failed;
}

static int tell_all(job *j)
{
    ens_err err = {0};
    ens__ledger_counts n;
    const ens__ledger_query q = {.agreement = j->o->all ? -1 : ENS_DISAGREES, .message_id = ens_str(j->o->message_id)};
    if (j->o->out && mkdir(j->o->out, 0777) != 0 && errno != EEXIST) {
        ens__say("ensign %s: %s: %s\n", j->command->name, j->o->out, strerror(errno));
        return ENS_EXIT_UNKNOWN;
    }
    if (ens__store_ledger_list(j->store, &q, tell_row, j, &err) != ENS_OK ||
        ens__store_ledger_count(j->store, &n, &err) != ENS_OK)
        return cannot_tell(j, j->o->store, &err);
    if (j->failed || (j->o->out && ens__folder_sync(j->o->out, &err) != ENS_OK))
        return ENS_EXIT_UNKNOWN;
    if (!j->o->json)
        printf("%llu as predicted, %llu otherwise, %llu that tell nothing, %llu held back\n",
               (unsigned long long)n.agree, (unsigned long long)n.disagree, (unsigned long long)n.unknown,
               (unsigned long long)n.held);
    return j->disagree ? ENS_EXIT_REFUSED : ENS_EXIT_GOOD;
}

static int open_and_tell(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    job j = {.command = command, .o = o};
    ens_err err = {0};
    char shown[ENS_STORE_URL];
    if (!o->store)
        o->store = getenv("ENSIGN_STORE");
    if (operands->num)
        return ens__command_usage(command, "what is %s?", operands->item[0]);
    if (!o->store)
        return ens__command_usage(command, "say which store: --store DB, or the variable ENSIGN_STORE");
    if (o->out && strlen(o->out) + 64 > PATH_LEN)
        return ens__command_usage(command, "the folder's name is too long");
    if (ens__store_open(o->store, &(ens__store_options){.read_only = true}, &j.store, &err) != ENS_OK)
        return cannot_tell(&j, ens__store_shown(o->store, shown, sizeof shown), &err);
    int status = tell_all(&j);
    ens__store_close(j.store);
    return status;
}

int ens__cmd_disagreements(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"store", 0, "DB|postgres:...", "the store of a proxy (the variable ENSIGN_STORE)", NULL, &o.store, NULL},
        {"all", 0, NULL, "what was answered as predicted, and what tells nothing, too", &o.all, NULL, NULL},
        {"message-id", 0, "ID", "of the message of this id", NULL, &o.message_id, NULL},
        {"out", 'o', "DIR", "write message and answer of each row to this folder", NULL, &o.out, NULL},
        {"json", 0, NULL, "one JSON object per row on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "journal disagreements", "[--store DB] [-o DIR] [--json]",
        "Lists where another access point answered otherwise than predicted: what we got wrong, or it did. Each row\n"
        "has both sides, the clause, and where the message is.\n"
        "Exit status: 0 nothing of the kind; 1 there are such rows; 2 the store can't be read.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, open_and_tell, &o);
}
