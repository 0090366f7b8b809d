#include "certs/profile.h"

#include "certs/der.h"
#include "certs/extensions.h"
#include "certs/keyusage.h"
#include "certs/name.h"
#include "certs/qcstatements.h"
#include "engine/report.h"
#include "ensign/orgid.h"

#define QC_EXTENSION ENS_LIT("\x2B\x06\x01\x05\x05\x07\x01\x03")
#define QC_TYPE_ARC ENS_LIT("\x04\x00\x8E\x46\x01\x06") /* 0.4.0.1862.1.6, and types below it */
#define QC_ARC ENS_LIT("\x04\x00\x8E\x46\x01")
#define HINT_CA "tell the CA; have it right in the next certificate"
#define TEXT_MAX 512

/* One certificate, read as far as it can be. */
typedef struct {
    const ens_cert *cert;
    ens_qc qc;
    ens_extension_list policies, usages, authority, crls;
    bool legal; /* says that it is a legal person's */
    ens_report *report;
    unsigned warnings;
} subject;

static void warn(subject *s, const char *id, const char *rule, const char *what)
{
    ens__warn(s->report, id, rule, HINT_CA, "%s", what);
    s->warnings++;
}

static bool has_named(const ens_extension_list *list, const char *name)
{
    for (size_t i = 0; i < list->num; i++) {
        const char *known = list->item[i].kind ? NULL : ens__oid_name(list->item[i].value);
        if (known && strcmp(known, name) == 0)
            return true;
    }
    return false;
}

/* is_critical tells whether an extension is there and critical. */
static bool is_critical(const ens_cert *cert, ens_slice wanted)
{
    ens_reader r = ens_read(cert->extensions);
    ens_der one, oid, flag;
    while (ens_left(&r) && ens__der_take(&r, ENS_DER_SEQUENCE, &one)) {
        ens_reader in = ens_read(one.body);
        bool critical = false;
        if (!ens__der_take(&in, ENS_DER_OID, &oid) || !ens__der_optional(&in, ENS_DER_BOOLEAN, &flag))
            return false;
        if (ens_eq(oid.body, wanted))
            return flag.all.len && ens__der_boolean(flag.body, &critical) && critical;
    }
    return false;
}

static void judge_statements(subject *s)
{
    const ens_qc *qc = &s->qc;
    bool etsi = false;
    if (is_critical(s->cert, QC_EXTENSION))
        warn(s, "profile.qc-critical", "EN 319 412-5 4.1", "QcStatements is critical, which it never may be");
    for (size_t i = 0; i < qc->num; i++) {
        ens_slice oid = qc->statement[i].oid;
        etsi |= ens_starts(oid, QC_ARC);
        if (ens_starts(oid, QC_TYPE_ARC) && oid.len > QC_TYPE_ARC.len)
            warn(s, "profile.qc-type-statement", "EN 319 412-5 4.2.3", "a type stands as a statement of its own; it belongs into QcType");
    }
    if (qc->duplicates)
        warn(s, "profile.qc-duplicate", "EN 319 412-5 v2.6.1, 4.1", "a statement stands there twice");
    if (qc->malformed)
        warn(s, "profile.qc-value", "EN 319 412-5 4.2, 4.3", "a statement's value is not what the specification says");
    if (etsi && !qc->compliance)
        warn(s, "profile.qc-compliance", "EN 319 412-5 5", "there are statements for qualified certificates, and no QcCompliance");
    if (etsi && !qc->num_pds)
        warn(s, "profile.qc-pds", "EN 319 412-5 5", "QcPDS is missing: a qualified certificate names its disclosure statement");
    if (qc->num_countries && qc->compliance)
        warn(s, "profile.qc-legislation", "EN 319 412-5 4.2.4", "QcCClegislation names a country, so the certificate isn't qualified under EU law");
}

static bool is_type_known(ens_slice type)
{
    return ens_starts(type, QC_TYPE_ARC) && type.len == QC_TYPE_ARC.len + 1 && type.p[type.len - 1] >= 1 && type.p[type.len - 1] <= 3;
}

static void judge_type(subject *s)
{
    const ens_qc *qc = &s->qc;
    for (size_t i = 0; i < qc->num_types; i++)
        if (!is_type_known(qc->type[i]))
            warn(s, "profile.qc-type", "EN 319 412-5 4.2.3", "QcType names a type that is none of esign, eseal, web");
    if (qc->num_types > 1 || qc->num_type_statements > 1)
        warn(s, "profile.qc-type", "EN 319 412-5 v2.5, 4.2.3", "QcType names several types; exactly one is allowed");
    if (qc->compliance && !qc->num_types)
        warn(s, "profile.qc-type", "EN 319 412-5 4.2.3", "QcType is missing: the certificate counts as one for signatures, not for seals");
    if (has_named(&s->usages, "serverAuth") && qc->num_types && !ens__qc_has_type(qc, "web"))
        warn(s, "profile.qc-type-usage", "EN 319 412-5 4.2.3; EN 319 412-4", "the key may serve TLS, and QcType isn't web");
    if (has_named(&s->usages, "emailProtection") && ens__qc_has_type(qc, "web"))
        warn(s, "profile.qc-type-usage", "EN 319 412-5 4.2.3; EN 319 412-4", "QcType is web, and the key may protect mail");
}

static bool is_lower(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 'a' || s.p[i] > 'z')
            return false;
    return true;
}

static void judge_pds(subject *s)
{
    bool english = false, twice = false;
    for (size_t i = 0; i < s->qc.num_pds; i++) {
        const ens_qc_pds *p = &s->qc.pds[i];
        english |= ens__eq_nocase(p->language, ENS_LIT("en"));
        for (size_t k = 0; k < i; k++)
            twice |= ens__eq_nocase(p->language, s->qc.pds[k].language);
        if (!ens_starts(p->url, ENS_LIT("https://")))
            warn(s, "profile.qc-pds-url", "EN 319 412-5 4.3.4", "a disclosure statement isn't at an https URL");
        if (p->language.len != 2)
            warn(s, "profile.qc-pds-language", "EN 319 412-5 4.3.4", "a disclosure statement's language isn't a code of two letters");
        else if (!is_lower(p->language))
            warn(s, "profile.qc-pds-language", "EN 319 412-5 4.3.4", "a disclosure statement's language isn't in lower case");
    }
    if (s->qc.num_pds && !english)
        warn(s, "profile.qc-pds-language", "EN 319 412-5 4.3.4", "no disclosure statement is in English");
    if (twice)
        warn(s, "profile.qc-pds-language", "EN 319 412-5 4.3.4", "two disclosure statements are in one language");
}

static void judge_usage(subject *s)
{
    const ens_cert *c = s->cert;
    char setting = ens__key_usage_setting(c->key_usage);
    if (!c->has_key_usage)
        warn(s, "profile.key-usage", "EN 319 412-2 4.3.2", "key usage is missing");
    else if (!setting)
        warn(s, "profile.key-usage", "EN 319 412-2 4.3.2, table 1", "the key usage is none of the settings A to F");
    else if (!s->legal && s->qc.num && (setting == 'B' || setting == 'F'))
        warn(s, "profile.key-usage", "EN 319 412-2 4.3.2", "a certificate that commits to content has better nonRepudiation alone (setting A)");
    else
        ens__passf(s->report, "profile.key-usage", "EN 319 412-2 4.3.2, table 1", "setting %c", setting);
}

static void judge_subject(subject *s)
{
    uint8_t text[TEXT_MAX];
    ens_buf orgid;
    ens_orgid parsed;
    ens_slice name = s->cert->subject;
    if (!s->legal)
        return;
    if (ens__name_count(name, ENS_OID_COUNTRY) != 1 || ens__name_count(name, ENS_OID_ORGANIZATION) != 1 ||
        !ens__name_count(name, ENS_OID_COMMON_NAME))
        warn(s, "profile.subject", "EN 319 412-3 4.2.1", "the subject wants one country, one organization and a common name");
    ens_buf_init(&orgid, text, sizeof text, sizeof text);
    if (!ens__name_take(name, ENS_OID_ORGANIZATION_IDENTIFIER, &orgid))
        warn(s, "profile.orgid", "EN 319 412-3 4.2.1", "the subject has no organizationIdentifier, so nothing in it proves an EORI");
    else if (ens_orgid_parse(ens_buf_slice(&orgid), &parsed, NULL) != ENS_OK)
        warn(s, "profile.orgid", "EN 319 412-1 5.1.4", "the organizationIdentifier isn't written as scheme, country, hyphen, reference");
    else
        ens__pass(s->report, "profile.orgid", "EN 319 412-1 5.1.4");
    ens_buf_free(&orgid);
}

static void judge_policies(subject *s)
{
    bool seal_qscd = has_named(&s->policies, "QCP-l-qscd"), sign = has_named(&s->policies, "QCP-n") || has_named(&s->policies, "QCP-n-qscd");
    if (seal_qscd && !s->qc.qscd)
        warn(s, "profile.policy", "EN 319 411-2 5.3", "the policy QCP-l-qscd promises a qualified device, and QcSSCD is missing");
    if (sign && ens__qc_has_type(&s->qc, "eseal"))
        warn(s, "profile.policy", "EN 319 411-2 5.3", "the policy is one for natural persons, and QcType is eseal");
    if ((seal_qscd || has_named(&s->policies, "QCP-l")) && !s->qc.compliance)
        warn(s, "profile.policy", "EN 319 411-2 5.3", "the policy is one for qualified certificates, and QcCompliance is missing");
    if (!s->policies.num)
        warn(s, "profile.policy", "EN 319 412-2 4.3.3", "the certificate names no policy");
}

static void judge_pointers(subject *s)
{
    if (s->cert->no_rev_avail || s->cert->validity_assured)
        return;
    if (!ens__list_has(&s->authority, "OCSP") && !s->crls.num)
        warn(s, "profile.revocation", "EN 319 412-2 4.3.11, 4.4.1", "the certificate names neither an OCSP responder nor a CRL");
    if (!ens__list_has(&s->authority, "caIssuers"))
        warn(s, "profile.issuer", "EN 319 412-2 4.4.1", "the certificate doesn't say where its issuer's is");
}

void ens__profile_judge(const ens_cert *cert, ens_report *report)
{
    subject s = {.cert = cert, .report = report};
    if (!ens__qc_read(cert->qcstatements, &s.qc))
        warn(&s, "profile.qc-value", "RFC 3739 3.2.6", "QcStatements isn't a SEQUENCE OF QCStatement");
    if (!ens__policies_read(cert, &s.policies) || !ens__ext_key_usage_read(cert, &s.usages) || !ens__authority_info_read(cert, &s.authority) ||
        !ens__crl_points_read(cert, &s.crls))
        warn(&s, "profile.extension", "RFC 5280 4.2", "an extension isn't what its specification says");
    s.legal = ens__qc_has_type(&s.qc, "eseal") || has_named(&s.policies, "QCP-l") || has_named(&s.policies, "QCP-l-qscd") ||
              ens__name_count(cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER) > 0;
    judge_statements(&s);
    judge_type(&s);
    judge_pds(&s);
    judge_usage(&s);
    judge_subject(&s);
    judge_policies(&s);
    judge_pointers(&s);
    if (!s.warnings)
        ens__pass(report, "profile.form", "EN 319 412-3, EN 319 412-5");
}
