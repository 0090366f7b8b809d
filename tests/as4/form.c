#include "tests/as4/form.h"

#include "engine/base/file.h"
#include "engine/base/report.h"
#include "fixtures/messages.h"
#include "fixtures/pki.h"
#include "fixtures/reseal.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <stdio.h>

#define MESSAGE_MAX ((size_t)1 << 22)

static bool read_fixture(const char *name, ens_buf *out)
{
    ens_file file = {0};
    if (!fixture_folder() || ens__file_open(fixture_path(name), 0, &file, NULL) != ENS_OK)
        return false;
    ens_buf_put(out, file.bytes);
    ens__file_close(&file);
    return !out->failed;
}

static EVP_PKEY *key_of(const char *fixture)
{
    char name[64];
    snprintf(name, sizeof name, "pki/%s.key", fx_message_find(fixture)->seal);
    FILE *in = fopen(fixture_path(name), "r");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
    if (in)
        fclose(in);
    return key;
}

static bool replace_one(ens_buf *message, const char *find, const char *replace)
{
    return !find || fx_replace(message, find, replace);
}

bool form_make(const form *f, ens_buf *out)
{
    bool good = read_fixture(f->of, out) && replace_one(out, f->find, f->replace) &&
                replace_one(out, f->find2, f->replace2) && replace_one(out, f->find3, f->replace3) &&
                (!f->edit || f->edit(out));
    EVP_PKEY *key = good && f->when == SEALED_SO ? key_of(f->of) : NULL;
    good = good && (f->when != SEALED_SO || (key && fx_reseal(out, key)));
    EVP_PKEY_free(key);
    CHECK_ROW(good, "%s: the form doesn't fit %s", f->what, f->of);
    return good;
}

void form_verify(ens_slice bytes, const form *how, ens_message *message, ens_report *report, ens_verifier *verifier)
{
    ens_trust *trust = ens_trust_new(), *customs = how->customs ? ens_trust_new() : NULL;
    char anchor[64];
    ens_buf original;
    ens_verify_options o = {.trust = trust,
                            .customs = customs,
                            .at = FX_AT,
                            .role = how->role,
                            .lenient = how->lenient,
                            .engine = ENS_ENGINE_BOTH};
    ens_buf_init(&original, NULL, 0, MESSAGE_MAX);
    snprintf(anchor, sizeof anchor, "pki/%s", how->trust ? how->trust : fx_message_trust(fx_message_find(how->of)));
    CHECK_ROW(trust && ens_trust_add(trust, fixture_path(anchor), NULL) == ENS_OK, "the trust can't be loaded");
    snprintf(anchor, sizeof anchor, "pki/%s", how->customs ? how->customs : "");
    CHECK_ROW(!how->customs || (customs && ens_trust_add(customs, fixture_path(anchor), NULL) == ENS_OK),
              "the anchors of customs can't be loaded");
    if (!how->receipt_for)
        ens_verify(verifier, bytes, &o, message, report);
    else if (read_fixture(how->receipt_for, &original))
        ens_receipt_check(verifier, bytes, ens_buf_slice(&original), &o, message, report);
    ens_buf_free(&original);
    ens_trust_free(customs);
    ens_trust_free(trust);
}

static bool is_told(const form *f, const ens_report *report)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *found = ens_report_get(report, i);
        if (strcmp(found->id, f->id) == 0 && found->outcome == f->outcome &&
            (!f->says || (found->seen && strstr(ens_detail(found), f->says))))
            return true;
    }
    return false;
}

static void judge_form(const form *f, ens_verifier *verifier, ens_report *report)
{
    ens_buf bytes;
    ens_message message = {0};
    ens_buf_init(&bytes, NULL, 0, MESSAGE_MAX);
    if (form_make(f, &bytes)) {
        ens__report_reset(report);
        form_verify(ens_buf_slice(&bytes), f, &message, report, verifier);
        ens_answer a = ens_answer_of(report);
        CHECK_ROW(a.verdict == f->verdict, "%s: %s by %s (%s)", f->what, ens_verdict_name(a.verdict),
                  a.because ? a.because->id : "nothing", ens_detail(a.because));
        CHECK_ROW(!f->code || (a.code && strcmp(a.code, f->code) == 0), "%s: %s", f->what, a.code ? a.code : "no code");
        CHECK_ROW(!f->id || is_told(f, report), "%s: %s isn't told as it should be", f->what, f->id);
        CHECK_ROW(a.verdict != ENS_REFUSED || (a.because->rule && a.because->hint && a.because->seen),
                  "%s: %s doesn't explain itself", f->what, a.because ? a.because->id : "nothing");
    }
    ens_buf_free(&bytes);
}

void form_judge(const form *forms, size_t num)
{
    ens_verifier *verifier = NULL;
    ens_report *report = ens_report_new();
    CU_ASSERT_FATAL(report && fixture_folder() && ens_verifier_new(&verifier, NULL) == ENS_OK);
    for (size_t i = 0; i < num; i++)
        judge_form(&forms[i], verifier, report);
    CHECK_ROW(ens_verifier_count(verifier).different == 0, "%zu messages are judged differently by both engines",
              ens_verifier_count(verifier).different);
    ens_verifier_free(verifier);
    ens_report_free(report);
}
