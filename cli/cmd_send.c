/* ensign send and ping: messages sealed, sent until their receipts are proven, and told. */
#include "cli/sending.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>

#define RETRIES 5u
#define RETRIES_MAX 1000u
#define PARALLEL 4u
#define ARENA_MAX ((size_t)1 << 30)

/* What is said in numbers. */
typedef struct {
    unsigned retries, parallel;
} numbers;

static int run_send(const ens_command *command, const ens_sending_options *o, const char *url, const char *const *files,
                    size_t num, const numbers *n)
{
    ens_sending j = {.command = command,
                     .o = o,
                     .url = url,
                     .tries = n->retries + 1,
                     .num_clients = n->parallel,
                     .hold = -1,
                     .num = num};
    ens_err err = {0};
    j.first_ms = o->first_wait ? strtol(o->first_wait, NULL, 10) : ENS_OUTBOX_FIRST_MS;
    ens_arena_init(&j.arena, ARENA_MAX);
    if (!ens__judge_open(command, &o->judge, &j.judge, &j.status))
        goto out;
    j.status = ENS_EXIT_GOOD;
    j.at = j.judge.verify.at;
    j.receipts = j.judge.verify;
    j.receipts.at = o->judge.at ? j.at : ENS_TIME_NONE;
    j.items = calloc(num + 1, sizeof *j.items);
    if (!j.items)
        j.status = ens__command_usage(command, "out of memory");
    for (size_t i = 0; j.items && i < num; i++)
        j.items[i].file = files[i];
    if (j.items && ens__sending_open(&j, &err) != ENS_OK)
        j.status = ens__sending_failed(&j, NULL, &err);
    else if (j.status == ENS_EXIT_GOOD)
        ens__sending_run(&j);
out:
    ens__sending_drop(&j);
    for (size_t i = 0; j.items && i < num; i++)
        free(j.items[i].id);
    free(j.items);
    for (unsigned i = 0; i < ENS_OUTBOX_LANES; i++)
        ens__client_free(j.clients[i]);
    ens__judging_close(&j.with);
    ens__tls_files_clear(&j.tls);
    ens__sealer_close(&j.source);
    ens_sealer_free(j.sealer);
    ens__parcel_free(j.parcel);
    ens__judge_close(&j.judge);
    ens_arena_free(&j.arena);
    return j.status;
}

static int usage_fault(const ens_command *command, const ens_sending_options *o, size_t num_files)
{
    if (!o->sealed && num_files && (!o->key || !o->cert))
        return ens__command_usage(command, "no seal given: --key KEY --cert CHAIN (or --sealed)");
    if (!o->sealed && num_files && !o->parcel.action)
        return ens__command_usage(command, "no action given: --action IE3F26 (or --sealed)");
    if (!o->sealed && num_files && !o->parcel.from)
        return ens__command_usage(command, "no sender given: --from PARTYID (or --sealed)");
    if (num_files > 1 && (o->parcel.attach.num || o->parcel.message_id || o->parcel.ref_to))
        return ens__command_usage(command, "--attach, --message-id and --ref-to are for a single payload");
    return 0;
}

static bool read_number(const ens_command *command, const char *name, const char *text, unsigned least, unsigned most,
                        unsigned *out, int *status)
{
    char *end = NULL;
    unsigned long n = text ? strtoul(text, &end, 10) : *out;
    *out = (unsigned)n;
    if (!text || (*text >= '0' && *text <= '9' && !*end && n >= least && n <= most))
        return true;
    *status = ens__command_usage(command, "--%s is %u to %u, not %s", name, least, most, text);
    return false;
}

static bool read_numbers(const ens_command *command, const ens_sending_options *o, numbers *n, int *status)
{
    return read_number(command, "retries", o->retries, 0, RETRIES_MAX, &n->retries, status) &&
           read_number(command, "parallel", o->parallel, 1, ENS_OUTBOX_LANES, &n->parallel, status);
}

#define SEAL_ROWS(o)                                                                                                   \
    {"key", 0, "KEY", "the private key of the seal: PEM or PKCS#12", NULL, &(o).key, NULL},                            \
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order", NULL, &(o).cert, NULL},            \
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &(o).pass_file, NULL},           \
        {"from", 0, "PARTYID", "the sender: [system-id@]EORI[@member state]", NULL, &(o).parcel.from, NULL},           \
        {"to", 0, "PARTYID", "the receiver; sti-taxud where none is given", NULL, &(o).parcel.to, NULL},               \
        {"agreement", 0, "V1.0|V2.0", "interface version; V2.0 is the default", NULL, &(o).parcel.agreement, NULL},    \
        {"domain", 0,           "NAME", "the access point's name in ids; this machine's where none is given",          \
         NULL,     &(o).domain, NULL},                                                                                 \
        {"force", 0, NULL, "send what would be refused, to rehearse the refusal", &(o).parcel.force, NULL, NULL},      \
        {"retries", 0, "N", "how often what got no receipt is repeated", NULL, &(o).retries, NULL},                    \
        {"first-wait", 0,                                                                                              \
         "MS",         "before the first repetition, 1000 ms where none is given; doubled with each",                  \
         NULL,         &(o).first_wait,                                                                                \
         NULL},                                                                                                        \
    {                                                                                                                  \
        "receipts", 0, "DIR", "write each receipt to DIR/MESSAGEID.xml, its message beside it", NULL, &(o).receipts,   \
            NULL                                                                                                       \
    }

static int send_files(const ens_command *command, void *of, const ens_values *operands)
{
    const ens_sending_options *o = of;
    numbers n = {RETRIES, PARALLEL};
    int status;
    if (!read_numbers(command, o, &n, &status))
        return status;
    if (!operands->num)
        return ens__command_usage(command, "say where to: URL");
    if (operands->num == 1 && !o->outbox)
        return ens__command_usage(command, "no payload given");
    status = usage_fault(command, o, operands->num - 1);
    return status != 0 ? status : run_send(command, o, operands->item[0], operands->item + 1, operands->num - 1, &n);
}

int ens__cmd_send(int argc, char **argv)
{
    ens_sending_options o = {0};
    const ens_option table[] = {
        {"action", 0, "ACTION", "IE3F26 …; test for the test service", NULL, &o.parcel.action, NULL},
        {"attach", 0, "FILE[=TYPE]", "an attachment; its Content-ID is what the document calls it", NULL, NULL,
         &o.parcel.attach},
        {"message-id", 0, "ID", "instead of a new UUID@domain", NULL, &o.parcel.message_id, NULL},
        {"ref-to", 0, "ID", "the message that this one answers", NULL, &o.parcel.ref_to, NULL},
        {"sealed", 0, NULL, "the files are sealed messages, and go as they are", &o.sealed, NULL, NULL},
        {"parallel", 0, "N", "how many messages are on their way at once, 4 where none is given", NULL, &o.parallel,
         NULL},
        {"outbox", 0, "DB", "keep what is to be sent in this store: given again, the command goes on", NULL, &o.outbox,
         NULL},
        SEAL_ROWS(o),
        ENS_TLS_OPTIONS(o.tls),
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "send", "URL PAYLOAD|MESSAGE... --trust PATH [--sealed | --from PARTYID --action A --key KEY --cert CHAIN]",
        "Seals each payload (with --sealed: takes each message as it is), sends it to an access point, and proves the\n"
        "receipt that comes back against the very bytes sent. --trust names the anchors of who seals receipts: those "
        "of\n"
        "customs. What got no receipt is repeated, the same bytes with the same id, after 1, 2, 4... seconds; "
        "category\n"
        "A goes first. With --outbox nothing is lost when the command ends early: the same command goes on, and a "
        "file\n"
        "that was acknowledged isn't sent again.\n"
        "Exit status: 0 all acknowledged; 1 refused, or a receipt that proves nothing (EBMS:0302); 2 no receipt\n"
        "(EBMS:0301), nobody reached (EBMS:0005), or it can't be told who sealed the receipt.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, send_files, &o);
}

static int send_ping(const ens_command *command, void *of, const ens_values *operands)
{
    const ens_sending_options *o = of;
    const char *const nothing[] = {NULL};
    numbers n = {0, 1};
    int status;
    if (!read_numbers(command, o, &n, &status))
        return status;
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one address at a time" : "say where to: URL");
    status = usage_fault(command, o, 1);
    return status != 0 ? status : run_send(command, o, operands->item[0], nothing, 1, &n);
}

int ens__cmd_ping(int argc, char **argv)
{
    ens_sending_options o = {.parcel = {.action = "test"}};
    const ens_option table[] = {SEAL_ROWS(o), ENS_TLS_OPTIONS(o.tls), ENS_JUDGE_TRUST(o.judge),
                                ENS_JUDGE_ONLINE(o.judge)};
    const ens_command command = {
        "ping", "URL --from PARTYID --key KEY --cert CHAIN [--trust PATH]... [options]",
        "Sends a message of the test service, which an access point acknowledges and delivers to nobody, and proves\n"
        "its receipt: connection, both TLS certificates, seal and registration are tried at once. Without --trust it\n"
        "can't be told who sealed the receipt (exit status 2). As send otherwise; nothing is repeated without\n"
        "--retries.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, send_ping, &o);
}
