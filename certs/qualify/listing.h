/* What state the trusted lists are in as far as a certificate depends on them: none are loaded, the one that would know
 * the CA is missing or broken, it is stale; told apart, so that "nobody asked" never looks like "the CA isn't listed".
 * Source  TS 119 615, 4.1 and 4.2; eidas-certificates 1 and 2 */
#ifndef ENS_CERTS_QUALIFY_LISTING_H
#define ENS_CERTS_QUALIFY_LISTING_H

#include "certs/path/timeline.h"
#include "certs/qualify/lineage.h"

typedef enum {
    ENS_LISTING_NONE = 0, /* no usable list is there to ask */
    ENS_LISTING_LACKING,  /* the CA was not found, and a list that may know it can't be asked */
    ENS_LISTING_UNKNOWN,  /* the CA is on none of the lists */
    ENS_LISTING_FOUND
} ens_listing;

/* ens__listing_judge adds lists.*; what keeps the lists from being asked is a skip, a needed one where nothing else
 * decides. lists may be NULL. */
ens_listing ens__listing_judge(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims,
                               ens_time at, bool needed, ens__timeline *timeline, ens_report *report);

#endif
