/* ensign eori check: the form of EORI numbers and, with --online, whether the EU's database holds them. */
#include "certs/eori/countries.h"
#include "certs/eori/eori.h"
#include "cli/cmd_trust.h"
#include "cli/command.h"
#include "engine/base/report.h"
#include "ensign/eori.h"
#include "show/finding.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_ARENA_MAX ((size_t)16 << 20)

typedef struct {
    bool online, json, verbose;
    const char *service, *ca_file, *when;
    ens_time at;
} options;

/* One number and all that is found of it. */
typedef struct {
    ens_slice eori;
    ens_report report;
    bool shaped; /* as an EORI: others aren't asked about */
    ens__eori_status status;
} check;

static void print_json(const check *c)
{
    const ens_eori_country *country = ens__eori_country(ens_sub(c->eori, 0, 2));
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "eori", c->eori);
    ens__json_text(j, "verdict", ens_verdict_name(ens_report_verdict(&c->report)));
    ens__json_text(j, "country", country ? country->code : NULL);
    if (c->status.answered)
        ens__json_bool(j, "registered", c->status.valid);
    else
        ens__json_null(j, "registered");
    ens__json_slice(j, "name", c->status.name);
    ens__json_slice(j, "address", c->status.address);
    ens__findings_json(j, &c->report);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void print_text(check *c, bool verbose)
{
    ens_verdict verdict = ens_report_verdict(&c->report);
    const ens_eori_country *country = ens__eori_country(ens_sub(c->eori, 0, 2));
    printf("%s: %s%s%s%s%s\n", ens__show(&c->report, c->eori), ens__verdict_colour(verdict), ens_verdict_name(verdict),
           ens__colour_off(), country ? ", " : "", country ? country->name : "");
    if (c->status.valid && c->status.name.len)
        printf("  %s\n", ens__show(&c->report, c->status.name));
    ens__print_findings(&c->report, verbose);
}

/* ask_service asks for the next numbers, as many as one request takes, from *at on. What is no EORI is not sent. */
static void ask_service(check *checks, size_t num, size_t *at, const options *o, ens_arena *arena)
{
    ens_slice eoris[ENS_EORI_SERVICE_MAX];
    check *asked[ENS_EORI_SERVICE_MAX];
    ens__eori_status answers[ENS_EORI_SERVICE_MAX];
    ens_err err = {0};
    size_t n = 0;
    for (; *at < num && n < ENS_EORI_SERVICE_MAX; ++*at) {
        if (!checks[*at].shaped)
            continue;
        eoris[n] = checks[*at].eori;
        asked[n++] = &checks[*at];
    }
    if (n == 0)
        return;
    ens_code code = ens__eori_service_ask(o->service, o->ca_file, eoris, n, arena, answers, &err);
    if (code != ENS_OK)
        ens__say_error("eori check", o->service, &err);
    for (size_t i = 0; i < n; i++) {
        if (code == ENS_OK)
            asked[i]->status = answers[i];
        ens__eori_service_judge(eoris[i], code == ENS_OK ? &answers[i] : NULL, &err, &asked[i]->report);
    }
}

static int check_all(const ens_values *numbers, const options *o)
{
    check *checks = calloc(numbers->num, sizeof *checks);
    int status = ENS_EXIT_GOOD;
    ens_arena arena;
    if (!checks) {
        ens__say("ensign eori check: out of memory\n");
        return ENS_EXIT_UNKNOWN;
    }
    ens_arena_init(&arena, ANSWERS_ARENA_MAX);
    for (size_t i = 0; i < numbers->num; i++) {
        checks[i].eori = ens_str(numbers->item[i]);
        ens__report_init(&checks[i].report);
        checks[i].shaped = ens__eori_check_at(checks[i].eori, o->at, &checks[i].report);
    }
    for (size_t at = 0; o->online && at < numbers->num;)
        ask_service(checks, numbers->num, &at, o, &arena);
    for (size_t i = 0; i < numbers->num; i++) {
        if (o->json)
            print_json(&checks[i]);
        else
            print_text(&checks[i], o->verbose);
        int one = ens__verdict_exit(ens_report_verdict(&checks[i].report));
        status = one > status ? one : status;
        ens__report_clear(&checks[i].report);
    }
    ens_arena_free(&arena);
    free(checks);
    return status;
}

/* The URL after --online may be left out: an EORI has no "://". */
static size_t take_urls(int argc, char **argv, char **out, options *o)
{
    size_t n = 0;
    for (int i = 0; i < argc; i++) {
        bool attached = strncmp(argv[i], "--online=", sizeof "--online=" - 1) == 0;
        if (!attached && strcmp(argv[i], "--online") != 0) {
            out[n++] = argv[i];
            continue;
        }
        o->online = true;
        if (attached)
            o->service = argv[i] + sizeof "--online=" - 1;
        else if (i + 1 < argc && strstr(argv[i + 1], "://"))
            o->service = argv[++i];
    }
    return n;
}

static int check_command(int argc, char **argv)
{
    options o = {.service = ENS_EORI_SERVICE_URL};
    const ens_option table[] = {
        {"online", 0, NULL, "ask the EU's EORI validation service too, or the one at the URL that follows", &o.online,
         NULL, NULL},
        {"ca-file", 0, "PEM", "verify the service's TLS certificate by these anchors instead of the system's", NULL,
         &o.ca_file, NULL},
        {"at", 0, "TIME", "judge as of this time (RFC 3339); without it, now: forms begin and end", NULL, &o.when,
         NULL},
        {"verbose", 'v', NULL, "show the checks that passed, too", &o.verbose, NULL, NULL},
        {"json", 0, NULL, "one JSON object per number on a line", &o.json, NULL, NULL},
    };
    const ens_command command = {
        "eori check", "EORI... [--online [URL]] [options]",
        "Checks the form of EORI numbers: the Member State's own, and for France the check digits\n"
        "of SIREN and SIRET. Whether a number was ever given, only --online tells.",
        table, sizeof table / sizeof *table};
    ens_values numbers = {0};
    int status = ENS_EXIT_UNKNOWN;
    char **plain = calloc((size_t)argc + 1, sizeof *plain);
    if (!plain) {
        ens__say("ensign eori check: out of memory\n");
        return status;
    }
    size_t num = take_urls(argc, argv, plain, &o);
    if (ens__command_parse(&command, (int)num, plain, &numbers, &status)) {
        if (!numbers.num)
            status = ens__command_usage(&command, "no EORI given");
        else if (ens__trust_time(&command, o.when, &o.at))
            status = check_all(&numbers, &o);
    }
    ens__values_free(&numbers);
    free(plain);
    return status;
}

int ens__cmd_eori(int argc, char **argv)
{
    static const ens_command command = {
        "eori", "check EORI... [--online [URL]] [options]",
        "check     the form of EORI numbers and, with --online, whether they are registered", NULL, 0};
    static const ens_subcommand subs[] = {{"check", check_command}};
    return ens__command_dispatch(&command, subs, 1, argc, argv);
}
