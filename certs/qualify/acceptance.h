/* Would ICS2 take the CA of a sealing certificate: by the EU's trusted lists, qualified or not, or by the national
 * customs' own list?
 * Source  ICD 4.6.2; TS 119 615 */
#ifndef ENS_CERTS_QUALIFY_ACCEPTANCE_H
#define ENS_CERTS_QUALIFY_ACCEPTANCE_H

#include "certs/path/build.h"
#include "certs/path/timeline.h"
#include "certs/qualify/qualify.h"
#include "certs/qualify/services.h"
#include "ensign/preflight.h"

typedef struct {
    const ens_trust *trust;       /* its lists are asked, if it has any; or NULL */
    const ens_trust *national;    /* the national alternate list, or NULL */
    const char *member_state;     /* of that list */
    const ens__certstore *others; /* certificates that may complete a path, or NULL */
    ens_time at;
    ens__horizon *horizon; /* narrowed to the times for which the lists say the same, or NULL */
} ens__acceptance_options;

/* Why the lists don't help. */
typedef enum {
    ENS_REFUSAL_UNASKED = 0, /* they can't be asked */
    ENS_REFUSAL_UNCLEAR,     /* what they say of the CA isn't understood */
    ENS_REFUSAL_UNKNOWN,     /* the CA is on none */
    ENS_REFUSAL_CLOSED,      /* its list is no longer kept */
    ENS_REFUSAL_KIND         /* the CA is listed, and not for such certificates */
} ens__refusal;

/* What the lists make of a CA, before anything is told: whatever becomes of the certificate's path. */
typedef struct {
    const ens__acceptance_options *options;
    ens__listing listing;
    ens_service_states then, now;              /* at issuance, at validation: set where the CA is listed */
    ens_qualifying at_issuance, at_validation; /* the same */
    const ens_service_state *by;               /* the state that the acceptance rests on, or NULL */
    bool national;                             /* its path leads to the national list */
    ens_acceptance acceptance;
    ens__refusal refusal; /* of none */
} ens__acceptance;

/* ens__acceptance_find asks the lists, and the national one, about the leaf of a chain; path was built for it. out
 * borrows from all. */
void ens__acceptance_find(const ens_chain *chain, const ens__path *path, const ens__acceptance_options *options,
                          ens__acceptance *out);

#define ENS_REFUSAL_TEXT 192u
/* ens__refusal_tell says in words why the lists don't help. */
const char *ens__refusal_tell(const ens__acceptance *acceptance, char out[ENS_REFUSAL_TEXT]);

typedef struct {
    ens_acceptance acceptance; /* NONE too where the path, its dates, its revocation or the key usage failed */
    bool qualified;            /* the lists were asked, and the two results are set */
    ens_qualified at_issuance, at_validation;
} ens__accepted;

/* ens__acceptance_tell adds lists.* and qualification.* to what was told of the path. */
void ens__acceptance_tell(const ens__acceptance *acceptance, const ens__path *path, ens__timeline *timeline,
                          ens__accepted *out, ens_report *report);

/* The proof of a qualification: one finding for each step of the procedure, at issuance and at validation time. */
typedef enum { ENS_AT_ISSUANCE = 0, ENS_AT_VALIDATION } ens_moment;

/* ens__qualification_tell adds qualification.issuance-... or qualification.validation-...: service, ca-qc, use,
 * consistent, conflict, status, qualified, type, qscd and result. No step fails by itself: what comes of it is for the
 * acceptance to say. */
void ens__qualification_tell(const ens_snapshot *lists, const ens_issuer_services *issuers,
                             const ens_cert_content *content, const ens_service_states *states, const ens_qualifying *q,
                             ens_moment moment, ens_time at, ens_report *report);

/* ens__service_state_show writes a state of a service for people, in the report's arena: "CZ CA/QC granted since
 * 2016-07-01". */
const char *ens__service_state_show(const ens_snapshot *lists, const ens_service_state *state, ens_report *report);

#endif
