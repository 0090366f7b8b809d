/* Would ICS2 take the CA of a sealing certificate: by the EU's trusted lists, qualified or not, or by the national
 * customs' own list? Source  ICD 4.6.2; TS 119 615; eidas-certificates 2 and 4 */
#ifndef ENS_CERTS_QUALIFY_ACCEPTANCE_H
#define ENS_CERTS_QUALIFY_ACCEPTANCE_H

#include "certs/path/build.h"
#include "certs/path/timeline.h"
#include "certs/qualify/qualify.h"

typedef enum {
    ENS_ACCEPTANCE_NONE = 0,
    ENS_ACCEPTANCE_QUALIFIED_SEAL,
    ENS_ACCEPTANCE_QUALIFIED_SEAL_QSCD,
    ENS_ACCEPTANCE_QUALIFIED_SIGNATURE,
    ENS_ACCEPTANCE_LISTED,
    ENS_ACCEPTANCE_NATIONAL
} ens_acceptance;
const char *ens__acceptance_name(ens_acceptance acceptance); /* "qualified-seal" … "none" */

typedef struct {
    const ens_trust *trust;    /* its lists are asked, if it has any; or NULL */
    const ens_trust *national; /* the national alternate list, or NULL */
    const char *member_state;  /* of that list */
    ens_time at;
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

#endif
