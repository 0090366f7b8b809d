#include "certs/preflight/signer_lists.h"

#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/qualify/acceptance.h"

#define RULE "ICD 4.6.2"
#define ID "acceptance.signer"

static void tell_acceptance(const ens__acceptance *a, ens_report *out)
{
    char text[ENS_REFUSAL_TEXT];
    if (a->acceptance)
        ens__passf(out, ID, RULE, "the pre-flight would take the signer: %s", ens_acceptance_name(a->acceptance));
    else
        ens__warn(out, ID, RULE,
                  "this is decided at the registration: see ensign cert check; --registry asks what was registered",
                  "the pre-flight would not take the signer: %s", ens__refusal_tell(a, text));
}

/* judge_signer_lists tells of lists that they are there, and all about them but their age where the verdict rests on
 * them: how old they are is for the pre-flight to say. */
static void judge_signer_lists(ens__signer *e, const ens_trust *trust, ens_time at)
{
    ens__signer_lists *l = &e->lists;
    ens__trust_mark state = ens__trust_state(trust); /* read first: what comes meanwhile makes another one */
    ens__path path;
    ens__acceptance a;
    ens__report_reset(&l->lists);
    ens__report_reset(&l->acceptance);
    ens__path_build(trust, &e->chain, at, NULL, &path);
    l->horizon = path.horizon;
    ens__acceptance_options o = {.trust = trust, .at = at, .horizon = &l->horizon};
    ens__acceptance_find(&e->chain, &path, &o, &a);
    l->lacking = !path.anchored && a.listing.state == ENS_CA_LISTING_LACKING;
    bool rests = path.anchored ? path.listed : l->lacking;
    ens__listing_tell(&a.listing, rests ? ENS_TELL_STATES : ENS_TELL_LOADED, true, NULL, &l->lists);
    tell_acceptance(&a, &l->acceptance);
    l->trust = state;
    l->judged = !l->lists.incomplete && !l->acceptance.incomplete;
}

const ens__signer_lists *ens__signer_lists_find(ens__signer *e, const ens_trust *trust, ens_time at)
{
    ens__signer_lists *l = &e->lists;
    if (!ens__trust_snapshot(trust) || !e->chain.num)
        return NULL;
    ens__trust_mark state = ens__trust_state(trust);
    if (!l->judged || !ens__trust_is_same(&l->trust, &state) || !ens__horizon_holds(&l->horizon, at))
        judge_signer_lists(e, trust, at);
    return l;
}
