/* Why a digest differs: tries the changes that happen between sealing and sending, and names the one that would have
 * matched. */
#ifndef ENS_AS4_WSS_DIAGNOSE_H
#define ENS_AS4_WSS_DIAGNOSE_H

#include "as4/wss/digests.h"

typedef struct {
    const char *detail, *hint;
} ens_diagnosis;

/* ens__diagnose never fails: where no cause is found the detail shows how the hashed octets begin. octets are those
 * that were hashed for that reference (they may lie in d->scratch and are gone afterwards). Strings live as long as the
 * report. Source  interop-pitfalls 1 and 2 */
ens_diagnosis ens__diagnose(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                            unsigned reference, ens_slice octets, ens_report *report);

#endif
