#include "sti/rights/letter.h"

#include "engine/base/clock.h"
#include "sti/rights/eml.h"

#include <stdio.h>

#define RULE ENS_RULE_RIGHTS
#define MIDDLE " Request for rights_"
#define TAIL " UUM&DS"
#define ARENA_MAX ((size_t)4 << 20)
#define DAY_SECONDS 86400

void ens__letter_subject(const ens__letter *l, ens_buf *out)
{
    ens_buf_printf(out, "%s" MIDDLE "%s" TAIL, l->company, ens__environment_of(l->environment)->title);
}

void ens__letter_body(const ens__letter *l, ens_buf *out)
{
    ens_civil c = ens__civil_of(l->wanted == ENS_TIME_NONE ? 0 : l->wanted);
    ens_buf_printf(out,
                   "EORI number: %s\nCompany name: %s\nProdouane user id: %s\nDesired date for the rights: "
                   "%04d-%02d-%02d\n",
                   l->eori, l->company, l->account, c.year, c.month, c.day);
}

static bool number_of(ens_slice digits, int *out)
{
    *out = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        *out = *out * 10 + digits.p[i] - '0';
    }
    return digits.len > 0;
}

bool ens__date_read(ens_slice text, ens_time *out)
{
    ens_civil c = {0};
    text = ens__trim(text);
    if (text.len != 10)
        return false;
    bool iso = text.p[4] == '-' && text.p[7] == '-';
    bool local = (text.p[2] == '/' || text.p[2] == '.') && text.p[5] == text.p[2];
    size_t y = iso ? 0 : 6, m = iso ? 5 : 3, d = iso ? 8 : 0;
    if ((!iso && !local) || !number_of(ens_sub(text, y, y + 4), &c.year) ||
        !number_of(ens_sub(text, m, m + 2), &c.month) || !number_of(ens_sub(text, d, d + 2), &c.day) ||
        !ens__civil_valid(c))
        return false;
    *out = ens__time_of(c);
    return true;
}

static void fill(char *out, size_t size, ens_slice text)
{
    text = ens__trim(text);
    snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.len ? (const char *)text.p : "");
}

/* after_label gives what stands behind "label :" at the beginning of a line. */
static bool after_label(ens_slice line, const char *const *labels, ens_slice *out)
{
    line = ens__trim(line);
    for (; *labels; labels++) {
        ens_slice rest = ens_from(line, strlen(*labels));
        if (!ens__starts_nocase(line, ens_str(*labels)))
            continue;
        rest = ens__trim(rest);
        if (ens_starts(rest, ENS_LIT("\u00a0")))
            rest = ens__trim(ens_from(rest, 2));
        if (!rest.len || rest.p[0] != ':')
            continue;
        *out = ens__trim(ens_from(rest, 1));
        return true;
    }
    return false;
}

/* without_mark takes the mark of the rehearsal from a subject. */
static ens_slice without_mark(ens_slice subject)
{
    subject = ens__trim(subject);
    if (ens_starts(subject, ENS_LIT("[REHEARSAL]")))
        subject = ens_from(subject, sizeof "[REHEARSAL]" - 1);
    else if (ens_starts(subject, ENS_LIT("[R\u00c9P\u00c9TITION]")))
        subject = ens_from(subject, sizeof "[R\u00c9P\u00c9TITION]" - 1);
    return ens__trim(subject);
}

static void judge_environment(ens_slice text, ens__environment here, ens__letter *out, ens_report *report)
{
    const char *hint = "name the environment that the rights are for: Conformance (test) or Production";
    if (!ens__environment_read(text, &out->environment))
        ens__failf(report, "rights.environment", RULE, hint, "the subject names no environment: %s",
                   ens__show(report, text));
    else if (out->environment != here)
        ens__failf(report, "rights.environment", RULE,
                   "send it for this environment, or hand it to the other one: each has its own rights",
                   "the rights are asked for %s, and this is %s", ens__environment_of(out->environment)->name,
                   ens__environment_of(here)->name);
    else
        ens__pass(report, "rights.environment", RULE);
}

static void judge_subject(ens_slice subject, bool found, ens__environment here, ens__letter *out, ens_report *report)
{
    subject = without_mark(subject);
    size_t middle = ens__find(subject, ENS_LIT(MIDDLE), 0), tail = subject.len - (sizeof TAIL - 1);
    bool shaped = middle != SIZE_MAX && middle > 0 && subject.len > sizeof TAIL &&
                  ens__eq_nocase(ens_from(subject, tail), ENS_LIT(TAIL)) && tail >= middle + sizeof MIDDLE - 1;
    if (!found || !shaped) {
        ens__failf(report, "rights.subject", RULE,
                   "write it so: <company name> Request for rights_<environment> UUM&DS", "%s%s",
                   found ? "the subject is not the prescribed one: " : "there is no subject",
                   found ? ens__show(report, subject) : "");
        return;
    }
    ens__pass(report, "rights.subject", RULE);
    fill(out->company, sizeof out->company, ens_sub(subject, 0, middle));
    judge_environment(ens_sub(subject, middle + sizeof MIDDLE - 1, tail), here, out, report);
}

/* What the lines of a body say; empty: the line isn't there. */
typedef struct {
    ens_slice eori, company, account, wanted, subject;
    bool has_subject;
} lines;

static void read_lines(ens_slice text, lines *out)
{
    static const char *const eori[] = {"EORI number", "EORI", "Num\u00e9ro EORI", "N\u00b0 EORI", NULL},
                             *const company[] = {"Company name",        "Company",        "Nom de la soci\u00e9t\u00e9",
                                                 "Nom de l'entreprise", "Raison sociale", NULL},
                             *const account[] = {"Prodouane user id", "User id", "Identifiant Prodouane", "Identifiant",
                                                 NULL},
                             *const wanted[] = {"Desired date for the rights", "Desired date",
                                                "Date souhait\u00e9e pour les droits", "Date souhait\u00e9e", NULL},
                             *const subject[] = {"Subject", "Objet", "Sujet", NULL};
    ens_reader in = ens_read(text);
    ens_slice line, value;
    while (ens_take_line(&in, &line)) {
        if (after_label(line, subject, &value) && !out->has_subject) {
            out->subject = value;
            out->has_subject = true;
        } else if (!out->has_subject && ens__find(line, ENS_LIT(MIDDLE), 0) != SIZE_MAX) {
            out->subject = line;
            out->has_subject = true;
        } else if (after_label(line, eori, &value) && !out->eori.len)
            out->eori = value;
        else if (after_label(line, company, &value) && !out->company.len)
            out->company = value;
        else if (after_label(line, account, &value) && !out->account.len)
            out->account = value;
        else if (after_label(line, wanted, &value) && !out->wanted.len)
            out->wanted = value;
    }
}

static void judge_company(ens_slice body, ens__letter *out, ens_report *report)
{
    if (!body.len)
        ens__failf(report, "rights.company", RULE, "add a line: Company name: ...", "the company's name is missing");
    else if (body.len >= sizeof out->company || !ens__is_utf8(body))
        ens__failf(report, "rights.company", RULE, "shorten it", "the company's name is too long, or no plain text");
    else if (out->company[0] && !ens__eq_nocase(body, ens_str(out->company)))
        ens__failf(report, "rights.company", RULE, "write the same name in both places",
                   "the subject names another company than the body: %s", ens__show(report, body));
    else
        ens__pass(report, "rights.company", RULE);
    fill(out->company, sizeof out->company, body);
}

static void judge_date(ens_slice text, ens_time at, ens__letter *out, ens_report *report)
{
    const char *hint = "add a line: Desired date for the rights: 2026-10-01 (requests are taken in its order)";
    out->wanted = ENS_TIME_NONE;
    if (!text.len)
        ens__failf(report, "rights.date", RULE, hint, "the date at which the rights are wanted is missing");
    else if (!ens__date_read(text, &out->wanted))
        ens__failf(report, "rights.date", RULE, hint, "%s is no date", ens__show(report, text));
    else if (out->wanted + DAY_SECONDS <= at)
        ens__warn(report, "rights.date", RULE, NULL, "the date at which the rights are wanted has passed");
    else
        ens__pass(report, "rights.date", RULE);
}

static void judge_lines(const lines *l, ens_time at, ens__letter *out, ens_report *report)
{
    judge_company(l->company, out, report);
    if (!l->eori.len)
        ens__failf(report, "rights.eori", RULE, "add a line: EORI number: FR...", "the EORI number is missing");
    else
        ens_eori_check(l->eori, at, report);
    fill(out->eori, sizeof out->eori, l->eori);
    if (!l->account.len)
        ens__failf(report, "rights.user", RULE, "add a line: Prodouane user id: ...", "the user id is missing");
    fill(out->account, sizeof out->account, l->account);
    judge_date(l->wanted, at, out, report);
}

void ens__letter_read(ens_slice text, ens__environment here, ens_time at, ens__letter *out, ens_report *report)
{
    lines l = {0};
    *out = (ens__letter){.wanted = ENS_TIME_NONE, .environment = here};
    read_lines(ens_sub(text, 0, ENS_EML_TEXT_MAX), &l);
    judge_subject(l.subject, l.has_subject, here, out, report);
    judge_lines(&l, at, out, report);
}

void ens__letter_read_eml(ens_slice file, ens__environment here, ens_time at, ens__letter *out, ens_report *report)
{
    lines l = {0};
    ens__eml mail;
    ens_arena arena;
    ens_err err = {0};
    char why[256];
    *out = (ens__letter){.wanted = ENS_TIME_NONE, .environment = here};
    ens_arena_init(&arena, ARENA_MAX);
    if (ens__eml_read(file, &arena, &mail, &err) != ENS_OK) {
        ens__failf(report, "rights.letter", "RFC 5322", "save the e-mail as a file again, or paste its text", "%s",
                   ens_err_format(&err, why, sizeof why));
    } else if (!mail.has_text) {
        ens__failf(report, "rights.letter", "RFC 2046",
                   "write the e-mail as plain text, or paste its subject and lines",
                   mail.has_html ? "the e-mail has an HTML text alone, and no plain one" : "the e-mail has no text");
    } else {
        read_lines(mail.text, &l);
        judge_subject(mail.subject, mail.has_subject, here, out, report);
        judge_lines(&l, at, out, report);
    }
    ens_arena_free(&arena);
}
