#include "sti/account/account.h"

#include "engine/base/printable.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define RULE ENS_RULE_ACCOUNT
#define TEXT_MAX ((size_t)4 << 10)
#define COLUMNS                                                                                                        \
    "id, state, email, surname, first_name, phone, address, topics, language, created_at, link_until, siret, company," \
    " linked"

const char *ens__account_state_name(ens__account_state state)
{
    return state == ENS_ACCOUNT_ACTIVE ? "active" : "waiting for confirmation";
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_user_id(ens_slice id)
{
    bool good = id.len >= ENS_ACCOUNT_ID_MIN && id.len <= ENS_ACCOUNT_ID_MAX;
    for (size_t i = 0; good && i < id.len; i++)
        good = is_digit(id.p[i]) || is_letter(id.p[i]);
    return good;
}

static void judge_user_id(ens_slice id, ens_report *report)
{
    if (is_user_id(id))
        ens__pass(report, "account.user-id", RULE);
    else
        ens__failf(report, "account.user-id", RULE, "choose 8 to 20 letters and digits, without - and _",
                   id.len ? "%s is not 8 to 20 letters and digits" : "no user id is given%s",
                   id.len ? ens__show(report, id) : "");
}

/* judge_password wants letters and digits, one digit, one capital and one character that is neither. */
static void judge_password(ens_slice password, ens_report *report)
{
    unsigned digits = 0, capitals = 0, special = 0;
    for (size_t i = 0; i < password.len; i++) {
        digits += is_digit(password.p[i]);
        capitals += password.p[i] >= 'A' && password.p[i] <= 'Z';
        special += password.p[i] > ' ' && password.p[i] < 0x7F && !is_digit(password.p[i]) && !is_letter(password.p[i]);
    }
    const char *missing = password.len < ENS_PASSWORD_MIN   ? "it is shorter than 8 characters (assumed)"
                          : password.len > ENS_PASSWORD_MAX ? "it is longer than 128 characters (assumed)"
                          : !digits                         ? "it has no digit"
                          : !capitals                       ? "it has no upper-case letter"
                          : !special                        ? "it has no special character"
                                                            : NULL;
    if (missing)
        ens__failf(report, "account.password", RULE,
                   "invent one with a digit, an upper-case letter and a special character: never type your real one",
                   "the password doesn't keep the rule: %s", missing);
    else
        ens__pass(report, "account.password", RULE);
}

static void judge_text(ens_slice text, size_t max, bool wanted, const char *id, const char *what, ens_report *report)
{
    bool good = text.len < max && ens__is_utf8(text);
    for (size_t i = 0; good && i < text.len; i++)
        good = text.p[i] >= ' ';
    if (wanted && !ens__trim(text).len)
        ens__failf(report, id, RULE, "fill it in", "%s is missing", what);
    else if (!good)
        ens__failf(report, id, RULE, "shorten it, and leave out line ends", "%s is too long, or no plain text", what);
}

static void judge_person(const ens__account_form *f, ens_report *report)
{
    size_t before = ens_report_num(report);
    judge_text(f->surname, ENS_ACCOUNT_NAME, true, "account.person", "the surname", report);
    judge_text(f->first_name, ENS_ACCOUNT_NAME, true, "account.person", "the first name", report);
    judge_text(f->address, ENS_ACCOUNT_ADDRESS, false, "account.person", "the postal address", report);
    judge_text(f->phone, ENS_ACCOUNT_PHONE, false, "account.person", "the phone number", report);
    if (ens_report_num(report) == before)
        ens__pass(report, "account.person", RULE);
}

static void judge_email(ens_slice email, ens_report *report)
{
    if (!ens__mail_address(email))
        ens__failf(report, "account.email", RULE, "give one address, as in name@company.example",
                   email.len ? "%s is no e-mail address" : "no e-mail address is given%s",
                   email.len ? ens__show(report, email) : "");
    else if (ens__mail_official(email))
        ens__failf(report, "account.email", RULE, "give an address of your own, or one that ends with .invalid",
                   "%s is an address of an administration: no mail of a rehearsal goes there",
                   ens__show(report, email));
    else
        ens__pass(report, "account.email", RULE);
}

static ens_code judge_free(ens__rehearsal *r, ens_slice id, ens_time now, ens_report *report, ens_err *err)
{
    ens__account there;
    bool found = false;
    ens_code code = ens__account_find(r, id, &there, &found, err);
    if (code == ENS_OK && found && (there.state == ENS_ACCOUNT_ACTIVE || there.link_until >= now))
        ens__failf(report, "account.free", RULE, "choose another user id", "the user id is taken");
    return code;
}

ens_code ens__account_judge(ens__rehearsal *r, const ens__account_form *f, ens_time now, ens_report *report,
                            ens_err *err)
{
    judge_user_id(f->id, report);
    judge_password(f->password, report);
    judge_email(f->email, report);
    judge_person(f, report);
    if (f->terms)
        ens__pass(report, "account.terms", RULE);
    else
        ens__failf(report, "account.terms", RULE, "read them, and tick the box",
                   "the general terms and conditions of use aren't accepted");
    return judge_free(r, f->id, now, report, err);
}

/* write_link writes the mail with a link's token. */
static ens_code write_link(ens__rehearsal *r, const ens__account *a, const char *token, ens_time now, char mail[ENS_ID],
                           ens_err *err)
{
    char web[ENS_SETTING], until[ENS_TIME_TEXT];
    bool french = strcmp(a->language, "fr") == 0;
    ens_buf text;
    ens_code code = ens__rehearsal_setting(r, "web", web, err);
    if (code != ENS_OK)
        return code;
    ens_time_format(a->link_until, until);
    ens_buf_init(&text, NULL, 0, TEXT_MAX);
    ens_buf_printf(&text,
                   french ? "Bonjour %s %s,\n\npour activer le compte %s, suivez ce lien avant le %s :\n\n"
                          : "Good day %s %s,\n\nto activate the account %s, follow this link before %s:\n\n",
                   a->first_name, a->surname, a->id, until);
    if (web[0])
        ens_buf_printf(&text, "%s/registration/confirm?link=%s\n", web, token);
    else
        ens_buf_printf(&text, "ensign account confirm %s --registry FILE\n", token);
    ens_buf_text(&text, french ? "\nPass\u00e9 ce d\u00e9lai de 24 heures, recommencez la cr\u00e9ation du compte."
                               : "\nAfter these 24 hours the creation of the account starts anew.");
    const ens__mail_draft draft = {a->id, a->email,
                                   french ? "Confirmez votre compte (r\u00e9p\u00e9tition de Prodouane)"
                                          : "Confirm your account (rehearsal of Prodouane)",
                                   a->language, ens_buf_slice(&text)};
    code = ens_buf_done(&text, err);
    if (code == ENS_OK)
        code = ens__mail_write(r, &draft, now, mail, err);
    ens_buf_free(&text);
    return code;
}

static void fill(char *out, size_t size, ens_slice text)
{
    text = ens__trim(text);
    snprintf(out, size, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

static void fill_account(const ens__account_form *f, ens_time now, ens__account *a)
{
    *a = (ens__account){.created_at = now, .link_until = now + ENS_LINK_SECONDS};
    fill(a->id, sizeof a->id, f->id);
    fill(a->email, sizeof a->email, f->email);
    fill(a->surname, sizeof a->surname, f->surname);
    fill(a->first_name, sizeof a->first_name, f->first_name);
    fill(a->phone, sizeof a->phone, f->phone);
    fill(a->address, sizeof a->address, f->address);
    snprintf(a->language, sizeof a->language, "%s", ens_is(f->language, "en") ? "en" : "fr");
}

/* put_account takes the place of one that was never confirmed in time. */
static ens_code put_account(ens__rehearsal *r, const ens__account *a, const char *hash, const char *link, ens_err *err)
{
    int64_t changed = 0;
    const ens__value v[] = {ens__string(a->id),      ens__string(hash),          ens__string(a->email),
                            ens__string(a->surname), ens__string(a->first_name), ens__string(a->phone),
                            ens__string(a->address), ens__string(a->language),   ens__number(a->created_at),
                            ens__string(link),       ens__number(a->link_until)};
    ens_code code = ens__rehearsal_run(
        r,
        "INSERT INTO account (id, state, password, email, surname, first_name, phone, address, topics, language,"
        " created_at, link, link_until, siret, company, linked)"
        " VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, ?9, ?10, ?11, '', '', 0) ON CONFLICT (id) DO UPDATE SET"
        " password = excluded.password, email = excluded.email, surname = excluded.surname,"
        " first_name = excluded.first_name, phone = excluded.phone, address = excluded.address,"
        " language = excluded.language, created_at = excluded.created_at, link = excluded.link,"
        " link_until = excluded.link_until WHERE account.state = 0 AND account.link_until < excluded.created_at",
        v, sizeof v / sizeof *v, &changed, err);
    return code == ENS_OK && !changed ? ens_fail(err, ENS_EPOLICY, RULE, "the user id is taken", 0) : code;
}

ens_code ens__account_create(ens__rehearsal *r, const ens__account_form *f, ens_time now, ens_report *report,
                             char mail[ENS_ID], ens_err *err)
{
    char hash[ENS_PASSWORD_HASH], token[ENS_ID], link[ENS_SECRET_DIGEST];
    ens__account a;
    ens_code code = ens__account_judge(r, f, now, report, err);
    if (code != ENS_OK || ens_report_verdict(report) != ENS_ACCEPTED)
        return code;
    fill_account(f, now, &a);
    code = ens__password_hash(f->password, hash, err);
    if (code == ENS_OK)
        code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_LINK, token, err);
    if (code == ENS_OK)
        code = ens__secret_digest(ens_str(token), link, err);
    if (code == ENS_OK)
        code = put_account(r, &a, hash, link, err);
    OPENSSL_cleanse(hash, sizeof hash);
    return code == ENS_OK ? write_link(r, &a, token, now, mail, err) : code;
}

ens_code ens__account_resend(ens__rehearsal *r, ens_slice id, ens_time now, ens_err *err)
{
    char token[ENS_ID], link[ENS_SECRET_DIGEST];
    ens__account a;
    bool found = false;
    ens_code code = ens__account_find(r, id, &a, &found, err);
    if (code != ENS_OK || !found || a.state != ENS_ACCOUNT_WAITING || a.link_until < now)
        return code;
    code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_LINK, token, err);
    if (code == ENS_OK)
        code = ens__secret_digest(ens_str(token), link, err);
    const ens__value v[] = {ens__string(a.id), ens__string(link), ens__number(now)};
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "UPDATE account SET link = ?2 WHERE id = ?1 AND state = 0 AND link_until >= ?3", v,
                                  3, NULL, err);
    return code == ENS_OK ? write_link(r, &a, token, now, NULL, err) : code;
}

static void read_account(const ens__row *row, void *record)
{
    ens__account *a = record;
    ens__row_text(row, 0, a->id, sizeof a->id);
    a->state = (ens__account_state)ens__row_number(row, 1);
    ens__row_text(row, 2, a->email, sizeof a->email);
    ens__row_text(row, 3, a->surname, sizeof a->surname);
    ens__row_text(row, 4, a->first_name, sizeof a->first_name);
    ens__row_text(row, 5, a->phone, sizeof a->phone);
    ens__row_text(row, 6, a->address, sizeof a->address);
    ens__row_text(row, 7, a->topics, sizeof a->topics);
    ens__row_text(row, 8, a->language, sizeof a->language);
    a->created_at = ens__row_number(row, 9);
    a->link_until = ens__row_number(row, 10);
    ens__row_text(row, 11, a->siret, sizeof a->siret);
    ens__row_text(row, 12, a->company, sizeof a->company);
    a->linked = ens__row_number(row, 13) != 0;
}

ens_code ens__account_find(ens__rehearsal *r, ens_slice id, ens__account *out, bool *found, ens_err *err)
{
    const ens__value v[] = {ens__text(id)};
    return ens__record_of(r, "SELECT " COLUMNS " FROM account WHERE id = ?1 COLLATE NOCASE", v, 1, read_account, out,
                          found, err);
}

ens_code ens__accounts(ens__rehearsal *r, ens_arena *arena, ens__account **out, size_t *num, ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_account};
    ens_code code = ens__records_of(r, "SELECT " COLUMNS " FROM account ORDER BY id", NULL, 0, &list, err);
    if (code == ENS_OK) {
        *out = (ens__account *)(void *)list.records;
        *num = list.num;
    }
    return code;
}

ens_code ens__account_confirm(ens__rehearsal *r, ens_slice token, ens_time now, ens__account *out, ens_err *err)
{
    char link[ENS_SECRET_DIGEST];
    bool found;
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_LINK, token, err);
    if (code == ENS_OK)
        code = ens__secret_digest(token, link, err);
    if (code != ENS_OK)
        return code;
    const ens__value v[] = {ens__string(link), ens__number(now)};
    code = ens__record_of(r, "SELECT " COLUMNS " FROM account WHERE link = ?1 AND state = 0", v, 1, read_account, out,
                          &found, err);
    if (code == ENS_OK && (!found || out->link_until < now))
        return ens_fail(err, ENS_EPOLICY, RULE,
                        found ? "the link lived 24 hours: create the account anew"
                              : "the link is void: it was used, or another one was sent",
                        0);
    if (code == ENS_OK)
        code = ens__rehearsal_run(r,
                                  "UPDATE account SET state = 1, link = '' WHERE link = ?1 AND state = 0 AND "
                                  "link_until >= ?2",
                                  v, 2, NULL, err);
    out->state = ENS_ACCOUNT_ACTIVE;
    return code;
}

ens_code ens__account_change(ens__rehearsal *r, const ens__account *a, ens_err *err)
{
    const ens__value v[] = {ens__string(a->id),       ens__string(a->surname), ens__string(a->first_name),
                            ens__string(a->phone),    ens__string(a->address), ens__string(a->topics),
                            ens__string(a->language), ens__string(a->siret),   ens__string(a->company),
                            ens__number(a->linked)};
    return ens__rehearsal_run(r,
                              "UPDATE account SET surname = ?2, first_name = ?3, phone = ?4, address = ?5, topics = ?6,"
                              " language = ?7, siret = ?8, company = ?9, linked = ?10 WHERE id = ?1",
                              v, sizeof v / sizeof *v, NULL, err);
}

ens_code ens__news_write(ens__rehearsal *r, const char *account, ens_slice text, ens_time now, ens_err *err)
{
    char id[ENS_ID];
    ens_code code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_NEWS, id, err);
    const ens__value v[] = {ens__string(id), ens__string(account), ens__number(now), ens__text(text)};
    return code == ENS_OK ? ens__rehearsal_run(r, "INSERT INTO news (id, account, at, text) VALUES (?1, ?2, ?3, ?4)", v,
                                               4, NULL, err)
                          : code;
}

static void read_news(const ens__row *row, void *record)
{
    ens__news *n = record;
    ens__row_text(row, 0, n->id, sizeof n->id);
    n->at = ens__row_number(row, 1);
    ens__row_text(row, 2, n->text, sizeof n->text);
}

ens_code ens__news_of(ens__rehearsal *r, const char *account, ens_arena *arena, ens__news **out, size_t *num,
                      ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_news};
    const ens__value v[] = {ens__string(account)};
    ens_code code =
        ens__records_of(r, "SELECT id, at, text FROM news WHERE account = ?1 ORDER BY at DESC, id", v, 1, &list, err);
    if (code == ENS_OK) {
        *out = (ens__news *)(void *)list.records;
        *num = list.num;
    }
    return code;
}
