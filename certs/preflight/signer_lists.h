/* What the trusted lists say of the signer of a message, kept with the signer as his verdict is. Whether ICS2 takes a
 * certificate is decided when it is registered: a message is judged by the path alone, and a signer whom the pre-flight
 * would refuse is told as a warning. */
#ifndef ENS_CERTS_PREFLIGHT_SIGNER_LISTS_H
#define ENS_CERTS_PREFLIGHT_SIGNER_LISTS_H

#include "certs/path/signer.h"

/* ens__signer_lists_find asks the lists of the trust about the signer; NULL where it has none. The record is borrowed
 * until the next call. Its report on lists leaves a verdict open that rests on lists which are stale, or where the one
 * that may know the CA can't be asked; the one on the acceptance is for where no registry answers for the signer. */
const ens__signer_lists *ens__signer_lists_find(ens__signer *signer, const ens_trust *trust, ens_time at);

#endif
