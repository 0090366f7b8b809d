/* The acts of a registration with UUM&DS: a party is enrolled, a seal certificate is registered for it, and either is
 * suspended, resumed or revoked. Several certificates may be active at once: so a seal is rolled over.
 * Source  ICS2-HTI ICD 4.6.3, 5.1.1 */
#ifndef ENS_STI_REGISTRY_ENROLMENT_H
#define ENS_STI_REGISTRY_ENROLMENT_H

#include "ensign/cert.h"
#include "sti/registry/uumds.h"

/* ens__enrolment_begin takes the party as it is registered, or a new one: store it with ens__uumds_enrol. One that was
 * revoked is enrolled anew. */
ENS_CHECK ens_code ens__enrolment_begin(ens__uumds *db, ens_slice eori, ens__party *out, ens_err *err);

/* ens__enrolment_certify registers a certificate for an EORI in a Member State. unchecked: its pre-flight was left out,
 * and the registry says so.
 * Errors  ENS_EPOLICY the EORI is not registered; ENS_EIO */
ENS_CHECK ens_code ens__enrolment_certify(ens__uumds *db, const ens__party *party, const char *member_state,
                                          const ens_cert *cert, bool unchecked, ens_err *err);
/* ens__enrolment_sha256 is what a certificate is registered by. */
ENS_CHECK ens_code ens__enrolment_sha256(const ens_cert *cert, char out[ENS_UUMDS_SHA256], ens_err *err);

/* What becomes of a change of state. */
typedef enum {
    ENS_CHANGE_MADE = 0,
    ENS_CHANGE_FINAL,   /* what is revoked stays so */
    ENS_CHANGE_NO_SUCH, /* no such certificate is registered for the party */
    ENS_CHANGE_SEVERAL  /* the SHA-256 begins as several */
} ens__enrolment_changed;

ENS_CHECK ens_code ens__enrolment_change_party(ens__uumds *db, ens__party *party, ens_party_state state,
                                               ens__enrolment_changed *out, ens_err *err);
/* ens__enrolment_change_certificate changes the certificate whose SHA-256 begins so, in one Member State or (NULL) in
 * every one where it is registered. Nothing is changed where one registration of it can't be. */
ENS_CHECK ens_code ens__enrolment_change_certificate(ens__uumds *db, const ens__party *party, const char *member_state,
                                                     const char *sha256, ens_party_state state,
                                                     ens__enrolment_changed *out, ens_err *err);

#endif
