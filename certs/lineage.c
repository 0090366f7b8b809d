#include "certs/lineage.h"

#include "certs/criteria.h"
#include "certs/key.h"

#define NAMESAKES_MAX 64u /* listed certificates of one subject that are tried as issuers */

static void add_level(const ens_snapshot *lists, const ens_cert *cert, ens_lineage *out)
{
    ens_forebear *f = &out->level[out->num++];
    f->issuer = cert->issuer;
    f->subject = cert->subject;
    f->spki = cert->spki;
    size_t found = ens__snapshot_services_by_key(lists, cert->subject, cert->spki, f->service, ENS_LINEAGE_SERVICES_MAX);
    f->num = found < ENS_LINEAGE_SERVICES_MAX ? found : ENS_LINEAGE_SERVICES_MAX;
    out->num_services += f->num;
    out->too_many |= found > f->num;
}

/* is_above tells whether this name and key are on the way already: then the lineage goes round. */
static bool is_above(const ens_lineage *l, const ens_cert *cert)
{
    for (size_t i = 0; i < l->num; i++)
        if (ens_eq(l->level[i].spki, cert->spki) && ens_eq(l->level[i].subject, cert->subject))
            return true;
    return false;
}

/* listed_issuer finds the listed certificate whose key verifies the signature of cert. */
static bool listed_issuer(const ens_snapshot *lists, const ens_cert *cert, ens_cert *issuer)
{
    uint32_t namesake[NAMESAKES_MAX];
    size_t num = ens__snapshot_certificates_by_subject(lists, cert->issuer, namesake, NAMESAKES_MAX);
    for (size_t i = 0; i < num && i < NAMESAKES_MAX; i++) {
        ens_listed_certificate listed;
        if (ens__snapshot_certificate(lists, namesake[i], &listed) && ens_cert_parse(listed.der, issuer, NULL) == ENS_OK &&
            ens__key_verifies(issuer, cert))
            return true;
    }
    return false;
}

void ens__lineage_find(const ens_snapshot *lists, const ens_chain *chain, ens_lineage *out)
{
    ens_cert cert = chain->cert[0], issuer;
    *out = (ens_lineage){0};
    for (size_t given = 1;; given++) {
        add_level(lists, &cert, out);
        if (ens_eq(cert.issuer, cert.subject) && ens__key_verifies(&cert, &cert)) {
            out->self_signed = true;
            return;
        }
        if (given < chain->num && ens__key_verifies(&chain->cert[given], &cert))
            issuer = chain->cert[given];
        else if (!listed_issuer(lists, &cert, &issuer))
            return;
        if (out->num == ENS_CHAIN_MAX || is_above(out, &issuer))
            return;
        cert = issuer;
    }
}

static void add_standing(const ens_snapshot *lists, const ens_service_entry *entry, uint32_t number, unsigned level, const ens_claims *claims,
                         ens_standings *out)
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

void ens__standings_at(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims, ens_time at, ens_standings *out)
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
                if (ens__snapshot_entry(lists, service.entries.first + k, &entry) && at >= entry.start && at < entry.end)
                    add_standing(lists, &entry, service.entries.first + k, (unsigned)level, claims, out);
        }
    }
}
