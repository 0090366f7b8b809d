#include "certs/qualify/services.h"

#include "certs/lists/issuers.h"
#include "certs/lists/uris.h"
#include "certs/x509/der.h"
#include "engine/base/report.h"

#define DEPTH_MAX 32u /* lists within lists; deeper ones can't be told */

/* has_all asks for each OID of a span; an OID that is none is had by nobody. */
static ens_fulfils has_all(const ens_snapshot *lists, ens_span oids, const ens_cert_content *content,
                           bool (*has)(const ens_cert_content *, ens_slice))
{
    for (uint32_t i = 0; i < oids.num; i++) {
        ens_listed_oid oid;
        if (!ens__snapshot_oid(lists, oids.first + i, &oid))
            return ENS_FULFILS_UNKNOWN;
        if (!oid.der.len || !has(content, oid.der))
            return ENS_FULFILS_NOT;
    }
    return ENS_FULFILS;
}

static ens_fulfils judge_criterion(const ens_snapshot *lists, uint32_t i, uint32_t end, unsigned depth,
                                   const ens_cert_content *content);

/* judge_list: what one child says settles the list or leaves it open. What isn't known stays so unless another child
 * settles. */
static ens_fulfils judge_list(const ens_snapshot *lists, const ens_criterion *list, uint32_t first, uint32_t end,
                              unsigned depth, const ens_cert_content *content)
{
    ens_fulfils settling = list->assert == ENS_ASSERT_ALL ? ENS_FULFILS_NOT : ENS_FULFILS;
    ens_fulfils settled = list->assert == ENS_ASSERT_AT_LEAST_ONE ? ENS_FULFILS : ENS_FULFILS_NOT;
    ens_fulfils otherwise = list->assert == ENS_ASSERT_AT_LEAST_ONE ? ENS_FULFILS_NOT : ENS_FULFILS;
    for (uint32_t i = first; i < end;) {
        ens_criterion child;
        if (!ens__snapshot_criterion(lists, i, &child) || !child.size || child.size > end - i)
            return ENS_FULFILS_UNKNOWN;
        ens_fulfils one = judge_criterion(lists, i, i + child.size, depth + 1, content);
        if (one == settling)
            return settled;
        if (one == ENS_FULFILS_UNKNOWN)
            otherwise = ENS_FULFILS_UNKNOWN;
        i += child.size;
    }
    return otherwise;
}

static ens_fulfils judge_criterion(const ens_snapshot *lists, uint32_t i, uint32_t end, unsigned depth,
                                   const ens_cert_content *content)
{
    ens_criterion c;
    if (depth > DEPTH_MAX || !ens__snapshot_criterion(lists, i, &c))
        return ENS_FULFILS_UNKNOWN;
    switch (c.kind) {
    case ENS_CRITERION_LIST:
        return judge_list(lists, &c, i + 1, end, depth, content);
    case ENS_CRITERION_KEY_USAGE:
        return (content->cert->key_usage & c.mask) == (c.bits & c.mask) ? ENS_FULFILS : ENS_FULFILS_NOT;
    case ENS_CRITERION_POLICY_SET:
        return has_all(lists, c.oids, content, ens__cert_content_policy);
    case ENS_CRITERION_SUBJECT:
        return has_all(lists, c.oids, content, ens__cert_content_attribute);
    case ENS_CRITERION_EXT_KEY_USAGE:
        return has_all(lists, c.oids, content, ens__cert_content_ext_key_usage);
    case ENS_CRITERION_UNKNOWN:
        break;
    }
    return ENS_FULFILS_UNKNOWN;
}

ens_fulfils ens__criterion_judge(const ens_snapshot *lists, uint32_t i, const ens_cert_content *content)
{
    ens_criterion c;
    if (!ens__snapshot_criterion(lists, i, &c) || c.size > UINT32_MAX - i)
        return ENS_FULFILS_UNKNOWN;
    return judge_criterion(lists, i, i + c.size, 0, content);
}

static bool is_each_known(const ens_snapshot *lists, ens_span uris)
{
    for (uint32_t i = 0; i < uris.num; i++) {
        ens_slice uri;
        if (!ens__snapshot_text(lists, uris.first + i, &uri) || !ens__qualifier(uri))
            return false;
    }
    return true;
}

/* may_decide: a qualifier about the device alone never decides whether a certificate is taken. */
static bool may_decide(const ens_snapshot *lists, const ens_qualification *q)
{
    const unsigned device = ENS_QUALIFIER_WITH_SSCD | ENS_QUALIFIER_WITH_QSCD | ENS_QUALIFIER_NO_SSCD |
                            ENS_QUALIFIER_NO_QSCD | ENS_QUALIFIER_SSCD_AS_IN_CERT | ENS_QUALIFIER_QSCD_AS_IN_CERT |
                            ENS_QUALIFIER_QSCD_ON_BEHALF;
    return (q->qualifiers & ~device) != 0 || !is_each_known(lists, q->uris);
}

ens_qualifiers ens__qualifiers_take(const ens_snapshot *lists, ens_span qualifications, const ens_cert_content *content)
{
    ens_qualifiers out = {0};
    for (uint32_t i = 0; i < qualifications.num; i++) {
        ens_qualification q;
        ens_fulfils fulfils = ENS_FULFILS_UNKNOWN;
        bool found = ens__snapshot_qualification(lists, qualifications.first + i, &q);
        if (found)
            fulfils = ens__criterion_judge(lists, q.criterion, content);
        out.untold |= fulfils == ENS_FULFILS_UNKNOWN;
        out.untold_decides |= fulfils == ENS_FULFILS_UNKNOWN && (!found || may_decide(lists, &q));
        if (fulfils != ENS_FULFILS)
            continue;
        bool known = is_each_known(lists, q.uris);
        out.set |= q.qualifiers;
        out.unknown_uri |= !known;
        out.untold_decides |= !known; /* who knows what it says of this certificate */
    }
    return out;
}

/* A way up, certificate by certificate. */
typedef struct {
    const ens_snapshot *lists;
    ens_cert last;
    uint32_t number; /* of the last one among the listed certificates, or ENS_ISSUERS_NONE */
    struct {
        ens_slice subject, spki;
    } seen[ENS_PATH_MAX];
    ens_issuer_services *out;
} climb;

static bool is_seen(const climb *c, const ens_cert *cert)
{
    for (size_t i = 0; i < c->out->num; i++)
        if (ens_eq(c->seen[i].spki, cert->spki) && ens_eq(c->seen[i].subject, cert->subject))
            return true;
    return false;
}

/* step puts a certificate on top. False when the way is too long or goes round, or the names differ: the EU's library
 * wants the issuer's name byte for byte, where RFC 5280, 7.1 lets string types and cases differ. */
static bool step(climb *c, const ens_cert *cert, uint32_t number)
{
    ens_issuer_services *out = c->out;
    if (out->num && !ens_eq(c->last.issuer, cert->subject)) {
        out->respelled = true;
        return false;
    }
    if (out->num == ENS_PATH_MAX || is_seen(c, cert))
        return false;
    ens_issuer_level *f = &out->level[out->num];
    c->seen[out->num].subject = cert->subject;
    c->seen[out->num++].spki = cert->spki;
    f->issuer = cert->issuer;
    f->subject = cert->subject;
    size_t found =
        ens__snapshot_services_by_key(c->lists, cert->subject, cert->spki, f->service, ENS_LEVEL_SERVICES_MAX);
    f->num = found < ENS_LEVEL_SERVICES_MAX ? found : ENS_LEVEL_SERVICES_MAX;
    out->num_services += f->num;
    out->too_many |= found > f->num;
    c->last = *cert;
    c->number = number;
    return true;
}

/* follow takes certificates in their order, each of which is known to have issued the one before. */
static void follow(climb *c, const ens_cert *certs, size_t num)
{
    for (size_t i = 0; i < num && step(c, &certs[i], ENS_ISSUERS_NONE); i++)
        ;
    c->number = ens__listed_number(c->lists, &c->last);
}

/* prove goes along a chain whose path was not found, as far as the signatures are good. */
static void prove(climb *c, const ens_trust *trust, const ens_chain *chain)
{
    size_t num = 1;
    while (num < chain->num &&
           ens__keys_verify(trust->keys, chain->cert[num].spki, chain->cert[num - 1].signature_algorithm,
                            chain->cert[num - 1].tbs, chain->cert[num - 1].signature) == ENS_SIGNATURE_GOOD)
        num++;
    follow(c, chain->cert, num);
}

void ens__issuer_services_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path,
                               ens_issuer_services *out)
{
    climb c = {.lists = trust->snapshot, .out = out};
    out->num = out->num_services = 0;
    out->too_many = out->respelled = false;
    if (path->num && path->anchored && path->faults.only_of_time)
        follow(&c, path->cert, path->num);
    else
        prove(&c, trust, chain);
    for (;;) {
        ens_listed_certificate listed;
        ens_cert cert;
        uint32_t next = c.number != ENS_ISSUERS_NONE ? ens__issuer_of_listed(trust->issuers, trust->keys, c.number)
                                                     : ens__issuer_of(trust->snapshot, trust->keys, &c.last);
        if (next == ENS_ISSUERS_NONE || !ens__snapshot_certificate(trust->snapshot, next, &listed) ||
            ens_cert_parse(listed.der, &cert, NULL) != ENS_OK || !step(&c, &cert, next))
            return;
    }
}

static void add_standing(const ens_snapshot *lists, const ens_service_entry *entry, uint32_t number, unsigned level,
                         const ens_cert_content *content, ens_service_states *out)
{
    if (out->num == ENS_SERVICE_STATES_MAX) {
        out->too_many = true;
        return;
    }
    ens_qualifiers q = ens__qualifiers_take(lists, entry->qualifications, content);
    out->state[out->num++] = (ens_service_state){.type = entry->type,
                                                 .status = entry->status,
                                                 .start = entry->start,
                                                 .uses = entry->uses,
                                                 .num_uses = entry->use_uris.num,
                                                 .qualifiers = q.set,
                                                 .unknown_qualifier = q.unknown_uri,
                                                 .untold_qualifier = q.untold,
                                                 .undecidable = q.untold_decides || entry->unknown_critical,
                                                 .level = level,
                                                 .service = entry->service,
                                                 .entry = number};
}

void ens__service_states_at(const ens_snapshot *lists, const ens_issuer_services *issuers,
                            const ens_cert_content *content, ens_time at, ens_service_states *out)
{
    out->num = 0;
    out->too_many = issuers->too_many;
    for (size_t level = 0; level < issuers->num; level++) {
        const ens_issuer_level *f = &issuers->level[level];
        for (size_t i = 0; i < f->num; i++) {
            ens_service service;
            ens_service_entry entry;
            if (!ens__snapshot_service(lists, f->service[i], &service))
                continue;
            for (uint32_t k = 0; k < service.entries.num; k++)
                if (ens__snapshot_entry(lists, service.entries.first + k, &entry) && at >= entry.start &&
                    at < entry.end)
                    add_standing(lists, &entry, service.entries.first + k, (unsigned)level, content, out);
        }
    }
}

#define RULE_LOTL "TS 119 615 4.1"
#define RULE_LIST "TS 119 615 4.2"
#define RULE_FOUND "TS 119 615 4.3"
#define DATE_LEN 10                    /* of RFC 3339 */
#define FRESH_FOR ((ens_time)21600)    /* seconds since the update after which the EU's library calls a list old */
#define V6_FROM ((ens_time)1777413600) /* 2026-04-28T22:00:00Z: lists are of version 6 from then on */
#define HINT_UPDATE "bring the lists up to date: ensign trust update"
#define LISTS_TOLD_MAX 8u

/* What the telling of a listing needs. */
typedef struct {
    const ens__listing *l;
    ens__timeline *timeline; /* or NULL */
    bool needed;             /* nothing else decides */
    ens_report *report;
} telling;

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
static bool may_know(const ens__listing *l, ens_slice country)
{
    bool named = false;
    for (size_t i = 0; i < l->issuers.num; i++) {
        ens_slice one = country_of(l->issuers.level[i].issuer);
        named |= one.len > 0;
        if (one.len && ens__eq_nocase(one, country))
            return true;
    }
    ens_slice holder = country_of(l->content.cert->subject);
    return !named && (!holder.len || ens__eq_nocase(holder, country));
}

/* next_lacking finds the next list, from *i on, that may know the CA and can't be asked. */
static bool next_lacking(const ens__listing *l, uint32_t *i, ens_list *list)
{
    while (ens__snapshot_list(l->lists, (*i)++, list))
        if (list->kind == ENS_LIST_NATIONAL && !list->usable && may_know(l, list->country))
            return true;
    return false;
}

/* tell_lacking adds a skip for each list that may know the CA and can't be asked. */
static void tell_lacking(const telling *a)
{
    ens_list list;
    for (uint32_t i = 0; next_lacking(a->l, &i, &list);) {
        bool missing = ens__list_state(&list, a->l->at) == ENS_LIST_MISSING;
        ens__skip(a->report, missing ? "lists.missing" : "lists.broken", RULE_LIST, a->needed,
                  "the list of %s %s%s%s, so nobody can say whether the CA is on it",
                  ens__show(a->report, list.country), missing ? "is missing" : "can't be used",
                  list.reason.len ? ": " : "", ens__show(a->report, list.reason))
            ->hint = HINT_UPDATE;
    }
}

/* tell_version: a list of version 5 still says what it says, but its scheme operator should have replaced it. */
static void tell_version(const telling *a, const ens_list *list)
{
    if (list->version == 5 && a->l->at >= V6_FROM)
        ens__warn(a->report, "lists.version", "TS 119 612 5.3.1", HINT_UPDATE,
                  "the list of %s (number %u) is of version 5, which ended on 2026-04-28",
                  ens__show(a->report, list->country), list->sequence);
}

/* tell_state says how good one list is that the answer rests on. */
static void tell_state(const telling *a, const ens_list *list)
{
    char date[ENS_TIME_TEXT];
    const char *country = ens__show(a->report, list->country);
    if (list->next_update != ENS_TIME_NONE && a->timeline)
        ens__timeline_add(a->timeline, (ens__interval){.what = "trusted list",
                                                       .name = country,
                                                       .reason = "the next issue of the CA's trusted list is due",
                                                       .from = list->issued,
                                                       .until = list->next_update,
                                                       .news = true});
    switch (ens__list_state(list, a->l->at)) {
    case ENS_LIST_FRESH:
        ens__passf(a->report, "lists.state", RULE_LIST, "%s: number %u, next update due %.*s", country, list->sequence,
                   DATE_LEN, ens_time_format(list->next_update, date));
        break;
    case ENS_LIST_STALE:
        ens__skip(a->report, "lists.stale", RULE_LIST, a->needed,
                  "the list of %s (number %u) was due for an update on %.*s: what it has said since is not known here",
                  country, list->sequence, DATE_LEN, ens_time_format(list->next_update, date))
            ->hint = HINT_UPDATE;
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
static void tell_states(const telling *a)
{
    uint32_t told[LISTS_TOLD_MAX];
    size_t num = 0;
    for (size_t level = 0; level < a->l->issuers.num; level++) {
        for (size_t i = 0; i < a->l->issuers.level[level].num; i++) {
            ens_service service;
            ens_list list;
            size_t k = 0;
            if (!ens__snapshot_service(a->l->lists, a->l->issuers.level[level].service[i], &service) ||
                !ens__snapshot_list(a->l->lists, service.list, &list))
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
static void tell_age(const telling *a, ens_time made)
{
    char date[ENS_TIME_TEXT];
    if (a->l->at - made > FRESH_FOR)
        ens__warn(a->report, "lists.age", RULE_LIST, HINT_UPDATE, "the lists were last brought up to date %s",
                  ens_time_format(made, date));
    else
        ens__pass(a->report, "lists.age", RULE_LIST);
}

static void turn_services(const ens_snapshot *lists, const ens_issuer_level *level, ens__horizon *horizon)
{
    for (size_t i = 0; i < level->num; i++) {
        ens_service service;
        ens_service_entry entry;
        if (!ens__snapshot_service(lists, level->service[i], &service))
            continue;
        for (uint32_t k = 0; k < service.entries.num; k++) {
            if (!ens__snapshot_entry(lists, service.entries.first + k, &entry))
                continue;
            ens__horizon_turn(horizon, entry.start);
            if (entry.end != INT64_MAX)
                ens__horizon_turn(horizon, entry.end);
        }
    }
}

void ens__lists_turn(const ens_snapshot *lists, const ens_issuer_services *issuers, ens__horizon *horizon)
{
    ens_list list;
    if (!lists || !horizon)
        return;
    for (uint32_t i = 0; ens__snapshot_list(lists, i, &list); i++) {
        if (list.issued != ENS_TIME_NONE)
            ens__horizon_turn(horizon, list.issued);
        if (list.next_update != ENS_TIME_NONE)
            ens__horizon_turn(horizon, list.next_update + 1); /* good until then, that moment included */
    }
    ens__horizon_turn(horizon, V6_FROM);
    for (size_t level = 0; level < issuers->num; level++)
        turn_services(lists, &issuers->level[level], horizon);
}

/* What a snapshot has to ask. */
typedef struct {
    uint32_t national, usable; /* lists of Member States, and those of them that can be asked */
    ens_list lotl;
} holdings;

static holdings holdings_of(const ens_snapshot *lists)
{
    ens_list list;
    holdings h = {.lotl = {.next_update = ENS_TIME_NONE}};
    for (uint32_t i = 0; ens__snapshot_list(lists, i, &list); i++) {
        h.national += list.kind == ENS_LIST_NATIONAL;
        h.usable += list.kind == ENS_LIST_NATIONAL && list.usable;
        if (list.kind == ENS_LIST_LOTL)
            h.lotl = list;
    }
    return h;
}

static ens_ca_listing state_of(const ens__listing *l)
{
    ens_list list;
    uint32_t first = 0;
    if (!l->lists || !holdings_of(l->lists).usable)
        return ENS_CA_LISTING_NONE;
    if (l->issuers.num_services)
        return ENS_CA_LISTING_FOUND;
    return next_lacking(l, &first, &list) ? ENS_CA_LISTING_LACKING : ENS_CA_LISTING_UNKNOWN;
}

void ens__listing_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path, ens_time at,
                       ens__listing *out)
{
    out->lists = ens__trust_snapshot(trust);
    out->at = at;
    out->issuers.num = out->issuers.num_services = 0;
    ens__cert_content_read(&chain->cert[0], &out->content);
    if (out->lists)
        ens__issuer_services_find(trust, chain, path, &out->issuers);
    out->state = state_of(out);
}

static void tell_loaded(const telling *a, ens__listing_told much)
{
    ens_snapshot_facts facts = ens__snapshot_facts(a->l->lists);
    holdings h = holdings_of(a->l->lists);
    if (!h.usable) {
        ens__skip(a->report, "lists.loaded", RULE_LOTL, a->needed, "snapshot %s holds no trusted list that can be used",
                  facts.name)
            ->hint = HINT_UPDATE;
        return;
    }
    ens__passf(a->report, "lists.loaded", RULE_LOTL, "snapshot %s: list of lists number %u, %u of %u national lists",
               facts.name, facts.lotl_sequence, h.usable, h.national);
    if (much == ENS_TELL_AGE)
        tell_age(a, facts.made);
    if (much != ENS_TELL_LOADED && h.lotl.usable && ens__list_state(&h.lotl, a->l->at) == ENS_LIST_STALE)
        tell_state(a, &h.lotl);
}

static void tell_found(const telling *a)
{
    if (a->l->issuers.respelled)
        ens__warn(a->report, "lists.name", RULE_FOUND,
                  "ask the CA for a certificate that repeats its name as its own certificate has it",
                  "the certificate spells its issuer's name in other string types or letters than the issuer's own "
                  "certificate, so the EU's library "
                  "does not see that they are one");
    if (a->l->state == ENS_CA_LISTING_FOUND) {
        ens__passf(a->report, "lists.found", RULE_FOUND, "%u listed services stand for the certificate or its issuers",
                   (unsigned)a->l->issuers.num_services);
        tell_states(a);
    } else if (a->l->state == ENS_CA_LISTING_LACKING) {
        tell_lacking(a);
    } else {
        ens__warn(a->report, "lists.found", RULE_FOUND,
                  "is the path complete (--untrusted)? Else no list knows this CA",
                  "neither the certificate nor an issuer is on any of the lists");
    }
}

void ens__listing_tell(const ens__listing *l, ens__listing_told much, bool needed, ens__timeline *timeline,
                       ens_report *report)
{
    telling a = {l, timeline, needed, report};
    if (!l->lists) {
        ens__skip(report, "lists.loaded", RULE_LOTL, needed,
                  needed ? "no trusted lists are loaded and no national list is given (--national), so nobody can say "
                           "whether ICS2 accepts the CA"
                         : "no trusted lists are loaded, so the national list alone is asked")
            ->hint = "give a cache of the lists with --trust (ensign trust update makes one)";
        return;
    }
    tell_loaded(&a, much);
    if (l->state != ENS_CA_LISTING_NONE && much != ENS_TELL_LOADED)
        tell_found(&a);
}
