#include "certs/profile/profile.h"

#include "certs/profile/profile_rules.h"
#include "certs/x509/name.h"
#include "engine/base/report.h"

#include <stdarg.h>
#include <stdio.h>

/* say writes the note; what a certificate brought along can't play tricks on a terminal. */
static void say(ens__profiled *p, const char *format, va_list args) ENS_PRINTF(2, 0);
static void say(ens__profiled *p, const char *format, va_list args)
{
    vsnprintf(p->note, sizeof p->note, format, args);
    bool utf8 = ens__is_utf8(ens_str(p->note));
    for (char *c = p->note; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F || (!utf8 && (unsigned char)*c >= 0x80))
            *c = '?';
}

bool ens__profile_note(ens__profiled *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(p, format, args);
    va_end(args);
    return true;
}

bool ens__profile_fault(ens__profiled *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(p, format, args);
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

static bool has_personal_name(ens_slice subject)
{
    return ens__name_count(subject, ENS_OID_GIVEN_NAME) || ens__name_count(subject, ENS_OID_SURNAME) ||
           ens__name_count(subject, ENS_OID_PSEUDONYM);
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
        return has_personal_name(p->cert->subject) ? ENS_PERSON_NATURAL : web ? ENS_PERSON_WEB : ENS_PERSON_LEGAL;
    if (ens__qc_has_type(&p->qc, "web") || ens__profile_has(&p->usages, ENS_EKU_SERVER))
        return ENS_PERSON_WEB;
    return has_personal_name(p->cert->subject) && !ens__name_count(p->cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER)
               ? ENS_PERSON_NATURAL
               : ENS_PERSON_LEGAL;
}

/* read reads the extensions; false when one of them isn't what its specification says. */
static bool read(const ens_cert *cert, ens__profiled *p)
{
    p->cert = cert;
    p->qc_whole = ens__qc_read(cert->qcstatements, &p->qc);
    bool good = ens__policies_read(cert, &p->policies);
    good &= ens__ext_key_usage_read(cert, &p->usages);
    good &= ens__authority_info_read(cert, &p->authority);
    good &= ens__crl_points_read(cert, &p->crls);
    p->person = person_of(p);
    return good;
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
        p->note[0] = '\0';
        if (!rule->applies(p))
            continue;
        if (rule->holds(p)) {
            if (p->note[0])
                ens__passf(report, rule->id, rule->rule, "%s", p->note);
            else
                ens__pass(report, rule->id, rule->rule)->detail = rule->holding;
        } else if (is_younger(rule, p->cert)) {
            ens__passf(report, rule->id, rule->rule, "%s; that was allowed when it was issued, before %s", p->note,
                       rule->since);
        } else {
            ens__warn(report, rule->id, rule->rule, rule->hint ? rule->hint : ENS_PROFILE_HINT_CA, "%s", p->note);
            faults++;
        }
    }
    return faults;
}

void ens__profile_judge(const ens_cert *cert, ens_report *report)
{
    ens__profiled p;
    bool whole = read(cert, &p);
    unsigned faults = !whole;
    if (!whole)
        ens__warn(report, "profile.extension", "RFC 5280 4.2", ENS_PROFILE_HINT_CA,
                  "an extension isn't what its specification says");
    faults += put_rules(ens__profile_subject_rules, &p, report);
    faults += put_rules(ens__profile_qc_rules, &p, report);
    faults += put_rules(ens__profile_form_rules, &p, report);
    if (!faults)
        ens__passf(report, "profile.form", "EN 319 412-3, EN 319 412-5", "nothing deviates from the profile");
}
