/* What ICS2 fixes in the ebMS header: parties, roles, service, action, agreement, ids, channels, parts (ics2-hti 2 to
 * 5, 8, 9). */
#ifndef ENS_AS4_ICS2_ICS2_H
#define ENS_AS4_ICS2_ICS2_H

#include "as4/envelope/ebms.h"
#include "engine/base/report.h"
#include "ensign/time.h"

typedef struct {
    bool as_trader; /* a trader receives, from customs; else the STI does, from a trader */
    bool lenient;   /* what the ICD's own sample omits is a warning (ics2-hti 17) */
    ens_time at;    /* the moment of reception; ENS_TIME_NONE: not compared with eb:Timestamp */
} ens__ics2_options;

/* ens__ics2_judge adds rules.* for a header that was read, whatever its kind. Each failure carries its EBMS code. */
void ens__ics2_judge(const ens_header *h, const ens__ics2_options *o, ens_report *report);

/* ens__ics2_is_test tells the test service (ICD 4.5.1). */
bool ens__ics2_is_test(const ens_header *h);

#endif
