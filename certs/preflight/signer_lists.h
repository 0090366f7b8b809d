/* What the trusted lists say of the signer of a message, kept with the signer as his verdict is. Whether ICS2 takes a
 * certificate is decided when it is registered: a message is judged by the path alone, and a signer whom the pre-flight
 * would refuse is told as a warning. */
#ifndef ENS_CERTS_PREFLIGHT_SIGNER_LISTS_H
#define ENS_CERTS_PREFLIGHT_SIGNER_LISTS_H

#include "certs/path/signer.h"

/* ens__signer_lists_judge adds lists.*, and acceptance.signer unless a registry answers for the signer; nothing where
 * the trust has no lists. A verdict that rests on lists is left open where they are stale, or where the one that may
 * know the CA can't be asked. It comes after the verdict on the path, in the same report. */
void ens__signer_lists_judge(ens__signer *signer, const ens_trust *trust, ens_time at, bool registered,
                             ens_report *report);

#endif
