/* Two PDFs compared by what they show and do: is one the other, with nothing but a signature in the field that is
 * signed? It does not matter how objects are numbered, packed or written. */
#ifndef ENS_STI_PDF_COMPARE_H
#define ENS_STI_PDF_COMPARE_H

#include "sti/pdf/fields.h"

#define ENS_PDF_COMPARED_MAX 4000000u /* values that are compared */

/* The first difference. */
typedef struct {
    const char *what; /* a clause, constant */
    char about[64];   /* the key that differs, printable; empty: none */
    unsigned page;    /* from 1; 0: on no page */
} ens__pdf_difference;

/* ens__pdf_same compares all that the catalogues lead to. What signing a field touches may differ: its value and
 * appearance, the flags of the form, metadata, extensions. signed_field is one of new_fields.
 * False with *out where they differ, or are more than is compared. */
bool ens__pdf_same(ens__pdf *old_pdf, ens__pdf *new_pdf, const ens__pdf_fields *old_fields,
                   const ens__pdf_field *signed_field, ens__pdf_difference *out);

/* ens__pdf_equal compares two values as they stand, references by their numbers. */
bool ens__pdf_equal(const ens__pdf_value *a, const ens__pdf_value *b);

#endif
