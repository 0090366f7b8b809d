#include "sti/pdf/signer.h"

#include "sti/pdf/cms.h"
#include "sti/pdf/fields.h"

#include <stdlib.h>

#define RULE "ISO 32000-2 12.8.1"
#define PEM_MAX ((size_t)2 << 20)

/* The signer's own, so that none that goes along is taken for it. */
static void put_pem(ens_buf *out, ens_slice der)
{
    ens_buf_text(out, "-----BEGIN CERTIFICATE-----\n");
    ens__base64_encode(out, der);
    ens_buf_text(out, "\n-----END CERTIFICATE-----\n");
}

static ens_code gather(ens__pdf *pdf, ens_arena *arena, ens_buf *out, ens_err *err)
{
    ens__pdf_fields *fields = ens_arena_zero(arena, sizeof *fields);
    ens__cms *cms = ens_arena_zero(arena, sizeof *cms);
    const ens__pdf_value *contents = NULL;
    if (!fields || !cms)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens_code code = ens__pdf_fields_read(pdf, fields, err);
    for (size_t i = 0; code == ENS_OK && i < fields->num && !contents; i++)
        if (fields->field[i].value)
            contents = ens__pdf_get_kind(pdf, fields->field[i].value, "Contents", ENS_PDF_STRING);
    if (code == ENS_OK && !contents)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the PDF isn't signed", 0);
    if (code == ENS_OK)
        code = ens__cms_read(contents->text, arena, cms, err);
    if (code == ENS_OK && !cms->signer)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the certificate of the signer isn't in the signature", 0);
    if (code != ENS_OK)
        return code;
    put_pem(out, cms->signer->der);
    for (size_t i = 0; i < cms->num_certificates; i++)
        if (&cms->certificate[i] != cms->signer)
            put_pem(out, cms->certificate[i].der);
    return ens_buf_done(out, err);
}

ens_code ens__pdf_signer(ens_slice file, ens_certificates **out, ens_err *err)
{
    ens__pdf *pdf = calloc(1, sizeof *pdf);
    ens_arena arena;
    ens_buf pem;
    if (!pdf)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens_arena_init(&arena, ENS_PDF_ARENA_MAX);
    ens_buf_init(&pem, NULL, 0, PEM_MAX);
    ens_code code = ens__pdf_open(file, &arena, pdf, err);
    if (code == ENS_OK)
        code = gather(pdf, &arena, &pem, err);
    if (code == ENS_OK)
        code = ens_certificates_new(ens_buf_slice(&pem), NULL, out, err);
    ens_buf_free(&pem);
    ens_arena_free(&arena);
    free(pdf);
    return code;
}
