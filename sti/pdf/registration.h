/* What a PDF that Ensign issued says of its registration, for programs: a dictionary of its catalogue. */
#ifndef ENS_STI_PDF_REGISTRATION_H
#define ENS_STI_PDF_REGISTRATION_H

#include "sti/pdf/file.h"

#define ENS_PDF_REGISTRATION "ENSN_Registration" /* the key in the catalogue */

/* Who reads a page of the rehearsal must not take it for the real one. */
#define ENS_REHEARSAL_EN_1 "REHEARSAL on your own machine. Not a service of the European Commission or of French"
#define ENS_REHEARSAL_EN_2 "Customs. Nothing here reaches them."
#define ENS_REHEARSAL_FR_1                                                                                             \
    "R\xC3\x89P\xC3\x89TITION sur votre propre machine. Ce n'est pas un service de la Commission europ\xC3\xA9"        \
    "enne"
#define ENS_REHEARSAL_FR_2                                                                                             \
    "ni de la douane fran\xC3\xA7"                                                                                     \
    "aise. Rien ne leur est transmis."

/* Texts are UTF-8, and empty in a PDF that Ensign didn't issue. */
typedef struct {
    ens_slice id, eori, environment, nonce;
} ens__pdf_registration;

/* ens__pdf_registration_read is false where there is none. */
bool ens__pdf_registration_read(ens__pdf *pdf, ens__pdf_registration *out);

#endif
