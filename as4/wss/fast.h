/* The fast verifier: the envelope by the scanner, digests straight from its events, one RSA operation with a context
 * that is ready. It only ever says yes, and only to a seal whose form leaves no doubt; whoever is told no asks the
 * reference verifier. */
#ifndef ENS_AS4_FAST_H
#define ENS_AS4_FAST_H

#include "as4/wss/coverage.h"
#include "certs/path/signer.h"
#include "engine/base/bytes.h"
#include "engine/xml/tree/tree.h"

/* What one worker keeps between messages. */
typedef struct {
    ens_tree_scanner scanner;
    ens_canon *canon;
    ens_buf octets;                   /* what elements hash */
    ens_moulds *messages, *originals; /* of envelopes to judge, and of those that receipts are for */
    bool moulds_off;                  /* what fitted was in doubt: now by the scanner */
    bool part_differs;                /* a part's digest does: no reading of the envelope mends that */
} ens_fast;

ENS_CHECK ens_code ens__fast_init(ens_fast *f, ens_err *err);
void ens__fast_clear(ens_fast *f);

/* ens__fast_holds tells whether every digest and the signature value hold. soap is that of the last envelope that was
 * scanned; signer may be NULL. later may be NULL; with a key the signature value is not checked but
 * put there.   Source  XML Signature 1.1, 3.2 */
bool ens__fast_holds(ens_fast *f, const ens_wss *wss, const ens_coverage *coverage, ens__signer *signer,
                     ens__lane *later);

/* ens__fast_read reads an envelope: by a mould that it fits, or by the scanner. False where neither takes it. */
bool ens__fast_read(ens_fast *f, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report);

/* ens__fast_learn makes a mould of an envelope that the scanner read, and whose seal holds, now and then;
 * ens__fast_learn_original does so of one that a receipt is for. */
void ens__fast_learn(ens_fast *f, ens_slice envelope, const ens_soap *soap, const ens_wss *wss,
                     const ens_coverage *coverage);
void ens__fast_learn_original(ens_fast *f, ens_slice envelope);

#endif
