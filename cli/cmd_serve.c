/* ensign serve: an access point that stands in for the STI. */
#include "cli/command.h"
#include "cli/pass_phrase.h"
#include "engine/base/file.h"
#include "engine/base/notify.h"
#include "show/output.h"
#include "sti/demo/demo.h"
#include "sti/demo/guide.h"
#include "sti/point/service.h"
#include "web/house.h"
#include "web/pages/users.h"

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
#define TICKS_A_MINUTE (60000u / TICK_MS)
#define FILES_WANTED 65536u
#define URL_LEN (ENS_SERVER_ADDRESS_MAX + 300u)

typedef struct {
    const char *config, *scenarios, *clock, *store, *registry, *log, *profile, *environment, *user;
    ens_values push, listen;
    bool demo, check;
} options;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens__demo demo;
    ens_point_config *read; /* of a file */
    const ens_point_config *config;
    ens_clocks *clocks;
    ens_log *log;
    ens_point_service *service;
    ens_web_house *web; /* NULL: there is none */
} job;

static int cannot_serve(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static int64_t now_ms(void *ctx)
{
    return ens__clocks_now_ms(((const job *)ctx)->clocks);
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
    ens__clocks_begin(j->clocks, at * 1000);
    return true;
}

/* said is an option, or else a variable of the environment that says something. */
static const char *said(const char *option, const char *variable)
{
    const char *value = option ? option : getenv(variable);
    return value && *value ? value : NULL;
}

/* read_listen takes addresses from options, or else apart what the variable has, with commas between them. */
static ens_code read_listen(const options *o, char *text, size_t size, const char **out, size_t *num, ens_err *err)
{
    const char *value = getenv("ENSIGN_LISTEN");
    char *rest = text;
    *num = 0;
    if (o->listen.num > ENS_SERVER_LISTENERS_MAX || (value && strlen(value) >= size))
        return ens_fail(err, ENS_ELIMIT, NULL, "there are too many addresses to listen at", 0);
    for (size_t i = 0; i < o->listen.num; i++)
        out[(*num)++] = o->listen.item[i];
    snprintf(text, size, "%s", !o->listen.num && value ? value : "");
    for (char *at; (at = strtok_r(rest, ",", &rest)) != NULL && *num < ENS_SERVER_LISTENERS_MAX;)
        out[(*num)++] = at;
    return ENS_OK;
}

/* read_file reads the configuration, with what is said beside it. */
static ens_code read_file(const job *j, ens_point_config **out, ens_err *err)
{
    char text[ENS_SERVER_LISTENERS_MAX * ENS_SERVER_ADDRESS_MAX];
    const char *listen[ENS_SERVER_LISTENERS_MAX];
    ens_config_overrides over = {.store = said(j->o->store, "ENSIGN_STORE"),
                                 .registry = said(j->o->registry, "ENSIGN_REGISTRY"),
                                 .log = said(j->o->log, "ENSIGN_LOG"),
                                 .profile = said(j->o->profile, "ENSIGN_PROFILE"),
                                 .listen = listen};
    ens_code code = read_listen(j->o, text, sizeof text, listen, &over.num_listen, err);
    return code == ENS_OK ? ens__config_read(j->o->config, &over, out, err) : code;
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
        if (j->o->store && !(j->demo.config.store.path = ens_arena_text(&j->demo.arena, ens_str(j->o->store))))
            return ens__say("ensign serve: out of memory\n"), false;
        for (size_t i = 0; i < j->o->push.num; i++)
            if (ens__demo_push(&j->demo, j->o->push.item[i], &err) != ENS_OK)
                return cannot_serve(j, NULL, &err), false;
        j->demo.config.environment = (char *)(uintptr_t)j->o->environment;
        j->demo.config.scenarios = (char *)(uintptr_t)j->o->scenarios;
        j->config = &j->demo.config;
        return true;
    }
    if (read_file(j, &j->read, &err) != ENS_OK)
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

static ens_code enrol(void *ctx, ens__store *store, ens__uumds *registry, ens_err *err)
{
    return ens__demo_enrol(&((const job *)ctx)->demo, store, registry, err);
}

static ens_point_service_plan plan_of(job *j)
{
    return (ens_point_service_plan){
        .now_ms = now_ms, .ctx = j, .clocks = j->clocks, .log = j->log, .enrol = j->o->demo ? enrol : NULL};
}

static ens_code open_web(job *j, ens_err *err)
{
    const ens_web_ground ground = {.config = j->config,
                                   .service = j->service,
                                   .clocks = j->clocks,
                                   .log = j->log,
                                   .now_ms = now_ms,
                                   .ctx = j,
                                   .demo = j->o->demo ? j->demo.folder : NULL};
    return ens__house_open(&ground, &j->web, err);
}

static bool start(job *j)
{
    ens_err err = {0};
    const ens_point_service_plan plan = plan_of(j);
    ens_code code = ens__service_open(j->config, &plan, &j->service, &err);
    if (code == ENS_OK && j->config->web.listen)
        code = open_web(j, &err);
    if (code == ENS_OK && j->o->demo)
        code = ens__demo_keep_ports(&j->demo, ens__service_point(j->service), ens__house_url(j->web), &err);
    return code == ENS_OK || (cannot_serve(j, j->o->config, &err), false);
}

/* url_of is the first address with TLS, or without; "" where there is none. */
static void url_of(const job *j, bool tls, char *out, size_t size)
{
    out[0] = '\0';
    for (unsigned i = 0; i < j->config->num_listen && !out[0]; i++)
        if (j->config->listen[i].tls == tls) {
            const char *at = ens__point_address(ens__service_point(j->service), i);
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

static void put_web(ens_json *out, const char *name, const ens_web_house *web, const char *path)
{
    char url[URL_LEN];
    snprintf(url, sizeof url, "%s%s", web ? ens__house_url(web) : "", web ? path : "");
    ens__json_some(out, name, ens_str(url));
}

static bool print_ready(const job *j)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__json_open(&line, NULL, '{');
    ens__json_bool(&line, "ready", true);
    ens__json_text(&line, "profile", ens__profile_name(j->config->profile));
    ens__json_text(&line, "durable", ens__durable_name(ens__service_durable(j->service)));
    put_url(j, &line, "as4", true);
    put_url(j, &line, "as4_plain", false);
    ens__json_text(&line, "pki", j->o->demo ? j->demo.pki : NULL);
    char shown[ENS_STORE_URL];
    ens__json_text(&line, "store", ens__store_shown(j->config->store.path, shown, sizeof shown));
    ens__json_text(&line, "eori", j->o->demo ? ens__demo_parties[0].eori : NULL);
    ens__json_open(&line, "eoris", '{');
    for (unsigned i = 0; j->o->demo && i < ENS_DEMO_PARTIES; i++)
        ens__json_text(&line, ens__demo_parties[i].name, ens__demo_parties[i].eori);
    ens__json_close(&line, '}');
    put_web(&line, "api", j->web, ENS_HOUSE_API);
    put_web(&line, "web", j->web, "/");
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
    const ens__demo_urls at = {url, ens__house_url(j->web)};
    if (ens__guide_write(&j->demo, &at, &said, &err) != ENS_OK)
        cannot_serve(j, j->demo.folder, &err);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
}

/* renew_serve reads the file anew where asked, and all that it names; what can't be read leaves everything as it
 * was. */
static void renew_serve(job *j, bool file)
{
    ens_err err = {0};
    ens_point_config *read = NULL;
    ens_code code = file && !j->o->demo ? read_file(j, &read, &err) : ENS_OK;
    if (code == ENS_OK)
        code = ens__service_renew(j->service, read ? read : j->config, &err);
    if (code != ENS_OK) {
        cannot_serve(j, j->o->config, &err);
        ens__config_free(read);
        return;
    }
    if (read) {
        ens__config_free(j->read);
        j->config = j->read = read;
    }
    ens__log(j->log, ENS_LOG_INFO, "renewed", NULL, 0);
}

static void prune(const job *j)
{
    ens_err err = {0};
    char shown[ENS_STORE_URL];
    if (ens__service_prune(j->service, &err) != ENS_OK)
        cannot_serve(j, ens__store_shown(j->config->store.path, shown, sizeof shown), &err);
}

/* stay waits for signals, and does what has to be done now and then. */
static void stay(job *j, const sigset_t *signals)
{
    const struct timespec tick = {.tv_sec = TICK_MS / 1000};
    for (unsigned ticks = 1;; ticks++) {
        int got = sigtimedwait(signals, NULL, &tick);
        if (got == SIGTERM || got == SIGINT)
            return;
        unsigned every = j->config->refresh_minutes * TICKS_A_MINUTE;
        bool refresh = got < 0 && ((every && ticks % every == 0) || ens__service_has_news(j->service));
        if (got == SIGHUP || refresh)
            renew_serve(j, got == SIGHUP);
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
    if (!start(j))
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
static int check(job *j)
{
    ens_err err = {0};
    const ens_point_service_plan plan = plan_of(j);
    if (ens__service_check(j->config, &plan, &err) != ENS_OK) {
        cannot_serve(j, j->o->config, &err);
        return ENS_EXIT_REFUSED;
    }
    printf("%s: good, profile %s\n", j->o->config ? j->o->config : j->demo.folder,
           ens__profile_name(j->config->profile));
    return ENS_EXIT_GOOD;
}

/* print_user asks for a password, and prints the line of web.users: NAME:RANK. */
static int print_user(const ens_command *command, const char *said)
{
    const char *colon = strrchr(said, ':');
    ens_rank rank;
    ens_buf line;
    ens_err err = {0};
    char *pass = NULL;
    if (!colon || !ens__rank_find(ens_str(colon + 1), &rank))
        return ens__command_usage(command, "--user is NAME:reader, NAME:tester or NAME:officer");
    ens_buf_init(&line, NULL, 0, (size_t)4096);
    ens_code code = ens__pass_phrase(NULL, said, true, &pass, &err);
    if (code == ENS_OK)
        code = ens__users_line(ens_bytes(said, (size_t)(colon - said)), rank, ens_str(pass), &line, &err);
    if (code == ENS_OK)
        printf("%.*s\n", (int)line.len, (const char *)line.p);
    else
        ens__say_error(command->name, said, &err);
    ens__pass_phrase_free(pass);
    ens_buf_free(&line);
    return code == ENS_OK ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static int run_serve(const ens_command *command, void *of, const ens_values *operands)
{
    options *o = of;
    job j = {.command = command, .o = o};
    int status = ENS_EXIT_UNKNOWN;
    if (!o->demo)
        o->config = said(o->config, "ENSIGN_CONFIG");
    if (o->user)
        return print_user(command, o->user);
    if (o->demo == (o->config != NULL))
        return ens__command_usage(command, "say how: --config FILE, or --demo [DIR]");
    if (o->demo && (o->listen.num || o->registry || o->profile || o->log))
        return ens__command_usage(command, "--demo has its own addresses and registry; give --config");
    if (o->scenarios && !o->demo)
        return ens__command_usage(command, "--scenarios is for --demo; a configuration has scenarios");
    if (o->environment &&
        (!o->demo || (strcmp(o->environment, "conformance") != 0 && strcmp(o->environment, "production") != 0)))
        return ens__command_usage(command, "--environment is for --demo: conformance or production");
    if (o->push.num && !o->demo)
        return ens__command_usage(command, "--push is for --demo; a configuration has push.channels");
    if (operands->num > (o->demo ? 1 : 0))
        return ens__command_usage(command, "what is %s?", operands->item[operands->num - 1]);
    j.clocks = ens__clocks_new();
    if (!j.clocks)
        return ens__say("ensign serve: out of memory\n"), ENS_EXIT_UNKNOWN;
    if (set_clock(&j) && open_config(&j, operands->num ? operands->item[0] : NULL))
        status = o->check ? check(&j) : serve(&j);
    ens__house_close(j.web);
    ens__service_close(j.service);
    ens__clocks_free(j.clocks);
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
        {"environment", 0, "conformance|production", "with --demo: which of the two it rehearses", NULL, &o.environment,
         NULL},
        {"scenarios", 0, "FILE", "with --demo: what customs answer and do (docs/scenarios.md)", NULL, &o.scenarios,
         NULL},
        {"check-config", 0, NULL, "read the file and what it names, tell, and end", &o.check, NULL, NULL},
        {"listen", 0, "ADDRESS", "in place of the file's: 0.0.0.0:8443, or plain:127.0.0.1:8080 without TLS", NULL,
         NULL, &o.listen},
        {"store", 0, "DB|postgres:...", "in place of the file's, or of the demo's", NULL, &o.store, NULL},
        {"registry", 0, "DB", "in place of the file's", NULL, &o.registry, NULL},
        {"profile", 0, "NAME", "strict or rehearsal, in place of the file's", NULL, &o.profile, NULL},
        {"log", 0, "LEVEL", "error, warn, info or debug, in place of the file's", NULL, &o.log, NULL},
        {"user", 0, "NAME:ROLE",
         "ask for a password, print that user's line of web.users, and end (reader, tester, officer)", NULL, &o.user,
         NULL},
        {"clock", 0, "TIME", "begin at this time (RFC 3339), whatever the machine's clock says", NULL, &o.clock, NULL},
    };
    const ens_command command = {
        "serve",
        "--config FILE | --demo [DIR] [--push PARTYID=URL]... [--scenarios FILE] [--check-config] [--clock TIME]",
        "Takes messages as the STI does, over mutual TLS, and loses none.\n"
        "It stands in for customs in rehearsals and is no access point of theirs: its certificates say so, too.\n"
        "One JSON line says that it is ready, and where. SIGTERM ends it when what it took is answered; SIGHUP reads\n"
        "the file and all that it names anew. ENSIGN_CONFIG, ENSIGN_LISTEN (addresses with commas between them),\n"
        "ENSIGN_STORE, ENSIGN_REGISTRY, ENSIGN_PROFILE and ENSIGN_LOG say what --config, --listen, --store, "
        "--registry,\n"
        "--profile and --log say where those are left out.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_serve, &o);
}
