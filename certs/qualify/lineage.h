/* Whom a certificate descends from, by signatures alone and whatever the dates, and which listed services stand for
 * each of them. Source  TS 119 615, 4.3: a service is matched by subject name and public key, on every level of the
 * path */
#ifndef ENS_CERTS_QUALIFY_LINEAGE_H
#define ENS_CERTS_QUALIFY_LINEAGE_H

#include "certs/path/build.h"
#include "certs/qualify/qualify.h"

#define ENS_LINEAGE_SERVICES_MAX 16u /* of one identity */

/* One level: the certificate itself, its issuer, that one's issuer … */
typedef struct {
    ens_slice issuer, subject; /* Names, headers included */
    uint32_t service[ENS_LINEAGE_SERVICES_MAX];
    size_t num;
} ens_forebear;

typedef struct {
    ens_forebear level[ENS_PATH_MAX];
    size_t num;
    size_t num_services; /* on all levels */
    bool too_many;       /* an identity has more services than are kept */
    bool respelled; /* it ended at an issuer whose certificate writes its name in other string types or another case */
} ens_lineage;

/* ens__lineage_find goes up from the leaf of a chain: along the path that was built for it as far as its signatures are
 * proved, by the chain where the path proves nothing, and on to the listed certificates whose keys verify. The trust's
 * lists are asked; there must be some. Everything borrows from chain, path and trust. */
void ens__lineage_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path, ens_lineage *out);

/* ens__standings_at collects the states that the services of a lineage have at a time. */
void ens__standings_at(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims, ens_time at,
                       ens_standings *out);

#endif
