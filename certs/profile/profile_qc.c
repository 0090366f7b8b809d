/* QcStatements: what EN 319 412-5 asks of them. See profile_rules.h. */
#include "certs/profile/profile_rules.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"

#define QC_EXTENSION ENS_LIT("\x2B\x06\x01\x05\x05\x07\x01\x03")
#define SEMANTICS(n) ENS_LIT("\x04\x00\x8B\xEC\x49\x01" n) /* 0.4.0.194121.1.n */
#define SMIME_BR ENS_LIT("\x67\x81\x0C\x01\x05")           /* 2.23.140.1.5, and policies below it */
#define SHOWN 60                                           /* bytes of a value in a finding */

static int shown(ens_slice s)
{
    return (int)(s.len < SHOWN ? s.len : SHOWN);
}

static bool has(const ens__profiled *p, ens_slice oid)
{
    return ens__qc_find(&p->qc, oid) != NULL;
}

static bool is_malformed(const ens__profiled *p, ens_slice oid)
{
    for (size_t i = 0; i < p->qc.num; i++)
        if (ens_eq(p->qc.statement[i].oid, oid) && p->qc.statement[i].malformed)
            return true;
    return false;
}

/* What must be there for a rule to apply. */
static bool has_statements(const ens__profiled *p)
{
    return p->cert->qcstatements.len > 0;
}

static bool has_etsi(const ens__profiled *p)
{
    for (size_t i = 0; i < p->qc.num; i++)
        if (ens_starts(p->qc.statement[i].oid, ENS_LIT(ENS_QC_ARC)))
            return true;
    return false;
}

static bool has_compliance(const ens__profiled *p)
{
    return has(p, ENS_QC_COMPLIANCE);
}

static bool has_sscd(const ens__profiled *p)
{
    return has(p, ENS_QC_SSCD);
}

static bool has_type(const ens__profiled *p)
{
    return has(p, ENS_QC_TYPE);
}

static bool has_limit(const ens__profiled *p)
{
    return has(p, ENS_QC_LIMIT);
}

static bool has_retention(const ens__profiled *p)
{
    return has(p, ENS_QC_RETENTION);
}

static bool has_pds(const ens__profiled *p)
{
    return has(p, ENS_QC_PDS);
}

/* Rules on the addresses and languages need a list that could be read. */
static bool has_good_pds(const ens__profiled *p)
{
    return has(p, ENS_QC_PDS) && !is_malformed(p, ENS_QC_PDS);
}

static bool has_legislation(const ens__profiled *p)
{
    return has(p, ENS_QC_LEGISLATION);
}

static bool has_semantics(const ens__profiled *p)
{
    return has(p, ENS_QC_SEMANTICS);
}

static bool has_ident_method(const ens__profiled *p)
{
    return has(p, ENS_QC_IDENT_METHOD);
}

static bool has_psd2(const ens__profiled *p)
{
    return has(p, ENS_QC_PSD2);
}

static bool is_qualified_legal(const ens__profiled *p)
{
    return ens__is_legal(p) && p->qc.compliance;
}

static bool is_typed_server(const ens__profiled *p)
{
    return has_type(p) && ens__profile_has(&p->usages, ENS_EKU_SERVER);
}

static bool is_typed_mail(const ens__profiled *p)
{
    bool mail = ens__profile_has(&p->usages, ENS_EKU_MAIL);
    for (size_t i = 0; i < p->policies.num; i++)
        mail |= ens_starts(p->policies.item[i].value, SMIME_BR);
    return has_type(p) && mail;
}

/* The extension. */
static bool reads_whole(ens__profiled *p)
{
    return p->qc_whole || ens__profile_fault(p, "QcStatements isn't a list of statements");
}

static bool is_not_critical(ens__profiled *p)
{
    bool critical = false;
    return !ens__extension_find(p->cert, QC_EXTENSION, &critical) || !critical ||
           ens__profile_fault(p, "QcStatements is critical, which it never may be");
}

static bool names_each_once(ens__profiled *p)
{
    char text[ENS_OID_TEXT_MAX];
    for (size_t i = 0; i < p->qc.num; i++) {
        ens_slice oid = p->qc.statement[i].oid;
        const char *name = ens__oid_name(oid);
        if (p->qc.statement[i].repeated && ens_starts(oid, ENS_LIT(ENS_QC_ARC)))
            return ens__profile_fault(p, "%s is there twice", name ? name : ens__oid_text(oid, text, sizeof text));
    }
    return true;
}

static bool claims_compliance(ens__profiled *p)
{
    return has_compliance(p) || ens__profile_fault(p, "there are statements for qualified certificates, and no "
                                                      "QcCompliance: the certificate doesn't say that it is one");
}

static bool compliance_is_bare(ens__profiled *p)
{
    return !is_malformed(p, ENS_QC_COMPLIANCE) ||
           ens__profile_fault(p, "QcCompliance has a value, and it may have none");
}

static bool sscd_is_bare(ens__profiled *p)
{
    return !is_malformed(p, ENS_QC_SSCD) || ens__profile_fault(p, "QcSSCD has a value, and it may have none");
}

/* QcType. */
static bool types_are_in_qctype(ens__profiled *p)
{
    for (size_t i = 0; i < p->qc.num; i++)
        if (ens__qc_type_name(p->qc.statement[i].oid))
            return ens__profile_fault(p, "the type %s stands as a statement of its own; it belongs into QcType",
                                      ens__qc_type_name(p->qc.statement[i].oid));
    return true;
}

static bool types_are_known(ens__profiled *p)
{
    char text[ENS_OID_TEXT_MAX];
    if (is_malformed(p, ENS_QC_TYPE) || !p->qc.num_types)
        return ens__profile_fault(p, "QcType isn't a list of at least one type");
    for (size_t i = 0; i < p->qc.num_types; i++)
        if (!ens__qc_type_name(p->qc.type[i]))
            return ens__profile_fault(p, "QcType names %s, which is not one of esign, eseal, web",
                                      ens__oid_text(p->qc.type[i], text, sizeof text));
    return true;
}

static bool type_is_single(ens__profiled *p)
{
    if (p->qc.num_types > 1 || p->qc.num_type_statements > 1)
        return ens__profile_fault(p, "QcType names %zu types; exactly one is allowed", p->qc.num_types);
    return p->qc.num_types == 1 || ens__profile_fault(p, "QcType names no type; exactly one is wanted");
}

static bool type_is_seal(ens__profiled *p)
{
    if (ens__qc_has_type(&p->qc, "eseal"))
        return true;
    return ens__profile_fault(p, "%s",
                              has_type(p)
                                  ? "QcType isn't eseal, and the certificate is a legal person's"
                                  : "QcType is missing: the certificate counts as one for signatures, not for seals");
}

static bool server_is_web(ens__profiled *p)
{
    return ens__qc_has_type(&p->qc, "web") ||
           ens__profile_fault(p, "the key may serve TLS (serverAuth), and QcType isn't web");
}

static bool mail_is_no_web(ens__profiled *p)
{
    return ens__qc_has_type(&p->qc, "esign") || ens__qc_has_type(&p->qc, "eseal") ||
           ens__profile_fault(p, "the key may protect mail, and QcType is neither esign nor eseal");
}

/* QcCClegislation. */
static bool countries_are_codes(ens__profiled *p)
{
    if (is_malformed(p, ENS_QC_LEGISLATION) || !p->qc.num_countries)
        return ens__profile_fault(p, "QcCClegislation isn't a list of at least one country");
    for (size_t i = 0; i < p->qc.num_countries; i++)
        if (!ens__is_country(p->qc.country[i]))
            return ens__profile_fault(p, "QcCClegislation names %.*s, which is no country of ISO 3166",
                                      shown(p->qc.country[i]), (const char *)p->qc.country[i].p);
    return true;
}

static bool law_is_the_unions(ens__profiled *p)
{
    return !p->qc.num_countries ||
           ens__profile_fault(p, "it is qualified under the law of %.*s (QcCClegislation), and so not under eIDAS",
                              shown(p->qc.country[0]), (const char *)p->qc.country[0].p);
}

/* QcLimitValue and QcRetentionPeriod. */
static bool limit_is_good(ens__profiled *p)
{
    if (is_malformed(p, ENS_QC_LIMIT))
        return ens__profile_fault(p, "QcLimitValue isn't currency, amount and exponent");
    if (p->qc.currency.len && !ens__is_currency(p->qc.currency))
        return ens__profile_fault(p, "the currency of QcLimitValue is %.*s, which is not one of ISO 4217",
                                  shown(p->qc.currency), (const char *)p->qc.currency.p);
    if (p->qc.currency_number && !ens__is_currency_number(p->qc.currency_number))
        return ens__profile_fault(p, "the currency of QcLimitValue is number %u, which is not one of ISO 4217",
                                  (unsigned)p->qc.currency_number);
    if (p->qc.currency_number)
        return ens__profile_tell(p, "the currency stands as a number; letters are preferred (QCS-4.3.2-02)");
    return true;
}

static bool retention_is_good(ens__profiled *p)
{
    if (is_malformed(p, ENS_QC_RETENTION))
        return ens__profile_fault(p, "QcRetentionPeriod isn't a number of years");
    return p->qc.retention_years || ens__profile_fault(p, "QcRetentionPeriod is a retention of no year");
}

/* QcPDS. */
static bool is_language_repeated(const ens_qc *qc, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (ens__eq_nocase(qc->pds[i].language, qc->pds[k].language))
            return true;
    return false;
}

static bool pds_is_good(ens__profiled *p)
{
    const ens_qc *qc = &p->qc;
    bool english = false;
    if (is_malformed(p, ENS_QC_PDS) || !qc->num_pds)
        return ens__profile_fault(
            p, "QcPDS isn't a list of addresses (IA5String) and languages (PrintableString of two letters)");
    for (size_t i = 0; i < qc->num_pds; i++) {
        ens_slice language = qc->pds[i].language;
        if (language.len != 2)
            return ens__profile_fault(p, "a disclosure statement's language is %.*s, and codes have two letters",
                                      shown(language), (const char *)language.p);
        if (is_language_repeated(qc, i))
            return ens__profile_fault(p, "two disclosure statements are in one language, %.*s", shown(language),
                                      (const char *)language.p);
        english |= ens__eq_nocase(language, ENS_LIT("en"));
    }
    return english || ens__profile_fault(p, "no disclosure statement is in English");
}

static bool languages_are_codes(ens__profiled *p)
{
    for (size_t i = 0; i < p->qc.num_pds; i++) {
        ens_slice language = p->qc.pds[i].language;
        if (!ens__is_language(language))
            return ens__profile_fault(p, "a disclosure statement's language is %.*s, which is no code of ISO 639-1",
                                      shown(language), (const char *)language.p);
    }
    return true;
}

static bool pds_is_secure(ens__profiled *p)
{
    for (size_t i = 0; i < p->qc.num_pds; i++)
        if (!ens__starts_nocase(p->qc.pds[i].url, ENS_LIT("https://")))
            return ens__profile_fault(p, "the disclosure statement at %.*s isn't at an https URL",
                                      shown(p->qc.pds[i].url), (const char *)p->qc.pds[i].url.p);
    return true;
}

static bool languages_are_lower(ens__profiled *p)
{
    for (size_t i = 0; i < p->qc.num_pds; i++) {
        ens_slice language = p->qc.pds[i].language;
        for (size_t k = 0; k < language.len; k++)
            if (language.p[k] < 'a' || language.p[k] > 'z')
                return ens__profile_fault(p, "a disclosure statement's language is %.*s, and codes are in lower case",
                                          shown(language), (const char *)language.p);
    }
    return true;
}

/* Semantics of the identifiers, how the subject was identified, PSD2. */
static bool semantics_are_good(ens__profiled *p)
{
    ens_slice oid = p->qc.semantics;
    if (is_malformed(p, ENS_QC_SEMANTICS))
        return ens__profile_fault(
            p, "the value of pkixQCSyntax-v2 is neither a semantics identifier nor a list of authorities");
    if (ens__is_legal(p) && (ens_eq(oid, SEMANTICS("\x01")) || ens_eq(oid, SEMANTICS("\x03"))))
        return ens__profile_fault(
            p, "the semantics are those of a natural person's identifier, and the certificate is a legal person's");
    return true;
}

static bool method_is_known(ens__profiled *p)
{
    const char *name = ens__qc_ident_method_name(p->qc.ident_method);
    if (is_malformed(p, ENS_QC_IDENT_METHOD) || !name)
        return ens__profile_fault(p, "QcIdentMethod names none of the methods of eIDAS, article 24");
    return ens__profile_tell(p, name);
}

static bool psd2_is_good(ens__profiled *p)
{
    return !is_malformed(p, ENS_QC_PSD2) ||
           ens__profile_fault(p, "the PSD2 statement isn't roles, authority's name and authority's identifier");
}

/* Requirement numbers as in EN 319 412-5 v2.6.1. */
const ens__profile_rule ens__profile_qc_rules[] = {
    {"profile.qc-syntax", "RFC 3739 3.2.6", "QcStatements can be read", NULL, NULL, has_statements, reads_whole},
    {"profile.qc-critical", "EN 319 412-5 4.1, QCS-4.1-02", "QcStatements is not critical", NULL, NULL, has_etsi,
     is_not_critical},
    {"profile.qc-duplicate", "EN 319 412-5 v2.6.1 4.1, QCS-4.1-02A", "each statement stands there once", NULL,
     "2026-05-01", has_statements, names_each_once},
    {"profile.qc-compliance", "EN 319 412-5 5, QCS-5-01", "QcCompliance says that it is a qualified certificate", NULL,
     NULL, has_etsi, claims_compliance},
    {"profile.qc-compliance-value", "EN 319 412-5 4.2.1", "QcCompliance has no value", NULL, NULL, has_compliance,
     compliance_is_bare},
    {"profile.qc-sscd-value", "EN 319 412-5 4.2.2", "QcSSCD has no value", NULL, NULL, has_sscd, sscd_is_bare},
    {"profile.qc-type-statement", "EN 319 412-5 4.2.3", "types stand in QcType alone", NULL, NULL, has_statements,
     types_are_in_qctype},
    {"profile.qc-type", "EN 319 412-5 4.2.3", "QcType names types that there are", NULL, NULL, has_type,
     types_are_known},
    {"profile.qc-type-single", "EN 319 412-5 v2.5 4.2.3", "QcType names one type", NULL, "2025-03-01", has_type,
     type_is_single},
    {"profile.qc-type-seal", "EN 319 412-5 4.2.3, 5 table 2", "QcType is eseal",
     "ask the CA for a certificate for electronic seals", NULL, is_qualified_legal, type_is_seal},
    {"profile.qc-type-web", "EN 319 412-5 4.2.3; EN 319 412-4", "QcType is web, as a server's key asks for",
     "seal with a certificate that can't serve TLS", NULL, is_typed_server, server_is_web},
    {"profile.qc-type-mail", "EN 319 412-5 4.2.3", "QcType fits a key that protects mail", NULL, NULL, is_typed_mail,
     mail_is_no_web},
    {"profile.qc-legislation", "EN 319 412-5 4.2.4", "QcCClegislation lists countries of ISO 3166", NULL, NULL,
     has_legislation, countries_are_codes},
    {"profile.qc-legislation-eu", "EN 319 412-5 4.2.4, 5 table 2", "qualified under the law of the Union",
     "ask for a certificate that is qualified in the EU", NULL, has_legislation, law_is_the_unions},
    {"profile.qc-limit", "EN 319 412-5 4.3.2, QCS-4.3.2-01", "the limit is a currency, an amount and an exponent", NULL,
     NULL, has_limit, limit_is_good},
    {"profile.qc-retention", "EN 319 412-5 4.3.3", "the retention period is a number of years", NULL, NULL,
     has_retention, retention_is_good},
    {"profile.qc-pds", "EN 319 412-5 4.3.4", "disclosure statements are listed by address and language, one in English",
     NULL, NULL, has_pds, pds_is_good},
    {"profile.qc-pds-language", "EN 319 412-5 4.3.4, QCS-4.3.4-01", "their languages are codes of ISO 639-1", NULL,
     NULL, has_good_pds, languages_are_codes},
    {"profile.qc-pds-url", "EN 319 412-5 v2.4.1 4.3.4, QCS-4.3.4-03", "their addresses are https URLs", NULL,
     "2023-09-01", has_good_pds, pds_is_secure},
    {"profile.qc-pds-case", "EN 319 412-5 4.3.4, QCS-4.3.4-01; ISO 639-1", "the codes of languages are in lower case",
     NULL, NULL, has_good_pds, languages_are_lower},
    {"profile.qc-semantics", "EN 319 412-1 5.1; RFC 3739 3.2.6.1", "the semantics of its identifiers fit", NULL, NULL,
     has_semantics, semantics_are_good},
    {"profile.qc-ident-method", "EN 319 412-5 4.3.5", "the method of identification is known", NULL, NULL,
     has_ident_method, method_is_known},
    {"profile.qc-psd2", "TS 119 495 5.1", "the PSD2 statement can be read", NULL, NULL, has_psd2, psd2_is_good},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};
