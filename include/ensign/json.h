/* Ensign: what was judged, as the JSON that the command prints: one object and a line end, handed to a sink.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_JSON_H
#define ENSIGN_JSON_H

#include "ensign/document.h"
#include "ensign/preflight.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All of these hand the object to put, and return what it answers.
 * Errors  ENS_ENOMEM, ENS_ELIMIT; those of put */

/* ens_json_certificate: {"sha256","subject","issuer","serial","not_before","not_after","key","orgid",...}.  since
 * 0.1 */
ENS_API ENS_CHECK ens_code ens_json_certificate(const ens_cert *cert, ens_sink put, void *user, ens_err *err);
/* ens_json_report: {"verdict","checks":[{"id","outcome","rule","detail","hint", …}]}.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_json_report(const ens_report *report, ens_sink put, void *user, ens_err *err);
/* ens_json_verdict is the object of `ensign verify --json` and `receipt check --json`, for a message that ens_verify or
 * ens_receipt_check judged. file is what it goes by, or NULL; lists are the trusted lists that it was judged by
 * (ens_trust_lists), or NULL.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_json_verdict(const char *file, const ens_message *message, const ens_report *report,
                                            const ens_lists *lists, ens_sink put, void *user, ens_err *err);
/* ens_json_document is the object of `ensign ens check --json`. sent, which may be NULL, is the document that the
 * errors of an IE3N99 or IE3N01 are about (--for), checked with whole_document: its elements stand beside them.  since
 * 0.1 */
ENS_API ENS_CHECK ens_code ens_json_document(const char *file, const ens_document_result *result,
                                             const ens_report *report, const ens_document_result *sent, ens_sink put,
                                             void *user, ens_err *err);
/* ens_json_preflight is the object of `ensign cert check --json`.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_json_preflight(const char *file, const ens_preflight_result *result,
                                              const ens_report *report, ens_sink put, void *user, ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
