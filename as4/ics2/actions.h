/* The 84 actions of ICS2 (ICD Annex 1; ics2-hti 3) as one table. */
#ifndef ENS_AS4_ICS2_ACTIONS_H
#define ENS_AS4_ICS2_ACTIONS_H

#include "engine/base/bytes.h"

typedef enum { ENS_T2C = 0, ENS_C2T } ens_direction;
typedef enum {
    ENS_REF_LRN = 0,
    ENS_REF_MRN,
    ENS_REF_BOTH,
    ENS_REF_EITHER,
    ENS_REF_TRANSPORT_DOCUMENT
} ens_functional_ref;

typedef struct {
    const char *name; /* "IE3F26" */
    ens_direction direction;
    char priority; /* 'A' high, 'B' normal, 'C' low */
    ens_functional_ref ref;
    bool attachments;
    const char *description;
} ens_action;

#define ENS_NUM_ACTIONS 84u
const ens_action *ens__action_find(ens_slice name); /* NULL when ICS2 has no such action */
const ens_action *ens__action_get(unsigned i);      /* in the order of the table; NULL past the end */

#endif
