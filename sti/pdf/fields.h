/* The signature fields of a PDF's form, and its pages.   Source  ISO 32000-2, 7.7.3, 12.7.4 and 12.7.5.5 */
#ifndef ENS_STI_PDF_FIELDS_H
#define ENS_STI_PDF_FIELDS_H

#include "sti/pdf/file.h"

#define ENS_PDF_FIELDS_MAX 32u  /* signature fields */
#define ENS_PDF_FORM_MAX 65536u /* fields of any kind and their widgets */
#define ENS_PDF_FORM_DEPTH_MAX 32u
#define ENS_PDF_PAGES_MAX 2048u
#define ENS_PDF_OWNER "OWNER" /* the field that UUM&DS asks to be signed */

typedef struct {
    uint32_t num; /* of its object; 0: it isn't one */
    const ens__pdf_value *dict;
    const ens__pdf_value *widget; /* itself, or its first kid; NULL: it is on no page */
    uint32_t widget_num;
    ens_slice name;              /* UTF-8, from the top: "form1.OWNER" */
    ens_slice part;              /* its last part, without an index: "OWNER" */
    const ens__pdf_value *value; /* the signature's dictionary, or NULL: it is empty */
    uint32_t value_num;          /* of its object; 0: it stands in the field */
} ens__pdf_field;

typedef struct {
    ens__pdf_field field[ENS_PDF_FIELDS_MAX];
    size_t num;
} ens__pdf_fields;

/* ens__pdf_fields_read lists the signature fields in the order of the form.
 * Errors  ENS_ESYNTAX the tree of fields leads back to itself, ENS_ELIMIT */
ENS_CHECK ens_code ens__pdf_fields_read(ens__pdf *pdf, ens__pdf_fields *out, ens_err *err);
/* ens__pdf_field_is tells the field that UUM&DS means, whatever its form calls what it stands in. */
bool ens__pdf_field_is(const ens__pdf_field *field, const char *name);

/* A page, with what it has of the nodes above it. */
typedef struct {
    uint32_t num;
    const ens__pdf_value *dict;
    const ens__pdf_value *resources, *media, *crop, *rotate; /* NULL: none */
} ens__pdf_page;

/* ens__pdf_pages_read lists the pages in their order, in the file's arena. Errors as above. */
ENS_CHECK ens_code ens__pdf_pages_read(ens__pdf *pdf, ens__pdf_page **out, size_t *num, ens_err *err);

#endif
