#include "certs/qualify/listing.h"

#include "certs/x509/oid.h"
#include "engine/base/report.h"

#define RULE_LOTL "TS 119 615 4.1"
#define RULE_LIST "TS 119 615 4.2"
#define RULE_FOUND "TS 119 615 4.3"
#define DATE_LEN 10                    /* of RFC 3339 */
#define FRESH_FOR ((ens_time)21600)    /* seconds since the update after which the EU's library calls a list old */
#define V6_FROM ((ens_time)1777413600) /* 2026-04-28T22:00:00Z: lists are of version 6 from then on */
#define HINT_UPDATE "bring the lists up to date: ensign trust update"
#define LISTS_TOLD_MAX 8u

/* What is asked of one certificate. */
typedef struct {
    const ens_snapshot *lists;
    const ens_lineage *lineage;
    const ens_claims *claims;
    ens_time at;
    ens__timeline *timeline;
    bool needed; /* nothing else decides */
    ens_report *report;
} asking;

/* country_of takes the country that a name names, in the spelling of the lists; empty: none. */
static ens_slice country_of(ens_slice name)
{
    ens_attribute attribute[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0;
    ens__name_read(name, attribute, &num);
    for (size_t i = 0; i < num; i++) {
        ens_slice value = attribute[i].value;
        if (!ens_eq(attribute[i].type, ENS_OID_COUNTRY) || value.len != 2)
            continue;
        if (ens__eq_nocase(value, ENS_LIT("GR")))
            return ENS_LIT("EL");
        return ens__eq_nocase(value, ENS_LIT("GB")) ? ENS_LIT("UK") : value;
    }
    return (ens_slice){0};
}

/* may_know tells whether a list that can't be asked may know the CA: it is of the country of an issuer, or nobody names
 * one. */
static bool may_know(const asking *a, ens_slice country)
{
    bool named = false;
    for (size_t i = 0; i < a->lineage->num; i++) {
        ens_slice one = country_of(a->lineage->level[i].issuer);
        named |= one.len > 0;
        if (one.len && ens__eq_nocase(one, country))
            return true;
    }
    ens_slice holder = country_of(a->claims->cert->subject);
    return !named && (!holder.len || ens__eq_nocase(holder, country));
}

/* tell_lacking adds a needed skip for each list that may know the CA and can't be asked. */
static bool tell_lacking(const asking *a)
{
    ens_list list;
    bool lacking = false;
    for (uint32_t i = 0; ens__snapshot_list(a->lists, i, &list); i++) {
        if (list.kind != ENS_LIST_NATIONAL || list.usable || !may_know(a, list.country))
            continue;
        bool missing = ens__list_state(&list, a->at) == ENS_LIST_MISSING;
        lacking = true;
        ens__skip(a->report, missing ? "lists.missing" : "lists.broken", RULE_LIST, a->needed,
                  "the list of %s %s%s%s, so nobody can say whether the CA is on it",
                  ens__show(a->report, list.country), missing ? "is missing" : "can't be used",
                  list.reason.len ? ": " : "", ens__show(a->report, list.reason))
            ->hint = HINT_UPDATE;
    }
    return lacking;
}

/* tell_version: a list of version 5 still says what it says, but its scheme operator should have replaced it. */
static void tell_version(const asking *a, const ens_list *list)
{
    if (list->version == 5 && a->at >= V6_FROM)
        ens__warn(a->report, "lists.version", "TS 119 612 5.3.1", HINT_UPDATE,
                  "the list of %s (number %u) is of version 5, which ended on 2026-04-28",
                  ens__show(a->report, list->country), list->sequence);
}

/* tell_state says how good one list is that the answer rests on. */
static void tell_state(const asking *a, const ens_list *list)
{
    char date[ENS_TIME_TEXT];
    const char *country = ens__show(a->report, list->country);
    if (list->next_update != ENS_TIME_NONE)
        ens__timeline_add(a->timeline, (ens__interval){.what = "trusted list",
                                                       .name = country,
                                                       .reason = "the next issue of the CA's trusted list is due",
                                                       .from = list->issued,
                                                       .until = list->next_update,
                                                       .news = true});
    switch (ens__list_state(list, a->at)) {
    case ENS_LIST_FRESH:
        ens__passf(a->report, "lists.state", RULE_LIST, "%s: number %u, next update due %.*s", country, list->sequence,
                   DATE_LEN, ens_time_format(list->next_update, date));
        break;
    case ENS_LIST_STALE:
        ens__warn(a->report, "lists.stale", RULE_LIST, HINT_UPDATE,
                  "the list of %s (number %u) was due for an update on %.*s; its last known state is used", country,
                  list->sequence, DATE_LEN, ens_time_format(list->next_update, date));
        break;
    case ENS_LIST_CLOSED:
        ens__warn(a->report, "lists.closed", RULE_LIST, "use a CA of a Member State",
                  "the list of %s (number %u) is its last: it is no longer kept up", country, list->sequence);
        break;
    case ENS_LIST_MISSING:
    case ENS_LIST_BROKEN:
        break; /* has no services, so nothing rests on it */
    }
    tell_version(a, list);
}

/* tell_states goes through the lists that hold the services found, each once. */
static void tell_states(const asking *a)
{
    uint32_t told[LISTS_TOLD_MAX];
    size_t num = 0;
    for (size_t level = 0; level < a->lineage->num; level++) {
        for (size_t i = 0; i < a->lineage->level[level].num; i++) {
            ens_service service;
            ens_list list;
            size_t k = 0;
            if (!ens__snapshot_service(a->lists, a->lineage->level[level].service[i], &service) ||
                !ens__snapshot_list(a->lists, service.list, &list))
                continue;
            while (k < num && told[k] != service.list)
                k++;
            if (k < num || num == LISTS_TOLD_MAX)
                continue;
            told[num++] = service.list;
            tell_state(a, &list);
        }
    }
}

/* tell_age: lists are to be fetched anew before they are relied upon; a question about the past can't be that fresh. */
static void tell_age(const asking *a, ens_time made)
{
    char date[ENS_TIME_TEXT];
    if (a->at - made > FRESH_FOR)
        ens__warn(a->report, "lists.age", RULE_LIST, HINT_UPDATE, "the lists were last brought up to date %s",
                  ens_time_format(made, date));
    else
        ens__pass(a->report, "lists.age", RULE_LIST);
}

/* num_usable counts the national lists that can be asked; lotl is filled when the list of lists is there. */
static uint32_t num_usable(const ens_snapshot *lists, uint32_t *num_national, ens_list *lotl)
{
    ens_list list;
    uint32_t usable = 0;
    *lotl = (ens_list){.next_update = ENS_TIME_NONE};
    *num_national = 0;
    for (uint32_t i = 0; ens__snapshot_list(lists, i, &list); i++) {
        *num_national += list.kind == ENS_LIST_NATIONAL;
        usable += list.kind == ENS_LIST_NATIONAL && list.usable;
        if (list.kind == ENS_LIST_LOTL)
            *lotl = list;
    }
    return usable;
}

static bool tell_loaded(const asking *a)
{
    uint32_t national = 0;
    ens_list lotl;
    ens_snapshot_facts facts = ens__snapshot_facts(a->lists);
    uint32_t usable = num_usable(a->lists, &national, &lotl);
    if (!usable) {
        ens__skip(a->report, "lists.loaded", RULE_LOTL, a->needed, "snapshot %s holds no trusted list that can be used",
                  facts.name)
            ->hint = HINT_UPDATE;
        return false;
    }
    ens__passf(a->report, "lists.loaded", RULE_LOTL, "snapshot %s: list of lists number %u, %u of %u national lists",
               facts.name, facts.lotl_sequence, usable, national);
    tell_age(a, facts.made);
    if (lotl.usable && ens__list_state(&lotl, a->at) == ENS_LIST_STALE)
        tell_state(a, &lotl);
    return true;
}

ens_listing ens__listing_judge(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims,
                               ens_time at, bool needed, ens__timeline *timeline, ens_report *report)
{
    asking a = {lists, lineage, claims, at, timeline, needed, report};
    if (!lists) {
        ens__skip(report, "lists.loaded", RULE_LOTL, needed,
                  needed ? "no trusted lists are loaded and no national list is given (--national), so nobody can say "
                           "whether ICS2 accepts the CA"
                         : "no trusted lists are loaded, so the national list alone is asked")
            ->hint = "give a cache of the lists with --trust (ensign trust update makes one)";
        return ENS_LISTING_NONE;
    }
    if (!tell_loaded(&a))
        return ENS_LISTING_NONE;
    if (lineage->respelled)
        ens__warn(report, "lists.name", RULE_FOUND,
                  "ask the CA for a certificate that repeats its name as its own certificate has it",
                  "the certificate spells its issuer's name in other string types or letters than the issuer's own "
                  "certificate, so the EU's library "
                  "does not see that they are one");
    if (lineage->num_services) {
        ens__passf(report, "lists.found", RULE_FOUND, "%u listed services stand for the certificate or its issuers",
                   (unsigned)lineage->num_services);
        tell_states(&a);
        return ENS_LISTING_FOUND;
    }
    if (tell_lacking(&a))
        return ENS_LISTING_LACKING;
    ens__warn(report, "lists.found", RULE_FOUND, "is the path complete (--untrusted)? Else no list knows this CA",
              "neither the certificate nor an issuer is on any of the lists");
    return ENS_LISTING_UNKNOWN;
}
