/* The token's certificates, as the chain of the signer. */
#ifndef ENS_AS4_WSS_TOKEN_H
#define ENS_AS4_WSS_TOKEN_H

#include "as4/wss/wss.h"
#include "certs/path/signer.h"

/* ens__token_judge reads the token that the signature refers to, or finds it among those read before, puts the chain
 * leaf first and adds token.pkipath, token.order, token.complete and token.key. NULL when there is no token. A leaf
 * alone is still used to verify the signature, so that the report is whole. The signer is borrowed until the next
 * token. Source  WSS X.509 Token Profile 1.1.1, 3.1; ICD 4.6.2 (ics2-hti 10.3, 10.4) */
ens__signer *ens__token_judge(ens__signers *signers, const ens_wss *wss, bool x509v3_allowed, ens_report *report);

#endif
