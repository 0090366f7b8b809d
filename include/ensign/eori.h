/* Ensign: EORI numbers, ICS2 party ids, and how an EORI derives from a certificate's organizationIdentifier.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_EORI_H
#define ENSIGN_EORI_H

#include "ensign/cert.h"

#ifdef __cplusplus
extern "C" {
#endif

/* [system-id "@"] eori ["@" member state]; parts that are absent are empty. Borrowed from the text. */
typedef struct {
    ens_slice system_id, eori, member_state;
} ens_party_id;

/* ens_party_id_parse splits a trader's PartyId.  Errors ENS_ESYNTAX with the offset.
 * Source  ICS2-HTI ICD 4.2.2.1, Table 8.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_party_id_parse(ens_slice text, ens_party_id *out, ens_err *err);

/* ens_eori_check judges the syntax of one EORI at a time, since forms begin and end: adds eori.* findings (fail: no
 * EORI at all; warn: unusual for its Member State). It returns whether the text has the shape of an EORI. Source
 * ICS2-HTI ICD 4.6.3.  since 0.1 */
ENS_API bool ens_eori_check(ens_slice eori, ens_time at, ens_report *report);

/* ens_eori_country names the country that an EORI begins with, "France"; NULL: none that gives EORIs.  since 0.1 */
ENS_API const char *ens_eori_country(ens_slice eori);
/* ens_member_state gives the code of a Member State in capitals, as EORIs have it ("GR" for EL), or NULL when it is
 * none. Case doesn't matter.  since 0.1 */
ENS_API const char *ens_member_state(ens_slice code);

#define ENS_EORI_SERVICE "https://ec.europa.eu/taxation_customs/dds2/eos/validation/services/validation" /* the EU's */
#define ENS_EORI_SERVICE_MAX 10u /* numbers of one request */

/* What the EU's EORI validation service says of one number; name and address only where their publication was
 * agreed. */
typedef struct {
    bool answered, valid;
    ens_slice description, name, address;
} ens_eori_answer;

/* ens_eori_answers holds what came for one request; texts live as long as it does. */
typedef struct ens_eori_answers ens_eori_answers;

/* ens_eori_ask asks the service at url for up to ENS_EORI_SERVICE_MAX numbers. ca_file, which may be NULL, is a PEM
 * file with the anchors of TLS in place of the system's.
 * Errors  ENS_EIO nothing came, or a fault of the service;
 * ENS_ESYNTAX, ENS_ELIMIT, ENS_ENOMEM.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_eori_ask(const char *url, const char *ca_file, const ens_slice *eoris, size_t num,
                                        ens_eori_answers **out, ens_err *err);
/* ens_eori_answers_get borrows the answer of number i, or NULL past the end.  since 0.1 */
ENS_API const ens_eori_answer *ens_eori_answers_get(const ens_eori_answers *answers, size_t i);
ENS_API void ens_eori_answers_free(ens_eori_answers *answers); /* since 0.1 */
/* ens_eori_judge_answer adds eori.registered: pass, fail, or a needed skip where there is no answer (NULL: err says
 * why).  since 0.1 */
ENS_API void ens_eori_judge_answer(ens_slice eori, const ens_eori_answer *answer, const ens_err *err,
                                   ens_report *report);

typedef enum { ENS_BINDING_NOT_ASKED = 0, ENS_BINDING_BOUND, ENS_BINDING_MISMATCH, ENS_BINDING_CANNOT } ens_binding;
ENS_API const char *
ens_binding_name(ens_binding binding); /* "not-asked", "bound", "mismatch", "cannot-be-bound".  since 0.1 */

/* ens_binding_check tells what an organizationIdentifier (the attribute's text; empty when the certificate has none)
 * proves of an EORI, and adds one finding binding.eori (pass, fail, or warn for cannot-be-bound) with the source of the
 * rule used. MISMATCH only where the derivation is certain.  since 0.1 */
ENS_API ens_binding ens_binding_check(ens_slice orgid, ens_slice eori, ens_report *report);
/* ens_binding_check_cert judges all organizationIdentifiers of a certificate together, and adds one finding
 * binding.eori: one that agrees with the EORI is enough, and those that contradict each other prove nothing.  since
 * 0.1 */
ENS_API ens_binding ens_binding_check_cert(const ens_cert *cert, ens_slice eori, ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
