/* The inside of the judgement of a signed PDF: what its parts share. See ensign/pdf.h. */
#ifndef ENS_STI_PDF_CHECK_H
#define ENS_STI_PDF_CHECK_H

#include "engine/base/report.h"
#include "ensign/pdf.h"
#include "sti/pdf/cms.h"
#include "sti/pdf/fields.h"

#define ENS_PDF_RULE_PADES "EN 319 142-1 6.3"
#define ENS_PDF_RULE_SIGNATURE "ISO 32000-2 12.8.1"
#define ENS_PDF_RULE_GUIDE "French Customs, guide to UUM&DS, step 2"
#define ENS_PDF_SIGN_ANEW                                                                                              \
    "download the registration PDF again, sign it once in Acrobat, save it, and upload that file untouched"
#define ENS_PDF_SETTING                                                                                                \
    "Acrobat: Edit > Preferences > Signatures > Creation & Appearance > Other > Default Signing Format: "              \
    "CAdES-Equivalent; then download the registration PDF again and sign it"

/* One file that is judged. */
typedef struct {
    ens_slice bytes;
    const ens_pdf_check_options *o;
    ens_pdf_result *out;
    ens_report *report;
    ens_arena arena;
    ens__pdf pdf;
    ens__pdf_fields fields;
    const ens__pdf_field *field;        /* that is signed */
    const ens__pdf_value *signature;    /* its dictionary */
    const ens__pdf_object *of;          /* the object that the dictionary is */
    ens_slice contents;                 /* the CMS with its padding */
    size_t hole_from, hole_to, covered; /* what the ranges leave out, and where they end */
    bool ranged;                        /* the ranges are right, and contents is set */
    bool old_format;                    /* adbe.…: what CAdES wants is missing for that reason */
    ens__cms cms;
} ens__pdf_job;

/* ens__pdf_doubt adds a failure in the strict profile, and a warning else. */
ens_finding *ens__pdf_doubt(ens__pdf_job *j, const char *id, const char *rule, const char *hint, const char *what);

/* ens__pdf_judge_format judges the signature's dictionary: format, ranges, field, time. */
void ens__pdf_judge_format(ens__pdf_job *j);
/* ens__pdf_judge_cms judges the CMS: its form, digest, attributes, value, and whose certificate it is. */
void ens__pdf_judge_cms(ens__pdf_job *j);
/* ens__pdf_judge_document judges what is signed: is it what was issued, and all of it? */
void ens__pdf_judge_document(ens__pdf_job *j);

#endif
