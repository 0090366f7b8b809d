/* What the codes of an answer mean to whoever gets them, and what to try: one table for reports and for `explain`. */
#ifndef ENS_AS4_EXPLAIN_H
#define ENS_AS4_EXPLAIN_H

#include "ensign/explain.h"
#include "ensign/report.h"

/* ens__family_code is the code of a family's refusals, by the id of one of its checks; false: nothing is answered to
 * that family. *code is NULL for faults of the business document alone. */
bool ens__family_code(const char *id, const char **code, const char **subcode);

/* A rule or condition of the message tables, in words. */
typedef struct {
    const char *id, *check; /* "R3002", "ens.R3002" */
    const char *says;
    ens_basis basis;
} ens__rule_words;

/* ens__rule_get is number i of them; false past the end. */
bool ens__rule_get(size_t i, ens__rule_words *out);

#endif
