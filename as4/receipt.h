/* What a non-repudiation receipt acknowledges, compared with the message it is for. */
#ifndef ENS_AS4_RECEIPT_H
#define ENS_AS4_RECEIPT_H

#include "as4/wss/wss.h"
#include "ensign/verify.h"

/* ens__receipt_judge compares eb:Receipt below messaging with the references of the original and adds receipt.*.
 * ref_to is the receipt's RefToMessageId, original_id the MessageId it must name.
 * Source  AS4 3.6, 5.1.8; ebBP Signals 2.0; ICS2-HTI 4.3.1 */
void ens__receipt_judge(const ens_node *messaging, ens_slice ref_to, ens_slice original_id,
                        const ens_signed_part *expected, size_t num, ens_arena *arena, ens_report *report);

#endif
