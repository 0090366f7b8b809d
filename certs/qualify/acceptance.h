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

typedef struct {
    ens_acceptance acceptance; /* NONE too where the path, its dates, its revocation or the key usage failed */
    bool qualified;            /* the lists were asked, and the two results are set */
    ens_qualified at_issuance, at_validation;
} ens__accepted;

/* ens__acceptance_judge adds lists.* and qualification.* after chain.* and revocation.* were judged into the same
 * report; path is what ens__chain_judge_path found for chain. */
void ens__acceptance_judge(const ens_chain *chain, const ens__path *path, const ens__acceptance_options *options,
                           ens__timeline *timeline, ens__accepted *out, ens_report *report);

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
