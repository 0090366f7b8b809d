#include "sti/doctor/doctor.h"

#include "as4/ics2/ics2.h"
#include "certs/keys/certfile.h"
#include "certs/preflight/order.h"
#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"
#include "ensign/document.h"
#include "ensign/pdf.h"
#include "sti/doctor/recognise.h"
#include "sti/evidence/evidence.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)2 << 30)

struct ens_doctor {
    ens_verifier *verifier;
    ens_report *report;
    ens_arena arena;
    ens_certificates *certificates;
    ens_pdf_result pdf;
    const ens_doctor_options *o;
    ens_diagnosis *out;
    ens_slice file;
};

static const struct {
    const char *name, *words, *advice;
} patients[ENS_PATIENTS] = {
    [ENS_PATIENT_UNKNOWN] = {"unknown", "nothing that ICS2 uses", "give the file that was sent or received, as it is"},
    [ENS_PATIENT_KEY] = {"private-key", "a private key",
                         "it was not read: keep it where it is, send it to nobody, and give its certificate instead"},
    [ENS_PATIENT_KEYSTORE] = {"keystore", "a container that may hold a private key",
                              "it was not opened: keep it where it is, send it to nobody, and give the certificate "
                              "alone (openssl pkcs12 -nokeys)"},
    [ENS_PATIENT_CERTIFICATE] = {"certificate", "a certificate", NULL},
    [ENS_PATIENT_CHAIN] = {"chain", "a certificate with its issuers", NULL},
    [ENS_PATIENT_REQUEST] = {"request", "a certificate request", NULL},
    [ENS_PATIENT_MESSAGE] = {"message", "an AS4 message", NULL},
    [ENS_PATIENT_ENVELOPE] = {"envelope", "the envelope of an AS4 message, without its package", NULL},
    [ENS_PATIENT_RECEIPT] = {"receipt", "a receipt", NULL},
    [ENS_PATIENT_ERROR] = {"error-signal", "an error signal", NULL},
    [ENS_PATIENT_PULL] = {"pull-request", "a pull request", NULL},
    [ENS_PATIENT_FILING] = {"document", "a business document of a trader", NULL},
    [ENS_PATIENT_REPLY] = {"reply", "a business document of customs", NULL},
    [ENS_PATIENT_REFUSAL] = {"refusal", "a refusal of customs", NULL},
    [ENS_PATIENT_XML] = {"xml", "XML that is no document of ICS2", NULL},
    [ENS_PATIENT_LIST] = {"trusted-list", "a trusted list",
                          "ensign trust update verifies it together with the list of lists"},
    [ENS_PATIENT_CRL] = {"crl", "a list of revoked certificates",
                         "it tells something beside a certificate or a message: give it there with --crl"},
    [ENS_PATIENT_OCSP] = {"ocsp", "an OCSP response",
                          "it tells something beside a certificate or a message: give it there with --ocsp"},
    [ENS_PATIENT_PDF] = {"registration-pdf", "a PDF of a registration", NULL},
    [ENS_PATIENT_EVIDENCE] = {"evidence", "an archive of evidence", NULL},
    [ENS_PATIENT_EORI] = {"eori", "an EORI", NULL},
};

const char *ens__patient_name(ens_patient kind)
{
    return patients[kind].name;
}

const char *ens__patient_words(ens_patient kind)
{
    return patients[kind].words;
}

const char *ens__patient_advice(ens_patient kind)
{
    return patients[kind].advice;
}

ens_code ens__doctor_new(ens_doctor **out, ens_err *err)
{
    ens_doctor *d = calloc(1, sizeof *d);
    if (!d)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_arena_init(&d->arena, ARENA_MAX);
    d->report = ens_report_new();
    ens_code code =
        d->report ? ens_verifier_new(&d->verifier, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        *out = d;
    else
        ens__doctor_free(d);
    return code;
}

void ens__doctor_free(ens_doctor *d)
{
    if (!d)
        return;
    ens_certificates_free(d->certificates);
    ens_verifier_free(d->verifier);
    ens_report_free(d->report);
    ens_arena_free(&d->arena);
    free(d);
}

static ens_slice keep(ens_doctor *d, ens_slice text)
{
    const char *copy = text.len ? ens_arena_text(&d->arena, text) : NULL;
    return ens_bytes(copy, copy ? text.len : 0);
}

/* -- The judges -- */

static ens_preflight_options preflight_of(const ens_doctor *d)
{
    return (ens_preflight_options){.trust = d->o->verify->trust, .eori = d->o->eori, .at = d->o->verify->at};
}

static void judge_certificates(ens_doctor *d)
{
    char subject[ENS_NAME_TEXT_MAX];
    ens_preflight_result result;
    const ens_preflight_options how = preflight_of(d);
    if (ens_certificates_new(d->file, NULL, &d->certificates, NULL) != ENS_OK)
        return;
    d->out->kind = ens_certificates_num(d->certificates) > 1 ? ENS_PATIENT_CHAIN : ENS_PATIENT_CERTIFICATE;
    ens_preflight(d->certificates, &how, &result, d->report);
    d->out->about = keep(d, ens_str(ens_name_text(result.cert->subject, subject, sizeof subject)));
    d->out->judged = true;
}

static ens_code judge_request(void *user, ens_slice der, ens_err *err)
{
    ens_doctor *d = user;
    ens__request request;
    ens_code code = ens__request_parse(der, &request, err);
    if (code == ENS_OK)
        ens__request_judge(&request, &(ens__request_options){.eori = d->o->eori, .at = d->o->verify->at}, d->report);
    d->out->judged = code == ENS_OK;
    return code;
}

static bool is_enveloped(ens_slice file)
{
    ens_slice s = ens__trim(file);
    return s.len && (s.p[0] == '<' || ens_starts(s, ENS_LIT("\xEF\xBB\xBF<")));
}

static ens_patient kind_of_message(const ens_doctor *d, ens_message_kind kind)
{
    return kind == ENS_MESSAGE_RECEIPT        ? ENS_PATIENT_RECEIPT
           : kind == ENS_MESSAGE_ERROR        ? ENS_PATIENT_ERROR
           : kind == ENS_MESSAGE_PULL_REQUEST ? ENS_PATIENT_PULL
           : is_enveloped(d->file)            ? ENS_PATIENT_ENVELOPE
                                              : ENS_PATIENT_MESSAGE;
}

/* tell_error takes the first error of a signal that isn't a warning. */
static void tell_error(ens_doctor *d, const ens_message *m)
{
    for (size_t i = 0; i < m->num_errors && !d->out->code.len; i++) {
        const ens_signal_error *e = &m->errors[i];
        if (i + 1 < m->num_errors && ens_is(e->severity, "warning"))
            continue;
        d->out->code = keep(d, e->code);
        d->out->subcode = ens_str(e->subcode);
        d->out->meaning = e->meaning;
        d->out->hint = e->hint;
    }
    d->out->num_told = m->num_errors;
}

static void judge_message(ens_doctor *d)
{
    ens_message m = {0};
    if (d->o->original.len)
        ens_receipt_check(d->verifier, d->file, d->o->original, d->o->verify, &m, d->report);
    else
        ens_verify(d->verifier, d->file, d->o->verify, &m, d->report);
    d->out->kind = kind_of_message(d, m.kind);
    d->out->of_customs = m.from_customs || m.kind == ENS_MESSAGE_RECEIPT || m.kind == ENS_MESSAGE_ERROR;
    d->out->about = keep(d, m.action);
    d->out->message_id = keep(d, m.message_id);
    d->out->judged = true;
    tell_error(d, &m);
}

static void judge_document(ens_doctor *d)
{
    ens_document_result r;
    ens_document_check(d->verifier, d->file, d->o->verify, &r, d->report);
    const ens_action *action = ens__action_find(r.action);
    bool refusal = ens_is(r.action, "IE3N99") || ens_is(r.action, "IE3N01");
    d->out->of_customs = action && !ens__action_reply(r.action);
    d->out->kind = !action              ? ENS_PATIENT_XML
                   : refusal            ? ENS_PATIENT_REFUSAL
                   : d->out->of_customs ? ENS_PATIENT_REPLY
                                        : ENS_PATIENT_FILING;
    d->out->about = keep(d, r.action);
    d->out->num_told = r.num_errors;
    d->out->code = refusal ? d->out->about : (ens_slice){0};
    d->out->judged = true;
}

static void judge_pdf(ens_doctor *d)
{
    const ens_preflight_options preflight = preflight_of(d);
    const ens_pdf_check_options how = {.issued = d->o->original, .preflight = &preflight, .at = d->o->verify->at};
    ens_pdf_check(d->file, &how, &d->pdf, d->report);
    d->out->kind = ENS_PATIENT_PDF;
    d->out->judged = true;
}

static void judge_evidence(ens_doctor *d)
{
    ens_evidence e;
    ens_evidence_options how = {.trust = d->o->trust, .customs = d->o->customs, .verify = *d->o->verify};
    how.verify.at = ENS_TIME_NONE;
    ens__evidence_check(d->file, &how, &d->arena, &e, d->report);
    d->out->kind = ENS_PATIENT_EVIDENCE;
    d->out->about = keep(d, e.asked);
    d->out->judged = true;
}

static void judge_eori(ens_doctor *d)
{
    ens_eori_check(ens__trim(d->file), d->o->verify->at, d->report);
    d->out->kind = ENS_PATIENT_EORI;
    d->out->judged = true;
}

static void judge_requests(ens_doctor *d)
{
    bool found;
    d->out->kind = ENS_PATIENT_REQUEST;
    if (ens__certfile_request(d->file, judge_request, d, &found, NULL) != ENS_OK)
        d->out->judged = false;
}

static void judge(ens_doctor *d)
{
    static const ens_patient unjudged[] = {
        [ENS_FILE_SECRET] = ENS_PATIENT_KEY,        [ENS_FILE_KEYSTORE] = ENS_PATIENT_KEYSTORE,
        [ENS_FILE_TRUSTED_LIST] = ENS_PATIENT_LIST, [ENS_FILE_CRL] = ENS_PATIENT_CRL,
        [ENS_FILE_OCSP] = ENS_PATIENT_OCSP,         [ENS_FILE_EORI] = ENS_PATIENT_UNKNOWN};
    static void (*const judges[])(ens_doctor *) = {[ENS_FILE_CERTIFICATE] = judge_certificates,
                                                   [ENS_FILE_REQUEST] = judge_requests,
                                                   [ENS_FILE_MESSAGE] = judge_message,
                                                   [ENS_FILE_DOCUMENT] = judge_document,
                                                   [ENS_FILE_PDF] = judge_pdf,
                                                   [ENS_FILE_EVIDENCE] = judge_evidence,
                                                   [ENS_FILE_EORI] = judge_eori};
    ens_file_kind kind = ens__recognise(d->file);
    d->out->kind = unjudged[kind];
    if (judges[kind])
        judges[kind](d);
}

/* -- What it comes to -- */

/* deciding is the first failure in the order of the answer, or what could not be judged, or the first warning. */
static const ens_finding *deciding(const ens_report *report, const ens_answer *answer)
{
    const ens_finding *warned = NULL;
    if (answer->because)
        return answer->because;
    for (size_t i = 0; i < report->num; i++) {
        const ens_finding *f = &report->findings[i];
        if (f->outcome == ENS_FAIL || (f->outcome == ENS_SKIP && f->needed))
            return f;
        warned = !warned && f->outcome == ENS_WARN ? f : warned;
    }
    return warned;
}

/* lacks_judge: what can't be judged for want of anchors is the asker's to give. */
static ens_who who_acts(const ens_diagnosis *x)
{
    if (x->kind == ENS_PATIENT_ERROR && x->code.len)
        return ens__who_of_code(x->code, x->subcode);
    if (x->kind == ENS_PATIENT_REFUSAL && x->num_told)
        return ENS_WHO_YOU;
    if (!x->judged)
        return x->kind == ENS_PATIENT_UNKNOWN ? ENS_WHO_NOBODY : ENS_WHO_YOU;
    if (!x->because)
        return ENS_WHO_NOBODY;
    if (x->because->outcome == ENS_SKIP)
        return ENS_WHO_YOU;
    return ens__who_of(x->because->id, x->of_customs);
}

void ens__doctor_examine(ens_doctor *d, ens_slice file, const ens_doctor_options *o, ens_diagnosis *out)
{
    *out = (ens_diagnosis){0};
    ens_certificates_free(d->certificates);
    d->certificates = NULL;
    ens_arena_reset(&d->arena);
    ens__report_reset(d->report);
    d->o = o;
    d->file = file;
    d->out = out;
    judge(d);
    if (out->kind != ENS_PATIENT_KEY && out->kind != ENS_PATIENT_KEYSTORE &&
        ens__sha256(file, out->sha256, NULL) != ENS_OK)
        out->judged = false;
    if (out->judged) {
        out->report = d->report;
        out->answer = ens_answer_of(d->report);
        out->verdict = ens_report_verdict(d->report);
        out->because = deciding(d->report, &out->answer);
    }
    out->who = who_acts(out);
}
