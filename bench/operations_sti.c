/* Operations on the registration PDF. */
#include "bench/operations.h"

#include "engine/base/report.h"
#include "ensign/pdf.h"

#include <stdlib.h>

#define PDF_MAX ((size_t)1 << 20)

typedef struct {
    const ens_sample *sample;
    ens_certificates *certificates;
    ens_keyring *keys;
    ens_report report;
    ens_buf issued, out;
} state;

static ens_code append(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

static void drop(void *p)
{
    state *s = p;
    ens_certificates_free(s->certificates);
    ens_keyring_free(s->keys);
    ens__report_clear(&s->report);
    ens_buf_free(&s->issued);
    ens_buf_free(&s->out);
    free(s);
}

static bool issue(ens_time at, ens_buf *out)
{
    ens_pdf_form form = {.id = ens_str("R-1"),
                         .eori = ens_str("FR73282932000074"),
                         .company = ens_str("Transports Demo SAS"),
                         .environment = ens_str("conformance"),
                         .nonce = ens_str("00112233445566778899aabbccddeeff"),
                         .at = at};
    return ens_pdf_issue(&form, append, out, NULL) == ENS_OK;
}

static bool sign(void *p)
{
    state *s = p;
    ens_pdf_sign_options o = {
        .file = ens_buf_slice(&s->issued), .certificates = s->certificates, .keys = s->keys, .at = s->sample->at};
    s->out.len = 0;
    return ens_pdf_sign(&o, append, &s->out, NULL) == ENS_OK && !s->out.failed;
}

static void *make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens__report_init(&s->report);
    ens_buf_init(&s->issued, NULL, 0, PDF_MAX);
    ens_buf_init(&s->out, NULL, 0, PDF_MAX);
    if (ens_certificates_new(ens_buf_slice(&s->sample->chain_pem), NULL, &s->certificates, NULL) == ENS_OK &&
        ens_keyring_new(ens_buf_slice(&s->sample->key_pem), NULL, &s->keys, NULL) == ENS_OK &&
        issue(s->sample->at, &s->issued) && sign(s))
        return s;
    drop(s);
    return NULL;
}

static bool check(void *p)
{
    state *s = p;
    ens_pdf_result result;
    ens_pdf_check_options o = {
        .issued = ens_buf_slice(&s->issued), .certificates = s->certificates, .at = s->sample->at};
    ens__report_reset(&s->report);
    ens_pdf_check(ens_buf_slice(&s->out), &o, &result, &s->report);
    return result.verdict == ENS_ACCEPTED;
}

static void plan_sign(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->signatures = 1;
}

static void plan_check(const ens_sample *s, ens_floor_plan *plan)
{
    plan->key = s->key;
    plan->verifications = 1;
}

/* The certificates, as they are given: most of what signing adds, and the one part of the file that the sample
 * knows. */
static size_t bytes_pdf(const ens_sample *s)
{
    return s->chain_pem.len;
}

const ens_operation ens__operations_sti[] = {
    {"sti/pdf", "/sign-rsa2048", 0, make, drop, sign, plan_sign, bytes_pdf},
    {"sti/pdf", "/check-rsa2048", 0, make, drop, check, plan_check, bytes_pdf},
    {0},
};
