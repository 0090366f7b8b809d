/* Is a certificate of a path revoked? By the CRLs and OCSP responses that were given.
 * Source  RFC 5280, 6.3; RFC 6960, 3.2 and 4.2.2; EN 319 412-1, 5.2 (short-term certificates) */
#ifndef ENS_CERTS_REVOCATION_H
#define ENS_CERTS_REVOCATION_H

#include "certs/build.h"

/* ens__revocation_judge adds a finding id for each certificate of an anchored path below its anchor. */
void ens__revocation_judge(const ens_trust *trust, const ens__path *path, ens_time at, const char *id, ens_report *report);

#endif
