#include "certs/qualify/acceptance.h"

#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/qualify/listing.h"
#include "certs/qualify/proof.h"
#include "engine/base/report.h"

#define RULE "ICD 4.6.2"
#define ID "qualification.acceptance"
#define NOT_NATIONAL "the path leads to no CA of the national alternate list of %s"
#define HINT_OTHER                                                                                                     \
    "get a qualified seal certificate, or one of a CA that the trusted lists or the customs of the Member State of "   \
    "registration name"

const char *ens__acceptance_name(ens_acceptance acceptance)
{
    static const char *const names[] = {
        "none", "qualified-seal", "qualified-seal-qscd", "qualified-signature", "listed-nonqualified", "national"};
    return (unsigned)acceptance < sizeof names / sizeof *names ? names[acceptance] : names[0];
}

/* One certificate before the lists. */
typedef struct {
    const ens__acceptance_options *o;
    const ens_snapshot *lists; /* or NULL */
    ens__timeline *timeline;
    ens_report *report;
    ens_claims claims;
    ens_lineage lineage;
    ens_standings then, now; /* at issuance, at validation */
    const ens_standing *by;  /* the state that the acceptance rests on, or NULL */
} asking;

/* is_national: the national list is judged by a path of its own. That the time is another is told of the certificate
 * anyhow. */
static bool is_national(const ens__acceptance_options *o, const ens_chain *chain)
{
    ens__path path;
    if (!o->national)
        return false;
    ens__path_build(o->national, chain, o->at, NULL, &path);
    return path.anchored && path.faults.only_of_time;
}

/* is_in_force: a list that was closed says nothing about the time since. */
static bool is_in_force(const asking *a, const ens_standing *s)
{
    ens_service service;
    ens_list list;
    if (!ens__snapshot_service(a->lists, s->service, &service) || !ens__snapshot_list(a->lists, service.list, &list))
        return false;
    return ens__list_state(&list, a->o->at) != ENS_LIST_CLOSED || a->o->at < list.issued;
}

static ens_acceptance by_result(ens_qualified result)
{
    switch (result) {
    case ENS_QCERT_FOR_ESEAL:
        return ENS_ACCEPTANCE_QUALIFIED_SEAL;
    case ENS_QCERT_FOR_ESEAL_QSCD:
        return ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD;
    case ENS_QCERT_FOR_ESIG:
    case ENS_QCERT_FOR_ESIG_QSCD:
        return ENS_ACCEPTANCE_QUALIFIED_SIGNATURE;
    default:
        return ENS_ACCEPTANCE_NONE;
    }
}

/* listed_by finds an issuer's service for certificates that aren't qualified, in good standing. */
static const ens_standing *listed_by(const asking *a)
{
    for (size_t i = 0; i < a->now.num && !a->now.too_many; i++) {
        const ens_standing *s = &a->now.standing[i];
        bool good = s->status == ENS_STATUS_RECOGNISED_NATIONALLY || ens__standing_granted(s);
        if (s->type == ENS_SERVICE_CA_PKC && s->level > 0 && good && is_in_force(a, s))
            return s;
    }
    return NULL;
}

static void qualify(asking *a, ens__accepted *out)
{
    ens_qualifying then, now;
    ens__standings_at(a->lists, &a->lineage, &a->claims, a->claims.cert->not_before, &a->then);
    ens__standings_at(a->lists, &a->lineage, &a->claims, a->o->at, &a->now);
    ens__qualify(&a->claims, &a->then, &then);
    ens__qualify(&a->claims, &a->now, &now);
    ens__proof_tell(a->lists, &a->lineage, &a->claims, &a->then, &then, ENS_AT_ISSUANCE, a->claims.cert->not_before,
                    a->report);
    ens__proof_tell(a->lists, &a->lineage, &a->claims, &a->now, &now, ENS_AT_VALIDATION, a->o->at, a->report);
    out->at_issuance = then.result;
    out->at_validation = now.result;
    if (now.decisive && is_in_force(a, now.decisive))
        out->acceptance = by_result(now.result);
    a->by = out->acceptance ? now.decisive : listed_by(a);
    if (a->by && !out->acceptance)
        out->acceptance = ENS_ACCEPTANCE_LISTED;
}

/* add_service puts the state that the acceptance rests on into the timeline; the present one has no end that is known.
 */
static void add_service(const asking *a)
{
    ens_service_entry entry;
    /* cppcheck-suppress ctuuninitvar ; what is read here was set one by one */
    if (!a->by || !ens__snapshot_entry(a->lists, a->by->entry, &entry))
        return;
    ens__timeline_add(a->timeline, (ens__interval){.what = "CA service",
                                                   .name = ens__standing_show(a->lists, a->by, a->report),
                                                   .reason = "the status of the CA's service ends",
                                                   .from = entry.start,
                                                   .until = entry.end == INT64_MAX ? ENS_TIME_NONE : entry.end});
}

static void tell_accepted(const asking *a, ens_acceptance acceptance)
{
    const char *member_state = a->o->member_state ? a->o->member_state : "the Member State";
    if (acceptance == ENS_ACCEPTANCE_NATIONAL)
        ens__passf(a->report, "qualification.national", RULE, "the CA is on the national alternate list of %s",
                   member_state);
    else if (acceptance == ENS_ACCEPTANCE_QUALIFIED_SIGNATURE)
        ens__warn(a->report, ID, RULE,
                  "ask the CA for a seal: the process is made for them, and ICS2 takes this as well",
                  "a qualified certificate for signatures, not for seals");
    else if (acceptance == ENS_ACCEPTANCE_LISTED)
        ens__passf(a->report, ID, RULE, "not qualified, of a CA on the lists: %s",
                   ens__standing_show(a->lists, a->by, a->report));
    else
        ens__pass(a->report, ID, RULE)->detail = acceptance == ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD
                                                     ? "a qualified certificate for seals, its key in a QSCD"
                                                     : "a qualified certificate for seals";
}

static void tell_refused(const asking *a, const ens__accepted *out, ens_listing listing)
{
    const char *member_state = a->o->member_state ? a->o->member_state : "the Member State";
    if (a->o->national && (listing == ENS_LISTING_LACKING || (listing == ENS_LISTING_NONE && a->lists)))
        ens__warn(a->report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state);
    else if (a->o->national)
        ens__failf(a->report, "qualification.national", RULE, HINT_OTHER, NOT_NATIONAL, member_state);
    if (listing == ENS_LISTING_UNKNOWN)
        ens__failf(a->report, ID, RULE, HINT_OTHER, "the CA is on none of the trusted lists");
    else if (listing == ENS_LISTING_FOUND && by_result(out->at_validation))
        ens__failf(a->report, ID, RULE, HINT_OTHER, "the list that the CA is on was closed");
    else if (listing == ENS_LISTING_FOUND && !a->now.too_many)
        ens__failf(a->report, ID, RULE, HINT_OTHER,
                   "ICS2 takes qualified seals and signatures, and certificates of listed CAs for others; this is %s",
                   ens__qualified_name(out->at_validation));
}

/* is_sound: what the CA is doesn't help a certificate that fails by itself. */
static bool is_sound(const ens_report *report)
{
    return !ens__report_has(report, "chain", ENS_FAIL) && !ens__report_has(report, "revocation", ENS_FAIL);
}

/* excuse_path: where a list that may know the CA can't be asked, that the path ends at no anchor decides nothing. */
static void excuse_path(const ens__path *path, ens_report *report)
{
    for (size_t i = 0; i < report->num && !path->anchored; i++) {
        ens_finding *f = &report->findings[i];
        if (f->outcome != ENS_FAIL || strcmp(f->id, ens__certificate_chain_ids.path) != 0)
            continue;
        f->outcome = ENS_SKIP;
        f->needed = true;
        f->hint = "bring the lists up to date: ensign trust update";
    }
}

void ens__acceptance_judge(const ens_chain *chain, const ens__path *path, const ens__acceptance_options *o,
                           ens__timeline *timeline, ens__accepted *out, ens_report *report)
{
    asking a;
    a.o = o;
    a.lists = ens__trust_snapshot(o->trust);
    a.timeline = timeline;
    a.report = report;
    a.by = NULL;
    a.now.too_many = false;
    *out = (ens__accepted){.acceptance = ENS_ACCEPTANCE_NONE};
    bool national = is_national(o, chain);
    ens__claims_read(&chain->cert[0], &a.claims);
    a.lineage.num = a.lineage.num_services = 0;
    if (a.lists)
        ens__lineage_find(o->trust, chain, path, &a.lineage);
    ens_listing listing =
        ens__listing_judge(a.lists, &a.lineage, &a.claims, o->at, a.lists ? !national : !o->national, timeline, report);
    out->qualified = listing != ENS_LISTING_NONE;
    if (listing == ENS_LISTING_FOUND)
        qualify(&a, out);
    if (listing == ENS_LISTING_LACKING)
        excuse_path(path, report);
    if (!out->acceptance && national)
        out->acceptance = ENS_ACCEPTANCE_NATIONAL;
    add_service(&a);
    if (!out->acceptance)
        tell_refused(&a, out, listing);
    else if (is_sound(report))
        tell_accepted(&a, out->acceptance);
    else {
        ens__warn(report, ID, RULE, "see to what failed above",
                  "the CA would be taken (%s), were it not for what failed in the path",
                  ens__acceptance_name(out->acceptance));
        out->acceptance = ENS_ACCEPTANCE_NONE;
    }
}
