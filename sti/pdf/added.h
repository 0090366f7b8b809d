/* What was added to a PDF behind its bytes: is it a signature, and what signing touches, and nothing else?
 * Source  ISO 32000-2, 7.5.6 */
#ifndef ENS_STI_PDF_ADDED_H
#define ENS_STI_PDF_ADDED_H

#include "sti/pdf/fields.h"

/* What is wrong with it. */
typedef struct {
    const char *what; /* a clause, constant; NULL: nothing */
    uint32_t num;     /* the object; 0: none */
    size_t at;        /* byte offset; SIZE_MAX: none */
} ens__pdf_addition;

/* ens__pdf_added_judge judges what stands behind the old file, the bytes of which new_pdf begins with. False with
 * *out. */
bool ens__pdf_added_judge(ens__pdf *old_pdf, ens__pdf *new_pdf, const ens__pdf_field *signed_field,
                          ens__pdf_addition *out);

/* ens__pdf_added_sections counts how often the file was saved since; SIZE_MAX: what was added does not follow on the
 * old file's cross-references. */
size_t ens__pdf_added_sections(const ens__pdf *old_pdf, const ens__pdf *new_pdf);

/* ens__pdf_all_listed tells whether everything from an offset on is an object that the cross-references list,
 * cross-references, or what ends a file. Else *out is what is not. */
bool ens__pdf_all_listed(ens__pdf *pdf, size_t from, ens__pdf_addition *out);

#endif
