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

/* ens_eori_check judges the syntax of one EORI: adds eori.* findings (fail: no EORI at all; warn: unusual for its
 * Member State).  Source  ICS2-HTI ICD 4.6.3.  since 0.1 */
ENS_API void ens_eori_check(ens_slice eori, ens_report *report);

typedef enum { ENS_BINDING_NOT_ASKED = 0, ENS_BINDING_BOUND, ENS_BINDING_MISMATCH, ENS_BINDING_CANNOT } ens_binding;
ENS_API const char *
ens_binding_name(ens_binding binding); /* "not-asked", "bound", "mismatch", "cannot-be-bound".  since 0.1 */

/* ens_binding_check tells what an organizationIdentifier (the attribute's text; empty when the certificate has none)
 * proves of an EORI, and adds one finding binding.eori (pass, fail, or warn for cannot-be-bound) with the source of the
 * rule used. MISMATCH only where the derivation is certain.  since 0.1 */
ENS_API ens_binding ens_binding_check(ens_slice orgid, ens_slice eori, ens_report *report);
/* ens_binding_check_cert judges all organizationIdentifiers of a certificate together, and adds one finding
 * binding.eori: one that agrees with the EORI is enough, and those that contradict each other prove nothing.  since 0.1
 */
ENS_API ens_binding ens_binding_check_cert(const ens_cert *cert, ens_slice eori, ens_report *report);

#ifdef __cplusplus
}
#endif
#endif
