/* The inside of a PDF that is read: sections of cross-references, and single objects. See file.h. */
#ifndef ENS_STI_PDF_XREF_H
#define ENS_STI_PDF_XREF_H

#include "sti/pdf/file.h"

/* ens__pdf_read_sections reads the newest section, which begins at pdf->startxref, and those before it. */
ENS_CHECK ens_code ens__pdf_read_sections(ens__pdf *pdf, ens_err *err);

/* ens__pdf_read_object reads "N G obj... endobj" at an offset, before which white space may stand. A stream's length
 * may be another object where resolving is set. */
ENS_CHECK ens_code ens__pdf_read_object(ens__pdf *pdf, size_t at, bool resolving, uint32_t *num, uint32_t *gen,
                                        ens__pdf_object *out, ens_err *err);

#endif
