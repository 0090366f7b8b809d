#include "sti/pdf/registration.h"

static ens_slice text_of(ens__pdf *pdf, const ens__pdf_value *dict, const char *key)
{
    const ens__pdf_value *v = ens__pdf_get_kind(pdf, dict, key, ENS_PDF_STRING);
    return v ? ens__pdf_utf8(pdf->arena, v->text) : (ens_slice){0};
}

bool ens__pdf_registration_read(ens__pdf *pdf, ens__pdf_registration *out)
{
    const ens__pdf_value *dict =
        ens__pdf_get_kind(pdf, ens__pdf_get(pdf, pdf->trailer, "Root"), ENS_PDF_REGISTRATION, ENS_PDF_DICT);
    *out = (ens__pdf_registration){.id = text_of(pdf, dict, "Id"),
                                   .eori = text_of(pdf, dict, "EORI"),
                                   .environment = text_of(pdf, dict, "Environment"),
                                   .nonce = text_of(pdf, dict, "Nonce")};
    return dict != NULL;
}
