/* The proof of a qualification: one finding for each step of the procedure, at issuance and at validation time. */
#ifndef ENS_CERTS_QUALIFY_PROOF_H
#define ENS_CERTS_QUALIFY_PROOF_H

#include "certs/qualify/lineage.h"

typedef enum { ENS_AT_ISSUANCE = 0, ENS_AT_VALIDATION } ens_moment;

/* ens__proof_tell adds qualification.issuance-… or qualification.validation-…: service, ca-qc, use, consistent,
 * conflict, status, qualified, type, qscd and result. No step fails by itself: what comes of it is for the acceptance
 * to say. */
void ens__proof_tell(const ens_snapshot *lists, const ens_lineage *lineage, const ens_claims *claims,
                     const ens_standings *standings, const ens_qualifying *q, ens_moment moment, ens_time at,
                     ens_report *report);

/* ens__standing_show writes a state of a service for people, in the report's arena: "CZ CA/QC granted since
 * 2016-07-01". */
const char *ens__standing_show(const ens_snapshot *lists, const ens_standing *standing, ens_report *report);

#endif
