/* What a certificate is by the trusted lists at one time: qualified or not, for what, with or without a QSCD. The
 * procedure alone, over the states of listed services that were found for it; nothing is looked up here. Source  TS 119
 * 615, 4.3 to 4.5; where that leaves a choice, what the EU's own library does (eidas-certificates 2) */
#ifndef ENS_CERTS_QUALIFY_QUALIFY_H
#define ENS_CERTS_QUALIFY_QUALIFY_H

#include "certs/lists/listuris.h"
#include "certs/qualify/claims.h"

#define ENS_STANDINGS_MAX 32u

/* One state of a listed service as it concerns one certificate. */
typedef struct {
    ens_service_type type;
    ens_service_status status;
    ens_time start;                           /* it holds from here */
    unsigned uses;                            /* ENS_FOR_… */
    uint32_t num_uses;                        /* those that have no number included */
    unsigned qualifiers;                      /* ENS_QUALIFIER_…, whose criteria the certificate fulfils */
    bool unknown_qualifier, untold_qualifier; /* a qualifier that nobody knows; one whose criteria can't be told */
    unsigned level;          /* whose identity: 0 the certificate itself, 1 its issuer, 2 that one's issuer … */
    uint32_t service, entry; /* of the snapshot */
} ens_standing;

typedef struct {
    ens_standing standing[ENS_STANDINGS_MAX];
    size_t num;
    bool too_many; /* more than are kept: nothing can be concluded */
} ens_standings;

/* The twelve results. */
typedef enum {
    ENS_QUALIFIED_NA = 0, /* no service was found, or several that contradict each other */
    ENS_CERT_FOR_ESIG,
    ENS_CERT_FOR_ESEAL,
    ENS_CERT_FOR_WSA,
    ENS_CERT_FOR_UNKNOWN,
    ENS_QCERT_FOR_ESIG,
    ENS_QCERT_FOR_ESEAL,
    ENS_QCERT_FOR_WSA,
    ENS_QCERT_FOR_UNKNOWN,
    ENS_QCERT_FOR_ESIG_QSCD,
    ENS_QCERT_FOR_ESEAL_QSCD,
    ENS_QCERT_FOR_UNKNOWN_QSCD
} ens_qualified;
const char *ens__qualified_name(ens_qualified result); /* "QCERT_FOR_ESEAL_QSCD" …, "NA" */

/* Why the result is what it is: the first step that left nothing to go on. */
typedef enum {
    ENS_STEP_SERVICE = 0, /* a service of the CA has a state at that time */
    ENS_STEP_CA_QC,       /* and issues qualified certificates */
    ENS_STEP_USE,         /* of this type */
    ENS_STEP_CONFLICT,    /* and no two of them say different things */
    ENS_STEP_STATUS,      /* and it is granted */
    ENS_STEP_CONSISTENT,  /* what the list says of it agrees with itself */
    ENS_STEP_QUALIFIED,   /* the certificate is qualified */
    ENS_STEP_TYPE,        /* its type can be told */
    ENS_STEP_QSCD,        /* its key is in a QSCD */
    ENS_STEPS
} ens_step;

/* What a step found. */
typedef enum { ENS_STEP_OPEN = 0, ENS_STEP_YES, ENS_STEP_NO } ens_stepped;

typedef struct {
    ens_qualified result;
    ens_stepped step[ENS_STEPS];
    const char *why[ENS_STEPS];   /* a constant clause, or NULL where there is nothing to add */
    const ens_standing *decisive; /* the granted CA/QC state that was judged by, or NULL */
    ens_qualified conflict[2];    /* of a conflict: two of the results */
} ens_qualifying;

/* ens__qualify runs the procedure over the states that hold at the time in question. out points into standings. */
void ens__qualify(const ens_claims *claims, const ens_standings *standings, ens_qualifying *out);

/* ens__standing_granted: by the rules of the day that its state began. */
bool ens__standing_granted(const ens_standing *standing);

#endif
