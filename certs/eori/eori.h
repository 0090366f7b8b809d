/* The EU's EORI validation service, SOAP 1.1: is a number in the EU's EORI database? What an EORI is stands in
 * ensign/eori.h.   Source  DG TAXUD, DDS2 EORI validation service: operation validateEORI, 1..10 numbers */
#ifndef ENS_CERTS_EORI_EORI_H
#define ENS_CERTS_EORI_EORI_H

#include "engine/base/arena.h"
#include "ensign/cert.h"
#include "ensign/eori.h"
#include "ensign/report.h"

/* ens__eori_check_at is ens_eori_check for a day: forms of EORIs begin and end. It returns whether the text has the shape
 * of an EORI. */
bool ens__eori_check_at(ens_slice eori, ens_time at, ens_report *report);

#define ENS_EORI_SERVICE_URL "https://ec.europa.eu/taxation_customs/dds2/eos/validation/services/validation"
#define ENS_EORI_SERVICE_MAX 10u /* numbers of one request */
#define ENS_EORI_SERVICE_ANSWER_MAX ((size_t)1 << 20)

/* What the service says of one number; texts live in the arena, name and address only where their publication was
 * agreed. */
typedef struct {
    bool answered, valid;
    ens_slice description; /* statusDescr */
    ens_slice name, address;
} ens__eori_status;

/* ens__eori_service_request writes the envelope that asks for num numbers. */
void ens__eori_service_request(ens_buf *out, const ens_slice *eoris, size_t num);
/* ens__eori_service_read reads an answer: status[i] is that of eoris[i], answered false when the service left it out.
 * The children of result are taken with and without the service's namespace.
 * Errors  ENS_ESYNTAX no such answer, ENS_EIO a SOAP fault (with its text) */
ENS_CHECK ens_code ens__eori_service_read(ens_slice answer, const ens_slice *eoris, size_t num, ens_arena *arena,
                                          ens__eori_status *status, ens_err *err);
/* ens__eori_service_ask makes the exchange with the service at url for up to ENS_EORI_SERVICE_MAX numbers. ca_file as
 * in ens_fetch_request. */
ENS_CHECK ens_code ens__eori_service_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num,
                                         ens_arena *arena, ens__eori_status *status, ens_err *err);
/* ens__eori_service_judge adds eori.registered: pass, fail, or a needed skip when there was no answer (status NULL: err
 * says why). */
void ens__eori_service_judge(ens_slice eori, const ens__eori_status *status, const ens_err *err, ens_report *report);

#endif
