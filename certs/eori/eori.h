/* The EU's EORI validation service, SOAP 1.1: is a number in the EU's EORI database? What an EORI is stands in
 * ensign/eori.h.   Source  DG TAXUD, DDS2 EORI validation service: operation validateEORI, 1..10 numbers */
#ifndef ENS_CERTS_EORI_EORI_H
#define ENS_CERTS_EORI_EORI_H

#include "engine/base/arena.h"
#include "ensign/cert.h"
#include "ensign/eori.h"
#include "ensign/report.h"

#define ENS_EORI_SERVICE_ANSWER_MAX ((size_t)1 << 20)

/* ens__eori_service_request writes the envelope that asks for num numbers. */
void ens__eori_service_request(ens_buf *out, const ens_slice *eoris, size_t num);
/* ens__eori_service_read reads an answer: status[i] is that of eoris[i], answered false when the service left it out.
 * The children of result are taken with and without the service's namespace.
 * Errors  ENS_ESYNTAX no such answer, ENS_EIO a SOAP fault (with its text) */
ENS_CHECK ens_code ens__eori_service_read(ens_slice answer, const ens_slice *eoris, size_t num, ens_arena *arena,
                                          ens_eori_answer *status, ens_err *err);
/* ens__eori_service_ask is ens_eori_ask; the answers' texts live in the arena. */
ENS_CHECK ens_code ens__eori_service_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num,
                                         ens_arena *arena, ens_eori_answer *status, ens_err *err);
#endif
