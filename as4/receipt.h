/* What a non-repudiation receipt acknowledges, compared with the message it is for. */
#ifndef ENS_AS4_RECEIPT_H
#define ENS_AS4_RECEIPT_H

#include "as4/wss/wss.h"
#include "ensign/verify.h"

/* One part that a receipt acknowledges. */
typedef struct {
    ens_slice uri, digest_method;
    ens_slice digest; /* decoded */
} ens_acknowledged;

typedef struct {
    unsigned num;
    ens_acknowledged part[ENS_REFERENCES_MAX];
} ens_receipt;

/* ens__receipt_read fills *out from eb:Receipt below messaging and adds receipt.information: exactly one
 * NonRepudiationInformation, in it one ds:Reference per part and nothing else, no part twice. What others add beside it
 * is a warning to a trader. False where it isn't so; *out holds what could be read.   Source  AS4 5.1.8; ebBP
 * Signals 2.0 */
bool ens__receipt_read(const ens_node *messaging, bool as_trader, ens_arena *arena, ens_receipt *out,
                       ens_report *report);

/* ens__receipt_judge compares it with the references of the original and adds receipt.ref-to and receipt.digests.
 * ref_to is the receipt's RefToMessageId, original_id the MessageId it must name.
 * Source  AS4 3.6, 5.1.8;
 * ICS2-HTI 4.3.1 */
void ens__receipt_judge(const ens_receipt *r, ens_slice ref_to, ens_slice original_id, const ens_signed_part *expected,
                        size_t num, ens_report *report);

#endif
