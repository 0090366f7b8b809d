/* The fast verifier: the envelope by the scanner, digests straight from its events, one RSA operation with a context
 * that is ready. It only ever says yes, and only to a seal whose form leaves no doubt; whoever is told no asks the
 * reference verifier. */
#ifndef ENS_AS4_FAST_H
#define ENS_AS4_FAST_H

#include "as4/wss/coverage.h"
#include "engine/base/digest.h"
#include "engine/xml/tree/tree.h"

/* What one worker keeps between messages. */
typedef struct {
    ens_tree_scanner scanner;
    ens_canon *canon;
    ens_digest sha256;
} ens_fast;

ENS_CHECK ens_code ens__fast_init(ens_fast *f, ens_err *err);
void ens__fast_clear(ens_fast *f);

/* ens__fast_holds tells whether every digest and the signature value hold. soap is that of the last envelope that was
 * scanned; verify is the signer's context, or NULL.   Source  XML Signature 1.1, 3.2 */
bool ens__fast_holds(ens_fast *f, const ens_wss *wss, const ens_coverage *coverage, EVP_PKEY_CTX *verify);

#endif
