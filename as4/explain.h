/* What the codes of an answer mean to whoever gets them, and what to try: one table for reports and for `explain`. */
#ifndef ENS_AS4_EXPLAIN_H
#define ENS_AS4_EXPLAIN_H

#include "engine/base/bytes.h"

typedef struct {
    const char *code, *subcode; /* "EBMS:0004", "A001"; subcode NULL: the code by itself */
    const char *name;           /* "Other" */
    const char *meaning, *hint;
    const char *domibus; /* what a Domibus was seen to mean by it; NULL: nothing was seen */
} ens__explanation;

/* ens__explain finds a code, "EBMS:0004" or "0004", "IE3N99" …, with a sub-code as "A001" or "A0001", or none. NULL for
 * a code that isn't known; the code by itself where the sub-code isn't. Source  ICS2-HTI Annex 4; ebMS3 Core 6.7; AS4
 * 3.6 */
const ens__explanation *ens__explain(ens_slice code, ens_slice subcode);
const ens__explanation *ens__explain_get(size_t i); /* in the order of the table; NULL past the end */

/* ens__domibus_answer is what a Domibus 4.0.2 was seen to answer to a fault that has this check's id; NULL: nothing was
 * seen, or it has no such check. */
const char *ens__domibus_answer(const char *id);

#endif
