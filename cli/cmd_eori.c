/* ensign eori check: the form of EORI numbers and, with --online, whether the EU's database holds them. */
#include "cli/cmd_trust.h"
#include "cli/command.h"
#include "engine/base/report.h"
#include "ensign/eori.h"
#include "show/finding.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    bool online, json, verbose;
    const char *service, *ca_file, *when;
    ens_time at;
} options;

/* One number and all that is found of it. */
typedef struct {
    ens_slice eori;
    ens_report report;
    bool shaped;            /* as an EORI: others aren't asked about */
    ens_eori_answer answer; /* zero: none came */
} check;

static void print_json(const check *c)
{
    const char *country = ens_eori_country(c->eori);
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out), *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_slice(j, "eori", c->eori);
    ens__json_text(j, "verdict", ens_verdict_name(ens_report_verdict(&c->report)));
    ens__json_some(j, "country", country ? ens_sub(c->eori, 0, 2) : (ens_slice){0});
    if (c->answer.answered)
        ens__json_bool(j, "registered", c->answer.valid);
    else
        ens__json_null(j, "registered");
    ens__json_slice(j, "name", c->answer.name);
    ens__json_slice(j, "address", c->answer.address);
    ens__findings_json(j, &c->report);
    ens__json_close(j, '}');
    ens__json_print(j);
}

static void print_text(check *c, bool verbose)
{
    ens_verdict verdict = ens_report_verdict(&c->report);
    const char *country = ens_eori_country(c->eori);
    printf("%s: %s%s%s%s%s\n", ens__show(&c->report, c->eori), ens__verdict_colour(verdict), ens_verdict_name(verdict),
           ens__colour_off(), country ? ", " : "", country ? country : "");
    if (c->answer.valid && c->answer.name.len)
        printf("  %s\n", ens__show(&c->report, c->answer.name));
    ens__print_findings(&c->report, verbose);
}

/* ask_service asks for the next numbers, as many as one request takes, from *at on. What is no EORI is not sent. The
 * answers are the caller's to free, once what they say was printed. */
static ens_eori_answers *ask_service(check *checks, size_t num, size_t *at, const options *o)
{
    ens_slice eoris[ENS_EORI_SERVICE_MAX];
    check *asked[ENS_EORI_SERVICE_MAX];
    ens_eori_answers *answers = NULL;
    ens_err err = {0};
    size_t n = 0;
    for (; *at < num && n < ENS_EORI_SERVICE_MAX; ++*at) {
        if (!checks[*at].shaped)
            continue;
        eoris[n] = checks[*at].eori;
        asked[n++] = &checks[*at];
    }
    if (n == 0)
        return NULL;
    if (ens_eori_ask(o->service, o->ca_file, eoris, n, &answers, &err) != ENS_OK)
        ens__say_error("eori check", o->service, &err);
    for (size_t i = 0; i < n; i++) {
        const ens_eori_answer *answer = answers ? ens_eori_answers_get(answers, i) : NULL;
        if (answer)
            asked[i]->answer = *answer;
        ens_eori_judge_answer(eoris[i], answer, &err, &asked[i]->report);
    }
    return answers;
}

static int print_one(check *c, const options *o)
{
    if (o->json)
        print_json(c);
    else
        print_text(c, o->verbose);
    return ens__verdict_exit(ens_report_verdict(&c->report));
}

static int check_all(const ens_values *numbers, const options *o)
{
    check *checks = calloc(numbers->num, sizeof *checks);
    ens_eori_answers **answers = calloc(numbers->num, sizeof *answers); /* of no more requests than there are numbers */
    size_t asked = 0;
    int status = ENS_EXIT_GOOD;
    if (!checks || !answers) {
        free(checks);
        free(answers);
        ens__say("ensign eori check: out of memory\n");
        return ENS_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < numbers->num; i++) {
        checks[i].eori = ens_str(numbers->item[i]);
        ens__report_init(&checks[i].report);
        checks[i].shaped = ens_eori_check(checks[i].eori, o->at, &checks[i].report);
    }
    for (size_t at = 0; o->online && at < numbers->num;)
        answers[asked++] = ask_service(checks, numbers->num, &at, o);
    for (size_t i = 0; i < numbers->num; i++) {
        int one = print_one(&checks[i], o);
        status = one > status ? one : status;
        ens__report_clear(&checks[i].report);
    }
    while (asked)
        ens_eori_answers_free(answers[--asked]);
    free(answers);
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
    options o = {.service = ENS_EORI_SERVICE};
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
