#include "certs/lists/trustlist_read.h"

#include "engine/base/clock.h"
#include "ensign/cert.h"
#include "ensign/orgid.h"

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
#define OF_A_STATE { \
    {"ServiceTypeIdentifier", TSL, ENS_AT_SERVICE_TYPE}, {"ServiceName", TSL, ENS_AT_SERVICE_NAMES}, \
    {"ServiceDigitalIdentity", TSL, ENS_AT_IDENTITY}, {"ServiceStatus", TSL, ENS_AT_STATUS}, \
    {"StatusStartingTime", TSL, ENS_AT_STARTING_TIME}, {"ServiceSupplyPoints", TSL, ENS_AT_SUPPLY_POINTS}, \
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
    [ENS_AT_POINTER] = {{"ServiceDigitalIdentities", TSL, ENS_AT_POINTER_IDENTITIES},
                        {"TSLLocation", TSL, ENS_AT_POINTER_URL},
                        {"AdditionalInformation", TSL, ENS_AT_POINTER_ADDITIONAL}},
    [ENS_AT_POINTER_IDENTITIES] = {{"ServiceDigitalIdentity", TSL, ENS_AT_POINTER_IDENTITY}},
    [ENS_AT_POINTER_IDENTITY] = {{"DigitalId", TSL, ENS_AT_POINTER_ID}},
    [ENS_AT_POINTER_ID] = {{"X509Certificate", TSL, ENS_AT_POINTER_CERTIFICATE}},
    [ENS_AT_POINTER_ADDITIONAL] = {{"OtherInformation", TSL, ENS_AT_POINTER_OTHER}},
    [ENS_AT_POINTER_OTHER] = {{"TSLType", TSL, ENS_AT_POINTER_TYPE}, {"SchemeTerritory", TSL, ENS_AT_POINTER_TERRITORY},
                              {"MimeType", ADD, ENS_AT_POINTER_MIME}},
    [ENS_AT_PROVIDERS] = {{"TrustServiceProvider", TSL, ENS_AT_PROVIDER}},
    [ENS_AT_PROVIDER] = {{"TSPInformation", TSL, ENS_AT_PROVIDER_INFORMATION}, {"TSPServices", TSL, ENS_AT_SERVICES}},
    [ENS_AT_PROVIDER_INFORMATION] = {{"TSPName", TSL, ENS_AT_PROVIDER_NAMES},
                                     {"TSPTradeName", TSL, ENS_AT_PROVIDER_TRADE_NAMES}},
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
    [ENS_AT_EXTENSION] = {{"AdditionalServiceInformation", TSL, ENS_AT_ADDITIONAL},
                          {"ExpiredCertsRevocationInfo", TSL, ENS_AT_EXPIRED_CERTS},
                          {"TakenOverBy", ADD, ENS_AT_TAKEN_OVER}, {"Qualifications", QUA, ENS_AT_QUALIFICATIONS}},
    [ENS_AT_ADDITIONAL] = {{"URI", TSL, ENS_AT_USE_URI}},
    [ENS_AT_TAKEN_OVER] = {{"TSPName", TSL, ENS_AT_TAKEN_OVER_NAMES}},
    [ENS_AT_TAKEN_OVER_NAMES] = {{"Name", TSL, ENS_AT_TAKEN_OVER_NAME}},
    [ENS_AT_QUALIFICATIONS] = {{"QualificationElement", QUA, ENS_AT_QUALIFICATION}},
    [ENS_AT_QUALIFICATION] = {{"Qualifiers", QUA, ENS_AT_QUALIFIERS}, {"CriteriaList", QUA, ENS_AT_CRITERIA}},
    [ENS_AT_QUALIFIERS] = {{"Qualifier", QUA, ENS_AT_QUALIFIER}},
    [ENS_AT_CRITERIA] = {{"KeyUsage", QUA, ENS_AT_KEY_USAGE},
                         {"PolicySet", QUA, ENS_AT_POLICY_SET}, {"CriteriaList", QUA, ENS_AT_CRITERIA},
                         {"otherCriteriaList", QUA, ENS_AT_OTHER_CRITERIA}, {"Description", QUA, ENS_AT_DESCRIPTION}},
    [ENS_AT_KEY_USAGE] = {{"KeyUsageBit", QUA, ENS_AT_KEY_USAGE_BIT}},
    [ENS_AT_POLICY_SET] = {{"PolicyIdentifier", QUA, ENS_AT_OID_HOLDER}},
    [ENS_AT_OTHER_CRITERIA] = {{"CertSubjectDNAttribute", ADD, ENS_AT_SUBJECT_ATTRIBUTES},
                               {"ExtendedKeyUsage", ADD, ENS_AT_EXT_KEY_USAGE}},
    [ENS_AT_SUBJECT_ATTRIBUTES] = {{"AttributeOID", ADD, ENS_AT_OID_HOLDER}},
    [ENS_AT_EXT_KEY_USAGE] = {{"KeyPurposeId", ADD, ENS_AT_OID_HOLDER}},
    [ENS_AT_OID_HOLDER] = {{"Identifier", XAD, ENS_AT_OID}},
    [ENS_AT_SIGNATURE] = {{"Object", DS, ENS_AT_OBJECT}},
    [ENS_AT_OBJECT] = {{"QualifyingProperties", XAD, ENS_AT_QUALIFYING}},
    [ENS_AT_QUALIFYING] = {{"SignedProperties", XAD, ENS_AT_SIGNED_PROPERTIES}},
    [ENS_AT_SIGNED_PROPERTIES] = {{"SignedSignatureProperties", XAD, ENS_AT_SIGNED_SIGNATURE_PROPERTIES}},
    [ENS_AT_SIGNED_SIGNATURE_PROPERTIES] = {{"SigningTime", XAD, ENS_AT_SIGNING_TIME},
                                            {"SigningCertificate", XAD, ENS_AT_SIGNING_CERTIFICATE},
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

/* Scheme information, pointers to other lists, and what XAdES says of the signer. */
#define DIGITS_MAX 9u

static uint32_t number_of(ens_trustlist_reader *r, ens_slice text, bool *has)
{
    uint32_t value = 0;
    bool good = text.len > 0 && text.len <= DIGITS_MAX;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.p[i] >= '0' && text.p[i] <= '9';
        value = good ? value * 10 + (text.p[i] - '0') : 0;
    }
    if (!good)
        ens__trustlist_fail(r, ENS_ESYNTAX, "version or sequence number is no number");
    *has = good;
    return value;
}

static ens_time time_of(ens_trustlist_reader *r, ens_slice text, bool *has)
{
    ens_time t = ENS_TIME_NONE;
    bool offset_given;
    *has = ens__time_xsd(text, &t, &offset_given);
    if (!*has)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a date of the list is no date");
    return t;
}

static ens_list_pointer *pointer(ens_trustlist_reader *r)
{
    return &r->out->pointer[r->out->num_pointers - 1];
}

static void start_pointer(ens_trustlist_reader *r)
{
    ens_trustlist *l = r->out;
    if (!l->pointer)
        l->pointer = ens_arena_take(r->arena, ENS_LIST_POINTERS_MAX * sizeof *l->pointer);
    if (!l->pointer || l->num_pointers == ENS_LIST_POINTERS_MAX) {
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more pointers than there may be");
        return;
    }
    memset(&l->pointer[l->num_pointers++], 0, sizeof *l->pointer);
}

static void add_certificate(ens_trustlist_reader *r)
{
    ens_list_pointer *p = pointer(r);
    ens_slice der;
    if (p->num_certificates == ENS_POINTER_CERTIFICATES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "a pointer names more certificates than it may");
    else if (!ens__trustlist_base64(r, &der))
        ens__trustlist_fail(r, ENS_ESYNTAX, "a certificate of a pointer isn't base64");
    else
        p->certificate[p->num_certificates++] = ens__trustlist_keep(r, r->arena, der);
}

static void add_uri(ens_trustlist_reader *r, ens_slice text)
{
    ens_trustlist *l = r->out;
    if (l->num_scheme_uris < ENS_SCHEME_URIS_MAX)
        l->scheme_uri[l->num_scheme_uris++] = ens__trustlist_keep(r, r->arena, text);
    else
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more SchemeInformationURIs than there may be");
}

/* The first Cert of SigningCertificate and of SigningCertificateV2 names the signer; the others are its issuers. */
static void start_signing_certificate(ens_trustlist_reader *r, unsigned version)
{
    ens_trustlist *l = r->out;
    if (l->num_signing_certificates == ENS_SIGNING_CERTIFICATES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "the signature names its certificate more often than it may");
    else
        l->signing_certificate[l->num_signing_certificates++] = (ens_signing_certificate){.version = version};
}

static ens_signing_certificate *signing_certificate(ens_trustlist_reader *r)
{
    return &r->out->signing_certificate[r->out->num_signing_certificates - 1];
}

void ens__trustlist_head_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_NEXT_UPDATE:
        r->has_next_update = true;
        break;
    case ENS_AT_POINTER:
        start_pointer(r);
        break;
    case ENS_AT_SIGNED_PROPERTIES:
        r->out->num_signed_properties++;
        r->out->signed_properties = e->raw.p;
        break;
    case ENS_AT_SIGNING_CERTIFICATE:
        start_signing_certificate(r, 1);
        break;
    case ENS_AT_SIGNING_CERTIFICATE_V2:
        start_signing_certificate(r, 2);
        break;
    case ENS_AT_DIGEST_METHOD:
        if (!signing_certificate(r)->method.p)
            signing_certificate(r)->method =
                ens__trustlist_keep(r, r->arena, ens__trustlist_attribute(r, e, "Algorithm"));
        break;
    default:
        break;
    }
}

static void end_scheme(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_trustlist *l = r->out;
    if ((place == ENS_AT_VERSION && r->has_version) || (place == ENS_AT_SEQUENCE && r->has_sequence) ||
        (place == ENS_AT_ISSUED && r->has_issued) || (place == ENS_AT_NEXT_TIME && l->next_update != ENS_TIME_NONE) ||
        (place == ENS_AT_TYPE && l->type.len) || (place == ENS_AT_TERRITORY && l->territory.len))
        ens__trustlist_fail(r, ENS_ESYNTAX, "the scheme information says something twice");
    switch (place) {
    case ENS_AT_VERSION:
        l->version = number_of(r, text, &r->has_version);
        break;
    case ENS_AT_SEQUENCE:
        l->sequence = number_of(r, text, &r->has_sequence);
        break;
    case ENS_AT_TYPE:
        l->type = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_TERRITORY:
        l->territory = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_ISSUED:
        l->issued = time_of(r, text, &r->has_issued);
        break;
    case ENS_AT_NEXT_TIME:
        l->next_update = time_of(r, text, &r->has_next_update);
        break;
    case ENS_AT_OPERATOR_NAME:
        if (!l->operator_name.p || (r->english && !r->name_english))
            l->operator_name = ens__trustlist_keep(r, r->arena, text);
        r->name_english |= r->english;
        break;
    default:
        break;
    }
}

static void end_signed_properties(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    bool has;
    ens_slice digest;
    if (place == ENS_AT_SIGNING_TIME)
        r->out->signing_time = time_of(r, text, &has);
    else if (place == ENS_AT_DIGEST_VALUE && !signing_certificate(r)->digest.p && ens__trustlist_base64(r, &digest))
        signing_certificate(r)->digest = ens__trustlist_keep(r, r->arena, digest);
}

void ens__trustlist_head_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_SCHEME_URI:
        add_uri(r, text);
        break;
    case ENS_AT_POINTER_URL:
        pointer(r)->url = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_CERTIFICATE:
        add_certificate(r);
        break;
    case ENS_AT_POINTER_TYPE:
        pointer(r)->type = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_TERRITORY:
        pointer(r)->territory = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_MIME:
        pointer(r)->mime = ens__trustlist_keep(r, r->arena, text);
        break;
    default:
        end_scheme(r, place, text);
        end_signed_properties(r, place, text);
        break;
    }
}

/* Providers, services, and each state that a service is or was in. */
/* name_of takes a name of several languages: the first one, unless another is English. */
static void name_of(ens_trustlist_reader *r, ens_slice text, ens_slice *name, bool *is_english)
{
    if (name->p && (*is_english || !r->english))
        return;
    *name = ens__trustlist_keep(r, &r->scratch, text);
    *is_english = r->english;
}

static void start_provider(ens_trustlist_reader *r)
{
    ens_arena_reset(&r->scratch);
    r->name = r->trade_name = r->identifier = (ens_slice){0};
    r->name_english = r->trade_name_english = r->named = false;
    if (++r->out->num_providers > ENS_TRUSTLIST_SERVICES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more providers than there may be");
}

/* name_provider gives the provider to the writer, once: after its names, before its services. */
static void name_provider(ens_trustlist_reader *r)
{
    if (!r->named)
        ens__writer_provider(r->writer, r->name, r->trade_name, r->identifier);
    r->named = true;
}

static void start_service(ens_trustlist_reader *r)
{
    name_provider(r);
    r->has_present = false;
    if (++r->out->num_services > ENS_TRUSTLIST_SERVICES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more services than there may be");
    ens__writer_service(r->writer);
}

static void start_entry(ens_trustlist_reader *r, bool present)
{
    if (present == r->has_present)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a service has no present state, more than one, or one behind its history");
    ens_arena_reset(&r->scratch);
    r->entry = (ens_entry_draft){.start = ENS_TIME_NONE, .expired_certs_revocation = ENS_TIME_NONE};
    r->entry_present = present;
    r->has_present = true;
    r->entry_name_english = r->has_start = false;
}

static void end_entry(ens_trustlist_reader *r)
{
    if (!r->entry.type_uri.len || !r->entry.status_uri.len || !r->has_start)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a service lacks its type, its status, or when that began");
    else
        ens__writer_entry(r->writer, &r->entry);
}

static void add_to(ens_trustlist_reader *r, ens_slice text, ens_slice *list, size_t *num)
{
    if (*num == ENS_ENTRY_URIS_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "a service has more URIs than it may");
    else if (text.len)
        list[(*num)++] = ens__trustlist_keep(r, &r->scratch, text);
}

static ens_time status_time(ens_slice text)
{
    ens_time t = ENS_TIME_NONE;
    bool offset_given;
    return ens__time_xsd(text, &t, &offset_given) ? t : ENS_TIME_NONE;
}

/* identity keeps what a list says wrongly as OTHER: it is no reason to lose the list. */
static void identity(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_slice bytes = text;
    ens_identity_kind kind = place == ENS_AT_CERTIFICATE ? ENS_IDENTITY_CERTIFICATE
                             : place == ENS_AT_KEY_ID    ? ENS_IDENTITY_SKI
                                                         : ENS_IDENTITY_SUBJECT;
    if (kind != ENS_IDENTITY_SUBJECT && !ens__trustlist_base64(r, &bytes))
        kind = ENS_IDENTITY_OTHER;
    ens__writer_identity(r->writer, kind, bytes, r->entry_present);
}

void ens__trustlist_service_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_PROVIDER:
        start_provider(r);
        break;
    case ENS_AT_SERVICE:
        start_service(r);
        break;
    case ENS_AT_PRESENT:
        start_entry(r, true);
        break;
    case ENS_AT_PAST:
        start_entry(r, false);
        break;
    case ENS_AT_EXTENSION: {
        ens_slice critical = ens__trustlist_attribute(r, e, "Critical");
        r->extension_critical = ens_is(critical, "true") || ens_is(critical, "1");
        r->extension_known = false;
        break;
    }
    default:
        break;
    }
}

static void end_provider_text(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_orgid orgid;
    if (place == ENS_AT_PROVIDER_NAME) {
        name_of(r, text, &r->name, &r->name_english);
        return;
    }
    if (!r->identifier.len && ens_orgid_parse(text, &orgid, NULL) == ENS_OK)
        r->identifier = ens__trustlist_keep(r, &r->scratch, text);
    else
        name_of(r, text, &r->trade_name, &r->trade_name_english);
}

static void end_entry_text(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_entry_draft *e = &r->entry;
    bool first = !e->taken_over_by.p;
    if ((place == ENS_AT_SERVICE_TYPE && e->type_uri.len) || (place == ENS_AT_STATUS && e->status_uri.len) ||
        (place == ENS_AT_STARTING_TIME && r->has_start))
        ens__trustlist_fail(r, ENS_ESYNTAX, "a service has more than one type, status, or start of it");
    switch (place) {
    case ENS_AT_SERVICE_TYPE:
        e->type_uri = ens__trustlist_keep(r, &r->scratch, text);
        break;
    case ENS_AT_STATUS:
        e->status_uri = ens__trustlist_keep(r, &r->scratch, text);
        break;
    case ENS_AT_SERVICE_NAME:
        name_of(r, text, &e->name, &r->entry_name_english);
        break;
    case ENS_AT_STARTING_TIME:
        e->start = status_time(text);
        r->has_start = e->start != ENS_TIME_NONE;
        break;
    case ENS_AT_SUPPLY_POINT:
        add_to(r, text, e->supply_point, &e->num_supply_points);
        break;
    case ENS_AT_USE_URI:
        add_to(r, text, e->use_uri, &e->num_uses);
        break;
    case ENS_AT_EXPIRED_CERTS:
        e->expired_certs_revocation = status_time(text);
        break;
    case ENS_AT_TAKEN_OVER_NAME:
        if (first || r->english)
            e->taken_over_by = ens__trustlist_keep(r, &r->scratch, text);
        break;
    default:
        break;
    }
}

void ens__trustlist_service_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_PROVIDER:
        name_provider(r);
        break;
    case ENS_AT_SERVICE:
        if (!r->has_present)
            ens__trustlist_fail(r, ENS_ESYNTAX, "a service has no present state");
        break;
    case ENS_AT_PRESENT:
    case ENS_AT_PAST:
        end_entry(r);
        break;
    case ENS_AT_EXTENSION: /* one of nothing but text, say */
        r->entry.unknown_critical |= r->extension_critical && !r->extension_known;
        break;
    case ENS_AT_PROVIDER_NAME:
    case ENS_AT_PROVIDER_TRADE_NAME:
        end_provider_text(r, place, text);
        break;
    case ENS_AT_CERTIFICATE:
    case ENS_AT_KEY_ID:
    case ENS_AT_SUBJECT_NAME:
        identity(r, place, text);
        break;
    default:
        end_entry_text(r, place, text);
        break;
    }
}

/* Qualifications: which certificates of a service are meant, and what is said of them.
 * Source  TS 119 612, 5.5.9.2 */
/* never adds a criterion that no certificate fulfils. */
static void never(ens_trustlist_reader *r)
{
    ens__writer_criterion_end(r->writer, ens__writer_criterion(r->writer, ENS_CRITERION_UNKNOWN, ENS_ASSERT_ALL, 0, 0));
}

void ens__trustlist_criteria_unknown(ens_trustlist_reader *r)
{
    if (r->num_criteria)
        never(r);
}

static void start_list(ens_trustlist_reader *r, const ens_scan_event *e)
{
    ens_slice assert = ens__trustlist_attribute(r, e, "assert");
    bool known = !assert.p || ens_is(assert, "all") || ens_is(assert, "atLeastOne") || ens_is(assert, "none");
    ens_assert how = ens_is(assert, "atLeastOne") ? ENS_ASSERT_AT_LEAST_ONE
                     : ens_is(assert, "none")     ? ENS_ASSERT_NONE
                                                  : ENS_ASSERT_ALL;
    if (r->num_criteria == ENS_CRITERIA_DEPTH_MAX) {
        ens__trustlist_fail(r, ENS_ELIMIT, "criteria are nested deeper than they may be");
        return;
    }
    uint32_t number = ens__writer_criterion(r->writer, ENS_CRITERION_LIST, how, 0, 0);
    if (!r->num_criteria) {
        r->criteria_twice |= r->criterion != UINT32_MAX;
        r->criterion = number;
    }
    r->criteria[r->num_criteria++] = number;
    if (!known)
        never(r);
}

/* The bit of KeyUsageBit/@name. */
static unsigned usage_bit(ens_slice name)
{
    static const char *const names[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "crlSign",          "encipherOnly",   "decipherOnly"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (ens_is(name, names[i]))
            return 1u << i;
    return 0;
}

static void add_usage(ens_trustlist_reader *r, ens_slice text)
{
    bool set = ens_is(text, "true") || ens_is(text, "1"), clear = ens_is(text, "false") || ens_is(text, "0");
    if (!r->usage_bit || (!set && !clear) ||
        ((r->usage_mask & r->usage_bit) && set != ((r->usage_bits & r->usage_bit) != 0)))
        r->usage_unknown = true;
    r->usage_mask |= r->usage_bit;
    r->usage_bits |= set ? r->usage_bit : 0;
}

static void end_usage(ens_trustlist_reader *r)
{
    ens_criterion_kind kind = r->usage_unknown || !r->usage_mask ? ENS_CRITERION_UNKNOWN : ENS_CRITERION_KEY_USAGE;
    ens__writer_criterion_end(r->writer,
                              ens__writer_criterion(r->writer, kind, ENS_ASSERT_ALL, r->usage_mask, r->usage_bits));
}

static void add_qualifier(ens_trustlist_reader *r, const ens_scan_event *e)
{
    if (r->num_qualifiers == ENS_QUALIFIERS_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more qualifiers than there may be");
    else
        r->qualifier[r->num_qualifiers++] = ens__trustlist_attribute(r, e, "uri");
}

/* Qualifiers without criteria, or with two lists of them, hold for no certificate. */
static void end_qualification(ens_trustlist_reader *r)
{
    if (r->criterion == UINT32_MAX || r->criteria_twice) {
        r->criterion = ens__writer_criterion(r->writer, ENS_CRITERION_LIST, ENS_ASSERT_ALL, 0, 0);
        never(r);
        ens__writer_criterion_end(r->writer, r->criterion);
    }
    ens__writer_qualification(r->writer, r->qualifier, r->num_qualifiers, r->criterion);
}

void ens__trustlist_criteria_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_QUALIFICATION:
        r->num_qualifiers = 0;
        r->num_criteria = 0;
        r->criterion = UINT32_MAX;
        r->criteria_twice = false;
        break;
    case ENS_AT_QUALIFIER:
        add_qualifier(r, e);
        break;
    case ENS_AT_CRITERIA:
        start_list(r, e);
        break;
    case ENS_AT_KEY_USAGE:
        r->usage_mask = r->usage_bits = 0;
        r->usage_unknown = false;
        break;
    case ENS_AT_KEY_USAGE_BIT:
        r->usage_bit = usage_bit(ens__trustlist_attribute(r, e, "name"));
        break;
    case ENS_AT_OID_HOLDER:
        r->oid_seen = false;
        break;
    case ENS_AT_POLICY_SET:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_POLICY_SET, ENS_ASSERT_ALL, 0, 0);
        break;
    case ENS_AT_SUBJECT_ATTRIBUTES:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_SUBJECT, ENS_ASSERT_ALL, 0, 0);
        break;
    case ENS_AT_EXT_KEY_USAGE:
        r->oids = ens__writer_criterion(r->writer, ENS_CRITERION_EXT_KEY_USAGE, ENS_ASSERT_ALL, 0, 0);
        break;
    default:
        break;
    }
}

void ens__trustlist_criteria_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_QUALIFICATION:
        end_qualification(r);
        break;
    case ENS_AT_CRITERIA:
        ens__writer_criterion_end(r->writer, r->criteria[--r->num_criteria]);
        break;
    case ENS_AT_KEY_USAGE_BIT:
        add_usage(r, text);
        break;
    case ENS_AT_KEY_USAGE:
        end_usage(r);
        break;
    case ENS_AT_OID:
        ens__writer_oid(r->writer, text);
        r->oid_seen = true;
        break;
    case ENS_AT_OID_HOLDER:
        if (!r->oid_seen)
            ens__writer_oid(r->writer, (ens_slice){0}); /* an identifier that isn't there is no certificate's */
        break;
    case ENS_AT_POLICY_SET:
    case ENS_AT_SUBJECT_ATTRIBUTES:
    case ENS_AT_EXT_KEY_USAGE:
        ens__writer_criterion_end(r->writer, r->oids);
        break;
    default:
        break;
    }
}
