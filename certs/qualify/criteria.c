#include "certs/qualify/criteria.h"

#define DEPTH_MAX 32u /* lists within lists; deeper ones can't be told */

/* has_all asks for each OID of a span; an OID that is none is had by nobody. */
static ens_fulfils has_all(const ens_snapshot *lists, ens_span oids, const ens_claims *claims,
                           bool (*has)(const ens_claims *, ens_slice))
{
    for (uint32_t i = 0; i < oids.num; i++) {
        ens_listed_oid oid;
        if (!ens__snapshot_oid(lists, oids.first + i, &oid))
            return ENS_FULFILS_UNKNOWN;
        if (!oid.der.len || !has(claims, oid.der))
            return ENS_FULFILS_NOT;
    }
    return ENS_FULFILS;
}

static ens_fulfils judge(const ens_snapshot *lists, uint32_t i, uint32_t end, unsigned depth, const ens_claims *claims);

/* judge_list: what one child says settles the list or leaves it open. What isn't known stays so unless another child
 * settles. */
static ens_fulfils judge_list(const ens_snapshot *lists, const ens_criterion *list, uint32_t first, uint32_t end,
                              unsigned depth, const ens_claims *claims)
{
    ens_fulfils settling = list->assert == ENS_ASSERT_ALL ? ENS_FULFILS_NOT : ENS_FULFILS;
    ens_fulfils settled = list->assert == ENS_ASSERT_AT_LEAST_ONE ? ENS_FULFILS : ENS_FULFILS_NOT;
    ens_fulfils otherwise = list->assert == ENS_ASSERT_AT_LEAST_ONE ? ENS_FULFILS_NOT : ENS_FULFILS;
    for (uint32_t i = first; i < end;) {
        ens_criterion child;
        if (!ens__snapshot_criterion(lists, i, &child) || !child.size || child.size > end - i)
            return ENS_FULFILS_UNKNOWN;
        ens_fulfils one = judge(lists, i, i + child.size, depth + 1, claims);
        if (one == settling)
            return settled;
        if (one == ENS_FULFILS_UNKNOWN)
            otherwise = ENS_FULFILS_UNKNOWN;
        i += child.size;
    }
    return otherwise;
}

static ens_fulfils judge(const ens_snapshot *lists, uint32_t i, uint32_t end, unsigned depth, const ens_claims *claims)
{
    ens_criterion c;
    if (depth > DEPTH_MAX || !ens__snapshot_criterion(lists, i, &c))
        return ENS_FULFILS_UNKNOWN;
    switch (c.kind) {
    case ENS_CRITERION_LIST:
        return judge_list(lists, &c, i + 1, end, depth, claims);
    case ENS_CRITERION_KEY_USAGE:
        return (claims->cert->key_usage & c.mask) == (c.bits & c.mask) ? ENS_FULFILS : ENS_FULFILS_NOT;
    case ENS_CRITERION_POLICY_SET:
        return has_all(lists, c.oids, claims, ens__claims_policy);
    case ENS_CRITERION_SUBJECT:
        return has_all(lists, c.oids, claims, ens__claims_attribute);
    case ENS_CRITERION_EXT_KEY_USAGE:
        return has_all(lists, c.oids, claims, ens__claims_ext_key_usage);
    case ENS_CRITERION_UNKNOWN:
        break;
    }
    return ENS_FULFILS_UNKNOWN;
}

ens_fulfils ens__criterion_judge(const ens_snapshot *lists, uint32_t i, const ens_claims *claims)
{
    ens_criterion c;
    if (!ens__snapshot_criterion(lists, i, &c) || c.size > UINT32_MAX - i)
        return ENS_FULFILS_UNKNOWN;
    return judge(lists, i, i + c.size, 0, claims);
}

static bool is_each_known(unsigned set, uint32_t num)
{
    uint32_t known = 0;
    for (; set; set &= set - 1)
        known++;
    return known >= num;
}

ens_qualifiers ens__qualifiers_take(const ens_snapshot *lists, ens_span qualifications, const ens_claims *claims)
{
    ens_qualifiers out = {0};
    for (uint32_t i = 0; i < qualifications.num; i++) {
        ens_qualification q;
        ens_fulfils fulfils = ENS_FULFILS_UNKNOWN;
        if (ens__snapshot_qualification(lists, qualifications.first + i, &q))
            fulfils = ens__criterion_judge(lists, q.criterion, claims);
        out.untold |= fulfils == ENS_FULFILS_UNKNOWN;
        if (fulfils != ENS_FULFILS)
            continue;
        out.set |= q.qualifiers;
        out.unknown_uri |= !is_each_known(q.qualifiers, q.uris.num);
    }
    return out;
}
