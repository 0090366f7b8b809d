#include "sti/account/login.h"

#include <openssl/crypto.h>
#include <stdio.h>

#define RULE ENS_RULE_ACCOUNT
#define TRIED_MAX 63u /* characters of a user id that are looked at */

typedef struct {
    char hash[ENS_PASSWORD_HASH], id[ENS_ACCOUNT_ID];
} stored;

static void read_stored(const ens__row *row, void *record)
{
    stored *s = record;
    ens__row_text(row, 0, s->hash, sizeof s->hash);
    ens__row_text(row, 1, s->id, sizeof s->id);
}

static void read_count(const ens__row *row, void *count)
{
    *(int64_t *)count = ens__row_number(row, 0);
}

/* note_try counts a try before the password is looked at, whether there is such a user id or not: so many tries at
 * once are no more than one after the other. */
static ens_code note_try(ens__rehearsal *r, ens_slice id, ens_time now, ens_err *err)
{
    int64_t tries = 0;
    bool found;
    const ens__value v[] = {ens__text(id), ens__number(now - ENS_LOGIN_SECONDS), ens__number(now)};
    ens_code code = ens__rehearsal_begin(r, err);
    if (code != ENS_OK)
        return code;
    code = ens__rehearsal_run(r, "DELETE FROM attempt WHERE at < ?1", &v[1], 1, NULL, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT COUNT(*) FROM attempt WHERE id = lower(?1) AND at >= ?2", v, 2, read_count,
                              &tries, &found, err);
    bool enough = tries >= (int64_t)ENS_LOGIN_TRIES;
    if (code == ENS_OK && !enough)
        code =
            ens__rehearsal_run(r, "INSERT INTO attempt (id, at) SELECT lower(?1), ?3 WHERE ?2 <= ?3", v, 3, NULL, err);
    code = ens__rehearsal_end(r, code, err);
    return code == ENS_OK && enough
               ? ens_fail(err, ENS_ELIMIT, RULE, "too many tries: wait a quarter of an hour, and try again", 0)
               : code;
}

static ens_code forget_tries(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    const ens__value v[] = {ens__text(id)};
    return ens__rehearsal_run(r, "DELETE FROM attempt WHERE id = lower(?1)", v, 1, NULL, err);
}

static ens_code open_session(ens__rehearsal *r, const char *id, ens_time now, char token[ENS_ID], ens_err *err)
{
    char digest[ENS_SECRET_DIGEST];
    ens_code code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_SESSION, token, err);
    if (code == ENS_OK)
        code = ens__secret_digest(ens_str(token), digest, err);
    const ens__value v[] = {ens__string(digest), ens__string(id), ens__number(now + ENS_SESSION_SECONDS),
                            ens__number(now)};
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "DELETE FROM session WHERE until < ?1", &v[3], 1, NULL, err);
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "INSERT INTO session (token, account, until, eori) VALUES (?1, ?2, ?3, '')", v, 3,
                                  NULL, err);
    return code;
}

ens_code ens__login(ens__rehearsal *r, ens_slice id, ens_slice password, ens_time now, char token[ENS_ID], ens_err *err)
{
    stored s = {.id = ""};
    bool found = false, fits = false;
    id = ens_sub(ens__trim(id), 0, TRIED_MAX);
    const ens__value v[] = {ens__text(id)};
    ens_code code = note_try(r, id, now, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT password, id FROM account WHERE id = ?1 COLLATE NOCASE AND state = 1", v, 1,
                              read_stored, &s, &found, err);
    if (code == ENS_OK)
        code = ens__password_fits(ens_sub(password, 0, ENS_PASSWORD_MAX), found ? s.hash : NULL, &fits, err);
    OPENSSL_cleanse(s.hash, sizeof s.hash);
    if (code == ENS_OK && (!fits || password.len > ENS_PASSWORD_MAX))
        code = ens_fail(err, ENS_EPOLICY, RULE, "user id or password is wrong, or the account isn't confirmed", 0);
    if (code == ENS_OK)
        code = forget_tries(r, id, err);
    return code == ENS_OK ? open_session(r, s.id, now, token, err) : code;
}

static void read_session(const ens__row *row, void *record)
{
    ens__login_session *s = record;
    ens__row_text(row, 0, s->account.id, sizeof s->account.id);
    s->until = ens__row_number(row, 1);
    ens__row_text(row, 2, s->eori, sizeof s->eori);
}

ens_code ens__login_find(ens__rehearsal *r, ens_slice token, ens_time now, ens__login_session *out, ens_err *err)
{
    char digest[ENS_SECRET_DIGEST];
    bool found = false;
    *out = (ens__login_session){0};
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_SESSION, token, err);
    if (code != ENS_OK)
        return code == ENS_ESYNTAX ? (*err = (ens_err){0}, ens_fail(err, ENS_EPOLICY, RULE, "log in first", 0)) : code;
    code = ens__secret_digest(token, digest, err);
    const ens__value v[] = {ens__string(digest), ens__number(now)};
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT account, until, eori FROM session WHERE token = ?1 AND until >= ?2", v, 2,
                              read_session, out, &found, err);
    char id[ENS_ACCOUNT_ID];
    memcpy(id, out->account.id, sizeof id);
    if (code == ENS_OK && found)
        code = ens__account_find(r, ens_str(id), &out->account, &found, err);
    return code == ENS_OK && !found ? ens_fail(err, ENS_EPOLICY, RULE, "log in first", 0) : code;
}

static ens_code change_session(ens__rehearsal *r, const char *sql, ens_slice token, ens_slice eori, ens_err *err)
{
    char digest[ENS_SECRET_DIGEST];
    ens_code code = ens__secret_digest(token, digest, err);
    const ens__value v[] = {ens__string(digest), ens__text(eori)};
    return code == ENS_OK ? ens__rehearsal_run(r, sql, v, eori.len ? 2 : 1, NULL, err) : code;
}

ens_code ens__login_act(ens__rehearsal *r, ens_slice token, ens_slice eori, ens_err *err)
{
    return change_session(r, "UPDATE session SET eori = ?2 WHERE token = ?1", token, eori, err);
}

ens_code ens__logout(ens__rehearsal *r, ens_slice token, ens_err *err)
{
    return change_session(r, "DELETE FROM session WHERE token = ?1", token, (ens_slice){0}, err);
}
