/* ensign serve: an access point that stands in for the STI. */
#include "cli/command.h"
#include "engine/base/file.h"
#include "engine/base/notify.h"
#include "show/output.h"
#include "sti/demo/demo.h"
#include "sti/demo/guide.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000
#define PRUNE_EVERY 60 /* ticks */
#define DAY_MS ((int64_t)86400000)
#define FILES_WANTED 65536u
#define URL_LEN (ENS_SERVER_ADDRESS_MAX + 300u)

typedef struct {
    const char *config, *clock;
    ens_values push;
    bool demo, check;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens__demo demo;
    ens_point_config *read; /* of a file */
    const ens_point_config *config;
    int64_t ahead_ms; /* of the machine's clock */
    ens__store *store;
    ens__uumds *registry;
    ens_log *log;
    ens_buf push_cert, push_key;
    ens_point *point;
} job;

static int cannot_serve(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static int64_t now_ms(void *ctx)
{
    const job *j = ctx;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + j->ahead_ms;
}

static ens_time now_s(void *ctx)
{
    return (ens_time)(now_ms(ctx) / 1000);
}

static bool set_clock(job *j)
{
    ens_time at;
    ens_err err = {0};
    if (!j->o->clock)
        return true;
    if (ens_time_parse(ens_str(j->o->clock), &at, &err) != ENS_OK) {
        ens__say_error(j->command->name, j->o->clock, &err);
        return false;
    }
    j->ahead_ms = at * 1000 - now_ms(j);
    return true;
}

/* open_config reads the file, or makes the demo. */
static bool open_config(job *j, const char *folder)
{
    ens_err err = {0};
    if (j->o->demo) {
        if (ens__demo_open(folder, now_s(j), &j->demo, &err) != ENS_OK)
            return cannot_serve(j, folder, &err), false;
        if (j->demo.fresh)
            ens__say("ensign serve: new keys in %s\n", j->demo.pki);
        for (size_t i = 0; i < j->o->push.num; i++)
            if (ens__demo_push(&j->demo, j->o->push.item[i], &err) != ENS_OK)
                return cannot_serve(j, NULL, &err), false;
        j->config = &j->demo.config;
        return true;
    }
    if (ens__config_read(j->o->config, &j->read, &err) != ENS_OK)
        return cannot_serve(j, j->o->config, &err), false;
    j->config = j->read;
    return true;
}

/* many_files lets every connection have its descriptor. */
static void many_files(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return;
    r.rlim_cur = r.rlim_max == RLIM_INFINITY || r.rlim_max > FILES_WANTED ? FILES_WANTED : r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
}

static bool open_store(job *j)
{
    ens_err err = {0};
    const char *path = j->config->store.path;
    ens__file_make_private(path);
    if (ens__store_open(path, &(ens__store_options){.create = true}, &j->store, &err) != ENS_OK)
        return cannot_serve(j, path, &err), false;
    if (ens__store_durable(j->store) < j->config->store.durable) {
        ens__say("ensign serve: %s keeps: %s; the configuration demands: %s\n"
                 "  -> see what is missing: ensign store check --store %s\n",
                 path, ens__durable_name(ens__store_durable(j->store)), ens__durable_name(j->config->store.durable),
                 path);
        return false;
    }
    const char *registry = j->config->registry ? j->config->registry : path;
    if (ens__uumds_open(registry, true, &j->registry, &err) != ENS_OK ||
        (j->o->demo && ens__demo_enrol(&j->demo, j->registry, &err) != ENS_OK))
        return cannot_serve(j, registry, &err), false;
    return true;
}

/* open_channels puts down who is pushed to. */
static bool open_channels(job *j, ens_point_push *push)
{
    ens_err err = {0};
    const ens_config_push *c = &j->config->push;
    ens_code code = ens__config_push(j->config, &j->push_cert, &j->push_key, push, &err);
    for (unsigned i = 0; i < c->num_channels && code == ENS_OK; i++) {
        ens__channel channel = {.mode = ENS_PUSH};
        if (snprintf(channel.party_id, sizeof channel.party_id, "%s", c->channels[i].party) >=
                (int)sizeof channel.party_id ||
            snprintf(channel.url, sizeof channel.url, "%s", c->channels[i].url) >= (int)sizeof channel.url)
            code = ens_fail_about(&err, ENS_ELIMIT, "Ensign configuration", "a channel's party or URL is too long",
                                  c->channels[i].party);
        else
            code = ens__store_party_put_channel(j->store, &channel, &err);
    }
    return code == ENS_OK || (cannot_serve(j, j->o->config, &err), false);
}

static bool open_means(const job *j, ens_point_means **means, ens_tls **tls)
{
    ens_err err = {0};
    if (ens__config_means(j->config, now_s((void *)(uintptr_t)j), means, &err) == ENS_OK) {
        if (ens__config_tls(j->config, now_s, (void *)(uintptr_t)j, tls, &err) == ENS_OK)
            return true;
        ens__point_means_free(*means);
    }
    cannot_serve(j, j->o->config, &err);
    return false;
}

static bool start(job *j)
{
    ens_err err = {0};
    const ens_point_config *c = j->config;
    ens_server_listen listen[ENS_SERVER_LISTENERS_MAX];
    ens_point_plan plan = {.listen = listen,
                           .num_listen = c->num_listen,
                           .store = j->store,
                           .registry = j->registry,
                           .log = j->log,
                           .path = c->path,
                           .spool = c->spool,
                           .pull = {c->pull.receipt_seconds * (int64_t)1000, c->pull.tries},
                           .limits = {.body = (uint64_t)c->body_megabytes << 20},
                           .loops = c->loops,
                           .workers = c->workers,
                           .error_status = c->error_status,
                           .rehearsal = c->profile == ENS_PROFILE_REHEARSAL,
                           .now_ms = now_ms,
                           .ctx = j};
    for (unsigned i = 0; i < c->num_listen; i++)
        listen[i] = (ens_server_listen){c->listen[i].address, c->listen[i].tls};
    if (!open_channels(j, &plan.push) || !open_means(j, &plan.means, &plan.tls))
        return false;
    ens_code code = ens__point_start(&plan, &j->point, &err);
    ens__tls_free(plan.tls);
    if (code == ENS_OK && j->o->demo)
        code = ens__demo_keep_ports(&j->demo, j->point, &err);
    return code == ENS_OK || (cannot_serve(j, NULL, &err), false);
}

/* url_of is the first address with TLS, or without; "" where there is none. */
static void url_of(const job *j, bool tls, char *out, size_t size)
{
    out[0] = '\0';
    for (unsigned i = 0; i < j->config->num_listen && !out[0]; i++)
        if (j->config->listen[i].tls == tls) {
            const char *at = ens__point_address(j->point, i);
            snprintf(out, size, "%s%s%s",
                     strncmp(at, "unix:", 5) == 0 ? ""
                     : tls                        ? "https://"
                                                  : "http://",
                     at, j->config->path ? j->config->path : ENS_POINT_PATH);
        }
}

static void put_url(const job *j, ens_json *out, const char *name, bool tls)
{
    char url[URL_LEN];
    url_of(j, tls, url, sizeof url);
    ens__json_some(out, name, ens_str(url));
}

static bool print_ready(const job *j)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__json_open(&line, NULL, '{');
    ens__json_bool(&line, "ready", true);
    ens__json_text(&line, "profile", ens__profile_name(j->config->profile));
    ens__json_text(&line, "durable", ens__durable_name(ens__store_durable(j->store)));
    put_url(j, &line, "as4", true);
    put_url(j, &line, "as4_plain", false);
    ens__json_text(&line, "pki", j->o->demo ? j->demo.pki : NULL);
    ens__json_text(&line, "store", j->config->store.path);
    ens__json_text(&line, "eori", j->o->demo ? ens__demo_parties[0].eori : NULL);
    ens__json_open(&line, "eoris", '{');
    for (unsigned i = 0; j->o->demo && i < ENS_DEMO_PARTIES; i++)
        ens__json_text(&line, ens__demo_parties[i].name, ens__demo_parties[i].eori);
    ens__json_close(&line, '}');
    ens__json_null(&line, "api");
    ens__json_null(&line, "web");
    ens__json_close(&line, '}');
    return ens__json_print(&line) && fflush(stdout) == 0;
}

/* help_people says on stderr how a first message gets there, in lines to be copied, and leaves them in the folder. */
static void help_people(const job *j)
{
    char url[URL_LEN];
    ens_err err = {0};
    ens_buf said;
    url_of(j, true, url, sizeof url);
    ens_buf_init(&said, NULL, 0, ENS_GUIDE_MAX);
    if (ens__guide_write(&j->demo, url, &said, &err) != ENS_OK)
        cannot_serve(j, j->demo.folder, &err);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
}

static void renew_serve(job *j)
{
    ens_err err = {0};
    ens_point_means *means = NULL;
    ens_tls *tls = NULL;
    if (!open_means(j, &means, &tls))
        return;
    if (ens__point_renew(j->point, means, tls, &err) != ENS_OK)
        cannot_serve(j, j->o->config, &err);
    else
        ens__log(j->log, ENS_LOG_INFO, "renewed", NULL, 0);
    ens__tls_free(tls);
}

static void prune(job *j)
{
    ens_err err = {0};
    bool more = true;
    const ens__retention keep = {.keep_ms = j->config->retention.days * DAY_MS,
                                 .duplicates_ms = ENS_POINT_DUPLICATES_DAYS * DAY_MS,
                                 .size = (uint64_t)j->config->retention.megabytes << 20};
    while (more)
        if (ens__store_prune(j->store, &keep, &more, &err) != ENS_OK) {
            cannot_serve(j, j->config->store.path, &err);
            return;
        }
}

/* stay waits for signals, and does what has to be done now and then. */
static void stay(job *j, const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = TICK_MS / 1000};
    for (unsigned ticks = 1;; ticks++) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got == SIGTERM || got == SIGINT)
            return;
        if (got == SIGHUP)
            renew_serve(j);
        if (got < 0 && ticks % PRUNE_EVERY == 0)
            prune(j);
        if (ens__notify_watchdog_us())
            (void)!ens__notify("WATCHDOG=1", NULL);
    }
}

/* Threads that start later inherit the mask: signals come to this one alone. */
static void hold_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

static int serve(job *j)
{
    sigset_t signals;
    hold_signals(&signals);
    many_files();
    j->log = ens__log_new(&(ens_log_plan){.fd = STDERR_FILENO, .most = j->config->log});
    if (!open_store(j) || !start(j))
        return ENS_EXIT_UNKNOWN;
    if (j->o->demo)
        help_people(j); /* first: who reads the line finds the files */
    if (!print_ready(j))
        return ENS_EXIT_UNKNOWN;
    (void)!ens__notify("READY=1", NULL);
    stay(j, &signals);
    (void)!ens__notify("STOPPING=1", NULL);
    ens__log(j->log, ENS_LOG_INFO, "stopping", NULL, 0);
    return ENS_EXIT_GOOD;
}

/* check opens what the configuration names, but for the store, and listens nowhere. */
static int check(const job *j)
{
    ens_point_means *means = NULL;
    ens_tls *tls = NULL;
    if (!open_means(j, &means, &tls))
        return ENS_EXIT_REFUSED;
    ens__point_means_free(means);
    ens__tls_free(tls);
    printf("%s: good, profile %s\n", j->o->config ? j->o->config : j->demo.folder,
           ens__profile_name(j->config->profile));
    return ENS_EXIT_GOOD;
}

/* log_end says how much was synced, and for how much: what an operator compares with the messages that came. */
static void log_end(const job *j)
{
    ens__store_counts counts;
    if (!j->store || !j->log || ens__store_count(j->store, &counts, NULL) != ENS_OK)
        return;
    const ens_log_field fields[] = {ens_log_number("changes", counts.changes),
                                    ens_log_number("commits", counts.commits)};
    ens__log(j->log, ENS_LOG_INFO, "stopped", fields, sizeof fields / sizeof *fields);
}

static int run_serve(const ens_command *command, const options *o, const ens_values *operands)
{
    job j = {.command = command, .o = o};
    int status = ENS_EXIT_UNKNOWN;
    if (o->demo == (o->config != NULL))
        return ens__command_usage(command, "say how: --config FILE, or --demo [DIR]");
    if (o->push.num && !o->demo)
        return ens__command_usage(command, "--push is for --demo; a configuration has push.channels");
    if (operands->num > (o->demo ? 1 : 0))
        return ens__command_usage(command, "what is %s?", operands->item[operands->num - 1]);
    if (set_clock(&j) && open_config(&j, operands->num ? operands->item[0] : NULL))
        status = o->check ? check(&j) : serve(&j);
    ens__point_stop(j.point, ENS_POINT_DRAIN_MS);
    log_end(&j);
    ens_buf_wipe(&j.push_cert);
    ens_buf_wipe(&j.push_key);
    if (j.registry)
        ens__uumds_close(j.registry);
    if (j.store)
        ens__store_close(j.store);
    ens__log_free(j.log);
    ens__config_free(j.read);
    if (o->demo)
        ens__demo_close(&j.demo);
    return status;
}

int ens__cmd_serve(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"config", 0, "FILE", "how it is set up (YAML; docs/serve.md)", NULL, &o.config, NULL},
        {"demo", 0, NULL, "set nothing up: keys, store and ports of its own, in DIR or a new folder", &o.demo, NULL,
         NULL},
        {"push", 0, "PARTYID=URL", "with --demo: push what customs send to this party", NULL, NULL, &o.push},
        {"check-config", 0, NULL, "read the file and what it names, tell, and end", &o.check, NULL, NULL},
        {"clock", 0, "TIME", "begin at this time (RFC 3339), whatever the machine's clock says", NULL, &o.clock, NULL},
    };
    const ens_command command = {
        "serve", "--config FILE | --demo [DIR] [--push PARTYID=URL]... [--check-config] [--clock TIME]",
        "Takes messages as the STI does, over mutual TLS, and loses none.\n"
        "It stands in for customs in rehearsals and is no access point of theirs: its certificates say so, too.\n"
        "One JSON line says that it is ready, and where. SIGTERM ends it when what it took is answered; SIGHUP reads\n"
        "keys, certificates and lists anew.",
        table, sizeof table / sizeof *table};
    ens_values operands = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &operands, &status))
        status = run_serve(&command, &o, &operands);
    ens__values_free(&operands);
    ens__values_free(&o.push);
    return status;
}
