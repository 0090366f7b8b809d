/* The names that trusted lists give to things, as small numbers: types of service, states, what a service is for,
 * qualifiers.
 * Source  TS 119 612 v2.1.1, 5.5 and annexes C, D; TS 119 615 */
#ifndef ENS_CERTS_LISTS_URIS_H
#define ENS_CERTS_LISTS_URIS_H

#include "engine/base/bytes.h"

/* ServiceTypeIdentifier: what follows "http://uri.etsi.org/TrstSvc/Svctype/". */
typedef enum {
    ENS_SERVICE_OTHER = 0, /* a URI that isn't in the table, or one that stands there without a number of its own */
    ENS_SERVICE_CA_QC,     /* issues qualified certificates */
    ENS_SERVICE_CA_PKC,    /* issues certificates that aren't qualified */
    ENS_SERVICE_NATIONAL_ROOT,
    ENS_SERVICE_OCSP_QC,
    ENS_SERVICE_OCSP,
    ENS_SERVICE_CRL_QC,
    ENS_SERVICE_CRL,
    ENS_SERVICE_TSA_QTST,
    ENS_SERVICE_TSA,
    ENS_SERVICE_EDS_Q,
    ENS_SERVICE_EDS_REM_Q,
    ENS_SERVICE_PSES_Q,
    ENS_SERVICE_QES_VALIDATION_Q
} ens_service_type;

/* ServiceStatus. The last seven ended with eIDAS, 2016-06-30T22:00:00Z. */
typedef enum {
    ENS_STATUS_OTHER = 0,
    ENS_STATUS_GRANTED,
    ENS_STATUS_WITHDRAWN,
    ENS_STATUS_RECOGNISED_NATIONALLY,
    ENS_STATUS_DEPRECATED_NATIONALLY,
    ENS_STATUS_SET_BY_NATIONAL_LAW,
    ENS_STATUS_DEPRECATED_BY_NATIONAL_LAW,
    ENS_STATUS_UNDER_SUPERVISION,
    ENS_STATUS_SUPERVISION_IN_CESSATION,
    ENS_STATUS_SUPERVISION_CEASED,
    ENS_STATUS_SUPERVISION_REVOKED,
    ENS_STATUS_ACCREDITED,
    ENS_STATUS_ACCREDITATION_CEASED,
    ENS_STATUS_ACCREDITATION_REVOKED
} ens_service_status;

/* AdditionalServiceInformation */
#define ENS_FOR_SIGNATURES (1u << 0)
#define ENS_FOR_SEALS (1u << 1)
#define ENS_FOR_WEB (1u << 2)
#define ENS_FOR_ROOT_CA_QC (1u << 3)

/* Qualifier: of TS 119 612, 5.5.9.2.3 */
#define ENS_QUALIFIER_QC_STATEMENT (1u << 0)
#define ENS_QUALIFIER_NOT_QUALIFIED (1u << 1)
#define ENS_QUALIFIER_WITH_SSCD (1u << 2)
#define ENS_QUALIFIER_WITH_QSCD (1u << 3)
#define ENS_QUALIFIER_NO_SSCD (1u << 4)
#define ENS_QUALIFIER_NO_QSCD (1u << 5)
#define ENS_QUALIFIER_SSCD_AS_IN_CERT (1u << 6)
#define ENS_QUALIFIER_QSCD_AS_IN_CERT (1u << 7)
#define ENS_QUALIFIER_QSCD_ON_BEHALF (1u << 8)
#define ENS_QUALIFIER_LEGAL_PERSON (1u << 9)
#define ENS_QUALIFIER_FOR_ESIG (1u << 10)
#define ENS_QUALIFIER_FOR_ESEAL (1u << 11)
#define ENS_QUALIFIER_FOR_WSA (1u << 12)
#define ENS_QUALIFIERS 13u

/* Each reads a whole URI, white space around it cut off; 0 for what isn't known. */
ens_service_type ens__service_type(ens_slice uri);
ens_service_status ens__service_status(ens_slice uri);
unsigned ens__service_use(ens_slice uri);
unsigned ens__qualifier(ens_slice uri);

/* Names for people and JSON; constants. */
const char *ens__service_type_name(ens_service_type type);       /* "CA/QC" …, "other" */
const char *ens__service_status_name(ens_service_status status); /* "granted" …, "other" */
const char *ens__qualifier_name(unsigned qualifier);             /* of one bit: "QCForESeal" */

#endif
