#include "certs/lists/uris.h"

#define TYPES "http://uri.etsi.org/TrstSvc/Svctype/"
#define STATES "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
#define INFORMATION "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"

/* What stands behind the common beginning, by number. */
typedef struct {
    const char *name;
    unsigned number;
} row;

static const row types[] = {
    {"CA/QC", ENS_SERVICE_CA_QC},
    {"CA/PKC", ENS_SERVICE_CA_PKC},
    {"NationalRootCA-QC", ENS_SERVICE_NATIONAL_ROOT},
    {"Certstatus/OCSP/QC", ENS_SERVICE_OCSP_QC},
    {"Certstatus/OCSP", ENS_SERVICE_OCSP},
    {"Certstatus/CRL/QC", ENS_SERVICE_CRL_QC},
    {"Certstatus/CRL", ENS_SERVICE_CRL},
    {"TSA/QTST", ENS_SERVICE_TSA_QTST},
    {"TSA", ENS_SERVICE_TSA},
    {"EDS/Q", ENS_SERVICE_EDS_Q},
    {"EDS/REM/Q", ENS_SERVICE_EDS_REM_Q},
    {"PSES/Q", ENS_SERVICE_PSES_Q},
    {"QESValidation/Q", ENS_SERVICE_QES_VALIDATION_Q},
};

static const row states[] = {
    {"granted", ENS_STATUS_GRANTED},
    {"withdrawn", ENS_STATUS_WITHDRAWN},
    {"recognisedatnationallevel", ENS_STATUS_RECOGNISED_NATIONALLY},
    {"deprecatedatnationallevel", ENS_STATUS_DEPRECATED_NATIONALLY},
    {"setbynationallaw", ENS_STATUS_SET_BY_NATIONAL_LAW},
    {"deprecatedbynationallaw", ENS_STATUS_DEPRECATED_BY_NATIONAL_LAW},
    {"undersupervision", ENS_STATUS_UNDER_SUPERVISION},
    {"supervisionincessation", ENS_STATUS_SUPERVISION_IN_CESSATION},
    {"supervisionceased", ENS_STATUS_SUPERVISION_CEASED},
    {"supervisionrevoked", ENS_STATUS_SUPERVISION_REVOKED},
    {"accredited", ENS_STATUS_ACCREDITED},
    {"accreditationceased", ENS_STATUS_ACCREDITATION_CEASED},
    {"accreditationrevoked", ENS_STATUS_ACCREDITATION_REVOKED},
};

static const row uses[] = {
    {"ForeSignatures", ENS_FOR_SIGNATURES},
    {"ForeSeals", ENS_FOR_SEALS},
    {"ForWebSiteAuthentication", ENS_FOR_WEB},
    {"RootCA-QC", ENS_FOR_ROOT_CA_QC},
};

static const row qualifiers[] = {
    {"QCStatement", ENS_QUALIFIER_QC_STATEMENT},
    {"NotQualified", ENS_QUALIFIER_NOT_QUALIFIED},
    {"QCWithSSCD", ENS_QUALIFIER_WITH_SSCD},
    {"QCWithQSCD", ENS_QUALIFIER_WITH_QSCD},
    {"QCNoSSCD", ENS_QUALIFIER_NO_SSCD},
    {"QCNoQSCD", ENS_QUALIFIER_NO_QSCD},
    {"QCSSCDStatusAsInCert", ENS_QUALIFIER_SSCD_AS_IN_CERT},
    {"QCQSCDStatusAsInCert", ENS_QUALIFIER_QSCD_AS_IN_CERT},
    {"QCQSCDManagedOnBehalf", ENS_QUALIFIER_QSCD_ON_BEHALF},
    {"QCForLegalPerson", ENS_QUALIFIER_LEGAL_PERSON},
    {"QCForESig", ENS_QUALIFIER_FOR_ESIG},
    {"QCForESeal", ENS_QUALIFIER_FOR_ESEAL},
    {"QCForWSA", ENS_QUALIFIER_FOR_WSA},
};

#define ROWS(table) (table), sizeof(table) / sizeof *(table)

static unsigned number_of(ens_slice uri, const char *beginning, const row *table, size_t num)
{
    uri = ens__trim(uri);
    if (!ens_starts(uri, ens_str(beginning)))
        return 0;
    ens_slice name = ens_from(uri, strlen(beginning));
    for (size_t i = 0; i < num; i++)
        if (ens_is(name, table[i].name))
            return table[i].number;
    return 0;
}

static const char *name_of(unsigned number, const row *table, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (table[i].number == number)
            return table[i].name;
    return "other";
}

ens_service_type ens__service_type(ens_slice uri)
{
    return (ens_service_type)number_of(uri, TYPES, ROWS(types));
}

ens_service_status ens__service_status(ens_slice uri)
{
    return (ens_service_status)number_of(uri, STATES, ROWS(states));
}

unsigned ens__service_use(ens_slice uri)
{
    return number_of(uri, INFORMATION, ROWS(uses));
}

unsigned ens__qualifier(ens_slice uri)
{
    return number_of(uri, INFORMATION, ROWS(qualifiers));
}

const char *ens__service_type_name(ens_service_type type)
{
    return name_of((unsigned)type, ROWS(types));
}

const char *ens__service_status_name(ens_service_status status)
{
    return name_of((unsigned)status, ROWS(states));
}

const char *ens__qualifier_name(unsigned qualifier)
{
    return name_of(qualifier, ROWS(qualifiers));
}
