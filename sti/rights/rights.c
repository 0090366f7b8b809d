#include "sti/rights/rights.h"

#include <stdio.h>

#define RULE ENS_RULE_RIGHTS
#define TEXT_MAX ((size_t)4 << 10)
#define COLUMNS "id, account, eori, company, wanted, asked_at, decided_at, state, reason, source"

const char *ens__rights_state_name(ens__rights_state state)
{
    static const char *const names[] = {"requested", "granted", "refused"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

const char *ens__rights_source_name(ens__rights_source source)
{
    static const char *const names[] = {"composed", "pasted", "e-mail"};
    return (unsigned)source < sizeof names / sizeof *names ? names[source] : "unknown";
}

static void read_rights(const ens__row *row, void *record)
{
    ens__rights *q = record;
    ens__row_text(row, 0, q->id, sizeof q->id);
    ens__row_text(row, 1, q->account, sizeof q->account);
    ens__row_text(row, 2, q->eori, sizeof q->eori);
    ens__row_text(row, 3, q->company, sizeof q->company);
    q->wanted = ens__row_number(row, 4);
    q->asked_at = ens__row_number(row, 5);
    q->decided_at = ens__row_number(row, 6);
    q->state = (ens__rights_state)ens__row_number(row, 7);
    ens__row_text(row, 8, q->reason, sizeof q->reason);
    q->source = (ens__rights_source)ens__row_number(row, 9);
}

/* judge_account: the user id is that of a confirmed account here; another's or none has the same answer. */
static ens_code judge_account(ens__rehearsal *r, const char *id, ens__account *out, ens_report *report, ens_err *err)
{
    bool found = false;
    ens_code code = ens__account_find(r, ens_str(id), out, &found, err);
    if (code == ENS_OK && (!found || out->state != ENS_ACCOUNT_ACTIVE) && id[0])
        ens__failf(report, "rights.user", RULE, "create the account first, and confirm it by the link in the mail",
                   "%s is no user id of a confirmed account in %s", ens__show(report, ens_str(id)),
                   ens__environment_of(ens__rehearsal_environment(r))->name);
    else if (code == ENS_OK && id[0] && !out->linked)
        ens__warn(report, "rights.user", RULE, "link the company first: My personal information > Add",
                  "the account isn't linked to a company yet");
    else if (code == ENS_OK && id[0])
        ens__pass(report, "rights.user", RULE);
    return code;
}

static ens_code put_rights(ens__rehearsal *r, const ens__rights *q, ens_err *err)
{
    const ens__value v[] = {ens__string(q->id),      ens__string(q->account), ens__string(q->eori),
                            ens__string(q->company), ens__number(q->wanted),  ens__number(q->source),
                            ens__number(q->asked_at)};
    return ens__rehearsal_run(r,
                              "INSERT INTO rights (id, account, eori, company, wanted, state, reason, source, asked_at,"
                              " decided_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6, ?7, 0)",
                              v, sizeof v / sizeof *v, NULL, err);
}

/* write_mail keeps the request as the mail that it is. */
static ens_code write_mail(ens__rehearsal *r, const ens__letter *l, const ens__account *a, ens_time now, ens_err *err)
{
    ens_buf subject, body;
    ens_buf_init(&subject, NULL, 0, ENS_MAIL_SUBJECT);
    ens_buf_init(&body, NULL, 0, TEXT_MAX);
    ens__letter_subject(l, &subject);
    ens_buf_add(&subject, "", 1);
    ens__letter_body(l, &body);
    ens_code code = ens_buf_done(&subject, err);
    if (code == ENS_OK)
        code = ens_buf_done(&body, err);
    if (code == ENS_OK) {
        const ens__mail_draft draft = {a->id, ENS_RIGHTS_MAILBOX, (const char *)subject.p, a->language,
                                       ens_buf_slice(&body)};
        code = ens__mail_write(r, &draft, now, NULL, err);
    }
    ens_buf_free(&subject);
    ens_buf_free(&body);
    return code;
}

/* judge_again refuses what waits or was granted already. */
static ens_code judge_again(ens__rehearsal *r, const ens__account *a, const char *eori, ens_report *report,
                            ens_err *err)
{
    ens__rights there = {.account = ""};
    bool found;
    const ens__value v[] = {ens__string(a->id), ens__string(eori)};
    ens_code code = ens__record_of(r, "SELECT " COLUMNS " FROM rights WHERE account = ?1 AND eori = ?2 AND state < 2",
                                   v, 2, read_rights, &there, &found, err);
    if (code == ENS_OK && found)
        ens__failf(report, "rights.again", RULE, "wait for the officer, or go on to UUM&DS",
                   "the rights for this EORI are %s already", ens__rights_state_name(there.state));
    return code;
}

ens_code ens__rights_ask(ens__rehearsal *r, const ens__letter *l, ens__rights_source source, ens_time now,
                         ens_report *report, ens__rights *out, ens_err *err)
{
    ens__account a = {.id = ""};
    ens__rights q = {.wanted = l->wanted, .asked_at = now, .source = source};
    ens_code code = judge_account(r, l->account, &a, report, err);
    if (code == ENS_OK && ens_report_verdict(report) == ENS_ACCEPTED)
        code = judge_again(r, &a, l->eori, report, err);
    if (code != ENS_OK || ens_report_verdict(report) != ENS_ACCEPTED)
        return code;
    snprintf(q.account, sizeof q.account, "%s", a.id);
    snprintf(q.eori, sizeof q.eori, "%.17s", l->eori);
    snprintf(q.company, sizeof q.company, "%s", l->company);
    code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_RIGHTS, q.id, err);
    if (code == ENS_OK)
        code = put_rights(r, &q, err);
    if (code == ENS_OK && source == ENS_RIGHTS_COMPOSED)
        code = write_mail(r, l, &a, now, err);
    if (code == ENS_OK)
        *out = q;
    return code;
}

ens_code ens__rights_list(ens__rehearsal *r, const char *account, ens_arena *arena, ens__rights **out, size_t *num,
                          ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_rights};
    const ens__value v[] = {ens__string(account)};
    ens_code code = ens__records_of(r,
                                    "SELECT " COLUMNS " FROM rights WHERE ?1 = '' OR account = ?1 ORDER BY state > 0,"
                                    " wanted, asked_at, id",
                                    v, 1, &list, err);
    if (code == ENS_OK) {
        *out = (ens__rights *)(void *)list.records;
        *num = list.num;
    }
    return code;
}

ens_code ens__rights_find(ens__rehearsal *r, ens_slice id, ens__rights *out, ens_err *err)
{
    bool found;
    const ens__value v[] = {ens__text(id)};
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_RIGHTS, id, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT " COLUMNS " FROM rights WHERE id = ?1", v, 1, read_rights, out, &found, err);
    return code == ENS_OK && !found ? ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0) : code;
}

ens_code ens__rights_held(ens__rehearsal *r, const char *account, ens_slice eori, ens__rights *out, bool *held,
                          ens_err *err)
{
    const ens__value v[] = {ens__string(account), ens__text(eori)};
    return ens__record_of(r, "SELECT " COLUMNS " FROM rights WHERE account = ?1 AND eori = ?2 AND state = 1", v, 2,
                          read_rights, out, held, err);
}

/* tell writes the officer's word to the user. */
static ens_code tell(ens__rehearsal *r, const ens__rights *q, ens_time now, ens_err *err)
{
    ens__account a;
    ens_buf text;
    bool found = false, french;
    const char *environment = ens__environment_of(ens__rehearsal_environment(r))->title;
    ens_code code = ens__account_find(r, ens_str(q->account), &a, &found, err);
    if (code != ENS_OK || !found)
        return code;
    french = strcmp(a.language, "fr") == 0;
    ens_buf_init(&text, NULL, 0, TEXT_MAX);
    if (q->state == ENS_RIGHTS_GRANTED)
        ens_buf_printf(&text,
                       french ? "Les droits UUM&DS (%s) sont accord\u00e9s pour %s, %s."
                              : "The UUM&DS rights (%s) are granted for %s, %s.",
                       environment, q->eori, q->company);
    else
        ens_buf_printf(&text,
                       french ? "Les droits UUM&DS (%s) sont refus\u00e9s pour %s. Motif : %s"
                              : "The UUM&DS rights (%s) are refused for %s. Reason: %s",
                       environment, q->eori, q->reason);
    const ens__mail_draft draft = {a.id, a.email, french ? "Droits UUM&DS" : "UUM&DS rights", a.language,
                                   ens_buf_slice(&text)};
    code = ens_buf_done(&text, err);
    if (code == ENS_OK)
        code = ens__news_write(r, a.id, ens_buf_slice(&text), now, err);
    if (code == ENS_OK)
        code = ens__mail_write(r, &draft, now, NULL, err);
    ens_buf_free(&text);
    return code;
}

ens_code ens__rights_decide(ens__rehearsal *r, ens_slice id, bool grant, ens_slice reason, ens_time now,
                            ens__rights *out, ens_err *err)
{
    int64_t changed = 0;
    ens_code code = ens__rights_find(r, id, out, err);
    reason = ens__trim(reason);
    if (code == ENS_OK && !grant && !reason.len)
        code = ens_fail(err, ENS_EPOLICY, RULE, "say why: a refusal has a reason", 0);
    if (code == ENS_OK && reason.len >= sizeof out->reason)
        code = ens_fail(err, ENS_ELIMIT, RULE, "the reason is too long", 0);
    if (code != ENS_OK)
        return code;
    out->state = grant ? ENS_RIGHTS_GRANTED : ENS_RIGHTS_REFUSED;
    out->decided_at = now;
    snprintf(out->reason, sizeof out->reason, "%.*s", (int)reason.len, reason.len ? (const char *)reason.p : "");
    const ens__value v[] = {ens__text(id), ens__number(out->state), ens__string(out->reason), ens__number(now)};
    code =
        ens__rehearsal_run(r, "UPDATE rights SET state = ?2, reason = ?3, decided_at = ?4 WHERE id = ?1 AND state = 0",
                           v, 4, &changed, err);
    if (code == ENS_OK && !changed)
        code = ens_fail(err, ENS_EPOLICY, RULE, "the request is decided already", 0);
    return code == ENS_OK ? tell(r, out, now, err) : code;
}
