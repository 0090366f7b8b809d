/* ensign watch: judges the certificates of a folder and of a registry again, and tells what changed. */
#include "cli/cmd_watch_run.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/judge.h"
#include "cli/tls_purpose.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "show/output.h"
#include "show/preflight.h"
#include "show/watch.h"

#include <stdio.h>
#include <stdlib.h>

#define PATHS_MAX ((size_t)64 << 20)
#define OUT_MAX ((size_t)256 << 20)
#define DAYS_MAX 36500u

typedef struct {
    ens_judge_options judge;
    const char *registry, *state, *ending, *order, *place, *ics, *metrics, *run, *national, *member_state, *pass_file;
} options;

/* One certificate of a file. */
typedef struct {
    const char *file;
    ens_certificates *certificates;
    char sha256[65];
} given;

/* One run. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens_judge judge;
    ens_trust *national;
    ens_tls_purpose tls; /* its seals are those that are watched */
    ens_report *report;
    ens_arena arena;
    given *given;
    size_t num_given;
    ens__registration *registered;
    size_t num_registered;
    ens__watched *now, *all;
    size_t num_now, num_all;
    ens__watch_view view;
    bool unread; /* a file could not be read */
} job;

static int cannot_watch(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static const char *keep(job *j, const char *text)
{
    const char *kept = text ? ens_arena_text(&j->arena, ens_str(text)) : NULL;
    return kept ? kept : "";
}

/* -- What there is ------------------------------------------------------------------------------------------------- */

static bool fingerprint(const ens_cert *cert, char hex[65])
{
    uint8_t sha256[32];
    bool good = ens__sha256(cert->der, sha256, NULL) == ENS_OK;
    if (good)
        ens__hex(ens_bytes(sha256, sizeof sha256), hex);
    return good;
}

/* take_file opens one; requests and certificates of CAs are nobody's to watch. */
static void take_file(job *j, const char *file)
{
    ens_err err = {0};
    ens_buf request;
    given *g = &j->given[j->num_given];
    ens_buf_init(&request, NULL, 0, ENS_CERT_MAX);
    *g = (given){.file = file};
    if (ens__certificates_or_request_open(file, j->o->pass_file, &g->certificates, &request, &err) != ENS_OK) {
        ens__say_error(j->command->name, file, &err);
        j->unread = true;
    } else if (g->certificates && !ens_certificates_chain(g->certificates)->cert[0].ca &&
               fingerprint(&ens_certificates_chain(g->certificates)->cert[0], g->sha256)) {
        j->num_given++;
        g = NULL;
    }
    if (g)
        ens_certificates_free(g->certificates);
    ens_buf_free(&request);
}

static ens_code open_given(job *j, const ens_values *operands, ens_err *err)
{
    ens_values files = {0};
    ens_code code = operands->num ? ens__inputs_of(operands, &j->arena, &files, err) : ENS_OK;
    j->given = code == ENS_OK ? calloc(files.num + 1, sizeof *j->given) : NULL;
    if (code == ENS_OK && !j->given)
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    for (size_t i = 0; code == ENS_OK && i < files.num; i++)
        take_file(j, files.item[i]);
    ens__values_free(&files);
    return code;
}

static bool is_tls(const given *g)
{
    return ens__tls_client_is(&ens_certificates_chain(g->certificates)->cert[0]);
}

/* open_registry reads what is registered, and makes the seals that are watched what TLS must not show. */
static ens_code open_registry(job *j, ens_err *err)
{
    const ens_values none = {0};
    ens_code code = ens__tls_purpose_open(&none, NULL, j->o->registry, &j->tls, err);
    if (code == ENS_OK && j->tls.registry)
        code = ens__uumds_registrations(j->tls.registry, (ens_slice){0}, &j->arena, &j->registered, &j->num_registered,
                                        err);
    const ens_certificates **seals = calloc(j->num_given + 1, sizeof *seals);
    if (!seals)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    size_t num = 0;
    for (size_t i = 0; i < j->num_given; i++)
        if (!is_tls(&j->given[i]))
            seals[num++] = j->given[i].certificates;
    j->tls.asked.seals = seals;
    j->tls.asked.num_seals = num;
    return code;
}

/* -- Judging ------------------------------------------------------------------------------------------------------- */

/* why_of is the finding that decides, in words. */
static const char *why_of(job *j)
{
    char text[ENS_DETAIL_TEXT];
    ens_verdict verdict = ens_report_verdict(j->report);
    ens_outcome outcome = verdict == ENS_REFUSED ? ENS_FAIL : ENS_SKIP;
    for (size_t i = 0; verdict != ENS_ACCEPTED && i < ens_report_num(j->report); i++) {
        const ens_finding *f = ens_report_get(j->report, i);
        if (f->outcome != outcome || (outcome == ENS_SKIP && !f->needed))
            continue;
        const char *words = ens_arena_printf(&j->arena, "%s: %s (%s)", f->id, ens__finding_text(f, text, ""), f->rule);
        return words ? words : "";
    }
    return "";
}

/* registered_as lists where a certificate is registered, and how that stands now. */
static const char *registered_as(job *j, const char *sha256, const ens__registration **first)
{
    char text[1024] = "";
    size_t len = 0;
    *first = NULL;
    for (size_t i = 0; i < j->num_registered && len < sizeof text; i++) {
        const ens__registration *r = &j->registered[i];
        if (strcmp(r->sha256, sha256) != 0)
            continue;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s@%s %s%s", len ? ", " : "", r->eori,
                                r->member_state, ens__party_state_name(ens__registration_state(r, j->view.at)),
                                r->unchecked ? " (unchecked)" : "");
        *first = *first ? *first : r;
    }
    return keep(j, text);
}

static void judge_given(job *j, const given *g, ens__watched *w)
{
    char name[512];
    ens_preflight_result found;
    const ens__registration *first;
    const ens_cert *cert = &ens_certificates_chain(g->certificates)->cert[0];
    *w = (ens__watched){.sha256 = keep(j, g->sha256),
                        .file = g->file,
                        .subject = keep(j, ens__name_of(cert, name, sizeof name)),
                        .tls = is_tls(g),
                        .not_after = cert->not_after,
                        .was = ""};
    w->registered = registered_as(j, g->sha256, &first);
    const ens_preflight_options o = {.trust = j->judge.trust,
                                     .national = j->national,
                                     .member_state =
                                         j->o->member_state ? ens_member_state(ens_str(j->o->member_state)) : NULL,
                                     .eori = first && !w->tls ? ens_str(first->eori) : (ens_slice){0},
                                     .at = j->view.at};
    ens_report_reset(j->report);
    if (w->tls)
        ens__preflight_tls(g->certificates, &o, &j->tls.asked, &found, j->report);
    else
        ens_preflight(g->certificates, &o, &found, j->report);
    w->verdict = found.verdict;
    w->acceptance = found.acceptance;
    w->valid_until = found.valid_until;
    w->reason = keep(j, found.valid_until_reason);
    w->why = why_of(j);
}

static bool is_given(const job *j, const char *sha256)
{
    for (size_t i = 0; i < j->num_now; i++)
        if (strcmp(j->now[i].sha256, sha256) == 0)
            return true;
    return false;
}

/* judge_registered tells of what is registered and not at hand: its dates, and that nobody can judge it. What is
 * revoked, or has ended, is nobody's concern any more. */
static void judge_registered(job *j, const ens__registration *r)
{
    const ens__registration *first;
    ens_party_state state = ens__registration_state(r, j->view.at);
    if (state == ENS_PARTY_REVOKED || state == ENS_PARTY_EXPIRED || is_given(j, r->sha256))
        return;
    j->now[j->num_now++] =
        (ens__watched){.sha256 = r->sha256,
                       .file = "",
                       .subject = r->subject,
                       .not_after = r->not_after,
                       .valid_until = ENS_TIME_NONE,
                       .reason = "",
                       .why = "its certificate is in no folder that was given: nothing but its dates is known",
                       .registered = registered_as(j, r->sha256, &first),
                       .was = ""};
}

static int by_end(const void *a, const void *b)
{
    ens_time x = ens__watched_end(a), y = ens__watched_end(b);
    return x < y ? -1 : x > y ? 1 : strcmp(((const ens__watched *)a)->sha256, ((const ens__watched *)b)->sha256);
}

static ens_code judge_all(job *j, ens_err *err)
{
    ens__watched *before = NULL;
    size_t num_before = 0;
    ens_code code = j->o->state ? ens__watch_read(j->o->state, &j->arena, &before, &num_before, err) : ENS_OK;
    if (code != ENS_OK)
        return code;
    j->now = calloc(j->num_given + j->num_registered + 1, sizeof *j->now);
    j->all = calloc(j->num_given + j->num_registered + num_before + 1, sizeof *j->all);
    if (!j->now || !j->all)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    for (size_t i = 0; i < j->num_given; i++)
        if (!is_given(j, j->given[i].sha256))
            judge_given(j, &j->given[i], &j->now[j->num_now++]);
    for (size_t i = 0; i < j->num_registered; i++)
        judge_registered(j, &j->registered[i]);
    qsort(j->now, j->num_now, sizeof *j->now, by_end);
    j->num_all = ens__watch_compare(before, num_before, j->now, j->num_now, &j->arena, j->all);
    if (!j->o->state)
        for (size_t i = 0; i < j->num_all; i++)
            j->all[i].change = ENS_WATCH_SAME;
    return ENS_OK;
}

/* -- Telling ------------------------------------------------------------------------------------------------------- */

static bool put_json(const job *j, bool changed, ens_buf *out)
{
    for (size_t i = 0; i < j->num_all; i++) {
        ens_json line = {.out = out};
        if (changed && j->all[i].change == ENS_WATCH_SAME)
            continue;
        ens__watch_json(&line, &j->view, &j->all[i]);
        ens_buf_text(out, "\n");
    }
    return ens_buf_done(out, NULL) == ENS_OK;
}

static bool tell_all(const job *j)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, OUT_MAX);
    bool good = true;
    if (j->o->judge.json) {
        good = put_json(j, false, &out);
        ens__write_out(stdout, ens_buf_slice(&out));
    } else {
        for (size_t i = 0; i < j->num_all; i++)
            ens__watch_print(&j->view, &j->all[i]);
    }
    ens_buf_free(&out);
    return good && fflush(stdout) == 0;
}

static ens_code write_by(const job *j, const char *path,
                         void (*put)(const ens__watch_view *, const ens__watched *, size_t, ens_buf *), ens_err *err)
{
    ens_buf out;
    if (!path)
        return ENS_OK;
    ens_buf_init(&out, NULL, 0, OUT_MAX);
    put(&j->view, j->all, j->num_all, &out);
    ens_code code = ens_buf_done(&out, err);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&out), 0644, err);
    ens_buf_free(&out);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, path);
}

static ens_watch_counts count_all(const job *j)
{
    ens_watch_counts n = {0};
    for (size_t i = 0; i < j->num_all; i++) {
        const ens__watched *w = &j->all[i];
        bool there = w->change != ENS_WATCH_GONE;
        n.changed += w->change != ENS_WATCH_SAME;
        n.refused += there && w->verdict == ENS_REFUSED;
        n.undecided += there && w->verdict == ENS_UNDECIDED;
        n.ending += j->view.ending && ens__watched_ends_within(w, j->view.at, j->view.ending);
    }
    return n;
}

/* run_command tells a command what changed; a command that fails is told again the next time. */
static ens_code run_command(const job *j, const ens_watch_counts *n, ens_err *err)
{
    ens_buf changes;
    if (!j->o->run || !n->changed)
        return ENS_OK;
    ens_buf_init(&changes, NULL, 0, OUT_MAX);
    ens_code code = put_json(j, true, &changes) ? ens__watch_run(j->o->run, n, ens_buf_slice(&changes), err)
                                                : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_buf_free(&changes);
    return code;
}

static int finish(job *j)
{
    ens_err err = {0};
    const ens_watch_counts n = count_all(j);
    bool told = tell_all(j);
    ens_code code = write_by(j, j->o->ics, ens__watch_calendar, &err);
    if (code == ENS_OK)
        code = write_by(j, j->o->metrics, ens__watch_metrics, &err);
    if (code == ENS_OK)
        code = run_command(j, &n, &err);
    if (code == ENS_OK && j->o->state)
        code = ens__watch_write(j->o->state, j->all, j->num_all, &err);
    if (code != ENS_OK)
        return cannot_watch(j, NULL, &err);
    return n.refused || n.ending               ? ENS_EXIT_REFUSED
           : n.undecided || j->unread || !told ? ENS_EXIT_UNKNOWN
                                               : ENS_EXIT_GOOD;
}

/* -- The command --------------------------------------------------------------------------------------------------- */

/* read_days reads "60d" or "60". */
static bool read_days(const ens_command *command, const char *name, const char *text, unsigned *out)
{
    char *end = NULL;
    unsigned long days = text ? strtoul(text, &end, 10) : *out;
    bool good = !text || (*text >= '0' && *text <= '9' && (!*end || strcmp(end, "d") == 0) && days <= DAYS_MAX);
    if (!good)
        return ens__command_usage(command, "--%s is a number of days, as 60d, not %s", name, text), false;
    *out = (unsigned)days;
    return true;
}

static int watch(job *j, const ens_values *operands)
{
    ens_err err = {0};
    ens_code code = open_given(j, operands, &err);
    if (code == ENS_OK)
        code = open_registry(j, &err);
    if (code == ENS_OK)
        code = judge_all(j, &err);
    return code == ENS_OK ? finish(j) : cannot_watch(j, NULL, &err);
}

static void close_watch(job *j)
{
    for (size_t i = 0; i < j->num_given; i++)
        ens_certificates_free(j->given[i].certificates);
    free(j->given);
    free((void *)(uintptr_t)j->tls.asked.seals);
    ens__tls_purpose_close(&j->tls);
    free(j->now);
    free(j->all);
    ens_report_free(j->report);
    ens_trust_free(j->national);
    ens__judge_close(&j->judge);
    ens_arena_free(&j->arena);
}

static int run_watch(const ens_command *command, void *of, const ens_values *operands)
{
    const options *o = of;
    job j = {.command = command,
             .o = o,
             .report = ens_report_new(),
             .view = {.order_days = ENS_WATCH_ORDER_DAYS, .register_days = ENS_WATCH_REGISTER_DAYS}};
    unsigned ending = 0;
    int status = ENS_EXIT_UNKNOWN;
    if (!operands->num && !o->registry)
        return ens_report_free(j.report), ens__command_usage(command, "say what to watch: FOLDER..., --registry DB");
    ens_arena_init(&j.arena, PATHS_MAX);
    if ((o->national != NULL) != (o->member_state != NULL))
        status = ens__command_usage(command, "a national list is one Member State's: --national PEM --member-state CC");
    else if (o->run && !o->state)
        status = ens__command_usage(command, "--run is told what changed since the last time: --state FILE");
    else if (read_days(command, "ending", o->ending, &ending) &&
             read_days(command, "order-before", o->order, &j.view.order_days) &&
             read_days(command, "register-before", o->place, &j.view.register_days) && j.report &&
             ens__judge_open(command, &o->judge, &j.judge, &status) &&
             ens__judge_national(command, o->national, &j.judge, &j.national)) {
        j.view.at = j.judge.verify.at;
        j.view.ending = (ens_time)ending * ENS_WATCH_DAY;
        status = watch(&j, operands);
    }
    close_watch(&j);
    return status;
}

int ens__cmd_watch(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        {"registry", 0, "DB", "what is registered there as well (see ensign party)", NULL, &o.registry, NULL},
        {"state", 0, "FILE", "what was found the last time stands here, and then what was found now", NULL, &o.state,
         NULL},
        {"ending", 0, "60d", "exit status 1 when a certificate, or what it rests on, ends within so many days", NULL,
         &o.ending, NULL},
        {"order-before", 0, "60d", "the successor is to be ordered so many days before the end (60d)", NULL, &o.order,
         NULL},
        {"register-before", 0, "21d", "and registered, or its CA announced, so many before (21d)", NULL, &o.place,
         NULL},
        {"ics", 0, "FILE", "write a calendar: order by, register by, ends", NULL, &o.ics, NULL},
        {"metrics", 0, "FILE", "write metrics for node_exporter's textfile collector (*.prom)", NULL, &o.metrics, NULL},
        {"run", 0, "CMD", "run this program when something changed, the changes as JSON on its standard input", NULL,
         &o.run, NULL},
        {"national", 0, "PEM", "the national customs' alternate list of CAs", NULL, &o.national, NULL},
        {"member-state", 0, "CC", "whose list that is", NULL, &o.member_state, NULL},
        {"pass-file", 0, "FILE", "pass phrase of PKCS#12 files (else ENSIGN_PASS, or a prompt)", NULL, &o.pass_file,
         NULL},
        ENS_JUDGE_TRUST(o.judge),
        ENS_JUDGE_ONLINE(o.judge),
    };
    const ens_command command = {
        "watch", "FOLDER|FILE... [--registry DB] --trust PATH... [--state FILE] [--ending 60d] [options]",
        "Judges all certificates of folders and of a registry again, by the lists and answers of today, and tells "
        "what\n"
        "changed since the last time, and why. Seals are judged as `cert check` does, TLS client certificates as\n"
        "`cert check --purpose tls-client` does; certificates of CAs are passed over.\n"
        "Exit status: 0 all are good; 1 one is refused, or ends within --ending; 2 one can't be judged or read, or\n"
        "--run failed: then the state stays as it was, and the changes are told again.",
        table, sizeof table / sizeof *table};
    return ens__command_run(&command, argc, argv, run_watch, &o);
}
