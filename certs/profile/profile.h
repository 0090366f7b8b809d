/* What a seal certificate must look like: the profiles for legal persons, each deviation with its clause.
 * Source  EN 319 412-1, -2, -3 and -5 */
#ifndef ENS_CERTS_PROFILE_PROFILE_H
#define ENS_CERTS_PROFILE_PROFILE_H

#include "ensign/cert.h"

/* ens__profile_judge adds profile.* for an end entity's certificate: passes, and warnings, for ICS2 accepts by the
 * trusted lists and not by the form. */
void ens__profile_judge(const ens_cert *cert, ens_report *report);

#endif
