/* See rules.h: which check belongs to which rule. */
#include "as4/ens/rules.h"

static void r3033(ens_ruling *r, uint32_t root)
{
    const ens_doc *d = ens__ruling_doc(r);
    uint32_t representative = ens__doc_child(d, root, ENS_EL_representative),
             declarant = ens__doc_child(d, root, ENS_EL_declarant);
    uint32_t number = ens__doc_child(d, representative, ENS_EL_identificationNumber);
    ens_slice theirs = ens__doc_text(d, number), ours = ens__doc_value(d, declarant, ENS_EL_identificationNumber);
    if (!theirs.len || !ours.len)
        return;
    if (ens_eq(theirs, ours))
        ens__rule_fail(r, number, ENS_EL_NONE, "leave the representative out, or name another than the declarant",
                       "representative and declarant are both %s", ens__rule_show(r, ours));
    else
        ens__rule_pass(r);
}

const ens_rule_check ens__rule_checks[ENS_NUM_RULES] = {
    [ENS_RULE_R3033] = r3033,
};
