/* What the codes of an answer mean to whoever gets them, and what to try: one table for reports and for `explain`. */
#ifndef ENS_AS4_EXPLAIN_H
#define ENS_AS4_EXPLAIN_H

#include "ensign/explain.h"

/* ens__domibus_answer is what a Domibus 4.0.2 was seen to answer to a fault that has this check's id; NULL: nothing was
 * seen, or it has no such check. */
const char *ens__domibus_answer(const char *id);

#endif
