#include "certs/lists/trustlist_grammar.h"

const char *const ens__list_namespaces[ENS_LNS_NUM] = {
    "http://uri.etsi.org/02231/v2#",
    "http://uri.etsi.org/02231/v2/additionaltypes#",
    "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#",
    "http://uri.etsi.org/01903/v1.3.2#",
    "http://www.w3.org/2000/09/xmldsig#",
};

typedef struct {
    const char *local;
    ens_list_ns ns;
    ens_list_place place;
} child;

#define CHILDREN_MAX 9 /* of one place, and the end */
#define TSL ENS_LNS_TSL
#define ADD ENS_LNS_ADDITIONAL
#define QUA ENS_LNS_QUALIFICATIONS
#define XAD ENS_LNS_XADES
#define DS ENS_LNS_DSIG

/* clang-format off */
#define OF_A_STATE {                                                                                                              \
    {"ServiceTypeIdentifier", TSL, ENS_AT_SERVICE_TYPE}, {"ServiceName", TSL, ENS_AT_SERVICE_NAMES},                              \
    {"ServiceDigitalIdentity", TSL, ENS_AT_IDENTITY}, {"ServiceStatus", TSL, ENS_AT_STATUS},                                      \
    {"StatusStartingTime", TSL, ENS_AT_STARTING_TIME}, {"ServiceSupplyPoints", TSL, ENS_AT_SUPPLY_POINTS},                        \
    {"ServiceInformationExtensions", TSL, ENS_AT_EXTENSIONS}}

static const child children[ENS_AT_FIRST_TEXT][CHILDREN_MAX] = {
    [ENS_AT_DOCUMENT] = {{"TrustServiceStatusList", TSL, ENS_AT_LIST}},
    [ENS_AT_LIST] = {{"SchemeInformation", TSL, ENS_AT_SCHEME}, {"TrustServiceProviderList", TSL, ENS_AT_PROVIDERS},
                     {"Signature", DS, ENS_AT_SIGNATURE}},
    [ENS_AT_SCHEME] = {{"TSLVersionIdentifier", TSL, ENS_AT_VERSION}, {"TSLSequenceNumber", TSL, ENS_AT_SEQUENCE},
                       {"TSLType", TSL, ENS_AT_TYPE}, {"SchemeOperatorName", TSL, ENS_AT_OPERATOR},
                       {"SchemeInformationURI", TSL, ENS_AT_SCHEME_URIS}, {"SchemeTerritory", TSL, ENS_AT_TERRITORY},
                       {"PointersToOtherTSL", TSL, ENS_AT_POINTERS}, {"ListIssueDateTime", TSL, ENS_AT_ISSUED},
                       {"NextUpdate", TSL, ENS_AT_NEXT_UPDATE}},
    [ENS_AT_OPERATOR] = {{"Name", TSL, ENS_AT_OPERATOR_NAME}},
    [ENS_AT_SCHEME_URIS] = {{"URI", TSL, ENS_AT_SCHEME_URI}},
    [ENS_AT_NEXT_UPDATE] = {{"dateTime", TSL, ENS_AT_NEXT_TIME}},
    [ENS_AT_POINTERS] = {{"OtherTSLPointer", TSL, ENS_AT_POINTER}},
    [ENS_AT_POINTER] = {{"ServiceDigitalIdentities", TSL, ENS_AT_POINTER_IDENTITIES}, {"TSLLocation", TSL, ENS_AT_POINTER_URL},
                        {"AdditionalInformation", TSL, ENS_AT_POINTER_ADDITIONAL}},
    [ENS_AT_POINTER_IDENTITIES] = {{"ServiceDigitalIdentity", TSL, ENS_AT_POINTER_IDENTITY}},
    [ENS_AT_POINTER_IDENTITY] = {{"DigitalId", TSL, ENS_AT_POINTER_ID}},
    [ENS_AT_POINTER_ID] = {{"X509Certificate", TSL, ENS_AT_POINTER_CERTIFICATE}},
    [ENS_AT_POINTER_ADDITIONAL] = {{"OtherInformation", TSL, ENS_AT_POINTER_OTHER}},
    [ENS_AT_POINTER_OTHER] = {{"TSLType", TSL, ENS_AT_POINTER_TYPE}, {"SchemeTerritory", TSL, ENS_AT_POINTER_TERRITORY},
                              {"MimeType", ADD, ENS_AT_POINTER_MIME}},
    [ENS_AT_PROVIDERS] = {{"TrustServiceProvider", TSL, ENS_AT_PROVIDER}},
    [ENS_AT_PROVIDER] = {{"TSPInformation", TSL, ENS_AT_PROVIDER_INFORMATION}, {"TSPServices", TSL, ENS_AT_SERVICES}},
    [ENS_AT_PROVIDER_INFORMATION] = {{"TSPName", TSL, ENS_AT_PROVIDER_NAMES}, {"TSPTradeName", TSL, ENS_AT_PROVIDER_TRADE_NAMES}},
    [ENS_AT_PROVIDER_NAMES] = {{"Name", TSL, ENS_AT_PROVIDER_NAME}},
    [ENS_AT_PROVIDER_TRADE_NAMES] = {{"Name", TSL, ENS_AT_PROVIDER_TRADE_NAME}},
    [ENS_AT_SERVICES] = {{"TSPService", TSL, ENS_AT_SERVICE}},
    [ENS_AT_SERVICE] = {{"ServiceInformation", TSL, ENS_AT_PRESENT}, {"ServiceHistory", TSL, ENS_AT_HISTORY}},
    [ENS_AT_HISTORY] = {{"ServiceHistoryInstance", TSL, ENS_AT_PAST}},
    [ENS_AT_PRESENT] = OF_A_STATE,
    [ENS_AT_PAST] = OF_A_STATE,
    [ENS_AT_SERVICE_NAMES] = {{"Name", TSL, ENS_AT_SERVICE_NAME}},
    [ENS_AT_IDENTITY] = {{"DigitalId", TSL, ENS_AT_ID}},
    [ENS_AT_ID] = {{"X509Certificate", TSL, ENS_AT_CERTIFICATE}, {"X509SubjectName", TSL, ENS_AT_SUBJECT_NAME},
                   {"X509SKI", TSL, ENS_AT_KEY_ID}},
    [ENS_AT_SUPPLY_POINTS] = {{"ServiceSupplyPoint", TSL, ENS_AT_SUPPLY_POINT}},
    [ENS_AT_EXTENSIONS] = {{"Extension", TSL, ENS_AT_EXTENSION}},
    [ENS_AT_EXTENSION] = {{"AdditionalServiceInformation", TSL, ENS_AT_ADDITIONAL}, {"ExpiredCertsRevocationInfo", TSL, ENS_AT_EXPIRED_CERTS},
                          {"TakenOverBy", ADD, ENS_AT_TAKEN_OVER}, {"Qualifications", QUA, ENS_AT_QUALIFICATIONS}},
    [ENS_AT_ADDITIONAL] = {{"URI", TSL, ENS_AT_USE_URI}},
    [ENS_AT_TAKEN_OVER] = {{"TSPName", TSL, ENS_AT_TAKEN_OVER_NAMES}},
    [ENS_AT_TAKEN_OVER_NAMES] = {{"Name", TSL, ENS_AT_TAKEN_OVER_NAME}},
    [ENS_AT_QUALIFICATIONS] = {{"QualificationElement", QUA, ENS_AT_QUALIFICATION}},
    [ENS_AT_QUALIFICATION] = {{"Qualifiers", QUA, ENS_AT_QUALIFIERS}, {"CriteriaList", QUA, ENS_AT_CRITERIA}},
    [ENS_AT_QUALIFIERS] = {{"Qualifier", QUA, ENS_AT_QUALIFIER}},
    [ENS_AT_CRITERIA] = {{"KeyUsage", QUA, ENS_AT_KEY_USAGE}, {"PolicySet", QUA, ENS_AT_POLICY_SET}, {"CriteriaList", QUA, ENS_AT_CRITERIA},
                         {"otherCriteriaList", QUA, ENS_AT_OTHER_CRITERIA}, {"Description", QUA, ENS_AT_DESCRIPTION}},
    [ENS_AT_KEY_USAGE] = {{"KeyUsageBit", QUA, ENS_AT_KEY_USAGE_BIT}},
    [ENS_AT_POLICY_SET] = {{"PolicyIdentifier", QUA, ENS_AT_OID_HOLDER}},
    [ENS_AT_OTHER_CRITERIA] = {{"CertSubjectDNAttribute", ADD, ENS_AT_SUBJECT_ATTRIBUTES}, {"ExtendedKeyUsage", ADD, ENS_AT_EXT_KEY_USAGE}},
    [ENS_AT_SUBJECT_ATTRIBUTES] = {{"AttributeOID", ADD, ENS_AT_OID_HOLDER}},
    [ENS_AT_EXT_KEY_USAGE] = {{"KeyPurposeId", ADD, ENS_AT_OID_HOLDER}},
    [ENS_AT_OID_HOLDER] = {{"Identifier", XAD, ENS_AT_OID}},
    [ENS_AT_SIGNATURE] = {{"Object", DS, ENS_AT_OBJECT}},
    [ENS_AT_OBJECT] = {{"QualifyingProperties", XAD, ENS_AT_QUALIFYING}},
    [ENS_AT_QUALIFYING] = {{"SignedProperties", XAD, ENS_AT_SIGNED_PROPERTIES}},
    [ENS_AT_SIGNED_PROPERTIES] = {{"SignedSignatureProperties", XAD, ENS_AT_SIGNED_SIGNATURE_PROPERTIES}},
    [ENS_AT_SIGNED_SIGNATURE_PROPERTIES] = {{"SigningTime", XAD, ENS_AT_SIGNING_TIME}, {"SigningCertificate", XAD, ENS_AT_SIGNING_CERTIFICATE},
                                            {"SigningCertificateV2", XAD, ENS_AT_SIGNING_CERTIFICATE_V2}},
    [ENS_AT_SIGNING_CERTIFICATE] = {{"Cert", XAD, ENS_AT_CERT}},
    [ENS_AT_SIGNING_CERTIFICATE_V2] = {{"Cert", XAD, ENS_AT_CERT}},
    [ENS_AT_CERT] = {{"CertDigest", XAD, ENS_AT_CERT_DIGEST}},
    [ENS_AT_CERT_DIGEST] = {{"DigestMethod", DS, ENS_AT_DIGEST_METHOD}, {"DigestValue", DS, ENS_AT_DIGEST_VALUE}},
};
/* clang-format on */

ens_list_place ens__list_place_below(ens_list_place parent, ens_list_ns ns, ens_slice local)
{
    if (parent >= ENS_AT_FIRST_TEXT)
        return ENS_AT_DOCUMENT;
    for (unsigned i = 0; i < CHILDREN_MAX && children[parent][i].local; i++)
        if (children[parent][i].ns == ns && ens_is(local, children[parent][i].local))
            return children[parent][i].place;
    return ENS_AT_DOCUMENT;
}
