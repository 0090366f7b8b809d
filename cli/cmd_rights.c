/* ensign rights: requests for the rights in UUM&DS, and what an officer decides. */
#include "cli/rehearsing.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "sti/rights/eml.h"

#include <stdio.h>

typedef struct {
    ens__rehearsing_options common;
    const char *eori, *company, *date, *reason;
    bool print;
} options;

typedef ens__rehearsing_job job;

static int tell_rights(job *j, const ens__rights *q)
{
    char wanted[ENS_TIME_TEXT];
    if (j->run.o->json) {
        ens_json line = ens__rehearsing_json(&j->run);
        ens__rights_json(&line, NULL, q);
        return ens__rehearsing_print(&line);
    }
    ens__print("%s  %-9s  %.10s  %s  %s  %s%s%s\n", q->id, ens__rights_state_name(q->state),
               ens__rehearsing_time(q->wanted, wanted), q->eori, q->account, q->company, q->reason[0] ? ": " : "",
               q->reason);
    return ENS_EXIT_GOOD;
}

/* print_letter shows the e-mail as it is to be sent on the real way. */
static int print_letter(const ens__letter *l)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, (size_t)64 << 10);
    ens_buf_text(&out, "Subject: ");
    ens__letter_subject(l, &out);
    ens_buf_text(&out, "\n\n");
    ens__letter_body(l, &out);
    ens__write_out(stdout, ens_buf_slice(&out));
    int status = out.failed ? ENS_EXIT_UNKNOWN : ENS_EXIT_GOOD;
    ens_buf_free(&out);
    return status;
}

/* take keeps the request of a letter; what was read is judged already. */
static int take(job *j, const ens__letter *l, ens__rights_source source)
{
    ens__rights q;
    ens_err err = {0};
    ens_code code = ens__rights_ask(j->run.r, l, source, j->run.now, j->run.report, &q, &err);
    int status = code == ENS_OK ? ens__rehearsing_judged(&j->run) : ens__rehearsing_failed(j, &err);
    return status == ENS_EXIT_GOOD ? tell_rights(j, &q) : status;
}

/* ask composes the letter, and reads it as an officer would. */
static int ask(job *j)
{
    const options *o = j->options;
    ens__account a = {.company = ""};
    ens__letter l = {.environment = ens__rehearsal_environment(j->run.r), .wanted = ENS_TIME_NONE}, read;
    bool found = false;
    ens_buf text;
    ens_err err = {0};
    if (ens__account_find(j->run.r, ens_str(j->operand), &a, &found, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    if (!o->eori || !o->date || !ens__date_read(ens_str(o->date), &l.wanted))
        return ens__command_usage(j->run.command, "say for which number and when: --eori EORI --date 2026-10-01");
    snprintf(l.account, sizeof l.account, "%.20s", found ? a.id : j->operand);
    snprintf(l.company, sizeof l.company, "%.127s", o->company ? o->company : a.company);
    snprintf(l.eori, sizeof l.eori, "%.24s", o->eori);
    if (o->print)
        return print_letter(&l);
    ens_buf_init(&text, NULL, 0, ENS_EML_TEXT_MAX);
    ens_buf_text(&text, "Subject: ");
    ens__letter_subject(&l, &text);
    ens_buf_text(&text, "\n\n");
    ens__letter_body(&l, &text);
    ens__letter_read(ens_buf_slice(&text), l.environment, j->run.now, &read, j->run.report);
    int status = take(j, &read, ENS_RIGHTS_COMPOSED);
    ens_buf_free(&text);
    return status;
}

static bool is_eml(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && ens__eq_nocase(ens_str(path + len - 4), ENS_LIT(".eml"));
}

static int take_file(job *j)
{
    ens__letter l = {0};
    ens_file file = {0};
    ens_err err = {0};
    bool eml = is_eml(j->operand);
    if (ens__file_open_steady(j->operand, ENS_EML_MAX, &file, &err) != ENS_OK)
        return ens__rehearsing_failed_about(j, NULL, &err), ENS_EXIT_UNKNOWN;
    (eml ? ens__letter_read_eml : ens__letter_read)(file.bytes, ens__rehearsal_environment(j->run.r), j->run.now, &l,
                                                    j->run.report);
    int status = take(j, &l, eml ? ENS_RIGHTS_EML : ENS_RIGHTS_PASTED);
    ens__file_close(&file);
    return status;
}

static int list(job *j)
{
    ens__rights *all = NULL;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (ens__rights_list(j->run.r, j->operand, &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++)
        status = tell_rights(j, &all[i]);
    return status;
}

static int decide(job *j, bool grant)
{
    const options *o = j->options;
    ens__rights q;
    ens_err err = {0};
    if (ens__rights_decide(j->run.r, ens_str(j->operand), grant, ens_str(o->reason), j->run.now, &q, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    return tell_rights(j, &q);
}

static int grant(job *j)
{
    return decide(j, true);
}

static int refuse(job *j)
{
    return decide(j, false);
}

enum { ASKS = 2, REASON = 4 };

static const ens__rehearsing_verb verbs[] = {
    {"rights ask", "USER --eori EORI --date DAY [--company NAME] [--print] --registry DB",
     "Composes the e-mail by which the rights in UUM&DS are asked for, with the prescribed subject, and keeps the\n"
     "request. --print shows it alone: that is what goes to French Customs on the real way.",
     ask, ASKS, 1, 1},
    {"rights take", "FILE --registry DB",
     "Takes a request as it was written: the text of an e-mail, or an e-mail as a file (.eml). What is missing is "
     "told.",
     take_file, 0, 1, 1},
    {"rights list", "[USER] --registry DB [--json]",
     "Lists requests as an officer takes them: those that wait first, by the date at which the rights are wanted.",
     list, 0, 0, 1},
    {"rights grant", "ID [--reason TEXT] --registry DB", "Grants a request, and tells the user.", grant, REASON, 1, 1},
    {"rights refuse", "ID --reason TEXT --registry DB", "Refuses a request with a reason, and tells the user.", refuse,
     REASON, 1, 1},
};
#define NUM_VERBS (sizeof verbs / sizeof *verbs)

static size_t options_of(unsigned traits, void *of, ens_option out[ENS_REHEARSING_OPTIONS_MAX])
{
    options *o = of;
    const ens_option asks[] = {
        {"eori", 0, "EORI", "for which the rights are", NULL, &o->eori, NULL},
        {"company", 0, "NAME", "of the company: that of the account's, without it", NULL, &o->company, NULL},
        {"date", 0, "DAY", "when the rights are wanted: requests are taken in its order", NULL, &o->date, NULL},
        {"print", 0, NULL, "show the e-mail, and keep nothing", &o->print, NULL, NULL}};
    const ens_option reason[] = {{"reason", 0, "TEXT", "why", NULL, &o->reason, NULL}};
    const ens_option common[] = {ENS_REHEARSING_OPTIONS(o->common)};
    size_t n = 0;
    for (size_t i = 0; (traits & ASKS) && i < sizeof asks / sizeof *asks; i++)
        out[n++] = asks[i];
    if (traits & REASON)
        out[n++] = reason[0];
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        out[n++] = common[i];
    return n;
}

int ens__cmd_rights(int argc, char **argv)
{
    static const ens_command command = {
        "rights", "ask|take|list|grant|refuse ... --registry DB",
        "Rehearses the request for the rights in UUM&DS: the e-mail to French Customs, and the officer's decision.\n"
        "Nothing here reaches French Customs or the European Commission.",
        NULL, 0};
    options o = {0};
    const ens__rehearsing_group group = {&command, verbs, NUM_VERBS, options_of, &o, &o.common};
    return ens__rehearsing_dispatch(&group, argc, argv);
}
