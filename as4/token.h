/* The token's certificates, as the chain of the signer. */
#ifndef ENS_AS4_TOKEN_H
#define ENS_AS4_TOKEN_H

#include "as4/wss.h"
#include "certs/chain.h"

/* ens__token_judge reads the token that the signature refers to, puts the chain leaf first and adds token.pkipath,
 * token.order and token.complete. False when no signer could be found; a leaf alone is still used to verify the signature,
 * so that the report is whole. Certificates borrow from wss->token_der.
 * Source  WSS X.509 Token Profile 1.1.1, 3.1; ICD 4.6.2 (ics2-hti 10.3, 10.4) */
bool ens__token_judge(const ens_wss *wss, bool x509v3_allowed, ens_chain *chain, ens_report *report);

#endif
