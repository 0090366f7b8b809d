#include "certs/preflight/signer_lists.h"

#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/qualify/acceptance.h"

#define RULE "ICD 4.6.2"
#define ID "acceptance.signer"

static const ens_finding *find(const ens_report *report, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < report->num; i++)
        if (report->findings[i].outcome == outcome && strcmp(report->findings[i].id, id) == 0)
            return &report->findings[i];
    return NULL;
}

/* keep_lists copies the findings about lists: all of them where the verdict rests on lists, else that they are there.
 * How old they are is for the pre-flight to say. */
static void keep_lists(const ens_report *all, bool rests_on_them, ens_report *out)
{
    for (size_t i = 0; i < all->num; i++) {
        ens_report one = *all; /* a view of one finding */
        const ens_finding *f = one.findings = &all->findings[i];
        one.num = 1;
        if (ens__in_family(f, "lists") &&
            (rests_on_them ? strcmp(f->id, "lists.age") != 0 : strcmp(f->id, "lists.loaded") == 0))
            ens__report_append(out, &one);
    }
}

static void tell_acceptance(const ens_report *all, const ens__accepted *accepted, ens_report *out)
{
    const ens_finding *why = find(all, "qualification.acceptance", ENS_FAIL);
    if (!why)
        why = find(all, "qualification.acceptance", ENS_SKIP);
    if (accepted->acceptance)
        ens__passf(out, ID, RULE, "the pre-flight would take the signer: %s",
                   ens_acceptance_name(accepted->acceptance));
    else
        ens__warn(out, ID, RULE,
                  "this is decided at the registration: see ensign cert check; --registry asks what was registered",
                  "the pre-flight would not take the signer: %s",
                  why && why->detail ? why->detail : "the lists can't be asked");
}

static void judge_signer_lists(ens__signer *e, const ens_trust *trust, ens_time at)
{
    ens__signer_lists *l = &e->lists;
    ens__trust_mark state = ens__trust_state(trust); /* read first: what comes meanwhile makes another one */
    ens__path path;
    ens__timeline timeline = {.num = 0};
    ens__accepted accepted;
    ens_report all;
    ens__report_init(&all);
    ens__report_reset(&l->lists);
    ens__report_reset(&l->acceptance);
    ens__path_build(trust, &e->chain, at, NULL, &path);
    l->horizon = path.horizon;
    ens__acceptance_options o = {.trust = trust, .at = at, .horizon = &l->horizon};
    ens__acceptance_judge(&e->chain, &path, &o, &timeline, &accepted, &all);
    l->lacking = !path.anchored && (find(&all, "lists.missing", ENS_SKIP) || find(&all, "lists.broken", ENS_SKIP));
    keep_lists(&all, path.anchored ? path.listed : l->lacking, &l->lists);
    tell_acceptance(&all, &accepted, &l->acceptance);
    l->trust = state;
    l->judged = !all.incomplete && !l->lists.incomplete && !l->acceptance.incomplete;
    ens__report_clear(&all);
}

/* excuse_path: where a list that may know the CA can't be asked, that the path ends at no anchor decides nothing. */
static void excuse_path(ens_report *report)
{
    for (size_t i = 0; i < report->num; i++) {
        ens_finding *f = &report->findings[i];
        if (f->outcome != ENS_FAIL || strcmp(f->id, ens__message_chain_ids.path) != 0)
            continue;
        f->outcome = ENS_SKIP;
        f->needed = true;
        f->hint = "bring the lists up to date: ensign trust update";
    }
}

void ens__signer_lists_judge(ens__signer *e, const ens_trust *trust, ens_time at, bool registered, ens_report *report)
{
    ens__signer_lists *l = &e->lists;
    if (!ens__trust_snapshot(trust) || !e->chain.num)
        return;
    ens__trust_mark state = ens__trust_state(trust);
    if (!l->judged || !ens__trust_is_same(&l->trust, &state) || !ens__horizon_holds(&l->horizon, at))
        judge_signer_lists(e, trust, at);
    if (l->lacking)
        excuse_path(report);
    ens__report_append(report, &l->lists);
    if (!registered)
        ens__report_append(report, &l->acceptance);
}
