#include "certs/profile/profile.h"

#include "certs/eori/countries.h"
#include "certs/profile/profile_rules.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"
#include "engine/base/report.h"
#include "ensign/orgid.h"

#include <stdarg.h>
#include <stdio.h>

/* say_profile writes the note; what a certificate brought along can't play tricks on a terminal. */
static void say_profile(ens__profiled *p, const char *format, va_list args) ENS_PRINTF(2, 0);
static void say_profile(ens__profiled *p, const char *format, va_list args)
{
    vsnprintf(p->note, sizeof p->note, format, args);
    bool utf8 = ens__is_utf8(ens_str(p->note));
    for (char *c = p->note; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F || (!utf8 && (unsigned char)*c >= 0x80))
            *c = '?';
}

bool ens__profile_tell(ens__profiled *p, const char *words)
{
    p->told = words;
    return true;
}

bool ens__profile_fault(ens__profiled *p, const char *format, ...)
{
    va_list args;
    p->blamed = strchr(format, '%') ? NULL : format;
    if (p->blamed)
        return false;
    va_start(args, format);
    say_profile(p, format, args);
    va_end(args);
    return false;
}

bool ens__profile_has(const ens_extension_list *list, ens_slice oid)
{
    for (size_t i = 0; i < list->num; i++)
        if (!list->item[i].kind && ens_eq(list->item[i].value, oid))
            return true;
    return false;
}

static bool has_personal_name(const ens__attributes *subject)
{
    return ens__attributes_count(subject, ENS_OID_GIVEN_NAME) || ens__attributes_count(subject, ENS_OID_SURNAME) ||
           ens__attributes_count(subject, ENS_OID_PSEUDONYM);
}

/* person_of goes by what the certificate says of itself, the plainest first. */
static ens__person person_of(const ens__profiled *p)
{
    const ens_extension_list *policies = &p->policies;
    bool web = ens__profile_has(policies, ENS_QEVCP_W) || ens__profile_has(policies, ENS_QNCP_W) ||
               ens__profile_has(policies, ENS_QNCP_W_GEN);
    if (ens__qc_has_type(&p->qc, "eseal") || ens__profile_has(policies, ENS_QCP_L) ||
        ens__profile_has(policies, ENS_QCP_L_QSCD))
        return ENS_PERSON_LEGAL;
    if (ens__profile_has(policies, ENS_QCP_N) || ens__profile_has(policies, ENS_QCP_N_QSCD))
        return ENS_PERSON_NATURAL;
    if (web || ens__qc_has_type(&p->qc, "esign"))
        return has_personal_name(&p->subject) ? ENS_PERSON_NATURAL : web ? ENS_PERSON_WEB : ENS_PERSON_LEGAL;
    if (ens__qc_has_type(&p->qc, "web") || ens__profile_has(&p->usages, ENS_EKU_SERVER))
        return ENS_PERSON_WEB;
    return has_personal_name(&p->subject) && !ens__attributes_count(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER)
               ? ENS_PERSON_NATURAL
               : ENS_PERSON_LEGAL;
}

#define NO_REV_AVAIL ENS_LIT("\x55\x1D\x38")
#define VALIDITY_ASSURED ENS_LIT("\x04\x00\x8B\xEC\x49\x02\x01") /* 0.4.0.194121.2.1 */

/* read reads the extensions; what it returns names the first that isn't what its specification says, or is NULL. */
static const char *read(const ens_cert *cert, ens__profiled *p)
{
    p->cert = cert;
    ens__attributes_read(cert->subject, &p->subject);
    ens__attributes_read(cert->issuer, &p->issuer);
    p->qc_whole = ens__qc_read(cert->qcstatements, &p->qc);
    const struct {
        bool good;
        const char *name;
    } all[] = {{ens__policies_read(cert, &p->policies), "certificatePolicies"},
               {ens__ext_key_usage_read(cert, &p->usages), "extKeyUsage"},
               {ens__authority_info_read(cert, &p->authority), "authorityInfoAccess"},
               {ens__crl_points_read(cert, &p->crls), "cRLDistributionPoints"},
               {cert->no_rev_avail || !ens__extension_is_there(cert, NO_REV_AVAIL), "noRevAvail"},
               {cert->validity_assured || !ens__extension_is_there(cert, VALIDITY_ASSURED), "validity-assured"}};
    p->person = person_of(p);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!all[i].good)
            return all[i].name;
    return NULL;
}

static bool is_younger(const ens__profile_rule *rule, const ens_cert *cert)
{
    ens_time since;
    return rule->since && ens_time_parse(ens_str(rule->since), &since, NULL) == ENS_OK && cert->not_before < since;
}

/* put_rules puts each rule to the certificate; the number of faults. */
static unsigned put_rules(const ens__profile_rule *rule, ens__profiled *p, ens_report *report)
{
    unsigned faults = 0;
    for (; rule->id; rule++) {
        p->told = NULL;
        if (!rule->applies(p))
            continue;
        if (rule->holds(p)) {
            ens__pass(report, rule->id, rule->rule)->seen = p->told ? p->told : rule->holding;
        } else if (is_younger(rule, p->cert)) {
            ens__passf(report, rule->id, rule->rule, "%s; that was allowed when it was issued, before %s",
                       p->blamed ? p->blamed : p->note, rule->since);
        } else {
            const char *hint = rule->hint ? rule->hint : ENS_PROFILE_HINT_CA;
            if (p->blamed)
                ens__warn_of(report, rule->id, rule->rule, hint)->seen = p->blamed;
            else
                ens__warn(report, rule->id, rule->rule, hint, "%s", p->note);
            faults++;
        }
    }
    return faults;
}

void ens__profile_judge(const ens_cert *cert, ens_report *report)
{
    ens__profiled p;
    const char *malformed = read(cert, &p);
    unsigned faults = malformed != NULL;
    if (malformed)
        ens__warn(report, "profile.extension", "RFC 5280 4.2", ENS_PROFILE_HINT_CA,
                  "%s isn't what its specification says", malformed);
    faults += put_rules(ens__profile_subject_rules, &p, report);
    faults += put_rules(ens__profile_qc_rules, &p, report);
    faults += put_rules(ens__profile_form_rules, &p, report);
    if (!faults)
        ens__passf(report, "profile.form", "EN 319 412-3, EN 319 412-5", "nothing deviates from the profile");
}

/* What the key may do, under which policy it was issued, and where to ask about it. See profile_rules.h. */
#define CE(n) ENS_LIT("\x55\x1D" n) /* 2.5.29.n */
#define AUTHORITY_INFO "\x2B\x06\x01\x05\x05\x07\x01\x01"
#define EXT_KEY_USAGE 37u /* of id-ce */
#define NO_BIT 64u

static bool is_revocable(const ens__profiled *p)
{
    return !p->cert->no_rev_avail && !p->cert->validity_assured;
}

static bool is_short_term(const ens__profiled *p)
{
    return p->cert->no_rev_avail;
}

static bool has_policies(const ens__profiled *p)
{
    return p->policies.num > 0;
}

static bool is_qualified(const ens__profiled *p)
{
    return p->policies.num > 0 && p->qc.compliance && ens__is_legal(p);
}

#define SERIAL_MAX 20u /* octets */

static bool serial_is_good(ens__profiled *p)
{
    ens_slice serial = p->cert->serial;
    size_t len = serial.len && serial.p[0] == 0 ? serial.len - 1 : serial.len;
    if (serial.len && serial.p[0] & 0x80)
        return ens__profile_fault(p, "the serial number is negative");
    if (!len)
        return ens__profile_fault(p, "the serial number is zero");
    return serial.len <= SERIAL_MAX ||
           ens__profile_fault(p, "the serial number has %zu octets, and %u are the most", serial.len, SERIAL_MAX);
}

/* Upper bounds of attributes, in characters. */
static const struct {
    const char *name;
    ens_slice oid;
    size_t most;
} bounds[] = {
    {"organizationName", {(const uint8_t *)"\x55\x04\x0A", 3}, 64},
    {"organizationalUnitName", {(const uint8_t *)"\x55\x04\x0B", 3}, 64},
    {"commonName", {(const uint8_t *)"\x55\x04\x03", 3}, 64},
    {"serialNumber", {(const uint8_t *)"\x55\x04\x05", 3}, 64},
    {"localityName", {(const uint8_t *)"\x55\x04\x07", 3}, 128},
    {"stateOrProvinceName", {(const uint8_t *)"\x55\x04\x08", 3}, 128},
};

static size_t characters(ens_slice utf8)
{
    size_t num = 0;
    for (size_t i = 0; i < utf8.len; i++)
        num += (utf8.p[i] & 0xC0) != 0x80;
    return num;
}

static bool names_are_short(ens__profiled *p)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        ens_buf text;
        ens_buf_init(&text, storage, sizeof storage, (size_t)64 << 10);
        ens__attributes_take(&p->subject, bounds[i].oid, &text);
        size_t num = characters(ens_buf_slice(&text));
        ens_buf_free(&text);
        if (num > bounds[i].most)
            return ens__profile_fault(p, "the %s has %zu characters, more than %zu characters", bounds[i].name, num,
                                      bounds[i].most);
    }
    return true;
}

static bool has_legal_usage(const ens__profiled *p)
{
    return p->cert->has_key_usage && p->person != ENS_PERSON_NATURAL;
}

static bool is_not_natural(const ens__profiled *p)
{
    return p->person != ENS_PERSON_NATURAL;
}

static bool has_natural_usage(const ens__profiled *p)
{
    return p->cert->has_key_usage && p->person == ENS_PERSON_NATURAL;
}

/* Key usage. */
static bool usage_is_there(ens__profiled *p)
{
    return p->cert->has_key_usage || ens__profile_fault(p, "key usage is missing");
}

static bool usage_is_a_setting(ens__profiled *p)
{
    char setting = ens__key_usage_setting(p->cert->key_usage);
    if (!setting)
        return ens__profile_fault(p, "the key usage is not one of the settings A to F");
    return ens__profile_tell(p, ens__key_usage_setting_words(setting));
}

/* Of mixed settings a seal is told, and not blamed: WS-Security wants digitalSignature beside the commitment. */
static bool usage_is_unmixed(ens__profiled *p)
{
    char setting = ens__key_usage_setting(p->cert->key_usage);
    if (setting && strchr("ACE", setting))
        return true;
    if (ens__is_natural(p))
        return ens__profile_fault(p, "the key usage mixes purposes; settings A, C and E are preferred");
    return ens__profile_tell(
        p, "the key usage mixes purposes; settings A, C and E are preferred, and nothing is wrong with others");
}

static bool is_no_ca(ens__profiled *p)
{
    return !p->cert->ca || ens__profile_fault(p, "the certificate is a certification authority's");
}

/* Policies. */
static bool policy_is_there(ens__profiled *p)
{
    return p->policies.num || ens__profile_fault(p, "the certificate names no policy");
}

static unsigned num_qualified_policies(const ens__profiled *p)
{
    const ens_slice all[] = {ENS_QCP_N,   ENS_QCP_L,  ENS_QCP_N_QSCD, ENS_QCP_L_QSCD,
                             ENS_QEVCP_W, ENS_QNCP_W, ENS_QNCP_W_GEN};
    unsigned num = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        num += ens__profile_has(&p->policies, all[i]);
    return num;
}

static bool policy_is_the_unions(ens__profiled *p)
{
    unsigned num = num_qualified_policies(p);
    if (num > 1)
        return ens__profile_fault(p, "the certificate names %u policies of EN 319 411-2; one says what it is", num);
    if (!num)
        return ens__profile_tell(
            p, "no policy of EN 319 411-2 (QCP-l, QCP-l-qscd) beside the CA's own; one is recommended");
    return true;
}

#define NCP ENS_LIT("\x04\x00\x8F\x7A\x01\x01") /* 0.4.0.2042.1.1 */
#define NCP_PLUS ENS_LIT("\x04\x00\x8F\x7A\x01\x02")

static bool policies_fit(ens__profiled *p)
{
    const ens_extension_list *list = &p->policies;
    bool qscd = ens__profile_has(list, ENS_QCP_L_QSCD) || ens__profile_has(list, ENS_QCP_N_QSCD);
    bool legal = ens__profile_has(list, ENS_QCP_L) || ens__profile_has(list, ENS_QCP_L_QSCD);
    bool natural = ens__profile_has(list, ENS_QCP_N) || ens__profile_has(list, ENS_QCP_N_QSCD);
    bool web = ens__profile_has(list, ENS_QEVCP_W) || ens__profile_has(list, ENS_QNCP_W) ||
               ens__profile_has(list, ENS_QNCP_W_GEN);
    if (ens__profile_has(list, NCP) && ens__profile_has(list, NCP_PLUS))
        return ens__profile_fault(p, "the policies are NCP and NCP+ together: the key is in a device, or it isn't");
    if (qscd && !p->qc.qscd)
        return ens__profile_fault(p, "the policy promises a qualified device (QSCD), and QcSSCD is missing");
    if ((legal || natural) && !p->qc.compliance)
        return ens__profile_fault(p, "the policy is one for qualified certificates, and QcCompliance is missing");
    if (natural && ens__qc_has_type(&p->qc, "eseal"))
        return ens__profile_fault(p, "the policy is one for natural persons, and QcType is eseal");
    if (legal && ens__qc_has_type(&p->qc, "esign") && !ens__qc_has_type(&p->qc, "eseal"))
        return ens__profile_fault(p, "the policy is one for legal persons, and QcType is esign");
    if (web && p->qc.num_types && !ens__qc_has_type(&p->qc, "web"))
        return ens__profile_fault(p, "the policy is one for websites, and QcType isn't web");
    return true;
}

/* Extensions that must not be critical, and those that an end entity must not have. RFC 3161 wants a time-stamping
 * unit's extended key usage critical. */
static bool nothing_is_critical(ens__profiled *p)
{
    static const struct {
        ens_slice oid;
        unsigned bit; /* of ens_cert.critical; NO_BIT: it has none */
        const char *name;
    } plain[] = {{{(const uint8_t *)"\x55\x1D\x20", 3}, 32, "certificatePolicies"},
                 {{(const uint8_t *)"\x55\x1D\x11", 3}, 17, "subjectAltName"},
                 {{(const uint8_t *)"\x55\x1D\x12", 3}, 18, "issuerAltName"},
                 {{(const uint8_t *)"\x55\x1D\x25", 3}, EXT_KEY_USAGE, "extKeyUsage"},
                 {{(const uint8_t *)"\x55\x1D\x1F", 3}, 31, "cRLDistributionPoints"},
                 {{(const uint8_t *)AUTHORITY_INFO, sizeof AUTHORITY_INFO - 1}, NO_BIT, "authorityInfoAccess"}};
    bool critical, time = ens__profile_has(&p->usages, ENS_EKU_TIME);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        bool may_be =
            plain[i].bit == NO_BIT ? p->cert->authority_info.p != NULL : p->cert->critical >> plain[i].bit & 1;
        if (may_be && ens__extension_find(p->cert, plain[i].oid, &critical) && critical &&
            !(time && plain[i].bit == EXT_KEY_USAGE))
            return ens__profile_fault(p, "%s is critical, and may not be", plain[i].name);
    }
    return true;
}

static bool nothing_is_a_cas(ens__profiled *p)
{
    const struct {
        const uint8_t *there;
        const char *name;
    } foreign[] = {{p->cert->policy_mappings.p, "policyMappings"},
                   {p->cert->name_constraints.p, "nameConstraints"},
                   {p->cert->policy_constraints.p, "policyConstraints"},
                   {p->cert->inhibit_any_policy.p, "inhibitAnyPolicy"}};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (foreign[i].there)
            return ens__profile_fault(p, "%s is a matter of CAs, and stands in an end entity's certificate",
                                      foreign[i].name);
    return true;
}

static bool issuer_key_is_named(ens__profiled *p)
{
    return p->cert->authority_key_id.len || ens__profile_fault(p, "authorityKeyIdentifier is missing");
}

/* Where to ask. */
static bool has_url(const ens_extension_list *list, const char *kind, const char *scheme, const char *other)
{
    for (size_t i = 0; i < list->num; i++)
        if (list->item[i].kind && strcmp(list->item[i].kind, kind) == 0 &&
            (ens__starts_nocase(list->item[i].value, ens_str(scheme)) ||
             ens__starts_nocase(list->item[i].value, ens_str(other))))
            return true;
    return false;
}

static bool tells_of_revocation(ens__profiled *p)
{
    bool ocsp = ens__list_has(&p->authority, "OCSP");
    if (!ocsp && !p->crls.num)
        return ens__profile_fault(p, "the certificate names neither an OCSP responder nor a CRL");
    if (ocsp && !has_url(&p->authority, "OCSP", "http://", "https://"))
        return ens__profile_fault(p, "no OCSP responder has an http or https URL");
    if (p->crls.num && !has_url(&p->crls, "CRL", "http://", "ldap://"))
        return ens__profile_fault(p, "no CRL has an http or ldap URL");
    return ens__profile_tell(p, ocsp && p->crls.num ? "OCSP and CRL" : ocsp ? "OCSP" : "CRL");
}

static bool tells_of_issuer(ens__profiled *p)
{
    if (!ens__list_has(&p->authority, "caIssuers"))
        return ens__profile_fault(p, "the certificate doesn't say where its issuer's is (caIssuers)");
    return has_url(&p->authority, "caIssuers", "http://", "https://") ||
           ens__profile_fault(p, "the issuer's certificate isn't at an http or https URL");
}

static bool is_unrevocable(ens__profiled *p)
{
    return (!p->crls.num && !ens__list_has(&p->authority, "OCSP") && !ens__extension_find(p->cert, CE("\x2E"), NULL)) ||
           ens__profile_fault(
               p, "noRevAvail says that there is no revocation, and the certificate names where to ask for it");
}

const ens__profile_rule ens__profile_form_rules[] = {
    {"profile.key-usage", "EN 319 412-3 4.3.1; EN 319 412-2 4.3.2", "key usage is there", NULL, NULL, is_not_natural,
     usage_is_there},
    {"profile.key-usage", "EN 319 412-2 4.3.2, NAT-4.3.2-1", "key usage is there", NULL, NULL, ens__is_natural,
     usage_is_there},
    {"profile.key-usage-setting", "EN 319 412-3 4.3.1; EN 319 412-2 4.3.2, table 1",
     "key usage is one of the settings A to F", NULL, NULL, has_legal_usage, usage_is_a_setting},
    {"profile.key-usage-setting", "EN 319 412-2 4.3.2, NAT-4.3.2-1, table 1", "key usage is one of the settings A to F",
     NULL, NULL, has_natural_usage, usage_is_a_setting},
    {"profile.key-usage-preferred", "EN 319 412-3 4.3.1, LEG-4.3.1-4", "key usage is A, C or E: a purpose of its own",
     NULL, NULL, has_legal_usage, usage_is_unmixed},
    {"profile.key-usage-preferred", "EN 319 412-2 4.3.2, NAT-4.3.2-1", "key usage is A, C or E: a purpose of its own",
     NULL, NULL, has_natural_usage, usage_is_unmixed},
    {"profile.serial", "RFC 5280 4.1.2.2", "the serial number is positive and has at most 20 octets", NULL, NULL,
     ens__is_anyone, serial_is_good},
    {"profile.name-length", "RFC 5280 A.1, upper bounds", "no part of the name is longer than it may be", NULL, NULL,
     ens__is_anyone, names_are_short},
    {"profile.end-entity", "RFC 5280 4.2.1.9; EN 319 412-3 4.3.1", "it is no certification authority's",
     "give the seal's own certificate", NULL, ens__is_anyone, is_no_ca},
    {"profile.policy", "EN 319 412-2 4.3.3, GEN-4.3.3-2", "a policy is named", NULL, NULL, ens__is_anyone,
     policy_is_there},
    {"profile.policy-qualified", "EN 319 412-2 5.2, QCS-5.2-1", "one policy of EN 319 411-2 is named", NULL, NULL,
     is_qualified, policy_is_the_unions},
    {"profile.policy-fits", "EN 319 412-2 5.2, QCS-5.2-2; EN 319 411-2 5.3", "policies and QcStatements agree", NULL,
     NULL, has_policies, policies_fit},
    {"profile.critical", "EN 319 412-2 4.3.3, 4.3.5, 4.3.6, 4.3.10, 4.3.11; RFC 5280 4.2.2.1",
     "no extension is critical that may not be", NULL, NULL, ens__is_anyone, nothing_is_critical},
    {"profile.ca-extension", "EN 319 412-2 4.3.4, 4.3.8, 4.3.9, 4.3.12", "no extension is there that only CAs have",
     NULL, NULL, ens__is_anyone, nothing_is_a_cas},
    {"profile.authority-key", "EN 319 412-2 4.3.1, GEN-4.3.1-1", "the issuer's key is named", NULL, NULL,
     ens__is_anyone, issuer_key_is_named},
    {"profile.revocation", "EN 319 412-2 4.3.11, 4.4.1", "where to ask about revocation is named", NULL, NULL,
     is_revocable, tells_of_revocation},
    {"profile.issuer-url", "EN 319 412-2 4.4.1, GEN-4.4.1-3, GEN-4.4.1-4",
     "where the issuer's certificate is, is named", NULL, NULL, ens__is_anyone, tells_of_issuer},
    {"profile.no-rev-avail", "RFC 9608 4", "nothing contradicts noRevAvail", NULL, NULL, is_short_term, is_unrevocable},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

/* Who the certificate names: attributes of subject and issuer, and the organizationIdentifier. See profile_rules.h. */
#define SEMANTICS_LEGAL ENS_LIT("\x04\x00\x8B\xEC\x49\x01\x02")       /* 0.4.0.194121.1.2 */
#define SEMANTICS_EIDAS_LEGAL ENS_LIT("\x04\x00\x8B\xEC\x49\x01\x04") /* 0.4.0.194121.1.4 */
#define TEXT_MAX 512
#define EIDAS_ID_MAX 256u /* characters of an eIDAS legal person identifier */
#define NCA_MIN 2u        /* letters of a competent authority's code */
#define NCA_MAX 8u

/* What a legal person's name has to have, each once. */
static const struct {
    const char *name;
    ens_slice oid;
} required[] = {
    {"countryName", {(const uint8_t *)"\x55\x04\x06", 3}},
    {"organizationName", {(const uint8_t *)"\x55\x04\x0A", 3}},
    {"organizationIdentifier", {(const uint8_t *)"\x55\x04\x61", 3}},
    {"commonName", {(const uint8_t *)"\x55\x04\x03", 3}},
};
#define NUM_REQUIRED (sizeof required / sizeof *required)

/* take_attribute reads one attribute into storage of TEXT_MAX bytes; empty when there is none. */
static ens_slice take_attribute(const ens__attributes *name, ens_slice type, uint8_t *storage)
{
    ens_buf text;
    ens_buf_init(&text, storage, TEXT_MAX, TEXT_MAX);
    ens__attributes_take(name, type, &text);
    return ens_buf_slice(&text);
}

static bool has_orgid(const ens__profiled *p)
{
    return ens__is_legal(p) && ens__attributes_count(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER) > 0;
}

static bool is_eidas(const ens__profiled *p)
{
    return ens_eq(p->qc.semantics, SEMANTICS_EIDAS_LEGAL);
}

static bool has_etsi_orgid(const ens__profiled *p)
{
    return has_orgid(p) && !is_eidas(p);
}

static bool has_eidas_orgid(const ens__profiled *p)
{
    return has_orgid(p) && is_eidas(p);
}

/* A national scheme ("PA:IT-agid") under ETSI's semantics. */
static bool has_local_scheme(const ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_orgid id;
    ens_slice text = take_attribute(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    return ens_eq(p->qc.semantics, SEMANTICS_LEGAL) && ens_orgid_parse(text, &id, NULL) == ENS_OK &&
           id.scheme.p[2] == ':';
}

static bool names_the_organization(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (!ens__attributes_count(&p->subject, required[i].oid))
            return ens__profile_fault(p, "the subject has no %s%s", required[i].name,
                                      i == 2 ? ", so nothing in it proves to whom an EORI belongs" : "");
    return true;
}

static bool names_each_once(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (ens__attributes_count(&p->subject, required[i].oid) > 1)
            return ens__profile_fault(p, "the subject has more than one %s", required[i].name);
    return true;
}

static bool country_is_known(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice country = take_attribute(&p->subject, ENS_OID_COUNTRY, storage);
    return !country.len || ens__is_country(country) ||
           ens__profile_fault(p, "the country is %.*s, which is no code of ISO 3166",
                              (int)(country.len < 10 ? country.len : 10), (const char *)country.p);
}

static bool names_the_person(ens__profiled *p)
{
    const ens__attributes *s = &p->subject;
    bool named = ens__attributes_count(s, ENS_OID_GIVEN_NAME) || ens__attributes_count(s, ENS_OID_SURNAME),
         pseudonym = ens__attributes_count(s, ENS_OID_PSEUDONYM);
    if (!ens__attributes_count(s, ENS_OID_COUNTRY) || !ens__attributes_count(s, ENS_OID_COMMON_NAME) ||
        !ens__attributes_count(s, ENS_OID_SERIAL_NUMBER))
        return ens__profile_fault(p, "the subject wants countryName, commonName and serialNumber");
    if (!named && !pseudonym)
        return ens__profile_fault(p, "the subject wants givenName or surname, or a pseudonym");
    return !(named && pseudonym) || ens__profile_fault(p, "the subject has a name and a pseudonym");
}

static bool issuer_is_named(ens__profiled *p)
{
    for (size_t i = 0; i < NUM_REQUIRED; i++)
        if (i != 2 && ens__attributes_count(&p->issuer, required[i].oid) != 1)
            return ens__profile_fault(p, "the issuer's name wants one %s", required[i].name);
    if (!ens__attributes_count(&p->issuer, required[2].oid))
        return ens__profile_tell(p, "the issuer's name has no organizationIdentifier, which newer CAs have");
    return true;
}

/* LEI: 18 characters and two check digits.   Source  ISO 17442, 6; ISO/IEC 7064 MOD 97-10 */
static bool is_lei(ens_slice text)
{
    unsigned rest = 0;
    if (text.len != 20 || !ens__all_digits(ens_from(text, 18)))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'A' || c > 'Z'))
            return false;
        rest = digit ? (rest * 10 + (unsigned)(c - '0')) % 97 : (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
    }
    return rest == 1;
}

/* PSDcc-NCA-reference: the competent authority by its letters.   Source  TS 119 495, 5.2.1 */
static bool is_psd(ens_slice reference)
{
    size_t letters = 0;
    while (letters < reference.len && reference.p[letters] >= 'A' && reference.p[letters] <= 'Z')
        letters++;
    return letters >= NCA_MIN && letters <= NCA_MAX && letters + 1 < reference.len && reference.p[letters] == '-';
}

static bool scheme_is_kept(ens__profiled *p, const ens_orgid *id)
{
    bool vat = ens_is(id->scheme, "VAT"), known = ens__is_country(id->country);
    if (id->scheme.p[2] == ':')
        return known || ens__profile_fault(p, "the national organizationIdentifier names no country of ISO 3166");
    if (ens_is(id->scheme, "LEI")) {
        if (!ens_is(id->country, "XG"))
            return ens__profile_fault(p, "the organizationIdentifier is an LEI, whose country is XG and no other");
        return is_lei(id->reference) ||
               ens__profile_fault(p, "the LEI isn't 20 characters with good check digits (ISO 17442)");
    }
    if (!vat && !ens_is(id->scheme, "NTR") && !ens_is(id->scheme, "PSD"))
        return ens__profile_fault(
            p, "the organizationIdentifier's scheme %.3s is neither VAT, NTR, PSD or LEI nor a national one (AB:)",
            (const char *)id->scheme.p);
    if (!known && !(vat && (ens_is(id->country, "EL") || ens_is(id->country, "XI"))))
        return ens__profile_fault(p, "the organizationIdentifier's country %.2s is not one of ISO 3166%s",
                                  (const char *)id->country.p, vat ? ", nor EL or XI" : "");
    return !ens_is(id->scheme, "PSD") || is_psd(id->reference) ||
           ens__profile_fault(p,
                              "the reference of a PSD identifier is the authority's letters, a hyphen and its number");
}

static bool orgid_is_kept(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice text = take_attribute(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    ens_orgid id;
    ens_err err = {0};
    if (ens_orgid_parse(text, &id, &err) == ENS_OK)
        return scheme_is_kept(p, &id);
    return ens__profile_fault(
        p, "the organizationIdentifier %.*s isn't scheme, country, hyphen, reference: %s%s",
        (int)(text.len < 60 ? text.len : 60), (const char *)text.p, err.n ? err.frame[0].what : "it can't be read",
        ens_eq(p->qc.semantics, SEMANTICS_LEGAL) ? ", though QcStatements promises that it is" : "");
}

static bool eidas_id_is_kept(ens__profiled *p)
{
    uint8_t storage[TEXT_MAX];
    ens_slice text = take_attribute(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER, storage);
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] == ' ' || (text.p[i] >= '\t' && text.p[i] <= '\r'))
            return ens__profile_fault(p, "the eIDAS identifier has white space");
    return text.len <= EIDAS_ID_MAX ||
           ens__profile_fault(p, "the eIDAS identifier has more than %u characters", EIDAS_ID_MAX);
}

static bool orgid_is_no_name(ens__profiled *p)
{
    uint8_t ids[TEXT_MAX], names[TEXT_MAX];
    ens_slice id = take_attribute(&p->subject, ENS_OID_ORGANIZATION_IDENTIFIER, ids),
              name = take_attribute(&p->subject, ENS_OID_ORGANIZATION, names);
    return !ens__eq_nocase(id, name) ||
           ens__profile_fault(p, "the organizationIdentifier is but the organization's name");
}

static bool authority_has_uri(ens__profiled *p)
{
    return p->qc.authority_uri ||
           ens__profile_fault(
               p, "the identifier's scheme is a national one, and no authority that keeps it is named by a URI");
}

/* Requirement numbers as in EN 319 412-1 v1.5, -2 v2.3 and -3 v1.3. */
const ens__profile_rule ens__profile_subject_rules[] = {
    {"profile.subject", "EN 319 412-3 4.2.1, LEG-4.2.1-2",
     "the subject has country, organization, organizationIdentifier and common name", NULL, NULL, ens__is_legal,
     names_the_organization},
    {"profile.subject-single", "EN 319 412-3 4.2.1, LEG-4.2.1-3", "the subject has each of them once", NULL, NULL,
     ens__is_legal, names_each_once},
    {"profile.subject-country", "EN 319 412-3 4.2.1, LEG-4.2.1-4", "the country is one of ISO 3166", NULL, NULL,
     ens__is_legal, country_is_known},
    {"profile.subject", "EN 319 412-2 4.2.4, NAT-4.2.4-1", "the subject names the person", NULL, NULL, ens__is_natural,
     names_the_person},
    {"profile.orgid", "EN 319 412-1 5.1.4, LEG-5.1.4-02", "the organizationIdentifier is written by its scheme", NULL,
     NULL, has_etsi_orgid, orgid_is_kept},
    {"profile.orgid", "EN 319 412-1 5.1.6, LEG-5.1.6-03", "the organizationIdentifier is an eIDAS identifier", NULL,
     NULL, has_eidas_orgid, eidas_id_is_kept},
    {"profile.orgid-name", "EN 319 412-3 4.2.1, LEG-4.2.1-6", "the organizationIdentifier isn't just the name", NULL,
     NULL, has_orgid, orgid_is_no_name},
    {"profile.orgid-authority", "EN 319 412-1 5.1.4, LEG-5.1.4-05", "the authority that keeps the scheme is named",
     NULL, NULL, has_local_scheme, authority_has_uri},
    {"profile.issuer", "EN 319 412-2 4.2.3.1, GEN-4.2.3.1-2", "the issuer is named in full", NULL, NULL, ens__is_anyone,
     issuer_is_named},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};
