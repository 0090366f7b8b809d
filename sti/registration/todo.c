#include "sti/registration/todo.h"

#include "as4/ens/writer.h"

#include <stdio.h>

#define RULE ENS_RULE_TODO
#define ARENA_MAX ((size_t)4 << 20)
#define INFORMATION_MAX 200u
#define COLUMNS "id, provider, client, title, text, mrn, reference, posted_at, deadline, answer, answered_at"

static void read_task(const ens__row *row, void *record)
{
    ens__todo *t = record;
    ens__row_text(row, 0, t->id, sizeof t->id);
    ens__row_text(row, 1, t->provider, sizeof t->provider);
    ens__row_text(row, 2, t->client, sizeof t->client);
    ens__row_text(row, 3, t->title, sizeof t->title);
    ens__row_text(row, 4, t->text, sizeof t->text);
    ens__row_text(row, 5, t->mrn, sizeof t->mrn);
    ens__row_text(row, 6, t->reference, sizeof t->reference);
    t->posted_at = ens__row_number(row, 7);
    t->deadline = ens__row_number(row, 8);
    ens__row_text(row, 9, t->answer, sizeof t->answer);
    t->answered_at = ens__row_number(row, 10);
}

/* judge_provider: its certificate is registered by process 1, and active. */
static ens_code judge_provider(ens__rehearsal *r, ens_slice eori, ens_time now, ens_report *report, ens_err *err)
{
    ens__uumds *db = ens__rehearsal_registry(r);
    ens__party party = {.state = ENS_PARTY_REVOKED};
    ens__registration *held = NULL;
    ens_arena arena;
    size_t num = 0;
    bool found = false, active = false;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__uumds_party(db, eori, &party, &found, err);
    if (code == ENS_OK && found)
        code = ens__uumds_registrations(db, eori, &arena, &held, &num, err);
    for (size_t i = 0; i < num; i++)
        active = active || ens__registration_state(&held[i], now) == ENS_PARTY_ACTIVE;
    if (code == ENS_OK && found && active && party.state == ENS_PARTY_ACTIVE)
        ens__pass(report, "task.provider", RULE);
    else if (code == ENS_OK)
        ens__failf(report, "task.provider", RULE, "the provider registers its own certificate first, by process 1",
                   "%s has no active certificate here", ens__show(report, eori));
    ens_arena_free(&arena);
    return code;
}

static ens_code judge_client(ens__rehearsal *r, ens_slice eori, ens_report *report, ens_err *err)
{
    bool held = false;
    const ens__value v[] = {ens__text(eori)};
    ens_code code =
        ens__record_of(r, "SELECT 1 FROM rights WHERE eori = ?1 AND state = 1", v, 1, NULL, NULL, &held, err);
    if (code == ENS_OK && held)
        ens__pass(report, "task.client", RULE);
    else if (code == ENS_OK)
        ens__failf(report, "task.client", RULE,
                   "the operator walks account and rights first: process 2 wants them, too",
                   "nobody holds rights for %s here", ens__show(report, eori));
    return code;
}

static void judge_form(const ens__todo_form *f, ens_time now, ens_report *report)
{
    bool about = f->mrn.len || f->reference.len;
    if (!f->title.len || f->title.len >= ENS_TODO_TITLE || f->text.len >= ENS_TODO_TEXT || !ens__is_utf8(f->title) ||
        !ens__is_utf8(f->text))
        ens__failf(report, "task.text", RULE, "give a title of up to 255 characters",
                   "the title is missing or too long");
    else
        ens__pass(report, "task.text", RULE);
    if (f->deadline <= now)
        ens__failf(report, "task.deadline", RULE, "give a time that is to come", "the deadline has passed");
    else
        ens__pass(report, "task.deadline", RULE);
    if (about && (f->mrn.len != 18 || !f->reference.len || f->reference.len > 17))
        ens__failf(report, "task.referral", "ICS2-HTI, IE3R02",
                   "give both as the IE3Q02 has them: MRN (18 characters) and referral request reference",
                   "the referral isn't named by its MRN and its reference");
}

static void fill(char *out, size_t size, ens_slice text)
{
    snprintf(out, size, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

static ens_code put_task(ens__rehearsal *r, const ens__todo *t, ens_err *err)
{
    const ens__value v[] = {ens__string(t->id),        ens__string(t->provider),  ens__string(t->client),
                            ens__string(t->title),     ens__string(t->text),      ens__string(t->mrn),
                            ens__string(t->reference), ens__number(t->posted_at), ens__number(t->deadline)};
    return ens__rehearsal_run(r, "INSERT INTO task (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', 0)", v,
                              sizeof v / sizeof *v, NULL, err);
}

ens_code ens__todo_post(ens__rehearsal *r, const ens__todo_form *f, ens_time now, ens_report *report, ens__todo *out,
                        ens_err *err)
{
    ens__todo t = {.posted_at = now, .deadline = f->deadline};
    ens_code code = judge_provider(r, f->provider, now, report, err);
    if (code == ENS_OK)
        code = judge_client(r, f->client, report, err);
    judge_form(f, now, report);
    if (code != ENS_OK || ens_report_verdict(report) != ENS_ACCEPTED)
        return code;
    fill(t.provider, sizeof t.provider, f->provider);
    fill(t.client, sizeof t.client, f->client);
    fill(t.title, sizeof t.title, f->title);
    fill(t.text, sizeof t.text, f->text);
    fill(t.mrn, sizeof t.mrn, f->mrn);
    fill(t.reference, sizeof t.reference, f->reference);
    code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_TASK, t.id, err);
    if (code == ENS_OK)
        code = put_task(r, &t, err);
    if (code == ENS_OK)
        *out = t;
    return code;
}

ens_code ens__todos(ens__rehearsal *r, const char *client, const char *provider, ens_arena *arena, ens__todo **out,
                    size_t *num, ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_task};
    const ens__value v[] = {ens__string(client), ens__string(provider)};
    ens_code code = ens__records_of(r,
                                    "SELECT " COLUMNS " FROM task WHERE (?1 = '' OR client = ?1) AND (?2 = '' OR "
                                    "provider = ?2) ORDER BY answered_at > 0, deadline, id",
                                    v, 2, &list, err);
    if (code == ENS_OK) {
        *out = (ens__todo *)(void *)list.records;
        *num = list.num;
    }
    return code;
}

ens_code ens__todo_find(ens__rehearsal *r, ens_slice id, const char *client, ens__todo *out, ens_err *err)
{
    bool found;
    const ens__value v[] = {ens__text(id), ens__string(client)};
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_TASK, id, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT " COLUMNS " FROM task WHERE id = ?1 AND (?2 = '' OR client = ?2)", v, 2,
                              read_task, out, &found, err);
    return code == ENS_OK && !found ? ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0) : code;
}

ens_code ens__todo_answer(ens__rehearsal *r, ens__todo *t, ens_slice text, ens_time now, ens_err *err)
{
    int64_t changed = 0;
    text = ens__trim(text);
    if (!text.len)
        return ens_fail(err, ENS_EPOLICY, RULE, "say something: an answer has a text", 0);
    if (text.len >= sizeof t->answer || !ens__is_utf8(text))
        return ens_fail(err, ENS_ELIMIT, "ICS2-HTI, IE3R02", "the answer is longer than 512 characters", 0);
    const ens__value v[] = {ens__string(t->id), ens__text(text), ens__number(now)};
    ens_code code = ens__rehearsal_run(
        r, "UPDATE task SET answer = ?2, answered_at = ?3 WHERE id = ?1 AND answered_at = 0", v, 3, &changed, err);
    if (code == ENS_OK && !changed)
        return ens_fail(err, ENS_EPOLICY, RULE, "the task is answered already", 0);
    fill(t->answer, sizeof t->answer, text);
    t->answered_at = now;
    return code;
}

static void put_inside(ens_docwriter *w, uint16_t parent, uint16_t name, const char *text)
{
    ens__docwriter_open(w, parent);
    ens__docwriter_leaf(w, name, ens_str(text));
    ens__docwriter_close(w);
}

ens_code ens__todo_document(const ens__todo *t, ens_buf *out, ens_err *err)
{
    ens_docwriter w;
    char at[ENS_TIME_TEXT], country[3] = {t->mrn[2], t->mrn[2] ? t->mrn[3] : '\0', '\0'};
    if (!t->answered_at || !t->mrn[0])
        return ens_fail(err, ENS_EPOLICY, RULE,
                        t->mrn[0] ? "the task isn't answered yet" : "the task is about no referral: nothing is sent",
                        0);
    ens__docwriter_begin(&w, &ens__tables, "IE3R02", false, out);
    ens__docwriter_leaf(&w, ENS_EL_documentIssueDate, ens_str(ens_time_format(t->answered_at, at)));
    ens__docwriter_leaf(&w, ENS_EL_MRN, ens_str(t->mrn));
    put_inside(&w, ENS_EL_responsibleMemberState, ENS_EL_country, country);
    put_inside(&w, ENS_EL_declarant, ENS_EL_identificationNumber, t->client);
    ens__docwriter_open(&w, ENS_EL_additionalInformationResponse);
    ens__docwriter_leaf(&w, ENS_EL_referralRequestReference, ens_str(t->reference));
    put_inside(&w, ENS_EL_additionalInformation, ENS_EL_text, t->answer);
    ens__docwriter_close(&w);
    return ens__docwriter_end(&w, err);
}

static void read_information(const ens__row *row, void *record)
{
    ens__information *i = record;
    ens__row_text(row, 0, i->message_id, sizeof i->message_id);
    ens__row_text(row, 1, i->mrn, sizeof i->mrn);
    ens__row_text(row, 2, i->action, sizeof i->action);
    i->at = ens__row_number(row, 3) / 1000;
}

ens_code ens__information_of(ens__rehearsal *r, const char *eori, ens_arena *arena, ens__information **out, size_t *num,
                             ens_err *err)
{
    bool kept = false;
    ens__records list = {.arena = arena, .size = sizeof **out, .max = INFORMATION_MAX, .read = read_information};
    const ens__value v[] = {ens__string(eori)};
    ens_code code = ens__rehearsal_keeps(r, "filing_notice", &kept, err);
    if (code == ENS_OK && kept)
        code =
            ens__records_of(r,
                            "SELECT n.message_id, n.mrn, n.action, n.at FROM filing_notice n JOIN filing f ON f.mrn ="
                            " n.mrn WHERE (n.person = ?1 OR f.declarant = ?1) AND n.action IN ('IE3Q01', 'IE3Q02',"
                            " 'IE3Q03') ORDER BY n.at DESC, n.message_id",
                            v, 1, &list, err);
    if (code == ENS_OK) {
        *out = (ens__information *)(void *)list.records;
        *num = list.num;
    }
    return code;
}
