#include "sti/registration/dossier.h"

#include "sti/registry/enrolment.h"

#include <openssl/rand.h>
#include <stdio.h>

#define RULE ENS_RULE_REGISTRATION
#define ARENA_MAX ((size_t)4 << 20)
#define COLUMNS                                                                                                        \
    "id, account, eori, company, name, description, holder, step, made_at, issued_at, signed_at, active_at, nonce,"    \
    " sha256, unchecked, superseded_by"

const char *ens__dossier_status_name(ens__dossier_status status)
{
    static const char *const names[] = {"Draft",     "PDF issued", "Signing pending", "Active",
                                        "Suspended", "Revoked",    "Expired",         "Superseded"};
    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "unknown";
}

const char *ens__dossier_status_french(ens__dossier_status status)
{
    static const char *const names[] = {"Brouillon", "PDF \u00e9mis",     "Signature en attente", "Actif",
                                        "Suspendu",  "R\u00e9voqu\u00e9", "Expir\u00e9",          "Remplac\u00e9"};
    return (unsigned)status < sizeof names / sizeof *names ? names[status] : "inconnu";
}

static void read_dossier(const ens__row *row, void *record)
{
    ens__dossier *d = record;
    ens__row_text(row, 0, d->id, sizeof d->id);
    ens__row_text(row, 1, d->account, sizeof d->account);
    ens__row_text(row, 2, d->eori, sizeof d->eori);
    ens__row_text(row, 3, d->company, sizeof d->company);
    ens__row_text(row, 4, d->name, sizeof d->name);
    ens__row_text(row, 5, d->description, sizeof d->description);
    ens__row_text(row, 6, d->holder, sizeof d->holder);
    d->step = (ens__dossier_step)ens__row_number(row, 7);
    d->made_at = ens__row_number(row, 8);
    d->issued_at = ens__row_number(row, 9);
    d->signed_at = ens__row_number(row, 10);
    d->active_at = ens__row_number(row, 11);
    ens__row_text(row, 12, d->nonce, sizeof d->nonce);
    ens__row_text(row, 13, d->sha256, sizeof d->sha256);
    d->unchecked = ens__row_number(row, 14) != 0;
    ens__row_text(row, 15, d->superseded_by, sizeof d->superseded_by);
}

ens_code ens__dossier_find(ens__rehearsal *r, ens_slice id, const char *account, ens__dossier *out, ens_err *err)
{
    bool found;
    const ens__value v[] = {ens__text(id), ens__string(account)};
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_REGISTRATION, id, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT " COLUMNS " FROM registration WHERE id = ?1 AND (?2 = '' OR account = ?2)", v,
                              2, read_dossier, out, &found, err);
    return code == ENS_OK && !found ? ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0) : code;
}

ens_code ens__dossiers(ens__rehearsal *r, const char *account, ens_arena *arena, ens__dossier **out, size_t *num,
                       ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_dossier};
    const ens__value v[] = {ens__string(account)};
    ens_code code = ens__records_of(
        r, "SELECT " COLUMNS " FROM registration WHERE ?1 = '' OR account = ?1 ORDER BY made_at DESC, id", v, 1, &list,
        err);
    if (code == ENS_OK) {
        *out = (ens__dossier *)(void *)list.records;
        *num = list.num;
    }
    return code;
}

static bool is_plain(ens_slice text)
{
    bool plain = ens__is_utf8(text);
    for (size_t i = 0; plain && i < text.len; i++)
        plain = text.p[i] >= ' ';
    return plain;
}

static void judge_text(ens_slice text, size_t size, bool wanted, const char *id, const char *what, ens_report *report)
{
    text = ens__trim(text);
    if (wanted && !text.len)
        ens__failf(report, id, RULE, "fill it in", "the %s is missing", what);
    else if (text.len >= size || !is_plain(text))
        ens__failf(report, id, RULE, "shorten it, and leave out line ends", "the %s is too long, or no plain text",
                   what);
    else
        ens__pass(report, id, RULE);
}

static ens_code judge_step(ens__rehearsal *r, const ens__dossier_form *f, ens_report *report, ens__rights *rights,
                           ens_err *err)
{
    char account[ENS_ACCOUNT_ID];
    bool held = false;
    snprintf(account, sizeof account, "%.*s", (int)f->account.len, f->account.len ? (const char *)f->account.p : "");
    ens_code code = ens__rights_held(r, account, ens__trim(f->eori), rights, &held, err);
    if (code == ENS_OK && !held)
        ens__failf(report, "registration.rights", ENS_RULE_RIGHTS,
                   "ask for the rights first, for this EORI and this environment, and wait until they are granted",
                   "%s holds no rights for this EORI in %s", ens__show(report, f->account),
                   ens__environment_of(ens__rehearsal_environment(r))->name);
    else if (code == ENS_OK)
        ens__pass(report, "registration.rights", ENS_RULE_RIGHTS);
    judge_text(f->name, ENS_ACCOUNT_NAME, true, "registration.name", "name", report);
    judge_text(f->description, ENS_DOSSIER_DESCRIPTION, true, "registration.description", "description", report);
    judge_text(f->holder, ENS_ACCOUNT_NAME, true, "registration.holder", "key holder", report);
    if (ens__eq_nocase(ens__trim(f->purpose), ENS_LIT("Signature")))
        ens__pass(report, "registration.purpose", RULE);
    else
        ens__failf(report, "registration.purpose", RULE, "choose Signature: it is what seals messages",
                   "the purpose is %s", f->purpose.len ? ens__show(report, f->purpose) : "not chosen");
    return code;
}

static void fill(char *out, size_t size, ens_slice text)
{
    text = ens__trim(text);
    snprintf(out, size, "%.*s", (int)text.len, text.len ? (const char *)text.p : "");
}

static ens_code put_dossier(ens__rehearsal *r, const ens__dossier *d, ens_err *err)
{
    const ens__value v[] = {ens__string(d->id),      ens__string(d->account), ens__string(d->eori),
                            ens__string(d->company), ens__string(d->name),    ens__string(d->description),
                            ens__string(d->holder),  ens__number(d->made_at), ens__string(d->nonce)};
    return ens__rehearsal_run(
        r,
        "INSERT INTO registration (id, account, eori, company, name, description, holder, step, made_at, issued_at,"
        " nonce, sha256, unchecked, signed_at, active_at, superseded_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, 0,"
        " ?9, '', 0, 0, 0, '')",
        v, sizeof v / sizeof *v, NULL, err);
}

ens_code ens__dossier_open(ens__rehearsal *r, const ens__dossier_form *f, ens_time now, ens_report *report,
                           ens__dossier *out, ens_err *err)
{
    ens__rights rights;
    uint8_t nonce[16];
    ens__dossier d = {.made_at = now};
    ens_code code = judge_step(r, f, report, &rights, err);
    if (code != ENS_OK || ens_report_verdict(report) != ENS_ACCEPTED)
        return code;
    if (RAND_bytes(nonce, sizeof nonce) != 1)
        return ens_fail(err, ENS_ECRYPTO, RULE, "no random numbers", 0);
    ens__hex(ens_bytes(nonce, sizeof nonce), d.nonce);
    memcpy(d.account, rights.account, sizeof d.account);
    memcpy(d.eori, rights.eori, sizeof d.eori);
    memcpy(d.company, rights.company, sizeof d.company);
    fill(d.name, sizeof d.name, f->name);
    fill(d.description, sizeof d.description, f->description);
    fill(d.holder, sizeof d.holder, f->holder);
    code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_REGISTRATION, d.id, err);
    if (code == ENS_OK)
        code = put_dossier(r, &d, err);
    if (code == ENS_OK)
        *out = d;
    return code;
}

/* state_in_registry asks what the STI would be told: of the party, then of the certificate. */
static ens_code state_in_registry(ens__rehearsal *r, const ens__dossier *d, ens_time now, ens_party_state *out,
                                  ens_err *err)
{
    ens__uumds *db = ens__rehearsal_registry(r);
    ens__party party = {.state = ENS_PARTY_REVOKED};
    ens__registration *held = NULL;
    ens_arena arena;
    size_t num = 0;
    bool found = false;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__uumds_party(db, ens_str(d->eori), &party, &found, err);
    if (code == ENS_OK)
        code = ens__uumds_holders(db, d->sha256, &arena, &held, &num, err);
    *out = ENS_PARTY_REVOKED; /* nobody has it registered any more */
    for (size_t i = 0; code == ENS_OK && i < num; i++)
        if (strcmp(held[i].eori, d->eori) == 0 && strncmp(held[i].member_state, d->eori, 2) == 0)
            *out = ens__registration_state(&held[i], now);
    if (*out == ENS_PARTY_ACTIVE && party.state != ENS_PARTY_ACTIVE)
        *out = party.state;
    ens_arena_free(&arena);
    return code;
}

ens_code ens__dossier_status_of(ens__rehearsal *r, const ens__dossier *d, ens_time now, ens__dossier_status *out,
                                ens_err *err)
{
    static const ens__dossier_status of_state[] = {[ENS_PARTY_ACTIVE] = ENS_DOSSIER_ACTIVE,
                                                   [ENS_PARTY_SUSPENDED] = ENS_DOSSIER_SUSPENDED,
                                                   [ENS_PARTY_REVOKED] = ENS_DOSSIER_REVOKED,
                                                   [ENS_PARTY_EXPIRED] = ENS_DOSSIER_EXPIRED};
    ens_party_state state = ENS_PARTY_REVOKED;
    ens_code code = ENS_OK;
    if (d->step != ENS_STEP_REGISTERED)
        *out = (ens__dossier_status)d->step;
    else if (d->superseded_by[0])
        *out = ENS_DOSSIER_SUPERSEDED;
    else if ((code = state_in_registry(r, d, now, &state, err)) == ENS_OK)
        *out = of_state[state];
    return code;
}

ens_code ens__dossier_issue(ens__rehearsal *r, ens__dossier *d, ens_time now, ens_sink put, void *user, ens_err *err)
{
    const ens__value v[] = {ens__string(d->id), ens__number(now)};
    if (d->step == ENS_STEP_DRAFT) {
        ens_code code = ens__rehearsal_run(
            r, "UPDATE registration SET step = 1, issued_at = ?2 WHERE id = ?1 AND step = 0", v, 2, NULL, err);
        if (code == ENS_OK)
            code = ens__dossier_find(r, ens_str(d->id), d->account, d, err);
        if (code != ENS_OK)
            return code;
    }
    const char *environment = ens__environment_of(ens__rehearsal_environment(r))->name;
    const ens_pdf_form form = {ens_str(d->id),       ens_str(d->eori),        ens_str(d->company),
                               ens_str(d->name),     ens_str(d->description), ENS_LIT("Signature"),
                               ens_str(environment), ens_str(d->nonce),       d->issued_at};
    return ens_pdf_issue(&form, put, user, err);
}

static void read_certificate(const ens__row *row, void *der)
{
    ens_buf_put(der, ens__row_bytes(row, 0));
}

/* enrol registers the certificate of a dossier for its party, which is made where there is none. */
static ens_code enrol(ens__rehearsal *r, const ens__dossier *d, const ens_certificates *certificates, ens_err *err)
{
    ens__uumds *db = ens__rehearsal_registry(r);
    ens__party party = {0};
    bool found = false;
    char member_state[3] = {d->eori[0], d->eori[1], '\0'};
    ens_code code = ens__uumds_party(db, ens_str(d->eori), &party, &found, err);
    if (code == ENS_OK && found && party.state == ENS_PARTY_REVOKED)
        return ens_fail(err, ENS_EPOLICY, RULE,
                        "the EORI's registration was revoked: it is for customs to enrol it anew", 0);
    if (code == ENS_OK && !found) {
        snprintf(party.eori, sizeof party.eori, "%s", d->eori);
        snprintf(party.name, sizeof party.name, "%s", d->company);
    }
    if (code == ENS_OK)
        code = ens__uumds_enrol(db, &party, ens_str(d->eori), err);
    if (code == ENS_OK)
        code =
            ens__enrolment_certify(db, &party, member_state, ens_certificates_get(certificates, 0), d->unchecked, err);
    return code;
}

/* may_activate: since the upload another registration of the same certificate may have become active, and the registry
 * may have taken it back. */
static ens_code may_activate(ens__rehearsal *r, const ens__dossier *d, ens_err *err)
{
    ens__registration *held = NULL;
    ens_arena arena;
    size_t num = 0;
    bool another = false;
    const ens__value v[] = {ens__string(d->sha256), ens__string(d->eori), ens__string(d->id)};
    ens_code code =
        ens__record_of(r, "SELECT 1 FROM registration WHERE sha256 = ?1 AND eori = ?2 AND id <> ?3 AND step = 3", v, 3,
                       NULL, NULL, &another, err);
    if (code == ENS_OK && another)
        return ens_fail(err, ENS_EPOLICY, RULE, "the certificate was registered meanwhile, by another registration", 0);
    ens_arena_init(&arena, ARENA_MAX);
    if (code == ENS_OK)
        code = ens__uumds_holders(ens__rehearsal_registry(r), d->sha256, &arena, &held, &num, err);
    for (size_t i = 0; code == ENS_OK && i < num; i++)
        if (strcmp(held[i].eori, d->eori) == 0 && held[i].state != ENS_PARTY_ACTIVE)
            code = ens_fail_about(err, ENS_EPOLICY, RULE, "the certificate is known for the EORI, and not active",
                                  ens__party_state_name(held[i].state));
    ens_arena_free(&arena);
    return code;
}

ens_code ens__dossier_activate(ens__rehearsal *r, ens__dossier *d, ens_time now, ens_err *err)
{
    uint8_t stored[4096];
    ens_buf der;
    bool found;
    ens_certificates *certificates = NULL;
    const ens__value v[] = {ens__string(d->id), ens__number(now)};
    if (d->step != ENS_STEP_PENDING)
        return ens_fail(err, ENS_EPOLICY, RULE,
                        d->step == ENS_STEP_REGISTERED ? "it is active already" : "upload the signed PDF first", 0);
    ens_buf_init(&der, stored, sizeof stored, ENS_PDF_TEXT_MAX * 1024);
    ens_code code = ens__record_of(r, "SELECT certificate FROM registration WHERE id = ?1", v, 1, read_certificate,
                                   &der, &found, err);
    if (code == ENS_OK)
        code = ens_certificates_new(ens_buf_slice(&der), NULL, &certificates, err);
    if (code == ENS_OK && ens_certificates_get(certificates, 0)->not_after < now)
        code = ens_fail(err, ENS_EPOLICY, RULE, "the certificate has ended meanwhile: register the renewed one", 0);
    if (code == ENS_OK)
        code = may_activate(r, d, err);
    if (code == ENS_OK)
        code = enrol(r, d, certificates, err);
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "UPDATE registration SET step = 3, active_at = ?2 WHERE id = ?1 AND step = 2", v,
                                  2, NULL, err);
    if (code == ENS_OK) {
        d->step = ENS_STEP_REGISTERED;
        d->active_at = now;
    }
    ens_certificates_free(certificates);
    ens_buf_free(&der);
    return code;
}

ens_code ens__dossier_change(ens__rehearsal *r, const ens__dossier *d, ens_party_state state, ens_err *err)
{
    ens__party party = {0};
    ens__enrolment_changed changed = ENS_CHANGE_NO_SUCH;
    char member_state[3] = {d->eori[0], d->eori[1], '\0'};
    if (d->step != ENS_STEP_REGISTERED || d->superseded_by[0])
        return ens_fail(err, ENS_EPOLICY, RULE, "it isn't active, and never was or is no more", 0);
    snprintf(party.eori, sizeof party.eori, "%s", d->eori);
    ens_code code = ens__enrolment_change_certificate(ens__rehearsal_registry(r), &party, member_state, d->sha256,
                                                      state, &changed, err);
    if (code == ENS_OK && changed == ENS_CHANGE_FINAL)
        code = ens_fail(err, ENS_EPOLICY, RULE, "it is revoked, which is final: register a new certificate", 0);
    else if (code == ENS_OK && changed != ENS_CHANGE_MADE)
        code = ens_fail(err, ENS_EPOLICY, RULE, "the registry has no such certificate any more", 0);
    return code;
}

ens_code ens__dossier_supersede(ens__rehearsal *r, ens__dossier *d, const ens__dossier *by, ens_time now, ens_err *err)
{
    ens__dossier_status status = ENS_DOSSIER_DRAFT;
    ens_code code = ens__dossier_status_of(r, by, now, &status, err);
    if (code == ENS_OK &&
        (status != ENS_DOSSIER_ACTIVE || strcmp(d->eori, by->eori) != 0 || strcmp(d->id, by->id) == 0))
        code = ens_fail(err, ENS_EPOLICY, RULE,
                        "what takes its place is another registration of the same EORI, and active by now", 0);
    if (code == ENS_OK)
        code = ens__dossier_change(r, d, ENS_PARTY_REVOKED, err);
    const ens__value v[] = {ens__string(d->id), ens__string(by->id)};
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "UPDATE registration SET superseded_by = ?2 WHERE id = ?1", v, 2, NULL, err);
    if (code == ENS_OK)
        memcpy(d->superseded_by, by->id, sizeof d->superseded_by);
    return code;
}

static void read_time(const ens__row *row, void *at)
{
    *(ens_time *)at = ens__row_number(row, 0);
}

ens_code ens__dossier_first_message(ens__rehearsal *r, const ens__dossier *d, ens_time *out, ens_err *err)
{
    bool there = false;
    const ens__value v[] = {ens__string(d->eori), ens__number(ENS_IN), ens__number(ENS_ACCEPTED),
                            ens__number(d->active_at * 1000)};
    *out = 0;
    if (!d->active_at)
        return ENS_OK;
    ens_code code = ens__rehearsal_keeps(r, "journal", &there, err);
    if (code == ENS_OK && there)
        code = ens__record_of(r,
                              "SELECT COALESCE(MIN(at), 0) / 1000 FROM journal WHERE party = ?1 AND direction = ?2 AND "
                              "verdict = ?3 AND at >= ?4",
                              v, 4, read_time, out, &there, err);
    return code;
}
