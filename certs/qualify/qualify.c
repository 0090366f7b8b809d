#include "certs/qualify/qualify.h"

#define POLICY_QCP_SSCD ENS_LIT("\x04\x00\x8B\x30\x01\x01") /* 0.4.0.1456.1.1, QCP public with SSCD */
#define POLICY_QCP ENS_LIT("\x04\x00\x8B\x30\x01\x02")      /* 0.4.0.1456.1.2, QCP public */

#define QC_TYPE ENS_LIT("\x04\x00\x8E\x46\x01\x06")        /* 0.4.0.1862.1.6, and the arc of the types */
#define QC_LEGISLATION ENS_LIT("\x04\x00\x8E\x46\x01\x07") /* 0.4.0.1862.1.7 */

/* types_of is the set of known types that QcType names. */
static unsigned types_of(const ens_qc *qc)
{
    static const unsigned types[] = {0, ENS_TYPE_ESIG, ENS_TYPE_ESEAL, ENS_TYPE_WSA};
    unsigned set = 0;
    for (size_t i = 0; i < qc->num_types; i++) {
        ens_slice oid = qc->type[i], arc = QC_TYPE;
        if (oid.len == arc.len + 1 && ens_starts(oid, arc) && oid.p[arc.len] < sizeof types / sizeof *types)
            set |= types[oid.p[arc.len]];
    }
    return set;
}

/* is_foreign: QcCClegislation stands there, so the certificate is qualified by the law of another country, if by any.
 * One that can't be read counts as well. */
static bool is_foreign(const ens_cert_content *c)
{
    return ens__cert_content_qc_statement(c, QC_LEGISLATION);
}

static bool is_one(unsigned set)
{
    return set && !(set & (set - 1));
}

/* judge_old reads a certificate as the Directive's time did: policies spoke where statements do now, and a qualified
 * one was always one for signatures (TS 119 615, 4.4 and 4.5). */
static void judge_old(ens_cert_content *c)
{
    bool with_sscd = ens__cert_content_policy(c, POLICY_QCP_SSCD),
         by_policy = with_sscd || ens__cert_content_policy(c, POLICY_QCP);
    c->qualified = (c->qc.compliance || by_policy) && !is_foreign(c);
    c->type = c->qc.compliance || by_policy ? ENS_TYPE_ESIG : 0;
    c->qscd = c->qc.qscd || with_sscd;
}

/* judge_new: without a type, compliance means a certificate for signatures; more than one type is none. */
static void judge_new(ens_cert_content *c)
{
    unsigned types = types_of(&c->qc);
    c->qualified = c->qc.compliance && !is_foreign(c);
    c->type = is_one(types) ? types : !types && c->qc.compliance ? ENS_TYPE_ESIG : 0;
    c->qscd = c->qc.qscd;
}

void ens__cert_content_read(const ens_cert *cert, ens_cert_content *out)
{
    out->cert = cert;
    out->num_attributes = 0;
    if (!ens__qc_read(cert->qcstatements, &out->qc))
        out->qc = (ens_qc){0};
    ens__policies_read(cert, &out->policies);
    ens__ext_key_usage_read(cert, &out->ext_key_usage);
    ens__name_read(cert->subject, out->attribute, &out->num_attributes);
    out->before_eidas = cert->not_before < ENS_EIDAS_START;
    if (out->before_eidas)
        judge_old(out);
    else
        judge_new(out);
}

static bool has(const ens_extension_list *list, ens_slice oid)
{
    for (size_t i = 0; i < list->num; i++)
        if (ens_eq(list->item[i].value, oid))
            return true;
    return false;
}

bool ens__cert_content_policy(const ens_cert_content *c, ens_slice oid)
{
    return has(&c->policies, oid);
}

bool ens__cert_content_ext_key_usage(const ens_cert_content *c, ens_slice oid)
{
    return has(&c->ext_key_usage, oid);
}

bool ens__cert_content_attribute(const ens_cert_content *c, ens_slice oid)
{
    for (size_t i = 0; i < c->num_attributes; i++)
        if (c->attribute[i].value.len && ens_eq(c->attribute[i].type, oid))
            return true;
    return false;
}

bool ens__cert_content_qc_statement(const ens_cert_content *c, ens_slice oid)
{
    for (size_t i = 0; i < c->qc.num; i++)
        if (ens_eq(c->qc.statement[i].oid, oid))
            return true;
    for (size_t i = 0; i < c->qc.num_types; i++)
        if (ens_eq(c->qc.type[i], oid))
            return true;
    return false;
}

#define WITH_DEVICE (ENS_QUALIFIER_WITH_QSCD | ENS_QUALIFIER_WITH_SSCD | ENS_QUALIFIER_QSCD_ON_BEHALF)
#define NO_DEVICE (ENS_QUALIFIER_NO_QSCD | ENS_QUALIFIER_NO_SSCD)
#define AS_IN_CERT (ENS_QUALIFIER_QSCD_AS_IN_CERT | ENS_QUALIFIER_SSCD_AS_IN_CERT)

const char *ens_qualified_name(ens_qualified result)
{
    static const char *const names[] = {"NA",
                                        "CERT_FOR_ESIG",
                                        "CERT_FOR_ESEAL",
                                        "CERT_FOR_WSA",
                                        "CERT_FOR_UNKNOWN",
                                        "QCERT_FOR_ESIG",
                                        "QCERT_FOR_ESEAL",
                                        "QCERT_FOR_WSA",
                                        "QCERT_FOR_UNKNOWN",
                                        "QCERT_FOR_ESIG_QSCD",
                                        "QCERT_FOR_ESEAL_QSCD",
                                        "QCERT_FOR_UNKNOWN_QSCD"};
    return (unsigned)result < sizeof names / sizeof *names ? names[result] : names[0];
}

static bool is_old(const ens_service_state *s)
{
    return s->start < ENS_EIDAS_START;
}

/* By the day that the state began: what bears a status that its time did not have is not granted. */
bool ens__service_state_granted(const ens_service_state *s)
{
    if (!is_old(s))
        return s->status == ENS_STATUS_GRANTED;
    return s->status == ENS_STATUS_UNDER_SUPERVISION || s->status == ENS_STATUS_SUPERVISION_IN_CESSATION ||
           s->status == ENS_STATUS_ACCREDITED;
}

/* usage_of: the types that a service's qualifiers give to the certificate. */
static unsigned usage_of(const ens_service_state *s)
{
    return (s->qualifiers & ENS_QUALIFIER_FOR_ESIG ? ENS_TYPE_ESIG : 0) |
           (s->qualifiers & ENS_QUALIFIER_FOR_ESEAL ? ENS_TYPE_ESEAL : 0) |
           (s->qualifiers & ENS_QUALIFIER_FOR_WSA ? ENS_TYPE_WSA : 0);
}

/* uses_of: the types that the service as such is listed for. */
static unsigned uses_of(const ens_service_state *s)
{
    return (s->uses & ENS_FOR_SIGNATURES ? ENS_TYPE_ESIG : 0) | (s->uses & ENS_FOR_SEALS ? ENS_TYPE_ESEAL : 0) |
           (s->uses & ENS_FOR_WEB ? ENS_TYPE_WSA : 0);
}

/* is_listed_for: the service as such is for this type. Before eIDAS nothing was listed by type. */
static bool is_listed_for(const ens_cert_content *c, const ens_service_state *s)
{
    unsigned uses = uses_of(s) & (s->qualifiers & ENS_QUALIFIER_LEGAL_PERSON ? ~ENS_TYPE_ESIG : ~0u);
    return c->before_eidas || !c->type || (uses & c->type);
}

/* issues_type tells whether the service is listed for the certificate's type, or one qualifier turns it into a type
 * that it is listed for (TS 119 615, 4.4). The EU's library takes QcCompliance for such a qualifier, for signatures,
 * whatever QcType says: so a compliant seal is let through by a service that is listed for signatures alone, as many
 * were in their first months. */
static bool issues_type(const ens_cert_content *c, const ens_service_state *s)
{
    unsigned uses = uses_of(s), usage = usage_of(s);
    if (is_listed_for(c, s))
        return true;
    if (!(usage & (ENS_TYPE_ESEAL | ENS_TYPE_WSA)) && c->qc.compliance)
        usage |= ENS_TYPE_ESIG;
    if (s->qualifiers & ENS_QUALIFIER_LEGAL_PERSON)
        uses &= ~ENS_TYPE_ESIG;
    return is_one(usage) && (uses & usage);
}

/* Whether what a list says of a service agrees with itself, for each of the three questions; NULL: it does. */

static const char *qualified_clash(const ens_service_state *s)
{
    unsigned both = ENS_QUALIFIER_QC_STATEMENT | ENS_QUALIFIER_NOT_QUALIFIED;
    return (s->qualifiers & both) == both ? "QCStatement and NotQualified exclude each other" : NULL;
}

static const char *type_clash(const ens_service_state *s)
{
    unsigned usage = usage_of(s);
    if ((s->qualifiers & ENS_QUALIFIER_LEGAL_PERSON) && (usage & ENS_TYPE_ESIG))
        return "QCForLegalPerson and QCForESig exclude each other";
    if (usage && !is_one(usage))
        return "more than one of QCForESig, QCForESeal and QCForWSA holds";
    if (usage && s->num_uses && !(uses_of(s) & usage))
        return "a qualifier gives the certificate a use that the service isn't listed for";
    if (is_old(s) && s->num_uses == 1 && (s->uses & (ENS_FOR_SEALS | ENS_FOR_WEB)))
        return "before eIDAS no service was for seals or web sites alone";
    if (is_old(s) && (usage & (ENS_TYPE_ESEAL | ENS_TYPE_WSA)))
        return "before eIDAS there was neither QCForESeal nor QCForWSA";
    return NULL;
}

static const char *qscd_clash(const ens_service_state *s)
{
    unsigned q = s->qualifiers;
    if ((q & (WITH_DEVICE | AS_IN_CERT)) && (q & NO_DEVICE))
        return "qualifiers say both that there is a QSCD and that there is none";
    if ((q & AS_IN_CERT) && (q & WITH_DEVICE))
        return "qualifiers say both that there is a QSCD and that the certificate tells";
    if (!is_old(s) && (q & (ENS_QUALIFIER_WITH_SSCD | ENS_QUALIFIER_NO_SSCD)) &&
        !(q & (ENS_QUALIFIER_WITH_QSCD | ENS_QUALIFIER_NO_QSCD)))
        return "a qualifier for SSCDs stands without one for QSCDs";
    return NULL;
}

/* status_clash: a state from before eIDAS can't be one that eIDAS brought. */
static const char *status_clash(const ens_service_state *s)
{
    return is_old(s) && (s->status == ENS_STATUS_GRANTED || s->status == ENS_STATUS_WITHDRAWN)
               ? "the status began before eIDAS, which brought it"
               : NULL;
}

/* The three answers, each by a service (NULL: by none) and the certificate. */

static bool is_qualified(const ens_cert_content *c, const ens_service_state *s)
{
    if (!s || !ens__service_state_granted(s) || (s->qualifiers & ENS_QUALIFIER_NOT_QUALIFIED))
        return false;
    return (s->qualifiers & ENS_QUALIFIER_QC_STATEMENT) || c->qualified;
}

/* type_by overrules the certificate only where it is qualified. */
static unsigned type_by(const ens_cert_content *c, const ens_service_state *s, bool qualified)
{
    if (!qualified)
        return c->type;
    if (!s)
        return 0;
    if (is_old(s))
        return ENS_TYPE_ESIG;
    unsigned usage = usage_of(s);
    return !usage ? c->type : is_one(usage) ? usage : 0;
}

static bool has_qscd(const ens_cert_content *c, const ens_service_state *s, bool qualified)
{
    if (!s || !qualified)
        return false;
    bool old = is_old(s);
    if (s->qualifiers & (old ? ENS_QUALIFIER_WITH_SSCD : ENS_QUALIFIER_WITH_QSCD | ENS_QUALIFIER_QSCD_ON_BEHALF))
        return true;
    if (s->qualifiers & (old ? ENS_QUALIFIER_SSCD_AS_IN_CERT : ENS_QUALIFIER_QSCD_AS_IN_CERT))
        return c->qscd;
    if (s->qualifiers & (old ? ENS_QUALIFIER_NO_SSCD : ENS_QUALIFIER_NO_QSCD))
        return false;
    return c->qscd;
}

static ens_qualified result_of(bool qualified, unsigned type, bool qscd)
{
    bool device = qualified && qscd;
    switch (type) {
    case ENS_TYPE_ESIG:
        return device ? ENS_QCERT_FOR_ESIG_QSCD : qualified ? ENS_QCERT_FOR_ESIG : ENS_CERT_FOR_ESIG;
    case ENS_TYPE_ESEAL:
        return device ? ENS_QCERT_FOR_ESEAL_QSCD : qualified ? ENS_QCERT_FOR_ESEAL : ENS_CERT_FOR_ESEAL;
    case ENS_TYPE_WSA:
        return qualified ? ENS_QCERT_FOR_WSA : ENS_CERT_FOR_WSA;
    default:
        return device ? ENS_QCERT_FOR_UNKNOWN_QSCD : qualified ? ENS_QCERT_FOR_UNKNOWN : ENS_CERT_FOR_UNKNOWN;
    }
}

/* result_by is what one service alone would make of the certificate. */
static ens_qualified result_by(const ens_cert_content *c, const ens_service_state *s)
{
    bool qualified = is_qualified(c, s);
    return result_of(qualified, type_by(c, s, qualified), has_qscd(c, s, qualified));
}

/* A run of the procedure: the states that are still in question. */
typedef struct {
    const ens_cert_content *content;
    const ens_service_state *kept[ENS_SERVICE_STATES_MAX];
    size_t num;
    ens_qualifying *out;
} run;

static void tell_step(run *r, ens_step step, bool yes, const char *why)
{
    r->out->step[step] = yes ? ENS_STEP_YES : ENS_STEP_NO;
    r->out->why[step] = why;
}

/* keep_only drops what doesn't pass; with or_all nothing is dropped when nothing passes. True when something passed. */
static bool keep_only(run *r, bool (*passes)(const ens_cert_content *, const ens_service_state *), bool or_all)
{
    size_t num = 0, passed = 0;
    for (size_t i = 0; i < r->num; i++)
        passed += passes(r->content, r->kept[i]);
    for (size_t i = 0; i < r->num && (passed || !or_all); i++)
        if (passes(r->content, r->kept[i]))
            r->kept[num++] = r->kept[i];
    if (passed || !or_all)
        r->num = num;
    return passed;
}

static bool is_ca_qc(const ens_cert_content *c, const ens_service_state *s)
{
    (void)c;
    return s->type == ENS_SERVICE_CA_QC;
}

static bool is_granted(const ens_cert_content *c, const ens_service_state *s)
{
    (void)c;
    return ens__service_state_granted(s);
}

/* agree tells whether all that are left would come to one result; the first two that differ are kept for the report. */
static bool agree(run *r)
{
    ens_qualified first = r->num ? result_by(r->content, r->kept[0]) : ENS_QUALIFIED_NA;
    for (size_t i = 1; i < r->num; i++) {
        ens_qualified other = result_by(r->content, r->kept[i]);
        if (other == first)
            continue;
        r->out->conflict[0] = first;
        r->out->conflict[1] = other;
        return false;
    }
    return true;
}

static const char *clash_of(const run *r)
{
    for (size_t i = 0; i < r->num; i++) {
        const ens_service_state *s = r->kept[i];
        const char *clash = status_clash(s), *const others[] = {qualified_clash(s), type_clash(s), qscd_clash(s)};
        for (size_t k = 0; !clash && k < sizeof others / sizeof *others; k++)
            clash = others[k];
        if (clash)
            return clash;
        if (s->untold_qualifier)
            return "criteria of a qualifier aren't understood, so it is left out";
        if (s->unknown_qualifier)
            return "a qualifier isn't one that TS 119 612 has, so it is left out";
    }
    return NULL;
}

/* select_one narrows the states down to the one that decides, or none. False when they contradict each other. */
static bool select_one(run *r)
{
    tell_step(r, ENS_STEP_SERVICE, r->num > 0, NULL);
    bool ca_qc = keep_only(r, is_ca_qc, true);
    tell_step(r, ENS_STEP_CA_QC, ca_qc, NULL);
    bool used = keep_only(r, issues_type, false);
    tell_step(r, ENS_STEP_USE, used,
              used && !is_listed_for(r->content, r->kept[0])
                  ? "not listed for this type, and let through by what overrules it"
                  : NULL);
    const char *clash = clash_of(r);
    tell_step(r, ENS_STEP_CONSISTENT, !clash, clash);
    bool one_voice = agree(r);
    tell_step(r, ENS_STEP_CONFLICT, one_voice, NULL);
    if (!one_voice)
        return false;
    bool granted = keep_only(r, is_granted, true);
    tell_step(r, ENS_STEP_STATUS, granted, NULL);
    r->out->decisive = r->num && ca_qc && granted ? r->kept[0] : NULL;
    return true;
}

void ens__qualify(const ens_cert_content *content, const ens_service_states *states, ens_qualifying *out)
{
    run r = {.content = content, .num = states->num, .out = out};
    *out = (ens_qualifying){.result = ENS_QUALIFIED_NA};
    for (size_t i = 0; i < states->num; i++)
        r.kept[i] = &states->state[i];
    if (states->too_many || !select_one(&r))
        return;
    const ens_service_state *s = out->decisive;
    bool qualified = is_qualified(content, s && !qualified_clash(s) ? s : NULL);
    unsigned type = type_by(content, s && !type_clash(s) ? s : NULL, qualified);
    bool qscd = has_qscd(content, s && !qscd_clash(s) ? s : NULL, qualified);
    tell_step(&r, ENS_STEP_QUALIFIED, qualified, NULL);
    tell_step(&r, ENS_STEP_TYPE, type != 0, NULL);
    tell_step(&r, ENS_STEP_QSCD, qscd, NULL);
    out->result = result_of(qualified, type, qscd);
}
