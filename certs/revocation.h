/* Is a certificate of a path revoked? By the CRLs and OCSP responses that were given.
 * Source  RFC 5280, 6.3; RFC 6960, 3.2 and 4.2.2; EN 319 412-1, 5.2 (short-term certificates) */
#ifndef ENS_CERTS_REVOCATION_H
#define ENS_CERTS_REVOCATION_H

#include "certs/trust.h"

/* ens__revocation_judge adds a finding id for each certificate of a validated path (leaf first) below its anchor. token
 * tells which of them are short-term. */
void ens__revocation_judge(const ens_trust *trust, STACK_OF(X509) * path, const ens_chain *token, ens_time at, const char *id, ens_report *report);

#endif
