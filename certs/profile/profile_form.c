/* What the key may do, under which policy it was issued, and where to ask about it. See profile_rules.h. */
#include "certs/profile/profile_rules.h"
#include "certs/x509/keyusage.h"
#include "certs/x509/oid.h"

#define CE(n) ENS_LIT("\x55\x1D" n) /* 2.5.29.n */
#define AUTHORITY_INFO ENS_LIT("\x2B\x06\x01\x05\x05\x07\x01\x01")

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
        return ens__profile_fault(p, "the key usage is none of the settings A to F");
    return ens__profile_note(p, "setting %c: %s", setting, ens__key_usage_setting_words(setting));
}

/* Of mixed settings a seal is told, and not blamed: WS-Security wants digitalSignature beside the commitment. */
static bool usage_is_unmixed(ens__profiled *p)
{
    char setting = ens__key_usage_setting(p->cert->key_usage);
    if (setting && strchr("ACE", setting))
        return true;
    if (ens__is_natural(p))
        return ens__profile_fault(p, "the key usage mixes purposes; settings A, C and E are preferred");
    return ens__profile_note(
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
        return ens__profile_note(
            p, "no policy of EN 319 411-2 (QCP-l, QCP-l-qscd) beside the CA's own; one is recommended");
    return true;
}

static bool policies_fit(ens__profiled *p)
{
    const ens_extension_list *list = &p->policies;
    bool qscd = ens__profile_has(list, ENS_QCP_L_QSCD) || ens__profile_has(list, ENS_QCP_N_QSCD);
    bool legal = ens__profile_has(list, ENS_QCP_L) || ens__profile_has(list, ENS_QCP_L_QSCD);
    bool natural = ens__profile_has(list, ENS_QCP_N) || ens__profile_has(list, ENS_QCP_N_QSCD);
    bool web = ens__profile_has(list, ENS_QEVCP_W) || ens__profile_has(list, ENS_QNCP_W) ||
               ens__profile_has(list, ENS_QNCP_W_GEN);
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
    const struct {
        ens_slice oid;
        const char *name;
    } plain[] = {{CE("\x20"), "certificatePolicies"},   {CE("\x11"), "subjectAltName"},
                 {CE("\x12"), "issuerAltName"},         {CE("\x25"), "extKeyUsage"},
                 {CE("\x1F"), "cRLDistributionPoints"}, {AUTHORITY_INFO, "authorityInfoAccess"}};
    bool critical, time = ens__profile_has(&p->usages, ENS_EKU_TIME);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (ens__extension_find(p->cert, plain[i].oid, &critical) && critical && !(time && i == 3))
            return ens__profile_fault(p, "%s is critical, and may not be", plain[i].name);
    return true;
}

static bool nothing_is_a_cas(ens__profiled *p)
{
    const struct {
        ens_slice oid;
        const char *name;
    } foreign[] = {{CE("\x21"), "policyMappings"},
                   {CE("\x1E"), "nameConstraints"},
                   {CE("\x24"), "policyConstraints"},
                   {CE("\x36"), "inhibitAnyPolicy"}};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (ens__extension_find(p->cert, foreign[i].oid, NULL))
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
    return ens__profile_note(p, "%s", ocsp && p->crls.num ? "OCSP and CRL" : ocsp ? "OCSP" : "CRL");
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
