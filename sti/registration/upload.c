/* The signed PDF, and the certificate that signed it, judged as they are uploaded. See dossier.h. */
#include "sti/pdf/signer.h"
#include "sti/registration/dossier.h"
#include "sti/registry/enrolment.h"

#include <stdio.h>

#define RULE ENS_RULE_REGISTRATION
#define ARENA_MAX ((size_t)4 << 20)
#define ISSUED_MAX ((size_t)256 << 10)

static ens_code keep_bytes(void *user, ens_slice bytes)
{
    ens_buf_put(user, bytes);
    return ENS_OK;
}

typedef struct {
    ens__rehearsal *r;
    bool failed;
} spending;

/* is_spent answers whether a file with this nonce was taken; what can't be told counts as taken. */
static bool is_spent(void *user, ens_slice id, ens_slice nonce)
{
    spending *s = user;
    bool there = false;
    const ens__value v[] = {ens__text(nonce)};
    (void)id;
    if (ens__record_of(s->r, "SELECT 1 FROM spent WHERE nonce = ?1", v, 1, NULL, NULL, &there, NULL) != ENS_OK)
        s->failed = there = true;
    return there;
}

/* judge_here: a certificate is registered once for an EORI, and one that was revoked never again. */
static ens_code judge_here(ens__rehearsal *r, const char *eori, const char *sha256, ens_report *report, ens_err *err)
{
    ens__registration *held = NULL;
    ens_arena arena;
    size_t num = 0;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__uumds_holders(ens__rehearsal_registry(r), sha256, &arena, &held, &num, err);
    for (size_t i = 0; code == ENS_OK && i < num; i++)
        if (strcmp(held[i].eori, eori) == 0)
            ens__failf(report, "registration.again", RULE,
                       held[i].state == ENS_PARTY_REVOKED ? "register a new certificate: revoked is final"
                                                          : "there is nothing to do: see the dashboard",
                       "the certificate is registered for %s already, and %s", ens__show(report, ens_str(eori)),
                       ens__party_state_name(held[i].state));
        else
            ens__warn(report, "registration.again", RULE, "see whether it is the provider's certificate that is meant",
                      "the certificate is registered for another EORI, too");
    ens_arena_free(&arena);
    return code;
}

/* judge_there: the same certificate in the other environment is taken with a warning, or where the settings say so, not
 * at all (ICD 4.6.2 read strictly). */
static ens_code judge_there(ens__rehearsal *r, const char *sha256, ens_report *report, ens_err *err)
{
    char path[ENS_SETTING], strict[ENS_SETTING];
    const char *there = ens__environment_of(ens__environment_other(ens__rehearsal_environment(r)))->name;
    ens__uumds *other = NULL;
    ens__registration *held = NULL;
    ens_arena arena;
    size_t num = 0;
    ens_code code = ens__rehearsal_setting(r, "other", path, err);
    if (code == ENS_OK)
        code = ens__rehearsal_setting(r, "strict", strict, err);
    if (code != ENS_OK || !path[0] || ens__uumds_open(path, false, &other, NULL) != ENS_OK)
        return code;
    ens_arena_init(&arena, ARENA_MAX);
    code = ens__uumds_holders(other, sha256, &arena, &held, &num, err);
    if (code == ENS_OK && num && strcmp(strict, "1") == 0)
        ens__failf(report, "registration.environment", "ICD 4.6.2", "use a certificate of its own in each environment",
                   "the certificate is registered in %s", there);
    else if (code == ENS_OK && num)
        ens__warn(report, "registration.environment", "ICD 4.6.2",
                  "a certificate of its own in each environment is safer: whether both take one is not published",
                  "the certificate is registered in %s, too", there);
    ens_arena_free(&arena);
    ens__uumds_close(other);
    return code;
}

/* judge_dates is what is certain without any trust. */
static void judge_dates(const ens_cert *cert, ens_time now, ens_report *report)
{
    char at[ENS_TIME_TEXT];
    if (cert->not_after < now)
        ens__failf(report, "registration.dates", "RFC 5280 4.1.2.5", "register the renewed certificate",
                   "the certificate ended on %s", ens_time_format(cert->not_after, at));
    else if (cert->not_before > now)
        ens__failf(report, "registration.dates", "RFC 5280 4.1.2.5", "wait until then",
                   "the certificate is valid from %s on", ens_time_format(cert->not_before, at));
    else
        ens__passf(report, "registration.dates", "RFC 5280 4.1.2.5", "the certificate ends on %s",
                   ens_time_format(cert->not_after, at));
}

static ens_code judge_place(ens__rehearsal *r, const char *eori, const ens_cert *cert, ens_time now, ens_report *report,
                            ens_err *err)
{
    char sha256[ENS_UUMDS_SHA256];
    ens_code code = ens__enrolment_sha256(cert, sha256, err);
    judge_dates(cert, now, report);
    if (code == ENS_OK)
        code = judge_here(r, eori, sha256, report, err);
    return code == ENS_OK ? judge_there(r, sha256, report, err) : code;
}

static ens_preflight_options flight_of(const ens__dossier_means *m, const char *eori, ens_time now)
{
    return (ens_preflight_options){
        .trust = m->trust, .national = m->national, .member_state = m->member_state, .eori = ens_str(eori), .at = now};
}

ens_code ens__dossier_judge_certificate(ens__rehearsal *r, const char *eori, const ens_certificates *certificates,
                                        const ens__dossier_means *means, ens_time now, ens_report *report, ens_err *err)
{
    ens_preflight_result found;
    ens_preflight_options flight = flight_of(means, eori, now);
    ens_preflight(certificates, &flight, &found, report);
    return judge_place(r, eori, ens_certificates_get(certificates, 0), now, report, err);
}

/* may_go_on: nothing failed, and of the PDF nothing is left open; that the certificate could not be judged for want of
 * lists is registered with a warning, as ensign party does. */
static bool may_go_on(ens_report *report, bool *unchecked)
{
    *unchecked = ens_report_verdict(report) != ENS_ACCEPTED;
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL || (f->outcome == ENS_SKIP && f->needed && ens__in_family(f, "pdf")))
            return false;
        *unchecked = *unchecked || (f->outcome == ENS_SKIP && strcmp(f->id, "pdf.preflight") == 0);
    }
    return !report->incomplete && ens_report_num(report) > 0;
}

/* keep stores what was taken; a file is taken once, whoever comes first. */
static ens_code keep(ens__rehearsal *r, ens__dossier *d, ens_time now, ens_slice der, ens_err *err)
{
    int64_t changed = 0;
    const ens__value v[] = {ens__string(d->id), ens__number(now), ens__blob(der), ens__string(d->sha256),
                            ens__number(d->unchecked)};
    const ens__value spent[] = {ens__string(d->nonce), ens__string(d->id)};
    ens_code code = ens__rehearsal_begin(r, err);
    if (code != ENS_OK)
        return code;
    code = ens__rehearsal_run(r,
                              "UPDATE registration SET step = 2, signed_at = ?2, certificate = ?3, sha256 = ?4,"
                              " unchecked = ?5 WHERE id = ?1 AND step = 1",
                              v, 5, &changed, err);
    if (code == ENS_OK && !changed)
        code = ens_fail(err, ENS_EPOLICY, RULE, "a signed PDF was taken already", 0);
    if (code == ENS_OK)
        code = ens__rehearsal_run(r, "INSERT INTO spent (nonce, id) VALUES (?1, ?2)", spent, 2, NULL, err);
    return ens__rehearsal_end(r, code, err);
}

/* judge_file judges the PDF, and the certificate that it brings. */
static ens_code judge_file(ens__rehearsal *r, ens__dossier *d, ens_slice file, ens_slice issued,
                           const ens_certificates *certificates, const ens__dossier_means *means, ens_time now,
                           ens_report *report, ens_err *err)
{
    ens_pdf_result seen;
    spending spent = {r, false};
    ens_preflight_options flight = flight_of(means, d->eori, now);
    const ens_pdf_check_options o = {.issued = issued,
                                     .certificates = certificates,
                                     .preflight = means->trust ? &flight : NULL,
                                     .profile = means->profile,
                                     .id = ens_str(d->id),
                                     .environment = ens_str(ens__environment_of(ens__rehearsal_environment(r))->name),
                                     .spent = is_spent,
                                     .spent_of = &spent,
                                     .at = now};
    ens_pdf_check(file, &o, &seen, report);
    if (spent.failed)
        return ens_fail(err, ENS_EIO, RULE, "whether the file was taken before can't be told", 0);
    return certificates ? judge_place(r, d->eori, ens_certificates_get(certificates, 0), now, report, err) : ENS_OK;
}

ens_code ens__dossier_upload(ens__rehearsal *r, ens__dossier *d, ens_slice file, const ens__dossier_means *means,
                             ens_time now, ens_report *report, bool *taken, ens_err *err)
{
    ens_buf issued;
    ens_certificates *certificates = NULL;
    *taken = false;
    if (d->step == ENS_STEP_DRAFT)
        return ens_fail(err, ENS_EPOLICY, RULE, "download the registration PDF first, and sign that", 0);
    if (file.len > ENS_DOSSIER_PDF_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the file is larger than any registration PDF", 0);
    ens_buf_init(&issued, NULL, 0, ISSUED_MAX);
    ens_code code = ens__dossier_issue(r, d, now, keep_bytes, &issued, err);
    if (code == ENS_OK)
        code = ens_buf_done(&issued, err);
    if (code == ENS_OK && ens__pdf_signer(file, &certificates, NULL) != ENS_OK)
        certificates = NULL;
    if (code == ENS_OK)
        code = judge_file(r, d, file, ens_buf_slice(&issued), certificates, means, now, report, err);
    bool unchecked = true;
    if (code == ENS_OK && certificates && may_go_on(report, &unchecked)) {
        const ens_cert *cert = ens_certificates_get(certificates, 0);
        d->unchecked = unchecked;
        code = ens__enrolment_sha256(cert, d->sha256, err);
        if (code == ENS_OK)
            code = keep(r, d, now, cert->der, err);
        if (code == ENS_OK) {
            d->step = ENS_STEP_PENDING;
            d->signed_at = now;
            *taken = true;
        }
    }
    ens_certificates_free(certificates);
    ens_buf_free(&issued);
    return code;
}
