/* The criteria that a trusted list sets for the certificates of a service, and the qualifiers that a certificate gets
 * by them. Source  TS 119 612, 5.5.9.2; TS 119 615, 4.4 */
#ifndef ENS_CERTS_QUALIFY_CRITERIA_H
#define ENS_CERTS_QUALIFY_CRITERIA_H

#include "certs/lists/snapshot.h"
#include "certs/qualify/claims.h"

/* UNKNOWN: a criterion that isn't understood decides, so nobody can tell. */
typedef enum { ENS_FULFILS_NOT = 0, ENS_FULFILS, ENS_FULFILS_UNKNOWN } ens_fulfils;

/* ens__criterion_judge tells whether a certificate fulfils criterion i and all below it. */
ens_fulfils ens__criterion_judge(const ens_snapshot *lists, uint32_t i, const ens_claims *claims);

typedef struct {
    unsigned set;     /* ENS_QUALIFIER_…: those whose criteria are fulfilled */
    bool unknown_uri; /* one of them isn't a qualifier that TS 119 612 has */
    bool untold;      /* for some it can't be told, and they are left out */
} ens_qualifiers;

/* ens__qualifiers_take collects the qualifiers of a span of qualifications that hold for the certificate. */
ens_qualifiers ens__qualifiers_take(const ens_snapshot *lists, ens_span qualifications, const ens_claims *claims);

#endif
