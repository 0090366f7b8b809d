#include "ensign/json.h"

#include "certs/preflight/preflight.h"
#include "engine/base/json.h"
#include "show/certificate.h"
#include "show/document.h"
#include "show/finding.h"
#include "show/preflight.h"
#include "show/verdict.h"

#define OBJECT_MAX ((size_t)64 << 20) /* bytes of one object */

/* hand_over gives a written object to the sink, and frees it. */
static ens_code hand_over(ens_buf *object, ens_sink put, void *user, ens_err *err)
{
    ens_code code = ens_buf_done(object, err);
    if (code == ENS_OK && (code = put(user, ens_buf_slice(object))) != ENS_OK)
        ens_fail(err, code, NULL, "what takes the JSON failed", 0);
    ens_buf_free(object);
    return code;
}

ens_code ens_json_certificate(const ens_cert *cert, ens_sink put, void *user, ens_err *err)
{
    ens_buf object;
    ens_buf_init(&object, NULL, 0, OBJECT_MAX);
    ens_json j = {.out = &object};
    ens__json_open(&j, NULL, '{');
    ens__certificate_json(&j, cert);
    ens__json_close(&j, '}');
    ens_buf_text(&object, "\n");
    return hand_over(&object, put, user, err);
}

ens_code ens_json_report(const ens_report *report, ens_sink put, void *user, ens_err *err)
{
    ens_buf object;
    ens_buf_init(&object, NULL, 0, OBJECT_MAX);
    ens_json j = {.out = &object};
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "verdict", ens_verdict_name(ens_report_verdict(report)));
    ens__findings_json(&j, report);
    ens__json_close(&j, '}');
    ens_buf_text(&object, "\n");
    return hand_over(&object, put, user, err);
}

ens_code ens_json_verdict(const char *file, const ens_message *message, const ens_report *report,
                          const ens_lists *lists, ens_sink put, void *user, ens_err *err)
{
    ens_buf object;
    ens_answer answer = ens_answer_of(report);
    ens__verdict verdict = {.file = file, .message = message, .answer = &answer, .report = report, .lists = lists};
    ens_buf_init(&object, NULL, 0, OBJECT_MAX);
    ens__verdict_json(&verdict, &object);
    return hand_over(&object, put, user, err);
}

ens_code ens_json_document(const char *file, const ens_document_result *result, const ens_report *report,
                           const ens_document_result *sent, ens_sink put, void *user, ens_err *err)
{
    ens_buf object;
    ens_answer answer = ens_answer_of(report);
    if (!result->inside)
        return ens_fail(err, ENS_ENOMEM, NULL, "the document was not judged for want of memory", 0);
    ens_buf_init(&object, NULL, 0, OBJECT_MAX);
    ens_json j = {.out = &object};
    ens__document_json(&j, file, result->inside, &answer, report, sent && sent->inside ? sent->inside->elements : NULL);
    return hand_over(&object, put, user, err);
}

ens_code ens_json_preflight(const char *file, const ens_preflight_result *result, const ens_report *report,
                            ens_sink put, void *user, ens_err *err)
{
    ens_buf object;
    ens__preflight_view view = {
        .file = file, .cert = result->cert, .preflight = result->inside, .report = report, .at = result->at};
    if (!result->inside)
        return ens_fail(err, ENS_ENOMEM, NULL, "the certificate was not judged for want of memory", 0);
    ens_buf_init(&object, NULL, 0, OBJECT_MAX);
    ens__preflight_json(&view, &object);
    return hand_over(&object, put, user, err);
}
