#include "certs/qualify/claims.h"

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
static bool is_foreign(const ens_claims *c)
{
    return ens__claims_qc_statement(c, QC_LEGISLATION);
}

static bool is_one(unsigned set)
{
    return set && !(set & (set - 1));
}

/* judge_old reads a certificate as the Directive's time did: policies spoke where statements do now, and a qualified
 * one was always one for signatures (TS 119 615, 4.4 and 4.5). */
static void judge_old(ens_claims *c)
{
    bool with_sscd = ens__claims_policy(c, POLICY_QCP_SSCD), by_policy = with_sscd || ens__claims_policy(c, POLICY_QCP);
    c->qualified = (c->qc.compliance || by_policy) && !is_foreign(c);
    c->type = c->qc.compliance || by_policy ? ENS_TYPE_ESIG : 0;
    c->qscd = c->qc.qscd || with_sscd;
}

/* judge_new: without a type, compliance means a certificate for signatures; more than one type is none. */
static void judge_new(ens_claims *c)
{
    unsigned types = types_of(&c->qc);
    c->qualified = c->qc.compliance && !is_foreign(c);
    c->type = is_one(types) ? types : !types && c->qc.compliance ? ENS_TYPE_ESIG : 0;
    c->qscd = c->qc.qscd;
}

void ens__claims_read(const ens_cert *cert, ens_claims *out)
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

bool ens__claims_policy(const ens_claims *c, ens_slice oid)
{
    return has(&c->policies, oid);
}

bool ens__claims_ext_key_usage(const ens_claims *c, ens_slice oid)
{
    return has(&c->ext_key_usage, oid);
}

bool ens__claims_attribute(const ens_claims *c, ens_slice oid)
{
    for (size_t i = 0; i < c->num_attributes; i++)
        if (c->attribute[i].value.len && ens_eq(c->attribute[i].type, oid))
            return true;
    return false;
}

bool ens__claims_qc_statement(const ens_claims *c, ens_slice oid)
{
    for (size_t i = 0; i < c->qc.num; i++)
        if (ens_eq(c->qc.statement[i].oid, oid))
            return true;
    for (size_t i = 0; i < c->qc.num_types; i++)
        if (ens_eq(c->qc.type[i], oid))
            return true;
    return false;
}
