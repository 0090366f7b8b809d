/* The certificates that the signature of a PDF brings along, the signer's first. */
#ifndef ENS_STI_PDF_SIGNER_H
#define ENS_STI_PDF_SIGNER_H

#include "ensign/keys.h"

/* ens__pdf_signer reads them, and judges nothing: what signed the file, ens_pdf_check tells.
 * Errors  ENS_ESYNTAX it is no PDF, has no signature, or none that names a certificate; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__pdf_signer(ens_slice file, ens_certificates **out, ens_err *err);

#endif
