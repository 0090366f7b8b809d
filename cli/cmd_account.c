/* ensign account: the account of a person, as a rehearsal of Prodouane's. */
#include "cli/rehearsing.h"
#include "engine/base/file.h"
#include "show/output.h"
#include "sti/account/login.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX ((size_t)64 << 10)

typedef struct {
    ens__rehearsing_options common;
    const char *email, *surname, *first_name, *phone, *address, *language, *pass_file, *siret, *company, *topics, *out;
    bool terms, confirm, send;
} options;

typedef ens__rehearsing_job job;

static int tell_account(job *j, const ens__account *a)
{
    char at[ENS_TIME_TEXT];
    if (j->run.o->json) {
        ens_json line = ens__rehearsing_json(&j->run);
        ens__account_json(&line, NULL, a);
        return ens__rehearsing_print(&line);
    }
    ens__print("%-20s  %-24s  %s %s  %s\n", a->id, ens__account_state_name(a->state), a->first_name, a->surname,
               a->email);
    if (a->state == ENS_ACCOUNT_WAITING)
        ens__print("  the link in the mail is good until %s\n", ens__rehearsing_time(a->link_until, at));
    if (a->siret[0])
        ens__print("  SIRET %s, %s: %s\n", a->siret, a->company, a->linked ? "linked" : "not confirmed yet");
    return ENS_EXIT_GOOD;
}

/* read_password takes the first line of --pass-file, or the variable. It is never an argument. */
static bool read_password(const job *j, ens_file *file, ens_slice *out)
{
    const options *o = j->options;
    ens_err err = {0};
    ens_reader r;
    *out = ens_str(getenv("ENSIGN_PASS"));
    if (!o->pass_file && out->p)
        return true;
    if (!o->pass_file)
        return ens__command_usage(j->run.command, "the password comes by --pass-file, or the variable ENSIGN_PASS"),
               false;
    if (ens__file_open_secret(o->pass_file, 0, file, &err) != ENS_OK)
        return ens__say_error(j->run.command->name, o->pass_file, &err), false;
    r = ens_read(file->bytes);
    return !file->bytes.len || ens_take_line(&r, out);
}

static int create(job *j)
{
    const options *o = j->options;
    char mail[ENS_ID];
    bool found = false;
    ens__account a;
    ens_file file = {0};
    ens_err err = {0};
    ens__account_form form = {.id = ens_str(j->operand),
                              .email = ens_str(o->email),
                              .surname = ens_str(o->surname),
                              .first_name = ens_str(o->first_name),
                              .phone = ens_str(o->phone),
                              .address = ens_str(o->address),
                              .language = ens_str(o->language),
                              .terms = o->terms};
    if (!read_password(j, &file, &form.password))
        return ENS_EXIT_UNKNOWN;
    ens_code code = ens__account_create(j->run.r, &form, j->run.now, j->run.report, mail, &err);
    ens__file_close(&file);
    int status = code == ENS_OK ? ens__rehearsing_judged(&j->run) : ens__rehearsing_failed(j, &err);
    if (status != ENS_EXIT_GOOD)
        return status;
    if (ens__account_find(j->run.r, form.id, &a, &found, &err) != ENS_OK || !found)
        return ens__rehearsing_failed(j, &err);
    ens__say("the mail with the link: ensign account mail %s --registry FILE\n", mail);
    return tell_account(j, &a);
}

static int confirm(job *j)
{
    ens__account a;
    ens_err err = {0};
    if (ens__account_confirm(j->run.r, ens_str(j->operand), j->run.now, &a, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    return tell_account(j, &a);
}

static int resend(job *j)
{
    ens_err err = {0};
    if (ens__account_resend(j->run.r, ens_str(j->operand), j->run.now, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    ens__say("where there is such an account, and it waits within its 24 hours, another mail is on its way;\n"
             "look into the outbox and the spam folder. After 24 hours create the account anew.\n");
    return ENS_EXIT_GOOD;
}

static int login(job *j)
{
    char token[ENS_ID];
    ens_slice password;
    ens_file file = {0};
    ens_err err = {0};
    if (!read_password(j, &file, &password))
        return ENS_EXIT_UNKNOWN;
    ens_code code = ens__login(j->run.r, ens_str(j->operand), password, j->run.now, token, &err);
    ens__file_close(&file);
    if (code == ENS_OK)
        code = ens__logout(j->run.r, ens_str(token), &err);
    OPENSSL_cleanse(token, sizeof token);
    if (code != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    printf("user id and password are right\n");
    return ENS_EXIT_GOOD;
}

/* find_account reads the account of the operand; false with a message. */
static bool find_account(job *j, ens__account *a, int *status)
{
    bool found = false;
    ens_err err = {0};
    if (ens__account_find(j->run.r, ens_str(j->operand), a, &found, &err) != ENS_OK)
        return *status = ens__rehearsing_failed(j, &err), false;
    if (!found)
        ens__say("ensign %s: there is no account %s\n", j->run.command->name, j->operand);
    *status = ENS_EXIT_REFUSED;
    return found;
}

static int show_account(job *j)
{
    ens__account *all = NULL, one;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (j->operand)
        return find_account(j, &one, &status) ? tell_account(j, &one) : status;
    if (ens__accounts(j->run.r, &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++)
        status = tell_account(j, &all[i]);
    return status;
}

static int company(job *j)
{
    const options *o = j->options;
    ens__account a;
    int status;
    ens_err err = {0};
    if (!find_account(j, &a, &status))
        return status;
    if (o->siret || !o->confirm) {
        if (ens__company_enter(j->run.r, &a, ens_str(o->siret), ens_str(o->company), j->run.report, &err) != ENS_OK)
            return ens__rehearsing_failed(j, &err);
        if ((status = ens__rehearsing_judged(&j->run)) != ENS_EXIT_GOOD)
            return status;
    }
    if (o->confirm && ens__company_confirm(j->run.r, &a, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    return tell_account(j, &a);
}

static bool set_text(const job *j, const char *value, char *out, size_t size, const char *option)
{
    if (value && (strlen(value) >= size || !ens__is_utf8(ens_str(value))))
        return ens__command_usage(j->run.command, "%s is too long", option), false;
    if (value)
        snprintf(out, size, "%s", value);
    return true;
}

static int change(job *j)
{
    ens__account a;
    int status;
    ens_err err = {0};
    const options *o = j->options;
    if (!find_account(j, &a, &status))
        return status;
    if (!set_text(j, o->phone, a.phone, sizeof a.phone, "--phone") ||
        !set_text(j, o->address, a.address, sizeof a.address, "--address") ||
        !set_text(j, o->topics, a.topics, sizeof a.topics, "--topics") ||
        !set_text(j, o->language, a.language, sizeof a.language, "--language"))
        return ENS_EXIT_UNKNOWN;
    return ens__account_change(j->run.r, &a, &err) == ENS_OK ? tell_account(j, &a) : ens__rehearsing_failed(j, &err);
}

static int list_mails(job *j)
{
    ens__mail *mails = NULL;
    size_t num = 0;
    int status = ENS_EXIT_GOOD;
    ens_err err = {0};
    if (ens__mails(j->run.r, NULL, &j->run.arena, &mails, &num, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++) {
        char at[ENS_TIME_TEXT];
        ens_json line;
        if (j->run.o->json) {
            line = ens__rehearsing_json(&j->run);
            ens__mail_json(&line, NULL, &mails[i], (ens_slice){0});
            status = ens__rehearsing_print(&line);
        } else {
            ens__print("%s  %s  %-8s %s  %s\n", mails[i].id, ens__rehearsing_time(mails[i].at, at),
                       ens__mail_state_name(mails[i].state), mails[i].to, mails[i].subject);
        }
    }
    return status;
}

static int tell_mail(job *j, const ens__mail *mail, ens_slice body)
{
    if (j->run.o->json) {
        ens_json line = ens__rehearsing_json(&j->run);
        ens__mail_json(&line, NULL, mail, body);
        return ens__rehearsing_print(&line);
    }
    ens__print("To: %s\nSubject: %s\n", mail->to, mail->subject);
    if (mail->reason[0])
        ens__print("(%s: %s)\n", ens__mail_state_name(mail->state), mail->reason);
    putchar('\n');
    ens__write_out(stdout, body);
    return ENS_EXIT_GOOD;
}

static int write_mail(job *j, const ens__mail *mail, ens_slice body)
{
    const options *o = j->options;
    ens_buf out;
    ens_err err = {0};
    ens_buf_init(&out, NULL, 0, BODY_MAX * 2);
    ens__mail_message(mail, body, "rehearsal@ensign.invalid", &out);
    ens_code code = ens_buf_done(&out, &err);
    if (code == ENS_OK)
        code = ens__file_write(o->out, ens_buf_slice(&out), 0600, &err);
    ens_buf_free(&out);
    return code == ENS_OK ? ENS_EXIT_GOOD : ens__rehearsing_failed(j, &err);
}

static int mail(job *j)
{
    const options *o = j->options;
    ens__mail found;
    ens_buf body;
    ens_err err = {0};
    ens_code code = ENS_OK;
    if (!j->operand)
        return list_mails(j);
    ens_buf_init(&body, NULL, 0, BODY_MAX);
    if (o->send)
        code = ens__mail_send(j->run.r, ens_str(j->operand), &err);
    if (code == ENS_OK)
        code = ens__mail_find(j->run.r, ens_str(j->operand), &found, &body, &err);
    int status = code != ENS_OK ? ens__rehearsing_failed(j, &err)
                 : o->out       ? write_mail(j, &found, ens_buf_slice(&body))
                                : tell_mail(j, &found, ens_buf_slice(&body));
    ens_buf_free(&body);
    return status;
}

static int news(job *j)
{
    ens__news *all = NULL;
    size_t num = 0;
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    if (ens__news_of(j->run.r, j->operand, &j->run.arena, &all, &num, &err) != ENS_OK)
        return ens__rehearsing_failed(j, &err);
    for (size_t i = 0; i < num && status == ENS_EXIT_GOOD; i++) {
        char at[ENS_TIME_TEXT];
        ens_json line;
        if (j->run.o->json) {
            line = ens__rehearsing_json(&j->run);
            ens__news_json(&line, NULL, &all[i]);
            status = ens__rehearsing_print(&line);
        } else {
            ens__print("%s  %s\n", ens__rehearsing_time(all[i].at, at), all[i].text);
        }
    }
    return status;
}

enum { PERSON = 4, CONTACTS = 8, PASSWORD = 16, COMPANY = 32, MAIL = 64 };

static const ens__rehearsing_verb verbs[] = {
    {"account create", "USER --email A --surname N --first-name N --accept-terms [options] --registry DB",
     "Creates an account as Prodouane has it: a user id of 8 to 20 letters and digits, and a password with a digit, "
     "an\n"
     "upper-case letter and a special character. Invent one for this rehearsal; never give your real one. The mail "
     "with\n"
     "the link that confirms it stands in the outbox.",
     create, PERSON | CONTACTS | PASSWORD | ENS_REHEARSING_CREATES, 1, 1},
    {"account confirm", "LINK --registry DB", "Confirms an account by what its mail's link has: within 24 hours, once.",
     confirm, 0, 1, 1},
    {"account resend", "USER --registry DB",
     "Sends another link; the one before is void. Nothing tells whether there is such an account.", resend, 0, 1, 1},
    {"account login", "USER --registry DB",
     "Tries user id and password. After five wrong ones within a quarter of an hour nobody gets in.", login, PASSWORD,
     1, 1},
    {"account show", "[USER] --registry DB [--json]", "Shows an account, or lists them all.", show_account, 0, 0, 1},
    {"account company", "USER [--siret N --company NAME] [--confirm] --registry DB",
     "Links an account to its company: the SIRET's check digits are verified, and what was entered is confirmed.",
     company, COMPANY, 1, 1},
    {"account change", "USER [--phone N] [--address TEXT] [--topics TEXT] [--language fr|en] --registry DB",
     "Changes contacts and preferences.", change, CONTACTS, 1, 1},
    {"account mail", "[ID] [--send] [-o FILE] --registry DB",
     "Lists the mails of the rehearsal, or shows one. They stay here: one leaves only to addresses that the settings\n"
     "list, and none to gouv.fr or europa.eu.",
     mail, MAIL, 0, 1},
    {"account news", "USER --registry DB", "Shows what officers told a user.", news, 0, 1, 1},
};
#define NUM_VERBS (sizeof verbs / sizeof *verbs)

static size_t options_of(unsigned traits, void *of, ens_option out[ENS_REHEARSING_OPTIONS_MAX])
{
    options *o = of;
    const ens_option person[] = {
        {"email", 0, "ADDRESS", "where the link goes: .invalid is good for a rehearsal", NULL, &o->email, NULL},
        {"surname", 0, "NAME", "of the person", NULL, &o->surname, NULL},
        {"first-name", 0, "NAME", "of the person", NULL, &o->first_name, NULL},
        {"accept-terms", 0, NULL, "the general terms and conditions of use are accepted", &o->terms, NULL, NULL}};
    const ens_option contacts[] = {{"phone", 0, "NUMBER", "of the person", NULL, &o->phone, NULL},
                                   {"address", 0, "TEXT", "postal address", NULL, &o->address, NULL},
                                   {"topics", 0, "TEXT", "of which news are wanted", NULL, &o->topics, NULL},
                                   {"language", 0, "fr|en", "of mails: fr is the default", NULL, &o->language, NULL}};
    const ens_option password[] = {
        {"pass-file", 0, "FILE", "the invented password (else ENSIGN_PASS)", NULL, &o->pass_file, NULL}};
    const ens_option company_rows[] = {{"siret", 0, "N", "14 digits", NULL, &o->siret, NULL},
                                       {"company", 0, "NAME", "of the company", NULL, &o->company, NULL},
                                       {"confirm", 0, NULL, "confirm what was entered", &o->confirm, NULL, NULL}};
    const ens_option mail_rows[] = {{"send", 0, NULL, "try to send it, as the settings allow", &o->send, NULL, NULL},
                                    {"output", 'o', "FILE", "write it as a file (.eml)", NULL, &o->out, NULL}};
    const ens_option common[] = {ENS_REHEARSING_OPTIONS(o->common)};
    const struct {
        unsigned trait;
        const ens_option *rows;
        size_t num;
    } groups[] = {{PERSON, person, 4},        {CONTACTS, contacts, 4}, {PASSWORD, password, 1},
                  {COMPANY, company_rows, 3}, {MAIL, mail_rows, 2},    {0, common, 4}};
    size_t n = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (size_t i = 0; (!groups[g].trait || (traits & groups[g].trait)) && i < groups[g].num; i++)
            out[n++] = groups[g].rows[i];
    return n;
}

int ens__cmd_account(int argc, char **argv)
{
    static const ens_command command = {
        "account", "create|confirm|resend|login|show|company|change|mail|news ... --registry DB",
        "Rehearses the account of a person at French Customs (Prodouane), on this machine alone.\n"
        "Nothing here reaches French Customs or the European Commission.",
        NULL, 0};
    options o = {0};
    const ens__rehearsing_group group = {&command, verbs, NUM_VERBS, options_of, &o, &o.common};
    return ens__rehearsing_dispatch(&group, argc, argv);
}
