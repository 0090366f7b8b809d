#include "web/pages/check.h"

#include "certs/keys/certfile.h"
#include "certs/preflight/order.h"
#include "ensign/pdf.h"
#include "show/doctor_html.h"
#include "show/html.h"
#include "show/preflight_html.h"
#include "show/verdict_html.h"
#include "sti/doctor/recognise.h"
#include "web/pages/judged.h"

#include <stdio.h>

#define NAME_SHOWN 200u
#define EORI_MAX 17u

/* One file that was dropped, with what was said beside it. */
typedef struct {
    ens_visit *v;
    ens_slice bytes, original; /* original: of "for" */
    const char *name, *eori;   /* eori NULL: isn't asked */
    ens_time at;
    bool now, registered, keep; /* keep: as a file to be sent on */
} job;

/* -- The form -- */

static void put_file(ens_visit *v, const char *name, ens_text_key label, ens_text_key note, bool required)
{
    ens__field_put(&v->h, &(ens_field){.name = name,
                                       .type = "file",
                                       .label = ens__visit_text(v, label),
                                       .note = ens__visit_text(v, note),
                                       .required = required});
}

static void put_more(ens_visit *v)
{
    ens__h_open(&v->h, "details");
    ens__said_leaf(&v->h, &v->screen, "summary", NULL, ENS_T_CHECK_MORE);
    put_file(v, "for", ENS_T_CHECK_FOR, ENS_T_CHECK_FOR_NOTE, false);
    ens__field_put(&v->h, &(ens_field){.name = "eori",
                                       .label = ens__visit_text(v, ENS_T_CHECK_EORI),
                                       .note = ens__visit_text(v, ENS_T_CHECK_EORI_NOTE),
                                       .autocomplete = "off",
                                       .max = EORI_MAX});
    ens__field_put(&v->h, &(ens_field){.name = "at",
                                       .label = ens__visit_text(v, ENS_T_CHECK_AT),
                                       .note = ens__visit_text(v, ENS_T_CHECK_AT_NOTE),
                                       .autocomplete = "off",
                                       .max = 32});
    ens__h_open(&v->h, "p");
    ens__h_bare(&v->h, "input");
    ens__h_attr(&v->h, "type", "checkbox");
    ens__h_attr(&v->h, "name", "registered");
    ens__h_attr(&v->h, "value", "yes");
    ens__h_attr(&v->h, "id", "f-registered");
    ens__h_put(&v->h, " ");
    ens__h_open(&v->h, "label");
    ens__h_attr(&v->h, "for", "f-registered");
    ens__h_attr(&v->h, "class", "inline");
    ens__said(&v->h, &v->screen, ENS_T_CHECK_REGISTERED);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static void put_form(ens_visit *v)
{
    ens__form_upload(&v->h, &v->screen, "/check");
    put_file(v, "file", ENS_T_CHECK_FILE, ENS_T_CHECK_FILE_NOTE, true);
    put_more(v);
    ens__h_open(&v->h, "p");
    ens__h_open(&v->h, "button");
    ens__h_attr(&v->h, "type", "submit");
    ens__said(&v->h, &v->screen, ENS_T_CHECK_IT);
    ens__h_close(&v->h);
    ens__h_put(&v->h, " ");
    ens__h_open(&v->h, "button");
    ens__h_attr(&v->h, "type", "submit");
    ens__h_attr(&v->h, "name", "as");
    ens__h_attr(&v->h, "value", "file");
    ens__h_attr(&v->h, "class", "quiet");
    ens__said(&v->h, &v->screen, ENS_T_CHECK_AS_FILE);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

void ens__check_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    static const ens_text_key promises[] = {ENS_T_CHECK_NOTHING_KEPT, ENS_T_CHECK_NO_KEY, ENS_T_CHECK_NOT_SENT};
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/");
    ens__visit_page(&v, ENS_T_CHECK_TITLE, ENS_T_CHECK_LEAD);
    put_form(&v);
    ens__h_open(&v.h, "ul");
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++)
        ens__said_leaf(&v.h, &v.screen, "li", NULL, promises[i]);
    ens__h_close(&v.h);
    ens__visit_end(&v);
}

/* -- The answer -- */

static void put_refusal(const job *j, ens_text_key what, const char *more)
{
    ens_visit *v = j->v;
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "told fail");
    ens__h_open(&v->h, "p");
    ens__h_leaf(&v->h, "strong", NULL, j->name);
    ens__h_close(&v->h);
    ens__said_leaf(&v->h, &v->screen, "p", NULL, what);
    if (more)
        ens__h_leaf(&v->h, "p", "dim small", more);
    ens__h_close(&v->h);
}

static void judge_certificate(const job *j)
{
    ens_visit *v = j->v;
    ens_certificates *certificates = NULL;
    ens_preflight_result result;
    ens_err err = {0};
    char why[1024];
    ens_trust *trust = ens__service_trust(v->pages->ground.service);
    const ens_preflight_options options = {.trust = trust, .eori = ens_str(j->eori), .at = j->at};
    ens_report_reset(v->tools->report);
    if (ens_certificates_new(j->bytes, NULL, &certificates, &err) == ENS_OK) {
        ens_preflight(certificates, &options, &result, v->tools->report);
        const ens__preflight_view view = {.file = j->name,
                                          .cert = result.cert,
                                          .preflight = result.inside,
                                          .report = v->tools->report,
                                          .at = j->at,
                                          .now = j->now,
                                          .eori = j->eori};
        ens__h_open(&v->h, "div");
        ens__h_attr(&v->h, "lang", "en");
        ens__preflight_html(&view, 1, ens__h_raw(&v->h));
        ens__h_close(&v->h);
    } else {
        put_refusal(j, ENS_T_CHECK_UNREADABLE, ens_err_format(&err, why, sizeof why));
    }
    ens_certificates_free(certificates);
    ens_trust_free(trust);
}

static ens_code judge_request_der(void *of, ens_slice der, ens_err *err)
{
    const job *j = of;
    ens__request request;
    ens_code code = ens__request_parse(der, &request, err);
    if (code != ENS_OK)
        return code;
    const ens__request_options options = {.eori = ens_str(j->eori), .at = j->at};
    ens_report_reset(j->v->tools->report);
    ens__request_view view = {
        .file = j->name, .request = &request, .report = j->v->tools->report, .eori = j->eori, .at = j->at};
    view.binding = ens__request_judge(&request, &options, j->v->tools->report);
    ens__request_html(&j->v->h, &view);
    return ENS_OK;
}

static void judge_request(const job *j)
{
    bool found = false;
    char why[1024];
    ens_err err = {0};
    ens_code code = ens__certfile_request(j->bytes, judge_request_der, (void *)(uintptr_t)j, &found, &err);
    if (code != ENS_OK || !found)
        put_refusal(j, ENS_T_CHECK_UNREADABLE, code != ENS_OK ? ens_err_format(&err, why, sizeof why) : NULL);
}

static void judge_pdf(const job *j)
{
    ens_visit *v = j->v;
    ens_pdf_result result;
    ens_trust *trust = ens__service_trust(v->pages->ground.service);
    const ens_preflight_options preflight = {.trust = trust, .eori = ens_str(j->eori), .at = j->at};
    const ens_pdf_check_options options = {.issued = j->original, .preflight = &preflight, .at = j->at};
    ens_report_reset(v->tools->report);
    ens_pdf_check(j->bytes, &options, &result, v->tools->report);
    ens__pdf_html(&v->h, &(ens__pdf_view){.file = j->name, .result = &result, .report = v->tools->report});
    ens_trust_free(trust);
}

/* put_who tells who has to act on what was found, with a ticket to send; whole: what has no page of its own. What a
 * registry decides is told where it was asked. */
static void put_who(const job *j, bool whole)
{
    ens_visit *v = j->v;
    ens_doctor *doctor = NULL;
    ens_diagnosis x;
    ens_trust *trust = ens__service_trust(v->pages->ground.service);
    const ens_verify_options verify = {.trust = trust, .customs = v->pages->customs, .at = j->at};
    const ens_doctor_options how = {.verify = &verify, .eori = ens_str(j->eori), .original = j->original};
    if (ens__doctor_new(&doctor, NULL) == ENS_OK) {
        ens__doctor_examine(doctor, j->bytes, &how, &x);
        (whole ? ens__doctor_whole_html
               : ens__doctor_html)(&v->h, &(ens__doctor_view){.file = j->name, .diagnosis = &x, .at = j->at});
    }
    ens__doctor_free(doctor);
    ens_trust_free(trust);
}

static void judge(const job *j)
{
    ens_file_kind kind = ens__recognise(j->bytes);
    bool secret = kind == ENS_FILE_SECRET || kind == ENS_FILE_KEYSTORE, whole = kind > ENS_FILE_PDF;
    switch (kind) {
    case ENS_FILE_SECRET:
    case ENS_FILE_KEYSTORE:
        put_refusal(j, ENS_T_CHECK_IS_KEY, NULL);
        break;
    case ENS_FILE_CERTIFICATE:
        judge_certificate(j);
        break;
    case ENS_FILE_REQUEST:
        judge_request(j);
        break;
    case ENS_FILE_PDF:
        judge_pdf(j);
        break;
    case ENS_FILE_MESSAGE:
        ens__judged_message(
            j->v, j->bytes,
            &(ens_judged_how){.file = j->name, .at = j->at, .registered = j->registered, .original = j->original},
            NULL);
        break;
    case ENS_FILE_DOCUMENT:
        ens__judged_document(j->v, j->bytes, j->name);
        break;
    case ENS_FILE_UNKNOWN:
        put_refusal(j, ENS_T_CHECK_UNKNOWN, NULL);
        break;
    default:;
    }
    if (!secret && !j->registered && kind != ENS_FILE_UNKNOWN)
        put_who(j, whole);
}

/* name_of is what the file is called, without a path that some browsers put before it. */
static const char *name_of(ens_visit *v, ens_slice file)
{
    size_t from = 0;
    for (size_t i = 0; i < file.len; i++)
        if (file.p[i] == '/' || file.p[i] == '\\')
            from = i + 1;
    const char *name = ens__web_text(v->r, ens_sub(file, from, from + NAME_SHOWN));
    return name && *name ? name : "?";
}

/* read_job takes the form apart; false: the answer says what is wrong with it. */
static bool read_job(job *j, ens_web_pairs form)
{
    ens_visit *v = j->v;
    const ens_web_pair *file = NULL;
    ens_err err = {0};
    for (size_t i = 0; i < form.num && !file; i++)
        if (ens_is(form.pair[i].name, "file"))
            file = &form.pair[i];
    if (!file || !file->value.len) {
        ens__visit_sorry(v, 422, ens__visit_text(v, ENS_T_CHECK_NO_FILE));
        return false;
    }
    ens_slice eori = ens__trim(ens__web_get(form, "eori")), at = ens__trim(ens__web_get(form, "at"));
    j->bytes = file->value;
    j->name = name_of(v, file->file);
    j->original = ens__web_get(form, "for");
    j->eori = eori.len ? ens__web_text(v->r, eori) : NULL;
    j->registered = ens__web_get(form, "registered").len > 0;
    j->keep = ens_is(ens__web_get(form, "as"), "file");
    j->now = at.len == 0;
    j->at = v->now_ms / 1000;
    if (at.len && ens_time_parse(at, &j->at, &err) != ENS_OK) {
        ens__visit_sorry(v, 422, ens__visit_text(v, ENS_T_CHECK_BAD_TIME));
        return false;
    }
    return true;
}

/* send_file answers with a page that needs nothing else, to be kept and sent on. */
static void send_file(const job *j)
{
    ens_visit *v = j->v;
    char name[NAME_SHOWN + 32];
    snprintf(name, sizeof name, "%s.ensign.html", j->name);
    ens__html_begin(&v->a->body, j->name);
    judge(j);
    ens__h_close_to(&v->h, 0);
    ens__html_end(&v->a->body);
    ens__web_download(v->a, ens_str(name));
}

void ens__check_judge(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens__visit_begin(&v, pages, r, a, "/");
    job j = {.v = &v};
    if (!ens__visit_form(&v, ENS_RANK_READER, &form) || !read_job(&j, form))
        return;
    if (j.keep) {
        send_file(&j);
        return;
    }
    ens__visit_page(&v, ENS_T_CHECK_ANSWER, ENS_T_CHECK_ANSWER_LEAD);
    judge(&j);
    ens__h_open(&v.h, "p");
    ens__h_attr(&v.h, "class", "noprint");
    ens__h_link(&v.h, "/", ens_str(ens__visit_text(&v, ENS_T_CHECK_ANOTHER)));
    ens__h_close(&v.h);
    ens__visit_end(&v);
}
