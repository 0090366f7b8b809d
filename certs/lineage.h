/* Whom a certificate descends from, by signatures alone and whatever the dates, and which listed services stand for each of them.
 * Source  TS 119 615, 4.3: a service is matched by subject name and public key, on every level of the path */
#ifndef ENS_CERTS_LINEAGE_H
#define ENS_CERTS_LINEAGE_H

#include "certs/qualify.h"
#include "certs/snapshot.h"

#define ENS_LINEAGE_SERVICES_MAX 16u /* of one identity */

/* One level: the certificate itself, its issuer, that one's issuer … */
typedef struct {
    ens_slice issuer, subject, spki;
    uint32_t service[ENS_LINEAGE_SERVICES_MAX];
    size_t num;
} ens_forebear;

typedef struct {
    ens_forebear level[ENS_CHAIN_MAX];
    size_t num;
    size_t num_services; /* on all levels */
    bool too_many;       /* an identity has more services than are kept */
    bool self_signed;    /* the last level is its own issuer: nothing is above it */
} ens_lineage;

/* ens__lineage_find goes up from the leaf of a chain: to the next certificate of the chain where its key verifies the signature, else
 * to a listed certificate that does. Everything borrows from chain and lists. */
void ens__lineage_find(const ens_snapshot *lists, const ens_chain *chain, ens_lineage *out);

/* ens__standings_at collects the states that the services of a lineage have at a time. */
void ens__standings_at(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims, ens_time at, ens_standings *out);

#endif
