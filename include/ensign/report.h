/* Ensign: what a judgement found. Every judgement of the library fills an ens_report.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_REPORT_H
#define ENSIGN_REPORT_H

#include "ensign/base.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The zero value is never treated as accepted. */
typedef enum { ENS_UNDECIDED = 0, ENS_ACCEPTED, ENS_REFUSED } ens_verdict;

typedef enum { ENS_PASS = 0, ENS_WARN, ENS_FAIL, ENS_SKIP } ens_outcome;

/* What a check rests on: the interface control document of ICS2, a published standard, the message tables and rules of
 * ICS2, refusals of the real system that were seen, or a reading of ours that no document states. */
typedef enum {
    ENS_BASIS_UNSET = 0,
    ENS_BASIS_ICD,
    ENS_BASIS_STANDARD,
    ENS_BASIS_TABLE,
    ENS_BASIS_SEEN,
    ENS_BASIS_ASSUMED
} ens_basis;

typedef struct ens_finding_values ens_finding_values;

/* ens_finding is one check and its outcome. id is "family.check"; the strings live as long as the report. */
typedef struct {
    const char *id;
    ens_outcome outcome;
    const char *rule; /* specification and section */
    const char *seen; /* what ens_finding_detail makes the text of; NULL for a plain pass */
    const char *hint; /* what to do about it; NULL where nothing is to be done */
    const char
        *code; /* "EBMS:0003" where it is not the family's own code, "IE3N99" for a fault of the document alone */
    const char *subcode; /* "A001" … "A003", or NULL */
    const char *xpath;   /* where in the XML, or NULL */
    size_t at;           /* byte offset, or SIZE_MAX */
    int certificate;     /* index in the path, leaf = 0, or -1 */
    bool needed;         /* of a skip: without it nothing can be accepted */
    ens_basis basis;     /* UNSET: see ens_finding_basis */
    bool document_fault; /* a fault of the business document alone: no AS4 error; code is the reply of customs, or NULL
                          */
    const char *document_code; /* of a fault of the business document: the code of CL723 that customs give, or NULL: not
                                  known */
    const ens_finding_values *values; /* the library's own, of seen */
} ens_finding;

#define ENS_DETAIL_TEXT 1024u /* bytes of a detail with its NUL; a longer one is cut */

/* ens_finding_detail tells in one clause what was seen; NULL for a plain pass. The text is made when it is asked for:
 * in out, or it is a constant.  since 0.1 */
ENS_API const char *ens_finding_detail(const ens_finding *finding, char out[ENS_DETAIL_TEXT]);

typedef struct ens_report ens_report;

/* ens_report_new makes an empty report, owned by the caller; NULL when out of memory.  since 0.1 */
ENS_API ens_report *ens_report_new(void);
/* ens_report_free takes back a report and every string its findings point to.  since 0.1 */
ENS_API void ens_report_free(ens_report *report);
/* ens_report_reset empties a report for the next judgement, and keeps its memory: what is judged into a report is
 * added to what stands there.  since 0.1 */
ENS_API void ens_report_reset(ens_report *report);
/* ens_report_num counts the findings.  since 0.1 */
ENS_API size_t ens_report_num(const ens_report *report);
/* ens_report_get borrows finding i in the order of judgement, or NULL past the end.  since 0.1 */
ENS_API const ens_finding *ens_report_get(const ens_report *report, size_t i);
/* ens_report_verdict: refused when a finding failed, else undecided when a needed check was skipped or the report is
 * empty or incomplete, else accepted.  since 0.1 */
ENS_API ens_verdict ens_report_verdict(const ens_report *report);

/* ens_finding_basis is what a check rests on: what the finding says, else what its rule shows.  since 0.1 */
ENS_API ens_basis ens_finding_basis(const ens_finding *finding);

ENS_API const char *ens_basis_name(ens_basis basis);       /* "icd" …; constant.  since 0.1 */
ENS_API const char *ens_verdict_name(ens_verdict verdict); /* "undecided" …; constant.  since 0.1 */
ENS_API const char *ens_outcome_name(ens_outcome outcome); /* "pass" …; constant.  since 0.1 */

#ifdef __cplusplus
}
#endif
#endif
