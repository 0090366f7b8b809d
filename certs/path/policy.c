#include "certs/path/policy.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"

#define ANY_POLICY ENS_LIT("\x55\x1D\x20\x00")
#define MALFORMED "its policies can't be read"
#define TOO_MANY "it has too many policies"
#define NO_POLICY "a policy is required, and none holds along the path"

/* One certificate's policies. */
typedef struct {
    ens_slice policy[ENS_POLICY_NODES];
    size_t num;
    bool any;
} policy_set;

static bool open_list(ens_slice extension, ens_reader *r)
{
    ens_reader outer = ens_read(extension);
    ens_der list;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list) || ens_left(&outer) || !list.body.len)
        return false;
    *r = ens_read(list.body);
    return true;
}

static const char *read_policies(ens_slice extension, policy_set *out)
{
    ens_reader r;
    ens_der one, oid, qualifiers;
    *out = (policy_set){.num = 0};
    if (!open_list(extension, &r))
        return MALFORMED;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return MALFORMED;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &oid) || !ens__der_optional(&in, ENS_DER_SEQUENCE, &qualifiers) ||
            ens_left(&in))
            return MALFORMED;
        if (ens_eq(oid.body, ANY_POLICY)) {
            out->any = true;
            continue;
        }
        if (out->num == ENS_POLICY_NODES - 1)
            return TOO_MANY;
        out->policy[out->num++] = oid.body;
    }
    return NULL;
}

static const char *read_mappings(ens_slice extension, ens__policy_level *level)
{
    ens_reader r;
    ens_der one, issuer, subject;
    level->num_mappings = 0;
    if (!extension.p)
        return NULL;
    if (!open_list(extension, &r))
        return "its policy mappings can't be read";
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return "its policy mappings can't be read";
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &issuer) || !ens__der_take(&in, ENS_DER_OID, &subject) || ens_left(&in))
            return "its policy mappings can't be read";
        if (ens_eq(issuer.body, ANY_POLICY) || ens_eq(subject.body, ANY_POLICY))
            return "it maps to or from anyPolicy";
        if (level->num_mappings == ENS_POLICY_MAPPINGS)
            return TOO_MANY;
        level->mapping[level->num_mappings++] = (ens__policy_mapping){issuer.body, subject.body};
    }
    return NULL;
}

/* expects tells whether a node's expected policies hold one. */
static bool expects(const ens__policy_level *l, const ens__policy_node *n, ens_slice policy)
{
    if (!n->mapped)
        return ens_eq(n->policy, policy);
    for (size_t i = 0; i < l->num_mappings; i++)
        if (ens_eq(l->mapping[i].issuer, n->policy) && ens_eq(l->mapping[i].subject, policy))
            return true;
    return false;
}

static uint64_t parents_expecting(const ens__policy_level *above, ens_slice policy)
{
    uint64_t parents = 0;
    for (size_t i = 0; i < above->num; i++)
        if (!above->node[i].removed && expects(above, &above->node[i], policy))
            parents |= (uint64_t)1 << i;
    return parents;
}

static ens__policy_node *find_node(ens__policy_level *l, ens_slice policy)
{
    for (size_t i = 0; i < l->num; i++)
        if (!l->node[i].removed && ens_eq(l->node[i].policy, policy))
            return &l->node[i];
    return NULL;
}

static bool add_node(ens__policy_level *l, ens_slice policy, uint64_t parents)
{
    if (!parents || find_node(l, policy))
        return true;
    if (l->num == ENS_POLICY_NODES)
        return false;
    l->node[l->num++] = (ens__policy_node){.policy = policy, .parents = parents};
    return true;
}

/* add_stated is RFC 5280, 6.1.3 (d) (1). */
static bool add_stated(ens__policy_level *above, ens__policy_level *here, const policy_set *stated)
{
    for (size_t i = 0; i < stated->num; i++) {
        uint64_t parents = parents_expecting(above, stated->policy[i]);
        if (!parents)
            parents = parents_expecting(above, ANY_POLICY);
        if (!add_node(here, stated->policy[i], parents))
            return false;
    }
    return true;
}

/* add_by_any is (d) (2): whatever is expected above, and not stated, holds by anyPolicy. */
static bool add_by_any(ens__policy_level *above, ens__policy_level *here)
{
    for (size_t i = 0; i < above->num; i++) {
        const ens__policy_node *n = &above->node[i];
        if (n->removed)
            continue;
        if (!n->mapped && !add_node(here, n->policy, parents_expecting(above, n->policy)))
            return false;
        for (size_t k = 0; n->mapped && k < above->num_mappings; k++)
            if (ens_eq(above->mapping[k].issuer, n->policy) &&
                !add_node(here, above->mapping[k].subject, parents_expecting(above, above->mapping[k].subject)))
                return false;
    }
    return true;
}

static bool is_empty(const ens__policy_level *l)
{
    for (size_t i = 0; i < l->num; i++)
        if (!l->node[i].removed)
            return false;
    return true;
}

/* apply_mappings is RFC 5280, 6.1.4 (b). */
static bool apply_mappings(ens__policies *p, ens__policy_level *here)
{
    for (size_t i = 0; i < here->num_mappings; i++) {
        ens__policy_node *n = find_node(here, here->mapping[i].issuer);
        ens__policy_node *any = find_node(here, ANY_POLICY);
        if (p->mapping == 0) {
            if (n)
                n->removed = true;
            continue;
        }
        if (!n && any) {
            if (!add_node(here, here->mapping[i].issuer, any->parents))
                return false;
            n = find_node(here, here->mapping[i].issuer);
        }
        if (n)
            n->mapped = true;
    }
    return true;
}

static void lower(unsigned *count)
{
    if (*count)
        --*count;
}

static void lower_to(unsigned *count, uint32_t limit)
{
    if (limit < *count)
        *count = limit;
}

/* read_constraints reads policyConstraints; a field that is absent is UINT32_MAX. */
static bool read_constraints(ens_slice extension, uint32_t *require_explicit, uint32_t *inhibit_mapping)
{
    ens_reader r = ens_read(extension);
    ens_der list, require, inhibit;
    *require_explicit = *inhibit_mapping = UINT32_MAX;
    if (!extension.p)
        return true;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    r = ens_read(list.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(0), &require) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &inhibit) || ens_left(&r) || !list.body.len)
        return false;
    return (!require.all.len || ens__der_u32(require.body, require_explicit)) &&
           (!inhibit.all.len || ens__der_u32(inhibit.body, inhibit_mapping));
}

/* prepare_policy is RFC 5280, 6.1.4 (a), (b), (h), (i), (j). */
static const char *prepare_policy(ens__policies *p, const ens_cert *cert, ens__policy_level *here, uint32_t require,
                                  uint32_t inhibit)
{
    const char *fault = read_mappings(cert->policy_mappings, here);
    if (fault)
        return fault;
    if (!p->none && !apply_mappings(p, here))
        return TOO_MANY;
    p->none |= is_empty(here);
    if (!ens__name_same(cert->subject, cert->issuer)) {
        lower(&p->explicit_policy);
        lower(&p->mapping);
        lower(&p->inhibit_any);
    }
    lower_to(&p->explicit_policy, require);
    lower_to(&p->mapping, inhibit);
    if (cert->inhibit_any_policy.p) {
        ens_reader r = ens_read(cert->inhibit_any_policy);
        ens_der number;
        uint32_t skip;
        if (!ens__der_take(&r, ENS_DER_INTEGER, &number) || ens_left(&r) || !ens__der_u32(number.body, &skip))
            return "its inhibitAnyPolicy can't be read";
        lower_to(&p->inhibit_any, skip);
    }
    return NULL;
}

void ens__policies_start(ens__policies *p, const ens__policy_inputs *in, size_t num_certificates)
{
    unsigned never = (unsigned)num_certificates + 1;
    p->in = in;
    p->explicit_policy = in->explicit_policy ? 0 : never;
    p->mapping = in->inhibit_mapping ? 0 : never;
    p->inhibit_any = in->inhibit_any ? 0 : never;
    p->depth = 0;
    p->none = false;
    p->level[0].num = 0;
    p->level[0].num_mappings = 0;
    p->level[0].node[p->level[0].num++] = (ens__policy_node){.policy = ANY_POLICY};
}

const char *ens__policies_add(ens__policies *p, const ens_cert *cert, bool is_last)
{
    uint32_t require, inhibit;
    policy_set stated;
    bool any_holds = p->inhibit_any > 0 || (!is_last && ens__name_same(cert->subject, cert->issuer));
    if (p->depth + 1 == ENS_POLICY_LEVELS)
        return TOO_MANY;
    ens__policy_level *above = &p->level[p->depth], *here = &p->level[++p->depth];
    here->num = here->num_mappings = 0;
    if (!cert->policies.p) {
        p->none = true;
    } else {
        const char *fault = read_policies(cert->policies, &stated);
        if (fault)
            return fault;
        if (!p->none && (!add_stated(above, here, &stated) || (stated.any && any_holds && !add_by_any(above, here))))
            return TOO_MANY;
        p->none |= is_empty(here);
    }
    if (!p->explicit_policy && p->none)
        return NO_POLICY;
    if (!read_constraints(cert->policy_constraints, &require, &inhibit))
        return "its policy constraints can't be read";
    if (!is_last)
        return prepare_policy(p, cert, here, require, inhibit);
    lower(&p->explicit_policy); /* 6.1.5 (a), (b) */
    if (require == 0)
        p->explicit_policy = 0;
    return NULL;
}

static bool is_wanted(const ens__policy_inputs *in, ens_slice policy)
{
    for (size_t i = 0; i < in->num_initial; i++)
        if (ens_eq(in->initial[i], policy) || ens_eq(in->initial[i], ANY_POLICY))
            return true;
    return in->num_initial == 0;
}

/* wanted_holds is RFC 5280, 6.1.5 (g): does a policy of the initial set reach the leaf? What comes from anyPolicy
 * above, and is a policy of its own, belongs to the domain of the anchor. Nodes are followed upwards from the leaf's
 * level. */
static bool wanted_holds(ens__policies *p)
{
    const ens__policy_level *leaf = &p->level[p->depth];
    uint64_t reached = 0;
    for (size_t i = 0; i < leaf->num; i++)
        reached |= leaf->node[i].removed ? 0 : (uint64_t)1 << i;
    for (size_t d = p->depth; d > 0; d--) {
        const ens__policy_level *here = &p->level[d], *above = &p->level[d - 1];
        uint64_t next = 0;
        for (size_t i = 0; i < here->num; i++) {
            const ens__policy_node *n = &here->node[i];
            bool is_any = ens_eq(n->policy, ANY_POLICY);
            if (n->removed || !(reached >> i & 1))
                continue;
            if (is_any && d == p->depth)
                return true;
            for (size_t k = 0; k < above->num && !is_any; k++)
                if ((n->parents >> k & 1) && !above->node[k].removed && ens_eq(above->node[k].policy, ANY_POLICY) &&
                    is_wanted(p->in, n->policy))
                    return true;
            next |= n->parents;
        }
        reached = next;
    }
    return false;
}

const char *ens__policies_end(ens__policies *p)
{
    if (p->explicit_policy)
        return NULL;
    return !p->none && wanted_holds(p) ? NULL : NO_POLICY;
}
