#include "tests/sti/rehearsed.h"

#include "engine/base/file.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void rehearsed_open(rehearsed *t)
{
    static const char *const names[] = {"conformance", "production"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    *t = (rehearsed){.report = ens_report_new()};
    snprintf(t->folder, sizeof t->folder, "/tmp/ensign-rehearsed-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(t->folder));
    ens_arena_init(&t->arena, (size_t)16 << 20);
    for (int e = 0; e < 2; e++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s.db", t->folder, names[e]);
        ens_err err = {0};
        const ens__rehearsal_options o = {.environment = names[e], .create = true};
        CU_ASSERT_EQUAL_FATAL(ens__rehearsal_open(path, &o, &t->of[e], &err), ENS_OK);
    }
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s, (void)kind, (void)at;
    return remove(path);
}

void rehearsed_close(rehearsed *t)
{
    ens__rehearsal_close(t->of[0]);
    ens__rehearsal_close(t->of[1]);
    ens_report_free(t->report);
    ens_arena_free(&t->arena);
    nftw(t->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

bool rehearsed_tells(const rehearsed *t, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(t->report); i++) {
        const ens_finding *f = ens_report_get(t->report, i);
        if (strcmp(f->id, id) == 0 && f->outcome == outcome)
            return true;
    }
    return false;
}

bool rehearsed_link(rehearsed *t, ens__environment e, char out[ENS_ID])
{
    ens__mail *mails = NULL, mail;
    size_t num = 0, at = SIZE_MAX;
    ens_buf body;
    ens_err err = {0};
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    if (ens__mails(t->of[e], NULL, &t->arena, &mails, &num, &err) == ENS_OK && num &&
        ens__mail_find(t->of[e], ens_str(mails[0].id), &mail, &body, &err) == ENS_OK)
        at = ens__find(ens_buf_slice(&body), e == ENS_PRODUCTION ? ENS_LIT("PL-") : ENS_LIT("CL-"), 0);
    if (at != SIZE_MAX)
        snprintf(out, ENS_ID, "%.35s", (const char *)body.p + at);
    ens_buf_free(&body);
    return at != SIZE_MAX;
}

bool rehearsed_account(rehearsed *t, ens__environment e, const char *user)
{
    char mail[ENS_ID], link[ENS_ID];
    ens__account a;
    ens_err err = {0};
    const ens__account_form form = {.id = ens_str(user),
                                    .password = ENS_LIT(REHEARSED_PASSWORD),
                                    .email = ENS_LIT("ann@transports.invalid"),
                                    .surname = ENS_LIT("Demo"),
                                    .first_name = ENS_LIT("Ann"),
                                    .language = ENS_LIT("en"),
                                    .terms = true};
    ens_report_reset(t->report);
    return ens__account_create(t->of[e], &form, REHEARSED_NOW, t->report, mail, &err) == ENS_OK &&
           ens_report_verdict(t->report) == ENS_ACCEPTED && rehearsed_link(t, e, link) &&
           ens__account_confirm(t->of[e], ens_str(link), REHEARSED_NOW, &a, &err) == ENS_OK;
}

bool rehearsed_rights(rehearsed *t, ens__environment e, const char *user, const char *eori, ens__rights *out)
{
    ens_err err = {0};
    ens__letter l = {.company = "Transports Demo SAS", .wanted = REHEARSED_NOW, .environment = e};
    snprintf(l.eori, sizeof l.eori, "%s", eori);
    snprintf(l.account, sizeof l.account, "%s", user);
    ens_report_reset(t->report);
    return ens__rights_ask(t->of[e], &l, ENS_RIGHTS_PASTED, REHEARSED_NOW, t->report, out, &err) == ENS_OK &&
           ens_report_verdict(t->report) == ENS_ACCEPTED;
}

bool rehearsed_open_dossier(rehearsed *t, ens__environment e, const char *user, const char *eori, ens__dossier *out)
{
    ens_err err = {0};
    const ens__dossier_form form = {.account = ens_str(user),
                                    .eori = ens_str(eori),
                                    .name = ENS_LIT("Seal"),
                                    .description = ENS_LIT("Seals messages"),
                                    .purpose = ENS_LIT("Signature"),
                                    .holder = ENS_LIT("Demo")};
    ens_report_reset(t->report);
    return ens__dossier_open(t->of[e], &form, REHEARSED_NOW, t->report, out, &err) == ENS_OK &&
           ens_report_verdict(t->report) == ENS_ACCEPTED;
}

static ens_code put(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

bool rehearsed_signed(rehearsed *t, ens__environment e, ens__dossier *d, const char *signer, ens_buf *out)
{
    char name[64];
    ens_file cert = {0}, key = {0};
    ens_certificates *certificates = NULL;
    ens_keyring *keys = NULL;
    ens_buf issued;
    ens_err err = {0};
    ens_buf_init(&issued, NULL, 0, (size_t)1 << 20);
    snprintf(name, sizeof name, "pki/%s.pem", signer);
    ens_code code = ens__file_open(fixture_path(name), 0, &cert, &err);
    snprintf(name, sizeof name, "pki/%s.key", strcmp(signer, "trader-3072") == 0 ? signer : "trader");
    if (code == ENS_OK)
        code = ens__file_open(fixture_path(name), 0, &key, &err);
    if (code == ENS_OK)
        code = ens_certificates_new(cert.bytes, NULL, &certificates, &err);
    if (code == ENS_OK)
        code = ens_keyring_new(key.bytes, NULL, &keys, &err);
    if (code == ENS_OK)
        code = ens__dossier_issue(t->of[e], d, REHEARSED_NOW, put, &issued, &err);
    const ens_pdf_sign_options o = {
        .file = ens_buf_slice(&issued), .certificates = certificates, .keys = keys, .at = REHEARSED_NOW, .force = true};
    if (code == ENS_OK)
        code = ens_pdf_sign(&o, put, out, &err);
    ens_certificates_free(certificates);
    ens_keyring_free(keys);
    ens__file_close(&cert);
    ens__file_close(&key);
    ens_buf_free(&issued);
    return code == ENS_OK;
}

bool rehearsed_upload(rehearsed *t, ens__environment e, ens__dossier *d, ens_slice file)
{
    bool taken = false;
    ens_err err = {0};
    const ens__dossier_means means = {.trust = NULL};
    ens_report_reset(t->report);
    return ens__dossier_upload(t->of[e], d, file, &means, REHEARSED_NOW, t->report, &taken, &err) == ENS_OK && taken;
}
