/* What a Domibus 4.0.2 was seen to answer to faults: words for people, and the answer itself for a stand-in that
 * answers like one. It looks in another order than ICS2-HTI 4.6.3: XML and header, then parties, agreement, service and
 * action, then the seal, then what the seal has to cover, then the parts. */
#ifndef ENS_AS4_DOMIBUS_H
#define ENS_AS4_DOMIBUS_H

#include "ensign/verify.h"

/* ens__domibus_answer is what was seen for a fault that has this check's id; NULL: nothing was seen, or it has no such
 * check. */
const char *ens__domibus_answer(const char *id);

/* All strings but the finding's are constants. */
typedef struct {
    const char *code, *name, *detail; /* "EBMS:0004", "Other", "unknown error occurred" */
    bool sealed, refers;              /* the signal is sealed; it names the message */
    const ens_finding *because;
} ens__domibus_word;

/* ens__domibus_judge finds what it would answer to a message with these findings; false: it would have taken what was
 * refused here. */
bool ens__domibus_judge(const ens_report *report, ens__domibus_word *out);

#endif
