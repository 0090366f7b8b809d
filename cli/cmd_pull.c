/* ensign pull: fetches what waits in a channel, one message at a time; each is judged, delivered, then acknowledged. */
#include "as4/client.h"
#include "as4/deliver.h"
#include "cli/judge.h"
#include "cli/sealer.h"
#include "cli/tls_identity.h"
#include "show/output.h"
#include "show/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_S 10
#define WAIT_MAX_S 86400
#define STEP_MS 100 /* between two looks at whether the command is to end */
#define ERROR_TEXT 1024

typedef struct {
    const char *mpc, *key, *cert, *pass_file, *domain, *wait;
    bool loop;
    ens_deliver_options deliver;
    ens_judge_options judge;
    ens_tls_options tls;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    const char *url;
    ens_slice party;
    long wait_s;
    ens_judge judge;
    ens_verify_options verify;
    ens_sealer_source source;
    ens_sealer *sealer;
    ens_tls_files tls;
    ens__client *client;
    ens__client_peer peer;
    ens_deliverer *deliverer;
    const volatile sig_atomic_t *told;
    int status;
} pulling;

/* What a pull leads to. */
typedef enum { PULL_AGAIN, PULL_LATER, PULL_END } step;

static ens_time now(const pulling *j)
{
    return j->o->judge.at ? j->verify.at : ens_time_now();
}

static void fail(pulling *j, const ens_err *err)
{
    ens__say_error(j->command->name, j->url, err);
    j->status = ens__worst(j->status, ENS_EXIT_UNKNOWN);
}

static void complain(pulling *j, const ens__exchange *x, int status)
{
    ens__say("ensign %s: %s: %s\n", j->command->name, j->url, x->detail);
    if (x->hint[0])
        ens__say("  -> %s\n", x->hint);
    j->status = ens__worst(j->status, status);
}

/* tell writes what was pulled, before it is acknowledged: what nobody was told of comes again. */
static bool tell(const pulling *j, const ens__verdict *v)
{
    ens_buf out;
    ens__page page = ens__print_begin(&out);
    if (j->o->judge.json)
        ens__verdict_json(v, &out);
    else
        ens__verdict_page(&page, v, j->o->judge.verbose);
    return ens__print_end(&out) && fflush(stdout) == 0 && !ferror(stdout);
}

/* post_signal posts the receipt, or the error; when it isn't taken the message comes again. */
static step post_signal(pulling *j, ens_code sealed, ens_slice signal, ens_err *err)
{
    ens__exchange x = {0};
    ens_code code = sealed;
    if (code == ENS_OK)
        code = ens__client_signal(j->client, &j->peer, signal, &x, err);
    if (code != ENS_OK) {
        fail(j, err);
        return PULL_END;
    }
    if (x.outcome == ENS_EXCHANGE_PROVEN)
        return PULL_AGAIN;
    complain(j, &x, ENS_EXIT_UNKNOWN);
    return x.reached ? PULL_AGAIN : PULL_LATER; /* it is hidden for a while: others come meanwhile */
}

static step acknowledge(pulling *j, const ens_message *m)
{
    ens_err err = {0};
    ens_slice signal = {0};
    ens_code code = ens_seal_receipt(j->sealer, m, &(ens_seal_signal_options){.at = now(j)}, &signal, &err);
    return post_signal(j, code, signal, &err);
}

static step refuse(pulling *j, const ens_message *m, const ens_answer *a)
{
    char text[ENS_DETAIL_TEXT];
    ens_err err = {0};
    ens_slice signal = {0};
    j->status = ens__worst(j->status, ENS_EXIT_REFUSED);
    if (!a->code)
        return PULL_AGAIN; /* nothing that AS4 has a word for: it comes again, after others */
    ens_code code = ens_seal_error(j->sealer, ens_str(a->code), ens_str(a->subcode), m->message_id,
                                   ens_str(a->because ? ens_finding_detail(a->because, text) : NULL),
                                   &(ens_seal_signal_options){.at = now(j)}, &signal, &err);
    return post_signal(j, code, signal, &err);
}

/* take_message delivers what is accepted, tells, and answers. */
static step take_message(pulling *j, const ens__exchange *x, const ens_message *m)
{
    char text[ERROR_TEXT];
    ens_err err = {0};
    ens_answer answer = ens_answer_of(x->report);
    ens__verdict v = {.file = j->url, .message = m, .answer = &answer, .report = x->report};
    if (answer.verdict == ENS_ACCEPTED && ens__deliver(j->deliverer, m, now(j), &v.paths, &err) != ENS_OK) {
        fail(j, &err);
        v.error = ens_err_format(&err, text, sizeof text);
    }
    if (!tell(j, &v) || v.error)
        return PULL_END;
    if (answer.verdict == ENS_ACCEPTED)
        return acknowledge(j, m);
    if (answer.verdict == ENS_REFUSED)
        return refuse(j, m, &answer);
    j->status = ens__worst(j->status, ENS_EXIT_UNKNOWN);
    return PULL_END;
}

static step pull_one(pulling *j)
{
    ens_err err = {0};
    ens_slice request;
    ens__exchange x = {0};
    ens_message m = {0};
    ens_code code = ens_seal_pull(j->sealer, j->party, &(ens_seal_signal_options){.at = now(j)}, &request, &err);
    if (code == ENS_OK)
        code = ens__client_pull(j->client, &j->peer, request, ens_sealer_message_id(j->sealer), &x, &m, &err);
    if (code != ENS_OK) {
        fail(j, &err);
        return PULL_END;
    }
    if (x.outcome == ENS_EXCHANGE_PROVEN)
        return take_message(j, &x, &m);
    if (x.outcome == ENS_EXCHANGE_EMPTY)
        return PULL_LATER;
    complain(j, &x, x.outcome == ENS_EXCHANGE_REFUSED ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN);
    return x.outcome == ENS_EXCHANGE_REFUSED ? PULL_END : PULL_LATER;
}

static void wait_a_while(const pulling *j)
{
    const struct timespec pause = {.tv_nsec = STEP_MS * 1000000L};
    for (long left = j->wait_s * 1000; left > 0 && !*j->told; left -= STEP_MS)
        nanosleep(&pause, NULL);
}

static ens_code open_all(pulling *j, ens_err *err)
{
    const options *o = j->o;
    const ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, false, 0};
    ens_code code = ens__sealer_open(&files, j->verify.at, &j->source, &j->sealer, err);
    if (code == ENS_OK)
        code = ens__tls_files_open(&o->tls, &j->tls, err);
    if (code == ENS_OK)
        code = ens__client_new(&j->client, err);
    if (code == ENS_OK)
        code = ens__deliverer_new(&o->deliver, &j->deliverer, err);
    j->peer = (ens__client_peer){.url = j->url,
                                 .tls_cert = ens_buf_slice(&j->tls.cert),
                                 .tls_key = ens_buf_slice(&j->tls.key),
                                 .tls_held = j->tls.held,
                                 .tls_root = j->tls.root,
                                 .judge = &j->verify};
    return code;
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *operands, long *wait_s)
{
    char *end = NULL;
    *wait_s = o->wait ? strtol(o->wait, &end, 10) : WAIT_S;
    if (operands->num != 1)
        return ens__command_usage(command, operands->num ? "one address at a time" : "say where from: URL");
    if (!o->mpc || !ens_starts(ens_str(o->mpc), ENS_LIT(ENS_CHANNEL)) || strlen(o->mpc) < sizeof ENS_CHANNEL)
        return ens__command_usage(command, "--mpc is the channel: %sPARTYID", ENS_CHANNEL);
    if (!o->key || !o->cert)
        return ens__command_usage(command, "requests and receipts are sealed: give --key and --cert");
    if (o->wait && (*end || *wait_s < 0 || *wait_s > WAIT_MAX_S))
        return ens__command_usage(command, "--wait is 0 to %d seconds", WAIT_MAX_S);
    return 0;
}

static int run_pull(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    pulling j = {.command = command, .o = o};
    ens_err err = {0};
    step next = PULL_AGAIN;
    int fault = usage_fault(command, o, operands, &j.wait_s);
    if (fault != 0)
        return fault;
    j.url = operands->item[0];
    j.told = ens__stop_when_told();
    j.party = ens_from(ens_str(o->mpc), sizeof ENS_CHANNEL - 1);
    if (ens__judge_open(command, &o->judge, &j.judge, &j.status)) {
        j.status = ENS_EXIT_GOOD;
        j.verify = j.judge.verify;
        j.verify.registry = NULL; /* customs are in none */
        j.verify.role = ENS_ROLE_TRADER;
        j.verify.documents = ENS_DOCUMENTS_WARN; /* what customs wrote is delivered, whatever the tables say of it */
        if (open_all(&j, &err) != ENS_OK) {
            fail(&j, &err);
            next = PULL_END;
        }
        j.verify.at = o->judge.at ? j.verify.at : ENS_TIME_NONE;
        if (!o->deliver.payloads)
            ens__say("ensign %s: without --payloads what is acknowledged is told here, and kept nowhere\n",
                     command->name);
        while (next != PULL_END && !*j.told) {
            next = pull_one(&j);
            if (next == PULL_LATER && o->loop)
                wait_a_while(&j);
            else if (next == PULL_LATER)
                break;
        }
    }
    ens__deliverer_free(j.deliverer);
    ens__client_free(j.client);
    ens__tls_files_clear(&j.tls);
    ens_sealer_free(j.sealer);
    ens__sealer_close(&j.source);
    ens__judge_close(&j.judge);
    return j.status;
}

int ens__cmd_pull(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"mpc", 0, "URI", "the channel: " ENS_CHANNEL "PARTYID", NULL, &o.mpc, NULL},
        {"key", 0, "KEY", "the seal key: PEM or PKCS#12 file, or a pkcs11: URI", NULL, &o.key, NULL},
        {"cert", 0, "CHAIN", "the seal certificate with its issuers, in any order", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"domain", 0, "NAME", "the access point's name in ids; this machine's where none is given", NULL, &o.domain,
         NULL},
        {"payloads", 0, "DIR", "write what each message delivers into a folder of its id", NULL, &o.deliver.payloads,
         NULL},
        {"loop", 0, NULL, "go on when the channel is empty, until SIGTERM", &o.loop, NULL, NULL},
        {"wait", 0, "S", "with --loop: seconds between two looks at an empty channel, 10 where none is given", NULL,
         &o.wait, NULL},
        ENS_TLS_OPTIONS(o.tls),
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "pull", "URL --mpc URI --key KEY --cert CHAIN --trust PATH [--payloads DIR] [--loop] [TLS] [--json]",
        "Fetches what customs have for a party, message by message, until the channel is empty. Each is judged as a\n"
        "trader does (--trust names the anchors of customs' seal), its payloads are written and synced, it is told, "
        "and\n"
        "only then its receipt is sealed and posted; what is refused is answered by an error. A message whose receipt\n"
        "got lost comes again, and is delivered once.\n"
        "Exit status: 0 all acknowledged, or nothing there; 1 a message, or the request, was refused; 2 no answer, a\n"
        "receipt that was not taken, or a message that can't be judged.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_pull, &o);
}
