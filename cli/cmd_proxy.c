/* ensign proxy: stands between one's own access point and another one. */
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/sealer.h"
#include "cli/tls_identity.h"
#include "engine/base/notify.h"
#include "show/output.h"
#include "sti/point/config.h"
#include "sti/proxy/proxy.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_S 1
#define RENEW_EVERY 900u /* ticks between two looks at lists and revocation */
#define HOST_MAX 300u

typedef struct {
    const char *to, *store, *fail, *unrecorded, *answers, *log, *workers;
    const char *key, *cert, *pass_file, *domain;
    const char *server_cert, *server_key, *server_pass_file, *server_clients;
    ens_values listen, allow;
    bool gate, allow_private;
    ens_judge_options judge;
    ens_tls_options tls;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_log_level log_level;
    ens_log *log;
    ens__store *store;
    ens_tls_files files;
    ens_tls *tls;
    ens_sealer_source source;
    ens_config_listen listen_config[ENS_SERVER_LISTENERS_MAX];
    ens_server_listen listen[ENS_SERVER_LISTENERS_MAX];
    size_t num_listen;
    ens_proxy *proxy;
} job;

static int cannot_proxy(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static int64_t now_ms(void *ctx)
{
    struct timespec t = {0};
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static ens_time now_s(void *ctx)
{
    return (ens_time)(now_ms(ctx) / 1000);
}

/* -- Where to ----------------------------------------------------------------------------------------------------- */

/* authority_of copies HOST:PORT of an address, the scheme's own port where it names none. False where it has none, or
 * something stands in front of it. */
static bool authority_of(const char *url, char out[HOST_MAX])
{
    const char *at = strstr(url, "://"), *port = NULL;
    size_t len = at ? strcspn(at + 3, "/?#") : 0;
    if (!at || !len || len + sizeof ":65535" > HOST_MAX || memchr(at + 3, '@', len) || memchr(at + 3, '\\', len))
        return false;
    memcpy(out, at + 3, len);
    out[len] = '\0';
    port = strrchr(out, ':');
    if (!port || strchr(port, ']'))
        snprintf(out + len, HOST_MAX - len, ":%s", strncasecmp(url, "http://", 7) == 0 ? "80" : "443");
    return true;
}

/* is_allowed: this machine is; every other has to be named, by its host, or with a port other than that of HTTPS. */
static bool is_allowed(const options *o, const char *authority)
{
    char named[HOST_MAX];
    if (ens__fetch_loopback(ens_str(o->to)))
        return true;
    for (size_t i = 0; i < o->allow.num; i++) {
        const char *item = o->allow.item[i], *port = strrchr(item, ':');
        snprintf(named, sizeof named, "%s%s", item, port && !strchr(port, ']') ? "" : ":443");
        if (strcasecmp(named, authority) == 0)
            return true;
    }
    return false;
}

static int address_fault(const ens_command *command, const options *o)
{
    char authority[HOST_MAX];
    if (!o->to)
        return ens__command_usage(command, "say where to: --to URL");
    if (!authority_of(o->to, authority))
        return ens__command_usage(command, "--to %s: this is no address of HTTP", o->to);
    if (!is_allowed(o, authority))
        return ens__command_usage(command, "%s is another machine: name it, --allow %s", authority, authority);
    return 0;
}

/* stays_public: what an allowed name leads to is an address of the internet, unless the user says otherwise; an address
 * that is named as such is meant. */
static bool stays_public(const options *o)
{
    ens_slice to = ens_str(o->to);
    return !ens__fetch_loopback(to) && !o->allow_private && ens__fetch_public(to);
}

/* -- Parts -------------------------------------------------------------------------------------------------------- */

typedef struct {
    ens_judge judge;
} held_judge;

static void drop_judge(void *owner)
{
    held_judge *h = owner;
    ens__judge_close(&h->judge);
    free(h);
}

/* open_judge reads trust, lists and registry; false with a message. */
static bool open_judge(const job *j, ens_proxy_judge *out)
{
    const ens_judge_options *o = &j->o->judge;
    int status;
    held_judge *h = calloc(1, sizeof *h);
    if (!h || !ens__judge_open(j->command, o, &h->judge, &status)) {
        if (h)
            drop_judge(h);
        return false;
    }
    *out = (ens_proxy_judge){.proves = h->judge.customs != NULL, .owner = h, .drop = drop_judge};
    ens__judge_exchange(o, &h->judge, &out->request, &out->answer);
    if (!o->at)
        out->request.at = out->answer.at = ENS_TIME_NONE;
    return true;
}

static bool read_listen(job *j)
{
    const options *o = j->o;
    if (!o->listen.num || o->listen.num > ENS_SERVER_LISTENERS_MAX)
        return ens__command_usage(j->command, "say where to listen: --listen ADDR:PORT, or --listen plain:ADDR:PORT"),
               false;
    for (size_t i = 0; i < o->listen.num; i++) {
        bool plain = strncmp(o->listen.item[i], "plain:", 6) == 0;
        char *address = (char *)(uintptr_t)(o->listen.item[i] + (plain ? 6 : 0));
        j->listen_config[i] = (ens_config_listen){address, !plain};
        j->listen[i] = (ens_server_listen){address, plain ? 0 : 1};
    }
    j->num_listen = o->listen.num;
    return true;
}

static ens_code open_server_tls(job *j, ens_err *err)
{
    const options *o = j->o;
    const ens_point_config c = {.listen = j->listen_config,
                                .num_listen = (unsigned)j->num_listen,
                                .tls = {(char *)(uintptr_t)o->server_cert,
                                        (char *)(uintptr_t)(o->server_key ? o->server_key : o->server_cert),
                                        (char *)(uintptr_t)o->server_pass_file, (char *)(uintptr_t)o->server_clients,
                                        o->server_clients ? ENS_TLS_CLIENT_REQUIRED : ENS_TLS_CLIENT_NONE}};
    return ens__config_tls(&c, now_s, NULL, &j->tls, err);
}

/* open_sealer reads what seals the answers that are given here; without a key nothing does. */
static ens_code open_sealer(job *j, ens_err *err)
{
    const ens_sealer_files files = {
        .key = j->o->key, .cert = j->o->cert, .pass_file = j->o->pass_file, .domain = j->o->domain};
    ens_sealer *first = NULL;
    if (!j->o->key)
        return ENS_OK;
    ens_code code = ens__sealer_open(&files, now_s(NULL), &j->source, &first, err);
    ens_sealer_free(first);
    return code;
}

static ens_proxy_plan plan_of(const job *j, const ens_proxy_judge *judge)
{
    const options *o = j->o;
    return (ens_proxy_plan){.listen = j->listen,
                            .num_listen = j->num_listen,
                            .tls = j->tls,
                            .peer = {.url = o->to,
                                     .client_cert = ens_buf_slice(&j->files.cert),
                                     .client_key = ens_buf_slice(&j->files.key),
                                     .client_held = j->files.held,
                                     .ca_file = j->files.root,
                                     .public_only = stays_public(o)},
                            .to = o->to,
                            .store = j->store,
                            .log = j->log,
                            .sealer = o->key ? &j->source.options : NULL,
                            .judge = *judge,
                            .gate = o->gate,
                            .open = o->fail && strcmp(o->fail, "open") == 0,
                            .unrecorded = o->unrecorded && strcmp(o->unrecorded, "pass") == 0,
                            .domibus = o->answers && strcmp(o->answers, "domibus") == 0,
                            .workers = o->workers ? (unsigned)strtoul(o->workers, NULL, 10) : 0,
                            .now_ms = now_ms};
}

static bool start_proxy(job *j)
{
    ens_err err = {0};
    ens_proxy_judge judge;
    char shown[ENS_STORE_URL];
    if (ens__store_open(j->o->store, &(ens__store_options){.create = true}, &j->store, &err) != ENS_OK)
        return cannot_proxy(j, ens__store_shown(j->o->store, shown, sizeof shown), &err), false;
    ens_code code = ens__tls_files_open(&j->o->tls, &j->files, &err);
    if (code == ENS_OK)
        code = open_server_tls(j, &err);
    if (code == ENS_OK)
        code = open_sealer(j, &err);
    if (code != ENS_OK)
        return cannot_proxy(j, NULL, &err), false;
    if (!open_judge(j, &judge))
        return false;
    const ens_proxy_plan plan = plan_of(j, &judge);
    return ens__proxy_start(&plan, &j->proxy, &err) == ENS_OK || (cannot_proxy(j, NULL, &err), false);
}

/* -- The run ------------------------------------------------------------------------------------------------------ */

static bool print_ready(const job *j)
{
    char shown[ENS_STORE_URL], url[ENS_SERVER_ADDRESS_MAX + 16];
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__json_open(&line, NULL, '{');
    ens__json_bool(&line, "ready", true);
    ens__json_text(&line, "to", j->o->to);
    ens__json_open(&line, "listen", '[');
    for (size_t i = 0; i < j->num_listen; i++) {
        const char *at = ens__proxy_address(j->proxy, i);
        bool unix_socket = strncmp(at, "unix:", 5) == 0;
        snprintf(url, sizeof url, "%s%s", unix_socket ? "" : j->listen[i].tls ? "https://" : "http://", at);
        ens__json_text(&line, NULL, url);
    }
    ens__json_close(&line, ']');
    ens__json_bool(&line, "gate", j->o->gate);
    ens__json_text(&line, "store", ens__store_shown(j->o->store, shown, sizeof shown));
    ens__json_text(&line, "durable", ens__durable_name(ens__store_durable(j->store)));
    ens__json_close(&line, '}');
    return ens__json_print(&line) && fflush(stdout) == 0;
}

/* renew_judge takes lists, registry and revocation as they are now; what can't be read leaves all as it was. */
static void renew_judge(job *j)
{
    ens_proxy_judge judge;
    if (open_judge(j, &judge) && ens__proxy_renew(j->proxy, &judge))
        ens__log(j->log, ENS_LOG_INFO, "renewed", NULL, 0);
}

static void stay(job *j, const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = TICK_S};
    for (unsigned ticks = 1;; ticks++) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got == SIGTERM || got == SIGINT)
            return;
        if (got == SIGHUP || ticks % RENEW_EVERY == 0)
            renew_judge(j);
        if (ens__notify_watchdog_us())
            (void)!ens__notify("WATCHDOG=1", NULL);
    }
}

static void tell_end(const job *j, const ens_proxy_counts *n)
{
    const ens_log_field fields[] = {
        ens_log_number("passed", n->passed),           ens_log_number("held", n->held),
        ens_log_number("turned_away", n->turned_away), ens_log_number("unanswered", n->unanswered),
        ens_log_number("unrecorded", n->unrecorded),   ens_log_number("agree", n->agree),
        ens_log_number("disagree", n->disagree)};
    ens__log(j->log, ENS_LOG_INFO, "stopped", fields, sizeof fields / sizeof *fields);
}

static int proxy(job *j)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before threads start, which inherit it */
    j->log = ens__log_new(&(ens_log_plan){.fd = STDERR_FILENO, .most = j->log_level});
    if (!start_proxy(j) || !print_ready(j))
        return ENS_EXIT_UNKNOWN;
    (void)!ens__notify("READY=1", NULL);
    stay(j, &signals);
    (void)!ens__notify("STOPPING=1", NULL);
    return ENS_EXIT_GOOD;
}

static void close_all(job *j)
{
    ens_proxy_counts counts = {0};
    if (j->proxy) {
        ens__proxy_stop(j->proxy, ENS_PROXY_DRAIN_MS, &counts);
        tell_end(j, &counts);
    }
    ens__store_close(j->store);
    ens__sealer_close(&j->source);
    ens__tls_files_clear(&j->files);
    ens__tls_free(j->tls);
    ens__log_free(j->log);
}

static bool is_word(const char *value, const char *a, const char *b)
{
    return !value || strcmp(value, a) == 0 || strcmp(value, b) == 0;
}

static int usage_fault(const ens_command *command, const options *o, const ens_values *operands)
{
    if (operands->num)
        return ens__command_usage(command, "what is %s?", operands->item[0]);
    if (!o->store)
        return ens__command_usage(command, "say which store: --store DB, or the variable ENSIGN_STORE");
    if (!is_word(o->fail, "open", "closed"))
        return ens__command_usage(command, "--fail is open or closed, not %s", o->fail);
    if (o->fail && !o->gate)
        return ens__command_usage(command, "--fail says what --gate does when it can't judge");
    if (!is_word(o->unrecorded, "refuse", "pass"))
        return ens__command_usage(command, "--unrecorded is refuse or pass, not %s", o->unrecorded);
    if (!is_word(o->answers, "ics2", "domibus"))
        return ens__command_usage(command, "--answers is ics2 or domibus, not %s", o->answers);
    if (!o->key != !o->cert)
        return ens__command_usage(command, "--key and --cert belong together");
    return address_fault(command, o);
}

static int run_proxy(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    job j = {.command = command, .o = o};
    if (!o->store)
        o->store = getenv("ENSIGN_STORE");
    int status = usage_fault(command, o, operands);
    if (status != 0)
        return status;
    if (!read_listen(&j))
        return ENS_EXIT_UNKNOWN;
    j.log_level = o->log && strcmp(o->log, "error") == 0  ? ENS_LOG_ERROR
                  : o->log && strcmp(o->log, "info") == 0 ? ENS_LOG_INFO
                                                          : ENS_LOG_WARN;
    status = proxy(&j);
    close_all(&j);
    return status;
}

int ens__cmd_proxy(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"to", 0, "URL", "the other access point; http:// for this machine alone", NULL, &o.to, NULL},
        {"listen", 0, "[plain:]ADDR:PORT", "where one's own access point sends to; plain: without TLS, on this machine",
         NULL, NULL, &o.listen},
        {"allow", 0, "HOST[:PORT]", "a machine that --to may name; this one is allowed", NULL, NULL, &o.allow},
        {"allow-private", 0, NULL, "what is allowed may be in a private network", &o.allow_private, NULL, NULL},
        {"store", 0, "DB|postgres:...", "journal and ledger, made where there is none (the variable ENSIGN_STORE)",
         NULL, &o.store, NULL},
        {"gate", 0, NULL, "hold back what would be refused, and answer it here", &o.gate, NULL, NULL},
        {"fail", 0, "open|closed", "with --gate: pass what can't be judged, or hold it back, too (the default)", NULL,
         &o.fail, NULL},
        {"unrecorded", 0, "refuse|pass", "when the journal can't be written: answer 503 (the default), or pass on",
         NULL, &o.unrecorded, NULL},
        {"answers", 0, "ics2|domibus", "predict the codes of ICS2, or those that a Domibus was seen to give", NULL,
         &o.answers, NULL},
        {"key", 0, "KEY", "seals what --gate answers: PEM or PKCS#12; without one it leaves unsealed", NULL, &o.key,
         NULL},
        {"cert", 0, "CHAIN", "its certificate with issuers", NULL, &o.cert, NULL},
        {"pass-file", 0, "FILE", "pass phrase of the key (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file, NULL},
        {"domain", 0, "NAME", "the right side of ids that are made; this machine's name where none is given", NULL,
         &o.domain, NULL},
        {"server-cert", 0, "PEM", "TLS towards one's own access point: the certificate with its issuers", NULL,
         &o.server_cert, NULL},
        {"server-key", 0, "KEY", "its private key; in the file of --server-cert where none is given", NULL,
         &o.server_key, NULL},
        {"server-pass-file", 0, "FILE", "its pass phrase", NULL, &o.server_pass_file, NULL},
        {"server-clients", 0, "PEM", "authorities of those who may connect; without them everybody may", NULL,
         &o.server_clients, NULL},
        {"workers", 0, "N", "threads that judge, one a core where none is given", NULL, &o.workers, NULL},
        {"log", 0, "error|warn|info", "how much is logged; warn by default", NULL, &o.log, NULL},
        ENS_TLS_OPTIONS(o.tls),
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
        ENS_JUDGE_MESSAGES(o.judge),
    };
    const ens_command command = {
        "proxy", "--to URL --listen ADDR:PORT --store DB --trust PATH... [--customs PATH] [--gate] [options]",
        "Stands between one's own access point and another one: judges each message before it is sent on, octet by\n"
        "octet, writes both ways down, and keeps beside each other what was predicted and what was answered (ensign\n"
        "journal disagreements). --trust names the anchors of those who send, --customs those of who answers: without\n"
        "them a receipt is held against the message, and who sealed it stays open. One line of JSON tells when it is\n"
        "ready; SIGHUP reads trust, lists and registry anew.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_proxy, &o);
}
