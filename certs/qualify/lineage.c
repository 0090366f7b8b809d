#include "certs/qualify/lineage.h"

#include "certs/lists/kin.h"
#include "certs/qualify/criteria.h"

/* A way up, certificate by certificate. */
typedef struct {
    const ens_snapshot *lists;
    ens_cert last;
    uint32_t number; /* of the last one among the listed certificates, or ENS_KIN_NONE */
    struct {
        ens_slice subject, spki;
    } seen[ENS_PATH_MAX];
    ens_lineage *out;
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
    ens_lineage *out = c->out;
    if (out->num && !ens_eq(c->last.issuer, cert->subject)) {
        out->respelled = true;
        return false;
    }
    if (out->num == ENS_PATH_MAX || is_seen(c, cert))
        return false;
    ens_forebear *f = &out->level[out->num];
    c->seen[out->num].subject = cert->subject;
    c->seen[out->num++].spki = cert->spki;
    f->issuer = cert->issuer;
    f->subject = cert->subject;
    size_t found =
        ens__snapshot_services_by_key(c->lists, cert->subject, cert->spki, f->service, ENS_LINEAGE_SERVICES_MAX);
    f->num = found < ENS_LINEAGE_SERVICES_MAX ? found : ENS_LINEAGE_SERVICES_MAX;
    out->num_services += f->num;
    out->too_many |= found > f->num;
    c->last = *cert;
    c->number = number;
    return true;
}

/* follow takes certificates in their order, each of which is known to have issued the one before. */
static void follow(climb *c, const ens_cert *certs, size_t num)
{
    for (size_t i = 0; i < num && step(c, &certs[i], ENS_KIN_NONE); i++)
        ;
    c->number = ens__kin_number(c->lists, &c->last);
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

void ens__lineage_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path, ens_lineage *out)
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
        uint32_t next = c.number != ENS_KIN_NONE ? ens__kin_issuer(trust->kin, trust->keys, c.number)
                                                 : ens__kin_search(trust->snapshot, trust->keys, &c.last);
        if (next == ENS_KIN_NONE || !ens__snapshot_certificate(trust->snapshot, next, &listed) ||
            ens_cert_parse(listed.der, &cert, NULL) != ENS_OK || !step(&c, &cert, next))
            return;
    }
}

static void add_standing(const ens_snapshot *lists, const ens_service_entry *entry, uint32_t number, unsigned level,
                         const ens_claims *claims, ens_standings *out)
{
    if (out->num == ENS_STANDINGS_MAX) {
        out->too_many = true;
        return;
    }
    ens_qualifiers q = ens__qualifiers_take(lists, entry->qualifications, claims);
    out->standing[out->num++] = (ens_standing){.type = entry->type,
                                               .status = entry->status,
                                               .start = entry->start,
                                               .uses = entry->uses,
                                               .num_uses = entry->use_uris.num,
                                               .qualifiers = q.set,
                                               .unknown_qualifier = q.unknown_uri,
                                               .untold_qualifier = q.untold,
                                               .level = level,
                                               .service = entry->service,
                                               .entry = number};
}

void ens__standings_at(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims, ens_time at,
                       ens_standings *out)
{
    out->num = 0;
    out->too_many = lineage->too_many;
    for (size_t level = 0; level < lineage->num; level++) {
        const ens_forebear *f = &lineage->level[level];
        for (size_t i = 0; i < f->num; i++) {
            ens_service service;
            ens_service_entry entry;
            if (!ens__snapshot_service(lists, f->service[i], &service))
                continue;
            for (uint32_t k = 0; k < service.entries.num; k++)
                if (ens__snapshot_entry(lists, service.entries.first + k, &entry) && at >= entry.start &&
                    at < entry.end)
                    add_standing(lists, &entry, service.entries.first + k, (unsigned)level, claims, out);
        }
    }
}
