/* What ICS2 fixes in the ebMS header: parties, roles, service, action, agreement, ids, channels, parts (ICS2-HTI
 * 4.1.3, 4.2, 4.3, 4.5.1). */
#ifndef ENS_AS4_ICS2_ICS2_H
#define ENS_AS4_ICS2_ICS2_H

#include "as4/envelope/ebms.h"
#include "engine/base/bytes.h"
#include "engine/base/report.h"
#include "ensign/time.h"

typedef struct {
    bool as_trader; /* a trader receives, from customs; else the STI does, from a trader */
    bool lenient;   /* what the ICD's own sample omits is a warning (ICS2-HTI Annex 6) */
    ens_time at;    /* the moment of reception; ENS_TIME_NONE: not compared with eb:Timestamp */
} ens__ics2_options;

/* ens__ics2_judge adds rules.* for a header that was read, whatever its kind. Each failure carries its EBMS code. */
void ens__ics2_judge(const ens_header *h, const ens__ics2_options *o, ens_report *report);

/* ens__ics2_is_test tells the test service (ICD 4.5.1). */
bool ens__ics2_is_test(const ens_header *h);

/* The 84 actions of ICS2 (ICS2-HTI Annex 1) as one table. */
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
/* ens__action_reply is what answers a fault of the business document: IE3N99, or NULL for what customs send. */
const char *ens__action_reply(ens_slice name);

#endif
